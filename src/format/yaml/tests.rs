use super::*;
use crate::format::source::SourceFile;

fn read(text: &str) -> (Vec<Loc<Node>>, Vec<Fault>) {
    let file = SourceFile { name: "a.yaml".into(), bytes: text.into() };
    let source = Source::decode(&file).unwrap();
    let mut faults = Faults::default();
    let roots = parse(&source, &mut faults);
    (roots, faults.into_sorted())
}

fn names(text: &str) -> Vec<(&'static str, Option<(usize, usize)>)> {
    read(text).1.iter().map(|fault| (fault.name, fault.at)).collect()
}

fn keys(node: &Loc<Node>) -> Vec<&str> {
    match &node.value {
        Node::Map(entries) => entries.iter().map(|entry| entry.key.value.as_str()).collect(),
        _ => vec![],
    }
}

#[test]
fn documents_and_keys_come_in_the_order_of_the_file() {
    let (roots, faults) = read("b: 1\na: 2\n---\n# nothing\n---\nc: 3\n");
    assert_eq!(faults, []);
    assert_eq!(roots.iter().map(keys).collect::<Vec<_>>(), [vec!["b", "a"], vec!["c"]]);
}

#[test]
fn a_syntax_fault_hides_its_document_and_no_other() {
    let (roots, faults) = read("a: 1\n---\nb: \"x\n---\nc: 3\n---\nd: [\n---\ne: 5\n");
    assert_eq!(roots.iter().map(keys).collect::<Vec<_>>(), [["a"], ["c"], ["e"]]);
    assert_eq!(faults.len(), 2, "{faults:?}");
    let (roots, _) = read("a: 1\n---\nb: [\n---\nc: 3\n");
    let Node::Map(entries) = &roots[1].value else { panic!() };
    assert_eq!(entries[0].key.place, Place { start: 18, end: 19 });
}

#[test]
fn every_duplicate_key_is_told_with_its_own_place() {
    assert_eq!(
        names("a: 1\nb: { x: 1, x: 2 }\na: 3\na: 4\n"),
        [("duplicate-key", Some((2, 12))), ("duplicate-key", Some((3, 1))), ("duplicate-key", Some((4, 1)))]
    );
}

#[test]
fn aliases_are_read_and_bombs_are_not() {
    let (roots, faults) = read("a: &x { r: 1 }\nb: *x\n");
    assert_eq!((roots.len(), faults), (1, vec![]));
    let mut bomb = String::from("l0: &l0 [x, x, x, x, x, x, x, x, x]\n");
    for level in 1..9 {
        let below = format!("*l{}", level - 1);
        bomb += &format!("l{level}: &l{level} [{}]\n", vec![below; 9].join(", "));
    }
    let found = names(&bomb);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].0, "alias-bomb");
    assert_eq!(names("a: &a [ *a ]\n")[0].0, "recursive-alias");
}

#[test]
fn the_values_of_a_file_are_limited_and_so_is_what_aliases_make_of_them() {
    for (text, name, place) in [
        ("- a\n- b\n---\n- c\n- d\n- e\n", "too-many-values", (6, 3)),
        ("- &a b\n- *a\n- *a\n- *a\n- *a\n", "alias-bomb", (5, 3)),
    ] {
        let file = SourceFile { name: "a.yaml".into(), bytes: text.into() };
        let mut faults = Faults::default();
        parse_within(5, &Source::decode(&file).unwrap(), &mut faults);
        let found: Vec<_> = faults.into_sorted().iter().map(|fault| (fault.name, fault.at)).collect();
        assert_eq!(found, [(name, Some(place))]);
    }
}

#[test]
fn nesting_is_limited_also_through_aliases() {
    assert_eq!(names(&"[".repeat(5000))[0].0, "too-deep");
    let mut chain = format!("- &a0 {}{}\n", "[".repeat(100), "]".repeat(100));
    chain += &format!("- &a1 {}*a0{}\n", "[".repeat(100), "]".repeat(100));
    assert_eq!(names(&chain)[0].0, "too-deep");
}

#[test]
fn what_is_not_read_is_refused_instead_of_guessed() {
    assert_eq!(names("a: &x { r: 1 }\nb: { <<: *x }\n")[0].0, "merge-key");
    assert_eq!(names("a: !!str 1\n")[0].0, "tag");
    assert_eq!(names("{ a: 1 }: 2\n")[0].0, "key-not-text");
    assert_eq!(names("# nothing\n---\n---\n")[0].0, "empty-file");
    assert_eq!(names("")[0].0, "empty-file");
}

#[test]
fn line_ends_of_windows_and_a_byte_order_mark_are_fine() {
    let (roots, faults) = read("\u{feff}a: 1\r\nb: x y\r\n");
    assert_eq!(faults, []);
    let Node::Map(entries) = &roots[0].value else { panic!() };
    assert_eq!(entries[1].value.value, Node::Scalar { text: "x y".into(), plain: true });
}

#[test]
fn syntax_faults_have_names_of_their_own() {
    assert_eq!(names("a: 1\n b: 2\n")[0].0, "bad-indentation");
    assert_eq!(names("a:\n  - b\n c\n")[0].0, "bad-indentation");
    assert_eq!(names("servers:\n\tPVS1: master\n")[0], ("tab", Some((2, 1))));
    assert_eq!(names("a: 1\n\tb: 2\n")[0], ("tab", Some((2, 1))));
    assert_eq!(names("%YAML 1.2\n---\na: b\n"), []);
    assert_eq!(names("a: \"b\n")[0].0, "unclosed-quote");
    assert_eq!(names("a: [b\nc: d\n")[0].0, "unclosed-bracket");
    assert_eq!(names("a: *b\n")[0].0, "unknown-alias");
}
