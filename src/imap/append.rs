//! The copy of a mail written in Standin, in its writer's folder of sent mail: the one mail that is ever put
//! anywhere (P7). A [`SentFolder`] comes from a listing alone, so that no call here can reach another folder.

use super::exchange::{Next, quoted};
use super::folders::Listed;
use super::session::Session;
use super::trouble::{Trouble, What, turned_down};
use crate::model::cursor::Role;
use crate::model::time::Timestamp;
use async_imap::imap_proto::{MailboxDatum, Response};

/// A mailbox's folder of sent mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentFolder {
    raw: String,
}

impl SentFolder {
    /// The folder of sent mail among these: by the server's word, else by its name.
    pub fn among(listed: &[Listed]) -> Option<SentFolder> {
        let folder = listed.iter().find(|folder| folder.selectable && folder.role == Role::Sent)?;
        Some(SentFolder { raw: folder.raw.clone() })
    }
}

impl Session {
    /// Whether a mail with this Message-ID lies in the folder. Some providers file what goes through their
    /// server, and a program that stopped may have put it there already.
    pub async fn holds(&mut self, folder: &SentFolder, message_id: &str) -> Result<bool, Trouble> {
        if !message_id.bytes().all(|b| b.is_ascii_graphic()) {
            return Ok(false);
        }
        self.examine(&folder.raw).await?;
        let mut found = false;
        let command = format!("UID SEARCH HEADER MESSAGE-ID {}", quoted(message_id));
        let look = self.exchange.run(&command, |answer| {
            if let Response::MailboxData(MailboxDatum::Search(uids)) = answer {
                found |= !uids.is_empty();
            }
        });
        look.await?;
        Ok(found)
    }

    /// Puts a mail there, as read. `mail` is in wire form.
    pub async fn put(&mut self, folder: &SentFolder, mail: &[u8], at: Timestamp) -> Result<(), Trouble> {
        let date = at.to_utc().format("%d-%b-%Y %H:%M:%S +0000");
        let command = format!("APPEND {} (\\Seen) \"{date}\" {{{}}}", quoted(&folder.raw), mail.len());
        let tag = self.exchange.start(&command).await?;
        let mut handed = false;
        loop {
            match self.exchange.next(&tag).await? {
                Next::Data(_) => {}
                Next::Continue(_) if !handed => {
                    self.exchange.literal(mail).await?;
                    handed = true;
                }
                Next::Continue(_) => return Err(Trouble::later(What::Protocol, "asked for more of a whole mail")),
                Next::Done(_) if handed => return Ok(()),
                Next::Done(_) => return Err(Trouble::later(What::Protocol, "said that it has a mail it never took")),
                Next::Down(answer, words) => return Err(Trouble::Later(turned_down(answer, &words))),
            }
        }
    }
}
