//! What a mail says, as words that may tell one matter from another: for ranking opportunities.

use crate::model::fold::fold;
use crate::model::mail::{FoldKind, Text};
use crate::model::words::Words;
use crate::parse;
use std::collections::BTreeSet;

/// Characters that are read: what a matter is about is said at the beginning.
const LONGEST: usize = 8_000;
/// Words that are kept of one text.
const MOST: usize = 400;
/// Words of a run.
const RUN: usize = 5;
/// Characters of an introduction that are read.
const INTRODUCTION: usize = 400;
/// Introductions that are read of one mail.
const INTRODUCTIONS: usize = 12;
/// Lines in which they are looked for.
const LINES: usize = 400;
/// A shorter subject tells nothing (R123).
const TELLING: usize = 8;

/// Words of letters and greetings, in the languages of our users: they stand in every mail.
const COMMON: &str = "
    the and for you your are was were this that with from have has had will would can could should not but our they
    their them his her its what when where which who how all any some just only also then than there here been being
    about into over please thanks thank regards best kind dear hello sincerely sent wrote mail email message subject
    czy nie jest sie jak dla oraz tak ale tym tej ten jako przez pan pani panie panstwo dzien dobry witam prosze
    dziekuje pozdrawiam pozdrowienia serdecznie napisal napisala temat wiadomosc odp data wyslano oferta zapytanie
    der die das und ist nicht mit fur von den dem ein eine auf ich sie wir herr frau grusse freundlichen betreff gesendet
    http https www com org net html mailto";

/// Subjects that many mails have (R123), folded.
const GENERAL: &str = "
    oferta|zapytanie|zapytanie ofertowe|zamowienie|faktura|reklamacja|spotkanie|pytanie|dzien dobry|informacja|dokumenty
    offer|inquiry|enquiry|order|invoice|quote|quotation|request|question|meeting|hello|information|documents|update
    follow up|reminder|urgent|important|no subject|contract|price list|status|report|anfrage|angebot|bestellung|rechnung
    umowa|cennik|przypomnienie|pilne|wazne|bez tematu|protokol|thank you|good morning|important message";

/// The words of a subject and a text.
pub fn of(subject: &str, text: &str) -> Words {
    let (base, reply) = parse::base_subject(subject);
    let base = fold(&base);
    let start: String = text.chars().take(LONGEST).collect();
    let text = fold(&start);
    let runs_of_text = runs(&text);
    let at_first_hand: String = start.lines().filter(|line| depth(line) == 1).flat_map(|line| [line, "\n"]).collect();
    Words {
        reply,
        subject: split(&base),
        text: split(&text),
        quoted: if at_first_hand.is_empty() { runs_of_text.clone() } else { runs(&fold(&at_first_hand)) },
        runs: runs_of_text,
        base: if is_telling(&base) { base } else { String::new() },
        introductions: Vec::new(),
    }
}

/// The words of a mail with what it quotes, and what introduces that.
pub fn of_mail(subject: &str, text: &Text) -> Words {
    Words { introductions: introductions(text), ..of(subject, &with_quotes(text)) }
}

/// What introduces the quotes: what stands above the first quoted line of the first one, in whatever form, and
/// lines with a year that end in a colon, above or in quotes.
fn introductions(text: &Text) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let short = |text: &str| fold(&text.chars().take(INTRODUCTION).collect::<String>());
    if let Some(quote) = text.folds.iter().find(|part| part.kind == FoldKind::Quote) {
        let quoted = text.body.get(quote.start..quote.end).unwrap_or("");
        let above = quoted.lines().take_while(|line| depth(line) == 0).take(8);
        let above: String = above.flat_map(|line| [line, " "]).collect();
        found.push((0, short(&above)));
    }
    let mut before = "";
    for line in text.body.lines().take(LINES) {
        let (marks, said) = (depth(line), unmarked(line));
        if said.ends_with(':') && said.len() > 12 {
            let whole = if has_year(said) { said.to_owned() } else { format!("{} {said}", unmarked(before)) };
            if has_year(&whole) {
                found.push((marks, short(&whole)));
            }
        }
        before = line;
    }
    found.retain(|(_, said)| !said.is_empty());
    found.truncate(INTRODUCTIONS);
    found
}

/// A line without its quote marks.
fn unmarked(line: &str) -> &str {
    line.trim_start_matches(|c: char| c == '>' || c.is_whitespace()).trim_end()
}

fn has_year(text: &str) -> bool {
    let numbers = text.split(|c: char| !c.is_ascii_digit());
    numbers.into_iter().any(|n| n.len() == 4 && (n.starts_with("19") || n.starts_with("20")))
}

/// How many quote marks a line begins with.
fn depth(line: &str) -> usize {
    line.chars().take_while(|c| *c == '>' || c.is_whitespace()).filter(|c| *c == '>').count()
}

/// Every run of words, whatever stands between them: quote marks and line ends change on the way.
fn runs(folded: &str) -> BTreeSet<u64> {
    let words: Vec<u64> = folded.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(hash).collect();
    let of_run = |run: &[u64]| run.iter().fold(0_u64, |hash, word| (hash.rotate_left(9) ^ word).wrapping_mul(ODD));
    words.windows(RUN).map(of_run).collect()
}

const ODD: u64 = 0x9e37_79b9_7f4a_7c15;

fn hash(word: &str) -> u64 {
    word.bytes().fold(0_u64, |hash, byte| (hash.rotate_left(5) ^ u64::from(byte)).wrapping_mul(ODD))
}

/// The words of a name.
pub fn of_name(name: &str) -> BTreeSet<String> {
    split(&fold(name))
}

/// A mail's new text and what it quotes, without signatures and what gateways added.
pub fn with_quotes(text: &Text) -> String {
    let mut out = String::new();
    let mut at = 0;
    for part in text.folds.iter().filter(|part| part.kind != FoldKind::Quote) {
        out.push_str(text.body.get(at..part.start).unwrap_or(""));
        at = part.end;
    }
    out.push_str(text.body.get(at..).unwrap_or(""));
    out
}

fn is_telling(base: &str) -> bool {
    let general = GENERAL.lines().flat_map(|line| line.split('|')).map(str::trim);
    base.chars().count() >= TELLING && !general.into_iter().any(|g| g == base)
}

fn split(folded: &str) -> BTreeSet<String> {
    let words = folded.split(|c: char| !c.is_alphanumeric());
    let telling = words.filter(|w| (3..=40).contains(&w.len()) && !is_common(w));
    let mut out = BTreeSet::new();
    for word in telling {
        if out.len() >= MOST {
            break;
        }
        out.insert(word.to_owned());
    }
    out
}

fn is_common(word: &str) -> bool {
    use std::collections::HashSet;
    use std::sync::LazyLock;
    static SET: LazyLock<HashSet<&str>> = LazyLock::new(|| COMMON.split_whitespace().collect());
    SET.contains(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_folded_and_greetings_left_out() {
        let words = of("Odp: Pompy do Łodzi", "Dzień dobry, proszę o pompę P-450.\nPozdrawiam");
        assert!(words.reply);
        assert_eq!(words.base, "pompy do lodzi");
        assert_eq!(words.subject.iter().map(String::as_str).collect::<Vec<_>>(), ["lodzi", "pompy"]);
        assert_eq!(words.text.iter().map(String::as_str).collect::<Vec<_>>(), ["450", "pompe"]);
    }

    #[test]
    fn short_and_general_subjects_tell_nothing() {
        for subject in ["Re: Hi", "Odp: Zapytanie ofertowe", "Invoice", ""] {
            assert_eq!(of(subject, "").base, "", "{subject}");
        }
    }
}
