//! `practice`: looks at a practice farm and changes it from outside, as terminals, people and hardware would.

use std::path::{Path, PathBuf};

use crate::model::words::Text;
use crate::report::clean;
use crate::world::practice::change::TaskState;
use crate::world::practice::status::ServerStatus;
use crate::world::practice::{Change, FarmStatus, Operator, PracticeWorld};

use super::arguments::{Damage, Practice, PracticeCommand, PracticeCorrupt, PracticeOperator, PracticeSet};
use super::failure::Failure;
use super::inputs::{FARM, shown};
use super::setting::Setting;

/// Runs the command.
pub fn run(setting: &Setting, arguments: &Practice) -> Result<u8, Failure> {
    match &arguments.what {
        PracticeCommand::Up(farm) | PracticeCommand::Status(farm) => {
            status(setting, &PracticeWorld::open(&farm_yaml(&farm.farm))?)
        }
        PracticeCommand::Set(arguments) => {
            let farm = PracticeWorld::open(&farm_yaml(&arguments.farm))?;
            change(setting, &farm, &changes(arguments, &farm.status()?)?)
        }
        PracticeCommand::Corrupt(arguments) => {
            let farm = PracticeWorld::open(&farm_yaml(&arguments.farm))?;
            let damage = damage(arguments, &farm.status()?)?;
            change(setting, &farm, &[damage])
        }
        PracticeCommand::Reset(farm) => {
            let yaml = farm_yaml(&farm.farm);
            PracticeWorld::reset(&yaml)?;
            let yaml = shown(&yaml);
            setting.remark(&Text::new(format!("made anew from `{yaml}`"), format!("`{yaml}` から作り直した")));
            Ok(0)
        }
    }
}

fn farm_yaml(path: &Path) -> PathBuf {
    if path.is_dir() { path.join(FARM) } else { path.into() }
}

fn change(setting: &Setting, farm: &PracticeWorld, changes: &[Change]) -> Result<u8, Failure> {
    for change in changes {
        farm.change(change)?;
        setting.remark(&Text::new(change.to_string(), change.to_string()));
    }
    Ok(0)
}

fn changes(arguments: &PracticeSet, status: &FarmStatus) -> Result<Vec<Change>, Failure> {
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
    for one in &arguments.free {
        let (server, megabytes) = number(one)?;
        changes.push(Change::FreeSpace { server, megabytes });
    }
    let powered = |on| move |server: &String| Change::Powered { server: server.clone(), on };
    changes.extend(arguments.off.iter().map(powered(false)));
    changes.extend(arguments.on.iter().map(powered(true)));
    let answers = |answers| move |server: &String| Change::Answers { server: server.clone(), answers };
    changes.extend(arguments.silent.iter().map(answers(false)));
    changes.extend(arguments.answering.iter().map(answers(true)));
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
    if arguments.new_version {
        changes.push(Change::NewVersion { store: store()?, disk: None });
    }
    if arguments.empty_trash {
        changes.push(Change::EmptyTrash { store: store()? });
    }
    changes.extend(arguments.fail_next.map(Change::FailNext));
    changes.extend(arguments.lose_next.map(Change::LoseNext));
    changes.extend(arguments.database.map(Change::DatabaseAnswers));
    changes.extend(arguments.operator.map(|operator| {
        Change::Operator(match operator {
            PracticeOperator::Simulated => Operator::Simulated,
            PracticeOperator::Person => Operator::Person,
        })
    }));
    Ok(changes)
}

fn damage(arguments: &PracticeCorrupt, status: &FarmStatus) -> Result<Change, Failure> {
    let (store, server) = (store(arguments.store.as_deref(), status)?, arguments.server.clone());
    let file = arguments.file.clone();
    Ok(match (arguments.damage, file) {
        (Damage::Flip, file) => Change::Corrupt { store, server, file, offset: None },
        (Damage::Invalid, file) => Change::Invalid { store, server, file },
        (Damage::Chain, file) => Change::Chain { store, server, file },
        (Damage::Missing, Some(file)) => Change::FileMissing { store, server, file },
        (Damage::Missing, None) => {
            return Err(Failure::new(1, "which file is gone?", "どのファイルがなくなるのか指定がない")
                .hint("add `--file NAME`", "`--file 名前` を追加する"));
        }
    })
}

/// Returns the store that is named, or the only one of the farm.
fn store(named: Option<&str>, status: &FarmStatus) -> Result<String, Failure> {
    match (named, status.stores.as_slice()) {
        (Some(name), _) => Ok(name.into()),
        (None, [only]) => Ok(only.name.clone()),
        (None, many) => {
            let names = many.iter().map(|store| format!("`{}`", store.name)).collect::<Vec<_>>().join(", ");
            Err(Failure::new(1, "the farm has several stores", "ファームに複数のストアがある")
                .hint(format!("add `--store NAME`, one of {names}"), format!("`--store 名前` を追加する ({names})")))
        }
    }
}

fn pair(text: &str) -> Result<(String, String), Failure> {
    match text.split_once('=') {
        Some((server, value)) if !server.is_empty() && !value.is_empty() => Ok((server.into(), value.into())),
        _ => Err(Failure::new(
            1,
            format!("`{text}` is not SERVER=VALUE"),
            format!("`{text}` は SERVER=VALUE の形ではない"),
        )),
    }
}

fn number(text: &str) -> Result<(String, u64), Failure> {
    let (server, value) = pair(text)?;
    let number = value.parse();
    number.map(|number| (server, number)).map_err(|_| {
        Failure::new(1, format!("`{value}` in `{text}` is not a number"), format!("`{text}` の `{value}` は数ではない"))
    })
}

fn status(setting: &Setting, farm: &PracticeWorld) -> Result<u8, Failure> {
    setting.print(&told(&farm.status()?));
    Ok(0)
}

/// Tells what can be seen of a farm, a line for each thing. It is for those who practise, so it speaks as the products do.
fn told(status: &FarmStatus) -> String {
    let mut text = format!("operator: {:?}\n", status.operator).to_lowercase();
    for machine in &status.machines {
        let word = |yes, on: &'static str, off: &'static str| if yes { on } else { off };
        text.push_str(&format!(
            "machine {}: {}, {}, {}, stream service {}, {} MiB free\n",
            machine.name,
            word(machine.registered, "registered", "not registered"),
            word(machine.powered, "on", "off"),
            word(machine.answers, "answers", "silent"),
            word(machine.stream_service, "running", "stopped"),
            machine.free_mb
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
    text.push_str(&format!(
        "next changing requests: {} fail, {} lose their answer; database {}\n",
        status.fail_next,
        status.lose_next,
        if status.database_answers { "answers" } else { "silent" }
    ));
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

fn list(names: &[String]) -> String {
    if names.is_empty() { "nobody".into() } else { clean::terminal(&names.join(", ")).into_owned() }
}
