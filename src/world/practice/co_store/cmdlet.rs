//! The PowerShell commands of Citrix PVS that only look, and the way to those that change something.
//!
//! # Source
//! The PVS PowerShell programmer's guide: names, fields and error codes. The JSON is what
//! `ConvertTo-Json -InputObject @(…) -Compress` prints of the fields that are asked for.

use serde::Serialize;

use super::inventory;
use super::parameters::take;
use super::server_cmdlet;
use super::state::{Activity, Host};
use super::versions;
use crate::model::request::Reply;
use crate::world::practice::farm::{Farm, Outcome, Trouble, refused};
use crate::world::practice::state::{MIB, same};

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Server<'a> {
    server_name: &'a str,
    site_name: &'a str,
    active: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ServerStatus<'a> {
    server_name: &'a str,
    status: u32,
    device_count: u64,
}

/// Answers a PowerShell command on a machine that can be reached.
pub fn answer(farm: &mut Farm, on: &str, name: &str, parameters: &[(&'static str, String)]) -> Outcome {
    if farm.state.co_store.server(on).is_none() {
        // Its SOAP service was never configured for a farm.
        return Ok(Reply::CmdletFailed { code: None, message: format!("{on} is no server of a PVS farm") });
    }
    let given = parameters;
    let reply = match name {
        "Get-PvsServer" => servers(farm, given),
        "Get-PvsServerStatus" => status(farm, given),
        "Get-PvsServerStoreActiveDeviceCount" => device_count(farm, given),
        "Get-PvsDiskLocator" => return versions::locators(farm, given),
        "Get-PvsDiskVersion" => return versions::versions(farm, given),
        "Get-PvsDiskInventory" => return inventory::inventory(farm, given),
        "Get-PvsServerStore" => inventory::server_stores(farm, given),
        "Get-PvsStore" => inventory::stores(farm, given),
        "Get-PvsStoreFreeSpace" => return Ok(free_space(farm, given)?.unwrap_or_else(|reply| reply)),
        _ => server_cmdlet::answer(farm, on, name, given),
    };
    Ok(reply.unwrap_or_else(|reply| reply))
}

type Answer = Result<Reply, Reply>;

/// The servers of the farm; with a store, those that are ticked on it. Every path is valid here, so that `All` adds none.
fn servers(farm: &Farm, given: &[(&'static str, String)]) -> Answer {
    let may = ["StoreName", "ServerName", "SiteName", "All"];
    let ([], [store, server, site, _]) = take("Get-PvsServer", given, [], may)?;
    let ticked =
        store.map(|store| farm.state.co_store.pvs_store(store).ok_or_else(|| invalid_store(store))).transpose()?;
    if let Some(name) = server {
        known_server(farm, name)?;
    }
    let wanted = |host: &&Host| {
        host.registered
            && ticked.is_none_or(|store| store.is_ticked(&host.name))
            && server.is_none_or(|name| same(name, &host.name))
            && site.is_none_or(|site| same(site, &farm.state.co_store.site))
    };
    let record = |host: &'_ Host| match farm.state.activity(host) {
        Activity::Inactive => 0,
        Activity::Active => 1,
        Activity::Unknown => 2,
    };
    let found = farm.state.co_store.hosts.iter().filter(wanted);
    let found = found.map(|host| Server {
        server_name: &host.name,
        site_name: &farm.state.co_store.site,
        active: record(host),
    });
    Ok(json(&found.collect::<Vec<_>>()))
}

fn status(farm: &Farm, given: &[(&'static str, String)]) -> Answer {
    let ([name], []) = take("Get-PvsServerStatus", given, ["ServerName"], [])?;
    let host = known_server(farm, name)?;
    let status = match farm.state.activity(host) {
        Activity::Inactive => 0,
        Activity::Active => 1,
        Activity::Unknown => 2,
    };
    Ok(json(&[ServerStatus { server_name: &host.name, status, device_count: host.all_terminals() }]))
}

/// The terminals that are connected to vDisks of a store through a server. vDisks are in the store of CO-Store's own
/// name; the two stores beside it serve none.
fn device_count(farm: &Farm, given: &[(&'static str, String)]) -> Answer {
    let command = "Get-PvsServerStoreActiveDeviceCount";
    let ([server, store], []) = take(command, given, ["ServerName", "StoreName"], [])?;
    let host = known_server(farm, server)?;
    let store = farm.state.co_store.pvs_store(store).ok_or_else(|| invalid_store(store))?;
    if farm.state.activity(host) == Activity::Unknown {
        return Err(failed(97, format!("ServerTimeout: {server} did not answer")));
    }
    let count = host.terminals.iter().find(|(name, _)| same(name, &store.name)).map_or(0, |(_, count)| *count);
    Ok(Reply::Json(count.to_string()))
}

fn free_space(farm: &Farm, given: &[(&'static str, String)]) -> Result<Answer, Trouble> {
    let ask = || {
        let ([store, server], []) = take("Get-PvsStoreFreeSpace", given, ["Name", "ServerName"], [])?;
        let host = known_server(farm, server)?;
        let store = farm.state.co_store.pvs_store(store).ok_or_else(|| invalid_store(store))?;
        Ok((host, store))
    };
    let (host, store) = match ask() {
        Ok(asked) => asked,
        Err(reply) => return Ok(Err(reply)),
    };
    if !farm.state.reachable(&host.name) {
        return Ok(Err(failed(192, format!("ServerOffline: {} is offline", host.name))));
    }
    let shared = farm.co_store_of(&store.name).and_then(|name| farm.share(&host.name, &name));
    if !shared.is_some_and(|share| farm.shares.has(&share)) {
        return Ok(Err(failed(112, format!("StorePathInaccessible: {} on {}", store.name, host.name))));
    }
    let free_bytes = farm.state.machine(&host.name).map_or(0, |machine| machine.free_bytes);
    Ok(Ok(Reply::Json((free_bytes / MIB).to_string())))
}

/// Returns the server of the farm of that name, or the error of a name that is none.
pub fn known_server<'a>(farm: &'a Farm, name: &str) -> Result<&'a Host, Reply> {
    farm.state.co_store.server(name).ok_or_else(|| failed(45, format!("InvalidServer: no server {name} in the farm")))
}

/// Returns the error of a name that is no store's.
pub fn invalid_store(name: &str) -> Reply {
    failed(93, format!("InvalidStore: no store {name} in the farm"))
}

/// Returns an error of the product.
pub fn failed(code: i64, message: impl Into<String>) -> Reply {
    Reply::CmdletFailed { code: Some(code), message: message.into() }
}

/// Returns an answer as PowerShell prints it.
pub fn json(value: &impl Serialize) -> Reply {
    match serde_json::to_string(value) {
        Ok(text) => Reply::Json(text),
        Err(error) => refused(error.to_string()),
    }
}
