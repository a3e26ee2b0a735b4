//! What people ask for, as the pages ask the store: the viewer's scope anew each time, then the view.

use super::company::{HOT, NOW};
use anyhow::{Context, Result};
use chrono_tz::Tz;
use standin::access::{Scope, World, answers_now, below};
use standin::actions::actor::Actor;
use standin::actions::review::Reviewer;
use standin::actions::{automatic, search, suggestions};
use standin::model::id::{MailId, RecordId, TeamId, UserId};
use standin::model::record::{Kind, Lack, Mode, Policy, Record, Status, UserRole};
use standin::model::time::{DAY, Timestamp};
use standin::parse::query::Query;
use standin::store::automatic::{came_back, challenges};
use standin::store::views::{self, Before, Chosen, Happened, Lacking, Place};
use standin::store::{Db, Tx, list, people, records};
use std::collections::BTreeSet;

/// Entries on a page of a timeline, and one to know whether there are more.
const PAGE: i64 = 51;

/// Some of all who work here, drawn by lot: what an ordinary day is like. The bars are held against the hard sorts.
pub const DRAWN: &str = "drawn by lot";

/// Viewers of one sort.
pub struct Group {
    /// What they are.
    pub name: &'static str,
    /// The installation's mode for them.
    pub mode: Mode,
    /// Who.
    pub viewers: Vec<UserId>,
}

/// Something to look at.
#[derive(Clone, Debug)]
pub enum What {
    /// A record's page from this entry on: its head and 50 entries.
    Record(RecordId, Place),
    /// What waits for the viewer and what came in for all whom they cover, with what is to be done and how much
    /// they are asked.
    Today,
    /// The first page of review: the first question with its like, the list below it, how many there are, and what
    /// notices suggest.
    Review,
    /// A page of records of one kind, and how many there are.
    Records(Kind, Option<(String, RecordId)>),
    /// The first page of what lacks an answer or news, among all that the viewer reads, and how much it is.
    Lacking(Lack),
    /// A message with its ties, and its bytes.
    Message(MailId),
    /// Records by what a person types for a command.
    Find(String),
    /// The page of a search, and what sort of search it is.
    Search(&'static str, String),
}

impl What {
    /// Its row in the table, with the bar in milliseconds where there is one.
    pub fn name(&self) -> (&'static str, Option<f64>) {
        match self {
            What::Record(_, Place::TOP) => ("record, first page", Some(20.0)),
            What::Record(..) => ("record, deep page", Some(20.0)),
            What::Today => ("Today and substitute's list", Some(50.0)),
            What::Review => ("review, card, list and count", Some(50.0)),
            What::Records(_, None) => ("list and count, first page", Some(50.0)),
            What::Records(..) => ("list and count, next page", Some(50.0)),
            What::Lacking(Lack::Answer) => ("clients who wait", Some(50.0)),
            What::Lacking(Lack::Update) => ("neglected opportunities", Some(50.0)),
            What::Message(_) => ("message page", Some(20.0)),
            What::Find(_) => ("find", Some(50.0)),
            What::Search(sort, _) => (sort, Some(300.0)),
        }
    }
}

/// Whoever answers for the company, in both modes.
pub fn policy(mode: Mode, users: i64) -> Policy {
    Policy { mode, fallback: Some(super::company::fallback(users)), ..Policy::default() }
}

/// The viewer's sight at this moment, as every page computes it.
pub async fn sight(tx: &mut Tx, policy: &Policy, viewer: UserId) -> Result<(World, Scope)> {
    let world = people::world(tx, policy, NOW).await?;
    let scope = people::scope(tx, viewer, &world, NOW).await?;
    Ok((world, scope))
}

/// Looks, and gives how many rows there were.
pub async fn look(db: &Db, policy: &Policy, viewer: UserId, what: &What) -> Result<usize> {
    let mut tx = db.read().await?;
    let (world, scope) = sight(&mut tx, policy, viewer).await?;
    views::lag(&mut tx, &scope).await?;
    Ok(match what {
        What::Record(id, before) => {
            let head = views::head(&mut tx, &scope, *id).await?;
            let entries = views::happened(&mut tx, &scope, *id, *before, PAGE).await?;
            views::names(&mut tx, &scope, entries.iter().filter_map(Happened::governing).map(|record| record.id))
                .await?;
            automatic::reach(&mut tx, &scope, &[*id], Tz::UTC, NOW).await?;
            let below = head.iter().flat_map(|head| &head.below).filter(|one| one.kind == Kind::Contact);
            automatic::reach(&mut tx, &scope, &below.map(|one| one.id).collect::<Vec<_>>(), Tz::UTC, NOW).await?;
            entries.len() + usize::from(head.is_some())
        }
        What::Today => {
            views::to_do(&mut tx, &scope, &[viewer], Some(NOW), 50, 1_001).await?;
            let away = covered(&scope, &world);
            let work = views::work(&mut tx, &scope, &away, 50, 1_001).await?;
            let rows = work.away.values().map(|(items, _)| items.len()).sum::<usize>() + work.mine.0.len();
            let owners: Vec<UserId> = away.iter().map(|(owner, _)| *owner).collect();
            views::to_do_of_each(&mut tx, &scope, &owners, 50, 1_001).await?;
            views::new_leads(&mut tx, &scope, &away, 50).await?;
            let items = work.away.values().flat_map(|(items, _)| items).chain(&work.mine.0);
            let mails: Vec<MailId> = items.map(|item| item.mail.id).collect();
            automatic::on_mails(&mut tx, &scope, &mails, Tz::UTC, NOW).await?;
            challenges(&mut tx, &scope, NOW.plus(-14 * DAY)).await?;
            let actor = Actor::load(&mut tx, Some(viewer), &world, NOW).await?;
            let below = below(viewer, &world);
            views::waiting_on(&mut tx, &scope, &below).await?;
            views::neglected_of(&mut tx, &scope, &below, (Kind::Opportunity, NOW.plus(-9 * DAY)), 1_001).await?;
            let reviewer = Reviewer::of(&actor);
            reviewer.count(&mut tx, 1_001).await?;
            suggestions::list(&mut tx, &reviewer, Tz::UTC).await?;
            rows
        }
        What::Review => review(&mut tx, viewer, &world).await?,
        What::Records(kind, after) => {
            let after = after.as_ref().map(|(key, id)| (key.as_str(), *id));
            let rows = views::records(&mut tx, &scope, *kind, after, 101, 1_001).await?.rows;
            let people: Vec<RecordId> = match kind {
                Kind::Contact | Kind::Lead => rows.iter().map(|row| row.record.id).collect(),
                _ => Vec::new(),
            };
            automatic::reach(&mut tx, &scope, &people, Tz::UTC, NOW).await?;
            rows.len()
        }
        What::Lacking(lack) => {
            let chosen = Chosen::default();
            let asked = Lacking { kind: Kind::Opportunity, lack: *lack, chosen, before: NOW.plus(-9 * DAY) };
            let found = views::lacking(&mut tx, &scope, &asked, None, 101, 1_001).await?.0;
            let ids: Vec<RecordId> = found.into_iter().map(|(id, _)| id).collect();
            views::rows(&mut tx, &scope, &ids).await?.len()
        }
        What::Message(id) => {
            let found = views::message(&mut tx, &scope, *id).await?;
            views::raw(&mut tx, &scope, *id).await?;
            automatic::on_mails(&mut tx, &scope, &[*id], Tz::UTC, NOW).await?;
            came_back(&mut tx, &scope, *id).await?;
            usize::from(found.is_some())
        }
        What::Search(_, text) => {
            let query = Query::read(text, NOW.to_utc().date_naive());
            let viewer = search::Viewer { scope: &scope, world: &world, now: NOW, zone: Tz::UTC, region: "PL" };
            let found = search::search(&mut tx, &viewer, &query, None, None).await?;
            found.mails.hits.len() + found.records.iter().map(|group| group.hits.len()).sum::<usize>()
        }
        What::Find(text) => records::find(&mut tx, &scope, text).await?.len(),
    })
}

/// The page of what stands to be reviewed.
async fn review(tx: &mut Tx, viewer: UserId, world: &World) -> Result<usize> {
    let actor = Actor::load(tx, Some(viewer), world, NOW).await?;
    let reviewer = Reviewer::of(&actor);
    let questions = reviewer.list(tx, None, 27).await?;
    reviewer.count(tx, 1_001).await?;
    if let Some(first) = questions.first() {
        reviewer.alike(tx, first).await?;
        views::asked_text(tx, first.mail.id).await?;
        views::names(tx, &actor.reach, first.records.iter().copied()).await?;
    }
    let suggested = suggestions::list(tx, &reviewer, Tz::UTC).await?;
    views::names(tx, &actor.reach, suggested.iter().map(|one| one.key.contact)).await?;
    Ok(questions.len())
}

/// Owners away now for some of whose records the viewer answers, and since when they are away.
fn covered(scope: &Scope, world: &World) -> Vec<(UserId, Timestamp)> {
    let owners = [&scope.owners, &scope.confidential_owners, &scope.unanswered, &scope.partial];
    let owners: BTreeSet<UserId> = owners.into_iter().flatten().copied().collect();
    let teams: Vec<Option<TeamId>> = world.teams.iter().map(|t| Some(t.id)).chain([None]).collect();
    let answers = |owner, team, confidential| {
        answers_now(&probe(owner, team, confidential), world, NOW).user == Some(scope.viewer)
    };
    let away = owners.into_iter().filter_map(|owner| Some((owner, world.running(owner, NOW)?.starts)));
    away.filter(|(owner, _)| {
        // By exceptions: something of theirs is left to the viewer, or may be.
        scope.parts.owners.contains(owner)
            || (scope.partial.contains(owner) && !scope.records.is_empty())
            || answers(*owner, None, true)
            || teams.iter().any(|team| answers(*owner, *team, false))
    })
    .collect()
}

fn probe(owner: UserId, team: Option<TeamId>, confidential: bool) -> Record {
    Record {
        id: RecordId(0),
        kind: Kind::Opportunity,
        name: String::new(),
        owner,
        team,
        confidential,
        status: Status::Open,
        account: None,
        class: None,
        end_account: None,
        end_contact: None,
    }
}

/// The sorts of viewers, at most `each` of each.
pub async fn groups(db: &Db, users: i64, each: usize) -> Result<Vec<Group>> {
    let mut tx = db.read().await?;
    let policy = policy(Mode::Restricted, users);
    let (mut ordinary, mut substitutes) = (Vec::new(), Vec::new());
    let world = people::world(&mut tx, &policy, NOW).await?;
    for person in &world.people {
        if !world.present(person.id, NOW) || person.role != UserRole::Manager || person.id.0 == users {
            continue;
        }
        let scope = people::scope(&mut tx, person.id, &world, NOW).await?;
        let covers: Vec<UserId> = scope.owners.iter().chain(&scope.partial).copied().collect();
        let away = covers.iter().filter(|owner| world.running(**owner, NOW).is_some());
        if covers.is_empty() && scope.fallback_teams.is_empty() {
            ordinary.push(person.id);
        } else if person.id.0 > 49 {
            substitutes.push((!scope.partial.is_empty(), owned(&mut tx, away.copied()).await?, person.id));
        }
    }
    substitutes.sort_by(|a, b| b.cmp(a));
    let substitutes: Vec<UserId> = substitutes.into_iter().map(|(.., id)| id).take(each).collect();
    // Owners of hot accounts and of many records first, then anybody.
    ordinary.sort_by_key(|id| (!matches!(id.0, 300 | 301), (id.0 * 7_919) % 10_007));
    ordinary.truncate(each);
    let mut drawn: Vec<UserId> = world.people.iter().filter(|p| p.active).map(|p| p.id).collect();
    drawn.sort_by_key(|id| (id.0 * 6_203) % 9_973);
    drawn.truncate(each * 4);
    let transparent = ordinary.clone();
    let heads: Vec<UserId> = (1..=3).map(UserId).collect();
    Ok([
        ("account manager", Mode::Restricted, ordinary),
        ("substitute", Mode::Restricted, substitutes),
        ("owner of thousands", Mode::Restricted, (45..=49).map(UserId).collect()),
        ("asked ten thousand times", Mode::Restricted, vec![UserId(super::company::ASKED)]),
        ("admin", Mode::Restricted, vec![UserId(5)]),
        ("company fallback", Mode::Restricted, vec![UserId(users)]),
        ("top of the line", Mode::Restricted, heads),
        ("transparent mode", Mode::Transparent, transparent),
        (DRAWN, Mode::Restricted, drawn),
    ]
    .map(|(name, mode, viewers)| Group { name, mode, viewers })
    .into())
}

async fn owned(tx: &mut Tx, owners: impl Iterator<Item = UserId>) -> Result<i64> {
    const COUNT: &str = "select count(*) from records where owner_id in
        (select cast(value as bigint) from json_each($1))";
    Ok(number(tx, COUNT, &list(owners.map(|o| o.0))).await?.unwrap_or(0))
}

/// What a viewer looks at: as many of each sort as `each`.
pub async fn targets(db: &Db, policy: &Policy, viewer: UserId, each: usize) -> Result<Vec<What>> {
    let mut tx = db.read().await?;
    let (_, scope) = sight(&mut tx, policy, viewer).await?;
    let mut found = vec![What::Today; each];
    found.extend(vec![What::Review; each]);
    let owners = [viewer].into_iter().chain(scope.owners.iter().copied().take(6)).chain(scope.partial.iter().copied());
    let some = some_records(&mut tx, &list(owners.map(|o| o.0))).await?;
    let mut hot: Vec<RecordId> = (1..=HOT).map(RecordId).collect();
    hot.extend(some);
    let seen = records::load_seen(&mut tx, &scope, &hot).await?;
    let entries: Vec<records::Entry> =
        hot.iter().filter_map(|id| seen.iter().find(|e| e.record.id == *id)).cloned().collect();
    for entry in entries.iter().take(each) {
        let id = entry.record.id;
        found.push(What::Record(id, Place::TOP));
        let mails = views::timeline(&mut tx, &scope, id, Before::TOP, 30).await?;
        found.extend(mails.get(mails.len() / 2).map(|entry| What::Message(entry.mail.id)));
        if let Some(before) = deep(&mut tx, id).await? {
            found.push(What::Record(id, before));
        }
        let (first, _) = entry.record.name.split_at(entry.record.name.len().min(7));
        found.push(What::Find(entry.number.clone().unwrap_or_else(|| entry.record.name.clone())));
        found.push(What::Find(first.to_owned()));
    }
    for entry in entries.iter().take(each.div_ceil(4)) {
        found.extend(searches(&mut tx, &scope, entry).await?);
    }
    found.extend([What::Lacking(Lack::Answer), What::Lacking(Lack::Update)]);
    for kind in [Kind::Account, Kind::Contact, Kind::Opportunity] {
        found.push(What::Records(kind, None));
        let page = views::records(&mut tx, &scope, kind, None, 101, 1).await?;
        found.extend(page.rows.last().map(|row| What::Records(kind, Some((row.key.clone(), row.record.id)))));
    }
    Ok(found)
}

/// What somebody with this record before them may search for.
async fn searches(tx: &mut Tx, scope: &Scope, entry: &records::Entry) -> Result<Vec<What>> {
    let id = entry.record.id;
    let mails = views::timeline(tx, scope, id, Before::TOP, 1).await?;
    let subject = mails.first().map_or("Re: Pumps 17", |entry| entry.mail.subject.as_str());
    let rare = subject.rsplit(' ').next().unwrap_or("17").to_owned();
    let last = entry.record.name.split(' ').nth(1).unwrap_or("Nowak").to_owned();
    let beginning: String = last.chars().take(3).collect();
    let phone = super::company::phone(id.0);
    let number = entry.number.clone().unwrap_or_else(|| entry.record.name.clone());
    Ok(vec![
        What::Search("search, rare word", rare),
        What::Search("search, very common word", "please".to_owned()),
        What::Search("search, common words", "oferta termin pompy".to_owned()),
        What::Search("search, phrase", "\"find the quote\"".to_owned()),
        What::Search("search, phone", phone.replace(' ', "")),
        What::Search("search, end of a phone", phone.chars().skip(phone.len() - 6).collect()),
        What::Search("search, beginning of a name", beginning.to_lowercase()),
        What::Search("search, name", entry.record.name.clone()),
        What::Search("search, about: and a word", format!("about:\"{number}\" oferta")),
        What::Search("search, files between days", "has:attachment after:2026-06-01 before:2026-07-01".to_owned()),
        What::Search("search, old mail of a person", format!("from:\"{last}\" please before:2025-06-01")),
        What::Search("search, one day", "after:2026-11-20".to_owned()),
    ])
}

async fn some_records(tx: &mut Tx, owners: &str) -> Result<Vec<RecordId>> {
    const SOME: &str = "select id from records where owner_id in (select cast(value as bigint) from json_each($1))
        order by (id * 7919) % 10007, id limit 60";
    let ids: Vec<(i64,)> = match tx {
        Tx::Sqlite(t) => sqlx::query_as(SOME).bind(owners).fetch_all(&mut **t).await?,
        Tx::Postgres(t) => sqlx::query_as(SOME).bind(owners).fetch_all(&mut **t).await?,
    };
    Ok(ids.into_iter().map(|(id,)| RecordId(id)).collect())
}

/// Three quarters down a timeline.
async fn deep(tx: &mut Tx, record: RecordId) -> Result<Option<Place>> {
    const ALL: &str = "select count(*) from links where record_id = cast($1 as bigint)";
    const AT: &str =
        "select at, mail_id from links where record_id = $1 order by at desc, mail_id desc limit 1 offset $2";
    let all = number(tx, ALL, &record.0.to_string()).await?.context("a count is a number")?;
    let row: Option<(i64, i64)> = match tx {
        Tx::Sqlite(t) => sqlx::query_as(AT).bind(record.0).bind(all * 3 / 4).fetch_optional(&mut **t).await?,
        Tx::Postgres(t) => sqlx::query_as(AT).bind(record.0).bind(all * 3 / 4).fetch_optional(&mut **t).await?,
    };
    Ok(row.and_then(|(at, mail)| Place::parse(&format!("{at}.{mail}"))))
}

async fn number(tx: &mut Tx, sql: &'static str, value: &str) -> Result<Option<i64>> {
    Ok(match tx {
        Tx::Sqlite(t) => sqlx::query_scalar(sql).bind(value).fetch_optional(&mut **t).await?,
        Tx::Postgres(t) => sqlx::query_scalar(sql).bind(value).fetch_optional(&mut **t).await?,
    })
}
