//! Today: what waits for my reply, and what came in for those I cover (W1).

use super::absence::{EndView, end_view};
use super::activity::ActivityCard;
use super::answers::Answers;
use super::covering::{covered, probe};
use super::drafts::{self, Outcome};
use super::entry::{Card, kind};
use super::first_steps::{Concerns, StepView};
use super::glass;
use super::lacking;
use super::live::fingerprint;
use super::notices;
use super::reach;
use super::refusal::Refusal;
use super::security;
use super::shell::{Html, Shell};
use super::status::FindingView;
use super::timed::Timed;
use super::visit::Visit;
use super::waiting;
use super::words::{
    AbsenceWords, AnsweringWords, FromMailWords, GroupWords, ReachWords, ReviewWords, RunningWords, SuggestionWords,
    TellingWords, Words, fill,
};
use crate::access::{self, Problem};
use crate::actions::absences;
use crate::actions::actor::Actor;
use crate::actions::review::Reviewer;
use crate::model::id::{AbsenceId, DraftId, MailId, UserId};
use crate::model::record::Record;
use crate::model::share::Share;
use crate::model::time::Timestamp;
use crate::notify;
use crate::store::views::{self, Away, Item, Named, Shown};
use askama::Template;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// At most so many mails of a group are shown: what waits longest.
const SHOWN: i64 = 50;
/// Groups are counted exactly up to here (U6).
pub(super) const COUNTED: i64 = 1_000;

/// What is asked of the page.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Asked {
    /// A draft that was begun here and is sent.
    #[serde(default)]
    sent: Option<i64>,
}

impl Asked {
    fn address(&self) -> String {
        self.sent.map_or("/".to_owned(), |draft| format!("/?sent={draft}"))
    }
}

/// What the page is made of.
#[derive(Debug)]
pub(super) struct Data {
    away: Option<(Option<Timestamp>, Answers, AbsenceId, EndView)>,
    /// That notices are stopped, to whoever is away and counts on them; else empty.
    stopped: String,
    /// The absence that ended lately, for its report.
    back: Option<AbsenceId>,
    /// Absences that are the viewer's business and need attention: whose, and the gravest problem.
    troubles: Vec<(AbsenceId, String, Problem, bool)>,
    pub(super) mine: Vec<(Item, Answers)>,
    pub(super) mine_count: i64,
    pub(super) tasks: (Vec<Shown>, i64),
    pub(super) waiting: (Vec<(Item, Answers)>, i64),
    pub(super) covering: Vec<Group>,
    /// Whose records lack something, and how many.
    pub(super) lacking: lacking::Lists,
    /// What concerns an admin.
    concerns: Concerns,
    /// How many mails are to be reviewed.
    pub(super) asked: i64,
    /// How many suggestions about contacts are.
    suggested: i64,
    /// What matters of the contacts on the mails.
    reach: Reaches,
    /// Records of the viewer's that somebody opened without a right lately.
    opened: Vec<(Share, String)>,
    /// Who wants proof that the viewer is a person: the mail and its author.
    challenges: Vec<(MailId, String)>,
    /// What became of the answer that was begun here.
    sent: Option<Outcome>,
    /// That an admin made a link to the viewer's account lately.
    reset: Option<Timed>,
}

/// For each mail sentences about the contacts on it who are away, left, or hard to reach.
type Reaches = BTreeMap<MailId, Vec<(i64, Timed)>>;

impl Data {
    /// Whether nothing waits.
    fn is_quiet(&self) -> bool {
        let covers_nothing = self.covering.iter().all(|group| group.items.is_empty());
        covers_nothing
            && self.lacking.is_empty()
            && self.concerns.is_empty()
            && self.mine.is_empty()
            && self.tasks.0.is_empty()
            && self.waiting.0.is_empty()
    }

    /// The records of which the page shows mail or activities.
    pub(super) fn shown(&self) -> Vec<Record> {
        let items = self.mine.iter().chain(&self.waiting.0);
        let items = items.chain(self.covering.iter().flat_map(|group| &group.items));
        let tasks = self.tasks.0.iter().chain(self.covering.iter().flat_map(|group| &group.tasks.0));
        let records = items.map(|(item, _)| &item.record).chain(tasks.map(|task| &task.governing));
        records.map(Named::record).collect()
    }
}

/// What came in for somebody who is away.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) owner: String,
    pub(super) absence: AbsenceId,
    pub(super) since: Timestamp,
    pub(super) until: Option<Timestamp>,
    pub(super) items: Vec<(Item, Answers)>,
    pub(super) count: i64,
    pub(super) tasks: (Vec<Shown>, i64),
    pub(super) leads: Vec<(Named, Timestamp, Answers)>,
}

struct GroupView {
    id: String,
    title: Timed,
    means: Timed,
    brief: Option<AbsenceId>,
    none: &'static str,
    count: String,
    rows: Vec<RowView>,
    tasks: Vec<ActivityCard>,
    leads: Vec<LeadView>,
    shown_of: Option<String>,
}

struct TroubleView {
    id: i64,
    lead: String,
    text: String,
    more: bool,
}

struct RowView {
    card: Card,
    record_id: i64,
    record: String,
    kind: &'static str,
    answers: Timed,
    /// The mails of the conversation that wait; an answer goes to the last.
    waiting: Vec<i64>,
    /// "2 more mails of this conversation wait", and the last of them.
    more: Option<(String, i64)>,
    /// What the button says that ends the wait.
    end: Option<&'static str>,
    /// Contacts on it who are away, left, or hard to reach.
    warned: Vec<(i64, Timed)>,
}

struct LeadView {
    id: i64,
    name: String,
    answers: Timed,
    when: super::when::When,
}

#[derive(Template)]
#[template(path = "today.html")]
struct Page {
    shell: Shell,
    w: &'static Words,
    here: &'static str,
    t: &'static TellingWords,
    write: &'static AnsweringWords,
    sent: Option<Outcome>,
    reset: Option<Timed>,
    away: Option<(Timed, AbsenceId, EndView)>,
    back: Option<AbsenceId>,
    a: &'static AbsenceWords,
    troubles: Vec<TroubleView>,
    groups: Vec<GroupView>,
    /// Whether there are several groups to choose from.
    jumps: bool,
    quiet: bool,
    /// "52 mails are to be reviewed"; "2 suggestions about contacts".
    asked: Vec<String>,
    /// Whose records lack something, and where they are listed.
    lacking: Vec<lacking::Line>,
    findings: Vec<FindingView>,
    steps: Vec<StepView>,
    o: &'static RunningWords,
    /// Who opened records of the viewer's without a right: the record, and a sentence.
    opened: Vec<(i64, Timed)>,
    glass_look: &'static str,
    /// Who wants proof that the viewer is a person.
    challenges: Vec<(i64, String)>,
}

/// `GET /`.
pub(super) async fn page(mut visit: Visit, asked: Result<Query<Asked>, QueryRejection>) -> Response {
    let page = view(&mut visit, &asked.map(|Query(asked)| asked).unwrap_or_default()).await;
    visit.answer(page)
}

async fn view(visit: &mut Visit, asked: &Asked) -> Result<Response, Refusal> {
    let data = load(visit, asked).await?;
    visit.reads_of(data.shown()).await?;
    let mut shell = visit.shell().titled(visit.words().today).at("today").live(&asked.address(), fingerprint(&data));
    shell.asked = data.asked + data.suggested;
    let w = visit.words();
    let away = away_view(&data, visit);
    let a = w.language.absences();
    let troubles = data.troubles.iter().map(|(id, name, problem, more)| TroubleView {
        id: id.0,
        lead: fill(a.banner, &[("name", name)]),
        text: a.problem(problem),
        more: *more,
    });
    let troubles = troubles.collect();
    let quiet = data.is_quiet();
    let groups = groups(&data, visit);
    let proof = ReachWords::of(w.language).challenge_from;
    let challenge = |(id, from): &(MailId, String)| (id.0, fill(proof, &[("address", from)]));
    let challenges = data.challenges.iter().map(challenge).collect();
    let opened = data.opened.iter().map(|(share, name)| glass::sentence(share, name, visit)).collect();
    let glass_look = GroupWords::of(w.language).glass_look;
    let (t, back) = (TellingWords::of(w.language), data.back);
    let r = ReviewWords::of(w.language);
    let s = SuggestionWords::of(w.language);
    let asked = [(data.asked, &r.waiting), (data.suggested, &s.waiting)];
    let asked = asked.into_iter().filter(|(n, _)| *n > 0).map(|(n, text)| w.count(text, n)).collect();
    let lacking = lacking::lines(&data.lacking, visit);
    let (findings, steps) = (data.concerns.findings(visit), data.concerns.steps(visit));
    let jumps = groups.iter().filter(|group| group.count != "0").count() > 1;
    Ok(Html(Page {
        shell,
        w,
        here: "/",
        t,
        write: AnsweringWords::of(w.language),
        sent: data.sent,
        reset: data.reset,
        a,
        away,
        back,
        troubles,
        groups,
        jumps,
        quiet,
        asked,
        lacking,
        findings,
        steps,
        o: RunningWords::of(w.language),
        opened,
        glass_look,
        challenges,
    })
    .into_response())
}

/// The groups in the order in which they concern the viewer: their own, those whom they cover, tasks, and whom we
/// wait for.
fn groups(data: &Data, visit: &Visit) -> Vec<GroupView> {
    let (w, clock) = (visit.words(), visit.clock);
    let mut groups = vec![GroupView {
        id: "waiting".into(),
        title: Timed::plain(w.waiting_title),
        means: Timed::plain(w.waiting_means),
        brief: None,
        none: w.waiting_none,
        count: count(data.mine_count, w),
        shown_of: shown_of(data.mine.len(), data.mine_count, w),
        rows: data.mine.iter().map(|row| row_view(row, &data.reach, visit)).collect(),
        tasks: Vec::new(),
        leads: Vec::new(),
    }];
    for (n, group) in data.covering.iter().enumerate() {
        let title = match group.until {
            Some(end) => Timed::exact(w.covering_title, &[("name", &group.owner)], "day", &clock.ends(end)),
            None => Timed::with(w.covering_open, &[("name", &group.owner)], &[]),
        };
        groups.push(GroupView {
            id: format!("covering-{n}"),
            title,
            means: Timed::exact(w.covering_means, &[("name", &group.owner)], "day", &clock.a_day(group.since)),
            brief: Some(group.absence),
            none: w.covering_none,
            count: count(group.count, w),
            shown_of: shown_of(group.items.len(), group.count, w),
            rows: group.items.iter().map(|row| row_view(row, &data.reach, visit)).collect(),
            tasks: Vec::new(),
            leads: Vec::new(),
        });
        groups.extend(leads_view(n, group, visit));
        let name = [("name", group.owner.as_str())];
        let (title, means) = (Timed::with(w.tasks_of, &name, &[]), Timed::with(w.tasks_of_means, &name, &[]));
        groups.extend(tasks_view(format!("tasks-{n}"), &group.tasks, title, means, visit));
    }
    groups.extend(tasks_view(
        "tasks".into(),
        &data.tasks,
        Timed::plain(w.my_tasks),
        Timed::plain(w.my_tasks_means),
        visit,
    ));
    groups.extend(asked_view(&data.waiting, &data.reach, visit));
    groups
}

/// That the viewer is away themselves: until when, who covers, and whether notices are stopped.
fn away_view(data: &Data, visit: &Visit) -> Option<(Timed, AbsenceId, EndView)> {
    let (until, answers, absence, end) = data.away.as_ref()?;
    let (w, clock) = (visit.words(), visit.clock);
    let covers = if answers.name.is_some() { w.covers } else { w.covers_nobody };
    let values = [("name", answers.name.as_deref().unwrap_or_default())];
    let text = match until.map(|end| clock.ends(end)) {
        Some(day) => Timed::exact(&format!("{} {covers}{}", w.you_are_away, data.stopped), &values, "day", &day),
        None => Timed::with(&format!("{} {covers}{}", w.you_are_away_open, data.stopped), &values, &[]),
    };
    Some((text, *absence, end.clone()))
}

/// What the page shows at this moment.
pub(super) async fn load(visit: &mut Visit, asked: &Asked) -> Result<Data, Refusal> {
    let sent = match asked.sent {
        Some(draft) => drafts::outcome(visit, DraftId(draft)).await?,
        None => None,
    };
    let (me, now) = (visit.person.user, visit.clock.now);
    let today = Some(end_of_day(visit));
    let tasks = views::to_do(&mut visit.tx, &visit.scope, &[me], today, SHOWN, COUNTED + 1).await?;
    let away = match visit.world.running(me, now).cloned() {
        Some(absence) => {
            let answers = visit.answers(&probe(me, None, false));
            Some((absence.ends, answers, absence.id, end_view(visit, &absence).await?))
        }
        None => None,
    };
    let counts = visit.world.running(me, now).is_some_and(|absence| absence.notice);
    let stopped = if counts { notices::stopped(visit).await? } else { None };
    let stopped = stopped.map(|text| format!(" {text}")).unwrap_or_default();
    let back = if away.is_some() { None } else { notify::lately_back(&mut visit.tx, me, now).await? };
    let troubles = troubles(visit).await?;
    let (mine, covering) = work(visit).await?;
    let owners: Vec<UserId> = covered(visit).into_iter().chain([me]).collect();
    let (waiting, count) = waiting::asked(visit, &owners, SHOWN, COUNTED + 1).await?;
    // Of records that somebody else answers for it is theirs to follow up.
    let theirs = with_answers(waiting, visit).into_iter().filter(|(_, answers)| answers.user == Some(me));
    // Where they wait for us as well the conversation stands above already, and it is our turn (U5).
    let ours = mine.0.iter().chain(covering.iter().flat_map(|group| group.items.iter().map(|(item, _)| item)));
    let ours: BTreeSet<_> = ours.filter(|item| item.mail.waits).map(|item| (item.thread, item.record.id)).collect();
    let theirs: Vec<_> = theirs.filter(|(item, _)| !ours.contains(&(item.thread, item.record.id))).collect();
    let count = if count <= SHOWN { theirs.len() as i64 } else { count };
    let waiting = (theirs, count);
    let mine_count = mine.1;
    let (asked, suggested) = self::asked(visit).await?;
    let mine = with_answers(mine.0, visit);
    let items = mine.iter().chain(&waiting.0).chain(covering.iter().flat_map(|group| &group.items));
    let mails: Vec<MailId> = items.map(|(item, _)| item.mail.id).collect();
    let reach = reach::on_mails(visit, &mails).await?;
    let challenges = reach::challenges(visit).await?;
    let opened = glass::told(visit).await?;
    let lacking = lacking::of(visit, COUNTED + 1).await?;
    Ok(Data {
        sent,
        reset: security::reset_told(visit).await?,
        opened,
        away,
        stopped,
        back,
        troubles,
        mine,
        mine_count,
        tasks,
        waiting,
        covering,
        lacking,
        concerns: Concerns::load(visit).await?,
        asked,
        suggested,
        reach,
        challenges,
    })
}

/// About how many mails the viewer is asked, and about how many suggestions.
async fn asked(visit: &mut Visit) -> Result<(i64, i64), Refusal> {
    let world = visit.world.clone();
    let actor = Actor::load(&mut visit.tx, Some(visit.person.user), &world, visit.clock.now).await?;
    let reviewer = Reviewer::of(&actor);
    let mails = reviewer.count(&mut visit.tx, COUNTED + 1).await?;
    Ok((mails, super::suggestions::count(visit, &reviewer).await?))
}

/// What waits for the viewer, and what came in for everybody whom they cover: one query of each sort for
/// all of them.
async fn work(visit: &mut Visit) -> Result<((Vec<Item>, i64), Vec<Group>), Refusal> {
    let (me, now) = (visit.person.user, visit.clock.now);
    let running = |owner: UserId| {
        let absence = visit.world.running(owner, now)?;
        Some((owner, absence.id, absence.starts, absence.ends))
    };
    let absences: Vec<_> = covered(visit).into_iter().filter_map(running).collect();
    let away: Vec<Away> = absences.iter().map(|(owner, _, since, _)| (*owner, *since)).collect();
    let owners: Vec<UserId> = absences.iter().map(|(owner, ..)| *owner).collect();
    let (tx, scope) = (&mut visit.tx, &visit.scope);
    let mut work = views::work(tx, scope, &away, SHOWN, COUNTED + 1).await?;
    let mut tasks = views::to_do_of_each(tx, scope, &owners, SHOWN, COUNTED + 1).await?;
    let mut leads = views::new_leads(tx, scope, &away, SHOWN).await?;
    let groups = absences.into_iter().map(|(owner, absence, since, until)| {
        let (items, count) = work.away.remove(&owner).unwrap_or_default();
        let leads = leads.remove(&owner).unwrap_or_default().into_iter().map(|(named, at)| {
            let answers = visit.answers(&named);
            (named, at, answers)
        });
        Group {
            owner: visit.name(owner),
            absence,
            since,
            until,
            items: with_answers(items, visit),
            count,
            tasks: tasks.remove(&owner).unwrap_or_default(),
            leads: leads.filter(|(.., answers)| answers.user == Some(me)).collect(),
        }
    });
    let groups = groups.collect();
    Ok((work.mine, groups))
}

/// The absences that concern the viewer as the person, who stands in, or the line manager; admins
/// find the rest on the page of absences.
async fn troubles(visit: &mut Visit) -> Result<Vec<(AbsenceId, String, Problem, bool)>, Refusal> {
    let (me, now) = (visit.person.user, visit.clock.now);
    let found = absences::troubles(&mut visit.tx, &visit.world, Some(me), access::is_near, now).await?;
    let gravest = found.into_iter().filter_map(|(absence, mut problems)| {
        problems.sort_by_key(|p| (std::cmp::Reverse(p.weight()), !p.is_gap()));
        let more = problems.len() > 1;
        Some((absence.id, visit.name(absence.user), problems.into_iter().next()?, more))
    });
    Ok(gravest.collect())
}

/// The end of the viewer's day.
fn end_of_day(visit: &Visit) -> Timestamp {
    let clock = &visit.clock;
    let today = clock.now.to_utc().with_timezone(&clock.zone).date_naive();
    today.succ_opt().map_or(clock.now, |tomorrow| access::day_start(tomorrow, clock.zone))
}

/// A group of what is to be done; none where there is nothing.
fn tasks_view(
    id: String,
    (tasks, n): &(Vec<Shown>, i64),
    title: Timed,
    means: Timed,
    visit: &Visit,
) -> Option<GroupView> {
    let w = visit.words();
    let card = |shown: &Shown| {
        let mut card = ActivityCard::of(shown, visit);
        card.may_change = true;
        card
    };
    (!tasks.is_empty()).then(|| GroupView {
        id,
        title,
        means,
        none: "",
        brief: None,
        count: count(*n, w),
        rows: Vec::new(),
        tasks: tasks.iter().map(card).collect(),
        leads: Vec::new(),
        shown_of: shown_of(tasks.len(), *n, w),
    })
}

/// The group of questions of ours that are to be followed up; none where there are none.
fn asked_view((items, n): &(Vec<(Item, Answers)>, i64), reach: &Reaches, visit: &Visit) -> Option<GroupView> {
    let (w, f) = (visit.words(), FromMailWords::of(visit.words().language));
    let days = visit.app.state.config.follow_up_days.to_string();
    (!items.is_empty()).then(|| GroupView {
        id: "asked".into(),
        title: Timed::plain(f.group_title),
        means: Timed::with(f.group_means, &[("n", &days)], &[]),
        brief: None,
        none: "",
        count: count(*n, w),
        shown_of: shown_of(items.len(), *n, w),
        rows: items.iter().map(|row| row_view(row, reach, visit)).collect(),
        tasks: Vec::new(),
        leads: Vec::new(),
    })
}

/// Leads that came in for somebody away (S11); none where there are none.
fn leads_view(n: usize, group: &Group, visit: &Visit) -> Option<GroupView> {
    let (w, clock) = (visit.words(), &visit.clock);
    let lead = |(named, at, answers): &(Named, Timestamp, Answers)| LeadView {
        id: named.id.0,
        name: named.name.clone(),
        answers: answers.text(clock),
        when: clock.when(*at),
    };
    (!group.leads.is_empty()).then(|| GroupView {
        id: format!("leads-{n}"),
        title: Timed::with(w.leads_of, &[("name", &group.owner)], &[]),
        means: Timed::exact(w.leads_of_means, &[("name", &group.owner)], "day", &clock.a_day(group.since)),
        none: "",
        brief: None,
        count: count(group.leads.len() as i64, w),
        rows: Vec::new(),
        tasks: Vec::new(),
        leads: group.leads.iter().map(lead).collect(),
        shown_of: None,
    })
}

fn with_answers(items: Vec<Item>, visit: &Visit) -> Vec<(Item, Answers)> {
    items
        .into_iter()
        .map(|item| {
            let answers = visit.answers(&item.record);
            (item, answers)
        })
        .collect()
}

fn row_view((item, answers): &(Item, Answers), reach: &Reaches, visit: &Visit) -> RowView {
    let w = visit.words();
    let f = FromMailWords::of(w.language);
    let end = match (item.mail.waits, item.mail.awaits) {
        (true, _) => Some(f.no_answer),
        (_, true) => Some(f.not_expected),
        _ => None,
    };
    let waiting: Vec<i64> = item.waiting.iter().map(|mail| mail.0).collect();
    let more = waiting.last().filter(|_| waiting.len() > 1);
    RowView {
        more: more.map(|last| (w.count(&f.more_wait, waiting.len() as i64 - 1), *last)),
        waiting,
        end,
        warned: reach.get(&item.mail.id).cloned().unwrap_or_default(),
        card: Card::of(&item.mail, &visit.clock),
        record_id: item.record.id.0,
        record: item.record.name.clone(),
        kind: kind(item.record.kind, w),
        answers: answers.text(&visit.clock),
    }
}

/// A count, exact up to 1 000.
pub(super) fn count(n: i64, w: &'static Words) -> String {
    if n > COUNTED { format!("{}+", w.number(COUNTED)) } else { w.number(n) }
}

fn shown_of(shown: usize, all: i64, w: &'static Words) -> Option<String> {
    (all > shown as i64).then(|| fill(w.shown_of, &[("n", &w.number(shown as i64))]))
}
