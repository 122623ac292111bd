//! WSMGR's shape: a role, a place in the load balancer's pool, and a synchronisation.
//!
//! It stands beside the real table, which has a third mark and four places in the pool: with ten standings and not 84, every
//! standing of three and four servers is planned here against the exhaustive search, and groups of thousands. [`STRICT`]
//! shows a form that no real table has: a planned handover that needs every other server in a certain standing.

use rolewalk::model::name::NameRule;
use rolewalk::model::table::{
    By, Count, Disruption, Holds, Leader, LeftOut, Mark, Other, Place, Role, Statement, Table, Transition, Want,
};

use super::{GUARDS, ROW, need, say, set};

const UNREGISTERED: &str = "unregistered";
const DISABLED: &str = "disabled";
const MEMBER: &str = "member";
const MANAGER: &str = "manager";

/// As the document has it: in a planned handover the other members go on serving (WS-11).
pub static TABLE: Table = SHAPE;

/// Stricter than the document: a handover, too, needs every other member out of the pool and makes it synchronise.
pub static STRICT: Table = Table { system: "wsmgr-strict-shape", transitions: &STRICT_ROWS, ..SHAPE };

const SHAPE: Table = Table {
    system: "wsmgr-shape",
    title: say("WSMGR group", "WSMGR サーバグループ"),
    server_names: NameRule::HOST,
    roles: &[
        Role { name: UNREGISTERED, title: say("unregistered", "登録なし"), leads: false },
        Role { name: DISABLED, title: say("disabled", "無効"), leads: false },
        Role { name: MEMBER, title: say("member", "メンバサーバ"), leads: false },
        Role { name: MANAGER, title: say("manager", "管理サーバ"), leads: true },
    ],
    marks: &[
        Mark {
            name: "pool",
            title: say("load balancer's pool", "負荷分散対象"),
            values: &[("in", say("in", "対象")), ("out", say("out", "切り離し"))],
            left_out: LeftOut::Unknown,
        },
        Mark {
            name: "sync",
            title: say("synchronisation", "同期"),
            values: &[
                ("complete", say("complete", "同期完了")),
                ("running", say("running", "同期中")),
                ("error", say("in error", "エラー")),
            ],
            left_out: LeftOut::Unknown,
        },
    ],
    wants: &[
        Want { role: UNREGISTERED, mark: "pool", values: &["out"], holds: Holds::Always },
        Want { role: DISABLED, mark: "pool", values: &["out"], holds: Holds::Always },
        Want { role: MEMBER, mark: "pool", values: &["in"], holds: Holds::Always },
        Want { role: MEMBER, mark: "sync", values: &["complete"], holds: Holds::Always },
        Want { role: MANAGER, mark: "pool", values: &["in"], holds: Holds::Always },
        Want { role: MANAGER, mark: "sync", values: &["complete"], holds: Holds::Always },
    ],
    counts: &[Count {
        name: "serving",
        roles: &[MEMBER, MANAGER],
        needs: SERVES,
        title: say("serving servers", "運用中のサーバ"),
    }],
    guards: GUARDS,
    transitions: &ROWS,
    without_leader: &[],
    serves: &[],
    caveat: |_| None,
};

const IN: &[rolewalk::model::table::Need] = &[need("pool", &["in"])];
const OUT: &[rolewalk::model::table::Need] = &[need("pool", &["out"])];
const READY: &[rolewalk::model::table::Need] = &[need("pool", &["out"]), need("sync", &["complete"])];
const SERVES: &[rolewalk::model::table::Need] = &[need("pool", &["in"]), need("sync", &["complete"])];
const BROKEN: &[rolewalk::model::table::Need] = &[need("pool", &["out"]), need("sync", &["error"])];
const TO_OUT: &[rolewalk::model::table::Set] = &[set("pool", "out")];
const TO_IN: &[rolewalk::model::table::Set] = &[set("pool", "in")];
const RUNNING: &[rolewalk::model::table::Set] = &[set("sync", "running")];
const COMPLETE: &[rolewalk::model::table::Set] = &[set("sync", "complete")];

/// Every other member leaves the pool before the row, and synchronises after it (WS-09, WS-14).
const MEMBERS_SYNC: &[Other] = &[Other { role: MEMBER, needs: OUT, sets: RUNNING }];

const fn drain(role: &'static str) -> Transition {
    Transition {
        name: "drain",
        from: role,
        to: role,
        needs: IN,
        sets: TO_OUT,
        leader: Leader::Any,
        runs_on: Place::AnyOther,
        allows_lost: true,
        disruption: Disruption::Offline,
        source: "WS-09",
        ..ROW
    }
}

const fn put_back(role: &'static str) -> Transition {
    Transition {
        name: "return",
        from: role,
        to: role,
        needs: READY,
        sets: TO_IN,
        leader: Leader::Any,
        runs_on: Place::AnyOther,
        source: "WS-09",
        ..ROW
    }
}

const AWAIT: Transition = Transition {
    name: "await-sync",
    from: MEMBER,
    to: MEMBER,
    needs: &[need("sync", &["running"])],
    sets: COMPLETE,
    source: "WS-09",
    ..ROW
};
const RESYNC: Transition =
    Transition { name: "resync", from: MEMBER, to: MEMBER, needs: BROKEN, sets: RUNNING, source: "WS-07", ..ROW };
const REGROUP: Transition = Transition {
    name: "regroup",
    from: MANAGER,
    to: MANAGER,
    needs: BROKEN,
    sets: COMPLETE,
    leader: Leader::Any,
    others: MEMBERS_SYNC,
    source: "WS-10",
    ..ROW
};
const ADD: Transition = Transition {
    name: "add",
    from: UNREGISTERED,
    to: MEMBER,
    needs: OUT,
    sets: RUNNING,
    by: By::Operator,
    source: "WS-13",
    ..ROW
};
const ENABLE: Transition = Transition { name: "enable", from: DISABLED, ..ADD };
const DISABLE: Transition = Transition {
    name: "disable",
    from: MEMBER,
    to: DISABLED,
    needs: OUT,
    by: By::Operator,
    allows_lost: true,
    disruption: Disruption::Offline,
    source: "WS-13",
    ..ROW
};
const REMOVE: Transition = Transition { name: "remove", to: UNREGISTERED, ..DISABLE };
const REMOVE_DISABLED: Transition = Transition { from: DISABLED, ..REMOVE };
const HANDOVER: Transition = Transition {
    name: "handover",
    from: MEMBER,
    to: MANAGER,
    needs: &[need("sync", &["complete"])],
    leader: Leader::Hands { to: DISABLED, needs: OUT, sets: &[], says: None },
    by: By::Operator,
    disruption: Disruption::Moves,
    source: "WS-11, WS-12",
    ..ROW
};
const TAKEOVER: Transition = Transition {
    name: "takeover",
    leader: Leader::Hands { to: UNREGISTERED, needs: OUT, sets: &[], says: Some(Statement::Lost) },
    others: MEMBERS_SYNC,
    runs_on: Place::This,
    source: "WS-14",
    ..HANDOVER
};

const fn rows(handover: Transition) -> [Transition; 15] {
    [
        drain(UNREGISTERED),
        drain(DISABLED),
        drain(MEMBER),
        drain(MANAGER),
        put_back(MEMBER),
        put_back(MANAGER),
        AWAIT,
        RESYNC,
        REGROUP,
        ADD,
        ENABLE,
        DISABLE,
        REMOVE,
        REMOVE_DISABLED,
        handover,
    ]
}

const fn with_takeover(rows: [Transition; 15]) -> [Transition; 16] {
    let mut all = [TAKEOVER; 16];
    let mut at = 0;
    while at < 15 {
        all[at] = rows[at];
        at += 1;
    }
    all
}

const ROWS: [Transition; 16] = with_takeover(rows(HANDOVER));
const STRICT_ROWS: [Transition; 16] = with_takeover(rows(Transition { others: MEMBERS_SYNC, ..HANDOVER }));
