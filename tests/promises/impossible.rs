//! Arguments: where there is no safe sequence, each relaxation that is named is tried by planning again and by the
//! exhaustive search, and none that is smaller would have helped; where none is named, none exists.

use std::collections::HashMap;

use rolewalk::model::fact::Value as Fact;
use rolewalk::model::plan::{Block, GroupPlan};
use rolewalk::model::snapshot::Standing;
use rolewalk::model::table::Table;
use rolewalk::model::topology::Topology;
use rolewalk::system::co_store::guards::fact::TERMINALS;

use crate::cases::{has_none, planned, standings, tables, worlds};
use crate::oracle::{self, World};

/// What arguments named, in how many cases.
#[derive(Debug, PartialEq, Eq, Default, Clone, Copy)]
struct Count {
    cases: usize,
    keep: usize,
    disruption: usize,
    marks: usize,
    statements: usize,
    together: usize,
    leader: usize,
    nothing: usize,
    refused: usize,
}

impl std::ops::Add for Count {
    type Output = Count;
    fn add(self, other: Count) -> Count {
        Count {
            cases: self.cases + other.cases,
            keep: self.keep + other.keep,
            disruption: self.disruption + other.disruption,
            marks: self.marks + other.marks,
            statements: self.statements + other.statements,
            together: self.together + other.together,
            leader: self.leader + other.leader,
            nothing: self.nothing + other.nothing,
            refused: self.refused + other.refused,
        }
    }
}

/// A change that a hint names.
#[derive(Debug, Clone, PartialEq)]
enum Change {
    Keep(String, u32),
    DisruptAtMost(u32),
    Mark(usize, &'static str, &'static str),
    Lost(usize),
    Reinstalled(usize),
    MasterFiles,
}

fn server(block: &Block, topology: &Topology) -> usize {
    (0..topology.servers.len()).find(|one| Some(oracle::name(*one)) == block.server).expect("a server")
}

/// Returns the changes that a block's hint names: any one of them will do.
fn named(block: &Block, topology: &Topology, world: &World) -> Vec<Change> {
    let hint = &block.hint.as_ref().expect("a hint").en;
    let quoted: Vec<&str> = hint.split('`').skip(1).step_by(2).collect();
    let figure = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>().parse().expect("a figure");
    match block.rule.as_str() {
        "lost" => vec![Change::Lost(server(block, topology))],
        "reinstalled" => vec![Change::Reinstalled(server(block, topology))],
        "divergence" => vec![Change::MasterFiles],
        rule if rule.ends_with("_allow") || rule.ends_with("_count") => {
            let (mark, _) = rule.rsplit_once('_').expect("a mark's rule");
            let server = server(block, topology);
            let of_mark = world[server].marks.keys().filter(|name| **name == mark);
            let values = of_mark.flat_map(|name| quoted.iter().map(move |value| (*name, *value)));
            let (mark, value) = values
                .filter_map(|(name, value)| crate::cases::value(name, value))
                .next()
                .expect("a value of the mark");
            vec![Change::Mark(server, mark, value)]
        }
        _ => {
            let change = |text: &&str| match text.strip_prefix("keep: { ") {
                Some(rest) => Change::Keep(rest.split(':').next().unwrap().to_string(), figure(rest)),
                None => Change::DisruptAtMost(figure(text)),
            };
            quoted.iter().map(change).collect()
        }
    }
}

/// Returns the case with that change.
fn changed(change: &Change, (topology, world): &(Topology, World)) -> (Topology, World) {
    let (mut topology, mut world) = (topology.clone(), world.clone());
    match change {
        Change::Keep(name, least) => {
            topology.keep.iter_mut().filter(|(one, _)| one == name).for_each(|(_, one)| *one = *least);
        }
        Change::DisruptAtMost(most) => topology.disrupt_at_most = Some(*most),
        Change::Mark(server, mark, value) => drop(world[*server].marks.insert(mark, value)),
        Change::Lost(server) => topology.servers[*server].lost = true,
        Change::Reinstalled(server) => {
            topology.servers[*server].reinstalled = Some(jiff::civil::date(2026, 1, 1));
        }
        Change::MasterFiles => topology.keep_master_files = true,
    }
    (topology, world)
}

/// Returns what gives up a little less, where there is such a thing.
fn less(change: &Change) -> Option<Change> {
    match change {
        Change::Keep(name, least) => Some(Change::Keep(name.clone(), least + 1)),
        Change::DisruptAtMost(most) => Some(Change::DisruptAtMost(most - 1)),
        _ => None,
    }
}

/// Whether there is a safe sequence, as planner and exhaustive search both say.
fn is_possible((topology, world): &(Topology, World)) -> bool {
    let found = oracle::shortest(topology, world).is_some();
    assert_eq!(!has_none(&planned(topology, world)), found, "planner and search disagree: {world:?}");
    found
}

/// Whether there is a plan to which no guard says no.
fn is_ready(case: &(Topology, World)) -> bool {
    is_possible(case) && planned(&case.0, &case.1).blocked_by.is_empty()
}

/// Whether no marks and no statements of the servers lead from these roles to those declared, all minima given up.
type Hopeless = HashMap<(Vec<&'static str>, Vec<&'static str>, &'static str), bool>;

fn is_hopeless(topology: &Topology, world: &World, known: &mut Hopeless) -> bool {
    let roles: Vec<&'static str> = world.iter().filter_map(|one| one.role).collect();
    let declared: Vec<&'static str> = topology.servers.iter().map(|one| one.role).collect();
    let table = topology.table;
    *known.entry((roles.clone(), declared.clone(), table.system)).or_insert_with(|| {
        let all = standings(table);
        let of_role =
            |role: &&'static str| all.iter().filter(|one| one.role == Some(role)).cloned().collect::<Vec<_>>();
        let worlds = roles.iter().map(of_role).fold(vec![Vec::new()], |worlds: Vec<World>, standings| {
            let longer = |world: &World| -> Vec<World> {
                standings.iter().map(|one: &Standing| [world.as_slice(), std::slice::from_ref(one)].concat()).collect()
            };
            worlds.iter().flat_map(longer).collect()
        });
        let stated = |anew: bool, master_files: bool| {
            let mut topology = oracle::topology(table, &declared);
            topology.keep_master_files = master_files;
            let day = anew.then(|| jiff::civil::date(2026, 1, 1));
            topology.servers.iter_mut().for_each(|one| one.reinstalled = day);
            topology
        };
        let topologies =
            [(false, false), (true, false), (false, true), (true, true)].map(|(one, two)| stated(one, two));
        !worlds.iter().any(|world| topologies.iter().any(|topology| oracle::shortest(topology, world).is_some()))
    })
}

fn count(plan: &GroupPlan, world: &World, count: &mut Count, known: &mut Hopeless) {
    let case = (plan.topology.clone(), world.clone());
    count.cases += 1;
    assert!(!plan.blocked_by.is_empty());
    let hopeless = plan.blocked_by.iter().any(|block| block.because.en.contains("whatever the marks"));
    if hopeless {
        assert!(is_hopeless(&case.0, world, known), "something would help: {world:?} {:?}", plan.blocked_by);
        let hinted = plan.blocked_by.iter().any(|block| block.hint.is_some());
        count.leader += usize::from(hinted);
        count.nothing += usize::from(!hinted);
        return;
    }
    // What would open a sequence and a guard refuses is no help, and is told.
    if plan.blocked_by.iter().any(|block| block.because.en.contains("would open a sequence")) {
        count.refused += 1;
        assert!(plan.blocked_by.iter().all(|block| block.hint.is_none()), "{:?}", plan.blocked_by);
        return;
    }
    let hinted: Vec<&Block> = plan.blocked_by.iter().filter(|block| block.hint.is_some()).collect();
    assert!(!hinted.is_empty(), "nothing is offered: {world:?} {:?}", plan.blocked_by);
    let changes: Vec<Vec<Change>> = hinted.iter().map(|block| named(block, &case.0, world)).collect();
    let together = hinted.iter().any(|block| block.hint.as_ref().unwrap().en.contains("the others that are named"));
    if together {
        let all: Vec<&Change> = changes.iter().flatten().collect();
        assert!(is_ready(&all.iter().fold(case.clone(), |case, one| changed(one, &case))), "{all:?} don't help");
        for left in 0..all.len() {
            let others = all.iter().enumerate().filter(|(at, _)| *at != left).map(|(_, one)| *one);
            let fewer = others.fold(case.clone(), |case, one| changed(one, &case));
            let fewer = less(all[left])
                .filter(|one| less_than_now(one, &case))
                .map_or(fewer.clone(), |one| changed(&one, &fewer));
            assert!(!is_possible(&fewer), "{:?} need not change for {world:?}", all[left]);
        }
        count.together += 1;
        return;
    }
    for change in changes.iter().flatten() {
        assert!(is_ready(&changed(change, &case)), "{change:?} does not help");
        if let Some(less) = less(change) {
            assert!(!is_possible(&changed(&less, &case)), "{change:?} gives up more than it has to");
        }
        match change {
            Change::Keep(..) => count.keep += 1,
            Change::DisruptAtMost(_) => count.disruption += 1,
            _ => {}
        }
    }
    let of = |is: fn(&Change) -> bool| usize::from(changes.iter().flatten().any(is));
    count.marks += of(|change| matches!(change, Change::Mark(..)));
    count.statements += of(|change| matches!(change, Change::Lost(_) | Change::Reinstalled(_) | Change::MasterFiles));
}

/// Whether a smaller change is one at all.
fn less_than_now(change: &Change, (topology, _): &(Topology, World)) -> bool {
    match change {
        Change::Keep(name, least) => topology.keep.iter().any(|(one, now)| one == name && least < now),
        Change::DisruptAtMost(most) => topology.disrupt_at_most.is_some_and(|now| *most > now),
        _ => false,
    }
}

fn all(table: &'static Table, servers: usize, keep: u32, disrupt_at_most: Option<u32>, known: &mut Hopeless) -> Count {
    let mut counted = Count::default();
    let declarations = oracle::declarations(table, servers);
    // All are too many without an optimised build; every hundred and first meets each kind.
    for world in worlds(table, servers).into_iter().step_by(101) {
        for roles in &declarations {
            let mut topology = oracle::topology(table, roles);
            topology.keep.extend((keep > 0).then(|| (table.counts[0].name, keep)));
            topology.disrupt_at_most = disrupt_at_most;
            let plan = planned(&topology, &world);
            if has_none(&plan) {
                count(&plan, &world, &mut counted, known);
            }
        }
    }
    counted
}

#[test]
fn what_an_argument_says_would_help_does_help_and_nothing_less() {
    let mut known = Hopeless::new();
    let mut counted = Vec::new();
    for table in tables() {
        let mut sum = Count::default();
        for (keep, disrupt_at_most) in [(0, None), (1, None), (2, Some(1)), (0, Some(0))] {
            sum = sum + all(table, 2, keep, disrupt_at_most, &mut known);
        }
        eprintln!("{} {sum:?}", table.system);
        counted.push(sum);
    }
    let sum = counted.into_iter().fold(Count::default(), |sum, one| sum + one);
    assert_eq!(sum.cases, 348);
    assert_eq!((sum.keep, sum.disruption), (22, 11));
    assert_eq!((sum.marks, sum.statements, sum.together), (70, 48, 60));
    // Where nothing is offered, nothing would help: nobody leads, and from these roles nobody comes to.
    assert_eq!((sum.leader, sum.nothing, sum.refused), (88, 56, 41));
}

/// What is said of a group of which one slave is to go down while `keep` holds on to it, with so many running terminals.
fn kept(terminals: u64) -> GroupPlan {
    let table = &rolewalk::system::co_store::table::TABLE;
    let slave = Standing::of("slave").with("disks", "complete").with("ticks", "others");
    let world = vec![Standing::of("master").with("disks", "complete").with("ticks", "own"), slave];
    let mut topology = oracle::topology(table, &["master", "additional"]);
    topology.keep.push(("slave", 1));
    let mut snapshot = oracle::snapshot(table, &world);
    for server in 0..2 {
        snapshot.facts.know(Some(&oracle::name(server)), TERMINALS, Fact::Count(terminals), "test", None);
    }
    rolewalk::plan::plan(&topology, &snapshot, crate::cases::NOW)
}

// CS-12
#[test]
fn what_a_guard_would_refuse_is_not_shown_as_a_help() {
    let told = |plan: &GroupPlan| {
        let hint = |block: &Block| block.hint.as_ref().map(|hint| hint.en.clone());
        plan.blocked_by.iter().map(|block| (block.rule.clone(), hint(block))).collect::<Vec<_>>()
    };
    let free = kept(0);
    assert_eq!(told(&free)[0], ("keep.slave".into(), Some("with `keep: { slave: 0 }` there is a plan".into())));
    let used = kept(3);
    assert_eq!(told(&used), [("keep.slave".to_string(), None), ("no_terminal_running".to_string(), None)]);
    assert!(used.blocked_by[1].because.en.contains("would open a sequence"), "{:?}", used.blocked_by);
    assert!(used.blocked_by[1].because.ja.contains("手順の並びはあるが"), "{:?}", used.blocked_by);
}
