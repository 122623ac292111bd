//! `undo`: the plan back to the roles of before a run, shown, approved and walked like any other.

use crate::model::plan::GroupPlan;
use crate::model::topology::{Declared, Topology};
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
    let topologies: Vec<Topology> = run.plan.groups.iter().map(before).collect();
    let inputs = inputs::connections_for(&topologies)?;
    fresh(setting, &topologies, &inputs, &Approval { yes: arguments.yes, id: None })
}

/// Returns the topology that declares the roles which were observed before the run; all else is as it was declared.
fn before(group: &GroupPlan) -> Topology {
    let back = |declared: &Declared| Declared {
        role: group.standings.get(&declared.server).and_then(|standing| standing.role).unwrap_or(declared.role),
        ..declared.clone()
    };
    Topology { servers: group.topology.servers.iter().map(back).collect(), ..group.topology.clone() }
}
