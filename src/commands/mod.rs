//! One file per command-line verb. Here: the arguments, what every verb needs, and how errors look.
//!
//! Commands read the clock and the environment and hand both down. They print results to standard
//! output and everything else to standard error. Exit codes: 0 done, 1 it failed, 2 the input is wrong.

mod absence;
mod access;
mod acting;
mod activity;
mod address;
mod admin;
mod answer;
mod archive;
mod asking;
mod assign;
mod audit;
mod block;
mod check;
mod config;
mod consent;
mod contact;
mod filing;
mod from_mail;
mod handover;
mod import;
pub mod inspect;
mod jobs;
mod link;
mod mailbox;
mod manager;
mod migrate;
mod notice;
mod notice_switch;
mod notify;
mod output;
mod privacy;
mod record;
mod review;
mod rules;
mod search;
mod share;
mod status;
mod sync;
mod team;
pub mod thread;
mod timeline;
mod token;
mod trace;
mod users;
mod wait;

use crate::access::World;
use crate::config::{Config, ConfigError, Loaded};
use crate::model::time::Timestamp;
use crate::store::instance::{Instance, InstanceError, Use};
use crate::store::{self, Db, Tx};
use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// Reads a company's mailboxes, puts client mail on the record it is about, and shows it to
/// whoever answers now.
#[derive(Debug, Parser)]
#[command(name = "standin", version, propagate_version = true, disable_help_subcommand = true)]
pub struct Cli {
    /// The configuration file. Without it: $STANDIN_CONFIG, ./standin.toml, /etc/standin/standin.toml,
    /// whichever is there first; else defaults.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

/// The verbs.
#[derive(Debug, Subcommand)]
enum Command {
    /// Read mail, send notices and serve the pages, until told to stop.
    Serve,
    /// Read every mailbox to its end, then say what came.
    Sync(sync::Arguments),
    /// Say what is configured and what is wrong with it.
    #[command(subcommand)]
    Config(config::Command),
    /// Check configuration, database and every mailbox; name a remedy for each failure.
    Check(check::Arguments),
    /// Say how Standin is: what is well, what is not, and what to do next.
    Status(status::Arguments),
    /// Show long work: what is under way and what was lately.
    Jobs(jobs::Arguments),
    /// Bring the database up to date.
    Migrate,
    /// Import users and records from CSV files, and mail from archives.
    #[command(subcommand)]
    Import(import::Command),
    /// Say who is away and who stands in.
    #[command(subcommand)]
    Absence(Box<absence::Command>),
    /// Show who was given a right on a record; give one, or take it back.
    Share(share::Arguments),
    /// Look after the teams.
    Team(team::Arguments),
    /// Say who sees a record and why; mark it confidential; break the glass.
    Access(access::Arguments),
    /// Decide who else may see mail in your mailbox, or use an address of your records.
    Consent(consent::Arguments),
    /// Say whose mail is never stored: in your mailboxes, or in the company's.
    Block(block::Arguments),
    /// Say what is stored about a person outside, and erase it.
    Privacy(privacy::Arguments),
    /// Show who did what, and who read by a right that is not their own.
    Audit(audit::Arguments),
    /// Hand the records of somebody absent over for a time, and back.
    #[command(subcommand)]
    Handover(handover::Command),
    /// Give records to another owner, with their open activities.
    Assign(assign::Arguments),
    /// Append managers to accounts by role, and remove them.
    #[command(subcommand)]
    Manager(manager::Command),
    /// Enter calls, tasks, appointments and notes, and say what became of them.
    #[command(subcommand)]
    Activity(activity::Command),
    /// Say whether a contact is away or left; see what their notices say.
    #[command(subcommand)]
    Contact(contact::Command),
    /// See what became of mail to an address, and undo what was made of that.
    #[command(subcommand)]
    Address(address::Command),
    /// Merge records and part them, delete one and bring it back.
    #[command(subcommand)]
    Record(record::Command),
    /// Say where mail belongs: move it, take it off a record, split threads; undo that.
    Link(link::Arguments),
    /// Look through mail that could not be placed surely, and decide.
    Review(review::Arguments),
    /// Look after the admins' rules: which mail is about which record.
    #[command(subcommand)]
    Rules(rules::Command),
    /// Say of one mail, step by step, where it stands and why, who sees it, and whether a notice goes.
    Trace(trace::Arguments),
    /// Make records of a mail, change a contact as its signature says, take that back.
    #[command(subcommand)]
    FromMail(from_mail::Command),
    /// Answer mail and write new mail as a user, through their own mailbox; keep drafts.
    Answer(Box<answer::Arguments>),
    /// Say who waits for whom: that no answer is needed, when to follow up.
    #[command(subcommand)]
    Wait(wait::Command),
    /// File mail from a mail program: folders, addresses, and what became of it.
    Filing(filing::Arguments),
    /// Find records and mails as a user sees them: who is this, and who answers?
    Search(search::Arguments),
    /// Show what happened on a record as a user sees it.
    Timeline(timeline::Arguments),
    /// Look at the mailboxes.
    #[command(subcommand)]
    Mailbox(mailbox::Command),
    /// Look after the users.
    #[command(subcommand)]
    User(users::Command),
    /// Make an admin; help people who cannot sign in.
    #[command(subcommand)]
    Admin(admin::Command),
    /// Make, show and revoke tokens for the API.
    #[command(subcommand)]
    Token(token::Command),
    /// See what absence notices say and why one went or not; write their texts; stop them all and start them again.
    Notice(Box<notice::Arguments>),
    /// Say what colleagues are told by mail.
    #[command(subcommand)]
    Notify(notify::Command),
    /// Show what parsing and classification see in mail files.
    Inspect(inspect::Args),
    /// Show the thread of every mail in a set of files.
    Thread(thread::Args),
}

impl Cli {
    /// Whether the verb is `serve`, which `app` runs: it starts the pages too, and they are no command.
    pub fn is_serve(&self) -> bool {
        matches!(self.command, Command::Serve)
    }

    /// The settings that this call names.
    pub fn configuration(&self) -> Result<Config, ConfigError> {
        let place = Place { wanted: self.config.clone() };
        place.load().map(|loaded| loaded.config)
    }
}

/// Says that the configuration is wrong.
pub fn refused(error: ConfigError) -> ExitCode {
    told(&Failure::from(error))
}

/// Says why something failed.
pub fn failed(error: anyhow::Error) -> ExitCode {
    told(&Failure::from(error))
}

fn told(failure: &Failure) -> ExitCode {
    output::complain(failure);
    ExitCode::from(failure.code)
}

/// Runs the command and says how it went.
pub async fn run(cli: Cli) -> ExitCode {
    let place = Place { wanted: cli.config };
    let done = match cli.command {
        // `app` runs it before it comes here.
        Command::Serve => Ok(ExitCode::SUCCESS),
        Command::Sync(arguments) => sync::run(arguments, &place).await,
        Command::Config(command) => config::run(command, &place),
        Command::Check(arguments) => check::run(arguments, &place).await,
        Command::Status(arguments) => status::run(arguments, &place).await,
        Command::Jobs(arguments) => jobs::run(arguments, &place).await,
        Command::Migrate => migrate::run(&place).await,
        Command::Import(command) => import::run(command, &place).await,
        Command::Share(arguments) => share::run(arguments, &place).await,
        Command::Team(arguments) => team::run(arguments, &place).await,
        Command::Access(arguments) => access::run(arguments, &place).await,
        Command::Consent(arguments) => consent::run(arguments, &place).await,
        Command::Block(arguments) => block::run(arguments, &place).await,
        Command::Privacy(arguments) => privacy::run(arguments, &place).await,
        Command::Audit(arguments) => audit::run(arguments, &place).await,
        Command::Absence(command) => absence::run(*command, &place).await,
        Command::Handover(command) => handover::run(command, &place).await,
        Command::Assign(arguments) => assign::run(arguments, &place).await,
        Command::Manager(command) => manager::run(command, &place).await,
        Command::Activity(command) => activity::run(command, &place).await,
        Command::Contact(command) => contact::run(command, &place).await,
        Command::Address(command) => address::run(command, &place).await,
        Command::Record(command) => record::run(command, &place).await,
        Command::Link(arguments) => link::run(arguments, &place).await,
        Command::Review(arguments) => review::run(arguments, &place).await,
        Command::Rules(command) => rules::run(command, &place).await,
        Command::Trace(arguments) => trace::run(arguments, &place).await,
        Command::FromMail(command) => from_mail::run(command, &place).await,
        Command::Answer(arguments) => answer::run(*arguments, &place).await,
        Command::Wait(command) => wait::run(command, &place).await,
        Command::Filing(arguments) => filing::run(arguments, &place).await,
        Command::Search(arguments) => search::run(arguments, &place).await,
        Command::Timeline(arguments) => timeline::run(arguments, &place).await,
        Command::Mailbox(command) => mailbox::run(command, &place).await,
        Command::User(command) => users::run(command, &place).await,
        Command::Admin(command) => admin::run(command, &place).await,
        Command::Token(command) => token::run(command, &place).await,
        Command::Notice(arguments) => notice::run(*arguments, &place).await,
        Command::Notify(command) => notify::run(command, &place).await,
        Command::Inspect(arguments) => inspect::run(&arguments).map_err(Failure::from),
        Command::Thread(arguments) => thread::run(&arguments).map_err(Failure::from),
    };
    done.unwrap_or_else(|failure| told(&failure))
}

/// What a command gives: an exit code, or why it could not do its work.
type Done = Result<ExitCode, Failure>;

/// Why a command could not do its work: what happened, why, what to do next.
#[derive(Debug)]
struct Failure {
    /// Exit code: 1 it failed, 2 the input is wrong.
    code: u8,
    /// What happened.
    what: String,
    /// Why; one line or more, possibly none.
    why: String,
    /// What to do; empty where `why` says it.
    next: String,
}

impl Failure {
    /// The input is wrong.
    fn input(what: impl Into<String>, why: impl Into<String>) -> Failure {
        Failure { code: 2, what: what.into(), why: why.into(), next: String::new() }
    }

    /// It could not be done.
    fn failed(what: impl Into<String>, why: impl std::fmt::Display) -> Failure {
        Failure { code: 1, what: what.into(), why: why.to_string(), next: String::new() }
    }

    /// With what to do next.
    fn then(self, next: impl Into<String>) -> Failure {
        Failure { next: next.into(), ..self }
    }
}

impl From<store::StoreError> for Failure {
    fn from(error: store::StoreError) -> Failure {
        Failure::failed("the database did not do its part", error).then("run `standin check`")
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Failure {
        let what = error.to_string();
        let causes: Vec<String> = error.chain().skip(1).map(ToString::to_string).collect();
        Failure::failed(what, causes.join(": ")).then("run `standin check`")
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Failure {
        Failure::input("the configuration is wrong", error.to_string())
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Failure {
        Failure::failed("writing the output failed", error)
    }
}

/// Where the configuration is looked for.
#[derive(Debug)]
struct Place {
    wanted: Option<PathBuf>,
}

impl Place {
    /// The file that counts, if there is one.
    #[expect(clippy::disallowed_methods, reason = "commands is one of the three homes of the environment")]
    fn file(&self) -> Option<PathBuf> {
        let usual = ["standin.toml", "/etc/standin/standin.toml"];
        let named = self.wanted.clone().or_else(|| std::env::var_os("STANDIN_CONFIG").map(PathBuf::from));
        named.or_else(|| usual.iter().map(PathBuf::from).find(|path| path.exists()))
    }

    /// The settings, with where each came from.
    fn load(&self) -> Result<Loaded, ConfigError> {
        // A variable whose name or value is no text cannot be one of ours.
        let text = std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)));
        crate::config::load_explained(self.file().as_deref(), text)
    }

    /// The settings and the open database, its schema up to date.
    async fn open(&self) -> Result<(Config, Db), Failure> {
        let config = self.load()?.config;
        let opened = Instance::open(&config, Use::Beside).await;
        let next = "see `data_dir` and `database` in the configuration, and run `standin check`";
        let instance = opened.map_err(|error| Failure::failed("no database", error).then(next))?;
        Ok((config, instance.db))
    }
}

/// Opens the installation to read mail into it: on SQLite one program at a time.
async fn open_alone(config: &Config) -> Result<Instance, Failure> {
    Instance::open(config, Use::Work).await.map_err(|error| match error {
        InstanceError::Taken(_) => Failure::failed("another program reads mail into this database", error)
            .then("stop `standin serve` first; import of CSV files, absence, user, timeline and check work beside it"),
        other => Failure::failed("the database cannot be used", other).then("run `standin check`"),
    })
}

/// The moment at which the command runs.
#[expect(clippy::disallowed_methods, reason = "commands is one of the three homes of the clock")]
pub fn now() -> Timestamp {
    Timestamp::from_utc(chrono::Utc::now())
}

/// What rights are computed from.
async fn world(tx: &mut Tx, config: &Config, now: Timestamp) -> Result<World, Failure> {
    Ok(store::people::world(tx, &config.rights(), now).await?)
}

/// The active user with this login.
async fn user(tx: &mut Tx, login: &str) -> Result<store::people::User, Failure> {
    match store::people::by_login(tx, login).await? {
        Some(user) if user.person.active => Ok(user),
        Some(_) => Err(Failure::input(format!("the user `{login}` is deactivated"), "")),
        None => Err(Failure::input(format!("there is no user with the login `{login}`"), "")
            .then("`standin user list` shows all there are")),
    }
}
