//! Carries out the imports that pages ask for: a dry run, which commits nothing, and the run.
//!
//! It stands here since an import is an action, and what follows for stored mail is the intake's.

use crate::actions::import::{ImportError, Summary, job};
use crate::actions::{consents, privacy};
use crate::config::Config;
use crate::intake::reconsider::{self, Added, Ground};
use crate::model::time::{DAY, Timestamp};
use crate::store::imports::{self, Import};
use crate::store::keys::Keys;
use crate::store::{Db, Tx, people};
use anyhow::{Context, Result};

/// Files are kept for so long, for who corrects what was refused.
const KEPT: i64 = 7 * DAY;

/// What imports need.
#[derive(Clone, Copy, Debug)]
pub struct Site<'s> {
    /// The database.
    pub db: &'s Db,
    /// The instance's keys.
    pub keys: &'s Keys,
    /// The settings.
    pub config: &'s Config,
}

/// Dropped when the program ends: what is under way stops, and waits for the next start.
#[derive(Debug)]
pub struct Leaving;

impl Drop for Leaving {
    fn drop(&mut self) {
        job::leave();
    }
}

/// Carries out the import that waits first, if one does; gives whether one did. A worker that is killed
/// leaves nothing half done, and the next one begins anew.
///
/// # Errors
/// If the database cannot be reached: the import waits on.
pub async fn step(site: Site<'_>, now: Timestamp) -> Result<bool> {
    let mut tx = site.db.read().await?;
    let waiting = imports::waiting(&mut tx).await?;
    drop(tx);
    let Some(import) = waiting else { return Ok(false) };
    match carried_out(site, &import, now).await {
        Ok(()) => {}
        Err(ImportError::Stopped) if job::leaving() => return Ok(false),
        Err(error) => {
            if let ImportError::Other(cause) = &error {
                tracing::error!(import = import.id, error = %format!("{cause:#}"), "an import failed; nothing was imported");
            }
            let mut tx = site.db.write().await?;
            job::failed(&mut tx, &import, &error, now).await?;
            tx.commit().await?;
        }
    }
    Ok(true)
}

async fn carried_out(site: Site<'_>, import: &Import, now: Timestamp) -> Result<(), ImportError> {
    let watched = job::watch(import.id);
    let mut tx = site.db.write().await?;
    // Mail may be decided again: nobody links any meanwhile, and no other worker imports.
    tx.alone().await?;
    if imports::load(&mut tx, import.id).await?.is_none_or(|now| now.state != import.state) {
        return Ok(());
    }
    let world = people::world(&mut tx, &site.config.rights(), now).await?;
    let defaults = (site.config.zone.as_str(), site.config.language.as_str());
    let mut summary = job::perform(&mut tx, import, &world, defaults, now, &watched.progress).await?;
    if import.state == "running" && job::as_shown(import, &summary) {
        follow(&mut tx, site, import, &mut summary, now).await?;
        if job::done(&mut tx, import, &summary, now).await? {
            tx.commit().await?;
        }
        return Ok(());
    }
    drop(tx);
    let mut tx = site.db.write().await?;
    job::tried(&mut tx, import, &summary, now).await?;
    tx.commit().await?;
    Ok(())
}

/// What follows from addresses and domains that stand on records since now: mail that is stored is decided
/// again, mail that is not is read again, and people are asked about claims.
async fn follow(
    tx: &mut Tx,
    site: Site<'_>,
    import: &Import,
    summary: &mut Summary,
    now: Timestamp,
) -> Result<(), ImportError> {
    if !summary.addressed.is_empty() || !summary.vouched.is_empty() || !summary.domains.is_empty() {
        privacy::keep_off(tx, site.keys, &summary.addressed).await.context("keeping erased addresses off")?;
        let own_domains = site.config.house();
        let ground = Ground { own_domains: &own_domains, keys: site.keys, now };
        let added = Added { vouched: &summary.vouched, claimed_on: &summary.addressed, domains: &summary.domains };
        summary.read_again = reconsider::added(tx, &added, Some(import.user()), ground).await?;
    }
    if !summary.addressed.is_empty() {
        consents::ask(tx, site.keys, &summary.addressed, now).await.context("asking for consent")?;
    }
    Ok(())
}

/// Throws files away that nobody has finished with for a week.
///
/// # Errors
/// If the database cannot be reached.
pub async fn tidy(db: &Db, now: Timestamp) -> Result<u64> {
    let mut tx = db.write().await?;
    let gone = imports::forget(&mut tx, now.plus(-KEPT)).await?;
    tx.commit().await?;
    Ok(gone)
}
