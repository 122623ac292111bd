//! HAProxy through its runtime API: a Unix socket or a TCP port each node, one command a connection.
//!
//! Several nodes are told one after another, and all are read back: where they differ, a server counts as the node has
//! it that still sends it sessions.
//!
//! # Source
//! HAProxy management guide, "Unix Socket commands": `set server`, `show servers state`, `show stat`, `show cli level`.

use std::path::PathBuf;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::Trouble;
use super::state::{self, Admin};
use crate::model::pool::{PoolSeen, PoolState};

/// The most of an answer that is read.
const MOST_BYTES: u64 = 32 * 1024 * 1024;

/// HAProxy's nodes, and the backend that they balance.
#[derive(Debug)]
pub struct HaProxy {
    /// Where each node is asked.
    pub nodes: Vec<Node>,
    /// The backend.
    pub backend: String,
    /// How long to wait for an answer.
    pub answer_limit: Duration,
}

/// Where a node is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// A Unix socket.
    Unix(PathBuf),
    /// `HOST:PORT`.
    Tcp(String),
}

impl std::fmt::Display for Node {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Node::Unix(path) => write!(f, "{}", path.display()),
            Node::Tcp(address) => write!(f, "{address}"),
        }
    }
}

impl HaProxy {
    /// Looks at a server at every node.
    pub(super) async fn see(&self, server: &str) -> Result<PoolSeen, Trouble> {
        let mut all = Vec::with_capacity(self.nodes.len());
        for node in &self.nodes {
            let seen = self.see_at(node, server).await;
            all.push(seen.map_err(|why| Trouble::Refused(format!("HAProxy at {node}: {why}")))?);
        }
        let first = all.first().copied().ok_or_else(|| Trouble::Refused("no node of HAProxy is named".into()))?;
        Ok(all.into_iter().skip(1).fold(first, together))
    }

    /// Tells every node.
    pub(super) async fn set(&self, server: &str, to: PoolState) -> Result<(), Trouble> {
        let command = format!("set server {}/{server} state {}", self.backend, to.as_str());
        for (index, node) in self.nodes.iter().enumerate() {
            let told = match self.ask(node, &command).await {
                // Success is an empty line; everything else is a complaint.
                Ok(said) if said.trim().is_empty() => Ok(()),
                Ok(said) => Err(Trouble::Refused(format!("HAProxy at {node}: {}", said.trim()))),
                Err(trouble) => Err(trouble),
            };
            // Once one node was told, the others are not as it is.
            told.map_err(|trouble| match (index, trouble) {
                (0, trouble) => trouble,
                (_, Trouble::Refused(why) | Trouble::Unknown(why)) => Trouble::Unknown(why),
            })?;
        }
        Ok(())
    }

    /// Returns the nodes whose socket lets nobody change a server: its level is not `admin`.
    pub(super) async fn read_only_nodes(&self) -> Result<Vec<String>, Trouble> {
        let mut found = Vec::new();
        for node in &self.nodes {
            if self.ask(node, "show cli level").await?.trim() != "admin" {
                found.push(node.to_string());
            }
        }
        Ok(found)
    }

    async fn see_at(&self, node: &Node, server: &str) -> Result<PoolSeen, String> {
        let told = |trouble| match trouble {
            Trouble::Refused(why) | Trouble::Unknown(why) => why,
        };
        let states = self.ask(node, &format!("show servers state {}", self.backend)).await.map_err(told)?;
        let Admin { state, up } = state::admin(&states, &self.backend, server)?;
        let stat = self.ask(node, "show stat").await.map_err(told)?;
        let sessions = state::sessions(&stat, &self.backend, server)?;
        Ok(PoolSeen { state, sessions, up })
    }

    /// Asks one command; returns the whole answer.
    async fn ask(&self, node: &Node, command: &str) -> Result<String, Trouble> {
        let slow = || format!("HAProxy at {node} did not answer within {} s", self.answer_limit.as_secs_f32());
        let refused = |error: std::io::Error| Trouble::Refused(format!("HAProxy at {node} can't be reached: {error}"));
        match node {
            Node::Tcp(address) => {
                let connect = timeout(self.answer_limit, TcpStream::connect(address)).await;
                let stream = connect.map_err(|_| Trouble::Refused(slow()))?.map_err(refused)?;
                // Where it is given up, what was not sent yet is dropped, and not sent minutes later.
                stream.set_zero_linger().map_err(refused)?;
                timeout(self.answer_limit, talk(stream, node, command)).await.map_err(|_| Trouble::Unknown(slow()))?
            }
            #[cfg(unix)]
            Node::Unix(path) => {
                let connect = timeout(self.answer_limit, tokio::net::UnixStream::connect(path)).await;
                let stream = connect.map_err(|_| Trouble::Refused(slow()))?.map_err(refused)?;
                timeout(self.answer_limit, talk(stream, node, command)).await.map_err(|_| Trouble::Unknown(slow()))?
            }
            #[cfg(not(unix))]
            Node::Unix(path) => Err(Trouble::Refused(format!("{}: this system has no such sockets", path.display()))),
        }
    }
}

async fn talk(mut stream: impl AsyncRead + AsyncWrite + Unpin, node: &Node, command: &str) -> Result<String, Trouble> {
    let lost = |error: std::io::Error| Trouble::Unknown(format!("HAProxy at {node}: {error}"));
    stream.write_all(format!("{command}\n").as_bytes()).await.map_err(lost)?;
    let mut bytes = Vec::new();
    (&mut stream).take(MOST_BYTES).read_to_end(&mut bytes).await.map_err(lost)?;
    if bytes.len() as u64 == MOST_BYTES {
        return Err(Trouble::Unknown(format!("HAProxy at {node} answers without an end")));
    }
    String::from_utf8(bytes).map_err(|_| Trouble::Unknown(format!("HAProxy at {node} answers in no text")))
}

/// Two nodes' views of one server.
fn together(one: PoolSeen, other: PoolSeen) -> PoolSeen {
    let up = match (one.up, other.up) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    };
    PoolSeen { state: one.state.min(other.state), sessions: one.sessions.saturating_add(other.sessions), up }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_nodes_the_one_that_still_sends_sessions_counts() {
        let seen = |state, sessions, up| PoolSeen { state, sessions, up };
        let both = together(seen(PoolState::Maint, 1, None), seen(PoolState::Ready, 2, Some(true)));
        assert_eq!(both, seen(PoolState::Ready, 3, None));
        let down = together(seen(PoolState::Ready, 0, Some(true)), seen(PoolState::Ready, 0, Some(false)));
        assert_eq!(down.up, Some(false));
    }
}
