//! By which folder PVS reaches a store on each server, for a check that sets it beside the folder that a connection
//! declares. Nothing else asks for it.
//!
//! # Source
//! The PVS PowerShell programmer's guide: `Get-PvsServerStore` tells of a server the stores that it serves, each with the
//! path that it has for it; where that is empty, the path of the store holds (`Get-PvsStore`).

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::model::disks::name::{folded, same_name};
use crate::model::name::ServerName;
use crate::model::request::Request;
use crate::model::site::Site;
use crate::system::Answers;

use super::diff_store;
use super::replies::json_list;
use super::view::{Pvs, View};

/// How many servers are asked for at once: so many names fit the longest line that Windows' shell reads.
const MOST_AT_ONCE: usize = 32;

/// The folders of one store, by the servers that serve it; or why one of them is unknown.
pub type Folders = BTreeMap<ServerName, Result<String, String>>;

/// Returns the two stores of which only the master is to be ticked: those whose folder matters to a handover.
pub fn stores(group: &str) -> [String; 2] {
    [group.to_owned(), diff_store(group)]
}

/// Returns what must be asked next; empty once everything was asked.
pub fn asks(site: &Site, answers: &Answers) -> Vec<Request> {
    let view = View::new(site, answers);
    let Ok(pvs) = &view.pvs else { return view.seek() };
    let stores = stores(&site.group);
    answers.missing(of_servers(pvs).into_iter().chain(stores.iter().map(|store| of_store(&pvs.via, store))).collect())
}

/// Reads the folders of a store off the answers.
///
/// # Errors
/// Says why nothing is known of them.
pub fn reads(site: &Site, answers: &Answers, store: &str) -> Result<Folders, String> {
    let pvs = View::new(site, answers).pvs?;
    let usual = json_list(answers, &of_store(&pvs.via, store)).and_then(|all| path_of(all.first()));
    let mut folders = Folders::new();
    for request in of_servers(&pvs) {
        for one in json_list(answers, &request)? {
            let text = |field: &str| one.get(field).and_then(Json::as_str);
            let of = text("StoreName").ok_or("Get-PvsServerStore returned an object without StoreName")?;
            if !same_name(of, store) {
                continue;
            }
            let name = text("ServerName").ok_or("Get-PvsServerStore returned an object without ServerName")?;
            let server = ServerName::new(name).map_err(|fault| format!("Get-PvsServerStore: {fault}"))?;
            folders.insert(server, path_of(Some(one)).or_else(|_| usual.clone()));
        }
    }
    Ok(folders)
}

/// Returns whether two paths are written for the same folder.
pub fn is_same(one: &str, other: &str) -> bool {
    let plain = |path: &str| folded(path.replace('/', "\\").trim_end_matches('\\'));
    plain(one) == plain(other)
}

fn path_of(one: Option<&Json>) -> Result<String, String> {
    let path = one.and_then(|one| one.get("Path")).and_then(Json::as_str).filter(|path| !path.is_empty());
    path.map(str::to_owned).ok_or_else(|| "PVS has no path for it".to_string())
}

fn of_servers(Pvs { via, registered }: &Pvs) -> Vec<Request> {
    let names: Vec<String> = registered.iter().map(ToString::to_string).collect();
    let of = |names: &[String]| Request::Cmdlet {
        on: via.clone(),
        name: "Get-PvsServerStore",
        parameters: vec![("ServerName", names.join(","))],
    };
    names.chunks(MOST_AT_ONCE).map(of).collect()
}

fn of_store(via: &ServerName, store: &str) -> Request {
    Request::Cmdlet { on: via.clone(), name: "Get-PvsStore", parameters: vec![("StoreName", store.to_owned())] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_compared_as_windows_does() {
        for (one, other, same) in [
            (r"E:\vDisk", "e:/VDISK/", true),
            (r"\\PVS1\vDisk$\Store", r"\\pvs1\vdisk$\store\", true),
            (r"E:\vDisk", r"E:\vDisk2", false),
            (r"E:\vDisk", r"\\PVS1\vDisk", false),
        ] {
            assert_eq!(is_same(one, other), same, "{one} {other}");
        }
    }
}
