//! Preview, explanation, dry run and log.

use super::{Desk, Told, person, refused};
use crate::access::{self, Scope};
use crate::actions::notices;
use crate::commands::asking::Asking;
use crate::commands::{Failure, output};
use crate::intake::notices::{self as trial, Concerned, Of, Previewed, Sight, Tried};
use crate::intake::{Context, context_of};
use crate::model::absence::Phase;
use crate::model::address::Address;
use crate::model::id::{AbsenceId, MailId, MailboxId, UserId};
use crate::model::notice::{Language, Plan, Reason, Verdict};
use crate::model::notice_text::{Because, Readers, Spoken};
use crate::model::reach::Outcome;
use crate::model::time::{DAY, Timestamp};
use crate::notice::{self, Asked, silence};
use crate::store::mailboxes::{self, MailboxRow};
use crate::store::notice_log::Line;
use crate::store::{self, Tx, views};
use chrono::NaiveDate;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Lines of the log.
const LOGGED: i64 = 500;

/// Whose notice is to be previewed.
pub(super) struct Wanted {
    pub client: String,
    pub user: Option<String>,
    pub absence: Option<i64>,
    pub raw: bool,
}

fn of(absence: Option<i64>) -> Of {
    absence.map_or(Of::Next, |id| Of::Id(AbsenceId(id)))
}

fn no_absence(asking: &Asking, user: UserId) -> Failure {
    Failure::input(format!("{} has no such absence", asking.caller().name(user)), "")
        .then("`standin absence list` shows the numbers")
}

fn context(desk: &Desk, mailbox: MailboxId) -> Result<Context, Failure> {
    Ok(context_of(&desk.config, &desk.keys()?, mailbox))
}

/// Whether the asker may look at somebody's notices.
pub(super) fn may_look(asking: &Asking, user: UserId) -> Result<(), Failure> {
    notices::may_look(&asking.caller(), user).map_err(|no| refused(&no))
}

/// Whether the asker reads what lies in a person's mailbox: the person, and the operator.
pub(super) fn reads(asking: &Asking, user: UserId) -> bool {
    asking.user.as_ref().is_none_or(|asker| asker.person.id == user)
}

/// What the asker may read; `None` for the operator.
pub(super) async fn scope(tx: &mut Tx, asking: &Asking) -> Result<Option<Scope>, Failure> {
    let Some(user) = &asking.user else { return Ok(None) };
    Ok(Some(store::people::scope(tx, user.person.id, &asking.world, asking.now).await?))
}

/// That a mailbox has no server for sending, where it has none: then nothing goes, whatever is decided.
async fn mute(desk: &Desk, tx: &mut Tx, name: &str) -> Result<Option<String>, Failure> {
    let accounts = store::mailbox_settings::accounts(tx, &desk.keys()?, &desk.config).await?;
    let sends = accounts.iter().any(|account| account.name == name && account.smtp.is_some());
    Ok((!sends).then(|| {
        format!("Mailbox {name} has no server for sending: until it has one ([mailbox.smtp], or on its page) nothing goes out.")
    }))
}

/// What a client would get.
pub(super) async fn preview(desk: &Desk, tx: &mut Tx, asking: &Asking, wanted: &Wanted) -> Result<Told, Failure> {
    let client = Address::parse(&wanted.client)
        .map_err(|error| Failure::input(format!("`{}` is no address", wanted.client), error.to_string()))?;
    let user = whose(tx, asking, wanted).await?;
    may_look(asking, user)?;
    if let Some(id) = wanted.absence
        && let Some(absence) = store::absences::load(tx, AbsenceId(id)).await?.filter(|absence| absence.user == user)
        && absence.phase(asking.now) == Phase::Over
    {
        let state = if absence.called_off() { "was called off" } else { "is over" };
        let no = Failure::input(format!("absence {id} {state}"), "no notice goes for it any more");
        return Err(no.then("leave --absence out to see what goes now, or with their next absence"));
    }
    let mailbox = mailbox_of(tx, user).await?.ok_or_else(|| {
        let who = asking.caller().name(user);
        Failure::input(format!("no mailbox of {who} is read"), "").then("only who has a mailbox here sends notices")
    })?;
    let context = context(desk, mailbox.id)?;
    let real = reads(asking, user);
    let scope = scope(tx, asking).await?;
    let looks = (Sight(scope.as_ref()), real);
    let found = trial::preview(tx, &context, of(wanted.absence), &client, looks, asking.now).await?;
    let previewed = found.ok_or_else(|| no_absence(asking, user))?;
    if wanted.raw {
        let bytes = previewed.notice.as_ref().map(|mail| String::from_utf8_lossy(&mail.bytes).into_owned());
        let Some(bytes) = bytes else { return Err(Failure::input("no notice would go", silent(&previewed.verdict))) };
        if !desk.json {
            // A mail is printed as it is.
            output::print(&bytes)?;
        }
        return Ok(Told { json: json!({ "raw": bytes }), ..Told::default() });
    }
    let mut told = told_preview(asking, user, &previewed);
    let mute = mute(desk, tx, &mailbox.name).await?;
    told.lines.splice(1..1, mute);
    Ok(told)
}

async fn whose(tx: &mut Tx, asking: &Asking, wanted: &Wanted) -> Result<UserId, Failure> {
    if let Some(login) = &wanted.user {
        return person(tx, login).await;
    }
    if let Some(id) = wanted.absence {
        match store::absences::load(tx, AbsenceId(id)).await? {
            Some(absence) if access::may_enter(asking.caller().by, absence.user, &asking.world) => {
                return Ok(absence.user);
            }
            None if asking.user.is_none() => {
                let no = Failure::input(format!("there is no absence {id}"), "");
                return Err(no.then("`standin absence list --all` shows all there are"));
            }
            _ => {}
        }
    }
    let by = asking.user.as_ref().map(|user| user.person.id);
    by.ok_or_else(|| Failure::input("nobody is named who is away", "").then("say --user LOGIN"))
}

async fn mailbox_of(tx: &mut Tx, user: UserId) -> Result<Option<MailboxRow>, Failure> {
    Ok(mailboxes::list(tx).await?.into_iter().find(|mailbox| mailbox.user == Some(user)))
}

fn silent(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Withhold(reason) => silence(*reason, Language::En),
        Verdict::Send(_) => String::new(),
    }
}

fn because(because: Because) -> &'static str {
    match because {
        Because::Contact => "the contact's language",
        Because::LastMail => "the language of our last mail to them",
        Because::TheirMail => "their mail says so",
        Because::Default => "nothing is known of theirs: the usual one",
        Because::Foreign => "we have no words in theirs: the usual one, with English",
    }
}

fn told_preview(asking: &Asking, user: UserId, previewed: &Previewed) -> Told {
    let who = asking.caller().name(user);
    let about = match previewed.absence {
        Some(id) => format!("Absence {id} of {who}"),
        None => format!("{who} is not away; an absence of a week is assumed"),
    };
    let answers = match previewed.mail {
        Some(mail) => format!("as an answer to mail {mail}, the latest that they wrote themselves"),
        None => "as an answer to an ordinary mail of theirs, believed to be genuine".to_owned(),
    };
    let mut lines = vec![format!("{about}, {answers}.")];
    let starts = previewed.absence.and_then(|id| asking.world.absences.iter().find(|absence| absence.id == id));
    if let Some(starts) = starts.map(|absence| absence.starts).filter(|starts| *starts > asking.now) {
        lines.push(format!("It has not begun: nothing goes before {}.", asking.moment(starts)));
    }
    let (mut reason, mut planned) = (Value::Null, Value::Null);
    if let Verdict::Withhold(why) = &previewed.verdict {
        lines.push(format!("No notice: {}", silence(*why, Language::En)));
        reason = reason_json(*why);
        if previewed.plan.is_some() {
            lines.push("Else it would say:".to_owned());
        }
    }
    if let Some(plan) = &previewed.plan {
        let (subject, body) = notice::rendered(plan, &previewed.policy);
        let texts = plan.texts.iter().map(|text| format!("{} ({})", text.language.tag(), text.source.word()));
        let texts = texts.collect::<Vec<_>>().join(", ");
        let named = notice::named(plan, &previewed.policy);
        let name = named.map_or("nobody".to_owned(), |named| named.name.clone());
        let readers = if plan.readers == Readers::Inside { ", the one for colleagues" } else { "" };
        lines.push(format!("Text: {texts}{readers}; {}.", because(plan.because)));
        lines.extend(notice::left_out(plan, &previewed.policy).iter().map(|line| {
            format!("Left out of it, because a variable has no value for this absence: `{}`.", output::plain(line))
        }));
        lines.extend(passed(&plan.spoken));
        lines.push(format!("Named: {}.", output::plain(&name)));
        let answers_to = plan.reply_to.as_ref().map(|to| format!("Reply-To: {to}\n")).unwrap_or_default();
        lines.push(format!("From: {}\nTo: {}\n{answers_to}Subject: {subject}\n", plan.from.address, plan.to));
        lines.push(body.clone());
        let left_out = notice::left_out(plan, &previewed.policy);
        planned = plan_json(plan, (&subject, &body), &left_out, named.map(|named| named.user));
    }
    let value = json!({
        "user": user, "absence": previewed.absence, "mail": previewed.mail, "reason": reason, "notice": planned,
        "goes": matches!(previewed.verdict, Verdict::Send(_)),
    });
    Told { json: value, lines, ..Told::default() }
}

fn plan_json(plan: &Plan, (subject, body): (&str, &str), left_out: &[String], named: Option<UserId>) -> Value {
    let texts: Vec<Value> = plan
        .texts
        .iter()
        .map(|text| json!({ "language": text.language.tag(), "source": text.source.word() }))
        .collect();
    json!({
        "from": plan.from.address, "to": plan.to, "reply_to": plan.reply_to, "subject": subject, "body": body,
        "texts": texts, "left_out": left_out, "because": plan.because.word(), "languages": spoken_json(&plan.spoken), "readers": plan.readers.word(),
        "named": named,
    })
}

/// A sentence for each source that names a language without words, up to the one that counts (R78).
fn passed(spoken: &[Spoken]) -> impl Iterator<Item = String> + '_ {
    spoken.iter().take_while(|one| !one.has_words).map(|one| notice::passed_over(one, Language::En))
}

fn spoken_json(spoken: &[Spoken]) -> Vec<Value> {
    let one = |one: &Spoken| json!({ "source": one.because.word(), "language": one.tag, "has_words": one.has_words });
    spoken.iter().map(one).collect()
}

/// A reason in both languages.
fn reason_json(reason: Reason) -> Value {
    json!({
        "rule": reason.rule(), "part": reason.part(), "en": notice::explain(reason, Language::En), "pl": notice::explain(reason, Language::Pl),
    })
}

fn outcome(asking: &Asking, line: &Line) -> String {
    match (&line.state, Reason::from_rule(&line.reason)) {
        (_, Some(reason)) => format!("no notice: {}", silence(reason, Language::En)),
        (Some(state), None) => {
            let (answer, back) = (answered(asking, line), came_back(line.came_back));
            format!("a notice was made: {state}{answer}{back}")
        }
        (None, None) => "a notice was to go".to_owned(),
    }
}

/// What the server said of a notice that is not out, and when it is tried next. Its words may name the recipient: to
/// whoever does not read the mail only their number is told.
fn answered(asking: &Asking, line: &Line) -> String {
    let words = match &line.answer {
        Some(answer) if reads(asking, line.user) => Some(output::plain(answer)),
        _ => line.answer_code().map(str::to_owned),
    };
    let words = words.map(|words| format!(" ({words})")).unwrap_or_default();
    let next = line.next_try.map(|at| format!(", next try {}", asking.moment(at)));
    words + &next.unwrap_or_default()
}

/// What became of a notice after it was sent, where a report says so.
fn came_back(outcome: Option<Outcome>) -> &'static str {
    match outcome {
        Some(Outcome::Hard) => "; it came back: there is no such address",
        Some(Outcome::Soft) => "; it came back: not delivered this time",
        Some(Outcome::Policy) => "; it came back: the other side refused it",
        Some(Outcome::Late) => "; not delivered yet",
        Some(Outcome::Complaint) => "; its reader called it spam",
        Some(Outcome::Delivered | Outcome::Shown | Outcome::Deleted) => "; it arrived",
        None => "",
    }
}

pub(super) fn told_of(asking: &Asking, one: &Concerned) -> Vec<String> {
    let Some(user) = one.user else {
        let why = silence(Reason::SharedMailbox, Language::En);
        return vec![format!("Shared mailbox {}: no notice: {why}", one.mailbox)];
    };
    let said = match &one.noted {
        Some(line) => outcome(asking, line),
        None if one.rules.is_empty() => "nothing was decided: they were not away when it came".to_owned(),
        None => "nothing was decided: it did not come as new mail while they were away".to_owned(),
    };
    let mut lines = vec![format!("{}: {said}", asking.caller().name(user))];
    // What forbids comes first, in the order of asking: the first of it decided.
    for (forbids, mark) in [(true, "forbids"), (false, "passed")] {
        let rules = one.rules.iter().filter(|asked| asked.forbids == forbids);
        lines.extend(rules.map(|asked| {
            let (rule, text) = (asked.reason.rule(), looked_at(asked, Language::En));
            format!("  {rule:<4} {mark:<8} {text}")
        }));
    }
    let counting = [Reason::AlreadyTold, Reason::Capped, Reason::EnoughForMessage].map(Reason::rule);
    let asked = |rule: &&str| one.rules.iter().any(|asked| asked.reason.rule() == *rule);
    let unasked: Vec<&str> = counting.into_iter().filter(|rule| !asked(rule)).collect();
    if !one.rules.is_empty() && !unasked.is_empty() {
        lines.push(format!(
            "  {}: not asked; what was sent before is counted only where nothing else forbids",
            unasked.join(", ")
        ));
    }
    if !one.rules.is_empty() {
        lines.extend(language_lines(&one.spoken).into_iter().map(|line| format!("  {line}")));
    }
    if let Some(line) = &one.noted {
        let rules = if line.rules.is_empty() { String::new() } else { format!(", by rules {}", line.rules) };
        lines.push(format!("  Decided {}{rules}.", asking.moment(line.at)));
    }
    lines
}

/// What is true of a mail as far as a rule looks at it.
fn looked_at(asked: &Asked, language: Language) -> &'static str {
    if asked.forbids { notice::explain(asked.reason, language) } else { notice::passed(asked, language) }
}

/// In which language they are written to, and why (R78).
fn language_lines(spoken: &[Spoken]) -> Vec<String> {
    let counts = match spoken.iter().find(|one| one.has_words) {
        Some(one) => format!("Language: {} ({}).", output::plain(&one.tag), because(one.because)),
        None if spoken.is_empty() => format!("Language: {}.", because(Because::Default)),
        None => format!("Language: {}.", because(Because::Foreign)),
    };
    passed(spoken).chain([counts]).collect()
}

pub(super) fn concerned_json(asking: &Asking, one: &Concerned) -> Value {
    let rules: Vec<Value> = one
        .rules
        .iter()
        .map(|asked| {
            let (en, pl) = (looked_at(asked, Language::En), looked_at(asked, Language::Pl));
            json!({ "rule": asked.reason.rule(), "part": asked.reason.part(), "en": en, "pl": pl, "forbids": asked.forbids })
        })
        .collect();
    let decided = one.noted.as_ref().map(|line| line_json(asking, line));
    json!({ "user": one.user, "mailbox": one.mailbox, "decided": decided, "rules": rules,
        "languages": spoken_json(&one.spoken) })
}

fn line_json(asking: &Asking, line: &Line) -> Value {
    json!({
        "answer": line.answer.as_ref().filter(|_| reads(asking, line.user)), "answer_code": line.answer_code(),
        "next_try": line.next_try.map(Timestamp::rfc3339),
        "user": line.user, "absence": line.absence, "mail": line.mail, "at": line.at.rfc3339(),
        "goes": line.reason.is_empty(), "rules": line.rules, "state": line.state, "came_back": line.came_back.map(Outcome::word),
        "reason": Reason::from_rule(&line.reason).map(reason_json),
    })
}

/// Who of the last senders would have got a notice.
pub(super) async fn try_last(
    desk: &Desk,
    tx: &mut Tx,
    asking: &Asking,
    name: &str,
    last: u16,
    absence: Option<i64>,
) -> Result<Told, Failure> {
    let unknown = || {
        Failure::input(format!("there is no mailbox `{name}`, or it is not yours to ask about"), "")
            .then("`standin mailbox list` shows all there are")
    };
    let row = mailboxes::list(tx).await?.into_iter().find(|mailbox| mailbox.name == name).ok_or_else(unknown)?;
    let Some(user) = row.user else {
        return Err(Failure::input(
            format!("`{name}` is a shared mailbox"),
            silence(Reason::SharedMailbox, Language::En),
        ));
    };
    may_look(asking, user).map_err(|_| unknown())?;
    let context = context(desk, row.id)?;
    let scope = scope(tx, asking).await?;
    let found = trial::try_last(tx, &context, of(absence), Sight(scope.as_ref()), last.into(), asking.now).await?;
    let trial = found.ok_or_else(|| no_absence(asking, user))?;
    let known = |tried: &Tried| tried.place.mail.filter(|_| reads(asking, user));
    let ids: Vec<MailId> = trial.mails.iter().filter_map(known).collect();
    let written = store::mails::headings(tx, &ids).await?;
    let row = |tried: &Tried| {
        let (from, subject) = known(tried).and_then(|id| written.get(&id).cloned()).unwrap_or_default();
        let number = tried.place.mail.map_or_else(|| "-".to_owned(), |mail| mail.to_string());
        let at = tried.place.internal_at.map(|at| asking.moment(at)).unwrap_or_default();
        vec![number, at, output::plain(&from), output::plain(&subject), said(tried)]
    };
    let (goes, unknown) = trial.counts();
    let absence = trial.absence.map_or("an absence of a week".to_owned(), |id| format!("absence {id}"));
    let mut lines = vec![format!(
        "As if {absence} had run and notices had been on since before the first of these mails; nobody counts as told \
         before it."
    )];
    if !desk.config.notice.enabled || store::notice_switch::stopped(tx, asking.now).await?.is_some() {
        lines.push("Notices do not go out now; `standin notice status` says why.".to_owned());
    }
    lines.extend(mute(desk, tx, name).await?);
    let rows: Vec<Vec<String>> = trial.mails.iter().map(row).collect();
    let unknown = match unknown {
        0 => String::new(),
        n => format!(" Of {n} nothing is known, since they concern no record and are not kept."),
    };
    let after = vec![format!(
        "{goes} of {} would have been answered.{unknown} Nothing was written or sent.",
        output::counted(i64::try_from(rows.len()).unwrap_or(i64::MAX), "mail")
    )];
    let mails: Vec<Value> = trial
        .mails
        .iter()
        .map(|tried| {
            let (goes, reason) = match &tried.verdict {
                Some(Verdict::Withhold(reason)) => (Some(false), Some(reason_json(*reason))),
                Some(Verdict::Send(_)) => (Some(true), None),
                None => (None, None),
            };
            json!({ "mail": tried.place.mail, "at": tried.place.internal_at.map(Timestamp::rfc3339), "goes": goes,
                "reason": reason })
        })
        .collect();
    let json = json!({ "user": trial.user, "absence": trial.absence, "notices": goes, "mails": mails });
    Ok(Told { json, lines, table: Some((vec!["mail", "arrived", "from", "subject", "notice"], rows)), after })
}

fn said(tried: &Tried) -> String {
    match &tried.verdict {
        Some(Verdict::Send(plan)) => {
            let languages: Vec<&str> = plan.texts.iter().map(|text| text.language.tag()).collect();
            format!("yes, {}", languages.join(" and "))
        }
        Some(Verdict::Withhold(reason)) => format!("no: {}", silence(*reason, Language::En)),
        None => "not known: it concerns no record, so it is not kept".to_owned(),
    }
}

/// What was decided.
pub(super) async fn log(
    tx: &mut Tx,
    asking: &Asking,
    login: Option<&str>,
    since: Option<NaiveDate>,
    not_sent: bool,
) -> Result<Told, Failure> {
    let user = match login {
        Some(login) => Some(person(tx, login).await?),
        None => None,
    };
    let since = since.map_or(asking.now.plus(-30 * DAY), |day| access::day_start(day, asking.zone));
    let caller = asking.caller();
    let lines = notices::log(tx, &caller, user, since, not_sent, LOGGED).await?.map_err(|no| refused(&no))?;
    // The number of a mail only for whoever can look at it.
    let all: Vec<MailId> = lines.iter().filter_map(|line| line.mail).collect();
    let seen = match scope(tx, asking).await? {
        Some(scope) => views::subjects(tx, &scope, &all).await?.into_keys().collect(),
        None => all.into_iter().collect::<BTreeSet<MailId>>(),
    };
    let lines: Vec<Line> =
        lines.into_iter().map(|line| Line { mail: line.mail.filter(|mail| seen.contains(mail)), ..line }).collect();
    let row = |line: &Line| {
        let to = line.to.clone().filter(|_| reads(asking, line.user)).unwrap_or_default();
        let mail = line.mail.map_or_else(|| "-".to_owned(), |mail| mail.to_string());
        vec![asking.moment(line.at), caller.name(line.user), mail, output::plain(&to), outcome(asking, line)]
    };
    let rows: Vec<Vec<String>> = lines.iter().map(row).collect();
    let json = json!(lines.iter().map(|line| line_json(asking, line)).collect::<Vec<_>>());
    Ok(Told { json, table: Some((vec!["when", "away", "mail", "to", "what"], rows)), ..Told::default() })
}
