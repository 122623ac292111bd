//! Makes a farm from its `farm.yaml`.

use std::collections::{BTreeMap, BTreeSet};

use super::clock;
use super::database::Database;
use super::farm::{Farm, Trouble};
use super::farm_file::{FarmFile, Role, StoreFile};
use super::images;
use super::shares::{Share, Shares};
use super::state::{Host, MIB, PLENTY_BYTES, PvsStore, State, same};

/// Makes a farm whose servers, ticks and files are as their roles want them.
pub fn build(file: &FarmFile, database: Database, shares: Box<dyn Shares>) -> Result<Farm, Trouble> {
    let state = State {
        made_from: file.clone(),
        operator: file.operator,
        site: "Site".into(),
        hosts: hosts(file),
        pvs_stores: file.co_store.iter().flat_map(|(name, store)| pvs_stores(name, store)).collect(),
        number: 0,
        last: None,
        minutes: 0,
        fail_next: 0,
        lose_next: 0,
        database_answers: true,
    };
    let mut farm = Farm { state, database, shares, notes: Vec::new() };
    for (name, store) in &file.co_store {
        fill_store(&mut farm, name, store)?;
    }
    Ok(farm)
}

fn hosts(file: &FarmFile) -> Vec<Host> {
    let mut hosts: Vec<Host> = Vec::new();
    for (name, server) in file.co_store.values().flat_map(|store| &store.servers) {
        let registered = server.role() != Role::Unregistered;
        let given = server.free_mb().map(|free| free.saturating_mul(MIB));
        match hosts.iter_mut().find(|host| same(&host.name, name)) {
            Some(host) => host.free_bytes = given.unwrap_or(host.free_bytes),
            None => hosts.push(Host {
                name: name.clone(),
                registered,
                powered: true,
                answers: true,
                stream_service: registered,
                marked_down: false,
                free_bytes: given.unwrap_or(PLENTY_BYTES),
                terminals: BTreeMap::new(),
                shares: BTreeSet::new(),
            }),
        }
    }
    hosts.sort_by_key(|host| host.name.to_ascii_uppercase());
    hosts
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
        shares.write(share, &format!("{disk}.lok"), share.server.as_bytes(), clock::file_time(0))?;
    }
    Ok(())
}
