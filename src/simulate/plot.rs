//! What goes wrong in a simulation, and when: the faults to come, and the one place at which a rehearsal crashes.

use jiff::SignedDuration;

use crate::model::request::Request;
use crate::world::practice::Change;

use super::fault::{Cell, Fault, Moment};
use super::play::Play;
use super::rehearse::Place;

/// The faults to come.
#[derive(Debug, Default)]
pub struct Plot {
    /// The cell to be met, and how many chances are let pass first.
    pub target: Option<(Cell, usize)>,
    /// The chance, in a thousand, of some other fault at each thing that is done.
    pub chance: usize,
    /// How many faults are left.
    pub left: usize,
}

/// The one place at which a rehearsal crashes.
#[derive(Debug, Clone, Copy)]
pub struct Cue {
    /// The step, counted from 1.
    pub step: usize,
    /// Where.
    pub place: Place,
}

/// What a process does at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doing {
    /// It asks something of the world.
    Asking,
    /// It writes a line of its journal.
    Writing,
}

impl Play {
    /// Counts the requests of the step at which a rehearsal crashes.
    pub(super) fn is_cued(&mut self, machine: usize, group: usize, request: &Request) -> bool {
        let step = self.machines[machine].at[group].step;
        match &mut self.cue {
            Some(Cue { step: of, place: Place::Inside { carried_out } }) if *of == step && !request.is_look() => {
                *carried_out -= 1;
                let is_now = *carried_out == 0;
                self.cue.take_if(|_| is_now).is_some()
            }
            _ => false,
        }
    }

    /// Returns whether a rehearsal crashes before this line.
    pub(super) fn is_cued_line(&mut self, line: &str) -> bool {
        let is_now = |cue: &mut Cue| {
            let event = match cue.place {
                Place::Before => "step_started",
                Place::After => "step_done",
                Place::Inside { .. } => return false,
            };
            line.contains(&format!("\"event\":\"{event}\"")) && line.contains(&format!("\"step\":{},", cue.step))
        };
        self.cue.take_if(is_now).is_some()
    }

    /// Decides whether a fault strikes here, and lets it happen to the world where it is one of that kind.
    pub(super) fn strike(&mut self, machine: usize, group: Option<usize>, doing: Doing) -> Option<Fault> {
        if self.plot.left == 0 {
            return None;
        }
        let cell = group.and_then(|group| {
            let at = self.machines[machine].at.get(group)?;
            let row = self.step(machine, group)?.transition;
            let row = self.ground.system.table.transitions.iter().position(|one| one == row)?;
            Some((row, at.moment?))
        });
        let fault = self.choose(cell, doing)?;
        if fault == Fault::SecondMachine && (machine == 1 || self.wants_second || self.machines[1].is_running) {
            return None;
        }
        if !self.happen(fault, group.unwrap_or(0)) {
            return None;
        }
        self.plot.left -= 1;
        self.tell(|| format!("  fault on machine {machine}: {}", fault.title().en));
        if self
            .plot
            .target
            .is_some_and(|(target, _)| Some((target.row, target.moment)) == cell && target.fault == fault)
        {
            self.plot.target = None;
        }
        self.struck.push((cell.map(|(row, moment)| Cell { row, fault, moment }), fault));
        Some(fault)
    }

    fn choose(&mut self, cell: Option<(usize, Moment)>, doing: Doing) -> Option<Fault> {
        let fits = |fault: Fault| match doing {
            Doing::Asking => !fault.is_of_writing(),
            Doing::Writing => !fault.is_of_requests(),
        };
        if let Some((target, skip)) = &mut self.plot.target
            && Some((target.row, target.moment)) == cell
            && fits(target.fault)
        {
            if *skip == 0 {
                return Some(target.fault);
            }
            *skip -= 1;
        }
        let is_struck = self.random.below(1000) < self.plot.chance;
        let fault = *self.random.pick(&Fault::ALL);
        (is_struck && fits(fault)).then_some(fault)
    }

    /// Lets a fault happen to the world; returns whether it did, or is none of that kind.
    fn happen(&mut self, fault: Fault, group: usize) -> bool {
        match fault {
            Fault::SecondMachine => self.wants_second = true,
            Fault::ClockSteps => {
                let hours = 1 + i64::try_from(self.random.below(72)).unwrap_or(1);
                let hours = if self.random.percent(50) { hours } else { -hours };
                self.time.set(SignedDuration::from_hours(hours));
            }
            Fault::ServerDies
            | Fault::ServerBlinks
            | Fault::TaskAppears
            | Fault::UseBegins
            | Fault::LeaderEdited
            | Fault::MarkEdited
            | Fault::MemberEdited => {
                let topology = self.groups[group].plan.topology.clone();
                let changes = (self.ground.strikes)(&mut self.random, fault, &topology, &self.farm);
                let divides = changes.iter().any(|change| (self.ground.divides)(change, &self.farm));
                let is_done = changes.iter().filter(|change| self.change(change)).count() > 0;
                if is_done && fault == Fault::ServerBlinks {
                    let left = 1 + self.random.below(40);
                    self.returns.extend(changes.iter().filter_map(back).map(|change| (left, change)));
                }
                self.is_edited |= is_done && (fault.is_edit() || divides);
                return is_done;
            }
            _ => {}
        }
        true
    }
}

/// Returns what takes a server's death back.
fn back(change: &Change) -> Option<Change> {
    match change {
        Change::Powered { server, .. } => Some(Change::Powered { server: server.clone(), on: true }),
        Change::Answers { server, .. } => Some(Change::Answers { server: server.clone(), answers: true }),
        _ => None,
    }
}
