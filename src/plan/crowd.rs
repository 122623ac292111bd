//! A group as a crowd: how many servers of each kind stand where, and not who they are.
//!
//! Whatever is possible with one of two servers that are alike is possible with the other. So the search of a whole
//! group ([`super::joint`]) looks at numbers of servers, and a group of thousands is hardly larger to it than one of
//! ten. Who makes which move is decided at the end: the first in the file's order that stands where the move begins.

use std::collections::{BTreeSet, HashMap};

use super::demand::{Demand, asked, demands, kind};
use super::machine::{Code, Cost, LEAD, Role, Sure};
use super::muster::Muster;
use super::problem::{Move, Problem, Watch};
use super::walk::{Goal, Memory};

/// How many servers are at each place. Invariant: sorted by place, and none without servers.
pub type Counts = Vec<(Place, u32)>;

/// The number of a place: a class of servers that are alike, and a standing.
pub type Place = u32;

/// A move of the crowd: a row, by its place in the table, used for some server at a place.
pub type Stir = (Place, usize);

/// A group as a crowd.
pub struct Crowd<'p> {
    problem: &'p Problem<'p>,
    memory: &'p mut Memory,
    classes: Vec<Class>,
    /// Each server's class.
    class_of: Vec<usize>,
    spots: Vec<Spot>,
    places: HashMap<(usize, Code), Place>,
    /// What has been sure to happen at some moment: prices are by its place here.
    sures: Vec<Sure>,
    /// What `keep` and `disrupt_at_most` ask for at moments that every sequence comes to.
    demands: Vec<Demand>,
    start: Counts,
}

/// What is known of a moment besides the counts.
#[derive(Debug, Clone)]
pub struct Outlook {
    /// What `keep` and `disrupt_at_most` speak of.
    pub watch: Watch,
    /// What all servers still cost at the least, each by itself, given what is sure to happen.
    pub alone: Cost,
    /// The same where nobody takes the lead any more, and where somebody does; none where that can't be.
    ways: [Option<Way>; 2],
}

/// What is known of what is left, one thing being settled for all servers: whether somebody takes the lead.
#[derive(Debug, Clone, Copy)]
struct Way {
    alone: Cost,
    /// What is sure to happen, by its place in the crowd's list.
    sure: usize,
}

/// Servers that may change places.
struct Class {
    /// The first of them in the order of the file.
    like: usize,
    /// What its distance to the goal depends on.
    kind: usize,
    /// The same where it is what a demand asks for, for each; none where it never is.
    asked: Vec<Option<usize>>,
}

/// What is known of a place.
struct Spot {
    class: usize,
    code: Code,
    leads: bool,
    is_home: bool,
    is_disrupted: bool,
    counted: u32,
    /// The rows of all servers that a server there is sure to use.
    needs: Sure,
    /// By what is sure to happen; none where that was not asked yet.
    prices: Vec<Option<Price>>,
    /// The rows that fit a server there: those that make redundancy, then the others.
    rows: [Vec<usize>; 2],
    /// Where a row leads a server from there, by row and part; none where that was not asked yet.
    effects: Vec<Option<Option<Place>>>,
}

/// What a server at a place still costs, at the least.
#[derive(Debug, Clone)]
struct Price {
    /// None where nothing leads on.
    left: Option<Cost>,
    /// What it costs more to be what a demand asks for, for each; none where that can't be.
    more: Vec<Option<Cost>>,
}

impl<'p> Crowd<'p> {
    /// Returns the crowd of a group.
    pub fn of(problem: &'p Problem<'p>, memory: &'p mut Memory) -> Crowd<'p> {
        let mut crowd = Crowd {
            problem,
            memory,
            classes: Vec::new(),
            class_of: Vec::new(),
            spots: Vec::new(),
            places: HashMap::new(),
            sures: Vec::new(),
            demands: demands(problem),
            start: Vec::new(),
        };
        crowd.class_of = crowd.sort_servers();
        for server in 0..problem.servers.len() {
            let place = crowd.place(crowd.class_of[server], problem.starts[server]);
            put(&mut crowd.start, place, 1);
        }
        crowd
    }

    /// Finds the classes; returns each server's.
    fn sort_servers(&mut self) -> Vec<usize> {
        let problem = self.problem;
        let mut known: HashMap<_, usize> = HashMap::new();
        let mut found = Vec::with_capacity(problem.servers.len());
        for server in 0..problem.servers.len() {
            found.push(*known.entry(likeness(problem, server)).or_insert_with(|| {
                let kind = self.memory.kind(kind(problem, server));
                let asked = self.demands.iter().map(|demand| Some(self.memory.kind(asked(problem, server, demand)?)));
                self.classes.push(Class { like: server, kind, asked: asked.collect() });
                self.classes.len() - 1
            }));
        }
        found
    }

    /// Returns the number of a place, a new one where nobody has been there.
    fn place(&mut self, class: usize, code: Code) -> Place {
        if let Some(known) = self.places.get(&(class, code)) {
            return *known;
        }
        let (problem, machine) = (self.problem, self.problem.machine);
        let Class { like, kind, .. } = &self.classes[class];
        let needs = self.memory.needs(machine, *kind, code);
        let reading = problem.reading(*like);
        let fits = |row: &usize| {
            problem.may_use(*like, *row) && machine.effect(&machine.rows[*row], Role::This, code, reading).is_some()
        };
        let makes = |row: &usize| machine.rows[*row].makes && machine.rows[*row].is_local;
        let (makes, breaks) = (0..machine.rows.len()).filter(fits).partition(makes);
        self.spots.push(Spot {
            class,
            code,
            leads: machine.leads(code),
            is_home: problem.is_home(*like, code),
            is_disrupted: problem.is_disrupted(*like, code),
            counted: problem.counted(*like, code),
            needs,
            prices: Vec::new(),
            rows: [makes, breaks],
            effects: vec![None; machine.rows.len() * 3],
        });
        let place = (self.spots.len() - 1) as Place;
        self.places.insert((class, code), place);
        place
    }

    /// Returns where everybody is in the beginning.
    pub fn start(&self) -> &Counts {
        &self.start
    }

    /// Returns whether every server is where it may end.
    pub fn is_done(&self, counts: &Counts) -> bool {
        counts.iter().all(|(place, _)| self.spot(*place).is_home)
    }

    /// Returns the place of the server that leads.
    pub fn leader(&self, counts: &Counts) -> Option<Place> {
        counts.iter().map(|(place, _)| *place).find(|place| self.spot(*place).leads)
    }

    /// Returns what is known of a moment; none where some server gets nowhere.
    pub fn outlook(&mut self, counts: &Counts) -> Option<Outlook> {
        let ways = self.sure(counts).map(|sure| self.way(counts, sure?));
        let of = |index: usize| {
            counts.iter().map(|(place, servers)| (self.spot(*place).counted >> index & 1) * servers).sum()
        };
        let disrupted = counts.iter().filter(|(place, _)| self.spot(*place).is_disrupted);
        let watch = Watch {
            counts: self.problem.floors.iter().map(|(index, _)| of(*index)).collect(),
            disrupted: disrupted.map(|(_, servers)| servers).sum(),
        };
        Outlook::of(watch, ways)
    }

    fn way(&mut self, counts: &Counts, sure: usize) -> Option<Way> {
        let mut alone = Cost::default();
        for (place, servers) in counts {
            alone = alone + self.price(*place, sure).left?.times(*servers);
        }
        Some(Way { alone, sure })
    }

    /// Returns what is known of the moment after a move of one server alone; none where it gets nowhere then, or where more
    /// has to be looked at than that server.
    pub fn outlook_after(&mut self, counts: &Counts, now: &Outlook, from: Place, to: Place) -> Option<Outlook> {
        let known = now.ways.into_iter().flatten().map(|way| self.sures[way.sure]).next().unwrap_or(0);
        let is_last = || counts.binary_search_by_key(&from, |(place, _)| *place).is_ok_and(|at| counts[at].1 == 1);
        if self.spot(to).needs & !known != 0 || (self.spot(from).needs != 0 && is_last()) {
            let mut next = counts.clone();
            take(&mut next, from);
            put(&mut next, to, 1);
            return self.outlook(&next);
        }
        let ways = now.ways.map(|way| {
            let Way { alone, sure } = way?;
            let (before, after) = (self.price(from, sure).left?, self.price(to, sure).left?);
            Some(Way { alone: alone - before + after, sure })
        });
        let mut watch = now.watch.clone();
        let (was, is) = (self.spot(from), self.spot(to));
        for (count, (index, _)) in watch.counts.iter_mut().zip(&self.problem.floors) {
            *count = *count + (is.counted >> index & 1) - (was.counted >> index & 1);
        }
        watch.disrupted = watch.disrupted + u32::from(is.is_disrupted) - u32::from(was.is_disrupted);
        Outlook::of(watch, ways)
    }

    /// Returns what is sure to happen from there on, by its place in the list: where nobody takes the lead any more, and
    /// where somebody does. Where the one that is to lead does not lead, somebody does; where nobody is to, nothing is said.
    fn sure(&mut self, counts: &Counts) -> [Option<usize>; 2] {
        let next = self.problem.next_leader.map(|server| self.class_of[server]);
        let needs = counts.iter().map(|(place, _)| self.spot(*place).needs).fold(0, |all, one| all | one);
        let is_led = next.is_none() || self.leader(counts).is_some_and(|place| Some(self.spot(place).class) == next);
        [is_led.then_some(needs), next.map(|_| needs | LEAD)].map(|sure| Some(self.sure_at(sure?)))
    }

    fn sure_at(&mut self, sure: Sure) -> usize {
        self.sures.iter().position(|one| *one == sure).unwrap_or_else(|| {
            self.sures.push(sure);
            self.sures.len() - 1
        })
    }

    fn price(&mut self, place: Place, sure: usize) -> &Price {
        let known = &mut self.spots[place as usize].prices;
        if known.len() <= sure {
            known.resize(sure + 1, None);
        }
        let (machine, happens) = (self.problem.machine, self.sures[sure]);
        let Spot { class, code, prices, .. } = &mut self.spots[place as usize];
        prices[sure].get_or_insert_with(|| {
            let Class { kind, asked, .. } = &self.classes[*class];
            let left = self.memory.distance(machine, *kind, *code, happens);
            let mut more = |(kind, demand): (&Option<usize>, &Demand)| match demand.is_over(happens) {
                true => Some(Cost::default()),
                false => Some(self.memory.distance(machine, (*kind)?, *code, happens)? - left?),
            };
            Price { left, more: asked.iter().zip(&self.demands).map(&mut more).collect() }
        })
    }

    /// Returns a cost that no safe sequence from there is below; none where there is no sequence at all.
    ///
    /// What all servers cost, each by itself, and besides what the dearest demand asks for.
    pub fn left(&mut self, counts: &Counts, outlook: &Outlook) -> Option<Cost> {
        let ways = outlook.ways.map(|way| self.left_on(counts, &outlook.watch, way?));
        ways.into_iter().flatten().min()
    }

    fn left_on(&mut self, counts: &Counts, now: &Watch, way: Way) -> Option<Cost> {
        let mut most = Cost::default();
        for demand in 0..self.demands.len() {
            if !self.demands[demand].is_over(self.sures[way.sure]) {
                let servers = self.demands[demand].servers(self.problem, now);
                most = most.max(self.being_asked(counts, way.sure, demand, servers)?);
            }
        }
        Some(way.alone + most)
    }

    /// Returns the least that it costs more where so many are what a demand asks for; none where that can't be.
    fn being_asked(&mut self, counts: &Counts, sure: usize, demand: usize, servers: u32) -> Option<Cost> {
        let mut missing = servers;
        let mut dear: Vec<(Cost, u32)> = Vec::new();
        for (place, servers) in counts {
            match self.price(*place, sure).more[demand] {
                Some(more) if more == Cost::default() => missing = missing.saturating_sub(*servers),
                Some(more) => dear.push((more, *servers)),
                None => {}
            }
        }
        if missing == 0 {
            return Some(Cost::default());
        }
        dear.sort_unstable();
        let mut total = Cost::default();
        for (more, servers) in dear {
            let taken = servers.min(missing);
            total = total + more.times(taken);
            missing -= taken;
        }
        (missing == 0).then_some(total)
    }

    /// Returns every move that may fit, those that make redundancy first.
    pub fn stirs(&self, counts: &Counts) -> Vec<Stir> {
        let of = |which: usize| {
            counts
                .iter()
                .flat_map(move |(place, _)| self.spot(*place).rows[which].iter().map(move |row| (*place, *row)))
        };
        of(0).chain(of(1)).collect()
    }

    /// Returns where one server gets by a move that concerns it alone; none where the move can't be made.
    pub fn to(&mut self, leader: Option<Place>, (place, row): Stir) -> Option<Place> {
        if !self.may(leader, (place, row)) {
            return None;
        }
        self.effect(place, row, Role::This)
    }

    fn may(&self, leader: Option<Place>, (place, row): Stir) -> bool {
        let like = leader.map(|leader| self.classes[self.spot(leader).class].like);
        self.problem.may(&self.problem.machine.rows[row], leader == Some(place), like)
    }

    /// Returns where everybody is after a move; none where it can't be made.
    pub fn after(&mut self, counts: &Counts, leader: Option<Place>, (place, row): Stir) -> Option<Counts> {
        let compiled = &self.problem.machine.rows[row];
        let to = self.to(leader, (place, row))?;
        if compiled.is_local {
            let mut next = counts.clone();
            take(&mut next, place);
            put(&mut next, to, 1);
            return Some(next);
        }
        let mut next = Counts::with_capacity(counts.len() + 1);
        put(&mut next, to, 1);
        for (at, servers) in counts {
            let mut rest = servers - u32::from(*at == place);
            if compiled.hands() && leader == Some(*at) && rest > 0 {
                put(&mut next, self.effect(*at, row, Role::OldLeader)?, 1);
                rest -= 1;
            }
            if rest > 0 {
                put(&mut next, self.effect(*at, row, Role::Other)?, rest);
            }
        }
        Some(next)
    }

    fn effect(&mut self, place: Place, row: usize, role: Role) -> Option<Place> {
        let at = row * 3 + role as usize;
        if let Some(known) = self.spot(place).effects[at] {
            return known;
        }
        let (class, code) = (self.spot(place).class, self.spot(place).code);
        let reading = self.problem.reading(self.classes[class].like);
        let to = self.problem.machine.effect(&self.problem.machine.rows[row], role, code, reading);
        let to = to.map(|code| self.place(class, code));
        self.spots[place as usize].effects[at] = Some(to);
        to
    }

    fn spot(&self, place: Place) -> &Spot {
        &self.spots[place as usize]
    }

    /// Says who makes each move: the first in the file's order that stands where it begins.
    pub fn who(&self, stirs: &[Stir]) -> Option<Vec<Move>> {
        let mut muster = Muster::of(self.problem);
        let mut members: HashMap<(usize, Code), BTreeSet<usize>> = HashMap::new();
        for (server, code) in muster.codes.iter().enumerate() {
            members.entry((self.class_of[server], *code)).or_default().insert(server);
        }
        let mut moves = Vec::with_capacity(stirs.len());
        for (place, row) in stirs {
            let spot = self.spot(*place);
            let server = *members.get(&(spot.class, spot.code))?.first()?;
            let step = Move { server, row: *row };
            let changes = muster.changes(step)?;
            for (server, code) in &changes {
                members.entry((self.class_of[*server], muster.codes[*server])).or_default().remove(server);
                members.entry((self.class_of[*server], *code)).or_default().insert(*server);
            }
            muster.take(step, &changes);
            moves.push(step);
        }
        Some(moves)
    }
}

impl Outlook {
    fn of(watch: Watch, ways: [Option<Way>; 2]) -> Option<Outlook> {
        let alone = ways.iter().flatten().map(|way| way.alone).min()?;
        Some(Outlook { watch, alone, ways })
    }
}

/// What servers of one class have in common.
pub fn likeness<'p>(problem: &'p Problem<'_>, server: usize) -> (&'p Goal, u64, u8, Option<bool>) {
    // What is disrupted is told by whether a server was counted in the beginning.
    let began = problem.disrupt_at_most.map(|_| problem.counted(server, problem.starts[server]) != 0);
    (&problem.goals[server], problem.usable[server], problem.says[server], began)
}

fn put(counts: &mut Counts, place: Place, servers: u32) {
    match counts.binary_search_by_key(&place, |(place, _)| *place) {
        Ok(at) => counts[at].1 += servers,
        Err(at) => counts.insert(at, (place, servers)),
    }
}

/// Takes one server away. Invariant: there is one.
fn take(counts: &mut Counts, place: Place) {
    if let Ok(at) = counts.binary_search_by_key(&place, |(place, _)| *place) {
        match counts[at].1 {
            1 => drop(counts.remove(at)),
            _ => counts[at].1 -= 1,
        }
    }
}
