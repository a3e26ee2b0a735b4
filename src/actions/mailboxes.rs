//! Mailboxes as admins set them up while Standin runs: adding, changing, pausing, removing, reading further back; and
//! what the owner of one is told and agrees to. Each step is in the audit, which never holds an address or a password.
//!
//! What stands in the configuration file is changed there and nowhere else; pausing and reading further back are no
//! settings and go for every mailbox. A password is typed anew whenever it would go elsewhere than before: else an
//! admin could have it by naming a server of their own.

use super::caller::Caller;
use crate::config::{Auth, Config, Content, Mailbox, Security, Server, Typed};
use crate::model::address::Address;
use crate::model::audit::{Action, Line};
use crate::model::id::{MailboxId, UserId};
use crate::model::time::{DAY, SECOND, Timestamp};
use crate::store::keys::Keys;
use crate::store::mailbox_settings::{self as settings, Standing};
use crate::store::{self, Tx, people};
use anyhow::Result;
use secrecy::SecretString;
use serde_json::json;

pub use check::{account, usual_port};
mod check;

/// The most days that history goes back.
pub const MOST_DAYS: u32 = 36_500;

/// A password as it is typed.
#[derive(Clone, Debug, Default)]
pub enum Secret {
    /// Nothing was typed: the one that is kept.
    #[default]
    Kept,
    /// A new one.
    New(SecretString),
}

/// A server as it is typed.
#[derive(Clone, Debug, Default)]
pub struct WantedServer {
    /// Its name or address.
    pub host: String,
    /// Its port; `None`: the usual one.
    pub port: Option<u16>,
    /// How the connection is protected.
    pub security: Security,
    /// The login; empty: no sign-in.
    pub user: String,
    /// How to sign in.
    pub auth: Auth,
    /// The password.
    pub secret: Secret,
}

/// A mailbox as it is typed.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Its name in Standin; it stays for ever.
    pub name: String,
    /// Its address.
    pub address: String,
    /// Login of whose it is; `None`: shared.
    pub user: Option<String>,
    /// Where it is read.
    pub imap: WantedServer,
    /// Where its mail is sent.
    pub smtp: Option<WantedServer>,
    /// Folders besides INBOX and Sent.
    pub folders: Vec<String>,
    /// What is kept of its mail.
    pub content: Content,
    /// Folders that are never looked into.
    pub never_folders: Vec<String>,
    /// Keywords that mean "never".
    pub never_keywords: Vec<String>,
    /// Whether it is read only once its owner agreed.
    pub asks: bool,
    /// How many days of history are read at first.
    pub days: Option<u32>,
}

/// One of a mailbox's two servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Where it is read.
    Imap,
    /// Where its mail is sent.
    Smtp,
}

impl Part {
    /// Its word in forms and settings.
    pub fn word(self) -> &'static str {
        match self {
            Part::Imap => "imap",
            Part::Smtp => "smtp",
        }
    }
}

/// Why nothing was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum No {
    /// There is no such mailbox, or it is not for them.
    NotThere,
    /// It stands in the configuration file.
    InFile,
    /// It has no name, or one that is too long.
    BadName,
    /// There is one of this name.
    Taken,
    /// Its address is none.
    BadAddress,
    /// There is no active user with this login.
    NoUser(String),
    /// The server has no host, or one that is no name.
    NoHost(Part),
    /// The password would go unprotected over the network.
    Unprotected(Part),
    /// There is no login.
    NoLogin(Part),
    /// There is no password.
    NoSecret(Part),
    /// The password has to be typed again, since it would go elsewhere than before.
    SecretAgain(Part),
    /// A folder that is both read and never looked into, or INBOX among the latter.
    BadFolder(String),
    /// No keyword.
    BadKeyword(String),
    /// A field is too long.
    TooLong,
    /// So many days there are not.
    BadDays,
    /// It is so already.
    Already,
    /// The settings were changed since they were looked at.
    Changed,
    /// Nobody reads it now: it is paused, or waits for its owner.
    NotRead,
    /// That was asked for a moment ago.
    JustAsked,
}

type Done<T> = Result<std::result::Result<T, No>>;

fn line(caller: &Caller<'_>, mailbox: MailboxId, what: &str, more: serde_json::Value) -> Line {
    let mut detail = json!({ "mailbox_change": what });
    if let (Some(all), serde_json::Value::Object(more)) = (detail.as_object_mut(), more) {
        all.extend(more);
    }
    Line::new(caller.now, caller.by, Action::MailboxChanged).subject(mailbox.0).detail(detail)
}

/// Where a mailbox is configured.
fn in_file(config: &Config, name: &str) -> bool {
    config.mailbox.iter().any(|file| file.name == name)
}

/// A mailbox for whoever may look after it.
pub async fn find(tx: &mut Tx, caller: &Caller<'_>, id: MailboxId) -> Done<Standing> {
    if !caller.administers() {
        return Ok(Err(No::NotThere));
    }
    Ok(settings::one(tx, id).await?.ok_or(No::NotThere))
}

/// Adds a mailbox; readers begin within a second.
pub async fn add(tx: &mut Tx, keys: &Keys, config: &Config, caller: &Caller<'_>, wanted: &Wanted) -> Done<MailboxId> {
    if !caller.administers() {
        return Ok(Err(No::NotThere));
    }
    let account = match account(wanted, None, config) {
        Ok(account) => account,
        Err(no) => return Ok(Err(no)),
    };
    let there = settings::every(tx).await?.into_iter().find(|one| one.name == account.name);
    if in_file(config, &account.name) || there.as_ref().is_some_and(|one| one.removed.is_none()) {
        return Ok(Err(No::Taken));
    }
    let user = match owner(tx, &account).await? {
        Ok(user) => user,
        Err(no) => return Ok(Err(no)),
    };
    let row = store::mailboxes::ensure(tx, &account.name, user, &account.address, caller.now).await?;
    settings::save(tx, keys, row.id, &account, caller.by, caller.now).await?;
    settings::set_asks(tx, row.id, wanted.asks && user.is_some()).await?;
    if let Some(days) = wanted.days {
        settings::set_history(tx, row.id, caller.now.plus(-i64::from(days) * DAY)).await?;
    }
    let host = json!({ "host": account.imap.host });
    store::audit::note(tx, &[line(caller, row.id, "added", host)]).await?;
    Ok(Ok(row.id))
}

async fn owner(tx: &mut Tx, account: &Mailbox) -> Done<Option<UserId>> {
    let Some(login) = &account.user else { return Ok(Ok(None)) };
    let found = people::by_login(tx, login).await?.filter(|user| user.person.active);
    Ok(found.map(|user| Some(user.person.id)).ok_or_else(|| No::NoUser(login.clone())))
}

/// Changes a mailbox that was set up on a page.
pub async fn change(
    tx: &mut Tx,
    keys: &Keys,
    config: &Config,
    caller: &Caller<'_>,
    id: MailboxId,
    wanted: &Wanted,
) -> Done<()> {
    let standing = match find(tx, caller, id).await? {
        Ok(standing) => standing,
        Err(no) => return Ok(Err(no)),
    };
    if in_file(config, &standing.name) {
        return Ok(Err(No::InFile));
    }
    let before = settings::accounts(tx, keys, config).await?.into_iter().find(|one| one.name == standing.name);
    let Some(before) = before else { return Ok(Err(No::NotThere)) };
    let wanted = Wanted { name: standing.name.clone(), ..wanted.clone() };
    let account = match account(&wanted, Some(&before), config) {
        Ok(account) => account,
        Err(no) => return Ok(Err(no)),
    };
    let user = match owner(tx, &account).await? {
        Ok(user) => user,
        Err(no) => return Ok(Err(no)),
    };
    store::mailboxes::ensure(tx, &account.name, user, &account.address, caller.now).await?;
    settings::save(tx, keys, id, &account, caller.by, caller.now).await?;
    settings::set_asks(tx, id, wanted.asks && user.is_some()).await?;
    let detail = json!({ "host": account.imap.host, "fields": changed(&before, &account, &wanted) });
    store::audit::note(tx, &[line(caller, id, "changed", detail)]).await?;
    Ok(Ok(()))
}

/// The names of what is other than before.
fn changed(before: &Mailbox, after: &Mailbox, wanted: &Wanted) -> Vec<&'static str> {
    let server = |server: Option<&Server>| {
        server.map(|s| (s.host.clone(), s.port, s.security as u8, s.user.clone(), s.auth as u8))
    };
    let typed = |wanted: Option<&WantedServer>| wanted.is_some_and(|w| matches!(w.secret, Secret::New(_)));
    let all = [
        ("address", before.address != after.address),
        ("owner", before.user != after.user),
        ("imap", server(Some(&before.imap)) != server(Some(&after.imap))),
        ("smtp", server(before.smtp.as_ref()) != server(after.smtp.as_ref())),
        ("folders", before.folders != after.folders),
        ("content", before.content != after.content),
        ("never_folders", before.never_folders != after.never_folders),
        ("never_keywords", before.never_keywords != after.never_keywords),
        ("password", typed(Some(&wanted.imap)) || typed(wanted.smtp.as_ref())),
    ];
    all.into_iter().filter(|(_, other)| *other).map(|(name, _)| name).collect()
}

/// A refused sign-in that is tried too often locks the account at its server.
const AGAIN: i64 = 30 * SECOND;

/// A mailbox for its owner or whoever may look after it.
pub async fn for_owner(tx: &mut Tx, caller: &Caller<'_>, id: MailboxId) -> Done<Standing> {
    let own = |one: &Standing| caller.by.is_some() && one.user == caller.by && one.removed.is_none();
    let found = settings::one(tx, id).await?.filter(|one| caller.administers() || own(one));
    Ok(found.ok_or(No::NotThere))
}

/// Has a mailbox read at once, for its owner or an admin: whoever reads it connects anew within a second and looks at
/// all its folders, whatever it waits for.
pub async fn sync(tx: &mut Tx, caller: &Caller<'_>, id: MailboxId) -> Done<()> {
    let standing = match for_owner(tx, caller, id).await? {
        Ok(standing) if standing.removed.is_none() => standing,
        _ => return Ok(Err(No::NotThere)),
    };
    if !standing.is_read() {
        return Ok(Err(No::NotRead));
    }
    if standing.sync_asked.is_some_and(|at| caller.now.since(at) < AGAIN) {
        return Ok(Err(No::JustAsked));
    }
    settings::sync(tx, id, caller.now).await?;
    store::audit::note(tx, &[line(caller, id, "synchronised", json!({}))]).await?;
    Ok(Ok(()))
}

/// Pauses reading; nothing is written from that moment on.
pub async fn pause(tx: &mut Tx, caller: &Caller<'_>, id: MailboxId) -> Done<()> {
    step(tx, caller, id, "paused").await
}

/// Lets reading go on.
pub async fn resume(tx: &mut Tx, caller: &Caller<'_>, id: MailboxId) -> Done<()> {
    step(tx, caller, id, "resumed").await
}

async fn step(tx: &mut Tx, caller: &Caller<'_>, id: MailboxId, what: &str) -> Done<()> {
    match find(tx, caller, id).await? {
        Ok(standing) if standing.removed.is_none() => {}
        _ => return Ok(Err(No::NotThere)),
    }
    let done = match what {
        "paused" => settings::pause(tx, id, caller.by, caller.now).await?,
        _ => settings::resume(tx, id).await?,
    };
    if !done {
        return Ok(Err(No::Already));
    }
    store::audit::note(tx, &[line(caller, id, what, json!({}))]).await?;
    Ok(Ok(()))
}

/// Ends reading for good. Settings and passwords go; the mail that was read stays where it stands.
pub async fn remove(tx: &mut Tx, config: &Config, caller: &Caller<'_>, id: MailboxId) -> Done<()> {
    let standing = match find(tx, caller, id).await? {
        Ok(standing) => standing,
        Err(no) => return Ok(Err(no)),
    };
    if in_file(config, &standing.name) {
        return Ok(Err(No::InFile));
    }
    if standing.removed.is_some() {
        return Ok(Err(No::Already));
    }
    settings::remove(tx, id, caller.now).await?;
    store::audit::note(tx, &[line(caller, id, "removed", json!({}))]).await?;
    Ok(Ok(()))
}

/// Has a mailbox read further back, so many days from now.
pub async fn read_back(tx: &mut Tx, caller: &Caller<'_>, id: MailboxId, days: u32) -> Done<()> {
    let standing = match find(tx, caller, id).await? {
        Ok(standing) if standing.removed.is_none() => standing,
        _ => return Ok(Err(No::NotThere)),
    };
    if days == 0 || days > MOST_DAYS {
        return Ok(Err(No::BadDays));
    }
    let since = caller.now.plus(-i64::from(days) * DAY);
    if standing.history_since.is_some_and(|before| before <= since) {
        return Ok(Err(No::Already));
    }
    settings::set_history(tx, id, since).await?;
    store::audit::note(tx, &[line(caller, id, "history", json!({ "days": days }))]).await?;
    Ok(Ok(()))
}

/// Ends reading further back; what was read stays.
pub async fn stop_reading_back(tx: &mut Tx, caller: &Caller<'_>, id: MailboxId) -> Done<()> {
    match find(tx, caller, id).await? {
        Ok(standing) if standing.removed.is_none() => {}
        _ => return Ok(Err(No::NotThere)),
    }
    if !settings::stop_history(tx, id, caller.now).await? {
        return Ok(Err(No::Already));
    }
    store::audit::note(tx, &[line(caller, id, "history-stopped", json!({}))]).await?;
    Ok(Ok(()))
}

/// Notes that somebody had the connection tried, and where it went.
pub async fn note_test(tx: &mut Tx, caller: &Caller<'_>, id: Option<MailboxId>, account: &Mailbox) -> Result<()> {
    let hosts = json!({ "host": account.imap.host });
    let line = line(caller, id.unwrap_or(MailboxId(0)), "tested", hosts);
    let line = if id.is_none() { Line { subject: None, ..line } } else { line };
    Ok(store::audit::note(tx, &[line]).await?)
}

/// What its owner is told of a mailbox, as it is kept with their word: whatever of it changes makes another.
pub fn terms(account: &Mailbox) -> String {
    let content = match account.content {
        Content::All => "all",
        Content::Headers => "headers",
    };
    json!({
        "address": account.address, "folders": account.folders, "content": content,
        "never_folders": account.never_folders, "never_keywords": account.never_keywords,
    })
    .to_string()
}

/// The owner of a mailbox agrees to its being read as `account` says, or takes that back.
pub async fn decide(
    tx: &mut Tx,
    caller: &Caller<'_>,
    id: MailboxId,
    account: Option<&Mailbox>,
    seen: &str,
    agrees: bool,
) -> Done<()> {
    let Some(me) = caller.by else { return Ok(Err(No::NotThere)) };
    let standing = settings::one(tx, id).await?.filter(|one| one.user == Some(me) && one.removed.is_none());
    let Some(standing) = standing else { return Ok(Err(No::NotThere)) };
    let done = match (agrees, account) {
        (true, Some(account)) => {
            let terms = terms(account);
            // What they agree to is what they saw.
            if terms != seen {
                return Ok(Err(No::Changed));
            }
            let stands = standing.agreement.as_ref().is_some_and(|a| a.withdrawn.is_none() && a.terms == terms);
            if !stands {
                settings::agree(tx, id, me, &terms, caller.now).await?;
            }
            !stands
        }
        (true, None) => return Ok(Err(No::NotThere)),
        (false, _) => settings::withdraw(tx, id, me, caller.now).await?,
    };
    if !done {
        return Ok(Err(No::Already));
    }
    let said = json!({ "said": if agrees { "agreed" } else { "withdrawn" } });
    let line = Line::new(caller.now, caller.by, Action::MailboxAgreed).subject(id.0).detail(said);
    store::audit::note(tx, &[line]).await?;
    Ok(Ok(()))
}

/// A moment so many days before now.
pub fn days_back(now: Timestamp, since: Timestamp) -> i64 {
    (now.since(since) + DAY - 1).div_euclid(DAY).max(0)
}

/// Whether an address is one at all, as a form takes it.
fn address(text: &str) -> Option<String> {
    Address::parse(text.trim()).ok().map(|address| address.as_str().to_owned())
}

/// A server with its password: the one that was typed, or the kept one where nothing of its way changed.
fn server(
    wanted: &WantedServer,
    before: Option<&Server>,
    part: Part,
    config: &Config,
) -> std::result::Result<Server, No> {
    let user = Some(wanted.user.trim().to_owned()).filter(|user| !user.is_empty());
    let mut server = Server {
        host: wanted.host.trim().trim_start_matches('[').trim_end_matches(']').to_owned(),
        port: wanted.port,
        security: wanted.security,
        user,
        auth: wanted.auth,
        secret_file: None,
        secret_env: None,
        secret_command: None,
        ca_file: None,
        typed: None,
    };
    let kept = before.and_then(|before| before.typed.as_ref()?.secret.clone());
    let same_way = before.is_some_and(|before| {
        before.host == server.host
            && before.security == server.security
            && before.user == server.user
            && check::port(before, part) == check::port(&server, part)
    });
    let secret = match (&wanted.secret, kept) {
        (Secret::New(secret), _) => Some(secret.clone()),
        (Secret::Kept, Some(_)) if !same_way && server.user.is_some() => return Err(No::SecretAgain(part)),
        (Secret::Kept, kept) => kept,
    };
    let secret = secret.filter(|_| server.user.is_some());
    server.typed = Some(Typed { secret, anywhere: config.mail.link_local });
    check::server(&server, part)?;
    Ok(server)
}
