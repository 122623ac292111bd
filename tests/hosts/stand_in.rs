//! Stands in for `powershell` on hosts of tests: takes the script of `-EncodedCommand`, knows the fixed program in it, and has
//! a practice farm (or this machine's own folders) answer. It proves the way there and back and what is made of the answers;
//! it runs no PowerShell, and proves nothing of it.
//!
//! It is this test program itself: `powershell` on those hosts is a script that calls it with the encoded script in a variable.
//! Which host it is, is told by the address at which SSH was reached: `hosts.txt` beside it has a line `ADDRESS NAME` for each.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::Command;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use rolewalk::model::name::ServerName;
use rolewalk::model::request::{Reply, Request};
use rolewalk::world::hosts::powershell;
use rolewalk::world::practice::PracticeWorld;
use serde_json::{Value as Json, json};

/// The variable that holds the encoded script.
pub const SCRIPT: &str = "ROLEWALK_SCRIPT";

/// What Windows says of a name that is taken, with 183 in the HRESULT.
const IN_THE_WAY: &str = "Cannot create a file when that file already exists.";

/// Answers an order, where it is called for one; there is nothing to test otherwise.
#[test]
fn powershell() {
    if std::env::var_os(SCRIPT).is_none() {
        return;
    }
    note_command_lines();
    let script = script();
    let nonce = between(&script, "WriteLine('", " begins')").to_string();
    let data = BASE64_STANDARD.decode(between(&script, "FromBase64String('", "')")).unwrap();
    let data: Json = serde_json::from_slice(&data).unwrap();
    println!("{nonce} begins");
    let (status, answer) = match answer(&script, &data) {
        Ok(answer) => (0, answer),
        Err(message) if message == IN_THE_WAY => (1, json!({ "message": message, "result": 0x8007_00B7_u32 as i32 })),
        Err(message) => (1, json!({ "message": message })),
    };
    println!("{}", BASE64_STANDARD.encode(answer.to_string()));
    println!("{nonce} ends {status}");
}

/// Notes what every process of this machine was called with, where somebody asks for it.
fn note_command_lines() {
    let Ok(mut log) = fs::OpenOptions::new().append(true).open(beside("commands.log")) else { return };
    for process in fs::read_dir("/proc").into_iter().flatten().flatten() {
        if let Ok(line) = fs::read(process.path().join("cmdline")) {
            let _ = log.write_all(&[line, b"\n".to_vec()].concat());
        }
    }
}

/// The script as it stood in the last word of the command line.
fn script() -> String {
    let word = std::env::var(SCRIPT).unwrap();
    let bytes = BASE64_STANDARD.decode(word).unwrap();
    let units: Vec<u16> = bytes.chunks(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
    String::from_utf16(&units).unwrap()
}

fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    text.split_once(from).and_then(|(_, rest)| rest.split_once(to)).unwrap().0
}

fn answer(script: &str, data: &Json) -> Result<Json, String> {
    let is = |program: &str| script.contains(&format!("$a=& {{{program}}}"));
    let text = |field: &str| data[field].as_str().unwrap_or_default().to_string();
    let on = host();
    if is(powershell::CMDLET) {
        misbehave();
        let parameters = data["parameters"].as_array().unwrap().iter();
        let value = |one: &Json| match &one["v"] {
            Json::String(text) => text.clone(),
            Json::Array(all) => all.iter().map(|one| one.as_str().unwrap()).collect::<Vec<_>>().join(","),
            other => other.to_string(),
        };
        let parameters = parameters.map(|one| (leaked(&one["n"]), value(one))).collect();
        return match ask(Request::Cmdlet { on, name: leaked(&data["name"]), parameters }) {
            Reply::Json(text) => Ok(json!({ "json": text })),
            Reply::CmdletFailed { code: Some(code), message } => Ok(json!({ "code": code, "message": message })),
            other => Err(why(other)),
        };
    }
    if is(powershell::RUN) {
        return run(on, &text("program"), &text("arguments"));
    }
    if is(powershell::LIST) {
        return list(&text("folder"));
    }
    if is(powershell::RENAME) {
        let folder = PathBuf::from(text("folder"));
        let to = folder.join(text("to"));
        if to.exists() {
            return Err(IN_THE_WAY.into());
        }
        return fs::rename(folder.join(text("from")), to)
            .map(|()| json!({ "done": true }))
            .map_err(|error| error.to_string());
    }
    if is(powershell::FORGET) {
        note("FORGET", &text("file"));
        return fs::read_to_string(beside("forget.fails")).map_or_else(|_| Ok(json!({ "done": true })), Err);
    }
    if is(powershell::WIZARD) {
        note("WIZARD", &text("file"));
        if beside("wizard.dies").exists() {
            std::process::exit(1);
        }
        if let Ok(message) = fs::read_to_string(beside("wizard.throws")) {
            return Err(message);
        }
        if beside("wizard.keeps").exists() {
            return Ok(json!({ "exit": 0, "complete": true, "kept": true }));
        }
        let mut answers = String::new();
        std::io::stdin().read_to_string(&mut answers).unwrap();
        let answers = String::from_utf8(BASE64_STANDARD.decode(answers.trim()).unwrap()).unwrap();
        let store = between(&answers, "ExistingStore=", "-Link").to_string();
        return match ask(Request::RunWizard { on, store }) {
            Reply::Ended { .. } => Ok(json!({ "exit": 0, "complete": true, "kept": false })),
            other => Err(why(other)),
        };
    }
    if is(powershell::LOOK) {
        // Of this machine's own files it tells nothing: they are in another folder each time.
        let windows = data["files"].as_array().unwrap().iter().filter(|file| file.as_str().unwrap().contains('\\'));
        let files: Vec<Json> = windows.map(|file| json!({ "n": file, "there": true })).collect();
        return Ok(
            json!({ "version": "5.1.0 (a stand-in)", "snapin": true, "admin": true, "user": "tester", "files": files }),
        );
    }
    Err("this stand-in knows no such program".into())
}

/// Writes without an end, or nothing for long, where somebody asks for it.
fn misbehave() {
    let zeros = [b'0'; 64 * 1024];
    while beside("endless").exists() {
        if std::io::stdout().write_all(&zeros).is_err() {
            std::process::exit(1);
        }
    }
    if beside("silent").exists() {
        std::thread::sleep(std::time::Duration::from_secs(20));
    }
}

/// Notes that a program about the wizard's answer file was run.
fn note(program: &str, file: &str) {
    let mut log = fs::OpenOptions::new().create(true).append(true).open(beside("wizard.txt")).unwrap();
    writeln!(log, "{program} {file}").unwrap();
}

fn run(on: ServerName, program: &str, arguments: &str) -> Result<Json, String> {
    let words: Vec<String> = arguments.split(' ').map(|word| word.trim_matches('"').to_string()).collect();
    let (exit, out, err) = match program.rsplit_once('\\') {
        Some((folder, "CO-StoreApi.exe")) => {
            let request = Request::Command { on, folder: folder.into(), program: "CO-StoreApi.exe", arguments: words };
            match ask(request) {
                Reply::Ended { exit_code, stdout, stderr } => (exit_code, cp932(&stdout), cp932(&stderr)),
                Reply::Refused { why } => return Ok(json!({ "unstarted": why })),
                other => return Err(why(other)),
            }
        }
        _ => {
            let ended =
                Command::new(program.replace('\\', "/")).args(words).output().map_err(|error| error.to_string())?;
            (ended.status.code().unwrap_or(-1), ended.stdout, ended.stderr)
        }
    };
    Ok(json!({ "exit": exit, "out": BASE64_STANDARD.encode(out), "err": BASE64_STANDARD.encode(err) }))
}

fn cp932(text: &str) -> Vec<u8> {
    encoding_rs::SHIFT_JIS.encode(text).0.into_owned()
}

fn list(folder: &str) -> Result<Json, String> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(json!({ "absent": true })) };
    let entries: Vec<Json> = entries
        .map(|entry| {
            let entry = entry.unwrap();
            let (name, metadata) = (entry.file_name().into_string().unwrap(), entry.metadata().unwrap());
            let modified = jiff::Timestamp::try_from(metadata.modified().unwrap()).unwrap().to_string();
            let mut one = json!({ "n": name, "d": metadata.is_dir(), "b": metadata.len(), "t": modified });
            if metadata.is_dir() {
                let inside = fs::read_dir(entry.path()).unwrap();
                let names: Vec<String> = inside.map(|one| one.unwrap().file_name().into_string().unwrap()).collect();
                one["h"] = names.into();
            }
            one
        })
        .collect();
    Ok(json!({ "entries": entries }))
}

fn ask(request: Request) -> Reply {
    let farm = PracticeWorld::open(&beside("farm.yaml")).unwrap();
    farm.perform(&request)
}

fn why(reply: Reply) -> String {
    match reply {
        Reply::Refused { why } | Reply::Unknown { why } => why,
        Reply::CmdletFailed { message, .. } => message,
        other => format!("{other:?}"),
    }
}

fn host() -> ServerName {
    let names = fs::read_to_string(beside("hosts.txt")).unwrap();
    let names: BTreeMap<&str, &str> = names.lines().filter_map(|line| line.split_once(' ')).collect();
    let connection = std::env::var("SSH_CONNECTION").unwrap_or_default();
    let address = connection.split(' ').nth(2).unwrap_or("local");
    ServerName::new(names[address]).unwrap()
}

/// The folder is told by the SSH server, which sets it for every session.
fn beside(name: &str) -> PathBuf {
    PathBuf::from(std::env::var_os("ROLEWALK_STAND_IN").unwrap()).join(name)
}

/// This process answers once and ends.
fn leaked(value: &Json) -> &'static str {
    value.as_str().unwrap().to_string().leak()
}
