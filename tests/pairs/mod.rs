//! Every pair of a small group's standings and declared roles, planned and compared with the exhaustive search.
//!
//! Servers have no properties but their standing, what is declared of them, and their place in the file, and the last
//! one decides only between plans that are equally short. So pairs that differ in nothing but who is who have plans of
//! one length, and [`Which::UpToNames`] plans one pair for all of them: in an order of the file that changes from pair
//! to pair, so that no order goes untried.
#![allow(dead_code)]

use jiff::Timestamp;
use rolewalk::model::plan::{GroupPlan, GroupVerdict, Shortest};
use rolewalk::model::snapshot::{GroupSnapshot, Standing};
use rolewalk::model::table::{Leader, Statement, Table};
use rolewalk::model::topology::Topology;
use rolewalk::plan::check::check;
use rolewalk::plan::{outline_all, plan_all};

use super::graph::{Distances, Graph};
use super::oracle::{self, World};

pub const NOW: Timestamp = Timestamp::UNIX_EPOCH;

/// What is declared besides roles: the minimum of the table's first count, and statements about the servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Besides {
    pub keep: u32,
    /// The first server is lost.
    pub lost: bool,
    pub reinstalled: bool,
    pub keep_master_files: bool,
}

pub const NOTHING: Besides = Besides { keep: 0, lost: false, reinstalled: false, keep_master_files: false };
pub const KEEP: Besides = Besides { keep: 1, ..NOTHING };
pub const LOST: Besides = Besides { lost: true, ..NOTHING };
pub const LOST_AND_KEEP: Besides = Besides { keep: 1, ..LOST };
pub const USUAL: [Besides; 4] = [NOTHING, KEEP, LOST, LOST_AND_KEEP];

impl Besides {
    /// Declares `roles` and all of this.
    pub fn topology(&self, table: &'static Table, roles: &[&'static str]) -> Topology {
        let mut topology = oracle::topology(table, roles);
        topology.servers[0].lost = self.lost;
        topology.keep_master_files = self.keep_master_files;
        if self.reinstalled {
            let day = jiff::civil::date(2026, 1, 1);
            topology.servers.iter_mut().for_each(|one| one.reinstalled = Some(day));
        }
        topology.keep.extend((self.keep > 0).then(|| (table.counts[0].name, self.keep)));
        topology
    }
}

/// Which pairs are planned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    All,
    UpToNames,
}

/// How many pairs were planned, for how many they stand, how many of those have no plan, and how many steps the plans of
/// the others have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Count {
    pub planned: usize,
    pub stand_for: usize,
    pub impossible: usize,
    pub steps: usize,
}

/// Which part of the pairs of four servers is planned: `ROLEWALK_SHARD=2/8` for the second of eight, all without it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    pub number: usize,
    pub of: usize,
}

impl Shard {
    pub const WHOLE: Shard = Shard { number: 1, of: 1 };

    pub fn asked_for() -> Shard {
        let Ok(text) = std::env::var("ROLEWALK_SHARD") else { return Shard::WHOLE };
        let parts = text.split_once('/').and_then(|(number, of)| Some((number.parse().ok()?, of.parse().ok()?)));
        match parts {
            Some((number, of)) if (1..=of).contains(&number) => Shard { number, of },
            _ => panic!("ROLEWALK_SHARD is {text:?}, and not a part like 2/8"),
        }
    }
}

impl std::iter::Sum for Count {
    fn sum<I: Iterator<Item = Count>>(counts: I) -> Count {
        counts.fold(Count::default(), |sum, one| Count {
            planned: sum.planned + one.planned,
            stand_for: sum.stand_for + one.stand_for,
            impossible: sum.impossible + one.impossible,
            steps: sum.steps + one.steps,
        })
    }
}

struct Case<'a> {
    topology: &'a Topology,
    world: &'a World,
    snapshot: &'a GroupSnapshot,
    distance: Option<usize>,
    stands_for: usize,
}

/// Plans the pairs of groups of `servers` servers, on all processors, and demands of each what the search found.
pub fn pairs(table: &'static Table, standings: &[Standing], servers: usize, besides: Besides, which: Which) -> Count {
    let worlds = worlds(table, standings, servers);
    let snapshots: Vec<GroupSnapshot> = worlds.iter().map(|world| oracle::snapshot(table, world)).collect();
    let declarations = oracle::declarations(table, servers);
    let topologies: Vec<Topology> = declarations.iter().map(|roles| besides.topology(table, roles)).collect();
    // What may be done depends on whether a group is to have a leader.
    let is_without = |one: &Topology| one.says(Statement::WithoutLeader, &oracle::name(0));
    let graph_of =
        |without: bool| topologies.iter().find(|one| is_without(one) == without).map(|one| Graph::of(one, &worlds));
    let graphs = [graph_of(false), graph_of(true)];
    let graph = |one: &Topology| graphs[usize::from(is_without(one))].as_ref().expect("made for it");
    let goals: Vec<(&Graph, Distances)> =
        topologies.iter().map(|one| (graph(one), graph(one).distances(one))).collect();
    let stands_for = |world: &World, roles: &[&'static str]| match which {
        Which::All => 1,
        Which::UpToNames => stands_for(world, roles, usize::from(besides.lost)),
    };
    let cases = |place: usize| -> Vec<Case<'_>> {
        let (world, snapshot) = (&worlds[place], &snapshots[place]);
        let goals = declarations.iter().zip(&goals);
        let case = |(roles, (graph, distances)): (&Vec<&'static str>, &(&Graph, Distances))| {
            (stands_for(world, roles), distances.at(graph.place(world)))
        };
        let found = goals.map(case).zip(&topologies).filter(|((stands_for, ..), _)| *stands_for > 0);
        found
            .map(|((stands_for, distance), topology)| Case { topology, world, snapshot, distance, stands_for })
            .collect()
    };
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let shard = if servers > 3 { Shard::asked_for() } else { Shard::WHOLE };
    let share = |worker: usize| {
        let mut waiting: Vec<Case<'_>> = Vec::new();
        let mut count = Count::default();
        let ours = (0..worlds.len()).skip(shard.number - 1).step_by(shard.of);
        for place in ours.skip(worker).step_by(workers) {
            waiting.extend(cases(place));
            if waiting.len() >= 1_000 {
                count = [count, compare(&waiting)].into_iter().sum();
                waiting.clear();
            }
        }
        [count, compare(&waiting)].into_iter().sum::<Count>()
    };
    std::thread::scope(|scope| {
        let share = &share;
        let handles: Vec<_> = (0..workers).map(|worker| scope.spawn(move || share(worker))).collect();
        handles.into_iter().map(|handle| handle.join().expect("a worker found a difference")).sum()
    })
}

/// Returns for how many pairs this one stands that differ only in who is who: 0 where another stands for it. The
/// servers before `first` are not like the others.
fn stands_for(world: &World, roles: &[&'static str], first: usize) -> usize {
    let have: Vec<(&Standing, &str)> = world.iter().zip(roles.iter().copied()).skip(first).collect();
    let mut sorted = have.clone();
    sorted.sort();
    let mut ways: usize = (1..=sorted.len()).product();
    let mut run = 1;
    for pair in sorted.windows(2) {
        run = if pair[0] == pair[1] { run + 1 } else { 1 };
        ways /= run;
    }
    // The order in which the pair is planned: taken from what it holds, so that all orders have their turn.
    let turn = sorted.iter().flat_map(|(one, role)| one.marks.values().chain([role])).flat_map(|text| text.bytes());
    let turn = turn.fold(7usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(byte)));
    let length = sorted.len().max(1);
    sorted.rotate_left(turn % length);
    if turn / length % 2 == 1 {
        sorted.reverse();
    }
    if sorted == have { ways } else { 0 }
}

fn compare(cases: &[Case<'_>]) -> Count {
    let groups: Vec<(&Topology, &GroupSnapshot)> = cases.iter().map(|case| (case.topology, case.snapshot)).collect();
    let (mut count, mut wrong) = (Count::default(), Vec::new());
    // What would help where nothing leads on is looked for in the small groups: it is planned again and again for it.
    let is_small = cases.iter().all(|case| case.world.len() < 3);
    let plans = if is_small { plan_all(&groups, NOW) } else { outline_all(&groups, NOW) };
    for (plan, case) in plans.iter().zip(cases) {
        count.planned += 1;
        count.stand_for += case.stands_for;
        count.impossible += case.stands_for * usize::from(case.distance.is_none());
        count.steps += case.stands_for * case.distance.unwrap_or(0);
        wrong.extend(differs(plan, case.world, case.distance));
    }
    let some = wrong.iter().take(3).cloned().collect::<Vec<_>>().join("\n");
    assert!(wrong.is_empty(), "{} of {} differ:\n{some}", wrong.len(), cases.len());
    count
}

/// Says how a plan differs from what the search found, where it does.
fn differs(plan: &GroupPlan, world: &World, found: Option<usize>) -> Option<String> {
    let told = |what: &str| {
        let names = |one: &Standing| format!("{} {:?}", one.role.unwrap_or("?"), one.marks);
        let world: Vec<String> = world.iter().map(names).collect();
        let topology = &plan.topology;
        let want: Vec<_> = topology.servers.iter().map(|one| (one.role, one.lost)).collect();
        let steps: Vec<_> = plan.steps.iter().map(|step| format!("{} {}", step.transition.name, step.server)).collect();
        let (system, keep) = (topology.table.system, &topology.keep);
        Some(format!("{system}: {what}: from {world:#?} to {want:?} {keep:?}: found {found:?}, planned {steps:?}"))
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

/// Every world with one leader and, where the table knows groups without one, with none.
pub fn worlds(table: &'static Table, standings: &[Standing], servers: usize) -> Vec<World> {
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

/// Plans the pairs of each size under all of `besides`, and adds them up; groups of four and more tell how far they are.
pub fn all_pairs(
    table: &'static Table,
    standings: &[Standing],
    servers: &[usize],
    besides: &[Besides],
    which: Which,
) -> Count {
    let each =
        besides.iter().zip(1..).flat_map(|(one, turn)| servers.iter().map(move |servers| (*one, turn, *servers)));
    let counted = |(one, turn, servers): (Besides, usize, usize)| {
        let count = pairs(table, standings, servers, one, which);
        if servers > 3 {
            let (all, Count { planned, stand_for, impossible, .. }) = (besides.len(), count);
            eprintln!(
                "{} {servers} servers, {turn} of {all}: {planned} planned for {stand_for} pairs, {impossible} impossible",
                table.system
            );
        }
        count
    };
    each.map(counted).sum()
}

/// Demands that all pairs were planned, or stood for; of a shard alone that is not known.
pub fn demand_all(counted: Count, all: usize) {
    eprintln!("{counted:?}");
    match Shard::asked_for() {
        Shard::WHOLE => assert_eq!(counted.stand_for, all),
        shard => eprintln!("part {} of {}: {} of {all} pairs", shard.number, shard.of, counted.stand_for),
    }
}

/// Plans all pairs, and again one for all that differ in nothing but who is who; demands that both find the same.
pub fn reduced_and_not(table: &'static Table, standings: &[Standing], servers: usize, besides: &[Besides]) -> Count {
    let all = all_pairs(table, standings, &[servers], besides, Which::All);
    let reduced = all_pairs(table, standings, &[servers], besides, Which::UpToNames);
    eprintln!("{} {servers} servers: {all:?}, reduced {reduced:?}", table.system);
    assert_eq!(all.planned, all.stand_for);
    assert_eq!(
        (reduced.stand_for, reduced.impossible, reduced.steps),
        (all.stand_for, all.impossible, all.steps),
        "{}",
        table.system
    );
    Count { planned: reduced.planned, ..all }
}

/// Every standing of `role` with each of the marks' values.
pub fn each(role: &'static str, marks: &[(&'static str, &[&'static str])]) -> Vec<Standing> {
    let with = |all: Vec<Standing>, (mark, values): &(&'static str, &[&'static str])| {
        all.iter().flat_map(|one| values.iter().map(move |value| one.clone().with(mark, value))).collect()
    };
    marks.iter().fold(vec![Standing::of(role)], with)
}

/// The standings of CO-Store's servers.
pub fn co_store_standings() -> Vec<Standing> {
    let others = ("ticks", ["others"].as_slice());
    let mut all = each("unregistered", &[("disks", &["none", "leftover"]), others]);
    all.extend(each("additional", &[("disks", &["none", "leftover"]), others]));
    all.extend(each("slave", &[("disks", &["awaiting", "complete", "divergent", "invalid"]), others]));
    all.extend(each("master", &[("disks", &["complete"]), ("ticks", &["own", "missing"])]));
    all
}

/// The standings of servers of WSMGR's shape.
pub fn wsmgr_standings() -> Vec<Standing> {
    let pool = ("pool", ["in", "out"].as_slice());
    let sync = ("sync", ["complete", "running", "error"].as_slice());
    let outside = [pool, ("sync", &["complete"])];
    let mut all = each("unregistered", &outside);
    all.extend(each("disabled", &outside));
    all.extend(each("member", &[pool, sync]));
    all.extend(each("manager", &[pool, ("sync", &["complete", "error"])]));
    all
}

/// The standings of servers of Sun Ray's shape.
pub fn sun_ray_standings() -> Vec<Standing> {
    let mut all = each("standalone", &[("follow", &["none"])]);
    all.extend(each("secondary", &[("follow", &["current", "stale"])]));
    all.extend(each("primary", &[("follow", &["none"])]));
    all
}

/// Every standing of Sun Ray's servers that the table knows.
pub fn every_sun_ray_standing() -> Vec<Standing> {
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

/// The standings of Sun Ray's servers that are seen without a disaster.
pub fn usual_sun_ray_standings() -> Vec<Standing> {
    let usual = [("software", ["installed"].as_slice()), ("store", &["filled"]), ("dump", &["none"])];
    let with = |role, follow: &'static [&'static str]| each(role, &[[("follow", follow)].as_slice(), &usual].concat());
    [with("standalone", &["none"]), with("secondary", &["current", "stale"]), with("primary", &["none"])].concat()
}

/// Every standing of WSMGR's servers that the table knows and a server can have.
pub fn every_wsmgr_standing() -> Vec<Standing> {
    let pool = ("pool", ["in", "down", "draining", "out"].as_slice());
    let own = ("own", ["joined", "cut", "cleared"].as_slice());
    let mut all = each("unregistered", &[pool, own]);
    all.extend(each("disabled", &[pool, own]));
    all.extend(each("member", &[pool, own, ("sync", &["complete", "running", "error"])]));
    all.extend(each("manager", &[pool, own, ("sync", &["complete", "error"])]));
    all
}

/// The standings of WSMGR's servers that decide how groups of three are walked.
pub fn usual_wsmgr_standings() -> Vec<Standing> {
    let pool = ("pool", ["in", "out"].as_slice());
    let mut all = each("unregistered", &[("pool", &["out"]), ("own", &["cleared", "cut"])]);
    all.extend(each("disabled", &[("pool", &["out"]), ("own", &["joined"])]));
    all.extend(each("member", &[pool, ("own", &["joined"]), ("sync", &["complete"])]));
    all.extend(each("member", &[("pool", &["out"]), ("own", &["joined"]), ("sync", &["running", "error"])]));
    all.extend(each("member", &[("pool", &["out"]), ("own", &["cut"]), ("sync", &["complete"])]));
    all.extend(each("manager", &[pool, ("own", &["joined"]), ("sync", &["complete"])]));
    all.extend(each("manager", &[("pool", &["in"]), ("own", &["joined"]), ("sync", &["error"])]));
    all.extend(each("manager", &[("pool", &["out"]), ("own", &["cut"]), ("sync", &["complete"])]));
    all
}

/// The standings of servers of LifeKeeper's shape.
pub fn lifekeeper_standings() -> Vec<Standing> {
    let record = ("record", ["current", "stale"].as_slice());
    let mut all = each("unregistered", &[("record", &["none"]), ("mirror", &["none"])]);
    all.extend(each("member", &[record, ("mirror", &["none"])]));
    all.extend(each("standby", &[record, ("mirror", &["none", "mirroring"])]));
    all.extend(each("active", &[("record", &["current"]), ("mirror", &["mirroring"])]));
    all
}

/// The standings of LifeKeeper's servers that its table knows, but those of a cluster in which nothing is mirrored.
pub fn every_lifekeeper_standing() -> Vec<Standing> {
    let record = |values: &'static [&'static str]| ("record", values);
    let mirror = |values: &'static [&'static str]| ("mirror", values);
    let mut all = each("unregistered", &[record(&["none"]), mirror(&["none"])]);
    all.extend(each("member", &[record(&["current", "partly", "onesided", "stale"]), mirror(&["none"])]));
    all.extend(each("member", &[record(&["stale"]), mirror(&["leftover"])]));
    all.extend(each("standby", &[record(&["current"]), mirror(&["mirroring", "unneeded", "paused", "none"])]));
    all.extend(each("standby", &[record(&["onesided", "partly"]), mirror(&["mirroring"])]));
    all.extend(each("standby", &[record(&["stale"]), mirror(&["leftover", "none"])]));
    all.extend(each("active", &[record(&["current", "partly"]), mirror(&["mirroring"])]));
    all
}

/// Those that are seen in a change and in a disaster.
pub fn usual_lifekeeper_standings() -> Vec<Standing> {
    let mark = |name, value: &'static [&'static str]| (name, value);
    let mut all = each("unregistered", &[mark("record", &["none"]), mark("mirror", &["none"])]);
    all.extend(each("member", &[mark("record", &["current", "stale"]), mark("mirror", &["none"])]));
    all.extend(each("standby", &[mark("record", &["current"]), mark("mirror", &["mirroring", "none"])]));
    all.extend(each("standby", &[mark("record", &["stale"]), mark("mirror", &["leftover"])]));
    all.extend(each("active", &[mark("record", &["current"]), mark("mirror", &["mirroring"])]));
    all
}
