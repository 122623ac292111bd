//! Outputs as the documents show them, in another wording, cut short, and hostile.

use proptest::prelude::*;

use super::*;

/// The outputs below `fixtures/replies/lifekeeper`: a heading of lines with `#` says where the form comes from.
fn fixture(name: &str) -> String {
    let path = format!("{}/fixtures/replies/lifekeeper/{name}.txt", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|why| panic!("{path}: {why}")).replace("\r\n", "\n");
    let said: String = text.lines().filter(|line| !line.starts_with("# ")).map(|line| format!("{line}\n")).collect();
    assert!(said.len() < text.len(), "{name} does not say where it comes from");
    said.replace("^A", "\u{1}")
}

fn server(text: &str) -> ServerName {
    ServerName::new(text).unwrap()
}

// LK-01
#[test]
fn equivalencies_are_read_with_any_separator() {
    for form in ["eqv_list-blanks", "eqv_list-control-a", "eqv_list-semicolon"] {
        let found = equivalencies(&fixture(form)).unwrap();
        assert_eq!(found.len(), 2, "{form}");
        let Equivalency { system, tag, other, other_tag, priorities } = &found[1];
        assert_eq!((system.as_str(), tag.as_str()), ("BENHOGAN2008", "Vol.E"), "{form}");
        assert_eq!((other.as_str(), other_tag.as_str(), *priorities), ("GPLAYER2008", "Vol.E", (1, 10)), "{form}");
    }
    assert_eq!(equivalencies(""), Ok(vec![]));
}

// LK-01
#[test]
fn systems_paths_and_resources_are_read() {
    let known = systems(&fixture("sys_list")).unwrap();
    assert_eq!(known, [server("BENHOGAN2008"), server("GPLAYER2008")]);
    let own = &known[0];
    assert_eq!(paths(&fixture("net_list"), own, &known).unwrap(), [server("GPLAYER2008")]);
    assert_eq!(paths("", own, &known), Ok(vec![]));
    assert!(paths("TCP 10.0.0.1 SOMEBODY\n", own, &known).unwrap_err().contains("can't be told"));
    let seen = status(&fixture("lcdstatus-q")).unwrap();
    let told: Vec<_> = seen.resources.iter().map(|one| (one.tag.as_str(), one.id.as_str(), one.is_top)).collect();
    assert_eq!(told, [("SQL.Default", "CAE-CX-LAB29", true), ("sqlapp.Vol.E", "E:", false)]);
    assert_eq!(seen.paths, [("CAE-CX-LAB30".to_string(), true)]);
    assert_eq!(instances(&fixture("ins_list"), &seen.resources), Ok(()));
    assert!(instances("", &seen.resources).unwrap_err().contains("ins_list shows 0 resources"));
}

// LK-05
#[test]
fn a_job_is_read_though_its_ends_go_on_on_the_next_line() {
    let found = job(&fixture("getjobinfoforvol")).unwrap().unwrap();
    assert_eq!(found.id, "e829700c-27b0-447f-b852-1a3135da31a7");
    let [one, other] = &found.pairs[0];
    assert_eq!((one.system.as_str(), one.volume.as_str(), one.address.as_str()), ("BENHOGAN2008", "E", "10.200.8.25"));
    assert_eq!((other.system.as_str(), other.address.as_str()), ("GPLAYER2008", "10.200.8.26"));
    assert_eq!(job(""), Ok(None));
    for bad in [
        "ID = e829700c\nMirrorEndPoints = A;E;1;B;E;2;A\n",
        "ID = e829700c-27b0-447f-b852-1a3135da31a7\n",
        "ID = e829700c-27b0-447f-b852-1a3135da31a7\nMirrorEndPoints = A;E;1;B;E;2\n",
        "ID = e829700c-27b0-447f-b852-1a3135da31a7\\..\\..\nMirrorEndPoints = A;E;1;B;E;2;A\n",
        "ID = e829700c-27b0-447f-b852-1a3135da31a7\nMirrorEndPoints = A;E;1;B;E;2;A",
        "Status = 5\n",
    ] {
        assert!(job(bad).is_err(), "{bad}: {:?}", job(bad));
    }
}

// LK-09
#[test]
fn a_mirrors_lines_are_read() {
    let lines = mirror("E", &fixture("getmirrorvolinfo")).unwrap();
    assert_eq!(lines, [MirrorLine { is_source: true, target: "172.17.103.134".into(), state: 1 }]);
    assert_eq!(mirror("E", "Status = 15\n"), Ok(vec![]));
    for bad in ["E: 0 LEX2 172.17.103.134 1\n", "F: 1 LEX2 172.17.103.134 1\n", "E: 1 LEX2\n", "Status = 2\n"] {
        assert!(mirror("E", bad).is_err(), "{bad}");
    }
    assert!(
        is_status_zero("Status = 0\n")
            && !is_status_zero("Status = 02\n")
            && !is_status_zero("Status = 0\nStatus = 5\n")
    );
}

// LK-01
#[test]
fn what_is_not_understood_as_a_whole_is_an_error_and_no_guess() {
    for bad in [
        "A t B t SHARED 1\n",
        "A t B t SHARED 1 1\n",
        "A t B t SHARED 0 10\n",
        "A t B t COMMON 1 10\n",
        "A t A t SHARED 1 10\n",
        "A t B;reboot t SHARED 1 10\n",
        "A t B t SHARED 1 10",
        "kein Eintrag\n",
    ] {
        assert!(equivalencies(bad).is_err(), "{bad}: {:?}", equivalencies(bad));
    }
    for bad in ["", "A\nA\n", "A B\n", "A", "A&B\n"] {
        assert!(systems(bad).is_err(), "{bad}");
    }
    for bad in [
        "",
        "A t E: ISP 1 A\n",
        "LOCAL TAG ID STATE PRIO PRIMARY\nA t E: UP 1 A\n",
        "LOCAL TAG ID STATE PRIO PRIMARY\nA t E: ISP 1\n",
        "LOCAL TAG ID STATE PRIO PRIMARY\nA t E: ISP 1 A\nB u F: ISP 1 A\n",
        "MACHINE TYPE ADDRESSES/DISK STATE PRIO\nB TCP 1/2 GONE 1\n",
    ] {
        assert!(status(bad).is_err(), "{bad}: {:?}", status(bad));
    }
}

proptest! {
    #[test]
    fn no_output_brings_the_parsers_down(text in "(?s).{0,300}") {
        let _ = (systems(&text), equivalencies(&text), status(&text), flags(&text), job(&text), mirror("E", &text));
        let _ = paths(&text, &server("A"), &[server("A"), server("B")]);
        is_status_zero(&text);
        prop_assert!(shown(&text).chars().count() <= 122);
    }

    #[test]
    fn an_output_cut_anywhere_never_becomes_another(cut in 0_usize..200) {
        let cut_off = |text: &str| text.chars().take(cut).collect::<String>();
        let whole = fixture("getjobinfoforvol");
        let part = cut_off(&whole);
        if let Ok(Some(found)) = job(&part) {
            prop_assert_eq!(Some(found), job(&whole).unwrap(), "{}", part);
        }
        let whole = fixture("eqv_list-blanks");
        let rows = equivalencies(&whole).unwrap();
        if let Ok(found) = equivalencies(&cut_off(&whole)) {
            prop_assert!(rows.starts_with(&found));
        }
    }
}
