//! Candidates for leader: told where the lead moves or is missing, each with its reason.

use rolewalk::model::guard::Verdict;
use rolewalk::model::plan::GroupPlan;
use rolewalk::model::snapshot::Standing;
use rolewalk::model::words::Language;
use rolewalk::plan::check::check;
use rolewalk::report::{Look, text};
use rolewalk::system::co_store::table::TABLE;

use crate::cases::{NOW, planned, tables, worlds};
use crate::oracle;
use crate::shape_tables::{lifekeeper, sun_ray};

fn told(plan: &GroupPlan) -> Vec<String> {
    let sign = |eligible| if eligible { "+" } else { "-" };
    plan.candidates.iter().map(|one| format!("{} {}: {}", sign(one.eligible), one.server, one.because.en)).collect()
}

#[test]
fn a_change_of_master_tells_of_each_server_why_it_could_or_could_not_be_the_next() {
    let slave = |disks| Standing::of("slave").with("disks", disks).with("ticks", "others");
    let world = vec![
        Standing::of("master").with("disks", "complete").with("ticks", "own"),
        slave("complete"),
        slave("awaiting"),
        Standing::of("additional").with("disks", "none").with("ticks", "others"),
        slave("complete"),
    ];
    let mut topology = oracle::topology(&TABLE, &["slave", "master", "slave", "additional", "slave"]);
    topology.servers[4].lost = true;
    let plan = planned(&topology, &world);
    assert_eq!(
        told(&plan),
        [
            "+ S1: eligible: `handover` fits, and no guard says no",
            "- S2: vDisk files: awaiting replication",
            "- S3: its role is additional server; the lead goes to: slave",
            "- S4: it is declared lost",
        ]
    );
    let look = |language| Look { language, width: 80, colour: false };
    let said = |language| {
        let plan = rolewalk::model::plan::Plan { groups: vec![plan.clone()] };
        text::plan(&plan, None, None, &look(language))
    };
    assert!(said(Language::English).contains("candidates for master:\n"), "{}", said(Language::English));
    assert!(said(Language::Japanese).contains("マスターサーバーの候補"), "{}", said(Language::Japanese));
}

#[test]
fn where_the_lead_stays_nobody_is_told_of() {
    let world = vec![
        Standing::of("master").with("disks", "complete").with("ticks", "own"),
        Standing::of("additional").with("disks", "none").with("ticks", "others"),
    ];
    let plan = planned(&oracle::topology(&TABLE, &["master", "slave"]), &world);
    assert_eq!((plan.steps.len(), told(&plan).len()), (1, 0));
}

#[test]
fn a_group_whose_leader_is_lost_or_missing_tells_who_could_take_over() {
    let standby = |mirror| Standing::of("standby").with("record", "current").with("mirror", mirror);
    let active = Standing::of("active").with("record", "current").with("mirror", "mirroring");
    let mut topology = oracle::topology(&lifekeeper::TABLE, &["standby", "active", "standby"]);
    topology.servers[0].lost = true;
    let plan = planned(&topology, &vec![active, standby("mirroring"), standby("none")]);
    assert_eq!(told(&plan), ["+ S1: eligible: `restore` fits, and no guard says no", "- S2: mirror: none"]);
    let follower = Standing::of("secondary").with("follow", "stale");
    let alone = Standing::of("standalone").with("follow", "none");
    let topology = oracle::topology(&sun_ray::TABLE, &["secondary", "primary"]);
    assert_eq!(
        told(&planned(&topology, &vec![follower, alone])),
        [
            "+ S1: eligible: `promote` fits, and no guard says no",
            "- S0: its role is secondary; the lead goes to: standalone",
        ]
    );
}

#[test]
fn whoever_takes_over_in_a_plan_is_eligible_and_the_checker_agrees() {
    let mut moved = 0;
    for table in tables() {
        let declarations = oracle::declarations(table, 2);
        for world in worlds(table, 2).into_iter().step_by(5) {
            for roles in &declarations {
                let plan = planned(&oracle::topology(table, roles), &world);
                assert_eq!(check(&plan, NOW), []);
                let mut takes = plan.steps.iter().filter(|step| step.changes.iter().any(|one| table.leads(one.to)));
                let Some(step) = takes.next() else { continue };
                let refused = step.guards.iter().any(|guard| guard.answer.verdict == Verdict::No);
                let found = plan.candidates.iter().find(|one| one.server == step.server);
                assert_eq!(found.map(|one| one.eligible), Some(!refused), "{world:?} to {roles:?}");
                moved += 1;
            }
        }
    }
    assert_eq!(moved, 734);
}
