//! Texts of notices on a stored world, through the real intake and the program: whose words a client reads,
//! what may be saved, what never reaches a client (R33, R82 to R86), telling again (R46), and what the
//! timeline says (R80).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::too_many_lines)]

use crate::rules::{contains, rule};
use crate::support::firm::{Company, Kind, Names};
use serde_json::Value;
use standin::actions::absences::{self, Entered};
use standin::actions::caller::Caller;
use standin::actions::import::{self, Options, What};
use standin::actions::notices::{self, Choice, Refused};
use standin::intake::{Clock, Found, Shared, Signals, prepare};
use standin::model::cursor::{Arrival, Role, Seen, Why};
use standin::model::id::{TeamId, UserId};
use standin::model::notice_text::{Holder, Readers};
use standin::model::record::Kind as RecordKind;
use standin::model::rule::{Field, Then};
use standin::model::time::{DAY, HOUR, MINUTE, SECOND, Timestamp};
use standin::notice::TemplateError;
use standin::parse::parse;
use standin::store::instance::{Instance, Use};
use standin::store::{self, people};
use std::collections::BTreeSet;
use std::sync::Arc;

/// 2026-11-20T11:00:00Z, a Friday.
pub(crate) const NOW: Timestamp = Timestamp(1_795_172_400_000);

const USERS: &str = "login,name,role,emails,manager,team,zone\n\
    anna,Anna Nowak,account-manager,anna@firma.example|a.nowak@firma.example,maria,North,Europe/Warsaw\n\
    piotr,Piotr Lis,account-manager,piotr@firma.example,maria,North,Europe/Warsaw\n\
    kamil,Kamil Bąk,account-manager,kamil@firma.example|kamil@firma.test,,,Europe/Warsaw\n\
    maria,Maria Sowa,staff,maria@firma.example,,,Europe/Warsaw\n\
    adam,Adam Wrona,admin,adam@firma.example,,,Europe/Warsaw\n";
const ACCOUNTS: &str = "external_id,name,owner,class,domains,confidential\nacme,Acme,anna,A,acme-x.test,no\n";
const CONTACTS: &str = "external_id,name,owner,account,emails\njan,Jan,anna,acme,jan@acme-x.test\n\
    ola,Ola,anna,acme,ola@acme-x.test\n";
const OPPORTUNITIES: &str = "external_id,name,owner,account,number,confidential\no1,Pumps,anna,acme,OP-1,no\n";

/// An installation with its people and records, and Anna's mailbox.
pub(crate) struct Desk {
    pub(crate) company: Company,
    pub(crate) instance: Instance,
    mails: std::cell::Cell<u32>,
}

/// A mail to Anna.
#[derive(Clone, Copy)]
pub(crate) struct Letter<'t> {
    pub(crate) from: &'t str,
    pub(crate) path: &'t str,
    pub(crate) id: &'t str,
    pub(crate) subject: &'t str,
    pub(crate) stamp: &'t str,
    pub(crate) more: &'t str,
}

impl Default for Letter<'_> {
    fn default() -> Self {
        let from = "jan@acme-x.test";
        Letter { from, path: from, id: "a", subject: "Question", stamp: "pass", more: "" }
    }
}

impl Letter<'_> {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let domain = self.from.rsplit('@').next().unwrap();
        let stamp = match self.stamp {
            "" => String::new(),
            word => format!("Authentication-Results: mx.firma.example; dmarc={word} header.from={domain}\r\n"),
        };
        format!(
            "Return-Path: <{}>\r\n{stamp}Received: from x by mx.firma.example; Fri, 20 Nov 2026 11:00:00 +0000\r\n\
             From: Somebody <{}>\r\nTo: <anna@firma.example>\r\n{}Subject: {}\r\n\
             Date: Fri, 20 Nov 2026 11:00:00 +0000\r\nMessage-ID: <{}@{domain}>\r\n\r\nHello, {}.\r\n",
            self.path, self.from, self.more, self.subject, self.id, self.subject
        )
        .into_bytes()
    }
}

impl Desk {
    pub(crate) async fn open(kind: Kind) -> Desk {
        Desk::with(kind, |_| {}, &[]).await
    }

    pub(crate) async fn with(kind: Kind, change: impl Fn(&mut Company), more: &[(What, &str)]) -> Desk {
        let mut company = Company::new(kind, &Names::plain());
        company.mailbox("anna", 1, None);
        company.config.notice.enabled = true;
        company.config.notice.authserv_id = "mx.firma.example".into();
        company.config.company = "Firma".into();
        // Nobody is answered at `.example` (R41), so colleagues write from here.
        company.config.own_domains.push("firma.test".into());
        change(&mut company);
        let instance = Instance::open(&company.config, Use::Work).await.unwrap();
        let desk = Desk { company, instance, mails: std::cell::Cell::new(0) };
        let usual = [
            (What::Users, USERS),
            (What::Records(RecordKind::Account), ACCOUNTS),
            (What::Records(RecordKind::Contact), CONTACTS),
            (What::Records(RecordKind::Opportunity), OPPORTUNITIES),
        ];
        for (what, text) in usual.iter().chain(more) {
            let mut tx = desk.instance.db.write().await.unwrap();
            let world = people::world(&mut tx, &desk.company.config.rights(), NOW).await.unwrap();
            let (zone, language) = ("Europe/Warsaw".into(), "en".into());
            let options = Options { leave_records: false, skip_broken: false, by: None, zone, language };
            import::import(&mut tx, *what, text.as_bytes(), &options, &world, NOW).await.unwrap();
            tx.commit().await.unwrap();
        }
        desk
    }

    pub(crate) async fn user(&self, login: &str) -> UserId {
        let mut tx = self.instance.db.write().await.unwrap();
        people::by_login(&mut tx, login).await.unwrap().unwrap().person.id
    }

    /// Anna is away for a week, Piotr stands in, clients are told.
    pub(crate) async fn away(&self, change: impl Fn(&mut Entered)) {
        let mut entered = Entered {
            user: "anna".into(),
            first_day: "2026-11-19".parse().unwrap(),
            last_day: "2026-11-27".parse().ok(),
            substitute: Some("piotr".into()),
            notice: true,
            ..Entered::default()
        };
        change(&mut entered);
        let mut tx = self.instance.db.write().await.unwrap();
        let world = people::world(&mut tx, &self.company.config.rights(), NOW).await.unwrap();
        absences::add(&mut tx, &entered, &world, None, NOW).await.unwrap().unwrap();
        tx.commit().await.unwrap();
    }

    /// Saves a text as somebody; `None` is the operator.
    async fn set(
        &self,
        by: Option<&str>,
        holder: Holder,
        readers: Readers,
        language: &str,
        text: &str,
    ) -> Result<(), Refused> {
        let by = match by {
            Some(login) => Some(self.user(login).await),
            None => None,
        };
        let mut tx = self.instance.db.write().await.unwrap();
        let world = people::world(&mut tx, &self.company.config.rights(), NOW).await.unwrap();
        let caller = Caller { by, world: &world, now: NOW };
        let entered = notices::Entered { readers, language: language.into(), text: text.into() };
        let book = &self.company.config.notice.phrases;
        let done = notices::set(&mut tx, &caller, book, holder, &entered).await.unwrap();
        if done.is_ok() {
            tx.commit().await.unwrap();
        }
        done.map(drop)
    }

    /// Takes a mail to Anna in at a moment.
    pub(crate) async fn comes(&self, letter: &Letter<'_>, at: Timestamp, arrival: Arrival) {
        self.arrives("anna", ("INBOX", Role::Inbox), letter.bytes(), at, arrival).await;
    }

    /// Takes a mail in at a moment, in a folder of somebody's mailbox.
    pub(crate) async fn arrives(
        &self,
        mailbox: &str,
        (path, role): (&str, Role),
        raw: Vec<u8>,
        at: Timestamp,
        arrival: Arrival,
    ) {
        let config = Arc::new(self.company.config.clone());
        let shared = Shared::new(&self.instance, config, Clock::new(move || at), Signals::default());
        let mut all = shared.mailboxes().await.unwrap().into_iter();
        let (account, row) = all.find(|(account, _)| account.name == mailbox).unwrap();
        self.company.rows(&format!("update mailboxes set connected_at = {}", NOW.0 - DAY));
        let intake = shared.reader(&account, row.id).await.unwrap().unwrap().intake;
        let mut tx = self.instance.db.write().await.unwrap();
        let folder = store::folders::ensure(&mut tx, row.id, path, role).await.unwrap().id;
        store::folders::begin_epoch(&mut tx, folder, 7, 1, 10_000, 1).await.unwrap();
        self.mails.set(self.mails.get() + 1);
        let (uid, internal_at) = (self.mails.get(), Some(at.plus(-SECOND)));
        let seen = Seen { uid, size: raw.len() as u64, internal_date: internal_at, flags: Vec::new(), modseq: None };
        store::locations::insert_pending(&mut tx, folder, 1, &[seen], arrival, at).await.unwrap();
        let location = store::locations::states(&mut tx, folder, 1, uid, uid).await.unwrap()[0].0;
        tx.commit().await.unwrap();
        let found = Found { location, folder, role, arrival, internal_at, flags: Vec::new(), raw };
        let prepared = prepare(vec![found], &intake.context.keys, &intake.context.notice.policy, at);
        intake.settle(prepared).await.unwrap();
        let mut tx = self.instance.db.write().await.unwrap();
        store::mailboxes::release(&mut tx, row.id, intake.context.fence).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// The same for one that was there before anybody was away.
    pub(crate) async fn came(&self, letter: &Letter<'_>) {
        self.comes(letter, NOW.plus(-5 * MINUTE), Arrival::Backlog(Why::Backfill)).await;
    }

    /// Every notice that is queued, as its bytes.
    pub(crate) fn notices(&self) -> Vec<Vec<u8>> {
        let rows = self.company.rows("select {hex:bytes} from outbox order by id");
        rows.into_iter().map(|hex| hex::decode(hex.trim()).unwrap()).collect()
    }

    /// What one mail gets: the text of the notice, or the rule.
    pub(crate) async fn gets(&self, letter: &Letter<'_>) -> Result<String, String> {
        let before = self.notices().len();
        self.comes(letter, NOW.plus(HOUR), Arrival::Live).await;
        match self.notices().get(before) {
            Some(bytes) => Ok(parse(bytes).text.body),
            None => {
                Err(self.company.rows("select reason from notice_decisions order by at desc, mail_id desc").remove(0))
            }
        }
    }

    pub(crate) async fn end(self) {
        self.instance.db.close().await;
    }
}

/// The same test on both databases.
macro_rules! on_both {
    ($($name:ident)*) => {$(
        mod $name {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                super::$name($crate::support::firm::Kind::Sqlite).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                super::$name($crate::support::firm::Kind::Postgres).await;
            }
        }
    )*};
}

on_both! {
    the_nearest_text_counts
    a_template_with_another_variable_is_refused_when_saved
    who_may_change_whose_texts
    internal_text_never_reaches_anybody_outside
    a_confidential_record_changes_no_byte_and_no_row
    nothing_of_a_record_reaches_a_notice
    the_author_is_whom_the_person_chose
    a_sender_is_told_again_only_where_that_is_set
}

async fn the_nearest_text_counts(kind: Kind) {
    let levels = ["the company's words", "the team's words", "her own words", "the absence's words"];
    for n in 0..=levels.len() {
        let desk = Desk::open(kind).await;
        let anna = desk.user("anna").await;
        let team = TeamId(desk.company.number("select id from teams"));
        for (level, holder) in
            [Holder::Company, Holder::Team(team), Holder::Person(anna)].into_iter().enumerate().take(n)
        {
            desk.set(None, holder, Readers::Outside, "en", levels[level]).await.unwrap();
        }
        desk.away(|entered| {
            if n > 3 {
                entered.notice_texts.insert("en".into(), levels[3].into());
            }
        })
        .await;
        let text = desk.gets(&Letter::default()).await.unwrap();
        let found: Vec<&str> = levels.into_iter().filter(|words| text.contains(*words)).collect();
        assert_eq!(found, levels[..n].last().copied().into_iter().collect::<Vec<_>>(), "{text}");
        // What R76 demands is there whoever wrote the words.
        assert!(text.contains("automatic") && text.contains("piotr@firma.example"), "{text}");
        desk.end().await;
    }
}

async fn a_template_with_another_variable_is_refused_when_saved(kind: Kind) {
    let desk = Desk::open(kind).await;
    let anna = Holder::Person(desk.user("anna").await);
    for (text, variable, line) in
        [("Hello,\nyour {amount} waits.", "amount", 2), ("{subject}", "subject", 1), ("\n\nx {Name}", "Name", 1)]
    {
        for readers in Readers::ALL {
            let refused = desk.set(Some("anna"), anna, readers, "en", text).await.unwrap_err();
            let expected = TemplateError::Unknown { variable: variable.into(), line };
            assert_eq!(refused, Refused::Text(expected), "{text}");
            let said = refused.to_string();
            assert!(
                said.contains(&format!("line {line}: {{{variable}}}")) && said.contains("{substitute_mail}"),
                "{said}"
            );
        }
    }
    assert!(matches!(
        desk.set(Some("anna"), anna, Readers::Outside, "de", "Guten Tag").await,
        Err(Refused::Language(tag, known)) if tag == "de" && known == "en, pl"
    ));
    assert_eq!(desk.set(None, anna, Readers::Outside, "en", " \n ").await, Err(Refused::Empty));
    assert_eq!(desk.company.number("select count(*) from notice_texts"), 0, "nothing of it was saved");
    desk.set(Some("anna"), anna, Readers::Outside, "en", "{name} is away until {until}.").await.unwrap();
    assert_eq!(desk.company.rows("select text from notice_texts"), ["{name} is away until {until}."]);
    // The text stands in no audit.
    let audit = desk.company.rows("select detail from audit where action = 'notice-text-changed'").remove(0);
    assert!(audit.contains("external") && !audit.contains("away until"), "{audit}");
    desk.end().await;
}

async fn who_may_change_whose_texts(kind: Kind) {
    let desk = Desk::open(kind).await;
    let anna = Holder::Person(desk.user("anna").await);
    let team = Holder::Team(TeamId(desk.company.number("select id from teams")));
    for (by, holder, may) in [
        ("anna", anna, true),
        ("maria", anna, true),
        ("adam", anna, true),
        ("piotr", anna, false),
        ("kamil", anna, false),
        ("adam", team, true),
        ("adam", Holder::Company, true),
        ("anna", team, false),
        ("maria", Holder::Company, false),
    ] {
        let done = desk.set(Some(by), holder, Readers::Outside, "pl", "Nie ma mnie.").await;
        assert_eq!(done.is_ok(), may, "{by} {holder:?}: {done:?}");
    }
    desk.end().await;
}

async fn internal_text_never_reaches_anybody_outside(kind: Kind) {
    let inside = "the key lies under the mat";
    let ours = Letter { from: "kamil@firma.test", path: "kamil@firma.test", ..Letter::default() };
    for internal in [false, true] {
        let desk = Desk::with(kind, |company| company.config.notice.internal = internal, &[]).await;
        let holders = [Holder::Person(desk.user("anna").await), Holder::Company];
        for holder in holders {
            desk.set(None, holder, Readers::Inside, "en", inside).await.unwrap();
            desk.set(None, holder, Readers::Inside, "pl", inside).await.unwrap();
        }
        desk.away(|_| {}).await;
        let colleague = desk.gets(&ours).await;
        match internal {
            true => assert!(colleague.unwrap().contains(inside)),
            false => assert_eq!(colleague, Err("R33".into())),
        }
        let strangers = [
            // A client, and one who only says to be a colleague.
            Letter { id: "b", ..Letter::default() },
            Letter { id: "c", stamp: "", ..ours },
            Letter { id: "d", stamp: "fail", ..ours },
            Letter { id: "e", path: "jan@acme-x.test", ..ours },
            Letter { id: "f", path: "SRS0=ab=cd=firma.test=kamil@forwarder.test", ..ours },
            Letter { id: "g", from: "jan@acme-x.test", path: "kamil@firma.test", ..Letter::default() },
            Letter { id: "h", from: "kamil@firma.test.test", path: "kamil@firma.test.test", ..ours },
            Letter {
                id: "i",
                more: "Sender: <kamil@firma.test>\r\nReply-To: <kamil@firma.test>\r\n",
                from: "ola@acme-x.test",
                path: "ola@acme-x.test",
                ..ours
            },
        ];
        for letter in strangers {
            let got = desk.gets(&letter).await;
            let text = got.clone().unwrap_or_default();
            assert!(!text.contains(inside), "{internal} {} via {}: {got:?}", letter.from, letter.path);
            let client = letter.from == letter.path && letter.from.ends_with("@acme-x.test");
            assert_eq!(got.is_ok(), client, "{} via {}: {got:?}", letter.from, letter.path);
        }
        desk.end().await;
    }
}

/// What two companies have in common that differ in nothing but what a stranger to a record may not know.
fn shape(desk: &Desk) -> Vec<String> {
    let mut all: Vec<String> = desk
        .company
        .rows("select verdict || ' ' || reason || ' ' || absence_id from notice_decisions order by at, trigger_key");
    all.extend(desk.company.rows("select absence_id || ' ' || substitute_id || ' ' || at from notices"));
    all.extend(
        desk.company.rows("select state || ' ' || envelope_to || ' ' || queued_at || ' ' || expires_at from outbox"),
    );
    all
}

/// A notice without what is random in it: its own id.
fn without_id(bytes: &[u8]) -> String {
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let lines = text.split("\r\n").filter(|line| !line.starts_with("Message-ID:"));
    lines.collect::<Vec<_>>().join("\r\n")
}

async fn a_confidential_record_changes_no_byte_and_no_row(kind: Kind) {
    // Jan takes part in the mail of the opportunity, for which Kamil stands in; or there is no such
    // exception, or Jan is a stranger to it.
    let mut all = Vec::new();
    // Confidential is the record, or the mail alone, by a rule.
    for (exception, took_part, confidential) in [
        (true, true, "record"),
        (true, true, "mail"),
        (true, false, "record"),
        (true, false, "mail"),
        (true, false, ""),
        (false, true, ""),
        (true, true, ""),
    ] {
        let desk = Desk::open(kind).await;
        desk.away(|entered| {
            if exception {
                entered.exceptions = vec![("record:OP-1".into(), "kamil".into())];
            }
        })
        .await;
        let subject = "[OP-1] Question";
        if took_part {
            desk.came(&Letter { id: "before", subject, ..Letter::default() }).await;
        }
        if confidential == "mail" {
            let then = Then { confidential: true, ..Then::default() };
            let marks = rule("questions", vec![contains(Field::Subject, "question")], then);
            crate::rules::import(&desk.instance.db, vec![marks]).await;
        }
        if confidential == "record" {
            let yes = if kind == Kind::Sqlite { "1" } else { "true" };
            desk.company.rows(&format!("update records set confidential = {yes} where external_id = 'o1'"));
        }
        let got = desk.gets(&Letter { subject, ..Letter::default() }).await.unwrap();
        assert_eq!(got.contains("Kamil"), exception && took_part && confidential.is_empty(), "{got}");
        all.push((without_id(&desk.notices()[0]), shape(&desk)));
        desk.end().await;
    }
    let (open, same) = all.split_last().unwrap();
    for (n, other) in same.iter().enumerate() {
        assert_eq!(other.0, same[0].0, "bytes of case {n}");
        assert_eq!(other.1, same[0].1, "rows of case {n}");
    }
    assert_ne!(open.0, same[0].0, "Kamil is named where nothing forbids it");
}

/// Names that stand in no notice: one for each field of the CRM.
fn canaries(text: &str, found: &mut BTreeSet<String>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('@') {
        let canary = format!("canary{}q", found.len());
        out.push_str(before);
        out.push_str(&canary);
        found.insert(canary);
        rest = after;
    }
    out + rest
}

async fn nothing_of_a_record_reaches_a_notice(kind: Kind) {
    let mut names = BTreeSet::new();
    let mut table = |text: &str| canaries(text, &mut names).replace('~', "@");
    let accounts =
        table("external_id,name,owner,class,domains,confidential,phone,city\n@,@,anna,A,@.test,no,+48221234567,@\n");
    let contacts =
        table("external_id,name,owner,account,emails,phone,city\n@,@,anna,acme,@~acme-x.test,+48221234568,@\n");
    let leads = table("external_id,name,owner,emails,phone,city\n@,@,anna,@~other.test,+48221234569,@\n");
    let deals = table("external_id,name,owner,account,number,confidential\n@,@,anna,acme,@,no\n");
    let more = [
        (What::Records(RecordKind::Account), accounts.as_str()),
        (What::Records(RecordKind::Contact), contacts.as_str()),
        (What::Records(RecordKind::Lead), leads.as_str()),
        (What::Records(RecordKind::Opportunity), deals.as_str()),
    ];
    let mut others = |what: &str| {
        let canary = format!("canary{what}q");
        names.insert(canary.clone());
        canary
    };
    let (account, contact, deal) = (others("acc"), others("con"), others("deal"));
    let (earlier, task, team, detail, second) =
        (others("mail"), others("task"), others("team"), others("detail"), others("cc"));
    let folder = crate::support::Folder::new();
    let english = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/src/notice/data/en.txt")).unwrap();
    folder.write("de.txt", english.replace("This is an automatic reply.", "Dies ist eine automatische Antwort."));
    for language in ["en", "pl", "de", "hu"] {
        let texts = folder.path().to_owned();
        let config = standin::config::load(
            Some(&folder.write("texts.toml", format!("[notice]\ntexts = {:?}\n", texts))),
            std::iter::empty(),
        )
        .unwrap();
        let desk =
            Desk::with(kind, |company| company.config.notice.phrases = config.notice.phrases.clone(), &more).await;
        desk.company.rows(&format!("update records set name = '{account}' where external_id = 'acme'"));
        desk.company.rows(&format!("update records set name = '{contact}' where external_id = 'jan'"));
        desk.company.rows(&format!("update records set name = '{deal}' where external_id = 'o1'"));
        desk.company.rows(&format!("update teams set name = '{team}'"));
        let jan = desk.company.number("select id from records where external_id = 'jan'");
        desk.company
            .rows(&format!("insert into record_details (record_id, what, value) values ({jan}, 'role', '{detail}')"));
        desk.away(|entered| entered.exceptions = vec![("record:OP-1".into(), "kamil".into())]).await;
        desk.came(&Letter { id: "before", subject: &format!("[OP-1] {earlier}"), ..Letter::default() }).await;
        let activity = format!("activity add o1 --kind task --subject {task} --responsible anna --as anna");
        desk.company.call(activity.split(' ')).succeed();
        let more = format!("Content-Language: {language}\r\nCc: {second} <{second}@acme-x.test>\r\n");
        let letter = Letter { subject: "[OP-1] Question", more: &more, ..Letter::default() };
        desk.gets(&letter).await.unwrap();
        let bytes = desk.notices().remove(0);
        let raw = String::from_utf8(bytes.clone()).unwrap();
        let mail = parse(&bytes);
        let decoded = format!("{:?} {} {}", mail.headers, mail.subject, mail.text.body);
        let unfolded = raw.replace("=\r\n", "").replace("\r\n ", "");
        for canary in &names {
            for text in [&raw, &decoded, &unfolded] {
                assert!(!text.to_lowercase().contains(canary.as_str()), "{language}: {canary} in {text}");
            }
        }
        let says = match language {
            "pl" => "automatyczna odpowiedź",
            "de" => "automatische Antwort",
            _ => "automatic reply",
        };
        assert!(mail.text.body.contains(says), "{language}: {}", mail.text.body);
        desk.end().await;
    }
    assert!(names.len() > 20, "{names:?}");
}

async fn the_author_is_whom_the_person_chose(kind: Kind) {
    let desk = Desk::open(kind).await;
    let anna = desk.user("anna").await;
    let choose = async |choice: Choice| {
        let mut tx = desk.instance.db.write().await.unwrap();
        let world = people::world(&mut tx, &desk.company.config.rights(), NOW).await.unwrap();
        let caller = Caller { by: Some(anna), world: &world, now: NOW };
        let done = notices::choose(&mut tx, &caller, &["firma.example".to_owned()], anna, &choice).await.unwrap();
        if done.is_ok() {
            tx.commit().await.unwrap();
        }
        done
    };
    let choice = |from: &str, name: &str, reply_to: &str| Choice {
        from: from.into(),
        name: name.into(),
        reply_to: reply_to.into(),
    };
    assert!(matches!(choose(choice("piotr@firma.example", "", "")).await, Err(Refused::From(..))));
    assert!(matches!(choose(choice("", "", "spy@elsewhere.test")).await, Err(Refused::ReplyTo(_))));
    assert_eq!(choose(choice("", "a\nBcc: x", "")).await, Err(Refused::Name));
    choose(choice("A.Nowak@firma.example", "Anna z Firmy", "substitute")).await.unwrap();
    desk.away(|_| {}).await;
    let text = desk.gets(&Letter::default()).await.unwrap();
    assert!(text.contains("Anna z Firmy is away"), "{text}");
    let head = String::from_utf8(desk.notices().remove(0)).unwrap();
    assert!(head.contains("From: Anna z Firmy <a.nowak@firma.example>\r\n"), "{head}");
    assert!(head.contains("Reply-To: <piotr@firma.example>\r\n"), "{head}");
    desk.end().await;
}

async fn a_sender_is_told_again_only_where_that_is_set(kind: Kind) {
    for (days, expected) in [(0, 1), (7, 2)] {
        let desk = Desk::with(kind, |company| company.config.notice.repeat_days = days, &[]).await;
        desk.away(|entered| entered.last_day = None).await;
        for (n, after) in [HOUR, 6 * DAY, 7 * DAY + 2 * HOUR, 8 * DAY].into_iter().enumerate() {
            let id = format!("m{n}");
            desk.comes(&Letter { id: &id, ..Letter::default() }, NOW.plus(after), Arrival::Live).await;
        }
        assert_eq!(desk.notices().len(), expected, "{days}");
        assert_eq!(desk.company.number("select count(*) from notices"), 1);
        desk.end().await;
    }
}

/// What the program says of it, on a company where one client was answered and one list was not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_commands_preview_explain_try_and_log() {
    let desk = Desk::open(Kind::Sqlite).await;
    desk.away(|_| {}).await;
    desk.gets(&Letter::default()).await.unwrap();
    let listed = Letter { id: "list", more: "List-Id: <pumps.acme-x.test>\r\n", ..Letter::default() };
    assert_eq!(desk.gets(&listed).await, Err("R21".into()));
    let line = |text: &str| desk.company.call(text.split(' ')).run();
    let json = |text: &str| -> Value {
        serde_json::from_str(&line(text).stdout).unwrap_or_else(|e| panic!("{text}: {e} {}", line(text).stderr))
    };

    let mails = desk.company.rows("select id from mails order by id");
    let said = line(&format!("notice explain {}", mails[1]));
    assert!(
        said.stdout
            .contains("Anna Nowak: no notice: It carries fields of a mailing list or newsletter (List-…). (R21)"),
        "{said:?}"
    );
    assert!(said.stdout.contains("R19  passed") && said.stdout.contains("R21  forbids"), "{said:?}");
    let told = json(&format!("notice explain {} --json", mails[1]));
    let rules = told["people"][0]["rules"].as_array().unwrap().clone();
    let list = rules.iter().find(|rule| rule["rule"] == "R21").unwrap();
    assert_eq!(
        (&list["forbids"], &list["pl"]),
        (&Value::Bool(true), &"Ma pola listy dyskusyjnej albo biuletynu (List-…).".into())
    );
    assert!(rules.len() > 35, "{}", rules.len());
    let told = json(&format!("notice explain {} --json", mails[0]));
    assert_eq!(told["people"][0]["decided"]["state"], "queued");
    assert!(told["people"][0]["rules"].as_array().unwrap().iter().all(|rule| rule["forbids"] == false), "{told}");

    let log = json("notice log --user anna --since 2026-11-01 --json");
    let reasons: Vec<&Value> = log.as_array().unwrap().iter().map(|line| &line["reason"]["rule"]).collect();
    assert_eq!(reasons.len(), 2, "{log}");
    let silent = json("notice log --user anna --since 2026-11-01 --not-sent --json");
    assert_eq!(silent.as_array().unwrap().len(), 1, "{silent}");
    assert_eq!(line("notice log --user anna --as kamil").code, Some(2));

    let preview = json("notice preview --for ola@acme-x.test --user anna --json");
    assert_eq!(preview["goes"], true, "{preview}");
    let raw = line("notice preview --for ola@acme-x.test --user anna --raw");
    assert!(raw.stdout.contains("Auto-Submitted: auto-replied\r\n") && raw.stdout.contains("piotr@"), "{raw:?}");
    let none = json("notice preview --for stranger@nowhere.test --user anna --json");
    assert_eq!((&none["goes"], &none["reason"]["rule"]), (&Value::Bool(false), &"R38".into()), "{none}");
    assert_eq!(line("notice preview --for ola@acme-x.test --user anna --as kamil").code, Some(2));

    let before = desk.company.rows("select count(*) from notice_decisions").concat()
        + &desk.company.rows("select count(*) from outbox").concat();
    let tried = json("notice try --mailbox anna --json");
    let goes: Vec<&Value> = tried["mails"].as_array().unwrap().iter().map(|mail| &mail["goes"]).collect();
    assert_eq!((goes, &tried["notices"]), (vec![&Value::Bool(false), &Value::Bool(true)], &1.into()), "{tried}");
    let table = line("notice try --mailbox anna --as adam");
    assert!(
        table.stdout.contains("(R21)") && !table.stdout.contains("Question"),
        "an admin reads reasons, no subjects: {table:?}"
    );
    assert!(line("notice try --mailbox anna --as anna").stdout.contains("Question"));
    assert_eq!(line("notice try --mailbox anna --as kamil").code, Some(2));
    let after = desk.company.rows("select count(*) from notice_decisions").concat()
        + &desk.company.rows("select count(*) from outbox").concat();
    assert_eq!(before, after, "nothing is written");

    let text = desk.company.file("pl.txt", "Nie ma mnie do {until}.\n");
    assert_eq!(line(&format!("notice text set --user anna --language pl --file {text} --as anna")).code, Some(0));
    assert_eq!(line("notice text show --user anna --language pl").stdout, "Nie ma mnie do {until}.\n");
    assert_eq!(line("notice text set --company --language en Firm --as anna").code, Some(2));
    let refused = line("notice text set --company --language en {amount}");
    assert!(refused.code == Some(2) && refused.stderr.contains("line 1: {amount} is not known here"), "{refused:?}");
    assert!(line("notice text list --as maria").stdout.contains("Anna Nowak"));
    assert!(!line("notice text list --as kamil").stdout.contains("Anna Nowak"));
    assert_eq!(line("notice text clear --user anna --language pl --as maria").code, Some(0));
    assert_eq!(line("notice text clear --user anna --language pl").code, Some(2));
    assert_eq!(line("notice author --user anna --from a.nowak@firma.example --reply-to substitute").code, Some(0));

    // R80: it stands on the timeline, and is neither an activity nor an answer.
    let timeline = line("timeline jan --as anna --json").stdout;
    assert!(timeline.contains("\"state\": \"queued\""), "{timeline}");
    assert_eq!(desk.company.number("select count(*) from activities"), 0);
    assert_eq!(desk.company.number("select count(*) from mails where waits"), 2, "the client still waits");
    desk.end().await;
}
