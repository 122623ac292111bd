//! What can be done to a practice farm from outside, besides requests: what people, hardware and bad luck do to a real
//! one. Plain values; how they are carried out is no business of whoever describes them.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::co_store;
use super::farm_file::Operator;
use super::lifekeeper;
use super::sun_ray;
use super::wsmgr;

/// One change from outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// A server's disk has so much free space.
    FreeSpace {
        /// The server.
        server: String,
        /// Free space in MiB.
        megabytes: u64,
    },
    /// A machine is switched on or off.
    Powered {
        /// The machine.
        server: String,
        /// Whether it is on then.
        on: bool,
    },
    /// A machine that is on is reached by the network, or not.
    Answers {
        /// The machine.
        server: String,
        /// Whether it answers then.
        answers: bool,
    },
    /// So many of the next changing requests fail.
    FailNext(u32),
    /// So many of the next changing requests are carried out, and their answers lost.
    LoseNext(u32),
    /// Another operator.
    Operator(Operator),
    /// A change of CO-Store or Citrix PVS.
    CoStore(co_store::Change),
    /// A change of Sun Ray servers.
    SunRay(sun_ray::Change),
    /// A change of LifeKeeper servers.
    Lifekeeper(lifekeeper::Change),
    /// A change of WSMGR servers or their load balancer.
    Wsmgr(wsmgr::Change),
}

/// Why a change can't be. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct ChangeError(pub(super) String);

/// Writes the change as a sentence.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Change::FreeSpace { server, megabytes } => write!(f, "{server} has {megabytes} MiB free"),
            Change::Powered { server, on } => write!(f, "{server} is switched {}", if *on { "on" } else { "off" }),
            Change::Answers { server, answers: true } => write!(f, "{server} answers"),
            Change::Answers { server, answers: false } => write!(f, "{server} does not answer"),
            Change::FailNext(count) => write!(f, "the next {count} changing requests fail"),
            Change::LoseNext(count) => write!(f, "the answers of the next {count} changing requests are lost"),
            Change::Operator(Operator::Simulated) => write!(f, "the operator is simulated"),
            Change::Operator(Operator::Person) => write!(f, "the operator is a person"),
            Change::CoStore(change) => change.fmt(f),
            Change::SunRay(change) => change.fmt(f),
            Change::Lifekeeper(change) => change.fmt(f),
            Change::Wsmgr(change) => change.fmt(f),
        }
    }
}

impl From<co_store::Change> for Change {
    fn from(change: co_store::Change) -> Self {
        Change::CoStore(change)
    }
}

impl From<sun_ray::Change> for Change {
    fn from(change: sun_ray::Change) -> Self {
        Change::SunRay(change)
    }
}

impl From<lifekeeper::Change> for Change {
    fn from(change: lifekeeper::Change) -> Self {
        Change::Lifekeeper(change)
    }
}

impl From<wsmgr::Change> for Change {
    fn from(change: wsmgr::Change) -> Self {
        Change::Wsmgr(change)
    }
}

impl From<&Change> for Change {
    fn from(change: &Change) -> Self {
        change.clone()
    }
}

/// Returns why a change can't be.
pub(super) fn no(why: impl Into<String>) -> ChangeError {
    ChangeError(why.into())
}

/// Returns that a change can't be, and why.
pub(super) fn cant<T>(why: impl Into<String>) -> Result<T, ChangeError> {
    Err(no(why))
}
