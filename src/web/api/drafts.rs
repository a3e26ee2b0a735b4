//! Writing mail as the owner of the token: what is begun on a mail or a record, saved, sent through their own mailbox,
//! and what became of it.

use super::super::answering::{Data, load, warned, why_lost, why_not, writer};
use super::super::drafts::sent_mail;
use super::super::visit::Visit;
use super::super::words::AnsweringWords;
use super::asking::{Asking, At, Body, Doing};
use super::bearer::{Reads, Writes};
use super::problem::{Fault, Problem};
use super::shapes::{List, RecordRef};
use super::state::{etag, must_match, with};
use crate::actions::answering::{self, About, Decision, No, own_words};
use crate::model::draft::{DraftFile, DraftKind, SentCopy, Typed};
use crate::model::id::{DraftId, MailId, RecordId};
use crate::model::time::DAY;
use crate::store::draft_rights::Lost;
use crate::store::{drafts, views};
use axum::Json;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Drafts that the list gives at most.
const SHOWN: i64 = 200;

/// A file that goes with a mail.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = DraftFile)]
pub(in super::super) struct FileView {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// Its media type.
    pub content_type: String,
    /// Octets.
    pub size: i64,
}

impl From<&DraftFile> for FileView {
    fn from(file: &DraftFile) -> FileView {
        FileView { id: file.id, name: file.name.clone(), content_type: file.media_type.clone(), size: file.size }
    }
}

/// An answer of a colleague, later than the draft was begun.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Meanwhile)]
pub(in super::super) struct MeanwhileView {
    /// The answer.
    pub message_id: i64,
    /// Who wrote it.
    pub by: String,
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
}

/// A mail that the owner of the token writes or wrote.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Draft)]
pub(in super::super) struct DraftView {
    /// Its id.
    pub id: i64,
    /// reply, reply-all, forward or new.
    pub kind: &'static str,
    /// What it answers or hands on.
    pub message_id: Option<i64>,
    /// What it is about.
    pub record: Option<RecordRef>,
    /// Name of the mailbox that it goes through; empty: the writer's first.
    pub mailbox: String,
    /// Who gets it.
    pub to: String,
    /// Who gets a copy.
    pub cc: String,
    /// Who gets it unseen.
    pub bcc: String,
    /// Its subject.
    pub subject: String,
    /// Its text.
    pub text: String,
    /// What goes with it.
    pub files: Vec<FileView>,
    /// For whom it goes out, where its writer stands in: a line in the text says so.
    pub on_behalf_of: Option<String>,
    /// draft, queued, sending, sent, refused, gave-up, or unclear: then nobody knows whether it went out, and it is not
    /// sent again until its writer decides.
    pub state: &'static str,
    /// The server's last words.
    pub answer: Option<String>,
    /// Of its copy in the folder of sent mail: none, due, there, theirs (the provider makes one) or failed.
    pub copy: &'static str,
    /// The mail that it became, if the token shows it.
    pub sent_message_id: Option<i64>,
    /// The latest answer of somebody of ours, if there is one.
    pub answered: Option<MeanwhileView>,
    /// Colleagues who have an answer open.
    pub writing: Vec<String>,
    /// Why it may not be written from there any more.
    pub lost: Option<&'static str>,
    /// When it was begun.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When it was last saved.
    #[schema(format = DateTime)]
    pub saved_at: String,
}

fn view(data: &Data, record: Option<RecordRef>, visit: &Visit) -> DraftView {
    let a = AnsweringWords::of(visit.words().language);
    let draft = &data.draft;
    // What was quoted is shown to who may see that mail.
    let typed = if data.lost.is_some() { own_words(draft) } else { draft.typed.clone() };
    let sending = draft.sending.as_ref();
    DraftView {
        id: draft.id.0,
        kind: draft.kind.word(),
        message_id: draft.mail.filter(|_| data.lost.is_none()).map(|mail| mail.0),
        record,
        mailbox: typed.mailbox,
        to: typed.to,
        cc: typed.cc,
        bcc: typed.bcc,
        subject: typed.subject,
        text: typed.body,
        files: data.files.iter().map(FileView::from).collect(),
        on_behalf_of: data.absent.clone(),
        state: sending.map_or("draft", |sending| sending.state.word()),
        answer: sending.and_then(|sending| sending.answer.clone()),
        copy: match draft.copy {
            SentCopy::None => "none",
            SentCopy::Due => "due",
            SentCopy::There => "there",
            SentCopy::Theirs => "theirs",
            SentCopy::Failed(_) => "failed",
        },
        sent_message_id: data.sent.map(|mail| mail.0),
        answered: data.latest.as_ref().map(|latest| MeanwhileView {
            message_id: latest.mail.0,
            by: latest.by.clone(),
            at: latest.at.rfc3339(),
        }),
        writing: data.writing.clone(),
        lost: data.lost.filter(|_| draft.open()).map(|lost| why_lost(lost, a)),
        created_at: draft.created_at.rfc3339(),
        saved_at: draft.saved_at.rfc3339(),
    }
}

/// What a list gives of a draft.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = DraftLine)]
pub(in super::super) struct LineView {
    /// Its id.
    pub id: i64,
    /// reply, reply-all, forward or new.
    pub kind: &'static str,
    /// Who gets it, while it was not sent.
    pub to: String,
    /// Its subject, if the token shows it.
    pub subject: String,
    /// draft, queued, sending, sent, refused, gave-up or unclear.
    pub state: &'static str,
    /// When it was last saved.
    #[schema(format = DateTime)]
    pub saved_at: String,
}

/// On what a draft of which kind is begun.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum KindWord {
    /// To who wrote.
    Reply,
    /// To everybody on the mail.
    ReplyAll,
    /// The mail is handed on.
    Forward,
}

/// Which kind of mail is begun.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DraftBegin)]
pub(in super::super) struct Begin {
    #[schema(inline)]
    kind: KindWord,
}

/// What is written. A field that is not named stays as it is.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DraftInput)]
pub(in super::super) struct Input {
    /// Name of the mailbox that it goes through: one of the writer's own.
    mailbox: Option<String>,
    /// Who gets it, with commas between.
    to: Option<String>,
    /// Who gets a copy.
    cc: Option<String>,
    /// Who gets it unseen.
    bcc: Option<String>,
    /// The subject.
    subject: Option<String>,
    /// The whole text, with what is quoted.
    text: Option<String>,
}

/// What the writer says that they know.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SendInput)]
pub(in super::super) struct Known {
    /// The words that a refusal with `confirmation-needed` named as `field`.
    #[serde(default)]
    known: Vec<String>,
}

/// What became of a mail on its way.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum DecideWord {
    /// It is taken back: it still waits, or it did not go out. It is a draft again.
    Back,
    /// It went out.
    WentOut,
}

/// What its writer decides about a mail that is on its way, or of which nobody knows.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DraftDecision)]
pub(in super::super) struct Decide {
    #[schema(inline)]
    decide: DecideWord,
}

/// Why it was not done.
pub(super) fn refused(no: &No, visit: &Visit) -> Problem {
    let a = AnsweringWords::of(visit.words().language);
    let why = || why_not(no, a);
    match no {
        No::NoDraft | No::Lost(Lost::Mail | Lost::Record) => Problem::NotFound,
        No::Lost(_) => Problem::MayNot(why()),
        No::Meanwhile => Problem::Conflict(why()),
        No::NoRecipient | No::BadAddress(_) | No::TooMany => Problem::field("to", why()),
        No::Empty | No::TooLong | No::Unwritable(_) => Problem::field("text", why()),
        No::TooLarge => Problem::TooLarge,
        No::NoMailbox | No::NoServer(_) => Problem::Declined(why()),
        No::Warned(warnings) => {
            let fault =
                |warning: &answering::Warning| Fault { field: warning.key(), message: warned(warning, visit, a).text };
            Problem::Unconfirmed(warnings.iter().map(fault).collect())
        }
    }
}

/// The draft and its tag, which changes with whatever its writer does.
pub(super) async fn shown(visit: &mut Visit, id: DraftId) -> Result<(DraftView, String), Problem> {
    let data = load(visit, id).await.map_err(Problem::of)?;
    let tag = etag(&(data.draft.id.0, data.draft.version))?;
    let about: Vec<RecordId> = data.record.iter().map(|(id, _)| *id).collect();
    let names = views::names(&mut visit.tx, &visit.scope, about).await?;
    let record = names.values().next().map(RecordRef::from);
    Ok((view(&data, record, visit), tag))
}

async fn begun(doing: &Doing<Writes>, about: About) -> Result<Response, Problem> {
    if let About::Mail(_, mail) = about {
        let mut reading = doing.reading().await?;
        views::message(&mut reading.tx, &reading.scope, mail).await?.ok_or(Problem::NotFound)?;
        // What is quoted is read.
        reading.reads_mail(mail).await?;
    }
    let mut visit = doing.begin_short().await?;
    let (app, config, world) = (visit.app.clone(), visit.config().await?, visit.world.clone());
    let writer = writer(&visit, &app, &config, &world);
    let begun = answering::begin(&mut visit.tx, &writer, about).await?;
    let id = begun.map_err(|no| refused(&no, &visit))?;
    let (view, tag) = shown(&mut visit, id).await?;
    visit.tx.commit().await?;
    let place = format!("/api/v1/drafts/{id}");
    Ok(with(&tag, (StatusCode::CREATED, [(header::LOCATION, place)], Json(view))))
}

/// Begins an answer to a mail, or hands it on; what was begun before and not sent is given instead. Recipients, subject and
/// what is quoted stand in it.
#[utoipa::path(
    post, path = "/api/v1/messages/{id}/drafts", tag = "drafts", params(("id" = i64, Path)), request_body = Begin,
    responses((status = 201, body = DraftView, headers(("ETag" = String), ("Location" = String)))),
    security(("token" = ["write"]))
)]
pub(in super::super) async fn on_mail(
    doing: Doing<Writes>,
    At(id): At<i64>,
    body: Body<Begin>,
) -> Result<Response, Problem> {
    let kind = match body.value.kind {
        KindWord::Reply => DraftKind::Reply,
        KindWord::ReplyAll => DraftKind::ReplyAll,
        KindWord::Forward => DraftKind::Forward,
    };
    begun(&doing, About::Mail(kind, MailId(id))).await
}

/// Begins a new mail about a record, to its people.
#[utoipa::path(
    post, path = "/api/v1/records/{id}/drafts", tag = "drafts", params(("id" = i64, Path)),
    responses((status = 201, body = DraftView, headers(("ETag" = String), ("Location" = String)))),
    security(("token" = ["write"]))
)]
pub(in super::super) async fn on_record(doing: Doing<Writes>, At(id): At<i64>) -> Result<Response, Problem> {
    begun(&doing, About::Record(RecordId(id))).await
}

/// The drafts of the owner of the token, and what they sent in the last seven days; the latest first.
#[utoipa::path(
    get, path = "/api/v1/drafts", tag = "drafts", responses((status = 200, body = List<LineView>)),
    security(("token" = ["read"]))
)]
pub(in super::super) async fn list(mut asking: Asking<Reads>) -> Result<Json<List<LineView>>, Problem> {
    let visit = &mut asking.visit;
    let since = visit.clock.now.plus(-7 * DAY);
    let mut items = Vec::new();
    for draft in drafts::of_user(&mut visit.tx, visit.person.user, since, SHOWN).await? {
        let sent = sent_mail(visit, &draft).await.map_err(Problem::of)?;
        let subject = match sent {
            Some(mail) => {
                views::subjects(&mut visit.tx, &visit.scope, &[mail]).await?.remove(&mail).unwrap_or_default()
            }
            None => draft.typed.subject.clone(),
        };
        items.push(LineView {
            id: draft.id.0,
            kind: draft.kind.word(),
            to: draft.typed.to.clone(),
            subject,
            state: draft.sending.as_ref().map_or("draft", |sending| sending.state.word()),
            saved_at: draft.saved_at.rfc3339(),
        });
    }
    Ok(Json(List { items, next: None }))
}

/// A draft of the owner of the token, and what became of sending it.
#[utoipa::path(
    get, path = "/api/v1/drafts/{id}", tag = "drafts", params(("id" = i64, Path)),
    responses((status = 200, body = DraftView, headers(("ETag" = String)))), security(("token" = ["read"]))
)]
pub(in super::super) async fn one(mut asking: Asking<Reads>, At(id): At<i64>) -> Result<Response, Problem> {
    let (view, tag) = shown(&mut asking.visit, DraftId(id)).await?;
    // Colleagues change what is said of it without changing the draft: it is always answered whole.
    Ok(with(&tag, Json(view)))
}

/// Writes on a draft. `If-Match` says which state you saw.
#[utoipa::path(
    patch, path = "/api/v1/drafts/{id}", tag = "drafts",
    params(("id" = i64, Path), ("If-Match" = String, Header)), request_body = Input,
    responses((status = 200, body = DraftView, headers(("ETag" = String)))), security(("token" = ["write"]))
)]
pub(in super::super) async fn change(
    doing: Doing<Writes>,
    At(id): At<i64>,
    headers: HeaderMap,
    body: Body<Input>,
) -> Result<Response, Problem> {
    let id = DraftId(id);
    let mut visit = doing.begin_short().await?;
    let user = visit.person.user;
    let draft = drafts::load(&mut visit.tx, user, id).await?.ok_or(Problem::NotFound)?;
    must_match(&headers, &etag(&(draft.id.0, draft.version))?)?;
    let (app, config, world) = (visit.app.clone(), visit.config().await?, visit.world.clone());
    let writer = writer(&visit, &app, &config, &world);
    let (before, given) = (draft.typed, body.value);
    let typed = Typed {
        mailbox: given.mailbox.unwrap_or(before.mailbox),
        to: given.to.unwrap_or(before.to),
        cc: given.cc.unwrap_or(before.cc),
        bcc: given.bcc.unwrap_or(before.bcc),
        subject: given.subject.unwrap_or(before.subject),
        body: given.text.unwrap_or(before.body),
    };
    let saved = answering::save(&mut visit.tx, &writer, id, draft.version, &typed).await?;
    saved.map_err(|no| refused(&no, &visit))?;
    let (view, tag) = shown(&mut visit, id).await?;
    visit.tx.commit().await?;
    Ok(with(&tag, Json(view)))
}

/// Throws a draft away that is not on its way.
#[utoipa::path(
    delete, path = "/api/v1/drafts/{id}", tag = "drafts", params(("id" = i64, Path)), responses((status = 204)),
    security(("token" = ["write"]))
)]
pub(in super::super) async fn discard(doing: Doing<Writes>, At(id): At<i64>) -> Result<StatusCode, Problem> {
    let mut visit = doing.begin_short().await?;
    let (app, config, world) = (visit.app.clone(), visit.config().await?, visit.world.clone());
    let writer = writer(&visit, &app, &config, &world);
    let done = answering::discard(&mut visit.tx, &writer, DraftId(id)).await?;
    done.map_err(|no| refused(&no, &visit))?;
    visit.tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sends a draft through its writer's own mailbox, as themselves. What they should know first is refused with
/// `confirmation-needed`: send it again with those words as `known`.
#[utoipa::path(
    post, path = "/api/v1/drafts/{id}/send", tag = "drafts", params(("id" = i64, Path)), request_body = Known,
    responses((status = 202, body = DraftView, headers(("ETag" = String)))), security(("token" = ["write"]))
)]
pub(in super::super) async fn send(
    doing: Doing<Writes>,
    At(id): At<i64>,
    body: Body<Known>,
) -> Result<Response, Problem> {
    let mut visit = doing.begin_short().await?;
    let (app, config, world) = (visit.app.clone(), visit.config().await?, visit.world.clone());
    let writer = writer(&visit, &app, &config, &world);
    let known = body.value.known.into_iter().collect();
    let sent = answering::send(&mut visit.tx, &writer, DraftId(id), &known).await?;
    sent.map_err(|no| refused(&no, &visit))?;
    let (view, tag) = shown(&mut visit, DraftId(id)).await?;
    visit.tx.commit().await?;
    Ok(with(&tag, (StatusCode::ACCEPTED, Json(view))))
}

/// Takes a mail back that still waits, or says what became of one of which nobody knows.
#[utoipa::path(
    post, path = "/api/v1/drafts/{id}/decision", tag = "drafts", params(("id" = i64, Path)), request_body = Decide,
    responses((status = 200, body = DraftView, headers(("ETag" = String)))), security(("token" = ["write"]))
)]
pub(in super::super) async fn decide(
    doing: Doing<Writes>,
    At(id): At<i64>,
    body: Body<Decide>,
) -> Result<Response, Problem> {
    let mut visit = doing.begin_short().await?;
    let (app, config, world) = (visit.app.clone(), visit.config().await?, visit.world.clone());
    let writer = writer(&visit, &app, &config, &world);
    let what = match body.value.decide {
        DecideWord::Back => Decision::Back,
        DecideWord::WentOut => Decision::WentOut,
    };
    let done = answering::decide(&mut visit.tx, &writer, DraftId(id), what).await?;
    done.map_err(|no| refused(&no, &visit))?;
    let (view, tag) = shown(&mut visit, DraftId(id)).await?;
    visit.tx.commit().await?;
    Ok(with(&tag, Json(view)))
}
