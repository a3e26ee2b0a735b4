//! Setting mailboxes up, trying, pausing and removing them, by command: what the page does, through the same actions.

use super::super::asking::Asking;
use super::super::{Done, Failure, Place, output};
use crate::actions::mailbox_test::{self, Found, Tried};
use crate::actions::mailboxes::{self as actions, No, Secret, Wanted, WantedServer};
use crate::config::{Auth, Config, Content, Mailbox, Security};
use crate::model::id::MailboxId;
use crate::store::instance::{Instance, Use};
use crate::store::mailbox_settings::{self as settings, Standing};
use crate::store::{self, Tx};
use clap::{Args, ValueEnum};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// A mailbox that is there.
#[derive(Debug, Args)]
pub(in super::super) struct Named {
    /// Its name.
    name: String,
    /// Login of the admin, or the owner, as whom to act; without it you are the operator.
    #[arg(long = "as", value_name = "USER")]
    acting: Option<String>,
}

/// How a connection is protected.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Protection {
    #[default]
    Tls,
    Starttls,
    Plain,
}

impl Protection {
    fn security(self) -> Security {
        match self {
            Protection::Tls => Security::Tls,
            Protection::Starttls => Security::Starttls,
            Protection::Plain => Security::Plain,
        }
    }
}

/// A mailbox as it is to be.
#[derive(Debug, Args)]
pub(in super::super) struct Wished {
    /// Its name in Standin.
    name: String,
    /// Its address.
    #[arg(long)]
    address: String,
    /// Login of whose it is; without it, a shared mailbox.
    #[arg(long)]
    user: Option<String>,
    /// Where it is read: the host.
    #[arg(long)]
    imap_host: String,
    /// Its port; without it, the usual one.
    #[arg(long)]
    imap_port: Option<u16>,
    /// How the connection is protected.
    #[arg(long, value_enum, default_value_t)]
    imap_security: Protection,
    /// The login there; the address if it is left out.
    #[arg(long)]
    imap_user: Option<String>,
    /// A file that holds the password; its last line end does not count. Without it, the one that is kept.
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// Where its mail is sent: the host. Without it, nothing is sent.
    #[arg(long)]
    smtp_host: Option<String>,
    /// Its port; without it, the usual one.
    #[arg(long)]
    smtp_port: Option<u16>,
    /// How the connection is protected.
    #[arg(long, value_enum, default_value_t)]
    smtp_security: Protection,
    /// The login there; that of reading if it is left out. `-`: no sign-in, for a server on this machine.
    #[arg(long)]
    smtp_user: Option<String>,
    /// A file that holds its password; without it, that of reading.
    #[arg(long, value_name = "FILE")]
    smtp_password_file: Option<PathBuf>,
    /// A folder to read besides INBOX and Sent; may come several times.
    #[arg(long)]
    folder: Vec<String>,
    /// Keep headers alone.
    #[arg(long)]
    headers_only: bool,
    /// A folder that is never looked into; may come several times.
    #[arg(long)]
    never_folder: Vec<String>,
    /// A keyword that means "never"; may come several times.
    #[arg(long)]
    never_keyword: Vec<String>,
    /// Read it only once its owner agreed.
    #[arg(long)]
    ask_owner: bool,
    /// So many days of history at first.
    #[arg(long, value_name = "N")]
    days: Option<u32>,
    /// Login of the admin as whom to act; without it you are the operator.
    #[arg(long = "as", value_name = "USER")]
    acting: Option<String>,
}

fn secret(file: Option<&Path>) -> Result<Secret, Failure> {
    let Some(file) = file else { return Ok(Secret::Kept) };
    let text = std::fs::read_to_string(file);
    let text = text.map_err(|error| Failure::input(format!("{} cannot be read", file.display()), error.to_string()))?;
    Ok(Secret::New(text.trim_end_matches(['\r', '\n']).to_owned().into()))
}

impl Wished {
    fn wanted(self) -> Result<Wanted, Failure> {
        let user = self.imap_user.unwrap_or_else(|| self.address.clone());
        let imap = WantedServer {
            host: self.imap_host,
            port: self.imap_port,
            security: self.imap_security.security(),
            user: user.clone(),
            auth: Auth::Plain,
            secret: secret(self.password_file.as_deref())?,
        };
        let smtp = match self.smtp_host {
            None => None,
            Some(host) => {
                let own = self.smtp_password_file.as_deref().or(self.password_file.as_deref());
                let login = self.smtp_user.unwrap_or(user);
                let login = if login == "-" { String::new() } else { login };
                Some(WantedServer {
                    host,
                    port: self.smtp_port,
                    security: self.smtp_security.security(),
                    secret: if login.is_empty() { Secret::Kept } else { secret(own)? },
                    user: login,
                    auth: Auth::Plain,
                })
            }
        };
        Ok(Wanted {
            name: self.name,
            address: self.address,
            user: self.user,
            imap,
            smtp,
            folders: self.folder,
            content: if self.headers_only { Content::Headers } else { Content::All },
            never_folders: self.never_folder,
            never_keywords: self.never_keyword,
            asks: self.ask_owner,
            days: self.days,
        })
    }
}

/// Why it was not done.
fn refused(no: &No) -> Failure {
    let what = match no {
        No::NotThere => "there is no such mailbox, or it is not for you to look after",
        No::InFile => "it stands in the configuration file; change it there and start Standin again",
        No::BadName => "its name must have 1 to 60 characters",
        No::Taken => "there is a mailbox of this name already",
        No::BadAddress => "its address is no mail address",
        No::NoUser(_) => "there is no active user of this login",
        No::NoHost(_) => "the host of a server is missing or no name",
        No::Unprotected(_) => "without protection a password goes to this machine only; use tls or starttls",
        No::NoLogin(_) => "the login is missing",
        No::NoSecret(_) => "the password is missing; name a file with --password-file",
        No::SecretAgain(_) => {
            "server, protection or login changed, so the password has to be given again: --password-file"
        }
        No::BadFolder(_) => "INBOX is always read, and a folder is either read or never looked into",
        No::BadKeyword(_) => "a keyword is written as $Private, without spaces",
        No::TooLong => "an argument is too long",
        No::BadDays => "history goes back 1 to 36500 days",
        No::Already => "it stands so already; nothing was changed",
        No::NotRead => "nobody reads it now: it is paused, or waits for its owner",
        No::JustAsked => "that was asked for a moment ago; wait half a minute",
        No::Changed => "its settings have been changed meanwhile; look at them again",
    };
    let about = match no {
        No::NoHost(part) | No::Unprotected(part) | No::NoLogin(part) | No::NoSecret(part) | No::SecretAgain(part) => {
            part.word().to_owned()
        }
        No::NoUser(name) | No::BadFolder(name) | No::BadKeyword(name) => output::plain(name),
        _ => String::new(),
    };
    Failure::input(what, about).then("`standin mailbox list` shows all there are")
}

/// An open installation with its settings.
async fn open(place: &Place) -> Result<(Config, Instance), Failure> {
    let config = place.load()?.config;
    let instance = Instance::open(&config, Use::Beside).await;
    let instance = instance.map_err(|error| Failure::failed("no database", error).then("run `standin check`"))?;
    Ok((config, instance))
}

async fn named(tx: &mut Tx, name: &str) -> Result<Standing, Failure> {
    let found = settings::every(tx).await?.into_iter().find(|one| one.name == name);
    found.ok_or_else(|| {
        Failure::input(format!("there is no mailbox `{}`", output::plain(name)), "")
            .then("`standin mailbox list` shows all there are; one of the configuration file is known once it was read")
    })
}

pub(super) async fn add(wished: Wished, place: &Place) -> Done {
    let (config, instance) = open(place).await?;
    let acting = wished.acting.clone();
    let wanted = wished.wanted()?;
    let mut tx = instance.db.write().await?;
    let asking = Asking::of(&mut tx, &config, acting.as_deref()).await?;
    let caller = asking.caller();
    let there = settings::every(&mut tx).await?.into_iter().find(|one| one.name == wanted.name);
    let kept = there.filter(|one| one.removed.is_none() && one.version.is_some());
    let done = match &kept {
        Some(one) => {
            actions::change(&mut tx, &instance.keys, &config, &caller, one.id, &wanted).await?.map(|()| one.id)
        }
        None => actions::add(&mut tx, &instance.keys, &config, &caller, &wanted).await?,
    };
    done.map_err(|no| refused(&no))?;
    tx.commit().await?;
    instance.db.close().await;
    let name = output::plain(&wanted.name);
    output::line(&match kept {
        Some(_) => format!("Mailbox {name} is changed. `standin mailbox test {name}` tries its connection."),
        None => format!("Mailbox {name} is set up. `standin mailbox test {name}` tries its connection."),
    })?;
    Ok(ExitCode::SUCCESS)
}

/// One step with a mailbox.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    Pause,
    Resume,
    ReadBack(u32),
    StopReadingBack,
}

pub(super) async fn step(which: &Named, step: Step, place: &Place) -> Done {
    let (config, instance) = open(place).await?;
    let mut tx = instance.db.write().await?;
    let asking = Asking::of(&mut tx, &config, which.acting.as_deref()).await?;
    let (caller, id) = (asking.caller(), named(&mut tx, &which.name).await?.id);
    let (done, says) = match step {
        Step::Pause => (actions::pause(&mut tx, &caller, id).await?, "is paused; nothing is read until it is resumed"),
        Step::Resume => (actions::resume(&mut tx, &caller, id).await?, "is read again"),
        Step::ReadBack(days) => (actions::read_back(&mut tx, &caller, id, days).await?, "is read further back"),
        Step::StopReadingBack => {
            (actions::stop_reading_back(&mut tx, &caller, id).await?, "is read no further back; what was read stays")
        }
    };
    done.map_err(|no| refused(&no))?;
    tx.commit().await?;
    instance.db.close().await;
    output::line(&format!("Mailbox {} {says}.", output::plain(&which.name)))?;
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn remove(which: &Named, yes: bool, place: &Place) -> Done {
    let (config, instance) = open(place).await?;
    let mut tx = instance.db.write().await?;
    let asking = Asking::of(&mut tx, &config, which.acting.as_deref()).await?;
    let caller = asking.caller();
    let id = named(&mut tx, &which.name).await?.id;
    actions::find(&mut tx, &caller, id).await?.map_err(|no| refused(&no))?;
    let (all, alone) = settings::stored(&mut tx, id).await?;
    let stays = format!(
        "{} stay where they stand, {alone} of them in no other mailbox. Settings and passwords go.",
        output::counted(all, "mail")
    );
    if yes {
        actions::remove(&mut tx, &config, &caller, id).await?.map_err(|no| refused(&no))?;
        tx.commit().await?;
    }
    instance.db.close().await;
    let name = output::plain(&which.name);
    output::line(&match yes {
        true => format!("Mailbox {name} is removed. {stays}"),
        false => format!("Mailbox {name} would be removed. {stays} Say --yes to do it."),
    })?;
    Ok(ExitCode::SUCCESS)
}

async fn account(tx: &mut Tx, instance: &Instance, config: &Config, name: &str) -> Result<Option<Mailbox>, Failure> {
    let all = settings::accounts(tx, &instance.keys, config).await?;
    Ok(all.into_iter().find(|account| account.name == name))
}

pub(super) async fn agree(which: &Named, agrees: bool, place: &Place) -> Done {
    let (config, instance) = open(place).await?;
    let mut tx = instance.db.write().await?;
    let asking = Asking::of(&mut tx, &config, which.acting.as_deref()).await?;
    if asking.user.is_none() {
        return Err(
            Failure::input("only the owner of a mailbox agrees to its being read", "").then("name them: --as USER")
        );
    }
    let id = named(&mut tx, &which.name).await?.id;
    let account = account(&mut tx, &instance, &config, &which.name).await?;
    let terms = account.as_ref().map(actions::terms).unwrap_or_default();
    let done = actions::decide(&mut tx, &asking.caller(), id, account.as_ref(), &terms, agrees).await?;
    done.map_err(|no| refused(&no))?;
    tx.commit().await?;
    instance.db.close().await;
    output::line(if agrees { "Noted: the owner agrees." } else { "Noted: the owner took their agreement back." })?;
    Ok(ExitCode::SUCCESS)
}

/// Exit code 1 where the mailbox cannot be used as it is.
pub(super) async fn test(name: &str, json: bool, place: &Place) -> Done {
    let (config, instance) = open(place).await?;
    let mut tx = instance.db.write().await?;
    let account = account(&mut tx, &instance, &config, name).await?;
    let Some(account) = account else {
        return Err(Failure::input(format!("there is no mailbox `{}`", output::plain(name)), "")
            .then("`standin mailbox list` shows all there are"));
    };
    let asking = Asking::of(&mut tx, &config, None).await?;
    let id: Option<MailboxId> =
        store::mailboxes::list(&mut tx).await?.iter().find(|row| row.name == name).map(|r| r.id);
    actions::note_test(&mut tx, &asking.caller(), id, &account).await?;
    tx.commit().await?;
    instance.db.close().await;
    let report = mailbox_test::test(&account).await;
    if json {
        let step = |tried: &Tried| {
            let (good, said) = told(&tried.found);
            serde_json::json!({ "server": tried.part.word(), "step": tried.step.word(), "outcome": good, "said": said })
        };
        let steps: Vec<_> = report.steps.iter().map(step).collect();
        output::json(&serde_json::json!({ "good": report.is_good(), "steps": steps, "folders": report.folders }))?;
    } else {
        let row = |tried: &Tried| {
            let (good, said) = told(&tried.found);
            vec![tried.part.word().to_owned(), tried.step.word().to_owned(), good.to_owned(), output::plain(&said)]
        };
        let rows: Vec<Vec<String>> = report.steps.iter().map(row).collect();
        output::table(&["server", "step", "outcome", "said"], &rows, "")?;
    }
    Ok(if report.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn told(found: &Found) -> (&'static str, String) {
    match found {
        Found::Good(said) => ("ok", said.clone()),
        Found::NoSent => ("warning", "no folder for sent mail was found; add its name with --folder".to_owned()),
        Found::Missing(names) => ("failure", format!("the server does not show {}", names.join(", "))),
        Found::Bad(what, said) => {
            let kind = what.map_or("the server that sends could not be used", |what| what.phrase());
            ("failure", format!("{kind}: {said}"))
        }
        Found::NotTried => ("not tried", String::new()),
    }
}
