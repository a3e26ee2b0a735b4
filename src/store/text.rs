//! Full text: which words stand in which mail. The index trails the timeline: a mail is visible
//! the moment it is linked, and searchable a moment later.
//!
//! Only the visible reply is indexed: what is quoted stands in the quoted mail. Text is folded
//! here, so that both databases index the same words: lower case, without diacritics, `ł` as `l`,
//! every CJK character a word of its own. So a search for words holds nothing that either database
//! could take for its own language.

use super::{Result, Tx, list};
use crate::model::id::MailId;
use crate::model::time::{DAY, Timestamp};
use sqlx::AssertSqlSafe;
use std::collections::{HashMap, HashSet};
use unicode_normalization::UnicodeNormalization;

/// A mail that is not in the index yet.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Unindexed {
    /// Its row.
    pub id: i64,
    /// When it was written.
    pub at: i64,
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
    /// Whether anything is attached.
    pub attached: bool,
    /// Names and addresses in To and Cc. Blind copies are nobody's to find.
    #[sqlx(default)]
    pub recipients: String,
}

/// A mail's folded words, ready for the index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// The mail.
    pub mail: MailId,
    /// Of the subject.
    pub subject: String,
    /// Of its author's name and address.
    pub sender: String,
    /// Of those to whom it went.
    pub recipients: String,
    /// Of the visible text.
    pub body: String,
    /// Of attachment names.
    pub attachments: String,
    /// The week and the day in which it was written, and whether anything is attached, as words.
    pub marks: String,
}

/// One row of SQLite's index.
const INSERT: &str = "insert into mail_text (rowid, subject, sender, recipients, body, attachments, marks) \
    values (?, ?, ?, ?, ?, ?, ?);";
/// Rows handed to SQLite at once.
const GO: usize = 50;
/// Octets of one text that are indexed. PostgreSQL refuses a vector over 1 MiB.
const MOST: usize = 256 * 1024;
/// Addresses in To and Cc that are indexed.
const RECIPIENTS: i64 = 200;
/// The word that stands with mails to which something is attached. Nobody writes it.
const FILE: &str = "zzfile";
/// What a week is, in milliseconds.
pub const WEEK: i64 = 7 * DAY;

/// The columns of [`Unindexed`] that stand on the mail.
macro_rules! unindexed {
    ($where:literal) => {
        concat!(
            "select id, at, subject, from_name, from_address, \
             case when author in ('vacation', 'left-company') then '' else visible end as visible, attachment_names, \
             attachments <> '[]' as attached from mails where ",
            $where
        )
    };
}

/// Those of these mails that are in the index.
const INDEXED: &str = unindexed!(
    "id <= (select upto from progress where what = 'text') \
     and id in (select cast(value as bigint) from json_each($1))"
);

/// Mails after this one that are not in the index yet, oldest row first.
pub async fn unindexed(tx: &mut Tx, after: MailId, limit: i64) -> Result<Vec<Unindexed>> {
    const NEXT: &str =
        unindexed!("id > (select upto from progress where what = 'text') and id > $1 order by id limit $2");
    let mails: Vec<Unindexed> = all!(tx, NEXT, after.0, limit)?;
    with_recipients(tx, mails).await
}

/// Ids of mails that come in one go lie beside each other: one range of the table holds their people.
async fn with_recipients(tx: &mut Tx, mut mails: Vec<Unindexed>) -> Result<Vec<Unindexed>> {
    let rows: Vec<(i64, Option<String>, String)> = all!(
        tx,
        "select mail_id, name, address from mail_parties
         where mail_id in (select cast(value as bigint) from json_each($1)) and field in ('to', 'cc') and position < $2",
        list(mails.iter().map(|mail| mail.id)),
        RECIPIENTS
    )?;
    let mut found: HashMap<i64, String> = HashMap::new();
    for (mail, name, address) in rows {
        let text = found.entry(mail).or_default();
        for part in [name.as_deref().unwrap_or_default(), " ", &address, " "] {
            text.push_str(part);
        }
    }
    for mail in &mut mails {
        mail.recipients = found.remove(&mail.id).unwrap_or_default();
    }
    Ok(mails)
}

/// Folds the texts of a mail. Pure and heavy: for the blocking pool.
pub fn words(mail: &Unindexed) -> Words {
    let sender = format!("{} {}", mail.from_name.as_deref().unwrap_or_default(), mail.from_address);
    let file = if mail.attached { FILE } else { "" };
    Words {
        mail: MailId(mail.id),
        subject: fold(&mail.subject),
        sender: fold(&sender),
        recipients: fold(&mail.recipients),
        body: fold(&mail.visible),
        attachments: fold(&mail.attachment_names),
        marks: format!(
            "{} {} {file}",
            Slice::Week(mail.at.div_euclid(WEEK)).word(),
            Slice::Day(mail.at.div_euclid(DAY)).word()
        ),
    }
}

/// A time of which mail is asked for, counted from 1970; what lies before shares one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slice {
    /// The week with this number.
    Week(i64),
    /// The day with this number, in UTC. Seven make a week.
    Day(i64),
}

impl Slice {
    fn word(self) -> String {
        match self {
            Slice::Week(number) => format!("zzweek{}", number.max(0)),
            Slice::Day(number) => format!("zzday{}", number.max(0)),
        }
    }
}

/// The number of the week of a moment.
pub fn week(at: Timestamp) -> i64 {
    at.0.div_euclid(WEEK)
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
                    query = query.bind(w.mail.0).bind(w.subject).bind(w.sender).bind(w.recipients);
                    query = query.bind(w.body).bind(w.attachments).bind(w.marks);
                }
                query.execute(&mut **t).await?;
            }
        }
        Tx::Postgres(t) => {
            let text = |w: Words| [w.subject, w.sender, w.recipients, w.body, w.attachments, w.marks].join(" ");
            let (rowids, texts): (Vec<i64>, Vec<String>) = mails.into_iter().map(|w| (w.mail.0, text(w))).unzip();
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
    let wanted = list(mails.iter().map(|m| m.0));
    let rows: Vec<Unindexed> = all!(tx, INDEXED, wanted.as_str())?;
    let rows = with_recipients(tx, rows).await?;
    run!(tx, "delete from mail_text where rowid in (select cast(value as bigint) from json_each($1))", wanted)?;
    index(tx, rows.iter().map(words).collect()).await
}

/// What mails are asked for: words that all stand in them. Each is a run of words that stand side by
/// side, as [`tokens`] gives them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sought {
    /// Anywhere.
    pub any: Vec<Vec<String>>,
    /// In the author's name or address.
    pub from: Vec<Vec<String>>,
    /// In the names and addresses to which it went.
    pub to: Vec<Vec<String>>,
    /// Something is attached.
    pub attachment: bool,
}

impl Sought {
    /// Whether any mail at all is meant.
    pub fn is_empty(&self) -> bool {
        !self.attachment && self.words().is_empty()
    }

    /// The runs of words.
    pub fn words(&self) -> Vec<&[String]> {
        [&self.any, &self.from, &self.to].into_iter().flatten().map(Vec::as_slice).filter(|r| !r.is_empty()).collect()
    }

    /// In FTS5's language: every run is a quoted string, in which nothing has a meaning but the words.
    fn for_sqlite(&self, slice: Option<Slice>) -> String {
        let run = |column: &str, run: &Vec<String>| (!run.is_empty()).then(|| format!("{column}\"{}\"", run.join(" ")));
        let any = self.any.iter().filter_map(|r| run("", r));
        let from = self.from.iter().filter_map(|r| run("sender : ", r));
        let to = self.to.iter().filter_map(|r| run("recipients : ", r));
        let marks = self.marks(slice);
        let marks = marks.iter().map(|mark| format!("marks : \"{mark}\""));
        any.chain(from).chain(to).chain(marks).collect::<Vec<_>>().join(" AND ")
    }

    /// In PostgreSQL's: every word is quoted. Where they stand, and beside which, is left open: the index
    /// does not know, and would look into every mail with all of them.
    fn for_postgres(&self, slice: Option<Slice>) -> String {
        let words = self.words().into_iter().flatten().cloned().chain(self.marks(slice));
        words.map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" & ")
    }

    /// Whether a mail that holds all words holds them where they are to stand.
    fn is_anywhere(&self) -> bool {
        self.from.is_empty() && self.to.is_empty() && self.any.iter().all(|run| run.len() < 2)
    }

    /// Whether it stands in a mail.
    fn stands_in(&self, mail: &Words, attached: bool) -> bool {
        let columns = [&mail.subject, &mail.sender, &mail.recipients, &mail.body, &mail.attachments];
        let columns = columns.map(|text| text.split_whitespace().collect::<Vec<&str>>());
        let [_, sender, recipients, ..] = &columns;
        let all = |runs: &[Vec<String>], place: &dyn Fn(&[String]) -> bool| {
            runs.iter().filter(|run| !run.is_empty()).all(|run| place(run))
        };
        (attached || !self.attachment)
            && all(&self.any, &|run| columns.iter().any(|column| holds(column, run)))
            && all(&self.from, &|run| holds(sender, run))
            && all(&self.to, &|run| holds(recipients, run))
    }

    fn marks(&self, slice: Option<Slice>) -> Vec<String> {
        let file = self.attachment.then(|| FILE.to_owned());
        slice.map(Slice::word).into_iter().chain(file).collect()
    }
}

fn holds(column: &[&str], run: &[String]) -> bool {
    column.windows(run.len()).any(|window| window.iter().zip(run).all(|(word, sought)| word == sought))
}

/// Mails that the index gives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Indexed {
    /// Their rows.
    pub mails: Vec<i64>,
    /// All of it stands in them. If not, the words do, and [`among`] tells where.
    pub exact: bool,
}

/// Mails in which all of this stands, of one time or of all, at most `limit`: the last ones taken in first
/// on SQLite, in no order on PostgreSQL. Whoever may see them: the caller looks at sight.
pub async fn with_words(tx: &mut Tx, sought: &Sought, slice: Option<Slice>, limit: i64) -> Result<Indexed> {
    let (rows, exact): (Vec<(i64,)>, bool) = match tx {
        Tx::Sqlite(t) => {
            let rows =
                sqlx::query_as("select rowid from mail_text where mail_text match $1 order by rowid desc limit $2");
            (rows.bind(sought.for_sqlite(slice)).bind(limit).fetch_all(&mut **t).await?, true)
        }
        // An order would make it read all there are before it gives the first.
        Tx::Postgres(t) => {
            let rows = sqlx::query_as("select rowid from mail_text where words @@ to_tsquery('simple', $1) limit $2");
            (rows.bind(sought.for_postgres(slice)).bind(limit).fetch_all(&mut **t).await?, sought.is_anywhere())
        }
    };
    Ok(Indexed { mails: rows.into_iter().map(|(id,)| id).collect(), exact })
}

/// Those of these mails in which all of this stands. They are read, not looked up: the index would be
/// entered anew for each, which takes several times as long for common words.
pub async fn among(tx: &mut Tx, sought: &Sought, mails: &[i64]) -> Result<HashSet<i64>> {
    let rows: Vec<Unindexed> = all!(tx, INDEXED, list(mails.iter().copied()))?;
    let rows = with_recipients(tx, rows).await?;
    let found = rows.iter().filter(|mail| sought.stands_in(&words(mail), mail.attached));
    Ok(found.map(|mail| mail.id).collect())
}

/// The words of a text, as they are indexed.
pub fn tokens(text: &str) -> Vec<String> {
    fold(text).split_whitespace().map(str::to_owned).collect()
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

    #[test]
    fn what_is_sought_is_quoted_in_both_languages() {
        let run = |text: &str| tokens(text);
        let sought = Sought {
            any: vec![run("Faktura nr 7"), run("\"' OR --")],
            from: vec![run("jan@acme.example")],
            to: Vec::new(),
            attachment: true,
        };
        assert_eq!(
            sought.for_sqlite(Some(Slice::Week(2_960))),
            "\"faktura nr 7\" AND \"or\" AND sender : \"jan acme example\" AND marks : \"zzweek2960\" AND marks : \"zzfile\""
        );
        assert_eq!(sought.for_postgres(None), "'faktura' & 'nr' & '7' & 'or' & 'jan' & 'acme' & 'example' & 'zzfile'");
        assert!(Sought { any: vec![Vec::new()], ..Sought::default() }.is_empty());
    }

    proptest::proptest! {
        #[test]
        fn words_hold_nothing_that_means_anything_to_a_database(text in "\\PC*") {
            for token in tokens(&text) {
                proptest::prop_assert!(token.chars().all(|c| c.is_alphanumeric()), "{token:?}");
            }
        }
    }
}
