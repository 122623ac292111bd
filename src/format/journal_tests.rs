use super::*;
use crate::format::sample::{self, seen};

fn text(entries: &[Entry]) -> String {
    let mut text = String::new();
    let mut previous = FIRST_PREVIOUS.to_string();
    for entry in entries {
        let line = line(entry, &previous);
        previous = digest(&line);
        text.push_str(&line);
        text.push('\n');
    }
    text
}

fn read_text(text: &str) -> Result<Journal, JournalFault> {
    read(text.as_bytes(), &sample::tables())
}

#[test]
fn every_event_is_read_back_as_it_was_written() {
    let entries = sample::entries();
    let text = text(&entries);
    let journal = read_text(&text).unwrap();
    assert_eq!(journal.entries, entries);
    assert_eq!((journal.torn, journal.last_hash), (None, digest(text.lines().last().unwrap())));
    seen!("journal.jsonl", text);
}

#[test]
fn a_journal_cut_anywhere_gives_its_whole_lines_and_names_the_torn_one() {
    let entries = sample::entries();
    let text = text(&entries);
    for cut in 0..text.len() {
        let bytes = &text.as_bytes()[..cut];
        let whole = bytes.iter().filter(|byte| **byte == b'\n').count();
        let journal = read(bytes, &sample::tables()).unwrap();
        assert_eq!(journal.entries, entries[..whole]);
        let kept = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        match journal.torn {
            None => assert_eq!(kept, cut),
            Some(torn) => {
                assert_eq!((torn.offset, torn.bytes, torn.line), (kept as u64, (cut - kept) as u64, whole + 1))
            }
        }
    }
}

#[test]
fn a_journal_with_zeros_from_anywhere_on_gives_its_whole_lines_and_names_what_is_torn() {
    let entries = sample::entries();
    let text = text(&entries);
    for from in 0..text.len() {
        let mut bytes = text.clone().into_bytes();
        bytes[from..].fill(0);
        let kept = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let whole = bytes[..kept].iter().filter(|byte| **byte == b'\n').count();
        let journal = read(&bytes, &sample::tables()).unwrap();
        assert_eq!(journal.entries, entries[..whole]);
        let torn = journal.torn.unwrap();
        assert_eq!((torn.offset, torn.bytes, torn.line), (kept as u64, (text.len() - kept) as u64, whole + 1));
    }
}

#[test]
fn an_altered_byte_before_the_last_line_is_refused() {
    let text = text(&sample::entries());
    let last = text.trim_end().rfind('\n').unwrap();
    for at in (0..last).filter(|at| text.as_bytes()[*at] != b'\n') {
        let mut bytes = text.clone().into_bytes();
        bytes[at] = if bytes[at] == b'x' { b'y' } else { b'x' };
        assert!(read(&bytes, &sample::tables()).is_err(), "byte {at}");
    }
}

#[test]
fn a_missing_doubled_or_swapped_line_is_refused_with_its_number() {
    let text = text(&sample::entries());
    let lines: Vec<&str> = text.lines().collect();
    let with = |order: &[usize]| read_text(&order.iter().map(|at| format!("{}\n", lines[*at])).collect::<String>());
    assert_eq!(with(&[0, 2, 3]), Err(JournalFault::Chain { line: 2 }));
    assert_eq!(with(&[0, 1, 1]), Err(JournalFault::Chain { line: 3 }));
    assert!(matches!(with(&[1]), Err(JournalFault::Damaged { line: 1, .. })));
}

#[test]
fn a_last_line_of_noise_is_torn_and_one_in_the_middle_is_damage() {
    let mut text = text(&sample::entries()[..2]);
    text.push_str("\0\0\0\0\n");
    assert_eq!(read_text(&text).unwrap().torn.unwrap().line, 3);
    text.push_str("{}\n");
    assert!(matches!(read_text(&text), Err(JournalFault::Damaged { line: 3, .. })));
}
