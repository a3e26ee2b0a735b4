//! `standin jobs`: long work, and how far it is.

use super::asking::Asking;
use super::{Done, Failure, Place, output};
use crate::actions::jobs::{self, Job, Who};
use crate::model::time::Timestamp;
use crate::store;
use clap::Args;
use serde_json::json;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Login of the admin as whom to look; without it you are the operator.
    #[arg(long = "as", value_name = "USER")]
    acting: Option<String>,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(arguments: Arguments, place: &Place) -> Done {
    let (config, db) = place.open().await?;
    let mut tx = db.read().await?;
    let asking = Asking::of(&mut tx, &config, arguments.acting.as_deref()).await?;
    let scope = match &asking.user {
        Some(user) => Some(store::people::scope(&mut tx, user.person.id, &asking.world, asking.now).await?),
        None => None,
    };
    let found = jobs::list(&mut tx, &asking.caller(), scope.as_ref()).await?;
    let Some(found) = found else {
        return Err(Failure::input("only admins see long work of others", ""));
    };
    drop(tx);
    db.close().await;
    let by = |job: &Job| match job.by {
        Who::User(user) => asking.world.name(user),
        Who::Standin => "standin".to_owned(),
    };
    if arguments.json {
        let all = found.iter().map(|job| {
            json!({ "kind": job.kind.word(), "number": job.id, "about": job.about, "by": by(job),
                "at": job.at.map(Timestamp::rfc3339), "state": job.state.word(), "done": job.done, "total": job.total })
        });
        output::json(&all.collect::<Vec<_>>().into())?;
    } else {
        let row = |job: &Job| {
            vec![
                job.kind.word().to_owned(),
                job.id.to_string(),
                output::plain(&job.about),
                job.state.word().to_owned(),
                format!("{} of {}", job.done, job.total),
                output::plain(&by(job)),
                job.at.map(Timestamp::rfc3339).unwrap_or_default(),
            ]
        };
        let head = ["kind", "number", "about", "state", "progress", "by", "at"];
        output::table(
            &head,
            &found.iter().map(row).collect::<Vec<_>>(),
            "Nothing is under way, and nothing was lately.",
        )?;
    }
    Ok(ExitCode::SUCCESS)
}
