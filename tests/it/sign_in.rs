//! Signing in, below the pages: the first admin, sessions, second factors, tokens, and who an identity
//! provider sends. On both databases.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use crate::support::desk::{ADAM, ANNA, Desk, KAMIL, NOW, OLA, PIOTR, on_both};
use standin::actions::admins::{self, No, Wanted};
use standin::actions::second_factor::{self, Checked};
use standin::actions::single_sign_on::{self, Defaults, No as NotOurs};
use standin::actions::tokens::{self, No as NoToken};
use standin::config::{LinkBy, Oidc, OidcGroup};
use standin::model::api::ApiScope;
use standin::model::id::{TokenId, UserId};
use standin::model::record::UserRole;
use standin::model::time::{DAY, HOUR, MINUTE, SECOND, Timestamp};
use standin::oidc::Told;
use standin::store::keys::Keys;
use standin::store::sessions::{self, Beginning, Method};
use standin::store::{api_tokens, factors, identities, people, people_leave, setup};

on_both! {
    the_first_admin_is_made_once_by_the_newest_token_however_many_come_at_once
    an_admin_is_made_by_command_as_often_as_one_likes
    a_session_ends_at_its_own_limits_and_others_end_together
    a_second_factor_takes_each_code_once_and_few_wrong_ones
    recovery_codes_work_once_and_new_ones_replace_them
    two_who_bring_one_code_at_once_do_not_both_get_in
    a_token_is_its_owners_until_it_ends
    an_unlocked_user_may_try_again
    whom_a_provider_sends_is_known_by_subject_first
    nobody_becomes_somebody_else_by_a_name_or_an_address
    groups_give_roles_and_teams
}

fn keys() -> Keys {
    Keys::derive(&[7; 32])
}

fn wanted(login: &str) -> Wanted {
    Wanted {
        login: login.into(),
        name: "Adam Lis".into(),
        email: String::new(),
        zone: "Europe/Warsaw".into(),
        language: "en".into(),
    }
}

async fn the_first_admin_is_made_once_by_the_newest_token_however_many_come_at_once(desk: &Desk) {
    let offer = async || admins::offer(&desk.db, NOW).await.unwrap();
    assert_eq!(offer().await, None, "there is an admin");
    let mut tx = desk.write().await;
    people_leave::set_active(&mut tx, ADAM, false).await.unwrap();
    assert!(!setup::is_open(&mut tx).await.unwrap(), "nothing was printed yet");
    tx.commit().await.unwrap();

    let (old, token) = (offer().await.unwrap(), offer().await.unwrap());
    assert_eq!((old.len(), old == token), (40, false));
    let first = async |token: &str, login: &str, password: &str| {
        admins::first(&desk.db, token, &wanted(login), password, NOW).await.unwrap()
    };
    assert_eq!(first(&old, "x", "long enough").await, Err(No::Token), "a later start prints another");
    assert_eq!(first("", "x", "long enough").await, Err(No::Token));
    assert!(matches!(first(&token, "x", "short").await, Err(No::Password(_))));
    assert_eq!(first(&token, "a b", "long enough").await, Err(No::Login));
    assert_eq!(first(&token, "anna", "long enough").await, Err(No::Taken("anna".into())));
    // What could not be made has not used the token up.
    let many = futures::future::join_all((0..6).map(|n| {
        let (db, token) = (desk.db.clone(), token.clone());
        async move { admins::first(&db, &token, &wanted(&format!("boss{n}")), "long enough", NOW).await.unwrap() }
    }));
    let made: Vec<_> = many.await;
    assert_eq!(made.iter().filter(|made| made.is_ok()).count(), 1, "{made:?}");
    assert!(made.iter().flat_map(|made| made.as_ref().err()).all(|no| matches!(no, No::Token | No::Done)));
    let bosses: Vec<(i64,)> = desk.rows("select count(*) from users where role = 'admin' and active").await;
    assert_eq!(bosses, [(1,)]);
    assert_eq!(offer().await, None);
    assert_eq!(first(&token, "late", "long enough").await, Err(No::Token));
}

async fn an_admin_is_made_by_command_as_often_as_one_likes(desk: &Desk) {
    let create = async |login: &str| {
        let mut tx = desk.write().await;
        let made = admins::create(&mut tx, &wanted(login), "long enough", NOW).await.unwrap();
        tx.commit().await.unwrap();
        made
    };
    let (boss, new) = create("Boss").await.unwrap();
    assert!(new);
    let hash = people::password_hash(&mut desk.write().await, boss).await.unwrap();
    assert_eq!(create("boss").await, Ok((boss, false)));
    assert_eq!(people::password_hash(&mut desk.write().await, boss).await.unwrap(), hash, "nothing was changed");
    assert_eq!(create("anna").await, Err(No::Taken("anna".into())), "nobody becomes an admin by mistake");
}

async fn a_session_ends_at_its_own_limits_and_others_end_together(desk: &Desk) {
    let mut tx = desk.write().await;
    let at = |millis: i64| NOW.plus(millis);
    let begin = |longest: i64, idle: i64| Beginning {
        user: ANNA,
        method: Method::Provider,
        agent: "curl",
        address: "192.0.2.7",
        longest,
        idle,
    };
    sessions::begin_as(&mut tx, &[1; 32], &begin(DAY, HOUR), NOW).await.unwrap();
    let found = sessions::find(&mut tx, &[1; 32], at(HOUR - 1)).await.unwrap().unwrap();
    assert_eq!((found.method, found.idle, found.factor), (Method::Provider, HOUR, false));
    assert!(sessions::find(&mut tx, &[1; 32], at(HOUR)).await.unwrap().is_none(), "unused for an hour");
    for used in (1..24).map(|n| n * HOUR - MINUTE) {
        sessions::touch(&mut tx, &[1; 32], at(used)).await.unwrap();
    }
    assert!(sessions::find(&mut tx, &[1; 32], at(23 * HOUR)).await.unwrap().is_some(), "used all the time");
    sessions::touch(&mut tx, &[1; 32], at(DAY - 1)).await.unwrap();
    assert!(sessions::find(&mut tx, &[1; 32], at(DAY)).await.unwrap().is_none(), "a day is a day");

    sessions::begin_as(&mut tx, &[2; 32], &begin(DAY, HOUR), NOW).await.unwrap();
    sessions::begin(&mut tx, &[3; 32], PIOTR, "x", NOW).await.unwrap();
    let mine = sessions::of(&mut tx, ANNA, NOW).await.unwrap();
    assert_eq!((mine.len(), mine[0].address.as_str()), (2, "192.0.2.7"));
    assert_eq!(sessions::end_others(&mut tx, ANNA, &[2; 32]).await.unwrap(), 1);
    assert!(sessions::find(&mut tx, &[2; 32], NOW).await.unwrap().is_some());
    assert!(sessions::find(&mut tx, &[3; 32], NOW).await.unwrap().is_some(), "other people's stay");
    assert_eq!(sessions::sweep(&mut tx, at(HOUR)).await.unwrap(), 1, "each by its own limit");
    people_leave::set_active(&mut tx, PIOTR, false).await.unwrap();
    assert!(sessions::find(&mut tx, &[3; 32], NOW).await.unwrap().is_none());
    people_leave::set_active(&mut tx, PIOTR, true).await.unwrap();
    assert!(sessions::find(&mut tx, &[3; 32], NOW).await.unwrap().is_none(), "it does not come back either");
}

/// What an authenticator app shows at `at`.
pub fn app_code(secret: &str, at: Timestamp) -> String {
    let bytes = totp_rs::Secret::Encoded(secret.replace(' ', "")).to_bytes().unwrap();
    let app = totp_rs::TOTP::new(totp_rs::Algorithm::SHA1, 6, 1, 30, bytes, None, "x".into()).unwrap();
    app.generate((at.0 / 1_000) as u64)
}

/// Somebody with a second factor: its secret and recovery codes.
async fn enrolled(desk: &Desk, user: UserId) -> (String, Vec<String>) {
    let mut tx = desk.write().await;
    assert!(second_factor::begin(&mut tx, &keys(), user, NOW).await.unwrap());
    let shown = second_factor::begun(&mut tx, &keys(), user, "anna").await.unwrap().unwrap();
    let code = app_code(&shown.secret, NOW);
    let codes = second_factor::confirm(&mut tx, &keys(), user, &code, NOW).await.unwrap().unwrap();
    tx.commit().await.unwrap();
    (shown.secret, codes)
}

async fn checked(desk: &Desk, user: UserId, code: &str, now: Timestamp) -> Checked {
    let mut tx = desk.write().await;
    let checked = second_factor::check(&mut tx, &keys(), user, code, now).await.unwrap();
    tx.commit().await.unwrap();
    checked
}

/// A code that is none of those around `now`.
fn wrong_code(secret: &str, now: Timestamp) -> String {
    let near: Vec<String> = (-2..=2).map(|step| app_code(secret, now.plus(step * 30 * SECOND))).collect();
    (0..).map(|n| format!("{n:06}")).find(|code| !near.contains(code)).unwrap()
}

async fn a_second_factor_takes_each_code_once_and_few_wrong_ones(desk: &Desk) {
    let (secret, _) = enrolled(desk, ANNA).await;
    let mut tx = desk.write().await;
    let factor = factors::of(&mut tx, ANNA).await.unwrap().unwrap();
    assert_eq!(factor.confirmed, Some(NOW));
    let raw = totp_rs::Secret::Encoded(secret.clone()).to_bytes().unwrap();
    assert!(!factor.sealed.windows(raw.len()).any(|part| part == raw), "the secret is not there to be read");
    assert!(!second_factor::begin(&mut tx, &keys(), ANNA, NOW).await.unwrap(), "nobody sets another one over it");
    assert!(second_factor::begun(&mut tx, &keys(), ANNA, "anna").await.unwrap().is_none(), "nor sees the secret again");
    drop(tx);

    let same = app_code(&secret, NOW);
    assert_eq!(checked(desk, ANNA, &same, NOW).await, Checked::Wrong, "it was used to set the factor up");
    let later = NOW.plus(MINUTE);
    let code = app_code(&secret, later);
    assert_eq!(checked(desk, ANNA, &code, later).await, Checked::Right);
    assert_eq!(checked(desk, ANNA, &code, later).await, Checked::Wrong, "whoever looked over her shoulder");
    let early = app_code(&secret, later.plus(30 * SECOND));
    assert_eq!(checked(desk, ANNA, &early, later).await, Checked::Right, "her clock is fast");
    let now = NOW.plus(3 * HOUR);
    let slow = app_code(&secret, now.plus(-30 * SECOND));
    assert_eq!(checked(desk, ANNA, &slow, now).await, Checked::Right, "or slow");
    let stale = app_code(&secret, now.plus(-90 * SECOND));
    let wrong = wrong_code(&secret, now);
    assert!(stale == slow || checked(desk, ANNA, &stale, now).await == Checked::Wrong);
    assert_eq!(checked(desk, OLA, &wrong, now).await, Checked::Wrong, "somebody without one");

    let now = NOW.plus(6 * HOUR);
    let wrong = wrong_code(&secret, now);
    let mut tried = Vec::new();
    for _ in 0..12 {
        tried.push(checked(desk, ANNA, &wrong, now).await);
    }
    assert_eq!(tried.iter().filter(|one| **one == Checked::Wrong).count(), 10);
    assert_eq!(tried[11], Checked::TooMany);
    let right = app_code(&secret, now);
    assert_eq!(checked(desk, ANNA, &right, now).await, Checked::TooMany, "not even the right one is looked at");
    let now = now.plus(HOUR + MINUTE);
    assert_eq!(checked(desk, ANNA, &app_code(&secret, now), now).await, Checked::Right, "an hour later it is");

    let mut tx = desk.write().await;
    assert!(second_factor::remove(&mut tx, None, ANNA, NOW).await.unwrap());
    assert!(!second_factor::remove(&mut tx, None, ANNA, NOW).await.unwrap());
    assert_eq!(factors::of(&mut tx, ANNA).await.unwrap(), None);
    let other = Keys::derive(&[8; 32]);
    second_factor::begin(&mut tx, &other, ANNA, NOW).await.unwrap();
    let error = second_factor::begun(&mut tx, &keys(), ANNA, "anna").await.unwrap_err();
    assert!(error.to_string().contains("reset-second-factor"), "another instance's key: {error}");
}

async fn recovery_codes_work_once_and_new_ones_replace_them(desk: &Desk) {
    let (_, codes) = enrolled(desk, ANNA).await;
    assert_eq!(codes.len(), 10);
    let stored: Vec<(i64,)> = desk.rows("select count(*) from recovery_codes").await;
    assert_eq!(stored, [(10,)]);
    assert_eq!(checked(desk, PIOTR, &codes[0], NOW).await, Checked::Wrong, "somebody else's");
    assert_eq!(checked(desk, ANNA, &codes[0].to_uppercase(), NOW).await, Checked::Recovered(9));
    assert_eq!(checked(desk, ANNA, &codes[0], NOW).await, Checked::Wrong);
    assert_eq!(checked(desk, ANNA, &codes[1].replace('-', " "), NOW).await, Checked::Recovered(8));
    let mut tx = desk.write().await;
    let new = second_factor::new_recovery(&mut tx, ANNA).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(checked(desk, ANNA, &codes[2], NOW).await, Checked::Wrong);
    assert_eq!(checked(desk, ANNA, &new[2], NOW).await, Checked::Recovered(9));
}

async fn two_who_bring_one_code_at_once_do_not_both_get_in(desk: &Desk) {
    let (secret, codes) = enrolled(desk, ANNA).await;
    let now = NOW.plus(HOUR);
    for code in [app_code(&secret, now), codes[0].clone()] {
        let many = futures::future::join_all((0..5).map(|_| checked(desk, ANNA, &code, now))).await;
        assert_eq!(many.iter().filter(|one| one.passes()).count(), 1, "{many:?}");
    }
}

async fn a_token_is_its_owners_until_it_ends(desk: &Desk) {
    let mut tx = desk.write().await;
    let wanted = |user: UserId, scope: ApiScope, days: i64| tokens::Wanted {
        user,
        admin: user == ADAM,
        name: " nightly export ".into(),
        scope,
        days,
    };
    for (wrong, no) in [
        (tokens::Wanted { name: " ".into(), ..wanted(ANNA, ApiScope::Read, 90) }, NoToken::Name),
        (wanted(ANNA, ApiScope::Read, 0), NoToken::Days),
        (wanted(ANNA, ApiScope::Read, 367), NoToken::Days),
        (wanted(ANNA, ApiScope::Admin, 90), NoToken::Admin),
    ] {
        assert_eq!(tokens::make(&mut tx, Some(ANNA), &wrong, NOW).await.unwrap().unwrap_err(), no);
    }
    let (text, token) =
        tokens::make(&mut tx, Some(ANNA), &wanted(ANNA, ApiScope::Write, 90), NOW).await.unwrap().unwrap();
    assert!(text.starts_with("sdn_") && text.len() == 68, "{text}");
    let found = tokens::bearer(&mut tx, &text).await.unwrap().unwrap();
    assert_eq!((&found.token, found.factor, found.password), (&token, false, false));
    assert_eq!((token.name.as_str(), token.expires), ("nightly export", NOW.plus(90 * DAY)));
    for bad in ["", "sdn_", &text[..67], &text.replace("sdn_", "sdn_0"), &format!("sdn_{}", "0".repeat(64))] {
        assert!(tokens::bearer(&mut tx, bad).await.unwrap().is_none(), "{bad}");
    }
    api_tokens::touch(&mut tx, token.id, NOW.plus(MINUTE)).await.unwrap();
    api_tokens::touch(&mut tx, token.id, NOW.plus(MINUTE + SECOND)).await.unwrap();
    let listed = api_tokens::of(&mut tx, Some(ANNA)).await.unwrap();
    assert_eq!((listed.len(), listed[0].used), (1, Some(NOW.plus(MINUTE))), "once a minute is enough");
    assert!(api_tokens::of(&mut tx, Some(PIOTR)).await.unwrap().is_empty());
    assert_eq!(api_tokens::of(&mut tx, None).await.unwrap().len(), 1);

    assert!(!tokens::revoke(&mut tx, Some(PIOTR), token.id, NOW).await.unwrap(), "it is not his");
    assert!(!tokens::revoke(&mut tx, None, TokenId(4242), NOW).await.unwrap());
    assert!(tokens::revoke(&mut tx, Some(ANNA), token.id, NOW).await.unwrap());
    assert!(tokens::bearer(&mut tx, &text).await.unwrap().is_none());
    let (again, _) = tokens::make(&mut tx, None, &wanted(ANNA, ApiScope::Read, 1), NOW).await.unwrap().unwrap();
    people_leave::set_active(&mut tx, ANNA, false).await.unwrap();
    people_leave::set_active(&mut tx, ANNA, true).await.unwrap();
    assert!(tokens::bearer(&mut tx, &again).await.unwrap().is_none(), "it ended with the leaving, for good");
    for _ in 0..50 {
        tokens::make(&mut tx, None, &wanted(ADAM, ApiScope::Admin, 1), NOW).await.unwrap().unwrap();
    }
    let more = tokens::make(&mut tx, None, &wanted(ADAM, ApiScope::Admin, 1), NOW).await.unwrap();
    assert_eq!(more.unwrap_err(), NoToken::TooMany);
    tx.commit().await.unwrap();
    let noted = desk.audit().await.into_iter().filter(|line| line.0 == "token-changed").count();
    assert_eq!(noted, 2 + 1 + 50, "each is in the audit");
}

async fn an_unlocked_user_may_try_again(desk: &Desk) {
    let (secret, _) = enrolled(desk, ANNA).await;
    let now = NOW.plus(HOUR);
    for _ in 0..11 {
        checked(desk, ANNA, &wrong_code(&secret, now), now).await;
    }
    assert_eq!(checked(desk, ANNA, &app_code(&secret, now), now).await, Checked::TooMany);
    let mut tx = desk.write().await;
    assert_eq!(setup::unlocked(&mut tx, "anna").await.unwrap(), None);
    admins::unlock(&mut tx, ANNA, now).await.unwrap();
    assert_eq!(setup::unlocked(&mut tx, " ANNA").await.unwrap(), Some(now));
    tx.commit().await.unwrap();
    assert_eq!(checked(desk, ANNA, &app_code(&secret, now), now).await, Checked::Right);
}

fn provider() -> Oidc {
    Oidc { issuer: "https://id.firma.pl".into(), client_id: "standin".into(), ..Oidc::default() }
}

fn told(subject: &str, email: &str, verified: bool) -> Told {
    Told {
        issuer: "https://id.firma.pl".into(),
        subject: subject.into(),
        email: Some(email.into()).filter(|text: &String| !text.is_empty()),
        verified,
        ..Told::default()
    }
}

async fn arrive(desk: &Desk, settings: &Oidc, told: &Told) -> Result<UserId, NotOurs> {
    let mut tx = desk.write().await;
    let defaults = Defaults { zone: "Europe/Warsaw", language: "pl" };
    let arrived = single_sign_on::arrive(&mut tx, settings, told, defaults, NOW).await.unwrap();
    if arrived.is_ok() {
        tx.commit().await.unwrap();
    }
    arrived
}

async fn whom_a_provider_sends_is_known_by_subject_first(desk: &Desk) {
    let by_subject = provider();
    let anna = told("s-1", "anna@firma.pl", true);
    assert_eq!(arrive(desk, &by_subject, &anna).await, Err(NotOurs::Unknown), "an address alone is not believed");
    let mut tx = desk.write().await;
    assert!(single_sign_on::say(&mut tx, &by_subject, "s-1", ANNA, NOW).await.unwrap());
    assert!(!single_sign_on::say(&mut tx, &by_subject, "s-1", PIOTR, NOW).await.unwrap(), "it is said of somebody");
    tx.commit().await.unwrap();
    assert_eq!(arrive(desk, &by_subject, &anna).await, Ok(ANNA));
    let by_email = Oidc { link: LinkBy::Email, ..provider() };
    let moved = told("s-1", "piotr@firma.pl", true);
    assert_eq!(arrive(desk, &by_email, &moved).await, Ok(ANNA), "the subject counts, whatever address they have");
    let elsewhere = Told { issuer: "https://other".into(), ..anna.clone() };
    assert_eq!(arrive(desk, &by_subject, &elsewhere).await, Err(NotOurs::Unknown), "a subject is its issuer's");
    let mut tx = desk.write().await;
    let known = identities::of(&mut tx, ANNA).await.unwrap();
    assert_eq!((known.len(), known[0].seen_at), (1, Some(NOW.0)));
    people_leave::set_active(&mut tx, ANNA, false).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(arrive(desk, &by_subject, &anna).await, Err(NotOurs::Gone));
    let mut tx = desk.write().await;
    assert_eq!(single_sign_on::forget(&mut tx, ANNA, NOW).await.unwrap(), 1);
    assert_eq!(identities::user(&mut tx, "https://id.firma.pl", "s-1").await.unwrap(), None);
}

async fn nobody_becomes_somebody_else_by_a_name_or_an_address(desk: &Desk) {
    let by_email = Oidc { link: LinkBy::Email, ..provider() };
    assert_eq!(arrive(desk, &by_email, &told("s-1", "anna@firma.pl", false)).await, Err(NotOurs::Unverified));
    assert_eq!(arrive(desk, &by_email, &told("s-1", "anna@firma.pl", true)).await, Ok(ANNA));
    assert_eq!(
        arrive(desk, &by_email, &told("s-2", "anna@firma.pl", true)).await,
        Err(NotOurs::Another),
        "the address has gone to somebody else there"
    );
    assert_eq!(arrive(desk, &by_email, &told("s-3", "nobody@firma.pl", true)).await, Err(NotOurs::Unknown));

    let create = Oidc { create: true, ..provider() };
    let as_kamil = Told { login: Some("Kamil".into()), ..told("s-4", "", false) };
    assert_eq!(arrive(desk, &create, &as_kamil).await, Err(NotOurs::Taken), "he chose his name there himself");
    let with_address = Told { login: Some("k2".into()), ..told("s-5", "kamil@firma.pl", true) };
    assert_eq!(arrive(desk, &create, &with_address).await, Err(NotOurs::Another));
    let with_claimed = Told { login: Some("k3".into()), ..told("s-6", "kamil@firma.pl", false) };
    let k3 = arrive(desk, &create, &with_claimed).await.unwrap();
    let new =
        Told { name: Some("Nowa\u{7} Osoba".into()), login: Some("Nowa".into()), ..told("s-7", "nowa@firma.pl", true) };
    let nowa = arrive(desk, &create, &new).await.unwrap();
    assert_eq!(arrive(desk, &create, &new).await, Ok(nowa), "the next time she is known");
    let mut tx = desk.write().await;
    let nowa = people::load(&mut tx, nowa).await.unwrap().unwrap();
    assert_eq!((nowa.login.as_str(), nowa.person.name.as_str()), ("nowa", "Nowa Osoba"));
    assert_eq!((nowa.person.role, nowa.addresses.len()), (UserRole::Staff, 1), "the least role");
    assert_eq!(
        people::load(&mut tx, k3).await.unwrap().unwrap().addresses.len(),
        0,
        "an unverified address is nobody's"
    );
    assert_eq!(people::password_hash(&mut tx, nowa.person.id).await.unwrap(), None);
    drop(tx);
    let many = futures::future::join_all((0..4).map(|n| {
        let settings = create.clone();
        let one = Told { login: Some("zofia".into()), ..told(&format!("z-{n}"), "", false) };
        async move { arrive(desk, &settings, &one).await }
    }));
    assert_eq!(many.await.iter().filter(|one| one.is_ok()).count(), 1, "one name, one user, however many come at once");
}

async fn groups_give_roles_and_teams(desk: &Desk) {
    let group = |name: &str, role: Option<&str>, team: Option<&str>| OidcGroup {
        name: name.into(),
        role: role.map(str::to_owned),
        team: team.map(str::to_owned),
    };
    let settings =
        Oidc { group: vec![group("boss", Some("admin"), None), group("sales-n", None, Some("north"))], ..provider() };
    let mut tx = desk.write().await;
    let north = people::add_team(&mut tx, "North", NOW).await.unwrap();
    let south = people::add_team(&mut tx, "South", NOW).await.unwrap();
    people::set_member(&mut tx, south, KAMIL, true).await.unwrap();
    single_sign_on::say(&mut tx, &settings, "k", KAMIL, NOW).await.unwrap();
    tx.commit().await.unwrap();
    let in_groups = |groups: Option<&[&str]>| Told {
        groups: groups.map(|groups| groups.iter().map(|g| (*g).to_owned()).collect()),
        ..told("k", "", false)
    };
    let is = async || {
        let user = people::load(&mut desk.write().await, KAMIL).await.unwrap().unwrap();
        (user.person.role, user.person.teams)
    };
    arrive(desk, &settings, &in_groups(Some(&["boss", "sales-n", "kitchen"]))).await.unwrap();
    assert_eq!(is().await, (UserRole::Admin, vec![north, south]), "South is no group's business");
    arrive(desk, &settings, &in_groups(None)).await.unwrap();
    assert_eq!(is().await, (UserRole::Admin, vec![north, south]), "a provider that says nothing changes nothing");
    arrive(desk, &settings, &in_groups(Some(&[]))).await.unwrap();
    assert_eq!(is().await, (UserRole::Staff, vec![south]));
    let lines = desk.audit().await;
    assert_eq!(lines.iter().filter(|line| line.0 == "team-changed").count(), 2);
    assert_eq!(lines.iter().filter(|line| line.0 == "user-changed").count(), 2);
}
