//! `connections.yaml`: how groups are reached, by name; secrets only by reference.
//!
//! Opens nothing that it points at. A [`Connection`] has parts, each for one kind of request: a new part is a field,
//! a line in `KINDS`, an arm in `connection` and a file beside [`database`].

pub mod database;
pub mod hosts;
pub mod hosts_file;
pub mod load_balancer;
mod query;

use schemars::JsonSchema;

pub use database::{DatabasePart, Limits, Login, Secret, Tls};
pub use hosts::{Encoding, HostPart, HostsPart, Shell, Via};
pub use load_balancer::LoadBalancerPart;

use super::fault::Fault;
use super::fields::{Reading, choice};
use super::source::{Place, Source, SourceFile, is_secret_name};
use super::topology::version;
use super::yaml::{self, Entry, Loc, Node};
use crate::model::words::Text;

/// The connections of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connections {
    /// The file's name as it is shown to people.
    pub file: String,
    /// The connections by name, in the order of the file.
    pub named: Vec<(String, Connection)>,
}

/// How a group is reached: one part or more, each for its kind of request.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(extend("minProperties" = 1))]
pub struct Connection {
    /// The practice farm that this file describes; a path from the folder of `connections.yaml`. It performs what no
    /// other part of the connection does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "super::topology::wire::Line")]
    pub practice: Option<String>,
    /// The product's database.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "database::DatabaseFile")]
    pub database: Option<DatabasePart>,
    /// The load balancer in front of the servers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "load_balancer::LoadBalancerFile")]
    pub load_balancer: Option<LoadBalancerPart>,
    /// The servers themselves: programs, files and PowerShell on them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "hosts_file::HostsFile")]
    pub hosts: Option<HostsPart>,
    /// Whether nothing may be changed through this connection, as for drift jobs [default: false].
    #[serde(default, rename = "reads_only")]
    pub reads_only: bool,
}

/// How groups are reached, by name. Secrets only by reference: `{ env: NAME }`, `{ file: PATH }` or `{ command: [...] }`.
#[derive(Debug, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "rolewalk connections")]
pub struct ConnectionsFile {
    /// The version of this file format.
    #[schemars(extend("const" = 1))]
    pub version: u32,
    /// The connections by name; a topology names one.
    pub connections: std::collections::BTreeMap<String, Connection>,
}

const FIELDS: [&str; 2] = ["version", "connections"];
const KINDS: [&str; 5] = ["practice", "database", "load-balancer", "hosts", READS_ONLY];
/// What says how the parts are used, and is none.
const READS_ONLY: &str = "reads_only";
/// How a secret is referred to.
const REFERENCES: [&str; 3] = ["env", "file", "command"];

impl Connections {
    /// Returns the connection of that name.
    pub fn get(&self, name: &str) -> Option<&Connection> {
        self.named.iter().find(|(one, _)| one == name).map(|(_, connection)| connection)
    }
}

/// Parses a connections file.
///
/// # Errors
/// Returns all its faults, in the order of the file. None shows a secret, even where one stands in the file.
pub fn parse(file: &SourceFile) -> Result<Connections, Vec<Fault>> {
    let source = Source::decode(file).map_err(|fault| vec![*fault])?.hiding_secrets();
    let mut reading = Reading::new(&source);
    let roots = yaml::parse(&source, &mut reading.faults);
    let mut named = Vec::new();
    for (index, root) in roots.iter().enumerate() {
        if index > 0 {
            second_document(&mut reading, root.place);
        }
        refuse_secrets(&mut reading, root, false);
        named.extend(document(&mut reading, root).unwrap_or_default());
    }
    if reading.faults.count() == 0 {
        return Ok(Connections { file: file.name.clone(), named });
    }
    Err(reading.faults.into_sorted())
}

fn document(reading: &mut Reading<'_>, root: &Loc<Node>) -> Option<Vec<(String, Connection)>> {
    let place = match &root.value {
        Node::Map(entries) => entries.first().map_or(root.place, |entry| entry.key.place),
        _ => root.place,
    };
    let fields = reading.fields(root, "connections", &FIELDS, place)?;
    version(reading, &fields);
    let node = reading.need(&fields, "connections", "connections: { campus: { practice: farm.yaml } }")?;
    let entries = reading.map(node, "connections")?;
    let read = |entry: &Entry| {
        let key = Loc { value: Node::Scalar { text: entry.key.value.clone(), plain: false }, place: entry.key.place };
        let name = reading.name(&key, "connections")?.to_owned();
        Some((name, connection(reading, entry)?))
    };
    Some(entries.iter().filter_map(read).collect())
}

fn connection(reading: &mut Reading<'_>, entry: &Entry) -> Option<Connection> {
    let name = &entry.key.value;
    // A secret among them has been refused already.
    let refused = |kind: &&Entry| is_secret_name(&kind.key.value) && holds_text(&kind.value);
    let kinds = reading.map(&entry.value, name)?.iter().filter(|kind| !refused(kind));
    let (kinds, unknown): (Vec<&Entry>, Vec<&Entry>) = kinds.partition(|kind| KINDS.contains(&kind.key.value.as_str()));
    unknown.iter().for_each(|kind| unknown_kind(reading, &kind.key));
    if !unknown.is_empty() && kinds.iter().all(|kind| kind.key.value == READS_ONLY) {
        return None;
    }
    if kinds.iter().all(|kind| kind.key.value == READS_ONLY) {
        let message = (format!("connection `{name}` says nothing"), format!("接続 `{name}` に何も書かれていません"));
        reading.wrong("connection-kind", entry.key.place, message.0, message.1, || {
            let all = super::fields::listed(&KINDS[..KINDS.len() - 1]);
            Text::new(
                format!("write one or more of {all}, as in `practice: farm.yaml`"),
                format!("`practice: farm.yaml` のように、次のうち 1 つ以上を書いてください: {all}"),
            )
        });
        return None;
    }
    let mut connection = Connection::default();
    for kind in kinds {
        match kind.key.value.as_str() {
            "practice" => connection.practice = reading.text(&kind.value, "practice").map(str::to_owned),
            "load-balancer" => connection.load_balancer = load_balancer::read(reading, kind),
            READS_ONLY => connection.reads_only = reading.flag(&kind.value, READS_ONLY).unwrap_or_default(),
            "hosts" => connection.hosts = hosts::read(reading, kind),
            _ => connection.database = database::read(reading, kind),
        }
    }
    Some(connection)
}

fn unknown_kind(reading: &mut Reading<'_>, key: &Loc<String>) {
    let kind = &key.value;
    let message = (format!("unknown kind of connection `{kind}`"), format!("不明な接続の種類 `{kind}` です"));
    reading.wrong("unknown-connection-kind", key.place, message.0, message.1, || {
        choice(kind, KINDS.into_iter(), "the kinds are", "使える種類")
    });
}

fn second_document(reading: &mut Reading<'_>, place: Place) {
    let message = ("a second document in a connections file", "接続ファイルにドキュメントが 2 つあります");
    reading.wrong("second-document", place, message.0.into(), message.1.into(), || {
        Text::new(
            "put all connections under one `connections:` and take `---` away",
            "すべての接続を 1 つの `connections:` の下に書き、`---` を消してください",
        )
    });
}

/// Notes every secret that stands in the file itself. `secret` says whether the value belongs to a secret's name.
fn refuse_secrets(reading: &mut Reading<'_>, node: &Loc<Node>, secret: bool) {
    match &node.value {
        Node::Map(entries) => {
            for Entry { key, value } in entries {
                let named = is_secret_name(&key.value);
                let referred = secret && REFERENCES.contains(&key.value.as_str());
                if named && holds_text(value) {
                    inline_secret(reading, key);
                } else if !referred {
                    refuse_secrets(reading, value, named);
                }
            }
        }
        Node::List(items) => items.iter().for_each(|item| refuse_secrets(reading, item, secret)),
        Node::Scalar { text, .. } if has_password_part(text) => {
            inline_secret(reading, &Loc { value: "Password=".into(), place: node.place });
        }
        Node::Scalar { .. } => (),
    }
}

/// Returns whether a value is text, or a list with text in it.
fn holds_text(node: &Loc<Node>) -> bool {
    match &node.value {
        Node::Scalar { .. } => !node.value.is_null(),
        Node::List(items) => items.iter().any(holds_text),
        Node::Map(_) => false,
    }
}

/// Returns whether a text is a connection string, or an answer file, with a password in it.
fn has_password_part(text: &str) -> bool {
    text.split([';', '\n']).filter_map(|part| part.split_once('=')).any(|(name, value)| {
        let name = name.trim().to_ascii_lowercase();
        !value.trim().is_empty() && ["password", "pwd", "userpass"].contains(&name.as_str())
    })
}

fn inline_secret(reading: &mut Reading<'_>, key: &Loc<String>) {
    let name = &key.value;
    let message =
        (format!("`{name}` holds a secret in the file itself"), format!("`{name}` に秘密の値が直接書かれています"));
    reading.wrong("inline-secret", key.place, message.0, message.1, || {
        Text::new(
            "write where it is found instead: `{ env: NAME }`, `{ file: PATH }` or `{ command: [...] }`; and change it, where the file was shared",
            "値の代わりに在りかを書いてください: `{ env: NAME }`、`{ file: PATH }`、`{ command: [...] }`。共有済みのファイルなら値も変更してください",
        )
    });
}

#[cfg(test)]
mod tests;
