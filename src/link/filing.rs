//! Evidence 2: somebody filed the mail from their mail program, into a folder of ours, by blind
//! copy to a dropbox address, by a signed plus-address, or as an attachment. Whether they may write
//! on that record was checked when it was filed.

use super::Basis;
use super::address;
use crate::model::facts::{LinkFacts, Member};
use crate::model::link::Linking;

/// Where a mail was filed, if it was, and the record was not taken off it since.
pub fn evidence(member: &Member, parties: &Linking, facts: &LinkFacts) -> Option<Basis> {
    let (record, evidence) = member.said.filed.as_ref()?;
    if member.said.removed.contains(record) {
        return None;
    }
    let linking = address::regard(*record, evidence.clone(), parties, facts);
    Some(Basis { linking, parties: parties.clone(), strength: evidence.score(), ..Basis::default() })
}
