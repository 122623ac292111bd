//! Maintenance windows: outside them nothing is begun, and nothing that could outlast one.

use jiff::{SignedDuration, Timestamp, ToSpan, Zoned, tz::TimeZone};

use crate::scene::Scene;

/// The example in which a master changes, with changes only in `window`.
fn scene(window: &str) -> Scene {
    let scene = Scene::of("change-master");
    scene.write("store.yaml", format!("{}maintenance: [\"{window}\"]\n", scene.read("store.yaml")));
    scene
}

fn now() -> Zoned {
    Zoned::new(Timestamp::now(), TimeZone::UTC)
}

/// A window that opens in three days.
fn closed() -> String {
    let day = now().checked_add(3.days()).unwrap().strftime("%a").to_string();
    format!("{day} 00:00/PT1H UTC")
}

/// A window that is open now and closes in about `left`.
fn closing_in(left: SignedDuration) -> String {
    let begin = now().checked_sub(1.hour()).unwrap();
    let open = SignedDuration::from_hours(1) + left;
    format!("{} {}/PT{}S UTC", begin.strftime("%a"), begin.strftime("%H:%M"), open.as_secs())
}

#[test]
fn outside_its_window_a_group_is_planned_and_not_changed() {
    let window = closed();
    let scene = scene(&window);
    scene.run("plan . --detailed-exitcode").exits(2).says(&format!("changes only in: {window}"));
    let refused = scene.run("apply . --yes").exits(5);
    refused.says("no maintenance window is open").says("the next one opens at").says("nothing has been changed");
    assert_eq!(scene.acts(), [""; 0]);
    assert_eq!(scene.runs(), [""; 0]);
    scene.ok("plan . -o plan.json");
    scene.run("apply plan.json").exits(5).says("no maintenance window is open");
}

#[test]
fn a_step_that_could_outlast_the_window_is_not_begun() {
    let scene = scene(&closing_in(SignedDuration::from_mins(3)));
    let stopped = scene.run("apply . --yes").exits(5);
    stopped.says("the step may disrupt for 5 min, and the maintenance window closes in");
    assert_eq!(scene.acts(), [""; 0]);
    assert_eq!(scene.roles(), "PVS1 master, PVS2 slave");
}

#[test]
fn inside_a_window_that_is_long_enough_a_group_walks() {
    let scene = scene("daily 00:00/PT48H UTC");
    scene.ok("apply . --yes").says("as declared now");
    scene.ok("apply . --yes").says("everything is as declared");
}

#[test]
fn a_plan_is_rehearsed_whatever_its_windows_are() {
    let scene = scene(&closed());
    scene
        .ok("rehearse .")
        .says("its maintenance windows are left out")
        .says("does it: 5 of 5 requests; ends as declared");
    scene.ok("rehearse . --lang ja").says("メンテナンス時間は考慮しない");
}

#[test]
fn a_window_that_can_not_be_read_is_shown_with_its_place() {
    let refused = scene("Sat 22:00-24:00").run("validate .").exits(1);
    refused.says("`Sat 22:00-24:00` is no maintenance window").says("store.yaml:").says("Sat 22:00/PT7H Asia/Tokyo");
}
