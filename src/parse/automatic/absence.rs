//! Until when somebody is away, as their own notice says (R98 to R101), and that somebody has left (R105).
//!
//! Each date of each sentence gets a part to play by the words beside it: the last day away, the first
//! day back, a beginning. Never why somebody is away: the words that say so are looked for only to tell
//! a sentence about an absence from others (R104).

use super::dates::{self, Meant, Written};
use super::mentioned;
use super::sentences::{self, plain};
use super::words::{self, NAMES, Order, Say};
use crate::model::automatic::{Away, Certainty, Left};
use crate::model::mail::Mail;
use chrono::{Datelike, NaiveDate, Weekday};

/// Days ahead beyond which an end is none (R101).
const DISTANT: i64 = 400;

/// The absence that a notice tells of.
pub(super) fn away(mail: &Mail) -> Away {
    let text = sentences::text(mail);
    // Who writes that they will get back to somebody does not say when they are back.
    let lower = plain(&text).replace("back to you", "answer you");
    let languages = words::languages(&lower);
    let mut sentences = sentences::of(&lower);
    // Domino writes the end into the subject: "(returning 12/01/2024)".
    let subject = plain(&mail.subject);
    if let Some((_, tail)) = subject.rsplit_once('(').filter(|_| subject.starts_with("auto:")) {
        sentences.push(tail.to_owned());
    }
    let (until, certainty) = end(mail, &sentences, &languages);
    let substitutes = mentioned::people(mail, &text, &[Say::Ask, Say::Away, Say::Back]);
    Away { until, certainty, substitutes, language: languages.first().copied() }
}

/// Somebody has left, and who is named instead.
pub(super) fn left(mail: &Mail) -> Left {
    let text = sentences::text(mail);
    Left { successors: mentioned::people(mail, &text, &[Say::Ask, Say::Gone]) }
}

/// What a date is in its sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// The last day away.
    Until,
    /// The first day back.
    Back,
    /// A beginning.
    From,
    /// A day in a sentence about an absence.
    On,
}

struct Claim {
    part: Part,
    meant: Meant,
    /// The sentence is about an absence.
    firm: bool,
}

fn end(mail: &Mail, sentences: &[String], languages: &[&str]) -> (Option<NaiveDate>, Certainty) {
    let dated: Vec<Vec<Written>> = sentences.iter().map(|sentence| dates::find(sentence)).collect();
    let all: Vec<Written> = dated.iter().flatten().copied().collect();
    let order = dates::order(&all, languages, region(mail));
    let day = written_on(mail);
    let mut claims = Vec::new();
    for (sentence, dates) in sentences.iter().zip(&dated) {
        let firm = words::says(sentence, &[Say::Away, Say::Back]);
        for at in 0..dates.len() {
            let (Some(part), Some(date)) = (part(sentence, dates, at, languages, firm), dates.get(at)) else {
                continue;
            };
            // Without a date of its own nothing says in which year a mail stands.
            let meant = match day {
                Some(day) => date.meant(day, order),
                None => Meant::Unclear,
            };
            claims.push(Claim { part, meant, firm });
        }
    }
    let open = sentences.iter().any(|sentence| words::says(sentence, &[Say::Open]));
    weigh(&claims, open, day.unwrap_or_default())
}

/// What follows from all that is claimed.
fn weigh(claims: &[Claim], open: bool, day: NaiveDate) -> (Option<NaiveDate>, Certainty) {
    let ends = |claim: &&Claim| matches!(claim.part, Part::Until | Part::Back);
    let firm = claims.iter().any(|claim| claim.firm && ends(&claim));
    let ends: Vec<&Claim> = claims.iter().filter(ends).filter(|claim| claim.firm || !firm).collect();
    let mut certain = firm;
    let mut last_days: Vec<NaiveDate> = Vec::new();
    let mut passed = false;
    for claim in &ends {
        let Meant::Day(date, odd) = claim.meant else {
            certain = false;
            continue;
        };
        certain &= !odd;
        let Some(last) = (if claim.part == Part::Back { date.pred_opt() } else { Some(date) }) else { continue };
        passed |= last < day;
        last_days.extend(Some(last).filter(|last| *last >= day));
    }
    let Some(latest) = last_days.iter().max().copied() else {
        let unclear = ends.iter().any(|claim| claim.meant == Meant::Unclear);
        return match (unclear, passed, open) {
            (true, ..) => (None, Certainty::Unsure),
            (_, _, true) => (None, Certainty::OpenEnded),
            (_, true, _) => (None, Certainty::Past),
            _ => mentioned_day(claims, day),
        };
    };
    if (latest - day).num_days() > DISTANT {
        return (None, Certainty::OpenEnded);
    }
    certain &= last_days.iter().all(|last| agree(*last, latest)) && !open;
    (Some(latest), if certain { Certainty::Sure } else { Certainty::Unsure })
}

/// A day that is named in a sentence about an absence, without saying that it is the last.
fn mentioned_day(claims: &[Claim], day: NaiveDate) -> (Option<NaiveDate>, Certainty) {
    let on = claims.iter().filter(|claim| claim.part == Part::On && claim.firm);
    let days = on.filter_map(|claim| match claim.meant {
        Meant::Day(date, _) if date >= day && (date - day).num_days() <= DISTANT => Some(date),
        _ => None,
    });
    match days.max() {
        Some(last) => (Some(last), Certainty::Unsure),
        None => (None, Certainty::Assumed),
    }
}

/// The last day of work before the first day back may be a Friday.
fn agree(one: NaiveDate, latest: NaiveDate) -> bool {
    let between = one.iter_days().skip(1).take_while(|day| *day <= latest);
    (latest - one).num_days() <= 2
        && between.into_iter().all(|day| matches!(day.weekday(), Weekday::Sat | Weekday::Sun))
}

/// The part that the date at `at` plays.
fn part(sentence: &str, dates: &[Written], at: usize, languages: &[&str], firm: bool) -> Option<Part> {
    let date = dates.get(at)?;
    let begin = at.checked_sub(1).and_then(|before| dates.get(before)).map_or(0, |before| before.end);
    let prefix = sentence.get(begin..date.start)?;
    let suffix = sentence.get(date.end..dates.get(at + 1).map_or(sentence.len(), |next| next.start))?;
    let mut known = languages.to_vec();
    if !known.contains(&"en") {
        known.push("en");
    }
    if let Some(part) = behind(prefix, suffix, at > 0, &known) {
        return Some(part);
    }
    let lead = without_fillers(prefix, &known);
    let ranged = at > 0 && lead.len() < 8 || lead.len() < prefix.len() && follows_number(lead, &known);
    if words::ending(lead, Say::Until, &known).is_some() {
        let back = words::says(prefix, &[Say::NotBack]);
        return Some(if back { Part::Back } else { Part::Until });
    }
    if words::ending(lead, Say::Range, &known).is_some() && (ranged || follows_number(lead, &known)) {
        return Some(Part::Until);
    }
    let returns = words::says(prefix, &[Say::Back]) || words::says(clause(suffix), &[Say::Back]);
    if words::ending(lead, Say::From, &known).is_some() {
        return Some(if returns { Part::Back } else { Part::From });
    }
    if returns {
        return Some(Part::Back);
    }
    firm.then_some(Part::On)
}

/// Words behind the date, in languages that put them there.
fn behind(prefix: &str, suffix: &str, second: bool, known: &[&str]) -> Option<Part> {
    let tail = suffix.trim_start_matches([' ', '.', ')', ',']);
    if words::starting(tail, Say::AfterFrom, known).is_some() {
        // In Turkish and Hungarian the ending of a day says no more than "on".
        let back = words::says(prefix, &[Say::Back]) || words::says(suffix, &[Say::Back]);
        return Some(if back { Part::Back } else { Part::From });
    }
    if words::starting(tail, Say::AfterUntil, known).is_some() {
        return Some(Part::Until);
    }
    let second = second || follows_number(prefix, known);
    (second && words::starting(tail, Say::AfterRange, known).is_some()).then_some(Part::Until)
}

/// What stands before the first comma: what comes later speaks of something else.
fn clause(suffix: &str) -> &str {
    suffix.split([',', ';', '(', '-']).next().unwrap_or("")
}

/// Whether a range's word stands behind a number: "5 to", "5-".
fn follows_number(lead: &str, known: &[&str]) -> bool {
    let lead = lead.trim_end();
    let bare = match words::ending(lead, Say::Range, known).or_else(|| words::ending(lead, Say::Until, known)) {
        Some(phrase) => lead.get(..lead.len() - phrase.len()).unwrap_or(""),
        None => lead,
    };
    bare.trim_end_matches([' ', '.']).ends_with(|c: char| c.is_ascii_digit())
}

/// The text before a date without days of the week and small words.
fn without_fillers<'a>(prefix: &'a str, known: &[&str]) -> &'a str {
    let mut lead = prefix;
    for _ in 0..6 {
        lead = lead.trim_end_matches([' ', ',', '(', ':', '.']);
        let word = lead.rsplit([' ', ',', '(']).next().unwrap_or("");
        let until = words::ending(lead, Say::Until, known).is_some()
            || (words::ending(lead, Say::Range, known).is_some() && follows_number(lead, known));
        if !word.is_empty() && NAMES.weekday(word).is_some() {
            lead = lead.get(..lead.len() - word.len()).unwrap_or("");
        } else if let Some(filler) = words::ending(lead, Say::Filler, known).filter(|_| !until) {
            lead = lead.get(..lead.len() - filler.len()).unwrap_or("");
        } else {
            break;
        }
    }
    lead
}

/// The day on which the mail was written, where its sender was.
fn written_on(mail: &Mail) -> Option<NaiveDate> {
    let at = mail.date?;
    let zone = mail.headers.first("date").and_then(|date| date.split_whitespace().find_map(offset)).unwrap_or(0);
    let local = chrono::DateTime::from_timestamp_millis(at.0.saturating_add(zone * 60_000))?;
    Some(local.date_naive()).filter(|day| (1990..=2200).contains(&day.year()))
}

/// Minutes of `+0200`.
fn offset(word: &str) -> Option<i64> {
    let sign = if word.starts_with('-') { -1 } else { 1 };
    let digits = word.strip_prefix(['+', '-']).filter(|d| d.len() == 4 && d.bytes().all(|b| b.is_ascii_digit()))?;
    let (hours, minutes) = digits.split_at_checked(2)?;
    Some(sign * (hours.parse::<i64>().ok()?.min(14) * 60 + minutes.parse::<i64>().ok()?.min(59)))
}

/// How dates are written where the writer's settings or domain say that they are (R100).
fn region(mail: &Mail) -> Option<Order> {
    let mut tags = ["content-language", "accept-language"].into_iter().filter_map(|name| mail.headers.first(name));
    let tag = tags.next().and_then(|value| value.split([',', ';']).next()).unwrap_or("").trim().to_ascii_lowercase();
    let domain = mail.from.first().map_or("", |party| party.address.domain());
    let country = domain.rsplit('.').next().unwrap_or("");
    match tag.as_str() {
        "en-us" | "en-ph" => return Some(Order::Month),
        "en-gb" | "en-ie" | "en-au" | "en-nz" | "en-in" | "en-za" => return Some(Order::Day),
        _ => {}
    }
    match country {
        "us" | "gov" | "mil" => Some(Order::Month),
        // What is written in English in these countries follows them.
        "uk" | "ie" | "au" | "nz" | "in" | "za" | "pl" | "de" | "fr" | "es" | "it" | "pt" | "nl" | "se" | "dk"
        | "no" | "fi" | "cz" | "sk" | "at" | "ch" | "be" | "ro" | "ua" | "tr" => Some(Order::Day),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
