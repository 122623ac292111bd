//! A farm's folder, `.practice/` beside its `farm.yaml`: made whole or not at all, locked while it is used.
//!
//! Touches nothing outside that folder but temporary folders beside it.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::audit::AuditLine;
use super::build::build;
use super::database::Database;
use super::farm::{Farm, Trouble};
use super::farm_file::{self, FarmFile};
use super::product::ALL;
use super::shares_folder::FolderShares;
use super::state::State;
use super::world::PracticeError;

const NAME: &str = ".practice";
/// The name of the database file in a farm's folder.
pub const DATABASE: &str = "co-store.sqlite";
const SHARES: &str = "shares";
const LOCK: &str = "lock";
const AUDIT: &str = "audit.jsonl";

/// How long to wait for another process that uses the farm.
const PATIENCE: Duration = Duration::from_secs(10);

/// A farm's folder.
#[derive(Debug, Clone)]
pub struct Folder {
    folder: PathBuf,
    farm_yaml: PathBuf,
}

impl Folder {
    /// Opens the folder of the farm that `farm.yaml` describes; makes it where there is none.
    pub fn open(farm_yaml: &Path) -> Result<Self, PracticeError> {
        let file = read(farm_yaml)?;
        let folder = Self { folder: beside(farm_yaml).join(NAME), farm_yaml: farm_yaml.to_owned() };
        if !folder.folder.exists() {
            let made = make(&file, &beside(farm_yaml)).map_err(|trouble| folder.trouble(trouble))?;
            // Who comes second finds the farm that the first made.
            match fs::rename(made.path().join(NAME), &folder.folder) {
                Err(error) if !folder.folder.exists() => return Err(folder.trouble(Trouble::Files(error))),
                _ => {}
            }
        }
        folder.look(|farm| folder.check(farm, &file))??;
        folder.catch_up()?;
        Ok(folder)
    }

    /// Makes the farm anew; what was there is gone.
    pub fn reset(farm_yaml: &Path) -> Result<(), PracticeError> {
        let file = read(farm_yaml)?;
        let folder = Self { folder: beside(farm_yaml).join(NAME), farm_yaml: farm_yaml.to_owned() };
        if folder.folder.exists() && !folder.is_ours() {
            return Err(PracticeError::NotOurs { folder: folder.folder });
        }
        let made = make(&file, &beside(farm_yaml)).map_err(|trouble| folder.trouble(trouble))?;
        if folder.folder.join(LOCK).exists() {
            // Let go before the rename: Windows renames no folder in which a file is open.
            drop(folder.lock()?);
        }
        let swap = || {
            if folder.folder.exists() {
                fs::rename(&folder.folder, made.path().join("old"))?;
            }
            fs::rename(made.path().join(NAME), &folder.folder)
        };
        swap().map_err(|error| folder.trouble(Trouble::Files(error)))
    }

    /// Does something with the farm while nobody else does, and appends its line to the audit.
    pub fn act<T>(&self, act: impl FnOnce(&mut Farm) -> (T, AuditLine)) -> Result<T, PracticeError> {
        let _lock = self.lock()?;
        let noted = |farm: &mut Farm| {
            let (value, line) = act(farm);
            farm.state.last = Some(line.clone());
            (value, line)
        };
        let (value, line) = self.in_transaction(noted)?;
        self.append(&line);
        Ok(value)
    }

    /// Looks at the farm while nobody changes it.
    pub fn look<T>(&self, look: impl FnOnce(&Farm) -> T) -> Result<T, PracticeError> {
        let _lock = self.lock()?;
        self.in_transaction(|farm| look(farm))
    }

    ///
    /// What is changed is on disk when this returns, all of it or (after an error) nothing but files.
    fn in_transaction<T>(&self, act: impl FnOnce(&mut Farm) -> T) -> Result<T, PracticeError> {
        let mut farm = self.load()?;
        let before = farm.state.clone();
        let value = act(&mut farm);
        self.save(&farm, &before).map_err(|trouble| PracticeError::NotSaved { why: trouble.to_string() })?;
        Ok(value)
    }

    /// Appends the line that a process could not append because it was killed right after it had acted.
    fn catch_up(&self) -> Result<(), PracticeError> {
        let _lock = self.lock()?;
        let last = self.in_transaction(|farm| farm.state.last.clone())?;
        // A line that was cut short is ended, so that the next stands by itself.
        let path = self.folder.join(AUDIT);
        if fs::read(&path).is_ok_and(|text| text.last().is_some_and(|last| *last != b'\n')) {
            let ended = OpenOptions::new().append(true).open(&path).and_then(|mut file| file.write_all(b"\n"));
            ended.map_err(|error| self.trouble(Trouble::Files(error)))?;
        }
        let told = self.audit()?.last().map_or(0, |line| line.number);
        if let Some(line) = last.filter(|line| line.number > told) {
            self.append(&line);
        }
        Ok(())
    }

    fn append(&self, line: &AuditLine) {
        let write = || {
            let mut text = serde_json::to_string(line).map_err(io::Error::other)?;
            text.push('\n');
            OpenOptions::new().create(true).append(true).open(self.folder.join(AUDIT))?.write_all(text.as_bytes())
        };
        // What was done is done: a line that can't be written must not make it look undone.
        if let Err(error) = write() {
            tracing::warn!("the practice farm's audit can't be written: {error}");
        }
    }

    /// Reads the audit.
    pub fn audit(&self) -> Result<Vec<AuditLine>, PracticeError> {
        let text = match fs::read_to_string(self.folder.join(AUDIT)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            read => read.map_err(|error| self.trouble(Trouble::Files(error)))?,
        };
        // A line that a killed process left unfinished is left out.
        Ok(text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
    }

    /// Returns where it is.
    pub fn path(&self) -> &Path {
        &self.folder
    }

    fn lock(&self) -> Result<File, PracticeError> {
        let path = self.folder.join(LOCK);
        let begun = Instant::now();
        loop {
            let file = OpenOptions::new().read(true).write(true).open(&path).map_err(|error| match error.kind() {
                io::ErrorKind::NotFound => self.damaged(format!("`{LOCK}` is missing")),
                _ => self.trouble(Trouble::Files(error)),
            })?;
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::WouldBlock) if begun.elapsed() < PATIENCE => {
                    std::thread::sleep(Duration::from_millis(10));
                }
                Err(TryLockError::WouldBlock) => return Err(PracticeError::Busy { folder: self.folder.clone() }),
                Err(TryLockError::Error(error)) => return Err(self.trouble(Trouble::Files(error))),
            }
        }
    }

    fn load(&self) -> Result<Farm, PracticeError> {
        let database = self.folder.join(DATABASE);
        if !database.is_file() {
            return Err(self.damaged(format!("`{DATABASE}` is missing")));
        }
        if !self.folder.join(SHARES).is_dir() {
            return Err(self.damaged(format!("`{SHARES}` is missing")));
        }
        let open = || {
            let database = Database::open(&database)?;
            database.begin()?;
            let json = database.read_state()?;
            Ok((database, json))
        };
        let (database, json) = open().map_err(|error: rusqlite::Error| match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked) => {
                PracticeError::Busy { folder: self.folder.clone() }
            }
            _ => self.damaged(format!("`{DATABASE}` can't be read: {error}")),
        })?;
        let state: State =
            serde_json::from_str(&json).map_err(|error| self.damaged(format!("the state can't be read: {error}")))?;
        Ok(Farm {
            state,
            database,
            shares: Box::new(shares(&self.folder)),
            notes: Vec::new(),
            owners: Default::default(),
            is_settled: false,
        })
    }

    fn save(&self, farm: &Farm, before: &State) -> Result<(), Trouble> {
        if farm.state != *before {
            write_state(farm)?;
        }
        Ok(farm.database.commit()?)
    }

    fn check(&self, farm: &Farm, file: &FarmFile) -> Result<(), PracticeError> {
        if farm.state.made_from != *file {
            return Err(PracticeError::Changed { farm_yaml: self.farm_yaml.clone(), folder: self.folder.clone() });
        }
        match ALL.iter().find_map(|product| (product.damage)(farm)) {
            Some(what) => Err(self.damaged(what)),
            None => Ok(()),
        }
    }

    fn is_ours(&self) -> bool {
        let parts = [DATABASE, SHARES, LOCK, AUDIT, ".gitignore"];
        let empty = fs::read_dir(&self.folder).is_ok_and(|mut entries| entries.next().is_none());
        empty || parts.iter().any(|part| self.folder.join(part).exists())
    }

    fn damaged(&self, what: String) -> PracticeError {
        PracticeError::Damaged { folder: self.folder.clone(), farm_yaml: self.farm_yaml.clone(), what }
    }

    fn trouble(&self, trouble: Trouble) -> PracticeError {
        PracticeError::Trouble { folder: self.folder.clone(), why: trouble.to_string() }
    }
}

/// Makes a whole farm in a temporary folder, from which it is renamed to its place.
fn make(file: &FarmFile, beside: &Path) -> Result<tempfile::TempDir, Trouble> {
    let made = tempfile::Builder::new().prefix(".practice.new-").tempdir_in(beside)?;
    let folder = made.path().join(NAME);
    fs::create_dir_all(folder.join(SHARES))?;
    fs::write(folder.join(".gitignore"), "*\n")?;
    fs::write(folder.join(LOCK), "")?;
    let database = Database::create(&folder.join(DATABASE))?;
    database.begin()?;
    let farm = build(file, database, Box::new(shares(&folder)))?;
    write_state(&farm)?;
    farm.database.commit()?;
    Ok(made)
}

fn write_state(farm: &Farm) -> Result<(), Trouble> {
    let json = serde_json::to_string(&farm.state).map_err(io::Error::other)?;
    Ok(farm.database.write_state(&json)?)
}

fn shares(folder: &Path) -> FolderShares {
    FolderShares { shares: folder.join(SHARES), writing: folder.join("writing") }
}

fn read(farm_yaml: &Path) -> Result<FarmFile, PracticeError> {
    let path = farm_yaml.to_owned();
    // Far more than any farm needs; a file that is something else altogether is not read whole.
    let most = 1 << 20;
    let mut bytes = Vec::new();
    let read =
        File::open(farm_yaml).and_then(|file| io::Read::read_to_end(&mut io::Read::take(file, most + 1), &mut bytes));
    if let Err(source) = read {
        return Err(PracticeError::Read { path, source });
    }
    if bytes.len() as u64 > most {
        return Err(PracticeError::Read { path, source: io::Error::other("the file is larger than 1 MiB") });
    }
    let text = String::from_utf8(bytes)
        .map_err(|_| PracticeError::Read { path: path.clone(), source: io::Error::other("the file is not UTF-8") })?;
    farm_file::parse(&text).map_err(|fault| PracticeError::FarmFile { path, fault })
}

fn beside(farm_yaml: &Path) -> PathBuf {
    match farm_yaml.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}
