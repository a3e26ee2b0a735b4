//! What the owner of a mailbox is told: what is read there, what is kept, who sees it; and their word on it. What they
//! say is noted with what they were shown, and in the audit.

use super::doing::{Fields, begin, go};
use super::mailbox_protocol::{self, ProtocolView};
use super::refusal::Refusal;
use super::shell::{Html, Shell};
use super::status::FindingView;
use super::timed::Timed;
use super::visit::Visit;
use super::words::{RunningWords, fill};
use crate::actions::caller::Caller;
use crate::actions::mailboxes as actions;
use crate::actions::status;
use crate::config::{Content, Mailbox};
use crate::model::id::MailboxId;
use crate::model::record::Mode;
use crate::store::mailbox_settings::{self as settings, Standing};
use askama::Template;
use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Form, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

struct MailboxView {
    id: i64,
    name: String,
    finding: FindingView,
    read: Vec<String>,
    kept: Vec<String>,
    seen: Vec<String>,
    /// How their word stands.
    word: Timed,
    asks: bool,
    terms: String,
    agrees: bool,
    withdraws: bool,
    /// What was said with its server.
    protocol: ProtocolView,
    /// What the button says that has it read; none where nobody reads it.
    sync: Option<String>,
}

#[derive(Template)]
#[template(path = "my_mailboxes.html")]
struct Page {
    shell: Shell,
    o: &'static RunningWords,
    told: Option<&'static str>,
    problem: Option<String>,
    mailboxes: Vec<MailboxView>,
}

/// `GET /me/mailboxes`.
pub(super) async fn page(mut visit: Visit, asked: Result<Query<Vec<(String, String)>>, QueryRejection>) -> Response {
    let asked = Fields(asked.map(|Query(fields)| fields).unwrap_or_default());
    let o = RunningWords::of(visit.words().language);
    let told = match asked.get("done") {
        "agreed" => Some(o.done_agreed),
        "withdrawn" => Some(o.done_withdrawn),
        "sync" => Some(o.done_sync),
        _ => None,
    };
    let page = view(&mut visit, told, None).await;
    visit.answer(page)
}

/// The viewer's mailboxes with their settings.
async fn mine(visit: &mut Visit) -> Result<Vec<(Standing, Mailbox)>, Refusal> {
    let (app, me) = (visit.app.clone(), visit.person.user);
    let accounts = settings::accounts(&mut visit.tx, &app.state.keys, &app.state.config).await?;
    let own = settings::every(&mut visit.tx).await?.into_iter();
    let own = own.filter(|one| one.user == Some(me) && one.removed.is_none());
    let with = |one: Standing| accounts.iter().find(|a| a.name == one.name).cloned().map(|account| (one, account));
    Ok(own.filter_map(with).collect())
}

async fn view(visit: &mut Visit, told: Option<&'static str>, problem: Option<String>) -> Result<Response, Refusal> {
    let all = mine(visit).await?;
    let o = RunningWords::of(visit.words().language);
    let mut mailboxes = Vec::new();
    for (one, account) in &all {
        let lines = mailbox_protocol::load(visit, one.id).await?;
        let protocol = mailbox_protocol::view(&lines, one, visit);
        mailboxes.push(mailbox(one, account, protocol, visit, o));
    }
    let code = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let shell = visit.shell().titled(o.mine).at("me");
    Ok((code, Html(Page { shell, o, told, problem, mailboxes })).into_response())
}

fn mailbox(
    one: &Standing,
    account: &Mailbox,
    protocol: ProtocolView,
    visit: &Visit,
    o: &'static RunningWords,
) -> MailboxView {
    let config = &visit.app.state.config;
    let terms = actions::terms(account);
    let stands = one.is_agreed();
    let other = stands && one.agreement.as_ref().is_some_and(|agreement| agreement.terms != terms);
    let on = |text: &str, at| Timed::exact(text, &[], "time", &visit.clock.when(at));
    let word = match &one.agreement {
        None if one.asks => Timed::plain(o.agree_asked),
        None => Timed::plain(o.agree_open),
        Some(agreement) => match agreement.withdrawn {
            Some(at) => on(o.agree_withdrawn, at),
            None if other => on(o.agree_changed, agreement.agreed),
            None => on(o.agree_given, agreement.agreed),
        },
    };
    let names = |text: &str, names: &[String]| (!names.is_empty()).then(|| fill(text, &[("names", &names.join(", "))]));
    let mut read = vec![fill(o.told_read_text, &[("address", &account.address)])];
    read.extend(names(o.told_folders, &account.folders));
    read.extend(names(o.told_never, &account.never_folders));
    read.extend(names(o.told_keywords, &account.never_keywords));
    let kept = match account.content {
        Content::All => o.told_kept_all,
        Content::Headers => o.told_kept_headers,
    };
    let days = config.mail.keep_failed_days.to_string();
    let seen = match config.mode {
        Mode::Restricted => o.told_seen_restricted,
        Mode::Transparent => o.told_seen_transparent,
    };
    MailboxView {
        id: one.id.0,
        name: one.name.clone(),
        finding: FindingView::of(&status::of_mailbox(one, config, visit.clock.now), visit),
        read,
        kept: vec![kept.to_owned(), fill(o.told_kept_not, &[("days", &days)])],
        seen: vec![seen.to_owned(), o.told_seen_rest.to_owned()],
        word,
        asks: one.asks,
        terms,
        agrees: !stands || other,
        withdraws: stands,
        protocol,
        sync: one.is_read().then(|| fill(o.sync_of, &[("name", &one.name)])),
    }
}

/// `POST /me/mailboxes`.
pub(super) async fn decide(mut visit: Visit, form: Result<Form<Vec<(String, String)>>, FormRejection>) -> Response {
    let page = decided(&mut visit, form).await;
    visit.answer(page)
}

async fn decided(
    visit: &mut Visit,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Result<Response, Refusal> {
    let fields = Fields::of(form)?;
    let id = MailboxId(fields.number("mailbox").ok_or(Refusal::NotFound)?);
    let agrees = match fields.get("do") {
        "agree" => true,
        "withdraw" => false,
        "sync" => return synchronised(visit, id).await,
        _ => return Err(Refusal::NotFound),
    };
    let account = mine(visit).await?.into_iter().find(|(one, _)| one.id == id).map(|(_, account)| account);
    let (mut tx, world) = begin(visit).await?;
    let caller = Caller { by: Some(visit.person.user), world: &world, now: visit.clock.now };
    let done = actions::decide(&mut tx, &caller, id, account.as_ref(), fields.get("seen"), agrees).await?;
    match done {
        Ok(()) => {
            tx.commit().await?;
            Ok(go(&format!("/me/mailboxes?done={}", if agrees { "agreed" } else { "withdrawn" })))
        }
        Err(no) => {
            drop(tx);
            let o = RunningWords::of(visit.words().language);
            let problem = o.no(&no).ok_or(Refusal::NotFound)?;
            view(visit, None, Some(problem)).await
        }
    }
}

async fn synchronised(visit: &mut Visit, id: MailboxId) -> Result<Response, Refusal> {
    if !mine(visit).await?.iter().any(|(one, _)| one.id == id) {
        return Err(Refusal::NotFound);
    }
    let (mut tx, world) = begin(visit).await?;
    let caller = Caller { by: Some(visit.person.user), world: &world, now: visit.clock.now };
    match actions::sync(&mut tx, &caller, id).await? {
        Ok(()) => {
            tx.commit().await?;
            Ok(go("/me/mailboxes?done=sync"))
        }
        Err(no) => {
            drop(tx);
            let o = RunningWords::of(visit.words().language);
            let problem = o.no(&no).ok_or(Refusal::NotFound)?;
            view(visit, None, Some(problem)).await
        }
    }
}
