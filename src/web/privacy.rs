//! What is stored about a person outside, and erasing them; for admins. Addresses stand in forms alone,
//! never in addresses of pages.

use super::App;
use super::doing::Fields;
use super::refusal::Refusal;
use super::shell::{Html, Shell};
use super::visit::Visit;
use super::words::{PrivacyWords, fill};
use crate::access::World;
use crate::actions::caller::Caller;
use crate::actions::privacy::{self, No, Subject};
use crate::intake::withdraw::{self, Gone};
use crate::model::address::Address;
use crate::model::id::UserId;
use crate::model::record::Kind;
use crate::model::time::Timestamp;
use crate::store::about::{About, Holder};
use crate::store::erased::{mark_of, marked};
use crate::store::{self, Tx};
use askama::Template;
use axum::extract::Form;
use axum::extract::rejection::FormRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

#[derive(Default)]
struct Told {
    address: String,
    problem: Option<String>,
    done: Vec<String>,
    /// What is stored: a heading and lines of label and text.
    about: Option<(String, Vec<(&'static str, String)>)>,
    state: String,
    /// Whether it may be erased, as the box to tick says.
    agree: Option<String>,
}

#[derive(Template)]
#[template(path = "privacy.html")]
struct Page {
    shell: Shell,
    p: &'static PrivacyWords,
    told: Told,
}

/// `GET /admin/privacy`.
pub(super) async fn page(visit: Visit) -> Response {
    let page = view(&visit, Told::default());
    visit.answer(page)
}

fn view(visit: &Visit, told: Told) -> Result<Response, Refusal> {
    if !visit.person.admin {
        return Err(Refusal::NotFound);
    }
    let p = PrivacyWords::of(visit.words().language);
    let code = if told.problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = Page { shell: visit.shell().titled(p.person).at("access"), p, told };
    Ok((code, Html(page)).into_response())
}

/// `POST /admin/privacy`: shows, or erases.
pub(super) async fn act(visit: Visit, form: Result<Form<Vec<(String, String)>>, FormRejection>) -> Response {
    let page = acted(&visit, form).await;
    visit.answer(page)
}

async fn acted(visit: &Visit, form: Result<Form<Vec<(String, String)>>, FormRejection>) -> Result<Response, Refusal> {
    let fields = Fields::of(form)?;
    if !visit.person.admin {
        return Err(Refusal::NotFound);
    }
    let p = PrivacyWords::of(visit.words().language);
    let typed = fields.get("address").to_owned();
    let subject = Address::parse(&typed).ok().and_then(|address| Subject::of(&address, &visit.app.state.keys));
    let Some(subject) = subject else {
        let problem = Some(p.no_address.to_owned());
        return view(visit, Told { address: typed, problem, ..Told::default() });
    };
    let (problem, done) = match fields.get("do") {
        "erase" if fields.get("agreed") != "1" => (Some(p.erase_unagreed.to_owned()), Vec::new()),
        "erase" => match erase(visit, &subject).await? {
            Ok(done) => (None, done),
            Err(problem) => (Some(problem), Vec::new()),
        },
        "show" => (None, Vec::new()),
        _ => return Err(Refusal::NotFound),
    };
    let told = show(visit, &subject, typed).await?;
    view(visit, Told { problem, done, ..told })
}

/// What is stored about them, which the audit notes.
async fn show(visit: &Visit, subject: &Subject, typed: String) -> Result<Told, Refusal> {
    let state = &visit.app.state;
    let (mut tx, world) = visit.acting().await?;
    let caller = Caller { by: Some(visit.person.user), world: &world, now: visit.clock.now };
    let about = privacy::show(&mut tx, &caller, subject, &state.keys).await?.map_err(|_| Refusal::NotFound)?;
    let since = marked(&mut tx, mark_of(&state.keys, &subject.address)).await?;
    let may = privacy::may_erase(&mut tx, &caller, subject, &state.config.house()).await?;
    tx.commit().await?;
    let p = PrivacyWords::of(visit.words().language);
    let address = subject.address.to_string();
    let stored = match since {
        Some(at) => fill(p.erased_at, &[("time", &visit.clock.when(at).exact)]),
        None => p.not_erased.to_owned(),
    };
    Ok(Told {
        about: Some((fill(p.about, &[("address", &address)]), lines(&about, visit))),
        state: stored,
        agree: may.is_ok().then(|| fill(p.erase_agree, &[("address", &address)])),
        address: typed,
        ..Told::default()
    })
}

/// What is stored, line by line. An admin may assign and share without reading: records have no names here.
fn lines(about: &About, visit: &Visit) -> Vec<(&'static str, String)> {
    let p = PrivacyWords::of(visit.words().language);
    let w = p.language.words();
    let record = |holder: &Holder| {
        let kind = Kind::from_word(&holder.kind).map_or(w.a_record_word, |kind| super::entry::kind(kind, w));
        let text = fill(p.record, &[("kind", kind), ("id", &holder.id.to_string())]);
        if holder.only { format!("{text} ({})", p.alone) } else { text }
    };
    let listed = |list: Vec<String>| if list.is_empty() { p.none.to_owned() } else { list.join(", ") };
    let mails = w.count(&p.counted_mails, about.mails);
    let mails = match about.span {
        Some((first, last)) => {
            let day = |at: i64| visit.clock.when(Timestamp(at)).exact;
            fill(p.span, &[("mails", &mails), ("first", &day(first)), ("last", &day(last))])
        }
        None => mails,
    };
    let two = |one: i64, other: i64| format!("{}, {}", w.number(one), w.number(other));
    vec![
        (p.records, listed(about.records.iter().map(record).collect())),
        (p.mails, mails),
        (p.names, listed(about.names.clone())),
        (p.hashes, w.number(about.hashes)),
        (p.notices, two(about.notices, about.decisions)),
        (p.outbox, w.number(about.outbox)),
        (p.consents, w.number(about.consents)),
        (p.activities, w.number(about.activities)),
        (p.lists, w.number(about.blocks)),
        (p.audit, w.number(about.audit)),
    ]
}

/// What erasing somebody did.
pub(super) struct Erased {
    /// To mail and to texts beside it.
    pub gone: Gone,
    /// Contacts and leads that lost their name.
    pub records: usize,
    /// Whether the database wrote over what was removed.
    pub overwritten: bool,
}

/// Erases them, where the one who asks may. Interrupted, the same goes on.
pub(super) async fn erased(
    app: &App,
    (by, now): (UserId, Timestamp),
    subject: &Subject,
) -> anyhow::Result<Result<Erased, No>> {
    let state = &app.state;
    let house = state.config.house();
    let (mut tx, world) = alone(app, now).await?;
    let caller = Caller { by: Some(by), world: &world, now };
    if let Err(no) = privacy::may_erase(&mut tx, &caller, subject, &house).await? {
        return Ok(Err(no));
    }
    privacy::begin(&mut tx, &caller, subject, &state.keys).await?;
    tx.commit().await?;
    let gone = withdraw::erase(&state.db, &subject.person, &subject.address, &house, &state.keys, now).await?;
    let (mut tx, _) = alone(app, now).await?;
    let counted = (gone.mails.removed, gone.mails.redacted);
    let records = privacy::finish(&mut tx, &caller, subject, &state.keys, counted).await?;
    tx.commit().await?;
    Ok(Ok(Erased { gone, records, overwritten: state.db.scrubbing(false).await.is_ok() }))
}

/// A unit of work during which nobody links mail, with the people as they are in it.
async fn alone(app: &App, now: Timestamp) -> anyhow::Result<(Tx, World)> {
    let mut tx = app.state.db.write().await?;
    tx.alone().await?;
    let world = store::people::world(&mut tx, &app.state.config.rights(), now).await?;
    Ok((tx, world))
}

/// Erases them: what was done in words, or why nothing was.
async fn erase(visit: &Visit, subject: &Subject) -> Result<Result<Vec<String>, String>, Refusal> {
    let p = PrivacyWords::of(visit.words().language);
    let Erased { gone, records, overwritten } =
        match erased(&visit.app, (visit.person.user, visit.clock.now), subject).await? {
            Ok(erased) => erased,
            Err(No::Ours(name)) => return Ok(Err(fill(p.no_person_ours, &[("name", &name)]))),
            Err(No::NotAdmin) => return Err(Refusal::NotFound),
        };
    let mut done = vec![fill(
        p.erase_done,
        &[
            ("removed", &gone.mails.removed.to_string()),
            ("redacted", &gone.mails.redacted.to_string()),
            ("records", &records.to_string()),
            ("texts", &gone.texts.to_string()),
        ],
    )];
    if !overwritten {
        done.push(p.erase_space.to_owned());
    }
    Ok(Ok(done))
}
