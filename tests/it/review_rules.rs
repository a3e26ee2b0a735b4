//! From a decision in review to a rule, as an admin does it: the offer on the page, its dry run, the command,
//! the rule at work, and no offer left after undoing. And the word on a whole domain, asked with how much
//! mail that is. On both databases.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

use crate::support::firm::Kind;
use crate::support::office::{Answer, Office, on_both};
use axum::http::{StatusCode, header};

fn escaped(text: &str) -> String {
    text.bytes()
        .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}

impl Answer {
    #[track_caller]
    fn leads(&self) -> String {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{self:?}");
        self.headers[header::LOCATION].to_str().unwrap().to_owned()
    }

    /// What a hidden field holds.
    #[track_caller]
    fn field(&self, name: &str) -> String {
        let at = format!("name=\"{name}\" value=\"");
        let (_, rest) = self.body.split_once(&at).unwrap_or_else(|| panic!("no {name}: {}", self.body));
        let text = rest.split('"').next().unwrap();
        text.replace("&#34;", "\"")
            .replace("&#39;", "'")
            .replace("&#60;", "<")
            .replace("&#62;", ">")
            .replace("&#38;", "&")
    }
}

impl Office {
    /// Kamil administers, has two open opportunities with Bo, and two mails of Bo's that regard neither surely.
    fn asked(kind: Kind) -> Office {
        let office = Office::open(kind);
        let deals = "external_id,name,owner,account,number\npipes,Pipes,kamil,beta,OP-3\n";
        office.import("opportunities", deals, None);
        office.company.rows("update users set role = 'admin' where login = 'kamil'");
        for subject in ["Question one", "Question two"] {
            office.mail("kamil", "bo@beta.test", "kamil@firma.example", subject);
        }
        assert_eq!(office.waiting(), ["Question one several", "Question two several"]);
        office
    }

    /// What Kamil is asked in his own mailbox.
    fn waiting(&self) -> Vec<String> {
        let found = self.json("review list --as kamil");
        let mails =
            found["mails"].as_array().unwrap().iter().filter(|m| m["from"].as_str().unwrap().ends_with("beta.test"));
        let mut all: Vec<String> =
            mails.map(|m| format!("{} {}", m["subject"].as_str().unwrap(), m["why"].as_str().unwrap())).collect();
        all.sort();
        all
    }

    fn number_of(&self, subject: &str) -> i64 {
        self.company.number(&format!("select id from mails where subject = '{subject}'"))
    }

    fn regards(&self, subject: &str) -> String {
        let sql = format!(
            "select coalesce(r.external_id, '-') from mails m left join records r on r.id = m.regarding_id \
             where m.subject = '{subject}'"
        );
        self.company.rows(&sql).pop().unwrap()
    }
}

on_both! {
    a_decision_offers_a_rule_that_then_does_it
    the_word_on_a_whole_domain_says_first_how_much_mail_that_is
}

async fn a_decision_offers_a_rule_that_then_does_it(kind: Kind) {
    let office = Office::asked(kind);
    let pages = office.pages().await;
    let (kamil, one, valves) = (office.user("kamil"), office.number_of("Question one"), office.record("valves"));
    let shown = pages.post(kamil, &format!("/review/{one}"), &format!("choice=r{valves}&like=1")).await.leads();
    let page = pages.get(kamil, &shown).await.body;
    assert!(page.contains("Decide 2 mails"), "{page}");
    let done = pages.post(kamil, shown.split('?').next().unwrap(), "n=1").await.leads();
    let number: i64 = done.split(['=', '&']).nth(1).unwrap().parse().unwrap();
    assert_eq!((office.regards("Question one"), office.regards("Question two")), ("valves".into(), "valves".into()));

    // The page offers a rule, and nothing is saved by looking at what it would do.
    let page = pages.get(kamil, &done).await;
    assert!(page.body.contains("Make a rule of it") && page.body.contains("See what it would change"), "{}", page.body);
    let text = page.field("toml");
    assert!(text.contains("bo@beta.test") && text.contains("OP-2"), "{text}");
    let tried = pages.post(kamil, "/admin/rules/new", &format!("do=try&toml={}", escaped(&text))).await.leads();
    assert!(tried.starts_with("/admin/rules/trials/"), "{tried}");
    let rows = pages.post(kamil, "/admin/rules/new", &format!("do=rows&toml={}", escaped(&text))).await;
    assert!(rows.body.contains("name=\"value0\" value=\"bo@beta.test\""), "{}", rows.body);
    assert_eq!(office.count("rule_changes"), 0);

    // The command shows the same rule with its dry run, to admins alone.
    let offered = office.json(&format!("review rule {number} --as kamil"));
    assert_eq!(offered["rule"]["then"]["regard"], "OP-2", "{offered}");
    let told = office.ok(&format!("review rule {number} --as kamil"));
    assert!(told.contains("Dry run over") && told.contains("[[rule]]") && told.contains("standin rules add"), "{told}");
    assert!(office.no(&format!("review rule {number} --as anna")).contains("only an admin"));
    assert!(office.no("review rule 424242 --as kamil").contains("offers no rule"));
    assert_eq!(office.count("rule_changes"), 0, "showing saves nothing");

    // As a file it becomes a rule; what comes then is asked no more.
    let printed = told.split_once("[[rule]]").unwrap().1.split("`standin rules add").next().unwrap();
    let file = office.company.file("offered.toml", &format!("[[rule]]{printed}"));
    office.ok(&format!("rules add {file} --as kamil"));
    let name = offered["rule"]["name"].as_str().unwrap().to_owned();
    office.company.call(["rules", "enable", &name, "--as", "kamil"]).succeed();
    office.mail("kamil", "bo@beta.test", "kamil@firma.example", "Question three");
    assert_eq!((office.regards("Question three"), office.waiting()), ("valves".into(), vec![]));

    // The operator did not make it, and is told who may take it back; what is not asked is not shown.
    let refused = office.no(&format!("review undo {number}"));
    assert!(refused.contains("was not taken back") && refused.contains(&format!("undo {number} --as")), "{refused}");
    assert!(office.no("review show 424242 --as kamil").contains("review asks nothing of you about mail 424242"));
    assert!(office.no("link list 424242 --as kamil").contains("nothing can be listed"));

    // Taken back, the decision offers nothing.
    pages.post(kamil, &format!("/review/decisions/{number}/undo"), "").await.leads();
    assert!(!pages.get(kamil, &done).await.body.contains("Make a rule of it"));
    assert!(office.no(&format!("review rule {number} --as kamil")).contains("offers no rule"));
    // And to who administers nothing, no decision does.
    office.company.rows("update users set role = 'account-manager' where login = 'kamil'");
    office.ok(&format!("review decide {one} {valves} --as kamil"));
    let last = office.company.number("select max(id) from decisions");
    assert!(!pages.get(kamil, &format!("/review?done={last}")).await.body.contains("Make a rule of it"));
    pages.close().await;
}

async fn the_word_on_a_whole_domain_says_first_how_much_mail_that_is(kind: Kind) {
    let office = Office::asked(kind);
    office.mail("kamil", "other@beta.test", "kamil@firma.example", "From another");
    let pages = office.pages().await;
    let (kamil, one, valves) = (office.user("kamil"), office.number_of("Question one"), office.record("valves"));
    let page = pages.get(kamil, &format!("/review?mail={one}")).await.body;
    for text in ["Always for everybody at beta.test, in my mailboxes", r#"data-key="d""#, r#"data-key="a""#] {
        assert!(page.contains(text), "{text}: {page}");
    }
    // Of one mail, too, it is shown first what it would be about, and nothing is decided by that.
    let mails = office.company.number(
        "select count(distinct m.id) from mails m join locations l on l.mail_id = m.id join folders f on f.id = l.folder_id \
         join mailboxes b on b.id = f.mailbox_id where m.from_address like '%@beta.test' and b.name = 'kamil'",
    );
    assert!(mails >= 3, "{mails}");
    let shown = pages.post(kamil, &format!("/review/{one}"), &format!("choice=r{valves}&domain=1")).await.leads();
    let page = pages.get(kamil, &shown).await.body;
    let asks = format!("All mail of @beta.test that lies in your mailboxes is to be about “Valves”: {mails} mails now");
    assert!(page.contains(&asks) && page.contains("Decide 1 mail"), "{page}");
    assert_eq!((office.regards("Question one"), office.count("corrections")), ("-".into(), 0));
    let done = pages.post(kamil, shown.split('?').next().unwrap(), "n=1").await.leads();
    for subject in ["Question one", "Question two", "From another"] {
        assert_eq!(office.regards(subject), "valves", "{subject}");
    }
    // What comes is about it, and undoing takes both words back.
    office.mail("kamil", "third@beta.test", "kamil@firma.example", "What comes");
    assert_eq!(office.regards("What comes"), "valves");
    let number: i64 = done.split(['=', '&']).nth(1).unwrap().parse().unwrap();
    office.ok(&format!("review undo {number} --as kamil"));
    for subject in ["Question one", "Question two", "From another", "What comes"] {
        assert_ne!(office.regards(subject), "valves", "{subject}");
    }
    // By command it is the same: shown with a number, then run.
    let told = office.ok(&format!("review decide {one} {valves} --domain --as kamil"));
    assert!(
        told.contains("All mail of @beta.test in your mailboxes would be about it")
            && told.contains("Nothing was decided yet"),
        "{told}"
    );
    assert_eq!(office.regards("Question one"), "-");
    let run = told.split('`').nth(1).unwrap().strip_prefix("standin ").unwrap().to_owned();
    office.ok(&format!("{run} --as kamil"));
    assert_eq!(office.regards("From another"), "valves");
    pages.close().await;
}
