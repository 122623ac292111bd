//! The parts that run where `powershell` is a real one; each is called by the test of `main` that names it.

use std::fs;
use std::path::{Path, PathBuf};

use rolewalk::model::name::ServerName;
use rolewalk::model::request::{Reply, Request};
use rolewalk::world::hosts::{Host, Hosts, Limits, Settings, Shell, Via};
use serde_json::{Value as Json, json};

/// Names that PowerShell has a meaning for, and that the file system takes.
const HOSTILE: [&str; 12] = [
    "a b",
    "it's; exit 3",
    "$(throw 1)",
    "`n`$x",
    "[a-z]",
    "[",
    // Windows takes no wildcards in names.
    if cfg!(windows) { "%TEMP%&^" } else { "*?%TEMP%&|" },
    "講義サーバー",
    "-Force",
    "@{a=1}",
    "{throw 1}",
    "\u{2018}x\u{2019}\u{201c}y\u{201d}",
];

/// Longer than any PowerShell takes to start on a busy machine.
fn hosts(change: impl FnOnce(&mut Host)) -> Hosts {
    let limits = Limits { command: std::time::Duration::from_secs(300), ..Limits::default() };
    let mut every = Host { via: Via::Local, shell: Shell::Powershell, limits, ..Host::default() };
    change(&mut every);
    Hosts::new(Settings { every, at_once: 2, ..Settings::default() })
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn server() -> ServerName {
    ServerName::new("PVS1").unwrap()
}

fn perform(hosts: &Hosts, request: Request) -> Reply {
    wait(hosts.perform(&request))
}

/// The folder of this test alone.
fn folder() -> PathBuf {
    std::env::var_os("ROLEWALK_PVS").map(PathBuf::from).unwrap()
}

fn cmdlet(name: &'static str, parameters: &[(&'static str, &str)]) -> Reply {
    let parameters = parameters.iter().map(|(name, value)| (*name, value.to_string())).collect();
    perform(&hosts(|_| {}), Request::Cmdlet { on: server(), name, parameters })
}

fn json(reply: Reply) -> Json {
    match reply {
        Reply::Json(text) => serde_json::from_str(&text).unwrap(),
        other => panic!("{other:?}"),
    }
}

#[test]
#[ignore = "run by the test of main that names it"]
fn commands_of_pvs() {
    let hostile = HOSTILE.join(" ");
    let listed = json(cmdlet("Get-PvsServer", &[("StoreName", &hostile), ("All", "true")]));
    let one = |name: &str, active: u32| json!({ "ServerName": name, "SiteName": "Site", "Active": active });
    assert_eq!(listed, json!([one("PVS1", 1), one("PVS2", 2), one("PVS3", 0)]));
    let calls = fs::read_to_string(folder().join("calls.txt")).unwrap();
    let call: Json = serde_json::from_str(calls.lines().next().unwrap()).unwrap();
    assert_eq!(call["given"]["StoreName"], json!(hostile), "{calls}");
    // One object and none are lists all the same, and a bare number is one.
    assert_eq!(json(cmdlet("Get-PvsServer", &[("StoreName", "One")])), json!([one("PVS1", 1)]));
    assert_eq!(json(cmdlet("Get-PvsServer", &[("StoreName", "None")])), json!([]));
    let count = cmdlet("Get-PvsServerStoreActiveDeviceCount", &[("ServerName", "PVS1"), ("StoreName", "S")]);
    assert_eq!(json(count), json!([7]));
    // Several values arrive as a list, and come back one object each.
    let ids = ["7ff18c26-20a5-43a1-b1a4-b8b6c8d3b4c4", "0d1a8a3e-6c1c-4f0e-9b62-5d0f4f4f2a11"];
    let version = |id: &str| json!({ "DiskLocatorId": id, "Version": "11", "ServerName": "PVS2", "FilePath": r"E:\vDisk", "State": "2" });
    let told = |all: &[&str]| json(cmdlet("Get-PvsDiskInventory", &[("DiskLocatorId", &all.join(","))]));
    assert_eq!(told(&ids), json!([version(ids[0]), version(ids[1])]));
    assert_eq!(told(&ids[..1]), json!([version(ids[0])]));
    let path = |name: &str| json!({ "StoreName": "Store", "ServerName": name, "Path": r"E:\vDisk" });
    let told = json(cmdlet("Get-PvsServerStore", &[("ServerName", "PVS1,PVS2")]));
    assert_eq!(told, json!([path("PVS1"), path("PVS2")]));
    let told = json(cmdlet("Get-PvsStore", &[("StoreName", &hostile)]));
    assert_eq!(told, json!([{ "StoreName": hostile, "Path": "" }]));
    let set = |store| cmdlet("Set-PvsServerStore", &[("ServerName", "PVS1"), ("StoreName", store)]);
    assert_eq!(json(set("Store")), json!([]));
    let reply = set("Ticked");
    assert!(
        matches!(&reply, Reply::CmdletFailed { code: Some(23), message } if message.contains("No object was added")),
        "{reply:?}"
    );
    // It may have done its work before: nobody knows.
    let reply = set("Cut");
    assert!(matches!(&reply, Reply::Unknown { why } if why.contains("The connection was cut")), "{reply:?}");
    // It was surely not called.
    let reply = cmdlet("Set-PvsServerStore", &[("ServerName", "PVS1"), ("Nmae", "x")]);
    assert!(matches!(&reply, Reply::CmdletFailed { code: None, message } if message.contains("Nmae")), "{reply:?}");
    let reply = cmdlet("Get-PvsNothing", &[]);
    assert!(matches!(reply, Reply::CmdletFailed { code: None, .. }), "{reply:?}");
}

#[test]
#[ignore = "run by the test of main that names it"]
fn listing() {
    let store = folder().join("[store] 講義");
    fs::create_dir_all(store.join("Invalid")).unwrap();
    fs::create_dir_all(store.join("Invalid.[1]")).unwrap();
    for name in HOSTILE {
        fs::write(store.join(format!("{name}.vhd")), name).unwrap();
    }
    fs::write(store.join("Invalid/Hoge[1].11.avhd.20170907_123456_000000"), "").unwrap();
    let stored = |path: &Path| hosts(|host| _ = host.stores.insert("S".into(), path.to_str().unwrap().into()));
    let list = || Request::ListStore { on: server(), store: "S".into() };
    let Reply::Listing(listing) = perform(&stored(&store), list()) else { panic!() };
    for name in HOSTILE {
        let file = listing.files.iter().find(|file| file.name == format!("{name}.vhd")).expect(name);
        assert_eq!(file.bytes, name.len() as u64);
        let modified =
            jiff::Timestamp::try_from(fs::metadata(store.join(&file.name)).unwrap().modified().unwrap()).unwrap();
        assert_eq!(file.modified.as_nanosecond() / 100, modified.as_nanosecond() / 100, "{name}");
    }
    assert_eq!(listing.files.len(), HOSTILE.len());
    let names: Vec<&str> = listing.quarantines.iter().map(|one| one.path.as_str()).collect();
    assert_eq!(names, ["Invalid", "Invalid.[1]"]);
    assert!(listing.quarantines.iter().all(|one| one.unreadable.is_none()), "{:?}", listing.quarantines);
    assert_eq!(listing.quarantines[0].files().len(), 1);
    let reply = perform(&stored(&store.join("nowhere")), list());
    assert!(matches!(&reply, Reply::Refused { why } if why.contains("no such folder")), "{reply:?}");
}

#[test]
#[ignore = "run by the test of main that names it"]
fn files() {
    let hosts = hosts(|_| {});
    let names: Vec<PathBuf> = HOSTILE.iter().map(|name| folder().join(name)).collect();
    names.iter().for_each(|path| fs::write(path, "1234567").unwrap());
    let text = |path: &Path| path.to_str().unwrap().to_string();
    let stat = |path: &Path| perform(&hosts, Request::StatFile { on: server(), path: text(path) });
    let remove = |path: &Path| perform(&hosts, Request::RemoveFile { on: server(), path: text(path) });
    assert_eq!(stat(&names[4]), Reply::FileSize(Some(7)));
    assert_eq!(stat(&folder().join("nowhere/x")), Reply::FileSize(None));
    assert!(matches!(stat(&folder()), Reply::Unknown { .. }), "a folder is no file");
    // `[a-z]` and `[` are names here, and no patterns.
    for (at, path) in names.iter().enumerate().skip(2).take(5) {
        assert_eq!(remove(path), Reply::FileDone, "{path:?}");
        let left = names.iter().filter(|path| path.exists()).count();
        assert_eq!((path.exists(), left), (false, HOSTILE.len() - (at - 1)));
    }
    assert_eq!(remove(&names[4]), Reply::FileDone, "it is gone already");
    let full = folder().join("full");
    fs::create_dir_all(full.join("inside")).unwrap();
    let reply = remove(&full);
    assert!(matches!(reply, Reply::Refused { .. } | Reply::Unknown { .. }), "{reply:?}");
    assert!(full.join("inside").exists());
}

#[test]
#[ignore = "run by the test of main that names it"]
fn renaming() {
    let store = folder().join("[store]");
    let hosts = hosts(|host| _ = host.stores.insert("S".into(), store.to_str().unwrap().into()));
    let rename = |from: &str, to: &str| {
        perform(&hosts, Request::RenameFolder { on: server(), store: "S".into(), from: from.into(), to: to.into() })
    };
    for name in [HOSTILE[1], HOSTILE[2], HOSTILE[4], HOSTILE[6], HOSTILE[11]] {
        fs::create_dir_all(store.join(name)).unwrap();
        fs::write(store.join(name).join("kept"), name).unwrap();
        let to = format!("{name}.20170908");
        assert_eq!(rename(name, &to), Reply::Renamed, "{name}");
        assert_eq!(fs::read_to_string(store.join(to).join("kept")).unwrap(), name);
        assert!(!store.join(name).exists());
    }
    fs::create_dir_all(store.join("Invalid")).unwrap();
    fs::create_dir_all(store.join("Invalid.1/kept")).unwrap();
    let reply = rename("Invalid", "Invalid.1");
    // Windows says that the name is taken, in a number; elsewhere nothing says so for sure.
    assert!(matches!(reply, Reply::Refused { .. } | Reply::Unknown { .. }), "{reply:?}");
    assert!(cfg!(unix) || matches!(reply, Reply::Refused { .. }), "{reply:?}");
    assert!(store.join("Invalid").exists() && store.join("Invalid.1/kept").exists());
    let reply = rename("Nowhere", "Somewhere");
    assert!(matches!(reply, Reply::Refused { .. }), "{reply:?}");
}

#[cfg(unix)]
#[test]
#[ignore = "run by the test of main that names it"]
fn programs() {
    let show = |program: &'static str, arguments: &[&str]| {
        let arguments = arguments.iter().map(|one| one.to_string()).collect();
        perform(&hosts(|_| {}), Request::Show { on: server(), folder: String::new(), program, arguments })
    };
    let words: Vec<&str> = ["%s\\n"].into_iter().chain(HOSTILE).chain(["", "a\"b", "a\\", "a\\\"b c\\"]).collect();
    let Reply::Ended { exit_code: 0, stdout, .. } = show("/usr/bin/printf", &words) else { panic!() };
    assert_eq!(stdout.lines().collect::<Vec<_>>(), words[1..]);
    let script = "echo out; echo err >&2; pwd; exit 7";
    let Reply::Ended { exit_code, stdout, stderr } = show("/bin/sh", &["-c", script]) else { panic!() };
    let home = std::env::var("HOME").unwrap();
    assert_eq!((exit_code, stdout, stderr), (7, format!("out\n{home}\n"), "err\n".into()));
    let reply = show("/nowhere/CO-StoreApi.exe", &[]);
    assert!(matches!(reply, Reply::Ended { exit_code: 127, .. }), "{reply:?}");
    // It is there, and no program: it was surely not run.
    let text = folder().join("text");
    fs::write(&text, "no program").unwrap();
    let reply = show(text.to_str().unwrap().to_string().leak(), &[]);
    assert!(matches!(reply, Reply::Refused { .. }), "{reply:?}");
}

#[cfg(unix)]
#[test]
#[ignore = "run by the test of main that names it"]
fn wizard() {
    use rolewalk::world::hosts::{Secret, Wizard};
    use std::os::unix::fs::PermissionsExt;

    let program = folder().join("wizard");
    let copy = folder().join("copy");
    // `/a:FILE` and `/o:FILE`.
    let script = format!(
        "#!/bin/sh\ncp \"${{1#/a:}}\" '{}'\necho 'Configuration complete' >\"${{2#/o:}}\"\necho \"$1\" >'{}.name'\n",
        copy.display(),
        copy.display()
    );
    fs::write(&program, script).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let answers = "FarmConfiguration=2\r\nUserPass=講義'$(x)\r\n";
    let wizard = Wizard { program: program.to_str().unwrap().into(), answers: Secret(answers.into()) };
    let hosts = hosts(|host| host.wizard = Some(wizard));
    let reply = perform(&hosts, Request::RunWizard { on: server(), store: "S".into() });
    // Nothing is said besides: the program saw that its files are gone.
    let complete = Reply::Ended { exit_code: 0, stdout: "Configuration complete".into(), stderr: String::new() };
    assert_eq!(reply, complete);
    let read = fs::read(&copy).unwrap();
    assert_eq!(read[..2], [0xFF, 0xFE], "UTF-16 with its mark");
    let units: Vec<u16> = read[2..].chunks(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
    assert_eq!(String::from_utf16(&units).unwrap(), answers);
    let name = fs::read_to_string(copy.with_extension("name")).unwrap();
    let name = name.trim().trim_start_matches("/a:");
    assert!(!Path::new(name).exists() && !Path::new(&format!("{name}.out")).exists(), "{name} holds a password");
}

#[test]
#[ignore = "run by the test of main that names it"]
fn wizard_not_there() {
    use rolewalk::world::hosts::{Secret, Wizard};

    let program = folder().join("nowhere").to_str().unwrap().to_string();
    let hosts = hosts(|host| host.wizard = Some(Wizard { program, answers: Secret("UserPass=x".into()) }));
    let reply = perform(&hosts, Request::RunWizard { on: server(), store: "S".into() });
    let Reply::Unknown { why } = reply else { panic!("{reply:?}") };
    assert!(why.ends_with("(its answer file is gone)"), "{why}");
}

#[cfg(windows)]
#[test]
#[ignore = "run by the test of main that names it"]
fn checked() {
    let hosts = hosts(|_| {});
    let found = wait(hosts.check(&server(), Some(r"C:\Windows\System32\cmd.exe")));
    let all: Vec<&str> = found.iter().map(|item| item.says.en.as_str()).collect();
    assert!(all[0].contains("answers: PowerShell"), "{all:?}");
    assert!(all.iter().any(|line| line.contains(r"has C:\Windows\System32\cmd.exe")), "{all:?}");
}
