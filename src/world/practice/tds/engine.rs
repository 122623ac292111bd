//! One session's statements, run on the farm's own database.
//!
//! What a real server has besides (its views, its functions) is there as far as rolewalk asks for it.

use std::path::Path;

use rusqlite::functions::FunctionFlags;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Error as SqlError, ErrorCode, params};

use super::dialect::{rewritten, words};
use super::locks::Sessions;
use super::tokens::{Table, Told, Value};
use crate::world::practice::database::Database;

/// One session's way to the database.
pub struct Engine {
    connection: Connection,
    session: u32,
    sessions: Sessions,
    aborts: bool,
}

/// What came of a statement.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// Rows.
    Rows(Table),
    /// So many rows changed.
    Changed(u64),
    /// Nothing to tell.
    Done,
    /// A transaction began.
    Began,
    /// It was committed.
    Committed,
    /// It was undone.
    Undone,
}

const VIEWS: &str = "
    ATTACH DATABASE ':memory:' AS sys;
    CREATE TABLE sys.dm_tran_locks (
        resource_type TEXT, resource_database_id INTEGER, resource_description TEXT,
        request_status TEXT, request_session_id INTEGER
    );
    CREATE TABLE sys.dm_exec_sessions (
        session_id INTEGER, host_name TEXT, program_name TEXT, login_name TEXT, login_time TEXT
    );";

impl Engine {
    /// Opens the database for a session.
    pub fn open(path: &Path, session: u32, sessions: Sessions) -> rusqlite::Result<Engine> {
        let connection = Database::open(path)?.into_connection();
        connection.execute_batch(VIEWS)?;
        let engine = Engine { connection, session, sessions, aborts: false };
        engine.add_functions()?;
        Ok(engine)
    }

    /// Returns whether the farm's database is switched off.
    pub fn is_silent(&self) -> bool {
        let read: rusqlite::Result<bool> = self.connection.query_row(
            "SELECT json_extract(json, '$.co_store.database_answers') FROM dbo.practice_state",
            [],
            |row| row.get(0),
        );
        matches!(read, Ok(false))
    }

    /// Returns whether a transaction is open.
    pub fn is_in_transaction(&self) -> bool {
        !self.connection.is_autocommit()
    }

    /// Runs one statement.
    ///
    /// # Errors
    /// What the server tells; an open transaction is undone then, if the session wanted that.
    pub fn run(&mut self, text: &str, parameters: &[(String, Value)]) -> Result<Outcome, Told> {
        let ran = self.run_plain(text, parameters);
        if ran.is_err() && self.aborts && self.is_in_transaction() {
            let _ = self.roll_back();
        }
        ran
    }

    fn run_plain(&mut self, text: &str, parameters: &[(String, Value)]) -> Result<Outcome, Told> {
        let (first, second) = words(text);
        match (first.as_str(), second.as_str()) {
            ("BEGIN", "TRAN" | "TRANSACTION") => self.begin(),
            ("COMMIT", _) => self.commit(),
            ("ROLLBACK", _) => self.roll_back(),
            ("SET" | "USE", what) => {
                self.aborts |= what == "XACT_ABORT" && text.trim_end_matches(';').to_uppercase().ends_with("ON");
                Ok(Outcome::Done)
            }
            ("", _) => Ok(Outcome::Done),
            ("SELECT" | "WITH" | "UPDATE" | "INSERT" | "DELETE", _) => self.statement(text, parameters),
            _ => Err(Told::new(102, format!("Incorrect syntax near '{first}'. (practice: not known here)"))),
        }
    }

    /// Begins a transaction.
    pub fn begin(&mut self) -> Result<Outcome, Told> {
        self.connection.execute_batch("BEGIN IMMEDIATE").map_err(|error| told(&error)).map(|()| Outcome::Began)
    }

    /// Commits it.
    pub fn commit(&mut self) -> Result<Outcome, Told> {
        if !self.is_in_transaction() {
            return Err(no_transaction(3902, "COMMIT"));
        }
        self.connection.execute_batch("COMMIT").map_err(|error| told(&error)).map(|()| Outcome::Committed)
    }

    /// Undoes it.
    pub fn roll_back(&mut self) -> Result<Outcome, Told> {
        if !self.is_in_transaction() {
            return Err(no_transaction(3903, "ROLLBACK"));
        }
        self.connection.execute_batch("ROLLBACK").map_err(|error| told(&error)).map(|()| Outcome::Undone)
    }

    fn statement(&self, text: &str, parameters: &[(String, Value)]) -> Result<Outcome, Told> {
        if text.to_lowercase().contains("sys.") {
            self.fill_views().map_err(|error| told(&error))?;
        }
        let run = || {
            let mut prepared = self.connection.prepare(&rewritten(text))?;
            bind(&mut prepared, parameters)?;
            let columns: Vec<String> = prepared.column_names().map(str::to_owned).collect();
            if columns.is_empty() {
                return prepared.raw_execute().map(|rows| Outcome::Changed(rows as u64));
            }
            let mut rows = prepared.raw_query();
            let mut table = Table { columns, rows: Vec::new() };
            while let Some(row) = rows.next()? {
                let values = (0..table.columns.len()).map(|at| row.get_ref(at).map(value));
                table.rows.push(values.collect::<Result<_, _>>()?);
            }
            Ok(Outcome::Rows(table))
        };
        run().map_err(|error| told(&error))
    }

    fn fill_views(&self) -> rusqlite::Result<()> {
        let (locks, sessions) = self.sessions.told();
        self.connection.execute_batch("DELETE FROM sys.dm_tran_locks; DELETE FROM sys.dm_exec_sessions;")?;
        for (resource, session) in locks {
            let start: String = resource.chars().take(32).collect();
            let row = params![format!("0:[{start}]:(practice)"), session];
            self.connection.execute("INSERT INTO sys.dm_tran_locks VALUES ('APPLICATION', 5, ?1, 'GRANT', ?2)", row)?;
        }
        for (number, shown) in sessions {
            let since = shown.since.strftime("%Y-%m-%dT%H:%M:%S").to_string();
            let row = params![number, shown.host, shown.program, shown.login, since];
            self.connection.execute("INSERT INTO sys.dm_exec_sessions VALUES (?1, ?2, ?3, ?4, ?5)", row)?;
        }
        Ok(())
    }

    fn add_functions(&self) -> rusqlite::Result<()> {
        let flags = FunctionFlags::SQLITE_UTF8;
        let (connection, session) = (&self.connection, self.session);
        connection.create_scalar_function("at_spid", 0, flags, move |_| Ok(session))?;
        connection.create_scalar_function("at_version", 0, flags, |_| Ok("rolewalk practice database"))?;
        connection.create_scalar_function("db_id", 0, flags, |_| Ok(5))?;
        connection.create_scalar_function("nvarchar", 1, flags, |context| context.get::<i64>(0))?;
        connection.create_scalar_function("convert", 3, flags, |context| context.get::<Option<String>>(1))?;
        connection.create_scalar_function("charindex", 2, flags, |context| {
            let (part, whole) = (context.get::<String>(0)?, context.get::<String>(1)?);
            Ok(whole.find(&part).map_or(0, |at| whole[..at].chars().count() as i64 + 1))
        })?;
        connection.create_scalar_function("serverproperty", 1, flags, |context| {
            Ok(match context.get::<String>(0)?.as_str() {
                "ProductVersion" => Some("15.0.2000.5"),
                "Edition" => Some("rolewalk practice"),
                _ => None,
            })
        })?;
        for count in [3, 5] {
            connection.create_scalar_function("has_perms_by_name", count, flags, |_| Ok(1))?;
        }
        let sessions = self.sessions.clone();
        connection.create_scalar_function("applock_test", 4, flags, move |context| {
            let holder = sessions.holder(&context.get::<String>(1)?);
            Ok(i64::from(holder.is_none_or(|holder| holder == session)))
        })
    }
}

fn bind(prepared: &mut rusqlite::Statement<'_>, parameters: &[(String, Value)]) -> rusqlite::Result<()> {
    for index in 1..=prepared.parameter_count() {
        let name = prepared.parameter_name(index).unwrap_or_default().trim_start_matches('@').to_lowercase();
        let value = parameters.iter().find(|(one, _)| *one == name).map(|(_, value)| value);
        match value.ok_or_else(|| SqlError::InvalidParameterName(name))? {
            Value::Null => prepared.raw_bind_parameter(index, rusqlite::types::Null)?,
            Value::Number(number) => prepared.raw_bind_parameter(index, number)?,
            Value::Text(text) => prepared.raw_bind_parameter(index, text)?,
        }
    }
    Ok(())
}

fn value(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Number(number),
        ValueRef::Real(number) => Value::Text(number.to_string()),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Value::Text(String::from_utf8_lossy(bytes).into_owned()),
    }
}

fn no_transaction(number: u32, what: &str) -> Told {
    Told::new(number, format!("The {what} TRANSACTION request has no corresponding BEGIN TRANSACTION."))
}

/// Puts an error into the numbers and words of SQL Server.
fn told(error: &SqlError) -> Told {
    let message = error.to_string();
    let named =
        |start: &str| message.split_once(start).map(|(_, rest)| rest.split(" in ").next().unwrap_or(rest).to_string());
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            return Told::new(1222, "Lock request time out period exceeded.");
        }
        Some(ErrorCode::ConstraintViolation) => {
            return Told::new(2627, format!("Violation of a constraint: {message}."));
        }
        _ => {}
    }
    if let Some(name) = named("no such table: ") {
        return Told::new(208, format!("Invalid object name '{name}'."));
    }
    if let Some(name) = named("no such column: ") {
        return Told::new(207, format!("Invalid column name '{name}'."));
    }
    match error {
        SqlError::InvalidParameterName(name) => {
            Told::new(137, format!("Must declare the scalar variable \"@{name}\"."))
        }
        _ => Told::new(102, format!("Incorrect syntax. (practice: {message})")),
    }
}
