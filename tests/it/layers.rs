//! The house stands as `src/lib.rs` maps it: arrows point down, each outside crate has a home, no
//! file outgrows a reader, and the clock is read at the top alone.
//!
//! The checks read source text, not the compiler's view: comments and literals are blanked, test
//! code is left out of what tests may do freely. They take sources as values, so each is shown
//! here to find a planted fault.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Outside crates that have a home, and the modules that are it. All else here may not name them,
/// so replacing one touches one module.
const HOMES: &[(&str, &[&str])] = &[
    // Finds which of many rules may fit at all.
    ("aho_corasick", &["link", "parse"]),
    ("ammonia", &["web"]),
    ("argon2", &["store"]),
    ("askama", &["web"]),
    ("async_imap", &["imap"]),
    ("axum", &["web"]),
    ("axum_extra", &["web"]),
    // Mail's charsets, and those of spreadsheets' exports.
    ("calcard", &["parse"]),
    ("chardetng", &["parse", "actions"]),
    ("chacha20poly1305", &["store"]),
    ("clap", &["commands", "app", "main"]),
    ("csv", &["actions"]),
    ("encoding_rs", &["parse", "actions"]),
    ("fd_lock", &["app"]),
    ("figment", &["config"]),
    ("idna", &["model"]),
    ("imap_proto", &["imap"]),
    // The wire, and the mail that goes over it.
    ("lettre", &["smtp", "notice"]),
    ("mail_parser", &["parse"]),
    ("openidconnect", &["oidc"]),
    ("phonenumber", &["parse"]),
    ("psl", &["model"]),
    ("qrcode", &["web"]),
    // Where exactly a rule's regular expression is wrong.
    ("regex_syntax", &["link"]),
    ("reqwest", &["oidc"]),
    ("rust_embed", &["web"]),
    // How much room is left on the disk.
    ("rustix", &["store"]),
    // The wire, and choosing the cryptography once at start.
    ("rustls", &["imap", "app", "oidc"]),
    ("rustls_platform_verifier", &["imap"]),
    ("socket2", &["imap"]),
    ("sqlx", &["store"]),
    ("tokio_rustls", &["imap"]),
    // The configuration, and rules as files.
    ("toml", &["config", "actions"]),
    ("totp_rs", &["actions"]),
    ("tower_http", &["web"]),
    ("tracing_subscriber", &["app"]),
    ("utf7_imap", &["imap"]),
    // The document of the API, made from its handlers.
    ("utoipa", &["web"]),
];

/// Outside crates that any module may use: they are words and tools, not doors to the world.
const FREE: &[&str] = &[
    "anyhow",
    "base64",
    "bytes",
    "chrono",
    "chrono_tz",
    "futures",
    "hex",
    "hmac",
    "memchr",
    "rand",
    "regex",
    "secrecy",
    "serde",
    "serde_json",
    "sha2",
    "strsim",
    "thiserror",
    "time",
    "tokio",
    "tracing",
    "unicode_normalization",
    "zstd",
];

/// Where the wall clock and the environment may be read.
const CLOCK_READERS: &[&str] = &["app", "commands", "config", "main"];

/// The ways to read them.
const CLOCKS: &[&str] =
    &["SystemTime::now", "Utc::now", "Local::now", "OffsetDateTime::now_utc", "OffsetDateTime::now_local", "env::var"];

/// Most lines of a file, its tests apart.
const LONGEST: usize = 600;

/// A file below `src/`.
struct Source {
    /// `imap/plan.rs`
    path: String,
    text: String,
}

impl Source {
    fn new(path: &str, text: &str) -> Source {
        Source { path: path.into(), text: text.into() }
    }

    /// The top module it belongs to: `imap`; `lib` and `main` for the two roots.
    fn module(&self) -> &str {
        self.path.split('/').next().unwrap().trim_end_matches(".rs")
    }

    /// How many modules deep it lies: 1 for `imap/mod.rs` and `outbox.rs`, 2 for `imap/plan.rs`.
    fn depth(&self) -> usize {
        self.path.split('/').filter(|part| *part != "mod.rs").count()
    }
}

// The checks ------------------------------------------------------------------------------------

/// The map in `lib.rs`: each module's layer. Faults: a module without a line or a line without a
/// module, in the map, in the declarations, in the folder; a map that does not go upwards.
fn map(sources: &[Source], faults: &mut Vec<String>) -> BTreeMap<String, u32> {
    let Some(lib) = sources.iter().find(|source| source.path == "lib.rs") else {
        faults.push("there is no lib.rs".into());
        return BTreeMap::new();
    };
    let row = |line: &str| {
        let mut cells = line.strip_prefix("//! |")?.split('|').map(str::trim);
        let layer: u32 = cells.next()?.parse().ok()?;
        Some((cells.next()?.trim_matches(['[', ']', '`']).to_owned(), layer))
    };
    let rows: Vec<(String, u32)> = lib.text.lines().filter_map(row).collect();
    if !rows.is_sorted_by_key(|(_, layer)| *layer) {
        faults.push("lib.rs: the map does not go from the lowest layer to the highest".into());
    }
    let code = blanked(&lib.text);
    let declared =
        code.lines().filter_map(|line| line.trim_start_matches("pub ").strip_prefix("mod ")?.strip_suffix(';'));
    let mapped: BTreeSet<&str> = rows.iter().map(|(name, _)| name.as_str()).collect();
    let declared: BTreeSet<&str> = declared.collect();
    let there: BTreeSet<&str> = sources.iter().map(Source::module).filter(|m| !matches!(*m, "lib" | "main")).collect();
    for name in mapped.union(&declared).chain(&there).collect::<BTreeSet<_>>() {
        for (place, names) in [("map", &mapped), ("declarations", &declared), ("folder", &there)] {
            if !names.contains(name) {
                faults.push(format!("lib.rs: the {place} has no module `{name}`"));
            }
        }
    }
    if mapped.len() != rows.len() {
        faults.push("lib.rs: the map names a module twice".into());
    }
    rows.into_iter().collect()
}

/// Arrows that do not point down, tests included: they would not compile alone either.
fn arrows(sources: &[Source], layers: &BTreeMap<String, u32>) -> Vec<String> {
    let mut faults = Vec::new();
    for source in sources.iter().filter(|source| !matches!(source.module(), "lib" | "main")) {
        let Some(own) = layers.get(source.module()) else { continue };
        for (line, name) in crate_paths(&blanked(&source.text), source.depth()) {
            match layers.get(&name) {
                _ if name == source.module() => {}
                Some(layer) if layer < own => {}
                Some(layer) => faults.push(format!(
                    "{}:{line}: `{}` (layer {own}) uses `{name}` (layer {layer}): arrows point down",
                    source.path,
                    source.module()
                )),
                None if matches!(name.as_str(), "*" | "as" | "self") => {
                    faults.push(format!("{}:{line}: name the module instead of the whole crate", source.path));
                }
                None => {}
            }
        }
    }
    faults
}

/// Outside crates named away from home, and dependencies without a place in the tables above.
fn homes(sources: &[Source], dependencies: &[String]) -> Vec<String> {
    let mut faults = Vec::new();
    for name in dependencies {
        let known = FREE.contains(&name.as_str()) || HOMES.iter().any(|(housed, _)| housed == name);
        if !known {
            faults.push(format!("Cargo.toml: `{name}` has no home in tests/it/layers.rs"));
        }
    }
    for source in sources {
        let code = without_tests(&blanked(&source.text));
        for (line, name) in outside_paths(&code) {
            let Some((_, homes)) = HOMES.iter().find(|(housed, _)| *housed == name) else { continue };
            if !homes.contains(&source.module()) && source.module() != "lib" {
                faults.push(format!("{}:{line}: `{name}` is at home in {}", source.path, homes.join(", ")));
            }
        }
    }
    faults
}

/// Files that are too long without their tests.
fn lengths(sources: &[Source]) -> Vec<String> {
    let mut faults = Vec::new();
    for source in sources {
        let lines = source.text.lines().count() - tested_lines(&source.text);
        if lines > LONGEST {
            faults.push(format!("{}: {lines} lines without its tests, {LONGEST} are allowed", source.path));
        }
    }
    faults
}

/// The wall clock or the environment read where it must be handed in.
fn clocks(sources: &[Source]) -> Vec<String> {
    let mut faults = Vec::new();
    for source in sources.iter().filter(|source| !CLOCK_READERS.contains(&source.module())) {
        let code = without_tests(&blanked(&source.text));
        for (number, line) in code.lines().enumerate() {
            if let Some(clock) = CLOCKS.iter().find(|clock| line.contains(*clock)) {
                faults.push(format!(
                    "{}:{}: `{clock}` belongs to {}",
                    source.path,
                    number + 1,
                    CLOCK_READERS.join(", ")
                ));
            }
        }
    }
    faults
}

/// Every fault of a tree. Files that only exist for tests (`#[cfg(test)] mod tests;`) are held to
/// the arrows alone.
fn faults(sources: &[Source], dependencies: &[String]) -> Vec<String> {
    let mut faults = Vec::new();
    let layers = map(sources, &mut faults);
    faults.extend(arrows(sources, &layers));
    let shipped = shipped(sources);
    faults.extend(homes(&shipped, dependencies));
    faults.extend(lengths(&shipped));
    faults.extend(clocks(&shipped));
    faults
}

// Reading source --------------------------------------------------------------------------------

/// The sources without those that a `#[cfg(test)] mod name;` declares, and what lies below them.
fn shipped(sources: &[Source]) -> Vec<Source> {
    let mut for_tests = Vec::new();
    for source in sources {
        let code = blanked(&source.text);
        let file = source.path.trim_end_matches(".rs");
        let folder = match source.path.as_str() {
            "lib.rs" | "main.rs" => String::new(),
            _ => format!("{}/", file.trim_end_matches("/mod")),
        };
        for (at, _) in code.match_indices(CFG_TEST) {
            let rest = code[at + CFG_TEST.len()..].trim_start();
            let rest = rest.trim_start_matches("pub(crate) ").trim_start_matches("pub ");
            if let Some(name) = rest.strip_prefix("mod ").and_then(|rest| rest.split_once(';')).map(|(name, _)| name)
                && !name.contains('{')
            {
                for_tests.push(format!("{folder}{}", name.trim()));
            }
        }
    }
    let is_for_tests = |path: &str| {
        let path = path.trim_end_matches(".rs");
        for_tests.iter().any(|test| path == test || path.starts_with(&format!("{test}/")))
    };
    let kept = sources.iter().filter(|source| !is_for_tests(&source.path));
    kept.map(|source| Source::new(&source.path, &source.text)).collect()
}

const CFG_TEST: &str = "#[cfg(test)]";

/// Source text in which comments and the insides of literals are spaces; lines stay where they are.
fn blanked(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let end = match chars[at] {
            '/' if chars.get(at + 1) == Some(&'/') => find(&chars, at, |i| chars[i] == '\n'),
            '/' if chars.get(at + 1) == Some(&'*') => end_of_comment(&chars, at),
            '"' => end_of_string(&chars, at),
            'r' if !word_before(&chars, at) && raw_hashes(&chars, at).is_some() => end_of_raw(&chars, at),
            '\'' => end_of_char(&chars, at),
            _ => at,
        };
        if end == at {
            out.push(chars[at]);
            at += 1;
        } else {
            out.extend(chars[at..end].iter().map(|c| if *c == '\n' { '\n' } else { ' ' }));
            at = end;
        }
    }
    out
}

fn find(chars: &[char], from: usize, is: impl Fn(usize) -> bool) -> usize {
    (from..chars.len()).find(|i| is(*i)).unwrap_or(chars.len())
}

fn word_before(chars: &[char], at: usize) -> bool {
    // `br"…"` is a literal too.
    let before = if at > 0 && chars[at - 1] == 'b' { at - 1 } else { at };
    before > 0 && (chars[before - 1].is_alphanumeric() || chars[before - 1] == '_')
}

fn end_of_comment(chars: &[char], from: usize) -> usize {
    let (mut depth, mut at) = (0, from);
    while at < chars.len() {
        match (chars[at], chars.get(at + 1)) {
            ('/', Some('*')) => (depth, at) = (depth + 1, at + 2),
            ('*', Some('/')) => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

fn end_of_string(chars: &[char], from: usize) -> usize {
    let mut at = from + 1;
    while at < chars.len() && chars[at] != '"' {
        at += if chars[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(chars.len())
}

/// The number of `#` of a raw string that begins here.
fn raw_hashes(chars: &[char], from: usize) -> Option<usize> {
    let hashes = chars[from + 1..].iter().take_while(|c| **c == '#').count();
    (chars.get(from + 1 + hashes) == Some(&'"')).then_some(hashes)
}

fn end_of_raw(chars: &[char], from: usize) -> usize {
    let hashes = raw_hashes(chars, from).unwrap_or(0);
    let closes = |i: usize| chars[i] == '"' && chars[i + 1..].iter().take_while(|c| **c == '#').count() >= hashes;
    (find(chars, from + hashes + 2, closes) + 1 + hashes).min(chars.len())
}

/// A character's literal; a lifetime is none.
fn end_of_char(chars: &[char], from: usize) -> usize {
    match (chars.get(from + 1), chars.get(from + 2)) {
        (Some('\\'), _) => (find(chars, from + 3, |i| chars[i] == '\'') + 1).min(chars.len()),
        (Some(_), Some('\'')) => from + 3,
        _ => from,
    }
}

/// Blanked code in which items under `#[cfg(test)]` are blank too.
fn without_tests(code: &str) -> String {
    let mut out = String::with_capacity(code.len());
    let mut rest = code;
    while let Some(at) = rest.find(CFG_TEST) {
        out.push_str(&rest[..at]);
        let end = at + end_of_item(&rest[at..]);
        out.extend(rest[at..end].chars().filter(|c| *c == '\n'));
        rest = &rest[end..];
    }
    out + rest
}

/// Where an item ends that begins here: after its `;`, or after the brace that closes its body.
fn end_of_item(code: &str) -> usize {
    let mut depth = 0;
    for (at, c) in code.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 && matches!(c, '}' | ';') {
            return at + 1;
        }
    }
    code.len()
}

/// How many lines of a file are items under `#[cfg(test)]`.
fn tested_lines(text: &str) -> usize {
    let code = blanked(text);
    let mut lines = 0;
    let mut rest = code.as_str();
    while let Some(at) = rest.find(CFG_TEST) {
        let end = at + end_of_item(&rest[at..]);
        lines += rest[at..end].matches('\n').count() + 1;
        rest = &rest[end..];
    }
    lines
}

/// The top modules that blanked code names, with their lines: by `crate::x`, by
/// `crate::{x, y::z}`, and by enough `super::` to reach the root from `depth` modules down.
fn crate_paths(code: &str, depth: usize) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (at, word) in words(code) {
        let mut rest = &code[at + word.len()..];
        let mut climbed = 1;
        match word {
            "crate" => climbed = depth,
            "super" => {
                while let Some(next) = after_colons(rest).and_then(|next| next.strip_prefix("super")) {
                    (rest, climbed) = (next, climbed + 1);
                }
                // The inner ones of a chain are met again, one step lower, as words of their own.
            }
            _ => continue,
        }
        if climbed < depth {
            continue;
        }
        let line = code[..at].matches('\n').count() + 1;
        let names = match after_colons(rest) {
            Some(path) => first_names(path),
            None if word == "crate" && rest.trim_start().starts_with("as ") => vec!["as".into()],
            None => Vec::new(),
        };
        // `use super::*` is how an inline module, which `depth` does not count, sees its own file.
        let names = names.into_iter().filter(|name| word == "crate" || name != "*");
        found.extend(names.map(|name| (line, name)));
    }
    found
}

fn after_colons(rest: &str) -> Option<&str> {
    Some(rest.trim_start().strip_prefix("::")?.trim_start())
}

/// The first names of a path, several if it is a group.
fn first_names(path: &str) -> Vec<String> {
    let Some(group) = path.strip_prefix('{') else {
        let name: String = path.chars().take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '*')).collect();
        return vec![name];
    };
    let (mut depth, mut names, mut fresh) = (0, Vec::new(), true);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => fresh = true,
            c if fresh && !c.is_whitespace() => {
                names.extend(first_names(&group[at..]));
                fresh = false;
            }
            _ => {}
        }
    }
    names
}

/// The words of blanked code and where they stand.
fn words(code: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    code.split(move |c: char| !is_word(c))
        .filter(|word| !word.is_empty())
        .map(move |word| (word.as_ptr() as usize - code.as_ptr() as usize, word))
}

/// The first names of paths that do not begin with `crate`, `self` or `super`, and their lines:
/// `name::…`, `use name;`, `use name as`. Names of our own and of types are among them.
fn outside_paths(code: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    for (at, word) in words(code) {
        let before = code[..at].trim_end();
        // `crate::name` is ours; `::name` after anything but a word is outside.
        let inner = before
            .strip_suffix("::")
            .is_some_and(|before| before.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '>'));
        let after = code[at + word.len()..].trim_start();
        let used = before.ends_with("use") && (after.starts_with(';') || after.starts_with("as "));
        if !inner && (after.starts_with("::") || used) {
            found.push((at, word));
        }
    }
    found.into_iter().map(|(at, word)| (code[..at].matches('\n').count() + 1, word)).collect()
}

// The tree --------------------------------------------------------------------------------------

fn tree() -> Vec<Source> {
    fn read(folder: &Path, root: &Path, sources: &mut Vec<Source>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                read(&path, root, sources);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                sources.push(Source { path: name, text: fs::read_to_string(&path).unwrap() });
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut sources = Vec::new();
    read(&root, &root, &mut sources);
    sources.sort_by(|one, other| one.path.cmp(&other.path));
    sources
}

fn dependencies() -> Vec<String> {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).unwrap();
    let table: toml::Table = text.parse().unwrap();
    table["dependencies"].as_table().unwrap().keys().map(|name| name.replace('-', "_")).collect()
}

#[test]
fn the_house_stands_as_it_is_mapped() {
    let sources = tree();
    assert!(sources.len() > 10, "only {} sources were found", sources.len());
    let faults = faults(&sources, &dependencies());
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

// Planted faults --------------------------------------------------------------------------------

const LIB: &str = "//! | layer | module | what |\n//! |---|---|---|\n//! | 0 | [`model`] | words |\n//! | 1 | [`parse`] | pure |\n//! | 2 | [`imap`] | wire |\n//! | 2 | [`store`] | SQL |\npub mod imap;\npub mod model;\npub mod parse;\npub mod store;\n";

/// A sound little tree with one file more or another.
fn planted(path: &str, text: &str) -> Vec<String> {
    let mut sources = vec![
        Source::new("lib.rs", LIB),
        Source::new("model/mod.rs", ""),
        Source::new("parse.rs", "use crate::model;"),
        Source::new("imap/mod.rs", "use crate::model::{self, Word};\nuse super::parse;"),
        Source::new("store/mod.rs", "use crate::{model::Word, parse};"),
    ];
    sources.retain(|source| source.path != path);
    sources.push(Source::new(path, text));
    faults(&sources, &["sqlx".into(), "serde".into()])
}

#[track_caller]
fn found(faults: &[String], words: &str) {
    assert!(faults.len() == 1 && faults[0].contains(words), "{words:?} is not what was found: {faults:#?}");
}

#[test]
fn a_sound_tree_has_no_faults() {
    assert_eq!(planted("store/rows.rs", "use super::super::model;\nuse super::parse_row;"), [""; 0]);
}

#[test]
fn an_arrow_upwards_is_found_however_it_is_written() {
    for code in [
        "fn f() { crate::store::open() }",
        "use crate::store::Db;",
        "use crate::{model::Word, store};",
        "use crate::{\n    model::{self, Word},\n    store::{Db, Tx},\n};",
        "use super::store::Db;",
        "use crate :: store;",
        "#[cfg(test)]\nmod tests {\n    use crate::store;\n}",
    ] {
        found(&planted("parse.rs", code), "`parse` (layer 1) uses `store` (layer 2)");
    }
    found(&planted("parse/html.rs", "use super::super::store::Db;"), "uses `store`");
}

#[test]
fn an_arrow_within_a_layer_is_found() {
    found(&planted("imap/plan.rs", "use crate::store::Db;"), "imap/plan.rs:1: `imap` (layer 2) uses `store` (layer 2)");
}

#[test]
fn the_whole_crate_under_one_name_is_found_but_a_test_may_see_its_own_file() {
    assert_eq!(planted("parse.rs", "#[cfg(test)]\nmod tests {\n    use super::*;\n}"), [""; 0]);
    found(&planted("parse.rs", "use crate::*;"), "name the module");
    found(&planted("parse.rs", "use crate as all;"), "name the module");
}

#[test]
fn words_in_comments_and_literals_are_no_arrows() {
    let code = "// crate::store\n/* crate::store /* sqlx::x */ crate::store */\nconst A: &str = \"crate::store \\\" crate::store\";\n\
                const B: &str = r#\"crate::store \" sqlx::query\"#;\nfn f<'a>(c: &'a str) -> bool { c.contains('\"') || c == \"crate::store\" }\n/// [`crate::store`]\n";
    assert_eq!(planted("parse.rs", code), [""; 0]);
}

#[test]
fn a_module_missing_from_the_map_the_declarations_or_the_folder_is_found() {
    found(&planted("lib.rs", &LIB.replace("//! | 2 | [`imap`] | wire |\n", "")), "the map has no module `imap`");
    found(&planted("lib.rs", &LIB.replace("pub mod imap;\n", "")), "the declarations has no module `imap`");
    let more = LIB
        .replace("pub mod imap;", "pub mod imap;\npub mod jobs;")
        .replace("//! | 2 | [`imap`]", "//! | 2 | [`jobs`] | x |\n//! | 2 | [`imap`]");
    found(&planted("lib.rs", &more), "the folder has no module `jobs`");
    let faults = planted("web.rs", "");
    assert_eq!(faults.len(), 2, "{faults:?}");
}

#[test]
fn a_map_that_goes_down_is_found() {
    let text = LIB.replace("| 1 | [`parse`]", "| 3 | [`parse`]");
    assert!(planted("lib.rs", &text).iter().any(|fault| fault.contains("lowest layer to the highest")));
}

#[test]
fn an_outside_crate_away_from_home_is_found_but_not_in_tests() {
    found(&planted("parse.rs", "\nuse sqlx::Row;"), "parse.rs:2: `sqlx` is at home in store");
    found(&planted("parse.rs", "fn f() { ::sqlx::query(0) }"), "`sqlx` is at home");
    found(&planted("parse.rs", "use sqlx as s;"), "`sqlx` is at home");
    assert_eq!(planted("store/rows.rs", "use sqlx::Row;"), [""; 0]);
    assert_eq!(planted("parse.rs", "#[cfg(test)]\nmod tests {\n    use sqlx::Row;\n}\n"), [""; 0]);
    assert_eq!(planted("parse.rs", "fn f() { crate::model::sqlx::x() }"), [""; 0]);
    found(&planted("parse.rs", "#[cfg(test)]\nmod tests {\n    fn a() {}\n}\nuse sqlx::Row;"), "parse.rs:5");
}

#[test]
fn a_dependency_without_a_home_is_found() {
    let faults = homes(&[], &["sqlx".into(), "leftpad".into()]);
    found(&faults, "`leftpad` has no home");
}

#[test]
fn a_long_file_is_found_and_its_tests_do_not_count() {
    let long = "// line\n".repeat(601);
    found(&planted("parse.rs", &long), "601 lines");
    let tests = format!("{}#[cfg(test)]\nmod tests {{\n{}}}\n", "// line\n".repeat(600), "// test\n".repeat(500));
    assert_eq!(planted("parse.rs", &tests), [""; 0]);
    let mut sources =
        vec![Source::new("parse/mod.rs", "#[cfg(test)]\nmod tests;"), Source::new("parse/tests.rs", &long)];
    assert_eq!(lengths(&shipped(&sources)), [""; 0]);
    sources[0].text = "mod tests;".into();
    found(&lengths(&shipped(&sources)), "parse/tests.rs: 601 lines");
}

#[test]
fn reading_the_clock_or_the_environment_is_found_outside_the_top() {
    found(&planted("parse.rs", "fn f() { let t = std::time::SystemTime::now(); }"), "`SystemTime::now` belongs to app");
    found(&planted("store/mod.rs", "fn f() { chrono::Utc::now() }"), "`Utc::now`");
    found(&planted("store/mod.rs", "fn f() { std::env::var_os(x) }"), "`env::var`");
    assert_eq!(planted("parse.rs", "#[cfg(test)]\nmod tests { fn f() { SystemTime::now() } }"), [""; 0]);
    assert_eq!(clocks(&[Source::new("app.rs", "fn f() { SystemTime::now() }")]), [""; 0]);
}
