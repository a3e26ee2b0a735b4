//! An absence as people write it: logins, local days and times, names of records.

use super::Objection;
use crate::access::{self, World};
use crate::model::absence::{Absence, CoverPlan, Exception, Nature, Selector};
use crate::model::id::{AbsenceId, RecordId, TeamId, UserId};
use crate::model::notice::Language;
use crate::model::record::{Class, Kind};
use crate::model::time::Timestamp;
use crate::store::{self, Tx, people::User};
use chrono::{Days, NaiveDate, NaiveTime};
use std::collections::BTreeMap;

/// Days after which an open end is asked about, where nobody said when.
const CONFIRM_AFTER: Days = Days::new(14);

/// An absence as it is entered; people by their logins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entered {
    /// Who is away.
    pub user: String,
    /// First day away.
    pub first_day: NaiveDate,
    /// Time on it at which it begins; none for the start of the day.
    pub first_time: Option<NaiveTime>,
    /// Last day away; none for an open end.
    pub last_day: Option<NaiveDate>,
    /// Time on it at which it ends; none for the end of the day.
    pub last_time: Option<NaiveTime>,
    /// First day back, where it is not the next working day.
    pub back_on: Option<NaiveDate>,
    /// With an open end: when to ask whether they are still away; none for two weeks later.
    pub confirm_on: Option<NaiveDate>,
    /// What kind of absence.
    pub nature: Nature,
    /// Who covers.
    pub substitute: Option<String>,
    /// Who covers what else: `account:17`, `record:OP-1042`, `team:North`, `class:A`, `kind:lead`,
    /// each with a login.
    pub exceptions: Vec<(String, String)>,
    /// Who covers confidential records.
    pub deputy: Option<String>,
    /// Cover or hand over.
    pub plan: CoverPlan,
    /// Whether whoever covers may change records.
    pub cover_writes: bool,
    /// Whether clients get a notice.
    pub notice: bool,
    /// The person's own texts by language.
    pub notice_texts: BTreeMap<String, String>,
    /// The languages in which notices can be written.
    pub languages: Vec<Language>,
    /// IANA zone; none for the person's.
    pub zone: Option<String>,
}

impl Default for Entered {
    fn default() -> Entered {
        Entered {
            user: String::new(),
            first_day: NaiveDate::default(),
            first_time: None,
            last_day: None,
            last_time: None,
            back_on: None,
            confirm_on: None,
            nature: Nature::default(),
            substitute: None,
            exceptions: Vec::new(),
            deputy: None,
            plan: CoverPlan::default(),
            cover_writes: true,
            notice: false,
            notice_texts: BTreeMap::new(),
            languages: vec![Language::En, Language::Pl],
            zone: None,
        }
    }
}

/// A day, or a day and a time on it: `2026-12-01`, `2026-12-01T12:00`, `2026-12-01 12:00`.
pub fn when(text: &str) -> Option<(NaiveDate, Option<NaiveTime>)> {
    let text = text.trim();
    match text.split_once(['T', ' ']) {
        None => Some((text.parse().ok()?, None)),
        Some((day, time)) => Some((day.parse().ok()?, Some(NaiveTime::parse_from_str(time.trim(), "%H:%M").ok()?))),
    }
}

/// A selector as it is written, with ids and the team's name.
pub fn selector_text(what: Selector, world: &World) -> String {
    match what {
        Selector::Team(id) => format!("team:{}", world.team(id).map_or_else(|| id.to_string(), |t| t.name.clone())),
        other => plain(other),
    }
}

/// A selector as it is written, with ids alone.
pub(super) fn plain(what: Selector) -> String {
    match what {
        Selector::Record(id) => format!("record:{id}"),
        Selector::Account(id) => format!("account:{id}"),
        Selector::Team(id) => format!("team:{id}"),
        Selector::Class(class) => format!("class:{}", class.word()),
        Selector::Kind(kind) => format!("kind:{}", kind.word()),
    }
}

/// The user with this login.
pub(super) async fn person(tx: &mut Tx, login: &str) -> anyhow::Result<Result<User, Objection>> {
    if let Some(user) = store::people::by_login(tx, login).await? {
        return Ok(Ok(user));
    }
    let logins = store::people::every(tx).await?.into_iter().map(|u| u.login);
    let near = crate::actions::import::nearest(&store::people::login_key(login), logins);
    Ok(Err(Objection::NoUser { login: login.to_owned(), near }))
}

impl Entered {
    /// What a stored absence would have been entered as; `login` gives a user's.
    pub fn of(absence: &Absence, world: &World, login: impl Fn(UserId) -> String) -> Entered {
        let exception = |e: &Exception| (selector_text(e.what, world), login(e.substitute));
        Entered {
            user: login(absence.user),
            first_day: absence.first_day,
            first_time: absence.first_time,
            last_day: absence.last_day,
            last_time: absence.last_time,
            back_on: absence.back_on,
            confirm_on: absence.confirm_on,
            nature: absence.nature,
            substitute: absence.substitute.map(&login),
            exceptions: absence.exceptions.iter().map(exception).collect(),
            deputy: absence.deputy.map(&login),
            plan: absence.plan,
            cover_writes: absence.cover_writes,
            notice: absence.notice,
            notice_texts: absence.notice_texts.clone(),
            // What was saved before may be saved again.
            languages: [Language::En, Language::Pl]
                .into_iter()
                .chain(absence.notice_texts.keys().filter_map(|tag| Language::from_tag(tag)))
                .collect(),
            zone: Some(absence.zone.clone()),
        }
    }

    /// The absence that is meant, with what is wrong about names and texts; only objections where
    /// there is no absence to speak of.
    pub(super) async fn read(
        &self,
        tx: &mut Tx,
        before: Option<&Absence>,
        world: &World,
        by: Option<UserId>,
        now: Timestamp,
    ) -> anyhow::Result<Result<(Absence, Vec<Objection>), Vec<Objection>>> {
        let user = match person(tx, &self.user).await? {
            Ok(user) => user,
            Err(objection) => return Ok(Err(vec![objection])),
        };
        // An absence stays the one person's: somebody else's would be another absence.
        let id = before.map_or(user.person.id, |b| b.user);
        if !access::may_enter(by, id, world) || id != user.person.id {
            return Ok(Err(vec![Objection::NotYours(user.person.name)]));
        }
        let mut objections = self.texts();
        let substitute = named(tx, self.substitute.as_deref(), &mut objections).await?;
        let deputy = named(tx, self.deputy.as_deref(), &mut objections).await?;
        // A deputy reads what no line and no admin reads: only the person can trust somebody with it.
        let trusted_before = before.and_then(|b| b.deputy);
        if by.is_some_and(|by| by != id) && deputy.is_some() && deputy != trusted_before {
            objections.push(Objection::DeputyIsTheirs(user.person.name.clone()));
        }
        let exceptions = self.exceptions(tx, (id, before), world, by, now, &mut objections).await?;
        let zone_name = self.zone.clone().unwrap_or_else(|| user.zone.clone());
        let zone = match access::zone(&zone_name) {
            Ok(zone) => zone,
            Err(problem) => {
                objections.push(Objection::Problem(problem));
                return Ok(Err(objections));
            }
        };
        let last = self.last_day.map(|day| (day, self.last_time));
        let (starts, ends) = access::moments((self.first_day, self.first_time), last, zone);
        let kept_since = before.filter(|b| b.notice).and_then(|b| b.notice_since);
        let absence = Absence {
            id: before.map_or(AbsenceId(0), |b| b.id),
            user: id,
            first_day: self.first_day,
            last_day: self.last_day,
            back_on: self.back_on,
            first_time: self.first_time,
            last_time: self.last_time.filter(|_| self.last_day.is_some()),
            confirm_on: self.confirmed(before, access::day_of(now, zone)),
            nature: self.nature,
            exceptions,
            plan: self.plan,
            cover_writes: self.cover_writes,
            zone: zone_name,
            starts,
            ends,
            substitute,
            deputy,
            notice: self.notice,
            notice_since: self.notice.then(|| kept_since.unwrap_or(now)),
            notice_texts: self.notice_texts.clone(),
        };
        if before.is_some_and(|before| serves_its_deputy(&absence, before, by)) {
            objections.push(Objection::DeputyIsYou(user.person.name));
        }
        Ok(Ok((absence, objections)))
    }

    /// When an open end is asked about. A day that was set while the end was open goes when the end
    /// becomes known.
    fn confirmed(&self, before: Option<&Absence>, today: NaiveDate) -> Option<NaiveDate> {
        match self.last_day {
            None => self.confirm_on.or_else(|| self.first_day.max(today).checked_add_days(CONFIRM_AFTER)),
            Some(_) => self.confirm_on.filter(|day| before.is_none_or(|b| b.confirm_on != Some(*day))),
        }
    }

    /// R82: a text says nothing that a notice may not say.
    fn texts(&self) -> Vec<Objection> {
        let mut objections = Vec::new();
        for (language, text) in &self.notice_texts {
            if !self.languages.iter().any(|known| known.tag() == language) {
                objections.push(Objection::NoLanguage(language.clone()));
            }
            if let Err(error) = crate::notice::check_template(text) {
                objections.push(Objection::Text(language.clone(), error));
            }
        }
        objections
    }

    async fn exceptions(
        &self,
        tx: &mut Tx,
        (user, before): (UserId, Option<&Absence>),
        world: &World,
        by: Option<UserId>,
        now: Timestamp,
        objections: &mut Vec<Objection>,
    ) -> anyhow::Result<Vec<Exception>> {
        let mut found = Vec::new();
        let known: Vec<Selector> = before.into_iter().flat_map(|b| b.exceptions.iter().map(|e| e.what)).collect();
        for (what, login) in &self.exceptions {
            let substitute = named(tx, Some(login), objections).await?;
            let finder = Finder { user, by, world, now, known: &known };
            match (finder.selector(tx, what).await?, substitute) {
                (Ok(what), Some(substitute)) => found.push(Exception { what, substitute }),
                (Err(objection), _) => objections.push(objection),
                (Ok(_), None) => {}
            }
        }
        Ok(found)
    }
}

/// Whether the deputy for confidential records, who is not the person, would be one at other times than
/// the person trusted them with, or would write what they could only read.
fn serves_its_deputy(absence: &Absence, before: &Absence, by: Option<UserId>) -> bool {
    is_more(absence, before) && by.is_some_and(|by| by != absence.user && absence.deputy == Some(by))
}

/// Whether an absence is at times, or lets its substitutes write, where it did not before.
fn is_more(absence: &Absence, before: &Absence) -> bool {
    let later = match (absence.ends, before.ends) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(end), Some(before)) => end > before,
    };
    absence.starts < before.starts || later || absence.cover_writes && !before.cover_writes
}

/// Whether `by`, an admin and neither the person nor above them, would stand in by it, or see more, where
/// they did not before. An admin reads no mail: they would make themselves a reader of whatever they like.
/// `gains` is how much somebody sees by an absence that they would not see without.
pub(super) fn serves_its_admin(
    absence: &Absence,
    before: Option<&Absence>,
    by: UserId,
    world: &World,
    gains: impl Fn(&Absence) -> i64,
) -> bool {
    if !access::enters_as_admin(by, absence.user, world) {
        return false;
    }
    let stands_in = |a: &Absence| a.substitutes().any(|s| s == by);
    let longer = before.is_none_or(|before| !stands_in(before) || is_more(absence, before));
    (stands_in(absence) && longer) || gains(absence) > before.map_or(0, gains)
}

async fn named(tx: &mut Tx, login: Option<&str>, objections: &mut Vec<Objection>) -> anyhow::Result<Option<UserId>> {
    let Some(login) = login else { return Ok(None) };
    Ok(match person(tx, login).await? {
        Ok(user) => Some(user.person.id),
        Err(objection) => {
            objections.push(objection);
            None
        }
    })
}

/// Finds what a selector names, for whoever enters it.
///
/// A record is found only where whoever enters may see it, or, for admins and the operator, where
/// it is the absent person's and not confidential: an exception must not be a way to ask which
/// records exist.
struct Finder<'a> {
    user: UserId,
    by: Option<UserId>,
    world: &'a World,
    now: Timestamp,
    /// What the absence names already.
    known: &'a [Selector],
}

impl Finder<'_> {
    async fn selector(&self, tx: &mut Tx, text: &str) -> anyhow::Result<Result<Selector, Objection>> {
        let bad = || Err(Objection::NoSelector(text.to_owned()));
        let Some((word, rest)) = text.split_once(':').map(|(word, rest)| (word.trim(), rest.trim())) else {
            return Ok(bad());
        };
        Ok(match word {
            "class" => Class::from_word(rest).map(Selector::Class).map_or_else(bad, Ok),
            "kind" => Kind::from_word(&rest.to_lowercase()).map(Selector::Kind).map_or_else(bad, Ok),
            "team" => self.team(rest).map(Selector::Team),
            "record" => self.record(tx, rest, Selector::Record).await?.map(|(id, _)| Selector::Record(id)),
            "account" => match self.record(tx, rest, Selector::Account).await? {
                Ok((id, Kind::Account)) => Ok(Selector::Account(id)),
                Ok(_) => Err(Objection::NoAccount(rest.to_owned())),
                Err(objection) => Err(objection),
            },
            _ => bad(),
        })
    }

    fn team(&self, text: &str) -> Result<TeamId, Objection> {
        let id: Option<i64> = text.parse().ok();
        let key = store::fold(text);
        let teams = &self.world.teams;
        let found =
            teams.iter().find(|t| store::fold(&t.name) == key).or_else(|| teams.iter().find(|t| Some(t.id.0) == id));
        found.map(|t| t.id).ok_or_else(|| Objection::NoTeam(text.to_owned()))
    }

    /// The record that `text` names, and its kind.
    async fn record(
        &self,
        tx: &mut Tx,
        text: &str,
        selector: fn(RecordId) -> Selector,
    ) -> anyhow::Result<Result<(RecordId, Kind), Objection>> {
        let id = text.parse().ok().map(RecordId);
        if let Some(id) = id {
            let all = store::records::load(tx, &[id]).await?;
            let stands = self.known.contains(&selector(id));
            let theirs = |r: &&store::records::Entry| {
                stands || self.trusted() && r.record.owner == self.user && !r.record.confidential
            };
            if let Some(entry) = all.iter().find(theirs) {
                return Ok(Ok((id, entry.record.kind)));
            }
        }
        // The operator finds by name what the absent person would.
        let viewer = self.by.unwrap_or(self.user);
        let scope = store::people::scope(tx, viewer, self.world, self.now).await?;
        let mut found = store::records::find(tx, &scope, text).await?;
        if let Some(exact) = found.iter().position(|e| Some(e.record.id) == id) {
            found = vec![found.swap_remove(exact)];
        }
        if selector(RecordId(0)) == Selector::Account(RecordId(0))
            && found.iter().any(|e| e.record.kind == Kind::Account)
        {
            found.retain(|e| e.record.kind == Kind::Account);
        }
        Ok(match found.as_slice() {
            [] => Err(Objection::NoRecord(text.to_owned())),
            [one] => Ok((one.record.id, one.record.kind)),
            several => {
                let names = several.iter().map(|e| format!("{} {}", e.record.id, e.record.name));
                Err(Objection::Several(text.to_owned(), names.collect::<Vec<_>>().join(", ")))
            }
        })
    }

    fn trusted(&self) -> bool {
        self.by.is_none_or(|by| self.world.administers(by))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_may_have_a_time() {
        let (day, time) = when("2026-12-01T12:30").unwrap();
        assert_eq!((day.to_string(), time.unwrap().to_string()), ("2026-12-01".into(), "12:30:00".into()));
        assert_eq!(when("2026-12-01 12:30"), when("2026-12-01T12:30"));
        assert_eq!(when("2026-12-01").unwrap().1, None);
        for bad in ["1.12.2026", "2026-12-01T", "2026-12-01T25:00", "2026-13-01", ""] {
            assert_eq!(when(bad), None, "{bad}");
        }
    }
}
