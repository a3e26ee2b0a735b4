//! `standin wait`: who waits for whom. What is said is taken back by `standin link undo`.

use super::acting::As;
use super::{Done, Failure, Place, link, output, user, world};
use crate::access;
use crate::actions::automatic;
use crate::actions::corrections::{self, Said};
use crate::intake::reconsider;
use crate::model::id::{MailId, UserId};
use crate::store::people;
use crate::store::views::{self, Asked, Item};
use chrono::{NaiveDate, NaiveTime};
use clap::{Args, Subcommand};
use serde_json::json;
use std::process::ExitCode;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Say that nobody has to answer a mail; of what we asked: that no answer is expected.
    NoAnswer(One),
    /// Say when to be reminded of a question of ours, should no answer come.
    FollowUp {
        #[command(flatten)]
        one: One,
        /// The day, such as 2026-11-25.
        #[arg(long, value_name = "DAY")]
        on: NaiveDate,
    },
    /// Show what waits for a user's reply, and what they wait for from clients.
    List {
        /// Login of the user.
        user: String,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
pub(super) struct One {
    /// The mail: its number or its Message-ID.
    mail: String,
    #[command(flatten)]
    by: As,
}

/// The most mails of each sort that are listed.
const MOST: i64 = 200;

pub(super) async fn run(command: Command, place: &Place) -> Done {
    match command {
        Command::NoAnswer(one) => say(&one, None, place).await,
        Command::FollowUp { one, on } => say(&one, Some(on), place).await,
        Command::List { user, json } => list(&user, json, place).await,
    }
}

async fn say(one: &One, on: Option<NaiveDate>, place: &Place) -> Done {
    let (config, db) = place.open().await?;
    let now = super::now();
    let mut tx = db.write().await?;
    tx.alone().await?;
    let world = world(&mut tx, &config, now).await?;
    let actor = one.by.actor(&mut tx, &world, now).await?;
    let said = match on {
        None => Said::NoAnswer,
        Some(day) => {
            let zone = access::zone(&config.zone)
                .map_err(|_| Failure::input("the zone of the company is unknown", "").then("correct `zone`"))?;
            let eight = NaiveTime::from_hms_opt(8, 0, 0).unwrap_or_default();
            Said::FollowUp(access::local_moment(day, eight, zone))
        }
    };
    let mail = link::find(&mut tx, &one.mail).await?;
    let done = corrections::say(&mut tx, &actor, mail, &said).await?.map_err(|no| link::refused(&no))?;
    reconsider::corrected(&mut tx, &done.again, &config.house(), now).await?;
    tx.commit().await?;
    db.close().await;
    match one.by.json {
        true => output::json(&json!({ "correction": done.correction }))?,
        false => output::line(&format!("Noted. `standin link undo {}` takes it back.", done.correction))?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(login: &str, as_json: bool, place: &Place) -> Done {
    let (config, db) = place.open().await?;
    let now = super::now();
    let mut tx = db.read().await?;
    let world = world(&mut tx, &config, now).await?;
    let person = user(&mut tx, login).await?;
    let scope = people::scope(&mut tx, person.person.id, &world, now).await?;
    let zone = access::zone(&person.zone).or_else(|_| access::zone(&config.zone)).unwrap_or(chrono_tz::Tz::UTC);
    let work = views::work(&mut tx, &scope, &[], MOST, MOST + 1).await?;
    let today = access::day_of(now, zone);
    let before = access::asked_before(today, config.follow_up_days, &config.holidays, zone);
    let until = today.succ_opt().map_or(now, |tomorrow| access::day_start(tomorrow, zone));
    let owners: [UserId; 1] = [person.person.id];
    let asked = Asked { owners: &owners, before, until };
    let (theirs, _) = views::asked(&mut tx, &scope, &asked, MOST, MOST + 1).await?;
    let mails: Vec<MailId> = work.mine.0.iter().chain(&theirs).map(|item| item.mail.id).collect();
    let reach = automatic::on_mails(&mut tx, &scope, &mails, zone, now).await?;
    drop(tx);
    db.close().await;
    let away = |item: &Item| {
        let people = reach.get(&item.mail.id).into_iter().flatten();
        let away = people.filter_map(|(_, name, reach)| Some((name.as_str(), reach.away?)));
        away.map(|(name, away)| (name.to_owned(), away.until)).collect::<Vec<_>>()
    };
    if as_json {
        let row = |item: &Item| {
            let away = away(item)
                .into_iter()
                .map(|(name, until)| json!({ "name": name, "until": until.map(|d| d.to_string()) }));
            json!({
                "away": away.collect::<Vec<_>>(),
                "mail": item.mail.id, "at": item.mail.at.rfc3339(), "from": item.mail.from.address,
                "subject": item.mail.subject, "record": item.record.id, "name": item.record.name,
                "waiting": item.waiting.iter().map(|mail| mail.0).collect::<Vec<_>>(),
            })
        };
        let rows = |items: &[Item]| items.iter().map(row).collect::<Vec<_>>();
        output::json(&json!({ "for_us": rows(&work.mine.0), "for_them": rows(&theirs) }))?;
        return Ok(ExitCode::SUCCESS);
    }
    let row = |whom: &str, item: &Item| {
        vec![
            whom.to_owned(),
            item.mail.id.to_string(),
            item.mail.at.rfc3339(),
            output::plain(&item.mail.from.address),
            output::plain(&item.record.name),
            output::plain(&item.mail.subject),
            away(item)
                .into_iter()
                .map(|(name, until)| {
                    let until = until.map_or("no end known".to_owned(), |day| format!("until {day}"));
                    format!("{}: {until}", output::plain(&name))
                })
                .collect::<Vec<_>>()
                .join("; "),
        ]
    };
    let for_us = work.mine.0.iter().map(|item| row("for us", item));
    let rows: Vec<Vec<String>> = for_us.chain(theirs.iter().map(|item| row("for them", item))).collect();
    output::table(&["waits", "mail", "since", "from", "record", "subject", "away"], &rows, "Nothing waits.")?;
    Ok(ExitCode::SUCCESS)
}
