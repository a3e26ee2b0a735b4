//! What was decided about notices, as people look at it; where mail of a mailbox lies that could be
//! answered; and telling a sender again (R46).

use super::keys::Key;
use super::{Result, StoreError, Tx, list, text_list};
use crate::access::Scope;
use crate::model::cursor::{Arrival, Role};
use crate::model::id::{AbsenceId, FolderId, LocationId, MailId, MailboxId, UserId};
use crate::model::reach::Outcome;
use crate::model::time::Timestamp;

/// One decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Who is away.
    pub user: UserId,
    /// The absence it was about.
    pub absence: AbsenceId,
    /// The mail, as long as it is stored.
    pub mail: Option<MailId>,
    /// The code of what kept it silent (`model::notice::Reason::code`); empty if a notice was to go.
    pub reason: String,
    /// When it was decided.
    pub at: Timestamp,
    /// The word of `model::delivery::Delivery`, where a notice was made.
    pub state: Option<String>,
    /// To whom.
    pub to: Option<String>,
    /// The server's last words; not those of one that took it. They may hold the recipient's address.
    pub answer: Option<String>,
    /// When it is tried next, while it waits.
    pub next_try: Option<Timestamp>,
    /// What a later report says became of the notice; the latest of several.
    pub came_back: Option<Outcome>,
    /// By which rules it was decided (`notice::rule_set`); empty: it was not kept yet.
    pub rules: String,
}

impl Line {
    /// The number with which the server's last words begin, such as 550; the rest may name the recipient.
    pub fn answer_code(&self) -> Option<&str> {
        let code = self.answer.as_deref()?.split(|c: char| !c.is_ascii_digit()).next()?;
        (code.len() == 3).then_some(code)
    }
}

type Row = (
    i64,
    i64,
    Option<i64>,
    String,
    i64,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<i64>,
    Option<String>,
    String,
);

fn line((user, absence, mail, reason, at, state, to, answer, next_try, came_back, rules): Row) -> Line {
    let (user, absence, mail, next_try) = (UserId(user), AbsenceId(absence), mail.map(MailId), next_try.map(Timestamp));
    let came_back = came_back.as_deref().and_then(Outcome::from_word);
    Line { user, absence, mail, reason, at: Timestamp(at), state, to, answer, next_try, came_back, rules }
}

/// SQL: what of a decision `d` with its notice `o` stands in the log.
macro_rules! columns {
    () => {
        "d.user_id, d.absence_id, d.mail_id, case when d.part = '' then d.reason else d.reason || '/' || d.part end, d.at, o.state, o.envelope_to, \
         case when o.state in ('sent', 'sending') then null else o.answer end, \
         case when o.state = 'queued' then o.next_try_at end, \
         (select r.what from automatic_about a join automatic_reports r on r.mail_id = a.mail_id \
            join mails b on b.id = a.mail_id \
            where a.id_key in (o.id_key, o.given_key) and r.address = lower(o.envelope_to) and not b.auth_failed \
            order by b.at desc, r.position limit 1), d.rules"
    };
}

/// SQL of the log with a further condition.
macro_rules! log {
    ($condition:literal) => {
        concat!(
            "select ",
            columns!(),
            " from notice_decisions d left join outbox o on o.id = d.outbox_id \
             where d.user_id in (select cast(value as bigint) from json_each($1)) and d.at >= $2 ",
            $condition,
            " order by d.at desc, d.mail_id desc nulls last, d.user_id, d.trigger_key limit $3"
        )
    };
}

/// What was decided for these people since a moment, newest first; with `not_sent` only what did not
/// go out, or not for sure.
pub async fn lines(tx: &mut Tx, users: &[UserId], since: Timestamp, not_sent: bool, limit: i64) -> Result<Vec<Line>> {
    let users = list(users.iter().map(|user| user.0));
    let rows: Vec<Row> = if not_sent {
        all!(tx, log!("and (o.id is null or o.state in ('refused', 'gave-up', 'unclear'))"), users, since.0, limit)?
    } else {
        all!(tx, log!(""), users, since.0, limit)?
    };
    Ok(rows.into_iter().map(line).collect())
}

/// What was decided about a stored mail.
pub async fn of_mail(tx: &mut Tx, mail: MailId) -> Result<Vec<Line>> {
    let rows: Vec<Row> = all!(
        tx,
        concat!(
            "select ",
            columns!(),
            " from notice_decisions d left join outbox o on o.id = d.outbox_id where d.mail_id = $1 order by d.user_id"
        ),
        mail.0
    )?;
    Ok(rows.into_iter().map(line).collect())
}

/// What was decided about mail with this Message-ID (a keyed hash), whether or not it is stored, the latest first.
pub async fn of_id(tx: &mut Tx, id: Key) -> Result<Vec<Line>> {
    let rows: Vec<Row> = all!(
        tx,
        concat!(
            "select ",
            columns!(),
            " from notice_decisions d left join outbox o on o.id = d.outbox_id where d.id_key = $1 \
             order by d.at desc, d.user_id, d.trigger_key"
        ),
        id
    )?;
    Ok(rows.into_iter().map(line).collect())
}

/// What was decided about the mail with this id and content (a keyed hash, R56), whether or not it is stored.
pub async fn of_trigger(tx: &mut Tx, trigger: Key) -> Result<Vec<Line>> {
    let rows: Vec<Row> = all!(
        tx,
        concat!(
            "select ",
            columns!(),
            " from users w join notice_decisions d on d.user_id = w.id and d.trigger_key = $1 \
             left join outbox o on o.id = d.outbox_id order by d.user_id"
        ),
        trigger
    )?;
    Ok(rows.into_iter().map(line).collect())
}

/// A place at which a mail lies, as the decision looks at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lies {
    /// The place.
    pub location: LocationId,
    /// Its folder.
    pub folder: FolderId,
    /// What the folder is for.
    pub role: Role,
    /// The mailbox.
    pub mailbox: MailboxId,
    /// Whose that is; `None` for a shared one.
    pub user: Option<UserId>,
    /// The mail; `None` where it concerned no record and is not stored.
    pub mail: Option<MailId>,
    /// How it came.
    pub arrival: Arrival,
    /// INTERNALDATE.
    pub internal_at: Option<Timestamp>,
    /// Its flags on the server, as last seen.
    pub flags: Vec<String>,
}

type Place = (i64, i64, String, i64, Option<i64>, Option<i64>, String, Option<i64>, String);

fn lies((id, folder, role, mailbox, user, mail, arrival, internal_at, flags): Place) -> Result<Lies> {
    let bad = |column| StoreError::BadRow { table: "locations", id, column };
    Ok(Lies {
        location: LocationId(id),
        folder: FolderId(folder),
        role: Role::from_word(&role).ok_or_else(|| bad("role"))?,
        mailbox: MailboxId(mailbox),
        user: user.map(UserId),
        mail: mail.map(MailId),
        arrival: Arrival::from_word(&arrival).ok_or_else(|| bad("arrival"))?,
        internal_at: internal_at.map(Timestamp),
        flags: flags.split(' ').filter(|flag| !flag.is_empty()).map(str::to_owned).collect(),
    })
}

/// Where a stored mail lies, inboxes first.
pub async fn places(tx: &mut Tx, mail: MailId) -> Result<Vec<Lies>> {
    let rows: Vec<Place> = all!(
        tx,
        "select l.id, l.folder_id, f.role, b.id, b.user_id, l.mail_id, l.arrival, l.internal_at, l.flags \
         from locations l join folders f on f.id = l.folder_id join mailboxes b on b.id = f.mailbox_id \
         where l.mail_id = $1 and l.state = 'stored' order by case when f.role = 'inbox' then 0 else 1 end, b.id, l.id",
        mail.0
    )?;
    rows.into_iter().map(lies).collect()
}

/// The last mails of a mailbox's inbox, newest first, those too that are known and not stored.
pub async fn last_of(tx: &mut Tx, mailbox: MailboxId, limit: i64) -> Result<Vec<Lies>> {
    let rows: Vec<Place> = all!(
        tx,
        "select l.id, l.folder_id, f.role, b.id, b.user_id, l.mail_id, l.arrival, l.internal_at, l.flags \
         from folders f join mailboxes b on b.id = f.mailbox_id join locations l on l.folder_id = f.id \
         where b.id = $1 and f.role = 'inbox' and l.state in ('stored', 'unmatched') \
         order by l.epoch desc, l.uid desc limit $2",
        mailbox.0,
        limit
    )?;
    rows.into_iter().map(lies).collect()
}

/// The latest stored mail in a mailbox's inbox that somebody wrote from an address themselves: neither automatic nor
/// sent to many, and not called false by our own server.
pub async fn latest_from(tx: &mut Tx, mailbox: MailboxId, address: &str) -> Result<Option<Lies>> {
    let row: Option<Place> = maybe!(
        tx,
        "select l.id, l.folder_id, f.role, b.id, b.user_id, l.mail_id, l.arrival, l.internal_at, l.flags \
         from mail_parties p join mails m on m.id = p.mail_id join locations l on l.mail_id = m.id \
         join folders f on f.id = l.folder_id join mailboxes b on b.id = f.mailbox_id \
         where p.address = $2 and p.field = 'from' and b.id = $1 and f.role = 'inbox' and l.state = 'stored' \
         and m.author = 'human' and m.channel = 'direct' and not m.auth_failed \
         order by m.at desc, l.id desc limit 1",
        mailbox.0,
        address
    )?;
    row.map(lies).transpose()
}

/// Which of these addresses stand on a record that the viewer may read.
pub async fn seen_addresses(tx: &mut Tx, scope: &Scope, addresses: &[&str]) -> Result<Vec<String>> {
    let rows: Vec<(String,)> = all_seen!(
        tx,
        concat!(
            "select distinct a.address from json_each($8) k join record_addresses a on a.address = k.value
             join records r on r.id = a.record_id where a.standing = 'vouched' and ",
            visible!("r")
        ),
        scope,
        text_list(addresses.iter().copied())
    )?;
    Ok(rows.into_iter().map(|(address,)| address).collect())
}
