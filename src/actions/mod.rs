//! What people do: absences, imports, password changes.

pub mod absences;
pub mod handover;
pub mod import;
pub mod passwords;
