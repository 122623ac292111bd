//! The part `load-balancer:` of a connection: HAProxy's runtime API, or a program of the site for any other.
//!
//! The file is trusted like code: what stands in `command` is run. Opens nothing.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use schemars::JsonSchema;

use crate::format::fields::Reading;
use crate::format::topology::wire::{Length, Line};
use crate::format::yaml::{Entry, Loc, Node};
use crate::model::name::ServerName;
use crate::model::words::Text;

/// How the load balancer is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadBalancerPart {
    /// Who is asked.
    pub asked: Asked,
    /// What servers are called there, where that is another name.
    pub servers: BTreeMap<ServerName, String>,
    /// How long to wait for an answer.
    pub answer_limit: Duration,
    /// How long to wait until no session is left.
    pub drain_limit: Duration,
}

/// Who is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// HAProxy: its nodes' sockets (a path, or `tcp:HOST:PORT`) and the backend.
    HaProxy {
        /// The nodes.
        nodes: Vec<String>,
        /// The backend.
        backend: String,
    },
    /// A program of the site and its first arguments.
    Command(Vec<String>),
}

/// The load balancer in front of a group's servers. Either `haproxy` and `backend`, or `command`.
#[derive(Debug, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LoadBalancerFile {
    /// HAProxy's runtime API: the path of a Unix socket, or `tcp:HOST:PORT`; several nodes as a list. The socket needs
    /// `level admin`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "OneOrMore")]
    pub haproxy: Option<Vec<String>>,
    /// HAProxy's backend.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Line")]
    pub backend: Option<String>,
    /// A program of the site and its first arguments; `state`, `drain`, `maint` or `ready` and the server's name are
    /// added. A path is one from the folder of `connections.yaml`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<Line>", length(min = 1))]
    pub command: Option<Vec<String>>,
    /// What servers are called at the load balancer, where that is another name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub servers: BTreeMap<String, String>,
    /// How long to wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "WaitFile")]
    pub limits: Option<WaitFile>,
}

/// One or several.
#[derive(JsonSchema)]
#[serde(untagged)]
#[allow(dead_code, reason = "only its schema is used")]
enum OneOrMore {
    One(Line),
    More(Vec<Line>),
}

/// How long to wait.
#[derive(Debug, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WaitFile {
    /// For an answer [default: 10s].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Length")]
    pub answer: Option<String>,
    /// Until no session is left on a server [default: 30m]. None is ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Length")]
    pub drain: Option<String>,
}

const FIELDS: [&str; 5] = ["haproxy", "backend", "command", "servers", "limits"];
const LIMITS: [&str; 2] = ["answer", "drain"];
const LONGEST_LIMIT: Duration = Duration::from_secs(24 * 3600);

/// Reads the part.
pub(super) fn read(reading: &mut Reading<'_>, entry: &Entry) -> Option<LoadBalancerPart> {
    let fields = reading.fields(&entry.value, "load-balancer", &FIELDS, entry.key.place)?;
    let nodes = fields.get("haproxy").map(|node| words(reading, node, "haproxy"));
    let command = fields.get("command").map(|node| words(reading, node, "command"));
    let asked = match (nodes, command) {
        (Some(nodes), None) => {
            let backend = reading.need(&fields, "backend", "backend: web");
            let backend = backend.and_then(|node| Some((reading.text(node, "backend")?.to_owned(), node.place)));
            match (nodes, backend) {
                (Some(nodes), Some((backend, place))) => {
                    if !is_plain(&backend) {
                        not_a_name(reading, place, &backend);
                    }
                    Some(Asked::HaProxy { nodes, backend })
                }
                _ => None,
            }
        }
        (None, Some(command)) => command.map(Asked::Command),
        _ => {
            let message = (
                "the load balancer is neither HAProxy nor a program, or both",
                "負荷分散装置の指定が HAProxy とプログラムのどちらか一方ではありません",
            );
            reading.wrong("load-balancer-kind", entry.key.place, message.0.into(), message.1.into(), || {
                Text::new(
                    "write `haproxy: /run/haproxy/admin.sock` with `backend: NAME`, or `command: [PROGRAM, …]`",
                    "`haproxy: /run/haproxy/admin.sock` と `backend: 名前`、または `command: [プログラム, …]` を書いてください",
                )
            });
            None
        }
    };
    let servers = fields.get("servers").map(|node| names(reading, node)).unwrap_or_default();
    let mut limits = [Duration::from_secs(10), Duration::from_secs(30 * 60)];
    if let Some(entry) = fields.entry("limits")
        && let Some(given) = reading.fields(&entry.value, "limits", &LIMITS, entry.key.place)
    {
        for (name, limit) in LIMITS.into_iter().zip(&mut limits) {
            if let Some(length) = given.get(name).and_then(|node| reading.duration(node, name)) {
                if length.is_zero() || length > LONGEST_LIMIT {
                    let message =
                        (format!("`{name}` is no time limit to work with"), format!("`{name}` の制限時間が範囲外です"));
                    reading.wrong("bad-limit", entry.key.place, message.0, message.1, || {
                        Text::new(
                            "a limit is more than nothing and at most `24h`",
                            "0 より長く、`24h` 以下にしてください",
                        )
                    });
                }
                *limit = length;
            }
        }
    }
    let [answer_limit, drain_limit] = limits;
    Some(LoadBalancerPart { asked: asked?, servers, answer_limit, drain_limit })
}

/// Reads one word or a list of words.
fn words(reading: &mut Reading<'_>, node: &Loc<Node>, name: &'static str) -> Option<Vec<String>> {
    match &node.value {
        Node::List(items) => {
            let read: Vec<String> = items.iter().filter_map(|one| reading.text(one, name).map(str::to_owned)).collect();
            if items.is_empty() {
                // An empty list is no text: this says so with its place.
                reading.text(node, name);
            }
            (read.len() == items.len() && !read.is_empty()).then_some(read)
        }
        _ => reading.text(node, name).map(|one| vec![one.to_owned()]),
    }
}

fn names(reading: &mut Reading<'_>, node: &Loc<Node>) -> BTreeMap<ServerName, String> {
    let (mut names, mut seen) = (BTreeMap::new(), HashMap::new());
    for entry in reading.map(node, "servers").unwrap_or_default() {
        let Some(there) = reading.text(&entry.value, "servers").map(str::to_owned) else { continue };
        if !is_plain(&there) {
            not_a_name(reading, entry.value.place, &there);
        }
        match ServerName::new(&entry.key.value) {
            Ok(server) if reading.is_new(&server, &entry.key, &mut seen) => _ = names.insert(server, there),
            Ok(_) => {}
            Err(_) => not_a_name(reading, entry.key.place, &entry.key.value),
        }
    }
    names
}

/// Returns whether a text can be nothing but a name in a command of a load balancer.
fn is_plain(text: &str) -> bool {
    !text.is_empty() && !text.starts_with('-') && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
}

fn not_a_name(reading: &mut Reading<'_>, place: crate::format::source::Place, text: &str) {
    let message = (
        format!("`{text}` can't be a name at a load balancer"),
        format!("`{text}` は負荷分散装置での名前として使えません"),
    );
    reading.wrong("load-balancer-name", place, message.0, message.1, || {
        Text::new("letters, digits, `-`, `_` and `.` are possible", "使えるのは英数字、`-`、`_`、`.` です")
    });
}
