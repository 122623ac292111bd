//! The vDisks of a store and their versions, as PVS tells them: which version is open for writing.
//!
//! Only looks. A version is opened and finished in [`super::replication`].
//!
//! # Source
//! The PVS PowerShell programmer's guide: names and fields; `Access` is 0 in production and 1 in maintenance.

use serde::Serialize;

use super::cmdlet::{failed, invalid_store, json};
use super::images;
use super::parameters::take;
use crate::model::request::Reply;
use crate::world::practice::farm::{Farm, Outcome, Trouble};
use crate::world::practice::shares::Share;
use crate::world::practice::state::same;

const IN_PRODUCTION: u32 = 0;
const IN_MAINTENANCE: u32 = 1;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Locator {
    disk_locator_id: String,
    disk_locator_name: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Version {
    version: u32,
    disk_file_name: String,
    access: u32,
}

/// The vDisks of a store.
pub fn locators(farm: &Farm, given: &[(&'static str, String)]) -> Outcome {
    let ask = || {
        let ([site, store], []) = take("Get-PvsDiskLocator", given, ["SiteName", "StoreName"], [])?;
        let site = Some(site).filter(|site| same(site, &farm.state.co_store.site));
        site.ok_or_else(|| failed(48, "InvalidSite: no such site in the farm"))?;
        farm.state.store(store).ok_or_else(|| invalid_store(store))
    };
    let store = match ask() {
        Ok(store) => store,
        Err(reply) => return Ok(reply),
    };
    let found = disks(farm, &store)
        .into_iter()
        .map(|disk| Locator { disk_locator_id: images::disk_id(&store, &disk), disk_locator_name: disk });
    Ok(json(&found.collect::<Vec<_>>()))
}

/// The versions of a vDisk, the base first.
pub fn versions(farm: &Farm, given: &[(&'static str, String)]) -> Outcome {
    let id = match take("Get-PvsDiskVersion", given, ["DiskLocatorId"], []) {
        Ok(([id], [])) => id,
        Err(reply) => return Ok(reply),
    };
    match disk_of(farm, id) {
        Some((store, disk)) => Ok(json(&of_disk(farm, &store, &disk)?)),
        None => Ok(invalid_disk()),
    }
}

/// Returns the store and the name of the vDisk with that identity.
pub fn disk_of(farm: &Farm, id: &str) -> Option<(String, String)> {
    let stores = farm.state.made_from.co_store.keys();
    let mut all = stores.flat_map(|store| disks(farm, store).into_iter().map(move |disk| (store.clone(), disk)));
    all.find(|(store, disk)| same(&images::disk_id(store, disk), id))
}

/// Returns the error of an identity that is no vDisk's.
pub fn invalid_disk() -> Reply {
    failed(34, "InvalidDiskLocator: no such vDisk in the farm")
}

fn of_disk(farm: &Farm, store: &str, disk: &str) -> Result<Vec<Version>, Trouble> {
    let versions = numbers(farm, store, disk)?;
    let newest = versions.last().copied();
    let is_open = |version| Some(version) == newest && farm.state.co_store.is_written(store, disk);
    let told = versions.into_iter().map(|version| Version {
        version,
        disk_file_name: images::image_name(disk, version),
        access: if is_open(version) { IN_MAINTENANCE } else { IN_PRODUCTION },
    });
    Ok(told.collect())
}

/// Returns the numbers of a vDisk's versions, the base first: those that the master has.
pub fn numbers(farm: &Farm, store: &str, disk: &str) -> Result<Vec<u32>, Trouble> {
    let master = farm.database.master(store)?.and_then(|master| farm.share(&master, store));
    let files = master.map_or(Ok(None), |share: Share| farm.disk_files(&share))?.unwrap_or_default();
    let mut versions: Vec<u32> = files.iter().filter_map(|file| images::version_of(&file.name, disk)).collect();
    versions.sort_unstable();
    Ok(versions)
}

fn disks(farm: &Farm, store: &str) -> Vec<String> {
    let file = farm.state.made_from.co_store.get(store);
    file.map(|file| file.disks.keys().cloned().collect()).unwrap_or_default()
}
