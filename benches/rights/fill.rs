//! A database with the generated company in it: filled anew, or what an earlier run kept.

use super::company::{self, Size};
use anyhow::{Result, bail};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, PgPool, SqlitePool};
use standin::store::{Db, Tx};
use std::fs;
use std::path::Path;
use std::time::Instant;

/// Opens the database at `url` with a company of this size in it, and fills it unless a file in `dir` says that an
/// earlier run did. `name` is that of the kind of database, for what is printed.
pub async fn filled(name: &str, url: &str, dir: &Path, size: Size) -> Result<Db> {
    let db = Db::open(url).await?;
    db.migrate().await?;
    let told = dir.join(format!("filled-{name}"));
    let these = format!("{} {size:?}\n", company::SEED);
    match fs::read_to_string(&told) {
        Ok(text) if text == these => println!("{name}: what an earlier run kept"),
        Ok(_) => bail!("{} holds a company of other options; name another folder", dir.display()),
        Err(_) => {
            fill(name, url, size).await?;
            let begin = Instant::now();
            standin::intake::index::catch_up(&db).await?;
            println!("{name}: words indexed in {:.0} s", begin.elapsed().as_secs_f64());
            fs::write(&told, &these)?;
        }
    }
    db.analyze().await?;
    Ok(db)
}

/// Puts the company in. Keys and indexes are made afterwards, and references are not checked: what
/// is measured is reading.
async fn fill(name: &str, url: &str, size: Size) -> Result<()> {
    let begin = Instant::now();
    let mut told = |what: &str| {
        if !what.ends_with("messages") || what.ends_with("00000 messages") {
            println!("{name}: {what} after {:.0} s", begin.elapsed().as_secs_f64());
        }
    };
    match url.strip_prefix("sqlite:") {
        Some(path) => {
            let options = SqliteConnectOptions::new().filename(path).foreign_keys(false);
            let options = options.journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Off);
            let options = options.pragma("cache_size", "-400000").pragma("temp_store", "memory");
            let pool = SqlitePool::connect_with(options).await?;
            const INDEXES: &str = "select name, sql from sqlite_master where type = 'index' and sql is not null
                and tbl_name in ('mails', 'links', 'mail_parties', 'locations', 'records') order by name";
            let indexes: Vec<(String, String)> = sqlx::query_as(INDEXES).fetch_all(&pool).await?;
            let mut tx = Tx::Sqlite(pool.begin().await?);
            without(&mut tx, &indexes).await?;
            company::fill(&mut tx, size, &mut told).await?;
            with(&mut tx, &indexes).await?;
            told("indexes");
            company::asked(&mut tx, size).await?;
            tx.commit().await?;
            sqlx::query("pragma wal_checkpoint(truncate)").execute(&pool).await?;
            pool.close().await;
        }
        None => {
            let pool = PgPool::connect(url).await?;
            const INDEXES: &str = "select indexname::text, indexdef::text from pg_indexes where schemaname = 'public'
                and indexname not like '%_pkey'
                and tablename in ('mails', 'links', 'mail_parties', 'locations', 'records') order by 1";
            let indexes: Vec<(String, String)> = sqlx::query_as(INDEXES).fetch_all(&pool).await?;
            let mut tx = Tx::Postgres(pool.begin().await?);
            command(&mut tx, "set local session_replication_role = replica").await?;
            command(&mut tx, "set local maintenance_work_mem = '512MB'").await?;
            without(&mut tx, &indexes).await?;
            company::fill(&mut tx, size, &mut told).await?;
            with(&mut tx, &indexes).await?;
            told("indexes");
            company::asked(&mut tx, size).await?;
            tx.commit().await?;
            sqlx::query("vacuum analyze").execute(&pool).await?;
            sqlx::query("checkpoint").execute(&pool).await?;
            pool.close().await;
        }
    }
    told("questions and notices");
    Ok(())
}

async fn without(tx: &mut Tx, indexes: &[(String, String)]) -> Result<()> {
    for (index, _) in indexes {
        command(tx, &format!("drop index {index}")).await?;
    }
    Ok(())
}

async fn with(tx: &mut Tx, indexes: &[(String, String)]) -> Result<()> {
    for (_, sql) in indexes {
        command(tx, sql).await?;
    }
    Ok(())
}

async fn command(tx: &mut Tx, sql: &str) -> Result<()> {
    let sql = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
    match tx {
        Tx::Sqlite(t) => _ = sql.execute(&mut **t).await?,
        Tx::Postgres(t) => _ = sql.execute(&mut **t).await?,
    }
    Ok(())
}
