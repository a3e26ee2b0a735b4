//! `standin config`: an example, a check, and what is in force with where it came from.

use super::{Done, Place, output};
use crate::config;
use clap::Subcommand;
use serde_json::Value;
use std::process::ExitCode;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Print a file with every key explained.
    Example,
    /// Say what is wrong with the configuration. Exit code 0 or 2.
    Check,
    /// Print every value in force, and where it came from. Passwords are not shown.
    Show {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn run(command: Command, place: &Place) -> Done {
    match command {
        Command::Example => output::print(config::EXAMPLE)?,
        Command::Check => {
            let loaded = place.load()?;
            let from = place.file().map_or("defaults alone, no file".to_owned(), |f| f.display().to_string());
            let boxes = loaded.config.mailbox.len();
            output::line(&format!("The configuration is sound ({from}; mailboxes: {boxes})."))?;
        }
        Command::Show { json } => show(place, json)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn show(place: &Place, json: bool) -> Result<(), super::Failure> {
    let loaded = place.load()?;
    let all =
        serde_json::to_value(&loaded.config).map_err(|e| super::Failure::failed("printing the configuration", e))?;
    let mut rows = Vec::new();
    flatten(&all, "", &mut rows);
    let from = |key: &str| loaded.places.get(key).cloned().unwrap_or_else(|| "default".to_owned());
    if json {
        let object =
            rows.iter().map(|(key, value)| (key.clone(), serde_json::json!({ "value": value, "from": from(key) })));
        return Ok(output::json(&Value::Object(object.collect()))?);
    }
    let rows: Vec<Vec<String>> =
        rows.into_iter().map(|(key, value)| vec![key.clone(), value.to_string(), from(&key)]).collect();
    Ok(output::table(&["key", "value", "from"], &rows, "")?)
}

/// Every value with its dotted key. A password inside the database's URL is masked; other secrets
/// are never in the configuration, only where they lie.
fn flatten(value: &Value, path: &str, rows: &mut Vec<(String, Value)>) {
    let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    match value {
        Value::Object(map) => map.iter().for_each(|(key, inner)| flatten(inner, &below(key), rows)),
        Value::Array(items) if items.iter().any(Value::is_object) => {
            items.iter().enumerate().for_each(|(n, inner)| flatten(inner, &below(&n.to_string()), rows));
        }
        Value::Null => {}
        Value::String(text) if path == "database" => rows.push((path.to_owned(), masked(text).into())),
        other => rows.push((path.to_owned(), other.clone())),
    }
}

/// A URL without its password.
pub(super) fn masked(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let Some((user, host)) = rest.rsplit_once('@') else { return url.to_owned() };
    match user.split_once(':') {
        Some((user, _)) => format!("{scheme}://{user}:…@{host}"),
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn a_password_in_the_database_url_is_masked() {
        assert_eq!(masked("postgres://standin:p@ss:word@db/standin"), "postgres://standin:…@db/standin");
        assert_eq!(masked("postgres://standin@db/standin"), "postgres://standin@db/standin");
        assert_eq!(masked("sqlite:/var/lib/standin.db"), "sqlite:/var/lib/standin.db");
    }
}
