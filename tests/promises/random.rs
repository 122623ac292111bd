//! Random groups of up to 200 servers over every table: every moment is safe, the end is as declared, planning again
//! there gives nothing, and the same input gives the same bytes.

use proptest::prelude::*;
use proptest::sample::Index;
use rolewalk::format::plan as plan_file;
use rolewalk::model::plan::{GroupVerdict, Plan};
use rolewalk::model::table::Leader;
use rolewalk::model::topology::Topology;
use rolewalk::plan::check::check;
use rolewalk::plan::plan_all;

use crate::cases::{NOW, planned, standings, tables};
use crate::oracle::{self, World};

/// One server, as indices: its standing, its declared role, and whether it is lost (one in sixteen).
type Server = (Index, Index, u8);

#[derive(Debug, Clone)]
struct Group {
    table: Index,
    servers: Vec<Server>,
    leader: Index,
    next: Index,
    stays: bool,
    keep: Option<(Index, u32)>,
    disrupt_at_most: Option<u32>,
    keep_master_files: bool,
}

fn group(most: usize) -> impl Strategy<Value = Group> {
    let servers = proptest::collection::vec((any::<Index>(), any::<Index>(), 0u8..16), 1..=most);
    let keep = proptest::option::of((any::<Index>(), 0u32..4));
    let rest = (any::<bool>(), keep, proptest::option::of(0u32..4), any::<bool>());
    let leads = (any::<Index>(), any::<Index>());
    (any::<Index>(), servers, leads, rest).prop_map(|(table, servers, (leader, next), rest)| {
        let (stays, keep, disrupt_at_most, keep_master_files) = rest;
        Group { table, servers, leader, next, stays, keep, disrupt_at_most, keep_master_files }
    })
}

/// Makes the group's world and topology: one leader, or none where the table knows that and `stays` says so.
fn made(group: &Group) -> (World, Topology) {
    let tables = tables();
    let table = tables[group.table.index(tables.len())];
    let all = standings(table);
    let (leading, others): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|one| one.role.is_some_and(|role| table.leads(role)));
    let roles: Vec<_> = table.roles.iter().filter(|role| !role.leads).map(|role| role.name).collect();
    let size = group.servers.len();
    let (leader, next) = (group.leader.index(size), group.next.index(size));
    let leaderless = !group.stays && table.transitions.iter().any(|row| row.leader == Leader::Leaderless);
    let standing = |(server, (standing, ..)): (usize, &Server)| match server == leader && !leaderless {
        true => leading[standing.index(leading.len())].clone(),
        false => others[standing.index(others.len())].clone(),
    };
    let world: World = group.servers.iter().enumerate().map(standing).collect();
    let next = if group.stays { leader } else { next };
    let role = |(server, (_, role, _)): (usize, &Server)| match server == next {
        true => table.roles[table.roles.len() - 1].name,
        false => roles[role.index(roles.len())],
    };
    let declared: Vec<_> = group.servers.iter().enumerate().map(role).collect();
    let mut topology = oracle::topology(table, &declared);
    for (one, (_, _, dice)) in topology.servers.iter_mut().zip(&group.servers) {
        one.lost = *dice == 0 && !table.leads(one.role);
        one.reinstalled = (*dice > 12).then(|| jiff::civil::date(2026, 1, 1));
    }
    topology.keep_master_files = group.keep_master_files;
    topology.disrupt_at_most = group.disrupt_at_most;
    topology.keep.extend(group.keep.map(|(count, least)| (table.counts[count.index(table.counts.len())].name, least)));
    (world, topology)
}

fn holds(group: &Group) -> Result<(), TestCaseError> {
    let (world, topology) = made(group);
    let plan = planned(&topology, &world);
    prop_assert_eq!(check(&plan, NOW), []);
    // Whether or not a guard says no, the steps themselves are a safe way.
    let end = oracle::follow(&topology, &world, &plan.steps);
    match plan.verdict {
        GroupVerdict::InSync | GroupVerdict::Ready => prop_assert!(oracle::is_done(&topology, &end)),
        GroupVerdict::Blocked => prop_assert!(!plan.blocked_by.is_empty()),
        // Every mark is known here, so nothing is left to depend on what is not.
        GroupVerdict::Undetermined => prop_assert!(false, "{:?}", plan.blocked_by),
    }
    if !plan.steps.is_empty() {
        prop_assert!(oracle::is_done(&topology, &end));
        let again = planned(&topology, &end);
        prop_assert_eq!((again.verdict, again.steps.len()), (GroupVerdict::InSync, 0));
    }
    // Alone or after another group, the same input gives the same bytes.
    let snapshot = oracle::snapshot(topology.table, &world);
    let twice = plan_all(&[(&topology, &snapshot), (&topology, &snapshot)], NOW);
    let bytes = |plan| plan_file::write(&Plan { groups: vec![plan] });
    let first = bytes(plan);
    for other in twice {
        prop_assert_eq!(&bytes(other), &first);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    // CS-01 to CS-04
    #[test]
    fn a_random_group_is_safe_at_every_moment_and_ends_as_declared(group in group(6)) {
        holds(&group)?;
    }

    // CS-01 to CS-04
    #[test]
    #[ignore = "wants an optimised build: cargo test --release --test promises -- --include-ignored"]
    fn a_random_group_of_up_to_two_hundred_servers_is_safe_and_ends_as_declared(group in group(200)) {
        holds(&group)?;
    }
}
