//! Whether one of our own servers took a mail from somebody who had signed in there. Pure.
//!
//! Each server writes its Received line on top of those that came with the mail, so what stands below
//! the first line of an outside server may be forged. From the top, hand-overs by LMTP within our
//! servers are passed over (nobody outside speaks LMTP to them); the next line must be by one of our
//! servers, with a word of RFC 3848 that says that the sender had signed in.

use crate::model::mail::Headers;

/// Words after `with` that mean SMTP with sign-in (RFC 3848, RFC 6531).
const SIGNED_IN: [&str; 4] = ["esmtpa", "esmtpsa", "utf8smtpa", "utf8smtpsa"];
/// Hand-overs that are passed over at most.
const HAND_OVERS: usize = 4;

/// Whether a mail was submitted to one of `servers`, named as they name themselves after `by`.
pub(super) fn is_ours(headers: &Headers, servers: &[String]) -> bool {
    let ours = |name: &str| servers.iter().any(|server| server.eq_ignore_ascii_case(name));
    for line in headers.all("received").take(HAND_OVERS + 1) {
        let plain = without_comments(line);
        let Some((by, with)) = clauses(&plain) else { return false };
        if !ours(by) {
            return false;
        }
        if !with.to_ascii_lowercase().starts_with("lmtp") {
            return SIGNED_IN.iter().any(|word| with.eq_ignore_ascii_case(word));
        }
    }
    false
}

/// What stands after `by` and after `with`, before the date.
fn clauses(line: &str) -> Option<(&str, &str)> {
    let line = line.split(';').next()?;
    // What the sender called itself stands before `by` and may hold any words.
    let (_, after) = line.rsplit_once(" by ").or_else(|| line.strip_prefix("by ").map(|rest| ("", rest)))?;
    let by = after.split_whitespace().next()?.trim_end_matches('.');
    let (_, with) = after.split_once(" with ")?;
    Some((by, with.split_whitespace().next()?))
}

/// The line without what stands in parentheses; one that does not close ends it.
fn without_comments(line: &str) -> String {
    let mut depth = 0_usize;
    let mut plain = String::with_capacity(line.len());
    for letter in line.chars() {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            other if depth == 0 => plain.push(if other.is_whitespace() { ' ' } else { other }),
            _ => {}
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::mail::Header;

    fn ours(lines: &[&str]) -> bool {
        let header = |line: &&str| Header { name: "received".into(), value: (*line).to_owned() };
        is_ours(&Headers(lines.iter().map(header).collect()), &["mail.firma.pl".to_owned()])
    }

    const SUBMITTED: &str =
        "from [10.0.0.7] (laptop [10.0.0.7]) by mail.firma.pl (Postfix) with ESMTPSA id 4F; Sun, 22 Nov";
    const HANDED: &str =
        "from mail.firma.pl ([127.0.0.1]) by mail.firma.pl with LMTP id xyz (envelope-from <a@b>); Sun";

    #[test]
    fn a_mail_that_our_server_took_from_somebody_signed_in_is_ours() {
        assert!(ours(&[SUBMITTED]));
        assert!(ours(&[HANDED, SUBMITTED]));
    }

    #[test]
    fn lines_that_came_with_the_mail_prove_nothing() {
        for lines in [
            &["from mail.firma.pl (evil [6.6.6.6]) by mail.firma.pl (Postfix) with ESMTPS id 1; x", SUBMITTED][..],
            &["from evil by mx.other.net with ESMTPSA id 1; x"],
            &["from x by mail.firma.pl with ESMTPSA (forged by mx.evil) by mx.evil with SMTP; x"],
            &["from a by mail.firma.pl with ESMTPSA by mail.firma.pl with ESMTP id 1; x"],
            &["from mail.firma.pl (with ESMTPSA by mail.firma.pl by mail.firma.pl with ESMTP id 3; x"],
            &[HANDED],
            &[HANDED, HANDED, HANDED, HANDED, HANDED, SUBMITTED],
            &["by mail.firma.pl"],
            &[""],
            &[],
        ] {
            assert!(!ours(lines), "{lines:?}");
        }
    }
}
