//! `standin review`: mail that could not be placed surely, and what somebody decides about it.

use super::acting::{As, record};
use super::{Done, Failure, Place, output, world};
use crate::actions::actor::Actor;
use crate::actions::review::{Changed, Choice, No, Reviewer, Shown};
use crate::actions::suggestions::Key;
use crate::actions::{corrections, proposals};
use crate::config::Config;
use crate::intake::reconsider;
use crate::model::facts::House;
use crate::model::filing;
use crate::model::id::{MailId, RecordId};
use crate::model::link::{Candidate, Evidence};
use crate::model::review::Reason;
use crate::model::time::Timestamp;
use crate::store::keys::Keys;
use crate::store::reading::Reading;
use crate::store::views::{self, Door, Question};
use crate::store::{self, Tx};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::process::ExitCode;

mod suggestions;

/// Lines of a list.
const LINES: i64 = 50;
/// Counted exactly up to here.
const COUNTED: i64 = 1_000;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    by: As,
}

/// What is asked about: a mail by its number, or what a notice suggests of a contact by its key.
#[derive(Clone, Copy, Debug)]
enum Asked {
    Mail(MailId),
    Suggestion(Key),
}

fn asked(text: &str) -> Result<Asked, String> {
    match (text.parse(), Key::parse(text)) {
        (Ok(mail), _) => Ok(Asked::Mail(MailId(mail))),
        (_, Some(key)) => Ok(Asked::Suggestion(key)),
        _ => {
            Err("a mail is named by its number, a suggestion as `standin review list` shows it, such as 12-345-0"
                .into())
        }
    }
}

/// What was decided: about mails by its number, about a suggestion with an `s` before it.
#[derive(Clone, Copy, Debug)]
enum Number {
    Mails(i64),
    Suggestion(i64),
}

fn number(text: &str) -> Result<Number, String> {
    let number =
        |digits: &str| digits.parse().map_err(|_| "write the number of a decision, such as 12 or s12".to_owned());
    match text.strip_prefix('s') {
        Some(digits) => Ok(Number::Suggestion(number(digits)?)),
        None => Ok(Number::Mails(number(text)?)),
    }
}

/// What is done. A mail is named by its number.
#[derive(Debug, Subcommand)]
enum Command {
    /// Show which mails could not be placed surely, and what notices suggest of contacts, the latest first.
    List {
        /// Go on below this mail of the list.
        #[arg(long, value_name = "MAIL")]
        after: Option<i64>,
    },
    /// Show one of them: what it says, what it may be about and why, and how many are like it.
    Show {
        /// The mail, or the suggestion.
        #[arg(value_parser = asked)]
        mail: Asked,
    },
    /// Decide what a mail is about. With `--like` what would be decided is shown first.
    Decide {
        /// The mail, or the suggestion.
        #[arg(value_parser = asked)]
        mail: Asked,
        /// Of a mail: the number of a candidate, a record by id, number, external id or name, `none`, `private` or
        /// `automatic`. Of a suggestion: `yes` or `no`.
        choice: String,
        /// The mails like it, too: same sender, same reason.
        #[arg(long)]
        like: bool,
        /// The whole thread, with what will come in it.
        #[arg(long)]
        thread: bool,
        /// All mail of its sender from now on, as far as it lies in your own mailboxes.
        #[arg(long)]
        always: bool,
        /// All mail of everybody in its sender's domain, as far as it lies in your own mailboxes. How much that is is
        /// shown first.
        #[arg(long)]
        domain: bool,
    },
    /// Carry out what `decide --like` showed.
    Run {
        /// Its number.
        number: i64,
    },
    /// Show the rule that a decision offers, with its dry run. For admins.
    Rule {
        /// The decision's number.
        number: i64,
    },
    /// Take a decision back, whole.
    Undo {
        /// Its number; of a suggestion with an `s` before it.
        #[arg(value_parser = number)]
        number: Number,
    },
}

pub(super) async fn run(arguments: Arguments, place: &Place) -> Done {
    if let Command::Rule { number } = arguments.command {
        return super::rules::offer(number, arguments.by.acting.clone(), arguments.by.json, place).await;
    }
    let (config, db) = place.open().await?;
    let now = super::now();
    let json = arguments.by.json;
    let mut tx = db.write().await?;
    tx.alone().await?;
    let world = world(&mut tx, &config, now).await?;
    let actor = arguments.by.actor(&mut tx, &world, now).await?;
    let reviewer = Reviewer::of(&actor);
    match &arguments.command {
        Command::List { after } => {
            let suggested = match after {
                None => suggestions::listed(&mut tx, &actor, &reviewer, &config).await?,
                Some(_) => Default::default(),
            };
            list(&mut tx, &actor, &reviewer, after.map(MailId), (suggested, json)).await?;
        }
        Command::Show { mail: Asked::Mail(mail) } => show(&mut tx, &actor, &reviewer, *mail, json).await?,
        Command::Show { mail: Asked::Suggestion(key) } => {
            suggestions::show(&mut tx, &actor, &reviewer, *key, (&config, json)).await?;
        }
        Command::Decide { mail: Asked::Suggestion(key), choice, .. } => {
            suggestions::decide(&mut tx, &reviewer, (*key, choice), &config, json).await?;
        }
        Command::Decide { mail: Asked::Mail(mail), choice, like, thread, always, domain } => {
            let ticked = (*thread, *always, *domain);
            let choice = choice_of(&mut tx, &actor, &reviewer, *mail, choice, ticked).await?;
            let shown = reviewer.show(&mut tx, *mail, choice, *like).await?.map_err(|no| refused(&no))?;
            match shown.mails.len() {
                1 if !*domain => decide(&mut tx, &reviewer, shown.number, (&config, now), json).await?,
                _ => tell_shown(&mut tx, &actor, &reviewer, &shown, (&config, json)).await?,
            }
        }
        Command::Run { number } => decide(&mut tx, &reviewer, *number, (&config, now), json).await?,
        // It needs no turn among the writers, and came before.
        Command::Rule { .. } => {}
        Command::Undo { number: Number::Suggestion(number) } => {
            suggestions::undo(&mut tx, &actor, *number, json).await?;
        }
        Command::Undo { number: Number::Mails(number) } => {
            let undone = reviewer.undo(&mut tx, *number).await?;
            let changed = undone.map_err(|no| not_taken_back(&no, *number, &actor))?;
            let mails = again(&mut tx, &changed, &config, now).await?;
            tell(&changed, mails, "Taken back", json)?;
        }
    }
    tx.commit().await?;
    db.close().await;
    Ok(ExitCode::SUCCESS)
}

async fn list(
    tx: &mut Tx,
    actor: &Actor<'_>,
    reviewer: &Reviewer<'_, '_>,
    after: Option<MailId>,
    ((suggested, lines), json): ((Vec<Value>, Vec<Vec<String>>), bool),
) -> Result<(), Failure> {
    let from = match after {
        Some(mail) => {
            let found = reviewer.one(tx, mail).await?.ok_or_else(|| not_asked(mail))?;
            Some((found.mail.at, mail))
        }
        None => None,
    };
    let questions = reviewer.list(tx, from, LINES).await?;
    let count = reviewer.count(tx, COUNTED + 1).await?;
    noted(tx, actor, reviewer, &questions.iter().collect::<Vec<_>>()).await?;
    let names = views::names(tx, &actor.reach, questions.iter().flat_map(|q| q.records.clone())).await?;
    let name = |record: &RecordId| names.get(record).map(|n| n.name.clone()).unwrap_or_default();
    if json {
        let rows: Vec<Value> = questions
            .iter()
            .map(|q| {
                let records: Vec<Value> = q.records.iter().map(|r| json!({ "id": r.0, "name": name(r) })).collect();
                json!({ "mail": q.mail.id.0, "at": q.mail.at.rfc3339(), "from": q.mail.from.address,
                        "subject": q.mail.subject, "why": why(q), "records": records })
            })
            .collect();
        return Ok(output::json(&json!({ "count": count, "mails": rows, "suggestions": suggested }))?);
    }
    let row = |q: &Question| {
        let records: Vec<String> = q.records.iter().take(3).map(name).collect();
        vec![
            q.mail.id.to_string(),
            q.mail.at.rfc3339(),
            output::plain(&q.mail.from.address),
            output::plain(&q.mail.subject),
            why(q).to_owned(),
            output::plain(&records.join(", ")),
        ]
    };
    let rows: Vec<Vec<String>> = questions.iter().map(row).collect();
    output::table(&["mail", "at", "from", "subject", "why", "may be about"], &rows, "Nothing is to be reviewed.")?;
    if count > rows.len() as i64 && !rows.is_empty() {
        let all = if count > COUNTED { format!("{COUNTED}+") } else { count.to_string() };
        output::note(&format!("{} of {all}; `--after MAIL` shows what comes below a mail", rows.len()));
    }
    if !lines.is_empty() {
        output::line("")?;
        output::table(&["suggestion", "at", "question"], &lines, "")?;
    }
    Ok(())
}

/// Why a mail is asked about, as a sentence; none where a record has a part in it that is not to be told.
pub(super) fn asked_why(reason: Option<Reason>) -> &'static str {
    match reason {
        Some(Reason::Filing) => "somebody filed it from their mail program, and that could not be done (filing)",
        Some(Reason::Unlinked) => "somebody took it off the last record on which it stood (unlinked)",
        Some(Reason::Forged) => "our own mail server does not confirm its sender (it may be forged)",
        Some(Reason::Suggested) => "it names something of ours, but its sender takes no part in that (suggested)",
        Some(Reason::Several) => "it may be about one of several records, and none leads clearly (several)",
        Some(Reason::SharedAddress) => "an address on it stands on several records (shared-address)",
        Some(Reason::OtherContent) => "another mail has the same id and says something else (other-content)",
        Some(Reason::UnknownSender) => {
            "somebody at a firm that nobody here knows wrote to a shared mailbox (unknown-sender)"
        }
        None => "it could not be placed surely, and a record has a part in it that you may not read (unsure)",
    }
}

/// What points are, where candidates were weighed.
const POINTS: &str = "Points are given to several open opportunities of a contact, by thread, subject, quotes, words, people \
                      and time. One is chosen without a person from 25 on, with 14 more than the next.";

/// Why a mail is asked about, in a word or two.
fn why(question: &Question) -> &'static str {
    question.reason.map_or("unsure", Reason::word)
}

async fn noted(
    tx: &mut Tx,
    actor: &Actor<'_>,
    reviewer: &Reviewer<'_, '_>,
    shown: &[&Question],
) -> Result<(), Failure> {
    let lines = reviewer.reading(tx, shown).await?;
    store::audit::note(tx, &lines).await?;
    let Some(viewer) = actor.user else { return Ok(()) };
    let scope = store::people::scope(tx, viewer, actor.world, actor.now).await?;
    let reading = Reading { viewer, world: actor.world, now: actor.now };
    for question in shown {
        let (own_copy, governing) = views::seen_by(tx, &scope, question.mail.id).await?;
        let lines = reading.of_mail(tx, question.mail.id, own_copy, &governing).await?;
        store::audit::note_reading(tx, viewer, &lines, actor.now).await?;
    }
    Ok(())
}

async fn show(
    tx: &mut Tx,
    actor: &Actor<'_>,
    reviewer: &Reviewer<'_, '_>,
    mail: MailId,
    json: bool,
) -> Result<(), Failure> {
    let question = reviewer.one(tx, mail).await?.ok_or_else(|| not_asked(mail))?;
    noted(tx, actor, reviewer, &[&question]).await?;
    let text = views::asked_text(tx, mail).await?;
    let alike = reviewer.alike(tx, &question).await?;
    let candidates: Vec<Candidate> = serde_json::from_str(&question.candidates).unwrap_or_default();
    let parties = candidates.iter().filter_map(|c| c.evidence.party());
    let told = views::names(tx, &actor.reach, parties.chain(question.records.clone())).await?;
    let told: HashMap<RecordId, String> =
        told.into_iter().map(|(id, named)| (id, output::plain(&named.name))).collect();
    let records = question.records.iter().zip(1..).map(|(record, n)| {
        let name = told.get(record).cloned().unwrap_or_default();
        let of_it: Vec<&Evidence> = candidates.iter().filter(|c| c.record == *record).map(|c| &c.evidence).collect();
        let mut because: Vec<String> = of_it.iter().map(|e| super::trace::evidence(e, &told)).collect();
        if because.is_empty() {
            let text = match question.reason {
                Some(Reason::Filing) => {
                    "whoever filed it meant this, or the text that they forwarded names somebody on it"
                }
                _ => "it stands there now",
            };
            because.push(text.to_owned());
        }
        let points = of_it.iter().filter_map(|e| points(e)).max();
        json!({ "choice": n, "id": record.0, "name": name, "because": because, "points": points, "evidence": of_it })
    });
    let records: Vec<Value> = records.collect();
    let like: Vec<i64> = alike.iter().map(|q| q.mail.id.0).collect();
    if json {
        return Ok(output::json(&json!({
            "mail": mail.0, "at": question.mail.at.rfc3339(), "from": question.mail.from.address,
            "subject": question.mail.subject, "why": why(&question), "detail": question.detail, "text": text,
            "records": records, "alike": like,
        }))?);
    }
    output::line(&format!("from     {}", output::plain(&question.mail.from.address)))?;
    output::line(&format!("at       {}", question.mail.at.rfc3339()))?;
    output::line(&format!("subject  {}", output::plain(&question.mail.subject)))?;
    let refused = filing::Reason::from_word(&question.detail).map(super::filing::why);
    let detail = refused.map_or_else(|| output::plain(&question.detail), str::to_owned);
    output::line(&format!("why      {}. {detail}", asked_why(question.reason)))?;
    output::line(&format!("alike    {} (same sender, same reason)", output::counted(like.len() as i64, "other mail")))?;
    if question.door == Door::Admin && actor.user.is_some() {
        output::line("seen     as an admin, which the audit notes")?;
    }
    output::line("")?;
    text.lines().take(60).try_for_each(|line| output::line(&output::plain(line)))?;
    output::line("")?;
    let row = |r: &Value| {
        let text = |key: &str| r.get(key).map(|v| v.as_str().map_or(v.to_string(), str::to_owned)).unwrap_or_default();
        let because = r.get("because").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        vec![text("choice"), output::plain(&text("name")), because.collect::<Vec<_>>().join("; ")]
    };
    let rows: Vec<Vec<String>> = records.iter().map(row).collect();
    output::table(&["choice", "record", "because"], &rows, "No record is known that it may be about.")?;
    if records.is_empty() {
        output::line(&format!(
            "`standin review decide {mail} RECORD` puts it on any record, by number or name; `none`, `private` and \
             `automatic` in the place of RECORD are answers, too."
        ))?;
    }
    if records.iter().any(|r| r.get("points").is_some_and(Value::is_i64)) {
        output::line(POINTS)?;
    }
    Ok(())
}

/// The points of an opportunity that was weighed with others.
fn points(evidence: &Evidence) -> Option<i64> {
    match evidence {
        Evidence::Ranked { points, .. } | Evidence::OneOfSeveral { points, .. } => Some(*points),
        _ => None,
    }
}

/// What somebody means by a word: a candidate's number, a record, or one of the fixed answers.
async fn choice_of(
    tx: &mut Tx,
    actor: &Actor<'_>,
    reviewer: &Reviewer<'_, '_>,
    mail: MailId,
    word: &str,
    (thread, always, domain): (bool, bool, bool),
) -> Result<Choice, Failure> {
    match word {
        "none" => return Ok(Choice::None),
        "private" => return Ok(Choice::Private { always }),
        "automatic" => return Ok(Choice::Automatic),
        _ => {}
    }
    let question = reviewer.one(tx, mail).await?.ok_or_else(|| refused(&No::NotAsked))?;
    let candidate = word.parse::<usize>().ok().and_then(|n| question.records.get(n.checked_sub(1)?).copied());
    let record = match candidate {
        Some(record) => record,
        None => record(tx, actor, word).await?.record.id,
    };
    Ok(Choice::Record { record, thread, always, domain })
}

async fn tell_shown(
    tx: &mut Tx,
    actor: &Actor<'_>,
    reviewer: &Reviewer<'_, '_>,
    shown: &Shown,
    (config, json): (&Config, bool),
) -> Result<(), Failure> {
    let first = shown.mails.first().filter(|_| shown.choice.of_domain());
    let whom = first.and_then(|first| reviewer.domain_of(first, &own_domains(config)));
    let of_domain = match &whom {
        Some(whom) => Some(corrections::of_domain(tx, actor, whom.domain()).await?),
        None => None,
    };
    if json {
        let mails: Vec<i64> = shown.mails.iter().map(|q| q.mail.id.0).collect();
        return Ok(output::json(
            &json!({ "number": shown.number, "mails": mails, "others": shown.others, "of_domain": of_domain }),
        )?);
    }
    let row = |q: &Question| {
        vec![
            q.mail.id.to_string(),
            q.mail.at.rfc3339(),
            output::plain(&q.mail.from.address),
            output::plain(&q.mail.subject),
        ]
    };
    let rows: Vec<Vec<String>> = shown.mails.iter().map(row).collect();
    output::table(&["mail", "at", "from", "subject"], &rows, "")?;
    if shown.others > 0 {
        output::note(&format!("{} alike stay as they are: that record is none of their candidates", shown.others));
    }
    if let (Some(whom), Some(mails)) = (&whom, of_domain) {
        let mails = output::counted(mails, "stored mail");
        output::line(&format!("All mail of {whom} in your mailboxes would be about it: {mails}, and what will come."))?;
    }
    let mails = output::counted(shown.mails.len() as i64, "mail");
    output::line(&format!("Nothing was decided yet. `standin review run {}` decides {mails}.", shown.number))?;
    Ok(())
}

async fn decide(
    tx: &mut Tx,
    reviewer: &Reviewer<'_, '_>,
    number: i64,
    (config, now): (&Config, Timestamp),
    json: bool,
) -> Result<(), Failure> {
    let own = own_domains(config);
    let changed = reviewer.decide(tx, number, &own).await?.map_err(|no| refused(&no))?;
    let mails = again(tx, &changed, config, now).await?;
    tell(&changed, mails, "Decided", json)?;
    let offers = match (reviewer.told(tx, changed.number).await?, changed.told.done.first()) {
        (Some((Choice::Record { record, .. }, ..)), Some((mail, _))) if reviewer.administers() => {
            proposals::offered(tx, *mail, record).await?.is_some()
        }
        _ => false,
    };
    if offers && !json {
        output::line(&format!(
            "`standin review rule {}` shows a rule that would do it for all mail of the sender, and what that would change.",
            changed.number
        ))?;
    }
    Ok(())
}

fn tell(changed: &Changed, mails: usize, what: &str, json: bool) -> Result<(), Failure> {
    let (done, left_out) = (&changed.told.done, &changed.told.left_out);
    if json {
        let left: Vec<Value> = left_out.iter().map(|(mail, why)| json!({ "mail": mail.0, "why": why })).collect();
        let all: Vec<i64> = done.iter().map(|(mail, _)| mail.0).collect();
        return Ok(output::json(
            &json!({ "decision": changed.number, "mails": all, "changed": mails, "left_out": left }),
        )?);
    }
    for (mail, why) in left_out {
        output::note(&format!("left out: mail {mail}: {why}"));
    }
    let counted = output::counted(done.len() as i64, "mail");
    let undo = match what {
        "Decided" => format!(" `standin review undo {}` takes it back.", changed.number),
        _ => String::new(),
    };
    output::line(&format!("{what}: {counted}.{undo}"))?;
    Ok(())
}

/// Decides again what a decision changes, in its transaction.
async fn again(tx: &mut Tx, changed: &Changed, config: &Config, now: Timestamp) -> Result<usize, Failure> {
    let own = own_domains(config);
    let (again, senders) = changed.again();
    let mut mails = reconsider::corrected(tx, &again, &own, now).await?;
    for (whom, holder) in senders {
        let keys = Keys::load(&config.data_dir).map_err(|error| Failure::failed("no instance key", error))?;
        mails += reconsider::whom(tx, (&whom, holder), &own, &keys, now).await?.changed;
    }
    Ok(mails)
}

fn own_domains(config: &Config) -> House {
    config.house()
}

/// A mail that is not asked of them is not shown by its question.
fn not_asked(mail: MailId) -> Failure {
    Failure::input(format!("review asks nothing of you about mail {mail}"), No::NotAsked.to_string()).then(format!(
        "`standin review list` shows what is asked; where the mail is, and why, an admin sees by `standin trace {mail}`"
    ))
}

/// Why a decision stands as before.
fn not_taken_back(no: &No, number: i64, actor: &Actor<'_>) -> Failure {
    let (why, next) = match (no, actor.user) {
        (No::NoDecision, None) => (
            "the operator did not make it; whoever did may take it back".to_owned(),
            format!("name them: `standin review undo {number} --as LOGIN`; the mail's trace says who decided"),
        ),
        (No::NoDecision, Some(_)) => (
            "there is no decision of theirs with that number".to_owned(),
            "ask whoever decided; `standin link list MAIL` shows who, and `standin link move MAIL RECORD` says \
             something else"
                .to_owned(),
        ),
        _ => (no.to_string(), "`standin review list` shows what is asked".to_owned()),
    };
    Failure::input(format!("decision {number} was not taken back"), why).then(next)
}

fn refused(no: &No) -> Failure {
    Failure::input("nothing was decided", no.to_string()).then("`standin review list` shows what is asked")
}
