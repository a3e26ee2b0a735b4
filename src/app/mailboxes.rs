//! Which mailboxes are read now. Admins add, change, pause and remove them on a page or by command while the program
//! runs; each worker looks for itself, so that one database may serve several.

use super::tasks;
use crate::intake::Shared;
use crate::store;
use anyhow::Result;
use std::collections::HashMap;
use std::time::Duration;
use tokio::task::JoinSet;

/// How often it is looked whether something was changed.
const LOOK: Duration = Duration::from_secs(1);

/// What a reader was begun with; where it differs, it begins again.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Begun {
    version: i64,
    user: Option<i64>,
    history: Option<i64>,
    /// When somebody last wanted it read at once.
    sync: Option<i64>,
}

/// The mailboxes to read, by name.
type Wanted = HashMap<String, Begun>;

/// Begins and ends reading as mailboxes are added, changed, paused and removed, for ever.
pub async fn keep_mailboxes(shared: Shared) {
    let mut running: HashMap<String, (Begun, JoinSet<()>)> = HashMap::new();
    let mut first = true;
    loop {
        match look(&shared, &mut running, first).await {
            Ok(()) => first = false,
            Err(error) => {
                tracing::error!(error = %format!("{error:#}"), "it could not be looked which mailboxes are to be read");
            }
        }
        tokio::time::sleep(LOOK).await;
    }
}

async fn wanted(shared: &Shared) -> Result<Wanted> {
    let mut tx = shared.db.read().await?;
    let read = store::mailbox_settings::every(&mut tx).await?.into_iter().filter(|mailbox| mailbox.is_read());
    let begun = |mailbox: store::mailbox_settings::Standing| {
        let in_file = shared.config.mailbox.iter().any(|file| file.name == mailbox.name);
        // What stands in neither was taken out of the file, or is another worker's.
        let version = if in_file { 0 } else { mailbox.version? };
        let (user, history) = (mailbox.user.map(|u| u.0), mailbox.history_since.map(|t| t.0));
        let sync = mailbox.sync_asked.map(|at| at.0);
        Some((mailbox.name, Begun { version, user, history, sync }))
    };
    Ok(read.filter_map(begun).collect())
}

async fn look(shared: &Shared, running: &mut HashMap<String, (Begun, JoinSet<()>)>, first: bool) -> Result<()> {
    let wanted = wanted(shared).await?;
    // What is dropped ends. The lease stays ours, so that a reader with new settings begins at once.
    running.retain(|name, (begun, _)| wanted.get(name) == Some(begun));
    let missing = wanted.keys().any(|name| !running.contains_key(name));
    if !missing {
        return Ok(());
    }
    for (account, row) in shared.mailboxes().await? {
        let Some(begun) = wanted.get(&account.name).filter(|_| !running.contains_key(&account.name)) else { continue };
        if !first {
            tracing::info!(mailbox = %account.name, "reading a mailbox begins");
        }
        let mut tasks = JoinSet::new();
        tasks.spawn(tasks::keep_asking(shared.clone(), account.clone(), row.id));
        tasks.spawn(tasks::keep_reading(shared.clone(), account.clone(), row.id));
        running.insert(account.name, (begun.clone(), tasks));
    }
    Ok(())
}
