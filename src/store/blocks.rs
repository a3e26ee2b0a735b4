//! Blocklists: the company's and each user's own. What is covered is looked up by pattern for a
//! whole batch; searching stored mail for it reads the parties of all mail and is for people who ask.

use super::{Result, StoreError, Tx, list, text_list};
use crate::model::block::{Hidden, Pattern};
use crate::model::id::{LocationId, MailId, UserId};
use crate::model::time::Timestamp;
use std::collections::{BTreeSet, HashMap};

/// One line of a blocklist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Its number.
    pub id: i64,
    /// Whose list; `None`: the company's.
    pub user: Option<UserId>,
    /// What is blocked.
    pub pattern: Pattern,
    /// Who blocked it; `None`: the operator.
    pub by: Option<UserId>,
    /// Since when.
    pub at: Timestamp,
}

type Row = (i64, Option<i64>, String, Option<i64>, i64);

fn block((id, user, pattern, by, at): Row) -> Result<Block> {
    let bad = |_| StoreError::BadRow { table: "blocks", id, column: "pattern" };
    let pattern = Pattern::parse(&pattern).map_err(bad)?;
    Ok(Block { id, user: user.map(UserId), pattern, by: by.map(UserId), at: Timestamp(at) })
}

/// The list of a user, or the company's, by pattern.
pub async fn of(tx: &mut Tx, user: Option<UserId>) -> Result<Vec<Block>> {
    const LOAD: &str = "select id, user_id, pattern, by_user_id, created_at from blocks
        where coalesce(user_id, 0) = $1 order by pattern";
    let rows: Vec<Row> = all!(tx, LOAD, user.map_or(0, |u| u.0))?;
    rows.into_iter().map(block).collect()
}

/// Every line of every list: the company's first, then by user, each by pattern.
pub async fn all(tx: &mut Tx) -> Result<Vec<Block>> {
    const LOAD: &str = "select id, user_id, pattern, by_user_id, created_at from blocks
        order by coalesce(user_id, 0), pattern, id";
    let rows: Vec<Row> = all!(tx, LOAD)?;
    rows.into_iter().map(block).collect()
}

/// The lines with one of these patterns, of whichever list.
pub async fn with(tx: &mut Tx, patterns: &BTreeSet<String>) -> Result<Vec<Block>> {
    const LOAD: &str = "select b.id, b.user_id, b.pattern, b.by_user_id, b.created_at from json_each($1) k
        join blocks b on b.pattern = k.value order by coalesce(b.user_id, 0), b.pattern, b.id";
    let rows: Vec<Row> = all!(tx, LOAD, text_list(patterns.iter().map(String::as_str)))?;
    rows.into_iter().map(block).collect()
}

/// Adds a line; false if it stood there. The caller holds [`Tx::alone`].
pub async fn add(
    tx: &mut Tx,
    user: Option<UserId>,
    pattern: &Pattern,
    by: Option<UserId>,
    now: Timestamp,
) -> Result<bool> {
    const ADD: &str = "insert into blocks (user_id, pattern, by_user_id, created_at)
        select $1, $2, $3, $4 where not exists
          (select 1 from blocks where pattern = $2 and coalesce(user_id, 0) = $5)";
    let (whose, by) = (user.map(|u| u.0), by.map(|u| u.0));
    Ok(run!(tx, ADD, whose, pattern.as_str(), by, now.0, user.map_or(0, |u| u.0))? > 0)
}

/// Takes a line away; false if there is none.
pub async fn remove(tx: &mut Tx, user: Option<UserId>, pattern: &Pattern) -> Result<bool> {
    const REMOVE: &str = "delete from blocks where pattern = $1 and coalesce(user_id, 0) = $2";
    Ok(run!(tx, REMOVE, pattern.as_str(), user.map_or(0, |u| u.0))? > 0)
}

/// Whether anything is blocked by anybody, and whether anybody was erased.
pub async fn any(tx: &mut Tx) -> Result<(bool, bool)> {
    Ok(one!(tx, "select exists (select 1 from blocks), exists (select 1 from erased)")?)
}

/// Which of these patterns stand on the company's list or on that of `user`, and on which. The
/// company's comes before the user's.
pub async fn standing(
    tx: &mut Tx,
    user: Option<UserId>,
    patterns: &BTreeSet<String>,
) -> Result<HashMap<String, Hidden>> {
    let rows: Vec<(String, bool)> = all!(
        tx,
        "select b.pattern, b.user_id is null from json_each($1) k join blocks b on b.pattern = k.value \
         where b.user_id is null or b.user_id = $2",
        text_list(patterns.iter().map(String::as_str)),
        user.map_or(0, |u| u.0)
    )?;
    let mut found = HashMap::new();
    for (pattern, company) in rows {
        if company {
            found.insert(pattern, Hidden::Company);
        } else {
            found.entry(pattern).or_insert(Hidden::Own);
        }
    }
    Ok(found)
}

/// `like` patterns for addresses that a block pattern covers, for `escape '!'`. The second may repeat
/// the first.
pub fn likes(pattern: &Pattern) -> (String, String) {
    let escape = |text: &str| text.replace('!', "!!").replace('%', "!%").replace('_', "!_");
    match pattern.domain() {
        Some(domain) => (format!("%@{}", escape(domain)), format!("%@%.{}", escape(domain))),
        None => {
            let address = pattern.as_str();
            let (local, domain) = address.rsplit_once('@').unwrap_or((address, ""));
            let tagged = !local.contains('+') && !local.starts_with('"');
            let whole = escape(address);
            let tags = format!("{}+%@{}", escape(local), escape(domain));
            (whole.clone(), if tagged { tags } else { whole })
        }
    }
}

/// Stored mails on which somebody stands whom `pattern` covers, in the mailboxes of `user` alone if
/// given, with numbers above `after`.
pub async fn stored(
    tx: &mut Tx,
    pattern: &Pattern,
    user: Option<UserId>,
    after: MailId,
    limit: i64,
) -> Result<Vec<MailId>> {
    let (one, other) = likes(pattern);
    let rows: Vec<(i64,)> = all!(
        tx,
        "select distinct p.mail_id from mail_parties p where p.mail_id > $1 \
         and (p.address like $2 escape '!' or p.address like $3 escape '!') and ($4 = 0 or exists \
         (select 1 from locations l join folders f on f.id = l.folder_id join mailboxes b on b.id = f.mailbox_id \
          where l.mail_id = p.mail_id and b.user_id = $4)) order by p.mail_id limit $5",
        after.0,
        one,
        other,
        user.map_or(0, |u| u.0),
        limit
    )?;
    Ok(rows.into_iter().map(|(id,)| MailId(id)).collect())
}

/// Of these mails, how many lie in nobody else's mailbox. A copy that is gone from its server counts:
/// its mail had reached them.
pub async fn only_theirs(tx: &mut Tx, mails: &[MailId], user: UserId) -> Result<i64> {
    let (count,): (i64,) = one!(
        tx,
        "select count(*) from mails m where m.id in (select cast(value as bigint) from json_each($1)) and not exists \
         (select 1 from locations l join folders f on f.id = l.folder_id join mailboxes b on b.id = f.mailbox_id \
          where l.mail_id = m.id and (b.user_id is null or b.user_id <> $2))",
        list(mails.iter().map(|m| m.0)),
        user.0
    )?;
    Ok(count)
}

/// The places of these mails; with `user` only those in their mailboxes.
pub async fn places(tx: &mut Tx, mails: &[MailId], user: Option<UserId>) -> Result<Vec<LocationId>> {
    let rows: Vec<(i64,)> = all!(
        tx,
        "select l.id from locations l join folders f on f.id = l.folder_id join mailboxes b on b.id = f.mailbox_id \
         where l.mail_id in (select cast(value as bigint) from json_each($1)) and ($2 = 0 or b.user_id = $2) \
         order by l.id",
        list(mails.iter().map(|m| m.0)),
        user.map_or(0, |u| u.0)
    )?;
    Ok(rows.into_iter().map(|(id,)| LocationId(id)).collect())
}

/// Whether an address, or something in a domain, is one of ours: of a user or of a mailbox.
pub async fn is_ours(tx: &mut Tx, pattern: &Pattern) -> Result<bool> {
    let (one, other) = likes(pattern);
    let (found,): (bool,) = one!(
        tx,
        "select exists (select 1 from user_addresses where address like $1 escape '!' or address like $2 escape '!') \
         or exists (select 1 from mailboxes where address like $1 escape '!' or address like $2 escape '!')",
        one,
        other
    )?;
    Ok(found)
}

/// How many places each reason hides in a mailbox, by the words of [`Hidden`].
pub async fn hidden(tx: &mut Tx) -> Result<Vec<(i64, String, i64)>> {
    Ok(all!(
        tx,
        "select f.mailbox_id, h.why, count(*) from hidden_places h join locations l on l.id = h.location_id \
         join folders f on f.id = l.folder_id where l.epoch = f.epoch and l.state = 'unmatched' \
         group by f.mailbox_id, h.why order by 1, 2"
    )?)
}
