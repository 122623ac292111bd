//! Guards about where the hierarchies are in service, and where they could be.

use crate::model::guard::{Answer, Case, Look, Verdict};
use crate::model::name::{ServerName, named};
use crate::model::snapshot::leaders;
use crate::model::words::Text;

use super::super::table::{ACTIVE, STANDBY, TABLE};
use super::fact;

pub(super) fn one_active(case: &Case<'_>) -> Answer {
    let leading: Vec<&ServerName> = case.leaders.iter().collect();
    match (leading.as_slice(), &may_be_active(case)) {
        ([one], None) if case.is_lost(one) => Answer::no(
            format!("`{one}` had them in service, and is lost"),
            format!("in service だった `{one}` は失われている"),
        ),
        ([one], None) => Answer::yes(format!("`{one}` has them in service"), format!("`{one}` で in service")),
        ([], None) => {
            Answer::no("the hierarchies are in service on no server", "どのサーバでも in service になっていない")
        }
        ([_] | [], Some(why)) => Answer::unknown(why.en.clone(), why.ja.clone()),
        (many, _) => Answer::no(
            format!("{} have them in service", named(many)),
            format!("{} で同時に in service になっている", named(many)),
        ),
    }
}

pub(super) fn no_other_active(case: &Case<'_>) -> Answer {
    let others: Vec<&ServerName> =
        case.leaders.iter().filter(|one| *one != case.server && !case.is_lost(one)).collect();
    match (others.as_slice(), may_be_active(case)) {
        ([], None) => Answer::yes("they are in service nowhere else", "ほかで in service になっていない"),
        ([], Some(why)) => Answer::unknown(why.en, why.ja),
        (others, _) => Answer::no(
            format!("{} has them in service", named(others)),
            format!("{} で in service になっている", named(others)),
        ),
    }
}

/// Tells who may have the hierarchies in service without being seen: whose role is unknown, and who holds them and does
/// not answer.
pub(super) fn active_of_each(look: &Look<'_>) -> Verdict {
    let is_hidden = match look.standing.role {
        None => true,
        Some(STANDBY | ACTIVE) => look.facts.flag(Some(look.server), fact::ANSWERS) != Ok(true),
        Some(_) => false,
    };
    let lost = look.topology.is_lost(look.server);
    if is_hidden && !lost { Verdict::Unknown } else { Verdict::Yes }
}

/// Says who may have the hierarchies in service without being seen.
pub(super) fn may_be_active(case: &Case<'_>) -> Option<Text> {
    let hidden: Vec<&ServerName> = case.found.unknown.iter().collect();
    (!hidden.is_empty()).then(|| {
        Text::new(
            format!("whether {} has them in service can't be seen", named(&hidden)),
            format!("{} で in service になっているか確認できない", named(&hidden)),
        )
    })
}

/// Asks something of the server that has the hierarchies in service.
pub(super) fn of_active(case: &Case<'_>, name: &str, answer: impl Fn(&ServerName, &[String]) -> Answer) -> Answer {
    let Some(leader) = leaders(&TABLE, case.standings).next() else {
        return match may_be_active(case) {
            Some(why) => Answer::unknown(why.en, why.ja),
            None => {
                Answer::no("the hierarchies are in service on no server", "どのサーバでも in service になっていない")
            }
        };
    };
    match case.facts.list(Some(leader), name) {
        Ok(list) => answer(leader, list),
        Err(why) => Answer::unknown(
            format!("what `{leader}` holds is unknown: {why}"),
            format!("`{leader}` の情報が不明: {why}"),
        ),
    }
}

pub(super) fn source_in_service(case: &Case<'_>) -> Answer {
    of_active(case, fact::MIRROR_ENDS, |leader, ends| match ends.iter().find(|end| end.ends_with("=target")) {
        Some(end) => Answer::no(
            format!("a volume of `{leader}` is the target of a mirror, and nothing is removed on a target: {end}"),
            format!("`{leader}` のボリュームがミラーのターゲットであり、ターゲット側では削除しない: {end}"),
        ),
        None => Answer::yes(
            format!("no volume of `{leader}` is a target"),
            format!("`{leader}` のボリュームにターゲットはない"),
        ),
    })
}

pub(super) fn data_is_current(case: &Case<'_>) -> Answer {
    match case.standings.get(case.server).and_then(|standing| standing.mark("mirror")) {
        Some("mirroring") => Answer::yes(
            format!("the volumes of `{}` are mirrored", case.server),
            format!("`{}` のボリュームはミラーリング中", case.server),
        ),
        Some("unneeded") => Answer::yes(
            format!("nothing is mirrored to `{}`", case.server),
            format!("`{}` へのミラー対象はない", case.server),
        ),
        Some(other) => Answer::no(
            format!("the mirror of `{}` is not mirroring: {other}", case.server),
            format!("`{}` のミラーはミラーリング中ではない: {other}", case.server),
        ),
        None => Answer::unknown(
            format!("the state of the mirror of `{}` is unknown", case.server),
            format!("`{}` のミラーの状態が不明", case.server),
        ),
    }
}

pub(super) fn a_standby_is_ready(case: &Case<'_>) -> Answer {
    let Some(next) = case.topology.leader().filter(|one| *one != case.server) else {
        return Answer::no("no other server is declared active", "ほかに稼動と宣言されたサーバがない");
    };
    let standing = case.standings.get(next);
    let mark = |name| standing.and_then(|standing| standing.mark(name));
    let answers = case.facts.flag(Some(next), fact::ANSWERS);
    match (standing.and_then(|standing| standing.role), mark("record"), mark("mirror"), answers) {
        (_, _, _, Err(_)) | (None, ..) | (_, None, ..) | (_, _, None, _) => Answer::unknown(
            format!("whether `{next}` could take over is unknown"),
            format!("`{next}` が引き継ぎ可能か不明"),
        ),
        (Some(STANDBY), Some("current"), Some("mirroring" | "unneeded"), Ok(true)) => {
            Answer::yes(format!("`{next}` is ready"), format!("`{next}` は引き継ぎ可能"))
        }
        (Some(role), Some(record), Some(mirror), Ok(answers)) => Answer::no(
            format!("`{next}` could not take over: {role}, record {record}, mirror {mirror}, answers: {answers}"),
            format!("`{next}` は引き継げない: {role}、record {record}、mirror {mirror}、応答: {answers}"),
        ),
    }
}
