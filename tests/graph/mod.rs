//! All worlds of a small group as one graph, searched backward once per goal: the distance of every world to it.

use std::collections::{HashMap, VecDeque};

use rolewalk::model::topology::Topology;

use super::oracle::{self, World};

/// Every world that can be reached from the given ones, with the moves between them turned round.
pub struct Graph {
    worlds: Vec<World>,
    index: HashMap<World, usize>,
    before: Vec<Vec<usize>>,
}

impl Graph {
    /// Explores forward from `starts`; roles that are declared do not matter, minima and statements do.
    pub fn of(topology: &Topology, starts: &[World]) -> Graph {
        let mut graph = Graph { worlds: Vec::new(), index: HashMap::new(), before: Vec::new() };
        let mut queue = VecDeque::new();
        for start in starts {
            queue.push_back(graph.node(start));
        }
        let mut explored = 0;
        while explored < graph.worlds.len() {
            let world = graph.worlds[explored].clone();
            for server in 0..world.len() {
                for row in topology.table.transitions {
                    let next = oracle::use_row(topology, &world, server, row);
                    if let Some(next) = next.filter(|next| oracle::keeps(topology, &world, next)) {
                        let to = graph.node(&next);
                        graph.before[to].push(explored);
                    }
                }
            }
            explored += 1;
        }
        graph
    }

    fn node(&mut self, world: &World) -> usize {
        if let Some(known) = self.index.get(world) {
            return *known;
        }
        self.worlds.push(world.clone());
        self.before.push(Vec::new());
        self.index.insert(world.clone(), self.worlds.len() - 1);
        self.worlds.len() - 1
    }

    /// Returns each world's distance to what the topology declares; none where nothing leads there.
    pub fn distances(&self, topology: &Topology) -> Vec<Option<usize>> {
        let mut distances: Vec<Option<usize>> = vec![None; self.worlds.len()];
        let mut queue: VecDeque<usize> = VecDeque::new();
        for (index, world) in self.worlds.iter().enumerate() {
            if oracle::is_done(topology, world) {
                distances[index] = Some(0);
                queue.push_back(index);
            }
        }
        while let Some(at) = queue.pop_front() {
            for before in &self.before[at] {
                if distances[*before].is_none() {
                    distances[*before] = distances[at].map(|distance| distance + 1);
                    queue.push_back(*before);
                }
            }
        }
        distances
    }

    /// Returns a world's place.
    pub fn place(&self, world: &World) -> usize {
        self.index[world]
    }
}
