//! LifeKeeper's guards: what must hold right before a step. Pure; a fact that is not known is never a yes.

mod holdings;
mod servers;
mod service;

use crate::model::fact::Facts;
use crate::model::guard::{Answer, Case, Guard};
use crate::model::name::{ServerName, named};
use crate::model::words::{Text, Words};

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
        of_each: Some(service::active_of_each),
        ..guard(
            "one_active",
            Words {
                en: "the hierarchies are in service on exactly one server",
                ja: "in service のサーバはちょうど 1 台",
            },
            &["role", fact::ANSWERS],
            service::one_active,
            "LK-01, LK-09",
        )
    },
    Guard {
        of_each: Some(service::active_of_each),
        ..guard(
            "no_other_active",
            Words {
                en: "the hierarchies are in service on no other server",
                ja: "ほかのサーバで in service になっていない",
            },
            &["role", fact::ANSWERS],
            service::no_other_active,
            "LK-01",
        )
    },
    Guard {
        absolute: false,
        ..guard(
            "server_answers",
            Words { en: "the server answers", ja: "サーバが応答する" },
            &[fact::ANSWERS],
            servers::server_answers,
            "LK-01",
        )
    },
    guard(
        "lifekeeper_installed",
        Words { en: "LifeKeeper is installed on it", ja: "LifeKeeper がインストールされている" },
        &[fact::INSTALLED],
        servers::lifekeeper_installed,
        "LK-09, LK-11",
    ),
    guard(
        "installed_anew",
        Words {
            en: "it was installed anew, LifeKeeper and all patches included, and holds no hierarchy of its own",
            ja: "LifeKeeper とすべての関連パッチを含めて再インストールされており、自身にリソース階層がない",
        },
        &[fact::INSTALLED, fact::HOLDS_NOTHING],
        servers::installed_anew,
        "LK-02, LK-11",
    ),
    guard(
        "members_answer",
        Words {
            en: "every other member of the cluster answers", ja: "クラスタの他のすべてのサーバが応答する"
        },
        &["role", fact::ANSWERS],
        servers::members_answer,
        "LK-03, LK-06",
    ),
    guard(
        "no_hierarchy_left",
        Words {
            en: "no equivalency of any hierarchy names it any more",
            ja: "このサーバを含むイクイバレンシがどのリソース階層にも残っていない",
        },
        &["role", fact::OTHER_EQUIVALENCIES],
        holdings::no_hierarchy_left,
        "LK-03, LK-06",
    ),
    guard(
        "cluster_remains",
        Words { en: "those that remain are still a cluster", ja: "残りのサーバでクラスタが成り立つ" },
        &["role", fact::OTHER_RESOURCES],
        holdings::cluster_remains,
        "LK-06, LK-10",
    ),
    guard(
        "holders_declared",
        Words {
            en: "every server that has the hierarchies is declared to lose them",
            ja: "リソース階層のあるすべてのサーバについて、階層をなくすことが宣言されている",
        },
        &["role", "record"],
        holdings::holders_declared,
        "LK-10",
    ),
    guard(
        "last_holder",
        Words {
            en: "no other server has the hierarchies any more", ja: "ほかのサーバにリソース階層が残っていない"
        },
        &["role", "record"],
        holdings::last_holder,
        "LK-10",
    ),
    Guard {
        of_each: Some(service::active_of_each),
        ..guard(
            "source_in_service",
            Words {
                en: "the survivor that has them in service is the source of the mirrors",
                ja: "in service の残存サーバがミラーのソースである",
            },
            &["role", fact::ANSWERS, fact::MIRROR_ENDS],
            service::source_in_service,
            "LK-05",
        )
    },
    Guard {
        of_each: Some(service::active_of_each),
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
            holdings::jobs_known,
            "LK-05",
        )
    },
    Guard {
        absolute: false,
        of_each: Some(service::active_of_each),
        ..guard(
            "others_keep_mirrors",
            Words {
                en: "no other server is a target of the mirrors that are removed",
                ja: "削除するミラーに、ほかのターゲットがない",
            },
            &["role", fact::ANSWERS, fact::TARGETS, fact::MARKERS],
            holdings::others_keep_mirrors,
            "LK-05",
        )
    },
    Guard {
        of_each: Some(servers::lock_of_each),
        ..guard(
            "no_admin_lock",
            Words {
                en: "nobody else changes the cluster: no lock flag is set",
                ja: "ほかに変更作業中の人がいない (ロックフラグがない)",
            },
            &[fact::ANSWERS, fact::ADMIN_LOCKS],
            servers::no_admin_lock,
            "LK-01",
        )
    },
    Guard {
        absolute: false,
        of_each: Some(service::active_of_each),
        ..guard(
            "paths_alive",
            Words {
                en: "a communication path to it is alive", ja: "コミュニケーションパスが ALIVE である"
            },
            &["role", fact::ANSWERS, fact::PATHS, fact::IS_NEW],
            servers::paths_alive,
            "LK-09",
        )
    },
    guard(
        "data_is_current",
        Words { en: "its mirror mirrors, or needs not", ja: "ミラーリング中、またはミラー不要" },
        &["mirror"],
        service::data_is_current,
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
            &["role", "mirror", "record", fact::ANSWERS],
            service::a_standby_is_ready,
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
        of(fact::SYSTEMS)
            .filter(|one| *one != server)
            .any(|one| facts.list(Some(one), fact::SYSTEMS).is_ok_and(|known| known.iter().any(|name| server.is(name))))
    };
    let new =
        of(fact::IS_NEW).filter(|one| facts.flag(Some(one), fact::IS_NEW) == Ok(true)).filter(|one| is_known(one));
    let new: Vec<&ServerName> = new.collect();
    let names = named(&new);
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
