//! The instance secret, and the keys derived from it (design: separate keys for hashing, signing).
//!
//! Ids and addresses of mail that is not stored are kept as keyed hashes only (P9): without the
//! secret nobody can test whether an address is among them. The same hashes name message ids in
//! stored mail, so that both meet.

use crate::model::id::MsgId;
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{Key as SealingKey, XChaCha20Poly1305, XNonce};
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
    sealing: [u8; 32],
}

/// Random bytes before what is sealed.
const NONCE: usize = 24;

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
        Keys {
            hashing: keyed(&hashing),
            signing: derived(secret, b"standin signing 1"),
            sealing: derived(secret, b"standin sealing 1"),
        }
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

    /// `plain` encrypted (XChaCha20-Poly1305) for one purpose, such as `second factor 12`: sealed for one,
    /// it opens for no other, so that nobody moves it to another row.
    pub fn seal(&self, purpose: &str, plain: &[u8]) -> Vec<u8> {
        let mut sealed = vec![0_u8; NONCE];
        rand::rng().fill_bytes(&mut sealed);
        let payload = Payload { msg: plain, aad: purpose.as_bytes() };
        // It fails for texts of 256 GB only; then nothing is there to be opened.
        let body = nonce(&sealed).and_then(|nonce| self.cipher().encrypt(&nonce, payload).ok());
        sealed.extend(body.unwrap_or_default());
        sealed
    }

    /// What was sealed for `purpose`; `None` if this is something else, or another instance's.
    pub fn unseal(&self, purpose: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let body = sealed.get(NONCE..)?;
        self.cipher().decrypt(&nonce(sealed)?, Payload { msg: body, aad: purpose.as_bytes() }).ok()
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        <XChaCha20Poly1305 as chacha20poly1305::KeyInit>::new(&SealingKey::from(self.sealing))
    }
}

fn nonce(sealed: &[u8]) -> Option<XNonce> {
    let bytes: [u8; NONCE] = sealed.get(..NONCE)?.try_into().ok()?;
    Some(XNonce::from(bytes))
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

    #[test]
    fn what_is_sealed_opens_for_its_purpose_and_instance_alone_and_never_altered() {
        let keys = Keys::derive(&[7; 32]);
        let sealed = keys.seal("factor 1", b"secret");
        assert_eq!(keys.unseal("factor 1", &sealed).as_deref(), Some(&b"secret"[..]));
        assert_ne!(sealed, keys.seal("factor 1", b"secret"), "twice the same looks different");
        assert_eq!(keys.unseal("factor 2", &sealed), None);
        assert_eq!(Keys::derive(&[8; 32]).unseal("factor 1", &sealed), None);
        for at in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[at] ^= 1;
            assert_eq!(keys.unseal("factor 1", &altered), None, "byte {at}");
        }
        assert_eq!(keys.unseal("factor 1", b"short"), None);
    }
}
