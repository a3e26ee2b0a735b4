//! Slows down guessing of passwords: failures are counted per login and per address, in memory.
//!
//! The tightest limit is on the pair of both, so that a stranger who guesses at Anna's password
//! does not keep Anna out from her own desk. Keys are keyed hashes: no address or login is held.

use crate::model::time::{MINUTE, Timestamp};
use crate::store::keys::Key;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Failures are forgotten after this long.
const WINDOW: i64 = 15 * MINUTE;
/// Failures allowed in it for one login from one address.
const PAIR: u32 = 6;
/// Failures allowed in it for one login, and for one address (many people may share one).
const ALONE: u32 = 60;
/// At most so many counters are held (and two); beyond, the older half goes.
const MOST: usize = 20_000;

/// The counters.
#[derive(Debug, Default)]
pub(super) struct Throttle(Mutex<HashMap<Key, Failures>>);

#[derive(Clone, Copy, Debug)]
struct Failures {
    since: Timestamp,
    count: u32,
}

/// The keys under which one attempt counts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attempt {
    /// Login with address.
    pub pair: Key,
    /// Login.
    pub login: Key,
    /// Address.
    pub address: Key,
}

impl Attempt {
    fn limits(self) -> [(Key, u32); 3] {
        [(self.pair, PAIR), (self.login, ALONE), (self.address, ALONE)]
    }
}

impl Throttle {
    /// Counts an attempt before it is checked, so that many at once count too; false if it must not
    /// be checked at all.
    pub fn admit(&self, attempt: Attempt, now: Timestamp) -> bool {
        let mut failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let full = |(key, limit): (Key, u32)| {
            failures.get(&key).is_some_and(|f| now.since(f.since) < WINDOW && f.count >= limit)
        };
        if attempt.limits().into_iter().any(full) {
            return false;
        }
        if failures.len() >= MOST {
            failures.retain(|_, f| now.since(f.since) < WINDOW);
            make_room(&mut failures);
        }
        for (key, _) in attempt.limits() {
            let entry = failures.entry(key).or_insert(Failures { since: now, count: 0 });
            if now.since(entry.since) >= WINDOW {
                *entry = Failures { since: now, count: 0 };
            }
            entry.count += 1;
        }
        true
    }

    /// As [`Throttle::admit`], where what failed before `freed` does not count any more: an operator unlocked
    /// that login. Failures of the address it came from go on counting.
    pub fn admit_since(&self, attempt: Attempt, freed: Timestamp, now: Timestamp) -> bool {
        {
            let mut failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            for key in [attempt.pair, attempt.login] {
                if failures.get(&key).is_some_and(|f| f.since <= freed) {
                    failures.remove(&key);
                }
            }
        }
        self.admit(attempt, now)
    }

    /// Takes a successful attempt off again.
    pub fn succeeded(&self, attempt: Attempt) {
        let mut failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        failures.remove(&attempt.pair);
        for key in [attempt.login, attempt.address] {
            if let Some(entry) = failures.get_mut(&key) {
                entry.count = entry.count.saturating_sub(1);
            }
        }
    }
}

/// Lets the older half go if all of them are recent: a flood then costs little, and forgets only
/// what is older than itself.
fn make_room(failures: &mut HashMap<Key, Failures>) {
    if failures.len() < MOST {
        return;
    }
    let mut times: Vec<Timestamp> = failures.values().map(|f| f.since).collect();
    let (_, middle, _) = times.select_nth_unstable(MOST / 2);
    let middle = *middle;
    failures.retain(|_, f| f.since > middle);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_is_slowed_down_without_locking_the_login_elsewhere() {
        let throttle = Throttle::default();
        let (thief, anna) = (Attempt { pair: 1, login: 2, address: 3 }, Attempt { pair: 4, login: 2, address: 5 });
        let now = Timestamp(1_000_000);
        assert_eq!((0..20).filter(|_| throttle.admit(thief, now)).count(), PAIR as usize);
        assert!(throttle.admit(anna, now));
        assert!(throttle.admit(thief, now.plus(WINDOW)));
    }

    #[test]
    fn one_login_from_many_addresses_and_many_logins_from_one_are_slowed_down_too() {
        let (throttle, now) = (Throttle::default(), Timestamp(0));
        let at_one_login = |n: i64| Attempt { pair: 1_000 + n, login: 2, address: 5_000 + n };
        assert_eq!((0..200).filter(|n| throttle.admit(at_one_login(*n), now)).count(), ALONE as usize);
        let from_one_address = |n: i64| Attempt { pair: 10_000 + n, login: 20_000 + n, address: 3 };
        assert_eq!((0..200).filter(|n| throttle.admit(from_one_address(*n), now)).count(), ALONE as usize);
    }

    #[test]
    fn an_unlocked_login_may_try_again_and_its_later_failures_count() {
        let throttle = Throttle::default();
        let (anna, now) = (Attempt { pair: 1, login: 2, address: 3 }, Timestamp(1_000_000));
        while throttle.admit(anna, now) {}
        assert!(!throttle.admit_since(anna, now.plus(-1), now.plus(5)), "they failed after that");
        assert!(throttle.admit_since(anna, now.plus(3), now.plus(5)));
        while throttle.admit(anna, now.plus(6)) {}
        assert!(!throttle.admit_since(anna, now.plus(3), now.plus(7)), "once is once");
    }

    #[test]
    fn success_wipes_the_pair_and_memory_is_bounded() {
        let throttle = Throttle::default();
        let now = Timestamp(0);
        for _ in 0..100 {
            let anna = Attempt { pair: 1, login: 2, address: 3 };
            assert!(throttle.admit(anna, now));
            throttle.succeeded(anna);
        }
        for n in 0..30_000 {
            throttle.admit(Attempt { pair: n * 3, login: n * 3 + 1, address: n * 3 + 2 }, now.plus(n));
        }
        assert!(throttle.0.lock().unwrap().len() <= MOST + 3);
    }
}
