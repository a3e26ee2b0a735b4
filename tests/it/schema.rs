//! Both databases have the same schema: tables, columns, types, nullability, unique keys.
//!
//! The migrations are run on a real SQLite and a real PostgreSQL, and what came of them is read
//! from the databases' own catalogues: two texts can look alike and mean different things. What
//! truly differs (full-text search) is named in [`DIFFERS`] and nowhere else.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use crate::support::postgres::Database;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, Row, SqliteConnection};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Tables that only one of the two has or that differ in kind: the full-text index, and what
/// migrating itself keeps.
const DIFFERS: &[&str] = &["mail_text", "_sqlx_migrations"];

/// Indexes that PostgreSQL alone has: table and columns. Its planner chooses between ways that SQLite
/// is told to go, and there the index would cost room and time for nothing.
const POSTGRES_ALONE: &[(&str, &[&str])] = &[("links", &["at", "governing_id", "mail_id", "sealed"])];

/// What the two must have in common.
#[derive(Debug, Default, PartialEq, Eq)]
struct Schema {
    tables: BTreeMap<String, Table>,
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Table {
    columns: BTreeMap<String, Column>,
    /// The columns of the primary key and of each unique index, in order.
    unique: BTreeSet<Vec<String>>,
    /// The columns of every other index, in order.
    indexes: BTreeSet<Vec<String>>,
    /// Column, table and column it refers to.
    references: BTreeSet<(String, String, String)>,
    /// How many `check` constraints.
    checks: usize,
}

#[derive(Debug, PartialEq, Eq)]
struct Column {
    kind: Kind,
    nullable: bool,
    has_default: bool,
}

/// A column type as both databases know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Bigint,
    Text,
    Bytes,
    Boolean,
}

/// The differences between two schemas, in words.
fn differences(sqlite: &Schema, postgres: &Schema) -> Vec<String> {
    let mut found = Vec::new();
    each(&sqlite.tables, &postgres.tables, "table", &mut found, |name, one, other, found| {
        each(&one.columns, &other.columns, &format!("column {name}."), found, |column, one, other, found| {
            differ(&format!("{name}.{column}"), one, other, found);
        });
        differ(&format!("unique keys of {name}"), &one.unique, &other.unique, found);
        let alone = |columns: &&Vec<String>| !POSTGRES_ALONE.contains(&(name, &words(columns)));
        let indexes = other.indexes.iter().filter(alone).cloned().collect();
        differ(&format!("indexes of {name}"), &one.indexes, &indexes, found);
        differ(&format!("references of {name}"), &one.references, &other.references, found);
        differ(&format!("number of checks of {name}"), &one.checks, &other.checks, found);
    });
    found
}

fn words(columns: &[String]) -> Vec<&str> {
    columns.iter().map(String::as_str).collect()
}

fn differ<T: PartialEq + Debug>(what: &str, sqlite: &T, postgres: &T, found: &mut Vec<String>) {
    if sqlite != postgres {
        found.push(format!("{what}: SQLite {sqlite:?}, PostgreSQL {postgres:?}"));
    }
}

fn each<T>(
    sqlite: &BTreeMap<String, T>,
    postgres: &BTreeMap<String, T>,
    what: &str,
    found: &mut Vec<String>,
    mut both: impl FnMut(&str, &T, &T, &mut Vec<String>),
) {
    for name in sqlite.keys().chain(postgres.keys()).collect::<BTreeSet<_>>() {
        match (sqlite.get(name), postgres.get(name)) {
            (Some(one), Some(other)) => both(name, one, other, found),
            (Some(_), None) => found.push(format!("{what} {name}: only in SQLite")),
            _ => found.push(format!("{what} {name}: only in PostgreSQL")),
        }
    }
}

// SQLite ----------------------------------------------------------------------------------------

async fn sqlite(migrations: &[String]) -> Schema {
    let mut db = SqliteConnection::connect("sqlite::memory:").await.unwrap();
    for migration in migrations {
        sqlx::raw_sql(AssertSqlSafe(migration.clone())).execute(&mut db).await.unwrap();
    }
    let mut schema = Schema::default();
    let tables = "select name, sql from sqlite_schema where type = 'table' and name not like 'sqlite_%' order by name";
    for row in sqlx::query(tables).fetch_all(&mut db).await.unwrap() {
        let (name, sql): (String, String) = (row.get(0), row.get(1));
        // A virtual table's own tables have its name in front.
        if !DIFFERS.iter().any(|differs| name == *differs || name.starts_with(&format!("{differs}_"))) {
            let checks = sql.to_lowercase().split("check (").count() - 1;
            schema.tables.insert(name.clone(), Table { checks, ..sqlite_table(&mut db, &name).await });
        }
    }
    schema
}

async fn sqlite_table(db: &mut SqliteConnection, name: &str) -> Table {
    let mut table = Table::default();
    let columns = "select name, lower(type), \"notnull\", dflt_value, pk from pragma_table_info($1) order by pk";
    let mut key = Vec::new();
    for row in sqlx::query(columns).bind(name).fetch_all(&mut *db).await.unwrap() {
        let (column, kind, place): (String, String, i64) = (row.get(0), row.get(1), row.get(4));
        if place > 0 {
            key.push(column.clone());
        }
        // `integer primary key` numbers itself, as PostgreSQL's identity columns do by default.
        let numbers_itself = place > 0 && kind == "integer";
        let kind = match kind.as_str() {
            "bigint" => Kind::Bigint,
            "integer" if place > 0 => Kind::Bigint,
            "text" => Kind::Text,
            "blob" => Kind::Bytes,
            "boolean" => Kind::Boolean,
            other => panic!("{name}.{column} has the type {other}, which PostgreSQL would not read alike"),
        };
        let nullable = row.get::<i64, _>(2) == 0 && !numbers_itself && !(place > 0 && kind == Kind::Bigint);
        let has_default = row.get::<Option<String>, _>(3).is_some();
        table.columns.insert(column, Column { kind, nullable, has_default });
    }
    table.unique.insert(key);
    let indexes = "select name, \"unique\", origin, partial from pragma_index_list($1)";
    for row in sqlx::query(indexes).bind(name).fetch_all(&mut *db).await.unwrap() {
        let (index, unique): (String, i64) = (row.get(0), row.get(1));
        // An expression has no name; PostgreSQL's catalogue leaves it out as well.
        let columns = "select name from pragma_index_info($1) where name is not null order by seqno";
        let rows = sqlx::query(columns).bind(index).fetch_all(&mut *db).await.unwrap();
        let mut columns: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        if row.get::<i64, _>(3) == 1 {
            columns.push("(partial)".into());
        }
        if unique == 1 {
            table.unique.insert(columns)
        } else {
            table.indexes.insert(columns)
        };
    }
    let references = "select \"from\", \"table\", coalesce(\"to\", 'id') from pragma_foreign_key_list($1)";
    for row in sqlx::query(references).bind(name).fetch_all(&mut *db).await.unwrap() {
        table.references.insert((row.get(0), row.get(1), row.get(2)));
    }
    table
}

// PostgreSQL ------------------------------------------------------------------------------------

async fn postgres(migrations: &[String]) -> Schema {
    let database = Database::fresh();
    let options = sqlx::postgres::PgConnectOptions::from_str(&database.url).unwrap();
    let mut db = options.connect().await.unwrap();
    for migration in migrations {
        sqlx::raw_sql(AssertSqlSafe(migration.clone())).execute(&mut db).await.unwrap();
    }
    let mut schema = Schema::default();
    let tables = "select tablename::text from pg_tables where schemaname = 'public' order by 1";
    for row in sqlx::query(tables).fetch_all(&mut db).await.unwrap() {
        let name: String = row.get(0);
        if !DIFFERS.contains(&name.as_str()) {
            schema.tables.insert(name.clone(), postgres_table(&mut db, &name).await);
        }
    }
    db.close().await.unwrap();
    schema
}

async fn postgres_table(db: &mut PgConnection, name: &str) -> Table {
    let mut table = Table::default();
    let columns = "select column_name::text, data_type::text, is_nullable = 'YES', column_default is not null \
                   from information_schema.columns where table_schema = 'public' and table_name = $1";
    for row in sqlx::query(columns).bind(name).fetch_all(&mut *db).await.unwrap() {
        let (column, kind): (String, String) = (row.get(0), row.get(1));
        let kind = match kind.as_str() {
            "bigint" => Kind::Bigint,
            "text" => Kind::Text,
            "bytea" => Kind::Bytes,
            "boolean" => Kind::Boolean,
            other => panic!("{name}.{column} has the type {other}, which SQLite would not read alike"),
        };
        table.columns.insert(column, Column { kind, nullable: row.get(2), has_default: row.get(3) });
    }
    let indexes = "select i.indisunique, i.indpred is not null, \
                   array(select a.attname::text from unnest(i.indkey) with ordinality as k(number, place) \
                         join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.number \
                         where k.place <= i.indnkeyatts order by k.place) \
                   from pg_index i join pg_am m on m.oid = (select relam from pg_class where oid = i.indexrelid) \
                   where i.indrelid = format('public.%I', $1::text)::regclass and m.amname = 'btree'";
    for row in sqlx::query(indexes).bind(name).fetch_all(&mut *db).await.unwrap() {
        let mut columns: Vec<String> = row.get(2);
        if row.get(1) {
            columns.push("(partial)".into());
        }
        if row.get(0) {
            table.unique.insert(columns)
        } else {
            table.indexes.insert(columns)
        };
    }
    let references = "select a.attname::text, c.confrelid::regclass::text, b.attname::text from pg_constraint c \
                      join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1] \
                      join pg_attribute b on b.attrelid = c.confrelid and b.attnum = c.confkey[1] \
                      where c.contype = 'f' and c.conrelid = format('public.%I', $1::text)::regclass";
    for row in sqlx::query(references).bind(name).fetch_all(&mut *db).await.unwrap() {
        table.references.insert((row.get(0), row.get(1), row.get(2)));
    }
    let checks =
        "select count(*) from pg_constraint where contype = 'c' and conrelid = format('public.%I', $1::text)::regclass";
    let checks: i64 = sqlx::query_scalar(checks).bind(name).fetch_one(&mut *db).await.unwrap();
    table.checks = usize::try_from(checks).unwrap();
    table
}

// The migrations --------------------------------------------------------------------------------

/// The migrations of one database in their order: file names and texts.
fn migrations(database: &str) -> BTreeMap<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(database);
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let name = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
    files.map(|path| (name(&path), fs::read_to_string(&path).unwrap())).collect()
}

async fn compared(sqlite_texts: &[String], postgres_texts: &[String]) -> Vec<String> {
    differences(&sqlite(sqlite_texts).await, &postgres(postgres_texts).await)
}

#[tokio::test]
async fn both_databases_have_the_same_schema() {
    let (one, other) = (migrations("sqlite"), migrations("postgres"));
    assert_eq!(one.keys().collect::<Vec<_>>(), other.keys().collect::<Vec<_>>(), "the same migrations for both");
    let texts = |all: BTreeMap<String, String>| all.into_values().collect::<Vec<_>>();
    let schema = sqlite(&texts(one.clone())).await;
    assert!(schema.tables.len() > 10, "only {} tables", schema.tables.len());
    let found = compared(&texts(one), &texts(other)).await;
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

const SQLITE: &str = "create table a (id integer primary key, name text not null, size bigint, raw blob, ok boolean not null default true, check (size > 0));
    create table b (a_id bigint not null references a(id), word text not null, primary key (a_id, word));
    create unique index a_name on a (name); create index a_size on a (size) where ok;";

const POSTGRES: &str = "create table a (id bigint generated by default as identity primary key, name text not null, size bigint, raw bytea, ok boolean not null default true, check (size > 0));
    create table b (a_id bigint not null references a(id), word text not null, primary key (a_id, word));
    create unique index a_name on a (name); create index a_size on a (size) where ok;";

#[tokio::test]
async fn a_planted_difference_is_found() {
    assert_eq!(compared(&[SQLITE.into()], &[POSTGRES.into()]).await, [""; 0]);
    let good = sqlite(&[SQLITE.into()]).await;
    for (from, to, words) in [
        ("name text not null", "name text", "a.name"),
        ("size bigint", "size text", "a.size"),
        (", raw bytea", "", "column a. raw: only in SQLite"),
        ("raw bytea", "raw bytea, more text", "column a. more: only in PostgreSQL"),
        ("ok boolean not null default true", "ok boolean not null", "a.ok"),
        ("create unique index", "create index", "unique keys of a"),
        ("(size) where ok", "(size)", "indexes of a"),
        ("primary key (a_id, word)", "primary key (word, a_id)", "unique keys of b"),
        (" references a(id)", "", "references of b"),
        (", check (size > 0)", "", "number of checks of a"),
        (
            "create unique index",
            "create table c (id bigint primary key); create unique index",
            "table c: only in PostgreSQL",
        ),
    ] {
        // Without `check` on text, which has no order with 0.
        let text = POSTGRES.replace(from, to).replace(if to == "size text" { ", check (size > 0)" } else { "\0" }, "");
        assert_ne!(text, POSTGRES, "{from} is not there to be replaced");
        let found = differences(&good, &postgres(&[text]).await);
        assert!(found.iter().any(|found| found.contains(words)), "{words:?} is not among {found:#?}");
    }
}
