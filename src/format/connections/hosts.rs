//! The part `hosts:` of a connection: how each server is reached, what shell it has, and where things are on it.
//!
//! What stands beside `each` holds for every server, and is taken over by each entry that does not say otherwise. Holds
//! references to secrets and never a secret. Opens nothing.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use schemars::JsonSchema;

use super::database::{LONGEST_LIMIT, Secret, port, secret};
use crate::format::fields::{Fields, Reading, choice};
use crate::format::yaml::{Entry, Loc, Node};
use crate::model::name::ServerName;
use crate::model::words::Text;

/// How the servers of a connection are reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostsPart {
    /// A server that is not among `each`.
    pub every: HostPart,
    /// Servers that are reached in another way, complete.
    pub each: BTreeMap<ServerName, HostPart>,
    /// How many servers are talked to at once.
    pub at_once: usize,
    /// The SSH client; none: `ssh`, wherever it is found.
    pub ssh: Option<String>,
    /// The folder of `CO-StoreApi.exe`; none: where its setup puts it.
    pub api_folder: Option<String>,
}

/// How one server is reached.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HostPart {
    /// By what way.
    pub via: Via,
    /// What shell reads a command there.
    pub shell: Shell,
    /// How the products' programs write text.
    pub encoding: Encoding,
    /// Its name or address for the SSH client; none: the server's name.
    pub address: Option<String>,
    /// Its port; none: as the client's own configuration says.
    pub port: Option<u16>,
    /// The account; none: as the client's own configuration says.
    pub user: Option<String>,
    /// A configuration file for the SSH client in place of the user's own.
    pub ssh_config: Option<String>,
    /// What stands before a product's program to give it more rights, such as `sudo -n`.
    pub elevate: Vec<String>,
    /// The program `rolewalk` there, which reads vDisk files.
    pub rolewalk: Option<String>,
    /// The folder of each store.
    pub stores: BTreeMap<String, String>,
    /// How a server joins the PVS farm without a person; none: a person does it.
    pub wizard: Option<WizardPart>,
    /// How long to wait.
    pub limits: HostLimits,
}

/// By what way a server is reached.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Via {
    /// By the system's OpenSSH client.
    #[default]
    Ssh,
    /// It is this machine.
    Local,
}

/// What shell reads a command.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Shell {
    /// A POSIX shell.
    #[default]
    Posix,
    /// Windows PowerShell 5.1.
    Powershell,
    /// `cmd.exe`, which can only be given fixed text.
    Cmd,
}

/// How a program writes text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, JsonSchema)]
pub enum Encoding {
    /// UTF-8.
    #[default]
    #[serde(rename = "utf-8")]
    Utf8,
    /// CP932, Japanese Windows' own.
    #[serde(rename = "cp932")]
    Cp932,
    /// UTF-16, little-endian unless it says otherwise.
    #[serde(rename = "utf-16")]
    Utf16,
}

/// How a server joins the PVS farm without a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WizardPart {
    /// `ConfigWizard.exe`; none: where its setup puts it.
    pub program: Option<String>,
    /// Where the answers are found, all of them a secret.
    pub answers: Secret,
}

/// How long to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostLimits {
    /// For a connection.
    pub connect: Duration,
    /// For a command.
    pub command: Duration,
    /// For the fingerprints of a store's files, which may be terabytes.
    pub hash: Duration,
}

impl Default for HostLimits {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self { connect: seconds(10), command: seconds(120), hash: seconds(12 * 3600) }
    }
}

const HOST: [&str; 12] = [
    "via",
    "shell",
    "encoding",
    "address",
    "port",
    "user",
    "ssh_config",
    "elevate",
    "rolewalk",
    "stores",
    "wizard",
    "limits",
];
const HOSTS: [&str; 15] = [
    "via",
    "shell",
    "encoding",
    "port",
    "user",
    "ssh_config",
    "elevate",
    "rolewalk",
    "stores",
    "wizard",
    "limits",
    "at_once",
    "ssh",
    "api_folder",
    "each",
];
const VIA: [(&str, Via); 2] = [("ssh", Via::Ssh), ("local", Via::Local)];
const SHELL: [(&str, Shell); 3] = [("posix", Shell::Posix), ("powershell", Shell::Powershell), ("cmd", Shell::Cmd)];
const ENCODING: [(&str, Encoding); 3] =
    [("utf-8", Encoding::Utf8), ("cp932", Encoding::Cp932), ("utf-16", Encoding::Utf16)];
const LONGEST_HASH: Duration = Duration::from_secs(7 * 24 * 3600);

/// Reads the part.
pub(super) fn read(reading: &mut Reading<'_>, entry: &Entry) -> Option<HostsPart> {
    let fields = reading.fields(&entry.value, "hosts", &HOSTS, entry.key.place)?;
    let every = host(reading, &fields, &HostPart::default());
    let (mut each, mut seen) = (BTreeMap::new(), HashMap::new());
    for one in fields.get("each").and_then(|node| reading.map(node, "each")).unwrap_or_default() {
        let name = match ServerName::new(&one.key.value) {
            Ok(name) => name,
            Err(fault) => {
                bad_server(reading, one, &fault.to_string());
                continue;
            }
        };
        let fields = reading.fields(&one.value, &one.key.value, &HOST, one.key.place);
        if let (true, Some(fields)) = (reading.is_new(&name, &one.key, &mut seen), fields) {
            each.insert(name, host(reading, &fields, &every));
        }
    }
    Some(HostsPart {
        at_once: fields.get("at_once").and_then(|node| at_once(reading, node)).unwrap_or(20),
        ssh: line(reading, &fields, "ssh"),
        api_folder: line(reading, &fields, "api_folder"),
        every,
        each,
    })
}

/// Reads how a server is reached; what is not said is as in `base`.
fn host(reading: &mut Reading<'_>, fields: &Fields<'_>, base: &HostPart) -> HostPart {
    let mut host = base.clone();
    let mut set = |field: &mut Option<String>, name| {
        if let Some(text) = line(reading, fields, name) {
            *field = Some(text);
        }
    };
    set(&mut host.address, "address");
    set(&mut host.user, "user");
    set(&mut host.ssh_config, "ssh_config");
    set(&mut host.rolewalk, "rolewalk");
    host.via = fields.get("via").and_then(|node| word(reading, node, "via", &VIA)).unwrap_or(host.via);
    host.shell = fields.get("shell").and_then(|node| word(reading, node, "shell", &SHELL)).unwrap_or(host.shell);
    host.encoding =
        fields.get("encoding").and_then(|node| word(reading, node, "encoding", &ENCODING)).unwrap_or(host.encoding);
    host.port = fields.get("port").and_then(|node| port(reading, node)).or(host.port);
    if let Some(items) = fields.get("elevate").and_then(|node| reading.list(node, "elevate")) {
        host.elevate = items.iter().filter_map(|one| reading.text(one, "elevate").map(str::to_owned)).collect();
    }
    for one in fields.get("stores").and_then(|node| reading.map(node, "stores")).unwrap_or_default() {
        if let Some(folder) = reading.text(&one.value, &one.key.value) {
            host.stores.insert(one.key.value.clone(), folder.into());
        }
    }
    if let Some(entry) = fields.entry("wizard") {
        host.wizard = wizard(reading, entry);
    }
    limits(reading, fields.entry("limits"), &mut host.limits);
    host
}

fn line(reading: &mut Reading<'_>, fields: &Fields<'_>, name: &'static str) -> Option<String> {
    fields.get(name).and_then(|node| reading.text(node, name)).map(str::to_owned)
}

fn word<T: Copy>(reading: &mut Reading<'_>, node: &Loc<Node>, name: &str, known: &[(&'static str, T)]) -> Option<T> {
    let text = reading.text(node, name)?;
    let found = known.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
    if found.is_none() {
        let message = (format!("`{name}` can't be `{text}`"), format!("`{name}` に `{text}` は指定できません"));
        reading.wrong("unknown-way", node.place, message.0, message.1, || {
            choice(text, known.iter().map(|(word, _)| *word), "it is one of", "使える値")
        });
    }
    found
}

fn at_once(reading: &mut Reading<'_>, node: &Loc<Node>) -> Option<usize> {
    let count = reading.count(node, "at_once")?;
    if (1..=1000).contains(&count) {
        return usize::try_from(count).ok();
    }
    let message = (format!("`at_once` can't be {count}"), format!("`at_once` に {count} は指定できません"));
    reading.wrong("bad-limit", node.place, message.0, message.1, || {
        Text::new(
            "write how many servers are talked to at once, from 1 to 1000",
            "同時に接続する台数を 1 から 1000 で書いてください",
        )
    });
    None
}

fn bad_server(reading: &mut Reading<'_>, one: &Entry, fault: &str) {
    let name = &one.key.value;
    let message = (format!("`{name}` is no server's name: {fault}"), format!("`{name}` はサーバー名ではありません"));
    reading.wrong("bad-server-name", one.key.place, message.0, message.1, || {
        Text::new(
            "write the name as in the topology; the name by which SSH finds it is its `address`",
            "トポロジーと同じ名前を書いてください。SSH での名前は `address` に書きます",
        )
    });
}

fn wizard(reading: &mut Reading<'_>, entry: &Entry) -> Option<WizardPart> {
    let fields = reading.fields(&entry.value, "wizard", &["program", "answers"], entry.key.place)?;
    let answers = match fields.entry("answers") {
        // Those that stand in the file itself have been refused already.
        Some(entry) if super::holds_text(&entry.value) => None,
        Some(entry) => secret(reading, entry),
        None => {
            reading.need(&fields, "answers", "answers: { file: PVS.ans }");
            None
        }
    };
    Some(WizardPart { program: line(reading, &fields, "program"), answers: answers? })
}

fn limits(reading: &mut Reading<'_>, entry: Option<&Entry>, limits: &mut HostLimits) {
    const NAMES: [&str; 3] = ["connect", "command", "hash"];
    let fields = entry.and_then(|entry| reading.fields(&entry.value, "limits", &NAMES, entry.key.place));
    let Some(fields) = fields else { return };
    for (name, limit) in NAMES.into_iter().zip([&mut limits.connect, &mut limits.command, &mut limits.hash]) {
        let Some(node) = fields.get(name) else { continue };
        let Some(length) = reading.duration(node, name) else { continue };
        let (longest, shown) = if name == "hash" { (LONGEST_HASH, "7d") } else { (LONGEST_LIMIT, "1h") };
        if length < Duration::from_secs(1) || length > longest {
            let message =
                (format!("`{name}` is no time limit to work with"), format!("`{name}` の制限時間が範囲外です"));
            reading.wrong("bad-limit", node.place, message.0, message.1, || {
                Text::new(
                    format!("this limit is at least `1s` and at most `{shown}`"),
                    format!("`1s` 以上、`{shown}` 以下にしてください"),
                )
            });
        }
        *limit = length;
    }
}
