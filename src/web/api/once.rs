//! Sending a request again does nothing twice: `Idempotency-Key` on POST.
//!
//! The key is taken in the transaction that does what is asked for, so of two that come at once one waits or is
//! turned away, and what failed leaves nothing behind. What is remembered is what was made, not what was
//! answered: the answer is read anew, so that it shows nothing that its reader may not see any more.

use super::problem::Problem;
use crate::model::id::UserId;
use crate::model::time::Timestamp;
use crate::store::{Tx, idempotency};
use axum::http::{HeaderMap, HeaderName};
use sha2::{Digest, Sha256};

/// The header.
pub(super) const HEADER: HeaderName = HeaderName::from_static("idempotency-key");

/// The key of a request, or none.
pub(super) struct Once {
    key: Option<(Vec<u8>, Vec<u8>)>,
    user: UserId,
    now: Timestamp,
}

impl Once {
    /// Of a request to `address` with this body.
    pub fn of(
        headers: &HeaderMap,
        (user, now): (UserId, Timestamp),
        address: &str,
        body: &[u8],
    ) -> Result<Once, Problem> {
        let Some(said) = headers.get(HEADER) else { return Ok(Once { key: None, user, now }) };
        let said = said.to_str().unwrap_or_default().trim();
        if said.is_empty() || said.len() > 255 {
            let text = "Idempotency-Key has 1 to 255 visible ASCII characters, such as a UUID.";
            return Err(Problem::Header(text.to_owned()));
        }
        let mut request = Sha256::new();
        request.update(address.as_bytes());
        request.update(b"\n");
        request.update(body);
        let key = Some((Sha256::digest(said.as_bytes()).to_vec(), request.finalize().to_vec()));
        Ok(Once { key, user, now })
    }

    /// Takes the key, before anything is done; gives what the request made where it was carried out before.
    pub async fn begin(&self, tx: &mut Tx) -> Result<Option<String>, Problem> {
        let Some((key, request)) = &self.key else { return Ok(None) };
        let kept = idempotency::find(tx, self.user, key, self.now).await?;
        match kept {
            Some(kept) if kept.request != *request => Err(Problem::KeyReused),
            Some(kept) => Ok(Some(kept.made)),
            None if idempotency::take(tx, self.user, key, request, self.now).await? => Ok(None),
            None => Err(Problem::KeyInUse),
        }
    }

    /// Notes what was made.
    pub async fn made(&self, tx: &mut Tx, made: &str) -> Result<(), Problem> {
        match &self.key {
            Some((key, _)) => Ok(idempotency::made(tx, self.user, key, made).await?),
            None => Ok(()),
        }
    }
}
