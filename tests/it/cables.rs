//! P1, P2, P8 over connections that break: IMAP cut at random bytes, SMTP cut before and after the
//! final dot.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]
#![allow(clippy::print_stdout)] // figures and seeds, for who reads a failure

use crate::crash::Scene;
use crate::smtp::smtp_sink::{Cover, Play, Sink, Step};
use crate::support::firm::{Company, Kind, contact, full, same};
use crate::support::proxy::{Fate, Proxy, scrambled};

/// As if all pauses before another try had passed.
fn time_passes(company: &Company) {
    company.rows("update locations set next_try_at = 0 where state = 'pending'");
    company.rows("update outbox set next_try_at = 0 where state = 'queued'");
}

fn cut(kind: Kind, seed: u64, mails: usize, cuts: u64) {
    println!("seed {seed}, {mails} mails, {cuts} cuts, {kind:?}");
    let scene = Scene::set(seed, mails);
    let proxy = Proxy::start(scene.dovecot.imap_port, Fate::Pass);
    let measured = scene.company(kind, proxy.port);
    measured.call(["sync", "--once"]).succeed();
    let within = proxy.bytes() / (cuts / 2).max(3);
    let company = scene.company(kind, proxy.port);
    scene.anna_is_away(&company);
    proxy.set(Fate::CutAtRandom { seed, within, times: u64::MAX });
    let (mut wrote, mut runs) = (Vec::new(), 0);
    while proxy.cuts() < cuts {
        runs += 1;
        assert!(runs < 20 * cuts, "only {} connections reached their cut", proxy.cuts());
        let outcome = company.call(["sync", "--once"]).run();
        assert!(outcome.code.is_some() && !outcome.stderr.contains("panicked"), "{outcome:?}");
        time_passes(&company);
        let known = Scene::knows_annas_inbox(&company);
        if known && wrote.len() < 6 {
            company.rows("update mailboxes set connected_at = connected_at - 60000");
            company.rows("update absences set notice_since = notice_since - 60000");
            scene.client_writes(wrote.len(), &format!("cut-{seed}-{runs}"));
            wrote.push(wrote.len());
        } else if outcome.code == Some(0) {
            scene.more(seed + runs, mails / 5);
        }
    }
    println!("{} of {} connections were cut in {runs} runs", proxy.cuts(), proxy.connections());
    proxy.set(Fate::Pass);
    for _ in 0..2 {
        time_passes(&company);
        company.call(["sync", "--once"]).succeed();
    }
    scene.is_accounted_for(&company);
    same(&format!("after {cuts} cuts with seed {seed}"), &scene.undisturbed(kind).0, &company.dump());
    scene.one_notice_each(&company, &wrote);
}

#[test]
fn cut_at_any_byte_a_sync_ends_as_if_nothing_had_been_on_sqlite() {
    let (mails, cuts) = if full() { (1_500, 50) } else { (200, 8) };
    cut(Kind::Sqlite, 31, mails, cuts);
}

#[test]
fn cut_at_any_byte_a_sync_ends_as_if_nothing_had_been_on_postgres() {
    let (mails, cuts) = if full() { (600, 20) } else { (100, 5) };
    cut(Kind::Postgres, 32, mails, cuts);
}

/// An installation whose folders are known, whose Anna is away, and whose mail goes to `port`.
fn absent(scene: &Scene, port: u16) -> Company {
    let mut company = scene.company(Kind::Sqlite, scene.dovecot.imap_port);
    for mailbox in &mut company.config.mailbox {
        mailbox.smtp.as_mut().unwrap().port = Some(port);
    }
    company.call(["sync", "--once"]).succeed();
    scene.anna_is_away(&company);
    company.rows("update mailboxes set connected_at = connected_at - 60000");
    company.rows("update absences set notice_since = notice_since - 60000");
    company
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_cut_after_the_final_dot_is_unclear_and_never_sent_again() {
    let scene = Scene::set(40, 20);
    let sink = Sink::start(Cover::Plain, &[(Step::Dot, Play::Close)]).await;
    tokio::task::block_in_place(|| {
        let company = absent(&scene, sink.port);
        scene.client_writes(0, "dot");
        for _ in 0..3 {
            company.call(["sync", "--once"]).succeed();
            time_passes(&company);
        }
        assert_eq!(company.rows("select state from outbox"), ["unclear"]);
        assert_eq!(sink.mails().len(), 1);
        // The client's second mail brings none either: the ledger has them.
        scene.client_writes(0, "dot-again");
        company.call(["sync", "--once"]).succeed();
        assert_eq!(sink.mails().len(), 1);
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_cut_before_the_final_dot_is_sent_once_in_the_end() {
    for step in [Step::Greeting, Step::Ehlo, Step::Mail, Step::Rcpt, Step::Data] {
        let scene = Scene::set(41, 20);
        let sink = Sink::start(Cover::Plain, &[(step, Play::Close)]).await;
        tokio::task::block_in_place(|| {
            let mut company = absent(&scene, sink.port);
            scene.client_writes(1, "before");
            for _ in 0..2 {
                company.call(["sync", "--once"]).succeed();
                time_passes(&company);
            }
            assert_eq!(company.rows("select state from outbox"), ["queued"], "cut at {step:?}");
            for mailbox in &mut company.config.mailbox {
                mailbox.smtp.as_mut().unwrap().port = Some(scene.postfix.smtp_port);
            }
            for _ in 0..2 {
                company.call(["sync", "--once"]).succeed();
                time_passes(&company);
            }
            scene.one_notice_each(&company, &[1]);
            assert_eq!(scene.notices(1), 1, "cut at {step:?}");
        });
        if !full() {
            break;
        }
    }
}

#[test]
fn a_submission_cut_at_any_byte_brings_no_second_notice() {
    let scene = Scene::set(42, 20);
    let proxy = Proxy::start(scene.postfix.smtp_port, Fate::Pass);
    let company = absent(&scene, proxy.port);
    scene.client_writes(0, "whole");
    company.call(["sync", "--once"]).succeed();
    let whole = proxy.bytes();
    assert!(whole > 100, "the first one went through the proxy: {whole}");
    for n in 1..6 {
        scene.client_writes(n, &format!("bytes-{n}"));
        proxy.set(Fate::CutAfter(1 + scrambled(42, n as u64) % whole));
        company.call(["sync", "--once"]).succeed();
        time_passes(&company);
        proxy.set(Fate::Pass);
        for _ in 0..2 {
            company.call(["sync", "--once"]).succeed();
            time_passes(&company);
        }
    }
    println!("{:?}", company.rows("select state || ' ' || coalesce(answer, '-') from outbox order by id"));
    scene.one_notice_each(&company, &[0, 1, 2, 3, 4, 5]);
    let to = |n: usize| scene.names.address(&contact(n));
    for n in 0..6 {
        let state = company.rows(&format!("select state from outbox where envelope_to = '{}'", to(n)));
        assert!(state == ["unclear"] || scene.notices(n) == 1, "{state:?}");
    }
}
