//! Ranking in the flow: where a mail stands between several open opportunities, what surely regards
//! these is loaded, with what this batch adds to it, and the thread is decided again with that. Then
//! mails of other threads that were weighed by what has changed are decided again, too. So what was
//! ranked is a function of what surely stands, and that of the set of mails (P3).
//!
//! Where no mail stands between several, this costs one look at an index.

use super::assemble::{self, Assembled};
use super::place::{self, Written};
use super::{belong, prepare};
use crate::link::{self, rank, words};
use crate::model::facts::{House, Known, Member, Past};
use crate::model::id::{MailId, RecordId, ThreadId};
use crate::model::link::{Evidence, Linking};
use crate::model::time::Timestamp;
use crate::model::words::Words;
use crate::parse;
use crate::store::weighed::Text;
use crate::store::{self, Tx};
use anyhow::Result;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// Threads decided in one go.
const AT_A_TIME: usize = 100;
/// Raw mails read in one go: each may have megabytes.
const RAWS_AT_A_TIME: usize = 16;

/// What would surely regard opportunities, and what would no more, if something that is only tried came
/// true: each mail that would change, by the opportunity.
#[derive(Clone, Debug, Default)]
pub struct Firm {
    changed: BTreeMap<RecordId, BTreeMap<MailId, (Timestamp, bool)>>,
}

impl Firm {
    /// Takes in what is decided otherwise than it stands.
    pub fn learn(&mut self, assembled: &Assembled<'_>, decided: &[Linking]) {
        for (member, linking) in assembled.members.iter().zip(decided) {
            let (before, now) = (member.before.as_ref().and_then(surely), surely(linking));
            let Some(mail) = member.id.filter(|_| before != now) else { continue };
            for (deal, is) in before.map(|deal| (deal, false)).into_iter().chain(now.map(|deal| (deal, true))) {
                self.changed.entry(deal).or_default().insert(mail, (member.at, is));
            }
        }
    }

    /// The threads of which mails were weighed by what would change.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn others(&self, tx: &mut Tx) -> Result<BTreeSet<ThreadId>> {
        let since = |mails: &BTreeMap<MailId, (Timestamp, bool)>| mails.values().map(|(at, _)| *at).min();
        let changed = self.changed.iter().filter_map(|(deal, mails)| Some((*deal, since(mails)?))).collect();
        weighed_by(tx, &changed).await
    }

    fn apply(&self, deal: RecordId, until: Timestamp, mails: &mut Vec<(Timestamp, MailId)>) {
        let Some(changed) = self.changed.get(&deal) else { return };
        mails.retain(|(_, mail)| !changed.contains_key(mail));
        mails.extend(changed.iter().filter(|(_, (at, is))| *is && *at <= until).map(|(mail, (at, _))| (*at, *mail)));
        mails.sort_by_key(|(at, mail)| (std::cmp::Reverse(*at), *mail));
    }
}

/// Decides every mail of the touched threads, ranking where that is needed; the result is parallel to
/// `members`.
pub async fn decide(tx: &mut Tx, assembled: &mut Assembled<'_>) -> Result<Vec<Linking>> {
    decide_if(tx, assembled, &Firm::default()).await
}

/// As [`decide`], as if what surely regards opportunities had changed.
pub async fn decide_if(tx: &mut Tx, assembled: &mut Assembled<'_>, firm: &Firm) -> Result<Vec<Linking>> {
    let mut decided = belong::decide(assembled);
    let open: Vec<usize> = (0..decided.len()).filter(|n| decided.get(*n).is_some_and(is_open)).collect();
    if open.is_empty() {
        return Ok(decided);
    }
    load(tx, assembled, &decided, &open, firm).await?;
    belong::again(assembled, &mut decided, &open);
    Ok(decided)
}

/// Whether a mail was weighed between opportunities, or is to be.
pub fn is_open(linking: &Linking) -> bool {
    !between(linking).is_empty()
}

/// The opportunities between which a mail was weighed, or is to be.
fn between(linking: &Linking) -> BTreeSet<RecordId> {
    let Linking::Linked { regarding, candidates, .. } = linking else { return BTreeSet::new() };
    let of_several = |e: &Evidence| matches!(e, Evidence::OneOfSeveral { .. } | Evidence::Ranked { .. });
    let several = candidates.iter().filter(|c| of_several(&c.evidence));
    let mut deals: BTreeSet<RecordId> = several.map(|c| c.record).collect();
    let strength = link::regards(linking);
    if !deals.is_empty() || (strength > 0 && strength < Evidence::FIRM) {
        deals.extend(regarding.filter(|_| strength < Evidence::FIRM));
    }
    deals
}

/// What a mail surely regards.
fn surely(linking: &Linking) -> Option<RecordId> {
    match linking {
        Linking::Linked { regarding, .. } if link::regards(linking) >= Evidence::FIRM => *regarding,
        _ => None,
    }
}

async fn load(
    tx: &mut Tx,
    assembled: &mut Assembled<'_>,
    decided: &[Linking],
    open: &[usize],
    firm: &Firm,
) -> Result<()> {
    let deals: BTreeSet<RecordId> = open.iter().filter_map(|n| decided.get(*n)).flat_map(between).collect();
    let moments: BTreeSet<Timestamp> = open.iter().filter_map(|n| Some(assembled.members.get(*n)?.at)).collect();
    let mut known: BTreeMap<RecordId, Known> = BTreeMap::new();
    for (deal, name) in store::weighed::names(tx, &deals).await? {
        known.insert(deal, Known { name: words::of_name(&name), past: Vec::new() });
    }
    let here = sure_here(assembled, decided, &deals);
    let in_hand: HashSet<MailId> = assembled.stored.iter().map(|s| s.id).collect();
    let looked_at = match assembled.apart {
        true => BTreeSet::new(),
        false => looked_at(tx, &deals, &moments, &in_hand, firm).await?,
    };
    let wanted: BTreeSet<MailId> = looked_at
        .iter()
        .map(|(_, mail)| *mail)
        .chain(here.iter().filter_map(|(_, n)| assembled.members.get(*n)?.id))
        .collect();
    let texts = store::weighed::texts(tx, &wanted.into_iter().collect::<Vec<_>>()).await?;
    let texts: HashMap<MailId, Text> = texts.into_iter().map(|text| (text.mail, text)).collect();
    for (deal, mail) in looked_at {
        if let (Some(known), Some(text)) = (known.get_mut(&deal), texts.get(&mail)) {
            known.past.push(past(text, assembled));
        }
    }
    for (deal, n) in here {
        let found = assembled.members.get(n).and_then(|member| past_of_member(assembled, member, n, &texts));
        if let (Some(known), Some(past)) = (known.get_mut(&deal), found) {
            known.past.push(past);
        }
    }
    for known in known.values_mut() {
        known.past.sort_by(|a, b| (a.at, &a.identity).cmp(&(b.at, &b.identity)));
    }
    assembled.facts.known = known.into_iter().collect();
    let mut of_stored = words_of_stored(tx, assembled, open).await?;
    for n in open {
        let id = assembled.members.get(*n).and_then(|member| member.id);
        let words = match id {
            Some(id) => of_stored.remove(&id).unwrap_or_default(),
            None => words_of_new(assembled, *n),
        };
        if let Some(member) = assembled.members.get_mut(*n) {
            member.said.words = Some(Arc::new(words));
        }
    }
    Ok(())
}

/// The members of this batch that surely regard one of these opportunities.
fn sure_here(assembled: &Assembled<'_>, decided: &[Linking], deals: &BTreeSet<RecordId>) -> Vec<(RecordId, usize)> {
    let sure = |n: usize| Some((surely(decided.get(n)?).filter(|deal| deals.contains(deal))?, n));
    (0..assembled.members.len()).filter_map(sure).collect()
}

/// Of the mails that surely regard each opportunity the latest before each moment, as many as ranking
/// looks at; without those in hand, which may have changed.
async fn looked_at(
    tx: &mut Tx,
    deals: &BTreeSet<RecordId>,
    moments: &BTreeSet<Timestamp>,
    in_hand: &HashSet<MailId>,
    firm: &Firm,
) -> Result<BTreeSet<(RecordId, MailId)>> {
    let Some(last) = moments.last() else { return Ok(BTreeSet::new()) };
    let mut by_deal: BTreeMap<RecordId, Vec<(Timestamp, MailId)>> =
        deals.iter().map(|deal| (*deal, Vec::new())).collect();
    for sure in store::weighed::sure(tx, deals, *last).await? {
        by_deal.entry(sure.deal).or_default().push((sure.at, sure.mail));
    }
    let mut found = BTreeSet::new();
    for (deal, mut mails) in by_deal {
        firm.apply(deal, *last, &mut mails);
        mails.retain(|(_, mail)| !in_hand.contains(mail));
        for moment in moments {
            // Of those of one moment all or none, the very moment's too: which come first is for ranking to say.
            let before: Vec<_> = mails.iter().filter(|(at, _)| at <= moment).collect();
            let equal = before.iter().filter(|(at, _)| at == moment).count();
            let last = before.iter().take(rank::LOOKED_AT + equal).next_back().map(|(at, _)| *at);
            found.extend(before.iter().take_while(|(at, _)| Some(*at) >= last).map(|(_, mail)| (deal, *mail)));
        }
    }
    Ok(found)
}

fn past(text: &Text, assembled: &Assembled<'_>) -> Past {
    Past {
        identity: text.identity.clone(),
        at: text.at,
        words: Arc::new(words::of(&text.subject, &text.text)),
        people: text.people.iter().filter(|a| !assembled.is_ours(a)).cloned().collect(),
        writer: text.writer.clone(),
    }
}

fn past_of_member(assembled: &Assembled<'_>, member: &Member, n: usize, texts: &HashMap<MailId, Text>) -> Option<Past> {
    let (words, writer) = match member.id {
        Some(id) => texts.get(&id).map(|text| (words::of(&text.subject, &text.text), text.writer.clone()))?,
        None => {
            let row = &assembled.new.get(n.checked_sub(assembled.stored.len())?)?.row;
            let (name, address) = row.from.clone().unwrap_or_default();
            (words::of(&row.subject, &row.visible), (name.unwrap_or_default(), address))
        }
    };
    Some(Past {
        identity: member.identity.clone(),
        at: member.at,
        words: Arc::new(words),
        people: member.parties.iter().map(|(_, a)| a).filter(|a| !assembled.is_ours(a)).cloned().collect(),
        writer,
    })
}

/// What mails say, with what they quote: that is in their bytes alone. Where these are not kept, what is.
async fn words_of_stored(tx: &mut Tx, assembled: &Assembled<'_>, open: &[usize]) -> Result<HashMap<MailId, Words>> {
    let stored: Vec<MailId> = open.iter().filter_map(|n| assembled.members.get(*n)?.id).collect();
    let mut words = HashMap::new();
    for ids in stored.chunks(RAWS_AT_A_TIME) {
        for (id, raw) in store::mails::raws(tx, ids).await? {
            let mail = parse::parse(&prepare::unpack(&raw));
            words.insert(id, words::of_mail(&mail.subject, &mail.text));
        }
    }
    let bare: Vec<MailId> = stored.into_iter().filter(|id| !words.contains_key(id)).collect();
    if !bare.is_empty() {
        let kept = store::weighed::texts(tx, &bare).await?;
        words.extend(kept.into_iter().map(|text| (text.mail, words::of(&text.subject, &text.text))));
    }
    Ok(words)
}

/// The same of a new mail.
fn words_of_new(assembled: &Assembled<'_>, n: usize) -> Words {
    let new = n.checked_sub(assembled.stored.len()).and_then(|n| assembled.new.get(n));
    new.map_or_else(Words::default, |new| match new.row.packed.is_empty() {
        true => words::of(&new.row.subject, &new.row.visible),
        false => words::of_mail(&new.mail.subject, &new.mail.text),
    })
}

/// A mail of another thread that was decided otherwise.
#[derive(Clone, Debug)]
pub struct Moved {
    /// The mail.
    pub mail: MailId,
    /// How it stood.
    pub before: Linking,
    /// How it stands.
    pub after: Linking,
}

/// Notes what was weighed, and decides again the mails of other threads that were weighed by what has
/// changed here.
pub async fn others(
    tx: &mut Tx,
    assembled: &Assembled<'_>,
    decided: &[Linking],
    written: &Written,
    own_domains: &House,
    now: Timestamp,
) -> Result<Vec<Moved>> {
    note(tx, assembled, decided, written).await?;
    let changed = changed(assembled, decided);
    if changed.is_empty() {
        return Ok(Vec::new());
    }
    let in_hand: BTreeSet<ThreadId> =
        store::mails::threads_of(tx, &written.ids.iter().flatten().copied().collect::<Vec<_>>())
            .await?
            .into_iter()
            .collect();
    let threads: Vec<ThreadId> = weighed_by(tx, &changed).await?.difference(&in_hand).copied().collect();
    let mut moved = Vec::new();
    for threads in threads.chunks(AT_A_TIME) {
        let mut again = assemble::again(tx, own_domains, threads).await?;
        let decided = decide(tx, &mut again).await?;
        let written = place::record(tx, &again, &decided, own_domains.zone, now).await?;
        note(tx, &again, &decided, &written).await?;
        for (member, after) in again.members.iter().zip(decided) {
            if let (Some(mail), Some(before)) = (member.id, &member.before)
                && !place::alike(before, &after)
            {
                moved.push(Moved { mail, before: before.clone(), after });
            }
        }
    }
    Ok(moved)
}

/// The threads of mails that were weighed by what changed about opportunities at or after a moment.
async fn weighed_by(tx: &mut Tx, changed: &BTreeMap<RecordId, Timestamp>) -> Result<BTreeSet<ThreadId>> {
    let deals: BTreeSet<RecordId> = changed.keys().copied().collect();
    let earliest = changed.values().min().copied().unwrap_or_default();
    let after = store::weighed::after(tx, &deals, earliest).await?;
    let concerned = after.into_iter().filter(|(deal, at, _)| changed.get(deal).is_some_and(|since| at >= since));
    Ok(concerned.map(|(_, _, thread)| thread).collect())
}

/// Writes down between which opportunities the mails in hand were weighed, where that changed.
async fn note(tx: &mut Tx, assembled: &Assembled<'_>, decided: &[Linking], written: &Written) -> Result<()> {
    let (mut noted, mut before) = (Vec::new(), Vec::new());
    for (n, member) in assembled.members.iter().enumerate() {
        let (Some(linking), Some(Some(id))) = (decided.get(n), written.ids.get(n)) else { continue };
        let deals = between(linking);
        let held = member.before.as_ref().map(between).unwrap_or_default();
        let moved = assembled.enriched.contains(id);
        if deals != held || (moved && !deals.is_empty()) {
            if member.id.is_some() {
                before.push(*id);
            }
            noted.push((*id, member.at, deals));
        }
    }
    Ok(store::weighed::note(tx, &noted, &before).await?)
}

/// The opportunities of which the sure mail changed, with the earliest moment at which it did.
fn changed(assembled: &Assembled<'_>, decided: &[Linking]) -> BTreeMap<RecordId, Timestamp> {
    let mut changed: BTreeMap<RecordId, Timestamp> = BTreeMap::new();
    for (member, linking) in assembled.members.iter().zip(decided) {
        let (before, now) = (member.before.as_ref().and_then(surely), surely(linking));
        // A copy may have moved it in time.
        let moved = member.id.is_some_and(|id| assembled.enriched.contains(&id));
        if before == now && !moved {
            continue;
        }
        let at = if moved { Timestamp(i64::MIN) } else { member.at };
        for deal in before.into_iter().chain(now) {
            let held = changed.entry(deal).or_insert(at);
            *held = (*held).min(at);
        }
    }
    changed
}
