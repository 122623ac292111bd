//! Who could lead next, and why each other server could not: for those who ask why it is this one.
//!
//! It decides nothing: it looks at rows, statements and guards at one moment, right before the lead moves. It never
//! searches, and the checker works it out anew with it.

use jiff::Timestamp;

use crate::model::fact::Facts;
use crate::model::guard::Verdict;
use crate::model::name::ServerName;
use crate::model::plan::{Candidate, GroupPlan};
use crate::model::snapshot::{Standing, Standings, leaders};
use crate::model::table::{Leader, Need, RoleName, Statement, Table, Transition};
use crate::model::topology::Topology;
use crate::model::words::Text;

use super::ask::ask;
use super::steps::step;

/// The most servers that are told of: the one that is to lead, then the others in file order.
const AT_MOST: usize = 20;

/// Returns the candidates for leader where a plan moves the lead or the lead is missing or lost; nobody else,
/// and nobody where none is to lead.
pub fn candidates(plan: &GroupPlan, facts: &Facts, now: Timestamp) -> Vec<Candidate> {
    let topology = &plan.topology;
    let table = topology.table;
    if topology.is_without_leader() {
        return Vec::new();
    }
    let moves = plan.steps.iter().find(|step| step.changes.iter().any(|change| table.leads(change.to)));
    let before = plan.standings_before(moves.map_or(0, |step| step.number));
    let mut leading = leaders(table, &before);
    let leader = leading.next();
    let is_lost = leader.is_some_and(|leader| topology.says(Statement::Lost, leader));
    // More leaders than one are another trouble, and who leads is no question of candidates then.
    let settled = leader.is_some() && !is_lost && moves.is_none() && !wants_another(plan, leader);
    if settled || leading.next().is_some() || before.values().any(|standing| standing.role.is_none()) {
        return Vec::new();
    }
    let moment = Moment { topology, before: &before, leader, facts, now };
    let (next, others): (Vec<_>, Vec<_>) = topology.servers.iter().partition(|one| table.leads(one.role));
    let named = next.into_iter().chain(others).map(|one| &one.server).filter(|one| Some(*one) != leader);
    named.take(AT_MOST).map(|server| moment.candidate(server)).collect()
}

/// Returns the names of the guards that stand before a lead moves.
pub fn guards(table: &'static Table) -> impl Iterator<Item = &'static str> {
    table.transitions.iter().filter(|row| takes_lead(table, row)).flat_map(|row| row.guards.iter().copied())
}

/// Returns whether another server is declared to lead, and there are no steps that lead there.
fn wants_another(plan: &GroupPlan, leader: Option<&ServerName>) -> bool {
    plan.steps.is_empty() && plan.topology.leader() != leader
}

fn takes_lead(table: &Table, row: &Transition) -> bool {
    table.leads(row.to) && !table.leads(row.from)
}

struct Moment<'a> {
    topology: &'a Topology,
    before: &'a Standings,
    leader: Option<&'a ServerName>,
    facts: &'a Facts,
    now: Timestamp,
}

impl Moment<'_> {
    fn candidate(&self, server: &ServerName) -> Candidate {
        let rows = self.topology.table.transitions.iter().filter(|row| takes_lead(self.topology.table, row));
        let unknown = Standing::default();
        let standing = self.before.get(server).unwrap_or(&unknown);
        let fits = |row: &&Transition| Some(row.from) == standing.role && self.is_open(row);
        let mut reasons = Vec::new();
        for row in rows.clone().filter(fits) {
            match self.refusal(server, standing, row) {
                None => return eligible(server, row),
                Some(reason) => reasons.push(reason),
            }
        }
        let because = reasons.into_iter().next().unwrap_or_else(|| {
            let mut from: Vec<RoleName> = rows.filter(|row| self.is_open(row)).map(|row| row.from).collect();
            from.dedup();
            self.wrong_role(standing, &from)
        });
        Candidate { server: server.clone(), eligible: false, because }
    }

    /// Returns whether the row may be used at all, as far as the present leader is concerned.
    fn is_open(&self, row: &Transition) -> bool {
        match row.leader {
            Leader::Hands { says, .. } => {
                self.leader.is_some_and(|old| says.is_none_or(|statement| self.topology.says(statement, old)))
            }
            // A leader that is there can step down first.
            Leader::Leaderless => true,
            _ => false,
        }
    }

    /// Returns what stands between a server of the right role and the lead.
    fn refusal(&self, server: &ServerName, standing: &Standing, row: &'static Transition) -> Option<Text> {
        if self.topology.says(Statement::Lost, server) && !row.allows_lost {
            return Some(Text::new("it is declared lost", "失われたと宣言されている"));
        }
        if let Some(need) = row.needs.iter().find(|need| !standing.meets(std::slice::from_ref(need))) {
            return Some(self.wrong_mark(standing, need));
        }
        let step = step(self.topology, self.before, self.leader, 1, server, row);
        let answers = ask(self.topology, &step, self.before, self.facts, self.now);
        let refused = answers.into_iter().find(|one| one.answer.verdict == Verdict::No && one.waived.is_none());
        refused.map(|guard| guard.answer.because)
    }

    fn wrong_mark(&self, standing: &Standing, need: &Need) -> Text {
        let mark = self.topology.table.mark(need.mark);
        let title = |japanese: bool| match mark {
            Some(mark) => {
                if japanese {
                    mark.title.ja
                } else {
                    mark.title.en
                }
            }
            None => need.mark,
        };
        let value = |value: &'static str, japanese: bool| {
            let words = mark.and_then(|mark| mark.values.iter().find(|(name, _)| *name == value));
            words.map_or(value, |(_, words)| if japanese { words.ja } else { words.en })
        };
        match standing.mark(need.mark) {
            Some(now) => Text::new(
                format!("{}: {}", title(false), value(now, false)),
                format!("{}: {}", title(true), value(now, true)),
            ),
            None => Text::new(format!("{}: unknown", title(false)), format!("{}: 不明", title(true))),
        }
    }

    fn wrong_role(&self, standing: &Standing, from: &[RoleName]) -> Text {
        let title = |name: RoleName, japanese: bool| match self.topology.table.role(name) {
            Some(role) => {
                if japanese {
                    role.title.ja
                } else {
                    role.title.en
                }
            }
            None => name,
        };
        let list = |japanese: bool, between: &str| {
            from.iter().map(|name| title(name, japanese)).collect::<Vec<_>>().join(between)
        };
        let role = standing.role.unwrap_or("?");
        if from.is_empty() {
            return Text::new(
                "no step takes the lead while the group's leader is as it is",
                "現在の先頭のサーバーのままでは、先頭を移す手順がない",
            );
        }
        Text::new(
            format!("its role is {}; the lead goes to: {}", title(role, false), list(false, ", ")),
            format!("現在は{}。先頭になれるのは{}", title(role, true), list(true, "、")),
        )
    }
}

fn eligible(server: &ServerName, row: &Transition) -> Candidate {
    let because = Text::new(
        format!("eligible: `{}` fits, and no guard says no", row.name),
        format!("候補: {} の前提を満たし、不成立の条件はない", row.name),
    );
    Candidate { server: server.clone(), eligible: true, because }
}
