//! What the outputs of LifeKeeper's and DataKeeper's commands say.
//!
//! Whatever is not understood as a whole is an error that shows what was written, and never a guess. Fields are parted by
//! the control character 0x01, by the character that was asked for with `-f`, or, where there is neither, by blanks.
//!
//! # Source
//! LifeKeeper for Windows, recovery of a reinstalled server (`eqv_list`, `sys_list`, `getjobinfoforvol`); SIOS' pages
//! "short status display" (`lcdstatus -q`) and "LCDI flags" (`flg_list`); scripts that SIOS publishes
//! (`getmirrorvolinfo`, the separator 0x01).

use crate::model::name::ServerName;

/// The character that the commands are asked to part fields with: no tag can have it, and no ID of a volume does.
pub const SEPARATOR: char = ';';

/// One equivalency, as a line of `eqv_list` has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Equivalency {
    /// A system.
    pub system: ServerName,
    /// The resource's tag there.
    pub tag: String,
    /// The other system.
    pub other: ServerName,
    /// The resource's tag there.
    pub other_tag: String,
    /// The system's priority and the other's: 1 is the highest.
    pub priorities: (u16, u16),
}

/// One resource, as a line of `lcdstatus -q` has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// Its tag.
    pub tag: String,
    /// Its ID: of a volume the letter with a colon.
    pub id: String,
    /// What it is at.
    pub state: State,
    /// Whether it is the top of a hierarchy.
    pub is_top: bool,
}

/// A resource's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// `ISP`: in service, protected.
    InService,
    /// `OSU`: out of service, unimpaired.
    OutOfService,
    /// `OSF`: out of service, failed.
    Failed,
    /// A state whose meaning for a role is not documented for Windows: `ISU`, `ILLSTATE`.
    Other,
}

/// What `lcdstatus -q` shows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Status {
    /// The name that the server gives itself, where a resource names it.
    pub local: Option<String>,
    /// Its resources, in order.
    pub resources: Vec<Resource>,
    /// The communication paths: the other system, and whether the path is alive.
    pub paths: Vec<(String, bool)>,
}

/// A DataKeeper job, as `getjobinfoforvol` tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its ID.
    pub id: String,
    /// The pairs of ends that it mirrors.
    pub pairs: Vec<[End; 2]>,
}

/// One end of a mirror.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// The system.
    pub system: String,
    /// The volume's letter.
    pub volume: String,
    /// The address.
    pub address: String,
}

/// One line of `getmirrorvolinfo`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MirrorLine {
    /// Whether this server is the source.
    pub is_source: bool,
    /// The address of the target.
    pub target: String,
    /// The state's number: 1 is mirroring, 4 is paused.
    pub state: i32,
}

/// Returns the lines of an output that is whole: it ends with a line end.
fn lines<'a>(what: &str, stdout: &'a str) -> Result<Vec<&'a str>, String> {
    if !stdout.is_empty() && !stdout.ends_with('\n') {
        return Err(format!("{what}: the output is cut short: {}", shown(stdout)));
    }
    Ok(stdout.lines().map(|line| line.trim_end_matches('\r')).filter(|line| !line.trim().is_empty()).collect())
}

/// Parts a line into its fields.
pub fn fields(line: &str) -> Vec<&str> {
    let parts = |separator: char| {
        let line = line.strip_suffix(separator).unwrap_or(line);
        line.split(separator).map(str::trim).collect()
    };
    match ['\u{1}', SEPARATOR].into_iter().find(|separator| line.contains(*separator)) {
        Some(separator) => parts(separator),
        None => line.split_whitespace().collect(),
    }
}

fn name(what: &str, text: &str) -> Result<ServerName, String> {
    ServerName::new(text).map_err(|fault| format!("{what}: {fault}"))
}

/// Reads the output of `sys_list`: a system's name on each line.
///
/// # Errors
/// What was written, where it is not of that form in any part.
pub fn systems(stdout: &str) -> Result<Vec<ServerName>, String> {
    let mut found: Vec<ServerName> = Vec::new();
    for line in lines("sys_list", stdout)? {
        let [one] = fields(line)[..] else { return Err(format!("sys_list: no name of a system: {}", shown(line))) };
        let one = name("sys_list", one)?;
        if found.contains(&one) {
            return Err(format!("sys_list: {one} is named twice"));
        }
        found.push(one);
    }
    if found.is_empty() { Err("sys_list wrote nothing, not even this system's own name".into()) } else { Ok(found) }
}

/// Reads the output of `eqv_list`: seven fields on each line.
///
/// # Errors
/// What was written, where it is not of that form in any part.
pub fn equivalencies(stdout: &str) -> Result<Vec<Equivalency>, String> {
    let read = |line: &str| {
        let strange = |why: &str| format!("eqv_list: {why}: {}", shown(line));
        let [system, tag, other, other_tag, kind, one, two] = fields(line)[..] else {
            return Err(strange("a line has not seven fields"));
        };
        if kind != "SHARED" {
            return Err(strange("an equivalency is not of the type SHARED"));
        }
        let priority = |text: &str| text.parse::<u16>().ok().filter(|one| (1..=1024).contains(one));
        let (Some(one), Some(two)) = (priority(one), priority(two)) else {
            return Err(strange("a priority is no number from 1 to 1024"));
        };
        if one == two || tag.is_empty() || other_tag.is_empty() {
            return Err(strange("a tag is empty, or both systems have one priority"));
        }
        let (system, other) = (name("eqv_list", system)?, name("eqv_list", other)?);
        if system == other {
            return Err(strange("a system is equivalent to itself"));
        }
        Ok(Equivalency { system, tag: tag.into(), other, other_tag: other_tag.into(), priorities: (one, two) })
    };
    lines("eqv_list", stdout)?.into_iter().map(read).collect()
}

/// Reads the output of `net_list`: which of the systems that are known have a path. The order of its columns is
/// not documented for Windows: a system is known by a whole field that is its name.
///
/// # Errors
/// A line in which not exactly one of `others` stands.
pub fn paths(stdout: &str, own: &ServerName, others: &[ServerName]) -> Result<Vec<ServerName>, String> {
    let mut found: Vec<ServerName> = Vec::new();
    for line in lines("net_list", stdout)? {
        let fields = fields(line);
        let named: Vec<&ServerName> =
            others.iter().filter(|one| *one != own && fields.iter().any(|field| one.is(field))).collect();
        match named[..] {
            [one] if found.contains(one) => {}
            [one] => found.push(one.clone()),
            _ => return Err(format!("net_list: which system a path leads to can't be told: {}", shown(line))),
        }
    }
    Ok(found)
}

/// Checks the output of `ins_list` against the resources that `lcdstatus` shows. The order of its columns is not
/// documented for Windows: each line must have a whole field that is one of the tags, and each tag one line.
///
/// # Errors
/// In what the two differ.
pub fn instances(stdout: &str, resources: &[Resource]) -> Result<(), String> {
    let lines = lines("ins_list", stdout)?;
    if lines.len() != resources.len() {
        let (one, two) = (lines.len(), resources.len());
        return Err(format!("ins_list shows {one} resources, and lcdstatus {two}"));
    }
    for resource in resources {
        let is_named = |line: &&&str| fields(line).contains(&resource.tag.as_str());
        let found: Vec<&&str> = lines.iter().filter(is_named).collect();
        let states: Vec<State> = found.iter().flat_map(|line| fields(line)).filter_map(state).collect();
        match (found.len(), &states[..]) {
            (1, [] | [_]) if states.iter().all(|one| *one == resource.state) => {}
            (0, _) => return Err(format!("lcdstatus shows {}, and ins_list does not", resource.tag)),
            _ => return Err(format!("ins_list and lcdstatus differ about {}", resource.tag)),
        }
    }
    Ok(())
}

fn state(word: &str) -> Option<State> {
    match word {
        "ISP" => Some(State::InService),
        "OSU" => Some(State::OutOfService),
        "OSF" => Some(State::Failed),
        "ISU" | "ILLSTATE" => Some(State::Other),
        _ => None,
    }
}

/// What draws the tree before a tag.
fn is_branch(c: char) -> bool {
    "|-—–_`+\\> ".contains(c)
}

/// Reads the output of `lcdstatus -q`: the table of resources, then the one of communication paths, each with its heading.
///
/// # Errors
/// What was written, where it is not of that form in any part.
pub fn status(stdout: &str) -> Result<Status, String> {
    const RESOURCES: [&str; 6] = ["LOCAL", "TAG", "ID", "STATE", "PRIO", "PRIMARY"];
    const PATHS: [&str; 5] = ["MACHINE", "TYPE", "ADDRESSES/DISK", "STATE", "PRIO"];
    let strange = |why: &str, line: &str| format!("lcdstatus: {why}: {}", shown(line));
    let mut found = Status::default();
    let mut heading = None;
    for line in lines("lcdstatus", stdout)? {
        let mut words: Vec<&str> = line.split_whitespace().collect();
        if words == RESOURCES || words == PATHS {
            heading = Some(words == RESOURCES);
            continue;
        }
        match heading {
            None => return Err(strange("no heading that is known", line)),
            Some(true) => {
                // The tree may stand apart from the tag that it leads to.
                let is_apart = words.len() > 6 && words[1].chars().all(is_branch);
                if is_apart {
                    words.remove(1);
                }
                let [local, tag, id, word, priority, _] = words[..] else {
                    return Err(strange("a resource has not six columns", line));
                };
                let is_top = !is_apart && !tag.starts_with(is_branch);
                let tag = tag.trim_start_matches(is_branch);
                let state = state(word).ok_or_else(|| strange("a state that is not known", line))?;
                if tag.is_empty() || priority.parse::<u16>().is_err() || (found.resources.is_empty() && !is_top) {
                    return Err(strange("a resource that is not understood", line));
                }
                if found.local.as_ref().is_some_and(|known| !known.eq_ignore_ascii_case(local)) {
                    return Err(strange("two names for the local system", line));
                }
                found.local = Some(local.into());
                found.resources.push(Resource { tag: tag.into(), id: id.into(), state, is_top });
            }
            Some(false) => {
                let [machine, _, _, word, _] = words[..] else {
                    return Err(strange("a communication path has not five columns", line));
                };
                let alive = match word {
                    "ALIVE" => true,
                    "DEAD" => false,
                    _ => return Err(strange("a path that is neither ALIVE nor DEAD", line)),
                };
                found.paths.push((machine.into(), alive));
            }
        }
    }
    if heading.is_none() {
        return Err("lcdstatus wrote nothing".into());
    }
    Ok(found)
}

/// Reads the output of `flg_list`: a flag on each line.
///
/// # Errors
/// Where the output is cut short, or has what no name of a flag is made of.
pub fn flags(stdout: &str) -> Result<Vec<String>, String> {
    let lines = lines("flg_list", stdout)?;
    match lines.iter().find(|line| line.contains(char::is_control)) {
        Some(line) => Err(format!("flg_list: no name of a flag: {}", shown(line))),
        None => Ok(lines.into_iter().map(|line| line.trim().to_string()).collect()),
    }
}

/// Returns whether a flag says that somebody holds the lock for changes.
pub fn is_admin_lock(flag: &str) -> bool {
    flag.starts_with("!action!")
}

/// Reads the output of `emcmd . getjobinfoforvol`: nothing where the volume is in no job.
///
/// A value may go on on the next line.
///
/// # Errors
/// What was written, where it is not of that form in any part.
pub fn job(stdout: &str) -> Result<Option<Job>, String> {
    let strange = |why: &str| format!("getjobinfoforvol: {why}: {}", shown(stdout));
    let mut values: Vec<(&str, String)> = Vec::new();
    for line in lines("getjobinfoforvol", stdout)? {
        match line.split_once('=').map(|(key, value)| (key.trim(), value)) {
            Some((key @ ("ID" | "Name" | "Description" | "MirrorEndPoints"), value)) => {
                values.push((key, value.trim().into()));
            }
            _ => match values.last_mut() {
                Some((_, value)) => value.push_str(line.trim()),
                None => return Err(strange("it is no job")),
            },
        }
    }
    if values.is_empty() {
        return Ok(None);
    }
    let of = |key: &'static str| values.iter().filter(move |(one, _)| *one == key).map(|(_, value)| value.as_str());
    let ids: Vec<&str> = of("ID").collect();
    let [id] = ids[..] else { return Err(strange("there is not exactly one ID")) };
    if !is_guid(id) {
        return Err(strange("the ID is no GUID"));
    }
    let mut pairs = Vec::new();
    for value in of("MirrorEndPoints") {
        let parts: Vec<&str> = value.trim_end_matches(';').split(';').map(str::trim).collect();
        for pair in parts.chunks(7) {
            let [a, va, ia, b, vb, ib, "A" | "S" | "D"] = *pair else {
                return Err(strange("the mirror's ends are not understood"));
            };
            let end = |system: &str, volume: &str, address: &str| End {
                system: system.into(),
                volume: volume.into(),
                address: address.into(),
            };
            if [a, va, ia, b, vb, ib].contains(&"") {
                return Err(strange("an end of the mirror is empty"));
            }
            pairs.push([end(a, va, ia), end(b, vb, ib)]);
        }
    }
    if pairs.is_empty() {
        return Err(strange("no mirror's ends are named"));
    }
    Ok(Some(Job { id: id.into(), pairs }))
}

/// Returns whether a text is a GUID: it becomes a part of a registry key, and nothing else may.
fn is_guid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12])
        && parts.iter().all(|part| part.chars().all(|c| c.is_ascii_hexdigit()))
}

/// Reads the output of `emcmd . getmirrorvolinfo`: a line for each target. `Status = 15`, and nothing at all, say that
/// the volume is not mirrored.
///
/// # Errors
/// What was written, where it is not of that form in any part.
pub fn mirror(volume: &str, stdout: &str) -> Result<Vec<MirrorLine>, String> {
    let lines = lines("getmirrorvolinfo", stdout)?;
    if is_not_mirrored(stdout) {
        return Ok(Vec::new());
    }
    let read = |line: &str| {
        let strange = |why: &str| format!("getmirrorvolinfo: {why}: {}", shown(line));
        let words: Vec<&str> = line.split_whitespace().collect();
        let [of, role, _, target, state] = words[..] else { return Err(strange("a line has not five fields")) };
        if !of.trim_end_matches(':').eq_ignore_ascii_case(volume) {
            return Err(strange("it is about another volume"));
        }
        let is_source = match role {
            "1" => true,
            "2" => false,
            _ => return Err(strange("a role that is not documented")),
        };
        let state = state.parse().map_err(|_| strange("a state that is no number"))?;
        Ok(MirrorLine { is_source, target: target.into(), state })
    };
    lines.into_iter().map(read).collect()
}

/// Returns whether `emcmd` says that a volume is not mirrored.
pub fn is_not_mirrored(stdout: &str) -> bool {
    is_status(stdout, "15")
}

/// Returns whether an output of `emcmd` says that it was done.
pub fn is_status_zero(stdout: &str) -> bool {
    is_status(stdout, "0")
}

fn is_status(stdout: &str, code: &str) -> bool {
    let mut lines = stdout.lines().filter(|line| !line.trim().is_empty());
    lines.next().is_some_and(|line| line.split_whitespace().eq(["Status", "=", code])) && lines.next().is_none()
}

/// Says what an exit code of the LCD commands means.
pub fn exit_code(code: i32) -> &'static str {
    match code {
        1 => "a system or library call failed",
        2 => "syntax error",
        3 => "internal error",
        4 => "the object already exists",
        5 => "illegal argument",
        6 => "index out of range",
        7 => "the object does not exist",
        8 => "refused: another instance depends on it",
        9 => "communication with another system failed",
        _ => "an exit code that is not documented",
    }
}

/// Shows the beginning of an output on one line.
pub fn shown(output: &str) -> String {
    let clean: String = output.chars().map(|c| if c == '\u{1}' { ' ' } else { c }).collect();
    let line: String = clean.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(120).collect();
    if line.is_empty() { "(nothing)".into() } else { format!("\"{line}\"") }
}

#[cfg(test)]
#[path = "output_tests.rs"]
mod tests;
