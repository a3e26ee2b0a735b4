//! A CSV file as a table: its character set, separator and header found out, its rows numbered as
//! a spreadsheet shows them.
//!
//! Spreadsheets of this region save CSV with semicolons and in windows-1250; asking people to
//! convert first would end with `?` in their clients' names.

use super::nearest;
use encoding_rs::{Encoding, UTF_8};

/// A table with a known header.
#[derive(Clone, Debug)]
pub struct Table {
    /// The columns that are there, in the file's order, as names of `known`.
    pub columns: Vec<&'static str>,
    /// The rows with their numbers; the header is row 1. Empty rows are left out.
    pub rows: Vec<(usize, Vec<String>)>,
    /// The name of the character set in which it was read.
    pub charset: &'static str,
}

/// Why a file is no such table: a sentence.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NoTable(pub String);

impl Table {
    /// Reads `bytes`. `known` are the columns there may be, `needed` those that must be there.
    /// Rows that are no CSV (a quote that never ends) make the whole file unreadable.
    pub fn read(bytes: &[u8], known: &[&'static str], needed: &[&str]) -> Result<Table, NoTable> {
        let (text, charset) = decode(bytes);
        let separator = separator(&text, known);
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(separator)
            .has_headers(false)
            .flexible(true)
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        let mut records = reader.records();
        let header = match records.next() {
            Some(Ok(header)) => header,
            Some(Err(error)) => return Err(NoTable(format!("row 1 is no CSV: {error}"))),
            None => return Err(NoTable("the file is empty; its first row must name the columns".to_owned())),
        };
        let columns = columns(&header, known, needed)?;
        let mut rows = Vec::new();
        for (number, record) in (2..).zip(records) {
            let record = record.map_err(|error| NoTable(format!("row {number} is no CSV: {error}")))?;
            if record.iter().any(|cell| !cell.is_empty()) {
                rows.push((number, record.iter().map(|cell| cell.replace('\0', "")).collect()));
            }
        }
        Ok(Table { columns, rows, charset })
    }
}

fn columns(header: &csv::StringRecord, known: &[&'static str], needed: &[&str]) -> Result<Vec<&'static str>, NoTable> {
    let mut columns: Vec<&'static str> = Vec::new();
    for cell in header {
        let name = name_key(cell);
        let Some(column) = known.iter().find(|k| **k == name).copied() else {
            let near = nearest(&name, known.iter().map(|k| (*k).to_owned()));
            let hint = near.map_or_else(
                || format!("; the columns are {}", known.join(", ")),
                |near| format!("; did you mean `{near}`?"),
            );
            return Err(NoTable(format!("there is no column `{cell}`{hint}")));
        };
        if columns.contains(&column) {
            return Err(NoTable(format!("the column `{column}` stands there twice; leave one")));
        }
        columns.push(column);
    }
    match needed.iter().find(|n| !columns.contains(n)) {
        Some(missing) => Err(NoTable(format!(
            "the column `{missing}` is missing; the first row must name the columns, among them {}",
            needed.join(" and ")
        ))),
        None => Ok(columns),
    }
}

fn name_key(cell: &str) -> String {
    cell.trim().to_lowercase().replace([' ', '-'], "_")
}

/// UTF-8 (or UTF-16) with or without its mark; else what the bytes look like, most likely the
/// windows charset of Central Europe.
fn decode(bytes: &[u8]) -> (String, &'static str) {
    let encoding = match Encoding::for_bom(bytes) {
        Some((encoding, _)) => encoding,
        None if std::str::from_utf8(bytes).is_ok() => UTF_8,
        None => {
            let mut detector = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Deny);
            detector.feed(bytes, true);
            detector.guess(Some(b"pl"), chardetng::Utf8Detection::Deny)
        }
    };
    // Most letters lie alike in both; what a spreadsheet wrote is windows-1250.
    let same = || encoding.decode(bytes).0 == encoding_rs::WINDOWS_1250.decode(bytes).0;
    let encoding = if encoding == encoding_rs::ISO_8859_2 && same() { encoding_rs::WINDOWS_1250 } else { encoding };
    let (text, used, _) = encoding.decode(bytes);
    (text.into_owned(), used.name())
}

/// The separator under which the first line names most known columns; else the commonest there.
fn separator(text: &str, known: &[&str]) -> u8 {
    let first = text.lines().find(|l| !l.trim().is_empty()).unwrap_or_default();
    let rate = |separator: &u8| {
        let cells: Vec<&str> = first.split(char::from(*separator)).collect();
        let named = |c: &&&str| known.contains(&name_key(c.trim().trim_matches('"')).as_str());
        (cells.iter().filter(named).count(), cells.len())
    };
    [b'\t', b';', b','].into_iter().max_by_key(rate).unwrap_or(b',')
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [&str; 3] = ["external_id", "name", "phone"];

    fn read(bytes: &[u8]) -> Result<Table, NoTable> {
        Table::read(bytes, &KNOWN, &["external_id"])
    }

    #[test]
    fn commas_semicolons_and_tabs_separate() {
        for separator in [",", ";", "\t"] {
            let text = ["External ID,Name", "1,Acme", ",", "2,\"Be, ta\""].join("\n").replace(',', separator);
            let table = read(text.as_bytes()).unwrap();
            assert_eq!(table.columns, ["external_id", "name"]);
            let numbers: Vec<usize> = table.rows.iter().map(|(n, _)| *n).collect();
            assert_eq!(numbers, [2, 4], "an empty row counts but is left out");
            assert_eq!(table.rows[1].1[1], format!("Be{separator} ta"));
        }
    }

    #[test]
    fn polish_names_survive_every_usual_charset() {
        let text = "external_id;name\n1;Zażółć Gęślą Jaźń\n2;Święta Łódź\n";
        let mut marked = vec![0xef, 0xbb, 0xbf];
        marked.extend(text.as_bytes());
        let mut wide = vec![0xff, 0xfe];
        wide.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
        let (central, _, lost) = encoding_rs::WINDOWS_1250.encode(text);
        assert!(!lost);
        for bytes in [text.as_bytes(), &marked, &wide, &central] {
            let table = read(bytes).unwrap();
            assert_eq!(table.rows[0].1[1], "Zażółć Gęślą Jaźń", "{}", table.charset);
            assert_eq!(table.rows[1].1[1], "Święta Łódź");
        }
    }

    #[test]
    fn a_single_short_name_in_windows_1250_is_read_right() {
        let (central, _, _) = encoding_rs::WINDOWS_1250.encode("external_id;name\n1;Łukasz Wróbel\n");
        assert_eq!(read(&central).unwrap().rows[0].1[1], "Łukasz Wróbel");
    }

    #[test]
    fn wrong_headers_say_what_is_wrong() {
        let said = |text: &str| read(text.as_bytes()).unwrap_err().to_string();
        assert_eq!(said("external_id,nmae\n"), "there is no column `nmae`; did you mean `name`?");
        assert_eq!(
            said("external_id,colour\n"),
            "there is no column `colour`; the columns are external_id, name, phone"
        );
        assert!(said("name\n").starts_with("the column `external_id` is missing"));
        assert!(said("external_id,name,Name\n").contains("twice"));
        assert!(said("").contains("empty"));
    }
}
