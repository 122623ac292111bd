//! `cargo bench --bench apply`: what it costs to carry plans out, every line of the journal durable on a real disk.
//!
//! The servers are practice servers in memory, a farm for each group, so that what is measured is rolewalk: observation,
//! plan, guards, journal, and the looks after each step. Beside each figure stands the journal's own floor: the very
//! lines of that run appended and flushed once more, as often as they were, and nothing else. Goals stand beside the
//! figures; the peer's seconds are told in bench/README.md. Never fails because of a time.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rolewalk::format::source::SourceFile;
use rolewalk::format::{plan as plan_file, topology};
use rolewalk::model::plan::{GroupPlan, GroupVerdict, Plan};
use rolewalk::model::site::Site;
use rolewalk::model::topology::Topology;
use rolewalk::plan::plan_all;
use rolewalk::run::clock::MachineClock;
use rolewalk::run::group::{GroupRun, Pace};
use rolewalk::run::journal::{Journal, Medium};
use rolewalk::run::lock::{self, Holder, Lock};
use rolewalk::run::log::Log;
use rolewalk::run::observe::{observe, site_of};
use rolewalk::run::runs::{self, Identity};
use rolewalk::run::state::{State, StateFault, write_files};
use rolewalk::system::co_store::SYSTEM;
use rolewalk::system::tables;
use rolewalk::world::World;
use rolewalk::world::practice::co_store::{FOLDER, STORAGES_QUERY, TASKS_QUERY};
use rolewalk::world::practice::{PracticeWorld, farm_file};

/// The median of so many runs is shown.
const RUNS: usize = 5;
/// What terraform 1.11 took for the same number of resources on the machine of bench/README.md, in seconds.
const PEER: [f64; 2] = [8.8, 20.6];

/// One server: what it has and what is declared.
type Server = (String, &'static str, &'static str);

fn main() {
    println!("apply, practice servers in memory, every journal line flushed to the disk; median of {RUNS}\n");
    println!(
        "{:<34}{:>7}{:>8}{:>9}{:>11}{:>12}{:>11}   goal",
        "", "steps", "lines", "flushes", "elapsed s", "floor s", "by peer"
    );
    line("A1  10 % of 1,000 servers", 125, PEER[0], &|group, server| match (group, server) {
        (_, 0) => ("master", "master"),
        (..100, 1) => ("additional", "slave"),
        _ if server % 3 == 0 => ("additional", "additional"),
        _ => ("slave", "slave"),
    });
    line("A2  1,000 new servers", 143, PEER[1], &|_, server| match server {
        0 => ("master", "master"),
        _ if server % 3 == 0 => ("unregistered", "additional"),
        _ => ("unregistered", "slave"),
    });
}

fn line(name: &str, groups: usize, peer: f64, of: &dyn Fn(usize, usize) -> (&'static str, &'static str)) {
    let mut taken: Vec<Measured> = (0..RUNS).map(|_| measure(groups, of)).collect();
    taken.sort_by(|one, other| one.elapsed.total_cmp(&other.elapsed));
    let Measured { elapsed, steps, lines, flushes, .. } = taken[RUNS / 2];
    let mut floors: Vec<f64> = taken.iter().map(|one| one.floor).collect();
    floors.sort_by(f64::total_cmp);
    let (floor, ratio) = (floors[RUNS / 2], elapsed / peer);
    println!("{name:<34}{steps:>7}{lines:>8}{flushes:>9}{elapsed:>11.3}{floor:>12.3}{ratio:>11.4}   at most 0.02");
}

/// What one run came to: seconds, and how many there were of each.
struct Measured {
    elapsed: f64,
    floor: f64,
    steps: usize,
    lines: usize,
    flushes: usize,
}

/// A journal's file that notes at which length it was flushed.
#[derive(Debug)]
struct Noted {
    file: File,
    length: usize,
    flushed: Flushed,
}

type Flushed = Arc<Mutex<Vec<usize>>>;

impl Medium for Noted {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.length += bytes.len();
        Medium::append(&mut self.file, bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.flushed.lock().unwrap_or_else(PoisonError::into_inner).push(self.length);
        Medium::flush(&mut self.file)
    }

    fn cut(&mut self, bytes: u64) -> io::Result<()> {
        Medium::cut(&mut self.file, bytes)
    }
}

/// Observes, plans, walks and records.
fn measure(groups: usize, of: &dyn Fn(usize, usize) -> (&'static str, &'static str)) -> Measured {
    let folder = tempfile::tempdir().expect("a folder for the state is needed");
    let state = State::at(folder.path().join("state"));
    let made: Vec<(Topology, World)> = (0..groups).map(|group| store(group, of)).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be made");
    let begun = Instant::now();
    let seen: Vec<_> =
        made.iter().map(|(topology, world)| runtime.block_on(observe(&SYSTEM, &site(topology), world))).collect();
    let pairs: Vec<_> = made.iter().zip(&seen).map(|((topology, _), seen)| (topology, seen)).collect();
    let plan = Plan { groups: plan_all(&pairs, Timestamp::now()) };
    let flushed = Flushed::default();
    let code = runtime.block_on(walk(&state, &plan, &made, &flushed));
    let elapsed = begun.elapsed().as_secs_f64();
    assert_eq!(code, 0, "the run ends as declared");
    let steps = plan.groups.iter().map(|group| group.steps.len()).sum();
    let run = state.runs().expect("the state can be read").remove(0);
    let journal = fs::read(state.run(&run).join("journal.jsonl")).expect("the journal is there");
    let flushed = flushed.lock().unwrap_or_else(PoisonError::into_inner);
    let floor = floor(&journal, &flushed, &folder.path().join("floor.jsonl"));
    let lines = journal.iter().filter(|byte| **byte == b'\n').count();
    Measured { elapsed, floor, steps, lines, flushes: flushed.len() }
}

async fn walk(state: &State, plan: &Plan, made: &[(Topology, World)], flushed: &Flushed) -> u8 {
    let (run, plan_id, _) = runs::begin(state, plan, Timestamp::now()).expect("the state can be written");
    let path = state.run(&run).join("journal.jsonl");
    let file = OpenOptions::new().append(true).open(&path).expect("the journal was begun");
    let journal = Journal::empty(&path, Box::new(Noted { file, length: 0, flushed: Arc::clone(flushed) }));
    let who = Identity { who: "bench".into(), host: "here".into() };
    let opening = runs::opening(&run, &plan_id, &[], who);
    let (clock, flag) = (MachineClock::start(), AtomicBool::new(false));
    let locks: Vec<Lock> =
        plan.groups.iter().filter(|group| group.verdict == GroupVerdict::Ready).map(lock(state)).collect();
    let fences = locks.iter().map(|lock| lock.fence.clone());
    let log = Log::new(journal, Vec::new(), &clock, |_| {}).fenced(fences);
    let ready = plan.groups.iter().zip(made).filter(|(group, _)| group.verdict == GroupVerdict::Ready);
    let groups = ready.map(|(group, (topology, world))| GroupRun {
        plan: group,
        system: &SYSTEM,
        site: site_of(group, &site(topology)),
        world,
        pace: Pace { poll: Duration::from_millis(1), patience: None },
        attended: false,
        clock: &clock,
        interrupted: &flag,
    });
    let file = |group: &&GroupPlan| {
        let path = state.applied(group.topology.table.system, &group.topology.group);
        (path, plan_file::write(&Plan { groups: vec![(*group).clone()] }).0.into_bytes())
    };
    let applied = |groups: &[&GroupPlan]| -> Result<(), StateFault> {
        write_files(&groups.iter().map(file).collect::<Vec<_>>()).into_iter().collect()
    };
    runs::go(groups.collect(), log, opening, runs::unready(plan), applied).await.expect("the journal can be written")
}

/// Takes a group's lock with its next generation, which each line of the journal is held against.
fn lock(state: &State) -> impl Fn(&GroupPlan) -> Lock {
    |group| {
        let holder = Holder {
            group: group.topology.group.clone(),
            system: group.topology.table.system.into(),
            who: "bench".into(),
            host: "here".into(),
            process: std::process::id(),
            since: Timestamp::now(),
        };
        lock::take(state, &holder).expect("nobody else holds it")
    }
}

/// Appends the lines to a new file and flushes it where the journal was flushed; returns the seconds.
fn floor(journal: &[u8], flushed: &[usize], path: &Path) -> f64 {
    let mut file: File = OpenOptions::new().append(true).create_new(true).open(path).expect("a file can be made");
    let (begun, mut at) = (Instant::now(), 0);
    for end in flushed {
        for line in journal[at..*end].split_inclusive(|byte| *byte == b'\n') {
            file.write_all(line).expect("the file can be written");
        }
        file.sync_data().expect("the file can be written");
        at = *end;
    }
    begun.elapsed().as_secs_f64()
}

/// One store of eight servers on a farm of its own.
fn store(group: usize, of: &dyn Fn(usize, usize) -> (&'static str, &'static str)) -> (Topology, World) {
    let server = |server: usize| -> Server {
        let (have, want) = of(group, server);
        (format!("P{group}-{server}"), have, want)
    };
    let servers: Vec<Server> = (0..8).map(server).collect();
    let listed = |role: fn(&Server) -> &'static str| -> String {
        servers.iter().map(|one| format!("{}: {}", one.0, role(one))).collect::<Vec<_>>().join(", ")
    };
    let (have, want) = (listed(|one| one.1), listed(|one| one.2));
    let farm = format!("version: 1\nco-store:\n  Store{group}:\n    servers: {{ {have} }}\n    disks: {{ Hoge: 0 }}\n");
    let farm = farm_file::parse(&farm).expect("the farm is one");
    let text = format!("version: 1\ngroup: Store{group}\nsystem: co-store\nservers: {{ {want} }}\n");
    let file = SourceFile { name: "topology.yaml".into(), bytes: text.into_bytes() };
    let topology = topology::parse(&[file], &tables(), &|_| None).expect("the topology is one").remove(0);
    (topology, World::Practice(PracticeWorld::in_memory(&farm).expect("the farm can be made")))
}

fn site(topology: &Topology) -> Site {
    Site {
        group: topology.group.clone(),
        servers: topology.servers.iter().map(|one| one.server.clone()).collect(),
        declared: topology.servers.iter().map(|one| (one.server.clone(), one.role)).collect(),
        storages_query: Some(STORAGES_QUERY.into()),
        tasks_query: Some(TASKS_QUERY.into()),
        api_folder: FOLDER.into(),
        compare_content: true,
        ..Site::default()
    }
}
