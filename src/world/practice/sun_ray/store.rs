//! The data store's tools: `utldbmcat`, `utldif2ldbm`, `utuser`, and the services.
//!
//! # Source
//! Sun Ray Software administration guide, 6.9.1. What an LDIF file of the store looks like in full is not public: here
//! it has the users, and the administrator's password, which the document warns of.

use super::state::{Replication, Server};
use crate::world::practice::farm::Farm;

/// What a dump holds besides users, and nobody else may read.
const PASSWORD: &str = "userPassword: practice-utadmin";

/// Writes the store of a server as LDIF.
pub fn dump(server: &Server) -> String {
    let users = server.users.iter().map(|user| format!("\ndn: utuser={user},o=practice\nutuser: {user}\n"));
    format!("dn: cn=utadmin,o=practice\n{PASSWORD}\n{}", users.collect::<String>())
}

/// Loads an LDIF file into the store of a server, and brings its content to the secondaries that follow.
///
/// # Errors
/// What the tool writes; nothing was changed.
pub fn load(farm: &mut Farm, on: &str, path: &str) -> Result<(), String> {
    let server = farm.state.sun_ray.server_mut(on).ok_or("no such server")?;
    if server.services {
        return Err("the data store is running; stop it with utstop first".into());
    }
    let text = server.files.get(path).ok_or_else(|| format!("{path}: no such file"))?.content.clone();
    if !text.contains(PASSWORD) {
        return Err(format!("{path}: not a dump of this data store"));
    }
    let users: Vec<String> = text.lines().filter_map(|line| line.strip_prefix("utuser: ")).map(str::to_owned).collect();
    server.users.clone_from(&users);
    let followers = match &server.replication {
        Replication::Primary(named) => named.clone(),
        _ => Vec::new(),
    };
    let on = server.name.clone();
    for name in followers {
        let reachable = farm.state.reachable(&name);
        if let Some(one) = farm.state.sun_ray.server_mut(&name).filter(|one| reachable && one.follows(&on)) {
            one.users.clone_from(&users);
        }
    }
    Ok(())
}

/// Lists the users.
///
/// # Errors
/// What the command writes where the data store does not run.
pub fn users(server: &Server) -> Result<String, String> {
    if !server.services {
        return Err("the data store can't be reached: the services are not running".into());
    }
    let lines = server.users.iter().map(|user| format!("user.{user}   {}   7007   {user}\n", server.name));
    Ok(format!("Token ID   Server   Port   User Name\n{}", lines.collect::<String>()))
}
