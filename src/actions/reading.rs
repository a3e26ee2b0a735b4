//! Noting that somebody read what another answers for: one line per viewer, record and hour.
//!
//! Pages are read in a transaction that only reads; the line is written in a short one beside it,
//! before the page is shown. If it cannot be written, the page is not shown.

use crate::access::{self, Path, World};
use crate::model::audit::{Action, Line};
use crate::model::id::{MailId, RecordId, UserId};
use crate::model::record::Record;
use crate::model::time::Timestamp;
use crate::store::{self, Db, Tx};
use anyhow::{Context as _, Result};

/// Who reads, and when.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    /// Where the line is written.
    pub db: &'a Db,
    /// The viewer.
    pub viewer: UserId,
    /// What rights are computed from.
    pub world: &'a World,
    /// The moment.
    pub now: Timestamp,
}

impl Reader<'_> {
    /// Notes the reading of these records' pages: of each that no right of their own shows them.
    pub async fn records(&self, tx: &mut Tx, records: &[RecordId]) -> Result<()> {
        let read = self.paths(tx, records).await?;
        let lines = read.into_iter().filter_map(|(record, path)| Some(self.line(&record, path?)));
        self.write(tx, lines.collect()).await
    }

    /// Notes the reading of a mail, whole or in part, unless it lies in a mailbox of theirs or stands
    /// under a record that a right of their own shows them. `governing` are the records that govern
    /// it and that they may read.
    pub async fn mail(&self, tx: &mut Tx, mail: MailId, own_copy: bool, governing: &[RecordId]) -> Result<()> {
        if own_copy {
            return Ok(());
        }
        let read = self.paths(tx, governing).await?;
        if read.iter().any(|(_, path)| path.is_none()) {
            return Ok(());
        }
        let lines = read.into_iter().filter_map(|(record, path)| Some(self.line(&record, path?).subject(mail.0)));
        self.write(tx, lines.collect()).await
    }

    /// By which audited right each of these is read; none where a right of their own suffices.
    async fn paths(&self, tx: &mut Tx, ids: &[RecordId]) -> Result<Vec<(Record, Option<Path>)>> {
        let theirs = |record: &Record| record.owner == self.viewer;
        let records: Vec<Record> = store::records::load(tx, ids).await?.into_iter().map(|e| e.record).collect();
        let others: Vec<RecordId> = records.iter().filter(|r| !theirs(r)).map(|r| r.id).collect();
        let shares = store::shares::on(tx, &others).await?;
        let path = |record: Record| {
            let path = access::audited_reading(self.viewer, &record, &shares, self.world, self.now);
            (record, path)
        };
        Ok(records.into_iter().map(path).collect())
    }

    fn line(&self, record: &Record, path: Path) -> Line {
        let stands_in = matches!(path, Path::Cover | Path::Deputy | Path::Fallback);
        Line::new(self.now, Some(self.viewer), Action::Read)
            .record(record.id)
            .by(path.word())
            .on_behalf_of(stands_in.then_some(record.owner))
    }

    async fn write(&self, tx: &mut Tx, lines: Vec<Line>) -> Result<()> {
        let records: Vec<RecordId> = lines.iter().filter_map(|line| line.record).collect();
        if records.is_empty() {
            return Ok(());
        }
        // Mostly it is noted already, and nobody waits for the writer.
        let noted = store::audit::reading_noted(tx, self.viewer, &records, self.now).await?;
        let fresh: Vec<Line> = lines.into_iter().filter(|l| l.record.is_none_or(|r| !noted.contains(&r))).collect();
        if fresh.is_empty() {
            return Ok(());
        }
        let written: store::Result<()> = async {
            let mut writing = self.db.write().await?;
            store::audit::note_reading(&mut writing, self.viewer, &fresh, self.now).await?;
            writing.commit().await
        }
        .await;
        written.context("noting in the audit that this was read")
    }
}
