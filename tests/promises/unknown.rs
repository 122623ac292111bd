//! What is unknown: a group is undetermined for reasons that are named, claims nothing, and no help is shown that might be
//! none.

use rolewalk::model::plan::{GroupPlan, GroupVerdict, Shortest};
use rolewalk::model::snapshot::Standing;
use rolewalk::plan::check::check;
use rolewalk::plan::plan;
use rolewalk::system::{co_store, wsmgr};

use crate::cases::{NOW, planned};
use crate::oracle;

/// Plans a store whose master is to change places with a slave that differs, while another slave goes down.
fn store(disks: Option<&'static str>) -> GroupPlan {
    let slave = || Standing::of("slave").with("ticks", "others");
    let going = disks.map_or_else(slave, |disks| slave().with("disks", disks));
    let master = Standing::of("master").with("disks", "complete").with("ticks", "own");
    let world = vec![master, slave().with("disks", "divergent"), going];
    planned(&oracle::topology(&co_store::table::TABLE, &["slave", "master", "additional"]), &world)
}

#[test]
fn what_would_help_only_as_something_unknown_turns_out_is_not_shown_as_a_help() {
    let hints = |plan: &GroupPlan| plan.blocked_by.iter().filter_map(|block| block.hint.clone()).collect::<Vec<_>>();
    let known = store(Some("complete"));
    assert_eq!(
        hints(&known).iter().map(|hint| &*hint.en).collect::<Vec<_>>(),
        ["there is a plan once its disks are `complete`"]
    );
    let unknown = store(None);
    assert_eq!((unknown.verdict, hints(&unknown)), (GroupVerdict::Blocked, Vec::new()));
    let told = unknown.blocked_by.last().expect("a reason");
    assert!(told.because.en.contains("depends on marks that are unknown"), "{:?}", unknown.blocked_by);
    assert!(told.because.ja.contains("現在不明なマークに左右される"), "{:?}", unknown.blocked_by);
    assert_eq!(check(&unknown, NOW), []);
}

// WS-09, WS-10
#[test]
fn a_group_that_depends_on_a_server_that_is_not_named_says_which() {
    let table = &wsmgr::table::TABLE;
    let one = |role, sync| Standing::of(role).with("sync", sync).with("own", "joined");
    let world = vec![one("manager", "error").with("pool", "in"), one("member", "complete")];
    let plan = plan(&oracle::topology(table, &["manager"]), &oracle::snapshot(table, &world), NOW);
    // The group is configured again only while all members have left the pool, and nobody knows whether that one has.
    assert_eq!((plan.verdict, plan.steps.len()), (GroupVerdict::Undetermined, 0));
    let named = plan.blocked_by.iter().map(|block| (block.rule.as_str(), block.server.clone())).collect::<Vec<_>>();
    assert_eq!(named, [("mark_known", Some(oracle::name(1)))]);
    // Nothing is claimed of steps that were not chosen, and a file that claims it is refused.
    assert_eq!((plan.shortest, check(&plan, NOW)), (Shortest::NotProven, Vec::new()));
    assert_eq!(check(&GroupPlan { shortest: Shortest::Proven, ..plan.clone() }, NOW).len(), 1);
    assert_eq!(check(&GroupPlan { blocked_by: Vec::new(), ..plan }, NOW).len(), 1);
}

// CS-03
#[test]
fn a_group_in_which_nobody_is_declared_to_lead_is_blocked_and_says_so() {
    let world = vec![
        Standing::of("master").with("disks", "complete").with("ticks", "own"),
        Standing::of("slave").with("disks", "complete").with("ticks", "others"),
    ];
    let plan = planned(&oracle::topology(&co_store::table::TABLE, &["slave", "additional"]), &world);
    assert_eq!((plan.verdict, plan.shortest), (GroupVerdict::Blocked, Shortest::Proven));
    assert_eq!(plan.blocked_by[0].because.en, "no server is declared master; a group has exactly one");
}
