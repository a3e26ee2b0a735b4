//! Pure: which messages belong together (R114 to R121, R129, R130).
//!
//! The result is a function of the *set*: order of arrival, copies and batches make no difference
//! (promise P3). So nothing is inserted into a standing tree, as RFC 5256 has it, where the order
//! shows through; the whole set is read anew. Connectivity is a union-find over ids, without
//! recursion, so a chain of any depth is safe (R134).
//!
//! To thread a few new messages without loading all mail: take them, add every message that
//! mentions a key of [`mentioned`], and again until none is added. Such a closed set threads
//! alone exactly as within all the rest, and only its threads can change.
//!
//! Forwards (R129) connect like replies: they lie in the thread, as a branch. That this gives the
//! new recipients nothing is for linking to see to.

use crate::model::thread::{Key, ThreadInput};
use crate::model::time::Timestamp;
use std::collections::{HashMap, HashSet};

/// The thread of every message: equal numbers are one thread. Numbers count from 0 in the order
/// in which threads first appear in `inputs`; only their equality means something.
pub fn group(inputs: &[ThreadInput]) -> Vec<usize> {
    let mut set = Set::read(inputs);
    let regions = Regions::of(&set, inputs);
    let mut union = Union::default();
    // An id of which no message is there is one place in each region.
    let mut places: HashMap<(usize, Option<usize>), usize> = HashMap::new();
    let mut place = |node: usize, region: Option<usize>| {
        let next = places.len();
        *places.entry((node, region)).or_insert(next)
    };
    let mut own = Vec::with_capacity(inputs.len());
    for (index, input) in inputs.iter().enumerate() {
        let node = set.node(index);
        let region = regions.of_node(node);
        let here = place(node, region);
        own.push(here);
        union.grow(here);
        for key in set.links(input) {
            let other = set.id_node(key);
            let known = set.owners.contains_key(&key);
            if !known || regions.of_node(other) == region {
                union.join(here, place(other, region));
            }
        }
        let joined = input.joined.iter().filter_map(|identity| set.by_identity(identity));
        let led = [set.conversed.get(&node), set.hinted.get(&node)].into_iter().flatten();
        for other in joined.chain(led.copied()) {
            union.join(here, place(other, regions.of_node(other)));
        }
    }
    let mut numbers: HashMap<usize, usize> = HashMap::new();
    let roots: Vec<usize> = own.into_iter().map(|here| union.root(here)).collect();
    roots
        .into_iter()
        .map(|root| {
            let next = numbers.len();
            *numbers.entry(root).or_insert(next)
        })
        .collect()
}

/// The message each message answers, as an index into `inputs`; `None` if that message is not in
/// the set. Never a loop: where ids form one, its earliest message has no parent (R119).
pub fn parents(inputs: &[ThreadInput]) -> Vec<Option<usize>> {
    let set = Set::read(inputs);
    let parent = parent_nodes(&set, inputs);
    // Of copies the same one stands for all, whatever their order.
    let mut first: HashMap<usize, (Age<'_>, usize)> = HashMap::new();
    for (index, input) in inputs.iter().enumerate() {
        let age = (input.at, input.identity.as_slice(), input.id);
        let held = first.entry(set.node(index)).or_insert((age, index));
        *held = (*held).min((age, index));
    }
    let first: HashMap<usize, usize> = first.into_iter().map(|(node, (_, index))| (node, index)).collect();
    (0..inputs.len()).map(|index| parent.get(&set.node(index)).and_then(|node| first.get(node)).copied()).collect()
}

/// The node that each node answers.
fn parent_nodes(set: &Set<'_>, inputs: &[ThreadInput]) -> HashMap<usize, usize> {
    // Copies of a message have one parent: that of the copy which knows most.
    let mut best: HashMap<usize, usize> = HashMap::new();
    for (index, input) in inputs.iter().enumerate() {
        let held = best.entry(set.node(index)).or_insert(index);
        let rank = |input: &ThreadInput| (input.references.len(), input.references.clone(), input.in_reply_to.clone());
        if inputs.get(*held).is_some_and(|other| rank(input) > rank(other)) {
            *held = index;
        }
    }
    let mut parent: HashMap<usize, usize> = HashMap::new();
    for (node, index) in &best {
        let Some(input) = inputs.get(*index) else { continue };
        let named = set.parent(input).filter(|_| !input.cut).and_then(|key| set.owners.get(&key)).map(|o| o.node);
        let joined = || input.joined.iter().filter_map(|identity| set.by_identity(identity)).min();
        let led = || set.conversed.get(node).or_else(|| set.hinted.get(node)).copied();
        if let Some(other) = named.or_else(joined).or_else(led).filter(|other| other != node) {
            parent.insert(*node, other);
        }
    }
    let order = set.ages(inputs);
    cut_loops(&mut parent, &order);
    parent
}

/// Where people split threads: a mail at which one was split, and all that answers it, is a region.
struct Regions(HashMap<usize, usize>);

impl Regions {
    fn of(set: &Set<'_>, inputs: &[ThreadInput]) -> Regions {
        let cuts: HashSet<usize> =
            inputs.iter().enumerate().filter(|(_, i)| i.cut).map(|(index, _)| set.node(index)).collect();
        let mut regions = HashMap::new();
        if cuts.is_empty() {
            return Regions(regions);
        }
        let parent = parent_nodes(set, inputs);
        let mut whole: HashSet<usize> = HashSet::new();
        for start in set.nodes.iter().copied() {
            let mut walked = Vec::new();
            let mut at = Some(start);
            let mut found = None;
            while let Some(node) = at {
                found = cuts.get(&node).or_else(|| regions.get(&node)).copied();
                if found.is_some() || whole.contains(&node) {
                    break;
                }
                walked.push(node);
                at = parent.get(&node).copied();
            }
            match found {
                Some(region) => regions.extend(walked.into_iter().map(|node| (node, region))),
                None => whole.extend(walked),
            }
        }
        regions.extend(cuts.into_iter().map(|node| (node, node)));
        Regions(regions)
    }

    fn of_node(&self, node: usize) -> Option<usize> {
        self.0.get(&node).copied()
    }
}

/// Every key a message mentions: its own ids, and all it refers to, whether or not that counts.
pub fn mentioned(input: &ThreadInput) -> impl Iterator<Item = Key> + '_ {
    let ids = input.id.iter().chain(&input.aliases).chain(&input.references).chain(&input.in_reply_to);
    ids.chain(&input.conversation).chain(&input.hints).chain(&input.kept_as).copied()
}

/// Mails of a conversation that are looked at for who stands on them, latest first.
const CONVERSED: usize = 50;

/// Who has an id.
struct Owner<'a> {
    node: usize,
    identity: &'a [u8],
    automatic: bool,
    participants: Vec<&'a str>,
}

/// When a message first appears, with its identity and its id to choose among equals.
type Age<'a> = (Timestamp, &'a [u8], Option<Key>);

/// The set with its ids given to messages.
struct Set<'a> {
    owners: HashMap<Key, Owner<'a>>,
    /// Node of each input.
    nodes: Vec<usize>,
    /// Node of each id, whether or not its message is in the set (R118).
    ids: HashMap<Key, usize>,
    /// The earliest node with an identity.
    identities: HashMap<&'a [u8], (Age<'a>, usize)>,
    /// The nodes that nodes answer by their conversation alone (R125).
    conversed: HashMap<usize, usize>,
    /// The nodes that nodes answer by a number alone (R106).
    hinted: HashMap<usize, usize>,
    count: usize,
}

impl<'a> Set<'a> {
    fn read(inputs: &'a [ThreadInput]) -> Set<'a> {
        // R121: of several messages with one id the earliest owns it.
        let mut claims: HashMap<Key, Age<'a>> = HashMap::new();
        for input in inputs {
            if let Some(id) = input.id {
                let claim = (input.at, input.identity.as_slice(), input.id);
                let held = claims.entry(id).or_insert(claim);
                *held = (*held).min(claim);
            }
        }
        let mut set = Set {
            owners: HashMap::new(),
            nodes: Vec::with_capacity(inputs.len()),
            ids: HashMap::new(),
            identities: HashMap::new(),
            conversed: HashMap::new(),
            hinted: HashMap::new(),
            count: 0,
        };
        let mut surrogates: HashMap<&[u8], usize> = HashMap::new();
        for input in inputs {
            let owned =
                input.id.filter(|id| claims.get(id).is_some_and(|(_, identity, _)| *identity == input.identity));
            let node = match owned {
                Some(id) => set.own(id, input),
                None => *surrogates.entry(&input.identity).or_insert_with(|| {
                    set.count += 1;
                    set.count - 1
                }),
            };
            set.nodes.push(node);
            let age = (input.at, input.identity.as_slice(), input.id);
            let held = set.identities.entry(&input.identity).or_insert((age, node));
            *held = (*held).min((age, node));
        }
        set.own_aliases(inputs);
        for owner in set.owners.values_mut() {
            owner.participants.sort_unstable();
        }
        set.conversed = set.converse(inputs);
        set.hinted = set.hint(inputs);
        set
    }

    /// R106: a mail that names no known id answers the mail of ours that its writer's firm keeps under a
    /// number in its subject; of several the earliest.
    fn hint(&self, inputs: &'a [ThreadInput]) -> HashMap<usize, usize> {
        let mut kept: HashMap<Key, (Age<'a>, usize)> = HashMap::new();
        for (index, input) in inputs.iter().enumerate().filter(|(_, input)| !input.automatic) {
            let found = ((input.at, input.identity.as_slice(), input.id), self.node(index));
            for key in &input.kept_as {
                let held = kept.entry(*key).or_insert(found);
                *held = (*held).min(found);
            }
        }
        let mut led = HashMap::new();
        for (index, input) in inputs.iter().enumerate() {
            let node = self.node(index);
            let named = || input.references.iter().chain(&input.in_reply_to).any(|key| self.owners.contains_key(key));
            let alone = input.automatic || input.cut || !input.joined.is_empty() || input.hints.is_empty();
            if alone || self.conversed.contains_key(&node) || self.is_leaf(input) || named() {
                continue;
            }
            let found = input.hints.iter().find_map(|key| kept.get(key)).map(|(_, other)| *other);
            if let Some(other) = found.filter(|other| *other != node) {
                led.entry(node).or_insert(other);
            }
        }
        led
    }

    /// R125: a mail that names no known id answers the latest one before it of the same conversation, if
    /// somebody stands on both. Machines carry the index of what they answer: theirs leads them there as well
    /// (R95), and nobody else to them.
    fn converse(&self, inputs: &'a [ThreadInput]) -> HashMap<usize, usize> {
        let mut talks: HashMap<Key, Vec<(Age<'a>, usize)>> = HashMap::new();
        for (index, input) in inputs.iter().enumerate().filter(|(_, i)| !i.automatic && !self.is_leaf(i)) {
            if let Some(conversation) = input.conversation {
                let age = (input.at, input.identity.as_slice(), input.id);
                talks.entry(conversation).or_default().push((age, index));
            }
        }
        let mut found = HashMap::new();
        for talk in talks.values_mut().filter(|talk| talk.len() > 1) {
            talk.sort_unstable();
            for (n, (_, index)) in talk.iter().enumerate() {
                let Some(input) = inputs.get(*index) else { continue };
                let named = input.references.iter().chain(&input.in_reply_to).any(|key| self.owners.contains_key(key));
                if named || input.cut || !input.joined.is_empty() {
                    continue;
                }
                let node = self.node(*index);
                let before = talk.iter().take(n).rev().take(CONVERSED).filter(|(_, other)| self.node(*other) != node);
                let met = |other: &&(Age<'a>, usize)| {
                    let people = inputs.get(other.1).map(|other| &other.participants);
                    people.is_some_and(|people| input.participants.iter().any(|person| people.contains(person)))
                };
                if let Some((_, other)) = before.into_iter().find(met) {
                    found.entry(node).or_insert(self.node(*other));
                }
            }
        }
        let leaves = inputs.iter().enumerate().filter(|(_, i)| i.automatic || self.is_leaf(i));
        let mut leaves: Vec<(Age<'a>, usize)> =
            leaves.map(|(index, i)| ((i.at, i.identity.as_slice(), i.id), index)).collect();
        leaves.sort_unstable();
        for (age, index) in leaves {
            let Some(input) = inputs.get(index) else { continue };
            let named = || input.references.iter().chain(&input.in_reply_to).any(|key| self.owners.contains_key(key));
            let Some(talk) = input.conversation.and_then(|named| talks.get(&named)) else { continue };
            if input.cut || !input.joined.is_empty() || named() {
                continue;
            }
            let node = self.node(index);
            let before = talk.iter().rev().filter(|(other, _)| *other < age).take(CONVERSED);
            let met = |other: &&(Age<'a>, usize)| {
                let people = inputs.get(other.1).map(|other| &other.participants);
                people.is_some_and(|people| input.participants.iter().any(|person| people.contains(person)))
            };
            if let Some((_, other)) = before.into_iter().find(met).filter(|(_, other)| self.node(*other) != node) {
                found.entry(node).or_insert(self.node(*other));
            }
        }
        found
    }

    fn own(&mut self, id: Key, input: &'a ThreadInput) -> usize {
        let node = self.id_node(id);
        let owner = self.owners.entry(id).or_insert(Owner {
            node,
            identity: &input.identity,
            automatic: false,
            participants: Vec::new(),
        });
        // Copies may differ in what their gateways left; what any of them says holds for all.
        owner.automatic |= input.automatic;
        owner.participants.extend(input.participants.iter().map(String::as_str));
        node
    }

    /// R126: an id that no message has as its own is that of the earliest that went under it.
    fn own_aliases(&mut self, inputs: &'a [ThreadInput]) {
        let mut claims: HashMap<Key, (Age<'a>, usize)> = HashMap::new();
        for (index, input) in inputs.iter().enumerate() {
            for alias in input.aliases.iter().filter(|alias| !self.owners.contains_key(alias)) {
                let claim = ((input.at, input.identity.as_slice(), input.id), index);
                let held = claims.entry(*alias).or_insert(claim);
                if claim.0 < held.0 {
                    *held = claim;
                }
            }
        }
        for (alias, (_, index)) in claims {
            let Some(input) = inputs.get(index) else { continue };
            let node = self.node(index);
            let participants = input.participants.iter().map(String::as_str).collect();
            let owner = Owner { node, identity: &input.identity, automatic: input.automatic, participants };
            self.owners.insert(alias, owner);
            self.ids.insert(alias, node);
        }
    }

    fn by_identity(&self, identity: &[u8]) -> Option<usize> {
        self.identities.get(identity).map(|(_, node)| *node)
    }

    fn id_node(&mut self, id: Key) -> usize {
        let count = &mut self.count;
        *self.ids.entry(id).or_insert_with(|| {
            *count += 1;
            *count - 1
        })
    }

    fn node(&self, index: usize) -> usize {
        self.nodes.get(index).copied().unwrap_or(0)
    }

    /// Whether a message of the set has this id and is no machine's.
    fn known(&self, key: Key) -> bool {
        self.owners.get(&key).is_some_and(|owner| !owner.automatic)
    }

    /// Whether the id belongs to a machine's mail, which connects nobody (R130).
    fn leaf(&self, key: Key) -> bool {
        self.owners.get(&key).is_some_and(|owner| owner.automatic)
    }

    fn shares_participant(&self, key: Key, input: &ThreadInput) -> bool {
        self.owners.get(&key).is_some_and(|owner| {
            input.participants.iter().any(|person| owner.participants.binary_search(&person.as_str()).is_ok())
        })
    }

    /// References without the message's own id (R119).
    fn references<'b>(&self, input: &'b ThreadInput) -> impl DoubleEndedIterator<Item = Key> + use<'b> {
        input.references.iter().copied().filter(|key| Some(*key) != input.id && !input.aliases.contains(key))
    }

    /// The first id of In-Reply-To, if it may speak: alone (R116), or beside References when its
    /// message is known and shares a participant (R117).
    fn reply(&self, input: &ThreadInput) -> Option<Key> {
        let key =
            input.in_reply_to.iter().copied().find(|key| Some(*key) != input.id && !input.aliases.contains(key))?;
        let alone = self.references(input).next().is_none();
        (alone || (self.known(key) && self.shares_participant(key, input))).then_some(key)
    }

    /// The ids a message is connected to.
    fn links(&self, input: &ThreadInput) -> Vec<Key> {
        let reply = self.reply(input);
        if input.automatic || self.is_leaf(input) {
            let chain = || self.references(input).filter(|key| !self.leaf(*key));
            let known = reply.filter(|key| self.known(*key)).or_else(|| chain().rfind(|key| self.known(*key)));
            let parent = known.or_else(|| chain().next_back()).or(reply.filter(|key| !self.leaf(*key)));
            return parent.into_iter().collect();
        }
        self.references(input).chain(reply).filter(|key| !self.leaf(*key)).collect()
    }

    /// Whether another copy of this very message was found to be a machine's.
    fn is_leaf(&self, input: &ThreadInput) -> bool {
        self.owners
            .get(&input.id.unwrap_or_default())
            .is_some_and(|owner| owner.automatic && owner.identity == input.identity)
    }

    /// The id of the known message that this one answers.
    fn parent(&self, input: &ThreadInput) -> Option<Key> {
        let reply = self.reply(input).filter(|key| self.known(*key));
        reply.or_else(|| self.references(input).rfind(|key| self.known(*key)))
    }

    /// When each node's message first appears.
    fn ages(&self, inputs: &'a [ThreadInput]) -> HashMap<usize, Age<'a>> {
        let mut ages = HashMap::new();
        for (index, input) in inputs.iter().enumerate() {
            let age = (input.at, input.identity.as_slice(), input.id);
            let held = ages.entry(self.node(index)).or_insert(age);
            *held = (*held).min(age);
        }
        ages
    }
}

/// Takes one link out of every loop: that of its earliest message.
fn cut_loops(parent: &mut HashMap<usize, usize>, order: &HashMap<usize, Age<'_>>) {
    // 0: not seen; else the number of the walk that came by.
    let mut seen: HashMap<usize, usize> = HashMap::new();
    let mut starts: Vec<usize> = parent.keys().copied().collect();
    starts.sort_unstable();
    for (walk, start) in starts.into_iter().enumerate() {
        let mut at = start;
        while !seen.contains_key(&at) {
            seen.insert(at, walk);
            match parent.get(&at) {
                Some(next) => at = *next,
                None => break,
            }
        }
        if seen.get(&at) != Some(&walk) || !parent.contains_key(&at) {
            continue;
        }
        let mut loop_nodes = vec![at];
        let mut next = parent.get(&at).copied().unwrap_or(at);
        while next != at {
            loop_nodes.push(next);
            next = parent.get(&next).copied().unwrap_or(at);
        }
        if let Some(earliest) = loop_nodes.into_iter().min_by_key(|node| order.get(node).copied()) {
            parent.remove(&earliest);
        }
    }
}

/// Union-find with path halving; iterative.
#[derive(Default)]
struct Union {
    above: Vec<usize>,
    size: Vec<usize>,
}

impl Union {
    fn grow(&mut self, node: usize) {
        while self.above.len() <= node {
            self.above.push(self.above.len());
            self.size.push(1);
        }
    }

    fn root(&mut self, node: usize) -> usize {
        self.grow(node);
        let mut at = node;
        loop {
            let up = self.above.get(at).copied().unwrap_or(at);
            if up == at {
                return at;
            }
            let higher = self.above.get(up).copied().unwrap_or(up);
            if let Some(slot) = self.above.get_mut(at) {
                *slot = higher;
            }
            at = higher;
        }
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        if a == b {
            return;
        }
        let weight = |node: usize| self.size.get(node).copied().unwrap_or(0);
        let (small, large) = if weight(a) <= weight(b) { (a, b) } else { (b, a) };
        let sum = weight(a) + weight(b);
        if let Some(slot) = self.above.get_mut(small) {
            *slot = large;
        }
        if let Some(slot) = self.size.get_mut(large) {
            *slot = sum;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::{BTreeMap, BTreeSet};

    fn key(n: u8) -> Key {
        Key([n; 16])
    }

    /// A message with an id, references, and a participant everybody shares.
    fn message(id: u8, references: &[u8]) -> ThreadInput {
        ThreadInput {
            id: Some(key(id)),
            in_reply_to: Vec::new(),
            references: references.iter().map(|n| key(*n)).collect(),
            participants: vec!["anna".to_owned()],
            at: Timestamp(i64::from(id)),
            identity: vec![id],
            automatic: false,
            ..ThreadInput::default()
        }
    }

    /// Threads as sets of messages: what must not depend on order.
    fn threads(inputs: &[ThreadInput]) -> BTreeSet<BTreeSet<Name>> {
        let mut sets: BTreeMap<usize, BTreeSet<Name>> = BTreeMap::new();
        for (input, number) in inputs.iter().zip(group(inputs)) {
            sets.entry(number).or_default().insert((input.id, input.identity.clone()));
        }
        sets.into_values().collect()
    }

    type Name = (Option<Key>, Vec<u8>);

    fn answers(inputs: &[ThreadInput]) -> BTreeMap<Name, Option<Name>> {
        let name = |index: usize| (inputs[index].id, inputs[index].identity.clone());
        parents(inputs).into_iter().enumerate().map(|(index, parent)| (name(index), parent.map(name))).collect()
    }

    #[test]
    fn references_connect_even_over_a_missing_message() {
        assert_eq!(group(&[message(1, &[9]), message(2, &[9]), message(3, &[])]), [0, 0, 1]);
        let placed = [message(1, &[9]), message(2, &[9]), message(9, &[])];
        assert_eq!(group(&placed), [0, 0, 0]);
        assert_eq!(parents(&placed), [Some(2), Some(2), None]);
    }

    #[test]
    fn in_reply_to_speaks_alone_or_when_its_message_shares_a_participant() {
        let mut alone = message(2, &[]);
        alone.in_reply_to = vec![key(1)];
        assert_eq!(group(&[message(1, &[]), alone]), [0, 0]);

        let mut beside = message(3, &[2]);
        beside.in_reply_to = vec![key(1)];
        assert_eq!(group(&[message(1, &[]), message(2, &[]), beside.clone()]), [0, 0, 0]);
        assert_eq!(parents(&[message(1, &[]), message(2, &[]), beside.clone()])[2], Some(0));
        beside.participants = vec!["jan".to_owned()];
        assert_eq!(group(&[message(1, &[]), message(2, &[]), beside.clone()]), [0, 1, 1]);
        // Unknown ids beside References never fuse threads.
        let mut stray = message(4, &[5]);
        stray.in_reply_to = vec![key(99)];
        let mut other = message(6, &[7]);
        other.in_reply_to = vec![key(99)];
        assert_eq!(group(&[stray, other]), [0, 1]);
    }

    #[test]
    fn of_two_messages_with_one_id_the_earlier_keeps_the_children() {
        let mut late = message(1, &[8]);
        (late.identity, late.at) = (vec![100], Timestamp(50));
        let all = [late, message(1, &[]), message(2, &[1]), message(8, &[])];
        assert_eq!(group(&all), [0, 1, 1, 0]);
        assert_eq!(parents(&all), [Some(3), None, Some(1), None]);
    }

    #[test]
    fn copies_are_one_message() {
        let mut copy = message(1, &[]);
        copy.at = Timestamp(77);
        assert_eq!(group(&[message(1, &[]), copy]), [0, 0]);
    }

    #[test]
    fn messages_without_id_stand_alone_or_with_what_they_answer() {
        let mut bare = message(1, &[]);
        bare.id = None;
        let mut reply = message(3, &[2]);
        reply.id = None;
        assert_eq!(group(&[bare.clone(), bare, message(2, &[]), reply]), [0, 0, 1, 1]);
    }

    #[test]
    fn machines_join_their_parent_and_connect_nobody() {
        let mut notice = message(3, &[1]);
        notice.automatic = true;
        // Both answer the notice; that alone does not make them one thread.
        let all = [message(1, &[]), notice.clone(), message(4, &[3]), message(5, &[3])];
        assert_eq!(group(&all), [0, 0, 1, 2]);
        // References that span two threads do not fuse them when a machine wrote them.
        let mut wide = message(6, &[1, 2]);
        wide.automatic = true;
        assert_eq!(group(&[message(1, &[]), message(2, &[]), wide]), [0, 1, 1]);
    }

    #[test]
    fn a_machine_is_led_by_the_index_of_what_it_answers_and_leads_nobody() {
        let of = |id: u8, at: i64, automatic: bool| ThreadInput {
            conversation: Some(key(200)),
            participants: vec!["jan@acme.test".into(), "anna@firma.test".into()],
            at: Timestamp(at),
            automatic,
            ..message(id, &[])
        };
        let notice = of(3, 20, true);
        assert_eq!(group(&[of(1, 10, false), notice.clone(), of(2, 30, false)]), [0, 0, 0]);
        let parent = |set: &[ThreadInput]| parents(set);
        assert_eq!(parent(&[of(1, 10, false), notice.clone(), of(2, 30, false)]), [None, Some(0), Some(0)]);
        // Before it there is nothing; nobody stands on both; an id that is known goes before.
        assert_eq!(group(&[notice.clone(), of(2, 30, false)]), [0, 1]);
        let other = ThreadInput { participants: vec!["ola@acme.test".into()], ..notice.clone() };
        assert_eq!(group(&[of(1, 10, false), other]), [0, 1]);
        let named = ThreadInput { references: vec![key(7)], ..notice };
        assert_eq!(group(&[of(1, 10, false), message(7, &[]), named]), [0, 1, 1]);
    }

    #[test]
    fn loops_and_self_references_end() {
        let all = [message(1, &[2]), message(2, &[3]), message(3, &[1, 3])];
        assert_eq!(group(&all), [0, 0, 0]);
        assert_eq!(parents(&all), [None, Some(2), Some(0)]);
        assert_eq!(parents(&[message(1, &[1])]), [None]);
    }

    #[test]
    fn a_chain_of_5000_and_100_000_messages_are_no_burden() {
        let wide = |n: u32| {
            let mut bytes = [0; 16];
            bytes[..4].copy_from_slice(&n.to_be_bytes());
            Key(bytes)
        };
        let all: Vec<ThreadInput> = (0..100_000u32)
            .map(|n| ThreadInput {
                id: Some(wide(n)),
                references: if n % 5_000 == 0 { vec![] } else { vec![wide(n - 1)] },
                in_reply_to: Vec::new(),
                participants: Vec::new(),
                at: Timestamp(i64::from(n)),
                identity: n.to_be_bytes().to_vec(),
                automatic: false,
                ..ThreadInput::default()
            })
            .collect();
        assert_eq!(group(&all).last(), Some(&19));
        assert_eq!(parents(&all).iter().filter(|parent| parent.is_none()).count(), 20);
    }

    fn any_message() -> impl Strategy<Value = ThreadInput> {
        let keys = |n| proptest::collection::vec((0u8..24).prop_map(key), 0..n);
        (
            proptest::option::weighted(0.9, (0u8..24).prop_map(key)),
            keys(3),
            keys(4),
            proptest::collection::vec("[a-d]", 0..3),
            0i64..6,
            (0u8..40).prop_map(|n| vec![n]),
            proptest::bool::weighted(0.15),
            keys(2),
        )
            .prop_map(|(id, in_reply_to, references, participants, at, identity, automatic, aliases)| {
                ThreadInput {
                    conversation: identity.first().filter(|n| *n % 3 == 0).map(|n| key(200 + n % 2)),
                    id,
                    in_reply_to,
                    references,
                    participants,
                    at: Timestamp(at),
                    // What people say is said of an identity, so all its copies have it.
                    cut: identity.first().is_some_and(|n| n % 7 == 0),
                    joined: identity.iter().filter(|n| *n % 5 == 0).map(|n| vec![n / 2 + 1]).collect(),
                    hints: identity.iter().filter(|n| *n % 4 == 0).map(|n| key(220 + n % 3)).collect(),
                    kept_as: identity.iter().filter(|n| *n % 4 == 1).map(|n| key(220 + n % 3)).collect(),
                    identity,
                    automatic,
                    aliases,
                }
            })
    }

    fn any_set() -> impl Strategy<Value = Vec<ThreadInput>> {
        proptest::collection::vec(any_message(), 1..24)
    }

    /// A shuffle that a seed decides.
    fn shuffled(inputs: &[ThreadInput], seed: u64) -> Vec<ThreadInput> {
        let mut out = inputs.to_vec();
        let mut state = seed | 1;
        for index in (1..out.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            out.swap(index, (state >> 33) as usize % (index + 1));
        }
        out
    }

    #[test]
    fn two_mails_of_one_moment_and_content_that_name_each_other_have_one_order() {
        let one = |id: u8, answers: u8| ThreadInput {
            id: Some(Key([id; 16])),
            in_reply_to: Vec::new(),
            references: vec![Key([answers; 16])],
            participants: Vec::new(),
            at: Timestamp(3),
            identity: vec![1],
            automatic: false,
            ..ThreadInput::default()
        };
        assert_eq!(parents(&[one(4, 8), one(8, 4)]), [None, Some(0)]);
        assert_eq!(parents(&[one(8, 4), one(4, 8)]), [Some(1), None]);
    }

    proptest! {
        #[test]
        fn twenty_orders_of_a_set_give_the_same_threads_and_parents(set in any_set(), seed: u64) {
            let (expected, parents) = (threads(&set), answers(&set));
            for round in 0..20 {
                let other = shuffled(&set, seed.wrapping_add(round * 7_919));
                prop_assert_eq!(&threads(&other), &expected);
                prop_assert_eq!(&answers(&other), &parents);
            }
        }

        #[test]
        fn parents_form_no_loop_and_lie_in_the_same_thread(set in any_set()) {
            let (groups, parents) = (group(&set), parents(&set));
            for start in 0..set.len() {
                let mut at = Some(start);
                let mut steps = 0;
                while let Some(index) = at {
                    prop_assert_eq!(groups[index], groups[start]);
                    steps += 1;
                    prop_assert!(steps <= set.len());
                    at = parents[index];
                }
            }
        }

        #[test]
        fn adding_in_batches_gives_what_the_whole_set_gives(set in any_set(), sizes in proptest::collection::vec(1usize..6, 24)) {
            let mut stored: Vec<ThreadInput> = Vec::new();
            let mut known: BTreeSet<BTreeSet<Name>> = BTreeSet::new();
            let mut rest = set.as_slice();
            for size in sizes {
                let (batch, later) = rest.split_at(size.min(rest.len()));
                rest = later;
                stored.extend_from_slice(batch);
                let touched = closed(batch, &stored);
                let names: BTreeSet<Name> = touched.iter().map(|m| (m.id, m.identity.clone())).collect();
                known.retain(|thread| thread.is_disjoint(&names));
                known.extend(threads(&touched));
            }
            prop_assert_eq!(known, threads(&set));
        }
    }

    /// The messages that share keys with the batch, and with those, and so on.
    fn closed(batch: &[ThreadInput], stored: &[ThreadInput]) -> Vec<ThreadInput> {
        // Messages without id are copies of each other by identity.
        let marks = |m: &ThreadInput| {
            let named = mentioned(m).map(|k| (false, k.0.to_vec()));
            let joined = m.joined.iter().map(|identity| (true, identity.clone()));
            named.chain([(true, m.identity.clone())]).chain(joined).collect::<Vec<_>>()
        };
        let mut keys: BTreeSet<(bool, Vec<u8>)> = batch.iter().flat_map(marks).collect();
        loop {
            let found: Vec<ThreadInput> =
                stored.iter().filter(|m| marks(m).iter().any(|k| keys.contains(k))).cloned().collect();
            let before = keys.len();
            keys.extend(found.iter().flat_map(marks));
            if keys.len() == before {
                return found;
            }
        }
    }
}
