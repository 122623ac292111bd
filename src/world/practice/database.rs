//! The file in which a farm is kept: its state as one JSON text, and the tables of the products that have a database,
//! so that one transaction changes all of it.

use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, params};

/// What every farm has.
const SCHEMA: &str = "
    CREATE TABLE dbo.practice_state (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        json TEXT NOT NULL
    );";

/// A connection to the database.
pub struct Database(pub(super) Connection);

impl Database {
    /// Makes an empty database in memory.
    pub fn in_memory() -> rusqlite::Result<Self> {
        Self::attach(":memory:").and_then(Self::with_schema)
    }

    /// Makes an empty database in a new file.
    pub fn create(path: &Path) -> rusqlite::Result<Self> {
        Self::attach(&utf8(path)?).and_then(Self::with_schema)
    }

    /// Opens the database in a file that is there.
    pub fn open(path: &Path) -> rusqlite::Result<Self> {
        Self::attach(&utf8(path)?)
    }

    /// Returns the connection itself, for statements that come from outside.
    pub fn into_connection(self) -> Connection {
        self.0
    }

    fn attach(path: &str) -> rusqlite::Result<Self> {
        let connection = Connection::open_in_memory()?;
        connection.execute("ATTACH DATABASE ?1 AS dbo", params![path])?;
        // A farm need not survive the loss of power; it survives the end of a process either way.
        connection.execute_batch("PRAGMA dbo.synchronous = OFF;")?;
        // A statement that is kept is not planned anew for each value that it is asked for.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        Ok(Self(connection))
    }

    fn with_schema(self) -> rusqlite::Result<Self> {
        self.0.execute_batch(SCHEMA)?;
        Ok(self)
    }

    /// Begins the transaction of one request.
    pub fn begin(&self) -> rusqlite::Result<()> {
        self.0.execute_batch("BEGIN IMMEDIATE")
    }

    /// Makes what the request changed last.
    pub fn commit(&self) -> rusqlite::Result<()> {
        self.0.execute_batch("COMMIT")
    }

    /// Begins a part that can be taken back.
    pub fn mark(&self, name: &str) -> rusqlite::Result<()> {
        self.0.prepare_cached(&format!("SAVEPOINT {name}"))?.execute([]).map(drop)
    }

    /// Keeps a part.
    pub fn keep(&self, name: &str) -> rusqlite::Result<()> {
        self.0.prepare_cached(&format!("RELEASE {name}"))?.execute([]).map(drop)
    }

    /// Takes a part back.
    pub fn take_back(&self, name: &str) -> rusqlite::Result<()> {
        self.0.execute_batch(&format!("ROLLBACK TO {name}; RELEASE {name}"))
    }

    /// Returns how many rows were written since the database was opened.
    pub fn written(&self) -> u64 {
        self.0.total_changes()
    }

    /// Reads the farm's state.
    pub fn read_state(&self) -> rusqlite::Result<String> {
        self.0.query_row("SELECT json FROM dbo.practice_state WHERE one = 1", [], |row| row.get(0))
    }

    /// Writes the farm's state.
    pub fn write_state(&self, json: &str) -> rusqlite::Result<()> {
        let text = "INSERT OR REPLACE INTO dbo.practice_state (one, json) VALUES (1, ?1)";
        self.0.execute(text, params![json]).map(drop)
    }
}

fn utf8(path: &Path) -> rusqlite::Result<String> {
    path.to_str().map(str::to_owned).ok_or_else(|| rusqlite::Error::InvalidPath(path.to_owned()))
}
