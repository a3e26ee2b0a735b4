//! Absence notices: their texts, what was decided about them, and the one switch for all of them.

use super::super::notices::{concerns, told};
use super::super::visit::Visit;
use super::asking::{Asking, At, Body, Doing, Params};
use super::bearer::{Administers, Needs, Reads, Writes};
use super::problem::Problem;
use super::shapes::{List, Who};
use crate::actions::caller::Caller;
use crate::actions::notice_switch as switch;
use crate::actions::notices::{self, Choice, Entered, Refused};
use crate::model::id::{MailId, TeamId, UserId};
use crate::model::notice_text::{Holder, Readers};
use crate::model::time::{DAY, Timestamp};
use crate::store::notice_log::Line;
use crate::store::notice_switch::{self, By, Stop};
use crate::store::notice_texts::Saved;
use crate::store::views;
use axum::Json;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::{IntoParams, ToSchema};

/// Decisions that an answer gives at most.
const LOGGED: i64 = 200;

/// For whom a text is. The two never mix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = NoticeReaders)]
pub(super) enum ReadersWord {
    /// Anybody on the Internet.
    External,
    /// Colleagues.
    Internal,
}

impl From<Readers> for ReadersWord {
    fn from(readers: Readers) -> ReadersWord {
        match readers {
            Readers::Outside => ReadersWord::External,
            Readers::Inside => ReadersWord::Internal,
        }
    }
}

impl From<ReadersWord> for Readers {
    fn from(word: ReadersWord) -> Readers {
        match word {
            ReadersWord::External => Readers::Outside,
            ReadersWord::Internal => Readers::Inside,
        }
    }
}

/// A text of a notice that somebody wrote.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = NoticeText)]
pub(in super::super) struct TextView {
    /// For whom.
    #[serde(rename = "for")]
    pub readers: ReadersWord,
    /// Language tag.
    pub language: &'static str,
    /// The words, with variables.
    pub text: String,
    /// Who wrote it; null for the operator.
    pub by: Option<Who>,
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
}

/// A text that is to be said.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NoticeTextInput)]
pub(in super::super) struct TextInput {
    /// For whom.
    #[serde(rename = "for")]
    readers: ReadersWord,
    /// Language tag.
    language: String,
    /// The words, with variables such as {name}; null takes them away, and the nearest other text counts again.
    text: Option<String>,
}

/// Who stands as author of somebody's notices, and where answers go. Null is what is usual.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NoticeAuthor)]
pub(in super::super) struct AuthorView {
    /// One of the person's addresses.
    from: Option<String>,
    /// A name, for the author and in the text.
    name: Option<String>,
    /// `substitute`, or an address of the company.
    reply_to: Option<String>,
}

/// Whose texts are meant.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in super::super) struct Whose {
    /// A team's: its id. Without it the company's.
    team: Option<i64>,
}

/// Which decisions are asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in super::super) struct Asked {
    /// Only those by which nothing went out.
    not_sent: Option<bool>,
}

/// What was decided about a notice.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = NoticeDecision)]
pub(in super::super) struct DecisionView {
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
    /// Who is away.
    pub away: Who,
    /// Their absence.
    pub absence_id: i64,
    /// The mail that it would answer: of one's own absence, if the token shows it.
    pub message_id: Option<i64>,
    /// The code of what kept it silent; null if a notice was to go.
    pub withheld_by: Option<String>,
    /// How far it is: queued, sending, sent, refused, gave-up or unclear.
    pub state: Option<String>,
    /// To whom it goes: of one's own absence.
    pub to: Option<String>,
    /// The number with which the server's last words begin, where it is not out.
    pub server_code: Option<String>,
}

/// How the switch for all notices stands.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = NoticeSwitch)]
pub(in super::super) struct SwitchView {
    /// Whether notices are stopped.
    pub stopped: bool,
    /// person or breaker.
    pub by: Option<&'static str>,
    /// Who stopped them, if a user did.
    pub user: Option<Who>,
    /// Since when.
    #[schema(format = DateTime)]
    pub since: Option<String>,
    /// Until when, where the breaker did.
    #[schema(format = DateTime)]
    pub until: Option<String>,
    /// Why, in words.
    pub reason: String,
    /// Notices that wait to be sent.
    pub waiting: i64,
    /// Notices that are being handed to a server, and may be out already.
    pub under_way: i64,
    /// Notices of the last hour.
    pub last_hour: i64,
    /// Notices of the last seven days.
    pub last_week: i64,
}

/// How the switch is turned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum TurnWord {
    /// No notice goes out from now on.
    Stop,
    /// They go out again.
    Start,
}

/// How the switch is turned.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NoticeSwitchInput)]
pub(in super::super) struct TurnInput {
    #[serde(rename = "do")]
    #[schema(inline)]
    what: TurnWord,
    /// Why, for the other admins.
    #[serde(default)]
    reason: String,
}

fn refused(no: &Refused) -> Problem {
    let text = no.to_string();
    match no {
        Refused::NotYours(_) | Refused::NotYoursToSee(_) | Refused::NotAdmin => Problem::NotFound,
        Refused::Language(..) => Problem::field("language", text),
        Refused::Text(_) | Refused::Empty => Problem::field("text", text),
        Refused::From(..) => Problem::field("from", text),
        Refused::Name => Problem::field("name", text),
        Refused::ReplyTo(_) => Problem::field("reply_to", text),
        _ => Problem::Declined(text),
    }
}

/// A team that is there, or the company.
fn holder(whose: &Whose, visit: &Visit) -> Result<Holder, Problem> {
    match whose.team.map(TeamId) {
        None => Ok(Holder::Company),
        Some(team) if visit.world.team(team).is_some() => Ok(Holder::Team(team)),
        Some(_) => Err(Problem::NotFound),
    }
}

async fn texts(visit: &mut Visit, holder: Holder) -> Result<Json<List<TextView>>, Problem> {
    let world = visit.world.clone();
    let caller = Caller { by: Some(visit.person.user), world: &world, now: visit.clock.now };
    let all = notices::texts(&mut visit.tx, &caller, holder).await?.map_err(|no| refused(&no))?;
    let item = |saved: Saved| TextView {
        readers: saved.written.readers.into(),
        language: saved.written.language.tag(),
        text: saved.written.text,
        by: saved.by.map(|by| Who::of(by, visit)),
        at: saved.at.rfc3339(),
    };
    Ok(Json(List { items: all.into_iter().map(item).collect(), next: None }))
}

async fn write(mut visit: Visit, holder: Holder, input: TextInput) -> Result<StatusCode, Problem> {
    let world = visit.world.clone();
    let caller = Caller { by: Some(visit.person.user), world: &world, now: visit.clock.now };
    let app = visit.app.clone();
    let (book, readers) = (&app.state.config.notice.phrases, Readers::from(input.readers));
    match input.text {
        Some(text) => {
            let entered = Entered { readers, language: input.language, text };
            notices::set(&mut visit.tx, &caller, book, holder, &entered).await?.map_err(|no| refused(&no))?;
        }
        None => {
            let language = notices::language(book, &input.language).map_err(|no| refused(&no))?;
            let done = notices::clear(&mut visit.tx, &caller, holder, readers, language).await?;
            done.map_err(|no| refused(&no))?;
        }
    }
    visit.tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The texts that the owner of the token wrote for their notices.
#[utoipa::path(
    get, path = "/api/v1/me/notice-texts", tag = "notices", responses((status = 200, body = List<TextView>)),
    security(("token" = ["read"]))
)]
pub(in super::super) async fn own_texts(mut asking: Asking<Reads>) -> Result<Json<List<TextView>>, Problem> {
    let holder = Holder::Person(asking.visit.person.user);
    texts(&mut asking.visit, holder).await
}

/// Puts a text in the place of the one before, or takes it away. What every notice must say is said beside it.
#[utoipa::path(
    put, path = "/api/v1/me/notice-texts", tag = "notices", request_body = TextInput, responses((status = 204)),
    security(("token" = ["write"]))
)]
pub(in super::super) async fn write_own(doing: Doing<Writes>, body: Body<TextInput>) -> Result<StatusCode, Problem> {
    let visit = doing.begin_short().await?;
    let holder = Holder::Person(visit.person.user);
    write(visit, holder, body.value).await
}

/// Somebody whose notices are the business of the token's owner: their own, or those of people below them.
fn of(user: i64, visit: &Visit) -> Result<UserId, Problem> {
    Some(UserId(user)).filter(|user| concerns(visit, *user)).ok_or(Problem::NotFound)
}

/// The texts that somebody wrote for their notices: for them, their line managers and admins.
#[utoipa::path(
    get, path = "/api/v1/users/{id}/notice-texts", tag = "notices", params(("id" = i64, Path)),
    responses((status = 200, body = List<TextView>)), security(("token" = ["read"]))
)]
pub(in super::super) async fn texts_of(
    At(id): At<i64>,
    mut asking: Asking<Reads>,
) -> Result<Json<List<TextView>>, Problem> {
    let holder = Holder::Person(of(id, &asking.visit)?);
    texts(&mut asking.visit, holder).await
}

/// Puts a text of somebody's notices in the place of the one before, or takes it away.
#[utoipa::path(
    put, path = "/api/v1/users/{id}/notice-texts", tag = "notices", params(("id" = i64, Path)),
    request_body = TextInput, responses((status = 204)), security(("token" = ["write"]))
)]
pub(in super::super) async fn write_of(
    At(id): At<i64>,
    doing: Doing<Writes>,
    body: Body<TextInput>,
) -> Result<StatusCode, Problem> {
    let visit = doing.begin_short().await?;
    let holder = Holder::Person(of(id, &visit)?);
    write(visit, holder, body.value).await
}

async fn author(visit: &mut Visit, user: UserId) -> Result<Json<AuthorView>, Problem> {
    let world = visit.world.clone();
    let caller = Caller { by: Some(visit.person.user), world: &world, now: visit.clock.now };
    let manner = notices::manner(&mut visit.tx, &caller, user).await?.map_err(|no| refused(&no))?;
    let Choice { from, name, reply_to } = Choice::of(&manner);
    let some = |text: String| Some(text).filter(|text| !text.is_empty());
    Ok(Json(AuthorView { from: some(from), name: some(name), reply_to: some(reply_to) }))
}

async fn choose(mut visit: Visit, user: UserId, wanted: AuthorView) -> Result<Json<AuthorView>, Problem> {
    let world = visit.world.clone();
    let caller = Caller { by: Some(visit.person.user), world: &world, now: visit.clock.now };
    let domains: Vec<String> = visit.app.state.config.house().domains.into_iter().collect();
    let AuthorView { from, name, reply_to } = wanted;
    let choice = Choice {
        from: from.unwrap_or_default(),
        name: name.unwrap_or_default(),
        reply_to: reply_to.unwrap_or_default(),
    };
    notices::choose(&mut visit.tx, &caller, &domains, user, &choice).await?.map_err(|no| refused(&no))?;
    let now = author(&mut visit, user).await?;
    visit.tx.commit().await?;
    Ok(now)
}

/// Who stands as author of one's own notices, and where answers go.
#[utoipa::path(
    get, path = "/api/v1/me/notice-author", tag = "notices", responses((status = 200, body = AuthorView)),
    security(("token" = ["read"]))
)]
pub(in super::super) async fn own_author(mut asking: Asking<Reads>) -> Result<Json<AuthorView>, Problem> {
    let me = asking.visit.person.user;
    author(&mut asking.visit, me).await
}

/// Sets who stands as author of one's own notices, and where answers go.
#[utoipa::path(
    put, path = "/api/v1/me/notice-author", tag = "notices", request_body = AuthorView,
    responses((status = 200, body = AuthorView)), security(("token" = ["write"]))
)]
pub(in super::super) async fn choose_own(
    doing: Doing<Writes>,
    body: Body<AuthorView>,
) -> Result<Json<AuthorView>, Problem> {
    let visit = doing.begin_short().await?;
    let me = visit.person.user;
    choose(visit, me, body.value).await
}

/// Who stands as author of somebody's notices, and where answers go.
#[utoipa::path(
    get, path = "/api/v1/users/{id}/notice-author", tag = "notices", params(("id" = i64, Path)),
    responses((status = 200, body = AuthorView)), security(("token" = ["read"]))
)]
pub(in super::super) async fn author_of(
    At(id): At<i64>,
    mut asking: Asking<Reads>,
) -> Result<Json<AuthorView>, Problem> {
    let user = of(id, &asking.visit)?;
    author(&mut asking.visit, user).await
}

/// Sets who stands as author of somebody's notices, and where answers go.
#[utoipa::path(
    put, path = "/api/v1/users/{id}/notice-author", tag = "notices", params(("id" = i64, Path)),
    request_body = AuthorView, responses((status = 200, body = AuthorView)), security(("token" = ["write"]))
)]
pub(in super::super) async fn choose_of(
    At(id): At<i64>,
    doing: Doing<Writes>,
    body: Body<AuthorView>,
) -> Result<Json<AuthorView>, Problem> {
    let visit = doing.begin_short().await?;
    let user = of(id, &visit)?;
    choose(visit, user, body.value).await
}

/// The texts of the company's notices, or a team's.
#[utoipa::path(
    get, path = "/api/v1/notices/texts", tag = "notices", params(Whose),
    responses((status = 200, body = List<TextView>)), security(("token" = ["admin"]))
)]
pub(in super::super) async fn company_texts(
    mut asking: Asking<Administers>,
    Params(whose): Params<Whose>,
) -> Result<Json<List<TextView>>, Problem> {
    let holder = holder(&whose, &asking.visit)?;
    texts(&mut asking.visit, holder).await
}

/// Puts a text of the company or of a team in the place of the one before, or takes it away.
#[utoipa::path(
    put, path = "/api/v1/notices/texts", tag = "notices", params(Whose), request_body = TextInput,
    responses((status = 204)), security(("token" = ["admin"]))
)]
pub(in super::super) async fn write_company(
    doing: Doing<Administers>,
    Params(whose): Params<Whose>,
    body: Body<TextInput>,
) -> Result<StatusCode, Problem> {
    let visit = doing.begin_short().await?;
    let holder = holder(&whose, &visit)?;
    write(visit, holder, body.value).await
}

async fn log<S: Needs>(
    asking: &mut Asking<S>,
    of: Option<UserId>,
    asked: &Asked,
) -> Result<Json<List<DecisionView>>, Problem> {
    let visit = &mut asking.visit;
    let (me, now, world) = (visit.person.user, visit.clock.now, visit.world.clone());
    let caller = Caller { by: Some(me), world: &world, now };
    let not_sent = asked.not_sent == Some(true);
    let lines = notices::log(&mut visit.tx, &caller, of, now.plus(-30 * DAY), not_sent, LOGGED).await?;
    let mut lines = lines.map_err(|no| refused(&no))?;
    if let Some(user) = of {
        lines = told(visit, user, lines).await.map_err(Problem::of)?;
    }
    let mine: Vec<MailId> = lines.iter().filter(|line| line.user == me).filter_map(|line| line.mail).collect();
    let seen: HashMap<MailId, String> = views::subjects(&mut visit.tx, &visit.scope, &mine).await?;
    let item = |line: &Line| DecisionView {
        at: line.at.rfc3339(),
        away: Who::of(line.user, visit),
        absence_id: line.absence.0,
        message_id: line.mail.filter(|mail| seen.contains_key(mail)).map(|mail| mail.0),
        withheld_by: Some(line.reason.clone()).filter(|reason| !reason.is_empty()),
        state: line.state.clone(),
        to: line.to.clone().filter(|_| line.user == me && line.reason.is_empty()),
        server_code: line.answer_code().map(str::to_owned),
    };
    Ok(Json(List { items: lines.iter().map(item).collect(), next: None }))
}

/// What was decided about one's own notices in the last 30 days, the latest first; at most 200.
#[utoipa::path(
    get, path = "/api/v1/me/notices", tag = "notices", params(Asked),
    responses((status = 200, body = List<DecisionView>)), security(("token" = ["read"]))
)]
pub(in super::super) async fn own_log(
    mut asking: Asking<Reads>,
    Params(asked): Params<Asked>,
) -> Result<Json<List<DecisionView>>, Problem> {
    let me = asking.visit.person.user;
    log(&mut asking, Some(me), &asked).await
}

/// What was decided about somebody's notices in the last 30 days, the latest first; at most 200. A line manager is told
/// of mail that they read themselves.
#[utoipa::path(
    get, path = "/api/v1/users/{id}/notices", tag = "notices", params(("id" = i64, Path), Asked),
    responses((status = 200, body = List<DecisionView>)), security(("token" = ["read"]))
)]
pub(in super::super) async fn log_of(
    At(id): At<i64>,
    mut asking: Asking<Reads>,
    Params(asked): Params<Asked>,
) -> Result<Json<List<DecisionView>>, Problem> {
    let user = of(id, &asking.visit)?;
    log(&mut asking, Some(user), &asked).await
}

/// What was decided about everybody's notices in the last 30 days, the latest first; at most 200.
#[utoipa::path(
    get, path = "/api/v1/notices", tag = "notices", params(Asked),
    responses((status = 200, body = List<DecisionView>)), security(("token" = ["admin"]))
)]
pub(in super::super) async fn company_log(
    mut asking: Asking<Administers>,
    Params(asked): Params<Asked>,
) -> Result<Json<List<DecisionView>>, Problem> {
    log(&mut asking, None, &asked).await
}

async fn standing(visit: &mut Visit) -> Result<SwitchView, Problem> {
    let now = visit.clock.now;
    let stop: Option<Stop> = notice_switch::stopped(&mut visit.tx, now).await?;
    let pace = notice_switch::pace(&mut visit.tx, now).await?;
    let (waiting, under_way) = notice_switch::waiting(&mut visit.tx).await?;
    let (by, user, until) = match stop.as_ref().map(|stop| stop.by) {
        None => (None, None, None),
        Some(By::Person(user)) => (Some("person"), user, None),
        Some(By::Breaker(until)) => (Some("breaker"), None, Some(until)),
    };
    Ok(SwitchView {
        stopped: stop.is_some(),
        by,
        user: user.map(|user| Who::of(user, visit)),
        since: stop.as_ref().map(|stop| stop.at.rfc3339()),
        until: until.map(Timestamp::rfc3339),
        reason: stop.map(|stop| stop.reason).unwrap_or_default(),
        waiting,
        under_way,
        last_hour: pace.hour,
        last_week: pace.week,
    })
}

/// How the one switch for all notices stands.
#[utoipa::path(
    get, path = "/api/v1/notices/switch", tag = "notices", responses((status = 200, body = SwitchView)),
    security(("token" = ["admin"]))
)]
pub(in super::super) async fn look(mut asking: Asking<Administers>) -> Result<Json<SwitchView>, Problem> {
    Ok(Json(standing(&mut asking.visit).await?))
}

/// Stops all notices, or lets them go out again. Each turn is in the audit.
#[utoipa::path(
    post, path = "/api/v1/notices/switch", tag = "notices", request_body = TurnInput,
    responses((status = 200, body = SwitchView)), security(("token" = ["admin"]))
)]
pub(in super::super) async fn turn(
    doing: Doing<Administers>,
    body: Body<TurnInput>,
) -> Result<Json<SwitchView>, Problem> {
    // What was stopped stays stopped, also after the power fails in the next moment.
    let mut visit = doing.begin_durable().await?;
    let (me, now) = doing.by();
    let turned = match body.value.what {
        TurnWord::Stop => switch::stop(&mut visit.tx, Some(me), &body.value.reason, now).await?.is_some(),
        TurnWord::Start => switch::start(&mut visit.tx, Some(me), now).await?,
    };
    if !turned {
        return Err(Problem::Conflict("It stands so already; nothing was changed.".to_owned()));
    }
    let view = standing(&mut visit).await?;
    visit.tx.commit().await?;
    Ok(Json(view))
}
