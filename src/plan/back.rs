//! The way back: from after each step, the verified plan to the roles of before the first.

use jiff::Timestamp;

use crate::model::name::ServerName;
use crate::model::plan::{GroupPlan, GroupVerdict};
use crate::model::snapshot::GroupSnapshot;
use crate::model::topology::{Declared, Topology};
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
    let topology = before(&plan.topology, plan);
    if topology.leader().is_none() {
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

/// Returns the topology that declares the roles of before the plan; all else is as it was declared.
pub fn before(topology: &Topology, plan: &GroupPlan) -> Topology {
    let back = |declared: &Declared| Declared {
        role: plan.standings.get(&declared.server).and_then(|standing| standing.role).unwrap_or(declared.role),
        ..declared.clone()
    };
    Topology { servers: topology.servers.iter().map(back).collect(), ..topology.clone() }
}
