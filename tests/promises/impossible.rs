//! Arguments: where there is no safe sequence, each relaxation that is named is tried by planning again and by the
//! exhaustive search, and none that is smaller would have helped.

use rolewalk::model::plan::{Block, GroupPlan};
use rolewalk::model::table::Table;
use rolewalk::model::topology::Topology;

use crate::cases::{has_none, planned, tables, worlds};
use crate::oracle::{self, World};

/// What arguments named, in how many cases.
#[derive(Debug, PartialEq, Eq, Default)]
struct Count {
    cases: usize,
    keep: usize,
    disruption: usize,
    one_mark: usize,
    marks_together: usize,
    nothing: usize,
}

/// Returns the figure or value that a hint names last between backticks.
fn named(hint: &str) -> String {
    let quoted: Vec<&str> = hint.split('`').skip(1).step_by(2).collect();
    quoted.last().map(|text| text.to_string()).unwrap_or_default()
}

fn figure(hint: &str) -> u32 {
    let text: String = named(hint).chars().filter(char::is_ascii_digit).collect();
    text.parse().expect("a relaxation names a figure")
}

fn is_possible(topology: &Topology, world: &World) -> bool {
    let found = oracle::shortest(topology, world).is_some();
    assert_eq!(!has_none(&planned(topology, world)), found, "planner and search disagree: {world:?}");
    found
}

/// Returns the world in which the marks that some blocks name are as their hints say.
fn mended(world: &World, blocks: &[&Block]) -> World {
    let mut mended = world.clone();
    for block in blocks {
        let server = (0..world.len()).find(|one| Some(oracle::name(*one)) == block.server).expect("a server");
        let mark = block.rule.strip_suffix("_allow").expect("a mark's rule");
        let hint = &block.hint.as_ref().expect("a hint").en;
        let quoted: Vec<&str> = hint.split('`').skip(1).step_by(2).collect();
        let (mark, value) = mended[server]
            .marks
            .keys()
            .filter(|name| **name == mark)
            .flat_map(|name| quoted.iter().map(move |value| (*name, *value)))
            .find_map(|(name, value)| crate::cases::value(name, value))
            .expect("a value of the mark");
        mended[server].marks.insert(mark, value);
    }
    mended
}

fn count(plan: &GroupPlan, world: &World, count: &mut Count) {
    let topology = &plan.topology;
    count.cases += 1;
    assert!(!plan.blocked_by.is_empty());
    let hinted: Vec<&Block> = plan.blocked_by.iter().filter(|block| block.hint.is_some()).collect();
    let marks: Vec<&Block> = hinted.iter().copied().filter(|block| block.rule.ends_with("_allow")).collect();
    for block in hinted.iter().filter(|block| !block.rule.ends_with("_allow")) {
        let figure = figure(&block.hint.as_ref().unwrap().en);
        let relaxed = |figure: u32| match block.rule.strip_prefix("keep.") {
            Some(name) => Topology {
                keep: topology
                    .keep
                    .iter()
                    .map(|(one, least)| (*one, if *one == name { figure } else { *least }))
                    .collect(),
                ..topology.clone()
            },
            None => Topology { disrupt_at_most: Some(figure), ..topology.clone() },
        };
        assert!(is_possible(&relaxed(figure), world), "{block:?} does not help");
        match block.rule.starts_with("keep.") {
            true => {
                assert!(!is_possible(&relaxed(figure + 1), world), "{block:?} gives up more than it has to");
                count.keep += 1;
            }
            false => {
                assert!(!is_possible(&relaxed(figure - 1), world), "{block:?} gives up more than it has to");
                count.disruption += 1;
            }
        }
    }
    let together = marks.iter().any(|block| block.hint.as_ref().unwrap().en.contains("the others that are named"));
    if together {
        assert!(is_possible(topology, &mended(world, &marks)), "{marks:?} together do not help");
        for left in 0..marks.len() {
            let mut fewer = marks.clone();
            fewer.remove(left);
            assert!(!is_possible(topology, &mended(world, &fewer)), "{:?} need not change", marks[left]);
        }
        count.marks_together += 1;
    } else {
        for block in &marks {
            assert!(is_possible(topology, &mended(world, &[block])), "{block:?} does not help");
        }
        count.one_mark += usize::from(!marks.is_empty());
    }
    count.nothing += usize::from(hinted.is_empty());
}

fn all(table: &'static Table, servers: usize, keep: u32, disrupt_at_most: Option<u32>) -> Count {
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
                count(&plan, &world, &mut counted);
            }
        }
    }
    counted
}

#[test]
fn what_an_argument_says_would_help_does_help_and_nothing_less() {
    let mut counted = Vec::new();
    for table in tables() {
        for (keep, disrupt_at_most) in [(0, None), (1, None), (2, Some(1)), (0, Some(0))] {
            counted.push(all(table, 2, keep, disrupt_at_most));
        }
    }
    let sum = |of: fn(&Count) -> usize| counted.iter().map(of).sum::<usize>();
    assert_eq!(sum(|one| one.cases), 348);
    assert_eq!((sum(|one| one.keep), sum(|one| one.disruption)), (40, 16));
    assert_eq!((sum(|one| one.one_mark), sum(|one| one.marks_together)), (80, 18));
    assert_eq!(sum(|one| one.nothing), 194);
}
