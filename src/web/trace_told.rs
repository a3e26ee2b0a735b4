//! A trace as the page shows it: what the mail is and why it is where it is come first.

use super::message::silence;
use super::reach::report_text;
use super::rule_words::{built_in, effect};
use super::sharing::path_text;
use super::trace_advice::said;
use super::trace_words::{self, failing, finding};
use super::visit::Visit;
use super::why::{Known, sentence};
use super::words::{Language, NoticeWords, ReachWords, ReviewWords, RuleWords, TraceWords, Words, fill};
use crate::access::Reason as Right;
use crate::actions::review::Choice;
use crate::intake::replay::{Decider, RECORD_WORDS, State, Trace, with_names};
use crate::link::rules::{Step, Verdict};
use crate::link::steps::{Finding, Kind};
use crate::model::cursor::LocationState;
use crate::model::id::{RecordId, UserId};
use crate::model::link::{Candidate, Evidence, Link, Linking};
use crate::model::mail::{Author, Channel};
use crate::model::review::Reason;
use crate::model::rule::{Effect, Hit};
use crate::model::time::{DAY, MINUTE, Timestamp};
use crate::store::expiry::Stay;
use crate::store::places::Place as Lying;
use std::collections::{BTreeSet, HashMap};

/// Reasons for an author that are shown.
const SHOWN: usize = 4;
/// Places that are shown.
const PLACES: usize = 20;

/// One step: its number, what is asked, and what came of it.
pub(super) struct StepView {
    pub place: usize,
    pub name: String,
    pub holds: bool,
    pub verdict: &'static str,
    pub why: String,
}

/// A tie to a record.
pub(super) struct LinkView {
    pub on: Place,
    pub by: Place,
    pub score: String,
    pub why: String,
}

/// A record: its id where the viewer may open it, and what it is called.
#[derive(Clone)]
pub(super) struct Place {
    pub id: Option<i64>,
    pub name: String,
}

/// Somebody who sees the mail, and why.
pub(super) struct Reader {
    pub name: String,
    pub why: String,
}

/// Those who see it by one record, or by a copy of their own.
pub(super) struct Readers {
    pub by: String,
    pub people: Vec<Reader>,
}

/// A trace for the page.
pub(super) struct Found {
    pub title: String,
    /// Who wrote what to whom and when, and where it lies: labels and texts.
    pub head: Vec<(&'static str, String)>,
    /// Why it is where it is, a sentence or two each.
    pub why: Vec<String>,
    /// Other stored mails with its Message-ID.
    pub others: Vec<(i64, String)>,
    /// Whether the viewer is asked about it in review.
    pub asked: bool,
    /// Where review asks what follows from it for a contact.
    pub suggested: Option<String>,
    /// The decision in which they decided about it.
    pub decided: Option<i64>,
    /// Whether they have a page of it.
    pub opens: bool,
    pub stored: Option<i64>,
    /// That what was given is stored.
    pub is_stored: Option<String>,
    /// What it says where a machine wrote it.
    pub says: Vec<String>,
    pub links: Vec<LinkView>,
    pub candidates: Vec<LinkView>,
    pub readers: Vec<Readers>,
    /// What is said of others who see it; where nobody does, that.
    pub others_see: Option<&'static str>,
    pub sealed: bool,
    pub notices: Vec<String>,
    pub none: &'static str,
    pub key: String,
    pub steps: Vec<StepView>,
    pub said: Vec<String>,
}

/// What telling a trace needs.
pub(super) struct Told<'v> {
    pub visit: &'v Visit,
    pub trace: &'v Trace,
    pub known: Known,
    /// Those of them that they may open; the others review names to them.
    pub opens: BTreeSet<RecordId>,
    pub w: &'static Words,
    pub r: &'static RuleWords,
    pub t: &'static TraceWords,
    /// It waits in review, and why as far as that is told.
    pub asked: Option<Option<Reason>>,
    /// Where review asks what follows from it for a contact.
    pub suggested: Option<String>,
    /// What they decided about it in review.
    pub decided: Option<(i64, Timestamp)>,
    /// What that was.
    pub chosen: Option<Choice>,
    /// How long it stays, where it stands on no record.
    pub stay: Option<Stay>,
    /// Whether they may say where it belongs.
    pub may_move: bool,
    /// Whether they may read it, and are not just asked about it.
    pub reads: bool,
    /// It was given as a file.
    pub given: bool,
}

impl Told<'_> {
    /// Who wrote what to whom and when, and where it lies.
    fn head(&self) -> Vec<(&'static str, String)> {
        let (t, head) = (self.t, &self.trace.head);
        let from = match &head.name {
            _ if head.from.is_empty() => t.nobody_read.to_owned(),
            Some(name) => format!("{name} <{}>", head.from),
            None => head.from.clone(),
        };
        let list = head.to.iter().take(10).map(String::as_str).collect::<Vec<_>>().join(", ");
        let more = head.to.len().saturating_sub(10);
        let to = match more {
            0 => list,
            more => fill(t.and_more, &[("list", &list), ("n", &more.to_string())]),
        };
        let all = [(t.from, from), (t.to, to), (t.subject, head.subject.clone()), (t.date, self.date())];
        let mut rows: Vec<(&'static str, String)> = all.into_iter().filter(|(_, text)| !text.is_empty()).collect();
        rows.extend(self.trace.answers.map(|mail| (t.answers, fill(t.mail_n, &[("n", &mail.to_string())]))));
        rows.push((t.written_by, self.author()));
        match head.channel {
            Channel::Direct => {}
            Channel::List => rows.push((t.came, t.over_list.to_owned())),
            Channel::Bulk => rows.push((t.came, t.in_bulk.to_owned())),
        }
        if head.doubted {
            rows.push((t.sender, t.doubted.to_owned()));
        }
        rows.extend(self.places().into_iter().map(|place| (t.lies_in, place)));
        rows
    }

    /// When it was written, as far as that is believed, and whether it came late.
    fn date(&self) -> String {
        let (t, head) = (self.t, &self.trace.head);
        let when = |at| self.visit.clock.when(at).exact;
        let date = match head.said_date.filter(|said| *said != head.at) {
            Some(said) => fill(t.date_other, &[("said", &when(said)), ("at", &when(head.at))]),
            None if self.trace.undated => fill(t.undated, &[("at", &when(head.at))]),
            None => when(head.at),
        };
        let after = head.arrived.since(head.said_date.unwrap_or(head.at));
        let late = after >= DAY;
        match (self.trace.stored, late) {
            // That its own date is too far off says so already.
            _ if head.said_date.is_some_and(|said| said != head.at) => date,
            (None, _) => date,
            (Some(_), false) if after.abs() < MINUTE => date,
            (Some(_), true) => fill(t.came_late, &[("date", &date), ("arrived", &when(head.arrived))]),
            (Some(_), false) => fill(t.server_had, &[("date", &date), ("arrived", &when(head.arrived))]),
        }
    }

    /// The places of its copies, and what became of each.
    fn places(&self) -> Vec<String> {
        let (t, trace) = (self.t, self.trace);
        let told =
            |name: &str| trace.places.iter().any(|place| place.mailbox == name && place.state == LocationState::Stored);
        let others = trace.head.mailboxes.iter().filter(|(name, _)| !told(name));
        let mut places: Vec<String> = others.map(|(name, user)| self.mailbox(name, *user)).collect();
        places.extend(trace.places.iter().take(PLACES).map(|place| self.lying(place)));
        if places.is_empty() && trace.stored.is_some() {
            places.push(if trace.alone { t.place_untold } else { t.no_place }.to_owned());
        }
        places
    }

    fn mailbox(&self, name: &str, user: Option<UserId>) -> String {
        match user {
            Some(user) => fill(self.t.own_box, &[("name", name), ("person", &self.visit.name(user))]),
            None => fill(self.t.shared_box, &[("name", name)]),
        }
    }

    fn lying(&self, place: &Lying) -> String {
        let t = self.t;
        let (mailbox, seen) = (self.mailbox(&place.mailbox, place.user), self.visit.clock.when(place.seen).exact);
        let (how, state) = (t.how(place.arrival), t.became(place.state, place.hidden));
        let gaps = [("mailbox", mailbox.as_str()), ("folder", &place.folder), ("seen", &seen), ("how", how)];
        let server = place.server_at.map(|at| self.visit.clock.when(at).exact);
        let text = if server.is_some() { t.place_server } else { t.place };
        fill(text, &[gaps.as_slice(), &[("state", state), ("server", server.as_deref().unwrap_or_default())]].concat())
    }

    /// Who wrote it, and why that is believed.
    fn author(&self) -> String {
        let (t, head) = (self.t, &self.trace.head);
        let seen: Vec<String> = head.evidence.iter().take(SHOWN).map(|e| format!("{} ({})", e.seen, e.rule)).collect();
        let more = head.evidence.len().saturating_sub(seen.len());
        let list = seen.join("; ");
        let seen = if more > 0 { fill(t.and_more, &[("list", &list), ("n", &more.to_string())]) } else { list };
        match (self.trace.automatic, head.author.is_human(), seen.is_empty()) {
            (true, ..) => t.machine_said.to_owned(),
            (false, true, true) => t.human_plain.to_owned(),
            (false, true, false) if head.channel == Channel::Bulk => fill(t.human_bulk, &[("seen", &seen)]),
            (false, true, false) => fill(t.human_seen, &[("seen", &seen)]),
            (false, false, _) => fill(t.machine_seen, &[("kind", t.kind(head.author)), ("seen", &seen)]),
        }
    }

    /// Why it is where it is.
    fn why_here(&self) -> Vec<String> {
        let (t, trace) = (self.t, self.trace);
        let mut why = Vec::new();
        if trace.stored.is_none() && trace.places.iter().any(|place| place.state == LocationState::Unmatched) {
            why.push(t.passed_before.to_owned());
        }
        why.push(self.state());
        if trace.state == State::Unstored && trace.hidden.is_none() {
            let report = [Author::DsnFailed, Author::DsnDelayed, Author::DsnDelivered, Author::Mdn];
            let brings = match (report.contains(&trace.head.author), trace.nobody_outside()) {
                (true, _) => t.brings_report,
                (false, true) => t.brings_nobody,
                (false, false) => t.brings_in,
            };
            why.push(brings.to_owned());
        }
        why.extend(self.changes());
        if let Some(asked) = self.asked {
            let text = if trace.stored.is_some() { t.asked } else { t.would_be_asked };
            why.push(fill(text, &[("why", ReviewWords::of(t.language).reason(asked))]));
        }
        if !self.reads && !trace.alone {
            why.push(t.asked_only.to_owned());
        }
        if !trace.blocks.is_empty() && (trace.stored.is_some() || trace.hidden.is_some()) {
            why.extend(trace.blocks.iter().map(|block| self.block(block)));
            why.extend(trace.stored.map(|_| t.block_stays.to_owned()));
        }
        if trace.stored.is_none() {
            why.push(t.only_read.to_owned());
        }
        if trace.withheld {
            why.push(t.withheld.to_owned());
        }
        why
    }

    fn state(&self) -> String {
        let (t, trace) = (self.t, self.trace);
        let stored = trace.stored.is_some();
        if trace.alone {
            return t.alone.to_owned();
        }
        match trace.state {
            State::Linked => self.linked(),
            State::Asked => {
                let text = if stored { t.no_record } else { t.no_record_would };
                let names = matches!(trace.decider(), Some(Decider::BuiltIn(Kind::Reply | Kind::Mark | Kind::Number)));
                let mut on = [Kind::Address, Kind::Domain].into_iter().filter_map(|kind| trace.step(kind));
                match names && on.any(|found| found.holds) {
                    true => format!("{text} {}", t.kept_off),
                    false => text.to_owned(),
                }
            }
            State::Private if trace.answered_none() => t.none_said.to_owned(),
            State::Private if !stored && !trace.kept => self.private_unstored(),
            State::Private => match trace.step(Kind::Person).filter(|found| found.holds && trace.word.is_some()) {
                Some(found) => fill(t.private_why, &[("why", &self.finding(found))]),
                None => t.private.to_owned(),
            },
            State::Nowhere => match (trace.step(Kind::Person).filter(|found| found.holds), &trace.run) {
                (Some(found), _) => fill(t.nowhere_why, &[("why", &self.finding(found))]),
                (None, Some(run)) => {
                    let why = fill(t.run_since, &[("n", &run.job.id.to_string())]);
                    fill(t.nowhere_why, &[("why", &why)])
                }
                (None, None) => t.nowhere.to_owned(),
            },
            State::Unstored => match trace.hidden {
                Some(hidden) => t.hidden(hidden).to_owned(),
                None => {
                    let steps = [Kind::Reply, Kind::Address, Kind::Domain].into_iter();
                    let why: Vec<String> =
                        steps.filter_map(|kind| trace.step(kind)).map(|found| self.finding(found)).collect();
                    fill(t.unstored, &[("why", &why.join("; "))])
                }
            },
        }
    }

    /// That a notice goes, or what became of the one that was made.
    fn went(&self, user: UserId, name: &str) -> String {
        let t = self.t;
        let line = self.trace.noted.iter().find(|line| line.user == user);
        match (line.and_then(|line| Some((line.at, line.state.as_deref()?))), self.trace.stored) {
            (Some((at, state)), _) => {
                let (time, state) = (self.visit.clock.when(at).exact, NoticeWords::of(t.language).delivery(state));
                fill(t.went, &[("name", name), ("time", &time), ("state", state)])
            }
            (None, Some(_)) => fill(t.was_to_go, &[("name", name)]),
            (None, None) => fill(t.goes_untold, &[("name", name)]),
        }
    }

    fn linked(&self) -> String {
        let (t, trace) = (self.t, self.trace);
        let (Linking::Linked { regarding, .. }, Some(main)) = (&trace.linking, trace.main()) else {
            return t.not_told.to_owned();
        };
        let text = match (regarding, trace.stored) {
            (Some(_), Some(_)) => t.on_record,
            (Some(_), None) => t.on_record_would,
            (None, Some(_)) => t.on_timeline,
            (None, None) => t.on_timeline_would,
        };
        let mut parts = vec![fill(text, &[("record", &self.place(main.record).name)]), self.why(&main.evidence)];
        let person = trace.word.is_some();
        let step = if person { Kind::Person } else { Kind::Rank };
        if let (None, Some(found)) = (regarding, trace.step(step)) {
            parts.push(fill(t.no_deal, &[("why", &self.finding(found))]));
        }
        if regarding.is_none() && trace.asks_nobody() {
            parts.push(t.unasked.to_owned());
        }
        parts.join(" ")
    }

    /// What an automatic mail says.
    fn says(&self) -> Vec<String> {
        let (t, says) = (self.t, &self.trace.says);
        let mut lines = Vec::new();
        for report in &says.reports {
            let about = match self.trace.ours.iter().find(|(_, to)| to.eq_ignore_ascii_case(&report.address)) {
                Some((Some(mail), _)) => {
                    let mail = fill(t.mail_n, &[("n", &mail.to_string())]);
                    fill(t.about_ours, &[("mail", &mail)])
                }
                Some((None, _)) => t.about_some.to_owned(),
                None => t.about_none.to_owned(),
            };
            lines.push(format!("{}. {about}", report_text(report, ReachWords::of(t.language))));
        }
        let address = says.author.as_str();
        if let Some((until, certainty)) = &says.away {
            let text = match (until, *certainty) {
                (None, _) => t.away_open,
                (Some(_), "sure") => t.away_until,
                (Some(_), "past") => t.away_past,
                (Some(_), _) => t.away_unsure,
            };
            lines.push(fill(text, &[("address", address), ("day", until.as_deref().unwrap_or_default())]));
        }
        let one = |text| fill(text, &[("address", address)]);
        lines.extend(says.left.then(|| one(t.left)));
        lines.extend(says.challenge.then(|| one(t.proof)));
        for (address, name) in &says.named {
            let name = name.as_deref().map_or_else(|| address.clone(), |name| format!("{name} <{address}>"));
            lines.push(fill(t.instead, &[("name", &name)]));
        }
        lines.extend(says.number.as_ref().map(|(number, _)| fill(t.keeps_as, &[("number", number)])));
        if lines.is_empty() && self.trace.head.author.reports_on_somebody() {
            lines.push(t.says_nothing.to_owned());
        }
        lines
    }

    /// Who sees it, by which record and why, and who has a copy.
    fn readers(&self) -> Vec<Readers> {
        let mut all = Vec::new();
        for seen in &self.trace.seen {
            let owner = self.visit.name(seen.owner);
            let why = |reason: &Right| {
                let text = path_text(reason, &owner, self.visit);
                let until = reason
                    .until
                    .map(|until| fill(self.w.access().until_moment, &[("time", &self.visit.clock.until(until))]));
                until.map_or_else(|| text.clone(), |until| format!("{text} {until}"))
            };
            let reader = |(user, reasons): &(UserId, Vec<Right>)| Reader {
                name: self.visit.name(*user),
                why: reasons.iter().map(why).collect::<Vec<_>>().join("; "),
            };
            let by = fill(self.t.seen_by, &[("record", &self.place(seen.record).name)]);
            all.push(Readers { by, people: seen.readers.iter().map(reader).collect() });
        }
        let holders = self.trace.head.mailboxes.iter().filter_map(|(name, user)| Some((name, (*user)?)));
        let people: Vec<Reader> =
            holders.map(|(name, user)| Reader { name: self.visit.name(user), why: name.clone() }).collect();
        if !people.is_empty() {
            all.push(Readers { by: self.t.seen_by_copy.to_owned(), people });
        }
        all
    }

    pub(super) fn place(&self, id: RecordId) -> Place {
        match self.known.get(&id) {
            Some(named) => Place { id: self.opens.contains(&id).then_some(id.0), name: named.name.clone() },
            None => Place { id: None, name: fill(self.r.record_number, &[("n", &id.to_string())]) },
        }
    }

    fn link(&self, link: &Link) -> LinkView {
        let (on, by) = (self.place(link.record), self.place(link.governing));
        LinkView { on, by, score: link.evidence.score().to_string(), why: self.why(&link.evidence) }
    }

    fn candidate(&self, candidate: &Candidate) -> LinkView {
        let on = self.place(candidate.record);
        // Points compare such records with each other; how sure they are says nothing beside.
        let score = match &candidate.evidence {
            Evidence::OneOfSeveral { points, .. } | Evidence::Ranked { points, .. } => {
                self.w.count(&ReviewWords::of(self.t.language).points, *points)
            }
            other => other.score().to_string(),
        };
        LinkView { by: on.clone(), on, score, why: self.why(&candidate.evidence) }
    }

    fn why(&self, evidence: &Evidence) -> String {
        if let Evidence::Through { record } = evidence {
            return fill(self.t.through, &[("record", &self.place(*record).name)]);
        }
        sentence(evidence, &self.known, self.w, &self.visit.world)
    }

    pub(super) fn effects(&self, hit: &Hit) -> String {
        hit.effects.iter().map(|one| effect(one, self.r)).collect::<Vec<_>>().join(", ")
    }

    /// What a rule says, with why it is not where the mail stands.
    fn effects_with(&self, hit: &Hit) -> String {
        let one = |said: &Effect| match self.trace.outcomes.get(said).and_then(|outcome| self.t.but(*outcome)) {
            Some(but) if !hit.shadow => format!("{}; {but}", effect(said, self.r)),
            _ => effect(said, self.r),
        };
        hit.effects.iter().map(one).collect::<Vec<_>>().join(", ")
    }

    /// What a built-in step found, in the page's language and with names of records.
    pub fn finding(&self, found: &Finding) -> String {
        let names: HashMap<RecordId, String> = self.known.iter().map(|(id, named)| (*id, named.name.clone())).collect();
        let words = match self.w.language {
            Language::English => RECORD_WORDS,
            Language::Polish => trace_words::RECORD_WORDS,
        };
        with_names(&finding(&found.why, self.w), &words, &names)
    }

    fn steps(&self) -> Vec<StepView> {
        let decider = self.trace.decider();
        let built_in = |after: bool| {
            self.trace.built_in.iter().filter(move |f| (f.step.place > 4) == after).map(move |f| StepView {
                place: 0,
                name: built_in(&f.step, self.r).0.to_owned(),
                holds: f.holds,
                verdict: match f.holds {
                    _ if self.trace.alone => self.t.not_told_step,
                    _ if self.trace.state == State::Asked && decider == Some(Decider::BuiltIn(f.step.kind)) => {
                        self.t.asks_verdict
                    }
                    true if decider == Some(Decider::BuiltIn(f.step.kind)) || self.trace.regards_none(f.step.kind) => {
                        self.t.decides
                    }
                    true => self.r.holds,
                    false => self.r.holds_not,
                },
                why: self.finding(f),
            })
        };
        let mut steps: Vec<StepView> = built_in(false).collect();
        steps.extend(self.trace.rules.iter().map(|step| self.rule(step, decider)));
        if self.trace.rules.is_empty() {
            let (name, why) = (self.t.no_rules.to_owned(), self.t.no_rules_why.to_owned());
            steps.push(StepView { place: 0, name, holds: false, verdict: self.r.holds_not, why });
        }
        steps.extend(built_in(true));
        (1..).zip(&mut steps).for_each(|(n, step)| step.place = n);
        steps
    }

    fn rule(&self, step: &Step, decider: Option<Decider>) -> StepView {
        let r = self.r;
        let gone = self.trace.stored.is_some()
            && decider == Some(Decider::Rule(step.rule.id.0))
            && !self.trace.still_says(step.rule.id.0);
        let (verdict, why) = match &step.verdict {
            _ if gone => (self.t.decides, self.t.rule_did.to_owned()),
            Verdict::Fits(Some(hit)) if hit.shadow => (r.rule_fits_shadow, self.effects(hit)),
            Verdict::Fits(Some(hit)) if decider == Some(Decider::Rule(step.rule.id.0)) => {
                (self.t.decides, self.effects_with(hit))
            }
            Verdict::Fits(Some(hit)) => (r.rule_fits, self.effects_with(hit)),
            Verdict::Fits(None) => (r.rule_fits, r.rule_nothing.to_owned()),
            Verdict::Fails(why) => (r.holds_not, failing(why, &step.rule.rule, self.w)),
            Verdict::Stopped(name) => (r.rule_stopped, fill(r.rule_stopped_by, &[("name", name)])),
            Verdict::Off => (r.rule_off, String::new()),
        };
        let name = fill(self.t.rule_named, &[("name", &step.rule.rule.name)]);
        StepView { place: 0, name, holds: matches!(step.verdict, Verdict::Fits(_)), verdict, why }
    }

    /// Whether absence notices go, or went, and why not.
    fn notices(&self) -> Vec<String> {
        let (r, t) = (self.r, self.t);
        let author = self.trace.head.author;
        let one = |(user, reason): &(UserId, Option<String>)| {
            let name = self.visit.name(*user);
            let Some(rule) = reason else { return self.went(*user, &name) };
            let mut why = silence(rule, self.w);
            if author.is_human() && rule.starts_with("R41") && !self.trace.head.return_path.is_empty() {
                why = format!("{why} {}", fill(t.return_path, &[("address", &self.trace.head.return_path)]));
            }
            if !author.is_human() {
                // The first rule that forbids it counts; what the mail is says more than its envelope does.
                why = format!("{} {why}", t.not_answered(author));
            }
            fill(r.notice_kept, &[("name", &name), ("why", &why)])
        };
        self.trace.notices.iter().map(one).collect()
    }
}

/// The whole trace for the page.
pub(super) fn told(told: &Told<'_>, title: String) -> Found {
    let (t, trace) = (told.t, told.trace);
    let (links, candidates) = match &trace.linking {
        Linking::Linked { links, candidates, .. } => (links.as_slice(), candidates.as_slice()),
        Linking::Review(candidates) => (&[][..], candidates.as_slice()),
        Linking::Unmatched => (&[][..], &[][..]),
    };
    let readers = told.readers();
    let other = |mail: &crate::model::id::MailId| (mail.0, fill(t.mail_n, &[("n", &mail.to_string())]));
    let title = match trace.head.subject.trim() {
        "" => title,
        subject => format!("{title}: {subject}"),
    };
    Found {
        title,
        head: told.head(),
        why: told.why_here(),
        others: trace.others.iter().map(other).collect(),
        asked: told.asked.is_some() && trace.stored.is_some(),
        suggested: told.suggested.clone(),
        decided: told.decided.map(|(number, _)| number),
        opens: told.reads,
        stored: trace.stored.map(|mail| mail.0),
        is_stored: trace.stored.filter(|_| told.given).map(|mail| fill(t.is_stored, &[("n", &mail.to_string())])),
        says: told.says(),
        links: links.iter().map(|link| told.link(link)).collect(),
        candidates: candidates.iter().map(|candidate| told.candidate(candidate)).collect(),
        others_see: match (told.asked.is_some(), readers.is_empty()) {
            (false, true) if trace.alone => Some(t.readers_untold),
            (true, true) => Some(t.asked_alone),
            (true, false) => Some(t.asked_besides),
            (false, true) => Some(t.nobody),
            (false, false) => None,
        },
        readers,
        sealed: trace.sealed && !trace.seen.is_empty(),
        notices: told.notices(),
        none: match (trace.hidden, trace.head.came_new) {
            _ if trace.notices_kept_back => t.notices_untold,
            (Some(_), _) => t.notices_hidden,
            (None, true) if trace.stored.is_some() => t.notices_away_then,
            (None, true) => t.notices_away,
            (None, false) => t.notices_old,
        },
        key: {
            let key = fill(t.steps_key, &[("n", &trace.version.to_string())]);
            if trace.unblocked.is_some() { format!("{key} {}", t.steps_unblocked) } else { key }
        },
        steps: told.steps(),
        said: said(trace.said.as_deref().filter(|_| !trace.rules.is_empty()), told),
    }
}
