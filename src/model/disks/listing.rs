//! What one server's store folder holds: the value that a server sends instead of its bytes.
//!
//! Pure values and their JSON form, in which a server sends them. Listings are made in `disk::folder` and compared in [`super::compare`].

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::layout::Image;
use super::link::BrokenLink;
use super::manifest::{Digest, Fingerprint, Manifest, Outline};
use super::name::{Backup, DiskFileName, LeftOut, folded};

/// What is known of a file's content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// It was read.
    Read(Fingerprint),
    /// It was read for its manifest alone.
    ///
    /// Invariant: it has no digest, or it would be `Read`.
    Outlined(Outline),
    /// It was listed and not read.
    Unread,
    /// It couldn't be read.
    Unreadable {
        /// Why.
        why: String,
    },
    /// It changed while it was read, or another program holds it.
    InUse {
        /// How that was seen.
        why: String,
    },
}

/// One vDisk file of a store folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "FileForm", try_from = "FileForm")]
pub struct FileSeen {
    /// The file's name in the store folder.
    pub name: String,
    /// The length in bytes.
    pub bytes: u64,
    /// When it was last written.
    pub modified: Timestamp,
    /// What it contains.
    ///
    /// Invariant: a fingerprint has the length of `bytes`. Checked when a listing is read from JSON.
    pub content: Content,
}

/// A folder `Invalid`, or one that was renamed from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quarantine {
    /// The folder's name, `Invalid` or `Invalid.20170908`.
    pub path: String,
    /// The files that CO-Store has moved there, by name.
    pub backups: Vec<Backup>,
    /// Whatever else is in it, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<String>,
    /// Why it couldn't be listed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unreadable: Option<String>,
}

impl Quarantine {
    /// The folder of that name with the files that it holds.
    pub fn of(path: String, files: impl IntoIterator<Item = String>) -> Quarantine {
        let mut found = Quarantine { path, backups: Vec::new(), others: Vec::new(), unreadable: None };
        for name in files {
            match Backup::parse(&name) {
                Some(backup) => found.backups.push(backup),
                None => found.others.push(name),
            }
        }
        found.backups.sort_by(|one, other| one.name.cmp(&other.name));
        found.others.sort();
        found
    }

    /// The names of all files in it, the backups first.
    pub fn files(&self) -> Vec<String> {
        let backups = self.backups.iter().map(|backup| backup.name.clone());
        backups.chain(self.others.iter().cloned()).collect()
    }

    /// Whether this is the folder in which backups interrupt every task of CO-Store; a renamed one doesn't.
    ///
    /// # Source
    /// DV-03, DV-05.
    pub fn is_in_force(&self) -> bool {
        folded(&self.path) == "INVALID"
    }

    /// Whether the folder interrupts tasks: it is in force and holds a file, known by name or not.
    pub fn blocks(&self) -> bool {
        self.is_in_force() && !(self.backups.is_empty() && self.others.is_empty())
    }
}

/// An entry that takes no part in the comparison.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOutEntry {
    /// Its name in the store folder.
    pub path: String,
    /// The rule that leaves it out.
    pub because: LeftOut,
}

/// What a store folder holds, each list sorted by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// The vDisk files.
    pub files: Vec<FileSeen>,
    /// The folders `Invalid` and those renamed from it.
    #[serde(default)]
    pub quarantines: Vec<Quarantine>,
    /// What else is there.
    #[serde(default)]
    pub left_out: Vec<LeftOutEntry>,
    /// What is wrong with the chains of the images; empty where they are whole or were not looked at.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub broken: Vec<BrokenLink>,
    /// What the headers of the images say, by the files' names; only of those that were read, and only where a server sends
    /// it: with it whoever compares can name blocks and sectors without the files.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub images: BTreeMap<String, Image>,
}

impl Listing {
    /// Whether the folder holds a file with a disk's sectors.
    pub fn has_images(&self) -> bool {
        self.images().next().is_some()
    }

    /// The bytes that disk images take; what a demoted server's leftovers would free (CS-09).
    pub fn image_bytes(&self) -> u64 {
        self.images().fold(0, |sum, file| sum.saturating_add(file.bytes))
    }

    fn images(&self) -> impl Iterator<Item = &FileSeen> {
        self.files.iter().filter(|file| DiskFileName::parse(&file.name).is_some_and(|name| name.kind.is_image()))
    }
}

/// A file in JSON: `{path, bytes, modified, blake3, manifest}`, or `unreadable` or `in_use` in place of the last two;
/// no `blake3` where only the manifest was asked for.
#[derive(Serialize, Deserialize)]
struct FileForm {
    path: String,
    bytes: u64,
    modified: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    blake3: Option<Digest>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    manifest: Option<Manifest>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unreadable: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    in_use: Option<String>,
}

impl From<FileSeen> for FileForm {
    fn from(file: FileSeen) -> FileForm {
        let mut form = FileForm {
            path: file.name,
            bytes: file.bytes,
            modified: file.modified.to_string(),
            blake3: None,
            manifest: None,
            unreadable: None,
            in_use: None,
        };
        match file.content {
            Content::Read(found) => {
                form.blake3 = Some(found.blake3);
                form.manifest = Some(found.manifest);
            }
            Content::Outlined(found) => form.manifest = Some(found.manifest),
            Content::Unread => {}
            Content::Unreadable { why } => form.unreadable = Some(why),
            Content::InUse { why } => form.in_use = Some(why),
        }
        form
    }
}

impl TryFrom<FileForm> for FileSeen {
    type Error = String;

    fn try_from(form: FileForm) -> Result<FileSeen, String> {
        let FileForm { path, bytes, modified, blake3, manifest, unreadable, in_use } = form;
        let content = match (blake3, manifest, unreadable, in_use) {
            (blake3, Some(manifest), None, None) => {
                let outline = Outline { bytes, manifest, blake3 };
                if !outline.fits() {
                    return Err(format!("the manifest of `{path}` doesn't fit its length of {bytes} bytes"));
                }
                outline.fingerprint().map_or(Content::Outlined(outline), Content::Read)
            }
            (None, None, None, None) => Content::Unread,
            (None, None, Some(why), None) => Content::Unreadable { why },
            (None, None, None, Some(why)) => Content::InUse { why },
            _ => {
                return Err(format!(
                    "`{path}` has either a `manifest`, with `blake3` or without, or one reason why not"
                ));
            }
        };
        let modified = modified.parse().map_err(|_| format!("`{path}`: `{modified}` is no time in UTC"))?;
        Ok(FileSeen { name: path, bytes, modified, content })
    }
}
