//! Who sees a record and why, for those who may share it; and sharing it.

use super::super::sharing::{Subject, takeable};
use super::super::visit::Visit;
use super::asking::{At, Body, Doing};
use super::assigning::user;
use super::bearer::{Reads, Writes};
use super::problem::Problem;
use super::shapes::{Who, moment};
use crate::access::{self, Reason, World};
use crate::actions::caller::Caller;
use crate::actions::shares::{self, Refused, Wanted};
use crate::model::id::{RecordId, TeamId, UserId};
use crate::model::share::{Holder, Share, Source};
use crate::model::time::Timestamp;
use axum::Json;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A team.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = TeamRef)]
pub(in super::super) struct TeamView {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
}

impl TeamView {
    fn of(id: TeamId, world: &World) -> TeamView {
        TeamView { id: id.0, name: world.team(id).map_or_else(String::new, |team| team.name.clone()) }
    }
}

/// By what somebody has a right on a record.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = AccessReason)]
pub(in super::super) struct ReasonView {
    /// owner, cover, deputy, fallback, share, manager, line, transparent, admin, step or break-glass.
    pub path: &'static str,
    /// What it gives: read, write, share, assign.
    pub rights: Vec<&'static str>,
    /// The team through which it reaches them.
    pub team: Option<TeamView>,
    /// When it ends by itself, where that is known.
    #[schema(format = DateTime)]
    pub until: Option<String>,
}

/// Somebody who has a right on a record.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Seer)]
pub(in super::super) struct SeerView {
    /// Who.
    pub user: Who,
    /// Every way by which they have it.
    pub why: Vec<ReasonView>,
}

/// A right that was given to somebody on a record.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Share)]
pub(in super::super) struct ShareView {
    /// To whom, if to a user.
    pub user: Option<Who>,
    /// To whom, if to a team.
    pub team: Option<TeamView>,
    /// What it gives.
    pub rights: Vec<&'static str>,
    /// share, manager, step or break-glass.
    pub source: &'static str,
    /// When it ends by itself.
    #[schema(format = DateTime)]
    pub until: Option<String>,
    /// Why it was given.
    pub reason: String,
    /// Whether the owner of the token may take it back.
    pub may_revoke: bool,
}

/// Who sees a record.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Access)]
pub(in super::super) struct AccessView {
    /// Everybody with a right on it; empty for who may only take a right back.
    pub people: Vec<SeerView>,
    /// What was given on it and stands.
    pub shares: Vec<ShareView>,
}

/// To whom a right is given.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ShareHolder)]
pub(in super::super) struct Held {
    /// A user's id; this or `team_id`.
    user_id: Option<i64>,
    /// A team's id.
    team_id: Option<i64>,
}

/// A right that is to be given; to read goes without saying.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ShareInput)]
pub(in super::super) struct Input {
    /// A user's id; this or `team_id`.
    user_id: Option<i64>,
    /// A team's id.
    team_id: Option<i64>,
    /// Also to change the record.
    #[serde(default)]
    write: bool,
    /// Also to give others a right on it.
    #[serde(default)]
    share: bool,
    /// When it ends by itself.
    #[schema(format = DateTime)]
    until: Option<String>,
    /// Why.
    #[serde(default)]
    reason: String,
}

impl Held {
    fn holder(self, world: &World) -> Result<Holder, Problem> {
        match (self.user_id, self.team_id) {
            (Some(id), None) => Ok(Holder::User(user("user_id", id, world)?)),
            (None, Some(id)) => match world.team(TeamId(id)) {
                Some(team) => Ok(Holder::Team(team.id)),
                None => Err(Problem::field("team_id", "there is no such team")),
            },
            _ => Err(Problem::field("user_id", "name a user or a team, and only one of them")),
        }
    }
}

fn refused(refused: &Refused) -> Problem {
    match refused {
        Refused::NotThere => Problem::NotFound,
        Refused::NotYours | Refused::Lacking(_) | Refused::Longer(_) | Refused::NotGiven => {
            Problem::MayNot(refused.to_string())
        }
        Refused::Themselves | Refused::OwnTeam => Problem::MayNot(refused.to_string()),
        other => Problem::Declined(other.to_string()),
    }
}

fn reason_view(reason: &Reason, visit: &Visit) -> ReasonView {
    ReasonView {
        path: reason.path.word(),
        rights: reason.rights.words(),
        team: reason.team.map(|id| TeamView::of(id, &visit.world)),
        until: reason.until.map(Timestamp::rfc3339),
    }
}

fn share_view(share: &Share, subject: &Subject, visit: &Visit) -> ShareView {
    let (user, now) = (visit.person.user, visit.clock.now);
    let may = access::may_take(user, share, &subject.record, &subject.shares, &visit.world, now);
    let by_hand = matches!(share.source, Source::Share | Source::BreakGlass);
    let (user, team) = match share.holder {
        Holder::User(user) => (Some(Who::of(user, visit)), None),
        Holder::Team(team) => (None, Some(TeamView::of(team, &visit.world))),
    };
    ShareView {
        user,
        team,
        rights: share.rights().words(),
        source: share.source.word(),
        until: share.until.map(Timestamp::rfc3339),
        reason: share.reason.clone(),
        may_revoke: may && by_hand,
    }
}

/// Who sees a record, and why: for those who may share it, and admins. That it was asked is noted in the audit.
#[utoipa::path(
    get, path = "/api/v1/records/{id}/access", tag = "sharing", params(("id" = i64, Path)),
    responses((status = 200, body = AccessView)), security(("token" = ["read"]))
)]
pub(in super::super) async fn who(doing: Doing<Reads>, At(id): At<i64>) -> Result<Json<AccessView>, Problem> {
    let mut visit = doing.begin_short().await?;
    let world = visit.world.clone();
    let caller = Caller { by: Some(visit.person.user), world: &world, now: visit.clock.now };
    let found = crate::actions::access::of(&mut visit.tx, &caller, RecordId(id)).await?;
    let (subject, who): (Subject, Vec<(UserId, Vec<Reason>)>) = match found {
        Some(subject) => {
            let who = crate::actions::access::who(&mut visit.tx, &caller, &subject).await?;
            (subject, who)
        }
        // Who sees it is for those who may share it; what they may take back others find here, too.
        None => {
            let found = takeable(&mut visit.tx, &caller, RecordId(id)).await.map_err(Problem::of)?;
            (found.ok_or(Problem::NotFound)?, Vec::new())
        }
    };
    let seer = |(user, reasons): &(UserId, Vec<Reason>)| SeerView {
        user: Who::of(*user, &visit),
        why: reasons.iter().map(|reason| reason_view(reason, &visit)).collect(),
    };
    let now = visit.clock.now;
    let standing = subject.shares.iter().filter(|share| share.stands(now));
    let view = AccessView {
        people: who.iter().map(seer).collect(),
        shares: standing.map(|share| share_view(share, &subject, &visit)).collect(),
    };
    visit.tx.commit().await?;
    Ok(Json(view))
}

/// Gives somebody a right on a record, or changes the one that they were given before.
#[utoipa::path(
    post, path = "/api/v1/records/{id}/shares", tag = "sharing", params(("id" = i64, Path)), request_body = Input,
    responses((status = 200, body = ShareView)), security(("token" = ["write"]))
)]
pub(in super::super) async fn give(
    doing: Doing<Writes>,
    At(id): At<i64>,
    body: Body<Input>,
) -> Result<Json<ShareView>, Problem> {
    let mut visit = doing.begin_short().await?;
    let world = visit.world.clone();
    let Input { user_id, team_id, write, share, until, reason } = body.value;
    let holder = Held { user_id, team_id }.holder(&world)?;
    let wrong = || Problem::field("until", "write a moment such as 2026-11-21T12:00:00Z");
    let until = until.map(|text| moment(&text).ok_or_else(wrong)).transpose()?;
    let wanted = Wanted { holder, write, share, until, reason };
    let caller = Caller { by: Some(visit.person.user), world: &world, now: visit.clock.now };
    let given = shares::share(&mut visit.tx, &caller, RecordId(id), &wanted).await?.map_err(|no| refused(&no))?;
    let (record, shares) = shares::shareable(&mut visit.tx, &caller, RecordId(id)).await?.ok_or(Problem::NotFound)?;
    let view = share_view(&given, &Subject { record, shares, named: true }, &visit);
    visit.tx.commit().await?;
    Ok(Json(view))
}

/// Takes back what somebody was given on a record by hand, or opened by breaking the glass.
#[utoipa::path(
    post, path = "/api/v1/records/{id}/shares/revoke", tag = "sharing", params(("id" = i64, Path)),
    request_body = Held, responses((status = 204)), security(("token" = ["write"]))
)]
pub(in super::super) async fn revoke(
    doing: Doing<Writes>,
    At(id): At<i64>,
    body: Body<Held>,
) -> Result<StatusCode, Problem> {
    let mut visit = doing.begin_short().await?;
    let world = visit.world.clone();
    let holder = body.value.holder(&world)?;
    let caller = Caller { by: Some(visit.person.user), world: &world, now: visit.clock.now };
    shares::revoke(&mut visit.tx, &caller, RecordId(id), holder).await?.map_err(|no| refused(&no))?;
    visit.tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
