//! Why a mail was answered or not, also where it concerns no record, so that nothing of it is kept but keyed hashes.

use super::seeing::{concerned_json, may_look, reads, scope, told_of};
use super::{Desk, Told};
use crate::access::Scope;
use crate::commands::asking::Asking;
use crate::commands::{Failure, link, output};
use crate::intake::context_of;
use crate::intake::notices::{self as trial, Concerned, Sight, Unstored};
use crate::model::id::{MailId, MailboxId, MsgId};
use crate::store::{self, Tx, views};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::Read;
use std::path::Path;

/// Octets of a file that are read.
const LARGEST: u64 = 64 * 1024 * 1024;

fn missing(what: &str) -> Failure {
    Failure::input(format!("mail {what} does not exist, or it is not to be seen"), "").then(
        "of mail on a record it tells whoever may read the mail; of mail that concerns no record only what was decided while \
         somebody was away is kept, for them, their line managers and admins",
    )
}

/// As [`missing`], of a file.
fn unknown(file: &Path, id: Option<&MsgId>) -> Failure {
    let next = id.map_or_else(
        || "save the mail from the mail program as it came (“show source”), and name that file".to_owned(),
        |id| {
            let id = output::plain(id.as_str());
            format!(
                "save it as it came (“show source”); or name it by its Message-ID, `standin notice explain '<{id}>'`: that tells \
                 what was decided, not what each rule says"
            )
        },
    );
    let what = format!("no mail that came is the one in {}, or it is not to be seen", file.display());
    let why = "the whole mail is compared, with what servers wrote on it (Received, Return-Path): as it was sent it is another";
    Failure::input(what, why).then(next)
}

/// By its number or its Message-ID.
pub(super) async fn by_name(desk: &Desk, tx: &mut Tx, asking: &Asking, reference: &str) -> Result<Told, Failure> {
    let none = || missing(&format!("`{reference}`"));
    let scope = scope(tx, asking).await?;
    if let Ok(mail) = link::find(tx, reference).await {
        return stored(desk, tx, asking, (scope.as_ref(), mail), none).await;
    }
    let id = reference.trim().trim_start_matches('<').trim_end_matches('>');
    let id = MsgId::new(id).filter(|id| id.as_str().contains('@')).ok_or_else(none)?;
    let told = unstored(desk, tx, asking, scope.as_ref(), Unstored::Id(id)).await?.ok_or_else(none)?;
    let how = "Each rule is told where the mail is given as a file: `standin notice explain --file FILE`.";
    Ok(Told { after: vec![how.to_owned()], ..told })
}

/// By its bytes.
pub(super) async fn by_file(desk: &Desk, tx: &mut Tx, asking: &Asking, file: &Path) -> Result<Told, Failure> {
    let mut raw = Vec::new();
    std::fs::File::open(file)
        .and_then(|file| file.take(LARGEST).read_to_end(&mut raw))
        .map_err(|error| Failure::input(format!("{} cannot be read", file.display()), error.to_string()))?;
    let scope = scope(tx, asking).await?;
    let id = crate::parse::parse(&raw).message_id;
    let none = || unknown(file, id.as_ref());
    if let Some(told) = unstored(desk, tx, asking, scope.as_ref(), Unstored::Bytes(raw.clone())).await? {
        return Ok(told);
    }
    if let Some(named) = &id
        && let Ok(mail) = link::find(tx, named.as_str()).await
    {
        return stored(desk, tx, asking, (scope.as_ref(), mail), none).await;
    }
    // Something was decided about one with the same id and other words: then it is not known that this one came.
    if let Some(named) = id.clone()
        && unstored(desk, tx, asking, scope.as_ref(), Unstored::Id(named)).await?.is_some()
    {
        return Err(none());
    }
    undecided(desk, tx, asking, raw).await?.ok_or_else(none)
}

/// Of a mail that came, is not kept, and about which nothing was decided: for whoever reads the mailbox to which it came.
async fn undecided(desk: &Desk, tx: &mut Tx, asking: &Asking, raw: Vec<u8>) -> Result<Option<Told>, Failure> {
    let context = context_of(&desk.config, &desk.keys()?, MailboxId(0));
    let mut places = trial::came(tx, &context, raw, asking.now).await?;
    places.retain(|place| place.user.map_or(asking.user.is_none(), |user| reads(asking, user)));
    let mailboxes: BTreeSet<&str> = places.iter().map(|place| place.mailbox.as_str()).collect();
    if mailboxes.is_empty() {
        return Ok(None);
    }
    let names = mailboxes.iter().map(|name| output::plain(name)).collect::<Vec<_>>().join(", ");
    let lines = vec![
        format!("It came ({names}) and is on no record, so nothing of it is kept but hashes of its id, sender and date."),
        "Nothing is kept of a decision about a notice: nobody to whom it came was away then with notices on, or their absence \
         ended more than 90 days ago."
            .to_owned(),
    ];
    let json = json!({ "mail": null, "people": [], "mailboxes": mailboxes });
    Ok(Some(Told { json, lines, ..Told::default() }))
}

/// What was decided about a stored mail, and what each rule says.
async fn stored(
    desk: &Desk,
    tx: &mut Tx,
    asking: &Asking,
    (scope, mail): (Option<&Scope>, MailId),
    none: impl Fn() -> Failure,
) -> Result<Told, Failure> {
    match scope {
        Some(scope) => views::message(tx, scope, mail).await?.map(drop),
        None => store::places::copy_key(tx, mail).await?.map(drop),
    }
    .ok_or_else(&none)?;
    let keys = desk.keys()?;
    let context = |mailbox| context_of(&desk.config, &keys, mailbox);
    let mut found = trial::explain(tx, context, Sight(scope), mail, asking.now).await?;
    found.retain(|one| one.user.is_none_or(|user| may_look(asking, user).is_ok()));
    let mut told = told(asking, &found, &json!(mail));
    if found.is_empty() {
        told.lines.push("It came to nobody whose notices are your business.".to_owned());
    }
    Ok(told)
}

/// The same of one that is not stored; `None` where nothing is known that is the asker's business.
async fn unstored(
    desk: &Desk,
    tx: &mut Tx,
    asking: &Asking,
    scope: Option<&Scope>,
    wanted: Unstored,
) -> Result<Option<Told>, Failure> {
    let keys = desk.keys()?;
    let context = |mailbox| context_of(&desk.config, &keys, mailbox);
    let mut found = trial::unstored(tx, context, Sight(scope), wanted, asking.now).await?;
    found.retain(|one| one.user.is_some_and(|user| may_look(asking, user).is_ok()));
    if found.is_empty() {
        return Ok(None);
    }
    let mut told = told(asking, &found, &Value::Null);
    told.lines.insert(0, "It concerns no record, so nothing of it is kept but hashes.".to_owned());
    Ok(Some(told))
}

fn told(asking: &Asking, found: &[Concerned], mail: &Value) -> Told {
    let lines = found.iter().flat_map(|one| told_of(asking, one)).collect();
    let people: Vec<Value> = found.iter().map(|one| concerned_json(asking, one)).collect();
    Told { json: json!({ "mail": mail, "people": people }), lines, ..Told::default() }
}
