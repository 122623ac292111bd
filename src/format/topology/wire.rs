//! The form of a topology file as types: for its JSON Schema, and for writing one.
//!
//! Reading does not go through these types, because serde stops at the first fault; a test holds both to one
//! another. The comments are what editors show.

use std::time::Duration;

use jiff::SignedDuration;
use jiff::fmt::friendly::{Designator, SpanPrinter};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::model::topology::{self as model, Declared};

/// The declared topology of one group of servers. A file may hold several, separated by `---`.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Topology", title = "rolewalk topology")]
pub struct Topology {
    /// The version of this file format.
    #[schemars(extend("const" = 1))]
    pub version: u32,
    /// The name of the group as the product shows it: a store, a failover group, a cluster, a server group.
    #[schemars(with = "Name")]
    pub group: String,
    /// The product that the group runs on.
    #[schemars(extend("x-rolewalk" = "system"))]
    pub system: String,
    /// The connection by which the group is reached: a name that `connections.yaml` defines, beside this file or
    /// in a parent folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Name")]
    pub connection: Option<String>,
    /// The servers by name, each with the role that it is to have. Exactly one leads. Servers that are not named are
    /// reported and left alone.
    #[schemars(with = "ServerMap")]
    pub servers: Ordered<Server>,
    /// Minima that hold at every moment of every plan: never fewer servers of a role than this.
    #[serde(default, skip_serializing_if = "Ordered::is_empty")]
    #[schemars(with = "KeepMap")]
    pub keep: Ordered<u32>,
    /// What is right where the files of servers differ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Divergence")]
    pub divergence: Option<Divergence>,
    /// Guards whose `no` or `unknown` is accepted for a time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waivers: Vec<Waiver>,
    /// When changes may be made: days, start, length and time zone, as in `Sat 22:00/PT7H Asia/Tokyo`; always, where it is left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<Line>")]
    pub maintenance: Vec<String>,
    /// How long differences may last after a change before they are drift, as in `30m` or `1h 30m`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Length")]
    pub settling: Option<String>,
    /// The most servers whose service may be disrupted at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u32")]
    pub disrupt_at_most: Option<u32>,
    /// LifeKeeper only: a role for each server and hierarchy, by the hierarchy's tag.
    #[serde(default, skip_serializing_if = "Ordered::is_empty")]
    #[schemars(with = "std::collections::BTreeMap<String, std::collections::BTreeMap<String, RoleText>>")]
    pub hierarchies: Ordered<Ordered<String>>,
}

/// A server: its role alone, or with statements that only a person can make.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Server {
    /// The role.
    Short(#[schemars(with = "RoleText")] String),
    /// The role and statements.
    Long(LongServer),
}

/// A server's role with statements.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LongServer {
    /// The role that the server is to have.
    #[schemars(with = "RoleText")]
    pub role: String,
    /// Why, in a line for those who review.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Line")]
    pub because: Option<String>,
    /// The server is lost: it can do nothing, and nothing can be asked of it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub lost: bool,
    /// The day on which the server was installed anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Day")]
    pub reinstalled: Option<String>,
}

/// What is right where the files of servers differ.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Divergence {
    /// Whose files are kept.
    pub keep: Kept,
}

/// Whose files are kept.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kept {
    /// The master's files are right; the others' are set aside, never deleted.
    MasterFiles,
}

/// A guard whose `no` or `unknown` is accepted for a time.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Waiver {
    /// The guard's name.
    #[schemars(extend("x-rolewalk" = "guard"))]
    pub guard: String,
    /// The server that it holds for; left out: every server of the group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Line")]
    pub server: Option<String>,
    /// Who answers for it.
    #[schemars(with = "Line")]
    pub owner: String,
    /// Why.
    #[schemars(with = "Line")]
    pub reason: String,
    /// The last day (UTC) on which it holds.
    #[schemars(with = "Day")]
    pub until: String,
}

/// A mapping whose order is kept.
#[derive(Debug, Default)]
pub struct Ordered<T>(pub Vec<(String, T)>);

impl<T> Ordered<T> {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T: Serialize> Serialize for Ordered<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (key, value) in &self.0 {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

/// Defines a type that stands for its schema alone.
macro_rules! schema_only {
    ($($name:ident = $schema:expr;)*) => {$(
        #[doc = "Stands for a schema."]
        pub struct $name;

        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                let schema: fn(&mut SchemaGenerator) -> Schema = $schema;
                schema(generator)
            }
        }
    )*};
}

schema_only! {
    Line = |_| json_schema!({ "type": "string", "pattern": r"^[^\x00-\x1f\x7f-\x9f]*\S[^\x00-\x1f\x7f-\x9f]*\n*$" });
    Name = |_| json_schema!({ "type": "string", "pattern": r"^[^\x00-\x1f\x7f-\x9f]*\S[^\x00-\x1f\x7f-\x9f]*$", "maxLength": 255 });
    Day = |_| json_schema!({ "type": "string", "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$" });
    Length = |_| json_schema!({ "type": "string", "pattern": r"^\s*[0-9PpTt+][^-]*[A-Za-z]", "examples": ["30m", "1h 30m"] });
    RoleText = |_| json_schema!({ "type": "string", "x-rolewalk": "role" });
    CountText = |_| json_schema!({ "type": "string", "x-rolewalk": "count" });
    ServerMap = |generator| json_schema!({
        "type": "object",
        "minProperties": 1,
        "propertyNames": { "pattern": "^[A-Za-z0-9._-]{1,63}$" },
        "additionalProperties": generator.subschema_for::<Server>(),
    });
    KeepMap = |generator| json_schema!({
        "type": "object",
        "propertyNames": generator.subschema_for::<CountText>(),
        "additionalProperties": generator.subschema_for::<u32>(),
    });
}

/// Renders a topology as the text of a file that [`super::parse`] reads as the same topology.
///
/// # Errors
/// None that a topology can cause; the writer's own type of error is passed on.
pub fn render(topology: &model::Topology) -> Result<String, serde_yaml::SerializeError> {
    crate::format::yaml::render(&wire(topology))
}

fn wire(topology: &model::Topology) -> Topology {
    let waiver = |waiver: &model::Waiver| Waiver {
        guard: waiver.guard.into(),
        server: waiver.server.as_ref().map(|server| server.as_str().into()),
        owner: waiver.owner.clone(),
        reason: waiver.reason.clone(),
        until: waiver.until.to_string(),
    };
    let servers = topology.servers.iter().map(|one| (one.server.as_str().to_owned(), server(one)));
    Topology {
        version: 1,
        group: topology.group.clone(),
        system: topology.table.system.into(),
        connection: topology.connection.clone(),
        servers: Ordered(servers.collect()),
        keep: Ordered(topology.keep.iter().map(|(role, minimum)| ((*role).into(), *minimum)).collect()),
        divergence: topology.keep_master_files.then_some(Divergence { keep: Kept::MasterFiles }),
        waivers: topology.waivers.iter().map(waiver).collect(),
        maintenance: topology.maintenance.iter().map(|one| one.written().into()).collect(),
        settling: topology.settling.map(length),
        disrupt_at_most: topology.disrupt_at_most,
        hierarchies: Ordered(Vec::new()),
    }
}

fn server(one: &Declared) -> Server {
    if one.because.is_none() && !one.lost && one.reinstalled.is_none() {
        return Server::Short(one.role.into());
    }
    Server::Long(LongServer {
        role: one.role.into(),
        because: one.because.clone(),
        lost: one.lost,
        reinstalled: one.reinstalled.map(|date| date.to_string()),
    })
}

fn length(duration: Duration) -> String {
    let printer = SpanPrinter::new().designator(Designator::Compact);
    SignedDuration::try_from(duration).map_or_else(|_| String::new(), |signed| printer.duration_to_string(&signed))
}
