//! The fault simulation with fixed seeds: no rule is broken, every kind of fault strikes, and where as many seeds are
//! simulated as there are cells every transition meets every fault at every moment.

use rolewalk::model::table::Statement;
use rolewalk::simulate::fault::{Fault, cells};
use rolewalk::simulate::ground;
use rolewalk::simulate::many::{Report, Seeds, simulate_many, target};
use rolewalk::simulate::one::End;
use rolewalk::system;

fn simulated(system: &str, first: u64, count: u64) -> Report {
    let ground = ground::find(system).unwrap();
    let report = simulate_many(Seeds { ground, first, count, span: None });
    let again = format!("rolewalk simulate --system {system} --seed SEED --runs 1 shows it again");
    assert!(report.broken.is_empty(), "{again}: {:?}", report.broken);
    assert_eq!(report.seeds, count);
    report
}

#[test]
fn a_few_seeds_break_nothing_and_reach_what_is_declared() {
    let report = simulated("co-store", 1, 200);
    let ends = |end| report.ends.get(&end).copied().unwrap_or(0);
    assert!(ends(End::Declared) > 100, "{:?}", report.ends);
    assert!(report.processes > 250, "{}", report.processes);
}

// LK-01 to LK-09
#[test]
fn a_few_seeds_of_lifekeeper_break_nothing_and_reach_what_is_declared() {
    let report = simulated("lifekeeper", 1, 60);
    let declared = report.ends.get(&End::Declared).copied().unwrap_or(0);
    assert!(declared > 40, "{:?}", report.ends);
}

/// Each of these broke a rule once.
// LK-01 to LK-09
#[test]
fn what_broke_a_rule_of_lifekeeper_once_breaks_none_any_more() {
    let seeds =
        [66, 104, 160, 267, 444, 493, 506, 555, 786, 802, 938, 944, 976, 985, 1_325, 1_356, 1_573, 2_429, 5_143];
    for seed in seeds {
        simulated("lifekeeper", seed, 1);
    }
}

// LK-01 to LK-09
#[test]
#[ignore = "minutes unless optimised: ./test runs it so"]
fn fifteen_hundred_seeds_of_lifekeeper_break_nothing_and_meet_every_transition_fault_and_moment() {
    let report = all_met("lifekeeper", 1_500, 20 * 16 * 3);
    assert!(Fault::ALL.iter().all(|fault| report.faults[fault] >= 50), "{:?}", report.faults);
}

/// Seed 16 once broke a rule: a `set … drain` that was given up and landed late took a server out of maintenance again.
// WS-01, WS-09
#[test]
fn a_few_seeds_of_wsmgr_break_nothing_and_reach_what_is_declared() {
    let report = simulated("wsmgr", 1, 60);
    let declared = report.ends.get(&End::Declared).copied().unwrap_or(0);
    assert!(declared > 40, "{:?}", report.ends);
}

/// Demands that seeds break nothing, that they meet every cell, and that most of them come to their declared end.
fn all_met(system: &str, count: u64, cells: usize) -> Report {
    let report = simulated(system, 1, count);
    assert_eq!(report.missing(), Vec::new());
    assert_eq!(report.cells[system].len(), cells);
    assert_eq!(report.ends.values().sum::<u64>(), count);
    let declared = report.ends.get(&End::Declared).copied().unwrap_or(0);
    assert!(declared > count * 8 / 10, "{:?}", report.ends);
    assert!(report.processes > count * 15 / 10, "{}", report.processes);
    report
}

// WS-01, WS-09
#[test]
#[ignore = "minutes unless optimised: ./test runs it so"]
fn thousands_of_seeds_of_wsmgr_break_nothing_and_meet_every_transition_fault_and_moment() {
    all_met("wsmgr", 6_000, 25 * 16 * 3);
}

/// Each of these broke a rule once.
// SR-01, SR-03, SR-04
#[test]
fn what_broke_a_rule_of_sun_ray_once_breaks_none_any_more() {
    for seed in [511, 5_767, 5_900] {
        simulated("sun-ray", seed, 1);
    }
}

// SR-01, SR-03, SR-04, SR-05, SR-07
#[test]
#[ignore = "minutes unless optimised: ./test runs it so"]
fn thousands_of_seeds_of_sun_ray_break_nothing_and_meet_every_transition_fault_and_moment() {
    all_met("sun-ray", 6_000, 14 * 16 * 3);
}

#[test]
fn seeds_in_a_row_go_through_every_transition_fault_and_moment_of_every_system() {
    for system in system::all() {
        let ground = ground::find(system.table.system).unwrap();
        let all = cells(system.table.transitions).len();
        let met: std::collections::BTreeSet<_> = (0..all as u64).map(|seed| target(ground, seed)).collect();
        assert_eq!(met.len(), all);
        let rows = system.table.transitions.iter().filter(|row| row.says != Some(Statement::TakenBack));
        assert_eq!(all, rows.count() * Fault::ALL.len() * 3);
    }
}

#[test]
#[ignore = "minutes unless optimised: ./test runs it so"]
fn ten_thousand_seeds_break_nothing_and_meet_every_transition_fault_and_moment() {
    let report = simulated("co-store", 1, 10_000);
    assert_eq!(report.missing(), Vec::new());
    assert_eq!(report.ends.values().sum::<u64>(), 10_000);
    assert!(Fault::ALL.iter().all(|fault| report.faults[fault] >= 100), "{:?}", report.faults);
    assert!(report.processes > 20_000, "{}", report.processes);
}

#[test]
#[ignore = "hours: ./test --nightly"]
fn nightly_a_million_seeds_of_each_system_break_nothing() {
    for system in system::all() {
        let report = simulated(system.table.system, 1, 1_000_000);
        assert_eq!(report.missing(), Vec::new(), "{}", system.table.system);
    }
}
