use proptest::prelude::*;
use serde_json::json;

use super::*;

/// What Windows' C runtime makes of a line of arguments (the rules that it documents).
fn parted(line: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut current: Option<String> = None;
    let mut quoted = false;
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            ' ' | '\t' if !quoted => all.extend(current.take()),
            '\\' => {
                let mut count = 1;
                while characters.next_if_eq(&'\\').is_some() {
                    count += 1;
                }
                let text = current.get_or_insert_default();
                if characters.peek() == Some(&'"') {
                    text.push_str(&"\\".repeat(count / 2));
                    if count % 2 == 1 {
                        characters.next();
                        text.push('"');
                    }
                } else {
                    text.push_str(&"\\".repeat(count));
                }
            }
            '"' => {
                current.get_or_insert_default();
                quoted = !quoted;
            }
            other => current.get_or_insert_default().push(other),
        }
    }
    all.extend(current);
    all
}

/// Undoes what `encoded` did, as PowerShell does.
fn decoded(words: &[String]) -> String {
    let bytes = BASE64_STANDARD.decode(words.last().unwrap()).unwrap();
    let units: Vec<u16> = bytes.chunks(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
    String::from_utf16(&units).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    /// What is shown is the grammar: whatever the data is, the script is the fixed program with one literal of base64 in it,
    /// and the literal holds the data. `tests/powershell` has a PowerShell run it.
    #[test]
    fn data_never_becomes_program_text(hostile in ".{0,80}", extra in "['\"‘’‚‛`$;(){}\\[\\]|&\r\n%!^]{0,20}") {
        let value = format!("{hostile}{extra}");
        let order = order(CMDLET, &json!({ "name": "Get-PvsServer", "parameters": [{ "n": "StoreName", "v": value }] })).unwrap();
        prop_assert!(order.line.bytes().all(|byte| byte.is_ascii_alphanumeric() || b" -+/=".contains(&byte)));
        let script = decoded(&order.line.split(' ').map(String::from).collect::<Vec<_>>());
        let (before, rest) = script.split_once("FromBase64String('").unwrap();
        let (data, after) = rest.split_once("')").unwrap();
        prop_assert!(data.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte)));
        let data: Json = serde_json::from_slice(&BASE64_STANDARD.decode(data).unwrap()).unwrap();
        prop_assert_eq!(data["parameters"][0]["v"].as_str(), Some(value.as_str()));
        // Program text without data and nonce is the same whatever the data.
        let fixed = script_of(&order.nonce, "");
        let (fixed_before, fixed_rest) = fixed.split_once("FromBase64String('").unwrap();
        prop_assert_eq!(before, fixed_before);
        prop_assert_eq!(after, fixed_rest.split_once("')").unwrap().1);
    }

    #[test]
    fn arguments_arrive_as_they_were(all in proptest::collection::vec("[ -~\\\\\"\t\u{3000}サ]{0,12}", 0..5)) {
        prop_assert_eq!(parted(&arguments(&all)), all);
    }
}

fn script_of(nonce: &Nonce, data: &str) -> String {
    script(CMDLET, data.as_bytes(), nonce)
}

#[test]
fn every_program_fits_the_shell_of_windows_and_is_balanced() {
    for (_, program) in PROGRAMS {
        let data = json!({ "name": "x".repeat(200), "folder": "C:\\Program Files\\CO-CONV\\CO-Store\\Server" });
        let order = order(program, &data).unwrap();
        assert!(order.line.len() < LONGEST_LINE, "{} {program}", order.line.len());
        for (open, close) in [('{', '}'), ('(', ')'), ('[', ']')] {
            let count = |one: char| program.chars().filter(|c| *c == one).count();
            assert_eq!(count(open), count(close), "{open} in {program}");
        }
        assert!(program.is_ascii());
    }
    assert!(order(RUN, &json!({ "arguments": "x".repeat(9000) })).is_err());
}

#[test]
fn a_folder_on_a_share_arrives_with_all_of_its_backslashes() {
    for folder in [r"\\fs01\vdisks$\Store", r"\\?\UNC\fs01\vdisks$", r"E:\"] {
        let order = order(LIST, &json!({ "folder": folder })).unwrap();
        let script = decoded(&order.line.split(' ').map(String::from).collect::<Vec<_>>());
        let data = script.split_once("FromBase64String('").unwrap().1.split_once("')").unwrap().0;
        let data: Json = serde_json::from_slice(&BASE64_STANDARD.decode(data).unwrap()).unwrap();
        assert_eq!(data["folder"].as_str(), Some(folder));
    }
}

#[test]
fn a_secret_is_read_and_stands_in_no_line() {
    let order = order(WIZARD, &json!({ "program": "x", "file": "y" })).unwrap().reading(input(b"UserPass=kanarie"));
    assert!(!decoded(&order.line.split(' ').map(String::from).collect::<Vec<_>>()).contains("kanarie"));
    assert_eq!(order.reads.unwrap(), format!("{}\n", BASE64_STANDARD.encode("UserPass=kanarie")).into_bytes());
}
