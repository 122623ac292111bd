//! `rolewalk.rehearsal/1`: what a rehearsal of a plan found, as JSON. Written for programs, and read by none of ours.

use schemars::JsonSchema;
use serde::Serialize;

use super::plan_write::pretty;
use crate::model::event::Ending;
use crate::model::plan::{GroupPlan, Plan};
use crate::model::rehearsal::{Crash, Place, Rehearsal, Resume, told};

/// The name of the format, as the first member.
pub const FORMAT: &str = "rolewalk.rehearsal/1";

/// Returns the JSON of the rehearsals of a plan's groups; a group that was not rehearsed has no crashes.
pub fn write(plan: &Plan, rehearsed: &[(&GroupPlan, Rehearsal)]) -> String {
    let of = |group: &GroupPlan| {
        let same =
            |one: &GroupPlan| one.topology.group == group.topology.group && one.topology.table == group.topology.table;
        rehearsed.iter().find(|(one, _)| same(one)).map(|(_, rehearsal)| rehearsal)
    };
    let groups = plan.groups.iter().map(|group| GroupFile {
        group: group.topology.group.clone(),
        system: group.topology.table.system.into(),
        verdict: group.verdict.as_str().into(),
        exit_code: of(group).map(|rehearsal| rehearsal.ending.map_or(7, Ending::exit_code)),
        crashes: of(group).map(|rehearsal| rehearsal.crashes.iter().map(crash_file).collect()).unwrap_or_default(),
    });
    pretty(&RehearsalFile { format: FORMAT, groups: groups.collect() })
}

/// The whole file.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RehearsalFile {
    /// The format: `rolewalk.rehearsal/1`.
    #[schemars(extend("const" = FORMAT))]
    format: &'static str,
    groups: Vec<GroupFile>,
}

/// One group of the plan.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct GroupFile {
    group: String,
    system: String,
    /// The verdict of its plan; only a `ready` one is rehearsed.
    verdict: String,
    /// The exit code of the run without a crash; left out where nothing was rehearsed.
    #[serde(skip_serializing_if = "Option::is_none")]
    exit_code: Option<u8>,
    /// Every crash that was rehearsed, in the order of the steps.
    crashes: Vec<CrashFile>,
}

/// One crash, what is there then, and what `resume` does.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CrashFile {
    /// The step, counted from 1.
    #[schemars(range(min = 1))]
    step: usize,
    /// `before`: its guards have passed and its intent is not on disk; `inside`: some of its requests were carried out;
    /// `after`: it was seen to be done, and that is not on disk.
    moment: MomentFile,
    /// How many of the step's requests were carried out; inside only.
    #[serde(skip_serializing_if = "Option::is_none")]
    carried_out: Option<usize>,
    /// Whether the step's goal holds then.
    done: bool,
    /// The servers that are otherwise than right before the step.
    seen: Vec<SeenFile>,
    /// What `resume` does about the step: it notes that it is done, asks requests of the world, or stops before it.
    resume: ResumeFile,
    /// How many requests it asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    requests: Option<usize>,
    /// The exit code of `resume`.
    exit_code: u8,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum MomentFile {
    Before,
    Inside,
    After,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum ResumeFile {
    NotesDone,
    Asks,
    Stops,
}

/// A server that is otherwise.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SeenFile {
    server: String,
    /// Role and marks right before the step.
    was: String,
    /// Role and marks after the crash.
    is: String,
}

fn crash_file(crash: &Crash) -> CrashFile {
    let (moment, carried_out) = match crash.place {
        Place::Before => (MomentFile::Before, None),
        Place::Inside { carried_out } => (MomentFile::Inside, Some(carried_out)),
        Place::After => (MomentFile::After, None),
    };
    let (resume, requests) = match crash.resume {
        Resume::NotesDone => (ResumeFile::NotesDone, None),
        Resume::Asks { requests } => (ResumeFile::Asks, Some(requests)),
        Resume::Stops => (ResumeFile::Stops, None),
    };
    let seen = crash.seen.iter().map(|(server, was, is)| SeenFile {
        server: server.to_string(),
        was: told(was),
        is: told(is),
    });
    CrashFile {
        step: crash.step,
        moment,
        carried_out,
        done: crash.is_reached,
        seen: seen.collect(),
        resume,
        requests,
        exit_code: crash.ending.map_or(7, Ending::exit_code),
    }
}
