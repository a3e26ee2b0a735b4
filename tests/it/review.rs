//! Review: what is asked, of whom, and that nothing is asked twice (P6); that nobody gains sight by it (P5,
//! P9, P12); that deciding one decides its like, as shown, and is undone as one. On both databases.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

use crate::linking::{Draft, NUMBERS};
use crate::order::{Desk, NOW, import};
use crate::support::firm::Kind;
use crate::support::letters::Letter;
use standin::actions::actor::Actor;
use standin::actions::caller::Caller;
use standin::actions::corrections::{self, Said};
use standin::actions::review::{Changed, Choice, No, Reviewer};
use standin::actions::{proposals, rules};
use standin::intake::reconsider;
use standin::model::absence::Absence;
use standin::model::id::{AbsenceId, RecordId};
use standin::model::review::Reason;
use standin::model::time::DAY;
use standin::store::keys::Keys;
use standin::store::reviews::NewReview;
use standin::store::views::{Door, Question};
use standin::store::{self, Tx};

impl Desk {
    /// Does something as a user (none: the operator), at `now`.
    async fn review<T>(
        &self,
        login: Option<&str>,
        what: impl AsyncFnOnce(&mut Tx, &Reviewer<'_, '_>, &Actor<'_>) -> T,
    ) -> T {
        let mut tx = self.instance.db.write().await.unwrap();
        tx.alone().await.unwrap();
        let world = store::people::world(&mut tx, &Default::default(), NOW).await.unwrap();
        let user = match login {
            Some(login) => Some(store::people::by_login(&mut tx, login).await.unwrap().unwrap().person.id),
            None => None,
        };
        let actor = Actor::load(&mut tx, user, &world, NOW).await.unwrap();
        let reviewer = Reviewer::of(&actor);
        let result = what(&mut tx, &reviewer, &actor).await;
        tx.commit().await.unwrap();
        result
    }

    async fn asked(&self, login: &str) -> Vec<Question> {
        self.review(Some(login), async |tx, reviewer, _| {
            let all = reviewer.list(tx, None, 500).await.unwrap();
            let many = all.len() as i64;
            for most in [1_000, many, (many - 1).max(1), 1] {
                assert_eq!(reviewer.count(tx, most).await.unwrap(), many.min(most), "counted to {most}");
            }
            // Leafing gives the same.
            let (mut after, mut leafed) = (None, Vec::new());
            loop {
                let page = reviewer.list(tx, after, 2).await.unwrap();
                let Some(last) = page.last() else { break };
                after = Some((last.mail.at, last.mail.id));
                leafed.extend(page);
            }
            assert_eq!(leafed, all);
            all
        })
        .await
    }

    /// What somebody is asked, in words: subject's id and reason.
    async fn questions(&self, login: &str) -> Vec<String> {
        let word = |q: &Question| q.reason.map_or("unsure", Reason::word);
        let mut all: Vec<String> =
            self.asked(login).await.iter().map(|q| format!("{} {}", q.mail.subject, word(q))).collect();
        all.sort();
        all
    }

    async fn settle(&self, changed: &Changed) {
        let mut tx = self.instance.db.write().await.unwrap();
        tx.alone().await.unwrap();
        let (again, senders) = changed.again();
        reconsider::corrected(&mut tx, &again, &self.own(), NOW).await.unwrap();
        let keys = Keys::load(&self.company.config.data_dir).unwrap();
        for (whom, holder) in senders {
            reconsider::whom(&mut tx, (&whom, holder), &self.own(), &keys, NOW).await.unwrap();
        }
        tx.commit().await.unwrap();
        self.read_again().await;
    }

    async fn decide(&self, login: Option<&str>, mail: &str, choice: Choice, like: bool) -> Result<Changed, No> {
        let (mail, own) = (self.mail(mail), self.own());
        let decided = self
            .review(login, async |tx, reviewer, _| {
                let shown = reviewer.show(tx, mail, choice, like).await.unwrap()?;
                reviewer.decide(tx, shown.number, &own).await.unwrap()
            })
            .await?;
        self.settle(&decided).await;
        Ok(decided)
    }

    async fn take_back(&self, login: Option<&str>, number: i64) -> Result<Changed, No> {
        let undone = self.review(login, async |tx, reviewer, _| reviewer.undo(tx, number).await.unwrap()).await?;
        self.settle(&undone).await;
        Ok(undone)
    }

    async fn away(&self, login: &str, substitute: &str) {
        let mut tx = self.instance.db.write().await.unwrap();
        let id = async |tx: &mut Tx, login: &str| store::people::by_login(tx, login).await.unwrap().unwrap().person.id;
        let (user, substitute) = (id(&mut tx, login).await, id(&mut tx, substitute).await);
        let absence = Absence {
            id: AbsenceId(0),
            user,
            first_day: "2026-11-18".parse().unwrap(),
            last_day: Some("2026-11-27".parse().unwrap()),
            back_on: None,
            first_time: None,
            last_time: None,
            confirm_on: None,
            nature: Default::default(),
            zone: "Europe/Warsaw".into(),
            starts: NOW.plus(-3 * DAY),
            ends: Some(NOW.plus(6 * DAY)),
            substitute: Some(substitute),
            exceptions: Vec::new(),
            deputy: None,
            plan: Default::default(),
            cover_writes: true,
            notice: false,
            notice_since: None,
            notice_texts: Default::default(),
        };
        store::absences::add(&mut tx, &absence, None, NOW).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn admin(&self) {
        import(&self.instance.db, "users", "login,name,role,emails\nadam,Adam Admin,admin,adam@firma.example\n", None)
            .await;
    }
}

fn to(record: RecordId) -> Choice {
    Choice::Record { record, thread: false, always: false, domain: false }
}

/// Kamil's contact c2 has two open opportunities; a stranger names Anna's mail; firms that nobody knows
/// write to the shared mailbox.
fn mails() -> Vec<Letter> {
    vec![
        Draft { minute: 1, id: "q1", subject: "q1", ..Draft::default() }.letter(),
        Draft { minute: 2, id: "q2", subject: "q2", ..Draft::default() }.letter(),
        Draft { minute: 3, id: "q3", subject: "q3", ..Draft::default() }.letter(),
        Draft { minute: 4, id: "q4", subject: "q4", from: "c5@beta", ..Draft::default() }.letter(),
        Draft {
            minute: 5,
            id: "sure",
            subject: "sure",
            mailbox: "anna",
            from: "c0@acme",
            to: "anna",
            ..Draft::default()
        }
        .letter(),
        Draft {
            minute: 6,
            id: "strange",
            subject: "strange",
            mailbox: "anna",
            from: "eve@evil",
            to: "anna",
            answers: "sure",
            ..Draft::default()
        }
        .letter(),
        Draft {
            minute: 7,
            id: "new1",
            subject: "new1",
            mailbox: "sales",
            from: "ewa@harbour",
            to: "sales",
            ..Draft::default()
        }
        .letter(),
        Draft {
            minute: 8,
            id: "new2",
            subject: "new2",
            mailbox: "sales",
            from: "ewa@harbour",
            to: "sales",
            ..Draft::default()
        }
        .letter(),
        Draft {
            minute: 9,
            id: "bulk",
            subject: "bulk",
            mailbox: "sales",
            from: "news@harbour",
            to: "sales",
            more: "Precedence: bulk\r\n".into(),
            ..Draft::default()
        }
        .letter(),
        Draft {
            minute: 10,
            id: "own",
            subject: "own",
            mailbox: "anna",
            from: "ewa@harbour",
            to: "anna",
            ..Draft::default()
        }
        .letter(),
    ]
}

async fn what_is_asked_of_whom(kind: Kind) {
    let desk = Desk::open(kind, &mails()).await;
    desk.admin().await;
    desk.take_all(1).await;
    let several = ["q1 several", "q2 several", "q3 several", "q4 several"];
    assert_eq!(desk.questions("kamil").await, several);
    assert_eq!(desk.questions("anna").await, ["strange suggested"]);
    assert_eq!(desk.questions("piotr").await, Vec::<String>::new());
    assert_eq!(desk.questions("maria").await, Vec::<String>::new(), "a line manager is asked nothing");
    let all = desk.questions("adam").await;
    assert_eq!(all, [&["new1 unknown-sender", "new2 unknown-sender"], &several[..], &["strange suggested"]].concat());
    let of_kamil = desk.asked("kamil").await;
    let records: Vec<String> = of_kamil[0].records.iter().map(|r| desk.name(*r)).collect();
    assert_eq!(records, ["Beta valves", "Beta pipes"]);
    assert!(of_kamil.iter().all(|q| q.door == Door::Own));
    assert!(desk.asked("adam").await.iter().all(|q| q.door == Door::Admin));
    // Nobody is asked about what a firm wrote to a mailbox of somebody's own, nor about mass mail.
    assert_eq!(desk.company.number("select count(*) from mails where subject in ('bulk', 'own')"), 0);
    desk.close().await;
}

async fn deciding_one_decides_its_like(kind: Kind) {
    let desk = Desk::open(kind, &mails()).await;
    desk.take_all(2).await;
    let (valves, pipes) = (desk.record("Beta valves"), desk.record("Beta pipes"));
    let mail = desk.mail("q2");
    let shown = desk
        .review(Some("kamil"), async |tx, reviewer, _| {
            let question = reviewer.one(tx, mail).await.unwrap().unwrap();
            assert_eq!(reviewer.alike(tx, &question).await.unwrap().len(), 2);
            reviewer.show(tx, mail, to(valves), true).await.unwrap().unwrap()
        })
        .await;
    let subjects: Vec<&str> = shown.mails.iter().map(|q| q.mail.subject.as_str()).collect();
    assert_eq!(subjects, ["q2", "q3", "q1"], "the one at which it is said, then the latest");
    assert_eq!(desk.questions("kamil").await.len(), 4, "showing decides nothing");
    let own = desk.own();
    // Nobody else carries it out, and nobody twice.
    let theirs =
        desk.review(Some("anna"), async |tx, reviewer, _| reviewer.decide(tx, shown.number, &own).await.unwrap()).await;
    assert_eq!(theirs, Err(No::NoDecision));
    let decided = desk
        .review(Some("kamil"), async |tx, reviewer, _| reviewer.decide(tx, shown.number, &own).await.unwrap())
        .await
        .unwrap();
    desk.settle(&decided).await;
    assert_eq!(decided.told.done.len(), 3);
    let again = desk
        .review(Some("kamil"), async |tx, reviewer, _| reviewer.decide(tx, shown.number, &own).await.unwrap())
        .await;
    assert_eq!(again, Err(No::NoDecision));
    for id in ["q1", "q2", "q3"] {
        assert_eq!(desk.regards(id), "Beta valves");
    }
    assert_eq!(desk.questions("kamil").await, ["q4 several"]);
    // A further mail in between is of another opinion: undoing the decision leaves later words alone.
    desk.say(Some("kamil"), "q3", Said::Move { to: Some(pipes), thread: false }).await.unwrap();
    let undone = desk.take_back(Some("kamil"), decided.number).await.unwrap();
    assert_eq!((undone.told.done.len(), undone.told.left_out.len()), (2, 1));
    assert_eq!(desk.regards("q3"), "Beta pipes");
    assert_eq!(desk.take_back(Some("kamil"), decided.number).await, Err(No::Undone));
    assert_eq!(desk.take_back(Some("anna"), decided.number).await, Err(No::NoDecision));
    desk.close().await;
}

async fn nothing_is_asked_twice(kind: Kind) {
    let desk = Desk::open(kind, &mails()).await;
    desk.admin().await;
    desk.take_all(3).await;
    let pumps = desk.record("Acme pumps");
    desk.decide(Some("kamil"), "q1", Choice::None, false).await.unwrap();
    desk.decide(Some("kamil"), "q4", Choice::Automatic, false).await.unwrap();
    desk.decide(Some("anna"), "strange", Choice::Private { always: false }, false).await.unwrap();
    desk.decide(Some("adam"), "new1", to(pumps), false).await.unwrap();
    desk.decide(Some("adam"), "new2", Choice::None, false).await.unwrap();
    let left = ["q2 several", "q3 several"];
    assert_eq!(desk.questions("adam").await, left);
    assert_eq!(desk.regards("new1"), "Acme pumps");
    // Deciding everything again asks nothing anew, nor does reading all of it again.
    let threads = desk.company.rows("select distinct thread_id from mails");
    let threads = threads.iter().map(|id| standin::model::id::ThreadId(id.parse().unwrap())).collect();
    let again = standin::model::correction::Again { threads, copies: Vec::new() };
    let mut tx = desk.instance.db.write().await.unwrap();
    tx.alone().await.unwrap();
    reconsider::corrected(&mut tx, &again, &desk.own(), NOW).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(desk.questions("adam").await, left);
    desk.company.rows("update locations set state = 'pending'");
    desk.read_again().await;
    assert_eq!(desk.questions("adam").await, left);
    // What nobody decided expires; what was taken off a record by hand stays, and is asked.
    let off = Said::Remove(desk.record("Acme pumps"));
    desk.say(Some("anna"), "sure", off).await.unwrap();
    desk.say(Some("anna"), "sure", Said::Remove(desk.record("Acme"))).await.unwrap();
    desk.say(Some("anna"), "sure", Said::Remove(desk.record("Contact 0"))).await.unwrap();
    assert_eq!(desk.questions("anna").await, ["sure unlinked"]);
    let mut tx = desk.instance.db.write().await.unwrap();
    let keys = Keys::load(&desk.company.config.data_dir).unwrap();
    store::expiry::reviews(&mut tx, &keys, NOW.plus(DAY), NOW).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(desk.questions("anna").await, ["sure unlinked"]);
    assert_eq!(desk.regards("new2"), "", "what stands nowhere and nobody wants is not kept");
    assert_eq!(desk.regards("strange"), "");
    desk.company.rows("update locations set state = 'pending' where state = 'unmatched'");
    desk.read_again().await;
    assert_eq!(desk.questions("adam").await, [&left[..], &["sure unlinked"]].concat(), "nor when it is read again");
    // What was taken off a record is still about it: whoever may not know of the record is not asked.
    desk.company.rows("update records set confidential = true where name = 'Acme pumps'");
    assert_eq!(desk.questions("adam").await, left);
    assert_eq!(desk.questions("anna").await, ["sure unlinked"]);
    desk.close().await;
}

async fn unlinked_and_undone(kind: Kind) {
    let desk = Desk::open(kind, &mails()).await;
    desk.take_all(4).await;
    let decided = desk.decide(Some("anna"), "strange", to(desk.record("Acme pumps")), false).await.unwrap();
    assert_eq!(desk.questions("anna").await, Vec::<String>::new());
    desk.take_back(Some("anna"), decided.number).await.unwrap();
    assert_eq!(desk.questions("anna").await, ["strange suggested"], "undone, it is asked again");
    let kept = desk.decide(Some("anna"), "strange", Choice::Private { always: false }, false).await.unwrap();
    desk.take_back(Some("anna"), kept.number).await.unwrap();
    assert_eq!(desk.questions("anna").await, ["strange suggested"]);
    desk.close().await;
}

async fn a_substitute_is_asked_what_is_of_the_absent_owner_alone(kind: Kind) {
    let desk = Desk::open(kind, &mails()).await;
    desk.take_all(5).await;
    desk.away("anna", "piotr").await;
    assert_eq!(desk.questions("piotr").await, ["strange suggested"], "it may be about Anna's own deal");
    assert!(matches!(desk.asked("piotr").await[0].door, Door::Cover(_)));
    // A mail of Anna's that may be about nothing of hers is not for the substitute.
    desk.company.rows("update reviews set records = '[]' where reason = 'suggested'");
    assert_eq!(desk.questions("piotr").await, Vec::<String>::new());
    // Nor one that may be about the substitute's own record: whoever makes a record gains nothing (P12).
    let lead = desk.record("Lead Zero");
    desk.company.rows(&format!("update reviews set records = '[{}]' where reason = 'suggested'", lead.0));
    assert_eq!(desk.questions("piotr").await, Vec::<String>::new());
    let pumps = desk.record("Acme pumps");
    desk.company.rows(&format!("update reviews set records = '[{},{}]' where reason = 'suggested'", pumps.0, lead.0));
    assert_eq!(desk.questions("piotr").await, Vec::<String>::new());
    let refused = desk.decide(Some("piotr"), "strange", to(lead), false).await;
    assert_eq!(refused, Err(No::NotAsked));
    // Whoever's mailbox it is sees it, and nothing of records that are not theirs to read.
    let of_anna = desk.asked("anna").await;
    assert_eq!((of_anna[0].reason, of_anna[0].records.as_slice()), (None, &[pumps][..]));
    desk.company.rows(&format!("update reviews set records = '[{}]' where reason = 'suggested'", pumps.0));
    let decided = desk.decide(Some("piotr"), "strange", to(pumps), false).await.unwrap();
    assert_eq!(desk.regards("strange"), "Acme pumps");
    desk.take_back(Some("piotr"), decided.number).await.unwrap();
    assert_eq!(desk.regards("strange"), "-");
    desk.close().await;
}

async fn an_admin_sees_the_rest_audited_and_gains_nothing(kind: Kind) {
    let desk = Desk::open(kind, &mails()).await;
    desk.admin().await;
    import(&desk.instance.db, "accounts", "external_id,name,owner\nown,Adams own,adam\n", None).await;
    desk.take_all(6).await;
    let lines = |desk: &Desk| desk.company.number("select count(*) from audit where action = 'review-read'");
    for _ in 0..2 {
        desk.review(Some("adam"), async |tx, reviewer, _| {
            let all = reviewer.list(tx, None, 100).await.unwrap();
            let noted = reviewer.reading(tx, &all.iter().collect::<Vec<_>>()).await.unwrap();
            store::audit::note(tx, &noted).await.unwrap();
        })
        .await;
        assert_eq!(lines(&desk), 7, "each once an hour");
    }
    // Onto a record that they read themselves an admin puts what lies in a shared mailbox, nothing else.
    let own = desk.record("Adams own");
    let refused = desk.decide(Some("adam"), "strange", to(own), false).await;
    assert_eq!(refused, Err(No::Refused(corrections::No::OwnGain)));
    desk.decide(Some("adam"), "new1", to(own), false).await.unwrap();
    let always = Choice::Record { record: own, thread: false, always: true, domain: false };
    assert_eq!(desk.decide(Some("adam"), "new2", always, false).await, Err(No::AlwaysElsewhere));
    // What touches a confidential record is for those who may read that.
    desk.company.rows("update records set confidential = true where name = 'Beta valves'");
    assert_eq!(desk.questions("adam").await, ["new2 unknown-sender", "strange suggested"]);
    assert_eq!(desk.questions("kamil").await.len(), 4);
    let q1 = desk.mail("q1");
    let seen = desk.review(Some("adam"), async |tx, reviewer, _| reviewer.one(tx, q1).await.unwrap()).await;
    assert_eq!(seen, None);
    desk.close().await;
}

async fn always_reaches_the_authors_own_mail(kind: Kind) {
    let desk = Desk::open(kind, &mails()).await;
    desk.take_all(7).await;
    let valves = desk.record("Beta valves");
    let always = Choice::Record { record: valves, thread: false, always: true, domain: false };
    let decided = desk.decide(Some("kamil"), "q1", always, false).await.unwrap();
    assert_eq!(desk.questions("kamil").await, ["q4 several"], "all of that sender's");
    desk.take_back(Some("kamil"), decided.number).await.unwrap();
    assert_eq!(desk.questions("kamil").await.len(), 4);
    desk.close().await;
}

async fn a_filing_that_was_not_honoured_is_asked(kind: Kind) {
    let desk = Desk::open(kind, &mails()).await;
    desk.take_all(8).await;
    let (mail, valves) = (desk.mail("q4"), desk.record("Beta valves"));
    desk.review(None, async |tx, _, _| {
        let filing = NewReview::filing(mail, NOW.plus(-DAY), vec![valves], "no-right");
        store::reviews::insert(tx, &[filing], NOW).await.unwrap();
    })
    .await;
    assert_eq!(desk.questions("kamil").await, ["q1 several", "q2 several", "q3 several", "q4 filing"]);
    // Let go, the mail is asked about as before; undone, the filing stands again.
    let let_go = desk.decide(Some("kamil"), "q4", Choice::None, true).await.unwrap();
    assert_eq!(desk.questions("kamil").await.last().unwrap(), "q4 several");
    desk.take_back(Some("kamil"), let_go.number).await.unwrap();
    assert_eq!(desk.questions("kamil").await.last().unwrap(), "q4 filing");
    desk.decide(Some("kamil"), "q4", to(valves), false).await.unwrap();
    assert_eq!(desk.questions("kamil").await, ["q1 several", "q2 several", "q3 several"]);
    desk.close().await;
}

async fn what_people_moved_proposes_a_rule(kind: Kind) {
    let desk = Desk::open(kind, &mails()).await;
    desk.admin().await;
    import(&desk.instance.db, "opportunities", NUMBERS, None).await;
    desk.take_all(9).await;
    let propose = async |login: Option<&str>| {
        desk.review(login, async |tx, _, actor| {
            let caller = Caller { by: actor.user, world: actor.world, now: NOW };
            proposals::propose(tx, &caller, NOW.plus(-30 * DAY)).await.unwrap()
        })
        .await
    };
    assert_eq!(propose(None).await.unwrap(), []);
    desk.decide(Some("kamil"), "q1", to(desk.record("Beta valves")), true).await.unwrap();
    assert_eq!(propose(Some("kamil")).await, Err(rules::No::NotAdmin));
    let found = propose(Some("adam")).await.unwrap();
    let told: Vec<(&str, i64, Option<&str>)> =
        found.iter().map(|p| (p.of.as_str(), p.moved, p.rule.then.regard.as_deref())).collect();
    assert_eq!(told, [(desk.company.names.address("c2@beta").as_str(), 3, Some("OP-1002"))]);
    let text = rules::to_toml(&[found[0].rule.clone()]).unwrap();
    assert_eq!(rules::from_toml(&text).unwrap(), [found[0].rule.clone()], "as a file it is the same rule");
    // What is confidential is proposed to nobody but the operator, and what went two ways to nobody.
    desk.company.rows("update records set confidential = true where name = 'Beta valves'");
    assert_eq!(propose(Some("adam")).await.unwrap(), []);
    assert_eq!(propose(None).await.unwrap().len(), 1);
    desk.say(Some("kamil"), "q2", Said::Private { thread: false }).await.unwrap();
    assert_eq!(propose(None).await.unwrap(), []);
    desk.close().await;
}

impl Desk {
    fn name(&self, record: RecordId) -> String {
        self.company.rows(&format!("select name from records where id = {}", record.0)).pop().unwrap()
    }
}

macro_rules! on_both {
    ($($name:ident;)*) => {$(
        mod $name {
            #[tokio::test]
            async fn on_sqlite() {
                super::$name(super::Kind::Sqlite).await;
            }

            #[tokio::test]
            async fn on_postgres() {
                super::$name(super::Kind::Postgres).await;
            }
        }
    )*};
}

on_both! {
    what_is_asked_of_whom;
    deciding_one_decides_its_like;
    nothing_is_asked_twice;
    unlinked_and_undone;
    a_substitute_is_asked_what_is_of_the_absent_owner_alone;
    an_admin_sees_the_rest_audited_and_gains_nothing;
    always_reaches_the_authors_own_mail;
    a_filing_that_was_not_honoured_is_asked;
    what_people_moved_proposes_a_rule;
}
