//! A company for tests of rights: two teams, a line, two admins, mail in three mailboxes; the
//! program's commands, and its pages over the same database.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::firm::{Company, Kind, Names};
use super::process::Outcome;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use http_body_util::BodyExt;
use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use standin::config::Config;
use standin::model::id::UserId;
use standin::model::time::Timestamp;
use standin::store::keys::Keys;
use standin::store::{Db, sessions};
use standin::web::{State, router};
use std::sync::Arc;
use tokio::sync::watch;
use tower::ServiceExt;

/// Anna and Piotr belong to North, Kamil and Ewa to South; Maria is Anna's manager and no account
/// manager; Adam and Ola are admins.
pub const USERS: &str = "\
login,name,role,emails,manager,team
anna,Anna Nowak,account-manager,anna@firma.example,maria,North
piotr,Piotr Nowak,account-manager,piotr@firma.example,,North
kamil,Kamil Nowak,account-manager,kamil@firma.example,,South
ewa,Ewa Nowak,account-manager,ewa@firma.example,,South
maria,Maria Nowak,staff,maria@firma.example,,
adam,Adam Nowak,admin,adam@firma.example,,
ola,Ola Nowak,admin,ola@firma.example,,
";
const ACCOUNTS: &str = "external_id,name,owner,domains\nacme,Acme SECRET,anna,acme.test\nbeta,Beta,kamil,beta.test\n";
const CONTACTS: &str = "external_id,name,owner,account,emails\njan,Jan SECRET,anna,acme,jan@acme.test\nbo,Bo Beta,kamil,beta,bo@beta.test\n";
const OPPORTUNITIES: &str =
    "external_id,name,owner,account,number\npumps,Pumps SECRET,anna,acme,OP-1\nvalves,Valves,kamil,beta,OP-2\n";

/// The people and their mail.
pub struct Office {
    /// The installation.
    pub company: Company,
}

/// An answer of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Status code.
    pub status: StatusCode,
    /// Headers, but for the request's id.
    pub headers: HeaderMap,
    /// The page, the request's id blanked.
    pub body: String,
}

/// The pages of an office, and its database.
pub struct Pages {
    /// The database.
    pub db: Db,
    router: axum::Router,
    now: Timestamp,
    _ends: (watch::Sender<u64>, watch::Sender<bool>),
}

impl Office {
    /// With its people, records and mail.
    pub fn open(kind: Kind) -> Office {
        Office::with(kind, |_| {})
    }

    /// With a changed configuration.
    pub fn with(kind: Kind, change: impl FnOnce(&mut Config)) -> Office {
        let mut company = Company::new(kind, &Names::plain());
        for person in ["anna", "piotr", "kamil"] {
            company.mailbox(person, 1, None);
        }
        change(&mut company.config);
        let office = Office { company };
        let tables =
            [("users", USERS), ("accounts", ACCOUNTS), ("contacts", CONTACTS), ("opportunities", OPPORTUNITIES)];
        for (what, text) in tables {
            office.import(what, text, None);
        }
        office.mail("anna", "jan@acme.test", "anna@firma.example", "SECRET of pumps");
        office.mail("piotr", "jan@acme.test", "piotr@firma.example", "SECRET to piotr");
        office.mail("anna", "new@prospects.test", "anna@firma.example", "SECRET of a prospect");
        office.mail("kamil", "new@prospects.test", "kamil@firma.example", "To kamil himself");
        office
    }

    /// Takes a mail in, or again.
    pub fn mail(&self, mailbox: &str, from: &str, to: &str, subject: &str) {
        let text = format!(
            "From: <{from}>\r\nTo: <{to}>\r\nDate: Fri, 20 Nov 2026 10:00:00 +0000\r\n\
             Message-ID: <{}@x.test>\r\nSubject: {subject}\r\n\r\nWords about: {subject}.\r\n",
            subject.replace(' ', "-")
        );
        let file = self.company.file(&format!("{mailbox}-{}.eml", subject.replace(' ', "-")), &text);
        self.company.call(["import", "mail", "--mailbox", mailbox, &file]).succeed();
    }

    /// Imports a table, on behalf of a user or as the operator.
    pub fn import(&self, what: &str, text: &str, by: Option<&str>) -> Outcome {
        let file = self.company.file(&format!("{what}.csv"), text);
        let call = self.company.call(["import", what, &file]);
        match by {
            Some(by) => call.arg("--as").arg(by).run(),
            None => call.succeed(),
        }
    }

    /// Runs a command.
    pub fn run(&self, line: &str) -> Outcome {
        self.company.call(line.split(' ')).run()
    }

    /// Runs a command that must succeed; what it prints.
    #[track_caller]
    pub fn ok(&self, line: &str) -> String {
        let outcome = self.run(line);
        assert_eq!(outcome.code, Some(0), "{line}: {outcome:?}");
        outcome.stdout
    }

    /// Runs a command that must be refused, with nothing printed; what it says.
    #[track_caller]
    pub fn no(&self, line: &str) -> String {
        let outcome = self.run(line);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(2), ""), "{line}: {outcome:?}");
        outcome.stderr
    }

    /// Runs a command that prints JSON.
    #[track_caller]
    pub fn json(&self, line: &str) -> serde_json::Value {
        serde_json::from_str(&self.ok(&format!("{line} --json"))).unwrap()
    }

    /// Whether somebody sees a record.
    pub fn sees(&self, login: &str, record: &str) -> bool {
        self.run(&format!("timeline {record} --as {login}")).code == Some(0)
    }

    /// Who of these sees a record.
    pub fn who_sees<'a>(&self, record: &str, logins: &[&'a str]) -> Vec<&'a str> {
        logins.iter().copied().filter(|login| self.sees(login, record)).collect()
    }

    /// Subjects that somebody sees on a record; none where they do not see it.
    pub fn subjects(&self, login: &str, record: &str) -> Vec<String> {
        let outcome = self.run(&format!("timeline {record} --as {login} --json"));
        let Ok(found) = serde_json::from_str::<serde_json::Value>(&outcome.stdout) else { return Vec::new() };
        let entries = found["entries"].as_array().unwrap();
        let mut all: Vec<String> = entries.iter().map(|e| e["subject"].as_str().unwrap().to_owned()).collect();
        all.sort();
        all
    }

    /// The id of a record.
    pub fn record(&self, external: &str) -> i64 {
        self.company.number(&format!("select id from records where external_id = '{external}'"))
    }

    /// The id of a user.
    pub fn user(&self, login: &str) -> i64 {
        self.company.number(&format!("select id from users where login = '{login}'"))
    }

    /// Lines of the audit, each as `actor action path record`.
    pub fn audited(&self, action: &str) -> Vec<String> {
        self.company.rows(&format!(
            "select coalesce(u.login, 'operator') || ' ' || a.action || ' ' || coalesce(a.path, '-') || ' ' || \
             coalesce(r.external_id, '-') || ' ' || coalesce(f.login, '-') from audit a \
             left join users u on u.id = a.actor_id left join records r on r.id = a.record_id \
             left join users f on f.id = a.for_user_id where a.action = '{action}' order by a.id"
        ))
    }

    /// The pages over this office's database.
    pub async fn pages(&self) -> Pages {
        #[allow(clippy::disallowed_methods)] // the commands beside it have the real clock
        let now = Timestamp::from_utc(chrono::Utc::now());
        Pages::of(&self.company.config, now).await
    }
}

impl Pages {
    /// The pages of an installation, as if it were `now`.
    pub async fn of(config: &Config, now: Timestamp) -> Pages {
        let config = config.clone();
        let db = Db::open(&config.database_url()).await.unwrap();
        let keys = Keys::load(&config.data_dir).unwrap();
        let (changes, changed) = watch::channel(0);
        let (stop, stopping) = watch::channel(false);
        let state =
            State { db: db.clone(), keys, config: Arc::new(config), changes: changed, clock: Arc::new(move || now) };
        Pages { db, router: router(state, stopping), now, _ends: (changes, stop) }
    }

    /// A session, as its cookie.
    async fn session(&self, user: i64) -> String {
        let token = [u8::try_from(user).unwrap(); 32];
        let mut tx = self.db.write().await.unwrap();
        sessions::end(&mut tx, &Sha256::digest(token)).await.unwrap();
        sessions::begin(&mut tx, &Sha256::digest(token), UserId(user), "test", self.now).await.unwrap();
        tx.commit().await.unwrap();
        format!("standin={}", hex::encode(token))
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let (mut parts, body) = answer.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let body = String::from_utf8_lossy(&body).into_owned();
        let id = parts.headers.remove("x-request-id").unwrap().to_str().unwrap().to_owned();
        Answer { status: parts.status, headers: parts.headers, body: body.replace(&id, "ID") }
    }

    /// A page as a user gets it.
    pub async fn get(&self, user: i64, path: &str) -> Answer {
        let cookie = self.session(user).await;
        self.send(Request::get(path).header(header::COOKIE, cookie).body(Body::empty()).unwrap()).await
    }

    /// A form as a user sends it.
    pub async fn post(&self, user: i64, path: &str, form: &str) -> Answer {
        let cookie = self.session(user).await;
        let request = Request::post(path)
            .header(header::COOKIE, cookie)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(form.to_owned())).unwrap()).await
    }

    /// What a program gets that brings this token; the body as JSON.
    pub async fn ask(&self, token: &str, (method, path): (&str, &str), key: &str, body: &str) -> (u16, Json) {
        let request = Request::builder()
            .method(method)
            .uri(format!("/api/v1{path}"))
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::CONTENT_TYPE, "application/json");
        let request = if key.is_empty() { request } else { request.header("idempotency-key", key) };
        let answer = self.send(request.body(Body::from(body.to_owned())).unwrap()).await;
        (answer.status.as_u16(), serde_json::from_str(&answer.body).unwrap_or(Json::Null))
    }

    /// Closes the database.
    pub async fn close(self) {
        self.db.close().await;
    }
}

/// Days from today where the company is.
pub fn day(ahead: i64) -> String {
    (super::company::today() + chrono::Duration::days(ahead)).to_string()
}

/// The same test on both databases. Commands are waited for without the runtime, and what a page left
/// behind (a transaction to be rolled back) must not wait for them: so more than one thread.
macro_rules! on_both {
    ($($name:ident)*) => {$(
        mod $name {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                super::$name(crate::support::firm::Kind::Sqlite).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                super::$name(crate::support::firm::Kind::Postgres).await;
            }
        }
    )*};
}
pub(crate) use on_both;
