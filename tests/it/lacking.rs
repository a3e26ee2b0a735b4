//! Lists of what lacks an answer or news, on both databases: who finds what, since when, and what ends it (S16, J7).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use crate::api::{door, program};
use crate::mailboxes_pages::{PASSWORD, password};
use crate::support::desk::*;
use serde_json::json;
use standin::access::neglected_before;
use standin::actions::activities::{self, Entered};
use standin::model::activity::ActivityKind;
use standin::model::api::ApiScope;
use standin::model::id::{RecordId, UserId};
use standin::model::record::{Kind, Lack};
use standin::model::time::{DAY, HOUR, Timestamp};
use standin::store::views::{self, Chosen, Lacking};
use standin::store::{Value, insert_many, people};

on_both! {
    a_client_who_waits_counts_once_and_only_for_its_readers
    what_is_seen_to_is_not_neglected
    a_manager_clears_the_neglected_list
    pages_of_what_lacks_something_join
}

/// A mail about a record: in and waiting, or out.
struct Letter {
    id: i64,
    on: RecordId,
    at: Timestamp,
    waits: bool,
    sealed: bool,
}

/// Stores them, and marks what waits.
async fn letters(desk: &Desk, all: &[Letter]) {
    let into = "mails (id, identity, copy_key, thread_id, at, arrived_at, direction, author, channel, evidence, \
         from_address, subject, visible, folded, attachments, attachment_names, forward, auth_failed, defects, size, \
         regarding_id, linking, waits, sealed, parser_version)";
    let word = |text: &str| Value::from(text);
    let mail = |l: &Letter| {
        vec![
            l.id.into(),
            l.id.to_be_bytes().to_vec().into(),
            l.id.into(),
            l.id.into(),
            l.at.0.into(),
            l.at.0.into(),
            word(if l.waits { "in" } else { "out" }),
            word("human"),
            word("direct"),
            word("[]"),
            word("jan@x.example"),
            word("Offer"),
            word("Hello"),
            false.into(),
            word("[]"),
            word(""),
            false.into(),
            false.into(),
            word("[]"),
            1_i64.into(),
            l.on.0.into(),
            word("linked"),
            l.waits.into(),
            l.sealed.into(),
            1_i64.into(),
        ]
    };
    let link = |l: &Letter, on: RecordId| {
        let (id, at) = (l.id.into(), l.at.0.into());
        vec![id, on.0.into(), l.on.0.into(), at, word("{}"), 60_i64.into(), l.at.0.into(), l.sealed.into()]
    };
    let mut tx = desk.write().await;
    insert_many(&mut tx, into, "", all.iter().map(mail).collect()).await.unwrap();
    // Each stands on the account, too, where another record governs it.
    let links = all.iter().flat_map(|l| [link(l, l.on), link(l, ACME)]);
    let mut links: Vec<_> = links.collect();
    links.dedup_by_key(|row| format!("{row:?}"));
    let into = "links (mail_id, record_id, governing_id, at, evidence, score, decided_at, sealed)";
    insert_many(&mut tx, into, "", links).await.unwrap();
    tx.commit().await.unwrap();
}

fn waits(id: i64, on: RecordId, ago: i64) -> Letter {
    Letter { id, on, at: NOW.plus(-ago), waits: true, sealed: false }
}

async fn lacking(desk: &Desk, viewer: UserId, kind: Kind, lack: Lack) -> Vec<(RecordId, Timestamp)> {
    let mut tx = desk.db.read().await.unwrap();
    let world = people::world(&mut tx, &desk.policy, NOW).await.unwrap();
    let scope = people::scope(&mut tx, viewer, &world, NOW).await.unwrap();
    let before = neglected_before("2026-11-21".parse().unwrap(), 7, &[], chrono_tz::Europe::Warsaw);
    let asked = Lacking { kind, lack, chosen: Chosen::default(), before };
    let (found, count) = views::lacking(&mut tx, &scope, &asked, None, 50, 1_001).await.unwrap();
    assert_eq!(found.len() as i64, count, "the count is that of the rows (U6)");
    // What Today counts is what the lists hold, over all owners.
    let everybody: Vec<UserId> = world.people.iter().map(|person| person.id).collect();
    let counted = match lack {
        Lack::Answer => {
            let by_kind = views::waiting_on(&mut tx, &scope, &everybody).await.unwrap();
            by_kind.iter().find(|(one, _)| *one == kind).map_or(0, |(_, n)| *n)
        }
        Lack::Update => views::neglected_of(&mut tx, &scope, &everybody, (kind, before), 1_001).await.unwrap(),
    };
    assert_eq!(counted, count);
    found
}

async fn a_client_who_waits_counts_once_and_only_for_its_readers(desk: &Desk) {
    let sealed = Letter { sealed: true, ..waits(5, PUMPS, 9 * HOUR) };
    let all = [
        waits(1, PUMPS, 3 * HOUR),
        waits(2, PUMPS, 5 * HOUR),
        waits(3, SECRET, 7 * HOUR),
        waits(4, VALVES, HOUR),
        sealed,
        Letter { waits: false, ..waits(6, JAN, HOUR) },
    ];
    letters(desk, &all).await;
    let deals = |viewer| lacking(desk, viewer, Kind::Opportunity, Lack::Answer);
    let at = |ago: i64| NOW.plus(-ago);
    assert_eq!(deals(ANNA).await, [(PUMPS, at(9 * HOUR)), (SECRET, at(7 * HOUR))], "what waits longest first");
    // Her manager reads neither the confidential record nor the mail that is marked so: their time tells nothing.
    assert_eq!(deals(MARIA).await, [(PUMPS, at(5 * HOUR))]);
    assert_eq!(deals(KAMIL).await, [(VALVES, at(HOUR))]);
    assert_eq!(deals(ADAM).await, [], "admins do not read mail");
    assert_eq!(lacking(desk, ANNA, Kind::Account, Lack::Answer).await, [], "it waits on the record that governs it");
    assert_eq!(lacking(desk, ANNA, Kind::Contact, Lack::Answer).await, [], "what we wrote waits for nobody");
    desk.run("update mails set waits = false where id <> 4").await;
    assert_eq!(deals(ANNA).await, []);
    assert_eq!(deals(KAMIL).await, [(VALVES, at(HOUR))]);
}

async fn what_is_seen_to_is_not_neglected(desk: &Desk) {
    let deals = |viewer| lacking(desk, viewer, Kind::Opportunity, Lack::Update);
    let made = NOW.plus(-100 * DAY);
    assert_eq!(deals(ANNA).await, [(PUMPS, made), (SECRET, made)]);
    assert_eq!(deals(MARIA).await, [(PUMPS, made)]);
    // A client's mail is no update; ours is, though it may be too old a one.
    let out = |id, on, ago| Letter { waits: false, ..waits(id, on, ago) };
    let hers = Letter { sealed: true, ..out(3, PUMPS, DAY) };
    letters(desk, &[waits(1, PUMPS, DAY), out(2, PUMPS, 20 * DAY), hers]).await;
    assert_eq!(deals(ANNA).await, [(SECRET, made)], "she wrote yesterday");
    assert_eq!(deals(MARIA).await, [(PUMPS, NOW.plus(-20 * DAY))], "which her manager may not know");
    let mut tx = desk.write().await;
    let world = people::world(&mut tx, &desk.policy, NOW).await.unwrap();
    let anna = actor(&mut tx, ANNA, &world).await;
    let note = Entered {
        record: PUMPS,
        kind: ActivityKind::Note,
        subject: "No news".into(),
        body: String::new(),
        responsible: None,
        due: None,
        done: None,
    };
    activities::add(&mut tx, &anna, &note).await.unwrap().unwrap();
    tx.commit().await.unwrap();
    assert_eq!(deals(MARIA).await, [], "even if only to say that there is no news");
    // That it was imported is nothing done where mail says since when it lies; where nothing does, it counts.
    desk.run("update records set created_at = 1795262400000, updated_at = 1795262400000 where id in (4, 6)").await;
    letters(desk, &[out(7, VALVES, 30 * DAY)]).await;
    assert_eq!(deals(ANNA).await, []);
    assert_eq!(deals(KAMIL).await, [(VALVES, NOW.plus(-30 * DAY))]);
    desk.run("update records set updated_at = 1795262400001 where id = 6").await;
    assert_eq!(deals(KAMIL).await, [], "it was changed since");
    desk.run("update records set created_at = 1, updated_at = 1 where id = 4").await;
    desk.run("update records set external_source = null, external_id = null where id = 6").await;
    desk.run("update records set updated_at = 1795262400000 where id = 6").await;
    assert_eq!(deals(KAMIL).await, [], "one that a person made was begun then");
    assert_eq!(deals(ANNA).await.len(), 1);
    desk.run("update records set status = 'lost' where id = 4").await;
    assert_eq!(deals(ANNA).await, [], "what is closed is nobody's neglect");
    assert_eq!(lacking(desk, ANNA, Kind::Lead, Lack::Update).await, [(LEAD, made)]);
}

async fn a_manager_clears_the_neglected_list(desk: &Desk) {
    for user in [MARIA, KAMIL, ANNA] {
        password(desk, user).await;
    }
    letters(desk, &[waits(1, PUMPS, 3 * HOUR)]).await;
    let door = door(desk);
    let maria = door.signed_in("maria", PASSWORD).await;
    let today = maria.get("/").await;
    let list = "/records?kind=opportunity&#38;whose=people&#38;lack=neglected";
    assert!(today.says(list) && today.says("1 neglected opportunity"), "{}", today.body);
    assert!(today.says("1 opportunity waits for an answer") && today.says("1 neglected lead"), "{}", today.body);
    assert!(!today.says("All quiet"), "her people's clients do");
    let list = "/records?kind=opportunity&whose=people&lack=neglected";
    let neglected = maria.get(list).await;
    assert!(neglected.says("more than 7 working days"), "the limit in force (U6): {}", neglected.body);
    assert!(neglected.says("Acme pumps") && !neglected.says("Quiet merger") && !neglected.says("Acme valves"));
    // She may not change the record, yet she asks who answers for it.
    let ask = "/records/ask?kind=opportunity&whose=people&lack=neglected";
    let asked = maria.post(ask, &[("ask", "3")]).await;
    assert_eq!(asked.status, 303, "{}", asked.body);
    let told = maria.get(asked.to()).await;
    assert!(told.says("Anna Nowak has a task on Acme pumps"), "{}", told.body);
    assert!(told.says("Nothing is neglected here"), "{}", told.body);
    let anna = door.signed_in("anna", PASSWORD).await;
    assert!(anna.get("/records/3").await.says("Say what is new"), "she finds it on the record");
    assert_eq!(maria.post(ask, &[("ask", "3")]).await.to(), asked.to(), "who asks twice asks once");
    // Who may not read a record is told as little as of none, and what was asked is not theirs to see.
    let kamil = door.signed_in("kamil", PASSWORD).await;
    for record in ["3", "4", "99"] {
        assert_eq!(kamil.post(ask, &[("ask", record)]).await.status, 404, "{record}");
    }
    assert_eq!(maria.post(ask, &[("ask", "4")]).await.status, 404, "nor what is confidential");
    assert!(!kamil.get(asked.to()).await.says("Acme pumps"));
    // Who is away is not asked: the substitute is.
    desk.away(ANNA, Some(PIOTR)).await;
    let lead = maria.post("/records/ask?kind=lead&lack=neglected", &[("ask", "7")]).await;
    assert!(maria.get(lead.to()).await.says("Piotr Nowak has a task on Zenon"));
    // As a file: under the same sight, all of it, and noted.
    let piotr = {
        password(desk, PIOTR).await;
        door.signed_in("piotr", PASSWORD).await
    };
    let file = piotr.get("/records/list.csv?kind=opportunity&whose=covered").await;
    let id_line = "3,opportunity,Acme pumps,,Acme,,open,Anna Nowak,Piotr Nowak,";
    assert_eq!(file.body.lines().collect::<Vec<_>>()[1..], [id_line], "{}", file.body);
    let waiting = piotr.get("/records/list.csv?lack=unanswered").await;
    assert!(waiting.says(&format!("{id_line}{}", NOW.plus(-3 * HOUR).rfc3339())), "{}", waiting.body);
    let noted =
        desk.audit().await.into_iter().filter(|(action, who, ..)| action == "exported" && *who == Some(PIOTR.0));
    assert_eq!(noted.count(), 2);
    // The same by the API.
    let program = program(desk, &door, MARIA, ApiScope::Read).await;
    let found = program.get("/lacking?kind=opportunity&lack=unanswered&whose=people").await.fine().body;
    assert_eq!((&found["items"][0]["record"]["id"], found["items"].as_array().unwrap().len()), (&json!(PUMPS.0), 1));
    assert_eq!(found["items"][0]["since"], json!(NOW.plus(-3 * HOUR).rfc3339()));
    let counts = program.get("/today").await.fine().body["lacking"].clone();
    assert_eq!(counts, json!([{ "whose": "people", "kind": "opportunity", "lack": "unanswered", "count": 1 }]));
    assert_eq!(program.get("/lacking?kind=account&lack=neglected").await.fine().body["items"], json!([]));
    for wrong in
        ["kind=account&lack=neglected", "lack=nonsense", "whose=nobody", "status=nonsense", "lack=neglected&after=x"]
    {
        assert_eq!(maria.get(&format!("/records?{wrong}")).await.status, 404, "{wrong}");
    }
}

async fn pages_of_what_lacks_something_join(desk: &Desk) {
    let mut tx = desk.write().await;
    let leads: Vec<_> = (0..12).map(|n| entry(Kind::Lead, &format!("Lead {n}"), ANNA, None)).collect();
    save(&mut tx, &leads).await;
    let world = people::world(&mut tx, &desk.policy, NOW).await.unwrap();
    let scope = people::scope(&mut tx, ANNA, &world, NOW).await.unwrap();
    let asked = Lacking { kind: Kind::Lead, lack: Lack::Update, chosen: Chosen::default(), before: NOW };
    let (mut after, mut seen) = (None, Vec::new());
    loop {
        let (page, count) = views::lacking(&mut tx, &scope, &asked, after, 5, 10).await.unwrap();
        assert_eq!(count, 10, "counted to where the caller said, behind the last page as well");
        let Some((id, since)) = page.last().copied() else { break };
        after = Some((since, id));
        seen.extend(page.into_iter().map(|(id, _)| id));
    }
    assert_eq!(seen.len(), 13, "each once: {seen:?}");
    // By owner and where they stand.
    for (owners, status, found) in [
        (Some(vec![ANNA]), None, 13),
        (Some(vec![KAMIL]), None, 0),
        (Some(vec![]), None, 0),
        (None, Some(standin::model::record::Status::Lost), 0),
        (None, Some(standin::model::record::Status::Open), 13),
    ] {
        let chosen = Chosen { owners: owners.as_deref(), status };
        let asked = Lacking { chosen, ..asked };
        assert_eq!(views::lacking(&mut tx, &scope, &asked, None, 50, 50).await.unwrap().1, found);
        let listed = views::chosen(&mut tx, &scope, (Kind::Lead, &chosen), None, 50, 50).await.unwrap();
        assert_eq!((listed.count, listed.rows.len() as i64), (found, found), "{owners:?} {status:?}");
    }
}
