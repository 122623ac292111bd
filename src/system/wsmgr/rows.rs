//! The rows of WSMGR's table: one single-step move each.
//!
//! # Source
//! WSMGR for Web user's guide, 13.1.3.

use std::time::Duration;

use crate::model::table::{
    By, Danger, Disruption, FollowUpForm, Leader, Need, Other, Place, Set, Statement, Transition,
};
use crate::model::words::Words;

use super::table::{DISABLED, MANAGER, MEMBER, UNREGISTERED};

const MINUTE: u64 = 60;

const OUT: Need = Need { mark: "pool", values: &["out"] };
const RECEIVES: Need = Need { mark: "pool", values: &["in", "draining", "down"] };
const WHOLE: Need = Need { mark: "sync", values: &["complete"] };
const RUNNING: Need = Need { mark: "sync", values: &["running"] };
const BROKEN: Need = Need { mark: "sync", values: &["error"] };
const JOINED: Need = Need { mark: "own", values: &["joined"] };
const CUT: Need = Need { mark: "own", values: &["cut"] };
const CLEARED: Need = Need { mark: "own", values: &["cleared"] };
const APART: Need = Need { mark: "own", values: &["cut", "cleared"] };

const GOES_OUT: Set = Set { mark: "pool", to: "out", or: &[] };
const GOES_IN: Set = Set { mark: "pool", to: "in", or: &[] };
/// It may be over, or have failed, before anybody looks: the next step sees to that.
const STARTS_SYNC: Set = Set { mark: "sync", to: "running", or: &["complete", "error"] };
const GETS_WHOLE: Set = Set { mark: "sync", to: "complete", or: &[] };
const JOINS: Set = Set { mark: "own", to: "joined", or: &[] };
const IS_CLEARED: Set = Set { mark: "own", to: "cleared", or: &[] };

/// Every other member has left the pool, and synchronises afterwards (WS-09, WS-14).
const MEMBERS_SYNC: &[Other] = &[Other { role: MEMBER, needs: &[OUT], sets: &[STARTS_SYNC] }];

/// What the rows have in common.
const ROW: Transition = Transition {
    from: MEMBER,
    to: MEMBER,
    leader: Leader::Led,
    by: By::Operator,
    runs_on: Place::Leader,
    limit: Duration::from_secs(240 * MINUTE),
    ..Transition::BLANK
};

/// A member leaves the pool.
pub const DRAIN_MEMBER: Transition = Transition {
    name: "drain",
    needs: &[RECEIVES],
    sets: &[GOES_OUT],
    leader: Leader::Any,
    guards: &["another_server_serves", "enough_capacity"],
    by: By::Automatic,
    runs_on: Place::AnyOther,
    allows_lost: true,
    disruption: Disruption::Offline,
    danger: Danger::Redundancy,
    limit: Duration::from_secs(60 * MINUTE),
    undo: Some("return"),
    why: Words {
        en: "{server} leaves the load balancer's pool: no new session, then, once none is left, none at all",
        ja: "{server} を負荷分散装置の分散対象から切り離す (新しいセッションを止め、残りがなくなるまで待つ)",
    },
    source: "WS-09, WS-11, WS-13, WS-14, WS-16",
    ..ROW
};
/// The manager leaves the pool.
pub const DRAIN_MANAGER: Transition = Transition { from: MANAGER, to: MANAGER, ..DRAIN_MEMBER };
/// A server that is in no group is still in the pool.
pub const DRAIN_UNREGISTERED: Transition = Transition {
    from: UNREGISTERED,
    to: UNREGISTERED,
    undo: None,
    no_undo_because: Some(Words {
        en: "a server that is no member does not serve",
        ja: "メンバサーバでないサーバは運用に使用しない",
    }),
    ..DRAIN_MEMBER
};
/// A disabled server is still in the pool.
pub const DRAIN_DISABLED: Transition = Transition { from: DISABLED, to: DISABLED, ..DRAIN_UNREGISTERED };

/// A member whose configuration is whole gets sessions again.
pub const RETURN_MEMBER: Transition = Transition {
    name: "return",
    needs: &[OUT, WHOLE, JOINED],
    sets: &[GOES_IN],
    leader: Leader::Any,
    guards: &["synchronisation_complete"],
    by: By::Automatic,
    runs_on: Place::AnyOther,
    limit: Duration::from_secs(10 * MINUTE),
    undo: Some("drain"),
    why: Words {
        en: "the sync monitor showed that {server} is complete: it goes back into the load balancer's pool",
        ja: "同期モニタで同期完了を確認済みの {server} を負荷分散装置の分散対象に組み込む",
    },
    source: "WS-09",
    ..ROW
};
/// The manager gets sessions again.
pub const RETURN_MANAGER: Transition = Transition {
    from: MANAGER,
    to: MANAGER,
    why: Words {
        en: "the manager {server} goes back into the load balancer's pool",
        ja: "管理サーバ {server} を負荷分散装置の分散対象に組み込む",
    },
    ..RETURN_MEMBER
};

/// The first registration.
pub const FORM: Transition = Transition {
    name: "form",
    from: UNREGISTERED,
    to: MANAGER,
    needs: &[OUT, CLEARED],
    sets: &[GETS_WHOLE, JOINS],
    leader: Leader::Leaderless,
    guards: &["no_group_yet"],
    runs_on: Place::This,
    danger: Danger::Service,
    no_undo_because: Some(Words {
        en: "a group has a manager; another can become it",
        ja: "サーバグループには管理サーバが必要 (別のサーバへの変更は可能)",
    }),
    why: Words {
        en: "{server} becomes the manager of a new group: on its own admin tool, and after the configuration was created on it alone, so that members get it compressed in one synchronisation",
        ja: "{server} を管理サーバとしてサーバグループを設定する。設定情報は先にこのサーバ 1 台で作成しておく (通信セッション数、データ量とも少なくなる)",
    },
    source: "WS-01, WS-02",
    ..ROW
};

/// A server is added as a member and synchronises by itself.
pub const ADD: Transition = Transition {
    name: "add",
    from: UNREGISTERED,
    needs: &[OUT, CLEARED],
    sets: &[STARTS_SYNC, JOINS],
    guards: &["one_manager", "manager_available", "room_in_group", "space_for_synchronisation"],
    undo: Some("remove"),
    why: Words {
        en: "{server} is added as a member with the admin tool of the manager {leader}, and synchronises by itself",
        ja: "管理サーバ {leader} の管理ツールから {server} をメンバサーバとして追加する (自動的に同期処理が実施される)",
    },
    source: "WS-04, WS-12, WS-13, WS-15",
    ..ROW
};
/// A disabled server becomes a member again.
pub const ENABLE: Transition = Transition {
    name: "enable",
    from: DISABLED,
    needs: &[OUT, Need { mark: "own", values: &["joined", "cleared"] }],
    guards: &["one_manager", "manager_available", "space_for_synchronisation"],
    undo: Some("disable"),
    why: Words {
        en: "{server} is made a member again with the admin tool of the manager {leader}, and synchronises by itself",
        ja: "管理サーバ {leader} の管理ツールから {server} の動作種類をメンバサーバにする (自動的に同期処理が実施される)",
    },
    ..ADD
};

/// The sync monitor shows completion.
pub const AWAIT_SYNC: Transition = Transition {
    name: "await-sync",
    needs: &[OUT, RUNNING],
    sets: &[GETS_WHOLE],
    guards: &["one_manager"],
    no_undo_because: Some(Words { en: "nothing is done, but waiting", ja: "待つだけで、何も変更しない" }),
    why: Words {
        en: "{server} synchronises and can't be used until the sync monitor on {leader} shows completion",
        ja: "{server} は同期処理中のため運用に利用できない。{leader} の同期モニタで同期完了を確認する",
    },
    source: "WS-06, WS-09",
    ..ROW
};

/// A member whose synchronisation or update failed, or that lacks what only this brings, is synchronised by hand.
pub const RESYNC: Transition = Transition {
    name: "resync",
    needs: &[OUT, BROKEN],
    sets: &[Set { mark: "sync", to: "running", or: &["complete"] }],
    guards: &["one_manager", "manager_available", "space_for_synchronisation"],
    no_undo_because: Some(Words {
        en: "it makes the member what it should be",
        ja: "メンバサーバを本来の状態に戻す作業である",
    }),
    why: Words {
        en: "{server} gets no updates and no change until it is synchronised by hand, with the admin tool of the manager {leader}",
        ja: "エラーの {server} へは自動更新も設定変更もできないため、管理サーバ {leader} から手動で同期処理を実施する",
    },
    source: "WS-05, WS-07",
    ..ROW
};

/// The group is configured again.
pub const REGROUP: Transition = Transition {
    name: "regroup",
    from: MANAGER,
    to: MANAGER,
    needs: &[BROKEN],
    sets: &[GETS_WHOLE],
    leader: Leader::Any,
    others: MEMBERS_SYNC,
    guards: &["one_manager", "manager_available", "enough_capacity", "space_for_synchronisation"],
    runs_on: Place::This,
    danger: Danger::Service,
    no_undo_because: Some(Words {
        en: "it makes the group what it should be",
        ja: "サーバグループを本来の状態に戻す作業である",
    }),
    why: Words {
        en: "the sync monitor shows the manager {server} in error, or a server was restored from a backup: the group is configured again on it; all members synchronise, so they have left the pool",
        ja: "管理サーバ {server} の状態がエラーであるか、リストアしたサーバがあるため、サーバグループ設定を再度実施する (すべてのメンバサーバに同期処理が実施されるため、先に切り離しておく)",
    },
    source: "WS-10",
    ..ROW
};

/// A member is disabled for its maintenance.
pub const DISABLE: Transition = Transition {
    name: "disable",
    to: DISABLED,
    needs: &[OUT, JOINED],
    guards: &["one_manager", "manager_available"],
    danger: Danger::Redundancy,
    undo: Some("enable"),
    why: Words {
        en: "{server} is disabled with the admin tool of the manager {leader}; the others go on serving",
        ja: "管理サーバ {leader} の管理ツールから {server} の動作種類を「無効」にする (ほかのサーバはそのまま運用を継続できる)",
    },
    source: "WS-13",
    ..ROW
};
/// A member that is cut off the network is disabled.
pub const DISABLE_APART: Transition = Transition {
    name: "disable-apart",
    needs: &[OUT, APART],
    allows_lost: true,
    undo: None,
    no_undo_because: Some(APART_STAYS),
    source: "WS-16",
    ..DISABLE
};
const APART_STAYS: Words = Words {
    en: "the server is cut off; once it is back, its own group is cleared and it is added again",
    ja: "サーバは切り離されている。復旧後に自身のグループ設定を削除して改めて追加する",
};

/// A member leaves the group.
pub const REMOVE: Transition = Transition {
    name: "remove",
    to: UNREGISTERED,
    sets: &[IS_CLEARED],
    undo: Some("add"),
    why: Words {
        en: "{server} is removed from the group with the admin tool of the manager {leader}; the others go on serving",
        ja: "管理サーバ {leader} の管理ツールから {server} をサーバグループから削除する (ほかのサーバはそのまま運用を継続できる)",
    },
    ..DISABLE
};
/// A member that is cut off the network leaves the group.
pub const REMOVE_APART: Transition = Transition {
    name: "remove-apart",
    needs: &[OUT, APART],
    sets: &[],
    allows_lost: true,
    undo: None,
    no_undo_because: Some(APART_STAYS),
    follow_up: Some(CLEAR_LATER),
    source: "WS-16",
    ..REMOVE
};
/// A disabled server leaves the group.
pub const REMOVE_DISABLED: Transition = Transition {
    from: DISABLED,
    undo: None,
    no_undo_because: Some(Words {
        en: "it can be added as a member, and disabled then",
        ja: "メンバサーバとして追加してから無効にできる",
    }),
    ..REMOVE
};
/// A disabled server that is cut off leaves the group.
pub const REMOVE_DISABLED_APART: Transition = Transition { from: DISABLED, ..REMOVE_APART };

const CLEAR_LATER: FollowUpForm = FollowUpForm {
    name: "clear",
    says: Words {
        en: "before {server} is connected to the network again, all servers are deleted from the group on its own admin tool (WS-15)",
        ja: "{server} をネットワークに接続する前に、{server} の管理ツールのサーバグループ設定ですべてのサーバを削除する (WS-15)",
    },
    while_mark: ("own", &["cut"]),
};

/// A lost member is cut off the network.
pub const ISOLATE_MEMBER: Transition = Transition {
    name: "isolate",
    needs: &[OUT, JOINED],
    sets: &[Set { mark: "own", to: "cut", or: &["cleared"] }],
    leader: Leader::Any,
    says: Some(Statement::Lost),
    guards: &["out_of_the_pool"],
    runs_on: Place::AnyOther,
    danger: Danger::Redundancy,
    no_undo_because: Some(APART_STAYS),
    why: Words {
        en: "{server} is lost: it is cut off the network, so that it can't act in the group when it comes back; where it still starts, its own group list is cleared",
        ja: "障害のあった {server} をネットワークから切り離す。起動できる場合は、切り離したマシンの管理ツールで、すべてのサーバを削除する",
    },
    source: "WS-14, WS-16",
    ..ROW
};
/// The lost manager is cut off the network.
pub const ISOLATE_MANAGER: Transition =
    Transition { from: MANAGER, to: MANAGER, danger: Danger::Service, ..ISOLATE_MEMBER };
/// A server is in no group, and does not know that.
pub const ISOLATE_UNREGISTERED: Transition = Transition {
    from: UNREGISTERED,
    to: UNREGISTERED,
    says: None,
    allows_lost: true,
    why: Words {
        en: "{server} is in no group and still has the list of one: it is cut off the network, or would act as a second manager",
        ja: "グループにない {server} に以前のサーバグループ設定が残っている。管理サーバとして動作しないよう、ネットワークから切り離す",
    },
    ..ISOLATE_MEMBER
};

/// The list of a server that was cut off is cleared, before it is connected again.
pub const CLEAR_UNREGISTERED: Transition = Transition {
    name: "clear",
    from: UNREGISTERED,
    to: UNREGISTERED,
    needs: &[CUT],
    sets: &[IS_CLEARED],
    leader: Leader::Any,
    guards: &["still_cut_off"],
    runs_on: Place::This,
    danger: Danger::Service,
    no_undo_because: Some(Words {
        en: "a list that would make a second manager is not wanted back",
        ja: "第二の管理サーバとなる設定を戻す必要はない",
    }),
    why: Words {
        en: "{server} is repaired and still cut off: all servers are deleted from the group on its own admin tool, else it would act as a second manager",
        ja: "復旧した {server} を接続する前に、切り離したまま {server} の管理ツールで、すべてのサーバを削除する (残すと第二の管理サーバとして動作するおそれがある)",
    },
    source: "WS-15",
    ..ROW
};
/// Likewise of a disabled server.
pub const CLEAR_DISABLED: Transition = Transition { from: DISABLED, to: DISABLED, ..CLEAR_UNREGISTERED };

/// A member becomes the manager, by a change on the one that is it now.
pub const HANDOVER: Transition = Transition {
    name: "handover",
    to: MANAGER,
    needs: &[WHOLE, JOINED],
    leader: Leader::Hands { to: DISABLED, needs: &[OUT, JOINED], sets: &[], says: None },
    guards: &["one_manager", "manager_available"],
    disruption: Disruption::Moves,
    danger: Danger::Service,
    no_undo_because: Some(Words {
        en: "the old manager is made a member first; then the role can be given back, from the new manager",
        ja: "旧管理サーバをメンバサーバにした後、新しい管理サーバから役割を戻せる",
    }),
    why: Words {
        en: "on the admin tool of the current manager {leader}: {server} becomes the manager and {leader} is disabled, in one change; the others go on serving",
        ja: "現状の管理サーバ {leader} の管理ツールから、{server} を新しい管理サーバに設定し、{leader} の動作種類を「無効」にする (ほかのサーバはそのまま運用を継続できる)",
    },
    source: "WS-01, WS-11, WS-12",
    ..ROW
};

/// A member becomes the manager in place of one that is lost.
pub const TAKE_OVER: Transition = Transition {
    name: "take-over",
    leader: Leader::Hands { to: UNREGISTERED, needs: &[OUT, APART], sets: &[], says: Some(Statement::Lost) },
    others: MEMBERS_SYNC,
    guards: &["only_the_lost_manager_leads", "enough_capacity", "space_for_synchronisation"],
    runs_on: Place::This,
    no_undo_because: Some(Words {
        en: "the old manager is lost; once it is back as a member, the role can be given back",
        ja: "旧管理サーバは失われている。メンバサーバとして復旧した後に役割を戻せる",
    }),
    why: Words {
        en: "{leader} is lost: {server} becomes the manager, by its own admin tool, with {leader} removed; it goes on serving while all members synchronise, which have left the pool",
        ja: "障害のあった {leader} をサーバグループから削除し、{server} の管理ツールから {server} を新しい管理サーバに設定する。{server} は運用を継続でき、切り離し済みのすべてのメンバサーバに同期処理が実施される",
    },
    source: "WS-08, WS-14",
    ..HANDOVER
};
