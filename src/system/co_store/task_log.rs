//! Reads CO-Store's task log: which tasks failed because a server holds abnormal files, and how often.
//!
//! Pure: text in, values out. Whatever the log holds is data, and what is kept of it is bounded.
//!
//! # Source
//! DV-07: article 17-025 (a record, and the block that stands in it twice) and 17-016 (log4net's rolling files).

use std::collections::{BTreeMap, BTreeSet};

use crate::model::task_log::{Failure, TaskLog};

/// The line above the servers.
const ABNORMAL: &str = "以下のサーバーに異常なファイルが確認されました";
/// What stands before a server's name.
const SERVER: &str = "サーバー名:";
/// What stands in place of a server's files where it has none.
const NO_FILE: &str = "異常なファイルは存在しません";

/// How much is kept of one log, whatever it holds.
const MOST_FAILURES: usize = 1000;
const MOST_SERVERS: usize = 200;
const MOST_FILES: usize = 1000;
const MOST_CHARACTERS: usize = 260;

/// Reads logs that belong together: one, or a rotated one with those before it, in any order.
pub fn read<'a>(texts: impl IntoIterator<Item = &'a str>) -> TaskLog {
    let mut log = TaskLog::default();
    let mut found: BTreeMap<Key, BTreeSet<String>> = BTreeMap::new();
    for text in texts {
        for record in Records::of(text) {
            log.records += 1;
            let Some(servers) = abnormal(record.lines()) else { continue };
            let key = (clipped(record.message), servers);
            if found.len() >= MOST_FAILURES && !found.contains_key(&key) {
                log.more = true;
                continue;
            }
            // By its time and thread: a record that stands in two copies of a log counts once.
            found.entry(key).or_default().insert(clipped(record.stamp));
        }
    }
    log.failures = found.into_iter().filter_map(|(key, stamps)| failure(key, &stamps)).collect();
    log.failures.sort_by(|one, other| (&one.first, &one.task).cmp(&(&other.first, &other.task)));
    log
}

/// What is said of the task, and each server with its files.
type Key = (String, Vec<(String, Vec<String>)>);

fn failure((task, servers): Key, stamps: &BTreeSet<String>) -> Option<Failure> {
    let time = |stamp: &String| stamp.get(..23).unwrap_or(stamp).to_owned();
    let (first, last) = (time(stamps.first()?), time(stamps.last()?));
    Some(Failure { task, times: stamps.len(), first, last, servers })
}

/// One record: its first line taken apart, and the lines up to the next.
struct Record<'a> {
    /// `2017-09-08 11:32:14,426 [1]`
    stamp: &'a str,
    /// What follows the logger's name.
    message: &'a str,
    text: &'a str,
}

impl<'a> Record<'a> {
    fn lines(&self) -> impl Iterator<Item = &'a str> {
        self.text.lines()
    }
}

/// Takes a log apart at the lines that begin with a time.
struct Records<'a> {
    rest: &'a str,
}

impl<'a> Records<'a> {
    fn of(text: &'a str) -> Records<'a> {
        let mut at = 0;
        // What stands before the first record is the end of one in an older file.
        for line in text.split_inclusive('\n') {
            if head(line).is_some() {
                break;
            }
            at += line.len();
        }
        Records { rest: &text[at..] }
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Record<'a>;

    fn next(&mut self) -> Option<Record<'a>> {
        let mut lines = self.rest.split_inclusive('\n');
        let first = lines.next()?;
        let (stamp, message) = head(first)?;
        let more: usize = lines.take_while(|line| head(line).is_none()).map(str::len).sum();
        let (text, rest) = self.rest.split_at(first.len() + more);
        self.rest = rest;
        Some(Record { stamp, message, text })
    }
}

/// Takes the first line of a record apart: `date time [thread] LEVEL logger - message`.
fn head(line: &str) -> Option<(&str, &str)> {
    let form = b"dddd-dd-dd dd:dd:dd,ddd [";
    let bytes = line.as_bytes().get(..form.len())?;
    let fits = |(want, have): (&u8, &u8)| if *want == b'd' { have.is_ascii_digit() } else { want == have };
    if !form.iter().zip(bytes).all(fits) {
        return None;
    }
    let thread = line.get(form.len()..)?.find(']')? + form.len() + 1;
    let (_, message) = line.get(thread..)?.split_once(" - ")?;
    Some((&line[..thread], message.trim_end()))
}

/// Returns the servers and files of a record's block; none where it has no block. The block stands there twice: both
/// together are one, so that a copy that was cut short loses nothing.
fn abnormal<'a>(lines: impl Iterator<Item = &'a str>) -> Option<Vec<(String, Vec<String>)>> {
    let mut servers: Vec<(String, Vec<String>)> = Vec::new();
    let mut is_told = false;
    let mut at = None;
    for line in lines {
        let text = line.trim();
        if text.contains(ABNORMAL) {
            (is_told, at) = (true, None);
        } else if let Some(name) = text.strip_prefix(SERVER).filter(|_| is_told) {
            at = place(&mut servers, &clipped(name.trim()));
        } else if let (Some(at), true) = (at, line.starts_with([' ', '\t', '\u{3000}'])) {
            let (_, files): &mut (String, Vec<String>) = &mut servers[at];
            let name = clipped(text);
            if !text.is_empty() && !text.contains(NO_FILE) && files.len() < MOST_FILES && !files.contains(&name) {
                files.push(name);
            }
        } else {
            at = None;
        }
    }
    is_told.then_some(servers)
}

/// Returns where a server stands in the list, which grows up to its bound.
fn place(servers: &mut Vec<(String, Vec<String>)>, name: &str) -> Option<usize> {
    let known = servers.iter().position(|(server, _)| server == name);
    known.or_else(|| {
        (servers.len() < MOST_SERVERS && !name.is_empty()).then(|| {
            servers.push((name.to_owned(), Vec::new()));
            servers.len() - 1
        })
    })
}

fn clipped(text: &str) -> String {
    text.chars().take(MOST_CHARACTERS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEEN: &str = "\
2017-09-08 11:32:14,426 [1] ERROR py.VhdTask - 書き換え終了タスクに失敗しました.
[Exception] 以下のサーバーに異常なファイルが確認されました。
サーバー名: PVS1
    異常なファイルは存在しません。
サーバー名: PVS2
    Hoge.11.avhd.20170907_123456_000000
Traceback (most recent call last):
  File \"api\\VhdTask\", line 166, in WriteEnd
  File \"lib\\CheckUtils\", line 343, in check_invalid_file_existence
Exception: 以下のサーバーに異常なファイルが確認されました。
サーバー名: PVS1
    異常なファイルは存在しません。
サーバー名: PVS2
    Hoge.11.avhd.20170907_123456_000000
2017-09-08 11:32:14,426 [1] INFO  CO_StoreApi.Program - 終了します: 0x00000001
";

    fn servers() -> Vec<(String, Vec<String>)> {
        vec![("PVS1".into(), vec![]), ("PVS2".into(), vec!["Hoge.11.avhd.20170907_123456_000000".into()])]
    }

    // DV-07
    #[test]
    fn the_block_that_stands_twice_in_a_record_counts_once() {
        let log = read([SEEN]);
        assert_eq!((log.records, log.failures.len(), log.more), (2, 1, false));
        let failure = &log.failures[0];
        assert_eq!(failure.task, "書き換え終了タスクに失敗しました.");
        assert_eq!((failure.times, failure.is_loop()), (1, false));
        assert_eq!(failure.first, "2017-09-08 11:32:14,426");
        assert_eq!(failure.servers, servers());
    }

    // DV-07
    #[test]
    fn the_retry_loop_is_told_over_rotated_files_in_any_order_and_whatever_the_task() {
        let later = SEEN.replace("11:32:14", "11:42:14").replace("書き換え終了", "マージ");
        let again = SEEN.replace("11:32:14", "11:52:14");
        let log = read([again.as_str(), SEEN, later.as_str(), SEEN]);
        let told: Vec<_> = log.failures.iter().map(|one| (one.task.as_str(), one.times, one.last.as_str())).collect();
        let want = [
            ("書き換え終了タスクに失敗しました.", 2, "2017-09-08 11:52:14,426"),
            ("マージタスクに失敗しました.", 1, "2017-09-08 11:42:14,426"),
        ];
        assert_eq!(told, want);
        assert!(log.failures[0].is_loop());
    }

    // DV-07
    #[test]
    fn a_file_that_begins_or_ends_inside_a_record_is_read_as_far_as_it_goes() {
        let half = SEEN.find("Traceback").unwrap();
        assert_eq!(read([&SEEN[..half]]).failures[0].servers, servers());
        assert_eq!(read([&SEEN[half..]]).failures, []);
        assert_eq!(read([&SEEN.replace('\n', "\r\n")[..]]).failures[0].servers, servers());
        assert_eq!(read(["", "\n\n", "no log at all"]), TaskLog::default());
    }

    #[test]
    fn a_log_without_abnormal_files_tells_nothing() {
        let log = read(["2017-09-08 11:32:14,426 [1] ERROR py.VhdTask - サーバー名: PVS1\n    x\n"]);
        assert_eq!((log.records, log.failures.len()), (1, 0));
    }

    // DV-07
    #[test]
    fn hostile_content_is_bounded() {
        let many: String = (0..5000).map(|n| format!("サーバー名: S{n}\n    f{n}\n")).collect();
        let long = "x".repeat(1 << 20);
        let text =
            format!("2017-09-08 11:32:14,426 [1] ERROR a - {long}\n{ABNORMAL}\n{many}サーバー名: L\n    {long}\n");
        let log = read([text.as_str()]);
        assert_eq!(log.failures[0].servers.len(), MOST_SERVERS);
        assert_eq!(log.failures[0].task.len(), MOST_CHARACTERS);
        let each = |n: usize| format!("2017-09-08 11:32:14,426 [1] ERROR a - t{n}\n{ABNORMAL}\n");
        let log = read([(0..MOST_FAILURES + 5).map(each).collect::<String>().as_str()]);
        assert_eq!((log.failures.len(), log.more), (MOST_FAILURES, true));
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(parts in proptest::collection::vec("\\PC{0,20}|\n|2017-09-08 11:32:14,426 \\[|\\]| - |サーバー名:|    ", 0..40)) {
            let text = parts.concat();
            let log = read([text.as_str()]);
            proptest::prop_assert!(log.records <= text.lines().count());
        }
    }
}
