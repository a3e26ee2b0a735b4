//! The form of a mailbox's settings (W17). It can be tried before it is saved. A password that was typed goes back to
//! the browser sealed, for ten minutes and for the admin who typed it, so that it need not be typed twice; it is never
//! shown.

use super::doing::{Fields, begin, called, go};
use super::mailboxes::{ReportView, account, report_view};
use super::refusal::Refusal;
use super::shell::{Html, Shell};
use super::visit::Visit;
use super::words::{RunningWords, fill};
use crate::actions::caller::Caller;
use crate::actions::mailbox_test;
use crate::actions::mailboxes::{self as actions, No, Part, Secret, Wanted, WantedServer};
use crate::config::{Auth, Content, Mailbox, Security, Server};
use crate::model::id::MailboxId;
use crate::model::time::{MINUTE, Timestamp};
use crate::store::people;
use askama::Template;
use axum::extract::rejection::{FormRejection, PathRejection};
use axum::extract::{Form, Path};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

/// How long a sealed password is good for.
const PATIENCE: i64 = 10 * MINUTE;

/// The fields of one server.
struct ServerView {
    word: &'static str,
    legend: &'static str,
    host: String,
    port: String,
    security: &'static str,
    user: String,
    auth: &'static str,
    login_label: &'static str,
    password_label: &'static str,
    sealed: String,
}

#[derive(Template)]
#[template(path = "mailbox_form.html")]
struct Page {
    shell: Shell,
    o: &'static RunningWords,
    title: String,
    action: String,
    back: String,
    /// Its name, where it stands for ever.
    fixed: bool,
    name: String,
    address: String,
    /// Login, name, whether chosen.
    owners: Vec<(String, String, bool)>,
    imap: ServerView,
    smtp: ServerView,
    sends: bool,
    folders: String,
    never_folders: String,
    never_keywords: String,
    headers: bool,
    asks: bool,
    days: String,
    days_label: String,
    problem: Option<String>,
    report: Option<ReportView>,
}

/// What a form says beside what was typed.
#[derive(Default)]
struct Told {
    problem: Option<String>,
    report: Option<mailbox_test::Report>,
}

/// `GET /admin/mailboxes/new`.
pub(super) async fn new(mut visit: Visit) -> Response {
    let page = shown(&mut visit, None, Typed::default(), Told::default()).await;
    visit.answer(page)
}

/// `GET /admin/mailboxes/{id}/edit`.
pub(super) async fn edit(mut visit: Visit, path: Result<Path<i64>, PathRejection>) -> Response {
    let page = match path {
        Ok(Path(id)) => edited(&mut visit, MailboxId(id)).await,
        Err(_) => Err(Refusal::NotFound),
    };
    visit.answer(page)
}

async fn edited(visit: &mut Visit, id: MailboxId) -> Result<Response, Refusal> {
    let (before, asks) = before(visit, id).await?;
    let typed = Typed::of(&before, asks);
    shown(visit, Some((id, &before)), typed, Told::default()).await
}

/// The settings of a mailbox that was set up here, and whether its owner is asked first.
async fn before(visit: &mut Visit, id: MailboxId) -> Result<(Mailbox, bool), Refusal> {
    let world = visit.world.clone();
    let caller = Caller { by: Some(visit.person.user), world: &world, now: visit.clock.now };
    let standing = actions::find(&mut visit.tx, &caller, id).await?.map_err(|_| Refusal::NotFound)?;
    if visit.app.state.config.mailbox.iter().any(|file| file.name == standing.name) {
        let o = RunningWords::of(visit.words().language);
        return Err(Refusal::Declined(o.no_file.to_owned()));
    }
    let account = account(visit, &standing.name).await?.ok_or(Refusal::NotFound)?;
    Ok((account, standing.asks))
}

/// What was typed, as text.
#[derive(Clone, Default)]
struct Typed {
    wanted: Wanted,
    sends: bool,
    days: String,
}

fn lines(text: &str) -> Vec<String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let mut all: Vec<String> = lines.map(str::to_owned).collect();
    all.dedup();
    all
}

impl Typed {
    /// What stands there.
    fn of(account: &Mailbox, asks: bool) -> Typed {
        let server = |server: &Server| WantedServer {
            host: server.host.clone(),
            port: server.port,
            security: server.security,
            user: server.user.clone().unwrap_or_default(),
            auth: server.auth,
            secret: Secret::Kept,
        };
        let wanted = Wanted {
            name: account.name.clone(),
            address: account.address.clone(),
            user: account.user.clone(),
            imap: server(&account.imap),
            smtp: account.smtp.as_ref().map(server),
            folders: account.folders.clone(),
            content: account.content,
            never_folders: account.never_folders.clone(),
            never_keywords: account.never_keywords.clone(),
            asks,
            days: None,
        };
        Typed { sends: wanted.smtp.is_some(), wanted, days: String::new() }
    }

    /// What a form holds. Of the server that sends, an empty password is that of the one that reads.
    fn read(fields: &Fields, visit: &Visit) -> Typed {
        let server = |part: Part| {
            let get = |name: &str| fields.get(&format!("{}_{name}", part.word())).to_owned();
            WantedServer {
                host: get("host"),
                // What is no port is port 0, which is refused.
                port: (!get("port").is_empty()).then(|| get("port").parse().unwrap_or(0)),
                security: match get("security").as_str() {
                    "starttls" => Security::Starttls,
                    "plain" => Security::Plain,
                    _ => Security::Tls,
                },
                user: get("user"),
                auth: if get("auth") == "login" { Auth::Login } else { Auth::Plain },
                secret: secret(fields, part, visit),
            }
        };
        let (imap, mut smtp) = (server(Part::Imap), server(Part::Smtp));
        if let (Secret::Kept, Secret::New(secret)) = (&smtp.secret, &imap.secret)
            && !smtp.user.is_empty()
        {
            smtp.secret = Secret::New(secret.clone());
        }
        let sends = fields.get("sends") == "on";
        let wanted = Wanted {
            name: fields.get("name").to_owned(),
            address: fields.get("address").to_owned(),
            user: Some(fields.get("user").to_owned()).filter(|login| !login.is_empty()),
            imap,
            smtp: sends.then_some(smtp),
            folders: lines(fields.get("folders")),
            content: if fields.get("content") == "headers" { Content::Headers } else { Content::All },
            never_folders: lines(fields.get("never_folders")),
            never_keywords: lines(fields.get("never_keywords")),
            asks: fields.get("asks") == "on",
            days: fields.get("days").parse().ok(),
        };
        Typed { wanted, sends, days: fields.get("days").to_owned() }
    }
}

/// What a typed password is sealed for: this admin and server.
fn purpose(visit: &Visit, part: Part) -> String {
    format!("typed password {} {}", visit.person.user, part.word())
}

fn secret(fields: &Fields, part: Part, visit: &Visit) -> Secret {
    // White space belongs to a password, so it is not taken off.
    let name = format!("{}_password", part.word());
    let typed = fields.0.iter().find(|(key, _)| *key == name).map_or("", |(_, value)| value.as_str());
    if !typed.is_empty() {
        return Secret::New(typed.to_owned().into());
    }
    let sealed = hex::decode(fields.get(&format!("{}_sealed", part.word()))).unwrap_or_default();
    let Some(opened) = visit.app.state.keys.unseal(&purpose(visit, part), &sealed) else { return Secret::Kept };
    let (Some(until), Some(text)) = (opened.get(..8), opened.get(8..)) else { return Secret::Kept };
    let until = <[u8; 8]>::try_from(until).map_or(0, i64::from_be_bytes);
    match String::from_utf8(text.to_vec()) {
        Ok(text) if Timestamp(until) > visit.clock.now && !text.is_empty() => Secret::New(text.into()),
        _ => Secret::Kept,
    }
}

fn sealed(server: Option<&WantedServer>, part: Part, visit: &Visit) -> String {
    use secrecy::ExposeSecret;
    let Some(Secret::New(secret)) = server.map(|server| &server.secret) else { return String::new() };
    let mut plain = visit.clock.now.plus(PATIENCE).0.to_be_bytes().to_vec();
    plain.extend(secret.expose_secret().as_bytes());
    hex::encode(visit.app.state.keys.seal(&purpose(visit, part), &plain))
}

fn server_view(server: Option<&WantedServer>, part: Part, kept: bool, visit: &Visit) -> ServerView {
    let o = RunningWords::of(visit.words().language);
    let sealed = sealed(server, part, visit);
    let wanted = server.cloned().unwrap_or_default();
    ServerView {
        word: part.word(),
        legend: o.part(part),
        host: wanted.host,
        port: wanted.port.map(|port| port.to_string()).unwrap_or_default(),
        security: match wanted.security {
            Security::Tls => "tls",
            Security::Starttls => "starttls",
            Security::Plain => "plain",
        },
        user: wanted.user,
        auth: if wanted.auth == Auth::Login { "login" } else { "plain" },
        login_label: if part == Part::Imap { o.login } else { o.login_smtp },
        password_label: match (sealed.is_empty(), kept, part) {
            (false, _, _) => o.password_typed,
            (true, true, _) => o.password_kept,
            (true, false, Part::Smtp) => o.password_smtp,
            (true, false, Part::Imap) => o.password,
        },
        sealed,
    }
}

async fn shown(
    visit: &mut Visit,
    before: Option<(MailboxId, &Mailbox)>,
    typed: Typed,
    told: Told,
) -> Result<Response, Refusal> {
    if !visit.person.admin {
        return Err(Refusal::NotFound);
    }
    let o = RunningWords::of(visit.words().language);
    let wanted = &typed.wanted;
    let users = people::every(&mut visit.tx).await?;
    let mut owners: Vec<(String, String, bool)> = users
        .iter()
        .filter(|user| user.person.active || wanted.user.as_ref() == Some(&user.login))
        .map(|user| (user.login.clone(), called(&user.person, &visit.world), wanted.user.as_ref() == Some(&user.login)))
        .collect();
    owners.sort_by_key(|(_, name, _)| crate::store::fold(name));
    let kept = |server: Option<&Server>| server.is_some_and(|s| s.typed.as_ref().is_some_and(|t| t.secret.is_some()));
    let title = before.map_or(o.mailbox_new.to_owned(), |(_, account)| account.name.clone());
    let id = before.map(|(id, _)| id);
    let days = visit.app.state.config.mail.backfill_days.to_string();
    let code = if told.problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = Page {
        shell: visit.shell().titled(&title).at("mailboxes"),
        o,
        title,
        action: id.map_or("/admin/mailboxes/new".to_owned(), |id| format!("/admin/mailboxes/{id}/edit")),
        back: id.map_or("/admin/mailboxes".to_owned(), |id| format!("/admin/mailboxes/{id}")),
        fixed: id.is_some(),
        name: wanted.name.clone(),
        address: wanted.address.clone(),
        owners,
        imap: server_view(Some(&wanted.imap), Part::Imap, kept(before.map(|(_, b)| &b.imap)), visit),
        smtp: server_view(wanted.smtp.as_ref(), Part::Smtp, kept(before.and_then(|(_, b)| b.smtp.as_ref())), visit),
        sends: typed.sends,
        folders: wanted.folders.join("\n"),
        never_folders: wanted.never_folders.join("\n"),
        never_keywords: wanted.never_keywords.join("\n"),
        headers: wanted.content == Content::Headers,
        asks: wanted.asks,
        days: typed.days.clone(),
        days_label: fill(o.form_days, &[("n", &days)]),
        problem: told.problem,
        report: told.report.map(|report| report_view(&report, o)),
    };
    Ok((code, Html(page)).into_response())
}

/// `POST /admin/mailboxes/new`.
pub(super) async fn add(mut visit: Visit, form: Result<Form<Vec<(String, String)>>, FormRejection>) -> Response {
    let page = saved(&mut visit, None, form).await;
    visit.answer(page)
}

/// `POST /admin/mailboxes/{id}/edit`.
pub(super) async fn change(
    mut visit: Visit,
    path: Result<Path<i64>, PathRejection>,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Response {
    let page = match path {
        Ok(Path(id)) => saved(&mut visit, Some(MailboxId(id)), form).await,
        Err(_) => Err(Refusal::NotFound),
    };
    visit.answer(page)
}

async fn saved(
    visit: &mut Visit,
    id: Option<MailboxId>,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Result<Response, Refusal> {
    let fields = Fields::of(form)?;
    if !visit.person.admin {
        return Err(Refusal::NotFound);
    }
    let there = match id {
        Some(id) => Some((id, before(visit, id).await?.0)),
        None => None,
    };
    let mut typed = Typed::read(&fields, visit);
    if let Some((_, account)) = &there {
        typed.wanted.name = account.name.clone();
    }
    let before = there.as_ref().map(|(id, account)| (*id, account));
    let o = RunningWords::of(visit.words().language);
    match fields.get("do") {
        "test" => {
            let config = visit.app.state.config.clone();
            let told = match actions::account(&typed.wanted, before.map(|(_, account)| account), &config) {
                Ok(account) => {
                    let (mut tx, world) = begin(visit).await?;
                    let caller = Caller { by: Some(visit.person.user), world: &world, now: visit.clock.now };
                    actions::note_test(&mut tx, &caller, id, &account).await?;
                    tx.commit().await?;
                    Told { report: Some(mailbox_test::test(&account).await), problem: None }
                }
                Err(no) => Told { problem: o.no(&no), report: None },
            };
            shown(visit, before, typed, told).await
        }
        "save" => match save(visit, id, &typed.wanted).await? {
            Ok(id) => Ok(go(&format!("/admin/mailboxes/{id}?done=saved"))),
            Err(no) => {
                let problem = Some(o.no(&no).ok_or(Refusal::NotFound)?);
                shown(visit, before, typed, Told { problem, report: None }).await
            }
        },
        _ => Err(Refusal::NotFound),
    }
}

async fn save(visit: &Visit, id: Option<MailboxId>, wanted: &Wanted) -> Result<Result<MailboxId, No>, Refusal> {
    let (mut tx, world) = begin(visit).await?;
    let caller = Caller { by: Some(visit.person.user), world: &world, now: visit.clock.now };
    let state = &visit.app.state;
    let done = match id {
        None => actions::add(&mut tx, &state.keys, &state.config, &caller, wanted).await?,
        Some(id) => actions::change(&mut tx, &state.keys, &state.config, &caller, id, wanted).await?.map(|()| id),
    };
    if done.is_ok() {
        tx.commit().await?;
    }
    Ok(done)
}
