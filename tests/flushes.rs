//! Groups that are walked side by side share the flushes of their journal: every intent is on disk before its act all the
//! same, and a power cut at any flush, whatever part of the lines outlives it, is gone on from with each act done once.

mod farm;

use std::io;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use rolewalk::format::journal as journal_file;
use rolewalk::model::plan::{GroupPlan, GroupVerdict, Plan};
use rolewalk::model::request::Request;
use rolewalk::model::topology::Topology;
use rolewalk::plan::plan;
use rolewalk::run::clock::MachineClock;
use rolewalk::run::generation::{self, Fence};
use rolewalk::run::group::{GroupRun, Pace};
use rolewalk::run::journal::{Journal, Medium};
use rolewalk::run::lock::Holder;
use rolewalk::run::log::Log;
use rolewalk::run::observe::{observe, site_of};
use rolewalk::run::runs::{self, Identity};
use rolewalk::run::state::{State, StateFault};
use rolewalk::system::co_store::SYSTEM;
use rolewalk::system::tables;
use rolewalk::world::practice::{PracticeWorld, farm_file};
use rolewalk::world::{Answering, Stage, World};

const GROUPS: [&str; 3] = ["Store", "Library", "Labs"];

/// A disk under a journal.
#[derive(Debug, Default)]
struct Disk {
    bytes: Vec<u8>,
    flushed: usize,
    flushes: usize,
    /// The flush at which the power is cut; 0: none.
    dies_at: usize,
}

#[derive(Debug, Default, Clone)]
struct Shared(Arc<Mutex<Disk>>);

impl Medium for Shared {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.lock().unwrap().bytes.extend(bytes);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        let disk = &mut *self.0.lock().unwrap();
        disk.flushes += 1;
        if disk.flushes == disk.dies_at {
            return Err(io::Error::other("the power is cut"));
        }
        disk.flushed = disk.bytes.len();
        Ok(())
    }

    fn cut(&mut self, bytes: u64) -> io::Result<()> {
        let disk = &mut *self.0.lock().unwrap();
        disk.bytes.truncate(bytes as usize);
        disk.flushed = disk.flushed.min(disk.bytes.len());
        Ok(())
    }
}

/// A farm, and who looks at the disk before each act.
struct Watched {
    farm: PracticeWorld,
    disk: Shared,
    acts: Arc<Mutex<Vec<String>>>,
}

impl Stage for Watched {
    fn perform<'a>(&'a self, request: &'a Request) -> Answering<'a> {
        if !request.is_look() {
            let disk = self.disk.0.lock().unwrap();
            let text = String::from_utf8(disk.bytes[..disk.flushed].to_vec()).unwrap();
            let told = serde_json::to_string(&request.to_string()).unwrap();
            let mut intents = text.lines().filter(|line| line.contains("\"event\":\"step_started\""));
            assert!(intents.any(|line| line.contains(&told)), "`{request}` before its intent is on disk:\n{text}");
            self.acts.lock().unwrap().push(request.to_string());
        }
        Box::pin(std::future::ready(self.farm.perform(request)))
    }
}

/// The generations of all groups, without which they share no flush.
fn fences(state: &State) -> Vec<Fence> {
    let holder = |group: &str| Holder {
        group: group.into(),
        system: "co-store".into(),
        who: "somebody".into(),
        host: "here".into(),
        process: 7,
        since: Timestamp::UNIX_EPOCH,
    };
    GROUPS.iter().map(|group| generation::take(state, &holder(group)).unwrap()).collect()
}

/// Groups of three servers, each on a farm of its own, and the plan for all.
struct Scene {
    worlds: Vec<World>,
    topologies: Vec<Topology>,
    plan: Plan,
    disk: Shared,
    acts: Arc<Mutex<Vec<String>>>,
}

impl Scene {
    fn new() -> Scene {
        let (disk, acts) = (Shared::default(), Arc::default());
        let world = |(at, group): (usize, &&str)| {
            let servers = format!("A{at}: master, B{at}: additional, C{at}: slave");
            let text =
                format!("version: 1\nco-store:\n  {group}:\n    servers: {{ {servers} }}\n    disks: {{ Hoge: 1 }}\n");
            let farm = PracticeWorld::in_memory(&farm_file::parse(&text).unwrap()).unwrap();
            World::Staged(Box::new(Watched { farm, disk: disk.clone(), acts: Arc::clone(&acts) }))
        };
        let worlds: Vec<World> = GROUPS.iter().enumerate().map(world).collect();
        let declared = |(at, group): (usize, &&str)| {
            farm::declared_in(&SYSTEM, group, &format!("A{at}: master, B{at}: slave, C{at}: additional"), "")
        };
        let topologies: Vec<Topology> = GROUPS.iter().enumerate().map(declared).collect();
        let planned = topologies.iter().zip(&worlds).map(|(topology, world)| {
            let seen = runtime().block_on(observe(&SYSTEM, &farm::site(topology), world));
            plan(topology, &seen, Timestamp::UNIX_EPOCH)
        });
        let plan = Plan { groups: planned.collect() };
        assert!(plan.groups.iter().all(|group| group.verdict == GroupVerdict::Ready && group.steps.len() > 1));
        Scene { worlds, topologies, plan, disk, acts }
    }

    fn group<'a>(&'a self, at: usize, flag: &'a AtomicBool, clock: &'a MachineClock) -> GroupRun<'a> {
        let plan: &GroupPlan = &self.plan.groups[at];
        GroupRun {
            plan,
            system: &SYSTEM,
            site: site_of(plan, &farm::site(&self.topologies[at])),
            world: &self.worlds[at],
            pace: Pace { poll: Duration::from_millis(1), patience: None },
            attended: false,
            clock,
            interrupted: flag,
        }
    }

    /// Goes on from what is on the disk, to the end of the run or until the power is cut.
    fn walk(&self) -> Result<u8, StateFault> {
        let (flag, clock) = (AtomicBool::new(false), MachineClock::start());
        let bytes = self.disk.0.lock().unwrap().bytes.clone();
        let read = journal_file::read(&bytes, &tables()).expect("a power cut leaves nothing that is refused");
        let journal = Journal::go_on_with(Path::new("journal.jsonl"), Box::new(self.disk.clone()), &read).unwrap();
        let who = Identity { who: "somebody".into(), host: "here".into() };
        let opening = runs::opening("run", "b3:0", &read.entries, who);
        let folder = tempfile::tempdir().unwrap();
        let log = Log::new(journal, read.entries, &clock, |_| {}).fenced(fences(&State::at(folder.path())));
        let groups = (0..GROUPS.len()).map(|at| self.group(at, &flag, &clock)).collect();
        runtime().block_on(runs::go(groups, log, opening, 0, |_| Ok(())))
    }

    /// What each act was, in no order.
    fn acts(&self) -> Vec<String> {
        let mut acts = self.acts.lock().unwrap().clone();
        acts.sort();
        acts
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

#[test]
fn groups_side_by_side_share_flushes_and_act_on_nothing_that_is_not_flushed() {
    let scene = Scene::new();
    assert_eq!(scene.walk().unwrap(), 0);
    let disk = scene.disk.0.lock().unwrap();
    let lines = disk.bytes.iter().filter(|byte| **byte == b'\n').count();
    assert_eq!(disk.flushed, disk.bytes.len());
    // The run's own two lines are alone; of the others each flush has one of each group.
    assert_eq!((lines - 2) / GROUPS.len(), disk.flushes - 2);
}

#[test]
fn a_power_cut_at_any_flush_is_gone_on_from_with_each_act_done_once() {
    let whole = Scene::new();
    whole.walk().unwrap();
    let (all, acts) = (whole.disk.0.lock().unwrap().flushes, whole.acts());
    let mut cases = 0;
    for dies_at in 1..=all {
        for eighths in [0, 3, 5, 8] {
            for are_zeros in [false, true] {
                let scene = Scene::new();
                scene.disk.0.lock().unwrap().dies_at = dies_at;
                scene.walk().expect_err("the power is cut");
                outlive(&mut scene.disk.0.lock().unwrap(), eighths, are_zeros);
                assert_eq!(scene.walk().unwrap(), 0, "flush {dies_at}, {eighths} eighths, {are_zeros}");
                assert_eq!(scene.acts(), acts, "flush {dies_at}, {eighths} eighths, {are_zeros}");
                cases += 1;
            }
        }
    }
    assert_eq!(cases, all * 8);
    assert!(all > 10, "{all}");
}

/// Leaves so many eighths of what was not flushed: the first of it alone, or zeros in the place of the rest.
fn outlive(disk: &mut Disk, eighths: usize, are_zeros: bool) {
    let kept = disk.flushed + (disk.bytes.len() - disk.flushed) * eighths / 8;
    match are_zeros {
        true => disk.bytes[kept..].fill(0),
        false => disk.bytes.truncate(kept),
    }
    disk.flushed = disk.bytes.len();
}
