//! `standin trace`: every step on one mail, stored or in a file, and what comes of it. A mail is named by its number,
//! its Message-ID, or a file; one in a file that is stored is told as what is stored.

mod advice;
mod json;
mod told;
mod words;

use super::asking::Asking;
use super::{Done, Failure, Place, output};
use crate::actions::actor::Actor;
use crate::actions::review::{Choice, Reviewer};
use crate::actions::suggestions::Suggestion;
use crate::actions::tracing::Beside;
use crate::actions::{self, rules};
use crate::intake::replay::{self, Asker, LARGEST_MAIL, Seeing, Trace};
use crate::intake::{Clock, Shared, Signals};
use crate::model::id::{MailId, RecordId, UserId};
use crate::model::review::Reason as Asked;
use crate::model::time::{DAY, Timestamp};
use crate::store::expiry::Stay;
use crate::store::instance::{Instance, Use};
use crate::store::reading::Reading;
use crate::store::records::Entry;
use crate::store::views::{self, Question, Wanted};
use crate::store::{self, Tx};
use clap::Args;
use serde_json::json;
use std::collections::{BTreeSet, HashMap};
use std::process::ExitCode;
use std::sync::Arc;

pub(super) use words::evidence;

/// Records that may be named, each by kind and name.
type Names = HashMap<RecordId, String>;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// A stored mail by its number or its Message-ID, or a file with one mail.
    #[arg(value_name = "MAIL|MESSAGE-ID|FILE")]
    what: String,
    /// For a file that is not stored: name of the configured mailbox to which it comes; without it the first one.
    #[arg(long)]
    mailbox: Option<String>,
    /// Login of the admin on whose behalf, who must read the mail or be asked about it in review; without it you
    /// are the operator.
    #[arg(long = "as", value_name = "USER")]
    by: Option<String>,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(arguments: Arguments, place: &Place) -> Done {
    let config = place.load()?.config;
    let instance = Instance::open(&config, Use::Beside).await.map_err(anyhow::Error::from)?;
    let shared = Shared::new(&instance, Arc::new(config), Clock::new(super::now), Signals::default());
    let done = traced(&arguments, &shared).await;
    instance.db.close().await;
    done
}

async fn traced(arguments: &Arguments, shared: &Shared) -> Done {
    let mut tx = shared.db.read().await?;
    let asking = Asking::of(&mut tx, &shared.config, arguments.by.as_deref()).await?;
    for_admins(&asking)?;
    let actor = Actor::load(&mut tx, asking.caller().by, &asking.world, asking.now).await?;
    let scope = match asking.caller().by {
        Some(user) => store::people::scope(&mut tx, user, &asking.world, asking.now).await?,
        None => actor.reach.clone(),
    };
    drop(tx);
    let reviewer = Reviewer::of(&actor);
    let suggestions = suggested(shared, &asking, &reviewer).await?;
    let suggested: BTreeSet<MailId> = suggestions.iter().flat_map(Suggestion::mails).collect();
    let asker = Asker { scope: &scope, desk: reviewer.desk(), suggested };
    let Some((trace, given, taken)) = found(arguments, shared, &asking, &asker).await? else {
        return Ok(ExitCode::SUCCESS);
    };
    let mut tx = shared.db.write().await?;
    let mail = trace.stored.map(|mail| mail.0);
    rules::looked(&mut tx, &asking.caller(), json!({ "what": "trace", "mail": mail })).await?;
    let seeing = asker.sees_of(&mut tx, &trace).await?;
    let decided = seeing.as_ref().and_then(|seeing| seeing.decided);
    let question = seeing.as_ref().and_then(|seeing| seeing.question.as_ref());
    noted(&mut tx, &asker, &reviewer, &trace, question).await?;
    let of_it: Vec<Suggestion> = suggestions
        .into_iter()
        .filter(|one| trace.stored.is_some_and(|mail| one.mails().any(|of| of == mail)))
        .collect();
    if question.is_none() {
        let lines = actions::suggestions::reading(&mut tx, &reviewer, &of_it).await?;
        store::audit::note(&mut tx, &lines).await?;
    }
    let asked = asked_people(&mut tx, &asking, &trace).await?;
    let entries = known(&mut tx, &asker, &trace, seeing.as_ref()).await?;
    let asked_for = i64::from(shared.config.mail.keep_failed_days) * DAY;
    let beside = match trace.stored {
        Some(mail) => {
            let decision = decided.map(|(number, _)| number);
            Beside::of(&mut tx, &reviewer, (mail, trace.alone, decision), asked_for).await?
        }
        None => Beside::default(),
    };
    let logins = logins(&mut tx, &trace).await?;
    tx.commit().await?;
    let name = |e: &Entry| (e.record.id, format!("{} {}", e.record.kind.word(), output::plain(&e.record.name)));
    let told = Told {
        names: entries.iter().map(name).collect(),
        entries: &entries,
        waits: waits(&trace, seeing.as_ref()),
        asked,
        reads: seeing.as_ref().is_none_or(|seeing| seeing.reads),
        suggested_only: seeing.as_ref().is_some_and(|seeing| seeing.suggested && seeing.question.is_none()),
        decided,
        chosen: beside.chosen,
        stay: beside.stay,
        asked_for,
        may_move: beside.may_move,
        logins,
        trace: &trace,
        given,
        taken: taken.as_ref(),
        asking: &asking,
    };
    if arguments.json {
        output::json(&told.json())?;
    } else {
        told.tell()?;
    }
    Ok(ExitCode::SUCCESS)
}

/// A trace tells the rules and who reads a record: both are for admins.
fn for_admins(asking: &Asking) -> Result<(), Failure> {
    if asking.caller().administers() {
        return Ok(());
    }
    Err(Failure::input("only an admin may trace a mail", "a trace tells the rules, and who reads a record")
        .then("ask an admin; why a mail that you read stands where it does is told on its page"))
}

/// Whether a mail waits in review, or would, and why as far as the asker may be told.
fn waits(trace: &Trace, seeing: Option<&Seeing>) -> Option<Option<Asked>> {
    match trace.stored {
        Some(_) => Some(seeing?.question.as_ref()?.reason),
        None => trace.asked.map(Some),
    }
}

/// A trace with what telling it needs.
struct Told<'a> {
    trace: &'a Trace,
    /// It was given as a file.
    given: bool,
    /// For a file that is not stored.
    taken: Option<&'a Taken>,
    names: Names,
    entries: &'a [Entry],
    waits: Option<Option<Asked>>,
    /// Whom review asks about it; for the operator.
    asked: Vec<UserId>,
    /// Whether they may read it, and are not just asked about it in review.
    reads: bool,
    /// Review asks them what follows from it for a contact, and nothing else.
    suggested_only: bool,
    /// What they decided about it in review.
    decided: Option<(i64, Timestamp)>,
    /// What that was.
    chosen: Option<Choice>,
    /// How long it stays, where it stands on no record.
    stay: Option<Stay>,
    /// For how long mail on no record is kept.
    asked_for: i64,
    /// Whether they may say where it belongs.
    may_move: bool,
    /// Logins of those whose blocks are told.
    logins: HashMap<UserId, String>,
    asking: &'a Asking,
}

/// Into which mailbox a mail of a file comes.
struct Taken {
    mailbox: String,
    /// Nobody named it.
    assumed: bool,
    /// Whose it is; none: shared.
    owner: Option<UserId>,
    /// It came there before, and was passed over.
    came: bool,
    /// Its owner wrote the mail.
    sent: bool,
    /// The mail is addressed to it.
    addressed: bool,
    /// The others there are.
    others: usize,
}

/// What was found: its trace, whether it was given as a file, and for one that is not stored where it would come to.
type Found = (Trace, bool, Option<Taken>);

/// What is traced: by number, by Message-ID, or a file. None where several were listed instead.
async fn found(
    arguments: &Arguments,
    shared: &Shared,
    asking: &Asking,
    asker: &Asker<'_>,
) -> Result<Option<Found>, Failure> {
    let what = arguments.what.trim();
    let number = what.trim_start_matches('#').parse();
    let is_id = what.starts_with('<') || (what.contains('@') && !std::path::Path::new(&arguments.what).exists());
    if arguments.mailbox.is_some() && (number.is_ok() || is_id) {
        return Err(Failure::input(
            "--mailbox is for a mail in a file",
            "it says into which mailbox that would come; what is stored came where it came",
        )
        .then("leave --mailbox out, or name a file"));
    }
    if let Ok(number) = number {
        return Ok(Some((stored(shared, asking, asker, MailId(number)).await?, false, None)));
    }
    if !is_id {
        return of_file(arguments, shared, asking, asker).await.map(Some);
    }
    let mut tx = shared.db.read().await?;
    let named = replay::named(&mut tx, &shared.keys, what, asker).await?;
    drop(tx);
    match named.as_slice() {
        [] => Err(Failure::input(
            format!("no stored mail of which you may be told has the Message-ID {what}"),
            "of a mail that was passed over only keyed hashes are kept, which a Message-ID alone does not find",
        )
        .then("if you have the mail, save it as a file and trace that: `standin trace FILE`")),
        [one] => Ok(Some((stored(shared, asking, asker, one.mail).await?, false, None))),
        several => {
            let row = |one: &replay::Named| {
                vec![one.mail.to_string(), asking.moment(one.at), output::plain(&one.from), output::plain(&one.subject)]
            };
            if arguments.json {
                let row = |one: &replay::Named| json!({ "mail": one.mail, "at": one.at.rfc3339(), "from": one.from, "subject": one.subject });
                output::json(&json!({ "several": several.iter().map(row).collect::<Vec<_>>() }))?;
                return Ok(None);
            }
            output::line("Several stored mails have this Message-ID and differ in text, sender or date:")?;
            output::table(&["mail", "date", "from", "subject"], &several.iter().map(row).collect::<Vec<_>>(), "")?;
            output::line("Trace one of them by its number: `standin trace NUMBER`.")?;
            Ok(None)
        }
    }
}

async fn stored(shared: &Shared, asking: &Asking, asker: &Asker<'_>, mail: MailId) -> Result<Trace, Failure> {
    let mut tx = shared.db.read().await?;
    let missing = || {
        match asker.user() {
        None => Failure::input(format!("there is no mail {mail}"), "its number does not exist, or it was removed").then(
            "numbers of mails stand in `standin review list`, in `standin timeline RECORD --json` and in the addresses of \
             their pages; a mail may be named by its Message-ID or as a file, too",
        ),
        Some(_) => Failure::input(
            format!("there is no mail {mail} that {} may trace", asking.who()),
            "either it does not exist, or they neither read it nor are asked about it in review: \
             an admin reads no mail by being an admin",
        )
        .then(
            "numbers of mails stand in `standin review list` and in `standin timeline RECORD --json`; \
             whoever reads the record it stands on sees it there, and the operator traces any: `standin trace NUMBER` without --as",
        ),
    }
    };
    if asker.sees(&mut tx, mail).await?.is_none() {
        return Err(missing());
    }
    let own = shared.intake(crate::model::id::MailboxId(0), 0).context.own_domains;
    let traced = replay::trace_stored(&mut tx, mail, &own, &asking.world, asking.now).await?;
    let mut trace = traced.ok_or_else(missing)?;
    asker.limit(&mut tx, &mut trace).await?;
    Ok(trace)
}

async fn of_file(arguments: &Arguments, shared: &Shared, asking: &Asking, asker: &Asker<'_>) -> Result<Found, Failure> {
    use std::io::Read as _;
    let mut raw = Vec::new();
    let read = std::fs::File::open(&arguments.what).and_then(|file| file.take(LARGEST_MAIL).read_to_end(&mut raw));
    let next = "name a stored mail by its number or its Message-ID, or a file with one mail";
    read.map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Failure::input(
            format!("`{}` is neither a number nor a Message-ID, and there is no such file", arguments.what),
            "a mail is not found by its subject or sender here",
        )
        .then("find its number with `standin search`, `standin review list` or `standin timeline RECORD --json`, or name a file"),
        _ => Failure::input(format!("{} cannot be read", arguments.what), error.to_string()).then(next),
    })?;
    if !replay::is_mail(&raw) {
        let why = if raw.is_empty() {
            "the file is empty"
        } else {
            "it does not begin with the header of a mail (From, To, Subject, Date …)"
        };
        return Err(Failure::input(format!("{} is no mail, so nothing was traced", arguments.what), why).then(
            "save the mail from the mail program as it came (“save as”, “show source”), as .eml, and name that file",
        ));
    }
    let mailboxes = shared.mailboxes().await?;
    let boxes: Vec<_> = mailboxes.iter().map(|(account, row)| (account.address.as_str(), row.user)).collect();
    let addresses = replay::addresses_of(&mut shared.db.read().await?, &boxes).await?;
    let texts: Vec<&str> = addresses.iter().map(|(address, _)| address.as_str()).collect();
    let place = |n: usize| addresses.get(n).map(|(_, mailbox)| *mailbox).filter(|_| arguments.mailbox.is_none());
    let addressed = replay::addressed_to(&raw, &texts).and_then(place);
    let sent = replay::written_by(&raw, &texts).and_then(place).filter(|_| addressed.is_none());
    let came = match (&arguments.mailbox, mailboxes.first()) {
        (None, Some((_, row))) => {
            let context = shared.intake(row.id, 0).context;
            let names = replay::came_to(&shared.db, &context, raw.clone(), asker, asking.now).await?;
            names.iter().find_map(|name| mailboxes.iter().position(|(account, _)| account.name == *name))
        }
        _ => None,
    };
    let named =
        mailboxes.iter().find(|(account, _)| arguments.mailbox.as_ref().is_none_or(|name| *name == account.name));
    let Some((account, row)) = came.or(addressed).or(sent).and_then(|n| mailboxes.get(n)).or(named) else {
        return Err(match &arguments.mailbox {
            Some(name) => Failure::input(format!("there is no mailbox `{name}`"), "")
                .then("`standin mailbox list` shows all there are"),
            None => Failure::input("no mailbox is configured, so there is none that a mail could come to", "")
                .then("name a stored mail by its number, or configure a mailbox"),
        });
    };
    let context = shared.intake(row.id, 0).context;
    let taken = Taken {
        mailbox: account.name.clone(),
        assumed: arguments.mailbox.is_none(),
        owner: row.user,
        came: came.is_some(),
        sent: sent.is_some(),
        addressed: addressed.is_some(),
        others: mailboxes.len().saturating_sub(1),
    };
    let trace = replay::trace_given(&shared.db, &context, raw, asker, (&asking.world, asking.now)).await?;
    let taken = trace.stored.is_none().then_some(taken);
    Ok((trace, true, taken))
}

/// What review asks the asker of what notices suggest.
async fn suggested(shared: &Shared, asking: &Asking, reviewer: &Reviewer<'_, '_>) -> Result<Vec<Suggestion>, Failure> {
    if asking.user.is_none() {
        return Ok(Vec::new());
    }
    let mut tx = shared.db.read().await?;
    Ok(actions::suggestions::list(&mut tx, reviewer, asking.zone).await?)
}

/// The logins of those whose blocks are told.
async fn logins(tx: &mut Tx, trace: &Trace) -> Result<HashMap<UserId, String>, Failure> {
    let mut logins = HashMap::new();
    for user in trace.blocks.iter().filter_map(|block| block.user) {
        if let Some(found) = store::people::load(tx, user).await? {
            logins.insert(user, found.login);
        }
    }
    Ok(logins)
}

/// Whom review asks about a stored mail; nobody but the operator is told.
async fn asked_people(tx: &mut Tx, asking: &Asking, trace: &Trace) -> Result<Vec<UserId>, Failure> {
    let (None, Some(mail), Some(_)) = (asking.caller().by, trace.stored, trace.asked) else { return Ok(Vec::new()) };
    let wanted = Wanted { mail: Some(mail), ..Wanted::default() };
    let mut asked = Vec::new();
    for person in asking.world.people.iter().filter(|person| person.active) {
        let actor = Actor::load(tx, Some(person.id), &asking.world, asking.now).await?;
        if !views::questions(tx, &Reviewer::of(&actor).desk(), &wanted, 1).await?.is_empty() {
            asked.push(person.id);
        }
    }
    Ok(asked)
}

/// Notes in the audit what is shown by another right than the asker's own.
async fn noted(
    tx: &mut Tx,
    asker: &Asker<'_>,
    reviewer: &Reviewer<'_, '_>,
    trace: &Trace,
    question: Option<&Question>,
) -> Result<(), Failure> {
    let (Some(viewer), Some(mail)) = (asker.user(), trace.stored) else { return Ok(()) };
    let lines = reviewer.reading(tx, &question.into_iter().collect::<Vec<_>>()).await?;
    store::audit::note(tx, &lines).await?;
    let actor = reviewer.actor();
    let reading = Reading { viewer, world: actor.world, now: actor.now };
    let (own_copy, governing) = views::seen_by(tx, asker.scope, mail).await?;
    let lines = reading.of_mail(tx, mail, own_copy, &governing).await?;
    Ok(store::audit::note_reading(tx, viewer, &lines, actor.now).await?)
}

/// The records that a trace names and that the asker may read; and those that review names to them.
async fn known(tx: &mut Tx, asker: &Asker<'_>, trace: &Trace, seeing: Option<&Seeing>) -> Result<Vec<Entry>, Failure> {
    let ids: Vec<RecordId> = trace.named().into_iter().collect();
    if asker.user().is_none() {
        return Ok(store::records::load(tx, &ids).await?);
    }
    // Of a confidential mail they are named to whoever sees it on one of them.
    let hidden = match trace.stored {
        _ if !trace.sealed => false,
        Some(mail) => views::seen_by(tx, asker.scope, mail).await?.1.is_empty(),
        None => true,
    };
    let mut known = if hidden { Vec::new() } else { store::records::load_seen(tx, asker.scope, &ids).await? };
    let read: BTreeSet<RecordId> = known.iter().map(|entry| entry.record.id).collect();
    // Review names them to whom it asks; of what is marked confidential only those it asks between.
    let Some(seeing) = seeing.filter(|seeing| seeing.question.is_some() || seeing.suggested) else { return Ok(known) };
    let between = seeing.question.as_ref().map(|question| question.records.clone()).unwrap_or_default();
    let asked = if trace.sealed { &between } else { &ids };
    let asked: Vec<RecordId> = asked.iter().filter(|id| !read.contains(id)).copied().collect();
    known.extend(match trace.sealed {
        true => store::records::load(tx, &asked).await?,
        false => store::records::load_seen(tx, asker.desk.reach, &asked).await?,
    });
    Ok(known)
}
