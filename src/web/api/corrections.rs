//! What people say of where a mail belongs, deciding what is asked about it, and taking either back.

use super::super::visit::Visit;
use super::asking::{Asking, At, Body, Doing};
use super::bearer::{Reads, Writes};
use super::once::Once;
use super::problem::Problem;
use super::shapes::{List, Who, moment};
use crate::actions::actor::Actor;
use crate::actions::corrections::{self, Always, Done, Listed, No, Said};
use crate::actions::review::{self, Changed, Choice, Reviewer};
use crate::intake::reconsider;
use crate::model::address::Address;
use crate::model::correction::{Again, Whom};
use crate::model::id::{MailId, RecordId, UserId};
use crate::store::{mailboxes, views};
use axum::Json;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What is said of a mail.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(tag = "say", rename_all = "kebab-case", deny_unknown_fields)]
#[schema(as = CorrectionInput)]
pub(in super::super) enum Input {
    /// It regards this record, or no opportunity.
    Move {
        /// The record; null: no opportunity.
        record_id: Option<i64>,
        /// The whole thread does.
        #[serde(default)]
        thread: bool,
    },
    /// It stands on this record as well.
    Add {
        /// The record.
        record_id: i64,
    },
    /// It does not belong on this record.
    Remove {
        /// The record.
        record_id: i64,
    },
    /// It concerns nobody but whose mailbox it lies in.
    Private {
        /// So does the whole thread.
        #[serde(default)]
        thread: bool,
    },
    /// A machine wrote it.
    Automatic {},
    /// All mail of its sender, or of the sender's domain, regards this record: mail in one's own mailboxes, and what comes
    /// there from now on.
    Always {
        /// The record.
        record_id: i64,
        /// Of everybody at the sender's domain.
        #[serde(default)]
        domain: bool,
    },
    /// It is marked confidential.
    Confidential {},
    /// It is not confidential by itself.
    Open {},
    /// A thread of its own begins with it.
    Split {},
    /// It belongs to the thread of another mail.
    Join {
        /// The other mail.
        message_id: i64,
    },
    /// Nobody has to answer it, or is expected to.
    NoAnswer {},
    /// It is to be followed up at this moment, should no answer come.
    FollowUp {
        /// The moment.
        #[schema(format = DateTime)]
        at: String,
    },
}

/// What is said, and of which mail.
enum Saying {
    Once(Said),
    Always { record: RecordId, domain: bool },
}

impl Input {
    fn saying(self) -> Result<Saying, Problem> {
        Ok(Saying::Once(match self {
            Input::Always { record_id, domain } => {
                return Ok(Saying::Always { record: RecordId(record_id), domain });
            }
            Input::Move { record_id, thread } => Said::Move { to: record_id.map(RecordId), thread },
            Input::Add { record_id } => Said::Add(RecordId(record_id)),
            Input::Remove { record_id } => Said::Remove(RecordId(record_id)),
            Input::Private { thread } => Said::Private { thread },
            Input::Automatic {} => Said::Automatic,
            Input::Confidential {} => Said::Confidential(true),
            Input::Open {} => Said::Confidential(false),
            Input::Split {} => Said::Split,
            Input::Join { message_id } => Said::Join(MailId(message_id)),
            Input::NoAnswer {} => Said::NoAnswer,
            Input::FollowUp { at } => {
                let at = moment(&at);
                let text = "write a moment such as 2026-11-21T12:00:00Z";
                Said::FollowUp(at.ok_or_else(|| Problem::field("at", text))?)
            }
        }))
    }
}

/// What was said.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = CorrectionDone)]
pub(in super::super) struct DoneView {
    /// Its number, by which it is undone.
    pub id: i64,
}

/// A word of somebody on where a mail belongs.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Correction)]
pub(in super::super) struct SaidView {
    /// Its number.
    pub id: i64,
    /// What was said: regard, add, remove, private, none, automatic, split, join, filed, no-answer, follow-up,
    /// confidential or open.
    pub what: String,
    /// Of what: mail, thread or sender.
    pub of: String,
    /// The record that it names, if the token shows it.
    pub record: Option<String>,
    /// Who said it; null for the operator.
    pub by: Option<Who>,
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
    /// Whether it stands: it was neither undone nor replaced.
    pub stands: bool,
}

fn refused(no: &No) -> Problem {
    match no {
        No::NoMail | No::NoCorrection => Problem::NotFound,
        No::NoRecord => Problem::field("record_id", no.to_string()),
        No::MayNotWrite | No::NotYours | No::SendersMail(_) | No::OwnGain | No::MayNotMark => {
            Problem::MayNot(no.to_string())
        }
        other => Problem::Declined(other.to_string()),
    }
}

/// Decides again what words changed.
async fn settle(visit: &mut Visit, again: &Again, senders: &[(Whom, Option<UserId>)]) -> Result<(), Problem> {
    let (app, now) = (visit.app.clone(), visit.clock.now);
    let house = app.state.config.house();
    reconsider::corrected(&mut visit.tx, again, &house, now).await?;
    for (whom, holder) in senders {
        reconsider::whom(&mut visit.tx, (whom, *holder), &house, &app.state.keys, now).await?;
    }
    Ok(())
}

async fn settle_one(visit: &mut Visit, done: &Done) -> Result<(), Problem> {
    let senders: Vec<(Whom, Option<UserId>)> = done.sender.iter().cloned().collect();
    settle(visit, &done.again, &senders).await
}

async fn settle_all(visit: &mut Visit, changed: &Changed) -> Result<(), Problem> {
    let (again, senders) = changed.again();
    settle(visit, &again, &senders).await
}

/// What people said of where a mail belongs, the latest first.
#[utoipa::path(
    get, path = "/api/v1/messages/{id}/corrections", tag = "messages", params(("id" = i64, Path)),
    responses((status = 200, body = List<SaidView>)), security(("token" = ["read"]))
)]
pub(in super::super) async fn list(
    mut asking: Asking<Reads>,
    At(id): At<i64>,
) -> Result<Json<List<SaidView>>, Problem> {
    let visit = &mut asking.visit;
    let message = views::message(&mut visit.tx, &visit.scope, MailId(id)).await?;
    message.ok_or(Problem::NotFound)?;
    let (world, user, now) = (visit.world.clone(), visit.person.user, visit.clock.now);
    let actor = Actor::load(&mut visit.tx, Some(user), &world, now).await?;
    let listed = corrections::list(&mut visit.tx, &actor, MailId(id)).await?.map_err(|no| refused(&no))?;
    let item = |listed: &Listed| SaidView {
        id: listed.correction.id,
        what: listed.correction.word().to_owned(),
        of: listed.correction.reach.word().to_owned(),
        record: listed.record.clone(),
        by: listed.correction.by.map(|user| Who::of(user, visit)),
        at: listed.correction.at.rfc3339(),
        stands: listed.stands,
    };
    Ok(Json(List { items: listed.iter().map(item).collect(), next: None }))
}

/// All mail of a sender, or of their domain.
async fn always(
    visit: &mut Visit,
    actor: &Actor<'_>,
    sender: &str,
    (record, domain): (RecordId, bool),
) -> Result<std::result::Result<Done, No>, Problem> {
    let nobody = |_| Problem::Declined("nobody knows who wrote it, so there is no \u{201c}always\u{201d}".to_owned());
    let sender = Address::parse(sender).map_err(nobody)?;
    let house = visit.app.state.config.house();
    let (whom, ours) = match domain {
        true => (Whom::Domain(sender.domain().to_owned()), corrections::is_of_us(sender.domain(), &house)),
        false => {
            let ours = mailboxes::is_ours(&mut visit.tx, sender.as_str()).await? || house.contains(sender.domain());
            (Whom::Sender(sender), ours)
        }
    };
    Ok(corrections::always(&mut visit.tx, actor, &whom, Always::Regard(record), ours).await?)
}

/// Says where a mail belongs, that it is private or automatic, that no answer is needed. It stands until it is undone.
#[utoipa::path(
    post, path = "/api/v1/messages/{id}/corrections", tag = "messages",
    params(("id" = i64, Path), ("Idempotency-Key" = Option<String>, Header)), request_body = Input, responses((status = 201, body = DoneView)), security(("token" = ["write"]))
)]
pub(in super::super) async fn say(
    doing: Doing<Writes>,
    At(id): At<i64>,
    headers: HeaderMap,
    body: Body<Input>,
) -> Result<Response, Problem> {
    let once = Once::of(&headers, doing.by(), &format!("POST messages/{id}/corrections"), &body.bytes)?;
    let saying = body.value.saying()?;
    let mut visit = doing.begin().await?;
    if let Some(made) = once.begin(&mut visit.tx).await? {
        visit.tx.commit().await?;
        return Ok((StatusCode::CREATED, Json(DoneView { id: made.parse()? })).into_response());
    }
    let message = views::message(&mut visit.tx, &visit.scope, MailId(id)).await?;
    let message = message.ok_or(Problem::NotFound)?;
    let (world, user, now) = (visit.world.clone(), visit.person.user, visit.clock.now);
    let actor = Actor::load(&mut visit.tx, Some(user), &world, now).await?;
    let done = match saying {
        Saying::Once(said) => corrections::say(&mut visit.tx, &actor, MailId(id), &said).await?,
        Saying::Always { record, domain } => {
            always(&mut visit, &actor, &message.mail.from.address, (record, domain)).await?
        }
    };
    let done = done.map_err(|no| refused(&no))?;
    let id = done.correction;
    settle_one(&mut visit, &done).await?;
    once.made(&mut visit.tx, &id.to_string()).await?;
    visit.tx.commit().await?;
    Ok((StatusCode::CREATED, Json(DoneView { id })).into_response())
}

/// Takes a word back; what stood before it counts again.
#[utoipa::path(
    post, path = "/api/v1/corrections/{id}/undo", tag = "messages", params(("id" = i64, Path)),
    responses((status = 204)), security(("token" = ["write"]))
)]
pub(in super::super) async fn undo(doing: Doing<Writes>, At(id): At<i64>) -> Result<StatusCode, Problem> {
    let mut visit = doing.begin().await?;
    let (world, user, now) = (visit.world.clone(), visit.person.user, visit.clock.now);
    let actor = Actor::load(&mut visit.tx, Some(user), &world, now).await?;
    let done = corrections::undo(&mut visit.tx, &actor, id).await?.map_err(|no| refused(&no))?;
    settle_one(&mut visit, &done).await?;
    visit.tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What is decided about a mail in review.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(tag = "choose", rename_all = "kebab-case", deny_unknown_fields)]
#[schema(as = DecisionInput)]
pub(in super::super) enum Decision {
    /// It is about this record.
    Record {
        /// The record.
        record_id: i64,
        /// The whole thread is.
        #[serde(default)]
        thread: bool,
        /// So is all mail of its sender in one's own mailboxes.
        #[serde(default)]
        always: bool,
        /// So is all mail of everybody at the sender's domain.
        #[serde(default)]
        domain: bool,
        /// The mails that are asked about for the same reason and come from the same sender are decided along.
        #[serde(default)]
        alike: bool,
    },
    /// None of the candidates.
    None {
        /// So are those alike.
        #[serde(default)]
        alike: bool,
    },
    /// It is nobody's but whose mailbox it lies in.
    Private {
        /// So is all mail of its sender in one's own mailboxes.
        #[serde(default)]
        always: bool,
        /// So are those alike.
        #[serde(default)]
        alike: bool,
    },
    /// A machine wrote it.
    Automatic {
        /// So are those alike.
        #[serde(default)]
        alike: bool,
    },
}

/// What came of a decision.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = DecisionDone)]
pub(in super::super) struct DecidedView {
    /// Its number, by which it is undone.
    pub id: i64,
    /// The mails that were decided.
    pub messages: Vec<i64>,
}

fn undecided(no: &review::No) -> Problem {
    match no {
        review::No::NotAsked | review::No::NoDecision => Problem::NotFound,
        review::No::Refused(no) => refused(no),
        other => Problem::Declined(other.to_string()),
    }
}

/// Decides about a mail that the owner of the token is asked about.
#[utoipa::path(
    post, path = "/api/v1/review/{id}/decision", tag = "work",
    params(("id" = i64, Path), ("Idempotency-Key" = Option<String>, Header)), request_body = Decision,
    responses((status = 201, body = DecidedView)), security(("token" = ["write"]))
)]
pub(in super::super) async fn decide(
    doing: Doing<Writes>,
    At(id): At<i64>,
    headers: HeaderMap,
    body: Body<Decision>,
) -> Result<Response, Problem> {
    let once = Once::of(&headers, doing.by(), &format!("POST review/{id}/decision"), &body.bytes)?;
    let mut visit = doing.begin().await?;
    if let Some(made) = once.begin(&mut visit.tx).await? {
        visit.tx.commit().await?;
        let mut numbers = made.split(' ').map(str::parse);
        let id = numbers.next().transpose()?.unwrap_or(0);
        let view = DecidedView { id, messages: numbers.collect::<Result<_, _>>()? };
        return Ok((StatusCode::CREATED, Json(view)).into_response());
    }
    let (world, user, now) = (visit.world.clone(), visit.person.user, visit.clock.now);
    let actor = Actor::load(&mut visit.tx, Some(user), &world, now).await?;
    let reviewer = Reviewer::of(&actor);
    if reviewer.one(&mut visit.tx, MailId(id)).await?.is_none() {
        return Err(Problem::NotFound);
    }
    let (choice, alike) = match body.value {
        Decision::Record { record_id, thread, always, domain, alike } => {
            let record = RecordId(record_id);
            if !actor.named(&mut visit.tx, &[record]).await?.missing.is_empty() {
                return Err(refused(&No::NoRecord));
            }
            (Choice::Record { record, thread, always, domain }, alike)
        }
        Decision::None { alike } => (Choice::None, alike),
        Decision::Private { always, alike } => (Choice::Private { always }, alike),
        Decision::Automatic { alike } => (Choice::Automatic, alike),
    };
    let shown = reviewer.show(&mut visit.tx, MailId(id), choice, alike).await?.map_err(|no| undecided(&no))?;
    let house = visit.app.state.config.house();
    let changed = reviewer.decide(&mut visit.tx, shown.number, &house).await?.map_err(|no| undecided(&no))?;
    settle_all(&mut visit, &changed).await?;
    let messages: Vec<i64> = changed.told.done.iter().map(|(mail, _)| mail.0).collect();
    let made: Vec<String> = std::iter::once(&changed.number).chain(&messages).map(ToString::to_string).collect();
    once.made(&mut visit.tx, &made.join(" ")).await?;
    visit.tx.commit().await?;
    Ok((StatusCode::CREATED, Json(DecidedView { id: changed.number, messages })).into_response())
}

/// Takes a decision back: every word of it that still stands.
#[utoipa::path(
    post, path = "/api/v1/review/decisions/{id}/undo", tag = "work", params(("id" = i64, Path)),
    responses((status = 204)), security(("token" = ["write"]))
)]
pub(in super::super) async fn undecide(doing: Doing<Writes>, At(id): At<i64>) -> Result<StatusCode, Problem> {
    let mut visit = doing.begin().await?;
    let (world, user, now) = (visit.world.clone(), visit.person.user, visit.clock.now);
    let actor = Actor::load(&mut visit.tx, Some(user), &world, now).await?;
    match Reviewer::of(&actor).undo(&mut visit.tx, id).await? {
        Ok(changed) => settle_all(&mut visit, &changed).await?,
        Err(review::No::Undone) => {}
        Err(no) => return Err(undecided(&no)),
    }
    visit.tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
