//! CO-Store's table: the roles of a store's servers and the single steps between them.
//!
//! # Source
//! CO-CONV support article 17-027 (roles and steps) and 17-025 (divergent files); requirements CS-01 to CS-13
//! and DV-01 to DV-05.

use std::time::Duration;

use crate::model::name::NameRule;
use crate::model::table::{
    By, Count, Danger, Disruption, FollowUpForm, Holds, Leader, LeftOut, Mark, Need, Other, Place, Role, Set,
    Statement, Table, Transition, Want,
};
use crate::model::words::Words;

use super::guards;

const UNREGISTERED: &str = "unregistered";
const ADDITIONAL: &str = "additional";
const SLAVE: &str = "slave";
const MASTER: &str = "master";

const MINUTE: u64 = 60;

/// The table of CO-Store.
pub static TABLE: Table = Table {
    system: "co-store",
    title: Words { en: "CO-Store store on Citrix PVS", ja: "CO-Store 管理ストア (Citrix PVS)" },
    server_names: NameRule::WINDOWS,
    roles: &[
        Role { name: UNREGISTERED, title: Words { en: "unregistered", ja: "登録外" }, leads: false },
        Role { name: ADDITIONAL, title: Words { en: "additional server", ja: "追加サーバー" }, leads: false },
        Role { name: SLAVE, title: Words { en: "slave", ja: "スレーブサーバー" }, leads: false },
        Role { name: MASTER, title: Words { en: "master", ja: "マスターサーバー" }, leads: true },
    ],
    marks: &[
        Mark {
            name: "disks",
            title: Words { en: "vDisk files", ja: "vDisk ファイル" },
            values: &[
                ("complete", Words { en: "equal to the master's", ja: "マスターと同一" }),
                ("awaiting", Words { en: "awaiting replication", ja: "レプリケーション待ち" }),
                ("none", Words { en: "none", ja: "なし" }),
                ("leftover", Words { en: "left over from its time as a slave", ja: "スレーブだったときの残り" }),
                ("divergent", Words { en: "different from the master's", ja: "マスターと異なる" }),
                (
                    "invalid",
                    Words {
                        en: "an Invalid folder holds backups", ja: "Invalid フォルダーにバックアップあり"
                    },
                ),
            ],
            left_out: LeftOut::Unknown,
        },
        Mark {
            name: "ticks",
            title: Words { en: "ticks on the Servers tab", ja: "[サーバー] タブのチェック" },
            values: &[
                ("own", Words { en: "only this server is ticked", ja: "このサーバーのみオン" }),
                ("others", Words { en: "this server is not ticked", ja: "このサーバーはオフ" }),
                ("missing", Words { en: "ticked in part, or nobody is", ja: "一部のみオン、または全員オフ" }),
            ],
            left_out: LeftOut::AsWanted,
        },
    ],
    wants: &[
        Want::always(MASTER, "ticks", &["own"]),
        Want::always(SLAVE, "ticks", &["others"]),
        Want::always(ADDITIONAL, "ticks", &["others"]),
        Want::always(UNREGISTERED, "ticks", &["others"]),
        Want {
            role: SLAVE,
            mark: "disks",
            values: &["complete", "awaiting", "divergent", "none", "leftover"],
            holds: Holds::IfDeclared(Statement::KeepMasterFiles),
        },
        Want { role: SLAVE, mark: "disks", values: &["invalid"], holds: Holds::IfDeclared(Statement::TakenBack) },
        Want { role: SLAVE, mark: "disks", values: &["complete", "awaiting"], holds: Holds::ForDrift },
        Want { role: MASTER, mark: "disks", values: &["complete"], holds: Holds::ForDrift },
    ],
    counts: &[
        Count {
            name: SLAVE,
            roles: &[SLAVE],
            needs: &[Need { mark: "disks", values: &["complete"] }],
            title: Words { en: "complete slaves", ja: "同期済みのスレーブサーバー" },
        },
        Count {
            name: MASTER, roles: &[MASTER], needs: &[], title: Words { en: "masters", ja: "マスターサーバー" }
        },
        Count {
            name: ADDITIONAL,
            roles: &[ADDITIONAL],
            needs: &[],
            title: Words { en: "additional servers", ja: "追加サーバー" },
        },
    ],
    without_leader: &[],
    serves: &[],
    guards: guards::GUARDS,
    transitions: &[
        REGISTER,
        UNREGISTER,
        ADD_STORAGE,
        REMOVE_STORAGE,
        AWAIT_REPLICATION,
        HANDOVER,
        FINISH_HANDOVER,
        QUARANTINE,
        UNQUARANTINE,
    ],
    caveat: guards::caveat,
};

const REGISTER: Transition = Transition {
    name: "register",
    from: UNREGISTERED,
    to: ADDITIONAL,
    needs: &[],
    sets: &[],
    leader: Leader::Led,
    others: &[],
    says: None,
    guards: &["one_master", "another_server_answers", "no_invalid_folder"],
    by: By::Operator,
    runs_on: Place::This,
    allows_lost: false,
    disruption: Disruption::None,
    danger: Danger::Low,
    settling: Duration::from_secs(MINUTE),
    limit: Duration::from_secs(60 * MINUTE),
    undo: Some("unregister"),
    no_undo_because: None,
    why: Words {
        en: "{server} joins the farm through the store {group}-Link and becomes an additional server; a server climbs one rung at a time",
        ja: "{server} をストア {group}-Link でファームに参加させ、追加サーバーに昇格する (変更は 1 段階ずつ)",
    },
    follow_up: None,
    source: "CS-01, CS-05",
};

const UNREGISTER: Transition = Transition {
    name: "unregister",
    from: ADDITIONAL,
    to: UNREGISTERED,
    needs: &[],
    sets: &[],
    leader: Leader::Led,
    others: &[],
    says: None,
    guards: &["one_master", "another_server_answers", "target_stopped_or_idle", "no_invalid_folder"],
    by: By::Automatic,
    runs_on: Place::AnyOther,
    allows_lost: true,
    disruption: Disruption::Offline,
    danger: Danger::Low,
    settling: Duration::from_secs(MINUTE),
    limit: Duration::from_secs(5 * MINUTE),
    undo: Some("register"),
    no_undo_because: None,
    why: Words {
        en: "the Stream Service of {server} is stopped and {server} is deleted from the farm, seen from another server",
        ja: "{server} の Stream Service を停止し、別の PVS サーバーからファームの {server} を削除して登録外に降格する",
    },
    follow_up: Some(LEFTOVER),
    source: "CS-06",
};

const ADD_STORAGE: Transition = Transition {
    name: "add-storage",
    from: ADDITIONAL,
    to: SLAVE,
    needs: &[],
    sets: &[Set { mark: "disks", to: "awaiting", or: &["complete"] }],
    leader: Leader::Led,
    others: &[],
    says: None,
    guards: &[
        "one_master",
        "no_terminal_running",
        "share_present",
        "capacity_suffices",
        "no_invalid_folder",
        "no_divergent_file",
    ],
    by: By::Automatic,
    runs_on: Place::Any,
    allows_lost: false,
    disruption: Disruption::Idle,
    danger: Danger::Redundancy,
    settling: Duration::ZERO,
    limit: Duration::from_secs(5 * MINUTE),
    undo: Some("remove-storage"),
    no_undo_because: None,
    why: Words {
        en: "{server} is added to the storages of {group} and becomes a slave; its files come with the next replication",
        ja: "{server} を {group} のストレージに追加し、スレーブサーバーに昇格する (ファイルは次のレプリケーションで届く)",
    },
    follow_up: Some(FollowUpForm {
        name: "replication",
        says: Words {
            en: "{server} is awaiting replication: it starts with the next new version, or when a version is deleted from the trash",
            ja: "{server} はレプリケーション待ち: 新しいバージョンの作成、またはバージョンのゴミ箱からの削除で開始される",
        },
        while_mark: ("disks", &["awaiting"]),
    }),
    source: "CS-07, CS-08",
};

const REMOVE_STORAGE: Transition = Transition {
    name: "remove-storage",
    from: SLAVE,
    to: ADDITIONAL,
    // From files that differ no step leads down: the way over `leftover` would end in replicating over them (DV-02).
    needs: &[Need { mark: "disks", values: &["complete", "awaiting", "none", "leftover"] }],
    sets: &[Set { mark: "disks", to: "leftover", or: &["none"] }],
    leader: Leader::Led,
    others: &[],
    says: None,
    guards: &["one_master", "no_terminal_running", "no_invalid_folder", "no_divergent_file"],
    by: By::Automatic,
    runs_on: Place::Any,
    allows_lost: true,
    disruption: Disruption::Idle,
    danger: Danger::Redundancy,
    settling: Duration::ZERO,
    limit: Duration::from_secs(5 * MINUTE),
    undo: Some("add-storage"),
    no_undo_because: None,
    why: Words {
        en: "{server} leaves the storages of {group} and becomes an additional server; its vDisk files stay where they are",
        ja: "{server} を {group} のストレージから除外し、追加サーバーに降格する (vDisk ファイルは残る)",
    },
    follow_up: Some(LEFTOVER),
    source: "CS-09",
};

const LEFTOVER: FollowUpForm = FollowUpForm {
    name: "leftover-files",
    says: Words {
        en: "vDisk files of {group} are left on {server}: delete them by hand after a while; rolewalk never deletes a vDisk file",
        ja: "{server} に {group} の vDisk ファイルが残っている: しばらく経過してから手動で削除する (rolewalk は vDisk ファイルを削除しない)",
    },
    while_mark: ("disks", &["leftover"]),
};

const AWAIT_REPLICATION: Transition = Transition {
    name: "await-replication",
    from: SLAVE,
    to: SLAVE,
    needs: &[Need { mark: "disks", values: &["awaiting"] }],
    sets: &[Set { mark: "disks", to: "complete", or: &[] }],
    leader: Leader::Led,
    others: &[],
    says: None,
    guards: &["one_master", "share_present", "capacity_suffices", "no_invalid_folder", "no_divergent_file"],
    by: By::Operator,
    runs_on: Place::Leader,
    allows_lost: false,
    disruption: Disruption::None,
    danger: Danger::Low,
    settling: Duration::ZERO,
    limit: Duration::from_secs(24 * 60 * MINUTE),
    undo: None,
    no_undo_because: Some(Words {
        en: "there is nothing to take back: the files are copies of the master's",
        ja: "戻すものがない: ファイルはマスターの複製",
    }),
    why: Words {
        en: "the vDisk files of {server} must equal the master's before it counts; adding a slave does not replicate",
        ja: "{server} の vDisk ファイルがマスターと一致するまで待つ (スレーブの追加だけではレプリケーションは実行されない)",
    },
    follow_up: None,
    source: "CS-08",
};

const HANDOVER: Transition = Transition {
    name: "handover",
    from: SLAVE,
    to: MASTER,
    needs: &[Need { mark: "disks", values: &["complete"] }],
    sets: &[Set { mark: "ticks", to: "own", or: &[] }],
    leader: Leader::Hands { to: SLAVE, needs: &[], sets: &[Set { mark: "ticks", to: "others", or: &[] }], says: None },
    others: UNTICK_OTHERS,
    says: None,
    guards: &["one_master", "no_open_task", "disks_complete", "no_invalid_folder", "no_divergent_file"],
    by: By::Automatic,
    runs_on: Place::Any,
    allows_lost: false,
    disruption: Disruption::Moves,
    danger: Danger::Service,
    settling: Duration::from_secs(10 * MINUTE),
    limit: Duration::from_secs(5 * MINUTE),
    undo: Some("handover"),
    no_undo_because: None,
    why: Words {
        en: "{server} takes over as master of {group} from {leader}: one change of the database row, then only {server} is ticked on {group} and {group}-Diff; terminals may move to another server within minutes and stay in use",
        ja: "{server} を {leader} に代わる {group} のマスターサーバーに昇格する: データベースの行を変更し、{group} と {group}-Diff では {server} のチェックのみをオンにする (数分以内に端末の利用サーバーが切り替わることがあるが、利用は継続できる)",
    },
    follow_up: None,
    source: "CS-03, CS-04, CS-10, CS-11",
};

/// Finishes a handover that stopped between the database row and the ticks.
const FINISH_HANDOVER: Transition = Transition {
    name: "handover",
    from: MASTER,
    to: MASTER,
    needs: &[Need { mark: "ticks", values: &["others", "missing"] }],
    sets: &[Set { mark: "ticks", to: "own", or: &[] }],
    leader: Leader::Any,
    others: UNTICK_OTHERS,
    says: None,
    guards: &["one_master"],
    by: By::Automatic,
    runs_on: Place::Any,
    allows_lost: false,
    disruption: Disruption::Moves,
    danger: Danger::Service,
    settling: Duration::from_secs(10 * MINUTE),
    limit: Duration::from_secs(5 * MINUTE),
    undo: None,
    no_undo_because: Some(Words {
        en: "it finishes what was begun; a handover to another slave leads back",
        ja: "途中の作業を完了させるもの。元に戻すには別のスレーブを昇格する",
    }),
    why: Words {
        en: "the database already names {server} as master of {group}, and the ticks do not agree: only {server} is to be ticked on {group} and {group}-Diff",
        ja: "データベースでは {server} が {group} のマスターだが、チェックが一致していない: {group} と {group}-Diff で {server} のチェックのみをオンにする",
    },
    follow_up: None,
    source: "CS-10",
};

const UNTICK_OTHERS: &[Other] = &[
    Other { role: SLAVE, needs: &[], sets: &[Set { mark: "ticks", to: "others", or: &[] }] },
    Other { role: ADDITIONAL, needs: &[], sets: &[Set { mark: "ticks", to: "others", or: &[] }] },
];

const QUARANTINE: Transition = Transition {
    name: "quarantine",
    from: SLAVE,
    to: SLAVE,
    needs: &[Need { mark: "disks", values: &["invalid"] }],
    sets: &[Set { mark: "disks", to: "awaiting", or: &["complete", "divergent"] }],
    leader: Leader::Led,
    others: &[],
    says: Some(Statement::KeepMasterFiles),
    guards: &["one_master", "no_invalid_folder_on_master", "backups_in_invalid_folder"],
    by: By::Automatic,
    runs_on: Place::This,
    allows_lost: false,
    disruption: Disruption::None,
    danger: Danger::Low,
    settling: Duration::ZERO,
    limit: Duration::from_secs(5 * MINUTE),
    undo: Some("unquarantine"),
    no_undo_because: None,
    why: Words {
        en: "the master's files are declared to be right: the folder Invalid on {server} is renamed, so that tasks go on",
        ja: "マスター上のファイルを使い続けると宣言されている: {server} の Invalid フォルダーをリネームし、タスクを再開させる",
    },
    follow_up: None,
    source: "DV-05",
};

/// Takes back a quarantine of the run that is undone, and is a way to nothing else.
const UNQUARANTINE: Transition = Transition {
    name: "unquarantine",
    from: SLAVE,
    to: SLAVE,
    needs: &[Need { mark: "disks", values: &["complete", "awaiting", "divergent", "none", "leftover"] }],
    sets: &[Set { mark: "disks", to: "invalid", or: &[] }],
    leader: Leader::Led,
    others: &[],
    says: Some(Statement::TakenBack),
    guards: &["one_master", "no_open_task", "renamed_folder_present", "name_invalid_free"],
    by: By::Automatic,
    runs_on: Place::This,
    allows_lost: false,
    disruption: Disruption::None,
    danger: Danger::Low,
    settling: Duration::ZERO,
    limit: Duration::from_secs(5 * MINUTE),
    undo: None,
    no_undo_because: Some(Words {
        en: "`divergence: { keep: master-files }` in the topology declares the choice again",
        ja: "もう一度選択する場合は、トポロジーに `divergence: { keep: master-files }` を宣言する",
    }),
    why: Words {
        en: "the quarantine is taken back: the folder {left} on {server} is named Invalid again, and CO-Store's tasks fail again while it is there",
        ja: "リネームを取り消す: {server} の {left} フォルダーを再び Invalid にする (残っている間、タスクは再びエラーになる)",
    },
    follow_up: None,
    source: "DV-05",
};
