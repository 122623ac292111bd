//! Sun Ray's shape: every change goes through the neutral state, and who follows whom is a mark.

use rolewalk::model::name::NameRule;
use rolewalk::model::table::{
    Count, Disruption, Holds, Leader, LeftOut, Mark, Other, Place, Role, Statement, Table, Transition, Want,
};

use super::{GUARDS, ROW, need, say, set};

const STANDALONE: &str = "standalone";
const SECONDARY: &str = "secondary";
const PRIMARY: &str = "primary";

/// A failover group.
pub static TABLE: Table = Table {
    system: "sun-ray-shape",
    title: say("Sun Ray failover group", "Sun Ray フェイルオーバーグループ"),
    server_names: NameRule::HOST,
    roles: &[
        Role { name: STANDALONE, title: say("standalone", "スタンドアロン"), leads: false },
        Role { name: SECONDARY, title: say("secondary", "セカンダリサーバー"), leads: false },
        Role { name: PRIMARY, title: say("primary", "プライマリサーバー"), leads: true },
    ],
    marks: &[Mark {
        name: "follow",
        title: say("whom it follows", "複製元"),
        values: &[
            ("current", say("the primary", "現在のプライマリ")),
            ("stale", say("a server that is no primary", "プライマリでないサーバー")),
            ("none", say("nobody", "なし")),
        ],
        left_out: LeftOut::Unknown,
    }],
    wants: &[Want { role: SECONDARY, mark: "follow", values: &["current"], holds: Holds::Always }],
    counts: &[Count {
        name: SECONDARY,
        roles: &[SECONDARY],
        needs: &[need("follow", &["current"])],
        title: say("secondaries that follow the primary", "同期済みのセカンダリ"),
    }],
    guards: GUARDS,
    transitions: &[JOIN, LEAVE, FORGET, STEP_DOWN, PROMOTE, TAKE_OVER, REPOINT],
    without_leader: &[],
    serves: &[],
    caveat: |_| None,
};

const GO_STALE: &[Other] = &[Other { role: SECONDARY, needs: &[], sets: &[set("follow", "stale")] }];

const JOIN: Transition = Transition {
    name: "join",
    from: STANDALONE,
    to: SECONDARY,
    sets: &[set("follow", "current")],
    runs_on: Place::This,
    disruption: Disruption::Offline,
    undo: Some("leave"),
    no_undo_because: None,
    source: "SR-04, SR-05",
    ..ROW
};
const LEAVE: Transition = Transition {
    name: "leave",
    from: SECONDARY,
    to: STANDALONE,
    sets: &[set("follow", "none")],
    leader: Leader::Any,
    runs_on: Place::This,
    disruption: Disruption::Offline,
    source: "SR-04",
    ..ROW
};
/// The primary stops to name a secondary that is lost.
const FORGET: Transition =
    Transition { name: "forget", says: Some(Statement::Lost), leader: Leader::Led, runs_on: Place::Leader, ..LEAVE };
const STEP_DOWN: Transition = Transition {
    name: "step-down",
    from: PRIMARY,
    to: STANDALONE,
    leader: Leader::StepsDown,
    others: GO_STALE,
    runs_on: Place::This,
    disruption: Disruption::Offline,
    source: "SR-04",
    ..ROW
};
const PROMOTE: Transition = Transition {
    name: "promote",
    from: STANDALONE,
    to: PRIMARY,
    leader: Leader::Leaderless,
    others: GO_STALE,
    runs_on: Place::This,
    source: "SR-04",
    ..ROW
};
const TAKE_OVER: Transition = Transition {
    name: "take-over",
    leader: Leader::Hands { to: STANDALONE, needs: &[], sets: &[], says: Some(Statement::Lost) },
    ..PROMOTE
};
const REPOINT: Transition = Transition {
    name: "repoint",
    from: SECONDARY,
    to: SECONDARY,
    needs: &[need("follow", &["stale"])],
    sets: &[set("follow", "current")],
    runs_on: Place::This,
    disruption: Disruption::Offline,
    source: "SR-04, SR-05",
    ..ROW
};
