//! Keeps what people attest about a group below the state folder: one file for each, written beside and renamed.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::PathBuf;

use jiff::Timestamp;

use crate::format::attested;
use crate::model::attestation::Attestation;

use super::state::{State, StateFault, make_folder, write_file};

/// Returns what is attested about a group; nothing where nobody attested anything.
///
/// # Errors
/// Returns a [`StateFault`] where the file is there and can't be read as what it is: nothing is known then.
pub fn read(state: &State, system: &str, group: &str) -> Result<Vec<Attestation>, StateFault> {
    let path = state.attested(system, group);
    let fault = |cause| StateFault { act: "read", path: path.clone(), cause };
    match fs::read(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(fault(error)),
        Ok(bytes) => attested::read(system, group, &bytes).map_err(|why| fault(io::Error::other(why))),
    }
}

/// Returns what is attested about a group, each with whether it is over at `now`; or why that can't be read.
///
/// # Errors
/// The reason as a sentence.
pub fn at(state: &State, system: &str, group: &str, now: Timestamp) -> Result<Vec<(Attestation, bool)>, String> {
    let told = |fault: StateFault| format!("{fault}: {}", fault.cause);
    let all = read(state, system, group).map_err(told)?;
    Ok(all.into_iter().map(|one| (one.is_over(now), one)).map(|(is_over, one)| (one, is_over)).collect())
}

/// Changes what is attested about a group, with no other process in between, and returns what is attested then.
///
/// # Errors
/// Returns a [`StateFault`]; what was there before is untouched then.
pub fn change(
    state: &State,
    system: &str,
    group: &str,
    change: impl FnOnce(&mut Vec<Attestation>),
) -> Result<Vec<Attestation>, StateFault> {
    let path = state.attested(system, group);
    let folder = path.parent().map(PathBuf::from).unwrap_or_default();
    make_folder(&folder)?;
    let lock = path.with_extension("lock");
    let fault = |cause| StateFault { act: "lock", path: lock.clone(), cause };
    let held = OpenOptions::new().write(true).create(true).truncate(false).open(&lock).map_err(fault)?;
    held.lock().map_err(fault)?;
    let mut all = read(state, system, group)?;
    change(&mut all);
    all.sort_by(|one, other| (&one.server, &one.name).cmp(&(&other.server, &other.name)));
    write_file(&path, attested::write(system, group, &all).as_bytes())?;
    Ok(all)
}

/// Adds attestations, each in the place of an earlier one of the same fact. None is older than one that is there: they
/// come from machines whose clocks differ, and what was attested last was attested latest.
pub fn add(all: &mut Vec<Attestation>, new: &[Attestation]) {
    let latest = all.iter().map(|one| one.at).max();
    withdraw(all, |one| new.iter().any(|other| (&one.server, &one.name) == (&other.server, &other.name)));
    all.extend(
        new.iter().map(|one| Attestation { at: latest.map_or(one.at, |latest| latest.max(one.at)), ..one.clone() }),
    );
}

/// Takes attestations away; returns those that were there.
pub fn withdraw(all: &mut Vec<Attestation>, which: impl Fn(&Attestation) -> bool) -> Vec<Attestation> {
    all.extract_if(.., |one| which(one)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::name::ServerName;

    fn one(value: &str, until: i64) -> Attestation {
        Attestation {
            server: ServerName::new("web1").ok(),
            name: "role".into(),
            value: value.into(),
            by: "hanako".into(),
            at: Timestamp::UNIX_EPOCH,
            until: Timestamp::from_second(until).unwrap(),
        }
    }

    #[test]
    fn a_fact_is_attested_once_and_the_last_word_counts_until_it_is_over() {
        let folder = tempfile::tempdir().unwrap();
        let state = State::at(folder.path());
        assert_eq!(read(&state, "wsmgr", "Web").unwrap(), []);
        change(&state, "wsmgr", "Web", |all| add(all, &[one("member", 60)])).unwrap();
        change(&state, "wsmgr", "Web", |all| add(all, &[one("manager", 120)])).unwrap();
        let when = |second| at(&state, "wsmgr", "Web", Timestamp::from_second(second).unwrap()).unwrap();
        assert_eq!(when(119), [(one("manager", 120), false)]);
        assert_eq!(when(120), [(one("manager", 120), true)]);
        let mut gone = Vec::new();
        change(&state, "wsmgr", "Web", |all| gone = withdraw(all, |one| one.name == "role")).unwrap();
        assert_eq!((gone.len(), when(0).len()), (1, 0));
    }

    #[test]
    fn what_is_attested_last_is_latest_whatever_the_clocks_of_machines_say() {
        let second = |at| Timestamp::from_second(at).unwrap();
        let said = |name: &str, at| Attestation { name: name.into(), at: second(at), ..one("member", 900) };
        let mut all = Vec::new();
        add(&mut all, &[said("role", 300)]);
        // Another machine, five minutes behind.
        add(&mut all, &[said("sync", 0)]);
        add(&mut all, &[said("sync", 400)]);
        add(&mut all, &[said("role", 100)]);
        let at = |name: &str| all.iter().find(|one| one.name == name).unwrap().at;
        assert_eq!((at("sync"), at("role")), (second(400), second(400)));
    }

    #[test]
    fn a_damaged_file_says_so_and_is_never_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let state = State::at(folder.path());
        change(&state, "wsmgr", "Web", |all| add(all, &[one("member", 60)])).unwrap();
        fs::write(state.attested("wsmgr", "Web"), "{}").unwrap();
        assert!(read(&state, "wsmgr", "Web").is_err());
        assert!(change(&state, "wsmgr", "Web", |all| add(all, &[one("manager", 60)])).is_err());
        assert_eq!(fs::read(state.attested("wsmgr", "Web")).unwrap(), b"{}");
        assert!(at(&state, "wsmgr", "Web", Timestamp::UNIX_EPOCH).unwrap_err().contains("can't read"));
    }
}
