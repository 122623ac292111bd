//! What a host is and has, for whoever sets up a connection. Changes nothing.

use serde_json::{Value as Json, json};

use super::trouble::clipped;
use super::{Hosts, Shell, Via, answer, cmd, posix, powershell};
use crate::model::name::ServerName;
use crate::model::words::Text;

/// How good something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// As it should be.
    Fine,
    /// Something can't be done without it.
    Warning,
    /// Observation needs it.
    Missing,
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// How good it is.
    pub found: Found,
    /// What it is.
    pub says: Text,
}

impl Item {
    fn new(found: Found, en: impl Into<String>, ja: impl Into<String>) -> Item {
        Item { found, says: Text::new(en, ja) }
    }
}

impl Hosts {
    /// Looks at one host: whether it can be reached, as whom, and whether what orders need is there; with PowerShell, also
    /// whether the product's own `program` is.
    pub async fn check(&self, on: &ServerName, program: Option<&str>) -> Vec<Item> {
        let host = self.host(on);
        let found = match host.shell {
            Shell::Posix => {
                let files: Vec<&str> =
                    host.rolewalk.as_deref().into_iter().chain(host.elevate.first().map(String::as_str)).collect();
                let order = posix::order(posix::LOOK, &files);
                self.look(on, order, |said| Ok(posix_items(on, &String::from_utf8_lossy(&said.wrote)))).await
            }
            Shell::Powershell => {
                let wizard = host.wizard.as_ref().map(|wizard| wizard.program.as_str());
                let files: Vec<&str> = host
                    .rolewalk
                    .as_deref()
                    .into_iter()
                    .chain(host.stores.values().map(String::as_str))
                    .chain(wizard)
                    .chain(program)
                    .collect();
                let order = powershell::order(powershell::LOOK, &json!({ "files": files }));
                self.look(on, order, |said| Ok(answer::script(said)?.map(|said| powershell_items(on, &said))?)).await
            }
            Shell::Cmd => {
                let note = Item::new(
                    Found::Warning,
                    format!("`{on}` answers with cmd, which can only be given fixed text"),
                    format!("`{on}` は cmd で応答する (固定の文字列だけを渡せる)"),
                );
                self.look(on, cmd::order("hostname", &[]), |_| Ok(vec![note])).await
            }
        };
        let mut items = match found {
            Ok(items) => items,
            Err(trouble) => return vec![Item { found: Found::Missing, says: trouble.told() }],
        };
        if host.via == Via::Ssh {
            items.push(Item::new(
                Found::Fine,
                format!("the SSH host key of `{on}` is known and was checked"),
                format!("`{on}` の SSH ホスト鍵は既知で、検証済み"),
            ));
        }
        items.extend(self.rolewalk_version(on).await.map(|there| version_item(on, &there)));
        if host.rolewalk.is_none() {
            items.push(Item::new(
                Found::Warning,
                format!("no `rolewalk:` for `{on}`: vDisk files are not read there"),
                format!("`{on}` に `rolewalk:` がないため、vDisk ファイルの内容は読まない"),
            ));
        }
        items
    }
}

/// What a server tells of files is what its own rolewalk makes of them.
fn version_item(on: &ServerName, there: &str) -> Item {
    let here = env!("CARGO_PKG_VERSION");
    match there == here {
        true => Item::new(
            Found::Fine,
            format!("`{on}` has rolewalk {there}, as this machine"),
            format!("`{on}` の rolewalk は {there} (このマシンと同じ)"),
        ),
        false => Item::new(
            Found::Warning,
            format!("`{on}` has rolewalk {}, and this machine {here}: they may tell files differently", clipped(there)),
            format!(
                "`{on}` の rolewalk は {}、このマシンは {here}: ファイルの判定が異なる可能性がある",
                clipped(there)
            ),
        ),
    }
}

fn posix_items(on: &ServerName, wrote: &str) -> Vec<Item> {
    let mut lines = wrote.lines();
    let (system, account) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    let mut items = vec![Item::new(
        Found::Fine,
        format!("`{on}` answers: {system}, account `{account}`"),
        format!("`{on}` が応答: {system}、アカウント `{account}`"),
    )];
    for line in lines {
        match line.split_once(' ') {
            Some(("has", file)) => {
                items.push(Item::new(Found::Fine, format!("`{on}` has {file}"), format!("`{on}` に {file} がある")))
            }
            Some(("missing", file)) => {
                items.push(Item::new(
                    Found::Missing,
                    format!("`{on}` has no {file}"),
                    format!("`{on}` に {file} がない"),
                ));
            }
            _ => {}
        }
    }
    items
}

fn powershell_items(on: &ServerName, said: &Json) -> Vec<Item> {
    let text = |field: &str| said.get(field).and_then(Json::as_str).unwrap_or("?").to_string();
    let flag = |field: &str| said.get(field).and_then(Json::as_bool) == Some(true);
    let (version, user) = (text("version"), text("user"));
    let found = if version.starts_with("5.1") { Found::Fine } else { Found::Missing };
    let mut items = vec![Item::new(
        found,
        format!("`{on}` answers: PowerShell {version} (5.1 is needed), account `{user}`"),
        format!("`{on}` が応答: PowerShell {version} (5.1 が必要)、アカウント `{user}`"),
    )];
    items.push(match flag("snapin") {
        true => {
            Item::new(Found::Fine, format!("`{on}` has the PVS snap-in"), format!("`{on}` に PVS スナップインがある"))
        }
        false => Item::new(
            Found::Missing,
            format!("`{on}` has no PVS snap-in: PVS can't be asked through it"),
            format!("`{on}` に PVS スナップインがなく、PVS に問い合わせできない"),
        ),
    });
    items.push(match flag("admin") {
        true => Item::new(
            Found::Fine,
            format!("`{user}` is an administrator of `{on}`"),
            format!("`{user}` は `{on}` の管理者"),
        ),
        false => Item::new(
            Found::Warning,
            format!("`{user}` is no administrator of `{on}`: it can look, and most steps will fail"),
            format!("`{user}` は `{on}` の管理者でない (参照は可能。多くの手順は失敗する)"),
        ),
    });
    for file in said.get("files").and_then(Json::as_array).into_iter().flatten() {
        let name = file.get("n").and_then(Json::as_str).unwrap_or("?");
        items.push(match file.get("there").and_then(Json::as_bool) {
            Some(true) => Item::new(Found::Fine, format!("`{on}` has {name}"), format!("`{on}` に {name} がある")),
            _ => Item::new(Found::Warning, format!("`{on}` has no {name}"), format!("`{on}` に {name} がない")),
        });
    }
    items
}
