//! Passwords: how they are stored, and checking one.
//!
//! The stored form (argon2id in PHC notation) is the database's business, and both the pages and
//! the command line need it. A check costs 19 MiB and some tens of milliseconds: callers run it
//! off the async threads and bound how many run at once.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use std::sync::LazyLock;

/// What stands in for the hash of a user who does not exist or has no password, so that finding
/// out takes as long as a wrong password does.
static NOBODY: LazyLock<String> = LazyLock::new(|| hash("no such person").unwrap_or_default());

/// The stored form of a password. `None` if the system gave no randomness for the salt.
pub fn hash(password: &str) -> Option<String> {
    Argon2::default().hash_password(password.as_bytes()).ok().map(|hash| hash.to_string())
}

/// Whether `password` is the one that `stored` was made of. Takes as long where nothing is stored.
pub fn matches(password: &str, stored: Option<&str>) -> bool {
    let known = stored.is_some();
    let text = stored.unwrap_or(NOBODY.as_str());
    let Ok(parsed) = PasswordHash::new(text) else { return false };
    Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok() && known
}

/// Computes what the first check of an unknown user needs, so that it takes no longer than others.
pub fn warm() {
    LazyLock::force(&NOBODY);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_password_matches_and_nobody_has_one() {
        let stored = hash("zażółć gęślą").unwrap();
        assert!(stored.starts_with("$argon2id$"));
        assert!(matches("zażółć gęślą", Some(&stored)));
        assert!(!matches("zazolc gesla", Some(&stored)));
        assert!(!matches("no such person", None));
        assert!(!matches("x", Some("not a hash")));
    }
}
