//! Decides a labelled world as intake does: all threads, then again with what is sure as history.

use crate::score::{Case, Score};
use standin::link::{self, threads};
use standin::model::facts::{Known, LinkFacts, Member, Past};
use standin::model::id::{MsgId, RecordId};
use standin::model::link::{Evidence, Linking};
use standin::model::thread::{Key, ThreadInput};
use standin::model::words::Words;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// A labelled mail.
pub struct Labelled {
    /// As linking sees it, without parent.
    pub member: Member,
    /// Its Message-ID, what it names, and by which other ids it is known.
    pub id: Option<MsgId>,
    pub in_reply_to: Vec<MsgId>,
    pub references: Vec<MsgId>,
    pub aliases: Vec<MsgId>,
    /// What it says; with what it quotes.
    pub words: Arc<Words>,
    /// What of that is stored: without quotes.
    pub stored_words: Arc<Words>,
    /// Its writer's name.
    pub writer: String,
    /// Which opportunity it is about.
    pub truth: RecordId,
    /// What kind of case it is.
    pub case: Case,
    /// For examples: a file, or what it says.
    pub name: String,
}

/// A labelled world.
pub struct World {
    pub facts: LinkFacts,
    pub mails: Vec<Labelled>,
}

/// Decides everything: of each mail its thread, and what was decided.
pub fn all(world: &World) -> (Vec<usize>, Vec<Linking>) {
    let inputs: Vec<ThreadInput> = world.mails.iter().map(input).collect();
    let related = related(&inputs);
    let mut facts = world.facts.clone();
    let known = std::mem::take(&mut facts.known);
    let first = Deciding { world, inputs: &inputs, facts: &facts }.all(&related);
    facts.known = history(world, &first, known);
    let decided = Deciding { world, inputs: &inputs, facts: &facts }.all(&related);
    (threads::group(&inputs), decided)
}

/// Decides everything and compares.
pub fn run(world: &World) -> Score {
    let (threads, decided) = all(world);
    let mut groups: HashMap<usize, Vec<usize>> = HashMap::new();
    for (n, group) in threads.into_iter().enumerate() {
        groups.entry(group).or_default().push(n);
    }
    let mut score = Score::default();
    for group in groups.values() {
        let known = |n: &usize| {
            let mail = &world.mails[*n];
            let party = |(_, a): &(_, _)| world.facts.parties.contains_key(a);
            mail.case == Case::Given || mail.member.parties.iter().any(party)
        };
        let known = group.iter().any(known);
        for n in group {
            let mail = &world.mails[*n];
            score.count(mail, if known { mail.case } else { Case::Unknown }, &decided[*n]);
        }
    }
    score
}

/// The mails in groups that share no id, own or named, with each other.
fn related(inputs: &[ThreadInput]) -> Vec<Vec<usize>> {
    let mut leader: Vec<usize> = (0..inputs.len()).collect();
    fn find(leader: &[usize], mut n: usize) -> usize {
        while leader[n] != n {
            n = leader[n];
        }
        n
    }
    let mut first: HashMap<Key, usize> = HashMap::new();
    for (n, input) in inputs.iter().enumerate() {
        for key in threads::mentioned(input) {
            let (a, b) = (find(&leader, n), find(&leader, *first.entry(key).or_insert(n)));
            leader[a.max(b)] = a.min(b);
        }
    }
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for n in 0..inputs.len() {
        groups.entry(find(&leader, n)).or_default().push(n);
    }
    groups.into_values().collect()
}

/// Decides as intake does (`intake/belong.rs`): mail that concerns no record is not stored, so it takes no part
/// in a thread, and what answers it answers the nearest mail above it that is there.
struct Deciding<'a> {
    world: &'a World,
    inputs: &'a [ThreadInput],
    facts: &'a LinkFacts,
}

impl Deciding<'_> {
    fn all(&self, related: &[Vec<usize>]) -> Vec<Linking> {
        let mut decided = vec![Linking::Unmatched; self.world.mails.len()];
        for group in related {
            for (n, linking) in self.together(group) {
                decided[n] = linking;
            }
            let concerned = |n: &&usize| decided[**n] != Linking::Unmatched;
            let concerned = group.iter().filter(concerned).count();
            if concerned > 0 && concerned < group.len() {
                self.sorted_out(group, &mut decided);
            }
        }
        decided
    }

    /// Related mails of which some concern no record.
    fn sorted_out(&self, group: &[usize], decided: &mut [Linking]) {
        let concerns = |among: &[usize], n: usize| {
            self.together(among).into_iter().any(|(m, linking)| m == n && linking != Linking::Unmatched)
        };
        let (mut inside, mut outside): (Vec<usize>, Vec<usize>) = group.iter().partition(|n| concerns(&[**n], **n));
        let mut growing = true;
        while growing {
            let before = outside.len();
            outside.retain(|n| {
                let trial: Vec<usize> = inside.iter().copied().chain([*n]).collect();
                let drawn_in = concerns(&trial, *n);
                if drawn_in {
                    inside.push(*n);
                }
                !drawn_in
            });
            growing = outside.len() < before && !outside.is_empty();
        }
        inside.sort_unstable();
        outside.into_iter().for_each(|n| decided[n] = Linking::Unmatched);
        for (n, linking) in self.together(&inside) {
            decided[n] = linking;
        }
    }

    /// These mails as if there were no others.
    fn together(&self, among: &[usize]) -> Vec<(usize, Linking)> {
        let inputs: Vec<ThreadInput> = among.iter().map(|n| self.inputs[*n].clone()).collect();
        let parents = threads::parents(&inputs);
        let mut threads: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (at, thread) in threads::group(&inputs).into_iter().enumerate() {
            threads.entry(thread).or_default().push(at);
        }
        let mut decided = Vec::with_capacity(among.len());
        for thread in threads.values() {
            let place: HashMap<usize, usize> = thread.iter().copied().zip(0..).collect();
            let member = |at: &usize| {
                let mail = &self.world.mails[among[*at]];
                let mut member = mail.member.clone();
                member.parent = parents[*at].and_then(|p| place.get(&p).copied());
                member.reply_to = parents[*at].and_then(|p| self.world.mails[among[p]].id.clone());
                if !self.facts.known.is_empty() {
                    member.said.words = Some(mail.words.clone());
                }
                member
            };
            let members: Vec<Member> = thread.iter().map(member).collect();
            decided.extend(thread.iter().map(|at| among[*at]).zip(link::decide(&members, self.facts)));
        }
        decided
    }
}

/// What surely regards each opportunity, after the first pass.
fn history(world: &World, first: &[Linking], mut known: HashMap<RecordId, Known>) -> HashMap<RecordId, Known> {
    for (mail, linking) in world.mails.iter().zip(first) {
        let Linking::Linked { regarding: Some(deal), .. } = linking else { continue };
        if link::regards(linking) < Evidence::FIRM {
            continue;
        }
        let people = mail.member.parties.iter().map(|(_, a)| a).filter(|a| !world.facts.is_own(a)).cloned();
        known.entry(*deal).or_default().past.push(Past {
            identity: mail.member.identity.clone(),
            at: mail.member.at,
            words: mail.stored_words.clone(),
            people: people.collect::<BTreeSet<_>>(),
            writer: (mail.writer.clone(), mail.member.from.as_ref().map(ToString::to_string).unwrap_or_default()),
        });
    }
    for deal in known.values_mut() {
        deal.past.sort_by(|a, b| (a.at, &a.identity).cmp(&(b.at, &b.identity)));
    }
    known
}

fn input(mail: &Labelled) -> ThreadInput {
    ThreadInput {
        id: mail.id.as_ref().map(key),
        in_reply_to: mail.in_reply_to.iter().map(key).collect(),
        references: mail.references.iter().map(key).collect(),
        participants: mail.member.parties.iter().map(|(_, a)| a.to_string()).collect(),
        at: mail.member.at,
        identity: mail.member.identity.clone(),
        automatic: !mail.member.author.is_human(),
        aliases: mail.aliases.iter().map(key).collect(),
        ..ThreadInput::default()
    }
}

/// Equal exactly when the ids are, but for chance.
pub fn key(id: &MsgId) -> Key {
    let half = |seed: u64| {
        id.as_str().bytes().fold(seed, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3).rotate_left(7))
    };
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&half(0xcbf2_9ce4_8422_2325).to_be_bytes());
    bytes[8..].copy_from_slice(&half(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    Key(bytes)
}
