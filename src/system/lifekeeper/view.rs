//! What each server of a cluster says: its own lists, read off the answers. What could not be read is an error that says
//! why, and never an empty list.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::name::ServerName;
use crate::model::request::{Reply, Request};
use crate::model::site::Site;
use crate::system::Answers;

use super::output::{self, Equivalency, Job, MirrorLine, Resource, State, Status};
use super::{BIN, DATAKEEPER, info_file};

/// What a shell says of a program that is not there, on Windows and elsewhere.
const NOT_FOUND: [i32; 2] = [9009, 127];

/// What a server itself says.
#[derive(Debug, Clone)]
pub(super) enum Word {
    /// It answered.
    Said(Box<View>),
    /// LifeKeeper is not installed on it.
    NotInstalled,
    /// It did not answer, or was not asked because it is lost; why.
    Silent(String),
    /// It answered, and nobody understands it; why.
    Strange(String),
}

/// What a server that answers shows.
#[derive(Debug, Clone)]
pub(super) struct View {
    /// The systems that it knows, itself among them.
    pub systems: Vec<ServerName>,
    /// The equivalencies that it holds.
    pub equivalencies: Vec<Equivalency>,
    /// The systems to which it has a path.
    pub paths: Vec<ServerName>,
    /// Its resources and the state of its paths.
    pub status: Status,
    /// The flags.
    pub flags: Result<Vec<String>, String>,
    /// Its volumes, by letter.
    pub volumes: BTreeMap<String, Volume>,
}

/// A volume of a server.
#[derive(Debug, Clone)]
pub(super) struct Volume {
    /// Whether DataKeeper's command is there.
    pub is_mirrorable: bool,
    /// The job that it is in.
    pub job: Result<Option<Job>, String>,
    /// Its mirrors.
    pub mirrors: Result<Vec<MirrorLine>, String>,
    /// Whether its `LKDRInfo` file is there.
    pub has_info: Result<bool, String>,
}

/// What every server says.
pub(super) type Said = BTreeMap<ServerName, Word>;

/// Returns what must be asked next; empty once everything was asked.
pub(super) fn asks(site: &Site, answers: &Answers) -> Vec<Request> {
    let known = known_servers(site, answers);
    let asked: Vec<&ServerName> = known.iter().filter(|server| !site.lost.contains(server)).collect();
    let first = answers.missing(asked.iter().map(|server| sys_list(server)).collect());
    if !first.is_empty() {
        return first;
    }
    let answering: Vec<&ServerName> =
        asked.into_iter().filter(|server| systems(answers, server).is_ok_and(|known| known.is_some())).collect();
    let lists = answering
        .iter()
        .flat_map(|server| [eqv_list(server), net_list(server), ins_list(server), lcdstatus(server), flg_list(server)]);
    let second = answers.missing(lists.collect());
    if !second.is_empty() {
        return second;
    }
    let volumes = answering.iter().flat_map(|server| {
        let letters = text(answers.to(&lcdstatus(server))).and_then(output::status).map(|status| letters(&status));
        let of = |letter: String| [job(server, &letter), mirrors(server, &letter), info(server, &letter)];
        letters.unwrap_or_default().into_iter().flat_map(of).collect::<Vec<_>>()
    });
    answers.missing(volumes.collect())
}

/// Returns every server that is declared or that one of them names, but another name of a declared one.
pub(super) fn known_servers(site: &Site, answers: &Answers) -> BTreeSet<ServerName> {
    let mut known: BTreeSet<ServerName> = site.servers.iter().cloned().collect();
    for server in &site.servers {
        let named = systems(answers, server).ok().flatten().unwrap_or_default();
        known.extend(named.into_iter().filter(|name| !is_another_name(site, name)));
        let shared = text(answers.to(&eqv_list(server))).and_then(output::equivalencies).unwrap_or_default();
        let named = shared.into_iter().flat_map(|one| [one.system, one.other]);
        known.extend(named.filter(|name| !is_another_name(site, name)));
    }
    known
}

/// Returns whether a name is no declared server's and begins like one, as a full domain name does: whether both are one
/// server can't be told.
fn is_another_name(site: &Site, name: &ServerName) -> bool {
    let label = |name: &ServerName| name.as_str().split('.').next().unwrap_or_default().to_ascii_lowercase();
    !site.servers.contains(name) && site.servers.iter().any(|one| label(one) == label(name))
}

/// Returns what a server itself says.
pub(super) fn word(site: &Site, answers: &Answers, server: &ServerName) -> Word {
    if site.lost.contains(server) {
        return Word::Silent("it is declared lost".into());
    }
    match answers.to(&sys_list(server)) {
        Some(Reply::Ended { exit_code, .. }) if NOT_FOUND.contains(exit_code) => Word::NotInstalled,
        Some(Reply::Ended { .. }) => match view(site, answers, server) {
            Ok(view) => Word::Said(Box::new(view)),
            Err(why) => Word::Strange(why),
        },
        other => Word::Silent(why_not(other)),
    }
}

fn view(site: &Site, answers: &Answers, server: &ServerName) -> Result<View, String> {
    let systems = text(answers.to(&sys_list(server))).and_then(output::systems)?;
    let equivalencies = text(answers.to(&eqv_list(server))).and_then(output::equivalencies)?;
    let shared = equivalencies.iter().flat_map(|one| [&one.system, &one.other]);
    if let Some(name) = systems.iter().chain(shared).find(|name| is_another_name(site, name)) {
        return Err(format!(
            "it names {name}, and whether that is the declared server of that first name can't be told"
        ));
    }
    if !systems.contains(server) {
        let named: Vec<&str> = systems.iter().map(ServerName::as_str).collect();
        return Err(format!("sys_list names {}, and not {server} itself", named.join(", ")));
    }
    let status = text(answers.to(&lcdstatus(server))).and_then(output::status)?;
    if let Some(local) = status.local.as_ref().filter(|local| !server.is(local)) {
        return Err(format!("lcdstatus calls the local system {local}, and not {server}"));
    }
    text(answers.to(&ins_list(server))).and_then(|said| output::instances(said, &status.resources))?;
    if let Some(one) = status.resources.iter().find(|one| one.state == State::Other) {
        return Err(format!("the state of {} says neither in service nor out of service", one.tag));
    }
    // A path may outlive the system's entry.
    let others: Vec<ServerName> = known_servers(site, answers).into_iter().collect();
    let paths = text(answers.to(&net_list(server))).and_then(|said| output::paths(said, server, &others))?;
    let flags = text(answers.to(&flg_list(server))).and_then(output::flags);
    let volumes = letters(&status).into_iter().map(|letter| {
        let volume = volume(answers, server, &letter);
        (letter, volume)
    });
    Ok(View { systems, equivalencies, paths, flags, volumes: volumes.collect(), status })
}

fn volume(answers: &Answers, server: &ServerName, letter: &str) -> Volume {
    let job = answers.to(&job(server, letter));
    let is_mirrorable = !matches!(job, Some(Reply::Ended { exit_code, .. }) if NOT_FOUND.contains(exit_code));
    let has_info = match answers.to(&info(server, letter)) {
        Some(Reply::FileSize(size)) => Ok(size.is_some()),
        other => Err(why_not(other)),
    };
    Volume {
        is_mirrorable,
        job: if is_mirrorable { text(job).and_then(output::job) } else { Ok(None) },
        mirrors: match is_mirrorable {
            true => match answers.to(&mirrors(server, letter)) {
                // It ends with the status as its exit code.
                Some(Reply::Ended { stdout, .. }) if output::is_not_mirrored(stdout) => Ok(Vec::new()),
                other => text(other).and_then(|said| output::mirror(letter, said)),
            },
            false => Ok(Vec::new()),
        },
        has_info,
    }
}

/// Returns the letters of the volumes among a server's resources: a volume's ID is its letter with a colon.
fn letters(status: &Status) -> BTreeSet<String> {
    status.resources.iter().filter_map(letter).collect()
}

/// Returns the letter of a resource that is a volume.
pub(super) fn letter(resource: &Resource) -> Option<String> {
    let letter = resource.id.strip_suffix(':')?;
    (letter.len() == 1 && letter.chars().all(|c| c.is_ascii_alphabetic())).then(|| letter.to_ascii_uppercase())
}

/// Returns the systems that a server names; none where LifeKeeper is not installed.
fn systems(answers: &Answers, server: &ServerName) -> Result<Option<Vec<ServerName>>, String> {
    match answers.to(&sys_list(server)) {
        Some(Reply::Ended { exit_code, .. }) if NOT_FOUND.contains(exit_code) => Ok(None),
        other => text(other).and_then(output::systems).map(Some),
    }
}

/// Returns what a command wrote, or why that can't be read.
fn text(reply: Option<&Reply>) -> Result<&str, String> {
    match reply {
        Some(Reply::Ended { exit_code: 0, stdout, .. }) => Ok(stdout),
        other => Err(why_not(other)),
    }
}

fn why_not(reply: Option<&Reply>) -> String {
    match reply {
        None => "it was not asked".into(),
        Some(Reply::Refused { why } | Reply::Unknown { why }) => why.clone(),
        Some(Reply::Ended { exit_code, stderr, .. }) => {
            format!("the command ended with exit code {exit_code}: {}", output::shown(stderr))
        }
        Some(_) => "an answer of another kind came".into(),
    }
}

fn show(server: &ServerName, folder: &str, program: &'static str, arguments: &[&str]) -> Request {
    let arguments = arguments.iter().map(|one| one.to_string()).collect();
    Request::Show { on: server.clone(), folder: folder.into(), program, arguments }
}

fn sys_list(server: &ServerName) -> Request {
    show(server, BIN, "sys_list", &[])
}

fn eqv_list(server: &ServerName) -> Request {
    show(server, BIN, "eqv_list", &["-e", "SHARED", "-f;"])
}

fn net_list(server: &ServerName) -> Request {
    show(server, BIN, "net_list", &["-f;"])
}

fn ins_list(server: &ServerName) -> Request {
    show(server, BIN, "ins_list", &["-f;"])
}

/// On Windows it is a Perl script.
fn lcdstatus(server: &ServerName) -> Request {
    show(server, BIN, "perl", &["lcdstatus", "-q"])
}

fn flg_list(server: &ServerName) -> Request {
    show(server, BIN, "flg_list", &[])
}

/// `emcmd . getjobinfoforvol` for a volume.
pub(super) fn job(server: &ServerName, letter: &str) -> Request {
    show(server, DATAKEEPER, "emcmd", &[".", "getjobinfoforvol", letter])
}

fn mirrors(server: &ServerName, letter: &str) -> Request {
    show(server, DATAKEEPER, "emcmd", &[".", "getmirrorvolinfo", letter])
}

fn info(server: &ServerName, letter: &str) -> Request {
    Request::StatFile { on: server.clone(), path: info_file(letter) }
}
