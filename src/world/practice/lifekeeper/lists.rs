//! The LCD commands that change the configuration lists, and `perform_action`.
//!
//! # Source
//! SIOS' pages of the LCD commands: syntax and exit codes; what is made and removed is in shared memory until `lcdsync`.
//! `ins_remove` also removes dependencies and equivalencies on the system whose configuration it changes. Error 424 is the
//! reinstallation document's.

use super::state::Server;
use crate::world::practice::farm::Farm;
use crate::world::practice::state::same;

const EXISTS: i32 = 4;
const MISSING: i32 = 7;
const DEPENDED_ON: i32 = 8;

/// What a command comes to: what it writes, or its exit code and what it writes to standard error.
type Ran = Result<String, (i32, String)>;

/// Runs a command; none where there is none of that name.
pub fn run(farm: &mut Farm, server: &Server, program: &str, words: &[&str]) -> Option<Ran> {
    Some(match program {
        "eqv_remove" => remove_equivalency(farm, server, words),
        "ins_remove" => remove_hierarchy(farm, server, words),
        "sys_remove" => remove_system(farm, server, words),
        "net_remove" => remove_path(farm, server, words),
        "flg_create" => flag(farm, server, words, true),
        "flg_remove" => flag(farm, server, words, false),
        "lcdsync" if words.is_empty() => {
            change(farm, server, |one| one.sync());
            Ok(String::new())
        }
        "perform_action" => action(farm, server, words),
        "lcdsync" => Err(syntax(program)),
        _ => return None,
    })
}

fn syntax(program: &str) -> (i32, String) {
    (2, format!("usage: {program}: syntax error"))
}

fn change(farm: &mut Farm, server: &Server, change: impl FnOnce(&mut Server)) {
    if let Some(one) = farm.state.lifekeeper.server_mut(&server.name) {
        change(one);
    }
}

fn remove_equivalency(farm: &mut Farm, server: &Server, words: &[&str]) -> Ran {
    let ["-s", system, "-t", tag, "-S", other, "-o", other_tag, "-e", "SHARED"] = words else {
        return Err(syntax("eqv_remove"));
    };
    let far = match (same(system, &server.name), same(other, &server.name)) {
        (true, false) => other,
        (false, true) => system,
        _ => return Err((5, "illegal argument".into())),
    };
    let is = |one: &super::state::Equivalency| same(&one.other, far) && one.tag == *tag && tag == other_tag;
    if !server.memory.equivalencies.iter().any(is) {
        return Err((MISSING, "the equivalency does not exist".into()));
    }
    change(farm, server, |one| one.memory.equivalencies.retain(|known| !is(known)));
    Ok(String::new())
}

/// `ins_remove -R TOP`: the hierarchy's resources on this system, with their dependencies and this system's
/// equivalencies. What the others hold, and the mirrors, stay.
fn remove_hierarchy(farm: &mut Farm, server: &Server, words: &[&str]) -> Ran {
    let ["-R", top] = words else { return Err(syntax("ins_remove")) };
    if !server.tops().contains(top) {
        return Err((MISSING, format!("resource {top} does not exist")));
    }
    let tags: Vec<String> =
        server.memory.resources.iter().filter(|one| one.top == *top).map(|one| one.tag.clone()).collect();
    change(farm, server, |one| {
        one.memory.resources.retain(|known| known.top != *top);
        one.memory.equivalencies.retain(|known| !tags.contains(&known.tag));
    });
    Ok(String::new())
}

fn remove_system(farm: &mut Farm, server: &Server, words: &[&str]) -> Ran {
    let ["-s", system] = words else { return Err(syntax("sys_remove")) };
    if same(system, &server.name) {
        let text = format!(
            "(null)Process: sys_remove(2728)\n[File:sys.C Line:81]\n*ERROR* (No. 424) can't remove entry for local system \"{system}\""
        );
        return Err((1, text));
    }
    if !server.memory.systems.iter().any(|one| same(one, system)) {
        return Err((MISSING, format!("system {system} does not exist")));
    }
    if server.memory.equivalencies.iter().any(|one| same(&one.other, system)) {
        return Err((DEPENDED_ON, format!("equivalencies with {system} exist")));
    }
    change(farm, server, |one| one.memory.systems.retain(|known| !same(known, system)));
    Ok(String::new())
}

fn remove_path(farm: &mut Farm, server: &Server, words: &[&str]) -> Ran {
    let ["-s", system] = words else { return Err(syntax("net_remove")) };
    if !server.memory.paths.iter().any(|one| same(one, system)) {
        return Err((MISSING, format!("there is no path to {system}")));
    }
    change(farm, server, |one| one.memory.paths.retain(|known| !same(known, system)));
    Ok(String::new())
}

fn flag(farm: &mut Farm, server: &Server, words: &[&str], is_set: bool) -> Ran {
    let program = if is_set { "flg_create" } else { "flg_remove" };
    let ["-f", flag] = words else { return Err(syntax(program)) };
    match (is_set, server.memory.flags.iter().any(|one| one == flag)) {
        (true, true) => return Err((EXISTS, "the flag exists".into())),
        (false, false) => return Err((MISSING, "the flag does not exist".into())),
        _ => {}
    }
    change(farm, server, |one| match is_set {
        true => one.memory.flags.push(flag.to_string()),
        false => one.memory.flags.retain(|known| known != flag),
    });
    Ok(String::new())
}

fn action(farm: &mut Farm, server: &Server, words: &[&str]) -> Ran {
    match words {
        ["-t", top, "-a", "remove"] => take_out(farm, server, top),
        ["-t", top, "-a", "restore", "--", "-R"] => restore(farm, server, top),
        _ => Err(syntax("perform_action")),
    }
}

fn take_out(farm: &mut Farm, server: &Server, top: &str) -> Ran {
    if !server.tops().contains(&top) {
        return Err((MISSING, format!("there is no hierarchy {top}")));
    }
    change(farm, server, |one| keep(one, top, false));
    Ok(String::new())
}

/// Brings a hierarchy in service; its volumes switch over to this server, which becomes the source of the mirrors.
pub fn restore(farm: &mut Farm, server: &Server, top: &str) -> Ran {
    if !server.tops().contains(&top) {
        return Err((MISSING, format!("there is no hierarchy {top}")));
    }
    let others = farm.state.lifekeeper.servers.iter().filter(|one| one.name != server.name && one.installed);
    let serving: Vec<String> = others
        .filter(|one| one.serves(top) && farm.state.powered(&one.name) && shares(server, &one.name, top))
        .map(|one| one.name.clone())
        .collect();
    let reached = |name: &&String| farm.state.reachable(name);
    if let Some(name) = serving.iter().find(reached) {
        return Err((1, format!("{top} is in service on {name}")));
    }
    for volume in volumes(server, top) {
        let ends: Vec<_> = server.mirrors.iter().filter(|end| end.volume == volume).collect();
        let is_target = ends.iter().any(|end| !end.is_source);
        if is_target && ends.iter().any(|end| end.is_paused) {
            return Err((1, format!("volume {volume} can't be unlocked: its mirror is not mirroring")));
        }
    }
    if let Some(name) = serving.first() {
        farm.notes
            .push(format!("{top} came in service on {} while {name}, which can't be reached, has it too", server.name));
    }
    change(farm, server, |one| keep(one, top, true));
    for volume in volumes(server, top) {
        switch_over(farm, &server.name, &volume);
    }
    Ok(String::new())
}

/// What is in service is kept on disk by itself.
fn keep(server: &mut Server, top: &str, in_service: bool) {
    server.put(top, in_service);
    for resource in server.disk.resources.iter_mut().filter(|one| one.top == top) {
        resource.in_service = in_service;
    }
}

fn shares(server: &Server, other: &str, top: &str) -> bool {
    server.memory.equivalencies.iter().any(|one| same(&one.other, other) && one.tag == top)
}

/// Returns the letters of a hierarchy's volumes.
pub fn volumes(server: &Server, top: &str) -> Vec<String> {
    server.memory.resources.iter().filter(|one| one.top == top).filter_map(|one| one.volume.clone()).collect()
}

/// Makes a server the source of a volume's mirrors.
pub fn switch_over(farm: &mut Farm, source: &str, volume: &str) {
    let pairs: Vec<String> = farm
        .state
        .lifekeeper
        .servers
        .iter()
        .filter(|one| !same(&one.name, source) && one.mirrors.iter().any(|end| end.volume == volume))
        .filter(|one| one.jobs.iter().any(|job| job.volume == volume && joins(job, source)))
        .map(|one| one.name.clone())
        .collect();
    for one in &mut farm.state.lifekeeper.servers {
        let others: Vec<&String> = match same(&one.name, source) {
            true => pairs.iter().collect(),
            false if pairs.contains(&one.name) => Vec::new(),
            false => continue,
        };
        let paused = one.mirrors.iter().any(|end| end.volume == volume && end.is_paused);
        one.mirrors.retain(|end| end.volume != volume);
        let end = |other: &str, is_source| super::state::MirrorEnd {
            volume: volume.into(),
            is_source,
            other: other.into(),
            is_paused: paused,
        };
        match same(&one.name, source) {
            true => one.mirrors.extend(others.into_iter().map(|other| end(other, true))),
            false => one.mirrors.push(end(source, false)),
        }
    }
}

fn joins(job: &super::state::Job, server: &str) -> bool {
    job.pairs.iter().any(|(one, other)| same(one, server) || same(other, server))
}
