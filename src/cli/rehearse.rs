//! `rehearse`: the plan on a practice copy of what was observed, with a crash before, inside and after each step.

use std::fmt::Write;

use unicode_width::UnicodeWidthStr;

use crate::format::{plan as plan_file, rehearsal as rehearsal_file};
use crate::model::event::Ending;
use crate::model::plan::{GroupPlan, GroupVerdict, Plan, Step};
use crate::model::rehearsal::{Crash, Place, Rehearsal, Resume, told};
use crate::model::snapshot::Standing;
use crate::model::words::{Language, Text, Words};
use crate::run::runs::worst;
use crate::simulate::rehearse::rehearse;
use crate::system;

use super::apply::plan_alone;
use super::arguments::{Rehearse, RehearseFormat};
use super::failure::Failure;
use super::inputs::{self, shown};
use super::locks::tell_apart;
use super::plan::{exit_code, make};
use super::reach;
use super::setting::{Setting, plural};
use super::verify::check_plan;

/// Runs the command.
pub fn run(setting: &Setting, arguments: &Rehearse) -> Result<u8, Failure> {
    let plan = planned(setting, arguments)?;
    let mut rehearsed = Vec::new();
    for group in plan.groups.iter().filter(|group| group.verdict == GroupVerdict::Ready) {
        let rehearsal = rehearse(group, reach::now()).map_err(|fault| {
            Failure::new(3, "the plan can't be rehearsed", "計画のリハーサルを実施できない")
                .cause(fault)
                .nothing_changed()
        })?;
        rehearsed.push((group, rehearsal));
    }
    setting.print(&match arguments.format {
        RehearseFormat::Json => rehearsal_file::write(&plan, &rehearsed),
        RehearseFormat::Text => text(setting.language, &plan, &rehearsed),
    });
    let ended = |(_, rehearsal): &(&GroupPlan, Rehearsal)| {
        let endings = rehearsal.crashes.iter().map(|crash| crash.ending).chain([rehearsal.ending]);
        worst(endings.map(|ending| ending.map_or(7, Ending::exit_code)))
    };
    Ok(worst(rehearsed.iter().map(ended).chain([exit_code(&plan, false)])))
}

fn planned(setting: &Setting, arguments: &Rehearse) -> Result<Plan, Failure> {
    if let [one] = arguments.paths.as_slice()
        && inputs::is_plan(one)
    {
        let (plan, _) = plan_file::read(&shown(one), &inputs::read_file(one)?, &system::tables())?;
        check_plan(&plan, one, reach::now())?;
        return Ok(plan);
    }
    if arguments.paths.iter().any(|path| inputs::is_plan(path)) {
        return Err(plan_alone(Words { en: "rehearsed", ja: "リハーサル" }));
    }
    let inputs = inputs::read(&arguments.paths)?;
    tell_apart(&inputs.topologies)?;
    let seen = reach::observe_all(&reach::open(setting, &inputs.topologies, &inputs)?)?;
    Ok(make(&inputs.topologies, &seen))
}

fn text(language: Language, plan: &Plan, rehearsed: &[(&GroupPlan, Rehearsal)]) -> String {
    let mut out = String::new();
    for group in plan.groups.iter().filter(|group| group.verdict != GroupVerdict::Ready) {
        let name = &group.topology.group;
        let verdict = group.verdict.as_str();
        let said = Text::new(
            format!("{name}: {verdict}, there is nothing to rehearse"),
            format!("{name}: {verdict}、リハーサルの対象なし"),
        );
        let _ = writeln!(out, "{}", said.say(language));
    }
    for (group, rehearsal) in rehearsed {
        let (name, steps, crashes) = (&group.topology.group, group.steps.len(), rehearsal.crashes.len());
        let said = Text::new(
            format!(
                "{name}: {}, {}; on a practice copy of what was observed, the run is killed at each place in turn and resumed",
                plural(steps, "step"),
                if crashes == 1 { "1 crash".to_string() } else { format!("{crashes} crashes") }
            ),
            format!(
                "{name}: ステップ {steps}、クラッシュ {crashes} 通り。観測した状態の練習用コピーで、各時点で実行を強制終了し、resume で再開した結果"
            ),
        );
        let _ = writeln!(out, "{}", said.say(language));
        if !group.topology.maintenance.is_empty() {
            let said = Text::new(
                "its maintenance windows are left out: it is rehearsed as if one were open all the time",
                "メンテナンス時間は考慮しない: 常に時間内であるものとして実施",
            );
            let _ = writeln!(out, "{}", said.say(language));
        }
        for step in &group.steps {
            let _ = writeln!(out, "\n  {}  {} ({})", step.number, changes(step), step.transition.name);
            let crashes = rehearsal.crashes.iter().filter(|crash| crash.step == step.number);
            let rows =
                crashes.map(|crash| row(language, crash, rehearsal.requests[step.number - 1])).collect::<Vec<_>>();
            table(&mut out, language, &rows);
        }
        out.push('\n');
    }
    let end = Text::new(
        "nothing real has been touched. A practice copy can't show how long a real group takes, what its accounts may do, or what people do meanwhile",
        "実環境には何も行っていない。実環境での所要時間、権限、その間の人の操作は練習用コピーでは確認できない",
    );
    let _ = writeln!(out, "{}", end.say(language));
    out
}

fn changes(step: &Step) -> String {
    let told: Vec<String> =
        step.changes.iter().map(|one| format!("{}: {} → {}", one.server, one.from, one.to)).collect();
    if told.is_empty() { step.server.to_string() } else { told.join(", ") }
}

/// The three columns: where it crashes, what will be seen, what `resume` does.
fn row(language: Language, crash: &Crash, requests: usize) -> [String; 3] {
    let said = |text: Text| text.say(language).to_string();
    let place = match crash.place {
        Place::Before => Text::new("before", "前"),
        Place::Inside { carried_out } => Text::new(
            format!("inside, {carried_out} of {requests} carried out"),
            format!("途中 ({requests} 件中 {carried_out} 件を実施)"),
        ),
        Place::After => Text::new("after", "後"),
    };
    let seen = match (crash.is_reached, crash.seen.is_empty()) {
        (true, _) => Text::new("done", "完了"),
        (false, true) => Text::new("as before the step", "ステップの前のまま"),
        (false, false) => {
            let half: Vec<String> =
                crash.seen.iter().map(|(server, was, is)| format!("{server} {}", told(&other(was, is)))).collect();
            Text::new(format!("half done: {}", half.join("; ")), format!("途中まで: {}", half.join("; ")))
        }
    };
    let resume = match crash.resume {
        Resume::NotesDone => Text::new("notes that it is done, asks nothing", "完了を記録 (要求なし)"),
        Resume::Asks { requests: asks } if asks < requests => Text::new(
            format!("finishes it: {asks} of {requests} requests"),
            format!("残りを実施 ({requests} 件中 {asks} 件)"),
        ),
        Resume::Asks { requests: asks } => {
            Text::new(format!("does it: {asks} of {requests} requests"), format!("実施 ({requests} 件中 {asks} 件)"))
        }
        Resume::Stops => Text::new("stops before it", "その前で停止"),
    };
    let code = crash.ending.map_or(7, Ending::exit_code);
    let ends = match code {
        0 => Text::new("ends as declared", "宣言どおりに完了"),
        code => Text::new(format!("ends with exit code {code}"), format!("終了コード {code} で終了")),
    };
    let sep = if language == Language::English { "; " } else { "、" };
    [said(place), said(seen), format!("{}{sep}{}", said(resume), said(ends))]
}

/// What is otherwise than before the step; the role always, to know who it is.
fn other(was: &Standing, is: &Standing) -> Standing {
    let marks = is.marks.iter().filter(|(mark, value)| was.mark(mark) != Some(**value));
    Standing { role: is.role, marks: marks.map(|(mark, value)| (*mark, *value)).collect() }
}

fn table(out: &mut String, language: Language, rows: &[[String; 3]]) {
    let heads = [("crash", "クラッシュ"), ("will be seen", "観測される状態"), ("resume", "resume の動作")];
    let head = heads.map(|(en, ja)| Text::new(en, ja).say(language).to_string());
    let all: Vec<&[String; 3]> = std::iter::once(&head).chain(rows).collect();
    let width = |column: usize| all.iter().map(|row| row[column].width()).max().unwrap_or(0);
    let widths = [width(0), width(1)];
    for row in all {
        let pad = |column: usize| " ".repeat(widths[column] - row[column].width());
        let _ = writeln!(out, "     {}{}  {}{}  {}", row[0], pad(0), row[1], pad(1), row[2]);
    }
}
