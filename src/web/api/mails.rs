//! What is shown of a mail in lists, on timelines and by itself.

use super::super::message;
use super::super::visit::Visit;
use super::super::why::{Known, Reason, mentioned, sentences};
use super::asking::{Asking, At};
use super::bearer::Reads;
use super::problem::Problem;
use super::shapes::{AnswersNow, RecordRef};
use super::state::{etag, tagged};
use crate::model::id::{MailId, RecordId};
use crate::model::time::Timestamp;
use crate::store::views::{self, Excerpt, Message, Named, Tie, Written};
use axum::Json;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// A name with an address, as it stood on the mail.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(in super::super) struct Party {
    /// The field: from, sender, reply-to, to, cc or bcc.
    pub field: String,
    /// The display name.
    pub name: Option<String>,
    /// The address; empty if none could be read.
    pub address: String,
}

impl From<&Written> for Party {
    fn from(written: &Written) -> Party {
        Party { field: written.field.clone(), name: written.name.clone(), address: written.address.clone() }
    }
}

/// A file that is attached to a mail.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Attachment)]
pub(in super::super) struct AttachmentView {
    /// Its place: `/api/v1/messages/{id}/attachments/{index}` gives it.
    pub index: i64,
    /// Its name; may be empty.
    pub name: String,
    /// What it says it is.
    pub content_type: String,
    /// Octets, once decoded.
    pub size: u64,
    /// Shown inside the text rather than listed.
    pub inline: bool,
}

/// What a list shows of a mail.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(in super::super) struct Mail {
    /// Its id.
    pub id: i64,
    /// When it was written.
    #[schema(format = DateTime)]
    pub at: String,
    /// in, out or internal.
    pub direction: String,
    /// Who wrote it: a person, or which sort of machine.
    pub author: String,
    /// By which sort of channel it came.
    pub channel: String,
    /// Who wrote it.
    pub from: Party,
    /// To whom it went; the first 40.
    pub to: Vec<Party>,
    /// Its subject.
    pub subject: String,
    /// The first lines of its new text.
    pub text: String,
    /// What is attached.
    pub attachments: Vec<AttachmentView>,
    /// A client waits for an answer to it.
    pub waits: bool,
    /// Somebody of ours waits for an answer to it.
    pub awaits: bool,
    /// When it was first answered.
    #[schema(format = DateTime)]
    pub answered_at: Option<String>,
    /// The answer, if the token shows it.
    pub answered_by: Option<i64>,
    /// When it is to be followed up, where somebody said so.
    #[schema(format = DateTime)]
    pub follow_up_at: Option<String>,
    /// It is marked confidential.
    pub confidential: bool,
}

impl Mail {
    /// Without what follows from the records on which it stands: for whom only a copy may be theirs.
    pub fn alone(mail: &Excerpt) -> Mail {
        let (waits, awaits, confidential) = (false, false, false);
        let (answered_at, answered_by, follow_up_at) = (None, None, None);
        Mail { waits, awaits, confidential, answered_at, answered_by, follow_up_at, ..mail.into() }
    }
}

impl From<&Excerpt> for Mail {
    fn from(mail: &Excerpt) -> Mail {
        let attachments = mail.attachments();
        let attachment = |(index, a): (usize, &crate::model::mail::Attachment)| AttachmentView {
            index: i64::try_from(index).unwrap_or(0),
            name: a.name.clone(),
            content_type: a.content_type.clone(),
            size: a.size,
            inline: a.inline,
        };
        Mail {
            id: mail.id.0,
            at: mail.at.rfc3339(),
            direction: mail.direction.clone(),
            author: mail.author.clone(),
            channel: mail.channel.clone(),
            from: (&mail.from).into(),
            to: mail.to.iter().map(Party::from).collect(),
            subject: mail.subject.clone(),
            text: mail.text.clone(),
            attachments: attachments.iter().enumerate().map(attachment).collect(),
            waits: mail.waits,
            awaits: mail.awaits,
            answered_at: mail.answer.as_ref().map(|answer| answer.at.rfc3339()),
            answered_by: mail.answer.as_ref().and_then(|answer| answer.by.as_ref()).map(|(id, _)| id.0),
            follow_up_at: mail.follow_up.map(Timestamp::rfc3339),
            confidential: mail.sealed,
        }
    }
}

/// Why a mail stands on a record.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(in super::super) struct Link {
    /// The record on whose timeline it stands.
    pub record: RecordRef,
    /// The record that governs who sees it there.
    pub governing: RecordRef,
    /// How strong the evidence is, 0 to 100.
    pub score: i64,
    /// The evidence in words.
    pub why: Vec<String>,
    /// When that was decided.
    #[schema(format = DateTime)]
    pub decided_at: String,
}

/// Everything of a link but the record on which it is.
pub(super) struct LinkParts<'a> {
    /// The evidence and the candidates, as stored.
    pub json: (&'a str, &'a str),
    /// The record on whose timeline it stands.
    pub record: RecordRef,
    /// What governs it.
    pub governing: &'a Named,
    /// Its strength, and when it was decided.
    pub decided: (i64, Timestamp),
}

/// A link in words, naming no record that the viewer may not read.
pub(super) fn link(parts: LinkParts<'_>, known: &Known, visit: &Visit) -> Link {
    let reason = Reason {
        evidence: parts.json.0,
        candidates: parts.json.1,
        record: RecordId(parts.record.id),
        governing: parts.governing,
        score: parts.decided.0,
        decided: parts.decided.1,
        people: &visit.world,
    };
    let why = sentences(&reason, known, &visit.clock);
    let (score, decided_at) = (parts.decided.0, parts.decided.1.rfc3339());
    Link { record: parts.record, governing: parts.governing.into(), score, why, decided_at }
}

/// Names of the records that evidence speaks of, as far as the viewer may read them.
pub(super) async fn spoken_of(visit: &mut Visit, json: &[(&str, &str)]) -> Result<Known, Problem> {
    let ids: Vec<RecordId> = json.iter().flat_map(|(evidence, candidates)| mentioned(evidence, candidates)).collect();
    Ok(views::names(&mut visit.tx, &visit.scope, ids).await?.into_iter().collect())
}

/// One message.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Message)]
pub(in super::super) struct MessageView {
    /// What a list shows of it.
    #[serde(flatten)]
    pub mail: Mail,
    /// Everybody on it. Blind copies only for whom it concerns.
    pub parties: Vec<Party>,
    /// When the server had it.
    #[schema(format = DateTime)]
    pub arrived_at: String,
    /// Octets as received.
    pub size: i64,
    /// The writer's whole new text, without what is quoted.
    pub new_text: String,
    /// Why author and channel are what they are.
    #[schema(value_type = Vec<Object>)]
    pub evidence: Value,
    /// The records on which it stands, with why, as far as the token shows them.
    pub links: Vec<Link>,
    /// What was decided about absence notices.
    pub notices: Vec<NoticeView>,
}

/// What was decided about answering a message for somebody who is away.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Notice)]
pub(in super::super) struct NoticeView {
    /// Who is away.
    pub away: String,
    /// The rule that kept it silent; null if a notice was to be sent.
    pub withheld_by: Option<String>,
    /// When that was decided.
    #[schema(format = DateTime)]
    pub at: String,
    /// To whom it went.
    pub sent_to: Option<String>,
    /// How far it came.
    pub state: Option<String>,
}

fn tie(tie: &Tie, message: &Message, known: &Known, visit: &Visit) -> Link {
    let json = (tie.evidence.as_str(), message.candidates.as_str());
    let decided = (tie.score, tie.decided);
    link(LinkParts { json, record: (&tie.record).into(), governing: &tie.governing, decided }, known, visit)
}

/// One message: who wrote to whom, its text, on which records it stands and why.
#[utoipa::path(
    get, path = "/api/v1/messages/{id}", tag = "messages", params(("id" = i64, Path)),
    responses((status = 200, body = MessageView, headers(("ETag" = String))), (status = 304)),
    security(("token" = ["read"]))
)]
pub(in super::super) async fn one(
    mut asking: Asking<Reads>,
    At(id): At<i64>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let visit = &mut asking.visit;
    let found = views::message(&mut visit.tx, &visit.scope, MailId(id)).await?;
    let message = found.ok_or(Problem::NotFound)?;
    let json: Vec<_> = message.ties.iter().map(|tie| (tie.evidence.as_str(), message.candidates.as_str())).collect();
    let known = spoken_of(visit, &json).await?;
    visit.reads_mail(MailId(id)).await?;
    let notice = |notice: &views::NoticeWord| NoticeView {
        away: notice.away.clone(),
        withheld_by: Some(notice.reason.clone()).filter(|rule| !rule.is_empty()),
        at: notice.at.rfc3339(),
        sent_to: notice.sent.as_ref().map(|sent| sent.to.clone()),
        state: notice.sent.as_ref().map(|sent| sent.state.clone()),
    };
    let view = MessageView {
        mail: (&message.mail).into(),
        parties: message.parties.iter().map(Party::from).collect(),
        arrived_at: message.arrived.rfc3339(),
        size: message.size,
        new_text: message.visible.clone(),
        evidence: serde_json::from_str(&message.evidence).unwrap_or_else(|_| Value::Array(Vec::new())),
        links: message.ties.iter().map(|one| tie(one, &message, &known, visit)).collect(),
        notices: message.notices.iter().map(notice).collect(),
    };
    Ok(tagged(&headers, &etag(&view)?, Json(view)))
}

/// A file that is attached to a message, as octets.
#[utoipa::path(
    get, path = "/api/v1/messages/{id}/attachments/{index}", tag = "messages",
    params(("id" = i64, Path), ("index" = u64, Path)),
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream")),
    security(("token" = ["read"]))
)]
pub(in super::super) async fn attachment(
    mut asking: Asking<Reads>,
    At((id, index)): At<(i64, usize)>,
) -> Result<Response, Problem> {
    message::file(&mut asking.visit, MailId(id), index).await.map_err(Problem::of)
}

/// A conversation that waits on somebody's list, by one of its mails, with the record that governs it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = WorkItem)]
pub(in super::super) struct ItemView {
    /// The mail.
    pub mail: Mail,
    /// The record that governs it.
    pub record: RecordRef,
    /// Who answers for that now.
    pub answers_now: AnswersNow,
    /// The mails of its conversation that wait for us under this record, the oldest first; an answer goes to the last.
    pub waiting: Vec<i64>,
}

impl ItemView {
    /// Of a mail on a work list.
    pub fn of(item: &views::Item, visit: &Visit) -> ItemView {
        let answers_now = AnswersNow::of(&item.record.record(), visit);
        let waiting = item.waiting.iter().map(|mail| mail.0).collect();
        ItemView { mail: (&item.mail).into(), record: (&item.record).into(), answers_now, waiting }
    }
}
