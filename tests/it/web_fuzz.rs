//! Nothing that can be sent breaks a page: every route of the router is asked with addresses, queries, forms, documents
//! and headers that no browser and no program of good will would send, on both databases. Whatever comes, the answer
//! is below 500 and nothing panics.
//!
//! Forms are those of `differential.rs` and those that stand on the pages themselves, with the values that they have
//! there: most of a form is then right, and what is wrong gets far. What is sent follows from a seed; a failure names
//! the request. Some thousand requests; `STANDIN_FULL=1` sends twenty times as many, from another seed each time.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use crate::differential::{ACTIVITY, MESSAGES, RECORDS, ROUTES, Site, addresses};
use crate::support::company::Kind;
use crate::support::firm::full;
use crate::views_seed::*;
use axum::body::Body;
use axum::http::{Request, StatusCode, Uri, header};
use regex::Regex;
use standin::config::Config;
use std::collections::BTreeMap;
use std::sync::{Mutex, Once, PoisonError};

/// Values as they stand in a query or a form, escaped.
const VALUES: &[&str] = &[
    "",
    "%20",
    "%00",
    "a%00b",
    "%FF",
    "%C0%AF",
    "%ED%A0%80",
    "%",
    "%zz",
    "0",
    "-0",
    "-1",
    "1",
    "+1",
    "1.5",
    "1e9",
    "NaN",
    "99999",
    "2147483648",
    "-2147483649",
    "9223372036854775807",
    "-9223372036854775808",
    "9223372036854775808",
    "99999999999999999999999999",
    "9223372036854775807.9223372036854775807",
    "-9223372036854775808.-1",
    "1.2.3",
    "true",
    "null",
    "x",
    "*",
    "u3",
    "u99999999999999999999",
    "t1",
    "r12",
    "account%3Aacme",
    "record%3A-1",
    "%27%22%3E%3Cscript%3E",
    "%27%20or%201%3D1%3B--",
    "a%0D%0AX-Planted%3A%201",
    "%E2%80%AE%D7%A9%D7%9C%D7%95%D7%9D",
    "%F0%9F%91%A9%E2%80%8D%F0%9F%92%BB",
    "Z%CD%91%CC%93a%CC%81%CC%82%CC%83",
    "%EF%BF%BF",
    "%25s%25n",
    "..%2F..%2Fetc%2Fpasswd",
    "%2F%2Fevil.example",
    "http%3A%2F%2F169.254.169.254%2F",
    "a%40b.test",
    "%40",
    "a%40%C5%BC.test%2C%20b%40c.test",
    "%3C%3E",
    "2026-11-21",
    "2026-02-30",
    "0000-00-00",
    "9999-12-31",
    "-9999-01-01",
    "262143-12-31",
    "%2B262142-12-31",
    "2026-13",
    "9999-12",
    "2026-11-21T25%3A61",
    "2026-10-25T02%3A30",
    "Europe%2FNowhere",
    "all",
    "on",
    "%5B%5D",
    "%7B%7D",
    "%5B%5B%5B%5B%5B%5B%5B%5B",
    "NEAR%28",
    "about%3A",
    "before%3A9999-99-99",
    "has%3Aattachment",
    "%28%3F%3A%28a%2B%29%2B%29%2B%24",
    "%28%5B",
    "%5Crule%5D%5D",
];

/// Names of fields that forms have here or elsewhere.
const NAMES: &[&str] = &[
    "id", "after", "before", "page", "q", "n", "do", "user", "kind", "what", "next", "record", "month", "from",
    "until", "to", "act", "in", "limit", "cursor", "saved", "done", "version", "for", "team", "status", "seen",
];

/// Parts of an address that are a number or a word.
const PARTS: &[&str] = &[
    "0",
    "-1",
    "1",
    "99999999999999999999",
    "9223372036854775807",
    "1e3",
    "%00",
    "%FF",
    "..%2F",
    "x",
    "%F0%9D%9F%99",
    "12%2013",
    "a:b",
    "'",
    "%7Bid%7D",
    "1.2",
];

/// Numbers that follow from a seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }

    fn one_in(&mut self, sides: usize) -> bool {
        self.below(sides) == 0
    }

    fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }

    fn value(&mut self) -> String {
        match self.below(24) {
            0 => "9".repeat(400),
            1 => "x".repeat(1 + self.below(70_000)),
            2 => "%C5%BC".repeat(1 + self.below(3_000)),
            3 => "a%40b.test%2C".repeat(500),
            _ => (*self.of(VALUES)).to_owned(),
        }
    }
}

/// Fields of a form, escaped, in their order.
type Fields = Vec<(String, String)>;

fn fields(form: &str) -> Fields {
    let field =
        |part: &str| part.split_once('=').map_or((part.to_owned(), String::new()), |(n, v)| (n.into(), v.into()));
    form.split('&').filter(|part| !part.is_empty()).map(field).collect()
}

fn written(fields: &Fields) -> String {
    fields.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

/// Something is done to a form that no page of ours does.
fn spoil(mut form: Fields, dice: &mut Dice) -> String {
    for _ in 0..=dice.below(3) {
        let name = match form.is_empty() || dice.one_in(4) {
            true => (*dice.of(NAMES)).to_owned(),
            false => dice.of(&form).0.clone(),
        };
        let value = dice.value();
        match dice.below(9) {
            0 => form.retain(|(other, _)| *other != name),
            1 => form.push((name, value)),
            2 => form.extend(std::iter::repeat_n((name, value.chars().take(40).collect()), 400)),
            3 => form.push((format!("{name}%5B%5D"), value)),
            4 => form.push((format!("{name}[{}]", value.chars().take(9).collect::<String>().replace('%', "")), value)),
            5 => form.iter_mut().for_each(|(_, value)| value.clear()),
            _ => match form.iter_mut().find(|(other, _)| *other == name) {
                Some((_, had)) => *had = value,
                None => form.push((name, value)),
            },
        }
    }
    let mut text = written(&form);
    match dice.below(40) {
        0 => text = text.replace('&', ";"),
        1 => text.insert(0, '&'),
        2 => text = "=".repeat(1 + dice.below(2_000)),
        3 => text = "&".repeat(1 + dice.below(2_000)),
        _ => {}
    }
    text
}

/// A form with files in which something is wrong, and its type.
fn multipart(form: &Fields, dice: &mut Dice) -> (String, Vec<u8>) {
    let plain = |text: &str| text.replace("%40", "@").replace("%20", " ").into_bytes();
    let mut body = Vec::new();
    let names = ["a.csv", "", "../../x", "\u{202e}gpj.exe", "x\u{0}y", "%22", "a\"; name=\"b"];
    for (name, value) in form {
        body.extend(format!("--xY\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n").bytes());
        body.extend(plain(value));
        body.extend(b"\r\n");
    }
    for name in ["file", "files", "source"] {
        let (file, kind) = (dice.of(&names), dice.of(&["text/csv", "message/rfc822", "x", "", "\u{1}/\u{2}"]));
        body.extend(
            format!("--xY\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{file}\"\r\nContent-Type: {kind}\r\n\r\n")
                .bytes(),
        );
        match dice.below(5) {
            0 => body.extend((0..=255_u8).cycle().take(5_000)),
            1 => body.extend(b"From: a@b.test\r\nSubject: \0x\r\nMessage-ID: <a@b>\r\n\r\ntext\r\n"),
            2 => body.extend("external_id;name;owner\n\0;\u{0};ana\n;;;;;;;\n\"".bytes()),
            3 => body.extend(b"external_id,name,owner\n1,x,anna\n1,\"a\0b\",anna\n"),
            _ => {}
        }
        body.extend(b"\r\n");
    }
    body.extend(b"--xY--\r\n");
    match dice.below(8) {
        0 => body.truncate(dice.below(body.len())),
        1 => body.clear(),
        2 => body.splice(0..4, *b"--zz").for_each(drop),
        3 => {
            let at = dice.below(body.len());
            body[at] = dice.below(256) as u8;
        }
        _ => {}
    }
    let long = format!("multipart/form-data; boundary={}", "x".repeat(300));
    let right = "multipart/form-data; boundary=xY";
    let kinds = [
        right,
        right,
        right,
        right,
        "multipart/form-data",
        "multipart/form-data; boundary=",
        &long,
        "multipart/mixed; boundary=xY",
    ];
    ((*dice.of(&kinds)).to_owned(), body)
}

/// A document for the API in which something is wrong.
fn document(text: &str, dice: &mut Dice) -> Vec<u8> {
    let long = format!("\"{}\"", "x".repeat(100_000));
    let values: [&str; 18] = [
        "null",
        "true",
        "[]",
        "{}",
        "-1",
        "1e400",
        "9223372036854775808",
        "1.5",
        "\"\"",
        "\"\\u0000\"",
        "\"a\\u0000b\"",
        "\"\\ud800\"",
        "\"\u{202e}\u{5e9}\"",
        "[null]",
        "[\"a@b.test\", 1]",
        "\"9999-12-31\"",
        "\"-262143-01-01\"",
        &long,
    ];
    let mut whole: serde_json::Value = serde_json::from_str(text).unwrap_or(serde_json::json!({ "name": "x" }));
    if let Some(object) = whole.as_object_mut() {
        for _ in 0..=dice.below(2) {
            let keys: Vec<String> = object.keys().cloned().collect();
            let key =
                if keys.is_empty() || dice.one_in(6) { (*dice.of(NAMES)).to_owned() } else { dice.of(&keys).clone() };
            // What no parser takes is sent as it stands, below.
            match serde_json::from_str(values[dice.below(values.len())]) {
                Ok(value) => drop(object.insert(key, value)),
                Err(_) => drop(object.remove(&key)),
            }
        }
    }
    let mut bytes = whole.to_string().into_bytes();
    match dice.below(10) {
        0 => bytes.truncate(dice.below(bytes.len())),
        1 => bytes = values[dice.below(values.len())].as_bytes().to_vec(),
        2 => bytes = [b"{\"name\": \"\xff\xfe".as_slice(), b"\"}"].concat(),
        3 => bytes = vec![b'['; 20_000],
        _ => {}
    }
    bytes
}

/// Forms as they stand on pages: where each goes, with its fields and values.
fn forms_of(path: &str, page: &str) -> Vec<(String, Fields)> {
    let form = Regex::new(r"(?s)<form([^>]*)>(.*?)</form>").unwrap();
    let control = Regex::new(r#"(?s)<(?:input|select|textarea|button)\b[^>]*>"#).unwrap();
    let attribute = |tag: &str, name: &str| {
        let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
        Some(rest.split('"').next().unwrap().replace("&#38;", "&").replace("&#39;", "'").replace("&#34;", "\""))
    };
    let escape = |text: &str| -> String {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._".contains(&b);
        text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
    };
    let mut found = Vec::new();
    for form in form.captures_iter(page).filter(|form| form[1].contains("post")) {
        let to = attribute(&form[1], "action").unwrap_or_else(|| path.to_owned());
        let fields = control.find_iter(&form[2]).filter_map(|tag| {
            let value = attribute(tag.as_str(), "value").unwrap_or_default();
            Some((escape(&attribute(tag.as_str(), "name")?), escape(&value)))
        });
        found.push((to, fields.collect()));
    }
    found
}

/// What panicked in our own code, on whatever thread.
static PANICS: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn listen_for_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            // Other tests may fail beside this one; that is theirs.
            if panic.location().is_some_and(|place| !place.file().starts_with("tests/")) {
                PANICS.lock().unwrap_or_else(PoisonError::into_inner).push(panic.to_string());
            }
            before(panic);
        }));
    });
}

/// One thing that can be asked for.
struct Target {
    method: &'static str,
    /// Addresses that there are, without queries.
    places: Vec<String>,
    /// Queries, forms or documents that are right.
    right: Vec<String>,
    /// The route, with its places for parts.
    path: &'static str,
}

/// Every route and method, with what it is asked with.
async fn targets(site: &Site) -> Vec<Target> {
    let mut found: BTreeMap<(&str, &str), Target> = BTreeMap::new();
    let mut on_pages = Vec::new();
    for one in ROUTES {
        for method in one.methods {
            let mut places = addresses(one, &RECORDS, &MESSAGES);
            places.retain(|place| !place.contains('?'));
            let texts = if *method == "GET" { one.queries } else { one.forms };
            let activity = (PUMPS + ACTIVITY).to_string();
            let right = texts.iter().map(|text| text.replace("{id}", "12").replace("{activity}", &activity)).collect();
            if *method == "GET" && !one.path.starts_with("/live") {
                for place in places.iter().take(3) {
                    let (_, _, page) = site.get(place).await;
                    on_pages.extend(forms_of(place, &page));
                }
            }
            found.insert((one.path, method), Target { method, places, right, path: one.path });
        }
    }
    let taken = on_pages.len();
    for (to, form) in on_pages {
        let (place, query) = to.split_once('?').unwrap_or((&to, ""));
        let part = |path: &str| path.split('/').map(str::to_owned).collect::<Vec<_>>();
        let fits = |path: &str| {
            let (path, place) = (part(path), part(place));
            path.len() == place.len() && path.iter().zip(&place).all(|(p, q)| p.starts_with('{') || p == q)
        };
        // The most exact one, as the router chooses.
        let best = found
            .values_mut()
            .filter(|t| t.method == "POST" && fits(t.path))
            .min_by_key(|t| t.path.matches('{').count());
        if let Some(target) = best {
            target.places.push(if query.is_empty() { place.to_owned() } else { to.clone() });
            target.right.push(written(&form));
        }
    }
    assert!(taken > 50, "{taken} forms on pages");
    found.into_values().collect()
}

/// The address of a request: a place that there is, or one with an odd part; with a query where there is one.
fn address(target: &Target, query: &str, dice: &mut Dice) -> String {
    let mut place = match dice.one_in(4) && target.path.contains('{') {
        true => target
            .path
            .split('/')
            .map(|p| if p.starts_with('{') { *dice.of(PARTS) } else { p })
            .collect::<Vec<_>>()
            .join("/"),
        false => dice.of(&target.places).clone(),
    };
    if !query.is_empty() {
        place.push(if place.contains('?') { '&' } else { '?' });
        place.push_str(query);
    }
    place
}

/// A request to a target, and what it was, for whoever has to mend what broke.
fn request(site: &Site, target: &Target, dice: &mut Dice) -> (Request<Body>, String) {
    let empty = String::new();
    let right = if target.right.is_empty() { empty.clone() } else { dice.of(&target.right).clone() };
    let is_api = target.path.starts_with("/api/v1/");
    let (mut query, mut kind, mut body) = (empty, "application/x-www-form-urlencoded".to_owned(), Vec::new());
    if target.method == "GET" {
        query = spoil(fields(&right), dice);
    } else if is_api {
        (kind, body) = ("application/json".to_owned(), document(&right, dice));
    } else {
        if dice.one_in(5) {
            query = spoil(Fields::new(), dice);
        }
        let files = ["/admin/import", "/admin/trace", "/drafts/{id}"].contains(&target.path);
        if dice.below(10) < if files { 7 } else { 1 } {
            (kind, body) = multipart(&fields(&right), dice);
        } else {
            let form = spoil(fields(&right), dice);
            // A test of a mailbox looks names up; where it may lead is shown in mailboxes_pages.rs.
            body = form.replace("do=test", "do=save").into_bytes();
        }
    }
    if dice.one_in(15) {
        kind = (*dice.of(&[
            "",
            "text/plain",
            "application/json",
            "application/x-www-form-urlencoded; charset=utf-16",
            "\u{b5}",
        ]))
        .to_owned();
    }
    query.truncate(60_000);
    let method = if dice.one_in(30) {
        *dice.of(&["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "POST"])
    } else {
        target.method
    };
    let place = address(target, &query, dice);
    // What is no address no client can send.
    let place = if place.parse::<Uri>().is_ok() { place } else { target.places[0].clone() };
    let what = format!(
        "{method} {place}\n{kind}\n{}",
        String::from_utf8_lossy(&body[..body.len().min(2_000)]).replace('\0', "\\0")
    );
    let mut request = site.request(method, &place).header("sec-fetch-site", "same-origin");
    for (name, values) in [
        ("accept-language", &["pl", "*", "x;q=9", "\u{e9}"][..]),
        ("if-match", &["*", "\"x\"", "x", ""]),
        ("if-none-match", &["*", "\"x\"", "W/\"", ""]),
        ("idempotency-key", &["a", "\u{e9}", ""]),
        ("user-agent", &["", "\u{7f}x", "\u{e9}\u{ff}"]),
        ("hx-request", &["true"]),
        ("referer", &["//", "https://evil.example/"]),
        ("range", &["bytes=0-1", "bytes=9-1"]),
        ("x-forwarded-for", &["x", "::ffff:1.2.3.4, 1"]),
    ] {
        if dice.one_in(12) {
            let bytes: Vec<u8> = dice.of(values).chars().map(|c| c as u8).collect();
            if let Ok(value) = header::HeaderValue::from_bytes(&bytes) {
                request = request.header(name, value);
            }
        }
    }
    if let Ok(kind) = header::HeaderValue::from_bytes(&kind.chars().map(|c| c as u8).collect::<Vec<_>>()) {
        request = request.header(header::CONTENT_TYPE, kind);
    }
    (request.body(Body::from(body)).unwrap(), what)
}

async fn nothing_that_is_sent_breaks_a_page(kind: Kind, times: usize) {
    listen_for_panics();
    let (mut asked, mut broke) = (0, BTreeMap::new());
    for viewer in [ANNA, ADAM] {
        let site = Site::with(kind, &format!("fuzz-{viewer}"), viewer, &Config::default(), &[]).await;
        let targets = targets(&site).await;
        let rounds = if full() { times * 20 } else { times };
        #[allow(clippy::disallowed_methods)] // another seed each time, and the failure names its requests
        let seed = if full() { std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_nanos() as u64 } else { 11 };
        println!("seed {seed}");
        let mut dice = Dice(seed ^ viewer as u64);
        for _ in 0..rounds {
            for target in &targets {
                // Streams wait, signing out ends the rest, and passwords are hashed for long: seldom.
                let slow = ["/live", "/login", "/logout", "/setup", "/invitation/{token}"].contains(&target.path);
                if slow && !dice.one_in(5) {
                    continue;
                }
                let (request, what) = request(&site, target, &mut dice);
                let (status, headers, body) = site.send(request).await;
                assert!(!headers.contains_key("x-planted"), "{what}");
                asked += 1;
                if status.as_u16() >= 500 {
                    broke
                        .entry((target.path, target.method))
                        .or_insert_with(|| format!("{status} {what}\n{}", body.len()));
                }
            }
            site.sign_in().await;
        }
        assert_eq!(site.get("/").await.0, StatusCode::OK, "whoever asked is still there");
    }
    println!("{asked} requests");
    assert!(asked > times * 200, "{asked}");
    let panics = PANICS.lock().unwrap_or_else(PoisonError::into_inner).clone();
    assert!(broke.is_empty() && panics.is_empty(), "{} broke: {:#?}\n{panics:#?}", broke.len(), broke);
}

#[tokio::test]
async fn nothing_that_is_sent_breaks_a_page_on_sqlite() {
    nothing_that_is_sent_breaks_a_page(Kind::Sqlite, 8).await;
}

#[tokio::test]
async fn nothing_that_is_sent_breaks_a_page_on_postgresql() {
    nothing_that_is_sent_breaks_a_page(Kind::Postgres, 3).await;
}
