//! Which files are no longer as they were when they were last recorded, though no new version came.
//!
//! Pure. Says that a file changed and never why (DV-08). What a look does not show stays as it was recorded: a file that
//! is mounted meanwhile, or a server that is silent, must not make a change unseen. Records are kept by `run::recorded`.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::compare::Maintenance;
use super::listing::{Content, FileSeen, Listing};
use super::manifest::Digest;
use super::name::{DiskFileName, folded, same_name};
use crate::model::name::ServerName;

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
pub type Recorded = BTreeMap<ServerName, BTreeMap<String, Print>>;

/// The images of a server's folder by their folded names; none of one that was listed and not read.
pub type Images = BTreeMap<String, Option<Print>>;

/// What a look shows of a store's servers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shown {
    /// The images of each server that holds the store's files, or may hold them; none of one that did not tell.
    pub holders: BTreeMap<ServerName, Option<Images>>,
    /// Whether no other server holds any. Only true where every server's role is known.
    pub are_all: bool,
    /// The versions that PVS says are in maintenance: they may change from one moment to the next.
    pub in_maintenance: Maintenance,
}

/// What a server has under a name.
enum Held<'a> {
    /// It was read.
    Read(&'a Print),
    /// It was not read; with how it was recorded, where it was.
    Unread(Option<&'a Print>),
}

impl Shown {
    /// Whether an image is being written, by its folded name.
    fn is_written(&self, key: &str) -> bool {
        DiskFileName::parse(key).is_some_and(|name| {
            let is_this =
                |(disk, version): &(String, u32)| same_name(disk, &name.disk) && Some(*version) == name.version;
            self.in_maintenance.iter().any(is_this)
        })
    }

    /// Returns what a server has under a folded name; none where it is known to have nothing.
    fn held<'a>(&'a self, before: &'a Recorded, server: &ServerName, key: &str) -> Option<Held<'a>> {
        let was = before.get(server).and_then(|files| files.get(key));
        match self.holders.get(server) {
            Some(Some(images)) => match images.get(key)? {
                Some(print) => Some(Held::Read(print)),
                None => Some(Held::Unread(was)),
            },
            None if self.are_all => None,
            Some(None) | None => was.map(|was| Held::Unread(Some(was))),
        }
    }

    /// Returns what the servers but this one have under a folded name.
    fn others<'a>(&'a self, before: &'a Recorded, server: &ServerName, key: &str) -> Vec<Held<'a>> {
        let unseen = before.keys().filter(|other| !self.holders.contains_key(*other));
        let others = self.holders.keys().chain(unseen).filter(|other| *other != server);
        others.filter_map(|other| self.held(before, other, key)).collect()
    }
}

/// Returns the images of a listing.
pub fn images(listing: &Listing, at: Timestamp) -> Images {
    let is_image = |file: &&FileSeen| DiskFileName::parse(&file.name).is_some_and(|name| name.kind.is_image());
    let image = |file: &FileSeen| {
        let print = match &file.content {
            Content::Read(found) => {
                Some(Print { name: file.name.clone(), bytes: file.bytes, blake3: found.blake3, at })
            }
            _ => None,
        };
        (folded(&file.name), print)
    };
    listing.files.iter().filter(is_image).map(image).collect()
}

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

/// Returns the images that changed without a new version.
///
/// A version that PVS says is in maintenance may change, and so may one that is made only on the master and whose number is
/// the disk's newest: CO-Store writes it. Where CO-Store opened one again, the slaves follow: an image that all servers hold
/// alike is as CO-Store left it. A server's image that was not read counts as it was recorded, so that silence is no agreement.
pub fn changed(before: &Recorded, now: &Shown, master: &ServerName) -> Vec<Changed> {
    let mut found = Vec::new();
    for (server, images) in now.holders.iter().filter_map(|(server, images)| Some((server, images.as_ref()?))) {
        for (key, print) in images.iter().filter_map(|(key, print)| Some((key, print.as_ref()?))) {
            let was = before.get(server).and_then(|files| files.get(key)).filter(|was| !is_same(was, print));
            let Some(was) = was.filter(|_| !now.is_written(key)) else { continue };
            let others = now.others(before, server, key);
            let is_alike = |held: &Held<'_>| match held {
                Held::Read(other) | Held::Unread(Some(other)) => is_same(other, print),
                Held::Unread(None) => false,
            };
            let all_alike = !others.is_empty() && others.iter().all(is_alike);
            let being_written = others.is_empty() && server == master && is_newest(key, images);
            if !all_alike && !being_written {
                let on_master = server == master;
                found.push(Changed { server: server.to_string(), path: print.name.clone(), since: was.at, on_master });
            }
        }
    }
    found
}

/// Returns what is to be recorded next: what is there now, but what was not read stays as it was recorded; so does a
/// file that was told as changed, until it is settled, and one that another server has and did not show. A version that is
/// being written has no print: what it becomes is known once it was closed.
pub fn next(before: &Recorded, now: &Shown, changed: &[Changed]) -> Recorded {
    let is_told = |server: &ServerName, print: &Print| {
        changed.iter().any(|one| server.is(&one.server) && folded(&one.path) == folded(&print.name))
    };
    let is_unsettled = |server: &ServerName, key: &str, print: &Print| {
        is_told(server, print) || now.others(before, server, key).iter().any(|held| matches!(held, Held::Unread(_)))
    };
    let mut next: Recorded = before.clone();
    next.retain(|server, _| !now.are_all || now.holders.contains_key(server));
    for (server, images) in now.holders.iter().filter_map(|(server, images)| Some((server, images.as_ref()?))) {
        let was = next.entry(server.clone()).or_default();
        was.retain(|key, _| images.contains_key(key) && !now.is_written(key));
        let read = images.iter().filter_map(|(key, print)| Some((key, print.as_ref()?)));
        for (key, print) in read.filter(|(key, _)| !now.is_written(key)) {
            let stays = was.get(key).is_some_and(|was| !is_same(was, print) && is_unsettled(server, key, print));
            if !stays {
                was.insert(key.clone(), print.clone());
            }
        }
    }
    next
}

fn is_same(one: &Print, other: &Print) -> bool {
    one.bytes == other.bytes && one.blake3 == other.blake3
}

fn is_newest(key: &str, images: &Images) -> bool {
    let parsed = |name: &str| DiskFileName::parse(name).map(|name| (folded(&name.disk), name.version));
    let Some((disk, version)) = parsed(key) else { return false };
    images.keys().filter_map(|other| parsed(other)).all(|(other, number)| other != disk || number <= version)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PVS: [&str; 3] = ["PVS1", "PVS2", "PVS3"];
    /// The content of an image that was listed and not read.
    const UNREAD: u8 = 0;

    type Files<'a> = &'a [(&'a str, u8)];

    fn name(server: &str) -> ServerName {
        ServerName::new(server).unwrap()
    }

    /// What that second shows of each server's images as `name=content`; none of a server that is silent.
    fn shown(second: i64, servers: &[Option<Files<'_>>]) -> Shown {
        let at = Timestamp::from_second(second).unwrap();
        let image = |(name, content): &(&str, u8)| {
            let print = || Print { name: (*name).into(), bytes: 1, blake3: Digest([*content; 32]), at };
            (folded(name), (*content != UNREAD).then(print))
        };
        let images = |files: &Option<Files<'_>>| files.map(|files| files.iter().map(image).collect());
        let holders = PVS.iter().zip(servers).map(|(pvs, files)| (name(pvs), images(files)));
        Shown { holders: holders.collect(), are_all: true, in_maintenance: Maintenance::new() }
    }

    fn recorded(servers: &[Files<'_>]) -> Recorded {
        let servers: Vec<_> = servers.iter().map(|files| Some(*files)).collect();
        next(&Recorded::new(), &shown(1, &servers), &[])
    }

    /// What is told of a look, and what is recorded then.
    fn look(before: &Recorded, now: &Shown) -> (Vec<String>, Recorded) {
        let found = changed(before, now, &name("pvs1"));
        (found.iter().map(|one| format!("{} {}", one.server, one.path)).collect(), next(before, now, &found))
    }

    fn told(before: &[Files<'_>], now: &[Files<'_>]) -> Vec<String> {
        let now: Vec<_> = now.iter().map(|files| Some(*files)).collect();
        look(&recorded(before), &shown(2, &now)).0
    }

    // DV-08
    #[test]
    fn a_version_that_changed_on_the_master_alone_is_told() {
        let before: &[Files<'_>] = &[&[("H.vhd", 1), ("H.1.avhd", 2)], &[("H.vhd", 1), ("H.1.avhd", 2)]];
        assert_eq!(told(before, before), [""; 0]);
        assert_eq!(told(before, &[&[("H.vhd", 1), ("H.1.avhd", 9)], before[1]]), ["PVS1 H.1.avhd"]);
        assert_eq!(told(before, &[&[("H.vhd", 9), ("H.1.avhd", 2)], before[1]]), ["PVS1 H.vhd"]);
        // Without any slave an older version may not change either.
        assert_eq!(told(&before[..1], &[&[("H.vhd", 9), ("H.1.avhd", 2)]]), ["PVS1 H.vhd"]);
    }

    // DV-08
    #[test]
    fn a_version_that_is_being_written_or_was_replicated_is_not_told() {
        let master: Files<'_> = &[("H.vhd", 1), ("H.1.avhd", 2)];
        let slave: Files<'_> = &[("H.vhd", 1)];
        assert_eq!(told(&[master, slave], &[&[("H.vhd", 1), ("H.1.avhd", 3)], slave]), [""; 0]);
        let rewritten: Files<'_> = &[("H.vhd", 1), ("H.1.avhd", 3)];
        assert_eq!(told(&[master, master], &[rewritten, rewritten]), [""; 0]);
        assert_eq!(told(&[master, slave], &[master, master]), [""; 0], "a new file is no change");
    }

    // DV-08, DV-09: a version that CO-Store opened again is written on the master while the slaves hold it as it was.
    #[test]
    fn a_version_in_maintenance_is_not_told_and_has_no_record_until_it_is_closed() {
        let old: Files<'_> = &[("H.vhd", 1), ("H.1.avhd", 2)];
        let new: Files<'_> = &[("H.vhd", 1), ("H.1.avhd", 9)];
        let before = recorded(&[old, old]);
        let mut open = shown(2, &[Some(new), Some(old)]);
        open.in_maintenance = [("h".to_owned(), 1)].into();
        let (said, kept) = look(&before, &open);
        assert_eq!((said.len(), kept[&name("PVS1")].contains_key("H.1.AVHD")), (0, false));
        assert!(kept[&name("PVS1")].contains_key("H.VHD"));
        // Closed, and not replicated yet.
        let (said, kept) = look(&kept, &shown(3, &[Some(new), Some(old)]));
        assert_eq!(said, [""; 0]);
        let later: Files<'_> = &[("H.vhd", 1), ("H.1.avhd", 8)];
        assert_eq!(look(&kept, &shown(4, &[Some(later), Some(old)])).0, ["PVS1 H.1.avhd"]);
    }

    // DV-08
    #[test]
    fn a_change_is_told_again_until_it_is_settled() {
        let old: Files<'_> = &[("H.vhd", 1)];
        let new: Files<'_> = &[("H.vhd", 9)];
        let before = recorded(&[old, old]);
        let now = shown(2, &[Some(new), Some(old)]);
        let first = changed(&before, &now, &name("PVS1"));
        let kept = next(&before, &now, &first);
        assert_eq!(changed(&kept, &now, &name("PVS1")), first);
        assert_eq!(first[0].since, Timestamp::from_second(1).unwrap());
        assert_eq!(look(&kept, &shown(3, &[Some(old), Some(old)])).0, [""; 0]);
    }

    // DV-08
    #[test]
    fn an_image_that_was_mounted_meanwhile_keeps_its_record() {
        let old: Files<'_> = &[("H.vhd", 1)];
        let before = recorded(&[old, old]);
        let (said, kept) = look(&before, &shown(2, &[Some(&[("H.vhd", UNREAD)]), Some(old)]));
        assert_eq!((said.len(), &kept[&name("PVS1")]), (0, &before[&name("PVS1")]));
        assert_eq!(look(&kept, &shown(3, &[Some(&[("H.vhd", 9)]), Some(old)])).0, ["PVS1 H.vhd"]);
        let gone = look(&kept, &shown(3, &[Some(&[]), Some(old)])).1;
        assert!(gone[&name("PVS1")].is_empty(), "the folder shows that it is gone");
    }

    // DV-08
    #[test]
    fn a_slave_that_is_silent_or_cannot_be_read_does_not_make_a_change_one_of_a_write_session() {
        let old: Files<'_> = &[("H.vhd", 1), ("H.1.avhd", 2)];
        let new: Files<'_> = &[("H.vhd", 1), ("H.1.avhd", 9)];
        let before = recorded(&[old, old]);
        let unread: Files<'_> = &[("H.vhd", 1), ("H.1.avhd", UNREAD)];
        for slave in [None, Some(unread)] {
            let (said, kept) = look(&before, &shown(2, &[Some(new), slave]));
            assert_eq!(said, ["PVS1 H.1.avhd"], "{slave:?}");
            assert_eq!(look(&kept, &shown(3, &[Some(new), Some(old)])).0, ["PVS1 H.1.avhd"], "{slave:?}");
            assert_eq!(look(&kept, &shown(3, &[Some(new), Some(new)])).0, [""; 0], "{slave:?}");
        }
        // One that the look does not even name may hold it as well, unless all roles are known.
        let mut partly = shown(2, &[Some(new)]);
        partly.are_all = false;
        assert_eq!(look(&before, &partly).0, ["PVS1 H.1.avhd"]);
        let (said, kept) = look(&before, &shown(2, &[Some(new)]));
        assert_eq!((said.len(), kept.len()), (0, 1), "a server that is no slave any more holds nothing that counts");
    }

    // DV-08
    #[test]
    fn a_record_is_not_overwritten_while_a_server_that_has_the_image_is_unread() {
        let (one, two): (Files<'_>, Files<'_>) = (&[("H.vhd", 1)], &[("H.vhd", 2)]);
        let before = recorded(&[one, two]);
        let (said, kept) = look(&before, &shown(2, &[Some(two), None]));
        assert_eq!((said.len(), &kept), (0, &before));
        assert_eq!(look(&kept, &shown(3, &[Some(two), Some(one)])).0, ["PVS1 H.vhd", "PVS2 H.vhd"]);
        assert_eq!(look(&kept, &shown(3, &[Some(two), Some(two)])).1, recorded_at_3(two));
    }

    fn recorded_at_3(files: Files<'_>) -> Recorded {
        next(&Recorded::new(), &shown(3, &[Some(files), Some(files)]), &[])
    }
}
