//! PVS's own inventory of a store's vDisks: which server has which version, as PVS sees it.
//!
//! It is asked besides an observation, by whoever shows it: no mark and no guard rests on it. PVS tells of the servers that
//! serve the store. What is not answered, or not understood, is unknown and never absent.
//!
//! # Source
//! The PVS PowerShell programmer's guide: `Get-PvsDiskInventory`, which takes several ids, and its fields `DiskLocatorId`,
//! `Version`, `ServerName`, `FilePath` and `State`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use crate::model::disks::inventory::{Inventory, Record, State};
use crate::model::name::ServerName;
use crate::model::request::Request;
use crate::model::site::Site;
use crate::system::Answers;

use super::replies::{json_list, number_of};
use super::versions::{self, Version};
use super::view::View;

/// How many vDisks are asked for at once: so many ids fit the longest line that Windows' shell reads.
const MOST_AT_ONCE: usize = 16;

/// The versions of each vDisk, by its id.
type Versions = BTreeMap<String, Result<BTreeMap<u64, Version>, String>>;

/// Returns what must be asked once the store was observed; nothing where PVS did not answer.
pub fn asks(site: &Site, answers: &Answers) -> Vec<Request> {
    let requests =
        disks(site, answers).map(|(via, ids)| ids.chunks(MOST_AT_ONCE).map(|of| of_disks(&via, of)).collect());
    answers.missing(requests.unwrap_or_default())
}

/// Reads the inventory off the answers.
pub fn reads(site: &Site, answers: &Answers) -> Inventory {
    let (via, ids) = match disks(site, answers) {
        Ok(found) => found,
        Err(why) => return Inventory::unknown(why),
    };
    let versions: Versions = ids.iter().map(|id| (folded(id), versions::of_disk(answers, &via, id))).collect();
    let (mut records, mut unknown) = (Vec::new(), BTreeSet::new());
    for of in ids.chunks(MOST_AT_ONCE) {
        let listed = json_list(answers, &of_disks(&via, of)).map_err(|why| format!("Get-PvsDiskInventory: {why}"));
        for one in listed.unwrap_or_else(|why| {
            unknown.insert(why);
            &[]
        }) {
            match record(one, of, &versions) {
                Ok(found) => records.extend(found),
                Err(why) => _ = unknown.insert(why),
            }
        }
    }
    Inventory { records, unknown: unknown.into_iter().collect() }
}

/// Returns the server through which PVS answers, and the ids of the store's vDisks.
fn disks(site: &Site, answers: &Answers) -> Result<(ServerName, Vec<String>), String> {
    let via = View::new(site, answers).pvs?.via;
    let ids = versions::ids(site, answers, &via)?;
    Ok((via, ids))
}

fn of_disks(via: &ServerName, ids: &[String]) -> Request {
    let parameters = vec![("DiskLocatorId", ids.join(","))];
    Request::Cmdlet { on: via.clone(), name: "Get-PvsDiskInventory", parameters }
}

/// Reads what is said of a version on a server; nothing of a version in maintenance, which is on one server by rule.
fn record(one: &Json, of: &[String], versions: &Versions) -> Result<Option<Record>, String> {
    let wrong = |what: &str| format!("Get-PvsDiskInventory returned {what}: {}", shown(one));
    let text = |field: &str| one.get(field).and_then(Json::as_str);
    // Where one vDisk was asked for, it can be no other.
    let only = || of.first().filter(|_| of.len() == 1).map(String::as_str);
    let id = text("DiskLocatorId").or_else(only).ok_or_else(|| wrong("an object without DiskLocatorId"))?;
    let number = number_of(one.get("Version")).ok_or_else(|| wrong("an object without Version"))?;
    let server = text("ServerName").ok_or_else(|| wrong("an object without ServerName"))?;
    let server = ServerName::new(server).map_err(|fault| format!("Get-PvsDiskInventory: {fault}"))?;
    let of_disk = versions.get(&folded(id)).ok_or_else(|| wrong("a vDisk that was not asked for"))?;
    let of_disk = of_disk.as_ref().map_err(|why| format!("Get-PvsDiskVersion: {why}"))?;
    let version = of_disk.get(&number).ok_or_else(|| wrong("a version that Get-PvsDiskVersion does not tell"))?;
    let folder = text("FilePath").unwrap_or_default().to_owned();
    let state = state(one.get("State"));
    Ok((!version.is_open).then(|| Record { server, file: version.file.clone(), folder, state }))
}

/// Reads a state, which is documented as text in one place and as a number in another.
fn state(value: Option<&Json>) -> Result<State, String> {
    match number_of(value) {
        Some(0) => Ok(State::UpToDate),
        Some(1) => Ok(State::FileMissing),
        Some(2) => Ok(State::FileOutdated),
        Some(3) => Ok(State::PropertiesMissing),
        Some(4) => Ok(State::PropertiesOutdated),
        Some(5) => Err("PVS can't reach the server".into()),
        _ => Err(format!("PVS says state {}", value.map_or_else(|| "nothing".into(), shown))),
    }
}

fn shown(value: &Json) -> String {
    value.to_string().chars().take(200).collect()
}

/// PVS may write an id in other letters in one place than in another.
fn folded(id: &str) -> String {
    id.to_ascii_lowercase()
}
