//! Several minima at once: what they ask of one moment may not be had of one server, and the search ends all the same, with
//! what the exhaustive one finds.

use rolewalk::model::plan::{GroupPlan, GroupVerdict, Shortest};
use rolewalk::model::snapshot::Standing;
use rolewalk::model::table::Table;
use rolewalk::model::topology::Topology;
use rolewalk::system::{co_store, sun_ray};

use crate::cases::planned;
use crate::oracle::{self, World};

/// Minima and, where it is one, how many servers may be disrupted at once.
type Limits = (&'static [(&'static str, u32)], Option<u32>);

fn sun_ray(role: &'static str, follow: &'static str) -> Standing {
    let usual = Standing::of(role).with("follow", follow).with("software", "installed");
    usual.with("store", "filled").with("dump", "none")
}

fn limited(table: &'static Table, roles: &[&'static str], (keep, disrupt_at_most): Limits) -> Topology {
    Topology { keep: keep.to_vec(), disrupt_at_most, ..oracle::topology(table, roles) }
}

/// Compares all pairs of three servers; returns how many have a plan and how many have none.
fn compared(table: &'static Table, standings: &[Standing], limits: &[Limits]) -> (usize, usize) {
    let (mut ready, mut blocked) = (0, 0);
    for start in oracle::worlds(table, standings, 3) {
        for roles in oracle::declarations(table, 3) {
            for limits in limits {
                let topology = limited(table, &roles, *limits);
                let (plan, least) = (planned(&topology, &start), oracle::shortest(&topology, &start));
                let found = (plan.verdict != GroupVerdict::Blocked).then_some(plan.steps.len());
                assert_eq!(
                    (found, plan.shortest),
                    (least, Shortest::Proven),
                    "{table:?} {start:?} {roles:?} {limits:?}"
                );
                *if found.is_some() { &mut ready } else { &mut blocked } += 1;
            }
        }
    }
    (ready, blocked)
}

#[test]
fn one_server_is_not_asked_to_be_two_things_at_once_and_the_search_ends() {
    let start: World = vec![sun_ray("primary", "none"), sun_ray("secondary", "current"), sun_ray("standalone", "none")];
    let roles = ["secondary", "primary", "secondary"];
    let topology = limited(&sun_ray::table::TABLE, &roles, (&[("replicating", 1)], Some(1)));
    let plan: GroupPlan = planned(&topology, &start);
    assert_eq!((plan.verdict, plan.steps.len()), (GroupVerdict::Ready, 8));
    assert_eq!(oracle::shortest(&topology, &start), Some(8));
}

#[test]
fn plans_under_several_minima_are_those_of_the_exhaustive_search() {
    let standings = [sun_ray("primary", "none"), sun_ray("secondary", "current"), sun_ray("standalone", "none")];
    let limits: [Limits; 4] = [
        (&[("replicating", 1)], Some(1)),
        (&[("replicating", 2)], Some(1)),
        (&[("secondary", 1), ("replicating", 2)], None),
        (&[("secondary", 1), ("replicating", 1)], Some(1)),
    ];
    assert_eq!(compared(&sun_ray::table::TABLE, &standings, &limits), (321, 255));
    let server = |role, ticks| Standing::of(role).with("disks", "complete").with("ticks", ticks);
    let others = ["slave", "additional", "unregistered"].map(|role| server(role, "others"));
    let standings: Vec<Standing> = others.into_iter().chain([server("master", "own")]).collect();
    let limits: [Limits; 1] = [(&[("slave", 1), ("additional", 1)], Some(1))];
    assert_eq!(compared(&co_store::table::TABLE, &standings, &limits), (150, 579));
}
