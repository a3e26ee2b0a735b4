//! Which folders a user should have: two for everybody, and one for each record that they may change and
//! own or opened lately, the latest first.

use super::plan::Wish;
use crate::access;
use crate::imap::{Own, Root};
use crate::model::filing::Purpose;
use crate::model::id::{RecordId, UserId};
use crate::model::record::{Kind, Policy};
use crate::model::share::Share;
use crate::model::time::Timestamp;
use crate::store::filing::folders::FilingFolder;
use crate::store::records::Entry;
use crate::store::{self, Tx};
use std::collections::{BTreeSet, HashMap, HashSet};

/// Records for which a folder is made.
const MOST: usize = 200;
/// An empty folder is kept until so many other records were touched later: folders do not come and go.
const KEPT: usize = 300;

/// The folder in which a mail is filed by what it is.
pub(super) const FILE: &str = "File";
/// The folder for what is private.
pub(super) const IGNORE: &str = "Ignore";

/// The sections below the root.
pub(super) const SECTIONS: [&str; 3] = ["Accounts", "Leads", "Opportunities"];

/// The section of a kind of record; contacts have none.
fn section(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Account => Some("Accounts"),
        Kind::Lead => Some("Leads"),
        Kind::Opportunity => Some("Opportunities"),
        Kind::Contact => None,
    }
}

/// What is wished in a mailbox of `user`, with a wish for each folder that was written down and whose
/// record may still be named.
pub(super) async fn of(
    tx: &mut Tx,
    user: UserId,
    policy: &Policy,
    root: &Root,
    rows: &[FilingFolder],
    now: Timestamp,
) -> store::Result<Vec<Wish>> {
    let fixed = |purpose, name| {
        let own = root.own(None, name);
        Wish { purpose, full: own.clone(), bare: own, right: true, kept: true, made: true }
    };
    let mut wishes = vec![fixed(Purpose::File, FILE), fixed(Purpose::Ignore, IGNORE)];
    let limit = i64::try_from(KEPT * 2).unwrap_or(i64::MAX);
    let lately: Vec<RecordId> = store::filing::lately(tx, user, limit).await?.into_iter().map(|(id, _)| id).collect();
    let known: Vec<RecordId> = rows.iter().filter_map(|row| row.purpose.record()).collect();
    let ids: Vec<RecordId> = lately.iter().chain(&known).copied().collect::<BTreeSet<_>>().into_iter().collect();
    let world = store::people::world(tx, policy, now).await?;
    let scope = store::people::scope(tx, user, &world, now).await?;
    let seen: HashSet<RecordId> =
        store::records::load_seen(tx, &scope, &ids).await?.into_iter().map(|e| e.record.id).collect();
    let entries = store::records::load(tx, &ids).await?;
    let mut shares: HashMap<RecordId, Vec<Share>> = HashMap::new();
    for share in store::shares::on(tx, &ids).await? {
        shares.entry(share.record).or_default().push(share);
    }
    let right = |entry: &Entry| {
        let on = shares.get(&entry.record.id).map_or(&[][..], Vec::as_slice);
        seen.contains(&entry.record.id) && access::may_write(user, &entry.record, on, &world, now).is_some()
    };
    let by_id: HashMap<RecordId, &Entry> = entries.iter().map(|e| (e.record.id, e)).collect();
    let mut names: HashSet<String> = HashSet::new();
    let mut rank = 0;
    // Those that were not touched lately come last.
    let rest = known.into_iter().filter(|id| !lately.contains(id));
    for entry in lately.iter().copied().chain(rest).filter_map(|id| by_id.get(&id)) {
        let Some(section) = section(entry.record.kind) else { continue };
        let right = right(entry);
        let (full, bare) = named(root, section, entry, &mut names);
        let purpose = Purpose::Record(entry.record.id);
        wishes.push(Wish { purpose, full, bare, right, kept: right && rank < KEPT, made: right && rank < MOST });
        rank += usize::from(right);
    }
    Ok(wishes)
}

/// The names of a record's folder. One that is confidential is named by its number alone: others may
/// look into the mailbox.
fn named(root: &Root, section: &str, entry: &Entry, names: &mut HashSet<String>) -> (Own, Own) {
    let id = entry.record.id;
    let number = entry.number.as_deref().map(str::trim).filter(|n| !n.is_empty());
    let mut number = number.map_or_else(|| id.to_string(), str::to_owned);
    // Two records may have one number.
    if !names.insert(root.own(Some(section), &number).path().to_owned()) {
        number = format!("{number} ({id})");
        names.insert(root.own(Some(section), &number).path().to_owned());
    }
    let bare = root.own(Some(section), &number);
    let full = match entry.record.confidential {
        true => bare.clone(),
        false => root.own(Some(section), &format!("{number} {}", entry.record.name)),
    };
    (full, bare)
}
