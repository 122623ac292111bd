//! Reads off a farm what can be seen of CO-Store and Citrix PVS.

use super::state::Host;
use super::status::{FileStatus, PvsStatus, ServerStatus, ShareStatus, Status, StoreStatus, TaskStatus, TickStatus};
use super::store_folder::invalid_folders;
use crate::disk::name::same_name;
use crate::world::practice::farm::{Farm, Trouble};
use crate::world::practice::shares::Share;
use crate::world::practice::state::same;

/// Returns what can be seen of CO-Store and PVS.
pub fn status(farm: &Farm) -> Result<Status, Trouble> {
    let state = &farm.state;
    let server = |host: &Host| PvsStatus {
        name: host.name.clone(),
        registered: host.registered,
        stream_service: host.registered && state.powered(&host.name) && host.stream_service,
    };
    Ok(Status {
        servers: state.co_store.hosts.iter().map(server).collect(),
        stores: state.made_from.co_store.keys().map(|name| store(farm, name)).collect::<Result<_, _>>()?,
        database_answers: state.co_store.database_answers,
    })
}

fn store(farm: &Farm, name: &str) -> Result<StoreStatus, Trouble> {
    let master = farm.database.master(name)?;
    let storages = farm.database.storages(name)?;
    let terminals = farm.terminals(name);
    let mut servers = Vec::new();
    for host in &farm.state.co_store.hosts {
        let is = |other: &String| same(other, &host.name);
        let role = match host {
            _ if master.as_ref().is_some_and(is) => "master",
            _ if storages.iter().any(is) => "slave",
            host if host.registered => "additional",
            _ => "unregistered",
        };
        let share = farm.share(&host.name, name);
        let share = share.map(|share| share_status(farm, &share, master.as_deref())).transpose()?;
        let count = terminals.iter().find(|(server, _)| is(server)).map_or(0, |(_, count)| *count);
        servers.push(ServerStatus { name: host.name.clone(), role, terminals: count, share: share.flatten() });
    }
    let ticks =
        farm.state.co_store.pvs_stores.iter().filter(|tab| farm.co_store_of(&tab.name).is_some_and(|of| of == name));
    let ticks =
        ticks.map(|tab| TickStatus { pvs_store: tab.name.clone(), ticked: tab.ticked.iter().cloned().collect() });
    let tasks = farm.database.tasks(name)?.into_iter();
    let tasks = tasks.map(|task| TaskStatus { id: task.id, state: task.state, description: task.description });
    Ok(StoreStatus { name: name.into(), master, ticks: ticks.collect(), tasks: tasks.collect(), servers })
}

fn share_status(farm: &Farm, share: &Share, master: Option<&str>) -> Result<Option<ShareStatus>, Trouble> {
    let Some(files) = farm.disk_files(share)? else { return Ok(None) };
    let master = master.and_then(|master| farm.share(master, &share.store));
    let theirs = master.as_ref().map(|master| farm.disk_files(master)).transpose()?.flatten().unwrap_or_default();
    let has = |name: &str| files.iter().any(|file| same_name(&file.name, name));
    let missing = theirs.iter().filter(|file| !has(&file.name)).map(|file| file.name.clone()).collect();
    let mut seen = Vec::new();
    for file in &files {
        let counterpart = theirs.iter().find(|other| same_name(&other.name, &file.name)).zip(master.as_ref());
        let as_master = counterpart.map(|(other, master)| {
            Ok::<_, Trouble>(farm.shares.read(share, &file.name)? == farm.shares.read(master, &other.name)?)
        });
        seen.push(FileStatus { name: file.name.clone(), bytes: file.bytes, as_master: as_master.transpose()? });
    }
    let invalid =
        invalid_folders(farm, share)?.into_iter().map(|folder| (folder.path.clone(), folder.files())).collect();
    Ok(Some(ShareStatus { files: seen, missing, invalid }))
}
