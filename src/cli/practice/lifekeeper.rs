//! LifeKeeper servers on a practice farm: what can be done to them, and what can be seen.

use clap::{Args, ValueEnum};

use crate::report::clean;
use crate::world::practice::lifekeeper::{Change, Form, Part, ServerStatus, Status};
use crate::world::practice::{Change as FarmChange, sun_ray};

use super::{list, pair, unfit};
use crate::cli::arguments::{Damage, PracticeCorrupt};
use crate::cli::failure::Failure;

/// The part of `practice set` that is LifeKeeper's. `--reinstalled` and `--shows` are for its servers too.
#[derive(Debug, Args)]
#[group(id = "lifekeeper")]
pub struct Set {
    /// A LifeKeeper server's operating system was installed anew, and LifeKeeper not yet.
    #[arg(long, value_name = "SERVER")]
    pub without_lifekeeper: Vec<String>,
    /// LifeKeeper's hierarchies came in service on a server: the product failed over, or a person did it.
    #[arg(long, value_name = "SERVER")]
    pub in_service: Vec<String>,
    /// LifeKeeper's hierarchies went out of service on a server.
    #[arg(long, value_name = "SERVER")]
    pub out_of_service: Vec<String>,
    /// The mirrors of a LifeKeeper server are paused.
    #[arg(long, value_name = "SERVER")]
    pub mirrors_paused: Vec<String>,
    /// The mirrors of a LifeKeeper server are continued.
    #[arg(long, value_name = "SERVER")]
    pub mirrors_continued: Vec<String>,
    /// The jobs of a LifeKeeper server's volumes were made anew, with other IDs.
    #[arg(long, value_name = "SERVER")]
    pub new_jobs: Vec<String>,
    /// A flag is set on a LifeKeeper server, for example `NODE1=!action!1!2!NODE1:x`.
    #[arg(long, value_name = "SERVER=FLAG")]
    pub flag: Vec<String>,
    /// A flag is taken away from a LifeKeeper server.
    #[arg(long, value_name = "SERVER=FLAG")]
    pub no_flag: Vec<String>,
    /// Somebody ran a LifeKeeper command on a server, for example `NODE1=net_remove -s NODE2`.
    #[arg(long, value_name = "SERVER=COMMAND")]
    pub ran: Vec<String>,
    /// What a LifeKeeper server's commands part fields with: usual, blanks or control-a.
    #[arg(long, value_name = "SERVER=FORM")]
    pub separator: Vec<String>,
}

/// What parts the fields of what commands show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Separator {
    Usual,
    Blanks,
    ControlA,
}

/// Returns the changes that are asked for.
///
/// # Errors
/// A [`Failure`] where one can't be read.
pub fn changes(arguments: &Set) -> Result<Vec<Change>, Failure> {
    let mut changes = Vec::new();
    let each =
        |servers: &[String], change: fn(String) -> Change| servers.iter().cloned().map(change).collect::<Vec<_>>();
    changes.extend(each(&arguments.without_lifekeeper, |server| Change::Reinstalled { server, lifekeeper: false }));
    changes.extend(each(&arguments.in_service, |server| Change::InService { server }));
    changes.extend(each(&arguments.out_of_service, |server| Change::OutOfService { server }));
    changes.extend(each(&arguments.mirrors_paused, |server| Change::Paused { server, paused: true }));
    changes.extend(each(&arguments.mirrors_continued, |server| Change::Paused { server, paused: false }));
    changes.extend(each(&arguments.new_jobs, |server| Change::NewJobs { server }));
    for (flags, set) in [(&arguments.flag, true), (&arguments.no_flag, false)] {
        for one in flags {
            let (server, flag) = pair(one)?;
            changes.push(Change::Flag { server, flag, set });
        }
    }
    for one in &arguments.ran {
        let (server, words) = pair(one)?;
        changes.push(Change::Ran { server, words: words.split_whitespace().map(str::to_owned).collect() });
    }
    for one in &arguments.separator {
        let (server, form) = pair(one)?;
        let form = match Separator::from_str(&form, true) {
            Ok(Separator::Usual) => Form::Usual,
            Ok(Separator::Blanks) => Form::Blanks,
            Ok(Separator::ControlA) => Form::ControlA,
            Err(_) => {
                return Err(Failure::new(
                    1,
                    format!("`{form}` parts no fields: usual, blanks or control-a"),
                    format!("`{form}` は使えない: usual、blanks、control-a"),
                ));
            }
        };
        changes.push(Change::Shows { server, form });
    }
    Ok(changes)
}

/// Returns whether a server is one of the farm's LifeKeeper servers.
pub fn is_ours(server: &str, status: &Status) -> bool {
    status.servers.iter().any(|one| one.name.eq_ignore_ascii_case(server))
}

/// Returns the damage that is asked for.
///
/// # Errors
/// A [`Failure`] where a LifeKeeper server has nothing of the kind.
pub fn damage(arguments: &PracticeCorrupt) -> Result<Change, Failure> {
    let server = arguments.server.clone();
    let part = match arguments.damage.unwrap_or(Damage::Equivalencies) {
        Damage::Equivalencies => Part::Equivalencies,
        Damage::Jobs => Part::Jobs,
        Damage::Mirrors => Part::Mirrors,
        Damage::Info => Part::Info,
        Damage::Flip | Damage::Missing | Damage::Invalid | Damage::Chain => return Err(unfit(&server)),
    };
    match (&arguments.file, &arguments.store) {
        (None, None) => Ok(Change::Damaged { server, part }),
        _ => Err(unfit(&server)),
    }
}

/// Returns the same change for a LifeKeeper server, where the option is for servers of several products.
pub fn instead(change: sun_ray::Change, status: &Status) -> FarmChange {
    match change {
        sun_ray::Change::Reinstalled { server } if is_ours(&server, status) => {
            Change::Reinstalled { server, lifekeeper: true }.into()
        }
        sun_ray::Change::Shows { server, form } if is_ours(&server, status) => {
            let form = match form {
                sun_ray::Form::Usual => Form::Usual,
                sun_ray::Form::Reworded => Form::Reworded,
                sun_ray::Form::Truncated => Form::Truncated,
                sun_ray::Form::Empty => Form::Empty,
                sun_ray::Form::Domain => Form::Domain,
            };
            Change::Shows { server, form }.into()
        }
        other => other.into(),
    }
}

/// Tells what can be seen, a line for each server.
pub fn told(status: &Status) -> String {
    status.servers.iter().map(line).collect()
}

fn line(server: &ServerStatus) -> String {
    if !server.installed {
        return format!("LifeKeeper server {}: not installed\n", server.name);
    }
    let hierarchies = server.hierarchies.iter().map(|(top, in_service)| {
        format!(", {} {}", clean::terminal(top), if *in_service { "in service" } else { "out of service" })
    });
    let mirrors = server.mirrors.iter().map(|(volume, is_source, other, is_paused)| {
        let (way, state) = (if *is_source { "to" } else { "from" }, if *is_paused { " paused" } else { "" });
        format!(", {volume} mirrored {way} {other}{state}")
    });
    format!(
        "LifeKeeper server {}: knows {}, shares with {}{}{}{}{}{}\n",
        server.name,
        list(&server.systems),
        list(&server.shares_with),
        hierarchies.collect::<String>(),
        mirrors.collect::<String>(),
        server.saved.iter().map(|path| format!(", {}", clean::terminal(path))).collect::<String>(),
        server.flags.iter().map(|flag| format!(", flag {}", clean::terminal(flag))).collect::<String>(),
        if server.synced { "" } else { ", not synced" },
    )
}
