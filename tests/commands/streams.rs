//! Standard output that is closed early: whatever only looks ends quietly, and a run that has begun goes on.

use std::io::Read;
use std::process::Stdio;

use crate::scene::Scene;

/// Runs a command whose standard output nobody reads, and returns its exit code and standard error.
fn unread(scene: &Scene, line: &str) -> (Option<i32>, String) {
    let arguments: Vec<&str> = line.split_whitespace().collect();
    let mut child = scene.command(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let mut err = String::new();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    (child.wait().unwrap().code(), err)
}

#[test]
fn whatever_only_looks_ends_quietly_when_nobody_reads() {
    let scene = Scene::of("campus");
    scene.ok("practice up .");
    for (line, code) in [
        ("plan .", 0),
        ("plan . --format json", 0),
        ("plan . --detailed-exitcode", 2),
        ("drift .", 4),
        ("observe .", 0),
        ("table co-store", 0),
        ("schema plan", 0),
        ("man", 0),
        ("completions bash", 0),
        ("history", 0),
        ("practice status .", 0),
        ("--help", 0),
    ] {
        let (ended, err) = unread(&scene, line);
        assert_eq!(ended, Some(code), "{line}: {err}");
        assert!(!err.contains("panic") && !err.contains("error"), "{line}: {err}");
    }
}

#[test]
fn a_run_that_has_begun_goes_on_to_its_end_when_nobody_reads() {
    let scene = Scene::of("campus");
    let (code, err) = unread(&scene, "apply . --yes");
    assert_eq!(code, Some(0), "{err}");
    assert!(!err.contains("panic"), "{err}");
    scene.ok("drift .");
    scene.ok("history").says("done");
}

#[cfg(unix)]
#[test]
fn a_run_goes_on_when_both_streams_are_closed() {
    for closed in [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"] {
        let scene = Scene::of("campus");
        let status = std::process::Command::new("/bin/sh")
            .args(["-c", &format!("exec \"$0\" apply . --yes {closed}"), env!("CARGO_BIN_EXE_rolewalk")])
            .current_dir(scene.path())
            .status()
            .unwrap();
        assert_eq!(status.code(), Some(0), "{closed}");
        scene.ok("drift .");
        scene.ok("history").says("done");
    }
}

#[cfg(unix)]
#[test]
fn a_full_disk_under_standard_output_does_not_stop_a_run() {
    let scene = Scene::of("campus");
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let status = scene.command(&["apply", ".", "--yes"]).stdout(full).status().unwrap();
    assert_eq!(status.code(), Some(0));
    scene.ok("drift .");
}
