//! `verify`: the independent checker, on a plan that somebody else made, or on the evidence of a run.

use std::path::Path;

use jiff::Timestamp;

use crate::format::plan as plan_file;
use crate::model::plan::{GroupPlan, Plan};
use crate::model::snapshot::GroupSnapshot;
use crate::model::words::Text;
use crate::plan::check::check;
use crate::run::stale;
use crate::system;

use super::arguments::Verify;
use super::bundle;
use super::failure::Failure;
use super::inputs::{self, shown};
use super::plan::nothing_seen;
use super::setting::{Setting, plural};

/// Runs the command.
pub fn run(setting: &Setting, arguments: &Verify) -> Result<u8, Failure> {
    if bundle::is_evidence(&arguments.plan) {
        if arguments.snapshot.is_some() {
            return Err(evidence_of_the_past(&arguments.plan));
        }
        return bundle::verify(setting, &arguments.plan, arguments.id.as_deref());
    }
    let bytes = inputs::read_file(&arguments.plan)?;
    let (plan, id) = plan_file::read(&shown(&arguments.plan), &bytes, &system::tables())?;
    check_id(arguments.id.as_deref(), &id)?;
    check_plan(&plan, &arguments.plan, Timestamp::now())?;
    let topologies: Vec<_> = plan.groups.iter().map(|group| group.topology.clone()).collect();
    let read = |path| inputs::read_snapshot(setting, path, &topologies);
    let seen = arguments.snapshot.as_deref().map(read).transpose()?;
    if let Some(seen) = &seen {
        check_fresh(&plan, &seen.groups, &arguments.plan)?;
    }
    let groups = plan.groups.len();
    let steps: usize = plan.groups.iter().map(|group| group.steps.len()).sum();
    let told = Text::new(
        format!(
            "verified: {}, {}; every step is a row that fits, every moment keeps the rules, the end is as declared\nplan {id}\n",
            plural(groups, "group"),
            plural(steps, "step"),
        ),
        format!(
            "検証済み: グループ {groups}、ステップ {steps}。すべてのステップは表の定義に合い、常に規則を守り、宣言どおりに終わる\n計画 {id}\n"
        ),
    );
    setting.print(told.say(setting.language));
    if let Some(seen) = &seen {
        setting.print(relied(&plan, &seen.groups).say(setting.language));
    }
    Ok(0)
}

/// Refuses to compare evidence with what is there now.
fn evidence_of_the_past(path: &Path) -> Failure {
    let en = "evidence tells of a run that is past: there is nothing to compare with `--snapshot`";
    Failure::new(1, en, "証跡は過去の実行の記録であり、`--snapshot` と比べるものではない").at(shown(path)).hint(
        "`--snapshot` shows whether a plan that is still to be carried out is fresh; verify the evidence without it",
        "`--snapshot` はこれから実行する計画が現状に合うかを確かめる。証跡の検証では指定しない",
    )
}

/// Says which facts the plan relies on and what they are in the snapshot: none of them turns a guard's answer.
fn relied(plan: &Plan, seen: &[GroupSnapshot]) -> Text {
    let mut told = Text::new(
        "fresh: every server stands where the plan begins, and no guard says no now\n",
        "計画は現状と一致している。どのサーバーも計画の前提どおりで、不成立になった条件はない\n",
    );
    for group in &plan.groups {
        let facts = stale::relied(group, &snapshot_of(group, seen));
        let count = facts.len();
        let name = &group.topology.group;
        told.en.push_str(&format!("`{name}` relies on {count} facts:\n"));
        told.ja.push_str(&format!("`{name}` が前提とする事実 ({count} 件):\n"));
        for fact in facts {
            told.en.push_str(&format!("  {}\n", fact.en));
            told.ja.push_str(&format!("  {}\n", fact.ja));
        }
    }
    told
}

/// Returns what was seen of a plan's group; that nothing was, where the snapshot lacks it.
fn snapshot_of(group: &GroupPlan, seen: &[GroupSnapshot]) -> GroupSnapshot {
    let is_it = |one: &&GroupSnapshot| one.group == group.topology.group && one.system == group.topology.table.system;
    seen.iter().find(is_it).cloned().unwrap_or_else(|| nothing_seen(&group.topology))
}

/// Refuses a plan with another id than the approved one.
pub fn check_id(wanted: Option<&str>, id: &str) -> Result<(), Failure> {
    match wanted {
        Some(wanted) if wanted != id => Err(Failure::new(
            8,
            format!("the plan is `{id}`, not the approved `{wanted}`"),
            format!("計画は `{id}` で、承認された `{wanted}` ではない"),
        )
        .nothing_changed()),
        _ => Ok(()),
    }
}

/// Refuses a plan in which the checker finds a flaw; waivers count that hold at `now`.
pub fn check_plan(plan: &Plan, path: &Path, now: Timestamp) -> Result<(), Failure> {
    let mut failure =
        Failure::new(8, "the plan is not safe or not consistent", "計画が安全でないか、矛盾している").at(shown(path));
    for group in &plan.groups {
        for flaw in check(group, now) {
            let place = place(group, flaw.step);
            failure = failure.because(&Text::new(
                format!("{}: {}", place.en, flaw.says.en),
                format!("{}: {}", place.ja, flaw.says.ja),
            ));
        }
    }
    if failure.lines.is_empty() {
        return Ok(());
    }
    Err(failure.nothing_changed().hint("make the plan again with `rolewalk plan`", "`rolewalk plan` で計画を作り直す"))
}

fn place(group: &GroupPlan, step: Option<usize>) -> Text {
    let name = &group.topology.group;
    match step {
        Some(step) => Text::new(format!("step {step} of `{name}`"), format!("`{name}` のステップ {step}")),
        None => Text::new(format!("`{name}`"), format!("`{name}`")),
    }
}

/// Refuses a plan whose facts no longer hold.
pub fn check_fresh(plan: &Plan, seen: &[GroupSnapshot], path: &Path) -> Result<(), Failure> {
    let now = Timestamp::now();
    let mut failure = Failure::new(8, "the plan is stale", "計画が古くなっている").at(shown(path));
    for group in &plan.groups {
        let changes = stale::changes(group, &snapshot_of(group, seen), now);
        failure = changes.iter().fold(failure, Failure::because);
    }
    if failure.lines.is_empty() {
        return Ok(());
    }
    Err(failure.nothing_changed().hint("make the plan again with `rolewalk plan`", "`rolewalk plan` で計画を作り直す"))
}
