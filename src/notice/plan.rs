//! What exactly is answered: recipient, author, thread, subject, substitute (R58 to R73, R84).

use super::authentication::Authentication;
use super::sender::{sender_address, sender_key, untagged};
use super::structure::{is_encrypted, without_automatic_prefix};
use super::{Policy, language};
use crate::model::address::Address;
use crate::model::id::MsgId;
use crate::model::mail::{Mail, Party, ReturnPath};
use crate::model::notice::{AbsentPerson, Named, Plan, Reason, Trigger, Verdict};
use crate::model::notice_text::{Readers, ReplyTo};
use crate::model::time::{HOUR, Timestamp};

/// Ids kept of a long thread: the first and this many of the last (R70).
const LAST_IDS: usize = 20;

/// The plan for a mail that no rule forbids to answer.
pub(super) fn plan(
    trigger: &Trigger<'_>,
    person: &AbsentPerson,
    policy: &Policy,
    stamp: Authentication,
    now: Timestamp,
) -> Verdict {
    let mail = trigger.mail;
    let (ReturnPath::Address(address, raw), Some(sender)) = (&mail.return_path, sender_key(&mail.return_path)) else {
        return Verdict::Withhold(Reason::UnclearReturnPath);
    };
    let Some(from) = author_address(mail, person, policy) else {
        return Verdict::Withhold(Reason::NoOwnAddress);
    };
    let substitute = substitute(trigger, person, stamp);
    let author = mail.from.first().filter(|author| author.address == *address);
    let expires_at = now.plus(HOUR);
    let readers = if super::is_colleague(trigger, policy) { Readers::Inside } else { Readers::Outside };
    let (because, texts) = language::texts(trigger, person, policy, readers);
    let spoken = language::spoken(trigger, policy);
    Verdict::Send(Box::new(Plan {
        user: person.user,
        absence: person.absence.id,
        sender,
        to: raw.clone(),
        to_name: author.and_then(|author| author.name.clone()),
        from: Party { name: Some(author_name(person)), address: from.clone() },
        reply_to: reply_to(person, substitute.as_ref()),
        readers,
        in_reply_to: mail.message_id.clone().filter(can_be_written),
        references: references(mail),
        subject: subject(trigger),
        texts,
        because,
        spoken,
        last_day: person.absence.last_day,
        first_day_back: person.first_day_back,
        substitute_has_it: substitute.as_ref().is_some_and(|named| has_it(mail, named)),
        substitute,
        expires_at: person.absence.ends.map_or(expires_at, |end| end.min(expires_at)),
    }))
}

/// The address that stands as author: the one the person chose, as long as it is one of theirs, else
/// the one that was written to (R64). `None` if it cannot be written in a header.
pub(super) fn author_address<'a>(mail: &Mail, person: &'a AbsentPerson, policy: &Policy) -> Option<&'a Address> {
    let chosen = person.manner.from.as_ref().filter(|chosen| person.addresses.contains(chosen));
    chosen.or_else(|| addressed_as(mail, person, policy)).filter(|address| address.as_str().is_ascii())
}

/// The name that stands as author and in the text (R64).
pub(super) fn author_name(person: &AbsentPerson) -> String {
    person.manner.name.clone().filter(|name| !name.trim().is_empty()).unwrap_or_else(|| person.name.clone())
}

/// Where answers go, only if the person said so (R66).
pub(super) fn reply_to(person: &AbsentPerson, substitute: Option<&Named>) -> Option<Address> {
    let address = match person.manner.reply_to.as_ref()? {
        ReplyTo::Substitute => substitute?.address.clone(),
        ReplyTo::Address(address) => address.clone(),
    };
    address.as_str().is_ascii().then_some(address)
}

/// Whether one of the person's addresses stands in To (R12).
pub(super) fn stands_in_to(mail: &Mail, person: &AbsentPerson, policy: &Policy) -> bool {
    mail.to.iter().chain(&mail.resent_to).any(|party| registered(&party.address, person, policy).is_some())
}

/// The address of the person that stands in To, Cc, Bcc or a Resent field, as registered (R9,
/// R10, R64): To before Cc before the rest. Tags count only on domains where the settings say so.
pub(super) fn addressed_as<'a>(mail: &Mail, person: &'a AbsentPerson, policy: &Policy) -> Option<&'a Address> {
    let fields = mail.to.iter().chain(&mail.cc).chain(&mail.bcc).chain(&mail.resent_to);
    fields.map(|party| &party.address).find_map(|address| registered(address, person, policy))
}

/// The registered address that this one is.
fn registered<'a>(address: &Address, person: &'a AbsentPerson, policy: &Policy) -> Option<&'a Address> {
    let plus = policy.settings.plus_domains.iter().any(|domain| domain.eq_ignore_ascii_case(address.domain()));
    person.addresses.iter().find(|own| {
        *own == address || (plus && own.domain() == address.domain() && own.local() == untagged(address.local()))
    })
}

/// Who is named (R60): never the sender.
fn substitute(trigger: &Trigger<'_>, person: &AbsentPerson, stamp: Authentication) -> Option<Named> {
    stands_in(trigger, person, stamp).filter(|named| !is_sender(named, trigger)).cloned()
}

/// Who stands in as far as this sender is told (R84): somebody particular to the record only to one who proved
/// who they are.
fn stands_in<'a>(trigger: &'a Trigger<'_>, person: &'a AbsentPerson, stamp: Authentication) -> Option<&'a Named> {
    let particular = trigger.for_record.as_ref().filter(|_| stamp == Authentication::Passed);
    particular.or(person.substitute.as_ref()).filter(|named| named.user != person.user)
}

/// Whether a mail comes from the very person whom its notice would name (R32).
pub(super) fn is_from_named(trigger: &Trigger<'_>, person: &AbsentPerson, stamp: Authentication) -> bool {
    stands_in(trigger, person, stamp).is_some_and(|named| is_sender(named, trigger))
}

/// Whether somebody wrote a mail, under whichever of their addresses.
fn is_sender(named: &Named, trigger: &Trigger<'_>) -> bool {
    let path = sender_address(&trigger.mail.return_path);
    let mut senders = path.iter().chain(trigger.mail.from.iter().map(|author| &author.address));
    trigger.sender.users.contains(&named.user) || senders.any(|address| *address == named.address)
}

/// R61.
fn has_it(mail: &Mail, named: &Named) -> bool {
    mail.to.iter().chain(&mail.cc).any(|party| party.address == named.address)
}

/// R71 and R73: the bare subject, only to a known correspondent, never of an encrypted mail.
fn subject(trigger: &Trigger<'_>) -> Option<String> {
    let mail = trigger.mail;
    let echo = trigger.sender.known() && !is_encrypted(mail);
    let bare = without_automatic_prefix(mail.base_subject.trim()).trim();
    (echo && !bare.is_empty()).then(|| bare.to_owned())
}

/// R69 and R70: the trigger's References, else its single In-Reply-To, then itself; each id
/// once, and of a long thread the first and the last.
fn references(mail: &Mail) -> Vec<MsgId> {
    let single = match mail.in_reply_to.as_slice() {
        [only] => std::slice::from_ref(only),
        _ => &[],
    };
    let earlier = if mail.references.is_empty() { single } else { mail.references.as_slice() };
    let mut ids: Vec<MsgId> = Vec::new();
    for id in earlier.iter().filter(|id| Some(*id) != mail.message_id.as_ref()).chain(&mail.message_id) {
        if can_be_written(id) && !ids.contains(id) {
            ids.push(id.clone());
        }
    }
    let spare = ids.len().saturating_sub(LAST_IDS + 1);
    ids.drain(1.min(ids.len())..(1 + spare).min(ids.len()));
    ids
}

/// Whether an id can stand in a header as it is: printable ASCII with a left and a right side.
fn can_be_written(id: &MsgId) -> bool {
    let text = id.as_str();
    let plain = text.bytes().all(|b| b.is_ascii_graphic() && b != b'<' && b != b'>');
    plain
        && text.len() <= 250
        && text.split_once('@').is_some_and(|(left, right)| !left.is_empty() && !right.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(texts: &[&str]) -> Vec<MsgId> {
        texts.iter().filter_map(|text| MsgId::new(*text)).collect()
    }

    #[test]
    fn references_end_with_the_trigger_and_name_each_id_once() {
        let mut mail = Mail { message_id: MsgId::new("c@x"), in_reply_to: ids(&["b@x"]), ..Mail::default() };
        assert_eq!(references(&mail), ids(&["b@x", "c@x"]));
        mail.references = ids(&["a@x", "c@x", "b@x", "a@x", "<bad>@x", "no-at", "ę@x"]);
        assert_eq!(references(&mail), ids(&["a@x", "b@x", "c@x"]));
        mail.references.clear();
        mail.in_reply_to = ids(&["a@x", "b@x"]);
        assert_eq!(references(&mail), ids(&["c@x"]));
        mail.message_id = None;
        assert_eq!(references(&mail), ids(&[]));
    }

    #[test]
    fn of_a_long_thread_the_first_and_the_last_twenty_ids_stay() {
        let many: Vec<String> = (0..500).map(|n| format!("{n}@x")).collect();
        let mail = Mail {
            message_id: MsgId::new("new@x"),
            references: many.iter().filter_map(|id| MsgId::new(id.as_str())).collect(),
            ..Mail::default()
        };
        let kept = references(&mail);
        assert_eq!(kept.len(), 21);
        assert_eq!(kept.first().unwrap().as_str(), "0@x");
        assert_eq!(kept[1].as_str(), "481@x");
        assert_eq!(kept.last().unwrap().as_str(), "new@x");
    }
}
