//! The texts of people, teams and the company, and who stands as author.

use super::{Desk, Told, person, refused};
use crate::actions::notices::{self, Choice, Entered};
use crate::commands::asking::{self, Asking};
use crate::commands::{Failure, output};
use crate::model::notice_text::{Holder, Readers};
use crate::store::Tx;
use crate::store::notice_texts::{self, Saved};
use clap::{Args, Subcommand};
use serde_json::json;
use std::io::Read as _;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Show which texts there are.
    List {
        #[command(flatten)]
        whose: Whose,
    },
    /// Print a text.
    Show {
        #[command(flatten)]
        which: Which,
    },
    /// Write a text, in the place of the one before.
    Set {
        #[command(flatten)]
        which: Which,
        /// The words; with variables such as {until}.
        #[arg(conflicts_with = "file", required_unless_present = "file")]
        text: Option<String>,
        /// A file with the words; `-` for standard input.
        #[arg(long)]
        file: Option<String>,
    },
    /// Take a text away: the next nearest counts again.
    Clear {
        #[command(flatten)]
        which: Which,
    },
}

/// Whose texts.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub(super) struct Whose {
    /// Login of the person.
    #[arg(long)]
    user: Option<String>,
    /// Name of the team.
    #[arg(long)]
    team: Option<String>,
    /// The company's.
    #[arg(long)]
    company: bool,
}

/// Which text.
#[derive(Debug, Args)]
pub(super) struct Which {
    #[command(flatten)]
    whose: Whose,
    /// Language, such as pl.
    #[arg(long, value_name = "TAG")]
    language: String,
    /// The one that colleagues read, instead of the one for people outside.
    #[arg(long)]
    internal: bool,
}

/// Who stands as author of a person's notices.
#[derive(Debug, Args)]
pub(super) struct Author {
    /// Login of the person; without it whoever `--as` names.
    #[arg(long)]
    user: Option<String>,
    /// One of their addresses, instead of the one that was written to.
    #[arg(long)]
    from: Option<String>,
    /// A name, instead of theirs, as author and in the text.
    #[arg(long)]
    name: Option<String>,
    /// `substitute`, or an address of the company.
    #[arg(long)]
    reply_to: Option<String>,
}

impl Whose {
    /// The holder; whoever asks, where nobody is named.
    async fn holder(&self, tx: &mut Tx, asking: &Asking) -> Result<Option<Holder>, Failure> {
        if self.company {
            return Ok(Some(Holder::Company));
        }
        if let Some(name) = &self.team {
            return Ok(Some(Holder::Team(asking::team(&asking.world, name)?)));
        }
        if let Some(login) = &self.user {
            return Ok(Some(Holder::Person(person(tx, login).await?)));
        }
        Ok(asking.user.as_ref().map(|user| Holder::Person(user.person.id)))
    }
}

impl Which {
    fn readers(&self) -> Readers {
        if self.internal { Readers::Inside } else { Readers::Outside }
    }

    async fn holder(&self, tx: &mut Tx, asking: &Asking) -> Result<Holder, Failure> {
        let found = self.whose.holder(tx, asking).await?;
        found.ok_or_else(|| Failure::input("it is not said whose text", "").then("say --user, --team or --company"))
    }
}

fn called(holder: Holder, asking: &Asking) -> String {
    match holder {
        Holder::Person(user) => asking.caller().name(user),
        Holder::Team(team) => {
            let name = asking.world.team(team).map_or_else(|| team.to_string(), |team| team.name.clone());
            format!("team {}", output::plain(&name))
        }
        Holder::Company => "company".to_owned(),
    }
}

pub(super) async fn run(desk: &Desk, tx: &mut Tx, asking: &Asking, command: Command) -> Result<Told, Failure> {
    let caller = asking.caller();
    match command {
        Command::List { whose } => list(tx, asking, &whose).await,
        Command::Show { which } => {
            let holder = which.holder(tx, asking).await?;
            let texts = notices::texts(tx, &caller, holder).await?.map_err(|no| refused(&no))?;
            let language =
                notices::language(&desk.config.notice.phrases, &which.language).map_err(|no| refused(&no))?;
            let fits = |saved: &&Saved| saved.written.readers == which.readers() && saved.written.language == language;
            let found = texts.iter().find(fits).ok_or_else(|| refused(&notices::Refused::None))?;
            let json = json!({ "text": found.written.text });
            Ok(Told { json, lines: vec![found.written.text.clone()], ..Told::default() })
        }
        Command::Set { which, text, file } => {
            let holder = which.holder(tx, asking).await?;
            let text = match (text, file) {
                (Some(text), _) => text,
                (None, file) => read(file.as_deref().unwrap_or("-"))?,
            };
            let entered = Entered { readers: which.readers(), language: which.language.clone(), text };
            let book = &desk.config.notice.phrases;
            let written = notices::set(tx, &caller, book, holder, &entered).await?.map_err(|no| refused(&no))?;
            let mut after = Vec::new();
            if which.internal && !desk.config.notice.internal {
                after.push("colleagues get no notices as long as `notice.internal` is off".to_owned());
            }
            if !which.internal {
                after.push("this text goes to anybody on the Internet who is answered".to_owned());
            }
            let json = json!({ "holder": holder.parts().0, "language": written.language.tag() });
            Ok(Told { json, lines: vec!["Saved.".to_owned()], after, ..Told::default() })
        }
        Command::Clear { which } => {
            let holder = which.holder(tx, asking).await?;
            let language =
                notices::language(&desk.config.notice.phrases, &which.language).map_err(|no| refused(&no))?;
            let done = notices::clear(tx, &caller, holder, which.readers(), language).await?;
            done.map_err(|no| refused(&no))?;
            let json = json!({ "cleared": true });
            Ok(Told { json, lines: vec!["Cleared; the next nearest text counts again.".to_owned()], ..Told::default() })
        }
    }
}

/// The texts of one holder, or all that the caller may look at.
async fn list(tx: &mut Tx, asking: &Asking, whose: &Whose) -> Result<Told, Failure> {
    let caller = asking.caller();
    let named = whose.user.is_some() || whose.team.is_some() || whose.company;
    let texts: Vec<Saved> = match whose.holder(tx, asking).await?.filter(|_| named) {
        Some(holder) => notices::texts(tx, &caller, holder).await?.map_err(|no| refused(&no))?,
        None => {
            let all = notice_texts::every(tx).await?;
            let may = |saved: &Saved| match saved.written.holder {
                Holder::Person(_) => notices::may_change(&caller, saved.written.holder).is_ok(),
                Holder::Team(_) | Holder::Company => true,
            };
            all.into_iter().filter(may).collect()
        }
    };
    let row = |saved: &Saved| {
        let written = &saved.written;
        let begins: String = written.text.lines().next().unwrap_or_default().chars().take(50).collect();
        let (language, readers) = (written.language.tag().to_owned(), written.readers.word().to_owned());
        vec![called(written.holder, asking), readers, language, asking.moment(saved.at), output::plain(&begins)]
    };
    let rows = texts.iter().map(row).collect();
    let value = |saved: &Saved| {
        let (holder, id) = saved.written.holder.parts();
        json!({ "holder": holder, "id": id, "readers": saved.written.readers.word(), "by": saved.by,
            "language": saved.written.language.tag(), "at": saved.at.rfc3339(), "text": saved.written.text })
    };
    let json = json!(texts.iter().map(value).collect::<Vec<_>>());
    let head = vec!["whose", "for", "language", "since", "begins"];
    Ok(Told { json, table: Some((head, rows)), ..Told::default() })
}

fn read(file: &str) -> Result<String, Failure> {
    let mut text = String::new();
    let done = match file {
        "-" => std::io::stdin().take(64 * 1024).read_to_string(&mut text),
        path => std::fs::File::open(path).and_then(|file| file.take(64 * 1024).read_to_string(&mut text)),
    };
    done.map_err(|error| Failure::input(format!("{file} cannot be read"), error.to_string()))?;
    Ok(text)
}

pub(super) async fn author(desk: &Desk, tx: &mut Tx, asking: &Asking, author: &Author) -> Result<Told, Failure> {
    let user = match (&author.user, &asking.user) {
        (Some(login), _) => person(tx, login).await?,
        (None, Some(asker)) => asker.person.id,
        (None, None) => {
            return Err(Failure::input("it is not said whose notices", "").then("say --user LOGIN"));
        }
    };
    let or_empty = |text: &Option<String>| text.clone().unwrap_or_default();
    let choice =
        Choice { from: or_empty(&author.from), name: or_empty(&author.name), reply_to: or_empty(&author.reply_to) };
    let domains: Vec<String> = desk.config.house().domains.into_iter().collect();
    let done = notices::choose(tx, &asking.caller(), &domains, user, &choice).await?;
    done.map_err(|no| refused(&no))?;
    let shown = |text: &str, usual: &str| if text.is_empty() { usual.to_owned() } else { output::plain(text) };
    let lines = vec![
        format!("From: {}", shown(&choice.from, "the address that was written to")),
        format!("Name: {}", shown(&choice.name, "the person's own")),
        format!("Answers go to: {}", shown(&choice.reply_to, "the author")),
    ];
    let json = json!({ "from": choice.from, "name": choice.name, "reply_to": choice.reply_to });
    Ok(Told { json, lines, ..Told::default() })
}
