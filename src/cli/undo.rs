//! `undo`: the plan back to the roles of before a run, shown, approved and walked like any other.

use crate::model::topology::Topology;
use crate::plan::back::before;
use crate::run::runs;
use crate::system;

use super::apply::{Approval, fresh};
use super::arguments::Undo;
use super::failure::Failure;
use super::inputs;
use super::setting::Setting;

/// Runs the command.
pub fn run(setting: &Setting, arguments: &Undo) -> Result<u8, Failure> {
    let run = runs::find(&setting.state, &arguments.run, &system::tables())?;
    let topologies: Vec<Topology> = run.plan.groups.iter().map(|group| before(&group.topology, group)).collect();
    let inputs = inputs::connections_for(&topologies)?;
    fresh(setting, &topologies, &inputs, &Approval { yes: arguments.yes, id: None })
}
