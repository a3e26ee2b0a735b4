//! Which mails of a batch are answered by a notice: loads the facts, asks `notice`, writes down
//! every verdict, and queues what is to be sent, in the transaction that takes the mail in.

mod trial;

pub use trial::{
    Concerned, Of, Previewed, Sight, Trial, Tried, Unstored, about, came, explain, preview, try_last, unstored, usual,
};

use super::accept::{Context, mail_of};
use super::assemble::Assembled;
use super::place::Written;
use super::prepare::{Prepared, id_key};
use super::responder;
use crate::access::{self, World};
use crate::model::absence::Absence;
use crate::model::audit::{Action, Line};
use crate::model::calendar::Method;
use crate::model::cursor::{Arrival, Role, Why};
use crate::model::id::{MailId, MailboxId, OutboxId, RecordId, UserId};
use crate::model::notice::{AbsentPerson, Ledger, Named, Plan, Reason, SenderFacts, Trigger, Verdict};
use crate::model::time::Timestamp;
use crate::notice::{self, Policy};
use crate::store::keys::{Key, Keys};
use crate::store::notice_switch::By;
use crate::store::notices::{Asked, Decision, Reserved};
use crate::store::people::User;
use crate::store::{self, Tx};
use anyhow::Result;
use chrono::NaiveDate;
use std::collections::{HashMap, HashSet};

/// What notices need of the configuration.
#[derive(Clone, Debug)]
pub struct NoticeSettings {
    /// What the installation allows; the shares of R37 are filled in per batch.
    pub policy: Policy,
    /// What the installation decides about rights: who answers in the end.
    pub rights: crate::model::record::Policy,
    /// The company's days off.
    pub holidays: Vec<NaiveDate>,
}

/// Somebody who is away, with all that a decision needs of them.
struct Away {
    user: UserId,
    person: AbsentPerson,
    policy: Policy,
    /// Who answers for a single record is looked up in it (R84).
    world: World,
    /// The breaker is open (R51).
    tripped: bool,
}

/// Decides for every mail of the batch that could be answered; gives how many notices were queued.
pub async fn decide(
    tx: &mut Tx,
    context: &Context,
    batch: &[Prepared],
    assembled: &Assembled<'_>,
    written: &Written,
    now: Timestamp,
) -> Result<usize> {
    decide_for(tx, context, (batch, assembled, written), false, now).await
}

/// The same for a trace, of which nothing is kept; with `assumed` as if every sender were known and wanted notices, for
/// whoever may not be told who is.
pub async fn decide_for(
    tx: &mut Tx,
    context: &Context,
    (batch, assembled, written): (&[Prepared], &Assembled<'_>, &Written),
    assumed: bool,
    now: Timestamp,
) -> Result<usize> {
    count_stamps(tx, context, batch).await?;
    responder::watch(tx, context, batch, now).await?;
    adopt(tx, context, (batch, assembled, written)).await?;
    let triggers: Vec<(&Prepared, Option<MailId>)> = batch
        .iter()
        .zip(&assembled.places)
        .filter(|(mail, _)| mail.found.arrival == Arrival::Live && mail.found.role == Role::Inbox)
        // Who is blocked or erased is told nothing, and nothing is noted about their mail (P9).
        .filter(|(mail, _)| mail.hidden.is_none() && !mail.redacted)
        .map(|(mail, place)| (mail, mail_of(place, written)))
        .collect();
    if triggers.is_empty() {
        return Ok(0);
    }
    let Some(away) = who_is_away(tx, context, now).await? else { return Ok(0) };
    let mut senders = load_senders(tx, &triggers, now).await?;
    if assumed {
        for sender in senders.values_mut() {
            (sender.known_contact, sender.wrote_to_them, sender.no_automatic) = (true, true, false);
        }
    }
    let ours = load_ours(tx, &triggers).await?;
    let mut queued = 0;
    for (mail, stored) in triggers {
        queued += usize::from(one(tx, context, &away, mail, stored, &senders, &ours, now).await?);
    }
    Ok(queued)
}

/// What was decided of a mail when it was not stored, or before it was taken away, belongs to it again.
async fn adopt(
    tx: &mut Tx,
    context: &Context,
    (batch, assembled, written): (&[Prepared], &Assembled<'_>, &Written),
) -> Result<()> {
    let placed = batch.iter().zip(&assembled.places).filter_map(|(mail, place)| Some((mail, mail_of(place, written)?)));
    let stored: HashMap<Key, MailId> =
        placed.map(|(mail, id)| (context.keys.hash("trigger", &mail.row.identity), id)).collect();
    let keys: Vec<Key> = stored.keys().copied().collect();
    let decided = store::notices::decided_unstored(tx, &keys).await?;
    let again: Vec<(Key, MailId)> = decided.into_iter().filter_map(|key| Some((key, *stored.get(&key)?))).collect();
    Ok(store::notices::adopt(tx, &again).await?)
}

/// R37: of the mails a server delivers, how many does it stamp?
async fn count_stamps(tx: &mut Tx, context: &Context, batch: &[Prepared]) -> Result<()> {
    let id = &context.notice.policy.settings.authserv_id;
    let delivered = batch.iter().filter(|m| m.found.role == Role::Inbox);
    let (stamped, of) =
        delivered.fold((0, 0), |(stamped, of), mail| (stamped + i64::from(notice::is_stamped(&mail.mail, id)), of + 1));
    if of > 0 && !id.is_empty() {
        store::mailboxes::count_stamped(tx, context.mailbox, stamped, of).await?;
    }
    Ok(())
}

/// The mailbox's owner, if an absence of theirs runs. A shared mailbox has none (R13); and in the name of who was
/// deactivated nothing is said, as if they had never been away (R87).
async fn who_is_away(tx: &mut Tx, context: &Context, now: Timestamp) -> Result<Option<Away>> {
    let Some(user) = store::mailboxes::user_of(tx, context.mailbox).await? else { return Ok(None) };
    let settings = &context.notice;
    let world = store::people::world(tx, &settings.rights, now).await?;
    let Some(absence) = world.running(user, now).filter(|_| world.active(user)).cloned() else { return Ok(None) };
    let Some(owner) = store::people::load(tx, user).await? else { return Ok(None) };
    Ok(Some(away(tx, context, owner, absence, world, now).await?))
}

/// What a decision needs of somebody whose `absence` runs at `now` in `world`.
async fn away(
    tx: &mut Tx,
    context: &Context,
    owner: User,
    absence: Absence,
    world: World,
    now: Timestamp,
) -> Result<Away> {
    let mut policy = context.notice.policy.clone();
    (policy.stamped, policy.stamped_of) = store::notices::stamped(tx, context.mailbox).await?;
    let stopped = store::notice_switch::stopped(tx, now).await?;
    // What a person stopped is off (R1); the breaker is one of the limits (R51).
    let by_hand = stopped.as_ref().is_some_and(|stop| matches!(stop.by, By::Person(_)));
    policy.stopped = by_hand;
    let mut person = absent_person(tx, &context.notice, owner, absence, &world, now).await?;
    person.mailbox_connected_at = store::mailboxes::connected_at(tx, context.mailbox).await?;
    // R2: an open end has to be confirmed. The text goes by the days, which stay.
    if let Some(confirmed) = store::notices::confirmed_at(tx, person.absence.id).await? {
        person.absence.ends = Some(access::notices_until(&person.absence, confirmed, policy.settings.confirm_days));
    }
    let days = policy.settings.responder_days;
    person.server_answers = store::mailboxes::responder(tx, context.mailbox, days, now).await?.is_some();
    Ok(Away { user: person.user, person, policy, world, tripped: stopped.is_some() && !by_hand })
}

/// Somebody absent as a notice speaks of them; their mailbox counts as connected when the absence began.
async fn absent_person(
    tx: &mut Tx,
    settings: &NoticeSettings,
    owner: User,
    absence: Absence,
    world: &World,
    now: Timestamp,
) -> Result<AbsentPerson> {
    let user = owner.person.id;
    let substitute = match access::stands_in(user, owner.team, world, now).user.filter(|s| *s != user) {
        Some(substitute) => named(store::people::load(tx, substitute).await?),
        None => None,
    };
    Ok(AbsentPerson {
        user,
        first_day_back: access::first_day_back(&absence, &settings.holidays),
        mailbox_connected_at: absence.starts,
        manner: store::notice_texts::manner(tx, user, owner.team).await?,
        name: owner.person.name,
        addresses: owner.addresses,
        language: owner.language,
        absence,
        substitute,
        server_answers: false,
    })
}

fn named(user: Option<User>) -> Option<Named> {
    let user = user?;
    let address = user.addresses.first()?.clone();
    Some(Named { user: user.person.id, name: user.person.name, address, phone: user.phone })
}

async fn load_senders(
    tx: &mut Tx,
    triggers: &[(&Prepared, Option<MailId>)],
    now: Timestamp,
) -> Result<HashMap<String, SenderFacts>> {
    let addresses: HashSet<String> = triggers
        .iter()
        .flat_map(|(mail, _)| {
            let path = notice::sender_address(&mail.mail.return_path).map(|a| a.to_string());
            path.into_iter().chain(mail.mail.from.first().map(|p| p.address.to_string()))
        })
        .collect();
    let wanted: Vec<&str> = addresses.iter().map(String::as_str).collect();
    let mut senders = store::notices::senders(tx, &wanted, now).await?;
    for (address, packed) in store::notices::last_written(tx, &wanted).await? {
        if let Some(sender) = senders.get_mut(&address) {
            sender.last_language = written_in(&packed);
        }
    }
    Ok(senders)
}

/// R78: in which language we last wrote to somebody, as the mail says of itself, else by its words.
fn written_in(packed: &[u8]) -> Option<String> {
    let mail = crate::parse::parse(&super::prepare::unpack(packed));
    let visible = mail.text.visible();
    mail.text.language.clone().or_else(|| crate::parse::language_of(&visible).map(str::to_owned))
}

/// Ids named by the triggers that are of mail Standin made (R34).
async fn load_ours(tx: &mut Tx, triggers: &[(&Prepared, Option<MailId>)]) -> Result<HashSet<Key>> {
    let named: Vec<Key> = triggers.iter().flat_map(|(mail, _)| super::assemble::named_ids(mail)).collect();
    Ok(store::outbox::ours(tx, &named).await?.into_iter().collect())
}

/// Decides for one mail and writes the verdict down; true if a notice was queued.
#[allow(clippy::too_many_arguments)] // one call, from the loop above
async fn one(
    tx: &mut Tx,
    context: &Context,
    away: &Away,
    mail: &Prepared,
    stored: Option<MailId>,
    senders: &HashMap<String, SenderFacts>,
    ours: &HashSet<Key>,
    now: Timestamp,
) -> Result<bool> {
    let mut trigger = trigger_of(context, mail, senders, ours, &away.person);
    let first = notice::decide(&trigger, &away.person, &Ledger::default(), &away.policy, now);
    // Only where everything else allows it: what was sent before, and whether they wrote.
    if matches!(first, Verdict::Send(_)) {
        trigger.answered_meanwhile = answered(tx, away, mail, now).await?;
        lay_before(tx, away, stored, &mut trigger).await?;
        trigger.for_record = for_record(tx, away, mail, stored, now).await?;
    }
    let key = context.keys.hash("trigger", &mail.row.identity);
    let office = Office { keys: &context.keys, mailbox: context.mailbox, policy: &away.policy, tripped: away.tripped };
    let decision = decide_notice(tx, &office, &away.person, &trigger, (key, stored), now).await?;
    // A mail that is only traced lies nowhere, and nothing of it is to read as if it had been sent.
    if mail.found.location.0 != 0 {
        tracing::info!(
            location = mail.found.location.0,
            reason = decision.reason.map_or("send", Reason::code),
            "notice decided"
        );
    }
    Ok(decision.outbox.is_some())
}

/// From where notices are sent, and under which conditions.
#[derive(Clone, Copy, Debug)]
pub struct Office<'a> {
    /// The instance's keys.
    pub keys: &'a Keys,
    /// The mailbox that the mail lies in, and through whose server a notice goes.
    pub mailbox: MailboxId,
    /// What is allowed.
    pub policy: &'a Policy,
    /// The breaker is open (R51).
    pub tripped: bool,
}

/// Decides about one mail with the ledger as it stands, reserves and queues the notice where one goes, and
/// writes the decision down. `what`: the keyed hash of the mail, and the mail if it is stored.
pub async fn decide_notice(
    tx: &mut Tx,
    office: &Office<'_>,
    person: &AbsentPerson,
    trigger: &Trigger<'_>,
    (key, stored): (Key, Option<MailId>),
    now: Timestamp,
) -> Result<Decision> {
    let mut verdict = notice::decide(trigger, person, &Ledger::default(), office.policy, now);
    if let Verdict::Send(plan) = &verdict {
        let (sender, domain) = ledger_keys(office.keys, plan);
        let (user, absence) = (person.user, person.absence.id);
        let repeat_after = repeat_after(office.policy);
        let asked = Asked { user, absence, trigger: key, sender, domain, repeat_after };
        let ledger = store::notices::ledger(tx, &asked, now).await?;
        verdict = notice::decide(trigger, person, &ledger, office.policy, now);
        // What everything else would allow: one of those who are told already does not open the breaker.
        let limits = matches!(&verdict, Verdict::Withhold(reason) if reason.rule() == Reason::Capped.rule());
        if limits && !office.tripped && notice::breaker_open(&ledger, &office.policy.settings) {
            open_breaker(tx, &ledger, now).await?;
        }
        if office.tripped && matches!(verdict, Verdict::Send(_)) {
            verdict = Verdict::Withhold(Reason::Breaker);
        }
    }
    let (user, absence) = (person.user, person.absence.id);
    let mut decision = Decision {
        user,
        trigger: key,
        absence,
        mail: stored,
        reason: None,
        outbox: None,
        substitute: None,
        id: trigger.mail.message_id.as_ref().map(|id| id_key(office.keys, id)),
        rules: notice::rule_set(office.policy),
    };
    match verdict {
        Verdict::Withhold(reason) => decision.reason = Some(reason),
        Verdict::Send(plan) => match queue(tx, office, person.user, &plan, now).await? {
            Some(outbox) => {
                decision.outbox = Some(outbox);
                decision.substitute = notice::named(&plan, office.policy).map(|named| named.user);
            }
            // Another worker reserved it at this moment.
            None => decision.reason = Some(Reason::Waits),
        },
    }
    store::notices::record(tx, &decision, now).await?;
    Ok(decision)
}

/// R51: stops all notices for an hour, those that wait as well, and says so: in the log and the audit here,
/// to the admins by `notify` and on their pages.
async fn open_breaker(tx: &mut Tx, ledger: &Ledger, now: Timestamp) -> Result<()> {
    if !store::notice_switch::trip(tx, now).await? {
        return Ok(());
    }
    let detail = serde_json::json!({ "breaker": true, "in_the_last_hour": ledger.breaker_hour });
    store::audit::note(tx, &[Line::new(now, None, Action::NoticesStopped).detail(detail)]).await?;
    tracing::error!(
        in_the_last_hour = ledger.breaker_hour,
        "the breaker of absence notices has opened: more of them in an hour than ever; none goes out for an hour, or until \
         an admin starts them again (`standin notice start`)"
    );
    Ok(())
}

/// R6: a message that lay in a mailbox of the person before is as old as it was then, whatever date a
/// server gives to what a mail program or a backup puts back; and what was backlog there stays backlog.
async fn lay_before(tx: &mut Tx, away: &Away, stored: Option<MailId>, trigger: &mut Trigger<'_>) -> Result<()> {
    let Some(stored) = stored else { return Ok(()) };
    let (first, backlog) = store::notices::lay_before(tx, away.user, stored).await?;
    trigger.internal_date = trigger.internal_date.map(|arrived| first.map_or(arrived, |first| first.min(arrived)));
    if backlog {
        trigger.arrival = Arrival::Backlog(Why::Refetch);
    }
    Ok(())
}

/// R8: whether the person wrote, since the mail came, to its author or to its reverse path.
async fn answered(tx: &mut Tx, away: &Away, mail: &Prepared, now: Timestamp) -> Result<bool> {
    let since = mail.found.internal_at.unwrap_or(now);
    let author = mail.mail.from.first().map(|party| party.address.clone());
    for address in author.into_iter().chain(notice::sender_address(&mail.mail.return_path)) {
        if store::notices::wrote_since(tx, away.user, address.as_str(), since).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// R84: who stands in for the record that the mail is about, where exceptions put it to somebody of
/// its own. Only to a sender who takes part in earlier mail of that record, so that a stranger learns
/// nothing of it by guessing, and never for a confidential one, or a mail that is marked confidential.
///
/// A record whose way does not lead through the absent person is not theirs to speak of. Where nobody
/// is left for it, the general substitute is named. Everything is looked up before any of it decides: what
/// holds of the record shows neither in the text nor in the way there (R85).
async fn for_record(
    tx: &mut Tx,
    away: &Away,
    mail: &Prepared,
    stored: Option<MailId>,
    now: Timestamp,
) -> Result<Option<Named>> {
    // Without exceptions everybody gets the same name; those of a substitute who is away count too.
    let (Some(stored), true) = (stored, away.world.absences.iter().any(|a| !a.exceptions.is_empty())) else {
        return Ok(None);
    };
    let author = mail.mail.from.first().map(|party| party.address.to_string());
    let path = notice::sender_address(&mail.mail.return_path).map(|a| a.to_string());
    let (Some(author), Some(path)) = (author, path) else { return Ok(None) };
    let id = store::notices::governing(tx, stored).await?.unwrap_or(RecordId(0));
    let entry = store::records::load(tx, &[id]).await?.pop();
    let mut takes_part = true;
    for address in [author, path] {
        takes_part &= store::notices::takes_part(tx, id, &address, stored).await?;
    }
    let answering = entry.as_ref().map(|entry| access::answers_now(&entry.record, &away.world, now));
    let user = answering.as_ref().and_then(|answering| answering.user).unwrap_or(away.user);
    let named = named(store::people::load(tx, user).await?);
    let theirs = answering.is_some_and(|answering| answering.user.is_some() && answering.chain.contains(&away.user));
    let sealed = store::notices::is_sealed(tx, stored).await?;
    let confidential = sealed || entry.is_some_and(|entry| entry.record.confidential);
    Ok(named.filter(|_| takes_part && theirs && !confidential))
}

fn trigger_of<'a>(
    context: &Context,
    mail: &'a Prepared,
    senders: &HashMap<String, SenderFacts>,
    ours: &HashSet<Key>,
    person: &AbsentPerson,
) -> Trigger<'a> {
    let path = notice::sender_address(&mail.mail.return_path).map(|a| a.to_string());
    let author = mail.mail.from.first().map(|p| p.address.to_string());
    let of = |address: Option<String>| address.and_then(|a| senders.get(&a)).cloned().unwrap_or_default();
    let answers_ours = mail.mail.in_reply_to.iter().chain(&mail.mail.references);
    Trigger {
        mail: &mail.mail,
        key: mail.row.identity.clone(),
        arrival: mail.found.arrival,
        internal_date: mail.found.internal_at,
        folder_role: mail.found.role,
        flags: mail.found.flags.clone(),
        shared_mailbox: false,
        sender: both(of(path), of(author)),
        replies_to_our_automatic_mail: answers_ours.into_iter().any(|id| ours.contains(&id_key(&context.keys, id))),
        answered_meanwhile: false,
        invited: mail.calendars.items.iter().any(|item| {
            let invited = item.event.people.iter();
            item.method == Method::Request
                && invited.into_iter().any(|one| person.addresses.iter().any(|own| one.address == own.as_str()))
        }),
        for_record: None,
    }
}

/// Days after which whoever was told is told again (R46); `None`: nobody ever is.
fn repeat_after(policy: &Policy) -> Option<u32> {
    Some(policy.settings.repeat_days).filter(|days| *days > 0)
}

/// Facts about reverse path and author taken together: a veto from either counts, and so does
/// being known under either, since R39 demands that they belong together.
fn both(a: SenderFacts, b: SenderFacts) -> SenderFacts {
    SenderFacts {
        colleague: a.colleague || b.colleague,
        users: [a.users, b.users].concat(),
        absent_too: a.absent_too || b.absent_too,
        our_mailbox: a.our_mailbox || b.our_mailbox,
        known_contact: a.known_contact || b.known_contact,
        wrote_to_them: a.wrote_to_them || b.wrote_to_them,
        no_automatic: a.no_automatic || b.no_automatic,
        language: a.language.or(b.language),
        last_language: a.last_language.or(b.last_language),
    }
}

fn ledger_keys(keys: &Keys, plan: &Plan) -> (Key, Key) {
    let sender = keys.hash("sender", plan.sender.address.as_bytes());
    (sender, keys.hash("domain", plan.sender.domain.as_bytes()))
}

/// Composes and queues a notice, and reserves it; `None` if somebody reserved it before.
async fn queue(
    tx: &mut Tx,
    office: &Office<'_>,
    user: UserId,
    plan: &Plan,
    now: Timestamp,
) -> Result<Option<OutboxId>> {
    let mail = notice::compose(plan, office.policy, rand::random(), now);
    let id_key = id_key(office.keys, &mail.message_id);
    let (sender, domain) = ledger_keys(office.keys, plan);
    let outbox = store::outbox::queue(tx, office.mailbox, &mail, id_key, now).await?;
    let substitute = notice::named(plan, office.policy).map(|named| named.user);
    let repeat_after = repeat_after(office.policy);
    let reserved = Reserved { user, absence: plan.absence, sender, domain, outbox, substitute, repeat_after };
    if store::notices::reserve(tx, &reserved, now).await? {
        return Ok(Some(outbox));
    }
    store::outbox::withdraw(tx, outbox).await?;
    Ok(None)
}
