//! Entering, changing and ending absences: by the person, their line managers, an admin, or the
//! operator at the command line. Nothing is saved that `access::check` refuses; what it warns of is
//! shown before saving, with what the absence will bring. Every change is in the audit.
//!
//! Nothing here begins or ends a cover: that is computed from the clock (P4). A hand-over looks at
//! `ends_at` and `ended_early` itself, so prolonging and ending keep these right and no more.

mod entered;
mod objection;

pub use entered::{Entered, selector_text, when};
pub use objection::{Objection, Refused};

use crate::access::{self, Counts, Episode, Holdings, Part, Problem, Sighted, Weight, World};
use crate::model::absence::{Absence, Phase};
use crate::model::audit::{Action, Line};
use crate::model::id::{AbsenceId, UserId};
use crate::model::time::Timestamp;
use crate::store::{self, Tx};
use std::collections::HashMap;

/// An absence as it would be saved, with all that is to be known before.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// The absence; its id is 0 for a new one.
    pub absence: Absence,
    /// As it stands so far.
    pub before: Option<Absence>,
    /// What is worth knowing; nothing that forbids it.
    pub problems: Vec<Problem>,
    /// Other absences for which it would bring a problem that they do not have now.
    pub elsewhere: Vec<(AbsenceId, Vec<Problem>)>,
    /// What it will bring.
    pub preview: Preview,
    /// What the person holds, as far as whoever asks may count and name it.
    pub holdings: Holdings,
}

/// What an absence will bring.
#[derive(Clone, Debug, Default)]
pub struct Preview {
    /// What each line of it puts to whom.
    pub portions: Vec<(Part, Option<UserId>, Counts)>,
    /// Who answers for what, from when to when.
    pub episodes: Vec<Episode>,
    /// Who gains sight of what.
    pub gains: Vec<Sighted>,
}

impl Preview {
    /// How many records it is about, confidential ones not counted.
    pub fn records(&self) -> i64 {
        self.portions.iter().filter(|(part, ..)| *part != Part::Confidential).map(|(.., c)| c.records()).sum()
    }
}

/// How many clients were told of an absence and keep what they read, although a change makes it say something else:
/// nobody is told again (R47, R48). 0 where what they read stays true.
pub async fn told_before(tx: &mut Tx, before: &Absence, after: &Absence) -> store::Result<i64> {
    let said = |absence: &Absence| (absence.last_day, absence.back_on, absence.substitute);
    match after.notice && said(before) != said(after) {
        true => store::notices::told(tx, before.id).await,
        false => Ok(0),
    }
}

/// What came of saving.
#[derive(Clone, Debug)]
pub struct Added {
    /// The absence as saved.
    pub absence: Absence,
    /// What is worth knowing, such as a substitute who is away too.
    pub warnings: Vec<Problem>,
    /// Other absences for which it brought a problem.
    pub elsewhere: Vec<(AbsenceId, Vec<Problem>)>,
}

/// What the person holds, as far as `viewer` may count it: confidential records only for the person
/// themselves and the operator (`None`), names only of what the viewer may see.
pub async fn holdings(
    tx: &mut Tx,
    of: UserId,
    viewer: Option<UserId>,
    world: &World,
    now: Timestamp,
) -> anyhow::Result<Holdings> {
    let mut records = store::records::owned(tx, &[of]).await?;
    let manages = access::may_enter(viewer, of, world);
    if viewer.is_none_or(|v| v == of) {
        records.extend(store::records::owned_confidential(tx, &[of]).await?);
    }
    let ids: Vec<_> = records.iter().map(|r| r.id).collect();
    let shares = store::shares::on(tx, &ids).await?;
    if let Some(viewer) = viewer {
        let scope = store::people::scope(tx, viewer, world, now).await?;
        match manages {
            true => records.iter_mut().filter(|r| !scope.reads(r, &shares)).for_each(|r| r.name.clear()),
            // Who stands in counts what they see.
            false => records.retain(|r| scope.reads(r, &shares)),
        }
    }
    let team = store::people::load(tx, of).await?.and_then(|u| u.team);
    let activities = store::absences::open_activities(tx, of).await?;
    Ok(Holdings { team, records, activities, shares })
}

/// What an absence would be and bring, or everything that speaks against it. `id` is that of the
/// absence to change; `None` for a new one. `by` is who enters it, `None` for the operator.
pub async fn prepare(
    tx: &mut Tx,
    id: Option<AbsenceId>,
    entered: &Entered,
    world: &World,
    by: Option<UserId>,
    now: Timestamp,
) -> anyhow::Result<Result<Prepared, Refused>> {
    let before = match id {
        None => None,
        Some(id) => match standing(tx, id, world, by, now).await? {
            Ok(before) => Some(before),
            Err(objection) => return Ok(Err(Refused(vec![objection]))),
        },
    };
    let read = match entered.read(tx, before.as_ref(), world, by, now).await? {
        Ok(read) => read,
        Err(objections) => return Ok(Err(Refused(objections))),
    };
    let (absence, mut objections) = read;
    let holdings = holdings(tx, absence.user, by, world, now).await?;
    let (problems, refusals): (Vec<Problem>, Vec<Problem>) =
        access::check(&absence, world, Some(&holdings), now).into_iter().partition(Problem::is_warning);
    objections.extend(refusals.into_iter().map(Objection::Problem));
    if objections.is_empty() && absence.ends.is_some_and(|end| end <= now) {
        objections.push(if before.is_some() { Objection::EndsNow } else { Objection::Past });
    }
    if !objections.is_empty() {
        return Ok(Err(Refused(objections)));
    }
    let gains = |absence: &Absence| -> i64 {
        let all = access::new_sight(absence, world, &holdings, now);
        all.iter().filter(|s| Some(s.user) == by).map(|s| s.counts.records() + s.confidential).sum()
    };
    if by.is_some_and(|by| entered::serves_its_admin(&absence, before.as_ref(), by, world, gains)) {
        return Ok(Err(Refused(vec![Objection::SubstituteIsYou(world.name(absence.user))])));
    }
    let preview = Preview {
        portions: access::portions(&absence, &holdings),
        episodes: access::forecast(&absence, world, &holdings, now),
        gains: access::new_sight(&absence, world, &holdings, now),
    };
    let elsewhere = elsewhere(&absence, world, now);
    Ok(Ok(Prepared { absence, before, problems, elsewhere, preview, holdings }))
}

/// The absence with this id, if `by` may change it and it is not over.
async fn standing(
    tx: &mut Tx,
    id: AbsenceId,
    world: &World,
    by: Option<UserId>,
    now: Timestamp,
) -> anyhow::Result<Result<Absence, Objection>> {
    let found = store::absences::load(tx, id).await?;
    Ok(match found {
        Some(absence) if !access::may_enter(by, absence.user, world) => {
            // Who stands in knows of it; to everybody else it is as if there were none.
            match by.is_some_and(|by| access::stands_in_by(by, &absence)) {
                true => Err(Objection::NotYours(name(absence.user, world))),
                false => Err(Objection::NoAbsence(id)),
            }
        }
        Some(absence) if absence.phase(now) == Phase::Over => Err(Objection::Over(id)),
        Some(absence) => Ok(absence),
        None => Err(Objection::NoAbsence(id)),
    })
}

fn name(user: UserId, world: &World) -> String {
    world.person(user).map_or_else(String::new, |p| p.name.clone())
}

/// Problems that other absences have with this one and do not have without it.
fn elsewhere(absence: &Absence, world: &World, now: Timestamp) -> Vec<(AbsenceId, Vec<Problem>)> {
    let nothing = HashMap::new();
    let before: HashMap<AbsenceId, Vec<Problem>> = access::check_all(world, &nothing, now).into_iter().collect();
    let mut with = world.clone();
    with.absences.retain(|a| a.id != absence.id);
    with.absences.push(absence.clone());
    let news = |(id, mut problems): (AbsenceId, Vec<Problem>)| {
        problems.retain(|p| !before.get(&id).is_some_and(|known| known.contains(p)));
        (id != absence.id && !problems.is_empty()).then_some((id, problems))
    };
    access::check_all(&with, &nothing, now).into_iter().filter_map(news).collect()
}

/// Saves what was prepared in the same transaction, with its line in the audit.
///
/// Notices begin now, not with the absence: mail that arrived before they were switched on is
/// never answered (R4). A change keeps the id, so nobody is told a second time (R48).
pub async fn save(tx: &mut Tx, prepared: Prepared, by: Option<UserId>, now: Timestamp) -> anyhow::Result<Added> {
    let Prepared { mut absence, before, problems: warnings, elsewhere, .. } = prepared;
    let (action, detail) = match &before {
        None => {
            absence.id = store::absences::add(tx, &absence, by, now).await?;
            (Action::AbsenceAdded, facts(&absence))
        }
        Some(before) => {
            store::absences::replace(tx, &absence, now).await?;
            (Action::AbsenceChanged, changes(before, &absence))
        }
    };
    let line = Line::new(now, by, action).subject(absence.id.0).detail(detail);
    store::audit::note(tx, &[line]).await?;
    Ok(Added { absence, warnings, elsewhere })
}

/// Saves a new absence, or says everything that speaks against it.
pub async fn add(
    tx: &mut Tx,
    entered: &Entered,
    world: &World,
    by: Option<UserId>,
    now: Timestamp,
) -> anyhow::Result<Result<Added, Refused>> {
    match prepare(tx, None, entered, world, by, now).await? {
        Ok(prepared) => Ok(Ok(save(tx, prepared, by, now).await?)),
        Err(refused) => Ok(Err(refused)),
    }
}

/// Changes an absence to what was entered: prolonged, shortened, another substitute.
pub async fn edit(
    tx: &mut Tx,
    id: AbsenceId,
    entered: &Entered,
    world: &World,
    by: Option<UserId>,
    now: Timestamp,
) -> anyhow::Result<Result<Added, Refused>> {
    match prepare(tx, Some(id), entered, world, by, now).await? {
        Ok(prepared) => Ok(Ok(save(tx, prepared, by, now).await?)),
        Err(refused) => Ok(Err(refused)),
    }
}

/// What the audit says of an absence: who, when, who stands in. Not its kind, and no text.
fn facts(absence: &Absence) -> serde_json::Value {
    let days = |day: Option<chrono::NaiveDate>| day.map(|d| d.to_string());
    let exceptions: Vec<String> =
        absence.exceptions.iter().map(|e| format!("{}={}", entered::plain(e.what), e.substitute)).collect();
    serde_json::json!({
        "user": absence.user, "from": absence.first_day.to_string(), "until": days(absence.last_day),
        "starts": absence.starts.rfc3339(), "ends": absence.ends.map(Timestamp::rfc3339),
        "back_on": days(absence.back_on), "confirm_on": days(absence.confirm_on),
        "substitute": absence.substitute, "deputy": absence.deputy, "exceptions": exceptions,
        "plan": absence.plan.word(), "cover_writes": absence.cover_writes, "notice": absence.notice,
    })
}

/// What of it changed: before and after.
fn changes(before: &Absence, after: &Absence) -> serde_json::Value {
    let (old, new) = (facts(before), facts(after));
    let mut changed = serde_json::Map::new();
    changed.insert("user".to_owned(), serde_json::json!(after.user));
    for (key, value) in new.as_object().into_iter().flatten() {
        let was = old.get(key).cloned().unwrap_or_default();
        if was != *value {
            changed.insert(key.clone(), serde_json::json!([was, value]));
        }
    }
    if before.notice_texts != after.notice_texts {
        changed.insert("notice_texts".to_owned(), serde_json::json!(true));
    }
    serde_json::Value::Object(changed)
}

/// Which absence is to be ended.
#[derive(Clone, Debug)]
pub enum Which {
    /// The one with this id.
    Id(AbsenceId),
    /// The one that runs for the user with this login.
    Of(String),
}

/// Ends an absence at `now`: the person is back from this moment, and cover ends with it. One that
/// lies in the future never begins. Gives the absence as it stands then.
pub async fn end(
    tx: &mut Tx,
    which: &Which,
    world: &World,
    by: Option<UserId>,
    now: Timestamp,
) -> anyhow::Result<Result<Absence, Refused>> {
    let id = match which {
        Which::Id(id) => *id,
        Which::Of(login) => {
            let user = match entered::person(tx, login).await? {
                Ok(user) => user.person.id,
                Err(objection) => return Ok(Err(Refused(vec![objection]))),
            };
            match world.running(user, now) {
                Some(running) => running.id,
                None => return Ok(Err(Refused(vec![Objection::NotAway(login.clone())]))),
            }
        }
    };
    let absence = match standing(tx, id, world, by, now).await? {
        Ok(absence) => absence,
        Err(objection) => return Ok(Err(Refused(vec![objection]))),
    };
    if !store::absences::end(tx, id, now).await? {
        return Ok(Err(Refused(vec![Objection::Over(id)])));
    }
    let detail = serde_json::json!({
        "user": absence.user, "called_off": absence.phase(now) == Phase::Upcoming,
        "planned_end": absence.ends.map(Timestamp::rfc3339),
    });
    let line = Line::new(now, by, Action::AbsenceEnded).subject(id.0).detail(detail);
    store::audit::note(tx, &[line]).await?;
    Ok(Ok(store::absences::load(tx, id).await?.unwrap_or(absence)))
}

/// What speaks against the absences that run or are to come and of which `viewer` is told (`access::concerns`,
/// `access::is_near`), as things stand at `now`: somebody was deactivated, another absence was saved or ended, a fallback
/// changed. `None` is the operator, whose business all of them are. Records are counted where a
/// problem names some.
pub async fn troubles(
    tx: &mut Tx,
    world: &World,
    viewer: Option<UserId>,
    is_told: fn(UserId, &Absence, &World) -> bool,
    now: Timestamp,
) -> anyhow::Result<Vec<(Absence, Vec<Problem>)>> {
    let mine = |a: &&Absence| a.phase(now) != Phase::Over && viewer.is_none_or(|v| is_told(v, a, world));
    let concerned: Vec<&Absence> = world.absences.iter().filter(mine).collect();
    let teams = store::absences::teams_of(tx, concerned.iter().map(|a| a.user)).await?;
    let mut found = Vec::new();
    for absence in concerned {
        let team = teams.get(&absence.user).copied().flatten();
        let uncounted = Holdings { team, ..Holdings::default() };
        let worth = |p: &Problem| p.weight() > Weight::Note;
        // Where nobody on the way is away and a substitute is named, the records make no difference.
        let away_too = absence.substitutes().any(|s| world.absences.iter().any(|a| a.user == s));
        let depends = away_too || absence.substitute.is_none();
        if !depends && !access::check(absence, world, Some(&uncounted), now).iter().any(worth) {
            continue;
        }
        let held = holdings(tx, absence.user, viewer, world, now).await?;
        let mut problems = access::check(absence, world, Some(&held), now);
        problems.retain(|p| worth(p) && viewer.is_none_or(|v| access::is_told(v, absence, p, world)));
        if !problems.is_empty() {
            found.push((absence.clone(), problems));
        }
    }
    Ok(found)
}
