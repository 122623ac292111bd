//! `undo`: the plan back to the roles of before a run, shown, approved and walked like any other.

use crate::model::event::Event;
use crate::model::topology::Topology;
use crate::model::words::Text;
use crate::plan::back::before;
use crate::run::runs::{self, Run};
use crate::system;

use super::apply::{Approval, fresh};
use super::arguments::Undo;
use super::failure::Failure;
use super::inputs;
use super::setting::Setting;

/// Runs the command.
pub fn run(setting: &Setting, arguments: &Undo) -> Result<u8, Failure> {
    let run = runs::find(&setting.state, &arguments.run, &system::tables())?;
    tell_what_stays(setting, &run);
    let topologies: Vec<Topology> = run.plan.groups.iter().map(|group| before(&group.topology, group)).collect();
    let inputs = inputs::connections_for(&topologies)?;
    fresh(setting, &topologies, &inputs, &Approval { yes: arguments.yes, id: None, paranoid: false })
}

/// Says which of the run's steps have no way back, and why: only roles are taken back.
fn tell_what_stays(setting: &Setting, run: &Run) {
    let done = |group: &str, number: usize| {
        run.journal.entries.iter().any(
            |entry| matches!(&entry.event, Event::StepDone { group: of, step, .. } if of == group && *step == number),
        )
    };
    for group in &run.plan.groups {
        for step in group.steps.iter().filter(|step| done(&group.topology.group, step.number)) {
            let Some(because) = step.transition.no_undo_because else { continue };
            let (number, name, server) = (step.number, step.transition.name, &step.server);
            setting.remark(&Text::new(
                format!("step {number}, {name} {server}, is not taken back: {}", because.en),
                format!("ステップ {number} ({name} {server}) は元に戻さない: {}", because.ja),
            ));
        }
    }
}
