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
        "{:<44}{:>10}{:>10}{:>12}{:>11}   goal",
        "groups x servers", "elapsed s", "CPU s", "us/server", "peak MiB"
    );
    line(folder.path(), 1_000, 8, "CPU under 0.5 s, under 100 MB");
    line(folder.path(), 1, 5_000, "CPU under 1 s");
    println!("\none group in which a minimum binds, every server of it to be changed or counted");
    for bound in BOUND {
        for servers in [1_000, 5_000] {
            bound.write_inputs(folder.path(), servers);
            let what = format!("{}, {servers}", bound.name);
            show(folder.path(), &what, servers, if servers == 5_000 { "CPU under 1 s" } else { "" });
        }
    }
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
    show(folder, &format!("{groups} x {servers}"), groups * servers, goal);
}

/// Measures the plan of what is in the folder, and shows it.
fn show(folder: &Path, what: &str, servers: usize, goal: &str) {
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
    let each = cpu.unwrap_or(elapsed) * 1e6 / servers as f64;
    println!("{what:<44}{elapsed:>10.3}{:>10}{each:>12.1}{:>11}   {goal}", shown(cpu, 3), shown(peak, 0));
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

/// A group in which servers can't be planned one by one.
struct Bound {
    name: &'static str,
    system: &'static str,
    /// The first servers, then the others in turn: where one stands, as JSON, and the role that is declared of it.
    first: &'static [(&'static str, &'static str)],
    others: &'static [(&'static str, &'static str)],
    count: &'static str,
    /// The minimum: that part of the others, and so many more.
    part: (usize, usize),
    more: usize,
}

const BOUND: &[Bound] = &[
    Bound {
        name: "co-store: half change places",
        system: "co-store",
        first: &[(MASTER, "master")],
        others: &[(COMPLETE, "additional"), (ADDITIONAL, "slave")],
        count: "slave",
        part: (1, 2),
        more: 0,
    },
    Bound {
        name: "co-store: all slaves are kept",
        system: "co-store",
        first: &[(MASTER, "master")],
        others: &[(COMPLETE, "additional"), (AWAITING, "slave"), (UNREGISTERED, "slave")],
        count: "slave",
        part: (2, 3),
        more: 0,
    },
    Bound {
        name: "co-store: the same with a handover",
        system: "co-store",
        first: &[(MASTER, "slave"), (COMPLETE, "master")],
        others: &[(COMPLETE, "additional"), (ADDITIONAL, "slave")],
        count: "slave",
        part: (1, 2),
        more: 0,
    },
    Bound {
        name: "sun-ray: a handover",
        system: "sun-ray",
        first: &[(PRIMARY, "secondary"), (SECONDARY, "primary")],
        others: &[(SECONDARY, "secondary"), (STANDALONE, "secondary"), (SECONDARY, "standalone")],
        count: "secondary",
        part: (2, 3),
        more: 1,
    },
    Bound {
        name: "lifekeeper: half change places",
        system: "lifekeeper",
        first: &[(ACTIVE, "active")],
        others: &[(STANDBY, "member"), (MEMBER_OF_CLUSTER, "standby")],
        count: "extended",
        part: (1, 2),
        more: 0,
    },
    Bound {
        name: "wsmgr: half change places",
        system: "wsmgr",
        first: &[(MANAGER, "manager")],
        others: &[(SERVING, "disabled"), (OUT_OF_THE_POOL, "member")],
        count: "serving",
        part: (1, 2),
        more: 0,
    },
];

const MASTER: &str = r#"{"role":"master","disks":"complete","ticks":"own"}"#;
const COMPLETE: &str = r#"{"role":"slave","disks":"complete","ticks":"others"}"#;
const AWAITING: &str = r#"{"role":"slave","disks":"awaiting","ticks":"others"}"#;
const ADDITIONAL: &str = r#"{"role":"additional","disks":"none","ticks":"others"}"#;
const UNREGISTERED: &str = r#"{"role":"unregistered","disks":"none","ticks":"others"}"#;
const PRIMARY: &str = r#"{"role":"primary","follow":"none"}"#;
const SECONDARY: &str = r#"{"role":"secondary","follow":"current"}"#;
const STANDALONE: &str = r#"{"role":"standalone","follow":"none","store":"filled"}"#;
const ACTIVE: &str = r#"{"role":"active","record":"current","mirror":"mirroring"}"#;
const STANDBY: &str = r#"{"role":"standby","record":"current","mirror":"mirroring"}"#;
const MEMBER_OF_CLUSTER: &str = r#"{"role":"member","record":"current","mirror":"none"}"#;
const MANAGER: &str = r#"{"role":"manager","pool":"in","sync":"complete","own":"joined"}"#;
const SERVING: &str = r#"{"role":"member","pool":"in","sync":"complete","own":"joined"}"#;
const OUT_OF_THE_POOL: &str = r#"{"role":"member","pool":"out","sync":"complete","own":"joined"}"#;

impl Bound {
    fn write_inputs(&self, folder: &Path, servers: usize) {
        let Bound { system, first, others, count, part: (part, of), more, .. } = self;
        let least = (servers - first.len()) * part / of + more;
        let mut topology = format!("version: 1\ngroup: G\nsystem: {system}\nkeep: {{ {count}: {least} }}\nservers:\n");
        let mut standings = Vec::new();
        for (number, (standing, role)) in first.iter().chain(others.iter().cycle()).take(servers).enumerate() {
            writeln!(topology, "  P{number}: {role}").expect("a text grows");
            standings.push(format!("\"P{number}\":{standing}"));
        }
        let group = format!("{{\"group\":\"G\",\"system\":\"{system}\",\"servers\":{{{}}}}}", standings.join(","));
        write(folder, &topology, &[group]);
    }
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
    write(folder, &topology, &seen);
}

fn write(folder: &Path, topology: &str, groups: &[String]) {
    let seen = format!("{{\"format\":\"rolewalk.snapshot/1\",\"groups\":[{}]}}", groups.join(","));
    fs::write(folder.join("topology.yaml"), topology).expect("the folder can be written to");
    fs::write(folder.join("snapshot.json"), seen).expect("the folder can be written to");
}
