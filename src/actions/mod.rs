//! What people do: absences, assigning, sharing, managers, teams, activities, consents, imports,
//! password changes.

pub mod absences;
pub mod access;
pub mod activities;
pub mod actor;
pub mod assign;
pub mod audit;
pub mod bulk;
pub mod caller;
pub mod choice;
pub mod handover;
pub mod import;
pub mod managers;
pub mod passwords;
pub mod reading;
pub mod shares;
pub mod sight;
pub mod teams;
