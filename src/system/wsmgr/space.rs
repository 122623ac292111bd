//! The free space that a synchronisation needs on every server that gets the configuration (WS-04).

use crate::model::guard::{Answer, Case, Verdict};
use crate::model::name::ServerName;
use crate::model::words::mib;

use super::guards::fact;
use super::table::MEMBER;

/// Answers for every server that will synchronise.
pub fn space_for_synchronisation(case: &Case<'_>) -> Answer {
    let needed = match case.facts.count(None, fact::CONFIG_BYTES) {
        Ok(needed) => needed,
        Err(why) => {
            return Answer::unknown(
                format!("the size of the configuration is unknown: {why}"),
                format!("設定情報のサイズが不明: {why}"),
            );
        }
    };
    let answers: Vec<Answer> = who(case).into_iter().map(|server| space(case, server, needed)).collect();
    let worst = answers.iter().map(|one| one.verdict).max();
    match answers.into_iter().find(|one| Some(one.verdict) == worst) {
        Some(answer) => answer,
        None => Answer::yes("no server synchronises", "同期処理を行うサーバはない"),
    }
}

/// Returns the servers that synchronise after the step.
fn who<'a>(case: &Case<'a>) -> Vec<&'a ServerName> {
    match case.transition {
        "take-over" | "regroup" => {
            let members = case
                .standings
                .iter()
                .filter(|(one, standing)| *one != case.server && standing.role == Some(MEMBER) && !case.is_lost(one));
            members.map(|(one, _)| one).collect()
        }
        _ => vec![case.server],
    }
}

fn space(case: &Case<'_>, server: &ServerName, size: u64) -> Answer {
    let free = |name| case.facts.count(Some(server), name);
    let (system, install) = (free(fact::SYSTEM_FREE), free(fact::INSTALL_FREE));
    let one_drive = case.facts.flag(Some(server), fact::ONE_DRIVE);
    let enough = |free: &Result<u64, String>, times: u64| match free {
        Ok(free) if *free >= size.saturating_mul(times) => Verdict::Yes,
        Ok(_) => Verdict::No,
        Err(_) => Verdict::Unknown,
    };
    let both = |on_system: u64, on_install: u64| enough(&system, on_system).max(enough(&install, on_install));
    let verdict = match one_drive {
        Ok(true) => both(3, 3),
        Ok(false) => both(1, 2),
        // Where it is not known whether both are one drive, enough for one drive is enough for two.
        Err(_) => match (both(3, 3), both(1, 2)) {
            (Verdict::Yes, _) => Verdict::Yes,
            (_, Verdict::No) => Verdict::No,
            _ => Verdict::Unknown,
        },
    };
    let shown = |free: &Result<u64, String>| free.as_ref().map_or("?".into(), |bytes| mib(*bytes));
    let (system, install, size) = (shown(&system), shown(&install), mib(size));
    let drives = match one_drive {
        Ok(true) => (" (one drive)", " (同じドライブ)"),
        Ok(false) => ("", ""),
        Err(_) => (" (perhaps one drive)", " (同じドライブか不明)"),
    };
    let because = (
        format!(
            "the configuration has {size}; `{server}` has {system} free on the system drive and {install} where the product is{}",
            drives.0
        ),
        format!(
            "設定情報は {size}、`{server}` の空きはシステムドライブ {system}、インストール先 {install}{}",
            drives.1
        ),
    );
    match verdict {
        Verdict::Yes => Answer::yes(because.0, because.1),
        Verdict::No => Answer::no(because.0, because.1),
        Verdict::Unknown => Answer::unknown(because.0, because.1),
    }
}
