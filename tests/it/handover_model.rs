//! Random stories of assigning, handing over, absences that begin, are prolonged and end, returns,
//! undoing and new records, against a slow and obvious model over plain values: after every step
//! each record is with the owner that the model names, its history explains that owner, and the
//! journals say what became of it.
//!
//! The model knows nothing of journals and lists of changes. It keeps a record as a pile: a word of
//! a person at the bottom (who owned it last by a person's decision), hand-overs on top of it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::too_many_lines
)]

use crate::handover::{Firm, Turned, away, entry};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use standin::model::absence::CoverPlan;
use standin::model::handover::State;
use standin::model::id::{AbsenceId, HandoverId, RecordId, UserId};
use standin::model::record::Kind;
use standin::model::time::{DAY, HOUR, Timestamp};
use std::collections::BTreeMap;

const PEOPLE: [UserId; 4] = [UserId(1), UserId(2), UserId(3), UserId(4)];

/// How one record stands.
#[derive(Clone, Debug)]
struct Pile {
    /// Whom a person made its owner, and by which decision.
    word: (UserId, u64),
    /// Hand-overs that hold it, the first at the bottom: which, from whom, to whom.
    layers: Vec<(i64, UserId, UserId)>,
    /// Hand-overs that lost it, and whether it was to a person's word.
    lost: BTreeMap<i64, bool>,
    /// The last decision by which a person gave it to somebody; a return by force is none.
    given: u64,
}

impl Pile {
    fn owner(&self) -> UserId {
        self.layers.last().map_or(self.word.0, |layer| layer.2)
    }

    /// Whether the same word and the same hand-overs hold it.
    fn stands_as(&self, other: &Pile) -> bool {
        (self.word, &self.layers) == (other.word, &other.layers)
    }

    /// As it was; what other hand-overs lost since they still have lost.
    fn restore(&mut self, before: &Pile) {
        let lost = std::mem::take(&mut self.lost);
        *self = before.clone();
        for (id, to_a_word) in lost {
            if !self.layers.iter().any(|layer| layer.0 == id) {
                self.lost.entry(id).or_insert(to_a_word);
            }
        }
    }

    /// A person gives it to somebody: no hand-over holds it any more.
    fn assign(&mut self, to: UserId, decision: u64) {
        for (id, ..) in self.layers.drain(..) {
            self.lost.insert(id, true);
        }
        self.lost.values_mut().for_each(|to_a_word| *to_a_word = true);
        (self.word, self.given) = ((to, decision), decision);
    }

    /// A hand-over gives it back; those on top of it lose it. False where it stays.
    fn back(&mut self, id: i64, from: UserId, forced: bool, decision: u64) -> bool {
        if self.owner() == from {
            return false;
        }
        if let Some(at) = self.layers.iter().position(|layer| layer.0 == id) {
            for (above, ..) in self.layers.drain(at..).skip(1) {
                self.lost.insert(above, false);
            }
            return true;
        }
        if !forced || self.lost.get(&id) != Some(&true) {
            return false;
        }
        for (above, ..) in self.layers.drain(..) {
            self.lost.insert(above, false);
        }
        self.lost.remove(&id);
        // What that word had taken from hand-overs above is home by their own rule, not theirs to force.
        self.lost.iter_mut().filter(|(other, _)| **other > id).for_each(|(_, to_a_word)| *to_a_word = false);
        self.word = (from, decision);
        true
    }
}

/// What became of a record in a hand-over.
#[derive(Clone, Debug)]
enum Fate {
    Moved,
    /// Before and after the return, to undo it.
    Returned(Box<(Pile, Pile)>),
    Kept,
    Undone,
}

#[derive(Clone, Debug)]
struct Batch {
    from: UserId,
    to: Option<UserId>,
    absence: Option<i64>,
    /// When it returns by itself, where it belongs to no absence.
    returns_at: Option<i64>,
    state: State,
    settled: i64,
    by_hand: bool,
    records: BTreeMap<i64, (UserId, Fate)>,
}

#[derive(Clone, Debug)]
struct Away {
    user: UserId,
    substitute: UserId,
    starts: i64,
    ends: i64,
}

#[derive(Clone, Debug, Default)]
struct Model {
    now: i64,
    decisions: u64,
    piles: BTreeMap<i64, Pile>,
    batches: BTreeMap<i64, Batch>,
    absences: BTreeMap<i64, Away>,
}

impl Model {
    fn decision(&mut self) -> u64 {
        self.decisions += 1;
        self.decisions
    }

    fn away(&self, user: UserId) -> Option<i64> {
        let running = |a: &Away| a.user == user && a.starts <= self.now && self.now < a.ends;
        self.absences.iter().find(|(_, a)| running(a)).map(|(id, _)| *id)
    }

    fn receiver(&self, from: UserId, to: Option<UserId>, absence: Option<i64>) -> Option<UserId> {
        let to = to.or_else(|| absence.map(|id| self.absences[&id].substitute))?;
        (to != from && self.away(to).is_none()).then_some(to)
    }

    fn new_record(&mut self, id: i64, named: UserId) {
        let word = (named, self.decision());
        let mut pile = Pile { word, layers: Vec::new(), lost: BTreeMap::new(), given: 0 };
        let stands = |b: &Batch| {
            b.from == named
                && b.state == State::Done
                && match b.absence {
                    Some(a) => b.by_hand || self.absences[&a].ends > self.now,
                    None => b.returns_at.is_none_or(|day| day > self.now),
                }
        };
        let standing = self.batches.iter().filter(|(_, b)| stands(b)).map(|(id, _)| *id).next_back();
        if let Some(batch) = standing {
            let Batch { to, absence, .. } = self.batches[&batch];
            if let Some(to) = self.receiver(named, to, absence) {
                pile.layers.push((batch, named, to));
                self.batches.get_mut(&batch).unwrap().records.insert(id, (named, Fate::Moved));
            }
        }
        self.piles.insert(id, pile);
    }

    /// Whether it is begun by a person: something must move.
    fn would_move(&self, from: UserId, to: UserId) -> bool {
        self.receiver(from, Some(to), None).is_some() && self.piles.values().any(|p| p.owner() == from)
    }

    fn run(&mut self, id: i64, from: UserId, to: Option<UserId>, absence: Option<i64>) {
        let mut records = BTreeMap::new();
        if let Some(receiver) = self.receiver(from, to, absence) {
            for (record, pile) in self.piles.iter_mut().filter(|(_, p)| p.owner() == from) {
                pile.layers.push((id, from, receiver));
                records.insert(*record, (from, Fate::Moved));
            }
        }
        let (state, settled) = (State::Done, self.now);
        self.batches.insert(id, Batch { from, to, absence, returns_at: None, state, settled, by_hand: false, records });
    }

    fn give_back(&mut self, id: i64, forced: bool, by_hand: bool) {
        let decision = self.decision();
        let batch = self.batches.get_mut(&id).unwrap();
        for (record, (from, fate)) in &mut batch.records {
            if !(matches!(fate, Fate::Moved) || (forced && matches!(fate, Fate::Kept))) {
                continue;
            }
            let pile = self.piles.get_mut(record).unwrap();
            let before = pile.clone();
            *fate = match pile.back(id, *from, forced, decision) {
                true => Fate::Returned(Box::new((before, pile.clone()))),
                false => Fate::Kept,
            };
        }
        (batch.state, batch.settled, batch.by_hand) = (State::Returned, self.now, batch.by_hand || by_hand);
    }

    fn undo(&mut self, id: i64) {
        let decision = self.decision();
        let batch = self.batches.get_mut(&id).unwrap();
        let returned = batch.state == State::Returned;
        for (record, (from, fate)) in &mut batch.records {
            let pile = self.piles.get_mut(record).unwrap();
            let next = match &*fate {
                Fate::Moved if !returned => match pile.back(id, *from, false, decision) {
                    true => Fate::Undone,
                    false => Fate::Kept,
                },
                Fate::Returned(at) if returned && pile.stands_as(&at.1) => {
                    pile.restore(&at.0);
                    // What a person had given away is theirs again.
                    if pile.lost.get(&id) == Some(&true) { Fate::Kept } else { Fate::Moved }
                }
                Fate::Returned(at) if returned => {
                    // It stands again, without this record: lost to whatever came after its return.
                    pile.lost.insert(id, pile.given != at.1.given);
                    Fate::Kept
                }
                other => other.clone(),
            };
            *fate = next;
        }
        batch.state = if returned { State::Done } else { State::Undone };
        (batch.settled, batch.by_hand) = (self.now, true);
    }

    /// What the clock does; `next` is the id that the next hand-over gets.
    fn tend(&mut self, mut next: i64) {
        let mut begin: Vec<(i64, i64)> = Vec::new();
        for (id, a) in &self.absences {
            let open = |b: &Batch| b.absence == Some(*id) && (b.by_hand || b.state == State::Done);
            if a.starts <= self.now && self.now < a.ends && !self.batches.values().any(open) {
                begin.push((a.starts, *id));
            }
        }
        begin.sort_unstable();
        let over = |b: &Batch| {
            let absence = b.absence.map(|a| &self.absences[&a]);
            let over = absence
                .map_or(b.returns_at.is_some_and(|day| day <= self.now), |a| a.ends <= self.now || a.ends <= a.starts);
            b.state == State::Done && !b.by_hand && over
        };
        let home: Vec<i64> = self.batches.iter().filter(|(_, b)| over(b)).map(|(id, _)| *id).collect();
        for id in home {
            self.give_back(id, false, false);
        }
        for (_, absence) in begin {
            let from = self.absences[&absence].user;
            self.run(next, from, None, Some(absence));
            next += 1;
        }
    }
}

/// What a story is mostly made of.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Mood {
    /// A little of everything.
    Even,
    /// Few records and many hand-overs on top of each other, that return and are undone; some have
    /// a day on which they return.
    Stacked,
}

/// The steps of a stacked story, by how often they come.
const STACKED: [usize; 20] = [0, 2, 3, 5, 5, 5, 5, 7, 9, 10, 10, 10, 10, 11, 11, 11, 11, 12, 12, 13];

/// One story of `steps` steps.
async fn story(firm: &Firm, seed: u64, mood: Mood, steps: usize) {
    let mut random = StdRng::seed_from_u64(seed);
    let mut model = Model { now: firm.now().0, ..Model::default() };
    let mut told: Vec<String> = Vec::new();
    let mut records = 0;
    for step in 0..steps {
        let somebody = |random: &mut StdRng| PEOPLE[random.random_range(0..PEOPLE.len())];
        let some_batch = |random: &mut StdRng, model: &Model| {
            let all: Vec<i64> = model.batches.keys().copied().collect();
            (!all.is_empty()).then(|| all[random.random_range(0..all.len())])
        };
        let what = match mood {
            _ if step < 5 => 0,
            Mood::Even => random.random_range(0..14),
            Mood::Stacked => STACKED[random.random_range(0..STACKED.len())],
        };
        match what {
            0 | 1 => {
                let named = somebody(&mut random);
                records += 1;
                let id = firm.records(vec![entry(Kind::Lead, &format!("lead {seed} {records}"), named)]).await[0];
                told.push(format!("{id} is new, named {named}"));
                model.new_record(id.0, named);
            }
            2..=4 => {
                let all: Vec<i64> = model.piles.keys().copied().collect();
                let (record, to) = (all[random.random_range(0..all.len())], somebody(&mut random));
                told.push(format!("{record} is given to {to}"));
                if model.piles[&record].owner() != to {
                    firm.assign(RecordId(record), to, UserId(5)).await;
                    let decision = model.decision();
                    model.piles.get_mut(&record).unwrap().assign(to, decision);
                }
            }
            5 | 6 => {
                let (from, to) = (somebody(&mut random), somebody(&mut random));
                // One tied to an absence is another story, below.
                if model.away(from).is_none() && model.would_move(from, to) {
                    let day = (mood == Mood::Stacked && random.random_bool(0.3))
                        .then(|| model.now + random.random_range(1..4) * DAY);
                    let id = firm.run_until(from, to, day.map(Timestamp)).await;
                    told.push(format!("{id} hands {from} over to {to} until {day:?}"));
                    model.run(id.0, from, Some(to), None);
                    model.batches.get_mut(&id.0).unwrap().returns_at = day;
                }
            }
            7 | 8 => {
                let (user, substitute) = (somebody(&mut random), somebody(&mut random));
                let (starts, length) = (model.now + random.random_range(0..3) * DAY, random.random_range(1..5) * DAY);
                let meets = |a: &Away| a.user == user && a.ends > model.now;
                if user != substitute && !model.absences.values().any(meets) {
                    let mut absence = away(user, Timestamp(starts));
                    absence.ends = Some(Timestamp(starts + length));
                    absence.substitute = Some(substitute);
                    assert_eq!(absence.plan, CoverPlan::HandOver);
                    let id = firm.enter(&absence).await;
                    told.push(format!("absence {id} of {user} from {starts} for {length}, {substitute} stands in"));
                    model.absences.insert(id.0, Away { user, substitute, starts, ends: starts + length });
                }
            }
            9 => {
                let all: Vec<i64> = model.absences.keys().copied().collect();
                if !all.is_empty() {
                    let id = all[random.random_range(0..all.len())];
                    let now = model.now;
                    let ends = match random.random_bool(0.5) {
                        true => model.absences[&id].ends.max(now) + DAY,
                        false => now.max(model.absences[&id].starts),
                    };
                    let other =
                        |(other, a): (&i64, &Away)| *other != id && a.user == model.absences[&id].user && a.ends > now;
                    if !model.absences.iter().any(other) {
                        told.push(format!("absence {id} ends at {ends}"));
                        firm.change(AbsenceId(id), |a| a.ends = Some(Timestamp(ends))).await;
                        model.absences.get_mut(&id).unwrap().ends = ends;
                    }
                }
            }
            10 => {
                if let Some(id) = some_batch(&mut random, &model) {
                    let (force, state) = (random.random_bool(0.3), model.batches[&id].state);
                    let done = firm.turn(HandoverId(id), Turned::Return { force }, None).await.is_ok();
                    assert_eq!(done, state == State::Done || (force && state == State::Returned), "{told:#?}");
                    if done {
                        told.push(format!("{id} returns, forced: {force}"));
                        model.give_back(id, force, true);
                    }
                }
            }
            11 => {
                if let Some(id) = some_batch(&mut random, &model) {
                    let batch = &model.batches[&id];
                    let may =
                        matches!(batch.state, State::Done | State::Returned) && model.now - batch.settled <= 72 * HOUR;
                    assert_eq!(firm.turn(HandoverId(id), Turned::Undo, None).await.is_ok(), may, "{told:#?}");
                    if may {
                        told.push(format!("{id} is undone"));
                        model.undo(id);
                    }
                }
            }
            _ => {
                let hours = random.random_range(1..40);
                told.push(format!("{hours} hours pass"));
                firm.passes(hours * HOUR);
                model.now += hours * HOUR;
                firm.tend().await;
                let newest = model.batches.keys().next_back().copied().unwrap_or(0);
                model.tend(newest + 1);
            }
        }
        compare(firm, &model, &format!("seed {seed}, {mood:?}: {told:#?}")).await;
    }
}

/// Every owner is the model's, and the history explains it without a gap.
async fn compare(firm: &Firm, model: &Model, told: &str) {
    let owners: BTreeMap<i64, i64> = firm.pairs("select id, owner_id from records").await.into_iter().collect();
    let expected: BTreeMap<i64, i64> = model.piles.iter().map(|(id, pile)| (*id, pile.owner().0)).collect();
    assert_eq!(owners, expected, "{told}\n{:#?}", model.piles);
    let states =
        firm.pairs("select id, case state when 'done' then 1 when 'returned' then 2 else 3 end from handovers");
    let number = |state| match state {
        State::Done => 1,
        State::Returned => 2,
        _ => 3,
    };
    let expected: BTreeMap<i64, i64> = model.batches.iter().map(|(id, b)| (*id, number(b.state))).collect();
    assert_eq!(states.await.into_iter().collect::<BTreeMap<_, _>>(), expected, "{told}");
    let stages = firm.pairs(
        "select handover_id * 1000000 + item_id, case state when 'moved' then 1 when 'returned' then 2
           when 'kept' then 3 when 'undone' then 4 else 5 end from handover_items where what = 'record'",
    );
    let number = |fate: &Fate| match fate {
        Fate::Moved => 1,
        Fate::Returned(_) => 2,
        Fate::Kept => 3,
        Fate::Undone => 4,
    };
    let records = |(id, batch): (&i64, &Batch)| {
        let id = *id;
        batch.records.iter().map(|(record, (_, fate))| (id * 1_000_000 + record, number(fate))).collect::<Vec<_>>()
    };
    let expected: BTreeMap<i64, i64> = model.batches.iter().flat_map(records).collect();
    assert_eq!(stages.await.into_iter().collect::<BTreeMap<_, _>>(), expected, "{told}");
    let gaps = "select count(*) from (select record_id, from_user_id, lag(to_user_id) over
        (partition by record_id order by id) as before from record_owners) h
        where coalesce(from_user_id, 0) <> coalesce(before, 0)";
    assert_eq!(firm.number(gaps).await, 0, "{told}");
    let unexplained = "select count(*) from records r where r.owner_id <>
        (select h.to_user_id from record_owners h where h.record_id = r.id order by h.id desc limit 1)";
    assert_eq!(firm.number(unexplained).await, 0, "{told}");
}

/// Stories that once ended otherwise than the model says.
const ONCE_WRONG: [u64; 7] = [992_918, 570_583, 931, 38_311, 561_352, 964_802, 55_979];

/// The stories that were wrong once, and as many others as `./test --full` asks for, else one: each
/// by both moods, and its seed printed.
async fn stories(open: impl AsyncFn() -> Firm, many: u64) {
    #[allow(clippy::disallowed_methods)] // how ./test asks for the full number
    let full = std::env::var_os("STANDIN_FULL").is_some();
    let first: u64 = rand::random_range(0..1_000_000);
    let others = first..first + if full { many } else { 1 };
    for seed in ONCE_WRONG.into_iter().chain(0..5).chain(others) {
        for mood in [Mood::Even, Mood::Stacked] {
            println!("seed {seed}, {mood:?}");
            let firm = open().await;
            story(&firm, seed, mood, 60).await;
            firm.end().await;
        }
    }
}

#[tokio::test]
async fn random_stories_end_with_every_record_at_the_owner_that_its_history_explains_on_sqlite() {
    stories(Firm::sqlite, 300).await;
}

#[tokio::test]
async fn random_stories_end_with_every_record_at_the_owner_that_its_history_explains_on_postgres() {
    stories(Firm::postgres, 40).await;
}
