//! One simulation's world: the farm, the machines on which runs go, what the runs are at, and the faults to come.
//!
//! Everything that happens goes through here, so that [`watch`](super::watch) can look before and after it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::SignedDuration;

use crate::model::event::Event;
use crate::model::plan::{GroupPlan, Step};
use crate::model::request::{Reply, Request};
use crate::model::site::Site;
use crate::model::snapshot::GroupSnapshot;
use crate::run::clock::Clock;
use crate::system::Answers;
use crate::world::practice::{Change, FarmStatus, PracticeWorld};

use super::disk::{Disk, Write};
use super::fault::{Cell, Fault, Moment};
use super::ground::Ground;
use super::random::Random;
use super::rehearse::Place;
use super::time::Time;

/// The most groups of one simulation.
pub const MOST_GROUPS: usize = 2;

/// The state of one simulation.
pub struct Play {
    /// Its numbers.
    pub random: Random,
    /// The farm.
    pub farm: PracticeWorld,
    /// What the farm's system brings.
    pub ground: &'static Ground,
    /// Its time.
    pub time: Time,
    /// The groups of the plan.
    pub groups: Vec<Group>,
    /// The machine on which the run goes, and the one that may go on with it meanwhile.
    pub machines: [Machine; 2],
    /// The faults to come.
    pub plot: Plot,
    /// The one place at which a rehearsal crashes.
    pub cue: Option<Cue>,
    /// Whether the second machine is to begin.
    pub wants_second: bool,
    /// Which faults struck, and where.
    pub struck: Vec<(Option<Cell>, Fault)>,
    /// Whether people changed what the group is.
    pub is_edited: bool,
    /// The invariants that were broken, in words.
    pub broken: Vec<String>,
    /// What happens, line by line, where somebody wants to read it.
    pub story: Option<Vec<String>>,
    /// What a test does to requests and replies on the way, to be caught.
    #[cfg(test)]
    pub meddler: Option<super::bugs_tests::Meddler>,
    /// What a test does to the farm behind everybody's back, at the next act.
    #[cfg(test)]
    pub corrupt_on_the_way: Option<Change>,
    /// Whether a test's disk forgets to flush.
    #[cfg(test)]
    pub skips_flush: bool,
    late: Vec<(Duration, usize, Request)>,
    returns: Vec<(usize, Change)>,
    looks: Vec<(Request, Reply)>,
    truths: BTreeMap<usize, Arc<GroupSnapshot>>,
    known: Option<FarmStatus>,
    /// For each machine and group, how often anything but its own acts changed the world.
    pub foreign: [[u64; MOST_GROUPS]; 2],
    /// How often anything but the machines changed the world.
    pub outside: u64,
}

/// One group of the plan.
#[derive(Debug)]
pub struct Group {
    /// Its plan.
    pub plan: GroupPlan,
    /// How requests are worded.
    pub site: Site,
    /// Every act that changed the farm: the step, the request, and how often the world had changed from outside.
    pub acts: Vec<(usize, String, u64)>,
    /// What the farm was when the first machine began a step first, and how often others had changed the world.
    pub begun: BTreeMap<usize, (FarmStatus, u64)>,
}

/// One machine on which a run goes.
#[derive(Debug, Default)]
pub struct Machine {
    /// Its disk.
    pub disk: Arc<Mutex<Disk>>,
    /// What ended its process, where it was ended.
    pub crash: Option<Fault>,
    /// Whether a process runs.
    pub is_running: bool,
    /// What the process is at, group by group.
    pub at: Vec<At>,
}

/// What a process is at in one group.
#[derive(Debug, Clone, Default)]
pub struct At {
    /// The step, counted from 1; 0 before the first.
    pub step: usize,
    /// The moment.
    pub moment: Option<Moment>,
    /// Whether it is in the middle of an observation.
    pub is_looking: bool,
    /// How often the world had changed from outside when its last observation began.
    pub looked: u64,
    /// The step for which the guards passed last, where nothing was written since.
    pub has_passed: Option<usize>,
    /// Whether the step's first act is still to come.
    pub is_fresh: bool,
    /// How often the world had changed from outside when this process began the step, and what the farm was.
    pub began: Option<(FarmStatus, u64)>,
}

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
    /// Begins a simulation on a farm.
    pub fn new(random: Random, farm: PracticeWorld, ground: &'static Ground) -> Play {
        Play {
            random,
            farm,
            ground,
            time: Time::default(),
            groups: Vec::new(),
            machines: Default::default(),
            plot: Plot::default(),
            cue: None,
            wants_second: false,
            struck: Vec::new(),
            is_edited: false,
            broken: Vec::new(),
            story: None,
            #[cfg(test)]
            meddler: None,
            #[cfg(test)]
            corrupt_on_the_way: None,
            #[cfg(test)]
            skips_flush: false,
            late: Vec::new(),
            returns: Vec::new(),
            looks: Vec::new(),
            truths: BTreeMap::new(),
            known: None,
            foreign: [[0; MOST_GROUPS]; 2],
            outside: 0,
        }
    }

    /// Adds a line to the story, where somebody wants to read it.
    pub fn tell(&mut self, line: impl FnOnce() -> String) {
        if let Some(story) = &mut self.story {
            story.push(line());
        }
    }

    /// Returns the step that a process is at.
    pub fn step(&self, machine: usize, group: usize) -> Option<&Step> {
        let at = self.machines[machine].at.get(group)?;
        self.groups[group].plan.steps.get(at.step.checked_sub(1)?)
    }

    /// Returns what the farm is, without what only counts.
    pub fn status(&mut self) -> Option<FarmStatus> {
        if self.known.is_none() {
            self.known = Some(FarmStatus { number: 0, ..self.farm.status().ok()? });
        }
        self.known.clone()
    }

    /// Looks at the farm, with no fault in between; what was asked already since the last change is not asked again.
    pub fn look(&mut self, request: &Request) -> Reply {
        if let Some((_, reply)) = self.looks.iter().find(|(asked, _)| asked == request) {
            return reply.clone();
        }
        let reply = self.farm.perform(request);
        self.looks.push((request.clone(), reply.clone()));
        reply
    }

    /// Returns what is there, seen with no fault in between.
    pub fn truth(&mut self, group: usize) -> Arc<GroupSnapshot> {
        if let Some(known) = self.truths.get(&group) {
            return Arc::clone(known);
        }
        let (system, site) = (self.ground.system, self.groups[group].site.clone());
        let mut answers = Answers::default();
        loop {
            let asks = (system.asks)(&site, &answers);
            if asks.is_empty() {
                break;
            }
            for ask in asks {
                let reply = self.look(&ask);
                answers.0.push((ask, reply));
            }
        }
        let seen = Arc::new((system.reads)(&site, &answers));
        self.truths.insert(group, Arc::clone(&seen));
        seen
    }

    /// Notes that the world has changed, by a machine's act for a group or from outside.
    pub fn has_changed(&mut self, by: Option<(usize, usize)>) {
        self.looks.clear();
        self.truths.clear();
        self.known = None;
        self.outside += u64::from(by.is_none());
        for (machine, groups) in self.foreign.iter_mut().enumerate() {
            for (group, count) in groups.iter_mut().enumerate() {
                *count += u64::from(by != Some((machine, group)));
            }
        }
    }

    /// Changes the farm from outside; returns whether that was possible.
    pub fn change(&mut self, change: &Change) -> bool {
        let is_done = self.farm.change(change).is_ok();
        if is_done {
            self.tell(|| format!("  from outside: {change}"));
            self.has_changed(None);
        }
        is_done
    }

    /// Takes back all that is in the way and can be taken back; nothing more goes wrong.
    pub fn heal(&mut self) {
        self.plot = Plot::default();
        self.returns.clear();
        self.land(None);
        let topologies: Vec<_> = self.groups.iter().map(|group| &group.plan.topology).collect();
        for change in (self.ground.heals)(&self.farm, &topologies) {
            self.change(&change);
        }
    }

    /// Lets servers come back, and requests be carried out that were given up: what is due by now, or all.
    pub fn land(&mut self, until: Option<Duration>) {
        for (left, _) in &mut self.returns {
            *left = left.saturating_sub(1);
        }
        while let Some(at) = self.returns.iter().position(|(left, _)| *left == 0) {
            let (_, change) = self.returns.remove(at);
            self.change(&change);
        }
        while let Some(at) = self.late.iter().position(|(due, ..)| until.is_none_or(|until| *due <= until)) {
            let (_, group, request) = self.late.remove(at);
            self.watched(None, group, &request);
        }
    }

    /// Returns whether a request was given up that may still be carried out.
    pub fn has_late(&self, group: usize) -> bool {
        self.late.iter().any(|(_, of, _)| *of == group)
    }

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

    /// Counts the requests of the step at which a rehearsal crashes.
    fn is_cued(&mut self, machine: usize, group: usize, request: &Request) -> bool {
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
    fn is_cued_line(&mut self, line: &str) -> bool {
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

    /// Decides whether a fault strikes here, and lets it happen to the world where it is one of that kind.
    fn strike(&mut self, machine: usize, group: Option<usize>, doing: Doing) -> Option<Fault> {
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
                let is_done = changes.iter().filter(|change| self.change(change)).count() > 0;
                if is_done && fault == Fault::ServerBlinks {
                    let left = 1 + self.random.below(40);
                    self.returns.extend(changes.iter().filter_map(back).map(|change| (left, change)));
                }
                self.is_edited |= is_done && fault.is_edit();
                return is_done;
            }
            _ => {}
        }
        true
    }

    /// Follows a process by what it wrote.
    pub fn follow(&mut self, machine: usize, event: &Event) {
        let Some(name) = event.group() else { return };
        let Some(group) = self.groups.iter().position(|one| one.plan.topology.group == name) else { return };
        let foreign = self.foreign[machine][group];
        let status = matches!(event, Event::StepStarted { .. }).then(|| self.status()).flatten();
        let at = &mut self.machines[machine].at[group];
        at.is_looking = false;
        match event {
            Event::GuardsAsked { step, .. } => {
                (at.step, at.moment) = (*step, Some(Moment::Before));
            }
            Event::StepStarted { step, .. } => {
                (at.step, at.moment, at.is_fresh) = (*step, Some(Moment::Inside), true);
                at.began = status.clone().map(|status| (status, foreign));
                if let (Some(status), 0) = (status, machine) {
                    self.groups[group].begun.entry(*step).or_insert((status, foreign));
                }
            }
            Event::StepDone { step, .. } => {
                (at.step, at.moment, at.began) = (step + 1, Some(Moment::Before), None);
            }
            _ => {}
        }
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
