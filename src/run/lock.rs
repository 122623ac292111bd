//! One run per group at a time among the users of one state folder. The lock is the operating system's, so it dies
//! with its holder; what the file says is for people.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::state::{State, StateFault, make_folder};

/// Who holds a lock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The group.
    pub group: String,
    /// The group's system.
    pub system: String,
    /// The account.
    pub who: String,
    /// The machine.
    pub host: String,
    /// The process.
    pub process: u32,
    /// Since when (UTC).
    pub since: Timestamp,
}

/// A held lock; dropped, it is free.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Why a lock was not taken.
#[derive(Debug, Error)]
pub enum LockFault {
    /// Somebody else holds it.
    #[error("another run holds the lock of group `{group}`")]
    Held {
        /// The group.
        group: String,
        /// Who holds it, as far as the file tells.
        holder: Option<Box<Holder>>,
    },
    /// The lock file can't be used.
    #[error(transparent)]
    State(#[from] StateFault),
}

/// Takes the lock of a group, or says who holds it. Never waits.
///
/// # Errors
/// Returns a [`LockFault`]; nothing is held then.
pub fn take(state: &State, holder: &Holder) -> Result<Lock, LockFault> {
    let path = state.lock(&holder.system, &holder.group);
    make_folder(&state.locks())?;
    let fault = |cause| StateFault { act: "lock", path: path.clone(), cause };
    let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(fault)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            return Err(LockFault::Held { group: holder.group.clone(), holder: read(&mut file).map(Box::new) });
        }
        Err(TryLockError::Error(cause)) => return Err(fault(cause).into()),
    }
    let text = serde_json::to_string(holder).unwrap_or_default();
    file.set_len(0).and_then(|()| file.seek(SeekFrom::Start(0)).map(drop)).map_err(fault)?;
    file.write_all(text.as_bytes()).and_then(|()| file.flush()).map_err(fault)?;
    Ok(Lock { _file: file })
}

/// Returns the holders of all locks that are held right now.
///
/// # Errors
/// Returns a [`StateFault`] where the folder is there and can't be read.
pub fn held(state: &State) -> Result<Vec<Option<Holder>>, StateFault> {
    let folder = state.locks();
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(cause) => return Err(StateFault { act: "read", path: folder, cause }),
    };
    let mut paths: Vec<_> = entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
    paths.sort();
    Ok(paths.iter().filter_map(|path| holder_of(path)).collect())
}

/// Returns the holder where the lock is held; none where it is free. The inner none: held, and the file tells nothing.
fn holder_of(path: &Path) -> Option<Option<Holder>> {
    let mut file = OpenOptions::new().read(true).write(true).open(path).ok()?;
    match file.try_lock() {
        Ok(()) => None,
        Err(_) => Some(read(&mut file)),
    }
}

fn read(file: &mut File) -> Option<Holder> {
    let mut text = String::new();
    file.take(64 * 1024).read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}
