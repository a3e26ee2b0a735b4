//! Texts of notices that people wrote, whose they are, and how a person wants their notices.

use super::address::Address;
use super::id::{TeamId, UserId};
use super::notice::Language;

/// Whose a text is. The nearest to the absent person counts: the absence's own before the person's,
/// that before the team's, the company's, and the shipped one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Holder {
    /// One person's, for all their absences.
    Person(UserId),
    /// A team's, for everybody whose home it is.
    Team(TeamId),
    /// The company's.
    Company,
}

impl Holder {
    /// The word in the table, and the id beside it; 0 for the company.
    pub fn parts(self) -> (&'static str, i64) {
        match self {
            Holder::Person(id) => ("person", id.0),
            Holder::Team(id) => ("team", id.0),
            Holder::Company => ("company", 0),
        }
    }

    /// What [`Holder::parts`] gave.
    pub fn of_parts(word: &str, id: i64) -> Option<Holder> {
        match word {
            "person" => Some(Holder::Person(UserId(id))),
            "team" => Some(Holder::Team(TeamId(id))),
            "company" => Some(Holder::Company),
            _ => None,
        }
    }
}

/// For whom a text is. The two never mix: people outside get no word of what is meant for colleagues
/// (R33, R86).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Readers {
    /// Anybody on the Internet.
    #[default]
    Outside,
    /// Colleagues, known for certain to be colleagues.
    Inside,
}

impl Readers {
    /// Both.
    pub const ALL: [Readers; 2] = [Readers::Outside, Readers::Inside];

    /// The word in the table.
    pub fn word(self) -> &'static str {
        match self {
            Readers::Outside => "external",
            Readers::Inside => "internal",
        }
    }

    /// What `word` names.
    pub fn from_word(word: &str) -> Option<Readers> {
        Readers::ALL.into_iter().find(|readers| readers.word() == word)
    }
}

/// A text that somebody wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Whose it is.
    pub holder: Holder,
    /// For whom.
    pub readers: Readers,
    /// In which language.
    pub language: Language,
    /// The words, with variables.
    pub text: String,
}

/// Where answers to a notice go (R66).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReplyTo {
    /// To whoever the notice names; to the author where it names nobody.
    Substitute,
    /// Always there.
    Address(Address),
}

impl ReplyTo {
    /// The word in the table.
    pub fn word(&self) -> String {
        match self {
            ReplyTo::Substitute => "substitute".to_owned(),
            ReplyTo::Address(address) => address.to_string(),
        }
    }

    /// What `word` names; `None` for an empty one, and for what is no address.
    pub fn from_word(word: &str) -> Option<ReplyTo> {
        match word {
            "substitute" => Some(ReplyTo::Substitute),
            other => Address::parse(other).ok().map(ReplyTo::Address),
        }
    }
}

/// How notices of a person are: what they, their team and the company wrote, and what they chose.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manner {
    /// The texts of the person, their team and the company.
    pub texts: Vec<Written>,
    /// The address to stand as author, instead of the one that was written to (R64).
    pub from: Option<Address>,
    /// The name to stand as author and in the text, instead of the person's (R64).
    pub name: Option<String>,
    /// Where answers go (R66).
    pub reply_to: Option<ReplyTo>,
}

/// Where the words of a notice come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// The absence has a text of its own.
    Absence,
    /// The person wrote it.
    Person,
    /// Their team did.
    Team,
    /// The company did.
    Company,
    /// Nobody did: the shipped text.
    Shipped,
}

impl Source {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Source::Absence => "absence",
            Source::Person => "person",
            Source::Team => "team",
            Source::Company => "company",
            Source::Shipped => "shipped",
        }
    }
}

/// Why a notice is in the language it is in (R78).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Because {
    /// The contact's language is known.
    Contact,
    /// Our last mail to them was in it.
    LastMail,
    /// Their mail says so itself.
    TheirMail,
    /// Nothing is known: the default.
    Default,
    /// What is known names a language that we have no words for: the default, and English.
    Foreign,
}

impl Because {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Because::Contact => "contact",
            Because::LastMail => "last-mail",
            Because::TheirMail => "their-mail",
            Because::Default => "default",
            Because::Foreign => "foreign",
        }
    }
}

/// Something that speaks of a client's language (R78).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spoken {
    /// What speaks of it.
    pub because: Because,
    /// The language that it names, as a tag.
    pub tag: String,
    /// Whether notices can be written in it; else the next source is asked.
    pub has_words: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_in_a_table_is_read_again() {
        for holder in [Holder::Person(UserId(3)), Holder::Team(TeamId(4)), Holder::Company] {
            let (word, id) = holder.parts();
            assert_eq!(Holder::of_parts(word, id), Some(holder));
        }
        assert_eq!(Holder::of_parts("region", 1), None);
        for readers in Readers::ALL {
            assert_eq!(Readers::from_word(readers.word()), Some(readers));
        }
        for word in ["substitute", "biuro@firma.pl"] {
            assert_eq!(ReplyTo::from_word(word).unwrap().word(), word);
        }
        assert_eq!(ReplyTo::from_word(""), None);
    }
}
