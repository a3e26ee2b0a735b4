//! What is never stored, whatever else stands on it: mail with somebody whom the company blocked, or
//! whom the owner of this mailbox blocked; mail whose only person outside was erased. And mail that is
//! stored without somebody who was erased, since others stand on it too.
//!
//! Judged for each copy by what stands on that copy, before it is told whether it is a copy: so the
//! result does not depend on which came first (P3). Anybody can hide their own mail by naming somebody
//! blocked; nobody can hide somebody else's.

use super::accept::Context;
use super::prepare::{self, Prepared};
use super::redact::Eraser;
use crate::model::address::Address;
use crate::model::block::{Hidden, Pattern};
use crate::model::id::UserId;
use crate::store::erased::{self, mark_of};
use crate::store::keys::Key;
use crate::store::{self, Tx};
use anyhow::Result;
use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};

/// The batch with what is hidden marked and what is redacted redacted. A handful of set-based queries,
/// and one small one where nothing is blocked and nobody erased.
pub async fn judge<'b>(
    tx: &mut Tx,
    context: &Context,
    owner: Option<UserId>,
    batch: &'b [Prepared],
) -> Result<Cow<'b, [Prepared]>> {
    let (blocks, erasures) = store::blocks::any(tx).await?;
    if !blocks && !erasures {
        return Ok(Cow::Borrowed(batch));
    }
    let addresses: BTreeSet<&Address> = batch.iter().flat_map(addresses_of).collect();
    let blocked = match blocks {
        true => {
            let patterns = addresses.iter().flat_map(|a| Pattern::covering(a)).collect();
            store::blocks::standing(tx, owner, &patterns).await?
        }
        false => HashMap::new(),
    };
    let marks = match erasures {
        true => marks_among(tx, context, &addresses).await?,
        false => HashSet::new(),
    };
    if blocked.is_empty() && marks.is_empty() {
        return Ok(Cow::Borrowed(batch));
    }
    let ours = if marks.is_empty() { HashSet::new() } else { erased::ours(tx, &texts(&addresses)).await? };
    let outside = |a: &Address| !ours.contains(a.as_str()) && !context.own_domains.contains(a.domain());
    let eraser = Eraser::new(&context.keys, marks);
    let mut judged = batch.to_vec();
    for mail in &mut judged {
        mail.hidden = hidden_by(mail, &blocked);
        if mail.hidden.is_none() && addresses_of(mail).any(|a| eraser.erases(a)) {
            if addresses_of(mail).any(|a| outside(a) && !eraser.erases(a)) {
                mail.redacted = eraser.redact(mail);
            } else {
                mail.hidden = Some(Hidden::Erased);
            }
        }
    }
    Ok(Cow::Owned(judged))
}

/// Everybody on a mail: From, Sender, Reply-To, To, Cc and, on the sender's own copy, Bcc. Not what a
/// display name or the text says, and not the envelope: servers on the way write that.
fn addresses_of(mail: &Prepared) -> impl Iterator<Item = &Address> {
    prepare::parties(&mail.mail).map(|(_, party)| &party.address)
}

fn texts(addresses: &BTreeSet<&Address>) -> BTreeSet<String> {
    addresses.iter().map(|a| a.to_string()).collect()
}

async fn marks_among(tx: &mut Tx, context: &Context, addresses: &BTreeSet<&Address>) -> Result<HashSet<Key>> {
    let keys: Vec<Key> = addresses.iter().map(|a| mark_of(&context.keys, a)).collect();
    Ok(erased::among(tx, &keys).await?)
}

/// The strongest reason: the company's before the user's own.
fn hidden_by(mail: &Prepared, blocked: &HashMap<String, Hidden>) -> Option<Hidden> {
    let reasons = addresses_of(mail).flat_map(Pattern::covering).filter_map(|pattern| blocked.get(&pattern));
    let mut found = None;
    for reason in reasons {
        match reason {
            Hidden::Company => return Some(Hidden::Company),
            other => found = Some(*other),
        }
    }
    found
}
