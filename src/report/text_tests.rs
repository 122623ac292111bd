use super::super::page::columns;
use super::*;
use crate::format::sample::{self, seen};
use crate::model::words::Language;

fn look(language: Language, width: usize) -> Look {
    Look { language, width, colour: false }
}

const COMMAND: &str = "rolewalk apply plan.json --id b3:0123456789abcdef";

#[test]
fn a_plan_reads_from_the_headline_down() {
    let said = plan(&sample::plan(), Some("b3:0123456789abcdef"), Some(COMMAND), &look(Language::English, 80));
    seen!("text_plan_en", said);
    let said = plan(&sample::plan(), Some("b3:0123456789abcdef"), Some(COMMAND), &look(Language::Japanese, 80));
    seen!("text_plan_ja", said);
}

#[test]
fn what_is_blocked_is_told_as_an_argument() {
    let mut both = sample::blocked();
    both.groups.extend(sample::plan().groups);
    both.groups.push(in_sync("C"));
    seen!("text_blocked_en", plan(&both, None, None, &look(Language::English, 80)));
    seen!("text_blocked_ja", plan(&both, None, None, &look(Language::Japanese, 80)));
}

fn in_sync(name: &str) -> GroupPlan {
    let mut group = sample::plan().groups.remove(0);
    group.topology.group = name.into();
    group.verdict = GroupVerdict::InSync;
    group.steps = Vec::new();
    group.follow_ups = Vec::new();
    group.notes = Vec::new();
    group
}

#[test]
fn where_nothing_is_to_do_that_stands_first_and_nothing_else() {
    let groups = vec![in_sync("A"), in_sync("B")];
    let said = plan(&Plan { groups }, None, None, &look(Language::English, 80));
    assert_eq!(said, "no changes: everything is as declared (2 groups)\n\nas declared: A, B\n");
}

#[test]
fn a_plan_can_be_read_in_forty_columns_in_both_languages() {
    for language in [Language::English, Language::Japanese] {
        for of in [sample::plan(), sample::blocked()] {
            let said = plan(&of, None, None, &look(language, 40));
            assert!(said.lines().all(|line| columns(line) <= 40), "{said}");
        }
    }
    seen!("text_plan_ja_narrow", plan(&sample::plan(), None, None, &look(Language::Japanese, 40)));
}

#[test]
fn the_command_is_never_broken_and_is_there_only_where_it_would_work() {
    let said = plan(&sample::plan(), None, Some(COMMAND), &look(Language::English, 30));
    assert!(said.lines().any(|line| line.trim() == COMMAND));
    assert!(!plan(&sample::plan(), None, None, &look(Language::English, 30)).contains("rolewalk apply"));
}

#[test]
fn nothing_of_a_plan_reaches_the_terminal_raw() {
    let mut plan_ = sample::plan();
    plan_.groups[0].steps[0].guards[0].answer.because.en = "file \u{1b}]0;x\u{7}\u{202e}.avhd".into();
    plan_.groups[0].topology.group = "S\u{1b}[2J".into();
    let said = plan(&plan_, None, None, &look(Language::English, 80));
    assert!(!said.contains(['\u{1b}', '\u{7}', '\u{202e}']));
    assert!(said.contains("\\u{1b}]0;x\\u{7}\\u{202e}.avhd"));
}
