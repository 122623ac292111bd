//! `cargo bench`: what planning costs, parsing and writing included, from 10 to 100,000 servers.
//!
//! Each line is `rolewalk plan … --snapshot … --format json` in a process of its own: this very program, started
//! again. CPU time and peak memory are the process's own, as Linux counts them; elsewhere there is elapsed time alone.
//! Goals stand beside the figures. Never fails because of a time. Peers are measured by `bench/peer.py`.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

/// Set in the processes that are measured.
const MEASURED: &str = "ROLEWALK_BENCH_MEASURED";
/// The median of so many runs is shown; of one that takes more than a second, the only one.
const RUNS: usize = 5;

fn main() -> ExitCode {
    if std::env::var_os(MEASURED).is_some() {
        let code = rolewalk::cli::main();
        eprintln!("{}", own_figures());
        return ExitCode::from(code);
    }
    let folder = tempfile::tempdir().expect("a folder for the topologies is needed");
    println!("plan, 10 % of the servers declared in another role; parse, plan and JSON included; median of {RUNS}\n");
    println!(
        "{:<22}{:>10}{:>10}{:>12}{:>11}   goal",
        "groups x servers", "elapsed s", "CPU s", "us/server", "peak MiB"
    );
    line(folder.path(), 1_000, 8, "CPU under 0.5 s, under 100 MB");
    line(folder.path(), 1, 5_000, "CPU under 1 s");
    println!("\ngroups of 8 (the time for a server is to stay the same)");
    for servers in [10, 100, 1_000, 10_000, 100_000] {
        line(folder.path(), usize::max(servers / 8, 1), 8, "");
    }
    println!("\none group (the time for a server is to stay the same)");
    for servers in [10, 100, 1_000, 10_000, 100_000] {
        line(folder.path(), 1, servers, "");
    }
    ExitCode::SUCCESS
}

/// Seconds elapsed, seconds of CPU, peak in MiB; the latter two where they are known.
type Figures = (f64, Option<f64>, Option<f64>);

fn line(folder: &Path, groups: usize, servers: usize, goal: &str) {
    write_inputs(folder, groups, servers);
    let mut runs = vec![measure(folder)];
    while runs.len() < RUNS && runs[0].0 < 1.0 {
        runs.push(measure(folder));
    }
    let (elapsed, cpu, peak) = (
        median(runs.iter().map(|run| run.0)),
        runs.iter().map(|run| run.1).collect::<Option<Vec<f64>>>().map(|all| median(all.into_iter())),
        runs.iter().map(|run| run.2).collect::<Option<Vec<f64>>>().map(|all| median(all.into_iter())),
    );
    let shown = |value: Option<f64>, digits: usize| value.map_or("-".into(), |value| format!("{value:.digits$}"));
    let each = cpu.unwrap_or(elapsed) * 1e6 / (groups * servers) as f64;
    println!(
        "{:<22}{elapsed:>10.3}{:>10}{each:>12.1}{:>11}   {goal}",
        format!("{groups} x {servers}"),
        shown(cpu, 3),
        shown(peak, 0)
    );
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn measure(folder: &Path) -> Figures {
    let program = std::env::current_exe().expect("this program has a path");
    let mut command = Command::new(program);
    command.args(["plan", "topology.yaml", "--snapshot", "snapshot.json", "--format", "json"]);
    command.current_dir(folder).env(MEASURED, "1").stdin(Stdio::null()).stdout(Stdio::null());
    let start = Instant::now();
    let ended = command.output().expect("this program can be started again");
    let elapsed = start.elapsed().as_secs_f64();
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(ended.status.success(), "the plan failed: {said}");
    let mut figures = said.lines().last().unwrap_or_default().split(' ').map(|one| one.parse().ok());
    (elapsed, figures.next().flatten(), figures.next().flatten())
}

/// Returns this process's CPU seconds and peak MiB as two words; `-` for what is not known.
fn own_figures() -> String {
    let stat = fs::read_to_string("/proc/self/schedstat").ok();
    let cpu = stat.and_then(|stat| stat.split(' ').next()?.parse::<f64>().ok()).map(|nanoseconds| nanoseconds / 1e9);
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok());
    let word = |value: Option<f64>| value.map_or("-".into(), |value| value.to_string());
    format!("{} {}", word(cpu), word(peak.map(|kibibytes: f64| kibibytes / 1024.0)))
}

fn write_inputs(folder: &Path, groups: usize, servers: usize) {
    let (mut topology, mut seen) = (String::new(), Vec::new());
    let mut number = 0;
    for group in 0..groups {
        let mut standings = Vec::new();
        write!(topology, "---\nversion: 1\ngroup: Store{group}\nsystem: co-store\nkeep: {{ slave: 1 }}\nservers:\n")
            .expect("a text grows");
        for server in 0..servers {
            number += 1;
            let (have, other) = match server {
                0 => ("master", "master"),
                _ if server % 3 == 0 => ("additional", "slave"),
                _ => ("slave", "additional"),
            };
            let want = if number % 10 == 0 { other } else { have };
            let disks = if have == "additional" { "none" } else { "complete" };
            writeln!(topology, "  P{group}-{server}: {want}").expect("a text grows");
            standings.push(format!("\"P{group}-{server}\":{{\"role\":\"{have}\",\"disks\":\"{disks}\"}}"));
        }
        let standings = standings.join(",");
        seen.push(format!("{{\"group\":\"Store{group}\",\"system\":\"co-store\",\"servers\":{{{standings}}}}}"));
    }
    let seen = format!("{{\"format\":\"rolewalk.snapshot/1\",\"groups\":[{}]}}", seen.join(","));
    fs::write(folder.join("topology.yaml"), topology).expect("the folder can be written to");
    fs::write(folder.join("snapshot.json"), seen).expect("the folder can be written to");
}
