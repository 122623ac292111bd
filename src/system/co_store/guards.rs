//! CO-Store's guards: what must hold right before a step. Pure; a fact that is not known is never a yes. Those that look at
//! vDisk files stand in `disk_guards.rs`.

use crate::model::fact::Facts;
use crate::model::guard::{Answer, Case, Guard, Look, Verdict};
use crate::model::name::{ServerName, named};
use crate::model::words::{Text, Words, mib};

use super::disk_guards::{
    backups_in_invalid_folder, disks_complete, divergent_file_of_each, invalid_folder_of_each, name_invalid_free,
    no_divergent_file, no_invalid_folder, no_invalid_folder_on_master, renamed_folder_present,
};

/// The names of the facts that [`super::observe`] notes and the guards read.
pub mod fact {
    /// Of a server: how many terminals run from it (count).
    pub const TERMINALS: &str = "terminals";
    /// Of the group: the servers with storage (list), where the site has no query for them.
    pub const STORAGES: &str = "storages";
    /// Of the group: the open tasks of the store (list).
    pub const OPEN_TASKS: &str = "open_tasks";
    /// Of a server: free space for the store (count, bytes).
    pub const FREE_BYTES: &str = "free_bytes";
    /// Of a server: size of the store's files there (count, bytes).
    pub const STORE_BYTES: &str = "store_bytes";
    /// Of a server: how many bytes of the master's files lie there already, each counted up to the master's length (count).
    pub const HELD_BYTES: &str = "held_bytes";
    /// Of a server: whether the share is there (flag).
    pub const SHARE: &str = "share";
    /// Of a server: the backups in its `Invalid` folder (list).
    pub const INVALID_FILES: &str = "invalid_files";
    /// Of a server: the names of its folders that begin with `Invalid` (list).
    pub const INVALID_FOLDERS: &str = "invalid_folders";
    /// Of a server: the files that differ from the master's (list).
    pub const DIVERGENT_FILES: &str = "divergent_files";
    /// Of a server: whether PVS says that it is up (flag).
    pub const UP: &str = "up";
    /// Of the group: the server that the store's row names as master, as it is written there (word).
    pub const MASTER_ROW: &str = "master_pvs_server";
    /// Of the group: the servers that are ticked for the main store, whether or not their path is valid (list).
    pub const TICKED: &str = "ticked";
    /// Of the group: the same for the store with the difference disks (list).
    pub const TICKED_DIFF: &str = "ticked_diff";
    /// Of the group: the servers that are ticked for the main store, and whose path is valid (list).
    pub const SERVING: &str = "serving";
    /// Of the group: the same for the store with the difference disks (list).
    pub const SERVING_DIFF: &str = "serving_diff";
    /// Of the group: the servers through which PVS answers (list).
    pub const ANSWERING: &str = "answering";
    /// Of the group: the version of CO-Store (word).
    pub const VERSION: &str = "co_store_version";
}

/// The versions for which the rules were stated (CS-13).
const STATED_FOR: [&str; 3] = ["2.5", "3.0", "3.1"];

/// CO-Store's guards.
pub const GUARDS: &[Guard] = &[
    Guard {
        name: "one_master",
        says: Words { en: "exactly one server is the master", ja: "マスターサーバーはちょうど 1 台" },
        reads: &["role"],
        absolute: true,
        of_each: Some(one_master_of_each),
        ask: one_master,
        source: "CS-03",
    },
    Guard {
        name: "another_server_answers",
        says: Words {
            en: "PVS answers through another server than this one", ja: "対象以外の PVS サーバーが応答する"
        },
        reads: &[fact::ANSWERING],
        absolute: false,
        of_each: None,
        ask: another_server_answers,
        source: "CS-06",
    },
    Guard {
        name: "target_stopped_or_idle",
        says: Words {
            en: "the server is down, or no terminal runs from it, so that it can be stopped",
            ja: "対象サーバーが停止しているか、稼働中の端末がなく停止できる",
        },
        reads: &[fact::UP, fact::TERMINALS],
        absolute: false,
        of_each: None,
        ask: target_stopped_or_idle,
        source: "CS-06",
    },
    Guard {
        name: "no_terminal_running",
        says: Words { en: "no terminal is running", ja: "稼働中の端末が存在しない" },
        reads: &[fact::TERMINALS],
        absolute: true,
        of_each: Some(terminals_of_each),
        ask: no_terminal_running,
        source: "CS-07, CS-09, CS-12",
    },
    Guard {
        name: "share_present",
        says: Words { en: "the share is there", ja: "共有フォルダーが存在する" },
        reads: &[fact::SHARE, fact::UP],
        absolute: false,
        of_each: None,
        ask: share_present,
        source: "CS-05, CS-07",
    },
    Guard {
        name: "capacity_suffices",
        says: Words { en: "the disk has room for the store's files", ja: "ディスク容量がストアに足りる" },
        reads: &[fact::FREE_BYTES, fact::STORE_BYTES, fact::HELD_BYTES, fact::UP],
        absolute: false,
        of_each: None,
        ask: capacity_suffices,
        source: "CS-07",
    },
    Guard {
        name: "no_open_task",
        says: Words {
            en: "no task of the store is running or pending", ja: "実行中・未実行のタスクがない"
        },
        reads: &[fact::OPEN_TASKS],
        absolute: false,
        of_each: None,
        ask: no_open_task,
        source: "CS-10",
    },
    Guard {
        name: "disks_complete",
        says: Words {
            en: "its vDisk files equal the master's", ja: "vDisk ファイルがマスターと一致する"
        },
        reads: &["disks", fact::DIVERGENT_FILES],
        absolute: true,
        of_each: None,
        ask: disks_complete,
        source: "CS-08, DV-01",
    },
    Guard {
        name: "no_invalid_folder",
        says: Words {
            en: "no server has an Invalid folder with backups",
            ja: "Invalid フォルダーにバックアップがない",
        },
        reads: &["disks", fact::INVALID_FILES, fact::UP],
        absolute: true,
        of_each: Some(invalid_folder_of_each),
        ask: no_invalid_folder,
        source: "DV-03, DV-04",
    },
    Guard {
        name: "no_divergent_file",
        says: Words {
            en: "no slave has a file that differs from the master's", ja: "マスターと異なるファイルがない"
        },
        reads: &["disks", fact::DIVERGENT_FILES],
        absolute: true,
        of_each: Some(divergent_file_of_each),
        ask: no_divergent_file,
        source: "DV-02",
    },
    Guard {
        name: "no_invalid_folder_on_master",
        says: Words {
            en: "the master has no Invalid folder with backups",
            ja: "マスターの Invalid フォルダーにバックアップがない",
        },
        reads: &["disks", fact::INVALID_FILES],
        absolute: true,
        of_each: None,
        ask: no_invalid_folder_on_master,
        source: "DV-04",
    },
    Guard {
        name: "backups_in_invalid_folder",
        says: Words {
            en: "the Invalid folder holds .(a)vhd backups",
            ja: "Invalid フォルダーに .(a)vhd のバックアップがある",
        },
        reads: &[fact::INVALID_FILES],
        absolute: true,
        of_each: None,
        ask: backups_in_invalid_folder,
        source: "DV-05",
    },
    Guard {
        name: "renamed_folder_present",
        says: Words {
            en: "the folder that the run renamed is still there under its new name",
            ja: "その実行でリネームしたフォルダーが残っている",
        },
        reads: &[fact::INVALID_FOLDERS],
        absolute: true,
        of_each: None,
        ask: renamed_folder_present,
        source: "DV-05",
    },
    Guard {
        name: "name_invalid_free",
        says: Words { en: "no folder Invalid is there", ja: "Invalid フォルダーがない" },
        reads: &[fact::INVALID_FOLDERS],
        absolute: true,
        of_each: None,
        ask: name_invalid_free,
        source: "DV-05",
    },
];

/// Says what a reader of every plan of a store should know: whether the rules were stated for its version (CS-13).
pub fn caveat(facts: &Facts) -> Option<Text> {
    match facts.text(None, fact::VERSION) {
        Ok(version) if STATED_FOR.contains(&version) => None,
        Ok(version) => Some(Text::new(
            format!("the rules were stated for CO-Store 2.5, 3.0 and 3.1; this is {version}"),
            format!("手順は CO-Store 2.5、3.0、3.1 を対象としている。このストアは {version}"),
        )),
        Err(_) => Some(Text::new(
            "the rules were stated for CO-Store 2.5, 3.0 and 3.1; the version of this store is not known",
            "手順は CO-Store 2.5、3.0、3.1 を対象としている。このストアのバージョンは不明",
        )),
    }
}

/// The masters are the leaders; what is asked of each server is whether its role is known.
fn one_master_of_each(look: &Look<'_>) -> Verdict {
    if look.standing.role.is_none() { Verdict::Unknown } else { Verdict::Yes }
}

fn one_master(case: &Case<'_>) -> Answer {
    let masters: Vec<&ServerName> = case.leaders.iter().collect();
    let unknown = || named(case.found.unknown.iter());
    match masters.as_slice() {
        // Only the store's row names a master, and it names one: another server whose role is unknown is not it.
        [one] => Answer::yes(format!("`{one}` is the master"), format!("マスターは `{one}`")),
        [] if !case.found.unknown.is_empty() => Answer::unknown(
            format!("no master is known, and the role of {} is unknown", unknown()),
            format!("マスターが不明 ({} の役割が不明)", unknown()),
        ),
        [] => Answer::no("no server is the master", "マスターサーバーが存在しない"),
        many => {
            let many = named(many.iter().copied());
            Answer::no(format!("{many} are masters"), format!("{many} がマスターになっている"))
        }
    }
}

fn another_server_answers(case: &Case<'_>) -> Answer {
    match case.facts.list(None, fact::ANSWERING) {
        Ok(servers) => match servers.iter().find(|one| !case.server.is(one)) {
            Some(one) => Answer::yes(format!("PVS answers through `{one}`"), format!("`{one}` 経由で PVS が応答した")),
            None => Answer::no("no other server answers", "対象以外に応答するサーバーがない"),
        },
        Err(why) => unknown_fact("which servers answer", "応答するサーバー", &why),
    }
}

fn target_stopped_or_idle(case: &Case<'_>) -> Answer {
    let server = case.server;
    let up = case.facts.flag(Some(server), fact::UP);
    if up == Ok(false) {
        return Answer::yes(format!("`{server}` is down"), format!("`{server}` は停止している"));
    }
    match (up, case.facts.count(Some(server), fact::TERMINALS)) {
        (Ok(_), Ok(0)) => Answer::yes(
            format!("`{server}` is up and no terminal runs from it; the step stops its Stream Service first"),
            format!("`{server}` は稼働中だが端末はない。手順の最初に Stream Service を停止する"),
        ),
        (Ok(_), Ok(count)) => Answer::no(
            format!("{count} terminals run from `{server}`"),
            format!("`{server}` で {count} 台の端末が稼働中"),
        ),
        (Err(why), _) => unknown_fact(&format!("whether `{server}` is up"), &format!("`{server}` の稼働状態"), &why),
        (_, Err(why)) => {
            unknown_fact(&format!("the number of terminals of `{server}`"), &format!("`{server}` の端末数"), &why)
        }
    }
}

fn terminals_of_each(look: &Look<'_>) -> Verdict {
    match look.facts.count(Some(look.server), fact::TERMINALS) {
        _ if look.standing.role == Some("unregistered") => Verdict::Yes,
        Ok(0) => Verdict::Yes,
        Ok(_) => Verdict::No,
        Err(_) if look.topology.is_lost(look.server) => Verdict::Yes,
        Err(_) => Verdict::Unknown,
    }
}

fn no_terminal_running(case: &Case<'_>) -> Answer {
    let terminals = |server: &ServerName| case.facts.count(Some(server), fact::TERMINALS);
    let running: Vec<(&ServerName, u64)> =
        case.found.no.iter().filter_map(|server| Some((server, terminals(server).ok()?))).collect();
    if !running.is_empty() {
        let en: Vec<String> = running.iter().map(|(server, count)| format!("{count} from `{server}`")).collect();
        let ja: Vec<String> = running.iter().map(|(server, count)| format!("`{server}` で {count} 台")).collect();
        return Answer::no(
            format!("terminals are running: {}; to do it all the same, ask the vendor", en.join(", ")),
            format!("端末が稼働中: {}。この状況で実施したい場合は CO-CONV に連絡する", ja.join("、")),
        );
    }
    match case.found.unknown.first().map(|server| (server, terminals(server).err().unwrap_or_default())) {
        Some((server, why)) => {
            unknown_fact(&format!("the number of terminals of `{server}`"), &format!("`{server}` の端末数"), &why)
        }
        None => Answer::yes("no terminal is running", "稼働中の端末はない"),
    }
}

fn share_present(case: &Case<'_>) -> Answer {
    let server = case.server;
    match case.facts.flag(Some(server), fact::SHARE) {
        Ok(true) => Answer::yes(format!("`{server}` has the share"), format!("`{server}` に共有フォルダーがある")),
        // The operator makes the share as part of joining the farm: before that step it can't be seen.
        _ if joins_first(case) => Answer::unknown(
            format!("the share of `{server}` is made when it joins the farm"),
            format!("`{server}` の共有フォルダーは登録時に作成される"),
        ),
        Ok(false) => Answer::no(format!("`{server}` has no share"), format!("`{server}` に共有フォルダーがない")),
        Err(why) => unknown_fact(&format!("the share of `{server}`"), &format!("`{server}` の共有フォルダー"), &why),
    }
}

fn capacity_suffices(case: &Case<'_>) -> Answer {
    let server = case.server;
    let Some(master) = case.leaders.first() else {
        return Answer::unknown(
            "the size of the store is unknown: no master is known",
            "ストアのサイズが不明 (マスター不明)",
        );
    };
    let needed = case.facts.count(Some(master), fact::STORE_BYTES);
    // Files that the master doesn't have stay where they are, and make no room.
    let held = case.facts.count(Some(server), fact::HELD_BYTES).unwrap_or(0);
    match (needed, case.facts.count(Some(server), fact::FREE_BYTES)) {
        (Ok(needed), Ok(free)) => {
            let more = needed.saturating_sub(held);
            let en = format!("the store needs {} more and `{server}` has {} free", mib(more), mib(free));
            let ja = format!("ストアにはあと {} が必要、`{server}` の空きは {}", mib(more), mib(free));
            if free >= more { Answer::yes(en, ja) } else { Answer::no(en, ja) }
        }
        (Err(why), _) => unknown_fact("the size of the store", "ストアのサイズ", &why),
        (_, Err(_)) if joins_first(case) => Answer::unknown(
            format!("the free space of `{server}` can be seen once it has joined the farm"),
            format!("`{server}` の空き容量は登録後に確認できる"),
        ),
        (_, Err(why)) => {
            unknown_fact(&format!("the free space of `{server}`"), &format!("`{server}` の空き容量"), &why)
        }
    }
}

/// Returns whether the facts were observed before the server joins the farm, so that some could not be seen yet.
fn joins_first(case: &Case<'_>) -> bool {
    matches!(case.facts.flag(Some(case.server), fact::UP), Err(why) if why == super::observe::NOT_REGISTERED)
}

fn no_open_task(case: &Case<'_>) -> Answer {
    match case.facts.list(None, fact::OPEN_TASKS) {
        Ok([]) => Answer::yes("the task list is empty", "タスク一覧は空"),
        Ok(tasks) => {
            Answer::no(format!("open tasks: {}", tasks.join(", ")), format!("未完了のタスク: {}", tasks.join("、")))
        }
        Err(why) => unknown_fact("the task list", "タスク一覧", &why),
    }
}

pub(super) fn unknown_fact(en: &str, ja: &str, why: &str) -> Answer {
    Answer {
        verdict: Verdict::Unknown,
        because: Text::new(format!("{en} is unknown: {why}"), format!("{ja}が不明: {why}")),
    }
}
