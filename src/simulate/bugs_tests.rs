//! Deliberate mistakes between the loop and the farm: each is caught within so many seeds.

use super::ground::Ground;
use super::many::target;
use super::one::simulate_with;
use super::play::Play;
use super::{co_store, wsmgr};
use crate::model::pool::PoolState;
use crate::model::request::{Reply, Request};

/// What stands between a machine's run and the farm.
pub type Meddler = fn(&mut Play, usize, usize, &Request) -> Reply;

/// Simulates seeds until one breaks what is wanted; returns what it broke.
fn caught(ground: &'static Ground, meddler: Meddler, says: &str) {
    let mut others = Vec::new();
    for seed in 1..=600 {
        let cell = target(ground, seed);
        let outcome = simulate_with(ground, seed, cell, |play| play.meddler = Some(meddler));
        if outcome.broken.iter().any(|what| what.contains(says)) {
            return;
        }
        others.extend(outcome.broken);
    }
    others.truncate(5);
    panic!("nothing says `{says}`, but {others:#?}");
}

/// Somebody uses the group, and the run sees that nobody does.
fn hides_use(play: &mut Play, machine: usize, group: usize, request: &Request) -> Reply {
    match (play.carry_out_well(machine, group, request), request) {
        (Reply::Json(_), Request::Cmdlet { name: "Get-PvsServerStoreActiveDeviceCount", .. }) => {
            Reply::Json("0".into())
        }
        (reply, _) => reply,
    }
}

/// No task is ever seen.
fn hides_tasks(play: &mut Play, machine: usize, group: usize, request: &Request) -> Reply {
    let reply = play.carry_out_well(machine, group, request);
    match request {
        Request::Query(statement) if statement.text.contains("practice_task") => Reply::Rows(Vec::new()),
        Request::Change { change, .. } => {
            // The write's own condition is left out as well.
            match reply {
                Reply::Refused { .. } => play.carry_out_well(
                    machine,
                    group,
                    &Request::Change { only_if: Vec::new(), change: change.clone(), rows: 1 },
                ),
                reply => reply,
            }
        }
        _ => reply,
    }
}

/// What is asked for is done, undone and done again, as by somebody who tries blindly until it works.
fn repeats(play: &mut Play, machine: usize, group: usize, request: &Request) -> Reply {
    let reply = play.carry_out_well(machine, group, request);
    if let Request::Command { on, folder, program, arguments } = request {
        let back = match arguments[0].as_str() {
            "add_slave_storage" => "remove_slave_storage",
            _ => "add_slave_storage",
        };
        let arguments = [&[back.to_string()], &arguments[1..]].concat();
        let undo = Request::Command { on: on.clone(), folder: folder.clone(), program, arguments };
        play.carry_out_well(machine, group, &undo);
        return play.carry_out_well(machine, group, request);
    }
    reply
}

/// Other requests are performed than were written down.
fn strays(play: &mut Play, machine: usize, group: usize, request: &Request) -> Reply {
    match request {
        Request::Cmdlet { on, name: "Remove-PvsServer", parameters } => {
            let parameters = [&parameters[..], &[("Force", "true".to_string())]].concat();
            let stray = Request::Cmdlet { on: on.clone(), name: "Remove-PvsServer", parameters };
            play.carry_out_well(machine, group, &stray)
        }
        _ => play.carry_out_well(machine, group, request),
    }
}

/// A file of a slave is overwritten on the way.
fn overwrites(play: &mut Play, machine: usize, group: usize, request: &Request) -> Reply {
    if !request.is_look() {
        let topology = play.groups[group].plan.topology.clone();
        for declared in &topology.servers {
            let (store, server) = (topology.group.clone(), declared.server.to_string());
            let corrupt = crate::world::practice::co_store::Change::Corrupt { store, server, file: None, offset: None };
            play.corrupt_on_the_way = Some(corrupt.into());
        }
    }
    play.carry_out_well(machine, group, request)
}

/// A step is said to be done that is not: the world pretends.
fn pretends(play: &mut Play, machine: usize, group: usize, request: &Request) -> Reply {
    match (play.carry_out_well(machine, group, request), request) {
        (Reply::Rows(rows), Request::Query(statement)) if statement.text.contains("practice_storage") => {
            let named = play.groups[group].plan.topology.servers.iter().map(|one| vec![Some(one.server.to_string())]);
            Reply::Rows(rows.into_iter().chain(named).collect())
        }
        (reply, _) => reply,
    }
}

/// Whoever takes one server out of the pool takes out all.
fn drains_all(play: &mut Play, machine: usize, group: usize, request: &Request) -> Reply {
    if let Request::SetPool { to: PoolState::Drain, .. } = request {
        for declared in &play.groups[group].plan.topology.servers.clone() {
            let stray = Request::SetPool { server: declared.server.clone(), to: PoolState::Maint };
            play.carry_out_well(machine, group, &stray);
        }
    }
    play.carry_out_well(machine, group, request)
}

#[test]
fn a_group_that_serves_nobody_any_more_is_caught() {
    caught(&wsmgr::GROUND, drains_all, "no server serves any more");
}

#[test]
fn a_guard_that_is_led_astray_is_caught() {
    caught(&co_store::GROUND, hides_use, "guard `no_terminal_running` says");
    caught(&co_store::GROUND, hides_tasks, "guard `no_open_task` says");
}

#[test]
fn a_step_that_is_done_twice_is_caught() {
    caught(&co_store::GROUND, repeats, "changed the farm twice");
}

#[test]
fn a_request_that_no_intent_tells_of_is_caught() {
    caught(&co_store::GROUND, strays, "was performed before its intent was on the disk");
}

#[test]
fn a_file_that_is_overwritten_is_caught() {
    caught(&co_store::GROUND, overwrites, "was lost or overwritten");
}

#[test]
fn a_step_that_is_said_to_be_done_and_is_not_is_caught() {
    caught(&co_store::GROUND, pretends, "is said to be done, and is not");
}

#[test]
fn a_flush_that_is_left_out_is_caught() {
    let mut broken = Vec::new();
    for seed in 1..=50 {
        let ground = &co_store::GROUND;
        let cell = target(ground, seed);
        let outcome = simulate_with(ground, seed, cell, |play| play.skips_flush = true);
        broken.extend(outcome.broken);
    }
    assert!(broken.iter().any(|what| what.contains("before its intent was on the disk")), "{broken:#?}");
}

#[test]
fn the_same_seed_is_the_same_simulation() {
    for seed in 1..=40 {
        let ground = &co_store::GROUND;
        let cell = target(ground, seed);
        let both = [0, 1].map(|_| simulate_with(ground, seed, cell, |_| {}));
        assert_eq!(both[0], both[1], "seed {seed}");
    }
}
