//! What a server can do. Everything beyond IMAP4rev1 is gated on it: Courier answers NO to any
//! unknown argument, and Exchange Online has almost none of the extensions.

use async_imap::imap_proto::{Capability, Response};
use std::collections::BTreeSet;

/// The capabilities of a server, as its last CAPABILITY said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// MODSEQ and CHANGEDSINCE (RFC 7162).
    pub condstore: bool,
    /// VANISHED (RFC 7162), enabled on this session.
    pub qresync: bool,
    /// IDLE (RFC 2177). Cleared when the server turns IDLE down.
    pub idle: bool,
    /// Roles of folders (RFC 6154).
    pub special_use: bool,
    /// LIST with RETURN (RFC 5258).
    pub list_extended: bool,
    /// STATUS within LIST (RFC 5819).
    pub list_status: bool,
    /// ENABLE (RFC 5161).
    pub enable: bool,
    /// ID (RFC 2971).
    pub id: bool,
    /// Gmail's own items (X-GM-MSGID).
    pub gmail: bool,
    /// EMAILID and MAILBOXID (RFC 8474).
    pub object_id: bool,
    /// MOVE (RFC 6851).
    pub moves: bool,
    /// NAMESPACE (RFC 2342).
    pub namespace: bool,
    /// STARTTLS.
    pub starttls: bool,
    /// The LOGIN command is refused.
    pub login_disabled: bool,
    /// SASL mechanisms, upper case.
    pub mechanisms: BTreeSet<String>,
}

impl Capabilities {
    /// From the words of a CAPABILITY answer.
    pub(super) fn from_words<'a>(words: impl Iterator<Item = &'a str>) -> Capabilities {
        let mut known = Capabilities::default();
        for word in words {
            let word = word.to_ascii_uppercase();
            match word.as_str() {
                "CONDSTORE" => known.condstore = true,
                "QRESYNC" => (known.condstore, known.qresync) = (true, true),
                "IDLE" => known.idle = true,
                "SPECIAL-USE" => known.special_use = true,
                "LIST-EXTENDED" => known.list_extended = true,
                "LIST-STATUS" => known.list_status = true,
                "ENABLE" => known.enable = true,
                "ID" => known.id = true,
                "X-GM-EXT-1" => known.gmail = true,
                "OBJECTID" => known.object_id = true,
                "MOVE" => known.moves = true,
                "NAMESPACE" => known.namespace = true,
                "STARTTLS" => known.starttls = true,
                "LOGINDISABLED" => known.login_disabled = true,
                _ => {
                    if let Some(mechanism) = word.strip_prefix("AUTH=") {
                        known.mechanisms.insert(mechanism.to_owned());
                    }
                }
            }
        }
        known
    }

    /// From an untagged CAPABILITY answer; `None` for any other.
    pub(super) fn from_answer(answer: &Response<'_>) -> Option<Capabilities> {
        let Response::Capabilities(list) = answer else { return None };
        let words: Vec<String> = list
            .iter()
            .map(|capability| match capability {
                Capability::Imap4rev1 => "IMAP4rev1".to_owned(),
                Capability::Auth(mechanism) => format!("AUTH={mechanism}"),
                Capability::Atom(word) => word.to_string(),
            })
            .collect();
        Some(Capabilities::from_words(words.iter().map(String::as_str)))
    }
}
