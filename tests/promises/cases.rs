//! The tables and their standings, for suites over all small groups.

use jiff::Timestamp;
use rolewalk::model::plan::{GroupPlan, GroupVerdict};
use rolewalk::model::snapshot::Standing;
use rolewalk::model::table::{Leader, Table};
use rolewalk::model::topology::Topology;
use rolewalk::plan::plan;
use rolewalk::system::{self, co_store};

use crate::oracle::{self, World};
use crate::shape_tables::{lifekeeper, sun_ray, wsmgr};

pub const NOW: Timestamp = Timestamp::UNIX_EPOCH;

pub fn tables() -> [&'static Table; 6] {
    [
        &co_store::table::TABLE,
        &sun_ray::TABLE,
        &wsmgr::TABLE,
        &wsmgr::STRICT,
        &lifekeeper::TABLE,
        &lifekeeper::SHARED_MIRROR,
    ]
}

/// The tables of the four systems, and those of other shapes.
pub fn all_tables() -> Vec<&'static Table> {
    let real = system::tables();
    let shapes = tables().into_iter().filter(|table| !real.iter().any(|one| one.system == table.system));
    real.iter().copied().chain(shapes).collect()
}

/// Every standing that the table's marks allow, the leader's marks included.
pub fn standings(table: &'static Table) -> Vec<Standing> {
    let mut all: Vec<Standing> = table.roles.iter().map(|role| Standing::of(role.name)).collect();
    for mark in table.marks {
        let values = || mark.values.iter().map(|(value, _)| *value);
        // A server's ticks matter at the master; elsewhere they are as its role wants them.
        let as_wanted =
            |one: &Standing| one.role.and_then(|role| table.want(role, mark.name)).filter(|_| mark.name == "ticks");
        all = all
            .iter()
            .flat_map(|one| {
                let few: Vec<_> = match as_wanted(one).filter(|_| !one.role.is_some_and(|role| table.leads(role))) {
                    Some(want) => want.values[..1].to_vec(),
                    None => values().collect(),
                };
                few.into_iter().map(|value| one.clone().with(mark.name, value)).collect::<Vec<_>>()
            })
            .collect();
    }
    all
}

/// Every world of that many servers with one leader and, where the table knows groups without one, with none.
pub fn worlds(table: &'static Table, servers: usize) -> Vec<World> {
    let standings = standings(table);
    let may_lack = table.transitions.iter().any(|row| row.leader == Leader::Leaderless);
    let mut worlds: Vec<World> = vec![Vec::new()];
    for _ in 0..servers {
        let longer = |world: &World| -> Vec<World> {
            standings.iter().map(|one| [world.as_slice(), std::slice::from_ref(one)].concat()).collect()
        };
        worlds = worlds.iter().flat_map(longer).collect();
    }
    let leading = |world: &World| world.iter().filter(|one| one.role.is_some_and(|role| table.leads(role))).count();
    worlds.retain(|world| leading(world) == 1 || (may_lack && leading(world) == 0));
    worlds
}

/// Plans one world towards one topology.
pub fn planned(topology: &Topology, world: &World) -> GroupPlan {
    plan(topology, &oracle::snapshot(topology.table, world), NOW)
}

/// Returns whether there is no safe sequence at all, whatever the guards say.
pub fn has_none(plan: &GroupPlan) -> bool {
    plan.verdict == GroupVerdict::Blocked && plan.steps.is_empty()
}

/// Returns a mark's name and value as a table holds them.
pub fn value(mark: &str, value: &str) -> Option<(&'static str, &'static str)> {
    let marks = tables().into_iter().flat_map(|table| table.marks).filter(|one| one.name == mark);
    marks.into_iter().find_map(|one| one.value(value).map(|value| (one.name, value)))
}
