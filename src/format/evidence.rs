//! `rolewalk.evidence/1`: the manifest of what shows that a run went as it was approved, with a sum for each file; and
//! `rolewalk.guards/1`, what every guard said and on which facts.
//!
//! The sums show that files belong together and that none was altered, is missing or was added since; whoever keeps the
//! manifest's own sum elsewhere can also tell that it is the manifest of then. It never opens a file.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::archive::Packed;
use super::json::{self, JsonFault};
use super::plan_file::AnswerFile;
use super::plan_write::{answer_file, pretty};
use super::shape;
use super::snapshot;
use super::wire::{self, FactFile, SentenceFile};
use crate::model::event::{Entry, Event};
use crate::model::guard::Verdict;
use crate::model::plan::{GroupPlan, Plan};
use crate::model::words::Text;

/// The name of the format, as the first member of the manifest.
pub const FORMAT: &str = "rolewalk.evidence/1";
/// The name of the format of what the guards said.
const GUARDS: &str = "rolewalk.guards/1";
/// The manifest's own name beside the files that it names.
pub const MANIFEST: &str = "manifest.json";

/// What belongs to the evidence of a run.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ManifestFile {
    /// The format: `rolewalk.evidence/1`.
    #[schemars(extend("const" = FORMAT))]
    format: String,
    /// The run's id.
    run: String,
    /// The id of its plan.
    plan: String,
    /// The tool and its version.
    tool: String,
    /// The files, in the order of their names.
    files: Vec<SumFile>,
}

/// One file.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SumFile {
    /// Its name.
    name: String,
    /// Its length.
    bytes: u64,
    /// Its BLAKE3, in hexadecimal.
    #[schemars(extend("pattern" = "^[0-9a-f]{64}$"))]
    blake3: String,
}

/// What a manifest says of its run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// The run's id.
    pub run: String,
    /// The id of its plan.
    pub plan: String,
    /// The manifest's own sum: who keeps it can tell this evidence from any other.
    pub id: String,
}

/// Returns the files with their manifest as the first, all in the order of their names.
pub fn seal(run: &str, plan: &str, mut files: Vec<Packed>) -> (Vec<Packed>, String) {
    files.sort();
    let file = ManifestFile {
        format: FORMAT.into(),
        run: run.into(),
        plan: plan.into(),
        tool: concat!("rolewalk ", env!("CARGO_PKG_VERSION")).into(),
        files: files.iter().map(|(name, content)| sum(name, content)).collect(),
    };
    let manifest = pretty(&file).into_bytes();
    let id = id(&manifest);
    files.insert(0, (MANIFEST.into(), manifest));
    (files, id)
}

fn sum(name: &str, content: &[u8]) -> SumFile {
    SumFile { name: name.into(), bytes: content.len() as u64, blake3: blake3::hash(content).to_hex().to_string() }
}

fn id(manifest: &[u8]) -> String {
    format!("b3:{}", blake3::hash(manifest).to_hex())
}

/// Compares files with their manifest. Returns what the manifest says, and every flaw: files that were altered, are
/// missing, or that it does not name. `place` is only for messages.
///
/// # Errors
/// Returns a [`JsonFault`] where the manifest is none.
pub fn compare(place: &str, manifest: &[u8], files: &[Packed]) -> Result<(Manifest, Vec<Text>), JsonFault> {
    let text = json::text(place, manifest)?;
    let value = json::parse(place, text)?;
    let read: ManifestFile = snapshot::format(&value, FORMAT)
        .and_then(|()| shape::read(&value))
        .map_err(|misfit| misfit.in_file(place, text))?;
    let mut flaws = Vec::new();
    for wanted in &read.files {
        let name = &wanted.name;
        let mut found = files.iter().filter(|(one, _)| one == name);
        match (found.next(), found.next()) {
            (None, _) => flaws.push(Text::new(format!("`{name}` is missing"), format!("`{name}` がない"))),
            (Some(_), Some(_)) => {
                flaws.push(Text::new(format!("`{name}` is there twice"), format!("`{name}` が 2 つある")));
            }
            (Some((_, content)), None) => {
                let have = sum(name, content);
                if (have.bytes, &have.blake3) != (wanted.bytes, &wanted.blake3) {
                    flaws.push(Text::new(format!("`{name}` was altered"), format!("`{name}` が変更されている")));
                }
            }
        }
    }
    let is_named = |name: &str| name == MANIFEST || read.files.iter().any(|one| one.name == name);
    for (name, _) in files.iter().filter(|(name, _)| !is_named(name)) {
        let ja = format!("`{name}` は証跡に含まれないファイル");
        flaws.push(Text::new(format!("`{name}` is no part of the evidence"), ja));
    }
    Ok((Manifest { run: read.run, plan: read.plan, id: id(manifest) }, flaws))
}

/// What every guard of a run said.
#[derive(Serialize)]
struct GuardsFile {
    format: &'static str,
    groups: Vec<GroupFile>,
}

#[derive(Serialize)]
struct GroupFile {
    group: String,
    system: &'static str,
    steps: Vec<StepFile>,
    facts: Vec<FactFile>,
}

#[derive(Serialize)]
struct StepFile {
    number: usize,
    server: String,
    transition: &'static str,
    planned: Vec<SaidFile>,
    asked: Vec<AskedFile>,
}

#[derive(Serialize)]
struct AskedFile {
    at: String,
    answers: Vec<SaidFile>,
}

#[derive(Serialize)]
struct SaidFile {
    name: String,
    verdict: AnswerFile,
    because: SentenceFile,
    waived: Option<SentenceFile>,
}

/// Returns what every guard said: in the plan, with the facts that it read, and each time right before its step.
pub fn guards(plan: &Plan, entries: &[Entry]) -> String {
    pretty(&GuardsFile { format: GUARDS, groups: plan.groups.iter().map(|group| group_file(group, entries)).collect() })
}

fn group_file(group: &GroupPlan, entries: &[Entry]) -> GroupFile {
    let name = &group.topology.group;
    let asked = |number: usize| {
        entries.iter().filter_map(move |entry| match &entry.event {
            Event::GuardsAsked { group, step, answers } if group == name && *step == number => Some(AskedFile {
                at: entry.at.to_string(),
                answers: answers
                    .iter()
                    .map(|(name, verdict, because, waived)| said(name, *verdict, because, waived.as_ref()))
                    .collect(),
            }),
            _ => None,
        })
    };
    let steps = group.steps.iter().map(|step| StepFile {
        number: step.number,
        server: step.server.to_string(),
        transition: step.transition.name,
        planned: step
            .guards
            .iter()
            .map(|guard| said(guard.name, guard.answer.verdict, &guard.answer.because, guard.waived.as_ref()))
            .collect(),
        asked: asked(step.number).collect(),
    });
    GroupFile {
        group: name.clone(),
        system: group.topology.table.system,
        steps: steps.collect(),
        facts: wire::fact_files(&group.relies_on),
    }
}

fn said(name: &str, verdict: Verdict, because: &Text, waived: Option<&Text>) -> SaidFile {
    SaidFile {
        name: name.into(),
        verdict: answer_file(verdict),
        because: because.into(),
        waived: waived.map(Into::into),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::sample;

    fn flaws(files: &[Packed], manifest: &[u8]) -> Vec<String> {
        compare("manifest.json", manifest, files).unwrap().1.into_iter().map(|flaw| flaw.en).collect()
    }

    #[test]
    fn an_altered_a_missing_and_an_extra_file_are_told_and_nothing_else() {
        let files = vec![("b".to_owned(), b"2".to_vec()), ("a".to_owned(), b"1".to_vec())];
        let (sealed, id) = seal("7f3c", "b3:00", files);
        let manifest = sealed[0].1.clone();
        assert_eq!(sealed.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["manifest.json", "a", "b"]);
        let (said, none) = compare("m", &manifest, &sealed).unwrap();
        assert_eq!((said, none), (Manifest { run: "7f3c".into(), plan: "b3:00".into(), id }, Vec::new()));
        let mut altered = sealed.clone();
        altered[1].1 = b"3".to_vec();
        altered.remove(2);
        altered.push(("c".into(), Vec::new()));
        let told = ["`a` was altered", "`b` is missing", "`c` is no part of the evidence"];
        assert_eq!(flaws(&altered, &manifest), told);
        let twice = [sealed.clone(), vec![sealed[1].clone()]].concat();
        assert_eq!(flaws(&twice, &manifest), ["`a` is there twice"]);
        assert!(compare("m", b"{}", &sealed).is_err());
    }

    #[test]
    fn guards_are_told_as_planned_and_as_asked_with_their_facts() {
        let told: serde_json::Value = serde_json::from_str(&guards(&sample::plan(), &sample::entries())).unwrap();
        let group = &told["groups"][0];
        assert_eq!(group["facts"].as_array().unwrap().len(), sample::facts().0.len());
        assert_eq!(group["steps"][1]["planned"][1]["verdict"], "unknown");
        assert!(group["steps"].as_array().unwrap().iter().any(|step| !step["asked"].as_array().unwrap().is_empty()));
    }
}
