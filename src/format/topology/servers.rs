//! The servers of a topology: names that the product takes, roles that the system has, and exactly one leader, but where
//! the system lets a group have none any more.

use std::collections::HashMap;

use crate::format::fault::Fault;
use crate::format::fields::{Fields, Reading, choice, listed};
use crate::format::source::Place;
use crate::format::yaml::{Entry, Loc, Node};
use crate::model::name::{NameFault, ServerName};
use crate::model::table::{Count, Role, RoleName, Table};
use crate::model::topology::Declared;
use crate::model::words::{Text, Words};

/// The fields of a server's long form.
pub(super) const FIELDS: [&str; 4] = ["role", "because", "lost", "reinstalled"];

/// What could be read of the servers.
#[derive(Debug, Default)]
pub(super) struct Servers {
    /// Those that are right.
    pub(super) declared: Vec<Declared>,
    /// Their names, and where each stands.
    pub(super) places: HashMap<ServerName, Place>,
    /// Whether every server's name and role could be read, so that conclusions may be drawn from all of them.
    pub(super) complete: bool,
}

impl Servers {
    /// Returns how many servers have a role that a minimum counts.
    pub(super) fn with_role_of(&self, count: &Count) -> usize {
        self.declared.iter().filter(|one| count.is_of(Some(one.role))).count()
    }
}

/// Where a server and its role stand.
struct Standing {
    key: Place,
    role: Place,
}

/// Reads `servers`.
pub(super) fn read(
    reading: &mut Reading<'_>,
    fields: &Fields<'_>,
    table: Option<&'static Table>,
    group: &str,
) -> Servers {
    let before = reading.faults.count();
    let Some(node) = reading.need(fields, "servers", "servers: { PVS1: master }") else { return Servers::default() };
    let key = fields.entry("servers").map_or(node.place, |entry| entry.key.place);
    let empty = node.value.is_null() || matches!(&node.value, Node::Map(entries) if entries.is_empty());
    if empty {
        empty_group(reading, key, group);
        return Servers::default();
    }
    let Some(entries) = reading.map(node, "servers") else { return Servers::default() };
    let mut servers = Servers::default();
    let (mut leaders, mut roles) = (Vec::new(), Vec::new());
    let mut roles_complete = true;
    for entry in entries {
        let name = name(reading, &entry.key, table, &mut servers.places);
        let server = server(reading, entry, table);
        roles_complete &= server.is_some();
        let Some((role, role_place, mut declared)) = server else { continue };
        roles.push(role);
        if table.is_some_and(|table| table.leads(role)) {
            leaders.push(Standing { key: entry.key.place, role: role_place });
        }
        if let Some(name) = name {
            declared.server = name;
            servers.declared.push(declared);
        }
    }
    if let Some((table, leading)) = table.and_then(|table| Some((table, table.roles.iter().find(|role| role.leads)?))) {
        match leaders.as_slice() {
            [_] => (),
            [] if !roles_complete || roles.iter().all(|role| table.without_leader.contains(role)) => (),
            [] => no_leader(reading, table, leading, key, group, entries.len()),
            several => several_leaders(reading, leading, several, group, entries),
        }
    }
    servers.complete = table.is_some() && reading.faults.count() == before;
    servers
}

fn empty_group(reading: &mut Reading<'_>, place: Place, group: &str) {
    let message = (format!("group `{group}` has no servers"), format!("グループ `{group}` にサーバーがありません"));
    reading.wrong("empty-group", place, message.0, message.1, || {
        Text::new(
            "name each server with its role, as in `PVS1: master`",
            "`PVS1: master` のように、サーバーごとに役割を書いてください",
        )
    });
}

/// Reads a server's name and notes where another one differs from it only in case.
fn name(
    reading: &mut Reading<'_>,
    key: &Loc<String>,
    table: Option<&'static Table>,
    seen: &mut HashMap<ServerName, Place>,
) -> Option<ServerName> {
    let checked = ServerName::new(&key.value).and_then(|name| match table {
        Some(table) => table.server_names.check(&name).map(|()| name),
        None => Ok(name),
    });
    let name = match checked {
        Ok(name) => name,
        Err(fault) => {
            refused_name(reading, key.place, &fault, table);
            return None;
        }
    };
    reading.is_new(&name, key, seen).then_some(name)
}

fn refused_name(reading: &mut Reading<'_>, place: Place, fault: &NameFault, table: Option<&'static Table>) {
    let ja = match fault {
        NameFault::Empty => "サーバー名が空です".into(),
        NameFault::TooLong { name, length, limit } => {
            format!("サーバー名 `{name}` が {length} 文字あります({limit} 文字まで)")
        }
        NameFault::Character { name, character } => {
            format!("サーバー名 `{name}` に使えない文字 `{character}` があります")
        }
        NameFault::Number(name) => format!("サーバー名 `{name}` は数字だけなので使えません"),
        NameFault::Edge(name) => format!("サーバー名 `{name}` の先頭と末尾に `-` と `.` は使えません"),
    };
    reading.wrong("bad-server-name", place, fault.to_string(), ja, || {
        let longest = table.map_or(63, |table| table.server_names.longest);
        let also: String = table.map_or("-_.", |table| table.server_names.also).chars().map(|c| format!(" `{c}`")).collect();
        Text::new(
            format!("write the computer name itself, without a domain: letters, digits, `-`{also}, at most {longest} characters"),
            format!("ドメインを付けず、コンピューター名そのものを書いてください(英数字と `-`{also}、{longest} 文字まで)"),
        )
    });
}

/// Reads one server; its name is filled in by the caller.
fn server(
    reading: &mut Reading<'_>,
    entry: &Entry,
    table: Option<&'static Table>,
) -> Option<(RoleName, Place, Declared)> {
    let line = reading.source.line(entry.key.place.start);
    let (mut because, mut lost, mut reinstalled) = (None, false, None);
    let role_node = match &entry.value.value {
        Node::Map(_) => {
            let fields = reading.fields(&entry.value, &entry.key.value, &FIELDS, entry.key.place)?;
            because = fields.get("because").and_then(|node| reading.text(node, "because")).map(str::to_owned);
            lost = fields.get("lost").and_then(|node| reading.flag(node, "lost")).unwrap_or_default();
            reinstalled = fields.get("reinstalled").and_then(|node| reading.date(node, "reinstalled"));
            reading.need(&fields, "role", "role: slave")?
        }
        _ => &entry.value,
    };
    let role = role(reading, role_node, &entry.key.value, table)?;
    let server = ServerName::new("unnamed").ok()?;
    Some((role, role_node.place, Declared { server, role, because, lost, reinstalled, line }))
}

/// Reads a role of the system.
pub(super) fn role(
    reading: &mut Reading<'_>,
    node: &Loc<Node>,
    what: &str,
    table: Option<&'static Table>,
) -> Option<RoleName> {
    if node.value.is_null() {
        no_role(reading, node, what, table);
        return None;
    }
    let name = reading.text(node, what)?;
    let table = table?;
    let role = table.role(name).map(|role| role.name);
    if role.is_none() {
        unknown_role(reading, node.place, name, table);
    }
    role
}

fn no_role(reading: &mut Reading<'_>, node: &Loc<Node>, server: &str, table: Option<&Table>) {
    let message = (format!("`{server}` has no role"), format!("`{server}` に役割がありません"));
    reading.wrong("no-role", node.place, message.0, message.1, || {
        let roles = table.map_or_else(String::new, |table| listed(table.roles.iter().map(|role| role.name)));
        Text::new(
            format!("write one after the `:`; the roles are {roles}"),
            format!("`:` の後に役割を書いてください: {roles}"),
        )
    });
}

/// Notes that a system has no such role.
fn unknown_role(reading: &mut Reading<'_>, place: Place, name: &str, table: &Table) {
    let message = (format!("unknown role `{name}`"), format!("不明な役割 `{name}` です"));
    let system = table.system;
    reading.wrong("unknown-role", place, message.0, message.1, || {
        let roles = table.roles.iter().map(|role| role.name);
        choice(name, roles, &format!("the roles of `{system}` are"), &format!("`{system}` の役割"))
    });
}

/// Says which roles would leave a group without a leader for good, where the system has such groups.
pub(super) fn or_without_leader(table: &Table) -> Text {
    let roles = listed(table.without_leader);
    match table.without_leader.is_empty() {
        true => Text::default(),
        false => Text::new(
            format!("; or give every server one of {roles}: all that the group serves is removed then"),
            format!(
                "。すべてのサーバーを {roles} のいずれかにすると、グループが提供するものをすべて削除する宣言になります"
            ),
        ),
    }
}

fn no_leader(reading: &mut Reading<'_>, table: &Table, leading: &Role, place: Place, group: &str, count: usize) {
    let (title, role) = (leading.title, leading.name);
    let message = Text::new(
        format!("no {} in group `{group}`", title.en),
        format!("グループ `{group}` に{}がありません", title.ja),
    );
    let source = reading.source;
    let none = if count == 1 { "the only server does not have".into() } else { format!("none of {count} servers has") };
    let label =
        Text::new(format!("{none} the role `{role}`"), format!("{count} 台のどれも役割が `{role}` ではありません"));
    let otherwise = or_without_leader(table);
    // CS-03: exactly one at every moment. CS-04: demoted only by the promotion of another server.
    reading.faults.add(|| {
        Fault::new("no-leader", message).at(source, place, &label.en, &label.ja).hint(
            format!(
                "give exactly one server the role `{role}`; the present {} is demoted only by naming its successor{}",
                title.en, otherwise.en
            ),
            format!(
                "ちょうど 1 台の役割を `{role}` にしてください。現在の{}は、後任を指定したときだけ降格できます{}",
                title.ja, otherwise.ja
            ),
        )
    });
}

fn several_leaders(reading: &mut Reading<'_>, leading: &Role, several: &[Standing], group: &str, entries: &[Entry]) {
    let source = reading.source;
    let Words { en, ja } = leading.title;
    let count = several.len();
    let message = Text::new(
        format!("{} {} in group `{group}`", number(count), plural(en)),
        format!("グループ `{group}` に{ja}が {count} 台あります"),
    );
    let name = |place: Place| {
        entries.iter().find(|entry| entry.key.place == place).map_or("", |entry| entry.key.value.as_str())
    };
    let [first, .., last] = several else { return };
    reading.faults.add(|| {
        let (english, japanese) = ordinal(count);
        let mut fault =
            Fault::new("two-leaders", message).jump(source, last.key).at(source, last.role, &english, &japanese);
        for (index, standing) in several.iter().enumerate().take(MOST_SHOWN.min(count - 1)) {
            let (english, japanese) = ordinal(index + 1);
            fault = fault.also(source, standing.role, &english, &japanese);
        }
        let (first, last) = (name(first.key), name(last.key));
        fault.hint(
            format!("a group has exactly one {en}; give `{first}` another role to hand over to `{last}`"),
            format!("{ja}は 1 グループに 1 台だけです。`{last}` に引き継ぐには `{first}` を別の役割にしてください"),
        )
    });
}

/// How many leaders too many are shown with their lines.
const MOST_SHOWN: usize = 8;

fn number(count: usize) -> String {
    match count {
        2 => "two".into(),
        3 => "three".into(),
        4 => "four".into(),
        more => more.to_string(),
    }
}

fn ordinal(number: usize) -> (String, String) {
    let english = match number {
        1 => "the first".into(),
        2 => "the second".into(),
        3 => "the third".into(),
        more => format!("number {more}"),
    };
    (english, format!("{number} 台目"))
}

fn plural(noun: &str) -> String {
    match noun.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'i', 'o', 'u']) => format!("{stem}ies"),
        _ => format!("{noun}s"),
    }
}
