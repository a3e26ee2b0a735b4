//! Tables, JSON and complaints.

use super::Failure;
use std::io::{self, Write};

/// Writes to standard output. A reader that went away (`| head`) is no failure.
pub(super) fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// As [`print`], with a line end.
pub(super) fn line(text: &str) -> io::Result<()> {
    print(&format!("{text}\n"))
}

/// A number with what it counts: `1 record`, `2 records`.
pub(super) fn counted(n: i64, one: &str) -> String {
    match (n, one.strip_suffix('y')) {
        (1, _) => format!("1 {one}"),
        (_, Some(stem)) => format!("{n} {stem}ies"),
        (_, None) => format!("{n} {one}s"),
    }
}

/// Writes JSON, indented, with a line end.
pub(super) fn json(value: &serde_json::Value) -> io::Result<()> {
    line(&format!("{value:#}"))
}

/// Writes a note to standard error.
pub(super) fn note(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// Writes a failure: what, why, what next.
pub(super) fn complain(failure: &Failure) {
    let mut text = format!("error: {}\n", failure.what);
    for why in failure.why.lines().filter(|l| !l.is_empty()) {
        text.push_str(&format!("  {why}\n"));
    }
    if !failure.next.is_empty() {
        text.push_str(&format!("→ {}\n", failure.next));
    }
    let _ = io::stderr().write_all(text.as_bytes());
}

/// A table with its columns below each other; nothing but a sentence where it has no rows.
pub(super) fn table(head: &[&str], rows: &[Vec<String>], empty: &str) -> io::Result<()> {
    if rows.is_empty() {
        return line(empty);
    }
    let wide = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain(head.get(column).map(|h| h.chars().count())).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(wide).collect();
    let mut text = String::new();
    let heads: Vec<String> = head.iter().map(|h| h.to_uppercase()).collect();
    for row in std::iter::once(&heads).chain(rows) {
        let mut written = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            written.push_str(cell);
            written.extend(std::iter::repeat_n(' ', width.saturating_sub(cell.chars().count()) + 2));
        }
        text.push_str(written.trim_end());
        text.push('\n');
    }
    print(&text)
}

/// Text from mail or files, without what would move the cursor of a terminal.
pub(super) fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
