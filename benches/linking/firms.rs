//! (b): generated firms whose contacts have several open opportunities at once.
//!
//! 260 firms with 2 to 5 opportunities and 2 to 4 contacts each. What an opportunity is about is 24
//! words, some of which its sisters have too; a mail is 25 to 90 words, most of them everybody's, with
//! a share of its matter's words that is different in each mail, down to none. Half of the mails are
//! replies with ids, a sixth replies that lost theirs (most quote), the rest begin anew, a third of
//! these under a subject that tells nothing. Now and then one names the opportunity's number. A tenth
//! of the senders of replies are strangers who quote ids.

use crate::decide::{Labelled, World};
use crate::random::{Random, Zipf};
use crate::score::Case;
use standin::link::{number, words};
use standin::model::address::Address;
use standin::model::facts::{Deal, Field, Known, LinkFacts, Mark, Member, PartyMatch, Said, Say, Spoken};
use standin::model::id::{MsgId, RecordId};
use standin::model::mail::{Author, Channel};
use standin::model::record::{Kind, Status};
use standin::model::time::{DAY, Timestamp};
use std::sync::Arc;

const FIRMS: usize = 260;
const GENERAL_SUBJECTS: [&str; 8] =
    ["Pytanie", "Zapytanie ofertowe", "Invoice", "Spotkanie", "Question", "Re:", "Zamówienie", "pilne"];

/// The generated world.
pub fn world(seed: u64) -> World {
    let (mut world, everyday) = (empty(), Zipf::new(3_000, 1.0, 2.7));
    (0..FIRMS).for_each(|firm| write(firm, seed, &everyday, &mut world));
    world
}

/// Each firm of it as a world of its own. Nothing joins them, so what is decided is the same.
pub fn worlds(seed: u64) -> impl Iterator<Item = World> {
    let everyday = Zipf::new(3_000, 1.0, 2.7);
    (0..FIRMS).map(move |firm| {
        let mut world = empty();
        write(firm, seed, &everyday, &mut world);
        world
    })
}

fn empty() -> World {
    let mut world = World { facts: LinkFacts::default(), mails: Vec::new() };
    world.facts.own_domains.insert("firma.test".into());
    world
}

fn write(firm: usize, seed: u64, everyday: &Zipf, world: &mut World) {
    let mut random = Random::part(seed, 1_000_000 + firm as u64);
    Firm::new(firm, &mut random, &mut world.facts).write(everyday, &mut random, &mut world.mails);
}

/// A person's word that a mail is about an opportunity.
pub fn word_of_a_person(opportunity: RecordId) -> Spoken {
    Spoken { correction: 1, say: Say::Regard(Some(opportunity)), by: None, at: Timestamp(0) }
}

/// A word without meaning that is the same for the same number.
fn word(number: usize) -> String {
    const PARTS: [&str; 16] =
        ["ba", "ko", "ri", "te", "zu", "mi", "pol", "war", "sen", "dok", "lin", "gar", "fu", "chy", "os", "em"];
    let mut rest = number * 7 + 11;
    let mut out = String::new();
    for _ in 0..3 {
        out.push_str(PARTS[rest % 16]);
        rest /= 16;
    }
    out
}

struct Opportunity {
    id: RecordId,
    number: String,
    matter: Vec<String>,
    /// The contacts who write about it most, first.
    contacts: Vec<Address>,
}

struct Firm {
    firm: usize,
    opportunities: Vec<Opportunity>,
}

impl Firm {
    fn new(firm: usize, random: &mut Random, facts: &mut LinkFacts) -> Firm {
        let base = 1_000 + firm as i64 * 100;
        let account = RecordId(base);
        let contacts: Vec<Address> =
            (0..random.range(2, 4)).map(|n| Address::parse(&format!("c{n}@firm{firm}.test")).unwrap()).collect();
        for (n, contact) in (0..).zip(&contacts) {
            let party = PartyMatch {
                record: RecordId(base + 1 + n),
                kind: Kind::Contact,
                account: Some(account),
                claimed_by: None,
                agreed: Vec::new(),
            };
            facts.parties.insert(contact.clone(), vec![party]);
        }
        // What the firm buys: its opportunities share some of it.
        let trade: Vec<String> = (0..30).map(|_| word(3_000 + random.below(1_000))).collect();
        let opportunities = (0..random.range(2, 5))
            .map(|n| {
                let id = RecordId(base + 10 + n);
                let mut matter: Vec<String> = (0..19).map(|_| word(3_000 + random.below(1_000))).collect();
                matter.extend((0..5).map(|_| random.pick(&trade).clone()));
                facts.add_deal(
                    id,
                    Deal { account: Some(account), end_account: None, end_contact: None, status: Status::Open },
                );
                let name = format!("Firm{firm} {} {}", matter[0], matter[1]);
                facts.known.insert(id, Known { name: words::of_name(&name), past: Vec::new() });
                let number = format!("OP-{}", id.0);
                facts.numbers.insert(number::key(&number), vec![(id, number.clone())]);
                let mut contacts = contacts.clone();
                let first = random.below(contacts.len());
                contacts.swap(0, first);
                Opportunity { id, number, matter, contacts }
            })
            .collect();
        Firm { firm, opportunities }
    }

    fn write(&self, everyday: &Zipf, random: &mut Random, out: &mut Vec<Labelled>) {
        for opportunity in &self.opportunities {
            let begin = Timestamp(random.range(0, 40 * DAY));
            let mut writer = Writer { firm: self.firm, opportunity, everyday, at: begin, written: Vec::new() };
            for n in 0..random.range(10, 26) {
                let one = writer.next(n as usize, random);
                out.push(one);
            }
        }
    }
}

/// What was written so far about an opportunity.
struct Sent {
    id: MsgId,
    references: Vec<MsgId>,
    subject: String,
    text: String,
    from_us: bool,
}

struct Writer<'a> {
    firm: usize,
    opportunity: &'a Opportunity,
    everyday: &'a Zipf,
    at: Timestamp,
    written: Vec<Sent>,
}

impl Writer<'_> {
    fn next(&mut self, n: usize, random: &mut Random) -> Labelled {
        self.at = Timestamp(self.at.0 + random.range(DAY / 8, 6 * DAY));
        let chance = random.unit();
        let case = match n {
            0 => Case::Given,
            _ if chance < 0.06 => Case::Stranger,
            _ if chance < 0.56 => Case::Intact,
            _ if chance < 0.73 => Case::Damaged,
            _ => Case::Fresh,
        };
        let answers = matches!(case, Case::Intact | Case::Damaged | Case::Stranger);
        let last = self.written.len().saturating_sub(1);
        let parent = answers.then(|| last - random.below(self.written.len().min(3)));
        let parent = parent.map(|p| &self.written[p]);
        let new = self.text(random);
        let quotes = parent.filter(|_| case != Case::Damaged || random.chance(0.75));
        let whole = quotes.map_or(new.clone(), |p| format!("{new}\n{}", p.text));
        let subject = match parent {
            Some(parent) if random.chance(0.95) => format!("Re: {}", parent.subject.trim_start_matches("Re: ")),
            _ => self.subject(random),
        };
        let numbered = random.chance(0.06).then(|| format!("[{}]", self.opportunity.number));
        let subject = numbered.map_or(subject.clone(), |number| format!("{subject} {number}"));
        let us = Address::parse("anna@firma.test").unwrap();
        let main = &self.opportunity.contacts[0];
        let them = if random.chance(0.7) { main } else { random.pick(&self.opportunity.contacts) }.clone();
        let stranger = Address::parse(&format!("s{n}-{}@strange.test", self.opportunity.id)).unwrap();
        let from_us = case != Case::Stranger && parent.map_or(random.chance(0.3), |p| !p.from_us);
        let (from, to) = match case {
            Case::Stranger => (stranger, us),
            _ if from_us => (us, them),
            _ => (them, us),
        };
        let id = MsgId::new(format!("{}-{n}@{}", self.opportunity.id, from.domain())).unwrap();
        let references =
            parent.map(|p| [p.references.as_slice(), std::slice::from_ref(&p.id)].concat()).unwrap_or_default();
        let named = if case == Case::Damaged { Vec::new() } else { references.clone() };
        let one = self.labelled(case, n, (from, to), &subject, (&new, &whole), (id.clone(), named));
        if case != Case::Stranger {
            self.written.push(Sent { id, references, subject, text: new, from_us });
        }
        one
    }

    /// Words of everybody, and some of the matter.
    fn text(&self, random: &mut Random) -> String {
        let share = 0.16 * random.unit() * random.unit().sqrt();
        let words = (0..random.range(25, 90)).map(|_| match random.chance(share) {
            true => random.pick(&self.opportunity.matter).clone(),
            false => word(self.everyday.draw(random)),
        });
        words.collect::<Vec<_>>().join(" ")
    }

    fn subject(&self, random: &mut Random) -> String {
        if random.chance(0.34) {
            return (*random.pick(&GENERAL_SUBJECTS)).to_owned();
        }
        let of_matter = random.pick(&self.opportunity.matter).clone();
        format!("{of_matter} {} {}", word(self.everyday.draw(random)), word(self.everyday.draw(random)))
    }

    fn labelled(
        &self,
        case: Case,
        n: usize,
        (from, to): (Address, Address),
        subject: &str,
        (new, whole): (&str, &str),
        (id, references): (MsgId, Vec<MsgId>),
    ) -> Labelled {
        let mut said = Said { marks: number::read(subject, whole), ..Said::default() };
        said.marks.retain(|mark| matches!(mark, Mark::Number { .. }));
        if case == Case::Given {
            said.mail = Some(word_of_a_person(self.opportunity.id));
        }
        let name = format!("firm {} deal {} mail {n} “{subject}”", self.firm, self.opportunity.id);
        Labelled {
            member: Member {
                id: None,
                thread: None,
                at: self.at,
                identity: name.as_bytes().to_vec(),
                parties: vec![(Field::From, from.clone()), (Field::To, to)],
                from: Some(from),
                author: Author::Human,
                channel: Channel::Direct,
                forward: false,
                auth_failed: false,
                parent: None,
                reply_to: None,
                guessed: false,
                holders: Vec::new(),
                rules: Vec::new(),
                before: None,
                said,
            },
            in_reply_to: references.last().cloned().into_iter().collect(),
            references,
            id: Some(id),
            aliases: Vec::new(),
            words: Arc::new(words::of(subject, whole)),
            stored_words: Arc::new(words::of(subject, new)),
            writer: String::new(),
            truth: self.opportunity.id,
            case,
            name,
        }
    }
}
