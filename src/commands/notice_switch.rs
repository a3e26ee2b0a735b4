//! `standin notice stop`, `start` and `status`: the one switch for all absence notices.

use super::acting::As;
use super::asking::Asking;
use super::{Done, Failure, Place, now, output, user};
use crate::actions::notice_switch as actions;
use crate::config::Config;
use crate::model::id::UserId;
use crate::model::record::UserRole;
use crate::model::time::{HOUR, Timestamp};
use crate::store::mailboxes::{OwnServer, own_servers};
use crate::store::notice_switch::{self, By, Stop};
use crate::store::{self, Tx};
use clap::Subcommand;
use serde_json::json;
use std::process::ExitCode;

#[derive(Debug, Subcommand)]
pub(super) enum Switch {
    /// Stop all absence notices at once, in every worker, those that wait to be sent included.
    Stop {
        /// Why, for whoever looks at the status.
        #[arg(long, default_value = "")]
        reason: String,
    },
    /// Let notices go out again, whether a person or the breaker stopped them.
    Start,
    /// Say whether notices go out, how many wait, and which mailboxes' own servers answer already.
    Status,
}

/// Runs one of them as the admin, or the operator, whom `by` names.
pub(super) async fn run(command: Switch, by: As, place: &Place) -> Done {
    let (config, db) = place.open().await?;
    let now = now();
    let done = match command {
        Switch::Stop { reason } => {
            let mut tx = db.write_durable().await?;
            let said = stop(&mut tx, &reason, by.acting.as_deref(), &config, now).await?;
            tx.commit().await?;
            output::line(&said)
        }
        Switch::Start => {
            let mut tx = db.write_durable().await?;
            let said = start(&mut tx, by.acting.as_deref(), &config, now).await?;
            tx.commit().await?;
            output::line(&said)
        }
        Switch::Status => {
            let mut tx = db.read().await?;
            let asking = Asking::of(&mut tx, &config, by.acting.as_deref()).await?;
            status(&mut tx, &config, by.json, &asking).await?
        }
    };
    db.close().await;
    done?;
    Ok(ExitCode::SUCCESS)
}

/// The admin of this login; `None` for the operator.
async fn admin(tx: &mut Tx, login: Option<&str>) -> Result<Option<UserId>, Failure> {
    let Some(login) = login else { return Ok(None) };
    let user = user(tx, login).await?;
    match user.person.role {
        UserRole::Admin => Ok(Some(user.person.id)),
        _ => Err(Failure::input(
            format!("`{login}` is no admin"),
            "notices of everybody are stopped and started by admins",
        )),
    }
}

/// Notices are off whatever the switch says.
const OFF: &str = "`notice.enabled` is false in the configuration, so there are none.";

async fn stop(
    tx: &mut Tx,
    reason: &str,
    login: Option<&str>,
    config: &Config,
    now: Timestamp,
) -> Result<String, Failure> {
    let by = admin(tx, login).await?;
    let Some(left) = actions::stop(tx, by, &output::plain(reason), now).await? else {
        return Ok("Notices were stopped already; `standin notice status` says by whom.".to_owned());
    };
    let mut said = "Notices are stopped, in every worker.".to_owned();
    if left.waiting > 0 {
        said += &format!(" {} to be sent; they lapse within the hour.", waits(left.waiting));
    }
    if left.underway > 0 {
        said += &format!(
            " {} being handed to a mail server at this moment and may be out already.",
            if left.underway == 1 { "1 is".to_owned() } else { format!("{} are", left.underway) }
        );
    }
    Ok(match config.notice.enabled {
        true => said + " `standin notice start` lets them go out again.",
        false => format!("{said} They were off anyway: {OFF}"),
    })
}

fn waits(n: i64) -> String {
    if n == 1 { "1 waits".to_owned() } else { format!("{n} wait") }
}

async fn start(tx: &mut Tx, login: Option<&str>, config: &Config, now: Timestamp) -> Result<String, Failure> {
    let by = admin(tx, login).await?;
    if !actions::start(tx, by, now).await? {
        return Ok(match config.notice.enabled {
            true => "Notices go out; nothing stopped them.".to_owned(),
            false => format!("Nothing stopped them, but {OFF}"),
        });
    }
    Ok(match config.notice.enabled {
        true => "Notices go out again. Mail that came while they were stopped is not answered afterwards.".to_owned(),
        false => format!("They are no longer stopped, but {OFF}"),
    })
}

/// Who stopped notices, and why, as a sentence.
async fn sentence(tx: &mut Tx, stop: &Stop, asking: &Asking) -> Result<String, Failure> {
    let reason =
        if stop.reason.is_empty() { String::new() } else { format!(" Reason: {}", output::plain(&stop.reason)) };
    let since = asking.moment(stop.at);
    Ok(match stop.by {
        By::Breaker(until) => format!(
            "Notices are stopped since {since}: more went out in an hour than ever, which looks like a loop. They go out \
             again at {}, or with `standin notice start`.",
            asking.moment(until)
        ),
        By::Person(by) => {
            let name = match by {
                Some(user) => store::people::load(tx, user).await?.map_or_else(String::new, |user| user.person.name),
                None => "the operator".to_owned(),
            };
            format!(
                "Notices are stopped since {since} by {name}.{reason} `standin notice start` lets them go out again."
            )
        }
    })
}

async fn status(tx: &mut Tx, config: &Config, as_json: bool, asking: &Asking) -> Result<std::io::Result<()>, Failure> {
    let now = asking.now;
    let stopped = notice_switch::stopped(tx, now).await?;
    let (waiting, underway) = notice_switch::waiting(tx).await?;
    let last_hour = store::notices::tried_since(tx, now.plus(-HOUR)).await?;
    let servers = own_servers(tx, None, config.notice.responder_days, now).await?;
    let said = match &stopped {
        Some(stop) if !config.notice.enabled => {
            format!("{} But without that, too, {OFF}", sentence(tx, stop, asking).await?)
        }
        Some(stop) => sentence(tx, stop, asking).await?,
        None if config.notice.enabled => "Notices go out.".to_owned(),
        None => "Notices are off: `notice.enabled` is false in the configuration.".to_owned(),
    };
    if as_json {
        let by = stopped.as_ref().map(|stop| if matches!(stop.by, By::Person(_)) { "person" } else { "breaker" });
        let until = stopped
            .as_ref()
            .and_then(|stop| if let By::Breaker(until) = stop.by { Some(until.rfc3339()) } else { None });
        let own: Vec<_> = servers
            .iter()
            .map(|server| {
                let how = server.responder.map(|r| if r.by_sieve { "sieve" } else { "mail" });
                let asked = server.asked.as_ref().map(|(at, words)| json!({ "at": at.rfc3339(), "said": words }));
                let doubted = server.doubted.map(Timestamp::rfc3339);
                json!({ "mailbox": server.name, "own_responder": how, "managesieve": asked, "doubtful": doubted })
            })
            .collect();
        return Ok(output::json(&json!({
            "going_out": stopped.is_none() && config.notice.enabled, "stopped_by": by,
            "since": stopped.as_ref().map(|stop| stop.at.rfc3339()), "until": until,
            "reason": stopped.as_ref().map(|stop| stop.reason.clone()), "waiting": waiting, "being_sent": underway,
            "in_the_last_hour": last_hour, "mailboxes": own,
        })));
    }
    let mut lines = vec![
        said,
        format!(
            "Tried in the last hour: {}, those that were refused among them, since limits count each. {}.",
            output::counted(last_hour, "notice"),
            waits(waiting)
        ),
    ];
    lines.extend(servers.iter().filter_map(|server| own_responder(server, |at| asking.moment(at))));
    lines.extend(servers.iter().filter_map(|server| doubtful_responder(server, |at| asking.moment(at))));
    Ok(output::print(&(lines.join("\n") + "\n")))
}

/// What is said of a mailbox whose own server answers; `None` where none is known to. `moment` writes a time in the
/// reader's zone.
pub(super) fn own_responder(server: &OwnServer, moment: impl Fn(Timestamp) -> String) -> Option<String> {
    let responder = server.responder?;
    let how = if responder.by_sieve { "its server says so" } else { "a mail of it was seen" };
    Some(format!(
        "Mailbox {}: an absence reply of its own server is on ({how}, {}). Standin sends no notice for it (R14).",
        server.name,
        moment(responder.at)
    ))
}

/// What is said of a mailbox in whose person's name an automatic answer was seen that nothing proves; `None`
/// where there is none.
pub(super) fn doubtful_responder(server: &OwnServer, moment: impl Fn(Timestamp) -> String) -> Option<String> {
    let at = server.doubted?;
    Some(format!(
        "Mailbox {}: a mail of {} looks like an automatic answer of its own server, and nothing proves that it is no \
         forgery; Standin goes on sending notices (R14). If that server answers by itself, switch one of the two off.",
        server.name,
        moment(at)
    ))
}
