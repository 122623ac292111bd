//! Between plans that are equally short: fewer steps of a person, then less disruption, then what makes redundancy
//! before what breaks it, then the order of the file. Each case is one that only its rule decides.

use rolewalk::model::name::NameRule;
use rolewalk::model::snapshot::Standing;
use rolewalk::model::table::{By, Count, Disruption, Leader, Role, Table, Transition};
use rolewalk::model::topology::Topology;

use crate::cases::planned;
use crate::oracle;
use crate::shape_tables::{GUARDS, ROW, say};

/// A table of four roles and a leader, with these rows: a name, from, to, who, how disruptive.
fn table(rows: &[(&'static str, &'static str, &'static str, By, Disruption)]) -> &'static Table {
    let role = |name, leads| Role { name, title: say(name, name), leads };
    let roles = ["low", "left", "right", "high"].map(|name| role(name, false));
    let rows = rows.iter().map(|(name, from, to, by, disruption)| Transition {
        name,
        from,
        to,
        by: *by,
        disruption: *disruption,
        leader: Leader::Led,
        ..ROW
    });
    Box::leak(Box::new(Table {
        system: "ties",
        title: say("ties", "ties"),
        server_names: NameRule::HOST,
        roles: roles.into_iter().chain([role("lead", true)]).collect::<Vec<_>>().leak(),
        marks: &[],
        wants: &[],
        counts: vec![Count { name: "high", roles: &["high"], needs: &[], title: say("high", "high") }].leak(),
        guards: GUARDS,
        transitions: rows.collect::<Vec<_>>().leak(),
        caveat: |_| None,
    }))
}

/// Returns the steps as `name server`, from one list of roles to another; the first server leads.
fn walked(topology: &Topology, from: &[&'static str]) -> Vec<String> {
    let world = ["lead"].iter().chain(from).map(|role| Standing::of(role)).collect();
    let plan = planned(topology, &world);
    plan.steps.iter().map(|step| format!("{} {}", step.transition.name, step.server)).collect()
}

fn declared(table: &'static Table, to: &[&'static str]) -> Topology {
    oracle::topology(table, &[&["lead"], to].concat())
}

/// Plans by the servers' own walks and, with a minimum that decides nothing else, under minima that decide nothing.
fn both_ways(topology: Topology, from: &[&'static str], want: &[&str]) {
    assert_eq!(walked(&topology, from), want);
    let with_keep = Topology { keep: vec![("high", 0)], disrupt_at_most: Some(9), ..topology };
    assert_eq!(walked(&with_keep, from), want);
}

use By::{Automatic, Operator};
use Disruption::{None as Nothing, Offline};

#[test]
fn fewer_steps_come_before_fewer_steps_of_a_person() {
    let table = table(&[
        ("climb", "low", "left", Automatic, Nothing),
        ("climb", "left", "high", Automatic, Nothing),
        ("jump", "low", "high", Operator, Offline),
    ]);
    both_ways(declared(table, &["high"]), &["low"], &["jump S1"]);
}

#[test]
fn fewer_steps_of_a_person_come_before_less_disruption() {
    let table = table(&[
        ("by-hand", "low", "left", Operator, Nothing),
        ("by-hand", "left", "high", Automatic, Nothing),
        ("alone", "low", "right", Automatic, Offline),
        ("alone", "right", "high", Automatic, Offline),
    ]);
    both_ways(declared(table, &["high"]), &["low"], &["alone S1", "alone S1"]);
}

#[test]
fn less_disruption_comes_before_the_order_of_the_table() {
    let table = table(&[
        ("rough", "low", "left", Automatic, Offline),
        ("rough", "left", "high", Automatic, Nothing),
        ("gentle", "low", "right", Automatic, Nothing),
        ("gentle", "right", "high", Automatic, Nothing),
    ]);
    both_ways(declared(table, &["high"]), &["low"], &["gentle S1", "gentle S1"]);
}

fn ladder() -> &'static Table {
    table(&[("up", "low", "high", Automatic, Nothing), ("down", "high", "low", Automatic, Offline)])
}

#[test]
fn what_makes_redundancy_comes_before_what_breaks_it_whatever_the_order_of_the_file() {
    both_ways(declared(ladder(), &["low", "high"]), &["high", "low"], &["up S2", "down S1"]);
    let with_keep = Topology { keep: vec![("high", 1)], ..declared(ladder(), &["low", "high"]) };
    assert_eq!(walked(&with_keep, &["high", "low"]), ["up S2", "down S1"]);
}

#[test]
fn what_else_is_equal_comes_in_the_order_of_the_file_and_not_of_the_names() {
    let mut topology = declared(ladder(), &["high", "high", "low", "low"]);
    both_ways(topology.clone(), &["low", "low", "high", "high"], &["up S1", "up S2", "down S3", "down S4"]);
    topology.servers.reverse();
    both_ways(topology, &["low", "low", "high", "high"], &["up S2", "up S1", "down S4", "down S3"]);
}
