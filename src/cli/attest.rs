//! `attest`: records what a person saw that no probe can see, until when it holds; lists and withdraws that.

use std::path::Path;

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, civil};

use crate::model::attestation::{Attestation, Form, subject};
use crate::model::name::ServerName;
use crate::model::topology::Topology;
use crate::model::words::Text;
use crate::report::clean;
use crate::run::attested;
use crate::system::{self, System};

use super::arguments::Attest;
use super::failure::Failure;
use super::setting::Setting;
use super::{inputs, reach};

/// One fact of the command line: whose it is, its name, and its value.
struct Given {
    server: Option<ServerName>,
    name: String,
    value: String,
}

/// Runs the command.
pub fn run(setting: &Setting, arguments: &Attest) -> Result<u8, Failure> {
    // A fact has a `=`, and so may have a path: one that is there is meant.
    let is_path = |word: &&String| !word.contains('=') || Path::new(word).exists();
    let (paths, facts): (Vec<&String>, Vec<&String>) = arguments.words.iter().partition(is_path);
    let paths: Vec<_> = paths.into_iter().map(Into::into).collect();
    if paths.is_empty() {
        return Err(Failure::new(1, "no topology is named", "トポロジーが指定されていない").nothing_changed());
    }
    let inputs = inputs::read(&paths)?;
    if arguments.list {
        return list(setting, arguments, &inputs.topologies);
    }
    let topology = group(arguments, &inputs.topologies)?;
    let system = system::find(topology.table.system).ok_or_else(|| nothing_attestable(topology))?;
    if !arguments.withdraw.is_empty() {
        return withdraw(setting, arguments, topology);
    }
    let Some(until) = &arguments.until else {
        return Err(Failure::new(1, "`--until` is missing", "`--until` がない").nothing_changed().hint(
            "say until when it holds, as in `--until 8h` or `--until 2026-12-01T06:00+09:00`",
            "`--until 8h` や `--until 2026-12-01T06:00+09:00` のように有効期限を指定する",
        ));
    };
    if facts.is_empty() {
        return Err(what_can_be(topology, system, "no fact is given", "証言する内容がない"));
    }
    let at = reach::now();
    let until = time(until, at)?;
    let by = arguments.by.clone().unwrap_or_else(|| setting.identity().who);
    if by.trim().is_empty() || by.chars().any(char::is_control) {
        return Err(Failure::new(1, "`--by` names nobody", "`--by` の名前が空である").nothing_changed());
    }
    let new = facts.into_iter().map(|word| {
        let Given { server, name, value } = given(arguments, topology, system, word)?;
        Ok(Attestation { server, name, value, by: by.clone(), at, until })
    });
    let new: Vec<Attestation> = new.collect::<Result<_, Failure>>()?;
    refuse_twice(&new)?;
    attested::change(&setting.state, topology.table.system, &topology.group, |all| attested::add(all, &new))
        .map_err(|fault| Failure::from(fault).nothing_changed())?;
    for one in &new {
        setting.remark(&told("attested", "証言を記録した", one, at));
    }
    Ok(0)
}

/// Refuses a fact that is given twice: only one of the two can be so.
fn refuse_twice(new: &[Attestation]) -> Result<(), Failure> {
    let is_before =
        |at: usize| new[..at].iter().any(|one| (&one.server, &one.name) == (&new[at].server, &new[at].name));
    let Some(at) = (0..new.len()).find(|at| is_before(*at)) else { return Ok(()) };
    let subject = new[at].subject();
    let (en, ja) = (format!("`{subject}` is given twice"), format!("`{subject}` が 2 回指定されている"));
    Err(Failure::new(1, en, ja).nothing_changed().hint("give each fact once", "それぞれの項目を 1 回だけ指定する"))
}

fn list(setting: &Setting, arguments: &Attest, topologies: &[Topology]) -> Result<u8, Failure> {
    let now = Timestamp::now();
    let of_group = |topology: &&Topology| arguments.group.as_ref().is_none_or(|name| *name == topology.group);
    if !topologies.iter().any(|topology| of_group(&topology)) {
        return group(arguments, topologies).map(|_| 0);
    }
    for topology in topologies.iter().filter(of_group) {
        for one in attested::read(&setting.state, topology.table.system, &topology.group)? {
            let over = if one.is_over(now) { Text::new(" (over)", " (期限切れ)") } else { Text::default() };
            let line = format!(
                "{} ({}): {} = {}, {}, {}{}",
                topology.group,
                topology.table.system,
                one.subject(),
                one.value,
                one.source(),
                one.at,
                over.say(setting.language)
            );
            setting.print(&format!("{}\n", clean::terminal(&line)));
        }
    }
    Ok(0)
}

fn withdraw(setting: &Setting, arguments: &Attest, topology: &Topology) -> Result<u8, Failure> {
    let wanted = &arguments.withdraw;
    let is_wanted = |one: &Attestation| {
        wanted.iter().any(|name| {
            let named = one.subject() == *name;
            named || (one.server.as_ref().map(ServerName::as_str) == arguments.server.as_deref() && one.name == *name)
        })
    };
    let mut gone = Vec::new();
    attested::change(&setting.state, topology.table.system, &topology.group, |all| {
        gone = attested::withdraw(all, is_wanted);
    })
    .map_err(|fault| Failure::from(fault).nothing_changed())?;
    if gone.is_empty() {
        let group = &topology.group;
        return Err(Failure::new(
            1,
            format!("nothing of that name is attested about group `{group}`"),
            format!("グループ `{group}` についてその名前の証言はない"),
        )
        .nothing_changed()
        .hint("`rolewalk attest --list PATH` shows what is", "`rolewalk attest --list PATH` で一覧を表示する"));
    }
    for one in &gone {
        setting.remark(&told("withdrawn", "証言を取り消した", one, one.at));
    }
    Ok(0)
}

fn told(en: &str, ja: &str, one: &Attestation, at: Timestamp) -> Text {
    let Attestation { by, until, value, .. } = one;
    let (subject, value) = (clean::terminal(&one.subject()).into_owned(), clean::terminal(value).into_owned());
    Text::new(
        format!("{en}: {subject} = {value}, by {by} at {at}, until {until}"),
        format!("{ja}: {subject} = {value} ({by}、{at}、期限 {until})"),
    )
}

/// Returns the group that is meant.
fn group<'a>(arguments: &Attest, topologies: &'a [Topology]) -> Result<&'a Topology, Failure> {
    let named = |topology: &&Topology| arguments.group.as_ref().is_none_or(|name| *name == topology.group);
    let found: Vec<&Topology> = topologies.iter().filter(named).collect();
    match found.as_slice() {
        [one] => Ok(one),
        found => {
            let names: Vec<&str> = topologies.iter().map(|one| one.group.as_str()).collect();
            let (en, ja) = match found.is_empty() {
                true => ("no such group is declared there", "そのグループは宣言されていない"),
                false => ("several groups are declared there", "複数のグループが宣言されている"),
            };
            let names = names.join(", ");
            Err(Failure::new(1, en, ja)
                .nothing_changed()
                .hint(format!("name one with `--group`: {names}"), format!("`--group` で 1 つ指定する: {names}")))
        }
    }
}

/// Reads one fact: `NAME=VALUE` of `--server` or of the group, or `SERVER.NAME=VALUE`.
fn given(arguments: &Attest, topology: &Topology, system: &System, word: &str) -> Result<Given, Failure> {
    let (subject, value) = word.split_once('=').unwrap_or((word, ""));
    // A server's name may have dots, a fact's has none.
    let (server, name) = match subject.rsplit_once('.') {
        Some((server, name)) => (Some(server), name),
        None => (arguments.server.as_deref(), subject),
    };
    let server = server.map(|server| declared(topology, server)).transpose()?;
    let Some(form) = system.attestable(name, server.is_some()) else {
        return Err(what_can_be(
            topology,
            system,
            &format!("`{subject}` is no fact that can be attested"),
            &format!("`{subject}` は証言できる項目ではない"),
        ));
    };
    if let Err(can_be) = form.read(topology.table, value) {
        return Err(Failure::new(
            1,
            format!("`{name}` can't be `{value}`"),
            format!("`{name}` に `{value}` は指定できない"),
        )
        .nothing_changed()
        .hint(format!("it can be {can_be}"), format!("指定できる値: {can_be}")));
    }
    Ok(Given { server, name: name.into(), value: value.into() })
}

fn declared(topology: &Topology, name: &str) -> Result<ServerName, Failure> {
    let found = topology.servers.iter().find(|one| one.server.as_str() == name);
    found.map(|one| one.server.clone()).ok_or_else(|| {
        let group = &topology.group;
        let names: Vec<&str> = topology.servers.iter().map(|one| one.server.as_str()).collect();
        let names = names.join(", ");
        Failure::new(
            1,
            format!("`{name}` is no declared server of group `{group}`"),
            format!("`{name}` はグループ `{group}` に宣言されたサーバーではない"),
        )
        .nothing_changed()
        .hint(format!("declared are {names}"), format!("宣言されているサーバー: {names}"))
    })
}

/// Says what of a group can be attested.
fn what_can_be(topology: &Topology, system: &System, en: &str, ja: &str) -> Failure {
    let failure = Failure::new(1, en, ja).nothing_changed();
    if system.attestable.is_empty() {
        return nothing_attestable(topology);
    }
    system.attestable.iter().fold(failure, |failure, one| {
        let server = ServerName::new("SERVER").ok().filter(|_| one.of_server);
        let values = match one.form {
            Form::Count | Form::List => one.placeholder(topology.table),
            Form::Role | Form::Mark | Form::Flag => one.values(topology.table).join("|"),
        };
        let fact = format!("{}={values}", subject(server.as_ref(), one.name));
        failure.line(&format!("{fact}: {}", one.says.en), &format!("{fact}: {}", one.says.ja))
    })
}

fn nothing_attestable(topology: &Topology) -> Failure {
    let system = topology.table.system;
    Failure::new(
        1,
        format!("everything about a group of `{system}` is seen: nothing can be attested"),
        format!("`{system}` のグループはすべて観測できるため、証言できる項目はない"),
    )
    .nothing_changed()
}

/// Reads a time, or a span from now.
fn time(text: &str, now: Timestamp) -> Result<Timestamp, Failure> {
    let wrong = |en: &str, ja: &str| {
        Failure::new(1, format!("`--until {text}` {en}"), format!("`--until {text}` {ja}")).nothing_changed().hint(
            "write a span such as `8h` or `2d`, or a time such as `2026-12-01T06:00+09:00` or `2026-12-01 06:00`",
            "`8h` や `2d` のような期間、または `2026-12-01T06:00+09:00` や `2026-12-01 06:00` のような日時を指定する",
        )
    };
    let until = match (text.parse::<Timestamp>(), text.parse::<Span>(), text.parse::<civil::DateTime>()) {
        (Ok(at), ..) => Some(at),
        (_, Ok(span), _) => now.to_zoned(TimeZone::system()).checked_add(span).ok().map(|at| at.timestamp()),
        (.., Ok(at)) => at.to_zoned(TimeZone::system()).ok().map(|at| at.timestamp()),
        _ => None,
    };
    let until = until.ok_or_else(|| wrong("is neither a time nor a span", "は日時でも期間でもない"))?;
    let until = Timestamp::from_second(until.as_second()).unwrap_or(until);
    match until > now {
        true => Ok(until),
        false => Err(wrong("is over already", "はすでに過ぎている")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn until_is_a_time_or_a_span_and_never_past() {
        let now: Timestamp = "2026-11-29T21:00:00Z".parse().unwrap();
        let at = |text: &str| time(text, now).map(|at| at.to_string()).map_err(|failure| failure.message.en);
        assert_eq!(at("8h").as_deref(), Ok("2026-11-30T05:00:00Z"));
        assert_eq!(at("PT30M").as_deref(), Ok("2026-11-29T21:30:00Z"));
        assert_eq!(at("2026-12-01T06:00+09:00").as_deref(), Ok("2026-11-30T21:00:00Z"));
        assert!(at("2026-12-01 06:00").is_ok());
        for past in ["0s", "-1h", "2026-11-29T20:59:59Z"] {
            assert!(at(past).unwrap_err().ends_with("is over already"), "{past}");
        }
        for bad in ["", "soon", "8 bananas", "2026-13-01T00:00Z"] {
            assert!(at(bad).unwrap_err().ends_with("is neither a time nor a span"), "{bad}");
        }
    }
}
