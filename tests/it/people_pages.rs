//! The pages about users, teams, links and broken glass (W22, W23), through the router, and the actions behind
//! them. On both databases.
//!
//! Each test of a guard says which line of the program it holds.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use crate::sign_in_pages::{Door, Visitor};
use crate::support::desk::{ACME, ADAM, ANNA, BETA, Desk, KAMIL, MARIA, NOW, OLA, PIOTR, SECRET, entry, on_both, save};
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use standin::actions::caller::Caller;
use standin::actions::users::{self, No, Wanted};
use standin::actions::{passwords, second_factor, tokens};
use standin::model::api::ApiScope;
use standin::model::id::UserId;
use standin::model::record::{Kind, UserRole};
use standin::model::share::GlassPolicy;
use standin::model::time::{DAY, HOUR};
use standin::store::keys::Keys;
use standin::store::{invitations, people, people_states, records, sessions, teams};

on_both! {
    somebody_is_invited_chooses_a_password_and_signs_in_once_with_the_link
    a_link_is_withdrawn_expires_and_dies_with_its_user
    resetting_takes_the_password_away_and_signs_out_everywhere
    only_admins_see_and_change_users_whatever_is_posted
    nobody_gains_sight_or_loses_the_last_admin
    what_is_wrong_with_a_user_is_said_and_the_form_keeps_what_was_typed
    addresses_logins_and_ids_belong_to_one_person
    second_factor_sessions_and_tokens_are_taken_away
    somebody_leaves_after_what_would_happen_was_shown
    what_changed_since_is_shown_again_and_nothing_is_done
    teams_are_made_and_changed_on_their_pages
    the_glass_is_broken_told_to_the_owner_and_closed
    the_glass_opens_nothing_for_who_may_not
    the_list_finds_people_and_says_how_they_sign_in
    lists_are_sorted_by_the_polish_alphabet
    the_pages_stand_in_both_languages
}

const PASSWORD: &str = "correct horse";

async fn signed_in<'d>(desk: &Desk, door: &'d Door, user: UserId) -> Visitor<'d> {
    let hash = passwords::hash(PASSWORD.into()).await.unwrap();
    let mut tx = desk.write().await;
    people::set_password_hash(&mut tx, user, &hash).await.unwrap();
    let login = people::load(&mut tx, user).await.unwrap().unwrap().login;
    tx.commit().await.unwrap();
    door.signed_in(&login, PASSWORD).await
}

const NEW: &[(&str, &str)] = &[
    ("login", "Lena"),
    ("name", "Lena Łoś"),
    ("emails", "lena@firma.pl\r\nlena.los@firma.pl"),
    ("role", "account-manager"),
    ("manager", "4"),
    ("zone", "Europe/Warsaw"),
    ("language", "pl"),
    // What the form has no field for.
    ("active", "no"),
    ("password", "chosen by another"),
    ("id", "1"),
];

/// The path of the link on a page.
fn link(body: &str) -> String {
    let (_, rest) = body.split_once("data-link>").unwrap_or_else(|| panic!("no link: {body}"));
    rest.split('<').next().unwrap().to_owned()
}

async fn user(desk: &Desk, login: &str) -> people::User {
    people::by_login(&mut desk.write().await, login).await.unwrap().unwrap()
}

async fn somebody_is_invited_chooses_a_password_and_signs_in_once_with_the_link(desk: &Desk) {
    let door = Door::of(desk, |_| {});
    let adam = signed_in(desk, &door, ADAM).await;
    assert!(adam.get("/admin/users/new").await.says("name=\"login\""));
    let made = adam.post("/admin/users/new", NEW).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.body);
    let path = link(&made.body);
    let lena = user(desk, "lena").await;
    assert_eq!(
        (lena.person.name.as_str(), lena.person.role, lena.person.manager),
        ("Lena Łoś", UserRole::Manager, Some(MARIA))
    );
    assert!(lena.person.active && lena.addresses.len() == 2);
    assert_eq!(people::password_hash(&mut desk.write().await, lena.person.id).await.unwrap(), None);
    assert!(!adam.get(&format!("/admin/users/{}", lena.person.id)).await.says(&path), "it is shown once");

    let visitor = door.visitor();
    let page = visitor.get(&path).await;
    assert!(page.status == StatusCode::OK && page.says("Wybierz hasło") && page.says("lena"), "{}", page.body);
    let differ = visitor.post(&path, &[("password", PASSWORD), ("again", "another one")]).await;
    assert!(differ.status == StatusCode::UNPROCESSABLE_ENTITY && differ.says("Hasła się różnią"));
    assert_eq!(
        visitor.post(&path, &[("password", "short"), ("again", "short")]).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    let set = visitor.post(&path, &[("password", PASSWORD), ("again", PASSWORD)]).await;
    assert!(set.status == StatusCode::OK && set.says("Hasło ustawione"), "{}", set.body);
    // It is good once.
    assert_eq!(visitor.get(&path).await.status, StatusCode::NOT_FOUND);
    let again = visitor.post(&path, &[("password", "another one"), ("again", "another one")]).await;
    assert_eq!(again.status, StatusCode::NOT_FOUND);
    let lena = door.signed_in("lena", PASSWORD).await;
    assert_eq!(lena.get("/").await.status, StatusCode::OK);
    let states = people_states::states(&mut desk.write().await).await.unwrap();
    assert_eq!(states[&user(desk, "lena").await.person.id].signed_in, Some(NOW));
    assert_eq!(door.visitor().get("/invitation/0123").await.status, StatusCode::NOT_FOUND);
}

fn caller<'w>(world: &'w standin::access::World, by: UserId) -> Caller<'w> {
    Caller { by: Some(by), world, now: NOW }
}

// Held by `invitations::find`: without the time an old link stands, without `u.active` that of a leaver.
async fn a_link_is_withdrawn_expires_and_dies_with_its_user(desk: &Desk) {
    let world = desk.world().await;
    let by = caller(&world, ADAM);
    let mut tx = desk.write().await;
    let token = users::renew(&mut tx, &by, PIOTR).await.unwrap().unwrap();
    assert!(users::invited(&mut tx, &token, NOW).await.unwrap().is_some());
    // Piotr had no password: it is an invitation, good for a week.
    assert!(users::invited(&mut tx, &token, NOW.plus(7 * DAY - 1)).await.unwrap().is_some());
    assert!(users::invited(&mut tx, &token, NOW.plus(7 * DAY)).await.unwrap().is_none());
    let newer = users::renew(&mut tx, &by, PIOTR).await.unwrap().unwrap();
    assert!(users::invited(&mut tx, &token, NOW).await.unwrap().is_none(), "the newer takes its place");
    assert_eq!(invitations::every(&mut tx).await.unwrap().len(), 1);
    users::withdraw(&mut tx, &by, PIOTR).await.unwrap().unwrap();
    assert!(users::invited(&mut tx, &newer, NOW).await.unwrap().is_none());
    let last = users::renew(&mut tx, &by, PIOTR).await.unwrap().unwrap();
    standin::store::people_leave::set_active(&mut tx, PIOTR, false).await.unwrap();
    assert!(users::invited(&mut tx, &last, NOW).await.unwrap().is_none());
    assert_eq!(invitations::every(&mut tx).await.unwrap(), []);
    assert_eq!(users::renew(&mut tx, &by, PIOTR).await.unwrap(), Err(No::Gone("Piotr Nowak".into())));
    tx.commit().await.unwrap();
    let none = users::accept(&desk.db, &last, PASSWORD, NOW).await.unwrap();
    assert_eq!(none.map(|user| user.login), Err(No::Link));
}

async fn resetting_takes_the_password_away_and_signs_out_everywhere(desk: &Desk) {
    let door = Door::of(desk, |_| {});
    let piotr = signed_in(desk, &door, PIOTR).await;
    let adam = signed_in(desk, &door, ADAM).await;
    assert_eq!(piotr.get("/").await.status, StatusCode::OK);
    let shown = adam.post("/admin/users/2", &[("do", "link")]).await;
    assert_eq!(shown.status, StatusCode::OK, "{}", shown.body);
    let path = link(&shown.body);
    assert!(shown.says("<time datetime=\"2026-11-22T12:00:00Z\""), "{}", shown.body);
    assert_eq!(piotr.get("/").await.status, StatusCode::SEE_OTHER, "signed out");
    let old = door.visitor().post("/login", &[("login", "piotr"), ("password", PASSWORD)]).await;
    assert_eq!(old.status, StatusCode::UNAUTHORIZED);
    door.visitor().post(&path, &[("password", "another one"), ("again", "another one")]).await;
    let piotr = door.signed_in("piotr", "another one").await;
    assert!(piotr.get("/").await.says("took your password away"), "whoever had the link could be somebody else");
    assert!(!adam.get("/").await.says("took your password away"));
    let audit: Vec<(String, Option<i64>)> =
        desk.rows("select action, actor_id from audit where subject_id = 2 order by id").await;
    let changed: Vec<_> = audit.iter().filter(|(action, _)| action == "sign-in-changed").map(|(_, by)| *by).collect();
    assert_eq!(changed, [Some(5), Some(5), Some(2)], "who took it, who made the link, who chose");
}

const FORMS: &[&[(&str, &str)]] = &[
    &[("do", "save"), ("name", "Xenia"), ("role", "admin"), ("zone", "UTC"), ("language", "en")],
    &[("do", "link")],
    &[("do", "factor")],
    &[("do", "sign-out")],
    &[("do", "activate")],
    &[("do", "revoke"), ("token", "1")],
];

// Held by the `visit.person.admin` of each handler, and by `users::admin` for the actions.
async fn only_admins_see_and_change_users_whatever_is_posted(desk: &Desk) {
    let door = Door::of(desk, |_| {});
    let before: Vec<(i64, String, String, bool)> =
        desk.rows("select id, name, role, active from users order by id").await;
    // Maria is the line manager of Anna and Piotr: that gives no right to change users.
    for who in [MARIA, ANNA] {
        let visitor = signed_in(desk, &door, who).await;
        for path in [
            "/admin/users",
            "/admin/users/new",
            "/admin/users/1",
            "/admin/users/1/leave?look=1&to=2",
            "/admin/teams/1",
            "/admin/import",
            "/admin/import/1",
        ] {
            assert_eq!(visitor.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
        }
        for form in FORMS {
            assert_eq!(visitor.post("/admin/users/1", form).await.status, StatusCode::NOT_FOUND, "{form:?}");
        }
        assert_eq!(visitor.post("/admin/users/new", NEW).await.status, StatusCode::NOT_FOUND);
        assert_eq!(
            visitor.post("/admin/users/1/leave", &[("to", "2"), ("seen", "x")]).await.status,
            StatusCode::NOT_FOUND
        );
        assert_eq!(visitor.post("/admin/teams", &[("name", "Mine")]).await.status, StatusCode::NOT_FOUND);
        // Their own settings take no role, no name, no manager.
        let fields = [
            ("language", "en"),
            ("zone", "Europe/Warsaw"),
            ("digest_at", "07:30"),
            ("limit", "5"),
            ("role", "admin"),
            ("manager", "1"),
            ("active", "no"),
            ("name", "Boss"),
        ];
        assert_eq!(visitor.post("/me", &fields).await.status, StatusCode::SEE_OTHER);
    }
    assert_eq!(
        desk.rows::<(i64, String, String, bool)>("select id, name, role, active from users order by id").await,
        before
    );
    let world = desk.world().await;
    let mut tx = desk.write().await;
    let by = caller(&world, MARIA);
    assert_eq!(users::add(&mut tx, &by, &Wanted::default(), true).await.unwrap(), Err(No::NotAdmin));
    assert_eq!(users::renew(&mut tx, &by, ANNA).await.unwrap(), Err(No::NotAdmin));
    // Whose role was taken since the page was opened is none any more: the action asks the database.
    people::set_role(&mut tx, ADAM, UserRole::Staff).await.unwrap();
    assert_eq!(users::renew(&mut tx, &caller(&world, ADAM), ANNA).await.unwrap(), Err(No::NotAdmin));
    drop(tx);
    // A form from another site.
    let adam = signed_in(desk, &door, ADAM).await;
    let request = Request::post("/admin/users/1")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header("sec-fetch-site", "cross-site")
        .body(Body::from("do=link"));
    assert_eq!(adam.send(request.unwrap()).await.status, StatusCode::FORBIDDEN);
}

/// The form of a user as it is, with other values for some fields.
fn form<'f>(changes: &[(&'f str, &'f str)]) -> Vec<(&'f str, &'f str)> {
    let mut fields = vec![
        ("do", "save"),
        ("name", "Adam Nowak"),
        ("emails", "adam@firma.pl"),
        ("role", "admin"),
        ("zone", "Europe/Warsaw"),
        ("language", "en"),
    ];
    for (name, value) in changes {
        fields.retain(|(known, _)| known != name);
        fields.push((name, value));
    }
    fields
}

// Held by `users::placed`, by `No::OwnRole` and by `leavers::objection`.
async fn nobody_gains_sight_or_loses_the_last_admin(desk: &Desk) {
    let door = Door::of(desk, |_| {});
    let adam = signed_in(desk, &door, ADAM).await;
    adam.post("/admin/teams", &[("name", "West")]).await;
    let refused = async |path: &str, fields: &[(&str, &str)], why: &str| {
        let answer = adam.post(path, fields).await;
        assert!(answer.status == StatusCode::UNPROCESSABLE_ENTITY && answer.says(why), "{fields:?}: {}", answer.body);
    };
    refused("/admin/users/5", &form(&[("role", "staff")]), "own role as admin").await;
    refused("/admin/users/5", &form(&[("team", "1")]), "puts themselves in a team").await;
    let kamil = [("name", "Kamil Nowak"), ("emails", "kamil@firma.pl"), ("role", "account-manager"), ("manager", "5")];
    refused("/admin/users/3", &form(&kamil), "themselves somebody").await;
    // Maria brings Anna and Piotr along.
    let maria = [("name", "Maria Nowak"), ("emails", "maria@firma.pl"), ("role", "staff"), ("manager", "5")];
    refused("/admin/users/4", &form(&maria), "themselves somebody").await;
    let circle = [("name", "Maria Nowak"), ("emails", "maria@firma.pl"), ("role", "staff"), ("manager", "1")];
    refused("/admin/users/4", &form(&circle), "lead back").await;
    for what in ["link", "factor", "sign-out"] {
        refused("/admin/users/5", &[("do", what)], "How I sign in").await;
    }
    let leave = adam.get("/admin/users/5/leave?look=1&to=1").await;
    assert!(leave.says("Nobody deactivates themselves"), "{}", leave.body);
    // Another admin may; of two who take each other's role the second is none any more.
    let mut tx = desk.write().await;
    people::set_role(&mut tx, OLA, UserRole::Admin).await.unwrap();
    tx.commit().await.unwrap();
    let ola = signed_in(desk, &door, OLA).await;
    let saved = ola.post("/admin/users/5", &form(&[("role", "staff")])).await;
    assert_eq!(saved.to(), "/admin/users/5?saved=1", "{}", saved.body);
    let theirs = [("name", "Ola Nowak"), ("emails", "ola@firma.pl"), ("role", "staff")];
    assert_eq!(adam.post("/admin/users/6", &form(&theirs)).await.status, StatusCode::NOT_FOUND);
    assert!(people_states::administers(&mut desk.write().await, OLA).await.unwrap());
}

async fn what_is_wrong_with_a_user_is_said_and_the_form_keeps_what_was_typed(desk: &Desk) {
    let door = Door::of(desk, |_| {});
    let adam = signed_in(desk, &door, ADAM).await;
    let cases: &[(&str, &str, &str)] = &[
        ("login", "with space", "without spaces"),
        ("login", "ANNA", "login anna is taken"),
        ("name", "", "1 to 200 characters"),
        ("emails", "nonsense", "nonsense is no address"),
        ("emails", "anna@firma.pl", "anna@firma.pl belongs to Anna Nowak"),
        ("role", "boss", "Choose one of the roles"),
        ("zone", "Mars/Base", "no zone of that name"),
        ("language", "de", "English or Polish"),
        ("manager", "999", "that are there"),
        ("team", "999", "that are there"),
    ];
    for (field, value, why) in cases {
        let mut fields: Vec<(&str, &str)> = NEW.to_vec();
        fields.retain(|(name, _)| name != field);
        fields.push((field, value));
        let answer = adam.post("/admin/users/new", &fields).await;
        assert!(
            answer.status == StatusCode::UNPROCESSABLE_ENTITY && answer.says(why),
            "{field}={value}: {}",
            answer.body
        );
        assert!(*field == "name" || answer.says("Lena Łoś"), "what was typed stays");
    }
    assert!(people::by_login(&mut desk.write().await, "lena").await.unwrap().is_none());
}

async fn addresses_logins_and_ids_belong_to_one_person(desk: &Desk) {
    let world = desk.world().await;
    let by = caller(&world, ADAM);
    let mut tx = desk.write().await;
    let wanted = |user: &people::User| Wanted {
        login: "ignored".into(),
        name: user.person.name.clone(),
        emails: user.addresses[0].to_string(),
        role: user.person.role.word().into(),
        manager: user.person.manager,
        zone: user.zone.clone(),
        language: user.language.clone(),
        ..Wanted::default()
    };
    let anna = people::load(&mut tx, ANNA).await.unwrap().unwrap();
    assert_eq!(users::edit(&mut tx, &by, ANNA, &wanted(&anna)).await.unwrap(), Ok(false), "it is so already");
    let changed = Wanted { external_id: "e-1".into(), phone: " +48 22 1 ".into(), ..wanted(&anna) };
    assert_eq!(users::edit(&mut tx, &by, ANNA, &changed).await.unwrap(), Ok(true));
    let after = people::load(&mut tx, ANNA).await.unwrap().unwrap();
    assert_eq!(
        (after.login.as_str(), after.phone.as_deref(), after.external_id.as_deref()),
        ("anna", Some("+48 22 1"), Some("e-1"))
    );
    assert_eq!(people_states::by_external(&mut tx, "e-1").await.unwrap(), Some(ANNA));
    let piotr = people::load(&mut tx, PIOTR).await.unwrap().unwrap();
    let same = Wanted { external_id: "e-1".into(), ..wanted(&piotr) };
    assert_eq!(users::edit(&mut tx, &by, PIOTR, &same).await.unwrap(), Err(No::ExternalTaken("Anna Nowak".into())));
    assert_eq!(users::edit(&mut tx, &by, UserId(999), &same).await.unwrap(), Err(No::NotThere));
}

async fn second_factor_sessions_and_tokens_are_taken_away(desk: &Desk) {
    let door = Door::of(desk, |_| {});
    let adam = signed_in(desk, &door, ADAM).await;
    let piotr = signed_in(desk, &door, PIOTR).await;
    let keys = Keys::derive(&[7; 32]);
    let mut tx = desk.write().await;
    second_factor::begin(&mut tx, &keys, PIOTR, NOW).await.unwrap();
    standin::store::factors::confirm(&mut tx, PIOTR, NOW).await.unwrap();
    let wanted = tokens::Wanted { user: PIOTR, admin: false, name: "crm".into(), scope: ApiScope::Read, days: 30 };
    let (_, token) = tokens::make(&mut tx, Some(PIOTR), &wanted, NOW).await.unwrap().unwrap();
    let (_, annas) =
        tokens::make(&mut tx, Some(ANNA), &tokens::Wanted { user: ANNA, ..wanted }, NOW).await.unwrap().unwrap();
    tx.commit().await.unwrap();
    let page = adam.get("/admin/users/2").await;
    assert!(page.says("password + code") && page.says("crm") && page.says("Sign out everywhere"), "{}", page.body);
    // A token of somebody else's is not revoked on this page.
    adam.post("/admin/users/2", &[("do", "revoke"), ("token", &annas.id.to_string())]).await;
    let done = adam.post("/admin/users/2", &[("do", "revoke"), ("token", &token.id.to_string())]).await;
    assert_eq!(done.to(), "/admin/users/2?done=1");
    let mut tx = desk.write().await;
    assert_eq!(standin::store::api_tokens::of(&mut tx, None).await.unwrap().len(), 1);
    drop(tx);
    adam.post("/admin/users/2", &[("do", "sign-out")]).await;
    assert_eq!(piotr.get("/").await.status, StatusCode::SEE_OTHER);
    adam.post("/admin/users/2", &[("do", "factor")]).await;
    adam.post("/admin/users/2", &[("do", "unlock")]).await;
    let mut tx = desk.write().await;
    assert_eq!(standin::store::factors::of(&mut tx, PIOTR).await.unwrap(), None);
    assert_eq!(sessions::of(&mut tx, PIOTR, NOW).await.unwrap(), []);
    drop(tx);
    door.signed_in("piotr", PASSWORD).await;
}

async fn somebody_leaves_after_what_would_happen_was_shown(desk: &Desk) {
    let door = Door::of(desk, |_| {});
    let adam = signed_in(desk, &door, ADAM).await;
    let first = adam.get("/admin/users/1/leave").await;
    assert!(first.says("Anna Nowak leaves") && !first.says("data-would"), "{}", first.body);
    assert!(adam.get("/admin/users/1/leave?look=1&to=").await.says("Say who takes over"));
    let shown = adam.get("/admin/users/1/leave?look=1&to=2&lead=3&reason=goes").await;
    assert!(shown.says("data-would") && shown.says("4 records go to colleagues"), "{}", shown.body);
    assert!(shown.says("of them confidential: 1"), "{}", shown.body);
    assert_eq!(desk.owner(ACME).await, ANNA, "nothing was done");
    let seen = shown.between("name=\"seen\" value=\"", "\"");
    let fields =
        |seen: &str| [("to", "2"), ("lead", "3"), ("reason", "goes"), ("seen", seen)].map(|(n, v)| (n, v.to_owned()));
    let post = async |seen: &str| {
        let fields = fields(seen);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (*n, v.as_str())).collect();
        adam.post("/admin/users/1/leave", &fields).await
    };
    // Without what was shown nothing happens.
    assert_eq!(post("").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(desk.owner(ACME).await, ANNA);
    let done = post(&seen).await;
    assert_eq!(done.to(), "/admin/users/1?done=1", "{}", done.body);
    assert_eq!((desk.owner(ACME).await, desk.owner(SECRET).await), (PIOTR, ANNA));
    let page = adam.get("/admin/users/1").await;
    assert!(page.says("deactivated") && page.says("Activate again"), "{}", page.body);
    assert_eq!(adam.get("/admin/users/1/leave").await.status, StatusCode::NOT_FOUND, "they have left");
    assert_eq!(adam.post("/admin/users/1", &[("do", "activate")]).await.to(), "/admin/users/1?done=1");
    assert!(user(desk, "anna").await.person.active);
}

async fn what_changed_since_is_shown_again_and_nothing_is_done(desk: &Desk) {
    let door = Door::of(desk, |_| {});
    let adam = signed_in(desk, &door, ADAM).await;
    let shown = adam.get("/admin/users/1/leave?look=1&to=2").await;
    let seen = shown.between("name=\"seen\" value=\"", "\"");
    let mut tx = desk.write().await;
    save(&mut tx, &[entry(Kind::Lead, "Another", ANNA, None)]).await;
    tx.commit().await.unwrap();
    let answer = adam.post("/admin/users/1/leave", &[("to", "2"), ("seen", &seen)]).await;
    assert!(
        answer.status == StatusCode::UNPROCESSABLE_ENTITY && answer.says("Something changed since"),
        "{}",
        answer.body
    );
    assert!(answer.says("6 records go to colleagues") || answer.says("5 records go to colleagues"), "{}", answer.body);
    assert!(user(desk, "anna").await.person.active);
}

async fn teams_are_made_and_changed_on_their_pages(desk: &Desk) {
    let door = Door::of(desk, |_| {});
    let adam = signed_in(desk, &door, ADAM).await;
    let made = adam.post("/admin/teams", &[("name", "West")]).await;
    assert_eq!(made.to(), "/admin/teams/1?saved=1", "{}", made.body);
    let twice = adam.post("/admin/teams", &[("name", "west")]).await;
    assert!(twice.status == StatusCode::UNPROCESSABLE_ENTITY && twice.says("West already"), "{}", twice.body);
    for fields in [
        &[("do", "add"), ("user", "1")][..],
        &[("do", "add"), ("user", "3")],
        &[("do", "remove"), ("user", "3")],
        &[("do", "fallback"), ("user", "2")],
        &[("do", "copies"), ("on", "1")],
        &[("do", "rename"), ("name", "Zachód")],
    ] {
        assert_eq!(adam.post("/admin/teams/1", fields).await.to(), "/admin/teams/1?saved=1", "{fields:?}");
    }
    let team = teams::every(&mut desk.write().await).await.unwrap().remove(0);
    assert_eq!(
        (team.name.as_str(), team.fallback, team.copies, team.members),
        ("Zachód", Some(PIOTR), true, vec![ANNA])
    );
    let own = adam.post("/admin/teams/1", &[("do", "add"), ("user", "5")]).await;
    assert!(own.status == StatusCode::UNPROCESSABLE_ENTITY && own.says("puts themselves in a team"), "{}", own.body);
    let page = adam.get("/admin/teams/1").await;
    assert!(!page.says("<option value=\"5\">"), "no admin is offered themselves");
    assert!(adam.get("/admin/access").await.says("href=\"/admin/teams/1\""));
    assert_eq!(adam.get("/admin/teams/2").await.status, StatusCode::NOT_FOUND);
    assert_eq!(adam.post("/admin/teams/2", &[("do", "copies")]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(adam.post("/admin/teams/1", &[("do", "add"), ("user", "999")]).await.status, StatusCode::NOT_FOUND);
}

async fn the_glass_is_broken_told_to_the_owner_and_closed(desk: &Desk) {
    let door = Door::of(desk, |config| (config.break_glass, config.break_glass_hours) = (GlassPolicy::Everyone, 4));
    let kamil = signed_in(desk, &door, KAMIL).await;
    let anna = signed_in(desk, &door, ANNA).await;
    let adam = signed_in(desk, &door, ADAM).await;
    assert!(kamil.get("/records").await.says("href=\"/glass\""));
    assert_eq!(kamil.get("/records/4").await.status, StatusCode::NOT_FOUND);
    let open = async |record: &str, reason: &str, hours: &str| {
        kamil.post("/glass", &[("do", "open"), ("record", record), ("reason", reason), ("hours", hours)]).await
    };
    assert!(open("4", " ", "2").await.says("A reason is needed"));
    let long = open("4", "the client is on the phone", "9").await;
    assert!(long.says("4 hours at most") && long.says("the client is on the phone"), "{}", long.body);
    assert!(open("999", "x", "2").await.says("no such record"));
    assert!(open("5", "x", "2").await.says("may read that record already"));
    let opened = open("4", "the client <b>calls</b>", "2").await;
    assert_eq!(opened.to(), "/records/4", "{}", opened.body);
    assert!(kamil.get("/records/4").await.says("Quiet merger"));
    let mine = kamil.get("/glass").await;
    assert!(mine.says("Quiet merger") && mine.says("<time datetime=\"2026-11-21T14:00:00Z\""), "{}", mine.body);
    // The owner is told who, why and until when.
    let today = anna.get("/").await;
    assert!(today.says("Kamil Nowak opened Quiet merger"), "{}", today.body);
    assert!(
        today.says("the client &lt;b&gt;calls&lt;/b&gt;") && today.says("href=\"/records/4/access\""),
        "{}",
        today.body
    );
    // An admin sees that it is open, and not what it is called.
    let access = adam.get("/admin/access").await;
    assert!(
        access.says("Kamil Nowak") && access.says("confidential record № 4") && !access.says("Quiet merger"),
        "{}",
        access.body
    );
    assert_eq!(kamil.post("/glass", &[("do", "close"), ("record", "4")]).await.to(), "/glass");
    assert_eq!(kamil.get("/records/4").await.status, StatusCode::NOT_FOUND);
    let audit: Vec<(String, Option<i64>)> =
        desk.rows("select action, actor_id from audit where record_id = 4 order by id").await;
    let noted: Vec<&str> =
        audit.iter().map(|(action, _)| action.as_str()).filter(|a| ["glass-broken", "unshared"].contains(a)).collect();
    assert_eq!(noted, ["glass-broken", "unshared"]);
    // It ends by itself; the owner is told for some days all the same.
    open("4", "again", "1").await;
    door.at(NOW.plus(HOUR));
    assert_eq!(kamil.get("/records/4").await.status, StatusCode::NOT_FOUND);
    assert!(anna.get("/").await.says("again"));
    assert_eq!(kamil.get("/records/5").await.status, StatusCode::OK, "{BETA}");
}

// Held by `access::may_break_glass`, asked for the page and for the record.
async fn the_glass_opens_nothing_for_who_may_not(desk: &Desk) {
    let closed = Door::of(desk, |config| config.break_glass = GlassPolicy::Nobody);
    let kamil = signed_in(desk, &closed, KAMIL).await;
    let fields = [("do", "open"), ("record", "4"), ("reason", "x"), ("hours", "1")];
    assert_eq!(kamil.get("/glass").await.status, StatusCode::NOT_FOUND);
    assert_eq!(kamil.post("/glass", &fields).await.status, StatusCode::NOT_FOUND);
    assert!(!kamil.get("/records").await.says("/glass"));
    let line = Door::of(desk, |config| config.break_glass = GlassPolicy::Line);
    let kamil = signed_in(desk, &line, KAMIL).await;
    assert_eq!(kamil.post("/glass", &fields).await.status, StatusCode::NOT_FOUND);
    let maria = signed_in(desk, &line, MARIA).await;
    // Anna's is below Maria; Kamil's is as if it were not there.
    let mut tx = desk.write().await;
    let mut other = entry(Kind::Lead, "Kamils own", KAMIL, None);
    other.record.confidential = true;
    let other = save(&mut tx, &[other]).await[0];
    tx.commit().await.unwrap();
    let theirs =
        maria.post("/glass", &[("do", "open"), ("record", &other.to_string()), ("reason", "x"), ("hours", "1")]).await;
    let nothing = maria.post("/glass", &[("do", "open"), ("record", "999"), ("reason", "x"), ("hours", "1")]).await;
    assert!(theirs.says("no such record"), "{}", theirs.body);
    let same = |body: &str, id: &str| body.replace(&format!("value=\"{id}\""), "");
    assert_eq!(same(&theirs.body, &other.to_string()), same(&nothing.body, "999"));
    assert_eq!(maria.post("/glass", &fields).await.to(), "/records/4");
}

async fn the_list_finds_people_and_says_how_they_sign_in(desk: &Desk) {
    let door = Door::of(desk, |_| {});
    let adam = signed_in(desk, &door, ADAM).await;
    let page = adam.get("/admin/users").await;
    assert!(page.says("6 people") && page.says("Anna Nowak") && page.says("Maria Nowak"), "{}", page.body);
    assert!(page.says("password") && page.says("nothing yet") && page.says("never"));
    let found = adam.get("/admin/users?q=ANN&which=active").await;
    assert!(found.says("1 person") && found.says("Anna Nowak") && !found.says("Kamil Nowak"), "{}", found.body);
    assert!(adam.get("/admin/users?q=kamil%40firma.pl").await.says("Kamil Nowak"));
    assert!(adam.get("/admin/users?q=nobody").await.says("Nobody matches"));
    assert!(!adam.get("/admin/users?which=unready").await.says("href=\"/admin/users/5\""));
    let mut tx = desk.write().await;
    standin::store::people_leave::set_active(&mut tx, PIOTR, false).await.unwrap();
    tx.commit().await.unwrap();
    assert!(!adam.get("/admin/users").await.says("href=\"/admin/users/2\""));
    assert!(adam.get("/admin/users?which=gone").await.says("href=\"/admin/users/2\""));
    for odd in [
        "/admin/users?from=999999",
        "/admin/users?from=-1",
        "/admin/users?which=x&q=%00",
        "/admin/users/0",
        "/admin/users/x",
    ] {
        assert!(adam.get(odd).await.status.as_u16() < 500, "{odd}");
    }
}

async fn lists_are_sorted_by_the_polish_alphabet(desk: &Desk) {
    let names = ["Mewa", "Łosoś", "Lampart", "Żaba", "Zebra", "Źrebak", "Latarnia", "łabędź", "Ćma", "Cyrk"];
    let mut tx = desk.write().await;
    let entries: Vec<_> = names.iter().map(|name| entry(Kind::Lead, name, KAMIL, None)).collect();
    let ids = save(&mut tx, &entries).await;
    let world = people::world(&mut tx, &desk.policy, NOW).await.unwrap();
    let scope = people::scope(&mut tx, KAMIL, &world, NOW).await.unwrap();
    let sorted = ["Ćma", "Lampart", "Latarnia", "łabędź", "Łosoś", "Mewa", "Zebra", "Źrebak", "Żaba"];
    let listed = async |tx: &mut standin::store::Tx, limit: i64| {
        let mut all: Vec<String> = Vec::new();
        let mut after: Option<(String, standin::model::id::RecordId)> = None;
        loop {
            let from = after.as_ref().map(|(key, id)| (key.as_str(), *id));
            let page = standin::store::views::records(tx, &scope, Kind::Lead, from, limit, 1_000).await.unwrap();
            let Some(last) = page.rows.last() else { return all };
            after = Some((last.key.clone(), last.record.id));
            all.extend(page.rows.iter().map(|row| row.record.name.clone()));
        }
    };
    // Whole, and page by page.
    assert_eq!(listed(&mut tx, 100).await[1..], sorted);
    assert_eq!(listed(&mut tx, 2).await[1..], sorted);
    // Found as ever, with Ł as L.
    let found = records::find(&mut tx, &scope, "LABEDZ").await.unwrap();
    assert_eq!(found[0].record.name, "łabędź");
    // A new name sorts at once; one from before the alphabet is sorted when its words are read.
    let mut renamed = records::load(&mut tx, &ids[..1]).await.unwrap();
    renamed[0].record.name = "Śnieg".into();
    records::save(&mut tx, &renamed, None, "x", NOW).await.unwrap();
    assert_eq!(listed(&mut tx, 100).await[6], "Śnieg");
    match &mut tx {
        standin::store::Tx::Sqlite(t) => {
            sqlx::query("update records set sort_key = null").execute(&mut **t).await.unwrap();
        }
        standin::store::Tx::Postgres(t) => {
            sqlx::query("update records set sort_key = null").execute(&mut **t).await.unwrap();
        }
    }
    assert_ne!(listed(&mut tx, 100).await[4], "łabędź");
    while standin::store::record_words::refresh(&mut tx, 100).await.unwrap() > 0 {}
    assert_eq!(listed(&mut tx, 100).await[4], "łabędź");
    // Teams and people, too.
    for name in ["Łódź", "Lublin", "Mazowsze"] {
        people::add_team(&mut tx, name, NOW).await.unwrap();
    }
    let teams: Vec<String> = teams::every(&mut tx).await.unwrap().into_iter().map(|team| team.name).collect();
    assert_eq!(teams, ["Lublin", "Łódź", "Mazowsze"]);
}

async fn the_pages_stand_in_both_languages(desk: &Desk) {
    let door = Door::of(desk, |config| config.break_glass = GlassPolicy::Everyone);
    let adam = signed_in(desk, &door, ADAM).await;
    adam.post("/admin/teams", &[("name", "West")]).await;
    desk.run("update users set language = 'pl' where id = 5").await;
    for (path, text) in [
        ("/admin/users", "Zaproś osobę"),
        ("/admin/users/new", "Otrzymasz odnośnik"),
        ("/admin/users/1", "Odejście"),
        ("/admin/users/1/leave?look=1&to=2", "rekordy przejdą do innych"),
        ("/admin/teams/1", "Osoba rezerwowa"),
        ("/glass", "Otwarcie awaryjne"),
        ("/admin/import", "Próba na sucho"),
    ] {
        let page = adam.get(path).await;
        let folded = page.body.to_lowercase();
        assert!(page.status == StatusCode::OK && folded.contains(&text.to_lowercase()), "{path}: {}", page.body);
        assert!(page.says("<html lang=\"pl\">"));
    }
}
