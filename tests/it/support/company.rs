//! A made-up company with real servers: its people, its records, its mailboxes, its client, and
//! the program over all of them. Set up through the command line and mail servers alone.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::browser::Browser;
use super::dovecot::Dovecot;
use super::postfix::Postfix;
use super::postgres::Database;
use super::process::{Call, Outcome, Running, standin};
use super::{Folder, PATIENT, eventually, tag};
use chrono::{DateTime, Datelike, Days, NaiveDate, Utc, Weekday};
use serde_json::Value;
use sqlx::{AssertSqlSafe, ConnectOptions, Row};
use std::path::PathBuf;

/// Which database the program uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file.
    Sqlite,
    /// A server.
    Postgres,
}

/// Everybody's password for the pages.
pub const PASSWORD: &str = "a-long-password";

/// The company, before and while the program runs.
pub struct Company {
    // First of all: the program ends before what it stands on.
    running: Option<Running>,
    /// Where the pages are.
    pub url: String,
    /// The mailboxes, the client's too.
    pub dovecot: Dovecot,
    /// What mail goes through.
    pub postfix: Postfix,
    /// Configuration, database, passwords.
    pub folder: Folder,
    /// The company's mail domain.
    pub own: String,
    /// The client's.
    pub client: String,
    /// Its database where that is PostgreSQL.
    pub database: Option<Database>,
}

const USERS: &str = "\
login,name,role,emails,manager,password
anna,Anna Nowak,account-manager,anna@OWN,maria,a-long-password
piotr,Piotr Zieliński,account-manager,piotr@OWN,maria,a-long-password
kamil,Kamil Wójcik,account-manager,kamil@OWN,zofia,a-long-password
maria,Maria Lis,staff,maria@OWN,,a-long-password
zofia,Zofia Bąk,staff,zofia@OWN,,a-long-password
adam,Adam Wrona,admin,adam@OWN,,a-long-password
";
const ACCOUNTS: &str = "\
external_id,name,owner,domains
acme,Acme,anna,CLIENT
borsuk,Borsuk,kamil,borsuk-CLIENT
";
const CONTACTS: &str = "\
external_id,name,owner,account,emails
jan,Jan Kowalski,anna,acme,jan@CLIENT
ewa,Ewa Borsuk,kamil,borsuk,ewa@borsuk-CLIENT
";
const OPPORTUNITIES: &str = "\
external_id,name,owner,account,number
pumps,Acme pumps,anna,acme,OP-1042
valves,Borsuk valves,kamil,borsuk,OP-1043
";

/// Mailboxes that the program reads, with whose they are.
const MAILBOXES: &[(&str, Option<&str>)] =
    &[("anna", Some("anna")), ("piotr", Some("piotr")), ("kamil", Some("kamil")), ("sales", None)];

impl Company {
    /// The company as it is before anybody is away: people, records and mailboxes, and Anna's own
    /// mail to the client in her folder of sent mail, put there by her mail program.
    pub fn found(kind: Kind) -> Company {
        Company::found_with(kind, |dovecot, _, _| Postfix::start(dovecot))
    }

    /// As [`Company::found`], its mail going through the server that `postfix` makes for the mailboxes,
    /// the company's domain and the client's.
    pub fn found_with(kind: Kind, postfix: impl FnOnce(&Dovecot, &str, &str) -> Postfix) -> Company {
        Company::founded(kind, Dovecot::start(&[]), postfix)
    }

    /// As [`Company::found`], on servers of the test's own.
    pub fn found_on(kind: Kind, dovecot: Dovecot, postfix: Postfix) -> Company {
        Company::founded(kind, dovecot, |_, _, _| postfix)
    }

    fn founded(kind: Kind, dovecot: Dovecot, postfix: impl FnOnce(&Dovecot, &str, &str) -> Postfix) -> Company {
        let (own, client) = (format!("firma-{}.test", tag()), format!("acme-{}.test", tag()));
        for (name, _) in MAILBOXES {
            dovecot.add_user(&format!("{name}@{own}"));
        }
        for name in ["jan", "ola"] {
            dovecot.add_user(&format!("{name}@{client}"));
        }
        dovecot.add_user(&format!("ewa@borsuk-{client}"));
        let postfix = postfix(&dovecot, &own, &client);
        let database = (kind == Kind::Postgres).then(Database::fresh);
        let company = Company {
            running: None,
            url: String::new(),
            dovecot,
            postfix,
            folder: Folder::new(),
            own,
            client,
            database,
        };
        company.configure(|text| text);
        for (what, rows) in
            [("users", USERS), ("accounts", ACCOUNTS), ("contacts", CONTACTS), ("opportunities", OPPORTUNITIES)]
        {
            let text = rows.replace("OWN", &company.own).replace("CLIENT", &company.client);
            let file = company.folder.write(&format!("{what}.csv"), text);
            company.standin(&["import", what]).arg(file).succeed();
        }
        company
    }

    /// The whole story up to the moment before the client answers: Anna wrote to them, is away,
    /// and the program runs.
    pub fn with_anna_away(kind: Kind) -> Company {
        let mut company = Company::found(kind);
        company.anna_wrote();
        company.away("anna", "piotr");
        company.start();
        company
    }

    /// Writes the configuration, changed by `change`.
    pub fn configure(&self, change: impl Fn(String) -> String) {
        let secret = self.folder.write("mailbox.password", self.dovecot.password());
        let database = self.database.as_ref().map_or(String::new(), |d| d.url.clone());
        let mut text = format!(
            "data_dir = {:?}\ndatabase = {database:?}\nlisten = \"127.0.0.1:0\"\nmode = \"restricted\"\n\
             own_domains = [{:?}]\ncompany = \"Firma\"\nlanguage = \"en\"\n",
            self.folder.path().join("data"),
            self.own
        );
        for (name, user) in MAILBOXES {
            let address = self.own_address(name);
            let user = user.map_or(String::new(), |user| format!("user = {user:?}\n"));
            let server = |port: u16, security: &str| {
                format!(
                    "host = \"localhost\"\nport = {port}\nsecurity = {security:?}\nuser = {address:?}\n\
                     secret_file = {secret:?}\nca_file = {:?}\n",
                    self.dovecot.ca_file
                )
            };
            text += &format!(
                "\n[[mailbox]]\nname = {name:?}\n{user}address = {address:?}\n[mailbox.imap]\n{}[mailbox.smtp]\n{}",
                server(self.dovecot.imaps_port, "tls"),
                server(self.postfix.submission_port, "starttls"),
            );
        }
        self.folder.write("standin.toml", change(text));
    }

    /// A call of the program with this company's configuration.
    pub fn standin(&self, arguments: &[&str]) -> Call {
        standin(arguments).arg("--config").arg(self.config_file())
    }

    /// The configuration file.
    pub fn config_file(&self) -> PathBuf {
        self.folder.path().join("standin.toml")
    }

    /// The address of a colleague.
    pub fn own_address(&self, name: &str) -> String {
        format!("{name}@{}", self.own)
    }

    /// The address of somebody at Acme.
    pub fn client_address(&self, name: &str) -> String {
        format!("{name}@{}", self.client)
    }

    /// Somebody is away from yesterday to next Friday, and clients are told.
    pub fn away(&self, user: &str, substitute: &str) {
        let today = today();
        let (first, last) = (today.pred_opt().unwrap().to_string(), next_friday(today).to_string());
        let period = ["--from", &first, "--until", &last];
        let call = self.standin(&["absence", "add", "--notice", "--user", user, "--substitute", substitute]);
        period.into_iter().fold(call, Call::arg).succeed();
    }

    /// Starts the program and waits until mail that arrives from now on is answered: mail of the
    /// second in which a mailbox was connected or notices were switched on is not (R4), since a
    /// server tells whole seconds only.
    pub fn start(&mut self) {
        let mut running = self.standin(&["serve"]).start();
        let line = running.wait_for("Standin is ready at ");
        self.url = line.rsplit(' ').next().unwrap().to_owned();
        self.running = Some(running);
        let all = MAILBOXES.len().to_string();
        self.eventually("every mailbox is watched", || {
            let watched = "select count(*) from mailboxes where state = 'ok' and up_to_date_at is not null";
            (self.sql(watched) == all).then_some(())
        });
        let since = "select max(coalesce((select max(connected_at) from mailboxes), 0), \
                     coalesce((select max(notice_since) from absences), 0))";
        let since = if self.database.is_some() { since.replacen("max", "greatest", 1) } else { since.to_owned() };
        let since: i64 = self.sql(&since).parse().unwrap();
        eventually("the next second has begun", PATIENT, || (now().timestamp() > since.div_euclid(1000)).then_some(()));
    }

    /// As [`eventually`], with what the program said where it was in vain.
    #[track_caller]
    pub fn eventually<T>(&self, what: &str, probe: impl FnMut() -> Option<T>) -> T {
        let said = self.running.as_ref().map_or(String::new(), Running::said);
        eventually(&format!("{what}; standin said so far:\n{said}"), PATIENT, probe)
    }

    /// The running program.
    pub fn running(&mut self) -> &mut Running {
        self.running.as_mut().unwrap()
    }

    /// Somebody at a browser, signed in.
    #[track_caller]
    pub fn browser(&self, login: &str) -> Browser {
        Browser::sign_in(&self.url, login, PASSWORD)
    }

    /// Anna's mail to the client from three days ago, in her folder of sent mail.
    pub fn anna_wrote(&self) {
        let at = now() - chrono::Duration::days(3);
        let mail = format!(
            "From: Anna Nowak <anna@{own}>\r\nTo: Jan Kowalski <jan@{client}>\r\nSubject: Acme pumps: our offer\r\n\
             Date: {date}\r\nMessage-ID: <offer@{own}>\r\nMIME-Version: 1.0\r\n\
             Content-Type: text/plain; charset=utf-8\r\n\r\nDear Jan,\r\n\r\nhere is our offer for twelve pumps.\r\n\r\nAnna\r\n",
            own = self.own,
            client = self.client,
            date = at.to_rfc2822(),
        );
        let date = at.format("%d-%b-%Y %H:%M:%S +0000").to_string();
        self.dovecot.append_dated(&self.own_address("anna"), "Sent", &date, "\\Seen", mail.as_bytes());
    }

    /// The client's answer to that, with an attachment, through SMTP; `number` makes it one of several.
    pub fn client_answers(&self, number: u32) {
        let mail = format!(
            "From: Jan Kowalski <jan@{client}>\r\nTo: Anna Nowak <anna@{own}>\r\n\
             Subject: Re: Acme pumps: our offer\r\nDate: {date}\r\nMessage-ID: <answer-{number}@{client}>\r\n\
             In-Reply-To: <offer@{own}>\r\nReferences: <offer@{own}>\r\nMIME-Version: 1.0\r\n\
             Content-Type: multipart/mixed; boundary=parts\r\n\r\n\
             --parts\r\nContent-Type: text/html; charset=utf-8\r\n\r\n\
             <p>Can you deliver by March? Question <b>number {number}</b>.</p>\r\n\
             --parts\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename=wishes.txt\r\n\r\n\
             twelve, in blue\r\n--parts--\r\n",
            own = self.own,
            client = self.client,
            date = now().to_rfc2822(),
        );
        self.postfix.send(&self.client_address("jan"), &self.own_address("anna"), mail.as_bytes());
    }

    /// A plain mail through SMTP with more header lines, each ending in CRLF. `envelope` may be
    /// empty, the null sender.
    #[track_caller]
    pub fn mail(&self, envelope: &str, from: &str, to: &str, subject: &str, more: &str) {
        let mail = format!(
            "From: <{from}>\r\nTo: <{to}>\r\nSubject: {subject}\r\nDate: {date}\r\n\
             Message-ID: <{id}@{domain}>\r\n{more}\r\n{subject}, as said above.\r\n",
            date = now().to_rfc2822(),
            id = tag(),
            domain = from.rsplit('@').next().unwrap(),
        );
        self.postfix.send(envelope, to, mail.as_bytes());
    }

    /// A record's timeline as a user sees it; how the call ended where they see none.
    pub fn timeline(&self, record: &str, viewer: &str) -> Result<Value, Outcome> {
        let outcome = self.standin(&["timeline", record, "--as", viewer, "--json"]).run();
        match outcome.code {
            Some(0) => Ok(serde_json::from_str(&outcome.stdout).expect("--json prints JSON")),
            _ => Err(outcome),
        }
    }

    /// Waits until a user sees so many mails with this subject on Acme pumps, and gives them.
    #[track_caller]
    pub fn wait_for_mails(&self, viewer: &str, subject: &str, count: usize) -> Vec<Value> {
        self.eventually(&format!("{count} mails {subject:?} on the timeline as {viewer}"), || {
            let timeline = self.timeline("pumps", viewer).unwrap();
            let entries = timeline["entries"].as_array().unwrap();
            let found: Vec<Value> = entries.iter().filter(|e| e["subject"] == subject).cloned().collect();
            (found.len() == count).then_some(found)
        })
    }

    /// Waits until so many mails were decided about, and gives each as `user verdict rule`.
    #[track_caller]
    pub fn wait_for_decisions(&self, count: usize) -> Vec<String> {
        let sql = "select u.login || ' ' || d.verdict || ' ' || d.reason as line from notice_decisions d \
                   join users u on u.id = d.user_id order by d.at, 1";
        self.eventually(&format!("{count} decisions"), || {
            let found: Vec<String> = self.sql(sql).lines().map(|line| line.trim_end().to_owned()).collect();
            (found.len() >= count).then_some(found)
        })
    }

    /// Nothing waits to be sent or is being sent.
    pub fn wait_until_all_is_sent(&self) {
        let sql = "select count(*) from outbox where state in ('queued', 'sending')";
        self.eventually("all is sent", || (self.sql(sql) == "0").then_some(()));
    }

    /// The id of a record in the addresses of pages.
    pub fn record(&self, external_id: &str) -> i64 {
        self.sql(&format!("select id from records where external_id = '{external_id}'")).parse().unwrap()
    }

    /// Changes a row beside the program: for states that only a crash leaves.
    #[track_caller]
    pub fn execute(&self, sql: &str) {
        match &self.database {
            Some(database) => drop(database.sql(sql)),
            None => sqlite_changes(self.folder.path().join("data/standin.db"), sql),
        }
    }

    /// Runs a query beside the program; a line a row, columns split by `|`.
    #[track_caller]
    pub fn sql(&self, sql: &str) -> String {
        match &self.database {
            Some(database) => database.sql(sql),
            None => sqlite(self.folder.path().join("data/standin.db"), sql),
        }
    }
}

fn sqlite_changes(path: PathBuf, sql: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
        let mut db = options.busy_timeout(PATIENT).connect().await.unwrap();
        sqlx::query(AssertSqlSafe(sql.to_owned())).execute(&mut db).await.unwrap();
    });
}

fn sqlite(path: PathBuf, sql: &str) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path).read_only(true);
        let mut db = options.busy_timeout(PATIENT).connect().await.unwrap();
        let rows = sqlx::query(AssertSqlSafe(sql.to_owned())).fetch_all(&mut db).await.unwrap();
        let cell = |row: &sqlx::sqlite::SqliteRow, at: usize| match row.try_get::<Option<i64>, _>(at) {
            Ok(number) => number.map_or(String::new(), |n| n.to_string()),
            Err(_) => row.get::<Option<String>, _>(at).unwrap_or_default(),
        };
        let line = |row| (0..sqlx::Row::len(row)).map(|at| cell(row, at)).collect::<Vec<_>>().join("|");
        rows.iter().map(line).collect::<Vec<_>>().join("\n")
    })
}

/// The clock, for dates that mail carries.
pub fn now() -> DateTime<Utc> {
    #[allow(clippy::disallowed_methods)] // the program under test has the real clock too
    Utc::now()
}

/// Today where the company is.
pub fn today() -> NaiveDate {
    now().with_timezone(&chrono_tz::Europe::Warsaw).date_naive()
}

/// The last day away: the first Friday after tomorrow.
pub fn next_friday(today: NaiveDate) -> NaiveDate {
    let after_tomorrow = today.checked_add_days(Days::new(2)).unwrap();
    after_tomorrow.iter_days().find(|day| day.weekday() == Weekday::Fri).unwrap()
}
