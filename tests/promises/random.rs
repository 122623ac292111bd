//! Random groups of up to 200 servers over every table: every moment is safe, the end is as declared, planning again
//! there gives nothing, and the same input gives the same bytes.

use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::TestRunner;
use rolewalk::format::plan as plan_file;
use rolewalk::model::plan::{GroupVerdict, Plan, Shortest};
use rolewalk::model::snapshot::Standing;
use rolewalk::model::table::{Leader, Table};
use rolewalk::model::topology::Topology;
use rolewalk::plan::check::check;
use rolewalk::plan::plan_all;

use crate::cases::{NOW, planned, standings, tables};
use crate::oracle::{self, World};

/// In how many of the large groups there has to be a plan, out of all: so many that the test is about plans.
const PLANNED_AT_LEAST: usize = LARGE_GROUPS as usize / 4;
const LARGE_GROUPS: u32 = 40;

/// One server, as indices: its standing, its declared role, and whether it is lost (one in sixteen).
type Server = (Index, Index, u8);

#[derive(Debug, Clone)]
struct Group {
    table: Index,
    servers: Vec<Server>,
    leader: Index,
    next: Index,
    stays: bool,
    /// The count, the least of a small group, and what the least of a large one is.
    keep: Option<(Index, u32, Index)>,
    disrupt_at_most: Option<u32>,
    keep_master_files: bool,
    /// Whether one server alone may be where nothing leads on, and minima may tie all servers together.
    wild: bool,
}

/// A group of up to `most` servers in any standing, under minima that tie them together.
fn wild(most: usize) -> impl Strategy<Value = Group> {
    group(most).prop_map(|group| Group { wild: true, ..group })
}

fn group(most: usize) -> impl Strategy<Value = Group> {
    let servers = proptest::collection::vec((any::<Index>(), any::<Index>(), 0u8..16), 1..=most);
    let keep = proptest::option::of((any::<Index>(), 0u32..4, any::<Index>()));
    let rest = (any::<bool>(), keep, proptest::option::of(0u32..4), any::<bool>());
    let leads = (any::<Index>(), any::<Index>());
    (any::<Index>(), servers, leads, rest).prop_map(|(table, servers, (leader, next), rest)| {
        let (stays, keep, disrupt_at_most, keep_master_files) = rest;
        Group { table, servers, leader, next, stays, keep, disrupt_at_most, keep_master_files, wild: false }
    })
}

/// Makes the group's world and topology: one leader, or none where the table knows that and `stays` says so.
fn made(group: &Group) -> (World, Topology) {
    let tables = tables();
    let table = tables[group.table.index(tables.len())];
    let all = standings(table);
    let (leading, others): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|one| one.role.is_some_and(|role| table.leads(role)));
    let others = if group.wild { others } else { led_on(table, others) };
    let roles: Vec<_> = table.roles.iter().filter(|role| !role.leads).map(|role| role.name).collect();
    let size = group.servers.len();
    let (leader, next) = (group.leader.index(size), group.next.index(size));
    let leaderless = group.wild && !group.stays && table.transitions.iter().any(|row| row.leader == Leader::Leaderless);
    let standing = |(server, (standing, ..)): (usize, &Server)| match server == leader && !leaderless {
        true if group.wild => leading[standing.index(leading.len())].clone(),
        true => as_wanted(table, &leading),
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
        // A lost server can only leave the group.
        one.lost = *dice == 0 && if group.wild { !table.leads(one.role) } else { one.role == table.roles[0].name };
        one.reinstalled = (*dice > 12).then(|| jiff::civil::date(2026, 1, 1));
    }
    topology.keep_master_files = group.keep_master_files;
    topology.disrupt_at_most = group.disrupt_at_most;
    topology.keep.extend(group.keep.map(|(count, least, of)| {
        let least = if group.wild { least } else { of.index(size / 2 + 1) as u32 };
        (table.counts[count.index(table.counts.len())].name, least)
    }));
    (world, topology)
}

/// Returns the standing of a leader that is as it should be.
fn as_wanted(table: &Table, leading: &[Standing]) -> Standing {
    let is_wanted = |one: &&Standing| {
        table
            .wants
            .iter()
            .filter(|want| table.leads(want.role))
            .all(|want| one.mark(want.mark).is_some_and(|value| want.values.contains(&value)))
    };
    leading.iter().find(is_wanted).unwrap_or(&leading[0]).clone()
}

/// Keeps the standings from which a server beside a leader gets to every role that it may be given, installed anew or
/// not: among two hundred at random there is always one that gets nowhere, and then there is nothing to plan.
fn led_on(table: &'static Table, standings: Vec<Standing>) -> Vec<Standing> {
    let (leading, roles): (Vec<_>, Vec<_>) =
        table.roles.iter().map(|role| role.name).partition(|role| table.leads(role));
    let leader = as_wanted(
        table,
        &crate::cases::standings(table).into_iter().filter(|one| one.role == Some(leading[0])).collect::<Vec<_>>(),
    );
    let gets_to = |standing: &Standing, role: &&'static str| {
        let topology = oracle::topology(table, &[leading[0], role]);
        oracle::shortest(&topology, &vec![leader.clone(), standing.clone()]).is_some()
    };
    standings.into_iter().filter(|one| roles.iter().all(|role| gets_to(one, role))).collect()
}

/// Returns what is claimed of a plan with steps; nothing where there was none.
fn holds(group: &Group) -> Result<Option<Shortest>, TestCaseError> {
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
    let claimed = (!plan.steps.is_empty()).then_some(plan.shortest);
    // Alone or after another group, the same input gives the same bytes.
    let snapshot = oracle::snapshot(topology.table, &world);
    let twice = plan_all(&[(&topology, &snapshot), (&topology, &snapshot)], NOW);
    let bytes = |plan| plan_file::write(&Plan { groups: vec![plan] });
    let first = bytes(plan);
    for other in twice {
        prop_assert_eq!(&bytes(other), &first);
    }
    Ok(claimed)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    // CS-01 to CS-04
    #[test]
    fn a_random_group_is_safe_at_every_moment_and_ends_as_declared(group in wild(6)) {
        holds(&group)?;
    }
}

// CS-01 to CS-04
#[test]
#[ignore = "by hand, until its time is known: cargo test --release --test promises -- --ignored"]
fn a_random_group_of_up_to_two_hundred_servers_is_safe_and_ends_as_declared() {
    let (proven, unproven) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let mut runner = TestRunner::new(ProptestConfig { cases: LARGE_GROUPS, ..ProptestConfig::default() });
    let outcome = runner.run(&group(200), |group| {
        match holds(&group)? {
            Some(Shortest::Proven) => proven.fetch_add(1, Ordering::Relaxed),
            Some(Shortest::NotProven) => unproven.fetch_add(1, Ordering::Relaxed),
            None => 0,
        };
        Ok(())
    });
    outcome.unwrap_or_else(|why| panic!("{why}"));
    let (proven, unproven) = (proven.into_inner(), unproven.into_inner());
    eprintln!("of {LARGE_GROUPS} groups {proven} have a plan that is proven shortest, {unproven} one that is not");
    let planned = proven + unproven;
    assert!(planned >= PLANNED_AT_LEAST, "only {planned} of {LARGE_GROUPS} groups had anything to plan");
}
