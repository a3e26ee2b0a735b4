//! Entering and ending an absence: the checks of `access`, then one row.

use crate::access::{self, World};
use crate::model::absence::{Absence, Phase};
use crate::model::id::{AbsenceId, UserId};
use crate::model::time::Timestamp;
use crate::store::{self, Tx, people::User};
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// An absence as it is entered; people by their logins.
#[derive(Clone, Debug, Default)]
pub struct Entered {
    /// Who is away.
    pub user: String,
    /// First day away.
    pub first_day: NaiveDate,
    /// Last day away; none for an open end.
    pub last_day: Option<NaiveDate>,
    /// First day back, where it is not the next working day.
    pub back_on: Option<NaiveDate>,
    /// Who covers.
    pub substitute: Option<String>,
    /// Who covers confidential records.
    pub deputy: Option<String>,
    /// Whether clients get a notice.
    pub notice: bool,
    /// The person's own texts by language.
    pub notice_texts: BTreeMap<String, String>,
    /// IANA zone; none for the person's.
    pub zone: Option<String>,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Added {
    /// The absence as saved.
    pub absence: Absence,
    /// Sentences about what is worth knowing, such as a substitute who is away too.
    pub warnings: Vec<String>,
}

/// Why it was not saved: sentences.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct Refused(pub Vec<String>);

/// Saves an absence, or says everything that speaks against it. `by` is who enters it, `None` for
/// the operator.
///
/// Notices begin now, not with the absence: mail that arrived before they were switched on is
/// never answered (R4).
pub async fn add(
    tx: &mut Tx,
    entered: &Entered,
    world: &World,
    by: Option<UserId>,
    now: Timestamp,
) -> anyhow::Result<Result<Added, Refused>> {
    let mut problems = Vec::new();
    let user = person(tx, Some(&entered.user), &mut problems).await?;
    let substitute = person(tx, entered.substitute.as_ref(), &mut problems).await?;
    let deputy = person(tx, entered.deputy.as_ref(), &mut problems).await?;
    let Some(user) = user else { return Ok(Err(Refused(problems))) };
    let zone_name = entered.zone.clone().unwrap_or_else(|| user.zone.clone());
    let zone = match access::zone(&zone_name) {
        Ok(zone) => zone,
        Err(problem) => {
            problems.push(problem.to_string());
            return Ok(Err(Refused(problems)));
        }
    };
    let (starts, ends) = access::moments((entered.first_day, None), entered.last_day.map(|day| (day, None)), zone);
    let mut absence = Absence {
        id: AbsenceId(0),
        user: user.person.id,
        first_day: entered.first_day,
        last_day: entered.last_day,
        back_on: entered.back_on,
        first_time: None,
        last_time: None,
        confirm_on: None,
        nature: Default::default(),
        exceptions: Vec::new(),
        plan: Default::default(),
        cover_writes: true,
        zone: zone_name,
        starts,
        ends,
        substitute: substitute.map(|u| u.person.id),
        deputy: deputy.map(|u| u.person.id),
        notice: entered.notice,
        notice_since: entered.notice.then_some(now),
        notice_texts: entered.notice_texts.clone(),
    };
    let mut warnings = Vec::new();
    for problem in access::check(&absence, world) {
        if problem.is_warning() {
            warnings.push(problem.to_string());
        } else {
            problems.push(problem.to_string());
        }
    }
    if problems.is_empty() && absence.phase(now) == Phase::Over {
        problems.push("the last day lies in the past, so there is nothing left to cover; correct the dates".to_owned());
    }
    if !problems.is_empty() {
        return Ok(Err(Refused(problems)));
    }
    absence.id = store::absences::add(tx, &absence, by, now).await?;
    Ok(Ok(Added { absence, warnings }))
}

async fn person(tx: &mut Tx, login: Option<&String>, problems: &mut Vec<String>) -> anyhow::Result<Option<User>> {
    let Some(login) = login else { return Ok(None) };
    let found = store::people::by_login(tx, login).await?;
    if found.is_none() {
        let logins = store::people::every(tx).await?.into_iter().map(|u| u.login);
        let near = super::import::nearest(&store::people::login_key(login), logins);
        let hint = near.map(|n| format!("; did you mean `{n}`?")).unwrap_or_default();
        problems.push(format!("there is no user with the login `{login}`{hint}"));
    }
    Ok(found)
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
pub async fn end(tx: &mut Tx, which: &Which, now: Timestamp) -> anyhow::Result<Result<Absence, Refused>> {
    let mut problems = Vec::new();
    let found = match which {
        Which::Id(id) => {
            let found = store::absences::load(tx, *id).await?;
            if found.is_none() {
                problems.push(format!("there is no absence {id}; `standin absence list` shows all there are"));
            }
            found
        }
        Which::Of(login) => {
            let user = person(tx, Some(login), &mut problems).await?;
            let all = store::absences::not_over(tx, now).await?;
            let of =
                |a: &Absence| user.as_ref().is_some_and(|u| u.person.id == a.user) && a.phase(now) == Phase::Running;
            let running = all.into_iter().find(of);
            if running.is_none() && problems.is_empty() {
                problems.push(format!(
                    "{login} is not away now; to call off a later absence name its number \
                     (`standin absence list`, then `standin absence end NUMBER`)"
                ));
            }
            running
        }
    };
    let Some(absence) = found else { return Ok(Err(Refused(problems))) };
    if !store::absences::end(tx, absence.id, now).await? {
        return Ok(Err(Refused(vec![format!("absence {} is over already", absence.id)])));
    }
    let ended = store::absences::load(tx, absence.id).await?;
    Ok(Ok(ended.unwrap_or(absence)))
}
