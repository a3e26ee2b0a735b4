//! Gathers everything a batch's decisions depend on: which mails are new, the stored mails of
//! every thread they touch, and the facts about the addresses on all of them.

use super::accept::Context;
use super::copies;
use super::effects;
use super::filing::Filing;
use super::prepare::Prepared;
use super::rules::{self, Rules, Spoken};
use crate::link::threads;
use crate::model::address::Address;
use crate::model::correction::{Correction, Named};
use crate::model::facts::{House, LinkFacts, Mark, Member, Said};
use crate::model::id::{LocationId, MailId, MsgId, RecordId, ThreadId, UserId};
use crate::model::link::{Candidate, Linking};
use crate::model::mail::Author;
use crate::model::rule::{Effect, Hit};
use crate::model::thread::ThreadInput;
use crate::store::facts::Further;
use crate::store::keys::Key;
use crate::store::mails::Stored;
use crate::store::{self, Tx};
use anyhow::Result;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What a mail of the batch is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// One more copy of a stored message.
    Copy(MailId),
    /// The new message with this number; several places of one batch may share it.
    New(usize),
    /// Never to be stored.
    Hidden,
}

impl Place {
    /// The stored message of which it is a copy.
    pub fn stored(self) -> Option<MailId> {
        match self {
            Place::Copy(id) => Some(id),
            Place::New(_) | Place::Hidden => None,
        }
    }
}

/// A batch with all it touches.
#[derive(Debug)]
pub struct Assembled<'a> {
    /// One for each mail of the batch.
    pub places: Vec<Place>,
    /// The new messages, each once.
    pub new: Vec<&'a Prepared>,
    /// Stored messages of the touched threads. In `members` they come first.
    pub stored: Vec<Stored>,
    /// Stored and new messages as linking sees them.
    pub members: Vec<Member>,
    /// Their threads: positions in `members`. Empty until they are decided.
    pub threads: Vec<Vec<usize>>,
    /// Stored messages to which copies of this batch added something.
    pub enriched: Vec<MailId>,
    /// What the rules say that is not written yet.
    pub spoken: Spoken,
    /// They are weighed without mail of other threads: for somebody who may not read that.
    pub apart: bool,
    /// What threading sees of each member.
    inputs: Vec<ThreadInput>,
    /// Each member's Message-ID.
    message_ids: Vec<Option<MsgId>>,
    /// What is known about the addresses on them.
    pub facts: LinkFacts,
}

/// Loads what the decisions about a batch depend on.
pub async fn threads_of<'a>(
    tx: &mut Tx,
    context: &Context,
    batch: &'a [Prepared],
    (rules, filing): (&Rules, &Filing),
) -> Result<Assembled<'a>> {
    let (places, new) = copies::tell(tx, batch).await?;
    let mut enriched = copies::add(tx, batch, &places).await?;
    let asked = rules::ask(tx, rules, batch, &places, &new).await?;
    enriched.extend(asked.copies.keys());
    let shared = store::mailboxes::user_of(tx, context.mailbox).await?.is_none();
    let touched: Vec<MailId> = enriched.iter().copied().chain(filing.copies(&places)).collect();
    let stored = load_threads(tx, batch, &places, &new, &touched, shared).await?;
    let mut heard = heard_of(tx, &stored).await?;
    let spoken = Spoken { version: rules.version, changed: asked.copies.keys().copied().collect() };
    heard.extend(asked.copies);
    let ruled = rules::named(tx, &rules::naming(heard.values().chain(&asked.new).flatten())).await?;
    let said = said_of(tx, &stored, &new).await?;
    let facts = load_facts(tx, context, &stored, &new, batch, (&said, ruled, filing)).await?;
    let mut members = members_of(tx, context, batch, &places, (&stored, &new), said, &facts).await?;
    let (of_stored, of_new) = members.split_at_mut(stored.len());
    hear(of_stored, &mut heard);
    of_new.iter_mut().zip(asked.new).for_each(|(member, hits)| member.rules = hits);
    mark_shared(tx, &stored, &mut members).await?;
    effects::tell(tx, &mut members, &new).await?;
    let (mut inputs, message_ids) = inputs_of(&members, &stored, &new);
    effects::lend(&mut inputs, &members, &facts);
    let threads = Vec::new();
    let apart = false;
    Ok(Assembled { places, new, stored, members, threads, facts, enriched, spoken, apart, inputs, message_ids })
}

/// What the rules said about stored mails.
async fn heard_of(tx: &mut Tx, stored: &[Stored]) -> Result<HashMap<MailId, Vec<Hit>>> {
    let ids: Vec<MailId> = stored.iter().map(|s| s.id).collect();
    let said = store::rules::said(tx, &ids).await?;
    Ok(said.into_iter().map(|(mail, (_, hits))| (mail, hits)).collect())
}

/// Gives each member what the rules say about it.
fn hear(members: &mut [Member], heard: &mut HashMap<MailId, Vec<Hit>>) {
    for member in members {
        member.rules = member.id.and_then(|id| heard.remove(&id)).unwrap_or_default();
    }
}

impl Assembled<'_> {
    /// Whether an address is one of ours. Of addresses that stand on no member only the domain tells.
    pub fn is_ours(&self, address: &Address) -> bool {
        self.facts.is_own(address)
    }

    /// Which members share their Message-ID with another one that says something else, of those that
    /// `kept` says are stored. Whoever forges an id can write any date, so none of them comes first.
    pub fn twins(&self, kept: impl Fn(usize) -> bool) -> Vec<bool> {
        let mut of_id: HashMap<&MsgId, Vec<usize>> = HashMap::new();
        for (n, id) in self.message_ids.iter().enumerate().filter(|(n, _)| kept(*n)) {
            if let Some(id) = id {
                of_id.entry(id).or_default().push(n);
            }
        }
        let mut twins = vec![false; self.members.len()];
        for n in of_id.into_values().filter(|same| same.len() > 1).flatten() {
            if let Some(slot) = twins.get_mut(n) {
                *slot = true;
            }
        }
        twins
    }

    /// A member by its content.
    pub fn named(&self, member: usize) -> Option<Named> {
        let of_stored = |s: &Stored| Named { copy_key: s.copy_key, identity: s.identity.clone() };
        let of_new = |p: &&Prepared| Named { copy_key: p.row.copy_key, identity: p.row.identity.clone() };
        let new = || self.new.get(member - self.stored.len()).map(of_new);
        self.stored.get(member).map(of_stored).or_else(new)
    }

    /// The members in groups that share no id, own or named, with each other: whoever takes part
    /// in a thread, the threads of one group do not depend on another's.
    pub fn related(&self) -> Vec<Vec<usize>> {
        let mut first: HashMap<_, usize> = HashMap::new();
        let mut leader: Vec<usize> = (0..self.members.len()).collect();
        let mut by_identity: HashMap<&[u8], usize> = HashMap::new();
        let mut meet = |n: usize, other: usize| {
            let (a, b) = (find(&leader, n), find(&leader, other));
            if let Some(slot) = leader.get_mut(a.max(b)) {
                *slot = a.min(b);
            }
        };
        for (n, input) in self.inputs.iter().enumerate() {
            for key in threads::mentioned(input) {
                meet(n, *first.entry(key).or_insert(n));
            }
            by_identity.insert(&input.identity, n);
        }
        for (n, input) in self.inputs.iter().enumerate() {
            for other in input.joined.iter().filter_map(|identity| by_identity.get(identity.as_slice())) {
                meet(n, *other);
            }
        }
        let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for n in 0..leader.len() {
            groups.entry(find(&leader, n)).or_default().push(n);
        }
        groups.into_values().collect()
    }

    /// The same, as if somebody had begun a thread of its own with one of the stored members. Nothing is new in it.
    pub fn split_at(&self, member: Option<usize>) -> Assembled<'static> {
        let mut inputs = self.inputs.clone();
        if let Some(input) = member.and_then(|member| inputs.get_mut(member)) {
            input.cut = true;
        }
        Assembled {
            places: Vec::new(),
            new: Vec::new(),
            stored: self.stored.clone(),
            members: self.members.clone(),
            threads: Vec::new(),
            enriched: Vec::new(),
            spoken: Spoken::default(),
            apart: self.apart,
            inputs,
            message_ids: self.message_ids.clone(),
            facts: self.facts.clone(),
        }
    }

    /// Whether it names its parent by no id, and nobody said that they belong together: what is left is
    /// the conversation (R125).
    fn is_guessed(&self, n: usize, parent: usize) -> bool {
        let (Some(input), Some(parent)) = (self.inputs.get(n), self.inputs.get(parent)) else { return false };
        let own = |key| parent.id == Some(key) || parent.aliases.contains(&key);
        input.joined.is_empty() && !input.references.iter().chain(&input.in_reply_to).any(|key| own(*key))
    }

    /// Ties these members into threads as if there were no others, and notes for each which one
    /// it answers.
    pub fn tie(&mut self, among: &[usize]) -> Vec<Vec<usize>> {
        let inputs: Vec<ThreadInput> = among.iter().filter_map(|n| self.inputs.get(*n).cloned()).collect();
        for (n, parent) in among.iter().zip(threads::parents(&inputs)) {
            let parent = parent.and_then(|p| among.get(p).copied());
            let reply_to = parent.and_then(|p| self.message_ids.get(p).cloned().flatten());
            let guessed = parent.is_some_and(|p| self.is_guessed(*n, p));
            if let Some(member) = self.members.get_mut(*n) {
                (member.parent, member.reply_to, member.guessed) = (parent, reply_to, guessed);
            }
        }
        let mut groups: HashMap<usize, Vec<usize>> = HashMap::new();
        for (n, group) in among.iter().zip(threads::group(&inputs)) {
            groups.entry(group).or_default().push(*n);
        }
        let mut threads: Vec<Vec<usize>> = groups.into_values().collect();
        threads.sort();
        threads
    }
}

/// Loads what the decisions about stored threads depend on, for when something else than mail has
/// changed. Nothing is new in it.
pub async fn again(tx: &mut Tx, own_domains: &House, threads: &[ThreadId]) -> Result<Assembled<'static>> {
    as_if(tx, own_domains, threads, HashMap::new()).await
}

/// As [`again`], as if the rules had said this about some of the mails.
pub async fn as_if(
    tx: &mut Tx,
    own_domains: &House,
    threads: &[ThreadId],
    saying: HashMap<MailId, Vec<Hit>>,
) -> Result<Assembled<'static>> {
    let stored = store::mails::of_threads(tx, threads).await?;
    let mut heard = heard_of(tx, &stored).await?;
    heard.extend(saying);
    let ruled = rules::named(tx, &rules::naming(heard.values().flatten())).await?;
    let on_them = stored.iter().flat_map(|s| s.parties.iter());
    let addresses: BTreeSet<Address> = on_them.filter_map(|(_, a)| Address::parse(a).ok()).collect();
    let (regarded, linked) = records_of(&stored);
    let said = said_of(tx, &stored, &[]).await?;
    let further = further(&said, &ruled);
    let mut facts = store::facts::about(tx, &addresses, &regarded, &linked, own_domains, &further).await?;
    facts.ruled = ruled;
    let ids: Vec<MailId> = stored.iter().map(|s| s.id).collect();
    let mut holders = store::mails::holders(tx, &ids).await?;
    let member = |(s, said): (&Stored, Said)| stored_member(s, holders.remove(&s.id).unwrap_or_default(), said);
    let mut members: Vec<Member> = stored.iter().zip(said).map(member).collect();
    hear(&mut members, &mut heard);
    mark_shared(tx, &stored, &mut members).await?;
    effects::tell(tx, &mut members, &[]).await?;
    let (mut inputs, message_ids) = inputs_of(&members, &stored, &[]);
    effects::lend(&mut inputs, &members, &facts);
    let (places, new, threads, enriched) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let spoken = Spoken::default();
    let apart = false;
    Ok(Assembled { places, new, stored, members, threads, facts, enriched, spoken, apart, inputs, message_ids })
}

/// The stored messages of every thread that the batch touches.
///
/// Copies touch their thread only if they add something to the message, or if somebody claims an
/// address on them (P12): a further holder may then make the claim count; or if they bring what stood
/// nowhere to a `shared` mailbox, where unknown senders are asked about.
async fn load_threads(
    tx: &mut Tx,
    batch: &[Prepared],
    places: &[Place],
    new: &[&Prepared],
    enriched: &[MailId],
    shared: bool,
) -> Result<Vec<Stored>> {
    let keys: BTreeSet<Key> =
        new.iter().flat_map(|p| named_ids(p).chain(p.row.id_key).chain(p.row.aliases.iter().copied())).collect();
    let mut threads: BTreeSet<ThreadId> =
        store::mails::threads_naming(tx, &keys.into_iter().collect::<Vec<_>>()).await?.into_iter().collect();
    let copy_keys: BTreeSet<Key> = new.iter().map(|p| p.row.copy_key).collect();
    threads.extend(store::corrections::threads_joined(tx, &copy_keys.into_iter().collect::<Vec<_>>()).await?);
    let copies: Vec<(MailId, LocationId)> = places
        .iter()
        .zip(batch)
        .filter_map(|(place, mail)| match place {
            Place::Copy(id) => Some((*id, mail.found.location)),
            Place::New(_) | Place::Hidden => None,
        })
        .collect();
    if !copies.is_empty() {
        threads.extend(store::mails::threads_with_claims(tx, &copies).await?);
    }
    if !enriched.is_empty() {
        threads.extend(store::mails::threads_of(tx, enriched).await?);
    }
    if shared && !copies.is_empty() {
        let ids: Vec<MailId> = copies.iter().map(|(id, _)| *id).collect();
        let nowhere = store::reviews::standing_nowhere(tx, &ids).await?;
        threads.extend(store::mails::threads_of(tx, &nowhere).await?);
    }
    let mut stored = store::mails::of_threads(tx, &threads.iter().copied().collect::<Vec<_>>()).await?;
    let ids: Vec<MailId> = stored.iter().map(|mail| mail.id).collect();
    let numbered: BTreeSet<ThreadId> = effects::threads_numbered(tx, new, &ids).await?.into_iter().collect();
    let further: Vec<ThreadId> = numbered.difference(&threads).copied().collect();
    if !further.is_empty() {
        stored.extend(store::mails::of_threads(tx, &further).await?);
        stored.sort_by_key(|mail| mail.id);
    }
    Ok(stored)
}

/// Every id that a mail refers to, and what leads it where ids do not.
pub fn named_ids(mail: &Prepared) -> impl Iterator<Item = Key> + '_ {
    let row = &mail.row;
    row.references.iter().chain(&row.in_reply_to).chain(&row.conversation).chain(&mail.hints).copied()
}

/// The records that stored mails regard, and those that they are linked to.
fn records_of(stored: &[Stored]) -> (BTreeSet<RecordId>, BTreeSet<RecordId>) {
    let regarded = stored.iter().filter_map(|s| s.regarding).collect();
    let linked = stored.iter().flat_map(|s| &s.links).flat_map(|link| [link.record, link.governing]).collect();
    (regarded, linked)
}

/// What people said of stored and new messages, and what else stands on them, in the order of members.
async fn said_of(tx: &mut Tx, stored: &[Stored], new: &[&Prepared]) -> Result<Vec<Said>> {
    let named =
        stored.iter().map(|s| (s.copy_key, &s.identity)).chain(new.iter().map(|p| (p.row.copy_key, &p.row.identity)));
    let keys: BTreeSet<Key> = named.clone().map(|(key, _)| key).collect();
    let corrections = store::corrections::of_mails(tx, &keys.into_iter().collect::<Vec<_>>()).await?;
    let ids: Vec<MailId> = stored.iter().map(|s| s.id).collect();
    let mut marks = store::numbers::marks_of(tx, &ids).await?;
    let mut said: Vec<Said> = named
        .map(|(key, identity)| {
            let mut said = Said::default();
            let of_it = |c: &&Correction| c.mail.as_ref().is_some_and(|m| m.copy_key == key && m.identity == *identity);
            corrections.iter().filter(of_it).for_each(|correction| correction.tell(&mut said));
            said
        })
        .collect();
    let on_stored = stored.iter().map(|s| marks.remove(&s.id).unwrap_or_default());
    let on_them: Vec<Vec<Mark>> = on_stored.chain(new.iter().map(|p| p.row.marks.clone())).collect();
    said.iter_mut().zip(on_them).for_each(|(said, marks)| said.marks = marks);
    Ok(said)
}

/// What facts are wanted because of what was said and stands on mails.
fn further(said: &[Said], ruled: &HashMap<Effect, Vec<RecordId>>) -> Further {
    let mut further = Further::default();
    further.records.extend(ruled.values().flatten());
    for said in said {
        let spoken = said.mail.iter().chain(&said.thread).filter_map(|s| s.say.record());
        further.records.extend(spoken.chain(said.added.iter().map(|(_, r, _)| *r)));
        further.records.extend(said.filed.iter().map(|(record, _)| *record));
        for mark in &said.marks {
            match mark {
                Mark::Number { key, .. } => {
                    further.numbers.insert(key.clone());
                }
                Mark::Signed { record, .. } => {
                    further.records.insert(*record);
                }
                Mark::Wrong { .. } => {}
            }
        }
    }
    further
}

async fn load_facts(
    tx: &mut Tx,
    context: &Context,
    stored: &[Stored],
    new: &[&Prepared],
    batch: &[Prepared],
    (said, ruled, filing): (&[Said], HashMap<Effect, Vec<RecordId>>, &Filing),
) -> Result<LinkFacts> {
    let of_stored = stored.iter().flat_map(|s| s.parties.iter().map(|(_, a)| a.as_str()));
    let of_new = new.iter().flat_map(|p| p.row.parties.iter().map(|(_, a, _)| a.as_str()));
    // Of what is hidden only whose addresses are ours matters: of the others hashes are kept.
    let hidden = batch.iter().filter(|mail| mail.hidden.is_some());
    let of_hidden = hidden.flat_map(|p| p.row.parties.iter().map(|(_, a, _)| a.as_str()));
    let addresses: BTreeSet<Address> =
        of_stored.chain(of_new).chain(of_hidden).filter_map(|a| Address::parse(a).ok()).collect();
    let (regarded, linked) = records_of(stored);
    let mut further = further(said, &ruled);
    further.records.extend(filing.records());
    let facts = store::facts::about(tx, &addresses, &regarded, &linked, &context.own_domains, &further).await?;
    Ok(LinkFacts { ruled, ..facts })
}

async fn members_of(
    tx: &mut Tx,
    context: &Context,
    batch: &[Prepared],
    places: &[Place],
    (stored, new): (&[Stored], &[&Prepared]),
    said: Vec<Said>,
    facts: &LinkFacts,
) -> Result<Vec<Member>> {
    let owner = store::mailboxes::user_of(tx, context.mailbox).await?;
    let mut holders = HashMap::new();
    // Whose mailboxes a mail lies in matters only where an address is claimed, or somebody spoke of
    // all mail of a sender (P12).
    if !facts.senders.is_empty() || facts.parties.values().flatten().any(|party| party.claimed_by.is_some()) {
        let ids: Vec<MailId> = stored.iter().map(|s| s.id).collect();
        holders = store::mails::holders(tx, &ids).await?;
        for (place, _) in places.iter().zip(batch) {
            if let (Place::Copy(id), Some(owner)) = (place, owner) {
                add(holders.entry(*id).or_default(), owner);
            }
        }
    }
    let mut said = said.into_iter();
    let mut members = Vec::with_capacity(stored.len() + new.len());
    for mail in stored {
        members.push(stored_member(
            mail,
            holders.remove(&mail.id).unwrap_or_default(),
            said.next().unwrap_or_default(),
        ));
    }
    for mail in new {
        members.push(new_member(mail, owner, said.next().unwrap_or_default()));
    }
    Ok(members)
}

/// Notes of what stands nowhere whether a copy lies in a shared mailbox.
async fn mark_shared(tx: &mut Tx, stored: &[Stored], members: &mut [Member]) -> Result<()> {
    let nowhere = stored.iter().filter(|mail| mail.linking == "review").map(|mail| mail.id);
    let shared = store::reviews::on_shared(tx, &nowhere.collect::<Vec<_>>()).await?;
    for member in members.iter_mut().filter(|member| member.id.is_some_and(|id| shared.contains(&id))) {
        member.said.shared = true;
    }
    Ok(())
}

fn add(users: &mut Vec<UserId>, user: UserId) {
    if !users.contains(&user) {
        users.push(user);
    }
}

fn stored_member(mail: &Stored, holders: Vec<UserId>, said: Said) -> Member {
    let candidates: Vec<Candidate> = serde_json::from_str(&mail.candidates).unwrap_or_default();
    let before = match mail.linking.as_str() {
        "linked" => Linking::Linked { regarding: mail.regarding, links: mail.links.clone(), candidates },
        _ => Linking::Review(candidates),
    };
    Member {
        id: Some(mail.id),
        thread: Some(mail.thread),
        at: mail.at,
        identity: mail.identity.clone(),
        from: Address::parse(&mail.from_address).ok(),
        parties: mail.parties.iter().filter_map(|(f, a)| Some((*f, Address::parse(a).ok()?))).collect(),
        author: author(mail.author, &said),
        channel: mail.channel,
        forward: mail.forward,
        auth_failed: mail.auth_failed,
        parent: None,
        reply_to: None,
        guessed: false,
        holders,
        rules: Vec::new(),
        before: Some(before),
        said,
    }
}

/// Who wrote it: what a person said of that comes before what the parser found.
fn author(found: Author, said: &Said) -> Author {
    if said.automatic { Author::Notification } else { found }
}

fn new_member(mail: &Prepared, owner: Option<UserId>, said: Said) -> Member {
    Member {
        id: None,
        thread: None,
        at: mail.row.at,
        identity: mail.row.identity.clone(),
        from: mail.mail.from.first().map(|p| p.address.clone()),
        parties: super::prepare::parties(&mail.mail).map(|(field, p)| (field, p.address.clone())).collect(),
        author: author(mail.row.author, &said),
        channel: mail.row.channel,
        forward: mail.row.forward,
        auth_failed: mail.row.auth_failed,
        parent: None,
        reply_to: None,
        guessed: false,
        holders: owner.into_iter().collect(),
        rules: Vec::new(),
        before: None,
        said,
    }
}

fn find(leader: &[usize], mut n: usize) -> usize {
    while let Some(up) = leader.get(n).copied().filter(|up| *up != n) {
        n = up;
    }
    n
}

/// What threading sees of the members, and their Message-IDs.
fn inputs_of(members: &[Member], stored: &[Stored], new: &[&Prepared]) -> (Vec<ThreadInput>, Vec<Option<MsgId>>) {
    let message_ids: Vec<Option<MsgId>> = stored
        .iter()
        .map(|s| s.message_id.clone())
        .chain(new.iter().map(|p| p.row.message_id.clone()))
        .map(|id| id.and_then(MsgId::new))
        .collect();
    let own: Vec<Option<Key>> = stored.iter().map(|s| s.id_key).chain(new.iter().map(|p| p.row.id_key)).collect();
    let aliases = stored.iter().map(|s| &s.aliases).chain(new.iter().map(|p| &p.row.aliases));
    let references = stored.iter().map(|s| &s.references).chain(new.iter().map(|p| &p.row.references));
    let in_reply_to = stored.iter().map(|s| &s.in_reply_to).chain(new.iter().map(|p| &p.row.in_reply_to));
    let conversation = stored.iter().map(|s| s.conversation).chain(new.iter().map(|p| p.row.conversation));
    let inputs = members
        .iter()
        .zip(own.into_iter().zip(aliases))
        .zip(references.zip(in_reply_to).zip(conversation))
        .map(|((member, ids), named)| thread_input(member, ids, named))
        .collect();
    (inputs, message_ids)
}

fn thread_input(
    member: &Member,
    (own, aliases): (Option<Key>, &Vec<Key>),
    ((references, in_reply_to), conversation): ((&Vec<Key>, &Vec<Key>), Option<Key>),
) -> ThreadInput {
    use crate::model::thread::Key as Id;
    ThreadInput {
        id: own.map(Id::from),
        references: references.iter().copied().map(Id::from).collect(),
        in_reply_to: in_reply_to.iter().copied().map(Id::from).collect(),
        participants: member.parties.iter().map(|(_, a)| a.to_string()).collect(),
        at: member.at,
        identity: member.identity.clone(),
        automatic: !member.author.is_human(),
        aliases: aliases.iter().copied().map(Id::from).collect(),
        cut: member.said.split,
        joined: member.said.joined.clone(),
        conversation: conversation.map(Id::from),
        ..ThreadInput::default()
    }
}
