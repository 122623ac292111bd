//! How this machine's system has a program started: what differs between Unix and Windows, and nothing else.

use std::ffi::OsString;
use std::path::Path;

use tokio::process::Command;

/// Returns a command with its words.
#[cfg(not(windows))]
pub fn command(program: &Path, words: &[OsString]) -> Command {
    let mut command = Command::new(program);
    command.args(words);
    command
}

/// Returns a command with its words. `cmd.exe` reads its line as it is, and knows nothing of quoting by backslashes.
#[cfg(windows)]
pub fn command(program: &Path, words: &[OsString]) -> Command {
    let mut command = Command::new(program);
    match program == Path::new("cmd.exe") {
        true => words.iter().for_each(|word| _ = command.raw_arg(word)),
        false => _ = command.args(words),
    }
    command
}

/// Keeps away from a command what a person's interrupt at the terminal does: what was begun elsewhere goes on.
#[cfg(unix)]
pub fn set_apart(command: &mut Command) {
    command.process_group(0);
}

/// Keeps away from a command what a person's interrupt at the terminal does: what was begun elsewhere goes on.
///
/// # Source
/// "Process Creation Flags" of the Windows API: Ctrl+C is disabled for all processes of a new group.
#[cfg(windows)]
pub fn set_apart(command: &mut Command) {
    const CREATE_NEW_PROCESS_GROUP: u32 = 0x0000_0200;
    command.creation_flags(CREATE_NEW_PROCESS_GROUP);
}

#[cfg(all(test, windows))]
mod tests {
    use crate::model::name::ServerName;
    use crate::model::request::{Reply, Request};
    use crate::world::hosts::{Host, Hosts, Settings, Shell, Via};

    fn shown(folder: &str, program: &'static str, arguments: &[&str]) -> Reply {
        let every = Host { via: Via::Local, shell: Shell::Cmd, ..Host::default() };
        let hosts = Hosts::new(Settings { every, at_once: 1, ..Settings::default() });
        let arguments = arguments.iter().map(|one| (*one).into()).collect();
        let on = ServerName::new("PVS1").unwrap();
        let show = Request::Show { on, folder: folder.into(), program, arguments };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(hosts.perform(&show))
    }

    #[test]
    fn cmd_is_given_its_line_as_it_is_and_tells_how_the_program_ended() {
        let system = "C:\\windows\\system32";
        let reply = shown(system, "cmd.exe", &["/c", "echo", "a-b"]);
        assert!(matches!(&reply, Reply::Ended { exit_code: 0, stdout, .. } if stdout.trim() == "a-b"), "{reply:?}");
        let reply = shown(system, "cmd.exe", &["/c", "exit", "7"]);
        assert!(matches!(&reply, Reply::Ended { exit_code: 7, .. }), "{reply:?}");
        let reply = shown(system, "no-such-program.exe", &[]);
        assert!(matches!(&reply, Reply::Ended { exit_code, .. } if *exit_code != 0), "{reply:?}");
    }
}
