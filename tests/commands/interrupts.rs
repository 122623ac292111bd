//! Ctrl-C between and during steps: the request in hand is finished, the journal is whole, and `resume` goes on.
#![cfg(unix)]

use std::fs::File;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::scene::{Ended, Scene, ended};

const PATIENCE: Duration = Duration::from_secs(60);

fn start(scene: &Scene, line: &str) -> Child {
    let arguments: Vec<&str> = line.split_whitespace().collect();
    scene.command(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn interrupt(child: &Child) {
    assert!(Command::new("/bin/kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
}

fn wait(child: Child) -> (Ended, Option<i32>) {
    let output = child.wait_with_output().unwrap();
    let signal = output.status.signal();
    (ended("apply", output), signal)
}

/// Waits until the only run's journal has this event.
fn until_event(scene: &Scene, event: &str) {
    let begun = Instant::now();
    let needle = format!("\"event\":\"{event}\"");
    while !(scene.runs().len() == 1
        && std::fs::read_to_string(scene.at(&scene.journal())).is_ok_and(|text| text.contains(&needle)))
    {
        assert!(begun.elapsed() < PATIENCE, "no event {event}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Waits until the run writes nothing more, and returns how many events there are.
fn until_still(scene: &Scene) -> usize {
    let mut before = scene.events().len();
    loop {
        std::thread::sleep(Duration::from_millis(500));
        let now = scene.events().len();
        if now == before {
            return now;
        }
        before = now;
    }
}

/// Returns how many steps the journal of the only run tells to have begun.
fn begun_steps(scene: &Scene) -> usize {
    scene.events().iter().filter(|(event, _)| event == "step_started").count()
}

/// Holds the farm still while it lives, so that a request is in hand.
fn hold_farm(scene: &Scene) -> File {
    let file = File::options().read(true).write(true).open(scene.at(".practice/lock")).unwrap();
    file.lock().unwrap();
    file
}

#[test]
fn an_interrupt_during_a_request_lets_it_end_and_stops_before_the_next_step() {
    for event in ["group_started", "guards_asked", "step_started", "step_done"] {
        let scene = Scene::of("campus");
        scene.ok("practice up .");
        let child = start(&scene, "apply . --yes");
        until_event(&scene, event);
        let farm = hold_farm(&scene);
        let before = begun_steps(&scene);
        interrupt(&child);
        std::thread::sleep(Duration::from_millis(300));
        // What was seen before the farm stood still may still let one step begin.
        assert!(begun_steps(&scene) <= before + 1, "a request is in hand and nothing goes on");
        drop(farm);
        let (ended, signal) = wait(child);
        assert_eq!(signal, None, "{ended}");
        let ended = ended.says("interrupted: the step in hand is brought to its end");
        let events = scene.events();
        if ended.code == Some(0) {
            // The interrupt met the last step: there was nothing left to stop before.
            assert_eq!(event, "step_done");
            continue;
        }
        let ended = ended.exits(130).says("rolewalk resume");
        assert_eq!(events.last().unwrap().0, "run_ended", "{ended}");
        scene.ok("history").says("interrupted");
        scene.ok("resume");
        scene.ok("drift .");
        assert_eq!(scene.acts().len(), 3, "each act once: {:?}", scene.acts());
    }
}

#[test]
fn a_second_interrupt_ends_the_process_at_once_and_resume_goes_on() {
    let scene = Scene::of("campus");
    scene.ok("practice up .");
    let child = start(&scene, "apply . --yes");
    until_event(&scene, "step_started");
    let farm = hold_farm(&scene);
    // The step may have gone on until the farm was held; whatever is asked next does not end before it is let go.
    let before = until_still(&scene);
    interrupt(&child);
    std::thread::sleep(Duration::from_millis(300));
    interrupt(&child);
    let (ended, _) = wait(child);
    ended.exits(130);
    assert_eq!(scene.events().len(), before, "it ended with the request in hand, and not after it");
    drop(farm);
    scene.ok("resume");
    scene.ok("drift .");
    assert_eq!(scene.acts().len(), 3, "each act once: {:?}", scene.acts());
}

/// Returns whether whoever started the tests lets interrupts be ignored, as a shell does for what runs in the background.
fn are_interrupts_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 2 != 0)
}

#[test]
fn an_interrupt_before_the_run_begins_changes_nothing() {
    if are_interrupts_ignored() {
        eprintln!("left out: interrupts are ignored here, and so by every program that is started");
        return;
    }
    let scene = Scene::of("campus");
    scene.ok("practice up .");
    let farm = hold_farm(&scene);
    let child = start(&scene, "apply . --yes");
    std::thread::sleep(Duration::from_millis(300));
    interrupt(&child);
    let (ended, signal) = wait(child);
    assert!(ended.code == Some(130) || signal == Some(2), "{ended}");
    drop(farm);
    assert_eq!(scene.acts(), [""; 0]);
    scene.ok("apply . --yes");
}

#[test]
fn an_interrupt_while_a_step_is_looked_at_ends_the_looking() {
    // What the operator says he did is not seen: the run looks until its patience ends.
    let scene = Scene::of("change-master");
    scene.ok("practice up .");
    scene.set("--lose-next 1");
    let child = start(&scene, "apply . --yes");
    until_event(&scene, "answered");
    interrupt(&child);
    let (ended, signal) = wait(child);
    assert_eq!(signal, None, "{ended}");
    assert!([Some(130), Some(3), Some(7)].contains(&ended.code), "{ended}");
    scene.ok("resume");
    scene.ok("drift .");
}

#[test]
fn two_processes_at_once_are_one_run_and_one_refusal() {
    let scene = Scene::of("campus");
    scene.ok("practice up .");
    let first = start(&scene, "apply . --yes");
    until_event(&scene, "group_started");
    let farm = hold_farm(&scene);
    let second = start(&scene, "apply . --yes");
    let (second, _) = wait(second);
    second.exits(9).says("somebody on here holds it").says("nothing has been changed");
    drop(farm);
    let (first, _) = wait(first);
    first.exits(0);
    assert_eq!(scene.acts().len(), 3);
    assert_eq!(scene.runs().len(), 1);
}

/// Waits until the process takes interrupts itself.
#[cfg(target_os = "linux")]
fn until_it_listens(child: &Child) {
    let begun = Instant::now();
    let listens = || {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).map(str::trim);
        // The second lowest bit is SIGINT's.
        caught.and_then(|mask| u64::from_str_radix(mask, 16).ok()).is_some_and(|mask| mask & 2 != 0)
    };
    while !listens() {
        assert!(begun.elapsed() < PATIENCE, "it never listens");
        std::thread::sleep(Duration::from_millis(5));
    }
}

// Long enough to be interrupted twice, and never read to its end here.
#[cfg(target_os = "linux")]
#[test]
fn an_interrupted_reading_of_a_folder_goes_on_where_it_stopped() {
    let scene = Scene::empty();
    scene.write("store/Hoge.vhd", "");
    File::options().write(true).open(scene.at("store/Hoge.vhd")).unwrap().set_len(64 << 30).unwrap();
    // Files that were touched a moment ago aren't remembered.
    std::thread::sleep(Duration::from_millis(3100));
    let blocks_after = |wait_ms| {
        let child = start(&scene, "disks hash store");
        until_it_listens(&child);
        std::thread::sleep(Duration::from_millis(wait_ms));
        interrupt(&child);
        let (ended, signal) = wait(child);
        assert_eq!(signal, None, "{ended}");
        let ended = ended.exits(130).says("interrupted: what was read is remembered");
        assert_eq!(ended.out, "", "half a listing could be taken for a whole one");
        let cache = std::fs::read_to_string(scene.at(".rolewalk/fingerprints.cache")).unwrap();
        let entries: serde_json::Value = serde_json::from_str(cache.split_once('\n').unwrap().1).unwrap();
        entries.as_object().unwrap().values().next().unwrap()["blocks"].as_array().unwrap().len()
    };
    let first = blocks_after(500);
    // Zeros' values aren't kept: the second reading needs longer to come as far, and loses nothing where it doesn't.
    let later: Vec<usize> = [1000, 2000, 4000].into_iter().map(blocks_after).collect();
    assert!(later.is_sorted() && first <= later[0] && first < later[2], "{later:?} blocks, {first} before");
}
