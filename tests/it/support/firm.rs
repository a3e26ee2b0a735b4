//! A small company to break promises on: people, records, mailboxes, an installation on either
//! database, and everything that it knows written as text that two installations can be compared
//! by.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

use super::Folder;
use super::postgres::Database;
use super::process::{Call, standin};
use standin::config::{Config, Mailbox, Security, Server};
use std::collections::BTreeMap;

/// Where an installation keeps its data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Sqlite,
    Postgres,
}

/// How addresses are made from short names: `anna` is of the company, as
/// [`super::dovecot::Dovecot::address`] has it; `jan@acme` is of a client and ends in `.test`, since
/// nobody is answered at `.example` (R41).
#[derive(Clone, Debug)]
pub struct Names {
    /// The company's domain.
    pub own: String,
    /// Ends the domains of others.
    pub tag: String,
}

impl Names {
    /// Of a company on a server of its own.
    pub fn plain() -> Names {
        Names { own: "firma.example".into(), tag: "x".into() }
    }

    /// As the mailboxes of a Dovecot are called.
    pub fn of(dovecot: &super::dovecot::Dovecot) -> Names {
        let own = dovecot.own_domain();
        let tag = own.trim_start_matches("own-").trim_end_matches(".example").to_owned();
        Names { own, tag }
    }

    /// The address of a short name.
    pub fn address(&self, name: &str) -> String {
        match name.contains('@') {
            true => format!("{name}-{}.test", self.tag),
            false => format!("{name}@{}", self.own),
        }
    }

    /// A client's domain.
    pub fn domain(&self, client: &str) -> String {
        format!("{client}-{}.test", self.tag)
    }
}

/// The people of every company here. Piotr stands in for Anna.
pub const PEOPLE: [&str; 4] = ["anna", "piotr", "kamil", "maria"];
/// Contacts of Acme, whom Anna owns, and of Beta, whom Kamil owns; each has a number.
pub const CONTACTS: usize = 12;

/// An installation.
pub struct Company {
    /// Its configuration as a value; the file beside it is the same.
    pub config: Config,
    pub names: Names,
    folder: Folder,
    database: Option<Database>,
}

impl Company {
    /// An installation without mailboxes.
    pub fn new(kind: Kind, names: &Names) -> Company {
        let folder = Folder::new();
        folder.write("secret", "secret\n");
        let database = (kind == Kind::Postgres).then(Database::fresh);
        let config = Config {
            data_dir: folder.path().join("data"),
            database: database.as_ref().map(|d| d.url.clone()).unwrap_or_default(),
            listen: "127.0.0.1:0".into(),
            own_domains: vec![names.own.clone()],
            ..Config::default()
        };
        Company { config, names: names.clone(), folder, database }
    }

    /// One more mailbox, read in the clear from a port on loopback.
    pub fn mailbox(&mut self, person: &str, imap_port: u16, smtp_port: Option<u16>) {
        let address = self.names.address(person);
        let server = |port, user: Option<String>| Server {
            host: "127.0.0.1".into(),
            port: Some(port),
            security: Security::Plain,
            secret_file: user.is_some().then(|| self.folder.path().join("secret")),
            user,
            auth: Default::default(),
            secret_env: None,
            secret_command: None,
            ca_file: None,
            typed: None,
        };
        let imap = server(imap_port, Some(address.clone()));
        let smtp = smtp_port.map(|port| server(port, None));
        let name = person.to_owned();
        let user = Some(person.to_owned());
        let (folders, never_folders, never_keywords) = (Vec::new(), Vec::new(), Vec::new());
        let content = Default::default();
        self.config.mailbox.push(Mailbox {
            name,
            user,
            address,
            imap,
            smtp,
            sieve: None,
            bounce_address: None,
            folders,
            content,
            never_folders,
            never_keywords,
        });
    }

    /// A mailbox that is nobody's own.
    pub fn shared_mailbox(&mut self, name: &str, imap_port: u16) {
        self.mailbox(name, imap_port, None);
        self.config.mailbox.last_mut().unwrap().user = None;
    }

    /// Begins a call of the program with this configuration.
    pub fn call<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Call {
        self.call_with("standin.toml", arguments)
    }

    /// As `call`, with the configuration in a file of its own: for programs side by side.
    pub fn call_with<'a>(&self, file: &str, arguments: impl IntoIterator<Item = &'a str>) -> Call {
        let file = self.folder.write(file, toml::to_string(&self.config).unwrap());
        standin(arguments).arg("--config").arg(file).current_dir(self.folder.path())
    }

    /// Writes a file for the program; its path.
    pub fn file(&self, name: &str, text: &str) -> String {
        self.folder.write(name, text).to_string_lossy().into_owned()
    }

    /// People and records, through the program's own commands.
    pub fn people_and_records(&self) {
        for (what, text) in tables(&self.names) {
            let file = self.file(&format!("{what}.csv"), &text);
            self.call(["import", what, &file]).succeed();
        }
    }

    /// Runs SQL, apart from the program's connections; each row as one text. `{hex:x}` is x in
    /// hexadecimal on either database.
    pub fn rows(&self, sql: &str) -> Vec<String> {
        match &self.database {
            Some(database) => {
                let text = database.sql(&hexed(sql, |x| format!("encode({x}, 'hex')")));
                text.lines().map(str::to_owned).collect()
            }
            None => {
                let url = self.config.database_url();
                let sql = hexed(sql, |x| format!("lower(hex({x}))"));
                sqlite(url.trim_start_matches("sqlite:"), sql)
            }
        }
    }

    /// One number.
    pub fn number(&self, sql: &str) -> i64 {
        let rows = self.rows(sql);
        rows.first().and_then(|row| row.parse().ok()).unwrap_or_else(|| panic!("{sql} gave {rows:?}"))
    }

    /// As if the time had passed after which a lease or a claim of a killed worker counts no more.
    pub fn forget_the_dead(&self) {
        self.rows("update mailboxes set lease_until = 0");
        self.rows("update outbox set claimed_at = 0 where state = 'sending'");
    }

    /// Everything that follows from the mail that was read, in an order and in words that do not
    /// depend on when or by whom it was read.
    pub fn dump(&self) -> Vec<String> {
        let mut all = Vec::new();
        for (what, sql) in DUMP {
            let mut rows: Vec<String> = self.rows(sql).into_iter().map(|row| format!("{what}: {row}")).collect();
            rows.sort();
            all.extend(rows);
        }
        all.extend(self.threads());
        all
    }

    /// Each thread as the set of its mails.
    fn threads(&self) -> Vec<String> {
        let mut threads: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for row in self.rows("select thread_id || ' ' || {hex:identity} from mails") {
            let (thread, mail) = row.split_once(' ').unwrap();
            threads.entry(thread.to_owned()).or_default().push(mail[..12].to_owned());
        }
        let mut sets: Vec<String> = threads
            .into_values()
            .map(|mut mails| {
                mails.sort();
                format!("thread: {}", mails.join(" "))
            })
            .collect();
        sets.sort();
        sets
    }

    /// Asserts that every UID the server has is in exactly one settled state.
    #[track_caller]
    pub fn is_complete(&self, mailbox: &str, folder: &str, uids: &[u32]) {
        let sql = format!(
            "select l.uid || ' ' || l.state from locations l join folders f on f.id = l.folder_id \
             join mailboxes b on b.id = f.mailbox_id where b.name = '{mailbox}' and f.path = '{folder}' \
             and l.epoch = f.epoch order by l.uid"
        );
        let rows = self.rows(&sql);
        let mut states: BTreeMap<u32, Vec<&str>> = BTreeMap::new();
        for row in &rows {
            let (uid, state) = row.split_once(' ').unwrap();
            states.entry(uid.parse().unwrap()).or_default().push(state);
        }
        let settled = |s: &Vec<&str>| matches!(s.as_slice(), ["stored" | "unmatched" | "failed"]);
        let wrong: Vec<_> = uids.iter().filter(|uid| !states.get(uid).is_some_and(settled)).collect();
        assert!(wrong.is_empty(), "{mailbox}/{folder}: not accounted for: {wrong:?} in {states:?}");
        let strange: Vec<_> = states.keys().filter(|uid| !uids.contains(uid)).collect();
        assert!(strange.is_empty(), "{mailbox}/{folder}: the server never showed {strange:?}");
    }
}

/// What is compared, by keys that every installation has alike.
const DUMP: [(&str, &str); 8] = [
    (
        "mail",
        "select {hex:m.identity} || ' ' || coalesce(m.message_id, '-') || ' at=' || m.at || ' ' || m.direction || ' ' \
         || m.author || ' ' || m.channel || ' regards=' || coalesce(r.name, '-') || ' ' || m.linking || ' waits=' || \
         (case when m.waits then 'yes' else 'no' end) || ' answered=' || coalesce({hex:a.identity}, '-') || ' at=' || \
         coalesce(cast(m.answered_at as text), '-') || ' called=' || coalesce(cast(m.called_at as text), '-') || ' awaits=' || \
         (case when m.awaits then 'yes' else 'no' end) || ' replied=' || coalesce({hex:b.identity}, '-') || ' follow=' || \
         coalesce(cast(m.follow_up_at as text), '-') || ' forward=' || (case when m.forward then 'yes' else 'no' end) \
         || ' sealed=' || (case when m.sealed then 'yes' else 'no' end) || ' ' || m.candidates \
         from mails m left join records r on r.id = m.regarding_id left join mails a on a.id = m.answered_by left join mails b on b.id = m.replied_by",
    ),
    (
        "link",
        "select {hex:m.identity} || ' on ' || r.name || ' under ' || g.name || ' score=' || l.score || (case when l.sealed then ' sealed ' else ' ' end) || l.evidence \
         from links l join mails m on m.id = l.mail_id join records r on r.id = l.record_id \
         join records g on g.id = l.governing_id",
    ),
    (
        "place",
        "select b.name || '/' || f.path || ' ' || l.uid || ' ' || l.state || ' ' || coalesce({hex:m.identity}, '-') \
         from locations l join folders f on f.id = l.folder_id join mailboxes b on b.id = f.mailbox_id \
         left join mails m on m.id = l.mail_id where l.epoch = f.epoch",
    ),
    (
        "party",
        "select {hex:m.identity} || ' ' || p.position || ' ' || p.field || ' ' || p.address || ' ' || coalesce(p.name, '-') \
         from mail_parties p join mails m on m.id = p.mail_id",
    ),
    (
        "asked",
        "select {hex:m.identity} || ' ' || v.reason || ' at=' || v.at || ' ' || v.records from reviews v \
         join mails m on m.id = v.mail_id",
    ),
    (
        "appointment",
        "select r.name || ' ' || a.subject || ' ' || a.status || ' due=' || a.due_at || ' at=' || a.at || ' ended=' || \
         coalesce(cast(a.done_at as text), '-') || ' ' || u.login || ' ' || coalesce(cast(p.recurrence_at as text), '-') || \
         ' by=' || {hex:m.identity} || ' ' || p.event from appointments p join activities a on a.id = p.activity_id \
         join records r on r.id = a.record_id join users u on u.id = a.responsible_id join mails m on m.id = p.mail_id",
    ),
    ("raw", "select {hex:m.identity} from raws r join mails m on m.id = r.mail_id"),
    (
        "kept of unstored",
        "select b.name || '/' || f.path || ' ' || l.uid || ' ' || u.what || ' ' || count(*) from unmatched_keys u \
         join locations l on l.id = u.location_id join folders f on f.id = l.folder_id \
         join mailboxes b on b.id = f.mailbox_id group by b.name, f.path, l.uid, u.what",
    ),
];

/// The CSV files of people and records, in the order in which they are imported.
pub fn tables(names: &Names) -> Vec<(&'static str, String)> {
    let mut users = String::from("login,name,role,emails,manager\n");
    for login in PEOPLE {
        let manager = if login == "maria" { "" } else { "maria" };
        users += &format!("{login},{} Nowak,account-manager,{},{manager}\n", title(login), names.address(login));
    }
    let accounts = format!(
        "external_id,name,owner,domains\nacme,Acme,anna,{}\nbeta,Beta,kamil,{}\n",
        names.domain("acme"),
        names.domain("beta")
    );
    let mut contacts = String::from("external_id,name,owner,account,emails\n");
    for n in 0..CONTACTS {
        let (owner, account) = if n % 3 == 2 { ("kamil", "beta") } else { ("anna", "acme") };
        contacts += &format!("c{n},Contact {n},{owner},{account},{}\n", names.address(&contact(n)));
    }
    contacts += &format!("c-free,Free Agent,piotr,,{}\n", names.address("agent@freelance"));
    let leads = format!("external_id,name,owner,emails\nl0,Lead Zero,piotr,{}\n", names.address("lead@prospect"));
    let opportunities = "external_id,name,owner,account,status\no1,Acme pumps,anna,acme,open\n\
                         o2,Beta valves,kamil,beta,open\no3,Beta pipes,kamil,beta,open\n";
    vec![
        ("users", users),
        ("accounts", accounts),
        ("contacts", contacts),
        ("leads", leads),
        ("opportunities", opportunities.to_owned()),
    ]
}

/// The short name of a numbered contact.
pub fn contact(n: usize) -> String {
    let n = n % CONTACTS;
    format!("c{n}@{}", if n % 3 == 2 { "beta" } else { "acme" })
}

fn title(login: &str) -> String {
    login[..1].to_uppercase() + &login[1..]
}

fn hexed(sql: &str, write: impl Fn(&str) -> String) -> String {
    let mut parts = sql.split("{hex:");
    let mut text = parts.next().unwrap().to_owned();
    for part in parts {
        let (column, rest) = part.split_once('}').unwrap();
        text += &write(column);
        text += rest;
    }
    text
}

/// On a thread with a runtime of its own, so that it works inside and outside of one.
fn sqlite(path: &str, sql: String) -> Vec<String> {
    use sqlx::{Connection, Row};
    let path = path.to_owned();
    let work = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let options = sqlx::sqlite::SqliteConnectOptions::new()
                .filename(&path)
                .busy_timeout(std::time::Duration::from_secs(30));
            let mut connection = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
            let query = sqlx::query(sqlx::AssertSqlSafe(sql.clone()));
            let rows = query.fetch_all(&mut connection).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
            connection.close().await.unwrap();
            let text = |row: &sqlx::sqlite::SqliteRow| {
                let number = |_| row.try_get::<i64, _>(0).map(|n| n.to_string());
                row.try_get::<String, _>(0).or_else(number).unwrap_or_else(|error| panic!("{sql}: {error}"))
            };
            rows.iter().map(text).collect()
        })
    });
    work.join().unwrap()
}

/// Shows where two dumps differ, and fails the test if they do.
#[track_caller]
pub fn same(what: &str, expected: &[String], found: &[String]) {
    let only = |a: &[String], b: &[String]| {
        let other: std::collections::BTreeSet<&String> = b.iter().collect();
        a.iter().filter(|row| !other.contains(row)).take(12).cloned().collect::<Vec<_>>()
    };
    let (missing, extra) = (only(expected, found), only(found, expected));
    assert!(
        missing.is_empty() && extra.is_empty() && expected.len() == found.len(),
        "{what}: {} rows expected, {} found\nonly expected:\n  {}\nonly found:\n  {}",
        expected.len(),
        found.len(),
        missing.join("\n  "),
        extra.join("\n  ")
    );
}

/// Whether the whole count of rounds was asked for: `STANDIN_FULL=1`.
pub fn full() -> bool {
    #[allow(clippy::disallowed_methods)] // how ./test is told to take its time
    std::env::var_os("STANDIN_FULL").is_some_and(|value| value == "1")
}
