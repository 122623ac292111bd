//! The rows of Sun Ray's table: one single-step move each.
//!
//! # Source
//! Sun Ray Software administration guide, 6.9.1 to 6.9.3. The forms `utreplica -p -a` and `-p -d`, which add and remove
//! one secondary on a primary that is there, are of the command's manual page.

use std::time::Duration;

use crate::model::table::{By, Danger, Disruption, Leader, Need, Other, Place, Set, Statement, Transition};
use crate::model::words::Words;

use super::table::{PRIMARY, SECONDARY, STANDALONE};

const MINUTE: u64 = 60;

const INSTALLED: Need = Need { mark: "software", values: &["installed"] };
const FILLED: Need = Need { mark: "store", values: &["filled"] };
const EMPTY: Need = Need { mark: "store", values: &["empty"] };
const KEPT: Need = Need { mark: "dump", values: &["kept"] };
const FOLLOWS_NOBODY: Set = Set { mark: "follow", to: "none", or: &[] };
/// The new primary may name it before it follows.
const NAMED_OR_NOT: Set = Set { mark: "follow", to: "none", or: &["listed"] };
const FOLLOWS: Set = Set { mark: "follow", to: "current", or: &[] };
const GETS_DATA: Set = Set { mark: "store", to: "filled", or: &[] };
const LOSES_DUMP: Set = Set { mark: "dump", to: "none", or: &[] };

/// Who followed the primary follows a server that is none any more, or none yet.
const GO_STALE: &[Other] =
    &[Other { role: SECONDARY, needs: &[], sets: &[Set { mark: "follow", to: "stale", or: &["current"] }] }];
/// Who follows another is left behind; who is to follow may be named at once.
const ARE_LEFT_BEHIND: &[Other] = &[GO_STALE[0], Other { role: STANDALONE, needs: &[], sets: &[NAMED_OR_NOT] }];

/// What the rows have in common.
const ROW: Transition = Transition { from: STANDALONE, to: STANDALONE, leader: Leader::Led, ..Transition::BLANK };

/// A reinstalled host gets the product again: prompts for a person.
pub const INSTALL: Transition = Transition {
    name: "install",
    needs: &[Need { mark: "software", values: &["missing"] }],
    sets: &[Set { mark: "software", to: "installed", or: &[] }],
    leader: Leader::Any,
    says: Some(Statement::Reinstalled),
    guards: &["server_answers"],
    by: By::Operator,
    limit: Duration::from_secs(24 * 60 * MINUTE),
    no_undo_because: Some(Words {
        en: "the product stays installed; a standalone server disturbs nobody",
        ja: "ソフトウェアはそのまま残る (スタンドアロンサーバーはほかに影響しない)",
    }),
    why: Words {
        en: "{server} was installed anew: Sun Ray Software is installed and configured with the same host name, admin password and group signature",
        ja: "再インストールされた {server} に Sun Ray Software をインストールし、同じホスト名、管理パスワード、グループシグニチャーで構成する",
    },
    source: "SR-03, SR-06",
    ..ROW
};

/// A standalone server becomes a secondary of the primary; also what is left of a re-pointing that stopped half way.
pub const FOLLOW: Transition = Transition {
    name: "follow",
    to: SECONDARY,
    needs: &[INSTALLED],
    sets: &[FOLLOWS, GETS_DATA],
    guards: &[
        "one_primary",
        "primary_answers",
        "primary_holds_data",
        "no_user_is_lost",
        "server_answers",
        "another_server_serves",
    ],
    disruption: Disruption::Offline,
    danger: Danger::Redundancy,
    settling: Duration::from_secs(10 * MINUTE),
    limit: Duration::from_secs(120 * MINUTE),
    undo: Some("leave"),
    why: Words {
        en: "{server} becomes a secondary of {leader} and is resynchronised from it; its Sun Ray services are offline meanwhile, for a time that depends on the size of the data store",
        ja: "{server} を {leader} のセカンダリサーバーとして構成し、再同期する (その間 Sun Ray サービスはオフラインになる。所要時間はデータストアのサイズによる)",
    },
    source: "SR-01, SR-04, SR-05, SR-06",
    ..ROW
};

/// A secondary that follows another server is made to follow the primary.
pub const REPOINT: Transition = Transition {
    name: "follow",
    from: SECONDARY,
    to: SECONDARY,
    needs: &[Need { mark: "follow", values: &["stale"] }],
    sets: &[FOLLOWS],
    undo: None,
    no_undo_because: Some(Words {
        en: "whom it followed before is not the primary any more; leave takes it out of the group",
        ja: "以前の複製元はもうプライマリサーバーではない。グループから外すには leave を行う",
    }),
    why: Words {
        en: "{server} leaves the server that it followed and becomes a secondary of {leader}: utreplica -u, then -s; its Sun Ray services are offline meanwhile, for a time that depends on the size of the data store, so one server at a time",
        ja: "{server} が新しいプライマリサーバー {leader} を使用するように再構成する: utreplica -u の後に -s (その間 Sun Ray サービスはオフラインになる。所要時間はデータストアのサイズによるため、1 台ずつ行う)",
    },
    source: "SR-04, SR-05",
    ..FOLLOW
};

/// A secondary stops to follow.
pub const LEAVE: Transition = Transition {
    name: "leave",
    from: SECONDARY,
    to: STANDALONE,
    sets: &[FOLLOWS_NOBODY],
    leader: Leader::Any,
    guards: &["group_not_frozen", "server_answers", "another_server_serves"],
    disruption: Disruption::Offline,
    danger: Danger::Redundancy,
    undo: Some("follow"),
    why: Words {
        en: "{server} stops to be a secondary (utreplica -u): a role changes through standalone only; its Sun Ray services are offline meanwhile",
        ja: "{server} の複製構成を解除する (utreplica -u)。役割の変更は必ずスタンドアロンを経由する (その間 Sun Ray サービスはオフラインになる)",
    },
    source: "SR-04, SR-05",
    ..ROW
};

/// The primary stops to name a secondary that is lost.
pub const FORGET: Transition = Transition {
    name: "forget",
    from: SECONDARY,
    to: STANDALONE,
    sets: &[FOLLOWS_NOBODY],
    says: Some(Statement::Lost),
    guards: &["one_primary", "primary_answers"],
    runs_on: Place::Leader,
    danger: Danger::Redundancy,
    no_undo_because: Some(Words {
        en: "the server is lost; once it is installed again it can follow again",
        ja: "サーバーは失われている。再インストール後に再びセカンダリサーバーにできる",
    }),
    why: Words {
        en: "{server} is lost: {leader} stops to name it as a secondary (utreplica -p -d)",
        ja: "失われた {server} を {leader} のセカンダリサーバーの登録から外す (utreplica -p -d)",
    },
    source: "SR-01",
    ..ROW
};

/// The primary still names a server that follows nobody.
pub const FORGET_NAME: Transition = Transition {
    name: "forget",
    needs: &[Need { mark: "follow", values: &["listed"] }],
    sets: &[FOLLOWS_NOBODY],
    guards: &["one_primary", "primary_answers"],
    runs_on: Place::Leader,
    allows_lost: true,
    no_undo_because: Some(Words {
        en: "it is named again when it follows",
        ja: "セカンダリサーバーにすると再び登録される",
    }),
    why: Words {
        en: "{leader} still names {server}, which is no secondary: utreplica -p -d on {leader}",
        ja: "セカンダリサーバーでない {server} が {leader} に登録されたまま: {leader} で utreplica -p -d を実行する",
    },
    source: "SR-01",
    ..ROW
};

/// The old primary goes first, so that there are never two.
pub const STEP_DOWN: Transition = Transition {
    name: "step-down",
    from: PRIMARY,
    to: STANDALONE,
    sets: &[FOLLOWS_NOBODY],
    leader: Leader::StepsDown,
    others: GO_STALE,
    guards: &["one_primary", "server_answers", "another_server_serves"],
    disruption: Disruption::Offline,
    danger: Danger::Service,
    undo: Some("promote"),
    why: Words {
        en: "{server} stops to be the primary (utreplica -u) before another becomes it, so that there are never two; until then no administrative change is possible, and the others serve from the data that they have",
        ja: "新しいプライマリサーバーを構成する前に {server} の複製構成を解除する (utreplica -u)。プライマリサーバーが 2 台になることはない。次が構成されるまで管理上の変更はできず、残りのメンバーは既存のデータから動作する",
    },
    source: "SR-02, SR-04",
    ..ROW
};

/// A standalone server becomes the primary of a group that has none.
pub const PROMOTE: Transition = Transition {
    name: "promote",
    to: PRIMARY,
    needs: &[INSTALLED, FILLED],
    sets: &[FOLLOWS_NOBODY],
    leader: Leader::Leaderless,
    others: ARE_LEFT_BEHIND,
    guards: &["no_other_primary", "server_answers", "a_secondary_to_name"],
    danger: Danger::Service,
    undo: Some("step-down"),
    why: Words {
        en: "{server} becomes the primary and names the remaining secondaries (utreplica -p); each is then made to follow it",
        ja: "{server} をプライマリサーバーとして構成し、残りのセカンダリサーバーを登録する (utreplica -p)。続いて各セカンダリサーバーを再構成する",
    },
    source: "SR-01, SR-04",
    ..ROW
};

/// As [`PROMOTE`], while the lost server still counts as the primary.
pub const TAKE_OVER: Transition = Transition {
    name: "take-over",
    leader: Leader::Hands { to: STANDALONE, needs: &[], sets: &[NAMED_OR_NOT], says: Some(Statement::Lost) },
    undo: None,
    no_undo_because: Some(Words {
        en: "the old primary is lost; once it is installed again, the lead can be handed back",
        ja: "旧プライマリサーバーは失われている。再インストール後に改めて交換できる",
    }),
    why: Words {
        en: "{leader} is lost: {server} becomes the primary in its place and names the remaining secondaries (utreplica -p); each is then made to follow it",
        ja: "失われたプライマリサーバー {leader} を {server} に交換する: {server} をプライマリサーバーとして構成し、残りのセカンダリサーバーを登録する (utreplica -p)",
    },
    source: "SR-02, SR-04",
    ..PROMOTE
};

/// The primary that was installed anew gets its data back from a secondary.
pub const REBUILD: Transition = Transition {
    name: "rebuild",
    to: PRIMARY,
    needs: &[INSTALLED, EMPTY],
    sets: &[FOLLOWS_NOBODY, GETS_DATA, Set { mark: "dump", to: "kept", or: &[] }],
    leader: Leader::Leaderless,
    others: &[
        Other {
            role: SECONDARY,
            needs: &[],
            sets: &[Set { mark: "follow", to: "current", or: &["stale"] }, LOSES_DUMP],
        },
        Other { role: STANDALONE, needs: &[], sets: &[NAMED_OR_NOT, LOSES_DUMP] },
    ],
    says: Some(Statement::Reinstalled),
    guards: &["no_other_primary", "server_answers", "same_host_name", "data_to_restore"],
    disruption: Disruption::Offline,
    danger: Danger::Service,
    limit: Duration::from_secs(240 * MINUTE),
    no_undo_because: Some(Words {
        en: "it finishes what the loss began; a handover to another server leads on from it",
        ja: "障害からの回復であり、戻す先がない。別のサーバーへの交換は改めて行える",
    }),
    why: Words {
        en: "{server} gets the data store of a secondary: a dump that only its owner can read (utldbmcat), copied encrypted; utreplica -p, utstop, utldif2ldbm, utstart -c, and a look with utuser -l",
        ja: "セカンダリサーバーのデータストアから {server} のデータストアを再構築する: 所有者のみ読める取り込みファイル (utldbmcat) を暗号化して転送し、utreplica -p、utstop、utldif2ldbm、utstart -c を実行して utuser -l で確認する",
    },
    source: "SR-03, SR-07",
    ..ROW
};

/// What is left of a rebuild that stopped after the server had become the primary.
pub const FINISH_REBUILD: Transition = Transition {
    from: PRIMARY,
    needs: &[EMPTY],
    leader: Leader::Any,
    others: &[
        Other { role: SECONDARY, needs: &[], sets: &[LOSES_DUMP] },
        Other { role: STANDALONE, needs: &[], sets: &[LOSES_DUMP] },
    ],
    says: None,
    guards: &["one_primary", "server_answers", "data_to_restore"],
    why: Words {
        en: "{server} is the primary and its data store is still empty: it gets the data of a secondary (utldbmcat, utstop, utldif2ldbm, utstart -c)",
        ja: "プライマリサーバー {server} のデータストアがまだ空のため、セカンダリサーバーのデータを復元する (utldbmcat、utstop、utldif2ldbm、utstart -c)",
    },
    ..REBUILD
};

/// The dump holds a password: it goes once the restored data was confirmed.
pub const REMOVE_DUMP_OF_PRIMARY: Transition = Transition {
    name: "remove-dump",
    from: PRIMARY,
    to: PRIMARY,
    needs: &[KEPT, FILLED],
    sets: &[LOSES_DUMP],
    leader: Leader::Any,
    guards: &["restored_data_confirmed", "server_answers"],
    no_undo_because: Some(Words {
        en: "a new dump can be made at any time",
        ja: "取り込みファイルはいつでも作り直せる",
    }),
    why: Words {
        en: "the restored data is confirmed: the dump, which holds the utadmin password, is removed from {server} and from where it was made",
        ja: "データの復元を確認済み: utadmin パスワードを含む取り込みファイルを {server} と取得元から削除する",
    },
    source: "SR-07",
    ..ROW
};
/// A dump that lies on a secondary.
pub const REMOVE_DUMP_OF_SECONDARY: Transition = Transition {
    from: SECONDARY,
    to: SECONDARY,
    needs: &[KEPT],
    leader: Leader::Led,
    why: Words {
        en: "a dump of the data store, which holds the utadmin password, is left on {server} and not needed: it is removed",
        ja: "utadmin パスワードを含む取り込みファイルが {server} に残っており、不要なため削除する",
    },
    ..REMOVE_DUMP_OF_PRIMARY
};
/// A dump that lies on a standalone server.
pub const REMOVE_DUMP_OF_STANDALONE: Transition =
    Transition { from: STANDALONE, to: STANDALONE, ..REMOVE_DUMP_OF_SECONDARY };
