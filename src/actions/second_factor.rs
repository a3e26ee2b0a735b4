//! Second factors: codes of an authenticator app (RFC 6238: SHA-1, six digits, 30 seconds, which is what
//! all apps know) and recovery codes for when the device is gone.
//!
//! A code counts one step before and after its own, for clocks that are wrong, and only once: whoever looks
//! over a shoulder comes too late. Ten wrong codes in an hour are enough: of a million codes three fit at any
//! time, so guessing with a known password takes some ten years.

use super::admins::noted;
use crate::model::id::UserId;
use crate::model::time::{HOUR, Timestamp};
use crate::store::keys::Keys;
use crate::store::{self, Tx, factors};
use anyhow::{Context, Result};
use rand::Rng;
use sha2::{Digest, Sha256};
use totp_rs::{Algorithm, TOTP};

/// Seconds for which a code stands.
const STEP: i64 = 30;
/// Wrong codes that are allowed in [`WINDOW`].
const MOST: i64 = 10;
/// For so long wrong codes count.
const WINDOW: i64 = HOUR;
/// How many recovery codes there are.
const RECOVERY: usize = 10;
/// The digits of recovery codes: without those that look like others.
const DIGITS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz123456789";

/// What came of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checked {
    /// It is right.
    Right,
    /// It is a recovery code, which works no more; so many are left.
    Recovered(i64),
    /// It is wrong, or was used before.
    Wrong,
    /// There were too many wrong ones; it was not looked at.
    TooMany,
}

impl Checked {
    /// Whether whoever brought it gets in.
    pub fn passes(self) -> bool {
        matches!(self, Checked::Right | Checked::Recovered(_))
    }
}

/// A secret as the app is to get it.
#[derive(Clone, Debug)]
pub struct Shown {
    /// To be typed, in base 32.
    pub secret: String,
    /// To be scanned.
    pub url: String,
}

fn purpose(user: UserId) -> String {
    format!("second factor {user}")
}

fn codes(secret: Vec<u8>, login: &str) -> Result<TOTP> {
    // A colon parts issuer and account in the URL.
    let account = login.replace(':', ".");
    let made = TOTP::new(Algorithm::SHA1, 6, 1, STEP as u64, secret, Some("Standin".to_owned()), account);
    made.map_err(|error| anyhow::anyhow!("{error}")).context("making a second factor")
}

/// Begins to set a factor up, in place of one that was begun; false where one stands.
pub async fn begin(tx: &mut Tx, keys: &Keys, user: UserId, now: Timestamp) -> store::Result<bool> {
    let mut secret = [0_u8; 20];
    rand::rng().fill_bytes(&mut secret);
    factors::begin(tx, user, &keys.seal(&purpose(user), &secret), now).await
}

/// The secret that was begun, for the app; `None` where none was, or one stands already: then nobody is
/// shown it again.
pub async fn begun(tx: &mut Tx, keys: &Keys, user: UserId, login: &str) -> Result<Option<Shown>> {
    let Some(factor) = factors::of(tx, user).await?.filter(|factor| factor.confirmed.is_none()) else {
        return Ok(None);
    };
    let codes = codes(unsealed(keys, user, &factor.sealed)?, login)?;
    Ok(Some(Shown { secret: codes.get_secret_base32(), url: codes.get_url() }))
}

fn unsealed(keys: &Keys, user: UserId, sealed: &[u8]) -> Result<Vec<u8>> {
    let why =
        "the second factor was sealed with another instance key; `standin user reset-second-factor` takes it away";
    keys.unseal(&purpose(user), sealed).context(why)
}

/// Confirms the factor that was begun by a first code; gives recovery codes, to be shown once.
pub async fn confirm(
    tx: &mut Tx,
    keys: &Keys,
    user: UserId,
    code: &str,
    now: Timestamp,
) -> Result<std::result::Result<Vec<String>, Checked>> {
    let checked = check(tx, keys, user, code, now).await?;
    if checked != Checked::Right {
        return Ok(Err(checked));
    }
    if !factors::confirm(tx, user, now).await? {
        return Ok(Err(Checked::Wrong));
    }
    noted(tx, Some(user), user, "second-factor-on", now).await?;
    Ok(Ok(new_recovery(tx, user).await?))
}

/// Looks at a code of the app, or a recovery code. The caller commits, whatever comes of it: wrong codes count.
pub async fn check(tx: &mut Tx, keys: &Keys, user: UserId, code: &str, now: Timestamp) -> Result<Checked> {
    let Some(factor) = factors::of(tx, user).await? else { return Ok(Checked::Wrong) };
    if !factors::admit(tx, user, MOST, now.plus(-WINDOW), now).await? {
        return Ok(Checked::TooMany);
    }
    let typed: String = code.chars().filter(|c| c.is_ascii_alphanumeric()).take(40).collect();
    if typed.len() == 6 && typed.bytes().all(|b| b.is_ascii_digit()) {
        let codes = codes(unsealed(keys, user, &factor.sealed)?, "")?;
        let step = now.0.div_euclid(1_000 * STEP);
        // The newest first: of two equal codes the later is spent, and the earlier with it.
        for step in [step + 1, step, step - 1] {
            let right = codes.generate((step * STEP).unsigned_abs());
            if same(&right, &typed) {
                let taken = factors::take_step(tx, user, step).await?;
                return Ok(if taken { Checked::Right } else { Checked::Wrong });
            }
        }
        return Ok(Checked::Wrong);
    }
    if factor.confirmed.is_some() && factors::take_recovery(tx, user, &recovery_hash(user, &typed)).await? {
        noted(tx, Some(user), user, "recovery-code-used", now).await?;
        return Ok(Checked::Recovered(factors::recovery_left(tx, user).await?));
    }
    Ok(Checked::Wrong)
}

/// Whether two codes are equal, in the same time wherever they differ.
fn same(one: &str, other: &str) -> bool {
    one.len() == other.len() && one.bytes().zip(other.bytes()).fold(0, |acc, (a, b)| acc | (a ^ b)) == 0
}

/// As [`new_recovery`], because somebody wants others.
pub async fn renewed(tx: &mut Tx, user: UserId, now: Timestamp) -> store::Result<Vec<String>> {
    noted(tx, Some(user), user, "recovery-codes-made", now).await?;
    new_recovery(tx, user).await
}

/// Puts new recovery codes in the place of the old; gives them, to be shown once.
pub async fn new_recovery(tx: &mut Tx, user: UserId) -> store::Result<Vec<String>> {
    let codes: Vec<String> = (0..RECOVERY).map(|_| recovery_code(rand::random())).collect();
    let hashes: Vec<[u8; 32]> = codes.iter().map(|code| recovery_hash(user, &code.replace('-', ""))).collect();
    factors::set_recovery(tx, user, &hashes).await?;
    Ok(codes)
}

/// Sixteen of 32 digits: 80 bits.
fn recovery_code(random: [u8; 16]) -> String {
    let mut code = String::with_capacity(19);
    for (at, byte) in random.into_iter().enumerate() {
        if at > 0 && at % 4 == 0 {
            code.push('-');
        }
        code.push(DIGITS.get(usize::from(byte % 32)).copied().map_or('a', char::from));
    }
    code
}

fn recovery_hash(user: UserId, typed: &str) -> [u8; 32] {
    Sha256::digest(format!("{user} {}", typed.to_lowercase())).into()
}

/// Takes a user's factor away; false if they had none.
pub async fn remove(tx: &mut Tx, by: Option<UserId>, user: UserId, now: Timestamp) -> store::Result<bool> {
    let had = factors::remove(tx, user).await?;
    if had {
        noted(tx, by, user, "second-factor-off", now).await?;
    }
    Ok(had)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_standard() {
        // RFC 6238, appendix B, SHA-1, the last six of eight digits.
        let secret = b"12345678901234567890".to_vec();
        let codes = codes(secret, "anna").unwrap();
        for (at, code) in [(59, "287082"), (1_111_111_109, "081804"), (20_000_000_000, "353130")] {
            assert_eq!(codes.generate(at), code);
        }
        assert!(codes.get_url().starts_with("otpauth://totp/Standin:anna?"));
    }

    #[test]
    fn recovery_codes_have_eighty_bits_and_are_read_in_any_case_and_grouping() {
        let code = recovery_code([255; 16]);
        assert_eq!(code, "9999-9999-9999-9999");
        assert_eq!(DIGITS.iter().collect::<std::collections::HashSet<_>>().len(), 32);
        assert_eq!(recovery_hash(UserId(1), "ABCD"), recovery_hash(UserId(1), "abcd"));
        assert_ne!(recovery_hash(UserId(1), "abcd"), recovery_hash(UserId(2), "abcd"));
    }
}
