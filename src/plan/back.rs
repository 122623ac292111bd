//! The way back: from after each step, the verified plan to the roles of before the first, and to what steps that change
//! no role left behind where the table has a row that takes it back.

use jiff::Timestamp;

use crate::model::name::ServerName;
use crate::model::plan::{GroupPlan, GroupVerdict, Step};
use crate::model::snapshot::GroupSnapshot;
use crate::model::table::{Statement, Table, Transition};
use crate::model::topology::{Declared, Source, TakenBack, Topology};
use crate::model::words::Text;

/// The way back from after one step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WayBack {
    /// These transitions, in this order.
    Steps(Vec<(ServerName, &'static str)>),
    /// There is none.
    None {
        /// Why not.
        because: Text,
    },
}

/// Returns the way back from after step `number` (0: from the beginning), found and verified by planning it.
///
/// Only what rolewalk could plan is claimed: guards are asked when the way back is walked.
pub fn way_back(plan: &GroupPlan, number: usize) -> WayBack {
    // Under which name a step will leave something is known once it is done: `undo` reads it from the journal.
    let done = plan.steps.iter().filter(|step| step.number <= number && is_taken_back(plan.topology.table, step));
    let left = done.map(|step| TakenBack { server: step.server.clone(), left: String::new() });
    let topology = taking_back(before(&plan.topology, plan), left.collect());
    if topology.leader().is_none() && !topology.is_without_leader() {
        return WayBack::None {
            because: Text::new(
                "the group had no leader before, and no plan leads to such a group",
                "元は先頭のサーバーがなく、その状態に至る計画はない",
            ),
        };
    }
    let seen = GroupSnapshot {
        group: topology.group.clone(),
        system: topology.table.system.into(),
        servers: plan.standings_before(number + 1),
        ..GroupSnapshot::default()
    };
    let back = super::plan(&topology, &seen, Timestamp::UNIX_EPOCH);
    // Without facts every guard answers unknown or from the standings alone; a `no` is a mark in the way.
    match (back.verdict, back.blocked_by.into_iter().next()) {
        (GroupVerdict::InSync | GroupVerdict::Ready, _) => {
            WayBack::Steps(back.steps.into_iter().map(|step| (step.server, step.transition.name)).collect())
        }
        (_, Some(block)) => WayBack::None { because: block.because },
        (_, None) => {
            WayBack::None { because: Text::new("it depends on what is unknown", "不明な点に左右される") }
        }
    }
}

/// Returns the topology that declares the roles of before the plan; all else is as it was declared, but for what allows
/// to mend something: a way back mends nothing.
pub fn before(topology: &Topology, plan: &GroupPlan) -> Topology {
    let back = |declared: &Declared| Declared {
        role: plan.standings.get(&declared.server).and_then(|standing| standing.role).unwrap_or(declared.role),
        ..declared.clone()
    };
    let servers = topology.servers.iter().map(back).collect();
    Topology { servers, keep_master_files: false, ..topology.clone() }
}

/// Returns the topology that takes back these steps as well.
pub fn taking_back(topology: Topology, steps: Vec<TakenBack>) -> Topology {
    let source = Source { takes_back: steps, ..topology.source };
    Topology { source, ..topology }
}

/// Returns whether the way back from a step is a row that takes back just that step, and is used for nothing else.
pub fn is_taken_back(table: &Table, step: &Step) -> bool {
    let row = step.transition;
    let is_back = |other: &&Transition| {
        Some(other.name) == row.undo && (other.from, other.to) == (row.to, row.from) && row.from == row.to
    };
    table.transitions.iter().find(is_back).is_some_and(|back| back.says == Some(Statement::TakenBack))
}
