//! A mail in the hand, traced as if it came now: in a unit of work that is never committed, so what is said is what
//! would happen.
//!
//! For an admin whatever they may not read is taken away before anything is decided: other stored mail, records,
//! what others said, blocked and were told of by absences. So the answer cannot differ by it.

use super::super::accept::Context;
use super::super::assemble::Assembled;
use super::super::filing::{self, Filing};
use super::super::prepare::{Found, Prepared};
use super::super::rules::{self, Rules, letter};
use super::super::{asking, assemble, hidden, made, notices, place, prepare};
use super::asker::Asker;
use super::trace::{State, Trace, answered, asked_about, outcomes, seen, trace_stored};
use super::whereabouts;
use crate::access::World;
use crate::link;
use crate::link::rules::{Step, explain};
use crate::link::steps::findings;
use crate::model::address::{Address, levels};
use crate::model::block::Hidden;
use crate::model::correction::Named;
use crate::model::cursor::{Arrival, Role};
use crate::model::facts::{Direction, Field, LinkFacts};
use crate::model::id::{FolderId, LocationId, MailId, RecordId};
use crate::model::link::Linking;
use crate::model::mail::ReturnPath;
use crate::model::time::Timestamp;
use crate::store::automatic::Said;
use crate::store::blocks::Block;
use crate::store::heads::Head;
use crate::store::keys::Keys;
use crate::store::places::{self, Place};
use crate::store::{self, Db, Tx};
use anyhow::Result;
use std::collections::BTreeSet;

/// Of what a trace is worked out as if it were not there: the asker is not told of it.
#[derive(Clone, Debug, Default)]
struct Absent {
    mails: BTreeSet<MailId>,
    records: BTreeSet<RecordId>,
    /// Stored mails of the threads in question that they do see: nothing of them leads to a record that is absent.
    seen: BTreeSet<MailId>,
}

/// How often a trace is worked out anew without what its asker may not see.
const ATTEMPTS: usize = 12;

/// Traces a mail in the hand, for whoever asks: the stored mail that it is, where they may be told of that one;
/// else what would become of it if it came now into INBOX of a mailbox. Then whatever they may not see is left
/// out before anything is decided, so that the answer tells them nothing of it, not even that it is stored.
pub async fn trace_given(
    db: &Db,
    context: &Context,
    raw: Vec<u8>,
    asker: &Asker<'_>,
    (world, now): (&World, Timestamp),
) -> Result<Trace> {
    let batch = prepare::all(vec![as_found(raw, now)], &context.keys, &context.notice.policy, now);
    let mut tx = db.read().await?;
    let found = match batch.first() {
        Some(mail) => whereabouts::of(&mut tx, mail, &context.keys).await?,
        None => whereabouts::Found::default(),
    };
    for mail in &found.same {
        if asker.sees(&mut tx, *mail).await?.is_some()
            && let Some(mut trace) = trace_stored(&mut tx, *mail, &context.own_domains, world, now).await?
        {
            asker.limit(&mut tx, &mut trace).await?;
            return Ok(trace);
        }
    }
    let mut places = places::passed_over(&mut tx, &found.keys).await?;
    places.retain(|place| asker.owns(place));
    drop(tx);
    let mut absent = Absent::default();
    let alike: BTreeSet<MailId> = found.same.iter().chain(&found.others).copied().collect();
    for _ in 0..ATTEMPTS {
        let mut come = as_if_it_came(db, context, &batch, (&absent, asker), (world, now)).await?;
        come.mails.extend(alike.iter().filter(|mail| !absent.mails.contains(mail)));
        let mut tx = db.read().await?;
        let unseen = asker.unseen(&mut tx, &come.mails).await?;
        let beyond = asker.beyond(&mut tx, &come.records).await?;
        let beyond: BTreeSet<RecordId> = beyond.difference(&absent.records).copied().collect();
        if unseen.is_empty() && beyond.is_empty() {
            let mut trace = come.trace;
            trace.others = found.others.iter().filter(|mail| !absent.mails.contains(mail)).copied().collect();
            trace.places.clone_from(&places);
            asker.limit(&mut tx, &mut trace).await?;
            return Ok(trace);
        }
        absent.mails.extend(unseen);
        absent.records.extend(beyond);
        absent.seen = come.mails.difference(&absent.mails).copied().collect();
    }
    // Nothing is told rather than something that rests on what they may not see.
    anyhow::bail!("a trace touches ever more of what its asker may not see")
}

/// Into which mailboxes a mail in the hand came before and was passed over, by name, as far as that is told to whoever
/// asks. Whichever context is given: no mailbox counts here.
pub async fn came_to(
    db: &Db,
    context: &Context,
    raw: Vec<u8>,
    asker: &Asker<'_>,
    now: Timestamp,
) -> Result<Vec<String>> {
    let batch = prepare::all(vec![as_found(raw, now)], &context.keys, &context.notice.policy, now);
    let Some(mail) = batch.first() else { return Ok(Vec::new()) };
    let mut tx = db.read().await?;
    let mut places = whereabouts::passed_over(&mut tx, mail, &context.keys).await?;
    places.retain(|place| asker.owns(place));
    // Where a block or a keyword kept it out comes first: that is what is asked about.
    places.sort_by_key(|place: &Place| place.hidden.is_none());
    Ok(places.into_iter().map(|place| place.mailbox).collect())
}

fn as_found(raw: Vec<u8>, now: Timestamp) -> Found {
    Found {
        location: LocationId(0),
        folder: FolderId(0),
        role: Role::Inbox,
        arrival: Arrival::Live,
        internal_at: Some(now),
        flags: Vec::new(),
        raw,
    }
}

/// Takes out of sight, for the rest of a transaction that is never committed, what is absent to whoever asks.
async fn leave_out(
    tx: &mut Tx,
    (keys, batch): (&Keys, &[Prepared]),
    (absent, asker): (&Absent, &Asker<'_>),
    now: Timestamp,
) -> Result<()> {
    let Some(user) = asker.user() else { return Ok(()) };
    let Some(mail) = batch.first() else { return Ok(()) };
    let mails: Vec<MailId> = absent.mails.iter().copied().collect();
    if !mails.is_empty() {
        store::removal::expire(tx, keys, &mails, now).await?;
    }
    places::as_if_of(tx, user, keys.hash("trigger", &mail.row.identity)).await?;
    let names = prepare::names_of(&mail.mail, keys);
    let copies = [names.genuine.1, names.forged.1, mail.row.copy_key];
    let of = |address: &Address| {
        let domains: Vec<String> = levels(address.domain()).map(|domain| format!("@{domain}")).collect();
        std::iter::once(address.to_string()).chain(domains)
    };
    let senders: Vec<String> = mail.mail.from.iter().flat_map(|party| of(&party.address)).collect();
    places::as_if_unsaid(tx, user, (&copies, &senders), now).await?;
    let records: Vec<i64> = absent.records.iter().map(|record| record.0).collect();
    let seen: Vec<i64> = absent.seen.iter().map(|mail| mail.0).collect();
    Ok(places::as_if_absent(tx, &records, &seen).await?)
}

/// Every record that has a part in what is decided.
fn records_of(facts: &LinkFacts) -> BTreeSet<RecordId> {
    let mut all: BTreeSet<RecordId> = BTreeSet::new();
    all.extend(facts.parties.values().flatten().flat_map(|party| std::iter::once(party.record).chain(party.account)));
    all.extend(facts.domains.values().flatten());
    all.extend(facts.opportunities.iter().flat_map(|(id, deal)| {
        std::iter::once(*id).chain([deal.account, deal.end_account, deal.end_contact].into_iter().flatten())
    }));
    all.extend(facts.accounts.iter().flat_map(|(contact, account)| [*contact, *account]));
    all.extend(facts.numbers.values().flatten().map(|(record, _)| *record));
    all.extend(facts.converted.values().flatten().flat_map(|(lead, became, _)| [*lead, *became]));
    all.extend(
        facts
            .senders
            .values()
            .chain(facts.sender_domains.values())
            .flatten()
            .filter_map(|always| always.spoken.say.record()),
    );
    all.extend(facts.ruled.values().flatten());
    all
}

/// Mails in the hand as they come into INBOX.
async fn in_inbox(tx: &mut Tx, context: &Context, batch: &[Prepared]) -> Result<Vec<Prepared>> {
    let folder = store::folders::ensure(tx, context.mailbox, "INBOX", Role::Inbox).await?.id;
    let mut batch = batch.to_vec();
    batch.iter_mut().for_each(|mail| mail.found.folder = folder);
    Ok(batch)
}

/// What a mail in the hand says where a machine wrote it, the mails of ours that this is about, and the lines of
/// blocklists on which somebody on it stands.
async fn told_of(tx: &mut Tx, batch: &[Prepared]) -> Result<(Said, Vec<(Option<MailId>, String)>, Vec<Block>)> {
    let says = batch.first().map(|mail| mail.said.clone()).unwrap_or_default();
    let about: Vec<_> = says.about.iter().map(|(key, _)| *key).collect();
    let ours = store::automatic::ours(tx, &about).await?;
    let people = batch.iter().flat_map(|mail| prepare::parties(&mail.mail)).map(|(_, party)| &party.address);
    let blocks = whereabouts::blocks(tx, people).await?;
    Ok((says, ours, blocks))
}

/// What would become of a mail that comes now.
fn would_be(linking: &Linking, private: bool, asked: bool) -> State {
    match linking {
        Linking::Linked { .. } => State::Linked,
        _ if private => State::Private,
        Linking::Unmatched => State::Unstored,
        Linking::Review(_) if asked => State::Asked,
        Linking::Review(_) => State::Nowhere,
    }
}

/// What would become of a mail if it came now, and what that rests on.
struct Come {
    trace: Trace,
    mails: BTreeSet<MailId>,
    records: BTreeSet<RecordId>,
}

/// What would become of a mail if it came now. Where it is blocked, its steps are those without the block.
async fn as_if_it_came(
    db: &Db,
    context: &Context,
    batch: &[Prepared],
    without: (&Absent, &Asker<'_>),
    at: (&World, Timestamp),
) -> Result<Come> {
    let mut come = coming(db, context, batch, without, at, false).await?;
    if come.trace.hidden.is_some_and(|hidden| matches!(hidden, Hidden::Company | Hidden::Own)) {
        let lifted = coming(db, context, batch, without, at, true).await?;
        come.trace.built_in = lifted.trace.built_in;
        come.trace.outcomes = lifted.trace.outcomes;
        come.trace.unblocked = Some((lifted.trace.state, lifted.trace.linking));
        come.mails.extend(lifted.mails);
        come.records.extend(lifted.records);
    }
    Ok(come)
}

/// The same once; with `lifted` as if nothing hid it. In a transaction that is never committed.
async fn coming(
    db: &Db,
    context: &Context,
    batch: &[Prepared],
    (absent, asker): (&Absent, &Asker<'_>),
    (world, now): (&World, Timestamp),
    lifted: bool,
) -> Result<Come> {
    let key = batch.first().map_or(0, |mail| context.keys.hash("trigger", &mail.row.identity));
    let mut tx = db.write().await?;
    tx.alone().await?;
    leave_out(&mut tx, (&context.keys, batch), (absent, asker), now).await?;
    let batch = in_inbox(&mut tx, context, batch).await?;
    let owner = store::mailboxes::user_of(&mut tx, context.mailbox).await?;
    if lifted {
        places::as_if_unblocked(&mut tx).await?;
    }
    let batch = &*hidden::judge(&mut tx, context, owner, &batch).await?;
    let hidden = batch.first().and_then(|mail| mail.hidden);
    let mut filing = Filing::new(filing::asks(&mut tx, context, owner, batch).await?, now);
    let counting = rules::current(&mut tx).await?;
    let rules = explained(&mut tx, &counting, batch).await?;
    let mut assembled = assemble::threads_of(&mut tx, context, batch, (&counting, &filing)).await?;
    let mut touched: BTreeSet<MailId> = assembled.stored.iter().map(|stored| stored.id).collect();
    touched.extend(assembled.places.first().and_then(|place| place.stored()));
    let records = records_of(&assembled.facts);
    assembled.apart = asker.user().is_some();
    asking::look(&mut assembled, owner, now);
    let decided = filing.decide(&mut tx, context, &mut assembled).await?;
    let (decided, made) = made::decide(&mut tx, context, &counting, batch, &mut assembled, decided, now).await?;
    let mut trace = decided_of(&assembled, &decided, hidden);
    let written = place::record(&mut tx, &assembled, &decided, context.own_domains.zone, now).await?;
    trace.kept = written.new.first().copied().flatten().is_some();
    trace.asked = asked_about(&mut tx, written.new.first().copied().flatten().filter(|_| hidden.is_none())).await?;
    // What was decided when it came before.
    trace.noted = store::notice_log::of_trigger(&mut tx, key).await?;
    let assumed = asker.user().is_some();
    notices::decide_for(&mut tx, context, (batch, &assembled, &written), assumed, now).await?;
    trace.notices = store::notices::verdicts_of_trigger(&mut tx, key).await?;
    trace.seen = seen(&mut tx, (&trace.linking, trace.sealed), world, now).await?;
    let doubted = batch.first().is_some_and(|mail| mail.row.auth_failed);
    (trace.outcomes, trace.ruled) = outcomes(&mut tx, &rules, (doubted, None), &trace.linking).await?;
    (trace.says, trace.ours, trace.blocks) = told_of(&mut tx, batch).await?;
    if let Some(mail) = batch.first() {
        let named = Named { copy_key: mail.row.copy_key, identity: mail.row.identity.clone() };
        trace.words = super::trace::words_at(&mut tx, Some(named)).await?;
        trace.tell_none();
    }
    touched.extend(trace.ours.iter().filter_map(|(mail, _)| *mail));
    // Nothing of this is to stay.
    drop(tx);
    trace.head = batch.first().map(head_of).unwrap_or_default();
    trace.undated = trace.head.said_date.is_none();
    trace.state = would_be(&trace.linking, trace.private, trace.asked.is_some());
    (trace.version, trace.hidden, trace.made, trace.rules) = (counting.version, hidden, made, rules);
    let named = trace.rests_on();
    Ok(Come { trace, mails: touched, records: records.into_iter().chain(named).collect() })
}

/// What was decided of the one mail of a batch, which stands behind the stored ones.
fn decided_of(assembled: &Assembled<'_>, decided: &[Linking], hidden: Option<Hidden>) -> Trace {
    let n = assembled.stored.len();
    let Some(member) = assembled.members.get(n).filter(|_| hidden.is_none()) else { return Trace::default() };
    let mut words = link::words(&assembled.members, n, &assembled.facts).into_iter();
    Trace {
        linking: decided.get(n).cloned().unwrap_or(Linking::Unmatched),
        automatic: member.said.automatic,
        incoming: link::direction(member, &assembled.facts) == Direction::In,
        sealed: link::is_sealed(member),
        private: link::is_private(&assembled.members, n, &assembled.facts),
        answers: answered(&assembled.members, n),
        word: words.next(),
        beneath: words.collect(),
        built_in: findings(&assembled.members, decided, n, &assembled.facts),
        ..Trace::default()
    }
}

/// The head of a mail that is given, which lies in no mailbox.
fn head_of(mail: &Prepared) -> Head {
    let row = &mail.row;
    let (name, from) = row.from.clone().unwrap_or_default();
    let to = row.parties.iter().filter(|(field, ..)| matches!(field, Field::To | Field::Cc));
    Head {
        from,
        name,
        to: to.map(|(_, address, _)| address.clone()).collect(),
        subject: row.subject.clone(),
        at: row.at,
        arrived: row.arrived_at,
        author: row.author,
        channel: row.channel,
        evidence: mail.mail.evidence.clone(),
        doubted: row.auth_failed,
        mailboxes: Vec::new(),
        came_new: true,
        said_date: mail.mail.date,
        return_path: match &mail.mail.return_path {
            ReturnPath::Address(_, raw) => raw.clone(),
            _ => String::new(),
        },
    }
}

async fn explained(tx: &mut Tx, counting: &Rules, batch: &[Prepared]) -> Result<Vec<Step>> {
    let Some(mail) = batch.first() else { return Ok(Vec::new()) };
    let places = store::rules::places_of(tx, &[mail.found.folder]).await?;
    let lying: BTreeSet<&(String, String)> = places.values().collect();
    Ok(explain(&counting.set, &letter(mail, &lying)))
}
