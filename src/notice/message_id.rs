//! Message-IDs of notices: opaque, and known again later (R68, R34).
//!
//! The left side is ten random bytes and ten bytes of their HMAC-SHA-256, in lower-case hex, so
//! that a mail program which folds case does not hide it. It tells nothing of user, sender or
//! host. Whoever copies one to another domain only silences us towards themselves.

use crate::model::id::MsgId;
use crate::model::notice::NoticeKey;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Bytes of randomness and bytes of check.
const HALF: usize = 10;

/// Left side of a fresh id.
pub(super) fn left_side(key: &NoticeKey, random: &[u8; 16]) -> String {
    let random: Vec<u8> = random.iter().copied().take(HALF).collect();
    let check = check(key, &random);
    format!("{}{}", hex::encode(&random), hex::encode(check))
}

/// Whether Standin made this id for a notice. An id that a service rewrote is not recognised.
pub fn is_ours(id: &MsgId, key: &NoticeKey) -> bool {
    let Some((left, _domain)) = id.as_str().split_once('@') else { return false };
    let Ok(bytes) = hex::decode(left) else { return false };
    let Some((random, given)) = bytes.split_at_checked(HALF) else { return false };
    given.len() == HALF && mac(key, random).is_some_and(|mac| mac.verify_truncated_left(given).is_ok())
}

fn check(key: &NoticeKey, random: &[u8]) -> Vec<u8> {
    let whole = mac(key, random).map(|mac| mac.finalize().into_bytes().to_vec()).unwrap_or_default();
    whole.into_iter().take(HALF).collect()
}

fn mac(key: &NoticeKey, random: &[u8]) -> Option<Hmac<Sha256>> {
    // HMAC takes keys of any length; the error of the general trait cannot come.
    let mut mac = Hmac::<Sha256>::new_from_slice(&key.0).ok()?;
    mac.update(b"standin notice id 1");
    mac.update(random);
    Some(mac)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> MsgId {
        MsgId::new(text).unwrap()
    }

    #[test]
    fn our_own_ids_are_known_again_and_others_are_not() {
        let key = NoticeKey([7; 32]);
        let left = left_side(&key, &[3; 16]);
        assert_eq!(left.len(), 40);
        assert!(is_ours(&id(&format!("{left}@firma.pl")), &key));
        assert!(is_ours(&id(&format!("{}@other.net", left.to_uppercase())), &key));
        assert!(!is_ours(&id(&format!("{left}@firma.pl")), &NoticeKey([8; 32])));
        let forged = format!("{}0@firma.pl", left.strip_suffix(['0', '1', '2', '3']).unwrap_or("ff"));
        assert!(!is_ours(&id(&forged), &key));
        for text in ["", "@", "abc@x.pl", "00@x.pl", "ęę@x.pl"].iter().filter(|text| !text.is_empty()) {
            assert!(!is_ours(&id(text), &key), "{text}");
        }
        assert!(!is_ours(&id(&format!("{}@x", "00".repeat(30))), &key));
    }
}
