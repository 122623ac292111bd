//! The simulated operator: does what a person would do who follows the documents, within the products' rules.

use super::farm::{Farm, Outcome, Trouble, refused, silent};
use super::farm_file::Operator;
use super::replication;
use super::server_cmdlet;
use super::state::same;
use crate::model::request::{Reply, Task};

/// Answers a task for a person.
pub fn answer(farm: &mut Farm, task: &Task) -> Outcome {
    if farm.state.operator == Operator::Person {
        return Ok(Reply::OperatorAsked);
    }
    let Some(store) = farm.state.store(&task.group) else {
        return Ok(refused(format!("there is no store `{}`", task.group)));
    };
    match farm.state.host(task.host.as_str()) {
        Some(host) if host.reachable() => {}
        Some(host) => return Ok(refused(format!("nobody can work on {}: it can't be reached", host.name))),
        None => return Ok(refused(format!("there is no machine {}", task.host))),
    }
    let server = task.server.as_str();
    let done = match task.transition {
        "register" if !same(task.host.as_str(), server) => {
            Err(refused(format!("{server} joins the farm by work on {server} itself, not on {}", task.host)))
        }
        "register" => register(farm, &store, server)?,
        "unregister" => unregister(farm, task.host.as_str(), server),
        // The person ends the rewriting of a vDisk and says so; whether the task then succeeds is seen by looking.
        "await-replication" => replication::new_version(farm, &store, None)?.map(drop).map_err(refused),
        other => Err(refused(format!("the simulated operator does not know how to do `{other}`"))),
    };
    Ok(match done {
        Ok(()) => Reply::OperatorDone,
        Err(reply) => reply,
    })
}

/// Prepares a machine's share and joins it to the PVS farm through `STORE-Link` (article 17-027, 1-a).
pub fn register(farm: &mut Farm, store: &str, server: &str) -> Result<Result<(), Reply>, Trouble> {
    let Some(share) = farm.share(server, store) else {
        return Ok(Err(refused(format!("there is no machine {server}, or no store `{store}`"))));
    };
    if !farm.state.host(server).is_some_and(|host| host.powered) {
        return Ok(Err(refused(format!("{server} is switched off"))));
    }
    if !farm.state.database_answers {
        return Ok(Err(silent("the database server")));
    }
    farm.make_share(&share)?;
    if let Some(host) = farm.state.host_mut(server).filter(|host| !host.registered) {
        host.registered = true;
        host.stream_service = true;
        host.marked_down = false;
    }
    if let Some(link) = farm.state.pvs_store_mut(&format!("{store}-Link")) {
        link.ticked.insert(share.server);
    }
    Ok(Ok(()))
}

/// Stops a server's Stream Service, or marks it down where it can't be reached, and removes it from the farm with a
/// console that is connected to another server (article 17-027, 1-b).
pub fn unregister(farm: &mut Farm, host: &str, server: &str) -> Result<(), Reply> {
    if farm.state.server(server).is_none() {
        return Ok(());
    }
    let usable = |name: &str| farm.state.server(name).is_some_and(|host| host.reachable()) && !same(name, server);
    let console = if usable(host) {
        Some(host.to_owned())
    } else {
        farm.state.hosts.iter().map(|host| host.name.clone()).find(|name| usable(name))
    };
    let console =
        console.ok_or_else(|| refused(format!("no other server of the farm than {server} can be reached")))?;
    if farm.state.server(server).is_some_and(|host| host.all_terminals() > 0) {
        return Err(refused(format!("devices are connected to {server}")));
    }
    let reachable = farm.state.host(server).is_some_and(|host| host.reachable());
    if let Some(host) = farm.state.host_mut(server) {
        host.stream_service &= !reachable;
        host.marked_down |= !reachable;
    }
    server_cmdlet::remove_server(farm, &console, server).map(drop).map_err(|reply| match reply {
        Reply::CmdletFailed { message, .. } => refused(message),
        other => other,
    })
}
