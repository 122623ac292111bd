//! A plan, a snapshot and a journal to test with: `Store` of the campus example, and a store that is blocked.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::date;

use crate::model::drift::{DriftReport, DriftVerdict, Finding, GroupDrift, Partition, WaiverSeen};
use crate::model::event::{AttestedFact, Ending, Entry, Event, Outcome};
use crate::model::fact::{Facts, Value};
use crate::model::guard::{Answer, GuardAnswer, Verdict};
use crate::model::name::ServerName;
use crate::model::plan::{
    Block, Candidate, FollowUp, GroupPlan, GroupVerdict, MarkChange, Plan, RoleChange, Shortest, Step,
};
use crate::model::snapshot::{GroupSnapshot, Snapshot, Standing, Standings};
use crate::model::table::Table;
use crate::model::topology::{Declared, Source, Topology, Waiver};
use crate::model::window::Window;
use crate::model::words::Text;
use crate::system::co_store::table::TABLE;

/// Compares a text with the one under `tests/snapshots`; `INSTA_UPDATE=always` rewrites it.
macro_rules! seen {
    ($name:literal, $text:expr) => {
        insta::with_settings!({
            snapshot_path => concat!(env!("CARGO_MANIFEST_DIR"), "/tests/snapshots"),
            prepend_module_to_snapshot => false,
            omit_expression => true,
        }, { insta::assert_snapshot!($name, $text) })
    };
}
pub(crate) use seen;

/// Returns the tables of the tests.
pub fn tables() -> Vec<&'static Table> {
    vec![&TABLE]
}

/// Returns a server name.
pub fn name(text: &str) -> ServerName {
    ServerName::new(text).unwrap()
}

/// Returns minute `minute` of the morning of the tests.
pub fn at(minute: i64) -> Timestamp {
    "2026-11-20T09:30:00Z".parse::<Timestamp>().unwrap() + jiff::SignedDuration::from_mins(minute)
}

fn standings() -> Standings {
    Standings::from([
        (name("PVS1"), Standing::of("master").with("disks", "complete").with("ticks", "own")),
        (name("PVS2"), Standing::of("slave").with("disks", "complete").with("ticks", "others")),
        (name("PVS3"), Standing::of("unregistered").with("disks", "none").with("ticks", "others")),
        (name("PVS4"), Standing::of("unregistered").with("ticks", "others")),
    ])
}

fn declared(server: &str, role: &'static str, line: usize) -> Declared {
    Declared { server: name(server), role, because: None, lost: false, reinstalled: None, line }
}

/// Returns the declared topology of the campus example.
pub fn topology() -> Topology {
    let mut last = declared("PVS4", "additional", 9);
    last.because = Some("disk returned to stock, CHG-1042".into());
    Topology {
        group: "Store".into(),
        table: &TABLE,
        connection: Some("campus".into()),
        servers: vec![declared("PVS1", "master", 6), declared("PVS2", "slave", 7), declared("PVS3", "slave", 8), last]
            .into(),
        keep: vec![("slave", 1)],
        keep_master_files: false,
        waivers: vec![Waiver {
            guard: "share_present",
            server: Some(name("PVS3")),
            owner: "kimura".into(),
            reason: "the share is made tonight".into(),
            until: date(2026, 12, 1),
        }],
        maintenance: Window::parse("Sat 22:00/PT7H Asia/Tokyo").into_iter().collect(),
        settling: Some(std::time::Duration::from_secs(600)),
        disrupt_at_most: Some(1),
        source: Source { file: "examples/campus/store.yaml".into(), line: 2, ..Source::default() },
    }
}

fn guard(name: &'static str, answer: Answer) -> GuardAnswer {
    GuardAnswer { name, answer, waived: None }
}

fn step(number: usize, server: &str, row: (&str, &'static str, &'static str), guards: Vec<GuardAnswer>) -> Step {
    let transition = TABLE.transition(row.0, row.1, row.2, &Standing::default()).unwrap();
    let say = |words: &str| words.replace("{server}", server).replace("{group}", "Store").replace("{leader}", "PVS1");
    Step {
        number,
        server: name(server),
        transition,
        leader: Some(name("PVS1")),
        runs_on: name(if row.0 == "register" { server } else { "PVS1" }),
        changes: vec![RoleChange { server: name(server), from: row.1, to: row.2 }],
        marks: Vec::new(),
        guards,
        why: Text::new(say(transition.why.en), say(transition.why.ja)),
    }
}

/// Returns facts of every kind.
pub fn facts() -> Facts {
    let mut facts = Facts::default();
    facts.know(None, "open_tasks", Value::List(vec!["41 running 展開".into()]), "the task list", Some(at(0)));
    facts.know(Some(&name("PVS3")), "free_bytes", Value::Count(85_899_345_920), "Get-Volume", Some(at(0)));
    facts.know(Some(&name("PVS3")), "share", Value::Text("D:\\Store".into()), "attested by kimura", None);
    facts.know(None, "paused", Value::Flag(false), "the task list", Some(at(0)));
    facts.miss(Some(&name("PVS4")), "free_bytes", "PVS4 did not answer within 30 s");
    facts
}

/// Returns a plan of three steps.
pub fn plan() -> Plan {
    let one_master = || guard("one_master", Answer::yes("`PVS1` is the only master", "マスターは PVS1 のみ"));
    let mut share = guard("share_present", Answer::unknown("the share of `PVS3` was not seen", "PVS3 の共有は未確認"));
    share.waived = Some(Text::new("by kimura until 2026-12-01: the share is made tonight", "kimura、2026-12-01 まで"));
    let mut add = step(
        2,
        "PVS3",
        ("add-storage", "additional", "slave"),
        vec![
            one_master(),
            guard(
                "no_terminal_running",
                Answer::unknown("`PVS1` did not answer within 30 s", "PVS1 が 30 秒以内に応答しない"),
            ),
            share,
        ],
    );
    add.marks = vec![MarkChange { server: name("PVS3"), mark: "disks", from: Some("none"), to: "awaiting" }];
    let follow_up = FollowUp {
        server: name("PVS3"),
        name: "replication",
        says: Text::new(
            "PVS3 is awaiting replication: it starts with the next new version",
            "PVS3 はレプリケーション待ち: 新しいバージョンの作成で開始される",
        ),
    };
    let ready = GroupPlan {
        topology: topology(),
        standings: standings(),
        verdict: GroupVerdict::Ready,
        shortest: Shortest::Proven,
        steps: vec![
            step(1, "PVS3", ("register", "unregistered", "additional"), vec![one_master()]),
            add,
            step(3, "PVS4", ("register", "unregistered", "additional"), vec![one_master()]),
        ],
        blocked_by: Vec::new(),
        follow_ups: vec![follow_up],
        notes: vec![Text::new("`PVS9` is not declared and is left alone", "PVS9 は宣言されていないため変更しない")],
        candidates: vec![Candidate {
            server: name("PVS2"),
            eligible: false,
            because: Text::new("its vDisk files are awaiting replication", "vDisk ファイルがレプリケーション待ち"),
        }],
        relies_on: facts().0,
    };
    Plan { groups: vec![ready] }
}

/// Returns a plan in which a guard says no, and two of whose servers change roles in one step.
pub fn blocked() -> Plan {
    let mut plan = plan();
    let group = &mut plan.groups[0];
    group.verdict = GroupVerdict::Blocked;
    group.shortest = Shortest::NotProven;
    group.follow_ups = Vec::new();
    group.notes = Vec::new();
    group.relies_on = BTreeMap::new();
    group.topology.group = "B".into();
    group.topology.servers[0].role = "slave";
    group.topology.servers[1].role = "master";
    let because = Text::new("task 41 is running", "タスク 41 が実行中");
    let answer = Answer { verdict: Verdict::No, because: because.clone() };
    let mut handover = step(1, "PVS2", ("handover", "slave", "master"), vec![guard("no_open_task", answer)]);
    handover.changes.push(RoleChange { server: name("PVS1"), from: "master", to: "slave" });
    let ticks = |server, from, to| MarkChange { server: name(server), mark: "ticks", from: Some(from), to };
    handover.marks = vec![ticks("PVS2", "others", "own"), ticks("PVS1", "own", "others")];
    group.steps = vec![handover];
    group.blocked_by = vec![Block {
        step: Some(1),
        server: Some(name("PVS2")),
        rule: "no_open_task".into(),
        because,
        hint: Some(Text::new("wait until the task is done", "タスクの終了を待つ")),
    }];
    plan
}

/// Returns a snapshot with everything that one can hold.
pub fn snapshot() -> Snapshot {
    let mut servers = standings();
    servers.insert(name("PVS5"), Standing::default());
    let group = GroupSnapshot { group: "Store".into(), system: "co-store".into(), servers, facts: facts() };
    Snapshot { at: Some(at(0)), groups: vec![group] }
}

/// Returns a journal with every event.
pub fn entries() -> Vec<Entry> {
    let group = || "Store".to_string();
    let events = vec![
        Event::RunStarted {
            run: "7f3c".into(),
            plan: "b3:00".into(),
            tool: "rolewalk 0.1.0".into(),
            who: "kimura".into(),
            host: "ADMIN1".into(),
            generations: BTreeMap::from([(group(), 4)]),
        },
        Event::GroupStarted { group: group(), steps: 3 },
        Event::GuardsAsked {
            group: group(),
            step: 1,
            answers: vec![
                (
                    "one_master".into(),
                    Verdict::Yes,
                    Text::new("`PVS1` is the only master", "マスターは PVS1 のみ"),
                    None,
                ),
                (
                    "share_present".into(),
                    Verdict::Unknown,
                    Text::new("the share was not seen", "共有は未確認"),
                    Some(Text::new("by kimura", "kimura")),
                ),
            ],
        },
        Event::FactsAttested {
            group: group(),
            step: 1,
            facts: vec![AttestedFact {
                server: Some(name("PVS3")),
                name: "role".into(),
                value: "unregistered".into(),
                source: format!("attested by hanako until {}", at(90)),
                at: Some(at(0)),
            }],
        },
        Event::StepStarted {
            group: group(),
            step: 1,
            transition: "register".into(),
            server: name("PVS3"),
            requests: vec![Text::new("ask the operator, on PVS3: register PVS3", "PVS3: 作業者に依頼: register PVS3")],
        },
        Event::OperatorAsked {
            group: group(),
            step: 1,
            host: name("PVS3"),
            instructions: vec![Text::new("Create the share.", "共有を作成します。")],
            until: at(60),
        },
        Event::StepDone {
            group: group(),
            step: 1,
            changes: vec![RoleChange { server: name("PVS3"), from: "unregistered", to: "additional" }],
            marks: Vec::new(),
            already: false,
        },
        Event::RunInterrupted,
        Event::RunResumed { who: "sato".into(), host: "ADMIN2".into(), generations: BTreeMap::from([(group(), 5)]) },
        Event::StepStarted {
            group: group(),
            step: 2,
            transition: "add-storage".into(),
            server: name("PVS3"),
            requests: vec![Text::new(
                "on PVS1: CO-StoreApi.exe add_slave_storage",
                "PVS1: CO-StoreApi.exe add_slave_storage",
            )],
        },
        Event::Answered {
            group: group(),
            step: 2,
            request: "on PVS1: CO-StoreApi.exe add_slave_storage".into(),
            reply: "exit code 1: \u{1b}[31mno".into(),
        },
        Event::StepStopped {
            group: group(),
            step: 2,
            outcome: Outcome::FailedUnchanged,
            cause: Text::new(
                "`CO-StoreApi.exe add_slave_storage` on `PVS1` ended with exit code 1",
                "PVS1 の CO-StoreApi.exe add_slave_storage が終了コード 1 で終了",
            ),
            otherwise: vec![(name("PVS2"), Some("additional")), (name("PVS4"), None)],
        },
        Event::GroupEnded { group: group(), ending: Ending::Failed },
        Event::RunEnded { exit_code: 7 },
    ];
    let entry = |(index, event)| Entry { number: index as u64 + 1, at: at(index as i64), event };
    events.into_iter().enumerate().map(entry).collect()
}

/// Returns how one group stands to its declaration, with nothing said of it but the verdict.
pub fn group_drift(group: &str, verdict: DriftVerdict) -> GroupDrift {
    GroupDrift {
        group: group.into(),
        system: "co-store".into(),
        file: "store.yaml".into(),
        line: 2,
        verdict,
        findings: Vec::new(),
        unknown: Vec::new(),
        expected: Vec::new(),
        notes: Vec::new(),
        waivers: Vec::new(),
        divergent_files: None,
        in_sync_at: None,
    }
}

/// Returns a drift report with each verdict, and with everything that one can hold.
pub fn drift() -> DriftReport {
    let mut drifted = group_drift("Store", DriftVerdict::Drift);
    drifted.findings.push(Finding {
        server: name("PVS3"),
        what: "role".into(),
        want: "slave".into(),
        have: "addi\u{1b}tional".into(),
        line: Some(8),
        says: Text::new("`PVS3` is addi\u{1b}tional, declared as slave", "PVS3 は addi\u{1b}tional (宣言は slave)"),
        sightings: Some(3),
    });
    drifted.expected.push(Text::new("`PVS2` is awaiting replication", "PVS2 はレプリケーション待ち"));
    drifted.divergent_files = Some(2);
    drifted.in_sync_at = Some(at(-60));
    let waiver = |day, is_expired| WaiverSeen {
        guard: "share_present".into(),
        server: Some(name("PVS3")),
        owner: "kimura".into(),
        reason: "the share is made tonight".into(),
        until: date(2026, 11, day),
        is_expired,
    };
    drifted.waivers = vec![waiver(1, true), waiver(30, false)];
    let mut dark = group_drift("B", DriftVerdict::Undetermined);
    dark.unknown.push(Text::new("`PVS7` did not answer", "PVS7 が応答しない"));
    let mut pending = group_drift("C", DriftVerdict::Pending);
    pending.notes.push(Text::new("never applied from here", "ここから適用されたことがない"));
    let in_sync = ["D", "E"].map(|group| group_drift(group, DriftVerdict::InSync));
    DriftReport {
        at: at(0),
        partition: Some(Partition { number: 1, of: 2 }),
        missing: Vec::new(),
        groups: [vec![drifted, dark, pending], in_sync.into()].concat(),
    }
}
