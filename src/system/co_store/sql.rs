//! All SQL of rolewalk, but the site's own: single statements in plain T-SQL, parameters as `@P1`, `@P2`, ….
//!
//! # Source
//! Table `dbo.store` with the columns `name` and `master_pvs_server`: CO-CONV support article 17-027, section 3-a.
//! The product publishes no other table: storages and tasks are read with the site's own queries. Functions, views and
//! settings of the server: Microsoft's Transact-SQL reference.

use std::time::Duration;

use crate::model::request::Statement;

/// Reads the row of a store.
pub fn read_store(store: &str) -> Statement {
    Statement {
        text: "SELECT name, master_pvs_server FROM dbo.store WHERE name = @P1".into(),
        parameters: vec![store.into()],
        together: Some("SELECT name, name, master_pvs_server FROM dbo.store WHERE name IN ({list})".into()),
    }
}

/// Moves the lead of a store from one server to another, only while the row still names the first (CS-10).
pub fn move_master(store: &str, from: &str, to: &str) -> Statement {
    let text = "UPDATE dbo.store SET master_pvs_server = @P1 WHERE name = @P2 AND master_pvs_server = @P3";
    one(text, &[to, store, from])
}

/// Words the site's query for the servers with storage for one store.
pub fn site_storages(query: &str, store: &str) -> Statement {
    site(query, store, "server")
}

/// Words the site's query for the open tasks (id, state, description) of one store.
pub fn site_tasks(query: &str, store: &str) -> Statement {
    site(query, store, "id, state, description")
}

/// A query that takes the store as `@P1` is asked as it is; one that reads all stores is asked for those that are wanted.
fn site(query: &str, store: &str, columns: &str) -> Statement {
    // SQL Server may take a variable's name in any letters.
    if query.to_ascii_uppercase().contains("@P1") {
        return one(query, &[store]);
    }
    Statement {
        text: format!("SELECT {columns} FROM ({query}) AS site WHERE store = @P1"),
        parameters: vec![store.into()],
        together: Some(format!("SELECT store, {columns} FROM ({query}) AS site WHERE store IN ({{list}})")),
    }
}

/// What each new session is told, a statement at a time: to count the rows that change, to undo a transaction whole
/// where a part of it fails, and how long to wait for rows that somebody else has locked.
pub fn session(lock_limit: Duration) -> Vec<String> {
    let milliseconds = lock_limit.as_millis();
    vec!["SET NOCOUNT OFF".into(), "SET XACT_ABORT ON".into(), format!("SET LOCK_TIMEOUT {milliseconds}")]
}

/// Asks whether the application lock of this name could be had: `1` where nobody holds it, `0` where somebody does.
pub fn is_lock_free(resource: &str) -> Statement {
    one("SELECT APPLOCK_TEST(N'public', @P1, N'Exclusive', N'Session')", &[resource])
}

/// Asks for nothing but an answer: whether the session is still there, and with it the locks that it owns.
pub fn is_there() -> Statement {
    one("SELECT 1", &[])
}

/// Asks who holds the application lock of this name: host, program, login, since when (the server's clock). Needs the
/// right VIEW SERVER STATE.
pub fn lock_holder(resource: &str) -> Statement {
    let text = "SELECT s.host_name, s.program_name, s.login_name, CONVERT(nvarchar(30), s.login_time, 126) \
        FROM sys.dm_tran_locks AS l JOIN sys.dm_exec_sessions AS s ON s.session_id = l.request_session_id \
        WHERE l.resource_type = N'APPLICATION' AND l.resource_database_id = DB_ID() \
        AND l.request_status = N'GRANT' AND CHARINDEX(@P1, l.resource_description) > 0";
    one(text, &[resource])
}

/// Asks for the server's version and edition.
pub fn version() -> Statement {
    let text = "SELECT CAST(SERVERPROPERTY(N'ProductVersion') AS nvarchar(128)), \
        CAST(SERVERPROPERTY(N'Edition') AS nvarchar(128))";
    one(text, &[])
}

/// Reads no row, and fails where the table, a column or the right to read them is missing.
pub fn table_and_columns() -> Statement {
    one("SELECT name, master_pvs_server FROM dbo.store WHERE 1 = 0", &[])
}

/// Asks whether this login may write the master of a store: `1` or `0`.
pub fn may_write_master() -> Statement {
    one("SELECT HAS_PERMS_BY_NAME(N'dbo.store', N'OBJECT', N'UPDATE', N'master_pvs_server', N'COLUMN')", &[])
}

/// Asks whether this login may see who holds locks: `1` or `0`.
pub fn may_see_sessions() -> Statement {
    one("SELECT HAS_PERMS_BY_NAME(NULL, NULL, N'VIEW SERVER STATE')", &[])
}

fn one(text: &str, parameters: &[&str]) -> Statement {
    let parameters = parameters.iter().map(|one| (*one).into()).collect();
    Statement { text: text.into(), parameters, together: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_for_all_stores_is_asked_for_one_and_for_many() {
        let asked = site_tasks("SELECT store, id, state, description FROM t", "S");
        let inner = "(SELECT store, id, state, description FROM t) AS site WHERE store";
        assert_eq!(asked.text, format!("SELECT id, state, description FROM {inner} = @P1"));
        assert_eq!(asked.together.unwrap(), format!("SELECT store, id, state, description FROM {inner} IN ({{list}})"));
    }

    #[test]
    fn a_query_that_takes_the_store_is_asked_as_it_is() {
        for query in ["SELECT server FROM s WHERE store = @P1", "SELECT server FROM s WHERE store = @p1"] {
            assert_eq!(site_storages(query, "S"), one(query, &["S"]));
        }
    }
}
