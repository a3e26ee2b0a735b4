//! The page "Trace a mail": what it tells an admin who reads the record, and one whom review asks alone, in both languages.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use crate::review_pages::pages;
use crate::views_seed::*;

#[tokio::test]
async fn a_notice_that_went_is_told_with_when_to_who_reads_the_record_and_not_to_whom_review_asks() {
    let pages = pages("trace-notice").await;
    // Review asks Adam about it, who reads no record on which it stands.
    let trace = pages.get(ADAM, &format!("/admin/trace?mail={COPIED}")).await;
    for text in ["What came of it for the absences of others is not told to you", "It waits in review"] {
        assert!(trace.contains(text), "{text}: {trace}");
    }
    assert!(!trace.contains("R46") && !trace.contains("already told") && !trace.contains("on its page"), "{trace}");
    let (status, ..) = pages.ask_as(ADAM, "GET", &format!("/admin/trace?mail={REPLY}"), "").await;
    assert_eq!(status.as_u16(), 422, "what he neither reads nor is asked about");
    pages.run(&format!("update records set owner_id = {ADAM} where id in ({ACME}, {JAN}, {PUMPS})")).await;
    let trace = pages.get(ADAM, &format!("/admin/trace?mail={REPLY}")).await;
    for text in [
        "absence was made ",
        ": sent.",
        "It stands on the timeline of Acme pumps.",
        "put the mail elsewhere on its page",
    ] {
        assert!(trace.contains(text), "{text}: {trace}");
    }
    pages.run(&format!("update users set language = 'pl' where id = {ADAM}")).await;
    let trace = pages.get(ADAM, &format!("/admin/trace?mail={REPLY}")).await;
    for text in ["Zawiadomienie o nieobecności (Anna Kowalska) powstało", "Jest na osi czasu: Acme pumps.", "„pyta”"]
    {
        assert!(trace.contains(text), "{text}: {trace}");
    }
    assert!(!trace.contains("somebody") && !trace.contains("that you may read"), "{trace}");
}

#[tokio::test]
async fn what_an_admin_decided_in_review_leads_back_to_the_decision() {
    let pages = pages("trace-decided").await;
    let (status, to, text) =
        pages.ask_as(ADAM, "POST", &format!("/review/{COPIED}"), &format!("choice=r{VALVES}")).await;
    assert_eq!(status.as_u16(), 303, "{text}");
    let trace = pages.get(ADAM, &format!("/admin/trace?mail={COPIED}")).await;
    for text in ["You are told of the mail alone", "You decided about it in review", "href=\"/review?done=1\"", "Kopia"]
    {
        assert!(trace.contains(text), "{text}: {trace}");
    }
    assert!(!trace.contains("Acme valves") && !trace.contains("href=\"/messages/"), "{trace}");
    assert!(pages.get(ADAM, to.split('&').next().unwrap()).await.contains("1 mail was decided."));
    assert!(pages.get(ADAM, "/review?done=1").await.contains("Undo"));
    pages.ask_as(ADAM, "POST", "/review/decisions/1/undo", "").await;
    let (_, _, trace) = pages.ask_as(ADAM, "GET", &format!("/admin/trace?mail={COPIED}"), "").await;
    assert!(!trace.contains("You decided about it"), "{trace}");
}

#[tokio::test]
async fn the_answer_none_is_told_as_none_and_not_as_private_to_whom_gave_it() {
    let pages = pages("trace-none").await;
    let (status, _, text) = pages.ask_as(ADAM, "POST", &format!("/review/{COPIED}"), "choice=none").await;
    assert_eq!(status.as_u16(), 303, "{text}");
    let trace = pages.get(ADAM, &format!("/admin/trace?mail={COPIED}")).await;
    for text in ["You decided about it in review", "It belongs to no record."] {
        assert!(trace.contains(text), "{text}: {trace}");
    }
    assert!(!trace.contains("rivate:"), "{trace}");
    pages.run(&format!("update users set language = 'pl' where id = {ADAM}")).await;
    let trace = pages.get(ADAM, &format!("/admin/trace?mail={COPIED}")).await;
    assert!(trace.contains("Nie należy do żadnego rekordu."), "{trace}");
}
