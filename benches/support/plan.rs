//! What is written when: threads with clients, strangers, newsletters, machines, in the order of
//! time, before a byte of it is composed.

use super::people::People;
use super::random::{Random, Zipf};

/// Seconds since 1970 of the first mail: 2026-01-05.
const BEGIN: i64 = 1_767_600_000;
/// Seconds that the mails span.
const SPAN: i64 = 300 * 86_400;

/// What a thread is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// With a contact: it concerns a record.
    Client,
    /// Somebody unknown.
    Stranger,
    /// A newsletter.
    Newsletter,
    /// A program.
    Machine,
    /// Among colleagues.
    Internal,
}

/// Who wrote a mail.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Writer {
    /// The owner of the mailbox: it lies in Sent.
    Owner,
    /// The other side.
    Other,
    /// A colleague of the other side, who is a contact too.
    Colleague,
}

/// One mail to compose.
pub struct Planned {
    /// Seconds since 1970.
    pub at: i64,
    /// Number of its thread.
    pub thread: u32,
    /// 0 for the first of the thread.
    pub step: u32,
    /// Whether no other of the thread follows.
    pub last: bool,
    /// What the thread is.
    pub kind: Kind,
    /// Index of the contact, or a number that tells strangers apart.
    pub with: u32,
    /// Index of a second contact of the same account in copy; `with` where there is none.
    pub copy: u32,
    /// Who wrote it.
    pub writer: Writer,
}

/// The mails in the order of time.
pub fn plan(seed: u64, people: &People, mails: usize) -> Vec<Planned> {
    let mut random = Random::part(seed, 2);
    let contacts = Zipf::new(people.contacts.len(), 0.7, 20.0);
    let mut by_account = vec![Vec::new(); people.accounts.len()];
    for (at, contact) in people.contacts.iter().enumerate() {
        by_account[contact.account].push(at as u32);
    }
    let mut all = Vec::with_capacity(mails + 64);
    let mut thread = 0;
    while all.len() < mails {
        thread += 1;
        // Weights of threads; client threads are longer, so about 77 % of mails are theirs.
        let kind = match random.below(1000) {
            0..520 => Kind::Client,
            520..640 => Kind::Stranger,
            640..800 => Kind::Newsletter,
            800..940 => Kind::Machine,
            _ => Kind::Internal,
        };
        let length = match kind {
            Kind::Client => 1 + random.log_normal(2.2, 0.8) as usize,
            Kind::Stranger | Kind::Internal => 1 + random.below(3),
            Kind::Newsletter | Kind::Machine => 1,
        };
        let (with, copy) = if kind == Kind::Client {
            let with = contacts.draw(&mut random);
            let others = &by_account[people.contacts[with].account];
            let copy = if random.chance(0.3) { *random.pick(others) } else { with as u32 };
            (with as u32, copy)
        } else {
            (random.below(5000) as u32, 0)
        };
        let length = length.min(mails - all.len());
        one_thread(&mut random, &mut all, length, Thread { thread, kind, with, copy });
    }
    all.sort_by_key(|mail| (mail.at, mail.thread, mail.step));
    all
}

struct Thread {
    thread: u32,
    kind: Kind,
    with: u32,
    copy: u32,
}

fn one_thread(random: &mut Random, all: &mut Vec<Planned>, length: usize, of: Thread) {
    let mut at = BEGIN + random.range(0, SPAN);
    let ours_first = of.kind != Kind::Newsletter && of.kind != Kind::Machine && random.chance(0.4);
    for step in 0..length {
        let ours = (step % 2 == 0) == ours_first;
        let writer = match of.kind {
            Kind::Newsletter | Kind::Machine => Writer::Other,
            _ if ours => Writer::Owner,
            _ if of.copy != of.with && random.chance(0.3) => Writer::Colleague,
            _ => Writer::Other,
        };
        all.push(Planned {
            at,
            thread: of.thread,
            step: step as u32,
            last: step + 1 == length,
            kind: of.kind,
            with: of.with,
            copy: of.copy,
            writer,
        });
        at += 60 + random.log_normal(6.0 * 3600.0, 1.4).min(20.0 * 86_400.0) as i64;
    }
}
