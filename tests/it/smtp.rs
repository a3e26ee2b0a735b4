//! Sending over a submission server that plays every answer and every silence.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[path = "support/smtp_sink.rs"]
pub mod smtp_sink;

use smtp_sink::{Cover, Play, Sink, Step};
use standin::config::{Auth, Security, Server};
use standin::model::address::Address;
use standin::model::delivery::{Answer, Outgoing};
use standin::model::id::MsgId;
use standin::model::time::Timestamp;
use standin::smtp::{Way, greet, send, send_by};
use std::time::Duration;

/// Long enough for a busy machine; only tests of silence wait for their own, shorter one.
const PATIENT: Duration = Duration::from_secs(30);
const SHORT: Duration = Duration::from_millis(400);

fn server(sink: &Sink) -> Server {
    Server {
        host: "127.0.0.1".into(),
        port: Some(sink.port),
        security: Security::Plain,
        user: None,
        auth: Auth::Plain,
        secret_file: None,
        secret_env: None,
        secret_command: None,
        ca_file: None,
        typed: None,
    }
}

fn mail() -> Outgoing {
    Outgoing {
        envelope_from: None,
        envelope_to: "SRS0=Ab=cd=acme-pumps.com=Jan@forwarder.net".into(),
        message_id: MsgId::new("n1@firma.pl").unwrap(),
        bytes: b"Subject: x\r\n\r\n.dot\r\nend\r\n".to_vec(),
        expires_at: Timestamp(0),
    }
}

fn large() -> Outgoing {
    Outgoing { bytes: b"0123456789\r\n".repeat(3_000_000), ..mail() }
}

async fn answer_with(script: &[(Step, Play)], mail: &Outgoing, limit: Duration) -> Answer {
    let sink = Sink::start(Cover::Plain, script).await;
    send(&server(&sink), mail, limit).await
}

fn kind(answer: &Answer) -> &'static str {
    match answer {
        Answer::Accepted(_) => "accepted",
        Answer::Later(_) => "later",
        Answer::Refused(_) => "refused",
        Answer::NullSenderRefused(_) => "null sender refused",
        Answer::Unclear(_) => "unclear",
    }
}

#[tokio::test]
async fn an_accepted_mail_goes_to_one_recipient_under_the_null_sender_with_every_byte() {
    let sink = Sink::start(Cover::Plain, &[]).await;
    let answer = send(&server(&sink), &mail(), PATIENT).await;
    assert_eq!(answer, Answer::Accepted("250 2.0.0 queued as 4711".into()));
    assert_eq!(
        sink.heard(),
        [
            "EHLO [127.0.0.1]",
            "EHLO [127.0.0.1]",
            "MAIL FROM:<>",
            "RCPT TO:<SRS0=Ab=cd=acme-pumps.com=Jan@forwarder.net> NOTIFY=NEVER",
            "DATA",
            "QUIT"
        ]
    );
    let text = String::from_utf8(sink.mails().remove(0)).unwrap();
    assert_eq!(text.trim_end(), "Subject: x\r\n\r\n.dot\r\nend");
}

#[tokio::test]
async fn no_report_is_ordered_for_notices_alone_and_only_where_the_server_takes_such_orders() {
    let plain = "RCPT TO:<SRS0=Ab=cd=acme-pumps.com=Jan@forwarder.net>".to_owned();
    for bare in ["250 sink.test", "250-sink.test\r\n250 XDSN"] {
        let sink = Sink::start(Cover::Plain, &[(Step::Ehlo, Play::Say(bare))]).await;
        assert_eq!(kind(&send(&server(&sink), &mail(), PATIENT).await), "accepted");
        assert!(sink.heard().contains(&plain), "{:?}", sink.heard());
    }
    // Mail under an address of its own wants to know what became of it.
    let sink = Sink::start(Cover::Plain, &[]).await;
    let named = Outgoing { envelope_from: Some(Address::parse("office@firma.pl").unwrap()), ..mail() };
    assert_eq!(kind(&send(&server(&sink), &named, PATIENT).await), "accepted");
    assert!(sink.heard().contains(&plain), "{:?}", sink.heard());
    // A notice that leaves under a bounce address wants none all the same.
    let address = Address::parse("bounces@firma.pl").unwrap();
    let notice = mail();
    let way = Way { reverse_path: Some(&address), ..Way::of(&notice) };
    assert_eq!(kind(&send_by(&server(&sink), &notice, &way, PATIENT).await), "accepted");
    assert!(sink.heard().contains(&format!("{plain} NOTIFY=NEVER")), "{:?}", sink.heard());
    // A server that wants no second greeting is sent to all the same.
    let sink = Sink::start(Cover::Plain, &[(Step::SecondEhlo, Play::Say("503 5.5.1 you said so"))]).await;
    assert_eq!(kind(&send(&server(&sink), &mail(), PATIENT).await), "accepted");
    assert!(sink.heard().contains(&plain), "{:?}", sink.heard());
}

/// A server that answers a byte now and then keeps no worker: each step has its own time.
#[tokio::test]
async fn a_tar_pit_at_any_step_is_left_with_the_step_named() {
    let secret = secret_file("tarpit", "geheim");
    for (step, named) in [
        (Step::Greeting, "the greeting and EHLO"),
        (Step::Ehlo, "the greeting and EHLO"),
        (Step::SecondEhlo, "EHLO"),
        (Step::Auth, "the sign-in"),
        (Step::Mail, "MAIL FROM"),
        (Step::Rcpt, "RCPT TO"),
        (Step::Data, "DATA"),
    ] {
        for play in [Play::Drip, Play::Silence, Play::Deaf] {
            let sink = Sink::start(Cover::Plain, &[(step, play.clone())]).await;
            let signed = Server { user: Some("anna".into()), secret_file: Some(secret.clone()), ..server(&sink) };
            let notice = mail();
            let way = Way { step: SHORT, ..Way::of(&notice) };
            let begun = std::time::Instant::now();
            let answer = send_by(&signed, &notice, &way, PATIENT).await;
            let Answer::Later(words) = answer else { panic!("{step:?} {play:?}: {answer:?}") };
            assert!(words.contains(&format!("was not done with {named} within")), "{step:?} {play:?}: {words}");
            assert!(begun.elapsed() < Duration::from_secs(20), "{step:?}: {:?}", begun.elapsed());
        }
    }
    // After the dot it may have been taken: never again.
    for play in [Play::Drip, Play::Silence] {
        let answer = answer_with(&[(Step::Dot, play)], &mail(), SHORT).await;
        assert_eq!(kind(&answer), "unclear", "{answer:?}");
    }
    // A server that does not part changes nothing.
    assert_eq!(kind(&answer_with(&[(Step::Quit, Play::Drip)], &mail(), PATIENT).await), "accepted");
    std::fs::remove_file(secret).unwrap();
}

#[tokio::test]
async fn a_temporary_refusal_at_any_step_is_tried_later() {
    for step in [Step::Greeting, Step::Ehlo, Step::Mail, Step::Rcpt, Step::Data, Step::Dot] {
        let answer = answer_with(&[(step, Play::Say("451 4.3.0 not now"))], &mail(), PATIENT).await;
        assert_eq!(kind(&answer), "later", "{step:?}: {answer:?}");
        let Answer::Later(words) = answer else { unreachable!() };
        assert!(words.contains("4.3.0 not now"), "{words}");
    }
}

#[tokio::test]
async fn a_final_refusal_of_the_mail_is_final_and_one_of_the_session_is_not() {
    for (step, wanted) in [
        (Step::Greeting, "later"),
        (Step::Ehlo, "later"),
        (Step::Mail, "null sender refused"),
        (Step::Rcpt, "refused"),
        (Step::Data, "refused"),
        (Step::Dot, "refused"),
    ] {
        let answer = answer_with(&[(step, Play::Say("550 5.1.1 no such user"))], &mail(), PATIENT).await;
        assert_eq!(kind(&answer), wanted, "{step:?}: {answer:?}");
    }
}

#[tokio::test]
async fn a_refused_null_sender_is_known_at_every_step_and_an_ordinary_sender_is_not_mistaken_for_it() {
    let words = "553 5.7.1 <>: Sender address rejected: not owned by user anna";
    for step in [Step::Mail, Step::Rcpt, Step::Data, Step::Dot] {
        let answer = answer_with(&[(step, Play::Say(words))], &mail(), PATIENT).await;
        assert_eq!(kind(&answer), "null sender refused", "{step:?}");
        let named = Outgoing { envelope_from: Some(Address::parse("bounce@firma.pl").unwrap()), ..mail() };
        let answer = answer_with(&[(step, Play::Say(words))], &named, PATIENT).await;
        assert_eq!(kind(&answer), "refused", "{step:?}");
    }
    let sink = Sink::start(Cover::Plain, &[]).await;
    let named = Outgoing { envelope_from: Some(Address::parse("bounce@firma.pl").unwrap()), ..mail() };
    assert_eq!(kind(&send(&server(&sink), &named, PATIENT).await), "accepted");
    assert!(sink.heard().contains(&"MAIL FROM:<bounce@firma.pl>".to_owned()));
}

#[tokio::test]
async fn silence_before_the_final_dot_is_tried_later_and_after_it_is_unclear() {
    for step in [Step::Greeting, Step::Ehlo, Step::Mail, Step::Rcpt, Step::Data] {
        let answer = answer_with(&[(step, Play::Silence)], &mail(), SHORT).await;
        assert_eq!(kind(&answer), "later", "{step:?}: {answer:?}");
    }
    assert_eq!(kind(&answer_with(&[(Step::Dot, Play::Silence)], &mail(), SHORT).await), "unclear");
    let answer = answer_with(&[(Step::Body, Play::Deaf)], &large(), SHORT).await;
    assert_eq!(kind(&answer), "later", "the body did not fit into the line: {answer:?}");
}

#[tokio::test]
async fn a_connection_lost_before_the_final_dot_is_tried_later_and_after_it_is_unclear() {
    for step in [Step::Greeting, Step::Ehlo, Step::Mail, Step::Rcpt, Step::Data] {
        let answer = answer_with(&[(step, Play::Close)], &mail(), PATIENT).await;
        assert_eq!(kind(&answer), "later", "{step:?}: {answer:?}");
    }
    assert_eq!(kind(&answer_with(&[(Step::Dot, Play::Close)], &mail(), PATIENT).await), "unclear");
    let answer = answer_with(&[(Step::Body, Play::Close)], &large(), PATIENT).await;
    assert_eq!(kind(&answer), "later", "{answer:?}");
}

#[tokio::test]
async fn nonsense_before_acceptance_is_tried_later_and_after_the_dot_is_unclear() {
    for (step, words, wanted) in [
        (Step::Mail, "hello", "later"),
        (Step::Data, "250 what data", "later"),
        (Step::Dot, "hello", "unclear"),
        (Step::Dot, "354 more", "unclear"),
    ] {
        let answer = answer_with(&[(step, Play::Say(words))], &mail(), PATIENT).await;
        assert_eq!(kind(&answer), wanted, "{step:?} {words}: {answer:?}");
    }
}

#[tokio::test]
async fn a_server_that_does_not_part_does_not_change_its_answer() {
    let answer = answer_with(&[(Step::Quit, Play::Silence)], &mail(), SHORT).await;
    assert_eq!(kind(&answer), "accepted");
}

#[tokio::test]
async fn nobody_listening_is_tried_later() {
    let sink = Sink::start(Cover::Plain, &[]).await;
    let gone = server(&sink);
    drop(sink);
    let mut answer = send(&gone, &mail(), PATIENT).await;
    // The task that listens ends a moment after the abort.
    while kind(&answer) == "accepted" {
        answer = send(&gone, &mail(), PATIENT).await;
    }
    assert_eq!(kind(&answer), "later");
}

#[tokio::test]
async fn a_mail_that_cannot_be_written_is_refused_without_a_connection() {
    let sink = Sink::start(Cover::Plain, &[]).await;
    for to in ["", "a@x>\r\nRCPT TO:<b@x", "a\n@x.pl", "zażółć@acme.pl"] {
        let bad = Outgoing { envelope_to: to.into(), ..mail() };
        assert_eq!(kind(&send(&server(&sink), &bad, PATIENT).await), "refused", "{to:?}");
    }
    for bytes in ["Subject: x\n\nbody\n", "Subject: ż\r\n"] {
        let bad = Outgoing { bytes: bytes.into(), ..mail() };
        assert_eq!(kind(&send(&server(&sink), &bad, PATIENT).await), "refused", "{bytes:?}");
    }
    assert!(sink.heard().is_empty());
}

#[tokio::test]
async fn plain_connections_to_other_machines_are_not_opened() {
    let sink = Sink::start(Cover::Plain, &[]).await;
    let remote = Server { host: "mail.firma.pl".into(), ..server(&sink) };
    let Answer::Later(words) = send(&remote, &mail(), PATIENT).await else { panic!() };
    assert!(words.contains("without TLS"), "{words}");
}

/// A server over TLS with its authority in a file that lives as long as the test.
fn protected(sink: &Sink, security: Security, name: &str) -> Server {
    let path = std::env::temp_dir().join(format!("standin-smtp-{}-{name}.pem", std::process::id()));
    std::fs::write(&path, &sink.authority).unwrap();
    Server { host: "localhost".into(), security, ca_file: Some(path), ..server(sink) }
}

fn secret_file(name: &str, text: &str) -> std::path::PathBuf {
    let path = std::env::temp_dir().join(format!("standin-smtp-{}-{name}.secret", std::process::id()));
    std::fs::write(&path, text).unwrap();
    path
}

#[tokio::test]
async fn tls_and_starttls_carry_the_mail_and_a_foreign_authority_does_not() {
    for (cover, security, name) in
        [(Cover::Tls, Security::Tls, "tls"), (Cover::StartTls, Security::Starttls, "starttls")]
    {
        let sink = Sink::start(cover, &[]).await;
        let good = protected(&sink, security, name);
        assert_eq!(kind(&send(&good, &mail(), PATIENT).await), "accepted", "{name}");
        let other = Sink::start(cover, &[]).await;
        let wrong = protected(&other, security, &format!("{name}-wrong"));
        let wrong = Server { port: Some(sink.port), ..wrong };
        let Answer::Later(words) = send(&wrong, &mail(), PATIENT).await else { panic!() };
        assert!(words.contains("certificate"), "{words}");
        let by_address = Server { host: "127.0.0.1".into(), ..good.clone() };
        assert_eq!(kind(&send(&by_address, &mail(), PATIENT).await), "later");
        for path in [good.ca_file, wrong.ca_file].into_iter().flatten() {
            std::fs::remove_file(path).unwrap();
        }
    }
}

#[tokio::test]
async fn without_starttls_nothing_is_said_in_the_clear() {
    let sink = Sink::start(Cover::Plain, &[]).await;
    let strict = Server { security: Security::Starttls, host: "localhost".into(), ..server(&sink) };
    let Answer::Later(words) = send(&strict, &mail(), PATIENT).await else { panic!() };
    assert!(words.contains("does not offer STARTTLS"), "{words}");
    assert!(sink.heard().iter().all(|line| line.starts_with("EHLO") || line == "QUIT"), "{:?}", sink.heard());
}

#[tokio::test]
async fn the_secret_is_sent_without_its_line_end_by_the_way_that_is_configured() {
    let path = secret_file("pass", "geheim\n");
    for (auth, line) in [
        (Auth::Plain, "AUTH PLAIN AGFubmEAZ2VoZWlt"),
        (Auth::Xoauth2, "AUTH XOAUTH2 dXNlcj1hbm5hAWF1dGg9QmVhcmVyIGdlaGVpbQEB"),
    ] {
        let sink = Sink::start(Cover::Plain, &[]).await;
        let signed = Server { user: Some("anna".into()), auth, secret_file: Some(path.clone()), ..server(&sink) };
        assert_eq!(kind(&send(&signed, &mail(), PATIENT).await), "accepted");
        assert_eq!(sink.heard()[2], line);
    }
    std::fs::remove_file(path).unwrap();
}

#[tokio::test]
async fn a_command_may_print_the_secret_and_a_missing_one_is_named() {
    let sink = Sink::start(Cover::Plain, &[]).await;
    let user = Some("anna".to_owned());
    let command = Some(vec!["printf".to_owned(), "%s\\n".to_owned(), "geheim".to_owned()]);
    let by_command = Server { user: user.clone(), secret_command: command, ..server(&sink) };
    assert_eq!(kind(&send(&by_command, &mail(), PATIENT).await), "accepted");
    assert_eq!(sink.heard()[2], "AUTH PLAIN AGFubmEAZ2VoZWlt");
    let none = Server { user: user.clone(), ..server(&sink) };
    assert!(greet(&none).await.unwrap_err().contains("no secret_file"));
    let lost = Server { user, secret_file: Some("/nonexistent/secret".into()), ..server(&sink) };
    assert!(greet(&lost).await.unwrap_err().contains("/nonexistent/secret"));
}

#[tokio::test]
async fn a_refused_sign_in_waits_for_a_human_and_costs_no_notice() {
    let path = secret_file("wrong", "geheim");
    for (auth, says, wanted) in [
        (Auth::Plain, "535 5.7.8 bad credentials", "bad credentials"),
        (Auth::Xoauth2, "334 eyJzdGF0dXMiOiI0MDEifQ==", "get a new one, with the right to send"),
        (Auth::Xoauth2, "535 5.7.3 Authentication unsuccessful", "5.7.3 Authentication unsuccessful"),
    ] {
        let sink = Sink::start(Cover::Plain, &[(Step::Auth, Play::Say(says))]).await;
        let signed = Server { user: Some("anna".into()), auth, secret_file: Some(path.clone()), ..server(&sink) };
        let Answer::Later(words) = send(&signed, &mail(), PATIENT).await else { panic!() };
        assert!(words.contains(wanted), "{words}");
        assert!(greet(&signed).await.unwrap_err().contains(wanted));
    }
    std::fs::remove_file(path).unwrap();
}

#[tokio::test]
async fn a_check_names_the_server() {
    let sink = Sink::start(Cover::Plain, &[]).await;
    assert_eq!(greet(&server(&sink)).await, Ok("sink.test".into()));
}
