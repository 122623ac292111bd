//! From a connection to a world: opens its parts, and says what must be known of them.

use std::path::Path;
use std::time::Duration;

use jiff::Zoned;

use crate::format::connections::{Connection, DatabasePart, Tls};
use crate::model::name::ServerName;
use crate::model::site::Site;
use crate::model::topology::Topology;
use crate::model::words::Text;
use crate::run::group::Pace;
use crate::system::co_store::sql;
use crate::world::World;
use crate::world::practice::{PracticeWorld, co_store};
use crate::world::real::Real;
use crate::world::sql::{Database, Encryption, Settings};

use super::failure::Failure;
use super::secret;
use super::setting::Setting;

/// A practice farm answers at once.
const PRACTICE: Pace = Pace { poll: Duration::from_millis(100), patience: Some(Duration::from_secs(2)) };
/// Products take their time, and are not asked more often than they can take.
const REAL: Pace = Pace { poll: Duration::from_secs(5), patience: None };

/// Opens a connection whose file lies in `folder`. Secrets are read; nothing is asked yet.
///
/// # Errors
/// A [`Failure`] for a farm that can't be opened, and for a secret that can't be read.
pub fn open(setting: &Setting, connection: &Connection, folder: &Path) -> Result<World, Failure> {
    let farm = connection.practice.as_ref().map(|farm| PracticeWorld::open(&folder.join(farm))).transpose()?;
    Ok(match (farm, &connection.database) {
        (Some(farm), None) => World::Practice(farm),
        (practice, part) => {
            let database = part.as_ref().map(|part| settings(setting, part, folder)).transpose()?.map(Database::new);
            World::Real(Box::new(Real { database, practice, lock_probe: Some(sql::is_there()), ..Real::default() }))
        }
    })
}

fn settings(setting: &Setting, part: &DatabasePart, folder: &Path) -> Result<Settings, Failure> {
    let identity = setting.identity();
    let program = format!("rolewalk ({}, process {})", identity.who, std::process::id());
    Ok(Settings {
        host: part.host.clone(),
        port: part.port,
        instance: part.instance.clone(),
        database: part.database.clone(),
        user: part.user.clone(),
        password: secret::read(setting, &part.password, folder)?,
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

/// Returns how requests of a group are worded.
pub fn site(topology: &Topology, connection: &Connection) -> Site {
    let (storages, tasks) = match &connection.database {
        Some(part) => (part.storages.clone(), part.tasks.clone()),
        None => (Some(co_store::STORAGES_QUERY.into()), Some(co_store::TASKS_QUERY.into())),
    };
    Site {
        group: topology.group.clone(),
        servers: topology.servers.iter().map(|one| one.server.clone()).collect::<Vec<ServerName>>(),
        lost: topology.servers.iter().filter(|one| one.lost).map(|one| one.server.clone()).collect(),
        storages_query: storages,
        tasks_query: tasks,
        api_folder: co_store::FOLDER.into(),
        today: Some(Zoned::now().date()),
        compare_content: true,
        read_afresh: false,
        takes_back: Vec::new(),
    }
}

/// Returns how often and how long to look.
pub fn pace(connection: &Connection) -> Pace {
    if connection.practice.is_some() { PRACTICE } else { REAL }
}

/// Returns what every plan says of a connection.
pub fn notes(name: &str, connection: &Connection) -> Vec<Text> {
    let mut notes = Vec::new();
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
