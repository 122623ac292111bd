//! What the page holds: both languages, every part, and nothing that acts, however large or hostile the plan.

use super::*;
use crate::format::sample::{self, seen};
use crate::model::plan::Step;
use crate::model::words::Text;

fn of(plan: &Plan) -> String {
    let review = Review {
        plan,
        id: "b3:00",
        apply: Some("rolewalk apply plan.json --id b3:00"),
        full: "rolewalk show plan.json",
        disks: &[],
        run: None,
    };
    page(&review, Language::English)
}

/// Asserts that the page is well-formed: every element is closed where it should be, every id is there once, and every
/// id that is named exists. Returns how many elements there are.
fn check(page: &str) -> usize {
    let xml = page
        .replacen("<!DOCTYPE html>", "", 1)
        .replace("<meta charset=\"utf-8\">", "")
        .replace(" checked>", ">")
        .replace("<br>", "<br/>")
        .replace("<details open>", "<details>");
    let xml: String =
        xml.lines().filter(|line| !line.trim().starts_with("<meta")).map(|line| format!("{line}\n")).collect();
    let xml = close(&xml, "<input ");
    let document = roxmltree::Document::parse(&xml).unwrap_or_else(|error| panic!("{error}\n{xml}"));
    let mut ids = std::collections::BTreeSet::new();
    let elements: Vec<_> = document.descendants().filter(|node| node.is_element()).collect();
    for element in &elements {
        if let Some(id) = element.attribute("id") {
            assert!(ids.insert(id), "{id} is there twice");
        }
    }
    for element in &elements {
        for name in ["aria-labelledby", "for"] {
            let named = element.attribute(name).unwrap_or_default().split_whitespace();
            named.for_each(|id| assert!(ids.contains(id), "{id} is not there"));
        }
        if let Some(id) = element.attribute("href").and_then(|link| link.strip_prefix('#')) {
            assert!(ids.contains(id), "{id} is not there");
        }
        let is_fine = |name: &str| !name.starts_with("on") && name != "src";
        assert!(element.attributes().all(|one| is_fine(one.name())), "{element:?}");
        assert!(!["script", "img", "iframe", "link", "object"].contains(&element.tag_name().name()), "{element:?}");
    }
    elements.len()
}

fn close(xml: &str, tag: &str) -> String {
    let mut parts = xml.split(tag);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str(tag);
        out.push_str(&part.replacen('>', "/>", 1));
    }
    out
}

#[test]
fn a_reviewer_sees_danger_identity_picture_redundancy_steps_and_the_way_back_in_this_order() {
    let mut plan = sample::plan();
    plan.groups.extend(sample::blocked().groups);
    let page = of(&plan);
    assert!(check(&page) > 300);
    let english = &page[page.find("<article class=\"en\"").unwrap()..page.find("<article class=\"ja\"").unwrap()];
    let mut at = 0;
    for what in [
        "Dangerous steps",
        "b3:00",
        "rolewalk apply plan.json --id b3:00",
        "All groups",
        "Why nothing can be done",
        "task 41 is running",
        "Before and after",
        "What remains at every moment",
        "add-storage",
        "Way back to the roles of before",
        "Servers, role and marks",
        "the share is made tonight",
        "awaiting replication",
        "PVS9",
        "free_bytes",
    ] {
        at += english[at..].find(what).unwrap_or_else(|| panic!("{what} does not come next"));
    }
    for what in ["危険なステップ", "変更前と変更後", "各時点で残る台数", "承認の対象", "後で必要な作業"]
    {
        assert!(page.contains(what), "{what}");
    }
    seen!("plan.svg", picture(&sample::plan().groups[0], Language::English));
}

#[test]
fn the_page_opens_in_the_language_that_is_asked_for_and_holds_both() {
    let plan = sample::plan();
    let review = Review { plan: &plan, id: "b3:00", apply: None, full: "x", disks: &[], run: None };
    for (language, code) in [(Language::English, "en"), (Language::Japanese, "ja")] {
        let page = page(&review, language);
        check(&page);
        assert!(page.contains(&format!("<html lang=\"{code}\">")));
        assert!(page.contains(&format!("id=\"pick-{code}\" checked")) && page.matches(" checked").count() == 1);
        assert!(
            page.contains("<article class=\"en\" lang=\"en\">") && page.contains("<article class=\"ja\" lang=\"ja\">")
        );
    }
}

#[test]
fn a_run_is_shown_event_by_event_beside_its_plan() {
    let plan = sample::plan();
    let entries = sample::entries();
    let review = Review { plan: &plan, id: "b3:00", apply: None, full: "x", disks: &[], run: Some(("7f3c", &entries)) };
    let page = page(&review, Language::English);
    check(&page);
    assert_eq!(page.matches("<time ").count(), 2 * entries.len());
    assert!(page.contains("What was done") && page.contains("Run 7f3c"));
}

#[test]
fn ten_thousand_groups_and_thousands_of_steps_stay_bounded_and_say_where_the_rest_is() {
    let one = sample::plan().groups.remove(0);
    let many = of(&Plan { groups: vec![one.clone(); 10_000] });
    check(&many);
    assert!(many.len() < 6 << 20, "{}", many.len());
    assert!(many.contains("9940 groups are not shown here") && many.contains("rolewalk show plan.json"));
    let mut long = one;
    let step = long.steps[1].clone();
    long.steps = (1..=5000).map(|number| Step { number, ..step.clone() }).collect();
    long.notes = vec![Text::new("x".repeat(5000), "あ".repeat(5000)); 500];
    let long = of(&Plan { groups: vec![long] });
    check(&long);
    assert!(long.len() < 6 << 20, "{}", long.len());
    assert!(long.contains("4600 more steps are not shown here") && long.contains("class=\"chart\""));
}

#[test]
fn hostile_names_are_only_text() {
    let evil = "`</title><script>x</script>\"'><img src=x onerror=y>\u{202e}\n&amp;";
    let mut plan = sample::plan();
    let group = &mut plan.groups[0];
    group.topology.group = evil.into();
    group.topology.source.file = evil.into();
    group.topology.waivers[0].owner = evil.into();
    group.topology.servers[3].because = Some(evil.into());
    group.notes = vec![Text::new(evil, evil)];
    for guard in &mut group.steps[0].guards {
        guard.answer.because = Text::new(evil, evil);
    }
    let review = Review { plan: &plan, id: evil, apply: Some(evil), full: evil, disks: &[], run: None };
    let page = page(&review, Language::Japanese);
    check(&page);
    assert!(!page.contains("<script") && !page.contains("<img") && !page.contains('\u{202e}'));
    assert!(page.matches("&lt;script&gt;").count() > 10);
    check_svg(&picture(&plan.groups[0], Language::English));
}

fn check_svg(svg: &str) {
    assert!(roxmltree::Document::parse(svg).is_ok(), "{svg}");
    assert!(!svg.contains("<script"));
}

#[test]
fn nothing_to_do_and_no_groups_are_said_in_a_word() {
    let mut plan = sample::plan();
    let group = &mut plan.groups[0];
    group.verdict = GroupVerdict::InSync;
    group.steps.clear();
    group.notes.clear();
    group.follow_ups.clear();
    assert!(of(&plan).contains("Store: in sync") && of(&Plan { groups: Vec::new() }).contains("No groups"));
    check(&of(&plan));
}
