//! Leads as few servers as can be, the cheapest first, through standings that the minima allow, where the usual walks
//! break one: in the end, and before each event in which all of them have a part.
//!
//! It claims nothing of what it finds but that it is safe: whether anything is shorter is for [`super::solve`] to say.

use std::collections::{BTreeMap, HashMap};

use super::machine::Cost;
use super::order::{Stuck, order, spans};
use super::problem::{Broken, Move, Problem, Watch};
use super::solve::{Sequence, question};
use super::walk::{Ends, Memory, Question, Walk};

/// What some servers are led to be: when that layer ends.
type Demand = (usize, Ends);

/// How many servers are led for the sake of a demand, besides those that are so anyway.
#[derive(Debug, Clone, Copy, Default)]
struct Led {
    /// So many were not enough, or can't be.
    too_few: usize,
    servers: usize,
}

/// Returns a safe sequence through the same events; none where it takes more than leading servers so.
pub fn kept(
    problem: &Problem<'_>,
    memory: &mut Memory,
    sequence: &Sequence,
    usual: &[Walk],
    mut stuck: Stuck,
) -> Option<Vec<Move>> {
    let mut column = Column { problem, memory, sequence, usual };
    let mut led = BTreeMap::new();
    loop {
        column.lead_more(&mut led, stuck)?;
        match column.walked(&led) {
            Ok(moves) => return Some(column.fewest(&mut led).unwrap_or(moves)),
            Err(next) => stuck = next,
        }
    }
}

/// The servers on their way through one sequence of events.
struct Column<'a, 'p> {
    problem: &'a Problem<'p>,
    memory: &'a mut Memory,
    sequence: &'a Sequence,
    usual: &'a [Walk],
}

/// Each server's walk, and what it was led to be on it.
struct Walks {
    walks: Vec<Walk>,
    asked: HashMap<usize, Vec<Demand>>,
}

/// A server that could be led, and what that costs more.
type Dear = (Cost, usize, Walk);

impl Column<'_, '_> {
    /// Leads more servers for the sake of the rule that is broken: as many as are missing, then twice as many; none where
    /// no more can be led.
    fn lead_more(&mut self, led: &mut BTreeMap<Demand, Led>, stuck: Stuck) -> Option<()> {
        let ends = match stuck.broken? {
            Broken::Keep(index) => Ends::Counted(index),
            Broken::Disruption => Ends::Undisrupted,
        };
        let demand = (stuck.span, ends);
        let walks = self.walks(led);
        let (free, dear) = self.look(&walks, demand);
        let missing = self.least(ends).saturating_sub(free).max(1);
        let known = led.entry(demand).or_default();
        // Servers that one demand counts as led another may lead elsewhere: more than there are can't help.
        let all = self.usual.len();
        if dear.is_empty() || known.servers >= all {
            return None;
        }
        let servers = if known.servers == 0 { missing } else { 2 * known.servers }.min(all);
        *known = Led { too_few: if known.servers == 0 { servers - 1 } else { known.servers }, servers };
        Some(())
    }

    /// Puts the walks in order, so many servers being led for the sake of each demand.
    fn walked(&mut self, led: &BTreeMap<Demand, Led>) -> Result<Vec<Move>, Stuck> {
        let events = &self.sequence.events;
        let Walks { walks, .. } = self.walks(led);
        order(self.problem, events, &spans(events.len(), &walks))
    }

    /// Leads no more servers than it takes, where so many were enough; none where that many are the fewest for sure.
    fn fewest(&mut self, led: &mut BTreeMap<Demand, Led>) -> Option<Vec<Move>> {
        let mut best = None;
        for demand in led.keys().copied().collect::<Vec<_>>() {
            let Led { mut too_few, servers: mut enough } = led[&demand];
            while enough - too_few > 1 {
                let servers = too_few + (enough - too_few) / 2;
                led.insert(demand, Led { too_few, servers });
                match self.walked(led) {
                    Ok(moves) => (best, enough) = (Some(moves), servers),
                    Err(_) => too_few = servers,
                }
            }
            led.insert(demand, Led { too_few, servers: enough });
        }
        best
    }

    /// Returns the walks, so many servers being led for the sake of each demand: the cheapest, then by file order.
    fn walks(&mut self, led: &BTreeMap<Demand, Led>) -> Walks {
        let mut walks = Walks { walks: self.usual.to_vec(), asked: HashMap::new() };
        for (demand, led) in led {
            let (_, mut dear) = self.look(&walks, *demand);
            dear.sort_by_key(|(cost, server, _)| (*cost, *server));
            for (_, server, walk) in dear.into_iter().take(led.servers) {
                walks.walks[server] = walk;
                walks.asked.entry(server).or_default().push(*demand);
            }
        }
        walks
    }

    /// Returns how many servers are what is asked for anyway, and which others could be led to be so.
    fn look(&mut self, walks: &Walks, demand: Demand) -> (usize, Vec<Dear>) {
        let (mut free, mut dear) = (0, Vec::new());
        for (server, now) in walks.walks.iter().enumerate() {
            let asked = walks.asked.get(&server).map_or(&[][..], Vec::as_slice);
            let Some(question) = self.question(server, asked, demand) else { continue };
            match self.memory.walk(self.problem.machine, &question) {
                Some(walk) if walk == now => free += 1,
                Some(walk) => dear.push((walk.cost - now.cost, server, walk.clone())),
                None => {}
            }
        }
        (free, dear)
    }

    /// Returns what a server's walk depends on that is led to be all that; none where it never is.
    fn question(&self, server: usize, asked: &[Demand], more: Demand) -> Option<Question> {
        let problem = self.problem;
        let mut question = question(problem, self.sequence, server);
        for (layer, ends) in asked.iter().copied().chain([more]) {
            let ends = match ends {
                Ends::Counted(_) if problem.is_lost(server) => return None,
                // A server that was not counted in the beginning is never disrupted.
                Ends::Undisrupted if problem.counted(server, problem.starts[server]) == 0 => Ends::Anyhow,
                ends => ends,
            };
            question.layers[layer].ends = question.layers[layer].ends.and(ends)?;
        }
        Some(question)
    }

    /// Returns how many servers have to be so at every moment.
    fn least(&self, ends: Ends) -> usize {
        let start = Watch::of(self.problem, &self.problem.starts);
        let counts = start.counts.iter().zip(&self.problem.floors);
        match ends {
            Ends::Counted(index) => {
                let least = counts.filter(|(_, (floor, _))| *floor == index).map(|(now, (_, least))| *now.min(least));
                least.max().unwrap_or(0) as usize
            }
            Ends::Undisrupted => {
                self.problem.servers.len().saturating_sub(self.problem.disrupt_at_most.unwrap_or(0) as usize)
            }
            Ends::Anyhow => 0,
        }
    }
}
