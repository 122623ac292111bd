//! What a person sees at a real terminal: a line of what is under way, and text as wide as the terminal and no wider.

#[cfg(unix)]
use std::{
    io::{Read, Write},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use crate::scene::Scene;

/// Leaves out what moves the cursor or colours.
#[cfg(unix)]
fn seen(text: &str) -> String {
    let mut seen = String::new();
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            '\u{1b}' => _ = rest.by_ref().find(|c| c.is_ascii_alphabetic()),
            '\r' => seen.push('\n'),
            c => seen.push(c),
        }
    }
    seen
}

#[cfg(unix)]
#[test]
fn a_step_that_takes_its_time_is_shown_with_how_long_and_until_when_in_forty_columns() {
    let scene = Scene::of("campus");
    scene.set("--operator person");
    let line = format!("stty cols 40 rows 24; exec '{}' apply . --yes", env!("CARGO_BIN_EXE_rolewalk"));
    let mut command = Command::new("script");
    command.args(["-qefc", &line, "/dev/null"]).current_dir(scene.path()).env_remove("COLUMNS").env("LANG", "C");
    command.env("TERM", "xterm").env_remove("LC_ALL").env_remove("LC_MESSAGES");
    let Ok(mut child) = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn() else {
        println!("not run: script is absent");
        return;
    };
    // Standard input stays open: a terminal at which somebody sits.
    let hand = child.stdin.take();
    let mut out = child.stdout.take().unwrap();
    let begun = Instant::now();
    let mut text = String::new();
    let mut piece = [0; 4096];
    while !text.contains(" of 1:00:00") && !text.contains(" of 59:59") && begun.elapsed() < Duration::from_secs(60) {
        match out.read(&mut piece) {
            Ok(0) | Err(_) => break,
            Ok(n) => text.push_str(&String::from_utf8_lossy(&piece[..n])),
        }
    }
    // Ctrl-C ends the run, and with it the terminal: killing the terminal would leave a run behind that ignores its end.
    hand.unwrap().write_all(b"\x03").unwrap();
    let mut rest = Vec::new();
    let _ = out.read_to_end(&mut rest);
    child.wait().unwrap();
    let shown = seen(&text);
    let status = shown
        .lines()
        .find(|line| line.contains(" of ") && line.starts_with("0:0"))
        .unwrap_or_else(|| panic!("{shown}"));
    assert!(status.contains("Store: step 1 of 3"), "{status}");
    // Whatever is copied stays whole: ids. Everything else fits.
    let wide: Vec<&str> = shown.lines().filter(|line| line.chars().count() > 40 && !line.contains("b3:")).collect();
    assert_eq!(wide, Vec::<&str>::new());
}

#[test]
fn without_a_terminal_nothing_moves_the_cursor_and_a_locale_that_is_not_there_does_no_harm() {
    let scene = Scene::of("campus");
    for locale in ["xx_YY.UTF-8", "C", "", "ja", "日本語"] {
        let output = scene.command(&["apply", ".", "--yes"]).env("LC_ALL", locale).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{locale}");
        for bytes in [&output.stdout, &output.stderr] {
            assert!(!bytes.contains(&0x1b) && !bytes.contains(&b'\r'), "{locale}");
        }
        let says = String::from_utf8(output.stdout).unwrap();
        assert_eq!(says.contains("宣言どおり"), locale == "ja", "{locale}: {says}");
    }
}
