//! What a rule in shadow would have done, compared with where the mail stands.

use crate::model::id::{MailId, RecordId, RuleId};
use crate::model::rule::Effect;
use crate::model::time::Timestamp;
use crate::store::{self, Tx};
use anyhow::Result;
use std::collections::{BTreeSet, HashMap};

/// Mails that are looked at, the latest.
const MOST: i64 = 200;

/// How what a rule says agrees with where a mail stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agreement {
    /// It stands there.
    Same,
    /// It stands nowhere that the rule would take it from: the rule would add something.
    New,
    /// It stands on another record, or the rule would keep it from what it stands on.
    Other,
    /// The rule names no record that is there, or several.
    Nobodys,
}

/// A mail of which a rule in shadow said something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shadowed {
    /// The mail.
    pub mail: MailId,
    /// What it would have done.
    pub effects: Vec<Effect>,
    /// What the mail regards.
    pub regarding: Option<RecordId>,
    /// How they agree.
    pub agreement: Agreement,
}

/// What a rule in shadow said, the latest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shadow {
    /// The mails, at most 200.
    pub mails: Vec<Shadowed>,
}

impl Shadow {
    /// Of the mails that stand somewhere, how many in a hundred stand where the rule says.
    pub fn percent(&self) -> Option<usize> {
        let count = |wanted: Agreement| self.mails.iter().filter(|one| one.agreement == wanted).count();
        let (same, other) = (count(Agreement::Same), count(Agreement::Other));
        (same + other > 0).then(|| same * 100 / (same + other))
    }
}

/// What a rule in shadow said since a moment. For admins; the caller asked.
pub async fn in_shadow(tx: &mut Tx, rule: RuleId, since: Timestamp) -> Result<Shadow> {
    let said = store::rules::shadowed(tx, rule, since, MOST).await?;
    let naming: BTreeSet<Effect> =
        said.iter().flat_map(|(_, effects, _)| effects).filter(|e| e.names().is_some()).cloned().collect();
    let named = if naming.is_empty() { HashMap::new() } else { store::rules::resolve(tx, &naming).await? };
    let mails: Vec<MailId> = said.iter().map(|(mail, ..)| *mail).collect();
    let on = store::links::of_mails(tx, &mails).await?;
    let sealed = store::mails::sealed(tx, &mails).await?;
    let one = |(mail, effects, regarding): (MailId, Vec<Effect>, Option<RecordId>)| {
        let on = on.get(&mail).map(Vec::as_slice).unwrap_or_default();
        let agreement = match agreement(&effects, regarding, on, &named) {
            Agreement::Same if effects.contains(&Effect::Confidential) && !sealed.contains(&mail) => Agreement::New,
            found => found,
        };
        Shadowed { mail, effects, regarding, agreement }
    };
    Ok(Shadow { mails: said.into_iter().map(one).collect() })
}

/// How what is said agrees with what a mail regards and the records `on` which it stands.
fn agreement(
    effects: &[Effect],
    regarding: Option<RecordId>,
    on: &[RecordId],
    named: &HashMap<Effect, Vec<RecordId>>,
) -> Agreement {
    if effects.iter().any(|e| matches!(e, Effect::Ignore | Effect::Private)) {
        return if on.is_empty() { Agreement::Same } else { Agreement::Other };
    }
    if effects.iter().all(|e| matches!(e, Effect::Lead(_) | Effect::Opportunity)) {
        return if regarding.is_some() { Agreement::Other } else { Agreement::New };
    }
    let mut found = Agreement::Same;
    for effect in effects.iter().filter(|e| e.names().is_some()) {
        let Some([record]) = named.get(effect).map(Vec::as_slice) else { return Agreement::Nobodys };
        let here = if matches!(effect, Effect::Account(_)) { on.contains(record) } else { regarding == Some(*record) };
        let elsewhere = matches!(effect, Effect::Regard(_) | Effect::Lead(_)) && regarding.is_some();
        match (here, elsewhere) {
            (true, _) => {}
            (false, true) => return Agreement::Other,
            (false, false) => found = Agreement::New,
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_rule_says_is_compared_with_where_the_mail_stands() {
        let op = |n: &str| Effect::Regard(n.into());
        let firm = Effect::Account("A".into());
        let named: HashMap<Effect, Vec<RecordId>> = [
            (op("OP-1"), vec![RecordId(1)]),
            (op("OP-2"), vec![RecordId(2), RecordId(3)]),
            (firm.clone(), vec![RecordId(9)]),
        ]
        .into();
        let of = |effects: &[Effect], regarding: Option<i64>, on: &[i64]| {
            let on: Vec<RecordId> = on.iter().copied().map(RecordId).collect();
            agreement(effects, regarding.map(RecordId), &on, &named)
        };
        assert_eq!(of(&[op("OP-1")], Some(1), &[1]), Agreement::Same);
        assert_eq!(of(&[op("OP-1")], Some(2), &[2]), Agreement::Other);
        assert_eq!(of(&[op("OP-1")], None, &[9]), Agreement::New);
        assert_eq!(of(&[op("OP-2")], Some(2), &[2]), Agreement::Nobodys, "several records");
        assert_eq!(of(&[op("OP-7")], None, &[]), Agreement::Nobodys);
        assert_eq!(of(&[firm.clone(), op("OP-1")], Some(1), &[1]), Agreement::New);
        assert_eq!(of(&[firm], None, &[9]), Agreement::Same);
        assert_eq!(of(&[Effect::Ignore], None, &[]), Agreement::Same);
        assert_eq!(of(&[Effect::Private], None, &[9]), Agreement::Other);
        assert_eq!(of(&[Effect::Opportunity], Some(1), &[1]), Agreement::Other);
    }
}
