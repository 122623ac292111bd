//! WSMGR's guards: what must hold right before a step. Pure; a fact that is not known is never a yes.

use crate::model::attestation::attested;
use crate::model::fact::{Fact, Facts, Value};
use crate::model::guard::{Answer, Case, Guard};
use crate::model::name::{ServerName, named};
use crate::model::snapshot::Standing;
use crate::model::table::Need;
use crate::model::words::{Text, Words};

use super::MOST_SERVERS;
use super::observe::is_listed;
use super::space;
use super::table::{MANAGER, MEMBER, SERVES, UNREGISTERED};

/// The names of the facts that [`super::observe`] notes and the guards read.
pub mod fact {
    /// Of a server: sessions that the load balancer counts on it (count).
    pub const SESSIONS: &str = "sessions";
    /// Of a server: whether the load balancer finds it up (flag).
    pub const UP: &str = "up";
    /// Of a server: whether it was restored from a backup (flag; attested).
    pub const RESTORED: &str = "restored";
    /// Of a server: free space of its system drive (count, bytes; attested).
    pub const SYSTEM_FREE: &str = "system_free_bytes";
    /// Of a server: free space of the drive on which the product is installed (count, bytes; attested).
    pub const INSTALL_FREE: &str = "install_free_bytes";
    /// Of a server: whether both are one drive (flag; attested).
    pub const ONE_DRIVE: &str = "one_drive";
    /// Of the group: the size of the configuration that is distributed (count, bytes; attested).
    pub const CONFIG_BYTES: &str = "config_bytes";
    /// Of the group: how many servers carry the load until the work is over (count; attested).
    pub const SERVERS_NEEDED: &str = "servers_needed";
    /// Of the group: whether users were created with the bulk registration tool (flag; attested).
    pub const BULK: &str = "bulk_registered";
}

const fn absolute(
    name: &'static str,
    says: Words,
    reads: &'static [&'static str],
    ask: fn(&Case<'_>) -> Answer,
    source: &'static str,
) -> Guard {
    Guard { name, says, reads, absolute: true, of_each: None, ask, source }
}

/// WSMGR's guards.
pub const GUARDS: &[Guard] = &[
    absolute(
        "one_manager",
        Words { en: "exactly one server is the manager", ja: "管理サーバはちょうど 1 台" },
        &["role"],
        one_manager,
        "WS-01",
    ),
    absolute(
        "manager_available",
        Words {
            en: "the manager is there: the group is not frozen",
            ja: "管理サーバが利用できる (サーバグループの設定を変更できる)",
        },
        &["role", fact::UP],
        manager_available,
        "WS-08, WS-12",
    ),
    absolute(
        "only_the_lost_manager_leads",
        Words {
            en: "no server leads but the manager that is declared lost",
            ja: "失われたと宣言された管理サーバのほかに管理サーバがない",
        },
        &["role"],
        only_the_lost_manager_leads,
        "WS-01, WS-14",
    ),
    absolute(
        "no_group_yet",
        Words { en: "no server is in a group yet", ja: "サーバグループがまだ設定されていない" },
        &["role"],
        no_group_yet,
        "WS-01, WS-02",
    ),
    absolute(
        "room_in_group",
        Words {
            en: "the group has room for one more server", ja: "サーバグループに追加できる (20 台まで)"
        },
        &["role"],
        room_in_group,
        "WS-13",
    ),
    absolute(
        "synchronisation_complete",
        Words { en: "the server's synchronisation is complete", ja: "対象サーバが同期完了である" },
        &["sync"],
        synchronisation_complete,
        "WS-09",
    ),
    absolute(
        "out_of_the_pool",
        Words {
            en: "the server is out of the load balancer's pool", ja: "対象サーバが分散対象から切り離し済みである"
        },
        &["pool"],
        out_of_the_pool,
        "WS-14, WS-16",
    ),
    absolute(
        "still_cut_off",
        Words {
            en: "the server is still cut off the network",
            ja: "対象サーバがネットワークから切り離されたままである",
        },
        &["own"],
        still_cut_off,
        "WS-15",
    ),
    Guard {
        name: "another_server_serves",
        says: Words {
            en: "another server serves while this one does not",
            ja: "対象サーバの切り離し中もほかのサーバが運用中である",
        },
        reads: &["role", "pool", "sync", fact::UP],
        absolute: false,
        ask: another_server_serves,
        of_each: None,
        source: "WS-09, WS-11, WS-13",
    },
    Guard {
        name: "enough_capacity",
        says: Words {
            en: "the servers that stay in the pool carry the load until the work is over",
            ja: "分散対象に残るサーバで、作業が終わるまでの負荷に耐えられる",
        },
        reads: &["role", "pool", "sync", fact::SERVERS_NEEDED],
        absolute: false,
        ask: enough_capacity,
        of_each: None,
        source: "WS-10, WS-14",
    },
    Guard {
        name: "space_for_synchronisation",
        says: Words {
            en: "there is free space for the synchronisation: once the configuration on the system drive, twice where the product is installed, three times where both are one drive",
            ja: "同期処理に必要な空き容量がある (システムドライブに設定情報と同等、インストール先に 2 倍、同じドライブなら 3 倍)",
        },
        reads: &["role", fact::CONFIG_BYTES, fact::SYSTEM_FREE, fact::INSTALL_FREE, fact::ONE_DRIVE],
        absolute: false,
        ask: space::space_for_synchronisation,
        of_each: None,
        source: "WS-04",
    },
];

/// Says what a reader of every plan of a group should know: that people say what it is, and what is wrong with it.
pub fn caveat(facts: &Facts) -> Option<Text> {
    let mut parts = Vec::new();
    let by = attested(facts).filter_map(|(_, fact)| match fact {
        Fact::Known { source, .. } => source.strip_prefix("attested by ")?.rsplit_once(" until ").map(|(by, _)| by),
        Fact::Unknown { .. } => None,
    });
    let mut by: Vec<&str> = by.collect();
    by.sort_unstable();
    by.dedup();
    if !by.is_empty() {
        let by = by.join(", ");
        parts.push(Text::new(
            format!("roles and synchronisation are what people saw in the admin tool and attested ({by}); `rolewalk observe` shows until when"),
            format!("役割と同期の状態は管理ツールで確認した人の証言による ({by})。期限は `rolewalk observe` で確認できる"),
        ));
    }
    let is = |server: &Option<ServerName>, name: &str, value: &Value| {
        server.as_ref().is_some_and(|one| facts.value(Some(one), name) == Ok(value))
    };
    let managers =
        facts.0.keys().filter(|key| key.name == "role" && is(&key.server, "role", &Value::Text(MANAGER.into())));
    for manager in managers.filter(|key| is(&key.server, fact::UP, &Value::Flag(false))) {
        let Some(manager) = &manager.server else { continue };
        parts.push(Text::new(
            format!("the load balancer does not find the manager `{manager}` up; while it is unavailable no server's configuration can be changed, and where it is lost, declare `lost: true`"),
            format!("負荷分散装置が管理サーバ `{manager}` のダウンを検出している。管理サーバが利用できない間は、すべてのサーバへの設定変更ができない。失われた場合は `lost: true` を宣言する"),
        ));
    }
    let roles: Vec<&Fact> = facts.0.iter().filter(|(key, _)| key.name == "role").map(|(_, fact)| fact).collect();
    let is_outside = |one: &&Fact| matches!(one, Fact::Known { value: Value::Text(role), .. } if role == UNREGISTERED);
    if !roles.is_empty() && roles.iter().all(is_outside) {
        // WS-02
        parts.push(Text::new(
            "warning: no server is in a group yet; it is recommended, and not demanded, that the configuration is created on one server before the group is formed around it as the manager: the first synchronisation then sends it compressed, in fewer sessions and with less data",
            "警告: サーバグループがまだ設定されていない。1 つのサーバに設定情報を作成してから、そのサーバを管理サーバとしてサーバグループを設定することを推奨する (必須ではない)。同期処理で圧縮して送信されるため、通信セッション数、データ量とも少なくなる",
        ));
    }
    if facts.flag(None, fact::BULK) == Ok(true) {
        parts.push(Text::new(
            "users were created with the bulk registration tool, which no update distributes: members that were complete before are synchronised by hand",
            "ユーザ一括登録ツールで作成したユーザは自動更新の対象外のため、それ以前に同期完了したメンバサーバには手動で同期処理を行う",
        ));
    }
    let join = |say: fn(&Text) -> &String| parts.iter().map(say).cloned().collect::<Vec<_>>().join("; ");
    (!parts.is_empty()).then(|| Text::new(join(|text| &text.en), join(|text| &text.ja)))
}

fn one_manager(case: &Case<'_>) -> Answer {
    let leading: Vec<&ServerName> = case.leaders.iter().collect();
    match (leading.as_slice(), case.unknown_roles().as_slice()) {
        ([one], []) => Answer::yes(format!("`{one}` is the manager"), format!("管理サーバは `{one}`")),
        ([], []) => Answer::no("no server is the manager", "管理サーバがない"),
        ([_] | [], unknown) => unknown_role(unknown),
        (many, _) => {
            Answer::no(format!("{} are managers", named(many)), format!("{} が管理サーバになっている", named(many)))
        }
    }
}

fn manager_available(case: &Case<'_>) -> Answer {
    let Some(leader) = case.leaders.first() else {
        return match case.unknown_roles().as_slice() {
            [] => Answer::no("no server is the manager: the group is frozen", "管理サーバがなく、設定を変更できない"),
            unknown => unknown_role(unknown),
        };
    };
    match (case.is_lost(leader), case.facts.flag(Some(leader), fact::UP)) {
        (true, _) => Answer::no(
            format!("the manager `{leader}` is lost: the group is frozen until another takes over"),
            format!("管理サーバ `{leader}` が失われているため、別のサーバを管理サーバにするまで設定を変更できない"),
        ),
        (_, Ok(false)) => Answer::no(
            format!(
                "the load balancer does not find the manager `{leader}` up; where it is lost, declare `lost: true`"
            ),
            format!(
                "負荷分散装置が管理サーバ `{leader}` のダウンを検出している。失われた場合は `lost: true` を宣言する"
            ),
        ),
        // In maintenance nobody looks; the person who works on it will see.
        _ => Answer::yes(format!("the manager is `{leader}`"), format!("管理サーバは `{leader}`")),
    }
}

fn only_the_lost_manager_leads(case: &Case<'_>) -> Answer {
    let leading: Vec<&ServerName> = case.leaders.iter().collect();
    match (leading.as_slice(), case.unknown_roles().as_slice()) {
        ([one], []) if case.is_lost(one) => Answer::yes(
            format!("the manager `{one}` is declared lost"),
            format!("管理サーバ `{one}` は失われたと宣言されている"),
        ),
        ([one], []) => Answer::no(
            format!("the manager `{one}` is not declared lost"),
            format!("管理サーバ `{one}` は失われたと宣言されていない"),
        ),
        ([], []) => match case.standings.iter().find(|(_, standing)| standing.role.is_none()) {
            // Of the lost one it has to be known that it was the manager.
            Some((lost, _)) => unknown_role(&[lost]),
            None => Answer::no("no server is the manager", "管理サーバがない"),
        },
        ([_] | [], unknown) => unknown_role(unknown),
        (many, _) => {
            Answer::no(format!("{} are managers", named(many)), format!("{} が管理サーバになっている", named(many)))
        }
    }
}

fn no_group_yet(case: &Case<'_>) -> Answer {
    let listed: Vec<&ServerName> =
        case.standings.iter().filter(|(_, one)| is_listed(one.role)).map(|(server, _)| server).collect();
    match (listed.as_slice(), case.unknown_roles().as_slice()) {
        ([], []) => Answer::yes("no server is in a group", "どのサーバもサーバグループに登録されていない"),
        ([], unknown) => unknown_role(unknown),
        (listed, _) => Answer::no(
            format!("{} are in a group already", named(listed)),
            format!("{} がすでにサーバグループに登録されている", named(listed)),
        ),
    }
}

fn room_in_group(case: &Case<'_>) -> Answer {
    let listed = case.standings.values().filter(|one| is_listed(one.role)).count();
    let unknown = case.unknown_roles();
    let (en, ja) = (
        format!("the group has {listed} of at most {MOST_SERVERS} servers"),
        format!("サーバグループは {listed} 台 (最大 {MOST_SERVERS} 台)"),
    );
    match (listed < MOST_SERVERS, listed + unknown.len() < MOST_SERVERS) {
        (false, _) => Answer::no(en, ja),
        (true, false) => Answer::unknown(
            format!("{en}; whether {} is in it is unknown", named(&unknown)),
            format!("{ja}。{} が登録済みか不明", named(&unknown)),
        ),
        (true, true) => Answer::yes(en, ja),
    }
}

fn synchronisation_complete(case: &Case<'_>) -> Answer {
    let server = case.server;
    match case.mark("sync") {
        Some("complete") => Answer::yes(format!("`{server}` is complete"), format!("`{server}` は同期完了である")),
        Some(_) => Answer::no(format!("`{server}` is not complete"), format!("`{server}` は同期完了ではない")),
        None => Answer::unknown(
            format!("whether `{server}` is complete is unknown"),
            format!("`{server}` が同期完了か不明"),
        ),
    }
}

fn out_of_the_pool(case: &Case<'_>) -> Answer {
    let server = case.server;
    match case.mark("pool") {
        Some("out") => Answer::yes(format!("`{server}` is out"), format!("`{server}` は切り離し済み")),
        Some(_) => Answer::no(format!("`{server}` is in the pool"), format!("`{server}` はまだ切り離されていない")),
        None => Answer::unknown(
            format!("whether `{server}` is in the pool is unknown"),
            format!("`{server}` が分散対象か不明"),
        ),
    }
}

fn still_cut_off(case: &Case<'_>) -> Answer {
    let server = case.server;
    match case.mark("own") {
        Some("cut") => Answer::yes(
            format!("`{server}` is cut off the network"),
            format!("`{server}` はネットワークから切り離されている"),
        ),
        Some(_) => Answer::no(format!("`{server}` is not cut off"), format!("`{server}` は切り離されていない")),
        None => Answer::unknown(
            format!("whether `{server}` is cut off is unknown"),
            format!("`{server}` が切り離されているか不明"),
        ),
    }
}

fn another_server_serves(case: &Case<'_>) -> Answer {
    let server = case.server;
    let is_serving = case.standings.get(server).is_some_and(serves);
    if case.is_lost(server) || (!is_serving && case.mark("pool").is_some() && case.mark("sync").is_some()) {
        return Answer::yes(format!("`{server}` does not serve"), format!("`{server}` は運用に使われていない"));
    }
    let others = || case.standings.iter().filter(|(one, _)| *one != server && !case.is_lost(one));
    let is_found_down = |one: &ServerName| case.facts.flag(Some(one), fact::UP) == Ok(false);
    if let Some((one, _)) = others().find(|(one, standing)| serves(standing) && !is_found_down(one)) {
        return Answer::yes(format!("`{one}` serves meanwhile"), format!("その間は `{one}` が運用を継続する"));
    }
    let is_unknown = |need: &Need, one: &Standing| {
        one.mark(need.mark).is_none() && matches!(one.role, None | Some(MEMBER | MANAGER))
    };
    match others().find(|(_, standing)| SERVES.iter().any(|need| is_unknown(need, standing))) {
        Some((one, _)) => {
            Answer::unknown(format!("whether `{one}` serves is unknown"), format!("`{one}` が運用中か不明"))
        }
        None => Answer::no("no other server serves", "ほかに運用中のサーバがない"),
    }
}

/// A manager that the monitor shows in error distributes nothing, and serves.
fn serves(standing: &Standing) -> bool {
    let is_manager = standing.role == Some(MANAGER) && standing.mark("pool") == Some("in");
    is_manager || standing.meets(SERVES)
}

/// Returns the server that alone stays in the pool, where all members have to leave it.
fn left_alone<'a>(case: &Case<'a>) -> Option<&'a ServerName> {
    let leader = case.leaders.first()?;
    let is_broken = case.standings.get(leader).and_then(|one| one.mark("sync")) == Some("error");
    match (case.is_lost(leader), is_broken) {
        (true, _) => case.topology.leader(),
        (false, true) => Some(leader),
        (false, false) => None,
    }
}

fn enough_capacity(case: &Case<'_>) -> Answer {
    let server = case.server;
    let Some(alone) = left_alone(case) else {
        let unknown = case.unknown_roles();
        if case.leaders.first().is_none() && !unknown.is_empty() {
            return unknown_role(&unknown);
        }
        return Answer::yes("no other server has to leave the pool", "ほかに切り離すサーバはない");
    };
    if case.transition == "drain" && case.is_lost(server) {
        return Answer::yes(format!("`{server}` is lost and serves nobody"), format!("`{server}` は失われている"));
    }
    let in_service = |role| matches!(role, Some(MEMBER | MANAGER));
    let all = case.standings.iter().filter(|(one, standing)| in_service(standing.role) && !case.is_lost(one));
    let all = all.count();
    let left = format!("`{alone}` alone stays in the pool, 1 of {all} servers, until the others are complete");
    let left_ja = format!("同期が完了するまで分散対象に残るのは {all} 台中 `{alone}` の 1 台のみ");
    match case.facts.count(None, fact::SERVERS_NEEDED) {
        Ok(needed) if needed <= 1 => {
            Answer::yes(format!("{left}; {needed} are needed"), format!("{left_ja} (必要台数: {needed})"))
        }
        Ok(needed) => Answer::no(format!("{left}; {needed} are needed"), format!("{left_ja} (必要台数: {needed})")),
        Err(_) => Answer::unknown(
            format!("{left}; whether that is enough nobody has attested"),
            format!("{left_ja} (足りるかどうかの証言がない)"),
        ),
    }
}

fn unknown_role(servers: &[&ServerName]) -> Answer {
    Answer::unknown(
        format!("the role of {} is unknown, and it may be the manager", named(servers)),
        format!("{} の役割が不明 (管理サーバの可能性がある)", named(servers)),
    )
}
