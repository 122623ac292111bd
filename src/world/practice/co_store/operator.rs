//! What a person does on a PVS farm who follows the documents.

use super::replication;
use super::server_cmdlet;
use crate::model::request::{Reply, Task};
use crate::world::practice::farm::{Farm, Trouble, refused, silent};
use crate::world::practice::state::same;

/// Does a task.
pub fn operate(farm: &mut Farm, task: &Task) -> Result<Result<(), Reply>, Trouble> {
    let Some(store) = farm.state.store(&task.group) else {
        return Ok(Err(refused(format!("there is no store `{}`", task.group))));
    };
    let server = task.server.as_str();
    Ok(match task.transition {
        "register" if !same(task.host.as_str(), server) => {
            Err(refused(format!("{server} joins the farm by work on {server} itself, not on {}", task.host)))
        }
        "register" => register(farm, &store, server)?,
        "unregister" => unregister(farm, task.host.as_str(), server),
        // The person ends the rewriting of a vDisk and says so; whether the task then succeeds is seen by looking.
        "await-replication" => replication::new_version(farm, &store, None)?.map(drop).map_err(refused),
        other => Err(refused(format!("the simulated operator does not know how to do `{other}`"))),
    })
}

/// Prepares a machine's share and joins it to the PVS farm through `STORE-Link` (article 17-027, 1-a).
pub fn register(farm: &mut Farm, store: &str, server: &str) -> Result<Result<(), Reply>, Trouble> {
    let Some(share) = farm.share(server, store) else {
        return Ok(Err(refused(format!("there is no machine {server}, or no store `{store}`"))));
    };
    if !farm.state.powered(server) {
        return Ok(Err(refused(format!("{server} is switched off"))));
    }
    if !farm.state.co_store.database_answers {
        return Ok(Err(silent("the database server")));
    }
    farm.make_share(&share)?;
    if let Some(host) = farm.state.co_store.host_mut(server).filter(|host| !host.registered) {
        host.registered = true;
        host.stream_service = true;
        host.marked_down = false;
    }
    if let Some(link) = farm.state.co_store.pvs_store_mut(&format!("{store}-Link")) {
        link.ticked.insert(share.server);
    }
    Ok(Ok(()))
}

/// Stops a server's Stream Service, or marks it down where it can't be reached, and removes it from the farm with a
/// console that is connected to another server (article 17-027, 1-b).
pub fn unregister(farm: &mut Farm, host: &str, server: &str) -> Result<(), Reply> {
    if farm.state.co_store.server(server).is_none() {
        return Ok(());
    }
    let usable =
        |name: &str| farm.state.co_store.server(name).is_some() && farm.state.reachable(name) && !same(name, server);
    let console = if usable(host) {
        Some(host.to_owned())
    } else {
        farm.state.co_store.hosts.iter().map(|host| host.name.clone()).find(|name| usable(name))
    };
    let console =
        console.ok_or_else(|| refused(format!("no other server of the farm than {server} can be reached")))?;
    if farm.state.co_store.server(server).is_some_and(|host| host.all_terminals() > 0) {
        return Err(refused(format!("devices are connected to {server}")));
    }
    let reachable = farm.state.reachable(server);
    if let Some(host) = farm.state.co_store.host_mut(server) {
        host.stream_service &= !reachable;
        host.marked_down |= !reachable;
    }
    server_cmdlet::remove_server(farm, &console, server).map(drop).map_err(|reply| match reply {
        Reply::CmdletFailed { message, .. } => refused(message),
        other => other,
    })
}
