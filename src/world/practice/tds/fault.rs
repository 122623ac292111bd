//! What can be made to go wrong, each once, at the next statement that holds a word.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::tokens::Told;

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The connection is cut before the statement is run.
    CutBefore,
    /// The statement is run, and the connection is cut before the answer.
    CutAfter,
    /// The statement is run once the gate is open.
    Held(Gate),
    /// The answer comes so much later.
    Late(Duration),
    /// No answer comes.
    Never,
    /// Rows come without an end.
    EndlessRows,
    /// One value comes without an end.
    EndlessValue,
    /// The server refuses the statement.
    Refused(Told),
}

/// A gate that is closed until somebody opens it.
#[derive(Debug, Clone, Default)]
pub struct Gate(Arc<AtomicBool>);

impl Gate {
    /// Opens it.
    pub fn open(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Waits until it is open.
    pub fn pass(&self) {
        while !self.0.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl PartialEq for Gate {
    fn eq(&self, other: &Gate) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Gate {}

/// Faults that are to come.
#[derive(Debug, Clone, Default)]
pub struct Faults(Arc<Mutex<Vec<(String, Fault)>>>);

impl Faults {
    /// Adds one: it comes at the next statement that holds `word`, or at `LOGIN`, `BEGIN`, `COMMIT`, `ROLLBACK`.
    pub fn add(&self, word: &str, fault: Fault) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((word.into(), fault));
    }

    /// Takes the first that fits a statement.
    pub fn take(&self, statement: &str) -> Option<Fault> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = all.iter().position(|(word, _)| statement.contains(word.as_str()))?;
        Some(all.remove(at).1)
    }
}
