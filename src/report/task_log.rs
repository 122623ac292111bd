//! What CO-Store's task logs tell, for people: which task stands in its retry loop, on which servers files lie, and
//! what to do (DV-07). Never says which server is the master: the log does not.

use super::disks_notes::procedure;
use super::page::{Look, Page, Tone};
use super::phrases;
use super::words::{few, fill};
use crate::model::task_log::{Failure, TaskLog};

/// Returns what the logs tell.
pub fn text(log: &TaskLog, look: &Look) -> String {
    let mut page = Page::new(look);
    let language = look.language;
    if log.failures.is_empty() {
        let records = log.records.to_string();
        page.put(0, 2, &[(Tone::Good, &fill(phrases::LOG_NOTHING, language, &[("n", &records)]))]);
        return page.done();
    }
    log.failures.iter().for_each(|failure| told(&mut page, failure));
    if log.more {
        page.put(0, 2, &[(Tone::Warn, page.say(phrases::LOG_MORE))]);
    }
    page.blank();
    for words in [phrases::LOG_MASTER, phrases::LOG_SLAVE, phrases::LOG_RENAME, phrases::DISKS_KEEP_SLAVE] {
        page.put(0, 2, &[(Tone::Plain, page.say(words))]);
    }
    procedure(language).iter().for_each(|(tone, line)| page.put(0, 2, &[(*tone, line)]));
    page.done()
}

fn told(page: &mut Page, failure: &Failure) {
    let language = page.look.language;
    let times = failure.times.to_string();
    let places = [
        ("task", failure.task.as_str()),
        ("n", times.as_str()),
        ("first", failure.first.as_str()),
        ("last", failure.last.as_str()),
    ];
    let words = if failure.is_loop() { phrases::LOG_LOOP } else { phrases::LOG_ONCE };
    page.put(0, 2, &[(Tone::Bad, &fill(words, language, &places))]);
    for (server, files) in &failure.servers {
        let (tone, files) = match files.is_empty() {
            true => (Tone::Faint, page.say(phrases::LOG_NO_FILE).to_owned()),
            false => (Tone::Plain, few(files, 50, language)),
        };
        page.put(2, 4, &[(Tone::Plain, server), (Tone::Plain, ": "), (tone, &files)]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::words::Language;

    // DV-07, DV-04, DV-05, DV-06, DV-09, DV-10
    #[test]
    fn the_loop_is_named_with_servers_and_files_and_what_to_do() {
        let failure = Failure {
            task: "書き換え終了タスクに失敗しました.".into(),
            times: 3,
            first: "2017-09-08 11:32:14,426".into(),
            last: "2017-09-08 11:52:14,426".into(),
            servers: vec![
                ("PVS1".into(), vec![]),
                ("PVS2\u{1b}[2J".into(), vec!["Hoge.11.avhd.20170907_123456_000000".into()]),
            ],
        };
        let log = TaskLog { records: 9, failures: vec![failure], more: false };
        for (language, wanted) in [
            (
                Language::English,
                [
                    "3 times",
                    "PVS1: no abnormal file",
                    "Hoge.11.avhd.20170907_123456_000000",
                    "17-005",
                    "Invalid.<yyyymmdd>",
                    "Revert",
                ],
            ),
            (
                Language::Japanese,
                [
                    "3 回",
                    "異常なファイルなし",
                    "Hoge.11.avhd.20170907_123456_000000",
                    "17-005",
                    "Invalid.<yyyymmdd>",
                    "取り消し",
                ],
            ),
        ] {
            let said = text(&log, &Look { language, width: usize::MAX, colour: false });
            wanted.iter().for_each(|part| assert!(said.contains(part), "{part}: {said}"));
            assert!(!said.contains('\u{1b}'), "what a log holds moves no cursor");
        }
        let nothing = text(
            &TaskLog { records: 9, ..TaskLog::default() },
            &Look { language: Language::English, width: 80, colour: false },
        );
        assert_eq!(nothing.lines().count(), 1);
    }
}
