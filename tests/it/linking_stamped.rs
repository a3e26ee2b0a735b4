//! What our own server's word on a sender does to linking: a denial suggests only, no verdict is no denial.

use crate::notices_texts::{Desk, Letter};
use crate::support::firm::Kind;

async fn where_nothing_could_be_checked_a_client_is_linked_and_not_answered(kind: Kind) {
    let desk = Desk::open(kind).await;
    desk.away(|_| {}).await;
    let gets = async |id: &str, stamp: &str, from: &str| {
        let answer = desk.gets(&Letter { id, from, path: from, stamp, ..Letter::default() }).await;
        let found = desk.company.rows(
            "select (case when m.auth_failed then 'denied' else 'believed' end) || ' ' || \
             (select count(*) from links l where l.mail_id = m.id) from mails m order by m.id desc limit 1",
        );
        (answer.is_ok(), found.concat())
    };
    let client = "jan@acme-x.test";
    let (answered, found) = gets("proved", "pass", client).await;
    assert!(answered && found.starts_with("believed") && !found.ends_with(" 0"), "{found}");
    // The client's domain publishes nothing, or its name server was down: linked as before, but a
    // notice would go to whoever is named (R36).
    for (id, stamp) in [("none", "none"), ("broken", "temperror")] {
        assert_eq!(gets(id, stamp, client).await, (false, found.clone()), "{stamp}");
    }
    let denied = (false, "denied 0".to_owned());
    assert_eq!(gets("denied", "fail", client).await, denied);
    // Our own people could be confirmed: who writes in their name without that is not believed.
    assert_eq!(gets("colleague", "none", "piotr@firma.test").await, denied);
    desk.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_nothing_could_be_checked_a_client_is_linked_and_not_answered_on_both_databases() {
    where_nothing_could_be_checked_a_client_is_linked_and_not_answered(Kind::Sqlite).await;
    where_nothing_could_be_checked_a_client_is_linked_and_not_answered(Kind::Postgres).await;
}
