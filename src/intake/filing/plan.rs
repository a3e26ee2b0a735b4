//! What is to be done to the folders below Standin in one mailbox. Pure: what was written down, what the
//! server shows and what is wished in, steps out. Each step leaves things so that the next plan goes on
//! from there, so a kill between two of them costs nothing.
//!
//! A mail is never lost: only what is empty is removed (`folders` makes sure of that again), and what is
//! not stays under a name that says no more than its record's number.

use crate::imap::{Numbers, Own};
use crate::model::filing::{Purpose, Standing};
use crate::store::filing::folders::FilingFolder;
use std::collections::{BTreeMap, BTreeSet};

/// A folder that the server shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Shown {
    /// Its numbers.
    pub numbers: Numbers,
    /// Others lie below it.
    pub parent: bool,
}

/// A folder as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wish {
    /// What for.
    pub purpose: Purpose,
    /// Its name while the right lasts.
    pub full: Own,
    /// Its name afterwards.
    pub bare: Own,
    /// The user may put mail there.
    pub right: bool,
    /// It is to be there even if nothing is in it.
    pub kept: bool,
    /// It is to be made if it is not there.
    pub made: bool,
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Make a folder that nobody wrote down yet.
    Make(Purpose, Own),
    /// Make one that was written down.
    MakeAgain(FilingFolder),
    /// It is there: note its numbering and read it.
    Adopt(FilingFolder),
    /// A name that is wished for belongs to a folder that was none of ours.
    TakeOver(Purpose, Own, Option<FilingFolder>),
    /// The user renamed it.
    Follow(FilingFolder, String),
    /// It was being moved and has arrived.
    Arrived(FilingFolder),
    /// Give it another name.
    Rename(FilingFolder, Own, Standing),
    /// Only how it stands has changed.
    Settle(FilingFolder, Standing),
    /// Remove it: nothing is in it.
    Remove(FilingFolder),
    /// The user removed it.
    Dismiss(FilingFolder),
    /// It is none of ours any more.
    Forget(FilingFolder),
    /// Read a folder whose name means nothing, so that nothing in it is passed over in silence.
    Unknown(String),
}

/// Everything a plan is made from.
#[derive(Debug)]
pub(super) struct Facts<'a> {
    /// What was written down.
    pub rows: &'a [FilingFolder],
    /// What can hold mail below the root, by path.
    pub shown: &'a BTreeMap<String, Shown>,
    /// What is wished.
    pub wishes: &'a [Wish],
    /// The root and its sections: they hold our folders.
    pub frame: &'a BTreeSet<String>,
    /// Folders are wanted in this mailbox.
    pub on: bool,
}

/// What is to be done now.
pub(super) fn plan(facts: &Facts<'_>) -> Vec<Step> {
    let claimed: BTreeSet<&str> =
        facts.rows.iter().flat_map(|row| [Some(row.path.as_str()), row.next_path.as_deref()]).flatten().collect();
    let free: Vec<(&str, Shown)> = facts
        .shown
        .iter()
        .filter(|(path, _)| !claimed.contains(path.as_str()) && !facts.frame.contains(*path))
        .map(|(path, shown)| (path.as_str(), *shown))
        .collect();
    let mut followed: BTreeSet<&str> = BTreeSet::new();
    let mut steps = Vec::new();
    for row in facts.rows {
        let step = match facts.shown.get(&row.path) {
            Some(shown) => there(facts, row, *shown),
            None => missing(facts, row, &free),
        };
        if let Some(Step::Follow(_, path)) = &step {
            followed.extend(free.iter().map(|(free, _)| *free).filter(|free| free == path));
        }
        steps.extend(step);
    }
    if !facts.on {
        return steps;
    }
    let mut taken: BTreeSet<&str> = BTreeSet::new();
    for wish in facts.wishes.iter().filter(|wish| wish.made) {
        if facts.rows.iter().any(|row| row.purpose == wish.purpose) {
            continue;
        }
        let path = wish.full.path();
        let unknown = facts.rows.iter().find(|row| row.path == path);
        if facts.shown.contains_key(path) && unknown.is_none_or(|row| row.purpose == Purpose::Unknown) {
            taken.insert(path);
            steps.push(Step::TakeOver(wish.purpose, wish.full.clone(), unknown.cloned()));
        } else if unknown.is_none() {
            steps.push(Step::Make(wish.purpose, wish.full.clone()));
        }
    }
    let strange = free.iter().map(|(path, _)| *path).filter(|path| !followed.contains(path) && !taken.contains(path));
    steps.extend(strange.map(|path| Step::Unknown(path.to_owned())));
    // The frame itself holds no mail of ours; on servers where it can hold some, that is told too.
    let frame = facts.frame.iter().filter(|path| facts.shown.contains_key(*path) && !claimed.contains(path.as_str()));
    steps.extend(frame.map(|path| Step::Unknown(path.clone())));
    steps
}

fn wish_of<'a>(facts: &Facts<'a>, row: &FilingFolder) -> Option<&'a Wish> {
    facts.wishes.iter().find(|wish| wish.purpose == row.purpose)
}

/// The server does not show it under the path that was written down.
fn missing(facts: &Facts<'_>, row: &FilingFolder, free: &[(&str, Shown)]) -> Option<Step> {
    if row.next_path.as_ref().is_some_and(|next| facts.shown.contains_key(next)) {
        return Some(Step::Arrived(row.clone()));
    }
    let lost = |other: &&FilingFolder| other.validity == row.validity && !facts.shown.contains_key(&other.path);
    let alike: Vec<&str> = free
        .iter()
        .filter(|(_, s)| row.validity.is_some() && s.numbers.validity == row.validity)
        .map(|f| f.0)
        .collect();
    // Some servers give the same number to several folders; then nobody can say which became which.
    if let ([path], 1) = (alike.as_slice(), facts.rows.iter().filter(lost).count()) {
        return Some(Step::Follow(row.clone(), (*path).to_owned()));
    }
    let wish = wish_of(facts, row);
    match (row.purpose, row.standing) {
        (Purpose::Unknown, _) => Some(Step::Forget(row.clone())),
        (Purpose::File | Purpose::Ignore, _) if facts.on => Some(Step::MakeAgain(row.clone())),
        (Purpose::File | Purpose::Ignore, _) => Some(Step::Forget(row.clone())),
        (Purpose::Record(_), Standing::Wanted) if facts.on && wish.is_some_and(|w| w.made) => {
            Some(Step::MakeAgain(row.clone()))
        }
        (Purpose::Record(_), Standing::Dismissed) if facts.on && wish.is_some_and(|w| w.right) => None,
        (Purpose::Record(_), Standing::There) if facts.on && wish.is_some_and(|w| w.right) => {
            Some(Step::Dismiss(row.clone()))
        }
        (Purpose::Record(_), _) => Some(Step::Forget(row.clone())),
    }
}

/// The server shows it.
fn there(facts: &Facts<'_>, row: &FilingFolder, shown: Shown) -> Option<Step> {
    let fresh = matches!(row.standing, Standing::Wanted | Standing::Dismissed);
    let renumbered = shown.numbers.validity.is_some() && shown.numbers.validity != row.validity;
    if facts.on && (fresh || renumbered || row.folder.is_none()) {
        return Some(Step::Adopt(row.clone()));
    }
    if row.next_path.is_some() {
        // The server was never asked, or said no: it is where it was.
        return Some(Step::Settle(row.clone(), row.standing));
    }
    let empty = shown.numbers.total == Some(0) && !shown.parent;
    let Purpose::Record(_) = row.purpose else {
        let wish = wish_of(facts, row).filter(|wish| wish.full.path() != row.path && !row.own_name);
        if let Some(wish) = wish.filter(|wish| !facts.shown.contains_key(wish.full.path())) {
            return Some(Step::Rename(row.clone(), wish.full.clone(), Standing::There));
        }
        return match (facts.on, row.purpose) {
            (true, _) => None,
            (false, Purpose::File | Purpose::Ignore) if empty => Some(Step::Remove(row.clone())),
            (false, _) => Some(Step::Forget(row.clone())),
        };
    };
    let Some(wish) = wish_of(facts, row) else { return Some(Step::Forget(row.clone())) };
    if !wish.right {
        return ended(facts, row, wish, empty);
    }
    if empty && (!wish.kept || !facts.on) {
        return Some(Step::Remove(row.clone()));
    }
    if !facts.on {
        return Some(Step::Forget(row.clone()));
    }
    let free = !facts.shown.contains_key(wish.full.path());
    if row.path != wish.full.path() && free && !row.own_name {
        return Some(Step::Rename(row.clone(), wish.full.clone(), Standing::There));
    }
    (row.standing == Standing::Retired).then(|| Step::Settle(row.clone(), Standing::There))
}

/// The right to its record has ended.
fn ended(facts: &Facts<'_>, row: &FilingFolder, wish: &Wish, empty: bool) -> Option<Step> {
    if empty {
        return Some(Step::Remove(row.clone()));
    }
    if row.path != wish.bare.path() && !facts.shown.contains_key(wish.bare.path()) {
        return Some(Step::Rename(row.clone(), wish.bare.clone(), Standing::Retired));
    }
    match (facts.on, row.standing) {
        (false, _) => Some(Step::Forget(row.clone())),
        (true, Standing::Retired) => None,
        (true, _) => Some(Step::Settle(row.clone(), Standing::Retired)),
    }
}
