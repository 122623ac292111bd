//! How each of Sun Ray's steps is done, as requests, and what the replies mean.
//!
//! The requests are made from what is there right now: what is done already is left out, so that a step that
//! stopped half way is finished and never begun again.

use crate::model::name::ServerName;
use crate::model::plan::Step;
use crate::model::request::{Reply, Request, Task};
use crate::model::site::Site;
use crate::model::snapshot::{GroupSnapshot, leaders};
use crate::model::words::Text;
use crate::system::Judgement;

use super::guards::{fact, source};
use super::observe::is_kept;
use super::table::{PRIMARY, SECONDARY, STANDALONE, TABLE};
use super::{COMMANDS, DUMP, STORE, STORE_TOOLS};

/// Returns the requests that carry out `step`, given what is there right now.
pub fn acts(site: &Site, step: &Step, now: &GroupSnapshot) -> Vec<Request> {
    let server = &step.server;
    match step.transition.name {
        "install" => vec![ask(site, step, install(server))],
        "follow" => follow(server, now),
        "leave" => leave(server, now),
        "forget" => forget(server, now),
        "step-down" => vec![replica(server, "-u", [])],
        "promote" | "take-over" => vec![name_secondaries(site, server, now)],
        "rebuild" => rebuild(site, server, now),
        "remove-dump" => remove_dump(site, server, now),
        _ => Vec::new(),
    }
}

/// Says what a reply to one of these requests means. Where a dump may lie, its place is named (SR-07).
pub fn judges(request: &Request, reply: &Reply) -> Judgement {
    let kept = kept_by(request);
    match reply {
        Reply::Refused { why } => Judgement::Failed(format!("{why}{kept}")),
        Reply::Unknown { why } => Judgement::Unknown(format!("{why}{kept}")),
        Reply::OperatorAsked => match request {
            Request::AskOperator(task) => Judgement::Waiting(task.clone()),
            _ => Judgement::Unknown("an answer of another kind came".into()),
        },
        Reply::Ended { exit_code: 0, .. } => Judgement::Fine,
        Reply::Ended { exit_code, stderr, stdout } => {
            let said = if stderr.trim().is_empty() { stdout.trim() } else { stderr.trim() };
            Judgement::Failed(format!("{request} ended with exit code {exit_code}: {said}{kept}"))
        }
        Reply::FileDone | Reply::OperatorDone => Judgement::Fine,
        _ => Judgement::Unknown(format!("an answer of another kind came{kept}")),
    }
}

/// Says where a dump is kept when a request fails that may be one of a rebuild.
fn kept_by(request: &Request) -> String {
    let places = match request {
        Request::SaveOutput { on, to, .. } => format!("{to} on {on}"),
        Request::CopyFile { from, to, path } => format!("{path} on {from} and, where it arrived, on {to}"),
        Request::RemoveFile { on, path } => format!("{path} on {on}"),
        Request::Command { on, program: "utstop" | "utldif2ldbm" | "utstart", .. } => {
            format!("{DUMP} on {on} and where it was made")
        }
        Request::Command { on, program: "utreplica", arguments, .. } if arguments.iter().any(|one| one == "-p") => {
            format!("{DUMP} on {on} and where it was made")
        }
        _ => return String::new(),
    };
    format!(" (where a dump of the data store was made, it holds the utadmin password and is kept: {places})")
}

fn command(on: &ServerName, folder: &str, program: &'static str, arguments: Vec<String>) -> Request {
    Request::Command { on: on.clone(), folder: folder.into(), program, arguments }
}

fn replica<const N: usize>(on: &ServerName, flag: &str, more: [&str; N]) -> Request {
    let arguments = std::iter::once(flag).chain(more).map(str::to_string).collect();
    command(on, COMMANDS, "utreplica", arguments)
}

fn role(now: &GroupSnapshot, server: &ServerName) -> Option<&'static str> {
    now.servers.get(server).and_then(|standing| standing.role)
}

/// Returns the primary that answers, and whether it names `server`.
fn leader<'a>(now: &'a GroupSnapshot, server: &ServerName) -> Option<(&'a ServerName, bool)> {
    let leader = leaders(&TABLE, &now.servers).next()?;
    let named = now.facts.list(Some(leader), fact::SECONDARIES).ok()?;
    Some((leader, named.iter().any(|one| one.eq_ignore_ascii_case(server.as_str()))))
}

/// Leaves whoever it followed, is named by the primary, and follows it.
fn follow(server: &ServerName, now: &GroupSnapshot) -> Vec<Request> {
    let Some((leader, named)) = leader(now, server) else { return Vec::new() };
    let follows_leader =
        now.facts.text(Some(server), fact::FOLLOWS).is_ok_and(|of| of.eq_ignore_ascii_case(leader.as_str()));
    let is_secondary = role(now, server) == Some(SECONDARY);
    let mut requests = Vec::new();
    if is_secondary && !follows_leader {
        requests.push(replica(server, "-u", []));
    }
    if !named {
        requests.push(replica(leader, "-p", ["-a", server.as_str()]));
    }
    if !(is_secondary && follows_leader) {
        requests.push(replica(server, "-s", [leader.as_str()]));
    }
    requests
}

/// Stops to follow; a primary that answers stops to name it.
fn leave(server: &ServerName, now: &GroupSnapshot) -> Vec<Request> {
    let stops = (role(now, server) == Some(SECONDARY)).then(|| replica(server, "-u", []));
    stops.into_iter().chain(forget(server, now)).collect()
}

fn forget(server: &ServerName, now: &GroupSnapshot) -> Vec<Request> {
    match leader(now, server) {
        Some((leader, true)) => vec![replica(leader, "-p", ["-d", server.as_str()])],
        _ => Vec::new(),
    }
}

/// Names the secondaries that are left; where there are none, those that are declared to become one. Whoever is to stay
/// standalone is never named: it would be taken for a secondary that does not follow.
fn name_secondaries(site: &Site, server: &ServerName, now: &GroupSnapshot) -> Request {
    let others = || now.servers.iter().filter(|(one, _)| *one != server && !site.lost.contains(one));
    let of = |role: &'static str| others().filter(move |(_, standing)| standing.role == Some(role));
    let mut named: Vec<String> = of(SECONDARY).map(|(one, _)| one.to_string()).collect();
    if named.is_empty() {
        let is_to_follow = |one: &ServerName| site.declared.get(one) == Some(&SECONDARY);
        let installed = of(STANDALONE)
            .filter(|(one, standing)| is_to_follow(one) && standing.mark("software") == Some("installed"));
        named.extend(installed.map(|(one, _)| one.to_string()));
    }
    let arguments = std::iter::once("-p".to_string()).chain(named).collect();
    command(server, COMMANDS, "utreplica", arguments)
}

/// Takes the dump, moves it, makes the server the primary, restores and restarts. The look with `utuser -l` is the
/// observation's, so that no user's name gets into a journal.
///
/// A dump that is there is used and never made again: it may be the only good copy.
fn rebuild(site: &Site, server: &ServerName, now: &GroupSnapshot) -> Vec<Request> {
    let mut requests = Vec::new();
    let others = || now.servers.keys().filter(|one| *one != server);
    if !is_kept(&now.facts, server) {
        let kept = others().find(|one| is_kept(&now.facts, one));
        let from = match kept {
            Some(one) => Some(one),
            None => source(others(), &now.facts).map(|(one, _)| one),
        };
        let Some(from) = from else { return Vec::new() };
        if kept.is_none() {
            requests.push(Request::SaveOutput {
                on: from.clone(),
                folder: STORE_TOOLS.into(),
                program: "utldbmcat",
                arguments: vec![STORE.into()],
                to: DUMP.into(),
            });
        }
        requests.push(Request::CopyFile { from: from.clone(), to: server.clone(), path: DUMP.into() });
    }
    if role(now, server) != Some(PRIMARY) {
        requests.push(name_secondaries(site, server, now));
    }
    requests.push(command(server, COMMANDS, "utstop", Vec::new()));
    let restore = ["-c", "-j", "10", "-i", DUMP].map(str::to_string).to_vec();
    requests.push(command(server, STORE_TOOLS, "utldif2ldbm", restore));
    requests.push(command(server, COMMANDS, "utstart", vec!["-c".into()]));
    requests
}

/// Removes the dump from this server; with the primary's, every other goes as well, also where nobody could look whether
/// there is one: a file that is not there is as good as removed.
fn remove_dump(site: &Site, server: &ServerName, now: &GroupSnapshot) -> Vec<Request> {
    let leads = role(now, server) == Some(PRIMARY);
    let may_have = |one: &&ServerName| {
        is_kept(&now.facts, one) || now.facts.value(Some(one), fact::DUMP_BYTES).is_err() && !site.lost.contains(one)
    };
    let others = now.servers.keys().filter(|one| leads && *one != server).filter(may_have);
    // The others first: while the primary's is there, the step is seen not to be done.
    let all = others.chain(std::iter::once(server));
    all.map(|one| Request::RemoveFile { on: one.clone(), path: DUMP.into() }).collect()
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

fn install(server: &ServerName) -> Vec<Text> {
    vec![
        Text::new(
            format!("On `{server}`, as root, check that the host name is the same as before the failure: `{server}`."),
            format!("`{server}` に root でログインし、ホスト名が障害前と同じ `{server}` であることを確認する。"),
        ),
        Text::new(
            "Follow the installation procedure of Sun Ray Software: run utinstall.",
            "Sun Ray Software のインストール手順に従い、utinstall を実行する。",
        ),
        Text::new(
            "Run utconfig; answer `y` to \"Configure this server for a failover group?\".",
            "utconfig を実行し、「Configure this server for a failover group?」に `y` と答える。",
        ),
        Text::new(
            "Give the same admin password and the same group signature as on the other servers.",
            "ほかのサーバーと同じ管理パスワードとグループシグニチャーを入力する。",
        ),
        Text::new(
            "Do not run utreplica: rolewalk does that. The proof for it that the product is installed: utreplica -l answers on the server.",
            "utreplica は実行しない (rolewalk が実行する)。rolewalk は、このサーバーで utreplica -l が応答することでインストールを確認する。",
        ),
    ]
}
