//! Noting that somebody read what another answers for: one line per viewer, record and hour.
//!
//! Every page and command that shows mail, an excerpt of it or an activity goes through here; a test
//! asks all of them (`tests/it/reading.rs`). What colleagues are told by mail is noted by `notify`,
//! in the transaction that queues it.
//!
//! Pages are read in a transaction that only reads; the lines are written in a short one beside it,
//! before the page is shown. If they cannot be written, the page is not shown.

use crate::access::World;
use crate::model::audit::Line;
use crate::model::id::{MailId, RecordId, UserId};
use crate::model::record::Record;
use crate::model::time::Timestamp;
use crate::store::reading::Reading;
use crate::store::{self, Db, Tx};
use anyhow::{Context, Result};

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

impl<'a> Reader<'a> {
    fn reading(&self) -> Reading<'a> {
        Reading { viewer: self.viewer, world: self.world, now: self.now }
    }

    /// Notes the reading of a page that shows mail or activities of these records, of each that no right of
    /// their own shows them. Of each the id, owner, team, kind, account, class and confidentiality are looked
    /// at; one of which a confidential mail is shown counts as confidential.
    pub async fn shown(&self, tx: &mut Tx, records: impl IntoIterator<Item = Record>) -> Result<()> {
        let lines = self.reading().lines(tx, records).await?;
        self.write(lines).await
    }

    /// Notes the reading of a mail, whole or in part, unless it lies in a mailbox of theirs or stands
    /// under a record that a right of their own shows them. `governing` are the records that govern
    /// it and that they may read.
    pub async fn mail(&self, tx: &mut Tx, mail: MailId, own_copy: bool, governing: &[RecordId]) -> Result<()> {
        let lines = self.reading().of_mail(tx, mail, own_copy, governing).await?;
        self.write(lines).await
    }

    /// As [`Reader::mail`], in the transaction in which something is made of what was read. `seen` is whether a
    /// copy is theirs, and the records that govern the mail.
    pub async fn note(
        tx: &mut Tx,
        viewer: UserId,
        world: &World,
        now: Timestamp,
        mail: MailId,
        seen: (bool, &[RecordId]),
    ) -> Result<()> {
        let lines = Reading { viewer, world, now }.of_mail(tx, mail, seen.0, seen.1).await?;
        if !lines.is_empty() {
            store::audit::note_reading(tx, viewer, &lines, now)
                .await
                .context("noting in the audit that this was read")?;
        }
        Ok(())
    }

    async fn write(&self, lines: Vec<Line>) -> Result<()> {
        if lines.is_empty() {
            return Ok(());
        }
        let written: store::Result<()> = async {
            let mut writing = self.db.write().await?;
            store::audit::note_reading(&mut writing, self.viewer, &lines, self.now).await?;
            writing.commit().await
        }
        .await;
        written.context("noting in the audit that this was read")
    }
}
