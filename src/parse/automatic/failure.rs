//! What a failure says about an address (R108, R110): code and words together.
//!
//! An address is called wrong only where the code says so and the words do not speak of something else, or
//! where the words leave no doubt and the code does not contradict. All else is soft: a mark that is missing
//! costs one more bounce, a wrong one costs a client.

use super::super::phrases::pairs;
use crate::model::automatic::{Action, BounceKind};
use aho_corasick::AhoCorasick;
use regex::Regex;
use std::sync::LazyLock;

/// Enhanced codes that say that there is no such address.
const HARD: [&str; 6] = ["5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"];

/// What the words speak of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Words {
    unknown: bool,
    host: bool,
    gone: bool,
    full: bool,
    size: bool,
    policy: bool,
    later: bool,
}

static TABLE: LazyLock<(Vec<&str>, Option<AhoCorasick>)> = LazyLock::new(|| {
    let (kinds, phrases): (Vec<&str>, Vec<&str>) = pairs(include_str!("../data/failures.txt")).unzip();
    (kinds, AhoCorasick::new(phrases).ok())
});

/// An enhanced code (RFC 3463), wherever it stands.
#[allow(clippy::unwrap_used, reason = "the pattern is constant and tested")]
static ENHANCED: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?:^|[^0-9.])([245]\.[0-9]{1,3}\.[0-9]{1,3})(?:[^0-9.]|\.?$|\.[^0-9])").unwrap());

/// A reply code of SMTP, wherever it stands.
#[allow(clippy::unwrap_used, reason = "the pattern is constant and tested")]
static REPLY: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?:^|[^0-9A-Za-z.:/+@_=-])([45][0-9]{2})(?:[ \-#:;,)\]>]|$)").unwrap());

/// Addresses and links.
#[allow(clippy::unwrap_used, reason = "the pattern is constant and tested")]
static NAMES: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"https?://\S+|[^\s<>()\[\]:;,=@]+@[^\s<>()\[\]:;,]+").unwrap());

/// The enhanced code in a text.
pub(super) fn enhanced(text: &str) -> Option<String> {
    let hits = ENHANCED.captures_iter(text).filter_map(|hit| hit.get(1)).map(|m| m.as_str());
    hits.filter(|code| *code != "2.0.0" || !text.contains("5.")).map(str::to_owned).next()
}

/// The SMTP code in a text: where an enhanced code follows, that one, else the first.
pub(super) fn reply(text: &str) -> Option<u16> {
    let number = |m: regex::Match<'_>| m.as_str().parse::<u16>().ok().filter(|n| (400..=599).contains(n));
    let hits: Vec<_> = REPLY.captures_iter(text).filter_map(|hit| hit.get(1)).collect();
    let before_enhanced = hits.iter().find(|m| {
        let rest = text.get(m.end()..).unwrap_or("").trim_start_matches([' ', '-', '#', '(']);
        rest.starts_with(['4', '5']) && ENHANCED.is_match(super::sentences::start_of(rest, 12))
    });
    before_enhanced.or(hits.first()).copied().and_then(number)
}

/// What follows for the address.
pub(super) fn kind(action: Action, status: Option<&str>, code: Option<u16>, text: &str) -> BounceKind {
    if action != Action::Failed {
        return BounceKind::None;
    }
    let words = words(server(text).unwrap_or(text));
    let nobody = words.unknown || words.host;
    let later = status.is_some_and(|s| s.starts_with('4')) || code.is_some_and(|c| c < 500);
    let by_policy = status.is_some_and(|s| s.starts_with("5.7.") || s == "5.1.7" || s == "5.1.8");
    if later {
        return if words.policy && !nobody { BounceKind::Policy } else { BounceKind::Soft };
    }
    if words.full || words.size {
        return BounceKind::Soft;
    }
    if by_policy || words.policy {
        // Code and words, or the words among themselves, do not agree.
        return if nobody { BounceKind::Soft } else { BounceKind::Policy };
    }
    if words.gone || (words.later && !words.unknown) {
        return BounceKind::Soft;
    }
    if after_content(text) {
        return BounceKind::Soft;
    }
    if status.is_some_and(|status| HARD.contains(&status)) || takes_no_mail(text) {
        return BounceKind::Hard;
    }
    // 5.2.2 full, 5.2.3 size, 5.3 the system, 5.4 the way there, 5.6 the content: nothing about the address.
    let other =
        status.is_some_and(|s| ["5.2.", "5.3.", "5.4.", "5.5.", "5.6."].iter().any(|start| s.starts_with(start)));
    // Without any code words alone do not call an address wrong.
    let general = status.is_some_and(|status| status == "5.0.0" || status.starts_with("5.1."));
    let fits = matches!(code, Some(550 | 553)) || (code.is_none() && general);
    if words.unknown && fits && !other { BounceKind::Hard } else { BounceKind::Soft }
}

/// Whether the words say that the mail was refused when its content had been handed over. The server had taken the
/// recipient before (RFC 5321 §4.1.1.3): whatever it says then, it says of the mail.
pub(super) fn after_content(text: &str) -> bool {
    let lower = text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    ["reply to end of data", "reply to data", "after end of data", "end of data command"]
        .iter()
        .any(|words| lower.contains(words))
}

/// Whether the words say that the domain takes no mail at all, by its null MX (RFC 7505): what 5.1.10 says in a code.
fn takes_no_mail(text: &str) -> bool {
    let lower = text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    ["record indicated no smtp service", "returned null mx", "(nullmx)"].iter().any(|words| lower.contains(words))
}

/// What the refusing server said, from its code on, where that is understood: what stands before are the words of
/// the server that reports it ("it was rejected by …").
pub(super) fn server(text: &str) -> Option<&str> {
    let code = REPLY.captures(text).and_then(|hit| hit.get(1));
    let from = code.and_then(|code| text.get(code.start()..)).filter(|said| telling(said));
    // In answer to the sender's own address, whatever is unknown is not the recipient.
    let sender = text.to_lowercase().contains("mail from:");
    from.filter(|_| !sender)
}

fn words(text: &str) -> Words {
    let mut words = Words::default();
    let (kinds, Some(search)) = (&TABLE.0, &TABLE.1) else { return words };
    // An address such as filtered@ says nothing, nor does a link.
    let bare = NAMES.replace_all(text, " ");
    let lower = bare.to_lowercase();
    for hit in search.find_overlapping_iter(&lower) {
        match kinds.get(hit.pattern().as_usize()).copied().unwrap_or("") {
            "unknown" => words.unknown = true,
            "host" => words.host = true,
            "gone" => words.gone = true,
            "full" => words.full = true,
            "size" => words.size = true,
            "policy" => words.policy = true,
            "later" => words.later = true,
            _ => {}
        }
    }
    words
}

/// Whether the words say anything that is known.
pub(super) fn telling(text: &str) -> bool {
    words(text) != Words::default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_and_words_decide_together() {
        use BounceKind::{Hard, Policy, Soft};
        for (status, code, text, expected) in [
            ("5.1.1", Some(550), "user unknown", Hard),
            ("5.1.1", None, "", Hard),
            ("5.0.0", Some(550), "no such user here", Hard),
            ("", Some(553), "unknown recipient", Hard),
            ("", None, "this user does not exist", Soft),
            (
                "5.1.1",
                Some(550),
                "it was rejected by the server. The error was: 550 5.1.1 <spam@x.pl>: user unknown",
                Hard,
            ),
            ("5.1.8", Some(553), "domain of sender address x@y.pl does not exist", Soft),
            ("", Some(550), "after MAIL FROM:<a@x.pl>: 550 no such user", Soft),
            ("5.1.1", Some(550), "mailbox is full", Soft),
            ("5.1.1", Some(550), "account suspended", Soft),
            ("5.2.2", Some(552), "over quota", Soft),
            ("5.4.1", Some(550), "user unknown", Soft),
            ("5.7.1", Some(550), "user unknown", Soft),
            ("5.7.1", Some(550), "blocked by policy", Policy),
            ("5.0.0", Some(554), "listed at zen.spamhaus.org", Policy),
            ("4.2.2", Some(450), "user unknown", Soft),
            ("", Some(452), "try later", Soft),
            ("5.0.0", Some(550), "something odd", Soft),
            ("5.0.0", Some(550), "550 unknown user a@x.pl (in reply to end of DATA\n    command)", Soft),
            ("5.1.1", Some(550), "550 5.1.1 unknown user (in reply to RCPT TO command)", Hard),
            ("", None, "an MX or SRV record indicated no SMTP\n    service", Hard),
            ("", Some(554), "554-No SMTP service 554-Bad DNS PTR resource record", Soft),
        ] {
            let status = Some(status).filter(|s| !s.is_empty());
            assert_eq!(kind(Action::Failed, status, code, text), expected, "{status:?} {code:?} {text}");
        }
        assert_eq!(kind(Action::Delayed, Some("5.1.1"), Option::None, "user unknown"), BounceKind::None);
    }

    #[test]
    fn codes_are_found_in_texts() {
        assert_eq!(reply("host mx.a.pl[10.0.0.1] said: 550 5.1.1 unknown"), Some(550));
        assert_eq!(reply("Remote host said: 554 delivery error"), Some(554));
        assert_eq!(reply("after 500 attempts: 550-5.1.1 The email"), Some(550));
        assert_eq!(reply("10.0.550.1, port 4250"), None);
        assert_eq!(enhanced("Sorry. (#5.1.1)").as_deref(), Some("5.1.1"));
        assert_eq!(enhanced("from 5.1.1.2"), None);
    }
}
