//! Pure: mails and facts to decisions.
