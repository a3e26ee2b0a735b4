//! What colleagues are told by mail: what they asked for, and what such mails are made of.
//!
//! `store` fills the facts under the recipient's own scope, `notice::colleagues` decides and writes,
//! pages show the same facts.

use super::address::Address;
use super::id::{AbsenceId, ActivityId, MailId, RecordId, UserId};
use super::notice::Language;
use super::record::{Class, Kind, Record};
use super::time::Timestamp;
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

/// What one person wants to be told by mail. Nobody is told anything unless they asked (U13).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wishes {
    /// Minutes after local midnight at which the daily digest is due; `None`: no digest.
    pub digest: Option<u32>,
    /// A mail for which any of these holds is told of at once; none: no urgent notices.
    pub urgent: Vec<Urgent>,
    /// At most so many urgent notices in a local day.
    pub urgent_a_day: u32,
    /// The brief at the start of a cover and the report after an absence come by mail too.
    pub covers: bool,
    /// When it was last changed: what came before is not told of.
    pub since: Timestamp,
}

/// How many urgent notices a day there are unless somebody says otherwise.
pub const URGENT_A_DAY: u32 = 5;

impl Default for Wishes {
    /// Nothing at all.
    fn default() -> Wishes {
        Wishes { digest: None, urgent: Vec::new(), urgent_a_day: URGENT_A_DAY, covers: false, since: Timestamp(0) }
    }
}

/// What makes a client's waiting mail urgent: everything that is set has to hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Urgent {
    /// An address of this contact wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<RecordId>,
    /// It stands on this account, or on something that belongs to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<RecordId>,
    /// It stands on an account of this class, or on something that belongs to one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<Class>,
    /// One of these stands in its subject, in either case.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<String>,
    /// It has waited for longer than this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting_hours: Option<u32>,
}

impl Urgent {
    /// Whether it says anything: a condition without content would hold for every mail.
    pub fn is_empty(&self) -> bool {
        *self == Urgent::default()
    }
}

/// A client's mail on somebody's list, without a word of its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The mail.
    pub mail: MailId,
    /// When it was written; it waits since then.
    pub at: Timestamp,
    /// When it arrived.
    pub arrived: Timestamp,
    /// Who wrote it: a name, or an address.
    pub from: String,
    /// Its subject; may be empty.
    pub subject: String,
    /// The record that governs it.
    pub record: Record,
}

/// A call, task or appointment that is not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// The activity.
    pub id: ActivityId,
    /// `call`, `task` or `appointment`.
    pub kind: String,
    /// What is to be done.
    pub subject: String,
    /// By when.
    pub due: Option<Timestamp>,
    /// Who is to do it.
    pub responsible: UserId,
    /// The record it hangs on.
    pub record: Record,
}

/// Something that the absent person wrote last, and to which nobody answered: a promise to keep or
/// a question to follow up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastWord {
    /// The mail.
    pub mail: MailId,
    /// When.
    pub at: Timestamp,
    /// To whom: a name, or an address.
    pub to: String,
    /// Its subject.
    pub subject: String,
    /// The record that governs it.
    pub record: Record,
}

/// Why somebody gets a mail that was meant for a colleague.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Because {
    /// They stand in for the person with this name, until then.
    StandsIn {
        /// Who is away.
        name: String,
        /// The moment at which that ends; `None` for an open end.
        until: Option<Timestamp>,
    },
    /// The person is away, nobody stands in, and they are the fallback.
    Fallback {
        /// Who is away.
        name: String,
        /// The moment at which that ends.
        until: Option<Timestamp>,
    },
}

impl Because {
    /// Who is away.
    pub fn name(&self) -> &str {
        match self {
            Because::StandsIn { name, .. } | Because::Fallback { name, .. } => name,
        }
    }
}

/// A colleague who gets a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// Who.
    pub user: UserId,
    /// Their name.
    pub name: String,
    /// Where it goes.
    pub address: Address,
    /// The language it is written in.
    pub language: Language,
    /// The zone of the times in it.
    pub zone: Tz,
}

/// What waits on the records of one owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// For whom the recipient answers; `None`: the records are their own.
    pub instead_of: Option<Because>,
    /// The mails, the one that waits longest first.
    pub waiting: Vec<Waiting>,
}

/// A day's digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digest {
    /// Why it comes to somebody other than who asked for it.
    pub because: Option<Because>,
    /// What waits, by owner.
    pub sections: Vec<Section>,
    /// What is due today or was before.
    pub tasks: Vec<Task>,
}

/// A new lead, or a client's mail on one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arrived {
    /// A lead that was not there before.
    Lead(Record),
    /// A mail on a lead.
    Mail(Waiting),
}

/// What a substitute finds at the start of a cover.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brief {
    /// The absence.
    pub absence: AbsenceId,
    /// Who is away.
    pub owner: String,
    /// Since when.
    pub starts: Timestamp,
    /// Until when.
    pub ends: Option<Timestamp>,
    /// Records to answer for, by kind; kinds without any are left out.
    pub counts: Vec<(Kind, i64)>,
    /// Mails that wait.
    pub waiting: Vec<Waiting>,
    /// Open tasks, those due first on top.
    pub tasks: Vec<Task>,
    /// What the absent person wrote last.
    pub last_words: Vec<LastWord>,
}

impl Brief {
    /// The records of which it shows mail or activities where of each list `most` are shown.
    pub fn records(&self, most: usize) -> impl Iterator<Item = &Record> {
        let words = self.last_words.iter().take(most).map(|word| &word.record);
        mails(&self.waiting, most).chain(tasks(&self.tasks, most)).chain(words)
    }
}

fn mails(all: &[Waiting], most: usize) -> impl Iterator<Item = &Record> {
    all.iter().take(most).map(|mail| &mail.record)
}

fn tasks(all: &[Task], most: usize) -> impl Iterator<Item = &Record> {
    all.iter().take(most).map(|task| &task.record)
}

/// A mail that came in during an absence and was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The mail.
    pub mail: Waiting,
    /// Who answered: a name.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// What somebody did in the absent person's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deed {
    /// `call`, `task`, `appointment` or `note`.
    pub kind: String,
    /// What.
    pub subject: String,
    /// Who did it.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// On which record.
    pub record: Record,
}

/// What happened while somebody was away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The absence.
    pub absence: AbsenceId,
    /// Who was away.
    pub owner: String,
    /// From when.
    pub starts: Timestamp,
    /// Until when; the present moment while it runs.
    pub ends: Timestamp,
    /// Whether it still runs.
    pub runs: bool,
    /// How many mails of clients came.
    pub came: i64,
    /// Who answered how many of them, most first.
    pub answers: Vec<(String, i64)>,
    /// Those that were answered, the latest first.
    pub answered: Vec<Answered>,
    /// What still waits.
    pub open: Vec<Waiting>,
    /// Tasks that are still open.
    pub tasks: Vec<Task>,
    /// What others did.
    pub deeds: Vec<Deed>,
    /// How many clients were told of the absence.
    pub notices: i64,
}

impl Report {
    /// As [`Brief::records`].
    pub fn records(&self, most: usize) -> impl Iterator<Item = &Record> {
        let answered = self.answered.iter().take(most).map(|answered| &answered.mail.record);
        let deeds = self.deeds.iter().take(most).map(|deed| &deed.record);
        mails(&self.open, most).chain(tasks(&self.tasks, most)).chain(answered).chain(deeds)
    }
}

impl Digest {
    /// As [`Brief::records`].
    pub fn records(&self, most: usize) -> impl Iterator<Item = &Record> {
        let waiting = self.sections.iter().flat_map(move |section| mails(&section.waiting, most));
        waiting.chain(tasks(&self.tasks, most))
    }
}
