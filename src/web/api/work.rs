//! What is to be done: what waits for whom, what is asked about mail, how fresh all of it is.

use super::super::today;
use super::super::visit::Visit;
use super::activities::ActivityView;
use super::asking::{Asking, Params};
use super::bearer::Reads;
use super::lacking;
use super::mails::{ItemView, Mail};
use super::problem::Problem;
use super::shapes::{List, RecordRef, Who, limit, pair};
use crate::actions::actor::Actor;
use crate::actions::review::Reviewer;
use crate::model::id::{MailId, RecordId};
use crate::model::time::Timestamp;
use crate::store;
use crate::store::views::{self, Door, Question};
use axum::Json;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Mail on a work list.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = WorkGroup)]
pub(in super::super) struct GroupView {
    /// How many, counted to at most 1001.
    pub count: i64,
    /// The first 50.
    pub items: Vec<ItemView>,
}

/// What came in for somebody who is away and whom the owner of the token covers.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Covering)]
pub(in super::super) struct CoveringView {
    /// Who is away.
    pub owner: String,
    /// Their absence.
    pub absence_id: i64,
    /// Since when.
    #[schema(format = DateTime)]
    pub since: String,
    /// Until when.
    #[schema(format = DateTime)]
    pub until: Option<String>,
    /// Mail that came in: what waits first.
    pub mail: GroupView,
    /// What they had to do.
    pub tasks: Vec<ActivityView>,
    /// Leads that came in for them.
    pub leads: Vec<RecordRef>,
}

/// What the page Today shows.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Today)]
pub(in super::super) struct TodayView {
    /// Clients who wait for an answer, on the viewer's own records.
    pub waiting: GroupView,
    /// Questions of ours without an answer that are to be followed up.
    pub follow_up: GroupView,
    /// What is to be done today.
    pub tasks: Vec<ActivityView>,
    /// What came in for those whom the viewer covers.
    pub covering: Vec<CoveringView>,
    /// How many records of the viewer's, and of the people below them, lack an answer or news.
    pub lacking: Vec<lacking::CountView>,
    /// How many mails are to be reviewed.
    pub to_review: i64,
}

/// What waits for the owner of the token, and what came in for those whom they cover.
#[utoipa::path(
    get, path = "/api/v1/today", tag = "work", responses((status = 200, body = TodayView)),
    security(("token" = ["read"]))
)]
pub(in super::super) async fn today_view(mut asking: Asking<Reads>) -> Result<Json<TodayView>, Problem> {
    let visit = &mut asking.visit;
    let data = today::load(visit, &today::Asked::default()).await.map_err(Problem::of)?;
    visit.reads_of(data.shown()).await?;
    let group = |items: &[(views::Item, super::super::answers::Answers)], count| GroupView {
        count,
        items: items.iter().map(|(item, _)| ItemView::of(item, visit)).collect(),
    };
    let task = |shown: &views::Shown| ActivityView::of(&shown.activity, &shown.governing, visit);
    let covering = |of: &today::Group| CoveringView {
        owner: of.owner.clone(),
        absence_id: of.absence.0,
        since: of.since.rfc3339(),
        until: of.until.map(Timestamp::rfc3339),
        mail: group(&of.items, of.count),
        tasks: of.tasks.0.iter().map(task).collect(),
        leads: of.leads.iter().map(|(named, ..)| named.into()).collect(),
    };
    Ok(Json(TodayView {
        waiting: group(&data.mine, data.mine_count),
        follow_up: group(&data.waiting.0, data.waiting.1),
        tasks: data.tasks.0.iter().map(task).collect(),
        covering: data.covering.iter().map(covering).collect(),
        lacking: lacking::counts(&data.lacking),
        to_review: data.asked,
    }))
}

/// A mail that could not be placed surely.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ReviewQuestion)]
pub(in super::super) struct QuestionView {
    /// The mail.
    pub mail: Mail,
    /// Why it is asked; null where a record has a part in that which the token does not show.
    pub reason: Option<String>,
    /// The records it may be about, the likeliest first.
    pub candidates: Vec<RecordRef>,
    /// own, cover or admin: by which right it is shown.
    pub door: &'static str,
    /// Whom the viewer covers, where that is the right.
    pub covered: Option<Who>,
}

/// Which part of the list is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in super::super) struct Asked {
    /// Where the page begins: `next` of the page before.
    cursor: Option<String>,
    /// Items of a page.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<i64>,
}

/// Notes in the audit what is shown by another door than the viewer's own, before it is shown.
async fn note(visit: &mut Visit, shown: &[Question]) -> Result<(), Problem> {
    let (world, user, now) = (visit.world.clone(), visit.person.user, visit.clock.now);
    let actor = Actor::load(&mut visit.tx, Some(user), &world, now).await?;
    let questions: Vec<&Question> = shown.iter().collect();
    let lines = Reviewer::of(&actor).reading(&mut visit.tx, &questions).await?;
    if !lines.is_empty() {
        let mut tx = visit.app.state.db.write().await?;
        store::audit::note(&mut tx, &lines).await?;
        tx.commit().await?;
    }
    for question in shown {
        visit.reads_mail(question.mail.id).await?;
    }
    Ok(())
}

/// Mail that the owner of the token is asked about, newest first.
#[utoipa::path(
    get, path = "/api/v1/review", tag = "work", params(Asked),
    responses((status = 200, body = List<QuestionView>)), security(("token" = ["read"]))
)]
pub(in super::super) async fn review(
    mut asking: Asking<Reads>,
    Params(asked): Params<Asked>,
) -> Result<Json<List<QuestionView>>, Problem> {
    let limit = limit(asked.limit)?;
    let after = asked.cursor.as_deref().map(pair).transpose()?;
    let after = after.map(|(at, mail)| (Timestamp(at), MailId(mail)));
    let visit = &mut asking.visit;
    let (world, user, now) = (visit.world.clone(), visit.person.user, visit.clock.now);
    let actor = Actor::load(&mut visit.tx, Some(user), &world, now).await?;
    let found = Reviewer::of(&actor).list(&mut visit.tx, after, limit + 1).await?;
    let page = List::of(found, limit, |q| format!("{}.{}", q.mail.at.0, q.mail.id), |q| q);
    note(visit, &page.items).await?;
    let ids: Vec<RecordId> = page.items.iter().flat_map(|q| q.records.iter().copied()).collect();
    let known = views::names(&mut visit.tx, &actor.reach, ids).await?;
    let item = |question: &Question| QuestionView {
        mail: Mail::alone(&question.mail),
        reason: question.reason.map(|reason| reason.word().to_owned()),
        candidates: question.records.iter().filter_map(|id| known.get(id)).map(RecordRef::from).collect(),
        door: match question.door {
            Door::Own => "own",
            Door::Cover(_) => "cover",
            Door::Admin => "admin",
        },
        covered: match question.door {
            Door::Cover(owner) => Some(Who::of(owner, visit)),
            Door::Own | Door::Admin => None,
        },
    };
    Ok(Json(List { items: page.items.iter().map(item).collect(), next: page.next }))
}

/// How far a mailbox has been read.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Mailbox)]
pub(in super::super) struct MailboxView {
    /// Its name in the settings.
    pub name: String,
    /// ok, or why it is not read.
    pub state: String,
    /// Everything that the server showed at this moment is accounted for; null before the first time.
    #[schema(format = DateTime)]
    pub up_to: Option<String>,
}

/// How fresh the answers are: the mailboxes whose mail they are made of.
#[utoipa::path(
    get, path = "/api/v1/mailboxes", tag = "work", responses((status = 200, body = List<MailboxView>)),
    security(("token" = ["read"]))
)]
pub(in super::super) async fn mailboxes(mut asking: Asking<Reads>) -> Result<Json<List<MailboxView>>, Problem> {
    let visit = &mut asking.visit;
    let lags = views::lag(&mut visit.tx, &visit.scope).await?;
    let item =
        |lag: views::Lag| MailboxView { name: lag.mailbox, state: lag.state, up_to: lag.up_to.map(Timestamp::rfc3339) };
    Ok(Json(List { items: lags.into_iter().map(item).collect(), next: None }))
}
