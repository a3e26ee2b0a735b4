//! `standin block`: whose mail is never stored.

use super::asking::Asking;
use super::{Done, Failure, Place, output};
use crate::actions::blocks::{self, Extent, No, Whose};
use crate::config::Config;
use crate::intake::reconsider::Ground;
use crate::intake::withdraw;
use crate::model::block::Pattern;
use crate::model::facts::House;
use crate::store::blocks::Block;
use crate::store::keys::Keys;
use crate::store::rereads::{self, Cause, Sought};
use crate::store::{self, Db, Tx};
use clap::{Args, Subcommand};
use serde_json::json;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// Login of the user whose own list it is, or who changes the company's.
    #[arg(long = "as", value_name = "USER", global = true)]
    by: Option<String>,
    /// The company's list: for admins and the operator. Without it, the user's own.
    #[arg(long, global = true)]
    company: bool,
    /// As JSON.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Block an address (with its +tags) or a domain (with all below it): mail on which they stand is
    /// not stored any more. Says what is stored already.
    Add {
        /// jan@x.pl, or x.pl.
        pattern: String,
        /// Say what would be hidden, and change nothing.
        #[arg(long)]
        preview: bool,
        /// Take what is stored already away, too.
        #[arg(long, conflicts_with = "preview")]
        remove_stored: bool,
    },
    /// End a block: the mail that it hid is found again.
    Remove {
        /// As it stands on the list.
        pattern: String,
    },
    /// Show a list: your own with --as, the company's with --company; for the operator without either all there are.
    List,
}

/// What every part of the command needs.
struct Desk {
    config: Config,
    db: Db,
    keys: Keys,
    own_domains: House,
}

pub(super) async fn run(arguments: Arguments, place: &Place) -> Done {
    let (config, db) = place.open().await?;
    let keys = Keys::load(&config.data_dir).map_err(|error| Failure::failed("no instance key", error))?;
    let own_domains = config.house();
    let desk = Desk { config, db, keys, own_domains };
    let done = match &arguments.command {
        Command::Add { pattern, preview, remove_stored } => {
            add(&desk, &arguments, &read(pattern)?, *preview, *remove_stored).await
        }
        Command::Remove { pattern } => remove(&desk, &arguments, &read(pattern)?).await,
        Command::List => list(&desk, &arguments).await,
    };
    desk.db.close().await;
    done.map(|()| ExitCode::SUCCESS)
}

fn read(pattern: &str) -> Result<Pattern, Failure> {
    Pattern::parse(pattern).map_err(|error| {
        Failure::input(format!("`{pattern}` is neither an address nor a domain"), error.to_string())
            .then("write jan@x.pl for one person, or x.pl for everybody there")
    })
}

fn refused(no: No) -> Failure {
    let next = match no {
        No::NobodysOwn => "say --as USER, or --company",
        No::NotAdmin => "leave --company out",
        _ => "",
    };
    Failure::input("nothing was changed", no.to_string()).then(next)
}

impl Desk {
    /// A transaction that no linking runs beside, with who asks and whose list is meant.
    async fn begin(&self, arguments: &Arguments) -> Result<(Tx, Asking, Whose), Failure> {
        let mut tx = self.db.write().await?;
        tx.alone().await?;
        let asking = Asking::of(&mut tx, &self.config, arguments.by.as_deref()).await?;
        let whose = match (arguments.company, asking.caller().by) {
            (true, _) => Whose::Company,
            (false, Some(user)) => Whose::Own(user),
            (false, None) => return Err(refused(No::NobodysOwn)),
        };
        Ok((tx, asking, whose))
    }
}

async fn add(
    desk: &Desk,
    arguments: &Arguments,
    pattern: &Pattern,
    preview: bool,
    remove_stored: bool,
) -> Result<(), Failure> {
    let (mut tx, asking, whose) = desk.begin(arguments).await?;
    let caller = asking.caller();
    let mut newly = true;
    if preview {
        blocks::sound(&mut tx, &caller, whose, pattern, &desk.own_domains).await?.map_err(refused)?;
    } else {
        match blocks::add(&mut tx, &caller, whose, pattern, &desk.own_domains, &desk.keys).await? {
            Ok(()) => {}
            // Whoever blocked it before may take what was stored away now, or go on with that.
            Err(No::Already(_)) if remove_stored => newly = false,
            Err(no) => return Err(refused(no)),
        }
    }
    let extent = blocks::extent(&mut tx, whose, pattern).await?;
    if preview {
        drop(tx);
    } else {
        tx.commit().await?;
    }
    let removed = if remove_stored { take_away(desk, &asking, whose, pattern, extent).await? } else { false };
    tell(arguments, pattern, whose, extent, (preview, newly, removed))
}

/// Takes what is stored away, batch by batch; interrupted, the same command goes on.
async fn take_away(
    desk: &Desk,
    asking: &Asking,
    whose: Whose,
    pattern: &Pattern,
    extent: Extent,
) -> Result<bool, Failure> {
    let mut gone = 0;
    loop {
        let mut tx = desk.db.write().await?;
        tx.alone().await?;
        let places = blocks::next_places(&mut tx, whose, pattern).await?;
        if places.is_empty() {
            break;
        }
        let ground = Ground { own_domains: &desk.own_domains, keys: &desk.keys, now: super::now() };
        gone += withdraw::hide(&mut tx, &places, whose.hides(), ground).await?.mails;
        tx.commit().await?;
    }
    let whole = i64::try_from(gone).unwrap_or(i64::MAX);
    let mut tx = desk.db.write().await?;
    let done = Extent { whole, ..extent };
    blocks::note_removed(&mut tx, &asking.caller(), whose, pattern, &desk.keys, done).await?;
    tx.commit().await?;
    Ok(true)
}

fn tell(
    arguments: &Arguments,
    pattern: &Pattern,
    whose: Whose,
    extent: Extent,
    (preview, newly, removed): (bool, bool, bool),
) -> Result<(), Failure> {
    if arguments.json {
        return Ok(output::json(&json!({
            "pattern": pattern.as_str(), "company": arguments.company, "blocked": !preview, "new": newly && !preview,
            "stored": extent.mails, "stored_in_no_other_mailbox": extent.whole, "removed": removed,
        }))?);
    }
    let of = if whose == Whose::Company { "any mailbox" } else { "your own mailboxes" };
    let begin = match (preview, newly) {
        (true, _) => format!("{pattern} would be blocked: mail on which it stands would not be stored from {of}."),
        (false, true) => format!("{pattern} is blocked: mail on which it stands is not stored from {of} any more."),
        (false, false) => format!("{pattern} was blocked before."),
    };
    output::line(&begin)?;
    let others = extent.mails - extent.whole;
    let kept = match whose {
        Whose::Own(_) if others > 0 => format!(" {others} of them lie in others\u{2019} mailboxes and stay theirs."),
        _ => String::new(),
    };
    let stored = match (removed, extent.mails) {
        (_, 0) => "Nothing of it is stored.".to_owned(),
        (true, mails) => format!("Taken away: {mails} mails that were stored already.{kept}"),
        (false, mails) => {
            format!("Stored already, and left as it is: {mails} mails; `--remove-stored` takes them away.{kept}")
        }
    };
    Ok(output::line(&stored)?)
}

async fn remove(desk: &Desk, arguments: &Arguments, pattern: &Pattern) -> Result<(), Failure> {
    let (mut tx, asking, whose) = desk.begin(arguments).await?;
    blocks::remove(&mut tx, &asking.caller(), whose, pattern, &desk.keys).await?.map_err(refused)?;
    let sought = Sought::pattern(&desk.keys, pattern);
    let again = rereads::begin(&mut tx, Cause::Block, &sought, whose.user(), asking.now).await?;
    tx.commit().await?;
    if arguments.json {
        return Ok(output::json(&json!({ "pattern": pattern.as_str(), "blocked": false, "read_again": again }))?);
    }
    output::line(&format!(
        "{pattern} is not blocked there any more. Mails that are read again: {again}; \
         `standin mailbox status` shows how far that is."
    ))?;
    Ok(())
}

async fn list(desk: &Desk, arguments: &Arguments) -> Result<(), Failure> {
    let mut tx = desk.db.read().await?;
    let asking = Asking::of(&mut tx, &desk.config, arguments.by.as_deref()).await?;
    let caller = asking.caller();
    let all = match (arguments.company, caller.by) {
        // The operator names no list: every list there is.
        (false, None) => store::blocks::all(&mut tx).await?,
        (true, _) => listed(blocks::list(&mut tx, &caller, Whose::Company).await?)?,
        (false, Some(user)) => listed(blocks::list(&mut tx, &caller, Whose::Own(user)).await?)?,
    };
    drop(tx);
    let by = |block: &Block| block.by.map_or("the operator".to_owned(), |user| caller.name(user));
    let of = |block: &Block| block.user.map_or("the company".to_owned(), |user| caller.name(user));
    if arguments.json {
        let one = |b: &Block| {
            json!({ "pattern": b.pattern.as_str(), "list": of(b), "company": b.user.is_none(), "by": by(b),
                "since": b.at.rfc3339() })
        };
        return Ok(output::json(&all.iter().map(one).collect())?);
    }
    let row = |b: &Block| {
        let text = [b.pattern.as_str(), &of(b), &by(b)].map(output::plain);
        [text.to_vec(), vec![b.at.rfc3339()]].concat()
    };
    let rows: Vec<Vec<String>> = all.iter().map(row).collect();
    let empty = match (arguments.company, caller.by) {
        (false, None) => "Nobody is blocked, neither by the company nor by anybody for their own mailboxes.",
        _ => "Nobody is blocked there.",
    };
    Ok(output::table(&["blocked", "list of", "by", "since"], &rows, empty)?)
}

/// A list, or why it is not shown.
fn listed(list: Result<Vec<Block>, No>) -> Result<Vec<Block>, Failure> {
    list.map_err(|no| {
        Failure::input("the list is not shown", no.to_string()).then("leave --company out: that is your own list")
    })
}
