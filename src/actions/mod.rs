//! What people do: absences, assigning, managers, activities, imports, password changes.

pub mod absences;
pub mod activities;
pub mod actor;
pub mod assign;
pub mod bulk;
pub mod choice;
pub mod import;
pub mod managers;
pub mod passwords;
pub mod sight;
