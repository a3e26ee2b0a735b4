//! A rule of the admins, as people write it and as it is kept; and what rules said about one mail.
//!
//! What a rule means is decided in `link::rules`. A mail keeps what the rules said when it came
//! ([`Hit`]): a rule that is changed later does not change what came before, until somebody
//! applies the rules to history.

use super::id::{RuleId, UserId};
use super::time::Timestamp;
use serde::{Deserialize, Serialize};

/// A rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// What people call it. Unique in its set.
    pub name: String,
    /// Whether it decides.
    #[serde(default)]
    pub state: Switch,
    /// Whether the rules after it are passed over once it matched.
    #[serde(default, skip_serializing_if = "is_false")]
    pub stop: bool,
    /// Conditions that must all hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub all: Vec<Condition>,
    /// Conditions of which one must hold, if there are any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub any: Vec<Condition>,
    /// Conditions of which none may hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub none: Vec<Condition>,
    /// What is done with a mail for which they hold.
    pub then: Then,
}

fn is_false(value: &bool) -> bool {
    !*value
}

/// Whether a rule decides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Switch {
    /// It decides.
    On,
    /// It says what it would do, and does nothing.
    Shadow,
    /// It is passed over.
    #[default]
    Off,
}

impl Switch {
    /// The word in files, tables and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Switch::On => "on",
            Switch::Shadow => "shadow",
            Switch::Off => "off",
        }
    }
}

/// One condition: a field, and exactly one way to compare it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// What is looked at.
    pub field: Field,
    /// The name of the header field, where `field` is `header`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<String>,
    /// It is this text; case means nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is: Option<String>,
    /// This text stands in it; case means nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contains: Option<String>,
    /// This regular expression is found in it. Case counts unless it begins with `(?i)`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matches: Option<String>,
    /// It has more octets than this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over: Option<i64>,
    /// It has fewer octets than this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub under: Option<i64>,
}

/// What a condition looks at. Where a mail has several values, one that fits is enough.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Field {
    /// The author's address.
    #[default]
    Sender,
    /// An address in To, Cc or Bcc.
    Recipient,
    /// The domain of the author's address; `is` also finds the domains below the one named.
    Domain,
    /// The domain of an address in To, Cc or Bcc; `is` also finds those below.
    RecipientDomain,
    /// The subject.
    Subject,
    /// The writer's new text, without what is quoted.
    Body,
    /// A header field, by its name.
    Header,
    /// The name of a mailbox in which a copy lies or lay.
    Mailbox,
    /// The folder in which a copy lies or lay.
    Folder,
    /// The size of the whole mail, in octets.
    Size,
    /// The name of an attachment.
    Attachment,
    /// Who wrote it: `human`, `machine`, or one kind of machine.
    Author,
    /// How it travelled: `direct`, `list`, `bulk`.
    Channel,
}

impl Field {
    /// All of them.
    pub const ALL: [Field; 13] = [
        Field::Sender,
        Field::Recipient,
        Field::Domain,
        Field::RecipientDomain,
        Field::Subject,
        Field::Body,
        Field::Header,
        Field::Mailbox,
        Field::Folder,
        Field::Size,
        Field::Attachment,
        Field::Author,
        Field::Channel,
    ];

    /// The word in files.
    pub fn word(self) -> &'static str {
        match self {
            Field::Sender => "sender",
            Field::Recipient => "recipient",
            Field::Domain => "domain",
            Field::RecipientDomain => "recipient-domain",
            Field::Subject => "subject",
            Field::Body => "body",
            Field::Header => "header",
            Field::Mailbox => "mailbox",
            Field::Folder => "folder",
            Field::Size => "size",
            Field::Attachment => "attachment",
            Field::Author => "author",
            Field::Channel => "channel",
        }
    }
}

/// What a rule does. Queues are read so that they can be refused with a sentence.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Then {
    /// The mail regards the opportunity or lead with this number; `{name}` stands for what the
    /// group of that name in a regular expression of the rule found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub regard: Option<String>,
    /// The mail stands on the timeline of the account with this number or external id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// What stands on the mail itself says nothing: no address, domain or number links it. A true
    /// reply to a linked mail still is one.
    #[serde(default, skip_serializing_if = "is_false")]
    pub ignore: bool,
    /// Nothing but a person links it; it is not stored if it was not.
    #[serde(default, skip_serializing_if = "is_false")]
    pub private: bool,
    /// `lead`: a lead is made for a sender who is on no record. `opportunity`: one is made for a contact
    /// of an account, whose mail regards nothing and who has no open one. For mail that comes now, was
    /// written by a human, and lies in an inbox.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub create: Option<String>,
    /// Who gets what is made, in turn: logins, and `team:NAME` for all members of a team. Whoever is away
    /// is passed over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assign: Vec<String>,
    /// With `create`: what is made is confidential. Else the mail is marked confidential: it is seen as if the
    /// record that governs it were.
    #[serde(default, skip_serializing_if = "is_false")]
    pub confidential: bool,
    /// Refused: route to a queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
}

/// A rule that is kept: which one, and as of which version of the set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Its id, the same over all its versions.
    pub id: RuleId,
    /// The version of the set in which it became what it is.
    pub version: i64,
    /// What it says.
    pub rule: Rule,
}

/// One version of the set: who changed what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its number; they grow by one.
    pub version: i64,
    /// When.
    pub at: Timestamp,
    /// Who; `None` is the operator.
    pub by: Option<UserId>,
    /// What was done: `add`, `edit`, `move`, `delete`, `import`, `roll-back`, `on`, `shadow`, `off`.
    pub what: String,
    /// Why, in the words of whoever did it; may be empty.
    pub note: String,
    /// What a dry run said before it was saved; JSON, may be empty.
    pub shown: String,
}

/// What one rule said about one mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hit {
    /// The rule.
    pub rule: RuleId,
    /// Its version.
    pub version: i64,
    /// Its name then.
    pub name: String,
    /// It only says so: the rule was in shadow.
    pub shadow: bool,
    /// What it does, with the captured texts in place.
    pub effects: Vec<Effect>,
}

/// What a rule does to one mail.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// It regards the opportunity or lead with this number.
    Regard(String),
    /// It stands on the account with this number or external id.
    Account(String),
    /// What stands on it says nothing.
    Ignore,
    /// Only a person links it.
    Private,
    /// It regards the lead that a rule made for its sender, who has this address; one is made if there is
    /// none.
    Lead(String),
    /// An opportunity is made for its sender, if they have none open.
    Opportunity,
    /// It is marked confidential.
    Confidential,
}

impl Effect {
    /// The number, id or address by which it names a record.
    pub fn names(&self) -> Option<&str> {
        match self {
            Effect::Regard(number) | Effect::Account(number) | Effect::Lead(number) => Some(number),
            Effect::Ignore | Effect::Private | Effect::Opportunity | Effect::Confidential => None,
        }
    }

    /// Whether it may make a record.
    pub fn makes(&self) -> bool {
        matches!(self, Effect::Lead(_) | Effect::Opportunity)
    }
}
