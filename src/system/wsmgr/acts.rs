//! How each of WSMGR's steps is done, as requests, and what the replies mean: the load balancer is told by rolewalk,
//! the admin tool is used by a person.

use crate::model::name::ServerName;
use crate::model::plan::Step;
use crate::model::pool::{PoolSeen, PoolState};
use crate::model::request::{Reply, Request, Task};
use crate::model::site::Site;
use crate::model::snapshot::GroupSnapshot;
use crate::system::Judgement;

use super::instructions::instructions;

/// Returns the requests that carry out `step`, given what is there right now.
pub fn acts(site: &Site, step: &Step, now: &GroupSnapshot) -> Vec<Request> {
    let server = &step.server;
    match step.transition.name {
        "drain" => drain(server, now),
        "return" => vec![Request::SetPool { server: server.clone(), to: PoolState::Ready }],
        name => vec![Request::AskOperator(Task {
            group: site.group.clone(),
            transition: name,
            server: server.clone(),
            host: step.runs_on.clone(),
            instructions: instructions(step, now),
        })],
    }
}

/// No new session, until none is left; then none at all, so that none that is bound to the server comes back.
fn drain(server: &ServerName, now: &GroupSnapshot) -> Vec<Request> {
    let set = |to| Request::SetPool { server: server.clone(), to };
    let is_draining = now.servers.get(server).and_then(|one| one.mark("pool")) == Some("draining");
    let begin = (!is_draining).then(|| set(PoolState::Drain));
    begin.into_iter().chain([Request::AwaitIdle { server: server.clone() }, set(PoolState::Maint)]).collect()
}

/// Says what a reply to one of these requests means.
pub fn judges(request: &Request, reply: &Reply) -> Judgement {
    match (request, reply) {
        (_, Reply::Refused { why }) => Judgement::Failed(why.clone()),
        (_, Reply::Unknown { why }) => Judgement::Unknown(why.clone()),
        (Request::AskOperator(task), Reply::OperatorAsked) => Judgement::Waiting(task.clone()),
        (Request::AskOperator(_), Reply::OperatorDone) => Judgement::Fine,
        (Request::AwaitIdle { .. }, Reply::Pool(PoolSeen { sessions: 0, .. })) => Judgement::Fine,
        (Request::AwaitIdle { server }, Reply::Pool(seen)) => {
            Judgement::Failed(format!("{} sessions are still on {server}, and none of them is ended", seen.sessions))
        }
        (Request::SetPool { server, to }, Reply::Pool(seen)) => match (seen.state == *to, seen.up) {
            (true, Some(false)) if *to == PoolState::Ready => {
                Judgement::Failed(format!("the load balancer does not find {server} up"))
            }
            (true, _) => Judgement::Fine,
            (false, _) => Judgement::Failed(format!(
                "the load balancer was told {} about {server} and has it as {}",
                to.as_str(),
                seen.state.as_str()
            )),
        },
        _ => Judgement::Unknown("an answer of another kind came".into()),
    }
}
