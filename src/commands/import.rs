//! `standin import`: users and records from CSV files.

use super::{Done, Failure, Place, output, user, world};
use crate::actions::consents;
use crate::actions::import::{self, Broken, ImportError, Options, Summary, What};
use crate::actions::privacy;
use crate::config::Config;
use crate::intake::reconsider::{self, Added, Ground};
use crate::model::id::UserId;
use crate::model::record::Kind;
use crate::model::time::Timestamp;
use crate::store::Tx;
use crate::store::keys::Keys;
use clap::{Args, Subcommand};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const COMMON: &str = "\
The first row names the columns, in any order. Cells are separated by commas, semicolons or tabs; the file may be
UTF-8 or come from a spreadsheet in windows-1250. A column that is not there leaves its field as it is; an empty
cell empties the field (but not owner, status, role and confidential).";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Import users; found again by `login`.
    #[command(after_help = format!("{COMMON}\n\n\
        login*          name to sign in with\n\
        name*           full name\n\
        role            account-manager (default), staff or admin\n\
        emails          every address they write from, the main one first; separated by ; | or space\n\
        manager         login of their line manager, anywhere in the file or known before\n\
        team            name of their team; made if there is none of that name\n\
        team_fallback   yes: answers for the team when owner and substitutes are all away\n\
        zone, language  IANA zone; en or pl; else those of the configuration\n\
        phone           number that clients may be told\n\
        password        at least 8 characters\n\
        active          no: deactivated; signs in no more, answers for nothing\n\
        external_id     their id in another system"))]
    Users(Arguments),
    /// Import accounts; found again by `external_id`.
    #[command(after_help = format!("{COMMON}\n\n\
        external_id*    its id in the system it comes from\n\
        name*           name of the company\n\
        owner           login of the one user responsible; needed for new ones\n\
        domains         mail domains of the company; separated by ; | or space\n\
        class           A, B, C or D\n\
        phone, city     free text\n\
        team            name of a team; else the owner's\n\
        confidential    yes or no"))]
    Accounts(Arguments),
    /// Import contacts; found again by `external_id`.
    #[command(after_help = format!("{COMMON}\n\n\
        external_id*    its id in the system it comes from\n\
        name*           full name\n\
        owner           login of the one user responsible; needed for new ones\n\
        account         external_id of the account\n\
        emails          addresses; separated by ; | or space\n\
        phone, city     free text\n\
        language        in which they are written to: its code, such as pl or en\n\
        team            name of a team; else the owner's\n\
        confidential    yes or no"))]
    Contacts(Arguments),
    /// Import leads; found again by `external_id`.
    #[command(after_help = format!("{COMMON}\n\n\
        external_id*    its id in the system it comes from\n\
        name*           what people call it\n\
        owner           login of the one user responsible; needed for new ones\n\
        emails          addresses; separated by ; | or space\n\
        status          open (default), won, lost or converted\n\
        phone, city     free text\n\
        language        in which they are written to: its code, such as pl or en\n\
        team            name of a team; else the owner's\n\
        confidential    yes or no"))]
    Leads(Arguments),
    /// Import opportunities; found again by `external_id`.
    #[command(after_help = format!("{COMMON}\n\n\
        external_id*    its id in the system it comes from\n\
        name*           what people call it\n\
        owner           login of the one user responsible; needed for new ones\n\
        account         external_id of the account: the client, or the partner it is given to\n\
        end_account     external_id of the end customer's company\n\
        end_contact     external_id of the end customer's person\n\
        number          its own number, such as OP-1042\n\
        status          open (default), won or lost\n\
        team            name of a team; else the owner's\n\
        confidential    yes or no"))]
    Opportunities(Arguments),
    /// Import mail from an archive: an mbox file, a Maildir, .eml files. It is never answered.
    Mail(super::archive::Arguments),
}

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The CSV file.
    file: PathBuf,
    /// Say what would be done, and do nothing.
    #[arg(long)]
    dry_run: bool,
    /// Import the sound rows although others are broken.
    #[arg(long)]
    skip_broken: bool,
    /// Deactivate users although they own records; those stay with them, and the fallback answers.
    #[arg(long)]
    leave_records: bool,
    /// Login of the user on whose behalf; without it you are trusted like an admin.
    #[arg(long = "as", value_name = "USER")]
    by: Option<String>,
    /// Print the outcome as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(command: Command, place: &Place) -> Done {
    let (what, arguments) = match command {
        Command::Users(arguments) => (What::Users, arguments),
        Command::Accounts(arguments) => (What::Records(Kind::Account), arguments),
        Command::Contacts(arguments) => (What::Records(Kind::Contact), arguments),
        Command::Leads(arguments) => (What::Records(Kind::Lead), arguments),
        Command::Opportunities(arguments) => (What::Records(Kind::Opportunity), arguments),
        Command::Mail(arguments) => return super::archive::run(arguments, place).await,
    };
    let file = arguments.file.display().to_string();
    let bytes = std::fs::read(&arguments.file)
        .map_err(|error| Failure::input(format!("the file {file} cannot be read"), error.to_string()))?;
    let (config, db) = place.open().await?;
    let now = super::now();
    let mut tx = db.write().await?;
    // Mail may be decided again: nobody links any meanwhile.
    tx.alone().await?;
    let by = match &arguments.by {
        Some(login) => Some(user(&mut tx, login).await?.person.id),
        None => None,
    };
    let world = world(&mut tx, &config, now).await?;
    let options = Options {
        skip_broken: arguments.skip_broken,
        leave_records: arguments.leave_records,
        by,
        zone: config.zone.clone(),
        language: config.language.clone(),
    };
    let mut summary = import::import(&mut tx, what, &bytes, &options, &world, now)
        .await
        .map_err(|error| refused(&file, error, arguments.skip_broken))?;
    if !arguments.dry_run {
        read_again(&mut tx, &mut summary, by, &config, now).await?;
        if !summary.addressed.is_empty() {
            consents::ask(&mut tx, &keys(&config.data_dir)?, &summary.addressed, now).await?;
        }
        tx.commit().await?;
    } else {
        drop(tx);
    }
    db.close().await;
    let name = match what {
        What::Users => "users",
        What::Records(Kind::Account) => "accounts",
        What::Records(Kind::Contact) => "contacts",
        What::Records(Kind::Lead) => "leads",
        What::Records(Kind::Opportunity) => "opportunities",
    };
    report(name, &summary, arguments.dry_run, arguments.json)?;
    Ok(if summary.broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// What stands on records since now is taken into account for mail that is stored, and mail that was not
/// stored because it concerned nobody is read again.
async fn read_again(
    tx: &mut Tx,
    summary: &mut Summary,
    by: Option<UserId>,
    config: &Config,
    now: Timestamp,
) -> Result<(), Failure> {
    if summary.addressed.is_empty() && summary.vouched.is_empty() && summary.domains.is_empty() {
        return Ok(());
    }
    let keys = keys(&config.data_dir)?;
    let erased = privacy::keep_off(tx, &keys, &summary.addressed).await?;
    if erased > 0 {
        output::note(&format!(
            "Addresses that were erased and were not taken: {erased}. Remove them where this file comes from."
        ));
    }
    let own_domains = config.house();
    let ground = Ground { own_domains: &own_domains, keys: &keys, now };
    let added = Added { vouched: &summary.vouched, claimed_on: &summary.addressed, domains: &summary.domains };
    summary.read_again = reconsider::added(tx, &added, by, ground).await?;
    Ok(())
}

fn keys(data_dir: &Path) -> Result<Keys, Failure> {
    Keys::load(data_dir).map_err(|error| {
        let what = format!("the instance key in {} cannot be read or made", data_dir.display());
        Failure::failed(what, error).then("check `data_dir` and who may write there")
    })
}

/// Why nothing was imported, and what to do.
pub(super) fn refused(file: &str, error: ImportError, skip_broken: bool) -> Failure {
    let what = format!("nothing was imported from {file}");
    match error {
        ImportError::Rows { rows, broken } => {
            let count = import::rows_of(&broken);
            let mut why: Vec<String> = broken.iter().take(50).map(Broken::to_string).collect();
            if broken.len() > why.len() {
                why.push(format!("… and {} more", broken.len() - why.len()));
            }
            let next = match skip_broken {
                true => "correct them and import again".to_owned(),
                false => format!(
                    "correct them and import again, or import the rest ({}) with --skip-broken",
                    rows.saturating_sub(count)
                ),
            };
            Failure::input(format!("{what}: broken rows: {count} of {rows}"), why.join("\n")).then(next)
        }
        ImportError::Other(error) => Failure { what, ..Failure::from(error) },
        other => Failure::input(what, other.to_string()),
    }
}

/// Says what an import of `name` did, or would do.
pub(super) fn report(name: &str, summary: &Summary, dry_run: bool, as_json: bool) -> Result<(), Failure> {
    if as_json {
        let broken: Vec<_> = summary
            .broken
            .iter()
            .map(|b| serde_json::json!({ "row": b.row, "column": b.column, "error": b.text }))
            .collect();
        return Ok(output::json(&serde_json::json!({
            "dry_run": dry_run,
            "rows": summary.rows,
            "created": summary.created,
            "changed": summary.changed,
            "unchanged": summary.unchanged,
            "broken": broken,
            "charset": summary.charset,
            "read_again": summary.read_again,
        }))?);
    }
    let would = if dry_run { "A dry run, nothing was changed. It would be: " } else { "" };
    let read = if summary.charset == "UTF-8" { String::new() } else { format!(" (read as {})", summary.charset) };
    output::line(&format!(
        "{would}{name}: {} new, {} changed, {} as they were; rows left out: {}{read}",
        summary.created,
        summary.changed,
        summary.unchanged,
        import::rows_of(&summary.broken)
    ))?;
    if summary.read_again > 0 {
        output::line(&format!(
            "Mails that were known and not stored, and are read again now: {}. `standin mailbox status` shows how far \
             that is.",
            summary.read_again
        ))?;
    }
    for broken in &summary.broken {
        output::note(&broken.to_string());
    }
    Ok(())
}
