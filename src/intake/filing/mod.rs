//! Filing from any mail program: Standin's folders in people's mailboxes, secret addresses to send a copy
//! to, signed references in addresses, mail forwarded as an attachment.
//!
//! [`tend`] looks after the folders; [`expand`] reads what came to the secret addresses; [`asks`] says
//! what is asked of each mail of a batch, and [`Filing`] honours it in the transaction in which the mail
//! is taken in. What cannot be honoured is written down with its reason (`filings`), never passed over.

mod asks;
mod dropbox;
mod folders;
mod judge;
mod plan;
mod submitted;
mod wishes;

pub(super) use asks::asks;
pub(super) use dropbox::{conceal, expand};
pub(super) use folders::{tend, watched};
pub(super) use judge::Filing;

use super::reader::Reader;
use super::session::Watched;
use crate::model::id::FolderId;
use crate::store;
use anyhow::Result;
use std::collections::HashSet;

/// Those of these folders that have not changed, and in which something waits to be read all the same.
pub(super) async fn waiting(reader: &Reader, folders: &[Watched]) -> Result<HashSet<FolderId>> {
    let quiet: Vec<FolderId> = folders.iter().filter(|folder| !folder.due).map(|folder| folder.id).collect();
    if quiet.is_empty() {
        return Ok(HashSet::new());
    }
    let mut tx = reader.intake.db.read().await?;
    let now = reader.intake.clock.now();
    Ok(store::filing::folders::with_pending(&mut tx, &quiet, now).await?.into_iter().collect())
}
