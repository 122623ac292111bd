//! The part `database:` of a connection: where the product's database is, who asks, and the site's own queries.
//!
//! Holds a reference to the password and never the password. Opens nothing.

use std::time::Duration;

use schemars::JsonSchema;

use super::query;
use crate::format::fields::{Fields, Reading, choice};
use crate::format::source::Place;
use crate::format::topology::wire::{Length, Line};
use crate::format::yaml::{Entry, Loc, Node};
use crate::model::words::Text;

/// Where the product's database is, and how it is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabasePart {
    /// The machine's name or address; with TLS, the name in its certificate.
    pub host: String,
    /// The TCP port; none: 1433, or the one of `instance`.
    pub port: Option<u16>,
    /// The named instance, whose port SQL Server Browser tells (UDP port 1434).
    pub instance: Option<String>,
    /// The database's name.
    pub database: String,
    /// Who logs in.
    pub login: Login,
    /// Whether the connection is encrypted, and the certificate checked.
    pub tls: Tls,
    /// A file of certificates (PEM) that are trusted besides the system's own.
    pub ca: Option<String>,
    /// How long to wait.
    pub limits: Limits,
    /// The site's query for storages.
    pub storages: Option<String>,
    /// The site's query for open tasks.
    pub tasks: Option<String>,
}

/// Who logs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Login {
    /// A login of SQL Server's own.
    SqlServer {
        /// Its name.
        user: String,
        /// Where its password is found.
        password: Secret,
    },
    /// Whoever runs rolewalk, as the domain knows them: by their Kerberos ticket, or on Windows by their session.
    Integrated,
}

/// How the database learns who logs in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Authentication {
    /// By `user` and `password`, a login of SQL Server's own.
    #[default]
    SqlServer,
    /// By the domain account of whoever runs rolewalk. Wants a rolewalk that is built with the feature `kerberos`, or on
    /// Windows `windows-auth`.
    Integrated,
}

/// Where a secret is found.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Secret {
    /// The environment variable of this name.
    Env(#[schemars(with = "Line")] String),
    /// The first line of this file; a path from the folder of `connections.yaml`.
    File(#[schemars(with = "Line")] String),
    /// The first line that this program writes to standard output: the program and its arguments.
    Command(#[schemars(length(min = 1), with = "Vec<Line>")] Vec<String>),
}

/// Whether a connection is encrypted, and the certificate checked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Tls {
    /// Encrypted, and the certificate is checked.
    #[default]
    On,
    /// Encrypted, and any certificate is taken: whoever is in between can read and change everything. Said in every plan.
    TrustAny,
    /// Not encrypted. Said in every plan.
    Off,
}

/// How long to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// For a connection that can be used.
    pub connect: Duration,
    /// For the whole answer to a statement.
    pub query: Duration,
    /// For rows that somebody else has locked. Less than `query`, or it has no effect.
    pub lock: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self { connect: seconds(15), query: seconds(30), lock: seconds(10) }
    }
}

/// Where the product's database (Microsoft SQL Server) is, and how it is asked.
#[derive(Debug, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DatabaseFile {
    /// The machine's name or address; with TLS, the name in its certificate.
    #[schemars(with = "Line")]
    pub host: String,
    /// The TCP port [default: 1433]. Either a port or an instance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u16", range(min = 1, max = 65535))]
    pub port: Option<u16>,
    /// The named instance, whose port SQL Server Browser tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Line")]
    pub instance: Option<String>,
    /// The database's name [default: co-store].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Line")]
    pub database: Option<String>,
    /// How the database learns who logs in [default: sql-server].
    #[serde(default)]
    pub authentication: Authentication,
    /// The SQL Server login; the rights that it needs are in docs/least-privilege.md. Not with `authentication: integrated`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Line")]
    pub user: Option<String>,
    /// Where its password is found. Not with `authentication: integrated`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Secret")]
    pub password: Option<Secret>,
    /// Whether the connection is encrypted and the certificate checked [default: on]. `off` and `trust-any` are said in
    /// every plan.
    #[serde(default)]
    pub tls: Tls,
    /// A file of certificates (PEM) that are trusted besides the system's own; a path from the folder of
    /// `connections.yaml`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Line")]
    pub ca: Option<String>,
    /// How long to wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "LimitsFile")]
    pub limits: Option<LimitsFile>,
    /// The servers with storage for a store. One SELECT, of which a `;` or a comment at its end is left out. Without `@P1` it
    /// is asked once for all stores, with the columns `store` and `server`, and has no ORDER BY; with `@P1`, which stands for
    /// the store, it is asked for each, with the column server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(min = 1))]
    pub storages: Option<String>,
    /// The running and waiting tasks of a store, as `storages`. Without `@P1` with the columns `store`, `id`, `state` and
    /// `description`; with `@P1` with id, state, description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(min = 1))]
    pub tasks: Option<String>,
}

/// How long to wait, as in `10s` or `1m 30s`; at most an hour.
#[derive(Debug, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LimitsFile {
    /// For a connection that can be used [default: 15s].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Length")]
    pub connect: Option<String>,
    /// For the whole answer to a statement [default: 30s].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Length")]
    pub query: Option<String>,
    /// For rows that somebody else has locked [default: 10s].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Length")]
    pub lock: Option<String>,
}

const FIELDS: [&str; 12] = [
    "host",
    "port",
    "instance",
    "database",
    "authentication",
    "user",
    "password",
    "tls",
    "ca",
    "limits",
    "storages",
    "tasks",
];
const AUTHENTICATION: [(&str, Authentication); 2] =
    [("sql-server", Authentication::SqlServer), ("integrated", Authentication::Integrated)];
const LIMITS: [&str; 3] = ["connect", "query", "lock"];
const TLS: [(&str, Tls); 3] = [("on", Tls::On), ("trust-any", Tls::TrustAny), ("off", Tls::Off)];
pub(super) const LONGEST_LIMIT: Duration = Duration::from_secs(3600);

/// Reads the part.
pub(super) fn read(reading: &mut Reading<'_>, entry: &Entry) -> Option<DatabasePart> {
    let fields = reading.fields(&entry.value, "database", &FIELDS, entry.key.place)?;
    let text = |reading: &mut Reading<'_>, name: &'static str| {
        fields.get(name).and_then(|node| reading.text(node, name)).map(str::to_owned)
    };
    let host = reading.need(&fields, "host", "host: db1.example.jp").and_then(|node| reading.text(node, "host"));
    let login = login(reading, &fields);
    let part = DatabasePart {
        host: host.unwrap_or_default().into(),
        port: fields.get("port").and_then(|node| port(reading, node)),
        instance: text(reading, "instance"),
        database: text(reading, "database").unwrap_or_else(|| "co-store".into()),
        login,
        tls: fields.get("tls").and_then(|node| one_of(reading, node, "tls", "unknown-tls", &TLS)).unwrap_or_default(),
        ca: text(reading, "ca"),
        limits: limits(reading, fields.entry("limits")),
        storages: fields.get("storages").and_then(|node| query::read(reading, node, "storages")),
        tasks: fields.get("tasks").and_then(|node| query::read(reading, node, "tasks")),
    };
    refuse_contradictions(reading, &part, |name| fields.entry(name).map_or(entry.key.place, |one| one.key.place));
    Some(part)
}

fn login(reading: &mut Reading<'_>, fields: &Fields<'_>) -> Login {
    let authentication = fields
        .get("authentication")
        .and_then(|node| one_of(reading, node, "authentication", "unknown-authentication", &AUTHENTICATION));
    if authentication == Some(Authentication::Integrated) {
        for entry in ["user", "password"].into_iter().filter_map(|name| fields.entry(name)) {
            let name = &entry.key.value;
            let message = (
                format!("`{name}` is written, and the domain account of whoever runs rolewalk logs in"),
                format!("`{name}` が書かれていますが、ログインするのは rolewalk を実行する人のドメインアカウントです"),
            );
            reading.wrong("integrated-login", entry.key.place, message.0, message.1, || {
                Text::new(
                    "take `user` and `password` away, or `authentication: integrated`",
                    "`user` と `password` か、`authentication: integrated` のどちらかを消してください",
                )
            });
        }
        return Login::Integrated;
    }
    let user = reading.need(fields, "user", "user: rolewalk").and_then(|node| reading.text(node, "user"));
    let password = match fields.entry("password") {
        // One that stands in the file itself has been refused already.
        Some(entry) if super::holds_text(&entry.value) => None,
        Some(entry) => secret(reading, entry),
        None => {
            reading.need(fields, "password", "password: { env: ROLEWALK_DATABASE_PASSWORD }");
            None
        }
    };
    Login::SqlServer { user: user.unwrap_or_default().into(), password: password.unwrap_or(Secret::Env(String::new())) }
}

fn refuse_contradictions(reading: &mut Reading<'_>, part: &DatabasePart, place: impl Fn(&str) -> Place) {
    if part.port.is_some() && part.instance.is_some() {
        let message = ("both `port` and `instance` are written", "`port` と `instance` の両方が書かれています");
        reading.wrong("port-and-instance", place("instance"), message.0.into(), message.1.into(), || {
            Text::new(
                "write the port, where it is fixed; or the instance, whose port SQL Server Browser tells",
                "ポートが固定なら `port` だけを、SQL Server Browser に尋ねるなら `instance` だけを書いてください",
            )
        });
    }
    if part.ca.is_some() && part.tls != Tls::On {
        let message =
            ("`ca` is written, and no certificate is checked", "`ca` が書かれていますが、証明書は検証されません");
        reading.wrong("ca-without-check", place("tls"), message.0.into(), message.1.into(), || {
            Text::new("take `tls` away, or `ca`", "`tls` か `ca` のどちらかを消してください")
        });
    }
}

/// Reads where a secret is found.
pub(super) fn secret(reading: &mut Reading<'_>, entry: &Entry) -> Option<Secret> {
    let kinds = reading.map(&entry.value, &entry.key.value)?;
    let read = match kinds {
        [one] if one.key.value == "env" => reading.text(&one.value, "env").map(|name| Secret::Env(name.into())),
        [one] if one.key.value == "file" => reading.text(&one.value, "file").map(|path| Secret::File(path.into())),
        [one] if one.key.value == "command" => {
            let items = reading.list(&one.value, "command")?;
            let words: Vec<String> =
                items.iter().filter_map(|item| reading.text(item, "command").map(str::to_owned)).collect();
            (words.len() == items.len() && !words.is_empty()).then_some(Secret::Command(words))
        }
        _ => None,
    };
    if read.is_none() {
        let name = &entry.key.value;
        let message =
            (format!("`{name}` does not say where it is found"), format!("`{name}` の在りかが書かれていません"));
        reading.wrong("bad-secret", entry.key.place, message.0, message.1, || {
            Text::new(
                "write one of `{ env: NAME }`, `{ file: PATH }` and `{ command: [PROGRAM, …] }`",
                "`{ env: NAME }`、`{ file: PATH }`、`{ command: [PROGRAM, …] }` のうち 1 つを書いてください",
            )
        });
    }
    read
}

pub(super) fn port(reading: &mut Reading<'_>, node: &Loc<Node>) -> Option<u16> {
    let number = reading.count(node, "port")?;
    let port = u16::try_from(number).ok().filter(|port| *port > 0);
    if port.is_none() {
        let message = (format!("`{number}` is no TCP port"), format!("`{number}` は TCP ポートではありません"));
        reading.wrong("bad-port", node.place, message.0, message.1, || {
            Text::new("a port is a number from 1 to 65535", "ポートは 1 から 65535 までの数です")
        });
    }
    port
}

/// Reads one of a few words.
fn one_of<T: Copy>(
    reading: &mut Reading<'_>,
    node: &Loc<Node>,
    name: &'static str,
    code: &'static str,
    words: &[(&'static str, T)],
) -> Option<T> {
    let text = reading.text(node, name)?;
    let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
    if found.is_none() {
        let message = (format!("`{name}` can't be `{text}`"), format!("`{name}` に `{text}` は指定できません"));
        reading.wrong(code, node.place, message.0, message.1, || {
            choice(text, words.iter().map(|(word, _)| *word), "it is one of", "使える値")
        });
    }
    found
}

fn limits(reading: &mut Reading<'_>, entry: Option<&Entry>) -> Limits {
    let mut limits = Limits::default();
    let fields = entry.and_then(|entry| reading.fields(&entry.value, "limits", &LIMITS, entry.key.place));
    let Some(fields) = fields else { return limits };
    for (name, limit) in LIMITS.into_iter().zip([&mut limits.connect, &mut limits.query, &mut limits.lock]) {
        let Some(node) = fields.get(name) else { continue };
        let Some(length) = reading.duration(node, name) else { continue };
        if length.is_zero() || length > LONGEST_LIMIT {
            let message =
                (format!("`{name}` is no time limit to work with"), format!("`{name}` の制限時間が範囲外です"));
            reading.wrong("bad-limit", node.place, message.0, message.1, || {
                Text::new("a limit is more than nothing and at most `1h`", "0 より長く、`1h` 以下にしてください")
            });
        }
        *limit = length;
    }
    limits
}
