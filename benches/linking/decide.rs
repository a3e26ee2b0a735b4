//! Decides a labelled world as intake does: all threads, then again with what is sure as history.

use crate::score::{Case, Score};
use standin::link::{self, threads};
use standin::model::facts::{Known, LinkFacts, Member, Past};
use standin::model::id::{MsgId, RecordId};
use standin::model::link::{Evidence, Linking};
use standin::model::thread::{Key, ThreadInput};
use standin::model::words::Words;
use std::collections::{BTreeSet, HashMap};
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

/// Decides everything and compares.
pub fn run(world: &World) -> Score {
    let inputs: Vec<ThreadInput> = world.mails.iter().map(input).collect();
    let parents = threads::parents(&inputs);
    let mut groups: HashMap<usize, Vec<usize>> = HashMap::new();
    for (n, group) in threads::group(&inputs).into_iter().enumerate() {
        groups.entry(group).or_default().push(n);
    }
    let mut facts = world.facts.clone();
    let known = std::mem::take(&mut facts.known);
    let first = decide(world, &groups, &parents, &facts);
    facts.known = history(world, &first, known);
    let decided = decide(world, &groups, &parents, &facts);
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

fn decide(
    world: &World,
    groups: &HashMap<usize, Vec<usize>>,
    parents: &[Option<usize>],
    facts: &LinkFacts,
) -> Vec<Linking> {
    let mut decided = vec![Linking::Unmatched; world.mails.len()];
    for group in groups.values() {
        let place: HashMap<usize, usize> = group.iter().copied().zip(0..).collect();
        let members: Vec<Member> = group
            .iter()
            .map(|n| {
                let mut member = world.mails[*n].member.clone();
                member.parent = parents[*n].and_then(|p| place.get(&p).copied());
                member.reply_to = parents[*n].and_then(|p| world.mails[p].id.clone());
                if !facts.known.is_empty() {
                    member.said.words = Some(world.mails[*n].words.clone());
                }
                member
            })
            .collect();
        for (n, linking) in group.iter().zip(link::decide(&members, facts)) {
            decided[*n] = linking;
        }
    }
    decided
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
