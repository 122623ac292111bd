//! Programs of others that judge what we write. Where one is absent its tests pass, and say so.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// What a program ended with.
#[derive(Debug)]
pub struct Ended {
    /// Whether it ended by itself and with exit code 0.
    #[allow(dead_code, reason = "each test target has a copy of this module")]
    pub is_fine: bool,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

/// Returns the first of some programs that is on the path.
pub fn program(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let all = std::env::split_paths(&path).flat_map(|folder| names.iter().map(move |name| folder.join(name)));
    all.into_iter().find(|file| file.is_file())
}

/// Returns a file that `./test` installed, below `target/tools`.
pub fn installed(name: &str) -> Option<PathBuf> {
    let file = target().join("tools").join(name);
    if !file.exists() {
        println!("not run: {} is absent; ./test installs it", file.display());
        return None;
    }
    Some(file)
}

/// Returns cargo's target folder.
pub fn target() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the target folder")
}

/// Runs a program to its end, or ends it after two minutes.
pub fn run(command: &mut Command) -> Ended {
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let (mut out, mut err) = (child.stdout.take().expect("piped"), child.stderr.take().expect("piped"));
    let read = |stream: &mut dyn Read| {
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    };
    let reading = thread::spawn(move || read(&mut err));
    let out = thread::spawn(move || read(&mut out));
    let begun = Instant::now();
    let is_fine = loop {
        if let Some(status) = child.try_wait().expect("it can be waited for") {
            break status.success();
        }
        if begun.elapsed() > Duration::from_secs(120) {
            let _ = child.kill();
            let _ = child.wait();
            break false;
        }
        thread::sleep(Duration::from_millis(20));
    };
    Ended { is_fine, out: out.join().expect("read"), err: reading.join().expect("read") }
}
