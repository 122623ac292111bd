//! Keeps the fingerprints of a group's images below the state folder, and tells which changed since.

use std::fs;
use std::io::ErrorKind;

use crate::format::recorded;
use crate::model::disks::recorded::{Changed, Recorded, Shown, changed, next};
use crate::model::name::ServerName;

use super::state::{State, StateFault, make_folder, write_file};

/// What came of comparing with the record and of writing the next.
#[derive(Debug)]
pub struct Outcome {
    /// The images that changed without a new version (DV-08).
    pub changed: Vec<Changed>,
    /// Why the record could not be read, where it is damaged: nothing was compared then.
    pub unreadable: Option<String>,
    /// Why the next record could not be written.
    pub unwritten: Option<StateFault>,
}

/// Compares what was read with the record, and records it.
pub fn compare_and_record(state: &State, (system, group): (&str, &str), master: &ServerName, now: &Shown) -> Outcome {
    let path = state.fingerprints(system, group);
    let (before, unreadable) = match fs::read(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => (Recorded::new(), None),
        Err(error) => (Recorded::new(), Some(error.to_string())),
        Ok(bytes) => match recorded::read(&bytes) {
            Ok(before) => (before, None),
            Err(why) => (Recorded::new(), Some(why)),
        },
    };
    let changed = changed(&before, now, master);
    if now.holders.values().flatten().all(|images| images.values().all(Option::is_none)) {
        return Outcome { changed, unreadable, unwritten: None };
    }
    let text = recorded::write(&next(&before, now, &changed));
    let folder = path.parent().map_or(Ok(()), make_folder);
    let unwritten = folder.and_then(|()| write_file(&path, text.as_bytes())).err();
    Outcome { changed, unreadable, unwritten }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::model::disks::compare::Maintenance;
    use crate::model::disks::listing::{Content, FileSeen, Listing};
    use crate::model::disks::manifest::Fingerprint;
    use crate::model::disks::recorded::images;

    fn listing(content: &[u8]) -> Listing {
        let file = FileSeen {
            name: "Hoge.vhd".into(),
            bytes: content.len() as u64,
            modified: Timestamp::UNIX_EPOCH,
            content: Content::Read(Fingerprint::of(content)),
        };
        Listing { files: vec![file], ..Listing::default() }
    }

    // DV-08
    #[test]
    fn a_change_is_told_against_the_last_record_and_a_damaged_record_is_said_to_be_so() {
        let folder = tempfile::tempdir().unwrap();
        let state = State::at(folder.path());
        let look = |master: &[u8], slave: &[u8]| {
            let name = |text| ServerName::new(text).unwrap();
            let holder = |server, content| (name(server), Some(images(&listing(content), Timestamp::UNIX_EPOCH)));
            let holders = [holder("PVS1", master), holder("PVS2", slave)].into_iter().collect();
            let shown = Shown { holders, are_all: true, in_maintenance: Maintenance::new() };
            compare_and_record(&state, ("co-store", "Store"), &name("PVS1"), &shown)
        };
        assert!(look(b"one", b"one").changed.is_empty());
        assert_eq!(look(b"two", b"one").changed.len(), 1);
        assert_eq!(look(b"two", b"one").changed[0].server, "PVS1", "it is told until it is settled");
        assert!(look(b"two", b"two").changed.is_empty());
        fs::write(state.fingerprints("co-store", "Store"), "{}").unwrap();
        let damaged = look(b"six", b"two");
        assert!(damaged.unreadable.is_some() && damaged.changed.is_empty() && damaged.unwritten.is_none());
        assert_eq!(look(b"two", b"two").changed.len(), 0, "the servers agree");
    }
}
