//! How often a token may ask: so many requests a minute, all of them at once if it likes. Kept in memory, for this
//! process alone, by the moment at which the token will have its whole allowance again (GCRA); what a token
//! asked is not kept.

use crate::model::id::TokenId;
use crate::model::time::{MINUTE, Timestamp};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The allowance, as the drafts of the IETF's HTTPAPI group name it.
const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
/// What is left of it.
const STANDING: HeaderName = HeaderName::from_static("ratelimit");
/// The window in microseconds: small enough to share it among many requests.
const WINDOW: i64 = MINUTE * 1_000;
/// Tokens that are remembered before those that have their whole allowance are forgotten.
const MANY: usize = 10_000;

/// What a token may still ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Left {
    quota: i64,
    remaining: i64,
    /// Seconds until the whole allowance is there again.
    whole: i64,
}

/// What every token asked lately.
#[derive(Debug, Default)]
pub(in super::super) struct Limits(Mutex<HashMap<TokenId, i64>>);

impl Limits {
    /// Counts a request of a token that may ask `quota` times a minute; 0: as often as it likes.
    ///
    /// # Errors
    /// The seconds after which it may ask again, and what is left, where it asked too often.
    pub fn admit(&self, token: TokenId, quota: u32, now: Timestamp) -> Result<Option<Left>, (i64, Left)> {
        let quota = i64::from(quota);
        let Some(each) = WINDOW.checked_div(quota) else { return Ok(None) };
        let now = now.0.saturating_mul(1_000);
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MANY {
            all.retain(|_, whole| *whole > now);
        }
        let before = all.get(&token).copied().unwrap_or(now).max(now);
        let after = before.saturating_add(each);
        let left = |whole: i64| {
            let remaining = (WINDOW - (whole - now)).max(0) / each;
            Left { quota, remaining: remaining.min(quota), whole: seconds(whole - now) }
        };
        let over = after - now - WINDOW;
        if over > 0 {
            return Err((seconds(over).max(1), left(before)));
        }
        all.insert(token, after);
        Ok(Some(left(after)))
    }
}

fn seconds(micros: i64) -> i64 {
    micros.max(0).div_euclid(1_000_000) + i64::from(micros.max(0) % 1_000_000 > 0)
}

/// Carries what is left from where the token is read to where the answer leaves.
#[derive(Clone, Debug, Default)]
pub(super) struct Meter(Arc<Mutex<Option<Left>>>);

impl Meter {
    /// Notes what is left.
    pub fn note(&self, left: Left) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(left);
    }

    /// Says so in the answer.
    pub fn tell(&self, headers: &mut HeaderMap) {
        let noted = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(Left { quota, remaining, whole }) = noted else { return };
        let said = [
            (POLICY, format!("\"token\";q={quota};w={}", MINUTE / 1_000)),
            (STANDING, format!("\"token\";r={remaining};t={whole}")),
        ];
        for (name, value) in said {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(name, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_asks_its_minute_at_once_and_then_as_time_goes_by() {
        let (limits, now) = (Limits::default(), Timestamp(1_000_000));
        let ask = |at: i64| limits.admit(TokenId(1), 60, now.plus(at));
        assert_eq!(ask(0).unwrap(), Some(Left { quota: 60, remaining: 59, whole: 1 }));
        assert_eq!((1..60).filter(|_| ask(0).is_ok()).count(), 59);
        let (again, left) = ask(0).unwrap_err();
        assert_eq!((again, left.remaining, left.whole), (1, 0, 60));
        assert!(ask(999).is_err() && ask(1_000).is_ok() && ask(1_000).is_err());
        assert!(limits.admit(TokenId(2), 60, now).is_ok(), "another token has its own");
        assert_eq!(ask(10 * MINUTE).unwrap().unwrap().remaining, 59);
    }

    #[test]
    fn without_a_limit_nothing_is_counted_and_what_is_whole_again_is_forgotten() {
        let limits = Limits::default();
        assert!((0..1_000).all(|_| limits.admit(TokenId(1), 0, Timestamp(0)) == Ok(None)));
        for n in 0..30_000 {
            assert!(limits.admit(TokenId(n), 600, Timestamp(n * 10)).is_ok());
        }
        assert!(limits.0.lock().unwrap().len() <= MANY + 1);
    }

    #[test]
    fn every_quota_that_can_be_set_is_kept() {
        for quota in [1_u32, 7, 59, 600, 100_000] {
            let limits = Limits::default();
            let admitted = (0..=quota).filter(|_| limits.admit(TokenId(1), quota, Timestamp(0)).is_ok()).count();
            assert_eq!(admitted, quota as usize);
        }
    }
}
