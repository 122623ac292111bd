//! All worlds of a small group as one graph, searched backward once per goal: the distance of every world to it.
//!
//! A world is a number: one digit per server, its standing's place in the list of all standings that rows can make.
//! What rows do is asked of the oracle once for each row and part; the graph shares no code with the planner either.
#![allow(dead_code)]

use std::collections::{HashMap, VecDeque};

use rolewalk::model::snapshot::Standing;
use rolewalk::model::table::{Need, Set};
use rolewalk::model::topology::Topology;

use super::oracle::{self, World};

/// Every world that can be reached from the given ones, with the moves between them turned round.
pub struct Graph {
    standings: Vec<Standing>,
    servers: usize,
    /// Per number of a world: its place among those that were found.
    places: Vec<u32>,
    /// The numbers of the worlds that were found.
    worlds: Vec<u32>,
    /// Per world, where its predecessors begin in `before`.
    begins: Vec<u32>,
    before: Vec<u32>,
}

const NOWHERE: u32 = u32::MAX;

impl Graph {
    /// Explores forward from `starts`; roles that are declared do not matter, minima and statements do.
    pub fn of(topology: &Topology, starts: &[World]) -> Graph {
        assert_eq!(topology.disrupt_at_most, None, "what is disrupted depends on the start");
        let servers = topology.servers.len();
        let standings = closure(topology, starts);
        let mut graph = Graph {
            places: vec![NOWHERE; standings.len().pow(servers as u32)],
            standings,
            servers,
            worlds: Vec::new(),
            begins: Vec::new(),
            before: Vec::new(),
        };
        for start in starts {
            let number = graph.number(start);
            graph.find(number);
        }
        let mut edges: Vec<(u32, u32)> = Vec::new();
        let mut explored = 0;
        while explored < graph.worlds.len() {
            let world = graph.world(graph.worlds[explored]);
            for next in oracle::next(topology, &world) {
                let number = graph.number(&next);
                edges.push((graph.find(number), explored as u32));
            }
            explored += 1;
        }
        graph.turn_round(edges);
        graph
    }

    /// Sorts the predecessors by the world that they lead to.
    fn turn_round(&mut self, edges: Vec<(u32, u32)>) {
        self.begins = vec![0; self.worlds.len() + 1];
        edges.iter().for_each(|(to, _)| self.begins[*to as usize + 1] += 1);
        for world in 0..self.worlds.len() {
            self.begins[world + 1] += self.begins[world];
        }
        let mut at = self.begins.clone();
        self.before = vec![0; edges.len()];
        for (to, from) in edges {
            self.before[at[to as usize] as usize] = from;
            at[to as usize] += 1;
        }
    }

    fn find(&mut self, number: u32) -> u32 {
        let place = &mut self.places[number as usize];
        if *place == NOWHERE {
            *place = self.worlds.len() as u32;
            self.worlds.push(number);
        }
        *place
    }

    fn number(&self, world: &World) -> u32 {
        let digit =
            |one: &Standing| self.standings.binary_search(one).unwrap_or_else(|_| panic!("unforeseen: {one:?}"));
        world.iter().fold(0, |number, one| number * self.standings.len() + digit(one)) as u32
    }

    fn world(&self, number: u32) -> World {
        let (mut rest, mut world) = (number as usize, World::new());
        for _ in 0..self.servers {
            world.push(self.standings[rest % self.standings.len()].clone());
            rest /= self.standings.len();
        }
        world.reverse();
        world
    }

    /// Returns each world's distance to what the topology declares; none where nothing leads there.
    pub fn distances(&self, topology: &Topology) -> Distances {
        // Whether a server is as declared is asked once for each standing.
        let home: Vec<Vec<bool>> = (0..self.servers)
            .map(|server| self.standings.iter().map(|one| oracle::is_home(topology, server, one)).collect())
            .collect();
        let is_done = |number: u32| {
            let mut rest = number as usize;
            (0..self.servers).rev().all(|server| {
                let digit = rest % self.standings.len();
                rest /= self.standings.len();
                home[server][digit]
            })
        };
        let mut distances = vec![u8::MAX; self.worlds.len()];
        let mut queue: VecDeque<u32> = VecDeque::new();
        for (place, number) in self.worlds.iter().enumerate().filter(|(_, number)| is_done(**number)) {
            let _ = number;
            distances[place] = 0;
            queue.push_back(place as u32);
        }
        while let Some(at) = queue.pop_front() {
            let at = at as usize;
            for before in &self.before[self.begins[at] as usize..self.begins[at + 1] as usize] {
                if distances[*before as usize] == u8::MAX {
                    distances[*before as usize] = distances[at] + 1;
                    queue.push_back(*before);
                }
            }
        }
        Distances(distances)
    }

    /// Returns a world's place.
    pub fn place(&self, world: &World) -> usize {
        self.places[self.number(world) as usize] as usize
    }
}

/// The distance of each world, by its place, to one goal.
pub struct Distances(Vec<u8>);

impl Distances {
    /// Returns the distance of the world at `place`; none where nothing leads to the goal.
    pub fn at(&self, place: usize) -> Option<usize> {
        Some(self.0[place]).filter(|one| *one != u8::MAX).map(usize::from)
    }
}

/// Every standing that rows can make of those in `starts`, sorted; it may hold some that no world gets to.
fn closure(topology: &Topology, starts: &[World]) -> Vec<Standing> {
    let mut all: Vec<Standing> = starts.iter().flatten().cloned().collect();
    all.sort();
    all.dedup();
    let mut found: HashMap<Standing, ()> = all.iter().cloned().map(|one| (one, ())).collect();
    let mut explored = 0;
    while explored < all.len() {
        let from = all[explored].clone();
        for row in topology.table.transitions {
            let mut parts: Vec<(&str, &'static str, &[Need], &[Set])> = vec![(row.from, row.to, row.needs, row.sets)];
            if let (rolewalk::model::table::Leader::Hands { to, needs, sets, .. }, Some(leading)) =
                (row.leader, topology.table.leading())
            {
                parts.push((leading, to, needs, sets));
            }
            parts.extend(row.others.iter().map(|other| (other.role, other.role, other.needs, other.sets)));
            for (_, to, needs, sets) in parts.into_iter().filter(|part| from.role == Some(part.0)) {
                let next = oracle::effect(&from, to, needs, sets);
                if let Some(next) = next.filter(|next| found.insert(next.clone(), ()).is_none()) {
                    all.push(next);
                }
            }
        }
        explored += 1;
    }
    all.sort();
    all
}
