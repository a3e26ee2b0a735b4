//! The bars over a labelled folder of real mail.

use super::desk;
use super::table::{Asked, Bar};
use chrono::NaiveDate;
use standin::model::automatic::{Automatic, BounceKind, Certainty};
use standin::model::mail::{Author, Mail};
use standin::model::notice::Verdict;
use standin::parse;
use std::collections::BTreeSet;
use std::path::Path;

/// Labels that are wrong, with the reason: reported in docs/automatic-mail.md, not obeyed.
const WRONG: &str = include_str!("wrong-labels.tsv");

/// One mail with what its source says of it.
pub struct Labelled {
    path: String,
    category: String,
    auto: String,
    label: String,
    tags: BTreeSet<String>,
    raw: Vec<u8>,
    mail: Mail,
    found: Automatic,
}

/// Reads the folder by its labels.tsv.
pub fn read(folder: &Path) -> Vec<Labelled> {
    let table = std::fs::read_to_string(folder.join("labels.tsv")).expect("labels.tsv in the folder");
    let mut lines = table.lines();
    let heads: Vec<&str> = lines.next().expect("a head").split('\t').collect();
    let column = |name: &str| heads.iter().position(|head| *head == name).expect("a column");
    let (path, category, auto) = (column("path"), column("category"), column("auto"));
    let (label, tags) = (column("source_label"), column("tags"));
    let one = |line: &str| {
        let cells: Vec<&str> = line.split('\t').collect();
        let raw = std::fs::read(folder.join(cells[path])).expect("a file that labels.tsv names");
        let mail = parse::parse(&raw);
        let found = parse::automatic(&raw, &mail);
        Labelled {
            path: cells[path].to_owned(),
            category: cells[category].to_owned(),
            auto: cells[auto].to_owned(),
            label: cells[label].to_owned(),
            tags: cells[tags].split(',').map(str::to_owned).collect(),
            raw,
            mail,
            found,
        }
    };
    lines.map(one).collect()
}

/// The paths whose labels are wrong, with the bar that leaves each out.
pub fn wrong() -> Vec<(&'static str, &'static str)> {
    let lines = WRONG.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| line.split_once('\t'))
        .map(|(path, rest)| (path, rest.split('\t').next().unwrap()))
        .collect()
}

/// Every bar. A wrong label is left out of the bar on which it tells, and obeyed elsewhere.
pub fn bars(mails: &[Labelled]) -> Vec<Bar> {
    let without = |bar: &str| -> Vec<&Labelled> {
        let wrong: BTreeSet<&str> = wrong().into_iter().filter(|(_, of)| *of == bar).map(|(path, _)| path).collect();
        mails.iter().filter(|one| !wrong.contains(one.path.as_str())).collect()
    };
    let every = without("");
    let mut all = notices(&without("notices"));
    all.extend(authors(&without("answers")));
    all.push(recipients(&every));
    all.extend(hard(&without("hard")));
    all.extend(absences(&every));
    all.extend(negatives(&every));
    all
}

fn found(one: &Labelled) -> String {
    let seen: Vec<String> = one.mail.evidence.iter().map(|e| format!("{} {}", e.rule, e.seen)).collect();
    format!("{} by {}", one.mail.author.word(), seen.join("; "))
}

/// Notices that would be sent.
fn notices(mails: &[&Labelled]) -> Vec<Bar> {
    let mut automatic = Bar::new("notices to automatic mail", Asked::AtMost(0.0));
    let mut many = Bar::new("notices to lists, mass mail and null return paths", Asked::AtMost(0.0));
    let mut spam = Bar::new("notices to spam that the server marked", Asked::AtMost(0.0));
    let mut unmarked = Bar::new("notices to spam that no server marked, sender taken for known", Asked::Told);
    for one in mails {
        let tagged = |names: &[&str]| names.iter().any(|name| one.tags.contains(*name));
        let raw = desk::delivered(&one.raw);
        let mail = parse::parse(&raw);
        let verdict = desk::verdict(&mail, desk::addressed(&mail));
        let sent = matches!(verdict, Verdict::Send(_));
        if one.auto != "none" {
            automatic.count(sent, &one.path, || found(one));
        } else if tagged(&["list", "list-unsubscribe", "bulk", "null-return-path"]) {
            many.count(sent, &one.path, || found(one));
        } else if tagged(&["spam"]) {
            // What calls it spam is the filter of whoever collected it: a server writes that into the mail.
            let marked = [b"X-Spam-Flag: YES\n".as_slice(), &raw].concat();
            let marked = parse::parse(&marked);
            let sent_marked = matches!(desk::verdict(&marked, desk::addressed(&marked)), Verdict::Send(_));
            spam.count(sent_marked, &one.path, || found(one));
            unmarked.count(sent, &one.path, || one.mail.subject.clone());
        }
    }
    vec![automatic, many, spam, unmarked]
}

/// Authors told from each other.
fn authors(mails: &[&Labelled]) -> Vec<Bar> {
    let mut bounces = Bar::new("bounces whose author is automatic", Asked::AtLeast(0.98));
    let mut people = Bar::new("threads and people's replies whose author is automatic", Asked::AtMost(0.005));
    let mut answers = Bar::new("real automatic answers whose author is automatic", Asked::AtLeast(0.98));
    for one in mails {
        let automatic = !one.mail.author.is_human();
        match one.category.as_str() {
            "bounce" => bounces.count(automatic, &one.path, || found(one)),
            "thread" | "human-reply" => people.count(automatic, &one.path, || found(one)),
            "vacation" | "auto-reply" if !one.path.starts_with("synthetic/") => {
                answers.count(automatic, &one.path, || found(one));
            }
            _ => {}
        }
    }
    vec![bounces, people, answers]
}

/// Recipients exactly as the source states them.
fn recipients(mails: &[&Labelled]) -> Bar {
    let mut bar = Bar::new("bounces whose failed recipients are exactly those stated", Asked::AtLeast(1.0));
    for one in mails.iter().filter(|one| one.path.starts_with("mailman2/")) {
        let Some((_, stated)) = one.label.split_once("rcpt=").filter(|(_, stated)| !stated.is_empty()) else {
            continue;
        };
        let stated: BTreeSet<String> = stated.split(',').map(|address| address.trim().to_lowercase()).collect();
        let named: BTreeSet<String> = one.found.bounces.iter().map(|bounce| bounce.recipient.to_string()).collect();
        let further =
            one.found.bounces.iter().filter_map(|bounce| bounce.passed_on_to.as_ref()).map(ToString::to_string);
        let with_further: BTreeSet<String> = named.iter().cloned().chain(further).collect();
        // An address to which an alias led is stated by some sources and not by others.
        bar.count(named == stated || with_further == stated, &one.path, || format!("{named:?} for {stated:?}"));
    }
    bar
}

/// Hard failures told from others, as if we had sent the original.
fn hard(mails: &[&Labelled]) -> Vec<Bar> {
    let mut right = Bar::new("failures told hard or not hard as the source states", Asked::AtLeast(0.9));
    let mut false_marks =
        Bar::new("addresses called wrong where the source says that they are not", Asked::AtMost(0.0));
    for one in mails.iter().filter(|one| one.path.starts_with("sisimai/") && one.label.contains("hard=")) {
        let stated: Vec<bool> = one.label.split("hard=").skip(1).map(|rest| rest.starts_with("true")).collect();
        let wanted = stated.iter().filter(|hard| **hard).count();
        let ours = one.found.bounces.iter().filter(|bounce| bounce.kind == BounceKind::Hard).count();
        let say = || {
            let say = |b: &standin::model::automatic::Bounce| {
                format!("{} {:?} {:?} {:?} {:?}", b.recipient, b.kind, b.status, b.code, b.text)
            };
            format!("{} | {}", one.label, one.found.bounces.iter().map(say).collect::<Vec<_>>().join(" || "))
        };
        right.count(ours == wanted, &one.path, say);
        false_marks.count(ours > wanted, &one.path, say);
    }
    vec![right, false_marks]
}

fn stated_end(label: &str) -> Option<NaiveDate> {
    let value = |name: &str| {
        let (_, rest) = label.split_once(name)?;
        rest.get(..10)?.parse::<NaiveDate>().ok()
    };
    value("until=").or_else(|| value("back=").and_then(|day| day.pred_opt()))
}

/// The hand-written absences and acknowledgements.
fn absences(mails: &[&Labelled]) -> Vec<Bar> {
    let mut kinds = Bar::new("synthetic notices classified as what they are", Asked::AtLeast(1.0));
    let mut dates = Bar::new("stated ends of absences read", Asked::Number(23));
    let mut sure = Bar::new("ends of absences that are wrong and called sure", Asked::AtMost(0.0));
    let mut instead = Bar::new("stated substitutes and successors named", Asked::AtLeast(1.0));
    for one in mails.iter().filter(|one| one.path.starts_with("synthetic/vac-")) {
        let wanted = match one.label.as_str() {
            label if label.contains("left-company") => Author::LeftCompany,
            label if label.contains("acknowledgement") => Author::Acknowledgement,
            label if label.contains("challenge") => Author::Challenge,
            _ => Author::Vacation,
        };
        kinds.count(one.mail.author == wanted, &one.path, || found(one));
        if let Some(end) = stated_end(&one.label) {
            let away = one.found.away.clone().unwrap_or_default();
            let say = || format!("{:?} {:?} for {end}", away.until, away.certainty);
            dates.count(away.until == Some(end), &one.path, say);
            sure.count(away.until != Some(end) && away.certainty == Certainty::Sure, &one.path, say);
        }
        let stated = one.label.split_once("substitute=").map_or("", |(_, address)| address);
        if stated.contains('@') {
            let away = one.found.away.iter().flat_map(|away| &away.substitutes);
            let named: Vec<String> = away
                .chain(one.found.left.iter().flat_map(|left| &left.successors))
                .map(|one| one.address.to_string())
                .collect();
            instead.count(named.iter().any(|address| address == stated), &one.path, || format!("{named:?}"));
        }
    }
    vec![kinds, dates, sure, instead]
}

/// What looks automatic and is not.
fn negatives(mails: &[&Labelled]) -> Vec<Bar> {
    let mut people = Bar::new("people's mail made to look automatic, told as people's", Asked::AtLeast(1.0));
    let mut reports = Bar::new("false alarms of another filter that are no delivery reports", Asked::AtLeast(1.0));
    for one in mails {
        if one.path.starts_with("synthetic/human-") {
            people.count(one.mail.author.is_human(), &one.path, || found(one));
        }
        // What the other filter spares for being about mail of its own is a report all the same.
        let spared = one.path.starts_with("spamassassin-rules/BOUNCE_MESSAGE_fp") && one.auto != "bounce";
        if spared && !one.tags.contains("dsn") {
            let report = matches!(one.mail.author, Author::DsnFailed | Author::DsnDelayed | Author::DsnDelivered);
            reports.count(!report, &one.path, || found(one));
        }
    }
    vec![people, reports]
}
