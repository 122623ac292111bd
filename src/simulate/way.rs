//! The way from a machine to the world and to its disk, and what happens there: each request and each line of a journal
//! meets the [`plot`](super::plot) first.

use std::time::Duration;

use crate::model::request::{Reply, Request};
use crate::run::clock::Clock;

use super::disk::Write;
use super::fault::{Fault, Moment};
use super::play::{Group, Play};
use super::plot::Doing;

impl Play {
    /// Performs a request of a machine; none where the process is no more.
    pub fn perform(&mut self, machine: usize, group: usize, request: &Request) -> Option<Reply> {
        self.time.pass(Duration::from_millis(20));
        self.land(Some(self.time.elapsed()));
        self.note_request(machine, group, request);
        if self.is_cued(machine, group, request) {
            self.carry_out(machine, group, request);
            self.machines[machine].crash = Some(Fault::Kill);
            return None;
        }
        let fault = self.strike(machine, Some(group), Doing::Asking);
        match fault {
            Some(Fault::Kill | Fault::PowerCut) => {
                if self.random.percent(50) {
                    self.carry_out(machine, group, request);
                }
                self.machines[machine].crash = fault;
                return None;
            }
            Some(Fault::LostAnswer) => {
                self.carry_out(machine, group, request);
                return Some(Reply::Unknown { why: "the connection was lost before the answer came".into() });
            }
            Some(Fault::SlowAnswer) => {
                self.time.pass(Duration::from_secs(45));
                let is_asked_of_people = matches!(request, Request::AskOperator(_));
                if !request.is_look() && !is_asked_of_people && self.random.percent(60) {
                    let due = self.time.elapsed() + Duration::from_secs(self.random.number() % 90);
                    self.late.push((due, group, request.clone()));
                    return Some(Reply::Unknown { why: "no answer came within 45 s".into() });
                }
            }
            Some(Fault::Failure) if request.is_look() => {
                return Some(Reply::Unknown { why: "access is denied".into() });
            }
            Some(Fault::Failure) => return Some(Reply::Refused { why: "access is denied".into() }),
            // What it does to the world is done already.
            _ => {}
        }
        Some(self.carry_out(machine, group, request))
    }

    fn carry_out(&mut self, machine: usize, group: usize, request: &Request) -> Reply {
        #[cfg(test)]
        if let Some(meddler) = self.meddler {
            return meddler(self, machine, group, request);
        }
        self.carry_out_well(machine, group, request)
    }

    /// Carries a request out as it is.
    pub fn carry_out_well(&mut self, machine: usize, group: usize, request: &Request) -> Reply {
        match request.is_look() {
            true => self.look(request),
            false => self.watched(Some(machine), group, request),
        }
    }

    fn note_request(&mut self, machine: usize, group: usize, request: &Request) {
        let foreign = self.foreign[machine][group];
        let Some(at) = self.machines[machine].at.get_mut(group) else { return };
        match request.is_look() {
            true if !at.is_looking => {
                at.is_looking = true;
                at.looked = foreign;
                if at.moment == Some(Moment::Inside) {
                    at.moment = Some(Moment::After);
                }
            }
            true => {}
            false => at.is_looking = false,
        }
    }

    /// Returns what happens to a line that a machine is about to write.
    pub fn write(&mut self, machine: usize, line: &str) -> Write {
        if self.machines[machine].crash.is_some() {
            return Write::Part(0);
        }
        if self.is_cued_line(line) {
            self.machines[machine].crash = Some(Fault::Kill);
            return Write::Part(0);
        }
        let is_of = |group: &Group| line.contains(&format!("\"group\":\"{}\"", group.plan.topology.group));
        let group = self.groups.iter().position(is_of);
        let fault = self.strike(machine, group, Doing::Writing);
        match fault {
            Some(Fault::DiskFull) => Write::Part(self.random.below(line.len())),
            Some(Fault::Kill) => {
                self.machines[machine].crash = fault;
                match self.random.below(3) {
                    0 => Write::Part(0),
                    1 => Write::Part(self.random.below(line.len())),
                    _ => Write::Last,
                }
            }
            Some(Fault::PowerCut | Fault::TornLine) => {
                self.machines[machine].crash = fault;
                Write::Unflushed
            }
            #[cfg(test)]
            _ if self.skips_flush => Write::Forgotten,
            _ => Write::Fine,
        }
    }
}
