//! (a): the threads of a folder of real mail, each taken as an opportunity.
//!
//! Truth is which mails are connected by their ids, read before anything is damaged. Of each thread of
//! two or more mails the one who answered first is ours (their address is replaced by one of our own
//! domain); everybody else on its mails is a contact of an account that has this one opportunity. Who
//! takes part in several threads is thus a contact with several open opportunities: the address of a
//! mailing list, with hundreds. The opportunity's name tells nothing of its subject.
//!
//! Mails of one sender with the same subject and text are one, whatever their ids: collections hold the
//! same mail in several versions, and which thread another copy belongs to is no question of linking.
//!
//! Strangers: of the senders of replies more than a tenth write under another address, which nobody
//! registered and nobody else writes to; they quote the ids that are there.

use crate::decide::{Labelled, World};
use crate::random::Random;
use crate::score::Case;
use standin::link::{threads, words};
use standin::model::address::Address;
use standin::model::facts::{Deal, Field, Known, LinkFacts, Member, PartyMatch, Said, Say, Spoken};
use standin::model::id::{MsgId, RecordId};
use standin::model::mail::{Author, Channel, Mail};
use standin::model::record::{Kind, Status};
use standin::model::time::Timestamp;
use standin::parse;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What is done to the mails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variant {
    Whole,
    Stripped,
    Rewritten,
    Subjects,
    Forwards,
}

impl Variant {
    pub const ALL: [Variant; 5] =
        [Variant::Whole, Variant::Stripped, Variant::Rewritten, Variant::Subjects, Variant::Forwards];

    pub fn word(self) -> &'static str {
        match self {
            Variant::Whole => "as it is",
            Variant::Stripped => "a third of the replies without ids",
            Variant::Rewritten => "a third of the Message-IDs rewritten on the way",
            Variant::Subjects => "a third of the subjects changed",
            Variant::Forwards => "with forwards to third persons, who answer",
        }
    }
}

/// A mail of the folder.
pub struct Found {
    name: String,
    mail: Mail,
    thread: usize,
    /// Whether a mail of the folder is the one it answers.
    answers: bool,
}

/// Reads the folder, where it lies: mails in threads of two or more, each content once.
pub fn read(folder: &Path) -> Vec<Found> {
    let mut paths = Vec::new();
    gather(folder, &mut paths);
    paths.sort();
    assert!(!paths.is_empty(), "no .eml file in {}", folder.display());
    let mut seen = HashSet::new();
    let mut mails: Vec<(String, Mail)> = Vec::new();
    for path in paths {
        let mail = parse::parse(&std::fs::read(&path).unwrap());
        let name = path.strip_prefix(folder).unwrap_or(&path).display().to_string();
        let copy = (mail.from.first().map(|p| p.address.to_string()), mail.subject.clone(), parse::canonical(&mail));
        if seen.insert(copy) {
            mails.push((name, mail));
        }
    }
    let inputs: Vec<_> = mails.iter().map(|(_, mail)| standin::commands::thread::input(mail)).collect();
    let parents = threads::parents(&inputs);
    let groups = threads::group(&inputs);
    let mut sizes: HashMap<usize, usize> = HashMap::new();
    groups.iter().for_each(|g| *sizes.entry(*g).or_default() += 1);
    let found = mails.into_iter().zip(groups).zip(parents);
    found
        .filter(|((_, group), _)| sizes[group] > 1)
        .map(|(((name, mail), thread), parent)| Found { name, mail, thread, answers: parent.is_some() })
        .collect()
}

fn gather(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())) {
        let path = entry.unwrap().path();
        if path.is_dir() {
            gather(&path, paths);
        } else if path.extension().is_some_and(|e| e == "eml") {
            paths.push(path);
        }
    }
}

const STEP: i64 = 10;
const OWN: &str = "firma.test";

fn deal(thread: usize) -> RecordId {
    RecordId(thread as i64 * STEP + 1)
}

/// The labelled world of a variant.
pub fn world(found: &[Found], variant: Variant, seed: u64) -> World {
    let mut seen = HashSet::new();
    let ambiguous =
        found.iter().filter_map(|f| f.mail.message_id.clone()).filter(|id| !seen.insert(id.clone())).collect();
    let mut by_thread: BTreeMap<usize, Vec<&Found>> = BTreeMap::new();
    found.iter().for_each(|f| by_thread.entry(f.thread).or_default().push(f));
    let mut world = World { facts: LinkFacts::default(), mails: Vec::new() };
    world.facts.own_domains.insert(OWN.into());
    let mut next_contact = 1_000_000_000;
    for (thread, mut mails) in by_thread {
        mails.sort_by_key(|f| (f.answers, f.mail.date.unwrap_or_default(), &f.name));
        let mut random = Random::part(seed, thread as u64);
        let one = Thread::new(thread, &mails, &ambiguous, &mut random);
        one.register(&mut world.facts, &mut next_contact);
        one.write(&mut world.mails, &mails, variant, &mut random);
    }
    world
}

struct Thread {
    thread: usize,
    ours: Option<Address>,
    us: Address,
    /// Senders who are strangers here, with the address under which they write.
    strangers: HashMap<Address, Address>,
    contacts: BTreeSet<Address>,
    /// Ids that several mails have.
    ambiguous: HashSet<MsgId>,
}

impl Thread {
    fn new(thread: usize, mails: &[&Found], ambiguous: &HashSet<MsgId>, random: &mut Random) -> Thread {
        let from = |f: &Found| f.mail.from.first().map(|p| p.address.clone());
        let first = mails.first().and_then(|f| from(f));
        let ours = mails.iter().filter_map(|f| from(f)).find(|a| Some(a) != first.as_ref());
        let us = Address::parse(&format!("user{thread}@{OWN}")).unwrap();
        let senders: BTreeSet<Address> = mails.iter().filter(|f| f.answers).filter_map(|f| from(f)).collect();
        let mut strangers = HashMap::new();
        for (n, sender) in senders.iter().enumerate() {
            if Some(sender) != ours.as_ref() && Some(sender) != first.as_ref() && random.chance(0.25) {
                strangers.insert(sender.clone(), Address::parse(&format!("x{n}@stranger{thread}.test")).unwrap());
            }
        }
        let on = mails.iter().flat_map(|f| f.mail.from.iter().chain(&f.mail.to).chain(&f.mail.cc)).map(|p| &p.address);
        let known = |a: &&Address| Some(*a) != ours.as_ref() && !strangers.contains_key(a);
        let contacts = on.filter(known).cloned().collect();
        Thread { thread, ours, us, strangers, contacts, ambiguous: ambiguous.clone() }
    }

    fn register(&self, facts: &mut LinkFacts, next: &mut i64) {
        let (account, opportunity) = (RecordId(deal(self.thread).0 + 1), deal(self.thread));
        let ties = Deal { account: Some(account), end_account: None, end_contact: None, status: Status::Open };
        facts.add_deal(opportunity, ties);
        facts
            .known
            .insert(opportunity, Known { name: words::of_name(&format!("Deal {}", self.thread)), past: Vec::new() });
        for contact in &self.contacts {
            *next += 1;
            let party = PartyMatch {
                record: RecordId(*next),
                kind: Kind::Contact,
                account: Some(account),
                claimed_by: None,
                agreed: Vec::new(),
            };
            facts.parties.entry(contact.clone()).or_default().push(party);
        }
    }

    fn write(&self, out: &mut Vec<Labelled>, mails: &[&Found], variant: Variant, random: &mut Random) {
        let mut new_ids: HashMap<MsgId, (MsgId, bool)> = HashMap::new();
        if variant == Variant::Rewritten {
            for (n, found) in mails.iter().enumerate() {
                if let Some(id) = found.mail.message_id.clone().filter(|_| random.chance(1.0 / 3.0)) {
                    let new = MsgId::new(format!("rewritten-{}-{n}@service.test", self.thread)).unwrap();
                    new_ids.insert(id, (new, random.chance(0.5)));
                }
            }
        }
        let known: HashSet<&MsgId> = mails.iter().filter_map(|f| f.mail.message_id.as_ref()).collect();
        let begin = out.len();
        for (n, found) in mails.iter().enumerate() {
            let mut one = self.labelled(found, n == 0);
            match variant {
                Variant::Stripped if one.case == Case::Intact && random.chance(1.0 / 3.0) => {
                    (one.in_reply_to, one.references, one.case) = (Vec::new(), Vec::new(), Case::Damaged);
                }
                Variant::Subjects if one.case != Case::Given && random.chance(1.0 / 3.0) => {
                    let subject = format!("Something else altogether {}", random.below(10_000));
                    one.words = Arc::new(words::of(&subject, &words::with_quotes(&found.mail.text)));
                    one.stored_words = Arc::new(words::of(&subject, &found.mail.text.visible()));
                }
                Variant::Rewritten => rewrite(&mut one, &new_ids, &known),
                _ => {}
            }
            out.push(one);
        }
        if variant == Variant::Forwards && self.ours.is_some() {
            self.forward(out, begin);
        }
    }

    /// We hand the last mail on to somebody, and they answer.
    fn forward(&self, out: &mut Vec<Labelled>, begin: usize) {
        let last = &out[out.len() - 1];
        // An id that several mails of the folder have leads to one of them.
        let Some(id) = last.id.clone().filter(|id| !self.ambiguous.contains(id)) else { return };
        let third = Address::parse(&format!("third@else{}.test", self.thread)).unwrap();
        let at = Timestamp(out[begin..].iter().map(|m| m.member.at.0).max().unwrap_or(0) + 60_000);
        let (forward, answer) = (format!("fwd-{}@{OWN}", self.thread), format!("answer-{}@else.test", self.thread));
        let say = |from: &Address, to: &Address, id: &str, names: &str, later: i64, case: Case| Labelled {
            member: Member {
                at: Timestamp(at.0 + later),
                identity: id.as_bytes().to_vec(),
                from: Some(from.clone()),
                parties: vec![(Field::From, from.clone()), (Field::To, to.clone())],
                forward: case != Case::Stranger,
                author: Author::Human,
                channel: Channel::Direct,
                holders: Vec::new(),
                parent: None,
                reply_to: None,
                before: None,
                said: Said::default(),
                ..last.member.clone()
            },
            id: MsgId::new(id),
            in_reply_to: vec![MsgId::new(names).unwrap()],
            references: vec![MsgId::new(names).unwrap()],
            aliases: Vec::new(),
            words: last.words.clone(),
            stored_words: Arc::default(),
            truth: deal(self.thread),
            case,
            name: format!("{id} of {}", last.name),
        };
        let handed_on = say(&self.us, &third, &forward, id.as_str(), 0, Case::Intact);
        let answered = say(&third, &self.us, &answer, &forward, 60_000, Case::Stranger);
        out.extend([handed_on, answered]);
    }

    fn labelled(&self, found: &Found, first: bool) -> Labelled {
        let mail = &found.mail;
        let sender = mail.from.first().map(|p| &p.address);
        let stranger = sender.and_then(|s| self.strangers.get(s)).filter(|_| found.answers);
        let swap = |a: &Address| if Some(a) == self.ours.as_ref() { self.us.clone() } else { a.clone() };
        let author = |a: &Address| stranger.cloned().unwrap_or_else(|| swap(a));
        let mut parties: Vec<(Field, Address)> = mail.from.iter().map(|p| (Field::From, author(&p.address))).collect();
        for (field, list) in [(Field::To, &mail.to), (Field::Cc, &mail.cc)] {
            parties.extend(list.iter().map(|p| (field, swap(&p.address))));
        }
        if stranger.is_none() {
            parties.extend(mail.reply_to.iter().map(|p| (Field::ReplyTo, swap(&p.address))));
        }
        let mut said = Said::default();
        if first {
            let say = Say::Regard(Some(deal(self.thread)));
            said.mail = Some(Spoken { correction: 1, say, by: None, at: Timestamp(0) });
        }
        let (whole, visible) = (words::with_quotes(&mail.text), mail.text.visible());
        Labelled {
            member: Member {
                id: None,
                thread: None,
                at: mail.date.unwrap_or_default(),
                identity: found.name.as_bytes().to_vec(),
                from: sender.map(author),
                parties,
                author: mail.author,
                channel: mail.channel,
                forward: mail.forward,
                auth_failed: false,
                parent: None,
                reply_to: None,
                holders: Vec::new(),
                rules: Vec::new(),
                before: None,
                said,
            },
            id: mail.message_id.clone(),
            in_reply_to: mail.in_reply_to.clone(),
            references: mail.references.clone(),
            aliases: Vec::new(),
            words: Arc::new(words::of(&mail.subject, &whole)),
            stored_words: Arc::new(words::of(&mail.subject, &visible)),
            truth: deal(self.thread),
            case: match (first, stranger, found.answers) {
                (true, ..) => Case::Given,
                _ if sender.is_none() => Case::Nameless,
                (_, Some(_), _) => Case::Stranger,
                (_, None, true) => Case::Intact,
                (_, None, false) => Case::Fresh,
            },
            name: found.name.clone(),
        }
    }
}

/// The mail as its recipients have it: services gave it, and not those that name it, another id;
/// half of them say the old one too.
fn rewrite(one: &mut Labelled, new_ids: &HashMap<MsgId, (MsgId, bool)>, known: &HashSet<&MsgId>) {
    // A stranger quotes what is there.
    let told =
        |id: &MsgId| new_ids.get(id).filter(|_| one.case == Case::Stranger).map_or(id.clone(), |(new, _)| new.clone());
    let named: Vec<MsgId> =
        one.references.iter().chain(&one.in_reply_to).filter(|id| known.contains(id)).cloned().collect();
    let lost = named.iter().all(|id| new_ids.get(id).is_some_and(|(_, kept)| !kept));
    (one.in_reply_to, one.references) =
        (one.in_reply_to.iter().map(told).collect(), one.references.iter().map(told).collect());
    if one.case == Case::Intact && lost {
        one.case = Case::Damaged;
    }
    if let Some((new, kept)) = one.id.as_ref().and_then(|id| new_ids.get(id)) {
        one.aliases = if *kept { one.id.iter().cloned().collect() } else { Vec::new() };
        one.id = Some(new.clone());
    }
}
