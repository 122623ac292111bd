//! The servers of a store side by side, off the same answers and the same comparison that the guards read.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::model::disks::compare::{Comparison, FileState, ServerCompared};
use crate::model::disks::listing::{FileSeen, Listing};
use crate::model::disks::matrix::{Cell, Column, Matrix, Row};
use crate::model::disks::name::folded;
use crate::model::disks::recorded::{Shown, images};
use crate::model::name::ServerName;
use crate::model::site::Site;
use crate::model::snapshot::{GroupSnapshot, Standing, leaders};
use crate::system::Answers;

use super::disks::{listing, why_unknown};
use super::observe::{comparison, in_maintenance};
use super::table::TABLE;
use super::view::View;

/// Returns the matrix of what was answered.
pub fn matrix(site: &Site, answers: &Answers, seen: &GroupSnapshot) -> Matrix {
    let comparison = comparison(&View::new(site, answers), &seen.servers).ok();
    let listings: BTreeMap<&ServerName, Listing> =
        seen.servers.keys().filter_map(|server| Some((server, listing(site, answers, server).ok()?))).collect();
    let names = names(&listings);
    let row = |(key, path): (&String, &String)| {
        let cell = |(server, standing)| {
            let looked = Looked { standing, listing: listings.get(server), found: found(comparison.as_ref(), server) };
            cell(&looked, key)
        };
        Row { path: path.clone(), cells: seen.servers.iter().map(cell).collect() }
    };
    Matrix {
        group: seen.group.clone(),
        system: seen.system.clone(),
        master: leaders(&TABLE, &seen.servers).next().cloned(),
        servers: seen.servers.iter().map(|(server, standing)| column(seen, server, standing, &listings)).collect(),
        files: names.iter().map(row).collect(),
        changed: Vec::new(),
        inventory: None,
    }
}

/// Returns what was answered of a file of a server, by its name as Windows compares names.
pub fn file(site: &Site, answers: &Answers, server: &ServerName, path: &str) -> Option<FileSeen> {
    let listing = listing(site, answers, server).ok()?;
    listing.files.into_iter().find(|file| folded(&file.name) == folded(path))
}

/// Returns what was answered of the images of the servers that hold the store's files, or may hold them. What lies on
/// others is left over from their time as slaves.
pub fn shown(site: &Site, answers: &Answers, seen: &GroupSnapshot, at: Timestamp) -> Shown {
    let may_hold = |standing: &Standing| matches!(standing.role, Some("master" | "slave") | None);
    let holders = seen.servers.iter().filter(|(_, standing)| may_hold(standing)).map(|(server, _)| {
        let listing = listing(site, answers, server).ok();
        (server.clone(), listing.map(|listing| images(&listing, at)))
    });
    let are_all = seen.servers.values().all(|standing| standing.role.is_some());
    Shown { holders: holders.collect(), are_all, in_maintenance: in_maintenance(&View::new(site, answers)) }
}

/// The files that any server holds: the name in the form in which Windows compares names, and as it is written.
fn names(listings: &BTreeMap<&ServerName, Listing>) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    for file in listings.values().flat_map(|listing| &listing.files) {
        names.entry(folded(&file.name)).or_insert_with(|| file.name.clone());
    }
    names
}

fn column(
    seen: &GroupSnapshot,
    server: &ServerName,
    standing: &Standing,
    listings: &BTreeMap<&ServerName, Listing>,
) -> Column {
    let listing = listings.get(server);
    let bytes = |listing: &Listing| listing.files.iter().fold(0u64, |sum, file| sum.saturating_add(file.bytes));
    Column {
        server: server.clone(),
        role: standing.role,
        disks: standing.mark("disks").ok_or_else(|| why_unknown(&seen.facts, server)),
        bytes: listing.map(bytes),
        quarantines: listing.map(|listing| listing.quarantines.clone()).unwrap_or_default(),
        broken: listing.map(|listing| listing.broken.clone()).unwrap_or_default(),
    }
}

struct Looked<'a> {
    standing: &'a Standing,
    listing: Option<&'a Listing>,
    found: Option<&'a ServerCompared>,
}

fn found<'a>(comparison: Option<&'a Comparison>, server: &ServerName) -> Option<&'a ServerCompared> {
    comparison?.servers.iter().find(|one| one.server == server.as_str())
}

fn cell(looked: &Looked<'_>, key: &str) -> Cell {
    let file = looked.listing.and_then(|listing| listing.files.iter().find(|file| folded(&file.name) == key));
    let compared = looked.found.and_then(|found| found.files.iter().find(|file| folded(&file.path) == key));
    match (looked.standing.role, compared.map(|file| &file.state), file) {
        (Some("master"), Some(FileState::Equal), _) => Cell::Master,
        (Some("slave"), Some(FileState::Missing), _) if looked.listing.is_some_and(|files| !files.has_images()) => {
            Cell::Awaiting
        }
        (Some("slave" | "master"), Some(state), _) => Cell::Compared(state.clone()),
        // The other slaves' extra file: it is neither here nor on the master.
        (Some("slave" | "master"), None, None) if looked.found.is_some_and(|found| !found.files.is_empty()) => {
            Cell::Absent
        }
        (Some("additional" | "unregistered"), _, Some(file)) => Cell::Leftover { bytes: file.bytes },
        (Some("additional" | "unregistered"), _, None) if looked.standing.mark("disks").is_some() => Cell::Absent,
        _ => Cell::Unknown,
    }
}
