//! Passwords: a hash takes 19 MiB and some tens of milliseconds of a core (argon2id), so it is
//! made off the async threads and two at a time, however many people sign in at once.

use crate::store::people_signin;
use anyhow::Context;
use tokio::sync::Semaphore;

/// How many hashes are computed at once.
static TURNS: Semaphore = Semaphore::const_new(2);
/// The fewest characters of a password.
pub const SHORTEST: usize = 8;

/// What is wrong with a password that somebody chose, as a sentence.
pub fn objection(password: &str) -> Option<String> {
    let length = password.chars().count();
    if length < SHORTEST {
        return Some(format!("the password has {length} characters; it needs at least {SHORTEST}"));
    }
    // argon2 takes longer for longer ones; nobody types more.
    (password.len() > 1_024).then(|| "the password is longer than 1024 bytes; choose a shorter one".to_owned())
}

/// The form in which a password is stored.
pub async fn hash(password: String) -> anyhow::Result<String> {
    let _turn = TURNS.acquire().await.context("waiting for a turn")?;
    tokio::task::spawn_blocking(move || people_signin::hash(&password))
        .await
        .context("hashing a password")?
        .context("the system gave no randomness for a password's salt")
}

/// Whether `password` is the one that `stored` was made of. Takes as long where nothing is stored.
pub async fn verify(password: String, stored: Option<String>) -> anyhow::Result<bool> {
    let _turn = TURNS.acquire().await.context("waiting for a turn")?;
    tokio::task::spawn_blocking(move || people_signin::matches(&password, stored.as_deref()))
        .await
        .context("checking a password")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_matches_its_own_hash_only() {
        let stored = hash("correct horse".into()).await.unwrap();
        assert!(verify("correct horse".into(), Some(stored.clone())).await.unwrap());
        assert!(!verify("correct house".into(), Some(stored)).await.unwrap());
        assert!(!verify("correct horse".into(), None).await.unwrap());
    }

    #[test]
    fn short_and_endless_passwords_are_refused() {
        assert!(objection("żółć123").unwrap().contains("7 characters"));
        assert!(objection(&"x".repeat(2_000)).is_some());
        assert_eq!(objection("żółć1234"), None);
    }
}
