//! The order of steps between two group events: what makes redundancy before what breaks it, then file order,
//! as far as the minima of the topology allow.

use super::machine::{Code, Row};
use super::problem::{Broken, Move, Problem, Watch};
use super::walk::Walk;

/// Puts every server's walk and the events into one sequence.
///
/// # Errors
/// Returns the rule that no next move would keep.
pub fn order(problem: &Problem<'_>, events: &[Move], walks: &[Walk]) -> Result<Vec<Move>, Broken> {
    let mut line = Line::of(problem);
    for layer in 0..=events.len() {
        let mut chains: Vec<(usize, &[usize])> = walks
            .iter()
            .enumerate()
            .map(|(server, walk)| (server, walk.layers[layer].as_slice()))
            .filter(|(_, rows)| !rows.is_empty())
            .collect();
        let mut broken = None;
        while !chains.is_empty() {
            let made = line.take_all(&mut chains, &mut broken);
            let broke = line.take_break(&mut chains, &mut broken);
            chains.retain(|(_, rows)| !rows.is_empty());
            if !made && !broke {
                return Err(broken.unwrap_or(Broken::Disruption));
            }
        }
        if let Some(event) = events.get(layer) {
            line.take(*event)?;
        }
    }
    Ok(line.moves)
}

struct Line<'a> {
    problem: &'a Problem<'a>,
    codes: Vec<Code>,
    leader: Option<usize>,
    watch: Watch,
    moves: Vec<Move>,
}

impl<'a> Line<'a> {
    fn of(problem: &'a Problem<'a>) -> Line<'a> {
        let codes = problem.starts.clone();
        let watch = Watch::of(problem, &codes);
        Line { problem, leader: problem.leader(&codes), codes, watch, moves: Vec::new() }
    }

    fn take(&mut self, step: Move) -> Result<(), Broken> {
        let changes = self.problem.changes(&self.codes, self.leader, step).ok_or(Broken::Disruption)?;
        self.watch = self.watch.after(self.problem, &self.codes, &changes)?;
        for (server, code) in changes {
            self.codes[server] = code;
        }
        if !self.problem.machine.rows[step.row].is_local {
            self.leader = self.problem.leader(&self.codes);
        }
        self.moves.push(step);
        Ok(())
    }

    /// Takes every step that makes redundancy and is allowed, server by server; what was declared as a remedy before
    /// all else, because what it mends stands in the way of others.
    fn take_all(&mut self, chains: &mut [(usize, &[usize])], broken: &mut Option<Broken>) -> bool {
        let mends = self.take_while(chains, broken, |row| row.makes && row.transition.says.is_some());
        self.take_while(chains, broken, |row| row.makes) || mends
    }

    fn take_while(
        &mut self,
        chains: &mut [(usize, &[usize])],
        broken: &mut Option<Broken>,
        wanted: fn(&Row) -> bool,
    ) -> bool {
        let mut any = false;
        for (server, rows) in chains.iter_mut() {
            while let Some(row) = rows.first().filter(|row| wanted(&self.problem.machine.rows[**row])) {
                match self.take(Move { server: *server, row: *row }) {
                    Ok(()) => any = true,
                    Err(rule) => {
                        *broken = Some(rule);
                        break;
                    }
                }
                *rows = &rows[1..];
            }
        }
        any
    }

    /// Takes the first step that breaks redundancy and is allowed.
    fn take_break(&mut self, chains: &mut [(usize, &[usize])], broken: &mut Option<Broken>) -> bool {
        for (server, rows) in chains.iter_mut() {
            let Some(row) = rows.first().filter(|row| !self.problem.machine.rows[**row].makes) else { continue };
            match self.take(Move { server: *server, row: *row }) {
                Ok(()) => {
                    *rows = &rows[1..];
                    return true;
                }
                Err(rule) => *broken = Some(rule),
            }
        }
        false
    }
}
