//! A real world: parts of a connection, each for its kind of request.
//!
//! A request for a part that the connection does not define is refused with that reason: nothing was asked of anybody.

use std::path::PathBuf;
use std::time::Duration;

use tokio::sync::Mutex;

use super::LANDS_WITHIN;
use super::hosts::Hosts;
use super::load_balancer::LoadBalancer;
use super::practice::PracticeWorld;
use super::sql::Database;
use crate::model::attestation::Attestation;
use crate::model::name::ServerName;
use crate::model::request::{Reply, Request, Statement};

/// The parts of a connection.
#[derive(Default)]
pub struct Real {
    /// The product's database.
    pub database: Option<Database>,
    /// The servers themselves.
    pub hosts: Option<Hosts>,
    /// Whatever the other parts do not perform, on a practice farm.
    pub practice: Option<PracticeWorld>,
    /// What is asked right before a change elsewhere: whether the session that holds the locks is still there.
    pub lock_probe: Option<Statement>,
    /// The load balancer.
    pub load_balancer: Option<LoadBalancer>,
    /// What people have attested about a group of a system; none where there is no such record.
    pub attested: Option<Attested>,
    /// Whether nothing may be changed through it: whatever is no look is refused before it reaches a part.
    pub reads_only: bool,
    /// A practice farm and an endpoint that serves its database must not wait for one another.
    pub turn: Mutex<()>,
}

/// Reads what is attested about a group of a system, each with whether it is over; or why that can't be told.
pub type Attested = Box<dyn Fn(&str, &str) -> Result<Vec<(Attestation, bool)>, String> + Send + Sync>;

impl Real {
    /// Performs one request.
    pub async fn perform(&self, request: &Request) -> Reply {
        if let Request::ReadAttested { system, group } = request {
            return self.read_attested(request, system, group).await;
        }
        if !request.is_look() {
            if self.reads_only {
                return Reply::Refused { why: "the connection is declared to be only read (`reads_only`)".into() };
            }
            if let Some(why) = self.lost_locks().await {
                return Reply::Refused { why };
            }
        }
        match (request, &self.database, &self.hosts) {
            (Request::Query(statement), Some(database), _) => database.query(statement).await,
            (Request::Change { only_if, change, rows }, Some(database), _) => {
                let _turn = self.turn.lock().await;
                database.change(only_if, change, *rows).await
            }
            (Request::Query(_) | Request::Change { .. }, None, _) => self.practise(request).await,
            // A person is asked by whoever tells of the run; the proof is a look.
            (Request::AskOperator(_), ..) if self.practice.is_none() => Reply::OperatorAsked,
            (Request::AskOperator(_), ..) => self.practise(request).await,
            (Request::SeePool { .. } | Request::SetPool { .. } | Request::AwaitIdle { .. }, ..) => {
                match &self.load_balancer {
                    Some(balancer) => balancer.perform(request).await.unwrap_or_else(|| missing(request)),
                    None => self.practise(request).await,
                }
            }
            (_, _, Some(hosts)) => hosts.perform(request).await,
            (_, _, None) => self.practise(request).await,
        }
    }

    /// Returns how long after it was given up a request may still be carried out: no less than it may take. Zero where only a
    /// database is asked: its changes carry their condition.
    pub fn lands_within(&self) -> Duration {
        let hosts = self.hosts.as_ref().map(Hosts::longest_command);
        let balancer = self.load_balancer.as_ref().map(LoadBalancer::answer_limit);
        hosts.max(balancer).map_or(Duration::ZERO, |longest| longest.max(LANDS_WITHIN))
    }

    /// Returns what [`World::store_folder`](super::World::store_folder) returns.
    pub fn store_folder(&self, on: &ServerName, store: &str) -> Option<PathBuf> {
        match (&self.hosts, &self.practice) {
            (Some(hosts), _) => hosts.store_folder(on, store),
            (None, Some(farm)) => farm.store_folder(on.as_str(), store),
            (None, None) => None,
        }
    }

    async fn practise(&self, request: &Request) -> Reply {
        match &self.practice {
            Some(farm) => {
                let _turn = self.turn.lock().await;
                farm.perform(request)
            }
            None => missing(request),
        }
    }

    /// What people recorded comes last and counts: a farm's simulated operator is no match for a person.
    async fn read_attested(&self, request: &Request, system: &str, group: &str) -> Reply {
        let mut all = match &self.practice {
            Some(_) => match self.practise(request).await {
                Reply::Attested(all) => all,
                other => return other,
            },
            None => Vec::new(),
        };
        let recorded = match &self.attested {
            Some(read) => read(system, group),
            None => Ok(Vec::new()),
        };
        match recorded {
            Ok(recorded) => {
                all.retain(|(one, _)| {
                    !recorded.iter().any(|(other, _)| (&one.server, &one.name) == (&other.server, &other.name))
                });
                all.extend(recorded);
                Reply::Attested(all)
            }
            Err(why) => Reply::Unknown { why },
        }
    }

    async fn lost_locks(&self) -> Option<String> {
        self.database.as_ref()?.lost_locks(self.lock_probe.as_ref()?).await
    }
}

fn missing(request: &Request) -> Reply {
    let part = match request {
        Request::Query(_) | Request::Change { .. } => "database",
        Request::SeePool { .. } | Request::SetPool { .. } | Request::AwaitIdle { .. } => "load-balancer",
        _ => "hosts",
    };
    Reply::Refused { why: format!("the connection has no part `{part}`") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::name::ServerName;
    use crate::world::hosts::{Host, Settings};

    #[test]
    fn what_was_given_up_is_waited_for_as_long_as_a_command_may_take_at_least() {
        let lands_within = |seconds| {
            let mut slow = Host::default();
            slow.limits.command = Duration::from_secs(seconds);
            let each = [(ServerName::new("PVS1").unwrap(), slow)].into();
            let hosts = Hosts::new(Settings { each, ..Settings::default() });
            Real { hosts: Some(hosts), ..Real::default() }.lands_within()
        };
        assert_eq!(lands_within(1), LANDS_WITHIN);
        assert_eq!(lands_within(1800), Duration::from_secs(1800));
        assert_eq!(Real::default().lands_within(), Duration::ZERO);
    }
}
