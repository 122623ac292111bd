//! One run per group at a time: among the users of one state folder, and, where the connection has a database, among
//! all machines.
//!
//! The lock in the folder is the operating system's, the one in the database belongs to a session: both die with their
//! holder. The file of a lock is empty: on Windows nobody else could read it while it is held. Who holds it is told by the
//! group's [`generation`], which is taken with it.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use thiserror::Error;

use crate::system::co_store::sql;
use crate::world::sql::{Database, Hold, Trouble};

use super::generation::{self, Fence};
use super::state::{State, StateFault, make_folder};

/// Who holds a lock.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    /// The generation that was taken with it.
    pub fence: Fence,
}

/// Why a lock was not taken.
#[derive(Debug, Error)]
pub enum LockFault {
    /// Somebody else holds it.
    #[error("another run holds the lock of group `{group}`")]
    Held {
        /// The group.
        group: String,
        /// Who holds it, as far as the group's generation tells.
        holder: Option<Box<Holder>>,
    },
    /// Somebody else holds it in the database, on whatever machine.
    #[error("another run holds the lock of group `{group}` in the database")]
    HeldInDatabase {
        /// The group.
        group: String,
        /// Who holds it, as far as this login may see.
        holder: Option<RemoteHolder>,
    },
    /// The database can't be asked for it.
    #[error("the lock of group `{group}` in the database can't be had")]
    Database {
        /// The group.
        group: String,
        /// Why not.
        #[source]
        trouble: Trouble,
    },
    /// The lock file can't be used.
    #[error(transparent)]
    State(#[from] StateFault),
}

/// How often a lock is tried, a moment apart. Whoever lists locks holds each for an instant, and whoever has just taken one
/// needs an instant until it is told by whom.
const TRIES: usize = 6;

/// Takes the lock of a group, or says who holds it. Waits for nobody who works.
///
/// # Errors
/// Returns a [`LockFault`]; nothing is held then.
pub fn take(state: &State, holder: &Holder) -> Result<Lock, LockFault> {
    let path = state.lock(&holder.system, &holder.group);
    make_folder(&state.locks())?;
    let fault = |cause| StateFault { act: "lock", path: path.clone(), cause };
    let file = OpenOptions::new().write(true).create(true).truncate(false).open(&path).map_err(fault)?;
    let mut tried = file.try_lock();
    for _ in 1..TRIES {
        if !matches!(tried, Err(TryLockError::WouldBlock)) {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
        tried = file.try_lock();
    }
    match tried {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let by = generation::holder(&state.generation(&holder.system, &holder.group));
            return Err(LockFault::Held { group: holder.group.clone(), holder: by.map(Box::new) });
        }
        Err(TryLockError::Error(cause)) => return Err(fault(cause).into()),
    }
    let fence = generation::take(state, holder)?;
    Ok(Lock { _file: file, fence })
}

/// Who holds a lock in a database, as the server shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteHolder {
    /// The machine.
    pub host: String,
    /// The program, with its user and process.
    pub program: String,
    /// The login.
    pub login: String,
    /// Since when, by the server's clock.
    pub since: String,
}

/// What is known of a lock in a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RemoteLock {
    /// Nobody holds it.
    Free,
    /// Somebody does; who, as far as this login may see.
    Held(Option<RemoteHolder>),
}

/// Returns the name of a group's lock in a database: short, and the same on every machine. Names that a server may find
/// equal share one.
pub fn resource(system: &str, group: &str) -> String {
    let name = format!("{system}\n{}", group.trim_end().to_lowercase());
    format!("rolewalk:{}", &blake3::hash(name.as_bytes()).to_hex()[..16])
}

/// Takes the lock of a group in its database, or says who holds it. Never waits. It is held until the database value ends.
///
/// # Errors
/// Returns a [`LockFault`]; nothing is held then.
pub async fn take_in_database(database: &Database, system: &str, group: &str) -> Result<(), LockFault> {
    let resource = resource(system, group);
    match database.hold(&resource).await {
        Ok(Hold::Taken) => Ok(()),
        Ok(Hold::Held) => {
            let holder = holder_in_database(database, &resource).await;
            Err(LockFault::HeldInDatabase { group: group.into(), holder })
        }
        Err(trouble) => Err(LockFault::Database { group: group.into(), trouble }),
    }
}

/// Looks who holds the lock of a group in its database.
///
/// # Errors
/// Returns why the database could not be asked.
pub async fn look_in_database(database: &Database, system: &str, group: &str) -> Result<RemoteLock, Trouble> {
    let resource = resource(system, group);
    let told = database.read(&sql::is_lock_free(&resource)).await?;
    match told.first().and_then(|row| row.first()).cloned().flatten().as_deref() {
        Some("1") => Ok(RemoteLock::Free),
        _ => Ok(RemoteLock::Held(holder_in_database(database, &resource).await)),
    }
}

async fn holder_in_database(database: &Database, resource: &str) -> Option<RemoteHolder> {
    let rows = database.read(&sql::lock_holder(resource)).await.ok()?;
    let mut row = rows.into_iter().next()?.into_iter().map(Option::unwrap_or_default);
    Some(RemoteHolder { host: row.next()?, program: row.next()?, login: row.next()?, since: row.next()? })
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
    Ok(paths.iter().filter_map(|path| holder_of(state, path)).collect())
}

/// Returns the holder where the lock is held; none where it is free. The inner none: held, and nothing tells by whom.
fn holder_of(state: &State, path: &Path) -> Option<Option<Holder>> {
    let file = OpenOptions::new().write(true).open(path).ok()?;
    match file.try_lock() {
        Ok(()) => None,
        Err(_) => Some(generation::holder(&state.generation_of(path))),
    }
}

#[cfg(test)]
#[path = "lock_tests.rs"]
mod tests;
