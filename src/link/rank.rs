//! Evidence 6, where a contact has several open opportunities: which of them a mail is about.
//!
//! Each opportunity gets points for what the mail has in common with the mail that surely regards it
//! and was written before, and with its name. The first is chosen where it has enough points and a
//! clear lead over the next; else the mail stands on the contact's timeline and all of them are
//! shown for review, with their points.
//!
//! A word counts by how much oftener it stands in the mail of one opportunity than in that of the
//! others (the logarithm of that ratio): what stands once here and never there is mostly chance, what
//! comes back is what the matter is about.
//!
//! What was ranked itself is no evidence for ranking: or the result would depend on what came first
//! (P3). The open mails of a thread are weighed together, as if they were one: they are about one
//! thing. Which of us wrote, or in whose mailbox it lies, says nothing.

use super::Basis;
use super::address::{self, Hit};
use super::introduced::{self, Introduction};
use crate::model::address::Address;
use crate::model::facts::{Field, Known, LinkFacts, Member, Past};
use crate::model::id::RecordId;
use crate::model::link::{Candidate, Evidence, Ground, Linking};
use crate::model::time::{DAY, HOUR, Timestamp};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What gives points, and at most how many. Found with `benches/linking.rs`, which says what each
/// change costs; change one at a time and look.
mod weight {
    /// Another mail of its thread surely regards it: threads seldom change what they are about.
    pub const THREAD: f64 = 120.0;
    /// A reply whose base subject is that of an earlier mail (R123): replies lose their ids more often than
    /// their subject. The longer ago, the less; half if it is no reply.
    pub const SUBJECT: f64 = 40.0;
    /// It repeats the text of an earlier mail, as a quote does: hardly ever by chance.
    pub const QUOTE: f64 = 45.0;
    /// What introduces its quote names the writer and the day or time of an earlier mail, which tells two
    /// discussions of one subject apart. Half where the subject is another.
    pub const INTRODUCED: f64 = 45.0;
    /// Words of the opportunity's name that the others' names and mail lack: nearly a reference.
    pub const NAME: f64 = 40.0;
    /// Words that come back in its earlier mail and not in the others'.
    pub const WORDS: f64 = 60.0;
    /// People on it who wrote in this matter more than in the others. They change their matter more
    /// easily than their words.
    pub const PEOPLE: f64 = 10.0;
    /// The contact wrote it, or we wrote to them; not merely a copy. A list has many matters, and whoever
    /// writes is seldom a contact of more than one of those under one subject.
    pub const SENDER: f64 = 25.0;
    /// The writer is the end customer in person: their role is in this one.
    pub const ROLE: f64 = 6.0;
    /// It was written about within a week: live matters get mail. Half within a month.
    pub const RECENT: f64 = 5.0;
    /// Points for each doubling (by e) of what speaks for it against what speaks for the others.
    pub const EACH: f64 = 3.0;
    /// The same of words of the name: somebody chose these because they tell what it is about.
    pub const EACH_OF_NAME: f64 = 9.0;
}

/// Fewer points prove nothing, however far the next is behind.
const ENOUGH: i64 = 25;
/// A smaller lead over the next is left to a person, where a thread, a subject or a quote speaks for the
/// first.
const LEAD: i64 = 14;
/// Where words, people and habits alone speak: more of that comes by chance than one thinks.
const LEAD_BY_WORDS: i64 = 28;
/// What words are worth where the subject speaks for several (R123: exactly one candidate): of two matters under one
/// subject the longer one has more of every word.
const AMONG_RIVALS: f64 = 0.2;
/// What a word is worth that stands in the subject.
const IN_SUBJECT: f64 = 2.5;
/// Earlier mails of an opportunity that are looked at, the latest.
pub const LOOKED_AT: usize = 12;
/// Runs of words that are surely a quote.
const RUNS: f64 = 8.0;
/// What a quote within a quote is worth.
const SECOND_HAND: f64 = 0.4;
/// Words named in a ground.
const NAMED: usize = 8;

static NOTHING: Known = Known { name: BTreeSet::new(), past: Vec::new() };

/// An opportunity with its points.
struct Weighed<'a> {
    deal: RecordId,
    hit: Hit<'a>,
    because: Vec<Ground>,
}

impl Weighed<'_> {
    fn points(&self) -> i64 {
        self.because.iter().map(|g| g.points).sum()
    }
}

/// Whether ranking has anything to say of a mail, by what its addresses alone say.
pub fn is_open(linking: &Linking) -> bool {
    match linking {
        Linking::Linked { regarding: None, candidates, .. } => {
            candidates.iter().any(|c| matches!(c.evidence, Evidence::OneOfSeveral { .. }))
        }
        _ => false,
    }
}

/// What each mail of a thread is about by itself once those that are open are ranked; `None` if
/// none is open, or nothing is known to rank by.
pub fn weigh(members: &[Member], alone: &[Basis], firm: &[Linking], facts: &LinkFacts) -> Option<Vec<Basis>> {
    let open = |n: usize| {
        let undecided = alone.get(n).is_some_and(|b| b.strength == 0 && !b.private && is_open(&b.linking));
        undecided && matches!(firm.get(n), Some(Linking::Linked { regarding: None, .. }))
    };
    let open: Vec<usize> = (0..members.len()).filter(|n| open(*n)).collect();
    if open.is_empty() || facts.known.is_empty() {
        return None;
    }
    let thread: BTreeSet<RecordId> = firm.iter().filter_map(surely).collect();
    let pooled = Pooled::new(members, &open, facts);
    let grounds = pooled.grounds(&thread, facts);
    let mut bases = alone.to_vec();
    for n in open {
        let (Some(member), Some(basis)) = (members.get(n), bases.get_mut(n)) else { continue };
        let hits = address::hits(member, facts);
        let mut weighed = Vec::new();
        for (deal, hit) in address::open_deals(member, &hits, facts) {
            let because = grounds.get(&deal).cloned().unwrap_or_default();
            weighed.push(Weighed { deal, hit: *hit, because });
        }
        weighed.sort_by_key(|w| (std::cmp::Reverse(w.points()), w.deal));
        choose(basis, &weighed, pooled.automatic, facts);
    }
    Some(bases)
}

fn has(weighed: &Weighed<'_>, what: &str) -> bool {
    weighed.because.iter().any(|g| g.what == what)
}

/// The opportunity that a mail surely regards.
fn surely(linking: &Linking) -> Option<RecordId> {
    let Linking::Linked { regarding: Some(record), links, .. } = linking else { return None };
    let own = links.iter().find(|l| l.record == *record && l.governing == *record)?;
    (own.evidence.score() >= Evidence::FIRM).then_some(*record)
}

/// Puts the mail on the first if its lead is clear; the others, or all, are candidates.
fn choose(basis: &mut Basis, weighed: &[Weighed<'_>], automatic: bool, facts: &LinkFacts) {
    let Some(first) = weighed.first() else { return };
    let lead = first.points() - weighed.get(1).map_or(0, Weighed::points);
    let strong = ["thread", "subject", "quote", "introduced"].iter().any(|what| has(first, what));
    let needed = if strong && !automatic { LEAD } else { LEAD_BY_WORDS };
    let clear = first.points() >= ENOUGH && lead >= needed;
    let of = weighed.len();
    let runner_up = |w: &Weighed<'_>| Candidate {
        record: w.deal,
        evidence: Evidence::OneOfSeveral {
            address: w.hit.address.to_string(),
            party: w.hit.party.record,
            of,
            points: w.points(),
            because: w.because.clone(),
        },
    };
    let (linking, strength) = match clear {
        true => {
            let evidence = Evidence::Ranked {
                address: first.hit.address.to_string(),
                field: first.hit.field.word().to_owned(),
                party: first.hit.party.record,
                of,
                points: first.points(),
                lead,
                because: first.because.clone(),
            };
            let strength = evidence.score();
            (address::regard(first.deal, evidence, &basis.parties, facts), strength)
        }
        false => (basis.parties.clone(), 0),
    };
    basis.strength = strength;
    basis.linking = linking;
    let others = weighed.iter().skip(usize::from(clear)).map(runner_up);
    if let Linking::Linked { candidates, .. } = &mut basis.linking {
        let warnings = std::mem::take(candidates);
        candidates.extend(others);
        candidates.extend(warnings);
    }
}

/// The open mails of a thread, as if they were one.
struct Pooled<'a> {
    /// The latest of them: what was written before it is history.
    latest: (Timestamp, &'a [u8]),
    /// The earliest of them: what it answers was written before it.
    earliest: (Timestamp, &'a [u8]),
    /// Machines wrote them: they say the same of many matters.
    automatic: bool,
    /// How many they are.
    count: usize,
    /// Base subjects, and whether each is a reply's.
    bases: BTreeSet<(&'a str, bool)>,
    subject: BTreeSet<&'a str>,
    /// The words of each subject.
    subjects: BTreeSet<&'a BTreeSet<String>>,
    words: BTreeSet<&'a str>,
    runs: BTreeSet<u64>,
    quoted: BTreeSet<u64>,
    introductions: Vec<(usize, Introduction)>,
    people: BTreeSet<&'a Address>,
    /// The opportunities that come into question, with the strongest hit.
    deals: BTreeMap<RecordId, (Field, bool, RecordId)>,
}

impl<'a> Pooled<'a> {
    fn new(members: &'a [Member], open: &[usize], facts: &'a LinkFacts) -> Pooled<'a> {
        let mut pooled = Pooled {
            latest: (Timestamp(i64::MIN), &[]),
            earliest: (Timestamp(i64::MAX), &[]),
            automatic: true,
            count: open.len(),
            bases: BTreeSet::new(),
            subject: BTreeSet::new(),
            subjects: BTreeSet::new(),
            words: BTreeSet::new(),
            runs: BTreeSet::new(),
            quoted: BTreeSet::new(),
            introductions: Vec::new(),
            people: BTreeSet::new(),
            deals: BTreeMap::new(),
        };
        for member in open.iter().filter_map(|n| members.get(*n)) {
            pooled.latest = pooled.latest.max((member.at, &member.identity));
            pooled.earliest = pooled.earliest.min((member.at, &member.identity));
            pooled.automatic &= !member.author.is_human();
            if let Some(words) = member.said.words.as_deref() {
                pooled.bases.insert((&words.base, words.reply));
                pooled.subject.extend(words.subject.iter().map(String::as_str));
                pooled.words.extend(words.subject.iter().chain(&words.text).map(String::as_str));
                pooled.subjects.insert(&words.subject);
                pooled.runs.extend(&words.runs);
                // What answers a mail of the thread speaks of that one.
                if member.parent.is_none() {
                    pooled.quoted.extend(&words.quoted);
                    let read = |(marks, said): &(usize, String)| Some((*marks, introduced::read(said)?));
                    pooled.introductions.extend(words.introductions.iter().filter_map(read));
                }
            }
            pooled.people.extend(member.parties.iter().map(|(_, a)| a).filter(|a| !facts.is_own(a)));
            let ours = member.from.as_ref().is_some_and(|from| facts.is_own(from));
            let hits = address::hits(member, facts);
            for (deal, hit) in address::open_deals(member, &hits, facts) {
                let hit = (hit.field, ours, hit.party.record);
                pooled.deals.entry(deal).and_modify(|held| *held = hit.min(*held)).or_insert(hit);
            }
        }
        pooled
    }

    /// What gives each opportunity its points.
    fn grounds(&self, thread: &BTreeSet<RecordId>, facts: &LinkFacts) -> BTreeMap<RecordId, Vec<Ground>> {
        let sides: Vec<Side<'_>> = self
            .deals
            .iter()
            .map(|(deal, hit)| Side::new(*deal, *hit, facts.known.get(deal).unwrap_or(&NOTHING), self))
            .collect();
        let scale = Scale::new(self, &sides);
        sides.iter().map(|side| (side.deal, scale.grounds(side, thread, facts))).collect()
    }
}

/// One opportunity as it stood before the mail.
struct Side<'a> {
    deal: RecordId,
    /// Where its contact stands, whether we wrote it, and who that is.
    hit: (Field, bool, RecordId),
    name: &'a BTreeSet<String>,
    past: Vec<&'a Past>,
    /// In how many of its mails each word, and each person, stands.
    words: HashMap<&'a str, usize>,
    people: HashMap<&'a Address, usize>,
}

impl<'a> Side<'a> {
    fn new(deal: RecordId, hit: (Field, bool, RecordId), known: &'a Known, pooled: &Pooled<'_>) -> Side<'a> {
        let earlier = |p: &&Past| (p.at, p.identity.as_slice()) < pooled.latest;
        let past: Vec<&Past> = known.past.iter().rev().filter(earlier).take(LOOKED_AT).collect();
        let mut side = Side { deal, hit, name: &known.name, past, words: HashMap::new(), people: HashMap::new() };
        for past in &side.past {
            let said: BTreeSet<&str> = past.words.subject.iter().chain(&past.words.text).map(String::as_str).collect();
            said.into_iter().for_each(|w| *side.words.entry(w).or_default() += 1);
            past.people.iter().for_each(|p| *side.people.entry(p).or_default() += 1);
        }
        side
    }
}

/// The mail on one side; how often each word and person stands in the mail of all opportunities on
/// the other.
struct Scale<'a> {
    pooled: &'a Pooled<'a>,
    words: HashMap<&'a str, usize>,
    names: HashMap<&'a str, usize>,
    people: HashMap<&'a Address, usize>,
    /// On how many sides each run of words stands that the mail has.
    runs: HashMap<u64, usize>,
    mails: usize,
    /// Several have mail under its subject.
    rivals: bool,
}

impl<'a> Scale<'a> {
    fn new(pooled: &'a Pooled<'a>, sides: &[Side<'a>]) -> Scale<'a> {
        let (words, names, people) = (HashMap::new(), HashMap::new(), HashMap::new());
        let mut scale = Scale { pooled, words, names, people, runs: HashMap::new(), mails: 0, rivals: false };
        for side in sides {
            side.words.iter().for_each(|(w, n)| *scale.words.entry(w).or_default() += n);
            side.name.iter().for_each(|w| *scale.names.entry(w).or_default() += 1);
            side.people.iter().for_each(|(p, n)| *scale.people.entry(p).or_default() += n);
            let said: BTreeSet<u64> =
                side.past.iter().flat_map(|p| p.words.runs.intersection(&pooled.runs)).copied().collect();
            said.into_iter().for_each(|run| *scale.runs.entry(run).or_default() += 1);
            scale.mails += side.past.len();
        }
        scale.rivals = sides.iter().filter(|side| scale.subject(side).0 > 0.0).count() > 1;
        scale
    }

    fn grounds(&self, side: &Side<'a>, thread: &BTreeSet<RecordId>, facts: &LinkFacts) -> Vec<Ground> {
        let yes = |is: bool| f64::from(u8::from(is));
        let (subject, base) = self.subject(side);
        let (name, of_name) = self.name(side);
        let (words, shared) = self.shared(side);
        let in_person = facts.opportunities.get(&side.deal).is_some_and(|d| d.end_contact == Some(side.hit.2));
        let grounds = [
            ("thread", weight::THREAD * yes(thread.contains(&side.deal)), Vec::new()),
            ("subject", weight::SUBJECT * subject, base),
            ("quote", weight::QUOTE * self.quote(side), Vec::new()),
            ("introduced", weight::INTRODUCED * self.introduced(side), Vec::new()),
            ("name", (weight::EACH_OF_NAME * name).min(weight::NAME), of_name),
            ("words", self.worth_of_words(words), shared),
            ("people", (weight::EACH * self.acquainted(side)).min(weight::PEOPLE), Vec::new()),
            ("sender", weight::SENDER * at_first_hand(side), Vec::new()),
            ("role", weight::ROLE * yes(in_person), Vec::new()),
            ("recent", weight::RECENT * self.recent(side), Vec::new()),
        ];
        let ground = |(what, points, words): (&str, f64, Vec<String>)| {
            let points = points.round() as i64;
            (points > 0).then(|| Ground { what: what.to_owned(), points, words })
        };
        grounds.into_iter().filter_map(ground).collect()
    }

    /// Points for words in common. A long thread has some in common with everything; machines say the same
    /// of many matters; and where several matters have the subject, all have its words.
    fn worth_of_words(&self, value: f64) -> f64 {
        let each = weight::EACH / (self.pooled.count as f64).powf(0.3);
        let machines = if self.pooled.automatic { 0.5 } else { 1.0 };
        let rivals = if self.rivals { AMONG_RIVALS } else { 1.0 };
        (each * value).min(weight::WORDS) * machines * rivals
    }

    /// How much oftener something stands in `of` mails of one side, in `with` of them, than in those
    /// of the others, where it stands `elsewhere`: the logarithm of the ratio, none below 1.
    fn ratio(&self, with: f64, of: f64, elsewhere: f64) -> f64 {
        let others = self.mails as f64 - of;
        (((with + 0.5) / (of + 1.0)) / ((elsewhere + 0.5) / (others.max(0.0) + 1.0))).ln().max(0.0)
    }

    fn subject(&self, side: &Side<'_>) -> (f64, Vec<String>) {
        let mut best = (0.0, Vec::new());
        let telling = |base: &str| !base.is_empty() && !self.pooled.automatic;
        for (base, reply) in self.pooled.bases.iter().filter(|(base, _)| telling(base)) {
            let same = side.past.iter().filter(|p| p.words.base == *base);
            // What was written last under it is answered sooner than what was written long ago.
            let age = |p: &&Past| {
                let hours = (self.pooled.earliest.0.since(p.at).unsigned_abs() / HOUR.unsigned_abs()) as f64;
                (1.0 - 0.13 * (1.0 + hours).ln()).max(0.3)
            };
            let value = same.map(age).fold(0.0, f64::max) * if *reply { 1.0 } else { 0.5 };
            if value > best.0 {
                best = (value, vec![(*base).to_owned()]);
            }
        }
        best
    }

    /// Whether it repeats an earlier mail: most of it, or under the same subject several runs of words that
    /// no other opportunity's mail has. What it quotes at second hand was written by others before.
    fn quote(&self, side: &Side<'_>) -> f64 {
        let only_here = |run: &&u64| self.runs.get(*run).is_some_and(|sides| *sides == 1);
        let repeated = |p: &&Past| {
            let all = p.words.runs.len().max(1) as f64;
            let most = p.words.runs.intersection(&self.pooled.runs).count() as f64 / all;
            let most = if most >= 0.6 && all >= RUNS { most } else { 0.0 };
            if !self.pooled.subjects.contains(&p.words.subject) {
                return most;
            }
            let only =
                |of: &BTreeSet<u64>| (p.words.runs.intersection(of).filter(only_here).count() as f64 / RUNS).min(1.0);
            only(&self.pooled.quoted).max(SECOND_HAND * only(&self.pooled.runs)).max(SECOND_HAND * most)
        };
        if self.pooled.automatic { 0.0 } else { side.past.iter().map(repeated).fold(0.0, f64::max) }
    }

    /// Whether what introduces its quote speaks of one of its mails.
    fn introduced(&self, side: &Side<'_>) -> f64 {
        let fits = |p: &&Past| {
            let same = if self.pooled.subjects.contains(&p.words.subject) { 1.0 } else { 0.5 };
            let hand = |marks: usize| if marks == 0 { 1.0 } else { SECOND_HAND };
            let each = self.pooled.introductions.iter().map(|(marks, i)| hand(*marks) * i.fits(p.at, &p.writer));
            same * each.fold(0.0, f64::max)
        };
        if self.pooled.automatic { 0.0 } else { side.past.iter().map(fits).fold(0.0, f64::max) }
    }

    fn name(&self, side: &Side<'_>) -> (f64, Vec<String>) {
        let mut words = Vec::new();
        let mut value = 0.0;
        for word in side.name.iter().map(String::as_str).filter(|w| self.pooled.words.contains(w)) {
            if self.names.get(word).copied().unwrap_or(1) > 1 {
                continue;
            }
            let own = side.words.get(word).copied().unwrap_or(0) as f64;
            let elsewhere = self.words.get(word).copied().unwrap_or(0) as f64 - own;
            let of = side.past.len() as f64;
            let worth = self.ratio(own + 2.0, of + 2.0, elsewhere);
            value += if self.pooled.subject.contains(word) { 1.5 * worth } else { worth };
            words.push(word.to_owned());
        }
        words.truncate(NAMED);
        (value, words)
    }

    fn shared(&self, side: &Side<'_>) -> (f64, Vec<String>) {
        let of = side.past.len() as f64;
        let mut here: Vec<(&str, f64)> = Vec::new();
        for word in self.pooled.words.iter().copied().filter(|w| !side.name.contains(*w)) {
            let Some(own) = side.words.get(word).copied() else { continue };
            let elsewhere = self.words.get(word).copied().unwrap_or(0) - own;
            let chance = belongs(own, of);
            let in_subject = if self.pooled.subject.contains(word) { IN_SUBJECT } else { 1.0 };
            here.push((word, chance * in_subject * self.ratio(own as f64, of, elsewhere as f64)));
        }
        here.retain(|(_, worth)| *worth > 0.0);
        here.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(b.0)));
        let value = here.iter().map(|(_, worth)| worth).sum();
        (value, here.into_iter().take(NAMED).map(|(w, _)| w.to_owned()).collect())
    }

    fn acquainted(&self, side: &Side<'_>) -> f64 {
        let of = side.past.len() as f64;
        let worth = |person: &&Address| {
            let own = side.people.get(*person).copied().unwrap_or(0);
            let elsewhere = self.people.get(*person).copied().unwrap_or(0) - own;
            if own == 0 { 0.0 } else { self.ratio(own as f64, of, elsewhere as f64) }
        };
        let mut each: Vec<f64> = self.pooled.people.iter().map(worth).collect();
        each.sort_by(f64::total_cmp);
        // The two who tell most: who is on it because somebody else is tells the same again.
        each.iter().rev().take(2).sum()
    }

    fn recent(&self, side: &Side<'_>) -> f64 {
        match side.past.first().map(|p| self.pooled.latest.0.since(p.at)) {
            Some(age) if age <= 7 * DAY => 1.0,
            Some(age) if age <= 30 * DAY => 0.5,
            _ => 0.0,
        }
    }
}

/// How likely a word that stands in `own` of `of` mails is one of the matter, and did not come by chance:
/// what people write every day is far more than what they write about.
fn belongs(own: usize, of: f64) -> f64 {
    match own {
        1 if of > 3.0 => 0.1,
        1 => 0.25,
        2 => 0.45,
        3 => 0.8,
        _ => 0.9,
    }
}

/// Whether the contact wrote it, or we wrote to them.
fn at_first_hand(side: &Side<'_>) -> f64 {
    let (field, ours, _) = side.hit;
    f64::from(u8::from(matches!(field, Field::From | Field::ReplyTo) || (ours && field == Field::To)))
}
