//! Files and folders on hosts.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rolewalk::model::request::{Reply, Request};
use rolewalk::world::hosts::{Encoding, Host, Hosts, Settings, Via, posix};
use rolewalk::world::store_files::{Memory, of_folder};

use crate::programs::HOSTILE;
use crate::sshd::{Sshd, server, wait};

fn perform(hosts: &Hosts, request: Request) -> Reply {
    wait(hosts.perform(&request))
}

fn save(to: &Path, script: &str) -> Request {
    let arguments = vec!["-c".into(), script.into()];
    Request::SaveOutput {
        on: server("h1"),
        folder: String::new(),
        program: "sh",
        arguments,
        to: to.to_str().unwrap().into(),
    }
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

// SR-07
#[test]
fn kept_output_is_its_owners_alone_from_the_beginning_and_replaces_nothing() {
    let Some(sshd) = Sshd::start(&["127.0.0.1"], "") else { return };
    let hosts = sshd.hosts(|_| {});
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("it's a dump");
    // The program itself looks at the file that is being written.
    let script = format!("umask; stat -c %a '{}'/it*", folder.path().display());
    assert_eq!(perform(&hosts, save(&to, &script)), Reply::FileDone);
    assert_eq!(fs::read_to_string(&to).unwrap(), "0077\n600\n");
    assert_eq!(fs::metadata(&to).unwrap().permissions().mode() & 0o777, 0o600);
    let reply = perform(&hosts, save(&to, "echo another"));
    assert!(matches!(&reply, Reply::Refused { why } if why.contains("is there already")), "{reply:?}");
    assert!(fs::read_to_string(&to).unwrap().starts_with("0077"));
    let other = folder.path().join("other");
    let reply = perform(&hosts, save(&other, "echo half; echo no right >&2; exit 3"));
    assert!(matches!(&reply, Reply::Ended { exit_code: 3, stderr, .. } if stderr.ends_with("no right\n")), "{reply:?}");
    assert_eq!(names(folder.path()), ["it's a dump"], "nothing else is left");
}

// SR-07
#[test]
fn a_copy_is_whole_or_not_there_and_replaces_nothing() {
    let Some(sshd) = Sshd::start(&["127.0.0.1", "127.0.0.2"], "") else { return };
    let hosts = sshd.hosts(|_| {});
    let folder = tempfile::tempdir().unwrap();
    let (path, copy) = (folder.path().join("dump"), folder.path().join("copy"));
    let content: Vec<u8> = (0..200_000u32).map(|number| (number % 251) as u8).collect();
    fs::write(&path, &content).unwrap();
    // Both hosts are this machine: the copy is there already.
    let reply = perform(
        &hosts,
        Request::CopyFile { from: server("h1"), to: server("h2"), path: path.to_str().unwrap().into() },
    );
    assert!(matches!(&reply, Reply::Refused { why } if why.contains("is there already")), "{reply:?}");
    let write = |bytes: &str| {
        let (to, part) = (copy.to_str().unwrap(), format!("{}.part", copy.display()));
        let order = posix::order(posix::WRITE, &[to, &part, bytes]).unwrap().reading(content.clone());
        wait(hosts.send(&server("h1"), &order)).unwrap()
    };
    // It was cut on the way.
    let said = write("200001");
    assert_eq!((said.status, names(folder.path())), (posix::IN_THE_WAY, vec!["dump".to_string()]));
    assert_eq!(write("200000").status, 0);
    assert_eq!(fs::read(&copy).unwrap(), content);
    assert_eq!(fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(names(folder.path()), ["copy", "dump"]);
    let gone = Request::CopyFile { from: server("h1"), to: server("h2"), path: "/no/such/file".into() };
    assert!(matches!(perform(&hosts, gone), Reply::Refused { .. }));
}

#[test]
fn a_file_is_there_or_surely_not_or_unknown_whatever_its_name() {
    let Some(sshd) = Sshd::start(&["127.0.0.1"], "") else { return };
    let hosts = sshd.hosts(|_| {});
    let folder = tempfile::tempdir().unwrap();
    let stat =
        |path: &Path| perform(&hosts, Request::StatFile { on: server("h1"), path: path.to_str().unwrap().into() });
    for name in HOSTILE.into_iter().skip(4).step_by(2).filter(|name| !name.contains('/')) {
        let path = folder.path().join(name);
        assert_eq!(stat(&path), Reply::FileSize(None), "{name:?}");
        fs::write(&path, "12345").unwrap();
        assert_eq!(stat(&path), Reply::FileSize(Some(5)), "{name:?}");
        let remove = Request::RemoveFile { on: server("h1"), path: path.to_str().unwrap().into() };
        assert_eq!(perform(&hosts, remove.clone()), Reply::FileDone);
        assert!(!path.exists(), "{name:?}");
        // One that is not there is as good.
        assert_eq!(perform(&hosts, remove), Reply::FileDone);
    }
    assert_eq!(stat(&folder.path().join("no/such/folder")), Reply::FileSize(None));
    assert!(matches!(stat(folder.path()), Reply::Unknown { .. }));
}

// CS-08, DV-01, DV-03, DV-05
#[test]
fn a_store_folder_is_listed_fingerprinted_and_its_invalid_folder_renamed() {
    let Some(sshd) = Sshd::start(&["127.0.0.1"], "") else { return };
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("vDisk $(id)'s");
    fs::create_dir_all(store.join("Invalid")).unwrap();
    fs::write(store.join("Hoge.vhd"), [7; 4096]).unwrap();
    fs::write(store.join("講義.vhd"), [8; 4096]).unwrap();
    fs::write(store.join("Hoge.lok"), "").unwrap();
    fs::write(store.join("Invalid/Hoge.11.avhd.20170907_123456_000000"), "x").unwrap();
    let hosts = sshd.hosts(|host| {
        host.stores =
            [("Store".into(), store.to_str().unwrap().into()), ("Gone".into(), "/no/such/folder".into())].into();
        host.rolewalk = Some(env!("CARGO_BIN_EXE_rolewalk").into());
        // That is how the products write there; rolewalk writes UTF-8 wherever it runs.
        host.encoding = Encoding::Cp932;
    });
    let on = server("h1");
    let list = |store: &str| perform(&hosts, Request::ListStore { on: on.clone(), store: store.into() });
    let Reply::Listing(listed) = list("Store") else { panic!() };
    let hash = Request::HashStore { on: on.clone(), store: "Store".into(), afresh: false };
    let Reply::Listing(hashed) = perform(&hosts, hash) else { panic!() };
    let here = of_folder(&store, Memory { file: None, afresh: false }).unwrap();
    assert_eq!(hashed, here);
    assert_eq!(listed.quarantines, here.quarantines);
    assert_eq!(listed.left_out, here.left_out);
    let seen = |file: &rolewalk::model::disks::listing::FileSeen| (file.name.clone(), file.bytes, file.modified);
    assert_eq!(listed.files.iter().map(seen).collect::<Vec<_>>(), here.files.iter().map(seen).collect::<Vec<_>>());
    // Surely no such folder is a refusal; one that nobody declared is unknown.
    assert!(matches!(list("Gone"), Reply::Refused { .. }));
    assert!(matches!(list("Other"), Reply::Unknown { .. }));
    let rename = |to: &str| {
        let (from, to) = ("Invalid".into(), to.into());
        perform(&hosts, Request::RenameFolder { on: on.clone(), store: "Store".into(), from, to })
    };
    fs::create_dir(store.join("Invalid.20170908")).unwrap();
    assert!(matches!(rename("Invalid.20170908"), Reply::Refused { .. }));
    assert!(matches!(rename("../Invalid"), Reply::Refused { .. }));
    assert_eq!(rename("Invalid.20170908-2"), Reply::Renamed);
    assert!(store.join("Invalid.20170908-2/Hoge.11.avhd.20170907_123456_000000").exists());
    assert!(matches!(rename("Invalid.20170909"), Reply::Refused { .. }), "there is none any more");
}

/// Puts a program before the system's own on the hosts' path.
fn put(sshd: &Sshd, name: &str, script: &str) {
    let path = sshd.path("bin").join(name);
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// A shell's `[ -e ]` says no of all of these.
#[test]
fn a_look_that_failed_is_unknown_and_never_absence() {
    let Some(sshd) = Sshd::start(&["127.0.0.1"], "") else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_string();
    let hosts = sshd.hosts(|host| {
        host.stores = ["gone", "nowhere", "nowhere/store"].map(|name| (name.into(), path(name))).into();
    });
    let stat = |name: &str| perform(&hosts, Request::StatFile { on: server("h1"), path: path(name) });
    let list = |name: &str| perform(&hosts, Request::ListStore { on: server("h1"), store: name.into() });
    let unknown = |reply: Reply, word: &str| {
        assert!(matches!(&reply, Reply::Unknown { why } if why.contains(word)), "{word}: {reply:?}");
    };
    let absent = || {
        assert_eq!(stat("gone"), Reply::FileSize(None));
        assert!(matches!(list("gone"), Reply::Refused { .. }));
    };
    absent();
    // Longer than a name can be.
    unknown(stat(&"long".repeat(100)), "ls: cannot access");
    // What a link leads to may come back, as a file system that is not mounted does.
    std::os::unix::fs::symlink(path("elsewhere"), path("nowhere")).unwrap();
    unknown(stat("nowhere"), "is no file");
    unknown(list("nowhere"), "is no folder");
    unknown(stat("nowhere/file"), "can't be told whether");
    unknown(list("nowhere/store"), "can't be told whether");
    for (says, status) in [("Stale file handle", 2), ("Input/output error", 1), ("Permission denied", 2)] {
        put(
            &sshd,
            "ls",
            &format!("for p;do :;done;echo \"ls: $p: No such file or directory: {says}\">&2;exit {status}"),
        );
        unknown(stat("gone"), says);
        unknown(list("gone"), says);
    }
    // It was never asked.
    put(&sshd, "ls", "echo 'sh: ls: No such file or directory'>&2;exit 127");
    unknown(stat("gone"), "ls: No such file");
    // It is there after all.
    put(&sshd, "ls", "exit 0");
    unknown(stat("gone"), "can't be told whether");
    fs::remove_file(sshd.path("bin").join("ls")).unwrap();
    absent();
}

#[test]
fn a_change_that_failed_is_refused_only_where_it_is_seen_that_nothing_happened() {
    let Some(sshd) = Sshd::start(&["127.0.0.1"], "") else { return };
    let hosts = sshd.hosts(|_| {});
    let folder = tempfile::tempdir().unwrap();
    let (path, kept) = (folder.path().join("file"), folder.path().join("kept"));
    let remove = || {
        let path = path.to_str().unwrap().into();
        perform(&hosts, Request::RemoveFile { on: server("h1"), path })
    };
    let is_refused = |reply: &Reply| matches!(reply, Reply::Refused { why } if why.contains("error"));
    let is_unknown = |reply: &Reply| matches!(reply, Reply::Unknown { why } if why.contains("error"));
    fs::write(&path, "x").unwrap();
    put(&sshd, "rm", "echo 'rm: an error'>&2;exit 1");
    let reply = remove();
    assert!(is_refused(&reply) && path.exists(), "{reply:?}");
    put(&sshd, "rm", "/bin/rm \"$@\";echo 'rm: an error'>&2;exit 1");
    let reply = remove();
    assert!(is_unknown(&reply) && !path.exists(), "{reply:?}");
    fs::remove_file(sshd.path("bin").join("rm")).unwrap();
    put(&sshd, "ln", "echo 'ln: an error'>&2;exit 1");
    let reply = perform(&hosts, save(&kept, "echo dump"));
    assert!(is_refused(&reply) && names(folder.path()).is_empty(), "{reply:?}");
    put(&sshd, "ln", "/bin/ln \"$@\";echo 'ln: an error'>&2;exit 1");
    let reply = perform(&hosts, save(&kept, "echo dump"));
    assert!(is_unknown(&reply) && names(folder.path()) == ["kept"], "{reply:?}");
}

// DV-01: a path on another machine is never taken for one on this.
#[test]
fn a_store_is_read_here_only_where_its_server_is_this_machine() {
    let stores = BTreeMap::from([("Store".to_string(), "/srv/store".to_string())]);
    let host = |via| Host { via, stores: stores.clone(), ..Host::default() };
    let each = [(server("h1"), host(Via::Local)), (server("h2"), host(Via::Ssh))].into();
    let hosts = Hosts::new(Settings { each, ..Settings::default() });
    let folder = |on: &str, store: &str| hosts.store_folder(&server(on), store);
    assert_eq!(folder("h1", "Store"), Some("/srv/store".into()));
    assert_eq!([folder("h1", "Other"), folder("h2", "Store"), folder("h3", "Store")], [None, None, None]);
}
