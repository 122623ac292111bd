//! The servers of stores side by side, as JSON.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::disks_pvs::{PvsFile, pvs};
use super::plan_write::pretty;
use crate::model::disks::compare::FileState;
use crate::model::disks::difference::{Difference, Grain, SameDisk, Unplaced};
use crate::model::disks::layout::Structure;
use crate::model::disks::link::BrokenLink;
use crate::model::disks::listing::Quarantine;
use crate::model::disks::manifest::ByteRange;
use crate::model::disks::matrix::{Amount, Cell, Column, Matrix};
use crate::model::disks::place::Part;
use crate::model::disks::recorded::Changed;

/// The name of the format, as the first member.
pub const FORMAT: &str = "rolewalk.disks/1";

/// Returns the JSON of matrices.
pub fn write(matrices: &[Matrix]) -> String {
    pretty(&DisksFile { format: FORMAT.into(), groups: matrices.iter().map(group).collect() })
}

/// The whole file.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DisksFile {
    /// Always `rolewalk.disks/1`.
    format: String,
    groups: Vec<GroupFile>,
}

/// One store.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct GroupFile {
    group: String,
    system: String,
    /// `equal`, `different` or `unknown`: exit codes 0, 2 and 3.
    result: String,
    /// The server against whose files the others were compared; null where it is unknown.
    master: Option<String>,
    /// Each server by its name.
    servers: BTreeMap<String, ServerFile>,
    files: Vec<RowFile>,
    /// Images that changed since they were recorded, though no new version came.
    changed: Vec<ChangedFile>,
    /// What PVS's own inventory says, where it was asked. It counts for no result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pvs: Option<PvsFile>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ServerFile {
    /// Null where it is unknown.
    role: Option<String>,
    /// What the files are as a whole, as in a snapshot; null where it is unknown.
    disks: Option<String>,
    /// Why it is unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    unknown: Option<String>,
    /// The size of all vDisk files; null where they could not be listed.
    bytes: Option<u64>,
    /// The folders `Invalid` and those renamed from it.
    invalid: Vec<InvalidFile>,
    /// What is wrong with the chains of versions.
    chains: Vec<ChainFile>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct InvalidFile {
    path: String,
    files: Vec<String>,
    /// Whether CO-Store's tasks fail because of it.
    blocks: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    unreadable: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ChainFile {
    path: String,
    says: String,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RowFile {
    path: String,
    /// Each server by its name.
    servers: BTreeMap<String, CellFile>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CellFile {
    state: StateFile,
    /// The bytes in which the file differs from the master's.
    ranges: Vec<RangeFile>,
    /// How exactly `ranges` and `parts` are known; only of a file that differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    grain: Option<GrainFile>,
    /// What of the image stands there: the first hundred.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    parts: Vec<PartFile>,
    /// How many parts there are besides.
    #[serde(default, skip_serializing_if = "is_zero")]
    parts_more: usize,
    /// Why it is not known which parts differ; only of a file that differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    unplaced: Option<UnplacedFile>,
    /// Why it could not be compared, or more of why its parts are not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    because: Option<String>,
    /// The length of a file that is left over.
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
}

/// How a file is on a server.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum StateFile {
    Master,
    Equal,
    Differs,
    OtherHeader,
    OtherLayout,
    Missing,
    Extra,
    Maintenance,
    Unreadable,
    InUse,
    NotRead,
    Awaiting,
    Leftover,
    Absent,
    Unknown,
}

/// How exactly a place is known.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum GrainFile {
    /// What differs lies somewhere in it: places are known to the block of 2 MiB.
    Block,
    /// To the sector of 512 bytes.
    Sector,
}

/// A part of a disk image.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "part", rename_all = "kebab-case", deny_unknown_fields)]
enum PartFile {
    /// A header or a table.
    Structure {
        /// As `footer` or `block-table`.
        name: String,
    },
    /// The bitmap that says which sectors of a block are its own.
    Bitmap { block: u64 },
    /// Sectors of the disk, by their numbers on it, in units of 512 bytes.
    Sectors {
        /// Null in an image without blocks.
        block: Option<u64>,
        first: u64,
        last: u64,
    },
}

/// Why it is not known which parts of a file differ.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum UnplacedFile {
    /// It is no disk image.
    NotAnImage,
    /// Whoever answered for a server did not tell what its image's headers say.
    HeadersNotRead,
    /// Headers or tables could not be understood.
    Headers,
    /// The images are of another size, of blocks of another size, or of another parent.
    OtherForm,
    /// The blocks stand in other places, and whether the disks differ was not read.
    OtherPlaces,
    /// The files changed or could not be read while they were compared again.
    NotAgain,
}

/// From `start` up to but without `end`, in bytes.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RangeFile {
    start: u64,
    end: u64,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ChangedFile {
    server: String,
    path: String,
    /// When it was last seen as it was (UTC).
    since: String,
    on_master: bool,
}

fn group(matrix: &Matrix) -> GroupFile {
    let row = |row: &crate::model::disks::matrix::Row| RowFile {
        path: row.path.clone(),
        servers: matrix.servers.iter().zip(&row.cells).map(|(one, of)| (one.server.to_string(), cell(of))).collect(),
    };
    GroupFile {
        group: matrix.group.clone(),
        system: matrix.system.clone(),
        result: match matrix.amount() {
            Amount::Equal => "equal",
            Amount::Different => "different",
            Amount::Unknown => "unknown",
        }
        .into(),
        master: matrix.master.as_ref().map(ToString::to_string),
        servers: matrix.servers.iter().map(|column| (column.server.to_string(), server(column))).collect(),
        files: matrix.files.iter().map(row).collect(),
        changed: matrix.changed.iter().map(changed).collect(),
        pvs: matrix.inventory.as_ref().map(|inventory| pvs(matrix, inventory)),
    }
}

fn server(column: &Column) -> ServerFile {
    let invalid = |folder: &Quarantine| InvalidFile {
        path: folder.path.clone(),
        files: folder.files(),
        blocks: folder.blocks(),
        unreadable: folder.unreadable.clone(),
    };
    let chain = |link: &BrokenLink| ChainFile { path: link.path.clone(), says: link.fault.to_string() };
    ServerFile {
        role: column.role.map(Into::into),
        disks: column.disks.as_ref().ok().map(|mark| (*mark).into()),
        unknown: column.disks.as_ref().err().cloned(),
        bytes: column.bytes,
        invalid: column.quarantines.iter().map(invalid).collect(),
        chains: column.broken.iter().map(chain).collect(),
    }
}

fn changed(one: &Changed) -> ChangedFile {
    ChangedFile {
        server: one.server.clone(),
        path: one.path.clone(),
        since: one.since.to_string(),
        on_master: one.on_master,
    }
}

fn is_zero(number: &usize) -> bool {
    *number == 0
}

fn plain(state: StateFile) -> CellFile {
    CellFile {
        state,
        ranges: Vec::new(),
        grain: None,
        parts: Vec::new(),
        parts_more: 0,
        unplaced: None,
        because: None,
        bytes: None,
    }
}

fn differs(found: &Difference) -> CellFile {
    let range = |range: &ByteRange| RangeFile { start: range.start, end: range.end };
    let state = match found.same_disk {
        None => StateFile::Differs,
        Some(SameDisk::OtherHeader) => StateFile::OtherHeader,
        Some(SameDisk::OtherLayout) => StateFile::OtherLayout,
    };
    let grain = match found.grain {
        Grain::Block => GrainFile::Block,
        Grain::Sector => GrainFile::Sector,
    };
    let placed = CellFile { ranges: found.ranges.iter().map(range).collect(), grain: Some(grain), ..plain(state) };
    match &found.parts {
        Ok(parts) => CellFile { parts: parts.first.iter().map(part).collect(), parts_more: parts.more, ..placed },
        Err(why) => {
            let (unplaced, because) = unplaced(why);
            CellFile { unplaced: Some(unplaced), because, ..placed }
        }
    }
}

fn part(part: &Part) -> PartFile {
    match *part {
        Part::Structure(structure) => PartFile::Structure { name: name(structure) },
        Part::Bitmap { block } => PartFile::Bitmap { block },
        Part::Sectors { block, first, last } => PartFile::Sectors { block, first, last },
    }
}

/// The name by which servers tell of a structure.
fn name(structure: Structure) -> String {
    serde_json::to_value(structure).ok().and_then(|name| Some(name.as_str()?.to_owned())).unwrap_or_default()
}

fn unplaced(why: &Unplaced) -> (UnplacedFile, Option<String>) {
    match why {
        Unplaced::NotAnImage => (UnplacedFile::NotAnImage, None),
        Unplaced::HeadersNotRead { server } => {
            (UnplacedFile::HeadersNotRead, Some(format!("the headers of the image on `{server}` were not read")))
        }
        Unplaced::Headers { server, why } => (UnplacedFile::Headers, Some(format!("on `{server}`: {why}"))),
        Unplaced::OtherForm => (UnplacedFile::OtherForm, None),
        Unplaced::OtherPlaces => (UnplacedFile::OtherPlaces, None),
        Unplaced::NotAgain => (UnplacedFile::NotAgain, None),
    }
}

fn cell(cell: &Cell) -> CellFile {
    let because = |state, why: &String| CellFile { because: Some(why.clone()), ..plain(state) };
    match cell {
        Cell::Master => plain(StateFile::Master),
        Cell::Awaiting => plain(StateFile::Awaiting),
        Cell::Absent => plain(StateFile::Absent),
        Cell::Unknown => plain(StateFile::Unknown),
        Cell::Leftover { bytes } => CellFile { bytes: Some(*bytes), ..plain(StateFile::Leftover) },
        Cell::Compared(state) => match state {
            FileState::Equal => plain(StateFile::Equal),
            FileState::Missing => plain(StateFile::Missing),
            FileState::Extra => plain(StateFile::Extra),
            FileState::Maintenance => plain(StateFile::Maintenance),
            FileState::Differs(found) => differs(found),
            FileState::Unreadable { why, .. } => because(StateFile::Unreadable, why),
            FileState::InUse { why, .. } => because(StateFile::InUse, why),
            FileState::Unread { server } => because(StateFile::NotRead, &format!("`{server}` did not read it")),
        },
    }
}
