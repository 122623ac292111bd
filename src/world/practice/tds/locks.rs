//! Who is connected, and who holds which application lock. A session's locks end with it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

/// What the server shows of a session.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The client's machine.
    pub host: String,
    /// The client's program.
    pub program: String,
    /// The login.
    pub login: String,
    /// Since when (UTC).
    pub since: Timestamp,
}

/// All sessions, and the locks that they hold.
#[derive(Debug, Clone, Default)]
pub struct Sessions(Arc<Mutex<All>>);

/// All locks with the number of their session, and all sessions.
pub type Told = (Vec<(String, u32)>, Vec<(u32, Shown)>);

#[derive(Debug, Default)]
struct All {
    last: u32,
    shown: BTreeMap<u32, Shown>,
    locks: BTreeMap<String, u32>,
}

impl Sessions {
    fn all(&self) -> MutexGuard<'_, All> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a session and returns its number. Those up to 50 are the server's own.
    pub fn begin(&self, shown: Shown) -> u32 {
        let mut all = self.all();
        all.last += 1;
        let number = 50 + all.last;
        all.shown.insert(number, shown);
        number
    }

    /// Takes a session away, with its locks.
    pub fn end(&self, session: u32) {
        let mut all = self.all();
        all.shown.remove(&session);
        all.locks.retain(|_, holder| *holder != session);
    }

    /// Takes a lock; returns the server's code: 0 where it is held now, -1 where another session holds it.
    pub fn take(&self, resource: &str, session: u32) -> i32 {
        let holder = *self.all().locks.entry(resource.into()).or_insert(session);
        if holder == session { 0 } else { -1 }
    }

    /// Gives a lock back; -999 where the session does not hold it.
    pub fn give_back(&self, resource: &str, session: u32) -> i32 {
        let mut all = self.all();
        match all.locks.get(resource) == Some(&session) {
            true => all.locks.remove(resource).map_or(-999, |_| 0),
            false => -999,
        }
    }

    /// Returns who holds a lock.
    pub fn holder(&self, resource: &str) -> Option<u32> {
        self.all().locks.get(resource).copied()
    }

    /// Returns all locks with the number of their session, and all sessions.
    pub fn told(&self) -> Told {
        let all = self.all();
        let locks = all.locks.iter().map(|(resource, session)| (resource.clone(), *session)).collect();
        (locks, all.shown.iter().map(|(number, shown)| (*number, shown.clone())).collect())
    }
}
