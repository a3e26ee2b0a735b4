//! What one viewer may read at one moment: a parameter of every query that returns records,
//! entries, counts, hits or suggestions.

use crate::model::id::UserId;
use crate::model::time::Timestamp;

/// A viewer's sight at a moment.
///
/// It names *owners*, not records: five hundred users and sixty absences are small values that
/// are evaluated here, once per request; the database then compares `records.owner_id` with them.
/// So reassigning a record changes one column and every reader at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// Who looks.
    pub viewer: UserId,
    /// When.
    pub at: Timestamp,
    /// Owners whose records the viewer reads unless they are confidential: those they cover for
    /// (with everybody up the chain), and those below them in the line. Not the viewer.
    pub owners: Vec<UserId>,
    /// Absent owners who named the viewer their deputy for confidential records.
    pub confidential_owners: Vec<UserId>,
    /// Transparent mode, and the viewer is an account manager: reads everything not confidential.
    pub everyone: bool,
}
