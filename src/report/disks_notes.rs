//! What is worth saying about the servers of a store beside the matrix: where files differ, what blocks, what to do.
//! Never says why files differ, and never offers to discard or replicate one (DV-01, DV-02).

use super::page::Tone;
use super::phrases;
use super::words::{few, fill};
use crate::model::disks::compare::FileState;
use crate::model::disks::difference::{Difference, Grain, Parts, SameDisk, Unplaced};
use crate::model::disks::layout::Structure;
use crate::model::disks::link::ChainFault;
use crate::model::disks::manifest::ByteRange;
use crate::model::disks::matrix::{Cell, Column, Matrix};
use crate::model::disks::place::Part;
use crate::model::disks::recorded::Changed;
use crate::model::words::{Language, Words};

/// The most ranges, and the most parts, of one file that are told.
const MOST_PLACES: usize = 8;

/// Returns the notes in the order of the servers, then the files that changed without a new version.
pub(super) fn notes(matrix: &Matrix, language: Language) -> Vec<(Tone, String)> {
    let mut notes = Vec::new();
    let (mut differs, mut is_same_disk) = (false, false);
    for (at, column) in matrix.servers.iter().enumerate() {
        whole(&mut notes, matrix, column, language);
        for row in &matrix.files {
            let Some(Cell::Compared(state)) = row.cells.get(at) else { continue };
            differs |= state.is_divergent();
            is_same_disk |= matches!(state, FileState::Differs(found) if found.same_disk.is_some());
            notes.extend(file(column, &row.path, state, language));
        }
        for link in &column.broken {
            let places = [("file", link.path.as_str()), ("server", column.server.as_str())];
            let what = fill(phrases::DISKS_CHAIN, language, &places);
            notes.push((Tone::Bad, format!("{what}{}", chain_fault(&link.fault, language))));
        }
    }
    if is_same_disk {
        notes.push((Tone::Plain, phrases::DISKS_STILL_DIVERGENT.say(language).into()));
    }
    if differs {
        notes.push((Tone::Plain, phrases::DISKS_NEVER.say(language).into()));
    }
    notes.extend(changed_files(&matrix.changed, language));
    notes
}

/// Returns what is said of files that changed without a new version: the right procedure, the forbidden ones, and no
/// cause (DV-08 to DV-10).
pub(super) fn changed_files(changed: &[Changed], language: Language) -> Vec<(Tone, String)> {
    let mut notes: Vec<(Tone, String)> = Vec::new();
    for one in changed {
        let since = one.since.to_string();
        let places = [("file", one.path.as_str()), ("server", one.server.as_str()), ("since", since.as_str())];
        let words = if one.on_master { phrases::DISKS_CHANGED_MASTER } else { phrases::DISKS_CHANGED };
        notes.push((Tone::Bad, fill(words, language, &places)));
    }
    if !notes.is_empty() {
        notes.extend(procedure(language));
    }
    notes
}

/// The right way to change a disk directly, and the ways that are not allowed (DV-09, DV-10).
pub(super) fn procedure(language: Language) -> Vec<(Tone, String)> {
    let lines = [phrases::DISKS_PROCEDURE, phrases::DISKS_NOT_REVERT, phrases::DISKS_NOT_RECREATE];
    lines.map(|words| (Tone::Plain, words.say(language).to_owned())).into()
}

fn whole(notes: &mut Vec<(Tone, String)>, matrix: &Matrix, column: &Column, language: Language) {
    let server = column.server.as_str();
    if let Err(why) = &column.disks {
        let places = [("server", server), ("why", why.as_str())];
        notes.push((Tone::Warn, fill(phrases::DISKS_WHY_UNKNOWN, language, &places)));
    }
    let is_master = matrix.master.as_ref() == Some(&column.server);
    for folder in &column.quarantines {
        let files = few(&folder.files(), 10, language);
        let places = [("server", server), ("files", files.as_str()), ("folder", folder.path.as_str())];
        match (&folder.unreadable, folder.blocks(), is_master) {
            (Some(why), ..) => {
                let places = [("server", server), ("folder", folder.path.as_str()), ("why", why.as_str())];
                notes.push((Tone::Warn, fill(phrases::DISKS_INVALID_UNREADABLE, language, &places)));
            }
            (None, true, true) => notes.push((Tone::Bad, fill(phrases::DISKS_INVALID_MASTER, language, &places))),
            (None, true, false) => {
                notes.push((Tone::Bad, fill(phrases::DISKS_INVALID, language, &places)));
                notes.push((Tone::Plain, phrases::DISKS_KEEP_MASTER.say(language).into()));
                notes.push((Tone::Plain, phrases::DISKS_KEEP_SLAVE.say(language).into()));
            }
            (None, false, _) => notes.push((Tone::Faint, fill(phrases::DISKS_RENAMED, language, &places))),
        }
    }
    match &column.disks {
        Ok("awaiting") => notes.push((Tone::Plain, fill(phrases::DISKS_AWAITING, language, &[("server", server)]))),
        Ok("leftover") => {
            let bytes = size(column.bytes.unwrap_or(0));
            let places = [("server", server), ("bytes", bytes.as_str())];
            notes.push((Tone::Plain, fill(phrases::DISKS_LEFTOVER, language, &places)));
        }
        _ => {}
    }
}

fn file(column: &Column, path: &str, state: &FileState, language: Language) -> Option<(Tone, String)> {
    let said = |words: Words, more: &str| {
        fill(words, language, &[("file", path), ("server", column.server.as_str()), ("more", more)])
    };
    Some(match state {
        FileState::Differs(found) => {
            let ranges: Vec<String> = found.ranges.iter().map(|range| place(range, language)).collect();
            let words = match found.same_disk {
                None => phrases::DISKS_DIFFERS,
                Some(SameDisk::OtherHeader) => phrases::DISKS_OTHER_HEADER,
                Some(SameDisk::OtherLayout) => phrases::DISKS_OTHER_LAYOUT,
            };
            (Tone::Bad, said(words, &few(&ranges, MOST_PLACES, language)) + &parts(found, language))
        }
        FileState::Unreadable { why, server } => {
            (Tone::Warn, because(phrases::DISKS_UNREADABLE, path, server, why, language))
        }
        FileState::InUse { why, server } => (Tone::Warn, because(phrases::DISKS_IN_USE, path, server, why, language)),
        _ => return None,
    })
}

fn because(words: Words, path: &str, server: &str, why: &str, language: Language) -> String {
    fill(words, language, &[("file", path), ("server", server), ("more", why)])
}

/// What of the image stands where it differs, as a sentence goes on; or why that isn't known.
fn parts(found: &Difference, language: Language) -> String {
    let said = |words: Words, places: &[(&str, &str)]| fill(words, language, places);
    let why = match &found.parts {
        Ok(parts) if parts.is_empty() => return String::new(),
        Ok(parts) => {
            let is_exact = found.grain == Grain::Sector;
            let words = if is_exact { phrases::PARTS } else { phrases::PARTS_SOMEWHERE };
            return said(words, &[("parts", &few_parts(parts, language))]);
        }
        Err(Unplaced::NotAnImage) => return String::new(),
        Err(Unplaced::HeadersNotRead { server }) => said(phrases::UNPLACED_NOT_READ, &[("server", server)]),
        Err(Unplaced::Headers { server, why }) => said(phrases::UNPLACED_HEADERS, &[("server", server), ("more", why)]),
        Err(Unplaced::OtherForm) => said(phrases::UNPLACED_OTHER_FORM, &[]),
        Err(Unplaced::OtherPlaces) => said(phrases::UNPLACED_OTHER_PLACES, &[]),
        Err(Unplaced::NotAgain) => said(phrases::UNPLACED_NOT_AGAIN, &[]),
    };
    said(phrases::UNPLACED, &[("why", &why)])
}

fn few_parts(parts: &Parts, language: Language) -> String {
    let mut said: Vec<String> = parts.first.iter().map(|one| part(one, language)).collect();
    // As everywhere, one that is left over is shown instead of counted.
    if parts.more > 0 || said.len() > MOST_PLACES + 1 {
        let more = parts.more + said.len().saturating_sub(MOST_PLACES);
        said.truncate(MOST_PLACES);
        said.push(fill(phrases::AND_MORE, language, &[("n", &more.to_string())]));
    }
    said.join(phrases::COMMA.say(language))
}

fn part(part: &Part, language: Language) -> String {
    match part {
        Part::Structure(structure) => structure_name(*structure).say(language).to_owned(),
        Part::Bitmap { block } => fill(phrases::PART_BITMAP, language, &[("block", &block.to_string())]),
        Part::Sectors { block, first, last } => {
            let words = match (block, first == last) {
                (Some(_), true) => phrases::PART_SECTOR,
                (Some(_), false) => phrases::PART_SECTORS,
                (None, true) => phrases::PART_BARE_SECTOR,
                (None, false) => phrases::PART_BARE_SECTORS,
            };
            let block = block.unwrap_or_default().to_string();
            fill(words, language, &[("first", &first.to_string()), ("last", &last.to_string()), ("block", &block)])
        }
    }
}

fn structure_name(structure: Structure) -> Words {
    match structure {
        Structure::Footer => phrases::PART_FOOTER,
        Structure::FooterCopy => phrases::PART_FOOTER_COPY,
        Structure::DynamicHeader => phrases::PART_DYNAMIC_HEADER,
        Structure::BlockTable => phrases::PART_BLOCK_TABLE,
        Structure::FileIdentifier => phrases::PART_FILE_IDENTIFIER,
        Structure::FirstHeader => phrases::PART_FIRST_HEADER,
        Structure::SecondHeader => phrases::PART_SECOND_HEADER,
        Structure::RegionTable => phrases::PART_REGION_TABLE,
        Structure::RegionTableCopy => phrases::PART_REGION_TABLE_COPY,
        Structure::Metadata => phrases::PART_METADATA,
        Structure::Log => phrases::PART_LOG,
    }
}

/// Writes both ends in the largest unit in which both are whole.
fn place(range: &ByteRange, language: Language) -> String {
    const UNITS: [(u64, &str); 3] = [(1 << 20, " MiB"), (1 << 10, " KiB"), (1, "")];
    let fits = |(unit, _): &&(u64, &str)| range.start.is_multiple_of(*unit) && range.end.is_multiple_of(*unit);
    let (unit, name) = UNITS.iter().find(fits).unwrap_or(&(1, ""));
    let at = |bytes: u64| if bytes == 0 { "0".to_owned() } else { format!("{}{name}", bytes / unit) };
    fill(phrases::TO, language, &[("a", &at(range.start)), ("b", &at(range.end))])
}

/// Writes bytes in MiB, rounded up.
fn size(bytes: u64) -> String {
    format!("{} MiB", bytes.div_ceil(1 << 20))
}

fn chain_fault(fault: &ChainFault, language: Language) -> String {
    let said = |words: Words, parent: &str, more: &str| fill(words, language, &[("parent", parent), ("more", more)]);
    match fault {
        ChainFault::Unreadable { why } => said(phrases::CHAIN_UNREADABLE, "", why),
        ChainFault::Damaged { what } => said(phrases::CHAIN_DAMAGED, "", what),
        ChainFault::Open => said(phrases::CHAIN_OPEN, "", ""),
        ChainFault::NotADifference => said(phrases::CHAIN_NO_PARENT, "", ""),
        ChainFault::ParentMissing { parent } => said(phrases::CHAIN_MISSING, parent, ""),
        ChainFault::ParentNotOlder { parent } => said(phrases::CHAIN_NOT_OLDER, parent, ""),
        ChainFault::OtherParent { parent, want, .. } => said(phrases::CHAIN_OTHER, parent, want),
        ChainFault::ParentTime { parent, want, .. } => said(phrases::CHAIN_TIME, parent, want),
    }
}
