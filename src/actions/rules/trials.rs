//! Dry runs that pages ask for, and saving what one showed: only what was shown, by whoever was shown
//! it, once mail was looked at again and says the same.

use super::{Draft, Edit, No, draft, looked, runs, save};
use crate::access::World;
use crate::actions::caller::Caller;
use crate::model::id::TrialId;
use crate::model::time::Timestamp;
use crate::store::rules::trials::{self, State, Trial};
use crate::store::{self, StoreError, Tx};
use anyhow::Result;
use serde_json::json;

/// What somebody agrees to who asks for saving.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Agreed {
    /// The digest of what they were shown.
    pub seen: String,
    /// Words of what they agreed to.
    pub words: Vec<String>,
    /// To history too, not merely from now on.
    pub history: bool,
    /// Why, for the history of the rules.
    pub note: String,
}

/// Drafts a change and asks for its dry run; a worker takes it up.
pub async fn try_out(tx: &mut Tx, caller: &Caller<'_>, edit: &Edit) -> Result<Result<TrialId, No>> {
    let Some(user) = caller.by else { return Ok(Err(No::NotAdmin)) };
    let draft = match draft(tx, caller, edit).await? {
        Ok(draft) => draft,
        Err(no) => return Ok(Err(no)),
    };
    let (mails, _) = store::rules::known(tx).await?;
    let edit = serde_json::to_string(edit)?;
    let id = trials::add(tx, user, draft.base, &edit, &draft.rules, mails, caller.now).await?;
    looked(tx, caller, json!({ "what": "dry-run", "trial": id })).await?;
    Ok(Ok(id))
}

/// A dry run of the caller's own.
pub async fn trial(tx: &mut Tx, caller: &Caller<'_>, id: TrialId) -> Result<Result<Trial, No>> {
    let found = trials::load(tx, id).await?;
    Ok(found.filter(|trial| caller.administers() && Some(trial.user) == caller.by).ok_or(No::NoTrial))
}

async fn held(tx: &mut Tx, caller: &Caller<'_>, id: TrialId) -> Result<Result<Trial, No>> {
    trials::hold(tx, id).await?;
    trial(tx, caller, id).await
}

/// Stops one, or throws away what it said.
pub async fn cancel_trial(tx: &mut Tx, caller: &Caller<'_>, id: TrialId) -> Result<Result<(), No>> {
    let trial = match held(tx, caller, id).await? {
        Ok(trial) => trial,
        Err(no) => return Ok(Err(no)),
    };
    if trial.state != State::Saved {
        // One that is to be saved goes back to what was shown: nothing was saved.
        let back =
            if matches!(trial.state, State::Checking | State::Checked) { State::Shown } else { State::Cancelled };
        trials::turn(tx, id, back).await?;
    }
    Ok(Ok(()))
}

/// The same change once more, to the rules as they are now.
pub async fn again(tx: &mut Tx, caller: &Caller<'_>, id: TrialId) -> Result<Result<TrialId, No>> {
    match trial(tx, caller, id).await? {
        Ok(trial) => try_out(tx, caller, &edit_of(&trial)?).await,
        Err(no) => Ok(Err(no)),
    }
}

fn edit_of(trial: &Trial) -> Result<Edit> {
    let bad = StoreError::BadRow { table: "rule_trials", id: trial.id.0, column: "edit" };
    Ok(serde_json::from_str(&trial.edit).map_err(|_| bad)?)
}

/// Asks for saving what was shown. Mail is looked at once more first; where that says something else,
/// nothing is saved and it is shown instead ([`settle_trials`]).
pub async fn save_trial(tx: &mut Tx, caller: &Caller<'_>, id: TrialId, agreed: &Agreed) -> Result<Result<(), No>> {
    let trial = match held(tx, caller, id).await? {
        Ok(trial) => trial,
        Err(no) => return Ok(Err(no)),
    };
    if trial.state != State::Shown || trial.said.digest != agreed.seen {
        return Ok(Err(No::Unseen));
    }
    let open: Vec<String> = trial
        .said
        .asks
        .split_whitespace()
        .filter(|word| !agreed.words.iter().any(|w| w == word))
        .map(str::to_owned)
        .collect();
    if !open.is_empty() {
        return Ok(Err(No::Unagreed(open)));
    }
    if store::rules::current(tx).await?.0 != trial.base {
        trials::turn(tx, id, State::Outdated).await?;
        return Ok(Ok(()));
    }
    if let Some(busy) = store::rules::under_way(tx).await? {
        return Ok(Err(No::Busy(busy)));
    }
    let note: String = agreed.note.chars().filter(|c| !c.is_control()).take(500).collect();
    trials::wish(tx, id, if agreed.history { "history" } else { "now" }, &note, &agreed.seen).await?;
    Ok(Ok(()))
}

/// Saves what was looked at once more and says what was shown; gives how many were dealt with.
pub async fn settle_trials(tx: &mut Tx, world: &World, now: Timestamp) -> Result<usize> {
    let checked = trials::checked(tx).await?;
    for id in &checked {
        let Some(trial) = trials::hold(tx, *id).await?.filter(|trial| trial.state == State::Checked) else { continue };
        settle(tx, &Caller { by: Some(trial.user), world, now }, &trial).await?;
    }
    Ok(checked.len())
}

async fn settle(tx: &mut Tx, caller: &Caller<'_>, trial: &Trial) -> Result<()> {
    if !caller.administers() {
        return Ok(trials::turn(tx, trial.id, State::Cancelled).await?);
    }
    if trial.seen != trial.said.digest {
        return Ok(trials::turn(tx, trial.id, State::Shown).await?);
    }
    let edit = edit_of(trial)?;
    let drafted: Result<Draft, No> = draft(tx, caller, &edit).await?;
    let Some(draft) = drafted.ok().filter(|draft| draft.base == trial.base && draft.rules == trial.rules) else {
        return Ok(trials::turn(tx, trial.id, State::Outdated).await?);
    };
    if edit == Edit::AsIs {
        return match runs::begin(tx, caller).await? {
            Ok(job) => Ok(trials::saved(tx, trial.id, trial.base, Some(job)).await?),
            Err(_) => Ok(trials::turn(tx, trial.id, State::Shown).await?),
        };
    }
    match save(tx, caller, &draft, &trial.note, &trial.said.figures).await? {
        Ok(version) => {
            let job = match trial.wish.as_str() {
                "history" => runs::begin(tx, caller).await?.ok(),
                _ => None,
            };
            trials::saved(tx, trial.id, version, job).await?;
        }
        // A run over history was begun meanwhile: what was shown stays, and can be saved once it is done.
        Err(No::Busy(_)) => trials::turn(tx, trial.id, State::Shown).await?,
        Err(_) => trials::turn(tx, trial.id, State::Outdated).await?,
    }
    Ok(())
}
