//! Review in the flow: after a batch was decided, which of its mails a person is asked about. Only mails
//! in question write rows.

use super::assemble::Assembled;
use crate::link::review;
use crate::model::facts::Member;
use crate::model::id::{MailId, UserId};
use crate::model::link::Linking;
use crate::model::review::Asked;
use crate::model::time::{DAY, Timestamp};
use crate::store::reviews::NewReview;
use crate::store::{self, Tx};
use anyhow::Result;
use std::collections::HashMap;

/// Unknown senders are asked about for so long after they wrote: what a shared mailbox has gathered in
/// years is no question of today, and what expired is not asked anew when a folder is read again.
const ASKED_ABOUT: i64 = 30 * DAY;

/// Notes of new mail in a shared mailbox (`owner` none) that unknown senders are asked about.
pub fn look(assembled: &mut Assembled<'_>, owner: Option<UserId>, now: Timestamp) {
    let new = assembled.members.iter_mut().skip(assembled.stored.len()).filter(|_| owner.is_none());
    new.filter(|member| member.at >= now.plus(-ASKED_ABOUT)).for_each(|member| member.said.shared = true);
}

/// Writes down what is asked about the mails in hand now, and takes back what is not asked any more.
pub async fn record(
    tx: &mut Tx,
    assembled: &Assembled<'_>,
    decided: &[Linking],
    ids: &[Option<MailId>],
    now: Timestamp,
) -> Result<()> {
    let lost = assembled
        .stored
        .iter()
        .zip(decided)
        .filter(|(mail, to)| mail.linking == "linked" && **to == Linking::Unmatched);
    let lost: Vec<MailId> = lost.map(|(mail, _)| mail.id).collect();
    let lost = store::reviews::on_shared(tx, &lost).await?;
    let stored: Vec<MailId> = assembled.stored.iter().map(|mail| mail.id).collect();
    // A stored twin may lie in a thread that is not in hand.
    let named = store::reviews::of_one_id(tx, &stored).await?;
    let mut twins = assembled.twins(|n| ids.get(n).is_some_and(Option::is_some));
    twins
        .iter_mut()
        .zip(ids)
        .filter(|(_, id)| id.is_some_and(|id| named.contains(&id)))
        .for_each(|(twin, _)| *twin = true);
    let mut asked = asked(assembled, decided, ids, (&lost, &twins));
    let held = store::reviews::of_mails(tx, &stored).await?;
    let same = |mail: &MailId, wanted: &Asked| held.get(mail) == Some(wanted);
    let gone: Vec<MailId> = held
        .iter()
        .filter(|(mail, before)| asked.get(mail).is_none_or(|(_, wanted)| wanted.reason != before.reason))
        .map(|(mail, _)| *mail)
        .collect();
    store::reviews::settle(tx, &gone).await?;
    asked.retain(|mail, (_, wanted)| !same(mail, wanted));
    let mut new: Vec<NewReview> =
        asked.into_iter().map(|(mail, (at, asked))| NewReview { mail, at, asked, detail: String::new() }).collect();
    new.sort_by_key(|review| review.mail);
    store::reviews::insert(tx, &new, now).await?;
    // A copy may have moved a mail in time, and what is asked about it with it.
    Ok(store::reviews::follow(tx, &assembled.enriched).await?)
}

/// What is asked about each mail that is stored. Those `lost` lie in a shared mailbox, and stood on
/// something until now; `twins` says which share their id with another.
fn asked(
    assembled: &Assembled<'_>,
    decided: &[Linking],
    ids: &[Option<MailId>],
    (lost, twins): (&[MailId], &[bool]),
) -> HashMap<MailId, (Timestamp, Asked)> {
    let is_twin = |n: usize| twins.get(n).is_some_and(|twin| *twin);
    let open = |n: &usize| {
        let unsure = match decided.get(*n) {
            Some(Linking::Linked { regarding, candidates, .. }) => regarding.is_none() && !candidates.is_empty(),
            Some(Linking::Review(_) | Linking::Unmatched) => ids.get(*n).is_some_and(Option::is_some),
            None => false,
        };
        unsure || is_twin(*n)
    };
    let mut found = HashMap::new();
    for thread in assembled.threads.iter().filter(|thread| thread.iter().any(open)) {
        let positions: HashMap<usize, usize> = thread.iter().copied().zip(0..).collect();
        let local = |n: &usize| -> Option<(Member, Linking)> {
            let mut member = assembled.members.get(*n)?.clone();
            member.said.shared |= member.id.is_some_and(|id| lost.contains(&id));
            member.parent = member.parent.and_then(|parent| positions.get(&parent).copied());
            Some((member, decided.get(*n)?.clone()))
        };
        let (members, linkings): (Vec<Member>, Vec<Linking>) = thread.iter().filter_map(local).unzip();
        let twin = |n: usize| thread.get(n).is_some_and(|n| is_twin(*n));
        for (n, asked) in thread.iter().zip(review::asked(&members, &linkings, twin, &assembled.facts)) {
            if let (Some(Some(id)), Some(asked), Some(member)) = (ids.get(*n), asked, assembled.members.get(*n)) {
                found.insert(*id, (member.at, asked));
            }
        }
    }
    found
}
