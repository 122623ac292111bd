use super::*;
use crate::format::sample::{at, name, topology};
use crate::model::plan::GroupVerdict;
use crate::plan::plan;

/// A plan that takes PVS3 from unregistered to slave, and then hands over to PVS2.
fn planned() -> GroupPlan {
    let mut topology = topology();
    topology.keep.clear();
    topology.servers = topology.servers.iter().filter(|one| one.server != name("PVS4")).cloned().collect();
    let on_store = |role, disks| Standing::of(role).with("disks", disks).with("ticks", "others");
    let servers = Standings::from([
        (name("PVS1"), Standing::of("master").with("disks", "complete").with("ticks", "own")),
        (name("PVS2"), on_store("slave", "complete")),
        (name("PVS3"), on_store("unregistered", "none")),
    ]);
    let plan = plan(&topology, &GroupSnapshot { servers, ..GroupSnapshot::default() }, at(0));
    let steps: Vec<&str> = plan.steps.iter().map(|step| step.transition.name).collect();
    assert_eq!((plan.verdict, steps), (GroupVerdict::Ready, vec!["register", "add-storage"]));
    plan
}

fn after(plan: &GroupPlan, steps: usize) -> GroupSnapshot {
    GroupSnapshot { servers: plan.standings_before(steps + 1), ..GroupSnapshot::default() }
}

#[test]
fn a_step_is_passed_where_all_that_a_later_one_makes_is_there_and_not_before() {
    let plan = planned();
    let passed = |now: &GroupSnapshot| is_passed(&plan, &plan.steps[0], now);
    assert!(!passed(&after(&plan, 0)), "nothing was done");
    assert!(!passed(&after(&plan, 1)), "that is its own end");
    let mut now = after(&plan, 2);
    assert!(passed(&now));
    let third = |now: &mut GroupSnapshot, disks| {
        now.servers.get_mut(&name("PVS3")).unwrap().marks.extend([("disks", disks)]);
    };
    third(&mut now, "complete");
    assert!(passed(&now), "as good as awaiting");
    third(&mut now, "divergent");
    assert!(!passed(&now), "its files are not what a later step makes of them");
    let mut now = after(&plan, 2);
    now.servers.get_mut(&name("PVS2")).unwrap().role = Some("additional");
    assert!(!passed(&now), "another server is elsewhere");
}

#[test]
fn a_step_is_done_only_once_every_server_that_it_touches_is_where_it_is_to_be() {
    let mut topology = topology();
    (topology.keep, topology.disrupt_at_most) = (Vec::new(), None);
    let roles = ["slave", "master"];
    topology.servers = topology
        .servers
        .iter()
        .zip(roles)
        .map(|(one, role)| crate::model::topology::Declared { role, ..one.clone() })
        .collect();
    let on_store = |role, ticks| Standing::of(role).with("disks", "complete").with("ticks", ticks);
    let servers =
        Standings::from([(name("PVS1"), on_store("master", "own")), (name("PVS2"), on_store("slave", "others"))]);
    let plan = plan(&topology, &GroupSnapshot { servers, ..GroupSnapshot::default() }, at(0));
    let step = &plan.steps[0];
    assert_eq!(step.transition.name, "handover");
    let mut now = after(&plan, 1);
    assert!(is_reached(step, &now));
    now.servers.insert(name("PVS1"), on_store("slave", "own"));
    assert!(!is_reached(step, &now), "the old master is ticked still");
    now.servers.insert(name("PVS1"), Standing::default());
    assert!(!is_reached(step, &now), "what became of the old master is unknown");
}

#[test]
fn a_half_done_step_of_which_a_server_is_unknown_is_unknown() {
    let plan = planned();
    let step = &plan.steps[1];
    let mut now = after(&plan, 1);
    assert_eq!(not_gone_on(step, Begun::No, &now), Outcome::NotStarted);
    assert_eq!(not_gone_on(step, Begun::Yes, &now), Outcome::NotStarted);
    assert_eq!(not_gone_on(step, Begun::InDoubt, &now), Outcome::Unknown);
    assert_eq!(left(step, &now, &now), Outcome::FailedUnchanged);
    let before = now.clone();
    now.servers.get_mut(&name("PVS3")).unwrap().role = Some("slave");
    assert_eq!(not_gone_on(step, Begun::Yes, &now), Outcome::FailedChanged);
    assert_eq!(left(step, &before, &now), Outcome::FailedChanged);
    now.servers.get_mut(&name("PVS3")).unwrap().role = None;
    assert_eq!(not_gone_on(step, Begun::Yes, &now), Outcome::Unknown);
    assert_eq!(left(step, &before, &now), Outcome::Unknown);
    assert_eq!(otherwise(&before.servers, &now), [(name("PVS3"), None)]);
}
