//! Plans are shortest and safe: all pairs of small groups against an exhaustive search.

mod oracle;

use jiff::Timestamp;
use rolewalk::model::plan::GroupVerdict;
use rolewalk::model::snapshot::Standing;
use rolewalk::model::table::{Leader, Table, Transition};
use rolewalk::plan::plan;
use rolewalk::system::co_store::table::TABLE;

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

/// CO-Store's table by roles alone: rows that change a role, without marks.
fn by_roles_alone() -> &'static Table {
    let rows = TABLE.transitions.iter().filter(|row| row.from != row.to).map(|row| Transition {
        needs: &[],
        sets: &[],
        leader: match row.leader {
            Leader::Hands { to, says, .. } => Leader::Hands { to, needs: &[], sets: &[], says },
            other => other,
        },
        others: &[],
        guards: &[],
        follow_up: None,
        ..*row
    });
    let rows: &'static [Transition] = rows.collect::<Vec<_>>().leak();
    let table = Table {
        system: "co-store",
        title: TABLE.title,
        server_names: TABLE.server_names,
        roles: TABLE.roles,
        marks: &[],
        wants: &[],
        counts: &[],
        guards: &[],
        transitions: rows,
        caveat: |_| None,
    };
    Box::leak(Box::new(table))
}

/// The closed form: the distance of every server on the ladder, and for a change of master the swap.
fn closed_form(from: &[&str], to: &[&str]) -> usize {
    let rung = |role: &str| TABLE.rung(role).unwrap();
    let master = |roles: &[&str]| roles.iter().position(|role| *role == "master").unwrap();
    let (old, new) = (master(from), master(to));
    let others = (0..from.len()).filter(|one| *one != old && *one != new);
    let walked: usize = others.map(|one| rung(from[one]).abs_diff(rung(to[one]))).sum();
    if old == new { walked } else { walked + (2 - rung(from[new])) + 1 + (2 - rung(to[old])) }
}

// CS-01, CS-02, CS-03, CS-04
#[test]
fn by_roles_alone_every_plan_has_the_length_of_the_closed_form() {
    let table = by_roles_alone();
    let mut pairs = 0;
    for servers in 1..=4 {
        let declarations = oracle::declarations(table, servers);
        for from in &declarations {
            let world = from.iter().map(|role| Standing::of(role)).collect();
            let snapshot = oracle::snapshot(table, &world);
            for to in &declarations {
                let topology = oracle::topology(table, to);
                let plan = plan(&topology, &snapshot, NOW);
                assert_eq!(plan.steps.len(), closed_form(from, to), "{from:?} to {to:?}");
                let end = oracle::follow(&topology, &world, &plan.steps);
                assert!(oracle::is_done(&topology, &end));
                pairs += 1;
            }
        }
    }
    assert_eq!(pairs, 1 + 36 + 729 + 11_664);
}

fn standings_with_marks() -> Vec<Standing> {
    let mut all = Vec::new();
    for (role, disks) in [
        ("unregistered", vec!["none", "leftover"]),
        ("additional", vec!["none", "leftover"]),
        ("slave", vec!["awaiting", "complete", "divergent", "invalid"]),
        ("master", vec!["complete"]),
    ] {
        for disk in disks {
            let ticks: &[&str] = if role == "master" { &["own", "missing"] } else { &["others"] };
            for tick in ticks {
                let tick = TABLE.mark("ticks").unwrap().value(tick).unwrap();
                all.push(Standing::of(role).with("disks", disk).with("ticks", tick));
            }
        }
    }
    all
}

// CS-08, DV-02, DV-05
#[test]
fn with_marks_and_minima_every_plan_is_as_short_as_the_exhaustive_search_finds() {
    let standings = standings_with_marks();
    let mut pairs = 0;
    for servers in 1..=2 {
        let worlds = oracle::worlds(&TABLE, &standings, servers);
        for world in &worlds {
            let snapshot = oracle::snapshot(&TABLE, world);
            for to in oracle::declarations(&TABLE, servers) {
                for keep in [0, 1] {
                    for keep_master_files in [false, true] {
                        let mut topology = oracle::topology(&TABLE, &to);
                        topology.keep_master_files = keep_master_files;
                        if keep > 0 {
                            topology.keep.push(("slave", keep));
                        }
                        compare(&topology, world, &snapshot);
                        pairs += 1;
                    }
                }
            }
        }
    }
    assert_eq!(pairs, PAIRS_WITH_MARKS);
}

const PAIRS_WITH_MARKS: usize = 8 + 768;

fn compare(
    topology: &rolewalk::model::topology::Topology,
    world: &oracle::World,
    snapshot: &rolewalk::model::snapshot::GroupSnapshot,
) {
    let plan = plan(topology, snapshot, NOW);
    let found = oracle::shortest(topology, world);
    let no_sequence = plan.steps.is_empty() && plan.verdict == GroupVerdict::Blocked;
    match found {
        None => assert!(no_sequence, "a plan where there is none: {topology:?} {world:?}"),
        Some(length) => {
            assert!(!no_sequence, "no plan where there is one of {length} steps: {topology:?} {world:?} {plan:?}");
            assert_eq!(plan.steps.len(), length, "{topology:?} {world:?} {:?}", plan.steps);
            let end = oracle::follow(topology, world, &plan.steps);
            assert!(oracle::is_done(topology, &end));
        }
    }
}
