//! A copy of the examples in which commands are run, so that no test writes into the source tree.
#![allow(dead_code)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A temporary folder with the examples, their schemas and the good fixtures.
pub struct Copy {
    folder: tempfile::TempDir,
}

/// What a command said, and how it ended.
pub struct Said {
    /// Standard output, then standard error.
    pub text: String,
    /// The exit code.
    pub code: i32,
}

impl Copy {
    /// Makes the copy. Farms and runs of whoever practised in the source tree are left out.
    pub fn new() -> Copy {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for name in ["examples", "schemas", "fixtures/good"] {
            copy(&root().join(name), &folder.path().join(name));
        }
        Copy { folder }
    }

    /// Returns the path of a file in the copy.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Gives a file or folder of the copy another name.
    #[allow(dead_code, reason = "each test target has a copy of this module")]
    pub fn rename(&self, from: &str, to: &str) {
        fs::rename(self.path(from), self.path(to)).expect("renamed");
    }

    /// Runs rolewalk in the copy, in English, as `admin` on `desk`.
    pub fn run(&self, arguments: &[&str]) -> Said {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rolewalk"));
        for name in ["LC_ALL", "LC_MESSAGES", "LANG", "COLUMNS", "ROLEWALK_LOG"] {
            command.env_remove(name);
        }
        command.env("NO_COLOR", "1").env("COMPUTERNAME", "desk").env("USER", "admin");
        let output = command.args(arguments).current_dir(self.folder.path()).output().expect("rolewalk runs");
        let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).expect("UTF-8")).concat();
        Said { text, code: output.status.code().expect("an exit code") }
    }
}

/// Returns the root of the source tree.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Returns the names of the examples, in order.
#[allow(dead_code, reason = "each test target has a copy of this module")]
pub fn examples() -> Vec<String> {
    let entries = fs::read_dir(root().join("examples")).expect("examples");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8")).collect();
    names.sort();
    names
        .retain(|name| !name.starts_with('.') && root().join("examples").join(name).join("connections.yaml").is_file());
    names
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder of the source tree") {
        let entry = entry.expect("an entry");
        let name = entry.file_name();
        if name.to_string_lossy().starts_with('.') {
            continue;
        }
        match entry.path().is_dir() {
            true => copy(&entry.path(), &to.join(name)),
            false => drop(fs::copy(entry.path(), to.join(name)).expect("copied")),
        }
    }
}
