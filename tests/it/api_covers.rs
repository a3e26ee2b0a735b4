//! Whatever a page does, a program can do: each form of a page with the operations of the API that do the same, or why
//! there are none. A new page without an API is noticed here.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};

const TABLE: &str = include_str!("api_covers.txt");

/// Method and path of every route in a source of the router.
fn routes(source: &str) -> BTreeSet<(String, String)> {
    let route =
        Regex::new(r#"(?s)\.route\(\s*"([^"]+)",\s*(.*?)\)\s*(?:\.(?:route|layer|merge|fallback|with_state)|\})"#);
    let (route, method) = (route.unwrap(), Regex::new(r"\b(get|post|put|patch|delete)\(").unwrap());
    let (mut at, mut found) = (0, BTreeSet::new());
    while let Some(one) = route.captures_at(source, at) {
        at = one.get(2).unwrap().end();
        let methods = method.captures_iter(&one[2]);
        found.extend(methods.map(|m| (m[1].to_uppercase(), one[1].to_owned())));
    }
    found
}

/// Each page with its operations and what is said of it.
fn table() -> BTreeMap<&'static str, (Vec<&'static str>, Option<&'static str>)> {
    let lines = TABLE.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    let read = |line: &'static str| {
        let parts: Vec<&str> = line.split('|').map(str::trim).collect();
        assert!((2..=3).contains(&parts.len()), "{line}");
        (parts[0], (parts[1].split(',').map(str::trim).collect(), parts.get(2).copied()))
    };
    let all: Vec<_> = lines.map(read).collect();
    let by_page: BTreeMap<_, _> = all.iter().cloned().collect();
    assert_eq!(by_page.len(), all.len(), "a page stands there twice");
    by_page
}

#[test]
fn every_form_of_a_page_has_its_operation_or_a_reason() {
    let pages = routes(include_str!("../../src/web/mod.rs"));
    let forms: BTreeSet<String> =
        pages.into_iter().filter(|(method, _)| method == "POST").map(|(_, path)| path).collect();
    let table = table();
    let listed: BTreeSet<String> = table.keys().map(|page| (*page).to_owned()).collect();
    let missing: Vec<_> = forms.difference(&listed).collect();
    let gone: Vec<_> = listed.difference(&forms).collect();
    assert!(missing.is_empty(), "say in tests/it/api_covers.txt what programs do instead: {missing:?}");
    assert!(gone.is_empty(), "no page has such a form any more: {gone:?}");
    assert!(forms.len() > 60, "{}", forms.len());
}

#[test]
fn every_operation_of_the_table_is_there_and_what_has_none_says_why() {
    let api = routes(include_str!("../../src/web/api/routes.rs"));
    for (page, (operations, why)) in table() {
        if matches!(operations.as_slice(), ["never" | "not yet"]) {
            assert!(why.is_some_and(|why| why.len() > 10), "{page}: say why");
            continue;
        }
        for operation in operations {
            let (method, path) = operation.split_once(' ').unwrap_or_else(|| panic!("{page}: {operation}"));
            let route = (method.to_owned(), format!("/api/v1{path}"));
            assert!(api.contains(&route), "{page}: there is no {operation}");
        }
    }
}

/// The handbook names every operation that is not one of a record's kind by its path.
#[test]
fn every_page_of_the_table_stands_in_the_handbook_of_the_api() {
    let handbook = include_str!("../../docs/api.md");
    let first = |path: &str| path.split('/').nth(1).unwrap_or_default().to_owned();
    let api = routes(include_str!("../../src/web/api/routes.rs"));
    let parts: BTreeSet<String> = api.iter().map(|(_, path)| first(path.trim_start_matches("/api/v1"))).collect();
    let plain = parts.iter().filter(|part| !part.starts_with('{') && *part != "openapi.json");
    let missing: Vec<_> = plain.filter(|part| !handbook.contains(&format!("/{part}"))).collect();
    assert!(missing.is_empty(), "docs/api.md does not name {missing:?}");
}
