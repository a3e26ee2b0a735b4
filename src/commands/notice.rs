//! `standin notice`: absence notices to clients.

use super::{Done, Place, notice_switch};
use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// The one switch for all of them.
    #[command(flatten)]
    Switch(notice_switch::Switch),
}

pub(super) async fn run(command: Command, place: &Place) -> Done {
    match command {
        Command::Switch(switch) => notice_switch::run(switch, place).await,
    }
}
