//! The form of a table and the planner, tried on Sun Ray's table and on the shapes of the systems to come: every pair of a small group's standings
//! and declared roles against the exhaustive search.

mod graph;
mod oracle;
mod shape_tables;

use graph::Graph;
use jiff::Timestamp;
use oracle::World;
use rolewalk::model::plan::{GroupPlan, GroupVerdict, Shortest};
use rolewalk::model::snapshot::Standing;
use rolewalk::model::table::{Leader, Table};
use rolewalk::model::topology::Topology;
use rolewalk::plan::check::check;
use rolewalk::plan::lint::lint;
use rolewalk::plan::plan_all;
use rolewalk::system::sun_ray;
use shape_tables::{lifekeeper, wsmgr};

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

/// What is declared besides roles: the minimum of the table's first count, and statements about the servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Besides {
    keep: u32,
    lost: bool,
    reinstalled: bool,
}

const NOTHING: Besides = Besides { keep: 0, lost: false, reinstalled: false };
const KEEP: Besides = Besides { keep: 1, ..NOTHING };
const LOST: Besides = Besides { lost: true, ..NOTHING };
const LOST_AND_KEEP: Besides = Besides { keep: 1, ..LOST };

/// Plans every pair, compares it with the search, and returns how many pairs there were and how many had no plan.
fn pairs(table: &'static Table, standings: &[Standing], servers: usize, besides: Besides) -> (usize, usize) {
    let worlds = worlds(table, standings, servers);
    let declare = |roles: &Vec<&'static str>| {
        let mut topology = oracle::topology(table, roles);
        topology.servers[0].lost = besides.lost;
        if besides.reinstalled {
            let day = jiff::civil::date(2026, 1, 1);
            topology.servers.iter_mut().for_each(|one| one.reinstalled = Some(day));
        }
        topology.keep.extend((besides.keep > 0).then(|| (table.counts[0].name, besides.keep)));
        topology
    };
    let topologies: Vec<Topology> = oracle::declarations(table, servers).iter().map(declare).collect();
    let graph = Graph::of(&topologies[0], &worlds);
    let distances: Vec<_> = topologies.iter().map(|one| graph.distances(one)).collect();
    let (mut pairs, mut impossible, mut wrong) = (0, 0, Vec::new());
    for world in &worlds {
        let snapshot = oracle::snapshot(table, world);
        let groups: Vec<_> = topologies.iter().map(|one| (one, &snapshot)).collect();
        for (plan, distances) in plan_all(&groups, NOW).iter().zip(&distances) {
            let found = distances[graph.place(world)];
            pairs += 1;
            impossible += usize::from(found.is_none());
            wrong.extend(differs(plan, world, found));
        }
    }
    let some = wrong.iter().take(3).cloned().collect::<Vec<_>>().join("\n");
    assert!(wrong.is_empty(), "{}, {besides:?}: {} of {pairs} differ:\n{some}", table.system, wrong.len());
    (pairs, impossible)
}

/// Every world with one leader and, where the table knows groups without one, with none.
fn worlds(table: &'static Table, standings: &[Standing], servers: usize) -> Vec<World> {
    let mut worlds = oracle::worlds(table, standings, servers);
    if table.transitions.iter().any(|row| row.leader == Leader::Leaderless) {
        let follow = |one: &&Standing| one.role.is_some_and(|role| !table.leads(role));
        let followers: Vec<Standing> = standings.iter().filter(follow).cloned().collect();
        let mut leaderless: Vec<World> = vec![Vec::new()];
        for _ in 0..servers {
            let longer = |world: &World| {
                followers.iter().map(|one| [world.as_slice(), std::slice::from_ref(one)].concat()).collect()
            };
            leaderless = leaderless.iter().flat_map(|world| -> Vec<World> { longer(world) }).collect();
        }
        worlds.extend(leaderless);
    }
    worlds
}

/// Says how a plan differs from what the search found, where it does.
fn differs(plan: &GroupPlan, world: &World, found: Option<usize>) -> Option<String> {
    let told = |what: &str| {
        let names = |one: &Standing| format!("{} {:?}", one.role.unwrap_or("?"), one.marks);
        let world: Vec<String> = world.iter().map(names).collect();
        let want: Vec<_> = plan.topology.servers.iter().map(|one| one.role).collect();
        let steps: Vec<_> = plan.steps.iter().map(|step| format!("{} {}", step.transition.name, step.server)).collect();
        Some(format!("{what}: from {world:#?} to {want:?}: found {found:?}, planned {steps:?}"))
    };
    let no_plan = plan.steps.is_empty() && plan.verdict == GroupVerdict::Blocked;
    match found {
        None if no_plan => None,
        None => told("a plan where there is none"),
        Some(_) if no_plan => told("no plan where there is one"),
        Some(length) if plan.steps.len() != length => told("not the shortest"),
        Some(_) if plan.shortest != Shortest::Proven => told("not claimed to be the shortest"),
        Some(_) if !check(plan, NOW).is_empty() => told("refused by the checker"),
        Some(_) => {
            let end = oracle::follow(&plan.topology, world, &plan.steps);
            if oracle::is_done(&plan.topology, &end) { None } else { told("it does not arrive") }
        }
    }
}

/// Every standing of `role` with each of the marks' values.
fn each(role: &'static str, marks: &[(&'static str, &[&'static str])]) -> Vec<Standing> {
    let with = |all: Vec<Standing>, (mark, values): &(&'static str, &[&'static str])| {
        all.iter().flat_map(|one| values.iter().map(move |value| one.clone().with(mark, value))).collect()
    };
    marks.iter().fold(vec![Standing::of(role)], with)
}

fn wsmgr_standings() -> Vec<Standing> {
    let pool = ("pool", ["in", "out"].as_slice());
    let sync = ("sync", ["complete", "running", "error"].as_slice());
    let outside = [pool, ("sync", &["complete"])];
    let mut all = each("unregistered", &outside);
    all.extend(each("disabled", &outside));
    all.extend(each("member", &[pool, sync]));
    all.extend(each("manager", &[pool, ("sync", &["complete", "error"])]));
    all
}

/// Every standing that a Sun Ray server can have.
fn sun_ray_standings() -> Vec<Standing> {
    let dump = ("dump", ["none", "kept"].as_slice());
    let store = ("store", ["filled", "empty"].as_slice());
    let installed = ("software", ["installed"].as_slice());
    let mut all = each("standalone", &[("follow", &["none", "listed"]), installed, store, dump]);
    all.extend(each(
        "standalone",
        &[("follow", &["none", "listed"]), ("software", &["missing"]), ("store", &["empty"]), dump],
    ));
    all.extend(each("secondary", &[("follow", &["current", "stale"]), installed, store, dump]));
    all.extend(each("primary", &[("follow", &["none"]), installed, store, dump]));
    all
}

/// Those of servers that were never installed anew.
fn usual_sun_ray_standings() -> Vec<Standing> {
    let usual = [("software", ["installed"].as_slice()), ("store", &["filled"]), ("dump", &["none"])];
    let with = |role, follow: &'static [&'static str]| each(role, &[[("follow", follow)].as_slice(), &usual].concat());
    [with("standalone", &["none"]), with("secondary", &["current", "stale"]), with("primary", &["none"])].concat()
}

fn lifekeeper_standings() -> Vec<Standing> {
    let record = ("record", ["current", "stale"].as_slice());
    let mut all = each("unregistered", &[("record", &["none"]), ("mirror", &["none"])]);
    all.extend(each("member", &[record, ("mirror", &["none"])]));
    all.extend(each("standby", &[record, ("mirror", &["none", "mirroring"])]));
    all.extend(each("active", &[("record", &["current"]), ("mirror", &["mirroring"])]));
    all
}

#[test]
fn the_shapes_tables_have_no_fault_that_the_lint_knows() {
    for table in [&wsmgr::TABLE, &wsmgr::STRICT, &sun_ray::table::TABLE, &lifekeeper::TABLE, &lifekeeper::SHARED_MIRROR]
    {
        assert_eq!(lint(table), [], "{}", table.system);
    }
}

/// Plans all pairs of one to `servers` servers under all of `besides`; returns the counts of [`pairs`], added up.
fn all_pairs(table: &'static Table, standings: &[Standing], servers: &[usize], besides: &[Besides]) -> (usize, usize) {
    let each = besides.iter().flat_map(|one| servers.iter().map(move |servers| (*one, *servers)));
    each.map(|(besides, servers)| pairs(table, standings, servers, besides))
        .fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
}

const USUAL: [Besides; 4] = [NOTHING, KEEP, LOST, LOST_AND_KEEP];

/// The usual ones, and again with every server installed anew.
fn with_reinstalled() -> Vec<Besides> {
    let anew = |one: &Besides| Besides { reinstalled: true, ..*one };
    USUAL.iter().copied().chain(USUAL.iter().map(anew)).collect()
}

// WS-07, WS-09 to WS-16
#[test]
fn a_group_of_wsmgrs_shape_walks_the_shortest_way() {
    for table in [&wsmgr::TABLE, &wsmgr::STRICT] {
        let counted = all_pairs(table, &wsmgr_standings(), &[1, 2], &USUAL);
        assert_eq!(counted, (4 * (4 + 480), 600), "{}", table.system);
    }
}

// WS-07, WS-09 to WS-16
#[test]
#[ignore = "takes many minutes, even optimised: cargo test --release --test shapes -- --include-ignored"]
fn a_group_of_three_servers_of_wsmgrs_shape_walks_the_shortest_way() {
    for table in [&wsmgr::TABLE, &wsmgr::STRICT] {
        let (pairs, _) = all_pairs(table, &wsmgr_standings(), &[3], &USUAL);
        assert_eq!(pairs, 4 * 3 * 4 * 10 * 10 * 27, "{}", table.system);
    }
}

// SR-02 to SR-07
#[test]
fn a_sun_ray_group_walks_the_shortest_way() {
    let anew = Besides { reinstalled: true, ..NOTHING };
    let (pairs, impossible) = all_pairs(&sun_ray::table::TABLE, &sun_ray_standings(), &[1, 2], &[NOTHING, anew]);
    assert_eq!(pairs, 2 * (PRIMARY_ALONE + PAIRS_OF_TWO));
    assert!(impossible < pairs / 2, "{impossible} of {pairs} have no plan");
}

/// One server, of every standing, that is to be the primary.
const PRIMARY_ALONE: usize = 24;
/// Two servers with one primary or none, for each of four declarations.
const PAIRS_OF_TWO: usize = (2 * 4 * 20 + 20 * 20) * 4;

// SR-02, SR-04, SR-05
#[test]
fn a_sun_ray_group_of_three_servers_walks_the_shortest_way() {
    let counted = all_pairs(&sun_ray::table::TABLE, &usual_sun_ray_standings(), &[3], &USUAL);
    assert_eq!(counted, (4 * 648, 1042));
}

// LK-02 to LK-09
#[test]
fn a_group_of_lifekeepers_shape_walks_the_shortest_way() {
    for table in [&lifekeeper::TABLE, &lifekeeper::SHARED_MIRROR] {
        let counted = all_pairs(table, &lifekeeper_standings(), &[1, 2], &with_reinstalled());
        assert_eq!(counted, (8 * (8 + 378), 2610), "{}", table.system);
    }
}

// LK-02 to LK-09
#[test]
#[ignore = "takes many minutes, even optimised: cargo test --release --test shapes -- --include-ignored"]
fn a_group_of_three_servers_of_lifekeepers_shape_walks_the_shortest_way() {
    let (pairs, _) = all_pairs(&lifekeeper::TABLE, &lifekeeper_standings(), &[3], &with_reinstalled());
    assert_eq!(pairs, 8 * 490 * 27);
    // Where purges tie the servers together, the whole group is searched, and arguments are dear.
    let anew = Besides { reinstalled: true, ..NOTHING };
    let (pairs, _) = all_pairs(&lifekeeper::SHARED_MIRROR, &lifekeeper_standings(), &[3], &[anew]);
    assert_eq!(pairs, 490 * 27);
}
