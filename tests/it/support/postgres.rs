//! A real PostgreSQL, and a database of its own for each test.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::{Server, tag};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, OnceLock};

/// A running PostgreSQL.
pub struct Postgres {
    server: Arc<Server>,
}

/// An empty database; dropped with whoever is still in it.
pub struct Database {
    /// `postgres://user:password@127.0.0.1:port/name`
    pub url: String,
    name: String,
    postgres: Postgres,
}

impl Postgres {
    /// The server that tests share.
    pub fn start() -> Postgres {
        static SHARED: OnceLock<Arc<Server>> = OnceLock::new();
        let server = SHARED.get_or_init(|| {
            Arc::new(Server::shared("STANDIN_TEST_POSTGRES").unwrap_or_else(|| Server::start("postgres", &[])))
        });
        Postgres { server: Arc::clone(server) }
    }

    /// A server of the test's own, to stop or set up otherwise: `SETTING=VALUE`.
    pub fn alone(settings: &[&str]) -> Postgres {
        let arguments: Vec<&str> = settings.iter().flat_map(|setting| ["-o", setting]).collect();
        Postgres { server: Arc::new(Server::start("postgres", &arguments)) }
    }

    /// A new, empty database.
    pub fn fresh(&self) -> Database {
        let name = format!("standin_{}", tag());
        // From template0, in which nobody can be: databases are made side by side.
        self.sql("postgres", &format!("create database {name} template template0"));
        let url = self.server.value("url").rsplit_once('/').unwrap().0.to_owned();
        Database { url: format!("{url}/{name}"), name, postgres: Postgres { server: Arc::clone(&self.server) } }
    }

    /// Runs SQL in a database; the rows without decoration, columns split by `|`.
    #[track_caller]
    fn sql(&self, database: &str, sql: &str) -> String {
        self.tool("psql", database, &["-XqAt", "-v", "ON_ERROR_STOP=1", "-c", sql])
    }

    /// Runs one of PostgreSQL's own programs on a database; what it prints.
    #[track_caller]
    fn tool(&self, program: &str, database: &str, arguments: &[&str]) -> String {
        let output = Command::new(Path::new(self.server.value("bin")).join(program))
            .args(["-h", "127.0.0.1", "-U", self.server.value("user")])
            .args(["-p", self.server.value("port"), "-d", database])
            .args(arguments)
            .env("PGPASSWORD", self.server.value("password"))
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }
}

impl Database {
    /// A new, empty database on the server that tests share.
    pub fn fresh() -> Database {
        Postgres::start().fresh()
    }

    /// Runs SQL in it, apart from the program's own connections; the rows, columns split by `|`.
    #[track_caller]
    pub fn sql(&self, sql: &str) -> String {
        self.postgres.sql(&self.name, sql)
    }

    /// Writes a backup of it, as `pg_dump` makes one.
    #[track_caller]
    pub fn dump(&self, file: &Path) {
        self.postgres.tool("pg_dump", &self.name, &["--no-owner", "-f", &file.to_string_lossy()]);
    }

    /// Puts such a backup in its place: the database is dropped, made anew and filled.
    #[track_caller]
    pub fn restore(&self, file: &Path) {
        self.postgres.sql("postgres", &format!("drop database {} with (force)", self.name));
        self.postgres.sql("postgres", &format!("create database {} template template0", self.name));
        let file = file.to_string_lossy();
        self.postgres.tool("psql", &self.name, &["-Xq", "-v", "ON_ERROR_STOP=1", "-f", &file]);
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let drop = format!("drop database if exists {} with (force)", self.name);
        if std::thread::panicking() {
            // The server may be what failed; one panic is enough.
            let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.postgres.sql("postgres", &drop)));
        } else {
            self.postgres.sql("postgres", &drop);
        }
    }
}
