//! What an automatic mail says, taken apart (R95, R98 to R110): delivery reports by recipient, absences with
//! their end, departures, numbers of acknowledgements, and the mail that all this is about.
//!
//! Asked of automatic mail only; a person's mail says none of it. Structure is asked before words here too:
//! report parts, fields, the returned mail, and then the text.

mod absence;
mod dates;
mod failure;
mod mentioned;
mod number;
mod report;
mod returned;
pub(super) mod said;
mod sentences;
pub(super) mod words;
mod written;

use super::{header, lines_of, mime};
use crate::model::automatic::Automatic;
use crate::model::mail::{Author, Mail};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Reads what an automatic mail says; `mail` is what [`super::parse`] made of `raw`. Empty for mail that a
/// person wrote. Never fails and never panics; time and memory are bounded as in parsing.
pub fn automatic(raw: &[u8], mail: &Mail) -> Automatic {
    let read = || {
        if says_nothing(mail) {
            return Automatic::default();
        }
        let raw = lines_of(raw);
        let block = header::split_mail(&raw);
        read(mail, &mime::walk(&block, &mut Vec::new()))
    };
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_default()
}

/// The same of a mail whose parts are known already.
pub(super) fn guarded(mail: &Mail, parts: &[mime::Part<'_>]) -> Automatic {
    catch_unwind(AssertUnwindSafe(|| if says_nothing(mail) { Automatic::default() } else { read(mail, parts) }))
        .unwrap_or_default()
}

fn says_nothing(mail: &Mail) -> bool {
    matches!(mail.author, Author::Human | Author::Calendar)
}

fn read(mail: &Mail, parts: &[mime::Part<'_>]) -> Automatic {
    let (text, tail) = written::split(&mail.text.body);
    let returned = returned::find(parts, mail, text, tail);
    let mut found = Automatic::default();
    match mail.author {
        Author::DsnFailed | Author::DsnDelayed | Author::DsnDelivered => {
            found.bounces = report::recipients(parts, mail, text);
            if found.bounces.is_empty() {
                found.bounces = written::recipients(mail, text, &returned);
            }
        }
        Author::Vacation => found.away = Some(absence::away(mail)),
        Author::LeftCompany => found.left = Some(absence::left(mail)),
        Author::Acknowledgement => found.remote_number = number::of(mail),
        Author::Mdn => found.deleted = report::deleted(parts),
        _ => {}
    }
    found.about = returned.ids;
    found.about_recipients = returned.recipients;
    found.returned_answer = returned.answer;
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_bytes_say_something_or_nothing(raw in proptest::collection::vec(any::<u8>(), 0..2_000), author in 0usize..12) {
            let mut mail = super::super::parse(&raw);
            mail.author = AUTHORS[author];
            automatic(&raw, &mail);
        }

        #[test]
        fn any_mix_of_words_says_something_or_nothing(
            body in "(until |bis |do |back |wracam |od |12\\.08\\.|5/8/24|August|sierpnia|2024|-|<a@b\\.pl>|:|\\.|\n|\n\n|550 5\\.1\\.1|Final-Recipient: |rfc822;|x@y\\.pl|Status: |--- Below this line is a copy|Message-ID: <a@b>|ticket |#4711|İ|月|8月|日|ż| ){0,60}",
            author in 0usize..12,
        ) {
            let raw = format!("From: a@x.pl\nDate: Mon, 05 Aug 2024 09:12:44 +0200\nContent-Type: message/delivery-status\n\n{body}");
            let mut mail = super::super::parse(raw.as_bytes());
            mail.author = AUTHORS[author];
            mail.text.body = body;
            let found = automatic(raw.as_bytes(), &mail);
            prop_assert!(found.bounces.len() <= 1_000);
        }
    }

    const AUTHORS: [Author; 12] = [
        Author::Human,
        Author::DsnFailed,
        Author::DsnDelayed,
        Author::DsnDelivered,
        Author::Mdn,
        Author::FeedbackReport,
        Author::Vacation,
        Author::LeftCompany,
        Author::Acknowledgement,
        Author::Challenge,
        Author::Calendar,
        Author::Notification,
    ];

    #[test]
    fn a_persons_mail_says_nothing_of_this() {
        let raw = b"From: Jan <jan@klient.pl>\nSubject: Re: offer\n\nI am away until 12 August, write to ewa@klient.pl";
        assert_eq!(automatic(raw, &super::super::parse(raw)), Automatic::default());
    }

    #[test]
    fn a_returned_mail_that_was_an_automatic_answer_is_told() {
        let report = |header: &str| {
            let raw = format!(
                "From: MAILER-DAEMON@mx.pl\nSubject: Returned mail\nContent-Type: multipart/report; boundary=b\n\n--b\n\nx\n\
                 --b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <a@firma.pl>\nFrom: Anna <Anna@firma.pl>\n{header}\
                 To: Jan <jan@klient.pl>\nDate: Fri, 20 Nov 2026 11:00:00 +0000\n--b--\n"
            );
            automatic(raw.as_bytes(), &super::super::parse(raw.as_bytes())).returned_answer
        };
        assert_eq!(report(""), None);
        assert_eq!(report("Auto-Submitted: no\n"), None);
        let found = report("Auto-Submitted: Auto-Replied (vacation)\nIn-Reply-To: <q@klient.pl>\n").unwrap();
        assert_eq!((found.author.as_str(), found.answers.len()), ("anna@firma.pl", 1));
        assert_eq!(found.date.unwrap().rfc3339(), "2026-11-20T11:00:00Z");
        let found = report("X-Autoreply: yes\nReferences: <o@klient.pl> <q@klient.pl>\n").unwrap();
        assert_eq!(found.answers.iter().map(|id| id.as_str()).collect::<Vec<_>>(), ["q@klient.pl"]);
    }

    #[test]
    fn the_returned_mail_is_found_attached_and_quoted() {
        let attached = b"From: MAILER-DAEMON@mx.pl\nSubject: Returned mail\nContent-Type: multipart/report; boundary=b\n\n--b\n\nx\n--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <a@firma.pl>\nX-Google-Original-Message-ID: <old@firma.pl>\nTo: Jan <jan@klient.pl>\n--b--\n";
        let found = automatic(attached, &super::super::parse(attached));
        assert_eq!(found.about.iter().map(|id| id.as_str()).collect::<Vec<_>>(), ["a@firma.pl", "old@firma.pl"]);
        assert_eq!(found.about_recipients[0].as_str(), "jan@klient.pl");
        let quoted = b"From: MAILER-DAEMON@mx.pl\nSubject: failure notice\n\n<jan@klient.pl>:\nno such user\n\n--- Below this line is a copy of the message.\n\nReceived: from x\nMessage-ID: <a@firma.pl>\nTo: jan@klient.pl\n\ntext";
        let found = automatic(quoted, &super::super::parse(quoted));
        assert_eq!(found.about.iter().map(|id| id.as_str()).collect::<Vec<_>>(), ["a@firma.pl"]);
    }
}
