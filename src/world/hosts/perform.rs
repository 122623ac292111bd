//! From a request to an order, and from its answer to a reply.
//!
//! A look that fails in whatever way is unknown. A change is refused where it surely never left this machine, and otherwise
//! unknown: whoever asked looks, and nothing is sent twice.

use std::time::Duration;

use serde_json::json;

use super::order::{Answer, Order};
use super::trouble::{clipped, last_line};
use super::{Encoding, Host, Hosts, Shell, Trouble, answer, cmd, posix, powershell, store};
use crate::model::name::ServerName;
use crate::model::request::{Reply, Request};

/// How long the wizard may take: as long as the step that registers a server. One that shows a dialog never ends.
const WIZARD: Duration = Duration::from_secs(3600);

/// The fields of each PVS command's objects that are read; of any other the whole value, a number.
///
/// # Source
/// The PVS PowerShell programmer's guide.
const FIELDS: [(&str, &[&str]); 7] = [
    ("Get-PvsServer", &["ServerName", "SiteName", "Active"]),
    ("Get-PvsServerStatus", &["ServerName", "Status", "DeviceCount"]),
    ("Get-PvsDiskLocator", &["DiskLocatorId", "DiskLocatorName"]),
    ("Get-PvsDiskVersion", &["Version", "Access", "DiskFileName"]),
    ("Get-PvsDiskInventory", &["DiskLocatorId", "Version", "ServerName", "FilePath", "State"]),
    ("Get-PvsServerStore", &["StoreName", "ServerName", "Path"]),
    ("Get-PvsStore", &["StoreName", "Path"]),
];

/// A program with its folder and arguments.
struct Program<'a> {
    folder: &'a str,
    name: &'a str,
    arguments: &'a [String],
}

impl Hosts {
    /// Performs one request.
    pub async fn perform(&self, request: &Request) -> Reply {
        match self.performed(request).await {
            Ok(reply) => reply,
            Err(trouble) if trouble.is_before_sending() && !request.is_look() => {
                Reply::Refused { why: trouble.to_string() }
            }
            Err(trouble) => Reply::Unknown { why: trouble.to_string() },
        }
    }

    async fn performed(&self, request: &Request) -> Result<Reply, Trouble> {
        match request {
            Request::Cmdlet { on, name, parameters } => self.cmdlet(on, name, parameters, request.is_look()).await,
            Request::Show { on, folder, program, arguments } | Request::Command { on, folder, program, arguments } => {
                self.program(on, &Program { folder, name: program, arguments }, request.is_look(), false).await
            }
            Request::SaveOutput { on, folder, program, arguments, to } => {
                self.save(on, &Program { folder, name: program, arguments }, to).await
            }
            Request::CopyFile { from, to, path } => self.copy(from, to, path).await,
            Request::RemoveFile { on, path } => self.remove(on, path).await,
            Request::StatFile { on, path } => self.stat(on, path).await,
            Request::ListStore { on, store } => self.list(on, store).await,
            Request::HashStore { on, store, afresh } => self.hash(on, store, *afresh).await,
            Request::RenameFolder { on, store, from, to } => self.rename(on, store, from, to).await,
            Request::RunWizard { on, .. } => self.wizard(on).await,
            Request::Query(_)
            | Request::Change { .. }
            | Request::AskOperator(_)
            | Request::SeePool { .. }
            | Request::SetPool { .. }
            | Request::AwaitIdle { .. }
            | Request::ReadAttested { .. } => {
                Err(Trouble::Unsendable { host: String::new(), why: "no host performs it".into() })
            }
        }
    }

    async fn cmdlet(
        &self,
        on: &ServerName,
        name: &str,
        given: &[(&str, String)],
        only_shows: bool,
    ) -> Result<Reply, Trouble> {
        let fields = FIELDS.iter().find(|(one, _)| *one == name).map(|(_, fields)| *fields);
        let parameters: Vec<_> =
            given.iter().map(|(name, value)| json!({ "n": name, "v": typed(name, value) })).collect();
        let data = json!({ "name": name, "parameters": parameters, "fields": fields });
        let order = match self.host(on).shell {
            Shell::Powershell => powershell::order(powershell::CMDLET, &data),
            Shell::Posix | Shell::Cmd => Err(format!("{name} wants `shell: powershell`")),
        };
        self.ask(on, order.map(|order| if only_shows { order.looking() } else { order }), answer::cmdlet).await
    }

    /// Runs a program; `is_ours` where it is rolewalk itself, which reads for long, writes UTF-8 wherever it runs, and keeps
    /// what it remembers in the account's own home: no plain user may write where programs are.
    async fn program(
        &self,
        on: &ServerName,
        program: &Program<'_>,
        only_shows: bool,
        is_ours: bool,
    ) -> Result<Reply, Trouble> {
        let host = self.host(on);
        let order = match host.shell {
            Shell::Posix => posix::order(posix::RUN, &borrowed(&posix_words(host, program))),
            Shell::Powershell => {
                let path = windows_path(program);
                let line = powershell::arguments(program.arguments);
                let folder = if is_ours { "" } else { program.folder };
                let data = json!({ "program": path, "folder": folder, "arguments": line });
                powershell::order(powershell::RUN, &data)
            }
            Shell::Cmd => cmd::order(&windows_path(program), program.arguments),
        };
        let order = order.map(|order| if is_ours { order.long() } else { order });
        let order = order.map(|order| if only_shows { order.looking() } else { order });
        let encoding = if is_ours { Encoding::Utf8 } else { host.encoding };
        match host.shell {
            Shell::Powershell => {
                self.ask(on, order, |said| answer::program_by_powershell(said, encoding, only_shows)).await
            }
            Shell::Posix | Shell::Cmd => self.ask(on, order, |said| answer::program(said, encoding, only_shows)).await,
        }
    }

    async fn save(&self, on: &ServerName, program: &Program<'_>, to: &str) -> Result<Reply, Trouble> {
        let host = self.host(on);
        let part = part_of(to);
        let words = posix_words(host, program);
        let data: Vec<&str> = [to, &part].into_iter().chain(words.iter().map(String::as_str)).collect();
        let order = only_posix(host, "keeping a program's output").and_then(|()| posix::order(posix::SAVE, &data));
        let encoding = host.encoding;
        self.ask(on, order, |said| match said.status {
            0 | posix::IN_THE_WAY | posix::UNTOLD => changed(said, Reply::FileDone),
            _ => answer::program(said, encoding, false),
        })
        .await
    }

    /// Copies by way of this process's memory: both ways are encrypted, and no third file is made.
    async fn copy(&self, from: &ServerName, to: &ServerName, path: &str) -> Result<Reply, Trouble> {
        let source = self.host(from);
        let order = only_posix(source, "copying a file").and_then(|()| posix::order(posix::READ, &[path]));
        let read = match Box::pin(self.send(from, &sendable(from, order)?.long())).await {
            Ok(read) if read.status == 0 => read,
            Ok(read) => return Ok(refused(&read)),
            // Nothing was written yet, whatever came of the reading.
            Err(trouble) => return Ok(Reply::Refused { why: trouble.to_string() }),
        };
        let (part, bytes) = (part_of(path), read.wrote.len().to_string());
        let order = only_posix(self.host(to), "copying a file")
            .and_then(|()| posix::order(posix::WRITE, &[path, &part, &bytes]))
            .map(|order| order.long().reading(read.wrote));
        self.ask(to, order, |said| changed(said, Reply::FileDone)).await
    }

    async fn remove(&self, on: &ServerName, path: &str) -> Result<Reply, Trouble> {
        match self.host(on).shell {
            Shell::Powershell => {
                self.done_by_powershell(on, powershell::REMOVE, json!({ "path": path }), Reply::FileDone).await
            }
            _ => {
                let order =
                    only_posix(self.host(on), "removing a file").and_then(|()| posix::order(posix::REMOVE, &[path]));
                self.ask(on, order, |said| changed(said, Reply::FileDone)).await
            }
        }
    }

    async fn stat(&self, on: &ServerName, path: &str) -> Result<Reply, Trouble> {
        match self.host(on).shell {
            Shell::Powershell => {
                let order = powershell::order(powershell::STAT, &json!({ "path": path }));
                self.look(on, order, answer::size_by_powershell).await
            }
            _ => {
                let order =
                    only_posix(self.host(on), "looking for a file").and_then(|()| posix::order(posix::STAT, &[path]));
                self.look(on, order, answer::size).await
            }
        }
    }

    async fn list(&self, on: &ServerName, name: &str) -> Result<Reply, Trouble> {
        let folder = self.folder(on, name)?;
        match self.host(on).shell {
            Shell::Powershell => {
                let order = powershell::order(powershell::LIST, &json!({ "folder": folder }));
                self.look(on, order, store::powershell).await
            }
            _ => {
                let order =
                    only_posix(self.host(on), "listing a folder").and_then(|()| posix::order(posix::LIST, &[folder]));
                self.look(on, order, store::posix).await
            }
        }
    }

    async fn hash(&self, on: &ServerName, name: &str, afresh: bool) -> Result<Reply, Trouble> {
        let folder = self.folder(on, name)?;
        let Some((at, file)) = self.rolewalk(on) else {
            let why = "the connection does not say where `rolewalk` is on it, so that vDisk files can't be read".into();
            return Err(Trouble::Unsendable { host: on.to_string(), why });
        };
        let mut arguments: Vec<String> = ["disks", "hash", folder, "--format", "json"].map(String::from).to_vec();
        arguments.extend(afresh.then(|| "--paranoid".into()));
        let program = Program { folder: at, name: file, arguments: &arguments };
        let reply = self.program(on, &program, true, true).await?;
        answer::fingerprints(reply).map_err(|why| Trouble::Unreadable { host: on.to_string(), why })
    }

    /// Returns the folder and the name of the program `rolewalk` on a server.
    fn rolewalk(&self, on: &ServerName) -> Option<(&str, &str)> {
        let path = self.host(on).rolewalk.as_deref()?;
        Some(path.rsplit_once(['/', '\\']).unwrap_or(("", path)))
    }

    /// Returns which version of rolewalk a server has, if it tells.
    pub(super) async fn rolewalk_version(&self, on: &ServerName) -> Option<String> {
        let (folder, name) = self.rolewalk(on)?;
        let program = Program { folder, name, arguments: &["--version".into()] };
        match self.program(on, &program, true, false).await {
            Ok(Reply::Ended { exit_code: 0, stdout, .. }) => Some(stdout.trim().strip_prefix("rolewalk ")?.into()),
            _ => None,
        }
    }

    async fn rename(&self, on: &ServerName, name: &str, from: &str, to: &str) -> Result<Reply, Trouble> {
        let folder = self.folder(on, name)?;
        if [from, to].iter().any(|one| one.is_empty() || one.contains(['/', '\\', ':']) || matches!(*one, "." | "..")) {
            let why = "a folder's name holds no path".into();
            return Err(Trouble::Unsendable { host: on.to_string(), why });
        }
        match self.host(on).shell {
            Shell::Powershell => {
                let data = json!({ "folder": folder, "from": from, "to": to });
                self.done_by_powershell(on, powershell::RENAME, data, Reply::Renamed).await
            }
            _ => {
                let order = only_posix(self.host(on), "renaming a folder")
                    .and_then(|()| posix::order(posix::RENAME, &[folder, from, to]));
                self.ask(on, order, |said| changed(said, Reply::Renamed)).await
            }
        }
    }

    /// Runs the PVS Configuration Wizard. Its exit code is always 0, so that only a look proves anything. Its answer file
    /// holds a password: unless it is surely gone, it is removed once more, and named where that can't be proven either.
    async fn wizard(&self, on: &ServerName) -> Result<Reply, Trouble> {
        let host = self.host(on);
        let Some(wizard) = host.wizard.as_ref().filter(|_| host.shell == Shell::Powershell) else {
            let why = "the connection declares no `wizard` for it, or not `shell: powershell`".into();
            return Err(Trouble::Unsendable { host: on.to_string(), why });
        };
        let file = format!("{}.ans", super::nonce::Nonce::new().as_str());
        let order = powershell::order(powershell::WIZARD, &json!({ "program": wizard.program, "file": file }))
            .map(|order| order.within(WIZARD).reading(powershell::input(wizard.answers.0.as_bytes())));
        let ended = match self.ask(on, order, answer::wizard).await {
            Ok((reply, true)) => return Ok(reply),
            Ok((reply, false)) => reply,
            Err(trouble) if trouble.is_before_sending() => return Err(trouble),
            Err(trouble) => Reply::Unknown { why: trouble.to_string() },
        };
        Ok(noted(ended, &self.forget(on, &file).await))
    }

    /// Removes what a wizard may have left, and says what is known of it then.
    async fn forget(&self, on: &ServerName, file: &str) -> String {
        let order = powershell::order(powershell::FORGET, &json!({ "file": file }));
        match self.ask(on, order, |said| Ok(answer::script(said)??)).await {
            Ok(_) => "its answer file is gone".into(),
            Err(trouble) => {
                format!("its answer file, which holds a password, may still be on it: %TEMP%\\{file}: {trouble}")
            }
        }
    }

    async fn done_by_powershell(
        &self,
        on: &ServerName,
        program: &str,
        data: serde_json::Value,
        done: Reply,
    ) -> Result<Reply, Trouble> {
        let order = powershell::order(program, &data);
        self.ask(on, order, |said| Ok(answer::done(answer::script(said)?, done))).await
    }

    /// Sends an order and reads its answer.
    pub(super) async fn ask<T>(
        &self,
        on: &ServerName,
        order: Result<Order, String>,
        read: impl FnOnce(&Answer) -> Result<T, String>,
    ) -> Result<T, Trouble> {
        // On the heap: whoever asks anything would hold the way to a host in its own future.
        let said = Box::pin(self.send(on, &sendable(on, order)?)).await?;
        read(&said).map_err(|why| Trouble::Unreadable { host: on.to_string(), why })
    }

    /// Sends an order that only looks, and reads its answer.
    pub(super) async fn look<T>(
        &self,
        on: &ServerName,
        order: Result<Order, String>,
        read: impl FnOnce(&Answer) -> Result<T, String>,
    ) -> Result<T, Trouble> {
        self.ask(on, order.map(Order::looking), read).await
    }

    fn folder(&self, on: &ServerName, store: &str) -> Result<&str, Trouble> {
        self.host(on).stores.get(store).map(String::as_str).ok_or_else(|| Trouble::Unsendable {
            host: on.to_string(),
            why: format!("the connection does not say where the folder of store `{store}` is on it (`stores:`)"),
        })
    }
}

fn sendable(on: &ServerName, order: Result<Order, String>) -> Result<Order, Trouble> {
    order.map_err(|why| Trouble::Unsendable { host: on.to_string(), why })
}

fn only_posix(host: &Host, what: &str) -> Result<(), String> {
    match host.shell {
        Shell::Posix => Ok(()),
        Shell::Powershell => Err(format!("{what} wants `shell: posix`")),
        Shell::Cmd => Err(format!("{what} wants `shell: posix` or `shell: powershell`")),
    }
}

/// Returns a parameter's value as PowerShell takes it: a switch is no text, and several values are a list.
///
/// # Source
/// The PVS PowerShell programmer's guide: `-All` of `Get-PvsServer` is a switch; ids and servers' names may be several, and
/// neither holds a comma.
fn typed(name: &str, value: &str) -> serde_json::Value {
    match name {
        "All" => (value == "true").into(),
        "DiskLocatorId" | "ServerName" if value.contains(',') => value.split(',').collect::<Vec<_>>().into(),
        _ => value.into(),
    }
}

/// Returns a reply with something that must be known besides.
fn noted(reply: Reply, note: &str) -> Reply {
    match reply {
        Reply::Ended { exit_code, stdout, .. } => Reply::Ended { exit_code, stdout, stderr: note.into() },
        Reply::Unknown { why } => Reply::Unknown { why: format!("{why} ({note})") },
        other => other,
    }
}

/// Reads the answer of a fixed program that changes something. Whatever it does not say itself is unknown: a shell that was
/// ended, or cleaning up that failed, and the change may have been made all the same.
fn changed(said: &Answer, done: Reply) -> Result<Reply, String> {
    match said.status {
        0 => Ok(done),
        posix::IN_THE_WAY => Ok(refused(said)),
        _ => Err(last_line(&String::from_utf8_lossy(&said.said))),
    }
}

fn refused(said: &Answer) -> Reply {
    Reply::Refused { why: last_line(&clipped(&String::from_utf8_lossy(&said.said))) }
}

fn posix_words(host: &Host, program: &Program<'_>) -> Vec<String> {
    let path = match program.folder {
        "" => program.name.into(),
        folder => format!("{}/{}", folder.trim_end_matches('/'), program.name),
    };
    host.elevate.iter().cloned().chain([path]).chain(program.arguments.iter().cloned()).collect()
}

fn borrowed(words: &[String]) -> Vec<&str> {
    words.iter().map(String::as_str).collect()
}

fn windows_path(program: &Program<'_>) -> String {
    match program.folder {
        "" => program.name.into(),
        folder => format!("{}\\{}", folder.trim_end_matches('\\'), program.name),
    }
}

/// Returns the name under which a file is written before it is whole.
fn part_of(path: &str) -> String {
    format!("{path}.{}", super::nonce::Nonce::new().as_str())
}
