//! Which versions of a store's vDisks are in maintenance, so that a file that only the master has while it is written is
//! not held to be missing elsewhere.
//!
//! What PVS does not answer excuses nothing: the file is told as missing then.
//!
//! # Source
//! The PVS PowerShell programmer's guide: `Get-PvsDiskVersion`, whose `Access` is 1 for maintenance and 2 for the highest
//! version in maintenance.

use serde_json::Value as Json;

use crate::model::disks::compare::Maintenance;
use crate::model::disks::name::DiskFileName;
use crate::model::name::ServerName;
use crate::model::request::Request;
use crate::model::site::Site;
use crate::system::Answers;

use super::observe::{json_list, number_of, servers_of};

/// Returns what must be asked through `via`: the store's vDisks, and once they are known each one's versions.
pub(super) fn asks(site: &Site, answers: &Answers, via: &ServerName) -> Vec<Request> {
    let Some(locators) = locators_of(site, answers, via) else { return Vec::new() };
    let versions = versions_of(answers, &locators, via);
    std::iter::once(locators).chain(versions).collect()
}

/// Returns the versions that PVS says are in maintenance.
pub(super) fn in_maintenance(site: &Site, answers: &Answers, via: &ServerName) -> Maintenance {
    let Some(locators) = locators_of(site, answers, via) else { return Maintenance::new() };
    let versions = versions_of(answers, &locators, via);
    let told = versions.iter().flat_map(|request| json_list(answers, request).unwrap_or_default());
    told.filter_map(open).collect()
}

fn locators_of(site: &Site, answers: &Answers, via: &ServerName) -> Option<Request> {
    let listed = json_list(answers, &servers_of(via, None)).ok()?;
    let name = listed.iter().find_map(|one| one.get("SiteName").and_then(Json::as_str))?;
    let parameters = vec![("SiteName", name.to_owned()), ("StoreName", site.group.clone())];
    Some(Request::Cmdlet { on: via.clone(), name: "Get-PvsDiskLocator", parameters })
}

fn versions_of(answers: &Answers, locators: &Request, via: &ServerName) -> Vec<Request> {
    let listed = json_list(answers, locators).unwrap_or_default();
    let ids = listed.iter().filter_map(|one| one.get("DiskLocatorId").and_then(Json::as_str));
    let versions = |id: &str| Request::Cmdlet {
        on: via.clone(),
        name: "Get-PvsDiskVersion",
        parameters: vec![("DiskLocatorId", id.to_owned())],
    };
    ids.map(versions).collect()
}

/// The vDisk and version of a record, if it is in maintenance: by its file's name, since the vDisk may have another.
fn open(version: &Json) -> Option<(String, u32)> {
    number_of(version.get("Access")).filter(|access| matches!(access, 1 | 2))?;
    let name = DiskFileName::parse(version.get("DiskFileName")?.as_str()?)?;
    Some((name.disk, name.version?))
}
