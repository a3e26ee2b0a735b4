//! Own marks: references that this instance signed, in Message-IDs of mail that it sends about a
//! record and in plus-addresses (R127). A reply that lost its ids still says where it belongs; the
//! mark alone gives nothing: whoever wrote must be a party of the record (R131). A wrong signature
//! proves nothing and is told.
//!
//! A mark is `sr1-` and 32 hex digits: 3 random bytes, the record hidden under them in 5, 8 bytes of
//! HMAC-SHA-256. Hex, so that a mail program which folds case does not break it; short enough for
//! the left side of an address.

use crate::model::address::Address;
use crate::model::facts::Mark;
use crate::model::id::{MsgId, RecordId, UserId};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

const PREFIX: &str = "sr1-";

/// The mark of a record: the same record has many. `key` is the instance's for signing.
pub fn sign(record: RecordId, key: &[u8; 32], random: [u8; 3]) -> Option<String> {
    let number = u64::try_from(record.0).ok().filter(|n| *n < 1 << 40)?;
    let plain: Vec<u8> = number.to_be_bytes().into_iter().skip(3).collect();
    let hidden: Vec<u8> = plain.iter().zip(mask(key, &random)?).map(|(p, m)| p ^ m).collect();
    let body: Vec<u8> = random.into_iter().chain(hidden).collect();
    let check = mac(key, b"standin mark 1", &body)?.finalize().into_bytes();
    let bytes: Vec<u8> = body.into_iter().chain(check.into_iter().take(8)).collect();
    Some(format!("{PREFIX}{}", hex::encode(bytes)))
}

/// A Message-ID with the mark of a record.
pub fn message_id(record: RecordId, key: &[u8; 32], random: [u8; 3], domain: &str) -> Option<MsgId> {
    Some(MsgId::of_parts(&sign(record, key, random)?, domain))
}

/// An address of ours with the mark of a record: `anna+sr1-…@firma.pl`.
pub fn plus_address(base: &Address, record: RecordId, key: &[u8; 32], random: [u8; 3]) -> Option<Address> {
    let (local, domain) = base.as_str().rsplit_once('@')?;
    let mark = sign(record, key, random)?;
    (local.len() + mark.len() < 64).then_some(())?;
    Address::parse(&format!("{local}+{mark}@{domain}")).ok()
}

/// The token in a user's secret address: 80 bits that follow from the instance's key, so that the
/// database does not tell it. Another `number`, another token.
pub fn secret(user: UserId, number: i64, key: &[u8; 32]) -> Option<String> {
    let text = [user.0.to_be_bytes(), number.to_be_bytes()].concat();
    let bytes = mac(key, b"standin dropbox 1", &text)?.finalize().into_bytes();
    Some(hex::encode(bytes.into_iter().take(10).collect::<Vec<u8>>()))
}

/// What the ids that a mail names and the addresses on it carry of marks, each once.
pub fn read<'a>(
    ids: impl Iterator<Item = &'a MsgId>,
    addresses: impl Iterator<Item = &'a Address>,
    key: &[u8; 32],
) -> Vec<Mark> {
    let of_ids = ids.map(|id| (id.as_str(), id.as_str().split('@').next().unwrap_or_default()));
    let of_addresses = addresses.filter_map(|address| {
        let (local, _) = address.as_str().rsplit_once('@')?;
        Some((address.as_str(), local.rsplit_once('+')?.1))
    });
    let mut found = Vec::new();
    for (whole, left) in of_ids.chain(of_addresses) {
        let Some(digits) = left.strip_prefix(PREFIX).or_else(|| left.strip_prefix("SR1-")) else { continue };
        let mark = match verify(digits, key) {
            Some(record) => Mark::Signed { record, text: whole.to_owned() },
            None => Mark::Wrong { text: whole.to_owned() },
        };
        if !found.contains(&mark) && found.len() < 8 {
            found.push(mark);
        }
    }
    found
}

fn verify(digits: &str, key: &[u8; 32]) -> Option<RecordId> {
    let bytes = hex::decode(digits).ok()?;
    let (body, check) = bytes.split_at_checked(8).filter(|(_, check)| check.len() == 8)?;
    mac(key, b"standin mark 1", body)?.verify_truncated_left(check).ok()?;
    let (random, hidden) = body.split_at_checked(3)?;
    let plain = hidden.iter().zip(mask(key, random)?).map(|(h, m)| u64::from(h ^ m));
    i64::try_from(plain.fold(0, |number, byte| number << 8 | byte)).ok().map(RecordId)
}

fn mask(key: &[u8; 32], random: &[u8]) -> Option<Vec<u8>> {
    Some(mac(key, b"standin mark mask 1", random)?.finalize().into_bytes().into_iter().take(5).collect())
}

fn mac(key: &[u8; 32], purpose: &[u8], text: &[u8]) -> Option<Hmac<Sha256>> {
    // HMAC takes keys of any length; the error of the general trait cannot come.
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    mac.update(purpose);
    mac.update(text);
    Some(mac)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; 32] = [7; 32];

    fn marks(ids: &[&str], addresses: &[&str], key: &[u8; 32]) -> Vec<Mark> {
        let ids: Vec<MsgId> = ids.iter().map(|id| MsgId::new(*id).unwrap()).collect();
        let addresses: Vec<Address> = addresses.iter().map(|a| Address::parse(a).unwrap()).collect();
        read(ids.iter(), addresses.iter(), key)
    }

    #[test]
    fn a_mark_in_an_id_or_a_plus_address_names_its_record() {
        let record = RecordId(1_042);
        let id = message_id(record, &KEY, [1, 2, 3], "firma.test").unwrap();
        let address = plus_address(&Address::parse("anna@firma.test").unwrap(), record, &KEY, [4, 5, 6]).unwrap();
        for mark in marks(&[id.as_str(), &id.as_str().to_uppercase()], &[address.as_str()], &KEY) {
            assert!(matches!(mark, Mark::Signed { record: RecordId(1_042), .. }), "{mark:?}");
        }
        assert!(!id.as_str().contains("0412"), "the record is hidden");
    }

    #[test]
    fn a_wrong_signature_proves_nothing_and_is_told() {
        let id = message_id(RecordId(5), &[8; 32], [1, 2, 3], "firma.test").unwrap();
        assert!(matches!(marks(&[id.as_str()], &[], &KEY)[..], [Mark::Wrong { .. }]));
        let good = sign(RecordId(5), &KEY, [1, 2, 3]).unwrap();
        for at in PREFIX.len()..good.len() {
            let mut bad: Vec<char> = good.chars().collect();
            bad[at] = if bad[at] == '0' { '1' } else { '0' };
            let bad: String = bad.into_iter().collect();
            assert!(matches!(marks(&[&format!("{bad}@x")], &[], &KEY)[..], [Mark::Wrong { .. }]), "{bad}");
        }
        for odd in ["sr1-@x", "sr1-zz@x", "sr1-00@x", "sr1-ęę@x", &format!("sr1-{}@x", "0".repeat(900))] {
            assert!(matches!(marks(&[odd], &[], &KEY)[..], [Mark::Wrong { .. }]), "{odd}");
        }
        assert!(marks(&["1@x", "a+b@x"], &["a+b@x.test"], &KEY).is_empty());
    }
}
