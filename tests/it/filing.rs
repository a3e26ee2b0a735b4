//! Filing from any mail program, through the real servers: Standin's folders in a mailbox, secret
//! addresses, signed references, forwarded mail; what cannot be honoured is told; no folder of the
//! user's is ever touched (P7), and nobody gains sight by filing (P12).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use crate::blocks::{Letter, json, lay, stored, sync};
use crate::support::company::{Company, Kind, now};
use crate::support::tag;
use serde_json::Value;
use standin::imap::encode;
use std::collections::BTreeMap;

/// A company in which Anna asked for folders, and they are made.
fn with_folders(kind: Kind) -> Company {
    let company = Company::found(kind);
    sync(&company);
    json(&company, &["filing", "on", "anna", "--as", "anna"]);
    sync(&company);
    company
}

/// Paths of the folders below Standin in a mailbox, in order.
fn folders(company: &Company, who: &str) -> Vec<String> {
    let mut imap = company.dovecot.imap(&company.own_address(who));
    let lines = imap.command("LIST \"\" \"Standin*\"");
    let mut paths: Vec<String> = lines
        .iter()
        .filter(|r| r.text.starts_with("* LIST") && !r.text.to_lowercase().contains("\\noselect"))
        .map(|r| r.text.rsplit("\"/\" ").next().unwrap().trim_matches('"').to_owned())
        .filter(|path| path == "Standin" || path.starts_with("Standin/"))
        .collect();
    paths.sort();
    paths
}

fn path(company: &Company, who: &str, begins: &str) -> String {
    let all = folders(company, who);
    all.iter().find(|p| p.starts_with(begins)).cloned().unwrap_or_else(|| panic!("{begins} is not among {all:?}"))
}

/// A letter from somebody whom nobody knows.
fn strangers(company: &Company, subject: &str) -> Vec<u8> {
    let (from, to) = (format!("obcy@nieznani-{}", company.client), company.own_address("anna"));
    Letter { from: &from, to: &to, subject, ..Letter::default() }.bytes()
}

/// What became of the latest filings.
fn filed(company: &Company, who: &str) -> Vec<(String, String)> {
    let status = json(company, &["filing", "status", "--as", who]);
    let word = |v: &Value| v.as_str().unwrap_or_default().to_owned();
    let all = status["filed"].as_array().unwrap();
    all.iter().map(|f| (word(&f["outcome"]), word(&f["reason"]))).collect()
}

fn reason(company: &Company, who: &str) -> String {
    filed(company, who).first().cloned().unwrap_or_default().1
}

fn subjects(company: &Company, record: &str, viewer: &str) -> Vec<String> {
    let timeline = company.timeline(record, viewer).unwrap();
    timeline["entries"].as_array().unwrap().iter().map(|e| e["subject"].as_str().unwrap_or("").to_owned()).collect()
}

/// Everything outside of Standin's folders: flags, UIDs and bytes of every mail, and what is subscribed.
fn everything_else(company: &Company, who: &str) -> BTreeMap<String, Vec<(u32, String, Vec<u8>)>> {
    let address = company.own_address(who);
    let mut imap = company.dovecot.imap(&address);
    let listed: Vec<String> = ["LIST", "LSUB"]
        .iter()
        .flat_map(|verb| imap.command(&format!("{verb} \"\" \"*\"")))
        .filter(|r| r.text.starts_with("* L"))
        .map(|r| r.text.clone())
        .filter(|line| !line.contains("Standin"))
        .collect();
    let mut all = BTreeMap::new();
    for line in &listed {
        let name = line.rsplit("\"/\" ").next().unwrap().trim_matches('"').to_owned();
        let numbers = company.dovecot.status(&address, &name, "UIDVALIDITY");
        let empty = company.dovecot.count(&address, &name) == 0;
        let flags = if empty { Vec::new() } else { company.dovecot.flags(&address, &name) };
        let mails = if empty { Vec::new() } else { company.dovecot.mails(&address, &name) };
        let rows = flags.into_iter().zip(mails).map(|((uid, flags), bytes)| (uid, flags, bytes)).collect();
        all.insert(format!("{line} {numbers}"), rows);
    }
    all
}

fn folders_are_made_for_records_and_follow_their_names_and_rights(kind: Kind) {
    let company = with_folders(kind);
    let acme = company.record("acme");
    let wanted = |account: &str, deal: &str| {
        let mut all = vec![format!("Standin/Accounts/{acme}{account}"), "Standin/File".into(), "Standin/Ignore".into()];
        all.push(format!("Standin/Opportunities/OP-1042{deal}"));
        all
    };
    assert_eq!(folders(&company, "anna"), wanted(" Acme", " Acme pumps"));
    assert!(folders(&company, "piotr").is_empty(), "nobody else asked");
    let subscribed = company.dovecot.imap(&company.own_address("anna")).command("LSUB \"\" \"Standin*\"");
    assert!(subscribed.iter().any(|r| r.text.contains("Standin/File")));
    // Polish letters, and letters that no server takes.
    let rows = "external_id,name,owner,account,number\npumps,Pompy \"Łódź/Żory\" Sp. z o.o. & Co,anna,acme,OP-1042\n";
    let rows = rows.replace("Pompy \"Łódź/Żory\" Sp. z o.o. & Co", "\"Pompy \"\"Łódź/Żory\"\" Sp. z o.o. & Co\"");
    let file = company.folder.write("renamed.csv", rows);
    company.standin(&["import", "opportunities"]).arg(file).succeed();
    let validity = company.sql("select validity from filing_folders where path like '%OP-1042%'");
    sync(&company);
    let named = encode(" Pompy Łódź Żory Sp z o o & Co");
    assert_eq!(folders(&company, "anna"), wanted(" Acme", &named));
    assert_eq!(company.sql("select validity from filing_folders where path like '%OP-1042%'"), validity);
    // Confidential: by its number alone.
    company.standin(&["access", "confidential", "pumps", "on", "--as", "anna"]).succeed();
    sync(&company);
    assert_eq!(folders(&company, "anna"), wanted(" Acme", ""));
    company.standin(&["access", "confidential", "pumps", "off", "--as", "anna"]).succeed();
    sync(&company);
    assert_eq!(folders(&company, "anna"), wanted(" Acme", &named));
    // A mail lies in it when the right ends: the name goes, the mail stays; emptied, the folder goes too.
    let folder = path(&company, "anna", "Standin/Opportunities/");
    let uid = company.dovecot.append(&company.own_address("anna"), &folder, &strangers(&company, "Filed"));
    sync(&company);
    assert_eq!(subjects(&company, "pumps", "anna"), ["Filed"]);
    company.standin(&["assign", "pumps", "--to", "kamil"]).succeed();
    company.standin(&["assign", "acme", "--to", "kamil"]).succeed();
    sync(&company);
    assert_eq!(folders(&company, "anna"), ["Standin/File", "Standin/Ignore", "Standin/Opportunities/OP-1042"]);
    assert_eq!(company.dovecot.count(&company.own_address("anna"), "Standin/Opportunities/OP-1042"), 1);
    assert_eq!(subjects(&company, "pumps", "kamil"), ["Filed"], "what was filed stays");
    // What is put there now is refused, and told.
    let late = strangers(&company, "Too late");
    company.dovecot.append(&company.own_address("anna"), "Standin/Opportunities/OP-1042", &late);
    sync(&company);
    assert_eq!(reason(&company, "anna"), "no-right");
    assert_eq!(subjects(&company, "pumps", "kamil"), ["Filed"]);
    // Given back, it has its name again, and what waited there is filed.
    company.standin(&["assign", "pumps", "--to", "anna"]).succeed();
    sync(&company);
    sync(&company);
    assert!(folders(&company, "anna").contains(&format!("Standin/Opportunities/OP-1042{named}")));
    assert_eq!(subjects(&company, "pumps", "anna").len(), 2);
    company.standin(&["assign", "pumps", "--to", "kamil"]).succeed();
    sync(&company);
    for mail in [uid, uid + 1] {
        company.dovecot.expunge(&company.own_address("anna"), "Standin/Opportunities/OP-1042", mail);
    }
    sync(&company);
    assert_eq!(folders(&company, "anna"), ["Standin/File", "Standin/Ignore"]);
}

fn a_mail_put_into_a_folder_is_filed_and_stays(kind: Kind) {
    let company = with_folders(kind);
    company.away("anna", "piotr");
    let anna = company.own_address("anna");
    let deal = path(&company, "anna", "Standin/Opportunities/");
    let account = path(&company, "anna", "Standin/Accounts/");
    // Old, from nobody known, read before and known by hashes alone.
    let bytes = strangers(&company, "Old matter");
    let uid = company.dovecot.append_dated(&anna, "INBOX", "01-Mar-2020 10:00:00 +0000", "\\Seen", &bytes);
    let kept = lay(&company, "anna", &strangers(&company, "Another"));
    sync(&company);
    assert_eq!(company.sql("select count(*) from mails"), "0");
    company.dovecot.move_to(&anna, "INBOX", uid, &deal);
    sync(&company);
    assert_eq!(subjects(&company, "pumps", "anna"), ["Old matter"]);
    let evidence = &company.timeline("pumps", "anna").unwrap()["entries"][0]["evidence"];
    assert_eq!((evidence["kind"].as_str(), evidence["how"].as_str()), (Some("filed"), Some("folder")));
    assert_eq!(filed(&company, "anna")[0], ("filed".into(), String::new()));
    // Moved on: the latest counts. Moved out: it stays. Read again: nothing changes.
    company.dovecot.move_to(&anna, &deal, 1, &account);
    sync(&company);
    assert!(subjects(&company, "pumps", "anna").is_empty());
    assert_eq!(subjects(&company, "acme", "anna"), ["Old matter"]);
    company.dovecot.move_to(&anna, &account, 1, "INBOX");
    sync(&company);
    assert_eq!(subjects(&company, "acme", "anna"), ["Old matter"]);
    // A copy, as a label is on some servers, and the same mail in two folders: one message.
    let mut imap = company.dovecot.imap(&anna);
    imap.command("SELECT INBOX");
    imap.command(&format!("UID COPY {kept} \"{deal}\""));
    sync(&company);
    assert_eq!(stored(&company, "Another"), "1");
    assert_eq!(subjects(&company, "pumps", "anna"), ["Another"]);
    // A colleague takes it off by hand; renumbering and reading again do not bring it back (P6).
    let mail = company.sql("select id from mails where subject = 'Another'");
    company.standin(&["link", "--as", "anna", "remove", &mail, "pumps"]).succeed();
    assert!(subjects(&company, "pumps", "anna").is_empty());
    company.dovecot.renumber(&anna, &deal);
    sync(&company);
    sync(&company);
    assert!(subjects(&company, "pumps", "anna").is_empty());
    // Put there once more, it is her word again.
    let mut imap = company.dovecot.imap(&anna);
    imap.command("SELECT INBOX");
    imap.command(&format!("UID COPY {kept} \"{deal}\""));
    sync(&company);
    assert_eq!(subjects(&company, "pumps", "anna"), ["Another"]);
    assert_eq!(company.sql("select count(*) from outbox"), "0", "what is filed is never answered");
    assert_eq!(company.sql("select count(*) from notice_decisions where verdict = 'send'"), "0");
}

fn file_finds_the_record_and_ignore_is_private(kind: Kind) {
    let company = with_folders(kind);
    let (anna, jan) = (company.own_address("anna"), company.client_address("jan"));
    let known = Letter { from: &jan, to: &anna, subject: "Known", ..Letter::default() }.bytes();
    company.dovecot.append(&anna, "Standin/File", &known);
    company.dovecot.append(&anna, "Standin/File", &strangers(&company, "Unknown"));
    sync(&company);
    assert_eq!(subjects(&company, "pumps", "anna"), ["Known"]);
    let mut outcomes = filed(&company, "anna");
    outcomes.sort();
    assert_eq!(outcomes, [("filed".into(), String::new()), ("refused".into(), "nothing-found".into())]);
    assert_eq!(company.sql("select linking from mails where subject = 'Unknown'"), "review", "kept, to be decided");
    let asked = company.standin(&["review", "list", "--as", "anna"]).succeed().stdout;
    assert!(asked.contains("Unknown") && !asked.contains("Known\n"), "{asked}");
    assert_eq!(company.sql("select reason || ' ' || detail from reviews"), "filing nothing-found");
    // Private, before and after it was put on a record.
    let secret = Letter { from: &jan, to: &anna, subject: "Secret", ..Letter::default() }.bytes();
    company.dovecot.append(&anna, "Standin/Ignore", &secret);
    company.dovecot.move_to(&anna, "Standin/File", 1, "Standin/Ignore");
    sync(&company);
    assert!(subjects(&company, "pumps", "anna").is_empty());
    assert_eq!(stored(&company, "Secret"), "0", "it is not even stored");
    // The word stands when another copy comes.
    lay(&company, "anna", &secret);
    sync(&company);
    assert_eq!(stored(&company, "Secret"), "0");
    // And out of Ignore into a record's folder.
    let deal = path(&company, "anna", "Standin/Opportunities/");
    company.dovecot.move_to(&anna, "Standin/Ignore", 1, &deal);
    sync(&company);
    assert_eq!(subjects(&company, "pumps", "anna"), ["Secret"]);
    // From a record's folder to File: it is found anew.
    let valve = Letter { from: &jan, to: &anna, subject: "By hand", ..Letter::default() }.bytes();
    let account = path(&company, "anna", "Standin/Accounts/");
    company.dovecot.append(&anna, &account, &valve);
    sync(&company);
    assert!(!subjects(&company, "pumps", "anna").contains(&"By hand".to_owned()));
    company.dovecot.move_to(&anna, &account, 1, "Standin/File");
    sync(&company);
    assert!(subjects(&company, "pumps", "anna").contains(&"By hand".to_owned()));
}

fn folders_of_the_users_own_making_are_followed_or_told(kind: Kind) {
    let company = with_folders(kind);
    let anna = company.own_address("anna");
    let deal = path(&company, "anna", "Standin/Opportunities/");
    let mut imap = company.dovecot.imap(&anna);
    // Renamed by the user: known by its number, and left under that name.
    imap.command(&format!("RENAME \"{deal}\" \"Standin/Pompy\""));
    company.dovecot.append(&anna, "Standin/Pompy", &strangers(&company, "Renamed"));
    sync(&company);
    assert_eq!(subjects(&company, "pumps", "anna"), ["Renamed"]);
    assert!(folders(&company, "anna").contains(&"Standin/Pompy".to_owned()));
    assert!(!folders(&company, "anna").contains(&deal));
    // A folder whose name means nothing: what is in it is told, and kept for review.
    imap.command("CREATE \"Standin/Opportunities/OP-9999 Nonsense\"");
    company.dovecot.append(&anna, "Standin/Opportunities/OP-9999 Nonsense", &strangers(&company, "Lost"));
    sync(&company);
    assert_eq!(reason(&company, "anna"), "wrong-folder");
    assert_eq!(stored(&company, "Lost"), "1");
    let status = json(&company, &["filing", "status", "--as", "anna"]);
    assert!(status.to_string().contains("OP-9999 Nonsense"));
    // Removed by the user: not made again unless they ask.
    let account = path(&company, "anna", "Standin/Accounts/");
    imap.command(&format!("DELETE \"{account}\""));
    sync(&company);
    sync(&company);
    assert!(!folders(&company, "anna").contains(&account));
    company.standin(&["filing", "folder", "acme", "--as", "anna"]).succeed();
    sync(&company);
    assert!(folders(&company, "anna").contains(&account));
    // Somebody made the very folder that is about to be made: it becomes that folder.
    company.standin(&["assign", "valves", "--to", "anna"]).succeed();
    imap.command("CREATE \"Standin/Opportunities/OP-1043 Borsuk valves\"");
    company.dovecot.append(&anna, "Standin/Opportunities/OP-1043 Borsuk valves", &strangers(&company, "Valves"));
    sync(&company);
    assert_eq!(subjects(&company, "valves", "anna"), ["Valves"]);
    let borsuk = format!("account:{}", company.record("borsuk"));
    // A record opened is one for which a folder is made, if it may be changed.
    let refused = company.standin(&["filing", "folder", &borsuk, "--as", "anna"]).run();
    assert!(refused.stderr.contains("does not exist, or it is not to be seen"), "{}", refused.stderr);
    company.standin(&["share", &borsuk, "anna", "--as", "kamil"]).succeed();
    let refused = company.standin(&["filing", "folder", &borsuk, "--as", "anna"]).run();
    assert!(refused.stderr.contains("not yours to change"), "{}", refused.stderr);
    company.standin(&["share", &borsuk, "anna", "--write", "--as", "kamil"]).succeed();
    company.standin(&["filing", "folder", &borsuk, "--as", "anna"]).succeed();
    sync(&company);
    assert!(folders(&company, "anna").iter().any(|p| p.ends_with(" Borsuk")));
}

fn no_other_folder_is_touched_and_nothing_is_lost_when_it_is_switched_off(kind: Kind) {
    let company = Company::found(kind);
    let anna = company.own_address("anna");
    company.anna_wrote();
    lay(&company, "anna", &strangers(&company, "In the inbox"));
    for folder in ["Clients", "Clients/Standin", "Standing orders", "Archiwum &AUE-"] {
        company.dovecot.create(&anna, folder);
        company.dovecot.append_dated(
            &anna,
            folder,
            "01-Mar-2026 10:00:00 +0000",
            "\\Flagged",
            &strangers(&company, folder),
        );
    }
    sync(&company);
    let before = everything_else(&company, "anna");
    assert!(before.len() >= 6);
    json(&company, &["filing", "on", "anna", "--as", "anna"]);
    sync(&company);
    let deal = path(&company, "anna", "Standin/Opportunities/");
    company.dovecot.append(&anna, &deal, &strangers(&company, "Filed"));
    company.dovecot.create(&anna, "Standin/Mine");
    company.dovecot.append(&anna, "Standin/Mine", &strangers(&company, "Mine"));
    sync(&company);
    company.standin(&["assign", "pumps", "--to", "kamil"]).succeed();
    sync(&company);
    json(&company, &["filing", "off", "anna", "--as", "anna"]);
    sync(&company);
    sync(&company);
    assert_eq!(folders(&company, "anna"), ["Standin/Mine", "Standin/Opportunities/OP-1042"], "what is not empty stays");
    assert_eq!(company.dovecot.count(&anna, "Standin/Mine"), 1);
    assert_eq!(company.dovecot.count(&anna, "Standin/Opportunities/OP-1042"), 1);
    assert_eq!(everything_else(&company, "anna"), before);
    assert_eq!(company.sql("select count(*) from filing_folders"), "0");
    assert_eq!(company.sql("select count(*) from filing_mailboxes"), "0");
    assert!(subjects(&company, "pumps", "kamil").contains(&"Filed".to_owned()));
    // What is put there now is nobody's filing.
    company.dovecot.append(&anna, "Standin/Opportunities/OP-1042", &strangers(&company, "Afterwards"));
    sync(&company);
    assert_eq!(stored(&company, "Afterwards"), "0");
    // Only whose mailbox it is decides, and nobody's shared one.
    for arguments in [["filing", "on", "anna", "--as", "piotr"], ["filing", "on", "anna", "--as", "adam"]] {
        let refused = company.standin(&arguments).run();
        assert!(refused.stderr.contains("no mailbox of yours"), "{}", refused.stderr);
    }
    let refused = company.standin(&["filing", "on", "sales"]).run();
    assert!(refused.stderr.contains("is shared"), "{}", refused.stderr);
}

fn filing_takes_nothing_from_others_and_gives_no_sight(kind: Kind) {
    let company = with_folders(kind);
    let (anna, kamil, ewa) =
        (company.own_address("anna"), company.own_address("kamil"), format!("ewa@borsuk-{}", company.client));
    let both = format!("{anna}, {kamil}");
    let letter = |subject: &str| Letter { from: &ewa, to: &both, subject, ..Letter::default() }.bytes();
    // Ewa is Kamil's contact; the mail regards Kamil's opportunity, and Anna has a copy.
    let shared = letter("To both");
    lay(&company, "kamil", &shared);
    let uid = lay(&company, "anna", &shared);
    sync(&company);
    assert_eq!(subjects(&company, "valves", "kamil"), ["To both"]);
    company.dovecot.move_to(&anna, "INBOX", uid, &path(&company, "anna", "Standin/Opportunities/"));
    sync(&company);
    assert_eq!(filed(&company, "anna")[0].0, "added");
    assert_eq!(subjects(&company, "pumps", "anna"), ["To both"]);
    assert_eq!(subjects(&company, "valves", "kamil"), ["To both"], "it is not taken off what is not hers");
    assert!(company.timeline("valves", "anna").is_err());
    // Nor may she call private what stands on his record.
    let second = letter("Second");
    lay(&company, "kamil", &second);
    company.dovecot.append(&anna, "Standin/Ignore", &second);
    sync(&company);
    assert_eq!(reason(&company, "anna"), "not-theirs");
    assert_eq!(subjects(&company, "valves", "kamil").len(), 2);
    // File does not tell her that it stands on a record that she may not see.
    company.dovecot.append(&anna, "Standin/File", &letter("Third"));
    sync(&company);
    assert_eq!(reason(&company, "anna"), "nothing-found");
    let status = company.standin(&["filing", "status", "--as", "anna", "--json"]).succeed().stdout;
    assert!(!status.contains("Borsuk") && !status.contains("OP-1043"), "{status}");
    // What somebody else called private stays so.
    let mail = company.sql("select id from mails where subject = 'Third'");
    company.standin(&["link", "--as", "kamil", "private", &mail]).succeed();
    let third = company.dovecot.count(&anna, "Standin/File") as u32;
    company.dovecot.move_to(&anna, "Standin/File", third, &path(&company, "anna", "Standin/Opportunities/"));
    sync(&company);
    assert_eq!(reason(&company, "anna"), "overruled");
    assert!(!subjects(&company, "pumps", "anna").contains(&"Third".to_owned()));
    // Blocked is never stored, and that is told.
    company.standin(&["block", "add", &ewa, "--company", "--as", "adam"]).succeed();
    company.dovecot.append(&anna, &path(&company, "anna", "Standin/Opportunities/"), &letter("Fourth"));
    sync(&company);
    assert_eq!((reason(&company, "anna"), stored(&company, "Fourth")), ("blocked".into(), "0".into()));
}

/// Configures the dropbox: `sales` is it, and `mail.own` takes mail from people who signed in.
fn with_dropbox(kind: Kind) -> (Company, String) {
    let company = Company::found(kind);
    let (sales, server) = (company.own_address("sales"), format!("mail.{}", company.own));
    company.configure(|text| {
        let filing = format!("[filing]\ndropbox = {sales:?}\nsubmitted_by = [{server:?}]\n\n[[mailbox]]");
        let notice = format!("[notice]\nauthserv_id = \"mx.{}\"\n\n{filing}", company.own);
        text.replacen("[[mailbox]]", &notice, 1)
    });
    let address = json(&company, &["filing", "renew", "--as", "anna"])["address"].as_str().unwrap().to_owned();
    (company, address)
}

/// A mail as our server delivers it to the dropbox: `proof` is the line that the server wrote.
fn delivered(company: &Company, to: &str, proof: &str, mail: &[u8]) {
    let head = format!("Delivered-To: {to}\r\n{proof}");
    company.dovecot.append(&company.own_address("sales"), "INBOX", &[head.as_bytes(), mail].concat());
}

fn signed_in(company: &Company) -> String {
    format!(
        "Received: from laptop (unknown [10.0.0.7]) by mail.{} (Postfix) with ESMTPSA id 4F; {}\r\n",
        company.own,
        now().to_rfc2822()
    )
}

fn a_blind_copy_is_filed_for_its_sender_alone(kind: Kind) {
    let (company, address) = with_dropbox(kind);
    let (anna, jan) = (company.own_address("anna"), company.client_address("jan"));
    let to_jan = |subject: &str| Letter { from: &anna, to: &jan, subject, ..Letter::default() }.bytes();
    // Filed by whom it went to; Anna is named.
    delivered(&company, &address, &signed_in(&company), &to_jan("Offer"));
    sync(&company);
    assert_eq!(subjects(&company, "pumps", "anna"), ["Offer"]);
    let evidence = &company.timeline("pumps", "anna").unwrap()["entries"][0]["evidence"];
    assert_eq!((evidence["kind"].as_str(), evidence["how"].as_str()), (Some("filed"), Some("dropbox")));
    assert_eq!(evidence["by"].as_i64().unwrap().to_string(), company.sql("select id from users where login = 'anna'"));
    // Her own copy in Sent, which names the address, is the same message; the address is on no page.
    let offer = company.dovecot.mails(&company.own_address("sales"), "INBOX")[0].clone();
    let offer = String::from_utf8(offer).unwrap();
    let own = format!("Bcc: {address}\r\n{}", &offer[offer.find("From:").unwrap()..]);
    company.dovecot.append(&anna, "Sent", own.as_bytes());
    sync(&company);
    assert_eq!(stored(&company, "Offer"), "1");
    assert_eq!(company.sql("select count(*) from mail_parties where address like 'sales+%'"), "0");
    // By number in the address, and in the subject.
    let to_stranger =
        |subject: &str| Letter { from: &anna, to: "x@elsewhere.test", subject, ..Letter::default() }.bytes();
    let numbered = address.replacen('@', ".op-1042@", 1);
    delivered(&company, &numbered, &signed_in(&company), &to_stranger("By address"));
    delivered(&company, &address, &signed_in(&company), &to_stranger("By subject [OP-1042]"));
    let authentic = format!("Authentication-Results: mx.{o}; dmarc=pass header.from={o}\r\n", o = company.own);
    delivered(&company, &numbered, &authentic, &to_stranger("Authentic"));
    sync(&company);
    let on = subjects(&company, "pumps", "anna");
    assert!(
        ["By address", "By subject [OP-1042]", "Authentic"].iter().all(|s| on.contains(&(*s).to_owned())),
        "{on:?}"
    );
    // A record that she may not change, one that is not there, and nothing that fits.
    for (tag, wanted) in [(".op-1043@", "no-right"), (".op-7777@", "no-right"), ("@", "nothing-found")] {
        delivered(&company, &address.replacen('@', tag, 1), &signed_in(&company), &to_stranger("Nowhere"));
        sync(&company);
        assert_eq!(reason(&company, "anna"), wanted, "{tag}");
    }
    // A forged sender, another sender, no proof, a guessed token, one that was renewed.
    let forged = format!("Authentication-Results: mx.{o}; dmarc=fail header.from={o}\r\n", o = company.own);
    let below = format!("Received: from evil by mx.evil.test with ESMTP id 1; x\r\n{}", signed_in(&company));
    for (line, from, wanted) in [
        (forged, anna.clone(), "unproven"),
        (String::new(), anna.clone(), "unproven"),
        (below, anna.clone(), "unproven"),
        (signed_in(&company), company.own_address("kamil"), "not-the-sender"),
        (signed_in(&company), jan.clone(), "not-the-sender"),
    ] {
        let subject = format!("Hostile {}", tag());
        let mail = Letter { from: &from, to: &jan, subject: &subject, ..Letter::default() }.bytes();
        delivered(&company, &numbered, &line, &mail);
        sync(&company);
        assert_eq!(reason(&company, "anna"), wanted, "{line}{from}");
        assert_eq!(stored(&company, &subject), "0");
    }
    let guessed = format!("sales+{}@{}", "0".repeat(20), company.own);
    delivered(
        &company,
        &guessed,
        "",
        &Letter { from: "eve@evil.test", to: &jan, subject: "Guess", ..Letter::default() }.bytes(),
    );
    json(&company, &["filing", "renew", "--as", "anna"]);
    delivered(&company, &numbered, &signed_in(&company), &to_jan("Renewed"));
    sync(&company);
    assert_eq!(stored(&company, "Guess"), "0");
    assert_eq!(reason(&company, "anna"), "unknown-address");
    let unknown = "select count(*) from filings where reason = 'unknown-address' and user_id is null";
    assert_eq!(company.sql(unknown), "1", "the guess is told to nobody but the operator");
    assert_eq!(company.sql("select count(*) from outbox"), "0");
}

/// A forward by Anna to an address of hers, with these mails attached.
fn forward(company: &Company, to: &str, subject: &str, inner: &[&[u8]]) -> Vec<u8> {
    let mut mail = format!(
        "From: {}\r\nTo: {to}\r\nSubject: {subject}\r\nDate: {}\r\nMessage-ID: <{}@own.test>\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=outer\r\n\r\n--outer\r\nContent-Type: text/plain\r\n\r\nplease file\r\n",
        company.own_address("anna"),
        now().to_rfc2822(),
        tag()
    )
    .into_bytes();
    for one in inner {
        mail.extend_from_slice(b"--outer\r\nContent-Type: message/rfc822\r\n\r\n");
        mail.extend_from_slice(one);
    }
    mail.extend_from_slice(b"--outer--\r\n");
    mail
}

fn an_attached_mail_is_filed_as_itself(kind: Kind) {
    let (company, address) = with_dropbox(kind);
    let numbered = address.replacen('@', ".op-1042@", 1);
    let forward = |subject: &str, inner: &[&[u8]]| forward(&company, &numbered, subject, inner);
    let (one, two) = (strangers(&company, "First inside"), strangers(&company, "Second inside"));
    delivered(&company, &numbered, &signed_in(&company), &forward("Fwd: both", &[&one, &two]));
    sync(&company);
    let mut on = subjects(&company, "pumps", "anna");
    on.sort();
    assert_eq!(on, ["First inside", "Second inside"]);
    assert_eq!(stored(&company, "Fwd: both"), "0", "the forward itself is on no timeline");
    assert_eq!(company.sql("select count(*) from filings where how = 'attached' and outcome = 'filed'"), "2");
    // One that she has a copy of is that very mail, and comes out of hiding.
    let hers = strangers(&company, "Hers");
    lay(&company, "anna", &hers);
    sync(&company);
    assert_eq!(stored(&company, "Hers"), "0");
    delivered(&company, &numbered, &signed_in(&company), &forward("Fwd: hers", &[&hers]));
    sync(&company);
    assert_eq!(stored(&company, "Hers"), "1");
    assert_eq!(
        company.sql("select count(*) from locations l join mails m on m.id = l.mail_id where m.subject = 'Hers'"),
        "2"
    );
    // One made up to look like Kamil's is a mail of its own: she sees nothing of his, nor whether there is one.
    let (kamil, ewa) = (company.own_address("kamil"), format!("ewa@borsuk-{}", company.client));
    let his = Letter { id: "his-very-own", from: &ewa, to: &kamil, subject: "His", ..Letter::default() }.bytes();
    lay(&company, "kamil", &his);
    sync(&company);
    delivered(&company, &numbered, &signed_in(&company), &forward("Fwd: stolen", &[&his]));
    sync(&company);
    assert_eq!(stored(&company, "His"), "2");
    let answer = Letter {
        from: &ewa,
        to: &kamil,
        more: "In-Reply-To: <his-very-own@letters.test>\r\nReferences: <his-very-own@letters.test>\r\n",
        subject: "Re: His",
        ..Letter::default()
    };
    lay(&company, "kamil", &answer.bytes());
    sync(&company);
    assert!(!subjects(&company, "pumps", "anna").contains(&"Re: His".to_owned()));
    assert!(subjects(&company, "valves", "kamil").contains(&"Re: His".to_owned()));
    // Reading it all again changes nothing, nor what a person said since.
    let mail = company.sql("select id from mails where subject = 'Second inside'");
    company.standin(&["link", "--as", "anna", "remove", &mail, "pumps"]).succeed();
    let before = company.sql("select count(*) from mails");
    company.dovecot.renumber(&company.own_address("sales"), "INBOX");
    sync(&company);
    assert_eq!(company.sql("select count(*) from mails"), before);
    assert_eq!(
        company.sql(
            "select count(*) from corrections where how = 'attached' and undone_at is null and replaced_by is null"
        ),
        "3"
    );
    assert!(!subjects(&company, "pumps", "anna").contains(&"Second inside".to_owned()));
}

fn a_forward_in_the_text_is_only_asked_about(kind: Kind) {
    let (company, address) = with_dropbox(kind);
    let anna = company.own_address("anna");
    // Inline, it can only be asked about.
    let inline = Letter {
        from: &anna,
        to: &address,
        subject: "Fwd: a matter",
        body: "---------- Forwarded message ---------\r\nFrom: Jan <jan@x.test>\r\nSubject: a matter\r\n\r\nHello",
        ..Letter::default()
    };
    delivered(&company, &address, &signed_in(&company), &inline.bytes());
    sync(&company);
    assert_eq!(reason(&company, "anna"), "inline-forward");
    assert_eq!(stored(&company, "Fwd: a matter"), "1", "kept, for review");
    // Whose address is known is suggested, and only where she has that very mail it goes where that stands.
    let jan = company.client_address("jan");
    let handing = |subject: &str| {
        format!(
            "FYI\r\n\r\n---------- Forwarded message ---------\r\nFrom: Jan <{jan}>\r\nDate: Fri, 20 Nov 2026 10:00\r\nSubject: {subject}\r\nTo: {anna}\r\n\r\nHello"
        )
    };
    let send = |subject: &str, title: &str| {
        let body = handing(subject);
        let letter = Letter { id: title, from: &anna, to: &address, subject: title, body: &body, ..Letter::default() };
        delivered(&company, &address, &signed_in(&company), &letter.bytes());
        sync(&company);
    };
    lay(
        &company,
        "anna",
        &Letter { id: "the-very-one", from: &jan, to: &anna, subject: "Spindles of the pump", ..Letter::default() }
            .bytes(),
    );
    sync(&company);
    send("Nothing of the kind", "Fwd: unknown");
    assert_eq!(reason(&company, "anna"), "inline-forward");
    let meant = company
        .sql("select v.records from reviews v join mails m on m.id = v.mail_id where m.subject = 'Fwd: unknown'");
    let pumps = company.sql("select id from records where name = 'Acme pumps' or external_id = 'O1' limit 1");
    assert!(meant.contains(&pumps) && meant != "[]", "{meant} {pumps}");
    send("Re: Spindles of the pump", "Fwd: known");
    assert!(subjects(&company, "pumps", "anna").contains(&"Fwd: known".to_owned()));
    assert_eq!(company.sql("select how from corrections where how = 'quoted' and undone_at is null"), "quoted");
}

fn a_signed_reference_files_and_a_wrong_one_is_told(kind: Kind) {
    let company = Company::found(kind);
    let anna = company.own_address("anna");
    let addresses = json(&company, &["filing", "address", "pumps", "--as", "anna"]);
    let signed = addresses["signed"].as_str().unwrap().to_owned();
    assert!(signed.starts_with("anna+sr1-") && !signed.contains("1042"), "{signed}");
    assert_eq!(addresses["secret"], Value::Null);
    let cc = format!("Cc: {signed}\r\n");
    let letter = |more: &str, subject: &str| {
        Letter { from: &anna, to: "x@elsewhere.test", more, subject, ..Letter::default() }.bytes()
    };
    company.dovecot.append(&anna, "Sent", &letter(&cc, "Signed"));
    sync(&company);
    assert_eq!(subjects(&company, "pumps", "anna"), ["Signed"]);
    assert_eq!(company.sql("select how from filings where outcome = 'filed'"), "token");
    // A wrong one proves nothing.
    let wrong = format!("Cc: {}\r\n", signed.replacen("sr1-", "sr1-0", 1).replacen("0@", "@", 1));
    company.dovecot.append(&anna, "Sent", &letter(&wrong, "Tampered"));
    sync(&company);
    assert_eq!(reason(&company, "anna"), "wrong-token");
    assert!(!subjects(&company, "pumps", "anna").contains(&"Tampered".to_owned()));
    // A stranger who knows it files nothing; nor does one who calls himself Anna.
    let eve = Letter { from: "eve@evil.test", to: &anna, more: &cc, subject: "Eve", ..Letter::default() }.bytes();
    lay(&company, "anna", &eve);
    sync(&company);
    assert!(!subjects(&company, "pumps", "anna").contains(&"Eve".to_owned()));
    assert_eq!(company.sql("select count(*) from filings where how = 'token' and outcome = 'filed'"), "1");
    // Kamil may not change the record: no filing by him, whatever he copies.
    let refused = company.standin(&["filing", "address", "pumps", "--as", "kamil"]).run();
    assert!(refused.stderr.contains("does not exist, or it is not to be seen"));
    // An answer by a colleague that carries it along says nothing against a later word.
    let mail = company.sql("select id from mails where subject = 'Signed'");
    company.standin(&["link", "--as", "anna", "move", &mail, "acme", "--thread"]).succeed();
    let id = company.sql("select message_id from mails where subject = 'Signed'");
    let more = format!("{cc}In-Reply-To: <{id}>\r\nReferences: <{id}>\r\n");
    company.dovecot.append(&anna, "Sent", &letter(&more, "Re: Signed"));
    sync(&company);
    assert!(!subjects(&company, "pumps", "anna").contains(&"Re: Signed".to_owned()));
    assert!(subjects(&company, "acme", "anna").contains(&"Re: Signed".to_owned()));
}

fn killed_at_any_moment_nothing_is_lost_and_the_folders_come_right(kind: Kind) {
    let company = with_folders(kind);
    let anna = company.own_address("anna");
    lay(&company, "anna", &strangers(&company, "In the inbox"));
    let before = everything_else(&company, "anna");
    let mut put = Vec::new();
    for round in 0..12_u64 {
        // The record is renamed, given away or back, and mail is put into whatever folder there is.
        let owner = if round % 3 == 1 { "kamil" } else { "anna" };
        company.standin(&["assign", "pumps", "--to", owner]).run();
        let rows = format!("external_id,name,owner,account,number\npumps,Pompy {round} ł,{owner},acme,OP-1042\n");
        let file = company.folder.write("renamed.csv", rows);
        company.standin(&["import", "opportunities"]).arg(file).run();
        if let Some(folder) = folders(&company, "anna").into_iter().find(|p| p.contains("OP-1042")) {
            let subject = format!("Round {round}");
            let mut imap = company.dovecot.imap(&anna);
            let uid = imap.append("Standin/File", "", &strangers(&company, &subject));
            imap.command("SELECT Standin/File");
            imap.command(&format!("UID MOVE {uid} \"{folder}\""));
            put.push(subject);
        }
        let mut running = company.standin(&["sync", "--once"]).start();
        std::thread::sleep(std::time::Duration::from_millis(40 + 67 * (round * 7 % 12)));
        running.kill();
        if kind == Kind::Postgres {
            company.sql("update mailboxes set lease_until = 0");
        }
    }
    company.standin(&["assign", "pumps", "--to", "anna"]).run();
    for _ in 0..3 {
        sync(&company);
    }
    let all = folders(&company, "anna");
    let of_deal: Vec<&String> = all.iter().filter(|p| p.contains("OP-1042")).collect();
    assert_eq!(of_deal, [&format!("Standin/Opportunities/OP-1042{}", encode(" Pompy 11 ł"))], "{all:?}");
    assert!(!all.iter().any(|p| p.contains("removed")), "{all:?}");
    let lying: usize = all.iter().map(|p| company.dovecot.count(&anna, p)).sum();
    assert_eq!(lying, put.len(), "every mail lies where somebody can find it");
    assert!(put.len() >= 6);
    let mut on = subjects(&company, "pumps", "anna");
    on.sort();
    put.sort();
    assert_eq!(on, put, "and each is filed, once");
    assert_eq!(company.sql("select count(*) from (select mail_id from filings where mail_id is not null group by mail_id, location_id having count(*) > 1) x"), "0");
    let twice = "select count(*) from (select identity from corrections where what = 'filed' and undone_at is null \
                 and replaced_by is null group by identity having count(*) > 1) x";
    assert_eq!(company.sql(twice), "0");
    assert_eq!(everything_else(&company, "anna"), before);
}

fn the_page_says_how_and_the_running_program_follows(kind: Kind) {
    let mut company = Company::found(kind);
    let anna = company.own_address("anna");
    company.configure(|text| text.replacen("[[mailbox]]", "[mail]\npoll = 1\n\n[[mailbox]]", 1));
    company.start();
    let browser = company.browser("anna");
    let page = browser.read("/me/filing");
    assert!(page.says("Make folders in mailbox anna") && page.says("no mailbox for copies"), "{}", page.text);
    assert!(browser.read("/me").says("/me/filing"));
    // What lies in a folder when it is first looked at is history, and is filed all the same.
    company.dovecot.create(&anna, "Standin/Opportunities/OP-1042 Acme pumps");
    company.dovecot.append(&anna, "Standin/Opportunities/OP-1042 Acme pumps", &strangers(&company, "There before"));
    let on = [("what", "on"), ("mailbox", "anna")];
    assert_eq!(browser.post("/me/filing", &on).status, 303);
    assert_eq!(browser.post("/me/filing", &on).status, 422);
    assert_eq!(browser.post("/me/filing", &[("what", "on"), ("mailbox", "piotr")]).status, 422, "somebody else's");
    company.eventually("the folders are made", || (folders(&company, "anna").len() == 4).then_some(()));
    company.eventually("it is filed", || (subjects(&company, "pumps", "anna") == ["There before"]).then_some(()));
    let deal = path(&company, "anna", "Standin/Opportunities/");
    company.dovecot.append(&anna, &deal, &strangers(&company, "Put there now"));
    company.dovecot.append(&anna, "Standin/File", &strangers(&company, "Nowhere"));
    company.eventually("that too", || (subjects(&company, "pumps", "anna").len() == 2).then_some(()));
    let record = company.record("pumps");
    let page = browser.read(&format!("/records/{record}"));
    assert!(page.says("Filed by Anna Nowak: folder"), "{}", page.text);
    assert!(page.says("Anna Nowak put it into this record"), "{}", page.text);
    company.eventually("the other is told", || {
        browser.read("/me/filing").says("not filed: no record of yours fits").then_some(())
    });
    let page = browser.read("/me/filing?record=OP-1042");
    assert!(page.says("anna+sr1-") && page.says(&deal), "{}", page.text);
    let hidden = browser.read("/me/filing?record=OP-1043");
    assert!(!hidden.says("+sr1-") && hidden.says("it is not to be seen"), "{}", hidden.text);
    let visits = format!("select count(*) from record_visits where record_id = {record}");
    company.eventually("the visit is noted", || (company.sql(&visits) == "1").then_some(()));
    assert_eq!(company.sql("select count(*) from outbox"), "0");
}

macro_rules! on_both {
    ($($name:ident;)*) => {
        mod on_sqlite {
            use super::Kind;
            $(#[test] fn $name() { super::$name(Kind::Sqlite); })*
        }
        mod on_postgresql {
            use super::Kind;
            $(#[test] fn $name() { super::$name(Kind::Postgres); })*
        }
    };
}

on_both! {
    folders_are_made_for_records_and_follow_their_names_and_rights;
    a_mail_put_into_a_folder_is_filed_and_stays;
    file_finds_the_record_and_ignore_is_private;
    folders_of_the_users_own_making_are_followed_or_told;
    no_other_folder_is_touched_and_nothing_is_lost_when_it_is_switched_off;
    filing_takes_nothing_from_others_and_gives_no_sight;
    a_blind_copy_is_filed_for_its_sender_alone;
    an_attached_mail_is_filed_as_itself;
    a_forward_in_the_text_is_only_asked_about;
    a_signed_reference_files_and_a_wrong_one_is_told;
    killed_at_any_moment_nothing_is_lost_and_the_folders_come_right;
    the_page_says_how_and_the_running_program_follows;
}
