//! What a plan tells besides its steps: its verdict with the reasons, what it claims, who could lead, notes and what is
//! left for later. All of it follows from topology, standings, facts and steps, and is worked out anew.
//!
//! What does not follow from them is not looked at: that a plan of steps is shortest, or that there is none where no step
//! stands there, is for the search alone.

use std::collections::BTreeSet;
use std::iter::once;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::model::fact::Facts;
use crate::model::guard::{GuardAnswer, Verdict};
use crate::model::plan::{GroupPlan, GroupVerdict, Shortest};
use crate::model::words::Text;
use crate::plan::candidates::candidates;
use crate::plan::notes::{follow_ups, notes};

/// Returns what a plan tells wrongly.
pub(super) fn told(plan: &GroupPlan, facts: &Facts, now: Timestamp) -> Vec<Text> {
    let mut wrong = Vec::new();
    let mut demand = |holds: bool, en: &str, ja: &str| {
        if !holds {
            wrong.push(Text::new(en, ja));
        }
    };
    let verdict = plan.verdict.as_str();
    demand(
        verdict_follows(plan),
        &format!("the verdict `{verdict}` does not follow from the steps and their guards"),
        &format!("判定 `{verdict}` がステップと条件から導かれない"),
    );
    demand(
        reasons_follow(plan),
        "the reasons do not follow from the guards that say no",
        "理由が不成立の条件から導かれない",
    );
    demand(
        claim_follows(plan),
        &format!("`{}` can't be claimed with the verdict `{verdict}`", plan.shortest.as_str()),
        &format!("判定 `{verdict}` では `{}` とは言えない", plan.shortest.as_str()),
    );
    demand(
        moments(plan, now).any(|at| candidates(plan, facts, at) == plan.candidates),
        "the candidates for leader do not follow from the plan's standings and facts",
        "先頭の候補が計画の状態と事実から導かれない",
    );
    // There may be more: who looks at the world has notes of its own.
    demand(
        notes(plan).iter().all(|note| plan.notes.contains(note)),
        "a note that follows from the plan is missing",
        "計画から導かれる注記がない",
    );
    demand(
        follow_ups(plan) == plan.follow_ups,
        "what is left for later does not follow from the plan",
        "後に残る作業が計画から導かれない",
    );
    wrong
}

/// The moments that tell waivers apart: now, and while each of them still held. Whoever could lead by one that has ended and
/// that no step needs makes nothing unsafe: what steps need is looked at as of now.
fn moments(plan: &GroupPlan, now: Timestamp) -> impl Iterator<Item = Timestamp> {
    let ends = plan.topology.waivers.iter().filter_map(|waiver| waiver.until.to_zoned(TimeZone::UTC).ok());
    once(now).chain(ends.map(|day| day.timestamp()))
}

fn verdict_follows(plan: &GroupPlan) -> bool {
    let refused = plan.steps.iter().any(|step| step.guards.iter().any(refuses));
    match plan.verdict {
        GroupVerdict::InSync => plan.steps.is_empty() && plan.blocked_by.is_empty(),
        GroupVerdict::Ready => !plan.steps.is_empty() && !refused && plan.blocked_by.is_empty(),
        GroupVerdict::Blocked => !plan.blocked_by.is_empty() && (plan.steps.is_empty() || refused),
        GroupVerdict::Undetermined => !plan.blocked_by.is_empty() && plan.steps.is_empty(),
    }
}

fn refuses(guard: &GuardAnswer) -> bool {
    guard.answer.verdict == Verdict::No && guard.waived.is_none()
}

/// Where steps stand there, every guard that refuses one is a reason, the same one once, and nothing else is.
fn reasons_follow(plan: &GroupPlan) -> bool {
    let mut told = BTreeSet::new();
    let refusals = plan.steps.iter().flat_map(|step| step.guards.iter().map(move |guard| (step, guard)));
    let reasons = refusals
        .filter(|(_, guard)| refuses(guard) && told.insert((guard.name, &guard.answer.because)))
        .map(|(step, guard)| (Some(step.number), Some(&step.server), guard.name, &guard.answer.because));
    let found = plan.blocked_by.iter().map(|block| (block.step, block.server.as_ref(), &*block.rule, &block.because));
    plan.steps.is_empty() || reasons.eq(found)
}

/// No steps can't be fewer, and of a sequence that was not chosen nothing is claimed.
fn claim_follows(plan: &GroupPlan) -> bool {
    match plan.verdict {
        GroupVerdict::InSync => plan.shortest == Shortest::Proven,
        GroupVerdict::Undetermined => plan.shortest == Shortest::NotProven,
        GroupVerdict::Ready | GroupVerdict::Blocked => true,
    }
}
