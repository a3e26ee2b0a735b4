//! `standin mailbox verify`: the server's UIDs against ours, and every gap by name (P1).

use super::reader::Reader;
use super::session;
use crate::model::cursor::{Cursor, LocationState};
use crate::store;
use anyhow::Result;
use std::collections::{BTreeMap, BTreeSet};

/// UIDs compared in one command.
const WINDOW: u32 = 10_000;

/// How one folder compares.
#[derive(Clone, Debug)]
pub struct FolderReport {
    /// Its path.
    pub path: String,
    /// Mails the server shows, from the age that history is read to.
    pub shown: usize,
    /// How many of ours are in each state.
    pub states: BTreeMap<&'static str, usize>,
    /// UIDs that the server shows and nobody wrote down: gaps.
    pub missing: Vec<u32>,
    /// UIDs that the server shows and that we think are gone.
    pub resurrected: Vec<u32>,
    /// UIDs that the server does not show any more and that we do not know to be gone yet.
    pub vanished: Vec<u32>,
    /// Anything that makes the comparison worthless, such as another numbering.
    pub trouble: Option<String>,
}

impl FolderReport {
    /// The comparison could not be made.
    pub fn failed(error: &anyhow::Error) -> FolderReport {
        FolderReport { trouble: Some(format!("not compared: {error:#}")), ..empty("-") }
    }

    /// Whether every mail that the server shows is accounted for.
    pub fn is_complete(&self) -> bool {
        self.missing.is_empty() && self.resurrected.is_empty() && self.trouble.is_none()
    }
}

/// Compares every watched folder of a mailbox. Writes nothing.
pub async fn verify(reader: &Reader) -> Result<Vec<FolderReport>> {
    let mut session = session::connect(reader).await?;
    let folders = session::folders(reader, &mut session).await?;
    let mut reports = Vec::new();
    for folder in &folders {
        let snapshot = session.examine(&folder.raw_name).await?;
        let mut tx = reader.intake.db.read().await?;
        let row = store::folders::load(&mut tx, folder.id).await?;
        drop(tx);
        let mut report = empty(&row.path);
        match row.cursor {
            Cursor::Start => report.trouble = Some("it was never read".into()),
            Cursor::At { validity, .. } if validity != snapshot.validity => {
                report.trouble = Some("the server has renumbered it; the next reading takes care of that".into());
            }
            Cursor::At { epoch, .. } => {
                let mut from = row.floor.max(1);
                while from < snapshot.end() {
                    let to = from.saturating_add(WINDOW - 1).min(snapshot.end() - 1);
                    let shown: BTreeSet<u32> = session.uids(from, to).await?.into_iter().collect();
                    let mut tx = reader.intake.db.read().await?;
                    let ours = store::locations::states(&mut tx, folder.id, epoch, from, to).await?;
                    drop(tx);
                    compare(&mut report, &shown, ours.into_iter().map(|(_, uid, state)| (uid, state)).collect());
                    from = to.saturating_add(1);
                }
            }
        }
        reports.push(report);
    }
    session.logout().await;
    Ok(reports)
}

fn empty(path: &str) -> FolderReport {
    FolderReport {
        path: path.to_owned(),
        shown: 0,
        states: BTreeMap::new(),
        missing: Vec::new(),
        resurrected: Vec::new(),
        vanished: Vec::new(),
        trouble: None,
    }
}

fn compare(report: &mut FolderReport, shown: &BTreeSet<u32>, ours: BTreeMap<u32, LocationState>) {
    report.shown += shown.len();
    for state in ours.values() {
        *report.states.entry(state.word()).or_default() += 1;
    }
    for uid in shown {
        match ours.get(uid) {
            None => report.missing.push(*uid),
            Some(LocationState::Gone) => report.resurrected.push(*uid),
            Some(_) => {}
        }
    }
    let vanished = ours.iter().filter(|(uid, state)| **state != LocationState::Gone && !shown.contains(uid));
    report.vanished.extend(vanished.map(|(uid, _)| *uid));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_gap_is_named() {
        let mut report = empty("INBOX");
        let ours = [(1, LocationState::Stored), (2, LocationState::Gone), (4, LocationState::Unmatched)];
        compare(&mut report, &BTreeSet::from([1, 2, 3]), ours.into());
        assert_eq!((report.missing.as_slice(), report.resurrected.as_slice()), (&[3][..], &[2][..]));
        assert_eq!(report.vanished, [4]);
        assert!(!report.is_complete());
    }
}
