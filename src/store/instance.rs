//! One installation's state, opened from its configuration: database, keys, and on SQLite the lock
//! that keeps a second program from reading mail into the same file.

use super::db::{Db, OpenError};
use super::keys::Keys;
use crate::config::Config;
use std::fs::{File, TryLockError};
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;

/// An opened installation.
#[derive(Debug)]
pub struct Instance {
    /// The database, its schema up to date.
    pub db: Db,
    /// The keys.
    pub keys: Keys,
    /// Held as long as this lives.
    _lock: Option<File>,
}

/// How the installation is to be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// To read mail and send notices: on SQLite by one program at a time.
    Work,
    /// For a command beside a running program.
    Beside,
}

/// Why an installation could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum InstanceError {
    /// The data folder cannot be made or written to.
    #[error("the data folder {0} cannot be used: {1}; make it writable for this user or set data_dir")]
    Folder(PathBuf, std::io::Error),
    /// The instance key cannot be read or made.
    #[error("the instance key in {0} cannot be used: {1}")]
    Key(PathBuf, std::io::Error),
    /// Another program has it.
    #[error(
        "another Standin works on {0} already; stop it first, or give this one its own data_dir. \
         Several programs can share one PostgreSQL database, not one SQLite file"
    )]
    Taken(PathBuf),
    /// The database.
    #[error(transparent)]
    Database(#[from] OpenError),
}

impl Instance {
    /// Opens the installation and brings its schema up to date.
    pub async fn open(config: &Config, how: Use) -> Result<Instance, InstanceError> {
        let folder = &config.data_dir;
        // Readable by its owner only: it holds mail and the key.
        let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
        made.map_err(|e| InstanceError::Folder(folder.clone(), e))?;
        let url = config.database_url();
        let lock = match (how, url.strip_prefix("sqlite:")) {
            (Use::Work, Some(path)) => Some(lock(PathBuf::from(format!("{path}.lock")))?),
            _ => None,
        };
        let keys = Keys::load(folder).map_err(|e| InstanceError::Key(folder.clone(), e))?;
        let db = Db::open(&url).await?;
        db.migrate().await?;
        Ok(Instance { db, keys, _lock: lock })
    }
}

/// Takes the lock; the kernel lets it go when the program ends, however it ends.
fn lock(path: PathBuf) -> Result<File, InstanceError> {
    let file = File::options().create(true).truncate(false).write(true).open(&path);
    let file = file.map_err(|e| InstanceError::Folder(path.clone(), e))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(InstanceError::Taken(path.with_extension(""))),
        Err(TryLockError::Error(e)) => Err(InstanceError::Folder(path, e)),
    }
}
