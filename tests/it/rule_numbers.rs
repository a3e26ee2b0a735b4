//! Every rule R1 to R134 is held by a test that exists, or says why none is needed, and has its row in
//! docs/rules.md. The list is rule_numbers.tsv: number, names of tests, and a reason or a remark.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

const RULES: u32 = 134;

/// A line of the list.
struct Rule {
    tests: Vec<String>,
    remark: String,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn list() -> BTreeMap<u32, Rule> {
    let text = fs::read_to_string(root().join("tests/it/rule_numbers.tsv")).unwrap();
    let mut rules = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()) {
        let cells: Vec<&str> = line.split('\t').collect();
        assert!(cells.len() == 2 || cells.len() == 3, "{line:?} has not two or three cells");
        let number = cells[0].strip_prefix('R').and_then(|n| n.parse().ok()).unwrap_or_else(|| panic!("{line:?}"));
        let tests = cells[1].split(' ').filter(|name| !name.is_empty() && *name != "-").map(str::to_owned).collect();
        let rule = Rule { tests, remark: cells.get(2).copied().unwrap_or("").trim().to_owned() };
        assert!(rules.insert(number, rule).is_none(), "R{number} stands twice");
    }
    rules
}

/// Names of all tests: functions under an attribute that makes them one, and sentences that a macro turns
/// into tests on both databases.
fn tests() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for folder in ["src", "tests/it"] {
        walk(&root().join(folder), &mut found);
    }
    found
}

fn walk(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            walk(&path, found);
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            in_file(&fs::read_to_string(&path).unwrap(), found);
        }
    }
}

fn in_file(text: &str, found: &mut BTreeSet<String>) {
    let mut marked = false;
    // The sentences between `on_both! {` and its end.
    let mut listed = false;
    for line in text.lines() {
        let word = line.trim();
        if word.starts_with("#[test]") || word.starts_with("#[tokio::test") {
            marked = true;
        }
        if let (true, Some((_, rest))) = (marked, word.split_once("fn ")) {
            found.insert(rest.split(['(', '<']).next().unwrap().to_owned());
            marked = false;
        }
        if line.ends_with("! {") && !line.starts_with([' ', '/']) && !line.starts_with("macro_rules!") {
            listed = true;
        } else if line == "}" {
            listed = false;
        } else if listed {
            let name = word.split([';', ':', ',', ' ']).next().unwrap();
            if text.contains(&format!("fn {name}(")) {
                found.insert(name.to_owned());
            }
        }
    }
}

#[test]
fn every_rule_is_held_by_a_test_that_exists_or_says_why_none_is_needed() {
    let (rules, tests) = (list(), tests());
    assert!(tests.len() > 500, "only {} tests were found", tests.len());
    let mut wrong = Vec::new();
    for number in 1..=RULES {
        let Some(rule) = rules.get(&number) else {
            wrong.push(format!("R{number} is missing"));
            continue;
        };
        let unknown = rule.tests.iter().filter(|name| !tests.contains(*name));
        wrong.extend(unknown.map(|name| format!("R{number} names {name}, which is no test")));
        if rule.tests.is_empty() && rule.remark.len() < 20 {
            wrong.push(format!("R{number} has neither a test nor a reason"));
        }
    }
    wrong.extend(rules.keys().filter(|number| !(1..=RULES).contains(*number)).map(|n| format!("there is no R{n}")));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_rule_has_its_row_in_the_documentation() {
    let text = fs::read_to_string(root().join("docs/rules.md")).unwrap();
    let mut wrong = Vec::new();
    for number in 1..=RULES {
        let start = format!("| R{number} |");
        let rows: Vec<&str> = text.lines().filter(|line| line.starts_with(&start)).collect();
        let cells = |row: &str| row.trim_matches('|').split('|').map(|cell| cell.trim().len()).collect::<Vec<_>>();
        match rows.as_slice() {
            [row] if cells(row).len() == 3 && cells(row).iter().all(|length| *length > 1) => {}
            [row] => wrong.push(format!("the row is not whole: {row}")),
            rows => wrong.push(format!("R{number} has {} rows", rows.len())),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_test_is_known_under_its_attribute_and_in_a_list_of_sentences() {
    let mut found = BTreeSet::new();
    let text = "#[test]\nfn plain() {}\nfn no_test() {}\n#[tokio::test(flavor = \"multi_thread\")]\nasync fn later() {}\n\
                macro_rules! on_both {\n    ($($name:ident)*) => {};\n}\non_both! {\n    a_sentence\n    not_there;\n}\n\
                async fn a_sentence(kind: Kind) {}\nproptest! {\n    #[test]\n    fn any_bytes(raw in x()) {}\n}\n";
    in_file(text, &mut found);
    let names: Vec<&str> = found.iter().map(String::as_str).collect();
    assert_eq!(names, ["a_sentence", "any_bytes", "later", "plain"]);
}
