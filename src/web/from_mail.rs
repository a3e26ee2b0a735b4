//! What is made of a mail: the part of its page that offers it, and the forms of new records and of
//! changes to a contact.

use super::App;
use super::activities::told;
use super::doing::{Fields, actor, begin, go};
use super::meeting::{self, Invitation};
use super::refusal::Refusal;
use super::shell::{Html, Shell};
use super::visit::Visit;
use super::waiting::WaitView;
use super::words::{FromMailWords, Words, fill};
use crate::actions::actor::Actor;
use crate::actions::consents;
use crate::actions::from_mail::{self, Difference, Draft, LONGEST, No, Offer, Origin};
use crate::actions::privacy;
use crate::intake::reconsider::{self, Added, Ground};
use crate::model::found::{Detail, Place};
use crate::model::id::{MailId, RecordId};
use crate::model::record::Kind;
use crate::store::Tx;
use crate::store::views::{self, Excerpt};
use askama::Template;
use axum::extract::rejection::{FormRejection, PathRejection};
use axum::extract::{Form, Path};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

/// What the page of a mail offers to be made of it.
pub(super) struct FromMail {
    /// The texts.
    pub f: &'static FromMailWords,
    /// Its wait, if there is any.
    pub wait: Option<WaitView>,
    /// Kinds of records that can be made of it: address and text.
    pub new: Vec<(String, &'static str)>,
    /// Records of its sender that can be changed: address and text.
    pub update: Vec<(String, String)>,
    /// What calendars in it say, and how many more there are.
    pub invitations: (Vec<Invitation>, Option<String>),
}

impl FromMail {
    /// For this mail, as the viewer may.
    pub async fn load(visit: &mut Visit, mail: &Excerpt) -> Result<FromMail, Refusal> {
        let f = FromMailWords::of(visit.words().language);
        let wait = WaitView::load(visit, mail).await?;
        let outside = mail.direction == "in" && mail.author == "human";
        let id = mail.id;
        let kinds = [("contact", f.new_contact), ("lead", f.new_lead), ("opportunity", f.new_opportunity)];
        let new = kinds.map(|(kind, text)| (format!("/messages/{id}/new/{kind}"), text));
        let mut update = Vec::new();
        if outside {
            let house = visit.app.state.config.house();
            let world = visit.world.clone();
            let actor = super::doing::actor_in(visit, &world).await?;
            let subjects = from_mail::subjects(&mut visit.tx, &actor, id, &house).await?;
            let link = |(record, name): (RecordId, String)| {
                (format!("/messages/{id}/update/{record}"), fill(f.update, &[("name", &name)]))
            };
            update = subjects.into_iter().map(link).collect();
        }
        let invitations = meeting::invitations(visit, id).await?;
        Ok(FromMail { f, wait, invitations, new: if outside { new.to_vec() } else { Vec::new() }, update })
    }
}

/// A field of a form for a new record.
pub(super) struct FieldView {
    pub name: &'static str,
    pub label: &'static str,
    pub value: String,
    pub from: String,
}

#[derive(Template)]
#[template(path = "from_mail_new.html")]
struct NewPage {
    shell: Shell,
    f: &'static FromMailWords,
    id: i64,
    kind: &'static str,
    title: &'static str,
    lead: String,
    problem: Option<String>,
    fields: Vec<FieldView>,
    claims: bool,
}

/// `GET /messages/{id}/new/{kind}`.
pub(super) async fn new(mut visit: Visit, path: Result<Path<(i64, String)>, PathRejection>) -> Response {
    let page = match path.as_ref().map(|Path((id, kind))| (MailId(*id), kind_of(kind))) {
        Ok((id, Some(kind))) => offered(&mut visit, id, kind).await,
        _ => Err(Refusal::NotFound),
    };
    visit.answer(page)
}

fn kind_of(word: &str) -> Option<Kind> {
    Kind::from_word(word).filter(|kind| *kind != Kind::Account)
}

async fn offered(visit: &mut Visit, id: MailId, kind: Kind) -> Result<Response, Refusal> {
    let offer = match offer(visit, id, kind).await? {
        Ok(offer) => offer,
        Err(No::NoMail) => return Err(Refusal::NotFound),
        Err(no) => return Ok(declined(visit, &no, id)),
    };
    visit.reads_mail(id).await?;
    let f = FromMailWords::of(visit.words().language);
    let value = |key: &str| proposed(&offer, key, f);
    Ok(form(visit, id, kind, &offer.subject, &value, None))
}

async fn offer(visit: &mut Visit, id: MailId, kind: Kind) -> Result<Result<Offer, No>, Refusal> {
    let house = visit.app.state.config.house();
    let world = visit.world.clone();
    let actor = super::doing::actor_in(visit, &world).await?;
    Ok(from_mail::offer(&mut visit.tx, &actor, id, kind, &house).await?)
}

fn declined(visit: &Visit, no: &No, id: MailId) -> Response {
    told(visit, visit.words().not_changed.to_owned(), vec![why_not(no, visit.words())], &format!("/messages/{id}"))
}

/// What is proposed for a field, and where that comes from.
fn proposed(offer: &Offer, key: &str, f: &'static FromMailWords) -> (String, String) {
    match key {
        "emails" => (offer.email.clone(), f.found_header.to_owned()),
        "account" => match &offer.account {
            Some((id, name, from)) => (format!("account:{id}"), format!("{name}: {}", origin(Some(from), f))),
            None => (String::new(), String::new()),
        },
        key => match Detail::from_word(key).and_then(|detail| offer.fields.get(&detail)) {
            Some((value, from)) => (value.clone(), origin(from.as_ref(), f)),
            None => (String::new(), f.not_found.to_owned()),
        },
    }
}

fn origin(origin: Option<&Origin>, f: &'static FromMailWords) -> String {
    match origin {
        Some(Origin::Mail(place)) => place_text(place, f),
        Some(Origin::Domain) => f.found_domain.to_owned(),
        Some(Origin::Contact) => f.found_contact.to_owned(),
        Some(Origin::Subject) => f.found_subject.to_owned(),
        None => String::new(),
    }
}

fn place_text(place: &Place, f: &'static FromMailWords) -> String {
    match place {
        Place::Header => f.found_header.to_owned(),
        Place::Signature(line) => fill(f.found_signature, &[("line", line)]),
    }
}

/// The fields of a form, by kind of record.
pub(super) fn keys(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Contact => {
            &["name", "emails", "account", "company", "role", "phone", "mobile", "address", "city", "web", "tax"]
        }
        Kind::Lead => &["name", "emails", "company", "role", "phone", "mobile", "address", "city", "web", "tax"],
        _ => &["name", "account", "company"],
    }
}

pub(super) fn label(key: &str, kind: Kind, f: &'static FromMailWords) -> &'static str {
    match (key, Detail::from_word(key)) {
        ("emails", _) => f.emails,
        ("account", _) => f.account,
        (_, Some(Detail::Name)) if kind == Kind::Opportunity => f.deal_name,
        (_, Some(detail)) => detail_word(detail, f),
        _ => "",
    }
}

fn detail_word(detail: Detail, f: &'static FromMailWords) -> &'static str {
    match detail {
        Detail::Name => f.name,
        Detail::Company => f.company,
        Detail::Role => f.role,
        Detail::Phone => f.phone,
        Detail::Mobile => f.mobile,
        Detail::Address => f.address,
        Detail::City => f.city,
        Detail::Web => f.web,
        Detail::Tax => f.tax,
    }
}

fn form(
    visit: &Visit,
    id: MailId,
    kind: Kind,
    subject: &str,
    value: &dyn Fn(&str) -> (String, String),
    problem: Option<String>,
) -> Response {
    let w = visit.words();
    let f = FromMailWords::of(w.language);
    let field = |key: &&'static str| {
        let (value, mut from) = value(key);
        if *key == "account" && from.is_empty() {
            from = if kind == Kind::Opportunity { f.account_hint_deal } else { f.account_hint }.to_owned();
        }
        FieldView { name: key, label: label(key, kind, f), value, from }
    };
    let title = match kind {
        Kind::Contact => f.new_contact,
        Kind::Lead => f.new_lead,
        _ => f.new_opportunity,
    };
    let subject = if subject.is_empty() { w.no_subject } else { subject };
    let code = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = NewPage {
        shell: visit.shell().titled(title).at("records"),
        f,
        id: id.0,
        kind: kind.word(),
        title,
        lead: fill(f.from_mail, &[("subject", subject)]),
        problem,
        fields: keys(kind).iter().map(field).collect(),
        claims: kind != Kind::Opportunity,
    };
    (code, Html(page)).into_response()
}

/// `POST /messages/{id}/new/{kind}`.
pub(super) async fn create(
    mut visit: Visit,
    path: Result<Path<(i64, String)>, PathRejection>,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Response {
    let answer = match path.as_ref().map(|Path((id, kind))| (MailId(*id), kind_of(kind))) {
        Ok((id, Some(kind))) => created(&mut visit, id, kind, form).await,
        _ => Err(Refusal::NotFound),
    };
    visit.answer(answer)
}

/// What was typed into the form of a new record.
pub(super) fn drafted(fields: &Fields) -> Draft {
    let typed = |detail: Detail| (detail, fields.get(detail.word()).to_owned());
    Draft {
        fields: Detail::ALL.into_iter().map(typed).collect(),
        emails: fields.get("emails").to_owned(),
        account: fields.get("account").to_owned(),
        owner: None,
    }
}

async fn created(
    visit: &mut Visit,
    id: MailId,
    kind: Kind,
    sent: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Result<Response, Refusal> {
    let fields = Fields::of(sent)?;
    let draft = drafted(&fields);
    let house = visit.app.state.config.house();
    let (mut tx, world) = begin(visit).await?;
    tx.alone().await?;
    let actor = actor(visit, &mut tx, &world).await?;
    match from_mail::create(&mut tx, &actor, id, kind, &draft, &house).await? {
        Ok(made) => {
            follow(&visit.app, &mut tx, &actor, &made).await?;
            tx.commit().await?;
            Ok(go(&format!("/records/{}", made.record)))
        }
        Err(No::NoMail) => Err(Refusal::NotFound),
        Err(no) => {
            // One writer: what is shown again is read beside it.
            drop(tx);
            let subject = match offer(visit, id, kind).await? {
                Ok(offer) => offer.subject,
                Err(no) => return Ok(declined(visit, &no, id)),
            };
            let value = |key: &str| (fields.get(key).to_owned(), String::new());
            Ok(form(visit, id, kind, &subject, &value, Some(why_not(&no, visit.words()))))
        }
    }
}

/// What a new record means for mail: erased people stay off it, mail is decided again, colleagues are
/// asked for what is merely claimed.
pub(super) async fn follow(app: &App, tx: &mut Tx, actor: &Actor<'_>, made: &from_mail::Made) -> anyhow::Result<()> {
    let (state, now) = (&app.state, actor.now);
    let house = state.config.house();
    privacy::keep_off(tx, &state.keys, &[made.record]).await?;
    let ground = Ground { own_domains: &house, keys: &state.keys, now };
    let on = [made.record];
    let added = Added { vouched: &made.vouched, claimed_on: &on, domains: &[] };
    reconsider::added(tx, &added, actor.user, ground).await?;
    reconsider::corrected(tx, &made.again, &house, now).await?;
    consents::ask(tx, &state.keys, &on, now).await?;
    Ok(())
}

struct DifferenceView {
    key: &'static str,
    label: &'static str,
    now: String,
    then: String,
    from: String,
}

#[derive(Template)]
#[template(path = "from_mail_update.html")]
struct UpdatePage {
    shell: Shell,
    f: &'static FromMailWords,
    id: i64,
    record: i64,
    name: String,
    problem: Option<String>,
    rows: Vec<DifferenceView>,
}

/// `GET /messages/{id}/update/{record}`.
pub(super) async fn update(mut visit: Visit, path: Result<Path<(i64, i64)>, PathRejection>) -> Response {
    let page = match path {
        Ok(Path((id, record))) => compared(&mut visit, MailId(id), RecordId(record), None).await,
        Err(_) => Err(Refusal::NotFound),
    };
    visit.answer(page)
}

async fn compared(
    visit: &mut Visit,
    id: MailId,
    record: RecordId,
    problem: Option<String>,
) -> Result<Response, Refusal> {
    let house = visit.app.state.config.house();
    let world = visit.world.clone();
    let actor = super::doing::actor_in(visit, &world).await?;
    let (entry, differences) = match from_mail::differences(&mut visit.tx, &actor, id, record, &house).await? {
        Ok(found) => found,
        Err(No::NoMail | No::NoRecord | No::NotTheirs) => return Err(Refusal::NotFound),
        Err(no) => return Ok(declined(visit, &no, id)),
    };
    visit.reads_mail(id).await?;
    let f = FromMailWords::of(visit.words().language);
    let row = |d: Difference| DifferenceView {
        key: d.detail.word(),
        label: detail_word(d.detail, f),
        now: d.now.unwrap_or_default(),
        from: place_text(&d.place, f),
        then: d.then,
    };
    let code = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = UpdatePage {
        shell: visit.shell().titled(f.update_title).at("records"),
        f,
        id: id.0,
        record: record.0,
        name: entry.record.name,
        problem,
        rows: differences.into_iter().map(row).collect(),
    };
    Ok((code, Html(page)).into_response())
}

/// `POST /messages/{id}/update/{record}`.
pub(super) async fn change(
    mut visit: Visit,
    path: Result<Path<(i64, i64)>, PathRejection>,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Response {
    let answer = match path {
        Ok(Path((id, record))) => changed(&mut visit, MailId(id), RecordId(record), form).await,
        Err(_) => Err(Refusal::NotFound),
    };
    visit.answer(answer)
}

async fn changed(
    visit: &mut Visit,
    id: MailId,
    record: RecordId,
    sent: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Result<Response, Refusal> {
    let fields = Fields::of(sent)?;
    let taken = |detail: &Detail| fields.0.iter().any(|(key, value)| key == "take" && value == detail.word());
    let wanted = Detail::ALL.into_iter().filter(taken).map(|detail| {
        let before = fields.get(&format!("now-{}", detail.word()));
        let before = (!before.is_empty()).then(|| before.to_owned());
        (detail, before, fields.get(&format!("then-{}", detail.word())).to_owned())
    });
    let wanted: Vec<_> = wanted.collect();
    let house = visit.app.state.config.house();
    let (mut tx, world) = begin(visit).await?;
    let actor = actor(visit, &mut tx, &world).await?;
    match from_mail::update(&mut tx, &actor, id, record, &wanted, &house).await? {
        Ok(_) => {
            tx.commit().await?;
            Ok(go(&format!("/records/{record}")))
        }
        Err(No::NoMail | No::NoRecord | No::NotTheirs) => Err(Refusal::NotFound),
        Err(no) => {
            drop(tx);
            let text = why_not(&no, visit.words());
            compared(visit, id, record, Some(text)).await
        }
    }
}

/// `POST /records/{id}/from-mail`: takes back what was made of a mail.
pub(super) async fn undo(
    mut visit: Visit,
    path: Result<Path<i64>, PathRejection>,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Response {
    let answer = match path {
        Ok(Path(record)) => undone(&mut visit, RecordId(record), form).await,
        Err(_) => Err(Refusal::NotFound),
    };
    visit.answer(answer)
}

async fn undone(
    visit: &mut Visit,
    record: RecordId,
    sent: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Result<Response, Refusal> {
    let fields = Fields::of(sent)?;
    // By what they read: an admin may name more.
    if views::head(&mut visit.tx, &visit.scope, record).await?.is_none() {
        return Err(Refusal::NotFound);
    }
    let (mut tx, world) = begin(visit).await?;
    tx.alone().await?;
    let actor = actor(visit, &mut tx, &world).await?;
    match from_mail::undo(&mut tx, &actor, fields.number("change").unwrap_or(0)).await? {
        Ok(change) if change.record == record => {
            tx.commit().await?;
            Ok(go(&if change.made { "/records".to_owned() } else { format!("/records/{record}") }))
        }
        _ => {
            let text = why_not(&No::NotUndone, visit.words());
            Ok(told(visit, visit.words().not_changed.to_owned(), vec![text], &format!("/records/{record}")))
        }
    }
}

/// What is known of a record beside what its head shows, and what was made of mails on it.
pub(super) struct Details {
    /// The texts.
    pub f: &'static FromMailWords,
    /// Label and value.
    pub facts: Vec<(&'static str, String)>,
    /// Text, when, and the number by which it is undone, where it still can be.
    pub changes: Vec<(String, super::when::When, Option<i64>)>,
    /// Open appointments: subject and moment.
    pub upcoming: Vec<(String, Option<super::when::When>)>,
    /// Their heading.
    pub appointments: &'static str,
}

impl Details {
    /// Whether there are any.
    pub fn any(&self) -> bool {
        !self.facts.is_empty() || !self.changes.is_empty() || !self.upcoming.is_empty()
    }

    /// Of a record that the viewer reads.
    pub async fn load(visit: &mut Visit, record: RecordId, may_write: bool) -> Result<Details, Refusal> {
        let f = FromMailWords::of(visit.words().language);
        let known = crate::store::details::of(&mut visit.tx, &[record]).await?.remove(&record).unwrap_or_default();
        let changes = crate::store::details::changes(&mut visit.tx, record).await?;
        let upcoming = crate::store::appointments::upcoming(&mut visit.tx, record, 10).await?;
        let view = |change: crate::store::details::Change| {
            let name = change.by.map_or(f.somebody.to_owned(), |user| visit.name(user));
            let words: Vec<&str> = change.fields.iter().map(|field| detail_word(field.what, f)).collect();
            let text = match change.made {
                true => fill(f.created_from, &[("name", &name)]),
                false => fill(f.saved_changes, &[("name", &name), ("fields", &words.join(", "))]),
            };
            (text, visit.clock.when(change.at), (may_write && !change.undone).then_some(change.id))
        };
        let facts = known.into_iter().map(|(what, value)| (detail_word(what, f), value)).collect();
        let upcoming = upcoming.into_iter().map(|a| (a.subject, a.due.map(|at| visit.clock.when(at))));
        let upcoming = upcoming.collect();
        let appointments = f.language.words().appointment;
        Ok(Details {
            upcoming,
            appointments,
            f,
            facts,
            changes: changes.into_iter().filter(|c| !c.undone).map(view).collect(),
        })
    }
}

pub(super) fn why_not(no: &No, words: &'static Words) -> String {
    let f = FromMailWords::of(words.language);
    let text = |text: &str, value: &str| fill(text, &[("text", value)]);
    match no {
        No::NoMail | No::NoRecord | No::NotTheirs => f.no_mail.to_owned(),
        No::NotOutside => f.no_machine.to_owned(),
        No::NoName => f.no_name.to_owned(),
        No::TooLong(key) => {
            let field = Detail::from_word(key).map_or(*key, |detail| detail_word(detail, f));
            fill(f.no_long, &[("field", field), ("n", &LONGEST.to_string())])
        }
        No::NoAddress(typed) => text(f.no_address, typed),
        No::OwnAddress(typed) => text(f.no_own_address, typed),
        No::NoPhone(typed) => text(f.no_phone, typed),
        No::NoAccount(typed) => text(f.no_account, typed),
        No::Accounts(typed) => text(f.no_accounts, typed),
        No::DealNeedsAccount => f.no_deal_account.to_owned(),
        No::Strangers => f.no_strangers.to_owned(),
        No::MayNotWrite | No::NoOwner => f.no_write.to_owned(),
        No::Nothing => f.no_change.to_owned(),
        No::Moved => f.no_moved.to_owned(),
        No::NotUndone => f.no_undo.to_owned(),
    }
}
