//! From a plan to its file. Whatever follows from the table stands in the file too, for those who read it
//! without rolewalk; [`super::plan::read`] refuses a file in which it does not follow.

use serde::{Serialize, Serializer};

use super::plan_file::*;
use super::wire::{self, SentenceFile};
use crate::model::guard::{GuardAnswer, Verdict};
use crate::model::name::ServerName;
use crate::model::plan::{Block, GroupPlan, GroupVerdict, Plan, Shortest, Step};
use crate::model::snapshot::Standings;
use crate::model::table::{By, Danger, Disruption, Table};
use crate::model::topology::{TakenBack, Topology};
use crate::model::words::Text;

/// Returns the file of a plan of that identity. Its groups and steps are made one by one, whenever it is written.
pub fn file<'a>(plan: &'a Plan, id: &str) -> PlanFile<Groups<'a>> {
    PlanFile { format: super::plan::FORMAT.into(), id: id.into(), groups: Groups(&plan.groups) }
}

/// The groups of a file that is written.
#[derive(Debug)]
pub struct Groups<'a>(&'a [GroupPlan]);

impl Serialize for Groups<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(self.0.iter().map(group))
    }
}

/// The steps of a group in a file that is written.
#[derive(Debug)]
struct Steps<'a>(&'a GroupPlan);

impl Serialize for Steps<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut standings = self.0.standings.clone();
        to.collect_seq(self.0.steps.iter().map(|one| step(one, self.0.topology.table, &mut standings)))
    }
}

/// Returns a wire value as text that people read, with a line end at its end.
pub fn pretty(file: &impl Serialize) -> String {
    // Our wire types have no map with keys other than texts and no serialiser that fails, so this can't fail.
    let mut text = serde_json::to_string_pretty(file).unwrap_or_default();
    text.push('\n');
    text
}

fn group(plan: &GroupPlan) -> GroupFile<Steps<'_>> {
    let topology = &plan.topology;
    GroupFile {
        group: topology.group.clone(),
        system: topology.table.system.into(),
        verdict: match plan.verdict {
            GroupVerdict::InSync => VerdictFile::InSync,
            GroupVerdict::Ready => VerdictFile::Ready,
            GroupVerdict::Blocked => VerdictFile::Blocked,
            GroupVerdict::Undetermined => VerdictFile::Undetermined,
        },
        shortest: match plan.shortest {
            Shortest::Proven => ShortestFile::Proven,
            Shortest::NotProven => ShortestFile::NotProven,
        },
        steps: Steps(plan),
        blocked_by: plan.blocked_by.iter().map(block).collect(),
        follow_ups: plan
            .follow_ups
            .iter()
            .map(|one| FollowUpFile {
                server: one.server.to_string(),
                name: one.name.into(),
                says: one.says.en.clone(),
                says_ja: one.says.ja.clone(),
            })
            .collect(),
        notes: plan.notes.iter().map(SentenceFile::from).collect(),
        candidates: plan
            .candidates
            .iter()
            .map(|one| CandidateFile {
                server: one.server.to_string(),
                eligible: one.eligible,
                because: one.because.en.clone(),
                because_ja: one.because.ja.clone(),
            })
            .collect(),
        source: SourceFile { file: topology.source.file.clone(), line: topology.source.line },
        connection: topology.connection.clone(),
        topology: declared(topology),
        standings: standing_files(plan.standings.keys(), &plan.standings, topology.table),
        relies_on: wire::fact_files(&plan.relies_on),
    }
}

/// Returns the file of a step, and brings `standings` from before it to after it.
fn step(step: &Step, table: &'static Table, standings: &mut Standings) -> StepFile {
    let row = step.transition;
    let before = standing_files(step.touches(), standings, table);
    step.apply(standings);
    StepFile {
        number: step.number,
        server: step.server.to_string(),
        transition: row.name.into(),
        changes: step.changes.iter().map(Into::into).collect(),
        marks: step.marks.iter().map(Into::into).collect(),
        by: match row.by {
            By::Operator => ByFile::Operator,
            By::Automatic => ByFile::Automatic,
        },
        runs_on: step.runs_on.to_string(),
        leader: step.leader.as_ref().map(ToString::to_string),
        guards: step.guards.iter().map(guard).collect(),
        why: step.why.en.clone(),
        why_ja: step.why.ja.clone(),
        undo: row.undo.map(Into::into),
        no_undo_because: row.no_undo_because.map(|words| words.en.into()),
        no_undo_because_ja: row.no_undo_because.map(|words| words.ja.into()),
        danger: match row.danger {
            Danger::Low => DangerFile::Low,
            Danger::Redundancy => DangerFile::Redundancy,
            Danger::Service => DangerFile::Service,
        },
        disruption: match row.disruption {
            Disruption::None => DisruptionFile::None,
            Disruption::Moves => DisruptionFile::Moves,
            Disruption::Idle => DisruptionFile::Idle,
            Disruption::Offline => DisruptionFile::Offline,
        },
        settling_ms: milliseconds(row.settling),
        limit_ms: milliseconds(row.limit),
        before,
        after: standing_files(step.touches(), standings, table),
    }
}

fn guard(answer: &GuardAnswer) -> GuardFile {
    GuardFile {
        name: answer.name.into(),
        verdict: answer_file(answer.answer.verdict),
        because: answer.answer.because.en.clone(),
        because_ja: answer.answer.because.ja.clone(),
        waived: answer.waived.as_ref().map(|text| text.en.clone()),
        waived_ja: answer.waived.as_ref().map(|text| text.ja.clone()),
    }
}

/// Returns a guard's verdict as it stands in files.
pub fn answer_file(verdict: Verdict) -> AnswerFile {
    match verdict {
        Verdict::Yes => AnswerFile::Yes,
        Verdict::Unknown => AnswerFile::Unknown,
        Verdict::No => AnswerFile::No,
    }
}

fn block(block: &Block) -> BlockFile {
    let hint = |say: fn(&Text) -> &String| block.hint.as_ref().map(|text| say(text).clone());
    BlockFile {
        step: block.step,
        server: block.server.as_ref().map(ToString::to_string),
        rule: block.rule.clone(),
        because: block.because.en.clone(),
        because_ja: block.because.ja.clone(),
        hint: hint(|text| &text.en),
        hint_ja: hint(|text| &text.ja),
    }
}

fn declared(topology: &Topology) -> TopologyFile {
    TopologyFile {
        servers: topology
            .servers
            .iter()
            .map(|one| DeclaredFile {
                server: one.server.to_string(),
                role: one.role.into(),
                because: one.because.clone(),
                lost: one.lost,
                reinstalled: one.reinstalled.map(|day| day.to_string()),
                line: one.line,
            })
            .collect(),
        keep: topology.keep.iter().map(|(role, least)| KeepFile { role: (*role).into(), at_least: *least }).collect(),
        keep_master_files: topology.keep_master_files,
        takes_back: topology.source.takes_back.iter().map(taken_back).collect(),
        waivers: topology
            .waivers
            .iter()
            .map(|one| WaiverFile {
                guard: one.guard.into(),
                server: one.server.as_ref().map(ToString::to_string),
                owner: one.owner.clone(),
                reason: one.reason.clone(),
                until: one.until.to_string(),
            })
            .collect(),
        maintenance: topology.maintenance.iter().map(|one| one.written().into()).collect(),
        settling_ms: topology.settling.map(milliseconds),
        disrupt_at_most: topology.disrupt_at_most,
    }
}

fn taken_back(one: &TakenBack) -> TakenBackFile {
    TakenBackFile { server: one.server.to_string(), left: one.left.clone() }
}

fn standing_files<'a>(
    servers: impl IntoIterator<Item = &'a ServerName>,
    standings: &Standings,
    table: &'static Table,
) -> Vec<StandingFile> {
    let one = |server: &ServerName| {
        let standing = standings.get(server).cloned().unwrap_or_default();
        let role = standing.role.map(Into::into);
        StandingFile { server: server.to_string(), role, marks: wire::marks(&standing, table) }
    };
    servers.into_iter().map(one).collect()
}

fn milliseconds(span: std::time::Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
