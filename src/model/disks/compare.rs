//! Compares the servers of a store: which file equals the master's, and where one differs. The guards of a plan and the
//! command that shows the servers side by side both ask here.
//!
//! Pure: listings in, verdicts out. Never says why files differ and never picks the right one (DV-01, DV-02). Listings
//! are made in `disk::folder`.

use std::collections::{BTreeMap, BTreeSet};

use super::difference::{Difference, Grain};
use super::link::{BrokenLink, ChainFault};
use super::listing::{Content, FileSeen, Listing, Quarantine};
use super::manifest::{ByteRange, Manifest, differing_blocks, differing_ranges};
use super::name::{DiskFileName, folded, same_name};

/// One server's part of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerFiles {
    /// The server's name.
    pub server: String,
    /// What its store folder holds, or why that isn't known.
    pub listing: Result<Listing, String>,
}

/// Versions in maintenance: disk name and version number.
pub type Maintenance = BTreeSet<(String, u32)>;

/// How a server's file stands to the master's of the same name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileState {
    /// The same bytes.
    Equal,
    /// Other bytes.
    Differs(Difference),
    /// The master has it, this server doesn't.
    Missing,
    /// This server has it, the master doesn't.
    Extra,
    /// The newest version, in maintenance, which only the master has while it is written.
    Maintenance,
    /// A side couldn't be read.
    Unreadable {
        /// The server whose file it was.
        server: String,
        /// Why.
        why: String,
    },
    /// A side changed while it was read, or a program holds it.
    InUse {
        /// The server whose file it was.
        server: String,
        /// How that was seen.
        why: String,
    },
    /// A side was listed and not read, and the lengths are equal.
    Unread {
        /// The server whose file it was.
        server: String,
    },
}

impl FileState {
    /// Whether the file holds other bytes than the master's. That two images hold the same disk explains a divergence,
    /// and doesn't end it.
    pub fn is_divergent(&self) -> bool {
        matches!(self, FileState::Differs(_))
    }
}

/// A file of a server, compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileCompared {
    /// The file's name.
    pub path: String,
    /// How it stands to the master's.
    pub state: FileState,
}

/// What a server's vDisk files are, as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Disks {
    /// Every file equals the master's, and none is missing or extra.
    Complete,
    /// Files are missing or extra, and none of those that both have differs: replication is to come (CS-08). So it is
    /// where the newest version is being written on the master: a server without it can't take the master's place.
    Awaiting,
    /// A file of the same name has other content (DV-01).
    Divergent,
    /// A folder `Invalid` holds files and interrupts CO-Store's tasks (DV-03).
    Invalid,
    /// No disk image is there.
    None,
    /// It can't be said.
    Unknown {
        /// Why.
        why: String,
    },
}

/// One server, compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerCompared {
    /// The server's name.
    pub server: String,
    /// What its files are as a whole.
    pub disks: Disks,
    /// The files of this server and of the master, by name; empty where one of the two isn't known.
    pub files: Vec<FileCompared>,
    /// The folders `Invalid` and those renamed from it.
    pub quarantines: Vec<Quarantine>,
    /// What is wrong with its chains.
    pub broken: Vec<BrokenLink>,
}

/// The servers of a store, compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// The server against whose files the others were compared.
    pub master: String,
    /// Each server, the master among them, in the order in which they were given.
    pub servers: Vec<ServerCompared>,
}

/// Compares each server's files with the master's.
///
/// The newest version of a disk that is in `maintenance` may be on the master alone, and may be in use there.
///
/// # Source
/// CS-08, DV-01, DV-03.
pub fn compare(master: &str, servers: &[ServerFiles], maintenance: &Maintenance) -> Comparison {
    compare_by(master, servers, maintenance, &compare_content)
}

/// A way to compare a file of the master with the one of that name on the server that the pair names.
pub(crate) type CompareContent<'a> = &'a dyn Fn(&Pair<'_>, &FileSeen, &FileSeen) -> FileState;

/// Compares as [`compare`] does, contents by `content`.
pub(crate) fn compare_by(
    master: &str,
    servers: &[ServerFiles],
    maintenance: &Maintenance,
    content: CompareContent<'_>,
) -> Comparison {
    let leading = servers.iter().find(|one| one.server == master);
    let leading = match leading.map(|one| &one.listing) {
        Some(Ok(listing)) => Ok(listing),
        Some(Err(why)) => Err(format!("the files of the master `{master}` aren't known: {why}")),
        None => Err(format!("the files of the master `{master}` weren't given")),
    };
    let in_maintenance = leading.as_ref().map_or_else(|_| BTreeSet::new(), |files| newest(files, maintenance));
    let servers = servers.iter().map(|one| {
        let (disks, files) = match (&one.listing, &leading) {
            (Err(why), _) => (Disks::Unknown { why: why.clone() }, Vec::new()),
            (Ok(ours), Err(why)) => (disks(ours, &[], Err(why)), Vec::new()),
            (Ok(ours), Ok(leading)) => {
                let listings = (*leading, ours);
                let pair = Pair { master, server: &one.server, in_maintenance: &in_maintenance, listings };
                let files = compare_files(&pair, content);
                (disks(ours, &files, Ok(leading)), files)
            }
        };
        let of = |ours: &Listing| (ours.quarantines.clone(), ours.broken.clone());
        let (quarantines, broken) = one.listing.as_ref().map(of).unwrap_or_default();
        ServerCompared { server: one.server.clone(), disks, files, quarantines, broken }
    });
    Comparison { master: master.to_owned(), servers: servers.collect() }
}

/// The names of the master's files that belong to the newest version of a disk, where that is in maintenance.
fn newest(listing: &Listing, maintenance: &Maintenance) -> BTreeSet<String> {
    let maintenance: BTreeSet<_> = maintenance.iter().map(|(disk, version)| (folded(disk), Some(*version))).collect();
    let parsed =
        || listing.files.iter().filter_map(|file| Some((folded(&file.name), DiskFileName::parse(&file.name)?)));
    let mut newest: BTreeMap<String, Option<u32>> = BTreeMap::new();
    for (_, name) in parsed().filter(|(_, name)| name.kind.is_image()) {
        let version = newest.entry(folded(&name.disk)).or_default();
        *version = (*version).max(name.version);
    }
    parsed()
        .filter(|(_, name)| {
            let disk = folded(&name.disk);
            newest.get(&disk) == Some(&name.version) && maintenance.contains(&(disk, name.version))
        })
        .map(|(file, _)| file)
        .collect()
}

/// The two servers that are compared.
pub(crate) struct Pair<'a> {
    pub(crate) master: &'a str,
    pub(crate) server: &'a str,
    in_maintenance: &'a BTreeSet<String>,
    /// What the master and the server hold.
    listings: (&'a Listing, &'a Listing),
}

fn compare_files(pair: &Pair<'_>, content: CompareContent<'_>) -> Vec<FileCompared> {
    let (leading, ours) = pair.listings;
    let mut names: BTreeMap<String, (Vec<&FileSeen>, Vec<&FileSeen>)> = BTreeMap::new();
    for file in &leading.files {
        names.entry(folded(&file.name)).or_default().0.push(file);
    }
    for file in &ours.files {
        names.entry(folded(&file.name)).or_default().1.push(file);
    }
    let compared = names.iter().filter_map(|(name, (leading, ours))| {
        let path = leading.iter().chain(ours).next()?.name.clone();
        let excused = pair.in_maintenance.contains(name);
        Some(FileCompared { path, state: compare_file(pair, excused, (leading, ours), content) })
    });
    compared.collect()
}

fn compare_file(
    pair: &Pair<'_>,
    excused: bool,
    (leading, ours): (&[&FileSeen], &[&FileSeen]),
    content: CompareContent<'_>,
) -> FileState {
    let alike = |server: &str| FileState::Unreadable {
        server: server.to_owned(),
        why: "the folder holds two files whose names differ only in case".to_owned(),
    };
    match (leading, ours) {
        _ if excused && (pair.server == pair.master || ours.is_empty()) => FileState::Maintenance,
        (_, []) => FileState::Missing,
        ([], _) => FileState::Extra,
        ([leading], [ours]) => content(pair, leading, ours),
        (_, [_]) => alike(pair.master),
        _ => alike(pair.server),
    }
}

fn compare_content(pair: &Pair<'_>, leading: &FileSeen, ours: &FileSeen) -> FileState {
    if let Some(in_doubt) = in_doubt_by_reading(pair, leading, ours) {
        return in_doubt;
    }
    if let (Content::Read(one), Content::Read(other)) = (&leading.content, &ours.content) {
        return by_manifests(differing_ranges(one, other), pair, (leading, ours));
    }
    match (outlined(leading), outlined(ours)) {
        (Some(one), Some(other)) => by_manifests(differing_blocks(one, other), pair, (leading, ours)),
        // Unequal lengths prove a difference without reading; equal ones prove nothing.
        _ if leading.bytes != ours.bytes => {
            let (start, end) = (leading.bytes.min(ours.bytes), leading.bytes.max(ours.bytes));
            by_manifests(vec![ByteRange { start, end }], pair, (leading, ours))
        }
        (None, _) => FileState::Unread { server: pair.master.to_owned() },
        _ => FileState::Unread { server: pair.server.to_owned() },
    }
}

/// What is in doubt because a side couldn't be read, or changed meanwhile.
pub(crate) fn in_doubt_by_reading(pair: &Pair<'_>, leading: &FileSeen, ours: &FileSeen) -> Option<FileState> {
    let unsure = |server: &str, content: &Content| match content {
        Content::Unreadable { why } => Some(FileState::Unreadable { server: server.to_owned(), why: why.clone() }),
        Content::InUse { why } => Some(FileState::InUse { server: server.to_owned(), why: why.clone() }),
        Content::Unread | Content::Read(_) | Content::Outlined(_) => None,
    };
    unsure(pair.server, &ours.content).or_else(|| unsure(pair.master, &leading.content))
}

fn by_manifests(ranges: Vec<ByteRange>, pair: &Pair<'_>, (leading, ours): (&FileSeen, &FileSeen)) -> FileState {
    let is_image = DiskFileName::parse(&ours.name).is_some_and(|name| name.kind.is_image());
    match ranges.is_empty() {
        true => FileState::Equal,
        false if !is_image => FileState::Differs(Difference::of_bytes(ranges, Grain::Block)),
        false => FileState::Differs(Difference::by_manifests(
            ranges,
            (pair.master, pair.listings.0.images.get(&leading.name)),
            (pair.server, pair.listings.1.images.get(&ours.name)),
        )),
    }
}

/// The length and manifest of a file that was read.
fn outlined(file: &FileSeen) -> Option<(u64, &Manifest)> {
    match &file.content {
        Content::Read(found) => Some((found.bytes, &found.manifest)),
        Content::Outlined(found) => Some((found.bytes, &found.manifest)),
        _ => None,
    }
}

/// The verdict, from what blocks most to what blocks least; what is proven goes before what isn't known.
fn disks(ours: &Listing, files: &[FileCompared], leading: Result<&Listing, &String>) -> Disks {
    let states = || files.iter().filter(|file| must_agree(&file.path)).map(|file| (&file.path, &file.state));
    // Whoever writes a version may hold its file alone, and has its headers in pieces.
    let is_maintained = |file: &&FileCompared| file.state == FileState::Maintenance;
    let is_written =
        |link: &BrokenLink| files.iter().filter(is_maintained).any(|file| same_name(&file.path, &link.path));
    let unlisted = ours.quarantines.iter().find_map(|found| found.unreadable.as_ref().filter(|_| found.is_in_force()));
    if ours.quarantines.iter().any(Quarantine::blocks) {
        Disks::Invalid
    } else if states().any(|(_, state)| state.is_divergent()) {
        Disks::Divergent
    } else if let Some(why) = unlisted {
        Disks::Unknown { why: format!("the folder `Invalid` could not be listed: {why}") }
    } else if let Err(why) = leading {
        // Before whatever an empty folder means: beside files that nobody could list it means nothing.
        Disks::Unknown { why: why.clone() }
    } else if !ours.has_images() {
        Disks::None
    } else if let Some(why) = states().find_map(|(path, state)| in_doubt(path, state)) {
        Disks::Unknown { why }
    } else if states().any(|(path, state)| is_to_come(ours, path, state)) {
        // A chain that misses a version of the master's is whole once the version has come.
        Disks::Awaiting
    } else if let Some(link) = ours.broken.iter().find(|link| !is_written(link) && breaks(link, leading.ok())) {
        Disks::Unknown { why: format!("the chain of `{}` is broken: {}", link.path, link.fault) }
    } else {
        Disks::Complete
    }
}

/// Whether replication has still to bring or take away a file.
fn is_to_come(ours: &Listing, path: &str, state: &FileState) -> bool {
    match state {
        FileState::Missing | FileState::Extra => true,
        // The master itself has it.
        FileState::Maintenance => !ours.files.iter().any(|file| folded(&file.name) == folded(path)),
        _ => false,
    }
}

fn must_agree(path: &str) -> bool {
    DiskFileName::parse(path).is_none_or(|name| name.kind.must_agree())
}

/// Whether a fault leaves no image that can be served. A structure of which a copy is whole can be read, and a program may
/// have a file open that is being written. A parent of another time than its child names may be refused by PVS, even if
/// its identity is right and only a copy lost its time; where the master serves the chain so, it is no fault of ours.
fn breaks(link: &BrokenLink, leading: Option<&Listing>) -> bool {
    let is_time = |link: &BrokenLink| matches!(link.fault, ChainFault::ParentTime { .. });
    let same = |other: &BrokenLink| is_time(other) && folded(&other.path) == folded(&link.path);
    match link.fault {
        ChainFault::ParentTime { .. } => !leading.is_some_and(|leading| leading.broken.iter().any(same)),
        ChainFault::Damaged { .. } | ChainFault::Open => false,
        _ => true,
    }
}

fn in_doubt(path: &str, state: &FileState) -> Option<String> {
    match state {
        FileState::Unreadable { server, why } => Some(format!("`{path}` on `{server}` could not be read: {why}")),
        FileState::InUse { server, why } => Some(format!("`{path}` on `{server}` is in use: {why}")),
        FileState::Unread { server } => Some(format!("`{path}` on `{server}` was not read")),
        _ => None,
    }
}

#[cfg(test)]
#[path = "compare_tests.rs"]
mod tests;
