//! `hierarchies` of a LifeKeeper cluster: a role for each server and hierarchy. Each hierarchy is planned as a group of its
//! own, named `CLUSTER/TAG`; they share the servers and what is stated of them.

use std::collections::HashMap;

use super::WITH_HIERARCHIES;
use super::servers::{Servers, or_without_leader, role};
use crate::format::fields::{Fields, Reading, listed};
use crate::format::source::Place;
use crate::format::yaml::{Loc, Node};
use crate::model::name::ServerName;
use crate::model::table::{RoleName, Table};
use crate::model::topology::Topology;
use crate::model::words::Text;

/// One hierarchy: its tag, and the roles that are named for it.
#[derive(Debug)]
pub(super) struct Hierarchy {
    tag: String,
    /// Where its tag stands.
    pub(super) place: Place,
    roles: Vec<(ServerName, RoleName)>,
}

/// Reads `hierarchies`.
pub(super) fn read(
    reading: &mut Reading<'_>,
    fields: &Fields<'_>,
    table: Option<&'static Table>,
    servers: &Servers,
) -> Vec<Hierarchy> {
    let (Some(entry), Some(table)) = (fields.entry("hierarchies"), table) else { return Vec::new() };
    if table.system != WITH_HIERARCHIES {
        of_no_system(reading, entry.key.place, table.system);
        return Vec::new();
    }
    let entries = reading.map(&entry.value, "hierarchies").unwrap_or_default();
    if entries.is_empty() && matches!(&entry.value.value, Node::Map(_)) {
        empty(reading, entry.key.place);
    }
    let read = |entry: &crate::format::yaml::Entry| {
        let tag = tag(reading, &entry.key)?;
        let (mut roles, mut seen) = (Vec::new(), HashMap::new());
        for server in reading.map(&entry.value, tag)? {
            let named = ServerName::new(&server.key.value).ok().filter(|name| servers.places.contains_key(name));
            let role = role(reading, &server.value, &server.key.value, Some(table));
            match named {
                Some(name) if !reading.is_new(&name, &server.key, &mut seen) => {}
                Some(name) => roles.extend(role.map(|role| (name, role))),
                None => unknown_server(reading, &server.key, servers),
            }
        }
        let hierarchy = Hierarchy { tag: tag.to_owned(), place: entry.key.place, roles };
        if servers.complete {
            check_leader(reading, entry.key.place, table, &hierarchy, servers);
        }
        Some(hierarchy)
    };
    entries.iter().filter_map(read).collect()
}

/// Makes of a cluster's topology one for each of its hierarchies; where none is named, the cluster's own.
pub(super) fn expand(topology: Topology, hierarchies: &[Hierarchy]) -> Vec<Topology> {
    if hierarchies.is_empty() {
        return vec![topology];
    }
    let one = |hierarchy: &Hierarchy| {
        let mut one = topology.clone();
        one.group = hierarchy.group(&topology.group);
        one.servers.iter_mut().for_each(|declared| declared.role = hierarchy.role(&declared.server, declared.role));
        one
    };
    hierarchies.iter().map(one).collect()
}

impl Hierarchy {
    /// Returns the name of the group that it is planned as.
    pub(super) fn group(&self, cluster: &str) -> String {
        format!("{cluster}/{}", self.tag)
    }

    fn role(&self, server: &ServerName, otherwise: RoleName) -> RoleName {
        self.roles.iter().find(|(one, _)| one == server).map_or(otherwise, |(_, role)| role)
    }
}

/// Reads a tag: what LifeKeeper takes as one, and no `/`, which parts it from the cluster's name.
fn tag<'n>(reading: &mut Reading<'_>, key: &'n Loc<String>) -> Option<&'n str> {
    let tag = key.value.as_str();
    let refused = |c: &char| c.is_control() || c.is_whitespace() || "+;:!@#$*=/".contains(*c);
    let Some(character) = tag.chars().find(refused) else {
        if !tag.is_empty() {
            return Some(tag);
        }
        let message = ("a hierarchy's tag is empty".to_string(), "リソース階層のタグが空です".to_string());
        reading.wrong("bad-tag", key.place, message.0, message.1, tag_hint);
        return None;
    };
    let shown = character.escape_default();
    let message = (
        format!("tag `{tag}` has the character `{shown}`, which is not allowed"),
        format!("タグ `{tag}` に使えない文字 `{shown}` があります"),
    );
    reading.wrong("bad-tag", key.place, message.0, message.1, tag_hint);
    None
}

fn tag_hint() -> Text {
    Text::new(
        "write the tag of the hierarchy's top resource as LifeKeeper shows it",
        "階層の最上位リソースのタグを、LifeKeeper に表示されるとおりに書いてください",
    )
}

fn of_no_system(reading: &mut Reading<'_>, place: Place, system: &str) {
    let message = (
        format!("groups of `{system}` have no `hierarchies`"),
        format!("`{system}` のグループに `hierarchies` はありません"),
    );
    reading.wrong("hierarchies", place, message.0, message.1, || {
        Text::new(
            "take `hierarchies` away; the roles under `servers` hold for the whole group",
            "`hierarchies` を消してください。`servers` の役割がグループ全体に効きます",
        )
    });
}

fn empty(reading: &mut Reading<'_>, place: Place) {
    let message = ("`hierarchies` names none".to_string(), "`hierarchies` に階層がありません".to_string());
    reading.wrong("hierarchies", place, message.0, message.1, || {
        Text::new(
            "name each hierarchy with its servers' roles, or take `hierarchies` away",
            "階層ごとにサーバーの役割を書くか、`hierarchies` を消してください",
        )
    });
}

fn unknown_server(reading: &mut Reading<'_>, key: &Loc<String>, servers: &Servers) {
    let name = &key.value;
    let message = (format!("`{name}` is not under `servers`"), format!("`{name}` は `servers` にありません"));
    reading.wrong("unknown-server", key.place, message.0, message.1, || {
        let all = listed(servers.declared.iter().map(|one| &one.server));
        Text::new(format!("the servers are {all}"), format!("`servers` にあるサーバー: {all}"))
    });
}

/// One leader per hierarchy, or none where all of it is to be removed; a server that it does not name has the role that it has under `servers`.
fn check_leader(
    reading: &mut Reading<'_>,
    place: Place,
    table: &'static Table,
    hierarchy: &Hierarchy,
    servers: &Servers,
) {
    let leads = |one: &&crate::model::topology::Declared| table.leads(hierarchy.role(&one.server, one.role));
    let leading: Vec<&ServerName> = servers.declared.iter().filter(leads).map(|one| &one.server).collect();
    let (tag, role) = (&hierarchy.tag, table.leading().unwrap_or_default());
    let all_may =
        || servers.declared.iter().all(|one| table.without_leader.contains(&hierarchy.role(&one.server, one.role)));
    match leading[..] {
        [_] => {}
        [] if all_may() => {}
        [] => {
            let message = (
                format!("no server of hierarchy `{tag}` is {role}"),
                format!("階層 `{tag}` に {role} のサーバーがありません"),
            );
            reading.wrong("no-leader", place, message.0, message.1, || {
                let otherwise = or_without_leader(table);
                Text::new(
                    format!("give exactly one server of each hierarchy the role `{role}`{}", otherwise.en),
                    format!("階層ごとに、ちょうど 1 台の役割を `{role}` にしてください{}", otherwise.ja),
                )
            });
        }
        ref several => {
            let names = listed(several);
            let message = (
                format!("{names} are all {role} in hierarchy `{tag}`"),
                format!("階層 `{tag}` で {names} がすべて {role} になっています"),
            );
            reading.wrong("two-leaders", place, message.0, message.1, || {
                Text::new(
                    format!("a server that a hierarchy does not name has its role of `servers`: name each that is not {role}"),
                    format!("階層に書かれていないサーバーは `servers` の役割になります。{role} でないサーバーをすべて書いてください"),
                )
            });
        }
    }
}
