//! One absence: entering, changing and ending it, with what it will bring before it is saved (W10).
//!
//! Whoever may enter it gets the form; who stands in by it reads what is theirs to know; to everybody
//! else it is as if there were none. Nothing with an effect is done without a token of what was
//! shown: where something changed meanwhile, it is shown again instead (U7).

use super::absence_form::{Fields, Line};
use super::notices::{self, Rendered};
use super::refusal::Refusal;
use super::shell::{Html, Shell};
use super::timed::Timed;
use super::visit::Visit;
use super::words::{AbsenceWords, NoticeWords, TellingWords, fill};
use crate::access::{self, Counts, Part, Portion, first_day_back};
use crate::actions::absences::{self, Entered, Prepared, Which};
use crate::model::absence::{Absence, Nature, Phase};
use crate::model::id::{AbsenceId, UserId};
use crate::model::record::{Class, Kind};
use crate::model::time::Timestamp;
use crate::store::{self, mailboxes::OwnServer, people::User};
use askama::Template;
use axum::extract::rejection::{FormRejection, PathRejection, QueryRejection};
use axum::extract::{Form, Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

/// The rest of the address.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Asked {
    /// Whose absence is to be entered.
    user: Option<String>,
    /// What was done just now: `saved`, `ended`.
    done: Option<String>,
}

type Sent = Result<Form<Vec<(String, String)>>, FormRejection>;

/// A choice of a list.
struct Choice {
    value: String,
    text: String,
    chosen: bool,
}

/// An exception's line with its choices.
struct LineView {
    what: Vec<Choice>,
    which: String,
    who: Vec<Choice>,
}

/// What an absence will bring, in words.
struct PreviewView {
    head: Vec<String>,
    portions: Vec<(String, String, [String; 5])>,
    answers: Vec<Answer>,
    gains: Vec<String>,
    against: Vec<String>,
    token: String,
    save: String,
}

/// Who answers, since when and until when.
struct Answer {
    from: (String, String),
    until: Option<(String, String)>,
    text: String,
}

/// The button that ends it.
#[derive(Clone, Debug)]
pub(super) struct EndView {
    pub action: String,
    pub token: String,
    pub label: String,
    pub means: &'static str,
}

#[derive(Template)]
#[template(path = "absence.html")]
struct Page {
    shell: Shell,
    a: &'static AbsenceWords,
    title: String,
    action: String,
    done: Option<&'static str>,
    wrong: Vec<String>,
    facts: Vec<(&'static str, Timed)>,
    problems: Vec<String>,
    form: Option<FormView>,
    preview: Option<PreviewView>,
    end: Option<EndView>,
    n: &'static NoticeWords,
    /// Where the person's notices are looked after, what the link there says, and whose text counts.
    notices: (String, &'static str, &'static str),
    /// What clients will read: of the absence as it would be saved, else as it stands.
    rendered: Vec<Rendered>,
    /// Where whoever was away finds what came meanwhile.
    report: Option<(String, &'static str)>,
}

/// A text of the absence.
struct TextLine {
    tag: &'static str,
    label: String,
    value: String,
}

struct FormView {
    fields: Fields,
    users: Vec<Choice>,
    natures: Vec<Choice>,
    substitutes: Vec<Choice>,
    deputies: Vec<Choice>,
    lines: Vec<LineView>,
    hand_over: bool,
    warns: String,
    texts: Vec<TextLine>,
    notices_off: bool,
}

/// `GET /absences/new`.
pub(super) async fn new(mut visit: Visit, asked: Result<Query<Asked>, QueryRejection>) -> Response {
    let page = match asked {
        Ok(Query(asked)) => blank(&mut visit, asked).await,
        Err(_) => Err(Refusal::NotFound),
    };
    visit.answer(page)
}

async fn blank(visit: &mut Visit, asked: Asked) -> Result<Response, Refusal> {
    let users = store::people::every(&mut visit.tx).await?;
    let me = login(&users, visit.person.user);
    let entered = Entered { user: asked.user.unwrap_or(me), ..Entered::default() };
    let fields = Fields { from: String::new(), ..Fields::of(&entered) };
    show(visit, None, Shown { fields, ..Shown::default() }).await
}

/// `POST /absences/new`.
pub(super) async fn enter(mut visit: Visit, sent: Sent) -> Response {
    let page = submit(&mut visit, None, sent).await;
    visit.answer(page)
}

/// `GET /absences/{id}`.
pub(super) async fn one(
    mut visit: Visit,
    path: Result<Path<i64>, PathRejection>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Response {
    let page = match (path, asked) {
        (Ok(Path(id)), Ok(Query(asked))) => standing(&mut visit, AbsenceId(id), asked).await,
        _ => Err(Refusal::NotFound),
    };
    visit.answer(page)
}

async fn standing(visit: &mut Visit, id: AbsenceId, asked: Asked) -> Result<Response, Refusal> {
    let absence = load(visit, id).await?;
    let users = store::people::every(&mut visit.tx).await?;
    let fields = Fields::of(&Entered::of(&absence, &visit.world, |user| login(&users, user)));
    let a = visit.words().language.absences();
    let done = match asked.done.as_deref() {
        Some("saved") => Some(a.saved),
        Some("ended") => Some(a.ended),
        _ => None,
    };
    show(visit, Some(absence), Shown { fields, done, ..Shown::default() }).await
}

/// The absence with this id, if it is the viewer's business.
async fn load(visit: &mut Visit, id: AbsenceId) -> Result<Absence, Refusal> {
    let found = store::absences::load(&mut visit.tx, id).await?;
    found.filter(|a| access::concerns(visit.person.user, a, &visit.world)).ok_or(Refusal::NotFound)
}

/// `POST /absences/{id}`.
pub(super) async fn change(mut visit: Visit, path: Result<Path<i64>, PathRejection>, sent: Sent) -> Response {
    let page = match path {
        Ok(Path(id)) => submit(&mut visit, Some(AbsenceId(id)), sent).await,
        Err(_) => Err(Refusal::NotFound),
    };
    visit.answer(page)
}

async fn submit(visit: &mut Visit, id: Option<AbsenceId>, sent: Sent) -> Result<Response, Refusal> {
    let before = match id {
        Some(id) => Some(load(visit, id).await?),
        None => None,
    };
    let Ok(Form(pairs)) = sent else { return Err(Refusal::NotFound) };
    let fields = Fields::sent(pairs);
    let a = visit.words().language.absences();
    let more = fields.button == "more";
    let languages = visit.app.state.config.notice.phrases.languages();
    let entered = match fields.read(a, &languages) {
        _ if more => return show(visit, before, Shown { fields, ..Shown::default() }).await,
        Ok(entered) => entered,
        Err(wrong) => return show(visit, before, Shown { fields, wrong, ..Shown::default() }).await,
    };
    let (me, now) = (visit.person.user, visit.clock.now);
    if fields.button == "save"
        && let Some(saved) = save(visit, id, &entered, &fields.token).await?
    {
        return Ok(Redirect::to(&format!("/absences/{}?done=saved", saved.id)).into_response());
    }
    let prepared = absences::prepare(&mut visit.tx, id, &entered, &visit.world, Some(me), now).await?;
    let shown = match prepared {
        Err(refused) => {
            let wrong = refused.0.iter().map(|objection| a.objection(objection)).collect();
            Shown { fields, wrong, ..Shown::default() }
        }
        Ok(prepared) => {
            let stale = fields.button == "save";
            let wrong = if stale { vec![a.changed_meanwhile.to_owned()] } else { Vec::new() };
            Shown { fields, wrong, prepared: Some(prepared), ..Shown::default() }
        }
    };
    show(visit, before, shown).await
}

/// Saves what was previewed; `None` where it would not bring what was shown.
async fn save(
    visit: &Visit,
    id: Option<AbsenceId>,
    entered: &Entered,
    token: &str,
) -> Result<Option<Absence>, Refusal> {
    let state = &visit.app.state;
    let (me, now) = (visit.person.user, visit.clock.now);
    let mut tx = state.db.write().await?;
    let world = store::people::world(&mut tx, &state.config.rights(), now).await?;
    let Ok(prepared) = absences::prepare(&mut tx, id, entered, &world, Some(me), now).await? else { return Ok(None) };
    if token_of(visit, &prepared) != token {
        return Ok(None);
    }
    let saved = absences::save(&mut tx, prepared, Some(me), now).await?;
    tx.commit().await?;
    Ok(Some(saved.absence))
}

/// Stands for what a preview showed. Moments of the preview itself stay outside.
fn token_of(visit: &Visit, prepared: &Prepared) -> String {
    let absence = Absence { notice_since: None, ..prepared.absence.clone() };
    let answers: Vec<_> =
        prepared.preview.episodes.iter().map(|e| (e.part, e.user, e.path, e.until, e.counts)).collect();
    let shown = format!("{absence:?} {:?} {:?} {answers:?}", prepared.preview.portions, prepared.preview.gains);
    token(visit, &shown)
}

fn token(visit: &Visit, shown: &str) -> String {
    let keyed = format!("{} {shown}", visit.person.user);
    format!("{:016x}", visit.app.state.keys.hash("absence", keyed.as_bytes()))
}

/// `POST /absences/{id}/end`.
pub(super) async fn end(mut visit: Visit, path: Result<Path<i64>, PathRejection>, sent: Sent) -> Response {
    let page = match path {
        Ok(Path(id)) => end_now(&mut visit, AbsenceId(id), sent).await,
        Err(_) => Err(Refusal::NotFound),
    };
    visit.answer(page)
}

async fn end_now(visit: &mut Visit, id: AbsenceId, sent: Sent) -> Result<Response, Refusal> {
    let absence = load(visit, id).await?;
    let Ok(Form(pairs)) = sent else { return Err(Refusal::NotFound) };
    let fields = Fields::sent(pairs);
    let a = visit.words().language.absences();
    let users = store::people::every(&mut visit.tx).await?;
    let as_it_is = Fields::of(&Entered::of(&absence, &visit.world, |user| login(&users, user)));
    let again = |wrong: String| Shown { fields: as_it_is, wrong: vec![wrong], ..Shown::default() };
    let held = held(visit, &absence).await?;
    if fields.token != end_token(visit, &absence, held) {
        return show(visit, Some(absence), again(a.changed_meanwhile.to_owned())).await;
    }
    let state = &visit.app.state;
    let (me, now) = (visit.person.user, visit.clock.now);
    let mut tx = state.db.write().await?;
    let world = store::people::world(&mut tx, &state.config.rights(), now).await?;
    match absences::end(&mut tx, &Which::Id(id), &world, Some(me), now).await? {
        Ok(_) => tx.commit().await?,
        Err(refused) => {
            drop(tx);
            let wrong = refused.0.first().map(|o| a.objection(o)).unwrap_or_default();
            return show(visit, Some(absence), again(wrong)).await;
        }
    }
    Ok(Redirect::to(&format!("/absences/{id}?done=ended")).into_response())
}

fn end_token(visit: &Visit, absence: &Absence, held: i64) -> String {
    token(visit, &format!("end {absence:?} {held}"))
}

/// How many records answer to the person again, confidential ones not counted.
async fn held(visit: &mut Visit, absence: &Absence) -> Result<i64, Refusal> {
    let (me, now) = (visit.person.user, visit.clock.now);
    let holdings = absences::holdings(&mut visit.tx, absence.user, Some(me), &visit.world, now).await?;
    Ok(holdings.records.iter().filter(|r| !r.confidential).count() as i64)
}

/// What a page shows beside the absence.
#[derive(Default)]
struct Shown {
    fields: Fields,
    wrong: Vec<String>,
    prepared: Option<Prepared>,
    done: Option<&'static str>,
}

async fn show(visit: &mut Visit, absence: Option<Absence>, shown: Shown) -> Result<Response, Refusal> {
    let (now, me) = (visit.clock.now, visit.person.user);
    let a = visit.words().language.absences();
    let users = store::people::every(&mut visit.tx).await?;
    let over = absence.as_ref().is_some_and(|a| a.phase(now) == Phase::Over);
    let enters = absence.as_ref().is_none_or(|a| access::may_enter(Some(me), a.user, &visit.world));
    let title = match &absence {
        Some(absence) => fill(a.title_one, &[("name", &visit.name(absence.user))]),
        None => a.title_new.to_owned(),
    };
    let action = absence.as_ref().map_or("/absences/new".to_owned(), |a| format!("/absences/{}", a.id));
    let status = if shown.wrong.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let mut problems = Vec::new();
    let mut end = None;
    if let Some(absence) = absence.as_ref().filter(|_| !over) {
        let holdings = absences::holdings(&mut visit.tx, absence.user, Some(me), &visit.world, now).await?;
        let found = access::check(absence, &visit.world, Some(&holdings), now);
        let told = found.iter().filter(|p| access::is_told(me, absence, p, &visit.world));
        problems = told.map(|p| a.problem(p)).collect();
        problems.extend(own_server(visit, absence, enters).await?);
        if absence.notice && enters && !over {
            problems.extend(notices::stopped(visit).await?);
        }
        if enters {
            end = Some(end_view(visit, absence).await?);
        }
    }
    let facts = absence.as_ref().map(|absence| facts(visit, absence, enters)).unwrap_or_default();
    let preview = match &shown.prepared {
        Some(prepared) => Some(previewed(visit, absence.as_ref(), prepared).await?),
        None => None,
    };
    let prepared = shown.prepared.as_ref().map(|prepared| prepared.absence.clone());
    let read = prepared.or_else(|| absence.clone().filter(|_| enters && !over)).filter(|absence| absence.notice);
    let rendered = match read {
        Some(absence) => notices::rendered(visit, &absence).await?,
        None => Vec::new(),
    };
    let n = NoticeWords::of(visit.words().language);
    let whose = absence.as_ref().map(|absence| absence.user);
    let whose = whose.or_else(|| users.iter().find(|user| user.login == shown.fields.user).map(|user| user.person.id));
    let whose = whose.filter(|user| access::may_enter(Some(me), *user, &visit.world)).unwrap_or(me);
    let (see, nearest) = if whose == me { (n.see, n.nearest) } else { (n.see_of, n.nearest_of) };
    let notices = (notices::address(me, whose), see, nearest);
    let form = (enters && !over).then(|| form(visit, absence.as_ref(), &users, shown.fields));
    let shell = visit.shell().titled(&title).at("absences");
    let page = Page {
        shell,
        a,
        title,
        action,
        done: shown.done,
        wrong: shown.wrong,
        facts,
        problems,
        form,
        preview,
        end,
        n,
        notices,
        rendered,
        report: absence.as_ref().and_then(|absence| report(visit, absence)),
    };
    Ok((status, Html(page)).into_response())
}

/// The report of one's own absence that is over, and was not called off.
fn report(visit: &Visit, absence: &Absence) -> Option<(String, &'static str)> {
    let over = absence.phase(visit.clock.now) == Phase::Over && !absence.called_off();
    let words = TellingWords::of(visit.words().language);
    (over && absence.user == visit.person.user).then(|| (format!("/absences/{}/report", absence.id), words.report_link))
}

/// That the server of the person's own mailbox answers already, so that Standin does not; or perhaps does, and
/// nothing proves it (R14); or that no mailbox of theirs is read.
async fn own_server(visit: &mut Visit, absence: &Absence, enters: bool) -> Result<Vec<String>, Refusal> {
    if !absence.notice || !enters {
        return Ok(Vec::new());
    }
    let (days, now) = (visit.app.state.config.notice.responder_days, visit.clock.now);
    let servers = store::mailboxes::own_servers(&mut visit.tx, Some(absence.user), days, now).await?;
    let a = visit.words().language.absences();
    let config = &visit.app.state.config;
    let unread = !store::mailbox_settings::any_of(&mut visit.tx, config, absence.user).await?;
    let said = |server: &OwnServer| match (server.responder, server.doubted) {
        (Some(_), _) => Some(fill(a.own_responder, &[("name", &server.name)])),
        (None, Some(at)) => Some(fill(a.own_doubtful, &[("name", &server.name), ("day", &visit.clock.day(at))])),
        (None, None) => None,
    };
    Ok(unread.then(|| a.own_unread.to_owned()).into_iter().chain(servers.iter().filter_map(said)).collect())
}

/// The button that ends an absence, with how many records it is about.
pub(super) async fn end_view(visit: &mut Visit, absence: &Absence) -> Result<EndView, Refusal> {
    let held = held(visit, absence).await?;
    let w = visit.words();
    let a = w.language.absences();
    let (label, means) = match absence.phase(visit.clock.now) {
        Phase::Upcoming => (a.call_off, a.call_off_means),
        _ if absence.user == visit.person.user => (a.end_now_mine, a.end_means),
        _ => (a.end_now, a.end_means),
    };
    Ok(EndView {
        action: format!("/absences/{}/end", absence.id),
        token: end_token(visit, absence, held),
        label: fill(label, &[("records", &w.count(&a.records, held))]),
        means,
    })
}

/// What is saved, for those who may know it.
fn facts(visit: &Visit, absence: &Absence, enters: bool) -> Vec<(&'static str, Timed)> {
    let (w, me) = (visit.words(), visit.person.user);
    let a = w.language.absences();
    let name = |user: Option<UserId>| user.map_or_else(|| w.nobody.to_owned(), |user| visit.name(user));
    let time = |time: Option<chrono::NaiveTime>| time.map(|t| format!(" {}", t.format("%H:%M"))).unwrap_or_default();
    let clock = &visit.clock;
    let day = |day, at| Timed::exact("{day}", &[], "day", &clock.calendar_day(day)).and(&Timed::plain(&time(at)));
    let last = absence.last_day.map_or_else(|| Timed::plain(a.open_end), |d| day(d, absence.last_time));
    let days = day(absence.first_day, absence.first_time).and(&Timed::plain(" – ")).and(&last);
    let state = match (absence.phase(visit.clock.now), absence.ends) {
        (Phase::Upcoming, _) => Timed::plain(a.upcoming),
        (Phase::Running, _) => Timed::plain(a.running),
        _ if absence.called_off() => Timed::plain(a.called_off),
        // The days are those that were planned; it may have ended before them.
        (Phase::Over, Some(end)) => Timed::exact(&format!("{} ({{time}})", a.over), &[], "time", &clock.when(end)),
        (Phase::Over, None) => Timed::plain(a.over),
    };
    let mut facts = vec![(a.days, days), (a.state, state)];
    // What was planned for the rest of it is no more once it is over.
    let over = absence.phase(visit.clock.now) == Phase::Over;
    let back = first_day_back(absence, &visit.app.state.config.holidays).filter(|_| !over);
    facts.extend(back.map(|back| (a.back_fact, day(back, None))));
    let mut say = |label: &'static str, text: &str| facts.push((label, Timed::plain(text)));
    say(a.substitute, &name(absence.substitute));
    for exception in absence.exceptions.iter().filter(|e| enters || e.substitute == me) {
        let portion = Portion::of(Part::Exception(exception.what), absence, &visit.world, None, Counts::default());
        let what = a.part(portion.part, &portion.label, portion.alone);
        say(a.exceptions, &format!("{what}: {}", visit.name(exception.substitute)));
    }
    if enters || absence.deputy == Some(me) {
        say(a.deputy, &name(absence.deputy));
    }
    if !over {
        say(a.plan_fact, if absence.plan.word() == "cover" { a.covered } else { a.handed_over });
        say(a.writes_fact, if absence.cover_writes { a.writes_yes } else { a.writes_no });
    }
    if let Some(nature) = access::nature_for(Some(me), absence, &visit.world) {
        say(a.nature_fact, a.nature(nature));
    }
    facts
}

fn login(users: &[User], id: UserId) -> String {
    users.iter().find(|u| u.person.id == id).map_or_else(String::new, |u| u.login.clone())
}

fn form(visit: &Visit, absence: Option<&Absence>, users: &[User], fields: Fields) -> FormView {
    let (a, me) = (visit.words().language.absences(), visit.person.user);
    let person = |user: &User, chosen: &str| Choice {
        value: user.login.clone(),
        text: format!("{} ({})", user.person.name, user.login),
        chosen: user.login == chosen,
    };
    let away = |user: &&User| match absence {
        Some(absence) => user.person.id == absence.user,
        None => user.person.active && access::may_enter(Some(me), user.person.id, &visit.world),
    };
    // Somebody deactivated stays visible where they are named, so that the problem can be seen.
    let colleagues = |chosen: &str| -> Vec<Choice> {
        let there = users.iter().filter(|u| (u.person.active && u.login != fields.user) || u.login == chosen);
        there.map(|u| person(u, chosen)).collect()
    };
    let line =
        |line: Line| LineView { what: selectors(visit, &line.what), which: line.which, who: colleagues(&line.who) };
    let config = &visit.app.state.config;
    FormView {
        users: users.iter().filter(away).map(|u| person(u, &fields.user)).collect(),
        natures: Nature::ALL
            .map(|n| Choice { value: n.word().into(), text: a.nature(n).into(), chosen: n.word() == fields.nature })
            .into(),
        substitutes: colleagues(&fields.substitute),
        deputies: colleagues(&fields.deputy),
        lines: fields.shown_lines().into_iter().map(line).collect(),
        hand_over: fields.plan == "hand-over",
        warns: fill(
            a.notice_warns,
            &[("names", "{name} {until} {back} {substitute} {substitute_mail} {substitute_phone} {company}")],
        ),
        texts: config
            .notice
            .phrases
            .iter()
            .map(|phrases| TextLine {
                tag: phrases.language().tag(),
                label: fill(a.text_of, &[("language", phrases.name())]),
                value: fields.texts.get(phrases.language().tag()).cloned().unwrap_or_default(),
            })
            .collect(),
        notices_off: !config.notice.enabled,
        fields,
    }
}

/// What an exception can be about.
fn selectors(visit: &Visit, chosen: &str) -> Vec<Choice> {
    let w = visit.words();
    let a = w.language.absences();
    let mut found = vec![("account:".to_owned(), a.one_account.to_owned()), ("record:".into(), a.one_record.into())];
    for team in &visit.world.teams {
        found.push((format!("team:{}", team.name), fill(a.team_of, &[("name", &team.name)])));
    }
    for class in [Class::A, Class::B, Class::C, Class::D] {
        found.push((format!("class:{}", class.word()), fill(a.class_of, &[("class", class.word())])));
    }
    let kinds = [Kind::Account, Kind::Contact, Kind::Lead, Kind::Opportunity];
    found.extend(
        kinds
            .into_iter()
            .zip([w.accounts, w.contacts, w.leads, w.opportunities])
            .map(|(k, text)| (format!("kind:{}", k.word()), text.to_owned())),
    );
    found.into_iter().map(|(value, text)| Choice { chosen: value == chosen, value, text }).collect()
}

/// What saving would do; of an absence that clients were told of, also that they keep what they read (R48).
async fn previewed(visit: &mut Visit, before: Option<&Absence>, prepared: &Prepared) -> Result<PreviewView, Refusal> {
    let mut view = preview(visit, prepared);
    if let Some(before) = before {
        let told = absences::told_before(&mut visit.tx, before, &prepared.absence).await?;
        if told > 0 {
            let w = visit.words();
            view.against.push(w.count(&w.language.absences().told_before, told));
        }
    }
    Ok(view)
}

fn preview(visit: &Visit, prepared: &Prepared) -> PreviewView {
    let w = visit.words();
    let a = w.language.absences();
    let absence = &prepared.absence;
    let part = |part: Part, counts: Counts| {
        let portion = Portion::of(part, absence, &visit.world, Some(&prepared.holdings), counts);
        a.part(portion.part, &portion.label, portion.alone)
    };
    let name = |user: Option<UserId>| user.map_or_else(|| w.nobody.to_owned(), |user| visit.name(user));
    let portions = prepared.preview.portions.iter().map(|(what, user, c)| {
        let numbers = [c.accounts, c.contacts, c.leads, c.opportunities, c.activities].map(|n| w.number(n));
        (part(*what, *c), name(*user), numbers)
    });
    let moment = |at: Timestamp| {
        let when = visit.clock.when(at);
        (when.iso, when.exact)
    };
    let answers =
        prepared.preview.episodes.iter().filter(|e| e.counts.records() > 0 || e.part == Part::Rest).map(|e| {
            let counted = w.count(&a.records, e.counts.records());
            let what = format!("{} ({counted})", part(e.part, e.counts));
            let text = match e.user {
                Some(user) => fill(a.answers_for, &[("name", &visit.name(user)), ("what", &what)]),
                None => fill(a.nobody_answers_for, &[("what", &what)]),
            };
            Answer { from: moment(e.from), until: e.until.map(moment), text }
        });
    let gains = prepared.preview.gains.iter().map(|g| {
        let (records, secret) = (w.count(&a.records, g.counts.records()), w.number(g.confidential));
        let text = if g.confidential > 0 { a.gains_secret } else { a.gains_sight };
        fill(text, &[("name", &visit.name(g.user)), ("records", &records), ("secret", &secret)])
    });
    let whose = |id: &AbsenceId| {
        visit.world.absences.iter().find(|a| a.id == *id).map_or_else(String::new, |a| visit.name(a.user))
    };
    let elsewhere = prepared.elsewhere.iter().flat_map(|(id, problems)| {
        let name = whose(id);
        problems.iter().map(move |p| fill(a.elsewhere, &[("name", &name), ("text", &a.problem(p))])).collect::<Vec<_>>()
    });
    let head = [a.portion, a.covers, w.accounts, w.contacts, w.leads, w.opportunities, a.activities];
    PreviewView {
        head: head.map(str::to_owned).to_vec(),
        portions: portions.collect(),
        answers: answers.collect(),
        gains: gains.collect(),
        against: prepared.problems.iter().map(|p| a.problem(p)).chain(elsewhere).collect(),
        token: token_of(visit, prepared),
        save: fill(a.save, &[("records", &w.count(&a.records, prepared.preview.records()))]),
    }
}
