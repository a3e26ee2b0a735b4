//! Texts of notices that people wrote, and what a person chose for theirs.

use super::{Result, Tx};
use crate::model::address::Address;
use crate::model::id::{TeamId, UserId};
use crate::model::notice::Language;
use crate::model::notice_text::{Holder, Manner, Readers, ReplyTo, Written};
use crate::model::time::Timestamp;

/// A text with who wrote it, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    /// The text.
    pub written: Written,
    /// Who; `None` for the operator.
    pub by: Option<UserId>,
    /// When.
    pub at: Timestamp,
}

type Row = (String, i64, String, String, String, Option<i64>, i64);

/// A row; `None` for one that this version does not know.
fn saved((holder, id, readers, language, text, by, at): Row) -> Option<Saved> {
    let written = Written {
        holder: Holder::of_parts(&holder, id)?,
        readers: Readers::from_word(&readers)?,
        language: Language::from_tag(&language)?,
        text,
    };
    Some(Saved { written, by: by.map(UserId), at: Timestamp(at) })
}

/// The texts of one holder.
pub async fn of(tx: &mut Tx, holder: Holder) -> Result<Vec<Saved>> {
    let (word, id) = holder.parts();
    let rows: Vec<Row> = all!(
        tx,
        "select holder, holder_id, readers, language, text, changed_by, changed_at from notice_texts \
         where holder = $1 and holder_id = $2 order by readers, language",
        word,
        id
    )?;
    Ok(rows.into_iter().filter_map(saved).collect())
}

/// Every text there is.
pub async fn every(tx: &mut Tx) -> Result<Vec<Saved>> {
    let rows: Vec<Row> = all!(
        tx,
        "select holder, holder_id, readers, language, text, changed_by, changed_at from notice_texts \
         order by holder, holder_id, readers, language"
    )?;
    Ok(rows.into_iter().filter_map(saved).collect())
}

/// Writes a text, in the place of the one before.
pub async fn set(tx: &mut Tx, written: &Written, by: Option<UserId>, now: Timestamp) -> Result<()> {
    let (word, id) = written.holder.parts();
    run!(
        tx,
        "insert into notice_texts (holder, holder_id, readers, language, text, changed_by, changed_at) \
         values ($1, $2, $3, $4, $5, $6, $7) on conflict (holder, holder_id, readers, language) \
         do update set text = excluded.text, changed_by = excluded.changed_by, changed_at = excluded.changed_at",
        word,
        id,
        written.readers.word(),
        written.language.tag(),
        written.text.as_str(),
        by.map(|u| u.0),
        now.0
    )?;
    Ok(())
}

/// Takes a text away; false if there was none.
pub async fn clear(tx: &mut Tx, holder: Holder, readers: Readers, language: Language) -> Result<bool> {
    let (word, id) = holder.parts();
    let touched = run!(
        tx,
        "delete from notice_texts where holder = $1 and holder_id = $2 and readers = $3 and language = $4",
        word,
        id,
        readers.word(),
        language.tag()
    )?;
    Ok(touched > 0)
}

/// How notices of a person are: their texts, those of their team and of the company, and what they chose.
pub async fn manner(tx: &mut Tx, user: UserId, team: Option<TeamId>) -> Result<Manner> {
    let rows: Vec<Row> = all!(
        tx,
        "select holder, holder_id, readers, language, text, changed_by, changed_at from notice_texts \
         where (holder = 'person' and holder_id = $1) or (holder = 'team' and holder_id = $2) or holder = 'company' \
         order by holder, readers, language",
        user.0,
        team.map_or(0, |team| team.0)
    )?;
    let texts = rows.into_iter().filter_map(saved).map(|saved| saved.written).collect();
    let chosen: Option<(String, String, String)> =
        maybe!(tx, "select from_address, name, reply_to from notice_manners where user_id = $1", user.0)?;
    let (from, name, reply_to) = chosen.unwrap_or_default();
    Ok(Manner {
        texts,
        from: Address::parse(&from).ok(),
        name: Some(name).filter(|name| !name.is_empty()),
        reply_to: ReplyTo::from_word(&reply_to),
    })
}

/// Keeps what a person chose; their texts are kept by [`set`].
pub async fn set_manner(tx: &mut Tx, user: UserId, manner: &Manner) -> Result<()> {
    run!(
        tx,
        "insert into notice_manners (user_id, from_address, name, reply_to) values ($1, $2, $3, $4) \
         on conflict (user_id) do update set from_address = excluded.from_address, name = excluded.name, \
         reply_to = excluded.reply_to",
        user.0,
        manner.from.as_ref().map(Address::as_str).unwrap_or_default(),
        manner.name.as_deref().unwrap_or_default(),
        manner.reply_to.as_ref().map(ReplyTo::word).unwrap_or_default()
    )?;
    Ok(())
}
