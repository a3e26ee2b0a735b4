//! The bars of benches/classify over a large collection of real mail, where one is given (`./test --corpus PATH`):
//! no notice to machines, bounces and absences read, people told from both.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]
#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test says what it left out, and is told by the environment"
)]

#[path = "../../benches/classify/corpus.rs"]
mod bars;
#[path = "../../benches/classify/desk.rs"]
mod desk;
#[path = "../../benches/classify/table.rs"]
mod table;

use std::path::PathBuf;

#[test]
fn corpus_bars_on_automatic_mail_hold() {
    let Some(folder) = std::env::var_os("STANDIN_CORPUS").map(PathBuf::from) else {
        println!("left out: corpus_automatic::corpus_bars_on_automatic_mail_hold (give --corpus PATH)");
        return;
    };
    let mails = bars::read(&folder);
    assert!(table::print(&bars::bars(&mails), 40), "a bar was missed, see the table");
    assert!(bars::wrong().len() < 20);
}
