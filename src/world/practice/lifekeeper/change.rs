//! What people, hardware and bad luck do to LifeKeeper servers.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::answer;
use super::lists::{switch_over, volumes};
use super::state::{Lists, Server, cluster_of, info_file, new_id};
use crate::model::request::Reply;
use crate::world::practice::change::{ChangeError, cant};
use crate::world::practice::change_apply::Applied;
use crate::world::practice::farm::Farm;
use crate::world::practice::state::same;

/// One change from outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// A server's operating system was installed anew; the others don't know that.
    Reinstalled {
        /// The server.
        server: String,
        /// Whether LifeKeeper and DataKeeper were installed as well.
        lifekeeper: bool,
    },
    /// The hierarchies that a server has come in service on it, and nowhere else: the product failed over, or a person did it.
    InService {
        /// The server.
        server: String,
    },
    /// The hierarchies that a server has go out of service on it.
    OutOfService {
        /// The server.
        server: String,
    },
    /// The mirrors of a server are paused, or continued.
    Paused {
        /// The server.
        server: String,
        /// Whether they are paused then.
        paused: bool,
    },
    /// A flag is set on a server, or taken away.
    Flag {
        /// The server.
        server: String,
        /// The flag.
        flag: String,
        /// Whether it is set then.
        set: bool,
    },
    /// Somebody made the jobs of a server's volumes anew: they have other IDs.
    NewJobs {
        /// The server.
        server: String,
    },
    /// Somebody ran one of LifeKeeper's commands on a server by hand.
    Ran {
        /// The server.
        server: String,
        /// The command and its arguments.
        words: Vec<String>,
    },
    /// What a server holds of its cluster is damaged, on its side alone.
    Damaged {
        /// The server.
        server: String,
        /// What is gone.
        part: Part,
    },
    /// A server's commands word what they show otherwise.
    Shows {
        /// The server.
        server: String,
        /// How.
        form: Form,
    },
}

/// What a server may lose that the others still have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// Its equivalencies with the others.
    Equivalencies,
    /// The registry keys of its jobs; the mirrors stay.
    Jobs,
    /// Its ends of the mirrors.
    Mirrors,
    /// The files `LKDRInfo`.
    Info,
}

/// How a server's commands word what they show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// As the farm usually does, with the separator that is asked for.
    Usual,
    /// With blanks between the fields, whatever is asked for.
    Blanks,
    /// With the control character 0x01 between the fields, whatever is asked for.
    ControlA,
    /// As another version might.
    Reworded,
    /// Cut off in the middle.
    Truncated,
    /// Not at all.
    Empty,
    /// With the servers' full domain names.
    Domain,
}

const BIN: &str = r"C:\LK\Bin";

/// Carries out one change.
pub fn carry_out(farm: &mut Farm, change: &Change) -> Applied {
    Ok(match change {
        Change::Reinstalled { server, lifekeeper } => on_server(farm, server, |one| {
            *one = Server {
                installed: *lifekeeper,
                memory: Lists::default(),
                disk: Lists::default(),
                jobs: Vec::new(),
                mirrors: Vec::new(),
                files: Default::default(),
                ..one.clone()
            };
        }),
        Change::InService { server } => in_service(farm, server),
        Change::OutOfService { server } => on_server(farm, server, |one| {
            one.memory.resources.iter_mut().for_each(|resource| resource.in_service = false);
            one.sync();
        }),
        Change::Paused { server, paused } => pause(farm, server, *paused),
        Change::Flag { server, flag, set } => on_server(farm, server, |one| {
            one.memory.flags.retain(|known| known != flag);
            one.memory.flags.extend(set.then(|| flag.clone()));
        }),
        Change::NewJobs { server } => new_jobs(farm, server),
        Change::Ran { server, words } => ran(farm, server, words),
        Change::Damaged { server, part } => damage(farm, server, *part),
        Change::Shows { server, form } => on_server(farm, server, |one| one.form = *form),
    })
}

/// A restart brings back what is on disk. A server that comes back serves what nobody else has taken over.
pub fn power(farm: &mut Farm, server: &str, on: bool) {
    if !on || farm.state.powered(server) {
        return;
    }
    let Some(one) = farm.state.lifekeeper.server(server).cloned() else { return };
    let tops: Vec<String> = one.disk.resources.iter().map(|resource| resource.top.clone()).collect();
    // Another cluster's hierarchies may have the same tags.
    let is_of_cluster = |other: &Server| {
        cluster_of(farm, server).is_some_and(|cluster| cluster.servers.keys().any(|one| same(one, &other.name)))
    };
    let others =
        || farm.state.lifekeeper.servers.iter().filter(|other| !same(&other.name, server) && is_of_cluster(other));
    let runs = |other: &Server, top: &str| farm.state.powered(&other.name) && other.serves(top);
    let taken: Vec<&String> = tops.iter().filter(|top| others().any(|other| runs(other, top))).collect();
    let sourced = |volume: &str| {
        others().find(|other| {
            other.mirrors.iter().any(|end| end.volume == volume && end.is_source && same(&end.other, server))
        })
    };
    let mut memory = one.disk.clone();
    memory.resources.iter_mut().for_each(|resource| resource.in_service &= !taken.contains(&&resource.top));
    let mut mirrors = one.mirrors.clone();
    for end in &mut mirrors {
        if let Some(source) = sourced(&end.volume) {
            (end.is_source, end.other) = (false, source.name.clone());
        }
    }
    mirrors.dedup();
    if let Some(one) = farm.state.lifekeeper.server_mut(server) {
        // What is in service is kept on disk by itself.
        one.disk.resources.clone_from(&memory.resources);
        (one.memory, one.mirrors) = (memory, mirrors);
    }
}

fn in_service(farm: &mut Farm, server: &str) -> Result<(), ChangeError> {
    let Some(one) = farm.state.lifekeeper.server(server).cloned() else {
        return cant(format!("there is no LifeKeeper server {server}"));
    };
    for top in one.tops() {
        for other in &mut farm.state.lifekeeper.servers {
            let is_this = same(&other.name, server);
            if is_this || one.memory.equivalencies.iter().any(|shared| same(&shared.other, &other.name)) {
                other.put(top, is_this);
                other.sync();
            }
        }
        for volume in volumes(&one, top) {
            switch_over(farm, &one.name, &volume);
        }
    }
    Ok(())
}

fn pause(farm: &mut Farm, server: &str, paused: bool) -> Result<(), ChangeError> {
    let Some(one) = farm.state.lifekeeper.server(server).cloned() else {
        return cant(format!("there is no LifeKeeper server {server}"));
    };
    for end in &one.mirrors {
        let both = [(server, end.other.as_str()), (end.other.as_str(), server)];
        for (on, other) in both {
            let theirs = farm.state.lifekeeper.server_mut(on).and_then(|one| one.end_mut(&end.volume, other));
            if let Some(end) = theirs {
                end.is_paused = paused;
            }
        }
    }
    Ok(())
}

fn new_jobs(farm: &mut Farm, server: &str) -> Result<(), ChangeError> {
    let number = farm.state.number.saturating_add(1_000_000);
    on_server(farm, server, |one| {
        for job in &mut one.jobs {
            job.id = new_id(number, &job.volume);
        }
    })
}

fn ran(farm: &mut Farm, server: &str, words: &[String]) -> Result<(), ChangeError> {
    let Some(one) = farm.state.lifekeeper.server(server).cloned() else {
        return cant(format!("there is no LifeKeeper server {server}"));
    };
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let Some((program, arguments)) = words.split_first() else { return cant("no command is named") };
    match answer::run(farm, &one, BIN, program, arguments) {
        Reply::Ended { exit_code: 0, .. } => on_server(farm, server, Server::sync),
        other => cant(format!("{program}: {other:?}")),
    }
}

fn damage(farm: &mut Farm, server: &str, part: Part) -> Result<(), ChangeError> {
    let held = farm.state.lifekeeper.server(server).cloned();
    let has = |held: Server| match part {
        Part::Equivalencies => !held.memory.equivalencies.is_empty(),
        Part::Jobs => !held.jobs.is_empty(),
        Part::Mirrors => !held.mirrors.is_empty(),
        Part::Info => held.jobs.iter().any(|job| answer::has_info(&held, &job.volume)),
    };
    if held.is_some_and(|held| !has(held)) {
        return cant(format!("{server} has nothing of the kind"));
    }
    on_server(farm, server, |one| match part {
        Part::Equivalencies => {
            one.memory.equivalencies.clear();
            one.sync();
        }
        Part::Jobs => one.jobs.clear(),
        Part::Mirrors => one.mirrors.clear(),
        Part::Info => {
            for job in one.jobs.clone() {
                one.files.remove(&info_file(&job.volume));
            }
        }
    })
}

fn on_server(farm: &mut Farm, server: &str, change: impl FnOnce(&mut Server)) -> Result<(), ChangeError> {
    match farm.state.lifekeeper.server_mut(server) {
        Some(one) => {
            change(one);
            Ok(())
        }
        None => cant(format!("there is no LifeKeeper server {server}")),
    }
}

/// Removes what a server has of a volume's mirrors with another.
pub fn part(server: &mut Server, volume: &str, other: &str) {
    server.mirrors.retain(|end| !(end.volume == volume && same(&end.other, other)));
    for job in server.jobs.iter_mut().filter(|job| job.volume == volume) {
        job.pairs.retain(|(one, two)| !same(one, other) && !same(two, other));
    }
    server.jobs.retain(|job| !job.pairs.is_empty());
    if !server.jobs.iter().any(|job| job.volume == volume) {
        server.files.remove(&info_file(volume));
    }
}

/// Writes the change as a sentence.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Change::Reinstalled { server, lifekeeper: true } => {
                write!(f, "{server} was installed anew, with LifeKeeper, and knows nobody")
            }
            Change::Reinstalled { server, lifekeeper: false } => {
                write!(f, "{server} was installed anew, without LifeKeeper")
            }
            Change::InService { server } => write!(f, "the hierarchies came in service on {server}"),
            Change::OutOfService { server } => write!(f, "the hierarchies went out of service on {server}"),
            Change::Paused { server, paused } => {
                write!(f, "the mirrors of {server} are {}", if *paused { "paused" } else { "continued" })
            }
            Change::Flag { server, flag, set } => {
                write!(f, "flag {flag} is {} on {server}", if *set { "set" } else { "taken away" })
            }
            Change::NewJobs { server } => write!(f, "the jobs of {server} have other IDs"),
            Change::Ran { server, words } => write!(f, "somebody ran {} on {server}", words.join(" ")),
            Change::Damaged { server, part } => {
                let what = match part {
                    Part::Equivalencies => "the equivalencies",
                    Part::Jobs => "the jobs' registry keys",
                    Part::Mirrors => "the ends of the mirrors",
                    Part::Info => "the LKDRInfo files",
                };
                write!(f, "{what} of {server} are gone")
            }
            Change::Shows { server, form } => {
                let how = match form {
                    Form::Usual => "as usual",
                    Form::Blanks => "with blanks between fields",
                    Form::ControlA => "with 0x01 between fields",
                    Form::Reworded => "as another version might",
                    Form::Truncated => "cut off",
                    Form::Empty => "not at all",
                    Form::Domain => "with full domain names",
                };
                write!(f, "the commands of {server} show things {how}")
            }
        }
    }
}
