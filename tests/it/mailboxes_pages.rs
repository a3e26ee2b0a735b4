//! Mailboxes as admins set them up on pages, what their owners are told and say, how Standin is, and long work: through
//! the router, on both databases. Each test of a guard says which line of the program it holds.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use crate::sign_in_pages::{Answer, Door, Visitor};
use crate::support::desk::{ADAM, ANNA, Desk, MARIA, NOW, on_both};
use axum::http::{StatusCode, header};
use standin::actions::passwords;
use standin::config::{Config, Mailbox};
use standin::model::id::{MailboxId, UserId};
use standin::model::protocol::{Line, Side};
use standin::model::time::{DAY, HOUR, Timestamp};
use standin::store::keys::Keys;
use standin::store::rules::trials;
use standin::store::{folders, mailbox_settings as settings, mailboxes, people, protocols};
use std::net::TcpListener;

on_both! {
    a_mailbox_is_set_up_changed_and_its_password_is_never_shown
    a_kept_password_is_not_sent_elsewhere
    only_admins_see_and_change_mailboxes
    what_stands_in_the_file_is_only_shown
    the_test_says_where_it_ends_and_leads_to_no_link_local_address
    nobody_reads_what_is_paused_removed_or_waits_for_its_owner
    the_owner_is_told_and_agrees_to_what_they_saw
    owners_and_admins_have_a_mailbox_read_at_once_and_see_what_was_said_with_its_server
    removing_says_what_stays_first
    history_goes_further_back_and_stops
    how_standin_is_is_told_to_admins_and_in_short_to_everybody
    long_work_is_listed_for_admins
    a_mailbox_that_comes_back_is_connected_anew
}

pub const PASSWORD: &str = "correct horse";
const SECRET: &str = "mailbox-secret-7391";

pub async fn password(desk: &Desk, user: UserId) {
    let hash = passwords::hash(PASSWORD.into()).await.unwrap();
    let mut tx = desk.write().await;
    people::set_password_hash(&mut tx, user, &hash).await.unwrap();
    tx.commit().await.unwrap();
}

async fn admin<'d>(desk: &Desk, door: &'d Door) -> Visitor<'d> {
    password(desk, ADAM).await;
    door.signed_in("adam", PASSWORD).await
}

/// What is typed for Anna's mailbox.
fn typed<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut all = vec![
        ("do", "save"),
        ("name", "anna's mail"),
        ("address", "anna@firma.example"),
        ("user", "anna"),
        ("imap_host", "imap.firma.example"),
        ("imap_security", "tls"),
        ("imap_user", "anna"),
        ("imap_password", SECRET),
    ];
    for (name, value) in more {
        all.retain(|(known, _)| known != name);
        all.push((*name, *value));
    }
    all
}

/// The number of the mailbox that a form made.
fn made(answer: &Answer) -> i64 {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let rest = answer.to().strip_prefix("/admin/mailboxes/").unwrap();
    rest.split('?').next().unwrap().parse().unwrap()
}

async fn accounts(desk: &Desk) -> Vec<Mailbox> {
    let mut tx = desk.write().await;
    settings::accounts(&mut tx, &Keys::derive(&[7; 32]), &Config::default()).await.unwrap()
}

async fn secret(account: &Mailbox) -> String {
    use secrecy::ExposeSecret;
    account.imap.secret().await.unwrap().expose_secret().to_owned()
}

async fn a_mailbox_is_set_up_changed_and_its_password_is_never_shown(desk: &Desk) {
    let door = Door::of(desk, |_| {});
    let adam = admin(desk, &door).await;
    assert!(adam.get("/admin/mailboxes").await.says("Connect the first mailbox"));
    let wrong = adam.post("/admin/mailboxes/new", &typed(&[("address", "nobody")])).await;
    assert!(
        wrong.status == StatusCode::UNPROCESSABLE_ENTITY && wrong.says("This is no mail address"),
        "{}",
        wrong.body
    );
    assert!(
        wrong.says("value=\"imap.firma.example\"") && !wrong.says(SECRET),
        "what was typed stays, but the password"
    );
    // It need not be typed twice: it came back sealed.
    let sealed = wrong.between("name=\"imap_sealed\" value=\"", "\"");
    let fields = typed(&[("imap_password", ""), ("imap_sealed", &sealed), ("folders", "Clients\r\nOffers\r\n")]);
    let id = made(&adam.post("/admin/mailboxes/new", &fields).await);
    let all = accounts(desk).await;
    assert_eq!((all.len(), all[0].folders.len(), all[0].user.as_deref()), (1, 2, Some("anna")));
    assert_eq!(secret(&all[0]).await, SECRET);
    assert!(adam.post("/admin/mailboxes/new", &typed(&[])).await.says("There is a mailbox of this name already"));

    let path = format!("/admin/mailboxes/{id}");
    for page in ["/admin/mailboxes", path.as_str(), format!("{path}/edit").as_str(), "/admin/audit", "/admin"] {
        let answer = adam.get(page).await;
        assert!(answer.status == StatusCode::OK && !answer.says(SECRET), "{page}");
    }
    assert!(adam.get(&path).await.says("imap.firma.example:993 · TLS · anna"));
    let change = typed(&[("imap_password", ""), ("content", "headers"), ("never_keywords", "$Private")]);
    assert_eq!(made(&adam.post(&format!("{path}/edit"), &change).await), id);
    let all = accounts(desk).await;
    assert_eq!((secret(&all[0]).await.as_str(), all[0].never_keywords.len()), (SECRET, 1), "the password stays");
    let audit = adam.get("/admin/audit?action=mailbox-changed").await;
    assert!(audit.says("imap.firma.example") && audit.says("never_keywords") && !audit.says("anna@firma.example"));
    // Sealed in the database, too.
    let mut tx = desk.write().await;
    let standing = settings::one(&mut tx, MailboxId(id)).await.unwrap().unwrap();
    assert_eq!((standing.version, standing.changed.map(|(_, by)| by)), (Some(2), Some(Some(ADAM))));
    assert!(
        settings::accounts(&mut tx, &Keys::derive(&[8; 32]), &Config::default()).await.unwrap()[0]
            .imap
            .typed
            .as_ref()
            .unwrap()
            .secret
            .is_none(),
        "another instance's key opens nothing"
    );
}

/// Holds `Secret::Kept if !same_way` in actions/mailboxes.rs.
async fn a_kept_password_is_not_sent_elsewhere(desk: &Desk) {
    let door = Door::of(desk, |_| {});
    let adam = admin(desk, &door).await;
    let id = made(&adam.post("/admin/mailboxes/new", &typed(&[])).await);
    let path = format!("/admin/mailboxes/{id}/edit");
    for other in
        [("imap_host", "evil.example"), ("imap_port", "1993"), ("imap_user", "other"), ("imap_security", "starttls")]
    {
        for wish in ["save", "test"] {
            let answer = adam.post(&path, &typed(&[("imap_password", ""), other, ("do", wish)])).await;
            assert!(answer.says("enter the password again"), "{other:?} {wish}: {}", answer.body);
        }
    }
    assert_eq!(accounts(desk).await[0].imap.host, "imap.firma.example");
    // What was sealed for one admin is nothing in another's form.
    let sealed = adam
        .post(&path, &typed(&[("imap_host", "evil.example"), ("address", "x")]))
        .await
        .between("name=\"imap_sealed\" value=\"", "\"");
    let altered = format!("00{}", &sealed[2..]);
    let fields = typed(&[("imap_password", ""), ("imap_host", "evil.example"), ("imap_sealed", &altered)]);
    assert!(adam.post(&path, &fields).await.says("enter the password again"));
    door.at(NOW.plus(HOUR));
    let fields = typed(&[("imap_password", ""), ("imap_host", "evil.example"), ("imap_sealed", &sealed)]);
    assert!(adam.post(&path, &fields).await.says("enter the password again"), "it is good for ten minutes");
}

async fn only_admins_see_and_change_mailboxes(desk: &Desk) {
    let door = Door::of(desk, |_| {});
    let adam = admin(desk, &door).await;
    let id = made(&adam.post("/admin/mailboxes/new", &typed(&[])).await);
    password(desk, ANNA).await;
    let anna = door.signed_in("anna", PASSWORD).await;
    let (one, edit) = (format!("/admin/mailboxes/{id}"), format!("/admin/mailboxes/{id}/edit"));
    for page in ["/admin", "/admin/jobs", "/admin/mailboxes", "/admin/mailboxes/new", one.as_str(), edit.as_str()] {
        assert_eq!(anna.get(page).await.status, StatusCode::NOT_FOUND, "{page}");
    }
    for (page, fields) in [
        (one.as_str(), vec![("do", "pause")]),
        (one.as_str(), vec![("do", "test")]),
        (one.as_str(), vec![("do", "remove")]),
        (one.as_str(), vec![("do", "history"), ("days", "10")]),
        (one.as_str(), vec![("do", "stop-history")]),
        (edit.as_str(), typed(&[])),
        (edit.as_str(), typed(&[("do", "test")])),
        ("/admin/mailboxes/new", typed(&[("name", "other")])),
        ("/admin/mailboxes/new", typed(&[("do", "test")])),
    ] {
        assert_eq!(anna.post(page, &fields).await.status, StatusCode::NOT_FOUND, "{page} {fields:?}");
    }
    assert_eq!(accounts(desk).await.len(), 1);
    // A form from another site changes nothing (web/guard.rs).
    let mut foreign = door.signed_in("adam", PASSWORD).await;
    foreign.headers.push(("sec-fetch-site", "cross-site".into()));
    assert_eq!(foreign.post(&one, &[("do", "pause")]).await.status, StatusCode::FORBIDDEN);
    let mut tx = desk.write().await;
    assert!(settings::one(&mut tx, MailboxId(id)).await.unwrap().unwrap().paused.is_none());
}

/// A mailbox as the configuration file names one.
pub fn of_file(name: &str) -> Mailbox {
    let text = format!(
        "name = \"{name}\"\nuser = \"anna\"\naddress = \"{name}@firma.example\"\n[imap]\nhost = \"imap.firma.example\"\nuser = \"{name}\"\nsecret_env = \"STANDIN_SECRET_X\"\n"
    );
    toml::from_str(&text).unwrap()
}

async fn what_stands_in_the_file_is_only_shown(desk: &Desk) {
    let door = Door::of(desk, |config| config.mailbox = vec![of_file("anna")]);
    let mut tx = desk.write().await;
    let id = mailboxes::ensure(&mut tx, "anna", Some(ANNA), "anna@firma.example", NOW).await.unwrap().id;
    tx.commit().await.unwrap();
    let adam = admin(desk, &door).await;
    let (one, edit) = (format!("/admin/mailboxes/{id}"), format!("/admin/mailboxes/{id}/edit"));
    let page = adam.get(&one).await;
    assert!(page.says("stands in the configuration file") && !page.says(&edit), "{}", page.body);
    assert!(adam.get(&edit).await.says("change it there"));
    for fields in [typed(&[]), typed(&[("do", "test")])] {
        assert!(adam.post(&edit, &fields).await.says("change it there"));
    }
    assert!(adam.post(&one, &[("do", "remove")]).await.says("change it there"));
    assert!(adam.post("/admin/mailboxes/new", &typed(&[("name", "anna")])).await.says("of this name already"));
    // Pausing is no setting.
    assert_eq!(adam.post(&one, &[("do", "pause")]).await.status, StatusCode::SEE_OTHER);
    assert!(adam.get("/admin/mailboxes").await.says("anna is paused"));
}

/// Holds the guard in imap/dial.rs, imap/probe.rs and smtp.rs (`may_reach`).
async fn the_test_says_where_it_ends_and_leads_to_no_link_local_address(desk: &Desk) {
    let door = Door::of(desk, |_| {});
    let adam = admin(desk, &door).await;
    for host in ["169.254.169.254", "[fe80::1]", "0.0.0.0", "100.100.100.200"] {
        let fields =
            typed(&[("do", "test"), ("imap_host", host), ("sends", "on"), ("smtp_host", host), ("smtp_user", "a")]);
        let answer = adam.post("/admin/mailboxes/new", &fields).await;
        assert!(answer.says("data-report=\"bad\"") && answer.says("link-local address"), "{host}: {}", answer.body);
        assert!(!answer.says(SECRET), "{host}");
    }
    assert!(adam.get("/admin/audit?action=mailbox-changed").await.says("169.254.169.254"), "who tried what is noted");
    // Nobody listens there; and what listens there is no mail server.
    let closed = { TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string() };
    let here = |port: &str, wish: &'static str| {
        typed(&[("do", wish), ("imap_host", "127.0.0.1"), ("imap_security", "plain")])
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .chain([("imap_port".to_owned(), port.to_owned())])
            .collect::<Vec<_>>()
    };
    let send = async |fields: Vec<(String, String)>| {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        adam.post("/admin/mailboxes/new", &fields).await
    };
    let answer = send(here(&closed, "test")).await;
    assert!(answer.says("Reading (IMAP): Connection") && answer.says("Nothing answers there."), "{}", answer.body);
    assert!(answer.says("not tried"), "{}", answer.body);
    assert_eq!(accounts(desk).await.len(), 0, "trying keeps nothing");
    // Where the file allows it, it is tried.
    let door = Door::of(desk, |config| config.mail.link_local = true);
    let adam = door.signed_in("adam", PASSWORD).await;
    let fields = typed(&[("do", "test"), ("imap_host", "0.0.0.0"), ("imap_port", &closed)]);
    let answer = adam.post("/admin/mailboxes/new", &fields).await;
    assert!(!answer.says("link-local"), "{}", answer.body);
}

async fn nobody_reads_what_is_paused_removed_or_waits_for_its_owner(desk: &Desk) {
    let door = Door::of(desk, |_| {});
    let adam = admin(desk, &door).await;
    let id = MailboxId(made(&adam.post("/admin/mailboxes/new", &typed(&[])).await));
    let path = format!("/admin/mailboxes/{id}");
    let lease = async |holder: &str| {
        let mut tx = desk.write().await;
        let fence = mailboxes::lease(&mut tx, id, holder, NOW, NOW.plus(HOUR)).await.unwrap();
        tx.commit().await.unwrap();
        fence
    };
    let ours = async |fence: i64| {
        let mut tx = desk.write().await;
        mailboxes::still_ours(&mut tx, id, fence).await.unwrap()
    };
    let fence = lease("one").await.unwrap();
    assert!(ours(fence).await);
    adam.post(&path, &[("do", "pause")]).await;
    assert!(!ours(fence).await, "nothing that is read from here on is written");
    assert_eq!(lease("one").await, None);
    assert!(adam.post(&path, &[("do", "pause")]).await.says("It stands so already"));
    adam.post(&path, &[("do", "resume")]).await;
    let fence = lease("two").await.unwrap();
    // Its owner is asked from now on.
    adam.post(&format!("{path}/edit"), &typed(&[("imap_password", ""), ("asks", "on")])).await;
    door.at(NOW.plus(2 * HOUR));
    let later = async || {
        let mut tx = desk.write().await;
        mailboxes::lease(&mut tx, id, "three", NOW.plus(2 * HOUR), NOW.plus(3 * HOUR)).await.unwrap()
    };
    assert_eq!(later().await, None);
    assert!(adam.get("/admin").await.says("is not read until its owner agrees"));
    password(desk, ANNA).await;
    let anna = door.signed_in("anna", PASSWORD).await;
    assert!(anna.get("/status").await.says("Waits for its owner to agree"));
    let page = anna.get("/me/mailboxes").await;
    let seen = page.between("name=\"seen\" value=\"", "\"").replace("&#34;", "\"").replace("&quot;", "\"");
    let number = id.to_string();
    anna.post("/me/mailboxes", &[("do", "agree"), ("mailbox", &number), ("seen", &seen)]).await;
    assert!(later().await.is_some(), "{seen}");
    anna.post("/me/mailboxes", &[("do", "withdraw"), ("mailbox", &number)]).await;
    assert_eq!(later().await, None);
    assert!(!ours(fence).await);
    adam.post(&path, &[("do", "remove")]).await;
    assert_eq!(later().await, None);
    assert_eq!(accounts(desk).await.len(), 0);
}

async fn the_owner_is_told_and_agrees_to_what_they_saw(desk: &Desk) {
    let door = Door::of(desk, |_| {});
    let adam = admin(desk, &door).await;
    let id = made(&adam.post("/admin/mailboxes/new", &typed(&[("never_folders", "Private")])).await);
    let number = id.to_string();
    password(desk, ANNA).await;
    let anna = door.signed_in("anna", PASSWORD).await;
    let page = anna.get("/me/mailboxes").await;
    for text in [
        "What is read",
        "anna@firma.example",
        "Never looked into: Private",
        "Who sees it",
        "keyed hashes",
        "I have read this",
    ] {
        assert!(page.says(text), "{text}: {}", page.body);
    }
    assert!(!adam.get("/me/mailboxes").await.says("anna@firma.example"), "others have no business with it");
    let seen =
        |page: &Answer| page.between("name=\"seen\" value=\"", "\"").replace("&#34;", "\"").replace("&quot;", "\"");
    let first = seen(&page);
    assert_eq!(
        adam.post("/me/mailboxes", &[("do", "agree"), ("mailbox", &number), ("seen", &first)]).await.status,
        StatusCode::NOT_FOUND,
        "nobody agrees for somebody else"
    );
    // Somebody changed it between looking and agreeing.
    let path = format!("/admin/mailboxes/{id}/edit");
    adam.post(&path, &typed(&[("imap_password", ""), ("never_folders", "")])).await;
    let late = anna.post("/me/mailboxes", &[("do", "agree"), ("mailbox", &number), ("seen", &first)]).await;
    assert!(
        late.status == StatusCode::UNPROCESSABLE_ENTITY && late.says("have been changed meanwhile"),
        "{}",
        late.body
    );
    let second = seen(&anna.get("/me/mailboxes").await);
    let agreed = anna.post("/me/mailboxes", &[("do", "agree"), ("mailbox", &number), ("seen", &second)]).await;
    assert_eq!(agreed.to(), "/me/mailboxes?done=agreed");
    assert!(anna.get("/me/mailboxes").await.says("You agreed on"));
    adam.post(&path, &typed(&[("imap_password", ""), ("content", "headers")])).await;
    assert!(anna.get("/me/mailboxes").await.says("The settings have changed since you agreed"));
    anna.post("/me/mailboxes", &[("do", "withdraw"), ("mailbox", &number)]).await;
    assert!(adam.get(&format!("/admin/mailboxes/{id}")).await.says("withdrawn"));
    let audit = adam.get("/admin/audit?action=mailbox-agreed").await;
    assert!(audit.says("agreed") && audit.says("agreement withdrawn"), "{}", audit.body);
}

async fn owners_and_admins_have_a_mailbox_read_at_once_and_see_what_was_said_with_its_server(desk: &Desk) {
    let door = Door::of(desk, |_| {});
    let adam = admin(desk, &door).await;
    let id = made(&adam.post("/admin/mailboxes/new", &typed(&[])).await);
    let (one, number) = (format!("/admin/mailboxes/{id}"), id.to_string());
    let line = Line { at: NOW, connection: 1, side: Side::We, text: "A2 LOGIN …".into(), times: 1 };
    let mut tx = desk.write().await;
    assert_eq!(protocols::of(&mut tx, MailboxId(id)).await.unwrap(), None);
    protocols::keep(&mut tx, MailboxId(id), &[], NOW).await.unwrap();
    protocols::keep(&mut tx, MailboxId(id), std::slice::from_ref(&line), NOW).await.unwrap();
    assert_eq!(protocols::of(&mut tx, MailboxId(id)).await.unwrap(), Some((vec![line], NOW)));
    tx.commit().await.unwrap();
    password(desk, ANNA).await;
    password(desk, MARIA).await;
    let (anna, maria) = (door.signed_in("anna", PASSWORD).await, door.signed_in("maria", PASSWORD).await);
    assert!(adam.get(&one).await.says("A2 LOGIN …"));
    assert!(anna.get("/me/mailboxes").await.says("A2 LOGIN …"), "its owner sees it");
    assert!(!maria.get("/me/mailboxes").await.says("A2 LOGIN …"));
    let own = [("do", "sync"), ("mailbox", number.as_str())];
    assert_eq!(maria.post("/me/mailboxes", &own).await.status, StatusCode::NOT_FOUND);
    assert_eq!(anna.post(&one, &[("do", "sync")]).await.status, StatusCode::NOT_FOUND);
    let asked = async || {
        let mut tx = desk.write().await;
        settings::one(&mut tx, MailboxId(id)).await.unwrap().unwrap().sync_asked
    };
    assert_eq!(asked().await, None);
    assert_eq!(anna.post("/me/mailboxes", &own).await.to(), "/me/mailboxes?done=sync");
    assert!(asked().await.is_some());
    assert!(anna.get("/me/mailboxes").await.says("Being read; asked for"));
    // A refused sign-in that is tried again and again locks the account.
    let again = adam.post(&one, &[("do", "sync")]).await;
    assert!(again.status == StatusCode::UNPROCESSABLE_ENTITY && again.says("asked for a moment ago"), "{}", again.body);
    adam.post(&one, &[("do", "pause")]).await;
    let paused = anna.post("/me/mailboxes", &own).await;
    assert!(paused.status == StatusCode::UNPROCESSABLE_ENTITY && paused.says("Nobody reads this mailbox now"));
    assert!(!anna.get("/me/mailboxes").await.says("value=\"sync\""), "what cannot be done is not offered");
    assert!(adam.get("/admin/audit?action=mailbox-changed").await.says("read at once"));
    adam.post(&one, &[("do", "remove")]).await;
    let mut tx = desk.write().await;
    assert_eq!(protocols::of(&mut tx, MailboxId(id)).await.unwrap(), None, "it goes with the settings");
}

async fn removing_says_what_stays_first(desk: &Desk) {
    let door = Door::of(desk, |_| {});
    let adam = admin(desk, &door).await;
    let id = made(&adam.post("/admin/mailboxes/new", &typed(&[])).await);
    let path = format!("/admin/mailboxes/{id}");
    let look = adam.get(&format!("{path}?remove=look")).await;
    assert!(look.says("Its settings and passwords go") && look.says("data-preview"), "{}", look.body);
    assert!(!adam.get(&path).await.says("data-preview"));
    assert_eq!(adam.post(&path, &[("do", "remove")]).await.to(), format!("{path}?done=removed"));
    assert!(!adam.get("/admin/mailboxes").await.says(&path));
    assert!(adam.get(&path).await.says("is not read any more"));
    assert_eq!(adam.post(&path, &[("do", "pause")]).await.status, StatusCode::NOT_FOUND);
    let mut tx = desk.write().await;
    assert!(mailboxes::is_ours(&mut tx, "anna@firma.example").await.unwrap(), "nobody is told at it that we are away");
}

async fn history_goes_further_back_and_stops(desk: &Desk) {
    let door = Door::of(desk, |_| {});
    let adam = admin(desk, &door).await;
    let id = MailboxId(made(&adam.post("/admin/mailboxes/new", &typed(&[("days", "30")])).await));
    let path = format!("/admin/mailboxes/{id}");
    let mut tx = desk.write().await;
    assert_eq!(settings::history(&mut tx, id).await.unwrap(), Some(NOW.plus(-30 * DAY)));
    let folder = folders::ensure(&mut tx, id, "INBOX", standin::model::cursor::Role::Inbox).await.unwrap().id;
    assert_eq!(folders::wanted_deeper(&mut tx, folder).await.unwrap(), None, "not opened yet");
    folders::begin_epoch(&mut tx, folder, 7, 1, 1_001, 801).await.unwrap();
    assert_eq!(folders::wanted_deeper(&mut tx, folder).await.unwrap(), Some(NOW.plus(-30 * DAY)));
    folders::deepen(&mut tx, folder, 1, 901, NOW.plus(-30 * DAY)).await.unwrap();
    assert_eq!(folders::load(&mut tx, folder).await.unwrap().floor, 801, "it never goes up");
    folders::descend(&mut tx, folder, 1, 901).await.unwrap();
    tx.commit().await.unwrap();

    assert!(adam.post(&path, &[("do", "history"), ("days", "0")]).await.says("Name a number of days"));
    assert!(adam.post(&path, &[("do", "history"), ("days", "10")]).await.says("It stands so already"));
    assert_eq!(adam.post(&path, &[("do", "history"), ("days", "400")]).await.to(), format!("{path}?done=history"));
    let mut tx = desk.write().await;
    assert_eq!(folders::wanted_deeper(&mut tx, folder).await.unwrap(), Some(NOW.plus(-400 * DAY)));
    folders::deepen(&mut tx, folder, 1, 1, NOW.plus(-400 * DAY)).await.unwrap();
    tx.commit().await.unwrap();
    let page = adam.get(&path).await;
    assert!(page.says("100 of 1\u{a0}000 places looked at") && page.says("value=\"100\""), "{}", page.body);
    assert!(adam.get("/admin/jobs").await.says("Fetching history of mailbox anna&#39;s mail"));
    assert_eq!(adam.post(&path, &[("do", "stop-history")]).await.to(), format!("{path}?done=stopped"));
    let mut tx = desk.write().await;
    assert_eq!(folders::load(&mut tx, folder).await.unwrap().floor, 901, "what was looked at stays accounted for");
    assert_eq!(folders::wanted_deeper(&mut tx, folder).await.unwrap(), None);
    drop(tx);
    assert!(adam.get(&path).await.says("Everything that was asked for is read."));
    assert_eq!(adam.post(&path, &[("do", "history"), ("days", "400")]).await.to(), format!("{path}?done=history"));
    let mut tx = desk.write().await;
    assert_eq!(folders::wanted_deeper(&mut tx, folder).await.unwrap(), Some(NOW.plus(-400 * DAY)), "asked for again");
}

async fn how_standin_is_is_told_to_admins_and_in_short_to_everybody(desk: &Desk) {
    let door = Door::of(desk, |config| config.data_dir = std::env::temp_dir());
    let adam = admin(desk, &door).await;
    assert!(adam.get("/admin").await.says("No mailbox is connected"));
    let id = MailboxId(made(&adam.post("/admin/mailboxes/new", &typed(&[])).await));
    let mut tx = desk.write().await;
    mailboxes::up_to_date(&mut tx, id, NOW).await.unwrap();
    tx.commit().await.unwrap();
    let page = adam.get("/admin").await;
    assert!(
        page.says("is up to date") && page.says("Standin 0.") && page.says("The database answers"),
        "{}",
        page.body
    );
    password(desk, ANNA).await;
    let anna = door.signed_in("anna", PASSWORD).await;
    assert!(anna.get("/status").await.says("Up to date"));
    let metrics = async |token: &str| {
        let mut asking = door.visitor();
        asking.headers.push(("authorization", format!("Bearer {token}")));
        (asking.get("/metrics").await, asking.get("/api/v1/status").await)
    };
    let token = async |visitor: &Visitor<'_>, scope: &str| {
        let made = visitor.post("/me/tokens", &[("do", "make"), ("name", "x"), ("scope", scope), ("days", "30")]).await;
        let hex = |rest: &&str| rest.len() >= 64 && rest.as_bytes()[..64].iter().all(u8::is_ascii_hexdigit);
        let found = made.body.split("sdn_").find(hex).unwrap_or_else(|| panic!("{}", made.body));
        format!("sdn_{}", &found[..64])
    };
    let (admins, annas) = (token(&adam, "admin").await, token(&anna, "read").await);
    door.at(NOW.plus(HOUR));
    let (figures, status) = metrics(&admins).await;
    assert!(figures.says("standin_mailbox_lag_seconds{mailbox=\"anna's mail\"} 3600"), "{}", figures.body);
    assert!(figures.says("standin_healthy 0") && figures.says("standin_build_info{version="), "{}", figures.body);
    assert!(status.says("\"healthy\":false") && status.says("\"code\":\"mailbox-behind\""), "{}", status.body);
    let (figures, status) = metrics(&annas).await;
    assert_eq!(figures.status, StatusCode::NOT_FOUND);
    assert!(status.says("mailbox-behind") && !status.says("no-domains"), "{}", status.body);
    assert_eq!(door.visitor().get("/metrics").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(adam.get("/metrics").await.status, StatusCode::UNAUTHORIZED, "a session is no token");
    assert!(adam.get("/admin").await.says("data-summary=\"broken\""));
    assert!(anna.get("/status").await.says("Behind"));
    assert!(anna.get("/").await.says("is behind"));
    let mut polish = door.signed_in("adam", PASSWORD).await;
    polish.headers.push(("accept-language", "pl".into()));
    let mut tx = desk.write().await;
    let mut adams = people::load(&mut tx, ADAM).await.unwrap().unwrap();
    adams.language = "pl".into();
    people::upsert(&mut tx, &adams, NOW).await.unwrap();
    tx.commit().await.unwrap();
    let page = polish.get("/admin").await;
    assert!(page.says("opóźnienie 60 min") && page.says("Jak działa Standin"), "{}", page.body);
    for (path, text) in
        [("/admin/mailboxes", "Skrzynki"), ("/admin/jobs", "Zadania w tle"), ("/me/mailboxes", "Moje skrzynki")]
    {
        assert!(polish.get(path).await.says(text), "{path}");
    }
}

async fn long_work_is_listed_for_admins(desk: &Desk) {
    let door = Door::of(desk, |_| {});
    let adam = admin(desk, &door).await;
    assert!(adam.get("/admin/jobs").await.says("Nothing is under way"));
    assert_eq!(adam.get("/admin/jobs?kind=x").await.status, StatusCode::NOT_FOUND);
    let mut tx = desk.write().await;
    let trial = trials::add(&mut tx, ADAM, 0, "\"as-is\"", &[], 200, NOW).await.unwrap();
    let theirs = trials::add(&mut tx, MARIA, 0, "\"as-is\"", &[], 10, NOW).await.unwrap();
    tx.commit().await.unwrap();
    let page = adam.get("/admin/jobs").await;
    assert!(page.says("Dry run of rules") && page.says("0 of 200") && page.says("under way"), "{}", page.body);
    assert!(page.says("max=\"200\" value=\"0\"") && page.says(&format!("action=\"/admin/rules/trials/{trial}\"")));
    let other = format!("/admin/rules/trials/{theirs}");
    assert!(page.says("Maria") && !page.says(&other), "what it says is for who asked");
    let stopped = adam.post(&format!("/admin/rules/trials/{trial}"), &[("do", "cancel")]).await;
    assert_eq!(stopped.headers[header::LOCATION], format!("/admin/rules/trials/{trial}"));
    assert!(adam.get("/admin/jobs?kind=dry-run").await.says("stopped or undone"));
    assert!(adam.get("/admin/jobs?kind=history").await.says("No job of this kind"));
}

/// R4: what came while it was removed is never answered.
async fn a_mailbox_that_comes_back_is_connected_anew(desk: &Desk) {
    let mut tx = desk.write().await;
    let id = mailboxes::ensure(&mut tx, "anna", Some(ANNA), "anna@firma.example", NOW).await.unwrap().id;
    let again = mailboxes::ensure(&mut tx, "anna", Some(ANNA), "anna@firma.example", NOW.plus(DAY)).await.unwrap();
    assert_eq!((again.id, again.connected_at), (id, NOW));
    settings::remove(&mut tx, id, NOW.plus(DAY)).await.unwrap();
    let back: Timestamp = NOW.plus(2 * DAY);
    let again = mailboxes::ensure(&mut tx, "anna", Some(ANNA), "anna@firma.example", back).await.unwrap();
    assert_eq!((again.id, again.connected_at), (id, back));
    assert!(settings::one(&mut tx, id).await.unwrap().unwrap().removed.is_none());
}
