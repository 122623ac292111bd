//! What the name of an entry in a store folder says: which disk, which version, which kind of file.
//!
//! Looks at names only and opens nothing. Names compare as Windows compares them, without regard to case.
//! The files themselves are read in `disk::folder`.

use std::fmt;

use jiff::civil::{Date, DateTime};
use serde::{Deserialize, Serialize};

/// The kind of file that an extension stands for.
///
/// # Source
/// "Managing vDisks" and "Replicating vDisks" of the Citrix Provisioning product documentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileKind {
    /// `.vhd`: a base, or a base that a merge has made.
    Vhd,
    /// `.avhd`: the difference disk of one version of a `.vhd`.
    Avhd,
    /// `.vhdx`: a base, or a base that a merge has made.
    Vhdx,
    /// `.avhdx`: the difference disk of one version of a `.vhdx`.
    Avhdx,
    /// `.pvp`: the properties of one version.
    Properties,
    /// `.lok`: who holds the disk, written by each server for itself.
    Lock,
    /// `.xml`: the manifest of an export; copying it to the other servers is optional.
    Manifest,
}

impl FileKind {
    fn of_extension(extension: &str) -> Option<FileKind> {
        Some(match extension.to_ascii_lowercase().as_str() {
            "vhd" => FileKind::Vhd,
            "avhd" => FileKind::Avhd,
            "vhdx" => FileKind::Vhdx,
            "avhdx" => FileKind::Avhdx,
            "pvp" => FileKind::Properties,
            "lok" => FileKind::Lock,
            "xml" => FileKind::Manifest,
            _ => return None,
        })
    }

    /// Whether the file holds sectors of a disk.
    pub fn is_image(self) -> bool {
        self.is_difference() || matches!(self, FileKind::Vhd | FileKind::Vhdx)
    }

    /// Whether the file holds only what changed since its parent.
    pub fn is_difference(self) -> bool {
        matches!(self, FileKind::Avhd | FileKind::Avhdx)
    }

    /// Whether servers must agree on the file before one of them may lead the store.
    ///
    /// Lock files are each server's own, and an export manifest takes no part in streaming.
    pub fn must_agree(self) -> bool {
        self.is_image() || self == FileKind::Properties
    }
}

/// A vDisk file's name, taken apart: `Hoge.11.avhd` is version 11 of the disk `Hoge`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct DiskFileName {
    /// The disk's name as this file writes it; compare it with [`same_name`].
    pub disk: String,
    /// The version's number; none for the base that the disk began with.
    ///
    /// Invariant: a difference disk has one. Checked by [`DiskFileName::parse`].
    pub version: Option<u32>,
    /// What the extension says.
    pub kind: FileKind,
}

impl DiskFileName {
    /// Takes a file's name apart; none where it isn't the name of a vDisk file.
    ///
    /// A number between the last two dots is always the version, also for `.vhd`, because a merge gives its
    /// new base the next version's number.
    ///
    /// # Source
    /// "Merging vDisk versions" of the Citrix Provisioning product documentation.
    pub fn parse(name: &str) -> Option<DiskFileName> {
        if name.contains(['/', '\\', '\0']) {
            return None;
        }
        let (stem, extension) = name.rsplit_once('.')?;
        let kind = FileKind::of_extension(extension)?;
        let (disk, version) = match stem.rsplit_once('.') {
            Some((disk, digits)) if is_number(digits) => (disk, Some(digits.parse().ok()?)),
            _ => (stem, None),
        };
        if disk.is_empty() || (version.is_none() && kind.is_difference()) {
            return None;
        }
        Some(DiskFileName { disk: disk.to_owned(), version, kind })
    }

    /// The name of the version's properties file.
    ///
    /// # Source
    /// "Managing vDisks" of the Citrix Provisioning product documentation: one for each version.
    pub fn properties(&self) -> String {
        match self.version {
            Some(version) => format!("{}.{version}.pvp", self.disk),
            None => format!("{}.pvp", self.disk),
        }
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A name in the form in which Windows compares names: each character in upper case where that is one character.
pub fn folded(name: &str) -> String {
    name.chars()
        .map(|character| {
            let mut upper = character.to_uppercase();
            match (upper.next(), upper.next()) {
                (Some(one), None) => one,
                _ => character,
            }
        })
        .collect()
}

/// Whether Windows takes two names for the same.
pub fn same_name(a: &str, b: &str) -> bool {
    // Nearly all names are ASCII, and need no copies.
    if a.is_ascii() && b.is_ascii() { a.eq_ignore_ascii_case(b) } else { folded(a) == folded(b) }
}

/// Why an entry of a store folder takes no part in the comparison of servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeftOut {
    /// A `.lok` file, which each server writes for itself.
    LockFile,
    /// The folder `WriteCache`, which each server fills for itself.
    WriteCache,
    /// The folder `Sync`, through which stores are transferred.
    Sync,
    /// `Invalid` or a renamed `Invalid.…`, looked at on its own as [`super::listing::Quarantine`].
    Quarantine,
    /// Any other folder.
    OtherFolder,
    /// A file whose name isn't a vDisk file's.
    NotADiskFile,
}

impl fmt::Display for LeftOut {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            LeftOut::LockFile => "a lock file, which each server writes for itself",
            LeftOut::WriteCache => "the write cache, which each server fills for itself",
            LeftOut::Sync => "the transfer folder of store synchronisation",
            LeftOut::Quarantine => "a quarantine folder, looked at on its own",
            LeftOut::OtherFolder => "a folder",
            LeftOut::NotADiskFile => "not the name of a vDisk file",
        })
    }
}

/// The rule by which an entry of a store folder is left out of the comparison; none where it takes part.
///
/// # Source
/// DV-01, DV-03; "Replicating vDisks" of the Citrix Provisioning product documentation (lock files aren't
/// replicated, the write cache lies under the store's path).
pub fn left_out(name: &str, is_folder: bool) -> Option<LeftOut> {
    if is_folder {
        return Some(match folded(name).as_str() {
            "WRITECACHE" => LeftOut::WriteCache,
            "SYNC" => LeftOut::Sync,
            upper if upper.starts_with("INVALID") => LeftOut::Quarantine,
            _ => LeftOut::OtherFolder,
        });
    }
    match DiskFileName::parse(name) {
        Some(file) if file.kind == FileKind::Lock => Some(LeftOut::LockFile),
        Some(_) => None,
        None => Some(LeftOut::NotADiskFile),
    }
}

/// A file that CO-Store has moved aside into `Invalid`; in JSON it is its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Backup {
    /// The whole name, `Hoge.11.avhd.20170907_123456_000000`.
    pub name: String,
    /// The name that the file had in the store, `Hoge.11.avhd`.
    pub file: String,
    /// When it was moved, in the server's local time; the name says no zone.
    pub moved: DateTime,
}

impl Backup {
    /// Recognises `<file>.<yyyymmdd>_<hhmmss>_<ffffff>`; none for any other name.
    ///
    /// # Source
    /// DV-03.
    pub fn parse(name: &str) -> Option<Backup> {
        let (file, stamp) = name.rsplit_once('.')?;
        DiskFileName::parse(file)?;
        Some(Backup { name: name.to_owned(), file: file.to_owned(), moved: moved_at(stamp)? })
    }
}

impl From<Backup> for String {
    fn from(backup: Backup) -> String {
        backup.name
    }
}

impl TryFrom<String> for Backup {
    type Error = String;

    fn try_from(name: String) -> Result<Backup, String> {
        Backup::parse(&name).ok_or_else(|| format!("`{name}` is not the name of a quarantined file"))
    }
}

fn moved_at(stamp: &str) -> Option<DateTime> {
    let mut parts = stamp.split('_');
    let (day, time, fraction) = (parts.next()?, parts.next()?, parts.next()?);
    let lengths_fit = day.len() == 8 && time.len() == 6 && fraction.len() == 6;
    if parts.next().is_some() || !lengths_fit || ![day, time, fraction].iter().all(|p| is_number(p)) {
        return None;
    }
    let date =
        Date::new(day.get(..4)?.parse().ok()?, day.get(4..6)?.parse().ok()?, day.get(6..)?.parse().ok()?).ok()?;
    let time = jiff::civil::Time::new(
        time.get(..2)?.parse().ok()?,
        time.get(2..4)?.parse().ok()?,
        time.get(4..)?.parse().ok()?,
        fraction.parse::<i32>().ok()? * 1000,
    )
    .ok()?;
    Some(date.to_datetime(time))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(name: &str) -> Option<(String, Option<u32>, FileKind)> {
        DiskFileName::parse(name).map(|file| (file.disk, file.version, file.kind))
    }

    #[test]
    fn a_name_tells_disk_version_and_kind() {
        for (name, disk, version, kind) in [
            ("Hoge.vhd", "Hoge", None, FileKind::Vhd),
            ("Hoge.11.avhd", "Hoge", Some(11), FileKind::Avhd),
            ("HOGE.11.AVHD", "HOGE", Some(11), FileKind::Avhd),
            ("教室.2.avhdx", "教室", Some(2), FileKind::Avhdx),
            ("Hoge.5.vhd", "Hoge", Some(5), FileKind::Vhd),
            ("Win.10.pro.vhdx", "Win.10.pro", None, FileKind::Vhdx),
            ("Hoge.3.pvp", "Hoge", Some(3), FileKind::Properties),
            ("Hoge.lok", "Hoge", None, FileKind::Lock),
            ("Hoge.xml", "Hoge", None, FileKind::Manifest),
        ] {
            assert_eq!(parsed(name), Some((disk.to_owned(), version, kind)), "{name}");
        }
    }

    #[test]
    fn other_names_are_no_vdisk_files() {
        for name in [
            "",
            "vhd",
            ".vhd",
            "Hoge",
            "Hoge.txt",
            "Hoge.avhd",
            ".1.avhd",
            "Hoge.99999999999.avhd",
            "a/b.vhd",
            "a\\b.vhd",
            "Hoge.11.avhd.20170907_123456_000000",
        ] {
            assert_eq!(parsed(name), None, "{name}");
        }
    }

    #[test]
    fn names_compare_without_regard_to_case() {
        assert!(same_name("Hoge.11.avhd", "hoge.11.AVHD"));
        assert!(same_name("ＰＣ教室.vhd", "ｐｃ教室.VHD"));
        assert!(!same_name("Straße.vhd", "STRASSE.vhd"));
    }

    // DV-01, DV-03
    #[test]
    fn what_servers_keep_for_themselves_is_left_out() {
        assert_eq!(left_out("Hoge.11.LOK", false), Some(LeftOut::LockFile));
        assert_eq!(left_out("writecache", true), Some(LeftOut::WriteCache));
        assert_eq!(left_out("Sync", true), Some(LeftOut::Sync));
        assert_eq!(left_out("Invalid", true), Some(LeftOut::Quarantine));
        assert_eq!(left_out("Invalid.20170908", true), Some(LeftOut::Quarantine));
        assert_eq!(left_out("Hoge.vhd", true), Some(LeftOut::OtherFolder));
        assert_eq!(left_out("readme.txt", false), Some(LeftOut::NotADiskFile));
        assert_eq!(left_out("Invalid.vhd", false), None);
        assert_eq!(left_out("Hoge.11.pvp", false), None);
    }

    // DV-03
    #[test]
    fn a_quarantined_file_is_recognised_by_its_time() {
        let backup = Backup::parse("Hoge.11.avhd.20170907_123456_000000").expect("the document's own example");
        assert_eq!(backup.file, "Hoge.11.avhd");
        assert_eq!(backup.moved.to_string(), "2017-09-07T12:34:56");
        for name in [
            "Hoge.11.avhd",
            "Hoge.11.avhd.20171307_123456_000000",
            "Hoge.11.avhd.20170907_123456",
            "Hoge.11.avhd.20170907_123456_000000_1",
            "notes.txt.20170907_123456_000000",
            "Hoge.11.avhd.２０１７0907_123456_000000",
        ] {
            assert_eq!(Backup::parse(name), None, "{name}");
        }
    }
}
