//! The evidence of a run: packed by `show RUN --bundle`, and checked without anything else by `verify`.

use std::fs;
use std::path::Path;

use crate::format::archive::{self, ArchiveFault, Packed};
use crate::format::{evidence, journal as journal_file, plan as plan_file, snapshot as snapshot_file};
use crate::model::event::{Entry, Event};
use crate::model::fact::Facts;
use crate::model::plan::{GroupPlan, Plan};
use crate::model::snapshot::{GroupSnapshot, Snapshot, Standings};
use crate::model::words::{Language, Text};
use crate::report::html::Review;
use crate::report::{self, Look};
use crate::run::runs::Run;
use crate::run::state::{StateFault, make_folder, write_file};
use crate::system;

use super::failure::Failure;
use super::inputs::{self, shown};
use super::reach;
use super::setting::{Setting, plural};
use super::verify::{check_id, check_plan};

/// The most files of a folder that is taken to be evidence.
const MOST_FILES: usize = 1000;

/// Packs the evidence of a run.
pub fn pack(setting: &Setting, run: &Run, to: &Path) -> Result<u8, Failure> {
    let (files, id) = evidence::seal(&run.id, &run.plan_id, files(setting, run)?);
    match is_archive(to) {
        true => {
            let bytes = archive::pack(&files).map_err(|fault| refused(to, &fault))?;
            write_file(to, &bytes)?;
        }
        false => {
            if fs::read_dir(to).is_ok_and(|mut entries| entries.next().is_some()) {
                return Err(Failure::new(1, "the folder is not empty", "フォルダーが空でない").at(shown(to)).hint(
                    "name a new folder, or a file that ends in `.zip`",
                    "新しいフォルダーか、`.zip` で終わるファイルを指定する",
                ));
            }
            make_folder(to)?;
            for (name, content) in &files {
                write_file(&to.join(name), content)?;
            }
        }
    }
    let (count, run, to) = (files.len(), &run.id, shown(to));
    setting.remark(&Text::new(
        format!("packed the evidence of run {run} into `{to}`: {}", plural(count, "file")),
        format!("実行 {run} の証跡を `{to}` に保存した ({count} ファイル)"),
    ));
    setting.print(&format!("evidence {id}\n"));
    Ok(0)
}

fn is_archive(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("zip"))
}

/// Makes the files of a run's evidence. The same run gives the same files.
fn files(setting: &Setting, run: &Run) -> Result<Vec<Packed>, Failure> {
    let folder = setting.state.run(&run.id);
    let entries = &run.journal.entries;
    let tables = system::tables();
    let mut files = vec![
        ("plan.json".to_owned(), inputs::read_file(&folder.join("plan.json"))?),
        ("journal.jsonl".to_owned(), inputs::read_file(&folder.join("journal.jsonl"))?),
        ("guards.json".to_owned(), evidence::guards(&run.plan, entries).into_bytes()),
        ("before.json".to_owned(), snapshot_file::write(&before(&run.plan), &tables).into_bytes()),
        ("after.json".to_owned(), snapshot_file::write(&after(&run.plan, entries), &tables).into_bytes()),
    ];
    let full = inputs::command(["rolewalk", "show", "plan.json"]);
    for (language, name) in [(Language::English, "en"), (Language::Japanese, "ja")] {
        let review = Review {
            plan: &run.plan,
            id: &run.plan_id,
            apply: None,
            full: &full,
            disks: &[],
            run: Some((&run.id, entries)),
        };
        files.push((format!("run.{name}.html"), report::html::page(&review, language).into_bytes()));
        let look = Look { language, width: 100, colour: false };
        let text = report::text::plan(&run.plan, Some(&run.plan_id), None, &look);
        let told = report::events::run(entries, &run.plan, &look);
        files.push((format!("run.{name}.txt"), format!("{text}\n{told}").into_bytes()));
    }
    Ok(files)
}

/// Returns what was observed before the run, as its plan has it.
fn before(plan: &Plan) -> Snapshot {
    let of = |group: &GroupPlan| group_snapshot(group, group.standings.clone(), Facts(group.relies_on.clone()));
    Snapshot { at: None, groups: plan.groups.iter().map(of).collect() }
}

/// Returns what the journal says is there now: every step that was seen to be done, and roles that were seen otherwise.
fn after(plan: &Plan, entries: &[Entry]) -> Snapshot {
    let of = |group: &GroupPlan| {
        let mut standings = group.standings.clone();
        for entry in entries.iter().filter(|entry| entry.event.group() == Some(&group.topology.group)) {
            match &entry.event {
                Event::StepDone { changes, marks, .. } => {
                    for change in changes {
                        standings.entry(change.server.clone()).or_default().role = Some(change.to);
                    }
                    for mark in marks {
                        standings.entry(mark.server.clone()).or_default().marks.insert(mark.mark, mark.to);
                    }
                }
                Event::StepStopped { otherwise, .. } => {
                    for (server, role) in otherwise {
                        standings.entry(server.clone()).or_default().role = *role;
                    }
                }
                _ => {}
            }
        }
        group_snapshot(group, standings, Facts::default())
    };
    Snapshot { at: entries.last().map(|entry| entry.at), groups: plan.groups.iter().map(of).collect() }
}

fn group_snapshot(group: &GroupPlan, servers: Standings, facts: Facts) -> GroupSnapshot {
    let (name, system) = (group.topology.group.clone(), group.topology.table.system.to_owned());
    GroupSnapshot { group: name, system, servers, facts }
}

/// Returns whether a path names evidence, and no plan.
pub fn is_evidence(path: &Path) -> bool {
    is_archive(path) || path.is_dir()
}

/// Checks the evidence of a run: every file, the plan's identity and safety, the journal's chain, and that they belong
/// together.
pub fn verify(setting: &Setting, path: &Path, id: Option<&str>) -> Result<u8, Failure> {
    let files = match is_archive(path) {
        true => archive::unpack(&inputs::read_file(path)?).map_err(|fault| refused(path, &fault))?,
        false => folder(path)?,
    };
    let content = |name: &str| files.iter().find(|(one, _)| one == name).map(|(_, content)| content.as_slice());
    let manifest = content(evidence::MANIFEST).ok_or_else(|| {
        Failure::new(8, "the evidence has no manifest", "証跡に manifest.json がない").at(shown(path))
    })?;
    let place = format!("{}/{}", shown(path), evidence::MANIFEST);
    let (manifest, flaws) = evidence::compare(&place, manifest, &files)?;
    if !flaws.is_empty() {
        let failure = Failure::new(8, "the evidence is not as it was packed", "証跡が保存時の内容と異なる");
        return Err(flaws.iter().fold(failure.at(shown(path)), Failure::because));
    }
    check_id(id, &manifest.id)?;
    let tables = system::tables();
    let missing = |name: &str| {
        Failure::new(8, format!("the evidence has no `{name}`"), format!("証跡に `{name}` がない")).at(shown(path))
    };
    let bytes = content("plan.json").ok_or_else(|| missing("plan.json"))?;
    let (plan, plan_id) = plan_file::read("plan.json", bytes, &tables)?;
    let bytes = content("journal.jsonl").ok_or_else(|| missing("journal.jsonl"))?;
    let journal = journal_file::read(bytes, &tables).map_err(|fault| {
        Failure::new(8, "the journal can't be relied on", "ジャーナルは信頼できない").at("journal.jsonl").cause(fault)
    })?;
    // A waiver that has ended since was used rightly.
    let begun = journal.entries.first().map_or_else(reach::now, |entry| entry.at);
    check_plan(&plan, Path::new("plan.json"), begun)?;
    let began_with = match journal.entries.first().map(|entry| &entry.event) {
        Some(Event::RunStarted { run, plan, .. }) => Some((run, plan)),
        _ => None,
    };
    if plan_id != manifest.plan || began_with.is_some_and(|began| began != (&manifest.run, &manifest.plan)) {
        let en = "plan, journal and manifest are not of one run";
        return Err(Failure::new(8, en, "計画、ジャーナル、manifest.json が同じ実行のものでない").at(shown(path)));
    }
    let (run, count, events) = (&manifest.run, files.len(), journal.entries.len());
    let told = Text::new(
        format!(
            "verified: run {run}, {} as packed, {} in one chain, the plan is safe and its own\nplan {plan_id}\nevidence {}\n",
            plural(count, "file"),
            plural(events, "event"),
            manifest.id
        ),
        format!(
            "検証済み: 実行 {run}、{count} ファイルは保存時のまま、{events} 件の記録は連鎖している、計画は安全で改変なし\n計画 {plan_id}\n証跡 {}\n",
            manifest.id
        ),
    );
    setting.print(told.say(setting.language));
    Ok(0)
}

fn folder(path: &Path) -> Result<Vec<Packed>, Failure> {
    let failed = |cause| Failure::from(StateFault { act: "read", path: path.into(), cause });
    let mut files = Vec::new();
    for entry in fs::read_dir(path).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if files.len() >= MOST_FILES {
            let ja = format!("ファイルが {MOST_FILES} 個を超えている");
            return Err(Failure::new(1, format!("there are more than {MOST_FILES} files"), ja).at(shown(path)));
        }
        // A folder in it is something that nobody packed, whatever is in it.
        let content = if entry.path().is_dir() { Vec::new() } else { inputs::read_file(&entry.path())? };
        files.push((name, content));
    }
    files.sort();
    Ok(files)
}

fn refused(path: &Path, fault: &ArchiveFault) -> Failure {
    let ja = match fault {
        ArchiveFault::TooLarge => "1 つのアーカイブには大きすぎる",
        ArchiveFault::NoArchive => "zip アーカイブではない",
        ArchiveFault::Foreign => "別のプログラムが作成または変更したアーカイブ",
    };
    let code = if *fault == ArchiveFault::Foreign { 8 } else { 1 };
    let failure = Failure::new(code, fault.to_string(), ja).at(shown(path));
    match fault {
        ArchiveFault::Foreign => failure.hint(
            "unpack it and verify the folder: that names the files that are not as they were",
            "展開したフォルダーを検証すると、変更されたファイルが分かる",
        ),
        _ => failure,
    }
}
