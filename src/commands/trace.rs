//! `standin trace`: every step on one mail, stored or in a file, and what comes of it.

use super::asking::Asking;
use super::{Done, Failure, Place, output};
use crate::actions::rules;
use crate::intake::replay::{self, LARGEST_MAIL, RECORD_WORDS, Trace, with_names};
use crate::intake::{Clock, Shared, Signals};
use crate::link::rules::{Step, Verdict, effect_text, rule_text};
use crate::model::block::Hidden;
use crate::model::id::{MailId, RecordId, UserId};
use crate::model::link::{Evidence, Ground, Linking};
use crate::model::notice::{Language, Reason};
use crate::model::rule::Effect;
use crate::notice::explain;
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
    let trace = match arguments.what.parse() {
        Ok(number) => stored(shared, &asking, MailId(number)).await?,
        Err(_) => of_file(arguments, shared, &asking).await?,
    };
    let mut tx = shared.db.write().await?;
    let mail = arguments.what.parse::<i64>().ok();
    rules::looked(&mut tx, &asking.caller(), json!({ "what": "trace", "mail": mail })).await?;
    let names = names(&mut tx, &asking, &trace).await?;
    tx.commit().await?;
    if arguments.json {
        output::json(&trace_json(&trace, &names, &asking))?;
    } else {
        tell(&trace, &names, &asking)?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn stored(shared: &Shared, asking: &Asking, mail: MailId) -> Result<Trace, Failure> {
    let mut tx = shared.db.read().await?;
    let missing = || {
        Failure::input(format!("mail {mail} does not exist, or it is not to be seen"), "")
            .then("`standin timeline RECORD --json` shows the numbers of mails")
    };
    if let Some(user) = &asking.user {
        let scope = store::people::scope(&mut tx, user.person.id, &asking.world, asking.now).await?;
        store::views::message(&mut tx, &scope, mail).await?.ok_or_else(missing)?;
    }
    let own = shared.intake(crate::model::id::MailboxId(0), 0).context.own_domains;
    replay::trace_stored(&mut tx, mail, &own, &asking.world, asking.now).await?.ok_or_else(missing)
}

async fn of_file(arguments: &Arguments, shared: &Shared, asking: &Asking) -> Result<Trace, Failure> {
    use std::io::Read as _;
    let mut raw = Vec::new();
    let read = std::fs::File::open(&arguments.what).and_then(|file| file.take(LARGEST_MAIL).read_to_end(&mut raw));
    let next = "name a stored mail by its number, or a file with one mail";
    read.map_err(|error| Failure::input(format!("{} cannot be read", arguments.what), error.to_string()).then(next))?;
    let mailboxes = shared.mailboxes().await?;
    let mut named =
        mailboxes.iter().filter(|(account, _)| arguments.mailbox.as_ref().is_none_or(|name| *name == account.name));
    let Some((_, row)) = named.next() else {
        return Err(Failure::input("there is no such mailbox", "").then("`standin mailbox list` shows all there are"));
    };
    let context = shared.intake(row.id, 0).context;
    Ok(replay::trace_file(&shared.db, &context, raw, &asking.world, asking.now).await?)
}

/// Names of records that the asker may read.
async fn names(tx: &mut Tx, asking: &Asking, trace: &Trace) -> Result<HashMap<RecordId, String>, Failure> {
    let ids: Vec<RecordId> = trace.named().into_iter().collect();
    let entries = match &asking.user {
        None => store::records::load(tx, &ids).await?,
        Some(user) => {
            let scope = store::people::scope(tx, user.person.id, &asking.world, asking.now).await?;
            store::records::load_seen(tx, &scope, &ids).await?
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
            let effect = |effect: &Effect| match trace.nowhere.contains(effect) {
                true => format!("{}, but no record has that number", effect_text(effect)),
                false => effect_text(effect),
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
    for seen in &trace.seen {
        let people: Vec<String> = seen.readers.iter().map(|id| person(asking, *id)).collect();
        let people = if people.is_empty() { "nobody".to_owned() } else { people.join(", ") };
        output::line(&format!("By {} it is seen by: {people}.", called(names, seen.record)))?;
    }
    if trace.notices.is_empty() {
        output::line(
            "No notice: it did not come as new mail (it was imported, or read as history), or nobody to whom it came is away.",
        )?;
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
            output::line(match candidates.is_empty() {
                true => "It stands on no record.",
                false => "It stands on no record, and waits for a person.",
            })?;
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

fn evidence(evidence: &Evidence, names: &HashMap<RecordId, String>) -> String {
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
        Evidence::Address { address, field, party } => format!("{address} in {field} belongs to {}", who(party)),
        Evidence::OnlyOpportunity { address, party, .. } => {
            format!("the one open opportunity of {}, whose address {address} is on it", who(party))
        }
        Evidence::Converted { lead, address, .. } => {
            format!("{address} was that of {}, which became it", who(lead))
        }
        Evidence::Ranked { party, of, points, lead, because, .. } => {
            let of = format!("the first of {of} open opportunities of {}", who(party));
            format!("{of}: {points} points, {lead} more than the next{}", grounds(because))
        }
        Evidence::OneOfSeveral { address, party, of, points, because } => {
            let of = format!("one of {of} open opportunities of {}, whose address {address} is on it", who(party));
            format!("{of}: {points} points{}", grounds(because))
        }
        Evidence::SharedAddress { address, of } => format!("{address} stands on {of} records"),
        Evidence::ForgedAddress { address, party, .. } => {
            format!("{address} belongs to {}, but our server calls the sender false", who(party))
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

fn trace_json(trace: &Trace, names: &HashMap<RecordId, String>, asking: &Asking) -> Value {
    let rule = |step: &Step| {
        let (word, why) = verdict(step, trace);
        json!({ "rule": step.rule.id, "name": step.rule.rule.name, "text": rule_text(&step.rule.rule),
            "state": step.rule.rule.state, "verdict": word, "why": why })
    };
    let built_in = |f: &crate::link::steps::Finding| json!({ "place": f.step.place, "name": f.step.name, "holds": f.holds, "why": f.why });
    let (state, regarding, links, candidates) = match &trace.linking {
        Linking::Linked { regarding, links, candidates } => ("linked", *regarding, links.clone(), candidates.clone()),
        Linking::Review(candidates) => ("review", None, Vec::new(), candidates.clone()),
        Linking::Unmatched => ("unmatched", None, Vec::new(), Vec::new()),
    };
    let seen: Vec<Value> = trace
        .seen
        .iter()
        .map(|s| {
            let people: Vec<String> = s.readers.iter().map(|id| person(asking, *id)).collect();
            json!({ "record": s.record, "name": names.get(&s.record), "by": people })
        })
        .collect();
    let notices: Vec<Value> = trace
        .notices
        .iter()
        .map(|(user, reason)| json!({ "away": person(asking, *user), "goes": reason.is_none(), "rule": reason }))
        .collect();
    json!({ "version": trace.version, "hidden": trace.hidden.map(Hidden::word), "made": trace.made.iter().map(|m| json!({ "rule": m.rule, "kind": m.kind.word(), "name": m.name, "owner": person(asking, m.owner) })).collect::<Vec<_>>(),
        "rules": trace.rules.iter().map(rule).collect::<Vec<_>>(), "said": trace.said,
        "built_in": trace.built_in.iter().map(built_in).collect::<Vec<_>>(), "linking": state, "regarding": regarding,
        "links": links, "candidates": candidates, "seen": seen, "notices": notices })
}
