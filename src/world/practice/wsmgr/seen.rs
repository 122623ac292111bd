//! What the simulated operator attests, as it is; and what goes on by itself.

use super::farm_file::Kind;
use super::state::{Group, Server, Stored};
use crate::world::practice::farm::{Farm, Trouble};
use crate::world::practice::farm_file::Operator;
use crate::world::practice::state::{Machine, same};

/// How long an attestation holds, in the farm's minutes.
const HOLDS: u64 = 8 * 60;

/// Sessions end with whoever served them; the simulated operator keeps attesting what is there.
pub fn goes_on(farm: &mut Farm) -> Result<(), Trouble> {
    let machines = farm.state.machines.clone();
    let (minutes, operator) = (farm.state.minutes, farm.state.operator);
    for group in &mut farm.state.wsmgr.groups {
        for server in &mut group.servers {
            if !is_up(&machines, server) {
                server.sessions = 0;
            }
        }
        if operator == Operator::Simulated {
            attest(group, &machines, minutes);
        }
    }
    Ok(())
}

/// Attests everything about a group as it is. What was attested and is still so is left as it is for a while.
pub fn attest(group: &mut Group, machines: &[Machine], minutes: u64) {
    let before = std::mem::take(&mut group.attested);
    let truth = truth(group, machines);
    // A role that has changed has everything looked at anew.
    let is_role = |name: &str| name == "role";
    let before = match truth.iter().filter(|(_, name, _)| is_role(name)).all(|(server, name, value)| {
        before.iter().any(|one| one.server == *server && one.name == *name && one.value == *value)
    }) {
        true => before,
        false => Vec::new(),
    };
    group.attested = truth
        .into_iter()
        .map(|(server, name, value)| {
            let known = before.iter().find(|one| one.server == server && one.name == name && one.value == value);
            match known.filter(|one| one.until > minutes + HOLDS / 2) {
                Some(one) => one.clone(),
                None => {
                    // Who renews an attestation has not seen anything new.
                    let at = known.map_or(minutes, |one| one.at);
                    Stored { server, name, value, at, until: minutes + HOLDS }
                }
            }
        })
        .collect();
}

/// Returns whether the load balancer finds a server up.
pub fn is_up(machines: &[Machine], server: &Server) -> bool {
    let machine = machines.iter().find(|machine| same(&machine.name, &server.name));
    server.connected && machine.is_some_and(Machine::reachable)
}

type Said = (Option<String>, String, String);

fn truth(group: &Group, machines: &[Machine]) -> Vec<Said> {
    let of_group = |name: &str, value: String| (None, name.to_string(), value);
    let mut all = vec![
        of_group("config_bytes", group.config_bytes.to_string()),
        of_group("servers_needed", group.needed.to_string()),
    ];
    for server in &group.servers {
        let mut say = |name: &str, value: &str| all.push((Some(server.name.clone()), name.into(), value.into()));
        let kind = server.kind();
        say("role", kind.as_str());
        if matches!(kind, Kind::Member | Kind::Manager) {
            say("sync", server.sync.as_str());
        }
        say(
            "own",
            match (server.connected, server.own) {
                (_, Kind::Unregistered) => "cleared",
                (true, _) => "joined",
                (false, _) => "cut",
            },
        );
        let machine = machines.iter().find(|machine| same(&machine.name, &server.name));
        let free = machine.map_or(0, |machine| machine.free_bytes).to_string();
        say("system_free_bytes", &free);
        say("install_free_bytes", &free);
        say("one_drive", "yes");
        if server.restored {
            say("restored", "yes");
        }
    }
    all
}
