//! Between plans that are equally short: fewer steps of a person, then less disruption, then what makes redundancy
//! before what breaks it, then the order of the file. Each case is one that only its rule decides.

use rolewalk::model::name::NameRule;
use rolewalk::model::snapshot::Standing;
use rolewalk::model::table::{By, Count, Disruption, Leader, Other, Role, Table, Transition};
use rolewalk::model::topology::Topology;

use crate::cases::planned;
use crate::oracle;
use crate::shape_tables::{GUARDS, ROW, say};

/// A row: a name, from, to, who, how disruptive.
type Row = (&'static str, &'static str, &'static str, By, Disruption);

/// A row that no shortest plan uses and that concerns others: a table with it is searched all servers at once.
const TIE: Transition =
    Transition { name: "tie", from: "low", to: "low", others: &[Other { role: "high", needs: &[], sets: &[] }], ..ROW };

/// A table of four roles and a leader, with these rows and `more`.
fn table(rows: &[Row], more: &[Transition]) -> &'static Table {
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
        without_leader: &[],
        serves: &[],
        guards: GUARDS,
        transitions: rows.chain(more.iter().cloned()).collect::<Vec<_>>().leak(),
        caveat: |_| None,
    }))
}

/// Returns the steps as `name server`; the first server leads.
fn walked(topology: &Topology, from: &[&'static str]) -> Vec<String> {
    let world = ["lead"].iter().chain(from).map(|role| Standing::of(role)).collect();
    let plan = planned(topology, &world);
    plan.steps.iter().map(|step| format!("{} {}", step.transition.name, step.server)).collect()
}

/// Plans from one list of roles to another each way there is: every server's own walk, the same under minima that decide
/// nothing, and the search of all servers at once. `file` is the order in which the file names them.
fn each_way(rows: &[Row], file: fn(&mut Topology), from: &[&'static str], to: &[&'static str], want: &[&str]) {
    for more in [[].as_slice(), &[TIE]] {
        let mut topology = oracle::topology(table(rows, more), &[&["lead"], to].concat());
        file(&mut topology);
        assert_eq!(walked(&topology, from), want, "{} rows besides", more.len());
        let with_minima = Topology { keep: vec![("high", 0)], disrupt_at_most: Some(9), ..topology };
        assert_eq!(walked(&with_minima, from), want, "{} rows besides", more.len());
    }
}

fn as_named(_: &mut Topology) {}

fn reversed(topology: &mut Topology) {
    topology.servers.reverse();
}

use By::{Automatic, Operator};
use Disruption::{None as Nothing, Offline};

#[test]
fn fewer_steps_come_before_fewer_steps_of_a_person() {
    let rows = [
        ("climb", "low", "left", Automatic, Nothing),
        ("climb", "left", "high", Automatic, Nothing),
        ("jump", "low", "high", Operator, Offline),
    ];
    each_way(&rows, as_named, &["low"], &["high"], &["jump S1"]);
}

#[test]
fn fewer_steps_of_a_person_come_before_less_disruption() {
    let rows = [
        ("by-hand", "low", "left", Operator, Nothing),
        ("by-hand", "left", "high", Automatic, Nothing),
        ("alone", "low", "right", Automatic, Offline),
        ("alone", "right", "high", Automatic, Offline),
    ];
    each_way(&rows, as_named, &["low"], &["high"], &["alone S1", "alone S1"]);
}

#[test]
fn less_disruption_comes_before_the_order_of_the_table() {
    let rows = [
        ("rough", "low", "left", Automatic, Offline),
        ("rough", "left", "high", Automatic, Nothing),
        ("gentle", "low", "right", Automatic, Nothing),
        ("gentle", "right", "high", Automatic, Nothing),
    ];
    each_way(&rows, as_named, &["low"], &["high"], &["gentle S1", "gentle S1"]);
}

const LADDER: [Row; 2] = [("up", "low", "high", Automatic, Nothing), ("down", "high", "low", Automatic, Offline)];

#[test]
fn what_makes_redundancy_comes_before_what_breaks_it_whatever_the_order_of_the_file() {
    each_way(&LADDER, as_named, &["high", "low"], &["low", "high"], &["up S2", "down S1"]);
}

// Only steps of one kind: that what makes redundancy comes first must not decide here.
#[test]
fn what_else_is_equal_comes_in_the_order_of_the_file_and_not_of_the_names() {
    each_way(&LADDER, as_named, &["low", "low"], &["high", "high"], &["up S1", "up S2"]);
    each_way(&LADDER, reversed, &["low", "low"], &["high", "high"], &["up S2", "up S1"]);
    each_way(&LADDER, as_named, &["high", "high"], &["low", "low"], &["down S1", "down S2"]);
    each_way(&LADDER, reversed, &["high", "high"], &["low", "low"], &["down S2", "down S1"]);
}
