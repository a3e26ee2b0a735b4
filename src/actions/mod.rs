//! What people do: absences, assigning, sharing, managers, teams, activities, consents, imports,
//! merging, leaving, blocking, erasing, password changes, what automatic mail means for contacts.

pub mod absences;
pub mod access;
pub mod activities;
pub mod actor;
pub mod assign;
pub mod audit;
pub mod automatic;
pub mod blocks;
pub mod bulk;
pub mod caller;
pub mod choice;
pub mod consents;
pub mod corrections;
pub mod filing;
pub mod from_mail;
pub mod handover;
pub mod import;
pub mod language;
pub mod leads;
pub mod leavers;
pub mod managers;
pub mod notices;
pub mod numbers;
pub mod passwords;
pub mod privacy;
pub mod proposals;
pub mod reading;
pub mod records_life;
pub mod review;
pub mod rules;
pub mod search;
pub mod shares;
pub mod sight;
pub mod teams;
pub mod wishes;
