//! Records that rules make: a lead for a sender who is on no record, an opportunity for a client who has
//! none open. In the transaction that takes the mail in, and only for mail that comes now, was written by
//! a human, and stands on no record without it: history, machines and repeated reading make nothing.
//!
//! They go to the people whom the rule names, in turn; whoever is away is passed over (S11).

use super::accept::Context;
use super::assemble::{Assembled, Place};
use super::prepare::Prepared;
use super::rules::Rules;
use super::weigh;
use crate::access::{self, World};
use crate::model::address::Address;
use crate::model::cursor::{Arrival, Role};
use crate::model::facts::{Deal, LinkFacts, Member, PartyMatch};
use crate::model::id::{RecordId, RuleId, UserId};
use crate::model::link::{Evidence, Linking};
use crate::model::record::{Kind, Record, Status};
use crate::model::rule::{Effect, Then};
use crate::model::time::Timestamp;
use crate::parse;
use crate::store::records::{Entry, Voucher};
use crate::store::rules::Made;
use crate::store::{self, Tx};
use anyhow::Result;
use std::collections::HashSet;

/// Characters of a name that is taken from a mail.
const LONGEST_NAME: usize = 120;

/// Makes the records that rules want made for a batch that is decided, and decides it again with them. Gives
/// what was made, too.
pub async fn decide(
    tx: &mut Tx,
    context: &Context,
    rules: &Rules,
    batch: &[Prepared],
    assembled: &mut Assembled<'_>,
    mut decided: Vec<Linking>,
    now: Timestamp,
) -> Result<(Vec<Linking>, Vec<Made>)> {
    let (mut made, mut passed) = (Vec::new(), HashSet::new());
    // Each changes what is decided of the others: one at a time. They are few.
    while made.len() < batch.len() {
        let Some((n, wish)) = next(batch, assembled, &decided, &passed) else { break };
        let world = store::people::world(tx, &context.notice.rights, now).await?;
        let Some(new) = make(tx, rules, assembled, n, &wish, &world, now).await? else {
            // Nobody is there to get it: the mail stands where it stands without the rule.
            passed.insert(n);
            continue;
        };
        made.push(new);
        decided = weigh::decide(tx, assembled).await?;
    }
    Ok((decided, made))
}

/// What a rule wants made for a mail.
struct Wish {
    rule: RuleId,
    effect: Effect,
    /// Whose: the contact and its account, for an opportunity.
    of: Option<(RecordId, RecordId)>,
}

/// The first mail for which a record is to be made.
fn next(
    batch: &[Prepared],
    assembled: &Assembled<'_>,
    decided: &[Linking],
    passed: &HashSet<usize>,
) -> Option<(usize, Wish)> {
    let stored = assembled.stored.len();
    let mut live: Vec<usize> = batch
        .iter()
        .zip(&assembled.places)
        .filter(|(mail, _)| mail.found.arrival == Arrival::Live && mail.found.role == Role::Inbox)
        .filter(|(mail, _)| mail.hidden.is_none() && !mail.redacted)
        .filter_map(|(_, place)| match place {
            Place::New(n) => Some(stored + n),
            Place::Copy(_) | Place::Hidden => None,
        })
        .collect();
    live.sort_unstable();
    live.dedup();
    live.into_iter().filter(|n| !passed.contains(n)).find_map(|n| {
        let (member, linking) = (assembled.members.get(n)?, decided.get(n)?);
        Some((n, wish(member, linking, &assembled.facts)?))
    })
}

fn wish(member: &Member, linking: &Linking, facts: &LinkFacts) -> Option<Wish> {
    let from = member.from.as_ref()?;
    if !member.author.is_human() || member.auth_failed || facts.is_own(from) {
        return None;
    }
    let hits = member.rules.iter().filter(|hit| !hit.shadow);
    let (rule, effect) = hits.flat_map(|hit| hit.effects.iter().map(|e| (hit.rule, e))).find(|(_, e)| e.makes())?;
    let of = match effect {
        Effect::Lead(_) => {
            let mut parties = facts.parties.get(from).into_iter().flatten();
            let known = parties.any(|p| p.claimed_by.is_none()) || matches!(linking, Linking::Linked { .. });
            (!known).then_some(None)?
        }
        _ => Some(client(from, linking, facts)?),
    };
    Some(Wish { rule, effect: effect.clone(), of })
}

/// The contact who wrote a mail that regards nothing and comes into question for nothing, and the account.
fn client(from: &Address, linking: &Linking, facts: &LinkFacts) -> Option<(RecordId, RecordId)> {
    let Linking::Linked { regarding: None, links, candidates } = linking else { return None };
    if candidates.iter().any(|c| matches!(c.evidence, Evidence::OneOfSeveral { .. })) {
        return None;
    }
    let vouched = |party: &&PartyMatch| party.kind == Kind::Contact && party.claimed_by.is_none();
    let mut parties = facts.parties.get(from)?.iter().filter(vouched);
    let party = parties.find(|party| links.iter().any(|link| link.record == party.record))?;
    Some((party.record, party.account?))
}

/// Makes the record; `None` where the rule names nobody who could have it.
async fn make(
    tx: &mut Tx,
    rules: &Rules,
    assembled: &mut Assembled<'_>,
    n: usize,
    wish: &Wish,
    world: &World,
    now: Timestamp,
) -> Result<Option<Made>> {
    let Some(then) = rules.set.rule(wish.rule).map(|kept| kept.rule.then.clone()) else { return Ok(None) };
    let before = store::rules::made_by(tx, wish.rule).await?;
    let Some(owner) = turn(tx, &then, before, world, now).await? else {
        tracing::warn!(rule = wish.rule.0, "a rule would make a record, and nobody whom it names is there to have it");
        return Ok(None);
    };
    let Some(member) = assembled.members.get(n) else { return Ok(None) };
    let Some(from) = member.from.clone() else { return Ok(None) };
    let mail = n.checked_sub(assembled.stored.len()).and_then(|n| assembled.new.get(n));
    let (kind, name) = match (&wish.of, mail) {
        (None, mail) => {
            let called = mail.and_then(|mail| mail.mail.from.first()?.name.clone());
            (Kind::Lead, called.unwrap_or_else(|| from.to_string()))
        }
        (Some(_), mail) => {
            let (subject, _) = mail.map(|mail| parse::base_subject(&mail.mail.subject)).unwrap_or_default();
            let subject = subject.trim().to_owned();
            (Kind::Opportunity, if subject.is_empty() { format!("Mail of {from}") } else { subject })
        }
    };
    let name: String = name.chars().filter(|c| !c.is_control()).take(LONGEST_NAME).collect();
    let record = Record {
        id: RecordId(0),
        kind,
        name: name.clone(),
        owner,
        team: None,
        // It has the subject of the mail for its name.
        confidential: then.confidential || crate::link::is_sealed(member),
        status: Status::Open,
        account: wish.of.map(|(_, account)| account),
        class: None,
        end_account: None,
        end_contact: None,
    };
    let entry = Entry { record, number: None, class: None, phone: None, city: None, language: None, external: None };
    let reason = format!("rule {}", wish.rule);
    let Some(id) = store::records::save(tx, &[entry], None, &reason, now).await?.pop() else { return Ok(None) };
    let made =
        Made { rule: wish.rule, record: id, owner, kind, name, address: wish.of.is_none().then_some(from.clone()) };
    store::rules::note_made(tx, &made, now).await?;
    match wish.of {
        None => {
            // A claim: mail from this sender in other people's mailboxes is not shown by it (P12).
            let addresses = [(id, owner, vec![from])];
            store::records::set_addresses(tx, &addresses, Voucher::Claimant(owner), now).await?;
            assembled.facts.ruled.insert(wish.effect.clone(), vec![id]);
        }
        Some((_, account)) => {
            let ties = Deal { account: Some(account), end_account: None, end_contact: None, status: Status::Open };
            assembled.facts.add_deal(id, ties);
        }
    }
    Ok(Some(made))
}

/// Who gets the next one: of those whom the rule names the next in turn who is not away. Where all are,
/// whoever stands in for the one whose turn it is, else that one: the record shows who answers (S11).
async fn turn(tx: &mut Tx, then: &Then, before: i64, world: &World, now: Timestamp) -> Result<Option<UserId>> {
    let mut people: Vec<UserId> = Vec::new();
    for named in &then.assign {
        for user in store::people::named(tx, world, named).await? {
            if !people.contains(&user) {
                people.push(user);
            }
        }
    }
    let count = i64::try_from(people.len()).unwrap_or(i64::MAX);
    let Ok(first) = usize::try_from(before.checked_rem(count).unwrap_or(0)) else { return Ok(None) };
    let first = first.min(people.len());
    people.rotate_left(first);
    let present = people.iter().copied().find(|user| world.present(*user, now));
    let stands_in = || people.first().and_then(|user| access::stands_in(*user, None, world, now).user);
    Ok(present.or_else(stands_in).or(people.first().copied()))
}
