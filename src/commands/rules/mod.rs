//! `standin rules`: the admins' rules, their versions, what they would do, and their runs over
//! history.

mod dry;
mod edit;
mod propose;
mod runs;
mod show;

use super::asking::Asking;
use super::{Done, Failure, Place};
use crate::actions::rules::No;
use crate::config::Config;
use crate::model::facts::House;
use crate::store::Db;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// On whose behalf, and how it is printed.
#[derive(Debug, Clone, Args)]
pub(super) struct By {
    /// Login of the admin on whose behalf; without it you are the operator.
    #[arg(long = "as", value_name = "USER")]
    by: Option<String>,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

/// How a change is saved.
#[derive(Debug, Args)]
pub(super) struct Saving {
    /// Why, for the history.
    #[arg(long, default_value = "")]
    note: String,
    /// Save it also if it fits every mail, or shows confidential mail, or mail of confidential records, to others.
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    by: By,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Show all rules in their order, with the built-in steps among them.
    List(By),
    /// Show one rule, what it did in the last 30 days, and its history.
    Show {
        /// The rule, by number or name.
        rule: String,
        #[command(flatten)]
        by: By,
    },
    /// Add the rules of a TOML file (`-` is standard input).
    Add {
        /// The file, with one `[[rule]]`.
        file: PathBuf,
        /// Its place, counted from 1; without it the end.
        #[arg(long)]
        at: Option<usize>,
        #[command(flatten)]
        saving: Saving,
    },
    /// Replace a rule by the one of a TOML file (`-` is standard input).
    Edit {
        /// The rule, by number or name.
        rule: String,
        /// The file, with one `[[rule]]`.
        file: PathBuf,
        #[command(flatten)]
        saving: Saving,
    },
    /// Turn a rule on.
    Enable {
        /// The rule, by number or name.
        rule: String,
        #[command(flatten)]
        saving: Saving,
    },
    /// Put a rule in shadow: it says what it would do, and does nothing.
    Shadow {
        /// The rule, by number or name.
        rule: String,
        #[command(flatten)]
        saving: Saving,
    },
    /// Turn a rule off.
    Off {
        /// The rule, by number or name.
        rule: String,
        #[command(flatten)]
        saving: Saving,
    },
    /// Move a rule to another place.
    Move {
        /// The rule, by number or name.
        rule: String,
        /// The place, counted from 1.
        to: usize,
        #[command(flatten)]
        saving: Saving,
    },
    /// Take a rule out of the set. Its history stays.
    Delete {
        /// The rule, by number or name.
        rule: String,
        #[command(flatten)]
        saving: Saving,
    },
    /// Show who changed what, and when.
    History {
        /// Only changes of this rule, by number or name.
        rule: Option<String>,
        #[command(flatten)]
        by: By,
    },
    /// Show what differs between two versions.
    Diff {
        /// The older version.
        from: i64,
        /// The newer one; without it the newest.
        to: Option<i64>,
        #[command(flatten)]
        by: By,
    },
    /// Save the rules of an older version as the newest one.
    Rollback {
        /// The version.
        #[arg(value_name = "VERSION")]
        to: i64,
        #[command(flatten)]
        saving: Saving,
    },
    /// Print all rules as TOML.
    Export {
        /// Of this version; without it the newest.
        #[arg(long = "of", value_name = "VERSION")]
        of: Option<i64>,
        #[command(flatten)]
        by: By,
    },
    /// Replace all rules by those of a TOML file (`-` is standard input).
    Import {
        /// The file.
        file: PathBuf,
        #[command(flatten)]
        saving: Saving,
    },
    /// Say what is wrong with the rules of a TOML file, and save nothing.
    Check {
        /// The file (`-` is standard input).
        file: PathBuf,
    },
    /// Say what rules would do to stored mail, and do nothing.
    DryRun {
        /// A TOML file with the whole set; without it the rules as they are, as if they were applied.
        file: Option<PathBuf>,
        /// Every mail that would change, as CSV into this file.
        #[arg(long, value_name = "FILE")]
        csv: Option<PathBuf>,
        #[command(flatten)]
        by: By,
    },
    /// Propose rules from what people corrected in the last 30 days, each with its dry run.
    Propose(By),
    /// Apply the rules to stored mail. It can be undone for 72 hours.
    Apply {
        /// Only begin it, and let a running `standin serve` do it.
        #[arg(long)]
        later: bool,
        #[command(flatten)]
        by: By,
    },
    /// Show the runs over stored mail.
    Runs(By),
    /// Stop a run; what it changed goes back.
    Cancel {
        /// Its number.
        run: i64,
        #[command(flatten)]
        by: By,
    },
    /// Undo a run.
    Undo {
        /// Its number.
        run: i64,
        #[command(flatten)]
        by: By,
    },
}

pub(super) async fn run(command: Command, place: &Place) -> Done {
    if let Command::Check { file } = &command {
        return edit::check(file);
    }
    let (config, db) = place.open().await?;
    let context = Context { config, db };
    let done = context.run(command).await;
    context.db.close().await;
    done
}

/// The rule that a decision in review offers, with its dry run.
pub(super) async fn offer(number: i64, by: Option<String>, json: bool, place: &Place) -> Done {
    let (config, db) = place.open().await?;
    let context = Context { config, db };
    let done = propose::of_decision(&context, number, &By { by, json }).await;
    context.db.close().await;
    done
}

/// What every verb needs.
struct Context {
    config: Config,
    db: Db,
}

impl Context {
    async fn run(&self, command: Command) -> Done {
        use crate::model::rule::Switch;
        match command {
            Command::Propose(by) => propose::run(self, &by).await,
            Command::List(by) => show::list(self, &by).await,
            Command::Show { rule, by } => show::one(self, &rule, &by).await,
            Command::History { rule, by } => show::history(self, rule.as_deref(), &by).await,
            Command::Diff { from, to, by } => show::diff(self, from, to, &by).await,
            Command::Export { of, by } => show::export(self, of, &by).await,
            Command::Add { file, at, saving } => edit::add(self, &file, at, &saving).await,
            Command::Edit { rule, file, saving } => edit::change(self, &rule, &file, &saving).await,
            Command::Enable { rule, saving } => edit::turn(self, &rule, Switch::On, &saving).await,
            Command::Shadow { rule, saving } => edit::turn(self, &rule, Switch::Shadow, &saving).await,
            Command::Off { rule, saving } => edit::turn(self, &rule, Switch::Off, &saving).await,
            Command::Move { rule, to, saving } => edit::shift(self, &rule, to, &saving).await,
            Command::Delete { rule, saving } => edit::delete(self, &rule, &saving).await,
            Command::Rollback { to, saving } => edit::roll_back(self, to, &saving).await,
            Command::Import { file, saving } => edit::import(self, &file, &saving).await,
            Command::Check { file } => edit::check(&file),
            Command::DryRun { file, csv, by } => dry::run(self, file.as_deref(), csv.as_deref(), &by).await,
            Command::Apply { later, by } => runs::apply(self, later, &by).await,
            Command::Runs(by) => runs::list(self, &by).await,
            Command::Cancel { run, by } => runs::turn(self, run, runs::Turned::Cancel, &by).await,
            Command::Undo { run, by } => runs::turn(self, run, runs::Turned::Undo, &by).await,
        }
    }

    fn own_domains(&self) -> House {
        self.config.house()
    }
}

/// As commands say it: what is refused is wrong input.
impl From<No> for Failure {
    fn from(no: No) -> Failure {
        let (what, next) = match &no {
            No::Faults(_) => ("these rules cannot be", "correct them, and try `standin rules check FILE`"),
            No::File(_) => ("the file cannot be read as rules", "`standin rules export` shows how they are written"),
            No::Absent(_) => ("no such rule", "`standin rules list` shows all there are"),
            No::NoVersion(_) => ("no such version", "`standin rules history` shows all there are"),
            No::NoRun | No::Wrong(_) | No::Later(_) | No::Busy(_) => {
                ("not possible now", "`standin rules runs` shows how things stand")
            }
            No::NotAdmin => ("not for you", "ask an admin"),
            No::Nothing | No::Changed | No::TooLate | No::NoTrial | No::Unseen | No::Unagreed(_) => {
                ("nothing was done", "")
            }
        };
        Failure::input(what, no.to_string()).then(next)
    }
}
