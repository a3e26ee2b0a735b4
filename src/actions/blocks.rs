//! Blocklists: who puts what on which, what that hides, and what is stored already.
//!
//! The company's list hides mail wherever it lies: it is never stored and never linked, whatever else
//! stands on it. A user's own list hides it in their own mailboxes; what reached a colleague's mailbox is
//! the colleague's. What was stored before stays until somebody asks that it goes.

use super::caller::Caller;
use crate::model::audit::{Action, Line};
use crate::model::block::{Hidden, Pattern};
use crate::model::id::{LocationId, MailId, UserId};
use crate::store::blocks::Block;
use crate::store::keys::Keys;
use crate::store::{self, Tx};
use std::collections::HashSet;

/// Stored mails looked through in one go.
const AT_A_TIME: i64 = 500;

/// Whose list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// The company's.
    Company,
    /// This user's own.
    Own(UserId),
}

impl Whose {
    /// The user, if it is one's own.
    pub fn user(self) -> Option<UserId> {
        match self {
            Whose::Company => None,
            Whose::Own(user) => Some(user),
        }
    }

    /// The reason that places hidden by it carry.
    pub fn hides(self) -> Hidden {
        match self {
            Whose::Company => Hidden::Company,
            Whose::Own(_) => Hidden::Own,
        }
    }
}

/// Why a list was not changed or shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum No {
    /// Not their list.
    #[error("the company's list is for admins; block it for your own mailboxes, or ask an admin")]
    NotAdmin,
    /// The operator has no mailbox.
    #[error("a list of one's own belongs to a user; name yourself, or change the company's list")]
    NobodysOwn,
    /// It would hide everything.
    #[error("{0} is one of ours: that would hide all our mail")]
    Ours(String),
    /// It stands there.
    #[error("{0} is blocked there already")]
    Already(String),
    /// It does not stand there.
    #[error("{0} is not blocked there")]
    NotThere(String),
}

/// What of a blocked party is stored already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// Mails on which they stand; of one's own list those in one's own mailboxes.
    pub mails: i64,
    /// Of these, how many would go altogether, since nobody else's mailbox has them.
    pub whole: i64,
}

fn may(caller: &Caller<'_>, whose: Whose) -> Result<(), No> {
    match whose {
        Whose::Company if caller.administers() => Ok(()),
        Whose::Company => Err(No::NotAdmin),
        Whose::Own(user) if caller.by == Some(user) => Ok(()),
        Whose::Own(_) => Err(No::NobodysOwn),
    }
}

/// The list. One's own is for oneself alone; the company's for admins.
pub async fn list(tx: &mut Tx, caller: &Caller<'_>, whose: Whose) -> store::Result<Result<Vec<Block>, No>> {
    if let Err(no) = may(caller, whose) {
        return Ok(Err(no));
    }
    Ok(Ok(store::blocks::of(tx, whose.user()).await?))
}

/// Puts a pattern on a list. The caller holds [`Tx::alone`]: no batch is judged by half a list.
pub async fn add(
    tx: &mut Tx,
    caller: &Caller<'_>,
    whose: Whose,
    pattern: &Pattern,
    own_domains: &HashSet<String>,
    keys: &Keys,
) -> store::Result<Result<(), No>> {
    if let Err(no) = sound(tx, caller, whose, pattern, own_domains).await? {
        return Ok(Err(no));
    }
    if !store::blocks::add(tx, whose.user(), pattern, caller.by, caller.now).await? {
        return Ok(Err(No::Already(pattern.to_string())));
    }
    note(tx, caller, Action::Blocked, whose, pattern, keys, None).await?;
    Ok(Ok(()))
}

/// Whether it may be put on a list.
pub async fn sound(
    tx: &mut Tx,
    caller: &Caller<'_>,
    whose: Whose,
    pattern: &Pattern,
    own_domains: &HashSet<String>,
) -> store::Result<Result<(), No>> {
    if let Err(no) = may(caller, whose) {
        return Ok(Err(no));
    }
    let ours = pattern
        .domain()
        .is_some_and(|domain| own_domains.iter().any(|own| own == domain || own.ends_with(&format!(".{domain}"))));
    if ours || store::blocks::is_ours(tx, pattern).await? {
        return Ok(Err(No::Ours(pattern.to_string())));
    }
    Ok(Ok(()))
}

/// Takes a pattern off a list. The caller has the mail that it hid read again.
pub async fn remove(
    tx: &mut Tx,
    caller: &Caller<'_>,
    whose: Whose,
    pattern: &Pattern,
    keys: &Keys,
) -> store::Result<Result<(), No>> {
    if let Err(no) = may(caller, whose) {
        return Ok(Err(no));
    }
    if !store::blocks::remove(tx, whose.user(), pattern).await? {
        return Ok(Err(No::NotThere(pattern.to_string())));
    }
    note(tx, caller, Action::Unblocked, whose, pattern, keys, None).await?;
    Ok(Ok(()))
}

/// What is stored of them: the preview of taking it away.
pub async fn extent(tx: &mut Tx, whose: Whose, pattern: &Pattern) -> store::Result<Extent> {
    let mut extent = Extent::default();
    let mut after = MailId(0);
    loop {
        let mails = store::blocks::stored(tx, pattern, whose.user(), after, AT_A_TIME).await?;
        let Some(last) = mails.last() else { return Ok(extent) };
        after = *last;
        let count = i64::try_from(mails.len()).unwrap_or(i64::MAX);
        extent.mails += count;
        extent.whole += match whose {
            Whose::Company => count,
            Whose::Own(user) => store::blocks::only_theirs(tx, &mails, user).await?,
        };
    }
}

/// The places of the next mails that are to be taken away, none where all are.
pub async fn next_places(tx: &mut Tx, whose: Whose, pattern: &Pattern) -> store::Result<Vec<LocationId>> {
    let mails = store::blocks::stored(tx, pattern, whose.user(), MailId(0), AT_A_TIME / 5).await?;
    store::blocks::places(tx, &mails, whose.user()).await
}

/// Notes that what was stored of them was taken away.
pub async fn note_removed(
    tx: &mut Tx,
    caller: &Caller<'_>,
    whose: Whose,
    pattern: &Pattern,
    keys: &Keys,
    extent: Extent,
) -> store::Result<()> {
    note(tx, caller, Action::StoredRemoved, whose, pattern, keys, Some(extent)).await
}

/// The audit never names an address: a keyed hash says which lines belong together.
async fn note(
    tx: &mut Tx,
    caller: &Caller<'_>,
    action: Action,
    whose: Whose,
    pattern: &Pattern,
    keys: &Keys,
    extent: Option<Extent>,
) -> store::Result<()> {
    let key = keys.hash("audited pattern", pattern.as_str().as_bytes()).cast_unsigned();
    let what = if pattern.domain().is_some() { "domain" } else { "address" };
    let list = if whose.user().is_some() { "own" } else { "company" };
    let mut detail = serde_json::json!({ "list": list, "what": what, "key": format!("{key:016x}") });
    if let (Some(extent), Some(detail)) = (extent, detail.as_object_mut()) {
        detail.insert("mails".to_owned(), extent.mails.into());
        detail.insert("whole".to_owned(), extent.whole.into());
    }
    store::audit::note(tx, &[Line::new(caller.now, caller.by, action).detail(detail)]).await
}
