//! Maintenance windows in a simulation: long enough for whatever a plan disrupts, and never open for long when it begins.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp, Zoned, tz::TimeZone};

use crate::model::event::Event;
use crate::model::plan::{GroupPlan, Plan};
use crate::model::snapshot::leaders;
use crate::model::window::{Window, next_opening, open_until};
use crate::plan::disruption::Course;
use crate::run::clock::Clock;

use super::play::Play;
use super::random::Random;

/// One seed of so many has a play with windows besides.
pub const EVERY: u64 = 5;

/// Declares windows for the groups of a plan, and in the play; none where a day is too short for what it disrupts.
pub fn declare(random: &mut Random, play: &mut Play, plan: &mut Plan) {
    let now = play.time.now();
    for (group, known) in plan.groups.iter_mut().zip(&mut play.groups) {
        let windows: Vec<Window> = drawn(random, group, now).into_iter().collect();
        group.topology.maintenance.clone_from(&windows);
        known.plan.topology.maintenance = windows;
    }
}

fn drawn(random: &mut Random, group: &GroupPlan, now: Timestamp) -> Option<Window> {
    let course = Course::of(group);
    let longest = group.steps.iter().map(|step| course.span(step).lasts).max()?;
    let minutes = usize::try_from(longest.as_secs() / 60).ok()? + random.below(30) + 1;
    // It is open now, and closes in a moment that may be too early.
    let begun = i64::try_from(random.below(minutes)).ok()?;
    let start = Zoned::new(now.checked_sub(SignedDuration::from_mins(begun)).ok()?, TimeZone::UTC);
    (minutes < 24 * 60).then(|| Window::parse(&format!("daily {}/PT{minutes}M UTC", start.strftime("%H:%M"))).ok())?
}

impl Play {
    /// Lets time pass until the next window opens, where there are any.
    pub(super) fn wait_for_window(&mut self) {
        let now = self.time.now();
        let windows =
            self.groups.iter().flat_map(|group| &group.plan.topology.maintenance).cloned().collect::<Vec<_>>();
        let Some(opens) = next_opening(&windows, now) else { return };
        self.time.pass(Duration::try_from(opens.timestamp().duration_since(now)).unwrap_or_default());
        self.land(Some(self.time.elapsed()));
    }

    /// Lets a step take long now and then, so that a window may close before the next.
    pub(super) fn take_time(&mut self, group: usize) {
        if !self.groups[group].plan.topology.maintenance.is_empty() && self.random.percent(30) {
            let minutes = self.random.number() % 600;
            self.time.pass(Duration::from_secs(minutes * 60));
        }
    }

    /// Outside the windows nothing is begun but what is half done already; and a window that closes leaves no group
    /// without the leader that it had.
    pub(super) fn watch_windows(&mut self, machine: usize, group: usize, at: Timestamp, event: &Event) {
        let is_fresh = self.foreign[machine][group] == self.machines[machine].at[group].looked;
        if self.groups[group].plan.topology.maintenance.is_empty() || !is_fresh {
            return;
        }
        let plan = self.groups[group].plan.clone();
        let windows = &plan.topology.maintenance;
        let truth = self.truth(group);
        let has_none = leaders(plan.topology.table, &truth.servers).next().is_none();
        match event {
            Event::StepStarted { step, .. } if open_until(windows, at).is_none() => {
                let before = plan.standings_before(*step);
                let touched = plan.steps.iter().filter(|one| one.number == *step).flat_map(|one| one.touches());
                let mut touched = touched.map(|server| (before.get(server), truth.servers.get(server)));
                let is_half = touched.any(|(before, now)| before.zip(now).is_some_and(|(before, now)| before != now));
                let serves = plan.topology.table.serves;
                let is_away = !serves.is_empty()
                    && before.iter().any(|(server, now)| {
                        !now.meets(serves) && plan.steps.iter().any(|one| one.touches().contains(&server))
                    });
                if !is_half && !is_away && !has_none {
                    self.broken.push(format!("step {step} was begun outside every window"));
                }
            }
            Event::StepStopped { step, cause, .. } if cause.en.contains("maintenance window") => {
                let had_one = leaders(plan.topology.table, &plan.standings).next().is_some();
                if has_none && had_one && !self.is_edited {
                    self.broken.push(format!("a window left the group without a leader before step {step}"));
                }
            }
            _ => {}
        }
    }
}
