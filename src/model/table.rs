//! The form of a system's table: its roles, marks, guards and transitions.
//!
//! Whatever plans, runs, explains or draws reads the same rows. A row names the role that it leaves and the
//! role that it reaches, and only the marks that it reads or sets; marks that it does not name are untouched.
//! A row addresses this server, the leader, each other server, and nothing else. There are no wildcard rows
//! and no expressions: a product that does not fit is a reason to change its table, then this form.

use std::time::Duration;

use super::fact::Facts;
use super::guard::Guard;
use super::name::NameRule;
use super::snapshot::Standing;
use super::words::{Text, Words};

/// The name of a role, as it stands in a table and in topology files.
pub type RoleName = &'static str;
/// The name of a mark.
pub type MarkName = &'static str;
/// A value of a mark.
pub type MarkValue = &'static str;

/// What a product is: everything that planning, running and explaining need to know of it.
#[derive(Debug)]
pub struct Table {
    /// The system's name in topology files.
    pub system: &'static str,
    /// The system's name for people.
    pub title: Words,
    /// What the product accepts as a server's name.
    pub server_names: NameRule,
    /// The rungs, lowest first. Invariant: exactly one leads, and it is the last; checked by the lint.
    pub roles: &'static [Role],
    /// What else the rules look at.
    pub marks: &'static [Mark],
    /// The standings that a role is meant to have, besides the role itself.
    pub wants: &'static [Want],
    /// Which standings count for a `keep` minimum of a role.
    pub counts: &'static [Count],
    /// The roles that the servers of a group may have that is declared to have no leader any more; empty where a group
    /// always has one. Invariant: none of them leads, and some row is used only then
    /// ([`Statement::WithoutLeader`]); checked by the lint.
    pub without_leader: &'static [RoleName],
    /// What a server's marks are while it serves whoever uses the group, where a step can take it out of service for
    /// longer than the step itself; empty where a server serves again once a step at it is over.
    pub serves: &'static [Need],
    /// The rules that must hold before a step.
    pub guards: &'static [Guard],
    /// The single-step moves.
    pub transitions: &'static [Transition],
    /// What a reader of every plan should know of this group, told from the facts; for example that the product's
    /// version is not one for which the rules were stated.
    pub caveat: fn(&Facts) -> Option<Text>,
}

/// One rung.
#[derive(Debug)]
pub struct Role {
    /// Its name in files.
    pub name: RoleName,
    /// Its name for people, in the documents' own terms.
    pub title: Words,
    /// Whether the one server that leads the group has it.
    pub leads: bool,
}

/// Something else than the role that the rules look at.
#[derive(Debug)]
pub struct Mark {
    /// Its name in files.
    pub name: MarkName,
    /// Its name for people.
    pub title: Words,
    /// The values that it can have.
    pub values: &'static [(MarkValue, Words)],
    /// What a snapshot means that leaves it out.
    pub left_out: LeftOut,
}

/// What a snapshot means that leaves a mark out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeftOut {
    /// The mark is unknown.
    Unknown,
    /// The mark is as the server's role wants it.
    AsWanted,
}

/// A mark that a server of a role is meant to have.
#[derive(Debug, PartialEq, Eq)]
pub struct Want {
    /// The role.
    pub role: RoleName,
    /// The mark.
    pub mark: MarkName,
    /// The values that will do, the usual one first.
    pub values: &'static [MarkValue],
    /// When it is wanted.
    pub holds: Holds,
}

impl Want {
    /// Returns a mark that is always wanted of a role.
    pub const fn always(role: RoleName, mark: MarkName, values: &'static [MarkValue]) -> Want {
        Want { role, mark, values, holds: Holds::Always }
    }
}

/// When a mark is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// Always: a plan sees to it, and drift reports it.
    Always,
    /// A plan sees to it where this was declared.
    IfDeclared(Statement),
    /// Drift reports it; no plan may mend it.
    ForDrift,
}

/// Which standings count for a `keep` minimum.
#[derive(Debug)]
pub struct Count {
    /// The name under `keep`: that of a role, or of what servers of several roles do alike.
    pub name: &'static str,
    /// The roles whose servers are counted.
    pub roles: &'static [RoleName],
    /// What such a server must have besides, to be counted.
    pub needs: &'static [Need],
    /// What is counted, for people.
    pub title: Words,
}

/// What only a person can know, declared in the topology and so reviewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Statement {
    /// The server is lost: it can do nothing, and nothing can be asked of it.
    Lost,
    /// The server was installed anew.
    Reinstalled,
    /// `divergence: { keep: master-files }`: the master's files are right.
    KeepMasterFiles,
    /// A step of an earlier run at the server is taken back. No topology file says so, only `undo` does: a row that
    /// needs this is never a way to anything else.
    TakenBack,
    /// The group is to have no leader any more: every server is declared with one of [`Table::without_leader`].
    WithoutLeader,
}

/// A condition on one mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Need {
    /// The mark.
    pub mark: MarkName,
    /// The values that will do.
    pub values: &'static [MarkValue],
}

/// What a transition makes of one mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Set {
    /// The mark.
    pub mark: MarkName,
    /// The value that a plan counts on.
    pub to: MarkValue,
    /// Values that the world may show instead and that are as good: the step is done all the same.
    pub or: &'static [MarkValue],
}

/// One row: a single-step move of one server.
#[derive(Debug, Clone, Copy)]
pub struct Transition {
    /// Its name in files. A few rows may share a name where they finish the same work from unlike beginnings;
    /// invariant: no two rows fit the same case; checked by the lint.
    pub name: &'static str,
    /// The role that this server leaves.
    pub from: RoleName,
    /// The role that this server reaches; the same where only marks change.
    pub to: RoleName,
    /// What this server's marks must be.
    pub needs: &'static [Need],
    /// What this server's marks become.
    pub sets: &'static [Set],
    /// What must be so with the group's leader, and what becomes of it.
    pub leader: Leader,
    /// What must be so with each other server of a role, and what becomes of it.
    pub others: &'static [Other],
    /// The statement about this server (or, for `KeepMasterFiles` and `WithoutLeader`, the group) without which the row is not used.
    pub says: Option<Statement>,
    /// The guards that are asked, by name, in the order of asking.
    pub guards: &'static [&'static str],
    /// Who does it.
    pub by: By,
    /// Where it is done.
    pub runs_on: Place,
    /// Whether it may be used for a server that is declared lost, besides rows that say just that. Invariant: not
    /// where it is done on this server; checked by the lint.
    pub allows_lost: bool,
    /// What it does to those who use the group meanwhile.
    pub disruption: Disruption,
    /// Whether damage can follow from doing it wrongly or at the wrong moment.
    pub danger: Danger,
    /// How long after it the world may still be moving, without that being drift.
    pub settling: Duration,
    /// How long to wait until it is seen to be done.
    pub limit: Duration,
    /// The transition that leads back, or none.
    pub undo: Option<&'static str>,
    /// Where there is no undo: why. Invariant: set exactly where `undo` is none; checked by the lint.
    pub no_undo_because: Option<Words>,
    /// The row's own sentence. `{server}`, `{group}` and `{leader}` stand for this server, the group and the leader before,
    /// `{left}` for the name of what is taken back.
    pub why: Words,
    /// What is left for later by nature, said once the step is done.
    pub follow_up: Option<FollowUpForm>,
    /// Where the row was learned: requirement IDs.
    pub source: &'static str,
}

/// A row's part that concerns the group's leader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leader {
    /// The leader does not matter.
    Any,
    /// Some other server must lead.
    Led,
    /// No server may lead: the row makes the group's leader.
    Leaderless,
    /// This server leads now and stops to: the group is without a leader until another row gives it one.
    StepsDown,
    /// Another server leads now, and this row moves the lead: the old leader changes in the same step.
    Hands {
        /// The role that the old leader reaches.
        to: RoleName,
        /// What the old leader's marks must be.
        needs: &'static [Need],
        /// What the old leader's marks become.
        sets: &'static [Set],
        /// What must have been declared of the old leader.
        says: Option<Statement>,
    },
}

/// A row's part that concerns each other server of a role (neither this server nor the old leader).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Other {
    /// The role.
    pub role: RoleName,
    /// What the marks of each such server must be.
    pub needs: &'static [Need],
    /// What they become.
    pub sets: &'static [Set],
}

/// Who does a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum By {
    /// rolewalk.
    Automatic,
    /// A person, with instructions and a proof by observation.
    Operator,
}

/// Where a step is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// On the server that the step is about.
    This,
    /// On the leader.
    Leader,
    /// On any server of the group.
    Any,
    /// On any server of the group but the one that the step is about.
    AnyOther,
}

/// What a step does to those who use the group meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Disruption {
    /// Nothing.
    None,
    /// Use goes on, but may move to another server.
    Moves,
    /// It may be done only while nobody uses the group.
    Idle,
    /// This server does not serve while the step runs.
    Offline,
}

/// How dangerous a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Danger {
    /// Nothing that cannot be done again.
    Low,
    /// A mistake costs the group redundancy.
    Redundancy,
    /// A mistake can stop the group or cost data.
    Service,
}

/// Work that is left for later by nature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FollowUpForm {
    /// Its name in files.
    pub name: &'static str,
    /// What is left, with the placeholders of [`Transition::why`].
    pub says: Words,
    /// The mark of this server, and its values, that show the work is still to be done.
    pub while_mark: (MarkName, &'static [MarkValue]),
}

impl Table {
    /// Returns the role of that name.
    pub fn role(&self, name: &str) -> Option<&'static Role> {
        self.roles.iter().find(|role| role.name == name)
    }

    /// Returns a role's place on the ladder, 0 the lowest.
    pub fn rung(&self, name: &str) -> Option<usize> {
        self.roles.iter().position(|role| role.name == name)
    }

    /// Returns the leading role.
    pub fn leading(&self) -> Option<RoleName> {
        self.roles.iter().find(|role| role.leads).map(|role| role.name)
    }

    /// Returns whether that role leads the group.
    pub fn leads(&self, name: &str) -> bool {
        self.role(name).is_some_and(|role| role.leads)
    }

    /// Returns the count of that name.
    pub fn count(&self, name: &str) -> Option<&'static Count> {
        self.counts.iter().find(|count| count.name == name)
    }

    /// Returns the mark of that name.
    pub fn mark(&self, name: &str) -> Option<&'static Mark> {
        self.marks.iter().find(|mark| mark.name == name)
    }

    /// Returns the guard of that name.
    pub fn guard(&self, name: &str) -> Option<&'static Guard> {
        self.guards.iter().find(|guard| guard.name == name)
    }

    /// Returns the row of that name which leaves `from` and reaches `to`; where there are several, the one whose needs
    /// are not contradicted by what is known of the server's marks. The lint demands that there is at most one such.
    pub fn transition(&self, name: &str, from: &str, to: &str, now: &Standing) -> Option<&'static Transition> {
        let rows = || self.transitions.iter().filter(|row| row.name == name && row.from == from && row.to == to);
        let fits = |need: &Need| now.mark(need.mark).is_none_or(|value| need.accepts(value));
        rows().find(|row| row.needs.iter().all(fits)).or_else(|| rows().next())
    }

    /// Returns whether something in the table depends on that statement.
    pub fn asks_for(&self, statement: Statement) -> bool {
        let of_leader = |row: &Transition| match row.leader {
            Leader::Hands { says, .. } => says == Some(statement),
            _ => false,
        };
        self.wants.iter().any(|want| want.holds == Holds::IfDeclared(statement))
            || self.transitions.iter().any(|row| row.says == Some(statement) || of_leader(row))
    }

    /// Returns the want of `role` for `mark` that always holds.
    pub fn want(&self, role: &str, mark: &str) -> Option<&'static Want> {
        self.wants.iter().find(|want| want.role == role && want.mark == mark && want.holds == Holds::Always)
    }
}

/// Tables are known by their system: there is one each.
impl PartialEq for Table {
    fn eq(&self, other: &Self) -> bool {
        self.system == other.system
    }
}

impl Transition {
    /// What a row of a table begins with: it says what is its own, and nothing else. Where the most rows of a table share
    /// more, the table has a beginning of its own.
    pub const BLANK: Transition = Transition {
        name: "",
        from: "",
        to: "",
        needs: &[],
        sets: &[],
        leader: Leader::Any,
        others: &[],
        says: None,
        guards: &[],
        by: By::Automatic,
        runs_on: Place::This,
        allows_lost: false,
        disruption: Disruption::None,
        danger: Danger::Low,
        settling: Duration::ZERO,
        limit: Duration::from_secs(5 * 60),
        undo: None,
        no_undo_because: None,
        why: Words { en: "", ja: "" },
        follow_up: None,
        source: "",
    };
}

/// Rows are known by name, edge and needs: the lint (`one-name-an-edge`) proves that no case fits two of one name and edge.
impl PartialEq for Transition {
    fn eq(&self, other: &Self) -> bool {
        (self.name, self.from, self.to, self.needs) == (other.name, other.from, other.to, other.needs)
    }
}

impl Mark {
    /// Returns the table's own text for `value`, where it is one of the mark's.
    pub fn value(&self, value: &str) -> Option<MarkValue> {
        self.values.iter().map(|(name, _)| *name).find(|name| *name == value)
    }
}

impl Need {
    /// Returns whether `value` will do.
    pub fn accepts(&self, value: &str) -> bool {
        self.values.contains(&value)
    }
}

impl Count {
    /// Returns whether a server of that role is counted, its marks permitting.
    pub fn is_of(&self, role: Option<RoleName>) -> bool {
        role.is_some_and(|role| self.roles.contains(&role))
    }
}
