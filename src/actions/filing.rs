//! What people decide about filing from their mail programs: whether Standin keeps folders in their
//! mailbox, their secret address, addresses with a signed reference. And what became of what they filed.

use super::actor::Actor;
use crate::access::World;
use crate::link::mark;
use crate::model::address::Address;
use crate::model::audit::{Action, Line};
use crate::model::filing::{Purpose, Standing};
use crate::model::id::{MailboxId, RecordId, UserId};
use crate::model::time::Timestamp;
use crate::store::filing::folders::{self, FilingFolder, Wanted};
use crate::store::filing::{self, Told};
use crate::store::keys::Keys;
use crate::store::mailboxes::MailboxRow;
use crate::store::{self, Tx};
use std::collections::{BTreeSet, HashMap};

/// Filings that are listed.
const LISTED: i64 = 50;

/// Why nothing was done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum No {
    /// There is no such mailbox, or it is somebody else's.
    #[error("there is no mailbox of yours with that name")]
    NoMailbox,
    /// Nobody files from a shared mailbox.
    #[error("that mailbox is shared; what lies in it cannot be said to be filed by anybody")]
    Shared,
    /// It is so already.
    #[error("it is so already; nothing was changed")]
    Already,
    /// The operator has no mail program.
    #[error("it is a user's; say whose")]
    Nobody,
    /// The installation has none.
    #[error("this installation has no mailbox for copies; your admin can set `filing.dropbox`")]
    NoDropbox,
    /// There is no such record, or it is not theirs to see.
    #[error("there is no such record, or it is not to be seen")]
    NoRecord,
    /// They may read the record, not change it.
    #[error("that record is not yours to change; ask its owner")]
    MayNotWrite,
    /// The user has no address.
    #[error("no address of yours is known; your admin can add one")]
    NoAddress,
    /// No folder can be made for it.
    #[error("there are folders for accounts, leads and opportunities, in mailboxes where they are switched on")]
    NoFolder,
}

/// The addresses by which mail is filed on a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addresses {
    /// The user's own with a signed reference, for Cc and Reply-To.
    pub signed: Address,
    /// Their secret one with the record's number, for blind copies; none where they have none.
    pub secret: Option<String>,
}

/// A mailbox as far as filing goes.
#[derive(Clone, Debug)]
pub struct Kept {
    /// The mailbox.
    pub mailbox: MailboxRow,
    /// Whether folders are wanted in it.
    pub wanted: Option<Wanted>,
    /// Those that are there, with the name of the record where there is one and the actor may see it.
    pub folders: Vec<(FilingFolder, Option<String>)>,
    /// Mails in them that carry a keyword that means "never".
    pub kept_out: i64,
}

/// How filing stands for somebody.
#[derive(Clone, Debug)]
pub struct Status {
    /// Their mailboxes; all for the operator.
    pub mailboxes: Vec<Kept>,
    /// Their secret address.
    pub secret: Option<String>,
    /// What they filed lately, with the record's name where they may see it.
    pub latest: Vec<(Told, Option<String>)>,
}

/// Whoever files, with what they read themselves: that an admin may name every record is no help here.
pub async fn actor<'w>(
    tx: &mut Tx,
    user: Option<UserId>,
    world: &'w World,
    now: Timestamp,
) -> store::Result<Actor<'w>> {
    let mut actor = Actor::load(tx, user, world, now).await?;
    if let Some(user) = user {
        actor.reach = store::people::scope(tx, user, world, now).await?;
    }
    Ok(actor)
}

/// Switches the folders in a mailbox on or off.
pub async fn switch(tx: &mut Tx, actor: &Actor<'_>, mailbox: &str, on: bool) -> store::Result<Result<(), No>> {
    let all = store::mailboxes::list(tx).await?;
    let Some(found) = all.iter().find(|m| m.name == mailbox) else { return Ok(Err(No::NoMailbox)) };
    let Some(user) = found.user else {
        return Ok(Err(if actor.user.is_none() { No::Shared } else { No::NoMailbox }));
    };
    if actor.user.is_some_and(|by| by != user) {
        return Ok(Err(No::NoMailbox));
    }
    let wanted = folders::wanted(tx, found.id).await?;
    if wanted.as_ref().is_some_and(|wanted| wanted.on) == on {
        return Ok(Err(No::Already));
    }
    folders::want(tx, found.id, on, actor.user, actor.now).await?;
    note(tx, actor, found.id, serde_json::json!({ "folders": on })).await?;
    Ok(Ok(()))
}

/// Gives a user a new secret address; the one before files nothing any more.
pub async fn renew(
    tx: &mut Tx,
    actor: &Actor<'_>,
    keys: &Keys,
    dropbox: Option<&Address>,
) -> store::Result<Result<String, No>> {
    let (Some(user), Some(dropbox)) = (actor.user, dropbox) else {
        return Ok(Err(if actor.user.is_none() { No::Nobody } else { No::NoDropbox }));
    };
    let number = filing::address(tx, user).await?.map_or(1, |(number, _)| number + 1);
    let token = mark::secret(user, number, keys.signing()).unwrap_or_default();
    filing::set_address(tx, user, number, keys.hash("dropbox token", token.as_bytes()), actor.now).await?;
    let line = Line::new(actor.now, Some(user), Action::FilingChanged);
    store::audit::note(tx, &[line.detail(serde_json::json!({ "address": number }))]).await?;
    Ok(Ok(tagged(dropbox, &token)))
}

fn tagged(dropbox: &Address, tag: &str) -> String {
    format!("{}+{tag}@{}", dropbox.local(), dropbox.domain())
}

/// A user's secret address, if they have one.
pub async fn secret(
    tx: &mut Tx,
    user: UserId,
    keys: &Keys,
    dropbox: Option<&Address>,
) -> store::Result<Option<String>> {
    let Some(dropbox) = dropbox else { return Ok(None) };
    let number = filing::address(tx, user).await?.map(|(number, _)| number);
    Ok(number.and_then(|number| mark::secret(user, number, keys.signing())).map(|token| tagged(dropbox, &token)))
}

/// The addresses by which the actor files mail on a record that they may change.
pub async fn addresses(
    tx: &mut Tx,
    actor: &Actor<'_>,
    record: RecordId,
    keys: &Keys,
    dropbox: Option<&Address>,
) -> store::Result<Result<Addresses, No>> {
    let Some(user) = actor.user else { return Ok(Err(No::Nobody)) };
    let named = actor.named(tx, &[record]).await?;
    let Some(entry) = named.entries.first() else { return Ok(Err(No::NoRecord)) };
    if actor.may_write(&entry.record, named.shares_on(record)).is_none() {
        return Ok(Err(No::MayNotWrite));
    }
    let own = store::people::load(tx, user).await?.and_then(|u| u.addresses.first().cloned());
    let Some(signed) = own.and_then(|own| mark::plus_address(&own, record, keys.signing(), rand::random())) else {
        return Ok(Err(No::NoAddress));
    };
    let number = entry.number.clone().unwrap_or_else(|| record.to_string()).to_lowercase();
    // What mail servers do not take in an address is named by the record's id.
    let plain = number.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
    let number = if plain { number } else { record.to_string() };
    let secret = secret(tx, user, keys, dropbox).await?;
    let secret = secret.and_then(|address| address.split_once('@').map(|(l, d)| format!("{l}.{number}@{d}")));
    Ok(Ok(Addresses { signed, secret }))
}

/// Has a folder made for a record, also where the user removed it before.
pub async fn want_folder(tx: &mut Tx, actor: &Actor<'_>, record: RecordId) -> store::Result<Result<(), No>> {
    let Some(user) = actor.user else { return Ok(Err(No::Nobody)) };
    let named = actor.named(tx, &[record]).await?;
    let Some(entry) = named.entries.first() else { return Ok(Err(No::NoRecord)) };
    if actor.may_write(&entry.record, named.shares_on(record)).is_none() {
        return Ok(Err(No::MayNotWrite));
    }
    let mine: BTreeSet<MailboxId> =
        store::mailboxes::list(tx).await?.into_iter().filter(|m| m.user == Some(user)).map(|m| m.id).collect();
    let on = folders::all_wanted(tx).await?.iter().any(|wanted| wanted.on && mine.contains(&wanted.mailbox));
    if !on || entry.record.kind == crate::model::record::Kind::Contact {
        return Ok(Err(No::NoFolder));
    }
    folders::recall(tx, user, record).await?;
    filing::visited(tx, user, record, actor.now).await?;
    Ok(Ok(()))
}

/// How filing stands for the actor.
pub async fn status(tx: &mut Tx, actor: &Actor<'_>, keys: &Keys, dropbox: Option<&Address>) -> store::Result<Status> {
    let mut mailboxes = Vec::new();
    let mine = |m: &MailboxRow| m.user.is_some() && (actor.user.is_none() || m.user == actor.user);
    for mailbox in store::mailboxes::list(tx).await?.into_iter().filter(mine) {
        let wanted = folders::wanted(tx, mailbox.id).await?;
        let rows = folders::of(tx, mailbox.id).await?;
        let there: Vec<FilingFolder> =
            rows.into_iter().filter(|f| matches!(f.standing, Standing::There | Standing::Retired)).collect();
        let names = names(tx, actor, there.iter().filter_map(|f| f.purpose.record())).await?;
        let name = |f: &FilingFolder| match f.purpose {
            Purpose::Record(record) => names.get(&record).cloned(),
            _ => None,
        };
        let folders = there.into_iter().map(|f| (f.clone(), name(&f))).collect();
        let kept_out = folders::kept_out(tx, mailbox.id).await?;
        mailboxes.push(Kept { mailbox, wanted, folders, kept_out });
    }
    let secret = match actor.user {
        Some(user) => secret(tx, user, keys, dropbox).await?,
        None => None,
    };
    Ok(Status { mailboxes, secret, latest: latest(tx, actor, false).await? })
}

/// What the actor filed lately, or what of it was refused; for the operator what anybody did.
pub async fn latest(tx: &mut Tx, actor: &Actor<'_>, refused: bool) -> store::Result<Vec<(Told, Option<String>)>> {
    let latest = filing::latest(tx, actor.user, refused, LISTED).await?;
    let names = names(tx, actor, latest.iter().filter_map(|told| told.record)).await?;
    let name = |told: &Told| told.record.and_then(|record| names.get(&record).cloned());
    Ok(latest.into_iter().map(|told| (told.clone(), name(&told))).collect())
}

async fn names(
    tx: &mut Tx,
    actor: &Actor<'_>,
    records: impl Iterator<Item = RecordId>,
) -> store::Result<HashMap<RecordId, String>> {
    let ids: Vec<RecordId> = records.collect();
    let seen = store::records::load_seen(tx, &actor.reach, &ids).await?;
    Ok(seen.into_iter().map(|entry| (entry.record.id, entry.record.name)).collect())
}

async fn note(tx: &mut Tx, actor: &Actor<'_>, mailbox: MailboxId, detail: serde_json::Value) -> store::Result<()> {
    let line = Line::new(actor.now, actor.user, Action::FilingChanged).subject(mailbox.0);
    store::audit::note(tx, &[line.detail(detail)]).await
}
