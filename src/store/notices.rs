//! Notices: the facts a decision needs, the ledger, and a row for every decision.

use super::automatic::sent_by_us;
use super::keys::Key;
use super::{Result, Tx, list, text_list};
use crate::access::Scope;
use crate::model::id::{AbsenceId, MailId, MailboxId, OutboxId, RecordId, UserId};
use crate::model::notice::{Already, Ledger, Reason, SenderFacts};
use crate::model::time::{DAY, HOUR, Timestamp};
use std::collections::HashMap;

/// We wrote to somebody within this time: they are a known correspondent (R38). 24 months.
const CORRESPONDENT: i64 = 731 * DAY;
/// The breaker compares the hour with the mean of this many hours (R51): a week.
const MEAN_HOURS: i64 = 168;

/// What is known of senders, by address. Every address asked for has an entry.
pub async fn senders(tx: &mut Tx, addresses: &[&str], now: Timestamp) -> Result<HashMap<String, SenderFacts>> {
    let wanted = text_list(addresses.iter().copied());
    let mut facts: HashMap<String, SenderFacts> =
        addresses.iter().map(|a| ((*a).to_owned(), SenderFacts::default())).collect();
    let colleagues: Vec<(String, i64, bool)> = all!(
        tx,
        "select u.address, u.user_id, exists (select 1 from absences a where a.user_id = u.user_id and a.notice and a.starts_at <= $2 \
         and (a.ends_at is null or a.ends_at > $2)) from json_each($1) k join user_addresses u on u.address = k.value",
        wanted.as_str(),
        now.0
    )?;
    for (address, user, absent) in colleagues {
        let sender = facts.entry(address).or_default();
        (sender.colleague, sender.absent_too) = (true, absent);
        sender.users.push(UserId(user));
    }
    let shared: Vec<(String,)> = all!(
        tx,
        "select b.address from json_each($1) k join mailboxes b on b.address = k.value where b.user_id is null",
        wanted.as_str()
    )?;
    shared.into_iter().for_each(|(address,)| facts.entry(address).or_default().our_mailbox = true);
    let contacts: Vec<(String,)> = all!(
        tx,
        "select distinct r.address from json_each($1) k join record_addresses r on r.address = k.value \
         where r.standing = 'vouched'",
        wanted.as_str()
    )?;
    contacts.into_iter().for_each(|(address,)| facts.entry(address).or_default().known_contact = true);
    let written: Vec<(String,)> = all!(
        tx,
        concat!(
            "select k.value from json_each($1) k where exists (select 1 from mail_parties p join mails o on o.id = p.mail_id
             where p.address = k.value and p.field in ('to', 'cc') and o.at >= $2 and ",
            sent_by_us!(),
            ")"
        ),
        wanted,
        now.plus(-CORRESPONDENT).0
    )?;
    written.into_iter().for_each(|(address,)| facts.entry(address).or_default().wrote_to_them = true);
    for (address, language) in languages(tx, addresses).await? {
        facts.entry(address).or_default().language.get_or_insert(language);
    }
    let failing = super::automatic_reach::failing(tx, addresses).await?;
    let quiet = super::automatic_words::quiet(tx, addresses).await?;
    failing.into_iter().chain(quiet).for_each(|address| facts.entry(address).or_default().no_automatic = true);
    Ok(facts)
}

/// The languages that are stored of people outside (R78), by address, the one that counts first: what is
/// vouched for before what somebody claims, a contact before a lead, what changed last before the rest.
async fn languages(tx: &mut Tx, addresses: &[&str]) -> Result<Vec<(String, String)>> {
    Ok(all!(
        tx,
        "select a.address, r.language from json_each($1) k cross join record_addresses a cross join records r \
         where a.address = k.value and r.id = a.record_id and r.language is not null and r.deleted_at is null \
         order by a.standing desc, r.kind, r.updated_at desc, r.id",
        text_list(addresses.iter().copied())
    )?)
}

/// The same as far as the viewer may read the records.
pub async fn languages_seen(tx: &mut Tx, scope: &Scope, addresses: &[&str]) -> Result<Vec<(String, String)>> {
    Ok(all_seen!(
        tx,
        concat!(
            "select a.address, r.language from json_each($8) k cross join record_addresses a cross join records r \
             where a.address = k.value and r.id = a.record_id and r.language is not null and r.deleted_at is null and ",
            visible!("r"),
            " order by a.standing desc, r.kind, r.updated_at desc, r.id"
        ),
        scope,
        text_list(addresses.iter().copied())
    )?)
}

/// Of each address the mail that a human of ours wrote to it last, packed (R78). Addresses to which nobody
/// wrote, or of whose mail no text is kept, have none.
pub async fn last_written(tx: &mut Tx, addresses: &[&str]) -> Result<Vec<(String, Vec<u8>)>> {
    Ok(all!(
        tx,
        concat!(
            "select k.value, r.bytes from json_each($1) k join raws r on r.mail_id =
             (select o.id from mail_parties p join mails o on o.id = p.mail_id where p.address = k.value and p.field = 'to'
               and o.author = 'human' and ",
            sent_by_us!(),
            " order by o.at desc, o.id desc limit 1)"
        ),
        text_list(addresses.iter().copied())
    )?)
}

/// Whether a person wrote to an address after a moment (R8). What somebody sends us in the person's name is not
/// theirs, or it would silence the notice to whomever it names.
pub async fn wrote_since(tx: &mut Tx, user: UserId, to: &str, since: Timestamp) -> Result<bool> {
    let (wrote,): (bool,) = one!(
        tx,
        concat!(
            "select exists (select 1 from mail_parties p join mails o on o.id = p.mail_id
             join user_addresses n on n.address = o.from_address where p.address = $1 and p.field in ('to', 'cc', 'bcc')
             and o.author = 'human' and o.at > $2 and n.user_id = $3 and ",
            sent_by_us!(),
            ")"
        ),
        to,
        since.0,
        user.0
    )?;
    Ok(wrote)
}

/// When a stored message first arrived in a mailbox of a person, as its server said at each place where
/// it lies or lay, and whether it was backlog at one of them (R6).
pub async fn lay_before(tx: &mut Tx, user: UserId, mail: MailId) -> Result<(Option<Timestamp>, bool)> {
    let (first, backlog): (Option<i64>, i64) = one!(
        tx,
        "select min(l.internal_at), cast(coalesce(sum(case when l.arrival <> 'live' then 1 else 0 end), 0) as bigint) \
         from locations l join folders f on f.id = l.folder_id join mailboxes b on b.id = f.mailbox_id \
         where l.mail_id = $1 and b.user_id = $2",
        mail.0,
        user.0
    )?;
    Ok((first.map(Timestamp), backlog > 0))
}

/// Whether a stored mail is marked confidential.
pub async fn is_sealed(tx: &mut Tx, mail: MailId) -> Result<bool> {
    let sealed: Option<(bool,)> = maybe!(tx, "select sealed from mails where id = $1", mail.0)?;
    Ok(sealed.is_some_and(|(sealed,)| sealed))
}

/// The one record that a stored mail is about: the one it regards, else the only one that governs its
/// links. `None` where there are several, or none.
pub async fn governing(tx: &mut Tx, mail: MailId) -> Result<Option<RecordId>> {
    let regards: Option<(Option<i64>,)> = maybe!(tx, "select regarding_id from mails where id = $1", mail.0)?;
    if let Some((Some(id),)) = regards {
        return Ok(Some(RecordId(id)));
    }
    let rows: Vec<(i64,)> = all!(tx, "select distinct governing_id from links where mail_id = $1 limit 2", mail.0)?;
    Ok(match rows.as_slice() {
        [(id,)] => Some(RecordId(*id)),
        _ => None,
    })
}

/// Whether an address stands on mail linked to a record, other than `besides` (R84). Mail whose
/// sender our own server doubts (R36) does not count: anybody can write an address on it.
pub async fn takes_part(tx: &mut Tx, record: RecordId, address: &str, besides: MailId) -> Result<bool> {
    let (takes_part,): (bool,) = one!(
        tx,
        "select exists (select 1 from mail_parties p join links l on l.mail_id = p.mail_id \
         join mails m on m.id = p.mail_id \
         where p.address = $2 and l.record_id = $1 and l.governing_id = $1 and m.id <> $3 and not m.auth_failed)",
        record.0,
        address,
        besides.0
    )?;
    Ok(takes_part)
}

/// What a decision asks the ledger.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    /// Who is away.
    pub user: UserId,
    /// The absence.
    pub absence: AbsenceId,
    /// Keyed hash of the mail's id and content (R56).
    pub trigger: Key,
    /// Keyed hash of the sender key (R52).
    pub sender: Key,
    /// Keyed hash of the sender's domain.
    pub domain: Key,
    /// Days after which the same sender may be told again (R46); `None`: never in one absence.
    pub repeat_after: Option<u32>,
}

/// The moment up to which telling a sender counts no more; the beginning of time where it always counts.
fn forgotten(repeat_after: Option<u32>, now: Timestamp) -> Timestamp {
    // R46: less than a day would be a loop with pauses, whatever the settings say.
    repeat_after.map_or(Timestamp(i64::MIN), |days| now.plus(-i64::from(days.max(1)) * DAY))
}

/// What was sent before, as far as one person and one trigger care. An absence that begins within a day
/// of the end of an earlier one goes on with its ledger: switching off and on reopens nothing (R48). One that is not
/// entered, but assumed, begins now.
///
/// Every count is of attempts: a row stands from the moment a notice is reserved, whatever came of it.
pub async fn ledger(tx: &mut Tx, asked: &Asked, now: Timestamp) -> Result<Ledger> {
    type Row = (bool, Option<String>, i64, i64, i64, i64, i64, i64);
    let (decided, already, for_message, domain_day, person_hour, instance_hour, breaker_hour, week): Row = one!(
        tx,
        "select exists (select 1 from notice_decisions where user_id = $1 and trigger_key = $3), \
         (select case when o.state in ('refused', 'gave-up', 'queued', 'sending', 'unclear') then o.state \
             when n.absence_id = $2 then 'told' else 'before' end \
           from notices n join absences b on b.id = n.absence_id left join absences a on a.id = $2 \
           left join outbox o on o.id = n.outbox_id \
           where n.user_id = $1 and n.sender_key = $4 and n.at > $9 and (n.absence_id = $2 or (b.id < coalesce(a.id, b.id + 1) and b.ends_at >= \
           coalesce(case when a.created_at > a.starts_at then a.created_at else a.starts_at end, $10) - 86400000)) \
           order by case when n.absence_id = $2 then 0 else 1 end, n.at desc limit 1), \
         (select count(*) from notice_decisions where trigger_key = $3 and verdict = 'send'), \
         (select count(*) from notices where domain_key = $5 and at > $6), \
         (select count(*) from notices where user_id = $1 and at > $7), \
         (select count(*) from notices where at > $7), \
         (select count(*) from notices where at > $7 and at > (select started_at from notice_switch where id = 1)), \
         (select count(*) from notices where at > $8)",
        asked.user.0,
        asked.absence.0,
        asked.trigger,
        asked.sender,
        asked.domain,
        now.plus(-DAY).0,
        now.plus(-HOUR).0,
        now.plus(-MEAN_HOURS * HOUR).0,
        forgotten(asked.repeat_after, now).0,
        now.0
    )?;
    let count = |n: i64| u32::try_from(n).unwrap_or(u32::MAX);
    #[allow(clippy::cast_precision_loss)] // counts of a week fit a float many times over
    let hourly_mean = week as f64 / MEAN_HOURS as f64;
    Ok(Ledger {
        decided,
        already: already.as_deref().map(Already::from_word),
        for_message: count(for_message),
        domain_day: count(domain_day),
        person_hour: count(person_hour),
        instance_hour: count(instance_hour),
        breaker_hour: count(breaker_hour),
        hourly_mean,
    })
}

/// A notice that is reserved: the row that keeps every other worker and every restart from sending
/// a second one (R49).
#[derive(Clone, Copy, Debug)]
pub struct Reserved {
    /// Who is away.
    pub user: UserId,
    /// The absence.
    pub absence: AbsenceId,
    /// Keyed hash of the sender key (R52).
    pub sender: Key,
    /// Keyed hash of the sender's domain.
    pub domain: Key,
    /// The mail.
    pub outbox: OutboxId,
    /// Who is named.
    pub substitute: Option<UserId>,
    /// Days after which the same sender may be told again (R46); `None`: never in one absence.
    pub repeat_after: Option<u32>,
}

/// Reserves a notice; false if it was reserved before, and not so long ago that it may be repeated.
pub async fn reserve(tx: &mut Tx, notice: &Reserved, now: Timestamp) -> Result<bool> {
    let touched = run!(
        tx,
        "insert into notices (absence_id, sender_key, user_id, domain_key, outbox_id, substitute_id, at) \
         values ($1, $2, $3, $4, $5, $6, $7) on conflict (absence_id, sender_key) do update \
         set outbox_id = excluded.outbox_id, substitute_id = excluded.substitute_id, at = excluded.at \
         where notices.at <= $8",
        notice.absence.0,
        notice.sender,
        notice.user.0,
        notice.domain,
        notice.outbox.0,
        notice.substitute.map(|u| u.0),
        now.0,
        forgotten(notice.repeat_after, now).0
    )?;
    Ok(touched == 1)
}

/// How many senders an absence told, or is about to tell: those whose notice failed do not count.
pub async fn told(tx: &mut Tx, absence: AbsenceId) -> Result<i64> {
    let (count,): (i64,) = one!(
        tx,
        "select count(*) from notices n left join outbox o on o.id = n.outbox_id \
         where n.absence_id = $1 and coalesce(o.state, 'sent') not in ('refused', 'gave-up')",
        absence.0
    )?;
    Ok(count)
}

/// How many notices were tried after a moment.
pub async fn tried_since(tx: &mut Tx, since: Timestamp) -> Result<i64> {
    let (count,): (i64,) = one!(tx, "select count(*) from notices where at > $1", since.0)?;
    Ok(count)
}

/// Forgets whom absences told that have been over since `ended` (R53: 90 days ago). Gives how many rows.
pub async fn forget(tx: &mut Tx, ended: Timestamp) -> Result<u64> {
    Ok(run!(
        tx,
        "delete from notices where absence_id in (select id from absences where ends_at is not null and ends_at < $1)",
        ended.0
    )?)
}

/// When somebody last said anything about an absence: its open end counts as confirmed then (R2).
pub async fn confirmed_at(tx: &mut Tx, absence: AbsenceId) -> Result<Option<Timestamp>> {
    let rows: Vec<(i64,)> = all!(
        tx,
        "select case when updated_at > created_at then updated_at else created_at end from absences where id = $1",
        absence.0
    )?;
    Ok(rows.first().map(|(at,)| Timestamp(*at)))
}

/// A decision for one absent person and one mail.
#[derive(Clone, Debug)]
pub struct Decision {
    /// Who is away.
    pub user: UserId,
    /// Keyed hash of the mail's id and content.
    pub trigger: Key,
    /// The absence.
    pub absence: AbsenceId,
    /// The mail, if it is stored.
    pub mail: Option<MailId>,
    /// What forbade it; `None`: it was sent.
    pub reason: Option<Reason>,
    /// The notice.
    pub outbox: Option<OutboxId>,
    /// Whom it names: kept here, since the ledger forgets (R53) and the timeline does not (R80).
    pub substitute: Option<UserId>,
    /// Keyed hash of the mail's Message-ID, if it has one: by it the decision is found where the mail is not stored.
    pub id: Option<Key>,
    /// By which rules it was decided (R80): `notice::rule_set`.
    pub rules: String,
}

/// Writes a decision down; one that stands already stays.
pub async fn record(tx: &mut Tx, decision: &Decision, now: Timestamp) -> Result<()> {
    run!(
        tx,
        "insert into notice_decisions (user_id, trigger_key, absence_id, mail_id, verdict, reason, outbox_id, at, \
         substitute_id, part, id_key, rules) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
         on conflict (user_id, trigger_key) do nothing",
        decision.user.0,
        decision.trigger,
        decision.absence.0,
        decision.mail.map(|m| m.0),
        if decision.reason.is_some() { "silent" } else { "send" },
        decision.reason.map_or("", Reason::rule),
        decision.outbox.map(|o| o.0),
        now.0,
        decision.substitute.map(|u| u.0),
        decision.reason.map_or("", Reason::part),
        decision.id,
        decision.rules.as_str()
    )?;
    Ok(())
}

/// Of the last mails of a mailbox, how many its server stamped, and out of how many (R37).
pub async fn stamped(tx: &mut Tx, mailbox: MailboxId) -> Result<(u32, u32)> {
    let (stamped, of): (i64, i64) = one!(tx, "select stamped, stamped_of from mailboxes where id = $1", mailbox.0)?;
    Ok((u32::try_from(stamped).unwrap_or(0), u32::try_from(of).unwrap_or(0)))
}

/// Which of these triggers were decided for a person before.
pub async fn decided(tx: &mut Tx, user: UserId, triggers: &[Key]) -> Result<Vec<Key>> {
    let rows: Vec<(i64,)> = all!(
        tx,
        "select trigger_key from notice_decisions where user_id = $1 and trigger_key in \
         (select cast(value as bigint) from json_each($2))",
        user.0,
        list(triggers.iter().copied())
    )?;
    Ok(rows.into_iter().map(|(key,)| key).collect())
}

/// Ties what was decided of mails that were not stored then, or were taken away since, to the mails as they are stored
/// now. Each with the keyed hash of its content (R56).
pub async fn adopt(tx: &mut Tx, stored: &[(Key, MailId)]) -> Result<()> {
    for (trigger, mail) in stored {
        run!(
            tx,
            "update notice_decisions set mail_id = $1 where trigger_key = $2 and mail_id is null",
            mail.0,
            *trigger
        )?;
    }
    Ok(())
}

/// Of these keyed hashes of mails, those of which something was decided while they were not stored.
pub async fn decided_unstored(tx: &mut Tx, triggers: &[Key]) -> Result<Vec<Key>> {
    let rows: Vec<(i64,)> = all!(
        tx,
        "select distinct d.trigger_key from json_each($1) k cross join notice_decisions d
         where d.trigger_key = cast(k.value as bigint) and d.mail_id is null",
        list(triggers.iter().copied())
    )?;
    Ok(rows.into_iter().map(|(key,)| key).collect())
}

/// What was decided about a notice for a stored mail: for each absent person the rule, with the part of it, that
/// withheld it, `None` where one was to go.
pub async fn verdicts(tx: &mut Tx, mail: MailId) -> Result<Vec<(UserId, Option<String>)>> {
    let rows: Vec<(i64, String)> = all!(
        tx,
        "select user_id, case when part = '' then reason else reason || '/' || part end from notice_decisions
         where mail_id = $1 order by user_id",
        mail.0
    )?;
    Ok(rows.into_iter().map(verdict).collect())
}

/// The same by the keyed hash of the mail, stored or not.
pub async fn verdicts_of_trigger(tx: &mut Tx, trigger: Key) -> Result<Vec<(UserId, Option<String>)>> {
    let rows: Vec<(i64, String)> = all!(
        tx,
        "select user_id, case when part = '' then reason else reason || '/' || part end from notice_decisions
         where trigger_key = $1 order by user_id",
        trigger
    )?;
    Ok(rows.into_iter().map(verdict).collect())
}

fn verdict((user, reason): (i64, String)) -> (UserId, Option<String>) {
    (UserId(user), Some(reason).filter(|reason| !reason.is_empty()))
}
