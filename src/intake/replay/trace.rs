//! Every step on one mail, stored or in a file: which rules and which evidence hold and why, where
//! the mail stands or would stand, who sees it there, whether a notice goes.
//!
//! A mail in a file takes the whole way of a mail that comes now, in a unit of work that is never
//! committed: what is said is what would happen.

use super::super::accept::Context;
use super::super::filing::{self, Filing};
use super::super::prepare::{Found, Prepared};
use super::super::rules::{self, Rules, letter, stored_letter};
use super::super::{asking, assemble, hidden, made, notices, place, prepare, weigh};
use crate::access::{self, Reason as Right, World};
use crate::link::rules::{Step, Verdict, explain};
use crate::link::steps::{Finding, findings};
use crate::link::{self, review};
use crate::model::block::Hidden;
use crate::model::cursor::{Arrival, Role};
use crate::model::facts::{Field, House};
use crate::model::id::{FolderId, LocationId, MailId, RecordId, UserId};
use crate::model::link::{Evidence, Linking};
use crate::model::review::Reason;
use crate::model::rule::{Effect, Hit};
use crate::model::time::Timestamp;
use crate::store::heads::{self, Head};
use crate::store::rules::Made;
use crate::store::{self, Db, Tx};
use anyhow::Result;
use std::collections::{BTreeSet, HashMap};

/// Octets of a mail that are read to be traced.
pub const LARGEST_MAIL: u64 = 64 * 1024 * 1024;

/// What becomes, or became, of one mail.
#[derive(Clone, Debug)]
pub struct Trace {
    /// The stored mail that it is, or of which a file is a copy.
    pub stored: Option<MailId>,
    /// Who wrote what to whom, when, and where copies lie.
    pub head: Head,
    /// Somebody said that a machine wrote it, whatever stands on it.
    pub automatic: bool,
    /// What became of it.
    pub state: State,
    /// The version of the rules that counts now.
    pub version: i64,
    /// Why it would not be stored, whatever stands on it.
    pub hidden: Option<Hidden>,
    /// For a file, the records that rules would make for it.
    pub made: Vec<Made>,
    /// Each of them on the mail.
    pub rules: Vec<Step>,
    /// For a stored mail, what the rules said when it came, or when they were last applied to history.
    pub said: Option<Vec<Hit>>,
    /// The built-in steps.
    pub built_in: Vec<Finding>,
    /// Where it stands; for a file, where it would.
    pub linking: Linking,
    /// Whether it is marked confidential, or would be.
    pub sealed: bool,
    /// Who sees it there: each governing record with its readers.
    pub seen: Vec<Where>,
    /// What comes of what rules say of it and that names a record.
    pub outcomes: HashMap<Effect, Outcome>,
    /// For each absent person the rule that keeps a notice from going; `None` where one goes, or went.
    pub notices: Vec<(UserId, Option<String>)>,
}

impl Trace {
    /// Every record that it names.
    pub fn named(&self) -> BTreeSet<RecordId> {
        let mut ids: BTreeSet<RecordId> = self.seen.iter().map(|s| s.record).collect();
        ids.extend(
            self.built_in
                .iter()
                .flat_map(|f| super::naming::numbers(&f.why, &super::RECORD_WORDS))
                .map(|(_, _, id)| id),
        );
        let (regarding, links, candidates) = match &self.linking {
            Linking::Linked { regarding, links, candidates } => (*regarding, links.as_slice(), candidates.as_slice()),
            Linking::Review(candidates) => (None, &[][..], candidates.as_slice()),
            Linking::Unmatched => (None, &[][..], &[][..]),
        };
        ids.extend(regarding);
        ids.extend(links.iter().flat_map(|link| [link.record, link.governing]));
        ids.extend(candidates.iter().map(|candidate| candidate.record));
        let evidence = links.iter().map(|link| &link.evidence).chain(candidates.iter().map(|c| &c.evidence));
        ids.extend(evidence.filter_map(Evidence::party));
        ids
    }
}

impl Trace {
    /// As it is told to whoever gave a copy and may not see the mail that is stored: not that there is one,
    /// nor in whose mailboxes.
    pub fn conceal(&mut self) {
        self.stored = None;
        self.head.mailboxes.clear();
    }
}

/// What became of a mail, or would.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It stands on a record.
    Linked,
    /// It stands on no record, and a person is asked; for a file with the reason. Who may be told the
    /// reason for a stored mail is decided in review.
    Asked(Option<Reason>),
    /// A person or a rule said that it is private.
    Private,
    /// It is stored, stands on no record, and nobody is asked.
    Nowhere,
    /// It is not stored.
    Unstored,
}

impl State {
    /// The word in answers.
    pub fn word(self) -> &'static str {
        match self {
            State::Linked => "linked",
            State::Asked(_) => "review",
            State::Private => "private",
            State::Nowhere => "nowhere",
            State::Unstored => "unmatched",
        }
    }
}

/// What comes of a rule's word that names a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The mail stands there.
    Stands,
    /// No record has that number.
    Nobodys,
    /// Several records have it, so they are only suggested.
    Several,
    /// Our own server says that the sender is false (R36), so the record is only suggested.
    False,
    /// Something stronger decides: a person's word, filing, a true reply, or a rule before it.
    Outweighed,
    /// The mail was stored before the rule said so, and rules change nothing that came before.
    Later,
}

/// A record on which a mail stands, and who sees it there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Where {
    /// The record.
    pub record: RecordId,
    /// Who owns it.
    pub owner: UserId,
    /// Its readers, in the order of their ids, each with the rights by which they read it.
    pub readers: Vec<(UserId, Vec<Right>)>,
}

/// Traces a stored mail on the snapshot of `tx`; `None` where there is no such mail.
pub async fn trace_stored(
    tx: &mut Tx,
    mail: MailId,
    own_domains: &House,
    world: &World,
    now: Timestamp,
) -> Result<Option<Trace>> {
    let counting = rules::current(tx).await?;
    let threads = store::mails::threads_of(tx, &[mail]).await?;
    let mut assembled = assemble::again(tx, own_domains, &threads).await?;
    let decided = weigh::decide(tx, &mut assembled).await?;
    let Some(n) = assembled.members.iter().position(|m| m.id == Some(mail)) else { return Ok(None) };
    let rows = store::rules::of_mails(tx, &[mail], rules::ALL).await?;
    let steps = rows.first().map(|row| explain(&counting.set, &stored_letter(row))).unwrap_or_default();
    let Some(member) = assembled.members.get(n) else { return Ok(None) };
    let linking = member.before.clone().unwrap_or(Linking::Unmatched);
    let Some(head) = heads::of(tx, mail).await? else { return Ok(None) };
    let asked = store::reviews::of_mails(tx, &[mail]).await?.contains_key(&mail);
    let state = match &linking {
        Linking::Linked { .. } => State::Linked,
        _ if link::is_private(&assembled.members, n, &assembled.facts) => State::Private,
        _ if asked => State::Asked(None),
        _ => State::Nowhere,
    };
    let outcomes = outcomes(tx, &steps, (member.auth_failed, Some(&member.rules)), &linking).await?;
    Ok(Some(Trace {
        stored: Some(mail),
        head,
        automatic: member.said.automatic,
        state,
        outcomes,
        version: counting.version,
        hidden: None,
        made: Vec::new(),
        rules: steps,
        said: Some(member.rules.clone()),
        built_in: findings(&assembled.members, &decided, n, &assembled.facts),
        sealed: link::is_sealed(member),
        seen: seen(tx, (&linking, link::is_sealed(member)), world, now).await?,
        linking,
        notices: store::notices::verdicts(tx, mail).await?,
    }))
}

/// Traces the mail `raw` as if it came now into INBOX of a mailbox.
pub async fn trace_file(db: &Db, context: &Context, raw: Vec<u8>, world: &World, now: Timestamp) -> Result<Trace> {
    let found = Found {
        location: LocationId(0),
        folder: FolderId(0),
        role: Role::Inbox,
        arrival: Arrival::Live,
        internal_at: Some(now),
        flags: Vec::new(),
        raw,
    };
    let authserv_id = context.notice.policy.settings.authserv_id.clone();
    let mut tx = db.write().await?;
    tx.alone().await?;
    let folder = store::folders::ensure(&mut tx, context.mailbox, "INBOX", Role::Inbox).await?.id;
    let batch = prepare::all(vec![Found { folder, ..found }], &context.keys, &authserv_id, now);
    let owner = store::mailboxes::user_of(&mut tx, context.mailbox).await?;
    let batch = &*hidden::judge(&mut tx, context, owner, &batch).await?;
    let hidden = batch.first().and_then(|mail| mail.hidden);
    let mut filing = Filing::new(filing::asks(&mut tx, context, owner, batch).await?, now);
    let counting = rules::current(&mut tx).await?;
    let rules = explained(&mut tx, &counting, batch).await?;
    let mut assembled = assemble::threads_of(&mut tx, context, batch, (&counting, &filing)).await?;
    // A copy of what is stored adds nothing to where that stands.
    if let Some(id) = assembled.places.first().and_then(|place| place.stored())
        && let Some(stored) = trace_stored(&mut tx, id, &context.own_domains, world, now).await?
    {
        return Ok(Trace { rules, said: None, ..stored });
    }
    asking::look(&mut assembled, owner, now);
    let decided = filing.decide(&mut tx, context, &mut assembled).await?;
    let (decided, made) = made::decide(&mut tx, context, &counting, batch, &mut assembled, decided, now).await?;
    let n = Some(assembled.stored.len()).filter(|_| hidden.is_none());
    let linking = n.and_then(|n| decided.get(n)).cloned().unwrap_or(Linking::Unmatched);
    let state = n.map_or(State::Unstored, |n| would_be(&assembled, &decided, n, &linking));
    let member = n.and_then(|n| assembled.members.get(n));
    let (automatic, doubted) = member.map_or((false, false), |m| (m.said.automatic, m.auth_failed));
    let head = batch.first().map(head_of).unwrap_or_default();
    let built_in = n.map(|n| findings(&assembled.members, &decided, n, &assembled.facts)).unwrap_or_default();
    let written = place::record(&mut tx, &assembled, &decided, context.own_domains.zone, now).await?;
    notices::decide(&mut tx, context, batch, &assembled, &written, now).await?;
    let key = batch.first().map(|mail| context.keys.hash("trigger", &mail.row.identity));
    let notices = store::notices::verdicts_of_trigger(&mut tx, key.unwrap_or(0)).await?;
    let sealed = assembled.members.get(assembled.stored.len()).is_some_and(link::is_sealed);
    let seen = seen(&mut tx, (&linking, sealed), world, now).await?;
    let outcomes = outcomes(&mut tx, &rules, (doubted, None), &linking).await?;
    // Nothing of this is to stay.
    drop(tx);
    let version = counting.version;
    Ok(Trace {
        stored: None,
        head,
        automatic,
        state,
        version,
        hidden,
        made,
        rules,
        said: None,
        built_in,
        linking,
        sealed,
        seen,
        outcomes,
        notices,
    })
}

/// What would become of a mail that comes now, the `n`th of those in hand.
fn would_be(assembled: &assemble::Assembled<'_>, decided: &[Linking], n: usize, linking: &Linking) -> State {
    let (members, facts) = (&assembled.members, &assembled.facts);
    match linking {
        Linking::Linked { .. } => State::Linked,
        _ if link::is_private(members, n, facts) => State::Private,
        Linking::Unmatched => State::Unstored,
        Linking::Review(_) => {
            let asked = review::asked(members, decided, |_| false, facts).into_iter().nth(n).flatten();
            asked.map_or(State::Nowhere, |asked| State::Asked(Some(asked.reason)))
        }
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
    }
}

/// What comes of what these steps say and that names a record. `auth_failed` and what the rules said
/// when the mail was stored are given with it.
async fn outcomes(
    tx: &mut Tx,
    steps: &[Step],
    (auth_failed, said): (bool, Option<&Vec<Hit>>),
    linking: &Linking,
) -> Result<HashMap<Effect, Outcome>> {
    let hits = steps.iter().filter_map(|step| match &step.verdict {
        Verdict::Fits(hit) => hit.as_ref(),
        _ => None,
    });
    let naming: BTreeSet<Effect> = hits.flat_map(|hit| &hit.effects).filter(|e| e.names().is_some()).cloned().collect();
    let found = rules::named(tx, &naming).await?;
    let on = super::Standing::of(linking).on();
    let spoke = |effect: &Effect| said.is_none_or(|hits| hits.iter().any(|hit| hit.effects.contains(effect)));
    let outcome = |effect: &Effect| match found.get(effect).map(Vec::as_slice) {
        None | Some([]) if matches!(effect, Effect::Lead(_)) => Outcome::Stands,
        None | Some([]) => Outcome::Nobodys,
        Some([record]) if on.contains(record) => Outcome::Stands,
        Some(_) if !spoke(effect) => Outcome::Later,
        Some(_) if auth_failed => Outcome::False,
        Some([_]) => Outcome::Outweighed,
        Some(_) => Outcome::Several,
    };
    Ok(naming.into_iter().map(|effect| (effect.clone(), outcome(&effect))).collect())
}

async fn explained(tx: &mut Tx, counting: &Rules, batch: &[Prepared]) -> Result<Vec<Step>> {
    let Some(mail) = batch.first() else { return Ok(Vec::new()) };
    let places = store::rules::places_of(tx, &[mail.found.folder]).await?;
    let lying: BTreeSet<&(String, String)> = places.values().collect();
    Ok(explain(&counting.set, &letter(mail, &lying)))
}

/// Who sees a mail by each record that governs it.
async fn seen(tx: &mut Tx, (linking, sealed): (&Linking, bool), world: &World, now: Timestamp) -> Result<Vec<Where>> {
    let governing = super::Standing::of(linking).governing();
    let ids: Vec<RecordId> = governing.into_iter().collect();
    let mut shares: HashMap<RecordId, Vec<_>> = HashMap::new();
    for share in store::shares::on(tx, &ids).await? {
        shares.entry(share.record).or_default().push(share);
    }
    let mut seen = Vec::new();
    for entry in store::records::load(tx, &ids).await? {
        let on_it = shares.remove(&entry.record.id).unwrap_or_default();
        let readers = access::who_reads(&entry.record, &on_it, sealed, world, now);
        seen.push(Where { record: entry.record.id, owner: entry.record.owner, readers });
    }
    Ok(seen)
}
