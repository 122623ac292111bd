//! Ways back: from after every step of every plan of small groups, what is offered leads back safely, and where
//! nothing is offered there is nothing.

use rolewalk::model::plan::GroupPlan;
use rolewalk::model::table::Table;
use rolewalk::model::topology::Topology;
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
