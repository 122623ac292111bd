//! `emcmd`, DataKeeper's command.
//!
//! # Source
//! The reinstallation document: `getjobinfoforvol`, `deletelocalmirroronly`, `clearswitchover`, and that `deletejob` fails
//! while a node is gone. Scripts that SIOS publishes: `getmirrorvolinfo` and the states 1 and 4. That a mirror whose other
//! end can't be reached has the state 3 is ours.

use super::change::Form;
use super::shown::worded;
use super::state::{MirrorEnd, Server};
use crate::model::request::Reply;
use crate::world::practice::farm::Farm;

/// `Status = 15`: the volume is not mirrored.
const NOT_MIRRORED: i32 = 15;

fn status(code: i32) -> Reply {
    Reply::Ended { exit_code: code, stdout: format!("Status = {code}\n"), stderr: String::new() }
}

/// Shows a job or a mirror.
pub fn show(farm: &Farm, server: &Server, words: &[&str]) -> Reply {
    let text = match words {
        [".", "getjobinfoforvol", volume] => job(farm, server, volume),
        [".", "getmirrorvolinfo", volume] => {
            let ends: Vec<&MirrorEnd> = server.mirrors.iter().filter(|end| end.volume == *volume).collect();
            if ends.is_empty() {
                return status(NOT_MIRRORED);
            }
            ends.into_iter().map(|end| line(farm, server, end)).collect()
        }
        _ => return status(87),
    };
    Reply::Ended { exit_code: 0, stdout: worded(text, server.form), stderr: String::new() }
}

/// A long value goes on on the next line, as in the document.
fn job(farm: &Farm, server: &Server, volume: &str) -> String {
    let address = |name: &str| farm.state.lifekeeper.server(name).map_or("", |one| one.address.as_str());
    let told = |job: &super::state::Job| {
        let pairs = job.pairs.iter().map(|(one, other)| {
            let (mine, theirs) = (address(one), address(other));
            format!("MirrorEndPoints = {one};{volume};{mine};{other};{volume}\n;{theirs};A\n")
        });
        format!("ID = {}\nName = {volume} Vol\nDescription =\n{}", job.id, pairs.collect::<String>())
    };
    server.jobs.iter().filter(|job| job.volume == volume).map(told).collect()
}

fn line(farm: &Farm, server: &Server, end: &MirrorEnd) -> String {
    let other = farm.state.lifekeeper.server(&end.other);
    let has_end = other.is_some_and(|one| one.mirrors.iter().any(|theirs| theirs.volume == end.volume));
    let is_there = farm.state.reachable(&end.other) && has_end;
    let state = match (end.is_paused, end.is_source && !is_there) {
        (true, _) => 4,
        (false, true) => 3,
        (false, false) => 1,
    };
    let (source, target) = match end.is_source {
        true => (server.name.as_str(), other.map_or("", |one| one.address.as_str())),
        false => (end.other.as_str(), server.address.as_str()),
    };
    let role = if end.is_source { 1 } else { 2 };
    let state = if server.form == Form::Reworded { format!("state{state}") } else { state.to_string() };
    format!("{}: {role} {source} {target} {state}\n", end.volume)
}

/// Changes the local ends of mirrors.
pub fn run(farm: &mut Farm, server: &Server, words: &[&str]) -> Reply {
    match words {
        [".", "deletelocalmirroronly", volume] => {
            if !server.mirrors.iter().any(|end| end.volume == *volume) {
                return status(NOT_MIRRORED);
            }
            let targets = server.mirrors.iter().filter(|end| end.volume == *volume && end.is_source).count();
            if server.jobs.iter().any(|job| job.volume == *volume) {
                farm.notes.push(format!(
                    "the mirror of {volume} was deleted on {} while its job was still there",
                    server.name
                ));
            }
            if targets > 1 {
                farm.notes.push(format!("{targets} mirrors of {volume} went with the local end on {}", server.name));
            }
            if let Some(one) = farm.state.lifekeeper.server_mut(&server.name) {
                one.mirrors.retain(|end| end.volume != *volume);
            }
            status(0)
        }
        [".", "clearswitchover", _] => status(0),
        [".", "deletejob", id] => {
            farm.notes.push(format!("deletejob {id} was tried: it wants every node of the job"));
            status(1722)
        }
        _ => status(87),
    }
}
