//! What earlier looks of `drift` saw: how often in a row each difference, and when each group was as declared. Kept in
//! one file of the state folder, which is only written where somebody asks for counting.
//!
//! It never decides what is drift; [`crate::plan::drift`] does, with what this file counts.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::PathBuf;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::drift::{DriftVerdict, Finding, GroupDrift};

use super::state::{State, StateFault, make_folder, write_file};

/// The name of the file's format.
const FORMAT: &str = "rolewalk.looks/1";

/// What earlier looks saw, held against other processes until it is dropped.
#[derive(Debug)]
pub struct Looks {
    file: LooksFile,
    path: PathBuf,
    _lock: File,
    /// Why what was there could not be read: nothing is known of earlier looks then.
    pub lost: Option<String>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LooksFile {
    format: String,
    /// By system and group, parted by a blank.
    groups: BTreeMap<String, GroupLooks>,
}

#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct GroupLooks {
    /// When the group was last seen to be as declared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    in_sync_at: Option<Timestamp>,
    /// In how many looks in a row each difference was seen.
    #[serde(default)]
    sightings: BTreeMap<String, u32>,
}

impl Looks {
    /// Reads what earlier looks saw. A file that can't be read as what it is counts for nothing, and
    /// [`Looks::lost`] says so; one that is not there is the first look.
    ///
    /// # Errors
    /// Returns a [`StateFault`] where the state folder can't be used at all.
    pub fn open(state: &State) -> Result<Looks, StateFault> {
        make_folder(state.folder())?;
        let (path, lock) = (state.folder().join("looks.json"), state.folder().join("looks.lock"));
        let fault = |cause| StateFault { act: "lock", path: lock.clone(), cause };
        let held = OpenOptions::new().write(true).create(true).truncate(false).open(&lock).map_err(fault)?;
        held.lock().map_err(fault)?;
        let (file, lost) = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => (LooksFile::default(), None),
            Err(error) => (LooksFile::default(), Some(error.to_string())),
            Ok(bytes) => match serde_json::from_slice::<LooksFile>(&bytes) {
                Ok(file) if file.format == FORMAT => (file, None),
                Ok(file) => (LooksFile::default(), Some(format!("its format is `{}`", file.format.escape_debug()))),
                Err(error) => (LooksFile::default(), Some(error.to_string())),
            },
        };
        Ok(Looks { file, path, _lock: held, lost })
    }

    /// Counts what one look saw of a group, and returns for each finding in how many looks in a row it was seen.
    ///
    /// A difference that is gone begins anew when it comes back; one that a look could not determine is neither seen
    /// nor gone. With what was there lost, each counts as seen `at_least` times: an alarm too many is better than none.
    pub fn count(&mut self, drift: &GroupDrift, at_least: u32) -> Vec<u32> {
        let first = if self.lost.is_some() { at_least.max(1) } else { 1 };
        let known = self.file.groups.entry(key(drift)).or_default();
        let before = std::mem::take(&mut known.sightings);
        let mut counts = Vec::with_capacity(drift.findings.len());
        for finding in &drift.findings {
            let name = name(finding);
            let count = before.get(&name).map_or(first, |count| count.saturating_add(1));
            known.sightings.insert(name, count);
            counts.push(count);
        }
        if drift.verdict == DriftVerdict::Undetermined || !drift.unknown.is_empty() {
            for (name, count) in before {
                known.sightings.entry(name).or_insert(count);
            }
        }
        counts
    }

    /// Returns when a group was last seen to be as declared, after noting whether it is so at `at`.
    pub fn in_sync_at(&mut self, drift: &GroupDrift, at: Timestamp) -> Option<Timestamp> {
        let known = self.file.groups.entry(key(drift)).or_default();
        if drift.verdict == DriftVerdict::InSync {
            known.in_sync_at = Some(at);
        }
        known.in_sync_at
    }

    /// Keeps what was noted, for the next look.
    ///
    /// # Errors
    /// Returns a [`StateFault`]; what was there before is untouched then.
    pub fn keep(mut self) -> Result<(), StateFault> {
        self.file.format = FORMAT.into();
        self.file.groups.retain(|_, known| known.in_sync_at.is_some() || !known.sightings.is_empty());
        let text = serde_json::to_string(&self.file).unwrap_or_default();
        write_file(&self.path, format!("{text}\n").as_bytes())
    }
}

fn key(drift: &GroupDrift) -> String {
    format!("{} {}", drift.system, drift.group)
}

fn name(finding: &Finding) -> String {
    format!("{} {} {} {}", finding.server, finding.what, finding.want, finding.have)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::sample;

    fn look(state: &State, drift: &GroupDrift) -> Vec<u32> {
        let mut looks = Looks::open(state).unwrap();
        let counts = looks.count(drift, 3);
        looks.keep().unwrap();
        counts
    }

    #[test]
    fn sightings_count_in_a_row_and_what_is_not_known_breaks_no_row() {
        let folder = tempfile::tempdir().unwrap();
        let state = State::at(folder.path().join("state"));
        let drifted = sample::drift().groups[0].clone();
        assert_eq!((look(&state, &drifted), look(&state, &drifted)), (vec![1], vec![2]));
        let mut dark = sample::drift().groups[1].clone();
        dark.group.clone_from(&drifted.group);
        assert_eq!((look(&state, &dark), look(&state, &drifted)), (vec![], vec![3]));
        let gone = sample::group_drift(&drifted.group, DriftVerdict::InSync);
        assert_eq!((look(&state, &gone), look(&state, &drifted)), (vec![], vec![1]));
        let mut other = drifted.clone();
        other.findings[0].have = "unregistered".into();
        assert_eq!(look(&state, &other), [1], "another difference at the same server is another one");
    }

    #[test]
    fn a_damaged_file_is_told_and_counts_as_often_as_is_asked() {
        let folder = tempfile::tempdir().unwrap();
        let state = State::at(folder.path());
        let drifted = &sample::drift().groups[0];
        for damage in
            ["", "{", "[]", "{\"format\":\"rolewalk.looks/9\",\"groups\":{}}", "{\"format\":\"x\",\"more\":1}"]
        {
            fs::write(folder.path().join("looks.json"), damage).unwrap();
            assert!(Looks::open(&state).unwrap().lost.is_some(), "{damage}");
            assert_eq!(look(&state, drifted), [3], "{damage}");
            assert_eq!(look(&state, drifted), [4], "{damage}");
        }
    }

    #[test]
    fn the_last_look_that_saw_a_group_as_declared_is_remembered() {
        let folder = tempfile::tempdir().unwrap();
        let state = State::at(folder.path());
        let report = sample::drift();
        let note = |group: &GroupDrift, minute| {
            let mut looks = Looks::open(&state).unwrap();
            let at = looks.in_sync_at(group, sample::at(minute));
            looks.keep().unwrap();
            at
        };
        let mut group = report.groups[3].clone();
        assert_eq!(note(&group, 5), Some(sample::at(5)));
        group.verdict = DriftVerdict::Drift;
        assert_eq!(note(&group, 9), Some(sample::at(5)));
        assert_eq!(note(&report.groups[0], 9), None);
    }
}
