//! `observe --check`: whether PVS reaches a store by the folder that the connection declares for it. Changes nothing.

use crate::model::name::ServerName;
use crate::model::site::Site;
use crate::model::topology::Topology;
use crate::model::words::Text;
use crate::system::Answers;
use crate::system::co_store::paths;
use crate::world::World;

use super::check::{Found, Line};

/// The folder of a store that the connection declares for a server.
struct Declared<'a> {
    server: &'a ServerName,
    store: String,
    folder: String,
}

/// Compares each folder that `file` declares with the one that PVS has; PVS is asked only where one is declared.
pub(super) async fn folders(world: &World, site: &Site, topology: &Topology, file: &str) -> Vec<Line> {
    let declared = declared(world, topology);
    let mut answers = Answers::default();
    while !declared.is_empty() {
        let asks = paths::asks(site, &answers);
        if asks.is_empty() {
            break;
        }
        answers.extend(world.perform_all(asks).await);
    }
    let mut lines = Vec::new();
    for store in paths::stores(&site.group) {
        let of_store: Vec<_> = declared.iter().filter(|one| one.store == store).collect();
        match paths::reads(site, &answers, &store) {
            _ if of_store.is_empty() => {}
            Err(why) => lines.push(unknown(&store, &why)),
            Ok(seen) => lines.extend(of_store.into_iter().filter_map(|one| compared(one, &seen, file))),
        }
    }
    lines
}

fn declared<'a>(world: &World, topology: &'a Topology) -> Vec<Declared<'a>> {
    let Some(hosts) = world.hosts() else { return Vec::new() };
    let servers = topology.servers.iter().filter(|one| !one.lost).map(|one| &one.server);
    let of_server = |server: &'a ServerName| {
        let folder =
            |store: String| Some(Declared { server, folder: hosts.host(server).stores.get(&store)?.clone(), store });
        paths::stores(&topology.group).into_iter().filter_map(folder).collect::<Vec<_>>()
    };
    servers.flat_map(of_server).collect()
}

/// Sets both folders side by side; says nothing of a server that does not serve the store, for which PVS has none.
fn compared(one: &Declared<'_>, seen: &paths::Folders, file: &str) -> Option<Line> {
    let Declared { server, store, folder } = one;
    Some(match seen.get(*server)? {
        Err(why) => unknown(store, &format!("`{server}`: {why}")),
        Ok(path) if paths::is_same(path, folder) => Line(
            Found::Fine,
            Text::new(
                format!("PVS reaches store `{store}` on `{server}` by the folder that is declared"),
                format!("PVS は宣言されたフォルダーで、ストア `{store}` を `{server}` から使用している"),
            ),
        ),
        Ok(path) => Line(
            Found::Warning,
            Text::new(
                format!(
                    "PVS reaches store `{store}` on `{server}` by `{path}`, and `{file}` declares `{folder}` (`stores:` of `{server}`): if that is another folder, other files are compared than PVS serves"
                ),
                format!(
                    "PVS はストア `{store}` を `{server}` から `{path}` で使用しているが、`{file}` では `{folder}` (`{server}` の `stores:`): 別のフォルダーなら、PVS が使うものとは別のファイルを比較することになる"
                ),
            ),
        ),
    })
}

fn unknown(store: &str, why: &str) -> Line {
    Line(
        Found::Warning,
        Text::new(
            format!("by which folder PVS reaches store `{store}` is unknown: {why}"),
            format!("PVS がストア `{store}` に使うフォルダーは不明: {why}"),
        ),
    )
}
