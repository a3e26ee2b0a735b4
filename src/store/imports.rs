//! CSV files that are imported on a page: what was chosen, how far it is, what came of it.

use super::{Result, Tx};
use crate::model::id::UserId;
use crate::model::time::Timestamp;

/// An import without its file.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Import {
    /// Its number.
    pub id: i64,
    /// Who imports.
    pub user_id: i64,
    /// What the file holds: `users` or the word of a kind of record.
    pub what: String,
    /// What the file was called.
    pub file_name: String,
    /// The charset as chosen; empty: as found out.
    pub charset: String,
    /// The separator as chosen; empty: as found out.
    pub separator: String,
    /// Which of our columns each of the file's is: JSON.
    pub mapping: String,
    /// The file's columns: JSON.
    pub header: String,
    /// `mapping`, `trying`, `tried`, `running`, `done`, `failed` or `cancelled`.
    pub state: String,
    /// Whether sound rows are imported although others are refused.
    pub leave_out: bool,
    /// Rows in the file.
    pub total: i64,
    /// What is new, or would be.
    pub created: i64,
    /// What changed, or would.
    pub changed: i64,
    /// What was so already.
    pub unchanged: i64,
    /// Places that are read again because of it.
    pub read_again: i64,
    /// The refused rows: JSON.
    pub refused: String,
    /// Of what the dry run said; empty where nothing can be imported.
    pub digest: String,
    /// What stands in the way, in one word.
    pub problem: String,
    /// When the file was given, UTC milliseconds.
    pub created_at: i64,
    /// When it was last begun, UTC milliseconds.
    pub begun_at: Option<i64>,
    /// When it ended, UTC milliseconds.
    pub ended_at: Option<i64>,
    /// Whether the file is still kept.
    pub kept: bool,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select id, user_id, what, file_name, charset, separator, mapping, header, state, leave_out, total, created,
               changed, unchanged, read_again, refused, digest, problem, created_at, begun_at, ended_at,
               body is not null as kept from imports ",
            $rest
        )
    };
}

/// Octets that a file may have once unpacked: as many as may be given.
const UNPACKED: u64 = 64 * 1024 * 1024;

/// Keeps a file that was given. Gives its number.
pub async fn add(tx: &mut Tx, import: &Import, body: &[u8]) -> Result<i64> {
    let packed = zstd::encode_all(body, 3).unwrap_or_default();
    let (id,): (i64,) = one!(
        tx,
        "insert into imports (user_id, what, file_name, body, mapping, header, state, total, created_at)
         values ($1, $2, $3, $4, $5, $6, 'mapping', $7, $8) returning id",
        import.user_id,
        import.what.as_str(),
        import.file_name.as_str(),
        packed,
        import.mapping.as_str(),
        import.header.as_str(),
        import.total,
        import.created_at
    )?;
    Ok(id)
}

/// The import with this number.
pub async fn load(tx: &mut Tx, id: i64) -> Result<Option<Import>> {
    Ok(maybe!(tx, select!("where id = $1"), id)?)
}

/// The latest imports, at most `limit`.
pub async fn latest(tx: &mut Tx, limit: i64) -> Result<Vec<Import>> {
    Ok(all!(tx, select!("order by id desc limit $1"), limit)?)
}

/// The latest import of such a file whose columns were assigned.
pub async fn remembered(tx: &mut Tx, what: &str) -> Result<Option<Import>> {
    Ok(maybe!(tx, select!("where what = $1 and digest <> '' order by id desc limit 1"), what)?)
}

/// The first that waits to be tried or run.
pub async fn waiting(tx: &mut Tx) -> Result<Option<Import>> {
    Ok(maybe!(tx, select!("where state in ('trying', 'running') order by id limit 1"))?)
}

/// The file of an import; `None` once it was thrown away.
pub async fn body(tx: &mut Tx, id: i64) -> Result<Option<Vec<u8>>> {
    let row: Option<(Option<Vec<u8>>,)> = maybe!(tx, "select body from imports where id = $1", id)?;
    let packed = row.and_then(|(body,)| body);
    Ok(packed.map(|packed| {
        use std::io::Read;
        let mut plain = Vec::new();
        let read = zstd::Decoder::new(packed.as_slice()).map(|decoder| decoder.take(UNPACKED).read_to_end(&mut plain));
        if read.is_ok_and(|read| read.is_ok()) { plain } else { Vec::new() }
    }))
}

/// Writes down what was chosen and what came of it, if its state is still `before`; false if it is not.
pub async fn save(tx: &mut Tx, import: &Import, before: &str) -> Result<bool> {
    const SAVE: &str = "update imports set charset = $3, separator = $4, mapping = $5, header = $6, state = $7,
          leave_out = $8, total = $9, created = $10, changed = $11, unchanged = $12, read_again = $13, refused = $14,
          digest = $15, problem = $16, begun_at = $17, ended_at = $18 where id = $1 and state = $2";
    let saved = run!(
        tx,
        SAVE,
        import.id,
        before,
        import.charset.as_str(),
        import.separator.as_str(),
        import.mapping.as_str(),
        import.header.as_str(),
        import.state.as_str(),
        import.leave_out,
        import.total,
        import.created,
        import.changed,
        import.unchanged,
        import.read_again,
        import.refused.as_str(),
        import.digest.as_str(),
        import.problem.as_str(),
        import.begun_at,
        import.ended_at
    )?;
    Ok(saved > 0)
}

/// Throws a file away, with what was said of its rows.
pub async fn throw_away(tx: &mut Tx, id: i64) -> Result<()> {
    run!(tx, "update imports set body = null, refused = '[]' where id = $1", id)?;
    Ok(())
}

/// Throws files away that were given before `before`, with what was said of their rows, but not those that
/// are being imported; gives how many.
pub async fn forget(tx: &mut Tx, before: Timestamp) -> Result<u64> {
    const FORGET: &str = "update imports set body = null, refused = '[]'
        where body is not null and created_at < $1 and state not in ('trying', 'running')";
    Ok(run!(tx, FORGET, before.0)?)
}

impl Import {
    /// The user who imports.
    pub fn user(&self) -> UserId {
        UserId(self.user_id)
    }
}
