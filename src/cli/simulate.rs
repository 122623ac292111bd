//! `simulate`: the fault simulation, for anyone.

use std::fmt::Write;
use std::time::{Duration, Instant};

use crate::model::table::Transition;
use crate::model::words::{Text, Words};
use crate::simulate::fault::{Fault, Moment, is_of_undo};
use crate::simulate::ground::{self, Ground};
use crate::simulate::many::{Report, Seeds, simulate_many, target};
use crate::simulate::one::{End, simulate_told};
use crate::system;

use super::arguments::Simulate;
use super::failure::Failure;
use super::setting::Setting;

/// Runs the command: one system's simulations after another's, each with its share of the seeds and of the time.
pub fn run(setting: &Setting, arguments: &Simulate) -> Result<u8, Failure> {
    let grounds = match &arguments.system {
        Some(system) => vec![ground::find(system).ok_or_else(|| no_such_system(system))?],
        None => ground::all().iter().collect(),
    };
    let mut is_broken = false;
    for (&ground, count) in grounds.iter().zip(shares(arguments, grounds.len() as u64)) {
        if count == 0 {
            continue;
        }
        let begun = Instant::now();
        if arguments.story {
            tell(setting, ground, arguments.seed, count);
        }
        let span = arguments.span.map(|span| span / grounds.len() as u32);
        let report = simulate_many(Seeds { ground, first: arguments.seed, count, span });
        setting.print(&text(setting, ground.system.table.system, arguments.seed, &report));
        setting.remark(&pace(&report, begun.elapsed()));
        is_broken |= !report.broken.is_empty();
    }
    Ok(if is_broken { 70 } else { 0 })
}

/// Divides the simulations among so many systems; what can't be divided goes to the first.
fn shares(arguments: &Simulate, systems: u64) -> impl Iterator<Item = u64> {
    let otherwise = match (arguments.story, arguments.span) {
        (true, _) => 1,
        (false, Some(_)) => u64::MAX,
        (false, None) => 10_000,
    };
    let all = arguments.runs.unwrap_or(otherwise);
    (0..systems).map(move |index| all / systems + u64::from(index < all % systems))
}

/// Tells what happens in each simulation, line by line.
fn tell(setting: &Setting, ground: &'static Ground, first: u64, count: u64) {
    for index in 0..count {
        let seed = first.wrapping_add(index);
        let outcome = simulate_told(ground, seed, target(ground, seed));
        setting.print(&format!("{}\n", outcome.story.join("\n")));
    }
}

fn text(setting: &Setting, system: &str, first: u64, report: &Report) -> String {
    let say = |en: String, ja: String| Text::new(en, ja).say(setting.language).to_string();
    let mut out = String::new();
    let mut line = |text: String| {
        let _ = writeln!(out, "{text}");
    };
    let last = first.wrapping_add(report.seeds.saturating_sub(1));
    let (seeds, processes) = (report.seeds, report.processes);
    line(say(
        format!("{system}: {seeds} simulations, seeds {first} to {last}; {processes} runs and resumes"),
        format!("{system}: シミュレーション {seeds} 件 (シード {first}～{last})、実行と再開 {processes} 回"),
    ));
    for (end, count) in &report.ends {
        line(format!("  {count:>8}  {}", end_title(*end).say(setting.language)));
    }
    line(String::new());
    line(say("faults, and at which moment of a step:".into(), "障害と、ステップのどの時点で起きたか:".into()));
    for fault in Fault::ALL {
        let all = report.faults.get(&fault).copied().unwrap_or(0);
        let at = |moment: Moment| -> u64 {
            let counts = report.cells.values().flatten();
            counts.filter(|(cell, _)| cell.fault == fault && cell.moment == moment).map(|(_, count)| count).sum()
        };
        let moments = Moment::ALL.map(|moment| format!("{} {}", moment.title().say(setting.language), at(moment)));
        line(format!("  {all:>8}  {} ({})", fault.title().say(setting.language), moments.join(", ")));
    }
    line(String::new());
    coverage(setting, report, &mut line);
    for (seed, broken) in &report.broken {
        line(String::new());
        for what in broken {
            line(say(format!("bug: seed {seed}: {what}"), format!("不具合: シード {seed}: {what}")));
        }
        line(say(
            format!("  again: rolewalk simulate --system {system} --seed {seed} --runs 1"),
            format!("  再現: rolewalk simulate --system {system} --seed {seed} --runs 1"),
        ));
    }
    line(say(
        format!("broken invariants: {}", report.broken.values().map(Vec::len).sum::<usize>()),
        format!("破られた不変条件: {}", report.broken.values().map(Vec::len).sum::<usize>()),
    ));
    out
}

fn no_such_system(name: &str) -> Failure {
    let known: Vec<&str> = ground::all().iter().map(|ground| ground.system.table.system).collect();
    let known = known.join(", ");
    Failure::new(1, format!("there is no system `{name}`"), format!("システム `{name}` はない"))
        .hint(format!("the systems are {known}"), format!("指定できるもの: {known}"))
}

/// Tells of each system how many cells (row × fault × moment) were met, and which were not.
fn coverage(setting: &Setting, report: &Report, line: &mut impl FnMut(String)) {
    let missing = report.missing();
    for (system, cells) in &report.cells {
        let of_system = missing.iter().filter(|(of, _)| of == system).count();
        let (met, all) = (cells.len() - of_system, cells.len());
        let told = Text::new(
            format!("{system}: {met} of {all} cells (transition × fault × moment) were met"),
            format!("{system}: {all} 通り (遷移 × 障害 × 時点) のうち {met} 通りを実施"),
        );
        line(told.say(setting.language).to_string());
        without_cells(setting, system, line);
    }
    for (system, cell) in missing.iter().take(20) {
        let row = system::find(system).and_then(|system| system.table.transitions.get(cell.row));
        let row = row.map(named).unwrap_or_default();
        let (fault, moment) = (cell.fault.title(), cell.moment.title());
        let told = Text::new(
            format!("  not met: {row}, {}, {}", fault.en, moment.en),
            format!("  未実施: {row}、{}、{}", fault.ja, moment.ja),
        );
        line(told.say(setting.language).to_string());
    }
    if missing.len() > 20 {
        let more = missing.len() - 20;
        line(Text::new(format!("  and {more} more"), format!("  ほか {more} 通り")).say(setting.language).to_string());
    }
}

/// Names the rows of a system that have no cells.
fn without_cells(setting: &Setting, system: &str, line: &mut impl FnMut(String)) {
    let rows = system::find(system).map(|system| system.table.transitions).unwrap_or_default();
    for row in rows.iter().filter(|row| is_of_undo(row)).map(named) {
        let told = Text::new(
            format!("  no cells: {row}: only `undo` walks it, and it is not simulated"),
            format!("  対象外: {row}: `undo` だけが使う遷移で、シミュレーションしない"),
        );
        line(told.say(setting.language).to_string());
    }
}

fn named(row: &Transition) -> String {
    format!("{} ({} → {})", row.name, row.from, row.to)
}

fn end_title(end: End) -> Words {
    match end {
        End::Declared => Words { en: "ended as declared", ja: "宣言どおりに完了" },
        End::Replanned => Words {
            en: "were changed by hand meanwhile, stopped, and ended as declared by a new plan",
            ja: "手作業で変更されて停止し、新しい計画で宣言どおりに完了",
        },
        End::LeftToPeople => Words {
            en: "were changed by hand so that only people can go on, and stopped with a reason",
            ja: "手作業で変更され、理由を示して停止 (続きは人の作業)",
        },
    }
}

/// Says how fast it went, which is no part of the report: the report is the same every time.
fn pace(report: &Report, span: Duration) -> Text {
    let seconds = span.as_secs_f64();
    let rate = report.processes as f64 / seconds.max(0.001);
    Text::new(
        format!("{seconds:.1} s, {rate:.0} runs and resumes a second"),
        format!("{seconds:.1} 秒、毎秒 {rate:.0} 回の実行と再開"),
    )
}
