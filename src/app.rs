//! Starting and stopping: arguments, log, runtime, and the program that keeps running.

pub mod imports;
mod mailboxes;
mod serve;
mod tasks;

pub use serve::serve;

use crate::commands::{self, Cli};
use crate::intake::Clock;
use clap::Parser;
use std::io::IsTerminal;
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

/// Runs the program. The arguments are those of the process.
///
/// Exit codes: 0 done, 1 it failed (for `check`: warnings), 2 the input is wrong (for `check`: failures).
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    log();
    // A crate that finds two TLS providers at run time refuses to choose; there is only this one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(run(cli)),
        Err(error) => {
            tracing::error!(%error, "the runtime could not be started");
            ExitCode::FAILURE
        }
    }
}

/// `serve` stands above the commands, since it starts the pages too; everything else is a command.
async fn run(cli: Cli) -> ExitCode {
    if !cli.is_serve() {
        return commands::run(cli).await;
    }
    let served = match cli.configuration() {
        Ok(config) => serve(config, Clock::new(commands::now)).await,
        Err(error) => return commands::refused(error),
    };
    served.map_or_else(commands::failed, |()| ExitCode::SUCCESS)
}

/// Log lines go to standard error: text on a terminal, JSON for whoever collects it. STANDIN_LOG
/// changes the filter. The IMAP crates are off whatever it says first: at trace they print passwords.
#[expect(clippy::disallowed_methods, reason = "app is one of the three homes of the environment")]
fn log() {
    let wanted = std::env::var("STANDIN_LOG").unwrap_or_else(|_| "info".to_owned());
    let parsed = EnvFilter::try_new(format!(
        "{wanted},async_imap=off,imap_proto=off,lettre=off,rustls_platform_verifier=off,sqlx=warn"
    ));
    let bad = parsed.is_err();
    let filter = parsed.unwrap_or_else(|_| {
        EnvFilter::new("info,async_imap=off,imap_proto=off,lettre=off,rustls_platform_verifier=off,sqlx=warn")
    });
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let set = if std::io::stderr().is_terminal() { builder.try_init() } else { builder.json().try_init() };
    if bad {
        tracing::warn!("STANDIN_LOG is no filter and is not used; write it as `info` or `standin=debug,info`");
    }
    if let Err(error) = set {
        tracing::warn!(%error, "a log was set up before");
    }
}
