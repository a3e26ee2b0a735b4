//! Who does something, and the moment and people by which their right to is judged.

use crate::access::World;
use crate::model::id::UserId;
use crate::model::time::Timestamp;

/// Who does something.
#[derive(Clone, Copy, Debug)]
pub struct Caller<'w> {
    /// The user; `None` for the operator at the command line, who may do everything.
    pub by: Option<UserId>,
    /// What rights are computed from.
    pub world: &'w World,
    /// The moment.
    pub now: Timestamp,
}

impl Caller<'_> {
    /// Whether it is the operator or an admin.
    pub fn administers(&self) -> bool {
        self.by.is_none_or(|id| self.world.administers(id))
    }

    /// The name of a user.
    pub fn name(&self, id: UserId) -> String {
        self.world.name(id)
    }
}
