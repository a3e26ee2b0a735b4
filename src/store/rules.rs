//! The admins' rules: every version of them, what they said about each mail, and what they need to
//! know of mail and records.

mod jobs;
mod letters;
mod precision;
pub mod trials;

pub use jobs::{
    Before, Job, JobState, UNDO_FOR, add, advance, before, before_by, before_of, claim, journal, latest, load, settle,
    that_changed, turn, under_way,
};
pub use letters::{LetterRow, Wanted, below, keep_headers, known, of_mails, of_threads, page, places_of};
pub use precision::{Precision, precision};

use super::{Result, StoreError, Tx, insert_many, list, text_list};
use crate::model::address::Address;
use crate::model::id::{MailId, RecordId, RuleId, UserId};
use crate::model::record::Kind;
use crate::model::rule::{Change, Effect, Hit, Kept, Rule};
use crate::model::time::Timestamp;
use sha2::{Digest, Sha256};
use std::collections::{BTreeSet, HashMap};

/// The number of the newest version of the set, and what tells its rules from those of any other;
/// 0 and nothing where there never was a rule.
pub async fn current(tx: &mut Tx) -> Result<(i64, String)> {
    let row: Option<(i64, String)> =
        maybe!(tx, "select version, digest from rule_changes order by version desc limit 1")?;
    Ok(row.unwrap_or_default())
}

/// The rules of a version, in their order.
pub async fn at(tx: &mut Tx, version: i64) -> Result<Vec<Kept>> {
    let sequence: Option<(String,)> = maybe!(tx, "select sequence from rule_changes where version = $1", version)?;
    let Some((sequence,)) = sequence else { return Ok(Vec::new()) };
    let bad = StoreError::BadRow { table: "rule_changes", id: version, column: "sequence" };
    let order: Vec<RuleId> = serde_json::from_str(&sequence).map_err(|_| bad)?;
    let rows: Vec<(i64, i64, String)> = all!(
        tx,
        "select v.rule_id, v.version, v.body from rule_versions v join \
         (select rule_id, max(version) as version from rule_versions where version <= $1 group by rule_id) l \
         on l.rule_id = v.rule_id and l.version = v.version",
        version
    )?;
    let mut rules = HashMap::new();
    for (id, version, body) in rows {
        rules.insert(RuleId(id), Kept { id: RuleId(id), version, rule: parsed(id, &body)? });
    }
    Ok(order.iter().filter_map(|id| rules.remove(id)).collect())
}

fn parsed(id: i64, body: &str) -> Result<Rule> {
    serde_json::from_str(body).map_err(|_| StoreError::BadRow { table: "rule_versions", id, column: "body" })
}

/// A version that is to be written.
#[derive(Clone, Debug, Default)]
pub struct NewVersion {
    /// The rules in their order; those that are new or changed have the version that is written.
    pub rules: Vec<Kept>,
    /// What was done.
    pub what: &'static str,
    /// Why.
    pub note: String,
    /// What a dry run had said; JSON, may be empty.
    pub shown: String,
    /// Who; `None`: the operator.
    pub by: Option<UserId>,
}

/// Writes the next version; gives its number. The caller took [`Tx::alone`], read what it changes
/// after that, and gave new rules their ids ([`next_id`]).
pub async fn record(tx: &mut Tx, new: NewVersion, now: Timestamp) -> Result<i64> {
    let version = current(tx).await?.0 + 1;
    let rules = new.rules;
    let mut changed = Vec::new();
    for kept in rules.iter().filter(|kept| kept.version == version) {
        let body = serde_json::to_string(&kept.rule).unwrap_or_default();
        changed.push(vec![kept.id.0.into(), version.into(), body.into()]);
    }
    let sequence: Vec<RuleId> = rules.iter().map(|kept| kept.id).collect();
    run!(
        tx,
        "insert into rule_changes (version, at, by_user_id, what, note, shown, sequence, digest) \
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        version,
        now.0,
        new.by.map(|u| u.0),
        new.what,
        new.note.as_str(),
        new.shown.as_str(),
        serde_json::to_string(&sequence).unwrap_or_default(),
        digest(&rules)
    )?;
    insert_many(tx, "rule_versions (rule_id, version, body)", "", changed).await?;
    Ok(version)
}

/// What tells a set from every other one.
fn digest(rules: &[Kept]) -> String {
    let mut hash = Sha256::new();
    for kept in rules {
        hash.update(kept.id.0.to_be_bytes());
        hash.update(kept.version.to_be_bytes());
        hash.update(serde_json::to_string(&kept.rule).unwrap_or_default());
        hash.update([0]);
    }
    hex::encode(hash.finalize())
}

/// An id that no rule has or had. Only for whoever holds [`Tx::alone`].
pub async fn next_id(tx: &mut Tx) -> Result<RuleId> {
    let (id,): (i64,) = one!(tx, "select coalesce(max(rule_id), 0) + 1 from rule_versions")?;
    Ok(RuleId(id))
}

type ChangeRow = (i64, i64, Option<i64>, String, String, String);

/// The latest versions, the newest first; with `rule` those in which it changed.
pub async fn history(tx: &mut Tx, rule: Option<RuleId>, limit: i64) -> Result<Vec<Change>> {
    let rows: Vec<ChangeRow> = all!(
        tx,
        "select version, at, by_user_id, what, note, shown from rule_changes where $1 = 0 or version in \
         (select version from rule_versions where rule_id = $1) order by version desc limit $2",
        rule.map_or(0, |r| r.0),
        limit
    )?;
    let change = |(version, at, by, what, note, shown): ChangeRow| Change {
        version,
        at: Timestamp(at),
        by: by.map(UserId),
        what,
        note,
        shown,
    };
    Ok(rows.into_iter().map(change).collect())
}

type SaidRow = (i64, i64, i64, i64, String, bool, String);

/// What the rules said about these mails, in the rules' order, and the version of the set that did.
pub async fn said(tx: &mut Tx, mails: &[MailId]) -> Result<HashMap<MailId, (i64, Vec<Hit>)>> {
    if mails.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<SaidRow> = all!(
        tx,
        "select mail_id, set_version, rule_id, version, name, shadow, effects from mail_rules \
         where mail_id in (select cast(value as bigint) from json_each($1)) order by mail_id, position",
        list(mails.iter().map(|m| m.0))
    )?;
    let mut said: HashMap<MailId, (i64, Vec<Hit>)> = HashMap::new();
    for (mail, set, rule, version, name, shadow, effects) in rows {
        let bad = StoreError::BadRow { table: "mail_rules", id: mail, column: "effects" };
        let effects: Vec<Effect> = serde_json::from_str(&effects).map_err(|_| bad)?;
        let hit = Hit { rule: RuleId(rule), version, name, shadow, effects };
        let entry = said.entry(MailId(mail)).or_default();
        entry.0 = set;
        entry.1.push(hit);
    }
    Ok(said)
}

/// Writes down what the rules said about mails of which nothing is written yet.
pub async fn say(tx: &mut Tx, said: &[(MailId, i64, &[Hit])], now: Timestamp) -> Result<()> {
    let rows = said.iter().flat_map(|(mail, set, hits)| {
        hits.iter().zip(0_i64..).map(move |(hit, position)| {
            vec![
                mail.0.into(),
                position.into(),
                hit.rule.0.into(),
                hit.version.into(),
                (*set).into(),
                hit.name.as_str().into(),
                hit.shadow.into(),
                serde_json::to_string(&hit.effects).unwrap_or_default().into(),
                now.0.into(),
            ]
        })
    });
    let into = "mail_rules (mail_id, position, rule_id, version, set_version, name, shadow, effects, at)";
    insert_many(tx, into, "", rows.collect()).await
}

/// Replaces what the rules said about mails.
pub async fn say_anew(tx: &mut Tx, said: &[(MailId, i64, &[Hit])], now: Timestamp) -> Result<()> {
    if said.is_empty() {
        return Ok(());
    }
    run!(
        tx,
        "delete from mail_rules where mail_id in (select cast(value as bigint) from json_each($1))",
        list(said.iter().map(|(mail, ..)| mail.0))
    )?;
    say(tx, said, now).await
}

/// The records that rules name. A merged record stands for the one it became; deleted and converted
/// ones are none.
pub async fn resolve(tx: &mut Tx, effects: &BTreeSet<Effect>) -> Result<HashMap<Effect, Vec<RecordId>>> {
    let mut found: HashMap<Effect, Vec<RecordId>> = HashMap::new();
    let numbers: BTreeSet<&str> =
        effects.iter().filter(|e| matches!(e, Effect::Regard(_))).filter_map(Effect::names).collect();
    let accounts: BTreeSet<&str> =
        effects.iter().filter(|e| matches!(e, Effect::Account(_))).filter_map(Effect::names).collect();
    if !numbers.is_empty() {
        let rows: Vec<(String, i64)> = all!(
            tx,
            "select k.value, r.id from json_each($1) k cross join records f cross join records r \
             where f.number = k.value and r.id = coalesce(f.merged_into_id, f.id) and r.kind in ('opportunity', 'lead') and r.status <> 'converted' and r.deleted_at is null order by r.id",
            text_list(numbers)
        )?;
        for (number, id) in rows {
            push(&mut found, Effect::Regard(number), id);
        }
    }
    let leads: BTreeSet<&str> =
        effects.iter().filter(|e| matches!(e, Effect::Lead(_))).filter_map(Effect::names).collect();
    if !leads.is_empty() {
        let rows: Vec<(String, i64)> = all!(
            tx,
            "select distinct m.address, r.id from json_each($1) k join ruled_records m on m.address = k.value \
             join records f on f.id = m.record_id join records r on r.id = coalesce(f.merged_into_id, f.id) \
             where r.kind = 'lead' and r.status <> 'converted' and r.deleted_at is null order by 2",
            text_list(leads)
        )?;
        for (address, id) in rows {
            push(&mut found, Effect::Lead(address), id);
        }
    }
    if !accounts.is_empty() {
        let rows: Vec<(String, i64)> = all!(
            tx,
            "select k.value, r.id from json_each($1) k join records f on f.external_id = k.value or f.number = k.value \
             join records r on r.id = coalesce(f.merged_into_id, f.id) \
             where r.kind = 'account' and r.deleted_at is null order by r.id",
            text_list(accounts)
        )?;
        for (name, id) in rows {
            push(&mut found, Effect::Account(name), id);
        }
    }
    Ok(found)
}

fn push(found: &mut HashMap<Effect, Vec<RecordId>>, effect: Effect, id: i64) {
    let records = found.entry(effect).or_default();
    if !records.contains(&RecordId(id)) {
        records.push(RecordId(id));
    }
}

/// How often a rule said something since a moment, and how often in shadow.
pub async fn counts(tx: &mut Tx, since: Timestamp) -> Result<HashMap<RuleId, Counts>> {
    let rows: Vec<(i64, bool, i64, i64)> = all!(
        tx,
        "select rule_id, shadow, count(*), max(at) from mail_rules where at >= $1 group by rule_id, shadow",
        since.0
    )?;
    let mut counts: HashMap<RuleId, Counts> = HashMap::new();
    for (rule, shadow, count, last) in rows {
        let entry = counts.entry(RuleId(rule)).or_default();
        *(if shadow { &mut entry.shadow } else { &mut entry.on }) += count;
        entry.last = entry.last.max(Some(Timestamp(last)));
    }
    Ok(counts)
}

/// How often a rule said something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// While it was on.
    pub on: i64,
    /// While it was in shadow.
    pub shadow: i64,
    /// When last.
    pub last: Option<Timestamp>,
}

/// Mails about which a rule in shadow said something since a moment: where it would have put each,
/// and what each regards. The latest first.
pub async fn shadowed(
    tx: &mut Tx,
    rule: RuleId,
    since: Timestamp,
    limit: i64,
) -> Result<Vec<(MailId, Vec<Effect>, Option<RecordId>)>> {
    let rows: Vec<(i64, String, Option<i64>)> = all!(
        tx,
        "select r.mail_id, r.effects, m.regarding_id from mail_rules r join mails m on m.id = r.mail_id \
         where r.rule_id = $1 and r.at >= $2 and r.shadow order by r.at desc, r.mail_id desc limit $3",
        rule.0,
        since.0,
        limit
    )?;
    let bad = |id| StoreError::BadRow { table: "mail_rules", id, column: "effects" };
    let one = |(mail, effects, regarding): (i64, String, Option<i64>)| {
        let effects = serde_json::from_str(&effects).map_err(|_| bad(mail))?;
        Ok((MailId(mail), effects, regarding.map(RecordId)))
    };
    rows.into_iter().map(one).collect()
}

/// A record that a rule made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// The rule.
    pub rule: RuleId,
    /// The record.
    pub record: RecordId,
    /// Who got it.
    pub owner: UserId,
    /// A lead or an opportunity.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// Of a lead: the sender for whom it was made.
    pub address: Option<Address>,
}

/// Notes that a rule made a record.
pub async fn note_made(tx: &mut Tx, made: &Made, now: Timestamp) -> Result<()> {
    run!(
        tx,
        "insert into ruled_records (record_id, rule_id, address, at) values ($1, $2, $3, $4)",
        made.record.0,
        made.rule.0,
        made.address.as_ref().map(Address::as_str),
        now.0
    )?;
    Ok(())
}

/// How many records a rule made.
pub async fn made_by(tx: &mut Tx, rule: RuleId) -> Result<i64> {
    let (made,): (i64,) = one!(tx, "select count(*) from ruled_records where rule_id = $1", rule.0)?;
    Ok(made)
}
