//! LifeKeeper's table: the roles of a cluster's servers towards its resource hierarchies, and the single steps between.
//!
//! A hierarchy is taken out of service before another server brings it in service: never two, and none in between.
//! Records of a server that was installed anew are removed before it climbs again from the lowest rung.
//!
//! # Source
//! LifeKeeper for Windows, recovery of a server whose operating system was installed anew; SIOS' pages of the LCD
//! commands; requirements LK-01 to LK-11.

use crate::model::name::NameRule;
use crate::model::table::{Count, LeftOut, Mark, Need, Role, Table, Want};
use crate::model::words::Words;

use super::{guards, rows};

/// The cluster does not know it.
pub const UNREGISTERED: &str = "unregistered";
/// System and communication path are known, and no hierarchy is extended to it.
pub const MEMBER: &str = "member";
/// The hierarchies are extended to it.
pub const STANDBY: &str = "standby";
/// The hierarchies are in service on it.
pub const ACTIVE: &str = "active";

/// The table of LifeKeeper.
pub static TABLE: Table = Table {
    system: "lifekeeper",
    title: Words { en: "LifeKeeper cluster", ja: "LifeKeeper クラスタ" },
    server_names: NameRule::WINDOWS,
    roles: &[
        Role { name: UNREGISTERED, title: Words { en: "unregistered", ja: "未登録" }, leads: false },
        Role { name: MEMBER, title: Words { en: "member", ja: "メンバ" }, leads: false },
        Role { name: STANDBY, title: Words { en: "standby", ja: "待機" }, leads: false },
        Role { name: ACTIVE, title: Words { en: "active", ja: "稼動" }, leads: true },
    ],
    marks: &[RECORD, MIRROR],
    wants: &[
        Want::always(UNREGISTERED, "record", &["none"]),
        Want::always(MEMBER, "record", &["current"]),
        Want::always(STANDBY, "record", &["current"]),
        Want::always(ACTIVE, "record", &["current"]),
        Want::always(UNREGISTERED, "mirror", &["none"]),
        Want::always(MEMBER, "mirror", &["none"]),
        Want::always(STANDBY, "mirror", &["mirroring", "unneeded"]),
        Want::always(ACTIVE, "mirror", &["mirroring", "unneeded", "paused", "none"]),
    ],
    counts: &[
        Count {
            name: STANDBY,
            roles: &[STANDBY],
            needs: &[
                Need { mark: "record", values: &["current"] },
                Need { mark: "mirror", values: &["mirroring", "unneeded"] },
            ],
            title: Words { en: "standbys that could take over", ja: "引き継ぎ可能な待機サーバ" },
        },
        Count {
            name: "extended",
            roles: &[STANDBY, ACTIVE],
            needs: &[],
            title: Words {
                en: "servers with the hierarchies", ja: "リソース階層が構成されているサーバ"
            },
        },
    ],
    without_leader: &[UNREGISTERED, MEMBER],
    serves: &[],
    guards: guards::GUARDS,
    transitions: &[
        rows::REGISTER,
        rows::FINISH_REGISTERING,
        rows::RECONNECT,
        rows::UNREGISTER,
        rows::FINISH_UNREGISTERING,
        rows::EXTEND,
        rows::EXTEND_THE_REST,
        rows::MIRROR,
        rows::UNEXTEND,
        rows::UNEXTEND_THE_REST,
        rows::PURGE,
        rows::FINISH_PURGE,
        rows::REMOVE_SYSTEM,
        rows::TAKE_OUT,
        rows::RESTORE,
        rows::RESTORE_THE_REST,
        rows::FAIL_OVER,
        rows::REMOVE_RESOURCES,
        rows::REMOVE_THE_REST,
        rows::REMOVE_THE_LAST,
    ],
    caveat: guards::caveat,
};

const RECORD: Mark = Mark {
    name: "record",
    title: Words { en: "what the servers know of one another", ja: "サーバ間の構成情報" },
    values: &[
        ("none", Words { en: "nothing", ja: "なし" }),
        ("current", Words { en: "the same on all sides", ja: "一致" }),
        ("partly", Words { en: "only some of the hierarchies", ja: "一部のリソース階層のみ" }),
        ("onesided", Words { en: "one side only", ja: "片側のみ" }),
        (
            "stale",
            Words {
                en: "of the time before it was installed anew: the others hold it, it does not",
                ja: "再インストール前のもの (他のサーバにのみ残っている)",
            },
        ),
    ],
    left_out: LeftOut::AsWanted,
};

const MIRROR: Mark = Mark {
    name: "mirror",
    title: Words { en: "mirror of its volumes", ja: "ボリュームのミラー" },
    values: &[
        ("none", Words { en: "none", ja: "なし" }),
        ("mirroring", Words { en: "mirroring, or the source", ja: "ミラーリング中 (またはソース)" }),
        ("unneeded", Words { en: "not needed: nothing is mirrored", ja: "不要 (ミラー対象なし)" }),
        ("paused", Words { en: "paused", ja: "一時停止" }),
        (
            "leftover",
            Words {
                en: "a mirror end or job of the time before it was installed anew",
                ja: "再インストール前のミラーまたはジョブが残っている",
            },
        ),
    ],
    left_out: LeftOut::AsWanted,
};
