//! Groups of thousands in which minima bind: planned, proven shortest, and passed by the checker.

use rolewalk::model::plan::{GroupVerdict, Shortest};
use rolewalk::model::snapshot::Standing;
use rolewalk::model::table::Table;
use rolewalk::model::topology::Topology;
use rolewalk::plan::check::check;
use rolewalk::system::co_store;

use crate::cases::{NOW, planned};
use crate::oracle::{self, World};
use crate::shape_tables::wsmgr;

const SERVERS: usize = 2_000;

/// Plans a group with one leader and the others in turn as `others` says: standing, then declared role.
fn large(
    table: &'static Table,
    leader: Standing,
    others: &[(Standing, &'static str)],
    bind: impl Fn(&mut Topology),
) -> usize {
    let role = leader.role.expect("a leader has a role");
    let (world, roles): (World, Vec<&'static str>) =
        [(leader, role)].into_iter().chain(others.iter().cloned().cycle().take(SERVERS - 1)).unzip();
    let mut topology = oracle::topology(table, &roles);
    bind(&mut topology);
    let plan = planned(&topology, &world);
    assert_eq!((plan.verdict, plan.shortest), (GroupVerdict::Ready, Shortest::Proven), "{:?}", plan.blocked_by);
    assert_eq!(check(&plan, NOW), []);
    plan.steps.len()
}

fn disks(role: &'static str, disks: &'static str) -> Standing {
    Standing::of(role).with("disks", disks).with("ticks", "others")
}

// CS-08
#[test]
fn thousands_change_places_while_as_many_slaves_as_in_the_end_are_complete() {
    let others = [(disks("slave", "complete"), "additional"), (disks("additional", "none"), "slave")];
    let bind = |topology: &mut Topology| topology.keep.push(("slave", SERVERS as u32 / 2 - 1));
    let leader = disks("master", "complete").with("ticks", "own");
    let steps = large(&co_store::table::TABLE, leader, &others, bind);
    // Each that leaves waits for one that has come and whose replication has been awaited.
    let (leave, come) = (SERVERS / 2, SERVERS / 2 - 1);
    assert_eq!(steps, leave + 2 * come);
}

// WS-09
#[test]
fn thousands_are_mended_while_no_more_than_one_is_disrupted() {
    let serving = |pool| Standing::of("member").with("pool", pool).with("sync", "complete");
    let others = [(serving("in"), "disabled"), (serving("out"), "member")];
    let leader = Standing::of("manager").with("pool", "in").with("sync", "complete");
    let bind = |topology: &mut Topology| topology.disrupt_at_most = Some(1);
    // Out of the pool and disabled, or back into the pool.
    assert_eq!(large(&wsmgr::TABLE, leader, &others, bind), 2 * (SERVERS / 2) + SERVERS / 2 - 1);
}
