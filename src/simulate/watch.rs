//! What must never happen, looked for in the farm and in the journal, around everything that changes the farm and at
//! every event.
//!
//! It looks with its own eyes: the loop's observations and what it made of them are not asked. What it has in common with
//! the loop are pure functions over what it has seen itself: the guards ([`ask`]), and what a step leads to
//! ([`is_reached`], [`is_passed`]). A mistake in one of these is not seen here; they have tests of their own.

use std::sync::PoisonError;

use serde_json::Value;

use crate::model::event::{Event, Outcome};
use crate::model::guard::Verdict;
use crate::model::name::ServerName;
use crate::model::plan::Step;
use crate::model::request::{Reply, Request};
use crate::model::snapshot::{GroupSnapshot, Standing, leaders};
use crate::model::table::{Leader, Statement, Transition};
use crate::plan::ask::ask;
use crate::run::clock::Clock;
use crate::run::foreseen::{is_passed, is_reached};

use super::ground::Kept;
use super::play::Play;

impl Play {
    /// Performs a request that changes something, and looks before and after it. `machine` is none where nobody waits
    /// for the answer any more.
    pub fn watched(&mut self, machine: Option<usize>, group: usize, request: &Request) -> Reply {
        if let Some(machine) = machine {
            self.watch_intent(machine, group, request);
            self.watch_guards(machine, group, request);
        }
        let (status, kept, led) = (self.status(), (self.ground.keeps)(self, group), self.leaders(group));
        #[cfg(test)]
        if let Some(change) = self.corrupt_on_the_way.take() {
            // Not every server has files.
            let _ = self.farm.change(&change);
        }
        let reply = self.farm.perform(request);
        self.has_changed(machine.map(|machine| (machine, group)));
        let is_changed = self.status() != status;
        self.tell(|| format!("  performed: {request} -> {reply:?}"));
        if !self.ground.has_window || !self.is_in_window(machine, group, request) {
            self.watch_kept(group, &kept, request);
        }
        self.watch_leaders(machine, group, led, request);
        if let (Some(machine), true) = (machine, is_changed) {
            self.watch_twice(machine, group, request);
        }
        reply
    }

    fn breaks(&mut self, what: String) {
        self.broken.push(what);
    }

    /// The intent is on the disk, and flushed, before the act: the last one of its group tells of this step and request.
    fn watch_intent(&mut self, machine: usize, group: usize, request: &Request) {
        let step = self.machines[machine].at[group].step;
        let is_there = {
            let disk = self.machines[machine].disk.lock().unwrap_or_else(PoisonError::into_inner);
            let flushed = String::from_utf8_lossy(&disk.bytes[..disk.flushed]);
            let intent = last_intent(&flushed, &self.groups[group].plan.topology.group).unwrap_or_default();
            let requests = intent["requests"].as_array().into_iter().flatten();
            let wanted = request.to_string();
            intent["step"] == step && requests.into_iter().any(|one| *one == wanted)
        };
        if !is_there {
            self.breaks(format!("step {step}: `{request}` was performed before its intent was on the disk"));
        }
    }

    /// Where nothing has changed since the run looked, all guards hold right before the first act of a step, and the
    /// step is not done already.
    fn watch_guards(&mut self, machine: usize, group: usize, request: &Request) {
        let at = self.machines[machine].at[group].clone();
        let Some(step) = self.step(machine, group).cloned() else {
            return self.breaks(format!("`{request}` was performed outside any step"));
        };
        self.machines[machine].at[group].is_fresh = false;
        if !at.is_fresh || self.foreign[machine][group] != at.looked {
            return;
        }
        let truth = self.truth(group);
        let number = step.number;
        if is_reached(&step, &truth) {
            self.breaks(format!("step {number} was done already, and `{request}` was performed"));
        }
        let topology = &self.groups[group].plan.topology;
        let asked = Step { transition: row_now(&step, &truth), ..step };
        let answers = ask(topology, &asked, &truth.servers, &truth.facts, self.time.now());
        for answer in answers.iter().filter(|answer| !answer.lets_pass()) {
            let because = &answer.answer.because.en;
            let what =
                format!("step {number}: `{request}` was performed though guard `{}` says: {because}", answer.name);
            self.broken.push(what);
        }
    }

    /// Nothing changes the farm twice for the same step, unless somebody else changed the farm in between: from outside,
    /// or as the other machine between a look and an act of a product that has no condition. People who are asked again see
    /// for themselves; what only writes to disk what other acts have changed repeats none of them; and a note of our own on
    /// a server that work was begun there says the same however often it is made.
    fn watch_twice(&mut self, machine: usize, group: usize, request: &Request) {
        let step = self.machines[machine].at[group].step;
        let (text, outside) = (request.to_string(), self.outside);
        let before = self.groups[group].acts.iter().rev().find(|(of, act, _)| *of == step && *act == text);
        let may_be_again = matches!(
            request,
            Request::AskOperator(_) | Request::Command { program: "lcdsync" | "flg_create" | "flg_remove", .. }
        );
        let is_ruled_out = !self.ground.has_window || !self.is_in_window(Some(machine), group, request);
        let is_twice = before.is_some_and(|(.., then)| *then == outside) && is_ruled_out && !may_be_again;
        self.groups[group].acts.push((step, text, outside));
        if is_twice {
            self.breaks(format!("step {step}: `{request}` changed the farm twice"));
        }
    }

    /// What the system's servers hold is not lost by an act.
    fn watch_kept(&mut self, group: usize, before: &Kept, request: &Request) {
        let after = (self.ground.keeps)(self, group);
        let topology = &self.groups[group].plan.topology;
        let said = (self.ground.losses)(topology, before, &after, request);
        self.broken.extend(said.into_iter().map(|what| format!("`{request}`: {what}")));
    }

    /// Counts the leaders, but of those that are lost; none where a role is unknown.
    fn leaders(&mut self, group: usize) -> Option<usize> {
        let truth = self.truth(group);
        let topology = &self.groups[group].plan.topology;
        let is_lost = |server: &ServerName| topology.says(Statement::Lost, server);
        let is_known = |(server, standing): (&ServerName, &Standing)| standing.role.is_some() || is_lost(server);
        let table = self.ground.system.table;
        let count = || leaders(table, &truth.servers).filter(|server| !is_lost(server)).count();
        truth.servers.iter().all(is_known).then(count)
    }

    /// An act makes no second leader, and takes the only one where the step's row says so and nowhere else.
    fn watch_leaders(&mut self, machine: Option<usize>, group: usize, before: Option<usize>, request: &Request) {
        let Some(now) = self.leaders(group) else { return };
        let steps_down = |row: &Transition| row.leader == Leader::StepsDown;
        let may_be_none = match machine.and_then(|machine| self.step(machine, group)) {
            Some(step) => steps_down(step.transition),
            // It was given up, and its step may be over.
            None => self.ground.system.table.transitions.iter().any(steps_down),
        };
        let is_in_window = self.is_in_window(machine, group, request);
        let is_second = now > 1 && before.is_none_or(|before| now > before) && !is_in_window;
        let is_gone = now == 0 && before.is_some_and(|before| before > 0) && !may_be_none && !is_in_window;
        if is_second || is_gone {
            self.breaks(format!("`{request}` left the group with {now} leaders"));
        }
    }

    /// Between the guards and a request that carries no condition of its own others may act: no plan hides it.
    fn is_in_window(&self, machine: Option<usize>, group: usize, request: &Request) -> bool {
        machine.is_some_and(|machine| {
            self.foreign[machine][group] != self.machines[machine].at[group].looked
                && !matches!(request, Request::Change { .. })
        })
    }

    /// Looks at what a process has written: every word of it is true, as far as the farm can tell.
    pub fn watch_event(&mut self, machine: usize, event: &Event) {
        let Some(group) =
            event.group().and_then(|name| self.groups.iter().position(|one| one.plan.topology.group == name))
        else {
            return;
        };
        match event {
            Event::GuardsAsked { step, answers, .. } => {
                let row = self.groups[group].plan.steps.get(step - 1).map(|step| step.transition.name);
                let asked: Vec<&str> = answers.iter().map(|(name, ..)| name.as_str()).collect();
                let mut rows = self.ground.system.table.transitions.iter().filter(|one| Some(one.name) == row);
                if !rows.any(|row| row.guards == asked) {
                    self.breaks(format!("step {step}: these guards were asked: {}", asked.join(", ")));
                }
                let passed = answers.iter().all(|(_, verdict, _, waived)| *verdict == Verdict::Yes || waived.is_some());
                self.machines[machine].at[group].has_passed = passed.then_some(*step);
            }
            Event::StepStarted { step, .. } => {
                let passed = self.machines[machine].at[group].has_passed.take();
                if passed != Some(*step) {
                    self.breaks(format!("step {step} was begun, and its guards had not passed"));
                }
            }
            Event::StepDone { step, .. } => self.watch_done(machine, group, *step),
            Event::StepStopped { step, outcome, cause, .. } => {
                if cause.en.is_empty() || cause.ja.is_empty() {
                    self.breaks(format!("step {step} stopped without a reason"));
                }
                self.watch_stopped(machine, group, *step, *outcome);
            }
            _ => {}
        }
    }

    fn watch_done(&mut self, machine: usize, group: usize, step: usize) {
        let at = self.machines[machine].at[group].clone();
        if self.foreign[machine][group] != at.looked {
            return;
        }
        let truth = self.truth(group);
        let plan = &self.groups[group].plan;
        let is_done =
            plan.steps.get(step - 1).is_some_and(|step| is_reached(step, &truth) || is_passed(plan, step, &truth));
        if !is_done {
            self.breaks(format!("step {step} is said to be done, and is not"));
        }
    }

    /// What is said to be unchanged is unchanged, and nothing is on its way any more.
    fn watch_stopped(&mut self, machine: usize, group: usize, step: usize, outcome: Outcome) {
        if !matches!(outcome, Outcome::NotStarted | Outcome::FailedUnchanged) {
            return;
        }
        let of_all = self.groups[group].begun.get(&step).filter(|_| machine == 0);
        let of_this = self.machines[machine].at[group].began.as_ref();
        let Some((status, foreign)) = of_all.or(of_this).cloned() else { return };
        if self.has_late(group) {
            self.breaks(format!("step {step} is said to be {outcome:?}, and a request of it is still on its way"));
        }
        let now = self.status();
        if self.foreign[machine][group] == foreign && now.as_ref().is_some_and(|now| *now != status) {
            let acts: Vec<&str> = self.groups[group].acts.iter().map(|(_, act, _)| act.as_str()).collect();
            let acts = acts.join("; ");
            self.breaks(format!("step {step} is said to be {outcome:?}, and the farm was changed by it: {acts}"));
        }
    }
}

/// Returns a group's last line of a journal that says that a step begins.
fn last_intent(journal: &str, group: &str) -> Option<Value> {
    let begun = journal.lines().rev().filter(|line| line.contains("\"event\":\"step_started\""));
    let mut begun = begun.filter_map(|line| serde_json::from_str::<Value>(line).ok());
    begun.find(|line| line["event"] == "step_started" && line["group"] == group)
}

/// Returns the row that a step uses now: where the server is on another rung than the step begins at, half way or because
/// somebody put it there, the one of that name that leads from there to the same end.
fn row_now(step: &Step, truth: &GroupSnapshot) -> &'static Transition {
    let row = step.transition;
    let Some(standing) = truth.servers.get(&step.server) else { return row };
    let leads_on = |one: &&Transition| {
        one.name == row.name && one.to == row.to && standing.role == Some(one.from) && standing.meets(one.needs)
    };
    let tables = crate::system::tables();
    let mut rows = tables.iter().flat_map(|table| table.transitions.iter());
    match standing.role {
        Some(role) if role != row.from => rows.find(leads_on).unwrap_or(row),
        _ => row,
    }
}
