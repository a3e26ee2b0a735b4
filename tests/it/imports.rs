//! Importing files on pages (W27): upload, columns, dry run, run, what was refused. Through the router and the
//! worker that carries imports out, on both databases.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use crate::sign_in_pages::{Answer, Door, Visitor};
use crate::support::desk::{ADAM, ANNA, Desk, KAMIL, NOW, PIOTR, on_both};
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use standin::actions::import::job;
use standin::actions::passwords;
use standin::app::imports::{Site, step, tidy};
use standin::config::Config;
use standin::model::id::UserId;
use standin::model::record::UserRole;
use standin::model::time::DAY;
use standin::store::keys::Keys;
use standin::store::{imports, people};

on_both! {
    a_file_is_mapped_tried_and_imported_as_the_dry_run_said
    refused_rows_are_named_and_come_back_as_a_file_that_can_be_corrected
    what_changed_since_the_dry_run_is_shown_and_nothing_is_imported
    charset_and_separator_can_be_chosen
    a_stopped_import_imports_nothing_and_can_begin_again
    users_come_without_passwords_and_nobody_gains_by_them
    a_large_file_is_imported_whole_or_not_at_all
    columns_are_remembered_for_the_next_such_file
    what_is_no_such_file_is_refused_with_a_sentence
    files_are_thrown_away
    addresses_in_a_file_are_fetched_by_nobody
}

const PASSWORD: &str = "correct horse";

async fn adam<'d>(desk: &Desk, door: &'d Door) -> Visitor<'d> {
    let hash = passwords::hash(PASSWORD.into()).await.unwrap();
    let mut tx = desk.write().await;
    people::set_password_hash(&mut tx, ADAM, &hash).await.unwrap();
    tx.commit().await.unwrap();
    door.signed_in("adam", PASSWORD).await
}

async fn upload(visitor: &Visitor<'_>, what: &str, name: &str, body: &[u8]) -> Answer {
    let mut form = format!(
        "--bd\r\nContent-Disposition: form-data; name=\"what\"\r\n\r\n{what}\r\n--bd\r\nContent-Disposition: form-data; \
         name=\"file\"; filename=\"{name}\"\r\nContent-Type: text/csv\r\n\r\n"
    )
    .into_bytes();
    form.extend(body);
    form.extend(b"\r\n--bd--\r\n");
    let request = Request::post("/admin/import").header(header::CONTENT_TYPE, "multipart/form-data; boundary=bd");
    visitor.send(request.body(Body::from(form)).unwrap()).await
}

/// Carries out what waits.
pub async fn work(desk: &Desk) {
    let (keys, config) = (Keys::derive(&[7; 32]), Config::default());
    while step(Site { db: &desk.db, keys: &keys, config: &config }, NOW).await.unwrap() {}
}

/// Uploads, takes the columns as they were guessed, and carries the dry run out. Gives the import's page.
async fn tried(desk: &Desk, visitor: &Visitor<'_>, what: &str, body: &[u8]) -> (String, Answer) {
    let given = upload(visitor, what, "file.csv", body).await;
    assert_eq!(given.status, StatusCode::SEE_OTHER, "{}", given.body);
    let place = given.to().to_owned();
    let fields = guessed(&visitor.get(&place).await);
    let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let read = visitor.post(&place, &fields).await;
    assert_eq!(read.to(), place, "{}", read.body);
    work(desk).await;
    let page = visitor.get(&place).await;
    (place, page)
}

/// The form of the columns as the page offers it.
fn guessed(page: &Answer) -> Vec<(String, String)> {
    let mut fields = vec![("do".to_owned(), "read".to_owned())];
    for part in page.body.split("<select name=\"column-").skip(1) {
        let at = part.split('"').next().unwrap();
        let select = part.split("</select>").next().unwrap();
        let chosen = select.split("<option selected>").nth(1).map(|rest| rest.split('<').next().unwrap());
        fields.push((format!("column-{at}"), chosen.unwrap_or_default().to_owned()));
    }
    fields
}

/// New, changed, as they were, refused.
fn figures(page: &Answer) -> [String; 4] {
    ["created", "changed", "unchanged", "refused"].map(|name| page.between(&format!("<dd data-{name}>"), "</dd>"))
}

async fn run(desk: &Desk, visitor: &Visitor<'_>, place: &str, page: &Answer) -> Answer {
    let seen = page.between("name=\"seen\" value=\"", "\"");
    let mut fields = vec![("do", "run"), ("seen", seen.as_str())];
    if page.says("name=\"leave_out\"") {
        fields.push(("leave_out", "1"));
    }
    assert_eq!(visitor.post(place, &fields).await.to(), place);
    work(desk).await;
    visitor.get(place).await
}

const ACCOUNTS: &str = "Id;Nazwa;Opiekun;Miasto;Kolor\nx1;Łabędź;anna;Łódź;red\nx2;Lampart;piotr;Lublin;blue\n";

async fn a_file_is_mapped_tried_and_imported_as_the_dry_run_said(desk: &Desk) {
    let door = Door::of(desk, |_| {});
    let adam = adam(desk, &door).await;
    let given = upload(&adam, "account", "C:\\Dane\\firmy.csv", ACCOUNTS.as_bytes()).await;
    let place = given.to().to_owned();
    let page = adam.get(&place).await;
    assert!(page.says("accounts: firmy.csv") && page.says("Łabędź · Lampart"), "{}", page.body);
    assert!(page.says("found out: semicolon") && page.says("found out: UTF-8"), "{}", page.body);
    let chosen: Vec<String> = guessed(&page).into_iter().skip(1).map(|(_, column)| column).collect();
    assert_eq!(chosen, ["external_id", "name", "owner", "city", ""]);
    let (place, tried) = tried(desk, &adam, "account", ACCOUNTS.as_bytes()).await;
    assert_eq!(figures(&tried), ["2", "0", "0", "0"], "{}", tried.body);
    assert!(tried.says("Import 2 rows"), "{}", tried.body);
    let count: Vec<(i64,)> = desk.rows("select count(*) from records where external_id in ('x1', 'x2')").await;
    assert_eq!(count, [(0,)], "a dry run changes nothing");
    // Nothing runs that was not shown.
    let made_up = adam.post(&place, &[("do", "run"), ("seen", "made up")]).await;
    assert_eq!(made_up.status, StatusCode::UNPROCESSABLE_ENTITY);
    let done = run(desk, &adam, &place, &tried).await;
    assert!(done.says("data-import=\"done\"") && done.says("What was done"), "{}", done.body);
    assert_eq!(figures(&done), ["2", "0", "0", "0"]);
    let records: Vec<(String, i64)> =
        desk.rows("select name, owner_id from records where external_id in ('x1', 'x2') order by id").await;
    assert_eq!(records, [("Łabędź".to_owned(), ANNA.0), ("Lampart".to_owned(), PIOTR.0)]);
    let audit: Vec<(String, Option<i64>)> =
        desk.rows("select action, actor_id from audit where action = 'imported'").await;
    assert_eq!(audit, [("imported".to_owned(), Some(ADAM.0))]);
    // The same file again changes nothing, and says so.
    let (_, again) = self::tried(desk, &adam, "account", ACCOUNTS.as_bytes()).await;
    assert_eq!(figures(&again), ["0", "0", "2", "0"]);
    assert!(again.says("Everything is so already") && !again.says("value=\"run\""), "{}", again.body);
    assert!(adam.get("/admin/import").await.says("imported"));
}

async fn refused_rows_are_named_and_come_back_as_a_file_that_can_be_corrected(desk: &Desk) {
    let door = Door::of(desk, |_| {});
    let adam = adam(desk, &door).await;
    let file = "external_id,name,owner,phone,note\n1,Sound,anna,+48 22 1,=1+1\n2,,anna,+48 22 2,=1+1\n3,Broken,ana,,x\n3,Twice,anna,,\n";
    let (place, tried) = tried(desk, &adam, "account", file.as_bytes()).await;
    assert_eq!(figures(&tried), ["1", "0", "0", "3"], "{}", tried.body);
    assert!(
        tried.says("did you mean `anna`?") && tried.says("it is empty") && tried.says("stands in row 4 already"),
        "{}",
        tried.body
    );
    assert!(tried.says("Import 1 row, leave the refused out"), "{}", tried.body);
    // Only with a word that the refused are left out.
    let seen = tried.between("name=\"seen\" value=\"", "\"");
    assert_eq!(adam.post(&place, &[("do", "run"), ("seen", &seen)]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let done = run(desk, &adam, &place, &tried).await;
    assert_eq!(figures(&done), ["1", "0", "0", "3"]);
    let csv = adam.get(&format!("{place}/refused.csv")).await;
    assert_eq!(csv.headers[header::CONTENT_TYPE], "text/csv; charset=utf-8");
    let lines: Vec<&str> = csv.body.trim_start_matches('\u{feff}').lines().collect();
    assert_eq!(lines[0], "external_id,name,owner,phone,note,row,refused because");
    assert_eq!(lines[1], "2,,anna,'+48 22 2,'=1+1,3,name: it is empty");
    assert_eq!(lines.len(), 4);
    // Corrected it comes again: what was made safe for spreadsheets is as it was.
    let corrected =
        csv.body.replace("2,,anna", "2,Mended,anna").replace("Broken,ana", "Broken,anna").replace("3,Twice", "4,Twice");
    let (place, tried) = self::tried(desk, &adam, "account", corrected.as_bytes()).await;
    assert_eq!(figures(&tried), ["3", "0", "0", "0"], "{}", tried.body);
    run(desk, &adam, &place, &tried).await;
    let phones: Vec<(Option<String>,)> = desk.rows("select phone from records where external_id = '2'").await;
    assert_eq!(phones, [(Some("+48 22 2".to_owned()),)]);
    // In Polish, too.
    desk.run("update users set language = 'pl' where id = 5").await;
    let (place, polish) = self::tried(desk, &adam, "account", file.as_bytes()).await;
    assert!(
        polish.says("pole jest puste") && polish.says("jest już w wierszu 4") && polish.says("może „anna”?"),
        "{}",
        polish.body
    );
    assert!(adam.get(&format!("{place}/refused.csv")).await.says("powód odrzucenia"));
}

async fn what_changed_since_the_dry_run_is_shown_and_nothing_is_imported(desk: &Desk) {
    let door = Door::of(desk, |_| {});
    let adam = adam(desk, &door).await;
    let (place, tried) = tried(desk, &adam, "account", ACCOUNTS.as_bytes()).await;
    let mut tx = desk.write().await;
    standin::store::people_leave::set_active(&mut tx, PIOTR, false).await.unwrap();
    tx.commit().await.unwrap();
    let page = run(desk, &adam, &place, &tried).await;
    assert!(page.says("data-import=\"tried\"") && page.says("Something changed since the dry run"), "{}", page.body);
    assert_eq!(figures(&page), ["1", "0", "0", "1"]);
    let count: Vec<(i64,)> = desk.rows("select count(*) from records where external_id in ('x1', 'x2')").await;
    assert_eq!(count, [(0,)], "not even the sound row");
    let done = run(desk, &adam, &place, &page).await;
    assert!(done.says("data-import=\"done\""), "{}", done.body);
}

async fn charset_and_separator_can_be_chosen(desk: &Desk) {
    let door = Door::of(desk, |_| {});
    let adam = adam(desk, &door).await;
    let (central, _, _) = encoding_rs::WINDOWS_1250.encode("external_id,name,owner\n1,Łódź,anna\n");
    let given = upload(&adam, "lead", "a.csv", &central).await;
    let place = given.to().to_owned();
    assert!(adam.get(&place).await.says("Łódź"));
    adam.post(&place, &[("do", "look"), ("charset", "ISO-8859-2"), ("separator", ";")]).await;
    let page = adam.get(&place).await;
    assert!(page.says("data-import=\"mapping\"") && page.says("external_id,name,owner"), "{}", page.body);
    // Whoever changes how it is read sees the columns again before anything is tried.
    adam.post(&place, &[("do", "read"), ("charset", "windows-1250"), ("separator", ",")]).await;
    let page = adam.get(&place).await;
    assert!(page.says("data-import=\"mapping\"") && page.says("<th scope=\"row\">owner</th>"), "{}", page.body);
    let two =
        [("do", "read"), ("charset", "windows-1250"), ("separator", ","), ("column-0", "name"), ("column-1", "name")];
    assert!(adam.post(&place, &two).await.says("two columns are `name`"));
    let none = [("do", "read"), ("charset", "windows-1250"), ("separator", ","), ("column-0", "external_id")];
    assert!(adam.post(&place, &none).await.says("no column is `name`"));
}

async fn a_stopped_import_imports_nothing_and_can_begin_again(desk: &Desk) {
    let door = Door::of(desk, |_| {});
    let adam = adam(desk, &door).await;
    let (place, tried) = tried(desk, &adam, "account", ACCOUNTS.as_bytes()).await;
    let seen = tried.between("name=\"seen\" value=\"", "\"");
    adam.post(&place, &[("do", "run"), ("seen", &seen)]).await;
    let waits = adam.get(&place).await;
    assert!(
        waits.says("data-import=\"running\"") && waits.says("Waits for its turn: 2 rows") && waits.says("<progress"),
        "{}",
        waits.body
    );
    assert_eq!(adam.post(&place, &[("do", "throw")]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    adam.post(&place, &[("do", "cancel")]).await;
    work(desk).await;
    let page = adam.get(&place).await;
    assert!(page.says("data-import=\"cancelled\""), "{}", page.body);
    // One that is told to stop while it is at it.
    adam.post(&place, &[("do", "back")]).await;
    let import = imports::waiting(&mut desk.write().await).await.unwrap();
    assert_eq!(import, None);
    let id: i64 = place.rsplit('/').next().unwrap().parse().unwrap();
    let fields = guessed(&adam.get(&place).await);
    let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    adam.post(&place, &fields).await;
    let mut tx = desk.write().await;
    let import = imports::load(&mut tx, id).await.unwrap().unwrap();
    let world = people::world(&mut tx, &desk.policy, NOW).await.unwrap();
    let watched = job::watch(id);
    job::under_way(id).unwrap().stop.store(true, std::sync::atomic::Ordering::Relaxed);
    let stopped = job::perform(&mut tx, &import, &world, ("UTC", "en"), NOW, &watched.progress).await.unwrap_err();
    drop(tx);
    drop(watched);
    assert!(job::under_way(id).is_none());
    let mut tx = desk.write().await;
    job::failed(&mut tx, &import, &stopped, NOW).await.unwrap();
    tx.commit().await.unwrap();
    assert!(adam.get(&place).await.says("data-import=\"cancelled\""));
    let count: Vec<(i64,)> = desk.rows("select count(*) from records where external_id in ('x1', 'x2')").await;
    assert_eq!(count, [(0,)]);
}

// Held by `users::gains` and by `job::columns`, which offers no passwords.
async fn users_come_without_passwords_and_nobody_gains_by_them(desk: &Desk) {
    let door = Door::of(desk, |_| {});
    let adam = adam(desk, &door).await;
    let file = "login,name,role,password,manager\nlena,Lena Łoś,staff,chosen by another,maria\n";
    let (place, tried) = tried(desk, &adam, "users", file.as_bytes()).await;
    assert_eq!(figures(&tried), ["1", "0", "0", "0"], "{}", tried.body);
    run(desk, &adam, &place, &tried).await;
    let mut tx = desk.write().await;
    let lena = people::by_login(&mut tx, "lena").await.unwrap().unwrap();
    assert_eq!(people::password_hash(&mut tx, lena.person.id).await.unwrap(), None);
    drop(tx);
    for (row, why) in [
        ("adam,Adam Nowak,staff,", "nobody takes their own role as admin away"),
        ("adam,Adam Nowak,admin,\nkamil,Kamil Nowak,account-manager,adam", "nobody makes themselves somebody"),
    ] {
        let (_, page) = self::tried(desk, &adam, "users", format!("login,name,role,manager\n{row}\n").as_bytes()).await;
        assert!(
            page.says(why) && page.says("Nothing of this file can be imported") && !page.says("value=\"run\""),
            "{}",
            page.body
        );
    }
    let mut tx = desk.write().await;
    assert_eq!(people::load(&mut tx, ADAM).await.unwrap().unwrap().person.role, UserRole::Admin);
    assert_eq!(people::load(&mut tx, KAMIL).await.unwrap().unwrap().person.manager, None::<UserId>);
    // Whose rights were taken since imports nothing.
    drop(tx);
    let (place, tried) = self::tried(desk, &adam, "lead", b"external_id,name,owner\n9,Nine,anna\n").await;
    let seen = tried.between("name=\"seen\" value=\"", "\"");
    adam.post(&place, &[("do", "run"), ("seen", &seen)]).await;
    let mut tx = desk.write().await;
    people::set_role(&mut tx, ADAM, UserRole::Staff).await.unwrap();
    tx.commit().await.unwrap();
    work(desk).await;
    let id: i64 = place.rsplit('/').next().unwrap().parse().unwrap();
    let import = imports::load(&mut desk.write().await, id).await.unwrap().unwrap();
    assert_eq!((import.state.as_str(), import.problem.as_str()), ("failed", "forbidden"));
}

async fn a_large_file_is_imported_whole_or_not_at_all(desk: &Desk) {
    let door = Door::of(desk, |_| {});
    let adam = adam(desk, &door).await;
    let mut file = "external_id,name,owner,emails\n".to_owned();
    for n in 0..2_500 {
        file.push_str(&format!("n{n},Contact {n},kamil,c{n}@client{}.example\n", n % 50));
    }
    // A row in the third part that stands in the first already.
    file.push_str("n7,Again,kamil,\n");
    let (place, tried) = tried(desk, &adam, "contact", file.as_bytes()).await;
    assert_eq!(figures(&tried), ["2\u{a0}500", "0", "0", "1"], "{}", tried.body);
    assert!(tried.says("stands in row 9 already"), "{}", tried.body);
    let done = run(desk, &adam, &place, &tried).await;
    assert_eq!(figures(&done), ["2\u{a0}500", "0", "0", "1"], "{}", done.body);
    let count: Vec<(i64,)> = desk.rows("select count(*) from records where kind = 'contact' and owner_id = 3").await;
    assert_eq!(count, [(2_500,)]);
}

async fn columns_are_remembered_for_the_next_such_file(desk: &Desk) {
    let door = Door::of(desk, |_| {});
    let adam = adam(desk, &door).await;
    let file = b"a,b,c\n1,One,anna\n";
    let place = upload(&adam, "lead", "one.csv", file).await.to().to_owned();
    assert_eq!(guessed(&adam.get(&place).await)[1].1, "");
    adam.post(&place, &[("do", "read"), ("column-0", "external_id"), ("column-1", "name"), ("column-2", "owner")])
        .await;
    work(desk).await;
    let next = upload(&adam, "lead", "two.csv", file).await.to().to_owned();
    let columns: Vec<String> = guessed(&adam.get(&next).await).into_iter().skip(1).map(|(_, column)| column).collect();
    assert_eq!(columns, ["external_id", "name", "owner"]);
    // For another kind, or other columns, nothing is taken over.
    let other = upload(&adam, "account", "two.csv", file).await.to().to_owned();
    assert_eq!(guessed(&adam.get(&other).await)[1].1, "");
}

async fn what_is_no_such_file_is_refused_with_a_sentence(desk: &Desk) {
    let door = Door::of(desk, |_| {});
    let adam = adam(desk, &door).await;
    for (what, body, why) in [
        ("lead", &b""[..], "at most 32 MiB"),
        ("nonsense", b"name\nx\n", "Say what the file holds"),
        ("lead", b"\n\n", "its first row must name the columns"),
    ] {
        let answer = upload(&adam, what, "x.csv", body).await;
        assert!(answer.status == StatusCode::UNPROCESSABLE_ENTITY && answer.says(why), "{what}: {}", answer.body);
    }
    // Any octets are a file; nothing breaks.
    let odd = upload(&adam, "lead", "x.csv", &(0..=255).collect::<Vec<u8>>()).await;
    assert!(odd.status.as_u16() < 500, "{}", odd.body);
    let request =
        Request::post("/admin/import").header(header::CONTENT_TYPE, "text/csv").body(Body::from("x")).unwrap();
    assert_eq!(adam.send(request).await.status, StatusCode::NOT_FOUND);
    for path in ["/admin/import/999", "/admin/import/999/refused.csv", "/admin/import/x"] {
        assert_eq!(adam.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(adam.post("/admin/import/999", &[("do", "run")]).await.status, StatusCode::NOT_FOUND);
}

async fn files_are_thrown_away(desk: &Desk) {
    let door = Door::of(desk, |_| {});
    let adam = adam(desk, &door).await;
    let (place, page) = tried(desk, &adam, "lead", b"external_id,name,owner\n1,,anna\n").await;
    assert!(page.says("refused.csv"));
    assert_eq!(tidy(&desk.db, NOW.plus(6 * DAY)).await.unwrap(), 0);
    assert_eq!(adam.post(&place, &[("do", "throw")]).await.to(), place);
    let page = adam.get(&place).await;
    assert!(page.says("The file was thrown away") && !page.says("refused.csv"), "{}", page.body);
    assert_eq!(adam.get(&format!("{place}/refused.csv")).await.status, StatusCode::NOT_FOUND);
    let (_, _) = tried(desk, &adam, "lead", b"external_id,name,owner\n1,,anna\n").await;
    assert_eq!(tidy(&desk.db, NOW.plus(8 * DAY)).await.unwrap(), 1);
    let left: Vec<(i64,)> = desk.rows("select count(*) from imports where body is not null or refused <> '[]'").await;
    assert_eq!(left, [(0,)]);
}

/// A file is text: an address in it, even in place of a file, is looked up by nobody.
async fn addresses_in_a_file_are_fetched_by_nobody(desk: &Desk) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let place = format!("http://{}/secret", listener.local_addr().unwrap());
    let door = Door::of(desk, |_| {});
    let adam = adam(desk, &door).await;
    let file = format!("external_id,name,owner,domains\n1,{place},anna,{place}\n2,=WEBSERVICE(\"{place}\"),anna,\n");
    let (url, page) = tried(desk, &adam, "account", file.as_bytes()).await;
    assert_eq!(figures(&page)[3], "1", "{}", page.body);
    run(desk, &adam, &url, &page).await;
    upload(&adam, "lead", &place, place.as_bytes()).await;
    let called = tokio::time::timeout(std::time::Duration::from_millis(200), listener.accept()).await;
    assert!(called.is_err(), "somebody called");
}
