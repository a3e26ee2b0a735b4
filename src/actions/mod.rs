//! What people do: absences, imports, password changes, shares, teams, access, consents, audit.

pub mod absences;
pub mod access;
pub mod audit;
pub mod caller;
pub mod consents;
pub mod import;
pub mod passwords;
pub mod reading;
pub mod shares;
pub mod teams;
