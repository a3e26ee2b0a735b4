//! Absences as tables, sentences and JSON. The operator sees everything.

use super::{Desk, output, period, phase};
use crate::access::{Counts, Episode, Portion, Problem, Weight, first_day_back};
use crate::actions::absences::{Prepared, selector_text};
use crate::commands::asking::moment_in;
use crate::commands::notice_switch::{doubtful_responder, own_responder};
use crate::model::absence::Absence;
use crate::model::id::UserId;
use crate::model::time::Timestamp;
use crate::store::mailboxes::OwnServer;
use chrono::NaiveTime;
use chrono_tz::Tz;
use serde_json::{Value, json};
use std::io;

/// Absences, one a line.
pub(super) fn list(desk: &Desk, absences: &[Absence], as_json: bool) -> io::Result<()> {
    if as_json {
        return output::json(&absences.iter().map(|a| object(desk, a)).collect::<Vec<_>>().into());
    }
    let login = |id: Option<UserId>| id.map(|id| desk.login(id)).unwrap_or_default();
    let time = |time: Option<chrono::NaiveTime>| time.map(|t| format!(" {}", t.format("%H:%M"))).unwrap_or_default();
    let row = |a: &Absence| {
        let substitute = match a.exceptions.len() {
            0 => login(a.substitute),
            n => format!("{} +{n}", login(a.substitute)).trim_start().to_owned(),
        };
        vec![
            a.id.to_string(),
            desk.login(a.user),
            format!("{}{}", a.first_day, time(a.first_time)),
            a.last_day.map_or_else(|| "open".to_owned(), |d| format!("{d}{}", time(a.last_time))),
            first_day_back(a, &desk.config.holidays).map(|d| d.to_string()).unwrap_or_default(),
            substitute,
            login(a.deputy),
            a.plan.word().to_owned(),
            if a.notice { "yes" } else { "no" }.to_owned(),
            if a.called_off() { "called off" } else { phase(a, desk.now) }.to_owned(),
        ]
    };
    let rows: Vec<Vec<String>> = absences.iter().map(row).collect();
    let head = ["number", "user", "from", "until", "back on", "substitute", "deputy", "records are", "notice", "state"];
    output::table(&head, &rows, "Nobody is or will be away.")
}

fn object(desk: &Desk, a: &Absence) -> Value {
    let days = |day: Option<chrono::NaiveDate>| day.map(|d| d.to_string());
    let times = |time: Option<chrono::NaiveTime>| time.map(|t| t.format("%H:%M").to_string());
    let exceptions = a
        .exceptions
        .iter()
        .map(|e| json!({ "what": selector_text(e.what, &desk.world), "substitute": desk.login(e.substitute) }));
    json!({
        "id": a.id, "user": desk.login(a.user), "first_day": a.first_day.to_string(),
        "first_time": times(a.first_time), "last_day": days(a.last_day), "last_time": times(a.last_time),
        "back_on": days(first_day_back(a, &desk.config.holidays)), "confirm_on": days(a.confirm_on),
        "type": a.nature.word(), "zone": a.zone, "starts": a.starts.rfc3339(), "ends": a.ends.map(Timestamp::rfc3339),
        "phase": phase(a, desk.now), "called_off": a.called_off(), "substitute": a.substitute.map(|id| desk.login(id)),
        "exceptions": exceptions.collect::<Vec<_>>(), "deputy": a.deputy.map(|id| desk.login(id)),
        "plan": a.plan.word(), "cover_writes": a.cover_writes, "notice": a.notice,
        "notice_languages": a.notice_texts.keys().collect::<Vec<_>>(),
    })
}

fn problem_object(problem: &Problem) -> Value {
    let weight = match problem.weight() {
        Weight::Note => "note",
        Weight::Warning => "warning",
        Weight::Refusal => "refusal",
    };
    json!({ "weight": weight, "gap": problem.is_gap(), "text": problem.to_string() })
}

/// One absence with everything there is to it.
pub(super) fn one(
    desk: &Desk,
    absence: &Absence,
    problems: &[Problem],
    (servers, unread): (&[OwnServer], Option<&str>),
    as_json: bool,
) -> io::Result<()> {
    if as_json {
        let mut object = object(desk, absence);
        if let Value::Object(fields) = &mut object {
            fields.insert("notice_texts".to_owned(), json!(absence.notice_texts));
            fields.insert("own_servers".to_owned(), servers.iter().map(server_object).collect());
            fields.insert("mailbox_missing".to_owned(), unread.is_some().into());
            fields.insert("problems".to_owned(), problems.iter().map(problem_object).collect());
        }
        return output::json(&object);
    }
    let name = |id: Option<UserId>| id.map_or_else(|| "nobody".to_owned(), |id| desk.name(id));
    let (state, verb) = match phase(absence, desk.now) {
        _ if absence.called_off() => ("called off", "was to be away"),
        "over" => ("over", "was away"),
        state => (state, "is away"),
    };
    // The days are those that were planned; it may have ended before them.
    let ended =
        absence.ends.filter(|_| state == "over").map(|end| moment_in(absence.zone.parse().unwrap_or(Tz::UTC), end));
    output::line(&format!(
        "Absence {} ({state}): {} {verb} {}.",
        absence.id,
        desk.name(absence.user),
        period(absence)
    ))?;
    let mut fields = vec![
        ("type", absence.nature.word().to_owned()),
        ("ended", ended.unwrap_or_default()),
        ("zone", absence.zone.clone()),
        ("back on", first_day_back(absence, &desk.config.holidays).map(|d| d.to_string()).unwrap_or_default()),
        ("confirm on", absence.confirm_on.map(|d| d.to_string()).unwrap_or_default()),
        ("covers", name(absence.substitute)),
    ];
    let excepted = absence.exceptions.iter();
    fields.extend(
        excepted.map(|e| ("except", format!("{}: {}", selector_text(e.what, &desk.world), desk.name(e.substitute)))),
    );
    fields.extend([
        ("deputy", name(absence.deputy)),
        ("records are", if absence.plan.word() == "cover" { "covered" } else { "handed over" }.to_owned()),
        ("covers may", if absence.cover_writes { "read and write" } else { "read" }.to_owned()),
        ("notice", if absence.notice { "on" } else { "off" }.to_owned()),
    ]);
    fields.extend(
        absence
            .notice_texts
            .iter()
            .map(|(language, text)| ("own text", format!("{language}: {}", output::plain(text)))),
    );
    for (label, value) in fields.iter().filter(|(_, value)| !value.is_empty()) {
        output::line(&format!("  {label:<12} {value}"))?;
    }
    if absence.notice {
        let zone = absence.zone.parse().unwrap_or(Tz::UTC);
        servers.iter().try_for_each(|server| output::line(&server_line(server, zone)))?;
    }
    unread.into_iter().try_for_each(|text| output::line(&format!("! {text}")))?;
    problems.iter().try_for_each(|p| output::line(&format!("! {p}")))
}

/// Whether a mailbox's own server answers as well, so that no notice goes (R14); times in the zone of the absence.
fn server_line(server: &OwnServer, zone: Tz) -> String {
    let moment = |at| moment_in(zone, at);
    let found = own_responder(server, moment).or_else(|| doubtful_responder(server, moment));
    match (found, &server.asked) {
        (Some(text), _) => format!("! {text}"),
        (None, Some((at, said))) => {
            format!("  server       {}: {} ({})", server.name, output::plain(said), moment(*at))
        }
        (None, None) => {
            format!("  server       {}: no absence reply of its own server was seen (R14)", server.name)
        }
    }
}

fn server_object(server: &OwnServer) -> Value {
    let how = server.responder.map(|r| if r.by_sieve { "sieve" } else { "mail" });
    json!({
        "mailbox": server.name, "own_responder": how, "since": server.responder.map(|r| r.at.rfc3339()),
        "doubtful": server.doubted.map(Timestamp::rfc3339),
        "managesieve": server.asked.as_ref().map(|(at, said)| json!({ "at": at.rfc3339(), "said": said })),
    })
}

/// What an absence would bring; `told`: how many clients were told what would not be so any more.
pub(super) fn preview(desk: &Desk, (prepared, told): (&Prepared, i64), as_json: bool) -> io::Result<()> {
    let absence = &prepared.absence;
    let portion = |part, counts| Portion::of(part, absence, &desk.world, Some(&prepared.holdings), counts);
    let login = |id: Option<UserId>| id.map(|id| desk.login(id));
    if as_json {
        let portions = prepared.preview.portions.iter().map(|(part, user, c)| {
            json!({ "what": Portion { records: None, ..portion(*part, *c) }.to_string(), "substitute": login(*user),
                "accounts": c.accounts, "contacts": c.contacts, "leads": c.leads,
                "opportunities": c.opportunities, "open_activities": c.activities })
        });
        let gains = prepared.preview.gains.iter().map(
            |g| json!({ "user": desk.login(g.user), "records": g.counts.records(), "confidential": g.confidential }),
        );
        let episodes = prepared.preview.episodes.iter().map(|e| {
            json!({ "what": Portion { records: None, ..portion(e.part, e.counts) }.to_string(),
                "from": e.from.rfc3339(), "until": e.until.map(Timestamp::rfc3339), "answers": login(e.user),
                "path": e.path, "records": e.counts.records() })
        });
        let elsewhere = prepared.elsewhere.iter().map(
            |(id, found)| json!({ "absence": id, "problems": found.iter().map(problem_object).collect::<Vec<_>>() }),
        );
        return output::json(&json!({
            "absence": object(desk, absence), "records": prepared.preview.records(),
            "portions": portions.collect::<Vec<_>>(), "answers": episodes.collect::<Vec<_>>(),
            "gains": gains.collect::<Vec<_>>(),
            "problems": prepared.problems.iter().map(problem_object).collect::<Vec<_>>(),
            "elsewhere": elsewhere.collect::<Vec<_>>(), "clients_told_before": told,
        }));
    }
    output::line(&format!("{} would be away {}.", desk.name(absence.user), period(absence)))?;
    let rows: Vec<Vec<String>> = prepared
        .preview
        .portions
        .iter()
        .map(|(part, user, counts)| {
            let what = Portion { records: None, ..portion(*part, *counts) }.to_string();
            [vec![what, user.map_or_else(|| "nobody".to_owned(), |id| desk.name(id))], numbers(*counts)].concat()
        })
        .collect();
    let head = ["what", "substitute", "accounts", "contacts", "leads", "opportunities", "open activities"];
    output::table(&head, &rows, "")?;
    for gain in &prepared.preview.gains {
        let secret =
            if gain.confidential > 0 { format!(" and {} confidential ones", gain.confidential) } else { String::new() };
        output::line(&format!(
            "{} gains sight of {}{secret}.",
            desk.name(gain.user),
            output::counted(gain.counts.records(), "record")
        ))?;
    }
    let zone = prepared.absence.zone.parse().unwrap_or(Tz::UTC);
    for episode in &prepared.preview.episodes {
        output::line(&says(desk, episode, &portion(episode.part, episode.counts), zone))?;
    }
    prepared.problems.iter().try_for_each(|p| output::line(&format!("! {p}")))?;
    super::keeps(told).into_iter().try_for_each(|text| output::line(&format!("! {text}")))?;
    for (id, problems) in &prepared.elsewhere {
        problems.iter().try_for_each(|p| output::line(&format!("! absence {id}: {p}")))?;
    }
    Ok(())
}

fn numbers(c: Counts) -> Vec<String> {
    [c.accounts, c.contacts, c.leads, c.opportunities, c.activities].map(|n| n.to_string()).to_vec()
}

/// Who answers from when until when, in the zone of the absence.
fn says(desk: &Desk, episode: &Episode, portion: &Portion, zone: Tz) -> String {
    let who = episode.user.map_or_else(|| "nobody".to_owned(), |id| desk.name(id));
    let local = |at: Timestamp| at.to_utc().with_timezone(&zone);
    let moment = |at: Timestamp| local(at).format("%Y-%m-%d %H:%M").to_string();
    let until = match episode.until {
        None => "an open end".to_owned(),
        Some(end) if local(end).time() == NaiveTime::MIN => local(end.plus(-1)).date_naive().to_string(),
        Some(end) => moment(end),
    };
    let from = match local(episode.from) {
        from if from.time() == NaiveTime::MIN => from.date_naive().to_string(),
        _ => moment(episode.from),
    };
    format!("From {from} to {until}: {who} answers for {portion}.")
}

/// What speaks against the absences that stand.
pub(super) fn troubles(desk: &Desk, found: &[(Absence, Vec<Problem>)], as_json: bool) -> io::Result<()> {
    if as_json {
        let objects = found.iter().map(|(absence, problems)| {
            let problems: Vec<Value> = problems.iter().map(problem_object).collect();
            json!({ "absence": absence.id, "user": desk.login(absence.user), "problems": problems })
        });
        return output::json(&objects.collect::<Vec<_>>().into());
    }
    if found.is_empty() {
        return output::line("Nothing speaks against the absences that run or are to come.");
    }
    for (absence, problems) in found {
        output::line(&format!("Absence {}: {} is away {}.", absence.id, desk.name(absence.user), period(absence)))?;
        problems.iter().try_for_each(|p| output::line(&format!("  ! {p}")))?;
    }
    Ok(())
}
