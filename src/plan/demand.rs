//! What `keep` and `disrupt_at_most` ask of the servers at moments that every sequence comes to: the end, and the moment
//! right before the lead is taken for the last time.
//!
//! Whoever is so costs more than by itself, so that the bound of a search is nearer to the truth ([`super::crowd`]). It
//! stays a bound: every sequence has both moments, so many servers at the least are so at each, and those that cost the
//! least more for it are taken to be they. Of several demands only the dearest counts, because one server may meet them
//! all at once. It decides nothing.

use super::machine::{LEAD, Sure};
use super::problem::{Problem, Watch};
use super::walk::{Ends, Kind};

/// Something that so many servers have to be at a moment that every sequence comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Demand {
    /// What they have to be.
    pub ends: Ends,
    /// Whether that is right before the lead is taken for the last time, where somebody is sure to take it; else it is
    /// in the end.
    pub before_lead: bool,
    /// The place of the minimum in [`Problem::floors`]; none where it is `disrupt_at_most`.
    pub floor: Option<usize>,
}

impl Demand {
    /// Returns whether its moment is over, or no moment that is sure to come.
    pub fn is_over(&self, sure: Sure) -> bool {
        self.before_lead && sure & LEAD == 0
    }

    /// Returns how many servers have to be so: a count never falls below what it is now or what `keep` asks for, whichever
    /// is less, and no more servers are disrupted than are now or may be.
    pub fn servers(&self, problem: &Problem<'_>, now: &Watch) -> u32 {
        match self.floor {
            Some(floor) => now.counts[floor].min(problem.floors[floor].1),
            None => {
                let may_be = problem.disrupt_at_most.unwrap_or(u32::MAX).max(now.disrupted);
                (problem.servers.len() as u32).saturating_sub(may_be)
            }
        }
    }
}

/// Returns what the minima ask for.
pub fn demands(problem: &Problem<'_>) -> Vec<Demand> {
    let floors = problem.floors.iter().enumerate();
    let each = floors.flat_map(|(floor, (index, _))| {
        let of = |before_lead| Demand { ends: Ends::Counted(*index), before_lead, floor: Some(floor) };
        [of(false), of(true)]
    });
    let spared = Demand { ends: Ends::Undisrupted, before_lead: true, floor: None };
    each.chain(problem.disrupt_at_most.map(|_| spared)).collect()
}

/// Returns what a server's distance to its goal depends on.
pub fn kind(problem: &Problem<'_>, server: usize) -> Kind {
    Kind {
        goal: problem.goals[server].clone(),
        usable: problem.usable[server],
        reading: problem.reading(server),
        shared: problem.shared,
        last_lead: problem.last_lead,
        before_lead: Ends::Anyhow,
        in_the_end: Ends::Anyhow,
    }
}

/// Returns the same where it is what a demand asks for; none where it never is. A server that was not counted in the
/// beginning is never disrupted.
pub fn asked(problem: &Problem<'_>, server: usize, demand: &Demand) -> Option<Kind> {
    let ends = match demand.ends {
        Ends::Counted(_) if problem.is_lost(server) => return None,
        Ends::Undisrupted if problem.counted(server, problem.starts[server]) == 0 => Ends::Anyhow,
        ends => ends,
    };
    let kind = kind(problem, server);
    Some(match demand.before_lead {
        true => Kind { before_lead: ends, ..kind },
        false => Kind { in_the_end: ends, ..kind },
    })
}
