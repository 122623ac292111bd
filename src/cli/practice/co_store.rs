//! CO-Store and Citrix PVS on a practice farm: what can be done to them, and what can be seen.

use clap::Args;

use crate::report::clean;
use crate::world::practice::co_store::status::ServerStatus;
use crate::world::practice::co_store::{Change, Status, TaskState};

use super::unfit;
use super::{list, number, pair};
use crate::cli::arguments::{Damage, PracticeCorrupt};
use crate::cli::failure::Failure;

/// The part of `practice set` that is CO-Store's.
#[derive(Debug, Args)]
#[group(id = "co-store")]
pub struct Set {
    /// The store; needed only where the farm has several.
    #[arg(long, value_name = "STORE")]
    pub store: Option<String>,
    /// So many terminals run on a server.
    #[arg(long, value_name = "SERVER=COUNT")]
    pub terminals: Vec<String>,
    /// A task is running.
    #[arg(long, value_name = "DESCRIPTION")]
    pub running_task: Option<String>,
    /// A task is pending.
    #[arg(long, value_name = "DESCRIPTION")]
    pub pending_task: Option<String>,
    /// The task of this number ended.
    #[arg(long, value_name = "NUMBER")]
    pub end_task: Option<i64>,
    /// A server's Stream Service is stopped.
    #[arg(long, value_name = "SERVER")]
    pub stream_stopped: Vec<String>,
    /// A server's Stream Service is started.
    #[arg(long, value_name = "SERVER")]
    pub stream_started: Vec<String>,
    /// Somebody wrote this master into the database.
    #[arg(long, value_name = "SERVER")]
    pub master: Option<String>,
    /// Somebody ticked a server on a PVS store.
    #[arg(long, value_name = "SERVER=PVS-STORE")]
    pub tick: Vec<String>,
    /// Somebody unticked a server on a PVS store.
    #[arg(long, value_name = "SERVER=PVS-STORE")]
    pub untick: Vec<String>,
    /// Somebody joined a server to the farm.
    #[arg(long, value_name = "SERVER")]
    pub register: Vec<String>,
    /// Somebody deleted a server from the farm.
    #[arg(long, value_name = "SERVER")]
    pub unregister: Vec<String>,
    /// Somebody began to rewrite a vDisk: the master alone has its newest version, until --new-version finishes it.
    #[arg(long)]
    pub writing: bool,
    /// Somebody finished a new version of a vDisk, which starts replication.
    #[arg(long)]
    pub new_version: bool,
    /// Somebody emptied the trash, which starts replication.
    #[arg(long)]
    pub empty_trash: bool,
    /// The leftover vDisk files of a server were deleted by hand.
    #[arg(long, value_name = "SERVER")]
    pub cleaned: Vec<String>,
    /// The database answers or not.
    #[arg(long, value_name = "true|false")]
    pub database: Option<bool>,
}

/// Returns the changes that are asked for.
///
/// # Errors
/// A [`Failure`] where one can't be read, or it is not clear which store is meant.
pub fn changes(arguments: &Set, status: &Status) -> Result<Vec<Change>, Failure> {
    let store = || store(arguments.store.as_deref(), status);
    let mut changes = Vec::new();
    for one in &arguments.terminals {
        let (server, count) = number(one)?;
        changes.push(Change::Terminals { store: store()?, server, count });
    }
    let tasks = [(&arguments.running_task, TaskState::Running), (&arguments.pending_task, TaskState::Pending)];
    for (description, state) in tasks {
        if let Some(description) = description {
            changes.push(Change::TaskAdded { store: store()?, state, description: description.clone() });
        }
    }
    changes.extend(arguments.end_task.map(|id| Change::TaskRemoved { id }));
    let stream = |running| move |server: &String| Change::StreamService { server: server.clone(), running };
    changes.extend(arguments.stream_stopped.iter().map(stream(false)));
    changes.extend(arguments.stream_started.iter().map(stream(true)));
    if let Some(server) = &arguments.master {
        changes.push(Change::Master { store: store()?, server: server.clone() });
    }
    for (list, ticked) in [(&arguments.tick, true), (&arguments.untick, false)] {
        for one in list {
            let (server, pvs_store) = pair(one)?;
            changes.push(Change::Ticked { pvs_store, server, ticked });
        }
    }
    for (list, registered) in [(&arguments.register, true), (&arguments.unregister, false)] {
        for server in list {
            changes.push(Change::Registered { store: store()?, server: server.clone(), registered });
        }
    }
    for server in &arguments.cleaned {
        changes.push(Change::Cleaned { store: store()?, server: server.clone() });
    }
    if arguments.writing {
        changes.push(Change::Writing { store: store()?, disk: None });
    }
    if arguments.new_version {
        changes.push(Change::NewVersion { store: store()?, disk: None });
    }
    if arguments.empty_trash {
        changes.push(Change::EmptyTrash { store: store()? });
    }
    changes.extend(arguments.database.map(Change::DatabaseAnswers));
    Ok(changes)
}

/// Returns the damage that is asked for.
///
/// # Errors
/// A [`Failure`] where it is not clear which file or store is meant.
pub fn damage(arguments: &PracticeCorrupt, status: &Status) -> Result<Change, Failure> {
    let (store, server) = (store(arguments.store.as_deref(), status)?, arguments.server.clone());
    let file = arguments.file.clone();
    Ok(match (arguments.damage.unwrap_or(Damage::Flip), file) {
        (Damage::Flip, file) => Change::Corrupt { store, server, file, offset: None },
        (Damage::Invalid, file) => Change::Invalid { store, server, file },
        (Damage::Chain, file) => Change::Chain { store, server, file },
        (Damage::Missing, Some(file)) => Change::FileMissing { store, server, file },
        (Damage::Missing, None) => {
            return Err(Failure::new(1, "which file is gone?", "どのファイルがなくなるのか指定がない")
                .hint("add `--file NAME`", "`--file 名前` を追加する"));
        }
        (Damage::Equivalencies | Damage::Jobs | Damage::Mirrors | Damage::Info, _) => {
            return Err(unfit(&server));
        }
    })
}

/// Returns the store that is named, or the only one of the farm.
fn store(named: Option<&str>, status: &Status) -> Result<String, Failure> {
    match (named, status.stores.as_slice()) {
        (Some(name), _) => Ok(name.into()),
        (None, [only]) => Ok(only.name.clone()),
        (None, []) => Err(Failure::new(1, "the farm has no CO-Store store", "ファームに CO-Store のストアがない")),
        (None, many) => {
            let names = many.iter().map(|store| format!("`{}`", store.name)).collect::<Vec<_>>().join(", ");
            Err(Failure::new(1, "the farm has several stores", "ファームに複数のストアがある")
                .hint(format!("add `--store NAME`, one of {names}"), format!("`--store 名前` を追加する ({names})")))
        }
    }
}

/// Tells what can be seen, a line for each thing.
pub fn told(status: &Status) -> String {
    let mut text = String::new();
    if status.stores.is_empty() {
        return text;
    }
    for server in &status.servers {
        text.push_str(&format!(
            "PVS server {}: {}, stream service {}\n",
            server.name,
            if server.registered { "registered" } else { "not registered" },
            if server.stream_service { "running" } else { "stopped" },
        ));
    }
    for store in &status.stores {
        text.push_str(&format!(
            "store {}: master {} in the database\n",
            store.name,
            store.master.as_deref().unwrap_or("nobody")
        ));
        for tick in &store.ticks {
            text.push_str(&format!("  ticked on {}: {}\n", tick.pvs_store, list(&tick.ticked)));
        }
        for task in &store.tasks {
            text.push_str(&format!("  task {}, {}: {}\n", task.id, task.state, clean::terminal(&task.description)));
        }
        for server in &store.servers {
            text.push_str(&format!(
                "  {}: {}, {} terminals, {}\n",
                server.name,
                server.role,
                server.terminals,
                share(server)
            ));
        }
    }
    text.push_str(&format!("database {}\n", if status.database_answers { "answers" } else { "silent" }));
    text
}

fn share(server: &ServerStatus) -> String {
    let Some(share) = &server.share else { return "no share".into() };
    let differ = share.files.iter().filter(|file| file.as_master == Some(false)).map(|file| file.name.clone());
    let differ: Vec<String> = differ.collect();
    let mut told = format!("{} files", share.files.len());
    for (what, names) in [("missing", &share.missing), ("differing", &differ)] {
        if !names.is_empty() {
            told.push_str(&format!(", {what}: {}", list(names)));
        }
    }
    for (folder, files) in &share.invalid {
        told.push_str(&format!(", {folder}: {}", list(files)));
    }
    told
}
