//! The instance secret, and the keys derived from it (design: separate keys for hashing, signing).
//!
//! Ids and addresses of mail that is not stored are kept as keyed hashes only (P9): without the
//! secret nobody can test whether an address is among them. The same hashes name message ids in
//! stored mail, so that both meet.

use crate::model::id::MsgId;
use hmac::{Hmac, KeyInit, Mac};
use rand::Rng;
use sha2::Sha256;
use std::io::{self, Write};
use std::path::Path;

/// The keys of one instance.
#[derive(Clone)]
pub struct Keys {
    hashing: Hmac<Sha256>,
    signing: [u8; 32],
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys(…)")
    }
}

/// A keyed hash: the first 64 bits of HMAC-SHA-256, as the bigint both databases index best.
pub type Key = i64;

impl Keys {
    /// Derives the keys from the instance secret.
    pub fn derive(secret: &[u8]) -> Keys {
        let hashing = derived(secret, b"standin hashing 1");
        Keys { hashing: keyed(&hashing), signing: derived(secret, b"standin signing 1") }
    }

    /// Reads `instance.key` in `folder`, or makes it (readable by its owner only).
    pub fn load(folder: &Path) -> io::Result<Keys> {
        let path = folder.join("instance.key");
        match std::fs::read(&path) {
            Ok(secret) if secret.len() >= 32 => Ok(Keys::derive(&secret)),
            Ok(_) => Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!("{} is shorter than 32 bytes; restore it from a backup", path.display()),
            )),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::create(&path),
            Err(error) => Err(error),
        }
    }

    fn create(path: &Path) -> io::Result<Keys> {
        use std::os::unix::fs::OpenOptionsExt;
        let mut secret = [0_u8; 32];
        rand::rng().fill_bytes(&mut secret);
        let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        file.write_all(&secret)?;
        file.sync_all()?;
        Ok(Keys::derive(&secret))
    }

    /// The keyed hash of `text` for one purpose, such as `id` or `address`.
    pub fn hash(&self, purpose: &str, text: &[u8]) -> Key {
        let mut mac = self.hashing.clone();
        mac.update(purpose.as_bytes());
        mac.update(&[0]);
        mac.update(text);
        let full = mac.finalize().into_bytes();
        let mut key = [0; 8];
        key.iter_mut().zip(full).for_each(|(k, b)| *k = b);
        i64::from_be_bytes(key)
    }

    /// The keyed hash of a Message-ID: the same in stored and unstored mail and in the outbox.
    pub fn id(&self, id: &MsgId) -> Key {
        self.hash("id", id.as_str().as_bytes())
    }

    /// The key with which our own Message-IDs are marked (R68).
    pub fn signing(&self) -> &[u8; 32] {
        &self.signing
    }
}

fn keyed(key: &[u8; 32]) -> Hmac<Sha256> {
    // HMAC pads shorter keys with zeros to the hash's block of 64 bytes; done here, nothing can fail.
    let mut block = [0_u8; 64];
    block.iter_mut().zip(key).for_each(|(b, k)| *b = *k);
    <Hmac<Sha256> as KeyInit>::new(&block.into())
}

fn derived(secret: &[u8], label: &[u8]) -> [u8; 32] {
    let mut padded = [0_u8; 32];
    padded.iter_mut().zip(secret).for_each(|(p, s)| *p = *s);
    let mut mac = keyed(&padded);
    mac.update(secret);
    mac.update(label);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_depends_on_secret_purpose_and_text() {
        let keys = Keys::derive(&[7; 32]);
        let other = Keys::derive(&[8; 32]);
        assert_eq!(keys.hash("id", b"x"), keys.hash("id", b"x"));
        assert_ne!(keys.hash("id", b"x"), keys.hash("address", b"x"));
        assert_ne!(keys.hash("id", b"x"), other.hash("id", b"x"));
    }
}
