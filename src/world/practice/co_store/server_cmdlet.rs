//! The PowerShell commands of Citrix PVS that change something. PVS knows nothing of CO-Store: it lets go of a
//! server that still has storage, and of the master.
//!
//! # Source
//! The PVS PowerShell programmer's guide and its error codes; the code for a tick that is there already: public scripts.

use super::cmdlet::{failed, invalid_store, known_server};
use super::parameters::take;
use super::state::{Activity, Host};
use crate::model::request::Reply;
use crate::world::practice::farm::{Farm, refused};
use crate::world::practice::state::same;

type Given = [(&'static str, String)];
type Answer = Result<Reply, Reply>;

/// Answers a command that changes something, or says that there is no such command.
pub fn answer(farm: &mut Farm, on: &str, name: &str, given: &Given) -> Answer {
    match name {
        "Stop-PvsStreamService" => stream_service(farm, name, given, false),
        "Start-PvsStreamService" => stream_service(farm, name, given, true),
        "Invoke-PvsMarkDown" => mark_down(farm, given),
        "Remove-PvsServer" => {
            let ([server], []) = take(name, given, ["Name"], [])?;
            remove_server(farm, on, server)
        }
        "Set-PvsServerStore" => {
            let ([server, store], []) = take(name, given, ["ServerName", "StoreName"], [])?;
            set_tick(farm, server, store, true)
        }
        "Remove-PvsServerStore" => {
            let ([server, store], []) = take(name, given, ["Name", "StoreName"], [])?;
            set_tick(farm, server, store, false)
        }
        _ => Err(refused(format!("{name} is not recognized as the name of a cmdlet (the practice farm has no such)"))),
    }
}

fn stream_service(farm: &mut Farm, command: &str, given: &Given, start: bool) -> Answer {
    let ([name], []) = take(command, given, ["Name"], [])?;
    if !farm.state.reachable(&known_server(farm, name)?.name) {
        let (code, word) = if start { (108, "ServerStartFailed") } else { (109, "ServerStopFailed") };
        return Err(failed(code, format!("{word}: the Stream Service of {name} can't be reached")));
    }
    Ok(change(farm, name, |host| {
        host.stream_service = start;
        host.marked_down &= !start;
    }))
}

fn mark_down(farm: &mut Farm, given: &Given) -> Answer {
    let ([name], []) = take("Invoke-PvsMarkDown", given, ["ServerName"], [])?;
    if farm.state.activity(known_server(farm, name)?) == Activity::Active {
        return Err(failed(103, format!("ActiveServer: {name} is active")));
    }
    Ok(change(farm, name, |host| host.marked_down = true))
}

/// Removes a server from the farm, as its console does: never the server that the console is connected to, never one
/// whose Stream Service runs (article 17-027, 1-b).
pub fn remove_server(farm: &mut Farm, on: &str, name: &str) -> Answer {
    let host = known_server(farm, name)?;
    if farm.state.activity(host) != Activity::Inactive || same(on, name) {
        return Err(failed(103, format!("ActiveServer: {name} is active")));
    }
    if host.all_terminals() > 0 {
        return Err(failed(100, format!("ActiveDevice: {} devices are connected to {name}", host.all_terminals())));
    }
    for store in &mut farm.state.co_store.pvs_stores {
        store.untick(name);
    }
    Ok(change(farm, name, |host| {
        host.registered = false;
        host.stream_service = false;
        host.marked_down = false;
    }))
}

/// Ticks or unticks a server on the Servers tab of a store.
pub fn set_tick(farm: &mut Farm, server: &str, store: &str, tick: bool) -> Answer {
    let server = known_server(farm, server)?.name.clone();
    let store = farm.state.co_store.pvs_store_mut(store).ok_or_else(|| invalid_store(store))?;
    match (store.is_ticked(&server), tick) {
        (true, true) => Err(failed(23, "ZeroObjectsAffected: No object was added.")),
        (false, false) => Err(failed(23, "ZeroObjectsAffected: No object was deleted.")),
        (false, true) => {
            store.ticked.insert(server);
            Ok(done())
        }
        (true, false) => {
            store.untick(&server);
            Ok(done())
        }
    }
}

fn change(farm: &mut Farm, name: &str, change: impl FnOnce(&mut Host)) -> Reply {
    farm.state.co_store.host_mut(name).map(change);
    done()
}

/// A command that writes no object.
fn done() -> Reply {
    Reply::Json("[]".into())
}
