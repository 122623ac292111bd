//! The practice farm as a world: performs requests, takes changes from outside, and shows what is there.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use thiserror::Error;

use super::audit::{self, AuditLine};
use super::build::build;
use super::change::{Change, ChangeError};
use super::database::Database;
use super::farm::{Farm, Trouble, refused};
use super::farm_file::{FarmFile, FarmFileFault, check};
use super::folder::Folder;
use super::shares_memory::MemoryShares;
use super::status::{FarmStatus, status};
use crate::model::request::{Reply, Request};

/// A practice farm, in a folder or in memory. Both answer alike.
pub struct PracticeWorld(Place);

enum Place {
    Folder(Folder),
    Memory(Box<Mutex<Memory>>),
}

/// A farm and its audit.
type Memory = (Farm, Vec<AuditLine>);

/// Groups are walked in parallel, and may share a farm.
const _: fn() = || {
    fn shared<T: Send + Sync>() {}
    shared::<PracticeWorld>();
};

/// Says where the farm is, and nothing of what is in it.
impl fmt::Debug for PracticeWorld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PracticeWorld").field(&self.place()).finish()
    }
}

/// What is wrong with a practice farm.
#[derive(Debug, Error)]
pub enum PracticeError {
    /// Its `farm.yaml` can't be read.
    #[error("`{path}` can't be read: {source}", path = path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Its `farm.yaml` describes no farm.
    #[error("`{path}` describes no practice farm: {fault}", path = path.display())]
    FarmFile {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        fault: FarmFileFault,
    },
    /// A part of its folder is missing or can't be read.
    #[error("the practice farm in `{folder}` is damaged: {what}", folder = folder.display())]
    Damaged {
        /// The folder.
        folder: PathBuf,
        /// The file that it was made from.
        farm_yaml: PathBuf,
        /// What is missing.
        what: String,
    },
    /// Its `farm.yaml` describes another farm than it did when the farm was made.
    #[error("`{yaml}` was changed since the practice farm in `{folder}` was made", yaml = farm_yaml.display(), folder = folder.display())]
    Changed {
        /// The file.
        farm_yaml: PathBuf,
        /// The folder.
        folder: PathBuf,
    },
    /// The folder of its name is not one that rolewalk made.
    #[error("`{folder}` is no practice farm, and nothing in it was touched", folder = folder.display())]
    NotOurs {
        /// The folder.
        folder: PathBuf,
    },
    /// Another process uses it.
    #[error("the practice farm in `{folder}` is in use by another process", folder = folder.display())]
    Busy {
        /// The folder.
        folder: PathBuf,
    },
    /// Its folder can't be read or written.
    #[error("the practice farm in `{folder}` can't be used: {why}", folder = folder.display())]
    Trouble {
        /// The folder.
        folder: PathBuf,
        /// Why not.
        why: String,
    },
    /// What was done could not be saved: vDisk files may have changed, nothing else did.
    #[error("the practice farm could not be saved: {why}")]
    NotSaved {
        /// Why not.
        why: String,
    },
    /// A change from outside can't be.
    #[error(transparent)]
    Change(#[from] ChangeError),
}

impl PracticeError {
    /// Returns the command that mends it, where there is one.
    pub fn command(&self) -> Option<String> {
        match self {
            PracticeError::Damaged { farm_yaml, .. } | PracticeError::Changed { farm_yaml, .. } => {
                let path = farm_yaml.display().to_string();
                let quote = if path.contains(|c: char| c.is_whitespace() || c == '&') { "\"" } else { "" };
                Some(format!("rolewalk practice reset {quote}{path}{quote}"))
            }
            _ => None,
        }
    }
}

impl PracticeWorld {
    /// Opens the farm that a `farm.yaml` describes, in `.practice/` beside it; makes it at first use.
    ///
    /// # Errors
    /// [`PracticeError`]; a farm that is damaged, or was made from another description, is left as it is.
    pub fn open(farm_yaml: &Path) -> Result<Self, PracticeError> {
        Folder::open(farm_yaml).map(|folder| Self(Place::Folder(folder)))
    }

    /// Makes a farm in memory. It is gone with the value.
    ///
    /// # Errors
    /// A description that [`parse`](super::farm_file::parse) would refuse.
    pub fn in_memory(file: &FarmFile) -> Result<Self, PracticeError> {
        let memory = PathBuf::from("memory");
        check(file).map_err(|fault| PracticeError::FarmFile { path: memory.clone(), fault })?;
        let trouble = |trouble: Trouble| PracticeError::Trouble { folder: memory.clone(), why: trouble.to_string() };
        let database = Database::in_memory().map_err(|error| trouble(error.into()))?;
        let farm = build(file, database, Box::new(MemoryShares::default())).map_err(trouble)?;
        Ok(Self(Place::Memory(Box::new(Mutex::new((farm, Vec::new()))))))
    }

    /// Makes the farm in `.practice/` anew, whatever state it is in; with no farm there, makes it.
    ///
    /// # Errors
    /// [`PracticeError`]. A `farm.yaml` that describes no farm, or a folder that is none of ours, leaves all as it is.
    pub fn reset(farm_yaml: &Path) -> Result<(), PracticeError> {
        Folder::reset(farm_yaml)
    }

    /// Performs a request.
    ///
    /// # Guarantees
    /// Always replies. Where the farm itself can't be used, a look is `Unknown` (a refused look would say what a
    /// product said), and a change is `Refused` where it was surely not carried out.
    pub fn perform(&self, request: &Request) -> Reply {
        match self.act(|farm| audit::perform(farm, request)) {
            Ok(reply) => reply,
            Err(error) if request.is_look() || matches!(error, PracticeError::NotSaved { .. }) => {
                Reply::Unknown { why: error.to_string() }
            }
            Err(error) => refused(error.to_string()),
        }
    }

    /// Carries out a change from outside.
    ///
    /// # Errors
    /// Why it can't be; nothing was changed.
    pub fn change(&self, change: impl Into<Change>) -> Result<(), PracticeError> {
        let change = change.into();
        self.act(|farm| audit::change(farm, &change))?.map_err(|trouble| self.trouble(&trouble))??;
        Ok(())
    }

    /// Returns what can be seen of the farm.
    ///
    /// # Errors
    /// [`PracticeError`].
    pub fn status(&self) -> Result<FarmStatus, PracticeError> {
        let seen = match &self.0 {
            Place::Folder(folder) => folder.look(status)?,
            Place::Memory(memory) => status(&memory.lock().unwrap_or_else(PoisonError::into_inner).0),
        };
        seen.map_err(|trouble| self.trouble(&trouble))
    }

    /// Returns the audit: every request and change so far.
    ///
    /// # Errors
    /// [`PracticeError`].
    pub fn audit(&self) -> Result<Vec<AuditLine>, PracticeError> {
        match &self.0 {
            Place::Folder(folder) => folder.audit(),
            Place::Memory(memory) => Ok(memory.lock().unwrap_or_else(PoisonError::into_inner).1.clone()),
        }
    }

    fn act<T>(&self, act: impl FnOnce(&mut Farm) -> (T, AuditLine)) -> Result<T, PracticeError> {
        match &self.0 {
            Place::Folder(folder) => folder.act(act),
            Place::Memory(memory) => {
                let (farm, lines) = &mut *memory.lock().unwrap_or_else(PoisonError::into_inner);
                let (value, line) = act(farm);
                lines.push(line);
                Ok(value)
            }
        }
    }

    fn trouble(&self, trouble: &Trouble) -> PracticeError {
        PracticeError::Trouble { folder: self.place().to_owned(), why: trouble.to_string() }
    }

    /// Returns the folder in which a server keeps a store's files; none in memory, and where there is no such share.
    pub fn store_folder(&self, on: &str, store: &str) -> Option<PathBuf> {
        let Place::Folder(folder) = &self.0 else { return None };
        let place = |farm: &Farm| Some(farm.shares.place(&farm.share(on, store)?)?.0);
        folder.look(place).ok().flatten()
    }

    /// Returns the folder of the farm; `memory` where there is none.
    pub fn place(&self) -> &Path {
        match &self.0 {
            Place::Folder(folder) => folder.path(),
            Place::Memory(_) => Path::new("memory"),
        }
    }
}
