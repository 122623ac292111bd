//! Waiting for requests that had no answer and may still be carried out: said before it begins, whoever goes on.

use std::time::Duration;

use jiff::Timestamp;

use crate::model::topology::Topology;
use crate::model::words::Text;
use crate::run::landing::landing;
use crate::run::next::{Begun, Next, may_land, next};
use crate::run::runs::Run;
use crate::system;

use super::reach::Reaches;
use super::setting::Setting;

/// Says where a run that goes on looks at nothing for a while.
pub fn say_wait(setting: &Setting, run: &Run, reaches: &Reaches) {
    for (plan, reach) in run.plan.groups.iter().zip(&reaches.groups) {
        let within = reaches.worlds[reach.world].lands_within();
        let Next::Step { step, begun: Begun::Yes | Begun::InDoubt } = next(plan, &run.journal.entries) else {
            continue;
        };
        let group = &plan.topology.group;
        if !within.is_zero() && may_land(group, step.number, &run.journal.entries) {
            setting.note(&told(group, step.number, within));
        }
    }
}

/// Waits before a new run looks, until nothing is carried out any more that an earlier run of this state folder gave up.
/// What can't be read is told, and not waited for.
pub fn wait_out(setting: &Setting, topologies: &[Topology], reaches: &Reaches) {
    let within = reaches.groups.iter().map(|reach| reaches.worlds[reach.world].lands_within());
    let groups: Vec<(&Topology, Duration)> = topologies.iter().zip(within).collect();
    let found = match landing(&setting.state, &groups, &system::tables(), Timestamp::now()) {
        Ok((found, broken)) => {
            for fault in broken {
                setting.note(&Text::new(
                    format!("note: {fault}; nothing of it is waited for"),
                    format!("注: {fault} (待たずに進む)"),
                ));
            }
            found
        }
        Err(fault) => {
            setting.note(&Text::new(
                format!("note: {fault}; nothing is waited for"),
                format!("注: `{}` を読めない。待たずに進む", fault.path.display()),
            ));
            return;
        }
    };
    found.iter().for_each(|one| setting.note(&told(&one.group, one.step, one.left)));
    let longest = found.iter().map(|one| one.left).max().unwrap_or_default();
    reaches.runtime.block_on(async { tokio::time::sleep(longest).await });
}

fn told(group: &str, step: usize, wait: Duration) -> Text {
    let seconds = wait.as_secs();
    Text::new(
        format!(
            "note: a request of step {step} of `{group}` had no answer and may still be carried out: it is looked at in {seconds} s"
        ),
        format!(
            "注: `{group}` の手順 {step} の要求に応答がなく、遅れて実行される可能性があるため、{seconds} 秒待ってから確認する"
        ),
    )
}
