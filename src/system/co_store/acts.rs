//! How each of CO-Store's steps is done, as requests, and what the replies mean.
//!
//! The requests are made from what is there right now: what is done already is left out, so that a step that
//! stopped half way is finished and never begun again.

use crate::model::name::ServerName;
use crate::model::plan::Step;
use crate::model::request::{Reply, Request, Task};
use crate::model::site::Site;
use crate::model::snapshot::{GroupSnapshot, leaders};
use crate::model::topology::TakenBack;
use crate::model::words::Text;
use crate::system::Judgement;

use super::guards::fact;
use super::{API, diff_store, link_store, sql};

/// Returns the requests that carry out `step`, given what is there right now.
pub fn acts(site: &Site, step: &Step, now: &GroupSnapshot) -> Vec<Request> {
    let server = spelled(now, &step.server);
    match step.transition.name {
        "register" if site.wizards.contains(server) => {
            vec![Request::RunWizard { on: server.clone(), store: site.group.clone() }]
        }
        "register" => vec![ask(site, step, register(site, server))],
        "await-replication" => vec![ask(site, step, await_replication(site, server))],
        "unregister" => unregister(step, server, now),
        "add-storage" => vec![api(site, step, server, "add_slave_storage")],
        "remove-storage" => vec![api(site, step, server, "remove_slave_storage")],
        "handover" => handover(site, step, server, now),
        "quarantine" => quarantine(site, server, now),
        "unquarantine" => unquarantine(site, server),
        _ => Vec::new(),
    }
}

/// Says what a reply to one of these requests means.
pub fn judges(request: &Request, reply: &Reply) -> Judgement {
    match reply {
        Reply::Refused { why } => Judgement::Failed(why.clone()),
        Reply::Unknown { why } => Judgement::Unknown(why.clone()),
        Reply::OperatorAsked => match request {
            Request::AskOperator(task) => Judgement::Waiting(task.clone()),
            _ => Judgement::Unknown("an answer of another kind came".into()),
        },
        Reply::Ended { exit_code: 0, .. } => Judgement::Fine,
        Reply::Ended { exit_code, stderr, stdout } => {
            let said = if stderr.trim().is_empty() { stdout.trim() } else { stderr.trim() };
            Judgement::Failed(format!("{request} ended with exit code {exit_code}: {said}"))
        }
        // 23: nothing had to be changed. 97, 191, 192: PVS itself does not know. 36: a part was done. 119, 190: its database was
        // lost, perhaps in the middle.
        Reply::CmdletFailed { code: Some(23), .. } => Judgement::Fine,
        Reply::CmdletFailed { code: Some(code @ (36 | 97 | 119 | 190..=192)), message } => {
            Judgement::Unknown(format!("PVS error {code}: {message}"))
        }
        Reply::CmdletFailed { code, message } => {
            let code = code.map(|code| format!(" {code}")).unwrap_or_default();
            Judgement::Failed(format!("{request}: PVS error{code}: {message}"))
        }
        _ => Judgement::Fine,
    }
}

/// Returns a server's name as it was observed: people may write it in other letters than PVS and the database do.
fn spelled<'a>(now: &'a GroupSnapshot, server: &'a ServerName) -> &'a ServerName {
    now.servers.get_key_value(server).map_or(server, |(observed, _)| observed)
}

fn api(site: &Site, step: &Step, server: &ServerName, command: &str) -> Request {
    Request::Command {
        on: step.runs_on.clone(),
        folder: site.api_folder.clone(),
        program: API,
        arguments: vec![
            command.into(),
            "--quiet".into(),
            format!("--store={}", site.group),
            format!("--server={server}"),
        ],
    }
}

/// Stops the server's Stream Service, or marks it down where nobody can reach it, and deletes it from the farm (CS-06).
fn unregister(step: &Step, server: &ServerName, now: &GroupSnapshot) -> Vec<Request> {
    let cmdlet = |name, parameter| Request::Cmdlet {
        on: step.runs_on.clone(),
        name,
        parameters: vec![(parameter, server.to_string())],
    };
    let down = match now.facts.flag(Some(server), fact::UP) {
        Ok(true) => cmdlet("Stop-PvsStreamService", "Name"),
        _ => cmdlet("Invoke-PvsMarkDown", "ServerName"),
    };
    vec![down, cmdlet("Remove-PvsServer", "Name")]
}

/// Changes the database row, ticks the new master, then unticks every other server: add before remove, so that a
/// store never has no server (CS-10). Ticks that are as they should be are left alone; one with an invalid path is not.
fn handover(site: &Site, step: &Step, server: &ServerName, now: &GroupSnapshot) -> Vec<Request> {
    let mut requests = Vec::new();
    let leads = now.servers.get(server).is_some_and(|standing| standing.role == Some("master"));
    if let (false, Some(old)) = (leads, leaders(&super::table::TABLE, &now.servers).next()) {
        let tasks = site.tasks_query.iter().map(|query| sql::site_tasks(query, &site.group)).collect();
        // The row is compared with its own text, which may spell the name otherwise than PVS does.
        let from = now.facts.text(None, fact::MASTER_ROW).unwrap_or(old.as_str());
        let change = sql::move_master(&site.group, from, server.as_str());
        requests.push(Request::Change { only_if: tasks, change, rows: 1 });
    }
    let cmdlet = |name, parameter, server: &ServerName, store: &str| Request::Cmdlet {
        on: step.runs_on.clone(),
        name,
        parameters: vec![(parameter, server.to_string()), ("StoreName", store.to_string())],
    };
    let (main, diff) = (site.group.clone(), diff_store(&site.group));
    for (store, serving) in [(&main, fact::SERVING), (&diff, fact::SERVING_DIFF)] {
        if !shows(now, serving, server, true) {
            requests.push(cmdlet("Set-PvsServerStore", "ServerName", server, store));
        }
    }
    for other in now.servers.keys().filter(|other| *other != server) {
        let stores = [(&main, fact::TICKED), (&diff, fact::TICKED_DIFF)].into_iter();
        let ticked = stores.filter(|(_, ticked)| !shows(now, ticked, other, false));
        requests.extend(ticked.map(|(store, _)| cmdlet("Remove-PvsServerStore", "Name", other, store)));
    }
    requests
}

/// Returns whether the look shows that a server's tick is on, or off, as it is asked; where it shows neither, no.
fn shows(now: &GroupSnapshot, ticked: &str, server: &ServerName, is_on: bool) -> bool {
    now.facts.list(None, ticked).is_ok_and(|all| all.iter().any(|one| server.is(one)) == is_on)
}

/// Renames the folder `Invalid` to `Invalid.<yyyymmdd>`, the date of the work, with a free suffix where the name
/// exists (DV-05).
fn quarantine(site: &Site, server: &ServerName, now: &GroupSnapshot) -> Vec<Request> {
    let taken = now.facts.list(Some(server), fact::INVALID_FOLDERS).unwrap_or_default();
    let date = site.today.map_or_else(|| "<yyyymmdd>".into(), |day| day.strftime("%Y%m%d").to_string());
    let plain = format!("Invalid.{date}");
    let numbered = (2..).map(|number| format!("{plain}-{number}"));
    let is_free = |name: &String| !taken.iter().any(|one| one.eq_ignore_ascii_case(name));
    let to = std::iter::once(plain.clone()).chain(numbered).find(is_free).unwrap_or(plain);
    vec![Request::RenameFolder { on: server.clone(), store: site.group.clone(), from: "Invalid".into(), to }]
}

/// Gives the folder that the run renamed its name back (DV-05). Where the journal of that run did not tell the folder,
/// there is none to rename.
fn unquarantine(site: &Site, server: &ServerName) -> Vec<Request> {
    let rename = |one: &TakenBack| Request::RenameFolder {
        on: server.clone(),
        store: site.group.clone(),
        from: one.left.clone(),
        to: "Invalid".into(),
    };
    site.takes_back.iter().filter(|one| one.server == *server).map(rename).collect()
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

fn register(site: &Site, server: &ServerName) -> Vec<Text> {
    let link = link_store(&site.group);
    vec![
        Text::new(
            format!(
                "On `{server}` (a remote desktop will do), create the share with the same configuration as on the existing servers."
            ),
            format!("`{server}` 上 (RDP 接続可) で、既存のサーバーと同じ構成の共有フォルダーを作成する。"),
        ),
        Text::new("Start the PVS Configuration Wizard.", "PVS 構成ウィザードを起動する。"),
        Text::new(
            "On the page Farm Configuration, choose: join an existing farm.",
            "「ファームの構成」ページで「既存のファームに参加する」を選択する。",
        ),
        Text::new(
            format!("On the page Store, choose the existing store `{link}`."),
            format!("「ストア」ページで「既存のストア」を選択し、`{link}` を選ぶ。"),
        ),
        Text::new("Finish the wizard.", "構成ウィザードを完了する。"),
        Text::new(
            format!(
                "In the CO-Store console, `{server}` is now in the list of servers. The proof for rolewalk: Get-PvsServer, asked through another server, lists `{server}`."
            ),
            format!(
                "CO-Store コンソールのサーバー一覧に `{server}` が追加される。rolewalk は、別のサーバーで実行した Get-PvsServer に `{server}` が含まれることで完了を確認する。"
            ),
        ),
    ]
}

fn await_replication(site: &Site, server: &ServerName) -> Vec<Text> {
    vec![
        Text::new(
            format!(
                "In the CO-Store console, make a new version of a vDisk of `{}` (start writing, end writing), or delete a version from the trash: replication starts then.",
                site.group
            ),
            format!(
                "CO-Store コンソールで `{}` の vDisk の新しいバージョンを作成する (書き換え開始 → 書き換え終了)、またはバージョンをゴミ箱から削除する。これでレプリケーションが開始される。",
                site.group
            ),
        ),
        Text::new(
            format!(
                "Wait until the task has ended. The proof for rolewalk: the BLAKE3 of every file of `{server}` equals the master's."
            ),
            format!(
                "タスクの完了を待つ。rolewalk は、`{server}` のすべてのファイルの BLAKE3 がマスターと一致することで完了を確認する。"
            ),
        ),
    ]
}
