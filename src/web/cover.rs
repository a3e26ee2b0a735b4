//! The brief of a cover and the report after an absence, as pages: as things are at this moment, and
//! no more than the viewer may read.

use super::refusal::Refusal;
use super::shell::{Html, Shell};
use super::timed::Timed;
use super::visit::Visit;
use super::when::{Clock, When};
use super::words::{TellingWords, Words, fill};
use crate::model::absence::{Absence, Phase};
use crate::model::colleagues::{Brief, Deed, Report, Task, Waiting};
use crate::model::id::AbsenceId;
use crate::model::record::{Kind, Record};
use crate::notify;
use askama::Template;
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::response::{IntoResponse, Response};

/// At most so many rows of a list are shown.
const SHOWN: usize = 100;

/// One line of any of the lists.
struct RowView {
    /// Where it leads.
    href: String,
    title: String,
    record: (String, String, &'static str),
    /// What stands beside it.
    note: Option<Timed>,
    when: Option<When>,
    hot: bool,
}

/// A list below a heading.
struct ListView {
    id: &'static str,
    title: String,
    means: Option<String>,
    count: usize,
    none: &'static str,
    shown_of: Option<String>,
    rows: Vec<RowView>,
}

#[derive(Template)]
#[template(path = "cover.html")]
struct Page {
    shell: Shell,
    title: String,
    means: Timed,
    /// The page above: its address and name.
    back: (String, String),
    /// Numbers, each with what it counts.
    facts: Vec<(String, String)>,
    facts_title: &'static str,
    facts_none: &'static str,
    lists: Vec<ListView>,
}

/// `GET /absences/{id}/brief`.
pub(super) async fn brief(mut visit: Visit, id: Result<Path<i64>, PathRejection>) -> Response {
    let page = brief_page(&mut visit, id.ok().map(|Path(id)| AbsenceId(id))).await;
    visit.answer(page)
}

/// `GET /absences/{id}/report`.
pub(super) async fn report(mut visit: Visit, id: Result<Path<i64>, PathRejection>) -> Response {
    let page = report_page(&mut visit, id.ok().map(|Path(id)| AbsenceId(id))).await;
    visit.answer(page)
}

async fn brief_page(visit: &mut Visit, id: Option<AbsenceId>) -> Result<Response, Refusal> {
    let (me, now) = (visit.person.user, visit.clock.now);
    let id = id.ok_or(Refusal::NotFound)?;
    let absence = notify::brief_for(&mut visit.tx, id, me, &visit.world, now).await?.ok_or(Refusal::NotFound)?;
    let brief = notify::brief(&mut visit.tx, &visit.scope, &visit.world, &absence).await?;
    visit.reads_of(brief.records(SHOWN).cloned().collect()).await?;
    let words = Said::of(visit);
    let t = words.t;
    let mine = absence.user == me;
    let title = if mine { t.brief_mine.to_owned() } else { fill(t.brief, &[("name", &brief.owner)]) };
    let all = brief.counts.iter().map(|(_, n)| n).sum();
    let each = brief.counts.iter().map(|(kind, n)| words.number(*kind, *n));
    let facts = Some(parted(&t.count(&t.records, all))).filter(|_| all > 0).into_iter().chain(each).collect();
    let page = Page {
        shell: visit.shell().titled(&title).at("absences"),
        back: above(visit, &absence, &brief.owner),
        means: words.span(&absence, mine),
        title,
        facts,
        facts_title: t.numbers,
        facts_none: t.numbers_none,
        lists: brief_lists(&words, &brief),
    };
    Ok(Html(page).into_response())
}

/// The page of the absence, above its brief and its report.
fn above(visit: &Visit, absence: &Absence, name: &str) -> (String, String) {
    let a = visit.words().language.absences();
    (format!("/absences/{}", absence.id), fill(a.title_one, &[("name", name)]))
}

fn brief_lists(words: &Said, brief: &Brief) -> Vec<ListView> {
    let t = words.t;
    let last = brief.last_words.iter().map(|word| RowView {
        href: format!("/messages/{}", word.mail),
        title: words.subject(&word.subject),
        record: words.record(&word.record),
        note: Some(Timed::with(t.to, &[("name", &word.to)], &[])),
        when: Some(words.clock.when(word.at)),
        hot: false,
    });
    let means = fill(t.last_words_means, &[("name", &brief.owner)]);
    vec![
        words.list("waits", t.waits, t.waits_none, brief.waiting.iter().map(|mail| words.waiting(mail)).collect()),
        words.list("tasks", t.tasks, t.tasks_none, brief.tasks.iter().map(|task| words.task(task)).collect()),
        ListView { means: Some(means), ..words.list("last-words", t.last_words, t.last_words_none, last.collect()) },
    ]
}

async fn report_page(visit: &mut Visit, id: Option<AbsenceId>) -> Result<Response, Refusal> {
    let (me, now) = (visit.person.user, visit.clock.now);
    let id = id.ok_or(Refusal::NotFound)?;
    let absence = notify::report_for(&mut visit.tx, id, me, &visit.world, now).await?.ok_or(Refusal::NotFound)?;
    let report = notify::report(&mut visit.tx, &visit.scope, &visit.world, &absence).await?;
    visit.reads_of(report.records(SHOWN).cloned().collect()).await?;
    let words = Said::of(visit);
    let t = words.t;
    let title = fill(t.report, &[("name", &report.owner)]);
    let (first, last) = (words.clock.a_day(report.starts), words.clock.ends(report.ends));
    let span = if report.runs { t.report_runs } else { t.report_span };
    let mut facts = vec![(words.w.number(report.came), t.came.to_owned())];
    facts.extend(report.answers.iter().map(|(name, n)| (words.w.number(*n), format!("{}: {name}", t.answered))));
    facts.push((words.w.number(report.notices), t.told.to_owned()));
    let page = Page {
        shell: visit.shell().titled(&title).at("absences"),
        back: above(visit, &absence, &report.owner),
        title,
        means: Timed::with(span, &[], &[("first", &first, &first.short), ("last", &last, &last.short)]),
        facts,
        facts_title: t.who_answered,
        facts_none: t.answered_none,
        lists: report_lists(&words, &report),
    };
    Ok(Html(page).into_response())
}

fn report_lists(words: &Said, report: &Report) -> Vec<ListView> {
    let t = words.t;
    let answered = report.answered.iter().map(|answer| {
        let by = if answer.by.is_empty() { t.somebody } else { &answer.by };
        let note = Timed::exact(t.answered_by, &[("name", by)], "day", &words.clock.when(answer.at));
        RowView { note: Some(note), hot: false, ..words.waiting(&answer.mail) }
    });
    vec![
        words.list("open", t.still_open, t.waits_none, report.open.iter().map(|mail| words.waiting(mail)).collect()),
        words.list("tasks", t.tasks, t.tasks_none, report.tasks.iter().map(|task| words.task(task)).collect()),
        words.list("answered", t.answered, t.answered_none, answered.collect()),
        words.list("deeds", t.deeds, t.deeds_none, report.deeds.iter().map(|deed| words.deed(deed)).collect()),
    ]
}

/// The viewer's words and clock.
struct Said {
    w: &'static Words,
    t: &'static TellingWords,
    clock: Clock,
}

impl Said {
    fn of(visit: &Visit) -> Said {
        Said { w: visit.words(), t: TellingWords::of(visit.words().language), clock: visit.clock }
    }

    /// From when until when, and what that means for the page.
    fn span(&self, absence: &Absence, mine: bool) -> Timed {
        let first = self.clock.a_day(absence.starts);
        let last = absence.ends.map(|end| self.clock.ends(end));
        let text = match (absence.phase(self.clock.now), &last) {
            (Phase::Upcoming, _) if !mine => self.t.brief_upcoming,
            (_, Some(_)) => self.t.brief_until,
            (_, None) => self.t.brief_open,
        };
        let moments = [Some(("first", &first)), last.as_ref().map(|last| ("last", last))];
        let moments: Vec<_> =
            moments.into_iter().flatten().map(|(name, day)| (name, day, day.short.as_str())).collect();
        Timed::with(text, &[], &moments)
    }

    fn list(&self, id: &'static str, title: &str, none: &'static str, mut rows: Vec<RowView>) -> ListView {
        let count = rows.len();
        rows.truncate(SHOWN);
        let shown = self.w.number(i64::try_from(SHOWN).unwrap_or(0));
        let shown_of = (count > SHOWN).then(|| fill(self.t.first_of, &[("n", &shown)]));
        ListView { id, title: title.to_owned(), means: None, count, none, shown_of, rows }
    }

    fn waiting(&self, mail: &Waiting) -> RowView {
        let waits = fill(self.w.waiting, &[("for", &self.clock.lasted(mail.at))]);
        RowView {
            href: format!("/messages/{}", mail.mail),
            title: format!("{}: {}", mail.from, self.subject(&mail.subject)),
            record: self.record(&mail.record),
            note: Some(Timed::plain(&waits)),
            when: Some(self.clock.when(mail.at)),
            hot: true,
        }
    }

    fn task(&self, task: &Task) -> RowView {
        let late = task.due.is_some_and(|due| due < self.clock.now);
        let due = task.due.map(|due| Timed::exact(self.t.due, &[], "day", &self.clock.a_day(due)));
        RowView {
            href: format!("/records/{}", task.record.id),
            title: format!("{}: {}", self.activity(&task.kind), self.subject(&task.subject)),
            record: self.record(&task.record),
            note: Some(due.unwrap_or_else(|| Timed::plain(self.t.no_date))),
            when: task.due.map(|due| self.clock.when(due)),
            hot: late,
        }
    }

    fn deed(&self, deed: &Deed) -> RowView {
        RowView {
            href: format!("/records/{}", deed.record.id),
            title: format!("{}: {}", self.activity(&deed.kind), self.subject(&deed.subject)),
            record: self.record(&deed.record),
            note: Some(Timed::plain(&deed.by)),
            when: Some(self.clock.when(deed.at)),
            hot: false,
        }
    }

    fn subject(&self, subject: &str) -> String {
        let subject = subject.trim();
        if subject.is_empty() { self.w.no_subject.to_owned() } else { subject.to_owned() }
    }

    fn record(&self, record: &Record) -> (String, String, &'static str) {
        (format!("/records/{}", record.id), record.name.clone(), super::entry::kind(record.kind, self.w))
    }

    fn activity(&self, word: &str) -> &'static str {
        match word {
            "call" => self.t.call,
            "appointment" => self.t.appointment,
            "note" => self.t.note,
            _ => self.t.task,
        }
    }

    /// A number of records with the word for their kind in the right form.
    fn number(&self, kind: Kind, n: i64) -> (String, String) {
        let text = match kind {
            Kind::Account => &self.t.accounts,
            Kind::Contact => &self.t.contacts,
            Kind::Lead => &self.t.leads,
            Kind::Opportunity => &self.t.opportunities,
        };
        parted(&self.t.count(text, n))
    }
}

/// A counted text as its number and the rest.
fn parted(text: &str) -> (String, String) {
    let (number, word) = text.split_once(' ').unwrap_or((text, ""));
    (number.to_owned(), word.to_owned())
}
