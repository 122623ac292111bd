use super::*;
use crate::format::sample::{self, seen};

fn read_text(text: &str) -> Result<(Plan, String), PlanFileFault> {
    read("plan.json", text.as_bytes(), &sample::tables())
}

/// Alters the file and gives it the identity of what it then holds.
fn altered(text: &str, change: impl Fn(&mut Value)) -> String {
    let mut value: Value = serde_json::from_str(text).unwrap();
    change(&mut value);
    value["id"] = json::identity(&value).into();
    serde_json::to_string(&value).unwrap()
}

#[test]
fn what_we_write_is_read_back_as_the_same_plan_and_the_same_bytes() {
    for plan in [sample::plan(), sample::blocked(), Plan { groups: Vec::new() }] {
        let (text, written) = write(&plan);
        let (again, read_id) = read_text(&text).unwrap();
        assert_eq!(again, plan);
        assert_eq!((write(&again).0, read_id), (text, written.clone()));
        assert_eq!(id(&plan), written);
    }
}

#[test]
fn the_shape_is_the_one_that_others_rely_on() {
    let mut value: Value = serde_json::from_str(&write(&sample::plan()).0).unwrap();
    assert_eq!(value["format"], "rolewalk.plan/1");
    let step = value["groups"][0]["steps"][1].take();
    seen!("plan_step.json", serde_json::to_string_pretty(&step).unwrap());
}

#[test]
fn every_altered_byte_is_caught() {
    let (text, _) = write(&sample::plan());
    let mut cases = 0;
    for at in 0..text.len() {
        let mut bytes = text.clone().into_bytes();
        bytes[at] = if bytes[at] == b'x' { b'y' } else { b'x' };
        match read("plan.json", &bytes, &sample::tables()) {
            Err(fault) => assert!([1, 8].contains(&fault.exit_code())),
            Ok(_) => panic!("byte {at} was altered and nobody noticed: {}", &text[at.saturating_sub(30)..at]),
        }
        cases += 1;
    }
    assert_eq!(cases, text.len());
}

#[test]
fn an_altered_word_is_told_from_text_that_is_no_json() {
    let (text, id) = write(&sample::plan());
    let fault = read_text(&text.replace("additional", "additionax")).unwrap_err();
    assert!(
        matches!(&fault, PlanFileFault::Altered { claimed: Some(claimed), found, .. } if *claimed == id && *found != id)
    );
    assert_eq!(fault.exit_code(), 8);
    assert_eq!(read_text(&text[..text.len() / 2]).unwrap_err().exit_code(), 1);
    assert_eq!(read_text("{}").unwrap_err().exit_code(), 1);
    assert_eq!(read_text(&write(&sample::plan()).0.replace("\"id\"", "\"ie\"")).unwrap_err().exit_code(), 8);
    let snapshot = crate::format::snapshot::write(&sample::snapshot(), &sample::tables());
    let fault = read_text(&snapshot).unwrap_err();
    assert_eq!(fault.to_string(), "a `rolewalk.plan/1` file is wanted, this one is `rolewalk.snapshot/1` at `format`");
}

#[test]
fn an_identity_that_was_computed_again_does_not_help_what_does_not_follow() {
    let (text, _) = write(&sample::plan());
    let of = |change: &dyn Fn(&mut Value)| {
        let fault = read_text(&altered(&text, change)).unwrap_err();
        assert_eq!(fault.exit_code(), 8, "{fault}");
        fault.to_string()
    };
    seen!(
        "plan_inconsistent",
        [
            of(&|value| value["groups"][0]["steps"][0]["transition"] = "registr".into()),
            of(&|value| value["groups"][0]["steps"][0]["transition"] = "handover".into()),
            of(&|value| value["groups"][0]["steps"][0]["changes"][0]["to"] = "slave".into()),
            of(&|value| value["groups"][0]["steps"][0]["by"] = "automatic".into()),
            of(&|value| value["groups"][0]["steps"][1]["danger"] = "low".into()),
            of(&|value| value["groups"][0]["steps"][1]["undo"] = Value::Null),
            of(&|value| value["groups"][0]["steps"][1]["after"][0]["role"] = "master".into()),
            of(&|value| value["groups"][0]["steps"][1]["before"] = Value::Array(Vec::new())),
            of(&|value| value["groups"][0]["steps"][0]["guards"][0]["name"] = "two_masters".into()),
            of(&|value| value["groups"][0]["topology"]["keep"][0]["role"] = "unregistered".into()),
            of(&|value| value["groups"][0]["system"] = "no-such-system".into()),
        ]
        .join("\n")
    );
}

#[test]
fn times_are_no_part_of_the_identity() {
    let (text, id) = write(&sample::plan());
    let later = text.replace("2026-11-20T09:30:00Z", "2026-11-21T09:30:00Z");
    assert_ne!(later, text);
    assert_eq!(read_text(&later).unwrap().1, id);
}
