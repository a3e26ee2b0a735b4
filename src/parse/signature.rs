//! Who wrote a mail, by its header and its signature: name, company, role, phones, postal address, web
//! site, tax number. Polish and English. Pure.
//!
//! Only what the writer set below their own text is read, never what is quoted: a field of somebody else
//! is worse than none. So where a block names an address or a site of ours, or an address of another
//! person, it is not taken: it is a quotation that nobody marked as one.
//!
//! phonenumber is named here only: it tells a number from a bank account and writes it as people abroad
//! dial it.

mod words;

use crate::model::address::Address;
use crate::model::fold::fold;
use crate::model::found::{Detail, Found, Place};
use crate::model::mail::{FoldKind, Mail};
use phonenumber::{Mode, country};
use regex::Regex;
use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::LazyLock;
use words::{CLOSINGS, FAX, LEGAL_FORMS, MOBILE, NOT_PHONES, ROLES, SOCIAL, STREETS};

/// Lines of a signature that are looked at.
const LINES: usize = 20;
/// Characters of a line that is looked at; longer ones are text.
const WIDTH: usize = 160;
/// Characters of a mail's own text that are looked at, from its end.
const TEXT: usize = 8_000;

static PHONE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?:\+|\b00)?\(?\+?\d[\d\s().\u{a0}/-]{5,24}\d").ok());
static POSTCODE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?:\b(?:PL-)?\d{2}-\d{3}|\b(?:D|DE)-\d{5}|\b\d{5}|\b[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2})[ ,]+(\p{Lu}[\p{L}'’.-]*(?: \p{Lu}[\p{L}'’.-]*){0,3})",
    )
    .ok()
});
static UK_POSTCODE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(\p{Lu}[\p{L}'’-]+),? +[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}\b").ok());
static MAIL: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}").ok());
static SITE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?:https?://|www\.)[A-Za-z0-9.-]+\.[A-Za-z]{2,}(?:/[^\s>)\]]*)?").ok());
static TAX: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:NIP|VAT(?: ?(?:ID|EU|no\.?|number|UE))?)[ :.]*(?:PL ?)?(\d[\d -]{8,13}\d)").ok()
});

/// What a mail says of its writer; `ours` are the company's domains. Nothing where one of us wrote it.
/// At most one of each, the header's before the signature's.
pub fn writer(mail: &Mail, ours: &HashSet<String>) -> Vec<Found> {
    // Any bytes are mail, and a number's grammar is a stranger's code.
    catch_unwind(AssertUnwindSafe(|| read(mail, ours))).unwrap_or_default()
}

fn read(mail: &Mail, ours: &HashSet<String>) -> Vec<Found> {
    let Some(from) = mail.from.first() else { return Vec::new() };
    if ours.contains(from.address.domain()) {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut add = |detail: Detail, value: String, place: Place| {
        let value = value.trim().trim_matches(['|', ',', ';', '•']).trim().to_owned();
        if !value.is_empty() && !found.iter().any(|f: &Found| f.detail == detail) {
            found.push(Found { detail, value, place });
        }
    };
    let header_name = from.name.as_deref().and_then(person);
    if let Some(name) = header_name.clone() {
        add(Detail::Name, name, Place::Header);
    }
    if let Some(company) = mail.headers.first("organization").map(super::words::decode) {
        add(Detail::Company, company, Place::Header);
    }
    let block = block(mail, &from.address, ours);
    let names = name_keys(header_name.as_deref(), &from.address);
    for (n, line) in block.iter().enumerate() {
        let mut put = |detail, value: String| add(detail, value, Place::Signature(line.clone()));
        read_line(line, n, &names, &from.address, &mut put);
    }
    address(&block, &mut add);
    found.sort_by_key(|f| f.detail);
    found
}

/// The lines of the writer's signature, as they stand.
fn block(mail: &Mail, from: &Address, ours: &HashSet<String>) -> Vec<String> {
    let text = &mail.text;
    let signature = text.folds.iter().find(|fold| fold.kind == FoldKind::Signature);
    let marked =
        signature.and_then(|fold| text.body.get(fold.start..fold.end)).filter(|signature| has_fields(signature));
    let lines: Vec<String> = match marked {
        Some(marked) => plain_lines(marked),
        None => unmarked(&text.visible()),
    };
    let foreign = |line: &String| {
        let all = MAIL.iter().flat_map(|r| r.find_iter(line)).filter_map(|m| Address::parse(m.as_str()).ok());
        let site = MAIL.is_some() && ours.iter().any(|domain| line.to_lowercase().contains(domain.as_str()));
        site || all.into_iter().any(|a| a != *from && a.domain() != from.domain())
    };
    if lines.iter().any(foreign) { Vec::new() } else { lines }
}

fn has_fields(text: &str) -> bool {
    text.lines().filter(|line| line.chars().any(char::is_alphanumeric)).count() > 0
}

fn plain_lines(text: &str) -> Vec<String> {
    let clean = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let lines = text.lines().map(clean).skip_while(|l| l.is_empty() || l.starts_with("--") || l.starts_with("__"));
    let lines = lines.filter(|line| line.chars().any(char::is_alphanumeric) && line.chars().count() <= WIDTH);
    lines.filter(|line| !line.starts_with('>')).take(LINES).collect()
}

/// A signature that nothing marks: what follows the words that close a letter.
fn unmarked(visible: &str) -> Vec<String> {
    let skip = visible.chars().count().saturating_sub(TEXT);
    let text: String = visible.chars().skip(skip).collect();
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let closes = |line: &&str| {
        let key = fold(line);
        let key = key.trim_end_matches(['!', ',', '.', ' ', ';', '-']);
        line.chars().count() <= 60 && CLOSINGS.iter().any(|closing| key == *closing || starts_closing(key, closing))
    };
    match lines.iter().rposition(closes) {
        Some(at) => plain_lines(&lines.get(at + 1..).unwrap_or_default().join("\n")),
        None => Vec::new(),
    }
}

/// "Pozdrawiam, Jan Nowak" closes a letter too; "Thanks for the offer" does not.
fn starts_closing(line: &str, closing: &str) -> bool {
    let Some(rest) = line.strip_prefix(closing) else { return false };
    rest.starts_with(',') || rest.starts_with(" /")
}

/// A display name as a person writes it; `None` where it is an address or a machine's.
fn person(name: &str) -> Option<String> {
    let name = name.trim().trim_matches(['"', '\'']).trim();
    // "Nowak, Jan" and "Jan Nowak (Acme)", "Jan Nowak via List".
    let bare = name.split(['(', '[', '|', '<']).next().unwrap_or("").split(" via ").next().unwrap_or("").trim();
    let turned = match bare.split_once(',') {
        Some((last, first)) if !first.trim().is_empty() && !first.trim().contains(' ') => {
            format!("{} {}", first.trim(), last.trim())
        }
        Some((before, _)) => before.trim().to_owned(),
        None => bare.split(" - ").next().unwrap_or(bare).trim().to_owned(),
    };
    let words = turned.split_whitespace().count();
    let letters = turned.chars().filter(|c| c.is_alphabetic()).count();
    let fits = !turned.contains('@')
        && (1..=5).contains(&words)
        && letters >= 2
        && !turned.chars().any(|c| c.is_ascii_digit());
    fits.then_some(turned)
}

/// The folded words by which the writer's own name is recognised.
fn name_keys(header: Option<&str>, from: &Address) -> HashSet<String> {
    let local = from.as_str().split('@').next().unwrap_or("").to_owned();
    let words = header.into_iter().flat_map(str::split_whitespace).map(fold);
    let parts = local.split(['.', '_', '-', '+']).map(fold).collect::<Vec<_>>();
    words.chain(parts).filter(|w| w.chars().count() >= 2).collect()
}

fn read_line(line: &str, n: usize, names: &HashSet<String>, from: &Address, put: &mut dyn FnMut(Detail, String)) {
    let pieces: Vec<&str> = line.split(['|', '•', '·']).map(str::trim).filter(|p| !p.is_empty()).collect();
    for piece in &pieces {
        if let Some(tax) =
            TAX.as_ref().and_then(|r| r.captures(piece)).and_then(|c| c.get(1)).and_then(|m| nip(m.as_str()))
        {
            put(Detail::Tax, tax);
        }
        phones(piece, from, put);
        if let Some(site) = site(piece, from) {
            put(Detail::Web, site);
        }
        words_of(piece, n, names, put);
    }
}

/// Name, role and company in a piece of a line.
fn words_of(piece: &str, n: usize, names: &HashSet<String>, put: &mut dyn FnMut(Detail, String)) {
    let labelled = piece.split_once(':').filter(|(label, _)| label.chars().count() <= 12);
    if let Some((label, rest)) = labelled {
        match fold(label).as_str() {
            "firma" | "company" => put(Detail::Company, rest.trim().to_owned()),
            "stanowisko" | "title" | "position" => put(Detail::Role, rest.trim().to_owned()),
            _ => {}
        }
        return;
    }
    let digits = piece.chars().filter(char::is_ascii_digit).count();
    if piece.contains('@') || piece.contains("://") || digits > 4 {
        return;
    }
    let parts: Vec<&str> = piece.split(" – ").flat_map(|p| p.split(" - ")).collect();
    let parts: Vec<&str> = match parts.as_slice() {
        [one] if !is_company(one) => one.split(',').map(str::trim).collect(),
        _ => parts,
    };
    for part in parts.into_iter().map(str::trim).filter(|p| !p.is_empty()) {
        if is_company(part) {
            put(Detail::Company, part.to_owned());
        } else if is_own_name(part, names) {
            put(Detail::Name, part.to_owned());
        } else if digits == 0 && is_role(part) && n <= 6 {
            put(Detail::Role, part.to_owned());
        }
    }
}

fn is_own_name(part: &str, names: &HashSet<String>) -> bool {
    let words: Vec<String> = part.split_whitespace().map(fold).collect();
    let upper = part.split_whitespace().all(|w| w.chars().next().is_some_and(char::is_uppercase));
    let known = words.iter().filter(|w| names.contains(*w)).count();
    (2..=4).contains(&words.len()) && upper && known >= 1 && known + 1 >= words.len()
}

/// Whether a piece names a company: by the form in which companies are made.
fn is_company(part: &str) -> bool {
    let padded = format!(" {} ", fold(part).replace([',', '"', '„', '”'], " "));
    let padded = padded.split_whitespace().collect::<Vec<_>>().join(" ");
    let padded = format!(" {padded} ");
    part.chars().count() <= 100 && LEGAL_FORMS.iter().any(|form| padded.contains(form)) && padded.trim().len() > 3
}

fn is_role(part: &str) -> bool {
    let padded = format!(" {} ", fold(part).replace(['/', '&', '-', ','], " "));
    part.chars().count() <= 80 && part.split_whitespace().count() <= 8 && ROLES.iter().any(|role| padded.contains(role))
}

fn phones(piece: &str, from: &Address, put: &mut dyn FnMut(Detail, String)) {
    let Some(pattern) = PHONE.as_ref() else { return };
    for found in pattern.find_iter(piece) {
        let before = fold(piece.get(..found.start()).unwrap_or(""));
        let before = before.rsplit(|c: char| c.is_ascii_digit()).next().unwrap_or("").trim().to_owned();
        let is = |labels: &[&str]| labels.iter().any(|label| ends_with_label(&before, label));
        if is(FAX) || is(NOT_PHONES) {
            continue;
        }
        let Some((number, mobile)) = number(found.as_str(), from) else { continue };
        let detail = if mobile || is(MOBILE) { Detail::Mobile } else { Detail::Phone };
        put(detail, number);
    }
}

/// Whether what stands before a number ends in this label, as a word.
fn ends_with_label(before: &str, label: &str) -> bool {
    let before = before.trim_end_matches([':', '.', ' ', '/', '(', '+', '-', '=']);
    let rest = before.strip_suffix(label);
    rest.is_some_and(|rest| !rest.ends_with(char::is_alphanumeric))
}

/// A number as people abroad dial it, and whether it is a mobile one for sure; `None` where it is none.
pub fn phone(text: &str) -> Option<String> {
    let read = catch_unwind(AssertUnwindSafe(|| parsed(text, Some(country::PL))));
    read.ok().flatten().map(|(number, _)| number)
}

fn number(text: &str, from: &Address) -> Option<(String, bool)> {
    parsed(text, Some(country_of(from)))
}

fn parsed(text: &str, home: Option<country::Id>) -> Option<(String, bool)> {
    let bare: String = text.chars().map(|c| if c == '\u{a0}' || c == '/' { ' ' } else { c }).collect();
    let bare = bare.replace("(0)", "");
    let bare = bare.trim();
    let wanted = match bare.strip_prefix("00") {
        Some(rest) => format!("+{rest}"),
        None => bare.to_owned(),
    };
    let home = if wanted.contains('+') { None } else { home };
    let number = phonenumber::parse(home, &wanted).ok()?;
    if !phonenumber::is_valid(&number) {
        return None;
    }
    let kind = number.number_type(&phonenumber::metadata::DATABASE);
    let mobile = kind == phonenumber::Type::Mobile;
    Some((number.format().mode(Mode::International).to_string(), mobile))
}

/// The country whose numbers are written without its code, by the domain's end.
fn country_of(from: &Address) -> country::Id {
    match from.domain().rsplit('.').next().unwrap_or("") {
        "de" => country::DE,
        "uk" => country::GB,
        "us" => country::US,
        "fr" => country::FR,
        "cz" => country::CZ,
        "sk" => country::SK,
        "at" => country::AT,
        "nl" => country::NL,
        "it" => country::IT,
        "es" => country::ES,
        "lt" => country::LT,
        "ua" => country::UA,
        _ => country::PL,
    }
}

/// The ten digits of a Polish tax number, if their check digit is right.
fn nip(text: &str) -> Option<String> {
    let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(10)).collect();
    let weights = [6, 5, 7, 2, 3, 4, 5, 6, 7];
    let sum: u32 = digits.iter().zip(weights).map(|(d, w)| d * w).sum();
    let right = digits.len() == 10 && digits.last() == Some(&(sum % 11));
    right.then(|| digits.iter().map(u32::to_string).collect())
}

/// A web site; networks where people have pages are none.
fn site(piece: &str, from: &Address) -> Option<String> {
    let plain = piece.trim().trim_matches(['<', '>', '(', ')']).to_lowercase();
    let plain = plain
        .split_once(':')
        .filter(|(l, _)| matches!(*l, "www" | "web" | "w"))
        .map_or(plain.as_str(), |(_, r)| r.trim());
    if plain == from.domain() {
        return Some(plain.to_owned());
    }
    let found = SITE.as_ref()?.find(piece)?.as_str().trim_end_matches(['.', ',', '/', '>', ')']);
    let host = found.rsplit("://").next()?.split('/').next()?.to_lowercase();
    let social = SOCIAL.iter().any(|domain| host == *domain || host.ends_with(&format!(".{domain}")));
    (!social).then(|| found.to_owned())
}

/// Street and postcode with city, which may stand in one line or in two.
fn address(block: &[String], add: &mut dyn FnMut(Detail, String, Place)) {
    let mut street: Option<String> = None;
    for line in block {
        let pieces = line.split(['|', '•', '·']).map(str::trim);
        for piece in pieces {
            let coded =
                POSTCODE.as_ref().and_then(|r| r.captures(piece)).or_else(|| UK_POSTCODE.as_ref()?.captures(piece));
            if let Some(captures) = coded {
                let city = captures.get(1).map_or("", |m| m.as_str());
                let city = city.trim_end_matches(['.', ',', ' ']).to_owned();
                let own = street_of(piece).is_some();
                let rest = trimmed(piece);
                let whole = match &street {
                    Some(street) if !own => format!("{street}, {rest}"),
                    _ => rest,
                };
                add(Detail::Address, whole, Place::Signature(line.clone()));
                add(Detail::City, city, Place::Signature(line.clone()));
                return;
            }
            street = street_of(piece).or(street);
        }
    }
}

fn trimmed(piece: &str) -> String {
    let labels = ["adres:", "address:", "siedziba:", "biuro:", "office:"];
    let lower = piece.to_lowercase();
    let label = labels.iter().find(|label| lower.starts_with(**label)).map_or(0, |label| label.len());
    piece.get(label..).unwrap_or(piece).trim().trim_matches(['|', ',', ';']).trim().to_owned()
}

/// A street with a house number.
fn street_of(piece: &str) -> Option<String> {
    let padded = format!(" {} ", fold(piece));
    let named = STREETS.iter().any(|street| padded.contains(street));
    (named && piece.chars().any(|c| c.is_ascii_digit())).then(|| trimmed(piece))
}

#[cfg(test)]
mod tests;
