//! `standin migrate`: the schema, brought up to date.

use super::{Done, Place, output};
use std::process::ExitCode;

pub(super) async fn run(place: &Place) -> Done {
    let (_, db) = place.open().await?;
    let schema = db.schema().await;
    db.close().await;
    output::line(&format!("The database is up to date (schema {schema})."))?;
    Ok(ExitCode::SUCCESS)
}
