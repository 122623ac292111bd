//! What can happen to a farm, in the words of a scenario.

use rolewalk::world::practice::change::TaskState;
use rolewalk::world::practice::{Change, Operator};

/// Reads a change.
pub fn parse(text: &str) -> Change {
    let words: Vec<&str> = text.split_whitespace().collect();
    let store = || "Store".to_string();
    let number = |text: &str| text.parse().unwrap_or_else(|_| panic!("`{text}` is no number"));
    match words.as_slice() {
        ["terminals", server, count] => {
            Change::Terminals { store: store(), server: server.to_string(), count: number(count) }
        }
        ["task"] => {
            Change::TaskAdded { store: store(), state: TaskState::Pending, description: "a new version".into() }
        }
        ["task-removed", id] => Change::TaskRemoved { id: id.parse().unwrap() },
        ["free", server, megabytes] => Change::FreeSpace { server: server.to_string(), megabytes: number(megabytes) },
        ["invalid", server] => Change::Invalid { store: store(), server: server.to_string(), file: None },
        ["corrupt", server] => Change::Corrupt { store: store(), server: server.to_string(), file: None, offset: None },
        ["corrupt", server, file] => {
            Change::Corrupt { store: store(), server: server.to_string(), file: Some(file.to_string()), offset: None }
        }
        ["chain", server] => Change::Chain { store: store(), server: server.to_string(), file: None },
        ["missing", server, file] => {
            Change::FileMissing { store: store(), server: server.to_string(), file: file.to_string() }
        }
        ["cleaned", server] => Change::Cleaned { store: store(), server: server.to_string() },
        ["off", server] => Change::Powered { server: server.to_string(), on: false },
        ["on", server] => Change::Powered { server: server.to_string(), on: true },
        ["silent", server] => Change::Answers { server: server.to_string(), answers: false },
        ["answers", server] => Change::Answers { server: server.to_string(), answers: true },
        ["master", server] => Change::Master { store: store(), server: server.to_string() },
        ["ticked", pvs_store, server] => tick(pvs_store, server, true),
        ["unticked", pvs_store, server] => tick(pvs_store, server, false),
        ["registered", server] => Change::Registered { store: store(), server: server.to_string(), registered: true },
        ["unregistered", server] => {
            Change::Registered { store: store(), server: server.to_string(), registered: false }
        }
        ["new-version"] => Change::NewVersion { store: store(), disk: None },
        ["fail-next", count] => Change::FailNext(count.parse().unwrap()),
        ["lose-next", count] => Change::LoseNext(count.parse().unwrap()),
        ["database", "off"] => Change::DatabaseAnswers(false),
        ["database", "on"] => Change::DatabaseAnswers(true),
        ["operator", "person"] => Change::Operator(Operator::Person),
        ["operator", "simulated"] => Change::Operator(Operator::Simulated),
        _ => panic!("what is the change `{text}`?"),
    }
}

fn tick(pvs_store: &str, server: &str, ticked: bool) -> Change {
    Change::Ticked { pvs_store: pvs_store.into(), server: server.into(), ticked }
}
