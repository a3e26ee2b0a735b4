//! Rules that follow from what people said: where mail of one sender, or of one firm, was put on the same
//! record again and again, a rule can do it. Only proposed: an admin looks at its dry run and adds it.

use super::caller::Caller;
use super::rules::{self, No};
use crate::model::address::Address;
use crate::model::id::{MailId, RecordId};
use crate::model::record::Kind;
use crate::model::rule::{Condition, Field, Kept, Rule, Switch, Then};
use crate::model::time::Timestamp;
use crate::parse;
use crate::store::corrections::Moved;
use crate::store::records::Entry;
use crate::store::{self, Tx};
use anyhow::Result;
use std::collections::{BTreeMap, BTreeSet};

/// So many mails have to be moved alike before a rule is proposed.
pub const LEAST: i64 = 3;
/// So many rules are proposed at once.
const MOST: usize = 20;

/// A rule that people's words speak for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// The rule, off.
    pub rule: Rule,
    /// Whose mail: an address, or a domain.
    pub of: String,
    /// Where people put it.
    pub record: RecordId,
    /// What that is called.
    pub name: String,
    /// How many mails.
    pub moved: i64,
    /// When the first was moved, and the last.
    pub span: (Timestamp, Timestamp),
}

/// The rules for which people's words since a moment speak, what speaks for most mail first; for admins. A
/// sender whose mail was put on several records, or called private, gives none.
pub async fn propose(tx: &mut Tx, caller: &Caller<'_>, since: Timestamp) -> Result<Result<Vec<Proposal>, No>> {
    let (_, kept) = match rules::all(tx, caller).await? {
        Ok(found) => found,
        Err(no) => return Ok(Err(no)),
    };
    let groups = alike(store::corrections::moved(tx, since).await?);
    let ids: BTreeSet<RecordId> = groups.iter().map(|group| group.record).collect();
    let entries = store::records::load(tx, &ids.into_iter().collect::<Vec<_>>()).await?;
    let mut found = Vec::new();
    for group in groups {
        let entry = entries.iter().find(|entry| entry.record.id == group.record);
        // What is confidential is not for every admin to read.
        let Some(entry) = entry.filter(|e| caller.by.is_none() || !e.record.confidential) else { continue };
        let Some(rule) = draft(&group.of, group.is_domain, entry) else { continue };
        if !is_known(&kept, &rule) {
            let Group { of, record, moved, span, .. } = group;
            found.push(Proposal { rule, of, record, name: entry.record.name.clone(), moved, span });
        }
    }
    found.sort_by(|a, b| (b.moved, &a.of).cmp(&(a.moved, &b.of)));
    found.truncate(MOST);
    Ok(Ok(found))
}

/// The rule that a decision about a mail offers: its sender's mail goes to that record.
pub async fn offered(tx: &mut Tx, mail: MailId, record: RecordId) -> store::Result<Option<Rule>> {
    let Some(mail) = store::corrections::mail(tx, mail).await? else { return Ok(None) };
    let entries = store::records::load(tx, &[record]).await?;
    let entry = entries.first().filter(|_| !mail.from_address.is_empty());
    Ok(entry.and_then(|entry| draft(&mail.from_address, false, entry)))
}

/// A rule that puts mail of a sender, or of a firm, on a record; none where rules cannot name that.
pub fn draft(of: &str, is_domain: bool, entry: &Entry) -> Option<Rule> {
    let then = match (entry.record.kind, &entry.number, &entry.external) {
        (Kind::Opportunity | Kind::Lead, Some(number), _) => Then { regard: Some(number.clone()), ..Then::default() },
        (Kind::Account, _, Some((_, id))) => Then { account: Some(id.clone()), ..Then::default() },
        _ => return None,
    };
    let field = if is_domain { Field::Domain } else { Field::Sender };
    let condition = Condition { field, is: Some(of.to_owned()), ..Condition::default() };
    Some(Rule { name: format!("Mail of {of}"), state: Switch::Off, all: vec![condition], then, ..Rule::default() })
}

fn is_known(kept: &[Kept], rule: &Rule) -> bool {
    kept.iter().any(|kept| kept.rule.all == rule.all && kept.rule.then == rule.then)
}

/// Mail that was put on the same record.
struct Group {
    of: String,
    is_domain: bool,
    record: RecordId,
    moved: i64,
    span: (Timestamp, Timestamp),
}

/// What was moved alike often enough: by firm where several of its people were, else by sender.
fn alike(moved: Vec<Moved>) -> Vec<Group> {
    let mut firms: BTreeMap<String, Vec<Moved>> = BTreeMap::new();
    for one in moved {
        let Ok(address) = Address::parse(&one.sender) else { continue };
        let firm = match parse::is_freemail(address.organisation()) {
            true => one.sender.clone(),
            false => address.domain().to_owned(),
        };
        firms.entry(firm).or_default().push(one);
    }
    let mut found = Vec::new();
    for (firm, all) in firms {
        let senders: BTreeSet<&str> = all.iter().map(|m| m.sender.as_str()).collect();
        if senders.len() > 1
            && let Some(group) = group(&firm, true, all.iter())
        {
            found.push(group);
            continue;
        }
        found.extend(senders.iter().filter_map(|s| group(s, false, all.iter().filter(|m| m.sender == **s))));
    }
    found
}

fn group<'m>(of: &str, is_domain: bool, all: impl Iterator<Item = &'m Moved>) -> Option<Group> {
    let all: Vec<&Moved> = all.collect();
    let records: BTreeSet<Option<RecordId>> = all.iter().map(|m| m.record).collect();
    let mut each = records.into_iter();
    let (Some(Some(record)), None) = (each.next(), each.next()) else { return None };
    let count = all.iter().map(|m| m.mails).sum();
    let span = (all.iter().map(|m| m.first).min()?, all.iter().map(|m| m.last).max()?);
    (count >= LEAST).then(|| Group { of: of.to_owned(), is_domain, record, moved: count, span })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moved(sender: &str, record: i64, mails: i64) -> Moved {
        let record = (record > 0).then_some(RecordId(record));
        Moved { sender: sender.into(), record, mails, first: Timestamp(1), last: Timestamp(mails) }
    }

    fn said(all: Vec<Moved>) -> Vec<(String, bool, i64)> {
        alike(all).into_iter().map(|group| (group.of, group.is_domain, group.moved)).collect()
    }

    #[test]
    fn a_sender_whose_mail_went_one_way_gives_a_rule_and_one_of_two_minds_none() {
        assert_eq!(said(vec![moved("a@x.test", 1, 3)]), [("a@x.test".to_owned(), false, 3)]);
        assert!(said(vec![moved("a@x.test", 1, 2)]).is_empty(), "too few");
        assert!(said(vec![moved("a@x.test", 1, 5), moved("a@x.test", 2, 1)]).is_empty());
        assert!(said(vec![moved("a@x.test", 1, 5), moved("a@x.test", 0, 1)]).is_empty(), "private once");
    }

    #[test]
    fn several_people_of_one_firm_give_a_rule_for_the_firm_unless_anybody_has_its_addresses() {
        let two = |domain: &str| vec![moved(&format!("a@{domain}"), 1, 2), moved(&format!("b@{domain}"), 1, 1)];
        assert_eq!(said(two("x.test")), [("x.test".to_owned(), true, 3)]);
        assert!(said(two("gmail.com")).is_empty());
        let apart = vec![moved("a@x.test", 1, 3), moved("b@x.test", 2, 3)];
        assert_eq!(said(apart).len(), 2, "each of their own");
    }
}
