//! How fast mail gets from a server onto timelines, beside mbsync.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]
#![allow(clippy::print_stdout)]

mod support;
use support::*;

fn main() -> anyhow::Result<()> {
    let dir = std::path::PathBuf::from(std::env::args().skip_while(|a| a != "--keep").nth(1).unwrap());
    let t = std::time::Instant::now();
    let people = people::People::new(7, 4000, 20000);
    std::fs::create_dir_all(&dir)?;
    for (name, text) in people.csv() {
        std::fs::write(dir.join(format!("{name}.csv")), text)?;
    }
    let w = maildir::write(7, &people, 50_000, &dir.join("mail"))?;
    println!("{w:?} {:?}", t.elapsed());
    Ok(())
}
