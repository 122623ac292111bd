//! A plan as text: the headline first, then the argument or the steps, then what is left for later.

use super::page::{Look, Page, Tone};
use super::phrases;
use super::text_step;
use super::words::{count, few, fill, net_changes, role_change, step_numbers};
use crate::model::guard::Verdict;
use crate::model::plan::{Block, GroupPlan, GroupVerdict, Plan, Shortest};
use crate::model::table::{By, Disruption};
use crate::model::window::Window;
use crate::model::words::{Language, Words};
use crate::plan::back::{WayBack, way_back};

/// Returns a plan as text.
///
/// `id` is the plan's identity, shown at the end. `apply` is the command that applies this very plan, given only
/// where it would work; it is never broken into lines.
pub fn plan(plan: &Plan, id: Option<&str>, apply: Option<&str>, look: &Look) -> String {
    let mut page = Page::new(look);
    let (quiet, loud): (Vec<&GroupPlan>, Vec<&GroupPlan>) = plan.groups.iter().partition(|group| is_quiet(group));
    headline(&mut page, plan);
    for (index, group) in loud.iter().enumerate() {
        if index > 0 || plan.groups.len() > 1 || group.verdict == GroupVerdict::InSync {
            page.blank();
        }
        group_text(&mut page, group);
    }
    if !quiet.is_empty() {
        page.blank();
        let names: Vec<String> = quiet.iter().map(|group| group.topology.group.clone()).collect();
        let names = few(&names, 40, look.language);
        page.put(0, 2, &[(Tone::Good, &fill(phrases::AS_DECLARED, look.language, &[("names", &names)]))]);
    }
    let has_unknown = loud.iter().flat_map(|group| &group.steps).flat_map(|step| &step.guards);
    if has_unknown.into_iter().any(|guard| guard.answer.verdict == Verdict::Unknown) {
        page.blank();
        page.put(0, 2, &[(Tone::Faint, page.say(phrases::LEGEND_UNKNOWN))]);
    }
    if let Some(id) = id {
        page.blank();
        page.whole(0, &[(Tone::Faint, page.say(phrases::PLAN)), (Tone::Faint, " "), (Tone::Faint, id)]);
    }
    if let Some(command) = apply {
        page.put(0, 2, &[(Tone::Plain, page.say(phrases::APPLY_WITH))]);
        page.whole(2, &[(Tone::Strong, command)]);
    }
    page.done()
}

/// Returns whether there is nothing to say of a group but that it is as declared.
fn is_quiet(group: &GroupPlan) -> bool {
    group.verdict == GroupVerdict::InSync && group.follow_ups.is_empty() && group.notes.is_empty()
}

fn headline(page: &mut Page, plan: &Plan) {
    let language = page.look.language;
    let of = |verdict| plan.groups.iter().filter(|group| group.verdict == verdict).count();
    let all = count(plan.groups.len(), phrases::GROUPS_ONE, phrases::GROUPS_MANY, language);
    if plan.groups.is_empty() {
        page.put(0, 2, &[(Tone::Strong, page.say(phrases::NO_GROUPS))]);
        return;
    }
    if of(GroupVerdict::InSync) == plan.groups.len() {
        let said = format!("{} ({all})", phrases::NOTHING_TO_DO.say(language));
        page.put(0, 2, &[(Tone::Good, &said)]);
        return;
    }
    if plan.groups.len() > 1 {
        // A single group's own first line is the headline.
        page.put(0, 2, &[(Tone::Strong, &summary(plan, language))]);
    }
}

/// Returns how many groups there are, how many of them can be walked, and in how many steps.
pub(super) fn summary(plan: &Plan, language: Language) -> String {
    let of = |verdict| plan.groups.iter().filter(|group| group.verdict == verdict).count();
    let all = count(plan.groups.len(), phrases::GROUPS_ONE, phrases::GROUPS_MANY, language);
    let (colon, comma) = (phrases::COLON.say(language), phrases::COMMA.say(language));
    let counted = [
        (GroupVerdict::Blocked, phrases::BLOCKED),
        (GroupVerdict::Undetermined, phrases::UNDETERMINED),
        (GroupVerdict::Ready, phrases::READY),
        (GroupVerdict::InSync, phrases::IN_SYNC),
    ];
    let counted: Vec<String> = counted
        .into_iter()
        .filter(|(verdict, _)| of(*verdict) > 0)
        .map(|(verdict, words)| format!("{} {}", of(verdict), words.say(language)))
        .collect();
    let ready: Vec<&GroupPlan> = plan.groups.iter().filter(|group| group.verdict == GroupVerdict::Ready).collect();
    let mut said = format!("{}{colon}{all}", phrases::PLAN.say(language));
    said.push_str(&format!("{comma}{}", counted.join(comma)));
    if !ready.is_empty() {
        said.push_str(&format!("{comma}{}", steps_said(&ready, language)));
    }
    said
}

/// Returns how many steps there are, and how many of them a person does.
pub(super) fn steps_said(groups: &[&GroupPlan], language: Language) -> String {
    let steps = groups.iter().flat_map(|group| &group.steps);
    let (all, by_hand) =
        steps.fold((0, 0), |(all, by_hand), step| (all + 1, by_hand + usize::from(step.transition.by == By::Operator)));
    let mut said = count(all, phrases::STEPS_ONE, phrases::STEPS_MANY, language);
    if by_hand > 0 {
        said.push_str(phrases::COMMA.say(language));
        said.push_str(&match by_hand == all {
            true => phrases::FOR_OPERATOR_ALL.say(language).to_string(),
            false => count(by_hand, phrases::FOR_OPERATOR_ONE, phrases::FOR_OPERATOR_MANY, language),
        });
    }
    said
}

/// Beyond this many steps the ways back are left to `undo`, which plans the one that is needed.
const MOST_WAYS_BACK: usize = 30;

fn group_text(page: &mut Page, group: &GroupPlan) {
    let language = page.look.language;
    let name = format!("{} ({})", group.topology.group, group.topology.table.system);
    let (tone, said) = verdict(group, language);
    page.put(0, 2, &[(Tone::Strong, &name), (Tone::Plain, phrases::COLON.say(language)), (tone, &said)]);
    for block in &group.blocked_by {
        because(page, block);
    }
    hints(page, group);
    if !group.steps.is_empty() {
        overview(page, group);
        if group.verdict != GroupVerdict::Ready {
            page.blank();
            page.put(2, 2, &[(Tone::Faint, page.say(phrases::STEPS_NOT_TAKEN))]);
        }
    }
    for step in &group.steps {
        page.blank();
        text_step::step(page, step, group.topology.table);
    }
    candidates(page, group);
    ways_back(page, group);
    closing(page, group);
}

/// Returns what comes out for a group, in a phrase.
pub(super) fn verdict(group: &GroupPlan, language: Language) -> (Tone, String) {
    match group.verdict {
        GroupVerdict::InSync => (Tone::Good, phrases::IN_SYNC.say(language).to_string()),
        GroupVerdict::Ready => (Tone::Strong, steps_said(&[group], language)),
        GroupVerdict::Blocked if group.blocked_by.iter().any(|block| block.step.is_some()) => {
            (Tone::Bad, phrases::BLOCKED_GUARD.say(language).to_string())
        }
        GroupVerdict::Blocked => (Tone::Bad, phrases::BLOCKED_NO_WAY.say(language).to_string()),
        GroupVerdict::Undetermined => (Tone::Warn, phrases::UNDETERMINED_HEAD.say(language).to_string()),
    }
}

/// The most candidates that are told; the file holds the others.
pub(super) const MOST_CANDIDATES: usize = 8;

/// Returns for which role a plan tells candidates; none where it tells no candidates.
pub(super) fn candidates_for(group: &GroupPlan, language: Language) -> Option<String> {
    let table = group.topology.table;
    let role = table.leading().and_then(|name| table.role(name)).map_or("?", |role| role.title.say(language));
    (!group.candidates.is_empty()).then(|| fill(phrases::CANDIDATES, language, &[("role", role)]))
}

/// Says who could lead next, and why each other server could not.
fn candidates(page: &mut Page, group: &GroupPlan) {
    let language = page.look.language;
    let Some(title) = candidates_for(group, language) else { return };
    page.blank();
    page.put(2, 4, &[(Tone::Faint, &format!("{title}:"))]);
    for one in group.candidates.iter().take(MOST_CANDIDATES) {
        let tone = if one.eligible { Tone::Good } else { Tone::Plain };
        let colon = phrases::COLON.say(language);
        page.put(4, 6, &[(Tone::Plain, one.server.as_str()), (Tone::Faint, colon), (tone, one.because.say(language))]);
    }
    let more = group.candidates.len().saturating_sub(MOST_CANDIDATES);
    if more > 0 {
        let said = fill(phrases::MORE_CANDIDATES, language, &[("count", &more.to_string())]);
        page.put(4, 6, &[(Tone::Faint, &said)]);
    }
}

/// Says, for after each step, how the roles of before could be reached again, or that they can't.
fn ways_back(page: &mut Page, group: &GroupPlan) {
    if group.steps.is_empty() || group.steps.len() > MOST_WAYS_BACK {
        return;
    }
    let language = page.look.language;
    page.blank();
    page.put(2, 4, &[(Tone::Faint, page.say(phrases::WAY_BACK)), (Tone::Faint, page.say(phrases::COLON))]);
    for step in &group.steps {
        let after = fill(phrases::AFTER_STEP, language, &[("number", &step.number.to_string())]);
        let (tone, said) = match way_back(group, step.number) {
            WayBack::Steps(steps) => {
                let steps: Vec<String> = steps.iter().map(|(server, name)| format!("{name} {server}")).collect();
                (
                    Tone::Plain,
                    if steps.is_empty() { phrases::NOTHING_TO_UNDO.say(language).into() } else { steps.join(", ") },
                )
            }
            WayBack::None { because } => {
                (Tone::Warn, fill(phrases::NO_WAY_BACK_FROM_HERE, language, &[("because", because.say(language))]))
            }
        };
        page.put(4, 6, &[(Tone::Faint, &after), (Tone::Faint, page.say(phrases::COLON)), (tone, &said)]);
    }
}

/// Says what changes, what that does to people, and where it was declared.
fn overview(page: &mut Page, group: &GroupPlan) {
    let language = page.look.language;
    let table = group.topology.table;
    let net = net_changes(group);
    let changes: Vec<String> = net.iter().map(|change| role_change(change, table, language)).collect();
    if !changes.is_empty() {
        labelled(page, 2, phrases::CHANGES.say(language), &few(&changes, 12, language));
    }
    labelled(page, 2, phrases::DISRUPTION.say(language), &disruption(group, language));
    let windows: Vec<&str> = group.topology.maintenance.iter().map(Window::written).collect();
    if !windows.is_empty() {
        labelled(page, 2, phrases::WINDOWS.say(language), &windows.join(phrases::SEMICOLON.say(language)));
    }
    page.put(2, 4, &[(Tone::Faint, shortest(group).say(language))]);
    let source = &group.topology.source;
    if !source.file.is_empty() {
        let place = format!("{}:{}", source.file, source.line);
        labelled(page, 2, phrases::DECLARED_IN.say(language), &place);
    }
}

/// Returns what is known of there being a shorter sequence.
pub(super) fn shortest(group: &GroupPlan) -> Words {
    match group.shortest {
        Shortest::Proven => phrases::PROVEN,
        Shortest::NotProven => phrases::NOT_PROVEN,
    }
}

/// Returns what the steps do to those who use the group.
pub(super) fn disruption(group: &GroupPlan, language: Language) -> String {
    let kinds = [
        (Disruption::Offline, phrases::OFFLINE),
        (Disruption::Idle, phrases::IDLE),
        (Disruption::Moves, phrases::MOVES),
    ];
    let mut said: Vec<String> = Vec::new();
    for (kind, words) in kinds {
        let numbers: Vec<usize> =
            group.steps.iter().filter(|step| step.transition.disruption == kind).map(|step| step.number).collect();
        if !numbers.is_empty() {
            said.push(format!("{}: {}", step_numbers(&numbers, language), words.say(language)));
        }
    }
    if said.is_empty() {
        said.push(phrases::NO_DISRUPTION.say(language).into());
    }
    said.join(phrases::SEMICOLON.say(language))
}

/// Adds `label: text`.
pub(super) fn labelled(page: &mut Page, indent: usize, label: &str, text: &str) {
    let colon = phrases::COLON.say(page.look.language);
    page.put(indent, indent + 2, &[(Tone::Faint, label), (Tone::Faint, colon), (Tone::Plain, text)]);
}

fn because(page: &mut Page, block: &Block) {
    let language = page.look.language;
    let comma = phrases::COMMA.say(language);
    let mut rule = block.rule.clone();
    if let Some(server) = &block.server {
        rule.push_str(&format!("{comma}{server}"));
    }
    if let Some(step) = block.step {
        rule.push_str(&format!("{comma}{}", step_numbers(&[step], language)));
    }
    let because = format!("{} ", phrases::BECAUSE.say(language));
    let rule = format!(" ({rule})");
    page.put(2, 4, &[(Tone::Bad, &because), (Tone::Plain, block.because.say(language)), (Tone::Faint, &rule)]);
}

/// Says what would help, each once.
fn hints(page: &mut Page, group: &GroupPlan) {
    let mut said = Vec::new();
    for hint in group.blocked_by.iter().filter_map(|block| block.hint.as_ref()) {
        if said.contains(&hint) {
            continue;
        }
        if said.is_empty() {
            page.blank();
        }
        said.push(hint);
        labelled(page, 2, phrases::HINT.say(page.look.language), hint.say(page.look.language));
    }
    if !said.is_empty() && !group.steps.is_empty() {
        page.blank();
    }
}

fn closing(page: &mut Page, group: &GroupPlan) {
    let language = page.look.language;
    if !group.follow_ups.is_empty() {
        page.blank();
        let label = format!("{}:", phrases::LEFT_FOR_LATER.say(language));
        page.put(2, 4, &[(Tone::Plain, &label)]);
        for follow_up in &group.follow_ups {
            page.put(4, 6, &[(Tone::Plain, "- "), (Tone::Plain, follow_up.says.say(language))]);
        }
    }
    if !group.notes.is_empty() {
        page.blank();
        for note in &group.notes {
            labelled(page, 2, phrases::NOTE.say(language), note.say(language));
        }
    }
}

#[cfg(test)]
#[path = "text_tests.rs"]
mod tests;
