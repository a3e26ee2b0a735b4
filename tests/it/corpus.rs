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
use standin::link::threads;
use standin::model::mail::Mail;
use standin::model::thread::ThreadInput;
use standin::parse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
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
