//! What can happen to a farm, in the words of a scenario.

use rolewalk::world::practice::co_store::{self, TaskState};
use rolewalk::world::practice::lifekeeper;
use rolewalk::world::practice::sun_ray::{self, Form};
use rolewalk::world::practice::wsmgr::{self, Kind, Sync};
use rolewalk::world::practice::{Change, Operator};

/// Reads a change.
pub fn parse(text: &str) -> Change {
    let words: Vec<&str> = text.split_whitespace().collect();
    let store = || "Store".to_string();
    let number = |text: &str| text.parse().unwrap_or_else(|_| panic!("`{text}` is no number"));
    match words.as_slice() {
        ["terminals", server, count] => Change::CoStore(co_store::Change::Terminals {
            store: store(),
            server: server.to_string(),
            count: number(count),
        }),
        ["task"] => Change::CoStore(co_store::Change::TaskAdded {
            store: store(),
            state: TaskState::Pending,
            description: "a new version".into(),
        }),
        ["task-removed", id] => Change::CoStore(co_store::Change::TaskRemoved { id: id.parse().unwrap() }),
        ["free", server, megabytes] => Change::FreeSpace { server: server.to_string(), megabytes: number(megabytes) },
        ["invalid", server] => {
            Change::CoStore(co_store::Change::Invalid { store: store(), server: server.to_string(), file: None })
        }
        ["corrupt", server] => Change::CoStore(co_store::Change::Corrupt {
            store: store(),
            server: server.to_string(),
            file: None,
            offset: None,
        }),
        ["corrupt", server, file] => Change::CoStore(co_store::Change::Corrupt {
            store: store(),
            server: server.to_string(),
            file: Some(file.to_string()),
            offset: None,
        }),
        ["chain", server] => {
            Change::CoStore(co_store::Change::Chain { store: store(), server: server.to_string(), file: None })
        }
        ["missing", server, file] => Change::CoStore(co_store::Change::FileMissing {
            store: store(),
            server: server.to_string(),
            file: file.to_string(),
        }),
        ["cleaned", server] => {
            Change::CoStore(co_store::Change::Cleaned { store: store(), server: server.to_string() })
        }
        ["off", server] => Change::Powered { server: server.to_string(), on: false },
        ["on", server] => Change::Powered { server: server.to_string(), on: true },
        ["silent", server] => Change::Answers { server: server.to_string(), answers: false },
        ["answers", server] => Change::Answers { server: server.to_string(), answers: true },
        ["master", server] => Change::CoStore(co_store::Change::Master { store: store(), server: server.to_string() }),
        ["ticked", pvs_store, server] => tick(pvs_store, server, true),
        ["unticked", pvs_store, server] => tick(pvs_store, server, false),
        ["registered", server] => Change::CoStore(co_store::Change::Registered {
            store: store(),
            server: server.to_string(),
            registered: true,
        }),
        ["unregistered", server] => Change::CoStore(co_store::Change::Registered {
            store: store(),
            server: server.to_string(),
            registered: false,
        }),
        ["writing"] => Change::CoStore(co_store::Change::Writing { store: store(), disk: None }),
        ["new-version"] => Change::CoStore(co_store::Change::NewVersion { store: store(), disk: None }),
        ["fail-next", count] => Change::FailNext(count.parse().unwrap()),
        ["lose-next", count] => Change::LoseNext(count.parse().unwrap()),
        ["database", "off"] => Change::CoStore(co_store::Change::DatabaseAnswers(false)),
        ["database", "on"] => Change::CoStore(co_store::Change::DatabaseAnswers(true)),
        ["operator", "person"] => Change::Operator(Operator::Person),
        ["operator", "simulated"] => Change::Operator(Operator::Simulated),
        ["user", server, user] => {
            Change::SunRay(sun_ray::Change::UserAdded { server: server.to_string(), user: user.to_string() })
        }
        ["offline", server] => Change::SunRay(sun_ray::Change::Offline { server: server.to_string(), offline: true }),
        ["reinstalled", server] => Change::SunRay(sun_ray::Change::Reinstalled { server: server.to_string() }),
        ["utreplica", server, words @ ..] => {
            let arguments = words.iter().map(|word| word.to_string()).collect();
            Change::SunRay(sun_ray::Change::Replica { server: server.to_string(), arguments })
        }
        ["shows", server, form] => {
            let form = match *form {
                "usual" => Form::Usual,
                "reworded" => Form::Reworded,
                "truncated" => Form::Truncated,
                "empty" => Form::Empty,
                "domain" => Form::Domain,
                other => panic!("what is the form `{other}`?"),
            };
            Change::SunRay(sun_ray::Change::Shows { server: server.to_string(), form })
        }
        [word, server, rest @ ..] if word.starts_with("lk-") => lifekeeper(word, server, rest).into(),
        ["sticky", server] => web(wsmgr::Change::Sticky { server: server.to_string(), sticky: true }),
        ["not-sticky", server] => web(wsmgr::Change::Sticky { server: server.to_string(), sticky: false }),
        ["sync", server, sync] => {
            let all = [Sync::Complete, Sync::Running, Sync::Error];
            let sync = *all.iter().find(|one| one.as_str() == *sync).unwrap();
            web(wsmgr::Change::Synchronised { server: server.to_string(), sync })
        }
        ["operation", server, kind] => {
            let all = [Kind::Unregistered, Kind::Disabled, Kind::Member, Kind::Manager];
            let kind = *all.iter().find(|one| one.as_str() == *kind).unwrap();
            web(wsmgr::Change::Operation { server: server.to_string(), kind })
        }
        ["restored", server] => web(wsmgr::Change::Restored { server: server.to_string() }),
        ["acts-as-manager", server] => web(wsmgr::Change::ActsAsManager { server: server.to_string() }),
        ["attested", group] => web(wsmgr::Change::Attested { group: group.to_string() }),
        ["attested-over", group] => web(wsmgr::Change::AttestedOver { group: group.to_string() }),
        _ => panic!("what is the change `{text}`?"),
    }
}

fn lifekeeper(word: &str, server: &str, rest: &[&str]) -> lifekeeper::Change {
    use lifekeeper::{Change, Form};
    let (server, flag) = (server.to_string(), rest.join(" "));
    match (word, rest) {
        ("lk-reinstalled", []) => Change::Reinstalled { server, lifekeeper: true },
        ("lk-without", []) => Change::Reinstalled { server, lifekeeper: false },
        ("lk-in-service", []) => Change::InService { server },
        ("lk-out-of-service", []) => Change::OutOfService { server },
        ("lk-paused", []) => Change::Paused { server, paused: true },
        ("lk-new-jobs", []) => Change::NewJobs { server },
        ("lk-flag", [_]) => Change::Flag { server, flag, set: true },
        ("lk-no-flag", [_]) => Change::Flag { server, flag, set: false },
        ("lk-ran", words) => Change::Ran { server, words: words.iter().map(|word| word.to_string()).collect() },
        ("lk-shows", [form]) => {
            let form = match *form {
                "usual" => Form::Usual,
                "blanks" => Form::Blanks,
                "control-a" => Form::ControlA,
                "reworded" => Form::Reworded,
                "truncated" => Form::Truncated,
                "empty" => Form::Empty,
                "domain" => Form::Domain,
                other => panic!("what is the form `{other}`?"),
            };
            Change::Shows { server, form }
        }
        _ => panic!("what is the change `{word}`?"),
    }
}

fn web(change: wsmgr::Change) -> Change {
    change.into()
}

fn tick(pvs_store: &str, server: &str, ticked: bool) -> Change {
    Change::CoStore(co_store::Change::Ticked { pvs_store: pvs_store.into(), server: server.into(), ticked })
}
