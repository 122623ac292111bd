//! A full disk under the state folder: the run stops and says so, and goes on once there is room.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::scene::Scene;

/// A small file system in memory, gone with the value.
struct Small<'a>(&'a Path);

impl<'a> Small<'a> {
    /// Mounts one of so many KiB; none where that is not permitted.
    fn mount(folder: &'a Path, kib: u32) -> Option<Small<'a>> {
        std::fs::create_dir_all(folder).unwrap();
        mount(&["-t", "tmpfs", "-o", &format!("size={kib}k"), "tmpfs"], folder).then_some(Small(folder))
    }

    fn grow(&self) {
        assert!(mount(&["-o", "remount,size=4m"], self.0));
    }
}

impl Drop for Small<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0).stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
}

fn mount(arguments: &[&str], folder: &Path) -> bool {
    let mut command = Command::new("mount");
    command.args(arguments).arg(folder).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

#[test]
fn a_run_that_meets_a_full_disk_is_resumed_once_there_is_room() {
    let mut met = 0;
    for kib in (8..=64).step_by(4) {
        let scene = Scene::of("campus");
        let state = scene.at("state");
        let Some(small) = Small::mount(&state, kib) else {
            println!("left out: this account may not mount a tmpfs (./test says so at its end)");
            return;
        };
        let ended = scene.run("--state state apply . --yes");
        if ended.code != Some(0) {
            assert_eq!(ended.code, Some(1), "{kib} KiB: {ended}");
            met += 1;
            small.grow();
            let runs = std::fs::read_dir(state.join("runs")).map_or(0, |runs| {
                runs.filter(|run| run.as_ref().is_ok_and(|run| run.path().join("journal.jsonl").exists())).count()
            });
            let again = if runs > 0 { "--state state resume" } else { "--state state apply . --yes" };
            scene.ok(again);
        }
        assert_eq!(scene.roles(), "PVS1 master, PVS2 slave, PVS3 slave, PVS4 additional", "{kib} KiB");
        assert_eq!(scene.acts().len(), 3, "{kib} KiB: {:#?}", scene.acts());
    }
    assert!(met > 3, "{met}");
}
