//! From a plan's file to a plan. Only what the plan itself holds is read; what the table says of it (who does a
//! step, how dangerous it is, the standings before and after) is compared afterwards by [`super::plan::read`].

use std::time::Duration;

use super::plan_file::*;
use super::shape::Misfit;
use super::wire;
use crate::model::guard::{Answer, GuardAnswer, Verdict};
use crate::model::name::ServerName;
use crate::model::plan::{Block, Candidate, FollowUp, GroupPlan, GroupVerdict, Plan, Shortest, Step};
use crate::model::snapshot::{Standing, Standings};
use crate::model::table::{Table, Transition};
use crate::model::topology::{Declared, Source, TakenBack, Topology, Waiver};
use crate::model::window::Window;
use crate::model::words::Text;

/// Returns the plan of a file.
///
/// # Errors
/// Returns the first name that the tables do not know, or row that does not exist.
pub fn plan(file: PlanFile, tables: &[&'static Table]) -> Result<Plan, Misfit> {
    let groups = wire::list("groups", &file.groups, |one| group(one, tables))?;
    Ok(Plan { groups })
}

/// Returns the groups that a plan declares, each with its servers' roles and nothing else.
///
/// # Errors
/// Returns the first name that the tables do not know.
pub fn declared(file: &DeclaringFile, tables: &[&'static Table]) -> Result<Vec<Topology>, Misfit> {
    wire::list("groups", &file.groups, |one| {
        let table = wire::table(&one.system, tables).map_err(|fault| fault.key("system"))?;
        let servers = wire::list("servers", &one.topology.servers, |one| {
            let role = wire::role(&one.role, table).map_err(|fault| fault.key("role"))?;
            let server = server(&one.server, "server")?;
            Ok(Declared { server, role, because: None, lost: false, reinstalled: None, line: 0 })
        });
        Ok(Topology {
            group: one.group.clone(),
            table,
            connection: None,
            servers: servers.map_err(|fault| fault.key("topology"))?.into(),
            keep: Vec::new(),
            keep_master_files: false,
            waivers: Vec::new(),
            maintenance: Vec::new(),
            settling: None,
            disrupt_at_most: None,
            source: Source::default(),
        })
    })
}

fn group(file: &GroupFile, tables: &[&'static Table]) -> Result<GroupPlan, Misfit> {
    let table = wire::table(&file.system, tables).map_err(|fault| fault.key("system"))?;
    let standings = standings(&file.standings, table)?;
    let mut now = standings.clone();
    let mut steps = Vec::with_capacity(file.steps.len());
    for (index, one) in file.steps.iter().enumerate() {
        let step = step(one, table, &now).map_err(|fault| fault.index(index).key("steps"))?;
        step.apply(&mut now);
        steps.push(step);
    }
    Ok(GroupPlan {
        topology: topology(file, table)?,
        standings,
        verdict: match file.verdict {
            VerdictFile::InSync => GroupVerdict::InSync,
            VerdictFile::Ready => GroupVerdict::Ready,
            VerdictFile::Blocked => GroupVerdict::Blocked,
            VerdictFile::Undetermined => GroupVerdict::Undetermined,
        },
        shortest: match file.shortest {
            ShortestFile::Proven => Shortest::Proven,
            ShortestFile::NotProven => Shortest::NotProven,
        },
        steps,
        blocked_by: wire::list("blocked_by", &file.blocked_by, block)?,
        follow_ups: wire::list("follow_ups", &file.follow_ups, |one| follow_up(one, table))?,
        notes: file.notes.iter().map(|one| Text::new(&one.says, &one.says_ja)).collect(),
        candidates: wire::list("candidates", &file.candidates, candidate)?,
        relies_on: wire::facts(file.relies_on.clone()).map_err(|fault| fault.key("relies_on"))?.0,
    })
}

fn standings(files: &[StandingFile], table: &'static Table) -> Result<Standings, Misfit> {
    let mut standings = Standings::new();
    let read = wire::list("standings", files, |one| {
        let standing = wire::standing(one.role.as_deref(), &one.marks, table)?;
        Ok((server(&one.server, "server")?, standing))
    })?;
    for (index, (server, standing)) in read.into_iter().enumerate() {
        if standings.insert(server, standing).is_some() {
            return Err(Misfit::new("the server stands there twice", "サーバーが 2 回書かれている")
                .index(index)
                .key("standings"));
        }
    }
    Ok(standings)
}

fn step(file: &StepFile, table: &'static Table, now: &Standings) -> Result<Step, Misfit> {
    let server = server(&file.server, "server")?;
    let changes = wire::role_changes(&file.changes, table)?;
    let own = changes.iter().find(|change| change.server == server).map(|change| (change.from, change.to));
    let unknown = Standing::default();
    let now = now.get(&server).unwrap_or(&unknown);
    let stays = || now.role.map(|role| (role, role));
    let transition = match own.or_else(stays) {
        Some((from, to)) => row(&file.transition, from, to, now, table)?,
        None => {
            let ja = format!("ステップ前の `{server}` の役割が不明");
            return Err(Misfit::new(format!("the role of `{server}` before the step is unknown"), ja));
        }
    };
    Ok(Step {
        number: file.number,
        transition,
        leader: file.leader.as_deref().map(|name| self::server(name, "leader")).transpose()?,
        runs_on: self::server(&file.runs_on, "runs_on")?,
        changes,
        marks: wire::mark_changes(&file.marks, table)?,
        guards: wire::list("guards", &file.guards, |one| guard(one, table))?,
        why: Text::new(&file.why, &file.why_ja),
        server,
    })
}

fn row(name: &str, from: &str, to: &str, now: &Standing, table: &'static Table) -> Result<&'static Transition, Misfit> {
    if let Some(row) = table.transition(name, from, to, now) {
        return Ok(row);
    }
    let known = table.transitions.iter().map(|row| row.name);
    let fault = match known.clone().any(|known| known == name) {
        true => Misfit::new(
            format!("the transition `{name}` does not lead from {from} to {to}"),
            format!("遷移 `{name}` は {from} から {to} への遷移ではない"),
        ),
        false => Misfit::unknown("transition", name, known),
    };
    Err(fault.key("transition"))
}

fn guard(file: &GuardFile, table: &'static Table) -> Result<GuardAnswer, Misfit> {
    let verdict = match file.verdict {
        AnswerFile::Yes => Verdict::Yes,
        AnswerFile::Unknown => Verdict::Unknown,
        AnswerFile::No => Verdict::No,
    };
    let because = Text::new(&file.because, &file.because_ja);
    let waived = twins(&file.waived, &file.waived_ja, "waived")?;
    Ok(GuardAnswer { name: guard_name(&file.name, "name", table)?, answer: Answer { verdict, because }, waived })
}

fn guard_name(name: &str, key: &str, table: &'static Table) -> Result<&'static str, Misfit> {
    let known = table.guards.iter().map(|guard| guard.name);
    let found = table.guard(name).map(|guard| guard.name);
    found.ok_or_else(|| Misfit::unknown("guard", name, known).key(key))
}

fn block(file: &BlockFile) -> Result<Block, Misfit> {
    Ok(Block {
        step: file.step,
        server: file.server.as_deref().map(|name| server(name, "server")).transpose()?,
        rule: file.rule.clone(),
        because: Text::new(&file.because, &file.because_ja),
        hint: twins(&file.hint, &file.hint_ja, "hint")?,
    })
}

fn candidate(file: &CandidateFile) -> Result<Candidate, Misfit> {
    let because = Text::new(&file.because, &file.because_ja);
    Ok(Candidate { server: server(&file.server, "server")?, eligible: file.eligible, because })
}

fn follow_up(file: &FollowUpFile, table: &'static Table) -> Result<FollowUp, Misfit> {
    let known = table.transitions.iter().filter_map(|row| row.follow_up).map(|form| form.name);
    let name = known.clone().find(|name| *name == file.name);
    Ok(FollowUp {
        server: server(&file.server, "server")?,
        name: name.ok_or_else(|| Misfit::unknown("follow-up", &file.name, known).key("name"))?,
        says: Text::new(&file.says, &file.says_ja),
    })
}

fn topology(file: &GroupFile, table: &'static Table) -> Result<Topology, Misfit> {
    let inner = |fault: Misfit| fault.key("topology");
    let declared = &file.topology;
    // What a system counts may be named otherwise than a role; a role that it does not count would be kept by nobody.
    let kept = |name: &str| {
        let known = table.counts.iter().map(|count| count.name);
        let found = table.count(name).map(|count| count.name);
        found.ok_or_else(|| Misfit::unknown("minimum", name, known).key("role"))
    };
    let keep = |one: &KeepFile| Ok((kept(&one.role)?, one.at_least));
    let keep = wire::list("keep", &declared.keep, keep).map_err(inner)?;
    Ok(Topology {
        group: file.group.clone(),
        table,
        connection: file.connection.clone(),
        servers: wire::list("servers", &declared.servers, |one| declared_server(one, table)).map_err(inner)?.into(),
        keep,
        keep_master_files: declared.keep_master_files,
        waivers: wire::list("waivers", &declared.waivers, |one| waiver(one, table)).map_err(inner)?,
        maintenance: wire::list("maintenance", &declared.maintenance, |one| window(one)).map_err(inner)?,
        settling: declared.settling_ms.map(Duration::from_millis),
        disrupt_at_most: declared.disrupt_at_most,
        source: Source {
            file: file.source.file.clone(),
            line: file.source.line,
            takes_back: wire::list("takes_back", &declared.takes_back, taken_back).map_err(inner)?,
        },
    })
}

fn taken_back(file: &TakenBackFile) -> Result<TakenBack, Misfit> {
    Ok(TakenBack { server: server(&file.server, "server")?, left: file.left.clone() })
}

fn declared_server(file: &DeclaredFile, table: &'static Table) -> Result<Declared, Misfit> {
    Ok(Declared {
        server: server(&file.server, "server")?,
        role: wire::role(&file.role, table).map_err(|fault| fault.key("role"))?,
        because: file.because.clone(),
        lost: file.lost,
        reinstalled: file.reinstalled.as_deref().map(|day| self::day(day, "reinstalled")).transpose()?,
        line: file.line,
    })
}

fn waiver(file: &WaiverFile, table: &'static Table) -> Result<Waiver, Misfit> {
    Ok(Waiver {
        guard: guard_name(&file.guard, "guard", table)?,
        server: file.server.as_deref().map(|name| server(name, "server")).transpose()?,
        owner: file.owner.clone(),
        reason: file.reason.clone(),
        until: day(&file.until, "until")?,
    })
}

fn server(name: &str, key: &str) -> Result<ServerName, Misfit> {
    wire::server(name).map_err(|fault| fault.key(key))
}

fn window(written: &str) -> Result<Window, Misfit> {
    let word = written.escape_debug();
    Window::parse(written)
        .map_err(|fault| Misfit::new(format!("`{word}`: {}", fault.en), format!("`{word}`: {}", fault.ja)))
}

fn day(text: &str, key: &str) -> Result<jiff::civil::Date, Misfit> {
    let word = text.escape_debug();
    text.parse().map_err(|_| Misfit::new(format!("`{word}` is no day"), format!("`{word}` は日付ではない")).key(key))
}

/// Returns a sentence that stands in the file in both languages or not at all.
fn twins(en: &Option<String>, ja: &Option<String>, key: &str) -> Result<Option<Text>, Misfit> {
    match (en, ja) {
        (Some(en), Some(ja)) => Ok(Some(Text::new(en, ja))),
        (None, None) => Ok(None),
        _ => {
            let ja = format!("`{key}` と `{key}_ja` は必ず組で書く");
            Err(Misfit::new(format!("`{key}` and `{key}_ja` stand only together"), ja).key(key))
        }
    }
}
