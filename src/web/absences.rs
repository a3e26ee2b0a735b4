//! Who is away, who covers, and where nobody answers: a list and a month (W9).
//!
//! Everybody sees who is away and who covers. What kind of absence it is stands nowhere here, and
//! exceptions, which speak of records, are shown to those alone whose business the absence is.

use super::live::fingerprint;
use super::refusal::Refusal;
use super::shell::{Html, Shell};
use super::visit::Visit;
use super::when::When;
use super::words::{AbsenceWords, Words, fill};
use crate::access::{self, Holdings, Part, Problem};
use crate::actions::absences;
use crate::model::absence::{Absence, Phase};
use crate::model::id::{AbsenceId, UserId};
use crate::model::time::Timestamp;
use crate::store;
use askama::Template;
use axum::extract::Query;
use axum::response::{IntoResponse, Response};
use chrono::{Datelike, Days, Months, NaiveDate, Weekday};
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};

/// The rest of the address.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Asked {
    /// `2026-11`; none for the present month.
    pub month: Option<String>,
}

/// What the page is made of.
#[derive(Debug)]
pub(super) struct Data {
    month: NaiveDate,
    today: NaiveDate,
    rows: Vec<Line>,
    grid: Vec<(String, Vec<Cell>)>,
    problems: Vec<(AbsenceId, String, Vec<Problem>)>,
}

/// One absence of the list.
#[derive(Debug)]
struct Line {
    id: AbsenceId,
    mine: bool,
    name: String,
    first_day: NaiveDate,
    last_day: Option<NaiveDate>,
    substitute: Option<String>,
    excepted: bool,
    gap: bool,
    running: bool,
}

/// A day of the month for one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cell {
    Here,
    Part,
    Away,
    Gap,
}

struct RowView {
    id: i64,
    linked: bool,
    name: String,
    first: When,
    last: Option<When>,
    covers: String,
    excepted: bool,
    gap: bool,
    state: &'static str,
    running: bool,
}

struct DayHead {
    number: u32,
    weekday: &'static str,
    off: bool,
    today: bool,
}

struct CellView {
    class: &'static str,
    sign: &'static str,
    text: &'static str,
    off: bool,
}

struct ProblemView {
    id: i64,
    name: String,
    texts: Vec<String>,
}

#[derive(Template)]
#[template(path = "absences.html")]
struct Page {
    shell: Shell,
    a: &'static AbsenceWords,
    count: String,
    rows: Vec<RowView>,
    month: String,
    previous: String,
    next: String,
    days: Vec<DayHead>,
    grid: Vec<(String, Vec<CellView>)>,
    none_in: String,
    problems: Vec<ProblemView>,
}

/// `GET /absences`.
pub(super) async fn page(
    mut visit: Visit,
    asked: Result<Query<Asked>, axum::extract::rejection::QueryRejection>,
) -> Response {
    let page = match asked {
        Ok(Query(asked)) => view(&mut visit, &asked).await,
        Err(_) => Err(Refusal::NotFound),
    };
    visit.answer(page)
}

async fn view(visit: &mut Visit, asked: &Asked) -> Result<Response, Refusal> {
    let data = load(visit, asked).await?;
    let here = asked.month.as_ref().map_or("/absences".to_owned(), |month| format!("/absences?month={month}"));
    let (w, a, clock) = (visit.words(), visit.words().language.absences(), visit.clock);
    let shell = visit.shell().titled(a.title).at("absences").live(&here, fingerprint(&data));
    let date = |day: NaiveDate| clock.calendar_day(day);
    let rows = data.rows.iter().map(|line| RowView {
        id: line.id.0,
        linked: line.mine,
        name: line.name.clone(),
        first: date(line.first_day),
        last: line.last_day.map(date),
        covers: line.substitute.clone().unwrap_or_else(|| w.nobody.to_owned()),
        excepted: line.excepted,
        gap: line.gap,
        state: if line.running { a.running } else { a.upcoming },
        running: line.running,
    });
    let name = a.months_long.split(' ').nth(data.month.month0() as usize).unwrap_or("");
    let month = format!("{name} {}", data.month.year());
    let beside =
        |month: Option<NaiveDate>| month.map_or(here.clone(), |m| format!("/absences?month={}", m.format("%Y-%m")));
    let days: Vec<DayHead> = days_of(data.month).map(|day| head(day, data.today, w)).collect();
    let grid = data.grid.iter().map(|(name, cells)| {
        let cells = cells.iter().zip(&days).map(|(cell, day)| shown(*cell, day.off, a));
        (name.clone(), cells.collect())
    });
    let problems = data.problems.iter().map(|(id, name, problems)| ProblemView {
        id: id.0,
        name: name.clone(),
        texts: problems.iter().map(|p| a.problem(p)).collect(),
    });
    let page = Page {
        shell,
        a,
        count: w.number(data.rows.len() as i64),
        rows: rows.collect(),
        none_in: fill(a.none_in, &[("month", &month)]),
        month,
        previous: beside(data.month.checked_sub_months(Months::new(1))),
        next: beside(data.month.checked_add_months(Months::new(1))),
        grid: grid.collect(),
        days,
        problems: problems.collect(),
    };
    Ok(Html(page).into_response())
}

/// What the page shows at this moment.
pub(super) async fn load(visit: &mut Visit, asked: &Asked) -> Result<Data, Refusal> {
    let (me, now, zone) = (visit.person.user, visit.clock.now, visit.clock.zone);
    let today = access::day_of(now, zone);
    let month = match &asked.month {
        None => today.with_day(1),
        Some(text) => format!("{text}-01").parse().ok().filter(|m: &NaiveDate| (1990..=2200).contains(&m.year())),
    };
    let month = month.ok_or(Refusal::NotFound)?;
    let gaps = gaps(visit).await?;
    let world = &visit.world;
    let rows = world.absences.iter().filter(|a| a.phase(now) != Phase::Over).map(|a| {
        let mine = access::concerns(me, a, world);
        Line {
            id: a.id,
            mine,
            name: visit.name(a.user),
            first_day: a.first_day,
            last_day: a.last_day,
            substitute: a.substitute.map(|user| visit.name(user)),
            excepted: mine && !a.exceptions.is_empty(),
            gap: gaps.get(&a.id).is_some_and(|g| !g.is_empty()),
            running: a.phase(now) == Phase::Running,
        }
    });
    let rows = rows.collect();
    let end = month.checked_add_months(Months::new(1)).unwrap_or(month);
    let (from, until) = (access::day_start(month, zone), access::day_start(end, zone));
    let there = store::absences::between(&mut visit.tx, from, until).await?;
    let grid = grid(&there, &gaps, month, visit);
    let found = absences::troubles(&mut visit.tx, &visit.world, Some(me), access::concerns, now).await?;
    let problems = found.into_iter().map(|(a, problems)| (a.id, visit.name(a.user), problems)).collect();
    Ok(Data { month, today, rows, grid, problems })
}

type Times = Vec<(Timestamp, Option<Timestamp>)>;

/// When nobody answers for some of what belongs to each absence.
async fn gaps(visit: &mut Visit) -> Result<HashMap<AbsenceId, Times>, Refusal> {
    let (world, now) = (&visit.world, visit.clock.now);
    let teams = store::absences::teams_of(&mut visit.tx, world.absences.iter().map(|a| a.user)).await?;
    let of = |absence: &Absence| {
        let team = teams.get(&absence.user).copied().flatten();
        let holdings = Holdings { team, ..Holdings::default() };
        let episodes = access::forecast(absence, world, &holdings, now);
        let alone = episodes.into_iter().filter(|e| e.user.is_none() && e.part != Part::Confidential);
        (absence.id, alone.map(|e| (e.from, e.until)).collect())
    };
    Ok(world.absences.iter().map(of).collect())
}

fn days_of(month: NaiveDate) -> impl Iterator<Item = NaiveDate> {
    month.iter_days().take_while(move |day| day.month() == month.month() && day.year() == month.year())
}

/// One row for each person who is away in the month, by name.
fn grid(
    there: &[Absence],
    gaps: &HashMap<AbsenceId, Times>,
    month: NaiveDate,
    visit: &Visit,
) -> Vec<(String, Vec<Cell>)> {
    let zone = visit.clock.zone;
    let mut people: BTreeMap<(String, UserId), Vec<&Absence>> = BTreeMap::new();
    for absence in there {
        people.entry((visit.name(absence.user), absence.user)).or_default().push(absence);
    }
    let row = |((name, _), absences): ((String, UserId), Vec<&Absence>)| {
        let cell = |day: NaiveDate| {
            let from = access::day_start(day, zone);
            let until = access::day_start(day.checked_add_days(Days::new(1)).unwrap_or(day), zone);
            absences.iter().fold(Cell::Here, |so_far, absence| {
                let touches =
                    |times: &(Timestamp, Option<Timestamp>)| times.0 < until && times.1.is_none_or(|end| end > from);
                let all_day = absence.starts <= from && absence.ends.is_none_or(|end| end >= until);
                match touches(&(absence.starts, absence.ends)) {
                    false => so_far,
                    true if gaps.get(&absence.id).is_some_and(|g| g.iter().any(touches)) => Cell::Gap,
                    true if so_far == Cell::Gap => so_far,
                    true if all_day => Cell::Away,
                    true => Cell::Part,
                }
            })
        };
        (name, days_of(month).map(cell).collect())
    };
    people.into_iter().map(row).collect()
}

fn head(day: NaiveDate, today: NaiveDate, w: &'static Words) -> DayHead {
    let weekday = w.weekdays.split(' ').nth(day.weekday().num_days_from_monday() as usize).unwrap_or("");
    DayHead {
        number: day.day(),
        weekday,
        off: matches!(day.weekday(), Weekday::Sat | Weekday::Sun),
        today: day == today,
    }
}

fn shown(cell: Cell, off: bool, a: &'static AbsenceWords) -> CellView {
    let (class, sign, text) = match cell {
        Cell::Here => ("", "", ""),
        Cell::Part => ("part", "◧", a.half_day),
        Cell::Away => ("away", "■", a.away_day),
        Cell::Gap => ("gap", "!", a.gap_day),
    };
    CellView { class, sign, text, off }
}
