//! Checks the chains of one server: whether each version's parent is there and is the one it was made from.
//!
//! Headers alone are read. A broken chain is proof that something is wrong; a whole one never proves that two servers
//! hold the same bytes, which [`super::compare`] says.

use std::fs::File;
use std::io::{Read, Seek};
use std::path::Path;

use jiff::Timestamp;

use super::header::{DiskId, HeaderError};
use super::link::{BrokenLink, ChainFault};
use super::listing::Listing;
use super::name::{DiskFileName, FileKind, same_name};
use super::vhd::{self, VhdTime, read_vhd};
use super::vhdx::{self, read_vhdx};

/// What an image's headers say of its place in a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// A VHD.
    Vhd {
        /// Its identity.
        id: DiskId,
        /// Its parent.
        parent: Option<vhd::Parent>,
    },
    /// A VHDX.
    Vhdx {
        /// The identity that its children name.
        data_write: DiskId,
        /// Its parent.
        parent: Option<vhdx::VhdxParent>,
        /// Whether its log is not empty.
        open: bool,
    },
}

/// One image of a store folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageSeen {
    /// The file's name in the store folder.
    pub name: String,
    /// When it was last written.
    pub modified: Timestamp,
    /// What its headers say, or why that isn't known.
    pub link: Result<Link, String>,
    /// Damage in spite of which the headers could be understood.
    pub faults: Vec<String>,
}

/// Reads the headers of a listing's images; one that can't be read is an entry with its reason.
pub fn read_images(folder: &Path, listing: &Listing) -> Vec<ImageSeen> {
    let images = listing.files.iter().filter_map(|file| {
        let kind = DiskFileName::parse(&file.name)?.kind;
        kind.is_image().then(|| seen(&file.name, file.modified, read_link(&folder.join(&file.name), kind)))
    });
    images.collect()
}

fn read_link(path: &Path, kind: FileKind) -> Result<(Link, Vec<HeaderError>), String> {
    if !path.metadata().map_err(|error| error.to_string())?.is_file() {
        return Err("it is not a file".to_owned());
    }
    link_of(&mut File::open(path).map_err(|error| error.to_string())?, kind)
}

/// Reads the headers of one image that lies anywhere; none where the name is no image's.
pub fn image_of<R: Read + Seek>(name: &str, modified: Timestamp, reader: &mut R) -> Option<ImageSeen> {
    let kind = DiskFileName::parse(name)?.kind;
    kind.is_image().then(|| seen(name, modified, link_of(reader, kind)))
}

fn seen(name: &str, modified: Timestamp, read: Result<(Link, Vec<HeaderError>), String>) -> ImageSeen {
    let (link, faults) = match read {
        Ok((link, faults)) => (Ok(link), faults.iter().map(ToString::to_string).collect()),
        Err(why) => (Err(why), Vec::new()),
    };
    ImageSeen { name: name.to_owned(), modified, link, faults }
}

fn link_of<R: Read + Seek>(reader: &mut R, kind: FileKind) -> Result<(Link, Vec<HeaderError>), String> {
    let said = |error: HeaderError| match error {
        HeaderError::Read { ref source, .. } => format!("{error}: {source}"),
        error => error.to_string(),
    };
    if matches!(kind, FileKind::Vhd | FileKind::Avhd) {
        let vhd = read_vhd(reader).map_err(said)?;
        let parent = vhd.parent().cloned();
        Ok((Link::Vhd { id: vhd.footer.id, parent }, vhd.faults))
    } else {
        let vhdx = read_vhdx(reader).map_err(said)?;
        let open = vhdx.is_open();
        Ok((Link::Vhdx { data_write: vhdx.header.data_write, parent: vhdx.parent, open }, vhdx.faults))
    }
}

/// Checks each image's link to its parent; empty where every chain is whole.
///
/// # Source
/// The parent's identity and time: "Virtual Hard Disk Image Format Specification", Microsoft. The parent's linkage:
/// "\[MS-VHDX\]: Virtual Hard Disk v2 (VHDX) File Format", Microsoft.
pub fn check_chains(images: &[ImageSeen]) -> Vec<BrokenLink> {
    let mut broken = Vec::new();
    for image in images {
        let mut add = |fault| broken.push(BrokenLink { path: image.name.clone(), fault });
        image.faults.iter().for_each(|what| add(ChainFault::Damaged { what: what.clone() }));
        match &image.link {
            Err(why) => add(ChainFault::Unreadable { why: why.clone() }),
            Ok(link) => {
                if matches!(link, Link::Vhdx { open: true, .. }) {
                    add(ChainFault::Open);
                }
                if let Some(fault) = check_link(image, link, images) {
                    add(fault);
                }
            }
        }
    }
    broken
}

/// What a child says of its parent, whatever the format.
struct Wanted {
    names: Vec<String>,
    identities: Vec<DiskId>,
    time: Option<VhdTime>,
}

fn wanted(link: &Link) -> Option<Wanted> {
    match link {
        Link::Vhd { parent, .. } => parent.as_ref().map(|parent| {
            let paths = parent.paths.iter().map(|place| &place.path);
            Wanted {
                names: names([&parent.name].into_iter().chain(paths)),
                identities: vec![parent.id],
                time: Some(parent.modified),
            }
        }),
        Link::Vhdx { parent, .. } => parent.as_ref().map(|parent| Wanted {
            names: names(parent.paths.iter().map(|(_, path)| path)),
            identities: parent.linkages.clone(),
            time: None,
        }),
    }
}

/// The last parts of paths, since a store has another path on every server.
fn names<'a>(paths: impl Iterator<Item = &'a String>) -> Vec<String> {
    let last = |path: &'a String| path.rsplit(['\\', '/']).next().map(str::to_owned);
    paths.filter_map(last).filter(|name| !name.is_empty()).collect()
}

fn check_link(image: &ImageSeen, link: &Link, images: &[ImageSeen]) -> Option<ChainFault> {
    let name = DiskFileName::parse(&image.name);
    let Some(wanted) = wanted(link) else {
        let is_difference = name.is_some_and(|name| name.kind.is_difference());
        return is_difference.then_some(ChainFault::NotADifference);
    };
    let fits = |other: &ImageSeen| identity(other).is_some_and(|id| wanted.identities.contains(&id));
    let named = |other: &ImageSeen| wanted.names.iter().any(|name| same_name(name, &other.name));
    // By name first: the file by that name is the one that will be opened. Without a name by identity.
    let found = match wanted.names.is_empty() {
        false => images.iter().find(|other| named(other)),
        true => images.iter().find(|other| other.name != image.name && fits(other)),
    };
    let Some(parent) = found else {
        let by_identity = || wanted.identities.first().map(ToString::to_string).unwrap_or_default();
        return Some(ChainFault::ParentMissing { parent: wanted.names.first().cloned().unwrap_or_else(by_identity) });
    };
    if let (Some(child), Some(parent_name)) = (name, DiskFileName::parse(&parent.name))
        && same_name(&child.disk, &parent_name.disk)
        && parent_name.version >= child.version
    {
        return Some(ChainFault::ParentNotOlder { parent: parent.name.clone() });
    }
    // A parent whose headers can't be read is its own fault.
    let have = identity(parent)?;
    if !wanted.identities.contains(&have) {
        let want = wanted.identities.first().copied().unwrap_or(DiskId([0; 16]));
        return Some(ChainFault::OtherParent {
            parent: parent.name.clone(),
            want: want.to_string(),
            have: have.to_string(),
        });
    }
    let want = wanted.time?;
    let have = VhdTime::of(parent.modified);
    (have != Some(want)).then(|| ChainFault::ParentTime {
        parent: parent.name.clone(),
        want: want.timestamp().to_string(),
        have: have.map(|time| time.timestamp().to_string()),
    })
}

/// The identity by which children of the image's own format know it.
fn identity(image: &ImageSeen) -> Option<DiskId> {
    match image.link.as_ref().ok()? {
        Link::Vhd { id, .. } => Some(*id),
        Link::Vhdx { data_write, .. } => Some(*data_write),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::{Duration, SystemTime};

    use super::*;
    use crate::disk::folder::list_folder;
    use crate::disk::vhd_build::{Image, ParentLink, build_differencing, build_dynamic};

    /// Seconds since 2000.
    const MADE: u32 = 700_000_000;

    fn write(folder: &Path, name: &str, bytes: &[u8], made: u32) {
        let path = folder.join(name);
        fs::write(&path, bytes).expect("written");
        let file = File::options().write(true).open(path).expect("opened");
        let seconds = Duration::from_secs(946_684_800 + u64::from(made)) + Duration::from_millis(700);
        file.set_modified(SystemTime::UNIX_EPOCH + seconds).expect("set");
    }

    fn version(seed: &str, parent: &str, parent_seed: &str) -> Vec<u8> {
        let parent =
            ParentLink { id: Image::small(parent_seed).id(), modified: VhdTime(MADE), file: parent.to_owned() };
        build_differencing(&Image::small(seed), &parent).expect("valid")
    }

    /// A base and two versions.
    fn store() -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        write(folder.path(), "Hoge.vhd", &build_dynamic(&Image::small("Hoge")).expect("valid"), MADE);
        write(folder.path(), "Hoge.1.avhd", &version("Hoge.1", "Hoge.vhd", "Hoge"), MADE);
        write(folder.path(), "Hoge.2.avhd", &version("Hoge.2", "Hoge.1.avhd", "Hoge.1"), MADE);
        folder
    }

    fn faults(folder: &Path) -> Vec<(String, ChainFault)> {
        let listing = list_folder(folder).expect("readable");
        let broken = check_chains(&read_images(folder, &listing));
        broken.into_iter().map(|link| (link.path, link.fault)).collect()
    }

    #[test]
    fn a_whole_chain_has_no_fault() {
        assert_eq!(faults(store().path()), []);
    }

    #[test]
    fn a_missing_version_is_named_by_its_child() {
        let folder = store();
        fs::remove_file(folder.path().join("Hoge.1.avhd")).expect("removed");
        let parent = "Hoge.1.avhd".to_owned();
        assert_eq!(faults(folder.path()), [("Hoge.2.avhd".to_owned(), ChainFault::ParentMissing { parent })]);
    }

    #[test]
    fn a_base_of_another_disk_is_not_the_parent() {
        let folder = store();
        write(folder.path(), "Hoge.vhd", &build_dynamic(&Image::small("Fuga")).expect("valid"), MADE);
        let [(path, ChainFault::OtherParent { want, have, .. })] = &faults(folder.path())[..] else {
            panic!("{:?}", faults(folder.path()))
        };
        assert_eq!((path.as_str(), want.as_str()), ("Hoge.1.avhd", Image::small("Hoge").id().to_string().as_str()));
        assert_eq!(*have, Image::small("Fuga").id().to_string());
    }

    #[test]
    fn a_parent_written_later_is_told_by_its_time() {
        let folder = store();
        write(folder.path(), "Hoge.vhd", &build_dynamic(&Image::small("Hoge")).expect("valid"), MADE + 1);
        let fault = ChainFault::ParentTime {
            parent: "Hoge.vhd".to_owned(),
            want: VhdTime(MADE).timestamp().to_string(),
            have: Some(VhdTime(MADE + 1).timestamp().to_string()),
        };
        assert_eq!(faults(folder.path()), [("Hoge.1.avhd".to_owned(), fault)]);
    }

    #[test]
    fn a_version_that_names_itself_is_no_chain() {
        let folder = store();
        write(folder.path(), "Hoge.2.avhd", &version("Hoge.2", "Hoge.2.avhd", "Hoge.2"), MADE);
        let parent = "Hoge.2.avhd".to_owned();
        assert_eq!(faults(folder.path()), [("Hoge.2.avhd".to_owned(), ChainFault::ParentNotOlder { parent })]);
    }

    #[test]
    fn a_damaged_parent_is_said_once_and_its_child_not_blamed() {
        let folder = store();
        write(folder.path(), "Hoge.vhd", b"not a disk", MADE);
        write(folder.path(), "Fuga.1.avhd", &build_dynamic(&Image::small("Fuga")).expect("valid"), MADE);
        let found = faults(folder.path());
        assert_eq!(found.len(), 2, "{found:?}");
        assert_eq!(found[0], ("Fuga.1.avhd".to_owned(), ChainFault::NotADifference));
        assert!(matches!(&found[1], (path, ChainFault::Unreadable { .. }) if path == "Hoge.vhd"));
    }

    #[test]
    fn vhdx_links_go_by_the_parent_s_last_write() {
        let image = |name: &str, data_write: u8, linkages: Vec<DiskId>, open| ImageSeen {
            name: name.to_owned(),
            modified: Timestamp::UNIX_EPOCH,
            link: Ok(Link::Vhdx {
                data_write: DiskId([data_write; 16]),
                parent: (!linkages.is_empty()).then(|| vhdx::VhdxParent { linkages, paths: Vec::new() }),
                open,
            }),
            faults: Vec::new(),
        };
        let child = image("Hoge.1.avhdx", 2, vec![DiskId([9; 16]), DiskId([1; 16])], false);
        assert_eq!(check_chains(&[image("Hoge.vhdx", 1, vec![], false), child.clone()]), []);
        let broken = check_chains(&[image("Hoge.vhdx", 7, vec![], true), child]);
        let faults: Vec<&ChainFault> = broken.iter().map(|link| &link.fault).collect();
        let parent = "09090909-0909-0909-0909-090909090909".to_owned();
        assert_eq!(faults, [&ChainFault::Open, &ChainFault::ParentMissing { parent }]);
    }
}
