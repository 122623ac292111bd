//! Asks the guards of a step. The planner, the checker and the run ask in the same words.

use jiff::Timestamp;

use crate::model::fact::Facts;
use crate::model::guard::{GuardAnswer, Verdict};
use crate::model::moment::Moment;
use crate::model::plan::Step;
use crate::model::snapshot::Standings;
use crate::model::topology::Topology;
use crate::model::words::Text;

/// Asks the guards of one step, given what is there right before it.
pub fn ask(topology: &Topology, step: &Step, standings: &Standings, facts: &Facts, now: Timestamp) -> Vec<GuardAnswer> {
    ask_at(&mut Moment::of(topology, facts, standings.clone()), step, now)
}

/// Asks a step's guards at a moment of a walk; for those who ask before one step after another.
pub fn ask_at(moment: &mut Moment<'_>, step: &Step, now: Timestamp) -> Vec<GuardAnswer> {
    let topology = moment.topology();
    let guards = step.transition.guards.iter().filter_map(|name| topology.table.guard(name));
    let asked = guards.map(|guard| {
        let answer = moment.ask(guard, &step.server, step.transition.name);
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
