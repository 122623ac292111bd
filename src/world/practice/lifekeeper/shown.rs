//! The commands that only show something.

use super::change::Form;
use super::state::{Equivalency, Resource, Server};
use crate::model::request::Reply;
use crate::world::practice::farm::Farm;
use crate::world::practice::state::same;

/// Answers a command that shows something.
pub fn show(farm: &Farm, server: &Server, program: &str, words: &[&str]) -> Reply {
    let separator = match (server.form, words.iter().find_map(|word| word.strip_prefix("-f"))) {
        (Form::Blanks, _) => " ",
        (Form::ControlA, _) | (_, None) => "\u{1}",
        (_, Some(separator)) => separator,
    };
    let text = match (program, words) {
        ("sys_list", []) => systems(server),
        ("eqv_list", ["-e", "SHARED", ..]) => {
            server.memory.equivalencies.iter().map(|one| shared(server, one, separator)).collect()
        }
        ("net_list", _) => server.memory.paths.iter().map(|one| path(farm, server, one, separator)).collect(),
        ("ins_list", _) => server.memory.resources.iter().map(|one| instance(one, separator)).collect(),
        ("flg_list", []) => server.memory.flags.iter().map(|flag| format!("{flag}\n")).collect(),
        ("perl", ["lcdstatus", "-q"]) => status(farm, server),
        _ => {
            let stderr = format!("usage: {program}: syntax error\n");
            return Reply::Ended { exit_code: 2, stdout: String::new(), stderr };
        }
    };
    // Flags have no wording of their own.
    let text = if program == "flg_list" { text } else { worded(text, server.form) };
    Reply::Ended { exit_code: 0, stdout: text, stderr: String::new() }
}

/// Words what is shown as another version might, or worse.
pub fn worded(text: String, form: Form) -> String {
    match form {
        Form::Usual | Form::Domain | Form::Blanks | Form::ControlA => text,
        Form::Reworded => {
            text.replace("SHARED", "COMMON").replace(" ISP ", " RUN ").replace(" OSU ", " OFF ").replace("ID =", "Id:")
        }
        Form::Truncated => text.chars().take(text.chars().count() / 2).collect(),
        Form::Empty => String::new(),
    }
}

fn systems(server: &Server) -> String {
    let mut all: Vec<&str> = server.memory.systems.iter().map(String::as_str).chain([server.name.as_str()]).collect();
    all.sort_by_key(|name| name.to_ascii_uppercase());
    let domain = if server.form == Form::Domain { ".example.com" } else { "" };
    all.iter().map(|name| format!("{name}{domain}\n")).collect()
}

fn shared(server: &Server, one: &Equivalency, separator: &str) -> String {
    let (mine, theirs) = (one.priorities.0.to_string(), one.priorities.1.to_string());
    let fields = [server.name.as_str(), &one.tag, &one.other, &one.tag, "SHARED", &mine, &theirs];
    format!("{}\n", fields.join(separator))
}

fn path(farm: &Farm, server: &Server, other: &str, separator: &str) -> String {
    let address = farm.state.lifekeeper.server(other).map_or("?", |one| one.address.as_str());
    format!("{}\n", [other, "TCPIP:1500", "TLI", "9600", address, &server.address, "1", "6", "5"].join(separator))
}

fn instance(one: &Resource, separator: &str) -> String {
    let (app, kind) = if one.volume.is_some() { ("filesys", "volume") } else { ("gen", "app") };
    let state = if one.in_service { "ISP" } else { "OSU" };
    format!("{}\n", [app, kind, &one.tag, &id(one), "AUTOMATIC", state].join(separator))
}

fn id(one: &Resource) -> String {
    one.volume.as_ref().map_or_else(|| one.tag.clone(), |letter| format!("{letter}:"))
}

fn status(farm: &Farm, server: &Server) -> String {
    let mut text = "LOCAL TAG ID STATE PRIO PRIMARY\n".to_string();
    for one in &server.memory.resources {
        let shared = server.memory.equivalencies.iter().filter(|known| known.tag == one.tag);
        let priority = shared.clone().map(|known| known.priorities.0).min().unwrap_or(1);
        let best = shared.min_by_key(|known| known.priorities.1).filter(|known| known.priorities.1 < priority);
        let primary = best.map_or(server.name.as_str(), |known| known.other.as_str());
        let (branch, state) =
            (if one.volume.is_some() { "|-" } else { "" }, if one.in_service { "ISP" } else { "OSU" });
        text.push_str(&format!("{} {branch}{} {} {state} {priority} {primary}\n", server.name, one.tag, id(one)));
    }
    text.push_str("\nMACHINE TYPE ADDRESSES/DISK STATE PRIO\n");
    for other in &server.memory.paths {
        let Some(theirs) = farm.state.lifekeeper.server(other) else { continue };
        let is_mutual = theirs.memory.paths.iter().any(|one| same(one, &server.name));
        let state = if is_mutual && farm.state.reachable(other) { "ALIVE" } else { "DEAD" };
        text.push_str(&format!("{other} TCP {}/{} {state} 1\n", server.address, theirs.address));
    }
    text
}
