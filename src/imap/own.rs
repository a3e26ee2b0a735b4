//! Folders of our own in somebody's mailbox: the only ones that are ever made, renamed or removed (P7).
//!
//! An [`Own`] name comes from a [`Root`] alone and always lies below it, so that no call here can reach
//! a folder of the user's. Names travel in modified UTF-7. NAMESPACE says where a user's folders begin
//! (`INBOX.` on some servers); where it is not offered, the names of the folders there are do.

use super::exchange::quoted;
use super::folders::Listed;
use super::session::{Session, tolerate};
use super::trouble::{Trouble, What};
use super::utf7;
use crate::model::cursor::Role;
use async_imap::imap_proto::{MailboxDatum, Response, Status, StatusAttribute};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use unicode_normalization::UnicodeNormalization as _;

/// Octets of a whole name on the wire at most. Maildir keeps a name as one file name of 255 octets.
const LONGEST: usize = 180;
/// The folder below which all of ours are.
const NAME: &str = "Standin";

/// A folder's name as it goes over the wire.
pub fn encode(path: &str) -> String {
    utf7::encode(path)
}

/// Where our folders begin in one mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    prefix: String,
    separator: String,
}

/// A folder below our root.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Own {
    path: String,
    raw: String,
}

/// A folder's numbers as STATUS gives them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Numbers {
    /// UIDVALIDITY.
    pub validity: Option<u32>,
    /// UIDNEXT.
    pub uid_next: Option<u32>,
    /// MESSAGES.
    pub total: Option<u32>,
}

impl Own {
    /// Its path as people read it.
    pub fn path(&self) -> &str {
        &self.path
    }
}

impl Root {
    /// The root on a server with these folders; `namespace` is its answer to NAMESPACE. `None` where it
    /// has no folders within folders.
    pub fn of(listed: &[Listed], namespace: Option<&str>) -> Option<Root> {
        let told = namespace.and_then(personal);
        let separator = match &told {
            Some((_, separator)) => separator.clone(),
            None => listed.iter().find_map(|l| l.separator.clone())?,
        };
        let inside = format!("INBOX{separator}");
        let below = |l: &&Listed| l.path.to_ascii_uppercase().starts_with(&inside);
        let others = || listed.iter().filter(|l| l.role != Role::Inbox && l.selectable);
        let prefix = match told {
            Some((prefix, _)) => prefix,
            // Without a word from the server: where all else lies below INBOX, ours does too.
            None if others().next().is_some() && others().all(|l| below(&l)) => inside,
            None => String::new(),
        };
        Some(Root { prefix, separator })
    }

    /// The root itself.
    pub fn whole(&self) -> Own {
        self.of_path(format!("{}{NAME}", self.prefix))
    }

    /// A folder below the root; each part cut and cleaned so that servers take it.
    pub fn own(&self, section: Option<&str>, name: &str) -> Own {
        let head = match section {
            Some(section) => format!("{}{NAME}{s}{section}{s}", self.prefix, s = self.separator),
            None => format!("{}{NAME}{}", self.prefix, self.separator),
        };
        let mut name = self.clean(name);
        while utf7::encode(&head).len() + utf7::encode(&name).len() > LONGEST && name.pop().is_some() {}
        self.of_path(format!("{head}{}", name.trim_end()))
    }

    /// A section below the root.
    pub fn section(&self, name: &str) -> Own {
        self.own(None, name)
    }

    /// The name of a listed folder, if it is the root or lies below it.
    pub fn adopt(&self, listed: &Listed) -> Option<Own> {
        self.holds(&listed.path).then(|| Own { path: listed.path.clone(), raw: listed.raw.clone() })
    }

    /// Whether a path is the root or lies below it.
    pub fn holds(&self, path: &str) -> bool {
        let root = self.whole().path;
        path.strip_prefix(&root).is_some_and(|rest| rest.is_empty() || rest.starts_with(&self.separator))
    }

    fn of_path(&self, path: String) -> Own {
        Own { raw: utf7::encode(&path), path }
    }

    /// Letters that some server does not take in a name become spaces: separators of any server, wild
    /// cards of LIST, quotes, what means a user's home or another namespace.
    fn clean(&self, name: &str) -> String {
        let bad = |c: char| c.is_control() || "/\\.*%\"~#^|:?<>".contains(c) || self.separator.contains(c);
        let text: String = name.nfc().map(|c| if bad(c) { ' ' } else { c }).collect();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// The first personal namespace: `(("INBOX." ".")) NIL NIL` has the prefix `INBOX.`.
fn personal(answer: &str) -> Option<(String, String)> {
    let rest = answer.trim_start().strip_prefix("((")?;
    let (prefix, rest) = string(rest)?;
    let (separator, _) = string(rest.trim_start())?;
    (!separator.is_empty()).then(|| (utf7::decode(&prefix), separator))
}

/// A quoted string, and what follows it.
fn string(text: &str) -> Option<(String, &str)> {
    let mut plain = String::new();
    let rest = text.strip_prefix('"')?;
    let mut letters = rest.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((plain, rest.get(at + 1..)?)),
            '\\' => plain.push(letters.next()?.1),
            other => plain.push(other),
        }
    }
    None
}

impl Session {
    /// Where our folders begin; `None` where the server has no folders within folders.
    pub async fn root(&mut self, listed: &[Listed]) -> Result<Option<Root>, Trouble> {
        let mut told: Option<String> = None;
        if self.capabilities.namespace {
            let asked = self.exchange.run("NAMESPACE", |answer| {
                if let Response::Data { status: Status::Ok, outcome } = answer
                    && let Some(text) = outcome.information.as_deref()
                    && text.get(..10).is_some_and(|word| word.eq_ignore_ascii_case("NAMESPACE "))
                {
                    told = text.get(10..).map(str::to_owned);
                }
            });
            tolerate(asked.await)?;
        }
        Ok(Root::of(listed, told.as_deref()))
    }

    /// The numbers of every folder below the root, by path, without opening any.
    pub async fn numbers(&mut self, root: &Root, listed: &[Listed]) -> Result<HashMap<String, Numbers>, Trouble> {
        let ours: Vec<Own> = listed.iter().filter(|l| l.selectable).filter_map(|l| root.adopt(l)).collect();
        let mut found: HashMap<String, Numbers> = HashMap::new();
        if self.capabilities.list_status && !ours.is_empty() {
            let pattern = quoted(&format!("{}*", root.whole().raw));
            let command = format!("LIST \"\" {pattern} RETURN (STATUS (MESSAGES UIDNEXT UIDVALIDITY))");
            let asked = self.exchange.run(&command, |answer| note(&mut found, answer));
            tolerate(asked.await)?;
        }
        for own in ours {
            if let Entry::Vacant(place) = found.entry(own.path.clone()) {
                place.insert(self.numbers_of(&own).await?);
            }
        }
        found.retain(|path, _| root.holds(path));
        Ok(found)
    }

    /// The numbers of one folder of ours; none of them where it cannot be opened.
    pub async fn numbers_of(&mut self, own: &Own) -> Result<Numbers, Trouble> {
        let mut found = HashMap::new();
        let command = format!("STATUS {} (MESSAGES UIDNEXT UIDVALIDITY)", quoted(&own.raw));
        tolerate(self.exchange.run(&command, |answer| note(&mut found, answer)).await)?;
        Ok(found.into_values().next().unwrap_or_default())
    }

    /// Makes a folder of ours and has the user's programs show it.
    pub async fn make(&mut self, own: &Own) -> Result<(), Trouble> {
        self.exchange.run(&format!("CREATE {}", quoted(&own.raw)), |_| {}).await?;
        tolerate(self.exchange.run(&format!("SUBSCRIBE {}", quoted(&own.raw)), |_| {}).await)?;
        Ok(())
    }

    /// Renames a folder of ours. What lies in it goes along.
    pub async fn rename(&mut self, from: &Own, to: &Own) -> Result<(), Trouble> {
        self.exchange.run(&format!("RENAME {} {}", quoted(&from.raw), quoted(&to.raw)), |_| {}).await?;
        tolerate(self.exchange.run(&format!("SUBSCRIBE {}", quoted(&to.raw)), |_| {}).await)?;
        tolerate(self.exchange.run(&format!("UNSUBSCRIBE {}", quoted(&from.raw)), |_| {}).await)?;
        Ok(())
    }

    /// Removes a folder of ours. Whoever calls has made sure that nothing lies in it and that nobody can
    /// put anything into it any more.
    pub async fn remove(&mut self, own: &Own) -> Result<(), Trouble> {
        self.exchange.run(&format!("DELETE {}", quoted(&own.raw)), |_| {}).await?;
        tolerate(self.exchange.run(&format!("UNSUBSCRIBE {}", quoted(&own.raw)), |_| {}).await)?;
        Ok(())
    }
}

/// Whether a failure is the server's word on one command, after which the session goes on.
pub(super) fn is_refusal(trouble: &Trouble) -> bool {
    matches!(trouble, Trouble::Later(cause) if matches!(cause.what, What::Refused | What::Bad | What::FolderMissing))
}

impl Trouble {
    /// Whether the server turned one command down and the session can be used on.
    pub fn is_refusal(&self) -> bool {
        is_refusal(self)
    }
}

fn note(found: &mut HashMap<String, Numbers>, answer: &Response<'_>) {
    let Response::MailboxData(MailboxDatum::Status { mailbox, status }) = answer else { return };
    let mut numbers = Numbers::default();
    for item in status {
        match item {
            StatusAttribute::Messages(count) => numbers.total = Some(*count),
            StatusAttribute::UidNext(uid) => numbers.uid_next = Some(*uid),
            StatusAttribute::UidValidity(validity) => numbers.validity = Some(*validity),
            _ => {}
        }
    }
    found.insert(utf7::decode(mailbox), numbers);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(path: &str, separator: &str) -> Listed {
        let role = if path == "INBOX" { Role::Inbox } else { Role::Other };
        let raw = utf7::encode(path);
        Listed { path: path.into(), raw, separator: Some(separator.into()), role, selectable: true }
    }

    #[test]
    fn the_root_follows_the_namespace_and_else_the_folders() {
        let plain = [listed("INBOX", "/"), listed("Sent", "/")];
        assert_eq!(Root::of(&plain, None).unwrap().whole().path(), "Standin");
        let courier = [listed("INBOX", "."), listed("INBOX.Sent", ".")];
        assert_eq!(Root::of(&courier, None).unwrap().whole().path(), "INBOX.Standin");
        let told = Root::of(&courier[..1], Some("((\"INBOX.\" \".\")) NIL NIL")).unwrap();
        assert_eq!(told.own(Some("Accounts"), "17 Łódź").path(), "INBOX.Standin.Accounts.17 Łódź");
        assert_eq!(Root::of(&plain, Some("((\"\" \"/\")) NIL NIL")).unwrap().whole().path(), "Standin");
        for nonsense in ["NIL NIL NIL", "((", "((\"", "((\"x\" NIL))", "((\"x\" \"\"))"] {
            assert_eq!(Root::of(&plain, Some(nonsense)).unwrap().whole().path(), "Standin", "{nonsense}");
        }
        assert_eq!(Root::of(&[Listed { separator: None, ..listed("INBOX", "/") }], None), None);
    }

    #[test]
    fn names_are_cleaned_and_cut() {
        let root = Root::of(&[listed("INBOX", "/")], None).unwrap();
        let name = root.own(Some("Accounts"), "17 Acme/Sp. z o.o. \\ \"*%\"\r\nA1 DELETE INBOX ~#");
        assert_eq!(name.path(), "Standin/Accounts/17 Acme Sp z o o A1 DELETE INBOX");
        let long = root.own(Some("Opportunities"), &format!("OP-1 {}", "Żółć ".repeat(90)));
        assert!(
            long.raw.len() <= LONGEST && long.path().starts_with("Standin/Opportunities/OP-1 Żółć"),
            "{}",
            long.path()
        );
        assert!(!long.path().ends_with(' '));
        // The two spellings of a letter are one name.
        assert_eq!(root.own(None, "Z\u{307}"), root.own(None, "Ż"));
    }

    #[test]
    fn nothing_outside_the_root_is_ours() {
        let root = Root::of(&[listed("INBOX", "/")], None).unwrap();
        for path in ["INBOX", "Sent", "Standing orders", "Standin2", "Clients/Standin", "standin"] {
            assert_eq!(root.adopt(&listed(path, "/")), None, "{path}");
        }
        assert_eq!(
            root.adopt(&listed("Standin/Accounts/17 Łódź", "/")).unwrap().raw,
            "Standin/Accounts/17 &AUEA8w-d&AXo-"
        );
        assert!(root.adopt(&listed("Standin", "/")).is_some());
    }
}
