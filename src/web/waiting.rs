//! Who waits for whom, on the page of a mail and on Today: that no answer is needed, when to follow up,
//! and taking either back.

use super::activities::told;
use super::doing::{Fields, actor, begin, go};
use super::refusal::Refusal;
use super::timed::Timed;
use super::visit::Visit;
use super::words::{FromMailWords, Words};
use crate::access;
use crate::actions::actor::Actor;
use crate::actions::corrections::{self, Done, No, Said};
use crate::intake::reconsider;
use crate::model::correction::What;
use crate::model::id::{MailId, UserId};
use crate::model::time::Timestamp;
use crate::store::Tx;
use crate::store::views::{self, Asked, Excerpt, Item};
use axum::extract::rejection::{FormRejection, PathRejection};
use axum::extract::{Form, Path};
use axum::response::Response;
use chrono::{NaiveDate, NaiveTime};

/// Mails of one conversation of which it is said at once at most that no answer is needed.
const MOST: usize = 100;

/// What the page of a mail says of its wait, and offers.
pub(super) struct WaitView {
    /// Where the forms go.
    pub action: String,
    /// "Jan said that no answer is needed", with the word's number.
    pub said: Option<(Timed, i64)>,
    /// What the button says that ends the wait; none where nobody waits.
    pub end: Option<&'static str>,
    /// The day on which it comes up, where it is a question of ours.
    pub follow_up: Option<String>,
}

impl WaitView {
    /// Of this mail, as far as the viewer may say anything of it.
    pub async fn load(visit: &mut Visit, mail: &Excerpt) -> Result<Option<WaitView>, Refusal> {
        let said = said(visit, mail.id).await?;
        let w = FromMailWords::of(visit.words().language);
        let end = match (mail.waits, mail.awaits) {
            (true, _) => Some(w.no_answer),
            (_, true) => Some(w.not_expected),
            _ => None,
        };
        let follow_up = mail.awaits.then(|| due(visit, mail).format("%Y-%m-%d").to_string());
        let action = format!("/messages/{}/wait", mail.id);
        Ok((said.is_some() || end.is_some()).then_some(WaitView { action, said, end, follow_up }))
    }
}

/// The day on which a question of ours is to be followed up.
pub(super) fn due(visit: &Visit, mail: &Excerpt) -> NaiveDate {
    let (config, zone) = (&visit.app.state.config, visit.clock.zone);
    let at =
        mail.follow_up.unwrap_or_else(|| access::follow_up(mail.at, config.follow_up_days, &config.holidays, zone));
    access::day_of(at, zone)
}

/// The word on the wait that stands, if there is one.
async fn said(visit: &mut Visit, mail: MailId) -> Result<Option<(Timed, i64)>, Refusal> {
    let Some(found) = crate::store::corrections::mail(&mut visit.tx, mail).await? else { return Ok(None) };
    let standing = crate::store::corrections::of_mails(&mut visit.tx, &[found.named.copy_key]).await?;
    let about = |what| matches!(what, What::NoAnswer | What::FollowUp);
    let word = standing.into_iter().rfind(|c| about(c.what) && c.mail.as_ref() == Some(&found.named));
    let Some(word) = word else { return Ok(None) };
    let w = FromMailWords::of(visit.words().language);
    let name = word.by.map_or(w.somebody.to_owned(), |user: UserId| visit.name(user));
    let text = match (word.what, word.until) {
        (What::FollowUp, Some(until)) => {
            Timed::exact(w.said_follow_up, &[("name", &name)], "day", &visit.clock.a_day(until))
        }
        _ => Timed::with(w.said_no_answer, &[("name", &name)], &[]),
    };
    Ok(Some((text, word.id)))
}

/// `POST /messages/{id}/wait`.
pub(super) async fn say(
    mut visit: Visit,
    path: Result<Path<i64>, PathRejection>,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Response {
    let answer = match path {
        Ok(Path(id)) => spoken(&mut visit, MailId(id), form).await,
        Err(_) => Err(Refusal::NotFound),
    };
    visit.answer(answer)
}

async fn spoken(
    visit: &mut Visit,
    mail: MailId,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Result<Response, Refusal> {
    let fields = Fields::of(form)?;
    if views::message(&mut visit.tx, &visit.scope, mail).await?.is_none() {
        return Err(Refusal::NotFound);
    }
    let w = FromMailWords::of(visit.words().language);
    let back = match fields.get("next") {
        "" => format!("/messages/{mail}"),
        next => next.to_owned(),
    };
    let (mut tx, world) = begin(visit).await?;
    tx.alone().await?;
    let actor = actor(visit, &mut tx, &world).await?;
    let done = match fields.get("what") {
        "no-answer" => {
            let also = fields.numbers("also").into_iter().map(MailId).filter(|other| *other != mail);
            unanswered(&mut tx, &actor, mail, also.take(MOST)).await?
        }
        "follow-up" => match morning(fields.get("day"), visit) {
            Some(at) => corrections::say(&mut tx, &actor, mail, &Said::FollowUp(at)).await?,
            None => return Ok(refused(visit, w.no_day.to_owned(), &back)),
        },
        "undo" => corrections::undo(&mut tx, &actor, fields.number("word").unwrap_or(0)).await?,
        _ => return Err(Refusal::NotFound),
    };
    match done {
        Ok(done) => {
            let house = visit.app.state.config.house();
            reconsider::corrected(&mut tx, &done.again, &house, visit.clock.now).await?;
            tx.commit().await?;
            Ok(go(&back))
        }
        Err(No::NoMail) => Err(Refusal::NotFound),
        Err(no) => Ok(refused(visit, why_not(&no, visit.words()), &back)),
    }
}

/// Says of a mail, and of others of its conversation that the list told of, that no answer is needed. Of those
/// others some may have been answered since: that is no reason against the rest.
async fn unanswered(
    tx: &mut Tx,
    actor: &Actor<'_>,
    mail: MailId,
    also: impl IntoIterator<Item = MailId>,
) -> Result<Result<Done, No>, Refusal> {
    let mut done = match corrections::say(tx, actor, mail, &Said::NoAnswer).await? {
        Ok(done) => done,
        Err(no) => return Ok(Err(no)),
    };
    for other in also {
        if let Ok(more) = corrections::say(tx, actor, other, &Said::NoAnswer).await? {
            done.again.threads.extend(more.again.threads);
            done.again.copies.extend(more.again.copies);
        }
    }
    done.again.threads.sort_unstable();
    done.again.threads.dedup();
    Ok(Ok(done))
}

fn refused(visit: &Visit, text: String, back: &str) -> Response {
    told(visit, visit.words().not_changed.to_owned(), vec![text], back)
}

/// The beginning of the working day that is written so.
fn morning(text: &str, visit: &Visit) -> Option<Timestamp> {
    let day: NaiveDate = text.parse().ok()?;
    Some(access::local_moment(day, NaiveTime::from_hms_opt(8, 0, 0)?, visit.clock.zone))
}

fn why_not(no: &No, words: &'static Words) -> String {
    let w = FromMailWords::of(words.language);
    let text = match no {
        No::NotYours | No::MayNotWrite => w.no_not_yours,
        No::NotWaiting => w.no_not_waiting,
        No::NotAsked => w.no_not_asked,
        No::Passed => w.no_passed,
        No::Already => w.no_already,
        No::NoCorrection | No::NotStanding => w.no_correction,
        _ => w.no_mail,
    };
    text.to_owned()
}

/// What is to be followed up today on records of these owners.
pub(super) async fn asked(
    visit: &mut Visit,
    owners: &[UserId],
    limit: i64,
    count_to: i64,
) -> Result<(Vec<Item>, i64), Refusal> {
    let (config, zone, now) = (visit.app.state.config.clone(), visit.clock.zone, visit.clock.now);
    let today = access::day_of(now, zone);
    let before = access::asked_before(today, config.follow_up_days, &config.holidays, zone);
    let until = today.succ_opt().map_or(now, |tomorrow| access::day_start(tomorrow, zone));
    let asked = Asked { owners, before, until };
    Ok(views::asked(&mut visit.tx, &visit.scope, &asked, limit, count_to).await?)
}
