//! A rising number for each group of a state folder. Whoever takes a group's lock takes the next number, and holds it
//! against the file before each line of its journal: the line comes right before an act, so that an executor that was
//! delayed, and whose lock is gone meanwhile, does not act any more once another has taken the group.
//!
//! A number also tells where and by whom it was taken, so that a copy of a state folder that is older than its original
//! is known where the original can be read. Where it can't, nothing tells the two apart: only the looks and guards that
//! are right before each step.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::lock::Holder;
use super::state::{State, StateFault, make_folder, write_file};
use super::whole_path::whole_path;

/// The name of the file's format.
const FORMAT: &str = "rolewalk.generation/1";
/// More bytes than such a file has.
const MOST_BYTES: u64 = 64 * 1024;

/// The latest number of a group: what the file holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Generation {
    format: String,
    /// The group.
    pub group: String,
    /// The group's system.
    pub system: String,
    /// The number.
    pub number: u64,
    /// The account that took it.
    pub who: String,
    /// The machine.
    pub host: String,
    /// The process.
    pub process: u32,
    /// When (UTC).
    pub since: Timestamp,
    /// The whole path of the state folder in which it was taken.
    pub folder: PathBuf,
    /// The latest number with which somebody planned the group anew and found it as declared, so that no run began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_sync: Option<InSync>,
}

/// Somebody planned a group anew, and it was as declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InSync {
    /// The number that was taken for that.
    pub number: u64,
    /// When (UTC).
    pub at: Timestamp,
}

/// A number that was taken. Holds as long as nobody has taken a later one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fence {
    path: PathBuf,
    taken: Generation,
    /// What the file holds as long as nobody has taken a later one: it is looked at three times for each line of a journal.
    bytes: Vec<u8>,
}

/// Another has taken the group since.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("another run has taken group `{}` since, as generation {} by {} on {}", later.group, later.number, later.who, later.host)]
pub struct Overtaken {
    /// What was taken since.
    pub later: Box<Generation>,
}

/// Takes the next number of a group. The caller holds the group's lock.
///
/// # Errors
/// Returns a [`StateFault`]; a file that can't be understood is never replaced, for a number must not fall.
pub fn take(state: &State, holder: &Holder) -> Result<Fence, StateFault> {
    let path = state.generation(&holder.system, &holder.group);
    path.parent().map_or(Ok(()), make_folder)?;
    let before = read(&path)?;
    let number = before.as_ref().map_or(0, |generation| generation.number);
    let number = number.checked_add(1).ok_or_else(|| fault(&path, io::Error::other("its number is the largest")))?;
    let folder = whole_path(state.folder()).unwrap_or_else(|_| state.folder().to_path_buf());
    let taken = Generation {
        format: FORMAT.into(),
        group: holder.group.clone(),
        system: holder.system.clone(),
        number,
        who: holder.who.clone(),
        host: holder.host.clone(),
        process: holder.process,
        since: holder.since,
        folder,
        in_sync: before.and_then(|generation| generation.in_sync),
    };
    let bytes = write(&path, &taken)?;
    Ok(Fence { path, taken, bytes })
}

/// Writes the file; returns what it holds then.
fn write(path: &Path, generation: &Generation) -> Result<Vec<u8>, StateFault> {
    let mut bytes = serde_json::to_vec(generation).map_err(|error| fault(path, error.into()))?;
    bytes.push(b'\n');
    write_file(path, &bytes)?;
    Ok(bytes)
}

/// Returns the latest number of a group; none where none was taken yet.
///
/// # Errors
/// Returns a [`StateFault`] where the file is there and can't be read as what it is.
pub fn latest(state: &State, system: &str, group: &str) -> Result<Option<Generation>, StateFault> {
    read(&state.generation(system, group))
}

/// Returns who took the number that a file holds; none where it can't be told.
pub(super) fn holder(path: &Path) -> Option<Holder> {
    let Generation { group, system, who, host, process, since, .. } = read(path).ok()??;
    Some(Holder { group, system, who, host, process, since })
}

/// Returns the latest number of a group in the folder in which its number here was taken, where that is another folder
/// which can be read, and the group was taken there since: what is here is an older copy then.
pub fn original(state: &State, system: &str, group: &str) -> Option<Generation> {
    let here = latest(state, system, group).ok()??;
    let home = State::at(&here.folder);
    if whole_path(state.folder()).is_ok_and(|folder| folder == here.folder) {
        return None;
    }
    let there = latest(&home, system, group).ok()??;
    (there.number > here.number).then_some(there)
}

impl Fence {
    /// Returns the group.
    pub fn group(&self) -> &str {
        &self.taken.group
    }

    /// Returns the number that was taken.
    pub fn number(&self) -> u64 {
        self.taken.number
    }

    /// Notes that the group was found as declared with this number: runs that took an earlier one are over.
    ///
    /// # Errors
    /// As [`Fence::check`], and where it can't be written.
    pub fn note_in_sync(&mut self, at: Timestamp) -> Result<(), StateFault> {
        self.check()?;
        let noted = Generation { in_sync: Some(InSync { number: self.taken.number, at }), ..self.taken.clone() };
        self.bytes = write(&self.path, &noted)?;
        self.taken = noted;
        Ok(())
    }

    /// Looks whether nobody has taken the group since.
    ///
    /// # Errors
    /// Returns a [`StateFault`] with [`Overtaken`] as its cause where somebody has, or with why that can't be told.
    pub fn check(&self) -> Result<(), StateFault> {
        match content(&self.path)? {
            Some(now) if now == self.bytes => Ok(()),
            Some(now) => match parse(&self.path, &now)? {
                now if now == self.taken => Ok(()),
                later => Err(fault(&self.path, io::Error::other(Overtaken { later: Box::new(later) }))),
            },
            None => Err(fault(&self.path, io::ErrorKind::NotFound.into())),
        }
    }
}

/// Returns who has taken the group since, where that is what the fault says.
pub fn overtaken(fault: &StateFault) -> Option<&Overtaken> {
    fault.cause.get_ref()?.downcast_ref()
}

fn read(path: &Path) -> Result<Option<Generation>, StateFault> {
    content(path)?.map(|bytes| parse(path, &bytes)).transpose()
}

fn content(path: &Path) -> Result<Option<Vec<u8>>, StateFault> {
    let mut bytes = Vec::new();
    match File::open(path).and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes)) {
        Ok(length) if length as u64 > MOST_BYTES => Err(fault(path, io::Error::other("it is too large"))),
        Ok(_) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(fault(path, error)),
    }
}

fn parse(path: &Path, bytes: &[u8]) -> Result<Generation, StateFault> {
    match serde_json::from_slice::<Generation>(bytes) {
        Ok(generation) if generation.format == FORMAT => Ok(generation),
        Ok(other) => Err(fault(path, io::Error::other(format!("its format is `{}`", other.format.escape_debug())))),
        Err(error) => Err(fault(path, io::Error::other(error))),
    }
}

fn fault(path: &Path, cause: io::Error) -> StateFault {
    StateFault { act: "rely on", path: path.into(), cause }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn holder(group: &str) -> Holder {
        Holder {
            group: group.into(),
            system: "co-store".into(),
            who: "hanako".into(),
            host: "admin1".into(),
            process: 7,
            since: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn numbers_rise_by_one_and_an_older_one_holds_no_more() {
        let folder = tempfile::tempdir().unwrap();
        let state = State::at(folder.path().join("state"));
        let first = take(&state, &holder("Store")).unwrap();
        assert_eq!((first.number(), first.check().is_ok()), (1, true));
        let other = take(&state, &holder("Labs")).unwrap();
        assert_eq!((other.number(), first.check().is_ok()), (1, true), "each group has its own");
        let second = take(&state, &holder("Store")).unwrap();
        assert_eq!((second.number(), second.check().is_ok(), other.check().is_ok()), (2, true, true));
        let refused = first.check().unwrap_err();
        assert_eq!(overtaken(&refused).unwrap().later.number, 2);
    }

    #[test]
    fn a_number_that_can_not_be_read_is_relied_on_by_nobody_and_never_begun_anew() {
        let folder = tempfile::tempdir().unwrap();
        let state = State::at(folder.path());
        let fence = take(&state, &holder("Store")).unwrap();
        for damage in ["", "{}", "[]", "{\"format\":\"rolewalk.generation/9\"}"] {
            fs::write(state.generation("co-store", "Store"), damage).unwrap();
            assert!(fence.check().is_err(), "{damage}");
            assert!(take(&state, &holder("Store")).is_err(), "{damage}");
        }
        fs::remove_file(state.generation("co-store", "Store")).unwrap();
        assert!(fence.check().is_err(), "what is gone says nothing");
    }

    #[test]
    fn that_a_group_was_as_declared_is_kept_by_whoever_takes_it_next() {
        let folder = tempfile::tempdir().unwrap();
        let state = State::at(folder.path());
        let mut first = take(&state, &holder("Store")).unwrap();
        first.note_in_sync(Timestamp::UNIX_EPOCH).unwrap();
        assert!(first.check().is_ok(), "it is still the latest");
        take(&state, &holder("Store")).unwrap();
        let latest = latest(&state, "co-store", "Store").unwrap().unwrap();
        assert_eq!((latest.number, latest.in_sync.map(|one| one.number)), (2, Some(1)));
        assert!(first.note_in_sync(Timestamp::UNIX_EPOCH).is_err(), "another has it now");
    }

    #[test]
    fn an_older_copy_is_known_where_its_original_can_be_read() {
        let folder = tempfile::tempdir().unwrap();
        let (state, copy) = (State::at(folder.path().join("state")), State::at(folder.path().join("copy")));
        take(&state, &holder("Store")).unwrap();
        fs::create_dir_all(copy.generation("co-store", "Store").parent().unwrap()).unwrap();
        fs::copy(state.generation("co-store", "Store"), copy.generation("co-store", "Store")).unwrap();
        assert_eq!(original(&copy, "co-store", "Store"), None, "it is as new as its original");
        let later = take(&state, &holder("Store")).unwrap();
        assert_eq!(original(&copy, "co-store", "Store").unwrap().number, later.number());
        assert_eq!(original(&state, "co-store", "Store"), None, "it is no copy");
    }

    #[test]
    fn a_number_that_is_older_or_of_another_format_is_relied_on_by_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let state = State::at(folder.path());
        let path = state.generation("co-store", "Store");
        take(&state, &holder("Store")).unwrap();
        let older = fs::read(&path).unwrap();
        let fence = take(&state, &holder("Store")).unwrap();
        fs::write(&path, older).unwrap();
        assert!(fence.check().is_err(), "the folder was restored, and who knows what was taken since");
        let other = fs::read_to_string(&path).unwrap().replace(FORMAT, "rolewalk.generation/2");
        fs::write(&path, other).unwrap();
        assert!(take(&state, &holder("Store")).is_err(), "what its number means is not known");
    }
}
