//! What a trace says, in words: evidence, rules, places, blocks, reports, and why a mail is where it is.

use super::{Names, Told};
use crate::commands::asking::Asking;
use crate::commands::output;
use crate::commands::review::asked_why;
use crate::intake::replay::{Decider, Outcome, RECORD_WORDS, State, Trace, with_names};
use crate::link::rules::{Step, Verdict, effect_text};
use crate::link::steps::{Finding, Kind, header_name};
use crate::model::block::Hidden;
use crate::model::cursor::{Arrival, LocationState, Why};
use crate::model::id::{RecordId, UserId};
use crate::model::link::{Evidence, Ground, Linking, Writer};
use crate::model::mail::Author;
use crate::model::reach::Outcome as Reported;
use crate::model::rule::Effect;
use crate::store::blocks::Block;
use crate::store::places::Place;

/// A record by name, where the asker may read it, with its number.
pub(super) fn called(names: &Names, id: RecordId) -> String {
    names.get(&id).map_or_else(|| format!("record {id}"), |name| format!("{name} ({id})"))
}

/// A person by name.
pub(super) fn person(asking: &Asking, id: UserId) -> String {
    output::plain(&asking.caller().name(id))
}

/// What a built-in step found, with names of records.
pub(super) fn finding(found: &Finding, names: &Names) -> String {
    output::plain(&with_names(&found.why, &RECORD_WORDS, names))
}

/// How a step is marked that put the mail where it is.
const DECIDES: &str = "decides";

/// The word for a built-in step: whether it put the mail there, holds beside what did, or does not hold.
pub(super) fn built_in(found: &Finding, trace: &Trace) -> &'static str {
    if trace.alone {
        return "not told";
    }
    let decides = trace.decider() == Some(Decider::BuiltIn(found.step.kind)) || trace.regards_none(found.step.kind);
    match (found.holds, decides) {
        (_, true) if trace.state == State::Asked => "asks",
        (true, true) => DECIDES,
        (true, false) => "holds",
        (false, _) => "no",
    }
}

/// The word for an admin's rule, and why or what it says; `all` says that every record is told.
pub(super) fn verdict(step: &Step, trace: &Trace, all: bool) -> (&'static str, String) {
    let before = trace.stored.is_some() && trace.decider() == Some(Decider::Rule(step.rule.id.0));
    if before && !trace.still_says(step.rule.id.0) {
        let (_, now) = verdict_now(step, trace, all);
        let now = if now.is_empty() { step.rule.rule.state.word().to_owned() } else { now };
        return (DECIDES, format!("it did when the mail came, and does not any more: {now}"));
    }
    verdict_now(step, trace, all)
}

fn verdict_now(step: &Step, trace: &Trace, all: bool) -> (&'static str, String) {
    match &step.verdict {
        Verdict::Fits(Some(hit)) => {
            let effect = |effect: &Effect| match trace.outcomes.get(effect).and_then(|outcome| but(*outcome, all)) {
                Some(but) if !hit.shadow => format!("{}; {but}", effect_text(effect)),
                _ => effect_text(effect),
            };
            let effects: Vec<String> = hit.effects.iter().map(effect).collect();
            let decides = !hit.shadow && trace.decider() == Some(Decider::Rule(step.rule.id.0));
            let word = match (hit.shadow, decides) {
                (true, _) => "fits, in shadow",
                (false, true) => DECIDES,
                (false, false) => "fits",
            };
            (word, effects.join(", "))
        }
        Verdict::Fits(None) => ("fits", "it names a record by something that was not found".to_owned()),
        Verdict::Fails(why) => ("no", why.clone()),
        Verdict::Stopped(name) => ("not reached", format!("rule `{name}` stops before it")),
        Verdict::Off => ("off", String::new()),
    }
}

/// Why what a rule says is not, or not yet, where the mail stands.
fn but(outcome: Outcome, all: bool) -> Option<&'static str> {
    Some(match outcome {
        Outcome::Stands => return None,
        Outcome::Nobodys if !all => "but no record that you may read has that number",
        Outcome::Nobodys => "but no record has that number",
        Outcome::Several => "only suggested, because several records have that number",
        Outcome::False => {
            "only suggested, because our own server does not confirm that the sender is who it claims to be (R36)"
        }
        Outcome::Outweighed => {
            "but something stronger decides: a person's word, filing, a true reply or a rule before it"
        }
        Outcome::Later => {
            "but stored mail keeps what the rules said when it came or were last applied to it: `standin rules apply` applies them"
        }
    })
}

/// Why a mail is tied to a record.
pub(in crate::commands) fn evidence(evidence: &Evidence, names: &Names) -> String {
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
        Evidence::Thread { reply_to, sender, ranked, writer, .. } => {
            let surely = if *ranked { "; where that stands was weighed" } else { "" };
            format!("{}{surely}", replied(&format!("<{reply_to}>"), sender, *writer))
        }
        Evidence::ForeignReply { reply_to, sender } => format!("{sender} answers <{reply_to}> and is no party there"),
        Evidence::OwnMark { mark, sender } => {
            format!("the mail carries {mark}, which we signed, and {sender} is a party")
        }
        Evidence::ForeignMark { mark, sender } => format!("the mail carries {mark}, but {sender} is no party there"),
        Evidence::Number { number, place, sender } => {
            format!("the mail names {number} in its {place}, and {sender} is a party")
        }
        Evidence::ForeignNumber { number, place, sender } => {
            format!("the mail names {number} in its {place}, but {sender} is no party there, or it is not the only one")
        }
        Evidence::Address { address, field, party } => {
            format!("{address} in the field {} belongs to {}", header_name(field), who(party))
        }
        Evidence::OnlyOpportunity { address, party, .. } => {
            format!("it is the one open opportunity of {}, whose address {address} is on the mail", who(party))
        }
        Evidence::Converted { lead, address, .. } => {
            format!("{address} was that of {}, which became it", who(lead))
        }
        Evidence::Ranked { party, of, points, lead, because, .. } => {
            let of = format!("it is the first of {of} open opportunities of those on the mail, here of {}", who(party));
            format!("{of}: {points} points, {lead} more than the next{}", grounds(because))
        }
        Evidence::OneOfSeveral { address, party, of, points, because } => {
            let of = format!(
                "it is one of {of} open opportunities of those on the mail, here of {}, whose address is {address}",
                who(party)
            );
            format!("{of}: {points} points{}", grounds(because))
        }
        Evidence::SharedAddress { address, of } => format!("{address} stands on {of} records"),
        Evidence::ForgedAddress { address, party, .. } => {
            format!("{address} belongs to {}, but our server does not confirm the sender", who(party))
        }
        Evidence::Through { record } => format!("it follows from {}", who(record)),
        Evidence::Domain { domain, address } => format!("{domain} of {address} belongs to it"),
    };
    output::plain(&text)
}

/// That a mail answers another, and what makes its sender a party there.
fn replied(answered: &str, sender: &str, writer: Writer) -> String {
    match writer {
        Writer::Unsaid => format!("{sender} answers {answered} and is a party there"),
        Writer::Ours => format!("{sender}, one of ours, answers {answered}"),
        Writer::Party => format!("{sender} answers {answered}, and that address belongs to a party there"),
        Writer::TookPart => format!("{sender} answers {answered} and is on other mail there"),
        Writer::House => format!("{sender} answers {answered}, and that domain is the account's own there"),
        Writer::Report => format!("it reports about our mail {answered}"),
    }
}

/// The same with what makes the sender a party, where that is told.
pub(super) fn with_party(why: &str, party: Option<String>) -> String {
    let named = |party: String| why.replace("belongs to a party there", &format!("is that of {party}, a party there"));
    party.map_or_else(|| why.to_owned(), named)
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

/// What became of a mail, and why, in one sentence or two. `asked` is why it waits in review, as far as that is told.
pub(super) fn because(told: &Told<'_>) -> String {
    let (trace, asked, names, asking) = (told.trace, told.waits, &told.names, told.asking);
    if trace.alone {
        return "It is stored. You are told of the mail alone, not of where it stands or why: you read no record on which it \
                stands."
            .to_owned();
    }
    let text = match trace.state {
        State::Linked => linked(told),
        State::Asked => {
            format!("It {} on no record, since nothing says surely on which.{}", stands(trace), kept_off(trace))
        }
        State::Private => {
            let word = trace.step(Kind::Person).filter(|found| found.holds && trace.word.is_some());
            let rule = || match trace.decider() {
                Some(Decider::Rule(rule)) => format!("rule {rule} says so"),
                _ => "a rule says so".to_owned(),
            };
            let why = word.map_or_else(rule, |found| finding(found, names));
            match trace.answered_none() {
                true => format!("It belongs to no record, because {why}. It {} on none.", stands(trace)),
                false if trace.stored.is_none() && !trace.kept => format!(
                    "It would not be stored, because it is private: {why}. Only keyed hashes and its place would be kept."
                ),
                false => format!("It is private, because {why}. It {} on no record.", stands(trace)),
            }
        }
        State::Nowhere => nowhere(trace, names),
        State::Unstored => unstored(trace, names, (&told.hiding(), asking)),
    };
    match asked {
        Some(why) => {
            let waits = if trace.stored.is_some() { "waits" } else { "would wait" };
            format!("{text} It {waits} in review: {}.", asked_why(why))
        }
        None => text,
    }
}

fn stands(trace: &Trace) -> &'static str {
    if trace.stored.is_some() { "stands" } else { "would stand" }
}

/// Why what holds on addresses is not enough, where somebody named something of ours and is no party of it.
fn kept_off(trace: &Trace) -> &'static str {
    let names = matches!(trace.decider(), Some(Decider::BuiltIn(Kind::Reply | Kind::Mark | Kind::Number)));
    let holds = [Kind::Address, Kind::Domain].into_iter().any(|kind| trace.step(kind).is_some_and(|found| found.holds));
    match names && holds {
        true => {
            " The addresses on it do not put it anywhere: whoever names something of ours without being a party of it may have \
             written them for that."
        }
        false => "",
    }
}

fn linked(told: &Told<'_>) -> String {
    let (trace, names) = (told.trace, &told.names);
    let Linking::Linked { regarding, .. } = &trace.linking else { return String::new() };
    let Some(main) = trace.main() else {
        return "It stands on records of which you may not be told; you are told of the mail alone.".to_owned();
    };
    let why = match (&main.evidence, trace.answers) {
        (Evidence::Thread { sender, writer, ranked: false, guessed: false, .. }, Some(mail)) => {
            output::plain(&replied(&format!("mail {mail}"), sender, *writer).replace("our mail mail", "our mail"))
        }
        (other, _) => evidence(other, names),
    };
    let why = with_party(&why, told.party(&main.evidence));
    let stands = stands(trace);
    match regarding {
        Some(record) => format!("It {stands} on {}, because {why}.", called(names, *record)),
        None => {
            let step = if trace.word.is_some() { Kind::Person } else { Kind::Rank };
            let found = trace.step(step).map(|found| format!(": {}", finding(found, names))).unwrap_or_default();
            let unasked = if trace.asks_nobody() {
                " Nobody is asked which one, since review asks about people's mail alone."
            } else {
                ""
            };
            format!(
                "It {stands} on the timeline of {}, because {why}. It is about no opportunity{found}.{unasked}",
                called(names, main.record)
            )
        }
    }
}

fn nowhere(trace: &Trace, names: &Names) -> String {
    let why = match (trace.step(Kind::Person).filter(|found| found.holds), &trace.run) {
        (Some(found), _) => finding(found, names),
        (None, Some(run)) => format!(
            "since run {} of the rules over history no rule says where it belongs, and nothing else does",
            run.job.id
        ),
        (None, None) => "what was asked about it is settled, or nobody is to be asked".to_owned(),
    };
    let kept = if trace.stored.is_some() { "It is stored and stands" } else { "It would be stored and stand" };
    format!("{kept} on no record, and nobody is asked about it: {why}.")
}

fn unstored(trace: &Trace, names: &Names, (blocks, asking): (&[&Block], &Asking)) -> String {
    if let Some(hidden) = trace.hidden {
        return hidden_text(hidden, blocks, asking);
    }
    let steps = [Kind::Reply, Kind::Address, Kind::Domain].into_iter().filter_map(|kind| trace.step(kind));
    let why: Vec<String> = steps.map(|found| finding(found, names)).collect();
    let why = why.join("; ");
    match asking.user.is_none() {
        true => format!(
            "It would not be stored, because it concerns no record: {why}. Only keyed hashes and its place would be kept."
        ),
        false => format!(
            "It concerns no record that you may read: {why}. Where no other record has a part in it either, it would not be stored."
        ),
    }
}

/// What would bring in a mail that concerns no record; `all` says that every record is told.
pub(super) fn brings_in(trace: &Trace, all: bool) -> &'static str {
    let report =
        matches!(trace.head.author, Author::DsnFailed | Author::DsnDelayed | Author::DsnDelivered | Author::Mdn);
    match (report, trace.nobody_outside()) {
        (true, _) if all => {
            "A report stands where the mail stands that it is about. That mail is not stored, or it did not go to whom the \
             report names: once it is stored and stands on a record, the report is found again in its mailbox."
        }
        (true, _) => {
            "A report stands where the mail stands that it is about. That mail is not stored, or you may not read it, \
             or it did not go to whom the report names: once it is stored and stands on a record, the report is found again."
        }
        (false, true) => {
            "It names nobody outside by an address, so no contact brings it in. Who wants it on a record files it by hand: \
             `standin filing` says how."
        }
        (false, false) if !all => {
            "It may stand on a record that you may not read: ask the operator (`standin trace` without --as) before you make \
             a contact or lead, which could be a second one. If none has a part in it, a contact or lead with an address on \
             it, or an account with its domain, brings it in, from your own mailboxes at once, from others after their owners \
             agreed, and from an archive when that is imported again."
        }
        (false, false) => {
            "To bring it in, make a contact or lead with an address on it, or give an account its domain: then it is found \
             again, in the mailboxes of whoever does that at once, in others after their owners agreed, and in an archive when that \
             is imported again. Or file it by hand: \
             `standin filing` says how."
        }
    }
}

/// Why a mail is not stored, whatever stands on it; `blocks` are those that hide it.
fn hidden_text(hidden: Hidden, blocks: &[&Block], asking: &Asking) -> String {
    let lines: Vec<String> = blocks.iter().map(|block| block_text(block, asking)).collect();
    let whom = match lines.is_empty() {
        true => "`standin block list` shows whom".to_owned(),
        false => lines.join("; "),
    };
    match hidden {
        Hidden::Company => format!("It would not be stored, because the company blocked somebody on it: {whom}."),
        Hidden::Own => {
            format!("It would not be stored from this mailbox, because its owner blocked somebody on it: {whom}.")
        }
        Hidden::Erased => "It would not be stored, because the only person outside on it was erased \
                           (`standin privacy erase`), and nothing brings an erased person back."
            .to_owned(),
        Hidden::Keyword => {
            "It would not be stored, because it carries a keyword that means \"never\"; without the keyword, which is set in \
             the mail program, it would be read like any other."
                .to_owned()
        }
    }
}

/// A line of a blocklist: whom, on whose list, by whom, since when.
pub(super) fn block_text(block: &Block, asking: &Asking) -> String {
    let list = match block.user {
        None => "on the company's list".to_owned(),
        Some(user) => format!("on the list of {}, for their own mailboxes", person(asking, user)),
    };
    let by = block.by.map_or("the operator".to_owned(), |user| person(asking, user));
    format!(
        "{} stands {list} since {}, put there by {by}",
        output::plain(block.pattern.as_str()),
        asking.moment(block.at)
    )
}

/// A place of a mail, and what became of it there.
pub(super) fn place_text(place: &Place, asking: &Asking) -> String {
    let whose = match place.user {
        Some(user) => format!("{} ({})", place.mailbox, person(asking, user)),
        None => format!("{} (shared)", place.mailbox),
    };
    let came = match place.server_at {
        Some(at) => format!("the server had it {}, ", asking.moment(at)),
        None => String::new(),
    };
    let how = match place.arrival {
        Arrival::Live => "as new mail",
        Arrival::Backlog(Why::Backfill) => "as history",
        Arrival::Backlog(Why::Epoch) => "when the server renumbered the folder",
        Arrival::Backlog(Why::Import) => "from an archive",
        Arrival::Backlog(Why::Refetch) => "read again, since something made it matter",
    };
    let seen = format!("{came}Standin saw it {} {how}", asking.moment(place.seen));
    let settled = || place.settled.map(|at| format!(" {}", asking.moment(at))).unwrap_or_default();
    let became = match place.state {
        LocationState::Stored => "stored".to_owned(),
        LocationState::Pending => "it waits to be read".to_owned(),
        LocationState::Gone => format!("the server shows it there no more{}", settled()),
        LocationState::Failed => {
            format!("it could not be stored: {}", output::plain(place.error.as_deref().unwrap_or_default()))
        }
        LocationState::Unmatched => format!("passed over{}: {}", settled(), passed_over(place.hidden)),
    };
    format!("{whose}, folder {}: {seen}; {became}", output::plain(&place.folder))
}

fn passed_over(hidden: Option<Hidden>) -> &'static str {
    match hidden {
        None => "it concerned no record, so only keyed hashes and this place are kept",
        Some(Hidden::Company) => "the company blocks somebody on it",
        Some(Hidden::Own) => "the mailbox's owner blocks somebody on it",
        Some(Hidden::Erased) => "the only person outside on it was erased",
        Some(Hidden::Keyword) => "it carries a keyword that means \"never\"",
    }
}

/// What an automatic mail says of itself, a line each.
pub(super) fn says(trace: &Trace, all: bool) -> Vec<String> {
    let says = &trace.says;
    let mut lines = Vec::new();
    for report in &says.reports {
        let what = match report.outcome {
            Reported::Hard => "there is no such address",
            Reported::Soft => "it could not be delivered this time",
            Reported::Policy => "the other side refused it; that says nothing of the address",
            Reported::Late => "not delivered yet",
            Reported::Delivered => "delivered",
            Reported::Complaint => "its reader called it spam",
            Reported::Shown => "their program says that it was displayed; no proof that anybody read it",
            Reported::Deleted => "their program says that it was deleted",
        };
        let code = report.code.map(|code| code.to_string());
        let codes: Vec<&str> = code.as_deref().into_iter().chain(report.status.as_deref()).collect();
        // Servers often repeat the codes in their words.
        let codes: Vec<&str> = codes.into_iter().filter(|code| !report.words.contains(code)).collect();
        let more: Vec<String> =
            [codes.join(" "), output::plain(&report.words)].into_iter().filter(|text| !text.is_empty()).collect();
        let more = if more.is_empty() { String::new() } else { format!(" ({})", more.join(": ")) };
        let about = match trace.ours.iter().find(|(_, to)| to.eq_ignore_ascii_case(&report.address)) {
            Some((Some(mail), _)) if report.outcome == Reported::Hard => format!(
                "; it is about our mail {mail}, and what follows for the address tells `standin address show {}`",
                output::plain(&report.address)
            ),
            Some((Some(mail), _)) => format!("; it is about our mail {mail}"),
            Some((None, _)) => "; it is about a mail of ours".to_owned(),
            None if !all => "; no mail of ours to that address is known that you may read".to_owned(),
            None => "; no mail of ours to that address is known, so it changes nothing".to_owned(),
        };
        lines.push(format!("{}: {what}{more}{about}", output::plain(&report.address)));
    }
    let author = output::plain(&says.author);
    if let Some((until, certainty)) = &says.away {
        lines.push(match (until, *certainty) {
            (Some(day), "sure") => format!("{author} is away, last day {day}"),
            (Some(day), "past") => format!("{author} was away, last day {day}, which had passed"),
            (Some(day), "assumed") => format!("{author} is away; no end is given, so two weeks are assumed, to {day}"),
            (Some(day), _) => format!("{author} is away, last day {day}, but that date is unsure"),
            (None, _) => format!("{author} is away; no end is given"),
        });
    }
    if says.left {
        lines.push(format!("{author} does not work there any more"));
    }
    if says.challenge {
        lines.push(format!("{author} wants proof that a person writes, before it delivers our mail"));
    }
    for (address, name) in &says.named {
        let name = name.as_deref().map(|name| format!("{} ", output::plain(name))).unwrap_or_default();
        lines.push(format!("whom to turn to instead: {name}<{}>", output::plain(address)));
    }
    if let Some((number, _)) = &says.number {
        lines.push(format!("the other side keeps our mail as {}", output::plain(number)));
    }
    if says.reports.is_empty() {
        lines.extend(
            trace.ours.iter().filter_map(|(mail, _)| *mail).take(1).map(|mail| format!("it answers our mail {mail}")),
        );
    }
    if lines.is_empty() && trace.head.author.reports_on_somebody() {
        lines.push("nothing that can be told: no recipient, no date, no substitute".to_owned());
    }
    lines
}

/// What a machine's mail is, in a word or two.
pub(super) fn machine(author: Author) -> &'static str {
    match author {
        Author::DsnFailed => "a delivery report: it could not be delivered",
        Author::DsnDelayed => "a delivery report: it is late",
        Author::DsnDelivered => "a delivery report: it was delivered",
        Author::Mdn => "a read receipt",
        Author::FeedbackReport => "a report that somebody called our mail spam",
        Author::Vacation => "an out-of-office notice",
        Author::LeftCompany => "a notice that somebody left",
        Author::Acknowledgement => "an automatic acknowledgement",
        Author::Challenge => "a request to prove that a person writes",
        Author::Calendar => "a calendar message",
        Author::Human | Author::Notification => "a notification",
    }
}
