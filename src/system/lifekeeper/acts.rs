//! How each of LifeKeeper's steps is done, as requests, and what the replies mean.
//!
//! The requests are made from what is there right now: what is done already is left out, so that a step that stopped half
//! way is finished and never begun again. Never `emcmd deletejob`, never `sys_remove` of the local system, and nothing
//! that names another job or server than the step's own.

use std::collections::BTreeSet;

use crate::model::name::ServerName;
use crate::model::plan::Step;
use crate::model::request::{Reply, Request, Task};
use crate::model::site::Site;
use crate::model::snapshot::{GroupSnapshot, leaders};
use crate::model::words::Text;
use crate::system::Judgement;

use super::guards::fact;
use super::output;
use super::table::{TABLE, UNREGISTERED};
use super::view::job;
use super::{
    BIN, DATAKEEPER, JOBS, SAVED, SYSTEM32, VOLUMES, clearing, info_file, purging, removing, saved_info, saved_job,
};

/// Returns the requests that carry out `step`, given what is there right now.
pub fn acts(site: &Site, step: &Step, now: &GroupSnapshot) -> Vec<Request> {
    let server = &step.server;
    match step.transition.name {
        "register" => vec![ask(site, step, register(server))],
        "extend" => vec![ask(site, step, extend(server, &step.runs_on))],
        "mirror" => vec![ask(site, step, mirror(server, &step.runs_on))],
        "unextend" => vec![ask(site, step, unextend(server, &step.runs_on))],
        "purge" => purge(site, server, now),
        "remove-system" | "unregister" => leave(site, server, now),
        "remove-resources" => remove_resources(site, server, now),
        "take-out-of-service" => take_out(server, now),
        "restore" | "fail-over" => restore(server, now),
        _ => Vec::new(),
    }
}

/// Says what a reply to one of these requests means.
///
/// What is there already where it is to be made, and what is not there where it is to be removed, is done.
pub fn judges(request: &Request, reply: &Reply) -> Judgement {
    match reply {
        Reply::Refused { why } => Judgement::Failed(why.clone()),
        Reply::Unknown { why } => Judgement::Unknown(why.clone()),
        Reply::OperatorAsked => match request {
            Request::AskOperator(task) => Judgement::Waiting(task.clone()),
            _ => Judgement::Unknown("an answer of another kind came".into()),
        },
        Reply::Ended { exit_code, stdout, stderr } => ended(request, *exit_code, stdout, stderr),
        Reply::FileSize(Some(_)) | Reply::FileDone | Reply::OperatorDone => Judgement::Fine,
        Reply::FileSize(None) => Judgement::Failed(format!("{request}: it was not saved, and so nothing is removed")),
        _ => Judgement::Unknown("an answer of another kind came".into()),
    }
}

fn ended(request: &Request, exit_code: i32, stdout: &str, stderr: &str) -> Judgement {
    let said = if stderr.trim().is_empty() { stdout } else { stderr };
    let failed = |what: &str| {
        Judgement::Failed(format!("{request} ended with exit code {exit_code}{what}: {}", output::shown(said)))
    };
    match (request, exit_code) {
        // Only lists are shown between acts: the job must be gone once its key is.
        (Request::Show { .. }, 0) if stdout.trim().is_empty() => Judgement::Fine,
        (Request::Show { .. }, _) => failed(", and the volume is still in a job"),
        (Request::Command { program: "emcmd", .. }, 0) if output::is_status_zero(stdout) => Judgement::Fine,
        (Request::Command { program: "emcmd", .. }, _) => failed(", and not with Status = 0"),
        // robocopy counts what it did in the lower bits.
        (Request::Command { program: "robocopy", .. }, 0..8) => Judgement::Fine,
        (Request::Command { program: "flg_create", .. }, 0 | 4) => Judgement::Fine,
        (
            Request::Command {
                program: "eqv_remove" | "ins_remove" | "sys_remove" | "net_remove" | "flg_remove", ..
            },
            0 | 7,
        ) => Judgement::Fine,
        (_, 0) => Judgement::Fine,
        (Request::Command { program: "robocopy" | "reg", .. }, _) => failed(""),
        _ => failed(&format!(" ({})", output::exit_code(exit_code))),
    }
}

fn command<const N: usize>(on: &ServerName, folder: &str, program: &'static str, words: [&str; N]) -> Request {
    let arguments = words.iter().map(|one| one.to_string()).collect();
    Request::Command { on: on.clone(), folder: folder.into(), program, arguments }
}

fn lcd<const N: usize>(on: &ServerName, program: &'static str, words: [&str; N]) -> Request {
    command(on, BIN, program, words)
}

fn list<'a>(now: &'a GroupSnapshot, server: &ServerName, name: &str) -> &'a [String] {
    now.facts.list(Some(server), name).unwrap_or_default()
}

/// Returns the other servers of the cluster that can be worked on.
fn survivors<'a>(site: &'a Site, server: &'a ServerName, now: &'a GroupSnapshot) -> Vec<&'a ServerName> {
    let can = |one: &&ServerName| {
        *one != server
            && !site.lost.contains(one)
            && now.facts.flag(Some(one), fact::INSTALLED) == Ok(true)
            && now.servers[*one].role != Some(UNREGISTERED)
    };
    now.servers.keys().filter(can).collect()
}

/// Sets a flag on each of these servers before the first act, and takes it away after the last: what comes between can't be
/// seen in full. Each has its own, so that a restart that brings back what was on its disk takes no other's away; and each
/// is gone from the disk in the end, so that no restart brings it back.
fn marked(on: &[&ServerName], flag: &str, now: &GroupSnapshot, acts: Vec<Request>) -> Vec<Request> {
    let has_none = |one: &&&ServerName| !has_flag(one, flag, now);
    let set = on.iter().filter(has_none).map(|one| lcd(one, "flg_create", ["-f", flag]));
    let taken = on.iter().flat_map(|one| [lcd(one, "flg_remove", ["-f", flag]), lcd(one, "lcdsync", [])]);
    set.chain(acts).chain(taken).collect()
}

fn has_flag(on: &ServerName, flag: &str, now: &GroupSnapshot) -> bool {
    list(now, on, fact::MARKERS).iter().any(|one| one == flag)
}

/// LK-03 on every survivor, LK-04 and LK-05 on the one that has the hierarchies in service, LK-08 on every survivor.
fn purge(site: &Site, server: &ServerName, now: &GroupSnapshot) -> Vec<Request> {
    let Some(leader) = leaders(&TABLE, &now.servers).next() else { return Vec::new() };
    let (survivors, flag) = (survivors(site, server, now), purging(server.as_str()));
    let is_changed = |one: &&&ServerName| {
        **one != leader && (has_flag(one, &flag, now) || !forget_equivalencies(one, server, now).is_empty())
    };
    // The leader's flag goes last: whoever finds another's alone would have to set it once more.
    let changed: Vec<&ServerName> = survivors.iter().filter(is_changed).copied().chain([leader]).collect();
    // What is removed from its registry and folders is gone at once: the flag has to outlive a restart as well.
    let mut acts = vec![lcd(leader, "lcdsync", [])];
    acts.extend(survivors.iter().flat_map(|one| forget_equivalencies(one, server, now)));
    let volumes = volumes(leader, server, now);
    acts.extend(volumes.iter().flat_map(|letter| forget_info(leader, letter, now)));
    acts.extend(volumes.iter().flat_map(|letter| forget_mirror(leader, letter, now)));
    acts.extend(survivors.iter().map(|one| lcd(one, "lcdsync", [])));
    marked(&changed, &flag, now, acts)
}

/// One `eqv_remove` for each equivalency that names the server, and for no other.
fn forget_equivalencies(on: &ServerName, server: &ServerName, now: &GroupSnapshot) -> Vec<Request> {
    let remove = |line: &String| {
        let [system, tag, other, other_tag] = line.split(';').collect::<Vec<_>>()[..] else { return None };
        let (system, tag, other, other_tag) = match (server.is(system), server.is(other)) {
            (_, true) => (system, tag, other, other_tag),
            (true, false) => (other, other_tag, system, tag),
            (false, false) => return None,
        };
        Some(lcd(on, "eqv_remove", ["-s", system, "-t", tag, "-S", other, "-o", other_tag, "-e", "SHARED"]))
    };
    list(now, on, fact::EQUIVALENCIES).iter().filter_map(remove).collect()
}

/// Returns the volumes of the survivor that had to do with the server, and, once it was begun, those that are clean by now:
/// whether a switchover was cleared can't be seen.
fn volumes(leader: &ServerName, server: &ServerName, now: &GroupSnapshot) -> BTreeSet<String> {
    let is_begun = list(now, leader, fact::MARKERS).contains(&purging(server.as_str()));
    let pairs = |name: &str| list(now, leader, name).iter().filter_map(|one| one.split_once('=')).collect::<Vec<_>>();
    let left = pairs(fact::LEFT_OF).into_iter().filter(|(_, of)| server.is(of));
    let clean = pairs(fact::MIRROR_ENDS).into_iter().filter(|(_, end)| is_begun && *end == "none");
    left.chain(clean).map(|(letter, _)| letter.to_string()).collect()
}

/// LK-04 for one volume: saves and removes the file that describes its mirror.
fn forget_info(on: &ServerName, letter: &str, now: &GroupSnapshot) -> Vec<Request> {
    if !list(now, on, fact::INFO_FILES).iter().any(|one| one == letter) {
        return Vec::new();
    }
    let file = format!("LKDRInfo.{letter}");
    vec![
        // While the original is there it is what counts, and not the copy of an earlier purge.
        command(on, SYSTEM32, "robocopy", [VOLUMES, SAVED, &file]),
        Request::StatFile { on: on.clone(), path: saved_info(letter) },
        Request::RemoveFile { on: on.clone(), path: info_file(letter) },
    ]
}

/// LK-05 for one volume: saves and removes its job's key, and removes the local end of its mirror.
fn forget_mirror(on: &ServerName, letter: &str, now: &GroupSnapshot) -> Vec<Request> {
    let mut requests = Vec::new();
    let id = list(now, on, fact::ID_OF_JOB).iter().filter_map(|one| one.split_once('=')).find(|(of, _)| *of == letter);
    if let Some((_, id)) = id {
        let (key, saved) = (format!(r"{JOBS}\{id}"), saved_job(id));
        requests.push(command(on, SYSTEM32, "reg", ["export", &key, &saved, "/y"]));
        requests.push(Request::StatFile { on: on.clone(), path: saved });
        requests.push(command(on, SYSTEM32, "reg", ["delete", &key, "/f"]));
        requests.push(job(on, letter));
    }
    if list(now, on, fact::MIRROR_ENDS).contains(&format!("{letter}=source")) {
        requests.push(command(on, DATAKEEPER, "emcmd", [".", "deletelocalmirroronly", letter]));
    }
    requests.push(command(on, DATAKEEPER, "emcmd", [".", "clearswitchover", letter]));
    requests
}

/// LK-06, LK-07 and LK-08: the others forget the server; where it is a member that leaves, it then forgets the others.
fn leave(site: &Site, server: &ServerName, now: &GroupSnapshot) -> Vec<Request> {
    let (survivors, flag) = (survivors(site, server, now), removing(server.as_str()));
    let knows = |one: &ServerName| list(now, one, fact::SYSTEMS).iter().any(|known| server.is(known));
    let reaches = |one: &ServerName| {
        let path = |path: &String| path.split(' ').next().is_some_and(|to| server.is(to));
        list(now, one, fact::PATHS).iter().any(path)
    };
    let is_changed = |one: &&&ServerName| knows(one) || reaches(one) || has_flag(one, &flag, now);
    let mut changed: Vec<&ServerName> = survivors.iter().filter(is_changed).copied().collect();
    let of = |program: &'static str| move |one: &&ServerName| lcd(one, program, ["-s", server.as_str()]);
    let mut acts: Vec<Request> = Vec::new();
    acts.extend(survivors.iter().filter(|one| knows(one)).map(of("sys_remove")));
    acts.extend(survivors.iter().filter(|one| reaches(one)).map(of("net_remove")));
    acts.extend(survivors.iter().map(|one| lcd(one, "lcdsync", [])));
    let own = |name: &str| -> Vec<&str> {
        list(now, server, name).iter().filter_map(|one| one.split(' ').next()).filter(|one| !server.is(one)).collect()
    };
    let (systems, paths) = (own(fact::SYSTEMS), own(fact::PATHS));
    // One that was installed anew has nothing to forget.
    if !systems.is_empty() || !paths.is_empty() || has_flag(server, &flag, now) {
        // Its own flag goes first: while it does not answer, theirs tell of it.
        changed.insert(0, server);
        acts.extend(systems.into_iter().map(|other| lcd(server, "sys_remove", ["-s", other])));
        acts.extend(paths.into_iter().map(|other| lcd(server, "net_remove", ["-s", other])));
        acts.push(lcd(server, "lcdsync", []));
    }
    marked(&changed, &flag, now, acts)
}

/// LK-10 on the server, then on the others what they hold of it; LK-08 on all.
fn remove_resources(site: &Site, server: &ServerName, now: &GroupSnapshot) -> Vec<Request> {
    let (others, flag) = (survivors(site, server, now), clearing(server.as_str()));
    let is_changed =
        |one: &&&ServerName| has_flag(one, &flag, now) || !forget_equivalencies(one, server, now).is_empty();
    // Its own flag goes last: the others' say nothing of its role.
    let changed: Vec<&ServerName> = others.iter().filter(is_changed).copied().chain([server]).collect();
    let tops = list(now, server, fact::TOPS).iter();
    let mut acts: Vec<Request> = tops.map(|top| lcd(server, "ins_remove", ["-R", top])).collect();
    // On its disk before the others forget it: a restart that brought its resources back would leave them without equivalency.
    acts.push(lcd(server, "lcdsync", []));
    acts.extend(others.iter().flat_map(|one| forget_equivalencies(one, server, now)));
    acts.extend(others.iter().map(|one| lcd(one, "lcdsync", [])));
    marked(&changed, &flag, now, acts)
}

fn take_out(server: &ServerName, now: &GroupSnapshot) -> Vec<Request> {
    let running = list(now, server, fact::IN_SERVICE);
    let mut acts: Vec<Request> =
        running.iter().map(|top| lcd(server, "perform_action", ["-t", top, "-a", "remove"])).collect();
    // Somebody began to remove its resources, and declared otherwise since: what is left of them stays.
    let flag = clearing(server.as_str());
    let flagged = now.servers.keys().filter(|one| has_flag(one, &flag, now));
    acts.extend(flagged.flat_map(|one| [lcd(one, "flg_remove", ["-f", &flag]), lcd(one, "lcdsync", [])]));
    acts
}

/// Brings every hierarchy in service; one of which only some resources are, too.
fn restore(server: &ServerName, now: &GroupSnapshot) -> Vec<Request> {
    let tops = list(now, server, fact::OUT_OF_SERVICE);
    tops.iter().map(|top| lcd(server, "perform_action", ["-t", top, "-a", "restore", "--", "-R"])).collect()
}

fn ask(site: &Site, step: &Step, instructions: Vec<Text>) -> Request {
    Request::AskOperator(Task {
        group: site.group.clone(),
        transition: step.transition.name,
        server: step.server.clone(),
        host: step.runs_on.clone(),
        instructions,
    })
}

fn register(server: &ServerName) -> Vec<Text> {
    vec![
        Text::new("Close the LifeKeeper GUI and start it again.", "LifeKeeper GUI を閉じて、再度起動する。"),
        Text::new(format!("Connect to `{server}`."), format!("`{server}` に接続する。")),
        Text::new(
            format!("Create the communication paths between `{server}` and every other server of the cluster."),
            format!("`{server}` とクラスタの他のすべてのサーバとの間にコミュニケーションパスを作成する。"),
        ),
        Text::new("Check that the paths are ALIVE.", "パスが ALIVE になったことを確認する。"),
        Text::new(
            format!(
                "The proof for rolewalk: sys_list and net_list show `{server}` on every other server, and every other server on `{server}`."
            ),
            format!(
                "sys_list と net_list に、他のすべてのサーバでは `{server}` が、`{server}` では他のすべてのサーバが含まれることで完了を確認する。"
            ),
        ),
    ]
}

fn extend(server: &ServerName, from: &ServerName) -> Vec<Text> {
    vec![
        Text::new(
            format!(
                "In the LifeKeeper GUI, extend each resource hierarchy from `{from}`, where it is in service, to `{server}`."
            ),
            format!(
                "LifeKeeper GUI で、各リソース階層を in service になっている `{from}` から `{server}` へ拡張する。"
            ),
        ),
        Text::new(
            "Give each server another priority (1 is the highest).",
            "優先順位はサーバごとに異なる値にする (1 が最高)。",
        ),
        Text::new(
            format!(
                "The proof for rolewalk: lcdstatus on `{server}` shows every resource, and eqv_list on both servers that they share it."
            ),
            format!(
                "`{server}` の lcdstatus にすべてのリソースが、両サーバの eqv_list にそのイクイバレンシが含まれることで完了を確認する。"
            ),
        ),
    ]
}

fn mirror(server: &ServerName, from: &ServerName) -> Vec<Text> {
    vec![
        Text::new(
            format!(
                "In the LifeKeeper GUI, add or extend the mirror resource of each volume from `{from}` to `{server}`; where the mirror is paused, continue it."
            ),
            format!(
                "LifeKeeper GUI で、各ボリュームのミラーリソースを `{from}` から `{server}` へ追加/拡張する。一時停止中の場合は再開する。"
            ),
        ),
        Text::new(
            format!(
                "Wait until the mirror is mirroring. The proof for rolewalk: getmirrorvolinfo on `{from}` shows each volume mirroring toward `{server}`."
            ),
            format!(
                "ミラーリング中になるまで待つ。`{from}` の getmirrorvolinfo で各ボリュームが `{server}` へミラーリング中であることで完了を確認する。"
            ),
        ),
    ]
}

fn unextend(server: &ServerName, from: &ServerName) -> Vec<Text> {
    vec![
        Text::new(
            format!("In the LifeKeeper GUI on `{from}`, unextend each resource hierarchy from `{server}`."),
            format!("`{from}` の LifeKeeper GUI で、各リソース階層を `{server}` から拡張解除する。"),
        ),
        Text::new(
            format!(
                "The proof for rolewalk: lcdstatus on `{server}` shows no resource any more, and eqv_list on the others none that `{server}` shares."
            ),
            format!(
                "`{server}` の lcdstatus にリソースがなく、他のサーバの eqv_list に `{server}` とのイクイバレンシがないことで完了を確認する。"
            ),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    // LK-02, LK-09
    #[test]
    fn whoever_works_by_hand_is_told_by_what_it_will_be_known_that_it_is_done() {
        let [this, leader] = ["NODE2", "NODE1"].map(|name| ServerName::new(name).unwrap());
        for told in [register(&this), extend(&this, &leader), mirror(&this, &leader), unextend(&this, &leader)] {
            let last = told.last().unwrap();
            assert!(last.en.contains("The proof for rolewalk: ") && last.ja.contains("完了を確認する"), "{last:?}");
        }
    }
}
