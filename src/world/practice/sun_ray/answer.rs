//! What a Sun Ray server answers.

use super::change::Form;
use super::state::{Replication, Server, StoredFile};
use super::{replica, store};
use crate::model::request::{Reply, Request, Task};
use crate::world::practice::farm::{Farm, Outcome, Trouble, refused, silent};
use crate::world::practice::state::same;

const COMMANDS: &str = "/opt/SUNWut/sbin";
const STORE_TOOLS: &str = "/opt/SUNWut/srds/lib";
const STORE: &str = "/var/opt/SUNWut/srds/dbm.ut/id2entry.dbb";

/// Answers a request that reaches its receiver.
pub fn answer(farm: &mut Farm, request: &Request) -> Outcome {
    let host = request.host().map(|host| host.as_str()).unwrap_or_default();
    let Some(server) = farm.state.sun_ray.server(host).cloned() else { return Ok(silent(host)) };
    Ok(match request {
        Request::Command { folder, program, arguments, .. } => run(farm, &server, folder, program, arguments),
        Request::Show { folder, program, arguments, .. } => show(farm, &server, folder, program, arguments),
        Request::SaveOutput { folder, program, arguments, to, .. } => {
            save(farm, &server, folder, program, arguments, to)
        }
        Request::CopyFile { to, path, .. } => copy(farm, &server, to.as_str(), path),
        Request::RemoveFile { path, .. } => {
            if let Some(one) = farm.state.sun_ray.server_mut(&server.name) {
                one.files.remove(path);
            }
            Reply::FileDone
        }
        Request::StatFile { path, .. } => Reply::FileSize(server.files.get(path).map(|file| file.content.len() as u64)),
        _ => refused("a Sun Ray server has nothing that could do this"),
    })
}

/// Returns what a request answers that is made to fail. Nothing is changed by it.
pub fn failure(request: &Request) -> Reply {
    match request {
        Request::Command { .. } | Request::SaveOutput { .. } => failed(1, "permission denied (practice: made to fail)"),
        _ => refused("permission denied (practice: made to fail)"),
    }
}

/// Installs and configures the product as a person does who follows the installation guide.
pub fn operate(farm: &mut Farm, task: &Task) -> Result<Result<(), Reply>, Trouble> {
    let server = task.server.as_str();
    Ok(match task.transition {
        "install" if !same(task.host.as_str(), server) => {
            Err(refused(format!("{server} is installed by work on {server} itself, not on {}", task.host)))
        }
        "install" => match farm.state.sun_ray.server_mut(server) {
            Some(one) => {
                one.installed = true;
                one.services = true;
                Ok(())
            }
            None => Err(refused(format!("there is no Sun Ray server {server}"))),
        },
        other => Err(refused(format!("the simulated operator does not know how to do `{other}`"))),
    })
}

fn failed(exit_code: i32, why: &str) -> Reply {
    Reply::Ended { exit_code, stdout: String::new(), stderr: format!("{why}\n") }
}

fn ended(said: Result<String, String>) -> Reply {
    match said {
        Ok(stdout) => Reply::Ended { exit_code: 0, stdout, stderr: String::new() },
        Err(why) => failed(1, &why),
    }
}

fn not_found(folder: &str, program: &str) -> Reply {
    failed(127, &format!("{folder}/{program}: not found"))
}

/// Runs a program that changes something.
fn run(farm: &mut Farm, server: &Server, folder: &str, program: &str, arguments: &[String]) -> Reply {
    if !server.installed {
        return not_found(folder, program);
    }
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match (folder, program, words.as_slice()) {
        (COMMANDS, "utreplica", _) => ended(replica::answer(farm, &server.name, arguments)),
        (COMMANDS, "utstop", []) => services(farm, server, false, true),
        (COMMANDS, "utstart", []) => services(farm, server, true, false),
        (COMMANDS, "utstart", ["-c"]) => services(farm, server, true, true),
        (STORE_TOOLS, "utldif2ldbm", ["-c", "-j", "10", "-i", path]) => {
            ended(store::load(farm, &server.name, path).map(|()| String::new()))
        }
        (COMMANDS, "utstop" | "utstart", _) | (STORE_TOOLS, "utldif2ldbm", _) => failed(1, "usage"),
        _ => not_found(folder, program),
    }
}

/// Stops or starts the services; a stop and a cold start end all sessions of the server.
fn services(farm: &mut Farm, server: &Server, running: bool, ends_sessions: bool) -> Reply {
    if ends_sessions && server.sessions > 0 {
        farm.notes.push(format!("{} sessions of {} ended", server.sessions, server.name));
    }
    if let Some(one) = farm.state.sun_ray.server_mut(&server.name) {
        one.services = running;
        if ends_sessions {
            one.sessions = 0;
        }
    }
    ended(Ok(String::new()))
}

/// Runs a program that only shows something.
fn show(farm: &mut Farm, server: &Server, folder: &str, program: &str, arguments: &[String]) -> Reply {
    if !server.installed {
        return not_found(folder, program);
    }
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let said = match (folder, program, words.as_slice()) {
        (COMMANDS, "utreplica", ["-l"]) => replica::answer(farm, &server.name, arguments),
        (COMMANDS, "utuser", ["-l"]) => store::users(server),
        (COMMANDS, "utreplica" | "utuser", _) => Err("usage".into()),
        _ => return not_found(folder, program),
    };
    ended(said.map(|text| worded(text, server.form)))
}

/// Words what is shown as another version might, or worse.
fn worded(text: String, form: Form) -> String {
    match form {
        Form::Usual | Form::Domain => text,
        Form::Reworded => {
            let changed =
                text.replace("primary", "main").replace("secondary", "backup").replace("stand-alone", "single");
            changed.replace("User Name", "Account")
        }
        Form::Truncated => text.chars().take(text.chars().count() / 2).collect(),
        Form::Empty => String::new(),
    }
}

/// Keeps what a program writes in a new file that only its owner can read.
fn save(farm: &mut Farm, server: &Server, folder: &str, program: &str, arguments: &[String], to: &str) -> Reply {
    if !server.installed || (folder, program) != (STORE_TOOLS, "utldbmcat") {
        return not_found(folder, program);
    }
    if arguments != [STORE] {
        return failed(1, "no such data store");
    }
    if server.files.contains_key(to) {
        return refused(format!("{to} exists already"));
    }
    let content = store::dump(server);
    if let Some(one) = farm.state.sun_ray.server_mut(&server.name) {
        one.files.insert(to.into(), StoredFile { content, owner_only: true });
    }
    ended(Ok(String::new()))
}

/// Copies a file to another server.
fn copy(farm: &mut Farm, server: &Server, to: &str, path: &str) -> Reply {
    let Some(file) = server.files.get(path) else { return refused(format!("{path}: no such file on {}", server.name)) };
    if !farm.state.reachable(to) {
        return refused(format!("{to} can't be reached from {}", server.name));
    }
    let content = file.content.clone();
    match farm.state.sun_ray.server_mut(to) {
        Some(one) if one.files.contains_key(path) => refused(format!("{path} exists already on {to}")),
        Some(one) => {
            one.files.insert(path.into(), StoredFile { content, owner_only: true });
            Reply::FileDone
        }
        None => refused(format!("{to}: unknown host")),
    }
}

/// Returns what a server is, in a word.
pub fn role(server: &Server) -> &'static str {
    match (&server.replication, server.installed) {
        (_, false) => "not installed",
        (Replication::Standalone, true) => "standalone",
        (Replication::Secondary(_), true) => "secondary",
        (Replication::Primary(_), true) => "primary",
    }
}
