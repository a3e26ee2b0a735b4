//! What clients of an absence will read, before one has written.

use super::{language, plan};
use crate::model::address::Address;
use crate::model::id::MsgId;
use crate::model::mail::Party;
use crate::model::notice::{AbsentPerson, Language, Plan, SenderKey};
use crate::model::notice_text::{Because, Readers};
use crate::model::time::{HOUR, Timestamp};

/// The plan for somebody who writes to the person in `language`, without a subject to repeat; with
/// the person's own words where there are some. Its addresses are only to be looked at.
pub fn sample(person: &AbsentPerson, language: Language, readers: Readers, now: Timestamp) -> Option<Plan> {
    let chosen = person.manner.from.as_ref().filter(|chosen| person.addresses.contains(chosen));
    // Whoever has no address sends nothing, and may still look at the words.
    let address = chosen.or(person.addresses.first()).cloned().or_else(|| Address::parse("nobody@localhost").ok())?;
    let substitute = person.substitute.clone().filter(|named| named.user != person.user);
    let client = "client@client.example";
    Some(Plan {
        user: person.user,
        absence: person.absence.id,
        sender: SenderKey { address: client.to_owned(), domain: "client.example".to_owned() },
        to: client.to_owned(),
        to_name: None,
        from: Party { name: Some(plan::author_name(person)), address },
        reply_to: plan::reply_to(person, substitute.as_ref()),
        readers,
        in_reply_to: MsgId::new(client),
        references: Vec::new(),
        subject: None,
        texts: vec![language::planned(person, language, readers)],
        because: Because::Default,
        spoken: Vec::new(),
        last_day: person.absence.last_day,
        first_day_back: person.first_day_back,
        substitute,
        substitute_has_it: false,
        expires_at: now.plus(HOUR),
    })
}
