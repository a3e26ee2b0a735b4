//! Evidence 2: somebody filed the mail from their mail program, into a folder of ours, by blind
//! copy to a dropbox address, by a signed plus-address, or as an attachment. Whether they may write
//! on that record was checked when it was filed.

use super::Basis;
use super::address;
use crate::model::facts::{LinkFacts, Member, Say, Spoken};
use crate::model::link::{Evidence, Linking};

/// Whether a mail was filed after this was said of its thread, or in spite of what was said of all mail
/// of its sender. What was said of the mail itself comes before: filing replaces it where it may. What
/// somebody else called private stays private, and a reference that rides along on an answer says nothing
/// against a person's word.
pub fn is_later(member: &Member, (word, scope): (&Spoken, &'static str)) -> bool {
    let Some((_, Evidence::Filed { correction, how, by })) = &member.said.filed else { return false };
    let later = match scope {
        "sender" => true,
        "thread" => *correction > word.correction,
        _ => false,
    };
    later && how != "token" && (word.say != Say::Private || word.by == *by)
}

/// Where a mail was filed, if it was, and the record was not taken off it since.
pub fn evidence(member: &Member, parties: &Linking, facts: &LinkFacts) -> Option<Basis> {
    let (record, evidence) = member.said.filed.as_ref()?;
    if member.said.removed.contains(record) {
        return None;
    }
    let linking = address::regard(*record, evidence.clone(), parties, facts);
    Some(Basis { linking, parties: parties.clone(), strength: evidence.score(), ..Basis::default() })
}
