//! What the outputs of the product's commands say.
//!
//! Their wording is not public: whatever is not understood as a whole is an error that shows what was written, and
//! never a guess.

use crate::model::name::ServerName;

/// What a server says of its own replication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Replication {
    /// It replicates with nobody.
    Standalone,
    /// It follows a server, named as it names it.
    Secondary(ServerName),
    /// It leads, and names its secondaries in order.
    Primary(Vec<ServerName>),
}

/// Words that say that nothing is replicated.
const ALONE: [&str; 4] = ["stand-alone", "standalone", "not configured", "no replication"];

/// Reads the output of `utreplica -l`.
///
/// It ends with a line end. The first line says what the server is, with exactly one of the words `primary`, `secondary` and those for neither.
/// The names follow a colon at the end of a line that speaks of the other side, or stand on the lines after it.
///
/// # Errors
/// What was written, where it is not of that form in any part.
pub fn replication(stdout: &str) -> Result<Replication, String> {
    let strange = |what: &str| format!("utreplica -l: {what}: {}", shown(stdout));
    if !stdout.is_empty() && !stdout.ends_with('\n') {
        return Err(strange("the output is cut short"));
    }
    let mut lines = stdout.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next().ok_or("utreplica -l wrote nothing")?.to_lowercase();
    let is = [ALONE.iter().any(|word| first.contains(word)), first.contains("secondary"), first.contains("primary")];
    let rest: Vec<&str> = lines.collect();
    match is {
        [true, false, false] if rest.iter().all(|line| !speaks_of_roles(line) || is_alone(line)) => {
            Ok(Replication::Standalone)
        }
        [false, true, false] => match names(&rest, "primary").map_err(|why| strange(&why))?.as_slice() {
            [one] => Ok(Replication::Secondary(one.clone())),
            many => Err(strange(&format!("{} primaries are named", many.len()))),
        },
        [false, false, true] => {
            // A heading with nothing below it is a primary whose last secondary has left; without one it is cut short.
            match rest.is_empty() {
                true => Err(strange("no secondary is named")),
                false => names(&rest, "secondar").map(Replication::Primary).map_err(|why| strange(&why)),
            }
        }
        _ => Err(strange("the role can't be told")),
    }
}

fn is_alone(line: &str) -> bool {
    let line = line.to_lowercase();
    ALONE.iter().any(|word| line.contains(word))
}

fn speaks_of_roles(line: &str) -> bool {
    let line = line.to_lowercase();
    line.contains("primary") || line.contains("secondar")
}

/// Reads the names after the one line that speaks of `side` and ends its words with a colon.
fn names(lines: &[&str], side: &str) -> Result<Vec<ServerName>, String> {
    let Some((heading, listed)) = lines.split_first() else { return Ok(Vec::new()) };
    let (words, after) = heading.split_once(':').ok_or("no list of names")?;
    let words = words.to_lowercase();
    let other = if side == "primary" { "secondar" } else { "primary" };
    if !words.contains(side) || words.contains(other) || listed.iter().any(|line| speaks_of_roles(line)) {
        return Err(format!("the names of the {side} are not where they are expected"));
    }
    let tokens = std::iter::once(after).chain(listed.iter().copied());
    let tokens = tokens.flat_map(|line| line.split([' ', '\t', ','])).filter(|token| !token.is_empty());
    let named: Result<Vec<ServerName>, String> =
        tokens.map(|token| ServerName::new(token).map_err(|fault| fault.to_string())).collect();
    let named = named?;
    let twice = named.iter().enumerate().find(|(at, name)| named[..*at].contains(name));
    match twice {
        Some((_, name)) => Err(format!("{name} is named twice")),
        None => Ok(named),
    }
}

/// Counts the entries that `utuser -l` lists: every line but a heading and the rule below it.
pub fn users(stdout: &str) -> u64 {
    let lines = stdout.lines().map(str::trim).filter(|line| !line.is_empty());
    let is_heading = |line: &&str| {
        let low = line.to_lowercase();
        low.contains("user name") || low.contains("token id") || line.chars().all(|c| "-= ".contains(c))
    };
    lines.filter(|line| !is_heading(line)).count() as u64
}

/// Shows the beginning of an output on one line.
pub fn shown(output: &str) -> String {
    let line: String = output.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(120).collect();
    if line.is_empty() { "(nothing)".into() } else { format!("\"{line}\"") }
}

#[cfg(test)]
#[path = "output_tests.rs"]
mod tests;
