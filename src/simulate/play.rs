//! One simulation's world: the farm, the machines on which runs go, what the runs are at, and the faults to come.
//!
//! Everything that happens goes through here, so that [`watch`](super::watch) can look before and after it: a machine's
//! requests and lines through [`way`](super::way), where the [`plot`](super::plot) says what goes wrong with them.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::model::event::Event;
use crate::model::plan::{GroupPlan, Step};
use crate::model::request::{Reply, Request};
use crate::model::site::Site;
use crate::model::snapshot::GroupSnapshot;
use crate::system::Answers;
use crate::world::practice::{Change, FarmStatus, PracticeWorld, co_store};

use super::disk::Disk;
use super::fault::{Cell, Fault, Moment};
use super::ground::Ground;
use super::plot::{Cue, Plot};
use super::random::Random;
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
    pub(super) late: Vec<(Duration, usize, Request)>,
    pub(super) returns: Vec<(usize, Change)>,
    looks: HashMap<Request, Reply>,
    truths: BTreeMap<usize, Arc<GroupSnapshot>>,
    known: Option<Arc<FarmStatus>>,
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
    pub begun: BTreeMap<usize, (Arc<FarmStatus>, u64)>,
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
    pub began: Option<(Arc<FarmStatus>, u64)>,
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
            looks: HashMap::new(),
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
    pub fn status(&mut self) -> Option<Arc<FarmStatus>> {
        if self.known.is_none() {
            self.known = Some(Arc::new(FarmStatus { number: 0, ..self.farm.status().ok()? }));
        }
        self.known.clone()
    }

    /// Looks at the farm, with no fault in between; what was asked already since the last change is not asked again.
    pub fn look(&mut self, request: &Request) -> Reply {
        if let Some(reply) = self.looks.get(request) {
            return reply.clone();
        }
        let reply = self.farm.perform(request);
        self.looks.insert(request.clone(), reply.clone());
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
            answers.extend(asks.into_iter().map(|ask| {
                let reply = self.look(&ask);
                (ask, reply)
            }));
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
            if self.status().is_none_or(|status| !is_so(&status, &change)) {
                self.change(&change);
            }
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

/// Returns whether the farm shows already what a change leads to.
fn is_so(farm: &FarmStatus, change: &Change) -> bool {
    let machine = |server: &str| farm.machines.iter().find(|machine| machine.name == server);
    match change {
        Change::Powered { server, on } => machine(server).is_some_and(|machine| machine.powered == *on),
        Change::Answers { server, answers } => machine(server).is_some_and(|machine| machine.answers == *answers),
        Change::FailNext(count) => farm.fail_next == *count,
        Change::LoseNext(count) => farm.lose_next == *count,
        Change::CoStore(co_store::Change::DatabaseAnswers(answers)) => farm.co_store.database_answers == *answers,
        _ => false,
    }
}
