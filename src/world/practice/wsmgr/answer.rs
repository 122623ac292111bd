//! What the load balancer answers, and what is attested.

use super::seen::is_up;
use super::state::{Group, Pool, Server, Stored};
use crate::model::attestation::Attestation;
use crate::model::name::ServerName;
use crate::model::pool::{PoolSeen, PoolState};
use crate::model::request::{Reply, Request};
use crate::world::practice::clock::moment;
use crate::world::practice::farm::{Farm, Outcome, refused, silent};
use crate::world::practice::state::State as FarmState;

/// Who attests on a practice farm.
const WHO: &str = "the simulated operator";

/// Returns whether a request that names no host is for this product.
pub fn is_for(request: &Request) -> bool {
    matches!(
        request,
        Request::SeePool { .. } | Request::SetPool { .. } | Request::AwaitIdle { .. } | Request::ReadAttested { .. }
    )
}

/// Answers a request that reaches its receiver.
pub fn answer(farm: &mut Farm, request: &Request) -> Outcome {
    Ok(match request {
        Request::ReadAttested { system: "wsmgr", group } => {
            Reply::Attested(farm.state.wsmgr.group(group).map(|one| attested_by(&farm.state, one)).unwrap_or_default())
        }
        Request::ReadAttested { .. } => Reply::Attested(Vec::new()),
        Request::SeePool { server } => see(farm, server.as_str()),
        Request::SetPool { server, to } => {
            let pool = match to {
                PoolState::Ready => Pool::Ready,
                PoolState::Drain => Pool::Drain,
                PoolState::Maint => Pool::Maint,
            };
            if let Some(one) = farm.state.wsmgr.server_mut(server.as_str()) {
                one.pool = pool;
            }
            see(farm, server.as_str())
        }
        Request::AwaitIdle { server } => {
            if let Some(one) = farm.state.wsmgr.server_mut(server.as_str()).filter(|one| !one.sticky) {
                // With no new ones, the last sessions end.
                one.sessions = if one.pool == Pool::Ready { one.sessions } else { 0 };
            }
            see(farm, server.as_str())
        }
        other => match other.host() {
            Some(host) => refused(format!("{host} has nothing that could do this")),
            None => silent("the load balancer"),
        },
    })
}

/// Returns what a request answers that is made to fail. Nothing is changed by it.
pub fn failure(_: &Request) -> Reply {
    refused("Permission denied (practice: made to fail)")
}

fn see(farm: &Farm, name: &str) -> Reply {
    let Some(server) = farm.state.wsmgr.server(name) else { return refused("No such server.") };
    let state = match server.pool {
        Pool::Ready => PoolState::Ready,
        Pool::Drain => PoolState::Drain,
        Pool::Maint => PoolState::Maint,
    };
    let up = (state != PoolState::Maint).then(|| is_up(&farm.state.machines, server));
    let Server { sessions, .. } = server;
    Reply::Pool(PoolSeen { state, sessions: *sessions, up })
}

/// Returns what is attested about a group, each with whether it is over.
pub fn attested_by(state: &FarmState, group: &Group) -> Vec<(Attestation, bool)> {
    let attestation = |one: &Stored| {
        let server = one.server.as_ref().map(|name| ServerName::new(name)).transpose().ok()?;
        let (at, until) = (moment(one.at), moment(one.until));
        let (name, value) = (one.name.clone(), one.value.clone());
        let is_over = one.until <= state.minutes;
        Some((Attestation { server, name, value, by: WHO.into(), at, until }, is_over))
    };
    group.attested.iter().filter_map(attestation).collect()
}
