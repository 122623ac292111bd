//! The fingerprints of the last look: compared with, told, and recorded by `disks`, `drift` and `apply`.

use crate::model::disks::recorded::Changed;
use crate::model::snapshot::leaders;
use crate::model::words::Text;
use crate::report::{self, Look as Shown};
use crate::run::recorded::compare_and_record;
use crate::system::co_store::{self, matrix};

use super::reach::{self, Look, Reach};
use super::setting::Setting;

/// Compares a look with the record and records it. What can't be kept is said and stops nothing.
pub fn keep(setting: &Setting, reach: &Reach, look: &Look) -> Vec<Changed> {
    let table = reach.system.table;
    if table.system != co_store::SYSTEM.table.system {
        return Vec::new();
    }
    let Some(master) = leaders(table, &look.seen.servers).next() else { return Vec::new() };
    let shown = matrix::shown(&reach.site, &look.answers, &look.seen, reach::now());
    let key = (table.system, look.seen.group.as_str());
    let outcome = compare_and_record(&setting.state, key, master, &shown);
    if let Some(why) = outcome.unreadable {
        setting.remark(&Text::new(
            format!("the fingerprints of the last look can't be read, and are recorded anew: {why}"),
            format!("前回の記録を読めないため、新たに記録した: {why}"),
        ));
    }
    if let Some(fault) = outcome.unwritten {
        setting.remark(&Text::new(
            format!("the fingerprints of this look could not be recorded: {fault}"),
            format!("今回の状態を記録できなかった: {fault}"),
        ));
    }
    outcome.changed
}

/// Compares looks with their records, and tells on standard error what changed without a new version (DV-08).
pub fn tell(setting: &Setting, reaches: &[Reach], looks: &[Look]) {
    for (reach, look) in reaches.iter().zip(looks) {
        let changed = keep(setting, reach, look);
        setting.say(&report::disks::changed(&changed, &Shown { colour: setting.color_stderr, ..setting.look() }));
    }
}
