//! An exhaustive search that shares no code with the planner: it reads the table's rows as they are written and
//! tries every row for every server, breadth first.
#![allow(dead_code)]

use std::collections::{BTreeMap, HashMap, VecDeque};

use rolewalk::model::name::ServerName;
use rolewalk::model::snapshot::{GroupSnapshot, Standing, Standings};
use rolewalk::model::table::{Holds, Leader, Statement, Table, Transition};
use rolewalk::model::topology::{Declared, Source, Topology};

/// The standings of a group, in server order.
pub type World = Vec<Standing>;

pub fn name(index: usize) -> ServerName {
    ServerName::new(&format!("S{index}")).unwrap()
}

pub fn snapshot(table: &Table, world: &World) -> GroupSnapshot {
    let servers: Standings = world.iter().enumerate().map(|(index, one)| (name(index), one.clone())).collect();
    GroupSnapshot { group: "G".into(), system: table.system.into(), servers, ..GroupSnapshot::default() }
}

pub fn topology(table: &'static Table, roles: &[&'static str]) -> Topology {
    let declared = |(index, role): (usize, &&'static str)| Declared {
        server: name(index),
        role,
        because: None,
        lost: false,
        reinstalled: None,
        line: index + 1,
    };
    Topology {
        group: "G".into(),
        table,
        connection: None,
        servers: roles.iter().enumerate().map(declared).collect(),
        keep: Vec::new(),
        keep_master_files: false,
        waivers: Vec::new(),
        maintenance: Vec::new(),
        settling: None,
        disrupt_at_most: None,
        source: Source::default(),
    }
}

fn meets(standing: &Standing, needs: &[rolewalk::model::table::Need]) -> bool {
    needs.iter().all(|need| standing.marks.get(need.mark).is_some_and(|value| need.values.contains(value)))
}

fn put(standing: &mut Standing, role: &'static str, sets: &[rolewalk::model::table::Set]) {
    standing.role = Some(role);
    for set in sets {
        standing.marks.insert(set.mark, set.to);
    }
}

/// Returns what a part of a row makes of a standing, or none where its marks do not allow it.
pub fn effect(
    standing: &Standing,
    to: &'static str,
    needs: &[rolewalk::model::table::Need],
    sets: &[rolewalk::model::table::Set],
) -> Option<Standing> {
    meets(standing, needs).then(|| {
        let mut next = standing.clone();
        put(&mut next, to, sets);
        next
    })
}

/// Returns the worlds that one safe move leads to.
pub fn next(topology: &Topology, world: &World) -> Vec<World> {
    let mut found = Vec::new();
    for server in 0..world.len() {
        for row in topology.table.transitions.iter().filter(|row| world[server].role == Some(row.from)) {
            found.extend(use_row(topology, world, server, row).filter(|next| keeps(topology, world, next)));
        }
    }
    found
}

/// Returns the world after a row is used for one server, or none where it can't be.
pub fn use_row(topology: &Topology, world: &World, server: usize, row: &Transition) -> Option<World> {
    let table = topology.table;
    let leader = world.iter().position(|one| one.role.is_some_and(|role| table.leads(role)));
    if world[server].role != Some(row.from) || !meets(&world[server], row.needs) {
        return None;
    }
    if row.says.is_some_and(|statement| !topology.says(statement, &name(server))) {
        return None;
    }
    let is_lost = topology.says(Statement::Lost, &name(server));
    if is_lost && !row.allows_lost && row.says != Some(Statement::Lost) {
        return None;
    }
    let mut next = world.clone();
    put(&mut next[server], row.to, row.sets);
    let mut spared = vec![server];
    match row.leader {
        Leader::Any => {}
        Leader::Led => {
            leader.filter(|one| *one != server)?;
        }
        Leader::Leaderless => {
            if leader.is_some() {
                return None;
            }
        }
        Leader::StepsDown => {
            leader.filter(|one| *one == server)?;
        }
        Leader::Hands { to, needs, sets, says } => {
            let old = leader.filter(|one| *one != server)?;
            if !meets(&world[old], needs) || says.is_some_and(|one: Statement| !topology.says(one, &name(old))) {
                return None;
            }
            put(&mut next[old], to, sets);
            spared.push(old);
        }
    }
    for other in (0..world.len()).filter(|other| !spared.contains(other)) {
        if let Some(part) = row.others.iter().find(|part| Some(part.role) == world[other].role) {
            if !meets(&world[other], part.needs) {
                return None;
            }
            put(&mut next[other], part.role, part.sets);
        }
    }
    Some(next)
}

/// Returns whether every server is as declared.
pub fn is_done(topology: &Topology, world: &World) -> bool {
    world.iter().enumerate().all(|(server, standing)| is_home(topology, server, standing))
}

/// Returns whether one server is as declared.
pub fn is_home(topology: &Topology, server: usize, standing: &Standing) -> bool {
    let declared = &topology.servers[server];
    let wants = topology.table.wants.iter().filter(|want| match want.holds {
        Holds::Always => true,
        Holds::IfDeclared(statement) => topology.says(statement, &declared.server),
        Holds::ForDrift => false,
    });
    standing.role == Some(declared.role)
        && wants
            .filter(|want| want.role == declared.role)
            .all(|want| standing.marks.get(want.mark).is_some_and(|value| want.values.contains(value)))
}

/// Returns how many servers count for each `keep` minimum.
pub fn counts(topology: &Topology, world: &World) -> Vec<u32> {
    let count = |(role, _): &(&'static str, u32)| {
        let count = topology.table.counts.iter().find(|count| count.name == *role).unwrap();
        let is_counted = |(server, one): &(usize, &Standing)| {
            one.role.is_some_and(|role| count.roles.contains(&role))
                && meets(one, count.needs)
                && !topology.says(Statement::Lost, &name(*server))
        };
        world.iter().enumerate().filter(is_counted).count() as u32
    };
    topology.keep.iter().map(count).collect()
}

/// Returns whether a move from one world to the next keeps the minima: none falls below its minimum, or further.
pub fn keeps(topology: &Topology, before: &World, after: &World) -> bool {
    let pairs = counts(topology, before).into_iter().zip(counts(topology, after)).zip(&topology.keep);
    pairs.into_iter().all(|((before, after), (_, least))| after >= *least || after >= before)
}

/// Returns how many servers are disrupted: counted for some minimum at the start, not now, and not yet as declared.
pub fn disrupted(topology: &Topology, start: &World, world: &World) -> usize {
    let is_counted = |server: usize, one: &Standing| {
        !topology.says(Statement::Lost, &name(server))
            && topology
                .table
                .counts
                .iter()
                .any(|count| one.role.is_some_and(|role| count.roles.contains(&role)) && meets(one, count.needs))
    };
    let is_disrupted = |server: &usize| {
        is_counted(*server, &start[*server])
            && !is_counted(*server, &world[*server])
            && !is_home(topology, *server, &world[*server])
    };
    (0..world.len()).filter(is_disrupted).count()
}

/// Returns whether a move keeps the bound on servers that are disrupted at once.
pub fn spares(topology: &Topology, start: &World, before: &World, after: &World) -> bool {
    topology.disrupt_at_most.is_none_or(|most| {
        let is = disrupted(topology, start, after);
        is <= most as usize || is <= disrupted(topology, start, before)
    })
}

/// Returns the length of a shortest safe sequence, or none where there is none.
pub fn shortest(topology: &Topology, start: &World) -> Option<usize> {
    let mut seen: HashMap<World, usize> = HashMap::from([(start.clone(), 0)]);
    let mut queue = VecDeque::from([start.clone()]);
    while let Some(world) = queue.pop_front() {
        let length = seen[&world];
        if is_done(topology, &world) {
            return Some(length);
        }
        for next in next(topology, &world) {
            if spares(topology, start, &world, &next) && !seen.contains_key(&next) {
                seen.insert(next.clone(), length + 1);
                queue.push_back(next);
            }
        }
    }
    None
}

/// Returns every world of `servers` servers with exactly one leader, each server standing in one of `standings`.
pub fn worlds(table: &Table, standings: &[Standing], servers: usize) -> Vec<World> {
    let mut worlds: Vec<World> = vec![Vec::new()];
    for _ in 0..servers {
        worlds = worlds
            .iter()
            .flat_map(|world| standings.iter().map(|one| [world.as_slice(), std::slice::from_ref(one)].concat()))
            .collect();
    }
    let leads = |one: &&Standing| one.role.is_some_and(|role| table.leads(role));
    worlds.into_iter().filter(|world| world.iter().filter(leads).count() == 1).collect()
}

/// Returns every declaration of `servers` servers with exactly one leader, and those without one that the table knows.
pub fn declarations(table: &'static Table, servers: usize) -> Vec<Vec<&'static str>> {
    let roles: Vec<Standing> = table.roles.iter().map(|role| Standing::of(role.name)).collect();
    let roles_of = |world: World| world.into_iter().filter_map(|one| one.role).collect();
    let led = worlds(table, &roles, servers).into_iter().map(roles_of);
    let mut without: Vec<Vec<&'static str>> = vec![Vec::new()];
    for _ in 0..servers {
        let longer =
            |one: &Vec<&'static str>| table.without_leader.iter().map(|role| [&one[..], &[*role]].concat()).collect();
        without = without.iter().flat_map(|one| -> Vec<Vec<&'static str>> { longer(one) }).collect();
    }
    led.chain(without).collect()
}

/// Follows a plan's steps through the rows as they are written, checking every moment; returns the end.
pub fn follow(topology: &Topology, start: &World, steps: &[rolewalk::model::plan::Step]) -> World {
    walk(topology, start, steps).unwrap_or_else(|why| panic!("{why}"))
}

/// As [`follow`], for steps that may be unsafe: says what is wrong with the first that is.
pub fn walk(topology: &Topology, start: &World, steps: &[rolewalk::model::plan::Step]) -> Result<World, String> {
    let index: BTreeMap<ServerName, usize> = (0..start.len()).map(|one| (name(one), one)).collect();
    let mut world = start.clone();
    for step in steps {
        let server = index.get(&step.server).ok_or_else(|| format!("step {} is about nobody", step.number))?;
        let next = use_row(topology, &world, *server, step.transition);
        let next = next.ok_or_else(|| format!("step {} can't be made in {world:?}", step.number))?;
        let leading = next.iter().filter(|one| one.role.is_some_and(|role| topology.table.leads(role))).count();
        let broken = [
            (!keeps(topology, &world, &next), "breaks a minimum"),
            (!spares(topology, start, &world, &next), "disrupts too many"),
            (leading > 1, "makes two leaders"),
        ];
        if let Some((_, what)) = broken.into_iter().find(|(is_broken, _)| *is_broken) {
            return Err(format!("step {} {what}", step.number));
        }
        world = next;
    }
    Ok(world)
}
