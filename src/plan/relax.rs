//! What would make an impossible plan possible: lower minima, statements that only a person can make, marks that change
//! by themselves or by somebody's work. Whatever is returned was tried by planning again, and no guard said no; where
//! several changes are needed together, leaving out any one of them was tried, too.

use jiff::civil::Date;

use crate::model::name::ServerName;
use crate::model::snapshot::Standings;
use crate::model::table::{MarkName, MarkValue, Statement};
use crate::model::topology::Topology;

use super::trial::{Trial, highest};

/// One thing that would have to be otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A lower `keep` minimum of the count at that place of the topology's list.
    Keep(usize, u32),
    /// A higher `disrupt_at_most`.
    DisruptAtMost(u32),
    /// A statement, of one server.
    Says(Statement, ServerName),
    /// `divergence: { keep: master-files }`.
    MasterFiles,
    /// A mark of one server: its value now, and one that would help.
    Mark(ServerName, MarkName, MarkValue, MarkValue),
}

/// The day on which a statement is tried; no row reads it.
const SOME_DAY: Date = Date::constant(2000, 1, 1);
/// More servers than any group has.
const ANY_NUMBER: u32 = u32::MAX / 4;

impl Change {
    /// Makes the change. Marks are made unknown: an unknown mark is read as whatever is asked for.
    fn free(&self, topology: &mut Topology, standings: &mut Standings) {
        match self {
            Change::Keep(at, _) => topology.keep[*at].1 = 0,
            Change::DisruptAtMost(_) => topology.disrupt_at_most = Some(ANY_NUMBER),
            Change::Mark(server, mark, ..) => {
                if let Some(standing) = standings.get_mut(server) {
                    standing.marks.remove(mark);
                }
            }
            _ => self.make(topology, standings),
        }
    }

    /// Makes the change as it is named.
    fn make(&self, topology: &mut Topology, standings: &mut Standings) {
        match self {
            Change::Keep(at, least) => topology.keep[*at].1 = *least,
            Change::DisruptAtMost(most) => topology.disrupt_at_most = Some(*most),
            Change::MasterFiles => topology.keep_master_files = true,
            Change::Says(statement, server) => {
                for one in topology.servers.iter_mut().filter(|one| one.server == *server) {
                    match statement {
                        Statement::Lost => one.lost = true,
                        Statement::Reinstalled => one.reinstalled = Some(SOME_DAY),
                        Statement::KeepMasterFiles | Statement::TakenBack | Statement::WithoutLeader => {}
                    }
                }
            }
            Change::Mark(server, mark, _, value) => {
                if let Some(standing) = standings.get_mut(server) {
                    standing.marks.insert(mark, value);
                }
            }
        }
    }
}

/// Returns changes of minima that are each enough, with as little given up as can be.
pub fn of_minima(trial: &mut Trial<'_>) -> Vec<Change> {
    let topology = trial.topology;
    let each: Vec<Change> =
        minima(topology).into_iter().filter_map(|change| tightest(trial, topology, &change)).collect();
    each.into_iter().filter(|change| holds(trial, std::slice::from_ref(change))).collect()
}

/// Returns whether there is a plan with these changes, the guards asked.
pub fn holds(trial: &mut Trial<'_>, changes: &[Change]) -> bool {
    let (mut topology, mut standings) = (trial.topology.clone(), trial.standings.clone());
    changes.iter().for_each(|change| change.make(&mut topology, &mut standings));
    trial.holds(&topology, &standings)
}

fn minima(topology: &Topology) -> Vec<Change> {
    let floors = topology.keep.iter().enumerate().filter(|(_, (_, least))| *least > 0);
    let floors = floors.map(|(at, (_, least))| Change::Keep(at, *least));
    floors.chain(topology.disrupt_at_most.map(Change::DisruptAtMost)).collect()
}

/// Returns the least change of that minimum that is enough, all else as in `topology`.
fn tightest(trial: &mut Trial<'_>, topology: &Topology, change: &Change) -> Option<Change> {
    let mut relaxed = topology.clone();
    match change {
        Change::Keep(at, _) => highest(trial.topology.keep[*at].1, |lower| {
            relaxed.keep[*at].1 = lower;
            trial.declared(&relaxed)
        })
        .map(|lower| Change::Keep(*at, lower)),
        Change::DisruptAtMost(_) => {
            let (most, all) = (trial.topology.disrupt_at_most?, trial.standings.len() as u32);
            highest(all.saturating_sub(most), |fewer| {
                relaxed.disrupt_at_most = Some(all - fewer);
                trial.declared(&relaxed)
            })
            .map(|fewer| Change::DisruptAtMost(all - fewer))
        }
        _ => None,
    }
}

/// Returns statements that are each enough.
pub fn of_statements(trial: &mut Trial<'_>) -> Vec<Change> {
    let (topology, standings) = (trial.topology, trial.standings);
    let mut found = Vec::new();
    // Servers that are alike can stand in for one another in the search; what guards say of them may differ.
    let mut known: Vec<(_, bool)> = Vec::new();
    for change in statements(topology, true) {
        let like = match &change {
            Change::Says(statement, server) => {
                let declared = topology.declared(server).map(|one| (one.role, one.lost, one.reinstalled.is_some()));
                Some((*statement, declared, standings.get(server)))
            }
            _ => None,
        };
        let alone = std::slice::from_ref(&change);
        if leads_on(trial, &mut known, like, alone) && holds(trial, alone) {
            found.push(change);
        }
    }
    found
}

/// Returns whether there is a safe sequence with the changes, remembering it for whatever is alike.
fn leads_on<L: PartialEq>(trial: &mut Trial<'_>, known: &mut Vec<(L, bool)>, like: L, changes: &[Change]) -> bool {
    if let Some((_, leads)) = known.iter().find(|(one, _)| *one == like) {
        return *leads;
    }
    let leads = works(trial, changes);
    known.push((like, leads));
    leads
}

/// Every statement that could be made and has not been; that a server is lost only where it is asked for.
fn statements(topology: &Topology, with_lost: bool) -> Vec<Change> {
    let table = topology.table;
    let asks_for_lost = table.asks_for(Statement::Lost) || table.transitions.iter().any(|row| row.allows_lost);
    let mut all = Vec::new();
    if table.asks_for(Statement::Reinstalled) {
        let servers = topology.servers.iter().filter(|one| one.reinstalled.is_none() && !one.lost);
        all.extend(servers.map(|one| Change::Says(Statement::Reinstalled, one.server.clone())));
    }
    if table.asks_for(Statement::KeepMasterFiles) && !topology.keep_master_files {
        all.push(Change::MasterFiles);
    }
    if with_lost && asks_for_lost {
        let servers = topology.servers.iter().filter(|one| !one.lost && !table.leads(one.role));
        all.extend(servers.map(|one| Change::Says(Statement::Lost, one.server.clone())));
    }
    all
}

/// Returns the marks that keep servers from being counted for a minimum, each of which alone would be enough.
pub fn of_counted(trial: &mut Trial<'_>, count: usize) -> Vec<Change> {
    let (topology, standings) = (trial.topology, trial.standings);
    let count = &topology.table.counts[count];
    let mut found: Vec<Change> = Vec::new();
    let mut known: Vec<(_, bool)> = Vec::new();
    for declared in &topology.servers {
        let Some(standing) = standings.get(&declared.server).filter(|one| count.is_of(one.role)) else { continue };
        for need in count.needs {
            let Some(now) = standing.mark(need.mark).filter(|now| !need.accepts(now)) else { continue };
            let change = Change::Mark(declared.server.clone(), need.mark, now, need.values[0]);
            let like = (standing, declared.role, declared.lost, declared.reinstalled.is_some(), need.mark);
            let alone = std::slice::from_ref(&change);
            let helps = leads_on(trial, &mut known, like, alone) && holds(trial, alone);
            found.extend(helps.then_some(change));
        }
    }
    found
}

/// Returns changes that are enough together, where no smaller part of them is: minima are given up before statements are
/// asked for, and those before marks. Nothing where nothing of all that helps.
pub fn together(trial: &mut Trial<'_>) -> Vec<Change> {
    let (topology, standings) = (trial.topology, trial.standings);
    let named = topology.servers.iter().filter_map(|one| Some((&one.server, standings.get(&one.server)?)));
    let marks = named.flat_map(|(server, standing)| {
        standing.marks.iter().map(|(mark, value)| Change::Mark(server.clone(), mark, value, value))
    });
    let mut all: Vec<Change> = marks.collect();
    let stated = statements(topology, false);
    let bare = [all.clone(), minima(topology)].concat();
    all.extend(stated.iter().cloned());
    all.extend(minima(topology));
    // What is stated makes some rows usable, and asks for more of the end.
    let mut needed = if works(trial, &all) {
        all
    } else if works(trial, &bare) {
        bare
    } else {
        return Vec::new();
    };
    // Put back part by part, the dearest first: what can't be put back is needed.
    let mut size = needed.len().div_ceil(2);
    while size > 0 {
        let mut at = 0;
        while at < needed.len() {
            let end = needed.len().min(at + size);
            let fewer = [&needed[..at], &needed[end..]].concat();
            match works(trial, &fewer) {
                true => needed = fewer,
                false => at = end,
            }
        }
        size /= 2;
    }
    let settled = if trial.is_short { Vec::new() } else { settled(trial, needed) };
    // One by one they were not to be had: that nothing at all would help is not said then.
    trial.is_short |= settled.is_empty();
    if settled.is_empty() || holds(trial, &settled) { settled } else { Vec::new() }
}

fn works(trial: &mut Trial<'_>, changes: &[Change]) -> bool {
    let (mut topology, mut standings) = (trial.topology.clone(), trial.standings.clone());
    changes.iter().for_each(|change| change.free(&mut topology, &mut standings));
    trial.works(&topology, &standings)
}

/// Gives each change the value that helps: a mark's, or as little of a minimum as is enough.
fn settled(trial: &mut Trial<'_>, needed: Vec<Change>) -> Vec<Change> {
    let (mut topology, mut standings) = (trial.topology.clone(), trial.standings.clone());
    needed.iter().for_each(|change| change.free(&mut topology, &mut standings));
    let mut found = Vec::new();
    for change in needed {
        let settled = match &change {
            Change::Mark(server, mark, now, _) => {
                let values = topology.table.mark(mark).map(|mark| mark.values).unwrap_or_default();
                let as_one = |value: &&(MarkValue, _)| Change::Mark(server.clone(), mark, now, value.0);
                let others: Vec<Change> =
                    values.iter().filter(|(value, _)| value != now).map(|one| as_one(&one)).collect();
                others.into_iter().find(|change| {
                    change.make(&mut topology.clone(), &mut standings);
                    trial.works(&topology, &standings)
                })
            }
            Change::Keep(at, _) => {
                let least = trial.topology.keep[*at].1;
                let lower = highest(least, |lower| {
                    topology.keep[*at].1 = lower;
                    trial.works(&topology, &standings)
                });
                lower.map(|lower| Change::Keep(*at, lower))
            }
            Change::DisruptAtMost(most) => {
                let all = trial.standings.len() as u32;
                let fewer = highest(all.saturating_sub(*most), |fewer| {
                    topology.disrupt_at_most = Some(all - fewer);
                    trial.works(&topology, &standings)
                });
                fewer.map(|fewer| Change::DisruptAtMost(all - fewer))
            }
            Change::Says(..) | Change::MasterFiles => Some(change.clone()),
        };
        let Some(settled) = settled else { return Vec::new() };
        settled.make(&mut topology, &mut standings);
        found.push(settled);
    }
    found
}
