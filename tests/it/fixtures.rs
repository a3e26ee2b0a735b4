//! Mail in, readable expectation beside it: fixtures/mail/NAME.eml and NAME.json. The expectation
//! names the keys of `inspect --json` that matter to that mail; each must be met exactly.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use standin::commands::inspect;
use standin::parse;
use std::path::{Path, PathBuf};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/mail");

fn mails() -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(FOLDER)
        .expect(FOLDER)
        .map(|entry| entry.unwrap().path())
        .filter(|p| p.extension().is_some_and(|e| e == "eml"))
        .collect();
    found.sort();
    found
}

#[test]
fn every_mail_is_read_as_its_expectation_says() {
    let mails = mails();
    assert!(mails.len() >= 25, "fixtures/mail holds only {} mails", mails.len());
    let mut wrong = Vec::new();
    for path in mails {
        let raw = std::fs::read(&path).unwrap();
        let expected = std::fs::read_to_string(path.with_extension("json"));
        let expected = expected.unwrap_or_else(|e| panic!("{} has no expectation beside it: {e}", path.display()));
        let expected: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&expected).unwrap();
        assert!(!expected.is_empty(), "{} expects nothing", path.display());
        let seen = inspect::json(Path::new("x"), &parse::parse(&raw)).unwrap();
        for (key, value) in &expected {
            let got = seen.get(key).unwrap_or_else(|| panic!("{}: no key {key}", path.display()));
            if got != value {
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                wrong.push(format!("{name} {key}\n  expected {value}\n  got      {got}"));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_expectation_has_its_mail() {
    for entry in std::fs::read_dir(FOLDER).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "json") {
            assert!(path.with_extension("eml").exists(), "{} has no mail beside it", path.display());
        }
    }
}
