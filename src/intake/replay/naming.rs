//! Names beside the numbers of records that findings name: whoever shows a finding says which of them
//! its reader may read.

use crate::model::id::RecordId;
use std::collections::HashMap;

/// The words after which findings name a record by its number.
pub const RECORD_WORDS: [&str; 3] = ["record ", "opportunity ", "account "];

/// The numbers of records that a finding names, each with the word it stands after.
pub(super) fn numbers<'t>(
    why: &'t str,
    words: &'t [&'static str],
) -> impl Iterator<Item = (&'static str, &'t str, RecordId)> {
    words.iter().flat_map(move |word| {
        why.split(word).skip(1).filter_map(move |rest| {
            let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            let digits = rest.get(..end)?;
            Some((*word, digits, RecordId(digits.parse().ok()?)))
        })
    })
}

/// A finding with names beside the numbers of records that have one in `names`; they stand after one
/// of `words`, which goes.
pub fn with_names(why: &str, words: &[&'static str], names: &HashMap<RecordId, String>) -> String {
    let mut text = why.to_owned();
    for (word, digits, id) in numbers(why, words) {
        if let Some(name) = names.get(&id) {
            let named = format!("{name} ({digits})");
            if !text.contains(&named) {
                for end in [",", ";", " "] {
                    text = text.replace(&format!("{word}{digits}{end}"), &format!("{named}{end}"));
                }
                if let Some(start) = text.strip_suffix(&format!("{word}{digits}")) {
                    text = format!("{start}{named}");
                }
            }
        }
    }
    text
}
