//! `practice`: looks at a practice farm and changes it from outside, as terminals, people and hardware would.

pub mod co_store;
pub mod lifekeeper;
pub mod sun_ray;
pub mod wsmgr;

use std::path::{Path, PathBuf};

use crate::model::words::Text;
use crate::report::clean;
use crate::world::practice::{Change, FarmStatus, Operator, PracticeWorld};

use super::arguments::{Practice, PracticeCommand, PracticeOperator, PracticeSet, PracticeUp};
use super::failure::Failure;
use super::inputs::{FARM, shown};
use super::serve;
use super::setting::Setting;

/// Runs the command.
pub fn run(setting: &Setting, arguments: &Practice) -> Result<u8, Failure> {
    match &arguments.what {
        PracticeCommand::Up(arguments) if arguments.serve => {
            serve::run(setting, &PracticeWorld::open(&farm_yaml(&arguments.farm.farm))?, arguments.port)
        }
        PracticeCommand::Up(PracticeUp { farm, .. }) | PracticeCommand::Status(farm) => {
            status(setting, &PracticeWorld::open(&farm_yaml(&farm.farm))?)
        }
        PracticeCommand::Set(arguments) => {
            let farm = PracticeWorld::open(&farm_yaml(&arguments.farm))?;
            change(setting, &farm, &changes(arguments, &farm.status()?)?)
        }
        PracticeCommand::Corrupt(arguments) => {
            let farm = PracticeWorld::open(&farm_yaml(&arguments.farm))?;
            let status = farm.status()?;
            let damage = match lifekeeper::is_ours(&arguments.server, &status.lifekeeper) {
                true => lifekeeper::damage(arguments)?.into(),
                false => co_store::damage(arguments, &status.co_store)?.into(),
            };
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
    let mut changes = Vec::new();
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
    changes.extend(co_store::changes(&arguments.co_store, &status.co_store)?.into_iter().map(Change::from));
    let shared = sun_ray::changes(&arguments.sun_ray)?.into_iter();
    changes.extend(shared.map(|change| lifekeeper::instead(change, &status.lifekeeper)));
    changes.extend(lifekeeper::changes(&arguments.lifekeeper)?.into_iter().map(Change::from));
    changes.extend(wsmgr::changes(&arguments.wsmgr)?.into_iter().map(Change::from));
    changes.extend(arguments.fail_next.map(Change::FailNext));
    changes.extend(arguments.lose_next.map(Change::LoseNext));
    changes.extend(arguments.operator.map(|operator| {
        Change::Operator(match operator {
            PracticeOperator::Simulated => Operator::Simulated,
            PracticeOperator::Person => Operator::Person,
        })
    }));
    Ok(changes)
}

/// A server's product has nothing that could be damaged so.
fn unfit(server: &str) -> Failure {
    Failure::new(
        1,
        format!("`{server}` has nothing that could be damaged so"),
        format!("`{server}` にはその対象がない"),
    )
    .hint(
        "`rolewalk practice corrupt --help` tells each damage and its product",
        "対象は `rolewalk practice corrupt --help` で確認できる",
    )
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
            "machine {}: {}, {}, {} MiB free\n",
            machine.name,
            word(machine.powered, "on", "off"),
            word(machine.answers, "answers", "silent"),
            machine.free_mb
        ));
    }
    text.push_str(&co_store::told(&status.co_store));
    text.push_str(&sun_ray::told(&status.sun_ray));
    text.push_str(&lifekeeper::told(&status.lifekeeper));
    text.push_str(&wsmgr::told(&status.wsmgr));
    text.push_str(&format!(
        "next changing requests: {} fail, {} lose their answer\n",
        status.fail_next, status.lose_next
    ));
    text
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "nobody".into() } else { clean::terminal(&names.join(", ")).into_owned() }
}
