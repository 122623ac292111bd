//! Tables of the other systems' shapes, to try the form of a table and the planner on. They are no tables of those
//! systems: what a system really asks for stands in its own folder.

pub mod lifekeeper;
pub mod wsmgr;

use std::time::Duration;

use rolewalk::model::guard::{Answer, Guard};
use rolewalk::model::table::{By, Danger, Disruption, Leader, Need, Place, Set, Transition};
use rolewalk::model::words::Words;

/// Words in both languages.
pub const fn say(en: &'static str, ja: &'static str) -> Words {
    Words { en, ja }
}

/// A condition on one mark.
pub const fn need(mark: &'static str, values: &'static [&'static str]) -> Need {
    Need { mark, values }
}

/// What becomes of one mark.
pub const fn set(mark: &'static str, to: &'static str) -> Set {
    Set { mark, to, or: &[] }
}

/// A row on which the others are built.
pub const ROW: Transition = Transition {
    name: "",
    from: "",
    to: "",
    needs: &[],
    sets: &[],
    leader: Leader::Led,
    others: &[],
    says: None,
    guards: &["one_leader"],
    by: By::Automatic,
    runs_on: Place::Leader,
    allows_lost: false,
    disruption: Disruption::None,
    danger: Danger::Low,
    settling: Duration::ZERO,
    limit: Duration::from_secs(60),
    undo: None,
    no_undo_because: Some(say("a shape is never carried out", "実行されない")),
    why: say("{server}", "{server}"),
    follow_up: None,
    source: "",
};

/// The one guard of the shapes: these tables are planned and never carried out.
pub static GUARDS: &[Guard] = &[Guard {
    name: "one_leader",
    says: say("at most one server leads", "先頭のサーバーは 1 台以下"),
    reads: &["role"],
    absolute: true,
    ask: |_| Answer::yes("a shape", "形だけ"),
    source: "a shape",
}];
