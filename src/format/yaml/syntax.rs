//! What is said about text that is no YAML, or YAML of a kind that is refused.
//!
//! Never decides whether something is a fault; only words it.

use serde_yaml::granit_parser::ErrorKind;

use super::Loc;
use crate::format::fault::Fault;
use crate::format::source::{Place, Source};
use crate::model::words::Text;

/// Words a syntax fault. `start` is where the parser gave up, in bytes.
pub(super) fn fault(source: &Source<'_>, kind: &ErrorKind, start: usize) -> Fault {
    let tab = tab(kind, source.text, start);
    let start = settle(source.text, tab.unwrap_or(start));
    let width = source.text.get(start..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    let place = Place { start, end: start + width };
    let (name, message, hint) = words(kind, tab.is_some());
    Fault::new(name, message).at(source, place, "", "").hint(hint.en, hint.ja)
}

/// Returns where the tab stands that the parser stumbled over, if it was one.
fn tab(kind: &ErrorKind, text: &str, start: usize) -> Option<usize> {
    use ErrorKind as Kind;
    match kind {
        Kind::TabNotAllowed
        | Kind::TabInBlockIndentation
        | Kind::TabAtBlockScalarStart
        | Kind::TabInIndentation
        | Kind::TabInPlainScalar => tab_in_line(text, start).or_else(|| {
            let after = text.get(start..)?.find('\t')?;
            Some(start + after)
        }),
        Kind::InvalidIndentation | Kind::MappingValueNotAllowed | Kind::SimpleKeyExpected => tab_in_line(text, start),
        _ => None,
    }
}

/// Returns where the line of `start` has a tab in its indentation.
fn tab_in_line(text: &str, start: usize) -> Option<usize> {
    let line = text.get(..start)?.rfind('\n').map_or(0, |newline| newline + 1);
    let mut indentation = text.get(line..)?.bytes().take_while(|byte| matches!(byte, b' ' | b'\t'));
    indentation.position(|byte| byte == b'\t').map(|at| line + at)
}

/// Returns the last place that holds text, where `start` is the end of the text.
fn settle(text: &str, start: usize) -> usize {
    if start < text.len() && text.is_char_boundary(start) {
        return start;
    }
    text.trim_end().char_indices().next_back().map_or(0, |(at, _)| at)
}

fn words(kind: &ErrorKind, tab: bool) -> (&'static str, Text, Text) {
    use ErrorKind as Kind;
    match kind {
        _ if tab => (
            "tab",
            Text::new("a tab in the indentation", "字下げにタブがあります"),
            Text::new(
                "indent with blanks; YAML takes no tabs",
                "字下げは空白で書いてください(YAML ではタブを使えません)",
            ),
        ),
        Kind::InvalidIndentation
        | Kind::MappingValueNotAllowed
        | Kind::MappingKeyNotAllowed
        | Kind::ExpectedBlockMappingKey
        | Kind::ExpectedBlockSequenceEntry
        | Kind::SimpleKeyExpected
        | Kind::InvalidSimpleKey
        | Kind::InvalidFlowScalarIndent
        | Kind::BlockSequenceEntryNotAllowed => (
            "bad-indentation",
            Text::new("the indentation or a `:` is wrong here", "ここの字下げか `:` が正しくありません"),
            Text::new(
                "give the keys of one mapping the same indentation, and write each as `key: value`",
                "同じマッピングのキーは字下げをそろえ、`キー: 値` の形で書いてください",
            ),
        ),
        Kind::UnclosedQuotedScalar | Kind::DocumentIndicatorInQuotedScalar | Kind::InvalidQuotedScalarIndent => (
            "unclosed-quote",
            Text::new("a quoted text is not closed", "引用符が閉じていません"),
            Text::new("close it with the quote it began with", "始めと同じ引用符で閉じてください"),
        ),
        Kind::UnclosedFlowCollection { .. }
        | Kind::ExpectedFlowMappingSeparator
        | Kind::ExpectedFlowSequenceSeparator
        | Kind::UnexpectedEofFlowMapping
        | Kind::UnexpectedEofFlowSequence
        | Kind::UnexpectedEofImplicitFlowMapping
        | Kind::MisplacedFlowCollectionEnd
        | Kind::MismatchedFlowCollectionEnd { .. }
        | Kind::InvalidColonPlacement => (
            "unclosed-bracket",
            Text::new(
                "`{ }` or `[ ]` do not match, or a comma is missing",
                "`{ }` か `[ ]` の対応が取れていないか、コンマが足りません",
            ),
            Text::new(
                "separate the values by commas, and close each bracket that is opened",
                "値をコンマで区切り、開いた括弧はすべて閉じてください",
            ),
        ),
        Kind::UnknownAnchor => (
            "unknown-alias",
            Text::new("the alias names no anchor", "エイリアスの指すアンカーがありません"),
            Text::new(
                "put `&NAME` before the value that it is to repeat, or quotes around a text that begins with `*`",
                "繰り返す値の前に `&名前` を付けるか、`*` で始まる文字列なら引用符で囲んでください",
            ),
        ),
        Kind::RecursionLimitExceeded => {
            let (message, hint) = too_deep(super::DEEPEST);
            ("too-deep", message, hint)
        }
        other => (
            "not-yaml",
            Text::new(format!("this is not YAML: {other}"), format!("YAML として読めません({other})")),
            Text::new(
                "put quotes around a text that holds `:`, `#`, `{`, `[`, `*`, `&`, `!`, `%`, `@` or a backtick",
                "`:` `#` `{` `[` `*` `&` `!` `%` `@` やバッククォートを含む文字列は引用符で囲んでください",
            ),
        ),
    }
}

pub(super) fn duplicate_key(source: &Source<'_>, key: &Loc<String>, first: Place) -> Fault {
    let name = &key.value;
    Fault::new("duplicate-key", Text::new(format!("duplicate key `{name}`"), format!("キー `{name}` が重複しています")))
        .at(source, key.place, "the second", "2 つ目")
        .also(source, first, "the first", "1 つ目")
        .hint(format!("keep one `{name}` and take the other away"), format!("`{name}` を 1 つだけ残してください"))
}

pub(super) fn key_not_text() -> Fault {
    Fault::new("key-not-text", Text::new("a key must be a plain text", "キーには文字列だけを使えます")).hint(
        "write it as `key: value`; put quotes around a key that begins with `{`, `[` or `?`",
        "`キー: 値` の形で書いてください。`{` `[` `?` で始まるキーは引用符で囲んでください",
    )
}

pub(super) fn merge_key() -> Fault {
    Fault::new("merge-key", Text::new("merge keys (`<<`) are not read", "マージキー(`<<`)は読みません")).hint(
        "write the fields out, so that the review shows them",
        "レビューで見えるように、項目をそのまま書いてください",
    )
}

pub(super) fn tag() -> Fault {
    Fault::new("tag", Text::new("tags (`!…`) are not read", "タグ(`!…`)は読みません")).hint(
        "take the tag away; put quotes around a text that begins with `!`",
        "タグを消してください。`!` で始まる文字列なら引用符で囲んでください",
    )
}

pub(super) fn recursive_alias() -> (Text, Text) {
    (
        Text::new("the alias repeats a value that holds it", "エイリアスが自分自身を含む値を指しています"),
        Text::new("write the value out", "値をそのまま書いてください"),
    )
}

pub(super) fn alias_bomb(limit: usize) -> (Text, Text) {
    (
        Text::new(
            format!("aliases make the file larger than {limit} values"),
            format!("エイリアスの展開で値が {limit} 個を超えます"),
        ),
        Text::new(
            "write the values out instead of nesting aliases",
            "エイリアスを入れ子にせず、値をそのまま書いてください",
        ),
    )
}

pub(super) fn too_many_values(limit: usize) -> (Text, Text) {
    (
        Text::new(format!("the file has more than {limit} values"), format!("ファイルの値が {limit} 個を超えています")),
        Text::new("split it into several files", "ファイルを分けてください"),
    )
}

pub(super) fn too_deep(limit: usize) -> (Text, Text) {
    (
        Text::new(format!("more than {limit} levels of nesting"), format!("入れ子が {limit} 段を超えています")),
        Text::new(
            "close the brackets earlier; a topology needs four levels",
            "括弧を閉じてください。構成ファイルの入れ子は 4 段で足ります",
        ),
    )
}
