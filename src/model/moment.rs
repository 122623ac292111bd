//! A group at one moment of a walk, for those who ask guards before each of many steps.
//!
//! What guards need to know of all servers (who leads, about whom they have something to say) is worked out once and
//! then kept by looking again at the servers that a step touches, and at no others. Never decides anything: the
//! guards do, in [`super::guard`].

use std::collections::{BTreeMap, BTreeSet};

use super::fact::Facts;
use super::guard::{Answer, Case, Findings, Guard, Look, Verdict};
use super::name::ServerName;
use super::plan::Step;
use super::snapshot::{Standings, leaders};
use super::topology::Topology;

/// A group at one moment.
#[derive(Debug, Clone)]
pub struct Moment<'a> {
    topology: &'a Topology,
    facts: &'a Facts,
    standings: Standings,
    leaders: BTreeSet<ServerName>,
    /// What each guard that looks at all servers found, by its name; made when it is first asked.
    found: BTreeMap<&'static str, (&'static Guard, Findings)>,
}

impl<'a> Moment<'a> {
    /// Returns the moment at which the group has these standings.
    pub fn of(topology: &'a Topology, facts: &'a Facts, standings: Standings) -> Moment<'a> {
        let leaders = leaders(topology.table, &standings).cloned().collect();
        Moment { topology, facts, standings, leaders, found: BTreeMap::new() }
    }

    /// Returns what is declared.
    pub fn topology(&self) -> &'a Topology {
        self.topology
    }

    /// Returns every server's standing.
    pub fn standings(&self) -> &Standings {
        &self.standings
    }

    /// Returns what a guard answers before the transition of that name is used for `server`.
    pub fn ask(&mut self, guard: &'static Guard, server: &ServerName, transition: &'static str) -> Answer {
        if let Some(look) = guard.of_each {
            let Moment { topology, facts, standings, found, .. } = &mut *self;
            let all =
                || Findings::of(standings.keys().map(|one| (one, look_at(look, one, standings, facts, topology))));
            found.entry(guard.name).or_insert_with(|| (guard, all()));
        }
        let nothing = Findings::default();
        (guard.ask)(&Case {
            server,
            transition,
            standings: &self.standings,
            facts: self.facts,
            topology: self.topology,
            leaders: &self.leaders,
            found: self.found.get(guard.name).map_or(&nothing, |(_, found)| found),
        })
    }

    /// Moves on to right after a step.
    pub fn take(&mut self, step: &Step) {
        step.apply(&mut self.standings);
        for server in step.touches() {
            let role = self.standings.get(server).and_then(|standing| standing.role);
            match role.is_some_and(|role| self.topology.table.leads(role)) {
                true => self.leaders.insert(server.clone()),
                false => self.leaders.remove(server),
            };
            for (guard, found) in self.found.values_mut() {
                let Some(look) = guard.of_each else { continue };
                found.note(server, look_at(look, server, &self.standings, self.facts, self.topology));
            }
        }
    }
}

fn look_at(
    look: fn(&Look<'_>) -> Verdict,
    server: &ServerName,
    standings: &Standings,
    facts: &Facts,
    topology: &Topology,
) -> Verdict {
    standings.get(server).map_or(Verdict::Yes, |standing| look(&Look { server, standing, facts, topology }))
}
