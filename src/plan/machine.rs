//! A table compiled for searching: standings as small numbers, rows as masks.
//!
//! Unknown marks are read in one of two ways ([`Reading`]): where both lead to the same steps, the choice of
//! steps does not depend on what is unknown.

use crate::model::snapshot::Standing;
use crate::model::table::{By, Disruption, Holds, Leader, Need, Set, Statement, Table, Transition};

/// How an unknown mark is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reading {
    /// It has whatever value is asked for.
    Hopeful,
    /// It has no value that anything asks for.
    Doubtful,
}

/// A standing as one number: the role, then each mark, 0 for unknown.
pub type Code = u32;

/// The cost of a walk: compared in this order (the documented order of ties). The difference of two may be less in
/// one figure and more in the next, so they have signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash)]
pub struct Cost {
    /// Steps.
    pub steps: i32,
    /// Steps that a person does.
    pub operator: i32,
    /// How much the steps disrupt, added up.
    pub disruption: i32,
    /// How far steps that make redundancy come late, and steps that break it come early.
    pub lateness: i32,
}

impl Cost {
    /// Returns the cost of so many alike.
    pub fn times(self, servers: u32) -> Cost {
        let servers = servers as i32;
        Cost {
            steps: self.steps * servers,
            operator: self.operator * servers,
            disruption: self.disruption * servers,
            lateness: self.lateness * servers,
        }
    }
}

impl std::ops::Add for Cost {
    type Output = Cost;
    fn add(self, other: Cost) -> Cost {
        Cost {
            steps: self.steps + other.steps,
            operator: self.operator + other.operator,
            disruption: self.disruption + other.disruption,
            lateness: self.lateness + other.lateness,
        }
    }
}

impl std::ops::Sub for Cost {
    type Output = Cost;
    fn sub(self, part: Cost) -> Cost {
        Cost {
            steps: self.steps - part.steps,
            operator: self.operator - part.operator,
            disruption: self.disruption - part.disruption,
            lateness: self.lateness - part.lateness,
        }
    }
}

/// A condition on one mark, compiled.
#[derive(Debug, Clone, Copy)]
struct Mask {
    mark: usize,
    values: u64,
}

/// What becomes of one mark, compiled.
#[derive(Debug, Clone, Copy)]
struct Put {
    mark: usize,
    value: u32,
}

/// A part of a row: the role it is about, what it needs, what it makes.
#[derive(Debug, Clone)]
struct Part {
    from: u32,
    to: u32,
    needs: Vec<Mask>,
    puts: Vec<Put>,
}

/// What counts for a `keep` minimum, compiled.
#[derive(Debug)]
struct Counted {
    roles: Vec<u32>,
    needs: Vec<Mask>,
}

/// A compiled row.
#[derive(Debug)]
pub struct Row {
    /// The table's row.
    pub transition: &'static Transition,
    this: Part,
    leader: Option<(Part, Option<Statement>)>,
    others: Vec<Part>,
    /// Whether the row concerns this server alone (given whether another leads).
    pub is_local: bool,
    /// Whether it takes the server up a rung, or leaves its rung and disrupts nothing.
    pub makes: bool,
    /// Its cost without lateness.
    pub cost: Cost,
}

/// What is sure to happen in every plan that is left, whoever does it: rows, as bits by their place in the table, and
/// [`LEAD`].
pub type Sure = u64;

/// That some row takes the lead. Invariant: no row has this bit ([`ROWS_AT_MOST`]).
pub const LEAD: Sure = 1 << ROWS_AT_MOST;

/// The most rows of a table: bits of a [`Sure`], but for [`LEAD`]. This and what follows is demanded by the lint.
pub const ROWS_AT_MOST: usize = Sure::BITS as usize - 1;
/// The most counts of a table: bits of what [`Machine::counted`] returns.
pub const COUNTS_AT_MOST: usize = u32::BITS as usize;
/// The most values of a mark: bits of a [`Mask`], but for that of an unknown one.
pub const VALUES_AT_MOST: usize = u64::BITS as usize - 1;
/// The most standings of a table: numbers that are a [`Code`].
pub const STANDINGS_AT_MOST: usize = Code::MAX as usize;

/// A compiled table.
#[derive(Debug)]
pub struct Machine {
    /// The table.
    pub table: &'static Table,
    /// The rows, in the table's order.
    pub rows: Vec<Row>,
    /// Whether some row lets a server that does not lead change others: no server can be walked by itself then.
    pub ties_servers: bool,
    /// The rows that concern all servers, as bits: whoever uses one, every server has a part in it.
    concern_all: Sure,
    /// The leading role's number.
    leading: u32,
    radix: Vec<u32>,
    wants: Vec<(u32, Mask, Option<Statement>)>,
    counts: Vec<Counted>,
}

/// What part a server plays in a row that concerns more than one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// The row is about it.
    This,
    /// It leads, and hands the lead over.
    OldLeader,
    /// Any other.
    Other,
}

impl Machine {
    /// Compiles a table.
    pub fn of(table: &'static Table) -> Machine {
        let role = |name: &str| table.rung(name).unwrap_or(usize::MAX) as u32;
        let mask = |need: &Need| {
            let mark = table.marks.iter().position(|mark| mark.name == need.mark).unwrap_or(usize::MAX);
            let bit = |value: &&str| value_number(table, mark, value).map_or(0, |number| 1u64 << number);
            Mask { mark, values: need.values.iter().map(bit).sum() }
        };
        let put = |set: &Set| {
            let mark = table.marks.iter().position(|mark| mark.name == set.mark).unwrap_or(usize::MAX);
            Put { mark, value: value_number(table, mark, set.to).unwrap_or(0) }
        };
        let part = |from: &str, to: &str, needs: &[Need], sets: &[Set]| Part {
            from: role(from),
            to: role(to),
            needs: needs.iter().map(mask).collect(),
            puts: sets.iter().map(put).collect(),
        };
        let leading = table.leading().map_or(u32::MAX, role);
        let rows = table.transitions.iter().map(|row| Row {
            transition: row,
            this: part(row.from, row.to, row.needs, row.sets),
            leader: match &row.leader {
                Leader::Hands { to, needs, sets, says } => {
                    table.leading().map(|leading| (part(leading, to, needs, sets), *says))
                }
                _ => None,
            },
            others: row.others.iter().map(|other| part(other.role, other.role, other.needs, other.sets)).collect(),
            is_local: matches!(row.leader, Leader::Any | Leader::Led)
                && row.others.is_empty()
                && !changes_lead(table, row),
            makes: role(row.to) > role(row.from)
                || (row.to == row.from && row.disruption == Disruption::None && row.says != Some(Statement::TakenBack)),
            cost: Cost {
                steps: 1,
                operator: i32::from(row.by == By::Operator),
                disruption: row.disruption as i32,
                lateness: 0,
            },
        });
        let wants = table.wants.iter().filter_map(|want| {
            let need = Need { mark: want.mark, values: want.values };
            let only_if = match want.holds {
                Holds::Always => None,
                Holds::IfDeclared(statement) => Some(statement),
                Holds::ForDrift => return None,
            };
            Some((role(want.role), mask(&need), only_if))
        });
        let counts = table.counts.iter().map(|count| Counted {
            roles: count.roles.iter().map(|name| role(name)).collect(),
            needs: count.needs.iter().map(mask).collect(),
        });
        let rows: Vec<Row> = rows.collect();
        let concern = |(index, row): (usize, &Row)| if row.others.is_empty() { 0 } else { row.settles(index) };
        let ties =
            |row: &Row| !row.is_local && !changes_lead(table, row.transition) && !table.leads(row.transition.from);
        Machine {
            table,
            ties_servers: rows.iter().any(ties),
            concern_all: rows.iter().enumerate().map(concern).fold(0, |all, one| all | one),
            rows,
            leading,
            radix: table.marks.iter().map(|mark| mark.values.len() as u32 + 1).collect(),
            wants: wants.collect(),
            counts: counts.collect(),
        }
    }

    /// Returns the rows that take the lead, as bits.
    pub fn leading_rows(&self) -> u64 {
        let takes = |(index, row): (usize, &Row)| if row.settles(index) & LEAD == 0 { 0 } else { 1 << index };
        self.rows.iter().enumerate().map(takes).sum()
    }

    /// Returns the rows that concern all servers, by their place in the table.
    pub fn rows_of_all(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.rows.len()).filter(|row| self.concern_all & (1 << row) != 0)
    }

    /// Returns a standing's number; none where its role is unknown.
    pub fn code(&self, standing: &Standing) -> Option<Code> {
        let role = self.table.rung(standing.role?)? as u32;
        let value = |index: usize| {
            let mark = &self.table.marks[index];
            standing.mark(mark.name).and_then(|value| value_number(self.table, index, value)).unwrap_or(0)
        };
        let digits = (0..self.radix.len()).map(|index| (index, value(index)));
        Some(digits.fold(role, |code, (index, value)| code * self.radix[index] + value))
    }

    /// Returns how many numbers there are.
    pub fn codes(&self) -> usize {
        self.radix.iter().product::<u32>() as usize * self.table.roles.len()
    }

    fn role(&self, code: Code) -> u32 {
        code / self.radix.iter().product::<u32>()
    }

    fn digit(&self, code: Code, mark: usize) -> u32 {
        let below: u32 = self.radix[mark + 1..].iter().product();
        (code / below) % self.radix[mark]
    }

    fn with_digit(&self, code: Code, mark: usize, value: u32) -> Code {
        let below: u32 = self.radix[mark + 1..].iter().product();
        code - self.digit(code, mark) * below + value * below
    }

    fn with_role(&self, code: Code, role: u32) -> Code {
        let size: u32 = self.radix.iter().product();
        code % size + role * size
    }

    /// Returns whether every mark is known in a standing.
    pub fn knows_all(&self, code: Code) -> bool {
        (0..self.radix.len()).all(|mark| self.digit(code, mark) != 0)
    }

    fn accepts(&self, mask: Mask, code: Code, reading: Reading) -> bool {
        match self.digit(code, mask.mark) {
            0 => reading == Reading::Hopeful,
            value => mask.values & (1 << value) != 0,
        }
    }

    fn take(&self, part: &Part, code: Code, reading: Reading) -> Option<Code> {
        let fits = self.role(code) == part.from && part.needs.iter().all(|mask| self.accepts(*mask, code, reading));
        fits.then(|| {
            let moved = self.with_role(code, part.to);
            part.puts.iter().fold(moved, |code, put| self.with_digit(code, put.mark, put.value))
        })
    }

    /// Returns what a row makes of a server that plays `role` in it; none where the row can't be used so.
    pub fn effect(&self, row: &Row, role: Role, code: Code, reading: Reading) -> Option<Code> {
        match role {
            Role::This => self.take(&row.this, code, reading),
            Role::OldLeader => match &row.leader {
                Some((part, _)) => self.take(part, code, reading),
                None => Some(code),
            },
            Role::Other => match row.others.iter().find(|part| part.from == self.role(code)) {
                Some(part) => self.take(part, code, reading),
                None => Some(code),
            },
        }
    }

    /// Returns whether a server of that standing leads.
    pub fn leads(&self, code: Code) -> bool {
        self.role(code) == self.leading
    }

    /// Returns whether a standing has that role.
    pub fn is_role(&self, code: Code, role: &str) -> bool {
        self.table.rung(role) == Some(self.role(code) as usize)
    }

    /// Returns whether a standing has that role and every mark that is wanted of it.
    pub fn is_wanted(&self, code: Code, role: &str, says: impl Fn(Statement) -> bool, reading: Reading) -> bool {
        let wanted = |(of, mask, only_if): &(u32, Mask, Option<Statement>)| {
            *of != self.role(code)
                || only_if.is_some_and(|statement| !says(statement))
                || self.accepts(*mask, code, reading)
        };
        self.is_role(code, role) && self.wants.iter().all(wanted)
    }

    /// Returns, for each of the table's counts, whether a server of that standing is counted, as bits.
    pub fn counted(&self, code: Code, reading: Reading) -> u32 {
        let counts = |one: &Counted| {
            one.roles.contains(&self.role(code)) && one.needs.iter().all(|mask| self.accepts(*mask, code, reading))
        };
        let bits = self.counts.iter().enumerate();
        bits.filter(|(_, count)| counts(count)).map(|(index, _)| 1 << index).sum()
    }
}

impl Row {
    /// Returns whether the row may be used for a server, as far as statements about it are concerned.
    ///
    /// A lost server can do nothing: only rows that allow for it, or ask for just that, may be used.
    pub fn may_be_used(&self, says: impl Fn(Statement) -> bool) -> bool {
        let row = self.transition;
        let of_lost = row.allows_lost || row.says == Some(Statement::Lost);
        row.says.is_none_or(&says) && (of_lost || !says(Statement::Lost))
    }

    /// Returns what has happened once the row, which stands at that place of the table, is used.
    pub fn settles(&self, index: usize) -> Sure {
        let takes_lead = matches!(self.transition.leader, Leader::Leaderless | Leader::Hands { .. });
        1 << index | if takes_lead { LEAD } else { 0 }
    }

    /// Returns whether the row moves the lead from another server.
    pub fn hands(&self) -> bool {
        self.leader.is_some()
    }

    /// Returns the statement that the row needs about the old leader.
    pub fn says_of_leader(&self) -> Option<Statement> {
        self.leader.as_ref().and_then(|(_, says)| *says)
    }
}

fn changes_lead(table: &Table, row: &Transition) -> bool {
    table.leads(row.from) != table.leads(row.to)
}

fn value_number(table: &Table, mark: usize, value: &str) -> Option<u32> {
    let position = table.marks.get(mark)?.values.iter().position(|(name, _)| *name == value)?;
    Some(position as u32 + 1)
}
