//! WSMGR servers and their load balancer on a practice farm: what can be done to them, and what can be seen.

use clap::Args;

use crate::world::practice::wsmgr::{Change, Kind, Pool, ServerStatus, Status, Sync};

use super::{number, pair};
use crate::cli::failure::Failure;

/// The part of `practice set` that is WSMGR's.
#[derive(Debug, Args)]
#[group(id = "wsmgr")]
pub struct Set {
    /// Somebody changed a WSMGR server's kind of operation on the manager's tool: unregistered, disabled or member.
    #[arg(long, value_name = "SERVER=KIND")]
    pub operation: Vec<String>,
    /// Somebody made a WSMGR member the manager, on the manager's tool.
    #[arg(long, value_name = "SERVER")]
    pub hand_to: Vec<String>,
    /// A WSMGR server takes itself for the manager, whatever the group's list says.
    #[arg(long, value_name = "SERVER")]
    pub acts_as_manager: Vec<String>,
    /// The sync monitor shows a WSMGR server as complete, running or error.
    #[arg(long, value_name = "SERVER=STATUS")]
    pub sync: Vec<String>,
    /// A WSMGR server's next synchronisation fails.
    #[arg(long, value_name = "SERVER")]
    pub sync_fails: Vec<String>,
    /// A WSMGR server is cut off the network.
    #[arg(long, value_name = "SERVER")]
    pub cut_off: Vec<String>,
    /// A WSMGR server is connected to the network again.
    #[arg(long, value_name = "SERVER")]
    pub connected: Vec<String>,
    /// All servers were deleted from the group on a WSMGR server's own tool.
    #[arg(long, value_name = "SERVER")]
    pub cleared: Vec<String>,
    /// A WSMGR server was restored from a backup.
    #[arg(long, value_name = "SERVER")]
    pub restored: Vec<String>,
    /// Somebody set a WSMGR server to ready, drain or maint at the load balancer.
    #[arg(long, value_name = "SERVER=STATE")]
    pub pool: Vec<String>,
    /// So many sessions are on a WSMGR server.
    #[arg(long, value_name = "SERVER=COUNT")]
    pub web_sessions: Vec<String>,
    /// A WSMGR server's sessions stay, whatever the load balancer is told.
    #[arg(long, value_name = "SERVER")]
    pub sticky: Vec<String>,
    /// A WSMGR server's sessions end when they should.
    #[arg(long, value_name = "SERVER")]
    pub not_sticky: Vec<String>,
    /// Somebody attested everything about a WSMGR group as it is.
    #[arg(long, value_name = "GROUP")]
    pub attested: Vec<String>,
    /// What was attested about a WSMGR group is over.
    #[arg(long, value_name = "GROUP")]
    pub attested_over: Vec<String>,
}

/// Returns the changes that are asked for.
///
/// # Errors
/// A [`Failure`] where one can't be read.
pub fn changes(arguments: &Set) -> Result<Vec<Change>, Failure> {
    let mut changes = Vec::new();
    for one in &arguments.operation {
        let (server, word) = pair(one)?;
        let kinds = [Kind::Unregistered, Kind::Disabled, Kind::Member, Kind::Manager];
        changes.push(Change::Operation { server, kind: known(&word, &kinds, Kind::as_str)? });
    }
    let mut each = |servers: &[String], change: &dyn Fn(String) -> Change| {
        changes.extend(servers.iter().cloned().map(change));
    };
    each(&arguments.hand_to, &|server| Change::Handover { server });
    each(&arguments.acts_as_manager, &|server| Change::ActsAsManager { server });
    each(&arguments.sync_fails, &|server| Change::SyncFails { server, fails: true });
    each(&arguments.cut_off, &|server| Change::Connected { server, connected: false });
    each(&arguments.cleared, &|server| Change::Cleared { server });
    each(&arguments.connected, &|server| Change::Connected { server, connected: true });
    each(&arguments.restored, &|server| Change::Restored { server });
    each(&arguments.sticky, &|server| Change::Sticky { server, sticky: true });
    each(&arguments.not_sticky, &|server| Change::Sticky { server, sticky: false });
    for one in &arguments.sync {
        let (server, word) = pair(one)?;
        let sync = known(&word, &[Sync::Complete, Sync::Running, Sync::Error], Sync::as_str)?;
        changes.push(Change::Synchronised { server, sync });
    }
    for one in &arguments.pool {
        let (server, word) = pair(one)?;
        let pool = known(&word, &[Pool::Ready, Pool::Drain, Pool::Maint], Pool::as_str)?;
        changes.push(Change::Pooled { server, pool });
    }
    for one in &arguments.web_sessions {
        let (server, count) = number(one)?;
        changes.push(Change::Sessions { server, count });
    }
    changes.extend(arguments.attested.iter().map(|group| Change::Attested { group: group.clone() }));
    changes.extend(arguments.attested_over.iter().map(|group| Change::AttestedOver { group: group.clone() }));
    Ok(changes)
}

fn known<T: Copy>(word: &str, all: &[T], name: fn(T) -> &'static str) -> Result<T, Failure> {
    all.iter().copied().find(|one| name(*one) == word).ok_or_else(|| {
        let names = all.iter().map(|one| name(*one)).collect::<Vec<_>>().join(", ");
        Failure::new(1, format!("`{word}` is none of {names}"), format!("`{word}` は使えない: {names}"))
    })
}

/// Tells what can be seen, a line for each server.
pub fn told(status: &Status) -> String {
    status.servers.iter().map(line).collect()
}

fn line(server: &ServerStatus) -> String {
    let sync = server.sync.map(|sync| format!(", sync {sync}")).unwrap_or_default();
    let own = server.takes_itself_for.map(|kind| format!(", takes itself for {kind}")).unwrap_or_default();
    format!(
        "WSMGR server {} of {}: {}{sync}, pool {}, {} sessions{}{own}{}\n",
        server.name,
        server.group,
        server.role,
        server.pool,
        server.sessions,
        if server.connected { "" } else { ", cut off the network" },
        if server.restored { ", restored from a backup" } else { "" },
    )
}
