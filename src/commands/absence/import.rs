//! `standin absence import`.

use super::super::{Done, Failure, Place, import as files, output};
use super::Desk;
use crate::actions::import::{self, Options};
use std::path::PathBuf;
use std::process::ExitCode;

pub(super) const HELP: &str = "\
The first row names the columns, in any order. Cells are separated by commas, semicolons or tabs; the file may be
UTF-8 or come from a spreadsheet in windows-1250. A column that is not there leaves its field as it is; an empty
cell empties the field.

user*         login of who is away
from*         first day away, such as 2026-11-20; with a time 2026-11-20T12:00
until         last day away, or day and time of the return; empty: the end is open
confirm_on    with an open end: when it is asked about; else two weeks after the first day
back_on       first day back, where it is not the next working day
substitute    login of who covers
exceptions    who covers what else: account:17=kamil | class:A=ewa
deputy        login of who covers confidential records
type          leave (default), sick, business, parental or other; colleagues never see it
plan          cover (default) or hand-over
cover_writes  no: whoever covers reads only
notice        yes: clients who write are told
zone          IANA zone of the dates; else the person's";

#[derive(Debug, clap::Args)]
pub(in super::super) struct Arguments {
    /// The CSV file.
    file: PathBuf,
    /// Say what would be done, and do nothing.
    #[arg(long)]
    dry_run: bool,
    /// Import the sound rows although others are broken.
    #[arg(long)]
    skip_broken: bool,
    #[command(flatten)]
    on_behalf: super::OnBehalf,
    /// Print the outcome as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(arguments: Arguments, place: &Place) -> Done {
    let file = arguments.file.display().to_string();
    let bytes = std::fs::read(&arguments.file)
        .map_err(|error| Failure::input(format!("the file {file} cannot be read"), error.to_string()))?;
    let mut desk = Desk::open(place, true).await?;
    let by = arguments.on_behalf.user(&mut desk.tx).await?;
    let options = Options {
        leave_records: false,
        skip_broken: arguments.skip_broken,
        by,
        zone: desk.config.zone.clone(),
        language: desk.config.language.clone(),
    };
    let (summary, warnings) = import::absences(&mut desk.tx, &bytes, &options, &desk.world, desk.now)
        .await
        .map_err(|error| files::refused(&file, error, arguments.skip_broken))?;
    desk.close(!arguments.dry_run).await?;
    files::report("absences", &summary, arguments.dry_run, arguments.json)?;
    warnings.iter().for_each(|warning| output::note(&format!("warning: {warning}")));
    Ok(if summary.broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}
