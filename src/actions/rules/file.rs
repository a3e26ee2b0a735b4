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

/// Why a file is no set of rules.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoFile {
    /// It is too large.
    #[error("the file has {octets} octets; {most} are allowed")]
    TooLarge {
        /// Its octets.
        octets: usize,
        /// How many are allowed.
        most: usize,
    },
    /// Something in it cannot be read.
    #[error("line {line}, column {column}{}: {why}", in_rule(.rule))]
    At {
        /// The line, counted from 1.
        line: usize,
        /// The character in it, counted from 1.
        column: usize,
        /// The rule, counted from 1; none before the first.
        rule: Option<usize>,
        /// What is wrong there, in English as the reader of TOML says it.
        why: String,
    },
}

fn in_rule(rule: &Option<usize>) -> String {
    rule.map(|n| format!(", in rule {n}")).unwrap_or_default()
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
        return Err(NoFile::TooLarge { octets: text.len(), most: LARGEST }.into());
    }
    toml::from_str::<File>(text).map(|file| file.rules).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        let before = text.get(..at).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        let number =
            before.matches("[[rule]]").count() + usize::from(text.get(at..).is_some_and(|t| t.starts_with("[[rule]]")));
        let rule = Some(number).filter(|number| *number > 0);
        NoFile::At { line, column, rule, why: error.message().to_owned() }.into()
    })
}

/// A line of CSV; no cell of it is a formula.
pub fn csv_line<S: AsRef<str>>(cells: &[S]) -> Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(cells.iter().map(|cell| harmless(cell.as_ref()))).context("writing CSV")?;
    let bytes = writer.into_inner().map_err(|error| anyhow::anyhow!("writing CSV: {error}"))?;
    String::from_utf8(bytes).context("writing CSV")
}
