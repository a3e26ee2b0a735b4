//! A record's timeline, newest first, in pages.

use super::super::{Result, Tx};
use super::parts::{Excerpt, Hung, MailRow, Named, Notice, mail_columns, names, notices};
use crate::access::Scope;
use crate::model::id::{MailId, RecordId};
use crate::model::time::Timestamp;

/// Where a page of a timeline begins: after the entry with this time and mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Before {
    /// Time of the last entry shown.
    pub at: Timestamp,
    /// Its mail.
    pub mail: MailId,
}

impl Before {
    /// The top of the timeline.
    pub const TOP: Before = Before { at: Timestamp(i64::MAX), mail: MailId(i64::MAX) };
}

/// A mail on a timeline.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Entry {
    /// The mail.
    pub mail: Excerpt,
    /// The record that governs it here (P5). The viewer may read it. Of a mail that is marked confidential it counts
    /// as such.
    pub governing: Named,
    /// JSON of `model::link::Evidence`: why it stands here.
    pub evidence: String,
    /// How strong the evidence is, 0 to 100.
    pub score: i64,
    /// When that was decided.
    pub decided: Timestamp,
    /// JSON of `model::link::Candidate`s: what else it might be about.
    pub candidates: String,
    /// Absence notices that it set off.
    pub notices: Vec<Notice>,
}

#[derive(sqlx::FromRow)]
struct Row {
    #[sqlx(flatten)]
    mail: MailRow,
    governing_id: i64,
    link_evidence: String,
    score: i64,
    decided_at: i64,
    candidates: String,
}

/// Entries of `record` older than `before`, newest first, at most `limit`. Nothing if the viewer
/// may not read the record. One entry per mail: where several governing records put it here, the
/// one with the strongest evidence among those the viewer may read.
pub async fn timeline(tx: &mut Tx, scope: &Scope, record: RecordId, before: Before, limit: i64) -> Result<Vec<Entry>> {
    let rows: Vec<Row> = all_seen!(
        tx,
        concat!(
            "select ",
            mail_columns!(),
            ", l.governing_id, l.evidence as link_evidence, l.score, l.decided_at, m.candidates
             from links l
             join records g on g.id = l.governing_id
             join mails m on m.id = l.mail_id
             where l.record_id = $8 and l.at <= $9 and (l.at < $9 or l.mail_id < $10)
               and exists (select 1 from records r where r.id = $8 and ",
            visible!("r"),
            ") and ",
            entry!("g", "l.sealed"),
            " and not exists (
                 select 1 from links b join records h on h.id = b.governing_id
                 where b.mail_id = l.mail_id and b.record_id = l.record_id
                   and (b.score > l.score or (b.score = l.score and b.governing_id < l.governing_id))
                   and ",
            entry!("h", "b.sealed"),
            ") order by l.at desc, l.mail_id desc limit $11"
        ),
        scope,
        record.0,
        before.at.0,
        before.mail.0,
        limit
    )?;
    let mails: Vec<&MailRow> = rows.iter().map(|row| &row.mail).collect();
    let hung = Hung::load(tx, scope, &mails).await?;
    let mut sent = notices(tx, mails.iter().map(|mail| mail.id)).await?;
    let known = names(tx, scope, rows.iter().map(|row| RecordId(row.governing_id))).await?;
    let entry = |row: Row| {
        Some(Entry {
            governing: known.get(&RecordId(row.governing_id))?.clone().beside(row.mail.sealed),
            notices: sent.remove(&row.mail.id).unwrap_or_default(),
            mail: hung.excerpt(row.mail),
            evidence: row.link_evidence,
            score: row.score,
            decided: Timestamp(row.decided_at),
            candidates: row.candidates,
        })
    };
    Ok(rows.into_iter().filter_map(entry).collect())
}
