//! Asks the guards of a step. The planner, the checker and the run ask in the same words.

use jiff::Timestamp;

use crate::model::fact::Facts;
use crate::model::guard::{Case, GuardAnswer, Verdict};
use crate::model::plan::Step;
use crate::model::snapshot::Standings;
use crate::model::topology::Topology;
use crate::model::words::Text;

/// Asks a step's guards, given what is there right before it.
pub fn ask(topology: &Topology, step: &Step, standings: &Standings, facts: &Facts, now: Timestamp) -> Vec<GuardAnswer> {
    let case = Case { server: &step.server, transition: step.transition.name, standings, facts, topology };
    let guards = step.transition.guards.iter().filter_map(|name| topology.table.guard(name));
    let asked = guards.map(|guard| {
        let answer = (guard.ask)(&case);
        let waiver = topology.waiver(guard.name, &step.server, now).filter(|_| !guard.absolute);
        let waived = waiver.filter(|_| answer.verdict != Verdict::Yes).map(|waiver| {
            Text::new(
                format!("waived by {} until {}: {}", waiver.owner, waiver.until, waiver.reason),
                format!("{} による適用除外 ({} まで): {}", waiver.owner, waiver.until, waiver.reason),
            )
        });
        GuardAnswer { name: guard.name, answer, waived }
    });
    asked.collect()
}
