//! LifeKeeper's shape: records of a server that was installed anew are purged before it climbs again.

use rolewalk::model::name::NameRule;
use rolewalk::model::table::{
    By, Count, Disruption, Holds, Leader, LeftOut, Mark, Need, Other, Place, Role, Set, Statement, Table, Transition,
    Want,
};

use super::{GUARDS, ROW, need, say, set};

const UNREGISTERED: &str = "unregistered";
const MEMBER: &str = "member";
const STANDBY: &str = "standby";
const ACTIVE: &str = "active";

/// A purge concerns the purged server alone.
pub static TABLE: Table = SHAPE;

/// A purge deletes the local mirror of the volume and with it every other standby's (unverified for three nodes).
pub static SHARED_MIRROR: Table =
    Table { system: "lifekeeper-shared-mirror-shape", transitions: &SHARED_MIRROR_ROWS, ..SHAPE };

const SHAPE: Table = Table {
    system: "lifekeeper-shape",
    title: say("LifeKeeper cluster", "LifeKeeper クラスタ"),
    server_names: NameRule::WINDOWS,
    roles: &[
        Role { name: UNREGISTERED, title: say("unregistered", "未登録"), leads: false },
        Role { name: MEMBER, title: say("member", "メンバ"), leads: false },
        Role { name: STANDBY, title: say("standby", "待機"), leads: false },
        Role { name: ACTIVE, title: say("active", "稼動"), leads: true },
    ],
    marks: &[
        Mark {
            name: "record",
            title: say("the survivors' records", "他のサーバの構成情報"),
            values: &[
                ("none", say("none", "なし")),
                ("current", say("current", "一致")),
                ("stale", say("of the time before it was installed anew", "再インストール前のもの")),
            ],
            left_out: LeftOut::Unknown,
        },
        Mark {
            name: "mirror",
            title: say("mirror", "ミラー"),
            values: &[("none", say("none", "なし")), ("mirroring", say("mirroring", "ミラーリング中"))],
            left_out: LeftOut::Unknown,
        },
    ],
    wants: &[
        Want { role: MEMBER, mark: "record", values: &["current"], holds: Holds::Always },
        Want { role: STANDBY, mark: "record", values: &["current"], holds: Holds::Always },
        Want { role: STANDBY, mark: "mirror", values: &["mirroring"], holds: Holds::Always },
    ],
    counts: &[Count {
        name: STANDBY,
        roles: &[STANDBY],
        needs: READY,
        title: say("mirroring standbys", "ミラー済みの待機サーバ"),
    }],
    guards: GUARDS,
    transitions: &ROWS,
    without_leader: &[],
    serves: &[],
    caveat: |_| None,
};

const CURRENT: &[Need] = &[need("record", &["current"])];
const STALE: &[Need] = &[need("record", &["stale"])];
const READY: &[Need] = &[need("record", &["current"]), need("mirror", &["mirroring"])];
const NO_MIRROR: &[Set] = &[set("mirror", "none")];

const REGISTER: Transition = Transition {
    name: "register",
    from: UNREGISTERED,
    to: MEMBER,
    needs: &[need("record", &["none"])],
    sets: &[set("record", "current")],
    by: By::Operator,
    source: "LK-09",
    ..ROW
};
const UNREGISTER: Transition = Transition {
    name: "unregister",
    from: MEMBER,
    to: UNREGISTERED,
    needs: CURRENT,
    sets: &[set("record", "none")],
    allows_lost: true,
    source: "LK-06",
    ..ROW
};
const EXTEND: Transition = Transition {
    name: "extend",
    from: MEMBER,
    to: STANDBY,
    needs: CURRENT,
    sets: NO_MIRROR,
    by: By::Operator,
    source: "LK-02, LK-09",
    ..ROW
};
const MIRROR: Transition = Transition {
    name: "mirror",
    from: STANDBY,
    to: STANDBY,
    needs: &[need("record", &["current"]), need("mirror", &["none"])],
    sets: &[set("mirror", "mirroring")],
    by: By::Operator,
    source: "LK-09",
    ..ROW
};
const UNEXTEND: Transition = Transition {
    name: "unextend",
    from: STANDBY,
    to: MEMBER,
    needs: CURRENT,
    sets: NO_MIRROR,
    by: By::Operator,
    allows_lost: true,
    source: "LK-02",
    ..ROW
};
const PURGE: Transition = Transition {
    name: "purge",
    from: STANDBY,
    to: UNREGISTERED,
    needs: STALE,
    sets: &[set("record", "none"), set("mirror", "none")],
    says: Some(Statement::Reinstalled),
    source: "LK-03 to LK-08",
    ..ROW
};
const PURGE_MEMBER: Transition = Transition { from: MEMBER, ..PURGE };
const TAKE_OUT: Transition = Transition {
    name: "take-out-of-service",
    from: ACTIVE,
    to: STANDBY,
    leader: Leader::StepsDown,
    runs_on: Place::This,
    disruption: Disruption::Offline,
    source: "LK-01",
    ..ROW
};
const RESTORE: Transition = Transition {
    name: "restore",
    from: STANDBY,
    to: ACTIVE,
    needs: READY,
    leader: Leader::Leaderless,
    runs_on: Place::This,
    disruption: Disruption::Moves,
    source: "LK-01",
    ..ROW
};
const FAIL_OVER: Transition = Transition {
    name: "fail-over",
    leader: Leader::Hands { to: STANDBY, needs: &[], sets: NO_MIRROR, says: Some(Statement::Lost) },
    ..RESTORE
};

const fn rows(purge: Transition, purge_member: Transition) -> [Transition; 10] {
    [REGISTER, UNREGISTER, EXTEND, MIRROR, UNEXTEND, purge, purge_member, TAKE_OUT, RESTORE, FAIL_OVER]
}

const DROPS_MIRRORS: &[Other] = &[Other { role: STANDBY, needs: &[], sets: NO_MIRROR }];

const ROWS: [Transition; 10] = rows(PURGE, PURGE_MEMBER);
const SHARED_MIRROR_ROWS: [Transition; 10] =
    rows(Transition { others: DROPS_MIRRORS, ..PURGE }, Transition { others: DROPS_MIRRORS, ..PURGE_MEMBER });
