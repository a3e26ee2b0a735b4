//! Whose records lack an answer or news: what the list of records, Today and the API ask alike (W3, W12, S16).

use super::activities::told;
use super::covering::covered;
use super::doing::{activity_no, actor, begin, go};
use super::records;
use super::refusal::Refusal;
use super::timed::Timed;
use super::today::{COUNTED, count};
use super::visit::Visit;
use super::words::ListWords;
use crate::access;
use crate::actions::activities::{self, Entered};
use crate::model::activity::{ActivityKind, Progress};
use crate::model::id::{ActivityId, RecordId, UserId};
use crate::model::record::{Kind, Lack};
use crate::model::time::{DAY, Timestamp};
use crate::store::views::{self, Chosen, Lacking};
use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Form, Query};
use axum::response::Response;
use chrono::NaiveTime;

/// Whose records are asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Whose {
    /// All that the viewer may read.
    #[default]
    Everybody,
    /// The viewer's own.
    Mine,
    /// Of those who are away and whom the viewer covers.
    Covered,
    /// Of everybody below the viewer in the line.
    People,
    /// Of everybody in a team of the viewer's.
    Teams,
    /// Of one user.
    One(UserId),
}

impl Whose {
    /// What a word of an address means; nothing said is everybody's.
    pub fn from_word(word: &str) -> Option<Whose> {
        match word {
            "" => Some(Whose::Everybody),
            "mine" => Some(Whose::Mine),
            "covered" => Some(Whose::Covered),
            "people" => Some(Whose::People),
            "teams" => Some(Whose::Teams),
            number => number.parse().ok().map(|id| Whose::One(UserId(id))),
        }
    }

    /// The word in addresses.
    pub fn word(self) -> String {
        match self {
            Whose::Everybody => String::new(),
            Whose::Mine => "mine".into(),
            Whose::Covered => "covered".into(),
            Whose::People => "people".into(),
            Whose::Teams => "teams".into(),
            Whose::One(user) => user.to_string(),
        }
    }

    /// The owners; `None` is everybody.
    pub fn owners(self, visit: &Visit) -> Option<Vec<UserId>> {
        let me = visit.person.user;
        match self {
            Whose::Everybody => None,
            Whose::Mine => Some(vec![me]),
            Whose::One(user) => Some(vec![user]),
            Whose::Covered => Some(covered(visit)),
            Whose::People => Some(access::below(me, &visit.world)),
            Whose::Teams => {
                let mine = visit.world.person(me).map(|person| person.teams.clone()).unwrap_or_default();
                let beside = visit.world.people.iter().filter(|p| p.teams.iter().any(|team| mine.contains(team)));
                Some(beside.map(|person| person.id).collect())
            }
        }
    }
}

/// Working days after which a record of this kind is neglected.
pub(super) fn days(kind: Kind, visit: &Visit) -> u32 {
    let config = &visit.app.state.config;
    if kind == Kind::Lead { config.lead_days } else { config.opportunity_days }
}

/// What was last seen to before this is neglected.
pub(super) fn before(kind: Kind, visit: &Visit) -> Timestamp {
    let (config, zone) = (&visit.app.state.config, visit.clock.zone);
    access::neglected_before(access::day_of(visit.clock.now, zone), days(kind, visit), &config.holidays, zone)
}

/// The records of a kind that lack it, what lacks it longest first, with since when and how many there are.
pub(super) async fn found(
    visit: &mut Visit,
    (kind, lack): (Kind, Lack),
    chosen: Chosen<'_>,
    after: Option<(Timestamp, RecordId)>,
    (limit, count_to): (i64, i64),
) -> Result<(Vec<(RecordId, Timestamp)>, i64), Refusal> {
    let asked = Lacking { kind, lack, chosen, before: before(kind, visit) };
    Ok(views::lacking(&mut visit.tx, &visit.scope, &asked, after, limit, count_to).await?)
}

/// How many records of a kind lack what.
pub(super) type Counts = Vec<(Kind, Lack, i64)>;

/// The counts that Today shows, by whose the records are.
pub(super) type Lists = Vec<(Whose, Counts)>;

/// A line of Today: whose records they are, and links with address and words.
pub(super) type Line = (&'static str, Vec<(String, String)>);

/// Of the people below the viewer what waits and what is neglected; of the viewer's own, whose waiting mail stands
/// on Today itself, what is neglected.
pub(super) async fn of(visit: &mut Visit, count_to: i64) -> Result<Lists, Refusal> {
    let mut lists = Lists::new();
    for whose in [Whose::People, Whose::Mine] {
        let counts = counts(visit, whose, count_to).await?;
        lists.extend((!counts.is_empty()).then_some((whose, counts)));
    }
    Ok(lists)
}

/// The same in words.
pub(super) fn lines(lists: &Lists, visit: &Visit) -> Vec<Line> {
    let t = ListWords::of(visit.words().language);
    let heading = |whose| if whose == Whose::Mine { t.own_waits } else { t.team_waits };
    lists.iter().map(|(whose, counts)| (heading(*whose), links(counts, *whose, visit))).collect()
}

async fn counts(visit: &mut Visit, whose: Whose, count_to: i64) -> Result<Counts, Refusal> {
    let owners = whose.owners(visit).unwrap_or_default();
    let mut counts = Counts::new();
    if owners.is_empty() {
        return Ok(counts);
    }
    if whose != Whose::Mine {
        let waiting = views::waiting_on(&mut visit.tx, &visit.scope, &owners).await?;
        counts.extend(waiting.into_iter().map(|(kind, n)| (kind, Lack::Answer, n.min(count_to))));
    }
    for kind in [Kind::Opportunity, Kind::Lead] {
        let of = (kind, before(kind, visit));
        let n = views::neglected_of(&mut visit.tx, &visit.scope, &owners, of, count_to).await?;
        counts.extend((n > 0).then_some((kind, Lack::Update, n)));
    }
    let order = [Kind::Opportunity, Kind::Lead, Kind::Account, Kind::Contact];
    counts.sort_by_key(|(kind, ..)| order.iter().position(|one| one == kind));
    Ok(counts)
}

fn links(counts: &Counts, whose: Whose, visit: &Visit) -> Vec<(String, String)> {
    let (w, t) = (visit.words(), ListWords::of(visit.words().language));
    let link = |(kind, lack, n): &(Kind, Lack, i64)| {
        let words = match (lack, kind) {
            (Lack::Answer, Kind::Opportunity) => &t.opportunities_wait,
            (Lack::Answer, Kind::Account) => &t.accounts_wait,
            (Lack::Answer, Kind::Contact) => &t.contacts_wait,
            (Lack::Answer, Kind::Lead) => &t.leads_wait,
            (Lack::Update, Kind::Lead) => &t.leads_neglected,
            (Lack::Update, _) => &t.opportunities_neglected,
        };
        let asked = records::Asked::of(*kind, whose, Some(*lack));
        // Counted to where lists are (U6).
        let text = w.count(words, (*n).min(COUNTED)).replacen(&w.number((*n).min(COUNTED)), &count(*n, w), 1);
        (asked.address(), text)
    };
    counts.iter().map(link).collect()
}

/// `POST /records/ask`: gives whoever answers for a record the task to say what is new.
pub(super) async fn ask(
    visit: Visit,
    asked: Result<Query<records::Asked>, QueryRejection>,
    form: Result<Form<Ask>, FormRejection>,
) -> Response {
    let answer = match (asked, form) {
        (Ok(Query(asked)), Ok(Form(form))) => told_to(&visit, asked, RecordId(form.ask)).await,
        _ => Err(Refusal::NotFound),
    };
    visit.answer(answer)
}

/// About which record news are asked for.
#[derive(Debug, serde::Deserialize)]
pub(super) struct Ask {
    ask: i64,
}

async fn told_to(visit: &Visit, asked: records::Asked, record: RecordId) -> Result<Response, Refusal> {
    let t = ListWords::of(visit.words().language);
    let (mut tx, world) = begin(visit).await?;
    let actor = actor(visit, &mut tx, &world).await?;
    let named = actor.named(&mut tx, &[record]).await?;
    let Some(entry) = named.entries.first() else { return Err(Refusal::NotFound) };
    let back = asked.address();
    let asked = |id: ActivityId| format!("{back}{}asked={id}", if back.contains('?') { '&' } else { '?' });
    // Who asks twice asks once; a task of which nothing came is no reason not to ask again.
    let lately = visit.clock.now.plus(-DAY);
    let scope = &actor.reach;
    let shown = views::activities(&mut tx, scope, record, views::Below::TOP, 20).await?;
    let open = shown.into_iter().find(|one| {
        let open = one.activity.record == record && one.activity.progress == Progress::Open;
        open && one.activity.subject == t.task && one.activity.updated > lately
    });
    if let Some(one) = open {
        return Ok(go(&asked(one.activity.id)));
    }
    let (config, zone) = (&visit.app.state.config, visit.clock.zone);
    let today = access::day_of(visit.clock.now, zone);
    let day = access::working_days_after(today, 1, &config.holidays);
    let evening = NaiveTime::from_hms_opt(17, 0, 0).unwrap_or_default();
    let wanted = Entered {
        record,
        kind: ActivityKind::Task,
        subject: t.task.to_owned(),
        body: String::new(),
        responsible: access::answers_now(&entry.record, &world, visit.clock.now).user,
        due: Some(access::local_moment(day, evening, zone)),
        done: None,
    };
    match activities::add(&mut tx, &actor, &wanted).await? {
        Ok(made) => {
            tx.commit().await?;
            Ok(go(&asked(made.id)))
        }
        Err(activities::No::NotThere) => Err(Refusal::NotFound),
        Err(no) => {
            let w = visit.words();
            Ok(told(visit, w.not_changed.to_owned(), vec![activity_no(&no, w)], &back))
        }
    }
}

/// What came of asking, to whoever may read it: the record and a sentence.
pub(super) async fn said(visit: &mut Visit, activity: ActivityId) -> Result<Option<(i64, Timed)>, Refusal> {
    let Some(made) = crate::store::activities::load(&mut visit.tx, &[activity]).await?.pop() else { return Ok(None) };
    let names = views::names(&mut visit.tx, &visit.scope, [made.record]).await?;
    let (Some(record), Some(due)) = (names.get(&made.record), made.due) else { return Ok(None) };
    let t = ListWords::of(visit.words().language);
    let name = visit.name(made.responsible);
    let values = [("name", name.as_str()), ("record", record.name.as_str()), ("task", made.subject.as_str())];
    Ok(Some((made.record.0, Timed::exact(t.asked, &values, "day", &visit.clock.a_day(due)))))
}

/// The sentence that says what a list holds (U6), with the limit in force.
pub(super) fn means(kind: Kind, lack: Option<Lack>, visit: &Visit) -> String {
    let (w, t) = (visit.words(), ListWords::of(visit.words().language));
    let days = i64::from(days(kind, visit));
    match (lack, kind) {
        (None, _) => w.records_means.to_owned(),
        (Some(Lack::Answer), _) => t.unanswered_means.to_owned(),
        (Some(Lack::Update), Kind::Lead) => w.count(&t.leads_means, days),
        (Some(Lack::Update), _) => w.count(&t.deals_means, days),
    }
}
