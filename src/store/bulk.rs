//! Many rows in one statement. The only file in which SQL text is put together at run time, and
//! only from names written in this crate.
//!
//! SQLite gets bare `?`: it looks every `$1` up among the names before it, which for thousands of
//! parameters costs more than the rows (docs/performance.md).
//!
//! SQLite is told `or fail`: what a failed statement wrote before it failed may stay, for the unit of
//! work is given up anyway. By default it keeps a copy of every page that a statement of many rows
//! touches, to take that statement alone back, and those copies cost as much as the rows.
//!
//! Both databases take `insert … values (…),(…)` and `update … from (values …)`. Chunk sizes are
//! powers of two, so that a handful of prepared statements serves every batch.

use super::{Result, Tx};
use sqlx::AssertSqlSafe;

/// One value of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A bigint.
    Int(Option<i64>),
    /// A text.
    Text(Option<String>),
    /// Bytes.
    Bytes(Option<Vec<u8>>),
    /// A boolean.
    Bool(bool),
}

macro_rules! value_from {
    ($($from:ty => |$v:ident| $to:expr;)*) => {$(
        impl From<$from> for Value {
            fn from($v: $from) -> Value {
                $to
            }
        }
    )*};
}

value_from! {
    i64 => |v| Value::Int(Some(v));
    Option<i64> => |v| Value::Int(v);
    String => |v| Value::Text(Some(v));
    &str => |v| Value::Text(Some(v.to_owned()));
    Option<String> => |v| Value::Text(v);
    Vec<u8> => |v| Value::Bytes(Some(v));
    Option<Vec<u8>> => |v| Value::Bytes(v);
    bool => |v| Value::Bool(v);
}

/// How many parameters one statement may carry: below SQLite's 32 766 and PostgreSQL's 65 535.
const PARAMETERS: usize = 16_000;
/// The largest number of rows in one statement.
const ROWS: usize = 256;

/// Inserts rows. `into` is `table (a, b)`, `tail` an `on conflict` clause or empty. After an error the
/// unit of work must be given up: on SQLite some of the rows may stand in it.
pub async fn insert_many(tx: &mut Tx, into: &'static str, tail: &'static str, rows: Vec<Vec<Value>>) -> Result<()> {
    let or_fail = or_fail(tx);
    many(tx, &|values| format!("insert {or_fail} into {into} values {values} {tail}"), rows).await
}

/// Updates rows. `head` is `table set x = v.column2`, `condition` ties `v.column1 …` to the table.
/// Casts are the caller's where a value may be null in every row.
pub async fn update_many(
    tx: &mut Tx,
    head: &'static str,
    condition: &'static str,
    rows: Vec<Vec<Value>>,
) -> Result<()> {
    let or_fail = or_fail(tx);
    many(tx, &|values| format!("update {or_fail} {head} from (values {values}) v where {condition}"), rows).await
}

fn or_fail(tx: &Tx) -> &'static str {
    match tx {
        Tx::Sqlite(_) => "or fail",
        Tx::Postgres(_) => "",
    }
}

async fn many(tx: &mut Tx, text: &(dyn Fn(&str) -> String + Sync), mut rows: Vec<Vec<Value>>) -> Result<()> {
    let Some(width) = rows.first().map(Vec::len).filter(|w| *w > 0) else { return Ok(()) };
    let most = (PARAMETERS / width).clamp(1, ROWS);
    rows.reverse();
    while !rows.is_empty() {
        let take = chunk(rows.len(), most);
        let sql = text(&placeholders(take, width, matches!(tx, Tx::Postgres(_))));
        let batch = rows.split_off(rows.len() - take);
        match tx {
            Tx::Sqlite(t) => {
                let mut query = sqlx::query(AssertSqlSafe(sql));
                for value in batch.into_iter().rev().flatten() {
                    query = match value {
                        Value::Int(v) => query.bind(v),
                        Value::Text(v) => query.bind(v),
                        Value::Bytes(v) => query.bind(v),
                        Value::Bool(v) => query.bind(v),
                    };
                }
                query.execute(&mut **t).await?;
            }
            Tx::Postgres(t) => {
                let mut query = sqlx::query(AssertSqlSafe(sql));
                for value in batch.into_iter().rev().flatten() {
                    query = match value {
                        Value::Int(v) => query.bind(v),
                        Value::Text(v) => query.bind(v),
                        Value::Bytes(v) => query.bind(v),
                        Value::Bool(v) => query.bind(v),
                    };
                }
                query.execute(&mut **t).await?;
            }
        }
    }
    Ok(())
}

/// The largest power of two not above what is left nor above `most`.
fn chunk(left: usize, most: usize) -> usize {
    let bound = left.min(most).max(1);
    1 << bound.ilog2()
}

fn placeholders(rows: usize, width: usize, numbered: bool) -> String {
    let mut out = String::with_capacity(rows * width * 6);
    let mut number = 0;
    for row in 0..rows {
        out.push_str(if row == 0 { "(" } else { ",(" });
        for column in 0..width {
            number += 1;
            if column > 0 {
                out.push(',');
            }
            match numbered {
                true => out.push_str(&format!("${number}")),
                false => out.push('?'),
            }
        }
        out.push(')');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_powers_of_two_and_end() {
        let mut left = 700;
        let mut seen = Vec::new();
        while left > 0 {
            let take = chunk(left, 256);
            seen.push(take);
            left -= take;
        }
        assert_eq!(seen, [256, 256, 128, 32, 16, 8, 4]);
    }

    #[test]
    fn placeholders_count_through() {
        assert_eq!(placeholders(2, 2, true), "($1,$2),($3,$4)");
        assert_eq!(placeholders(2, 2, false), "(?,?),(?,?)");
    }
}
