//! Why an absence is not entered, changed or ended.

use crate::access::Problem;
use crate::model::id::AbsenceId;
use crate::notice::TemplateError;

/// One reason.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Objection {
    /// It cannot work.
    #[error("{0}")]
    Problem(Problem),
    /// Nobody signs in so.
    #[error("there is no user with the login `{login}`{}", near.as_ref().map(|n| format!("; did you mean `{n}`?")).unwrap_or_default())]
    NoUser {
        /// What was entered.
        login: String,
        /// A login that is like it.
        near: Option<String>,
    },
    /// Whoever asks may not.
    #[error("only {0}, their line managers and admins enter, change and end absences of {0}; ask one of them")]
    NotYours(String),
    /// Somebody else would name the deputy for confidential records, and could name themselves.
    #[error("only {0} can name a deputy for confidential records: nobody above them reads those; leave the deputy out")]
    DeputyIsTheirs(String),
    /// The deputy would decide for how long they are one.
    #[error(
        "you are the deputy of {0} for confidential records, so you cannot give yourself more time or more rights as such; leave the deputy out, or ask {0} or another of their managers"
    )]
    DeputyIsYou(String),
    /// An admin would gain sight or a right by what they enter for somebody else.
    #[error(
        "you would answer for records of {0} by it, and an admin gives themselves no sight; name somebody else, or ask {0}, their line manager or another admin to enter it"
    )]
    SubstituteIsYou(String),
    /// It is over before it begins.
    #[error("the last day lies in the past, so there is nothing left to cover; correct the dates")]
    Past,
    /// A change would end it at once.
    #[error("it would be over by now; to say that the person is back, end the absence instead")]
    EndsNow,
    /// There is none with this id, or it is not the viewer's business.
    #[error("there is no absence {0}; `standin absence list` shows all there are")]
    NoAbsence(AbsenceId),
    /// It is over.
    #[error("absence {0} is over already; enter a new one")]
    Over(AbsenceId),
    /// Nobody's absence runs.
    #[error(
        "{0} is not away now; to call off a later absence name its number (`standin absence list`, then `standin absence end NUMBER`)"
    )]
    NotAway(String),
    /// A text that is no selector.
    #[error("`{0}` names no records; write record:…, account:…, team:…, class:A or kind:lead")]
    NoSelector(String),
    /// No such record, or none that whoever asks may see.
    #[error("there is no record `{0}` that you may see; name it by its number")]
    NoRecord(String),
    /// Several records are meant.
    #[error("`{0}` may mean several records; name one by its number: {1}")]
    Several(String, String),
    /// The record is no account.
    #[error("`{0}` is no account; write record:… for a single record")]
    NoAccount(String),
    /// No such team.
    #[error("there is no team `{0}`")]
    NoTeam(String),
    /// A text for a language that no notice has.
    #[error("there are no notices in the language `{0}`; a language beside en and pl is a file, see docs/notices.md")]
    NoLanguage(String),
    /// A text that cannot be sent.
    #[error("the text in `{0}` cannot be sent: {1}")]
    Text(String, TemplateError),
}

impl Objection {
    /// The field of the form it is about, if there is one.
    pub fn field(&self) -> Option<&'static str> {
        match self {
            Objection::Problem(
                Problem::EndBeforeStart { .. } | Problem::TimesSwapped { .. } | Problem::Overlap { .. },
            )
            | Objection::Past
            | Objection::EndsNow => Some("until"),
            Objection::Problem(Problem::UnknownZone(_)) => Some("zone"),
            Objection::Problem(Problem::BackTooEarly { .. }) => Some("back_on"),
            Objection::Problem(Problem::ConfirmTooEarly { .. } | Problem::NothingToConfirm(_)) => Some("confirm_on"),
            Objection::NoSelector(_)
            | Objection::NoRecord(_)
            | Objection::Several(..)
            | Objection::NoAccount(_)
            | Objection::NoTeam(_)
            | Objection::Problem(Problem::Tie { .. }) => Some("except"),
            Objection::NoLanguage(_) | Objection::Text(..) => Some("text"),
            _ => None,
        }
    }
}

/// Why it was not done: every reason.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct Refused(pub Vec<Objection>);
