//! A small company for the views and pages: Anna is away since yesterday, Piotr covers her, Kamil
//! does not; Maria is Anna's manager, Adam an admin.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

use standin::model::time::{DAY, HOUR, MINUTE, Timestamp};
use standin::store::{Db, Tx, Value, insert_many};

/// 2026-11-21T12:00:00Z, a Saturday.
pub const NOW: Timestamp = Timestamp(1_795_262_400_000);
pub const ANNA: i64 = 1;
pub const PIOTR: i64 = 2;
pub const KAMIL: i64 = 3;
pub const MARIA: i64 = 4;
pub const ADAM: i64 = 5;

/// Anna's account, its contact, its opportunities.
pub const ACME: i64 = 10;
pub const JAN: i64 = 11;
pub const PUMPS: i64 = 12;
pub const SECRET: i64 = 13;
/// Kamil's opportunity at Anna's account.
pub const VALVES: i64 = 21;
/// Kamil's account.
pub const BETA: i64 = 20;

/// Anna's mail to Jan, Jan's answer that waits, Jan's mail about valves.
pub const OFFER: i64 = 100;
pub const REPLY: i64 = 101;
pub const ON_VALVES: i64 = 102;
/// Jan's mail on the contact alone, and its answer.
pub const QUESTION: i64 = 103;
pub const ANSWER: i64 = 104;
/// On the confidential opportunity.
pub const WHISPER: i64 = 105;
/// About pumps, with a copy in Kamil's mailbox.
pub const COPIED: i64 = 106;
/// The first of many older mails about pumps.
pub const OLD: i64 = 1_000;
pub const OLD_COUNT: i64 = 120;

pub const HTML: &str = "<p onclick=\"alert(1)\">Tak, <b>prosimy</b> o 12 pomp.</p>\
    <script>alert(document.cookie)</script><img src=\"https://track.example/p.gif\">\
    <img src=\"cid:logo@acme\"><a href=\"https://acme.example/zamowienie\">zamówienie</a>";

/// A mail in wire form: text with a quote, HTML, a picture shown in it, and an attachment.
pub fn wire() -> Vec<u8> {
    format!(
        "From: Jan Lis <jan@acme.example>\r\nTo: Anna Kowalska <anna@firma.example>\r\nSubject: Re: Pompy\r\n\
Message-ID: <reply@acme.example>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\n\
Content-Type: multipart/related; boundary=r\r\n\r\n--r\r\nContent-Type: multipart/alternative; boundary=a\r\n\r\n--a\r\n\
Content-Type: text/plain; charset=utf-8\r\n\r\nTak, prosimy o 12 pomp <img src=x onerror=alert(1)>.\r\n\r\n\
On Fri, 20 Nov 2026 at 10:00, Anna Kowalska wrote:\r\n> Oferta na pompy.\r\n> Pozdrawiam\r\n--a\r\n\
Content-Type: text/html; charset=utf-8\r\n\r\n{HTML}\r\n--a--\r\n--r\r\nContent-Type: image/png\r\n\
Content-ID: <logo@acme>\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=\r\n--r--\r\n--m\r\n\
Content-Type: text/html; name=\"zamówienie.html\"\r\nContent-Disposition: attachment; filename=\"zamowienie \\\"1\\\".html\"\r\n\r\n\
<script>alert(1)</script>\r\n--m--\r\n"
    )
    .into_bytes()
}

async fn put(tx: &mut Tx, into: &'static str, rows: Vec<Vec<Value>>) {
    insert_many(tx, into, "", rows).await.unwrap_or_else(|error| panic!("{into}: {error}"));
}

macro_rules! row {
    ($($value:expr),* $(,)?) => { vec![$(Value::from($value)),*] };
}

const NO_INT: Option<i64> = None;
const NO_TEXT: Option<String> = None;

async fn people(tx: &mut Tx) {
    let user = |id: i64, login: &str, name: &str, role: &str, manager: Option<i64>, language: &str| {
        row![id, login, name, role, manager, NO_TEXT, "Europe/Warsaw", language, true, 0_i64]
    };
    put(
        tx,
        "users (id, login, name, role, manager_id, password_hash, zone, language, active, created_at)",
        vec![
            user(MARIA, "maria", "Maria Wójcik", "account-manager", None, "pl"),
            user(ANNA, "anna", "Anna Kowalska", "account-manager", Some(MARIA), "pl"),
            user(PIOTR, "piotr", "Piotr Nowak", "account-manager", None, "en"),
            user(KAMIL, "kamil", "Kamil Zieliński", "account-manager", None, ""),
            user(ADAM, "adam", "Adam Lewandowski", "admin", None, "en"),
        ],
    )
    .await;
    let away = "absences (id, user_id, first_day, last_day, zone, starts_at, ends_at, substitute_id, notice, notice_since, created_at)";
    // Until midnight in Warsaw after Friday, 27 November.
    let (starts, ends) = (NOW.plus(-DAY - 13 * HOUR).0, NOW.plus(6 * DAY + 11 * HOUR).0);
    put(
        tx,
        away,
        vec![row![1_i64, ANNA, "2026-11-20", "2026-11-27", "Europe/Warsaw", starts, ends, PIOTR, true, starts, starts]],
    )
    .await;
}

async fn records(tx: &mut Tx) {
    let record = |id: i64, kind: &str, name: &str, owner: i64, account: Option<i64>, secret: bool| {
        row![id, kind, name, name.to_lowercase(), owner, secret, account, 0_i64, 0_i64]
    };
    put(
        tx,
        "records (id, kind, name, name_key, owner_id, confidential, account_id, created_at, updated_at)",
        vec![
            record(ACME, "account", "Acme sp. z o.o.", ANNA, None, false),
            record(BETA, "account", "Beta S.A.", KAMIL, None, false),
            record(JAN, "contact", "Jan Lis", ANNA, Some(ACME), false),
            record(PUMPS, "opportunity", "Acme pumps", ANNA, Some(ACME), false),
            record(SECRET, "opportunity", "Quiet merger", ANNA, Some(ACME), true),
            record(VALVES, "opportunity", "Acme valves", KAMIL, Some(ACME), false),
        ],
    )
    .await;
    put(
        tx,
        "record_addresses (address, record_id, standing, created_at)",
        vec![row!["jan@acme.example", JAN, "vouched", 0_i64]],
    )
    .await;
}

struct Seeded<'a> {
    id: i64,
    at: i64,
    direction: &'a str,
    subject: &'a str,
    waits: bool,
    answer: Option<(i64, i64)>,
}

fn mail(m: Seeded<'_>) -> Vec<Value> {
    let incoming = m.direction == "in";
    let (name, address) =
        if incoming { ("Jan Lis", "jan@acme.example") } else { ("Piotr Nowak", "piotr@firma.example") };
    let text = format!("Treść wiadomości {} <script>alert(1)</script>", m.id);
    row![
        m.id,
        m.id.to_be_bytes().to_vec(),
        m.id,
        m.id,
        m.at,
        m.at,
        m.direction,
        "human",
        "direct",
        "[]",
        name,
        address,
        m.subject,
        text,
        false,
        "[]",
        "",
        false,
        "[]",
        2_048_i64,
        NO_INT,
        "linked",
        m.answer.map(|(at, _)| at),
        m.answer.map(|(_, by)| by),
        m.waits,
        false,
        1_i64
    ]
}

const MAILS: &str = "mails (id, identity, copy_key, thread_id, at, arrived_at, direction, author, channel, evidence, \
    from_name, from_address, subject, visible, folded, attachments, attachment_names, forward, defects, size, \
    regarding_id, linking, answered_at, answered_by, waits, auth_failed, parser_version)";

async fn mails(tx: &mut Tx) {
    let at = |ago: i64| NOW.plus(-ago).0;
    let plain =
        |id, ago, direction, subject, waits| mail(Seeded { id, at: at(ago), direction, subject, waits, answer: None });
    // Answers first: a mail refers to the one that answered it.
    let mut rows = vec![
        plain(OFFER, 3 * DAY, "out", "Pompy", false),
        plain(ANSWER, 4 * DAY, "out", "Re: Faktura", false),
        plain(REPLY, 2 * HOUR, "in", "Re: Pompy", true),
        plain(ON_VALVES, HOUR, "in", "Zawory <b>pilne</b>", true),
        plain(WHISPER, 3 * HOUR, "in", "Poufne", true),
        plain(COPIED, 5 * HOUR, "in", "Kopia", true),
        mail(Seeded {
            id: QUESTION,
            at: at(5 * DAY),
            direction: "in",
            subject: "Faktura",
            waits: false,
            answer: Some((at(4 * DAY), ANSWER)),
        }),
    ];
    // Pairs share a moment, so that paging must tell them apart by their ids.
    rows.extend((0..OLD_COUNT).map(|n| plain(OLD + n, 10 * DAY + n / 2 * MINUTE, "out", "Starsze", false)));
    put(tx, MAILS, rows).await;
    put(tx, "raws (mail_id, bytes)", vec![row![REPLY, zstd::encode_all(wire().as_slice(), 3).unwrap()]]).await;
    let party =
        |mail: i64, position: i64, field: &str, address: &str, name: &str| row![mail, position, field, address, name];
    put(
        tx,
        "mail_parties (mail_id, position, field, address, name)",
        vec![
            party(REPLY, 0, "from", "jan@acme.example", "Jan Lis"),
            party(REPLY, 1, "to", "anna@firma.example", "Anna Kowalska"),
            party(REPLY, 2, "bcc", "blind@firma.example", "Blind"),
            party(COPIED, 0, "from", "jan@acme.example", "Jan Lis"),
            party(COPIED, 1, "to", "kamil@firma.example", "Kamil Zieliński"),
        ],
    )
    .await;
}

async fn links(tx: &mut Tx) {
    let address = format!(r#"{{"kind":"only-opportunity","address":"jan@acme.example","field":"from","party":{JAN}}}"#);
    let through = |record: i64| format!(r#"{{"kind":"through","record":{record}}}"#);
    let by_contact = format!(r#"{{"kind":"address","address":"jan@acme.example","field":"from","party":{JAN}}}"#);
    let link = |mail: i64, record: i64, governing: i64, ago: i64, evidence: &str, score: i64| {
        row![mail, record, governing, NOW.plus(-ago).0, evidence, score, NOW.plus(-ago).0]
    };
    let mut rows = Vec::new();
    for (mail, ago) in [(OFFER, 3 * DAY), (REPLY, 2 * HOUR), (COPIED, 5 * HOUR)] {
        rows.push(link(mail, PUMPS, PUMPS, ago, &address, 70));
        rows.push(link(mail, JAN, PUMPS, ago, &by_contact, 60));
        rows.push(link(mail, ACME, PUMPS, ago, &through(PUMPS), 40));
    }
    rows.push(link(ON_VALVES, VALVES, VALVES, HOUR, &address, 70));
    rows.push(link(ON_VALVES, ACME, VALVES, HOUR, &through(VALVES), 40));
    rows.push(link(WHISPER, SECRET, SECRET, 3 * HOUR, &address, 70));
    rows.push(link(WHISPER, ACME, SECRET, 3 * HOUR, &through(SECRET), 40));
    for (mail, ago) in [(QUESTION, 5 * DAY), (ANSWER, 4 * DAY)] {
        rows.push(link(mail, JAN, JAN, ago, &by_contact, 60));
        // Two records put it on the account: it stands there once.
        rows.push(link(mail, ACME, JAN, ago, &through(JAN), 40));
        rows.push(link(mail, ACME, PUMPS, ago, &through(PUMPS), 50));
    }
    rows.extend((0..OLD_COUNT).map(|n| link(OLD + n, PUMPS, PUMPS, 10 * DAY + n / 2 * MINUTE, &address, 70)));
    put(tx, "links (mail_id, record_id, governing_id, at, evidence, score, decided_at)", rows).await;
}

async fn mailboxes(tx: &mut Tx) {
    let mailbox = |id: i64, name: &str, user: i64| {
        row![id, name, user, format!("{name}@firma.example"), 0_i64, "ok", NOW.plus(-MINUTE).0]
    };
    put(
        tx,
        "mailboxes (id, name, user_id, address, connected_at, state, up_to_date_at)",
        vec![mailbox(1, "anna", ANNA), mailbox(3, "kamil", KAMIL)],
    )
    .await;
    put(
        tx,
        "folders (id, mailbox_id, path, role, watched)",
        vec![row![1_i64, 1_i64, "INBOX", "inbox", true], row![3_i64, 3_i64, "INBOX", "inbox", true]],
    )
    .await;
    let place =
        |id: i64, folder: i64, mail: i64| row![id, folder, 0_i64, id, "stored", mail, "live", 100_i64, "", 0_i64];
    put(
        tx,
        "locations (id, folder_id, epoch, uid, state, mail_id, arrival, size, flags, seen_at)",
        vec![place(1, 1, REPLY), place(2, 1, COPIED), place(3, 3, COPIED)],
    )
    .await;
}

async fn notices(tx: &mut Tx) {
    let at = NOW.plus(-2 * HOUR + MINUTE).0;
    put(tx, "outbox (id, mailbox_id, state, envelope_to, message_id, id_key, bytes, queued_at, next_try_at, expires_at, settled_at)", vec![
        row![1_i64, 1_i64, "sent", "jan@acme.example", "n1@firma.example", 7_i64, Vec::<u8>::new(), at, at, at, at],
    ])
    .await;
    put(
        tx,
        "notices (absence_id, sender_key, user_id, domain_key, outbox_id, substitute_id, at)",
        vec![row![1_i64, 1_i64, ANNA, 1_i64, 1_i64, PIOTR, at]],
    )
    .await;
    put(
        tx,
        "notice_decisions (user_id, trigger_key, absence_id, mail_id, verdict, reason, outbox_id, at, substitute_id)",
        vec![
            row![ANNA, 1_i64, 1_i64, REPLY, "send", "", 1_i64, at, PIOTR],
            row![ANNA, 2_i64, 1_i64, COPIED, "silent", "R46", NO_INT, at, NO_INT],
        ],
    )
    .await;
}

/// Fills an empty database.
pub async fn seed(db: &Db) {
    let mut tx = db.write().await.unwrap();
    people(&mut tx).await;
    records(&mut tx).await;
    mails(&mut tx).await;
    links(&mut tx).await;
    mailboxes(&mut tx).await;
    notices(&mut tx).await;
    tx.commit().await.unwrap();
}

/// A seeded SQLite database in a folder of its own.
pub async fn sqlite(name: &str) -> (Db, Folder) {
    let folder = Folder::new(name);
    let db = Db::open(&format!("sqlite:{}", folder.0.join("t.db").display())).await.unwrap();
    db.migrate().await.unwrap();
    seed(&db).await;
    (db, folder)
}

/// A folder that goes when the test ends.
pub struct Folder(pub std::path::PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("standin-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
