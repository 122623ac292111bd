//! A load balancer's pool, as far as the steps of a group depend on it. Plain values.

/// What a load balancer was told about a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PoolState {
    /// It gets new sessions.
    Ready,
    /// It gets no new sessions, but those that are bound to it.
    Drain,
    /// It gets none at all.
    Maint,
}

/// What a load balancer says of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolSeen {
    /// What it was told.
    pub state: PoolState,
    /// How many sessions are on the server.
    pub sessions: u64,
    /// Whether the load balancer itself finds the server up; none where it does not look, as in maintenance.
    pub up: Option<bool>,
}

impl PoolState {
    /// Returns the state as a load balancer's commands name it.
    pub fn as_str(self) -> &'static str {
        match self {
            PoolState::Ready => "ready",
            PoolState::Drain => "drain",
            PoolState::Maint => "maint",
        }
    }
}

/// Writes what was seen on one line.
impl std::fmt::Display for PoolSeen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let up = match self.up {
            Some(true) => ", up",
            Some(false) => ", down",
            None => "",
        };
        write!(f, "{}, {} sessions{up}", self.state.as_str(), self.sessions)
    }
}
