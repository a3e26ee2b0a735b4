//! A large collection of real mail, where one is given: `./test --corpus PATH` sets
//! `STANDIN_CORPUS`. It is not part of the project. Without it each test says that it was left
//! out, and `./test` repeats that in its last lines.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]
#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test says what it left out, and is told by the environment"
)]

use standin::commands::thread;
use standin::link::{number, threads, words};
use standin::model::address::Address;
use standin::model::facts::{Deal, Field, Known, LinkFacts, Member, PartyMatch, Past, Said};
use standin::model::id::RecordId;
use standin::model::mail::Mail;
use standin::model::record::{Kind, Status};
use standin::model::thread::ThreadInput;
use standin::parse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The corpus, or a word that the test named is left out.
fn corpus(test: &str) -> Option<PathBuf> {
    let path = std::env::var_os("STANDIN_CORPUS").map(PathBuf::from);
    if path.is_none() {
        println!("left out: corpus::{test} (give --corpus PATH)");
    }
    path
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut waiting = vec![folder.to_owned()];
    let mut found = Vec::new();
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())) {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else if path.extension().is_some_and(|e| e == "eml") {
                found.push(path);
            }
        }
    }
    found.sort();
    assert!(!found.is_empty(), "no .eml file in {}", folder.display());
    found
}

fn mails(folder: &Path) -> Vec<(PathBuf, Mail)> {
    files(folder).into_iter().map(|path| (path.clone(), parse::parse(&std::fs::read(&path).unwrap()))).collect()
}

/// The value of a column of labels.tsv by path.
fn labels(folder: &Path, column: &str) -> HashMap<PathBuf, String> {
    let table = std::fs::read_to_string(folder.join("labels.tsv")).expect("labels.tsv in the corpus");
    let mut lines = table.lines();
    let heads: Vec<&str> = lines.next().unwrap().split('\t').collect();
    let at = heads.iter().position(|head| *head == column).expect(column);
    lines
        .map(|line| {
            let cells: Vec<&str> = line.split('\t').collect();
            (folder.join(cells[0]), cells[at].to_owned())
        })
        .collect()
}

#[test]
fn every_mail_is_read_in_bounded_time() {
    let Some(folder) = corpus("every_mail_is_read_in_bounded_time") else { return };
    for path in files(&folder) {
        let raw = std::fs::read(&path).unwrap();
        let start = Instant::now();
        let mail = parse::parse(&raw);
        assert!(start.elapsed() < Duration::from_secs(1), "{} took {:?}", path.display(), start.elapsed());
        let failed = mail.defects.contains(&standin::model::mail::Defect::Unreadable);
        assert!(!failed, "{} broke the parser", path.display());
        let headers = mail.headers.0.iter().map(|field| &field.value);
        let texts =
            headers.chain([&mail.subject, &mail.text.body]).chain(mail.attachments.iter().map(|file| &file.name));
        assert!(!texts.into_iter().any(|text| text.contains('\0')), "{} keeps U+0000", path.display());
    }
}

#[test]
fn eight_bit_headers_are_readable() {
    let Some(folder) = corpus("eight_bit_headers_are_readable") else { return };
    let mut seen = 0;
    for path in files(&folder) {
        let raw = std::fs::read(&path).unwrap();
        let end = raw.windows(2).position(|w| w == b"\n\n" || w == b"\n\r").unwrap_or(raw.len());
        let (header, replacement) = (&raw[..end], "\u{fffd}".as_bytes());
        // What says U+FFFD itself, or encodes it, was unreadable before it came here.
        let encoded = header.windows(2).any(|w| w == b"=?");
        if header.is_ascii() || encoded || header.windows(3).any(|w| w == replacement) {
            continue;
        }
        seen += 1;
        for field in parse::parse(&raw).headers.0 {
            assert!(!field.value.contains('\u{fffd}'), "{}: {}", path.display(), field.name);
        }
    }
    assert!(seen > 0, "no 8-bit header in the corpus");
}

type Name = (Option<standin::model::thread::Key>, Vec<u8>);

fn partition(inputs: &[ThreadInput]) -> BTreeSet<BTreeSet<Name>> {
    let mut sets: BTreeMap<usize, BTreeSet<Name>> = BTreeMap::new();
    for (input, number) in inputs.iter().zip(threads::group(inputs)) {
        sets.entry(number).or_default().insert((input.id, input.identity.clone()));
    }
    sets.into_values().collect()
}

#[test]
fn threads_are_the_same_in_twenty_orders() {
    let Some(folder) = corpus("threads_are_the_same_in_twenty_orders") else { return };
    let mut inputs: Vec<ThreadInput> = mails(&folder).iter().map(|(_, mail)| thread::input(mail)).collect();
    let expected = partition(&inputs);
    let mut state = 42u64;
    for round in 0..20 {
        for index in (1..inputs.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            inputs.swap(index, (state >> 33) as usize % (index + 1));
        }
        assert!(partition(&inputs) == expected, "order {round} gives other threads");
    }
    println!("{} mails in {} threads", inputs.len(), expected.len());
}

/// The mails as linking sees them: every second domain is an account with two open opportunities, whose
/// people are contacts; what surely regards one is known from its even mails.
struct Linked {
    members: Vec<Member>,
    inputs: Vec<ThreadInput>,
    facts: LinkFacts,
}

fn linked(mails: &[(PathBuf, Mail)]) -> Linked {
    let mut facts = LinkFacts::default();
    let mut members: Vec<Member> = Vec::new();
    let mut accounts: BTreeMap<String, RecordId> = BTreeMap::new();
    for (n, (path, mail)) in mails.iter().enumerate() {
        let tagged = |field| move |p: &standin::model::mail::Party| (field, p.address.clone());
        let from = mail.from.iter().map(tagged(Field::From));
        let parties: Vec<(Field, Address)> =
            from.chain(mail.to.iter().map(tagged(Field::To))).chain(mail.cc.iter().map(tagged(Field::Cc))).collect();
        for (_, address) in &parties {
            let next = RecordId(accounts.len() as i64 * 10 + 1);
            let account = *accounts.entry(address.domain().to_owned()).or_insert(next);
            if account.0 % 20 == 1 && !facts.parties.contains_key(address) {
                let record = RecordId(1_000_000 + facts.parties.len() as i64);
                let (kind, account) = (Kind::Contact, Some(account));
                let party = PartyMatch { record, kind, account, claimed_by: None, agreed: Vec::new() };
                facts.parties.insert(address.clone(), vec![party]);
            }
        }
        let mut said = Said { words: Some(Arc::new(words::of_mail(&mail.subject, &mail.text))), ..Said::default() };
        said.marks = number::read(&mail.subject, &mail.text.visible());
        members.push(Member {
            id: None,
            thread: None,
            at: mail.date.unwrap_or_default(),
            identity: format!("{} {n}", path.display()).into_bytes(),
            from: mail.from.first().map(|p| p.address.clone()),
            parties,
            author: mail.author,
            channel: mail.channel,
            forward: mail.forward,
            auth_failed: n % 17 == 0,
            parent: None,
            reply_to: None,
            guessed: false,
            holders: Vec::new(),
            rules: Vec::new(),
            before: None,
            said,
        });
    }
    facts.own_domains.extend(accounts.keys().step_by(13).cloned());
    for (domain, account) in &accounts {
        for deal in [1, 2] {
            let id = RecordId(account.0 + deal);
            let ties = Deal { account: Some(*account), end_account: None, end_contact: None, status: Status::Open };
            facts.add_deal(id, ties);
            let about = members.iter().filter(|m| m.from.as_ref().is_some_and(|f| f.domain() == domain));
            let past = about.skip(deal as usize).step_by(4).take(30).map(|m| Past {
                identity: m.identity.clone(),
                at: m.at,
                words: m.said.words.clone().unwrap(),
                people: m.parties.iter().map(|(_, a)| a.clone()).collect(),
                writer: (String::new(), m.from.as_ref().map(ToString::to_string).unwrap_or_default()),
            });
            let mut past: Vec<Past> = past.collect();
            past.sort_by(|a, b| (a.at, &a.identity).cmp(&(b.at, &b.identity)));
            facts.known.insert(id, Known { name: words::of_name(domain), past });
        }
    }
    let inputs = mails.iter().map(|(_, mail)| thread::input(mail)).zip(&members);
    // What linking breaks ties by names each mail, so that copies are told apart in what is compared.
    let inputs = inputs.map(|(input, member)| ThreadInput { identity: member.identity.clone(), ..input }).collect();
    Linked { members, inputs, facts }
}

/// What is decided of each mail when they are read in this order.
fn decisions(linked: &Linked, order: &[usize]) -> BTreeMap<Vec<u8>, standin::model::link::Linking> {
    let inputs: Vec<ThreadInput> = order.iter().map(|n| linked.inputs[*n].clone()).collect();
    let parents = threads::parents(&inputs);
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    threads::group(&inputs).into_iter().enumerate().for_each(|(n, group)| groups.entry(group).or_default().push(n));
    let mut all = BTreeMap::new();
    for group in groups.values() {
        let member = |n: &usize| {
            let mut member = linked.members[order[*n]].clone();
            member.parent = parents[*n].and_then(|p| group.iter().position(|m| *m == p));
            member.reply_to = member.parent.and_then(|_| standin::model::id::MsgId::new("x@x"));
            member
        };
        let members: Vec<Member> = group.iter().map(member).collect();
        let decided = standin::link::decide(&members, &linked.facts);
        all.extend(members.into_iter().map(|m| m.identity).zip(decided));
    }
    all
}

#[test]
fn links_are_the_same_in_twenty_orders() {
    let Some(folder) = corpus("links_are_the_same_in_twenty_orders") else { return };
    let linked = linked(&mails(&folder));
    let mut order: Vec<usize> = (0..linked.members.len()).collect();
    let expected = decisions(&linked, &order);
    let mut state = 7u64;
    for round in 0..20 {
        for index in (1..order.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            order.swap(index, (state >> 33) as usize % (index + 1));
        }
        for (mail, linking) in decisions(&linked, &order) {
            assert_eq!(linking, expected[&mail], "order {round}: {}", String::from_utf8_lossy(&mail));
        }
    }
    let ranked = expected.values().filter(|l| format!("{l:?}").contains("Ranked {")).count();
    let suggested = expected.values().filter(|l| format!("{l:?}").contains("ForeignReply {")).count();
    println!("{} mails, {ranked} ranked, {suggested} with a forged reference", expected.len());
    assert!(ranked > 20 && suggested > 20);
}

#[test]
fn machines_are_told_from_people() {
    let Some(folder) = corpus("machines_are_told_from_people") else { return };
    let categories = labels(&folder, "category");
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (path, mail) in mails(&folder) {
        let Some(category) = categories.get(&path) else { continue };
        let group = match category.as_str() {
            "bounce" => "bounces",
            "thread" | "human-reply" => "people",
            "vacation" | "auto-reply" => "automatic answers",
            _ => continue,
        };
        let count = counts.entry(group).or_default();
        count.0 += 1;
        count.1 += usize::from(!mail.author.is_human());
    }
    let share = |group: &str| {
        let (all, automatic) = counts.get(group).copied().unwrap_or_default();
        println!("{group}: {automatic} of {all} automatic");
        automatic as f64 / all as f64
    };
    share("automatic answers");
    assert!(share("bounces") >= 0.98, "{counts:?}");
    assert!(share("people") <= 0.005, "{counts:?}");
}

#[test]
fn visible_text_is_what_the_sources_state() {
    let Some(folder) = corpus("visible_text_is_what_the_sources_state") else { return };
    let (mut met, mut all) = (0, 0);
    for (path, mail) in mails(&folder) {
        let Ok(expected) = std::fs::read(path.with_extension("expected.txt")) else { continue };
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        all += 1;
        met += usize::from(words(&mail.text.visible()) == words(&String::from_utf8_lossy(&expected)));
    }
    println!("visible text: {met} of {all}");
    // The rest differ by convention: whether a quote at the top, or a signature, counts as visible.
    assert!(met * 100 >= all * 88, "{met} of {all}");
}
