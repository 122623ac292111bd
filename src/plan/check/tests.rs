//! Plans that a planner never makes: each breaks one rule, and the checker's demand about that rule is what says so.

use std::collections::BTreeMap;

use super::*;
use crate::model::plan::{Block, Shortest};
use crate::model::table::{Table, Transition};
use crate::model::topology::{Declared, Source};
use crate::plan::candidates::candidates;
use crate::plan::notes::{follow_ups, notes};
use crate::plan::steps::steps;
use crate::system::{co_store, lifekeeper, wsmgr};

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn name(text: &str) -> ServerName {
    ServerName::new(text).unwrap()
}

/// What is declared; a server with a `!` behind its name is lost.
fn declared(table: &'static Table, servers: &[(&str, RoleName)]) -> Topology {
    let one = |(line, (server, role)): (usize, &(&str, RoleName))| Declared {
        server: name(server.trim_end_matches('!')),
        role,
        because: None,
        lost: server.ends_with('!'),
        reinstalled: None,
        line,
    };
    Topology {
        group: "G".into(),
        table,
        connection: None,
        servers: servers.iter().enumerate().map(one).collect(),
        keep: Vec::new(),
        keep_master_files: false,
        waivers: Vec::new(),
        maintenance: Vec::new(),
        settling: None,
        disrupt_at_most: None,
        source: Source::default(),
    }
}

/// The plan that takes these rows one after another, whatever the rules say of that.
fn taken(topology: &Topology, standings: &[(&str, Standing)], rows: &[(&str, &str)]) -> GroupPlan {
    let mut now: Standings = standings.iter().map(|(server, standing)| (name(server), standing.clone())).collect();
    let start = now.clone();
    let mut moves: Vec<(ServerName, &'static Transition)> = Vec::new();
    for (server, row) in rows {
        let role = now[&name(server)].role;
        let named = || topology.table.transitions.iter().filter(|one| one.name == *row);
        let row = named().find(|one| Some(one.from) == role).or_else(|| named().next()).unwrap();
        moves.push((name(server), row));
        now.get_mut(&name(server)).unwrap().role = Some(row.to);
    }
    let mut plan = GroupPlan {
        topology: topology.clone(),
        verdict: GroupVerdict::Ready,
        shortest: Shortest::Proven,
        steps: steps(topology, &start, &moves),
        blocked_by: Vec::new(),
        follow_ups: Vec::new(),
        notes: Vec::new(),
        candidates: Vec::new(),
        relies_on: BTreeMap::new(),
        standings: start.clone(),
    };
    let facts = Facts::default();
    let mut moment = Moment::of(topology, &facts, start);
    for step in &mut plan.steps {
        step.guards = ask_at(&mut moment, step, NOW);
        moment.take(step);
    }
    plan.candidates = candidates(&plan, &facts, NOW);
    plan.notes = notes(&plan);
    plan.follow_ups = follow_ups(&plan);
    plan
}

fn flaws(plan: &GroupPlan) -> Vec<String> {
    check(plan, NOW).into_iter().map(|flaw| flaw.says.en).collect()
}

fn with(mut plan: GroupPlan, change: impl FnOnce(&mut GroupPlan)) -> GroupPlan {
    change(&mut plan);
    plan
}

fn master() -> Standing {
    Standing::of("master").with("disks", "complete").with("ticks", "own")
}

fn on_store(role: RoleName, disks: &'static str) -> Standing {
    Standing::of(role).with("disks", disks).with("ticks", "others")
}

fn node(role: RoleName) -> Standing {
    Standing::of(role).with("record", "current").with("mirror", if role == "member" { "none" } else { "mirroring" })
}

fn web(role: RoleName, pool: &'static str, own: &'static str) -> Standing {
    Standing::of(role).with("pool", pool).with("sync", "complete").with("own", own)
}

/// A plan, and what is wrong with it.
type Case = (GroupPlan, &'static str);

/// Steps that are no rows which fit, on a store with one master and two others.
fn steps_that_do_not_fit() -> Vec<Case> {
    let store = |roles: [RoleName; 3]| {
        declared(&co_store::table::TABLE, &[("S1", roles[0]), ("S2", roles[1]), ("S3", roles[2])])
    };
    let slaves = |disks| [("S1", master()), ("S2", on_store("slave", "complete")), ("S3", on_store("slave", disks))];
    let down = |disks| taken(&store(["master", "slave", "additional"]), &slaves(disks), &[("S3", "remove-storage")]);
    let quarantine = taken(&store(["master", "slave", "slave"]), &slaves("invalid"), &[("S3", "quarantine")]);
    let unnamed = declared(&co_store::table::TABLE, &[("S1", "master"), ("S2", "slave")]);
    let moved = taken(&store(["slave", "master", "slave"]), &slaves("complete"), &[("S2", "handover")]);
    let awaits = |disks: Option<&'static str>| {
        let mut standings = slaves("complete");
        standings[2].1.marks.remove("disks");
        standings[2].1.marks.extend(disks.map(|disks| ("disks", disks)));
        taken(&store(["master", "slave", "slave"]), &standings, &[("S3", "await-replication")])
    };
    let marks = "the server's marks do not allow the step";
    vec![
        (with(down("complete"), |plan| plan.steps[0].number = 2), "the steps are not numbered in order"),
        (taken(&unnamed, &slaves("complete"), &[("S3", "remove-storage")]), "it moves a server that is not named"),
        (
            taken(&store(["master", "slave", "slave"]), &slaves("complete"), &[("S3", "add-storage")]),
            "the server does not have the role that it leaves",
        ),
        (down("divergent"), marks),
        (awaits(Some("complete")), marks),
        (awaits(None), marks),
        (quarantine, "it needs a statement that was not made"),
        (with(down("complete"), |plan| plan.steps[0].leader = None), "it names another leader than there is"),
        (
            taken(&store(["additional", "slave", "slave"]), &slaves("complete"), &[("S1", "remove-storage")]),
            "the group's leader does not allow the step",
        ),
        (with(moved.clone(), |plan| plan.steps[0].changes.clear()), "the role changes are not those of the transition"),
        (with(moved.clone(), |plan| plan.steps[0].marks.clear()), "the mark changes are not those of the transition"),
        (
            with(moved.clone(), |plan| plan.steps[0].why = Text::new("so", "so")),
            "its reason is not that of the transition",
        ),
        (
            with(moved.clone(), |plan| drop(plan.steps[0].guards.pop())),
            "the guards' answers do not follow from the plan's facts",
        ),
        (
            with(moved, |plan| plan.candidates.clear()),
            "the candidates for leader do not follow from the plan's standings and facts",
        ),
    ]
}

/// Steps that ask for what a leader, a lost server or another does not give.
fn steps_that_others_do_not_allow() -> Vec<Case> {
    let cluster = |servers: &[(&str, RoleName)]| declared(&lifekeeper::table::TABLE, servers);
    let nodes = [("N1", node("active")), ("N2", node("standby")), ("N3", node("member"))];
    let webs = |manager: Standing| [("W1", manager), ("W2", web("member", "in", "joined"))];
    let group = |lost: &'static str| declared(&wsmgr::table::TABLE, &[(lost, "unregistered"), ("W2", "manager")]);
    let leader = "the group's leader does not allow the step";
    let to_member = cluster(&[("N1", "active"), ("N2", "member"), ("N3", "member")]);
    let gone = cluster(&[("N1", "member"), ("N2", "member"), ("N3", "member")]);
    let lost = cluster(&[("N1", "active"), ("N2!", "member"), ("N3", "member")]);
    vec![
        (taken(&gone, &nodes, &[("N2", "take-out-of-service")]), leader),
        (taken(&to_member, &nodes, &[("N2", "restore")]), leader),
        (taken(&group("W1"), &webs(web("manager", "in", "joined")), &[("W2", "handover")]), leader),
        (taken(&group("W1"), &webs(web("manager", "out", "cut")), &[("W2", "take-over")]), leader),
        (taken(&lost, &nodes, &[("N2", "unextend")]), "it needs a server that is lost"),
        (taken(&gone, &nodes, &[("N1", "remove-resources")]), "another server's marks do not allow the step"),
    ]
}

/// Steps that are done where their rows do not say.
fn steps_in_another_place() -> Vec<Case> {
    let servers = [("S1!", "unregistered"), ("S2", "unregistered"), ("S3", "master")];
    let store = declared(&co_store::table::TABLE, &servers);
    let standings = [("S1", master()), ("S2", on_store("additional", "none")), ("S3", on_store("additional", "none"))];
    let unregister = || taken(&store, &standings, &[("S2", "unregister")]);
    assert_eq!(unregister().steps[0].runs_on, name("S3"), "the leader is lost, and nobody deletes itself");
    let place = "it is to be done on another server than the transition says";
    let on = |server: &str| with(unregister(), |plan| plan.steps[0].runs_on = name(server));
    vec![(on("S1"), place), (on("S2"), place), (on("S9"), place)]
}

/// Moments that break a rule of the topology.
fn moments_that_break_a_rule() -> Vec<Case> {
    let cluster = |servers: &[(&str, RoleName)], keep: u32| {
        let mut topology = declared(&lifekeeper::table::TABLE, servers);
        topology.keep.push(("standby", keep));
        topology
    };
    let nodes = |third: Standing| [("N1", node("active")), ("N2", node("standby")), ("N3", third)];
    let leaves = |topology: Topology, third: Standing| taken(&topology, &nodes(third), &[("N2", "unextend")]);
    let unmirrored = Standing::of("standby").with("record", "current");
    let roles = |third: &'static str| [("N1", "active"), ("N2", "member"), (third, "standby")];
    let kept =
        |is: &str, least: &str| format!("it leaves {is} of the {least} that `keep` demands for `standby`").leak();
    let mut two =
        declared(&lifekeeper::table::TABLE, &[("N1", "active"), ("N2", "unregistered"), ("N3", "unregistered")]);
    two.disrupt_at_most = Some(1);
    let disrupted = taken(&two, &nodes(node("standby")), &[("N2", "unextend"), ("N3", "unextend")]);
    let store = declared(&co_store::table::TABLE, &[("S1", "slave"), ("S2", "master")]);
    let standings = [("S1", master()), ("S2", on_store("slave", "complete"))];
    let moved = || taken(&store, &standings, &[("S2", "handover")]);
    vec![
        (leaves(cluster(&roles("N3"), 2), node("standby")), kept("1", "2")),
        (leaves(cluster(&roles("N3"), 3), node("standby")), kept("1", "3")),
        (leaves(cluster(&roles("N3!"), 1), node("standby")), kept("0", "1")),
        (leaves(cluster(&roles("N3"), 1), unmirrored), kept("0", "1")),
        (disrupted, "it disrupts 2 servers at once, 1 are allowed"),
        (
            with(moved(), |plan| plan.steps[0].changes.retain(|change| change.server == name("S2"))),
            "it leaves the group with 2 leaders",
        ),
        (
            with(moved(), |plan| plan.steps[0].changes.retain(|change| change.server == name("S1"))),
            "it leaves the group with 0 leaders",
        ),
    ]
}

/// Ends and verdicts that do not follow.
fn ends_that_are_not_declared() -> Vec<Case> {
    let store = |roles: [RoleName; 2]| declared(&co_store::table::TABLE, &[("S1", roles[0]), ("S2", roles[1])]);
    let standings = |second: Standing| [("S1", master()), ("S2", second)];
    let still = |topology: &Topology, second: Standing| {
        with(taken(topology, &standings(second), &[]), |plan| plan.verdict = GroupVerdict::InSync)
    };
    let slave = || on_store("slave", "complete");
    let down = || taken(&store(["master", "additional"]), &standings(slave()), &[("S2", "remove-storage")]);
    let files_kept = Topology { keep_master_files: true, ..store(["master", "slave"]) };
    let refused = taken(
        &declared(&co_store::table::TABLE, &[("S1", "slave"), ("S2", "master"), ("S3", "slave")]),
        &[("S1", master()), ("S2", slave()), ("S3", on_store("slave", "invalid"))],
        &[("S2", "handover")],
    );
    let block = Block { step: None, server: None, rule: "x".into(), because: Text::new("x", "x"), hint: None };
    let astray = "`S2` does not end as declared";
    let verdict =
        |verdict: &str| format!("the verdict `{verdict}` does not follow from the steps and their guards").leak();
    vec![
        (still(&store(["master", "additional"]), slave()), astray),
        (still(&store(["master", "slave"]), Standing::of("slave").with("ticks", "own")), astray),
        (still(&files_kept, on_store("slave", "invalid")), astray),
        (
            still(&store(["slave", "slave"]), slave()),
            "0 servers are declared to lead, and the system needs exactly one",
        ),
        (refused, verdict("ready")),
        (with(down(), |plan| plan.blocked_by.push(block)), verdict("ready")),
        (with(down(), |plan| plan.verdict = GroupVerdict::InSync), verdict("in-sync")),
        (with(down(), |plan| plan.verdict = GroupVerdict::Undetermined), verdict("undetermined")),
    ]
}

// CS-03, LK-01
#[test]
fn whatever_a_planner_never_makes_is_told_by_the_demand_that_is_about_it() {
    let cases = [
        steps_that_do_not_fit(),
        steps_that_others_do_not_allow(),
        steps_in_another_place(),
        moments_that_break_a_rule(),
        ends_that_are_not_declared(),
    ];
    for (plan, says) in cases.concat() {
        let found = flaws(&plan);
        assert!(found.iter().any(|one| one == says), "{says}: {found:?} of {:?}", plan.steps);
    }
}

#[test]
fn plans_that_break_no_rule_are_let_pass() {
    let store = declared(&co_store::table::TABLE, &[("S1", "slave"), ("S2", "master"), ("S3", "slave")]);
    // What a row does to the others it does not do to the server that it is about.
    let missing = Standing::of("slave").with("disks", "complete").with("ticks", "missing");
    let slave = on_store("slave", "complete");
    let moved = taken(&store, &[("S1", master()), ("S2", missing.clone()), ("S3", missing)], &[("S2", "handover")]);
    let mut kept = declared(&co_store::table::TABLE, &[("S1", "master"), ("S2", "slave"), ("S3", "additional")]);
    kept.keep.push(("slave", 1));
    kept.disrupt_at_most = Some(1);
    let standings = [("S1", master()), ("S2", slave.clone()), ("S3", slave)];
    let down = taken(&kept, &standings, &[("S3", "remove-storage")]);
    // What a lost server's marks are does not matter any more.
    let lost = declared(&co_store::table::TABLE, &[("S1", "master"), ("S2!", "additional")]);
    let unknown = Standing::of("slave").with("ticks", "others");
    let gone = taken(&lost, &[("S1", master()), ("S2", unknown)], &[("S2", "remove-storage")]);
    for plan in [moved, down, gone] {
        assert_eq!(flaws(&plan), Vec::<String>::new(), "{:?}", plan.steps);
    }
}
