//! Which waivers would make a blocked plan one that may be carried out. It never names an absolute guard: nobody may
//! waive one. Whether they really help is for [`super::plan`] to say, which plans again with them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::model::guard::Verdict;
use crate::model::name::ServerName;
use crate::model::plan::GroupPlan;
use crate::model::topology::{Topology, Waiver};
use crate::model::words::Text;

/// Returns the topology with a waiver of every guard that says no to a step, and the sentence that says so; nothing
/// where no guard says no, or where one that does is absolute.
pub fn relaxation(plan: &GroupPlan, now: Timestamp) -> Option<(Topology, Text)> {
    let mut refused: BTreeMap<&'static str, BTreeSet<&ServerName>> = BTreeMap::new();
    for step in &plan.steps {
        for guard in &step.guards {
            if guard.answer.verdict == Verdict::No && guard.waived.is_none() {
                refused.entry(guard.name).or_default().insert(&step.server);
            }
        }
    }
    let may_be_waived = |name: &&str| plan.topology.table.guard(name).is_some_and(|guard| !guard.absolute);
    if refused.is_empty() || !refused.keys().all(may_be_waived) {
        return None;
    }
    let waivers: Vec<Waiver> = refused.iter().map(|(guard, servers)| waiver(guard, servers, now)).collect();
    let (en, ja): (Vec<String>, Vec<String>) = waivers.iter().map(told).unzip();
    let hint = Text::new(
        format!("with a waiver of {} there is a plan", en.join(" and of ")),
        format!("{}の適用除外があれば計画できる", ja.join("と")),
    );
    let mut relaxed = plan.topology.clone();
    relaxed.waivers.extend(waivers);
    Some((relaxed, hint))
}

/// For the one server that it is about, or for all where there are several.
fn waiver(guard: &'static str, servers: &BTreeSet<&ServerName>, now: Timestamp) -> Waiver {
    let one = if servers.len() == 1 { servers.first() } else { None };
    Waiver {
        guard,
        server: one.map(|server| (*server).clone()),
        owner: String::new(),
        reason: String::new(),
        until: now.to_zoned(jiff::tz::TimeZone::UTC).date(),
    }
}

fn told(waiver: &Waiver) -> (String, String) {
    let guard = waiver.guard;
    match &waiver.server {
        Some(server) => (format!("guard `{guard}` for `{server}`"), format!("`{server}` の条件 `{guard}` ")),
        None => (format!("guard `{guard}`"), format!("条件 `{guard}` ")),
    }
}
