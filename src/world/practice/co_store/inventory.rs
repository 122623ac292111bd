//! PVS's own inventory of the versions of its vDisks, and the folders by which its servers reach its stores.
//!
//! Only looks. PVS goes by the times of files: what is in them it never reads.
//!
//! # Source
//! The PVS PowerShell programmer's guide: names, fields, types and states. That an inventory tells of the servers that are
//! ticked on the store is read off error 195 ("all Servers that access this vDisk"), and that it goes by times off its
//! fields `FileTime` and `PropertiesTime`.

use serde::Serialize;

use super::cmdlet::{invalid_store, json, known_server};
use super::images;
use super::parameters::take;
use super::versions;
use crate::model::request::Reply;
use crate::world::practice::farm::{Farm, Outcome, Trouble};
use crate::world::practice::shares::{Share, StoredFile};
use crate::world::practice::state::same;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Record {
    disk_locator_id: String,
    version: String,
    server_name: String,
    file_path: String,
    state: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ServerStore<'a> {
    store_name: &'a str,
    server_name: &'a str,
    path: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Store<'a> {
    store_name: &'a str,
    path: &'a str,
}

/// The versions of vDisks on each server that serves them.
pub fn inventory(farm: &Farm, given: &[(&'static str, String)]) -> Outcome {
    let ids = match take("Get-PvsDiskInventory", given, ["DiskLocatorId"], []) {
        Ok(([ids], [])) => ids,
        Err(reply) => return Ok(reply),
    };
    let mut all = Vec::new();
    for id in ids.split(',') {
        let Some((store, disk)) = versions::disk_of(farm, id) else { return Ok(versions::invalid_disk()) };
        all.extend(of_disk(farm, &store, &disk)?);
    }
    Ok(json(&all))
}

/// What a server holds of a store: its folder, and its files where it can be reached.
struct Holder {
    server: String,
    folder: String,
    files: Option<Vec<StoredFile>>,
}

fn of_disk(farm: &Farm, store: &str, disk: &str) -> Result<Vec<Record>, Trouble> {
    let ticked = farm.state.co_store.pvs_store(store).map(|store| store.ticked.clone()).unwrap_or_default();
    let shares = ticked.iter().filter_map(|server| farm.share(server, store));
    let holders = shares.map(|share| holder(farm, share)).collect::<Result<Vec<Holder>, Trouble>>()?;
    let version = |version: u32| {
        let files = [images::image_name(disk, version), images::properties_name(disk, version)];
        let newest = files.each_ref().map(|file| holders.iter().filter_map(|one| one.time(file)).max());
        let record = move |one: &Holder| Record {
            disk_locator_id: images::disk_id(store, disk),
            version: version.to_string(),
            server_name: one.server.clone(),
            file_path: one.folder.clone(),
            state: one.state(&files, newest).to_string(),
        };
        holders.iter().map(record).collect::<Vec<_>>()
    };
    Ok(versions::numbers(farm, store, disk)?.into_iter().flat_map(version).collect())
}

fn holder(farm: &Farm, share: Share) -> Result<Holder, Trouble> {
    let is_reached = farm.state.reachable(&share.server);
    let files = if is_reached { Some(farm.disk_files(&share)?.unwrap_or_default()) } else { None };
    Ok(Holder { folder: folder(farm, &share), server: share.server, files })
}

impl Holder {
    fn time(&self, file: &str) -> Option<i64> {
        self.files.iter().flatten().find(|one| same(&one.name, file)).map(|one| one.modified)
    }

    /// 0 up to date; 1 and 2 the image is missing or older than on another server, 3 and 4 the properties; 5 unreachable.
    fn state(&self, files: &[String; 2], newest: [Option<i64>; 2]) -> u32 {
        if self.files.is_none() {
            return 5;
        }
        let [image, properties] = files.each_ref().map(|file| self.time(file));
        match (image, properties) {
            (None, _) => 1,
            (image, _) if image < newest[0] => 2,
            (_, None) => 3,
            (_, properties) if properties < newest[1] => 4,
            _ => 0,
        }
    }
}

/// The stores that servers serve, each with the folder by which the server reaches it.
pub fn server_stores(farm: &Farm, given: &[(&'static str, String)]) -> Result<Reply, Reply> {
    let ([names], [store]) = take("Get-PvsServerStore", given, ["ServerName"], ["StoreName"])?;
    let mut all = Vec::new();
    for name in names.split(',') {
        let server = &known_server(farm, name)?.name;
        let served = farm.state.co_store.pvs_stores.iter().filter(|one| one.is_ticked(server));
        let wanted = served.filter(|one| store.is_none_or(|store| same(store, &one.name)));
        let path = |store: &str| farm.share(server, store).map(|share| folder(farm, &share)).unwrap_or_default();
        all.extend(wanted.map(|one| ServerStore { store_name: &one.name, server_name: server, path: path(&one.name) }));
    }
    Ok(json(&all))
}

/// The stores. Here a folder is each server's own, and a store has none that holds for all.
pub fn stores(farm: &Farm, given: &[(&'static str, String)]) -> Result<Reply, Reply> {
    let ([], [name]) = take("Get-PvsStore", given, [], ["StoreName"])?;
    if let Some(name) = name {
        farm.state.co_store.pvs_store(name).ok_or_else(|| invalid_store(name))?;
    }
    let found = farm.state.co_store.pvs_stores.iter().filter(|one| name.is_none_or(|name| same(name, &one.name)));
    Ok(json(&found.map(|one| Store { store_name: &one.name, path: "" }).collect::<Vec<_>>()))
}

/// The folder of a share; empty where the farm is in memory and has none.
fn folder(farm: &Farm, share: &Share) -> String {
    farm.shares.place(share).map(|(folder, _)| folder.display().to_string()).unwrap_or_default()
}
