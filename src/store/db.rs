//! Opening a database, and units of work.

use super::Result;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Postgres, Sqlite, Transaction};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("migrations/postgres");

/// How PostgreSQL is to run our statements, whatever its defaults. Compiling one (`jit`) takes it a hundred
/// times as long as running it: the conditions of sight are long and the rows few. And rows that an
/// index names are mostly in memory or on a disk without a head; at the default of 4 it would rather
/// read all mail there is. Lists come as JSON, of which it always expects a hundred rows, so it would hash all links
/// there are to find those of three mails: our statements are written for indexes, as SQLite runs them (docs/performance.md).
const POSTGRES_SETTINGS: [(&str, &str); 5] = [
    ("default_transaction_isolation", "read committed"),
    ("jit", "off"),
    ("random_page_cost", "1.1"),
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
];

/// Pages of SQLite's log after which the writer itself folds it into the file, should nobody do so
/// beside it ([`Db::fold_log`]): it then waits for the disk, which in a first
/// reading takes a third of its time. 1 GB: a log that is written to all the time is folded, but
/// begins anew only in a pause.
const LOG_PAGES: &str = "65536";

/// An open database.
#[derive(Clone, Debug)]
pub struct Db {
    pools: Pools,
}

#[derive(Clone, Debug)]
enum Pools {
    Sqlite { path: PathBuf, writer: SqlitePool, durable: SqlitePool, readers: SqlitePool },
    Postgres(PgPool),
}

/// One unit of work. Reads see one moment; nothing is visible until [`Tx::commit`].
#[derive(Debug)]
pub enum Tx {
    /// On SQLite.
    Sqlite(Transaction<'static, Sqlite>),
    /// On PostgreSQL.
    Postgres(Transaction<'static, Postgres>),
}

/// Why a database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The URL is neither.
    #[error("`database` is `{0}`; it must be `sqlite:PATH` or `postgres://USER@HOST/NAME`")]
    Url(String),
    /// Reaching or opening it failed.
    #[error("the database could not be opened: {0}")]
    Connect(sqlx::Error),
    /// A newer program made its schema.
    #[error(
        "the database was made by a newer version of Standin (its schema is {theirs}, this program knows {ours}); \
         install that version or restore an older backup"
    )]
    Newer {
        /// Schema number found.
        theirs: i64,
        /// Newest schema number this program knows.
        ours: i64,
    },
    /// A migration failed.
    #[error("bringing the database up to date failed: {0}")]
    Migrate(MigrateError),
    /// The copy before a migration failed.
    #[error("the copy of the database before its migration could not be written: {0}")]
    Backup(sqlx::Error),
}

impl Db {
    /// Opens `sqlite:PATH` or `postgres://…`, making the SQLite file if it is not there.
    /// The schema is left as it is: see [`Db::migrate`].
    pub async fn open(url: &str) -> std::result::Result<Db, OpenError> {
        if let Some(path) = url.strip_prefix("sqlite:") {
            return open_sqlite(Path::new(path.trim_start_matches("//"))).await;
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            let options = PgConnectOptions::from_str(url).map_err(OpenError::Connect)?;
            let options = options.application_name("standin").options(POSTGRES_SETTINGS);
            let pool = PgPoolOptions::new()
                .max_connections(16)
                .acquire_timeout(Duration::from_secs(20))
                .connect_with(options)
                .await
                .map_err(OpenError::Connect)?;
            return Ok(Db { pools: Pools::Postgres(pool) });
        }
        Err(OpenError::Url(url.to_owned()))
    }

    /// Brings the schema up to date. On SQLite a copy of the file is written beside it first,
    /// if there is something to change. Refuses a schema newer than the program.
    pub async fn migrate(&self) -> std::result::Result<(), OpenError> {
        let migrator = match &self.pools {
            Pools::Sqlite { .. } => &SQLITE,
            Pools::Postgres(_) => &POSTGRES,
        };
        let ours = migrator.iter().map(|m| m.version).max().unwrap_or(0);
        let theirs = self.schema().await;
        if theirs > ours {
            return Err(OpenError::Newer { theirs, ours });
        }
        if let Pools::Sqlite { path, writer, .. } = &self.pools
            && theirs > 0
            && theirs < ours
        {
            let copy = path.with_extension(format!("before-{ours}.db"));
            sqlx::query("vacuum into $1")
                .bind(copy.to_string_lossy().into_owned())
                .execute(writer)
                .await
                .map_err(OpenError::Backup)?;
        }
        match &self.pools {
            Pools::Sqlite { writer, .. } => migrator.run(writer).await,
            Pools::Postgres(pool) => migrator.run(pool).await,
        }
        .map_err(OpenError::Migrate)
    }

    /// The number of the newest migration that was run; 0 for an empty database.
    pub async fn schema(&self) -> i64 {
        const NEWEST: &str = "select coalesce(max(version), 0) from _sqlx_migrations";
        match &self.pools {
            Pools::Sqlite { readers, .. } => sqlx::query_scalar(NEWEST).fetch_one(readers).await,
            Pools::Postgres(pool) => sqlx::query_scalar(NEWEST).fetch_one(pool).await,
        }
        .unwrap_or(0)
    }

    /// The number of the newest migration that this program knows.
    pub fn newest_schema(&self) -> i64 {
        let migrator = match &self.pools {
            Pools::Sqlite { .. } => &SQLITE,
            Pools::Postgres(_) => &POSTGRES,
        };
        migrator.iter().map(|m| m.version).max().unwrap_or(0)
    }

    /// Whether this is PostgreSQL, which several workers may share.
    pub fn is_shared(&self) -> bool {
        matches!(self.pools, Pools::Postgres(_))
    }

    /// Begins a unit of work that writes.
    pub async fn write(&self) -> Result<Tx> {
        Ok(match &self.pools {
            Pools::Sqlite { writer, .. } => Tx::Sqlite(writer.begin_with("begin immediate").await?),
            Pools::Postgres(pool) => Tx::Postgres(pool.begin().await?),
        })
    }

    /// Begins a unit of work whose commit survives power loss.
    pub async fn write_durable(&self) -> Result<Tx> {
        Ok(match &self.pools {
            Pools::Sqlite { durable, .. } => Tx::Sqlite(durable.begin_with("begin immediate").await?),
            Pools::Postgres(pool) => Tx::Postgres(pool.begin().await?),
        })
    }

    /// Begins a unit of work that only reads, and sees one moment.
    pub async fn read(&self) -> Result<Tx> {
        Ok(match &self.pools {
            Pools::Sqlite { readers, .. } => Tx::Sqlite(readers.begin().await?),
            Pools::Postgres(pool) => {
                Tx::Postgres(pool.begin_with("begin isolation level repeatable read read only").await?)
            }
        })
    }

    /// Lets the database look at its tables, so that it knows how big they are and chooses its ways by
    /// that. A first reading fills them: until then PostgreSQL takes every thread for most of the
    /// mailbox and reads tables whole (its own look comes a minute later), and SQLite, which never
    /// looks by itself, counts lists from the wrong end. SQLite looks at some rows of each table that
    /// has grown much since the last time.
    pub async fn analyze(&self) -> Result<()> {
        match &self.pools {
            Pools::Sqlite { writer, .. } => {
                sqlx::raw_sql("pragma analysis_limit = 1000; pragma optimize = 0x10002").execute(writer).await?;
            }
            Pools::Postgres(pool) => {
                sqlx::query(
                    "analyze mails, mail_ids, mail_parties, links, locations, unmatched_keys, records, \
                     record_addresses, account_domains, record_words",
                )
                .execute(pool)
                .await?;
            }
        }
        Ok(())
    }

    /// Folds SQLite's log into its file as far as that goes while others read and write. For whoever
    /// writes much, beside the writing: the writer then hardly ever has to do it.
    pub async fn fold_log(&self) -> Result<()> {
        if let Pools::Sqlite { readers, .. } = &self.pools {
            sqlx::query("pragma wal_checkpoint(passive)").execute(readers).await?;
        }
        Ok(())
    }

    /// On SQLite: from now on what is deleted is overwritten in the file, or not any more. In the end the
    /// words of deleted mails leave the index, the file is written anew, since pages that were split before
    /// keep what stood on them, and the log is emptied. PostgreSQL overwrites in its own time (`vacuum`).
    pub async fn scrubbing(&self, on: bool) -> Result<()> {
        let Pools::Sqlite { writer, .. } = &self.pools else { return Ok(()) };
        if on {
            sqlx::query("pragma secure_delete = on").execute(writer).await?;
            return Ok(());
        }
        sqlx::query("insert into mail_text (mail_text) values ('optimize')").execute(writer).await?;
        sqlx::query("vacuum").execute(writer).await?;
        sqlx::query("pragma wal_checkpoint(truncate)").execute(writer).await?;
        sqlx::query("pragma secure_delete = off").execute(writer).await?;
        Ok(())
    }

    /// Closes every connection; on SQLite the log is folded into the file.
    pub async fn close(&self) {
        match &self.pools {
            Pools::Sqlite { writer, durable, readers, .. } => {
                readers.close().await;
                durable.close().await;
                let _ = sqlx::query("pragma optimize").execute(writer).await;
                writer.close().await;
            }
            Pools::Postgres(pool) => pool.close().await,
        }
    }
}

impl Tx {
    /// Makes everything in it visible at once.
    pub async fn commit(self) -> Result<()> {
        match self {
            Tx::Sqlite(t) => t.commit().await?,
            Tx::Postgres(t) => t.commit().await?,
        }
        Ok(())
    }

    /// Waits until no other worker threads and links mail, and keeps them out until the end of
    /// this unit of work. SQLite has one writer anyway; on PostgreSQL this is an advisory lock:
    /// threads, links and waits then never race (P2, P3), and one company's batches of 200 mails
    /// take their turns of a few tens of milliseconds.
    pub async fn alone(&mut self) -> Result<()> {
        if let Tx::Postgres(t) = self {
            sqlx::query("select pg_advisory_xact_lock(7322001)").execute(&mut **t).await?;
        }
        Ok(())
    }
}

async fn open_sqlite(path: &Path) -> std::result::Result<Db, OpenError> {
    // Clients' mail is nobody else's on this machine. SQLite gives its other files the same rights.
    // Whether the file can be made at all, opening it says better.
    let _ = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let base = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .busy_timeout(Duration::from_secs(30))
        .foreign_keys(true)
        .pragma("journal_size_limit", "67108864")
        .pragma("temp_store", "memory")
        .page_size(16384)
        // Rows that wait between SQLite's thread and ours: where they have room, neither sleeps.
        .row_buffer_size(4096)
        .statement_cache_capacity(256);
    let one = |options: SqliteConnectOptions| {
        SqlitePoolOptions::new()
            .max_connections(1)
            .min_connections(1)
            // Whoever writes waits for those before: several mailboxes and a long hand-over make a long queue,
            // and giving up in it helps nobody.
            .acquire_timeout(Duration::from_secs(300))
            // Nothing lies between us and a file: there is no need to ask whether it is still there.
            .test_before_acquire(false)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(options)
    };
    let writer = one(base.clone().pragma("cache_size", "-20480").pragma("wal_autocheckpoint", LOG_PAGES))
        .await
        .map_err(OpenError::Connect)?;
    let durable = one(base
        .clone()
        .synchronous(SqliteSynchronous::Full)
        .pragma("cache_size", "-2048")
        .pragma("wal_autocheckpoint", LOG_PAGES))
    .await
    .map_err(OpenError::Connect)?;
    let readers = SqlitePoolOptions::new()
        .max_connections(4)
        .test_before_acquire(false)
        .connect_with(base.pragma("query_only", "on").pragma("cache_size", "-4096"))
        .await
        .map_err(OpenError::Connect)?;
    Ok(Db { pools: Pools::Sqlite { path: path.to_owned(), writer, durable, readers } })
}
