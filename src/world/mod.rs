//! Worlds: whoever performs requests. A world decides nothing; what to ask for is decided by `system`.
//!
//! [`practice`] is the farm to learn and test on; [`real`] is made of parts: [`sql`] is the product's database,
//! [`load_balancer`] what stands in front of the servers, [`hosts`] the servers themselves.
//! [`store_files`] reads a store folder of this machine.

pub mod hosts;
pub mod load_balancer;
pub mod practice;
pub mod real;
pub mod sql;
pub mod store_files;

use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::time::Duration;

use futures_util::future::join_all;

use crate::model::name::ServerName;
use crate::model::request::{Reply, Request};

/// How long at least after it was given up a request may still be carried out that carries no condition: one that is late
/// undoes what came after it. A load balancer's `drain` takes a server out of `maint` again,
/// a dump that was removed is made again, a `deletelocalmirroronly` deletes the mirror that was made anew.
///
/// # Source
/// Ours: a connection to a load balancer that is given up is reset, so that nothing is sent any more; what has arrived is
/// carried out soon after whoever has it answers again, and whoever goes on has a look answered first.
pub const LANDS_WITHIN: Duration = Duration::from_secs(120);

/// Whoever performs requests.
pub enum World {
    /// A practice farm.
    Practice(practice::PracticeWorld),
    /// Somebody who stands between a run and a farm, and may answer late, wrongly or never.
    Staged(Box<dyn Stage>),
    /// Parts of a connection.
    Real(Box<real::Real>),
}

/// A reply that is still to come.
pub type Answering<'a> = Pin<Box<dyn Future<Output = Reply> + 'a>>;

/// Who stands between a run and a farm.
pub trait Stage: Send + Sync {
    /// Takes a request.
    fn perform<'a>(&'a self, request: &'a Request) -> Answering<'a>;

    /// Returns what [`World::lands_within`] returns.
    fn lands_within(&self) -> Duration {
        Duration::ZERO
    }
}

impl World {
    /// Performs one request.
    pub async fn perform(&self, request: &Request) -> Reply {
        match self {
            World::Practice(farm) => farm.perform(request),
            World::Staged(stage) => stage.perform(request).await,
            World::Real(parts) => parts.perform(request).await,
        }
    }

    /// Performs requests that do not depend on one another, and returns each with its reply.
    pub async fn perform_all(&self, requests: Vec<Request>) -> Vec<(Request, Reply)> {
        if let World::Real(parts) = self {
            // How many of them go out at once is for each part to say.
            let replies = join_all(requests.iter().map(|request| parts.perform(request))).await;
            return requests.into_iter().zip(replies).collect();
        }
        let mut answered = Vec::with_capacity(requests.len());
        for request in requests {
            let reply = self.perform(&request).await;
            answered.push((request, reply));
        }
        answered
    }

    /// Returns how long after it was given up a request may still be carried out, where that could undo what was done
    /// since: so long a run that goes on waits before it looks. Zero where a late request does no harm.
    pub fn lands_within(&self) -> Duration {
        match self {
            World::Practice(_) => Duration::ZERO,
            World::Staged(stage) => stage.lands_within(),
            World::Real(parts) => parts.lands_within(),
        }
    }

    /// Returns the servers themselves, where the connection reaches them.
    pub fn hosts(&self) -> Option<&hosts::Hosts> {
        match self {
            World::Practice(_) | World::Staged(_) => None,
            World::Real(parts) => parts.hosts.as_ref(),
        }
    }

    /// Returns the folder of this machine in which a server keeps a store's files; none where they are elsewhere.
    pub fn store_folder(&self, on: &ServerName, store: &str) -> Option<PathBuf> {
        match self {
            World::Practice(farm) => farm.store_folder(on.as_str(), store),
            World::Staged(_) => None,
            World::Real(parts) => parts.store_folder(on, store),
        }
    }

    /// Returns the load balancer, where the connection has one.
    pub fn load_balancer(&self) -> Option<&load_balancer::LoadBalancer> {
        match self {
            World::Practice(_) | World::Staged(_) => None,
            World::Real(parts) => parts.load_balancer.as_ref(),
        }
    }

    /// Returns the database that keeps locks for all machines, where the connection has one.
    pub fn database(&self) -> Option<&sql::Database> {
        match self {
            World::Practice(_) | World::Staged(_) => None,
            World::Real(parts) => parts.database.as_ref(),
        }
    }
}
