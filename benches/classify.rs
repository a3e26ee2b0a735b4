//! How well machines are told from people, and what is decided upon it: `cargo bench --bench classify
//! [-- --corpus DIR] [--seed N] [--examples N]`.
//!
//! Everything goes through the functions that intake uses: `parse::parse`, `parse::automatic`,
//! `notice::decide`. Three sources: (a) a labelled folder of real mail; (b) generated mail by people, of many
//! programs and languages, nearly all of which must be answered; (c) generated mail by machines in wording and
//! shapes that the tables were not made from. It ends with an error where a bar is missed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    clippy::disallowed_methods
)]

#[path = "classify/corpus.rs"]
mod corpus;
#[path = "classify/desk.rs"]
mod desk;
#[path = "classify/machines.rs"]
mod machines;
#[path = "classify/people.rs"]
mod people;
#[allow(dead_code)]
#[path = "support/random.rs"]
mod random;
#[path = "classify/table.rs"]
mod table;

use standin::model::address::Address;
use standin::model::mail::Channel;
use standin::model::notice::Verdict;
use standin::parse::parse;
use std::collections::BTreeMap;
use std::path::PathBuf;
use table::{Asked, Bar};

/// Generated mails of each sort.
const MAILS: usize = 2_500;

struct Options {
    corpus: Option<PathBuf>,
    seed: u64,
    examples: usize,
}

fn options() -> Options {
    let mut options = Options { corpus: None, seed: 20_261_122, examples: 5 };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().unwrap_or_else(|| panic!("{argument} wants a value"));
        match argument.as_str() {
            "--corpus" => options.corpus = Some(PathBuf::from(value())),
            "--seed" => options.seed = value().parse().expect("a number"),
            "--examples" => options.examples = value().parse().expect("a number"),
            "--bench" => {}
            other => panic!("{other} is not known; there are --corpus DIR, --seed N, --examples N"),
        }
    }
    options
}

fn main() {
    let options = options();
    let mut good = true;
    match &options.corpus {
        Some(folder) => {
            println!("(a) real mail");
            good &= table::print(&corpus::bars(&corpus::read(folder)), options.examples);
            println!("    labels that are wrong: {}", corpus::wrong().len());
        }
        None => println!("(a) is left out: give --corpus DIR"),
    }
    println!("(b) generated mail by people");
    good &= table::print(&answered(options.seed), options.examples);
    println!("(c) generated mail by machines");
    good &= table::print(&held_out(options.seed), options.examples);
    if !good {
        println!("a bar was missed");
        std::process::exit(1);
    }
}

/// How many people get an answer; the rules that silence the rest.
fn answered(seed: u64) -> Vec<Bar> {
    let anna = Address::parse("anna@firma.test").unwrap();
    let mut answered = Bar::new("people's mail that is answered", Asked::AtLeast(0.95));
    let mut silenced: BTreeMap<&str, usize> = BTreeMap::new();
    for made in people::mails(seed, MAILS) {
        let mail = parse(made.raw.as_bytes());
        let verdict = desk::verdict(&mail, vec![anna.clone()]);
        let reason = match &verdict {
            Verdict::Send(_) => "",
            Verdict::Withhold(reason) => reason.rule(),
        };
        if !reason.is_empty() {
            *silenced.entry(reason).or_default() += 1;
        }
        let seen = || mail.evidence.iter().map(|e| format!("{} {}", e.rule, e.seen)).collect::<Vec<_>>().join("; ");
        answered.count(reason.is_empty(), &made.name, || format!("{reason}, {} by {}", mail.author.word(), seen()));
    }
    println!("    silenced by {silenced:?}");
    vec![answered]
}

/// How many machines are found: the author automatic, or the mail a list's or mass mail.
fn held_out(seed: u64) -> Vec<Bar> {
    let mut all = Bar::new("machines' mail found automatic or sent to many", Asked::AtLeast(0.9));
    let mut notices = Bar::new("notices to machines that named themselves in a field", Asked::AtMost(0.0));
    let mut groups: BTreeMap<String, Bar> = BTreeMap::new();
    let anna = Address::parse("anna@firma.test").unwrap();
    for (group, made) in machines::mails(seed, MAILS) {
        let mail = parse(made.raw.as_bytes());
        let found = !mail.author.is_human() || mail.channel != Channel::Direct;
        all.count(found, &made.name, || mail.author.word().to_owned());
        if group.ends_with("with some field") {
            let delivered = parse(&desk::delivered(made.raw.as_bytes()));
            let sent = matches!(desk::verdict(&delivered, vec![anna.clone()]), Verdict::Send(_));
            notices.count(sent, &made.name, || mail.author.word().to_owned());
        }
        let bar = groups.entry(group.clone()).or_insert_with(|| Bar::new(&format!("  {group}"), Asked::Told));
        bar.count(found, &made.name, || mail.author.word().to_owned());
    }
    [all, notices].into_iter().chain(groups.into_values()).collect()
}
