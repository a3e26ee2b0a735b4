//! Full text: which words stand in which mail. The index trails the timeline: a mail is visible
//! the moment it is linked, and searchable a moment later.
//!
//! Only the visible reply is indexed: what is quoted stands in the quoted mail. Text is folded
//! here, so that both databases index the same words: lower case, without diacritics, `ł` as `l`,
//! every CJK character a word of its own.

use super::{Result, Tx};
use crate::model::id::MailId;
use sqlx::AssertSqlSafe;
use unicode_normalization::UnicodeNormalization;

/// A mail that is not in the index yet.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Unindexed {
    /// Its row.
    pub id: i64,
    /// Subject.
    pub subject: String,
    /// Author's name.
    pub from_name: Option<String>,
    /// Author's address.
    pub from_address: String,
    /// The writer's new text; empty of an absence notice, which may say why (R104).
    pub visible: String,
    /// Attachment names.
    pub attachment_names: String,
}

/// A mail's folded words, ready for the index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// The mail.
    pub mail: MailId,
    /// Of the subject.
    pub subject: String,
    /// Of names and addresses.
    pub names: String,
    /// Of the visible text.
    pub body: String,
    /// Of attachment names.
    pub attachments: String,
}

/// One row of SQLite's index.
const INSERT: &str = "insert into mail_text (rowid, subject, names, body, attachments) values (?, ?, ?, ?, ?);";
/// Rows handed to SQLite at once.
const GO: usize = 50;
/// Octets of one text that are indexed. PostgreSQL refuses a vector over 1 MiB.
const MOST: usize = 256 * 1024;

/// Mails after this one that are not in the index yet, oldest row first.
pub async fn unindexed(tx: &mut Tx, after: MailId, limit: i64) -> Result<Vec<Unindexed>> {
    Ok(all!(
        tx,
        "select id, subject, from_name, from_address, \
         case when author in ('vacation', 'left-company') then '' else visible end as visible, attachment_names from mails \
         where id > (select upto from progress where what = 'text') and id > $1 order by id limit $2",
        after.0,
        limit
    )?)
}

/// Folds the texts of a mail. Pure and heavy: for the blocking pool.
pub fn words(mail: &Unindexed) -> Words {
    let names = format!("{} {}", mail.from_name.as_deref().unwrap_or_default(), mail.from_address);
    Words {
        mail: MailId(mail.id),
        subject: fold(&mail.subject),
        names: fold(&names),
        body: fold(&mail.visible),
        attachments: fold(&mail.attachment_names),
    }
}

/// Puts mails into the index. Ids grow in the order of commits (only the holder of `Tx::alone`
/// gives them), so the last one says how far the index has come.
pub async fn index(tx: &mut Tx, mails: Vec<Words>) -> Result<()> {
    let last = mails.iter().map(|w| w.mail.0).max();
    match tx {
        // One row in one statement: FTS5 writes its whole hash out at the end of a statement of
        // many rows. Many statements in one go: each trip to SQLite's thread costs as much as a row.
        Tx::Sqlite(t) => {
            let mut mails = mails.into_iter();
            loop {
                let go: Vec<Words> = mails.by_ref().take(GO).collect();
                if go.is_empty() {
                    break;
                }
                let sql = INSERT.repeat(go.len());
                let mut query = sqlx::query(AssertSqlSafe(sql)).persistent(go.len() == GO);
                for w in go {
                    query = query.bind(w.mail.0).bind(w.subject).bind(w.names).bind(w.body).bind(w.attachments);
                }
                query.execute(&mut **t).await?;
            }
        }
        Tx::Postgres(t) => {
            let (rowids, texts): (Vec<i64>, Vec<String>) =
                mails.into_iter().map(|w| (w.mail.0, [w.subject, w.names, w.body, w.attachments].join(" "))).unzip();
            sqlx::query(
                "insert into mail_text (rowid, words) select id, to_tsvector('simple', text) \
                 from unnest($1::bigint[], $2::text[]) as u (id, text) on conflict (rowid) do update set words = excluded.words",
            )
            .bind(rowids)
            .bind(texts)
            .execute(&mut **t)
            .await?;
        }
    }
    run!(tx, "update progress set upto = $1 where what = 'text' and upto < $1", last.unwrap_or(0))?;
    Ok(())
}

/// Indexes mails anew whose words changed; those that are not indexed yet come in their turn.
pub async fn again(tx: &mut Tx, mails: &[MailId]) -> Result<()> {
    let wanted = super::list(mails.iter().map(|m| m.0));
    let rows: Vec<Unindexed> = all!(
        tx,
        "select id, subject, from_name, from_address, visible, attachment_names from mails \
         where id <= (select upto from progress where what = 'text') \
         and id in (select cast(value as bigint) from json_each($1))",
        wanted.as_str()
    )?;
    run!(tx, "delete from mail_text where rowid in (select cast(value as bigint) from json_each($1))", wanted)?;
    index(tx, rows.iter().map(words).collect()).await
}

/// Text as it is indexed and searched.
pub fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len().min(MOST) + 8);
    for c in text.chars() {
        if out.len() >= MOST {
            break;
        }
        if c.is_ascii() {
            out.push(if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { ' ' });
        } else {
            fold_wide(c, &mut out);
        }
    }
    out
}

fn fold_wide(c: char, out: &mut String) {
    match c {
        'ł' | 'Ł' => out.push('l'),
        'ø' | 'Ø' => out.push('o'),
        'đ' | 'Đ' => out.push('d'),
        'ß' => out.push_str("ss"),
        'æ' | 'Æ' => out.push_str("ae"),
        'œ' | 'Œ' => out.push_str("oe"),
        _ => {
            for part in c.nfkd().filter(|p| p.is_alphanumeric()) {
                let alone = is_ideograph(part);
                if alone {
                    out.push(' ');
                }
                out.extend(part.to_lowercase());
                if alone {
                    out.push(' ');
                }
            }
            if !c.is_alphanumeric() && !unicode_normalization::char::is_combining_mark(c) {
                out.push(' ');
            }
        }
    }
}

/// Scripts that are written without spaces: each character is a word.
fn is_ideograph(c: char) -> bool {
    matches!(u32::from(c), 0x2E80..=0x9FFF | 0xAC00..=0xD7AF | 0xF900..=0xFAFF | 0x20000..=0x3FFFF)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_folded_to_plain_words() {
        assert_eq!(fold("Zażółć GĘŚLĄ jaźń"), "zazolc gesla jazn");
        assert_eq!(fold("op-1042/A"), "op 1042 a");
        assert_eq!(fold("東京x"), " 東  京 x");
        assert_eq!(fold("Straße"), "strasse");
    }
}
