//! Writing mail: what is begun on a mail or a record (W4, W5), the page of a draft, and what became of it.
//!
//! Everything works as a plain form. With the script the draft saves itself while it is written, and what
//! colleagues do meanwhile shows beside it (`#news`) without touching what is being typed.

use super::doing::{Fields, begin, go};
use super::drafts::{Origin, kind, sent_mail};
use super::live::fingerprint;
use super::refusal::Refusal;
use super::shell::{Html, Shell};
use super::upload::{Part, fields_and_files};
use super::visit::Visit;
use super::words::{AnsweringWords, fill};
use crate::actions::answering::{self, About, Advice, Decision, No, Warning, Writer};
use crate::config::Config;
use crate::model::delivery::Delivery;
use crate::model::draft::{Attached, Draft, DraftFile, DraftKind, SentCopy, Typed};
use crate::model::id::{DraftId, MailId, RecordId, UserId};
use crate::store::draft_rights::{Lost, standing};
use crate::store::views::{self, Latest};
use crate::store::{drafts, people};
use askama::Template;
use axum::extract::rejection::{FormRejection, PathRejection, QueryRejection};
use axum::extract::{Form, Path, Query, Request};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use std::collections::BTreeSet;

/// Octets of a form with files: what may go with a mail, and its text.
pub(super) const LARGEST: usize = answering::LARGEST as usize + 4 * answering::LONGEST_TEXT;

/// What the page of a draft is made of, beside what its writer types.
#[derive(Debug)]
pub(super) struct Data {
    pub draft: Draft,
    pub files: Vec<DraftFile>,
    pub lost: Option<Lost>,
    pub absent: Option<String>,
    pub record: Option<(RecordId, String)>,
    pub latest: Option<Latest>,
    pub writing: Vec<String>,
    pub sent: Option<MailId>,
}

impl Data {
    /// What changes without its writer: what colleagues do, and what became of sending it.
    fn seen(&self) -> impl std::fmt::Debug + '_ {
        (
            &self.lost,
            &self.latest,
            &self.writing,
            &self.sent,
            &self.draft.sending,
            &self.draft.copy,
            self.draft.taken_at,
        )
    }
}

/// Something to be known, and where to read on.
pub(super) struct WarningView {
    pub text: String,
    link: Option<String>,
}

struct FileView {
    id: i64,
    name: String,
    size: String,
    remove: String,
}

#[derive(Template)]
#[template(path = "draft.html")]
struct Page {
    shell: Shell,
    a: &'static AnsweringWords,
    id: i64,
    title: String,
    /// What the link back to Today says, where it was begun there.
    today: Option<&'static str>,
    kind: &'static str,
    /// Whether it may be written on.
    open: bool,
    under_way: bool,
    problem: Option<String>,
    /// What is to be known before it is sent, and the keys that say it is.
    warnings: Vec<WarningView>,
    known: String,
    state: Vec<String>,
    bad: bool,
    unclear: bool,
    queued: bool,
    news: Vec<WarningView>,
    cover: Option<String>,
    record: Option<(i64, String)>,
    mail: Option<i64>,
    sent: Option<i64>,
    typed: Typed,
    version: i64,
    mailboxes: Vec<(String, String, bool)>,
    files: Vec<FileView>,
    saved: String,
}

/// `POST /messages/{id}/answer`: begins an answer, or hands the mail on.
pub(super) async fn from_mail(
    mut visit: Visit,
    path: Result<Path<i64>, PathRejection>,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Response {
    let answer = match path {
        Ok(Path(id)) => match Fields::of(form) {
            Ok(fields) => match DraftKind::from_word(fields.get("kind")).filter(|kind| *kind != DraftKind::New) {
                Some(kind) => begun(&mut visit, About::Mail(kind, MailId(id)), &Origin::of(&fields)).await,
                None => Err(Refusal::NotFound),
            },
            Err(refusal) => Err(refusal),
        },
        Err(_) => Err(Refusal::NotFound),
    };
    visit.answer(answer)
}

/// `POST /records/{id}/write`: begins a new mail.
pub(super) async fn from_record(mut visit: Visit, path: Result<Path<i64>, PathRejection>) -> Response {
    let answer = match path {
        Ok(Path(id)) => begun(&mut visit, About::Record(RecordId(id)), &Origin::default()).await,
        Err(_) => Err(Refusal::NotFound),
    };
    visit.answer(answer)
}

async fn begun(visit: &mut Visit, about: About, origin: &Origin) -> Result<Response, Refusal> {
    if let About::Mail(_, mail) = about {
        // What is quoted is read.
        visit.reads_mail(mail).await?;
    }
    let (app, config) = (visit.app.clone(), visit.config().await?);
    let (mut tx, world) = begin(visit).await?;
    let writer = writer(visit, &app, &config, &world);
    match answering::begin(&mut tx, &writer, about).await? {
        Ok(id) => {
            tx.commit().await?;
            Ok(go(&origin.draft(id)))
        }
        Err(No::Lost(Lost::Mail | Lost::Record) | No::NoDraft) => Err(Refusal::NotFound),
        Err(no) => Err(Refusal::Declined(why_not(&no, AnsweringWords::of(visit.words().language)))),
    }
}

/// The viewer as somebody who writes.
pub(super) fn writer<'a>(
    visit: &Visit,
    app: &'a super::App,
    config: &'a Config,
    world: &'a crate::access::World,
) -> Writer<'a> {
    Writer { user: visit.person.user, world, config, keys: &app.state.keys, now: visit.clock.now }
}

/// `GET /drafts/{id}`.
pub(super) async fn page(
    mut visit: Visit,
    path: Result<Path<i64>, PathRejection>,
    origin: Result<Query<Origin>, QueryRejection>,
) -> Response {
    let origin = origin.map(|Query(origin)| origin).unwrap_or_default();
    let page = match path {
        Ok(Path(id)) => match load(&mut visit, DraftId(id)).await {
            Ok(data) => view(&mut visit, data, Told { origin, ..Told::default() }).await,
            Err(refusal) => Err(refusal),
        },
        Err(_) => Err(Refusal::NotFound),
    };
    visit.answer(page)
}

/// The fingerprint of what the page of a draft shows of others.
pub(super) async fn watched(visit: &mut Visit, id: DraftId) -> Result<u64, Refusal> {
    Ok(fingerprint(&load(visit, id).await?.seen()))
}

/// A draft of the viewer's, as its page shows it.
pub(super) async fn load(visit: &mut Visit, id: DraftId) -> Result<Data, Refusal> {
    let user = visit.person.user;
    let Some(draft) = drafts::load(&mut visit.tx, user, id).await? else { return Err(Refusal::NotFound) };
    let files = drafts::files(&mut visit.tx, id).await?;
    let about = (draft.kind, draft.mail, draft.record);
    let standing = standing(&mut visit.tx, user, about, &visit.world, visit.clock.now).await?;
    let sent = sent_mail(visit, &draft).await?;
    let (lost, absent, record) = match standing {
        Ok(standing) => {
            let absent = standing.on_behalf_of().map(|owner| visit.name(owner));
            (None, absent, standing.record.map(|record| (record.id, record.name)))
        }
        Err(lost) => (Some(lost), None, None),
    };
    let answers = draft.mail.filter(|_| lost.is_none() && draft.kind.answers() && draft.open());
    let (mut latest, mut writing) = (None, Vec::new());
    if let Some(mail) = answers {
        latest = views::latest_answer(&mut visit.tx, &visit.scope, mail).await?;
        writing = self::writing(visit, mail).await?;
    }
    Ok(Data { draft, files, lost, absent, record, latest, writing, sent })
}

/// The names of colleagues who are writing an answer to a mail that the viewer sees.
pub(super) async fn writing(visit: &mut Visit, mail: MailId) -> Result<Vec<String>, Refusal> {
    let (viewer, now) = (visit.person.user, visit.clock.now);
    let users: Vec<UserId> = answering::writing(&mut visit.tx, mail, viewer, now).await?;
    Ok(users.into_iter().map(|user| visit.name(user)).collect())
}

/// What a form gave that is to be said on the page.
#[derive(Default)]
struct Told {
    /// From where it was begun.
    origin: Origin,
    problem: Option<String>,
    warnings: Vec<Warning>,
    /// What was typed, where it could not be saved.
    typed: Option<Typed>,
}

async fn view(visit: &mut Visit, data: Data, told: Told) -> Result<Response, Refusal> {
    let a = AnsweringWords::of(visit.words().language);
    let user = people::load(&mut visit.tx, visit.person.user).await?;
    let login = user.map(|user| user.login).unwrap_or_default();
    let (draft, config) = (&data.draft, visit.config().await?);
    let mailboxes = answering::mailboxes(&config, &login);
    let gone = mailboxes.as_ref().err().map(|no| why_not(no, a));
    let mailboxes = mailboxes.unwrap_or_default().into_iter();
    let typed = told.typed.unwrap_or_else(|| match data.lost {
        Some(_) => answering::own_words(draft),
        None => draft.typed.clone(),
    });
    let chosen = typed.mailbox.clone();
    let sending = draft.sending.as_ref().map(|sending| sending.state);
    let (state, bad) = state(&data, visit, a);
    let open = draft.open() && data.lost.is_none();
    let lost = data.lost.filter(|_| draft.open()).map(|lost| why_lost(lost, a).to_owned());
    let code = if told.problem.is_some() || !told.warnings.is_empty() {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    let title = if typed.subject.is_empty() { kind(draft.kind, a).to_owned() } else { typed.subject.clone() };
    let page = Page {
        shell: visit
            .shell()
            .titled(&title)
            .at("drafts")
            .live(&format!("/drafts/{}", draft.id), fingerprint(&data.seen())),
        a,
        id: draft.id.0,
        title,
        today: told.origin.today().then_some(visit.words().today),
        kind: kind(draft.kind, a),
        open,
        under_way: matches!(sending, Some(Delivery::Queued | Delivery::Sending))
            || (sending == Some(Delivery::Sent) && draft.taken_at.is_none()),
        problem: told.problem.or(lost).or(gone.filter(|_| open)),
        known: told.warnings.iter().map(Warning::key).collect::<Vec<_>>().join(" "),
        warnings: told.warnings.iter().map(|warning| warned(warning, visit, a)).collect(),
        state,
        bad,
        unclear: sending == Some(Delivery::Unclear),
        queued: sending == Some(Delivery::Queued),
        news: news(&data, visit, a),
        cover: cover(&data, visit, a).filter(|_| open),
        record: data.record.as_ref().map(|(id, name)| (id.0, name.clone())),
        mail: draft.mail.filter(|_| data.lost.is_none()).map(|mail| mail.0),
        sent: data.sent.map(|mail| mail.0),
        version: draft.version,
        mailboxes: mailboxes.map(|m| (m.name.clone(), m.address.clone(), m.name == chosen)).collect(),
        files: data.files.iter().map(|file| file_view(file, a)).collect(),
        saved: fill(a.saved, &[("when", &visit.clock.when(draft.saved_at).exact)]),
        typed,
    };
    Ok((code, Html(page)).into_response())
}

fn file_view(file: &DraftFile, a: &'static AnsweringWords) -> FileView {
    FileView {
        id: file.id,
        name: file.name.clone(),
        size: a.count(&a.kilobytes, (file.size + 1023) / 1024),
        remove: fill(a.remove, &[("name", &file.name)]),
    }
}

/// The line that says for whom it goes out.
fn cover(data: &Data, visit: &Visit, a: &'static AnsweringWords) -> Option<String> {
    let absent = data.absent.as_ref()?;
    let line = answering::cover_line(&data.draft, (&visit.person.name, &visit.person.language), absent);
    Some(fill(a.cover, &[("line", &line)]))
}

/// What colleagues did meanwhile.
fn news(data: &Data, visit: &Visit, a: &'static AnsweringWords) -> Vec<WarningView> {
    let mut news = Vec::new();
    if let Some(latest) = &data.latest {
        let text = if latest.mail == data.draft.known_answer { a.was_answered } else { a.answered };
        let when = visit.clock.when(latest.at).exact;
        let text = fill(text, &[("name", &latest.by), ("when", &when)]);
        news.push(WarningView { text, link: Some(format!("/messages/{}", latest.mail)) });
    }
    news.extend(data.writing.iter().map(|name| WarningView { text: fill(a.writing, &[("name", name)]), link: None }));
    news
}

/// What its writer should know, in words.
pub(super) fn warned(warning: &Warning, visit: &Visit, a: &'static AnsweringWords) -> WarningView {
    let plain = |text: String| WarningView { text, link: None };
    match warning {
        Warning::Answered(name, at, mail) => WarningView {
            text: fill(a.answered, &[("name", name), ("when", &visit.clock.when(*at).exact)]),
            link: Some(format!("/messages/{mail}")),
        },
        Warning::Writing(user) => plain(fill(a.writing, &[("name", &visit.name(*user))])),
        Warning::Internal => plain(a.warn_internal.to_owned()),
        Warning::Blocked(address) => plain(fill(a.warn_blocked, &[("address", address)])),
        Warning::Failing(address) => plain(fill(a.warn_failing, &[("address", address)])),
    }
}

/// What became of sending it, and what to do; whether that is bad.
fn state(data: &Data, visit: &Visit, a: &'static AnsweringWords) -> (Vec<String>, bool) {
    let draft = &data.draft;
    let Some(sending) = &draft.sending else { return (Vec::new(), false) };
    let words = sending.answer.clone().filter(|words| !words.is_empty());
    let quoted = words.as_ref().map(|words| fill(a.server_said, &[("words", words)]));
    match sending.state {
        Delivery::Queued => match quoted {
            Some(quoted) => {
                let time = visit.clock.time(sending.next_try_at);
                (vec![fill(a.state_again, &[("time", &time)]), quoted], true)
            }
            None => (vec![a.state_queued.to_owned()], false),
        },
        Delivery::Sending => (vec![a.state_sending.to_owned()], false),
        Delivery::Sent => (sent_lines(data, a), false),
        Delivery::Unclear => (vec![a.state_unclear.to_owned(), a.state_unclear_next.to_owned()], true),
        Delivery::Refused | Delivery::GaveUp => refused_lines(draft, quoted, a),
    }
}

fn sent_lines(data: &Data, a: &'static AnsweringWords) -> Vec<String> {
    let mut lines = vec![a.state_sent.to_owned()];
    if data.sent.is_none() && data.draft.taken_at.is_some() {
        lines.push(a.state_sent_nowhere.to_owned());
    }
    match &data.draft.copy {
        SentCopy::None => {}
        SentCopy::Due => lines.push(a.copy_due.to_owned()),
        SentCopy::There => lines.push(a.copy_there.to_owned()),
        SentCopy::Theirs => lines.push(a.copy_theirs.to_owned()),
        SentCopy::Failed(why) => lines.push(fill(a.copy_failed, &[("why", why)])),
    }
    lines
}

fn refused_lines(draft: &Draft, quoted: Option<String>, a: &'static AnsweringWords) -> (Vec<String>, bool) {
    let what = match answering::advice(draft) {
        Advice::TakenBack => return (vec![a.state_back.to_owned()], false),
        Advice::Lost(lost) => return (vec![a.state_refused.to_owned(), why_lost(lost, a).to_owned()], true),
        Advice::Recipient => a.do_recipient,
        Advice::SignIn => a.do_sign_in,
        Advice::TooLarge => a.do_large,
        Advice::Sender => a.do_sender,
        Advice::Other => a.do_other,
    };
    (vec![a.state_refused.to_owned(), what.to_owned()].into_iter().chain(quoted).collect(), true)
}

/// Why they may not write from there, in words.
pub(super) fn why_lost(lost: Lost, a: &'static AnsweringWords) -> &'static str {
    match lost {
        Lost::Inactive => a.lost_inactive,
        Lost::Mail => a.lost_mail,
        Lost::Record => a.lost_record,
        Lost::ReadOnly => a.lost_read_only,
        Lost::Confidential => a.lost_confidential,
    }
}

/// Why something was not done, in words.
pub(super) fn why_not(no: &No, a: &'static AnsweringWords) -> String {
    match no {
        No::NoDraft | No::Meanwhile | No::Warned(_) => a.no_meanwhile.to_owned(),
        No::Lost(lost) => why_lost(*lost, a).to_owned(),
        No::NoMailbox => a.no_mailbox.to_owned(),
        No::NoServer(name) => fill(a.no_server, &[("name", name)]),
        No::NoRecipient => a.no_recipient.to_owned(),
        No::BadAddress(text) => fill(a.no_address, &[("text", text)]),
        No::TooMany => a.no_many.to_owned(),
        No::Empty => a.no_empty.to_owned(),
        No::TooLong => a.no_long.to_owned(),
        No::TooLarge => a.no_large.to_owned(),
        No::Unwritable(why) => fill(a.no_unwritable, &[("why", why)]),
    }
}

/// `POST /drafts/{id}`: saves it, sends it, takes it back, throws it away.
pub(super) async fn act(mut visit: Visit, path: Result<Path<i64>, PathRejection>, request: Request) -> Response {
    let (w, a) = (visit.words(), AnsweringWords::of(visit.words().language));
    let answer = match (path, fields_and_files(request).await) {
        (Ok(Path(id)), Ok((fields, files))) => {
            let file = |part: Part| Attached {
                name: part.file.unwrap_or_default(),
                media_type: part.media_type.unwrap_or_else(|| "application/octet-stream".into()),
                bytes: part.value.to_vec(),
            };
            acted(&mut visit, DraftId(id), Sent { fields, files: files.into_iter().map(file).collect() }).await
        }
        (Ok(_), Err(fault)) => Err(fault.refusal(w, a.no_large)),
        _ => Err(Refusal::NotFound),
    };
    visit.answer(answer)
}

/// A form as it was sent: fields, and files.
struct Sent {
    fields: Fields,
    files: Vec<Attached>,
}

async fn acted(visit: &mut Visit, id: DraftId, form: Sent) -> Result<Response, Refusal> {
    let a = AnsweringWords::of(visit.words().language);
    let (app, config) = (visit.app.clone(), visit.config().await?);
    let (mut tx, world) = begin(visit).await?;
    let writer = writer(visit, &app, &config, &world);
    let fields = &form.fields;
    let act = fields.get("act").to_owned();
    let origin = Origin::of(fields);
    let here = origin.draft(id);
    let decision = match act.as_str() {
        "back" => Some(Decision::Back),
        "went-out" => Some(Decision::WentOut),
        _ => None,
    };
    if let Some(decision) = decision {
        // Where it changed meanwhile, the page says how it stands.
        let _ = answering::decide(&mut tx, &writer, id, decision).await?;
        tx.commit().await?;
        return Ok(go(&here));
    }
    if act == "discard" {
        return match answering::discard(&mut tx, &writer, id).await? {
            Ok(()) => {
                tx.commit().await?;
                Ok(go(origin.discarded()))
            }
            Err(_) => Err(Refusal::NotFound),
        };
    }
    let typed = typed(fields);
    let version = fields.number("version").unwrap_or(0);
    let mut refused = match answering::save(&mut tx, &writer, id, version, &typed).await? {
        Ok(_) => None,
        Err(No::NoDraft) => return Err(Refusal::NotFound),
        Err(no) => Some(no),
    };
    let unsaved = refused.is_some();
    for file in form.files.iter().filter(|_| !unsaved) {
        if let Err(no) = answering::attach(&mut tx, &writer, id, file).await? {
            refused = Some(no);
        }
    }
    if let Some(file) = act.strip_prefix("remove-").and_then(|number| number.parse().ok())
        && !unsaved
    {
        let _ = answering::detach(&mut tx, &writer, id, file).await?;
    }
    if act == "send" && refused.is_none() {
        let known: BTreeSet<String> = fields.get("known").split(' ').map(str::to_owned).collect();
        refused = answering::send(&mut tx, &writer, id, &known).await?.err();
    }
    // What was typed is kept, whatever became of sending it.
    tx.commit().await?;
    let Some(no) = refused else { return Ok(go(&if act == "send" { origin.sent(id) } else { here })) };
    visit.tx = visit.app.state.db.read().await?;
    let data = load(visit, id).await?;
    let told = match no {
        No::Warned(warnings) => Told { origin, warnings, ..Told::default() },
        no => Told { origin, problem: Some(why_not(&no, a)), typed: unsaved.then_some(typed), ..Told::default() },
    };
    view(visit, data, told).await
}

fn typed(fields: &Fields) -> Typed {
    // Not trimmed: what stands at the beginning of a text stays there.
    let body = fields.0.iter().find(|(key, _)| key == "body").map(|(_, value)| value.clone()).unwrap_or_default();
    Typed {
        mailbox: fields.get("mailbox").to_owned(),
        to: fields.get("to").to_owned(),
        cc: fields.get("cc").to_owned(),
        bcc: fields.get("bcc").to_owned(),
        subject: fields.get("subject").to_owned(),
        body,
    }
}
