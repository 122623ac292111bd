//! From a connection to a world: opens its parts, and says what must be known of them.

use std::path::Path;
use std::time::Duration;

use jiff::{Timestamp, Zoned};

use crate::format::connections::load_balancer::Asked;
use crate::format::connections::{self, Connection, DatabasePart, LoadBalancerPart, Tls};
use crate::model::name::ServerName;
use crate::model::site::Site;
use crate::model::topology::Topology;
use crate::model::words::Text;
use crate::run::attested;
use crate::run::group::Pace;
use crate::run::state::State;
use crate::system::co_store::sql;
use crate::world::World;
use crate::world::hosts::Hosts;
use crate::world::load_balancer::haproxy::{HaProxy, Node};
use crate::world::load_balancer::hook::Hook;
use crate::world::load_balancer::{Kind, LoadBalancer};
use crate::world::practice::{PracticeWorld, co_store};
use crate::world::real::{Attested, Real};
use crate::world::sql::{Database, Encryption, INTEGRATED, Login, Settings};

use super::connect_hosts;
use super::failure::Failure;
use super::secret;
use super::setting::Setting;

/// A practice farm answers at once.
const PRACTICE: Pace = Pace { poll: Duration::from_millis(100), patience: Some(Duration::from_secs(2)) };
/// One that is asked over a network takes as long as the network.
const PRACTICE_FAR: Pace = Pace { poll: Duration::from_millis(500), patience: Some(Duration::from_secs(60)) };
/// Products take their time, and are not asked more often than they can take.
const REAL: Pace = Pace { poll: Duration::from_secs(5), patience: None };

/// Opens a connection whose file lies in `folder`. Secrets are read; nothing is asked yet.
///
/// # Errors
/// A [`Failure`] for a farm that can't be opened, and for a secret that can't be read.
pub fn open(setting: &Setting, connection: &Connection, folder: &Path) -> Result<World, Failure> {
    let practice = connection.practice.as_ref().map(|farm| PracticeWorld::open(&folder.join(farm))).transpose()?;
    let database = connection.database.as_ref().map(|part| settings(setting, part, folder)).transpose()?;
    let hosts = connection.hosts.as_ref();
    let hosts = hosts.map(|part| connect_hosts::settings(setting, part, folder, connection.reads_only)).transpose()?;
    Ok(World::Real(Box::new(Real {
        database: database.map(Database::new),
        practice,
        lock_probe: Some(sql::is_there()),
        hosts: hosts.map(Hosts::new),
        reads_only: connection.reads_only,
        load_balancer: connection.load_balancer.as_ref().map(|part| load_balancer(part, folder)),
        attested: Some(attested_in(&setting.state)),
        ..Real::default()
    })))
}

/// Reads what is attested in the state folder, at whatever time it is then.
fn attested_in(state: &State) -> Attested {
    let state = state.clone();
    Box::new(move |system, group| attested::at(&state, system, group, Timestamp::now()))
}

fn load_balancer(part: &LoadBalancerPart, folder: &Path) -> LoadBalancer {
    let answer_limit = part.answer_limit;
    let kind = match &part.asked {
        Asked::HaProxy { nodes, backend } => {
            let node = |text: &String| match text.strip_prefix("tcp:") {
                Some(address) => Node::Tcp(address.into()),
                None => Node::Unix(folder.join(text)),
            };
            Kind::HaProxy(HaProxy { nodes: nodes.iter().map(node).collect(), backend: backend.clone(), answer_limit })
        }
        Asked::Command(words) => {
            let mut words = words.clone();
            if let Some(word) = words.first_mut() {
                *word = program(word, folder);
            }
            Kind::Hook(Hook { words, folder: folder.into(), answer_limit })
        }
    };
    let poll = Duration::from_secs(1);
    LoadBalancer { kind, names: part.servers.clone(), drain_limit: part.drain_limit, up_limit: answer_limit, poll }
}

/// Returns how a program of the site is started: a name is searched as shells do, and a path is one from the folder of the
/// file. A path is made whole, because Windows would go by the folder of this process, and Unix by that of the new one.
pub fn program(word: &str, folder: &Path) -> String {
    if !word.contains(std::path::is_separator) {
        return word.into();
    }
    let path = folder.join(word);
    std::path::absolute(&path).unwrap_or(path).display().to_string()
}

fn settings(setting: &Setting, part: &DatabasePart, folder: &Path) -> Result<Settings, Failure> {
    let identity = setting.identity();
    let program = format!("rolewalk ({}, process {})", identity.who, std::process::id());
    Ok(Settings {
        host: part.host.clone(),
        port: part.port,
        instance: part.instance.clone(),
        database: part.database.clone(),
        login: login(setting, &part.login, folder)?,
        encryption: match part.tls {
            Tls::On => Encryption::Checked(part.ca.as_ref().map(|file| folder.join(file))),
            Tls::TrustAny => Encryption::AnyCertificate,
            Tls::Off => Encryption::Off,
        },
        connect_limit: part.limits.connect,
        query_limit: part.limits.query,
        session: sql::session(part.limits.lock),
        client_host: identity.host.chars().take(128).collect(),
        client_program: program.chars().take(128).collect(),
    })
}

fn login(setting: &Setting, login: &connections::Login, folder: &Path) -> Result<Login, Failure> {
    match login {
        connections::Login::SqlServer { user, password } => {
            Ok(Login::SqlServer { user: user.clone(), password: secret::read(setting, password, folder)? })
        }
        connections::Login::Integrated if INTEGRATED => Ok(Login::Integrated),
        connections::Login::Integrated => {
            let feature = if cfg!(windows) { "windows-auth" } else { "kerberos" };
            Err(Failure::new(
                1,
                "`authentication: integrated` wants a rolewalk that is built with it",
                "`authentication: integrated` には、その機能付きでビルドした rolewalk が必要である",
            )
            .hint(
                format!("`cargo install --path . --features {feature}`, or write `user` and `password`"),
                format!("`cargo install --path . --features {feature}` でビルドするか、`user` と `password` を書く"),
            ))
        }
    }
}

/// Returns how requests of a group are worded.
pub fn site(topology: &Topology, connection: &Connection) -> Site {
    let (storages, tasks) = match &connection.database {
        Some(part) => (part.storages.clone(), part.tasks.clone()),
        None => (Some(co_store::STORAGES_QUERY.into()), Some(co_store::TASKS_QUERY.into())),
    };
    let hosts = connection.hosts.as_ref();
    Site {
        group: topology.group.clone(),
        servers: topology.servers.iter().map(|one| one.server.clone()).collect::<Vec<ServerName>>(),
        lost: topology.servers.iter().filter(|one| one.lost).map(|one| one.server.clone()).collect(),
        declared: topology.servers.iter().map(|one| (one.server.clone(), one.role)).collect(),
        storages_query: storages,
        tasks_query: tasks,
        wizards: connect_hosts::wizards(topology, connection),
        api_folder: hosts.and_then(|hosts| hosts.api_folder.clone()).unwrap_or_else(|| co_store::FOLDER.into()),
        today: Some(Zoned::now().date()),
        compare_content: true,
        read_afresh: false,
        takes_back: Vec::new(),
    }
}

/// Returns how often and how long to look.
pub fn pace(connection: &Connection) -> Pace {
    match connection {
        Connection { practice: Some(_), hosts: None, .. } => PRACTICE,
        Connection { practice: Some(_), .. } => PRACTICE_FAR,
        _ => REAL,
    }
}

/// Returns what every report says of a connection through which nothing may be changed.
pub fn only_read(name: &str, connection: &Connection) -> Option<Text> {
    connection.reads_only.then(|| {
        Text::new(
            format!("connection `{name}` is only read: nothing can be changed through it"),
            format!("接続 `{name}` は参照専用で、この接続を通して変更することはできない"),
        )
    })
}

/// Returns what every plan says of a connection.
pub fn notes(name: &str, connection: &Connection) -> Vec<Text> {
    let mut notes = Vec::new();
    notes.extend(only_read(name, connection));
    match connection.database.as_ref().map(|part| part.tls) {
        Some(Tls::Off) => notes.push(Text::new(
            format!(
                "connection `{name}`: the database connection is not encrypted; the password can be read on the way"
            ),
            format!("接続 `{name}`: データベース接続は暗号化されない。パスワードは経路上で読み取られうる"),
        )),
        Some(Tls::TrustAny) => notes.push(Text::new(
            format!(
                "connection `{name}`: the certificate of the database server is not checked; it may be another server"
            ),
            format!("接続 `{name}`: データベースサーバーの証明書を検証しない。別のサーバーである可能性がある"),
        )),
        Some(Tls::On) => {}
        // A practice farm is in a folder of this machine; whoever uses it shares it anyway.
        None if connection.practice.is_some() => {}
        None => notes.push(Text::new(
            format!("connection `{name}` has no database: locks hold only among users of one `--state` folder"),
            format!("接続 `{name}` にデータベースがない: ロックは同じ `--state` フォルダーの利用者の間でだけ有効"),
        )),
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_s_path_is_one_from_the_folder_of_the_file_and_its_name_is_searched() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(program("drain", folder.path()), "drain");
        let here = folder.path().join("tools").join("drain");
        assert_eq!(Path::new(&program("tools/drain", folder.path())), here);
        assert_eq!(Path::new(&program("./tools/drain", folder.path())), here);
        assert!(Path::new(&program("tools/drain", Path::new(""))).is_absolute());
    }
}
