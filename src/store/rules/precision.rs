//! How often people left what a rule did as it was.

use super::super::{Result, Tx};
use super::resolve;
use crate::model::id::{RecordId, RuleId};
use crate::model::rule::Effect;
use crate::model::time::Timestamp;
use crate::store::StoreError;
use std::collections::{BTreeSet, HashMap, HashSet};

/// What a rule did, and what people said of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Precision {
    /// Mails that it linked, kept from being linked or marked confidential, as it was told to.
    pub acted: i64,
    /// Those of which a person said otherwise.
    pub corrected: i64,
}

impl Precision {
    /// The share that nobody corrected, in per cent, rounded down; `None` where it did nothing.
    pub fn percent(self) -> Option<i64> {
        (self.acted > 0).then(|| (self.acted - self.corrected) * 100 / self.acted)
    }
}

type Row = (i64, i64, String, bool, Option<String>, Option<i64>);

/// For each rule that was on: the mails on which it acted since a moment, and those of them that a
/// person put elsewhere. A word counts at the mail at which it was said, while nobody took it back. A
/// person who says what the rule says corrects nothing.
pub async fn precision(tx: &mut Tx, since: Timestamp) -> Result<HashMap<RuleId, Precision>> {
    let acted: Vec<(i64, i64)> = all!(
        tx,
        "select r.rule_id, count(distinct r.mail_id) from mail_rules r where r.at >= $1 and not r.shadow \
         and (r.effects in ('[\"ignore\"]', '[\"private\"]') or r.effects like '%\"confidential\"%' or exists (select 1 from links l where l.mail_id = r.mail_id \
           and l.evidence like '%\"kind\":\"rule\",\"rule\":' || cast(r.rule_id as text) || ',%')) \
         and not exists (select 1 from mails m join corrections c on c.copy_key = m.copy_key and c.identity = m.identity \
           where m.id = r.mail_id and c.undone_at is null and c.replaced_by is null and c.at >= r.at \
           and c.what in ('regard', 'remove', 'private', 'add', 'filed', 'open')) group by r.rule_id",
        since.0
    )?;
    let said: Vec<Row> = all!(
        tx,
        "select r.rule_id, r.mail_id, r.effects, exists (select 1 from links l where l.mail_id = r.mail_id \
           and l.evidence like '%\"kind\":\"rule\",\"rule\":' || cast(r.rule_id as text) || ',%'), c.what, c.record_id \
         from corrections c join mails m on m.copy_key = c.copy_key and m.identity = c.identity \
         join mail_rules r on r.mail_id = m.id where r.at >= $1 and not r.shadow and c.at >= r.at \
         and c.undone_at is null and c.replaced_by is null \
         and c.what in ('regard', 'remove', 'private', 'add', 'filed', 'open') order by r.rule_id, r.mail_id",
        since.0
    )?;
    let mut all: HashMap<RuleId, Precision> =
        acted.into_iter().map(|(rule, n)| (RuleId(rule), Precision { acted: n, corrected: 0 })).collect();
    let mut effects = BTreeSet::new();
    let mut words = Vec::new();
    for (rule, mail, text, _, what, record) in said {
        let bad = |_| StoreError::BadRow { table: "mail_rules", id: mail, column: "effects" };
        let found: Vec<Effect> = serde_json::from_str(&text).map_err(bad)?;
        effects.extend(found.iter().cloned());
        words.push(((RuleId(rule), mail), found, what.unwrap_or_default(), record.map(RecordId)));
    }
    let named = resolve(tx, &effects).await?;
    let (mut spoken, mut against) = (HashSet::new(), HashSet::new());
    for (mail, found, what, record) in words {
        spoken.insert(mail);
        if is_against(&found, &what, record, &named) {
            against.insert(mail);
        }
    }
    for mail in spoken {
        let one = all.entry(mail.0).or_default();
        one.acted += 1;
        one.corrected += i64::from(against.contains(&mail));
    }
    Ok(all)
}

/// Whether a person's word is another than the rule's.
fn is_against(
    effects: &[Effect],
    what: &str,
    record: Option<RecordId>,
    named: &HashMap<Effect, Vec<RecordId>>,
) -> bool {
    let records: Vec<RecordId> = effects.iter().filter_map(|e| named.get(e)).flatten().copied().collect();
    let regards = effects.iter().any(|e| matches!(e, Effect::Regard(_)));
    let hides = effects.iter().any(|e| matches!(e, Effect::Ignore | Effect::Private));
    let names_it = record.is_some_and(|record| records.contains(&record));
    match what {
        "regard" | "filed" => hides && record.is_some() || regards && !names_it,
        "remove" => names_it,
        "private" => !hides && effects.iter().any(|e| *e != Effect::Confidential),
        "open" => effects.contains(&Effect::Confidential),
        "add" => hides,
        _ => false,
    }
}
