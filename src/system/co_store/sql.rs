//! All SQL of rolewalk: single statements in plain T-SQL, parameters as `@P1`, `@P2`, ….
//!
//! # Source
//! Table `dbo.store` with the columns `name` and `master_pvs_server`: CO-CONV support article 17-027, section 3-a.
//! The product publishes no other table: storages and tasks are read with the site's own queries.

use crate::model::request::Statement;

/// Reads the row of a store.
pub fn read_store(store: &str) -> Statement {
    Statement {
        text: "SELECT name, master_pvs_server FROM dbo.store WHERE name = @P1".into(),
        parameters: vec![store.into()],
    }
}

/// Moves the lead of a store from one server to another, only while the row still names the first (CS-10).
pub fn move_master(store: &str, from: &str, to: &str) -> Statement {
    Statement {
        text: "UPDATE dbo.store SET master_pvs_server = @P1 WHERE name = @P2 AND master_pvs_server = @P3".into(),
        parameters: vec![to.into(), store.into(), from.into()],
    }
}

/// Words the site's own query for one store.
pub fn site_query(query: &str, store: &str) -> Statement {
    Statement { text: query.into(), parameters: vec![store.into()] }
}
