//! The mailbox to which people send copies: `file+⟨token⟩@firma.pl`, with a record's number after a dot if
//! they like. A copy is filed as the mail it is a copy of; of a forward only what is attached is filed,
//! each as the mail that it is.
//!
//! The token says whose address it is; it is honoured only in mail that provably comes from one of that
//! user's own addresses, so neither a guessed token nor a forged sender files anything.
//!
//! An attached mail counts as the very mail that we have only where the user has a copy or may see ours
//! anyway. Otherwise it is a mail of its own, and nobody's replies join it: whoever makes one up to look
//! like a colleague's gains no sight of that (P12), nor learns whether there is one.

use super::asks::is_proven;
use crate::access::Scope;
use crate::intake::accept::Context;
use crate::intake::pipeline::Intake;
use crate::intake::prepare::{self, Found, Prepared};
use crate::model::address::Address;
use crate::model::block::untagged;
use crate::model::cursor::{Arrival, Role, Seen, Why};
use crate::model::facts::Mark;
use crate::model::filing::{Ask, How, Reason, Target};
use crate::model::fold::fold;
use crate::model::id::{RecordId, UserId};
use crate::model::mail::Headers;
use crate::parse;
use crate::store::{self, Tx};
use anyhow::Result;
use std::collections::BTreeSet;

/// Fields in which servers and senders write to whom a copy went. A blind copy stands in the servers' alone.
const FIELDS: [&str; 12] = [
    "delivered-to",
    "x-delivered-to",
    "x-original-to",
    "envelope-to",
    "x-envelope-to",
    "original-recipient",
    "received",
    "to",
    "cc",
    "bcc",
    "resent-to",
    "resent-bcc",
];
/// The folder under which attached mails are known; no server has it.
const ATTACHED: &str = "attached:";

/// Reads what came to the secret addresses: gives the batch with what is asked of each mail, and after a
/// forward what was attached to it.
pub(in crate::intake) async fn expand(intake: &Intake, batch: Vec<Prepared>) -> Result<Vec<Prepared>> {
    let context = &intake.context;
    let Some(dropbox) = context.dropbox.as_ref().filter(|_| context.is_dropbox) else { return Ok(batch) };
    let mut all = Vec::with_capacity(batch.len());
    for mut mail in batch {
        // It went to nobody but us: an absence notice has no place here.
        if mail.found.arrival == Arrival::Live {
            mail.found.arrival = Arrival::Backlog(Why::Refetch);
        }
        let tags = tags(&mail.mail.headers, dropbox);
        let mut tx = intake.db.read().await?;
        let (ask, carrier) = judge(&mut tx, context, &mail, &tags, intake.clock.now()).await?;
        drop(tx);
        mail.carrier = carrier;
        let Some(ask) = ask else {
            all.push(mail);
            continue;
        };
        let raw = prepare::unpack(&mail.row.packed);
        let inner = match ask.target {
            Target::Refused(_) => Vec::new(),
            _ => parse::attached(&raw),
        };
        if inner.is_empty() {
            let forward =
                mail.mail.forward && ask.target == Target::Find && !carrier && went_to_us_alone(&mail, context);
            mail.asked = Some(match forward {
                true => {
                    let mut tx = intake.db.read().await?;
                    handed_on(&mut tx, context, &mail, ask, intake.clock.now()).await?
                }
                false => ask,
            });
            all.push(mail);
        } else {
            let attached = attached(intake, &mail, inner, &Ask { how: How::Attached, ..ask }).await?;
            mail.carrier = true;
            all.push(mail);
            all.extend(attached);
        }
    }
    Ok(all)
}

/// What is asked of a mail with these tags, and whether it is set aside without being taken in itself.
async fn judge(
    tx: &mut Tx,
    context: &Context,
    mail: &Prepared,
    tags: &[String],
    now: crate::model::time::Timestamp,
) -> Result<(Option<Ask>, bool)> {
    let ask = |user, target, keep| {
        Some(Ask { user, how: How::Dropbox, target, folder: None, keep, quoted: false, meant: Vec::new() })
    };
    let from = mail.row.from.as_ref().map(|(_, address)| address.as_str()).unwrap_or_default();
    let sender = store::people::by_addresses(tx, &[from]).await?.get(from).copied();
    let proven = is_proven(mail, context);
    let mut holder = None;
    for tag in tags {
        let (token, reference) = tag.split_once('.').unwrap_or((tag, ""));
        let key = context.keys.hash("dropbox token", token.as_bytes());
        if let Some(user) = store::filing::user_of_token(tx, key).await? {
            holder = Some((user, reference));
            break;
        }
    }
    let Some((user, reference)) = holder else {
        return Ok(match (sender.filter(|_| proven), tags.is_empty()) {
            (Some(sender), _) => (ask(Some(sender), Target::Refused(Reason::UnknownAddress), true), false),
            // Somebody wrote to the mailbox as to any other.
            (None, true) => (None, false),
            (None, false) => (ask(None, Target::Refused(Reason::UnknownAddress), false), true),
        });
    };
    if sender != Some(user) {
        return Ok((ask(Some(user), Target::Refused(Reason::NotTheSender), false), true));
    }
    if !proven {
        return Ok((ask(Some(user), Target::Refused(Reason::Unproven), false), true));
    }
    let scope = scope(tx, context, user, now).await?;
    Ok((ask(Some(user), named(tx, &scope, mail, reference).await?, true), false))
}

async fn scope(tx: &mut Tx, context: &Context, user: UserId, now: crate::model::time::Timestamp) -> Result<Scope> {
    let world = store::people::world(tx, &context.notice.rights, now).await?;
    Ok(store::people::scope(tx, user, &world, now).await?)
}

/// The record that the sender named: in the address, by a signed reference, in the subject.
async fn named(tx: &mut Tx, scope: &Scope, mail: &Prepared, reference: &str) -> Result<Target> {
    if !reference.is_empty() {
        let found = store::records::find(tx, scope, reference).await?;
        return Ok(match found.as_slice() {
            [one] => Target::Record(one.record.id),
            _ => Target::Refused(Reason::NoRight),
        });
    }
    let signed = mail.row.marks.iter().find_map(|mark| match mark {
        Mark::Signed { record, text } if text.contains('+') => Some(*record),
        _ => None,
    });
    if let Some(record) = signed {
        return Ok(Target::Record(record));
    }
    let numbers: BTreeSet<&str> = mail
        .row
        .marks
        .iter()
        .filter_map(|mark| match mark {
            Mark::Number { key, in_subject: true } => Some(key.as_str()),
            _ => None,
        })
        .collect();
    let records: BTreeSet<RecordId> =
        store::numbers::find(tx, &numbers).await?.into_iter().map(|(_, record, _)| record).collect();
    let ids: Vec<RecordId> = records.into_iter().collect();
    let seen = store::records::load_seen(tx, scope, &ids).await?;
    Ok(match seen.as_slice() {
        [one] => Target::Record(one.record.id),
        _ => Target::Find,
    })
}

/// What stands after the `+` in our address, wherever that stands on a mail, each once, in lower case.
fn tags(headers: &Headers, dropbox: &Address) -> Vec<String> {
    let (head, tail) = (format!("{}+", dropbox.local()), format!("@{}", dropbox.domain()));
    let mut found: Vec<String> = Vec::new();
    for value in FIELDS.iter().flat_map(|field| headers.all(field)) {
        let value = value.to_ascii_lowercase();
        for rest in value.split(&head).skip(1) {
            let tag = rest.split('@').next().unwrap_or_default();
            let whole = rest.strip_prefix(tag).is_some_and(|rest| rest.starts_with(&tail));
            let plain = |c: char| c.is_ascii_alphanumeric() || ".-_/".contains(c);
            if whole && !tag.is_empty() && tag.chars().all(plain) && !found.iter().any(|t| t == tag) && found.len() < 8
            {
                found.push(tag.to_owned());
            }
        }
    }
    found
}

/// What becomes of a user's forward with the mail in its text. What the text says proves nothing: only where
/// the user has, or sees, a mail by that author under that subject is the forward put on what that regards;
/// else what the author is on is suggested.
async fn handed_on(
    tx: &mut Tx,
    context: &Context,
    mail: &Prepared,
    ask: Ask,
    now: crate::model::time::Timestamp,
) -> Result<Ask> {
    let refused = Ask { target: Target::Refused(Reason::InlineForward), ..ask };
    let (Some(handed), Some(user)) = (parse::handed_on(&mail.mail.text), refused.user) else { return Ok(refused) };
    let scope = scope(tx, context, user, now).await?;
    let (wanted, _) = parse::base_subject(&handed.subject);
    let wanted = fold(&wanted);
    for (id, subject, record) in store::filing::by_author(tx, handed.from.as_str()).await? {
        let (base, _) = parse::base_subject(&subject);
        if !wanted.is_empty()
            && fold(&base) == wanted
            && store::views::message(tx, &scope, id).await?.is_some()
            && !store::records::load_seen(tx, &scope, &[record]).await?.is_empty()
        {
            return Ok(Ask { target: Target::Record(record), quoted: true, ..refused });
        }
    }
    let meant = store::filing::named_by(tx, &scope, handed.from.as_str()).await?;
    Ok(Ask { quoted: true, meant, ..refused })
}

/// Whether nobody but us was written to.
fn went_to_us_alone(mail: &Prepared, context: &Context) -> bool {
    let all = mail.mail.to.iter().chain(&mail.mail.cc).chain(&mail.mail.bcc);
    all.map(|party| &party.address).all(|a| context.own_domains.contains(a.domain()))
}

/// Takes the secret addresses off a mail: they are nobody's business on a record.
pub(in crate::intake) fn conceal(mail: &mut Prepared, dropbox: &Address) {
    let ours = |address: &Address| address == dropbox || untagged(address).is_some_and(|a| a == *dropbox);
    for list in [&mut mail.mail.to, &mut mail.mail.cc, &mut mail.mail.bcc, &mut mail.mail.resent_to] {
        list.retain(|party| !ours(&party.address));
    }
    mail.row.parties.retain(|(_, address, _)| !Address::parse(address).is_ok_and(|a| ours(&a)));
}

/// The mails that were attached to one, ready to be taken in. Their places are known by the place of the
/// mail that carried them, so that reading it again finds the same.
async fn attached(intake: &Intake, outer: &Prepared, inner: Vec<Vec<u8>>, ask: &Ask) -> Result<Vec<Prepared>> {
    let (context, now) = (&intake.context, intake.clock.now());
    // Of a server that renumbered its folder: what was filed before is not filed anew.
    let renumbered = outer.found.arrival == Arrival::Backlog(Why::Epoch);
    let arrival = Arrival::Backlog(if renumbered { Why::Epoch } else { Why::Import });
    let seen: Vec<Seen> = (1..)
        .zip(&inner)
        .map(|(uid, raw)| Seen { uid, size: raw.len() as u64, internal_date: None, flags: Vec::new(), modseq: None })
        .collect();
    let (epoch, last) = (outer.found.location.0, u32::try_from(seen.len()).unwrap_or(u32::MAX));
    let mut tx = intake.db.write().await?;
    // A numbering of its own for each carrier; the folder's own stays at none, so nothing asks for it.
    let folder = store::folders::ensure_archive(&mut tx, context.mailbox, ATTACHED, 0).await?;
    store::locations::insert_pending(&mut tx, folder, epoch, &seen, arrival, now).await?;
    let places = store::locations::states(&mut tx, folder, epoch, 1, last).await?;
    tx.commit().await?;
    let found: Vec<Found> = places
        .iter()
        .zip(inner)
        .map(|((location, _, _), raw)| {
            let (location, flags) = (*location, Vec::new());
            Found { location, folder, role: Role::Other, arrival, internal_at: None, flags, raw }
        })
        .collect();
    let mut prepared = prepare::all(found, &context.keys, &context.notice.policy, now);
    let mut tx = intake.db.read().await?;
    for mail in &mut prepared {
        mail.asked = Some(ask.clone());
        if let Some(dropbox) = &context.dropbox {
            conceal(mail, dropbox);
        }
        if let Some(user) = ask.user
            && !has_it(&mut tx, context, user, mail, now).await?
        {
            prepare::set_apart(mail, &context.keys, user);
        }
    }
    Ok(prepared)
}

/// Whether a user has a copy of a mail, or may see the one that we have.
async fn has_it(
    tx: &mut Tx,
    context: &Context,
    user: UserId,
    mail: &Prepared,
    now: crate::model::time::Timestamp,
) -> Result<bool> {
    if store::filing::has_copy(tx, user, mail.row.copy_key).await? {
        return Ok(true);
    }
    let stored = store::filing::stored(tx, mail.row.copy_key).await?;
    if stored.is_empty() {
        return Ok(false);
    }
    let scope = scope(tx, context, user, now).await?;
    for id in stored {
        if store::views::message(tx, &scope, id).await?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::mail::Header;

    #[test]
    fn the_tag_is_found_wherever_servers_write_it_and_nowhere_else() {
        let dropbox = Address::parse("file@firma.pl").unwrap();
        let read =
            |name: &str, value: &str| tags(&Headers(vec![Header { name: name.into(), value: value.into() }]), &dropbox);
        assert_eq!(read("delivered-to", "file+abc123@firma.pl"), ["abc123"]);
        assert_eq!(read("received", "from x by y with LMTP for <File+ABC.op-1042@Firma.PL>; Sun"), ["abc.op-1042"]);
        assert_eq!(read("cc", "\"file+x\" <a@b.pl>, =?utf-8?q?x?= <file+k@firma.pl>"), ["k"]);
        for (name, value) in [
            ("subject", "file+abc@firma.pl"),
            ("to", "file+abc@firma.example"),
            ("to", "file+@firma.pl"),
            ("to", "file+a b@firma.pl"),
            ("to", "file+abc"),
            ("to", "file@firma.pl"),
        ] {
            assert!(read(name, value).is_empty(), "{value}");
        }
    }
}
