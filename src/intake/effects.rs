//! What automatic mail says, on its way into the database: read beside the mail itself, led to the thread
//! of what it is about (R95), stored with it. What follows for contacts and addresses is worked out when
//! somebody looks (`store::automatic_reach`, `model::reach`), so that no order of arrival shows (P3).

use super::accept::Context;
use super::prepare::{Prepared, id_key};
use crate::link::{mark, number};
use crate::model::address::Address;
use crate::model::automatic::{Action, Automatic, Bounce, BounceKind, Mentioned};
use crate::model::cursor::Role;
use crate::model::facts::{Field, LinkFacts, Mark, Member, Report};
use crate::model::id::{MailId, MsgId, ThreadId};
use crate::model::mail::{Author, Mail};
use crate::model::reach::Outcome;
use crate::model::thread::{Key as Id, ThreadInput};
use crate::parse;
use crate::store::automatic::{self, Reported, Said};
use crate::store::erased::{self, mark_of};
use crate::store::keys::{Key, Keys};
use crate::store::{self, Tx};
use anyhow::Result;
use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};

/// Ids that are kept of one mail.
const IDS: usize = 20;
/// People and addresses that are kept of one mail.
const PEOPLE: usize = 100;
/// Numbers of one subject that are looked at.
const HINTS: usize = 4;
/// Characters of such a number.
const LONGEST_NUMBER: usize = 40;
/// Characters of a name, a code, or the server's words.
const LONGEST: usize = 300;
/// In which servers say to whom they delivered a mail.
const DELIVERED_TO: [&str; 3] = ["delivered-to", "x-original-to", "envelope-to"];
/// In which Exchange keeps the id of what it answers.
const PARENT: &str = "x-ms-exchange-parent-message-id";

/// What an automatic mail says; nothing of mail by people.
pub fn read(found: &Automatic, mail: &Mail, keys: &Keys) -> Said {
    if mail.author.is_human() {
        return Said::default();
    }
    let author = mail.from.first().map(|party| &party.address);
    let mut said = Said { about: about(found, mail, keys), ..Said::default() };
    said.author = author.map(Address::to_string).unwrap_or_default();
    if mail.author == Author::Vacation && author.is_some() {
        said.away = found.away.as_ref().map(|a| (a.until.map(|day| day.to_string()), a.certainty.word()));
    }
    said.left = author.is_some() && found.left.is_some();
    let firm = author.map(Address::organisation).filter(|firm| !parse::is_freemail(firm));
    said.firm = firm.map(str::to_owned).filter(|_| said.away.is_some() || said.left);
    said.challenge = mail.author == Author::Challenge;
    said.named = named(found, author);
    said.reports = reports(found, mail);
    said.returned_answer = found.returned_answer.as_ref().map(|answer| {
        let answers = answer.answers.iter().take(IDS).map(|id| id_key(keys, id)).collect();
        (answer.author.to_string(), answers, answer.date)
    });
    let number = found.remote_number.as_ref().filter(|_| mail.author == Author::Acknowledgement);
    if let (Some(number), Some(author)) = (number, author) {
        let (number, key) = (cut(number), number::key(number));
        said.number = number_key(author, &key, keys).map(|key| (number, key));
    }
    said
}

/// Signed references that an automatic mail carries elsewhere than a person's does (R95): in what came back with
/// it, and in the addresses to which it was delivered. They only suggest where it belongs, for a daemon is
/// nobody's party.
pub fn marks(found: &Automatic, mail: &Mail, known: &[Mark], keys: &Keys) -> Vec<Mark> {
    if mail.author.is_human() {
        return Vec::new();
    }
    let delivered = DELIVERED_TO.into_iter().flat_map(|name| mail.headers.all(name));
    let delivered: Vec<Address> = delivered.take(IDS).filter_map(|value| Address::parse(value.trim()).ok()).collect();
    let addresses = found.about_recipients.iter().chain(&delivered);
    let read = mark::read(found.about.iter(), addresses, keys.signing());
    read.into_iter().filter(|mark| matches!(mark, Mark::Signed { .. }) && !known.contains(mark)).collect()
}

/// The keyed hash of a number that a firm uses; none where anybody gets an address.
fn number_key(author: &Address, key: &str, keys: &Keys) -> Option<Key> {
    let firm = author.organisation();
    let usable = !key.is_empty() && !parse::is_freemail(firm);
    usable.then(|| keys.hash("remote number", format!("{firm}\n{key}").as_bytes()))
}

/// Numbers in the subject of a person's mail under which their firm may keep a mail of ours (R106): pieces
/// with three digits at least, `[Ticket#4711-A]` as `4711-A`.
pub fn hints(mail: &Mail, keys: &Keys) -> Vec<Key> {
    let Some(author) = mail.from.first().map(|party| &party.address).filter(|_| mail.author.is_human()) else {
        return Vec::new();
    };
    let inside = |c: char| c.is_alphanumeric() || "-_/".contains(c);
    let pieces = mail.subject.split(|c| !inside(c)).map(|piece| piece.trim_matches(['-', '_', '/']));
    let numbers = pieces.filter(|piece| {
        piece.chars().count() <= LONGEST_NUMBER && piece.chars().filter(char::is_ascii_digit).count() >= 3
    });
    numbers.filter_map(|piece| number_key(author, &number::key(piece), keys)).take(HINTS).collect()
}

/// The ids it is about: those of a mail that came back, then what it answers.
///
/// R95 ends with the subject, together with the recipient; that is not done by itself. An absence notice without ids
/// comes from the recipient, so it stands by that address like any mail of theirs, and its subject is weighed there
/// (`link/rank.rs`). A report without ids comes from a daemon, and that subject and recipient are right can be written
/// by whoever saw one mail of ours: it would mark nothing (R109), and R123 forbids to join what machines write by a
/// subject. So such a report is left where it lies.
fn about(found: &Automatic, mail: &Mail, keys: &Keys) -> Vec<(Key, bool)> {
    let returned = found.about.iter().map(|id| (id_key(keys, id), true));
    let answered = mail.in_reply_to.iter().chain(mail.references.last()).map(|id| (id_key(keys, id), false));
    let parent = parent(mail).map(|id| (id_key(keys, &id), false));
    let mut seen = BTreeSet::new();
    returned.chain(parent).chain(answered).filter(|(key, _)| seen.insert(*key)).take(IDS).collect()
}

fn parent(mail: &Mail) -> Option<MsgId> {
    let value = mail.headers.first(PARENT)?;
    let id = value.trim().trim_start_matches('<').trim_end_matches('>').trim();
    MsgId::new(id).filter(|id| id.as_str().contains('@'))
}

fn named(found: &Automatic, author: Option<&Address>) -> Vec<(String, Option<String>)> {
    let substitutes = found.away.iter().flat_map(|away| &away.substitutes);
    let successors = found.left.iter().flat_map(|left| &left.successors);
    let mut seen = BTreeSet::new();
    let other = |m: &&Mentioned| Some(&m.address) != author;
    let all = substitutes.chain(successors).filter(other).filter(|m| seen.insert(m.address.to_string()));
    all.take(PEOPLE).map(|m| (m.address.to_string(), m.name.as_deref().map(cut))).collect()
}

fn reports(found: &Automatic, mail: &Mail) -> Vec<Reported> {
    let plain = |address: &Address, outcome| Reported {
        address: address.to_string(),
        outcome,
        status: None,
        code: None,
        words: String::new(),
    };
    let author = mail.from.first().map(|party| &party.address);
    match mail.author {
        Author::Mdn => {
            let outcome = if found.deleted { Outcome::Deleted } else { Outcome::Shown };
            author.map(|address| plain(address, outcome)).into_iter().collect()
        }
        Author::FeedbackReport => {
            // Of several it is not known whose word it is, unless they say so themselves.
            let one = match found.about_recipients.as_slice() {
                [one] => Some(one),
                several => several.iter().find(|address| Some(*address) == author),
            };
            one.map(|address| plain(address, Outcome::Complaint)).into_iter().collect()
        }
        _ => found.bounces.iter().take(PEOPLE).map(reported).collect(),
    }
}

fn reported(bounce: &Bounce) -> Reported {
    let outcome = match (bounce.action, bounce.kind) {
        (Action::Delivered, _) => Outcome::Delivered,
        (Action::Failed, BounceKind::Hard) => Outcome::Hard,
        (Action::Failed, BounceKind::Soft) => Outcome::Soft,
        (Action::Failed, _) => Outcome::Policy,
        // Handed on is no proof of arrival, and late is no failure (R108).
        (Action::Delayed | Action::Relayed | Action::Expanded, _) => Outcome::Late,
    };
    Reported {
        address: bounce.recipient.to_string(),
        outcome,
        status: bounce.status.as_deref().map(cut),
        code: bounce.code.map(i64::from),
        words: cut(&bounce.text),
    }
}

fn cut(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(LONGEST).collect()
}

/// Puts what an automatic mail is about before what it answers by its own fields: those come first (R95).
pub fn lead(references: &mut Vec<Key>, said: &Said, mail: &Mail, keys: &Keys) {
    let mut led: Vec<Key> = said.returned().collect();
    led.reverse();
    led.extend(parent(mail).filter(|_| !said.about.is_empty()).map(|id| id_key(keys, &id)));
    led.retain(|key| !references.contains(key));
    led.append(references);
    *references = led;
}

/// The batch as it is taken in: reports about absence notices of ours are led to the mails that these
/// answered, for notices themselves are no stored mail; and erased people are taken out of what machines
/// say of them. Two small queries, where machines say anything.
pub async fn ready<'b>(tx: &mut Tx, context: &Context, batch: Cow<'b, [Prepared]>) -> Result<Cow<'b, [Prepared]>> {
    let batch = renamed(tx, batch).await?;
    let speaking = || batch.iter().filter(|mail| mail.said != Said::default());
    if speaking().next().is_none() {
        return Ok(batch);
    }
    let keys: Vec<Key> = speaking().filter(|m| !m.said.reports.is_empty()).flat_map(|m| m.said.returned()).collect();
    let notices = automatic::notices(tx, &keys).await?;
    let (_, erasures) = store::blocks::any(tx).await?;
    let gone = match erasures {
        true => erased_among(tx, &context.keys, speaking().map(|mail| &mail.said)).await?,
        false => BTreeSet::new(),
    };
    if notices.is_empty() && gone.is_empty() {
        return Ok(batch);
    }
    let mut ready = batch.into_owned();
    for mail in &mut ready {
        let answered = mail.said.returned().filter_map(|key| notices.get(&key).and_then(|notice| notice.answered));
        let answered: Vec<Key> = answered.collect();
        mail.row.references.extend(answered);
        let said = &mut mail.said;
        said.reports.retain(|report| !gone.contains(&report.address));
        said.named.retain(|(address, _)| !gone.contains(address));
        if gone.contains(&said.author) {
            (said.away, said.left, said.number) = (None, false, None);
        }
    }
    Ok(Cow::Owned(ready))
}

/// Kept copies of mail that we sent get the ids under which servers went on with it (R126): answers and reports name
/// those. One small query, where copies of sent mail came. Copies that were here before the server's answer get them
/// when that is written down (`store::outbox::settle`).
async fn renamed<'b>(tx: &mut Tx, batch: Cow<'b, [Prepared]>) -> Result<Cow<'b, [Prepared]>> {
    let kept = |mail: &&Prepared| mail.found.role != Role::Inbox && mail.mail.author.is_human();
    let keys: Vec<Key> = batch.iter().filter(kept).filter_map(|mail| mail.row.id_key).collect();
    let given = store::outbox::given(tx, &keys).await?;
    if given.is_empty() {
        return Ok(batch);
    }
    let mut ready = batch.into_owned();
    for mail in ready.iter_mut().filter(|mail| kept(&&**mail)) {
        let theirs = given.iter().filter(|(ours, _)| mail.row.id_key == Some(*ours)).map(|(_, theirs)| *theirs);
        let new: Vec<Key> = theirs.filter(|key| !mail.row.aliases.contains(key)).collect();
        mail.row.aliases.extend(new);
    }
    Ok(Cow::Owned(ready))
}

/// The erased ones among the people of whom machines speak.
async fn erased_among(tx: &mut Tx, keys: &Keys, said: impl Iterator<Item = &Said>) -> Result<BTreeSet<String>> {
    let of_one = |said: &Said| {
        let named = said.named.iter().map(|(address, _)| address.clone());
        said.reports.iter().map(|r| r.address.clone()).chain(named).chain([said.author.clone()]).collect::<Vec<_>>()
    };
    let all: BTreeSet<Address> = said.flat_map(of_one).filter_map(|a| Address::parse(&a).ok()).collect();
    let marks: Vec<Key> = all.iter().map(|a| mark_of(keys, a)).collect();
    let set = erased::among(tx, &marks).await?;
    let gone = all.iter().zip(&marks).filter(|(_, mark)| set.contains(mark));
    Ok(gone.map(|(address, _)| address.to_string()).collect())
}

/// Tells members what machines among them say of mail of ours.
pub async fn tell(tx: &mut Tx, members: &mut [Member], new: &[&Prepared]) -> Result<()> {
    let machines = members.iter().filter(|member| !member.author.is_human()).filter_map(|member| member.id);
    let mut told = automatic::told(tx, &machines.collect::<Vec<_>>()).await?;
    let keys: Vec<Key> = new.iter().flat_map(|mail| mail.said.returned()).collect();
    let notices = automatic::notices(tx, &keys).await?;
    let first = members.len().saturating_sub(new.len());
    for (n, member) in members.iter_mut().enumerate() {
        if let Some(told) = member.id.and_then(|id| told.remove(&id)) {
            let (returned, of, of_notice) = (told.returned, told.reports, told.of_notice);
            member.said.report = Report { returned, of, of_notice, ..Report::default() };
        } else if let Some(mail) = n.checked_sub(first).and_then(|n| new.get(n)) {
            let of: Vec<Address> = reported_addresses(&mail.said).collect();
            let returned: Vec<Key> = mail.said.returned().collect();
            let notice = |key: &Key| notices.get(key).is_some_and(|notice| of.contains(&notice.to));
            let of_notice = returned.iter().any(notice);
            let numbers = mail.said.number.iter().map(|(_, key)| *key).collect();
            member.said.report = Report { returned, of, of_notice, numbers, hints: mail.hints.clone() };
        }
    }
    let stored: Vec<MailId> = members.iter().filter_map(|member| member.id).collect();
    let (hints, given) = automatic::numbers(tx, &stored).await?;
    if !hints.is_empty() || !given.is_empty() {
        let mut of: HashMap<MailId, (Vec<Key>, Vec<Key>)> = HashMap::new();
        hints.into_iter().for_each(|(mail, key)| of.entry(mail).or_default().0.push(key));
        given.into_iter().for_each(|(mail, key)| of.entry(mail).or_default().1.push(key));
        for member in members.iter_mut() {
            if let Some((hints, numbers)) = member.id.and_then(|id| of.remove(&id)) {
                (member.said.report.hints, member.said.report.numbers) = (hints, numbers);
            }
        }
    }
    Ok(())
}

fn reported_addresses(said: &Said) -> impl Iterator<Item = Address> + '_ {
    said.reports.iter().filter_map(|report| Address::parse(&report.address).ok())
}

/// What machines say of mail of ours becomes that mail's: the other ids under which it came back (R126), if
/// the report is about an address to which we sent it, and the numbers under which a firm keeps it that we
/// sent it to (R106). What somebody else's mail has as its own id stays that mail's.
pub fn lend(inputs: &mut [ThreadInput], members: &[Member], facts: &LinkFacts) {
    for (input, member) in inputs.iter_mut().zip(members) {
        input.hints = member.said.report.hints.iter().copied().map(Id::from).collect();
    }
    let speaks = |member: &&Member| {
        let report = &member.said.report;
        let any = !report.returned.is_empty() || !report.numbers.is_empty();
        any && !member.author.is_human() && !member.auth_failed
    };
    if members.iter().find(speaks).is_none() {
        return;
    }
    let mut sent: HashMap<Id, Vec<usize>> = HashMap::new();
    for (n, (input, member)) in inputs.iter().zip(members).enumerate() {
        if member.from.as_ref().is_some_and(|from| facts.is_own(from)) && !member.auth_failed {
            for key in input.id.iter().chain(&input.aliases) {
                sent.entry(*key).or_default().push(n);
            }
        }
    }
    let answered: Vec<Vec<Id>> =
        inputs.iter().map(|input| input.in_reply_to.iter().chain(&input.references).copied().collect()).collect();
    for (member, answered) in members.iter().zip(&answered).filter(|(member, _)| speaks(member)) {
        let report = &member.said.report;
        let returned: Vec<Id> = report.returned.iter().copied().map(Id::from).collect();
        let of: BTreeSet<usize> = answered.iter().filter_map(|key| sent.get(key)).flatten().copied().collect();
        for n in of {
            let (Some(original), Some(input)) = (members.get(n), inputs.get_mut(n)) else { continue };
            if returned.iter().any(|key| input.id == Some(*key) || input.aliases.contains(key))
                && went_to(original, |address| report.of.contains(address))
            {
                let new = returned.iter().filter(|key| Some(**key) != input.id && !input.aliases.contains(key));
                let new: Vec<Id> = new.copied().collect();
                input.aliases.extend(new);
                input.aliases.sort_unstable();
            }
            let firm = member.from.as_ref().map(Address::organisation);
            if !report.numbers.is_empty() && went_to(original, |address| Some(address.organisation()) == firm) {
                input.kept_as.extend(report.numbers.iter().copied().map(Id::from));
                input.kept_as.sort_unstable();
                input.kept_as.dedup();
            }
        }
    }
}

/// Whether a mail went to somebody such.
fn went_to(mail: &Member, such: impl Fn(&Address) -> bool) -> bool {
    let to = |field: Field| matches!(field, Field::To | Field::Cc | Field::Bcc);
    mail.parties.iter().any(|(field, address)| to(*field) && such(address))
}

/// The numbers that acknowledgements among these mails give: unstored mail with them is looked at again
/// whenever something came to their threads.
pub fn given(members: &[Member]) -> impl Iterator<Item = Key> + '_ {
    members.iter().flat_map(|member| member.said.report.numbers.iter().copied())
}

/// The threads that numbers lead to, of new mails and of what is stored in the threads they touch. A
/// number that no acknowledgement gives leads nowhere.
pub async fn threads_numbered(tx: &mut Tx, new: &[&Prepared], stored: &[MailId]) -> Result<Vec<ThreadId>> {
    let given_here = new.iter().filter_map(|mail| mail.said.number.as_ref().map(|(_, key)| *key));
    let mut keys: BTreeSet<Key> = given_here.chain(automatic::given_by(tx, stored).await?).collect();
    let hints: BTreeSet<Key> = new.iter().flat_map(|mail| mail.hints.iter().copied()).collect();
    keys.extend(automatic::given(tx, &hints.into_iter().collect::<Vec<_>>()).await?);
    Ok(automatic::threads_numbered(tx, &keys.into_iter().collect::<Vec<_>>()).await?)
}

/// Stores what new mails say.
pub async fn insert(tx: &mut Tx, new: &[(MailId, &Prepared)]) -> Result<()> {
    let hints = new.iter().flat_map(|(id, mail)| mail.hints.iter().map(|key| (*id, *key)));
    let hints: Vec<(MailId, Key)> = hints.collect();
    if !hints.is_empty() {
        automatic::insert_hints(tx, &hints).await?;
    }
    let speaking = new.iter().filter(|(_, mail)| mail.said != Said::default());
    let said: Vec<(MailId, &Said)> = speaking.map(|(id, mail)| (*id, &mail.said)).collect();
    match said.is_empty() {
        true => Ok(()),
        false => Ok(automatic::insert(tx, &said).await?),
    }
}
