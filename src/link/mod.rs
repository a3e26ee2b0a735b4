//! Pure: mails and facts to decisions.

pub mod threads;
