//! The folders of a mailbox and what they are for.

use super::names;
use super::session::{Session, tolerate};
use super::trouble::{Trouble, What};
use super::utf7;
use crate::model::cursor::Role;
use async_imap::imap_proto::{MailboxDatum, MailboxListData, NameAttribute, Response};

/// A folder as the server lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its path as people read it.
    pub path: String,
    /// Its name on the wire: what the calls of a session take.
    pub raw: String,
    /// What separates the parts of a path; `None` where there are no folders within folders.
    pub separator: Option<String>,
    /// What it is for: by the server's word, else by its name.
    pub role: Role,
    /// Whether it can hold mail.
    pub selectable: bool,
}

/// Folders taken from one mailbox.
const MOST: usize = 50_000;

impl Session {
    /// All folders. There is always one, so an empty list is trouble and never "all deleted".
    pub async fn folders(&mut self) -> Result<Vec<Listed>, Trouble> {
        let mut rows = Vec::new();
        let mut listed = false;
        if self.capabilities.special_use && self.capabilities.list_extended {
            let command = "LIST \"\" \"*\" RETURN (SPECIAL-USE)";
            listed = tolerate(self.exchange.run(command, |answer| take(&mut rows, answer)).await)?;
        }
        if !listed {
            rows.clear();
            self.exchange.run("LIST \"\" \"*\"", |answer| take(&mut rows, answer)).await?;
        }
        if rows.is_empty() {
            return Err(Trouble::later(What::Protocol, "the server lists no folder"));
        }
        Ok(with_roles(rows))
    }
}

/// A row of LIST: the folder, and its role by the server's word.
type Row = (Listed, Option<Role>);

fn take(rows: &mut Vec<Row>, answer: &Response<'_>) {
    let Response::MailboxData(MailboxDatum::List(data)) = answer else { return };
    let row = row(data);
    if rows.len() < MOST && !rows.iter().rev().take(50).any(|(known, _)| known.raw == row.0.raw) {
        rows.push(row);
    }
}

fn row(data: &MailboxListData<'_>) -> Row {
    let raw = unescaped(&data.name);
    let not_there = |attribute: &NameAttribute<'_>| match attribute {
        NameAttribute::NoSelect => true,
        NameAttribute::Extension(word) => word.eq_ignore_ascii_case("\\NonExistent"),
        _ => false,
    };
    let role = data.name_attributes.iter().find_map(|attribute| match attribute {
        NameAttribute::All => Some(Role::All),
        NameAttribute::Archive => Some(Role::Archive),
        NameAttribute::Drafts => Some(Role::Drafts),
        NameAttribute::Junk => Some(Role::Junk),
        NameAttribute::Sent => Some(Role::Sent),
        NameAttribute::Trash => Some(Role::Trash),
        _ => None,
    });
    let listed = Listed {
        path: utf7::decode(&raw),
        separator: data.delimiter.as_deref().map(unescaped).filter(|separator| !separator.is_empty()),
        selectable: !data.name_attributes.iter().any(not_there),
        role: Role::Other,
        raw,
    };
    (listed, role)
}

/// The parser leaves the escapes of a quoted string in place.
fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => plain.push(letters.next().unwrap_or('\\')),
            _ => plain.push(letter),
        }
    }
    plain
}

/// A role that the server gives to some folder is not guessed for others.
fn with_roles(rows: Vec<Row>) -> Vec<Listed> {
    let told: Vec<Role> = rows.iter().filter_map(|(_, role)| *role).collect();
    rows.into_iter()
        .map(|(listed, role)| {
            let guess = || names::role(&listed.path, listed.separator.as_deref()).filter(|role| !told.contains(role));
            let role = match role {
                _ if listed.path.eq_ignore_ascii_case("INBOX") => Role::Inbox,
                Some(role) => role,
                None => guess().unwrap_or(Role::Other),
            };
            Listed { role, ..listed }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(line: &str) -> Row {
        let (_, answer) = Response::parse(line.as_bytes()).unwrap();
        let mut rows = Vec::new();
        take(&mut rows, &answer);
        rows.pop().unwrap()
    }

    #[test]
    fn the_servers_word_goes_before_the_name() {
        let rows = [
            "* LIST (\\HasNoChildren) \"/\" inbox\r\n",
            "* LIST (\\HasNoChildren \\Sent) \"/\" Outgoing\r\n",
            "* LIST (\\HasNoChildren) \"/\" \"Sent Items\"\r\n",
            "* LIST (\\HasNoChildren) \"/\" \"Kosz\"\r\n",
            "* LIST (\\Noselect \\HasChildren) \"/\" \"[Gmail]\"\r\n",
        ];
        let folders = with_roles(rows.iter().map(|line| listed(line)).collect());
        let roles: Vec<Role> = folders.iter().map(|folder| folder.role).collect();
        assert_eq!(roles, [Role::Inbox, Role::Sent, Role::Other, Role::Trash, Role::Other]);
        assert!(!folders[4].selectable && folders[0].selectable);
    }

    #[test]
    fn names_with_quotes_and_backslashes_survive() {
        let (folder, _) = listed("* LIST () \"\\\\\" \"a\\\\b \\\"c\\\" Wys&AUI-ane\"\r\n");
        assert_eq!(folder.raw, "a\\b \"c\" Wys&AUI-ane");
        assert_eq!(folder.path, "a\\b \"c\" Wysłane");
        assert_eq!(folder.separator.as_deref(), Some("\\"));
    }
}
