//! The load balancer as a part of a connection: [`haproxy`] through its runtime API, or any other through a program of
//! the site ([`hook`]). What it is told is read back; an exit code or an empty answer proves nothing.

pub mod haproxy;
pub mod hook;
mod state;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::model::name::ServerName;
use crate::model::pool::{PoolSeen, PoolState};
use crate::model::request::{Reply, Request};

use haproxy::HaProxy;
use hook::Hook;

/// A load balancer, and how it is asked.
#[derive(Debug)]
pub struct LoadBalancer {
    /// Who is asked.
    pub kind: Kind,
    /// What servers are called there, where that is another name.
    pub names: BTreeMap<ServerName, String>,
    /// How long to wait until no session is left.
    pub drain_limit: Duration,
    /// How long to wait until a server that is put back is found up.
    pub up_limit: Duration,
    /// The time between two looks.
    pub poll: Duration,
}

/// Who is asked.
#[derive(Debug)]
pub enum Kind {
    /// HAProxy.
    HaProxy(HaProxy),
    /// A program of the site.
    Hook(Hook),
}

/// Why something can't be told or done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// Surely nothing was changed.
    Refused(String),
    /// It may or may not have been carried out.
    Unknown(String),
}

impl Trouble {
    fn reply(self) -> Reply {
        match self {
            Trouble::Refused(why) => Reply::Refused { why },
            Trouble::Unknown(why) => Reply::Unknown { why },
        }
    }
}

impl LoadBalancer {
    /// Performs a request for a load balancer; none where it is for somebody else.
    pub async fn perform(&self, request: &Request) -> Option<Reply> {
        let reply = match request {
            Request::SeePool { server } => match self.see(server).await {
                Ok(seen) => Reply::Pool(seen),
                // Nothing is known of a server that could not be looked at.
                Err(Trouble::Refused(why) | Trouble::Unknown(why)) => Reply::Unknown { why },
            },
            Request::SetPool { server, to } => self.set(server, *to).await.unwrap_or_else(Trouble::reply),
            Request::AwaitIdle { server } => {
                let idle = self.wait(server, self.drain_limit, |seen| seen.sessions == 0).await;
                idle.map_or_else(Trouble::reply, Reply::Pool)
            }
            _ => return None,
        };
        Some(reply)
    }

    /// Returns how long it may take to answer.
    pub fn answer_limit(&self) -> Duration {
        match &self.kind {
            Kind::HaProxy(haproxy) => haproxy.answer_limit,
            Kind::Hook(hook) => hook.answer_limit,
        }
    }

    /// Returns what a server is called at the load balancer.
    ///
    /// # Errors
    /// [`Trouble::Refused`] for a name that could be read as more than a name.
    fn name(&self, server: &ServerName) -> Result<String, Trouble> {
        let name = self.names.get(server).cloned().unwrap_or_else(|| server.to_string());
        match is_name(&name) {
            true => Ok(name),
            false => Err(Trouble::Refused(format!("{name:?} can't be a server's name at a load balancer"))),
        }
    }

    /// Looks at a server.
    ///
    /// # Errors
    /// A [`Trouble`] where it can't be told how the server stands there.
    pub async fn see(&self, server: &ServerName) -> Result<PoolSeen, Trouble> {
        let name = self.name(server)?;
        match &self.kind {
            Kind::HaProxy(haproxy) => haproxy.see(&name).await,
            Kind::Hook(hook) => hook.see(&name).await,
        }
    }

    /// Returns who may not change servers, of those that are asked; none where only trying would tell.
    ///
    /// # Errors
    /// A [`Trouble`] where one can't be asked.
    pub async fn read_only_nodes(&self) -> Result<Option<Vec<String>>, Trouble> {
        match &self.kind {
            Kind::HaProxy(haproxy) => haproxy.read_only_nodes().await.map(Some),
            Kind::Hook(_) => Ok(None),
        }
    }

    async fn set(&self, server: &ServerName, to: PoolState) -> Result<Reply, Trouble> {
        let name = self.name(server)?;
        match &self.kind {
            Kind::HaProxy(haproxy) => haproxy.set(&name, to).await?,
            Kind::Hook(hook) => hook.set(&name, to).await?,
        }
        // From here on something was changed: a look that fails leaves the outcome unknown.
        let unknown = |trouble| match trouble {
            Trouble::Refused(why) | Trouble::Unknown(why) => Trouble::Unknown(why),
        };
        if to == PoolState::Ready {
            let up = |seen: &PoolSeen| seen.state != to || seen.up != Some(false);
            return self.wait(server, self.up_limit, up).await.map(Reply::Pool).map_err(unknown);
        }
        self.see(server).await.map(Reply::Pool).map_err(unknown)
    }

    /// Looks until it is so or the time is up; returns what was seen last.
    async fn wait(
        &self,
        server: &ServerName,
        limit: Duration,
        is_so: impl Fn(&PoolSeen) -> bool,
    ) -> Result<PoolSeen, Trouble> {
        let start = Instant::now();
        loop {
            let seen = self.see(server).await?;
            if is_so(&seen) || start.elapsed() >= limit {
                return Ok(seen);
            }
            tokio::time::sleep(self.poll).await;
        }
    }
}

/// Returns whether a text can be nothing but a name in a command of a load balancer.
pub fn is_name(text: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    !text.is_empty() && text.len() <= 128 && !text.starts_with('-') && text.chars().all(is_plain)
}
