//! A firm in which a scenario is played: the real program serves its pages on either database, its
//! commands act beside it, and every door that could show a deal is tried for every person.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::browser::{Browser, Page};
use super::company::{now, today};
use super::firm::{Company, Kind, Names};
use super::process::{Outcome, Running};
use super::{PATIENT, eventually};
use serde_json::Value;
use sha2::{Digest, Sha256};
use standin::config::Config;
use standin::model::id::UserId;
use standin::model::time::Timestamp;
use standin::store::keys::Keys;
use standin::store::{Db, sessions};
use standin::web::{State, router};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::watch;

const PASSWORD: &str = "a-long-password";
/// Anna and Piotr belong to North, Kamil and Ewa to South; Maria is Anna's manager and no account
/// manager; Adam is the admin.
const USERS: &str = "\
login,name,role,emails,manager,team,zone,language,password
anna,Anna Nowak,account-manager,anna@firma.example,maria,North,Europe/Warsaw,en,a-long-password
piotr,Piotr Lis,account-manager,piotr@firma.example,,North,Europe/Warsaw,en,a-long-password
kamil,Kamil Zych,account-manager,kamil@firma.example,,South,Europe/Warsaw,en,a-long-password
ewa,Ewa Kos,account-manager,ewa@firma.example,,South,Europe/Warsaw,en,a-long-password
maria,Maria Bak,staff,maria@firma.example,,,Europe/Warsaw,en,a-long-password
adam,Adam Wrona,admin,adam@firma.example,,,Europe/Warsaw,en,a-long-password
";
const ACCOUNTS: &str = "\
external_id,name,owner,domains
acme,Acme-works,anna,acme.test
beta,Beta-mills,anna,beta.test
gamma,Gamma-yards,kamil,gamma.test
";
const CONTACTS: &str = "\
external_id,name,owner,account,emails
jan,Jan-Acki,anna,acme,jan@acme.test
bo,Bo-Becki,anna,beta,bo@beta.test
gosia,Gosia-Gacka,kamil,gamma,gosia@gamma.test
";
const OPPORTUNITIES: &str = "\
external_id,name,owner,account,number
pumps,Harbour-pumps,anna,acme,OP-1
valves,Winter-valves,anna,beta,OP-2
pipes,Copper-pipes,kamil,gamma,OP-3
";

/// Everybody.
pub const PEOPLE: [&str; 6] = ["anna", "piotr", "kamil", "ewa", "maria", "adam"];

/// A deal, and the client's one mail about it.
#[derive(Clone, Copy, Debug)]
pub struct Deal {
    /// Its number.
    pub number: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Its id in the tables.
    pub external: &'static str,
    /// Who wrote.
    pub from: &'static str,
    /// Whose mailbox the mail lies in.
    pub mailbox: &'static str,
    /// The mail's subject.
    pub subject: &'static str,
}

/// Anna's deal with Acme.
pub const PUMPS: Deal = Deal {
    number: "OP-1",
    name: "Harbour-pumps",
    external: "pumps",
    from: "jan@acme.test",
    mailbox: "anna",
    subject: "When can you deliver?",
};
/// Anna's deal with Beta.
pub const VALVES: Deal = Deal {
    number: "OP-2",
    name: "Winter-valves",
    external: "valves",
    from: "bo@beta.test",
    mailbox: "anna",
    subject: "What does it cost?",
};
/// Kamil's deal with Gamma.
pub const PIPES: Deal = Deal {
    number: "OP-3",
    name: "Copper-pipes",
    external: "pipes",
    from: "gosia@gamma.test",
    mailbox: "kamil",
    subject: "Whom shall I call?",
};

/// Where a mail stands on the page Today of somebody who may read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Today {
    /// Under what waits for their own reply.
    Mine,
    /// Under what came in for somebody they stand in for.
    Covering,
    /// Not there: they may look it up, and it is not theirs to answer.
    Not,
}

/// The firm, and the program that runs over it.
pub struct Scene {
    // First of all: the program ends before what it stands on.
    running: Running,
    /// The installation.
    pub company: Company,
    browsers: BTreeMap<&'static str, Browser>,
    /// What each is told of a record that does not exist.
    nothing: RefCell<BTreeMap<String, String>>,
    /// Ids of records by their ids in the tables, of users by login, of mails by subject.
    ids: BTreeMap<String, i64>,
}

/// A firm before its program runs, with people, records and mail of an hour ago.
pub fn set_up(kind: Kind, change: impl FnOnce(&mut Config)) -> Company {
    let mut company = Company::new(kind, &Names::plain());
    for person in ["anna", "kamil"] {
        // Nobody listens there: the mail comes from an archive.
        company.mailbox(person, 1, None);
    }
    change(&mut company.config);
    let tables = [("users", USERS), ("accounts", ACCOUNTS), ("contacts", CONTACTS), ("opportunities", OPPORTUNITIES)];
    for (what, text) in tables {
        let file = company.file(&format!("{what}.csv"), text);
        company.call(["import", what, &file]).succeed();
    }
    for deal in [PUMPS, VALVES, PIPES] {
        let text = format!(
            "From: <{from}>\r\nTo: <{to}@firma.example>\r\nDate: {date}\r\nMessage-ID: <{id}@x.test>\r\n\
             Subject: {subject}\r\n\r\nWords about {subject}\r\n",
            from = deal.from,
            to = deal.mailbox,
            date = (now() - chrono::Duration::hours(1)).to_rfc2822(),
            id = deal.external,
            subject = deal.subject,
        );
        company.file(&format!("{}/{}.eml", deal.mailbox, deal.external), &text);
    }
    for mailbox in ["anna", "kamil"] {
        let folder = company.file(&format!("{mailbox}/end"), "");
        let folder = folder.trim_end_matches("/end");
        std::fs::remove_file(format!("{folder}/end")).unwrap();
        company.call(["import", "mail", "--mailbox", mailbox, folder]).succeed();
    }
    company
}

impl Scene {
    /// A firm whose program runs.
    pub fn open(kind: Kind, change: impl FnOnce(&mut Config)) -> Scene {
        Scene::start(set_up(kind, change))
    }

    /// Starts the program and signs everybody in.
    pub fn start(company: Company) -> Scene {
        let mut running = company.call(["serve"]).start();
        let line = running.wait_for("Standin is ready at ");
        let url = line.rsplit(' ').next().unwrap();
        let browsers = PEOPLE.map(|login| (login, Browser::sign_in(url, login, PASSWORD))).into();
        let ids = "select cast(id as varchar) || ' ' || external_id from records union all \
                   select cast(id as varchar) || ' ' || login from users union all \
                   select cast(id as varchar) || ' ' || subject from mails";
        let id = |row: String| {
            let (id, name) = row.split_once(' ').unwrap();
            (name.to_owned(), id.parse().unwrap())
        };
        let ids = company.rows(ids).into_iter().map(id).collect();
        Scene { running, company, browsers, nothing: RefCell::default(), ids }
    }

    /// Somebody at a browser, signed in.
    pub fn at(&self, login: &str) -> &Browser {
        &self.browsers[login]
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
    pub fn json(&self, line: &str) -> Value {
        serde_json::from_str(&self.ok(&format!("{line} --json"))).unwrap()
    }

    /// The id of a record.
    pub fn record(&self, external: &str) -> i64 {
        self.ids[external]
    }

    /// The id of a user.
    pub fn user(&self, login: &str) -> i64 {
        self.ids[login]
    }

    /// The page of a record.
    pub fn page_of(&self, deal: &Deal) -> String {
        format!("/records/{}", self.record(deal.external))
    }

    /// Looks until something is so, with what the program said where it was in vain.
    #[track_caller]
    pub fn eventually(&self, what: &str, probe: impl FnMut() -> Option<()>) {
        eventually(&format!("{what}; standin said so far:\n{}", self.running.said()), PATIENT, probe);
    }

    /// Tries every door for everybody: these see the deal and its mail, the others find no trace.
    #[track_caller]
    pub fn seen_by(&self, deal: &Deal, seers: &[(&str, Today)]) {
        let id = self.record(deal.external);
        let mail = self.ids[deal.subject];
        for login in PEOPLE {
            match seers.iter().find(|(seer, _)| *seer == login) {
                Some((_, today)) => self.sees(login, deal, (id, mail), *today),
                None => self.sees_nothing(login, deal, (id, mail)),
            }
        }
    }

    #[track_caller]
    fn sees(&self, login: &str, deal: &Deal, (id, mail): (i64, i64), today: Today) {
        // Found by its name; its timeline on the command line.
        let timeline = self.json(&format!("timeline {} --as {login}", deal.name));
        assert_eq!(timeline["record"]["id"], id);
        let subjects: Vec<&Value> = timeline["entries"].as_array().unwrap().iter().map(|e| &e["subject"]).collect();
        assert_eq!(subjects, [deal.subject], "{login} on {}", deal.name);
        let browser = self.at(login);
        let page = browser.read(&format!("/records/{id}"));
        assert!(page.says(deal.name) && page.says(deal.subject), "{login}: {}", page.text);
        let list = browser.read("/records?kind=opportunity");
        assert!(list.says(&format!("href=\"/records/{id}\"")), "{login}: {}", list.text);
        let message = browser.read(&format!("/messages/{mail}"));
        assert!(message.says(&format!("Words about {}", deal.subject)) && message.says(deal.name), "{}", message.text);
        let page = browser.read("/");
        let place = page.text.split("id=\"").filter_map(|rest| rest.split('"').next());
        let group = place.filter_map(|id| id.strip_suffix(&format!("-m{mail}"))).collect::<Vec<_>>().join(" ");
        let found = match group.as_str() {
            "waiting" => Today::Mine,
            "" => Today::Not,
            group if group.starts_with("covering-") && !group.contains(' ') => Today::Covering,
            _ => panic!("{login} has {} under {group}", deal.name),
        };
        assert_eq!(found, today, "{login} on Today, {}", deal.name);
    }

    #[track_caller]
    fn sees_nothing(&self, login: &str, deal: &Deal, (id, mail): (i64, i64)) {
        // Looked for by its name; by its number too, which takes the same way, for one of them.
        let number = (login == "kamil").then_some(deal.number);
        for reference in [Some(deal.name), number].into_iter().flatten() {
            let said = self.no(&format!("timeline {reference} --as {login}"));
            assert_eq!(said.replace(&format!("`{reference}`"), "it"), self.told_of_nothing(login), "{reference}");
        }
        // An admin may assign it, so its page about access is theirs; nothing else is.
        let admin = login == "adam";
        for part in ["", "/owners", "/activity", "/access"] {
            let known = admin && part == "/access";
            if !known {
                self.same_as_missing(login, &format!("/records/{id}{part}"), &format!("/records/999999{part}"));
            }
        }
        let browser = self.at(login);
        let watched = browser.watch(&format!("/live?page=/records/{id}&seen=")).err();
        assert_eq!(watched, Some(404), "{login} watching {}", deal.name);
        let traces = [deal.name.to_owned(), format!("/records/{id}\"")];
        let clean = |page: &Page, what: &str| {
            let found = traces.iter().find(|trace| page.says(trace));
            assert_eq!(found, None, "{login} finds {} on {what}: {}", deal.name, page.text);
        };
        for path in ["/", "/records?kind=opportunity", "/records?kind=account", "/activities"] {
            let page = browser.read(path);
            clean(&page, path);
            let mail = page.says(deal.subject) || page.says(&format!("/messages/{mail}\""));
            assert!(!mail, "{login} finds the mail on {path}: {}", page.text);
        }
        if login == deal.mailbox {
            // A copy in one's own mailbox shows the mail, and no record (P5).
            clean(&browser.read(&format!("/messages/{mail}")), "the message");
        } else {
            for part in ["", "/body", "/attachments/0"] {
                self.same_as_missing(login, &format!("/messages/{mail}{part}"), &format!("/messages/999999{part}"));
            }
        }
    }

    /// Both are answered 404, and to the byte alike.
    #[track_caller]
    pub fn same_as_missing(&self, login: &str, path: &str, missing: &str) {
        let browser = self.at(login);
        let alike = || (browser.get(path), browser.get(missing));
        let (mut refused, mut absent) = alike();
        if refused != absent {
            // What every page says of the mailboxes may have changed between the two.
            (refused, absent) = alike();
        }
        assert_eq!((refused.status, &refused), (404, &absent), "{login} on {path}");
    }

    fn told_of_nothing(&self, login: &str) -> String {
        let ask = || self.no(&format!("timeline 999999 --as {login}")).replace("`999999`", "it");
        self.nothing.borrow_mut().entry(login.to_owned()).or_insert_with(ask).clone()
    }

    /// Enters an absence by the form: fills it in, looks at what it would bring, saves that.
    #[track_caller]
    pub fn enter_absence(&self, login: &str, path: &str, fields: &[(&str, &str)]) -> Page {
        let with = |more: &[(&'static str, &str)]| {
            let fields: Vec<(&str, &str)> = fields.iter().chain(more).copied().collect();
            self.at(login).post(path, &fields)
        };
        let preview = with(&[("do", "preview")]);
        assert_eq!(preview.status, 200, "{preview:?}");
        let token = token(&preview);
        let saved = with(&[("do", "save"), ("token", &token)]);
        assert_eq!(saved.status, 303, "{saved:?}");
        preview
    }

    /// Ends an absence by the button on its page.
    #[track_caller]
    pub fn end_absence(&self, login: &str, id: i64) {
        let page = self.at(login).read(&format!("/absences/{id}"));
        let done = self.at(login).post(&format!("/absences/{id}/end"), &[("token", &page.value_of("token"))]);
        assert_eq!(done.status, 303, "{done:?}");
    }

    /// Assigns a deal by the form for many records: what it would do, then that.
    #[track_caller]
    pub fn assign(&self, login: &str, deal: &Deal, to: &str, step: bool) {
        let (id, to) = (self.record(deal.external).to_string(), self.user(to).to_string());
        let step = if step { "1" } else { "" };
        let fields = [("id", id.as_str()), ("what", "assign"), ("to", &to), ("step", step), ("reason", "as agreed")];
        let preview = self.at(login).post("/bulk", &fields);
        let path = preview.location();
        assert!(self.at(login).read(&path).says(deal.name));
        assert_eq!(self.at(login).post(&path, &[]).status, 303);
    }

    /// The status of a page, and the page, as somebody gets it at another moment, from the same
    /// pages over the same database.
    pub fn later(&self, login: &str, path: &str, at: Timestamp) -> (u16, String) {
        use http_body_util::BodyExt;
        use tower::ServiceExt;
        let (user, config) = (self.user(login), self.company.config.clone());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let db = Db::open(&config.database_url()).await.unwrap();
            let keys = Keys::load(&config.data_dir).unwrap();
            let token = [u8::try_from(user).unwrap(); 32];
            let mut tx = db.write().await.unwrap();
            sessions::end(&mut tx, &Sha256::digest(token)).await.unwrap();
            sessions::begin(&mut tx, &Sha256::digest(token), UserId(user), "test", at).await.unwrap();
            tx.commit().await.unwrap();
            let (_changes, changes) = watch::channel(0);
            let (_stop, stopping) = watch::channel(false);
            let config = Arc::new(config);
            let state = State { db: db.clone(), keys, config, changes, clock: Arc::new(move || at) };
            let request = axum::http::Request::get(path).header("cookie", format!("standin={}", hex::encode(token)));
            let request = request.body(axum::body::Body::empty()).unwrap();
            let answer = router(state, stopping).oneshot(request).await.unwrap();
            let (parts, body) = answer.into_parts();
            let body = body.collect().await.unwrap().to_bytes();
            db.close().await;
            (parts.status.as_u16(), String::from_utf8_lossy(&body).into_owned())
        })
    }
}

/// The token of what a page showed: the last on it.
#[track_caller]
fn token(page: &Page) -> String {
    let (_, rest) = page.text.rsplit_once("name=\"token\" value=\"").unwrap_or_else(|| panic!("no token: {page:?}"));
    rest.split('"').next().unwrap().to_owned()
}

/// Days from today where the firm is.
pub fn day(ahead: i64) -> String {
    (today() + chrono::Duration::days(ahead)).to_string()
}
