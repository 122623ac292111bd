//! Which files are no longer as they were when they were last recorded, though no new version came.
//!
//! Pure. Says that a file changed and never why (DV-08). Records are kept by `run::recorded`.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::listing::{Content, Listing};
use super::manifest::Digest;
use super::name::{DiskFileName, folded};

/// One image as it was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Print {
    /// The file's name.
    pub name: String,
    /// Its length in bytes.
    pub bytes: u64,
    /// Its digest.
    pub blake3: Digest,
    /// When it was last seen so (UTC).
    pub at: Timestamp,
}

/// The images of each server by their folded names.
pub type Recorded = BTreeMap<String, BTreeMap<String, Print>>;

/// A file that is no longer as it was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// The server.
    pub server: String,
    /// The file's name.
    pub path: String,
    /// When it was last seen as it was (UTC).
    pub since: Timestamp,
    /// Whether the server is the master.
    pub on_master: bool,
}

/// Returns the images of each server whose content was read.
pub fn prints<'a>(listings: impl IntoIterator<Item = (&'a str, &'a Listing)>, at: Timestamp) -> Recorded {
    let print = |file: &super::listing::FileSeen| match &file.content {
        Content::Read(found) if DiskFileName::parse(&file.name).is_some_and(|name| name.kind.is_image()) => {
            Some((folded(&file.name), Print { name: file.name.clone(), bytes: file.bytes, blake3: found.blake3, at }))
        }
        _ => None,
    };
    let of = |listing: &Listing| listing.files.iter().filter_map(print).collect();
    listings.into_iter().map(|(server, listing)| (server.to_owned(), of(listing))).collect()
}

/// Returns the images that changed without a new version.
///
/// A version that is made only on the master, and whose number is the disk's newest, is being written by CO-Store and may
/// change. So may one that CO-Store opened again, but the slaves then follow: an image that all servers hold alike is as
/// CO-Store left it.
pub fn changed(before: &Recorded, now: &Recorded, master: &str) -> Vec<Changed> {
    let mut found = Vec::new();
    for (server, files) in now {
        for (key, print) in files {
            let Some(was) = before.get(server).and_then(|files| files.get(key)) else { continue };
            if was.blake3 == print.blake3 && was.bytes == print.bytes {
                continue;
            }
            let others: Vec<&Print> =
                now.iter().filter(|(other, _)| *other != server).filter_map(|(_, files)| files.get(key)).collect();
            let all_alike = !others.is_empty() && others.iter().all(|other| other.blake3 == print.blake3);
            let being_written = others.is_empty() && server == master && is_newest(key, files);
            if !all_alike && !being_written {
                let on_master = server == master;
                found.push(Changed { server: server.clone(), path: print.name.clone(), since: was.at, on_master });
            }
        }
    }
    found
}

/// Returns what is to be recorded next: what is there now, but a file that changed stays as it was recorded, so that it
/// is told again until it is settled; so do the files of a server that could not be read.
pub fn next(before: &Recorded, now: Recorded, changed: &[Changed]) -> Recorded {
    let told: BTreeSet<(&str, String)> = changed.iter().map(|one| (one.server.as_str(), folded(&one.path))).collect();
    let mut next = before.clone();
    for (server, mut files) in now {
        let was = before.get(&server);
        for (key, print) in &mut files {
            if let Some(was) = was.and_then(|files| files.get(key)).filter(|_| told.contains(&(&server, key.clone()))) {
                *print = was.clone();
            }
        }
        next.insert(server, files);
    }
    next
}

fn is_newest(key: &str, files: &BTreeMap<String, Print>) -> bool {
    let parsed = |name: &str| DiskFileName::parse(name).map(|name| (folded(&name.disk), name.version));
    let Some((disk, version)) = parsed(key) else { return false };
    files.keys().filter_map(|other| parsed(other)).all(|(other, number)| other != disk || number <= version)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PVS: [&str; 3] = ["PVS1", "PVS2", "PVS3"];

    /// Each server's images as `name=content`, recorded at that second.
    fn seen(second: i64, servers: &[&[(&str, u8)]]) -> Recorded {
        let at = Timestamp::from_second(second).unwrap();
        let print = |(name, content): &(&str, u8)| {
            (folded(name), Print { name: (*name).into(), bytes: 1, blake3: Digest([*content; 32]), at })
        };
        PVS.iter().zip(servers).map(|(pvs, files)| ((*pvs).into(), files.iter().map(print).collect())).collect()
    }

    fn told(before: &[&[(&str, u8)]], now: &[&[(&str, u8)]]) -> Vec<String> {
        let found = changed(&seen(1, before), &seen(2, now), "PVS1");
        found.iter().map(|one| format!("{} {}", one.server, one.path)).collect()
    }

    // DV-08
    #[test]
    fn a_version_that_changed_on_the_master_alone_is_told() {
        let before: &[&[(&str, u8)]] = &[&[("H.vhd", 1), ("H.1.avhd", 2)], &[("H.vhd", 1), ("H.1.avhd", 2)]];
        assert_eq!(told(before, before), [""; 0]);
        assert_eq!(told(before, &[&[("H.vhd", 1), ("H.1.avhd", 9)], before[1]]), ["PVS1 H.1.avhd"]);
        assert_eq!(told(before, &[&[("H.vhd", 9), ("H.1.avhd", 2)], before[1]]), ["PVS1 H.vhd"]);
        // Without any slave an older version may not change either.
        assert_eq!(told(&before[..1], &[&[("H.vhd", 9), ("H.1.avhd", 2)]]), ["PVS1 H.vhd"]);
    }

    // DV-08
    #[test]
    fn a_version_that_is_being_written_or_was_replicated_is_not_told() {
        let master: &[(&str, u8)] = &[("H.vhd", 1), ("H.1.avhd", 2)];
        let slave: &[(&str, u8)] = &[("H.vhd", 1)];
        assert_eq!(told(&[master, slave], &[&[("H.vhd", 1), ("H.1.avhd", 3)], slave]), [""; 0]);
        let rewritten: &[(&str, u8)] = &[("H.vhd", 1), ("H.1.avhd", 3)];
        assert_eq!(told(&[master, master], &[rewritten, rewritten]), [""; 0]);
        assert_eq!(told(&[master, slave], &[master, master]), [""; 0], "a new file is no change");
    }

    // DV-08
    #[test]
    fn a_change_is_told_again_until_it_is_settled() {
        let old: &[(&str, u8)] = &[("H.vhd", 1)];
        let new: &[(&str, u8)] = &[("H.vhd", 9)];
        let before = seen(1, &[old, old]);
        let now = seen(2, &[new, old]);
        let first = changed(&before, &now, "PVS1");
        let recorded = next(&before, now.clone(), &first);
        assert_eq!(changed(&recorded, &now, "PVS1"), first);
        assert_eq!(first[0].since, Timestamp::from_second(1).unwrap());
        let settled = seen(3, &[old, old]);
        assert!(changed(&recorded, &settled, "PVS1").is_empty());
        let gone = next(&before, seen(2, &[old]), &[]);
        assert_eq!(gone["PVS2"], before["PVS2"], "a server that could not be read keeps its record");
    }
}
