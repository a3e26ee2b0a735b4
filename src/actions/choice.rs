//! Records that somebody chose for a change, and why some of them are left out.

use super::actor::{Actor, Named};
use crate::model::id::RecordId;
use crate::store::selection::{self, Filter};
use crate::store::{self, Tx};
use serde::{Deserialize, Serialize};

/// How many records one change may be about.
pub const MOST: usize = 50_000;
/// The most characters of a reason.
pub const LONGEST_REASON: usize = 500;

/// Which records a change is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Selection {
    /// These.
    Ids(Vec<RecordId>),
    /// All that match, within what the actor may name.
    Matching(Filter),
}

/// Why a record is left out of a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Why {
    /// It is not there, or not for the actor: the two look the same.
    #[error("it does not exist, or it is not yours to see")]
    NotThere,
    /// The actor sees it but may not give it away.
    #[error("you may read it but not assign it; ask its owner, their line manager or an admin")]
    MayNotAssign,
    /// The actor sees it but may not share it.
    #[error("you may read it but not share it; ask its owner or an admin")]
    MayNotShare,
    /// The actor would give more than they have, or to themselves.
    #[error(
        "nobody gives a right that they lack themselves, or for longer than they have it, or to themselves; ask its owner"
    )]
    TooMuch,
    /// Somebody else gave that right.
    #[error(
        "somebody else gave them that role; they, whoever answers for the account, their line managers and admins take it back"
    )]
    NotGiven,
    /// The new owner has it already.
    #[error("it belongs to them already")]
    Already,
    /// Its owner changed after the preview.
    #[error("it went to {0} after the preview, so it was left alone")]
    ChangedSince(String),
    /// Only accounts have managers by role.
    #[error("only accounts have managers by role")]
    NoAccount,
    /// They are manager in that role already.
    #[error("they are its manager in this role already")]
    HasRole,
    /// They are not manager in that role.
    #[error("they are not its manager in this role")]
    HasNoRole,
    /// It is not out for a step.
    #[error("it is not out for a step, so there is nobody to give it back to")]
    NoStep,
}

/// A record that is left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// The record.
    pub record: RecordId,
    /// Its name, for whoever may know it.
    pub name: Option<String>,
    /// Why.
    pub why: Why,
}

/// Why nothing at all can be done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Objection {
    /// Nothing was chosen, or nothing matches.
    #[error("no record was chosen; tick some, or choose others by a filter")]
    Nothing,
    /// More than fit into one change.
    #[error("more than {MOST} records match; narrow the filter, by owner or kind, and do it in parts")]
    TooMany,
    /// The person is deactivated or does not exist.
    #[error("{0} is deactivated and cannot be given anything; choose a colleague who still works here")]
    Inactive(String),
    /// The reason is too long.
    #[error("the reason is longer than {LONGEST_REASON} characters; shorten it")]
    LongReason,
    /// The role has no name, or too long a one.
    #[error("name the role, in at most 40 characters: sales, service, marketing, or one of your own")]
    BadRole,
    /// The preview is not there, not the actor's, or was carried out already.
    #[error("this preview was carried out already or is too old; look at a new one")]
    NoPreview,
}

/// What was chosen.
pub async fn chosen(tx: &mut Tx, actor: &Actor<'_>, selection: &Selection) -> store::Result<Result<Named, Objection>> {
    let ids = match selection {
        Selection::Ids(ids) => ids.clone(),
        Selection::Matching(filter) => selection::matching(tx, &actor.reach, filter, MOST as i64 + 1).await?,
    };
    if ids.is_empty() {
        return Ok(Err(Objection::Nothing));
    }
    if ids.len() > MOST {
        return Ok(Err(Objection::TooMany));
    }
    Ok(Ok(actor.named(tx, &ids).await?))
}

/// Those of the records that are not there, as left out.
pub fn missing(named: &Named) -> Vec<LeftOut> {
    named.missing.iter().map(|record| LeftOut { record: *record, name: None, why: Why::NotThere }).collect()
}
