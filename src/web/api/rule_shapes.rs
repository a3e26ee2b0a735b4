//! A rule as programs write and read it: the fields of `docs/linking-rules.md`, with their meaning in the document.

use super::problem::{Fault, Problem};
use crate::actions::rules::{Edit, No, from_toml};
use crate::link::rules::Fault as Flawed;
use crate::model::id::RuleId;
use crate::model::rule::Rule;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Whether a rule decides.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = RuleState)]
pub(in super::super) enum SwitchWord {
    /// It decides.
    On,
    /// It says what it would do, and does nothing.
    Shadow,
    /// It is passed over.
    #[default]
    Off,
}

/// What a condition looks at. Where a mail has several values, one that fits is enough.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = RuleField)]
pub(in super::super) enum FieldWord {
    /// The author's address.
    Sender,
    /// An address in To, Cc or Bcc.
    Recipient,
    /// The domain of the author's address, and those above it.
    Domain,
    /// The domain of an address in To, Cc or Bcc.
    RecipientDomain,
    /// The subject.
    Subject,
    /// The writer's new text.
    Body,
    /// A header field, by its name.
    Header,
    /// The name of a mailbox in which a copy lies.
    Mailbox,
    /// The folder in which a copy lies.
    Folder,
    /// The size in octets.
    Size,
    /// The name of an attachment.
    Attachment,
    /// Who wrote it: human, machine, or one kind of machine.
    Author,
    /// How it travelled: direct, list, bulk.
    Channel,
}

/// One condition: a field, and exactly one way to compare it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RuleCondition)]
pub(in super::super) struct ConditionBody {
    /// What is looked at.
    field: FieldWord,
    /// The name of the header field, where `field` is `header`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    header: Option<String>,
    /// It is this text; case means nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    is: Option<String>,
    /// This text stands in it; case means nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    contains: Option<String>,
    /// This regular expression is found in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    matches: Option<String>,
    /// It has more octets than this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    over: Option<i64>,
    /// It has fewer octets than this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    under: Option<i64>,
}

/// What is done with a mail.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = RuleThen)]
pub(in super::super) struct ThenBody {
    /// It regards the opportunity or lead with this number; `{name}` is what the group of that name found.
    #[serde(skip_serializing_if = "Option::is_none")]
    regard: Option<String>,
    /// It stands on the account with this number or external id.
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    /// What stands on it links it to nothing.
    ignore: bool,
    /// Nothing but a person links it.
    private: bool,
    /// lead or opportunity: what is made where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    create: Option<String>,
    /// Who gets what is made, in turn: logins, and team:NAME.
    assign: Vec<String>,
    /// What is made is confidential; without `create`, the mail is.
    confidential: bool,
}

/// A rule of the admins.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Rule)]
pub(in super::super) struct RuleBody {
    /// What people call it; unique.
    name: String,
    /// Whether it decides.
    #[serde(default)]
    state: SwitchWord,
    /// Whether the rules after it are passed over once it matched.
    #[serde(default)]
    stop: bool,
    /// Conditions that must all hold.
    #[serde(default)]
    all: Vec<ConditionBody>,
    /// Conditions of which one must hold, if there are any.
    #[serde(default)]
    any: Vec<ConditionBody>,
    /// Conditions of which none may hold.
    #[serde(default)]
    none: Vec<ConditionBody>,
    /// What is done with a mail for which they hold.
    then: ThenBody,
}

impl RuleBody {
    /// The rule that is kept, as it is written.
    pub fn of(rule: &Rule) -> Result<RuleBody, Problem> {
        Ok(serde_json::from_value(serde_json::to_value(rule)?)?)
    }

    /// The rule that is meant. What it says is judged where it is drafted.
    fn rule(&self) -> Result<Rule, Problem> {
        serde_json::from_value(serde_json::to_value(self)?).map_err(|error| Problem::field("rule", error.to_string()))
    }
}

/// A change to the rules.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
#[schema(as = RuleEdit)]
pub(in super::super) enum EditBody {
    /// One more rule.
    Add {
        /// It.
        rule: RuleBody,
        /// Its place, counted from 1; without it at the end.
        #[schema(minimum = 1, maximum = 10000)]
        place: Option<u32>,
    },
    /// Another text for a rule.
    Change {
        /// Which.
        rule_id: i64,
        /// What it says from then on.
        rule: RuleBody,
    },
    /// On, in shadow, off.
    Turn {
        /// Which.
        rule_id: i64,
        /// To what.
        state: SwitchWord,
    },
    /// To another place.
    Move {
        /// Which.
        rule_id: i64,
        /// Its place, counted from 1.
        #[schema(minimum = 1, maximum = 10000)]
        place: u32,
    },
    /// Out of the set.
    Delete {
        /// Which.
        rule_id: i64,
    },
    /// These instead of all there are; rules of the same name stay the same rules.
    Import {
        /// The file, as the export gives it.
        toml: String,
    },
    /// As they were in this version.
    RollBack {
        /// Its number.
        version: i64,
    },
    /// As they are: to apply them to stored mail.
    Apply {},
}

impl EditBody {
    /// The change that is meant.
    pub fn edit(&self) -> Result<Edit, Problem> {
        let state = |word: SwitchWord| match word {
            SwitchWord::On => crate::model::rule::Switch::On,
            SwitchWord::Shadow => crate::model::rule::Switch::Shadow,
            SwitchWord::Off => crate::model::rule::Switch::Off,
        };
        let place = |place: u32| match usize::try_from(place) {
            Ok(place @ 1..=10_000) => Ok(place),
            _ => Err(Problem::field("place", "a place is a number from 1 to 10000")),
        };
        Ok(match self {
            EditBody::Add { rule, place: at } => Edit::Add(Box::new(rule.rule()?), at.map(place).transpose()?),
            EditBody::Change { rule_id, rule } => Edit::Change(RuleId(*rule_id), Box::new(rule.rule()?)),
            EditBody::Turn { rule_id, state: word } => Edit::Turn(RuleId(*rule_id), state(*word)),
            EditBody::Move { rule_id, place: at } => Edit::Move(RuleId(*rule_id), place(*at)?),
            EditBody::Delete { rule_id } => Edit::Delete(RuleId(*rule_id)),
            EditBody::Import { toml } => Edit::Import(from_toml(toml).map_err(|no| refused(&no))?),
            EditBody::RollBack { version } => Edit::RollBack(*version),
            EditBody::Apply {} => Edit::AsIs,
        })
    }
}

/// Why something is not done with the rules.
pub(super) fn refused(no: &No) -> Problem {
    let text = no.to_string();
    match no {
        No::NotAdmin | No::NoRun | No::NoTrial => Problem::NotFound,
        No::Absent(_) => Problem::field("rule_id", "there is no such rule"),
        No::NoVersion(_) => Problem::field("version", text),
        No::File(_) => Problem::field("toml", text),
        No::Faults(faults) => {
            let fault = |fault: &Flawed| Fault { field: fault.field.clone(), message: fault.to_string() };
            Problem::Fields(faults.iter().map(fault).collect())
        }
        No::Unagreed(words) => {
            let asked = |word: &String| Fault { field: word.clone(), message: format!("agree to `{word}` first.") };
            Problem::Unconfirmed(words.iter().map(asked).collect())
        }
        No::Nothing | No::TooLate => Problem::Declined(text),
        No::Changed | No::Busy(_) | No::Wrong(_) | No::Later(_) | No::Unseen => Problem::Conflict(text),
    }
}
