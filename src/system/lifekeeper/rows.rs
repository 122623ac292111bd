//! The rows of LifeKeeper's table: one single-step move each.
//!
//! # Source
//! LifeKeeper for Windows, recovery of a server whose operating system was installed anew, and SIOS' pages of the LCD
//! commands. `perform_action -a restore` stands in a script that SIOS publishes for Windows. For `-a remove`, which is to be
//! its counterpart, there is no public source for Windows: whether it does what is meant here was not seen.

use std::time::Duration;

use crate::model::table::{By, Danger, Disruption, Leader, Need, Other, Place, Set, Statement, Transition};
use crate::model::words::Words;

use super::table::{ACTIVE, MEMBER, STANDBY, UNREGISTERED};

const MINUTE: u64 = 60;

const CURRENT: Need = Need { mark: "record", values: &["current"] };
const PARTLY: Need = Need { mark: "record", values: &["partly"] };
const ONESIDED: Need = Need { mark: "record", values: &["onesided"] };
const STALE: Need = Need { mark: "record", values: &["stale"] };
const READY: Need = Need { mark: "mirror", values: &["mirroring", "unneeded"] };
const UNMIRRORED: Need = Need { mark: "mirror", values: &["none"] };

const BECOMES_CURRENT: Set = Set { mark: "record", to: "current", or: &[] };
const IS_FORGOTTEN: Set = Set { mark: "record", to: "none", or: &[] };
const LOSES_MIRROR: Set = Set { mark: "mirror", to: "none", or: &[] };
/// Who extends in the console may be led on to the mirror at once, and there may be nothing to mirror; and the mirrors of
/// others may stay.
const MAY_BE_MIRRORED: Set = Set { mark: "mirror", to: "none", or: &["mirroring", "unneeded", "paused"] };
const BECOMES_MIRRORED: Set = Set { mark: "mirror", to: "mirroring", or: &["unneeded"] };

/// What `deletelocalmirroronly` does to mirror ends toward other servers is not documented: a plan counts on the worst.
const MAY_LOSE_MIRRORS: &[Other] = &[Other { role: STANDBY, needs: &[], sets: &[MAY_BE_MIRRORED] }];

/// No other server may be on standby: none has such a record.
const NO_STANDBY: &[Other] = &[Other { role: STANDBY, needs: &[Need { mark: "record", values: &[] }], sets: &[] }];

/// What the rows have in common.
const ROW: Transition = Transition { from: UNREGISTERED, to: UNREGISTERED, ..Transition::BLANK };

/// A server becomes known: system and communication paths.
pub const REGISTER: Transition = Transition {
    name: "register",
    to: MEMBER,
    needs: &[Need { mark: "record", values: &["none"] }],
    sets: &[BECOMES_CURRENT],
    guards: &["server_answers", "lifekeeper_installed", "no_admin_lock"],
    by: By::Operator,
    limit: Duration::from_secs(240 * MINUTE),
    undo: Some("unregister"),
    why: Words {
        en: "{server} becomes a member of the cluster: in the LifeKeeper console, connect to it and create the communication paths",
        ja: "{server} をクラスタに加える: LifeKeeper GUI で接続し、コミュニケーションパスを作成する",
    },
    source: "LK-09",
    ..ROW
};

/// What is left of a registration that was done on one side only.
pub const FINISH_REGISTERING: Transition = Transition {
    from: MEMBER,
    needs: &[ONESIDED],
    undo: None,
    no_undo_because: Some(Words {
        en: "it finishes what was begun; unregister leads out of the cluster",
        ja: "途中の作業を完了させるもの。クラスタから外すには unregister を行う",
    }),
    why: Words {
        en: "{server} is known on one side only: the communication paths that are missing are created in the LifeKeeper console",
        ja: "{server} の登録が片側のみ: 不足しているコミュニケーションパスを LifeKeeper GUI で作成する",
    },
    ..REGISTER
};

/// As [`FINISH_REGISTERING`], for a server that holds the hierarchies.
pub const RECONNECT: Transition = Transition { from: STANDBY, to: STANDBY, ..FINISH_REGISTERING };

/// A member that holds no hierarchy leaves the cluster.
pub const UNREGISTER: Transition = Transition {
    name: "unregister",
    from: MEMBER,
    needs: &[CURRENT, UNMIRRORED],
    sets: &[IS_FORGOTTEN],
    guards: &["server_answers", "members_answer", "no_hierarchy_left", "cluster_remains", "no_admin_lock"],
    runs_on: Place::AnyOther,
    danger: Danger::Redundancy,
    undo: Some("register"),
    why: Words {
        en: "{server} leaves the cluster: on every other server, then on it, sys_remove, net_remove and lcdsync",
        ja: "{server} をクラスタから外す: 他のすべてのサーバ、続いて自身で sys_remove、net_remove、lcdsync を実行する",
    },
    source: "LK-06, LK-07, LK-08",
    ..ROW
};

/// What is left of leaving.
pub const FINISH_UNREGISTERING: Transition = Transition {
    needs: &[ONESIDED, UNMIRRORED],
    guards: &["server_answers", "members_answer", "no_hierarchy_left", "no_admin_lock"],
    undo: None,
    no_undo_because: Some(Words {
        en: "it finishes what was begun; register leads back into the cluster",
        ja: "途中の作業を完了させるもの。戻すには register を行う",
    }),
    why: Words {
        en: "{server} is known on one side only: sys_remove, net_remove and lcdsync where it still is",
        ja: "{server} の登録が片側に残っている: 残っているサーバで sys_remove、net_remove、lcdsync を実行する",
    },
    ..UNREGISTER
};

/// The hierarchies are extended to a member.
pub const EXTEND: Transition = Transition {
    name: "extend",
    from: MEMBER,
    to: STANDBY,
    needs: &[CURRENT],
    sets: &[BECOMES_CURRENT, MAY_BE_MIRRORED],
    leader: Leader::Led,
    guards: &["one_active", "server_answers", "paths_alive", "no_admin_lock"],
    by: By::Operator,
    runs_on: Place::Leader,
    limit: Duration::from_secs(240 * MINUTE),
    undo: Some("unextend"),
    why: Words {
        en: "the hierarchies are extended to {server} from {leader}, where they are in service",
        ja: "リソース階層を、in service になっている {leader} から {server} へ拡張する",
    },
    source: "LK-02, LK-09",
    ..ROW
};

/// Some hierarchies are extended, and the others follow.
pub const EXTEND_THE_REST: Transition = Transition {
    needs: &[PARTLY],
    undo: None,
    no_undo_because: Some(Words {
        en: "it finishes what was begun; unextend takes all of them away",
        ja: "途中の作業を完了させるもの。外すには unextend を行う",
    }),
    why: Words {
        en: "only some hierarchies are extended to {server}: the others are extended from {leader}, where they are in service",
        ja: "一部のリソース階層だけが {server} に拡張されている: 残りを in service の {leader} から拡張する",
    },
    ..EXTEND
};

/// The volumes of a server to which the hierarchies are extended are mirrored to it.
pub const MIRROR: Transition = Transition {
    name: "mirror",
    from: STANDBY,
    to: STANDBY,
    needs: &[CURRENT, Need { mark: "mirror", values: &["none", "paused"] }],
    sets: &[BECOMES_MIRRORED],
    leader: Leader::Led,
    guards: &["one_active", "server_answers", "paths_alive", "no_admin_lock"],
    by: By::Operator,
    runs_on: Place::Leader,
    settling: Duration::from_secs(10 * MINUTE),
    limit: Duration::from_secs(720 * MINUTE),
    no_undo_because: Some(Words {
        en: "the mirror goes with the hierarchy: unextend takes both away",
        ja: "ミラーはリソース階層とともに外れる (unextend)",
    }),
    why: Words {
        en: "the mirror resource is added or extended to {server}, or continued where it is paused; done once its mirror is seen to mirror",
        ja: "{server} にミラーリソースを追加/拡張する (一時停止中の場合は再開する)。ミラーリング中になったことを確認して完了とする",
    },
    source: "LK-09",
    ..ROW
};

/// The hierarchies are unextended from a server.
pub const UNEXTEND: Transition = Transition {
    name: "unextend",
    from: STANDBY,
    to: MEMBER,
    needs: &[CURRENT],
    sets: &[BECOMES_CURRENT, LOSES_MIRROR],
    leader: Leader::Led,
    guards: &["one_active", "server_answers", "no_admin_lock"],
    by: By::Operator,
    runs_on: Place::Leader,
    danger: Danger::Redundancy,
    limit: Duration::from_secs(240 * MINUTE),
    undo: Some("extend"),
    why: Words {
        en: "the hierarchies are unextended from {server}, in the LifeKeeper console on {leader}",
        ja: "{leader} の LifeKeeper GUI で、リソース階層を {server} から拡張解除する",
    },
    source: "LK-02",
    ..ROW
};

/// Some hierarchies are unextended, and the others follow.
pub const UNEXTEND_THE_REST: Transition = Transition {
    from: MEMBER,
    needs: &[PARTLY],
    undo: None,
    no_undo_because: Some(Words {
        en: "it finishes what was begun; extend brings all of them back",
        ja: "途中の作業を完了させるもの。戻すには extend を行う",
    }),
    why: Words {
        en: "some hierarchies are still extended to {server}: they are unextended as well",
        ja: "一部のリソース階層が {server} に拡張されたまま: 残りも拡張解除する",
    },
    ..UNEXTEND
};

/// The survivors' records of a server that was installed anew, and the mirror ends and jobs with it, are removed.
pub const PURGE: Transition = Transition {
    name: "purge",
    from: STANDBY,
    to: MEMBER,
    needs: &[STALE],
    sets: &[LOSES_MIRROR],
    leader: Leader::Led,
    others: MAY_LOSE_MIRRORS,
    says: Some(Statement::Reinstalled),
    guards: &[
        "one_active",
        "installed_anew",
        "members_answer",
        "source_in_service",
        "jobs_known",
        "others_keep_mirrors",
        "no_admin_lock",
    ],
    runs_on: Place::Leader,
    danger: Danger::Service,
    no_undo_because: Some(Words {
        en: "what is removed tells of a server that is no more; the registry keys of the jobs and the LKDRInfo files are saved on the survivor first",
        ja: "削除するのは存在しなくなったサーバの情報である。ジョブのレジストリキーと LKDRInfo ファイルは削除前に残存サーバ上に保存する",
    }),
    why: Words {
        en: "{server} was installed anew, and the others still hold its records: on every survivor eqv_remove of each equivalency that names it, then on {leader} the LKDRInfo files, the registry keys of exactly these jobs, deletelocalmirroronly and clearswitchover for each mirrored volume, then lcdsync",
        ja: "再インストールされた {server} の情報が他のサーバに残っている: 残存する各サーバで {server} を含むイクイバレンシを eqv_remove し、{leader} でミラー対象の各ボリュームの LKDRInfo ファイルと該当ジョブのレジストリキーを削除し、deletelocalmirroronly と clearswitchover を実行して lcdsync する",
    },
    source: "LK-02, LK-03, LK-04, LK-05, LK-08, LK-11",
    ..ROW
};

/// What is left of a purge that stopped half way.
pub const FINISH_PURGE: Transition = Transition {
    from: MEMBER,
    needs: &[STALE, Need { mark: "mirror", values: &["leftover"] }],
    why: Words {
        en: "the equivalencies with {server} are gone, and mirror ends or jobs of the time before are left: they are removed on {leader}, then lcdsync",
        ja: "{server} とのイクイバレンシは削除済みで、ミラーまたはジョブが残っている: {leader} で削除し、lcdsync する",
    },
    ..PURGE
};

/// The system that was installed anew is removed from the survivors' lists.
pub const REMOVE_SYSTEM: Transition = Transition {
    name: "remove-system",
    from: MEMBER,
    to: UNREGISTERED,
    needs: &[STALE, UNMIRRORED],
    sets: &[IS_FORGOTTEN],
    leader: Leader::Led,
    says: Some(Statement::Reinstalled),
    guards: &["one_active", "installed_anew", "members_answer", "no_hierarchy_left", "no_admin_lock"],
    runs_on: Place::Leader,
    danger: Danger::Redundancy,
    no_undo_because: Some(Words {
        en: "the server climbs again from here: register, extend, mirror",
        ja: "ここから register、extend、mirror の順に構成し直す",
    }),
    why: Words {
        en: "the old system {server} is removed on every survivor, never on itself: sys_remove, net_remove, lcdsync",
        ja: "残存する各サーバから古いシステム {server} を削除する (ローカルシステム自身は対象にしない): sys_remove、net_remove、lcdsync",
    },
    source: "LK-06, LK-07, LK-08, LK-11",
    ..ROW
};

/// The hierarchies go out of service, so that there are never two in service.
pub const TAKE_OUT: Transition = Transition {
    name: "take-out-of-service",
    from: ACTIVE,
    to: STANDBY,
    needs: &[Need { mark: "record", values: &["current", "partly"] }],
    sets: &[BECOMES_CURRENT],
    leader: Leader::StepsDown,
    guards: &["one_active", "server_answers", "a_standby_is_ready", "no_admin_lock"],
    disruption: Disruption::Offline,
    danger: Danger::Service,
    limit: Duration::from_secs(30 * MINUTE),
    undo: Some("restore"),
    why: Words {
        en: "the hierarchies go out of service on {server} before another server brings them in service; until then nobody serves",
        ja: "別のサーバで in service にする前に、{server} でリソース階層を out of service にする。切り替わるまでサービスは停止する",
    },
    source: "LK-01",
    ..ROW
};

/// A standby brings the hierarchies in service.
pub const RESTORE: Transition = Transition {
    name: "restore",
    from: STANDBY,
    to: ACTIVE,
    needs: &[CURRENT, READY],
    sets: &[BECOMES_CURRENT],
    leader: Leader::Leaderless,
    guards: &["no_other_active", "server_answers", "data_is_current", "no_admin_lock"],
    disruption: Disruption::Moves,
    danger: Danger::Service,
    limit: Duration::from_secs(30 * MINUTE),
    undo: Some("take-out-of-service"),
    why: Words {
        en: "the hierarchies come in service on {server} (perform_action -a restore)",
        ja: "{server} でリソース階層を in service にする (perform_action -a restore)",
    },
    source: "LK-01",
    ..ROW
};

/// Some hierarchies are in service, and the others follow.
pub const RESTORE_THE_REST: Transition = Transition {
    from: ACTIVE,
    needs: &[PARTLY],
    leader: Leader::Any,
    guards: &["one_active", "server_answers", "data_is_current", "no_admin_lock"],
    undo: None,
    no_undo_because: Some(Words { en: "it finishes what was begun", ja: "途中の作業を完了させるもの" }),
    why: Words {
        en: "only some resources are in service on {server}: the others come in service as well",
        ja: "{server} で一部のリソースだけが in service になっている: 残りも in service にする",
    },
    ..RESTORE
};

/// As [`RESTORE`], where the server on which they were in service is lost.
pub const FAIL_OVER: Transition = Transition {
    name: "fail-over",
    leader: Leader::Hands { to: STANDBY, needs: &[], sets: &[], says: Some(Statement::Lost) },
    undo: None,
    no_undo_because: Some(Words {
        en: "the server that had them is lost; once it is installed anew they can be handed back",
        ja: "元のサーバは失われている。再インストール後に改めて切り替えられる",
    }),
    why: Words {
        en: "{leader} is lost, and nobody has taken over by itself: {server} brings the hierarchies in service",
        ja: "{leader} は失われ、自動で引き継いだサーバもない: {server} でリソース階層を in service にする",
    },
    ..RESTORE
};

/// All resources of a standby are removed, where nobody is to have the hierarchies any more.
///
/// # Source
/// LifeKeeper for Windows, recovery of a reinstalled server: its last remark, on removing all resources. SIOS' page of
/// `ins_remove`: it removes dependencies and equivalencies on the system whose configuration it changes; with `-R` a
/// whole hierarchy, but for what another hierarchy depends on.
pub const REMOVE_RESOURCES: Transition = Transition {
    name: "remove-resources",
    from: STANDBY,
    to: MEMBER,
    needs: &[CURRENT],
    sets: &[BECOMES_CURRENT, LOSES_MIRROR],
    says: Some(Statement::WithoutLeader),
    guards: &["server_answers", "members_answer", "holders_declared", "no_admin_lock"],
    danger: Danger::Redundancy,
    undo: Some("extend"),
    why: Words {
        en: "nobody is to have the hierarchies any more: all their resources are removed from {server}, which can't take over from then on: ins_remove there, eqv_remove of what the others still hold of it, then lcdsync; DataKeeper's mirrors and jobs are not touched, and not looked at any more",
        ja: "リソース階層をどのサーバにも残さない: {server} からすべてのリソースを削除し、以後は引き継げない。{server} で ins_remove し、他のサーバに残るイクイバレンシを eqv_remove して lcdsync する。DataKeeper のミラーとジョブは変更せず、以後は確認もしない",
    },
    source: "LK-10, LK-08",
    ..ROW
};

/// Some resources are removed, and the others follow.
pub const REMOVE_THE_REST: Transition = Transition {
    needs: &[PARTLY],
    says: None,
    guards: &["server_answers", "members_answer", "no_admin_lock"],
    undo: None,
    no_undo_because: Some(Words {
        en: "it finishes what was begun; as long as a server has the hierarchies in service, extend brings them back",
        ja: "途中の作業を完了させるもの。in service のサーバがあれば、戻すには extend を行う",
    }),
    why: Words {
        en: "the resources of {server} were being removed, and that was not finished: the rest goes as well, then lcdsync",
        ja: "{server} のリソースの削除が途中で止まっている: 残りも削除して lcdsync する",
    },
    ..REMOVE_RESOURCES
};

/// The server that has the hierarchies in service is the last to lose them.
pub const REMOVE_THE_LAST: Transition = Transition {
    from: ACTIVE,
    needs: &[Need { mark: "record", values: &["current", "partly"] }],
    leader: Leader::StepsDown,
    others: NO_STANDBY,
    guards: &["one_active", "last_holder", "server_answers", "members_answer", "no_admin_lock"],
    disruption: Disruption::Offline,
    danger: Danger::Service,
    limit: Duration::from_secs(30 * MINUTE),
    undo: None,
    no_undo_because: Some(Words {
        en: "the hierarchies are gone with all they were set to: they can only be created anew, in the LifeKeeper console",
        ja: "リソース階層は設定ごと失われる。戻すには LifeKeeper GUI で新たに作成するしかない",
    }),
    why: Words {
        en: "the last resources are removed, on {server}, where they are in service: ins_remove, then lcdsync; from then on nothing is protected: nobody watches what ran there, and nobody takes over; whether it runs on is not documented for every type of resource, so count on its standing still",
        ja: "in service になっている {server} から最後のリソースを削除する: ins_remove して lcdsync する。以後は何も保護されず、監視も引き継ぎも行われない。稼動が続くかどうかはリソースの種類によって文書に記載がないため、停止を見込むこと",
    },
    ..REMOVE_RESOURCES
};
