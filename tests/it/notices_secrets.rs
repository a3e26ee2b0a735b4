//! What a notice must not tell (R83 to R85), on both databases: every text column of the schema holds a canary,
//! found by walking the schema, so that a column that is added is looked at by itself; and a confidential record
//! changes neither a byte of the notice nor a statement on the way to it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::too_many_lines)]

use crate::notices_texts::{Desk, Letter, NOW};
use crate::plans::reading;
use crate::support::firm::Kind;
use crate::support::office::on_both;
use sqlx::{AssertSqlSafe, raw_sql};
use standin::actions::import::What;
use standin::intake::context_of;
use standin::intake::notices::{Of, Sight, preview};
use standin::model::address::Address;
use standin::model::id::MailboxId;
use standin::model::notice::NoticeKey;
use standin::model::record::Kind as RecordKind;
use standin::model::time::HOUR;
use standin::notice::compose;
use standin::parse::parse;
use standin::store::Tx;
use standin::store::keys::Keys;
use std::collections::{BTreeMap, BTreeSet};

on_both! {
    no_text_column_of_the_schema_reaches_a_notice
    a_confidential_record_changes_no_byte_and_no_statement
}

/// Tables whose texts stay as they are, each with the reason. Everything else is filled with canaries.
const KEPT_TABLES: &[(&str, &str)] = &[
    ("absences", "what notices speak of"),
    ("absence_exceptions", "words of the program's own, by which the substitute is chosen"),
    ("user_addresses", "the person's own and the substitute's, which notices tell"),
    ("mailboxes", "whose inbox it is, and its servers' words"),
    ("mailbox_settings", "JSON by which mailboxes are reached"),
    ("folders", "which folder is the inbox"),
    ("locations", "where mails lie"),
    ("notice_texts", "what notices say"),
    ("notice_manners", "what notices say"),
    ("notice_switch", "whether they go out"),
    ("outbox", "notices themselves"),
    ("notice_decisions", "rule numbers and verdicts"),
    ("audit", "its rows cannot be changed"),
    ("progress", "names of the program's own work"),
];

/// Columns that stay as they are, each with the reason.
const KEPT_COLUMNS: &[(&str, &str)] = &[
    ("record_addresses.address", "by which the sender is known"),
    ("account_domains.domain", "by which the sender is known"),
    ("mail_parties.address", "by which the sender takes part"),
    ("links.evidence", "JSON that linking reads"),
    ("mails.candidates", "JSON that linking reads"),
    ("mails.attachments", "JSON that linking reads"),
];

/// A value of its own for each row, that begins as the column's canary.
fn filled(kind: Kind, canary: &str) -> String {
    match kind {
        Kind::Sqlite => format!("'{canary}' || lower(hex(randomblob(6)))"),
        Kind::Postgres => format!("'{canary}' || md5(random()::text)"),
    }
}

/// Every text column of every table, as `table.column`.
fn text_columns(desk: &Desk, kind: Kind) -> Vec<String> {
    desk.company.rows(match kind {
        Kind::Sqlite => {
            "select m.name || '.' || c.name from sqlite_master m join pragma_table_info(m.name) c \
             where m.type = 'table' and lower(c.type) = 'text' and m.name not like 'sqlite_%' \
             and m.name not like '_sqlx%' and m.name not like 'mail_text%' order by 1"
        }
        Kind::Postgres => {
            "select c.table_name || '.' || c.column_name from information_schema.columns c \
             join information_schema.tables t on t.table_schema = c.table_schema and t.table_name = c.table_name \
             where c.table_schema = current_schema() and c.data_type = 'text' and t.table_type = 'BASE TABLE' \
             and c.table_name not like '\\_sqlx%' and c.table_name not like 'mail\\_text%' order by 1"
        }
    })
}

/// Sets a column of every row; what speaks against it.
async fn fill(desk: &Desk, sql: String) -> Result<(), String> {
    let mut tx = desk.instance.db.write().await.unwrap();
    let done = match &mut tx {
        Tx::Sqlite(t) => raw_sql(AssertSqlSafe(sql)).execute(&mut **t).await.map(drop),
        Tx::Postgres(t) => raw_sql(AssertSqlSafe(sql)).execute(&mut **t).await.map(drop),
    };
    match done {
        Ok(()) => {
            tx.commit().await.unwrap();
            Ok(())
        }
        Err(error) => Err(error.to_string().to_lowercase()),
    }
}

/// People and records with something in every field that people fill in, and mail, activities, a share, a
/// manager, details and a word about a contact beside them.
async fn world(desk: &Desk) {
    let say = |line: &str| drop(desk.company.call(line.split(' ')).succeed());
    desk.away(|entered| entered.exceptions = vec![("record:OP-1".into(), "kamil".into())]).await;
    desk.came(&Letter { id: "before", subject: "[OP-1] earlier", ..Letter::default() }).await;
    say("activity add o1 --kind task --subject deliver --text soon --responsible anna --as anna");
    say("activity add o1 --kind note --subject remember --text them --as anna");
    say("share o1 kamil --write --reason helps --as anna");
    say("manager append acme --user kamil --role sales --as anna");
    say("contact away jan --until 2026-12-24 --as anna");
    let details = |record: &str, what: &str| {
        let id = desk.company.number(&format!("select id from records where external_id = '{record}'"));
        desk.company.rows(&format!("insert into record_details (record_id, what, value) values ({id}, '{what}', 'x')"));
    };
    ["role", "company", "mobile", "address", "web", "tax"].iter().for_each(|what| details("jan", what));
    // What somebody is writing, with a file.
    desk.company.rows(
        "insert into drafts (user_id, kind, mail_id, mailbox, to_line, cc_line, bcc_line, subject, body, version, created_at, \
         saved_at) select user_id, 'new', null, '', '', '', '', '', '', 1, 0, 0 from absences limit 1",
    );
    desk.company.rows(
        "insert into draft_files (draft_id, name, media_type, size, bytes) select d.id, 'x', 'x', 1, r.bytes \
         from drafts d cross join raws r limit 1",
    );
    of_programs(desk);
}

/// What programs that use the API leave behind, a file that somebody imported, and a mailbox that was set up by hand.
fn of_programs(desk: &Desk) {
    for rows in [
        "insert into external_ids (sort, system, external_id, target_id, created_at) values ('activity', 'crm', 'x', 1, 0)",
        "insert into idempotency_keys (user_id, key_hash, request_hash, made, at) \
         select a.user_id, r.bytes, r.bytes, 'x', 0 from absences a cross join raws r limit 1",
        "insert into events (at, type, record_id) values (0, 'record.created', 1)",
        "insert into imports (user_id, what, file_name, state, created_at) \
         select user_id, 'contact', 'x', 'done', 0 from absences limit 1",
        "insert into mailbox_agreements (mailbox_id, user_id, agreed_at, terms) \
         select m.id, a.user_id, 0, 'x' from mailboxes m cross join absences a limit 1",
        "insert into mailbox_protocols (mailbox_id, lines, at) select id, '[]', 0 from mailboxes limit 1",
    ] {
        desk.company.rows(rows);
    }
}

const CONTACTS: &str = "external_id,name,owner,account,emails,phone,city,language\n\
    jan,Jan,anna,acme,jan@acme-x.test,+48221234568,Gdynia,\nola,Ola,anna,acme,ola@acme-x.test,+48221234569,Sopot,\n\
    ula,Ula,anna,acme,ula@acme-x.test,,,pl\nela,Ela,anna,acme,ela@acme-x.test,,,\n";
const LEADS: &str = "external_id,name,owner,emails,phone,city\nlead,Lead,anna,lead@other-x.test,+48221234570,Hel\n";

/// Fills every text column that can hold anything; each filled column with its canary.
async fn fill_all(desk: &Desk, kind: Kind) -> BTreeMap<String, String> {
    let (mut canaries, mut empty, mut words) = (BTreeMap::new(), BTreeSet::new(), BTreeSet::new());
    let mut troubles = Vec::new();
    for (n, column) in text_columns(desk, kind).into_iter().enumerate() {
        let (table, name) = column.split_once('.').unwrap();
        if KEPT_TABLES.iter().any(|(kept, _)| *kept == table) || KEPT_COLUMNS.iter().any(|(kept, _)| *kept == column) {
            continue;
        }
        if desk.company.number(&format!("select count(*) from {table}")) == 0 {
            empty.insert(table.to_owned());
            continue;
        }
        let canary = format!("canary{n}q");
        // Of people only who is away and who stands in is told, and of them what they released.
        let others = match table {
            "users" => " where login not in ('anna', 'piotr', 'kamil')",
            _ => "",
        };
        match fill(desk, format!("update {table} set {name} = {}{others}", filled(kind, &canary))).await {
            Ok(()) => drop(canaries.insert(column, canary)),
            // A column of the program's own words: it can hold nothing of a record.
            Err(error) if error.contains("check constraint") => drop(words.insert(column)),
            Err(error) => troubles.push(format!("{column}: {error}")),
        }
    }
    assert!(troubles.is_empty(), "columns that cannot be filled: {troubles:#?}");
    println!("{} filled; words: {words:?}; empty: {empty:?}", canaries.len());
    for column in [
        "records.name",
        "records.phone",
        "records.city",
        "records.number",
        "records.external_id",
        "record_details.value",
        "activities.subject",
        "activities.body",
        "teams.name",
        "shares.reason",
        "mails.subject",
        "mails.visible",
        "mail_parties.name",
    ] {
        assert!(canaries.contains_key(column), "{column} holds no canary: {:?}", canaries.keys());
    }
    let unknown: Vec<&String> = empty.iter().filter(|table| !EMPTY.contains(&table.as_str())).collect();
    assert!(
        unknown.is_empty(),
        "tables without a row here: fill them in, or say that nothing of a record lies there: {unknown:?}"
    );
    canaries
}

async fn no_text_column_of_the_schema_reaches_a_notice(kind: Kind) {
    let folder = crate::support::Folder::new();
    let english = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/src/notice/data/en.txt")).unwrap();
    folder.write("de.txt", english.replace("This is an automatic reply.", "Dies ist eine automatische Antwort."));
    let file = folder.write("texts.toml", format!("[notice]\ntexts = {:?}\n", folder.path()));
    let config = standin::config::load(Some(&file), std::iter::empty()).unwrap();
    let more = [(What::Records(RecordKind::Contact), CONTACTS), (What::Records(RecordKind::Lead), LEADS)];
    let desk = Desk::with(kind, |company| company.config.notice.phrases = config.notice.phrases.clone(), &more).await;
    world(&desk).await;
    let canaries = fill_all(&desk, kind).await;
    for (from, language, says) in [
        ("jan@acme-x.test", "en", "automatic reply"),
        ("ola@acme-x.test", "de", "automatische Antwort"),
        ("ula@acme-x.test", "pl", "automatyczna odpowiedź"),
        ("ela@acme-x.test", "hu", "automatic reply"),
    ] {
        let more = format!("Content-Language: {language}\r\n");
        let letter =
            Letter { from, path: from, id: language, subject: "[OP-1] Question", more: &more, ..Letter::default() };
        desk.gets(&letter).await.unwrap();
        let bytes = desk.notices().pop().unwrap();
        let raw = String::from_utf8(bytes.clone()).unwrap();
        let mail = parse(&bytes);
        let decoded = format!("{:?} {} {}", mail.headers, mail.subject, mail.text.body);
        let unfolded = raw.replace("=\r\n", "").replace("\r\n ", "");
        for text in [&raw, &decoded, &unfolded] {
            let found: Vec<&String> = canaries
                .iter()
                .filter(|(_, canary)| text.contains(canary.as_str()))
                .map(|(column, _)| column)
                .collect();
            assert!(found.is_empty() && !text.contains("canary"), "{language}: {found:?} in {text}");
        }
        assert!(mail.text.body.contains(says), "{language}: {}", mail.text.body);
    }
    desk.end().await;
}

/// Tables in which nothing lies in that world. One that is added has to be filled there, or to stand here.
const EMPTY: &[&str] = &[
    "api_tokens",
    "appointments",
    "automatic_named",
    "automatic_numbers",
    "automatic_reports",
    "automatic_said",
    "blocks",
    "calendar_items",
    "identities",
    "record_words",
    "consents",
    "corrections",
    "decisions",
    "erased",
    "filing_addresses",
    "filing_folders",
    "filing_mailboxes",
    "filings",
    "handover_items",
    "handovers",
    "hidden_places",
    "mail_headers",
    "mail_marks",
    "mail_rules",
    "merges",
    "notification_settings",
    "notifications",
    "previews",
    "record_changes",
    "record_numbers",
    "reread_places",
    "rereads",
    "review_ways",
    "reviews",
    "rule_changes",
    "rule_job_mails",
    "rule_jobs",
    "rule_trials",
    "rule_versions",
    "ruled_records",
    "sessions",
    "unmatched_keys",
    "weighed",
];

async fn a_confidential_record_changes_no_byte_and_no_statement(kind: Kind) {
    let client = Address::parse("jan@acme-x.test").unwrap();
    let (mut notices, mut paths) = (Vec::new(), Vec::new());
    // Kamil stands in for OP-1: it is confidential, or Jan is a stranger to it, or both, or neither.
    for (took_part, confidential) in [(true, true), (false, true), (false, false), (true, false)] {
        let desk = Desk::open(kind).await;
        desk.away(|entered| entered.exceptions = vec![("record:OP-1".into(), "kamil".into())]).await;
        let other = Letter { from: "ola@acme-x.test", path: "ola@acme-x.test", ..Letter::default() };
        let earlier = if took_part { Letter::default() } else { other };
        desk.came(&Letter { id: "before", subject: "[OP-1] Question", ..earlier }).await;
        if confidential {
            let yes = if kind == Kind::Sqlite { "1" } else { "true" };
            desk.company.rows(&format!("update records set confidential = {yes} where external_id = 'o1'"));
        }
        let letter = Letter { subject: "[OP-1] Question", ..Letter::default() };
        let taken = async { Ok(desk.gets(&letter).await.unwrap()) };
        let (text, heard) = reading::heard(taken).await.unwrap();
        assert_eq!(text.contains("Kamil"), took_part && !confidential, "{text}");
        // From the moment in which it is asked who is away, to the ledger's row.
        let statements: Vec<String> = heard.into_iter().map(|one| format!("{one:?}")).collect();
        let first = statements.iter().position(|sql| sql.contains("from notice_switch")).unwrap();
        let last = statements.iter().rposition(|sql| sql.contains("insert into notice_decisions")).unwrap();
        paths.push(statements[first..=last].to_vec());
        // The same plan composed at the same moment with the same chance and key: all bytes, the id too.
        let mut tx = desk.instance.db.read().await.unwrap();
        let keys = Keys::load(&desk.company.config.data_dir).unwrap();
        let mailbox = MailboxId(desk.company.number("select id from mailboxes"));
        let context = context_of(&desk.company.config, &keys, mailbox);
        let looks = (Sight(None), true);
        let seen = preview(&mut tx, &context, Of::Next, &client, looks, NOW.plus(2 * HOUR)).await.unwrap().unwrap();
        drop(tx);
        let mut policy = seen.policy.clone();
        policy.key = NoticeKey([7; 32]);
        let composed = compose(&seen.plan.unwrap(), &policy, [3; 16], NOW.plus(HOUR));
        let text = String::from_utf8(composed.bytes).unwrap();
        assert!(text.contains("\r\nMessage-ID: <"), "{text}");
        notices.push((text, composed.envelope_to, composed.expires_at));
        desk.end().await;
    }
    let (open, same) = notices.split_last().unwrap();
    for (n, other) in same.iter().enumerate() {
        assert_eq!(other, &same[0], "case {n}");
    }
    assert!(open.0.contains("Kamil") && !same[0].0.contains("Kamil"));
    for (n, path) in paths.iter().enumerate() {
        assert!(path.len() > 10, "hardly anything was heard: {path:#?}");
        assert_eq!(path, &paths[0], "the way to the notice, case {n}");
    }
}
