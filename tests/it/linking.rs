//! Evidence and corrections through the database: what was ranked is a function of the set of mails
//! (P3), a person's word is last (P6), and nobody says it who may not (P5). On both databases.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

use crate::order::{Desk, NOW, import};
use crate::support::firm::{Kind, Names, full, same};
use crate::support::letters::Letter;
use crate::support::proxy::scrambled;
use standin::actions::actor::Actor;
use standin::actions::corrections::{self, Always, Done, No, Said};
use standin::actions::{leads, numbers};
use standin::intake::reconsider;
use standin::intake::{Found, prepare};
use standin::link::mark;
use standin::model::correction::Whom;
use standin::model::cursor::{Arrival, Role};
use standin::model::facts::Mark;
use standin::model::id::{FolderId, LocationId, MailId, RecordId};
use standin::model::time::DAY;
use standin::store;
use standin::store::keys::Keys;

/// A letter: who writes to whom, when, under which id, in answer to what, with which subject and text.
pub struct Draft<'a> {
    pub mailbox: &'static str,
    pub minute: i64,
    pub from: &'a str,
    pub to: &'a str,
    pub id: &'a str,
    pub answers: &'a str,
    pub subject: &'a str,
    pub text: &'a str,
    pub more: String,
}

impl Default for Draft<'_> {
    fn default() -> Self {
        Draft {
            mailbox: "kamil",
            minute: 0,
            from: "c2@beta",
            to: "kamil",
            id: "a",
            answers: "",
            subject: "about",
            text: "words",
            more: String::new(),
        }
    }
}

impl Draft<'_> {
    pub fn letter(&self) -> Letter {
        let names = Names::plain();
        let at = self.minute * 60_000;
        let date = NOW.plus(-2 * DAY + at).to_utc().to_rfc2822();
        let to: Vec<String> = self.to.split(' ').map(|name| names.address(name)).collect();
        let answers = match self.answers {
            "" => String::new(),
            id => format!("In-Reply-To: <{id}@x.test>\r\nReferences: <{id}@x.test>\r\n"),
        };
        let text = format!(
            "From: {}\r\nTo: {}\r\nDate: {date}\r\nMessage-ID: <{}@x.test>\r\nSubject: {}\r\n{answers}{}\r\n{}\r\n",
            names.address(self.from),
            to.join(", "),
            self.id,
            self.subject,
            self.more,
            self.text
        );
        Letter { mailbox: self.mailbox, folder: "INBOX", at, bytes: text.into_bytes() }
    }
}

pub const NUMBERS: &str = "external_id,name,owner,account,status,number\no2,Beta valves,kamil,beta,open,OP-1002\n\
                       o3,Beta pipes,kamil,beta,open,OP-1003\n";

/// Mail about two opportunities of one firm: some surely about one, most to be weighed.
pub fn matters(seed: u64) -> Vec<Letter> {
    let words = [
        ["membrane", "spindle", "flange", "gasket", "actuator"],
        ["copper", "elbow", "brazing", "insulation", "trench"],
    ];
    let mut letters = Vec::new();
    let mut ids: Vec<String> = Vec::new();
    for n in 0..44_u64 {
        let dice = |of: u64, salt: u64| scrambled(seed ^ salt, n) % of;
        let matter = dice(2, 1) as usize;
        let word = |salt| words[matter][dice(5, salt) as usize];
        let number = [" [OP-1002]", " [OP-1003]"][matter];
        let sure = dice(3, 2) == 0;
        let contact = ["c2@beta", "c5@beta", "c8@beta"][dice(3, 3) as usize];
        let ours = dice(4, 4) == 0;
        let answers = if n > 2 && dice(3, 5) == 0 { ids[dice(n, 6) as usize].clone() } else { String::new() };
        let subject = match dice(3, 7) {
            0 => "Question".to_owned(),
            1 => format!("Re: {} {}", words[matter][0], words[matter][1]),
            _ => format!("{} {}", word(8), word(9)),
        };
        let id = format!("n{n}.{seed}");
        let draft = Draft {
            mailbox: if ours { "anna" } else { "kamil" },
            minute: (n as i64) * 31 + dice(20, 10) as i64,
            from: if ours { "anna" } else { contact },
            to: if ours { contact } else { "kamil" },
            id: &id,
            answers: &answers,
            subject: &format!("{subject}{}", if sure { number } else { "" }),
            text: &format!(
                "We speak of {} and {} and {}, {} of mail {n}, {}.",
                word(11),
                word(12),
                word(13),
                word(17),
                if dice(2, 16) == 0 { ["valves", "pipes"][matter] } else { "it" }
            ),
            more: if dice(9, 14) == 0 {
                format!("X-Google-Original-Message-ID: <old{n}@x.test>\r\n")
            } else {
                String::new()
            },
        };
        letters.push(draft.letter());
        ids.push(if dice(9, 14) == 0 && dice(2, 15) == 0 { format!("old{n}") } else { id.clone() });
    }
    letters
}

const WEIGHED: &str = "select r.name || ' ' || {hex:m.identity} || ' ' || w.at from weighed w \
                       join records r on r.id = w.record_id join mails m on m.id = w.mail_id";

async fn same_in_any_order(kind: Kind, seed: u64, orders: u64) {
    let letters = matters(seed);
    let mut expected: Option<(Vec<String>, Vec<String>)> = None;
    for order in 0..orders {
        let desk = Desk::open(kind, &letters).await;
        import(&desk.instance.db, "opportunities", NUMBERS, None).await;
        desk.take_all(order).await;
        let mut weighed = desk.company.rows(WEIGHED);
        weighed.sort();
        let found = (desk.company.dump(), weighed);
        desk.close().await;
        let Some(expected) = &expected else {
            let count = |kind: &str| found.0.iter().filter(|row| row.contains(kind)).count();
            assert!(count(r#""kind":"ranked""#) > 0 && count(r#""kind":"number""#) > 3, "{:#?}", found.0);
            expected = Some(found);
            continue;
        };
        same(&format!("seed {seed} in order {order} on {kind:?}"), &expected.0, &found.0);
        same(&format!("weighed of seed {seed} in order {order} on {kind:?}"), &expected.1, &found.1);
    }
}

#[tokio::test]
async fn what_is_ranked_is_the_same_in_twenty_orders_on_sqlite() {
    for seed in 0..if full() { 12 } else { 2 } {
        same_in_any_order(Kind::Sqlite, seed, 20).await;
    }
}

#[tokio::test]
async fn what_is_ranked_is_the_same_in_any_order_on_postgres() {
    same_in_any_order(Kind::Postgres, 3, if full() { 20 } else { 5 }).await;
}

impl Desk {
    pub fn own(&self) -> standin::model::facts::House {
        self.company.config.house()
    }

    pub fn mail(&self, id: &str) -> MailId {
        MailId(self.company.number(&format!("select id from mails where message_id = '{id}@x.test'")))
    }

    pub fn record(&self, name: &str) -> RecordId {
        RecordId(self.company.number(&format!("select id from records where name = '{name}'")))
    }

    /// What a mail regards.
    pub fn regards(&self, id: &str) -> String {
        let sql = format!(
            "select coalesce(r.name, '-') from mails m left join records r on r.id = m.regarding_id \
             where m.message_id = '{id}@x.test'"
        );
        self.company.rows(&sql).pop().unwrap_or_default()
    }

    /// Says something as a user (none: the operator), and decides again what follows.
    pub async fn say(&self, login: Option<&str>, mail: &str, said: Said) -> Result<i64, No> {
        let mail = self.mail(mail);
        self.act(login, async |tx, actor| corrections::say(tx, actor, mail, &said).await.unwrap()).await
    }

    pub async fn undo(&self, login: Option<&str>, correction: i64) -> Result<i64, No> {
        self.act(login, async |tx, actor| corrections::undo(tx, actor, correction).await.unwrap()).await
    }

    async fn always(&self, login: Option<&str>, sender: &str, said: Always) -> Result<i64, No> {
        let sender = Whom::parse(&self.company.names.address(sender)).unwrap();
        self.act(login, async |tx, actor| corrections::always(tx, actor, &sender, said, false).await.unwrap()).await
    }

    async fn act(
        &self,
        login: Option<&str>,
        what: impl AsyncFnOnce(&mut store::Tx, &Actor<'_>) -> Result<Done, No>,
    ) -> Result<i64, No> {
        let mut tx = self.instance.db.write().await.unwrap();
        tx.alone().await.unwrap();
        let world = store::people::world(&mut tx, &Default::default(), NOW).await.unwrap();
        let user = match login {
            Some(login) => Some(store::people::by_login(&mut tx, login).await.unwrap().unwrap().person.id),
            None => None,
        };
        let actor = Actor::load(&mut tx, user, &world, NOW).await.unwrap();
        let done = what(&mut tx, &actor).await?;
        reconsider::corrected(&mut tx, &done.again, &self.own(), NOW).await.unwrap();
        if let Some((whom, holder)) = done.sender {
            let keys = Keys::load(&self.company.config.data_dir).unwrap();
            reconsider::whom(&mut tx, (&whom, holder), &self.own(), &keys, NOW).await.unwrap();
        }
        tx.commit().await.unwrap();
        self.read_again().await;
        Ok(done.correction)
    }
}

pub fn thread_of_two() -> Vec<Letter> {
    vec![
        Draft { minute: 1, id: "first", ..Draft::default() }.letter(),
        Draft { minute: 2, id: "second", answers: "first", from: "c5@beta", ..Draft::default() }.letter(),
        Draft { minute: 3, id: "third", answers: "second", from: "c8@beta", ..Draft::default() }.letter(),
        Draft { minute: 4, id: "apart", from: "c11@beta", ..Draft::default() }.letter(),
        Draft { minute: 5, id: "anna", mailbox: "anna", from: "c0@acme", to: "anna", ..Draft::default() }.letter(),
        Draft { minute: 6, id: "stranger", mailbox: "anna", from: "ola@lawyers", to: "anna", ..Draft::default() }
            .letter(),
    ]
}

async fn words_are_last(kind: Kind) {
    let desk = Desk::open(kind, &thread_of_two()).await;
    desk.take_all(1).await;
    let (valves, pipes) = (desk.record("Beta valves"), desk.record("Beta pipes"));
    let all = |ids: [&str; 3]| ids.map(|id| desk.regards(id));
    assert_eq!(all(["first", "second", "third"]), ["-", "-", "-"], "two are open");
    let to = |record, thread| Said::Move { to: Some(record), thread };
    // A mail with what answers it; then the whole thread; each undone in turn.
    let one = desk.say(Some("kamil"), "second", to(valves, false)).await.unwrap();
    // What is open in the thread goes by what is sure in it.
    assert_eq!(all(["first", "second", "third"]), ["Beta valves"; 3]);
    let whole = desk.say(Some("kamil"), "third", to(pipes, true)).await.unwrap();
    assert_eq!(all(["first", "second", "third"]), ["Beta pipes"; 3], "the later word on the whole thread");
    assert_eq!(desk.undo(Some("kamil"), one).await, Err(No::NotStanding), "it was replaced");
    desk.undo(Some("kamil"), whole).await.unwrap();
    assert_eq!(all(["first", "second", "third"]), ["Beta valves"; 3], "the earlier word stands again");
    desk.undo(None, one).await.unwrap();
    assert_eq!(all(["first", "second", "third"]), ["-", "-", "-"]);
    // Taken off, it does not come back, whatever is decided again.
    desk.say(Some("kamil"), "first", to(valves, true)).await.unwrap();
    let off = desk.say(Some("kamil"), "third", Said::Remove(valves)).await.unwrap();
    assert_eq!(all(["first", "second", "third"]), ["Beta valves", "Beta valves", "-"]);
    desk.say(Some("kamil"), "second", Said::Add(pipes)).await.unwrap();
    assert_eq!(desk.sees("kamil", "Beta pipes").await.len(), 1);
    assert_eq!(all(["first", "second", "third"]), ["Beta valves", "Beta valves", "-"]);
    desk.undo(Some("kamil"), off).await.unwrap();
    assert_eq!(desk.regards("third"), "Beta valves");
    desk.close().await;
}

#[tokio::test]
async fn a_persons_word_is_last_and_each_is_undone_on_sqlite() {
    words_are_last(Kind::Sqlite).await;
}

#[tokio::test]
async fn a_persons_word_is_last_and_each_is_undone_on_postgres() {
    words_are_last(Kind::Postgres).await;
}

async fn only_who_may(kind: Kind) {
    let desk = Desk::open(kind, &thread_of_two()).await;
    desk.take_all(2).await;
    let (valves, pumps) = (desk.record("Beta valves"), desk.record("Acme pumps"));
    let to = |record| Said::Move { to: Some(record), thread: false };
    assert_eq!(desk.say(Some("anna"), "first", to(pumps)).await, Err(No::NoMail), "it is Kamil's");
    assert_eq!(desk.say(Some("kamil"), "first", to(pumps)).await, Err(No::NoRecord), "that is Anna's");
    assert_eq!(desk.say(Some("kamil"), "first", Said::Add(pumps)).await, Err(No::NoRecord));
    assert_eq!(desk.say(Some("maria"), "first", to(valves)).await, Err(No::MayNotWrite), "a line manager reads");
    let done = desk.say(Some("kamil"), "first", to(valves)).await.unwrap();
    assert_eq!(desk.undo(Some("anna"), done).await, Err(No::NoCorrection));
    assert_eq!(desk.say(Some("kamil"), "first", to(valves)).await, Err(No::Already));
    assert_eq!(desk.say(Some("kamil"), "first", Said::Remove(pumps)).await, Err(No::NoRecord));
    assert_eq!(desk.say(None, "first", Said::Remove(pumps)).await, Err(No::NotOnIt));
    let actions = desk.company.number("select count(*) from audit where action = 'mail-corrected'");
    assert_eq!(actions, 1, "what was not done is not in the audit");
    // Of what stands on a record of somebody else's, whoever has a copy adds to their own, and takes that back.
    desk.company
        .rows("update records set owner_id = (select id from users where login = 'anna') where name = 'Beta valves'");
    let added = desk.say(Some("kamil"), "first", Said::Add(desk.record("Beta pipes"))).await.unwrap();
    assert_eq!(desk.undo(Some("maria"), added).await, Err(No::NoCorrection));
    desk.undo(Some("kamil"), added).await.unwrap();
    assert_eq!(desk.regards("first"), "Beta valves");
    desk.close().await;
}

#[tokio::test]
async fn only_who_may_change_the_records_says_where_mail_belongs_on_both_databases() {
    only_who_may(Kind::Sqlite).await;
    only_who_may(Kind::Postgres).await;
}

async fn private_and_always(kind: Kind) {
    let desk = Desk::open(kind, &thread_of_two()).await;
    desk.take_all(3).await;
    let pumps = desk.record("Acme pumps");
    assert_eq!(desk.regards("anna"), "Acme pumps");
    let private = desk.say(Some("anna"), "anna", Said::Private { thread: false }).await.unwrap();
    assert_eq!(desk.sees("anna", "Acme pumps").await, Vec::<String>::new());
    assert_eq!(desk.sees("maria", "Acme").await, Vec::<String>::new());
    // It expires like any other mail that is nobody's, and comes back when the word is taken back.
    let mut tx = desk.instance.db.write().await.unwrap();
    let keys = Keys::load(&desk.company.config.data_dir).unwrap();
    store::expiry::reviews(&mut tx, &keys, NOW.plus(DAY), NOW).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(desk.regards("anna"), "", "it is not stored any more");
    desk.company.rows("update locations set state = 'pending' where state = 'unmatched'");
    desk.read_again().await;
    assert_eq!(desk.regards("anna"), "", "reading it again does not bring it back");
    desk.undo(Some("anna"), private).await.unwrap();
    assert_eq!(desk.regards("anna"), "Acme pumps");
    // A sender whom nobody knows: what Anna says counts for her own mailbox, and finds what was passed over.
    assert_eq!(desk.regards("stranger"), "");
    let always = desk.always(Some("anna"), "ola@lawyers", Always::Regard(pumps)).await.unwrap();
    assert_eq!(desk.regards("stranger"), "Acme pumps");
    let other = desk.record("Beta valves");
    assert_eq!(desk.always(Some("anna"), "ola@lawyers", Always::Regard(other)).await, Err(No::NoRecord));
    desk.undo(Some("anna"), always).await.unwrap();
    assert_eq!(desk.regards("stranger"), "-", "it stays, for review");
    // What stands on somebody else's record is theirs: a word on its sender moves it as little as one on the mail.
    desk.company
        .rows("update records set owner_id = (select id from users where login = 'kamil') where name = 'Acme pumps'");
    let own = desk.record("Acme");
    for said in [Always::Regard(own), Always::Private] {
        let refused = desk.always(Some("anna"), "c0@acme", said).await;
        assert!(matches!(refused, Err(No::SendersMail(_))), "{refused:?}");
    }
    assert_eq!(desk.regards("anna"), "Acme pumps");
    desk.always(None, "c0@acme", Always::Regard(own)).await.unwrap();
    desk.close().await;
}

#[tokio::test]
async fn private_mail_stays_private_and_a_sender_may_always_mean_a_record_on_both_databases() {
    private_and_always(Kind::Sqlite).await;
    private_and_always(Kind::Postgres).await;
}

async fn split_and_join(kind: Kind) {
    let desk = Desk::open(kind, &thread_of_two()).await;
    desk.take_all(4).await;
    let threads = || {
        let mut of =
            |id: &str| desk.company.number(&format!("select thread_id from mails where message_id = '{id}@x.test'"));
        ["first", "second", "third", "apart"].map(&mut of)
    };
    let [a, b, c, d] = threads();
    assert!(a == b && b == c && d != a);
    let split = desk.say(Some("kamil"), "second", Said::Split).await.unwrap();
    let [a, b, c, _] = threads();
    assert!(a != b && b == c, "the answer goes along");
    desk.say(Some("kamil"), "first", Said::Move { to: Some(desk.record("Beta pipes")), thread: true }).await.unwrap();
    assert_eq!((desk.regards("first"), desk.regards("second")), ("Beta pipes".into(), "-".into()));
    let joined = desk.say(Some("kamil"), "apart", Said::Join(desk.mail("first"))).await.unwrap();
    let [a, b, _, d] = threads();
    assert!(a == d && a != b);
    assert_eq!(desk.regards("apart"), "Beta pipes");
    desk.undo(Some("kamil"), joined).await.unwrap();
    desk.undo(Some("kamil"), split).await.unwrap();
    let [a, b, c, d] = threads();
    assert!(a == b && b == c && d != a);
    assert_eq!((desk.regards("third"), desk.regards("apart")), ("Beta pipes".into(), "-".into()));
    // A machine's mail waits for nobody.
    let waits = || desk.company.number("select count(*) from mails where waits and message_id = 'apart@x.test'");
    assert_eq!(waits(), 1);
    let automatic = desk.say(Some("kamil"), "apart", Said::Automatic).await.unwrap();
    assert_eq!(waits(), 0);
    desk.undo(Some("kamil"), automatic).await.unwrap();
    assert_eq!(waits(), 1);
    desk.close().await;
}

#[tokio::test]
async fn threads_are_split_and_joined_and_machines_named_on_both_databases() {
    split_and_join(Kind::Sqlite).await;
    split_and_join(Kind::Postgres).await;
}

/// What was said before the mail came, or after, gives the same.
async fn in_any_order_with_words(kind: Kind) {
    let letters = thread_of_two();
    let mut expected: Option<Vec<String>> = None;
    for seed in 0..8 {
        let desk = Desk::open(kind, &letters).await;
        desk.take_all(seed).await;
        let (valves, pipes) = (desk.record("Beta valves"), desk.record("Beta pipes"));
        desk.say(None, "third", Said::Split).await.unwrap();
        desk.say(None, "apart", Said::Join(desk.mail("second"))).await.unwrap();
        desk.say(None, "first", Said::Move { to: Some(valves), thread: true }).await.unwrap();
        desk.say(None, "third", Said::Add(pipes)).await.unwrap();
        desk.say(None, "second", Said::File { record: pipes, how: "folder" }).await.unwrap();
        desk.say(None, "apart", Said::Confidential(true)).await.unwrap();
        if seed % 2 == 1 {
            // All mail is forgotten and read again: the words were kept.
            for table in ["links", "weighed", "mail_marks", "mail_ids", "mail_parties", "raws", "unmatched_keys"] {
                desk.company.rows(&format!("delete from {table}"));
            }
            desk.company.rows("update locations set state = 'pending', mail_id = null");
            desk.company.rows("update mails set answered_by = null");
            desk.company.rows("delete from notice_decisions");
            desk.company.rows("delete from mails");
            desk.read_again().await;
        }
        let found: Vec<String> =
            desk.company.dump().into_iter().filter(|row| !row.contains("correction\":0")).collect();
        match &expected {
            Some(expected) => same(&format!("seed {seed} on {kind:?}"), expected, &found),
            None => expected = Some(found),
        }
        assert_eq!(desk.regards("second"), "Beta pipes", "filing says more than an earlier word on the thread");
        desk.close().await;
    }
}

#[tokio::test]
async fn what_people_said_outlives_reading_everything_again_on_both_databases() {
    in_any_order_with_words(Kind::Sqlite).await;
    in_any_order_with_words(Kind::Postgres).await;
}

async fn numbers_and_marks(kind: Kind) {
    let quote = Draft { minute: 1, id: "quote", subject: "Your quote Q-2026/17", ..Draft::default() };
    let desk = Desk::open(kind, &[quote.letter()]).await;
    let pipes = desk.record("Beta pipes");
    let keys = Keys::load(&desk.company.config.data_dir).unwrap();
    let policy = standin::notice::Policy::of(&desk.company.config, standin::model::notice::NoticeKey(*keys.signing()));
    desk.take_all(1).await;
    assert_eq!(desk.regards("quote"), "-");
    let mut tx = desk.instance.db.write().await.unwrap();
    tx.alone().await.unwrap();
    let world = store::people::world(&mut tx, &Default::default(), NOW).await.unwrap();
    let actor = Actor::load(&mut tx, None, &world, NOW).await.unwrap();
    let again = numbers::change(&mut tx, &actor, pipes, "Q-2026/17", true).await.unwrap().unwrap();
    assert_eq!(numbers::change(&mut tx, &actor, pipes, "q-2026/17", true).await.unwrap(), Err(numbers::No::Already));
    reconsider::corrected(&mut tx, &again, &desk.own(), NOW).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(desk.regards("quote"), "Beta pipes");
    desk.close().await;
    // A reference that this installation signed is read where the mail is prepared; a forged one is told.
    let marked = |key: &[u8; 32]| {
        let id = mark::message_id(pipes, key, [1, 2, 3], "firma.example").unwrap();
        let letter = Draft { id: "marked", more: format!("References: <{id}>\r\n"), ..Draft::default() }.letter();
        let found = Found {
            location: LocationId(1),
            folder: FolderId(1),
            role: Role::Inbox,
            arrival: Arrival::Live,
            internal_at: None,
            flags: Vec::new(),
            raw: letter.bytes,
        };
        prepare(vec![found], &keys, &policy, NOW).remove(0).row.marks
    };
    assert!(marked(keys.signing()).iter().any(|m| matches!(m, Mark::Signed { record, .. } if *record == pipes)));
    assert!(marked(&[9; 32]).iter().any(|m| matches!(m, Mark::Wrong { .. })));
}

#[tokio::test]
async fn a_number_put_on_a_record_finds_the_mail_that_names_it_on_both_databases() {
    numbers_and_marks(Kind::Sqlite).await;
    numbers_and_marks(Kind::Postgres).await;
}

async fn a_lead_becomes_an_opportunity(kind: Kind) {
    let letters = [
        Draft { minute: 1, id: "before", from: "lead@prospect", mailbox: "piotr", to: "piotr", ..Draft::default() }
            .letter(),
        Draft {
            minute: 2,
            id: "answer",
            answers: "before",
            from: "piotr",
            to: "lead@prospect",
            mailbox: "piotr",
            ..Draft::default()
        }
        .letter(),
    ];
    let desk = Desk::open(kind, &letters).await;
    desk.take_all(1).await;
    assert_eq!((desk.regards("before"), desk.sees("piotr", "Lead Zero").await.len()), ("-".into(), 2));
    let (lead, pipes) = (desk.record("Lead Zero"), desk.record("Beta pipes"));
    let run = async |undo: bool| {
        let mut tx = desk.instance.db.write().await.unwrap();
        tx.alone().await.unwrap();
        let world = store::people::world(&mut tx, &Default::default(), NOW).await.unwrap();
        let actor = Actor::load(&mut tx, None, &world, NOW).await.unwrap();
        let again = match undo {
            true => leads::revert(&mut tx, &actor, lead).await.unwrap().unwrap(),
            false => leads::convert(&mut tx, &actor, lead, &[pipes]).await.unwrap().unwrap(),
        };
        assert!(leads::convert(&mut tx, &actor, pipes, &[lead]).await.unwrap().is_err());
        reconsider::corrected(&mut tx, &again, &desk.own(), NOW).await.unwrap();
        tx.commit().await.unwrap();
    };
    run(false).await;
    assert_eq!((desk.regards("before"), desk.regards("answer")), ("Beta pipes".into(), "Beta pipes".into()));
    assert_eq!(desk.sees("piotr", "Lead Zero").await, Vec::<String>::new(), "it is Kamil's now");
    run(true).await;
    assert_eq!((desk.regards("before"), desk.sees("piotr", "Lead Zero").await.len()), ("-".into(), 2));
    desk.close().await;
}

#[tokio::test]
async fn the_mail_of_a_lead_goes_along_to_what_it_became_on_both_databases() {
    a_lead_becomes_an_opportunity(Kind::Sqlite).await;
    a_lead_becomes_an_opportunity(Kind::Postgres).await;
}
