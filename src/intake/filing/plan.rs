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
    /// Remove it, by way of this name below the root: nothing is in it.
    Remove(FilingFolder, String),
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
            (false, Purpose::File | Purpose::Ignore) if empty => Some(remove(facts, row)),
            (false, _) => Some(Step::Forget(row.clone())),
        };
    };
    let Some(wish) = wish_of(facts, row) else { return Some(Step::Forget(row.clone())) };
    if !wish.right {
        return ended(facts, row, wish, empty);
    }
    if empty && (!wish.kept || !facts.on) {
        return Some(remove(facts, row));
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

/// Removed by way of a name that nothing has: a folder that was set aside before may have been given mail in that
/// moment, and keeps its name.
fn remove(facts: &Facts<'_>, row: &FilingFolder) -> Step {
    let names = |path: &str, name: &str| {
        path.strip_suffix(name).is_some_and(|before| !before.ends_with(|c: char| c.is_alphanumeric()))
    };
    let aside = |n: usize| if n == 1 { format!("removed {}", row.id) } else { format!("removed {} ({n})", row.id) };
    let free = |name: &String| names(&row.path, name) || !facts.shown.keys().any(|path| names(path, name));
    let name = (1..=facts.shown.len() + 1).map(aside).find(free).unwrap_or_else(|| aside(1));
    Step::Remove(row.clone(), name)
}

/// The right to its record has ended.
fn ended(facts: &Facts<'_>, row: &FilingFolder, wish: &Wish, empty: bool) -> Option<Step> {
    if empty {
        return Some(remove(facts, row));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imap::{Listed, Root};
    use crate::model::cursor::Role;
    use crate::model::id::{FolderId, RecordId};
    use proptest::prelude::*;

    fn root() -> Root {
        let (path, raw, separator) = ("INBOX".to_owned(), "INBOX".to_owned(), Some("/".to_owned()));
        Root::of(&[Listed { path, raw, separator, role: Role::Inbox, selectable: true }], None).unwrap()
    }

    const RECORD: Purpose = Purpose::Record(RecordId(7));

    fn wish(name: &str, right: bool, kept: bool) -> Wish {
        let own = |name: &str| root().own(Some("Accounts"), name);
        Wish { purpose: RECORD, full: own(&format!("7 {name}")), bare: own("7"), right, kept, made: kept && right }
    }

    /// A server with our folders, and what we wrote down: both as after a kill at any moment.
    #[derive(Clone, Debug, Default)]
    struct World {
        shown: BTreeMap<String, Shown>,
        rows: Vec<FilingFolder>,
        made: u32,
        /// Mails that were put into a folder of ours.
        put: u32,
    }

    impl World {
        fn create(&mut self, path: &str) {
            self.made += 1;
            let numbers = Numbers { validity: Some(self.made), uid_next: Some(1), total: Some(0) };
            self.shown.entry(path.to_owned()).or_insert(Shown { numbers, parent: false });
        }

        fn rename(&mut self, from: &str, to: &str) -> bool {
            let free = !self.shown.contains_key(to);
            let moved = if free { self.shown.remove(from) } else { None };
            moved.is_some_and(|shown| self.shown.insert(to.to_owned(), shown).is_none())
        }

        fn put(&mut self, path: &str) {
            if let Some(shown) = self.shown.get_mut(path) {
                shown.numbers.total = shown.numbers.total.map(|n| n + 1);
                self.put += 1;
            }
        }

        fn mails(&self) -> u32 {
            self.shown.values().filter_map(|s| s.numbers.total).sum()
        }

        fn row(&mut self, id: i64) -> Option<&mut FilingFolder> {
            self.rows.iter_mut().find(|row| row.id == id)
        }

        fn write_down(&mut self, purpose: Purpose, path: &str) -> i64 {
            let id = self.rows.iter().map(|row| row.id).max().unwrap_or(0) + 1;
            let (path, standing) = (path.to_owned(), Standing::Wanted);
            let (next_path, validity, folder, own_name) = (None, None, None, false);
            self.rows.push(FilingFolder { id, purpose, path, next_path, validity, standing, own_name, folder });
            id
        }

        fn adopt(&mut self, id: i64) {
            let Some(row) = self.rows.iter_mut().find(|row| row.id == id) else { return };
            let Some(shown) = self.shown.get(&row.path) else { return };
            (row.validity, row.folder) = (shown.numbers.validity, Some(FolderId(id)));
            row.next_path = None;
            row.standing = if row.standing == Standing::Retired { Standing::Retired } else { Standing::There };
        }

        /// Does a step as `folders` does, and stops after `left` changes: a kill.
        fn carry_out(&mut self, step: Step, left: &mut u32) {
            let mut goes_on = || {
                *left = left.saturating_sub(1);
                *left > 0
            };
            match step {
                Step::Make(purpose, own) => {
                    let id = self.write_down(purpose, own.path());
                    if goes_on() {
                        self.create(own.path());
                    }
                    if goes_on() {
                        self.adopt(id);
                    }
                }
                Step::MakeAgain(row) => {
                    self.create(&row.path);
                    if goes_on() {
                        self.adopt(row.id);
                    }
                }
                Step::Adopt(row) => self.adopt(row.id),
                Step::TakeOver(purpose, own, unknown) => {
                    if let Some(unknown) = unknown {
                        self.rows.retain(|row| row.id != unknown.id);
                    }
                    self.write_down(purpose, own.path());
                }
                Step::Follow(row, path) => {
                    let found = self.row(row.id).unwrap();
                    (found.path, found.own_name) = (path, true);
                }
                Step::Arrived(row) => {
                    let found = self.row(row.id).unwrap();
                    found.path = found.next_path.take().unwrap();
                }
                Step::Rename(row, to, standing) => {
                    self.row(row.id).unwrap().next_path = Some(to.path().to_owned());
                    if goes_on() && self.rename(&row.path, to.path()) && goes_on() {
                        let found = self.row(row.id).unwrap();
                        (found.path, found.next_path, found.standing) = (to.path().to_owned(), None, standing);
                    }
                }
                Step::Settle(row, standing) => {
                    let found = self.row(row.id).unwrap();
                    (found.standing, found.next_path) = (standing, None);
                }
                Step::Remove(row, name) => {
                    let aside = root().own(None, &name).path().to_owned();
                    if row.path != aside {
                        self.row(row.id).unwrap().next_path = Some(aside.clone());
                        if !goes_on() || !self.rename(&row.path, &aside) || !goes_on() {
                            return;
                        }
                        let found = self.row(row.id).unwrap();
                        (found.path, found.next_path, found.own_name) = (aside.clone(), None, false);
                    }
                    if self.shown.get(&aside).is_some_and(|s| s.numbers.total == Some(0)) && goes_on() {
                        self.shown.remove(&aside);
                        if goes_on() {
                            self.rows.retain(|other| other.id != row.id);
                        }
                    }
                }
                Step::Dismiss(row) => self.row(row.id).unwrap().standing = Standing::Dismissed,
                Step::Forget(row) => self.rows.retain(|other| other.id != row.id),
                Step::Unknown(path) => {
                    self.write_down(Purpose::Unknown, &path);
                }
            }
        }

        fn plan(&self, wishes: &[Wish], on: bool) -> Vec<Step> {
            let frame = BTreeSet::from(["Standin".to_owned(), "Standin/Accounts".to_owned()]);
            plan(&Facts { rows: &self.rows, shown: &self.shown, wishes, frame: &frame, on })
        }

        /// Looks until nothing is left to do.
        fn settle(&mut self, wishes: &[Wish], on: bool) {
            for _ in 0..20 {
                let steps = self.plan(wishes, on);
                if steps.is_empty() {
                    return;
                }
                steps.into_iter().for_each(|step| self.carry_out(step, &mut { u32::MAX }));
            }
            panic!("it never comes to rest: {:?} in {self:?}", self.plan(wishes, on));
        }
    }

    proptest! {
        /// Rights, names and the user's hand change, and each look is killed somewhere: it comes to rest
        /// all the same, no mail is ever lost, and no name is told after the right has ended.
        #[test]
        fn whatever_happens_it_comes_to_rest_and_loses_nothing(
            story in proptest::collection::vec((0..9_u8, 0..6_u32, any::<bool>(), any::<bool>()), 1..25)
        ) {
            let mut world = World::default();
            for (what, left, right, kept) in story {
                let paths: Vec<String> = world.shown.keys().cloned().collect();
                let some = paths.get(left as usize % paths.len().max(1)).cloned().unwrap_or_default();
                match what {
                    0 => world.put(&some),
                    1 => { world.rename(&some, &format!("Standin/Own {left}")); }
                    2 if world.shown.get(&some).is_some_and(|s| s.numbers.total == Some(0)) => { world.shown.remove(&some); }
                    3 => world.create("Standin/Accounts/7 B"),
                    _ => {}
                }
                let name = if kept { "A" } else { "B" };
                let mut left = left + 1;
                for step in world.plan(&[wish(name, right, kept)], what != 8) {
                    if left > 0 {
                        world.carry_out(step, &mut left);
                    }
                }
                prop_assert_eq!(world.mails(), world.put);
            }
            let mut lasting = world.clone();
            lasting.settle(&[wish("A", true, true)], true);
            prop_assert_eq!(lasting.mails(), lasting.put);
            let mut ended = world.clone();
            ended.settle(&[wish("A", false, false)], true);
            prop_assert_eq!(ended.mails(), ended.put);
            let of_record: Vec<&FilingFolder> = ended.rows.iter().filter(|row| row.purpose == RECORD).collect();
            let told = |row: &&FilingFolder| row.path != "Standin/Accounts/7" && !ended.shown.contains_key("Standin/Accounts/7");
            prop_assert!(!of_record.iter().any(told), "{ended:?}");
            world.settle(&[wish("A", true, true)], false);
            prop_assert_eq!(world.mails(), world.put);
            prop_assert!(world.rows.is_empty());
        }
    }

    #[test]
    fn a_folder_is_removed_though_one_of_its_number_was_set_aside_before_and_given_mail() {
        let mut world = World::default();
        world.create("Standin/removed 1");
        world.put("Standin/removed 1");
        world.settle(&[wish("A", true, true)], true);
        world.rows.iter_mut().filter(|row| row.purpose == RECORD).for_each(|row| row.id = 1);
        world.settle(&[wish("A", false, false)], true);
        assert_eq!(world.shown.keys().collect::<Vec<_>>(), ["Standin/removed 1"], "{world:?}");
        assert_eq!(world.mails(), 1);
    }

    #[test]
    fn of_two_folders_with_one_number_neither_is_taken_for_the_renamed_one() {
        let mut world = World::default();
        world.settle(&[wish("A", true, true)], true);
        for path in ["Standin/X", "Standin/Y"] {
            world.create(path);
        }
        for shown in world.shown.values_mut() {
            shown.numbers.validity = Some(1);
        }
        world.rows.iter_mut().for_each(|row| row.validity = Some(1));
        world.shown.remove("Standin/Accounts/7 A");
        let steps = world.plan(&[wish("A", true, true)], true);
        assert!(
            steps.iter().any(|step| matches!(step, Step::Dismiss(_)))
                && !steps.iter().any(|s| matches!(s, Step::Follow(..)))
        );
    }
}
