//! The words of a mail to a colleague: subject and plain text, in their language and zone.

use super::super::wire::clean;
use super::Office;
use super::words::{Counted, Words, fill};
use crate::model::colleagues::{
    Arrived, Because, Brief, Deed, Digest, LastWord, Recipient, Report, Section, Task, Waiting,
};
use crate::model::record::{Kind, Record};
use crate::model::time::{DAY, HOUR, MINUTE, Timestamp};
use chrono::{Datelike, Timelike};

/// At most so many mails of a group are listed; the page shows all.
const LISTED: usize = 20;
/// Longest subject line of a client's mail, name of a record or of a sender, in characters.
const LONGEST: usize = 120;

/// A mail to a colleague, before it is written.
#[derive(Clone, Debug)]
pub enum Letter {
    /// The day's digest.
    Digest(Digest),
    /// One mail that cannot wait.
    Urgent {
        /// The mail.
        mail: Waiting,
        /// Why it comes to somebody other than who asked for it.
        because: Option<Because>,
        /// Whether it is the last one that the day's limit allows.
        last: bool,
    },
    /// What came in on leads of the recipient's team.
    Team(Vec<Arrived>),
    /// The start of a cover.
    Brief(Brief),
    /// The end of an absence.
    Report(Report),
    /// The breaker of absence notices opened at this moment.
    Alarm(Timestamp),
    /// An admin took the recipient's password and made a link for a new one.
    Reset {
        /// Who; `None`: the operator.
        by: Option<String>,
        /// When.
        at: Timestamp,
    },
}

impl Letter {
    /// The records of which it tells mails or activities. That there is a new lead is none.
    pub fn records(&self) -> Vec<&Record> {
        match self {
            Letter::Digest(digest) => digest.records(LISTED).collect(),
            Letter::Urgent { mail, .. } => vec![&mail.record],
            Letter::Team(arrived) => {
                let of = |item| match item {
                    &Arrived::Lead(_) => None,
                    Arrived::Mail(mail) => Some(&mail.record),
                };
                arrived.iter().take(LISTED).filter_map(of).collect()
            }
            Letter::Brief(brief) => brief.records(LISTED).collect(),
            Letter::Report(report) => report.records(LISTED).collect(),
            Letter::Alarm(_) | Letter::Reset { .. } => Vec::new(),
        }
    }
}

/// Subject and body of a letter.
pub(super) fn written(letter: &Letter, to: &Recipient, office: &Office, now: Timestamp) -> (String, String) {
    let pen = Pen { w: Words::of(to.language), to, office, now };
    let (subject, paragraphs) = match letter {
        Letter::Digest(digest) => pen.digest(digest),
        Letter::Urgent { mail, because, last } => pen.urgent(mail, because.as_ref(), *last),
        Letter::Team(arrived) => pen.team(arrived),
        Letter::Brief(brief) => pen.brief(brief),
        Letter::Report(report) => pen.report(report),
        Letter::Alarm(opened) => pen.alarm(*opened),
        Letter::Reset { by, at } => pen.reset(by.as_deref(), *at),
    };
    let footer = match office.link("/me") {
        // Nobody asked for it, and nobody can decline it.
        _ if matches!(letter, Letter::Alarm(_) | Letter::Reset { .. }) => String::new(),
        link if link.is_empty() => pen.w.footer_bare.to_owned(),
        link => fill(pen.w.footer, &[("link", &link)]),
    };
    let all = paragraphs.into_iter().chain([footer]).filter(|paragraph| !paragraph.is_empty());
    (clean(&format!("Standin: {subject}"), 200), all.collect::<Vec<_>>().join("\n\n"))
}

/// Whoever writes: language, zone, links, the present moment.
struct Pen<'a> {
    w: &'static Words,
    to: &'a Recipient,
    office: &'a Office,
    now: Timestamp,
}

type Written = (String, Vec<String>);

impl Pen<'_> {
    fn digest(&self, digest: &Digest) -> Written {
        let mails: usize = digest.sections.iter().map(|section| section.waiting.len()).sum();
        let mut said = Vec::new();
        if mails > 0 {
            said.push(self.counted(&self.w.mails_wait, mails));
        }
        if !digest.tasks.is_empty() {
            said.push(self.counted(&self.w.things_due, digest.tasks.len()));
        }
        let mut paragraphs = vec![self.because(digest.because.as_ref())];
        for section in digest.sections.iter().filter(|section| !section.waiting.is_empty()) {
            paragraphs.push(self.heading(section, digest.because.is_some()));
            paragraphs.extend(self.mails(&section.waiting));
        }
        paragraphs.extend(self.tasks(self.w.tasks, &digest.tasks));
        (said.join(", "), paragraphs)
    }

    fn alarm(&self, opened: Timestamp) -> Written {
        let (at, until) = (self.moment(opened), self.moment(opened.plus(HOUR)));
        let text = fill(self.w.alarm, &[("at", &at), ("until", &until)]);
        let link = Some(self.office.link("/admin/autoresponder")).filter(|link| !link.is_empty());
        let next = fill(self.w.alarm_next, &[("link", &link.unwrap_or_else(|| self.w.alarm_page.to_owned()))]);
        (self.w.alarm_subject.to_owned(), vec![text, next])
    }

    fn reset(&self, by: Option<&str>, at: Timestamp) -> Written {
        let (by, at) = (by.unwrap_or(self.w.reset_operator), self.moment(at));
        let link = Some(self.office.link("/me/sign-in")).filter(|link| !link.is_empty());
        let next = fill(self.w.reset_next, &[("link", &link.unwrap_or_else(|| self.w.reset_page.to_owned()))]);
        (self.w.reset_subject.to_owned(), vec![fill(self.w.reset, &[("by", by), ("at", &at)]), next])
    }

    fn heading(&self, section: &Section, redirected: bool) -> String {
        let count = self.counted(&self.w.mails, section.waiting.len());
        // Of a redirected digest the first line has said it all.
        match section.instead_of.as_ref().filter(|_| !redirected) {
            None if redirected => fill(self.w.brief_waiting, &[("count", &count)]),
            None => fill(self.w.section_own, &[("count", &count)]),
            Some(because) => {
                let (name, day) = (because.name(), self.until(because));
                let text = if day.is_some() { self.w.section_for } else { self.w.section_for_open };
                fill(text, &[("name", name), ("day", &day.unwrap_or_default()), ("count", &count)])
            }
        }
    }

    fn urgent(&self, mail: &Waiting, because: Option<&Because>, last: bool) -> Written {
        let subject = fill(self.w.urgent_subject, &[("from", &clean(&mail.from, LONGEST))]);
        let link = self.office.link("/");
        let last = if last { fill(self.w.urgent_last, &[("link", &link)]) } else { String::new() };
        (subject, vec![self.because(because), self.w.urgent.to_owned(), self.mail(mail), last])
    }

    fn team(&self, arrived: &[Arrived]) -> Written {
        let count = self.counted(&self.w.items, arrived.len());
        let mut paragraphs = vec![self.w.team.to_owned()];
        for item in arrived.iter().take(LISTED) {
            paragraphs.push(match item {
                Arrived::Mail(mail) => self.mail(mail),
                Arrived::Lead(record) => {
                    let named = fill(self.w.new_lead, &[("record", &clean(&record.name, LONGEST))]);
                    self.linked(vec![named], &self.record_path(record))
                }
            });
        }
        paragraphs.extend(self.more(arrived.len(), "/records?kind=lead"));
        (fill(self.w.team_subject, &[("count", &count)]), paragraphs)
    }

    fn brief(&self, brief: &Brief) -> Written {
        let page = format!("/absences/{}/brief", brief.absence);
        let day = brief.ends.map(|end| self.day(end.plus(-1)));
        let opening = if day.is_some() { self.w.brief } else { self.w.brief_open };
        let day = day.unwrap_or_default();
        let values = [("name", brief.owner.as_str()), ("day", &day), ("link", &self.office.link(&page))];
        let mut paragraphs = vec![fill(opening, &values)];
        paragraphs.push(fill(self.w.brief_records, &[("list", &self.kinds(&brief.counts))]));
        if !brief.waiting.is_empty() {
            let count = self.counted(&self.w.mails, brief.waiting.len());
            paragraphs.push(fill(self.w.brief_waiting, &[("count", &count)]));
            paragraphs.extend(self.mails(&brief.waiting));
        }
        paragraphs.extend(self.tasks(self.w.open_tasks, &brief.tasks));
        if !brief.last_words.is_empty() {
            let count = self.counted(&self.w.mails, brief.last_words.len());
            paragraphs.push(fill(self.w.last_words, &[("name", &brief.owner), ("count", &count)]));
            let lines = brief.last_words.iter().take(LISTED).map(|word| self.last_word(word));
            paragraphs.push(lines.collect::<Vec<_>>().join("\n"));
        }
        (fill(self.w.brief_subject, &[("name", &brief.owner)]), paragraphs)
    }

    fn report(&self, report: &Report) -> Written {
        let w = self.w;
        let came = usize::try_from(report.came).unwrap_or(0);
        let subject = fill(w.report_subject, &[("count", &self.counted(&w.mails, came))]);
        let link = self.office.link(&format!("/absences/{}/report", report.absence));
        let (first, last) = (self.day(report.starts), self.day(report.ends.plus(-1)));
        let mut facts = vec![fill(w.came, &[("count", &report.came.to_string())])];
        for (name, n) in &report.answers {
            let count =
                if w.language == crate::model::notice::Language::Pl { n.to_string() } else { w.count(&w.mails, *n) };
            facts.push(fill(w.answered_by, &[("name", &clean(name, LONGEST)), ("count", &count)]));
        }
        if report.notices > 0 {
            facts.push(fill(w.told, &[("count", &report.notices.to_string())]));
        }
        let mut paragraphs =
            vec![fill(w.report, &[("first", &first), ("last", &last), ("link", &link)]), facts.join("\n")];
        if !report.open.is_empty() {
            let count = self.counted(&w.mails, report.open.len());
            paragraphs.push(fill(w.still_open, &[("count", &count)]));
            paragraphs.extend(self.mails(&report.open));
        }
        paragraphs.extend(self.tasks(w.open_tasks, &report.tasks));
        if !report.deeds.is_empty() {
            let count = self.counted(&w.items, report.deeds.len());
            let lines = report.deeds.iter().take(LISTED).map(|deed| self.deed(deed));
            let heading = fill(w.deeds, &[("count", &count)]);
            paragraphs.push([vec![heading], lines.collect()].concat().join("\n"));
        }
        (subject, paragraphs)
    }

    /// The first line, where it is not the recipient who asked for this.
    fn because(&self, because: Option<&Because>) -> String {
        let Some(because) = because else { return String::new() };
        let day = self.until(because);
        let text = match (because, &day) {
            (Because::StandsIn { .. }, Some(_)) => self.w.stands_in,
            (Because::StandsIn { .. }, None) => self.w.stands_in_open,
            (Because::Fallback { .. }, Some(_)) => self.w.fallback,
            (Because::Fallback { .. }, None) => self.w.fallback_open,
        };
        fill(text, &[("name", &clean(because.name(), LONGEST)), ("day", &day.unwrap_or_default())])
    }

    /// The last day of it.
    fn until(&self, because: &Because) -> Option<String> {
        let (Because::StandsIn { until, .. } | Because::Fallback { until, .. }) = because;
        until.map(|end| self.day(end.plus(-1)))
    }

    fn mails(&self, mails: &[Waiting]) -> Vec<String> {
        let listed = mails.iter().take(LISTED).map(|mail| self.mail(mail));
        listed.chain(self.more(mails.len(), "/")).collect()
    }

    fn mail(&self, mail: &Waiting) -> String {
        let record = &mail.record;
        let from = clean(&mail.from, LONGEST);
        let on = [("from", from.as_str()), ("record", &clean(&record.name, LONGEST)), ("kind", self.kind(record.kind))];
        let waits = [("for", self.lasted(mail.at)), ("at", self.moment(mail.at))];
        let waits: Vec<(&str, &str)> = waits.iter().map(|(key, value)| (*key, value.as_str())).collect();
        let lines = vec![
            fill(self.w.on, &on),
            format!("  {}", self.subject(&mail.subject)),
            format!("  {}", fill(self.w.waits, &waits)),
        ];
        self.linked(lines, &format!("/messages/{}", mail.mail))
    }

    /// Lines of an item with the address of its page below.
    fn linked(&self, mut lines: Vec<String>, path: &str) -> String {
        let link = self.office.link(path);
        if !link.is_empty() {
            lines.push(format!("  {link}"));
        }
        lines.join("\n")
    }

    /// What is not listed, where there is some.
    fn more(&self, all: usize, path: &str) -> Option<String> {
        let left = all.checked_sub(LISTED).filter(|left| *left > 0)?;
        let values = [("n", left.to_string()), ("link", self.office.link(path))];
        let values: Vec<(&str, &str)> = values.iter().map(|(key, value)| (*key, value.as_str())).collect();
        Some(fill(self.w.more, &values).trim_end_matches([' ', ':']).to_owned())
    }

    /// Tasks below their heading, in one paragraph; nothing where there are none.
    fn tasks(&self, heading: &str, tasks: &[Task]) -> Option<String> {
        let count = self.counted(&self.w.tasks_n, tasks.len());
        let mut lines = vec![fill(heading, &[("count", &count)])];
        for task in tasks.iter().take(LISTED) {
            let day = task.due.map(|due| self.day(due)).unwrap_or_default();
            let text = if task.due.is_some() { self.w.task } else { self.w.task_open };
            let (subject, record) = (self.subject(&task.subject), clean(&task.record.name, LONGEST));
            let what = self.activity(&task.kind);
            let kind = self.kind(task.record.kind);
            let values = [("what", what), ("subject", &subject), ("record", &record), ("kind", kind), ("day", &day)];
            lines.push(self.linked(vec![fill(text, &values)], &self.record_path(&task.record)));
        }
        lines.extend(self.more(tasks.len(), "/"));
        (!tasks.is_empty()).then(|| lines.join("\n"))
    }

    fn last_word(&self, word: &LastWord) -> String {
        let (subject, to) = (self.subject(&word.subject), clean(&word.to, LONGEST));
        let (record, day) = (clean(&word.record.name, LONGEST), self.day(word.at));
        let values = [
            ("subject", subject.as_str()),
            ("to", &to),
            ("record", &record),
            ("kind", self.kind(word.record.kind)),
            ("day", &day),
        ];
        self.linked(vec![fill(self.w.last_word, &values)], &format!("/messages/{}", word.mail))
    }

    fn deed(&self, deed: &Deed) -> String {
        let (subject, by) = (self.subject(&deed.subject), clean(&deed.by, LONGEST));
        let (record, day) = (clean(&deed.record.name, LONGEST), self.day(deed.at));
        let values = [
            ("by", by.as_str()),
            ("what", self.activity(&deed.kind)),
            ("subject", &subject),
            ("record", &record),
            ("kind", self.kind(deed.record.kind)),
            ("day", &day),
        ];
        fill(self.w.deed, &values)
    }

    /// How many of each kind, and how many in all.
    fn kinds(&self, counts: &[(Kind, i64)]) -> String {
        let all = self.w.count(&self.w.records, counts.iter().map(|(_, n)| n).sum());
        let of = |(kind, n): &(Kind, i64)| {
            let text = match kind {
                Kind::Account => &self.w.accounts,
                Kind::Contact => &self.w.contacts,
                Kind::Lead => &self.w.leads,
                Kind::Opportunity => &self.w.opportunities,
            };
            self.w.count(text, *n)
        };
        let each: Vec<String> = counts.iter().map(of).collect();
        if each.is_empty() { all } else { format!("{all} ({})", each.join(", ")) }
    }

    fn counted(&self, text: &Counted, n: usize) -> String {
        self.w.count(text, i64::try_from(n).unwrap_or(i64::MAX))
    }

    fn subject(&self, subject: &str) -> String {
        let subject = clean(subject, LONGEST);
        if subject.is_empty() { self.w.no_subject.to_owned() } else { subject }
    }

    fn record_path(&self, record: &Record) -> String {
        format!("/records/{}", record.id)
    }

    fn kind(&self, kind: Kind) -> &'static str {
        match kind {
            Kind::Account => self.w.account,
            Kind::Contact => self.w.contact,
            Kind::Lead => self.w.lead,
            Kind::Opportunity => self.w.opportunity,
        }
    }

    fn activity(&self, word: &str) -> &'static str {
        match word {
            "call" => self.w.call,
            "appointment" => self.w.appointment,
            "note" => self.w.note,
            _ => self.w.a_task,
        }
    }

    /// How long ago, in its largest unit.
    fn lasted(&self, since: Timestamp) -> String {
        match self.now.since(since).max(0) {
            ago @ 0..HOUR => self.w.count(&self.w.minutes, (ago / MINUTE).max(1)),
            ago @ HOUR..DAY => self.w.count(&self.w.hours, ago / HOUR),
            ago => self.w.count(&self.w.days, ago / DAY),
        }
    }

    /// `27 November`, with the year where it is another one.
    fn day(&self, at: Timestamp) -> String {
        let local = at.to_utc().with_timezone(&self.to.zone);
        let month = self.w.months.split(' ').nth(local.month0() as usize).unwrap_or("");
        let this_year = self.now.to_utc().with_timezone(&self.to.zone).year();
        match local.year() {
            year if year == this_year => format!("{} {month}", local.day()),
            year => format!("{} {month} {year}", local.day()),
        }
    }

    fn moment(&self, at: Timestamp) -> String {
        let local = at.to_utc().with_timezone(&self.to.zone);
        format!("{}, {:02}:{:02}", self.day(at), local.hour(), local.minute())
    }
}
