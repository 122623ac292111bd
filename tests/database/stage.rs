//! A practice farm whose database is served, and commands that reach it there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use rolewalk::system::co_store::sql;
use rolewalk::world::practice::PracticeWorld;
use rolewalk::world::practice::tds::{Offer, Options, Server};
use rolewalk::world::sql::{Database, Encryption, Login, Password, Settings};
use tempfile::TempDir;

/// A password that must be found nowhere.
pub const CANARY: &str = "kanarie-7d1f'\"";

/// The site's queries of a practice farm, asked once for all stores.
pub const QUERIES: &str = "storages: SELECT store, server FROM dbo.practice_storage
      tasks: SELECT store, id, state, description FROM dbo.practice_task WHERE state IN ('running', 'pending')";

/// A farm in a folder, and its server.
pub struct Stage {
    folder: TempDir,
    /// The server.
    pub server: Server,
}

/// What a command ended with.
pub struct Ended {
    /// The exit code.
    pub code: Option<i32>,
    /// Standard output, then standard error.
    pub text: String,
}

impl Stage {
    /// Serves the farm of an example to whoever wants TLS.
    pub fn of(example: &str) -> Stage {
        Stage::with(example, Offer::Offered)
    }

    /// Serves the farm of an example.
    pub fn with(example: &str, tls: Offer) -> Stage {
        let folder = tempfile::tempdir().unwrap();
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(example);
        for name in ["farm.yaml", "store.yaml"] {
            fs::copy(from.join(name), folder.path().join(name)).unwrap();
        }
        let farm = PracticeWorld::open(&folder.path().join("farm.yaml")).unwrap();
        let options = Options { password: CANARY.into(), tls, ..Options::default() };
        let stage = Stage { server: Server::start(farm.place(), &options).unwrap(), folder };
        if let Some(authority) = stage.server.authority() {
            stage.write("ca.pem", authority);
        }
        stage.connect(&format!("ca: ca.pem\n      {QUERIES}"));
        stage
    }

    /// Writes `connections.yaml`, with these fields of the database besides host, port and login.
    pub fn connect(&self, fields: &str) -> &Stage {
        let port = self.server.address().port();
        self.write(
            "connections.yaml",
            &format!(
                "version: 1\nconnections:\n  practice:\n    practice: farm.yaml\n    database:\n      host: localhost\n      \
                 port: {port}\n      user: practice\n      password: {{ env: DB_PASSWORD }}\n      {fields}\n"
            ),
        )
    }

    /// Writes a file.
    pub fn write(&self, name: &str, text: &str) -> &Stage {
        fs::write(self.path(name), text).unwrap();
        self
    }

    /// Replaces a text in `connections.yaml`, where it must stand.
    pub fn edit(&self, from: &str, to: &str) -> &Stage {
        let text = fs::read_to_string(self.path("connections.yaml")).unwrap();
        assert!(text.contains(from), "`{from}` is not in {text}");
        self.write("connections.yaml", &text.replace(from, to))
    }

    /// Returns the path of a file.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Returns a command, ready to be run.
    pub fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rolewalk"));
        command.args(line.split_whitespace()).current_dir(self.folder.path()).env_clear().stdin(Stdio::null());
        command.env("LANG", "C").env("HOSTNAME", "desk").env("USER", "admin").env("DB_PASSWORD", CANARY);
        command.envs(std::env::var_os("SystemRoot").map(|root| ("SystemRoot", root)));
        command
    }

    /// Runs a command.
    pub fn run(&self, line: &str) -> Ended {
        ended(&self.command(line).output().unwrap())
    }

    /// Starts a command, and returns it while it runs.
    pub fn start(&self, line: &str) -> Child {
        self.command(line).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Returns how the database is reached, for those who ask it themselves.
    pub fn settings(&self) -> Settings {
        Settings {
            host: "localhost".into(),
            port: Some(self.server.address().port()),
            instance: None,
            database: "co-store".into(),
            login: Login::SqlServer { user: "practice".into(), password: Password(CANARY.into()) },
            encryption: Encryption::Checked(Some(self.path("ca.pem"))),
            connect_limit: Duration::from_secs(5),
            query_limit: Duration::from_secs(5),
            session: sql::session(Duration::from_secs(1)),
            client_host: "desk".into(),
            client_program: "test".into(),
        }
    }

    /// Returns the database.
    pub fn database(&self) -> Database {
        Database::new(self.settings())
    }

    /// Returns the database, with another limit for answers.
    pub fn database_with_limit(&self, limit: Duration) -> Database {
        Database::new(Settings { query_limit: limit, ..self.settings() })
    }

    /// Returns how often a statement that begins so was sent.
    pub fn count(&self, begin: &str) -> usize {
        self.server.log().iter().filter(|one| one.starts_with(begin)).count()
    }

    /// Runs SQL on the farm's database, behind the server's back.
    pub fn behind(&self, text: &str) {
        let connection = rusqlite::Connection::open_in_memory().unwrap();
        let file = self.path(".practice/co-store.sqlite");
        connection.execute("ATTACH DATABASE ?1 AS dbo", [file.to_str().unwrap()]).unwrap();
        connection.execute_batch(text).unwrap();
    }
}

/// Returns what a command ended with.
pub fn ended(output: &Output) -> Ended {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ended { code: output.status.code(), text: text(&output.stdout) + &text(&output.stderr) }
}

/// Waits for something on a runtime of its own.
pub fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}
