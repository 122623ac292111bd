//! The lint of a table: what must be so for planning over it to be right.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::model::fact::Facts;
use crate::model::name::ServerName;
use crate::model::snapshot::{Standing, Standings, leaders};
use crate::model::table::{Leader, MarkValue, Need, Place, RoleName, Set, Statement, Table, Transition};
use crate::model::topology::{Declared, Source, TakenBack, Topology};

use super::machine::{self, Machine};
use super::walk::Memory;
use super::{Argument, Decision, decide};

/// Something that is wrong with a table.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The rule's name.
    pub rule: &'static str,
    /// The row, role or guard that it is about.
    pub about: String,
    /// What is wrong.
    pub says: String,
}

/// Returns everything that is wrong with a table; empty where planning over it is right.
pub fn lint(table: &'static Table) -> Vec<Finding> {
    let mut findings = names(table);
    findings.extend(sizes(table));
    // With a name that means nothing, the rest would report it again in other words; and it counts in bits.
    if findings.is_empty() {
        findings.extend(leads(table));
        findings.extend(without_leader(table));
        findings.extend(table.transitions.iter().flat_map(|row| one_row(table, row)));
        findings.extend(ambiguous(table));
        findings.extend(namesakes(table));
        findings.extend(ladder(table));
        findings.extend(unused_guards(table));
        findings.extend(unused_rows(table));
    }
    findings.sort();
    findings
}

fn finding(rule: &'static str, about: impl Into<String>, says: impl Into<String>) -> Finding {
    Finding { rule, about: about.into(), says: says.into() }
}

fn told(row: &Transition) -> String {
    format!("{} ({} → {})", row.name, row.from, row.to)
}

/// Every name in a row must be one of the table's.
fn names(table: &'static Table) -> Vec<Finding> {
    let mut wrong = Vec::new();
    for row in table.transitions {
        let mut roles: Vec<RoleName> = vec![row.from, row.to];
        let mut marks: Vec<(&str, Vec<MarkValue>)> = Vec::new();
        let need = |need: &Need| (need.mark, need.values.to_vec());
        let set = |set: &Set| (set.mark, [&[set.to], set.or].concat());
        marks.extend(row.needs.iter().map(need));
        marks.extend(row.sets.iter().map(set));
        if let Leader::Hands { to, needs, sets, .. } = row.leader {
            roles.push(to);
            marks.extend(needs.iter().map(need));
            marks.extend(sets.iter().map(set));
        }
        for other in row.others {
            roles.push(other.role);
            marks.extend(other.needs.iter().map(need));
            marks.extend(other.sets.iter().map(set));
        }
        marks.extend(row.follow_up.map(|form| (form.while_mark.0, form.while_mark.1.to_vec())));
        let bad_role = roles.into_iter().filter(|role| table.role(role).is_none());
        wrong.extend(bad_role.map(|role| finding("known-role", told(row), format!("there is no role `{role}`"))));
        for (mark, values) in marks {
            let bad = values.into_iter().filter(|value| table.mark(mark).is_none_or(|one| one.value(value).is_none()));
            wrong.extend(bad.map(|value| finding("known-mark", told(row), format!("`{mark}` has no value `{value}`"))));
        }
        let bad_guard = row.guards.iter().filter(|guard| table.guard(guard).is_none());
        wrong.extend(bad_guard.map(|guard| finding("known-guard", told(row), format!("there is no guard `{guard}`"))));
    }
    for count in table.counts {
        let bad_role = count.roles.iter().filter(|role| table.role(role).is_none());
        wrong.extend(bad_role.map(|role| finding("known-role", count.name, format!("there is no role `{role}`"))));
        for Need { mark, values } in count.needs {
            let bad = values.iter().filter(|value| table.mark(mark).is_none_or(|one| one.value(value).is_none()));
            wrong
                .extend(bad.map(|value| finding("known-mark", count.name, format!("`{mark}` has no value `{value}`"))));
        }
    }
    wrong
}

/// The search keeps rows, counts and values as bits, and a standing as one number: there must be room.
fn sizes(table: &'static Table) -> Vec<Finding> {
    let mut wrong = Vec::new();
    let mut demand = |what: &str, found: usize, most: usize| {
        if found > most {
            wrong.push(finding("room", table.system, format!("it has {found} {what}, and there is room for {most}")));
        }
    };
    demand("transitions", table.transitions.len(), machine::ROWS_AT_MOST);
    demand("counts", table.counts.len(), machine::COUNTS_AT_MOST);
    for mark in table.marks {
        demand(&format!("values of `{}`", mark.name), mark.values.len(), machine::VALUES_AT_MOST);
    }
    let standings = table.marks.iter().map(|mark| mark.values.len() + 1).fold(table.roles.len(), usize::saturating_mul);
    demand("standings", standings, machine::STANDINGS_AT_MOST);
    wrong
}

/// Exactly one role leads, and it is the last; a row changes the lead only as its leader part says.
fn leads(table: &'static Table) -> Vec<Finding> {
    let mut wrong = Vec::new();
    let leading: Vec<&str> = table.roles.iter().filter(|role| role.leads).map(|role| role.name).collect();
    if leading.len() != 1 || table.roles.last().is_none_or(|role| !role.leads) {
        wrong.push(finding("one-leading-role", table.system, "exactly one role leads, and it is the last"));
    }
    for row in table.transitions {
        let fits = matches!(
            (table.leads(row.from), table.leads(row.to), row.leader),
            (false, true, Leader::Leaderless | Leader::Hands { .. })
                | (true, false, Leader::StepsDown)
                | (false, false, Leader::Any | Leader::Led)
                | (true, true, Leader::Any)
        );
        if !fits {
            wrong.push(finding(
                "leader-part",
                told(row),
                "its leader part does not fit the roles it leaves and reaches",
            ));
        }
    }
    wrong
}

/// Where a group may be declared to have no leader, no server of it leads, and some row is used only then.
fn without_leader(table: &'static Table) -> Vec<Finding> {
    let roles = table.without_leader;
    let unfit = roles.iter().filter(|role| table.role(role).is_none() || table.leads(role));
    let mut wrong: Vec<Finding> = unfit
        .map(|role| finding("without-leader", *role, "a group without a leader can't have servers of this role"))
        .collect();
    if roles.is_empty() == table.asks_for(Statement::WithoutLeader) {
        let says = "the roles of a group without a leader, and rows for such a group alone, go together";
        wrong.push(finding("without-leader", table.system, says));
    }
    wrong
}

fn one_row(table: &'static Table, row: &Transition) -> Vec<Finding> {
    let mut wrong = Vec::new();
    if row.guards.is_empty() {
        wrong.push(finding("guarded", told(row), "no guard is asked before it"));
    }
    let blind = row.guards.iter().filter_map(|guard| table.guard(guard)).filter(|guard| guard.reads.is_empty());
    wrong.extend(blind.map(|guard| finding("guard-probe", told(row), format!("guard `{}` reads nothing", guard.name))));
    if row.from == row.to && row.sets.is_empty() {
        wrong.push(finding("seen-done", told(row), "it changes nothing by which it could be seen to be done"));
    }
    if row.undo.is_some() == row.no_undo_because.is_some() {
        wrong.push(finding("undo", told(row), "it must have an undo, or say why there is none, and not both"));
    }
    let back = |name: &str| {
        table.transitions.iter().any(|other| {
            let by_hand_over = matches!((row.leader, other.leader), (Leader::Hands { to, .. }, Leader::Hands { .. })
                if to == other.from && other.to == row.to);
            other.name == name && ((other.from == row.to && other.to == row.from) || by_hand_over)
        })
    };
    if row.undo.is_some_and(|name| !back(name)) {
        wrong.push(finding(
            "undo-leads-back",
            told(row),
            "its undo does not lead from where it ends to where it begins",
        ));
    }
    if row.allows_lost && row.runs_on == Place::This {
        wrong.push(finding("lost-elsewhere", told(row), "it allows for a lost server, and is done on that server"));
    }
    if row.settling > row.limit && row.settling.as_secs() > 3600 {
        wrong.push(finding("settling", told(row), "it settles longer than an hour and longer than its limit"));
    }
    wrong
}

/// No two rows fit the same case: the same role, the same end, the same leader part, marks that both accept.
fn ambiguous(table: &'static Table) -> Vec<Finding> {
    let mut wrong = Vec::new();
    for (index, one) in table.transitions.iter().enumerate() {
        for other in &table.transitions[index + 1..] {
            let same = one.from == other.from && one.to == other.to && one.says == other.says;
            let same_lead = std::mem::discriminant(&one.leader) == std::mem::discriminant(&other.leader)
                && leader_says(one) == leader_says(other);
            // Rows that only change marks, and not the same ones, lead to different ends.
            let same_end =
                one.from != one.to || one.sets.iter().any(|set| other.sets.iter().any(|also| also.mark == set.mark));
            if same && same_lead && same_end && overlap(one.needs, other.needs) {
                wrong.push(finding("one-row-a-case", told(one), format!("`{}` fits the same case", told(other))));
            }
        }
    }
    wrong
}

/// A step of a plan file names its row by name and edge: where two rows share both, the marks must tell which is meant.
fn namesakes(table: &'static Table) -> Vec<Finding> {
    let mut wrong = Vec::new();
    for (index, one) in table.transitions.iter().enumerate() {
        let same = |other: &&Transition| (one.name, one.from, one.to) == (other.name, other.from, other.to);
        let others = table.transitions[index + 1..].iter().filter(same);
        wrong.extend(others.filter(|other| overlap(one.needs, other.needs)).map(|_| {
            finding("one-name-an-edge", told(one), "another row has this name and edge, and a case fits both")
        }));
    }
    wrong
}

fn leader_says(row: &Transition) -> Option<Statement> {
    match row.leader {
        Leader::Hands { says, .. } => says,
        _ => None,
    }
}

fn overlap(one: &[Need], other: &[Need]) -> bool {
    one.iter().all(|need| {
        let same = other.iter().filter(|also| also.mark == need.mark);
        same.into_iter().all(|also| need.values.iter().any(|value| also.values.contains(value)))
    })
}

/// Every role can be reached from the lowest and left again.
fn ladder(table: &'static Table) -> Vec<Finding> {
    let mut wrong = Vec::new();
    let mut edges: Vec<(RoleName, RoleName)> = table.transitions.iter().map(|row| (row.from, row.to)).collect();
    for row in table.transitions {
        if let (Leader::Hands { to, .. }, Some(leading)) = (row.leader, table.leading()) {
            edges.push((leading, to));
        }
    }
    let reach = |from: RoleName| {
        let mut seen = BTreeSet::from([from]);
        while let Some((_, next)) = edges.iter().find(|(one, other)| seen.contains(one) && !seen.contains(other)) {
            seen.insert(next);
        }
        seen
    };
    let Some(lowest) = table.roles.first().map(|role| role.name) else { return wrong };
    for role in table.roles {
        if !reach(lowest).contains(role.name) {
            wrong.push(finding("reachable", role.name, format!("no steps lead to it from `{lowest}`")));
        }
        if !reach(role.name).contains(lowest) {
            wrong.push(finding("no-dead-end", role.name, format!("no steps lead from it to `{lowest}`")));
        }
    }
    wrong
}

fn unused_guards(table: &'static Table) -> Vec<Finding> {
    let unused =
        table.guards.iter().filter(|guard| !table.transitions.iter().any(|row| row.guards.contains(&guard.name)));
    unused.map(|guard| finding("used-guard", guard.name, "no row asks it")).collect()
}

/// Every row is used by a shortest plan of some group of two servers.
fn unused_rows(table: &'static Table) -> Vec<Finding> {
    let mut used: BTreeSet<usize> = BTreeSet::new();
    let names: Vec<ServerName> = ["A", "B"].iter().filter_map(|name| ServerName::new(name).ok()).collect();
    let standings = all_standings(table);
    let roles = || table.roles.iter().map(|role| role.name);
    let pairs = roles().flat_map(|one| roles().map(move |other| [one, other]));
    let declarations: Vec<Topology> = pairs
        .filter(|pair| {
            let is_without = pair.iter().all(|role| table.without_leader.contains(role));
            is_without || pair.iter().filter(|role| table.leads(role)).count() == 1
        })
        .flat_map(|pair| [Said::Nothing, Said::All, Said::TakenBack].map(|said| topology(table, &names, &pair, said)))
        .collect();
    let (machine, mut memory) = (Machine::of(table), Memory::default());
    for (first, second) in standings.iter().flat_map(|one| standings.iter().map(move |other| (one, other))) {
        let servers: Standings = names.iter().cloned().zip([first.clone(), second.clone()]).collect();
        if leaders(table, &servers).count() > 1 || used.len() == table.transitions.len() {
            continue;
        }
        for topology in &declarations {
            if let Decision::Moves(moves, _) = decide(
                &machine,
                &mut memory,
                topology,
                &servers,
                (&Facts::default(), Timestamp::UNIX_EPOCH),
                Argument::Rule,
            ) {
                let place = |row: &'static Transition| table.transitions.iter().position(|one| std::ptr::eq(one, row));
                used.extend(moves.into_iter().filter_map(|(_, row)| place(row)));
            }
        }
    }
    let unused = table.transitions.iter().enumerate().filter(|(index, _)| !used.contains(index));
    unused.map(|(_, row)| finding("used-row", told(row), "no shortest plan of two servers uses it")).collect()
}

fn all_standings(table: &'static Table) -> Vec<Standing> {
    let mut all: Vec<Standing> = table.roles.iter().map(|role| Standing::of(role.name)).collect();
    for mark in table.marks {
        let with = |standing: &Standing| {
            let standing = standing.clone();
            mark.values.iter().map(move |(value, _)| standing.clone().with(mark.name, value)).collect::<Vec<_>>()
        };
        all = all.iter().flat_map(with).collect();
    }
    all
}

/// What is said of the servers besides their roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    Nothing,
    /// Whatever a topology file can say.
    All,
    /// What `undo` alone says.
    TakenBack,
}

fn topology(table: &'static Table, names: &[ServerName], roles: &[RoleName; 2], said: Said) -> Topology {
    let declared = |(server, role): (&ServerName, &RoleName)| Declared {
        server: server.clone(),
        role,
        because: None,
        lost: said == Said::All && !table.leads(role),
        reinstalled: (said == Said::All).then(|| jiff::civil::date(2026, 1, 1)),
        line: 1,
    };
    let taken_back = |server: &ServerName| TakenBack { server: server.clone(), left: String::new() };
    let takes_back = names.iter().filter(|_| said == Said::TakenBack).map(taken_back).collect();
    Topology {
        group: "G".into(),
        table,
        connection: None,
        servers: names.iter().zip(roles).map(declared).collect(),
        keep: Vec::new(),
        keep_master_files: said == Said::All,
        waivers: Vec::new(),
        maintenance: Vec::new(),
        settling: None,
        disrupt_at_most: None,
        source: Source { takes_back, ..Source::default() },
    }
}
