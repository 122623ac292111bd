//! The page of a plan in a real browser: what axe says of its accessibility, in both languages, light and dark, and what
//! it looks like, kept below `target/tools/screens` for whoever wants to see it.

mod copy;
#[path = "tools/mod.rs"]
mod tools;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use copy::Copy;
use serde_json::Value;

/// Runs axe in each language, and leaves what it found in the page.
const ASK: &str = "(async () => {
  const found = [];
  for (const id of ['pick-en', 'pick-ja']) {
    document.getElementById(id).checked = true;
    const said = await axe.run(document, { resultTypes: ['violations', 'passes'] });
    const nodes = one => one.nodes.slice(0, 3).map(node => node.html.slice(0, 300) + ' ' + node.failureSummary);
    found.push({ id, passes: said.passes.length, violations: said.violations.map(one => [one.id, one.help, nodes(one)]) });
  }
  const out = document.createElement('pre');
  out.id = 'axe-says';
  out.textContent = JSON.stringify(found);
  document.body.append(out);
})().catch(error => { document.title = 'axe failed: ' + error; });";

fn browser() -> Option<PathBuf> {
    let found = tools::program(&["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]);
    if found.is_none() {
        println!("not run: no Chromium is there; install the package chromium");
    }
    found
}

/// Opens a file in a browser that reaches no network and remembers nothing.
fn open(browser: &Path, arguments: &[&str], file: &Path) -> tools::Ended {
    let profile = tempfile::tempdir().expect("a folder");
    let mut command = Command::new(browser);
    command.args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]);
    command.args(["--disable-background-networking", "--disable-component-update", "--disable-sync"]);
    command.args(["--disable-dev-shm-usage", "--hide-scrollbars", "--disable-extensions"]);
    command.arg(format!("--user-data-dir={}", profile.path().display())).args(arguments);
    tools::run(command.arg(format!("file://{}", file.display())))
}

/// Returns pages of every kind: a plan with danger and files, one that is blocked, several groups, and a run.
fn pages() -> Vec<(&'static str, String)> {
    let copy = Copy::new();
    let said = |arguments: &[&str], code: i32| {
        let said = copy.run(arguments);
        assert_eq!(said.code, code, "{}", said.text);
        let begin = said.text.find("<!DOCTYPE html>").expect("a page");
        let end = said.text.rfind("</html>").expect("a whole page") + "</html>".len();
        said.text[begin..end].to_owned()
    };
    copy.run(&["practice", "up", "examples/campus"]);
    let plan = said(&["plan", "examples/campus", "--format", "html"], 0);
    copy.run(&["practice", "set", "examples/first-slave", "--terminals", "PVS1=3"]);
    let paths = ["examples/first-slave", "examples/change-master", "examples/failover-group"];
    let several = said(&[&["plan", "--format", "html"], paths.as_slice()].concat(), 5);
    assert_eq!(copy.run(&["apply", "examples/campus", "--yes"]).code, 0);
    let history = copy.run(&["history"]).text;
    let run = history.lines().last().and_then(|line| line.split(' ').next()).expect("a run");
    let run = said(&["show", run, "--format", "html", "--lang", "ja"], 0);
    vec![("plan", plan), ("several", several), ("run", run)]
}

#[test]
fn axe_finds_nothing_wrong_with_any_page_in_either_language_light_or_dark() {
    let (Some(browser), Some(axe)) = (browser(), tools::installed("npm/node_modules/axe-core/axe.min.js")) else {
        return;
    };
    let axe = fs::read_to_string(axe).expect("axe");
    let folder = tempfile::tempdir().expect("a folder");
    let mut looked_at = 0;
    for (name, page) in pages() {
        assert!(!page.contains("<script"), "the page runs nothing");
        let policy = page.lines().find(|line| line.contains("Content-Security-Policy")).expect("a policy").to_owned();
        let asking = page
            .replace(&policy, "")
            .replace("</body>", &format!("<script>{axe}</script><script>{ASK}</script></body>"));
        let file = folder.path().join(format!("{name}.html"));
        fs::write(&file, asking).expect("written");
        // The colours are the same on every page: one of them is looked at in both schemes.
        let schemes: &[&str] = match name {
            "plan" => &["0", "1"],
            "several" => &["1"],
            _ => &["0"],
        };
        for scheme in schemes {
            let scheme = format!("--blink-settings=preferredColorScheme={scheme}");
            let ended = open(&browser, &[&scheme, "--virtual-time-budget=60000", "--dump-dom"], &file);
            let begin =
                ended.out.find("<pre id=\"axe-says\">").unwrap_or_else(|| panic!("axe said nothing: {}", ended.err));
            let said = ended.out[begin..].split(['>', '<']).nth(2).expect("what axe says");
            let said = said.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
            let said: Value = serde_json::from_str(&said).expect("JSON");
            for language in said.as_array().expect("two languages") {
                let found = language["violations"].as_array().expect("a list");
                assert!(found.is_empty(), "{name} {scheme}: {language:#}");
                assert!(language["passes"].as_u64() >= Some(15), "{language:#}");
                looked_at += 1;
            }
        }
    }
    println!("axe looked at {looked_at} pages and found nothing");
    assert_eq!(looked_at, 8);
}

#[test]
fn the_page_is_drawn_without_a_network() {
    let Some(browser) = browser() else { return };
    let screens = tools::target().join("tools/screens");
    fs::create_dir_all(&screens).expect("a folder");
    let folder = tempfile::tempdir().expect("a folder");
    let (_, page) = pages().swap_remove(0);
    let file = folder.path().join("plan.html");
    fs::write(&file, page).expect("written");
    for (name, size, scheme) in [("light", (1100, 2400), "1"), ("narrow-dark", (400, 3000), "0")] {
        let picture = screens.join(format!("{name}.png"));
        let _ = fs::remove_file(&picture);
        let size_said = format!("--window-size={},{}", size.0, size.1);
        let scheme = format!("--blink-settings=preferredColorScheme={scheme}");
        let ended = open(&browser, &[&size_said, &scheme, &format!("--screenshot={}", picture.display())], &file);
        let bytes = fs::read(&picture).unwrap_or_else(|error| panic!("{error}: {}", ended.err));
        // Width and height stand behind the name of the first chunk; a page on which nothing is drawn packs to a few KiB.
        let number = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().expect("four bytes"));
        assert_eq!((number(16), number(20)), size);
        assert!(bytes.len() > 30_000, "{} bytes", bytes.len());
    }
}
