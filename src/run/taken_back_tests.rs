use super::*;
use crate::format::sample::{at, name, topology};
use crate::model::event::Outcome;
use crate::model::name::ServerName;
use crate::model::plan::GroupVerdict;
use crate::model::snapshot::{GroupSnapshot, Standing};
use crate::model::words::Text;
use crate::plan::plan;

/// A plan whose first step renames the folder of PVS2.
fn quarantine() -> GroupPlan {
    let mut topology = topology();
    topology.keep_master_files = true;
    let standing = |role: &'static str, disks| {
        Standing::of(role).with("disks", disks).with("ticks", if role == "master" { "own" } else { "others" })
    };
    let servers = topology.servers.iter().map(|one| {
        let disks = if one.server == name("PVS2") { "invalid" } else { "complete" };
        (one.server.clone(), standing(one.role, disks))
    });
    let seen = GroupSnapshot { servers: servers.collect(), ..GroupSnapshot::default() };
    let plan = plan(&topology, &seen, at(0));
    assert_eq!((plan.verdict, plan.steps[0].transition.name), (GroupVerdict::Ready, "quarantine"));
    plan
}

fn rename(to: &str) -> Request {
    Request::RenameFolder { on: name("PVS2"), store: "Store".into(), from: "Invalid".into(), to: to.into() }
}

/// The journal of attempts, each with what it asked and what was answered, if anything; `done` at the end or not.
fn journal(attempts: &[(&str, Option<&str>)], done: bool) -> Vec<Entry> {
    let group = || topology().group;
    let mut events = Vec::new();
    for (to, reply) in attempts {
        let server: ServerName = name("PVS2");
        let (transition, requests) = ("quarantine".into(), vec![rename(to).told()]);
        events.push(Event::StepStarted { group: group(), step: 1, transition, server, requests });
        let request = rename(to).to_string();
        events.extend(reply.map(|reply| Event::Answered { group: group(), step: 1, request, reply: reply.into() }));
        let (outcome, cause) = (Outcome::Unknown, Text::new("lost", "不明"));
        events.push(Event::StepStopped { group: group(), step: 1, outcome, cause, otherwise: Vec::new() });
    }
    if done {
        events.push(Event::StepDone { group: group(), step: 1, changes: vec![], marks: vec![], already: true });
    }
    let numbered = events.into_iter().zip(1..);
    numbered.map(|(event, number)| Entry { number, at: at(number as i64), event }).collect()
}

fn told(attempts: &[(&str, Option<&str>)]) -> Option<String> {
    let plan = quarantine();
    let entries = journal(attempts, true);
    let told = taken_back(&plan, &entries);
    let [one] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!((one.step.number, one.step.transition.name), (1, "quarantine"));
    one.taken_back.as_ref().map(|one| one.left.clone())
}

// DV-05
#[test]
fn the_folder_is_the_one_that_the_journal_says_was_renamed() {
    assert_eq!(told(&[("Invalid.20261120", Some("renamed"))]).as_deref(), Some("Invalid.20261120"));
    // The date changed between two attempts, and the second was answered.
    let attempts = [("Invalid.20261120", Some("refused: it is locked")), ("Invalid.20261121", Some("renamed"))];
    assert_eq!(told(&attempts).as_deref(), Some("Invalid.20261121"));
    let attempts = [("Invalid.20261120", Some("no answer: timeout")), ("Invalid.20261121", Some("renamed"))];
    assert_eq!(told(&attempts).as_deref(), Some("Invalid.20261121"));
}

#[test]
fn a_rename_whose_answer_was_lost_is_the_only_one_that_may_have_been_carried_out() {
    assert_eq!(told(&[("Invalid.20261120", None)]).as_deref(), Some("Invalid.20261120"));
    assert_eq!(told(&[("Invalid.20261120-2", Some("no answer: timeout"))]).as_deref(), Some("Invalid.20261120-2"));
    let attempts = [("Invalid.20261120", None), ("Invalid.20261120", None)];
    assert_eq!(told(&attempts).as_deref(), Some("Invalid.20261120"));
}

#[test]
fn what_the_journal_does_not_tell_for_sure_is_not_guessed() {
    assert_eq!(told(&[("Invalid.20261120", None), ("Invalid.20261121", None)]), None, "one of two");
    assert_eq!(told(&[("Invalid.20261120", Some("refused: no such folder"))]), None, "somebody else did it");
    assert_eq!(told(&[]), None, "it was done already");
}

#[test]
fn a_step_that_was_not_seen_to_be_done_is_not_taken_back() {
    let entries = journal(&[("Invalid.20261120", Some("renamed"))], false);
    assert_eq!(taken_back(&quarantine(), &entries), []);
}

#[test]
fn the_new_name_of_a_folder_is_read_off_the_line_that_tells_of_it() {
    let line = rename("Invalid.20261120-2").to_string();
    assert_eq!(Request::renamed_to(&line), Some("Invalid.20261120-2"));
    let on = name("PVS2");
    assert_eq!(Request::renamed_to(&Request::ListStore { on, store: "to x".into() }.to_string()), None);
}

/// A plan that takes a server out of a pool, which another row puts back as it does for other reasons.
#[test]
fn a_step_that_a_row_of_other_purposes_leads_back_from_is_left_to_the_plan() {
    use crate::system::wsmgr::table::TABLE;
    let member = |server| {
        (name(server), Standing::of("member").with("sync", "complete").with("own", "joined").with("pool", "in"))
    };
    let manager = member("web1").1.with("sync", "complete");
    let servers = [(name("web1"), Standing { role: Some("manager"), ..manager }), member("web2")];
    let mut topology = topology();
    (topology.table, topology.keep, topology.disrupt_at_most) = (&TABLE, Vec::new(), None);
    let roles = [("web1", "manager"), ("web2", "disabled")];
    let of = topology.servers.iter().next().unwrap().clone();
    let declared = |(server, role)| crate::model::topology::Declared { server: name(server), role, ..of.clone() };
    topology.servers = roles.into_iter().map(declared).collect();
    let seen = GroupSnapshot { servers: servers.into_iter().collect(), ..GroupSnapshot::default() };
    let plan = plan(&topology, &seen, at(0));
    assert_eq!((plan.verdict, plan.steps[0].transition.name), (GroupVerdict::Ready, "drain"));
    let group = plan.topology.group.clone();
    let event = Event::StepDone { group, step: 1, changes: vec![], marks: vec![], already: false };
    assert_eq!(taken_back(&plan, &[Entry { number: 1, at: at(1), event }]), []);
}
