//! Mailboxes (W17), for admins: how each is doing, its settings, and what can be done about it. Passwords are never
//! shown. How they are typed is in `mailbox_form`.

use super::doing::{Fields, begin, go};
use super::live::fingerprint;
use super::mailbox_protocol::{self, ProtocolView};
use super::refusal::Refusal;
use super::shell::{Html, Shell};
use super::status::FindingView;
use super::visit::Visit;
use super::when::When;
use super::words::{RunningWords, fill};
use crate::actions::caller::Caller;
use crate::actions::mailbox_test::{self, Found, Report};
use crate::actions::mailboxes::{self as actions, No, usual_port};
use crate::actions::status;
use crate::config::{Content, Mailbox, Security, Server};
use crate::model::cursor::Cursor;
use crate::model::id::MailboxId;
use crate::store::mailbox_settings::{self as settings, Reach, Standing};
use crate::store::{folders, locations};
use askama::Template;
use axum::extract::rejection::{FormRejection, PathRejection, QueryRejection};
use axum::extract::{Form, Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

struct RowView {
    id: i64,
    name: String,
    owner: String,
    address: String,
    finding: FindingView,
    at: Option<When>,
    place: &'static str,
}

#[derive(Template)]
#[template(path = "mailboxes.html")]
struct ListPage {
    shell: Shell,
    o: &'static RunningWords,
    rows: Vec<RowView>,
}

/// `GET /admin/mailboxes`.
pub(super) async fn list(mut visit: Visit) -> Response {
    let page = list_view(&mut visit).await;
    visit.answer(page)
}

/// What the list shows at this moment.
pub(super) async fn load(visit: &mut Visit) -> Result<Vec<Standing>, Refusal> {
    if !visit.person.admin {
        return Err(Refusal::NotFound);
    }
    Ok(settings::every(&mut visit.tx).await?)
}

async fn list_view(visit: &mut Visit) -> Result<Response, Refusal> {
    let all = load(visit).await?;
    let o = RunningWords::of(visit.words().language);
    let config = visit.app.state.config.clone();
    let shell = visit.shell().titled(o.mailboxes).at("mailboxes").live("/admin/mailboxes", fingerprint(&all));
    let row = |one: &Standing| RowView {
        id: one.id.0,
        name: one.name.clone(),
        owner: owner(one, visit, o),
        address: one.address.clone(),
        finding: FindingView::of(&status::of_mailbox(one, &config, visit.clock.now), visit),
        at: one.up_to.map(|at| visit.clock.when(at)),
        place: place(one, visit, o),
    };
    let rows = all.iter().filter(|one| one.removed.is_none()).map(row).collect();
    Ok(Html(ListPage { shell, o, rows }).into_response())
}

fn owner(one: &Standing, visit: &Visit, o: &'static RunningWords) -> String {
    one.user.map_or_else(|| o.shared.to_owned(), |user| visit.name(user))
}

fn in_file(one: &Standing, visit: &Visit) -> bool {
    visit.app.state.config.mailbox.iter().any(|file| file.name == one.name)
}

fn place(one: &Standing, visit: &Visit, o: &'static RunningWords) -> &'static str {
    match (in_file(one, visit), one.version) {
        (true, _) => o.where_file,
        (false, Some(_)) => o.where_page,
        (false, None) => o.where_none,
    }
}

/// What a mailbox's page is made of.
#[derive(Debug)]
pub(super) struct Data {
    standing: Standing,
    reach: Reach,
    /// Path, numbering, position, and what became of its mails.
    folders: Vec<(String, i64, String, String)>,
    stored: (i64, i64),
}

/// A step of a test as it is shown.
pub(super) struct StepView {
    pub class: &'static str,
    pub level: &'static str,
    pub title: String,
    pub text: String,
    pub remedy: String,
    pub said: String,
}

/// A test as it is shown.
pub(super) struct ReportView {
    pub good: bool,
    pub steps: Vec<StepView>,
}

#[derive(Template)]
#[template(path = "mailbox.html")]
struct Page {
    shell: Shell,
    o: &'static RunningWords,
    id: i64,
    name: String,
    finding: FindingView,
    in_file: bool,
    configured: bool,
    removed: bool,
    paused: bool,
    facts: Vec<(&'static str, String)>,
    up_to: Option<When>,
    next_try: Option<When>,
    settings: Vec<(&'static str, String)>,
    folders: Vec<(String, i64, String, String)>,
    reach: Reach,
    progress: Option<String>,
    pending: Option<String>,
    told: Option<&'static str>,
    problem: Option<String>,
    report: Option<ReportView>,
    removal: Option<String>,
    protocol: ProtocolView,
    /// Its number, for the conversation's.
    mailbox: i64,
    /// Whether somebody reads it.
    is_read: bool,
}

/// `GET /admin/mailboxes/{id}`.
pub(super) async fn page(
    mut visit: Visit,
    path: Result<Path<i64>, PathRejection>,
    asked: Result<Query<Vec<(String, String)>>, QueryRejection>,
) -> Response {
    let asked = Fields(asked.map(|Query(fields)| fields).unwrap_or_default());
    let page = match path {
        Ok(Path(id)) => view(&mut visit, MailboxId(id), Told { asked, ..Told::default() }).await,
        Err(_) => Err(Refusal::NotFound),
    };
    visit.answer(page)
}

/// What a page says beside how the mailbox is.
#[derive(Default)]
struct Told {
    asked: Fields,
    problem: Option<String>,
    report: Option<Report>,
}

/// What a mailbox's page shows at this moment.
pub(super) async fn load_one(visit: &mut Visit, id: MailboxId) -> Result<Data, Refusal> {
    let world = visit.world.clone();
    let caller = Caller { by: Some(visit.person.user), world: &world, now: visit.clock.now };
    let standing = actions::find(&mut visit.tx, &caller, id).await?.map_err(|_| Refusal::NotFound)?;
    let reach = settings::reach(&mut visit.tx).await?;
    let reach = reach.into_iter().find(|(of, _)| *of == id).map_or_else(Reach::default, |(_, reach)| reach);
    let tally = locations::tally(&mut visit.tx, id).await?;
    let became = |path: &str| {
        let all = tally.iter().filter(|(of, _, _)| of == path).map(|(_, state, n)| format!("{state}: {n}"));
        all.collect::<Vec<_>>().join(", ")
    };
    let mut shown = Vec::new();
    for folder in folders::watched(&mut visit.tx, id).await? {
        let (validity, position) = match folder.cursor {
            Cursor::Start => (0, String::new()),
            Cursor::At { validity, frontier, backfill, .. } => {
                (i64::from(validity), format!("{backfill} – {}", frontier.saturating_sub(1)))
            }
        };
        shown.push((folder.path.clone(), validity, position, became(&folder.path)));
    }
    let stored = settings::stored(&mut visit.tx, id).await?;
    Ok(Data { standing, reach, folders: shown, stored })
}

/// The settings of a mailbox as they are now.
pub(super) async fn account(visit: &mut Visit, name: &str) -> Result<Option<Mailbox>, Refusal> {
    let app = visit.app.clone();
    let all = settings::accounts(&mut visit.tx, &app.state.keys, &app.state.config).await?;
    Ok(all.into_iter().find(|account| account.name == name))
}

async fn view(visit: &mut Visit, id: MailboxId, told: Told) -> Result<Response, Refusal> {
    let data = load_one(visit, id).await?;
    let one = &data.standing;
    let account = account(visit, &one.name).await?;
    // Not among what the page is watched by: it grows with every look at the server.
    let protocol = mailbox_protocol::load(visit, id).await?;
    let (w, o, now) = (visit.words(), RunningWords::of(visit.words().language), visit.clock.now);
    let shell = visit.shell().titled(&one.name).at("mailboxes");
    let shell = shell.live(&format!("/admin/mailboxes/{id}"), fingerprint(&data));
    let finding = FindingView::of(&status::of_mailbox(one, &visit.app.state.config, now), visit);
    let says = match told.asked.get("done") {
        "saved" => Some(o.saved),
        "paused" => Some(o.done_paused),
        "resumed" => Some(o.done_resumed),
        "removed" => Some(o.done_removed),
        "history" => Some(o.done_history),
        "stopped" => Some(o.done_stopped),
        "sync" => Some(o.done_sync),
        _ => None,
    };
    let left = data.reach.total - data.reach.seen;
    let values = [("done", w.number(data.reach.seen)), ("total", w.number(data.reach.total))];
    let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
    let removal = (told.asked.get("remove") == "look" && !in_file(one, visit) && one.removed.is_none()).then(|| {
        let (all, alone) = (w.count(&o.mails, data.stored.0), w.number(data.stored.1));
        fill(o.remove_means, &[("name", &one.name), ("all", &all), ("alone", &alone)])
    });
    let code = if told.problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = Page {
        shell,
        o,
        id: id.0,
        name: one.name.clone(),
        in_file: in_file(one, visit),
        configured: account.is_some(),
        removed: one.removed.is_some(),
        paused: one.paused.is_some(),
        facts: facts(&data, account.as_ref(), visit, o),
        up_to: one.up_to.map(|at| visit.clock.when(at)),
        next_try: one.next_try.filter(|at| *at > now).map(|at| visit.clock.clock_time(at)),
        settings: account.as_ref().map(|account| set(account, o)).unwrap_or_default(),
        progress: (left > 0).then(|| fill(o.history_progress, &values)),
        pending: (data.reach.pending > 0).then(|| fill(o.history_pending, &[("n", &w.number(data.reach.pending))])),
        told: says,
        problem: told.problem,
        report: told.report.map(|report| report_view(&report, o)),
        removal,
        protocol: mailbox_protocol::view(&protocol, one, visit),
        mailbox: id.0,
        is_read: one.is_read() && account.is_some(),
        finding,
        reach: data.reach,
        folders: data.folders,
    };
    Ok((code, Html(page)).into_response())
}

fn facts(
    data: &Data,
    account: Option<&Mailbox>,
    visit: &Visit,
    o: &'static RunningWords,
) -> Vec<(&'static str, String)> {
    let (one, w) = (&data.standing, visit.words());
    let mut facts = vec![
        (o.owner, owner(one, visit, o)),
        (o.address, one.address.clone()),
        (o.where_set, place(one, visit, o).to_owned()),
        (o.stored, w.number(data.stored.0)),
    ];
    if one.user.is_some() {
        let word = match &one.agreement {
            None => o.not_asked,
            Some(agreement) if agreement.withdrawn.is_some() => o.withdrawn,
            Some(agreement) if account.is_some_and(|account| actions::terms(account) != agreement.terms) => {
                o.agreed_other
            }
            Some(_) => o.agreed,
        };
        let asks = if one.asks { format!("; {}", o.asks_first) } else { String::new() };
        facts.push((o.agreement, format!("{word}{asks}")));
    }
    facts
}

/// A server in a line.
fn server(server: &Server, part: actions::Part) -> String {
    let port = server.port.unwrap_or(usual_port(part, server.security));
    let security = match server.security {
        Security::Tls => "TLS",
        Security::Starttls => "STARTTLS",
        Security::Plain => "–",
    };
    let user = server.user.as_deref().unwrap_or("–");
    format!("{}:{port} · {security} · {user}", server.host)
}

fn listed(all: &[String], o: &'static RunningWords) -> String {
    if all.is_empty() { o.none.to_owned() } else { all.join(", ") }
}

/// The settings in words; no password is among them.
fn set(account: &Mailbox, o: &'static RunningWords) -> Vec<(&'static str, String)> {
    let sending = account.smtp.as_ref().map(|smtp| server(smtp, actions::Part::Smtp));
    let kept = match account.content {
        Content::All => o.kept_all,
        Content::Headers => o.kept_headers,
    };
    vec![
        (o.reading_server, server(&account.imap, actions::Part::Imap)),
        (o.sending_server, sending.unwrap_or_else(|| o.no_sending.to_owned())),
        (o.folders, listed(&account.folders, o)),
        (o.kept, kept.to_owned()),
        (o.never_folders, listed(&account.never_folders, o)),
        (o.never_keywords, listed(&account.never_keywords, o)),
    ]
}

/// A test in words.
pub(super) fn report_view(report: &Report, o: &'static RunningWords) -> ReportView {
    let step = |tried: &mailbox_test::Tried| {
        let title = format!("{}: {}", o.part(tried.part), o.step(tried.step));
        let view = |class, level, text: &str, remedy: &str, said: &str| StepView {
            class,
            level,
            title: title.clone(),
            text: text.to_owned(),
            remedy: remedy.to_owned(),
            said: said.to_owned(),
        };
        match &tried.found {
            Found::Good(n) if tried.step == mailbox_test::Step::Folders => {
                view("good", o.step_good, &fill(o.folders_there, &[("n", n)]), "", "")
            }
            Found::Good(text) => view("good", o.step_good, text, "", ""),
            Found::NoSent => view("look", o.step_odd, o.no_sent, "", ""),
            Found::Missing(names) => {
                view("broken", o.step_bad, &fill(o.missing_folders, &[("names", &names.join(", "))]), "", "")
            }
            Found::Bad(what, said) => {
                let (text, remedy) = o.what(*what);
                view("broken", o.step_bad, text, remedy, said)
            }
            Found::NotTried => view("note", o.step_skipped, "", "", ""),
        }
    };
    ReportView { good: report.is_good(), steps: report.steps.iter().map(step).collect() }
}

/// `POST /admin/mailboxes/{id}`.
pub(super) async fn act(
    mut visit: Visit,
    path: Result<Path<i64>, PathRejection>,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Response {
    let page = match path {
        Ok(Path(id)) => acted(&mut visit, MailboxId(id), form).await,
        Err(_) => Err(Refusal::NotFound),
    };
    visit.answer(page)
}

async fn acted(
    visit: &mut Visit,
    id: MailboxId,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Result<Response, Refusal> {
    let fields = Fields::of(form)?;
    // Owners ask for a reading too, on their own page.
    if !visit.person.admin {
        return Err(Refusal::NotFound);
    }
    if fields.get("do") == "test" {
        return tested(visit, id).await;
    }
    let (mut tx, world) = begin(visit).await?;
    let caller = Caller { by: Some(visit.person.user), world: &world, now: visit.clock.now };
    let config = visit.app.state.config.clone();
    let (done, says) = match fields.get("do") {
        "sync" => (actions::sync(&mut tx, &caller, id).await?, "sync"),
        "pause" => (actions::pause(&mut tx, &caller, id).await?, "paused"),
        "resume" => (actions::resume(&mut tx, &caller, id).await?, "resumed"),
        "remove" => (actions::remove(&mut tx, &config, &caller, id).await?, "removed"),
        "history" => {
            let days = fields.get("days").parse().unwrap_or(0);
            (actions::read_back(&mut tx, &caller, id, days).await?, "history")
        }
        "stop-history" => (actions::stop_reading_back(&mut tx, &caller, id).await?, "stopped"),
        _ => (Err(No::NotThere), ""),
    };
    match done {
        Ok(()) => {
            tx.commit().await?;
            Ok(go(&format!("/admin/mailboxes/{id}?done={says}")))
        }
        Err(no) => {
            drop(tx);
            let o = RunningWords::of(visit.words().language);
            let problem = Some(o.no(&no).ok_or(Refusal::NotFound)?);
            view(visit, id, Told { problem, ..Told::default() }).await
        }
    }
}

async fn tested(visit: &mut Visit, id: MailboxId) -> Result<Response, Refusal> {
    let data = load_one(visit, id).await?;
    let account = account(visit, &data.standing.name).await?.ok_or(Refusal::NotFound)?;
    let (mut tx, world) = begin(visit).await?;
    let caller = Caller { by: Some(visit.person.user), world: &world, now: visit.clock.now };
    actions::note_test(&mut tx, &caller, Some(id), &account).await?;
    tx.commit().await?;
    let report = Some(mailbox_test::test(&account).await);
    view(visit, id, Told { report, ..Told::default() }).await
}
