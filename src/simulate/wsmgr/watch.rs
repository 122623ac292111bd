//! What must never happen to a server group, read off the farm itself: never two managers, never a member that serves
//! while its configuration is not whole, and never the last server that serves out of the pool.
//!
//! # Source
//! Requirements WS-01, WS-09, WS-11 and WS-13.

use crate::model::name::ServerName;
use crate::model::request::Request;
use crate::model::topology::Topology;
use crate::system::wsmgr::table::{MANAGER, MEMBER};

use super::super::cast::present;
use super::super::ground::Kept;
use super::super::play::Play;

const ROLE: &str = "role";
const POOL: &str = "pool";
const SYNC: &str = "sync";
const SERVES: &str = "serves";

/// Reads off the farm what each server of the group is, but of those that are lost.
pub fn keeps(play: &mut Play, group: usize) -> Kept {
    let status = play.status();
    let topology = &play.groups[group].plan.topology;
    let mut kept = Kept::new();
    let Some(status) = status else { return kept };
    let is_up = |name: &str| status.machines.iter().any(|one| one.name == name && one.powered && one.answers);
    for server in &status.wsmgr.servers {
        let Some(name) = present(topology, &server.name) else { continue };
        let mut note = |what: &str, value: &str| drop(kept.insert((name.clone(), what.into()), value.into()));
        note(ROLE, server.role);
        note(POOL, server.pool);
        note(SYNC, server.sync.unwrap_or_default());
        // A manager in error distributes nothing, and serves.
        let is_whole = server.role == MANAGER || (server.role == MEMBER && server.sync == Some("complete"));
        if server.pool == "ready" && is_whole && server.connected && is_up(&server.name) {
            note(SERVES, "");
        }
    }
    kept
}

/// Returns what an act must not have done.
pub fn losses(_: &Topology, before: &Kept, after: &Kept, _: &Request) -> Vec<String> {
    let mut said = Vec::new();
    let is = |kept: &Kept, server: &ServerName, what: &str, value: &str| {
        kept.get(&(server.clone(), what.to_string())).is_some_and(|found| found == value)
    };
    let servers: Vec<&ServerName> = after.keys().filter(|(_, what)| what == ROLE).map(|(server, _)| server).collect();
    let managers = |kept: &Kept| servers.iter().filter(|one| is(kept, one, ROLE, MANAGER)).count();
    if managers(after) > 1 && managers(after) > managers(before) {
        said.push(format!("there are {} managers", managers(after)));
    }
    let half = |kept: &Kept, server: &ServerName| {
        is(kept, server, POOL, "ready") && is(kept, server, ROLE, MEMBER) && !is(kept, server, SYNC, "complete")
    };
    for server in servers.iter().filter(|one| half(after, one) && !half(before, one)) {
        said.push(format!("{server} serves while its configuration is not whole"));
    }
    // Where nobody served before, as where all were found down, nothing is taken away.
    let serving = |kept: &Kept| kept.keys().filter(|(_, what)| what == SERVES).count();
    if serving(before) > 0 && serving(after) == 0 {
        said.push("no server serves any more".into());
    }
    said
}
