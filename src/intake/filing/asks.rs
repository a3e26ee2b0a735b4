//! What is asked of each mail of a batch: by the folder in which it lies, by the address to which it went
//! (`dropbox` read that before), by a signed reference in an address on it.

use super::submitted;
use crate::intake::accept::Context;
use crate::intake::prepare::Prepared;
use crate::model::cursor::{Arrival, Role, Why};
use crate::model::facts::Mark;
use crate::model::filing::{Ask, How, Purpose, Reason, Target};
use crate::model::id::{FolderId, LocationId, UserId};
use crate::notice;
use crate::store::filing::folders::FilingFolder;
use crate::store::{self, Tx};
use anyhow::Result;
use std::collections::{BTreeSet, HashMap, HashSet};

/// What is asked of each mail; `None` of most. What was honoured before is not asked again: a later word
/// of somebody else would be lost each time that the mail is read.
pub(in crate::intake) async fn asks(
    tx: &mut Tx,
    context: &Context,
    owner: Option<UserId>,
    batch: &[Prepared],
) -> Result<Vec<Option<Ask>>> {
    let folders: BTreeSet<FolderId> = batch.iter().map(|mail| mail.found.folder).collect();
    let ours = store::filing::folders::among(tx, &folders.into_iter().collect::<Vec<_>>()).await?;
    let ours: HashMap<FolderId, FilingFolder> = ours.into_iter().filter_map(|row| Some((row.folder?, row))).collect();
    let writers = writers(tx, batch).await?;
    let asked = |mail: &Prepared| {
        let in_folder = || ours.get(&mail.found.folder).map(|folder| by_folder(folder, owner));
        mail.asked.clone().or_else(in_folder).or_else(|| by_token(mail, context, owner, &writers))
    };
    let mut asks: Vec<Option<Ask>> = batch.iter().map(asked).collect();
    drop_known(tx, batch, &mut asks).await?;
    Ok(asks)
}

fn by_folder(folder: &FilingFolder, owner: Option<UserId>) -> Ask {
    let target = match folder.purpose {
        Purpose::File => Target::Find,
        Purpose::Ignore => Target::Ignore,
        Purpose::Record(record) => Target::Record(record),
        Purpose::Unknown => Target::Refused(Reason::WrongFolder),
    };
    Ask {
        user: owner,
        how: How::Folder,
        target,
        folder: Some((folder.id, folder.path.clone())),
        keep: true,
        quoted: false,
        meant: Vec::new(),
    }
}

/// The signed reference in an address on a mail, if it has one.
fn token(mail: &Prepared) -> Option<&Mark> {
    let in_address = |text: &str| text.to_ascii_lowercase().contains("+sr1-");
    mail.row.marks.iter().find(|mark| match mark {
        Mark::Signed { text, .. } | Mark::Wrong { text } => in_address(text),
        Mark::Number { .. } => false,
    })
}

/// Whose addresses those are that wrote mail with a reference.
async fn writers(tx: &mut Tx, batch: &[Prepared]) -> Result<HashMap<String, UserId>> {
    let with_token = batch.iter().filter(|mail| mail.asked.is_none() && token(mail).is_some());
    let from: BTreeSet<&str> = with_token.filter_map(|mail| Some(mail.row.from.as_ref()?.1.as_str())).collect();
    match from.is_empty() {
        true => Ok(HashMap::new()),
        false => Ok(store::people::by_addresses(tx, &from.into_iter().collect::<Vec<_>>()).await?),
    }
}

/// A signed reference files for whoever of ours wrote the mail. A stranger's, even a right one, is
/// weighed with the other evidence and is no filing.
fn by_token(
    mail: &Prepared,
    context: &Context,
    owner: Option<UserId>,
    writers: &HashMap<String, UserId>,
) -> Option<Ask> {
    let mark = token(mail)?;
    let writer = mail.row.from.as_ref().and_then(|(_, address)| writers.get(address).copied());
    // Only the user puts mail into their folder of sent mail.
    let sent = |user| mail.found.role == Role::Sent && owner == Some(user);
    let writer = writer.filter(|user| sent(*user) || is_proven(mail, context));
    let ask = |user, target, keep| {
        Some(Ask { user, how: How::Token, target, folder: None, keep, quoted: false, meant: Vec::new() })
    };
    match (mark, writer) {
        (Mark::Signed { record, .. }, Some(user)) => ask(Some(user), Target::Record(*record), false),
        (Mark::Wrong { .. }, Some(user)) => ask(Some(user), Target::Refused(Reason::WrongToken), true),
        (Mark::Wrong { text }, None) if is_own_domain(text, context) => {
            ask(owner, Target::Refused(Reason::WrongToken), false)
        }
        _ => None,
    }
}

fn is_own_domain(address: &str, context: &Context) -> bool {
    address.rsplit_once('@').is_some_and(|(_, domain)| context.own_domains.contains(domain))
}

/// Whether our own server stands behind a mail's sender: by its results of authentication (R36), or
/// because the sender had signed in there.
pub(super) fn is_proven(mail: &Prepared, context: &Context) -> bool {
    let authserv_id = &context.notice.policy.settings.authserv_id;
    let submitted = || submitted::is_ours(&mail.mail.headers, &context.submitted_by);
    !mail.row.auth_failed && (notice::is_authentic(&mail.mail, authserv_id) || submitted())
}

/// Takes away what was honoured before at this very place, or, where a server renumbered its folder, at
/// the place that the same mail had there.
async fn drop_known(tx: &mut Tx, batch: &[Prepared], asks: &mut [Option<Ask>]) -> Result<()> {
    let places: Vec<LocationId> =
        batch.iter().zip(asks.iter()).filter(|(_, ask)| ask.is_some()).map(|(mail, _)| mail.found.location).collect();
    if places.is_empty() {
        return Ok(());
    }
    let honoured: HashSet<LocationId> = store::filing::honoured(tx, &places).await?.into_iter().collect();
    let again = |mail: &Prepared| mail.found.arrival == Arrival::Backlog(Why::Epoch);
    let keys: Vec<_> = batch.iter().filter(|mail| again(mail)).map(|mail| mail.row.copy_key).collect();
    let before: HashSet<_> = store::filing::filed_before(tx, &keys).await?.into_iter().collect();
    for (mail, slot) in batch.iter().zip(asks) {
        let Some(ask) = slot else { continue };
        let folder = ask.folder.as_ref().map_or(0, |(id, _)| *id);
        let renumbered = again(mail) && before.contains(&(mail.row.copy_key, folder));
        if honoured.contains(&mail.found.location) || renumbered {
            *slot = None;
        }
    }
    Ok(())
}
