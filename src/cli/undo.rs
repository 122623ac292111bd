//! `undo`: the plan back to the roles of before a run, and to what its steps left behind where that can be taken back;
//! shown, approved and walked like any other.

use crate::model::event::Event;
use crate::model::plan::GroupPlan;
use crate::model::topology::Topology;
use crate::model::words::Text;
use crate::plan::back::{before, taking_back};
use crate::run::runs::{self, Run};
use crate::run::taken_back::{Told, taken_back};
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
    let back = |group: &GroupPlan| {
        let told = taken_back(group, &run.journal.entries);
        told.iter().for_each(|one| tell_taken_back(setting, one));
        let steps = told.into_iter().filter_map(|one| one.taken_back).collect();
        taking_back(before(&group.topology, group), steps)
    };
    let topologies: Vec<Topology> = run.plan.groups.iter().map(back).collect();
    let inputs = inputs::connections_for(setting, &topologies)?;
    let approval = Approval { yes: arguments.yes, id: None, paranoid: arguments.paranoid };
    fresh(setting, &topologies, &inputs, &approval)
}

/// Says what becomes of a step that changed no role.
fn tell_taken_back(setting: &Setting, told: &Told<'_>) {
    let (number, name, server) = (told.step.number, told.step.transition.name, &told.step.server);
    setting.remark(&match &told.taken_back {
        Some(one) => Text::new(
            format!(
                "step {number}, {name} {server}, left {} behind: it is taken back unless its old name is in use again",
                one.left
            ),
            format!(
                "ステップ {number} ({name} {server}) で {} が残った: 元の名前が再び使われていなければ元に戻す",
                one.left
            ),
        ),
        None => Text::new(
            format!(
                "step {number}, {name} {server}, is not taken back: the journal does not tell that this run did it"
            ),
            format!("ステップ {number} ({name} {server}) は元に戻さない: この実行による変更だと記録から確認できない"),
        ),
    });
}

/// Says which of the run's steps have no way back, and why.
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
