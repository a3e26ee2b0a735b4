//! Signing in by an identity provider: a real one (npm's oidc-provider), both databases, behind a base path.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::too_many_lines)]

use crate::sign_in_pages::{Door, Visitor};
use crate::support::desk::{ANNA, Desk, NOW, on_both};
use crate::support::oidc::{Identities, There};
use axum::http::StatusCode;
use serde_json::json;
use standin::actions::single_sign_on;
use standin::config::{Config, LinkBy, OidcGroup};
use standin::model::record::UserRole;
use standin::store::people;

on_both! {
    one_signs_in_and_out_by_a_real_provider
    a_provider_that_is_down_or_lies_signs_nobody_in
}

/// Where people find Standin: behind a path.
const BASE: &str = "http://standin.test/crm";

fn with(provider: &Identities, secret: &std::path::Path, config: &mut Config) {
    config.public_url = BASE.into();
    config.oidc.issuer = provider.issuer();
    config.oidc.name = "Firma ID".into();
    config.oidc.client_id = "standin".into();
    config.oidc.secret_file = Some(secret.to_owned());
    config.oidc.scopes = ["email", "profile", "groups"].map(str::to_owned).to_vec();
}

/// What a page of ours is called inside, given its whole address.
fn within(url: &str) -> String {
    url.strip_prefix(BASE).unwrap_or_else(|| panic!("{url} is not below {BASE}")).to_owned()
}

/// Inside or outside, an address of ours without the path.
fn bare(to: &str) -> String {
    to.strip_prefix("/crm").unwrap_or(to).to_owned()
}

/// Whether the router stands under the path: then pages are asked for below it.
async fn path(door: &Door) -> &'static str {
    if door.visitor().get("/crm/login").await.status == StatusCode::OK { "/crm" } else { "" }
}

/// Goes to the provider and back; the answer to coming back.
async fn round(visitor: &Visitor<'_>, there: &mut There, path: &str, next: &str) -> crate::sign_in_pages::Answer {
    let begun = visitor.get(&format!("{path}/login/oidc?next={next}")).await;
    assert_eq!(begun.status, StatusCode::SEE_OTHER, "{}", begun.body);
    let to = begun.to().to_owned();
    for part in ["response_type=code", "code_challenge_method=S256", "code_challenge=", "nonce=", "state="] {
        assert!(to.contains(part), "{part} in {to}");
    }
    let back = there.follow(&to).await.unwrap();
    visitor.get(&format!("{path}{}", within(&back))).await
}

async fn one_signs_in_and_out_by_a_real_provider(desk: &Desk) {
    let provider = Identities::start(BASE);
    let folder = crate::support::Folder::new();
    let secret = folder.write("secret", provider.secret());
    provider.people(&json!({
        "s-anna": { "email": "other@firma.pl", "email_verified": true, "name": "Anna Nowak", "groups": ["bosses"] },
        "s-piotr": { "email": "piotr@firma.pl", "email_verified": true, "groups": [] },
        "s-kamil": { "email": "kamil@firma.pl", "email_verified": false },
        "s-new": { "email": "nowa@firma.pl", "email_verified": true, "name": "Nowa Osoba", "preferred_username": "nowa" },
    }));
    let door = Door::of(desk, |config| with(&provider, &secret, config));
    let path = path(&door).await;
    let page = door.visitor().get(&format!("{path}/login?next=/records")).await;
    assert!(page.says("Sign in with Firma ID") && page.says("/login/oidc?next=/records"), "{}", page.body);

    // By the subject, once somebody said who that is.
    let unknown = round(&door.visitor(), &mut There::new("s-anna"), path, "/records").await;
    assert!(unknown.status == StatusCode::FORBIDDEN && unknown.says("Firma ID knows you, but Standin does not"));
    let mut tx = desk.write().await;
    let settings = standin::config::Oidc { issuer: provider.issuer(), ..Default::default() };
    single_sign_on::say(&mut tx, &settings, "s-anna", ANNA, NOW).await.unwrap();
    tx.commit().await.unwrap();
    let anna = door.visitor();
    let mut there = There::new("s-anna");
    let arrived = round(&anna, &mut there, path, "/records").await;
    assert_eq!((arrived.status, bare(arrived.to()).as_str()), (StatusCode::SEE_OTHER, "/records"), "{}", arrived.body);
    assert!(anna.get(&format!("{path}/")).await.says("Anna Nowak"));
    assert!(anna.get(&format!("{path}/me/sign-in")).await.says("s-anna"));
    assert!(!anna.cookies.lock().unwrap().keys().any(|name| name.ends_with("-oidc")), "nothing is left over");

    // Out here, and out there.
    let out = anna.post(&format!("{path}/logout"), &[]).await;
    assert_eq!(bare(out.to()), "/login?left=1");
    assert!(anna.get(&format!("{path}/login?left=1")).await.says("Sign out of Firma ID too"));
    assert_ne!(anna.get(&format!("{path}/")).await.status, StatusCode::OK);
    let leave = anna.get(&format!("{path}/logout/oidc")).await;
    assert!(leave.to().starts_with(&provider.issuer()), "{}", leave.to());
    let (status, asked) = there.follow(leave.to()).await.unwrap_err();
    assert!(status == 200 && asked.contains("logout"), "the provider asks whether: {status} {asked}");

    // Calling it off, coming back in another browser, coming twice, a state of one's own.
    let off = round(&door.visitor(), &mut There::new("nobody"), path, "/").await;
    assert!(off.status == StatusCode::FORBIDDEN && off.says("Firma ID did not sign you in"), "{}", off.body);
    let begun = anna.get(&format!("{path}/login/oidc")).await;
    let back = There::new("s-anna").follow(begun.to()).await.unwrap();
    let link = format!("{path}{}", within(&back));
    let victim = door.visitor();
    let stale = victim.get(&link).await;
    assert!(stale.status == StatusCode::FORBIDDEN && stale.says("in another browser"), "{}", stale.body);
    let other = format!("{path}/login/oidc/back?code=x&state=mine");
    assert!(anna.get(&other).await.says("in another browser"));
    assert!(anna.get(&link).await.says("in another browser"), "what was begun is over after a wrong state");
    let begun = anna.get(&format!("{path}/login/oidc?next=//evil.example")).await;
    let back = There::new("s-anna").follow(begun.to()).await.unwrap();
    let link = format!("{path}{}", within(&back));
    let kept = anna.cookies.lock().unwrap().clone();
    assert_eq!(bare(anna.get(&link).await.to()), "/", "and to no other site");
    *victim.cookies.lock().unwrap() = kept;
    let twice = victim.get(&link).await;
    assert!(
        twice.status == StatusCode::FORBIDDEN && twice.says("did not sign you in"),
        "a code works once: {}",
        twice.body
    );

    // By an address, where the settings say so; and as a new user.
    let by_email = Door::of(desk, |config| {
        with(&provider, &secret, config);
        config.oidc.link = LinkBy::Email;
        config.oidc.create = true;
        let team = Some("North".to_owned());
        config.oidc.group = vec![OidcGroup { name: "bosses".into(), role: Some("admin".into()), team }];
    });
    let mut tx = desk.write().await;
    let north = people::add_team(&mut tx, "North", NOW).await.unwrap();
    tx.commit().await.unwrap();
    let piotr = by_email.visitor();
    assert_eq!(bare(round(&piotr, &mut There::new("s-piotr"), path, "/").await.to()), "/");
    assert!(piotr.get(&format!("{path}/")).await.says("Piotr Nowak"));
    let kamil = round(&by_email.visitor(), &mut There::new("s-kamil"), path, "/").await;
    assert!(kamil.says("has not verified your e-mail address"), "{}", kamil.body);
    let new = by_email.visitor();
    assert_eq!(bare(round(&new, &mut There::new("s-new"), path, "/").await.to()), "/");
    assert!(new.get(&format!("{path}/")).await.says("Nowa Osoba"));
    assert_eq!(bare(round(&by_email.visitor(), &mut There::new("s-anna"), path, "/").await.to()), "/");
    let anna = people::load(&mut desk.write().await, ANNA).await.unwrap().unwrap();
    assert_eq!((anna.person.role, anna.person.teams), (UserRole::Admin, vec![north]), "as her group says");
}

async fn a_provider_that_is_down_or_lies_signs_nobody_in(desk: &Desk) {
    let provider = Identities::start(BASE);
    let folder = crate::support::Folder::new();
    let secret = folder.write("secret", provider.secret());
    provider.people(&json!({ "s-anna": { "email": "anna@firma.pl", "email_verified": true } }));
    let down = Door::of(desk, |config| {
        with(&provider, &secret, config);
        config.oidc.issuer = "http://127.0.0.1:1".into();
    });
    let path = path(&down).await;
    let answer = down.visitor().get(&format!("{path}/login/oidc")).await;
    assert!(answer.status == StatusCode::BAD_GATEWAY && answer.says("Firma ID cannot be reached"), "{}", answer.body);
    let other = Door::of(desk, |config| {
        with(&provider, &secret, config);
        config.oidc.issuer = config.oidc.issuer.replace("127.0.0.1", "localhost");
    });
    let answer = other.visitor().get(&format!("{path}/login/oidc")).await;
    assert_eq!(answer.status, StatusCode::BAD_GATEWAY, "its document names another issuer");
    let wrong = folder.write("wrong", "not our secret");
    let impostor = Door::of(desk, |config| {
        with(&provider, &wrong, config);
        config.oidc.link = LinkBy::Email;
    });
    let answer = round(&impostor.visitor(), &mut There::new("s-anna"), path, "/").await;
    assert!(answer.status == StatusCode::FORBIDDEN && answer.says("did not sign you in"), "{}", answer.body);
    let none = Door::of(desk, |config| config.public_url = BASE.into());
    for page in ["/login/oidc", "/login/oidc/back?code=x&state=y", "/logout/oidc"] {
        assert_eq!(none.visitor().get(&format!("{path}{page}")).await.status, StatusCode::NOT_FOUND, "{page}");
    }
    let no_passwords = Door::of(desk, |config| {
        with(&provider, &secret, config);
        config.sign_in.passwords = false;
    });
    let visitor = no_passwords.visitor();
    assert!(!visitor.get(&format!("{path}/login")).await.says("type=\"password\""));
    let refused = visitor.post(&format!("{path}/login"), &[("login", "anna"), ("password", "x")]).await;
    assert!(refused.status == StatusCode::FORBIDDEN && refused.says("Passwords are not taken here"));
}
