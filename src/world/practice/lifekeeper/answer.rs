//! What a LifeKeeper server answers.

use super::state::{Server, info_file};
use super::{emcmd, lists, shown};
use crate::model::request::{Reply, Request};
use crate::world::practice::farm::{Farm, Outcome, refused, silent};

const BIN: &str = r"C:\LK\Bin";
const DATAKEEPER: &str = r"C:\Program Files\SIOS\DataKeeper";
const SYSTEM32: &str = r"C:\Windows\System32";
const JOBS: &str = r"HKLM\System\CurrentControlSet\Services\ExtMirr\Parameters\Jobs\";
/// What the command interpreter says of a program that is not there.
const NOT_FOUND: i32 = 9009;

/// Answers a request that reaches its receiver.
pub fn answer(farm: &mut Farm, request: &Request) -> Outcome {
    let host = request.host().map(|host| host.as_str()).unwrap_or_default();
    let Some(server) = farm.state.lifekeeper.server(host).cloned() else { return Ok(silent(host)) };
    Ok(match request {
        Request::Show { folder, program, arguments, .. } => {
            let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
            match (folder.as_str(), server.installed) {
                (BIN | DATAKEEPER, false) => not_found(program),
                (BIN, true) => shown::show(farm, &server, program, &words),
                (DATAKEEPER, true) if *program == "emcmd" => emcmd::show(farm, &server, &words),
                _ => not_found(program),
            }
        }
        Request::Command { folder, program, arguments, .. } => {
            let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
            run(farm, &server, folder, program, &words)
        }
        Request::RemoveFile { path, .. } => {
            if let Some(one) = farm.state.lifekeeper.server_mut(&server.name) {
                one.files.remove(path);
            }
            Reply::FileDone
        }
        Request::StatFile { path, .. } => Reply::FileSize(server.files.get(path).map(|file| file.len() as u64)),
        _ => refused("a LifeKeeper server has nothing that could do this"),
    })
}

/// Runs a program that changes something.
pub fn run(farm: &mut Farm, server: &Server, folder: &str, program: &str, words: &[&str]) -> Reply {
    match (folder, program) {
        (SYSTEM32, "reg") => registry(farm, server, words),
        (SYSTEM32, "robocopy") => robocopy(farm, server, words),
        (BIN | DATAKEEPER, _) if !server.installed => not_found(program),
        (BIN, _) => match lists::run(farm, server, program, words) {
            Some(Ok(stdout)) => Reply::Ended { exit_code: 0, stdout, stderr: String::new() },
            Some(Err((exit_code, why))) => failed(exit_code, &why),
            None => not_found(program),
        },
        (DATAKEEPER, "emcmd") => emcmd::run(farm, server, words),
        _ => not_found(program),
    }
}

/// Returns what a request answers that is made to fail. Nothing is changed by it.
pub fn failure(request: &Request) -> Reply {
    match request {
        Request::Command { program: "robocopy", .. } => failed(16, "access is denied (practice: made to fail)"),
        Request::Command { .. } => failed(1, "access is denied (practice: made to fail)"),
        _ => refused("access is denied (practice: made to fail)"),
    }
}

pub fn failed(exit_code: i32, why: &str) -> Reply {
    Reply::Ended { exit_code, stdout: String::new(), stderr: format!("{why}\n") }
}

fn not_found(program: &str) -> Reply {
    failed(NOT_FOUND, &format!("'{program}' is not recognized as an internal or external command"))
}

/// `reg export KEY FILE /y` and `reg delete KEY /f`, for the keys of jobs.
fn registry(farm: &mut Farm, server: &Server, words: &[&str]) -> Reply {
    let key = |key: &str| key.strip_prefix(JOBS).and_then(|id| server.jobs.iter().find(|job| job.id == id)).cloned();
    let Some(one) = farm.state.lifekeeper.server_mut(&server.name) else { return failed(1, "ERROR") };
    let missing = || failed(1, "ERROR: The system was unable to find the specified registry key or value.");
    match words {
        ["export", path, file, "/y"] => match key(path) {
            Some(job) => {
                one.files.insert(file.to_string(), format!("[{JOBS}{}]", job.id));
                done()
            }
            None => missing(),
        },
        ["delete", path, "/f"] => match key(path) {
            Some(job) => {
                one.jobs.retain(|known| known.id != job.id);
                done()
            }
            None => missing(),
        },
        _ => failed(1, "ERROR: Invalid syntax."),
    }
}

fn done() -> Reply {
    Reply::Ended { exit_code: 0, stdout: "The operation completed successfully.\n".into(), stderr: String::new() }
}

/// Copies one file to another folder; 1 says that one was copied, 0 that none had to be, 16 that it failed.
fn robocopy(farm: &mut Farm, server: &Server, words: &[&str]) -> Reply {
    let [from, to, file, ..] = words else { return failed(16, "ERROR : Invalid Parameter") };
    let (from, to) = (format!(r"{from}\{file}"), format!(r"{to}\{file}"));
    let code = |exit_code| Reply::Ended { exit_code, stdout: String::new(), stderr: String::new() };
    match server.files.get(&from) {
        Some(_) if server.files.contains_key(&to) => code(0),
        Some(content) => {
            if let Some(one) = farm.state.lifekeeper.server_mut(&server.name) {
                one.files.insert(to, content.clone());
            }
            code(1)
        }
        None => code(0),
    }
}

/// Returns whether a server has the file `LKDRInfo` of a volume.
pub fn has_info(server: &Server, volume: &str) -> bool {
    server.files.contains_key(&info_file(volume))
}
