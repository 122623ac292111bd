//! `cargo bench --bench apply`: what it costs to carry plans out, every line of the journal durable on a real disk.
//!
//! The servers are practice servers in memory, a farm for each group, so that what is measured is rolewalk: observation,
//! plan, guards, journal, and the looks after each step. Beside each figure stands the journal's own floor: the very
//! lines of that run appended and flushed once more, and nothing else. Goals stand beside the figures; the peer's seconds
//! are told in bench/README.md. Never fails because of a time.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::atomic::AtomicBool;
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
use rolewalk::run::log::Log;
use rolewalk::run::observe::{observe, site_of};
use rolewalk::run::runs::{self, Identity};
use rolewalk::run::state::{State, StateFault, make_folder, write_file};
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
    println!("{:<34}{:>7}{:>8}{:>11}{:>12}{:>11}   goal", "", "steps", "lines", "elapsed s", "floor s", "by peer");
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
    let mut taken: Vec<(f64, f64, usize, usize)> = (0..RUNS).map(|_| measure(groups, of)).collect();
    taken.sort_by(|one, other| one.0.total_cmp(&other.0));
    let (elapsed, _, steps, lines) = taken[RUNS / 2];
    let mut floors: Vec<f64> = taken.iter().map(|one| one.1).collect();
    floors.sort_by(f64::total_cmp);
    let (floor, ratio) = (floors[RUNS / 2], elapsed / peer);
    println!("{name:<34}{steps:>7}{lines:>8}{elapsed:>11.3}{floor:>12.3}{ratio:>11.4}   at most 0.02");
}

/// Observes, plans, walks and records; returns the seconds, those of the journal alone, the steps and the journal's lines.
fn measure(groups: usize, of: &dyn Fn(usize, usize) -> (&'static str, &'static str)) -> (f64, f64, usize, usize) {
    let folder = tempfile::tempdir().expect("a folder for the state is needed");
    let state = State::at(folder.path().join("state"));
    let made: Vec<(Topology, World)> = (0..groups).map(|group| store(group, of)).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be made");
    let begun = Instant::now();
    let seen: Vec<_> =
        made.iter().map(|(topology, world)| runtime.block_on(observe(&SYSTEM, &site(topology), world))).collect();
    let pairs: Vec<_> = made.iter().zip(&seen).map(|((topology, _), seen)| (topology, seen)).collect();
    let plan = Plan { groups: plan_all(&pairs, Timestamp::now()) };
    let code = runtime.block_on(walk(&state, &plan, &made));
    let elapsed = begun.elapsed().as_secs_f64();
    assert_eq!(code, 0, "the run ends as declared");
    let steps = plan.groups.iter().map(|group| group.steps.len()).sum();
    let run = state.runs().expect("the state can be read").remove(0);
    let journal = fs::read(state.run(&run).join("journal.jsonl")).expect("the journal is there");
    let (floor, lines) = floor(&journal, &folder.path().join("floor.jsonl"));
    (elapsed, floor, steps, lines)
}

async fn walk(state: &State, plan: &Plan, made: &[(Topology, World)]) -> u8 {
    let (run, journal) = runs::begin(state, plan, Timestamp::now()).expect("the state can be written");
    let who = Identity { who: "bench".into(), host: "here".into() };
    let opening = runs::opening(&run, &plan_file::id(plan), &[], who);
    let (clock, flag) = (MachineClock::start(), AtomicBool::new(false));
    let log = Log::new(journal, Vec::new(), &clock, |_| {});
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
    let applied = |group: &GroupPlan| -> Result<(), StateFault> {
        let path = state.applied(group.topology.table.system, &group.topology.group);
        path.parent().map_or(Ok(()), make_folder)?;
        write_file(&path, plan_file::write(&Plan { groups: vec![group.clone()] }).0.as_bytes())
    };
    runs::go(groups.collect(), log, opening, runs::unready(plan), applied).await.expect("the journal can be written")
}

/// Appends the lines to a new file and flushes each; returns the seconds and how many they are.
fn floor(journal: &[u8], path: &Path) -> (f64, usize) {
    let mut file: File = OpenOptions::new().append(true).create_new(true).open(path).expect("a file can be made");
    let lines: Vec<&[u8]> = journal.split_inclusive(|byte| *byte == b'\n').collect();
    let begun = Instant::now();
    for line in &lines {
        file.write_all(line).and_then(|()| file.sync_data()).expect("the file can be written");
    }
    (begun.elapsed().as_secs_f64(), lines.len())
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
