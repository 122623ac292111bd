//! Worlds: whoever performs requests. A world decides nothing; what to ask for is decided by `system`.
//!
//! [`practice`] is the farm to learn and test on; [`real`] is made of parts, of which [`sql`] is the product's database and
//! [`load_balancer`] what stands in front of the servers.
//! [`store_files`] reads a store folder of this machine.

pub mod load_balancer;
pub mod practice;
pub mod real;
pub mod sql;
pub mod store_files;

use std::future::Future;
use std::pin::Pin;

use crate::model::request::{Reply, Request};

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
        let mut answered = Vec::with_capacity(requests.len());
        for request in requests {
            let reply = self.perform(&request).await;
            answered.push((request, reply));
        }
        answered
    }

    /// Returns the database that keeps locks for all machines, where the connection has one.
    pub fn database(&self) -> Option<&sql::Database> {
        match self {
            World::Practice(_) | World::Staged(_) => None,
            World::Real(parts) => parts.database.as_ref(),
        }
    }
}
