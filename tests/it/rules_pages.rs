//! The pages of the admins' rules, as an admin uses them: trying, saving what was shown and nothing
//! else, versions, runs, tracing one mail; on both databases.

#![allow(
    clippy::too_many_lines,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]

use crate::order::{Desk, NOW};
use crate::rules::{contains, import, is, number, regard, rule, some_rules, standings, worker};
use crate::support::firm::{Kind, Names};
use crate::support::letters::letters;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use http_body_util::BodyExt;
use sha2::{Digest, Sha256};
use standin::actions::rules::{from_toml, settle_trials, to_toml};
use standin::config::Config;
use standin::intake::replay::{self, Driven, Trier, drive, try_all};
use standin::link::rules::Set;
use standin::model::id::{MailId, RuleId, RuleJobId, TrialId, UserId};
use standin::model::rule::{Condition, Field, Kept, Rule, Switch, Then};
use standin::model::time::{DAY, HOUR, Timestamp};
use standin::store::rules::{Precision, trials};
use standin::store::{self, sessions};
use standin::web::{State, router};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tower::ServiceExt;

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    fn has(&self, text: &str) -> bool {
        self.body.contains(text)
    }

    #[track_caller]
    fn location(&self) -> String {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{}", self.body);
        self.headers[header::LOCATION].to_str().unwrap().to_owned()
    }

    /// The number of a group of a dry run.
    #[track_caller]
    fn group(&self, word: &str) -> i64 {
        let (_, rest) =
            self.body.split_once(&format!("data-group=\"{word}\">")).unwrap_or_else(|| panic!("{}", self.body));
        rest.split('<').next().unwrap().parse().unwrap()
    }

    /// What a hidden field holds.
    #[track_caller]
    fn hidden(&self, name: &str) -> String {
        let at = format!("name=\"{name}\" value=\"");
        let (_, rest) = self.body.split_once(&at).unwrap_or_else(|| panic!("no {name}: {}", self.body));
        rest.split('"').next().unwrap().to_owned()
    }
}

fn escaped(text: &str) -> String {
    text.bytes()
        .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}

fn form(fields: &[(&str, &str)]) -> String {
    fields.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect::<Vec<_>>().join("&")
}

/// The pages over a company's mail; Maria is an admin.
struct Site {
    desk: Desk,
    maria: UserId,
    anna: UserId,
}

impl Site {
    async fn open(kind: Kind, story: u64) -> Site {
        let desk = Desk::open(kind, &letters(&Names::plain(), story, NOW.plus(-2 * DAY).0, 62)).await;
        number(&desk);
        desk.company.rows("update users set role = 'admin' where login = 'maria'");
        desk.take_all(story).await;
        let id = |login: &str| UserId(desk.company.number(&format!("select id from users where login = '{login}'")));
        let (maria, anna) = (id("maria"), id("anna"));
        Site { maria, anna, desk }
    }

    async fn ask(&self, user: UserId, language: &str, path: &str, kind: &str, body: Option<Vec<u8>>) -> Answer {
        let db = &self.desk.instance.db;
        self.desk.company.rows(&format!("update users set language = '{language}' where id = {user}"));
        let token = [user.0 as u8; 32];
        let mut tx = db.write().await.unwrap();
        sessions::end(&mut tx, &Sha256::digest(token)).await.unwrap();
        sessions::begin(&mut tx, &Sha256::digest(token), user, "test", NOW).await.unwrap();
        tx.commit().await.unwrap();
        let (_changes, changed) = watch::channel(0);
        let (_stop, stopping) = watch::channel(false);
        let config = Config { public_url: String::new(), ..self.desk.company.config.clone() };
        let state = State {
            db: db.clone(),
            keys: self.desk.instance.keys.clone(),
            config: Arc::new(config),
            changes: changed,
            clock: Arc::new(|| NOW),
        };
        let cookie = format!("standin={}", hex::encode(token));
        let request = match body {
            None => Request::get(path),
            Some(_) => Request::post(path).header(header::CONTENT_TYPE, kind),
        };
        let request = request.header(header::COOKIE, cookie);
        let request = request.body(Body::from(body.unwrap_or_default())).unwrap();
        let (mut parts, body) = router(state, stopping).oneshot(request).await.unwrap().into_parts();
        let body = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
        let id = parts.headers.remove("x-request-id").unwrap();
        Answer { status: parts.status, headers: parts.headers, body: body.replace(id.to_str().unwrap(), "ID") }
    }

    /// An admin who has no mailbox, no record and nobody below them.
    fn another_admin(&self) -> UserId {
        self.desk.company.rows(
            "insert into users (id, login, name, role, zone, language, active, created_at) \
             values (77, 'adam', 'Adam Nowak', 'admin', 'Europe/Warsaw', 'en', true, 0)",
        );
        UserId(77)
    }

    async fn get(&self, path: &str) -> Answer {
        self.ask(self.maria, "en", path, "", None).await
    }

    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.ask(self.maria, "en", path, "application/x-www-form-urlencoded", Some(form(fields).into_bytes())).await
    }

    fn trier(&self, name: &str, now: Timestamp) -> Trier {
        Trier {
            db: self.desk.instance.db.clone(),
            own_domains: [Names::plain().own].into_iter().collect(),
            policy: Default::default(),
            name: name.into(),
            clock: Arc::new(move || now),
            told: Arc::new(|| ()),
        }
    }

    /// What the program does in the background, once.
    async fn work(&self) {
        try_all(&self.trier("w", NOW)).await.unwrap();
        let mut tx = self.desk.instance.db.write().await.unwrap();
        let world = store::people::world(&mut tx, &Default::default(), NOW).await.unwrap();
        settle_trials(&mut tx, &world, NOW).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn version(&self) -> i64 {
        self.desk.company.number("select coalesce(max(version), 0) from rule_changes")
    }

    /// Writes a set of rules on the page and looks at its dry run.
    async fn tried(&self, rules: &[Rule]) -> (String, Answer) {
        let toml = to_toml(rules).unwrap();
        let at = self.post("/admin/rules", &[("do", "import"), ("toml", &toml)]).await.location();
        assert!(self.get(&at).await.has("data-trial=\"running\""));
        self.work().await;
        let page = self.get(&at).await;
        assert!(page.has("data-trial=\"shown\""), "{}", page.body);
        (at, page)
    }

    /// Agrees to everything that the page asks, and saves.
    async fn save(&self, at: &str, page: &Answer, wanted: &str) -> Answer {
        let seen = page.hidden("seen");
        let mut fields = vec![("do", wanted), ("seen", seen.as_str()), ("note", "as said")];
        fields.extend(["everything", "exposed", "against"].map(|word| ("agree", word)));
        self.post(at, &fields).await
    }
}

macro_rules! on_both {
    ($($name:ident: $story:literal;)*) => {$(
        mod $name {
            use super::*;

            #[tokio::test]
            async fn on_sqlite() {
                let site = Site::open(Kind::Sqlite, $story).await;
                super::$name(&site).await;
                site.desk.close().await;
            }

            #[tokio::test]
            async fn on_postgres() {
                let site = Site::open(Kind::Postgres, $story).await;
                super::$name(&site).await;
                site.desk.close().await;
            }
        }
    )*};
}

on_both! {
    what_the_page_says_is_what_applying_does: 0;
    a_rule_is_written_in_rows_or_text_and_mistakes_stand_at_their_field: 2;
    nothing_is_saved_but_what_was_shown_and_agreed_to: 2;
    a_dry_run_goes_on_after_its_worker_died_and_can_be_stopped: 3;
    versions_are_shown_and_come_back_after_a_dry_run: 2;
    mail_that_an_admin_does_not_read_is_not_numbered: 2;
    only_admins_see_any_of_it: 2;
    a_mail_is_traced_stored_or_given_and_nothing_of_it_stays: 1;
    what_people_corrected_lowers_the_share_that_was_left: 2;
    conditions_are_counted_and_mistakes_and_versions_read_in_polish: 1;
    what_a_rule_in_shadow_would_have_done_is_listed: 1;
    blocks_and_what_is_stored_about_a_person_have_pages: 1;
}

async fn conditions_are_counted_and_mistakes_and_versions_read_in_polish(site: &Site) {
    let fits = site.desk.company.number("select count(*) from mails where subject like '%spindle%'");
    let of = site.desk.company.number("select count(*) from mails");
    let rows = |value: &'static str| {
        [
            ("name", "Wrzeciona"),
            ("state", "on"),
            ("regard", "OP-1"),
            ("group0", "all"),
            ("field0", "subject"),
            ("way0", "matches"),
            ("value0", value),
        ]
    };
    let counted = [&rows("(?i)spindle")[..], &[("do", "count")]].concat();
    let page = site.post("/admin/rules/new", &counted).await;
    assert!(page.has(&format!("fits {fits} of the last {of} mails")), "{}", page.body);
    assert_eq!(site.version().await, 0, "counting saves nothing");
    let polish = |fields: Vec<(&'static str, &'static str)>| async move {
        let body = form(&fields).into_bytes();
        site.ask(site.maria, "pl", "/admin/rules/new", "application/x-www-form-urlencoded", Some(body)).await
    };
    let page = polish([&rows("(a")[..], &[("do", "try")]].concat()).await;
    assert!(page.has("niezamknięta grupa") && !page.has("unclosed"), "{}", page.body);
    let page = polish(vec![("toml", "[[rule]]\nnam = 1"), ("do", "try")]).await;
    assert!(page.has("wiersz 2, znak 1, reguła 1: nieznane pole"), "{}", page.body);
    let one = rule("Wrzeciona", vec![contains(Field::Subject, "spindle")], regard("OP-1"));
    import(&site.desk.instance.db, vec![one.clone()]).await;
    import(&site.desk.instance.db, vec![Rule { state: Switch::Shadow, ..one }]).await;
    let page = site.ask(site.maria, "pl", "/admin/rules/history?to=2", "", None).await;
    assert!(page.has("Stan") && page.has("w cieniu") && !page.has("<code>state</code>"), "{}", page.body);
}

async fn what_a_rule_in_shadow_would_have_done_is_listed(site: &Site) {
    let db = &site.desk.instance.db;
    let shadow = |name: &str, to: &str| Rule { state: Switch::Shadow, ..rule(name, Vec::new(), regard(to)) };
    let captured =
        Condition { field: Field::Subject, matches: Some("(?<number>OP-[0-9]+)".into()), ..Condition::default() };
    let captured = Rule { state: Switch::Shadow, ..rule("Captured", vec![captured], regard("{number}")) };
    import(db, vec![shadow("One", "OP-1"), shadow("None", "OP-77"), captured]).await;
    let (set, said) = (site.desk.company.number("select max(version) from rule_changes"), NOW.0);
    // As if all mail had come since.
    site.desk.company.rows(&format!(
        "insert into mail_rules (mail_id, position, rule_id, version, set_version, name, shadow, effects, at)
         select m.id, r.n, r.n, {set}, {set}, 'x', true, r.effects, {said} from mails m, (select 1 as n, '[{{\"regard\":\"OP-1\"}}]' as effects
         union all select 2, '[{{\"regard\":\"OP-77\"}}]' union all select 3, '[{{\"regard\":\"OP-424242\"}}]') r"
    ));
    let stands = site
        .desk
        .company
        .number("select count(*) from mails m join records r on r.id = m.regarding_id where r.number = 'OP-1'");
    let page = site.get("/admin/rules/1/shadow").await;
    assert!(page.has(&format!("{stands} stand where it says")), "{}", page.body);
    assert!(page.has("Of those that stand somewhere"), "{}", page.body);
    assert!(site.get("/admin/rules/2/shadow").await.has("no one record has that number"));
    assert!(site.get("/admin/rules").await.has("/admin/rules/1/shadow"));
    // An admin who reads none of the mail is told neither which it is nor what the rule found in it.
    assert!(site.get("/admin/rules/3/shadow").await.has("OP-424242"));
    let adam = site.another_admin();
    let page = site.ask(adam, "en", "/admin/rules/3/shadow", "", None).await;
    assert!(page.has("{number}") && page.has("a mail that you may not read"), "{}", page.body);
    assert!(!page.has("OP-424242") && !page.has("/admin/trace?mail=") && !page.has("/messages/"), "{}", page.body);
    assert_eq!(site.get("/admin/rules/9/shadow").await.status, StatusCode::NOT_FOUND);
    assert_eq!(site.ask(site.anna, "en", "/admin/rules/1/shadow", "", None).await.status, StatusCode::NOT_FOUND);
}

async fn blocks_and_what_is_stored_about_a_person_have_pages(site: &Site) {
    let names = Names::plain();
    let client = names.address("c0@acme");
    let mails = || {
        site.desk
            .company
            .number(&format!("select count(distinct mail_id) from mail_parties where address = '{client}'"))
    };
    let before = mails();
    assert!(before > 0);
    let anna = |path: &'static str, fields: Vec<(&'static str, String)>| async move {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let body = form(&fields).into_bytes();
        site.ask(site.anna, "en", path, "application/x-www-form-urlencoded", Some(body)).await
    };
    let pattern = || ("pattern", client.clone());
    let page = anna("/me/blocks", vec![pattern(), ("do", "look".into())]).await;
    assert!(page.has("data-preview") && page.has("Stored already"), "{}", page.body);
    assert_eq!(site.desk.company.number("select count(*) from blocks"), 0, "looking changes nothing");
    let at = anna("/me/blocks", vec![pattern(), ("do", "block".into())]).await.location();
    assert!(site.ask(site.anna, "en", &at, "", None).await.has(&client));
    assert!(!site.get("/me/blocks").await.has(&client), "one's own list is for oneself alone");
    let again = anna("/me/blocks", vec![pattern(), ("do", "block".into())]).await;
    assert!(
        again.status == StatusCode::UNPROCESSABLE_ENTITY && again.has("is blocked there already"),
        "{}",
        again.body
    );
    let ours = anna("/me/blocks", vec![("pattern", names.own.clone()), ("do", "look".into())]).await;
    assert!(ours.has("is one of ours"), "{}", ours.body);
    anna("/me/blocks", vec![pattern(), ("do", "unblock".into())]).await.location();
    assert_eq!(site.desk.company.number("select count(*) from blocks"), 0);
    for path in ["/admin/blocks", "/admin/privacy"] {
        assert_eq!(site.ask(site.anna, "en", path, "", None).await.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(anna(path, vec![pattern(), ("do", "look".into())]).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    site.post("/admin/blocks", &[("pattern", "nobody.test"), ("do", "block")]).await.location();
    assert!(site.get("/admin/blocks").await.has("@nobody.test"));
    // What is stored, and erasing it once somebody ticked that they mean it.
    let page = site.post("/admin/privacy", &[("address", &client), ("do", "show")]).await;
    assert!(page.has(&format!("{before} mail")) && page.has("Not erased."), "{}", page.body);
    let page = site.post("/admin/privacy", &[("address", &client), ("do", "erase")]).await;
    assert!(page.has("tick that you mean it") && mails() == before, "{}", page.body);
    let page = site.post("/admin/privacy", &[("address", &client), ("do", "erase"), ("agreed", "1")]).await;
    assert!(page.has("data-erased") && page.has("nothing that comes brings it back"), "{}", page.body);
    assert_eq!(mails(), 0);
    let page = site.post("/admin/privacy", &[("address", &names.address("anna")), ("do", "show")]).await;
    assert!(!page.has("name=\"agreed\""), "only people outside can be erased");
}

async fn what_the_page_says_is_what_applying_does(site: &Site) {
    let db = &site.desk.instance.db;
    let mut changed = 0;
    // Of random sets some cannot be; those are told apart in rules.rs.
    let sets = (500..).map(|seed| some_rules(seed, false)).filter(|set| {
        let kept = set.iter().zip(1..).map(|(rule, n)| Kept { id: RuleId(n), version: 0, rule: rule.clone() });
        Set::compile(&kept.collect::<Vec<_>>()).is_ok()
    });
    for (round, set) in sets.take(4).enumerate() {
        let (at, page) = site.tried(&set).await;
        let words =
            ["newly-linked", "moved", "lost", "ambiguous", "confidential", "not-confidential", "against-a-person"];
        let said: BTreeMap<&str, i64> = words.map(|word| (word, page.group(word))).into();
        let csv = site.get(&format!("{at}/changes.csv")).await;
        assert!(csv.headers[header::CONTENT_TYPE].to_str().unwrap().starts_with("text/csv"));
        // Of mail that the admin does not read the page's file has no number; the one that is kept has all of them.
        let trial = TrialId(at.rsplit('/').next().unwrap().parse().unwrap());
        let mut tx = db.read().await.unwrap();
        let packed = trials::changes(&mut tx, trial).await.unwrap().unwrap();
        drop(tx);
        let kept = replay::csv(&packed).unwrap();
        let told = replay::mails_of_csv(&csv.body);
        assert_eq!(csv.body, replay::csv_for(&kept, |mail| told.contains(&mail)));
        let mut expected = BTreeMap::new();
        let mut counted: BTreeMap<&str, i64> = words.map(|word| (word, 0)).into();
        for line in kept.lines().skip(1) {
            let cells: Vec<&str> = line.split(',').collect();
            *counted.get_mut(cells[0]).unwrap() += 1;
            expected.insert(MailId(cells[1].parse().unwrap()), (cells[5].to_owned(), cells[6].to_owned()));
        }
        assert_eq!(counted, said, "the file holds what the page counts");
        changed += expected.len();
        let moves: i64 = said.iter().filter(|(word, _)| **word != "against-a-person").map(|(_, n)| n).sum();
        let mails = if moves == 1 { "1 mail".to_owned() } else { format!("{moves} mails") };
        assert_eq!(page.has(&format!("Save, and change {mails}<")), moves > 0, "the button carries the number");
        if moves == 0 {
            continue;
        }
        let before = standings(db).await;
        assert_eq!(site.save(&at, &page, "history").await.location(), at);
        assert!(site.get(&at).await.has("data-trial=\"checking\""));
        site.work().await;
        let saved = site.get(&at).await;
        assert!(saved.has("Saved as version"), "{}", saved.body);
        let job = RuleJobId(site.desk.company.number("select max(id) from rule_jobs"));
        assert!(saved.has(&format!("/admin/rules/runs/{job}")));
        assert!(site.get(&format!("/admin/rules/runs/{job}")).await.has("under way"));
        assert_eq!(drive(&worker(db, "w", 7, NOW), job).await.unwrap(), Driven::Settled);
        let after = standings(db).await;
        for (mail, stood) in &before {
            let stands = &after[mail];
            match expected.get(mail) {
                None => assert_eq!(stands, stood, "mail {mail} changed, and the page did not say so"),
                Some((regards, on)) => {
                    let found: Vec<String> = stands.on().iter().map(ToString::to_string).collect();
                    let regarding = stands.regarding.map(|r| r.to_string()).unwrap_or_default();
                    assert_eq!((&regarding, &found.join(" ")), (regards, on), "mail {mail}");
                }
            }
        }
        if round == 0 {
            let run = format!("/admin/rules/runs/{job}");
            let undone = site.post(&run, &[("do", "undo")]).await;
            assert_eq!(undone.location(), run);
            drive(&worker(db, "w", 7, NOW), job).await.unwrap();
            assert_eq!(standings(db).await, before);
            assert!(site.get(&run).await.has("undone"));
        }
    }
    assert!(changed > 10, "the sets hardly change anything: {changed}");
}

async fn a_rule_is_written_in_rows_or_text_and_mistakes_stand_at_their_field(site: &Site) {
    let empty = site.get("/admin/rules").await;
    assert!(empty.has("There are no rules of your own yet") && empty.has("Reply to a linked mail"), "{}", empty.body);
    let polish = site.ask(site.maria, "pl", "/admin/rules", "", None).await;
    assert!(polish.has("lang=\"pl\"") && polish.has("Odpowiedź na powiązaną wiadomość"), "{}", polish.body);
    let start = site.get("/admin/rules/new").await;
    assert!(start.has("Condition 1") && !start.has("Condition 2"));
    let rows = [
        ("name", "Numbers"),
        ("state", "on"),
        ("stop", "1"),
        ("group0", "all"),
        ("field0", "subject"),
        ("way0", "matches"),
        ("value0", " \\[(?<n>OP-[0-9]+"),
        ("header0", ""),
        ("group1", "none"),
        ("field1", "size"),
        ("way1", "over"),
        ("value1", "many"),
        ("header1", ""),
        ("regard", "{m}"),
        ("account", ""),
    ];
    let with = |more: &[(&'static str, &'static str)]| [&rows[..], more].concat();
    // Another row, and one less; what was typed stays.
    let more = site.post("/admin/rules/new", &with(&[("do", "row")])).await;
    assert!(more.has("Condition 3") && more.has(" \\[(?&#60;n&#62;OP-[0-9]+"), "{}", more.body);
    let less = site.post("/admin/rules/new", &with(&[("do", "remove-0")])).await;
    assert!(!less.has("Condition 2") && less.has("value=\"many\""));
    // A number that is none, then what the compiler says: each at its row.
    let wrong = site.post("/admin/rules/new", &with(&[("do", "try")])).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let at = |page: &Answer, id: &str| {
        let (_, rest) = page.body.split_once(&format!("id=\"{id}\">")).unwrap_or_else(|| panic!("{id}: {}", page.body));
        rest.split("</p>").next().unwrap().to_owned()
    };
    assert!(at(&wrong, "wrong1").contains("whole number of octets"));
    let fields: Vec<(&str, &str)> =
        with(&[("do", "try")]).into_iter().map(|(n, v)| if n == "value1" { (n, "5000") } else { (n, v) }).collect();
    let wrong = site.post("/admin/rules/new", &fields).await;
    assert!(at(&wrong, "wrong0").contains("At character 4: unclosed group"), "{}", wrong.body);
    assert_eq!(site.version().await, 0);
    let fixed: Vec<(&str, &str)> =
        fields.into_iter().map(|(n, v)| if n == "value0" { (n, "\\[(?<n>OP-[0-9]+)\\]") } else { (n, v) }).collect();
    let wrong = site.post("/admin/rules/new", &fixed).await;
    assert!(
        at(&wrong, "regard-wrong").contains("no expression under `all` or `any` has a group `m`"),
        "{}",
        wrong.body
    );
    // As text, changed there, as rows again.
    let fixed: Vec<(&str, &str)> = fixed
        .into_iter()
        .map(|(n, v)| match n {
            "regard" => (n, "{n}"),
            "do" => (n, "text"),
            _ => (n, v),
        })
        .collect();
    let text = site.post("/admin/rules/new", &fixed).await;
    let (_, toml) = text.body.split_once("spellcheck=\"false\">").unwrap();
    let toml = toml.split("</textarea>").next().unwrap();
    let toml = toml.replace("&#60;", "<").replace("&#62;", ">").replace("&#34;", "\"").replace("&#39;", "'");
    let read = from_toml(&toml).unwrap();
    assert_eq!((read[0].name.as_str(), read[0].none[0].over, read[0].stop), ("Numbers", Some(5000), true));
    let broken = site.post("/admin/rules/new", &[("do", "rows"), ("toml", "[[rule]]\nnme = \"x\"")]).await;
    assert!(broken.has("line 2, column 1") && broken.has("nme = "), "{}", broken.body);
    let back = site.post("/admin/rules/new", &[("do", "rows"), ("toml", &toml.replace("5000", "6000"))]).await;
    assert!(back.has("value=\"6000\"") && back.has("value=\"{n}\""), "{}", back.body);
    let tried = site.post("/admin/rules/new", &[("do", "try"), ("toml", &toml)]).await.location();
    site.work().await;
    let page = site.get(&tried).await;
    assert!(page.has("rule added: Numbers") && page.has("Save for mail from now on"), "{}", page.body);
    let again = format!("/admin/rules/new?trial={}", tried.rsplit('/').next().unwrap());
    assert!(page.has(&again) && site.get(&again).await.has("value=\"5000\""));
    // In shadow instead, then saved, then on the list with its buttons, and out as a file.
    let shadow = site.post(&tried, &[("do", "shadow")]).await.location();
    site.work().await;
    let page = site.get(&shadow).await;
    assert!(!page.has("Put it in shadow instead"));
    site.save(&shadow, &page, "save").await.location();
    site.work().await;
    assert!(site.get(&shadow).await.has("Saved as version 1"));
    let list = site.get("/admin/rules").await;
    for text in ["4.1", "in shadow", "aria-label=\"Delete: Numbers\"", "/admin/rules/new?copy=1", "over 5000 octets"] {
        assert!(list.has(text), "{text}: {}", list.body);
    }
    let polish = site.ask(site.maria, "pl", "/admin/rules", "", None).await;
    assert!(polish.has("nie (rozmiar przekracza 5000 bajtów)"), "{}", polish.body);
    let export = site.get("/admin/rules/export").await;
    assert_eq!(from_toml(&export.body).unwrap()[0].state, Switch::Shadow);
    assert!(site.get("/admin/rules/new?copy=1").await.has("value=\"Numbers (copy)\""));
    assert_eq!(site.get("/admin/rules/9").await.status, StatusCode::NOT_FOUND);
    let same = site.post("/admin/rules", &[("do", "import"), ("toml", &export.body)]).await;
    assert!(same.status == StatusCode::UNPROCESSABLE_ENTITY && same.has("Nothing would change."), "{}", same.body);
}

async fn nothing_is_saved_but_what_was_shown_and_agreed_to(site: &Site) {
    let everything = rule("Everything", vec![], regard("OP-2"));
    let (at, page) = site.tried(std::slice::from_ref(&everything)).await;
    assert!(page.has("Yes, it is meant to fit every mail there is: Everything."), "{}", page.body);
    let seen = page.hidden("seen");
    // Without the tick, and with what nobody was shown.
    let unticked = site.post(&at, &[("do", "save"), ("seen", &seen), ("note", "because")]).await;
    assert!(
        unticked.status == StatusCode::UNPROCESSABLE_ENTITY && unticked.has("tick what is asked"),
        "{}",
        unticked.body
    );
    assert!(unticked.has("value=\"because\""));
    let unseen = site.post(&at, &[("do", "save"), ("seen", "0"), ("agree", "everything")]).await;
    assert!(unseen.status == StatusCode::UNPROCESSABLE_ENTITY && unseen.has("has changed since you opened"));
    // Mail changes in between: what is saved would not be what was shown.
    let mail = site.desk.company.number("select min(id) from mails where linking = 'linked'");
    site.save(&at, &page, "save").await.location();
    site.desk.company.rows(&format!("update mails set linking = 'review', regarding_id = null where id = {mail}"));
    site.desk.company.rows(&format!("delete from links where mail_id = {mail}"));
    site.work().await;
    let page = site.get(&at).await;
    assert!(page.has("Mail changed since you looked, and nothing was saved"), "{}", page.body);
    assert_eq!(site.version().await, 0);
    // Looked at again it is saved; nothing of stored mail changed.
    let before = standings(&site.desk.instance.db).await;
    site.save(&at, &page, "save").await.location();
    site.work().await;
    assert!(site.get(&at).await.has("Saved as version 1"));
    assert_eq!((site.version().await, standings(&site.desk.instance.db).await), (1, before));
    let noted =
        site.desk.company.rows("select action || ' ' || detail from audit where action like 'rules%' order by id");
    assert!(noted.iter().any(|line| line.contains("\"what\":\"dry-run\"")), "{noted:?}");
    assert!(noted.iter().any(|line| line.contains("\"note\":\"as said\"") && line.contains("import")), "{noted:?}");
    // The rules change in between: who did what is named, and it can be tried on those.
    let turned = site.post("/admin/rules", &[("do", "off"), ("rule", "1")]).await.location();
    site.work().await;
    let page = site.get(&turned).await;
    import(&site.desk.instance.db, vec![everything, rule("Other", vec![], Then { ignore: true, ..Then::default() })])
        .await;
    site.save(&turned, &page, "save").await.location();
    site.work().await;
    let outdated = site.get(&turned).await;
    assert!(outdated.has("Somebody saved other rules meanwhile") && outdated.has("all imported"), "{}", outdated.body);
    assert_eq!(site.version().await, 2);
    let again = site.post(&turned, &[("do", "again")]).await.location();
    site.work().await;
    assert!(again != turned && site.get(&again).await.has("turned off: Everything"));
    // Twice at once: the second click finds it saved.
    let page = site.get(&again).await;
    site.save(&again, &page, "save").await.location();
    assert_eq!(site.save(&again, &page, "save").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    site.work().await;
    site.work().await;
    assert_eq!(site.version().await, 3);
}

async fn a_dry_run_goes_on_after_its_worker_died_and_can_be_stopped(site: &Site) {
    let set = [rule("All of beta", vec![contains(Field::Sender, "beta")], regard("OP-1"))];
    let toml = to_toml(&set).unwrap();
    let at = site.post("/admin/rules", &[("do", "import"), ("toml", &toml)]).await.location();
    let id = TrialId(at.rsplit('/').next().unwrap().parse().unwrap());
    // Somebody took it and died: nobody else has it until the lease runs out.
    let mut tx = site.desk.instance.db.write().await.unwrap();
    let taken = trials::claim(&mut tx, "dead", NOW, NOW.plus(10_000)).await.unwrap();
    assert_eq!(taken.map(|trial| trial.id), Some(id));
    tx.commit().await.unwrap();
    assert_eq!(try_all(&site.trier("next", NOW)).await.unwrap(), 0);
    assert!(site.get(&at).await.has("it goes on, also after a restart"));
    assert_eq!(try_all(&site.trier("next", NOW.plus(10_000))).await.unwrap(), 1);
    assert!(site.get(&at).await.group("moved") > 0);
    // Workers that are killed at any moment leave nothing that another could not do again.
    let digest = site.get(&at).await.hidden("seen");
    let second = site.post(&at, &[("do", "again")]).await.location();
    for n in 0..40_i64 {
        let trier = site.trier(&format!("worker {n}"), NOW.plus(n * 20_000));
        let patience = Duration::from_micros(500 * n as u64);
        let _ = tokio::time::timeout(patience, try_all(&trier)).await;
    }
    try_all(&site.trier("last", NOW.plus(DAY))).await.unwrap();
    assert_eq!(site.get(&second).await.hidden("seen"), digest);
    // Stopped before anybody took it.
    let third = site.post(&at, &[("do", "again")]).await.location();
    assert_eq!(site.post(&third, &[("do", "cancel")]).await.location(), third);
    assert_eq!(try_all(&site.trier("w", NOW.plus(2 * DAY))).await.unwrap(), 0);
    assert!(site.get(&third).await.has("Stopped. Nothing was saved."));
    // Stopped while it is about to be saved: it is as it was shown.
    let page = site.get(&at).await;
    site.save(&at, &page, "save").await.location();
    site.post(&at, &[("do", "cancel")]).await.location();
    site.work().await;
    assert!(site.get(&at).await.has("data-trial=\"shown\""));
    assert_eq!(site.version().await, 0);
}

/// An admin who reads nothing counts the mail that a change would move, and is not told which it is.
async fn mail_that_an_admin_does_not_read_is_not_numbered(site: &Site) {
    let rules = [rule("All", Vec::new(), regard("OP-1"))];
    let (at, page) = site.tried(&rules).await;
    let moved = page.group("moved");
    assert!(moved > 0 && page.has("/messages/"), "{}", page.body);
    let all = site.get(&format!("{at}/changes.csv")).await.body;
    let adam = site.another_admin();
    let fields = form(&[("do", "import"), ("toml", &to_toml(&rules).unwrap())]).into_bytes();
    let at = site.ask(adam, "en", "/admin/rules", "application/x-www-form-urlencoded", Some(fields)).await.location();
    site.work().await;
    let page = site.ask(adam, "en", &at, "", None).await;
    assert_eq!((page.status, page.group("moved")), (StatusCode::OK, moved), "{}", page.body);
    assert!(page.has("a mail that you may not read") && !page.has("/messages/"), "{}", page.body);
    assert!(!page.has("a mail you may not read (№"), "{}", page.body);
    let none = site.ask(adam, "en", &format!("{at}/changes.csv"), "", None).await.body;
    assert_eq!(all.lines().count(), none.lines().count());
    assert!(all.lines().skip(1).any(|line| line.split(',').nth(1) != Some("")), "{all}");
    assert!(none.lines().skip(1).all(|line| line.split(',').nth(1) == Some("")), "{none}");
}

async fn versions_are_shown_and_come_back_after_a_dry_run(site: &Site) {
    let beta = rule("Beta", vec![is(Field::Domain, &Names::plain().domain("beta"))], regard("OP-2"));
    let (at, page) = site.tried(std::slice::from_ref(&beta)).await;
    site.save(&at, &page, "save").await.location();
    site.work().await;
    import(&site.desk.instance.db, vec![Rule { state: Switch::Off, ..beta }]).await;
    let page = site.get("/admin/rules/history?to=2").await;
    for text in ["From version 1 to 2", ">State</td>", "all imported", "as said", "Maria Nowak", "operator"] {
        assert!(page.has(text), "{text}: {}", page.body);
    }
    assert!(page.has("new ") && page.has("Roll back to 1"), "{}", page.body);
    assert_eq!(site.get("/admin/rules/history?to=9").await.status, StatusCode::NOT_FOUND);
    let back = site.post("/admin/rules/history", &[("version", "1")]).await.location();
    site.work().await;
    let page = site.get(&back).await;
    assert!(page.has("rolled back: 1"), "{}", page.body);
    site.save(&back, &page, "save").await.location();
    site.work().await;
    assert_eq!(site.version().await, 3);
    assert!(site.get("/admin/rules").await.has("<span class=\"tag\">on</span>"));
    // As they are, over stored mail.
    let at = site.post("/admin/rules", &[("do", "apply")]).await.location();
    site.work().await;
    let page = site.get(&at).await;
    assert!(page.has("The rules as they are") && page.has("Apply: change"), "{}", page.body);
    site.save(&at, &page, "history").await.location();
    site.work().await;
    assert_eq!(site.version().await, 3);
    let run = site.desk.company.number("select max(id) from rule_jobs");
    let run = format!("/admin/rules/runs/{run}");
    assert!(site.get(&at).await.has(&run));
    let stopped = site.post(&run, &[("do", "cancel")]).await;
    assert_eq!(stopped.location(), run);
    let wrong = site.post(&run, &[("do", "undo")]).await;
    assert!(wrong.status == StatusCode::UNPROCESSABLE_ENTITY && wrong.has("in another state"), "{}", wrong.body);
}

async fn only_admins_see_any_of_it(site: &Site) {
    let (at, _) = site.tried(&[rule("Beta", vec![contains(Field::Sender, "beta")], regard("OP-2"))]).await;
    let mail = site.desk.company.number("select min(id) from mails");
    let nowhere = site.ask(site.anna, "en", "/admin/nowhere", "", None).await;
    for path in [
        "/admin/rules".to_owned(),
        "/admin/rules/new".into(),
        "/admin/rules/1".into(),
        "/admin/rules/history".into(),
        "/admin/rules/export".into(),
        "/admin/rules/runs/1".into(),
        at.clone(),
        format!("{at}/changes.csv"),
        "/admin/trace".into(),
        format!("/admin/trace?mail={mail}"),
    ] {
        let found = site.ask(site.anna, "en", &path, "", None).await;
        assert_eq!((found.status, &found.body), (StatusCode::NOT_FOUND, &nowhere.body), "{path}");
    }
    let posts = [
        ("/admin/rules", "do=apply"),
        ("/admin/rules/new", "do=try&name=x&ignore=1&state=on"),
        ("/admin/rules/history", "version=1"),
        ("/admin/rules/runs/1", "do=cancel"),
        (at.as_str(), "do=cancel"),
        ("/admin/trace", "x"),
    ];
    for (path, form) in posts {
        let kind = "application/x-www-form-urlencoded";
        let found = site.ask(site.anna, "en", path, kind, Some(form.into())).await;
        assert_eq!((found.status, &found.body), (StatusCode::NOT_FOUND, &nowhere.body), "{path}");
    }
    assert_eq!(site.desk.company.number("select count(*) from rule_trials"), 1);
    let page = site.ask(site.anna, "en", "/", "", None).await;
    assert!(!page.has("/admin/rules"));
    // What an admin may not read is not named to them: neither subjects nor records.
    site.desk.company.rows("update users set role = 'admin' where login = 'kamil'");
    let kamil = UserId(site.desk.company.number("select id from users where login = 'kamil'"));
    assert_eq!(site.ask(kamil, "en", &at, "", None).await.status, StatusCode::NOT_FOUND, "it is Maria's");
    let page = site
        .ask(
            kamil,
            "en",
            "/admin/rules",
            "application/x-www-form-urlencoded",
            Some(
                form(&[
                    ("do", "import"),
                    ("toml", &to_toml(&[rule("Acme", vec![contains(Field::Sender, "acme")], regard("OP-2"))]).unwrap()),
                ])
                .into_bytes(),
            ),
        )
        .await;
    let at = page.location();
    site.work().await;
    let page = site.ask(kamil, "en", &at, "", None).await;
    assert!(
        page.has("a mail that you may not read") && !page.has("Acme pumps") && page.has("Beta valves"),
        "{}",
        page.body
    );
}

async fn a_mail_is_traced_stored_or_given_and_nothing_of_it_stays(site: &Site) {
    let names = Names::plain();
    import(
        &site.desk.instance.db,
        vec![
            rule("Spindles", vec![contains(Field::Subject, "spindle")], regard("OP-2")),
            rule(
                "Large",
                vec![Condition { over: Some(1_000_000), field: Field::Size, ..Condition::default() }],
                regard("OP-1"),
            ),
        ],
    )
    .await;
    let mail = site.desk.company.number("select min(m.id) from mails m join links l on l.mail_id = m.id");
    let page = site.get(&format!("/admin/trace?mail={mail}")).await;
    assert!(page.has(&format!("Mail {mail}")) && page.has("Every step") && page.has("Who sees it"), "{}", page.body);
    assert!(
        page.has("Rule “Large”")
            && page.has("decides")
            && page.has("When it was last decided about, no rule said anything about it.")
    );
    let message = site.get(&format!("/messages/{mail}")).await;
    assert!(message.has(&format!("/admin/trace?mail={mail}")));
    assert!(!site.ask(site.anna, "en", &format!("/messages/{mail}"), "", None).await.has("/admin/trace"));
    for missing in ["424242", "x"] {
        let page = site.get(&format!("/admin/trace?mail={missing}")).await;
        assert!(
            page.status == StatusCode::UNPROCESSABLE_ENTITY
                && page.has("Nothing was traced: there is no mail")
                && page.has("/review"),
            "{}",
            page.body
        );
    }
    for text in [
        "a person: nothing on it says that a machine wrote it",
        "Why it is where it is",
        "owns it",
        "Lies in",
        // Above its owner in the line she reads it, and does not change where it belongs.
        "To change it: ask whoever answers for the record",
        "“fits” is a rule whose conditions are so",
    ] {
        assert!(page.has(text), "{text}: {}", page.body);
    }
    let polish = site.ask(site.maria, "pl", &format!("/admin/trace?mail={mail}"), "", None).await;
    assert!(polish.has(" w polu ") && !polish.has("w from"), "{}", polish.body);
    assert!(polish.has("nikt jej nie przypisał") && !polish.has("nobody"), "{}", polish.body);
    // A mail that is given.
    let counts =
        || site.desk.company.rows("select (select count(*) from mails) || ' ' || (select count(*) from locations)");
    let before = counts();
    let mail = format!(
        "From: {}\r\nTo: {}\r\nDate: Fri, 20 Nov 2026 10:00:00 +0000\r\nMessage-ID: <given@x.test>\r\nSubject: a spindle\r\n\r\nHello.\r\n",
        names.address("c2@beta"),
        names.address("anna")
    );
    let part = |name: &str, file: &str, value: &str| {
        format!("--bd\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n{value}\r\n")
    };
    let given = |parts: &[String]| format!("{}--bd--\r\n", parts.concat()).into_bytes();
    let kind = "multipart/form-data; boundary=bd";
    let file = part("file", "; filename=\"a.eml\"", &mail);
    for body in [
        given(&[part("mailbox", "", "anna"), file, part("source", "", "")]),
        given(&[part("mailbox", "", "anna"), part("file", "; filename=\"\"", ""), part("source", "", &mail)]),
    ] {
        let page = site.ask(site.maria, "en", "/admin/trace", kind, Some(body)).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        for text in [
            "It would stand on Beta valves.",
            "as if it came now into anna",
            "Where it would stand",
            "not so: the size is over 1000000 octets",
            "it regards OP-2",
            "Computed only from what you may read",
        ] {
            assert!(page.has(text), "{text}: {}", page.body);
        }
    }
    let empty = site.ask(site.maria, "en", "/admin/trace", kind, Some(given(&[part("mailbox", "", "anna")]))).await;
    assert!(empty.status == StatusCode::UNPROCESSABLE_ENTITY && empty.has("Choose a file or paste"), "{}", empty.body);
    let none = site.ask(site.maria, "en", "/admin/trace", "text/plain", Some(b"x".to_vec())).await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
    assert_eq!(counts(), before, "nothing stays");
    let traced = site.desk.company.number("select count(*) from audit where detail like '%trace%'");
    assert_eq!(traced, 4, "what was traced is noted");
}

async fn what_people_corrected_lowers_the_share_that_was_left(site: &Site) {
    let db = &site.desk.instance.db;
    let beta = rule("Beta", vec![contains(Field::Sender, "beta")], regard("OP-2"));
    let hidden =
        rule("Hidden", vec![contains(Field::Subject, "no such words")], Then { ignore: true, ..Then::default() });
    import(db, vec![beta, hidden]).await;
    let at = site.post("/admin/rules", &[("do", "apply")]).await.location();
    site.work().await;
    let page = site.get(&at).await;
    site.save(&at, &page, "history").await.location();
    site.work().await;
    let job = RuleJobId(site.desk.company.number("select max(id) from rule_jobs"));
    drive(&worker(db, "w", 50, NOW), job).await.unwrap();
    let precise = || async {
        let mut tx = db.read().await.unwrap();
        store::rules::precision(&mut tx, NOW.plus(-30 * DAY)).await.unwrap()
    };
    let by_rule =
        "select distinct l.mail_id from links l where l.evidence like '%\"kind\":\"rule\"%' order by l.mail_id";
    let linked: Vec<i64> = site.desk.company.rows(by_rule).iter().map(|id| id.parse().unwrap()).collect();
    let all = linked.len() as i64;
    assert!(all > 3, "{linked:?}");
    let none = precise().await;
    assert_eq!(none.get(&RuleId(1)), Some(&Precision { acted: all, corrected: 0 }));
    assert_eq!(none.get(&RuleId(2)), None);
    assert_eq!(none[&RuleId(1)].percent(), Some(100));
    let deal = |n: i64| site.desk.company.number(&format!("select id from records where number = 'OP-{n}'"));
    let say = |mail: i64, what: &str, record: &str, at: Timestamp| {
        site.desk.company.rows(&format!(
            "insert into corrections (what, scope, copy_key, identity, record_id, at) \
             select '{what}', 'mail', copy_key, identity, {record}, {} from mails where id = {mail}",
            at.0
        ));
    };
    // To another, to the same, off it; of the last, somebody took it back.
    say(linked[0], "regard", &deal(1).to_string(), NOW.plus(HOUR));
    say(linked[1], "regard", &deal(2).to_string(), NOW.plus(HOUR));
    say(linked[2], "remove", &deal(2).to_string(), NOW.plus(HOUR));
    say(linked[3], "private", "null", NOW.plus(HOUR));
    site.desk.company.rows("update corrections set undone_at = 1 where what = 'private'");
    assert_eq!(precise().await.get(&RuleId(1)), Some(&Precision { acted: all, corrected: 2 }));
    let page = site.get("/admin/rules").await;
    assert!(page.has(&format!("(2 of {all} corrected)")), "{}", page.body);
    assert_eq!(Precision { acted: 3, corrected: 1 }.percent(), Some(66));
    assert_eq!(Precision::default().percent(), None);
}
