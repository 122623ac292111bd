//! CO-Store's database: a real SQL database with the schema name `dbo`, so that plain T-SQL runs on it as it is.
//!
//! `dbo.store` is CO-Store's own, as far as it is documented (CS-10). CO-Store's tables of tasks and of storages are
//! not documented; `dbo.practice_task` and `dbo.practice_storage` stand in for them.

use rusqlite::types::ValueRef;
use rusqlite::{OptionalExtension, Params, named_params, params};

use crate::model::request::Statement;
use crate::world::practice::database::Database;

/// The query of a practice connection for the servers with storage for store `@P1`.
pub const STORAGES_QUERY: &str = "SELECT server FROM dbo.practice_storage WHERE store = @P1 ORDER BY server";

/// The query of a practice connection for the open tasks (id, state, description) of store `@P1`.
pub const TASKS_QUERY: &str = "SELECT id, state, description FROM dbo.practice_task \
    WHERE store = @P1 AND state IN ('running', 'pending') ORDER BY id";

/// Names compare without regard to case, as SQL Server's usual collations have it.
const SCHEMA: &str = "
    CREATE TABLE dbo.store (
        name TEXT NOT NULL COLLATE NOCASE PRIMARY KEY,
        master_pvs_server TEXT NOT NULL COLLATE NOCASE
    );
    CREATE TABLE dbo.practice_storage (
        store TEXT NOT NULL COLLATE NOCASE,
        server TEXT NOT NULL COLLATE NOCASE,
        PRIMARY KEY (store, server)
    );
    CREATE TABLE dbo.practice_task (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        store TEXT NOT NULL COLLATE NOCASE,
        state TEXT NOT NULL COLLATE NOCASE,
        description TEXT NOT NULL,
        retries INTEGER NOT NULL DEFAULT 0
    );";

/// One open task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenTask {
    /// Its number.
    pub id: i64,
    /// `running` or `pending`.
    pub state: String,
    /// What it does.
    pub description: String,
}

/// Why a change was rolled back.
pub enum RolledBack {
    /// The conditions or the number of rows did not hold, or the statement is wrong.
    Because(String),
    /// The database failed.
    Failed(rusqlite::Error),
}

impl Database {
    /// Makes CO-Store's tables.
    pub fn make_co_store(&self) -> rusqlite::Result<()> {
        self.0.execute_batch(SCHEMA)
    }

    /// Returns the rows that a statement reads.
    ///
    /// # Errors
    /// What SQL says of it, or that it is more than one reading statement.
    pub fn query(&self, statement: &Statement) -> Result<Vec<Vec<Option<String>>>, RolledBack> {
        if !begins_with(&statement.text, &["select", "with"]) {
            return Err(RolledBack::Because("a query begins with SELECT or WITH".into()));
        }
        let read = || {
            let mut prepared = self.0.prepare_cached(&statement.text)?;
            bind(&mut prepared, &statement.parameters)?;
            if !prepared.readonly() {
                return Err(rusqlite::Error::InvalidQuery);
            }
            let columns = prepared.column_count();
            let mut rows = prepared.raw_query();
            let mut read = Vec::new();
            while let Some(row) = rows.next()? {
                read.push((0..columns).map(|at| row.get_ref(at).map(text)).collect::<Result<_, _>>()?);
            }
            Ok(read)
        };
        read().map_err(because)
    }

    /// Changes rows, if no statement of `only_if` reads a row and exactly `rows` rows change.
    ///
    /// # Errors
    /// Why it was not done; nothing is changed then.
    pub fn change(&self, only_if: &[Statement], change: &Statement, rows: u64) -> Result<u64, RolledBack> {
        self.mark("change").map_err(RolledBack::Failed)?;
        match self.change_in_mark(only_if, change, rows) {
            Ok(changed) => self.keep("change").map(|()| changed).map_err(RolledBack::Failed),
            Err(why) => {
                self.take_back("change").map_err(RolledBack::Failed)?;
                Err(why)
            }
        }
    }

    fn change_in_mark(&self, only_if: &[Statement], change: &Statement, rows: u64) -> Result<u64, RolledBack> {
        for condition in only_if {
            let found = self.query(condition)?;
            if let Some(row) = found.first() {
                let row: Vec<_> = row.iter().map(|column| column.as_deref().unwrap_or("NULL")).collect();
                return Err(RolledBack::Because(format!("`{}` reads a row: {}", condition.text, row.join(", "))));
            }
        }
        if !begins_with(&change.text, &["update", "insert", "delete"]) {
            return Err(RolledBack::Because("a change begins with UPDATE, INSERT or DELETE".into()));
        }
        let run = || {
            let mut prepared = self.0.prepare_cached(&change.text)?;
            bind(&mut prepared, &change.parameters)?;
            prepared.raw_execute()
        };
        let changed = run().map_err(because)? as u64;
        if changed == rows {
            Ok(changed)
        } else {
            Err(RolledBack::Because(format!("{changed} rows would change where {rows} must")))
        }
    }

    /// Runs a statement that is run again and again; returns how many rows it changed.
    fn run(&self, text: &str, parameters: impl Params) -> rusqlite::Result<usize> {
        self.0.prepare_cached(text)?.execute(parameters)
    }

    /// Returns the master of a store.
    pub fn master(&self, store: &str) -> rusqlite::Result<Option<String>> {
        let text = "SELECT master_pvs_server FROM dbo.store WHERE name = ?1";
        self.0.prepare_cached(text)?.query_row(params![store], |row| row.get(0)).optional()
    }

    /// Writes the master of a store.
    pub fn set_master(&self, store: &str, server: &str) -> rusqlite::Result<()> {
        let text = "INSERT INTO dbo.store (name, master_pvs_server) VALUES (?1, ?2) \
            ON CONFLICT (name) DO UPDATE SET master_pvs_server = ?2";
        self.run(text, params![store, server]).map(drop)
    }

    /// Returns the servers with storage for a store, sorted.
    pub fn storages(&self, store: &str) -> rusqlite::Result<Vec<String>> {
        let mut prepared = self.0.prepare_cached(STORAGES_QUERY)?;
        prepared.query_map(named_params! { "@P1": store }, |row| row.get(0))?.collect()
    }

    /// Adds a server's storage to a store.
    pub fn add_storage(&self, store: &str, server: &str) -> rusqlite::Result<()> {
        let text = "INSERT OR IGNORE INTO dbo.practice_storage (store, server) VALUES (?1, ?2)";
        self.run(text, params![store, server]).map(drop)
    }

    /// Removes a server's storage from a store.
    pub fn remove_storage(&self, store: &str, server: &str) -> rusqlite::Result<()> {
        let text = "DELETE FROM dbo.practice_storage WHERE store = ?1 AND server = ?2";
        self.run(text, params![store, server]).map(drop)
    }

    /// Returns the open tasks of a store.
    pub fn tasks(&self, store: &str) -> rusqlite::Result<Vec<OpenTask>> {
        let mut prepared = self.0.prepare_cached(TASKS_QUERY)?;
        let task =
            |row: &rusqlite::Row<'_>| Ok(OpenTask { id: row.get(0)?, state: row.get(1)?, description: row.get(2)? });
        prepared.query_map(named_params! { "@P1": store }, task)?.collect()
    }

    /// Adds an open task; one that `retries` is tried again until it succeeds.
    pub fn add_task(&self, store: &str, state: &str, description: &str, retries: bool) -> rusqlite::Result<()> {
        let text = "INSERT INTO dbo.practice_task (store, state, description, retries) VALUES (?1, ?2, ?3, ?4)";
        self.run(text, params![store, state, description, retries]).map(drop)
    }

    /// Removes a task; returns whether there was one.
    pub fn remove_task(&self, id: i64) -> rusqlite::Result<bool> {
        Ok(self.run("DELETE FROM dbo.practice_task WHERE id = ?1", params![id])? > 0)
    }

    /// Removes a store's tasks that were retried.
    pub fn finish_retries(&self, store: &str) -> rusqlite::Result<()> {
        let text = "DELETE FROM dbo.practice_task WHERE store = ?1 AND retries > 0";
        self.run(text, params![store]).map(drop)
    }

    /// Returns the stores with a task that is retried.
    pub fn stores_with_retries(&self) -> rusqlite::Result<Vec<String>> {
        let mut prepared =
            self.0.prepare_cached("SELECT DISTINCT store FROM dbo.practice_task WHERE retries > 0 ORDER BY 1")?;
        prepared.query_map([], |row| row.get(0))?.collect()
    }
}

fn begins_with(text: &str, words: &[&str]) -> bool {
    let first = text.trim_start().split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
    words.iter().any(|word| first.eq_ignore_ascii_case(word))
}

/// Binds `@P1`, `@P2`, …; a parameter that the statement does not use is left out, as SQL Server allows.
fn bind(prepared: &mut rusqlite::Statement<'_>, parameters: &[String]) -> rusqlite::Result<()> {
    for index in 1..=prepared.parameter_count() {
        let name = prepared.parameter_name(index).unwrap_or_default().to_owned();
        let number = name.strip_prefix("@P").and_then(|number| number.parse::<usize>().ok());
        let value = number.and_then(|number| parameters.get(number.checked_sub(1)?));
        let value = value.ok_or(rusqlite::Error::InvalidParameterName(name))?;
        prepared.raw_bind_parameter(index, value)?;
    }
    Ok(())
}

fn because(error: rusqlite::Error) -> RolledBack {
    use rusqlite::ErrorCode::{DatabaseCorrupt, DiskFull, NotADatabase, SystemIoFailure};
    match error.sqlite_error_code() {
        Some(DatabaseCorrupt | DiskFull | NotADatabase | SystemIoFailure) => RolledBack::Failed(error),
        _ => RolledBack::Because(error.to_string()),
    }
}

fn text(value: ValueRef<'_>) -> Option<String> {
    match value {
        ValueRef::Null => None,
        ValueRef::Integer(number) => Some(number.to_string()),
        ValueRef::Real(number) => Some(number.to_string()),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
    }
}
