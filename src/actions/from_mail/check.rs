//! Whether what somebody typed for a record can be saved, and why not.

use super::{Draft, LONGEST};
use crate::actions::actor::Actor;
use crate::model::address::Address;
use crate::model::facts::House;
use crate::model::found::Detail;
use crate::model::id::RecordId;
use crate::model::record::Kind;
use crate::parse;
use crate::store::{self, Tx};
use std::collections::BTreeMap;

/// Why nothing was saved.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum No {
    /// There is no such mail, or it is not theirs to see.
    #[error("there is no such mail, or it is not to be seen")]
    NoMail,
    /// There is no such record, or it is not theirs to see.
    #[error("there is no such record, or it is not to be seen")]
    NoRecord,
    /// A machine or one of us wrote it.
    #[error("a machine or one of you wrote this mail; no client's fields stand in it")]
    NotOutside,
    /// It has no name.
    #[error("it needs a name")]
    NoName,
    /// A field is too long.
    #[error("“{0}” is longer than {LONGEST} characters; shorten it")]
    TooLong(&'static str),
    /// What was typed is no address.
    #[error("“{0}” is no e-mail address; write it as anna@firma.pl")]
    NoAddress(String),
    /// It is an address of the company's own.
    #[error("{0} is an address of your own company; it stands for no client")]
    OwnAddress(String),
    /// What was typed is no number.
    #[error("“{0}” is no phone number; write it as +48 22 123 45 67")]
    NoPhone(String),
    /// No account is meant.
    #[error("no account that you see is called “{0}”; name it by number, external id or name")]
    NoAccount(String),
    /// Several may be.
    #[error("several accounts may be meant by “{0}”; name it by its number or external id")]
    Accounts(String),
    /// An opportunity stands at an account.
    #[error("an opportunity needs an account; name one, or make a lead instead")]
    DealNeedsAccount,
    /// Mail of contacts that they may not see would come to it.
    #[error("the account has contacts of others, whose mail the opportunity would show; ask an admin to make it")]
    Strangers,
    /// They read the record and may not change it.
    #[error("you may read this record, not change it; ask its owner")]
    MayNotWrite,
    /// The mail is not by the person the record is about.
    #[error("the mail is not by a person of that record: its sender's address does not stand on it")]
    NotTheirs,
    /// Nothing was chosen.
    #[error("choose at least one change")]
    Nothing,
    /// The record changed since it was shown.
    #[error("the record has changed since; look at the differences again")]
    Moved,
    /// Nobody is to own it.
    #[error("say whose it is to be: name an active user as its owner")]
    NoOwner,
    /// It was undone, changed since, or is not theirs.
    #[error("it was undone already, or changed since, or is not yours to undo")]
    NotUndone,
}

/// A draft that can be saved.
pub(super) struct Checked {
    pub fields: BTreeMap<Detail, String>,
    pub emails: Vec<Address>,
    pub account: Option<RecordId>,
}

/// A field as it is saved; none where it is empty.
pub(super) fn field(detail: Detail, text: &str) -> Result<Option<String>, No> {
    let text = text.replace('\0', "");
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.chars().count() > LONGEST {
        return Err(No::TooLong(detail.word()));
    }
    if text.is_empty() {
        return Ok(None);
    }
    match detail {
        Detail::Phone | Detail::Mobile => parse::phone(&text).map(Some).ok_or(No::NoPhone(text)),
        _ => Ok(Some(text)),
    }
}

pub(super) async fn checked(
    tx: &mut Tx,
    actor: &Actor<'_>,
    kind: Kind,
    draft: &Draft,
    house: &House,
) -> store::Result<Result<Checked, No>> {
    let mut fields = BTreeMap::new();
    for (detail, text) in &draft.fields {
        match field(*detail, text) {
            Ok(Some(value)) => drop(fields.insert(*detail, value)),
            Ok(None) => {}
            Err(no) => return Ok(Err(no)),
        }
    }
    if !fields.contains_key(&Detail::Name) {
        return Ok(Err(No::NoName));
    }
    let mut emails = Vec::new();
    let typed = draft.emails.split([',', ';', ' ']).filter(|part| !part.is_empty()).take(20);
    for part in typed.filter(|_| kind != Kind::Opportunity) {
        let Ok(address) = Address::parse(part) else { return Ok(Err(No::NoAddress(part.to_owned()))) };
        if house.contains(address.domain()) || store::mailboxes::is_ours(tx, address.as_str()).await? {
            return Ok(Err(No::OwnAddress(address.to_string())));
        }
        emails.push(address);
    }
    let account = match account(tx, actor, kind, &draft.account).await? {
        Ok(account) => account,
        Err(no) => return Ok(Err(no)),
    };
    Ok(Ok(Checked { fields, emails, account }))
}

async fn account(
    tx: &mut Tx,
    actor: &Actor<'_>,
    kind: Kind,
    typed: &str,
) -> store::Result<Result<Option<RecordId>, No>> {
    let typed = typed.trim();
    if kind == Kind::Lead || (typed.is_empty() && kind == Kind::Contact) {
        return Ok(Ok(None));
    }
    if typed.is_empty() {
        return Ok(Err(No::DealNeedsAccount));
    }
    let reference = if typed.starts_with("account:") { typed.to_owned() } else { format!("account:{typed}") };
    let found = store::records::find(tx, &actor.reach, &reference).await?;
    let exact: Vec<_> = found.iter().filter(|e| store::fold(&e.record.name) == store::fold(typed)).collect();
    Ok(match (found.as_slice(), exact.as_slice()) {
        ([], _) => Err(No::NoAccount(typed.to_owned())),
        ([one], _) => Ok(Some(one.record.id)),
        (_, [one]) => Ok(Some(one.record.id)),
        _ => Err(No::Accounts(typed.to_owned())),
    })
}

/// Whether a mail says something else than what stands there: numbers are compared as they are dialled,
/// words without case and diacritics.
pub(super) fn diverges(detail: Detail, before: Option<&str>, then: &str) -> bool {
    let Some(before) = before else { return true };
    match detail {
        Detail::Phone | Detail::Mobile => parse::phone(before).as_deref().unwrap_or(before) != then,
        Detail::Web => site(before) != site(then),
        _ => store::fold(before) != store::fold(then),
    }
}

fn site(text: &str) -> String {
    let text = text.to_lowercase();
    let bare = text.trim_start_matches("https://").trim_start_matches("http://").trim_start_matches("www.");
    bare.trim_end_matches('/').to_owned()
}
