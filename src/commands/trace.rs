//! `standin trace`: every step on one mail, stored or in a file, and what comes of it.

use super::access::path_text;
use super::asking::Asking;
use super::review::asked_why;
use super::{Done, Failure, Place, output};
use crate::actions::actor::Actor;
use crate::actions::review::Reviewer;
use crate::actions::rules;
use crate::intake::replay::{self, LARGEST_MAIL, Outcome, RECORD_WORDS, State, Trace, with_names};
use crate::intake::{Clock, Shared, Signals};
use crate::link::rules::{Step, Verdict, effect_text, rule_text};
use crate::link::steps::header_name;
use crate::model::block::Hidden;
use crate::model::id::{MailId, RecordId, UserId};
use crate::model::link::{Evidence, Ground, Linking};
use crate::model::mail::Channel;
use crate::model::notice::{Language, Reason};
use crate::model::review::Reason as Asked;
use crate::model::rule::Effect;
use crate::notice::explain;
use crate::store::heads::Head;
use crate::store::instance::{Instance, Use};
use crate::store::{self, Tx};
use clap::Args;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::process::ExitCode;
use std::sync::Arc;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// A stored mail by its number, or a file with one mail.
    #[arg(value_name = "MAIL|FILE")]
    what: String,
    /// For a file: name of the configured mailbox to which it comes; without it the first one.
    #[arg(long)]
    mailbox: Option<String>,
    /// Login of the admin on whose behalf, who must see the mail; without it you are the operator.
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
    drop(tx);
    // A trace tells the rules and who reads a record: both are for admins.
    if !asking.caller().administers() {
        return Err(Failure::input("only an admin may trace a mail", ""));
    }
    let (trace, taken) = match arguments.what.parse() {
        Ok(number) => (stored(shared, &asking, MailId(number)).await?, None),
        Err(_) => of_file(arguments, shared, &asking).await.map(|(trace, taken)| (trace, Some(taken)))?,
    };
    let mut tx = shared.db.write().await?;
    let mail = arguments.what.parse::<i64>().ok();
    rules::looked(&mut tx, &asking.caller(), json!({ "what": "trace", "mail": mail })).await?;
    let names = names(&mut tx, &asking, &trace).await?;
    // A file may hold a mail that is stored; then it is that mail, if the asker may see it.
    let mail = mail.or_else(|| trace.stored.map(|mail| mail.0));
    let why = match (trace.state, mail) {
        (State::Asked(Some(reason)), _) => Some(Some(reason)),
        (_, Some(mail)) => in_review(&mut tx, &asking, MailId(mail)).await?,
        _ => None,
    };
    tx.commit().await?;
    if arguments.json {
        output::json(&trace_json(&trace, &names, &asking, taken.as_ref().map(|taken| taken.mailbox.as_str()), why))?;
    } else {
        head(&trace, taken.as_ref(), why, &names, &asking)?;
        tell(&trace, &names, &asking)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Into which mailbox a mail of a file comes.
struct Taken {
    mailbox: String,
    /// Nobody named it.
    assumed: bool,
    /// The others there are.
    others: usize,
}

/// Whether a stored mail waits in review, and why as far as the asker may be told.
async fn in_review(tx: &mut Tx, asking: &Asking, mail: MailId) -> Result<Option<Option<Asked>>, Failure> {
    let user = asking.user.as_ref().map(|user| user.person.id);
    let actor = Actor::load(tx, user, &asking.world, asking.now).await?;
    Ok(Reviewer::of(&actor).one(tx, mail).await?.map(|question| question.reason))
}

async fn stored(shared: &Shared, asking: &Asking, mail: MailId) -> Result<Trace, Failure> {
    let mut tx = shared.db.read().await?;
    let missing = || {
        let next = "numbers of mails stand in the addresses of their pages, in `standin review list` and in \
                    `standin timeline RECORD --json`; a mail in a file is named by its path";
        Failure::input(format!("mail {mail} does not exist, or it is not to be seen"), "").then(next)
    };
    if let Some(user) = &asking.user {
        let scope = store::people::scope(&mut tx, user.person.id, &asking.world, asking.now).await?;
        store::views::message(&mut tx, &scope, mail).await?.ok_or_else(missing)?;
    }
    let own = shared.intake(crate::model::id::MailboxId(0), 0).context.own_domains;
    replay::trace_stored(&mut tx, mail, &own, &asking.world, asking.now).await?.ok_or_else(missing)
}

async fn of_file(arguments: &Arguments, shared: &Shared, asking: &Asking) -> Result<(Trace, Taken), Failure> {
    use std::io::Read as _;
    let mut raw = Vec::new();
    let read = std::fs::File::open(&arguments.what).and_then(|file| file.take(LARGEST_MAIL).read_to_end(&mut raw));
    let next = "name a stored mail by its number, or a file with one mail";
    read.map_err(|error| Failure::input(format!("{} cannot be read", arguments.what), error.to_string()).then(next))?;
    let mailboxes = shared.mailboxes().await?;
    let mut named =
        mailboxes.iter().filter(|(account, _)| arguments.mailbox.as_ref().is_none_or(|name| *name == account.name));
    let Some((account, row)) = named.next() else {
        return Err(Failure::input("there is no such mailbox", "").then("`standin mailbox list` shows all there are"));
    };
    let context = shared.intake(row.id, 0).context;
    let taken = Taken {
        mailbox: account.name.clone(),
        assumed: arguments.mailbox.is_none(),
        others: mailboxes.len().saturating_sub(1),
    };
    let mut trace = replay::trace_file(&shared.db, &context, raw, &asking.world, asking.now).await?;
    if let (Some(mail), Some(user)) = (trace.stored, &asking.user) {
        let mut tx = shared.db.read().await?;
        let scope = store::people::scope(&mut tx, user.person.id, &asking.world, asking.now).await?;
        if store::views::message(&mut tx, &scope, mail).await?.is_none() {
            trace.conceal();
        }
    }
    Ok((trace, taken))
}

/// Names of records that the asker may read.
async fn names(tx: &mut Tx, asking: &Asking, trace: &Trace) -> Result<HashMap<RecordId, String>, Failure> {
    let ids: Vec<RecordId> = trace.named().into_iter().collect();
    let entries = match &asking.user {
        None => store::records::load(tx, &ids).await?,
        Some(user) => {
            let scope = store::people::scope(tx, user.person.id, &asking.world, asking.now).await?;
            // Of a confidential mail they are named to whoever sees it on one of them.
            let hidden = match trace.stored {
                _ if !trace.sealed => false,
                Some(mail) => store::views::seen_by(tx, &scope, mail).await?.1.is_empty(),
                None => true,
            };
            if hidden { Vec::new() } else { store::records::load_seen(tx, &scope, &ids).await? }
        }
    };
    let name =
        |e: store::records::Entry| (e.record.id, format!("{} {}", e.record.kind.word(), output::plain(&e.record.name)));
    Ok(entries.into_iter().map(name).collect())
}

fn called(names: &HashMap<RecordId, String>, id: RecordId) -> String {
    names.get(&id).map_or_else(|| format!("record {id}"), |name| format!("{name} ({id})"))
}

fn verdict(step: &Step, trace: &Trace) -> (&'static str, String) {
    match &step.verdict {
        Verdict::Fits(Some(hit)) => {
            let effect = |effect: &Effect| match trace.outcomes.get(effect).and_then(|outcome| but(*outcome)) {
                Some(but) if !hit.shadow => format!("{}; {but}", effect_text(effect)),
                _ => effect_text(effect),
            };
            let effects: Vec<String> = hit.effects.iter().map(effect).collect();
            (if hit.shadow { "fits, in shadow" } else { "fits" }, effects.join(", "))
        }
        Verdict::Fits(None) => ("fits", "it names a record by something that was not found".to_owned()),
        Verdict::Fails(why) => ("no", why.clone()),
        Verdict::Stopped(name) => ("not reached", format!("rule `{name}` stops before it")),
        Verdict::Off => ("off", String::new()),
    }
}

/// Why what a rule says is not, or not yet, where the mail stands.
fn but(outcome: Outcome) -> Option<&'static str> {
    Some(match outcome {
        Outcome::Stands => return None,
        Outcome::Nobodys => "but no record has that number",
        Outcome::Several => "only suggested, because several records have that number",
        Outcome::False => {
            "only suggested, because our own server does not confirm that the sender is who it claims to be (R36)"
        }
        Outcome::Outweighed => {
            "but something stronger decides: a person's word, filing, a true reply or a rule before it"
        }
        Outcome::Later => {
            "but the mail came before the rule said so: rules change nothing that is there, until `standin rules apply`"
        }
    })
}

/// Who wrote what to whom and when, and what became of it: what somebody wants to know first.
fn head(
    trace: &Trace,
    taken: Option<&Taken>,
    why: Option<Option<Asked>>,
    names: &HashMap<RecordId, String>,
    asking: &Asking,
) -> std::io::Result<()> {
    let head = &trace.head;
    let from = match &head.name {
        Some(name) => format!("{name} <{}>", head.from),
        None => head.from.clone(),
    };
    let to: Vec<&str> = head.to.iter().take(10).map(String::as_str).collect();
    let more = head.to.len().saturating_sub(to.len());
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let line = |label: &str, text: &str| output::line(&format!("{label:<9}{}", output::plain(text)));
    line("from", if from.is_empty() { "nobody who could be read" } else { &from })?;
    line("to", &format!("{}{more}", to.join(", ")))?;
    line("subject", &head.subject)?;
    line("date", &date(head, asking))?;
    line("author", &author(trace))?;
    if head.channel != Channel::Direct {
        let how = if head.channel == Channel::List { "over a mailing list" } else { "in bulk, one text to many" };
        line("came", how)?;
    }
    if head.doubted {
        line(
            "sender",
            "our own server does not confirm that it is who it claims to be (R36): nothing follows from its address",
        )?;
    }
    match taken {
        None => {
            let place = |(name, user): &(String, Option<UserId>)| match user {
                Some(user) => format!("{name} ({})", asking.caller().name(*user)),
                None => format!("{name} (shared)"),
            };
            let places: Vec<String> = head.mailboxes.iter().map(place).collect();
            let places = if places.is_empty() { "no mailbox any more".to_owned() } else { places.join(", ") };
            line("lies in", &places)?;
        }
        Some(Taken { mailbox, assumed, others }) => {
            let hint = match (assumed, others) {
                (true, 1..) => format!(", the first of {}; `--mailbox NAME` takes another", others + 1),
                _ => String::new(),
            };
            match trace.stored {
                Some(mail) => line(
                    "stored",
                    &format!("this very mail is stored as mail {mail}: what follows is what became of it"),
                )?,
                None => line("as if", &format!("it came now into the inbox of {mailbox}{hint}"))?,
            }
        }
    }
    line("state", &state(trace, why, names))?;
    output::line("")
}

/// When it was written, as far as that is believed.
fn date(head: &Head, asking: &Asking) -> String {
    match head.said_date.filter(|said| *said != head.at) {
        Some(said) => format!(
            "{}, as it says; it counts as of {}, since that lies too far from when it came (R133)",
            asking.moment(said),
            asking.moment(head.at)
        ),
        None => asking.moment(head.at),
    }
}

/// Reasons for an author that are shown.
const SHOWN: usize = 4;

/// Who wrote it, and why that is believed.
fn author(trace: &Trace) -> String {
    let head = &trace.head;
    let seen: Vec<String> = head.evidence.iter().take(SHOWN).map(|e| format!("{} ({})", e.seen, e.rule)).collect();
    let more = head.evidence.len().saturating_sub(seen.len());
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    let seen = format!("{}{more}", seen.join("; "));
    match (trace.automatic, head.author.is_human(), seen.is_empty()) {
        (true, ..) => "a machine, since somebody said so".to_owned(),
        (false, true, true) => "a human: nothing on it says that a machine wrote it".to_owned(),
        (false, true, false) => format!("a human: no sign of a machine; how it came: {seen}"),
        (false, false, _) => format!("a machine ({}): {seen}", head.author.word()),
    }
}

/// What became of it, in a sentence.
fn state(trace: &Trace, why: Option<Option<Asked>>, names: &HashMap<RecordId, String>) -> String {
    let asked = why.map(|why| format!("waits in review: {}", asked_why(why)));
    let text = match trace.state {
        State::Linked => {
            let governing: Vec<String> = trace.seen.iter().map(|seen| called(names, seen.record)).collect();
            let governed = format!("it is governed by {}", governing.join(", "));
            match trace.sealed {
                true => format!("{governed}, and marked confidential: it is seen as if that were confidential"),
                false => format!("{governed}, so whoever reads that reads it"),
            }
        }
        State::Asked(_) => "it stands on no record".to_owned(),
        State::Private => "it is private: a person or a rule said so, and it stands on no record".to_owned(),
        State::Nowhere => "it is stored, stands on no record, and nobody is asked about it".to_owned(),
        State::Unstored => "it is not stored".to_owned(),
    };
    match asked {
        Some(asked) => format!("{text}, and it {asked}"),
        None => text,
    }
}

fn tell(trace: &Trace, names: &HashMap<RecordId, String>, asking: &Asking) -> std::io::Result<()> {
    let mut rows = Vec::new();
    let built_in = |place: std::ops::RangeInclusive<u8>| {
        trace.built_in.iter().filter(move |f| place.contains(&f.step.place)).map(|f| {
            let verdict = if f.holds { "holds" } else { "no" };
            let why = output::plain(&with_names(&f.why, &RECORD_WORDS, names));
            vec![f.step.place.to_string(), f.step.name.to_owned(), verdict.to_owned(), why]
        })
    };
    rows.extend(built_in(1..=3));
    for (n, step) in (1..).zip(&trace.rules) {
        let (word, why) = verdict(step, trace);
        rows.push(vec![format!("4.{n}"), output::plain(&step.rule.rule.name), word.to_owned(), output::plain(&why)]);
    }
    rows.extend(built_in(5..=9));
    output::line(&format!("Rules of version {}.", trace.version))?;
    output::table(&["place", "step", "verdict", "why"], &rows, "")?;
    if let Some(said) = &trace.said {
        output::line("")?;
        if said.is_empty() {
            output::line("When it came, no rule said anything about it.")?;
        }
        for hit in said {
            let effects: Vec<String> = hit.effects.iter().map(effect_text).collect();
            let shadow = if hit.shadow { ", in shadow" } else { "" };
            let text = format!(
                "Rule {} `{}` as of version {} said{shadow}: {}.",
                hit.rule,
                hit.name,
                hit.version,
                effects.join(", ")
            );
            output::line(&output::plain(&text))?;
        }
    }
    output::line("")?;
    if let Some(hidden) = trace.hidden {
        output::line(hidden_text(hidden))?;
    }
    for made in &trace.made {
        let (kind, name) = (made.kind.word(), output::plain(&made.name));
        let owner = person(asking, made.owner);
        let text =
            format!("Rule {} would make the {kind} `{name}` for it, as record {}, of {owner}.", made.rule, made.record);
        output::line(&text)?;
    }
    standing(trace, names)?;
    people(trace, names, asking)?;
    notices(trace, asking)
}

/// Who sees it by which record, and by which right; and who has a copy.
fn people(trace: &Trace, names: &HashMap<RecordId, String>, asking: &Asking) -> std::io::Result<()> {
    for seen in &trace.seen {
        let record = called(names, seen.record);
        if seen.readers.is_empty() {
            output::line(&format!("By {record} it is seen by nobody."))?;
            continue;
        }
        output::line(&format!("By {record} it is seen by:"))?;
        for (user, reasons) in &seen.readers {
            let owner = person(asking, seen.owner);
            let why: Vec<String> = reasons.iter().map(|r| path_text(r, &owner, asking)).collect();
            output::line(&format!("  {}: {}", person(asking, *user), why.join("; ")))?;
        }
    }
    let holders: Vec<String> =
        trace.head.mailboxes.iter().filter_map(|(_, user)| user.map(|u| person(asking, u))).collect();
    if !holders.is_empty() {
        output::line(&format!("By a copy in a mailbox of their own it is read by: {}.", holders.join(", ")))?;
    }
    Ok(())
}

/// Whether absence notices go, or went, and why not.
fn notices(trace: &Trace, asking: &Asking) -> std::io::Result<()> {
    if trace.notices.is_empty() {
        output::line(match trace.head.came_new {
            true => "No notice: nobody to whom it came was away.",
            false => "No notice: it did not come as new mail; it was imported, or read as history (R4, R5).",
        })?;
    }
    for (user, reason) in &trace.notices {
        let name = person(asking, *user);
        match reason {
            None => output::line(&format!("A notice of {name}'s absence goes to the sender."))?,
            Some(rule) => {
                let reason = Reason::ALL.iter().find(|reason| reason.rule() == rule);
                let why = reason.map_or("", |reason| explain(*reason, Language::En));
                let text = format!("No notice of {name}'s absence goes: {why} (rule {rule} of docs/rules.md)");
                output::line(&text.replace(":  (", ": ("))?;
            }
        }
    }
    Ok(())
}

fn hidden_text(hidden: Hidden) -> &'static str {
    match hidden {
        Hidden::Company => "The company blocked somebody on it: it is not stored. `standin block list` shows whom.",
        Hidden::Own => "Whose mailbox this is blocked somebody on it: there it is not stored.",
        Hidden::Erased => "The only person outside on it was erased: it is not stored.",
        Hidden::Keyword => "It carries a keyword that means \"never\": it is not stored.",
    }
}

fn person(asking: &Asking, id: UserId) -> String {
    output::plain(&asking.caller().name(id))
}

fn standing(trace: &Trace, names: &HashMap<RecordId, String>) -> std::io::Result<()> {
    let candidates = match &trace.linking {
        Linking::Linked { regarding, links, candidates } => {
            match regarding {
                Some(record) => output::line(&format!("It regards {}.", called(names, *record)))?,
                None => output::line("It regards nothing.")?,
            }
            let row = |link: &crate::model::link::Link| {
                let (on, by) = (called(names, link.record), called(names, link.governing));
                vec![on, by, link.evidence.score().to_string(), evidence(&link.evidence, names)]
            };
            let rows: Vec<Vec<String>> = links.iter().map(row).collect();
            output::table(&["on", "seen with", "score", "because"], &rows, "")?;
            candidates.as_slice()
        }
        Linking::Review(candidates) => {
            output::line("It stands on no record.")?;
            candidates.as_slice()
        }
        Linking::Unmatched => {
            output::line("It concerns no record: it is not stored, and only keyed hashes are kept of it.")?;
            &[]
        }
    };
    for candidate in candidates {
        let text =
            format!("In question: {}: {}.", called(names, candidate.record), evidence(&candidate.evidence, names));
        output::line(&text)?;
    }
    Ok(())
}

pub(super) fn evidence(evidence: &Evidence, names: &HashMap<RecordId, String>) -> String {
    let who = |party: &RecordId| called(names, *party);
    let text = match evidence {
        Evidence::Person { scope, .. } => match scope.as_str() {
            "mail" => "somebody said so of this mail".to_owned(),
            scope => format!("somebody said so of its {scope}"),
        },
        Evidence::Filed { how, .. } => format!("somebody filed it from their mail program, by {how}"),
        Evidence::Rule { rule, version, name, says } => {
            format!("rule {rule} `{name}` as of version {version} says {says}")
        }
        Evidence::Thread { reply_to, sender, guessed: true, .. } => {
            let same = "conversation, topic and people, or the number under which they keep it, are the same";
            format!("it names no earlier mail, but {same} as in <{reply_to}>, in which {sender} takes part")
        }
        Evidence::Thread { reply_to, sender, ranked, .. } => {
            let surely = if *ranked { "; where that stands was weighed" } else { "" };
            format!("{sender} answers <{reply_to}> and takes part there{surely}")
        }
        Evidence::ForeignReply { reply_to, sender } => format!("{sender} answers <{reply_to}> and is no party there"),
        Evidence::OwnMark { mark, sender } => format!("it carries {mark}, which we signed, and {sender} is a party"),
        Evidence::ForeignMark { mark, sender } => format!("it carries {mark}, but {sender} is no party there"),
        Evidence::Number { number, place, sender } => format!("{number} in its {place}, and {sender} is a party"),
        Evidence::ForeignNumber { number, place, sender } => {
            format!("{number} in its {place}, but {sender} is no party there, or it is not the only one")
        }
        Evidence::Address { address, field, party } => {
            format!("{address} in the field {} belongs to {}", header_name(field), who(party))
        }
        Evidence::OnlyOpportunity { address, party, .. } => {
            format!("the one open opportunity of {}, whose address {address} is on it", who(party))
        }
        Evidence::Converted { lead, address, .. } => {
            format!("{address} was that of {}, which became it", who(lead))
        }
        Evidence::Ranked { party, of, points, lead, because, .. } => {
            let of = format!("the first of {of} open opportunities of those on it, here of {}", who(party));
            format!("{of}: {points} points, {lead} more than the next{}", grounds(because))
        }
        Evidence::OneOfSeveral { address, party, of, points, because } => {
            let of = format!(
                "one of {of} open opportunities of those on it, here of {}, whose address is {address}",
                who(party)
            );
            format!("{of}: {points} points{}", grounds(because))
        }
        Evidence::SharedAddress { address, of } => format!("{address} stands on {of} records"),
        Evidence::ForgedAddress { address, party, .. } => {
            format!("{address} belongs to {}, but our server does not confirm the sender", who(party))
        }
        Evidence::Through { record } => format!("it belongs to {}", who(record)),
        Evidence::Domain { domain, address } => format!("{domain} of {address} belongs to it"),
    };
    output::plain(&text)
}

/// What gave points, each with the words that did.
fn grounds(because: &[Ground]) -> String {
    let ground = |g: &Ground| match g.words.is_empty() {
        true => format!("{} {}", g.what, g.points),
        false => format!("{} {} ({})", g.what, g.points, g.words.join(", ")),
    };
    match because {
        [] => String::new(),
        some => format!(" ({})", some.iter().map(ground).collect::<Vec<_>>().join("; ")),
    }
}

fn head_json(trace: &Trace, mailbox: Option<&str>, why: Option<Option<Asked>>) -> Value {
    let head = &trace.head;
    let places: Vec<&str> = head.mailboxes.iter().map(|(name, _)| name.as_str()).collect();
    json!({ "from": head.from, "name": head.name, "to": head.to, "subject": head.subject, "at": head.at.rfc3339(),
        "author": head.author.word(), "author_why": head.evidence, "automatic": trace.automatic,
        "channel": head.channel.word(), "false_sender": head.doubted, "mailboxes": places, "as_if_into": mailbox,
        "came_new": head.came_new, "in_review": why.is_some(), "review": why.flatten().map(Asked::word) })
}

fn trace_json(
    trace: &Trace,
    names: &HashMap<RecordId, String>,
    asking: &Asking,
    mailbox: Option<&str>,
    why: Option<Option<Asked>>,
) -> Value {
    let rule = |step: &Step| {
        let (word, why) = verdict(step, trace);
        json!({ "rule": step.rule.id, "name": step.rule.rule.name, "text": rule_text(&step.rule.rule),
            "state": step.rule.rule.state, "verdict": word, "why": why })
    };
    let built_in = |f: &crate::link::steps::Finding| json!({ "place": f.step.place, "name": f.step.name, "holds": f.holds, "why": f.why });
    let (regarding, links, candidates) = match &trace.linking {
        Linking::Linked { regarding, links, candidates } => (*regarding, links.clone(), candidates.clone()),
        Linking::Review(candidates) => (None, Vec::new(), candidates.clone()),
        Linking::Unmatched => (None, Vec::new(), Vec::new()),
    };
    let seen: Vec<Value> = trace
        .seen
        .iter()
        .map(|s| {
            let people: Vec<String> = s.readers.iter().map(|(id, _)| person(asking, *id)).collect();
            let owner = person(asking, s.owner);
            let because = |(id, reasons): &(UserId, Vec<crate::access::Reason>)| {
                let why: Vec<String> = reasons.iter().map(|r| path_text(r, &owner, asking)).collect();
                json!({ "name": person(asking, *id), "why": why })
            };
            let why: Vec<Value> = s.readers.iter().map(because).collect();
            json!({ "record": s.record, "name": names.get(&s.record), "by": people, "why": why })
        })
        .collect();
    let notices: Vec<Value> = trace
        .notices
        .iter()
        .map(|(user, reason)| json!({ "away": person(asking, *user), "goes": reason.is_none(), "rule": reason }))
        .collect();
    json!({ "head": head_json(trace, mailbox, why), "version": trace.version, "hidden": trace.hidden.map(Hidden::word), "made": trace.made.iter().map(|m| json!({ "rule": m.rule, "kind": m.kind.word(), "name": m.name, "owner": person(asking, m.owner) })).collect::<Vec<_>>(),
        "rules": trace.rules.iter().map(rule).collect::<Vec<_>>(), "said": trace.said,
        "built_in": trace.built_in.iter().map(built_in).collect::<Vec<_>>(), "linking": trace.state.word(), "regarding": regarding, "confidential": trace.sealed,
        "links": links, "candidates": candidates, "seen": seen, "notices": notices })
}
