//! The parameters of a PowerShell command.

use crate::model::request::Reply;
use crate::world::practice::farm::refused;
use crate::world::practice::state::same;

/// Returns the values of a command's parameters in the order of `needed`, then those of `may`.
///
/// # Errors
/// What PowerShell says of a parameter that is missing, unknown or given twice: nothing was carried out.
pub fn take<'a, const NEEDED: usize, const MAY: usize>(
    command: &str,
    given: &'a [(&'static str, String)],
    needed: [&str; NEEDED],
    may: [&str; MAY],
) -> Result<([&'a str; NEEDED], [Option<&'a str>; MAY]), Reply> {
    for (at, (key, _)) in given.iter().enumerate() {
        if !needed.iter().chain(&may).any(|name| same(name, key)) {
            return Err(refused(format!("{command}: a parameter cannot be found that matches parameter name `{key}`")));
        }
        if given.iter().take(at).any(|(other, _)| same(other, key)) {
            return Err(refused(format!("{command}: parameter `{key}` is specified more than once")));
        }
    }
    let value = |name: &str| given.iter().find(|(key, _)| same(key, name)).map(|(_, value)| value.as_str());
    if let Some(missing) = needed.iter().find(|name| value(name).is_none_or(str::is_empty)) {
        return Err(refused(format!("{command}: missing mandatory parameter: {missing}")));
    }
    Ok((needed.map(|name| value(name).unwrap_or_default()), may.map(value)))
}
