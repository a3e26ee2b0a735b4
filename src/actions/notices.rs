//! Texts of notices and how a person's notices are: looked at, written, taken away. By the person, their
//! line managers and admins, as with absences; those of teams and of the company by admins. Nothing is
//! saved that a notice may not say (R82). Every change is in the audit, without the text.

use super::caller::Caller;
use crate::access;
use crate::model::address::Address;
use crate::model::audit::{Action, Line};
use crate::model::id::UserId;
use crate::model::notice::Language;
use crate::model::notice_text::{Holder, Manner, Readers, ReplyTo, Written};
use crate::model::phrases::Phrasebook;
use crate::model::time::Timestamp;
use crate::notice::{TemplateError, check_template};
use crate::store::notice_log;
use crate::store::notice_texts::{self, Saved};
use crate::store::{self, Tx};
use anyhow::Result;
use serde_json::json;

/// Characters that a name may have.
const NAME: usize = 100;

/// Why it was not done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Somebody else's.
    #[error("the notices of {0} are theirs, their line managers' and the admins' to change")]
    NotYours(String),
    /// Somebody else's, which somebody wants to see.
    #[error("the notices of {0} are told to them, to their line managers and to admins")]
    NotYoursToSee(String),
    /// Only for admins.
    #[error("the texts of teams and of the company are for admins; ask one")]
    NotAdmin,
    /// Nothing can be written in it.
    #[error("there are no notices in the language `{0}`; there are {1}. A further one is a file: see docs/notices.md")]
    Language(String, String),
    /// The text cannot be sent.
    #[error("the text cannot be sent: {0}")]
    Text(#[from] TemplateError),
    /// There is none.
    #[error("the text is empty; clear it if the usual one is wanted")]
    Empty,
    /// There is no such text.
    #[error("there is no such text; nothing was changed")]
    None,
    /// The author must be one of the person's addresses.
    #[error("{0} is none of the addresses of {1}; a notice is sent from one of those")]
    From(String, String),
    /// Answers must stay in the company.
    #[error("answers go to `substitute` or to an address of the company; `{0}` is neither")]
    ReplyTo(String),
    /// The name is too long or cannot be written.
    #[error("a name has at most {NAME} characters, in one line")]
    Name,
}

/// What an action gives.
pub type Outcome<T> = Result<std::result::Result<T, Refused>>;

/// A text as it was entered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entered {
    /// For whom.
    pub readers: Readers,
    /// Language tag.
    pub language: String,
    /// The words.
    pub text: String,
}

/// Whether the caller may change what is a holder's.
pub fn may_change(caller: &Caller<'_>, holder: Holder) -> std::result::Result<(), Refused> {
    match holder {
        Holder::Person(user) if access::may_enter(caller.by, user, caller.world) => Ok(()),
        Holder::Person(user) => Err(Refused::NotYours(caller.name(user))),
        Holder::Team(_) | Holder::Company if caller.administers() => Ok(()),
        Holder::Team(_) | Holder::Company => Err(Refused::NotAdmin),
    }
}

/// Whether the caller may look at a person's notices.
pub fn may_look(caller: &Caller<'_>, user: UserId) -> std::result::Result<(), Refused> {
    may_change(caller, Holder::Person(user)).map_err(|_| Refused::NotYoursToSee(caller.name(user)))
}

/// The texts of a holder. Those of a person are for who may change them; the others are no secret.
pub async fn texts(tx: &mut Tx, caller: &Caller<'_>, holder: Holder) -> Outcome<Vec<Saved>> {
    if let Holder::Person(user) = holder
        && let Err(refused) = may_look(caller, user)
    {
        return Ok(Err(refused));
    }
    Ok(Ok(notice_texts::of(tx, holder).await?))
}

/// The language of a tag, if notices can be written in it.
pub fn language(book: &Phrasebook, tag: &str) -> std::result::Result<Language, Refused> {
    let known = || book.languages().iter().map(|language| language.tag()).collect::<Vec<_>>().join(", ");
    book.find(tag).ok_or_else(|| Refused::Language(tag.to_owned(), known()))
}

/// What is entered, if it can be saved.
pub fn check(book: &Phrasebook, holder: Holder, entered: &Entered) -> std::result::Result<Written, Refused> {
    let language = language(book, &entered.language)?;
    let text = entered.text.replace("\r\n", "\n").trim().to_owned();
    if text.is_empty() {
        return Err(Refused::Empty);
    }
    check_template(&text)?;
    Ok(Written { holder, readers: entered.readers, language, text })
}

/// Saves a text, in the place of the one before.
pub async fn set(
    tx: &mut Tx,
    caller: &Caller<'_>,
    book: &Phrasebook,
    holder: Holder,
    entered: &Entered,
) -> Outcome<Written> {
    if let Err(refused) = may_change(caller, holder) {
        return Ok(Err(refused));
    }
    let written = match check(book, holder, entered) {
        Ok(written) => written,
        Err(refused) => return Ok(Err(refused)),
    };
    notice_texts::set(tx, &written, caller.by, caller.now).await?;
    note(tx, caller, holder, json!({ "language": written.language.tag(), "readers": written.readers.word() })).await?;
    Ok(Ok(written))
}

/// Takes a text away: the next nearest counts again.
pub async fn clear(
    tx: &mut Tx,
    caller: &Caller<'_>,
    holder: Holder,
    readers: Readers,
    language: Language,
) -> Outcome<()> {
    if let Err(refused) = may_change(caller, holder) {
        return Ok(Err(refused));
    }
    if !notice_texts::clear(tx, holder, readers, language).await? {
        return Ok(Err(Refused::None));
    }
    let detail = json!({ "language": language.tag(), "readers": readers.word(), "cleared": true });
    note(tx, caller, holder, detail).await?;
    Ok(Ok(()))
}

/// How a person's notices are to be, as it was entered; empty fields are the usual.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// One of their addresses, to stand as author (R64).
    pub from: String,
    /// A name, to stand as author and in the text (R64).
    pub name: String,
    /// `substitute`, or an address of the company (R66).
    pub reply_to: String,
}

impl Choice {
    /// What is stored, as it is entered.
    pub fn of(manner: &Manner) -> Choice {
        Choice {
            from: manner.from.as_ref().map(ToString::to_string).unwrap_or_default(),
            name: manner.name.clone().unwrap_or_default(),
            reply_to: manner.reply_to.as_ref().map(ReplyTo::word).unwrap_or_default(),
        }
    }
}

/// How a person's notices are.
pub async fn manner(tx: &mut Tx, caller: &Caller<'_>, user: UserId) -> Outcome<Manner> {
    if let Err(refused) = may_look(caller, user) {
        return Ok(Err(refused));
    }
    let team = store::people::load(tx, user).await?.and_then(|user| user.team);
    Ok(Ok(notice_texts::manner(tx, user, team).await?))
}

/// Keeps who stands as author of a person's notices, and where answers go.
pub async fn choose(
    tx: &mut Tx,
    caller: &Caller<'_>,
    own_domains: &[String],
    user: UserId,
    choice: &Choice,
) -> Outcome<()> {
    if let Err(refused) = may_change(caller, Holder::Person(user)) {
        return Ok(Err(refused));
    }
    let Some(person) = store::people::load(tx, user).await? else { return Ok(Err(Refused::None)) };
    let manner = match chosen(choice, &person, own_domains) {
        Ok(manner) => manner,
        Err(refused) => return Ok(Err(refused)),
    };
    notice_texts::set_manner(tx, user, &manner).await?;
    let set =
        json!({ "from": manner.from.is_some(), "name": manner.name.is_some(), "reply_to": manner.reply_to.is_some() });
    note(tx, caller, Holder::Person(user), set).await?;
    Ok(Ok(()))
}

fn chosen(
    choice: &Choice,
    person: &store::people::User,
    own_domains: &[String],
) -> std::result::Result<Manner, Refused> {
    let from = match choice.from.trim() {
        "" => None,
        text => {
            let address = Address::parse(text).ok().filter(|address| person.addresses.contains(address));
            Some(address.ok_or_else(|| Refused::From(text.to_owned(), person.person.name.clone()))?)
        }
    };
    let name = choice.name.trim();
    if name.chars().count() > NAME || name.chars().any(char::is_control) {
        return Err(Refused::Name);
    }
    let reply_to = match choice.reply_to.trim() {
        "" => None,
        text => Some(ReplyTo::from_word(text).ok_or_else(|| Refused::ReplyTo(text.to_owned()))?),
    };
    if let Some(ReplyTo::Address(address)) = &reply_to {
        let ours = own_domains.iter().any(|domain| domain.eq_ignore_ascii_case(address.domain()));
        if !ours && !person.addresses.contains(address) {
            return Err(Refused::ReplyTo(address.to_string()));
        }
    }
    Ok(Manner { texts: Vec::new(), from, name: Some(name.to_owned()).filter(|name| !name.is_empty()), reply_to })
}

/// What was decided about notices of `of`, or of everybody whose notices are the caller's business, newest
/// first.
pub async fn log(
    tx: &mut Tx,
    caller: &Caller<'_>,
    of: Option<UserId>,
    since: Timestamp,
    not_sent: bool,
    limit: i64,
) -> Outcome<Vec<notice_log::Line>> {
    let users: Vec<UserId> = match of {
        Some(user) => match may_look(caller, user) {
            Ok(()) => vec![user],
            Err(refused) => return Ok(Err(refused)),
        },
        None => {
            let all = caller.world.people.iter().map(|person| person.id);
            all.filter(|user| access::may_enter(caller.by, *user, caller.world)).collect()
        }
    };
    Ok(Ok(notice_log::lines(tx, &users, since, not_sent, limit).await?))
}

async fn note(tx: &mut Tx, caller: &Caller<'_>, holder: Holder, mut detail: serde_json::Value) -> Result<()> {
    let (word, id) = holder.parts();
    if let Some(fields) = detail.as_object_mut() {
        fields.insert("holder".to_owned(), json!(word));
    }
    let line = Line::new(caller.now, caller.by, Action::NoticeTextChanged).subject(id).detail(detail);
    Ok(store::audit::note(tx, &[line]).await?)
}
