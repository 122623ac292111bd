//! A database as part of a world: performs queries and changes, and holds locks as long as it lives.
//!
//! Reads share one session. Locks have a session of their own, on which changes are made as well: a change can't be
//! committed by a session that has lost the lock.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use super::session::{Rows, Session};
use super::together::{self, Gathering, MOST, Waiting};
use super::{Settings, Trouble};
use crate::model::request::{Reply, Statement};

/// For how long after a failed attempt nobody tries again to connect: the questions of one look fail together.
const PAUSE: Duration = Duration::from_secs(3);
/// How often a transaction is begun again that the server has undone because of a deadlock.
const DEADLOCKS: usize = 3;

/// A database.
pub struct Database {
    settings: Settings,
    reads: Mutex<Reads>,
    holds: Mutex<Option<Session>>,
    holds_locks: AtomicBool,
    gathering: Gathering,
}

#[derive(Default)]
struct Reads {
    session: Option<Session>,
    failed: Option<(Instant, Trouble)>,
}

/// What came of asking for a lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// It is held from here on, until this process or its connection ends.
    Taken,
    /// Somebody else holds it.
    Held,
}

/// Why a change was not made, or may have been.
enum NotChanged {
    /// Surely not: it was undone, or never sent.
    Surely(String),
    /// Nobody answered after it was sent.
    Maybe(String),
    /// The server has undone it because of a deadlock.
    Deadlock(String),
}

impl Database {
    /// Returns a database that is connected to once it is asked.
    pub fn new(settings: Settings) -> Database {
        Database {
            settings,
            reads: Mutex::default(),
            holds: Mutex::default(),
            holds_locks: AtomicBool::new(false),
            gathering: Gathering::default(),
        }
    }

    /// Returns how it is reached.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Performs a query. Those that can be asked together and wait at the same moment are asked together.
    pub async fn query(&self, statement: &Statement) -> Reply {
        let Some(kind) = &statement.together else { return reply(self.read(statement).await) };
        let (is_first, answer) = self.gathering.add(kind, statement);
        if is_first {
            tokio::task::yield_now().await;
            self.answer(kind, self.gathering.take(kind)).await;
        }
        // Whoever has many groups waits for all of them at once; tokio would part them after the first hundred.
        tokio::task::unconstrained(answer)
            .await
            .unwrap_or_else(|_| Reply::Unknown { why: "the question was given up".into() })
    }

    async fn answer(&self, kind: &str, mut waiting: Vec<Waiting>) {
        while !waiting.is_empty() {
            let rest = waiting.split_off(waiting.len().min(MOST));
            self.answer_some(kind, waiting).await;
            waiting = rest;
        }
    }

    async fn answer_some(&self, kind: &str, waiting: Vec<Waiting>) {
        let mut values: Vec<String> = waiting.iter().filter_map(|(one, _)| one.parameters.first().cloned()).collect();
        values.sort_unstable();
        values.dedup();
        let common = match values.len() {
            0 => None,
            // All ask the same.
            1 => match waiting.first() {
                Some((statement, _)) => {
                    let rows = self.read(statement).await;
                    return tell_all(waiting, &rows);
                }
                None => None,
            },
            _ => match self.read(&together::worded(kind, &values)).await {
                Ok(rows) => together::parted(&values, rows),
                // Said of all at once; each is told for itself, in its own words.
                Err(trouble) if trouble.is_said_by_server() => None,
                Err(trouble) => return tell_all(waiting, &Err(trouble)),
            },
        };
        for (statement, send) in waiting {
            let own = statement.parameters.first().map(|value| together::folded(value));
            let rows = match common.as_ref().zip(own) {
                Some((parts, value)) => Ok(parts.get(&value).cloned().unwrap_or_default()),
                None => self.read(&statement).await,
            };
            // Who does not wait any more needs no answer.
            let _ = send.send(reply(rows));
        }
    }

    /// Reads rows, with a second attempt on a new connection where the old one turns out to be dead: reads are safe to repeat.
    ///
    /// # Errors
    /// A [`Trouble`].
    pub async fn read(&self, statement: &Statement) -> Result<Rows, Trouble> {
        let mut reads = self.reads.lock().await;
        let was_open = reads.session.as_ref().is_some_and(Session::is_usable);
        match reads.session(&self.settings).await?.read(statement).await {
            Err(Trouble::Lost { .. }) if was_open => reads.session(&self.settings).await?.read(statement).await,
            read => read,
        }
    }

    /// Changes rows in one transaction: only if every statement of `only_if` reads no row, and only if exactly `rows`
    /// rows change.
    ///
    /// # Guarantees
    /// After `Refused` nothing was changed.
    pub async fn change(&self, only_if: &[Statement], change: &Statement, rows: u64) -> Reply {
        let mut holds = self.holds.lock().await;
        for _ in 0..DEADLOCKS {
            let session = match self.changing(&mut holds).await {
                Ok(session) => session,
                Err(trouble) => return Reply::Refused { why: trouble.to_string() },
            };
            match change_once(session, only_if, change, rows).await {
                Ok(rows) => return Reply::Changed { rows },
                Err(NotChanged::Surely(why)) => return Reply::Refused { why },
                Err(NotChanged::Maybe(why)) => return Reply::Unknown { why },
                Err(NotChanged::Deadlock(why)) => tracing::warn!("begun again after a deadlock: {why}"),
            }
        }
        Reply::Refused { why: format!("the server has undone it {DEADLOCKS} times because of deadlocks") }
    }

    /// Returns the session on which changes are made.
    async fn changing<'a>(&self, holds: &'a mut Option<Session>) -> Result<&'a mut Session, Trouble> {
        let is_lost = holds.as_ref().is_some_and(|session| !session.is_usable());
        if is_lost && self.holds_locks.load(Ordering::SeqCst) {
            return Err(lock_lost());
        }
        if is_lost || holds.is_none() {
            *holds = Some(Session::open(&self.settings).await?);
        }
        holds.as_mut().ok_or_else(lock_lost)
    }

    /// Takes the application lock of this name for as long as this database lives. Never waits.
    ///
    /// # Errors
    /// A [`Trouble`]; the lock is not held then.
    pub async fn hold(&self, resource: &str) -> Result<Hold, Trouble> {
        let mut holds = self.holds.lock().await;
        match self.changing(&mut holds).await?.lock(resource).await? {
            0.. => {
                self.holds_locks.store(true, Ordering::SeqCst);
                Ok(Hold::Taken)
            }
            -1 => Ok(Hold::Held),
            code => Err(Trouble::Unreadable { why: format!("sp_getapplock returned {code}") }),
        }
    }

    /// Returns why nothing may be changed any more: the session that holds the locks is gone. None where all is well, or
    /// no lock was taken.
    pub async fn lost_locks(&self, probe: &Statement) -> Option<String> {
        if !self.holds_locks.load(Ordering::SeqCst) {
            return None;
        }
        let mut holds = self.holds.lock().await;
        let session = match self.changing(&mut holds).await {
            Ok(session) => session,
            Err(trouble) => return Some(trouble.to_string()),
        };
        match session.read(probe).await {
            Ok(_) => None,
            Err(trouble) => Some(format!("it can't be told whether the lock in the database is still held: {trouble}")),
        }
    }
}

impl Reads {
    async fn session(&mut self, settings: &Settings) -> Result<&mut Session, Trouble> {
        if let Some((_, trouble)) = self.failed.as_ref().filter(|(at, _)| at.elapsed() < PAUSE) {
            return Err(trouble.clone());
        }
        let session = match self.session.take().filter(Session::is_usable) {
            Some(session) => session,
            None => Session::open(settings).await.inspect_err(|trouble| {
                self.failed = Some((Instant::now(), trouble.clone()));
            })?,
        };
        Ok(self.session.insert(session))
    }
}

async fn change_once(
    session: &mut Session,
    only_if: &[Statement],
    change: &Statement,
    rows: u64,
) -> Result<u64, NotChanged> {
    if let Err(trouble) = session.begin().await {
        leave_none_open(session).await;
        return Err(NotChanged::Surely(trouble.to_string()));
    }
    match change_begun(session, only_if, change, rows).await {
        Ok(changed) => match session.commit().await {
            Ok(()) => Ok(changed),
            Err(trouble) if trouble.is_deadlock() => Err(NotChanged::Deadlock(trouble.to_string())),
            // Whatever went wrong: whether the commit arrived before it, nobody here knows.
            Err(trouble) => {
                leave_none_open(session).await;
                Err(NotChanged::Maybe(trouble.to_string()))
            }
        },
        Err(why) => {
            let undone = match session.is_usable() {
                true => session.roll_back().await.map_err(|trouble| trouble.to_string()),
                false => Err("the connection is gone".into()),
            };
            match (why, undone) {
                (NotChanged::Maybe(why), Ok(())) => Err(NotChanged::Surely(why)),
                (why, _) => Err(why),
            }
        }
    }
}

/// Undoes a transaction that may be open on a session that can be used on: its locks on rows would stay as long as we live.
async fn leave_none_open(session: &mut Session) {
    if session.is_usable()
        && let Err(trouble) = session.roll_back().await
    {
        tracing::warn!("a transaction may be left open: {trouble}");
    }
}

async fn change_begun(
    session: &mut Session,
    only_if: &[Statement],
    change: &Statement,
    rows: u64,
) -> Result<u64, NotChanged> {
    let surely = |trouble: Trouble| match trouble.is_deadlock() {
        true => NotChanged::Deadlock(trouble.to_string()),
        false => NotChanged::Surely(trouble.to_string()),
    };
    for condition in only_if {
        if let Some(row) = session.read(condition).await.map_err(surely)?.first() {
            let row: Vec<_> = row.iter().map(|column| column.as_deref().unwrap_or("NULL")).collect();
            return Err(NotChanged::Surely(format!("`{}` reads a row: {}", condition.text, row.join(", "))));
        }
    }
    let changed = session.change(change).await.map_err(|trouble| match trouble {
        trouble if trouble.is_said_by_server() => surely(trouble),
        trouble => NotChanged::Maybe(trouble.to_string()),
    })?;
    match changed == rows {
        true => Ok(changed),
        false => Err(NotChanged::Surely(format!("{changed} rows would change where {rows} must"))),
    }
}

fn lock_lost() -> Trouble {
    Trouble::Lost { why: "with it the lock of the group is gone, and somebody else may hold it by now".into() }
}

fn tell_all(waiting: Vec<Waiting>, rows: &Result<Rows, Trouble>) {
    for (_, send) in waiting {
        let _ = send.send(reply(rows.clone()));
    }
}

/// A read that the server refused was answered; all else is no answer.
fn reply(rows: Result<Rows, Trouble>) -> Reply {
    match rows {
        Ok(rows) => Reply::Rows(rows),
        Err(trouble @ (Trouble::Refused { .. } | Trouble::Login { .. })) => Reply::Refused { why: trouble.to_string() },
        Err(trouble) => Reply::Unknown { why: trouble.to_string() },
    }
}
