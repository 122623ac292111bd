//! Kills at any moment, and answers that never come: `resume` ends as declared, and each act is done once.

use std::collections::BTreeSet;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value as Json;

use crate::scene::Scene;

/// Numbers that look random and are the same every time (SplitMix64).
struct Seeded(u64);

impl Seeded {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}

/// Returns the acts that are in the audit more than once. Ticks are left out: which of a store's ticks are missing is
/// not told apart, so those of a half-done handover are set again, which changes nothing where they are set.
fn twice(acts: &[String]) -> Vec<&String> {
    let is_again = |(index, act): &(usize, &String)| acts[..*index].contains(act) && !act.contains("PvsServerStore");
    acts.iter().enumerate().filter(is_again).map(|(_, act)| act).collect()
}

/// Returns the acts, each once.
fn each_once(acts: Vec<String>) -> BTreeSet<String> {
    acts.into_iter().collect()
}

/// Waits until the run's journal has more than so many bytes, or the process has ended.
fn wait_for_journal(scene: &Scene, child: &mut Child, bytes: u64) {
    let length = |run: &String| {
        let journal = scene.at(&format!(".rolewalk/runs/{run}/journal.jsonl"));
        journal.metadata().map_or(0, |journal| journal.len())
    };
    while child.try_wait().unwrap().is_none() && scene.runs().iter().map(length).max().unwrap_or(0) <= bytes {
        std::hint::spin_loop();
    }
}

/// Starts `apply`, kills it once `is_time` says so, and resumes; returns whether a run was resumed.
fn kill_and_resume(scene: &Scene, told: &str, is_time: impl FnOnce(&mut Child)) -> bool {
    let mut command = scene.command(&["apply", ".", "--yes"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    is_time(&mut child);
    child.kill().unwrap();
    let code = child.wait().unwrap().code();
    if code == Some(0) {
        return false;
    }
    let has_journal = |run: &String| scene.at(&format!(".rolewalk/runs/{run}/journal.jsonl")).exists();
    let is_begun = scene.runs().iter().any(has_journal);
    let ended = scene.run(if is_begun { "resume" } else { "apply . --yes" });
    assert_eq!(ended.code, Some(0), "{told}: {ended}");
    is_begun
}

/// What an example comes to that nobody kills.
struct Whole {
    made: Scene,
    span: u64,
    journal: String,
    acts: BTreeSet<String>,
}

impl Whole {
    fn of(example: &str) -> Whole {
        let made = Scene::of(example);
        made.ok("practice up .");
        let whole = made.copied();
        let begun = Instant::now();
        whole.ok("apply . --yes");
        let span = begun.elapsed().as_micros() as u64 + 20_000;
        Whole { made, span, journal: whole.read(&whole.journal()), acts: each_once(whole.acts()) }
    }

    fn is_reached(&self, scene: &Scene, roles: &str, told: &str) {
        assert_eq!(scene.roles(), roles, "{told}");
        let acts = scene.acts();
        assert_eq!(twice(&acts), Vec::<&String>::new(), "{told}: {acts:#?}");
        assert_eq!(each_once(acts), self.acts, "{told}");
    }
}

/// Kills `apply` of this example at seeded moments until so many have met a run, and demands the same end as without.
fn kill_at_random(example: &str, seed: u64, wanted: u64, roles: &str) {
    let whole = Whole::of(example);
    let mut random = Seeded(seed);
    let (mut round, mut resumed) = (0, 0);
    while resumed < wanted {
        let scene = whole.made.copied();
        let told = format!("{example}, seed {seed}, round {round}");
        // By the clock, which also meets what comes before and after the run; and by the journal, however busy the machine.
        let (span, bytes) = (random.below(whole.span), random.below(whole.journal.len() as u64));
        resumed += u64::from(kill_and_resume(&scene, &told, |child| match round % 2 {
            0 => std::thread::sleep(Duration::from_micros(span)),
            _ => wait_for_journal(&scene, child, bytes),
        }));
        whole.is_reached(&scene, roles, &told);
        round += 1;
        assert!(round < wanted * 8, "of {round} kills only {resumed} met a run");
    }
    println!("{example}: {resumed} of {round} kills met a run, and each was resumed to its end");
}

/// Kills `apply` of this example as soon as each line of its journal is there.
fn kill_at_each_line(example: &str, roles: &str) {
    let whole = Whole::of(example);
    let mut bytes = 0;
    for (index, line) in whole.journal.lines().enumerate() {
        bytes += line.len() as u64 + 1;
        let scene = whole.made.copied();
        let told = format!("{example}, line {}", index + 1);
        // Times and ids differ in length from run to run, by a few bytes at most.
        kill_and_resume(&scene, &told, |child| wait_for_journal(&scene, child, bytes.saturating_sub(40)));
        whole.is_reached(&scene, roles, &told);
    }
}

const CAMPUS: &str = "PVS1 master, PVS2 slave, PVS3 slave, PVS4 additional";
const HANDOVER: &str = "PVS1 slave, PVS2 master";
const FIRST_SLAVE: &str = "PVS1 master, PVS3 slave";

// Three hundred kills at random that meet a run, in parts so that the machine's processors share them.

#[test]
fn a_killed_climb_is_resumed_and_each_act_is_done_once() {
    kill_at_random("campus", 7, 100, CAMPUS);
}

#[test]
fn a_killed_handover_is_resumed_and_each_act_is_done_once() {
    kill_at_random("change-master", 11, 100, HANDOVER);
}

#[test]
fn a_killed_single_step_is_resumed_and_each_act_is_done_once() {
    kill_at_random("first-slave", 13, 100, FIRST_SLAVE);
}

#[test]
fn a_kill_at_each_line_of_the_journal_is_resumed_and_each_act_is_done_once() {
    kill_at_each_line("campus", CAMPUS);
    kill_at_each_line("change-master", HANDOVER);
}

/// Returns the campus after its first `steps` steps: the farms that a crash can leave.
fn after_steps(steps: usize) -> Scene {
    let scene = Scene::of("campus");
    let declared = ["unregistered", "additional", "slave", "slave"][steps];
    scene.edit("store.yaml", "PVS3: slave ", &format!("PVS3: {declared} "));
    if steps < 3 {
        scene.edit("store.yaml", "role: additional", "role: unregistered");
    }
    scene.ok("--state before apply . --yes");
    scene
}

#[test]
fn a_journal_that_ends_after_any_line_or_within_it_is_resumed_to_the_same_end() {
    let whole = Scene::of("campus");
    whole.ok("apply . --yes");
    let lines: Vec<String> = whole.read(&whole.journal()).lines().map(|line| format!("{line}\n")).collect();
    let farms: Vec<Scene> = (0..=3).map(after_steps).collect();
    let run = whole.run_id();
    let mut cases = 0;
    for kept in 0..lines.len() {
        let events: Vec<Json> = lines[..kept].iter().map(|line| serde_json::from_str(line).unwrap()).collect();
        let count = |name: &str| events.iter().filter(|event| event["event"] == name).count();
        let done = count("step_done");
        // A step that was begun may have been carried out.
        let mut worlds = vec![done];
        worlds.extend((count("step_started") > done).then_some(done + 1));
        for world in worlds {
            for torn in [false, true] {
                if torn && world > done {
                    continue;
                }
                cases += 1;
                let scene = farms[world].copied();
                let folder = format!(".rolewalk/runs/{run}");
                scene.write("store.yaml", whole.read("store.yaml"));
                scene.write(&format!("{folder}/plan.json"), whole.read(&format!("{folder}/plan.json")));
                let mut text = lines[..kept].concat().into_bytes();
                if torn {
                    text.extend(&lines[kept].as_bytes()[..lines[kept].len() / 2]);
                }
                scene.write(&format!("{folder}/journal.jsonl"), text);
                let before = scene.acts().len();
                let ended = scene.run("resume");
                assert_eq!(ended.code, Some(0), "{kept} lines, torn {torn}, {world} steps done: {ended}");
                if torn {
                    let line = kept + 1;
                    let ended = ended.says(&format!("line {line} of the journal of run {run} is cut short"));
                    assert!(!ended.err.contains("error"), "{ended}");
                }
                assert_eq!(scene.acts().len() - before, 3 - world, "{kept} lines, torn {torn}, {world} steps done");
                scene.ok("drift .");
            }
        }
    }
    println!("{cases} journals that end after a line or within it");
    assert!(cases > 30, "{cases} cases");
}

#[test]
fn a_journal_with_all_its_lines_is_done_already() {
    let scene = Scene::of("campus");
    scene.ok("apply . --yes");
    let acts = scene.acts();
    scene.ok(&format!("resume {}", scene.run_id())).says("is done already");
    scene.ok("resume").says("every run is done already");
    assert_eq!(scene.acts(), acts);
}

#[test]
fn an_answer_that_is_lost_is_looked_after_and_never_asked_for_twice() {
    for (example, roles) in [
        ("campus", "PVS1 master, PVS2 slave, PVS3 slave, PVS4 additional"),
        ("first-slave", "PVS1 master, PVS3 slave"),
        ("change-master", "PVS1 slave, PVS2 master"),
    ] {
        for lost in 1..=5 {
            let scene = Scene::of(example);
            scene.set(&format!("--lose-next {lost}"));
            let mut ended = scene.run("apply . --yes");
            for _ in 0..lost {
                if ended.code == Some(0) {
                    break;
                }
                // What was carried out and not heard of is unknown or half done, and it is said how to go on.
                assert!(matches!(ended.code, Some(3 | 7)), "{example}, {lost} lost: {ended}");
                ended = ended.says("rolewalk resume");
                drop(ended);
                ended = scene.run("resume");
            }
            let ended = ended.exits(0);
            assert_eq!(scene.roles(), roles, "{ended}");
            assert_eq!(twice(&scene.acts()), Vec::<&String>::new(), "{example}, {lost} lost: {:#?}", scene.acts());
            scene.ok("drift .");
        }
    }
}

#[test]
fn a_kill_while_the_farm_is_made_leaves_nothing_half_made() {
    let mut random = Seeded(3);
    for _ in 0..10 {
        let scene = Scene::of("campus");
        let mut child = scene.command(&["practice", "up", "."]).stdout(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_micros(random.below(60_000)));
        child.kill().unwrap();
        child.wait().unwrap();
        scene.ok("validate .");
        scene.ok("plan .");
    }
}

// SR-07
#[test]
fn a_rebuild_that_is_killed_keeps_its_dump_for_its_owner_alone_says_so_and_leaves_none_in_the_end() {
    let made = Scene::of("failover-group");
    made.set("--reinstalled sr1");
    made.write(
        "group.yaml",
        "version: 1\ngroup: desk\nsystem: sun-ray\nconnection: practice\nservers:\n  sr1: { role: primary, reinstalled: 2026-11-20 }\n  sr2: secondary\n  sr3: secondary\n",
    );
    let whole = made.copied();
    whole.ok("apply . --yes");
    let journal = whole.read(&whole.journal());
    let (mut bytes, mut kept) = (0, 0);
    for (index, line) in journal.lines().enumerate() {
        bytes += line.len() as u64 + 1;
        if index % 2 == 1 {
            continue;
        }
        let scene = made.copied();
        let mut command = scene.command(&["apply", ".", "--yes"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        wait_for_journal(&scene, &mut child, bytes.saturating_sub(40));
        child.kill().unwrap();
        let is_over = child.wait().unwrap().code() == Some(0);
        let status = scene.ok("practice status .");
        assert!(!status.out.contains("readable by all"), "killed at line {index}: {status}");
        if status.out.contains("rolewalk-store.ldif") {
            kept += 1;
            scene.run("observe .").says("kept");
            scene.run("plan .").says("dump");
        }
        if !is_over {
            scene.ok("resume");
        }
        let status = scene.ok("practice status .");
        assert!(!status.out.contains("rolewalk-store.ldif"), "killed at line {index}: {status}");
        assert!(status.out.contains("Sun Ray server sr1: primary"), "killed at line {index}: {status}");
    }
    assert!(kept > 2, "{kept} of the kills met a dump");
}
