//! What people do: absences, assigning, managers, activities, merging, leaving, imports, password changes.

pub mod absences;
pub mod activities;
pub mod actor;
pub mod assign;
pub mod bulk;
pub mod choice;
pub mod import;
pub mod leavers;
pub mod managers;
pub mod passwords;
pub mod records_life;
pub mod sight;
