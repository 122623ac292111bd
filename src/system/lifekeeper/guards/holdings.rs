//! Guards about what the servers hold: hierarchies, equivalencies, jobs and mirrors.

use crate::model::guard::{Answer, Case, Verdict};
use crate::model::name::{ServerName, named};
use crate::model::snapshot::Standing;

use super::super::purging;
use super::super::table::{ACTIVE, MEMBER, STANDBY};
use super::fact;
use super::servers::members;
use super::service::of_active;

pub(super) fn no_hierarchy_left(case: &Case<'_>) -> Answer {
    match case.standings.get(case.server).and_then(|standing| standing.role) {
        Some(STANDBY | ACTIVE) => {
            return Answer::no(
                format!("`{}` still has hierarchies of this group", case.server),
                format!("`{}` にこのグループのリソース階層が残っている", case.server),
            );
        }
        Some(_) => {}
        None => {
            return Answer::unknown(
                format!("the role of `{}` is unknown", case.server),
                format!("`{}` の役割が不明", case.server),
            );
        }
    }
    for member in members(case) {
        match case.facts.list(Some(member), fact::OTHER_EQUIVALENCIES) {
            Ok(all) => {
                // Another group's run may be about to remove it: asked again right before the step.
                if let Some(one) = all.iter().find(|one| one.split(';').step_by(2).any(|end| case.server.is(end))) {
                    return Answer::unknown(
                        format!(
                            "`{member}` holds an equivalency of another hierarchy, whose own group removes it: {one}"
                        ),
                        format!(
                            "`{member}` に別のリソース階層のイクイバレンシが残っている (そのグループで削除する): {one}"
                        ),
                    );
                }
            }
            Err(why) => {
                return Answer::unknown(
                    format!("what `{member}` holds is unknown: {why}"),
                    format!("`{member}` の構成情報が不明: {why}"),
                );
            }
        }
    }
    Answer::yes(
        format!("no equivalency names `{}`", case.server),
        format!("`{}` を含むイクイバレンシはない", case.server),
    )
}

/// Two that know each other, or one that holds a hierarchy: one alone that holds none is in no cluster any more.
pub(super) fn cluster_remains(case: &Case<'_>) -> Answer {
    let role = |server: &ServerName| case.standings.get(server).and_then(|standing| standing.role);
    let (known, hidden): (Vec<&ServerName>, Vec<&ServerName>) =
        members(case).into_iter().partition(|one| role(one).is_some());
    if let Some(one) = known.iter().find(|one| matches!(role(one), Some(STANDBY | ACTIVE))) {
        return Answer::yes(format!("`{one}` has the hierarchies"), format!("`{one}` にリソース階層がある"));
    }
    if let [_, _, ..] = known[..] {
        return Answer::yes(format!("{} remain", named(&known)), format!("{} が残る", named(&known)));
    }
    if !hidden.is_empty() {
        return unknown_roles(&hidden);
    }
    let [alone] = known[..] else { return Answer::no("there is no other member", "ほかにメンバがない") };
    match case.facts.list(Some(alone), fact::OTHER_RESOURCES) {
        Ok([]) => Answer::no(
            format!("`{alone}` would be left alone without a hierarchy, and is no member of a cluster then"),
            format!("`{alone}` だけがリソース階層なしで残り、クラスタのメンバではなくなる"),
        ),
        Ok([tag, ..]) => {
            Answer::yes(format!("`{alone}` has another hierarchy: {tag}"), format!("`{alone}` に別の階層 {tag} がある"))
        }
        Err(why) => Answer::unknown(
            format!("what `{alone}` has of other hierarchies is unknown: {why}"),
            format!("`{alone}` の別の階層の有無が不明: {why}"),
        ),
    }
}

/// Returns the other servers that have the hierarchies, and those of which that can't be seen.
pub(super) fn other_holders<'a>(case: &Case<'a>) -> (Vec<&'a ServerName>, Vec<&'a ServerName>) {
    let others = case.standings.iter().filter(|(server, _)| *server != case.server && !case.is_lost(server));
    let has = |standing: &Standing| match (standing.role, standing.mark("record")) {
        (Some(STANDBY | ACTIVE), _) | (Some(MEMBER), Some("partly")) => Some(true),
        (None, _) | (Some(MEMBER), None) => None,
        _ => Some(false),
    };
    let may_have = others.filter(|(_, standing)| has(standing) != Some(false));
    let (holders, hidden): (Vec<_>, Vec<_>) = may_have.partition(|(_, standing)| has(standing).is_some());
    let names = |all: Vec<(&'a ServerName, &'a Standing)>| all.into_iter().map(|(server, _)| server).collect();
    (names(holders), names(hidden))
}

/// LK-10: only on explicit request, and so of no server that the request does not name.
pub(super) fn holders_declared(case: &Case<'_>) -> Answer {
    let (holders, hidden) = other_holders(case);
    let is_named = |server: &&&ServerName| {
        case.topology.declared(server).is_some_and(|one| ![STANDBY, ACTIVE].contains(&one.role))
    };
    match holders.iter().find(|server| !is_named(server)) {
        Some(one) => Answer::no(
            format!("`{one}` has them as well, and is not declared to lose them"),
            format!("`{one}` にもリソース階層があるが、なくすことは宣言されていない"),
        ),
        None if !hidden.is_empty() => unknown_roles(&hidden),
        None => Answer::yes("no other server is to keep them", "階層を残すサーバはない"),
    }
}

pub(super) fn last_holder(case: &Case<'_>) -> Answer {
    let (holders, hidden) = other_holders(case);
    match (holders.is_empty(), hidden.is_empty()) {
        (false, _) => Answer::no(
            format!("{} still has resources of them", named(&holders)),
            format!("{} にリソースが残っている", named(&holders)),
        ),
        (true, false) => unknown_roles(&hidden),
        (true, true) => Answer::yes("nobody else has any of them", "ほかのサーバにはない"),
    }
}

pub(super) fn jobs_known(case: &Case<'_>) -> Answer {
    let marker = purging(case.server.as_str());
    let markers = |leader: &ServerName| case.facts.list(Some(leader), fact::MARKERS).map(<[String]>::to_vec);
    // What is not known would not be removed.
    let yes = |name: &str| of_active(case, name, |_, _| Answer::yes("it is known", "判明している"));
    let all = [fact::INFO_FILES, fact::LEFT_OF, fact::MARKERS].map(yes);
    if let Some(answer) = all.into_iter().find(|answer| answer.verdict != Verdict::Yes) {
        return answer;
    }
    of_active(case, fact::ID_OF_JOB, |leader, jobs| {
        of_active(case, fact::MIRROR_ENDS, |_, ends| {
            let has_job = |letter: &str| jobs.iter().any(|job| job.split_once('=').is_some_and(|(of, _)| of == letter));
            let sources = ends.iter().filter_map(|end| end.strip_suffix("=source"));
            let is_begun = markers(leader).is_ok_and(|flags| flags.contains(&marker));
            match sources.into_iter().find(|letter| !has_job(letter) && !is_begun) {
                Some(letter) => Answer::no(
                    format!("volume {letter} of `{leader}` is mirrored, and is in no job that is known"),
                    format!("`{leader}` のボリューム {letter} はミラーされているが、ジョブが見つからない"),
                ),
                None => {
                    let jobs = if jobs.is_empty() { "-".into() } else { jobs.join(", ") };
                    Answer::yes(format!("jobs on `{leader}`: {jobs}"), format!("`{leader}` のジョブ: {jobs}"))
                }
            }
        })
    })
}

pub(super) fn others_keep_mirrors(case: &Case<'_>) -> Answer {
    of_active(case, fact::TARGETS, |leader, targets| {
        let is_of_other = |target: &&String| {
            let to = target.split_once('=').map_or("", |(_, to)| to);
            case.standings.keys().any(|one| one != case.server && one.is(to))
        };
        let is_unknown = |target: &String| {
            let to = target.split_once('=').map_or("", |(_, to)| to);
            !case.standings.keys().any(|one| one.is(to))
        };
        // Once a purge is begun, the job that names the target is gone before the mirror is.
        let flags = case.facts.list(Some(leader), fact::MARKERS);
        let is_begun = flags.is_ok_and(|flags| flags.contains(&purging(case.server.as_str())));
        match targets.iter().find(is_of_other) {
            Some(target) => Answer::no(
                format!(
                    "`{leader}` mirrors to another server as well ({target}): deletelocalmirroronly may remove that mirror end too, which is not documented"
                ),
                format!(
                    "`{leader}` はほかのサーバへもミラーしている ({target}): deletelocalmirroronly がそのミラーも削除する可能性がある (文書に記載なし)"
                ),
            ),
            None if !is_begun && targets.iter().any(is_unknown) => Answer::unknown(
                format!("where a mirror of `{leader}` leads is unknown: {}", targets.join(", ")),
                format!("`{leader}` のミラー先が不明: {}", targets.join(", ")),
            ),
            None => Answer::yes(
                format!("`{leader}` mirrors to no other server"),
                format!("`{leader}` からほかのサーバへのミラーはない"),
            ),
        }
    })
}

pub(super) fn unknown_roles(hidden: &[&ServerName]) -> Answer {
    Answer::unknown(format!("the role of {} is unknown", named(hidden)), format!("{} の役割が不明", named(hidden)))
}
