//! WSMGR's table: the roles of a server group, its place in the load balancer's pool, and its synchronisation.
//!
//! # Source
//! WSMGR for Web user's guide, 13.1.2 and 13.1.3; requirements WS-01 to WS-16.

use crate::model::name::NameRule;
use crate::model::table::{Count, LeftOut, Mark, Need, Role, Table, Want};
use crate::model::words::Words;

use super::guards;
use super::rows;

/// It is in no group.
pub const UNREGISTERED: &str = "unregistered";
/// It is in the group's list and gets nothing.
pub const DISABLED: &str = "disabled";
/// It gets the manager's configuration.
pub const MEMBER: &str = "member";
/// It leads: configuration is distributed from it, and the group is changed on it.
pub const MANAGER: &str = "manager";

/// It gets sessions, and its configuration is whole.
pub(super) const SERVES: &[Need] =
    &[Need { mark: "pool", values: &["in"] }, Need { mark: "sync", values: &["complete"] }];

/// The table of WSMGR.
pub static TABLE: Table = Table {
    system: "wsmgr",
    title: Words { en: "WSMGR server group", ja: "WSMGR サーバグループ" },
    server_names: NameRule::HOST,
    roles: &[
        Role { name: UNREGISTERED, title: Words { en: "unregistered", ja: "登録なし" }, leads: false },
        Role { name: DISABLED, title: Words { en: "disabled", ja: "無効" }, leads: false },
        Role { name: MEMBER, title: Words { en: "member", ja: "メンバサーバ" }, leads: false },
        Role { name: MANAGER, title: Words { en: "manager", ja: "管理サーバ" }, leads: true },
    ],
    marks: &[POOL, SYNC, OWN],
    wants: &[
        Want::always(UNREGISTERED, "pool", &["out"]),
        Want::always(DISABLED, "pool", &["out"]),
        Want::always(MEMBER, "pool", &["in"]),
        Want::always(MANAGER, "pool", &["in"]),
        Want::always(MEMBER, "sync", &["complete"]),
        Want::always(MANAGER, "sync", &["complete"]),
        Want::always(UNREGISTERED, "own", &["cleared", "cut"]),
        Want::always(DISABLED, "own", &["joined", "cleared", "cut"]),
        Want::always(MEMBER, "own", &["joined"]),
        Want::always(MANAGER, "own", &["joined"]),
    ],
    counts: &[Count {
        name: "serving",
        roles: &[MEMBER, MANAGER],
        needs: SERVES,
        title: Words { en: "serving servers", ja: "運用中のサーバ" },
    }],
    without_leader: &[],
    serves: SERVES,
    guards: guards::GUARDS,
    transitions: &[
        rows::DRAIN_UNREGISTERED,
        rows::DRAIN_DISABLED,
        rows::DRAIN_MEMBER,
        rows::DRAIN_MANAGER,
        rows::RETURN_MEMBER,
        rows::RETURN_MANAGER,
        rows::FORM,
        rows::ADD,
        rows::ENABLE,
        rows::AWAIT_SYNC,
        rows::RESYNC,
        rows::REGROUP,
        rows::DISABLE,
        rows::DISABLE_APART,
        rows::REMOVE,
        rows::REMOVE_APART,
        rows::REMOVE_DISABLED,
        rows::REMOVE_DISABLED_APART,
        rows::ISOLATE_MEMBER,
        rows::ISOLATE_MANAGER,
        rows::ISOLATE_UNREGISTERED,
        rows::CLEAR_UNREGISTERED,
        rows::CLEAR_DISABLED,
        rows::HANDOVER,
        rows::TAKE_OVER,
    ],
    caveat: guards::caveat,
};

const POOL: Mark = Mark {
    name: "pool",
    title: Words { en: "load balancer's pool", ja: "負荷分散対象" },
    values: &[
        ("in", Words { en: "in", ja: "組み込み済み" }),
        ("down", Words { en: "in, and found down", ja: "組み込み済み (ダウン検出)" }),
        ("draining", Words { en: "draining", ja: "切り離し中" }),
        ("out", Words { en: "out", ja: "切り離し済み" }),
    ],
    left_out: LeftOut::Unknown,
};

const SYNC: Mark = Mark {
    name: "sync",
    title: Words { en: "synchronisation", ja: "同期" },
    values: &[
        ("complete", Words { en: "complete", ja: "同期完了" }),
        ("running", Words { en: "running", ja: "同期中" }),
        (
            "error",
            Words {
                en: "in error, or to be done by hand", ja: "エラー (手動での同期または再設定が必要)"
            },
        ),
    ],
    left_out: LeftOut::Unknown,
};

const OWN: Mark = Mark {
    name: "own",
    title: Words { en: "its own group list", ja: "自身のサーバグループ設定" },
    values: &[
        ("joined", Words { en: "that of the group", ja: "グループに所属" }),
        (
            "cut",
            Words {
                en: "that of the group, and cut off the network", ja: "ネットワークから切り離し済み (設定は残存)"
            },
        ),
        ("cleared", Words { en: "empty", ja: "削除済み" }),
    ],
    left_out: LeftOut::AsWanted,
};
