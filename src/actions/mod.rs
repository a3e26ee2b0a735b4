//! What people do: absences, assigning, managers, activities, imports, password changes.

pub mod absences;
pub mod activities;
pub mod actor;
pub mod assign;
pub mod bulk;
pub mod choice;
//! What people do: absences, imports, password changes, shares, teams, access, consents, audit.

pub mod absences;
pub mod access;
pub mod audit;
pub mod caller;
pub mod import;
pub mod managers;
pub mod passwords;
pub mod sight;
pub mod reading;
pub mod shares;
pub mod teams;
