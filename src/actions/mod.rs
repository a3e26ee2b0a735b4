//! What people do: absences, imports, password changes.

pub mod absences;
pub mod import;
pub mod passwords;
pub mod wishes;
