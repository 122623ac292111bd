//! Who may waive what, and until when.

mod farm;

use jiff::civil::date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use rolewalk::format::source::SourceFile;
use rolewalk::format::topology;
use rolewalk::model::guard::Verdict;
use rolewalk::model::table::Table;
use rolewalk::model::topology::Waiver;
use rolewalk::plan::ask::ask;
use rolewalk::plan::plan;
use rolewalk::system::tables;
use rolewalk::world::practice::co_store::Change;

/// Returns whether a topology with a waiver of that guard is refused because of it.
fn is_refused(table: &Table, guard: &str) -> bool {
    let leading = table.roles.iter().find(|role| role.leads).map_or("?", |role| role.name);
    let text = format!(
        "version: 1\ngroup: G\nsystem: {}\nservers: {{ A1: {leading} }}\nwaivers:\n  - {{ guard: {guard}, owner: Suzuki, reason: CHG-1, until: 2999-12-31 }}\n",
        table.system
    );
    let file = SourceFile { name: "group.yaml".into(), bytes: text.into_bytes() };
    let faults = topology::parse(&[file], &tables(), &|_| None).err().unwrap_or_default();
    faults.iter().any(|fault| fault.message.en.contains(guard) && fault.message.en.contains("can't be waived"))
}

// CS-12, DV-02, DV-04, LK-11, SR-01
#[test]
fn a_guard_that_the_documents_make_absolute_can_not_be_waived_and_every_other_can() {
    let mut guards = 0;
    for table in tables() {
        for guard in table.guards {
            assert_eq!(is_refused(table, guard.name), guard.absolute, "{}: {}", table.system, guard.name);
            guards += 1;
        }
    }
    assert!(guards >= 23, "{guards}");
    let absolute = |system: &str, guard: &str| {
        let table = tables().into_iter().find(|table| table.system == system).unwrap();
        table.guard(guard).unwrap().absolute
    };
    // Two masters; terminals that run; files that differ; backups on the master.
    for guard in ["one_master", "no_terminal_running", "no_divergent_file", "no_invalid_folder_on_master"] {
        assert!(absolute("co-store", guard), "{guard}");
    }
    for guard in ["one_primary", "no_other_primary"] {
        assert!(absolute("sun-ray", guard), "{guard}");
    }
}

// CS-12
#[test]
fn a_waiver_of_an_absolute_guard_that_got_past_the_parser_lifts_nothing() {
    let farm = farm::farm("PVS1: master, PVS2: additional");
    let mut declared = farm::declared("PVS1: master, PVS2: slave", "");
    let used = Change::Terminals { store: "Store".into(), server: "PVS1".into(), count: 3 };
    farm.change(used).unwrap();
    let seen = farm::observe(&farm, &farm::site(&declared));
    let waiver = |guard| Waiver {
        guard,
        server: None,
        owner: "Suzuki".into(),
        reason: "CHG-1".into(),
        until: date(2999, 12, 31),
    };
    declared.waivers = declared.table.guards.iter().map(|guard| waiver(guard.name)).collect();
    let planned = plan(&declared, &seen, Timestamp::now());
    let asked = &planned.steps[0].guards;
    let terminals = asked.iter().find(|one| one.name == "no_terminal_running").unwrap();
    assert_eq!((terminals.answer.verdict, terminals.lets_pass()), (Verdict::No, false));
    assert!(planned.blocked_by.iter().any(|block| block.rule == "no_terminal_running"), "{:?}", planned.blocked_by);
}

#[test]
fn a_waiver_holds_to_the_end_of_its_last_day_and_no_longer_however_old_the_plan_is() {
    let farm = farm::farm("PVS1: master, PVS2: additional");
    let more = "waivers:\n  - { guard: share_present, owner: Suzuki, reason: CHG-1, until: 2026-11-30 }\n";
    let declared = farm::declared("PVS1: master, PVS2: slave", more);
    let seen = farm::observe(&farm, &farm::site(&declared));
    let midnight = date(2026, 12, 1).at(0, 0, 0, 0).to_zoned(TimeZone::UTC).unwrap();
    let before = midnight.checked_sub(1.second()).unwrap().timestamp();
    let step = plan(&declared, &seen, before).steps.remove(0);
    // Nothing is known of the share any more: what is not yes needs the waiver.
    let asked = |at| {
        let nothing = Default::default();
        let answers = ask(&declared, &step, &seen.servers, &nothing, at);
        answers.into_iter().find(|one| one.name == "share_present").unwrap()
    };
    assert!(asked(before).waived.is_some() && asked(before).lets_pass());
    let after = asked(midnight.timestamp());
    assert!(after.waived.is_none() && !after.lets_pass(), "{after:?}");
}
