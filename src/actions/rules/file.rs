//! Rules as TOML files, and lines of CSV.

use super::No;
use crate::actions::audit::harmless;
use crate::model::rule::Rule;
use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

/// Octets of a file that are read.
const LARGEST: usize = 4 * 1024 * 1024;

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default, rename = "rule")]
    rules: Vec<Rule>,
}

/// Rules as a file that [`from_toml`] reads back to the same.
pub fn to_toml(rules: &[Rule]) -> Result<String> {
    toml::to_string_pretty(&File { rules: rules.to_vec() }).context("writing the rules as TOML")
}

/// The rules in a file, in their order.
///
/// # Errors
/// [`No::File`] with the line, the rule and what is wrong there.
pub fn from_toml(text: &str) -> Result<Vec<Rule>, No> {
    if text.len() > LARGEST {
        return Err(No::File(format!("the file has {} octets; {LARGEST} are allowed", text.len())));
    }
    toml::from_str::<File>(text).map(|file| file.rules).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        let before = text.get(..at).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        let number =
            before.matches("[[rule]]").count() + usize::from(text.get(at..).is_some_and(|t| t.starts_with("[[rule]]")));
        let rule = if number == 0 { String::new() } else { format!(", in rule {number}") };
        No::File(format!("line {line}, column {column}{rule}: {}", error.message()))
    })
}

/// A line of CSV; no cell of it is a formula.
pub fn csv_line<S: AsRef<str>>(cells: &[S]) -> Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(cells.iter().map(|cell| harmless(cell.as_ref()))).context("writing CSV")?;
    let bytes = writer.into_inner().map_err(|error| anyhow::anyhow!("writing CSV: {error}"))?;
    String::from_utf8(bytes).context("writing CSV")
}
