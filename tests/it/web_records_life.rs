//! Pages on which records are merged and parted, deleted and brought back, through the router itself.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use crate::differential::Site;
use crate::support::company::Kind;
use crate::views_seed::*;
use axum::http::StatusCode;
use standin::config::Config;

/// A second opportunity of Anna's with Acme.
const PIPES: i64 = 40;

async fn site(kind: Kind, name: &str, viewer: i64) -> Site {
    let pipes = format!(
        "insert into records (id, kind, name, name_key, owner_id, confidential, account_id, created_at, updated_at)
         values ({PIPES}, 'opportunity', 'Acme pipes', 'acme pipes', {ANNA}, false, {ACME}, 0, 0),
           (41, 'opportunity', 'Acme parts', 'acme parts', {ANNA}, false, {ACME}, 0, 0)"
    );
    let english = "update users set language = 'en'".to_owned();
    Site::with(kind, &format!("life-{name}-{viewer}"), viewer, &Config::default(), &[pipes, english]).await
}

#[track_caller]
fn says(answer: &crate::differential::Answer, texts: &[&str]) {
    for text in texts {
        assert!(answer.2.contains(text), "{text} is not in {}", answer.2);
    }
}

fn to(answer: &crate::differential::Answer) -> &str {
    answer.1.get("location").map_or("", |to| to.to_str().unwrap())
}

async fn two_records_are_merged_after_a_look_and_parted_again(kind: Kind) {
    let site = site(kind, "merge", ANNA).await;
    let pipes = format!("/records/{PIPES}/merge");
    let record = site.get(&format!("/records/{PIPES}")).await;
    says(&record, &[&format!("href=\"{pipes}\""), &format!("href=\"/records/{PIPES}/delete\"")]);
    // A name that several have is not guessed at, and none is not taken for something else.
    let nothing = site.get(&format!("{pipes}?other=nobody")).await;
    assert_eq!(nothing.0, StatusCode::UNPROCESSABLE_ENTITY);
    says(&nothing, &["role=\"alert\"", "value=\"nobody\""]);
    let contact = site.get(&format!("{pipes}?other={JAN}")).await;
    assert_eq!(contact.0, StatusCode::UNPROCESSABLE_ENTITY, "only records of one kind");
    let several = site.get(&format!("{pipes}?other=Acme")).await;
    says(&several, &["Which one?", "href=\"/records/40/merge?other=12\"", "href=\"/records/40/merge?other=41\""]);
    // The look: what moves, who keeps it, who gains and loses sight.
    let look = site.get(&format!("{pipes}?other={SECRET}")).await;
    says(
        &look,
        &[
            "“Quiet merger” becomes a part of “Acme pipes”",
            "1 mail, 1 activity",
            "Anna Kowalska stays the owner",
            "is confidential from then on",
            "See the other one no longer",
            "Piotr Nowak",
            "Maria Wójcik",
        ],
    );
    assert_eq!(site.get(&format!("/records/{SECRET}")).await.0, StatusCode::OK, "a look changes nothing");
    // Done, and told by what became a part of the record.
    let done = site.ask("POST", &pipes, &format!("other={PUMPS}&reason=one+deal")).await;
    assert_eq!((done.0, to(&done)), (StatusCode::SEE_OTHER, pipes.as_str()));
    let after = site.get(&pipes).await;
    says(&after, &["What became a part of this record", "Acme pumps", "action=\"/records/12/unmerge\""]);
    assert_eq!(site.get(&format!("/records/{PUMPS}")).await.0, StatusCode::NOT_FOUND);
    says(&site.get(&format!("/records/{PIPES}")).await, &["Re: Pompy"]);
    // A second click merges nothing more, and says why.
    let again = site.ask("POST", &pipes, &format!("other={PUMPS}")).await;
    assert_eq!(again.0, StatusCode::UNPROCESSABLE_ENTITY);
    // Parted: everything is back.
    let parted = site.ask("POST", &format!("/records/{PUMPS}/unmerge"), "").await;
    assert_eq!((parted.0, to(&parted)), (StatusCode::SEE_OTHER, pipes.as_str()));
    says(&site.get(&format!("/records/{PUMPS}")).await, &["Re: Pompy"]);
    assert!(!site.get(&pipes).await.2.contains("/unmerge"));
    let twice = site.ask("POST", &format!("/records/{PUMPS}/unmerge"), "").await;
    assert_eq!(twice.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn two_records_are_merged_after_a_look_and_parted_again_on_sqlite() {
    two_records_are_merged_after_a_look_and_parted_again(Kind::Sqlite).await;
}

#[tokio::test]
async fn two_records_are_merged_after_a_look_and_parted_again_on_postgresql() {
    two_records_are_merged_after_a_look_and_parted_again(Kind::Postgres).await;
}

async fn a_record_is_deleted_after_a_look_and_brought_back(kind: Kind) {
    let site = site(kind, "delete", ANNA).await;
    let (page, delete) = (format!("/records/{PUMPS}"), format!("/records/{PUMPS}/delete"));
    let look = site.get(&delete).await;
    says(&look, &["Delete “Acme pumps”", "Out of sight", "1 activity, 1 of them open", "Delete this record"]);
    assert_eq!(site.get(&page).await.0, StatusCode::OK, "a look changes nothing");
    assert_eq!(site.get(&format!("{page}/deleted")).await.0, StatusCode::NOT_FOUND, "it is there");
    let done = site.ask("POST", &delete, "reason=by+mistake").await;
    assert_eq!((done.0, to(&done)), (StatusCode::SEE_OTHER, format!("{page}/deleted").as_str()));
    assert_eq!(site.get(&page).await.0, StatusCode::NOT_FOUND);
    assert_eq!(site.get(&delete).await.0, StatusCode::NOT_FOUND);
    says(&site.get(&format!("{page}/deleted")).await, &["“Acme pumps” is deleted", "Bring it back"]);
    let back = site.ask("POST", &format!("{page}/restore"), "").await;
    assert_eq!((back.0, to(&back)), (StatusCode::SEE_OTHER, page.as_str()));
    says(&site.get(&page).await, &["Re: Pompy"]);
    assert_eq!(site.ask("POST", &format!("{page}/restore"), "").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_record_is_deleted_after_a_look_and_brought_back_on_sqlite() {
    a_record_is_deleted_after_a_look_and_brought_back(Kind::Sqlite).await;
}

#[tokio::test]
async fn a_record_is_deleted_after_a_look_and_brought_back_on_postgresql() {
    a_record_is_deleted_after_a_look_and_brought_back(Kind::Postgres).await;
}

#[tokio::test]
async fn who_stands_in_may_neither_merge_nor_delete_and_is_told_why() {
    let site = site(Kind::Sqlite, "cover", PIOTR).await;
    let record = site.get(&format!("/records/{PUMPS}")).await;
    assert!(!record.2.contains("/merge\"") && !record.2.contains("/delete\""), "nothing is offered");
    for path in ["merge", "delete"] {
        let page = site.get(&format!("/records/{PUMPS}/{path}")).await;
        assert_eq!(page.0, StatusCode::UNPROCESSABLE_ENTITY);
        says(&page, &["You may read “Acme pumps” but not assign it", "Ask its owner or an admin"]);
        let posted = site.ask("POST", &format!("/records/{PUMPS}/{path}"), &format!("other={PIPES}")).await;
        assert_eq!(posted.0, StatusCode::UNPROCESSABLE_ENTITY);
    }
    assert_eq!(site.get(&format!("/records/{PUMPS}")).await.0, StatusCode::OK);
}

#[tokio::test]
async fn an_admin_merges_and_deletes_without_reading_and_lands_where_they_may() {
    let site = site(Kind::Sqlite, "admin", ADAM).await;
    let look = site.get(&format!("/records/{PIPES}/merge?other={PUMPS}")).await;
    assert_eq!(look.0, StatusCode::OK);
    assert!(!look.2.contains("Re: Pompy"), "no mail is shown");
    assert_eq!(
        site.get(&format!("/records/{SECRET}/merge")).await.0,
        StatusCode::NOT_FOUND,
        "nor what is confidential"
    );
    let done = site.ask("POST", &format!("/records/{PUMPS}/delete"), "").await;
    assert_eq!(to(&done), format!("/records/{PUMPS}/deleted"));
    let back = site.ask("POST", &format!("/records/{PUMPS}/restore"), "").await;
    assert_eq!((back.0, to(&back)), (StatusCode::SEE_OTHER, "/records"));
}

#[tokio::test]
async fn a_line_manager_takes_back_what_was_shared_below_them_and_learns_nothing_more() {
    let site = site(Kind::Sqlite, "line", MARIA).await;
    let page = format!("/records/{PUMPS}/access");
    assert_eq!(site.get(&page).await.0, StatusCode::NOT_FOUND, "there is nothing to take back");
    let share = format!(
        "insert into shares (record_id, user_id, source, may_write, may_share, named, reason, by_user_id, created_at)
         values ({PUMPS}, {KAMIL}, 'share', true, false, false, 'a question', {ANNA}, 0)"
    );
    site.run(&[share]).await;
    says(&site.get(&format!("/records/{PUMPS}")).await, &["Shared with Kamil Zieliński", &format!("href=\"{page}\"")]);
    let shown = site.get(&page).await;
    says(&shown, &["Kamil Zieliński", "Take back"]);
    assert!(!shown.2.contains("id=\"who\"") && !shown.2.contains("id=\"give\""), "who sees it is not theirs to ask");
    let given = site.ask("POST", &format!("/records/{PUMPS}/share"), &format!("with=user:{PIOTR}&write=1")).await;
    assert_eq!(given.0, StatusCode::NOT_FOUND, "they do not give");
    let taken = site.ask("POST", &format!("/records/{PUMPS}/share"), &format!("with=user:{KAMIL}&revoke=1")).await;
    assert_eq!((taken.0, to(&taken)), (StatusCode::SEE_OTHER, format!("/records/{PUMPS}").as_str()));
    assert_eq!(site.get(&page).await.0, StatusCode::NOT_FOUND);
    let again = site.ask("POST", &format!("/records/{PUMPS}/share"), &format!("with=user:{KAMIL}&revoke=1")).await;
    assert_eq!(again.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_pages_speak_polish() {
    let site = site(Kind::Sqlite, "polish", ANNA).await;
    site.run(&["update users set language = 'pl'".to_owned()]).await;
    says(
        &site.get(&format!("/records/{PIPES}/merge?other={PUMPS}")).await,
        &["stanie się częścią", "Połącz te dwa rekordy"],
    );
    says(&site.get(&format!("/records/{PUMPS}/delete")).await, &["Usuń: „Acme pumps”", "Znika z oczu"]);
}
