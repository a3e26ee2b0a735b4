//! Whose reading the audit notes: what somebody reads of a colleague's records by standing in, by the
//! line or by a broken glass, and by no right of their own. One line per viewer, record and hour.
//!
//! A right is told by `access`; here it is told for all records of a page at once, so that a page of
//! work costs two small queries more, and nothing where the records are the viewer's own.

use super::{Result, Tx, audit, mails, records, shares};
use crate::access::{self, Path, World};
use crate::model::audit::{Action, Line};
use crate::model::id::{MailId, RecordId, UserId};
use crate::model::record::Record;
use crate::model::share::Share;
use crate::model::time::Timestamp;
use std::collections::{BTreeMap, HashMap};

/// Who reads, and when.
#[derive(Clone, Copy, Debug)]
pub struct Reading<'a> {
    /// The viewer.
    pub viewer: UserId,
    /// What rights are computed from.
    pub world: &'a World,
    /// The moment.
    pub now: Timestamp,
}

impl Reading<'_> {
    /// The lines for a mail that is shown, whole or in part; none where it lies in a mailbox of theirs, or
    /// stands under a record that a right of their own shows them.
    pub async fn of_mail(
        &self,
        tx: &mut Tx,
        mail: MailId,
        own_copy: bool,
        governing: &[RecordId],
    ) -> Result<Vec<Line>> {
        if own_copy {
            return Ok(Vec::new());
        }
        // What is marked confidential is read as if the record were.
        let sealed = !mails::sealed(tx, &[mail]).await?.is_empty();
        let records = records::load(tx, governing).await?.into_iter().map(|entry| entry.record);
        let records = records.map(|record| Record { confidential: record.confidential || sealed, ..record });
        let read = self.paths(tx, records.collect()).await?;
        if read.iter().any(|(_, path)| path.is_none()) {
            return Ok(Vec::new());
        }
        let ids: Vec<RecordId> = read.iter().map(|(record, _)| record.id).collect();
        // Mostly it is noted already, and nobody waits for the writer.
        let noted = audit::reading_noted(tx, self.viewer, &ids, self.now).await?;
        let fresh = read.into_iter().filter(|(record, _)| !noted.contains(&record.id));
        Ok(fresh.filter_map(|(record, path)| Some(self.line(&record, path?).subject(mail.0))).collect())
    }

    /// The lines that are still to be written of this viewer reading what stands on these records: of
    /// each that no right of their own shows them, and that is not noted for this hour.
    pub async fn lines(&self, tx: &mut Tx, records: impl IntoIterator<Item = Record>) -> Result<Vec<Line>> {
        let others = records.into_iter().filter(|record| record.owner != self.viewer);
        let mut others = others.fold(BTreeMap::<RecordId, Record>::new(), |mut all, record| {
            let secret = record.confidential;
            all.entry(record.id).or_insert(record).confidential |= secret;
            all
        });
        if others.is_empty() {
            return Ok(Vec::new());
        }
        // Mostly all of it is noted already, and rights need not be looked at.
        let ids: Vec<RecordId> = others.keys().copied().collect();
        let noted = audit::reading_noted(tx, self.viewer, &ids, self.now).await?;
        others.retain(|id, _| !noted.contains(id));
        let read = self.paths(tx, others.into_values().collect()).await?;
        Ok(read.into_iter().filter_map(|(record, path)| Some(self.line(&record, path?))).collect())
    }

    /// By which audited right each of these is read; none where a right of their own suffices.
    pub async fn paths(&self, tx: &mut Tx, records: Vec<Record>) -> Result<Vec<(Record, Option<Path>)>> {
        let others: Vec<RecordId> = records.iter().filter(|r| r.owner != self.viewer).map(|r| r.id).collect();
        let mut on: HashMap<RecordId, Vec<Share>> = HashMap::new();
        for share in shares::on(tx, &others).await? {
            on.entry(share.record).or_default().push(share);
        }
        let path = |record: Record| {
            let shares = on.get(&record.id).map_or(&[][..], Vec::as_slice);
            let path = access::audited_reading(self.viewer, &record, shares, self.world, self.now);
            (record, path)
        };
        Ok(records.into_iter().map(path).collect())
    }

    /// The line that tells of it.
    pub fn line(&self, record: &Record, path: Path) -> Line {
        let stands_in = matches!(path, Path::Cover | Path::Deputy | Path::Fallback);
        Line::new(self.now, Some(self.viewer), Action::Read)
            .record(record.id)
            .by(path.word())
            .on_behalf_of(stands_in.then_some(record.owner))
    }
}
