//! Sun Ray's table: the roles of a failover group's servers and the single steps between them.
//!
//! Every change of role leads through the neutral one, `standalone`: a secondary never becomes the primary, or another's
//! secondary, directly.
//!
//! # Source
//! Sun Ray Software administration guide, chapter 6.9 "Recovery issues and procedures"; requirements SR-01 to SR-07.

use crate::model::name::NameRule;
use crate::model::table::{Count, LeftOut, Mark, Role, Table, Want};
use crate::model::words::Words;

use super::guards;
use super::rows;

/// It replicates with nobody.
pub const STANDALONE: &str = "standalone";
/// It follows the primary.
pub const SECONDARY: &str = "secondary";
/// It leads: every change of the administration data is made on it first.
pub const PRIMARY: &str = "primary";

/// The table of Sun Ray.
pub static TABLE: Table = Table {
    system: "sun-ray",
    title: Words { en: "Sun Ray failover group", ja: "Sun Ray フェイルオーバーグループ" },
    server_names: NameRule::HOST,
    roles: &[
        Role {
            name: STANDALONE, title: Words { en: "standalone", ja: "スタンドアロンサーバー" }, leads: false
        },
        Role { name: SECONDARY, title: Words { en: "secondary", ja: "セカンダリサーバー" }, leads: false },
        Role { name: PRIMARY, title: Words { en: "primary", ja: "プライマリサーバー" }, leads: true },
    ],
    marks: &[FOLLOW, SOFTWARE, STORE, DUMP],
    wants: &[
        Want::always(PRIMARY, "follow", &["none"]),
        Want::always(SECONDARY, "follow", &["current"]),
        Want::always(STANDALONE, "follow", &["none"]),
        Want::always(PRIMARY, "software", &["installed"]),
        Want::always(SECONDARY, "software", &["installed"]),
        Want::always(STANDALONE, "software", &["installed", "missing"]),
        Want::always(PRIMARY, "store", &["filled"]),
        Want::always(SECONDARY, "store", &["filled", "empty"]),
        Want::always(STANDALONE, "store", &["filled", "empty"]),
        Want::always(PRIMARY, "dump", &["none"]),
        Want::always(SECONDARY, "dump", &["none"]),
        Want::always(STANDALONE, "dump", &["none"]),
    ],
    counts: &[
        Count {
            name: SECONDARY,
            roles: &[SECONDARY],
            needs: &[],
            title: Words { en: "secondaries", ja: "セカンダリサーバー" },
        },
        Count {
            name: "replicating",
            roles: &[PRIMARY, SECONDARY],
            needs: &[],
            title: Words { en: "servers of the group", ja: "グループのサーバー" },
        },
    ],
    without_leader: &[],
    serves: &[],
    guards: guards::GUARDS,
    transitions: &[
        rows::INSTALL,
        rows::FOLLOW,
        rows::REPOINT,
        rows::LEAVE,
        rows::FORGET,
        rows::FORGET_NAME,
        rows::STEP_DOWN,
        rows::PROMOTE,
        rows::TAKE_OVER,
        rows::REBUILD,
        rows::FINISH_REBUILD,
        rows::REMOVE_DUMP_OF_PRIMARY,
        rows::REMOVE_DUMP_OF_SECONDARY,
        rows::REMOVE_DUMP_OF_STANDALONE,
    ],
    caveat: guards::caveat,
};

const FOLLOW: Mark = Mark {
    name: "follow",
    title: Words { en: "whom it follows", ja: "複製元" },
    values: &[
        ("current", Words { en: "the primary, which names it", ja: "プライマリサーバー (相互に登録済み)" }),
        (
            "stale",
            Words {
                en: "a server that is not the primary, or does not name it",
                ja: "プライマリでないサーバー、または未登録",
            },
        ),
        (
            "listed",
            Words {
                en: "nobody, and the primary still names it", ja: "なし (プライマリに登録が残っている)"
            },
        ),
        ("none", Words { en: "nobody", ja: "なし" }),
    ],
    left_out: LeftOut::AsWanted,
};

const SOFTWARE: Mark = Mark {
    name: "software",
    title: Words { en: "Sun Ray Software", ja: "Sun Ray Software" },
    values: &[
        ("installed", Words { en: "installed", ja: "インストール済み" }),
        ("missing", Words { en: "not installed", ja: "未インストール" }),
    ],
    left_out: LeftOut::AsWanted,
};

const STORE: Mark = Mark {
    name: "store",
    title: Words { en: "data store", ja: "データストア" },
    values: &[
        ("filled", Words { en: "holds the group's data", ja: "グループのデータあり" }),
        ("empty", Words { en: "empty while others hold data", ja: "空 (ほかのサーバーにはデータがある)" }),
    ],
    left_out: LeftOut::AsWanted,
};

const DUMP: Mark = Mark {
    name: "dump",
    title: Words { en: "dump of the data store", ja: "データストアの取り込みファイル" },
    values: &[
        ("none", Words { en: "none", ja: "なし" }),
        ("kept", Words { en: "kept; it holds the utadmin password", ja: "あり (utadmin パスワードを含む)" }),
    ],
    left_out: LeftOut::AsWanted,
};
