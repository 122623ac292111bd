//! The guards that look at vDisk files and at the folder `Invalid`: backups that CO-Store set aside, and files that are not
//! the master's.

use crate::model::disks::name::{Backup, DiskFileName};
use crate::model::guard::{Answer, Case, Look, Verdict};
use crate::model::name::ServerName;

use super::guards::{fact, unknown_fact};

pub(super) fn disks_complete(case: &Case<'_>) -> Answer {
    let server = case.server;
    let mark = case.standings.get(server).and_then(|standing| standing.mark("disks"));
    match mark {
        Some("complete") => Answer::yes(
            format!("the files of `{server}` equal the master's"),
            format!("`{server}` のファイルはマスターと一致している"),
        ),
        Some(other) => Answer::no(
            format!("the vDisk files of `{server}` are `{other}`"),
            format!("`{server}` の vDisk ファイルの状態は `{other}`"),
        ),
        None => unknown_fact(
            &format!("whether the files of `{server}` equal the master's"),
            &format!("`{server}` のファイルがマスターと一致するか"),
            &why_disks(case, server),
        ),
    }
}

pub(super) fn invalid_folder_of_each(look: &Look<'_>) -> Verdict {
    match look.standing.mark("disks") {
        _ if look.topology.is_lost(look.server) => Verdict::Yes,
        // A mark that the plan has changed since the observation (a quarantine) speaks over the listed fact.
        Some("invalid") => Verdict::No,
        Some(_) => Verdict::Yes,
        None if look.standing.role == Some("unregistered") => Verdict::Yes,
        None => match look.facts.list(Some(look.server), fact::INVALID_FILES) {
            Ok([]) => Verdict::Yes,
            Ok(_) => Verdict::No,
            Err(_) => Verdict::Unknown,
        },
    }
}

pub(super) fn no_invalid_folder(case: &Case<'_>) -> Answer {
    let listed = |server: &ServerName| case.facts.list(Some(server), fact::INVALID_FILES);
    if let Some(server) = case.found.no.first() {
        let files = listed(server).map(|files| files.join(", ")).unwrap_or_default();
        return invalid_on(server, case.leaders.contains(server), &files);
    }
    match case.found.unknown.iter().find(|server| !leaves_switched_off(case, server)) {
        Some(server) => unknown_fact(
            &format!("whether `{server}` has an Invalid folder"),
            &format!("`{server}` の Invalid フォルダー"),
            &listed(server).err().unwrap_or_default(),
        ),
        None => Answer::yes("no Invalid folder holds backups", "Invalid フォルダーにバックアップはない"),
    }
}

/// A server that is switched off need not be started to be removed, and what lies on its disk leaves with it (CS-06).
fn leaves_switched_off(case: &Case<'_>, server: &ServerName) -> bool {
    case.transition == "unregister" && case.server == server && case.facts.flag(Some(server), fact::UP) == Ok(false)
}

fn invalid_on(server: &ServerName, is_master: bool, files: &str) -> Answer {
    if is_master {
        return Answer::no(
            format!(
                "the Invalid folder of the master `{server}` holds {files}: collect the logs (article 17-005) and contact the vendor"
            ),
            format!(
                "マスター `{server}` の Invalid フォルダーに {files} がある: ログを回収 (文章番号17-005) の上、CO-CONV に連絡する"
            ),
        );
    }
    Answer::no(
        format!("the Invalid folder of `{server}` holds {files}, and CO-Store's tasks fail while it does"),
        format!("`{server}` の Invalid フォルダーに {files} があり、残っている間はタスクがエラーになる"),
    )
}

pub(super) fn divergent_file_of_each(look: &Look<'_>) -> Verdict {
    let may_differ = matches!(look.standing.role, Some("slave") | None);
    match look.standing.mark("disks") {
        _ if !may_differ || look.topology.is_lost(look.server) => Verdict::Yes,
        Some("divergent") => Verdict::No,
        // While backups lie in its Invalid folder, its files are not compared.
        Some("invalid") | None => Verdict::Unknown,
        Some(_) => Verdict::Yes,
    }
}

pub(super) fn no_divergent_file(case: &Case<'_>) -> Answer {
    if let Some(server) = case.found.no.first() {
        let files = case.facts.list(Some(server), fact::DIVERGENT_FILES).map(|files| files.join(", "));
        let files = files.unwrap_or_else(|_| "a file".into());
        return Answer::no(
            format!(
                "{files} on `{server}` differs from the master's; a divergent file is never discarded or replicated by rolewalk"
            ),
            format!("`{server}` の {files} がマスターと異なる。異なるファイルを rolewalk が破棄・複製することはない"),
        );
    }
    match case.found.unknown.first() {
        Some(server) => unknown_fact(
            &format!("whether the files of `{server}` differ"),
            &format!("`{server}` のファイルが異なるか"),
            &why_disks(case, server),
        ),
        None => Answer::yes("no file differs from the master's", "マスターと異なるファイルはない"),
    }
}

pub(super) fn no_invalid_folder_on_master(case: &Case<'_>) -> Answer {
    let Some(master) = case.leaders.first() else {
        return Answer::unknown("no master is known", "マスターが不明");
    };
    let marked = case.standings.get(master).and_then(|standing| standing.mark("disks"));
    match (marked, case.facts.list(Some(master), fact::INVALID_FILES)) {
        (Some("invalid"), files) => invalid_on(master, true, &files.map(|files| files.join(", ")).unwrap_or_default()),
        (_, Ok(files)) if !files.is_empty() => invalid_on(master, true, &files.join(", ")),
        (Some(_), _) | (None, Ok(_)) => Answer::yes(
            format!("the master `{master}` has no backups in an Invalid folder"),
            format!("マスター `{master}` の Invalid フォルダーにバックアップはない"),
        ),
        (None, Err(why)) => unknown_fact(
            &format!("whether `{master}` has an Invalid folder"),
            &format!("`{master}` の Invalid フォルダー"),
            &why,
        ),
    }
}

pub(super) fn backups_in_invalid_folder(case: &Case<'_>) -> Answer {
    let server = case.server;
    let is_image = |backup: Backup| DiskFileName::parse(&backup.file).is_some_and(|name| name.kind.is_image());
    let is_backup = |file: &&String| Backup::parse(file).is_some_and(is_image);
    match case.facts.list(Some(server), fact::INVALID_FILES) {
        Ok(files) => match files.iter().find(is_backup) {
            Some(file) => Answer::yes(format!("it holds {file}"), format!("{file} がある")),
            None => Answer::no(
                format!("the Invalid folder of `{server}` holds no .(a)vhd backup"),
                format!("`{server}` の Invalid フォルダーに .(a)vhd のバックアップがない"),
            ),
        },
        Err(why) => unknown_fact("what the Invalid folder holds", "Invalid フォルダーの中身", &why),
    }
}

pub(super) fn renamed_folder_present(case: &Case<'_>) -> Answer {
    let server = case.server;
    let Some(left) = case.topology.taken_back(server).map(|one| &one.left).filter(|left| !left.is_empty()) else {
        return Answer::unknown(
            format!("which folder the run renamed on `{server}` is known once it is done"),
            format!("`{server}` でリネームしたフォルダーの名前は実行後に分かる"),
        );
    };
    match case.facts.list(Some(server), fact::INVALID_FOLDERS) {
        Ok(folders) if folders.iter().any(|one| one.eq_ignore_ascii_case(left)) => {
            Answer::yes(format!("`{server}` has {left}"), format!("`{server}` に {left} がある"))
        }
        Ok(_) => {
            Answer::no(format!("`{server}` has no {left} any more"), format!("`{server}` に {left} がなくなっている"))
        }
        Err(why) => unknown_folders(server, &why),
    }
}

pub(super) fn name_invalid_free(case: &Case<'_>) -> Answer {
    let server = case.server;
    match case.facts.list(Some(server), fact::INVALID_FOLDERS) {
        Ok(folders) if folders.iter().any(|one| one.eq_ignore_ascii_case("Invalid")) => Answer::no(
            format!("`{server}` has a folder Invalid again, and nothing is renamed onto it"),
            format!("`{server}` に再び Invalid フォルダーがあり、上書きはしない"),
        ),
        Ok(_) => {
            Answer::yes(format!("`{server}` has no folder Invalid"), format!("`{server}` に Invalid フォルダーはない"))
        }
        Err(why) => unknown_folders(server, &why),
    }
}

fn unknown_folders(server: &ServerName, why: &str) -> Answer {
    unknown_fact(&format!("which folders `{server}` has"), &format!("`{server}` のフォルダー"), why)
}

fn why_disks(case: &Case<'_>, server: &ServerName) -> String {
    match case.facts.list(Some(server), fact::DIVERGENT_FILES) {
        Ok(_) => "it was not compared".into(),
        Err(why) => why,
    }
}
