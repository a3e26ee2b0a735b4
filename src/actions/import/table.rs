//! A CSV file as a table: its character set, separator and header found out, its rows numbered as
//! a spreadsheet shows them.
//!
//! Spreadsheets of this region save CSV with semicolons and in windows-1250; asking people to
//! convert first would end with `?` in their clients' names.

use super::nearest;
use crate::model::id::RecordId;
use encoding_rs::{Encoding, UTF_8};

/// A table with a known header.
#[derive(Clone, Debug)]
pub struct Table {
    /// The columns that are there, in the file's order, as names of `known`.
    pub columns: Vec<&'static str>,
    /// Where in a row each of them stands: a file may have others, which nobody looks at.
    pub at: Vec<usize>,
    /// How many cells a row has.
    pub width: usize,
    /// The rows with their numbers; the header is row 1. Empty rows are left out.
    pub rows: Vec<(usize, Vec<String>)>,
    /// The name of the character set in which it was read.
    pub charset: &'static str,
    /// Which records its rows are about.
    pub target: Target,
}

/// Which records the rows of a table are about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Those that this system knows by their `external_id`.
    System(String),
    /// This one; the table has one row.
    Record(RecordId),
    /// None that is there; the table has one row.
    New,
}

impl Target {
    /// The system that ids in files come from.
    pub const FILES: &'static str = "import";

    /// The system by whose ids other records are named.
    pub fn system(&self) -> &str {
        match self {
            Target::System(system) => system,
            Target::Record(_) | Target::New => Target::FILES,
        }
    }
}

/// Why a file is no such table: a sentence.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NoTable(pub String);

impl Table {
    /// Reads `bytes`. `known` are the columns there may be, `needed` those that must be there.
    /// Rows that are no CSV (a quote that never ends) make the whole file unreadable.
    pub fn read(bytes: &[u8], known: &[&'static str], needed: &[&str]) -> Result<Table, NoTable> {
        let Sheet { header, rows, charset, .. } = Sheet::read(bytes, known, "", "")?;
        let columns = columns(&header, known, needed)?;
        let target = Target::System(Target::FILES.to_owned());
        Ok(Table { at: (0..columns.len()).collect(), width: header.len(), columns, rows, charset, target })
    }

    /// A table of at most `size` of its rows from the one at `start` on.
    pub fn part(&self, start: usize, size: usize) -> Table {
        Table {
            columns: self.columns.clone(),
            at: self.at.clone(),
            width: self.width,
            rows: self.rows.iter().skip(start).take(size).cloned().collect(),
            charset: self.charset,
            target: self.target.clone(),
        }
    }
}

/// A CSV file before anybody said which of its columns are which of ours.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// Its first row.
    pub header: Vec<String>,
    /// The others with their numbers, counted as in the file itself, from 1.
    pub rows: Vec<(usize, Vec<String>)>,
    /// The name of the character set in which it was read.
    pub charset: &'static str,
    /// What separates its cells: `,`, `;` or a tab.
    pub separator: char,
}

/// The names of the character sets that can be chosen.
pub const CHARSETS: [&str; 4] = ["UTF-8", "windows-1250", "ISO-8859-2", "windows-1252"];

impl Sheet {
    /// Reads `bytes`. An empty `charset` or `separator` is found out; `known` are the columns by which the
    /// separator is told.
    pub fn read(bytes: &[u8], known: &[&'static str], charset: &str, chosen: &str) -> Result<Sheet, NoTable> {
        let (text, charset) = match Encoding::for_label(charset.as_bytes()).filter(|_| CHARSETS.contains(&charset)) {
            Some(encoding) => {
                let (text, used, _) = encoding.decode(bytes);
                (text.into_owned(), used.name())
            }
            None => decode(bytes),
        };
        let separator = match chosen {
            "," => b',',
            ";" => b';',
            "\t" => b'\t',
            _ => separator(&text, known),
        };
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
        let mut rows = Vec::new();
        for (number, record) in (2..).zip(records) {
            let record = record.map_err(|error| NoTable(format!("row {number} is no CSV: {error}")))?;
            if record.iter().any(|cell| !cell.is_empty()) {
                rows.push((number, record.iter().map(|cell| plain(&cell.replace('\0', ""))).collect()));
            }
        }
        let header = header.iter().map(str::to_owned).collect();
        Ok(Sheet { header, rows, charset, separator: char::from(separator) })
    }

    /// Which of our columns each of the file's is by its name, in our words or in those of other systems.
    pub fn guess(&self, known: &[&'static str]) -> Vec<Option<&'static str>> {
        let names: Vec<String> = self.header.iter().map(|cell| name_key(cell)).collect();
        let mut taken: Vec<&'static str> = Vec::new();
        let mut guess = |name: &String| {
            let ours = known.iter().copied().find(|k| *k == name);
            let usual = || {
                let (column, _) = USUAL.iter().find(|(_, words)| words.contains(&name.as_str()))?;
                // What bears our own name is it, whatever stands before.
                known.iter().copied().find(|k| k == column).filter(|column| !names.iter().any(|n| n == column))
            };
            let found = ours.or_else(usual).filter(|column| !taken.contains(column));
            taken.extend(found);
            found
        };
        names.iter().map(&mut guess).collect()
    }

    /// The table in which the file's columns are these of ours. Each may stand there once, and `needed` must.
    pub fn mapped(self, mapping: &[Option<&'static str>], needed: &[&str]) -> Result<Table, NoTable> {
        let (mut columns, mut at) = (Vec::new(), Vec::new());
        for (place, column) in mapping.iter().enumerate().take(self.header.len()) {
            let Some(column) = column else { continue };
            if columns.contains(column) {
                return Err(NoTable(format!("two columns are `{column}`; choose one")));
            }
            columns.push(*column);
            at.push(place);
        }
        match needed.iter().find(|needed| !columns.contains(needed)) {
            Some(missing) => Err(NoTable(format!("no column is `{missing}`; say which one is"))),
            None => Ok(Table {
                columns,
                at,
                width: self.header.len(),
                rows: self.rows,
                charset: self.charset,
                target: Target::System(Target::FILES.to_owned()),
            }),
        }
    }
}

/// What other systems call our columns, in small letters with `_` between the words.
const USUAL: &[(&str, &[&str])] = &[
    ("external_id", &["id", "guid", "record_id", "identyfikator", "id_zewnętrzne", "numer_id"]),
    ("name", &["full_name", "company", "company_name", "account_name", "nazwa", "firma", "imię_i_nazwisko", "topic"]),
    ("owner", &["assigned_to", "responsible", "opiekun", "właściciel", "handlowiec"]),
    ("account", &["account_id", "company_id", "firma_id", "konto", "klient"]),
    ("emails", &["email", "e_mail", "mail", "email_address", "adres_e_mail", "adres_email", "poczta"]),
    ("phone", &["telephone", "phone_number", "business_phone", "telefon", "numer_telefonu"]),
    ("city", &["town", "miasto", "miejscowość"]),
    ("language", &["lang", "język"]),
    ("zone", &["time_zone", "timezone", "strefa", "strefa_czasowa"]),
    ("status", &["state", "stage", "stan", "etap"]),
    ("class", &["category", "klasa", "kategoria"]),
    ("domains", &["domain", "website", "domena", "domeny"]),
    ("team", &["group", "department", "zespół", "dział"]),
    ("number", &["no", "case_number", "numer", "nr"]),
    ("confidential", &["secret", "poufne", "poufny"]),
    ("login", &["user", "username", "user_name", "użytkownik"]),
    ("role", &["rola"]),
    ("manager", &["supervisor", "przełożony", "kierownik"]),
    ("active", &["enabled", "aktywny", "aktywne"]),
];

fn columns(header: &[String], known: &[&'static str], needed: &[&str]) -> Result<Vec<&'static str>, NoTable> {
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

/// A cell as it was before an export of ours made it safe for spreadsheets, so that the file of refused rows
/// can be corrected and come again: `'+48 22…` is `+48 22…`.
fn plain(cell: &str) -> String {
    let rest = cell.strip_prefix('\'').filter(|rest| rest.starts_with(['=', '+', '-', '@']));
    rest.unwrap_or(cell).to_owned()
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
    fn columns_of_other_systems_are_guessed_and_each_is_one_of_ours() {
        let sheet =
            Sheet::read("Id;Nazwa;E-mail;name;Kolor\n1;x;y@z.pl;Acme;red\n".as_bytes(), &KNOWN, "", "").unwrap();
        assert_eq!((sheet.separator, sheet.charset), (';', "UTF-8"));
        // `name` is ours; `Nazwa` would be it where there is none.
        assert_eq!(sheet.guess(&KNOWN), [Some("external_id"), None, None, Some("name"), None]);
        let chosen = [Some("external_id"), Some("name"), None, None, None];
        let table = sheet.clone().mapped(&chosen, &["external_id"]).unwrap();
        assert_eq!((table.columns, table.at, table.width), (vec!["external_id", "name"], vec![0, 1], 5));
        let twice = [Some("name"), Some("name"), None, None, None];
        assert_eq!(sheet.clone().mapped(&twice, &[]).unwrap_err().to_string(), "two columns are `name`; choose one");
        assert_eq!(sheet.mapped(&[], &["name"]).unwrap_err().to_string(), "no column is `name`; say which one is");
    }

    #[test]
    fn charset_and_separator_can_be_chosen_and_what_we_made_safe_is_read_as_it_was() {
        let (central, _, _) = encoding_rs::WINDOWS_1250.encode("name,phone;x\n\"'+48 22\",Łódź;'quoted\n");
        let sheet = Sheet::read(&central, &KNOWN, "windows-1250", ";").unwrap();
        assert_eq!(sheet.header, ["name,phone", "x"]);
        assert_eq!(sheet.rows[0].1[1], "'quoted");
        let sheet = Sheet::read(&central, &KNOWN, "windows-1250", ",").unwrap();
        assert_eq!(sheet.rows[0].1, ["+48 22", "Łódź;'quoted"]);
        // A charset that is none of those offered is found out.
        assert_eq!(Sheet::read(&central, &KNOWN, "utf-7", "").unwrap().charset, "windows-1250");
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
