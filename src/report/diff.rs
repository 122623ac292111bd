//! What is declared against what is there, as a difference of two topologies in YAML: `-` is there now, `+` is declared.

use similar::TextDiff;

use super::clean;
use super::page::{Look, Page, Tone};
use super::phrases;
use crate::model::snapshot::GroupSnapshot;
use crate::model::topology::Topology;

/// Returns the difference; empty where the servers that are declared have their roles.
///
/// Servers that are not declared are left alone by every plan, and are left out here too.
pub fn text(topology: &Topology, seen: &GroupSnapshot, look: &Look) -> String {
    let unknown = phrases::UNKNOWN.say(look.language);
    let head =
        format!("group: {}\nsystem: {}\nservers:\n", clean::yaml(&topology.group), clean::yaml(topology.table.system));
    let (mut have, mut want) = (head.clone(), head);
    for one in &topology.servers {
        let name = clean::yaml(one.server.as_str());
        want.push_str(&format!("  {name}: {}\n", clean::yaml(one.role)));
        match seen.servers.get(&one.server).and_then(|standing| standing.role) {
            Some(role) => have.push_str(&format!("  {name}: {}\n", clean::yaml(role))),
            None => have.push_str(&format!("  {name}: # {unknown}\n")),
        }
    }
    let source = &topology.source;
    let declared = format!("{}:{} ({})", source.file, source.line, phrases::DECLARED.say(look.language));
    let diff = TextDiff::from_lines(&have, &want);
    let told = diff
        .unified_diff()
        .context_radius(3)
        .header(&clean::terminal(phrases::OBSERVED.say(look.language)), &clean::terminal(&declared))
        .to_string();
    let mut page = Page::new(look);
    for line in told.lines() {
        let tone = match line.as_bytes().first() {
            _ if line.starts_with("---") || line.starts_with("+++") => Tone::Strong,
            Some(b'@') => Tone::Faint,
            Some(b'-') => Tone::Bad,
            Some(b'+') => Tone::Good,
            _ => Tone::Plain,
        };
        page.whole(0, &[(tone, line)]);
    }
    page.done()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::sample::{self, seen};
    use crate::model::words::Language;

    #[test]
    fn only_servers_whose_roles_differ_are_plus_and_minus() {
        let (topology, mut snapshot) = (sample::topology(), sample::snapshot());
        let of = |snapshot: &GroupSnapshot, language, colour| {
            text(&topology, snapshot, &Look { language, width: 80, colour })
        };
        let english = of(&snapshot.groups[0], Language::English, false);
        assert!(english.contains("\n-  PVS3: unregistered\n") && english.contains("\n+  PVS3: slave\n"), "{english}");
        assert!(of(&snapshot.groups[0], Language::English, true).contains("\u{1b}[32m+  PVS3: slave\u{1b}[0m"));
        snapshot.groups[0].servers.remove(&sample::name("PVS1"));
        seen!("diff", [english, of(&snapshot.groups[0], Language::Japanese, false)].join("----\n"));
        for one in &topology.servers {
            snapshot.groups[0].servers.entry(one.server.clone()).or_default().role = Some(one.role);
        }
        assert_eq!(of(&snapshot.groups[0], Language::English, false), "");
    }
}
