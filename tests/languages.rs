//! Every sentence that the code makes stands in English and in Japanese, with the same places to fill in.
//!
//! Read off the source, as the layers are: the two texts of `Text::new`, `Failure::new`, `.hint` and their like stand
//! side by side. Fixed phrases and tables have tests of their own.

use std::fs;
use std::path::{Path, PathBuf};

/// What takes an English and a Japanese text, and how many arguments come before them.
const SAID_TWICE: [(&str, usize); 8] = [
    ("Text::new(", 0),
    ("Failure::new(", 1),
    ("Answer::yes(", 0),
    ("Answer::no(", 0),
    ("Answer::unknown(", 0),
    (".hint(", 0),
    (".line(", 0),
    ("Misfit::new(", 0),
];

/// What the world says in its own words, and what the practice farm says of itself: data, in one language.
const IN_ONE_LANGUAGE: [&str; 2] = ["src/cli/practice.rs", "src/run/group.rs"];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => sources(&path, found),
            false => found.push(path),
        }
    }
}

/// Returns the arguments of the call whose opening bracket is the last character of `before`.
fn arguments(after: &str) -> Vec<&str> {
    let (mut depth, mut begin, mut in_text) = (0, 0, false);
    let mut found = Vec::new();
    let mut chars = after.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' if in_text => _ = chars.next(),
            '"' => in_text = !in_text,
            _ if in_text => {}
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' if depth > 0 => depth -= 1,
            ')' => {
                found.push(after[begin..at].trim());
                break;
            }
            ',' if depth == 0 => {
                found.push(after[begin..at].trim());
                begin = at + 1;
            }
            _ => {}
        }
    }
    found.retain(|one| !one.is_empty());
    found
}

/// Returns the text of an argument that is a literal, or a `format!` of one.
fn literal(argument: &str) -> Option<&str> {
    let text = argument.strip_prefix("format!(").unwrap_or(argument).trim_start();
    let text = text.strip_prefix('"')?;
    let mut escaped = false;
    let end = text.find(|c| {
        let is_end = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        is_end
    })?;
    Some(&text[..end])
}

/// Counts the places to fill in.
fn places(text: &str) -> usize {
    // A verb has a plural in English alone.
    let text = text.replace("{{", "").replace("}}", "").replace("{verb}", "");
    text.matches('{').count()
}

fn has_letters(text: &str) -> bool {
    let outside: String = text.split('{').map(|part| part.split_once('}').map_or(part, |(_, rest)| rest)).collect();
    let mut in_code = false;
    outside.chars().any(|c| {
        in_code ^= c == '`';
        c.is_alphabetic() && !in_code
    })
}

#[test]
fn every_sentence_in_the_code_is_said_in_both_languages_with_the_same_places() {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    let (mut looked_at, mut wrong) = (0, Vec::new());
    for path in files.iter().filter(|path| path.extension().is_some_and(|extension| extension == "rs")) {
        let name = path.display().to_string();
        if name.ends_with("_tests.rs") || name.contains("/tests") || name.ends_with("sample.rs") {
            continue;
        }
        let text = fs::read_to_string(path).unwrap();
        let code = text.split("#[cfg(test)]\nmod tests").next().unwrap();
        for (call, skip) in SAID_TWICE {
            for (at, _) in code.match_indices(call) {
                let arguments = arguments(&code[at + call.len()..]);
                let (Some(en), Some(ja)) = (arguments.get(skip), arguments.get(skip + 1)) else { continue };
                let line = code[..at].matches('\n').count() + 1;
                let place = format!("{name}:{line}: {en} | {ja}");
                let plain = |text: &str| text.replace(".clone()", "").replace('&', "").replace(".to_string()", "");
                match (literal(en), literal(ja)) {
                    (Some(english), Some(japanese)) => {
                        looked_at += 1;
                        if places(english) != places(japanese) {
                            wrong.push(format!("the places differ: {place}"));
                        }
                        if has_letters(english) && japanese.is_ascii() {
                            wrong.push(format!("no Japanese: {place}"));
                        }
                    }
                    _ if IN_ONE_LANGUAGE.iter().any(|one| name.ends_with(one)) => {}
                    _ if plain(en) == plain(ja) => wrong.push(format!("one text for both: {place}")),
                    _ => {}
                }
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new(), "{}", wrong.join("\n"));
    assert!(looked_at > 200, "{looked_at}");
}

#[test]
fn what_is_read_off_the_source_is_as_meant() {
    let found = arguments("1, format!(\"a, {b} (c)\", f(d, e)), \"\\\"x\\\\\", [1, 2],\n) rest, more)");
    assert_eq!(found, ["1", "format!(\"a, {b} (c)\", f(d, e))", "\"\\\"x\\\\\"", "[1, 2]"]);
    assert_eq!(literal(found[1]), Some("a, {b} (c)"));
    assert_eq!((literal("\"a\\\"b\""), literal("told.clone()")), (Some("a\\\"b"), None));
    assert_eq!((places("{a} {{b}} {}"), has_letters("{a}: `code` {}"), has_letters("{a} x")), (2, false, true));
}

#[test]
fn every_word_of_every_table_is_there_in_both_languages_with_the_same_places() {
    let mut looked_at = 0;
    for table in rolewalk::system::tables() {
        let mut words = Vec::new();
        words.extend(table.roles.iter().map(|role| role.title));
        for mark in table.marks {
            words.push(mark.title);
            words.extend(mark.values.iter().map(|(_, words)| *words));
        }
        for row in table.transitions {
            words.push(row.why);
            words.extend(row.no_undo_because);
            words.extend(row.follow_up.map(|form| form.says));
        }
        for one in &words {
            looked_at += 1;
            assert!(!one.en.is_empty() && !one.ja.is_empty(), "{one:?}");
            let sorted = |text: &str| {
                let mut names: Vec<String> =
                    text.split('{').skip(1).filter_map(|rest| rest.split('}').next()).map(Into::into).collect();
                names.sort();
                names.dedup();
                names
            };
            assert_eq!(sorted(one.en), sorted(one.ja), "{}: {one:?}", table.system);
            assert!(!one.ja.is_ascii() || one.ja == one.en, "{one:?}");
        }
    }
    assert!(looked_at > 20, "{looked_at}");
}
