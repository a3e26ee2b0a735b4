//! The program: arguments in, exit code out. Everything else is the library.

use clap::Parser;
use standin::commands::{inspect, thread};
use std::process::ExitCode;

#[derive(Parser)]
#[command(name = "standin", version)]
enum Arguments {
    /// Shows what parsing and classification see in mail files.
    Inspect(inspect::Args),
    /// Shows the thread of every mail in a set of files.
    Thread(thread::Args),
}

fn main() -> ExitCode {
    let done = match Arguments::parse() {
        Arguments::Inspect(args) => inspect::run(&args),
        Arguments::Thread(args) => thread::run(&args),
    };
    done.unwrap_or_else(|trouble| {
        eprintln!("{trouble:#}");
        ExitCode::FAILURE
    })
}
