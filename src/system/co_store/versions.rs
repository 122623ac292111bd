//! Which versions of a store's vDisks are in maintenance, so that a file that only the master has while it is written is
//! not held to be missing elsewhere.
//!
//! What PVS does not answer excuses nothing: the file is told as missing then.
//!
//! # Source
//! The PVS PowerShell programmer's guide: `Get-PvsDiskVersion`, whose `Access` is 1 for maintenance and 2 for the highest
//! version in maintenance.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::model::disks::compare::Maintenance;
use crate::model::disks::name::DiskFileName;
use crate::model::name::ServerName;
use crate::model::request::Request;
use crate::model::site::Site;
use crate::system::Answers;

use super::replies::{json_list, number_of};
use super::view::servers_of;

/// A version as PVS has it.
pub(super) struct Version {
    /// The file name of its image.
    pub file: String,
    /// Whether it is in maintenance.
    pub is_open: bool,
}

/// Returns what must be asked through `via`: the store's vDisks, and once they are known each one's versions.
pub(super) fn asks(site: &Site, answers: &Answers, via: &ServerName) -> Vec<Request> {
    let Some(locators) = locators_of(site, answers, via) else { return Vec::new() };
    let ids = ids_of(answers, &locators).unwrap_or_default();
    std::iter::once(locators).chain(ids.iter().map(|id| versions_of(via, id))).collect()
}

/// Returns the versions that PVS says are in maintenance.
pub(super) fn in_maintenance(site: &Site, answers: &Answers, via: &ServerName) -> Maintenance {
    let ids = ids(site, answers, via).unwrap_or_default();
    let told = ids.iter().flat_map(|id| json_list(answers, &versions_of(via, id)).unwrap_or_default());
    told.filter_map(open).collect()
}

/// Returns the ids of the store's vDisks.
pub(super) fn ids(site: &Site, answers: &Answers, via: &ServerName) -> Result<Vec<String>, String> {
    let locators = locators_of(site, answers, via).ok_or("PVS names no site of its servers")?;
    ids_of(answers, &locators)
}

/// Returns the versions of a vDisk, by their numbers.
pub(super) fn of_disk(answers: &Answers, via: &ServerName, id: &str) -> Result<BTreeMap<u64, Version>, String> {
    let version = |one: &Json| {
        let number = number_of(one.get("Version"));
        let file = one.get("DiskFileName").and_then(Json::as_str).map(str::to_owned);
        match (number, file) {
            (Some(number), Some(file)) => Ok((number, Version { file, is_open: is_open(one) })),
            _ => Err(format!("Get-PvsDiskVersion returned an object without Version or DiskFileName: {one}")),
        }
    };
    json_list(answers, &versions_of(via, id))?.iter().map(version).collect()
}

fn locators_of(site: &Site, answers: &Answers, via: &ServerName) -> Option<Request> {
    let listed = json_list(answers, &servers_of(via, None)).ok()?;
    let text = |one: &Json, field: &str| one.get(field).and_then(Json::as_str).map(str::to_owned);
    // In a farm of several sites the store's vDisks are those of the site that is asked.
    let asked = listed.iter().find(|one| text(one, "ServerName").is_some_and(|name| via.is(&name)));
    let name = asked.into_iter().chain(listed).find_map(|one| text(one, "SiteName"))?;
    let parameters = vec![("SiteName", name), ("StoreName", site.group.clone())];
    Some(Request::Cmdlet { on: via.clone(), name: "Get-PvsDiskLocator", parameters })
}

fn ids_of(answers: &Answers, locators: &Request) -> Result<Vec<String>, String> {
    let id = |one: &Json| match one.get("DiskLocatorId").and_then(Json::as_str) {
        Some(id) => Ok(id.to_owned()),
        None => Err(format!("Get-PvsDiskLocator returned an object without DiskLocatorId: {one}")),
    };
    json_list(answers, locators)?.iter().map(id).collect()
}

fn versions_of(via: &ServerName, id: &str) -> Request {
    let parameters = vec![("DiskLocatorId", id.to_owned())];
    Request::Cmdlet { on: via.clone(), name: "Get-PvsDiskVersion", parameters }
}

/// The vDisk and version of a record, if it is in maintenance: by its file's name, since the vDisk may have another.
fn open(version: &Json) -> Option<(String, u32)> {
    let name = DiskFileName::parse(version.get("DiskFileName")?.as_str()?)?;
    is_open(version).then_some((name.disk, name.version?))
}

fn is_open(version: &Json) -> bool {
    matches!(number_of(version.get("Access")), Some(1 | 2))
}
