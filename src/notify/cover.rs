//! The start of a cover and the end of an absence: a brief for the substitute, a report for the
//! owner. Pages show both to those they concern; mails go to those who asked (S9).

use super::Desk;
use crate::access::{Scope, World, answers_now};
use crate::model::absence::{Absence, CoverPlan, Phase};
use crate::model::colleagues::{Answered, Brief, Recipient, Report};
use crate::model::id::{AbsenceId, UserId};
use crate::model::record::{Kind, Record};
use crate::model::time::{DAY, Timestamp};
use crate::notice::colleagues::{Letter, may_answer, may_stand_in};
use crate::store::notifications::{self as told, Telling};
use crate::store::{self, Tx, views};
use anyhow::{Context, Result};
use std::collections::BTreeMap;

/// A report is sent up to so long after the end: a program that was off for longer says nothing.
const LATE_REPORT: i64 = 3 * DAY;
/// Promises and questions are looked for this far before the absence.
const LAST_WORDS: i64 = 30 * DAY;
/// Lists are counted up to here.
const COUNTED: i64 = 1_000;
/// At most so many last words.
const WORDS: i64 = 100;

/// Queues the briefs of covers that began and the reports of absences that ended.
pub(super) async fn run(desk: &Desk<'_>) -> Result<usize> {
    if !desk.wishes.values().any(|wishes| wishes.covers) {
        return Ok(0);
    }
    Ok(briefs(desk).await? + reports(desk).await?)
}

fn wants(desk: &Desk<'_>, user: UserId) -> bool {
    desk.wishes.get(&user).is_some_and(|wishes| wishes.covers)
}

async fn briefs(desk: &Desk<'_>) -> Result<usize> {
    let mut due = Vec::new();
    for absence in desk.world.absences.iter().filter(|a| a.phase(desk.now) == Phase::Running) {
        // What is handed over is listed by the hand-over itself.
        let covers = absence.plan == CoverPlan::Cover && desk.world.active(absence.user);
        for user in may_stand_in(absence.user, &desk.world, desk.now).into_iter().filter(|u| covers && wants(desk, *u))
        {
            due.extend(desk.recipient(user).map(|to| (absence, to)));
        }
    }
    let before = if due.is_empty() { Default::default() } else { desk.told_ever("brief").await? };
    let mut queued = 0;
    for (absence, to) in due {
        if !before.contains(&(to.user, absence.id.to_string())) {
            let sent = send_brief(desk, absence, to).await;
            queued += usize::from(sent.with_context(|| format!("the brief of absence {}", absence.id))?);
        }
    }
    Ok(queued)
}

/// False where another worker was faster, or there is nothing to answer for.
async fn send_brief(desk: &Desk<'_>, absence: &Absence, to: &Recipient) -> Result<bool> {
    let mut tx = desk.db.write().await?;
    let about = absence.id.to_string();
    let telling = Telling { user: to.user, instead_of: None, what: "brief", about: &about };
    let Some(reserved) = told::reserve(&mut tx, &telling, desk.now).await? else { return Ok(false) };
    let (world, scope) = desk.sight(&mut tx, to.user).await?;
    let brief = brief(&mut tx, &scope, &world, absence).await?;
    let empty = brief.counts.is_empty() && brief.tasks.is_empty();
    if !empty {
        desk.post(&mut tx, &[reserved], to, &Letter::Brief(brief), &world).await?;
    }
    tx.commit().await?;
    Ok(!empty)
}

async fn reports(desk: &Desk<'_>) -> Result<usize> {
    let mut tx = desk.db.read().await?;
    let mut due = Vec::new();
    for id in told::ended(&mut tx, desk.now.plus(-LATE_REPORT), desk.now).await? {
        let Some(absence) = store::absences::load(&mut tx, id).await? else { continue };
        // Who is away again, or still, gets it when they are back.
        let back = desk.world.present(absence.user, desk.now) && wants(desk, absence.user);
        if let Some(to) = desk.recipient(absence.user).filter(|_| back) {
            due.push((absence, to));
        }
    }
    drop(tx);
    let before = if due.is_empty() { Default::default() } else { desk.told_ever("report").await? };
    let mut queued = 0;
    for (absence, to) in due {
        if !before.contains(&(to.user, absence.id.to_string())) {
            let sent = send_report(desk, &absence, to).await;
            queued += usize::from(sent.with_context(|| format!("the report of absence {}", absence.id))?);
        }
    }
    Ok(queued)
}

async fn send_report(desk: &Desk<'_>, absence: &Absence, to: &Recipient) -> Result<bool> {
    let mut tx = desk.db.write().await?;
    let about = absence.id.to_string();
    let telling = Telling { user: to.user, instead_of: None, what: "report", about: &about };
    let Some(reserved) = told::reserve(&mut tx, &telling, desk.now).await? else { return Ok(false) };
    let (world, scope) = desk.sight(&mut tx, to.user).await?;
    let report = report(&mut tx, &scope, &world, absence).await?;
    desk.post(&mut tx, &[reserved], to, &Letter::Report(report), &world).await?;
    tx.commit().await?;
    Ok(true)
}

/// The absence with this id, if its brief is for `viewer`: the absent person, whoever the absence
/// names, and while it runs whoever may answer.
pub async fn brief_for(
    tx: &mut Tx,
    id: AbsenceId,
    viewer: UserId,
    world: &World,
    now: Timestamp,
) -> Result<Option<Absence>> {
    let found = store::absences::load(tx, id).await?;
    Ok(found.filter(|a| a.phase(now) != Phase::Over && (a.user == viewer || concerns(a, viewer, world, now))))
}

/// The absence with this id, if its report is for `viewer`: the person who is or was away, and while
/// it runs those who stand in.
pub async fn report_for(
    tx: &mut Tx,
    id: AbsenceId,
    viewer: UserId,
    world: &World,
    now: Timestamp,
) -> Result<Option<Absence>> {
    let found = store::absences::load(tx, id).await?;
    let mine = |absence: &Absence| match absence.phase(now) {
        Phase::Upcoming => false,
        Phase::Running => absence.user == viewer || concerns(absence, viewer, world, now),
        Phase::Over => absence.user == viewer && absence.ends != Some(absence.starts),
    };
    Ok(found.filter(mine))
}

fn concerns(absence: &Absence, viewer: UserId, world: &World, now: Timestamp) -> bool {
    let named = absence.substitutes().chain(absence.deputy).any(|user| user == viewer);
    let runs = world.running(absence.user, now).is_some_and(|running| running.id == absence.id);
    named || runs && may_answer(absence.user, world, now).contains(&viewer)
}

/// The latest absence of `user` that ended within two weeks, for a link to its report.
pub async fn lately_back(tx: &mut Tx, user: UserId, now: Timestamp) -> Result<Option<AbsenceId>> {
    let mut latest: Option<Absence> = None;
    for id in told::ended(tx, now.plus(-14 * DAY), now).await? {
        let found = store::absences::load(tx, id).await?.filter(|absence| absence.user == user);
        latest = found.into_iter().chain(latest).max_by_key(|absence| absence.ends);
    }
    Ok(latest.map(|absence| absence.id))
}

/// What the viewer of `scope` finds of an absence at its moment: on the records they answer for; the
/// absent person on all of theirs.
pub async fn brief(tx: &mut Tx, scope: &Scope, world: &World, absence: &Absence) -> Result<Brief> {
    let (owner, now) = (absence.user, scope.at);
    let mine = |record: &Record| scope.viewer == owner || answers_now(record, world, now).user == Some(scope.viewer);
    let mut counts: BTreeMap<Kind, i64> = BTreeMap::new();
    for record in views::records_of(tx, scope, owner).await?.iter().filter(|record| mine(record)) {
        *counts.entry(record.kind).or_default() += 1;
    }
    let mut waiting = told::waiting(tx, scope, &[owner], COUNTED).await?;
    waiting.retain(|mail| mine(&mail.record));
    let mut tasks = told::tasks(tx, scope, owner, None, COUNTED).await?;
    tasks.retain(|task| mine(&Record { owner, ..task.record.clone() }));
    let since = absence.starts.plus(-LAST_WORDS);
    let mut last_words = views::last_words(tx, scope, owner, since, WORDS).await?;
    last_words.retain(|word| mine(&word.record));
    Ok(Brief {
        absence: absence.id,
        owner: name(owner, world),
        starts: absence.starts,
        ends: absence.ends,
        counts: counts.into_iter().collect(),
        waiting,
        tasks,
        last_words,
    })
}

/// What happened during an absence, as far as the viewer of `scope` may read it, up to its moment.
pub async fn report(tx: &mut Tx, scope: &Scope, world: &World, absence: &Absence) -> Result<Report> {
    let (owner, now) = (absence.user, scope.at);
    let ends = absence.ends.map_or(now, |end| end.min(now));
    let span = (absence.starts, ends);
    let came = views::came_between(tx, scope, owner, span, COUNTED).await?;
    let mut answers: BTreeMap<String, i64> = BTreeMap::new();
    let total = i64::try_from(came.len()).unwrap_or(i64::MAX);
    let mut answered = Vec::new();
    for mail in came {
        let Some((by, at)) = mail.answer else { continue };
        *answers.entry(by.clone()).or_default() += 1;
        answered.push(Answered { mail: mail.mail, by, at });
    }
    let mut answers: Vec<(String, i64)> = answers.into_iter().filter(|(by, _)| !by.is_empty()).collect();
    answers.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    Ok(Report {
        absence: absence.id,
        owner: name(owner, world),
        starts: absence.starts,
        ends,
        runs: absence.phase(now) == Phase::Running,
        came: total,
        answers,
        answered,
        open: told::waiting(tx, scope, &[owner], COUNTED).await?,
        tasks: told::tasks(tx, scope, owner, None, COUNTED).await?,
        deeds: views::deeds(tx, scope, owner, span, COUNTED).await?,
        notices: views::notices_of(tx, absence.id).await?,
    })
}

fn name(user: UserId, world: &World) -> String {
    world.person(user).map(|person| person.name.clone()).unwrap_or_default()
}
