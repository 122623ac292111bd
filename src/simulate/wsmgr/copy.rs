//! A farm on which a server group is as it was observed: it is built with the roles, and led to the rest by what people
//! and hardware can do.

use crate::model::snapshot::GroupSnapshot;
use crate::system::wsmgr::guards::fact;
use crate::system::wsmgr::table::{DISABLED, MANAGER, MEMBER};
use crate::world::practice::wsmgr::{Change as Product, GroupFile, Kind, Pool, ServerFile, Sync};
use crate::world::practice::{Change, FarmFile, Operator, PracticeWorld};

use super::super::cast::{Before, all_known, farm, powered};
use super::{connected, operation, pooled, synchronised};

/// Makes the farm that the snapshot tells of.
///
/// # Errors
/// What of the observation no farm can be.
pub fn copy(seen: &GroupSnapshot) -> Result<PracticeWorld, String> {
    all_known(seen)?;
    let managers = seen.servers.values().filter(|one| one.role == Some(MANAGER)).count();
    let listed = seen.servers.values().filter(|one| matches!(one.role, Some(MEMBER | DISABLED))).count();
    if managers > 1 || (managers == 0 && listed > 0) {
        return Err(format!("the group has {managers} managers"));
    }
    let (mut servers, mut since) = (std::collections::BTreeMap::new(), Vec::new());
    for (server, standing) in &seen.servers {
        let name = server.as_str();
        let kind = match standing.role {
            Some(MANAGER) => Kind::Manager,
            Some(MEMBER) => Kind::Member,
            Some(DISABLED) => Kind::Disabled,
            _ => Kind::Unregistered,
        };
        // A server that is in no group and has the list of one was a member.
        let own = standing.mark("own").unwrap_or_default();
        let was = if kind == Kind::Unregistered && own != "cleared" && managers > 0 { Kind::Member } else { kind };
        servers.insert(server.to_string(), ServerFile::Kind(was));
        since.push(pooled(
            name,
            match standing.mark("pool") {
                Some("in" | "down") => Pool::Ready,
                Some("draining") => Pool::Drain,
                _ => Pool::Maint,
            },
        ));
        let is_apart = own == "cut" || (own == "cleared" && kind != Kind::Unregistered);
        match (own, was == kind) {
            ("joined", false) => {
                since.extend([powered(name, false), operation(name, kind), powered(name, true)]);
            }
            _ if is_apart => {
                since.push(connected(name, false));
                since.extend((was != kind).then(|| operation(name, kind)));
                since.extend((own == "cleared").then(|| Change::Wsmgr(Product::Cleared { server: name.into() })));
            }
            _ => {}
        }
        match standing.mark("sync") {
            Some("running") => since.push(synchronised(name, Sync::Running)),
            Some("error") => since.push(synchronised(name, Sync::Error)),
            _ => {}
        }
        if standing.mark("pool") == Some("down") {
            since.push(powered(name, false));
        }
        if let Ok(count) = seen.facts.count(Some(server), fact::SESSIONS) {
            since.push(Change::Wsmgr(Product::Sessions { server: name.into(), count }));
        }
    }
    let size = seen.facts.count(None, fact::CONFIG_BYTES).unwrap_or(200 << 20);
    let needed = seen.facts.count(None, fact::SERVERS_NEEDED).unwrap_or(1);
    let group = GroupFile { servers, config_mb: size.div_ceil(1 << 20), needed };
    let groups = [(seen.group.clone(), group)].into();
    let file = FarmFile { wsmgr: groups, ..FarmFile::of(Operator::Simulated) };
    farm(&file, since.into_iter().map(Before::From))
}
