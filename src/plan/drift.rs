//! Drift: the line from topology to plan, stopped early. Changes nothing and searches nothing.

use std::collections::HashSet;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::model::drift::{DriftVerdict, Finding, GroupDrift, WaiverSeen};
use crate::model::fact::{Fact, Value};
use crate::model::name::ServerName;
use crate::model::snapshot::{GroupSnapshot, Standings, leaders};
use crate::model::table::Holds;
use crate::model::topology::{Declared, Topology};
use crate::model::words::Text;

use super::sentence::why;

/// Compares what is declared with what is there.
///
/// `applied` is the topology that was last applied from here: it tells drift (nobody declared it) from a change
/// that was declared and not applied yet.
pub fn drift(topology: &Topology, applied: Option<&Topology>, snapshot: &GroupSnapshot) -> GroupDrift {
    drift_but(topology, applied.map_or(Applied::Never, Applied::Of), snapshot, &|_| None)
}

/// What is known of the topology that was last applied from here.
#[derive(Debug, Clone, Copy)]
pub enum Applied<'a> {
    /// It is this one.
    Of(&'a Topology),
    /// There is none.
    Never,
    /// There is one that can't be read, and why.
    Unread(&'a Text),
}

/// Compares as [`drift`] does, but for findings that do not count yet: those for which `held_back` gives a reason are
/// told as expected, with that reason. Where two servers lead at the same time, nothing is held back.
pub fn drift_but(
    topology: &Topology,
    applied: Applied<'_>,
    snapshot: &GroupSnapshot,
    held_back: &dyn Fn(&Finding) -> Option<Text>,
) -> GroupDrift {
    let mut standings = snapshot.servers.clone();
    topology.servers.iter().for_each(|one| {
        standings.entry(one.server.clone()).or_default();
    });
    let leading = leaders(topology.table, &standings).count();
    let mut expected = expected(topology, &standings);
    let mut counts = |finding: &Finding| match held_back(finding).filter(|_| leading <= 1) {
        Some(reason) => {
            expected.push(Text::new(
                format!("{} ({})", finding.says.en, reason.en),
                format!("{} ({})", finding.says.ja, reason.ja),
            ));
            false
        }
        None => true,
    };
    let mut roles: Vec<Finding> = topology.servers.iter().filter_map(|one| role(topology, one, &standings)).collect();
    roles.retain(&mut counts);
    let mut marks = marks(topology, &standings);
    marks.retain(&mut counts);
    let unknown = unknown(topology, snapshot, &standings);
    let mut notes = Vec::new();
    let is_pending = match applied {
        Applied::Never => {
            notes.push(Text::new("never applied from here", "ここからはまだ適用されていない"));
            true
        }
        Applied::Unread(why) => {
            notes.push(why.clone());
            true
        }
        Applied::Of(applied) => roles.iter().all(|finding| is_as_applied(finding, applied, topology)),
    };
    let verdict = match () {
        () if leading > 1 => DriftVerdict::Drift,
        () if !marks.is_empty() => DriftVerdict::Drift,
        () if !roles.is_empty() && !is_pending => DriftVerdict::Drift,
        () if !unknown.is_empty() => DriftVerdict::Undetermined,
        () if !roles.is_empty() => DriftVerdict::Pending,
        () => DriftVerdict::InSync,
    };
    if leading > 1 {
        let names: Vec<String> = leaders(topology.table, &standings).map(|one| format!("`{one}`")).collect();
        let names = names.join(", ");
        notes.push(Text::new(format!("{names} lead at the same time"), format!("{names} が同時に先頭の役割を持つ")));
    }
    GroupDrift {
        group: topology.group.clone(),
        system: topology.table.system.into(),
        file: topology.source.file.clone(),
        line: topology.source.line,
        verdict,
        findings: roles.into_iter().chain(marks).collect(),
        unknown,
        expected,
        notes,
        waivers: Vec::new(),
        divergent_files: None,
        in_sync_at: None,
    }
}

/// Returns the waivers that are declared, as they stand at `now`.
pub fn waivers(topology: &Topology, now: Timestamp) -> Vec<WaiverSeen> {
    let today = now.to_zoned(TimeZone::UTC).date();
    let seen = topology.waivers.iter().map(|waiver| WaiverSeen {
        guard: waiver.guard.into(),
        server: waiver.server.clone(),
        owner: waiver.owner.clone(),
        reason: waiver.reason.clone(),
        until: waiver.until,
        is_expired: waiver.until < today,
    });
    seen.collect()
}

/// Returns how many vDisk files are known to differ; none where no server's are known.
pub fn divergent_files(snapshot: &GroupSnapshot) -> Option<u64> {
    let known = snapshot.facts.0.iter().filter(|(key, _)| key.name == "divergent_files");
    let counts: Vec<u64> = known
        .filter_map(|(_, fact)| match fact {
            Fact::Known { value: Value::List(files), .. } => Some(files.len() as u64),
            Fact::Known { .. } | Fact::Unknown { .. } => None,
        })
        .collect();
    (!counts.is_empty()).then(|| counts.iter().sum())
}

/// Returns whether the world still is as it was last applied where it differs from what is declared now.
fn is_as_applied(finding: &Finding, applied: &Topology, topology: &Topology) -> bool {
    let lowest = topology.table.roles.first().map(|role| role.name);
    let was = applied.declared(&finding.server).map(|one| one.role).or(lowest);
    was == Some(finding.have.as_str())
}

fn role(topology: &Topology, declared: &Declared, standings: &Standings) -> Option<Finding> {
    let have = standings.get(&declared.server)?.role?;
    let title = |role| topology.table.role(role).map_or(role, |role| role.title.ja);
    (have != declared.role).then(|| Finding {
        server: declared.server.clone(),
        what: "role".into(),
        want: declared.role.into(),
        have: have.into(),
        line: Some(declared.line),
        says: Text::new(
            format!("`{}` is {have}, declared as {}", declared.server, declared.role),
            format!("`{}` は{} (宣言は{})", declared.server, title(have), title(declared.role)),
        ),
        sightings: None,
    })
}

/// Finds marks that are not as the role wants them; servers that are not named are looked at as well.
fn marks(topology: &Topology, standings: &Standings) -> Vec<Finding> {
    let found = standings.iter().flat_map(|(server, standing)| {
        let wants =
            topology.table.wants.iter().filter(|want| Some(want.role) == standing.role && is_looked_at(&want.holds));
        wants.filter_map(move |want| {
            let have = standing.mark(want.mark).filter(|have| !want.values.contains(have))?;
            Some(finding(topology, server, want.mark, want.values[0], have))
        })
    });
    found.collect()
}

fn is_looked_at(holds: &Holds) -> bool {
    !matches!(holds, Holds::IfDeclared(_))
}

fn finding(topology: &Topology, server: &ServerName, mark: &'static str, want: &str, have: &str) -> Finding {
    let title = topology.table.mark(mark);
    let words = title.and_then(|mark| mark.values.iter().find(|(name, _)| *name == have)).map(|(_, words)| *words);
    let (en, ja) = words.map_or((have, have), |words| (words.en, words.ja));
    let of = title.map_or((mark, mark), |mark| (mark.title.en, mark.title.ja));
    Finding {
        server: server.clone(),
        what: mark.into(),
        want: want.into(),
        have: have.into(),
        line: topology.declared(server).map(|one| one.line),
        says: Text::new(format!("{} of `{server}`: {en}", of.0), format!("`{server}` の{}: {ja}", of.1)),
        sightings: None,
    }
}

fn unknown(topology: &Topology, snapshot: &GroupSnapshot, standings: &Standings) -> Vec<Text> {
    let mut unknown = Vec::new();
    for declared in &topology.servers {
        let Some(standing) = standings.get(&declared.server) else { continue };
        let Some(role) = standing.role else {
            unknown
                .push(Text::new(format!("the role of `{}`", declared.server), format!("`{}` の役割", declared.server)));
            continue;
        };
        let wants = topology.table.wants.iter().filter(|want| want.role == role && is_looked_at(&want.holds));
        for want in wants.filter(|want| standing.mark(want.mark).is_none()) {
            let title =
                topology.table.mark(want.mark).map_or((want.mark, want.mark), |mark| (mark.title.en, mark.title.ja));
            unknown.push(Text::new(
                format!("{} of `{}`{}", title.0, declared.server, reason(snapshot, &declared.server)),
                format!("`{}` の{}{}", declared.server, title.1, reason(snapshot, &declared.server)),
            ));
        }
    }
    unknown.dedup();
    unknown
}

/// Returns why something about a server is unknown, where a fact says so.
fn reason(snapshot: &GroupSnapshot, server: &ServerName) -> String {
    let why = snapshot.facts.of(server).filter_map(|(_, fact)| match fact {
        Fact::Unknown { why } => Some(why.as_str()),
        Fact::Known { .. } => None,
    });
    why.max().map(|why| format!(": {why}")).unwrap_or_default()
}

/// Returns what differs for now by nature: the follow-ups of steps that were taken before.
fn expected(topology: &Topology, standings: &Standings) -> Vec<Text> {
    let leader = leaders(topology.table, standings).next();
    let (mut expected, mut told) = (Vec::new(), HashSet::new());
    for (server, standing) in standings.iter().filter(|(server, _)| topology.declared(server).is_some()) {
        for form in topology.table.transitions.iter().filter_map(|row| row.follow_up) {
            let (mark, values) = form.while_mark;
            if standing.mark(mark).is_some_and(|value| values.contains(&value)) {
                let says = why(topology, server, leader, form.says);
                if told.insert(says.clone()) {
                    expected.push(says);
                }
            }
        }
    }
    expected
}
