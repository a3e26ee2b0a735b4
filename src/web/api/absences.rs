//! Who is away and who stands in. Everybody knows who is away; the rest is told to those whose business it is.

use super::super::visit::Visit;
use super::asking::{Asking, At, Body, Doing, Params};
use super::bearer::{Reads, Writes};
use super::once::Once;
use super::problem::{Fault, Problem};
use super::shapes::{ExternalRef, List, Who, external, limit, pair, some};
use super::state::{etag, may_match, must_match, tagged, with};
use crate::access;
use crate::actions::absences::{self, Entered, Objection, Refused, Which, selector_text, when};
use crate::model::absence::{Absence, CoverPlan, Nature, Phase};
use crate::model::id::{AbsenceId, UserId};
use crate::model::time::Timestamp;
use crate::store;
use crate::store::external_ids::{self, Sort};
use crate::store::people;
use axum::Json;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::{IntoParams, ToSchema};

/// Where an absence stands at this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(in super::super) enum PhaseWord {
    /// It is to come.
    Upcoming,
    /// It runs.
    Running,
    /// It is over.
    Over,
}

/// Who covers some of it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = AbsenceException)]
pub(in super::super) struct ExceptionView {
    /// What: record:17, account:17, team:North, class:A, kind:lead.
    pub what: String,
    /// Who.
    pub substitute: Who,
}

/// An absence.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Absence)]
pub(in super::super) struct AbsenceView {
    /// Its id.
    pub id: i64,
    /// Who is away.
    pub user: Who,
    /// First day away.
    #[schema(format = Date)]
    pub first_day: String,
    /// Last day away; null for an open end.
    #[schema(format = Date)]
    pub last_day: Option<String>,
    /// Where it stands.
    pub phase: PhaseWord,
    /// Who covers.
    pub substitute: Option<Who>,
    /// The rest, for those whose business it is.
    pub details: Option<Details>,
}

/// What of an absence is told to those whose business it is.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = AbsenceDetails)]
pub(in super::super) struct Details {
    /// When it begins.
    #[schema(format = DateTime)]
    pub starts_at: String,
    /// When it ends.
    #[schema(format = DateTime)]
    pub ends_at: Option<String>,
    /// First day back, where somebody said so.
    #[schema(format = Date)]
    pub back_on: Option<String>,
    /// What kind it is, for who may enter it.
    pub nature: Option<String>,
    /// Who covers some of it: all lines for who may enter it, else one's own.
    pub exceptions: Vec<ExceptionView>,
    /// Who covers confidential records, for who may enter it and the deputy.
    pub deputy: Option<Who>,
    /// cover or hand-over.
    pub plan: String,
    /// Whether whoever covers may change records.
    pub cover_writes: bool,
    /// Whether clients get a notice.
    pub notice: bool,
    /// IANA zone of its days.
    pub zone: String,
    /// By which id another system knows it.
    pub external: Option<ExternalRef>,
}

fn view(absence: &Absence, known: &HashMap<i64, (String, String)>, visit: &Visit) -> AbsenceView {
    let (me, world) = (visit.person.user, &visit.world);
    let enters = access::may_enter(Some(me), absence.user, world);
    let who = |user: UserId| Who::of(user, visit);
    let lines = absence.exceptions.iter().filter(|e| enters || e.substitute == me);
    let details = access::concerns(me, absence, world).then(|| Details {
        starts_at: absence.starts.rfc3339(),
        ends_at: absence.ends.map(Timestamp::rfc3339),
        back_on: absence.back_on.map(|day| day.to_string()),
        nature: access::nature_for(Some(me), absence, world).map(|nature| nature.word().to_owned()),
        exceptions: lines
            .map(|e| ExceptionView { what: selector_text(e.what, world), substitute: who(e.substitute) })
            .collect(),
        deputy: absence.deputy.filter(|deputy| enters || *deputy == me).map(who),
        plan: absence.plan.word().to_owned(),
        cover_writes: absence.cover_writes,
        notice: absence.notice,
        zone: absence.zone.clone(),
        external: known.get(&absence.id.0).cloned().map(ExternalRef::from),
    });
    AbsenceView {
        id: absence.id.0,
        user: who(absence.user),
        first_day: absence.first_day.to_string(),
        last_day: absence.last_day.map(|day| day.to_string()),
        phase: match absence.phase(visit.clock.now) {
            Phase::Upcoming => PhaseWord::Upcoming,
            Phase::Running => PhaseWord::Running,
            Phase::Over => PhaseWord::Over,
        },
        substitute: absence.substitute.map(who),
        details,
    }
}

/// The absence with this id, if it is the viewer's business.
async fn seen(visit: &mut Visit, id: AbsenceId) -> Result<(Absence, AbsenceView), Problem> {
    let found = store::absences::load(&mut visit.tx, id).await?;
    let absence = found.filter(|a| access::concerns(visit.person.user, a, &visit.world)).ok_or(Problem::NotFound)?;
    let known = external_ids::of(&mut visit.tx, Sort::Absence, &[id.0]).await?;
    let view = view(&absence, &known, visit);
    Ok((absence, view))
}

/// Which absences are asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in super::super) struct Asked {
    /// Where the page begins: `next` of the page before.
    cursor: Option<String>,
    /// Items of a page.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<i64>,
    /// Of this user: a user's id.
    user: Option<i64>,
    /// Only those that run now, or that do not yet.
    running: Option<bool>,
}

/// Absences that run or are to come, those that begin first on top.
#[utoipa::path(
    get, path = "/api/v1/absences", tag = "absences", params(Asked),
    responses((status = 200, body = List<AbsenceView>)), security(("token" = ["read"]))
)]
pub(in super::super) async fn list(
    mut asking: Asking<Reads>,
    Params(asked): Params<Asked>,
) -> Result<Json<List<AbsenceView>>, Problem> {
    let limit = limit(asked.limit)?;
    let after = asked.cursor.as_deref().map(pair).transpose()?.unwrap_or((i64::MIN, 0));
    let visit = &mut asking.visit;
    let now = visit.clock.now;
    let mut found: Vec<Absence> =
        visit.world.absences.iter().filter(|a| a.phase(now) != Phase::Over).cloned().collect();
    found.retain(|a| asked.user.is_none_or(|user| a.user.0 == user));
    found.retain(|a| asked.running.is_none_or(|running| (a.phase(now) == Phase::Running) == running));
    found.retain(|a| (a.starts.0, a.id.0) > after);
    found.sort_by_key(|a| (a.starts, a.id));
    let ids: Vec<i64> = found.iter().map(|a| a.id.0).collect();
    let known = external_ids::of(&mut visit.tx, Sort::Absence, &ids).await?;
    Ok(Json(List::of(found, limit, |a| format!("{}.{}", a.starts.0, a.id), |a| view(&a, &known, visit))))
}

/// One absence, for those whose business it is.
#[utoipa::path(
    get, path = "/api/v1/absences/{id}", tag = "absences", params(("id" = i64, Path)),
    responses((status = 200, body = AbsenceView, headers(("ETag" = String))), (status = 304)),
    security(("token" = ["read"]))
)]
pub(in super::super) async fn one(
    mut asking: Asking<Reads>,
    At(id): At<i64>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (_, view) = seen(&mut asking.visit, AbsenceId(id)).await?;
    Ok(tagged(&headers, &etag(&view)?, Json(view)))
}

/// Who covers some of it.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AbsenceExceptionInput)]
pub(in super::super) struct ExceptionInput {
    /// What: record:17, account:17, team:North, class:A, kind:lead.
    what: String,
    /// Login of who covers it.
    substitute: String,
}

/// What an absence shall be. A field that is not named stays as it is; null takes away what is there.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AbsenceInput)]
pub(in super::super) struct Input {
    /// Login of who is away; needed for a new one, and never changed.
    user: Option<String>,
    /// First day away, such as 2026-12-01, or 2026-12-01T12:00; needed for a new one.
    from: Option<String>,
    /// Last day away; null for an open end.
    #[serde(default, deserialize_with = "some")]
    #[schema(value_type = Option<String>)]
    until: Option<Option<String>>,
    /// First day back, where it is not the next working day.
    #[serde(default, deserialize_with = "some")]
    #[schema(value_type = Option<String>)]
    back_on: Option<Option<String>>,
    /// With an open end: when to ask whether they are still away.
    #[serde(default, deserialize_with = "some")]
    #[schema(value_type = Option<String>)]
    confirm_on: Option<Option<String>>,
    /// leave, sick, business, parental or other. Colleagues never see it.
    nature: Option<String>,
    /// Login of who covers.
    #[serde(default, deserialize_with = "some")]
    #[schema(value_type = Option<String>)]
    substitute: Option<Option<String>>,
    /// Who covers what else; all lines at once.
    exceptions: Option<Vec<ExceptionInput>>,
    /// Login of who covers confidential records; only the person names one.
    #[serde(default, deserialize_with = "some")]
    #[schema(value_type = Option<String>)]
    deputy: Option<Option<String>>,
    /// cover or hand-over.
    plan: Option<String>,
    /// Whether whoever covers may change records.
    cover_writes: Option<bool>,
    /// Whether clients get a notice.
    notice: Option<bool>,
    /// IANA zone of its days; the person's where nothing is said.
    #[serde(default, deserialize_with = "some")]
    #[schema(value_type = Option<String>)]
    zone: Option<Option<String>>,
}

type When = (chrono::NaiveDate, Option<chrono::NaiveTime>);

/// The day that a field names.
fn day(field: &str, text: &str) -> Result<When, Problem> {
    let known = when(text).filter(|(day, _)| (1990..=2200).contains(&chrono::Datelike::year(day)));
    known.ok_or_else(|| Problem::field(field, "write year-month-day, such as 2026-11-25 or 2026-11-25T12:00"))
}

fn days(field: &str, text: Option<&str>) -> Result<Option<When>, Problem> {
    text.map(|text| day(field, text)).transpose()
}

impl Input {
    /// The absence as it is entered.
    fn onto(self, mut entered: Entered, new: bool) -> Result<Entered, Problem> {
        match (self.user, new) {
            (Some(user), true) => entered.user = user,
            (None, true) => return Err(Problem::field("user", "say who is away, by their login")),
            (Some(user), false) if people::login_key(&user) != people::login_key(&entered.user) => {
                return Err(Problem::field("user", "an absence stays the one person's; leave it out"));
            }
            _ => {}
        }
        match self.from {
            Some(text) => (entered.first_day, entered.first_time) = day("from", &text)?,
            None if new => return Err(Problem::field("from", "say from which day on")),
            None => {}
        }
        if let Some(until) = self.until {
            let until = days("until", until.as_deref())?;
            (entered.last_day, entered.last_time) = (until.map(|u| u.0), until.and_then(|u| u.1));
        }
        if let Some(back) = self.back_on {
            entered.back_on = days("back_on", back.as_deref())?.map(|(day, _)| day);
        }
        if let Some(confirm) = self.confirm_on {
            entered.confirm_on = days("confirm_on", confirm.as_deref())?.map(|(day, _)| day);
        }
        if let Some(word) = self.nature {
            let known = Nature::from_word(&word);
            let text = "it is leave, sick, business, parental or other";
            entered.nature = known.ok_or_else(|| Problem::field("nature", text))?;
        }
        if let Some(word) = self.plan {
            let known = CoverPlan::from_word(&word);
            entered.plan = known.ok_or_else(|| Problem::field("plan", "it is cover or hand-over"))?;
        }
        entered.substitute = self.substitute.unwrap_or(entered.substitute);
        entered.deputy = self.deputy.unwrap_or(entered.deputy);
        entered.zone = self.zone.unwrap_or(entered.zone);
        entered.cover_writes = self.cover_writes.unwrap_or(entered.cover_writes);
        entered.notice = self.notice.unwrap_or(entered.notice);
        if let Some(lines) = self.exceptions {
            entered.exceptions = lines.into_iter().map(|line| (line.what, line.substitute)).collect();
        }
        Ok(entered)
    }
}

/// The field that an objection is about.
fn field(objection: &Objection) -> &'static str {
    match objection.field() {
        Some("except") => "exceptions",
        Some("text") | None => match objection {
            Objection::DeputyIsTheirs(_) | Objection::DeputyIsYou(_) => "deputy",
            Objection::SubstituteIsYou(_) => "substitute",
            _ => "",
        },
        Some(other) => other,
    }
}

fn refused(Refused(objections): Refused) -> Problem {
    match objections.as_slice() {
        [Objection::NoAbsence(_)] => Problem::NotFound,
        [Objection::NotYours(_)] => Problem::MayNot(objections.first().map(ToString::to_string).unwrap_or_default()),
        [Objection::Over(_)] => Problem::Conflict("It is over already; enter a new one.".to_owned()),
        all => {
            Problem::Fields(all.iter().map(|o| Fault { field: field(o).to_owned(), message: o.to_string() }).collect())
        }
    }
}

/// Saves what was entered; gives its id.
async fn save(visit: &mut Visit, id: Option<AbsenceId>, entered: &Entered) -> Result<AbsenceId, Problem> {
    let (by, now) = (Some(visit.person.user), visit.clock.now);
    let done = match id {
        None => absences::add(&mut visit.tx, entered, &visit.world, by, now).await?,
        Some(id) => absences::edit(&mut visit.tx, id, entered, &visit.world, by, now).await?,
    };
    Ok(done.map_err(refused)?.absence.id)
}

/// Commits, and answers with the absence as it stands then.
async fn shown(
    doing: &Doing<Writes>,
    visit: Visit,
    (status, id): (StatusCode, AbsenceId),
) -> Result<Response, Problem> {
    let mut visit = doing.again(visit).await?;
    let (_, view) = seen(&mut visit, id).await?;
    visit.tx.commit().await?;
    let place = format!("/api/v1/absences/{id}");
    Ok(with(&etag(&view)?, (status, [(header::LOCATION, place)], Json(view))))
}

/// Enters an absence: one's own, or of those below one; admins that of anybody.
#[utoipa::path(
    post, path = "/api/v1/absences", tag = "absences", params(("Idempotency-Key" = Option<String>, Header)),
    request_body = Input,
    responses((status = 201, body = AbsenceView, headers(("ETag" = String), ("Location" = String)))),
    security(("token" = ["write"]))
)]
pub(in super::super) async fn create(
    doing: Doing<Writes>,
    headers: HeaderMap,
    body: Body<Input>,
) -> Result<Response, Problem> {
    let once = Once::of(&headers, doing.by(), "POST absences", &body.bytes)?;
    let mut visit = doing.begin().await?;
    if let Some(made) = once.begin(&mut visit.tx).await? {
        return shown(&doing, visit, (StatusCode::CREATED, AbsenceId(made.parse()?))).await;
    }
    let entered = body.value.onto(Entered::default(), true)?;
    let id = save(&mut visit, None, &entered).await?;
    once.made(&mut visit.tx, &id.to_string()).await?;
    shown(&doing, visit, (StatusCode::CREATED, id)).await
}

/// What is stored, as it would be entered.
async fn standing(visit: &mut Visit, absence: &Absence) -> Result<Entered, Problem> {
    let users = people::every(&mut visit.tx).await?;
    let logins: HashMap<UserId, String> = users.into_iter().map(|u| (u.person.id, u.login)).collect();
    Ok(Entered::of(absence, &visit.world, |user| logins.get(&user).cloned().unwrap_or_default()))
}

/// Changes an absence: prolongs or shortens it, names somebody else. `If-Match` says which state you saw.
#[utoipa::path(
    patch, path = "/api/v1/absences/{id}", tag = "absences",
    params(("id" = i64, Path), ("If-Match" = String, Header)), request_body = Input,
    responses((status = 200, body = AbsenceView, headers(("ETag" = String)))), security(("token" = ["write"]))
)]
pub(in super::super) async fn change(
    doing: Doing<Writes>,
    At(id): At<i64>,
    headers: HeaderMap,
    body: Body<Input>,
) -> Result<Response, Problem> {
    let id = AbsenceId(id);
    let mut visit = doing.begin().await?;
    let (before, view) = seen(&mut visit, id).await?;
    must_match(&headers, &etag(&view)?)?;
    let entered = body.value.onto(standing(&mut visit, &before).await?, false)?;
    save(&mut visit, Some(id), &entered).await?;
    shown(&doing, visit, (StatusCode::OK, id)).await
}

/// Ends an absence now: the person is back, and cover ends with it. One that is to come is called off.
#[utoipa::path(
    post, path = "/api/v1/absences/{id}/end", tag = "absences", params(("id" = i64, Path)),
    responses((status = 200, body = AbsenceView, headers(("ETag" = String)))), security(("token" = ["write"]))
)]
pub(in super::super) async fn end(doing: Doing<Writes>, At(id): At<i64>) -> Result<Response, Problem> {
    let id = AbsenceId(id);
    let mut visit = doing.begin().await?;
    let (by, now) = (Some(visit.person.user), visit.clock.now);
    absences::end(&mut visit.tx, &Which::Id(id), &visit.world, by, now).await?.map_err(refused)?;
    shown(&doing, visit, (StatusCode::OK, id)).await
}

/// Enters or changes the absence that another system knows by this id: an office's list can come every night.
#[utoipa::path(
    put, path = "/api/v1/absences/by-external-id/{system}/{external_id}", tag = "absences",
    params(
        ("system" = String, Path), ("external_id" = String, Path),
        ("If-Match" = Option<String>, Header), ("If-None-Match" = Option<String>, Header)
    ),
    request_body = Input,
    responses(
        (status = 200, body = AbsenceView, headers(("ETag" = String))),
        (status = 201, body = AbsenceView, headers(("ETag" = String), ("Location" = String)))
    ),
    security(("token" = ["write"]))
)]
pub(in super::super) async fn upsert(
    doing: Doing<Writes>,
    At(named): At<(String, String)>,
    headers: HeaderMap,
    body: Body<Input>,
) -> Result<Response, Problem> {
    let named = external(named)?;
    let mut visit = doing.begin().await?;
    let noted = external_ids::find(&mut visit.tx, Sort::Absence, &named.0, &named.1).await?;
    let taken = || Problem::field("external_id", "this id cannot be used; choose another");
    let before = match noted {
        // Absent and forbidden look the same as far as a taken id allows.
        Some(id) => Some(seen(&mut visit, AbsenceId(id)).await.map_err(|_| taken())?),
        None => None,
    };
    let tag = before.as_ref().map(|(_, view)| etag(view)).transpose()?;
    may_match(&headers, tag.as_deref())?;
    let Some((before, _)) = before else {
        let entered = body.value.onto(Entered::default(), true)?;
        let id = save(&mut visit, None, &entered).await?;
        let now = visit.clock.now;
        external_ids::add(&mut visit.tx, Sort::Absence, (&named.0, &named.1), id.0, now).await?;
        return shown(&doing, visit, (StatusCode::CREATED, id)).await;
    };
    let so_far = standing(&mut visit, &before).await?;
    let entered = body.value.onto(so_far.clone(), false)?;
    // What came last night comes again: also when it is over by now.
    if entered != so_far {
        save(&mut visit, Some(before.id), &entered).await?;
    }
    shown(&doing, visit, (StatusCode::OK, before.id)).await
}
