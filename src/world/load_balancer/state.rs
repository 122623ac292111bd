//! What HAProxy's answers say: columns are found by their names, and what is not there is told as such.

use crate::model::pool::PoolState;

/// Bits of `srv_admin_state`: maintenance, but not what the configuration says (that bit is only informational).
const MAINT: u32 = 0x23;
/// Bits of `srv_admin_state`: draining.
const DRAIN: u32 = 0x18;

/// What `show servers state` says of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Admin {
    /// What it was told.
    pub state: PoolState,
    /// Whether it is found up; none where nobody looks, or it is changing.
    pub up: Option<bool>,
}

/// Reads `show servers state`.
///
/// # Errors
/// What is missing or not understood.
pub fn admin(text: &str, backend: &str, server: &str) -> Result<Admin, String> {
    let mut lines = text.lines().map(str::trim_end);
    match lines.next() {
        Some("1") => {}
        Some(other) => return Err(format!("`show servers state` answers {:?}", shown(other))),
        None => return Err("`show servers state` answers nothing".into()),
    }
    let head = lines.next().and_then(|line| line.strip_prefix("# "));
    let head: Vec<&str> = head.ok_or("`show servers state` names no columns")?.split(' ').collect();
    let column = |name: &str| {
        let found = head.iter().position(|one| *one == name);
        found.ok_or_else(|| format!("`show servers state` has no column {name}"))
    };
    let (of, name) = (column("be_name")?, column("srv_name")?);
    let (operation, admin) = (column("srv_op_state")?, column("srv_admin_state")?);
    let row = lines
        .map(|line| line.split(' ').collect::<Vec<_>>())
        .find(|row| row.get(of) == Some(&backend) && row.get(name) == Some(&server));
    let row = row.ok_or_else(|| format!("there is no server {backend}/{server}"))?;
    let number = |at: usize| {
        let word = row.get(at).copied().unwrap_or_default();
        word.parse::<u32>().map_err(|_| format!("`show servers state` has {:?} where a number belongs", shown(word)))
    };
    let (operation, admin) = (number(operation)?, number(admin)?);
    let state = match (admin & MAINT, admin & DRAIN) {
        (0, 0) => PoolState::Ready,
        (0, _) => PoolState::Drain,
        _ => PoolState::Maint,
    };
    let up = match (state, operation) {
        (PoolState::Maint, _) => None,
        (_, 0) => Some(false),
        (_, 2) => Some(true),
        // Starting, or stopping softly.
        (_, 1 | 3) => None,
        (_, other) => return Err(format!("`show servers state` has the unknown operational state {other}")),
    };
    Ok(Admin { state, up })
}

/// Reads the sessions that `show stat` counts on a server now.
///
/// # Errors
/// What is missing or not understood.
pub fn sessions(text: &str, backend: &str, server: &str) -> Result<u64, String> {
    let mut lines = text.lines();
    let head = lines.next().and_then(|line| line.strip_prefix("# ")).ok_or("`show stat` names no columns")?;
    let head: Vec<&str> = head.split(',').collect();
    let column = |name: &str| {
        let found = head.iter().position(|one| *one == name);
        found.ok_or_else(|| format!("`show stat` has no column {name}"))
    };
    let (of, name, current) = (column("pxname")?, column("svname")?, column("scur")?);
    // The names and counts come before any field that could be quoted.
    let row = lines
        .map(|line| line.split(',').collect::<Vec<_>>())
        .find(|row| row.get(of) == Some(&backend) && row.get(name) == Some(&server));
    let row = row.ok_or_else(|| format!("`show stat` has no server {backend}/{server}"))?;
    let word = row.get(current).copied().unwrap_or_default();
    word.parse().map_err(|_| format!("`show stat` has {:?} sessions for {backend}/{server}", shown(word)))
}

fn shown(text: &str) -> String {
    text.chars().take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight\n";

    fn of(operation: u32, admin: u32) -> Result<Admin, String> {
        super::admin(&format!("{HEAD}4 web 1 web1 10.0.0.1 {operation} {admin} 1\n\n"), "web", "web1")
    }

    #[test]
    fn a_state_is_read_off_its_bits_and_never_off_its_place_alone() {
        assert_eq!(of(2, 0), Ok(Admin { state: PoolState::Ready, up: Some(true) }));
        assert_eq!(of(2, 4), Ok(Admin { state: PoolState::Ready, up: Some(true) }), "what the file says is no state");
        assert_eq!(of(2, 8), Ok(Admin { state: PoolState::Drain, up: Some(true) }));
        assert_eq!(of(0, 0x10), Ok(Admin { state: PoolState::Drain, up: Some(false) }));
        for maint in [1, 2, 0x20, 1 | 8] {
            assert_eq!(of(0, maint), Ok(Admin { state: PoolState::Maint, up: None }));
        }
        assert_eq!(of(3, 8), Ok(Admin { state: PoolState::Drain, up: None }));
        assert!(of(9, 0).is_err());
        let moved = "1\n# srv_admin_state be_name srv_name srv_op_state\n1 web web1 0\n";
        assert_eq!(super::admin(moved, "web", "web1").unwrap().state, PoolState::Maint);
    }

    #[test]
    fn another_version_a_missing_column_and_a_cut_answer_are_told() {
        let row = "4 web 1 web1 10.0.0.1 2 0 1\n";
        for bad in [
            String::new(),
            "Unknown command: 'show servers state'\n".into(),
            format!("2\n# be_id\n{row}"),
            format!("1\n{row}"),
            format!("{HEAD}4 web 2 web2 10.0.0.2 2 0 1\n"),
            format!("{HEAD}4 web 1 web1 10.0.0.1\n"),
            format!("{}{row}", HEAD.replace("srv_admin_state", "srv_x")),
        ] {
            assert!(super::admin(&bad, "web", "web1").is_err(), "{bad}");
        }
    }

    #[test]
    fn sessions_are_counted_at_the_server_and_not_at_the_backend() {
        let head = "# pxname,svname,qcur,qmax,scur,smax,";
        let text = format!("{head}\nweb,BACKEND,0,0,9,9,\nother,web1,0,0,8,9,\nweb,web1,0,0,3,9,\n");
        assert_eq!(super::sessions(&text, "web", "web1"), Ok(3));
        assert!(super::sessions(&text, "web", "web2").is_err());
        assert!(super::sessions(&text.replace(",3,", ",,"), "web", "web1").is_err());
        assert!(super::sessions("", "web", "web1").is_err());
    }
}
