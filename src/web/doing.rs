//! What pages that change something share: a unit of work, forms, words for why not.

use super::refusal::Refusal;
use super::signin::within;
use super::visit::Visit;
use super::words::{Words, fill};
use crate::access::World;
use crate::actions::activities::No;
use crate::actions::actor::Actor;
use crate::actions::choice::{LONGEST_REASON, LeftOut, MOST, Objection, Why};
use crate::model::record::Person;
use crate::store::{Tx, people};
use axum::extract::Form;
use axum::extract::rejection::FormRejection;
use axum::response::{IntoResponse, Redirect, Response};
use std::collections::HashMap;

/// A form's fields, or a query's, in their order; names may come several times.
#[derive(Clone, Debug, Default)]
pub(super) struct Fields(pub Vec<(String, String)>);

impl Fields {
    /// Those of a form.
    pub fn of(form: Result<Form<Vec<(String, String)>>, FormRejection>) -> Result<Fields, Refusal> {
        form.map(|Form(fields)| Fields(fields)).map_err(|_| Refusal::NotFound)
    }

    /// The first with this name, without white space around it; empty if there is none.
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.trim())
    }

    /// The first with this name as a number.
    pub fn number(&self, name: &str) -> Option<i64> {
        self.get(name).parse().ok()
    }

    /// All with this name as numbers, each once; what is no number is left out.
    pub fn numbers(&self, name: &str) -> Vec<i64> {
        let mut all: Vec<i64> =
            self.0.iter().filter(|(key, _)| key == name).filter_map(|(_, value)| value.parse().ok()).collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}

/// A unit of work that writes, and the people as they are in it: rights are looked at in the
/// moment in which something is done.
pub(super) async fn begin(visit: &Visit) -> Result<(Tx, World), Refusal> {
    let mut tx = visit.app.state.db.write().await?;
    let world = people::world(&mut tx, &visit.app.state.config.rights(), visit.clock.now).await?;
    Ok((tx, world))
}

/// The viewer as somebody who does something.
pub(super) async fn actor<'w>(visit: &Visit, tx: &mut Tx, world: &'w World) -> Result<Actor<'w>, Refusal> {
    Ok(Actor::load(tx, Some(visit.person.user), world, visit.clock.now).await?)
}

/// The viewer as somebody who looks at what they could do, in the visit's own reading.
pub(super) async fn actor_in<'w>(visit: &mut Visit, world: &'w World) -> Result<Actor<'w>, Refusal> {
    let (user, now) = (visit.person.user, visit.clock.now);
    Ok(Actor::load(&mut visit.tx, Some(user), world, now).await?)
}

/// Sends the browser on, so that reloading does nothing twice. Only to our own pages.
pub(super) fn go(path: &str) -> Response {
    Redirect::to(within(path)).into_response()
}

/// What somebody is called where people are chosen: whoever bears the name of somebody else is told
/// apart by team and number (U16).
pub(super) fn called(person: &Person, world: &World) -> String {
    if world.people.iter().filter(|other| other.name == person.name).count() < 2 {
        return person.name.clone();
    }
    told_apart(person, world)
}

fn told_apart(person: &Person, world: &World) -> String {
    let team = world.teams.iter().find(|team| person.teams.first() == Some(&team.id));
    let team = team.map_or_else(String::new, |team| format!("{}, ", team.name));
    format!("{} ({team}№ {})", person.name, person.id)
}

/// Some people of the company by what they are [`called`], in the order of that: id and name.
pub(super) fn roll<'p>(people: impl Iterator<Item = &'p Person>, world: &World) -> Vec<(i64, String)> {
    let mut bearers: HashMap<&str, usize> = HashMap::new();
    for person in &world.people {
        *bearers.entry(&person.name).or_default() += 1;
    }
    let shared = |person: &Person| bearers.get(person.name.as_str()).is_some_and(|n| *n > 1);
    let name = |p: &Person| if shared(p) { told_apart(p, world) } else { p.name.clone() };
    let mut all: Vec<(i64, String)> = people.map(|p| (p.id.0, name(p))).collect();
    all.sort_by_cached_key(|(_, name)| crate::store::sort_key(name));
    all
}

/// A choice of one of these: id, name, whether chosen.
pub(super) fn choice(roll: Vec<(i64, String)>, chosen: Option<i64>) -> Vec<(i64, String, bool)> {
    roll.into_iter().map(|(id, name)| (id, name, chosen == Some(id))).collect()
}

/// Colleagues who still work here, for a choice: id, name, whether chosen.
pub(super) fn colleagues(visit: &Visit, chosen: Option<i64>) -> Vec<(i64, String, bool)> {
    choice(roll(visit.world.people.iter().filter(|p| p.active), &visit.world), chosen)
}

/// Why nothing at all can be done.
pub(super) fn objection(objection: &Objection, w: &'static Words) -> String {
    match objection {
        Objection::Nothing => w.objection_nothing.to_owned(),
        Objection::TooMany => fill(w.objection_too_many, &[("n", &w.number(MOST as i64))]),
        Objection::Inactive(name) => fill(w.objection_inactive, &[("name", name)]),
        Objection::LongReason => fill(w.objection_long, &[("n", &w.number(LONGEST_REASON as i64))]),
        Objection::BadRole => w.objection_role.to_owned(),
        Objection::NoPreview => w.objection_no_preview.to_owned(),
    }
}

/// A record that was left out, and why.
pub(super) fn left_out(left_out: &LeftOut, w: &'static Words) -> (String, String) {
    let why = match &left_out.why {
        Why::NotThere => w.why_not_there.to_owned(),
        Why::MayNotAssign => w.why_may_not_assign.to_owned(),
        Why::MayNotShare => w.why_may_not_share.to_owned(),
        Why::TooMuch => w.why_too_much.to_owned(),
        Why::NotGiven => w.why_not_given.to_owned(),
        Why::Already => w.why_already.to_owned(),
        Why::ChangedSince(name) => fill(w.why_changed, &[("name", name)]),
        Why::NoAccount => w.why_no_account.to_owned(),
        Why::HasRole => w.why_has_role.to_owned(),
        Why::HasNoRole => w.why_has_no_role.to_owned(),
        Why::NoStep => w.why_no_step.to_owned(),
    };
    (left_out.name.clone().unwrap_or_else(|| format!("№ {}", left_out.record)), why)
}

/// Why an activity was not entered or changed.
pub(super) fn activity_no(no: &No, w: &'static Words) -> String {
    match no {
        No::NotThere => w.why_not_there.to_owned(),
        No::MayNot => w.no_may_not.to_owned(),
        No::NoSubject => w.no_subject_given.to_owned(),
        No::TooLong => w.no_too_long.to_owned(),
        No::NoteHasNoDate => w.no_note_date.to_owned(),
        No::Ended => w.no_ended.to_owned(),
        No::Future => w.no_future.to_owned(),
        No::Inactive(name) => fill(w.objection_inactive, &[("name", name)]),
        No::Blind(name) => fill(w.no_blind, &[("name", name)]),
        No::Nobody => w.no_nobody.to_owned(),
        No::Organized => super::words::FromMailWords::of(w.language).no_time.to_owned(),
    }
}
