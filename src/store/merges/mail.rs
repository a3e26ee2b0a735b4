//! The mail of records that are merged and parted: links, what it regards, what it may be about.

use super::super::waits;
use super::super::{Result, Tx, insert_many, links, list, reviews, update_many};
use super::{Journal, Merge};
use crate::model::id::{MailId, RecordId};
use crate::model::link::{Candidate, Evidence};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A row of `links`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::FromRow)]
pub(super) struct LinkRow {
    pub mail_id: i64,
    record_id: i64,
    governing_id: i64,
    at: i64,
    evidence: String,
    score: i64,
    decided_at: i64,
}

type Key = (i64, i64, i64);

impl LinkRow {
    fn key(&self) -> Key {
        (self.mail_id, self.record_id, self.governing_id)
    }

    /// The same tie with one record in the place of another.
    fn mapped(&self, from: RecordId, to: RecordId) -> LinkRow {
        let map = |id: i64| if id == from.0 { to.0 } else { id };
        LinkRow {
            record_id: map(self.record_id),
            governing_id: map(self.governing_id),
            evidence: evidence(&self.evidence, from, to),
            ..self.clone()
        }
    }
}

/// Evidence as stored, with one record in the place of another.
fn evidence(text: &str, from: RecordId, to: RecordId) -> String {
    let Ok(mut evidence) = serde_json::from_str::<Evidence>(text) else { return text.to_owned() };
    match &mut evidence {
        Evidence::Address { party: id, .. }
        | Evidence::OnlyOpportunity { party: id, .. }
        | Evidence::Ranked { party: id, .. }
        | Evidence::Converted { lead: id, .. }
        | Evidence::ForgedAddress { party: id, .. }
        | Evidence::OneOfSeveral { party: id, .. }
        | Evidence::Through { record: id }
            if *id == from =>
        {
            *id = to;
        }
        _ => return text.to_owned(),
    }
    serde_json::to_string(&evidence).unwrap_or_else(|_| text.to_owned())
}

fn candidates(text: &str, from: RecordId, to: RecordId) -> Option<String> {
    let mut all: Vec<Candidate> = serde_json::from_str(text).ok()?;
    let mut changed = false;
    for candidate in all.iter_mut().filter(|c| c.record == from) {
        (candidate.record, changed) = (to, true);
    }
    let mut seen = BTreeSet::new();
    all.retain(|candidate| seen.insert(candidate.record));
    if changed { serde_json::to_string(&all).ok() } else { None }
}

/// What the links of these mails become: each tie once, the stronger one where two meet.
fn merged(rows: &[LinkRow], from: RecordId, to: RecordId) -> BTreeMap<Key, LinkRow> {
    let mut found: BTreeMap<Key, LinkRow> = BTreeMap::new();
    for row in rows.iter().map(|row| row.mapped(from, to)) {
        match found.get(&row.key()) {
            Some(other) if other.score >= row.score => {}
            _ => drop(found.insert(row.key(), row)),
        }
    }
    found
}

/// Every link of the mails that stand on `record` or are governed by it there.
async fn links_of_mails_on(tx: &mut Tx, record: RecordId) -> Result<Vec<LinkRow>> {
    const LOAD: &str = "select mail_id, record_id, governing_id, at, evidence, score, decided_at from links
        where mail_id in (select mail_id from links where record_id = $1
          union select mail_id from links where governing_id = $1)
        order by mail_id, record_id, governing_id";
    Ok(all!(tx, LOAD, record.0)?)
}

/// Puts the mail of `from` onto `to`.
pub(super) async fn merge(tx: &mut Tx, to: RecordId, from: RecordId, journal: &mut Journal) -> Result<()> {
    journal.links = links_of_mails_on(tx, from).await?;
    journal.candidates = candidates_on(tx, from).await?;
    let regarding: Vec<(i64,)> = all!(tx, "select id from mails where regarding_id = $1 order by id", from.0)?;
    journal.regarding = regarding.into_iter().map(|(id,)| id).collect();
    replace(tx, &journal.links, merged(&journal.links, from, to).into_values().collect()).await?;
    run!(tx, "update mails set regarding_id = $2 where regarding_id = $1", from.0, to.0)?;
    let changed = journal.candidates.iter().filter_map(|(mail, text)| Some((*mail, candidates(text, from, to)?)));
    write_candidates(tx, changed.collect()).await?;
    reviews::instead(tx, from, to, None).await?;
    settle(tx, journal).await
}

/// Mails that may be about a record, with their candidates.
async fn candidates_on(tx: &mut Tx, record: RecordId) -> Result<Vec<(i64, String)>> {
    // A candidate is a deal of a contact on the mail, or what the thread of the mail regards.
    const LOAD: &str = "select m.id, m.candidates from mails m where m.candidates <> '[]' and m.id in (
          select l.mail_id from links l join records r on l.record_id in (r.account_id, r.end_account_id)
            where r.id = $1
          union select t.id from links l join mails o on o.id = l.mail_id join mails t on t.thread_id = o.thread_id
            where l.governing_id = $1
          union select t.id from mails o join mails t on t.thread_id = o.thread_id where o.regarding_id = $1)
        order by m.id";
    let rows: Vec<(i64, String)> = all!(tx, LOAD, record.0)?;
    let names = |text: &str| {
        let all: Vec<Candidate> = serde_json::from_str(text).unwrap_or_default();
        all.iter().any(|candidate| candidate.record == record)
    };
    Ok(rows.into_iter().filter(|(_, text)| names(text)).collect())
}

async fn write_candidates(tx: &mut Tx, rows: Vec<(i64, String)>) -> Result<()> {
    let rows = rows.into_iter().map(|(mail, text)| vec![mail.into(), text.into()]).collect();
    update_many(tx, "mails set candidates = v.column2", "mails.id = v.column1", rows).await
}

/// Puts `after` in the place of the links of the mails of `before`.
async fn replace(tx: &mut Tx, before: &[LinkRow], after: Vec<LinkRow>) -> Result<()> {
    let mails: BTreeSet<i64> = before.iter().map(|row| row.mail_id).collect();
    const CLEAR: &str = "delete from links where mail_id in (select cast(value as bigint) from json_each($1))";
    run!(tx, CLEAR, list(mails))?;
    let rows = after.into_iter().map(|row| {
        vec![
            row.mail_id.into(),
            row.record_id.into(),
            row.governing_id.into(),
            row.at.into(),
            row.evidence.into(),
            row.score.into(),
            row.decided_at.into(),
        ]
    });
    let into = "links (mail_id, record_id, governing_id, at, evidence, score, decided_at)";
    insert_many(tx, into, "on conflict do nothing", rows.collect()).await?;
    let mails: Vec<MailId> = before.iter().map(|row| MailId(row.mail_id)).collect();
    links::seal(tx, &mails).await
}

/// Works out anew what waits among the mails that moved.
async fn settle(tx: &mut Tx, journal: &Journal) -> Result<()> {
    let mails: BTreeSet<i64> = journal.links.iter().map(|row| row.mail_id).chain(journal.regarding.clone()).collect();
    let mails: Vec<MailId> = mails.into_iter().map(MailId).collect();
    for some in mails.chunks(2_000) {
        waits::settle(tx, some).await?;
    }
    Ok(())
}

/// Puts mail back where it stood before the merge. Mail whose links were decided anew since, and
/// mail that came since, goes back by the addresses that moved, whatever came by one of them, and with
/// its thread: an answer to mail of the record that stands apart again.
pub(super) async fn undo(tx: &mut Tx, merge: &Merge) -> Result<()> {
    let (kept, gone, journal) = (merge.kept, merge.gone, &merge.journal);
    let mut present: BTreeMap<i64, Vec<LinkRow>> = BTreeMap::new();
    for row in links_of_mails_on(tx, kept).await? {
        present.entry(row.mail_id).or_default().push(row);
    }
    let mut before: BTreeMap<i64, Vec<LinkRow>> = BTreeMap::new();
    for row in &journal.links {
        before.entry(row.mail_id).or_default().push(row.clone());
    }
    let ties = |rows: &mut dyn Iterator<Item = &LinkRow>| -> BTreeSet<(Key, String)> {
        rows.map(|row| (row.key(), row.evidence.clone())).collect()
    };
    let threads = threads_of(tx, present.keys().chain(before.keys()).chain(&journal.regarding).copied()).await?;
    let parting: BTreeSet<i64> =
        before.keys().chain(&journal.regarding).filter_map(|mail| threads.get(mail).copied()).collect();
    let (mut cleared, mut written, mut parted) = (Vec::new(), Vec::new(), Vec::new());
    for (mail, rows) in present {
        let with_its_thread = threads.get(&mail).is_some_and(|thread| parting.contains(thread));
        let as_merged = before.get(&mail).map(|rows| merged(rows, gone, kept));
        match (before.get(&mail), as_merged) {
            (Some(old), Some(merged)) if ties(&mut rows.iter()) == ties(&mut merged.values()) => {
                written.extend(old.clone());
            }
            _ if rows.iter().any(|row| came_by(row, merge, with_its_thread)) => {
                written.extend(rows.iter().map(|row| row.mapped(kept, gone)));
                parted.push(mail);
            }
            _ => continue,
        }
        cleared.extend(rows);
    }
    replace(tx, &cleared, written).await?;
    let regarding = list(journal.regarding.iter().chain(&parted).copied());
    const BACK: &str = "update mails set regarding_id = $3 where regarding_id = $2
        and id in (select cast(value as bigint) from json_each($1))";
    run!(tx, BACK, regarding, kept.0, gone.0)?;
    write_candidates(tx, journal.candidates.clone()).await?;
    let of_gone_alone = journal.candidates.iter().filter(|(_, text)| candidates(text, kept, kept).is_none());
    let of_gone_alone: Vec<MailId> = of_gone_alone.map(|(mail, _)| MailId(*mail)).collect();
    reviews::instead(tx, kept, gone, Some(&of_gone_alone)).await?;
    let parted: Vec<MailId> = parted.into_iter().map(MailId).collect();
    waits::settle(tx, &parted).await?;
    settle(tx, journal).await
}

/// The thread of each of these mails.
async fn threads_of(tx: &mut Tx, mails: impl Iterator<Item = i64>) -> Result<BTreeMap<i64, i64>> {
    const LOAD: &str = "select id, thread_id from mails where id in (select cast(value as bigint) from json_each($1))";
    let mails: BTreeSet<i64> = mails.collect();
    let rows: Vec<(i64, i64)> = all!(tx, LOAD, list(mails))?;
    Ok(rows.into_iter().collect())
}

/// Whether a tie to the record that stayed rests on an address that came from the one that went, or on
/// an answer in a thread of its.
fn came_by(row: &LinkRow, merge: &Merge, thread_parts: bool) -> bool {
    if row.record_id != merge.kept.0 && row.governing_id != merge.kept.0 {
        return false;
    }
    match serde_json::from_str::<Evidence>(&row.evidence) {
        Ok(
            Evidence::Address { address, .. }
            | Evidence::OnlyOpportunity { address, .. }
            | Evidence::Ranked { address, .. },
        ) => merge.journal.moved_addresses().any(|moved| moved == address),
        Ok(Evidence::Thread { .. } | Evidence::ForeignReply { .. }) => thread_parts,
        _ => false,
    }
}
