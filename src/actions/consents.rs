//! Consent to what an address on somebody else's record would show (P12): asking for it, and
//! deciding. Whoever asked is told nothing: that there was somebody to ask would say that there is
//! mail.

use crate::model::address::Address;
use crate::model::audit::{Action, Line};
use crate::model::consent::{Consent, ConsentState};
use crate::model::id::{RecordId, UserId};
use crate::model::time::Timestamp;
use crate::store::consents::Claim;
use crate::store::keys::{Key, Keys};
use crate::store::{self, Tx};
use anyhow::Result;
use std::collections::BTreeSet;

/// What somebody decides about a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// They agree.
    Give,
    /// They do not.
    Refuse,
    /// They take their consent back.
    Withdraw,
}

/// Why nothing was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// There is no such request, or it is not theirs to decide.
    #[error("there is no such request")]
    NotThere,
    /// It stands so already, or there is nothing to take back.
    #[error("it stands so already; nothing was changed")]
    Already,
    /// The address is not claimed there any more.
    #[error("the address does not stand on that record any more, so there is nothing to agree to")]
    Moot,
}

/// A decision, and the mail that must be decided again because of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// The request as it stands now.
    pub consent: Consent,
    /// The address; none where nothing changes for any mail.
    pub address: Option<Address>,
    /// Only mail in this user's mailboxes; `None` for all mail.
    pub holder: Option<UserId>,
}

/// Asks for consent to what is merely claimed on these records: of whoever's mailboxes have mail
/// with the address, and of the owners of records on which it is vouched for. Gives how many
/// requests are new; whoever put the address there must not be told.
pub async fn ask(tx: &mut Tx, keys: &Keys, records: &[RecordId], now: Timestamp) -> Result<usize> {
    let claims = store::consents::claims_on(tx, records).await?;
    if claims.is_empty() {
        return Ok(0);
    }
    let addresses: BTreeSet<&str> = claims.iter().map(|claim| claim.address.as_str()).collect();
    let key = |address: &str| keys.hash("address", address.as_bytes());
    let keyed: Vec<(&str, Key)> = addresses.iter().map(|address| (*address, key(address))).collect();
    let holders = store::consents::holders(tx, &keyed).await?;
    let vouched = store::consents::vouched(tx, &addresses.into_iter().collect::<Vec<_>>()).await?;
    let mut wanted = BTreeSet::new();
    for claim in claims {
        let others = holders.get(&claim.address).into_iter().flatten().filter(|holder| **holder != claim.by);
        let owners = vouched.get(&claim.address).into_iter().flatten();
        let owners = owners.filter(|(record, _)| *record != claim.record).map(|(_, owner)| owner);
        wanted.extend(others.chain(owners).map(|of| (claim.clone(), *of)));
    }
    Ok(store::consents::request(tx, &wanted, now).await?)
}

/// Decides a request that `user` was asked.
///
/// The consent of whoever's mailbox it is makes the claim count for mail in their mailboxes. The
/// consent of the present owner of a record with that address vouches for it on both records.
pub async fn decide(
    tx: &mut Tx,
    user: UserId,
    id: i64,
    decision: Decision,
    now: Timestamp,
) -> Result<std::result::Result<Decided, Refused>> {
    let found = store::consents::load(tx, id).await?.filter(|consent| consent.asked_of == user);
    let Some(mut consent) = found else { return Ok(Err(Refused::NotThere)) };
    let state = match (decision, consent.state) {
        (Decision::Give, ConsentState::Given) => return Ok(Err(Refused::Already)),
        (Decision::Give, _) => ConsentState::Given,
        (Decision::Refuse, ConsentState::Open) => ConsentState::Refused,
        (Decision::Withdraw, ConsentState::Given) => ConsentState::Withdrawn,
        _ => return Ok(Err(Refused::Already)),
    };
    let claim = Claim { address: consent.address.clone(), record: consent.record, by: consent.asked_by };
    let owns = owns_another(tx, &claim, user).await?;
    if decision == Decision::Give && !stands(tx, &claim).await? {
        return Ok(Err(Refused::Moot));
    }
    let everywhere = match decision {
        Decision::Give => owns && store::consents::raise(tx, &claim).await?,
        Decision::Withdraw => owns && store::consents::lower(tx, &claim).await?,
        Decision::Refuse => false,
    };
    store::consents::decide(tx, id, state, now).await?;
    let line = Line::new(now, Some(user), Action::ConsentDecided).record(consent.record).subject(consent.asked_by.0);
    let detail = serde_json::json!({ "request": id, "state": state.word(), "vouched": everywhere });
    store::audit::note(tx, &[line.detail(detail)]).await?;
    (consent.state, consent.decided_at) = (state, Some(now));
    let address = Address::parse(&consent.address).ok().filter(|_| decision != Decision::Refuse);
    Ok(Ok(Decided { consent, address, holder: (!everywhere).then_some(user) }))
}

/// Whether the address is still claimed on the record, by whoever asked.
async fn stands(tx: &mut Tx, claim: &Claim) -> Result<bool> {
    let gone = store::records::standing(tx, claim.record).await?.is_none();
    Ok(!gone && store::consents::claims_on(tx, &[claim.record]).await?.contains(claim))
}

/// Whether `user` owns another record on which the address is vouched for.
async fn owns_another(tx: &mut Tx, claim: &Claim, user: UserId) -> Result<bool> {
    let vouched = store::consents::vouched(tx, &[claim.address.as_str()]).await?;
    Ok(vouched.into_values().flatten().any(|(record, owner)| record != claim.record && owner == user))
}
