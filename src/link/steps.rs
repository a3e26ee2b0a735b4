//! Every kind of evidence on one mail: whether it holds, and why or why not. Read-only rows beside
//! the admins' rules, so that their list is the whole truth.

use super::{address, domain, number};
use crate::model::address::{Address, levels};
use crate::model::facts::{Field as PartyField, LinkFacts, Mark, Member, Say, Spoken};
use crate::model::id::{MsgId, RecordId};
use crate::model::link::{Evidence, Linking, Writer};
use crate::model::record::{Kind as RecordKind, Status};
use std::collections::BTreeSet;

/// What the step on addresses finds where nobody outside stands on a mail.
pub const ALL_OURS: &str = "everybody on it is one of ours";
/// What the step on persons finds where nobody said anything.
const NOTHING_SAID: &str = "nobody said where this mail, its thread or its sender belongs";

/// What findings say of all there is, and how it reads for whoever is told only what they may read: each of these
/// sentences is then true whatever they may not.
pub const AS_READ: &[(&str, &str)] = &[
    (NOTHING_SAID, "you said nothing of this mail, its thread or its sender; what others said is left out"),
    ("nobody filed it", "you did not file it; what others filed is left out"),
    ("it answers no mail that is stored", "it answers no mail on a record that you may read"),
    (", which stands on no record", ", which stands on no record that you may read"),
    (" is no party there: only suggested", " is no party there by what you may read: only suggested"),
    ("no number on it is that of a record (", "no number on it is that of a record that you may read ("),
    ("to no contact, lead or end customer", "to no contact, lead or end customer that you may read"),
    ("to a contact, lead or end customer", "to a contact, lead or end customer that you may read"),
    (
        "no other open opportunity of its contacts comes into question",
        "no other open opportunity that you may read comes into question",
    ),
    (
        "no open opportunity of its contacts comes into question",
        "no open opportunity that you may read comes into question",
    ),
    (
        "one open opportunity of its contacts comes into question",
        "one open opportunity that you may read comes into question",
    ),
    ("no domain on it belongs to an account", "no domain on it belongs to an account that you may read"),
];

/// A finding for whoever is told only what they may read.
pub fn as_read(why: &str) -> String {
    AS_READ.iter().fold(why.to_owned(), |why, (all, read)| match why.contains(read) {
        true => why,
        false => why.replace(all, read),
    })
}

/// Addresses that one finding names; the others are counted.
const NAMED: usize = 10;

/// What a built-in step looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A person's word.
    Person,
    /// Filing.
    Filed,
    /// The mail it answers.
    Reply,
    /// A signed reference.
    Mark,
    /// A reference number.
    Number,
    /// Addresses.
    Address,
    /// Several open opportunities, weighed.
    Rank,
    /// Domains.
    Domain,
}

/// A kind of evidence that stands among the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BuiltIn {
    /// What it looks at.
    pub kind: Kind,
    /// Its place in the order of ARCHITECTURE.md ("Evidence").
    pub place: u8,
    /// What people call it.
    pub name: &'static str,
    /// What it does.
    pub text: &'static str,
}

/// The built-in steps in their order. The admins' rules have place 4.
pub const BUILT_IN: &[BuiltIn] = &[
    BuiltIn {
        kind: Kind::Person,
        place: 1,
        name: "A person's word",
        text: "What somebody said of the mail, of its thread or of all mail of its sender stands above all else; a record from which somebody took it does not get it again.",
    },
    BuiltIn {
        kind: Kind::Filed,
        place: 2,
        name: "Filed from a mail program",
        text: "A mail that somebody filed regards the record it was filed on.",
    },
    BuiltIn {
        kind: Kind::Reply,
        place: 3,
        name: "Reply to a linked mail",
        text: "A reply to a linked mail by somebody of ours, or by a party of that thread or record, stands where that mail stands; by a stranger it is only suggested.",
    },
    BuiltIn {
        kind: Kind::Mark,
        place: 3,
        name: "Reference that we signed",
        text: "A reference that this instance signed puts the mail on its record, with the same check of the sender; one with a wrong signature proves nothing.",
    },
    BuiltIn {
        kind: Kind::Number,
        place: 5,
        name: "Reference number",
        text: "The number of one record in subject or new text puts the mail on it, with the same check of the sender; else it is only suggested.",
    },
    BuiltIn {
        kind: Kind::Address,
        place: 6,
        name: "Address of a contact, lead or end customer",
        text: "An address of a contact, lead or end customer puts the mail on their timeline; with one open opportunity it regards that one, with several they come into question.",
    },
    BuiltIn {
        kind: Kind::Rank,
        place: 6,
        name: "Several open opportunities, weighed",
        text: "Of several open opportunities of a contact the one with a clear lead in points is chosen: by thread, subject, quotes, words, people, roles and time. Else the mail waits for a person.",
    },
    BuiltIn {
        kind: Kind::Domain,
        place: 7,
        name: "Domain of an account",
        text: "Where no address is known, a domain that belongs to an account puts the mail on its timeline.",
    },
];

/// One built-in step on one mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The step.
    pub step: BuiltIn,
    /// Whether it holds.
    pub holds: bool,
    /// Why, or why not.
    pub why: String,
}

/// Whether a step holds, and why or why not.
type Found = (bool, String);

/// What each built-in step says about the mail `n` of a thread of which `decided` was decided.
pub fn findings(members: &[Member], decided: &[Linking], n: usize, facts: &LinkFacts) -> Vec<Finding> {
    let (Some(member), Some(linking)) = (members.get(n), decided.get(n)) else { return Vec::new() };
    let found = |step: &BuiltIn| match step.kind {
        Kind::Person => person(member, super::word(members, n, facts)),
        Kind::Filed => filed(member),
        Kind::Reply => thread(member, member.parent.and_then(|p| decided.get(p)), linking, facts),
        Kind::Mark => marks(member, linking),
        Kind::Number => numbers(member, linking, facts),
        Kind::Address => addresses(member, facts),
        Kind::Rank => ranked(member, linking, facts),
        Kind::Domain => domains(member, facts),
    };
    let finding = |step: &BuiltIn| {
        let (holds, why) = found(step);
        Finding { step: *step, holds, why }
    };
    BUILT_IN.iter().map(finding).collect()
}

fn no(why: impl Into<String>) -> Found {
    (false, why.into())
}

fn person(member: &Member, word: Option<(Spoken, &'static str)>) -> Found {
    let said = &member.said;
    let mut found = Vec::new();
    if let Some((spoken, of)) = word {
        let of = match of {
            "thread" => "its thread",
            "sender" => "its sender",
            "domain" => "its sender's domain",
            _ => "this mail",
        };
        found.push(match spoken.say {
            Say::Private => format!("somebody said of {of} that it is private"),
            Say::Regard(Some(record)) => format!("somebody said of {of} that it regards record {record}"),
            Say::Regard(None) => format!("somebody said of {of} that it regards no opportunity"),
        });
    }
    found.extend(said.added.iter().map(|(_, record, _)| format!("somebody put it on record {record} as well")));
    found.extend(said.removed.iter().map(|record| format!("somebody took it off record {record}")));
    if said.automatic {
        found.push("somebody said that a machine wrote it".to_owned());
    }
    if said.split {
        found.push("somebody began a thread of its own with it".to_owned());
    }
    if !said.joined.is_empty() {
        found.push("somebody put it into the thread of another mail".to_owned());
    }
    match found.is_empty() {
        true => no(NOTHING_SAID),
        false => (true, found.join("; ")),
    }
}

fn filed(member: &Member) -> Found {
    match &member.said.filed {
        Some((record, Evidence::Filed { how, .. })) if member.said.removed.contains(record) => {
            no(format!("it was filed on record {record} by {how}, and taken off it"))
        }
        Some((record, Evidence::Filed { how, .. })) => (true, format!("it was filed on record {record} by {how}")),
        _ => no("nobody filed it"),
    }
}

fn thread(member: &Member, parent: Option<&Linking>, linking: &Linking, facts: &LinkFacts) -> Found {
    let Some(reply_to) = &member.reply_to else { return no("it answers no mail that is stored") };
    let evidence = evidence_of(linking);
    let by_thread = |e: &&Evidence| matches!(e, Evidence::Thread { .. });
    if let Some(Evidence::Thread { ranked, writer, .. }) = evidence.iter().copied().find(|e| by_thread(e)) {
        let weighed = if *ranked { "; where that stands was weighed, so this is no surer" } else { "" };
        let party = by_what(member, linking, facts);
        return (true, format!("{}{weighed}", replied(reply_to, *writer, party)));
    }
    if evidence.iter().any(|e| matches!(e, Evidence::ForeignReply { .. })) {
        let sender = sender(member);
        return no(match member.auth_failed {
            true => format!(
                "it answers <{reply_to}>, but our own server does not confirm that {sender} is who it claims to be: only suggested"
            ),
            false => format!("it answers <{reply_to}>, but {sender} is no party there: only suggested"),
        });
    }
    match parent {
        Some(Linking::Linked { .. }) => no(format!("it answers <{reply_to}>, which adds nothing to stronger evidence")),
        _ => no(format!("it answers <{reply_to}>, which stands on no record")),
    }
}

/// The contact or lead that makes a mail's sender a party of what it stands on.
fn by_what(member: &Member, linking: &Linking, facts: &LinkFacts) -> Option<RecordId> {
    let Linking::Linked { regarding, links, .. } = linking else { return None };
    let record = regarding.or_else(|| links.first().map(|link| link.governing))?;
    let parties = member.from.as_ref().and_then(|from| facts.parties.get(from)).into_iter().flatten();
    let mut vouched = parties.filter(|party| party.claimed_by.is_none());
    vouched.find(|party| address::is_party(record, party, facts)).map(|party| party.record)
}

/// That it answers a mail, and what its sender is there.
fn replied(reply_to: &MsgId, writer: Writer, party: Option<RecordId>) -> String {
    match writer {
        Writer::Party if party.is_some() => {
            let party = party.map(|party| party.to_string()).unwrap_or_default();
            format!("it answers <{reply_to}>, and its sender's address is that of record {party}, a party there")
        }
        Writer::Unsaid => format!("it answers <{reply_to}>, and its sender is a party there"),
        Writer::Ours => format!("it answers <{reply_to}>, and its sender is one of ours"),
        Writer::Party => format!("it answers <{reply_to}>, and its sender's address belongs to a party there"),
        Writer::TookPart => format!("it answers <{reply_to}>, and its sender is on other mail there"),
        Writer::House => format!("it answers <{reply_to}>, and its sender's domain is that of the account there"),
        Writer::Report => format!("it reports about our mail <{reply_to}>, so who wrote it says nothing"),
    }
}

fn sender(member: &Member) -> String {
    member.from.as_ref().map(Address::to_string).unwrap_or_default()
}

fn evidence_of(linking: &Linking) -> Vec<&Evidence> {
    match linking {
        Linking::Linked { links, candidates, .. } => {
            links.iter().map(|l| &l.evidence).chain(candidates.iter().map(|c| &c.evidence)).collect()
        }
        Linking::Review(candidates) => candidates.iter().map(|c| &c.evidence).collect(),
        Linking::Unmatched => Vec::new(),
    }
}

fn marks(member: &Member, linking: &Linking) -> Found {
    let evidence = evidence_of(linking);
    let mut found = Vec::new();
    let mut holds = false;
    for mark in &member.said.marks {
        match mark {
            Mark::Signed { text, record } => {
                let proves = |e: &&Evidence| matches!(e, Evidence::OwnMark { mark, .. } if mark == text);
                let foreign = |e: &&Evidence| matches!(e, Evidence::ForeignMark { mark, .. } if mark == text);
                let (proves, foreign) = (evidence.iter().any(proves), evidence.iter().any(foreign));
                holds |= proves;
                let what = match (proves, foreign) {
                    (true, _) => "and its sender is a party",
                    (_, true) => "but its sender is no party there: only suggested",
                    _ => "which adds nothing to stronger evidence",
                };
                found.push(format!("{text} was signed for record {record}, {what}"));
            }
            Mark::Wrong { text } => found.push(format!("{text} looks like ours, and its signature is wrong")),
            Mark::Number { .. } => {}
        }
    }
    match found.is_empty() {
        true => no("it carries no reference of ours"),
        false => (holds, found.join("; ")),
    }
}

fn numbers(member: &Member, linking: &Linking, facts: &LinkFacts) -> Found {
    let (chosen, others) = number::found(member, facts);
    let named: Vec<String> = chosen
        .iter()
        .chain(&others)
        .map(|found| format!("{} in its {} is that of record {}", found.number, found.place, found.record))
        .collect();
    if named.is_empty() {
        return no("no number on it is that of a record (of digits alone those from six on count)");
    }
    let evidence = evidence_of(linking);
    if evidence.iter().any(|e| matches!(e, Evidence::Number { .. })) {
        return (true, format!("{}, and {} is a party", named.join("; "), sender(member)));
    }
    let foreign = evidence.iter().any(|e| matches!(e, Evidence::ForeignNumber { .. }));
    let why = match foreign {
        true => format!("but {} is no party there, or it is not the only one: only suggested", sender(member)),
        false => "which adds nothing to stronger evidence".to_owned(),
    };
    no(format!("{}, {why}", named.join("; ")))
}

/// A header field as mails write it, from its word in evidence.
pub fn header_name(field: &str) -> &str {
    match field {
        "from" => "From",
        "sender" => "Sender",
        "reply-to" => "Reply-To",
        "to" => "To",
        "cc" => "Cc",
        "bcc" => "Bcc",
        other => other,
    }
}

fn addresses(member: &Member, facts: &LinkFacts) -> Found {
    match address::evidence(member, facts) {
        Linking::Linked { regarding, links, candidates } => {
            let found = links.iter().filter_map(|link| match &link.evidence {
                Evidence::Address { address, field, .. } => {
                    let field = header_name(field);
                    Some(format!("{address} in the field {field} belongs to record {}", link.record))
                }
                _ => None,
            });
            let mut found: Vec<String> = found.collect();
            found.dedup();
            found.extend(regarding.map(|deal| format!("by them it regards opportunity {deal}")));
            let deals = candidates.iter().filter(|c| matches!(c.evidence, Evidence::OneOfSeveral { .. })).count();
            if deals > 0 {
                found.push(format!("{deals} open opportunities come into question"));
            }
            let shared = candidates.iter().filter(|c| matches!(c.evidence, Evidence::SharedAddress { .. })).count();
            if shared > 0 {
                found.push("an address stands on several records".to_owned());
            }
            (true, found.join("; "))
        }
        Linking::Review(_) => no("our own server does not confirm the sender: only suggested"),
        Linking::Unmatched => {
            let claimed = member.parties.iter().flat_map(|(_, a)| facts.parties.get(a)).flatten().count();
            no(match claimed {
                0 => strangers(member, facts),
                _ => "it was taken off the records of its addresses, or these are merely claimed by somebody in whose mailboxes it does not lie".to_owned(),
            })
        }
    }
}

/// Who on the mail is neither ours nor known, by their addresses as they stand in its header. Whom a copy names as
/// Bcc is counted: that may be told to nobody else (R132).
fn strangers(member: &Member, facts: &LinkFacts) -> String {
    let outside = member.parties.iter().filter(|(_, address)| !facts.is_own(address));
    let (blind, open): (Vec<_>, Vec<_>) = outside.partition(|(field, _)| *field == PartyField::Bcc);
    let open: BTreeSet<String> = open.into_iter().map(|(_, address)| address.to_string()).collect();
    let unseen = blind.into_iter().map(|(_, address)| address.to_string()).collect::<BTreeSet<_>>();
    let unseen = unseen.difference(&open).count();
    let named: Vec<&str> = open.iter().map(String::as_str).take(NAMED).collect();
    let more = open.len() - named.len() + unseen;
    let named = if more > 0 { format!("{} (+{more})", named.join(", ")) } else { named.join(", ") };
    match (open.len(), open.len() + unseen) {
        (_, 0) => ALL_OURS.to_owned(),
        (0, 1) => "the one address on it that is not ours belongs to no contact, lead or end customer".to_owned(),
        (0, n) => {
            format!("none of the {n} addresses on it that are not ours belongs to a contact, lead or end customer")
        }
        (1, 1) => format!("the address {named} belongs to no contact, lead or end customer"),
        _ => format!("none of these addresses belongs to a contact, lead or end customer: {named}"),
    }
}

fn ranked(member: &Member, linking: &Linking, facts: &LinkFacts) -> Found {
    let hits = address::hits(member, facts);
    let open = address::open_deals(member, &hits, facts).len();
    if open < 2 {
        let off = taken_off(member, &hits, facts);
        let why = match (open, off.is_empty()) {
            (0, true) => "no open opportunity of its contacts comes into question",
            (0, false) => "no other open opportunity of its contacts comes into question",
            _ => "one open opportunity of its contacts comes into question, so there is nothing to weigh",
        };
        let off = off.iter().map(|deal| format!("somebody took it off record {deal}"));
        return no(std::iter::once(why.to_owned()).chain(off).collect::<Vec<_>>().join("; "));
    }
    let evidence = evidence_of(linking);
    let mut runners_up = evidence.iter().filter_map(|e| match e {
        Evidence::OneOfSeveral { points, .. } => Some(*points),
        _ => None,
    });
    for found in &evidence {
        if let Evidence::Ranked { of, points, lead, .. } = found {
            return (true, format!("the first of {of} has {points} points, {lead} more than the next"));
        }
    }
    match runners_up.next() {
        Some(points) => {
            let next = runners_up.next().unwrap_or_default();
            no(format!("of {open} the first has {points} points and the next {next}: no clear lead"))
        }
        None => no(format!("{open} come into question, and stronger evidence decides")),
    }
}

/// The open opportunities that would come into question, had nobody taken the mail off them.
fn taken_off(member: &Member, hits: &[address::Hit<'_>], facts: &LinkFacts) -> BTreeSet<RecordId> {
    let contacts = hits.iter().filter(|hit| hit.party.kind == RecordKind::Contact);
    let deals = contacts.flat_map(|hit| facts.deals_of(hit.party));
    let off = deals.filter(|(id, deal)| deal.status == Status::Open && member.said.removed.contains(id));
    off.map(|(id, _)| id).collect()
}

fn domains(member: &Member, facts: &LinkFacts) -> Found {
    if address::evidence(member, facts) != Linking::Unmatched {
        return no("an address is known, so domains are not looked at");
    }
    match domain::evidence(member, facts) {
        Linking::Linked { links, .. } => {
            let found = links.iter().filter_map(|link| match &link.evidence {
                Evidence::Domain { domain, address } => {
                    Some(format!("{domain} of {address} belongs to account {}", link.record))
                }
                _ => None,
            });
            (true, found.collect::<Vec<_>>().join("; "))
        }
        _ if member.auth_failed => no("our own server does not confirm the sender: its domain proves nothing"),
        _ => match of_others(member, facts) {
            Some((domain, address, account)) => no(format!(
                "{domain} of {address} belongs to account {account}, but only the other side's sender counts, or whom we wrote to"
            )),
            None => no("no domain on it belongs to an account"),
        },
    }
}

/// A domain on the mail that belongs to an account and does not count: of mail that comes in only the
/// sender's does.
fn of_others<'f>(member: &Member, facts: &'f LinkFacts) -> Option<(&'f str, String, RecordId)> {
    member.parties.iter().filter(|(_, address)| !facts.is_own(address)).find_map(|(_, address)| {
        let found = levels(address.domain()).find_map(|domain| facts.domains.get_key_value(domain));
        found.and_then(|(domain, accounts)| Some((domain.as_str(), address.to_string(), *accounts.first()?)))
    })
}
