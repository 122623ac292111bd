//! What PVS's own inventory says, beside the matrix of files: a row of it, and notes where it is behind, unknown or
//! contradicted by the bytes. Never a word of it counts for a result.

use super::page::Tone;
use super::phrases;
use super::words::{few, fill};
use crate::model::disks::inventory::{Beside, Inventory, Says, State};
use crate::model::disks::matrix::Matrix;
use crate::model::words::{Language, Words};

/// The most names, or reasons, that one note tells.
const MOST_TOLD: usize = 8;

/// Returns the row of what PVS says of each server; none where it was not asked.
pub(super) fn row(matrix: &Matrix, language: Language) -> Option<Vec<(Tone, String)>> {
    let inventory = matrix.inventory.as_ref()?;
    let cell = |says| {
        let said = |tone, words: Words| (tone, words.say(language).to_owned());
        match says {
            Says::UpToDate => said(Tone::Plain, phrases::CELL_PVS_UP_TO_DATE),
            Says::Behind => said(Tone::Warn, phrases::CELL_PVS_BEHIND),
            Says::Unknown => said(Tone::Warn, phrases::UNKNOWN),
            Says::NotListed => (Tone::Faint, "-".into()),
        }
    };
    let name = (Tone::Strong, phrases::DISKS_PVS.say(language).to_owned());
    let cells = matrix.servers.iter().map(|column| cell(inventory.says(&column.server)));
    Some(std::iter::once(name).chain(cells).collect())
}

/// Returns what is worth saying of the inventory.
pub(super) fn notes(matrix: &Matrix, language: Language) -> Vec<(Tone, String)> {
    let Some(inventory) = &matrix.inventory else { return Vec::new() };
    let mut notes: Vec<(Tone, String)> = grouped(matrix, inventory).iter().map(|one| note(one, language)).collect();
    if !notes.is_empty() {
        notes.push((Tone::Plain, phrases::DISKS_PVS_TIMES.say(language).to_owned()));
    }
    if !inventory.unknown.is_empty() {
        let why = few(&inventory.unknown, MOST_TOLD, language);
        notes.push((Tone::Warn, fill(phrases::DISKS_PVS_UNKNOWN, language, &[("why", &why)])));
    }
    notes
}

/// The versions of one server of which the same is to be said.
struct Group<'a> {
    server: &'a str,
    folder: &'a str,
    state: &'a Result<State, String>,
    beside: Beside,
    files: Vec<String>,
}

fn grouped<'a>(matrix: &Matrix, inventory: &'a Inventory) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    for record in &inventory.records {
        let beside = matrix.beside(record);
        if record.state == Ok(State::UpToDate) && beside == Beside::NoConflict {
            continue;
        }
        let one = Group {
            server: record.server.as_str(),
            folder: &record.folder,
            state: &record.state,
            beside,
            files: vec![record.file.clone()],
        };
        match groups.iter_mut().find(|known| known.subject() == one.subject()) {
            Some(known) => known.files.extend(one.files),
            None => groups.push(one),
        }
    }
    groups.sort_by_key(|one| one.server);
    groups
}

impl<'a> Group<'a> {
    /// Returns what it has in common.
    fn subject(&self) -> (&'a str, &'a str, &'a Result<State, String>, Beside) {
        (self.server, self.folder, self.state, self.beside)
    }
}

fn note(one: &Group<'_>, language: Language) -> (Tone, String) {
    let files = few(&one.files, MOST_TOLD, language);
    let state = match one.state {
        Ok(state) => state_name(*state).say(language).to_owned(),
        Err(why) => why.clone(),
    };
    let words = match (one.state, one.beside) {
        (Err(_), _) => phrases::DISKS_PVS_NOT_KNOWN,
        (_, Beside::TakenForGood) => phrases::DISKS_PVS_TAKEN_FOR_GOOD,
        (_, Beside::TakenForBehind) => phrases::DISKS_PVS_TAKEN_FOR_BEHIND,
        (_, Beside::NoConflict) => phrases::DISKS_PVS_BEHIND,
    };
    let folder = match one.folder {
        "" => String::new(),
        folder => fill(phrases::DISKS_PVS_FOLDER, language, &[("folder", folder)]),
    };
    let places =
        [("server", one.server), ("files", files.as_str()), ("state", state.as_str()), ("in", folder.as_str())];
    (Tone::Warn, fill(words, language, &places))
}

fn state_name(state: State) -> Words {
    match state {
        State::UpToDate => phrases::CELL_PVS_UP_TO_DATE,
        State::FileMissing => phrases::PVS_FILE_MISSING,
        State::FileOutdated => phrases::PVS_FILE_OUTDATED,
        State::PropertiesMissing => phrases::PVS_PROPERTIES_MISSING,
        State::PropertiesOutdated => phrases::PVS_PROPERTIES_OUTDATED,
    }
}
