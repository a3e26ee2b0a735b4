//! Long work, for admins: what is under way and what was lately, and how far it is. It is stopped where it was begun.

use super::super::visit::Visit;
use super::asking::{Asking, Params};
use super::bearer::Administers;
use super::problem::Problem;
use super::shapes::{List, Who};
use crate::actions::caller::Caller;
use crate::actions::jobs::{self, Job, Kind, Who as Beginner};
use crate::model::time::Timestamp;
use axum::Json;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// What kind of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = JobKind)]
pub(in super::super) enum KindWord {
    /// The rules over stored mail.
    Rules,
    /// A dry run of a draft.
    DryRun,
    /// Records of somebody absent.
    HandOver,
    /// Mail that matters by now is read again.
    ReadAgain,
    /// A mailbox's history is read.
    History,
    /// A CSV file is tried or imported.
    Import,
}

impl From<Kind> for KindWord {
    fn from(kind: Kind) -> KindWord {
        match kind {
            Kind::Rules => KindWord::Rules,
            Kind::DryRun => KindWord::DryRun,
            Kind::HandOver => KindWord::HandOver,
            Kind::Again => KindWord::ReadAgain,
            Kind::History => KindWord::History,
            Kind::Import => KindWord::Import,
        }
    }
}

/// A piece of long work.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Job)]
pub(in super::super) struct JobView {
    /// What kind of work.
    pub kind: KindWord,
    /// Its number among its kind.
    pub id: i64,
    /// What it is about: a version, whose records, a mailbox, why.
    pub about: String,
    /// Who began it; null for the operator and Standin itself.
    pub by: Option<Who>,
    /// When; null where that is not kept.
    #[schema(format = DateTime)]
    pub at: Option<String>,
    /// running, done, undoing, ended or failed.
    pub state: &'static str,
    /// How many are dealt with.
    pub done: i64,
    /// How many there are.
    pub total: i64,
}

/// Which work is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in super::super) struct Asked {
    /// Only of this kind.
    #[param(inline)]
    kind: Option<KindWord>,
    /// Only what is under way, or is not.
    under_way: Option<bool>,
}

fn view(job: Job, visit: &Visit) -> JobView {
    JobView {
        kind: job.kind.into(),
        id: job.id,
        about: job.about,
        by: match job.by {
            Beginner::User(user) => Some(Who::of(user, visit)),
            Beginner::Standin => None,
        },
        at: job.at.map(Timestamp::rfc3339),
        state: job.state.word(),
        done: job.done,
        total: job.total,
    }
}

/// Long work, what is under way first; of each kind the latest.
#[utoipa::path(
    get, path = "/api/v1/jobs", tag = "jobs", params(Asked), responses((status = 200, body = List<JobView>)),
    security(("token" = ["admin"]))
)]
pub(in super::super) async fn list(
    mut asking: Asking<Administers>,
    Params(asked): Params<Asked>,
) -> Result<Json<List<JobView>>, Problem> {
    let visit = &mut asking.visit;
    let world = visit.world.clone();
    let caller = Caller { by: Some(visit.person.user), world: &world, now: visit.clock.now };
    let mut all = jobs::list(&mut visit.tx, &caller, Some(&visit.scope)).await?.ok_or(Problem::NotFound)?;
    all.retain(|job| asked.kind.is_none_or(|kind| kind == job.kind.into()));
    all.retain(|job| asked.under_way.is_none_or(|under_way| under_way == job.state.is_under_way()));
    Ok(Json(List { items: all.into_iter().map(|job| view(job, visit)).collect(), next: None }))
}
