//! What is wrong with a rule: a code with what belongs to it. In English here, for the command line; in
//! the languages of the pages where their words are.

use super::check::{MOST_CONDITIONS, NO_RULE_LOOKS_AT};
use super::set::MOST_RULES;

/// What is wrong with a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The rule's name; its place in the set where it has none.
    pub rule: String,
    /// Which field: `name`, `all 2, matches`, `then, regard`.
    pub field: String,
    /// The character in that field at which it goes wrong, counted from 1.
    pub at: Option<usize>,
    /// What is wrong, and what to do.
    pub why: Flaw,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "rule `{}`, {}", self.rule, self.field)?;
        if let Some(at) = self.at {
            write!(f, ", at character {at}")?;
        }
        write!(f, ": {}", self.why)
    }
}

/// What can be wrong with a rule, or with a set of them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// The set is too large.
    #[error("there are {0} rules; {MOST_RULES} are allowed")]
    TooManyRules(usize),
    /// Two rules of one name.
    #[error("another rule has this name")]
    NameTaken,
    /// No name, or one that is too long or has more than a line.
    #[error("a rule has a name of 1 to 100 characters on one line")]
    Name,
    /// Too many conditions.
    #[error("there are {0} of them; {MOST_CONDITIONS} are allowed")]
    TooManyConditions(usize),
    /// Rules do not route to queues.
    #[error("there are no queues; name with `assign` who gets what comes in, people or `team:NAME`, in turn")]
    NoQueues,
    /// It would make what rules do not make.
    #[error("`{0}` is not made by rules; write `lead` or `opportunity`")]
    NotMade(String),
    /// It makes something and gives it to nobody.
    #[error("say who gets what is made: logins, or `team:NAME`")]
    NobodyGetsIt,
    /// It gives away, and makes nothing.
    #[error(
        "only what the rule makes is given to somebody: add `create`, or use `standin assign` for records that are there"
    )]
    NothingToGive,
    /// The list of who gets it is no list of names.
    #[error("it is a list of 1 to {MOST_CONDITIONS} logins and `team:NAME`")]
    BadReceivers,
    /// It does nothing.
    #[error("it does nothing; give it one of `regard`, `account`, `ignore`, `private`, `confidential`, `create`")]
    DoesNothing,
    /// It links, and keeps from being linked.
    #[error("it both links the mail and keeps it from being linked; leave one of the two out")]
    LinksAndHides,
    /// It names a record, and makes one.
    #[error("it names a record with `regard` and makes one with `create`; leave one of the two out")]
    NamesAndMakes,
    /// None or several ways of comparing.
    #[error("give it exactly one of `is`, `contains`, `matches`, `over`, `under`")]
    OneWay,
    /// A header's name where another field is looked at.
    #[error("it belongs to the field `header`; this one is `{0}`")]
    HeaderElsewhere(&'static str),
    /// No header's name.
    #[error("name the header field, such as `header = \"List-Id\"`")]
    HeaderMissing,
    /// No name of a header field.
    #[error("this is no name of a header field")]
    HeaderBad,
    /// A header field that says where a copy travelled.
    #[error("rules do not look at {NO_RULE_LOOKS_AT}: they say where a copy travelled")]
    HeaderNotKept,
    /// An empty text.
    #[error("it is empty")]
    Empty,
    /// A text that is too long.
    #[error("it has {length} characters; {most} are allowed")]
    TooLong {
        /// Its characters.
        length: usize,
        /// How many are allowed.
        most: usize,
    },
    /// No address.
    #[error("`{0}` is no address: {1}")]
    NoAddress(String, String),
    /// No domain.
    #[error("`{0}` is no domain")]
    NoDomain(String),
    /// No author.
    #[error("it is `human`, `machine` or one kind of machine, such as `vacation`")]
    NoAuthor,
    /// No channel.
    #[error("it is `direct`, `list` or `bulk`")]
    NoChannel,
    /// A size that is compared as a text.
    #[error("a size is compared with `over` or `under`")]
    SizeAsText,
    /// An author or channel that is searched.
    #[error("it is compared with `is`")]
    OnlyIs,
    /// A text that is too long to be looked for.
    #[error("this text is too long to look for")]
    TooLongToFind,
    /// No expression.
    #[error("{0}; look-around and back-references are not there, since they take time without end")]
    Expression(String),
    /// An expression that would be too large.
    #[error("compiled it would be too large; use smaller repetitions, `[0-9]` for `\\d`, `[a-z]` for `\\w`")]
    ExpressionTooLarge,
    /// Something else than a size that is compared as one.
    #[error("only `size` is compared with `{0}`")]
    OnlySize(&'static str),
    /// A negative size.
    #[error("a size in octets is not negative")]
    NegativeSize,
    /// A brace that is not closed.
    #[error("a `{{` has no `}}`")]
    OpenBrace,
    /// No group has this name.
    #[error("no expression under `all` or `any` has a group `{wanted}`, written `(?<{wanted}>…)`; {}", there(.groups))]
    NoGroup {
        /// The name.
        wanted: String,
        /// Those that there are.
        groups: Vec<String>,
    },
    /// Nobody is called so.
    #[error("there is no active user, and no team with members, called `{0}`")]
    Nobody(String),
}

fn there(groups: &[String]) -> String {
    match groups {
        [] => "there is none".to_owned(),
        some => format!("there are {}", some.join(", ")),
    }
}
