//! The smallest set of marks that stand in the way together, where no one of them alone would help.
//!
//! Whatever is named here was verified by planning again: with all of the set changed there is a plan, and with any
//! one of it left as it is there is none.

use crate::model::name::ServerName;
use crate::model::snapshot::Standings;
use crate::model::table::{MarkName, MarkValue};
use crate::model::topology::Topology;

/// A server's mark, its value now, and one that would help.
pub type InTheWay = (ServerName, MarkName, MarkValue, MarkValue);

/// Returns marks that make a plan possible when all of them change, and no smaller part of them; nothing where marks
/// are not what stands in the way.
pub fn marks(
    topology: &Topology,
    standings: &Standings,
    mut is_solvable: impl FnMut(&Standings) -> bool,
) -> Vec<InTheWay> {
    let mut known: Vec<(ServerName, MarkName, MarkValue)> = Vec::new();
    let mut freed = standings.clone();
    for declared in &topology.servers {
        let Some(standing) = freed.get_mut(&declared.server) else { continue };
        known.extend(standing.marks.iter().map(|(mark, value)| (declared.server.clone(), *mark, *value)));
        // A mark that is not known is read as whatever is asked for.
        standing.marks.clear();
    }
    if !is_solvable(&freed) {
        return Vec::new();
    }
    // Put back half by half: what can't be put back stands in the way.
    let mut stuck = Vec::new();
    let mut parts = vec![known.as_slice()];
    while let Some(part) = parts.pop() {
        put(&mut freed, part, true);
        if !is_solvable(&freed) {
            put(&mut freed, part, false);
            match part {
                [one] => stuck.push(one.clone()),
                _ => {
                    let (first, second) = part.split_at(part.len() / 2);
                    parts.extend([second, first]);
                }
            }
        }
    }
    let mut found = Vec::new();
    for (server, mark, now) in stuck {
        let mut values = topology.table.mark(mark).map(|mark| mark.values).unwrap_or_default().iter();
        let mut helps = |value: MarkValue| {
            put(&mut freed, &[(server.clone(), mark, value)], true);
            value != now && is_solvable(&freed)
        };
        match values.find(|(value, _)| helps(value)) {
            Some((helps, _)) => found.push((server, mark, now, *helps)),
            None => return Vec::new(),
        }
    }
    found
}

/// Gives servers those marks, or makes them unknown.
fn put(standings: &mut Standings, marks: &[(ServerName, MarkName, MarkValue)], known: bool) {
    for (server, mark, value) in marks {
        let Some(standing) = standings.get_mut(server) else { continue };
        match known {
            true => drop(standing.marks.insert(mark, value)),
            false => drop(standing.marks.remove(mark)),
        }
    }
}
