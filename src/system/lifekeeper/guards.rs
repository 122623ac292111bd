//! LifeKeeper's guards: what must hold right before a step. Pure; a fact that is not known is never a yes.

use crate::model::fact::Facts;
use crate::model::guard::{Answer, Case, Guard, Look, Verdict};
use crate::model::name::ServerName;
use crate::model::snapshot::{Standing, leaders};
use crate::model::table::Statement;
use crate::model::words::{Text, Words};

use super::purging;
use super::table::{ACTIVE, MEMBER, STANDBY, TABLE, UNREGISTERED};

/// The names of the facts that [`super::observe`] notes and the guards read.
pub mod fact {
    /// Of a server: whether it answers (flag).
    pub const ANSWERS: &str = "answers";
    /// Of a server: whether LifeKeeper is installed on it (flag).
    pub const INSTALLED: &str = "installed";
    /// Of a server: whether it knows nobody and has no resource, as after an installation (flag).
    pub const IS_NEW: &str = "is_new";
    /// Of a server: whether it has no resource and no equivalency of its own (flag).
    pub const HOLDS_NOTHING: &str = "holds_nothing";
    /// Of a server: the systems that it lists (list).
    pub const SYSTEMS: &str = "systems";
    /// Of a server: the systems to which it has a path, with `ALIVE` or `DEAD` (list).
    pub const PATHS: &str = "paths";
    /// Of a server: the equivalencies of the group's hierarchies that it holds, as `SYSTEM;TAG;SYSTEM;TAG` (list).
    pub const EQUIVALENCIES: &str = "equivalencies";
    /// Of a server: the equivalencies of other hierarchies that it holds (list).
    pub const OTHER_EQUIVALENCIES: &str = "other_equivalencies";
    /// Of a server: the flags that say that somebody holds the lock for changes (list).
    pub const ADMIN_LOCKS: &str = "admin_locks";
    /// Of a server: the flags that rolewalk has set and not taken away yet (list).
    pub const MARKERS: &str = "markers";
    /// Of a server: the top tags of the hierarchies that it has (list).
    pub const TOPS: &str = "hierarchies";
    /// Of a server: the tags of the resources that it has of hierarchies of other groups (list).
    pub const OTHER_RESOURCES: &str = "other_resources";
    /// Of a server: the top tags of those of which something is in service on it (list).
    pub const IN_SERVICE: &str = "in_service";
    /// Of a server: the top tags of those of which something is out of service on it (list).
    pub const OUT_OF_SERVICE: &str = "out_of_service";
    /// Of a server: what end of a mirror each volume is, as `E=source` (list).
    pub const MIRROR_ENDS: &str = "mirror_ends";
    /// Of a server: to whom its volumes are mirrored from it, as `E=NODE2` (list).
    pub const TARGETS: &str = "mirror_targets";
    /// Of a server: the volumes that have a file `LKDRInfo` (list).
    pub const INFO_FILES: &str = "info_files";
    /// Of a server: what its volumes have to do with others, by a job, a mirror or a file, as `E=NODE2` (list).
    pub const LEFT_OF: &str = "left_of";
    /// Of a server: the job of each volume that is in one, as `E=ID` (list). A run stops where it is another than the plan's.
    pub const ID_OF_JOB: &str = "id_of_job";
}

const fn guard(
    name: &'static str,
    says: Words,
    reads: &'static [&'static str],
    ask: fn(&Case<'_>) -> Answer,
    source: &'static str,
) -> Guard {
    Guard { name, says, reads, absolute: true, ask, of_each: None, source }
}

/// LifeKeeper's guards.
pub const GUARDS: &[Guard] = &[
    Guard {
        of_each: Some(active_of_each),
        ..guard(
            "one_active",
            Words {
                en: "the hierarchies are in service on exactly one server",
                ja: "in service のサーバはちょうど 1 台",
            },
            &["role", fact::ANSWERS],
            one_active,
            "LK-01, LK-09",
        )
    },
    Guard {
        of_each: Some(active_of_each),
        ..guard(
            "no_other_active",
            Words {
                en: "the hierarchies are in service on no other server",
                ja: "ほかのサーバで in service になっていない",
            },
            &["role", fact::ANSWERS],
            no_other_active,
            "LK-01",
        )
    },
    Guard {
        absolute: false,
        ..guard(
            "server_answers",
            Words { en: "the server answers", ja: "サーバが応答する" },
            &[fact::ANSWERS],
            server_answers,
            "LK-01",
        )
    },
    guard(
        "lifekeeper_installed",
        Words { en: "LifeKeeper is installed on it", ja: "LifeKeeper がインストールされている" },
        &[fact::INSTALLED],
        lifekeeper_installed,
        "LK-09, LK-11",
    ),
    guard(
        "installed_anew",
        Words {
            en: "it was installed anew, LifeKeeper and all patches included, and holds no hierarchy of its own",
            ja: "LifeKeeper とすべての関連パッチを含めて再インストールされており、自身にリソース階層がない",
        },
        &[fact::INSTALLED, fact::HOLDS_NOTHING],
        installed_anew,
        "LK-02, LK-11",
    ),
    guard(
        "members_answer",
        Words {
            en: "every other member of the cluster answers", ja: "クラスタの他のすべてのサーバが応答する"
        },
        &[fact::ANSWERS],
        members_answer,
        "LK-03, LK-06",
    ),
    guard(
        "no_hierarchy_left",
        Words {
            en: "no equivalency of any hierarchy names it any more",
            ja: "このサーバを含むイクイバレンシがどのリソース階層にも残っていない",
        },
        &["role", fact::OTHER_EQUIVALENCIES],
        no_hierarchy_left,
        "LK-03, LK-06",
    ),
    guard(
        "cluster_remains",
        Words { en: "those that remain are still a cluster", ja: "残りのサーバでクラスタが成り立つ" },
        &["role", fact::OTHER_RESOURCES],
        cluster_remains,
        "LK-06, LK-10",
    ),
    guard(
        "holders_declared",
        Words {
            en: "every server that has the hierarchies is declared to lose them",
            ja: "リソース階層のあるすべてのサーバについて、階層をなくすことが宣言されている",
        },
        &["role", "record"],
        holders_declared,
        "LK-10",
    ),
    guard(
        "last_holder",
        Words {
            en: "no other server has the hierarchies any more", ja: "ほかのサーバにリソース階層が残っていない"
        },
        &["role", "record"],
        last_holder,
        "LK-10",
    ),
    Guard {
        of_each: Some(active_of_each),
        ..guard(
            "source_in_service",
            Words {
                en: "the survivor that has them in service is the source of the mirrors",
                ja: "in service の残存サーバがミラーのソースである",
            },
            &["role", fact::ANSWERS, fact::MIRROR_ENDS],
            source_in_service,
            "LK-05",
        )
    },
    Guard {
        of_each: Some(active_of_each),
        ..guard(
            "jobs_known",
            Words {
                en: "the job's ID, the mirror and the LKDRInfo file of each mirrored volume are known",
                ja: "ミラー対象の各ボリュームのジョブ ID、ミラー、LKDRInfo ファイルが判明している",
            },
            &[
                "role",
                fact::ANSWERS,
                fact::ID_OF_JOB,
                fact::MIRROR_ENDS,
                fact::INFO_FILES,
                fact::LEFT_OF,
                fact::MARKERS,
            ],
            jobs_known,
            "LK-05",
        )
    },
    Guard {
        absolute: false,
        of_each: Some(active_of_each),
        ..guard(
            "others_keep_mirrors",
            Words {
                en: "no other server is a target of the mirrors that are removed",
                ja: "削除するミラーに、ほかのターゲットがない",
            },
            &["role", fact::ANSWERS, fact::TARGETS, fact::MARKERS],
            others_keep_mirrors,
            "LK-05",
        )
    },
    Guard {
        of_each: Some(lock_of_each),
        ..guard(
            "no_admin_lock",
            Words {
                en: "nobody else changes the cluster: no lock flag is set",
                ja: "ほかに変更作業中の人がいない (ロックフラグがない)",
            },
            &[fact::ANSWERS, fact::ADMIN_LOCKS],
            no_admin_lock,
            "LK-01",
        )
    },
    Guard {
        absolute: false,
        of_each: Some(active_of_each),
        ..guard(
            "paths_alive",
            Words {
                en: "a communication path to it is alive", ja: "コミュニケーションパスが ALIVE である"
            },
            &["role", fact::ANSWERS, fact::PATHS, fact::IS_NEW],
            paths_alive,
            "LK-09",
        )
    },
    guard(
        "data_is_current",
        Words { en: "its mirror mirrors, or needs not", ja: "ミラーリング中、またはミラー不要" },
        &["mirror"],
        data_is_current,
        "LK-09",
    ),
    Guard {
        absolute: false,
        ..guard(
            "a_standby_is_ready",
            Words {
                en: "the server that is to have them could take over now",
                ja: "切り替え先のサーバが引き継ぎ可能である",
            },
            &["mirror", "record", fact::ANSWERS],
            a_standby_is_ready,
            "LK-01, LK-09",
        )
    },
];

/// Says what a reader of every plan of a group should know: that work was begun and not finished, and who looks as if it
/// was installed anew (LK-02, LK-08).
pub fn caveat(facts: &Facts) -> Option<Text> {
    let parts: Vec<Text> = unfinished(facts).into_iter().chain(looks_new(facts)).collect();
    let join = |say: fn(&Text) -> &String| parts.iter().map(say).cloned().collect::<Vec<_>>().join("; ");
    (!parts.is_empty()).then(|| Text::new(join(|text| &text.en), join(|text| &text.ja)))
}

/// Names the servers that know nobody while others know them.
fn looks_new(facts: &Facts) -> Option<Text> {
    let of =
        |name: &'static str| facts.0.keys().filter(move |key| key.name == name).filter_map(|key| key.server.as_ref());
    let is_known = |server: &ServerName| {
        of(fact::SYSTEMS).filter(|one| *one != server).any(|one| {
            facts.list(Some(one), fact::SYSTEMS).is_ok_and(|known| known.iter().any(|name| is(name, server)))
        })
    };
    let new =
        of(fact::IS_NEW).filter(|one| facts.flag(Some(one), fact::IS_NEW) == Ok(true)).filter(|one| is_known(one));
    let new: Vec<&ServerName> = new.collect();
    let names = names(&new);
    (!new.is_empty()).then(|| {
        Text::new(
            format!("{names} knows nobody, and the others hold records of it, as after an installation: nothing can be extended to it or unextended from it until they are purged; once its operating system, LifeKeeper and all related patches are installed again, declare `reinstalled: DATE`"),
            format!("{names} 自身に構成情報がなく、他のサーバに残っている (再インストール後の状態): 削除するまで拡張も拡張解除もできない。オペレーティングシステム、LifeKeeper、すべての関連パッチの再インストール後に `reinstalled: 日付` を宣言する"),
        )
    })
}

fn unfinished(facts: &Facts) -> Option<Text> {
    let markers = facts.0.iter().filter(|(key, _)| key.name == fact::MARKERS);
    let begun: Vec<String> = markers
        .filter_map(|(key, _)| key.server.as_ref())
        .filter_map(|server| Some((server, facts.list(Some(server), fact::MARKERS).ok()?)))
        .flat_map(|(server, flags)| flags.iter().map(move |flag| format!("{flag} (`{server}`)")))
        .collect();
    let begun = begun.join(", ");
    (!begun.is_empty()).then(|| {
        Text::new(
            format!("work was begun and not finished, and what was changed may not be on disk yet: flag {begun}"),
            format!("途中の作業が残っており、変更がディスクに書き込まれていない可能性がある: フラグ {begun}"),
        )
    })
}

fn one_active(case: &Case<'_>) -> Answer {
    let leading: Vec<&ServerName> = case.leaders.iter().collect();
    match (leading.as_slice(), &may_be_active(case)) {
        ([one], None) if is_lost(case, one) => Answer::no(
            format!("`{one}` had them in service, and is lost"),
            format!("in service だった `{one}` は失われている"),
        ),
        ([one], None) => Answer::yes(format!("`{one}` has them in service"), format!("`{one}` で in service")),
        ([], None) => {
            Answer::no("the hierarchies are in service on no server", "どのサーバでも in service になっていない")
        }
        ([_] | [], Some(why)) => Answer::unknown(why.en.clone(), why.ja.clone()),
        (many, _) => Answer::no(
            format!("{} have them in service", names(many)),
            format!("{} で同時に in service になっている", names(many)),
        ),
    }
}

fn no_other_active(case: &Case<'_>) -> Answer {
    let others: Vec<&ServerName> =
        case.leaders.iter().filter(|one| *one != case.server && !is_lost(case, one)).collect();
    match (others.as_slice(), may_be_active(case)) {
        ([], None) => Answer::yes("they are in service nowhere else", "ほかで in service になっていない"),
        ([], Some(why)) => Answer::unknown(why.en, why.ja),
        (others, _) => Answer::no(
            format!("{} has them in service", names(others)),
            format!("{} で in service になっている", names(others)),
        ),
    }
}

/// Tells who may have the hierarchies in service without being seen: whose role is unknown, and who holds them and does
/// not answer.
fn active_of_each(look: &Look<'_>) -> Verdict {
    let is_hidden = match look.standing.role {
        None => true,
        Some(STANDBY | ACTIVE) => look.facts.flag(Some(look.server), fact::ANSWERS) != Ok(true),
        Some(_) => false,
    };
    let lost = look.topology.says(Statement::Lost, look.server);
    if is_hidden && !lost { Verdict::Unknown } else { Verdict::Yes }
}

/// Says who may have the hierarchies in service without being seen.
fn may_be_active(case: &Case<'_>) -> Option<Text> {
    let hidden: Vec<&ServerName> = case.found.unknown.iter().collect();
    (!hidden.is_empty()).then(|| {
        Text::new(
            format!("whether {} has them in service can't be seen", names(&hidden)),
            format!("{} で in service になっているか確認できない", names(&hidden)),
        )
    })
}

fn server_answers(case: &Case<'_>) -> Answer {
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

fn lifekeeper_installed(case: &Case<'_>) -> Answer {
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

fn installed_anew(case: &Case<'_>) -> Answer {
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
fn members<'a>(case: &Case<'a>) -> Vec<&'a ServerName> {
    let is_member = |(server, standing): &(&'a ServerName, &Standing)| {
        *server != case.server && standing.role != Some(UNREGISTERED) && !is_lost(case, server)
    };
    case.standings.iter().filter(is_member).map(|(server, _)| server).collect()
}

fn members_answer(case: &Case<'_>) -> Answer {
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
        false => Answer::yes(format!("{} answers", names(&members)), format!("{} が応答する", names(&members))),
    }
}

fn no_hierarchy_left(case: &Case<'_>) -> Answer {
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
                if let Some(one) = all.iter().find(|one| one.split(';').step_by(2).any(|end| is(end, case.server))) {
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
fn cluster_remains(case: &Case<'_>) -> Answer {
    let role = |server: &ServerName| case.standings.get(server).and_then(|standing| standing.role);
    let (known, hidden): (Vec<&ServerName>, Vec<&ServerName>) =
        members(case).into_iter().partition(|one| role(one).is_some());
    if let Some(one) = known.iter().find(|one| matches!(role(one), Some(STANDBY | ACTIVE))) {
        return Answer::yes(format!("`{one}` has the hierarchies"), format!("`{one}` にリソース階層がある"));
    }
    if let [_, _, ..] = known[..] {
        return Answer::yes(format!("{} remain", names(&known)), format!("{} が残る", names(&known)));
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
fn other_holders<'a>(case: &Case<'a>) -> (Vec<&'a ServerName>, Vec<&'a ServerName>) {
    let others = case.standings.iter().filter(|(server, _)| *server != case.server && !is_lost(case, server));
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

fn unknown_roles(hidden: &[&ServerName]) -> Answer {
    Answer::unknown(format!("the role of {} is unknown", names(hidden)), format!("{} の役割が不明", names(hidden)))
}

/// LK-10: only on explicit request, and so of no server that the request does not name.
fn holders_declared(case: &Case<'_>) -> Answer {
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

fn last_holder(case: &Case<'_>) -> Answer {
    let (holders, hidden) = other_holders(case);
    match (holders.is_empty(), hidden.is_empty()) {
        (false, _) => Answer::no(
            format!("{} still has resources of them", names(&holders)),
            format!("{} にリソースが残っている", names(&holders)),
        ),
        (true, false) => unknown_roles(&hidden),
        (true, true) => Answer::yes("nobody else has any of them", "ほかのサーバにはない"),
    }
}

/// Asks something of the server that has the hierarchies in service.
fn of_active(case: &Case<'_>, name: &str, answer: impl Fn(&ServerName, &[String]) -> Answer) -> Answer {
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

fn source_in_service(case: &Case<'_>) -> Answer {
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

fn jobs_known(case: &Case<'_>) -> Answer {
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

fn others_keep_mirrors(case: &Case<'_>) -> Answer {
    of_active(case, fact::TARGETS, |leader, targets| {
        let is_of_other = |target: &&String| {
            let to = target.split_once('=').map_or("", |(_, to)| to);
            case.standings.keys().any(|one| one != case.server && is(to, one))
        };
        let is_unknown = |target: &String| {
            let to = target.split_once('=').map_or("", |(_, to)| to);
            !case.standings.keys().any(|one| is(to, one))
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

/// Tells where a lock flag is set, and where it can't be told; a server that does not answer has nothing to say.
fn lock_of_each(look: &Look<'_>) -> Verdict {
    if look.topology.says(Statement::Lost, look.server) {
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

fn no_admin_lock(case: &Case<'_>) -> Answer {
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
        !is_lost(case, server) && case.facts.flag(Some(server), fact::ANSWERS) == Ok(true) && flags(server).is_ok()
    };
    match case.standings.keys().any(is_read) {
        false => Answer::unknown("no server's flags could be read", "フラグを読み取れるサーバがない"),
        true => Answer::yes("no lock flag is set", "ロックフラグはない"),
    }
}

fn paths_alive(case: &Case<'_>) -> Answer {
    if case.facts.flag(Some(case.server), fact::IS_NEW) == Ok(true) {
        return Answer::unknown(
            format!("`{}` has no communication path yet", case.server),
            format!("`{}` にはまだコミュニケーションパスがない", case.server),
        );
    }
    of_active(case, fact::PATHS, |leader, paths| {
        let state = paths.iter().filter_map(|path| path.split_once(' ')).find(|(to, _)| is(to, case.server));
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

fn data_is_current(case: &Case<'_>) -> Answer {
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

fn a_standby_is_ready(case: &Case<'_>) -> Answer {
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

fn is(text: &str, server: &ServerName) -> bool {
    text.eq_ignore_ascii_case(server.as_str())
}

fn is_lost(case: &Case<'_>, server: &ServerName) -> bool {
    case.topology.says(Statement::Lost, server)
}

/// The most servers that an answer names.
const NAMED_AT_MOST: usize = 8;

fn names(servers: &[&ServerName]) -> String {
    let named = servers.iter().take(NAMED_AT_MOST).map(|one| format!("`{one}`")).collect::<Vec<_>>().join(", ");
    match servers.len().saturating_sub(NAMED_AT_MOST) {
        0 => named,
        more => format!("{named}, … (+{more})"),
    }
}
