//! Records out of mail: what of its sender stands in one, a record made of that, and what a signature says anew.
//! What was found is only shown; nothing is saved but what the program then sends.

use super::super::from_mail::follow;
use super::asking::{Asking, At, Body, Doing, Params, actor};
use super::bearer::{Reads, Writes};
use super::once::Once;
use super::problem::Problem;
use super::shapes::{KindWord, List, RecordRef};
use crate::actions::from_mail::{self, Difference, Draft, No, Offer, Origin};
use crate::model::found::{Detail, Place};
use crate::model::id::{MailId, RecordId};
use crate::model::record::Kind;
use crate::store::views;
use axum::Json;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which record could be made of a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = MadeOfMail)]
pub(super) enum MadeWord {
    /// A person at an account.
    Contact,
    /// A prospect.
    Lead,
    /// A deal.
    Opportunity,
}

impl From<MadeWord> for Kind {
    fn from(word: MadeWord) -> Kind {
        match word {
            MadeWord::Contact => Kind::Contact,
            MadeWord::Lead => Kind::Lead,
            MadeWord::Opportunity => Kind::Opportunity,
        }
    }
}

/// A field of a person or deal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = FoundField)]
pub(super) enum FieldWord {
    /// Their name; of an opportunity what it is called.
    Name,
    /// The company they write for.
    Company,
    /// What they are there.
    Role,
    /// A phone number.
    Phone,
    /// A mobile number.
    Mobile,
    /// Street, postcode and city.
    Address,
    /// The city alone.
    City,
    /// A web site.
    Web,
    /// A tax number.
    Tax,
}

/// The same in both directions, so that none is forgotten in one of them.
const FIELDS: [(FieldWord, Detail); 9] = [
    (FieldWord::Name, Detail::Name),
    (FieldWord::Company, Detail::Company),
    (FieldWord::Role, Detail::Role),
    (FieldWord::Phone, Detail::Phone),
    (FieldWord::Mobile, Detail::Mobile),
    (FieldWord::Address, Detail::Address),
    (FieldWord::City, Detail::City),
    (FieldWord::Web, Detail::Web),
    (FieldWord::Tax, Detail::Tax),
];

fn word(detail: Detail) -> FieldWord {
    FIELDS.iter().find(|(_, of)| *of == detail).map_or(FieldWord::Name, |(word, _)| *word)
}

fn detail(field: FieldWord) -> Detail {
    FIELDS.iter().find(|(of, _)| *of == field).map_or(Detail::Name, |(_, detail)| *detail)
}

/// A field that was found in a mail.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = FoundValue)]
pub(in super::super) struct FoundView {
    // Which.
    #[schema(inline)]
    field: FieldWord,
    /// What stands there.
    value: String,
    /// Where it comes from: header, signature, domain, contact or subject.
    from: Option<&'static str>,
    /// The line of the signature.
    line: Option<String>,
}

/// What a mail offers for a new record.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = RecordOffer)]
pub(in super::super) struct OfferView {
    /// The fields that were found.
    fields: Vec<FoundView>,
    /// The sender's address.
    email: String,
    /// The account that the sender most likely belongs to, among those that the token shows.
    account: Option<RecordRef>,
    /// The mail's subject.
    subject: String,
    /// Contacts and leads with the sender's address that the owner of the token may change.
    known: Vec<KnownView>,
}

/// A contact or lead by its name.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = PersonRef)]
pub(in super::super) struct KnownView {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
}

/// For which kind the offer is.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in super::super) struct Asked {
    /// contact, lead or opportunity.
    #[param(inline)]
    kind: MadeWord,
}

/// Of which record the differences are asked.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in super::super) struct Of {
    /// A contact or lead with the sender's address.
    record_id: i64,
}

/// A record that is to be made of a mail.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RecordFromMailInput)]
pub(in super::super) struct Input {
    // Of which kind.
    #[schema(inline)]
    kind: MadeWord,
    /// Its name.
    name: String,
    /// Addresses: a claim of the token's owner, as on the pages. Not of an opportunity.
    #[serde(default)]
    emails: Vec<String>,
    /// Its account: an opportunity needs one, a contact may have one.
    account_id: Option<i64>,
    /// The company they write for.
    company: Option<String>,
    /// What they are there.
    role: Option<String>,
    /// A phone number.
    phone: Option<String>,
    /// A mobile number.
    mobile: Option<String>,
    /// Street, postcode and city.
    address: Option<String>,
    /// The city alone.
    city: Option<String>,
    /// A web site.
    web: Option<String>,
    /// A tax number.
    tax: Option<String>,
}

/// What was made or changed.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = MadeFromMail)]
pub(in super::super) struct MadeView {
    /// The record.
    record_id: i64,
    /// The number by which it is taken back.
    change_id: i64,
}

/// What a mail says of its sender that the record does not.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = MailDifference)]
pub(in super::super) struct DifferenceView {
    // Which field.
    #[schema(inline)]
    field: FieldWord,
    /// What stands on the record.
    now: Option<String>,
    /// What the mail says.
    then: String,
    /// header or signature.
    from: &'static str,
    /// The line of the signature.
    line: Option<String>,
}

/// A field that is to be changed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = MailChange)]
pub(in super::super) struct Change {
    // Which.
    #[schema(inline)]
    field: FieldWord,
    /// What stood there when the differences were read: nothing is changed if that has changed since.
    now: Option<String>,
    /// What is to stand there.
    then: String,
}

/// What is to be changed on a record as its mail says.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = MailChanges)]
pub(in super::super) struct Changes {
    /// A contact or lead with the sender's address.
    record_id: i64,
    /// The fields; at least one.
    changes: Vec<Change>,
}

/// What is taken back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = MailUndo)]
pub(in super::super) struct Undo {
    /// `change_id` of what was made or changed.
    change_id: i64,
}

fn refused(no: &No) -> Problem {
    let text = no.to_string();
    match no {
        No::NoMail => Problem::NotFound,
        No::NoRecord => Problem::field("record_id", text),
        No::NoName => Problem::field("name", text),
        No::TooLong(field) => Problem::field(field, text),
        No::NoAddress(_) | No::OwnAddress(_) => Problem::field("emails", text),
        No::NoPhone(_) => Problem::field("phone", text),
        No::NoAccount(_) | No::Accounts(_) | No::DealNeedsAccount => Problem::field("account_id", text),
        No::Nothing => Problem::field("changes", text),
        No::MayNotWrite | No::Strangers => Problem::MayNot(text),
        No::Moved => Problem::Conflict(text),
        No::NotOutside | No::NotTheirs | No::NoOwner | No::NotUndone => Problem::Declined(text),
    }
}

fn place(place: &Place) -> (&'static str, Option<String>) {
    match place {
        Place::Header => ("header", None),
        Place::Signature(line) => ("signature", Some(line.clone())),
    }
}

fn origin(origin: Option<&Origin>) -> (Option<&'static str>, Option<String>) {
    match origin {
        Some(Origin::Mail(of)) => {
            let (from, line) = place(of);
            (Some(from), line)
        }
        Some(Origin::Domain) => (Some("domain"), None),
        Some(Origin::Contact) => (Some("contact"), None),
        Some(Origin::Subject) => (Some("subject"), None),
        None => (None, None),
    }
}

/// What a mail of somebody outside offers for a new record, each field with where it was found. Nothing is saved.
#[utoipa::path(
    get, path = "/api/v1/messages/{id}/offer", tag = "messages", params(("id" = i64, Path), Asked),
    responses((status = 200, body = OfferView), (status = 422)), security(("token" = ["read"]))
)]
pub(in super::super) async fn offer(
    mut asking: Asking<Reads>,
    At(id): At<i64>,
    Params(asked): Params<Asked>,
) -> Result<Json<OfferView>, Problem> {
    let visit = &mut asking.visit;
    let (house, world, id) = (visit.app.state.config.house(), visit.world.clone(), MailId(id));
    let actor = actor(visit, &world).await?;
    let offer = from_mail::offer(&mut visit.tx, &actor, id, asked.kind.into(), &house).await?;
    let Offer { fields, email, account, subject } = offer.map_err(|no| refused(&no))?;
    let known = from_mail::subjects(&mut visit.tx, &actor, id, &house).await?;
    visit.reads_mail(id).await?;
    let fields = fields.into_iter().map(|(detail, (value, of))| {
        let (from, line) = origin(of.as_ref());
        FoundView { field: word(detail), value, from, line }
    });
    Ok(Json(OfferView {
        fields: fields.collect(),
        email,
        account: account.map(|(id, name, _)| RecordRef { id: id.0, kind: KindWord::Account, name }),
        subject,
        known: known.into_iter().map(|(id, name)| KnownView { id: id.0, name }).collect(),
    }))
}

impl Input {
    fn draft(&self) -> Result<Draft, Problem> {
        // What the pages part at blanks and commas would become two here.
        if self.emails.iter().any(|one| one.contains([',', ';', ' '])) {
            return Err(Problem::field("emails", "each address stands by itself, such as anna@firma.pl"));
        }
        let said = [
            (Detail::Name, Some(&self.name)),
            (Detail::Company, self.company.as_ref()),
            (Detail::Role, self.role.as_ref()),
            (Detail::Phone, self.phone.as_ref()),
            (Detail::Mobile, self.mobile.as_ref()),
            (Detail::Address, self.address.as_ref()),
            (Detail::City, self.city.as_ref()),
            (Detail::Web, self.web.as_ref()),
            (Detail::Tax, self.tax.as_ref()),
        ];
        let deal = self.kind == MadeWord::Opportunity;
        if deal && !self.emails.is_empty() {
            return Err(Problem::field("emails", "an opportunity has no addresses of its own"));
        }
        Ok(Draft {
            fields: said.into_iter().filter_map(|(detail, value)| Some((detail, value?.clone()))).collect(),
            emails: self.emails.join(", "),
            account: self.account_id.map(|id| format!("account:{id}")).unwrap_or_default(),
            owner: None,
        })
    }
}

fn made(status: StatusCode, view: MadeView) -> Response {
    let place = format!("/api/v1/records/{}", view.record_id);
    (status, [(header::LOCATION, place)], Json(view)).into_response()
}

/// What was made before by a request with this key.
fn again(made: &str) -> Result<MadeView, Problem> {
    let (record, change) = made.split_once(' ').unwrap_or((made, "0"));
    Ok(MadeView { record_id: record.parse()?, change_id: change.parse()? })
}

/// Makes a contact, lead or opportunity of a mail that somebody outside wrote. An opportunity takes the mail's thread
/// with it.
#[utoipa::path(
    post, path = "/api/v1/messages/{id}/records", tag = "messages",
    params(("id" = i64, Path), ("Idempotency-Key" = Option<String>, Header)), request_body = Input,
    responses((status = 201, body = MadeView, headers(("Location" = String)))), security(("token" = ["write"]))
)]
pub(in super::super) async fn create(
    doing: Doing<Writes>,
    At(id): At<i64>,
    headers: HeaderMap,
    body: Body<Input>,
) -> Result<Response, Problem> {
    let once = Once::of(&headers, doing.by(), &format!("POST messages/{id}/records"), &body.bytes)?;
    let mut visit = doing.begin().await?;
    if let Some(kept) = once.begin(&mut visit.tx).await? {
        visit.tx.commit().await?;
        return Ok(made(StatusCode::CREATED, again(&kept)?));
    }
    let (house, world) = (visit.app.state.config.house(), visit.world.clone());
    let (kind, draft) = (body.value.kind.into(), body.value.draft()?);
    let actor = actor(&mut visit, &world).await?;
    let done = from_mail::create(&mut visit.tx, &actor, MailId(id), kind, &draft, &house).await?;
    let done = done.map_err(|no| refused(&no))?;
    follow(&visit.app, &mut visit.tx, &actor, &done).await?;
    once.made(&mut visit.tx, &format!("{} {}", done.record, done.change)).await?;
    visit.tx.commit().await?;
    Ok(made(StatusCode::CREATED, MadeView { record_id: done.record.0, change_id: done.change }))
}

/// What a mail says of its sender that a contact or lead of theirs does not.
#[utoipa::path(
    get, path = "/api/v1/messages/{id}/differences", tag = "messages", params(("id" = i64, Path), Of),
    responses((status = 200, body = List<DifferenceView>), (status = 422)), security(("token" = ["read"]))
)]
pub(in super::super) async fn differences(
    mut asking: Asking<Reads>,
    At(id): At<i64>,
    Params(of): Params<Of>,
) -> Result<Json<List<DifferenceView>>, Problem> {
    let visit = &mut asking.visit;
    let (house, world, id) = (visit.app.state.config.house(), visit.world.clone(), MailId(id));
    let actor = actor(visit, &world).await?;
    let found = from_mail::differences(&mut visit.tx, &actor, id, RecordId(of.record_id), &house).await?;
    let (_, found) = found.map_err(|no| refused(&no))?;
    visit.reads_mail(id).await?;
    let item = |one: Difference| {
        let (from, line) = place(&one.place);
        DifferenceView { field: word(one.detail), now: one.now, then: one.then, from, line }
    };
    Ok(Json(List { items: found.into_iter().map(item).collect(), next: None }))
}

/// Changes a contact or lead as its mail says: those fields that are named, if they still are as they were read.
#[utoipa::path(
    post, path = "/api/v1/messages/{id}/differences", tag = "messages",
    params(("id" = i64, Path), ("Idempotency-Key" = Option<String>, Header)), request_body = Changes,
    responses((status = 200, body = MadeView, headers(("Location" = String)))), security(("token" = ["write"]))
)]
pub(in super::super) async fn change(
    doing: Doing<Writes>,
    At(id): At<i64>,
    headers: HeaderMap,
    body: Body<Changes>,
) -> Result<Response, Problem> {
    let once = Once::of(&headers, doing.by(), &format!("POST messages/{id}/differences"), &body.bytes)?;
    let mut visit = doing.begin().await?;
    if let Some(kept) = once.begin(&mut visit.tx).await? {
        visit.tx.commit().await?;
        return Ok(made(StatusCode::OK, again(&kept)?));
    }
    let (house, world) = (visit.app.state.config.house(), visit.world.clone());
    let Changes { record_id, changes } = body.value;
    let wanted: Vec<_> = changes.into_iter().map(|one| (detail(one.field), one.now, one.then)).collect();
    let actor = actor(&mut visit, &world).await?;
    let record = RecordId(record_id);
    let done = from_mail::update(&mut visit.tx, &actor, MailId(id), record, &wanted, &house).await?;
    let change = done.map_err(|no| refused(&no))?;
    once.made(&mut visit.tx, &format!("{record} {change}")).await?;
    visit.tx.commit().await?;
    Ok(made(StatusCode::OK, MadeView { record_id, change_id: change }))
}

/// Takes back what was made of a mail, or changed as it said: not where a field has changed since.
#[utoipa::path(
    post, path = "/api/v1/records/{id}/from-mail/undo", tag = "records", params(("id" = i64, Path)),
    request_body = Undo, responses((status = 204)), security(("token" = ["write"]))
)]
pub(in super::super) async fn undo(
    doing: Doing<Writes>,
    At(id): At<i64>,
    body: Body<Undo>,
) -> Result<StatusCode, Problem> {
    let mut visit = doing.begin().await?;
    // By what they read: an admin may name more.
    if views::head(&mut visit.tx, &visit.scope, RecordId(id)).await?.is_none() {
        return Err(Problem::NotFound);
    }
    let world = visit.world.clone();
    let actor = actor(&mut visit, &world).await?;
    let done = from_mail::undo(&mut visit.tx, &actor, body.value.change_id).await?.map_err(|no| refused(&no))?;
    if done.record != RecordId(id) {
        return Err(refused(&No::NotUndone));
    }
    visit.tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_has_its_word() {
        assert!(Detail::ALL.iter().all(|one| detail(word(*one)) == *one));
    }
}
