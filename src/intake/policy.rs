//! What a mailbox's policy keeps out: text where only headers are kept, and mail with a keyword that means
//! "never". The keyword concerns the copy that carries it: a copy in another mailbox, or in another folder
//! that is read, keeps its mail.

use super::prepare::Prepared;
use super::reader::Reader;
use super::reconsider::Ground;
use super::withdraw;
use crate::config::Content;
use crate::imap::Session;
use crate::model::block::Hidden;
use crate::model::id::{LocationId, MailId};
use crate::store;
use crate::store::folders::FolderRow;
use anyhow::{Context as _, Result};
use std::collections::BTreeSet;

/// Mails whose text is taken away in one go.
const STRIPPED: i64 = 500;
/// Places that are hidden in one go.
const HIDDEN: usize = 200;

/// The part of a mail before its body, with the empty line that ends it.
pub fn header_of(raw: &[u8]) -> &[u8] {
    let mut at = 0;
    for line in raw.split_inclusive(|b| *b == b'\n') {
        at += line.len();
        if line.iter().all(|b| b"\r\n".contains(b)) {
            break;
        }
    }
    raw.get(..at).unwrap_or(raw)
}

/// Takes everything but the header out of a prepared mail, whatever was read.
pub fn bare(mail: &mut Prepared, size: u64) {
    let row = &mut mail.row;
    (row.visible, row.attachment_names) = (String::new(), String::new());
    row.attachments = "[]".to_owned();
    (row.folded, row.packed, row.size) = (false, Vec::new(), size);
    mail.bare = true;
}

/// Where only headers are kept: takes away what was stored before that was so.
pub(super) async fn strip(reader: &Reader) -> Result<()> {
    if reader.account.content != Content::Headers {
        return Ok(());
    }
    loop {
        let mut tx = reader.intake.db.write().await?;
        reader.fenced(&mut tx).await?;
        let mails: Vec<MailId> = store::strip::with_text(&mut tx, reader.intake.context.mailbox, STRIPPED).await?;
        if mails.is_empty() {
            return Ok(());
        }
        store::strip::text_of(&mut tx, &mails).await?;
        tx.commit().await?;
    }
}

/// Looks which mails of the open folder carry a keyword that means "never": those are hidden, and those
/// that do not carry one any more are read again.
pub(super) async fn keywords(reader: &Reader, session: &mut Session, folder: &FolderRow, epoch: i64) -> Result<()> {
    if reader.account.never_keywords.is_empty() {
        return Ok(());
    }
    let mut marked = BTreeSet::new();
    for keyword in &reader.account.never_keywords {
        marked.extend(session.with_keyword(keyword).await.context("looking for mail that is marked as private")?);
    }
    let mut tx = reader.intake.db.read().await?;
    let hidden = store::strip::hidden_by_keyword(&mut tx, folder.id, epoch).await?;
    let shown = store::strip::shown_among(&mut tx, folder.id, epoch, &marked).await?;
    drop(tx);
    let free: Vec<LocationId> = hidden.iter().filter(|(_, uid)| !marked.contains(uid)).map(|(id, _)| *id).collect();
    if !free.is_empty() {
        let mut tx = reader.intake.db.write().await?;
        reader.fenced(&mut tx).await?;
        store::strip::read_again(&mut tx, &free).await?;
        tx.commit().await?;
    }
    for places in shown.chunks(HIDDEN) {
        let mut tx = reader.intake.db.write().await?;
        tx.alone().await?;
        reader.fenced(&mut tx).await?;
        let context = &reader.intake.context;
        let places = store::strip::with_leftovers(&mut tx, context.mailbox, places).await?;
        let ground = Ground { own_domains: &context.own_domains, keys: &context.keys, now: reader.intake.clock.now() };
        let removed = withdraw::hide(&mut tx, &places, Hidden::Keyword, ground).await?;
        tx.commit().await?;
        if removed.mails > 0 {
            reader.intake.signals.changed();
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_ends_with_its_empty_line() {
        assert_eq!(header_of(b"A: b\r\n\r\nbody\r\n\r\nmore"), b"A: b\r\n\r\n");
        assert_eq!(header_of(b"A: b\n\nbody"), b"A: b\n\n");
        assert_eq!(header_of(b"A: b"), b"A: b");
        assert_eq!(header_of(b""), b"");
    }
}
