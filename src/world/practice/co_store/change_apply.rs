//! Carries out changes of CO-Store and Citrix PVS from outside.

use super::change::Change;
use super::images;
use super::operator;
use super::replication;
use super::server_cmdlet;
use crate::disk::name::same_name;
use crate::model::request::Reply;
use crate::world::practice::bytes::Bytes;
use crate::world::practice::change::{ChangeError, cant, no};
use crate::world::practice::change_apply::Applied;
use crate::world::practice::farm::Farm;
use crate::world::practice::shares::{Share, StoredFile};

/// Carries out one change.
pub fn carry_out(farm: &mut Farm, change: &Change) -> Applied {
    match change {
        Change::Terminals { store, server, count } => Ok(terminals(farm, store, server, *count)),
        Change::TaskAdded { store, state, description } => match known_store(farm, store) {
            Ok(store) => Ok(Ok(farm.database.add_task(&store, state.as_str(), description, false)?)),
            Err(why) => Ok(Err(why)),
        },
        Change::TaskRemoved { id } => {
            let removed = farm.database.remove_task(*id)?;
            Ok(if removed { Ok(()) } else { cant(format!("there is no task {id}")) })
        }
        Change::Invalid { .. }
        | Change::Corrupt { .. }
        | Change::Chain { .. }
        | Change::FileMissing { .. }
        | Change::Cleaned { .. } => files(farm, change),
        Change::StreamService { server, running } => Ok(stream_service(farm, server, *running)),
        Change::Master { store, server } => match (known_store(farm, store), known_host(farm, server)) {
            (Ok(store), Ok(server)) => Ok(Ok(farm.database.set_master(&store, &server)?)),
            (Err(why), _) | (_, Err(why)) => Ok(Err(why)),
        },
        Change::Ticked { pvs_store, server, ticked } => {
            Ok(said(server_cmdlet::set_tick(farm, server, pvs_store, *ticked)))
        }
        Change::Registered { store, server, registered: true } => {
            Ok(operator::register(farm, store, server)?.map_err(|reply| words(&reply)))
        }
        Change::Registered { server, registered: false, .. } => Ok(match known_host(farm, server) {
            Ok(server) => operator::unregister(farm, &server, &server).map_err(|reply| words(&reply)),
            Err(why) => Err(why),
        }),
        Change::NewVersion { store, disk } => match known_store(farm, store) {
            Ok(store) => {
                let made = replication::new_version(farm, &store, disk.as_deref())?;
                Ok(made.map(|file| farm.notes.push(format!("made {file}"))).map_err(ChangeError))
            }
            Err(why) => Ok(Err(why)),
        },
        Change::Writing { store, disk } => match known_store(farm, store) {
            Ok(store) => {
                let begun = replication::begin_writing(farm, &store, disk.as_deref())?;
                Ok(begun.map(|file| farm.notes.push(format!("made {file}, in maintenance"))).map_err(ChangeError))
            }
            Err(why) => Ok(Err(why)),
        },
        Change::EmptyTrash { store } => match known_store(farm, store) {
            Ok(store) => replication::empty_trash(farm, &store).map(Ok),
            Err(why) => Ok(Err(why)),
        },
        Change::DatabaseAnswers(answers) => {
            farm.state.co_store.database_answers = *answers;
            Ok(Ok(()))
        }
    }
}

fn terminals(farm: &mut Farm, store: &str, server: &str, count: u64) -> Result<(), ChangeError> {
    let store = known_store(farm, store)?;
    known_host(farm, server)?;
    let powered = farm.state.powered(server);
    match farm.state.co_store.host_mut(server).filter(|host| host.registered && powered) {
        Some(host) => {
            host.terminals.insert(store, count);
            host.terminals.retain(|_, count| *count > 0);
            Ok(())
        }
        None if count == 0 => Ok(()),
        None => cant(format!("no terminal can run on {server}: it is not in the farm, or switched off")),
    }
}

/// The Stream Service starts with the machine; terminals don't outlive it.
pub fn power(farm: &mut Farm, server: &str, on: bool) {
    let starts = on && !farm.state.powered(server);
    let Some(host) = farm.state.co_store.host_mut(server) else { return };
    if starts {
        host.stream_service = host.registered;
        host.marked_down = false;
    }
    if !on {
        host.terminals.clear();
    }
}

fn stream_service(farm: &mut Farm, server: &str, running: bool) -> Result<(), ChangeError> {
    known_host(farm, server)?;
    let powered = farm.state.powered(server);
    match farm.state.co_store.host_mut(server).filter(|host| host.registered && powered) {
        Some(host) => {
            host.stream_service = running;
            host.marked_down &= !running;
            Ok(())
        }
        None => cant(format!("{server} is not in the farm, or switched off")),
    }
}

fn files(farm: &mut Farm, change: &Change) -> Applied {
    let (store, server) = match change {
        Change::Invalid { store, server, .. }
        | Change::Corrupt { store, server, .. }
        | Change::Chain { store, server, .. }
        | Change::FileMissing { store, server, .. }
        | Change::Cleaned { store, server } => (store, server),
        _ => return Ok(cant("no change of files")),
    };
    let Some(share) = farm.share(server, store).filter(|share| farm.shares.has(share)) else {
        return Ok(cant(format!("there is no share of store `{store}` on {server}")));
    };
    match change {
        Change::Invalid { file, .. } => on_file(farm, &share, file.as_deref(), |farm, file, content| {
            let backup = replication::set_aside(farm, &share, file, content)?;
            farm.notes.push(format!("made Invalid/{backup}"));
            Ok(Ok(()))
        }),
        Change::Corrupt { file, offset, .. } => {
            on_file(farm, &share, file.as_deref(), |farm, file, content| corrupt(farm, &share, file, content, *offset))
        }
        Change::Chain { file, .. } => {
            on_file(farm, &share, file.as_deref(), |farm, file, _| break_chain(farm, &share, file))
        }
        Change::FileMissing { file, .. } => {
            on_file(farm, &share, Some(file), |farm, file, _| Ok(Ok(farm.shares.remove(&share, &file.name)?)))
        }
        _ => clean(farm, &share),
    }
}

fn corrupt(farm: &mut Farm, share: &Share, file: &StoredFile, content: &Bytes, offset: Option<u64>) -> Applied {
    let mut content = content.to_vec();
    let offset = offset.unwrap_or(file.bytes / 2);
    let Some(byte) = usize::try_from(offset).ok().and_then(|offset| content.get_mut(offset)) else {
        return Ok(cant(format!("{} has {} bytes", file.name, file.bytes)));
    };
    *byte ^= 1;
    let content = Bytes::from(content);
    // The time stays: a difference that only a look at the content shows.
    farm.shares.write(share, &file.name, &content, file.modified)?;
    farm.notes.push(format!("byte {offset} of {} is another", file.name));
    Ok(Ok(()))
}

/// Replaces a version's image by one of another disk: its children and its parent are of the old one.
fn break_chain(farm: &mut Farm, share: &Share, file: &StoredFile) -> Applied {
    match images::strangers_child(&file.name, file.modified)? {
        None => Ok(cant(format!("{} is a base and has no parent", file.name))),
        Some(content) => {
            farm.shares.write(share, &file.name, &content.into(), file.modified)?;
            farm.notes.push(format!("{} names another parent", file.name));
            Ok(Ok(()))
        }
    }
}

fn clean(farm: &mut Farm, share: &Share) -> Applied {
    if farm.is_storage(&share.store, &share.server)? {
        return Ok(cant(format!("{} is a storage of store `{}`: its files are in use", share.server, share.store)));
    }
    let files = farm.disk_files(share)?.unwrap_or_default();
    for file in &files {
        farm.shares.remove(share, &file.name)?;
    }
    let freed = files.iter().fold(0_u64, |sum, file| sum.saturating_add(file.bytes));
    if let Some(machine) = farm.state.machine_mut(&share.server) {
        machine.free_bytes = machine.free_bytes.saturating_add(freed);
    }
    Ok(Ok(()))
}

fn on_file(
    farm: &mut Farm,
    share: &Share,
    name: Option<&str>,
    act: impl FnOnce(&mut Farm, &StoredFile, &Bytes) -> Applied,
) -> Applied {
    let files = farm.disk_files(share)?.unwrap_or_default();
    let file = match name {
        Some(name) => files.iter().find(|file| same_name(&file.name, name)),
        None => newest_image(&files),
    };
    let Some(file) = file else {
        return Ok(cant(match name {
            Some(name) => format!("there is no file `{name}` in store `{}` on {}", share.store, share.server),
            None => format!("there is no image in store `{}` on {}", share.store, share.server),
        }));
    };
    let content = farm.shares.read(share, &file.name)?;
    act(farm, file, &content)
}

fn newest_image(files: &[StoredFile]) -> Option<&StoredFile> {
    let images = files.iter().filter_map(|file| Some((images::image_version(&file.name)?.1, file)));
    images.max_by_key(|(version, _)| *version).map(|(_, file)| file)
}

fn known_host(farm: &Farm, server: &str) -> Result<String, ChangeError> {
    farm.state
        .co_store
        .host(server)
        .map(|host| host.name.clone())
        .ok_or_else(|| no(format!("there is no machine {server}")))
}

fn known_store(farm: &Farm, store: &str) -> Result<String, ChangeError> {
    farm.state.store(store).ok_or_else(|| no(format!("there is no store `{store}`")))
}

fn said(answer: Result<Reply, Reply>) -> Result<(), ChangeError> {
    answer.map(drop).map_err(|reply| words(&reply))
}

fn words(reply: &Reply) -> ChangeError {
    match reply {
        Reply::Refused { why } | Reply::Unknown { why } => no(why.clone()),
        Reply::CmdletFailed { message, .. } => no(message.clone()),
        other => no(format!("{other:?}")),
    }
}
