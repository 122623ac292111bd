//! The form of a table and the planner, tried on the other systems' shapes: every pair of a small group's standings
//! and declared roles against the exhaustive search.

mod graph;
mod oracle;
mod pairs;
mod shape_tables;

use pairs::{
    Besides, Count, NOTHING, USUAL, Which, all_pairs, demand_all, every_lifekeeper_standing, every_sun_ray_standing,
    every_wsmgr_standing, lifekeeper_standings, reduced_and_not, sun_ray_standings, usual_lifekeeper_standings,
    usual_sun_ray_standings, usual_wsmgr_standings, wsmgr_standings,
};
use rolewalk::plan::lint::lint;
use rolewalk::system;
use shape_tables::{lifekeeper, sun_ray, wsmgr};

#[test]
fn the_shapes_tables_have_no_fault_that_the_lint_knows() {
    for table in [&wsmgr::TABLE, &wsmgr::STRICT, &sun_ray::TABLE, &lifekeeper::TABLE, &lifekeeper::SHARED_MIRROR] {
        assert_eq!(lint(table), [], "{}", table.system);
    }
}

#[test]
#[ignore = "wants an optimised build: ./test runs it so"]
fn the_systems_tables_have_no_fault_that_the_lint_knows() {
    for table in system::tables() {
        assert_eq!(lint(table), [], "{}", table.system);
    }
}

/// The usual ones, and again with every server installed anew.
fn with_reinstalled() -> Vec<Besides> {
    let anew = |one: &Besides| Besides { reinstalled: true, ..*one };
    USUAL.iter().copied().chain(USUAL.iter().map(anew)).collect()
}

/// That so many were planned, each for itself, and that so many of them have no plan; whatever the steps are.
fn demand(counted: Count, planned: usize, impossible: usize) {
    assert_eq!((counted.planned, counted.stand_for, counted.impossible), (planned, planned, impossible));
}

// WS-07, WS-09 to WS-16
#[test]
fn a_group_of_wsmgrs_shape_walks_the_shortest_way() {
    for table in [&wsmgr::TABLE, &wsmgr::STRICT] {
        let counted = all_pairs(table, &wsmgr_standings(), &[1, 2], &USUAL, Which::All);
        demand(counted, 4 * (4 + 480), 600);
    }
}

// WS-01, WS-02, WS-07 to WS-16
#[test]
fn a_wsmgr_group_of_one_or_two_servers_walks_the_shortest_way() {
    let table = &system::wsmgr::table::TABLE;
    let counted = all_pairs(table, &usual_wsmgr_standings(), &[1, 2], &USUAL, Which::All);
    // One server of every standing, and two with one manager or none, for each of six declarations.
    assert_eq!(counted.planned, 4 * (12 + (2 * 4 * 8 + 8 * 8) * 6));
}

// WS-01, WS-02, WS-07 to WS-16
#[test]
#[ignore = "wants an optimised build: ./test runs it so"]
fn a_wsmgr_group_of_two_servers_of_every_standing_walks_the_shortest_way() {
    let table = &system::wsmgr::table::TABLE;
    let counted = all_pairs(table, &every_wsmgr_standing(), &[1, 2], &USUAL, Which::All);
    eprintln!("{counted:?}");
    assert_eq!(counted.stand_for, 4 * (84 + (2 * 24 * 60 + 60 * 60) * 6));
}

// WS-01, WS-02, WS-07 to WS-16
#[test]
#[ignore = "wants an optimised build: ./test runs it so"]
fn a_wsmgr_group_of_three_servers_walks_the_shortest_way() {
    let table = &system::wsmgr::table::TABLE;
    let counted = all_pairs(table, &usual_wsmgr_standings(), &[3], &USUAL, Which::All);
    eprintln!("{counted:?}");
    assert_eq!(counted.stand_for, 4 * (3 * 4 * 8 * 8 + 8 * 8 * 8) * 27);
}

// WS-07, WS-09 to WS-16
#[test]
#[ignore = "wants an optimised build: ./test runs it so"]
fn a_group_of_three_servers_of_wsmgrs_shape_walks_the_shortest_way() {
    for table in [&wsmgr::TABLE, &wsmgr::STRICT] {
        let counted = all_pairs(table, &wsmgr_standings(), &[3], &USUAL, Which::All);
        eprintln!("{} {counted:?}", table.system);
        assert_eq!(counted.stand_for, 4 * 3 * 4 * 10 * 10 * 27);
    }
}

// WS-07, WS-09 to WS-16
#[test]
#[ignore = "nightly: wants an optimised build and minutes: ./test --nightly"]
fn nightly_a_group_of_four_servers_of_wsmgrs_shape_walks_the_shortest_way() {
    for table in [&wsmgr::TABLE, &wsmgr::STRICT] {
        let counted = all_pairs(table, &wsmgr_standings(), &[4], &USUAL, Which::UpToNames);
        demand_all(counted, 4 * 4 * 4 * 10 * 10 * 10 * 108);
    }
}

// SR-02, SR-04, SR-05
#[test]
fn a_group_of_sun_rays_shape_walks_the_shortest_way() {
    let counted = all_pairs(&sun_ray::TABLE, &sun_ray_standings(), &[1, 2, 3], &USUAL, Which::All);
    demand(counted, 4 * (4 + 60 + 648), 1350);
}

// SR-02, SR-04, SR-05
#[test]
#[ignore = "nightly: wants an optimised build and minutes: ./test --nightly"]
fn nightly_a_group_of_four_servers_of_sun_rays_shape_walks_the_shortest_way() {
    let counted = all_pairs(&sun_ray::TABLE, &sun_ray_standings(), &[4], &USUAL, Which::All);
    demand_all(counted, 4 * (4 * 27 + 81) * 32);
}

// SR-02 to SR-07
#[test]
fn a_sun_ray_group_walks_the_shortest_way() {
    let anew = Besides { reinstalled: true, ..NOTHING };
    let table = &system::sun_ray::table::TABLE;
    let counted = all_pairs(table, &every_sun_ray_standing(), &[1, 2], &[NOTHING, anew], Which::All);
    // One server of every standing, and two with one primary or none, for each of four declarations.
    let planned = 2 * (24 + (2 * 4 * 20 + 20 * 20) * 4);
    demand(counted, planned, 876);
}

// SR-02, SR-04, SR-05
#[test]
fn a_sun_ray_group_of_three_servers_walks_the_shortest_way() {
    let table = &system::sun_ray::table::TABLE;
    let counted = all_pairs(table, &usual_sun_ray_standings(), &[3], &USUAL, Which::All);
    demand(counted, 4 * 648, 1042);
}

// LK-02 to LK-09
#[test]
fn a_group_of_lifekeepers_shape_walks_the_shortest_way() {
    for table in [&lifekeeper::TABLE, &lifekeeper::SHARED_MIRROR] {
        let counted = all_pairs(table, &lifekeeper_standings(), &[1, 2], &with_reinstalled(), Which::All);
        demand(counted, 8 * (8 + 378), 2610);
    }
}

// LK-02 to LK-10
#[test]
fn a_lifekeeper_cluster_walks_the_shortest_way() {
    let table = &system::lifekeeper::table::TABLE;
    let anew = Besides { reinstalled: true, ..NOTHING };
    let counted = all_pairs(table, &every_lifekeeper_standing(), &[1, 2], &[NOTHING, anew], Which::All);
    // One server of every standing, and two with one active or none, for each declaration: six of two with one active,
    // four without any, and the like of one.
    let planned = 2 * (16 * 3 + (2 * 2 * 14 + 14 * 14) * 10);
    demand(counted, planned, 2574);
}

// LK-02 to LK-10
#[test]
#[ignore = "wants an optimised build: ./test runs it so"]
fn a_lifekeeper_cluster_of_three_servers_walks_the_shortest_way() {
    let table = &system::lifekeeper::table::TABLE;
    let counted = all_pairs(table, &usual_lifekeeper_standings(), &[3], &with_reinstalled(), Which::All);
    eprintln!("{counted:?}");
    assert_eq!(counted.stand_for, 8 * (3 * 6 * 6 + 6 * 6 * 6) * (27 + 8));
}

// LK-02 to LK-09
#[test]
#[ignore = "wants an optimised build: ./test runs it so"]
fn one_pair_of_three_servers_of_lifekeepers_shape_stands_for_all_that_differ_in_who_is_who() {
    for table in [&lifekeeper::TABLE, &lifekeeper::SHARED_MIRROR] {
        let counted = reduced_and_not(table, &lifekeeper_standings(), 3, &with_reinstalled());
        assert_eq!(counted.stand_for, 8 * (3 * 7 * 7 + 7 * 7 * 7) * 27);
    }
}

// WS-07, WS-09 to WS-16
#[test]
#[ignore = "wants an optimised build: ./test runs it so"]
fn one_pair_of_three_servers_of_wsmgrs_shape_stands_for_all_that_differ_in_who_is_who() {
    for table in [&wsmgr::TABLE, &wsmgr::STRICT] {
        let counted = reduced_and_not(table, &wsmgr_standings(), 3, &USUAL);
        assert_eq!(counted.stand_for, 4 * 3 * 4 * 10 * 10 * 27);
    }
}

// SR-02, SR-04, SR-05
#[test]
#[ignore = "nightly: wants an optimised build and minutes: ./test --nightly"]
fn nightly_a_sun_ray_group_of_four_servers_walks_the_shortest_way() {
    let table = &system::sun_ray::table::TABLE;
    let counted = all_pairs(table, &usual_sun_ray_standings(), &[4], &USUAL, Which::UpToNames);
    demand_all(counted, 4 * (4 * 27 + 81) * 32);
}

// LK-02 to LK-09
#[test]
#[ignore = "nightly: wants an optimised build and minutes: ./test --nightly"]
fn nightly_a_lifekeeper_cluster_of_four_servers_walks_the_shortest_way() {
    let table = &system::lifekeeper::table::TABLE;
    let counted = all_pairs(table, &usual_lifekeeper_standings(), &[4], &with_reinstalled(), Which::UpToNames);
    // 108 declarations with one active server, 16 with none (LK-10).
    demand_all(counted, 8 * (4 * 6 * 6 * 6 + 6 * 6 * 6 * 6) * (108 + 16));
}

// WS-01, WS-02, WS-07 to WS-16
#[test]
#[ignore = "nightly: wants an optimised build and minutes: ./test --nightly"]
fn nightly_a_wsmgr_group_of_four_servers_walks_the_shortest_way() {
    let table = &system::wsmgr::table::TABLE;
    let counted = all_pairs(table, &usual_wsmgr_standings(), &[4], &USUAL, Which::UpToNames);
    demand_all(counted, 4 * (4 * 4 * 8 * 8 * 8 + 8 * 8 * 8 * 8) * 108);
}

// LK-02 to LK-09
#[test]
#[ignore = "nightly: wants an optimised build and minutes: ./test --nightly"]
fn nightly_a_group_of_four_servers_of_lifekeepers_shape_walks_the_shortest_way() {
    for table in [&lifekeeper::TABLE, &lifekeeper::SHARED_MIRROR] {
        let counted = all_pairs(table, &lifekeeper_standings(), &[4], &with_reinstalled(), Which::UpToNames);
        demand_all(counted, 8 * (4 * 7 * 7 * 7 + 7 * 7 * 7 * 7) * 108);
    }
}
