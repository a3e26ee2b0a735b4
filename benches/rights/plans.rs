//! The plans of the statements that the store sends: a full scan of a big table is a failure.
//!
//! SQLite is asked for the plan of each statement afterwards; PostgreSQL tells the very plan that it
//! ran (`auto_explain`), with the values it was given.

use super::watch::{self, Heard};
use anyhow::{Result, bail};
use regex::Regex;
use sqlx::AssertSqlSafe;
use standin::store::Tx;
use std::collections::{BTreeMap, BTreeSet};

/// The tables that grow with the mail or with the clients.
pub const BIG: [&str; 7] = ["mails", "links", "records", "mail_parties", "locations", "raws", "record_words"];

/// A statement that reads a big table from one end to the other.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Scan {
    /// What was scanned, in the words of the plan.
    pub step: String,
    /// The statement, its white space folded.
    pub statement: String,
}

/// Makes PostgreSQL tell the plan of every statement of those who connect to this database from now
/// on, or no more. For a superuser.
pub async fn tell(tx: &mut Tx, plans: bool) -> Result<()> {
    const TELL: [(&str, &str); 4] = [
        ("session_preload_libraries", "auto_explain"),
        ("auto_explain.log_min_duration", "0"),
        ("auto_explain.log_level", "notice"),
        ("auto_explain.log_format", "json"),
    ];
    if let Tx::Postgres(t) = tx {
        sqlx::query("load 'auto_explain'").execute(&mut **t).await?;
        for (name, value) in TELL {
            let what = if plans { format!("set {name} = {value}") } else { format!("reset {name}") };
            let set = format!("do $$ begin execute format('alter database %I {what}', current_database()); end $$");
            sqlx::query(AssertSqlSafe(set)).execute(&mut **t).await?;
        }
    }
    Ok(())
}

/// The scans among what `watch` heard; and how many statements there were.
pub async fn scans(tx: &mut Tx, heard: Vec<Heard>) -> Result<(BTreeSet<Scan>, usize)> {
    let partial = partial_indexes(tx).await?;
    let mut found = BTreeSet::new();
    let mut statements = BTreeSet::new();
    let mut notices = 0;
    for one in heard {
        match one {
            Heard::Notice(text) => {
                notices += 1;
                if let Some((_, plan)) = text.split_once('{') {
                    let plan: serde_json::Value = serde_json::from_str(&format!("{{{plan}"))?;
                    let statement = fold(plan["Query Text"].as_str().unwrap_or_default());
                    nodes(&plan["Plan"], &mut |node| {
                        found.extend(full(node, &partial).map(|step| Scan { step, statement: statement.clone() }));
                    });
                }
            }
            Heard::Statement(text) if reads(&text) => _ = statements.insert(text),
            Heard::Statement(_) => {}
        }
    }
    if let Tx::Sqlite(t) = tx {
        for statement in &statements {
            let ask = format!("explain query plan {statement}");
            let steps: Vec<(i64, i64, i64, String)> = sqlx::query_as(AssertSqlSafe(ask)).fetch_all(&mut **t).await?;
            let names = aliases(statement)?;
            let scanned = steps.into_iter().filter_map(|(.., step)| whole(&step, &names, &partial));
            found.extend(scanned.map(|step| Scan { step, statement: fold(statement) }));
        }
    } else if notices == 0 {
        bail!("PostgreSQL told no plan");
    }
    Ok((found, statements.len()))
}

/// The statements that SQLite would run inside out: going through a big table, or all of one kind in it, and looking
/// each row up in the list of values that was handed in.
#[allow(dead_code)] // for the tests
pub async fn inside_out(tx: &mut Tx, heard: &[Heard]) -> Result<BTreeSet<Scan>> {
    let Tx::Sqlite(t) = tx else { bail!("only SQLite is asked for plans afterwards") };
    let lists = Regex::new(r"(?i)json_each\([^)]*\)\s+(?:as\s+)?(\w+)")?;
    let mut found = BTreeSet::new();
    for one in heard {
        let Heard::Statement(statement) = one else { continue };
        let named: BTreeSet<String> = lists.captures_iter(statement).map(|c| format!("SCAN {} ", &c[1])).collect();
        if named.is_empty() || !reads(statement) {
            continue;
        }
        let ask = format!("explain query plan {statement}");
        let steps: Vec<(i64, i64, i64, String)> = sqlx::query_as(AssertSqlSafe(ask)).fetch_all(&mut **t).await?;
        let names = aliases(statement)?;
        let big = |step: &str| step.split(' ').nth(1).and_then(|alias| names.get(&alias.to_lowercase())).is_some();
        for (place, (_, parent, _, step)) in steps.iter().enumerate() {
            let outer = steps.iter().take(place).find(|(_, p, _, outer)| p == parent && big(outer));
            if let Some((.., outer)) = outer.filter(|_| named.iter().any(|list| step.starts_with(list))) {
                found.insert(Scan { step: format!("{outer}, then {step}"), statement: fold(statement) });
            }
        }
    }
    Ok(found)
}

/// Whether it reads, and is not a command to the database.
fn reads(statement: &str) -> bool {
    let start = statement.trim_start().to_lowercase();
    start.starts_with("select") || start.starts_with("with")
}

/// The statement on one line, with the condition of sight in a word.
fn fold(statement: &str) -> String {
    let mut text = statement.split_whitespace().collect::<Vec<_>>().join(" ");
    while let Some(start) = text.find(".deleted_at is null and (") {
        let open = text.get(..start).and_then(|before| before.rfind('(')).unwrap_or(start);
        let mut depth = 0;
        let end = text.bytes().enumerate().skip(open).find_map(|(at, byte)| {
            depth += i32::from(byte == b'(') - i32::from(byte == b')');
            (depth == 0).then_some(at + 1)
        });
        let alias = text.get(open + 1..start).unwrap_or_default().to_owned();
        text.replace_range(open..end.unwrap_or(text.len()), &format!("visible({alias})"));
    }
    text
}

/// The table that each alias of a big table stands for.
fn aliases(statement: &str) -> Result<BTreeMap<String, String>> {
    let pattern = Regex::new(&format!(r"(?i)\b(?:from|join)\s+({})\s+(?:as\s+)?(\w+)", BIG.join("|")))?;
    let named = pattern.captures_iter(statement).map(|c| (c[2].to_lowercase(), c[1].to_lowercase()));
    Ok(named.chain(BIG.map(|table| (table.to_owned(), table.to_owned()))).collect())
}

/// The step, if SQLite walks a big table in it: from one end to the other, or along an index that
/// holds all of its rows.
fn whole(step: &str, names: &BTreeMap<String, String>, partial: &BTreeSet<String>) -> Option<String> {
    let rest = step.strip_prefix("SCAN ")?;
    let mut words = rest.split(' ');
    let table = names.get(&words.next()?.to_lowercase())?;
    let index = words.skip_while(|word| *word != "INDEX").nth(1);
    let small = index.is_some_and(|index| partial.contains(index));
    (!small).then(|| format!("{step} ({table})"))
}

fn nodes(plan: &serde_json::Value, seen: &mut dyn FnMut(&serde_json::Value)) {
    seen(plan);
    for below in plan["Plans"].as_array().into_iter().flatten() {
        nodes(below, seen);
    }
}

/// The node in words, if PostgreSQL reads all of a big table, or all of an index of all its rows.
fn full(node: &serde_json::Value, partial: &BTreeSet<String>) -> Option<String> {
    let (kind, table) = (node["Node Type"].as_str()?, node["Relation Name"].as_str().unwrap_or_default());
    let index = node["Index Name"].as_str().unwrap_or_default();
    let of_big = BIG.contains(&table) || BIG.iter().any(|big| index.starts_with(&format!("{big}_")));
    let unbounded = node.get("Index Cond").is_none() && !partial.contains(index);
    let full = match kind {
        "Seq Scan" => true,
        "Index Scan" | "Index Only Scan" | "Bitmap Index Scan" => unbounded,
        _ => false,
    };
    (full && of_big).then(|| format!("{kind} {table} {index}").trim().to_owned())
}

/// The indexes that hold only some rows of their table.
async fn partial_indexes(tx: &mut Tx) -> Result<BTreeSet<String>> {
    let names: Vec<(String,)> = match tx {
        Tx::Sqlite(t) => {
            let ask = "select name from sqlite_master where type = 'index' and sql like '% where %'";
            sqlx::query_as(ask).fetch_all(&mut **t).await?
        }
        Tx::Postgres(t) => {
            let ask = "select indexname::text from pg_indexes where indexdef like '% WHERE %'";
            sqlx::query_as(ask).fetch_all(&mut **t).await?
        }
    };
    Ok(names.into_iter().map(|(name,)| name).collect())
}

/// Listens to what `what` makes the store send.
pub async fn heard<T>(what: impl Future<Output = Result<T>>) -> Result<(T, Vec<Heard>)> {
    watch::begin();
    let done = what.await;
    let heard = watch::end();
    Ok((done?, heard))
}
