//! What the matrix shows, and that nothing in it acts on a page.

use super::*;
use crate::model::disks::difference::{Difference, Grain, Parts, Unplaced};
use crate::model::disks::inventory::{Beside, Inventory, Record, State};
use crate::model::disks::layout::Structure;
use crate::model::disks::listing::Quarantine;
use crate::model::disks::manifest::ByteRange;
use crate::model::disks::matrix::Row;
use crate::model::disks::place::Part;
use crate::model::disks::recorded::Changed;
use crate::model::name::ServerName;

fn server(name: &str) -> ServerName {
    ServerName::new(name).unwrap()
}

fn column(name: &str, role: RoleName, disks: Result<&'static str, String>) -> Column {
    Column {
        server: server(name),
        role: Some(role),
        disks,
        bytes: Some(3 << 20),
        quarantines: Vec::new(),
        broken: Vec::new(),
    }
}

/// One flipped byte, one missing file, one Invalid folder, and a name that would act on a page.
fn matrix() -> Matrix {
    let mut invalid = column("PVS4", "slave", Ok("invalid"));
    let files = ["Hoge.1.avhd.20170907_123456_000000".to_owned(), "<script>|x".to_owned()];
    invalid.quarantines = vec![Quarantine::of("Invalid".into(), files)];
    let parts = (0..12).map(|at| Part::Sectors { block: Some(1), first: 4096 + 2 * at, last: 4096 + 2 * at });
    let differs = FileState::Differs(Difference {
        same_disk: None,
        ranges: vec![ByteRange { start: 2 << 20, end: 4 << 20 }],
        grain: Grain::Sector,
        parts: Ok(parts.collect()),
    });
    let equal = || Cell::Compared(FileState::Equal);
    let row = |path: &str, cells: [Cell; 3]| Row {
        path: path.into(),
        cells: std::iter::once(Cell::Master).chain(cells).collect(),
    };
    Matrix {
        group: "Store".into(),
        system: "co-store".into(),
        master: Some(server("PVS1")),
        servers: vec![
            column("PVS1", "master", Ok("complete")),
            column("PVS2", "slave", Ok("divergent")),
            column("PVS3", "slave", Ok("awaiting")),
            invalid,
        ],
        files: vec![
            row("Hoge.1.avhd", [Cell::Compared(differs), equal(), equal()]),
            row("Hoge.<b>|.vhd", [equal(), Cell::Compared(FileState::Missing), equal()]),
        ],
        changed: Vec::new(),
        inventory: None,
    }
}

/// Of `Hoge.1.avhd` and `Hoge.<b>|.vhd` above: what agrees, what contradicts the bytes, what PVS does not know.
fn inventory() -> Inventory {
    let record = |of: &str, file: &str, state: Result<State, &str>| Record {
        server: server(of),
        file: file.into(),
        folder: if of == "PVS2" { r"E:\vDisk".into() } else { String::new() },
        state: state.map_err(Into::into),
    };
    let records = vec![
        record("PVS1", "Hoge.1.avhd", Ok(State::UpToDate)),
        record("PVS2", "Hoge.1.avhd", Ok(State::UpToDate)),
        record("PVS3", "HOGE.1.AVHD", Ok(State::FileOutdated)),
        record("PVS3", "Hoge.<b>|.vhd", Ok(State::FileMissing)),
        record("PVS4", "Hoge.1.avhd", Err("PVS can't reach the server")),
    ];
    Inventory { records, unknown: Vec::new() }
}

fn look(language: Language, width: usize) -> Look {
    Look { language, width, colour: false }
}

// DV-01, DV-02, DV-03
#[test]
fn a_flipped_byte_a_missing_file_and_an_invalid_folder_are_shown_per_server_and_file() {
    let said = text(&[matrix()], &[], &look(Language::English, 120));
    let row = said.lines().find(|line| line.contains("Hoge.1.avhd  ")).unwrap();
    let cells: Vec<&str> = row.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect();
    assert_eq!(cells, ["Hoge.1.avhd", "the master's", "differs", "equal", "equal"]);
    assert!(said.contains("Hoge.1.avhd on PVS2 differs from the master's: bytes 2 MiB to 4 MiB"), "{said}");
    assert!(said.contains("sector 4096 (block 1), sector 4098 (block 1)"), "{said}");
    assert!(said.contains("missing") && said.contains("neither discards nor replicates"), "{said}");
    assert!(said.contains("The folder Invalid on PVS4 holds Hoge.1.avhd.20170907_123456_000000"), "{said}");
    assert!(said.contains("divergence: { keep: master-files }"), "{said}");
    assert_eq!(matrix().amount(), Amount::Different);
    let narrow = text(&[matrix()], &[], &look(Language::Japanese, 40));
    let file: Vec<&str> = narrow.lines().skip_while(|line| !line.contains("Hoge.1.avhd")).take(4).collect();
    assert_eq!(file, ["  Hoge.1.avhd", "    マスター: PVS1", "    不一致: PVS2", "    一致: PVS3、PVS4"], "{narrow}");
    assert!(narrow.contains("不一致: PVS2 (slave)"), "who is what is said once: {narrow}");
}

// DV-01
#[test]
fn the_matrix_of_five_servers_fits_a_usual_terminal_in_both_languages_and_its_columns_stand_below_one_another() {
    let table = &crate::system::co_store::table::TABLE;
    let mut matrix = matrix();
    matrix.servers.push(column("PVS5", "additional", Ok("leftover")));
    matrix.files.iter_mut().for_each(|row| row.cells.push(Cell::Leftover { bytes: 1 }));
    for (language, invalid, leftover) in
        [(Language::English, "invalid", "leftover"), (Language::Japanese, "Invalid あり", "残り")]
    {
        let said = text(std::slice::from_ref(&matrix), &[table], &look(language, 100));
        let rows: Vec<&str> = said.lines().skip(1).take(4).collect();
        let place = |line: &str, word: &str| columns(&line[..line.find(word).unwrap_or_else(|| panic!("{said}"))]);
        assert_eq!(place(rows[0], "PVS4"), place(rows[1], invalid), "{said}");
        assert_eq!(place(rows[0], "PVS5"), place(rows[2], leftover), "{said}");
        assert!(rows.iter().all(|row| columns(row) <= 100), "{said}");
    }
}

/// What is said of one file of PVS2 that differs so.
fn told(found: Difference, language: Language) -> String {
    let mut matrix = matrix();
    matrix.files[0].cells[1] = Cell::Compared(FileState::Differs(found));
    let said = text(&[matrix], &[], &look(language, usize::MAX));
    said.lines().find(|line| line.contains("MiB")).expect("told").trim().to_owned()
}

// DV-01, DV-02
#[test]
fn where_a_file_differs_is_told_as_far_as_it_is_known_and_never_at_length() {
    let ranges = vec![ByteRange { start: 0, end: 2 << 20 }];
    let content = |grain, parts| Difference { same_disk: None, ranges: ranges.clone(), grain, parts };
    let sectors: Parts = (0..500).map(|at| Part::Sectors { block: None, first: 3 * at, last: 3 * at + 1 }).collect();
    let sectors: Parts = Parts { more: 7, first: sectors.first.into_iter().take(10).collect() };
    let footers = [Structure::FooterCopy, Structure::Footer].map(Part::Structure);
    let begin = "Hoge.1.avhd on PVS2 differs from the master's: bytes 0 to 2 MiB";
    let block = Part::Sectors { block: Some(3), first: 9, last: 9 };
    let cases = [
        (content(Grain::Sector, Ok([block.clone()].into_iter().collect())), ": sector 9 (block 3)"),
        (content(Grain::Block, Ok([block].into_iter().collect())), ", somewhere in sector 9 (block 3)"),
        (content(Grain::Sector, Err(Unplaced::NotAnImage)), ""),
        (
            content(Grain::Block, Err(Unplaced::HeadersNotRead { server: "PVS1".into() })),
            "; which blocks of the disk that is can't be said: the headers of the image on PVS1 were not read",
        ),
    ];
    for (found, end) in cases {
        assert_eq!(told(found, Language::English), format!("{begin}{end}"));
    }
    let many = told(content(Grain::Sector, Ok(sectors)), Language::English);
    assert!(many.ends_with("sectors 21 to 22, and 9 more"), "{many}");
    let header = Difference {
        same_disk: Some(SameDisk::OtherHeader),
        ..content(Grain::Sector, Ok(footers.into_iter().collect()))
    };
    let said = told(header.clone(), Language::English);
    assert!(
        said.contains("differs in its headers alone") && said.ends_with(": the footer's copy, the footer"),
        "{said}"
    );
    assert!(told(header, Language::Japanese).ends_with("フッターの控え、フッター"));
    let layout = Difference { same_disk: Some(SameDisk::OtherLayout), ..content(Grain::Block, Ok(Parts::default())) };
    let said = told(layout, Language::English);
    assert!(said.ends_with("with blocks in other places: bytes 0 to 2 MiB"), "{said}");
}

// DV-04
#[test]
fn backups_on_the_master_lead_to_the_vendor_and_to_nothing_else() {
    let mut matrix = matrix();
    matrix.servers[0].quarantines = std::mem::take(&mut matrix.servers[3].quarantines);
    for language in [Language::English, Language::Japanese] {
        let said = text(std::slice::from_ref(&matrix), &[], &look(language, usize::MAX));
        assert!(said.contains("17-005") && !said.contains("master-files"), "{said}");
    }
}

// DV-08, DV-09, DV-10
#[test]
fn a_file_that_changed_without_a_new_version_is_told_with_the_procedure_and_without_a_cause() {
    let since = jiff::Timestamp::from_second(1_800_000_000).unwrap();
    let changed = Changed { server: "PVS1".into(), path: "Hoge.1.avhd".into(), since, on_master: true };
    let matrix = Matrix { changed: vec![changed], ..matrix() };
    let said = text(std::slice::from_ref(&matrix), &[], &look(Language::English, usize::MAX));
    for part in
        ["2027-01-15T08:00:00Z", "書き換え開始", "書き換え終了", "Revert", "Delete", "Why it changed is not known"]
    {
        assert!(said.contains(part), "{part}: {said}");
    }
    let said = text(&[matrix], &[], &look(Language::Japanese, usize::MAX));
    for part in ["[取り消し]", "[削除]", "再書き換え開始", "原因は不明"] {
        assert!(said.contains(part), "{part}: {said}");
    }
}

// DV-01, DV-02
#[test]
fn what_pvs_says_stands_beside_the_bytes_and_counts_for_nothing() {
    let with = Matrix { inventory: Some(inventory()), ..matrix() };
    assert_eq!(with.amount(), matrix().amount());
    let said = text(std::slice::from_ref(&with), &[], &look(Language::English, usize::MAX));
    let row = said.lines().find(|line| line.contains("PVS says  ")).unwrap();
    let cells: Vec<&str> = row.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect();
    assert_eq!(cells, ["PVS says", "up to date", "up to date", "behind", "unknown"]);
    for part in [
        r"PVS takes Hoge.1.avhd on PVS2 (in E:\vDisk) for up to date, and a file of it is missing or has other bytes",
        "PVS says of HOGE.1.AVHD on PVS3: the file is out of date; the bytes there are the master's",
        "PVS says of Hoge.<b>|.vhd on PVS3: the file is missing\n",
        "PVS does not know how Hoge.1.avhd is on PVS4: PVS can't reach the server",
        "Results, exit codes and guards rest on the bytes alone.",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let said = text(std::slice::from_ref(&with), &[], &look(Language::Japanese, usize::MAX));
    assert!(said.contains("PVS の情報") && said.contains("遅れ") && said.contains("ファイルの内容だけ"), "{said}");
    // Of what is not even known to be all, nobody is up to date.
    let partly = Inventory { unknown: vec!["PVS error 97: ServerTimeout".into()], ..inventory() };
    let said = text(&[Matrix { inventory: Some(partly), ..matrix() }], &[], &look(Language::English, usize::MAX));
    assert!(!said.contains("  up to date") && said.contains("PVS error 97"), "{said}");
    let without = text(&[matrix()], &[], &look(Language::English, usize::MAX));
    assert!(!without.contains("PVS says"), "it was not asked");
}

// DV-01
#[test]
fn properties_are_set_beside_their_own_file_and_what_is_nowhere_contradicts_nothing() {
    let equal = || Cell::Compared(FileState::Equal);
    let row = |path: &str, cell: Cell| Row { path: path.into(), cells: vec![Cell::Master, cell, equal(), equal()] };
    let files = vec![row("Hoge.1.avhd", equal()), row("Hoge.1.pvp", Cell::Compared(FileState::Missing))];
    let matrix = Matrix { files, ..matrix() };
    let beside = |of: &str, file: &str, state| {
        matrix.beside(&Record { server: server(of), file: file.into(), folder: String::new(), state: Ok(state) })
    };
    assert_eq!(beside("PVS2", "Hoge.1.avhd", State::UpToDate), Beside::TakenForGood, "its properties are missing");
    assert_eq!(beside("PVS2", "Hoge.1.avhd", State::PropertiesMissing), Beside::NoConflict);
    assert_eq!(beside("PVS2", "Hoge.1.avhd", State::FileMissing), Beside::TakenForBehind);
    assert_eq!(beside("PVS3", "Hoge.1.avhd", State::PropertiesOutdated), Beside::TakenForBehind);
    assert_eq!(beside("PVS1", "Hoge.1.avhd", State::UpToDate), Beside::NoConflict);
    assert_eq!(beside("PVS3", "Hoge.2.avhd", State::UpToDate), Beside::NoConflict, "nobody has the file");
    assert_eq!(beside("PVS9", "Hoge.1.avhd", State::UpToDate), Beside::NoConflict, "nobody has the server");
}

#[test]
fn nothing_in_a_name_acts_on_a_page_or_a_table() {
    let matrix = || Matrix { inventory: Some(inventory()), ..matrix() };
    let page = html(&[matrix()], &[], Language::English);
    assert!(!page.contains("<script>") && !page.contains("Hoge.<b>"), "{page}");
    assert!(page.contains("&lt;script&gt;") && page.contains("default-src 'none'"), "{page}");
    assert!(!page.contains("http://") && !page.contains("src="), "it needs nothing else");
    let table = markdown(&[matrix()], &[], Language::English);
    let row = table.lines().find(|line| line.contains("Hoge.&lt;b&gt;\\|.vhd")).unwrap();
    assert_eq!(row.replace("\\|", "").matches('|').count(), 6, "{row}");
}

#[test]
fn what_is_not_known_goes_before_what_differs_and_a_leftover_is_neither() {
    let mut matrix = matrix();
    matrix.servers[2].disks = Err("nobody answered".into());
    assert_eq!(matrix.amount(), Amount::Unknown);
    let mut left = column("PVS9", "additional", Ok("leftover"));
    left.quarantines.clear();
    let files = vec![Row { path: "Hoge.vhd".into(), cells: vec![Cell::Leftover { bytes: 1 }] }];
    let only = Matrix { servers: vec![left], files, ..matrix };
    assert_eq!(only.amount(), Amount::Equal);
    let said = text(&[only], &[], &look(Language::English, usize::MAX));
    assert!(said.contains("PVS9 still holds 3 MiB") && said.contains("never deletes"), "{said}");
}
