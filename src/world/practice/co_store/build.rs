//! Makes CO-Store's part of a farm.

use std::collections::{BTreeMap, BTreeSet};

use super::farm_file::{Role, StoreFile};
use super::images;
use super::state::{Host, PvsStore, State};
use crate::world::practice::clock;
use crate::world::practice::farm::{Farm, Trouble};
use crate::world::practice::farm_file::FarmFile;
use crate::world::practice::shares::{Share, Shares};
use crate::world::practice::state::{MIB, Machine, same};

/// Makes a farm's servers, ticks and files as their roles want them.
pub fn build(farm: &mut Farm) -> Result<(), Trouble> {
    let file = farm.state.made_from.clone();
    farm.state.co_store = State {
        site: "Site".into(),
        hosts: hosts(&file),
        pvs_stores: file.co_store.iter().flat_map(|(name, store)| pvs_stores(name, store)).collect(),
        database_answers: true,
        written: BTreeMap::new(),
    };
    farm.database.make_co_store()?;
    file.co_store.iter().try_for_each(|(name, store)| fill_store(farm, name, store))
}

/// Returns the machines of all stores, sorted by name, each once.
pub fn machines(file: &FarmFile) -> Vec<Machine> {
    let mut machines: Vec<Machine> = Vec::new();
    for (name, server) in file.co_store.values().flat_map(|store| &store.servers) {
        let given = server.free_mb().map(|free| free.saturating_mul(MIB));
        match machines.iter_mut().find(|machine| same(&machine.name, name)) {
            Some(machine) => machine.free_bytes = given.unwrap_or(machine.free_bytes),
            None => machines.push(Machine::new(name, given)),
        }
    }
    machines.sort_by_key(|machine| machine.name.to_ascii_uppercase());
    machines
}

fn hosts(file: &FarmFile) -> Vec<Host> {
    let servers = file.co_store.values().flat_map(|store| &store.servers);
    let registered =
        |name: &str| servers.clone().any(|(one, server)| same(one, name) && server.role() != Role::Unregistered);
    let host = |machine: Machine| {
        let registered = registered(&machine.name);
        Host {
            registered,
            stream_service: registered,
            marked_down: false,
            terminals: BTreeMap::new(),
            shares: BTreeSet::new(),
            name: machine.name,
        }
    };
    machines(file).into_iter().map(host).collect()
}

/// The three PVS stores of a CO-Store store: only the master is ticked on the main store and on the one of the
/// difference disks; servers join through the third (article 17-027).
fn pvs_stores(name: &str, store: &StoreFile) -> [PvsStore; 3] {
    let with = |wanted: fn(Role) -> bool| {
        let servers = store.servers.iter().filter(|(_, server)| wanted(server.role()));
        servers.map(|(name, _)| name.clone()).collect::<BTreeSet<_>>()
    };
    let masters = with(|role| role == Role::Master);
    [
        PvsStore { name: name.into(), ticked: masters.clone() },
        PvsStore { name: format!("{name}-Diff"), ticked: masters },
        PvsStore { name: format!("{name}-Link"), ticked: with(|role| role != Role::Unregistered) },
    ]
}

fn fill_store(farm: &mut Farm, name: &str, store: &StoreFile) -> Result<(), Trouble> {
    let servers: Vec<(String, Role)> =
        store.servers.iter().map(|(server, file)| (server.clone(), file.role())).collect();
    for (server, role) in servers {
        let Some(share) = farm.share(&server, name) else { continue };
        if role != Role::Unregistered {
            farm.make_share(&share)?;
        }
        if matches!(role, Role::Slave | Role::Master) {
            farm.database.add_storage(name, &share.server)?;
            write_disks(farm.shares.as_mut(), &share, store)?;
        }
        if role == Role::Master {
            farm.database.set_master(name, &share.server)?;
            lock_disks(farm.shares.as_mut(), &share, store)?;
        }
    }
    Ok(())
}

fn write_disks(shares: &mut dyn Shares, share: &Share, store: &StoreFile) -> Result<(), Trouble> {
    for (disk, versions) in &store.disks {
        for version in 0..=*versions {
            images::write_version(shares, share, disk, version, clock::file_time(0))?;
        }
    }
    Ok(())
}

/// The master holds the newest versions open; lock files are never replicated.
fn lock_disks(shares: &mut dyn Shares, share: &Share, store: &StoreFile) -> Result<(), Trouble> {
    for disk in store.disks.keys() {
        shares.write(share, &format!("{disk}.lok"), &share.server.clone().into_bytes().into(), clock::file_time(0))?;
    }
    Ok(())
}
