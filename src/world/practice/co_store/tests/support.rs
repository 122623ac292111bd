//! One farm in a folder and one in memory that get the same requests, and must answer alike.

use std::path::PathBuf;

use crate::model::disks::listing::{Content, Listing};
use crate::model::name::ServerName;
use crate::model::request::{Reply, Request, Statement, Task};
use crate::world::practice::co_store::{FOLDER, STORAGES_QUERY, TASKS_QUERY};
use crate::world::practice::{Change, FarmStatus, PracticeError, PracticeWorld, farm_file};

pub const CAMPUS: &str = "\
version: 1
operator: simulated
co-store:
  Store:
    servers:
      PVS1: master
      PVS2: slave
      PVS3: unregistered
      PVS4: { role: unregistered, free_mb: 200 }
    disks: { Hoge: 2 }
";

/// Both stores of one farm.
pub struct Both {
    pub folder: tempfile::TempDir,
    on_disk: PracticeWorld,
    in_memory: PracticeWorld,
}

/// Makes the campus farm twice.
pub fn campus() -> Both {
    farm(CAMPUS)
}

pub fn farm(text: &str) -> Both {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("farm.yaml"), text).unwrap();
    let on_disk = PracticeWorld::open(&folder.path().join("farm.yaml")).unwrap();
    let in_memory = PracticeWorld::in_memory(&farm_file::parse(text).unwrap()).unwrap();
    Both { folder, on_disk, in_memory }
}

impl Both {
    /// Performs a request in both, demands like replies, and returns one.
    pub fn perform(&self, request: &Request) -> Reply {
        let reply = self.on_disk.perform(request);
        assert_eq!(reply, self.in_memory.perform(request), "the two stores differ at {request}");
        reply
    }

    pub fn try_change(&self, change: &Change) -> Result<(), String> {
        let words = |result: Result<(), PracticeError>| result.map_err(|error| error.to_string());
        let done = words(self.on_disk.change(change));
        assert_eq!(done, words(self.in_memory.change(change)), "the two stores differ at {change}");
        done
    }

    pub fn change(&self, change: Change) {
        self.try_change(&change).unwrap_or_else(|why| panic!("{change}: {why}"));
    }

    pub fn status(&self) -> FarmStatus {
        let status = self.on_disk.status().unwrap();
        assert_eq!(status, self.in_memory.status().unwrap(), "the two stores differ");
        status
    }

    pub fn notes(&self) -> Vec<String> {
        let audit = self.on_disk.audit().unwrap();
        assert_eq!(audit, self.in_memory.audit().unwrap(), "the two audits differ");
        audit.last().map(|line| line.notes.clone()).unwrap_or_default()
    }

    pub fn role(&self, server: &str) -> &'static str {
        let status = self.status();
        let mut servers = status.co_store.stores[0].servers.iter();
        servers.find(|one| one.name == server).map_or("no machine", |one| one.role)
    }

    pub fn farm_yaml(&self) -> PathBuf {
        self.folder.path().join("farm.yaml")
    }

    pub fn tasks(&self) -> Vec<Vec<Option<String>>> {
        rows(self.perform(&query(TASKS_QUERY, &["Store"])))
    }

    pub fn storages(&self) -> Vec<String> {
        let rows = rows(self.perform(&query(STORAGES_QUERY, &["Store"])));
        rows.into_iter().filter_map(|row| row.into_iter().next().flatten()).collect()
    }

    pub fn listing(&self, on: &str) -> Listing {
        match self.perform(&Request::ListStore { on: server(on), store: "Store".into() }) {
            Reply::Listing(listing) => listing,
            other => panic!("{other:?}"),
        }
    }

    pub fn names(&self, on: &str) -> Vec<String> {
        self.listing(on).files.into_iter().map(|file| file.name).collect()
    }

    pub fn hashed(&self, on: &str) -> Listing {
        match self.perform(&Request::HashStore { on: server(on), store: "Store".into(), afresh: false }) {
            Reply::Listing(listing) => listing,
            other => panic!("{other:?}"),
        }
    }

    /// The digest of each file, by its name.
    pub fn digests(&self, on: &str) -> Vec<(String, Option<String>)> {
        let digest = |content: Content| match content {
            Content::Read(found) => Some(found.blake3.to_string()),
            _ => None,
        };
        self.hashed(on).files.into_iter().map(|file| (file.name, digest(file.content))).collect()
    }

    pub fn json(&self, name: &'static str, parameters: &[(&'static str, &str)]) -> String {
        match self.perform(&cmdlet(name, parameters)) {
            Reply::Json(json) => json,
            other => panic!("{name}: {other:?}"),
        }
    }

    pub fn code(&self, name: &'static str, parameters: &[(&'static str, &str)]) -> Option<i64> {
        match self.perform(&cmdlet(name, parameters)) {
            Reply::CmdletFailed { code, .. } => code,
            other => panic!("{name}: {other:?}"),
        }
    }
}

pub fn server(name: &str) -> ServerName {
    ServerName::new(name).unwrap()
}

pub fn statement(text: &str, parameters: &[&str]) -> Statement {
    Statement { text: text.into(), parameters: parameters.iter().map(|&one| one.into()).collect(), together: None }
}

pub fn query(text: &str, parameters: &[&str]) -> Request {
    Request::Query(statement(text, parameters))
}

pub fn rows(reply: Reply) -> Vec<Vec<Option<String>>> {
    match reply {
        Reply::Rows(rows) => rows,
        other => panic!("{other:?}"),
    }
}

/// A PowerShell command that runs on PVS1.
pub fn cmdlet(name: &'static str, parameters: &[(&'static str, &str)]) -> Request {
    cmdlet_on("PVS1", name, parameters)
}

pub fn cmdlet_on(on: &str, name: &'static str, parameters: &[(&'static str, &str)]) -> Request {
    let parameters = parameters.iter().map(|&(key, value)| (key, value.to_owned())).collect();
    Request::Cmdlet { on: server(on), name, parameters }
}

/// `CO-StoreApi.exe COMMAND --quiet --store=Store --server=TARGET` on PVS1.
pub fn api(command: &str, target: &str) -> Request {
    let arguments = [command, "--quiet", "--store=Store", &format!("--server={target}")].map(str::to_owned);
    Request::Command {
        on: server("PVS1"),
        folder: FOLDER.into(),
        program: "CO-StoreApi.exe",
        arguments: arguments.into(),
    }
}

pub fn ask(transition: &'static str, target: &str, host: &str) -> Request {
    let (server, host) = (server(target), server(host));
    Request::AskOperator(Task { group: "Store".into(), transition, server, host, instructions: Vec::new() })
}

/// The handover's change of the database.
pub fn set_master(new: &str, old: &str) -> Request {
    Request::Change {
        only_if: vec![statement(TASKS_QUERY, &["Store"])],
        change: statement(
            "UPDATE dbo.store SET master_pvs_server = @P1 WHERE name = @P2 AND master_pvs_server = @P3",
            &[new, "Store", old],
        ),
        rows: 1,
    }
}

pub fn rename(on: &str, from: &str, to: &str) -> Request {
    Request::RenameFolder { on: server(on), store: "Store".into(), from: from.into(), to: to.into() }
}

pub fn ended(exit_code: i32, stdout: &str) -> Reply {
    Reply::Ended { exit_code, stdout: format!("{stdout}\r\n"), stderr: String::new() }
}

pub fn assert_refused(reply: Reply, says: &str) {
    match reply {
        Reply::Refused { why } => assert!(why.contains(says), "{why}"),
        other => panic!("{other:?}"),
    }
}

pub fn assert_unknown(reply: Reply, says: &str) {
    match reply {
        Reply::Unknown { why } => assert!(why.contains(says), "{why}"),
        other => panic!("{other:?}"),
    }
}

pub fn assert_failed(reply: Reply, says: &str) {
    match reply {
        Reply::Ended { exit_code: 1, stdout, stderr } => {
            assert_eq!(stdout, "");
            assert!(stderr.contains(says), "{stderr}");
        }
        other => panic!("{other:?}"),
    }
}

pub fn tick(pvs_store: &str, server: &str, ticked: bool) -> Request {
    if ticked {
        cmdlet("Set-PvsServerStore", &[("ServerName", server), ("StoreName", pvs_store)])
    } else {
        cmdlet("Remove-PvsServerStore", &[("Name", server), ("StoreName", pvs_store)])
    }
}
