//! Sun Ray's guards: what must hold right before a step. Pure; a fact that is not known is never a yes.

use crate::model::fact::Facts;
use crate::model::guard::{Answer, Case, Guard, Verdict};
use crate::model::name::{ServerName, named};
use crate::model::words::{Text, Words};

use super::observe::is_kept;
use super::table::{SECONDARY, STANDALONE};

/// The names of the facts that [`super::observe`] notes and the guards read.
pub mod fact {
    /// Of a server: whether it answers (flag).
    pub const ANSWERS: &str = "answers";
    /// Of a server: whom it says that it follows (word).
    pub const FOLLOWS: &str = "follows";
    /// Of the primary: the secondaries that it names (list).
    pub const SECONDARIES: &str = "secondaries";
    /// Of a server: how many users its data store lists (count).
    pub const USERS: &str = "users";
    /// Of a server: whether it is offline, that is, not chosen for new sessions (flag).
    pub const OFFLINE: &str = "offline";
    /// Of a server: the size of a dump of the data store that lies there (count, bytes), or the word `none`.
    pub const DUMP_BYTES: &str = "dump_bytes";
    /// Of the group: whether no primary answers, so that nothing can be administered (flag).
    pub const FROZEN: &str = "frozen";
    /// Of the group: the servers that say that they are the primary (list).
    pub const PRIMARIES: &str = "primaries";
}

/// Sun Ray's guards.
pub const GUARDS: &[Guard] = &[
    Guard {
        name: "one_primary",
        says: Words { en: "exactly one server is the primary", ja: "プライマリサーバーはちょうど 1 台" },
        reads: &["role"],
        absolute: true,
        ask: one_primary,
        of_each: None,
        source: "SR-01",
    },
    Guard {
        name: "no_other_primary",
        says: Words { en: "no other server is the primary", ja: "ほかにプライマリサーバーがない" },
        reads: &["role"],
        absolute: true,
        ask: no_other_primary,
        of_each: None,
        source: "SR-01, SR-04",
    },
    Guard {
        name: "primary_answers",
        says: Words {
            en: "the primary answers: the group is not frozen", ja: "プライマリサーバーが応答する"
        },
        reads: &[fact::ANSWERS],
        absolute: true,
        ask: primary_answers,
        of_each: None,
        source: "SR-02",
    },
    Guard {
        name: "group_not_frozen",
        says: Words {
            en: "the primary answers, is declared lost, or has stepped down",
            ja: "プライマリサーバーが応答するか、失われたと宣言されているか、構成を解除済み",
        },
        reads: &[fact::ANSWERS],
        absolute: true,
        ask: group_not_frozen,
        of_each: None,
        source: "SR-02",
    },
    Guard {
        name: "server_answers",
        says: Words { en: "the server answers", ja: "対象サーバーが応答する" },
        reads: &[fact::ANSWERS],
        absolute: true,
        ask: server_answers,
        of_each: None,
        source: "SR-04",
    },
    Guard {
        name: "another_server_serves",
        says: Words {
            en: "another server serves while this one is offline",
            ja: "対象サーバーがオフラインの間、ほかのサーバーがサービスを提供する",
        },
        reads: &[fact::ANSWERS, fact::OFFLINE],
        absolute: false,
        ask: another_server_serves,
        of_each: None,
        source: "SR-05",
    },
    Guard {
        name: "primary_holds_data",
        says: Words {
            en: "the primary's data store is not empty", ja: "プライマリサーバーのデータストアが空でない"
        },
        reads: &["store"],
        absolute: true,
        ask: primary_holds_data,
        of_each: None,
        source: "SR-03, SR-04",
    },
    Guard {
        name: "no_user_is_lost",
        says: Words {
            en: "the primary lists as many users as the server that is to follow it",
            ja: "プライマリサーバーのユーザー数が、対象サーバーのユーザー数以上である",
        },
        reads: &[fact::USERS],
        absolute: false,
        ask: no_user_is_lost,
        of_each: None,
        source: "SR-03, SR-04",
    },
    Guard {
        name: "a_secondary_to_name",
        says: Words {
            en: "there is a server that the primary can name as a secondary",
            ja: "セカンダリサーバーとして登録できるサーバーがある",
        },
        reads: &["role", "software"],
        absolute: true,
        ask: a_secondary_to_name,
        of_each: None,
        source: "SR-04",
    },
    Guard {
        name: "same_host_name",
        says: Words {
            en: "the secondaries follow this very server: the host name is the same",
            ja: "セカンダリサーバーの複製元がこのサーバーである (同じホスト名)",
        },
        reads: &[fact::FOLLOWS],
        absolute: true,
        ask: same_host_name,
        of_each: None,
        source: "SR-03",
    },
    Guard {
        name: "data_to_restore",
        says: Words {
            en: "the server lists nobody, and a dump is kept, or a secondary that answers holds the data",
            ja: "対象サーバーにユーザーがなく、取り込みファイルが残っているか、応答するセカンダリサーバーにデータがある",
        },
        reads: &[fact::USERS, fact::DUMP_BYTES],
        absolute: true,
        ask: data_to_restore,
        of_each: None,
        source: "SR-03",
    },
    Guard {
        name: "restored_data_confirmed",
        says: Words {
            en: "the primary's data store is seen to hold the data",
            ja: "プライマリサーバーのデータストアにデータがあることを確認済み",
        },
        reads: &["store", fact::USERS],
        absolute: true,
        ask: restored_data_confirmed,
        of_each: None,
        source: "SR-07",
    },
];

/// Says what a reader of every plan of a group should know: that it is frozen, and where dumps lie (SR-02, SR-07).
pub fn caveat(facts: &Facts) -> Option<Text> {
    let mut parts = Vec::new();
    if facts.flag(None, fact::FROZEN) == Ok(true) {
        parts.push(Text::new(
            "the group is frozen: no primary answers, so no administrative change is possible; the other members serve from the data of before the failure, and only a takeover or a rebuild can be planned",
            "グループは凍結状態: プライマリサーバーが応答しないため、管理上の変更はできない。残りのメンバーは障害以前のデータから動作する。計画できるのはプライマリサーバーの交換または再構築のみ",
        ));
    }
    let kept = facts.0.iter().filter(|(key, _)| key.name == fact::DUMP_BYTES);
    let kept: Vec<&ServerName> =
        kept.filter_map(|(key, _)| key.server.as_ref()).filter(|one| is_kept(facts, one)).collect();
    if !kept.is_empty() {
        let (path, on) = (super::DUMP, named(&kept));
        parts.push(Text::new(
            format!("a dump of the data store with the utadmin password is kept as {path} on {on}; it is removed once the restored data is confirmed"),
            format!("utadmin パスワードを含む取り込みファイル {path} が {on} に残っている。データの復元を確認してから削除する"),
        ));
    }
    let join = |say: fn(&Text) -> &String| parts.iter().map(say).cloned().collect::<Vec<_>>().join("; ");
    (!parts.is_empty()).then(|| Text::new(join(|text| &text.en), join(|text| &text.ja)))
}

fn one_primary(case: &Case<'_>) -> Answer {
    let leading: Vec<&ServerName> = case.leaders.iter().collect();
    match (leading.as_slice(), case.unknown_roles().as_slice()) {
        ([one], []) => Answer::yes(format!("`{one}` is the primary"), format!("プライマリサーバーは `{one}`")),
        ([], []) => Answer::no("no server is the primary", "プライマリサーバーが存在しない"),
        ([_] | [], unknown) => unknown_role(unknown),
        (many, _) => Answer::no(
            format!("{} are primaries", named(many)),
            format!("{} がプライマリサーバーになっている", named(many)),
        ),
    }
}

fn no_other_primary(case: &Case<'_>) -> Answer {
    let others = case.leaders.iter().filter(|one| *one != case.server && !case.is_lost(one));
    let others: Vec<&ServerName> = others.collect();
    match (others.as_slice(), case.unknown_roles().as_slice()) {
        ([], []) => Answer::yes("no other server is the primary", "ほかにプライマリサーバーはない"),
        ([], unknown) => unknown_role(unknown),
        (others, _) => Answer::no(
            format!("{} leads already", named(others)),
            format!("{} がプライマリサーバーである", named(others)),
        ),
    }
}

fn primary_answers(case: &Case<'_>) -> Answer {
    match case.leaders.first() {
        Some(leader) => answers(case, leader, "the group is frozen (SR-02)", "グループは凍結状態"),
        None => {
            no_primary(case, "the group has no primary: it is frozen", "プライマリサーバーがなく、グループは凍結状態")
        }
    }
}

/// Says no where no server is the primary, and that it can't be told where one may be whose role is unknown.
fn no_primary(case: &Case<'_>, en: &str, ja: &str) -> Answer {
    match case.unknown_roles().as_slice() {
        [] => Answer::no(en, ja),
        unknown => unknown_role(unknown),
    }
}

fn group_not_frozen(case: &Case<'_>) -> Answer {
    match case.leaders.first() {
        Some(leader) if case.is_lost(leader) => Answer::yes(
            format!("the primary `{leader}` is declared lost, and another takes over"),
            format!("プライマリサーバー `{leader}` は失われたと宣言されており、交換中である"),
        ),
        Some(leader) => answers(
            case,
            leader,
            "the group is frozen; where it is lost, declare `lost: true`",
            "グループは凍結状態。失われた場合は `lost: true` を宣言する",
        ),
        None => match case.unknown_roles().as_slice() {
            [] => Answer::yes("no server is the primary, and one is to be", "プライマリサーバーを構成する途中である"),
            unknown => unknown_role(unknown),
        },
    }
}

fn server_answers(case: &Case<'_>) -> Answer {
    answers(case, case.server, "nothing can be done on it", "作業ができない")
}

fn answers(case: &Case<'_>, server: &ServerName, en: &str, ja: &str) -> Answer {
    match case.facts.flag(Some(server), fact::ANSWERS) {
        Ok(true) => Answer::yes(format!("`{server}` answers"), format!("`{server}` が応答する")),
        Ok(false) => Answer::no(format!("`{server}` does not answer: {en}"), format!("`{server}` が応答しない: {ja}")),
        Err(why) => Answer::unknown(
            format!("whether `{server}` answers is unknown: {why}"),
            format!("`{server}` が応答するか不明: {why}"),
        ),
    }
}

fn another_server_serves(case: &Case<'_>) -> Answer {
    let members = || case.standings.keys().filter(|one| *one != case.server && !case.is_lost(one));
    if members().next().is_none() {
        return Answer::yes(
            format!("there is no other server: sessions end while `{}` is offline", case.server),
            format!("ほかにサーバーがない: `{}` がオフラインの間セッションは利用できない", case.server),
        );
    }
    let state = |server: &ServerName| {
        let answers = case.facts.flag(Some(server), fact::ANSWERS)?;
        Ok::<bool, String>(answers && !case.facts.flag(Some(server), fact::OFFLINE)?)
    };
    if let Some(one) = members().find(|one| state(one) == Ok(true)) {
        return Answer::yes(format!("`{one}` serves meanwhile"), format!("その間は `{one}` がサービスを提供する"));
    }
    match members().find_map(|one| Some((one, state(one).err()?))) {
        Some((one, why)) => Answer::unknown(
            format!("whether `{one}` serves is unknown: {why}"),
            format!("`{one}` がサービスを提供するか不明: {why}"),
        ),
        None => Answer::no(
            format!("none of {} serves", named(members())),
            format!("{} のどれもサービスを提供していない", named(members())),
        ),
    }
}

fn primary_holds_data(case: &Case<'_>) -> Answer {
    let Some(leader) = case.leaders.first() else {
        return no_primary(case, "the group has no primary", "プライマリサーバーがない");
    };
    holds_data(case, leader)
}

fn holds_data(case: &Case<'_>, leader: &ServerName) -> Answer {
    match case.standings.get(leader).and_then(|standing| standing.mark("store")) {
        Some("filled") => {
            Answer::yes(format!("the data store of `{leader}` holds the data"), format!("`{leader}` にデータがある"))
        }
        Some(_) => Answer::no(
            format!("the data store of `{leader}` is empty, and others hold data: rebuild it first"),
            format!("`{leader}` のデータストアが空で、ほかにデータがある: 先に再構築する"),
        ),
        None => Answer::unknown(
            format!("whether the data store of `{leader}` holds the data is unknown"),
            format!("`{leader}` のデータストアの内容が不明"),
        ),
    }
}

/// Whoever follows is resynchronised: what it lists and the primary does not is gone then. Users are added by hand on a
/// server that leads for a while, or on one that stands alone.
fn no_user_is_lost(case: &Case<'_>) -> Answer {
    let Some(leader) = case.leaders.first() else {
        return no_primary(case, "the group has no primary", "プライマリサーバーがない");
    };
    let server = case.server;
    let listed = |one: &ServerName| case.facts.count(Some(one), fact::USERS);
    let is_to_be_filled = case.standings[leader].mark("store") == Some("filled") && listed(leader) == Ok(0);
    match (listed(server), listed(leader)) {
        (Ok(0), _) => Answer::yes(format!("`{server}` lists no user"), format!("`{server}` にユーザーはない")),
        (Ok(own), Ok(users)) if users >= own => Answer::yes(
            format!("`{leader}` lists {users} users, and `{server}` {own}"),
            format!("ユーザー数は `{leader}` が {users}、`{server}` が {own}"),
        ),
        // It is empty now, and a step before gives it the data of whoever lists the most.
        (Ok(_), Ok(_)) if is_to_be_filled => Answer::yes(
            format!("`{leader}` gets the group's data before"),
            format!("先に `{leader}` のデータを再構築する"),
        ),
        (Ok(own), Ok(users)) => Answer::no(
            format!(
                "`{server}` lists {own} users, and the primary `{leader}` {users}: it is resynchronised when it follows, and those that `{leader}` does not list are gone"
            ),
            format!(
                "ユーザー数は `{server}` が {own}、プライマリサーバー `{leader}` が {users}: 複製を始めると `{leader}` にないユーザーは失われる"
            ),
        ),
        (Err(why), _) => Answer::unknown(
            format!("what `{server}` lists is unknown: {why}"),
            format!("`{server}` のユーザーが不明: {why}"),
        ),
        (_, Err(why)) => Answer::unknown(
            format!("what `{leader}` lists is unknown: {why}"),
            format!("`{leader}` のユーザーが不明: {why}"),
        ),
    }
}

fn a_secondary_to_name(case: &Case<'_>) -> Answer {
    let is_to_follow = |one: &ServerName| case.topology.declared(one).is_some_and(|one| one.role == SECONDARY);
    let able = case.standings.iter().filter(|(one, standing)| {
        let is_secondary = standing.role == Some(SECONDARY);
        let is_next = standing.role == Some(STANDALONE) && is_to_follow(one);
        *one != case.server
            && !case.is_lost(one)
            && (is_secondary || (is_next && standing.mark("software") == Some("installed")))
    });
    let able: Vec<&ServerName> = able.map(|(one, _)| one).collect();
    let may_be = case.standings.iter().filter(|(one, standing)| {
        let may_be_next = standing.role == Some(STANDALONE) && is_to_follow(one) && standing.mark("software").is_none();
        *one != case.server && !case.is_lost(one) && (standing.role.is_none() || may_be_next)
    });
    let may_be: Vec<&ServerName> = may_be.map(|(one, _)| one).collect();
    if able.is_empty() && !may_be.is_empty() {
        return Answer::unknown(
            format!("whether {} can be named is unknown", named(&may_be)),
            format!("{} を登録できるか不明", named(&may_be)),
        );
    }
    if able.is_empty() {
        return Answer::no(
            "utreplica -p needs the name of at least one secondary, and there is neither one nor an installed server that is declared to become one",
            "utreplica -p には 1 台以上のセカンダリサーバー名が必要だが、セカンダリサーバーも、それになると宣言されたインストール済みのサーバーもない",
        );
    }
    Answer::yes(format!("{} can be named", named(&able)), format!("{} を登録できる", named(&able)))
}

fn same_host_name(case: &Case<'_>) -> Answer {
    let secondaries =
        case.standings.iter().filter(|(one, standing)| standing.role == Some(SECONDARY) && !case.is_lost(one));
    let mut followed = false;
    for (secondary, _) in secondaries {
        match case.facts.text(Some(secondary), fact::FOLLOWS) {
            Ok(of) if case.server.is(of) => followed = true,
            Ok(of) => {
                return Answer::no(
                    format!("`{secondary}` follows `{of}`, not `{}`", case.server),
                    format!("`{secondary}` の複製元は `{}` ではなく `{of}`", case.server),
                );
            }
            Err(why) => {
                return Answer::unknown(
                    format!("whom `{secondary}` follows is unknown: {why}"),
                    format!("`{secondary}` の複製元が不明: {why}"),
                );
            }
        }
    }
    match (followed, case.unknown_roles().as_slice()) {
        (true, []) => Answer::yes(
            format!("the secondaries follow `{}`", case.server),
            format!("セカンダリサーバーの複製元は `{}`", case.server),
        ),
        (false, []) => Answer::no("no secondary follows it", "このサーバーを複製元とするセカンダリサーバーがない"),
        // It may be a secondary, and follow another server.
        (_, unknown) => unknown_role(unknown),
    }
}

fn data_to_restore(case: &Case<'_>) -> Answer {
    // What is loaded replaces what the server lists. While its services are stopped it lists nobody: a load was cut off.
    if let Ok(users @ 1..) = case.facts.count(Some(case.server), fact::USERS) {
        let server = case.server;
        return Answer::no(
            format!("`{server}` lists {users} users by now, and they would be gone: somebody added them meanwhile"),
            format!("`{server}` に {users} 人のユーザーが追加されており、復元すると失われる"),
        );
    }
    if let Some(one) = case.standings.keys().find(|one| is_kept(case.facts, one)) {
        return Answer::yes(
            format!("a dump is kept on `{one}` and is used"),
            format!("`{one}` に残っている取り込みファイルを使う"),
        );
    }
    let others = || case.standings.keys().filter(|one| *one != case.server && !case.is_lost(one));
    if let Some((one, users)) = source(others(), case.facts) {
        return Answer::yes(format!("`{one}` holds {users} users"), format!("`{one}` に {users} 人のユーザーがある"));
    }
    match others().find_map(|one| Some((one, case.facts.count(Some(one), fact::USERS).err()?))) {
        Some((one, why)) => {
            Answer::unknown(format!("what `{one}` holds is unknown: {why}"), format!("`{one}` のデータが不明: {why}"))
        }
        None => Answer::no(
            "no other server holds data, and no dump is kept",
            "データのあるサーバーも取り込みファイルもない",
        ),
    }
}

/// Returns the server whose data store lists the most users, and how many.
pub(super) fn source<'a>(
    servers: impl Iterator<Item = &'a ServerName>,
    facts: &Facts,
) -> Option<(&'a ServerName, u64)> {
    let counted = servers.filter_map(|one| Some((one, facts.count(Some(one), fact::USERS).ok()?)));
    let counted: Vec<(&ServerName, u64)> = counted.filter(|(_, users)| *users > 0).collect();
    let most = counted.iter().map(|(_, users)| *users).max()?;
    counted.into_iter().find(|(_, users)| *users == most)
}

fn restored_data_confirmed(case: &Case<'_>) -> Answer {
    let Some(leader) = case.leaders.first() else {
        return no_primary(case, "the group has no primary yet", "プライマリサーバーがまだない");
    };
    match (holds_data(case, leader), case.facts.count(Some(leader), fact::USERS)) {
        (answer, Ok(users)) if answer.verdict == Verdict::Yes => Answer::yes(
            format!("utuser -l on `{leader}` lists {users} users"),
            format!("`{leader}` の utuser -l に {users} 人のユーザーがある"),
        ),
        (answer, Ok(_)) => answer,
        (_, Err(why)) => Answer::unknown(
            format!("what `{leader}` holds is unknown: {why}"),
            format!("`{leader}` のデータが不明: {why}"),
        ),
    }
}

fn unknown_role(servers: &[&ServerName]) -> Answer {
    Answer::unknown(
        format!("the role of {} is unknown, and it may be the primary", named(servers)),
        format!("{} の役割が不明 (プライマリサーバーの可能性がある)", named(servers)),
    )
}
