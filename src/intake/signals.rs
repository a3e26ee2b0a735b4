//! Who is told when something came in: pages, the outbox, the index. Hints only: each of them
//! looks for itself every few seconds as well, so a lost hint costs time and nothing else.

use super::accept::Accepted;
use crate::model::time::Timestamp;
use std::sync::Arc;
use tokio::sync::{Notify, watch};

/// Where moments come from: the program's clock, or a test's.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    /// A clock that asks `now`.
    pub fn new(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Clock {
        Clock(Arc::new(now))
    }

    /// The moment.
    pub fn now(&self) -> Timestamp {
        (self.0)()
    }
}

impl std::fmt::Debug for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Clock")
    }
}

/// Whom to tell.
#[derive(Clone, Debug)]
pub struct Signals {
    changes: Arc<watch::Sender<u64>>,
    outbox: Arc<Notify>,
    index: Arc<Notify>,
}

impl Default for Signals {
    fn default() -> Signals {
        Signals {
            changes: Arc::new(watch::Sender::new(0)),
            outbox: Arc::new(Notify::new()),
            index: Arc::new(Notify::new()),
        }
    }
}

impl Signals {
    /// Tells of what a batch brought.
    pub fn accepted(&self, accepted: &Accepted) {
        if accepted.visible() {
            self.changed();
            self.index.notify_one();
        }
        if accepted.notices > 0 {
            self.wake_outbox();
        }
    }

    /// Mail was queued.
    pub fn wake_outbox(&self) {
        self.outbox.notify_one();
    }

    /// Something that a page could show has changed.
    pub fn changed(&self) {
        self.changes.send_modify(|n| *n = n.wrapping_add(1));
    }

    /// Grows with every change.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Waits until mail was queued.
    pub async fn queued(&self) {
        self.outbox.notified().await;
    }

    /// Waits until there is something to index.
    pub async fn to_index(&self) {
        self.index.notified().await;
    }
}
