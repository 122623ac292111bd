//! Whole runs of the CO-Store example: the database over TDS and TLS, everything else over SSH with a program that stands in
//! for PowerShell (`stand_in.rs`), which asks the practice farm. It proves the way, and nothing of PowerShell or Windows.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use rolewalk::world::practice::PracticeWorld;
use rolewalk::world::practice::tds::{Options, Server};

use crate::sshd::Sshd;

/// A secret that must be found nowhere.
const CANARY: &str = "kanarie-9c31f'\"x";
/// And the database's.
const PASSWORD: &str = "kanarie-4e77a";

/// The servers, and where each is reached.
pub const SERVERS: [(&str, &str); 4] =
    [("PVS1", "127.0.0.1"), ("PVS2", "127.0.0.2"), ("PVS3", "127.0.0.3"), ("PVS4", "127.0.0.4")];

/// A farm that is served.
pub struct Stage {
    /// Its hosts.
    pub sshd: Sshd,
    /// Its database.
    pub database: Server,
}

/// What came of a command.
pub struct Ended {
    /// Its exit code.
    pub code: Option<i32>,
    /// What it wrote to both streams.
    pub text: String,
}

impl Stage {
    /// Serves the farm of an example over TDS, and its hosts over SSH.
    pub fn of(example: &str, more: &str) -> Option<Stage> {
        let sshd = Sshd::start(&SERVERS.map(|(_, address)| address), "")?;
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(example);
        for name in ["farm.yaml", "store.yaml"] {
            fs::copy(from.join(name), sshd.path(name)).unwrap();
        }
        let names: String = SERVERS.iter().map(|(name, address)| format!("{address} {name}\n")).collect();
        fs::write(sshd.path("hosts.txt"), names).unwrap();
        let farm = PracticeWorld::open(&sshd.path("farm.yaml")).unwrap();
        let options = Options { password: PASSWORD.into(), ..Options::default() };
        let stage = Stage { database: Server::start(farm.place(), &options).unwrap(), sshd };
        fs::write(stage.sshd.path("ca.pem"), stage.database.authority().unwrap()).unwrap();
        let topology = fs::read_to_string(stage.sshd.path("store.yaml")).unwrap();
        let group = topology.lines().find_map(|line| line.strip_prefix("group: ")).unwrap();
        let store = |name: &str| farm.place().join("shares").join(name).join(group).display().to_string();
        let text = connections(stage.database.address().port(), "ca.pem", group, store, more);
        fs::write(stage.sshd.path("connections.yaml"), text).unwrap();
        Some(stage)
    }

    fn output(&self, line: &str) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rolewalk"));
        command.args(line.split_whitespace()).current_dir(self.sshd.path("")).env_clear().stdin(Stdio::null());
        command.env("PATH", std::env::var_os("PATH").unwrap()).env("HOME", self.sshd.path("")).env("LANG", "C");
        command.env("HOSTNAME", "desk").env("USER", "admin").env("DB_PASSWORD", PASSWORD).env("ROLEWALK_LOG", "trace");
        command.output().unwrap()
    }

    /// Runs a command.
    pub fn run(&self, line: &str) -> Ended {
        let output = self.output(line);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ended { code: output.status.code(), text: text(&output.stdout) + &text(&output.stderr) }
    }

    fn connected(&self) -> usize {
        self.sshd.log().matches("Accepted publickey").count()
    }
}

// CS-10
#[test]
fn a_handover_is_one_transaction_and_ticks_that_are_set_by_powershell() {
    let Some(stage) = Stage::of("change-master", "") else { return };
    let applied = stage.run("apply . --yes");
    assert_eq!(applied.code, Some(0), "{}", applied.text);
    assert_eq!(stage.database.log().iter().filter(|one| one.starts_with("COMMIT")).count(), 1);
    // Each host was connected to once, and no more.
    assert_eq!(stage.connected(), 2);
}

// DV-01: bytes do not cross the network, and blocks are named by what each host's own `disks hash` tells of its headers.
#[test]
fn a_flipped_byte_on_a_host_is_told_by_block_and_no_more_exactly_than_its_manifest_is() {
    let Some(stage) = Stage::of("change-master", "") else { return };
    let image = stage.sshd.path(".practice/shares/PVS2/Labs/Hoge.1.avhd");
    let mut bytes = fs::read(&image).unwrap();
    let at = bytes.len() - 1000;
    bytes[at] ^= 1;
    fs::write(&image, bytes).unwrap();
    let found = stage.run("disks .");
    assert_eq!(found.code, Some(2), "{}", found.text);
    let said = found.text.split_whitespace().collect::<Vec<_>>().join(" ");
    let want = "Hoge.1.avhd on PVS2 differs from the master's: bytes 0 to 527872, somewhere in the footer's copy, \
                the dynamic header, the block table, the bitmap of block 0, sectors 0 to 1023 (block 0), the footer";
    assert!(said.contains(want), "{said}");
}

// CS-05, CS-07
#[test]
fn a_server_joins_by_the_wizard_and_its_answers_are_in_nothing_that_is_written() {
    let wizard = "      wizard: { answers: { file: pvs.ans } }\n";
    let Some(stage) = Stage::of("campus", wizard) else { return };
    let answers = format!("FarmConfiguration=2\r\nExistingStore=Store-Link\r\nUserPass={CANARY}\r\n");
    let utf_16: Vec<u8> = [0xff, 0xfe].into_iter().chain(answers.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    fs::write(stage.sshd.path("pvs.ans"), utf_16).unwrap();
    // Every command line of the machine is noted there at each order.
    fs::write(stage.sshd.path("commands.log"), "").unwrap();
    let mut written = Vec::new();
    for line in ["observe --check .", "plan . -o plan.json", "--log-format json apply . --yes", "history", "drift ."] {
        let output = stage.output(line);
        assert_eq!(output.status.code(), Some(0), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        if line.contains("--check") {
            let said = String::from_utf8_lossy(&output.stdout);
            let version = concat!("`PVS4` has rolewalk ", env!("CARGO_PKG_VERSION"), ", as this machine");
            for words in [
                "the SSH host key of `PVS1` is known and was checked",
                "`PVS4` has the PVS snap-in",
                version,
                "SQL Server",
            ] {
                assert!(said.contains(words), "{words}: {said}");
            }
        }
        written.extend(output.stdout);
        written.extend(output.stderr);
    }
    assert!(String::from_utf8_lossy(&written).contains("Configuration Wizard"), "it was the wizard, and no person");
    assert!(fs::read_to_string(stage.sshd.path("commands.log")).unwrap().contains("-EncodedCommand"));
    let canaries = canaries(CANARY, &answers);
    assert_eq!(found_in(&written, &canaries), None);
    let mut files = 0;
    search(&stage.sshd.path(""), &canaries, &mut files);
    assert!(files > 20, "{files}");
}

// DV-01, CS-10
#[test]
fn pvs_tells_its_inventory_and_the_folders_by_which_it_reaches_a_store() {
    let Some(stage) = Stage::of("change-master", "") else { return };
    let found = stage.run("disks .");
    assert!(found.code == Some(0) && found.text.contains("PVS says"), "{}", found.text);
    let check = stage.run("observe --check .");
    let fine = "ok: PVS reaches store `Labs` on `PVS1` by the folder that is declared";
    assert!(check.code == Some(0) && check.text.contains(fine), "{}", check.text);
    let folder = stage.sshd.path(".practice/shares/PVS1/Labs").display().to_string();
    let file = stage.sshd.path("connections.yaml");
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains(&folder), "{text}");
    fs::write(&file, text.replace(&folder, "/elsewhere")).unwrap();
    let check = stage.run("observe --check .");
    let other = format!(
        "note: PVS reaches store `Labs` on `PVS1` by `{folder}`, and `./connections.yaml` declares `/elsewhere` (`stores:` of `PVS1`)"
    );
    assert!(check.code == Some(0) && check.text.contains(&other), "{other}: {}", check.text);
}

/// PVS answers with more than any answer has, and then not at all: each has its own words, and neither is taken for an answer.
#[test]
fn an_answer_without_an_end_and_one_that_never_comes_leave_everything_unknown() {
    let Some(stage) = Stage::of("change-master", "") else { return };
    fs::write(stage.sshd.path("endless"), "").unwrap();
    // Lines are as wide as the terminal.
    let observed = || {
        let seen = stage.run("observe .");
        Ended { text: seen.text.split_whitespace().collect::<Vec<_>>().join(" "), ..seen }
    };
    let seen = observed();
    let large = "is larger than any that is expected (16777216 bytes); it was not read to its end";
    assert!(seen.code == Some(3) && seen.text.contains(large), "{}", seen.text);
    let applied = stage.run("apply . --yes");
    assert!(applied.code == Some(3) && applied.text.contains("nothing has been changed"), "{}", applied.text);
    fs::rename(stage.sshd.path("endless"), stage.sshd.path("silent")).unwrap();
    let file = stage.sshd.path("connections.yaml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("      encoding: cp932\n", "      encoding: cp932\n      limits: { command: 2s }\n"))
        .unwrap();
    let seen = observed();
    assert!(seen.code == Some(3) && seen.text.contains("did not answer within 2 s"), "{}", seen.text);
}

#[test]
fn nothing_is_changed_through_a_connection_that_is_only_read() {
    let Some(stage) = Stage::of("campus", "") else { return };
    let file = stage.sshd.path("connections.yaml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("    practice: farm.yaml\n", "    practice: farm.yaml\n    reads_only: true\n"))
        .unwrap();
    let planned = stage.run("plan .");
    assert!(planned.code == Some(0) && planned.text.contains("is only read"), "{}", planned.text);
    let drift = stage.run("drift .");
    assert!(drift.text.contains("is only read"), "{}", drift.text);
    let applied = stage.run("apply . --yes");
    assert_eq!(applied.code, Some(5), "{}", applied.text);
    assert!(applied.text.contains("nothing has been changed"), "{}", applied.text);
    assert_eq!(stage.database.log().iter().filter(|one| one.contains("getapplock")).count(), 0, "not even a lock");
}

/// The connection to a farm's database and to its servers.
pub fn connections(port: u16, ca: &str, group: &str, store: impl Fn(&str) -> String, more: &str) -> String {
    let each = SERVERS.map(|(name, address)| {
        format!("        {name}: {{ address: {address}, stores: {{ {group}: '{}' }} }}\n", store(name))
    });
    let (each, rolewalk) = (each.concat(), env!("CARGO_BIN_EXE_rolewalk"));
    format!(
        "version: 1\nconnections:\n  practice:\n    practice: farm.yaml\n    database:\n      host: localhost\n      \
         port: {port}\n      user: practice\n      password: {{ env: DB_PASSWORD }}\n      ca: {ca}\n      \
         storages: SELECT store, server FROM dbo.practice_storage\n      \
         tasks: SELECT store, id, state, description FROM dbo.practice_task WHERE state IN ('running', 'pending')\n    \
         hosts:\n      shell: powershell\n      encoding: cp932\n      ssh_config: ssh_config\n      \
         rolewalk: {rolewalk}\n{more}      each:\n{each}"
    )
}

/// The forms in which the answers could be written: plain, in UTF-16, and as either is sent.
pub fn canaries(secret: &str, answers: &str) -> Vec<Vec<u8>> {
    let plain = secret.split('\'').next().unwrap();
    let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let mut all = vec![plain.as_bytes().to_vec(), wide(plain), PASSWORD.as_bytes().to_vec()];
    for bytes in [plain.as_bytes().to_vec(), wide(plain), answers.as_bytes().to_vec()] {
        for shift in 0..3 {
            let encoded = BASE64_STANDARD.encode([vec![b'x'; shift], bytes.clone()].concat());
            // Without the ends, which depend on what stands beside it.
            all.push(encoded.as_bytes()[4..encoded.len() - 4].to_vec());
        }
    }
    all
}

pub fn found_in(bytes: &[u8], canaries: &[Vec<u8>]) -> Option<String> {
    let found = canaries.iter().find(|part| bytes.windows(part.len()).any(|window| window == part.as_slice()));
    found.map(|part| String::from_utf8_lossy(part).into_owned())
}

/// Searches every file but the one in which the secret is.
pub fn search(folder: &Path, canaries: &[Vec<u8>], files: &mut usize) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.is_symlink() {
            search(&path, canaries, files);
        } else if path.is_file() && path.file_name().is_some_and(|name| name != "pvs.ans" && name != "powershell") {
            *files += 1;
            assert_eq!(found_in(&fs::read(&path).unwrap(), canaries), None, "{}", path.display());
        }
    }
}
