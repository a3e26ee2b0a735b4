//! `standin share`: who was given a right on a record, giving one, and taking it back.

use super::asking::{Asking, Listed, holder};
use super::{Done, Failure, Place, output};
use crate::access::day_start;
use crate::actions::access;
use crate::actions::shares::{self, Refused, Wanted, holder_name};
use crate::model::share::{Holder, Share};
use crate::model::time::Timestamp;
use crate::store::{self, Tx};
use chrono::NaiveDate;
use clap::Args;
use serde_json::{Value, json};
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The record: its id, number, external id or name.
    record: String,
    /// With whom: a login, or team:NAME. Without it the shares on the record are shown.
    #[arg(value_name = "USER|team:NAME")]
    with: Option<String>,
    /// They may change the record, beside reading it.
    #[arg(long, requires = "with")]
    write: bool,
    /// They may give others a right on it.
    #[arg(long, requires = "with")]
    share: bool,
    /// The last day of it, such as 2026-12-31; without it there is no end.
    #[arg(long, value_name = "DAY", requires = "with", value_parser = super::asking::day)]
    until: Option<NaiveDate>,
    /// Why; kept with the share.
    #[arg(long, default_value = "", requires = "with")]
    reason: String,
    /// Take back what they were given.
    #[arg(long, requires = "with", conflicts_with_all = ["write", "share", "until"])]
    revoke: bool,
    /// Login of the user on whose behalf; without it you are the operator, who may share everything.
    #[arg(long = "as", value_name = "USER")]
    by: Option<String>,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(arguments: Arguments, place: &Place) -> Done {
    let (config, db) = place.open().await?;
    let mut tx = db.write().await?;
    let asking = Asking::of(&mut tx, &config, arguments.by.as_deref()).await?;
    let caller = asking.caller();
    let found = access::find(&mut tx, &caller, &arguments.record).await?;
    if let Some(with) = arguments.with.as_ref().filter(|_| found.is_empty() && arguments.revoke) {
        let said = taken_back(&mut tx, &asking, &arguments.record, with).await?;
        tx.commit().await?;
        db.close().await;
        output::line(&said)?;
        return Ok(ExitCode::SUCCESS);
    }
    if found.is_empty() {
        seen_only(&mut tx, &asking, &arguments.record).await?;
    }
    let mut subject = asking.one(&arguments.record, found, |s| Listed::of(&s.record, s.named))?;
    let record = subject.record.id;
    let mut said = String::new();
    if let Some(with) = &arguments.with {
        let holder = holder(&mut tx, &asking.world, with).await?;
        let done = if arguments.revoke {
            shares::revoke(&mut tx, &caller, record, holder).await?.map(|()| None)
        } else {
            let until = arguments.until.and_then(|day| day.succ_opt()).map(|next| day_start(next, asking.zone));
            let (write, share, reason) = (arguments.write, arguments.share, arguments.reason.clone());
            let wanted = Wanted { holder, write, share, until, reason };
            shares::share(&mut tx, &caller, record, &wanted).await?.map(Some)
        };
        let name = holder_name(holder, &caller);
        said = match done.map_err(|refused| failure(&refused, "nothing was shared"))? {
            Some(share) => format!("{name} may {}.", given(&share, &asking)),
            None => format!("{name} has no share in it any more."),
        };
        subject.shares = store::shares::on(&mut tx, &[record]).await?;
    }
    tx.commit().await?;
    db.close().await;
    let standing: Vec<&Share> = subject.shares.iter().filter(|s| s.stands(asking.now)).collect();
    if arguments.json {
        let all: Vec<Value> = standing.iter().map(|s| share_json(s, &asking)).collect();
        output::json(&json!({ "record": record, "shares": all }))?;
    } else if !said.is_empty() {
        output::line(&said)?;
    } else {
        let rows: Vec<Vec<String>> = standing.iter().map(|s| row(s, &asking)).collect();
        output::table(&["with", "rights", "source", "until", "by", "reason"], &rows, "It is shared with nobody.")?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Takes a share back for somebody who sees the record and may not share it: a substitute, a line
/// manager, who gave it. They are told of that share alone.
async fn taken_back(tx: &mut Tx, asking: &Asking, reference: &str, with: &str) -> Result<String, Failure> {
    let caller = asking.caller();
    let mut found = Vec::new();
    if let Some(user) = caller.by {
        let scope = store::people::scope(tx, user, &asking.world, asking.now).await?;
        found = store::records::find(tx, &scope, reference).await?;
    }
    let record = asking.one(reference, found, |entry| Listed::of(&entry.record, true))?.record.id;
    let holder = holder(tx, &asking.world, with).await?;
    let done = shares::revoke(tx, &caller, record, holder).await?;
    done.map_err(|refused| failure(&refused, "nothing was taken back"))?;
    Ok(format!("{} has no share in it any more.", holder_name(holder, &caller)))
}

/// Somebody who sees the record and may not share it is told so; it is no secret to them.
async fn seen_only(tx: &mut Tx, asking: &Asking, reference: &str) -> Result<(), Failure> {
    let Some(user) = asking.caller().by else { return Ok(()) };
    let scope = store::people::scope(tx, user, &asking.world, asking.now).await?;
    match store::records::find(tx, &scope, reference).await?.is_empty() {
        true => Ok(()),
        false => Err(failure(&Refused::NotYours, "nothing was shared")),
    }
}

/// Why it was not done.
pub(super) fn failure(refused: &Refused, what: &str) -> Failure {
    // Whoever comes this far was told of the record: an admin, of one that is confidential.
    let refused = if *refused == Refused::NotThere { &Refused::NotYours } else { refused };
    Failure::input(what, refused.to_string())
}

fn given(share: &Share, asking: &Asking) -> String {
    let rights = share.rights().words().join(" and ");
    match share.until {
        Some(until) => format!("{rights} it until {}", asking.until(until)),
        None => format!("{rights} it"),
    }
}

fn row(share: &Share, asking: &Asking) -> Vec<String> {
    let caller = asking.caller();
    vec![
        output::plain(&holder_name(share.holder, &caller)),
        share.rights().words().join(", "),
        share.source.word().to_owned(),
        share.until.map(|until| asking.until(until)).unwrap_or_default(),
        share.by.map_or_else(|| "the operator".to_owned(), |by| caller.name(by)),
        output::plain(&share.reason),
    ]
}

fn share_json(share: &Share, asking: &Asking) -> Value {
    let caller = asking.caller();
    let kind = if matches!(share.holder, Holder::Team(_)) { "team" } else { "user" };
    json!({
        kind: holder_name(share.holder, &caller), "rights": share.rights().words(), "source": share.source.word(),
        "reaches_confidential": share.named, "until": share.until.map(Timestamp::rfc3339), "reason": share.reason,
        "by": share.by.map(|by| caller.name(by)),
    })
}
