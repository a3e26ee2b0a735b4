//! A mail as lists show it: on a timeline, on Today, at the head of its own page.

use super::when::{Clock, When};
use super::words::{FromMailWords, ReviewWords, Words, fill};
use crate::model::mail::{Attachment, Author};
use crate::model::record::Kind;
use crate::store::views::{Excerpt, Notice, Written};

/// A mail on a list.
pub(super) struct Card {
    /// Its id, for the address and the anchor.
    pub id: i64,
    /// `in`, `out` or `internal`: the icon.
    pub direction: String,
    /// The same in words.
    pub direction_word: &'static str,
    /// Who wrote it.
    pub from: Who,
    /// The first addressees.
    pub to: Vec<Who>,
    /// "and 3 more".
    pub more: Option<String>,
    /// Subject, or words that say there is none.
    pub subject: String,
    /// First lines.
    pub text: String,
    /// Attachments.
    pub files: Vec<File>,
    /// "Waiting 2 days".
    pub waiting: Option<String>,
    /// Who answered it.
    pub answered: Option<Answered>,
    /// What else is to be said of it in a word or two.
    pub marks: Vec<&'static str>,
    /// Our own server doubts the sender.
    pub doubted: bool,
    /// How it came onto this record's timeline, where that is not plain: "via account".
    pub via: Option<&'static str>,
    /// Who filed it here from their mail program, and how.
    pub filed: Option<String>,
    /// The record that governs it here, where that is another.
    pub governing: Option<(i64, String)>,
    /// When it was written.
    pub when: When,
}

/// A person on a mail.
pub(super) struct Who {
    /// The name, or the address where there is none.
    pub name: String,
    /// The address.
    pub address: String,
}

/// An attachment on a list.
pub(super) struct File {
    /// Its place among all attachments of the mail.
    pub index: usize,
    /// Its name, or words that say there is none.
    pub name: String,
    /// Its size.
    pub size: String,
}

/// A line that says who answered.
pub(super) struct Answered {
    /// "Answered by Piotr Nowak".
    pub text: String,
    /// The answering mail, if the viewer may see it.
    pub mail: Option<i64>,
    /// When.
    pub when: When,
}

/// A line about an absence notice.
pub(super) struct NoticeLine {
    /// What happened.
    pub text: String,
    /// Went wrong or is unclear.
    pub bad: bool,
    /// When.
    pub when: When,
}

impl Card {
    /// The card of a mail.
    pub fn of(mail: &Excerpt, clock: &Clock) -> Card {
        let w = clock.words;
        let mut marks = machine(mail, w);
        if mail.sealed {
            marks.push(ReviewWords::of(w.language).sealed);
        }
        if mail.forward {
            marks.push(w.forwarded);
        }
        let f = FromMailWords::of(w.language);
        let called = mail.called.map(|at| Answered { text: f.called.to_owned(), mail: None, when: clock.when(at) });
        let answered = mail.answer.as_ref().map(|answer| Answered {
            text: answer.by.as_ref().map_or(w.answered.to_owned(), |(_, name)| fill(w.answered_by, &[("name", name)])),
            mail: answer.by.as_ref().map(|(id, _)| id.0),
            when: clock.when(answer.at),
        });
        let waiting = match (mail.waits, mail.awaits) {
            (true, _) => Some(fill(w.waiting, &[("for", &clock.lasted(mail.at))])),
            (_, true) => Some(fill(f.waits_for_them, &[("for", &clock.lasted(mail.at))])),
            _ => None,
        };
        let shown = 2;
        let rest = mail.to.len().saturating_sub(shown);
        Card {
            id: mail.id.0,
            direction_word: match mail.direction.as_str() {
                "in" => w.received,
                "out" => w.sent,
                _ => w.internal,
            },
            direction: mail.direction.clone(),
            from: who(&mail.from),
            to: mail.to.iter().take(shown).map(who).collect(),
            more: (rest > 0).then(|| w.count(&w.more_people, rest as i64)),
            subject: or(&mail.subject, w.no_subject),
            text: lines(&mail.text, 320).unwrap_or_else(|| w.no_text.to_owned()),
            files: files(&mail.attachments(), w),
            waiting,
            answered: answered.or(called),
            marks,
            doubted: mail.doubted,
            via: None,
            filed: None,
            governing: None,
            when: clock.when(mail.at),
        }
    }
}

/// The listed (not inline) attachments.
pub(super) fn files(attachments: &[Attachment], w: &'static Words) -> Vec<File> {
    let file = |(index, a): (usize, &Attachment)| File { index, name: or(&a.name, w.unnamed), size: size(a.size) };
    attachments.iter().enumerate().filter(|(_, a)| !a.inline).map(file).collect()
}

/// The line of a notice.
pub(super) fn notice(notice: &Notice, clock: &Clock) -> NoticeLine {
    let w = clock.words;
    let (text, bad) = state(&notice.state, w);
    let mut text = fill(text, &[("away", &notice.away), ("to", &notice.to)]);
    if let Some(name) = &notice.substitute {
        text.push_str("; ");
        text.push_str(&fill(w.notice_names, &[("name", name)]));
    }
    if let Some(answer) = &notice.answer {
        text.push_str(": ");
        text.push_str(answer);
    }
    NoticeLine { text, bad, when: clock.when(notice.at) }
}

/// The sentence for a notice's state, and whether it is bad news.
pub(super) fn state(word: &str, w: &'static Words) -> (&'static str, bool) {
    match word {
        "sent" => (w.notice_sent, false),
        "refused" => (w.notice_refused, true),
        "gave-up" => (w.notice_gave_up, true),
        "unclear" => (w.notice_unclear, true),
        _ => (w.notice_queued, false),
    }
}

/// The word for a record's kind.
pub(super) fn kind(kind: Kind, w: &'static Words) -> &'static str {
    match kind {
        Kind::Account => w.account,
        Kind::Contact => w.contact,
        Kind::Lead => w.lead,
        Kind::Opportunity => w.opportunity,
    }
}

/// What tells a machine's mail, or one that came over a list, from a person's.
fn machine(mail: &Excerpt, w: &'static Words) -> Vec<&'static str> {
    let author = match Author::from_word(&mail.author) {
        Some(Author::Human) => None,
        Some(Author::Vacation | Author::LeftCompany) => Some(w.vacation),
        Some(Author::DsnFailed | Author::DsnDelayed | Author::DsnDelivered | Author::Mdn) => Some(w.undelivered),
        _ => Some(w.automatic),
    };
    let channel = match mail.channel.as_str() {
        "list" => Some(w.list),
        "bulk" => Some(w.bulk),
        _ => None,
    };
    author.into_iter().chain(channel).collect()
}

/// Somebody on a mail.
pub(super) fn who(party: &Written) -> Who {
    let name = party.name.as_deref().unwrap_or("").trim();
    Who { name: or(name, &party.address), address: party.address.clone() }
}

fn or(text: &str, instead: &str) -> String {
    if text.trim().is_empty() { instead.to_owned() } else { text.to_owned() }
}

/// The beginning of a text with its white space folded; `None` if there is none.
fn lines(text: &str, most: usize) -> Option<String> {
    let mut out = String::new();
    let mut room = most;
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
            room = room.saturating_sub(1);
        }
        let length = word.chars().count();
        out.extend(word.chars().take(room));
        if length > room {
            out.push('…');
            break;
        }
        room -= length;
    }
    (!out.is_empty()).then_some(out)
}

/// Octets for people.
pub(super) fn size(octets: u64) -> String {
    match octets {
        0..1_000 => format!("{octets} B"),
        1_000..1_000_000 => format!("{} KB", octets.div_ceil(1_000)),
        _ => format!("{:.1} MB", octets as f64 / 1_000_000.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beginning_is_cut_between_or_inside_words_but_never_inside_letters() {
        assert_eq!(lines(" a\n\n b\t c ", 10).as_deref(), Some("a b c"));
        assert_eq!(lines("zażółć gęślą jaźń", 10).as_deref(), Some("zażółć gęś…"));
        assert_eq!(lines(&"ż".repeat(50), 5).as_deref(), Some("żżżżż…"));
        assert_eq!(lines(" \n ", 5), None);
    }

    #[test]
    fn sizes_are_for_people() {
        assert_eq!([0, 999, 1_000, 12_345, 2_500_000].map(size), ["0 B", "999 B", "1 KB", "13 KB", "2.5 MB"]);
    }
}
