//! How many of the latest stored mails a rule fits, while somebody writes it. What would come of it is the
//! dry run's to say.

use super::super::rules::{stored_letter, wanted};
use crate::link::rules::Set;
use crate::model::id::MailId;
use crate::store::{self, Tx};
use anyhow::Result;

/// Mails that are looked at.
const LATEST: i64 = 5_000;
/// Mails that are loaded at once.
const PAGE: i64 = 500;

/// What a rule fits of the latest mails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fitting {
    /// Mails that it fits, as if no rule stood before it.
    pub fits: i64,
    /// Mails that were looked at.
    pub of: i64,
}

/// Counts what the rules of a set fit of the latest stored mails.
pub async fn fitting(tx: &mut Tx, set: &Set) -> Result<Fitting> {
    let mut found = Fitting::default();
    let mut below = MailId(i64::MAX);
    while found.of < LATEST {
        let rows = store::rules::below(tx, below, PAGE, wanted(set)).await?;
        let Some(last) = rows.last() else { break };
        below = MailId(last.id);
        found.of += i64::try_from(rows.len()).unwrap_or(0);
        found.fits += rows.iter().map(|row| i64::from(!set.evaluate(&stored_letter(row)).is_empty())).sum::<i64>();
    }
    Ok(found)
}
