//! One message: what they wrote, and why it is here (W5).

use super::answering;
use super::answers::Answers;
use super::body;
use super::doing::Fields;
use super::entry::{Card, File, Who, files, kind, size, state, who};
use super::from_mail::FromMail;
use super::live::fingerprint;
use super::message_forms::{self, Corrections};
use super::reach::{MailFacts, MailReach};
use super::refusal::Refusal;
use super::review::Toast;
use super::shell::{Html, Shell};
use super::timed::Timed;
use super::visit::Visit;
use super::when::When;
use super::why::{Known, Reason, mentioned, sentences};
use super::words::{AnsweringWords, NoticeWords, ReviewWords, Words, fill};
use crate::model::id::{MailId, RecordId};
use crate::model::mail::Mail;
use crate::model::notice;
use crate::parse;
use crate::store::views::{self, Message, NoticeWord, Tie};
use anyhow::Context;
use askama::Template;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};

/// Octets of a stored mail that are unpacked at most.
const LARGEST: u64 = 256 << 20;
/// Characters of text that the page shows.
const TEXT: usize = 200_000;

/// What the page is made of, but for the mail's bytes, which never change.
#[derive(Debug)]
pub(super) struct Data {
    message: Message,
    ties: Vec<Answers>,
    known: Known,
    reach: MailFacts,
    writing: Vec<String>,
}

struct TieView {
    id: i64,
    name: String,
    kind: &'static str,
    answers: Timed,
    why: Vec<String>,
}

struct NoticeView {
    text: String,
    bad: bool,
    when: When,
}

struct Field {
    label: &'static str,
    people: Vec<Who>,
}

/// What was read from the mail's bytes.
struct Read {
    visible: String,
    folded: Option<String>,
    whole: bool,
    html: bool,
    files: Vec<File>,
    cut: bool,
}

#[derive(Template)]
#[template(path = "message.html")]
struct Page {
    shell: Shell,
    w: &'static Words,
    id: i64,
    card: Card,
    fields: Vec<Field>,
    date: When,
    arrived: When,
    size: String,
    language: String,
    text: Read,
    ties: Vec<TieView>,
    notices: Vec<NoticeView>,
    from_mail: FromMail,
    reach: MailReach,
    r: &'static ReviewWords,
    toast: Option<Toast>,
    corrections: Corrections,
    /// It is marked confidential, and the viewer sees it on a record.
    sealed: bool,
    a: &'static AnsweringWords,
    /// Colleagues who are writing an answer.
    writing: Vec<String>,
    /// What the link to its trace says, for admins.
    trace: Option<&'static str>,
}

/// `GET /messages/{id}`.
pub(super) async fn page(
    mut visit: Visit,
    path: Result<Path<i64>, PathRejection>,
    asked: Result<Query<Vec<(String, String)>>, QueryRejection>,
) -> Response {
    let page = match (path, asked) {
        (Ok(Path(id)), Ok(Query(fields))) => view(&mut visit, MailId(id), &Fields(fields)).await,
        _ => Err(Refusal::NotFound),
    };
    visit.answer(page)
}

async fn view(visit: &mut Visit, id: MailId, asked: &Fields) -> Result<Response, Refusal> {
    let data = load(visit, id).await?;
    visit.reads_mail(id).await?;
    let shell = visit.shell().live(&format!("/messages/{id}"), fingerprint(&data));
    let from_mail = FromMail::load(visit, &data.message.mail).await?;
    let corrections =
        message_forms::load(visit, id, &data.message.mail.from.address, asked.number("domain").map(RecordId)).await?;
    let (w, clock) = (visit.words(), visit.clock);
    let r = ReviewWords::of(w.language);
    let said = asked.number("said").filter(|_| !corrections.history.is_empty());
    let toast = said.map(|word| Toast {
        text: r.noted.to_owned(),
        left_out: Vec::new(),
        undo: Some(format!("/corrections/{word}/undo")),
        rule: None,
    });
    let undone = (asked.get("undone") == "1").then(|| Toast {
        text: r.undone.to_owned(),
        left_out: Vec::new(),
        undo: None,
        rule: None,
    });
    let raw = bytes(visit, id).await?;
    let mail = match raw {
        Some(raw) => Some(tokio::task::spawn_blocking(move || (parse::parse(&raw), parse::html_body(&raw))).await?),
        None => None,
    };
    let stated = mail.as_ref().and_then(|(mail, _)| mail.text.language.clone());
    let text = read(mail, &data.message, w);
    // Few mails state it; whoever listens to the page needs it all the same (U18).
    let language = stated.or_else(|| parse::language_of(&text.visible).map(str::to_owned)).unwrap_or_default();
    let card = Card::of(&data.message.mail, &clock);
    let message = &data.message;
    let page = Page {
        shell: shell.titled(&card.subject).at("records"),
        w,
        id: id.0,
        fields: fields(message, w),
        date: clock.when(message.mail.at),
        arrived: clock.when(message.arrived),
        size: size(u64::try_from(message.size).unwrap_or(0)),
        language,
        text,
        ties: message.ties.iter().zip(&data.ties).map(|(tie, answers)| tie_view(tie, answers, &data, visit)).collect(),
        r,
        toast: toast.or(undone),
        corrections,
        sealed: message.mail.sealed,
        a: AnsweringWords::of(w.language),
        writing: data.writing.clone(),
        notices: message.notices.iter().map(|notice| notice_view(notice, visit)).collect(),
        card,
        from_mail,
        reach: data.reach.view(&clock),
        trace: visit.person.admin.then(|| w.rules().trace_link),
    };
    Ok(Html(page).into_response())
}

/// What the page shows at this moment.
pub(super) async fn load(visit: &mut Visit, id: MailId) -> Result<Data, Refusal> {
    let Some(message) = views::message(&mut visit.tx, &visit.scope, id).await? else { return Err(Refusal::NotFound) };
    let ids = message.ties.iter().flat_map(|tie| mentioned(&tie.evidence, &message.candidates));
    let known = views::names(&mut visit.tx, &visit.scope, ids).await?.into_iter().collect();
    let ties = message.ties.iter().map(|tie| visit.answers(&tie.record)).collect();
    let reach = MailFacts::load(visit, &message).await?;
    let writing = answering::writing(visit, id).await?;
    Ok(Data { message, ties, known, reach, writing })
}

/// The mail as it was received, if it is kept.
async fn bytes(visit: &mut Visit, id: MailId) -> Result<Option<Vec<u8>>, Refusal> {
    let Some(stored) = views::raw(&mut visit.tx, &visit.scope, id).await? else { return Ok(None) };
    let unpacked = tokio::task::spawn_blocking(move || views::unpack(id, &stored, LARGEST)).await?;
    Ok(Some(unpacked.with_context(|| format!("unpacking mail {id}"))?))
}

fn read(mail: Option<(Mail, Option<String>)>, message: &Message, w: &'static Words) -> Read {
    let Some((mail, html)) = mail else {
        let (visible, cut) = beginning(&message.visible);
        let files = files(&message.mail.attachments(), w);
        return Read { visible, folded: None, whole: false, html: false, files, cut };
    };
    let (visible, cut) = beginning(&mail.text.visible());
    let folded = (!mail.text.folds.is_empty()).then(|| beginning(&mail.text.body).0);
    Read { visible, folded, whole: true, html: html.is_some(), files: files(&mail.attachments, w), cut }
}

fn beginning(text: &str) -> (String, bool) {
    match text.char_indices().nth(TEXT) {
        Some((end, _)) => (text.get(..end).unwrap_or("").to_owned(), true),
        None => (text.to_owned(), false),
    }
}

fn fields(message: &Message, w: &'static Words) -> Vec<Field> {
    let labels = [
        ("from", w.from_label),
        ("sender", w.sender_label),
        ("reply-to", w.reply_to_label),
        ("to", w.to_label),
        ("cc", w.cc_label),
        ("bcc", w.bcc_label),
    ];
    let of = |field: &str| -> Vec<Who> { message.parties.iter().filter(|p| p.field == field).map(who).collect() };
    labels
        .into_iter()
        .map(|(field, label)| Field { label, people: of(field) })
        .filter(|field| !field.people.is_empty())
        .collect()
}

fn tie_view(tie: &Tie, answers: &Answers, data: &Data, visit: &Visit) -> TieView {
    let reason = Reason {
        evidence: &tie.evidence,
        candidates: &data.message.candidates,
        record: tie.record.id,
        governing: &tie.governing,
        score: tie.score,
        decided: tie.decided,
        people: &visit.world,
    };
    TieView {
        id: tie.record.id.0,
        name: tie.record.name.clone(),
        kind: kind(tie.record.kind, visit.words()),
        answers: answers.text(&visit.clock),
        why: sentences(&reason, &data.known, &visit.clock),
    }
}

fn notice_view(notice: &NoticeWord, visit: &Visit) -> NoticeView {
    let w = visit.words();
    let (text, bad) = match &notice.sent {
        Some(sent) => {
            let (text, bad) = state(&sent.state, w);
            let text = fill(text, &[("away", &notice.away), ("to", &sent.to)]);
            // Of one that is out the server's words tell nothing.
            let answer = sent.answer.as_deref().filter(|_| !matches!(sent.state.as_str(), "sent" | "sending"));
            (answer.map_or(text.clone(), |answer| format!("{text} ({answer})")), bad)
        }
        None => (fill(w.notice_silent, &[("away", &notice.away), ("why", &silence(&notice.reason, w))]), false),
    };
    NoticeView { text, bad, when: visit.clock.when(notice.at) }
}

/// Why no notice was sent, as a sentence with the rule's number; the number alone for a rule that this
/// version does not know.
pub(super) fn silence(rule: &str, w: &'static Words) -> String {
    let language = NoticeWords::of(w.language).reasons();
    notice::Reason::from_rule(rule).map_or_else(|| rule.to_owned(), |reason| crate::notice::silence(reason, language))
}

/// `GET /messages/{id}/body`: the HTML, for the frame.
pub(super) async fn formatted(mut visit: Visit, path: Result<Path<i64>, PathRejection>) -> Response {
    let page = match path {
        Ok(Path(id)) => framed(&mut visit, MailId(id)).await,
        Err(_) => Err(Refusal::NotFound),
    };
    visit.answer(page)
}

async fn framed(visit: &mut Visit, id: MailId) -> Result<Response, Refusal> {
    let raw = bytes(visit, id).await?.ok_or(Refusal::NotFound)?;
    visit.reads_mail(id).await?;
    let cleaned = tokio::task::spawn_blocking(move || {
        let html = parse::html_body(&raw)?;
        Some(body::clean(&html, &parse::shown(&raw)))
    });
    let cleaned = cleaned.await?.ok_or(Refusal::NotFound)?;
    let w = visit.words();
    let mut notes = Vec::new();
    if cleaned.blocked {
        notes.push(w.images_blocked);
    }
    if cleaned.cut {
        notes.push(w.body_cut);
    }
    if cleaned.tangled {
        notes.push(w.body_tangled);
    }
    let page = body::document(&cleaned, w.tag, &notes.join(" "));
    let headers = [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CONTENT_SECURITY_POLICY, body::POLICY)];
    Ok((headers, page).into_response())
}

/// `GET /messages/{id}/attachments/{index}`: always to be saved, never to be shown.
pub(super) async fn attachment(mut visit: Visit, path: Result<Path<(i64, usize)>, PathRejection>) -> Response {
    let page = match path {
        Ok(Path((id, index))) => file(&mut visit, MailId(id), index).await,
        Err(_) => Err(Refusal::NotFound),
    };
    visit.answer(page)
}

/// The attachment, to be saved.
pub(super) async fn file(visit: &mut Visit, id: MailId, index: usize) -> Result<Response, Refusal> {
    let raw = bytes(visit, id).await?.ok_or(Refusal::NotFound)?;
    visit.reads_mail(id).await?;
    let found = tokio::task::spawn_blocking(move || parse::attachment(&raw, index)).await?;
    let (name, _, content) = found.ok_or(Refusal::NotFound)?;
    let disposition = HeaderValue::from_str(&disposition(&name, index)).context("naming an attachment")?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream")),
        (header::CONTENT_DISPOSITION, disposition),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox")),
    ];
    Ok((headers, content).into_response())
}

/// `Content-Disposition` with the name in both forms (RFC 6266): plain ASCII for old programs. A name is one name: what
/// would make a path of it, end a line, or turn what follows it round (`\u{202e}gpj.exe`) becomes `_`.
fn disposition(name: &str, index: usize) -> String {
    let unnamed = format!("attachment-{}", index + 1);
    let harmless = |c: char| !c.is_control() && !"/\\:".contains(c) && !turns_round(c);
    let name: String = name.chars().map(|c| if harmless(c) { c } else { '_' }).collect();
    // Not every program refuses a name that begins with a dot or ends in a blank.
    let name = name.trim().trim_start_matches('.').trim_end_matches([' ', '.']);
    let name = if name.is_empty() { unnamed.as_str() } else { name };
    let plain: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || "._- ()".contains(c) { c } else { '_' }).collect();
    let coded: String = name
        .bytes()
        .map(|b| match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'_' | b'-' => char::from(b).to_string(),
            _ => format!("%{b:02X}"),
        })
        .collect();
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{coded}")
}

/// Characters that change in which direction others are shown (Unicode's bidirectional controls).
fn turns_round(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_cannot_break_out_of_their_header() {
        assert_eq!(
            disposition("ofe\"rta\r\n zł.pdf", 0),
            "attachment; filename=\"ofe_rta__ z_.pdf\"; filename*=UTF-8''ofe%22rta__%20z%C5%82.pdf"
        );
        assert_eq!(
            disposition("..\\../../etc/\u{202e}passwd", 0),
            "attachment; filename=\"_.._.._etc__passwd\"; filename*=UTF-8''_.._.._etc__passwd"
        );
        assert_eq!(disposition(" .. ", 2), "attachment; filename=\"attachment-3\"; filename*=UTF-8''attachment-3");
        assert!(disposition(".bashrc", 0).contains("\"bashrc\""));
    }
}
