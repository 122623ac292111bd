//! `observe --check`: tries each connection and says what is there, what is missing, and what that takes away.
//! Changes nothing, and takes no lock.

use std::collections::BTreeSet;

use crate::model::name::ServerName;
use crate::model::pool::PoolSeen;
use crate::model::request::Statement;
use crate::model::topology::Topology;
use crate::model::words::Text;
use crate::report::clean;
use crate::run::side_by_side::side_by_side;
use crate::system::co_store::{self, sql};
use crate::world::hosts::{self, Item};
use crate::world::load_balancer::{self, LoadBalancer};
use crate::world::sql::{Database, Encryption, Login, Trouble};

use super::check_folders;
use super::failure::Failure;
use super::inputs::{Inputs, shown};
use super::reach::{self, Reach};
use super::setting::Setting;

/// How good something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    Fine,
    Warning,
    Missing,
}

/// One line of the report.
pub(super) struct Line(pub Found, pub Text);

/// Runs the command: exit code 3 where something is missing that observation needs.
pub fn run(setting: &Setting, inputs: &Inputs) -> Result<u8, Failure> {
    let reaches = reach::open(setting, &inputs.topologies, inputs)?;
    let mut code = 0;
    let mut told = BTreeSet::new();
    let mut looked_at = BTreeSet::new();
    for (topology, reach) in inputs.topologies.iter().zip(&reaches.groups) {
        let name = topology.connection.clone().unwrap_or_default();
        let mut lines = Vec::new();
        let world = &reaches.worlds[reach.world];
        let is_first = told.insert(reach.world);
        match world.database() {
            Some(database) => {
                if is_first {
                    lines.extend(reaches.runtime.block_on(server(database)));
                }
                if reach.system.table.system == co_store::SYSTEM.table.system {
                    lines.extend(reaches.runtime.block_on(store(database, topology, reach)));
                }
            }
            None if is_first && world.hosts().is_none() && world.load_balancer().is_none() => {
                lines.push(Line(Found::Warning, Text::new("no database", "データベースなし")));
            }
            None => {}
        }
        let servers = topology.servers.iter().filter(|one| !one.lost).map(|one| &one.server);
        let servers: Vec<_> = servers.filter(|server| looked_at.insert((reach.world, (*server).clone()))).collect();
        if let Some(balancer) = world.load_balancer() {
            if is_first {
                lines.extend(reaches.runtime.block_on(may_change(balancer)));
            }
            for server in &servers {
                lines.push(reaches.runtime.block_on(pool(balancer, server)));
            }
        }
        if let Some(hosts) = world.hosts() {
            let program = program(reach);
            let found = side_by_side(servers.into_iter().map(|server| hosts.check(server, program.as_deref())));
            lines.extend(reaches.runtime.block_on(found).into_iter().flatten().map(of_host));
        }
        if reach.system.table.system == co_store::SYSTEM.table.system {
            let file = inputs.connections(topology).map(|(file, _)| shown(file)).unwrap_or_default();
            let found = check_folders::folders(world, &reach.site, topology, &file);
            lines.extend(reaches.runtime.block_on(found));
        }
        for Line(found, says) in lines {
            let sign = match found {
                Found::Fine => Text::new("ok", "可"),
                Found::Warning => Text::new("note", "注"),
                Found::Missing => Text::new("missing", "不足"),
            };
            if found == Found::Missing {
                code = 3;
            }
            let line = format!("{name}: {}: {}", sign.say(setting.language), says.say(setting.language));
            setting.print(&format!("{}\n", clean::terminal(&line)));
        }
    }
    Ok(code)
}

/// Returns the path of the product's own program, where steps of the group run one.
fn program(reach: &Reach) -> Option<String> {
    let folder = reach.site.api_folder.trim_end_matches('\\');
    (reach.system.table.system == co_store::SYSTEM.table.system).then(|| format!("{folder}\\{}", co_store::API))
}

/// Checks what holds for all groups of a connection.
async fn server(database: &Database) -> Vec<Line> {
    let address = database.settings().address();
    let version = match database.read(&sql::version()).await {
        Ok(rows) => rows.into_iter().flatten().flatten().collect::<Vec<_>>().join(", "),
        Err(trouble) => return vec![missing(&trouble)],
    };
    let login = match &database.settings().login {
        Login::SqlServer { user, .. } => Text::new(format!("login `{user}`"), format!("ログイン `{user}`")),
        Login::Integrated => Text::new("integrated authentication", "統合認証"),
    };
    let mut lines = vec![
        Line(
            Found::Fine,
            Text::new(
                format!("SQL Server {version} at {address}, {}", login.en),
                format!("{address} の SQL Server {version}、{}", login.ja),
            ),
        ),
        encryption(&database.settings().encryption),
    ];
    lines.push(match database.read(&sql::table_and_columns()).await {
        Ok(_) => Line(
            Found::Fine,
            Text::new("dbo.store has name and master_pvs_server", "dbo.store に name と master_pvs_server がある"),
        ),
        Err(trouble) => missing(&trouble),
    });
    let rights = [
        (
            sql::may_write_master(),
            Text::new("this login may hand over the master", "このログインはマスターを変更できる"),
            Text::new(
                "this login may not write dbo.store.master_pvs_server: it can look, and hand over nothing",
                "このログインは dbo.store.master_pvs_server に書き込めない (参照のみ可能)",
            ),
        ),
        (
            sql::may_see_sessions(),
            Text::new("this login may see who holds a lock", "このログインはロックの保持者を確認できる"),
            Text::new(
                "without VIEW SERVER STATE, `locks` can't say who holds a lock",
                "VIEW SERVER STATE がないため、`locks` はロックの保持者を表示できない",
            ),
        ),
    ];
    for (statement, yes, no) in rights {
        lines.push(match is_one(database, &statement).await {
            Ok(true) => Line(Found::Fine, yes),
            Ok(false) => Line(Found::Warning, no),
            Err(trouble) => missing(&trouble),
        });
    }
    lines
}

fn of_host(item: Item) -> Line {
    let found = match item.found {
        hosts::Found::Fine => Found::Fine,
        hosts::Found::Warning => Found::Warning,
        hosts::Found::Missing => Found::Missing,
    };
    Line(found, item.says)
}

fn encryption(encryption: &Encryption) -> Line {
    match encryption {
        Encryption::Checked(_) => {
            Line(Found::Fine, Text::new("encrypted, and the certificate is checked", "暗号化あり、証明書は検証済み"))
        }
        Encryption::AnyCertificate => {
            Line(Found::Warning, Text::new("encrypted, and any certificate is taken", "暗号化あり、証明書は検証しない"))
        }
        Encryption::Off => Line(Found::Warning, Text::new("not encrypted", "暗号化なし")),
    }
}

/// Checks whether servers can be changed at a load balancer.
async fn may_change(balancer: &LoadBalancer) -> Option<Line> {
    Some(match balancer.read_only_nodes().await {
        Ok(None) => return None,
        Ok(Some(nodes)) if nodes.is_empty() => {
            Line(Found::Fine, Text::new("the load balancer may be changed", "ロードバランサーを変更できる"))
        }
        Ok(Some(nodes)) => {
            let nodes = nodes.join(", ");
            Line(
                Found::Warning,
                Text::new(
                    format!("HAProxy at {nodes} lets nobody change a server there: its socket wants `level admin`"),
                    format!("{nodes} の HAProxy ではサーバーを変更できない: ソケットに `level admin` が必要"),
                ),
            )
        }
        Err(trouble) => unseen(trouble),
    })
}

/// Checks that a load balancer knows a server.
async fn pool(balancer: &LoadBalancer, server: &ServerName) -> Line {
    match balancer.see(server).await {
        Ok(PoolSeen { state, sessions, .. }) => Line(
            Found::Fine,
            Text::new(
                format!("the load balancer has `{server}`: {}, {sessions} sessions", state.as_str()),
                format!("ロードバランサーに `{server}` がある: {}、セッション {sessions}", state.as_str()),
            ),
        ),
        Err(trouble) => unseen(trouble),
    }
}

fn unseen(trouble: load_balancer::Trouble) -> Line {
    match trouble {
        load_balancer::Trouble::Refused(why) | load_balancer::Trouble::Unknown(why) => Line(
            Found::Missing,
            Text::new(
                format!("the load balancer can't be seen: {why}"),
                format!("ロードバランサーを確認できない: {why}"),
            ),
        ),
    }
}

/// Checks what holds for one store.
async fn store(database: &Database, topology: &Topology, reach: &Reach) -> Vec<Line> {
    let group = &topology.group;
    let mut lines = vec![match database.read(&sql::read_store(group)).await {
        Ok(rows) if rows.len() == 1 => {
            Line(Found::Fine, Text::new(format!("store `{group}` is there"), format!("ストア `{group}` がある")))
        }
        Ok(rows) => {
            let count = rows.len();
            Line(
                Found::Missing,
                Text::new(
                    format!("dbo.store has {count} rows for store `{group}`, and there must be one"),
                    format!("dbo.store にストア `{group}` の行が {count} 件ある (1 件でなければならない)"),
                ),
            )
        }
        Err(trouble) => missing(&trouble),
    }];
    type Worded = fn(&str, &str) -> Statement;
    let queries: [(&str, &Option<String>, Worded, usize); 2] = [
        ("storages", &reach.site.storages_query, sql::site_storages, 1),
        ("tasks", &reach.site.tasks_query, sql::site_tasks, 3),
    ];
    for (name, query, worded, columns) in queries {
        let Some(query) = query else {
            let says = Text::new(
                format!("no query `{name}`: what it would tell is unknown"),
                format!("問い合わせ `{name}` がないため、その内容は不明として扱う"),
            );
            lines.push(Line(Found::Warning, says));
            continue;
        };
        lines.push(match database.read(&worded(query, group)).await {
            Ok(rows) if rows.iter().all(|row| row.len() == columns) => {
                let count = rows.len();
                let says = (format!("query `{name}` of store `{group}`: {count} rows"), count);
                let ja = format!("ストア `{group}` の問い合わせ `{name}`: {} 行", says.1);
                Line(Found::Fine, Text::new(says.0, ja))
            }
            Ok(_) => Line(
                Found::Missing,
                Text::new(
                    format!("query `{name}` must return {columns} columns"),
                    format!("問い合わせ `{name}` は {columns} 列を返さなければならない"),
                ),
            ),
            Err(trouble) => missing(&trouble),
        });
    }
    lines
}

async fn is_one(database: &Database, statement: &Statement) -> Result<bool, Trouble> {
    let rows = database.read(statement).await?;
    Ok(rows.first().and_then(|row| row.first()).cloned().flatten().as_deref() == Some("1"))
}

fn missing(trouble: &Trouble) -> Line {
    Line(Found::Missing, trouble.told())
}
