use super::*;
use crate::format::sample::name;
use crate::model::plan::GroupVerdict;
use crate::model::snapshot::{GroupSnapshot, Standing};
use crate::model::table::{RoleName, Table};
use crate::model::topology::{Declared, Topology};
use crate::plan::plan;
use crate::system::{co_store, lifekeeper, sun_ray, wsmgr};

/// A plan from what servers are to the roles that are declared.
fn planned(table: &'static Table, servers: &[(&str, Standing, RoleName)]) -> GroupPlan {
    let declared = |(server, _, role): &(&str, Standing, RoleName)| Declared {
        server: name(server),
        role,
        because: None,
        lost: false,
        reinstalled: None,
        line: 1,
    };
    let topology = Topology {
        table,
        servers: servers.iter().map(declared).collect(),
        keep: Vec::new(),
        waivers: Vec::new(),
        maintenance: Vec::new(),
        disrupt_at_most: None,
        ..crate::format::sample::topology()
    };
    let seen = servers.iter().map(|(server, standing, _)| (name(server), standing.clone())).collect();
    let plan =
        plan(&topology, &GroupSnapshot { servers: seen, ..GroupSnapshot::default() }, crate::format::sample::at(0));
    assert_eq!(plan.verdict, GroupVerdict::Ready, "{:?}", plan.blocked_by);
    plan
}

/// Tells of each step its name, how many minutes the disruption may last that begins with it, and until which step; or
/// that it comes in the middle of one.
fn told(plan: &GroupPlan) -> Vec<String> {
    let course = Course::of(plan);
    let span = |step: &Step| {
        let (name, span) = (step.transition.name, course.span(step));
        match span.is_under_way {
            true => format!("{name} {}: in between", step.server),
            false => format!("{name} {}: {} min to {}", step.server, span.lasts.as_secs() / 60, span.until),
        }
    };
    plan.steps.iter().map(span).collect()
}

// LK-01
#[test]
fn a_cluster_is_out_of_service_until_the_other_server_is_in_service() {
    let held = |role| Standing::of(role).with("record", "current").with("mirror", "mirroring");
    let plan = planned(
        &lifekeeper::table::TABLE,
        &[("NODE1", held("active"), "standby"), ("NODE2", held("standby"), "active")],
    );
    assert_eq!(told(&plan), ["take-out-of-service NODE1: 60 min to 2", "restore NODE2: in between"]);
}

// SR-04
#[test]
fn a_failover_group_is_without_a_primary_until_the_next_is_one_and_then_each_server_is_offline_for_itself() {
    let member =
        |role, follow| Standing::of(role).with("software", "installed").with("store", "filled").with("follow", follow);
    let plan = planned(
        &sun_ray::table::TABLE,
        &[
            ("sr1", member("primary", "none").with("dump", "none"), "secondary"),
            ("sr2", member("secondary", "current").with("dump", "none"), "primary"),
        ],
    );
    let told = told(&plan);
    assert_eq!(told[0], "step-down sr1: 15 min to 3", "{told:?}");
    assert!(told[1..3].iter().all(|one| one.ends_with("in between")), "{told:?}");
    assert_eq!(told[3..], ["follow sr1: 120 min to 4"]);
}

// WS-09, WS-11, WS-12
#[test]
fn a_server_that_leaves_the_pool_is_out_of_service_until_it_is_back() {
    let whole = |role| Standing::of(role).with("pool", "in").with("sync", "complete").with("own", "joined");
    let out = Standing::of("disabled").with("pool", "out").with("own", "joined").with("sync", "complete");
    let servers = [("web1", out, "manager"), ("web2", whole("manager"), "member"), ("web3", whole("member"), "member")];
    let plan = planned(&wsmgr::table::TABLE, &servers);
    let steps: Vec<&str> = plan.steps.iter().map(|step| step.transition.name).collect();
    assert_eq!(steps, ["enable", "await-sync", "return", "drain", "handover", "enable", "await-sync", "return"]);
    let told = told(&plan);
    // Until then web1 did not serve, and nothing that serves was touched.
    assert_eq!(told[..3], ["enable web1: 0 min to 1", "await-sync web1: 0 min to 2", "return web1: 0 min to 3"]);
    assert_eq!(told[3], format!("drain web2: {} min to 8", 60 + 240 + 240 + 240 + 10));
    assert!(told[4..].iter().all(|one| one.ends_with("in between")), "{told:?}");
    // A server that is to stay out is only taken out.
    let servers = [("web1", whole("manager"), "manager"), ("web2", whole("member"), "disabled")];
    assert_eq!(told_of(&servers), ["drain web2: 60 min to 1", "disable web2: 0 min to 2"]);
}

fn told_of(servers: &[(&str, Standing, RoleName)]) -> Vec<String> {
    told(&planned(&wsmgr::table::TABLE, servers))
}

// CS-04
#[test]
fn a_master_changes_within_one_step_and_a_slave_that_waits_for_its_disks_disrupts_nobody() {
    let disks = |role, ticks| Standing::of(role).with("disks", "complete").with("ticks", ticks);
    let new = Standing::of("additional").with("disks", "none").with("ticks", "others");
    let servers = [
        ("PVS1", disks("master", "own"), "slave"),
        ("PVS2", disks("slave", "others"), "master"),
        ("PVS3", new, "slave"),
    ];
    let plan = planned(&co_store::table::TABLE, &servers);
    let course = Course::of(&plan);
    assert!(!plan.steps.is_empty());
    for step in &plan.steps {
        let (span, row) = (course.span(step), step.transition);
        let lasts = if row.disruption == Disruption::None { Duration::ZERO } else { row.limit };
        assert_eq!((span.is_under_way, span.lasts, span.until), (false, lasts, step.number), "{}", row.name);
    }
}
