//! P1, P2, P8 under kill -9, and with two workers at once: every mail once, the same links as a run
//! that nobody disturbed, no notice twice, each place in one state.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]
#![allow(clippy::print_stdout)] // figures and seeds, for who reads a failure

use crate::support::dovecot::Dovecot;
use crate::support::firm::{CONTACTS, Company, Kind, Names, contact, full, same};
use crate::support::letters::{Letter, letters};
use crate::support::postfix::Postfix;
use crate::support::proxy::scrambled;
use std::time::{Duration, Instant};

/// Mailboxes of the company that are read here.
const READ: [&str; 3] = ["anna", "piotr", "kamil"];

/// A company with mail on a real server, and Anna away with notices.
pub struct Scene {
    pub dovecot: Dovecot,
    pub postfix: Postfix,
    pub names: Names,
}

impl Scene {
    /// `count` mails lie in the mailboxes.
    pub fn set(seed: u64, count: usize) -> Scene {
        let dovecot = Dovecot::start(&READ);
        let postfix = Postfix::start(&dovecot);
        let names = Names::of(&dovecot);
        for n in 0..CONTACTS {
            dovecot.add_user(&names.address(&contact(n)));
        }
        let scene = Scene { dovecot, postfix, names };
        let mails = scene.letters(seed, count);
        for mailbox in READ {
            for folder in ["INBOX", "Sent"] {
                let theirs = mails.iter().filter(|l| l.mailbox == mailbox && l.folder == folder).map(|l| &l.bytes);
                scene.dovecot.bulk(mailbox, folder, theirs);
            }
        }
        scene
    }

    fn letters(&self, seed: u64, count: usize) -> Vec<Letter> {
        #[allow(clippy::disallowed_methods)] // mail of the last days, whenever that is
        let now = chrono::Utc::now().timestamp_millis();
        // A mail takes seven minutes of the story.
        letters(&self.names, seed, now - 60_000 * 7 * (count as i64 + 50), count)
    }

    /// More mail, in the mailbox of somebody who is not away.
    pub fn more(&self, seed: u64, count: usize) {
        let mails = self.letters(seed, count);
        for folder in ["INBOX", "Sent"] {
            self.dovecot.bulk("kamil", folder, mails.iter().filter(|l| l.folder == folder).map(|l| &l.bytes));
        }
    }

    /// An installation that reads the mailboxes from `imap_port`.
    pub fn company(&self, kind: Kind, imap_port: u16) -> Company {
        let mut company = Company::new(kind, &self.names);
        for person in READ {
            company.mailbox(person, imap_port, Some(self.postfix.smtp_port));
        }
        company.people_and_records();
        company
    }

    /// Anna is away from yesterday, Piotr stands in, clients are told.
    pub fn anna_is_away(&self, company: &Company) {
        #[allow(clippy::disallowed_methods)]
        let today = chrono::Utc::now().date_naive();
        let (from, until) = (today - chrono::Days::new(1), today + chrono::Days::new(6));
        let (from, until) = (from.to_string(), until.to_string());
        let call = ["absence", "add", "--user", "anna", "--from", &from, "--until", &until];
        company.call(call).arg("--substitute").arg("piotr").arg("--notice").succeed();
    }

    /// A client writes to Anna now, through Postfix.
    pub fn client_writes(&self, n: usize, what: &str) {
        let (from, anna) = (self.names.address(&contact(n)), self.names.address("anna"));
        #[allow(clippy::disallowed_methods)]
        let date = chrono::Utc::now().to_rfc2822();
        let mail = format!(
            "From: {from}\r\nTo: {anna}\r\nSubject: live {what}\r\nDate: {date}\r\nMessage-ID: <live-{what}@client.example>\r\n\r\n\
             Please call me back about {what}.\r\n"
        );
        self.postfix.send(&from, "anna", mail.as_bytes());
        let sought = format!("live-{what}@client.example");
        crate::support::eventually("the mail is delivered", crate::support::PATIENT, || {
            let mut imap = self.dovecot.imap("anna");
            imap.command("EXAMINE INBOX");
            let found = imap.command(&format!("SEARCH HEADER Message-ID \"{sought}\""));
            found.iter().any(|r| r.text.trim_end().len() > "* SEARCH".len()).then_some(())
        });
    }

    /// Whether the first numbering of Anna's INBOX is known: what comes from then on is live.
    pub fn knows_annas_inbox(company: &Company) -> bool {
        let sql = "select count(*) from folders f join mailboxes b on b.id = f.mailbox_id \
                   where b.name = 'anna' and f.path = 'INBOX' and f.validity is not null";
        company.number(sql) == 1
    }

    /// Asserts that every UID of every folder is accounted for.
    #[track_caller]
    pub fn is_accounted_for(&self, company: &Company) {
        for mailbox in READ {
            for folder in ["INBOX", "Sent"] {
                let uids: Vec<u32> = self.dovecot.flags(mailbox, folder).into_iter().map(|(uid, _)| uid).collect();
                company.is_complete(mailbox, folder, &uids);
            }
        }
    }

    /// What an installation that nobody disturbs makes of the mail that lies there now.
    /// And how long that took.
    pub fn undisturbed(&self, kind: Kind) -> (Vec<String>, Duration) {
        let company = self.company(kind, self.dovecot.imap_port);
        let begun = Instant::now();
        company.call(["sync", "--once"]).succeed();
        let took = begun.elapsed();
        self.is_accounted_for(&company);
        (company.dump(), took)
    }

    /// The notices that lie in a client's mailbox.
    pub fn notices(&self, n: usize) -> usize {
        let client = self.names.address(&contact(n));
        if self.dovecot.count(&client, "INBOX") == 0 {
            return 0;
        }
        let mails = self.dovecot.mails(&client, "INBOX");
        mails.iter().filter(|mail| String::from_utf8_lossy(mail).contains("Auto-Submitted: auto-replied")).count()
    }

    /// Asserts that each of these clients has exactly one notice, or none where the program does
    /// not know whether one went out, and that nobody else has any.
    #[track_caller]
    pub fn one_notice_each(&self, company: &Company, wrote: &[usize]) {
        let open = company.number("select count(*) from outbox where state in ('queued', 'sending')");
        assert_eq!(open, 0, "everything queued was settled");
        for n in 0..CONTACTS {
            let to = self.names.address(&contact(n));
            let row = |state: &str| {
                let known = format!("select count(*) from outbox where envelope_to = '{to}' and state = '{state}'");
                company.number(&known)
            };
            let (sent, unclear) = (row("sent"), row("unclear"));
            let expected = i64::from(wrote.contains(&n));
            assert_eq!(
                sent + unclear,
                expected,
                "notices to {to}: sent {sent}, unclear {unclear}\n{:?}\n{:?}",
                company.rows("select d.verdict || ' ' || d.reason || ' ' || coalesce(m.subject, '-') from notice_decisions d left join mails m on m.id = d.mail_id"),
                company.rows("select envelope_to || ' ' || state || ' ' || coalesce(answer, '-') from outbox"),
            );
            if sent == 1 {
                self.dovecot.wait_for(&to, "INBOX", 1);
            }
        }
        // What Postfix took last may still be on its way; more than one never is.
        std::thread::sleep(Duration::from_millis(300));
        for n in 0..CONTACTS {
            let got = self.notices(n);
            assert!(got <= usize::from(wrote.contains(&n)), "client {n} got {got} notices");
        }
    }
}

/// Runs `sync --once` again and again until `kills` of them were killed, at moments that `seed`
/// decides, and lets clients write in between; then lets it finish.
fn killed(kind: Kind, seed: u64, mails: usize, kills: u64) {
    println!("seed {seed}, {mails} mails, {kills} kills, {kind:?}");
    let scene = Scene::set(seed, mails);
    let (_, whole) = scene.undisturbed(kind);
    let company = scene.company(kind, scene.dovecot.imap_port);
    scene.anna_is_away(&company);
    let (mut wrote, mut finished, mut dead) = (Vec::new(), 0, 0);
    // So long that all runs together come about to the end.
    let mut usual = whole.as_micros() as u64 / kills * 2 + 150_000;
    while dead < kills {
        let round = dead + finished;
        assert!(round < kills * 10, "{finished} runs ended before they were killed, and only {dead} were");
        let moment = Duration::from_micros(scrambled(seed, round) % usual);
        let mut running = company.call(["sync", "--once"]).start();
        let begun = Instant::now();
        while running.runs() && begun.elapsed() < moment {
            std::thread::sleep(Duration::from_millis(2));
        }
        let ended = !running.runs();
        running.kill();
        if ended {
            // There is little left to read, or the machine has become faster: kill sooner.
            finished += 1;
            usual = (usual * 3 / 4).max(40_000);
            scene.more(seed + 1 + round, mails / 10);
        } else {
            dead += 1;
        }
        company.forget_the_dead();
        // Once the folder's first numbering is known, what comes is live.
        let known = Scene::knows_annas_inbox(&company);
        if known && wrote.len() < 6 {
            // INTERNALDATE knows seconds only: mail of the second in which a mailbox was connected
            // counts as older (R4). Here it was connected a while ago.
            company.rows("update mailboxes set connected_at = connected_at - 60000");
            company.rows("update absences set notice_since = notice_since - 60000");
            let n = wrote.len();
            scene.client_writes(n, &format!("{round}-{seed}"));
            wrote.push(n);
        }
    }
    println!("{finished} runs ended before their kill; {} clients wrote meanwhile", wrote.len());
    company.call(["sync", "--once"]).succeed();
    scene.is_accounted_for(&company);
    same(&format!("after {kills} kills with seed {seed}"), &scene.undisturbed(kind).0, &company.dump());
    let unindexed = "select count(*) from mails where id > (select upto from progress where what = 'text')";
    assert_eq!(company.number(unindexed), 0);
    if kills >= 6 {
        assert!(!wrote.is_empty(), "no mail came while the program ran");
    }
    scene.one_notice_each(&company, &wrote);
}

fn seed() -> u64 {
    #[allow(clippy::disallowed_methods)] // to run a failed seed again
    std::env::var("STANDIN_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(4711)
}

#[test]
fn killed_at_any_moment_a_sync_ends_as_if_nothing_had_been_on_sqlite() {
    let (mails, kills) = if full() { (5_000, 50) } else { (300, 7) };
    killed(Kind::Sqlite, seed(), mails, kills);
}

#[test]
fn killed_at_any_moment_a_sync_ends_as_if_nothing_had_been_on_postgres() {
    let (mails, kills) = if full() { (2_000, 20) } else { (150, 6) };
    killed(Kind::Postgres, seed() + 1, mails, kills);
}

/// Two programs on one database begin at once; whoever has the lease reads.
fn two_at_once(mails: usize, own_mailboxes: bool) {
    let scene = Scene::set(99, mails);
    let company = scene.company(Kind::Postgres, scene.dovecot.imap_port);
    let (mut one, mut other) = (company.config.clone(), company.config.clone());
    if own_mailboxes {
        one.mailbox.truncate(1);
        other.mailbox.drain(..1);
    }
    let mut company = company;
    let start = |company: &mut Company, config: &standin::config::Config, file: &str| {
        let whole = std::mem::replace(&mut company.config, config.clone());
        let running = company.call_with(file, ["sync", "--once"]).start();
        company.config = whole;
        running
    };
    for round in 0..10 {
        let both = [start(&mut company, &one, "one.toml"), start(&mut company, &other, "other.toml")];
        let codes: Vec<_> = both.into_iter().map(|running| running.wait(Duration::from_secs(300))).collect();
        if codes.iter().all(|outcome| outcome.code == Some(0)) {
            break;
        }
        let lost = "Another worker reads it at this moment";
        for outcome in codes.iter().filter(|outcome| outcome.code != Some(0)) {
            assert!(outcome.stdout.contains(lost), "{}\n{}", outcome.stdout, outcome.stderr);
        }
        if !own_mailboxes && codes.iter().any(|outcome| outcome.code == Some(0)) {
            break;
        }
        assert!(round < 9, "neither came to an end");
    }
    company.call(["sync", "--once"]).succeed();
    scene.is_accounted_for(&company);
    same("two workers at once", &scene.undisturbed(Kind::Postgres).0, &company.dump());
}

#[test]
fn two_workers_that_read_the_same_mailboxes_do_no_more_than_one() {
    two_at_once(if full() { 2_000 } else { 150 }, false);
}

#[test]
fn two_workers_that_read_two_sides_of_the_same_threads_agree() {
    two_at_once(if full() { 2_000 } else { 200 }, true);
}
