//! What a topology demands and states besides roles: `keep`, `divergence`, `waivers`, `maintenance`.

use super::servers::Servers;
use crate::format::fields::{Fields, Reading, choice, listed};
use crate::format::source::Place;
use crate::format::yaml::{Loc, Node};
use crate::model::name::ServerName;
use crate::model::table::{Count, Statement, Table};
use crate::model::topology::Waiver;
use crate::model::window::Window;
use crate::model::words::Text;

/// The fields of a waiver.
pub(super) const WAIVER_FIELDS: [&str; 5] = ["guard", "server", "owner", "reason", "until"];
/// The fields of `divergence`.
pub(super) const DIVERGENCE_FIELDS: [&str; 1] = ["keep"];
/// The one value of `divergence: { keep: … }`.
pub(super) const MASTER_FILES: &str = "master-files";

pub(super) type Waivers = Vec<Waiver>;

/// Reads `keep`: minima that the declared roles themselves must meet.
pub(super) fn keep(
    reading: &mut Reading<'_>,
    fields: &Fields<'_>,
    table: Option<&'static Table>,
    servers: &Servers,
) -> Vec<(&'static str, u32)> {
    let Some(node) = fields.get("keep") else { return Vec::new() };
    let entries = reading.map(node, "keep").unwrap_or_default();
    let mut keep = Vec::new();
    for entry in entries {
        let name = entry.key.value.as_str();
        let minimum = reading.count(&entry.value, name);
        let Some(table) = table else { continue };
        let Some(count) = table.count(name) else {
            unknown_minimum(reading, entry.key.place, name, table);
            continue;
        };
        let Some(minimum) = minimum else { continue };
        let declared = servers.with_role_of(count);
        if servers.complete && declared < minimum as usize {
            contradicted(reading, entry.value.place, count, minimum, declared);
        }
        keep.push((count.name, minimum));
    }
    keep
}

fn unknown_minimum(reading: &mut Reading<'_>, place: Place, name: &str, table: &Table) {
    let message = (format!("`keep` knows no `{name}`"), format!("`keep` に `{name}` は指定できません"));
    let system = table.system;
    reading.wrong("unknown-minimum", place, message.0, message.1, || {
        let known = table.counts.iter().map(|count| count.name);
        choice(name, known, &format!("the minima of `{system}` are"), &format!("`{system}` で指定できるもの"))
    });
}

fn contradicted(reading: &mut Reading<'_>, place: Place, count: &Count, minimum: u32, declared: usize) {
    let roles = listed(count.roles);
    let declared_en = match declared {
        0 => "none is".into(),
        1 => "one is".into(),
        more => format!("{more} are"),
    };
    let message = (
        format!("`keep` asks for {minimum} or more servers with the role {roles}, and {declared_en} declared"),
        format!("`keep` は役割 {roles} を {minimum} 台以上求めていますが、宣言は {declared} 台です"),
    );
    reading.wrong("keep-contradicted", place, message.0, message.1, || {
        Text::new(
            format!("declare {minimum} servers as {roles}, or lower the minimum to {declared}"),
            format!("{minimum} 台を {roles} にするか、最小数を {declared} に下げてください"),
        )
    });
}

/// Reads `divergence`; returns whether the master's files are declared right.
pub(super) fn divergence(reading: &mut Reading<'_>, fields: &Fields<'_>, table: Option<&'static Table>) -> bool {
    let Some(entry) = fields.entry("divergence") else { return false };
    if let Some(table) = table.filter(|table| !table.asks_for(Statement::KeepMasterFiles)) {
        let system = table.system;
        let message = (
            format!("groups of `{system}` have no `divergence`"),
            format!("`{system}` のグループに `divergence` はありません"),
        );
        reading.wrong("divergence", entry.key.place, message.0, message.1, || {
            Text::new("take `divergence` away", "`divergence` を消してください")
        });
        return false;
    }
    let example = "keep: master-files";
    let Some(inner) = reading.fields(&entry.value, "divergence", &DIVERGENCE_FIELDS, entry.key.place) else {
        return false;
    };
    let Some(node) = reading.need(&inner, "keep", example) else { return false };
    let Some(text) = reading.text(node, "keep") else { return false };
    if text != MASTER_FILES {
        let message = (
            format!("`divergence` can't keep `{text}`"),
            format!("`divergence` の `keep` に `{text}` は指定できません"),
        );
        reading.wrong("bad-divergence", node.place, message.0, message.1, || {
            choice(text, [MASTER_FILES].into_iter(), "the only statement is", "指定できるのは次だけです")
        });
    }
    text == MASTER_FILES
}

/// Reads `waivers`.
pub(super) fn waivers(
    reading: &mut Reading<'_>,
    fields: &Fields<'_>,
    table: Option<&'static Table>,
    servers: &Servers,
) -> Waivers {
    let Some(node) = fields.get("waivers") else { return Vec::new() };
    let items = reading.list(node, "waivers").unwrap_or_default();
    items.iter().filter_map(|item| waiver(reading, item, table, servers)).collect()
}

fn waiver(
    reading: &mut Reading<'_>,
    item: &Loc<Node>,
    table: Option<&'static Table>,
    servers: &Servers,
) -> Option<Waiver> {
    let owner_place = match &item.value {
        Node::Map(entries) => entries.first().map_or(item.place, |entry| entry.key.place),
        _ => item.place,
    };
    let fields = reading.fields(item, "waivers", &WAIVER_FIELDS, owner_place)?;
    let guard = reading.need(&fields, "guard", "guard: NAME");
    let guard = guard.and_then(|node| guard_name(reading, node, table));
    let server = fields.get("server").map(|node| server(reading, node, servers));
    let owner = reading.need(&fields, "owner", "owner: Suzuki").and_then(|node| reading.text(node, "owner"));
    let reason = reading.need(&fields, "reason", "reason: CHG-1042").and_then(|node| reading.text(node, "reason"));
    let until = reading.need(&fields, "until", "until: 2026-11-20").and_then(|node| reading.date(node, "until"));
    let server = match server {
        Some(read) => Some(read?),
        None => None,
    };
    Some(Waiver { guard: guard?, server, owner: owner?.into(), reason: reason?.into(), until: until? })
}

fn guard_name(reading: &mut Reading<'_>, node: &Loc<Node>, table: Option<&'static Table>) -> Option<&'static str> {
    let name = reading.text(node, "guard")?;
    let table = table?;
    let system = table.system;
    match table.guard(name) {
        Some(guard) if !guard.absolute => return Some(guard.name),
        Some(guard) => {
            let says = guard.says;
            let message = (format!("guard `{name}` can't be waived"), format!("条件 `{name}` は免除できません"));
            reading.wrong("absolute-guard", node.place, message.0, message.1, || {
                Text::new(
                    format!("take the waiver away and see to it that the rule holds: {}", says.en),
                    format!("免除を消し、条件を満たしてください: {}", says.ja),
                )
            });
        }
        None => {
            let message = (format!("unknown guard `{name}`"), format!("不明な条件 `{name}` です"));
            reading.wrong("unknown-guard", node.place, message.0, message.1, || {
                let guards = table.guards.iter().filter(|guard| !guard.absolute).map(|guard| guard.name);
                choice(
                    name,
                    guards,
                    &format!("the guards of `{system}` that can be waived are"),
                    &format!("`{system}` で免除できる条件"),
                )
            });
        }
    }
    None
}

fn server(reading: &mut Reading<'_>, node: &Loc<Node>, servers: &Servers) -> Option<ServerName> {
    let text = reading.text(node, "server")?;
    let declared = ServerName::new(text).ok().and_then(|name| servers.places.get_key_value(&name));
    if let Some((name, _)) = declared {
        return Some(name.clone());
    }
    // Where a server could not be read, this may be the one.
    if servers.complete {
        let message = (format!("server `{text}` is not declared"), format!("サーバー `{text}` は宣言されていません"));
        reading.wrong("unknown-server", node.place, message.0, message.1, || {
            choice(
                text,
                servers.declared.iter().map(|one| one.server.as_str()),
                "the servers are",
                "宣言済みのサーバー",
            )
        });
    }
    None
}

/// Reads `maintenance`: when changes may be made.
pub(super) fn maintenance(reading: &mut Reading<'_>, fields: &Fields<'_>) -> Vec<Window> {
    let Some(node) = fields.get("maintenance") else { return Vec::new() };
    let items = reading.list(node, "maintenance").unwrap_or_default();
    items.iter().filter_map(|item| window(reading, item)).collect()
}

fn window(reading: &mut Reading<'_>, node: &Loc<Node>) -> Option<Window> {
    let written = reading.text(node, "maintenance")?;
    let fault = match Window::parse(written) {
        Ok(window) => return Some(window),
        Err(fault) => fault,
    };
    let message = (
        format!("`{written}` is no maintenance window: {}", fault.en),
        format!("`{written}` はメンテナンス時間として読み取れません: {}", fault.ja),
    );
    reading.wrong("bad-window", node.place, message.0, message.1, || {
        Text::new(
            "write days, start, length and time zone, as in `Sat 22:00/PT7H Asia/Tokyo` or `Mon-Fri 23:30/PT90M UTC`",
            "`Sat 22:00/PT7H Asia/Tokyo` や `Mon-Fri 23:30/PT90M UTC` のように、曜日、開始、長さ、タイムゾーンを書いてください",
        )
    });
    None
}
