//! What the checker counts from step to step: leaders, what `keep` speaks of, and who is disrupted.
//!
//! It counts every server once, in the beginning, and then those again that a step touches. It shares no code with the
//! search, which counts in numbers of its own. What is made of the counts: [`super::check`].

use std::collections::BTreeSet;

use super::{is_as_declared, meets};
use crate::model::name::ServerName;
use crate::model::plan::Step;
use crate::model::snapshot::{Standing, Standings};
use crate::model::table::{Leader, Statement};
use crate::model::topology::Topology;
use crate::model::words::Text;

/// The counts at one moment.
#[derive(Debug, Clone)]
pub(super) struct Tally<'a> {
    topology: &'a Topology,
    start: &'a Standings,
    leading: BTreeSet<ServerName>,
    /// One for each of the topology's `keep`.
    kept: Vec<usize>,
    disrupted: usize,
}

impl<'a> Tally<'a> {
    /// Counts the beginning, at which nobody is disrupted yet.
    pub(super) fn of(topology: &'a Topology, start: &'a Standings) -> Tally<'a> {
        let kept = vec![0; topology.keep.len()];
        let mut tally = Tally { topology, start, leading: BTreeSet::new(), kept, disrupted: 0 };
        start.keys().for_each(|server| tally.add(server, start));
        tally
    }

    /// Returns the leader: the first by name where there are several.
    pub(super) fn leader(&self) -> Option<&ServerName> {
        self.leading.first()
    }

    /// Returns the counts of all servers but those that a step touches, given what is there before it.
    pub(super) fn without(&self, step: &Step, before: &Standings) -> Tally<'a> {
        let mut rest = self.clone();
        step.touches().into_iter().for_each(|server| rest.remove(server, before));
        rest
    }

    /// Counts in the servers that a step touches, given what is there after it.
    pub(super) fn include(&mut self, step: &Step, after: &Standings) {
        step.touches().into_iter().for_each(|server| self.add(server, after));
    }

    fn add(&mut self, server: &ServerName, now: &Standings) {
        let Some(standing) = now.get(server) else { return };
        if standing.role.is_some_and(|role| self.topology.table.leads(role)) {
            self.leading.insert(server.clone());
        }
        for (kept, (role, _)) in self.kept.iter_mut().zip(&self.topology.keep) {
            *kept += usize::from(is_kept(self.topology, server, standing, role));
        }
        self.disrupted += usize::from(is_disrupted(self.topology, self.start, now, server));
    }

    fn remove(&mut self, server: &ServerName, now: &Standings) {
        let Some(standing) = now.get(server) else { return };
        self.leading.remove(server);
        for (kept, (role, _)) in self.kept.iter_mut().zip(&self.topology.keep) {
            *kept -= usize::from(is_kept(self.topology, server, standing, role));
        }
        self.disrupted -= usize::from(is_disrupted(self.topology, self.start, now, server));
    }

    /// Checks what must be so at every moment, `before` being the one before: leaders, `keep`, `disrupt_at_most`.
    pub(super) fn broken(&self, before: &Tally<'_>) -> Vec<Text> {
        let mut broken = Vec::new();
        let leading = self.leading.len();
        let may_lack = !self.topology.table.without_leader.is_empty()
            || self.topology.table.transitions.iter().any(|row| row.leader == Leader::Leaderless);
        if leading > 1 || (leading == 0 && !may_lack) {
            broken.push(Text::new(
                format!("it leaves the group with {leading} leaders"),
                format!("先頭のサーバーが {leading} 台になる"),
            ));
        }
        for ((role, least), (was, is)) in self.topology.keep.iter().zip(before.kept.iter().zip(&self.kept)) {
            if *is < *least as usize && is < was {
                broken.push(Text::new(
                    format!("it leaves {is} of the {least} that `keep` demands for `{role}`"),
                    format!("`keep` が求める `{role}` {least} 台に対し {is} 台になる"),
                ));
            }
        }
        let (was, is) = (before.disrupted, self.disrupted);
        if let Some(most) = self.topology.disrupt_at_most.filter(|most| is > *most as usize && is > was) {
            broken.push(Text::new(
                format!("it disrupts {is} servers at once, {most} are allowed"),
                format!("同時に {is} 台のサーバーに影響する (許容は {most} 台)"),
            ));
        }
        broken
    }
}

fn is_kept(topology: &Topology, server: &ServerName, standing: &Standing, role: &str) -> bool {
    let mut counts = topology.table.counts.iter().filter(|count| count.name == role);
    counts.any(|count| count.is_of(standing.role) && meets(standing, count.needs))
        && !topology.says(Statement::Lost, server)
}

fn is_disrupted(topology: &Topology, start: &Standings, now: &Standings, server: &ServerName) -> bool {
    let is_counted = |standing: Option<&Standing>| {
        standing.is_some_and(|one| {
            topology.table.counts.iter().any(|count| count.is_of(one.role) && meets(one, count.needs))
        })
    };
    let is_home = topology
        .declared(server)
        .is_none_or(|declared| now.get(server).is_some_and(|one| is_as_declared(topology, server, one, declared.role)));
    !topology.says(Statement::Lost, server) && is_counted(start.get(server)) && !is_counted(now.get(server)) && !is_home
}
