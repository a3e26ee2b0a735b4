//! Lines that introduce a quote: "On … wrote:", "W dniu … pisze:", in many languages.
//!
//! Word order differs too much for a pattern per language. What they have in common: one to four
//! lines that end in a colon, with a verb of writing and a date, or an address with a date.

use super::fold::Line;
use super::phrases::{STARTS, VERBS};
use regex::Regex;
use std::sync::LazyLock;

/// Octets an attribution has at most.
const LENGTH_LIMIT: usize = 500;

#[allow(clippy::unwrap_used, reason = "the pattern is constant and tested")]
static TIME: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?:^|[^0-9])[0-2]?[0-9][:.h][0-5][0-9](?:[^0-9]|$)").unwrap());
#[allow(clippy::unwrap_used, reason = "the pattern is constant and tested")]
static YEAR: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:^|[^0-9])(?:(?:19|20)[0-9]{2}|[0-9]{1,2}[./-][0-9]{1,2}[./-][0-9]{2})(?:[^0-9]|$)").unwrap()
});

#[allow(clippy::unwrap_used, reason = "the pattern is constant and tested")]
static DAY_AND_NAME: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^20[0-9]{2}[/-][0-9]{1,2}[/-][0-9]{1,2} .{1,80}<[^<>@ ]+@[^<>@ ]+>$").unwrap());

/// Whether an attribution ends at line `at`: the line at which it begins, and whether it is strong
/// enough to make unmarked text below it a quote.
pub(super) fn ending_at(lines: &[Line<'_>], at: usize) -> Option<(usize, bool)> {
    let last = lines.get(at)?.text;
    if last.len() > LENGTH_LIMIT {
        return None;
    }
    if !last.ends_with([':', '：']) {
        return whole(last).then_some((at, true));
    }
    let mut joined = String::new();
    let mut weak = None;
    for from in (at.saturating_sub(3)..=at).rev() {
        let line = lines.get(from)?;
        if line.text.is_empty() || line.kind.is_some() || joined.len() + line.text.len() > LENGTH_LIMIT {
            break;
        }
        joined = format!("{} {joined}", line.text.trim());
        let lower = joined.to_lowercase();
        let verb = VERBS.iter().any(|verb| lower.contains(verb));
        let mailbox = lower.contains('@');
        let time = TIME.is_match(&lower);
        let year = YEAR.is_match(&lower);
        let dated = year || (time && starts(&lower));
        if verb && dated {
            return Some((opening(lines, from), time || mailbox));
        }
        if mailbox && time && year && !lower.contains("http") {
            return Some((opening(lines, from), true));
        }
        if verb && mailbox && weak.is_none() {
            weak = Some((from, ends_short(&lower)));
        }
    }
    weak
}

/// The forms without a colon, on one line: `---- On … wrote ----` and `2013/7/20 Anna <anna@x>`.
fn whole(line: &str) -> bool {
    if line.starts_with("--") && line.ends_with("--") && line.len() > 30 {
        let lower = line.to_lowercase();
        return VERBS.iter().any(|verb| lower.contains(verb)) && TIME.is_match(&lower) && lower.contains('@');
    }
    line.starts_with("20") && line.ends_with('>') && DAY_AND_NAME.is_match(line)
}

/// `Anna <anna@firma.pl> wrote:` and nothing more.
fn ends_short(lower: &str) -> bool {
    lower.trim().chars().count() <= 120
}

fn starts(lower: &str) -> bool {
    STARTS.iter().any(|start| lower.trim_start().starts_with(start))
}

/// The line above belongs to it if the attribution plainly begins there (`On Mon,` / `5 Aug …`).
fn opening(lines: &[Line<'_>], from: usize) -> usize {
    let here = lines.get(from).map(|line| line.text.trim().to_lowercase()).unwrap_or_default();
    if starts(&here) {
        return from;
    }
    let above = from.checked_sub(1).and_then(|above| lines.get(above).map(|line| (above, line)));
    match above {
        Some((above, line)) if line.kind.is_none() && line.text.len() < 120 && starts(&line.text.to_lowercase()) => {
            above
        }
        _ => from,
    }
}
