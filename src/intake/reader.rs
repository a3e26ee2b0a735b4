//! What reading one mailbox needs: the way in, the limits, and which mails are under suspicion of
//! killing the session.

use super::pipeline::Intake;
use crate::imap::{Limits, Protocol};
use crate::model::address::Address;
use crate::model::id::FolderId;
use crate::model::mail::Mail;
use crate::model::time::{SECOND, Timestamp};
use crate::store;
use anyhow::Result;
use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// What was said with the server is written into the database this often at most.
const KEEP: i64 = 10 * SECOND;

/// One mailbox being read.
#[derive(Debug)]
pub struct Reader {
    /// The way in.
    pub intake: Intake,
    /// Its configuration.
    pub account: crate::config::Mailbox,
    /// Larger mails are read by their header first. Octets.
    pub max_size: u64,
    /// Days of history to read when a folder is first seen.
    pub backfill_days: u32,
    /// Seconds between two looks at INBOX.
    pub poll: u64,
    /// What is waited for on the wire.
    pub limits: Limits,
    /// What is said between us and the server.
    pub protocol: Protocol,
    /// How much of it is kept in the database, and since when.
    told: Mutex<(u64, Timestamp)>,
    /// Configured folders that the server does not show.
    missing: Mutex<Vec<String>>,
    /// When this reader last did something, for the watchdog. UTC milliseconds.
    beat: AtomicI64,
    /// Sessions that died while a mail was being read, by folder and UID. Not stored: a restart
    /// or a new cable acquits.
    suspects: Mutex<HashMap<(FolderId, u32), u32>>,
}

impl Reader {
    /// Nothing is written for a mailbox that another worker has by now: asked in the transaction
    /// that writes.
    pub(super) async fn fenced(&self, tx: &mut store::Tx) -> Result<()> {
        let context = &self.intake.context;
        let ours = store::mailboxes::still_ours(tx, context.mailbox, context.fence).await?;
        anyhow::ensure!(ours, "mailbox {} is read by another worker by now", context.mailbox);
        Ok(())
    }

    /// A reader that suspects nobody.
    pub fn new(intake: Intake, account: crate::config::Mailbox, settings: &crate::config::Mail) -> Reader {
        let clock = intake.clock.clone();
        Reader {
            protocol: Protocol::new(Arc::new(move || clock.now())),
            told: Mutex::new((0, Timestamp(0))),
            beat: AtomicI64::new(intake.clock.now().0),
            intake,
            account,
            max_size: settings.max_size << 20,
            backfill_days: settings.backfill_days,
            poll: settings.poll.max(1),
            limits: Limits::default(),
            missing: Mutex::default(),
            suspects: Mutex::default(),
        }
    }

    /// Keeps what was said lately with the server, where something was; `at_once` also where that was done a moment
    /// ago. A busy mailbox says much, and who looks comes later.
    pub(super) async fn keep_protocol(&self, tx: &mut store::Tx, at_once: bool) -> Result<()> {
        let now = self.intake.clock.now();
        let (kept, at) = *self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if self.protocol.turns() == kept || (!at_once && now.since(at) < KEEP) {
            return Ok(());
        }
        let (lines, turns) = self.protocol.lines();
        store::protocols::keep(tx, self.intake.context.mailbox, &lines, now).await?;
        *self.told.lock().unwrap_or_else(PoisonError::into_inner) = (turns, now);
        Ok(())
    }

    /// Notes which configured folders the server does not show.
    pub fn note_missing(&self, folders: Vec<String>) {
        *self.missing.lock().unwrap_or_else(PoisonError::into_inner) = folders;
    }

    /// Configured folders that the server did not show when it was last asked.
    pub fn missing(&self) -> Vec<String> {
        self.missing.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Notes that this reader is alive.
    pub fn beat(&self) {
        self.beat.store(self.intake.clock.now().0, Ordering::Relaxed);
    }

    /// When it last was.
    pub fn last_beat(&self) -> Timestamp {
        Timestamp(self.beat.load(Ordering::Relaxed))
    }

    /// How many sessions died over a mail.
    pub fn suspicion(&self, folder: FolderId, uid: u32) -> u32 {
        let suspects = self.suspects.lock().unwrap_or_else(PoisonError::into_inner);
        suspects.get(&(folder, uid)).copied().unwrap_or(0)
    }

    /// One more session died over it; gives how many by now.
    pub fn suspect(&self, folder: FolderId, uid: u32) -> u32 {
        let mut suspects = self.suspects.lock().unwrap_or_else(PoisonError::into_inner);
        let deaths = suspects.entry((folder, uid)).or_default();
        *deaths += 1;
        *deaths
    }

    /// It was read after all.
    pub fn acquit(&self, folder: FolderId, uid: u32) {
        self.suspects.lock().unwrap_or_else(PoisonError::into_inner).remove(&(folder, uid));
    }

    /// Whether anybody on a mail is known to a record, judged by its header alone.
    pub async fn concerns_a_record(&self, mail: &Mail) -> Result<bool> {
        let addresses: BTreeSet<Address> = super::prepare::parties(mail).map(|(_, p)| p.address.clone()).collect();
        let mut tx = self.intake.db.read().await?;
        let context = &self.intake.context;
        let facts = store::facts::about(
            &mut tx,
            &addresses,
            &BTreeSet::new(),
            &BTreeSet::new(),
            &context.own_domains,
            &Default::default(),
        )
        .await?;
        if !facts.parties.is_empty() || !facts.domains.is_empty() {
            return Ok(true);
        }
        let ids = mail.references.iter().chain(&mail.in_reply_to);
        let keys: Vec<_> = ids.map(|id| super::prepare::id_key(&context.keys, id)).collect();
        Ok(!store::mails::threads_naming(&mut tx, &keys).await?.is_empty())
    }
}
