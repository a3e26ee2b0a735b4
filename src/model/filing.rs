//! Filing from a mail program: how somebody did it, what they asked for, and what became of it.

use super::id::{RecordId, UserId};

/// The way a mail was filed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum How {
    /// It lies in one of Standin's folders.
    Folder,
    /// A copy went to the user's secret address.
    Dropbox,
    /// An address with a signed reference stands on it.
    Token,
    /// It was forwarded as an attachment to the user's secret address.
    Attached,
}

impl How {
    /// All of them.
    pub const ALL: [How; 4] = [How::Folder, How::Dropbox, How::Token, How::Attached];

    /// The word in the database and in evidence.
    pub fn word(self) -> &'static str {
        match self {
            How::Folder => "folder",
            How::Dropbox => "dropbox",
            How::Token => "token",
            How::Attached => "attached",
        }
    }

    /// The way that `word` names.
    pub fn from_word(word: &str) -> Option<How> {
        How::ALL.into_iter().find(|how| how.word() == word)
    }
}

/// Where a mail is to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Onto this record.
    Record(RecordId),
    /// Onto whatever it belongs to.
    Find,
    /// Onto none: it concerns nobody but whose mailbox it lies in.
    Ignore,
    /// It is known already that this cannot be done.
    Refused(Reason),
}

/// What somebody asked of a mail by where they put it or sent it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// Who; none where that is not known.
    pub user: Option<UserId>,
    /// The way.
    pub how: How,
    /// Where to.
    pub target: Target,
    /// Standin's folder and its path at that time, where it lies in one.
    pub folder: Option<(i64, String)>,
    /// The mail is kept for review where it cannot be honoured.
    pub keep: bool,
    /// It rests on what the text of a forward says.
    pub quoted: bool,
    /// What it may be about, for review, where it cannot be honoured.
    pub meant: Vec<RecordId>,
}

impl Ask {
    /// The way, as the word that is written down says it.
    pub fn word(&self) -> &'static str {
        if self.quoted { "quoted" } else { self.how.word() }
    }
}

/// Why a filing was not honoured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The folder has a name that means nothing to Standin.
    WrongFolder,
    /// There is no such record, or it is not theirs to change.
    NoRight,
    /// No record was found to which it belongs.
    NothingFound,
    /// It stands on a record that is not theirs to change.
    NotTheirs,
    /// Somebody said of the mail or its thread that it is private, or belongs elsewhere.
    Overruled,
    /// Somebody on it is blocked.
    Blocked,
    /// The address is nobody's, or was renewed since.
    UnknownAddress,
    /// The secret address of somebody else than the sender.
    NotTheSender,
    /// Nothing proves that it comes from its sender.
    Unproven,
    /// A forward with the mail in its text: only an attached one can be told.
    InlineForward,
    /// The signature of the reference is wrong.
    WrongToken,
}

impl Reason {
    /// All of them.
    pub const ALL: [Reason; 11] = [
        Reason::WrongFolder,
        Reason::NoRight,
        Reason::NothingFound,
        Reason::NotTheirs,
        Reason::Overruled,
        Reason::Blocked,
        Reason::UnknownAddress,
        Reason::NotTheSender,
        Reason::Unproven,
        Reason::InlineForward,
        Reason::WrongToken,
    ];

    /// The word in the database.
    pub fn word(self) -> &'static str {
        match self {
            Reason::WrongFolder => "wrong-folder",
            Reason::NoRight => "no-right",
            Reason::NothingFound => "nothing-found",
            Reason::NotTheirs => "not-theirs",
            Reason::Overruled => "overruled",
            Reason::Blocked => "blocked",
            Reason::UnknownAddress => "unknown-address",
            Reason::NotTheSender => "not-the-sender",
            Reason::Unproven => "unproven",
            Reason::InlineForward => "inline-forward",
            Reason::WrongToken => "wrong-token",
        }
    }

    /// The reason that `word` names.
    pub fn from_word(word: &str) -> Option<Reason> {
        Reason::ALL.into_iter().find(|reason| reason.word() == word)
    }
}

/// What became of a filing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It regards the record.
    Filed(RecordId),
    /// It stands on the record as well: what it regards is not theirs to change.
    Added(RecordId),
    /// It was on its records without that.
    Found,
    /// It is nobody's but theirs.
    Private,
    /// It was not honoured.
    Refused(Reason),
}

impl Outcome {
    /// The word in the database.
    pub fn word(self) -> &'static str {
        match self {
            Outcome::Filed(_) => "filed",
            Outcome::Added(_) => "added",
            Outcome::Found => "found",
            Outcome::Private => "private",
            Outcome::Refused(_) => "refused",
        }
    }

    /// The record on which it stands because of it.
    pub fn record(self) -> Option<RecordId> {
        match self {
            Outcome::Filed(record) | Outcome::Added(record) => Some(record),
            Outcome::Found | Outcome::Private | Outcome::Refused(_) => None,
        }
    }

    /// Why it was not honoured.
    pub fn reason(self) -> Option<Reason> {
        match self {
            Outcome::Refused(reason) => Some(reason),
            _ => None,
        }
    }
}

/// What a mail in one of Standin's folders means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// It belongs to what it fits.
    File,
    /// It is private.
    Ignore,
    /// It belongs to this record.
    Record(RecordId),
    /// Nothing: the folder is none of ours.
    Unknown,
}

impl Purpose {
    /// The word in the database.
    pub fn word(self) -> &'static str {
        match self {
            Purpose::File => "file",
            Purpose::Ignore => "ignore",
            Purpose::Record(_) => "record",
            Purpose::Unknown => "unknown",
        }
    }

    /// The record.
    pub fn record(self) -> Option<RecordId> {
        match self {
            Purpose::Record(record) => Some(record),
            _ => None,
        }
    }
}

/// How a folder of ours stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Standing {
    /// To be made.
    Wanted,
    /// On the server.
    There,
    /// On the server for the sake of the mails in it: the right to its record has ended.
    Retired,
    /// Removed by the user: not made again unless they ask for it.
    Dismissed,
}

impl Standing {
    /// The word in the database.
    pub fn word(self) -> &'static str {
        match self {
            Standing::Wanted => "wanted",
            Standing::There => "there",
            Standing::Retired => "retired",
            Standing::Dismissed => "dismissed",
        }
    }

    /// The standing that `word` names.
    pub fn from_word(word: &str) -> Option<Standing> {
        use Standing::*;
        [Wanted, There, Retired, Dismissed].into_iter().find(|s| s.word() == word)
    }
}
