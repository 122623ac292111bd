//! Drift as jobs run it: what counts and when, what is kept between looks, and how reports of several jobs become one.

use std::fs;

use crate::scene::Scene;

/// A scene in which the campus was applied a while ago, and PVS3 was unticked by hand since.
fn drifted() -> Scene {
    let scene = Scene::of("campus");
    scene.ok("apply . --yes");
    scene.set("--unregister PVS4");
    scene
}

#[test]
fn a_difference_counts_only_once_it_was_seen_often_enough() {
    let scene = drifted();
    scene.run("drift . --sightings 3").exits(0).says("seen 1 of 3 times");
    scene.run("drift . --sightings 3").exits(0).says("seen 2 of 3 times");
    let seen = scene.json("drift . --sightings 3 --format json", 2);
    assert_eq!(seen["groups"][0]["findings"][0]["sightings"], 3);
    scene.run("drift . --sightings 3").exits(2).says("seen 4 times in a row");
    // A look that can't see the server is neither a sighting nor an end.
    scene.set("--database false");
    scene.run("drift . --sightings 3").exits(3);
    scene.set("--database true");
    scene.run("drift . --sightings 3").exits(2).says("seen 5 times in a row");
    // Gone and back again: it is counted anew.
    scene.set("--register PVS4");
    scene.ok("drift . --sightings 3");
    scene.set("--unregister PVS4");
    scene.run("drift . --sightings 3").exits(0).says("seen 1 of 3 times");
    // Whoever does not ask for counting hears of it at once, and counts nothing.
    let kept = scene.read(".rolewalk/looks.json");
    scene.run("drift .").exits(2);
    assert_eq!(scene.read(".rolewalk/looks.json"), kept);
    scene.run("drift . --sightings 0").exits(1);
}

#[test]
fn what_can_not_be_counted_is_never_held_back() {
    let scene = drifted();
    scene.write(".rolewalk/looks.json", "{");
    scene.run("drift . --sightings 3").exits(2).says("every difference counts now");
    scene.run("drift . --sightings 3").exits(2);
    fs::remove_file(scene.at(".rolewalk/looks.json")).unwrap();
    fs::create_dir(scene.at(".rolewalk/looks.json")).unwrap();
    scene.run("drift . --sightings 3").exits(2).says("nothing is counted");
    scene.run("--lang ja drift . --sightings 3").exits(2).says("回数を数えず");
}

#[test]
fn two_masters_are_told_at_once_however_often_they_are_to_be_seen() {
    let scene = drifted();
    scene.ok("observe . -o seen.json");
    scene.edit("seen.json", "\"role\": \"slave\"", "\"role\": \"master\"");
    scene.run("drift . --snapshot seen.json --sightings 9").exits(2).says("lead at the same time");
}

#[test]
fn a_difference_at_a_server_that_was_just_changed_is_settling_and_no_drift() {
    let scene = Scene::of("campus");
    scene.edit("store.yaml", "keep:", "settling: 1h\nkeep:");
    scene.ok("apply . --yes");
    scene.set("--unregister PVS4");
    scene.run("drift .").says("settling until");
    scene.run("--lang ja drift .").exits(0).says("まで変化中");
    // PVS2 was not touched by the run: nothing of it settles.
    scene.set("--unregister PVS2");
    scene.run("drift .").exits(2).says("`PVS2` is unregistered").says("settling until");
    scene.set("--register PVS2");
    // Nor does anything where no such time is declared: the step was seen to be done.
    scene.edit("store.yaml", "settling: 1h\n", "");
    scene.run("drift .").exits(2).says("`PVS4` is unregistered");
    // A journal that can't be relied on is told, and holds nothing back.
    scene.edit("store.yaml", "keep:", "settling: 1h\nkeep:");
    let journal = scene.journal();
    scene.edit(&journal, "\"step_done\"", "\"step_dune\"");
    scene.run("drift .").exits(2).says("count as settled");
}

#[test]
fn waivers_are_shown_with_their_last_day_and_those_that_have_expired() {
    let scene = Scene::of("campus");
    let waivers = "waivers:\n\
        - { guard: share_present, server: PVS3, owner: kimura, reason: made tonight, until: 2020-01-01 }\n\
        - { guard: capacity_suffices, owner: sato, reason: disks ordered, until: 2999-01-01 }\n";
    let text = scene.read("store.yaml") + waivers;
    scene.write("store.yaml", text);
    let ended = scene.run("drift .").exits(4);
    let ended = ended.says("waiver expired on 2020-01-01: share_present, PVS3, kimura: made tonight");
    ended.says("waiver until 2999-01-01: capacity_suffices, sato: disks ordered");
    let seen = scene.json("drift . --format json", 4);
    assert_eq!(seen["groups"][0]["waivers"][0]["expired"], true);
    assert_eq!(seen["groups"][0]["waivers"][1]["expired"], false);
    scene
        .run("drift . --format metrics")
        .exits(4)
        .says("rolewalk_group_expired_waivers{system=\"co-store\",group=\"Store\"} 1");
}

/// A scene with many groups, and what was seen of them.
fn many(groups: usize) -> Scene {
    let scene = Scene::empty();
    let (mut topologies, mut seen) = (String::new(), Vec::new());
    for n in 0..groups {
        topologies
            .push_str(&format!("---\nversion: 1\ngroup: G{n}\nsystem: co-store\nservers: {{ A: master, B: slave }}\n"));
        let role = if n % 3 == 0 { "additional" } else { "slave" };
        let disks = if n % 3 == 0 { "none" } else { "complete" };
        seen.push(format!(
            "{{\"group\":\"G{n}\",\"system\":\"co-store\",\"servers\":{{\"A\":{{\"role\":\"master\",\"disks\":\"complete\"}},\
             \"B\":{{\"role\":\"{role}\",\"disks\":\"{disks}\"}}}}}}"
        ));
    }
    scene.write("many.yaml", topologies);
    scene.write("seen.json", format!("{{\"format\":\"rolewalk.snapshot/1\",\"groups\":[{}]}}", seen.join(",")));
    scene
}

#[test]
fn partitions_are_merged_into_what_one_job_would_have_said() {
    let scene = many(40);
    let whole = scene.json("drift many.yaml --snapshot seen.json --format json", 4);
    for number in 1..=3 {
        let line =
            format!("drift many.yaml --snapshot seen.json --format json --partition hash:{number}/3 -o {number}.json");
        assert!([Some(0), Some(4)].contains(&scene.run(&line).code));
    }
    let merged = scene.json("drift merge 1.json 2.json 3.json --format json", 4);
    let names = |report: &serde_json::Value| {
        let groups = report["groups"].as_array().unwrap();
        let mut names: Vec<String> = groups.iter().map(|one| format!("{} {}", one["group"], one["verdict"])).collect();
        names.sort();
        names
    };
    assert_eq!((names(&merged), names(&whole).len()), (names(&whole), 40));
    // A partition that nobody told of: what it holds could not be determined.
    scene.run("drift merge 1.json 3.json").exits(3).says("the report of partition hash:2/3 is missing");
    scene.run("drift merge 1.json 3.json --format junit").exits(3).says("hash:2/3");
    scene.run("drift merge 1.json 1.json 2.json 3.json").exits(4).says("told by several reports");
    scene
        .run("drift many.yaml --snapshot seen.json --format json --partition hash:1/1 --applied many.yaml")
        .exits(2)
        .says("hash:1/1");
    scene.run("drift merge 1.json many.yaml").exits(1);
    scene.run("drift merge 1.json nowhere.json").exits(1);
    scene.run("drift merge").exits(1);
    scene.run("drift . --partition 1/3").exits(1).says("hash:NUMBER/COUNT");
    scene.run("drift . --partition hash:4/3").exits(1);
    scene.edit("2.json", "hash:2/3", "hash:2/4");
    scene.run("drift merge 1.json 2.json 3.json").exits(1).says("different numbers of partitions: 3, 4");
}

#[test]
fn an_empty_partition_is_as_declared() {
    let scene = many(1);
    let codes: Vec<Option<i32>> = (1..=8)
        .map(|number| scene.run(&format!("drift many.yaml --snapshot seen.json --partition hash:{number}/8")).code)
        .collect();
    assert_eq!(codes.iter().filter(|code| **code == Some(0)).count(), 7, "{codes:?}");
    assert_eq!(codes.iter().filter(|code| **code == Some(4)).count(), 1, "{codes:?}");
}

#[test]
fn one_group_that_does_not_answer_hides_no_other() {
    let scene = drifted();
    scene.write(
        "dark.yaml",
        "version: 1\ngroup: Nowhere\nsystem: co-store\nconnection: practice\nservers: { A1: master }\n",
    );
    let seen = scene.json("drift . --format json", 3);
    let verdicts: Vec<&str> =
        seen["groups"].as_array().unwrap().iter().map(|one| one["verdict"].as_str().unwrap()).collect();
    assert_eq!(verdicts, ["undetermined", "drift"]);
}

#[test]
fn every_form_of_ten_thousand_groups_is_written_whole() {
    let scene = many(10_000);
    // Compared once, and written in each form from the report.
    scene.run("drift many.yaml --snapshot seen.json --format json -o all.json").exits(4);
    for form in ["text", "json", "markdown", "sarif", "junit", "metrics", "github"] {
        let ended = scene.run(&format!("drift merge all.json --format {form} -o out.{form}")).exits(4);
        assert_eq!(ended.out, scene.read(&format!("out.{form}")), "{form}");
    }
    assert_eq!(scene.read("out.json"), scene.read("all.json"));
    let length = |form: &str| scene.read(&format!("out.{form}")).len();
    assert!(length("markdown") < 32_000 && length("text") < 100_000 && length("github") < 10_000);
    assert!(length("sarif") < 10_000_000, "what GitHub takes at most: {}", length("sarif"));
    assert_eq!(scene.read("out.junit").matches("<testcase").count(), 10_000);
}
