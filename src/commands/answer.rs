//! `standin answer`: mail that a user writes from a mail or a record, drafts, and what became of them. It goes
//! out through the user's own mailbox as themselves, as from the pages; `standin serve` sends it.

use super::acting::record;
use super::{Done, Failure, Place, link, output, user, world};
use crate::access::World;
use crate::actions::actor::Actor;
use crate::actions::answering::{self, About, Decision, No, Warning, Writer};
use crate::actions::reading::Reader;
use crate::config::Config;
use crate::model::draft::{Attached, Draft, DraftKind, Typed};
use crate::model::id::{DraftId, MailId};
use crate::model::time::{DAY, Timestamp};
use crate::store::draft_rights::{Lost, standing};
use crate::store::instance::{Instance, Use};
use crate::store::keys::Keys;
use crate::store::{Db, Tx, drafts, mailbox_settings, people, views};
use clap::{Args, Subcommand};
use serde_json::json;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// Login of the user who writes; a mail is always somebody's.
    #[arg(long = "as", value_name = "USER", global = true)]
    acting: Option<String>,
    /// As JSON.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Answer a mail.
    Reply {
        /// The mail: its number or its Message-ID.
        mail: String,
        /// Answer everybody on it, not its sender alone.
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        what: What,
    },
    /// Hand a mail on, with what is attached to it.
    Forward {
        /// The mail: its number or its Message-ID.
        mail: String,
        #[command(flatten)]
        what: What,
    },
    /// Write a new mail about a record.
    Write {
        /// The record: its id, number, external id or name.
        record: String,
        #[command(flatten)]
        what: What,
    },
    /// Show the user's drafts and what they sent lately.
    List,
    /// Show a draft, and what became of sending it.
    Show {
        /// Its number, see `standin answer list`.
        number: i64,
    },
    /// Change a draft; what is not named stays.
    Edit {
        /// Its number.
        number: i64,
        #[command(flatten)]
        what: What,
    },
    /// Take back what waits to be sent, or is not known to have gone out: it is a draft again.
    Back {
        /// Its number.
        number: i64,
    },
    /// Say of a mail of which nobody knows that it went out.
    WentOut {
        /// Its number.
        number: i64,
    },
    /// Throw a draft away.
    Discard {
        /// Its number.
        number: i64,
    },
    /// Show what stands below what the user writes, or change it.
    Signature {
        /// The new text; empty for none.
        text: Option<String>,
    },
}

#[derive(Debug, Args)]
struct What {
    /// The text; in an answer it stands above what is quoted.
    #[arg(long)]
    text: Option<String>,
    /// Who gets it, separated by commas; of an answer without it whom the answer goes to.
    #[arg(long)]
    to: Option<String>,
    /// Who gets a copy.
    #[arg(long)]
    cc: Option<String>,
    /// Who gets one unseen by the others.
    #[arg(long)]
    bcc: Option<String>,
    /// The subject.
    #[arg(long)]
    subject: Option<String>,
    /// The mailbox it goes through, where the user has several.
    #[arg(long, value_name = "NAME")]
    mailbox: Option<String>,
    /// A file that goes with it; may be given several times.
    #[arg(long, value_name = "FILE")]
    attach: Vec<PathBuf>,
    /// Send it, rather than keep it as a draft.
    #[arg(long)]
    send: bool,
    /// Send it whatever there is to be warned of.
    #[arg(long, requires = "send")]
    anyway: bool,
}

/// What a command works with.
struct Desk {
    config: Config,
    db: Db,
    keys: Keys,
    now: Timestamp,
    login: String,
    json: bool,
}

pub(super) async fn run(arguments: Arguments, place: &Place) -> Done {
    let Some(login) = arguments.acting.clone() else {
        return Err(Failure::input("nobody is named who writes", "a mail goes out under its writer's own address")
            .then("add --as USER"));
    };
    let mut config = place.load()?.config;
    let instance = Instance::open(&config, Use::Beside).await;
    let instance = instance.map_err(|error| Failure::failed("no database", error).then("run `standin check`"))?;
    let mut tx = instance.db.read().await?;
    config.mailbox = mailbox_settings::accounts(&mut tx, &instance.keys, &config).await?;
    drop(tx);
    let desk = Desk { config, db: instance.db, keys: instance.keys, now: super::now(), login, json: arguments.json };
    let done = carry_out(&desk, arguments.command).await;
    desk.db.close().await;
    done
}

async fn carry_out(desk: &Desk, command: Command) -> Done {
    match command {
        Command::List => list(desk).await,
        Command::Show { number } => show(desk, DraftId(number)).await,
        Command::Signature { text } => signature(desk, text).await,
        command => change(desk, command).await,
    }
}

async fn change(desk: &Desk, command: Command) -> Done {
    let mut tx = desk.db.write().await?;
    let world = world(&mut tx, &desk.config, desk.now).await?;
    let me = user(&mut tx, &desk.login).await?.person.id;
    let writer = Writer { user: me, world: &world, config: &desk.config, keys: &desk.keys, now: desk.now };
    let (id, what) = match command {
        Command::Reply { mail, all, what } => {
            let kind = if all { DraftKind::ReplyAll } else { DraftKind::Reply };
            (begun(&mut tx, &writer, kind, &mail).await?, what)
        }
        Command::Forward { mail, what } => (begun(&mut tx, &writer, DraftKind::Forward, &mail).await?, what),
        Command::Write { record: named, what } => {
            let actor = Actor::load(&mut tx, Some(me), &world, desk.now).await?;
            let about = About::Record(record(&mut tx, &actor, &named).await?.record.id);
            let begun = answering::begin(&mut tx, &writer, about).await?;
            (begun.map_err(|no| refused(&no, &world))?, what)
        }
        Command::Edit { number, what } => (DraftId(number), what),
        Command::Back { number } => return decided(desk, tx, &writer, number, Decision::Back).await,
        Command::WentOut { number } => return decided(desk, tx, &writer, number, Decision::WentOut).await,
        Command::Discard { number } => {
            let done = answering::discard(&mut tx, &writer, DraftId(number)).await?;
            done.map_err(|no| refused(&no, &world))?;
            tx.commit().await?;
            return told(desk, DraftId(number), "Thrown away.");
        }
        Command::List | Command::Show { .. } | Command::Signature { .. } => return Ok(ExitCode::SUCCESS),
    };
    fill(&mut tx, &writer, id, &what).await?;
    if !what.send {
        tx.commit().await?;
        return told(desk, id, &format!("Draft {id} is kept. `standin answer edit {id} --send` sends it."));
    }
    let mut known = BTreeSet::new();
    if what.anyway
        && let Ok(warnings) = answering::check(&mut tx, &writer, id).await?
    {
        known.extend(warnings.iter().map(Warning::key));
    }
    let sent = answering::send(&mut tx, &writer, id, &known).await?;
    // What was written stays, also where it cannot be sent.
    tx.commit().await?;
    sent.map_err(|no| refused(&no, &world).then(format!("it is kept as draft {id}")))?;
    told(desk, id, &format!("Draft {id} is on its way; `standin serve` sends it. See `standin answer show {id}`."))
}

/// Begins a draft from a mail. What is quoted was read.
async fn begun(tx: &mut Tx, writer: &Writer<'_>, kind: DraftKind, mail: &str) -> Result<DraftId, Failure> {
    let mail = link::find(tx, mail).await?;
    note_reading(tx, writer, mail).await?;
    let begun = answering::begin(tx, writer, About::Mail(kind, mail)).await?;
    begun.map_err(|no| refused(&no, writer.world))
}

async fn note_reading(tx: &mut Tx, writer: &Writer<'_>, mail: MailId) -> Result<(), Failure> {
    let scope = people::scope(tx, writer.user, writer.world, writer.now).await?;
    let (own_copy, governing) = views::seen_by(tx, &scope, mail).await?;
    Reader::note(tx, writer.user, writer.world, writer.now, mail, (own_copy, &governing)).await?;
    Ok(())
}

async fn fill(tx: &mut Tx, writer: &Writer<'_>, id: DraftId, what: &What) -> Result<(), Failure> {
    let no = |no: No| refused(&no, writer.world);
    let Some(draft) = drafts::load(tx, writer.user, id).await? else { return Err(no(No::NoDraft)) };
    let have = &draft.typed;
    let or = |new: &Option<String>, old: &String| new.clone().unwrap_or_else(|| old.clone());
    let typed = Typed {
        mailbox: or(&what.mailbox, &have.mailbox),
        to: or(&what.to, &have.to),
        cc: or(&what.cc, &have.cc),
        bcc: or(&what.bcc, &have.bcc),
        subject: or(&what.subject, &have.subject),
        body: match &what.text {
            Some(text) => format!("{}{}", text.trim_end(), have.body),
            None => have.body.clone(),
        },
    };
    if typed != *have {
        answering::save(tx, writer, id, draft.version, &typed).await?.map_err(no)?;
    }
    for path in &what.attach {
        let bytes = tokio::fs::read(path).await;
        let bytes =
            bytes.map_err(|error| Failure::input(format!("{} cannot be read", path.display()), error.to_string()))?;
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let file = Attached { name, media_type: "application/octet-stream".into(), bytes };
        answering::attach(tx, writer, id, &file).await?.map_err(no)?;
    }
    Ok(())
}

async fn decided(desk: &Desk, mut tx: Tx, writer: &Writer<'_>, number: i64, what: Decision) -> Done {
    let done = answering::decide(&mut tx, writer, DraftId(number), what).await?;
    done.map_err(|no| refused(&no, writer.world))?;
    tx.commit().await?;
    told(desk, DraftId(number), "Noted.")
}

fn told(desk: &Desk, id: DraftId, text: &str) -> Done {
    match desk.json {
        true => output::json(&json!({ "draft": id }))?,
        false => output::line(text)?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(desk: &Desk) -> Done {
    let mut tx = desk.db.read().await?;
    let me = user(&mut tx, &desk.login).await?.person.id;
    let found = drafts::of_user(&mut tx, me, desk.now.plus(-7 * DAY), 200).await?;
    drop(tx);
    if desk.json {
        output::json(&json!({ "drafts": found.iter().map(as_json).collect::<Vec<_>>() }))?;
        return Ok(ExitCode::SUCCESS);
    }
    let row = |draft: &Draft| {
        let state = draft.sending.as_ref().map_or("draft", |sending| sending.state.word());
        let words = [&draft.typed.to, &draft.typed.subject].map(|text| output::plain(text));
        let [to, subject] = words;
        vec![
            draft.id.to_string(),
            state.to_owned(),
            draft.kind.word().to_owned(),
            draft.saved_at.rfc3339(),
            to,
            subject,
        ]
    };
    let rows: Vec<Vec<String>> = found.iter().map(row).collect();
    output::table(&["draft", "state", "kind", "saved", "to", "subject"], &rows, "No drafts.")?;
    Ok(ExitCode::SUCCESS)
}

async fn show(desk: &Desk, id: DraftId) -> Done {
    let mut tx = desk.db.read().await?;
    let me = user(&mut tx, &desk.login).await?.person.id;
    let Some(mut draft) = drafts::load(&mut tx, me, id).await? else {
        return Err(refused(&No::NoDraft, &World::default()));
    };
    let files = drafts::files(&mut tx, id).await?;
    let world = world(&mut tx, &desk.config, desk.now).await?;
    let about = (draft.kind, draft.mail, draft.record);
    if standing(&mut tx, me, about, &world, desk.now).await?.is_err() {
        draft.typed = answering::own_words(&draft);
    }
    drop(tx);
    if desk.json {
        let files: Vec<_> = files.iter().map(|f| json!({ "id": f.id, "name": f.name, "size": f.size })).collect();
        let mut value = as_json(&draft);
        if let Some(map) = value.as_object_mut() {
            map.insert("files".into(), files.into());
            map.insert("text".into(), draft.typed.body.clone().into());
        }
        output::json(&value)?;
        return Ok(ExitCode::SUCCESS);
    }
    let typed = &draft.typed;
    for (label, text) in [("To", &typed.to), ("Cc", &typed.cc), ("Bcc", &typed.bcc), ("Subject", &typed.subject)] {
        if !text.is_empty() {
            output::line(&format!("{label}: {}", output::plain(text)))?;
        }
    }
    for file in &files {
        output::line(&format!("File: {} ({} octets)", output::plain(&file.name), file.size))?;
    }
    if let Some(sending) = &draft.sending {
        let answer = sending.answer.as_deref().map(output::plain).unwrap_or_default();
        output::line(&format!("State: {} {answer}", sending.state.word()))?;
    }
    for line in typed.body.lines() {
        output::line(&output::plain(line))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn as_json(draft: &Draft) -> serde_json::Value {
    let sending = draft.sending.as_ref();
    json!({
        "draft": draft.id,
        "kind": draft.kind.word(),
        "mail": draft.mail,
        "record": draft.record,
        "state": sending.map_or("draft", |sending| sending.state.word()),
        "answer": sending.and_then(|sending| sending.answer.clone()),
        "message_id": sending.map(|sending| sending.message_id.clone()),
        "to": draft.typed.to, "cc": draft.typed.cc, "bcc": draft.typed.bcc,
        "subject": draft.typed.subject,
        "saved_at": draft.saved_at.rfc3339(),
    })
}

async fn signature(desk: &Desk, text: Option<String>) -> Done {
    let mut tx = desk.db.write().await?;
    let me = user(&mut tx, &desk.login).await?.person.id;
    if let Some(text) = &text {
        answering::sign(&mut tx, me, text).await?.map_err(|no| refused(&no, &World::default()))?;
    }
    let kept = drafts::signature(&mut tx, me).await?;
    tx.commit().await?;
    match desk.json {
        true => output::json(&json!({ "signature": kept }))?,
        false => kept.lines().try_for_each(|line| output::line(&output::plain(line)))?,
    }
    Ok(ExitCode::SUCCESS)
}

fn refused(no: &No, world: &World) -> Failure {
    let admin = "an administrator sets it in the configuration file";
    match no {
        No::NoDraft => Failure::input("there is no such draft of this user", "").then("see `standin answer list`"),
        No::Lost(lost) => Failure::input("nothing can be written from there", said(*lost)),
        No::NoMailbox => Failure::input("this user has no mailbox here, so nothing can go out under their address", "")
            .then(format!("{admin}: a [[mailbox]] with `user`")),
        No::NoServer(name) => Failure::input(format!("the mailbox {name} has no server that sends"), "")
            .then(format!("{admin}: [mailbox.smtp]; then start the program again")),
        No::Meanwhile => Failure::input("it was sent or changed meanwhile", "").then("see `standin answer list`"),
        No::NoRecipient => Failure::input("nobody is to get it", "").then("name somebody by --to"),
        No::BadAddress(text) => Failure::input(format!("`{}` is no address a mail can go to", output::plain(text)), ""),
        No::TooMany => Failure::input("more than 100 people are to get it", ""),
        No::Empty => Failure::input("there is neither text nor file", "").then("write it by --text"),
        No::TooLong => Failure::input("it is too long", ""),
        No::TooLarge => Failure::input("what is attached is larger than 25 MB together", ""),
        No::Unwritable(why) => Failure::input("the mail cannot be written", why.clone()),
        No::Warned(warnings) => {
            let lines: Vec<String> = warnings.iter().map(|warning| warned(warning, world)).collect();
            Failure::input("it was not sent yet", lines.join("\n")).then("add --anyway to send it all the same")
        }
    }
}

fn said(lost: Lost) -> &'static str {
    match lost {
        Lost::Inactive => "the user is deactivated",
        Lost::Mail => "the mail is not there, or not to be seen by this user",
        Lost::Record => "the record is not there, or not to be seen by this user",
        Lost::ReadOnly => "this user may read it and not change it; writing from it needs that",
        Lost::Confidential => "it is confidential, and is not handed on into another thread",
    }
}

fn warned(warning: &Warning, world: &World) -> String {
    match warning {
        Warning::Answered(name, at, mail) => {
            format!("{} answered meanwhile, {} (mail {mail})", output::plain(name), at.rfc3339())
        }
        Warning::Writing(user) => format!("{} is writing an answer", world.name(*user)),
        Warning::Internal => "nobody outside the company gets it, so the client waits on".into(),
        Warning::Blocked(address) => format!("{address} is blocked: what is sent will not stand on the record"),
        Warning::Failing(address) => format!("mail to {address} came back, or its owner left"),
    }
}
