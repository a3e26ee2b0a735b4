//! Mailboxes beside those of the configuration file: what admins set up on a page, with passwords sealed; pausing
//! and removing any of them; how far back each is read; what owners agreed to.

use super::keys::Keys;
use super::{Result, StoreError, Tx};
use crate::config::{Config, Mailbox, Server, Typed};
use crate::model::id::{MailboxId, UserId};
use crate::model::time::Timestamp;

/// What the owner of a mailbox said about its being read.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Agreement {
    /// When they agreed.
    pub agreed: Timestamp,
    /// When they took that back.
    pub withdrawn: Option<Timestamp>,
    /// What was shown to them: see `actions::mailboxes::terms`.
    pub terms: String,
}

/// A mailbox, how reading it goes, and what people decided about it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Standing {
    /// Its id.
    pub id: MailboxId,
    /// Its name.
    pub name: String,
    /// Whose it is; `None`: shared.
    pub user: Option<UserId>,
    /// Its address.
    pub address: String,
    /// The word of its state.
    pub state: String,
    /// The server's last answer or our cause.
    pub detail: Option<String>,
    /// Since when it is in that state.
    pub state_at: Option<Timestamp>,
    /// When it is tried again.
    pub next_try: Option<Timestamp>,
    /// Everything the server showed at this moment is accounted for.
    pub up_to: Option<Timestamp>,
    /// Since when it is paused.
    pub paused: Option<Timestamp>,
    /// Who paused it; `None`: the operator.
    pub paused_by: Option<UserId>,
    /// Since when it is read no more.
    pub removed: Option<Timestamp>,
    /// Whether it is read only once its owner agreed.
    pub asks: bool,
    /// How far back it is read; `None`: as the configuration says.
    pub history_since: Option<Timestamp>,
    /// The version of what was typed; `None`: it stands in the file.
    pub version: Option<i64>,
    /// When and by whom that was changed last.
    pub changed: Option<(Timestamp, Option<UserId>)>,
    /// What its owner said.
    pub agreement: Option<Agreement>,
    /// When somebody last wanted it read at once.
    pub sync_asked: Option<Timestamp>,
}

impl Standing {
    /// Whether its owner agreed and did not take it back.
    pub fn is_agreed(&self) -> bool {
        self.agreement.as_ref().is_some_and(|a| a.withdrawn.is_none())
    }

    /// Whether it is to be read now.
    pub fn is_read(&self) -> bool {
        self.paused.is_none() && self.removed.is_none() && (!self.asks || self.is_agreed())
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    name: String,
    user_id: Option<i64>,
    address: String,
    state: String,
    state_detail: Option<String>,
    state_at: Option<i64>,
    next_try_at: Option<i64>,
    up_to_date_at: Option<i64>,
    paused_at: Option<i64>,
    paused_by: Option<i64>,
    removed_at: Option<i64>,
    asks: bool,
    history_since: Option<i64>,
    version: Option<i64>,
    changed_at: Option<i64>,
    changed_by: Option<i64>,
    agreed_at: Option<i64>,
    withdrawn_at: Option<i64>,
    terms: Option<String>,
    sync_asked_at: Option<i64>,
}

fn standing(row: Row) -> Standing {
    let agreement = row.agreed_at.map(|at| Agreement {
        agreed: Timestamp(at),
        withdrawn: row.withdrawn_at.map(Timestamp),
        terms: row.terms.unwrap_or_default(),
    });
    Standing {
        id: MailboxId(row.id),
        name: row.name,
        user: row.user_id.map(UserId),
        address: row.address,
        state: row.state,
        detail: row.state_detail,
        state_at: row.state_at.map(Timestamp),
        next_try: row.next_try_at.map(Timestamp),
        up_to: row.up_to_date_at.map(Timestamp),
        paused: row.paused_at.map(Timestamp),
        paused_by: row.paused_by.map(UserId),
        removed: row.removed_at.map(Timestamp),
        asks: row.asks,
        history_since: row.history_since.map(Timestamp),
        version: row.version,
        changed: row.changed_at.map(|at| (Timestamp(at), row.changed_by.map(UserId))),
        agreement,
        sync_asked: row.sync_asked_at.map(Timestamp),
    }
}

/// Every mailbox, by name, removed ones too.
pub async fn every(tx: &mut Tx) -> Result<Vec<Standing>> {
    const ALL: &str = "select b.id, b.name, b.user_id, b.address, b.state, b.state_detail, b.state_at, b.next_try_at,
          b.up_to_date_at, b.paused_at, b.paused_by, b.removed_at, b.asks, b.history_since, s.version, s.changed_at,
          s.changed_by, a.agreed_at, a.withdrawn_at, a.terms, b.sync_asked_at
        from mailboxes b left join mailbox_settings s on s.mailbox_id = b.id
        left join mailbox_agreements a on a.mailbox_id = b.id and a.user_id = b.user_id order by b.name";
    let rows: Vec<Row> = all!(tx, ALL)?;
    Ok(rows.into_iter().map(standing).collect())
}

/// One of them.
pub async fn one(tx: &mut Tx, id: MailboxId) -> Result<Option<Standing>> {
    Ok(every(tx).await?.into_iter().find(|mailbox| mailbox.id == id))
}

/// Whether a mailbox of this person is to be read: one of the file, or one that was set up on a page.
pub async fn any_of(tx: &mut Tx, config: &Config, user: UserId) -> Result<bool> {
    const PAGE: &str =
        "select u.login, exists (select 1 from mailbox_settings s join mailboxes b on b.id = s.mailbox_id
        where b.user_id = u.id and b.removed_at is null) from users u where u.id = $1";
    let found: Vec<(String, bool)> = all!(tx, PAGE, user.0)?;
    let in_file = |login: &str| config.mailbox.iter().any(|file| file.user.as_deref() == Some(login));
    Ok(found.iter().any(|(login, page)| *page || in_file(login)))
}

/// All mailboxes with their settings: those of the file, then those that were set up on a page. Of two with one
/// name the file's counts.
pub async fn accounts(tx: &mut Tx, keys: &Keys, config: &Config) -> Result<Vec<Mailbox>> {
    type Kept = (i64, String, Option<String>, String, Option<Vec<u8>>, Option<Vec<u8>>);
    const ALL: &str = "select b.id, b.name, u.login, s.settings, s.imap_secret, s.smtp_secret
        from mailbox_settings s join mailboxes b on b.id = s.mailbox_id left join users u on u.id = b.user_id
        where b.removed_at is null order by b.name";
    let rows: Vec<Kept> = all!(tx, ALL)?;
    let mut all = config.mailbox.clone();
    for (id, name, login, settings, imap, smtp) in rows {
        if config.mailbox.iter().any(|file| file.name == name) {
            continue;
        }
        let bad = |_| StoreError::BadRow { table: "mailbox_settings", id, column: "settings" };
        let mut account: Mailbox = serde_json::from_str(&settings).map_err(bad)?;
        (account.name, account.user) = (name, login);
        let typed = |what: &str, sealed: Option<Vec<u8>>| Typed {
            secret: sealed.and_then(|sealed| opened(keys, MailboxId(id), what, &sealed)),
            anywhere: config.mail.link_local,
        };
        account.imap.typed = Some(typed("imap", imap));
        if let Some(server) = &mut account.smtp {
            server.typed = Some(typed("smtp", smtp));
        }
        all.push(account);
    }
    Ok(all)
}

/// What a password is sealed for: its own row and server.
fn purpose(mailbox: MailboxId, what: &str) -> String {
    format!("mailbox {mailbox} {what}")
}

fn opened(keys: &Keys, mailbox: MailboxId, what: &str, sealed: &[u8]) -> Option<secrecy::SecretString> {
    let plain = keys.unseal(&purpose(mailbox, what), sealed)?;
    String::from_utf8(plain).ok().map(secrecy::SecretString::from)
}

/// Keeps what was typed about a mailbox, over what stood there. What a server has as its password is sealed.
pub async fn save(
    tx: &mut Tx,
    keys: &Keys,
    mailbox: MailboxId,
    account: &Mailbox,
    by: Option<UserId>,
    now: Timestamp,
) -> Result<()> {
    use secrecy::ExposeSecret;
    const SAVE: &str = "insert into mailbox_settings
          (mailbox_id, settings, imap_secret, smtp_secret, version, changed_at, changed_by)
        values ($1, $2, $3, $4, 1, $5, $6)
        on conflict (mailbox_id) do update set settings = excluded.settings, imap_secret = excluded.imap_secret,
          smtp_secret = excluded.smtp_secret, version = mailbox_settings.version + 1,
          changed_at = excluded.changed_at, changed_by = excluded.changed_by";
    let sealed = |what: &str, server: Option<&Server>| {
        let secret = server.and_then(|server| server.typed.as_ref()?.secret.as_ref());
        secret.map(|secret| keys.seal(&purpose(mailbox, what), secret.expose_secret().as_bytes()))
    };
    let bad = |_| StoreError::BadRow { table: "mailbox_settings", id: mailbox.0, column: "settings" };
    let settings = serde_json::to_string(account).map_err(bad)?;
    let (imap, smtp) = (sealed("imap", Some(&account.imap)), sealed("smtp", account.smtp.as_ref()));
    run!(tx, SAVE, mailbox.0, settings, imap, smtp, now.0, by.map(|u| u.0))?;
    Ok(())
}

/// Takes the lease from whoever reads the mailbox: nothing that they read from here on is written.
async fn turn_out(tx: &mut Tx, mailbox: MailboxId) -> Result<()> {
    run!(tx, "update mailboxes set lease_owner = null, lease_until = 0, fence = fence + 1 where id = $1", mailbox.0)?;
    Ok(())
}

/// Pauses reading; false where it was paused before.
pub async fn pause(tx: &mut Tx, mailbox: MailboxId, by: Option<UserId>, now: Timestamp) -> Result<bool> {
    const PAUSE: &str = "update mailboxes set paused_at = $2, paused_by = $3 where id = $1 and paused_at is null";
    let paused = run!(tx, PAUSE, mailbox.0, now.0, by.map(|u| u.0))? > 0;
    turn_out(tx, mailbox).await?;
    Ok(paused)
}

/// Lets reading go on; false where it was not paused.
pub async fn resume(tx: &mut Tx, mailbox: MailboxId) -> Result<bool> {
    const RESUME: &str =
        "update mailboxes set paused_at = null, paused_by = null where id = $1 and paused_at is not null";
    Ok(run!(tx, RESUME, mailbox.0)? > 0)
}

/// Has it read at once: whoever reads it connects anew and looks at all its folders.
pub async fn sync(tx: &mut Tx, mailbox: MailboxId, now: Timestamp) -> Result<()> {
    run!(tx, "update mailboxes set sync_asked_at = $2 where id = $1", mailbox.0, now.0)?;
    Ok(())
}

/// Ends reading for good: the settings go, with the passwords. What was read stays, and whose mailbox it was.
pub async fn remove(tx: &mut Tx, mailbox: MailboxId, now: Timestamp) -> Result<()> {
    run!(tx, "delete from mailbox_settings where mailbox_id = $1", mailbox.0)?;
    run!(tx, "delete from mailbox_protocols where mailbox_id = $1", mailbox.0)?;
    const REMOVE: &str = "update mailboxes set removed_at = $2, paused_at = null, paused_by = null, asks = false,
          state_detail = null, next_try_at = null where id = $1";
    run!(tx, REMOVE, mailbox.0, now.0)?;
    turn_out(tx, mailbox).await
}

/// Whether it is read only once its owner agreed.
pub async fn set_asks(tx: &mut Tx, mailbox: MailboxId, asks: bool) -> Result<()> {
    run!(tx, "update mailboxes set asks = $2 where id = $1", mailbox.0, asks)?;
    Ok(())
}

/// How far back it is to be read. It goes further back only; what was read stays.
pub async fn set_history(tx: &mut Tx, mailbox: MailboxId, since: Timestamp) -> Result<()> {
    run!(tx, "update mailboxes set history_since = $2 where id = $1", mailbox.0, since.0)?;
    Ok(())
}

/// How far back a mailbox is to be read, where somebody said so.
pub async fn history(tx: &mut Tx, mailbox: MailboxId) -> Result<Option<Timestamp>> {
    let (since,): (Option<i64>,) = one!(tx, "select history_since from mailboxes where id = $1", mailbox.0)?;
    Ok(since.map(Timestamp))
}

/// Notes that the owner agreed to what `terms` says.
pub async fn agree(tx: &mut Tx, mailbox: MailboxId, user: UserId, terms: &str, now: Timestamp) -> Result<()> {
    const AGREE: &str = "insert into mailbox_agreements (mailbox_id, user_id, agreed_at, terms) values ($1, $2, $3, $4)
        on conflict (mailbox_id, user_id) do update set agreed_at = excluded.agreed_at, withdrawn_at = null,
          terms = excluded.terms";
    run!(tx, AGREE, mailbox.0, user.0, now.0, terms)?;
    Ok(())
}

/// Notes that the owner took that back; false where they had not agreed. Where it is read only with their
/// agreement, nobody reads it from here on.
pub async fn withdraw(tx: &mut Tx, mailbox: MailboxId, user: UserId, now: Timestamp) -> Result<bool> {
    const WITHDRAW: &str = "update mailbox_agreements set withdrawn_at = $3
        where mailbox_id = $1 and user_id = $2 and withdrawn_at is null";
    let withdrawn = run!(tx, WITHDRAW, mailbox.0, user.0, now.0)? > 0;
    let (asks,): (bool,) = one!(tx, "select asks from mailboxes where id = $1", mailbox.0)?;
    if withdrawn && asks {
        turn_out(tx, mailbox).await?;
    }
    Ok(withdrawn)
}

/// How far the history of a mailbox's folders has been read, in numbers of the server (UIDs): all there are, and
/// those that are written down. And how many mails still wait for their text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, sqlx::FromRow)]
pub struct Reach {
    /// Numbers from the floor to the newest.
    pub total: i64,
    /// Of them those that were looked at.
    pub seen: i64,
    /// Mails that are known and not read yet.
    pub pending: i64,
}

/// The reach of every mailbox.
pub async fn reach(tx: &mut Tx) -> Result<Vec<(MailboxId, Reach)>> {
    const FOLDERS: &str = "select mailbox_id, cast(sum(frontier - backfill_floor) as bigint),
          cast(sum(frontier - case when backfill < backfill_floor then backfill_floor else backfill end) as bigint)
        from folders where watched and validity is not null group by mailbox_id";
    const PENDING: &str = "select f.mailbox_id, count(*) from locations l join folders f on f.id = l.folder_id
        where l.state = 'pending' and f.watched and l.epoch = f.epoch group by f.mailbox_id";
    let folders: Vec<(i64, i64, i64)> = all!(tx, FOLDERS)?;
    let pending: Vec<(i64, i64)> = all!(tx, PENDING)?;
    let waits = |id: i64| pending.iter().find(|(of, _)| *of == id).map_or(0, |(_, n)| *n);
    let of = |(id, total, seen): (i64, i64, i64)| (MailboxId(id), Reach { total, seen, pending: waits(id) });
    Ok(folders.into_iter().map(of).collect())
}

/// What of a mailbox is stored: mails that lie in it, and those of them that lie in no other.
pub async fn stored(tx: &mut Tx, mailbox: MailboxId) -> Result<(i64, i64)> {
    const STORED: &str = "select count(*), coalesce(cast(sum(case when exists (select 1 from locations o
          join folders g on g.id = o.folder_id where o.mail_id = m.mail_id and g.mailbox_id <> $1)
          then 0 else 1 end) as bigint), 0)
        from (select distinct l.mail_id from locations l join folders f on f.id = l.folder_id
          where f.mailbox_id = $1 and l.mail_id is not null) m";
    Ok(one!(tx, STORED, mailbox.0)?)
}

/// Ends reading further back: what was looked at stays accounted for, and what lies below is left alone.
pub async fn stop_history(tx: &mut Tx, mailbox: MailboxId, now: Timestamp) -> Result<bool> {
    const STOP: &str = "update folders set backfill_floor = backfill, history_since = $2
        where mailbox_id = $1 and validity is not null and backfill > backfill_floor";
    let stopped = run!(tx, STOP, mailbox.0, now.0)? > 0;
    set_history(tx, mailbox, now).await?;
    Ok(stopped)
}
