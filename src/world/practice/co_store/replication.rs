//! CO-Store's tasks that make a version and copy files from the master to every storage.
//!
//! # Source
//! Article 17-027 (2-a: replication starts with a new version, or when a version is deleted from the trash) and article
//! 17-025 (a task that finds differing files, or backups of such files, fails and is tried again for ever).

use super::images;
use super::store_folder::invalid_folders;
use crate::disk::name::{DiskFileName, same_name};
use crate::world::practice::bytes::Bytes;
use crate::world::practice::clock;
use crate::world::practice::farm::{Farm, Trouble};
use crate::world::practice::shares::{Share, StoredFile};
use crate::world::practice::state::same;

/// Ends the rewriting of a vDisk: a new version on the master, then replication. Returns the version's file name. Where no
/// rewriting has begun, it begins and ends at once.
///
/// # Errors
/// Inside: why no version can be made. A replication that fails is no error of this: it stays as a task.
pub fn new_version(farm: &mut Farm, store: &str, disk: Option<&str>) -> Result<Result<String, String>, Trouble> {
    let (disk, newest) = match newest(farm, store, disk)? {
        Ok(found) => found,
        Err(why) => return Ok(Err(why)),
    };
    let name = if farm.state.co_store.is_written(store, &disk) {
        images::image_name(&disk, newest)
    } else {
        match begin_writing(farm, store, Some(&disk))? {
            Ok(name) => name,
            Err(why) => return Ok(Err(why)),
        }
    };
    if let Some(disks) = farm.state.co_store.written.get_mut(store) {
        disks.remove(&disk);
    }
    run(farm, store, &format!("書き換え終了 {name}"))?;
    Ok(Ok(name))
}

/// Begins the rewriting of a vDisk: a version in maintenance, on the master alone. Returns its file name.
///
/// # Errors
/// Inside: why that can't be.
pub fn begin_writing(farm: &mut Farm, store: &str, disk: Option<&str>) -> Result<Result<String, String>, Trouble> {
    let (disk, newest) = match newest(farm, store, disk)? {
        Ok(found) => found,
        Err(why) => return Ok(Err(why)),
    };
    if farm.state.co_store.is_written(store, &disk) {
        return Ok(Err(format!("vDisk `{disk}` is being rewritten already")));
    }
    let (Ok(master), Some(version)) = (ready_master(farm, store)?, newest.checked_add(1)) else {
        return Ok(Err(format!("vDisk `{disk}` can have no further version")));
    };
    let time = clock::file_time(farm.state.minutes);
    images::write_version(farm.shares.as_mut(), &master, &disk, version, time)?;
    farm.state.co_store.written.entry(store.to_owned()).or_default().insert(disk.clone());
    Ok(Ok(images::image_name(&disk, version)))
}

/// Returns a vDisk of a store, the first where none is named, and the number of its newest version on the master.
fn newest(farm: &Farm, store: &str, disk: Option<&str>) -> Result<Result<(String, u32), String>, Trouble> {
    let master = match ready_master(farm, store)? {
        Ok(master) => master,
        Err(why) => return Ok(Err(why)),
    };
    let files = farm.disk_files(&master)?.unwrap_or_default();
    let known = farm.state.made_from.co_store.get(store).map(|file| file.disks.keys().cloned().collect::<Vec<_>>());
    let chosen = known.unwrap_or_default().into_iter().find(|name| disk.is_none_or(|disk| same(disk, name)));
    let Some(disk) = chosen else {
        return Ok(Err(format!("store `{store}` has no such vDisk of which a version could be made")));
    };
    let newest = files.iter().filter_map(|file| images::version_of(&file.name, &disk)).max();
    Ok(newest.map(|newest| (disk.clone(), newest)).ok_or_else(|| format!("the master has no image of vDisk `{disk}`")))
}

/// Deletes what is in the trash, which starts replication.
pub fn empty_trash(farm: &mut Farm, store: &str) -> Result<(), Trouble> {
    run(farm, store, "ゴミ箱を空にする")
}

/// Runs a task that replicates; one that fails stays and is tried again.
fn run(farm: &mut Farm, store: &str, what: &str) -> Result<(), Trouble> {
    if let Err(why) = replicate(farm, store)? {
        farm.notes.push(why.clone());
        farm.database.add_task(store, "running", &format!("{what}: {why}"), true)?;
    }
    Ok(())
}

/// Tries the failed tasks again, as the product does without end.
pub fn retry(farm: &mut Farm) -> Result<(), Trouble> {
    if farm.state.made_from.co_store.is_empty() {
        return Ok(());
    }
    for store in farm.database.stores_with_retries()? {
        if replicate(farm, &store)?.is_ok() {
            farm.database.finish_retries(&store)?;
        }
    }
    Ok(())
}

/// Copies all files that a storage misses from the master.
///
/// # Errors
/// Inside: the product's text of why nothing was copied.
fn replicate(farm: &mut Farm, store: &str) -> Result<Result<(), String>, Trouble> {
    let master = match ready_master(farm, store)? {
        Ok(master) => master,
        Err(why) => return Ok(Err(why)),
    };
    let slaves = reachable_slaves(farm, store, &master)?;
    if let Some(why) = abnormal(farm, &master, &slaves)? {
        return Ok(Err(why));
    }
    let differing = set_aside_differing(farm, &master, &slaves)?;
    if differing {
        return Ok(Err(abnormal(farm, &master, &slaves)?.unwrap_or_default()));
    }
    for slave in &slaves {
        copy_missing(farm, &master, slave)?;
    }
    Ok(Ok(()))
}

/// Returns the master's share, if it can be worked on.
fn ready_master(farm: &Farm, store: &str) -> Result<Result<Share, String>, Trouble> {
    let Some(name) = farm.database.master(store)? else {
        return Ok(Err(format!("store `{store}` has no master")));
    };
    let Some(share) = farm.share(&name, store).filter(|share| farm.shares.has(share)) else {
        return Ok(Err(format!("the master {name} has no share of store `{store}`")));
    };
    let reachable = farm.state.reachable(&name);
    Ok(if reachable { Ok(share) } else { Err(format!("the master {name} can't be reached")) })
}

fn reachable_slaves(farm: &Farm, store: &str, master: &Share) -> Result<Vec<Share>, Trouble> {
    let storages = farm.database.storages(store)?;
    let slaves = storages.iter().filter(|name| !same(name, &master.server));
    let reachable = slaves.filter(|name| farm.state.co_store.server(name).is_some() && farm.state.reachable(name));
    Ok(reachable.filter_map(|name| farm.share(name, store)).filter(|share| farm.shares.has(share)).collect())
}

/// Returns the error block of a task where a storage's folder `Invalid` holds files.
fn abnormal(farm: &Farm, master: &Share, slaves: &[Share]) -> Result<Option<String>, Trouble> {
    let mut lines = vec!["以下のサーバーに異常なファイルが確認されました。".to_owned()];
    let mut any = false;
    for share in std::iter::once(master).chain(slaves) {
        lines.push(format!("サーバー名: {}", share.server));
        let folders = invalid_folders(farm, share)?;
        let files: Vec<_> =
            folders.iter().filter(|folder| folder.is_in_force()).flat_map(|folder| folder.files()).collect();
        if files.is_empty() {
            lines.push("    異常なファイルは存在しません。".into());
        }
        any |= !files.is_empty();
        lines.extend(files.iter().map(|file| format!("    {file}")));
    }
    Ok(any.then(|| lines.join("\n")))
}

/// Moves each slave's file that differs from the master's into the slave's folder `Invalid`; returns whether any did.
fn set_aside_differing(farm: &mut Farm, master: &Share, slaves: &[Share]) -> Result<bool, Trouble> {
    let mut any = false;
    for file in farm.disk_files(master)?.unwrap_or_default() {
        let right = farm.shares.read(master, &file.name)?;
        for slave in slaves {
            if let Some(theirs) = find(farm, slave, &file.name)? {
                let content = farm.shares.read(slave, &theirs.name)?;
                if content != right {
                    set_aside(farm, slave, &theirs, &content)?;
                    farm.shares.remove(slave, &theirs.name)?;
                    any = true;
                }
            }
        }
    }
    Ok(any)
}

/// Writes a time-stamped backup of a file into the folder `Invalid`; returns the backup's name.
pub fn set_aside(farm: &mut Farm, share: &Share, file: &StoredFile, content: &Bytes) -> Result<String, Trouble> {
    let backup = format!("{}.{}", file.name, clock::stamp(farm.state.minutes));
    farm.shares.write(share, &format!("Invalid/{backup}"), content, file.modified)?;
    Ok(backup)
}

fn copy_missing(farm: &mut Farm, master: &Share, slave: &Share) -> Result<(), Trouble> {
    let mut missing = Vec::new();
    for file in farm.disk_files(master)?.unwrap_or_default() {
        if find(farm, slave, &file.name)?.is_none() && !is_being_written(farm, master, &file.name)? {
            missing.push(file);
        }
    }
    let needed = missing.iter().fold(0_u64, |sum, file| sum.saturating_add(file.bytes));
    let free = farm.state.machine(&slave.server).map_or(0, |machine| machine.free_bytes);
    if needed > free {
        farm.notes.push(format!("{} has no room: {needed} bytes are missing, {free} are free", slave.server));
        return Ok(());
    }
    for file in &missing {
        let content = farm.shares.read(master, &file.name)?;
        farm.shares.write(slave, &file.name, &content, file.modified)?;
    }
    if let Some(machine) = farm.state.machine_mut(&slave.server) {
        machine.free_bytes -= needed;
    }
    Ok(())
}

/// Returns whether a file of the master belongs to the version that is being written, which replication leaves out.
fn is_being_written(farm: &Farm, master: &Share, file: &str) -> Result<bool, Trouble> {
    let Some(name) = DiskFileName::parse(file) else { return Ok(false) };
    if !farm.state.co_store.is_written(&master.store, &name.disk) {
        return Ok(false);
    }
    let files = farm.disk_files(master)?.unwrap_or_default();
    let newest = files.iter().filter_map(|file| images::version_of(&file.name, &name.disk)).max();
    Ok(newest.is_some_and(|newest| newest > 0) && name.version == newest)
}

fn find(farm: &Farm, share: &Share, name: &str) -> Result<Option<StoredFile>, Trouble> {
    Ok(farm.disk_files(share)?.unwrap_or_default().into_iter().find(|file| same_name(&file.name, name)))
}
