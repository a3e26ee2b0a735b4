//! The head of a stored mail for whoever traces it: who wrote what to whom, when, and where copies lie.
//! No scope: whoever calls has asked whether the mail is to be seen.

use super::{Result, StoreError, Tx};
use crate::model::id::{MailId, UserId};
use crate::model::mail::{Author, Channel, Evidence};
use crate::model::time::Timestamp;

/// The head of a mail.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// The author's address; empty where none could be read.
    pub from: String,
    /// The author's name.
    pub name: Option<String>,
    /// Addresses in To and Cc, at most 1 000. Blind copies are not told.
    pub to: Vec<String>,
    /// Its subject.
    pub subject: String,
    /// Its place in time (R133).
    pub at: Timestamp,
    /// When the server had it.
    pub arrived: Timestamp,
    /// Who wrote it.
    pub author: Author,
    /// How it travelled.
    pub channel: Channel,
    /// Why the parser says so of author and channel.
    pub evidence: Vec<Evidence>,
    /// Our own server says that the sender is not who it claims to be (R36).
    pub doubted: bool,
    /// The mailboxes in which a copy lies, by name, with whose they are; none: shared.
    pub mailboxes: Vec<(String, Option<UserId>)>,
    /// A copy of it came as new mail, so that absence notices were decided about it (R4, R5).
    pub came_new: bool,
    /// What the mail itself says of when it was written, where that is at hand: `at` is another moment where
    /// it is not plausible (R133).
    pub said_date: Option<Timestamp>,
    /// Its return address as it was received, where that is at hand.
    pub return_path: String,
}

#[derive(sqlx::FromRow)]
struct Row {
    from_address: String,
    from_name: Option<String>,
    subject: String,
    at: i64,
    arrived_at: i64,
    author: String,
    channel: String,
    evidence: String,
    auth_failed: bool,
}

/// The head of a stored mail; `None` if there is no such mail.
pub async fn of(tx: &mut Tx, mail: MailId) -> Result<Option<Head>> {
    let found: Option<Row> = maybe!(
        tx,
        "select from_address, from_name, subject, at, arrived_at, author, channel, evidence, auth_failed \
         from mails where id = $1",
        mail.0
    )?;
    let Some(row) = found else { return Ok(None) };
    let bad = |column| StoreError::BadRow { table: "mails", id: mail.0, column };
    let to: Vec<(String,)> = all!(
        tx,
        "select address from mail_parties where mail_id = $1 and field in ('to', 'cc') order by position limit 1000",
        mail.0
    )?;
    let places: Vec<(String, Option<i64>, bool)> = all!(
        tx,
        "select b.name, b.user_id, max(case when x.arrival = 'live' then 1 else 0 end) = 1 from locations x \
         join folders f on f.id = x.folder_id join mailboxes b on b.id = f.mailbox_id \
         where x.mail_id = $1 and x.state = 'stored' group by b.name, b.user_id order by b.name",
        mail.0
    )?;
    Ok(Some(Head {
        from: row.from_address,
        name: row.from_name,
        to: to.into_iter().map(|(address,)| address).collect(),
        subject: row.subject,
        at: Timestamp(row.at),
        arrived: Timestamp(row.arrived_at),
        author: Author::from_word(&row.author).ok_or_else(|| bad("author"))?,
        channel: Channel::from_word(&row.channel).ok_or_else(|| bad("channel"))?,
        evidence: serde_json::from_str(&row.evidence).map_err(|_| bad("evidence"))?,
        doubted: row.auth_failed,
        came_new: places.iter().any(|(_, _, live)| *live),
        said_date: None,
        return_path: String::new(),
        mailboxes: places.into_iter().map(|(name, user, _)| (name, user.map(UserId))).collect(),
    }))
}
