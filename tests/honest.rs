//! What a run says is true, however the world behaves: each test is a mistake that the simulation or a mutation found.

mod farm;

use std::io;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use jiff::Timestamp;
use rolewalk::model::event::{Ending, Entry, Event, Outcome};
use rolewalk::model::plan::{GroupPlan, GroupVerdict};
use rolewalk::model::request::{Reply, Request};
use rolewalk::model::topology::Topology;
use rolewalk::plan::plan;
use rolewalk::run::clock::MachineClock;
use rolewalk::run::generation;
use rolewalk::run::group::{GroupRun, Pace};
use rolewalk::run::journal::{Journal, Medium};
use rolewalk::run::lock::{self, Holder};
use rolewalk::run::log::Log;
use rolewalk::run::runs::{self, Identity};
use rolewalk::run::state::{State, StateFault};
use rolewalk::system::co_store::SYSTEM;
use rolewalk::world::practice::co_store::Change;
use rolewalk::world::practice::{PracticeWorld, farm_file};
use rolewalk::world::{Answering, Stage, World};

/// A farm, and who answers instead of it now and then.
struct Between<F> {
    farm: PracticeWorld,
    answers: Mutex<F>,
}

impl<F: FnMut(&PracticeWorld, &Request) -> Option<Reply> + Send> Stage for Between<F> {
    fn perform<'a>(&'a self, request: &'a Request) -> Answering<'a> {
        let reply = self.answers.lock().unwrap()(&self.farm, request);
        let reply = reply.unwrap_or_else(|| self.farm.perform(request));
        Box::pin(std::future::ready(reply))
    }
}

/// A disk that fails at one write, half way.
#[derive(Debug)]
struct Failing {
    left: usize,
    written: std::sync::Arc<Mutex<Vec<u8>>>,
}

impl Medium for Failing {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let fails = self.left == 0;
        self.left = self.left.wrapping_sub(1);
        let part = if fails { bytes.len() / 2 } else { bytes.len() };
        self.written.lock().unwrap().extend(&bytes[..part]);
        if fails { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn cut(&mut self, _bytes: u64) -> io::Result<()> {
        Ok(())
    }
}

fn planned(farm: &PracticeWorld, topology: &Topology) -> GroupPlan {
    let planned = plan(topology, &farm::observe(farm, &farm::site(topology)), Timestamp::now());
    assert_eq!(planned.verdict, GroupVerdict::Ready, "{:?}", planned.blocked_by);
    planned
}

/// Goes on with a run from these entries; returns all entries then.
fn walk(world: &World, planned: &GroupPlan, entries: Vec<Entry>) -> Vec<Entry> {
    let folder = tempfile::tempdir().unwrap();
    let mut told = entries.clone();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let clock = MachineClock::start();
    let flag = AtomicBool::new(false);
    let group = GroupRun {
        plan: planned,
        system: &SYSTEM,
        site: rolewalk::run::observe::site_of(planned, &farm::site(&planned.topology)),
        world,
        pace: Pace { poll: Duration::from_millis(1), patience: Some(Duration::from_millis(2)) },
        attended: false,
        clock: &clock,
        interrupted: &flag,
    };
    let journal = Journal::begin(&folder.path().join("journal.jsonl")).unwrap();
    let who = Identity { who: "somebody".into(), host: "here".into() };
    let opening = runs::opening("run", "b3:0", &entries, who);
    let log = Log::new(journal, entries, &clock, |entry| told.push(entry.clone()));
    let gone = runs::go::<StateFault>(vec![group], log, opening, 0, |_| Ok(()));
    runtime.block_on(gone).unwrap();
    told
}

/// Returns how the last step stopped, and how the group ended.
fn stopped(entries: &[Entry]) -> (Option<Outcome>, Option<Ending>) {
    let outcome = entries.iter().rev().find_map(|entry| match &entry.event {
        Event::StepStopped { outcome, .. } => Some(*outcome),
        _ => None,
    });
    let ending = entries.iter().rev().find_map(|entry| match &entry.event {
        Event::GroupEnded { ending, .. } => Some(*ending),
        _ => None,
    });
    (outcome, ending)
}

fn between(
    farm: PracticeWorld,
    answers: impl FnMut(&PracticeWorld, &Request) -> Option<Reply> + Send + 'static,
) -> World {
    World::Staged(Box::new(Between { farm, answers: Mutex::new(answers) }))
}

fn lost() -> Option<Reply> {
    Some(Reply::Unknown { why: "no answer came".into() })
}

#[test]
fn a_request_without_an_answer_may_still_be_carried_out_and_is_not_said_to_have_failed() {
    let farm = farm::farm("PVS1: master, PVS2: additional");
    let planned = planned(&farm, &farm::declared("PVS1: master, PVS2: slave", ""));
    let world = between(farm, |_, request| matches!(request, Request::Command { .. }).then(lost).flatten());
    assert_eq!(stopped(&walk(&world, &planned, Vec::new())), (Some(Outcome::Unknown), Some(Ending::Unknown)));
}

#[test]
fn a_good_answer_is_no_proof_that_a_step_was_done() {
    let farm = farm::farm("PVS1: master, PVS2: additional");
    let planned = planned(&farm, &farm::declared("PVS1: master, PVS2: slave", ""));
    let pretend = |_: &PracticeWorld, request: &Request| match request {
        Request::Command { .. } => Some(Reply::Ended { exit_code: 0, stdout: String::new(), stderr: String::new() }),
        _ => None,
    };
    let told = walk(&between(farm, pretend), &planned, Vec::new());
    assert_eq!(stopped(&told), (Some(Outcome::FailedChanged), Some(Ending::Failed)));
    assert!(!told.iter().any(|entry| matches!(entry.event, Event::StepDone { .. })), "{told:?}");
}

#[test]
fn a_step_whose_second_request_fails_is_not_said_to_have_changed_nothing() {
    let farm = farm::farm("PVS1: master, PVS2: additional");
    let planned = planned(&farm, &farm::declared("PVS1: master, PVS2: unregistered", ""));
    let refuse = |_: &PracticeWorld, request: &Request| match request {
        Request::Cmdlet { name: "Remove-PvsServer", .. } => Some(Reply::Refused { why: "access is denied".into() }),
        _ => None,
    };
    let told = walk(&between(farm, refuse), &planned, Vec::new());
    assert_eq!(stopped(&told), (Some(Outcome::FailedChanged), Some(Ending::Failed)));
}

#[test]
fn a_step_that_was_left_in_doubt_is_not_said_to_be_not_started() {
    let farm = farm::farm("PVS1: master, PVS2: additional");
    let planned = planned(&farm, &farm::declared("PVS1: master, PVS2: slave", ""));
    let mut asked = 0;
    // The answer is lost; then terminals begin to run, and the step can't be gone on with.
    let world = between(farm, move |farm, request| {
        let Request::Command { .. } = request else { return None };
        asked += 1;
        assert_eq!(asked, 1, "it was asked again");
        let terminals = Change::Terminals { store: "Store".into(), server: "PVS1".into(), count: 2 };
        farm.change(terminals).unwrap();
        lost()
    });
    let begun = walk(&world, &planned, Vec::new());
    let resumed = walk(&world, &planned, begun);
    assert_eq!(stopped(&resumed), (Some(Outcome::Unknown), Some(Ending::Blocked)));
}

#[test]
fn a_server_of_another_group_may_move_meanwhile() {
    let text = "version: 1\nco-store:\n  Store:\n    servers: { PVS1: master, PVS2: additional }\n    disks: { Hoge: 0 }\n  \
        Other:\n    servers: { LIB1: master, LIB2: additional }\n    disks: { Hoge: 0 }\n";
    let farm = PracticeWorld::in_memory(&farm_file::parse(text).unwrap()).unwrap();
    let planned = planned(&farm, &farm::declared("PVS1: master, PVS2: slave", ""));
    assert!(planned.standings.len() > 2, "PVS names the servers of all its stores: {:?}", planned.standings);
    let gone = Change::Registered { store: "Other".into(), server: "LIB2".into(), registered: false };
    // Somebody works from another server of the farm.
    farm.change(gone).unwrap();
    let told = walk(&World::Practice(farm), &planned, Vec::new());
    assert_eq!(stopped(&told), (None, Some(Ending::Done)));
}

#[test]
fn nothing_is_written_behind_half_a_line() {
    let written = std::sync::Arc::new(Mutex::new(Vec::new()));
    let medium = Failing { left: 1, written: std::sync::Arc::clone(&written) };
    let mut journal = Journal::empty(Path::new("journal.jsonl"), Box::new(medium));
    journal.write(Timestamp::UNIX_EPOCH, Event::RunInterrupted).unwrap();
    journal.write(Timestamp::UNIX_EPOCH, Event::RunInterrupted).unwrap_err();
    let before = written.lock().unwrap().clone();
    journal.write(Timestamp::UNIX_EPOCH, Event::RunInterrupted).unwrap_err();
    let bytes = written.lock().unwrap().clone();
    assert_eq!(bytes, before);
    let read = rolewalk::format::journal::read(&bytes, &rolewalk::system::tables()).unwrap();
    assert_eq!((read.entries.len(), read.torn.map(|torn| torn.line)), (1, Some(2)));
}

#[test]
fn an_executor_whose_group_was_taken_by_another_acts_no_more_and_writes_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let state = State::at(folder.path());
    let farm = farm::farm("PVS1: master, PVS2: slave, PVS3: unregistered");
    let planned = planned(&farm, &farm::declared("PVS1: master, PVS2: slave, PVS3: slave", ""));
    assert_eq!(planned.steps.len(), 2);
    let holder = |who: &str| Holder {
        group: "Store".into(),
        system: "co-store".into(),
        who: who.into(),
        host: "here".into(),
        process: 7,
        since: Timestamp::UNIX_EPOCH,
    };
    let lock = lock::take(&state, &holder("somebody")).unwrap();
    // While the first step is done, another takes the group: the lock was lost, as on a share that went away.
    let (taker, acts) = (state.clone(), std::sync::Arc::new(Mutex::new(Vec::new())));
    let noted = std::sync::Arc::clone(&acts);
    let world = between(farm, move |_, request| {
        if !request.is_look() {
            noted.lock().unwrap().push(request.to_string());
            generation::take(&taker, &holder("hanako")).unwrap();
        }
        None
    });
    let (path, clock, flag) = (folder.path().join("journal.jsonl"), MachineClock::start(), AtomicBool::new(false));
    let group = GroupRun {
        plan: &planned,
        system: &SYSTEM,
        site: rolewalk::run::observe::site_of(&planned, &farm::site(&planned.topology)),
        world: &world,
        pace: Pace { poll: Duration::from_millis(1), patience: Some(Duration::from_millis(2)) },
        attended: false,
        clock: &clock,
        interrupted: &flag,
    };
    let who = Identity { who: "somebody".into(), host: "here".into() };
    let opening = runs::opening("run", "b3:0", &[], who);
    let log = Log::new(Journal::begin(&path).unwrap(), Vec::new(), &clock, |_| {}).fenced([lock.fence]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let gone = runs::go::<StateFault>(vec![group], log, opening, 0, |_| Ok(()));
    let fault = runtime.block_on(gone).unwrap_err();
    assert_eq!(generation::overtaken(&fault).unwrap().later.who, "hanako");
    assert_eq!(acts.lock().unwrap().len(), 1, "{acts:?}");
    let bytes = std::fs::read(&path).unwrap();
    let read = rolewalk::format::journal::read(&bytes, &rolewalk::system::tables()).unwrap();
    let last = &read.entries.last().unwrap().event;
    assert!(matches!(last, Event::StepStarted { step: 1, .. }), "{last:?}");
}
