//! How well linking decides: `cargo bench --bench linking [-- --corpus DIR] [--seed N] [--examples N]`.
//!
//! Labelled cases go through the very functions that intake uses (`link::threads`, `link::decide`),
//! in two passes as intake does it: first what is sure, then what is ranked by that. Two sources:
//!
//! - (a) the threads of a folder of real mail, each taken as an opportunity: as they are, with the ids
//!   of a third of the replies taken away, with Message-IDs rewritten on the way, with subjects
//!   changed, with forwards to third persons. In each, at least a tenth of the senders are strangers
//!   who quote ids.
//! - (b) generated firms whose contacts have several open opportunities at once.
//!
//! (b) once more where a person decides what waits: of each mail counts what was decided before anybody was asked about it.
//!
//! The first mail of each opportunity is a person's word, as when an opportunity is made from a mail;
//! it is no decision and is not counted. The same seed gives the same figures on every machine.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    clippy::disallowed_methods
)]

#[path = "linking/asked.rs"]
mod asked;
#[path = "linking/corpus.rs"]
mod corpus;
#[path = "linking/decide.rs"]
mod decide;
#[path = "linking/firms.rs"]
mod firms;
#[allow(dead_code)]
#[path = "support/random.rs"]
mod random;
#[path = "linking/score.rs"]
mod score;

use score::{Bars, Score};
use std::path::PathBuf;

struct Options {
    corpus: Option<PathBuf>,
    seed: u64,
    examples: usize,
}

fn options() -> Options {
    let mut options = Options { corpus: None, seed: 20_261_122, examples: 3 };
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
    let mut threads = Score::default();
    match &options.corpus {
        Some(folder) => {
            let mails = corpus::read(folder);
            for variant in corpus::Variant::ALL {
                let world = corpus::world(&mails, variant, options.seed);
                let score = decide::run(&world);
                score.print(&format!("(a) {}", variant.word()), options.examples);
                threads.add(score);
            }
            threads.print("(a) all", 0);
        }
        None => println!("(a) is left out: give --corpus DIR"),
    }
    let firms = decide::run(&firms::world(options.seed));
    firms.print("(b) firms with several open opportunities", options.examples);
    let decided = asked::run(firms::worlds(options.seed));
    decided.print("(b) where a person decides what waits", 0);
    println!("\n{} decisions in all", threads.decisions + threads.strangers + firms.decisions + firms.strangers);
    if options.corpus.is_some() {
        threads.bars("(a)", &Bars::THREADS);
    }
    firms.bars("(b)", &Bars::FIRMS);
    decided.bars("(b) where a person decides what waits,", &Bars::FIRMS);
}
