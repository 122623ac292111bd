//! Each fault that the lint knows, in a table that has that fault and no other.

use rolewalk::model::guard::{Answer, Guard};
use rolewalk::model::name::NameRule;
use rolewalk::model::table::{Leader, LeftOut, Mark, Role, Statement, Table, Transition};
use rolewalk::model::words::Words;
use rolewalk::plan::lint::lint;

use crate::cases::tables;
use crate::shape_tables::{GUARDS, ROW, need, say, set};

const UP: Transition = Transition { name: "up", from: "low", to: "high", ..ROW };
const DOWN: Transition = Transition { name: "down", from: "high", to: "low", ..ROW };
const SWAP: Transition = Transition {
    name: "swap",
    from: "high",
    to: "lead",
    leader: Leader::Hands { to: "high", needs: &[], sets: &[], says: None },
    ..ROW
};

const STATE: &[(&str, Words)] = &[("old", say("old", "old")), ("new", say("new", "new"))];

fn table(roles: &[&'static str], rows: Vec<Transition>, guards: &'static [Guard]) -> &'static Table {
    with_values(STATE, roles, rows, guards)
}

/// As [`table`], with other values of the mark.
fn with_values(
    values: &'static [(&'static str, Words)],
    roles: &[&'static str],
    rows: Vec<Transition>,
    guards: &'static [Guard],
) -> &'static Table {
    let role = |name: &&'static str| Role { name, title: say(name, name), leads: *name == "lead" };
    let mark = Mark { name: "state", title: say("state", "state"), values, left_out: LeftOut::Unknown };
    Box::leak(Box::new(Table {
        system: "lint",
        title: say("lint", "lint"),
        server_names: NameRule::HOST,
        roles: roles.iter().map(role).collect::<Vec<_>>().leak(),
        marks: vec![mark].leak(),
        wants: &[],
        counts: &[],
        guards,
        transitions: rows.leak(),
        without_leader: &[],
        serves: &[],
        caveat: |_| None,
    }))
}

/// Returns the rules that a table of three rungs with these rows breaks.
fn broken(rows: Vec<Transition>) -> Vec<(&'static str, String)> {
    rules(table(&["low", "high", "lead"], rows, GUARDS))
}

fn rules(table: &'static Table) -> Vec<(&'static str, String)> {
    lint(table).into_iter().map(|one| (one.rule, one.about)).collect()
}

fn one(rule: &'static str, about: &str) -> Vec<(&'static str, String)> {
    vec![(rule, about.to_string())]
}

#[test]
fn every_table_that_we_have_is_sound_and_so_is_the_one_on_which_the_faults_are_built() {
    for table in tables() {
        assert_eq!(lint(table), [], "{}", table.system);
    }
    assert_eq!(broken(vec![UP, DOWN, SWAP]), []);
}

#[test]
fn a_role_that_no_step_leads_to_is_found() {
    let roles = ["low", "apart", "high", "lead"];
    let leave = Transition { name: "leave", from: "apart", to: "low", ..ROW };
    assert_eq!(rules(table(&roles, vec![UP, DOWN, SWAP, leave], GUARDS)), one("reachable", "apart"));
}

#[test]
fn a_role_that_no_step_leads_away_from_is_found() {
    let roles = ["low", "end", "high", "lead"];
    let enter = Transition { name: "enter", from: "low", to: "end", ..ROW };
    assert_eq!(rules(table(&roles, vec![UP, DOWN, SWAP, enter], GUARDS)), one("no-dead-end", "end"));
}

#[test]
fn two_rows_that_fit_one_case_are_found() {
    let again = Transition { name: "again", needs: const { &[need("state", &["old"])] }, ..UP };
    let found = broken(vec![UP, DOWN, SWAP, again]);
    assert!(found.contains(&("one-row-a-case", "up (low → high)".to_string())), "{found:?}");
}

// A step of a plan file names its row by name and edge; rows of which only one can be used at a time may share both.
#[test]
fn two_rows_of_one_name_and_edge_that_no_mark_tells_apart_are_found() {
    const OLD: &[rolewalk::model::table::Need] = &[need("state", &["old"])];
    const NEW: &[rolewalk::model::table::Need] = &[need("state", &["new"])];
    let anew = Transition { says: Some(Statement::Reinstalled), ..UP };
    let found = broken(vec![UP, DOWN, SWAP, anew]);
    assert!(found.contains(&("one-name-an-edge", "up (low → high)".to_string())), "{found:?}");
    let (old, new) = (Transition { needs: OLD, ..UP }, Transition { needs: NEW, ..UP });
    assert_eq!(broken(vec![old, new, DOWN, SWAP]), []);
}

#[test]
fn a_guard_that_reads_nothing_is_found() {
    static BLIND: &[Guard] = &[Guard {
        name: "one_leader",
        says: say("at most one server leads", "先頭のサーバーは 1 台以下"),
        reads: &[],
        absolute: true,
        ask: |_| Answer::yes("a shape", "形だけ"),
        of_each: None,
        source: "a shape",
    }];
    let found = rules(table(&["low", "high", "lead"], vec![UP, DOWN, SWAP], BLIND));
    assert_eq!(found.iter().map(|one| one.0).collect::<Vec<_>>(), ["guard-probe"; 3]);
}

#[test]
fn an_undo_that_does_not_lead_back_is_found() {
    let up = Transition { undo: Some("swap"), no_undo_because: None, ..UP };
    assert_eq!(broken(vec![up, DOWN, SWAP]), one("undo-leads-back", "up (low → high)"));
}

#[test]
fn a_row_that_no_shortest_plan_uses_is_found() {
    let idle = Transition { name: "idle", from: "high", to: "high", sets: const { &[set("state", "new")] }, ..ROW };
    assert_eq!(broken(vec![UP, DOWN, SWAP, idle]), one("used-row", "idle (high → high)"));
}

// Rows are bits to the search, and one bit is spoken for.
#[test]
fn more_rows_than_the_search_has_bits_for_are_found() {
    let with = |rows: usize| {
        let more = (3..rows).map(|_| UP);
        let found = broken([UP, DOWN, SWAP].into_iter().chain(more).collect());
        found.into_iter().filter(|(rule, _)| *rule == "room").collect::<Vec<_>>()
    };
    assert_eq!(with(63), []);
    assert_eq!(with(64), one("room", "lint"));
}

#[test]
fn more_values_of_a_mark_than_the_search_has_bits_for_are_found() {
    let with = |values: usize| {
        let name = |number: usize| -> &'static str { number.to_string().leak() };
        let named: Vec<(&'static str, Words)> =
            (0..values).map(|number| (name(number), say("a value", "値"))).collect();
        rules(with_values(named.leak(), &["low", "high", "lead"], vec![UP, DOWN, SWAP], GUARDS))
    };
    assert_eq!(with(63), []);
    assert_eq!(with(64), one("room", "lint"));
}
