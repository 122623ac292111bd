//! Guards about the servers: whether they answer, what is installed there, and who changes the cluster now.

use crate::model::guard::{Answer, Case, Look, Verdict};
use crate::model::name::{ServerName, named};
use crate::model::snapshot::Standing;

use super::super::table::UNREGISTERED;
use super::fact;
use super::service::of_active;

pub(super) fn server_answers(case: &Case<'_>) -> Answer {
    match case.facts.flag(Some(case.server), fact::ANSWERS) {
        Ok(true) => Answer::yes(format!("`{}` answers", case.server), format!("`{}` が応答する", case.server)),
        Ok(false) => {
            Answer::no(format!("`{}` does not answer", case.server), format!("`{}` が応答しない", case.server))
        }
        Err(why) => Answer::unknown(
            format!("whether `{}` answers is unknown: {why}", case.server),
            format!("`{}` が応答するか不明: {why}", case.server),
        ),
    }
}

pub(super) fn lifekeeper_installed(case: &Case<'_>) -> Answer {
    match case.facts.flag(Some(case.server), fact::INSTALLED) {
        Ok(true) => Answer::yes(
            format!("LifeKeeper answers on `{}`", case.server),
            format!("`{}` の LifeKeeper が応答する", case.server),
        ),
        Ok(false) => Answer::no(
            format!("LifeKeeper is not installed on `{}` yet: it and all related patches come first", case.server),
            format!(
                "`{}` に LifeKeeper がまだインストールされていない: LifeKeeper とすべての関連パッチを先に再インストールする",
                case.server
            ),
        ),
        Err(why) => Answer::unknown(
            format!("whether LifeKeeper is installed on `{}` is unknown: {why}", case.server),
            format!("`{}` に LifeKeeper がインストールされているか不明: {why}", case.server),
        ),
    }
}

pub(super) fn installed_anew(case: &Case<'_>) -> Answer {
    let installed = lifekeeper_installed(case);
    if installed.verdict != Verdict::Yes {
        return installed;
    }
    let Some(day) = case.topology.declared(case.server).and_then(|one| one.reinstalled) else {
        return Answer::no(
            format!("nobody says that `{}` was installed anew: declare `reinstalled: DATE`", case.server),
            format!("`{}` が再インストールされたと宣言されていない: `reinstalled: 日付` を宣言する", case.server),
        );
    };
    match case.facts.flag(Some(case.server), fact::HOLDS_NOTHING) {
        Ok(true) => Answer::yes(
            format!("`{}` holds no hierarchy of its own; it is declared to be installed anew on {day}", case.server),
            format!("`{}` 自身にリソース階層がない。{day} に再インストールされたと宣言されている", case.server),
        ),
        Ok(false) => Answer::no(
            format!("`{}` holds hierarchies of its own: it is not as after an installation", case.server),
            format!("`{}` 自身にリソース階層がある: 再インストール後の状態ではない", case.server),
        ),
        Err(why) => Answer::unknown(
            format!("what `{}` holds itself is unknown: {why}", case.server),
            format!("`{}` 自身の構成情報が不明: {why}", case.server),
        ),
    }
}

/// Returns the other servers that the cluster knows, but those that are lost.
pub(super) fn members<'a>(case: &Case<'a>) -> Vec<&'a ServerName> {
    let is_member = |(server, standing): &(&'a ServerName, &Standing)| {
        *server != case.server && standing.role != Some(UNREGISTERED) && !case.is_lost(server)
    };
    case.standings.iter().filter(is_member).map(|(server, _)| server).collect()
}

pub(super) fn members_answer(case: &Case<'_>) -> Answer {
    let members = members(case);
    for server in &members {
        match case.facts.flag(Some(server), fact::ANSWERS) {
            Ok(true) => {}
            Ok(false) => {
                return Answer::no(
                    format!("`{server}` does not answer, and its records can't be changed"),
                    format!("`{server}` が応答せず、その構成情報を変更できない"),
                );
            }
            Err(why) => {
                return Answer::unknown(
                    format!("whether `{server}` answers is unknown: {why}"),
                    format!("`{server}` が応答するか不明: {why}"),
                );
            }
        }
    }
    match members.is_empty() {
        true => Answer::no("there is no other member", "ほかにメンバがない"),
        false => Answer::yes(format!("{} answers", named(&members)), format!("{} が応答する", named(&members))),
    }
}

pub(super) fn paths_alive(case: &Case<'_>) -> Answer {
    if case.facts.flag(Some(case.server), fact::IS_NEW) == Ok(true) {
        return Answer::unknown(
            format!("`{}` has no communication path yet", case.server),
            format!("`{}` にはまだコミュニケーションパスがない", case.server),
        );
    }
    of_active(case, fact::PATHS, |leader, paths| {
        let state = paths.iter().filter_map(|path| path.split_once(' ')).find(|(to, _)| case.server.is(to));
        match state {
            Some((_, "ALIVE")) => Answer::yes(
                format!("the path from `{leader}` to `{}` is ALIVE", case.server),
                format!("`{leader}` と `{}` の間のパスは ALIVE", case.server),
            ),
            Some(_) => Answer::no(
                format!("the path from `{leader}` to `{}` is DEAD", case.server),
                format!("`{leader}` と `{}` の間のパスは DEAD", case.server),
            ),
            None => Answer::no(
                format!("there is no path from `{leader}` to `{}`", case.server),
                format!("`{leader}` と `{}` の間にパスがない", case.server),
            ),
        }
    })
}

/// Tells where a lock flag is set, and where it can't be told; a server that does not answer has nothing to say.
pub(super) fn lock_of_each(look: &Look<'_>) -> Verdict {
    if look.topology.is_lost(look.server) {
        return Verdict::Yes;
    }
    match look.facts.flag(Some(look.server), fact::ANSWERS) {
        Ok(false) => Verdict::Yes,
        Err(_) => Verdict::Unknown,
        Ok(true) => match look.facts.list(Some(look.server), fact::ADMIN_LOCKS) {
            Ok([]) => Verdict::Yes,
            Ok(_) => Verdict::No,
            Err(_) => Verdict::Unknown,
        },
    }
}

pub(super) fn no_admin_lock(case: &Case<'_>) -> Answer {
    let flags = |server: &ServerName| case.facts.list(Some(server), fact::ADMIN_LOCKS);
    if let Some(server) = case.found.no.first() {
        let flag = flags(server).ok().and_then(|flags| flags.first()).map_or("", String::as_str);
        return Answer::no(
            format!("somebody changes the cluster now, as a flag on `{server}` says: {flag}"),
            format!("変更作業中であることを示すフラグが `{server}` にある: {flag}"),
        );
    }
    if let Some(server) = case.found.unknown.first() {
        let why =
            case.facts.flag(Some(server), fact::ANSWERS).err().or_else(|| flags(server).err()).unwrap_or_default();
        return Answer::unknown(
            format!("whether somebody holds the lock on `{server}` is unknown: {why}"),
            format!("`{server}` のロックフラグの有無が不明: {why}"),
        );
    }
    let is_read = |server: &ServerName| {
        !case.is_lost(server) && case.facts.flag(Some(server), fact::ANSWERS) == Ok(true) && flags(server).is_ok()
    };
    match case.standings.keys().any(is_read) {
        false => Answer::unknown("no server's flags could be read", "フラグを読み取れるサーバがない"),
        true => Answer::yes("no lock flag is set", "ロックフラグはない"),
    }
}
