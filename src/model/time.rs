//! Moments, as UTC milliseconds.
//!
//! The database holds bigint milliseconds (no two databases agree on time types), so the
//! program does too. Local dates and zones live in `access`, where absences are computed.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A moment: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

/// One second, minute, hour and day in milliseconds.
pub const SECOND: i64 = 1_000;
/// Sixty seconds in milliseconds.
pub const MINUTE: i64 = 60 * SECOND;
/// Sixty minutes in milliseconds.
pub const HOUR: i64 = 60 * MINUTE;
/// Twenty-four hours in milliseconds (not a calendar day: see `access` for those).
pub const DAY: i64 = 24 * HOUR;

impl Timestamp {
    /// 1990-01-01T00:00:00Z. Mail dates before it are a sender's broken clock.
    pub const EARLIEST: Timestamp = Timestamp(631_152_000_000);

    /// From a chrono moment.
    pub fn from_utc(at: DateTime<Utc>) -> Timestamp {
        Timestamp(at.timestamp_millis())
    }

    /// As a chrono moment. Values outside chrono's range become its nearest bound.
    pub fn to_utc(self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.0).unwrap_or(if self.0 < 0 {
            DateTime::<Utc>::MIN_UTC
        } else {
            DateTime::<Utc>::MAX_UTC
        })
    }

    /// This moment moved by `millis` (may be negative), saturating.
    pub fn plus(self, millis: i64) -> Timestamp {
        Timestamp(self.0.saturating_add(millis))
    }

    /// Milliseconds from `earlier` to `self`; negative if `self` is the earlier one.
    pub fn since(self, earlier: Timestamp) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Clamped to what a mail may claim: from 1990 to one day after `now`.
    pub fn clamped(self, now: Timestamp) -> Timestamp {
        self.max(Timestamp::EARLIEST).min(now.plus(DAY))
    }

    /// RFC 3339 in UTC, whole seconds: for machines and `<time datetime>`.
    pub fn rfc3339(self) -> String {
        self.to_utc().to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
    }
}
