//! What to read next in a folder. Pure.
//!
//! Live mail is read in windows of UIDs from the frontier up, history in windows from the low
//! mark down. A window is planned only up to the highest UID that the server has shown to be
//! there: its UIDNEXT is a claim. If it is too high, a frontier that follows it would pass mail
//! that is still to come; if too low, mail would never be reached. It is used for one thing:
//! when even the larger of claim and evidence lies below the frontier, UIDs were handed out
//! anew, and the folder is read again as a new epoch.

use crate::model::cursor::Cursor;

/// A folder's numbers at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// UIDVALIDITY.
    pub validity: u32,
    /// UIDNEXT as the server claims, and never below `last` + 1. 0: not told.
    pub uid_next: u32,
    /// Messages in the folder.
    pub total: u32,
    /// HIGHESTMODSEQ; `None` without CONDSTORE or where the folder has none.
    pub modseq: Option<u64>,
    /// The highest UID that is there; `None` if the folder is empty or this is from STATUS.
    pub last: Option<u32>,
}

impl Snapshot {
    /// One above the highest UID that is there to be read: where a new epoch's frontier and low
    /// mark begin. 1 for an empty folder, whatever its UIDNEXT.
    pub fn end(&self) -> u32 {
        match self.last {
            Some(last) => last.saturating_add(1),
            None if self.total == 0 => 1,
            None => self.uid_next.max(1),
        }
    }
}

/// What to do about a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It was never read: begin an epoch at [`Snapshot::end`].
    Start,
    /// Nothing above the frontier.
    Nothing,
    /// Survey this window, both ends included, and set the frontier above it.
    Fetch {
        /// Lowest and highest UID.
        live: (u32, u32),
    },
    /// The server renumbered: begin another epoch at [`Snapshot::end`].
    NewEpoch(Reason),
}

/// Why a new epoch begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// UIDVALIDITY is another.
    Validity,
    /// UIDs below the frontier will be given again.
    NumbersFellBack,
}

/// UIDs in a window.
pub const WINDOW: u32 = 500;

/// The next step above the frontier.
pub fn plan(cursor: &Cursor, snapshot: &Snapshot) -> Step {
    let Cursor::At { validity, frontier, .. } = *cursor else { return Step::Start };
    if validity != snapshot.validity {
        return Step::NewEpoch(Reason::Validity);
    }
    if snapshot.uid_next != 0 && snapshot.uid_next < frontier {
        return Step::NewEpoch(Reason::NumbersFellBack);
    }
    let end = snapshot.end();
    if end <= frontier {
        return Step::Nothing;
    }
    let width = width(end - frontier, snapshot.total);
    Step::Fetch { live: (frontier, frontier.saturating_add(width - 1).min(end - 1)) }
}

/// The cursor after the `live` window was written down. A window that does not begin at the
/// frontier leaves it where it is: no UID is passed that was not planned.
pub fn after(cursor: Cursor, (from, to): (u32, u32)) -> Cursor {
    match cursor {
        Cursor::At { validity, epoch, frontier, backfill } if from == frontier && to >= from => {
            Cursor::At { validity, epoch, frontier: to.saturating_add(1), backfill }
        }
        other => other,
    }
}

/// The next window of history below the low mark `backfill`, not reaching below `floor`.
pub fn below(backfill: u32, floor: u32) -> Option<(u32, u32)> {
    below_among(backfill, floor, u32::MAX)
}

/// As [`below`], for a folder of `total` messages: where UIDs are sparse (some servers make them
/// from the clock) windows are wider, or crossing the holes would take days.
pub fn below_among(backfill: u32, floor: u32, total: u32) -> Option<(u32, u32)> {
    let floor = floor.max(1);
    if backfill <= floor {
        return None;
    }
    let width = width(backfill - floor, total);
    Some((backfill.saturating_sub(width).max(floor), backfill - 1))
}

/// [`WINDOW`] while at least one UID in four may be a message, wider in the measure as they are
/// sparser.
fn width(span: u32, total: u32) -> u32 {
    let sparse = u64::from(span) / (u64::from(total) * 4 + 4);
    u32::try_from(u64::from(WINDOW) * sparse.max(1)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn at(frontier: u32) -> Cursor {
        Cursor::At { validity: 7, epoch: 1, frontier, backfill: frontier }
    }

    fn told(uid_next: u32, total: u32, last: Option<u32>) -> Snapshot {
        Snapshot { validity: 7, uid_next, total, modseq: None, last }
    }

    #[test]
    fn new_mail_is_read_in_windows_of_five_hundred() {
        let snapshot = told(1_201, 1_200, Some(1_200));
        assert_eq!(plan(&at(101), &snapshot), Step::Fetch { live: (101, 600) });
        assert_eq!(plan(&at(1_101), &snapshot), Step::Fetch { live: (1_101, 1_200) });
        assert_eq!(plan(&at(1_201), &snapshot), Step::Nothing);
    }

    #[test]
    fn another_validity_or_numbers_that_fell_back_begin_an_epoch() {
        let other = Snapshot { validity: 8, ..told(50, 40, Some(49)) };
        assert_eq!(plan(&at(50), &other), Step::NewEpoch(Reason::Validity));
        assert_eq!(plan(&at(50), &told(12, 11, Some(11))), Step::NewEpoch(Reason::NumbersFellBack));
        assert_eq!(plan(&Cursor::Start, &other), Step::Start);
    }

    #[test]
    fn an_expunged_top_is_no_new_epoch() {
        assert_eq!(plan(&at(50), &told(50, 10, Some(30))), Step::Nothing);
        assert_eq!(plan(&at(50), &told(50, 0, None)), Step::Nothing);
        assert_eq!(plan(&at(50), &told(0, 0, None)), Step::Nothing);
    }

    #[test]
    fn a_uidnext_that_is_far_too_high_does_not_carry_the_frontier_along() {
        let lie = told(1_000_000, 100, Some(100));
        let Step::Fetch { live } = plan(&at(90), &lie) else { panic!() };
        assert_eq!(live, (90, 100));
        assert_eq!(told(1_000_000, 0, None).end(), 1);
    }

    #[test]
    fn holes_of_billions_are_crossed_in_few_windows() {
        let snapshot = told(4_000_000_001, 20, Some(4_000_000_000));
        let (mut cursor, mut windows) = (at(100), 0);
        while let Step::Fetch { live } = plan(&cursor, &snapshot) {
            cursor = after(cursor, live);
            windows += 1;
        }
        assert!(windows < 20, "{windows}");
    }

    #[test]
    fn history_is_read_newest_first_down_to_the_floor() {
        assert_eq!(below(1_201, 1), Some((701, 1_200)));
        assert_eq!(below(701, 1), Some((201, 700)));
        assert_eq!(below(201, 1), Some((1, 200)));
        assert_eq!(below(201, 150), Some((150, 200)));
        assert_eq!(below(150, 150), None);
        assert_eq!(below(1, 0), None);
    }

    /// What the server does between two looks, and how it lies about UIDNEXT.
    #[derive(Clone, Debug)]
    enum Event {
        Arrive(u32),
        Skip(u32),
        Expunge(u32),
        Renumber,
    }

    #[derive(Clone, Copy, Debug)]
    enum Claim {
        True,
        Missing,
        High(u32),
        Low(u32),
    }

    fn events() -> impl Strategy<Value = (Event, Claim)> {
        let event = prop_oneof![
            6 => (1..1_300u32).prop_map(Event::Arrive),
            2 => (1..5_000_000u32).prop_map(Event::Skip),
            3 => any::<u32>().prop_map(Event::Expunge),
            1 => Just(Event::Renumber),
        ];
        let claim = prop_oneof![
            4 => Just(Claim::True),
            1 => Just(Claim::Missing),
            1 => (1..2_000_000u32).prop_map(Claim::High),
            1 => any::<u32>().prop_map(Claim::Low),
        ];
        (event, claim)
    }

    #[derive(Default)]
    struct Folder {
        validity: u32,
        next: u32,
        uids: BTreeSet<u32>,
    }

    impl Folder {
        fn suffer(&mut self, event: &Event) {
            match *event {
                Event::Arrive(count) => {
                    self.uids.extend(self.next..self.next + count);
                    self.next += count;
                }
                Event::Skip(count) => self.next += count,
                Event::Expunge(seed) => self.uids.retain(|uid| uid.wrapping_mul(seed | 1) % 3 != 0),
                Event::Renumber => {
                    self.validity += 1;
                    let count = self.uids.len() as u32;
                    self.uids = (1..=count).collect();
                    self.next = count + 1;
                }
            }
        }

        fn snapshot(&self, claim: Claim) -> Snapshot {
            let last = self.uids.last().copied();
            let claimed = match claim {
                Claim::True => self.next,
                Claim::Missing => 0,
                Claim::High(by) => self.next + by,
                Claim::Low(seed) => seed % self.next,
            };
            let uid_next = claimed.max(last.map_or(0, |uid| uid + 1));
            Snapshot { validity: self.validity, uid_next, total: self.uids.len() as u32, modseq: None, last }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]
        /// P1 for cursors: whatever the server does and claims, after each look every UID that is
        /// there was in exactly one window of this epoch, live or history.
        #[test]
        fn every_uid_that_is_there_lies_in_exactly_one_window(story in proptest::collection::vec(events(), 1..25), floor in 1..400u32) {
            let mut folder = Folder { validity: 1, next: 1, uids: BTreeSet::new() };
            let mut cursor = Cursor::Start;
            let mut windows: Vec<(u32, u32)> = Vec::new();
            for (event, claim) in story {
                folder.suffer(&event);
                let snapshot = folder.snapshot(claim);
                loop {
                    match plan(&cursor, &snapshot) {
                        Step::Nothing => break,
                        Step::Fetch { live } => {
                            windows.push(live);
                            let moved = after(cursor, live);
                            prop_assert_ne!(moved, cursor, "no progress");
                            cursor = moved;
                        }
                        Step::Start | Step::NewEpoch(_) => {
                            windows.clear();
                            let mark = snapshot.end();
                            cursor = Cursor::At { validity: snapshot.validity, epoch: 1, frontier: mark, backfill: mark };
                            let mut low = mark;
                            while let Some(window) = below_among(low, floor, snapshot.total) {
                                prop_assert!(window.0 >= floor && window.0 < low && window.1 == low - 1);
                                windows.push(window);
                                low = window.0;
                            }
                        }
                    }
                }
                let Cursor::At { frontier, .. } = cursor else { unreachable!() };
                windows.sort_unstable();
                prop_assert!(windows.is_sorted_by(|a, b| a.1 < b.0), "overlap in {:?}", windows);
                for uid in folder.uids.iter().filter(|uid| **uid >= floor) {
                    let at = windows.partition_point(|(_, to)| to < uid);
                    prop_assert!(windows.get(at).is_some_and(|(from, _)| from <= uid), "uid {} in none of {:?}", uid, windows);
                }
                prop_assert!(folder.uids.iter().all(|uid| *uid < frontier));
            }
        }

        #[test]
        fn no_numbers_make_the_planner_fail(frontier: u32, uid_next: u32, total: u32, last: Option<u32>, floor: u32) {
            let snapshot = told(uid_next.max(last.map_or(0, |uid| uid.saturating_add(1))), total, last);
            if let Step::Fetch { live: (from, to) } = plan(&at(frontier), &snapshot) {
                prop_assert!(from == frontier && from <= to);
                prop_assert!(to < snapshot.end());
            }
            if let Some((from, to)) = below_among(frontier, floor, total) {
                prop_assert!(from <= to && to < frontier && from >= floor);
            }
        }
    }
}
