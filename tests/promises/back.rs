//! Ways back: from after every step of every plan of small groups, what is offered leads back safely, and where
//! nothing is offered there is nothing.

use rolewalk::model::plan::GroupPlan;
use rolewalk::model::snapshot::Standing;
use rolewalk::model::table::Table;
use rolewalk::model::topology::{TakenBack, Topology};
use rolewalk::plan::back::{WayBack, before, way_back};

use crate::cases::{NOW, planned, tables, worlds};
use crate::oracle::{self, World};

/// How many prefixes there were, how many had a way back, and how many had none though a guard alone forbids it.
#[derive(Debug, PartialEq, Eq, Default)]
struct Count {
    prefixes: usize,
    back: usize,
    refused: usize,
}

/// Follows a way back through the rows as they are written; returns the end.
fn walk_back(topology: &Topology, from: &World, steps: &[(rolewalk::model::name::ServerName, &str)]) -> World {
    let mut world = from.clone();
    for (server, name) in steps {
        let server = (0..world.len()).find(|one| oracle::name(*one) == *server).expect("a server of the group");
        let rows = topology.table.transitions.iter().filter(|row| row.name == *name);
        let next = rows.filter_map(|row| oracle::use_row(topology, &world, server, row)).next();
        let next = next.unwrap_or_else(|| panic!("{name} can't be done for {server} in {world:?}"));
        assert!(oracle::keeps(topology, &world, &next), "{name} breaks a minimum");
        world = next;
    }
    world
}

fn count(plan: &GroupPlan, start: &World, count: &mut Count) {
    let back = before(&plan.topology, plan);
    for number in 0..=plan.steps.len() {
        let world = oracle::follow(&plan.topology, start, &plan.steps[..number]);
        count.prefixes += 1;
        match way_back(plan, number) {
            WayBack::Steps(steps) => {
                let end = walk_back(&back, &world, &steps);
                let roles = |world: &World| world.iter().map(|one| one.role).collect::<Vec<_>>();
                assert_eq!(roles(&end), roles(start), "{steps:?} from {world:?}");
                count.back += 1;
            }
            WayBack::None { because } => {
                assert!(!because.en.is_empty() && !because.ja.is_empty());
                let is_guard = planned(&back, &world).blocked_by.iter().any(|block| block.step.is_some());
                assert!(
                    is_guard || back.leader().is_none() || oracle::shortest(&back, &world).is_none(),
                    "{world:?} back to {start:?}"
                );
                count.refused += usize::from(is_guard);
            }
        }
    }
}

fn all(table: &'static Table, keep: u32) -> Count {
    let mut counted = Count::default();
    let declarations = oracle::declarations(table, 2);
    // All are too many without an optimised build; every fifty-third meets each kind.
    for world in worlds(table, 2).into_iter().step_by(53) {
        for roles in &declarations {
            let mut topology = oracle::topology(table, roles);
            topology.keep.extend((keep > 0).then(|| (table.counts[0].name, keep)));
            let plan = rolewalk::plan::plan(&topology, &oracle::snapshot(table, &world), NOW);
            if !plan.steps.is_empty() {
                count(&plan, &world, &mut counted);
            }
        }
    }
    counted
}

#[test]
fn every_way_back_that_is_offered_leads_back_and_none_is_withheld() {
    let counted: Vec<(usize, usize, usize)> = tables()
        .into_iter()
        .flat_map(|table| [0, 1].map(|keep| all(table, keep)))
        .map(|one| (one.prefixes, one.back, one.refused))
        .collect();
    assert_eq!(
        counted,
        [
            (201, 167, 27),
            (101, 80, 17),
            (24, 14, 0),
            (24, 13, 0),
            (191, 191, 0),
            (191, 191, 0),
            (191, 191, 0),
            (191, 191, 0),
            (53, 53, 0),
            (15, 12, 0),
            (53, 53, 0),
            (15, 12, 0),
        ]
    );
}

/// How a group of two stands after a run, and what undoing that run may do.
fn undone(disks: &'static str, role: &'static str, keep_master_files: bool) -> GroupPlan {
    let table = &rolewalk::system::co_store::table::TABLE;
    let world = vec![
        Standing::of("master").with("disks", "complete").with("ticks", "own"),
        Standing::of("slave").with("disks", disks).with("ticks", "others"),
    ];
    let mut topology = oracle::topology(table, &["master", role]);
    topology.keep_master_files = keep_master_files;
    topology.source.takes_back.push(TakenBack { server: oracle::name(1), left: "Invalid.20261120".into() });
    planned(&topology, &world)
}

// DV-02, DV-05: over `invalid` a way would lead from files that differ to files that count as replicated.
#[test]
fn what_is_taken_back_is_a_way_to_nothing_else() {
    for disks in ["complete", "awaiting", "divergent", "none", "leftover"] {
        let plan = undone(disks, "slave", false);
        let steps: Vec<&str> = plan.steps.iter().map(|step| step.transition.name).collect();
        assert_eq!(steps, ["unquarantine"], "{disks}");
        // To take it back and to declare that the master's files are right is a contradiction, and no loop.
        assert!(undone(disks, "slave", true).steps.is_empty(), "{disks}");
        // A server that is to leave the slaves leaves its folder where it is.
        let down = undone(disks, "additional", false);
        assert!(down.steps.iter().all(|step| step.transition.name != "unquarantine"), "{disks}");
    }
    assert!(undone("invalid", "slave", false).steps.is_empty(), "it is so already");
}

// DV-05
#[test]
fn a_quarantine_is_taken_back_after_all_else_and_no_way_back_quarantines() {
    let table = &rolewalk::system::co_store::table::TABLE;
    let world = vec![
        Standing::of("master").with("disks", "complete").with("ticks", "own"),
        Standing::of("slave").with("disks", "invalid").with("ticks", "others"),
        Standing::of("additional").with("disks", "none").with("ticks", "others"),
    ];
    for keep in [0, 1] {
        let mut topology = oracle::topology(table, &["master", "slave", "slave"]);
        topology.keep_master_files = true;
        topology.keep.extend((keep > 0).then_some(("additional", 0)));
        let plan = planned(&topology, &world);
        assert_eq!(plan.steps.len(), 2, "{plan:?}");
        let offered = |number| way_back(&plan, number);
        let back = |names: &[(usize, &'static str)]| {
            WayBack::Steps(names.iter().map(|(server, name)| (oracle::name(*server), *name)).collect())
        };
        assert_eq!(offered(0), back(&[]));
        assert_eq!(offered(1), back(&[(1, "unquarantine")]));
        assert_eq!(offered(2), back(&[(2, "remove-storage"), (1, "unquarantine")]));
        // Whatever the run did, undoing it renames no folder as the plan would.
        assert!(!before(&topology, &plan).keep_master_files);
    }
}
