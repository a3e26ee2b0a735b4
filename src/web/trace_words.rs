//! What the steps of a trace found, in Polish. The steps say it in English (`link::steps`,
//! `link::rules::explain`); each of their sentences stands here once, with its gaps. What is not here
//! stays as it is, and the test below names it.

use super::rule_words::condition;
use super::words::{Language, Words};
use crate::link::rules::condition_text;
use crate::model::rule::Rule;

/// A finding of a built-in step, in the page's language.
pub(super) fn finding(why: &str, w: &'static Words) -> String {
    match w.language {
        Language::English => why.to_owned(),
        Language::Polish => polish(why),
    }
}

/// Why a rule does not fit, in the page's language.
pub(super) fn failing(why: &str, rule: &Rule, w: &'static Words) -> String {
    if w.language == Language::English {
        return why.to_owned();
    }
    let mut text = why.to_owned();
    for one in rule.all.iter().chain(&rule.any).chain(&rule.none) {
        text = text.replace(&condition_text(one), &condition(one, w.rules()));
    }
    polish(&text)
}

/// English with gaps, and Polish with the same gaps in the same order. What is longer stands first.
const SENTENCES: &[(&str, &str)] = &[
    ("somebody said of this mail that it is private", "ktoś oznaczył tę wiadomość jako prywatną"),
    (
        "somebody said of this mail that it belongs to no record",
        "ktoś stwierdził, że ta wiadomość nie należy do żadnego rekordu",
    ),
    ("somebody said of its thread that it is private", "ktoś oznaczył jej wątek jako prywatny"),
    (
        "somebody said of this mail that it regards no opportunity",
        "ktoś zdecydował, że ta wiadomość nie dotyczy żadnej szansy",
    ),
    (
        "somebody said of its thread that it regards no opportunity",
        "ktoś zdecydował, że jej wątek nie dotyczy żadnej szansy",
    ),
    ("somebody said of this mail that it regards record {}", "ktoś zdecydował, że ta wiadomość dotyczy: rekord {}"),
    ("somebody said of its thread that it regards record {}", "ktoś zdecydował, że jej wątek dotyczy: rekord {}"),
    ("somebody said of its sender's domain that it is private", "ktoś oznaczył pocztę z domeny nadawcy jako prywatną"),
    ("somebody said of its sender that it is private", "ktoś oznaczył pocztę jej nadawcy jako prywatną"),
    (
        "somebody said of its sender's domain that it regards record {}",
        "ktoś zdecydował, że poczta z domeny nadawcy dotyczy: rekord {}",
    ),
    (
        "somebody said of its sender that it regards record {}",
        "ktoś zdecydował, że poczta jej nadawcy dotyczy: rekord {}",
    ),
    ("somebody began a thread of its own with it", "ktoś zaczął od niej osobny wątek"),
    ("somebody put it into the thread of another mail", "ktoś dołączył ją do wątku innej wiadomości"),
    (
        "you said nothing of this mail, its thread or its sender",
        "nic o tej wiadomości, jej wątku ani nadawcy nie powiedziano przez ciebie",
    ),
    ("what others said is left out", "co powiedzieli inni, pominięto"),
    ("you did not file it", "nie masz tu własnego przypisania"),
    ("what others filed is left out", "co przypisali inni, pominięto"),
    ("you are told of the mail alone", "tu jest mowa tylko o samej wiadomości"),
    ("somebody said so of its thread", "ktoś zdecydował tak o jej wątku"),
    ("somebody said so of its sender", "ktoś zdecydował tak o jej nadawcy"),
    ("somebody said so of its domain", "ktoś zdecydował tak o domenie nadawcy"),
    ("somebody put it on record {} as well", "ktoś umieścił ją też przy: rekord {}"),
    ("somebody took it off record {}", "ktoś zdjął ją z: rekord {}"),
    ("somebody said that a machine wrote it", "ktoś stwierdził, że napisała ją maszyna"),
    (
        "nobody said where this mail, its thread or its sender belongs",
        "nikt nie powiedział, gdzie należy ta wiadomość, jej wątek ani nadawca",
    ),
    ("it was filed on record {} by {}, and taken off it", "przypisano ją do: rekord {}, przez {}, a potem zdjęto"),
    ("it was filed on record {} by {}", "przypisano ją do: rekord {}, przez {}"),
    ("nobody filed it", "nikt jej nie przypisał"),
    ("it answers no mail that is stored", "nie odpowiada na żadną zapisaną wiadomość"),
    (
        "it answers no mail on a record that you may read",
        "nie odpowiada na żadną wiadomość przy rekordzie, w który masz wgląd",
    ),
    (
        "it answers <{}>, and its sender's address is that of record {}, a party there",
        "odpowiada na <{}>, a adres nadawcy należy do: rekord {}, który ma tam udział",
    ),
    (
        "it answers <{}>, but {} is no party there by what you may read: only suggested",
        "odpowiada na <{}>, ale {} według tego, w co masz wgląd, nie bierze tam udziału: tylko propozycja",
    ),
    (
        "it answers <{}>, which stands on no record that you may read",
        "odpowiada na <{}>, która nie jest przy żadnym rekordzie, w który masz wgląd",
    ),
    (
        "no number on it is that of a record that you may read (of digits alone those from six on count)",
        "żaden numer w niej nie jest numerem rekordu, w który masz wgląd (z samych cyfr liczą się te od sześciu)",
    ),
    (
        "the address {} belongs to no contact, lead or end customer that you may read",
        "adres {} nie należy do kontaktu, leada ani klienta końcowego, w którego masz wgląd",
    ),
    (
        "none of these addresses belongs to a contact, lead or end customer that you may read: {}",
        "żaden z tych adresów nie należy do kontaktu, leada ani klienta końcowego, w którego masz wgląd: {}",
    ),
    (
        "none of the {} addresses on it that are not ours belongs to a contact, lead or end customer that you may read",
        "żaden z obcych adresów w niej ({}) nie należy do kontaktu, leada ani klienta końcowego, w którego masz wgląd",
    ),
    (
        "the one address on it that is not ours belongs to no contact, lead or end customer that you may read",
        "jedyny obcy adres w niej nie należy do kontaktu, leada ani klienta końcowego, w którego masz wgląd",
    ),
    (
        "no other open opportunity that you may read comes into question",
        "żadna inna otwarta szansa, w którą masz wgląd, nie wchodzi w grę",
    ),
    (
        "no open opportunity that you may read comes into question",
        "żadna otwarta szansa, w którą masz wgląd, nie wchodzi w grę",
    ),
    (
        "one open opportunity that you may read comes into question, so there is nothing to weigh",
        "w grę wchodzi jedna otwarta szansa, w którą masz wgląd, więc nie ma czego porównywać",
    ),
    (
        "no domain on it belongs to an account that you may read",
        "żadna domena w niej nie należy do firmy, w którą masz wgląd",
    ),
    ("it answers <{}>, and its sender is a party there", "odpowiada na <{}>, a jej nadawca jest tam stroną"),
    ("it answers <{}>, and its sender is one of ours", "odpowiada na <{}>, a jej nadawca jest od nas"),
    (
        "it answers <{}>, and its sender's address belongs to a party there",
        "odpowiada na <{}>, a adres nadawcy należy do kogoś, kto ma tam udział",
    ),
    (
        "it answers <{}>, and its sender is on other mail there",
        "odpowiada na <{}>, a jej nadawca jest tam w innej poczcie",
    ),
    (
        "it answers <{}>, and its sender's domain is that of the account there",
        "odpowiada na <{}>, a domena nadawcy to domena tamtej firmy",
    ),
    (
        "it reports about our mail <{}>, so who wrote it says nothing",
        "to raport o naszej wiadomości <{}>, więc nadawca nic tu nie znaczy",
    ),
    (
        "where that stands was weighed, so this is no surer",
        "miejsce tamtej wybrano z kilku, więc to nie jest pewniejsze",
    ),
    (
        "it answers <{}>, but our own server does not confirm that {} is who it claims to be: only suggested",
        "odpowiada na <{}>, ale nasz serwer nie potwierdza, że {} jest tym, za kogo się podaje: tylko propozycja",
    ),
    (
        "it answers <{}>, but {} is no party there: only suggested",
        "odpowiada na <{}>, ale {} nie bierze tam udziału: tylko propozycja",
    ),
    (
        "it answers <{}>, which adds nothing to stronger evidence",
        "odpowiada na <{}>, co nic nie dodaje do silniejszych przesłanek",
    ),
    ("it answers <{}>, which stands on no record", "odpowiada na <{}>, która nie jest przy żadnym rekordzie"),
    ("it carries no reference of ours", "nie zawiera naszego odnośnika"),
    ("{} was signed for record {}, and its sender is a party", "{} podpisano dla: rekord {}, a nadawca bierze udział"),
    (
        "{} was signed for record {}, but its sender is no party there: only suggested",
        "{} podpisano dla: rekord {}, ale nadawca nie bierze tam udziału: tylko propozycja",
    ),
    (
        "{} was signed for record {}, which adds nothing to stronger evidence",
        "{} podpisano dla: rekord {}, co nic nie dodaje do silniejszych przesłanek",
    ),
    ("{} looks like ours, and its signature is wrong", "{} wygląda na nasz, ale podpis jest zły"),
    (
        "no number on it is that of a record (of digits alone those from six on count)",
        "żaden numer w niej nie jest numerem rekordu (z samych cyfr liczą się te od sześciu)",
    ),
    (
        "{} in its subject is that of record {}, and {} is a party",
        "{} w temacie to numer: rekord {}, a {} bierze udział",
    ),
    ("{} in its text is that of record {}, and {} is a party", "{} w treści to numer: rekord {}, a {} bierze udział"),
    (
        "{} in its subject is that of record {}, but {} is no party there, or it is not the only one: only suggested",
        "{} w temacie to numer: rekord {}, ale {} nie bierze tam udziału albo nie jest to jedyny numer: tylko propozycja",
    ),
    (
        "{} in its text is that of record {}, but {} is no party there, or it is not the only one: only suggested",
        "{} w treści to numer: rekord {}, ale {} nie bierze tam udziału albo nie jest to jedyny numer: tylko propozycja",
    ),
    (
        "{} in its subject is that of record {}, which adds nothing to stronger evidence",
        "{} w temacie to numer: rekord {}, co nic nie dodaje do silniejszych przesłanek",
    ),
    (
        "{} in its text is that of record {}, which adds nothing to stronger evidence",
        "{} w treści to numer: rekord {}, co nic nie dodaje do silniejszych przesłanek",
    ),
    ("{} in its subject is that of record {}", "{} w temacie to numer: rekord {}"),
    ("{} in its text is that of record {}", "{} w treści to numer: rekord {}"),
    ("{} in the field {} belongs to record {}", "{} w polu {} należy do: rekord {}"),
    ("by them it regards opportunity {}", "dlatego dotyczy: szansa {}"),
    ("{} open opportunities come into question", "możliwych otwartych szans: {}"),
    ("an address stands on several records", "jeden adres jest w kilku rekordach"),
    (
        "our own server does not confirm the sender: only suggested",
        "nasz serwer nie potwierdza nadawcy: tylko propozycja",
    ),
    (
        "it was taken off the records of its addresses, or these are merely claimed by somebody in whose mailboxes it does not lie",
        "zdjęto ją z rekordów jej adresów albo są one tylko zgłoszone przez kogoś, w czyich skrzynkach jej nie ma",
    ),
    ("everybody on it is one of ours", "wszyscy w niej są od nas"),
    (
        "the address {} belongs to no contact, lead or end customer",
        "adres {} nie należy do kontaktu, leada ani klienta końcowego",
    ),
    (
        "none of these addresses belongs to a contact, lead or end customer: {}",
        "żaden z tych adresów nie należy do kontaktu, leada ani klienta końcowego: {}",
    ),
    (
        "none of the {} addresses on it that are not ours belongs to a contact, lead or end customer",
        "żaden z obcych adresów w niej ({}) nie należy do kontaktu, leada ani klienta końcowego",
    ),
    (
        "the one address on it that is not ours belongs to no contact, lead or end customer",
        "jedyny obcy adres w niej nie należy do kontaktu, leada ani klienta końcowego",
    ),
    ("no open opportunity of its contacts comes into question", "żadna otwarta szansa jej kontaktów nie wchodzi w grę"),
    (
        "no other open opportunity of its contacts comes into question",
        "żadna inna otwarta szansa jej kontaktów nie wchodzi w grę",
    ),
    (
        "one open opportunity of its contacts comes into question, so there is nothing to weigh",
        "w grę wchodzi jedna otwarta szansa jej kontaktów, więc nie ma czego porównywać",
    ),
    ("the first of {} has {} points, {} more than the next", "pierwsza z {} ma {} pkt, o {} więcej niż następna"),
    (
        "of {} the first has {} points and the next {}: no clear lead",
        "z {} pierwsza ma {} pkt, a następna {}: brak wyraźnej przewagi",
    ),
    ("{} come into question, and stronger evidence decides", "możliwych: {}, a decydują silniejsze przesłanki"),
    ("an address is known, so domains are not looked at", "adres jest znany, więc domen się nie sprawdza"),
    ("{} of {} belongs to account {}", "{} z {} należy do: firma {}"),
    (
        "our own server does not confirm the sender: its domain proves nothing",
        "nasz serwer nie potwierdza nadawcy: jego domena niczego nie dowodzi",
    ),
    (
        "{} of {} belongs to account {}, but only the other side's sender counts, or whom we wrote to",
        "{} z {} należy do: firma {}, ale liczy się tylko nadawca z zewnątrz albo ten, do kogo piszemy",
    ),
    ("no domain on it belongs to an account", "żadna domena w niej nie należy do firmy"),
    (
        "what it finds names a record of which you may not be told",
        "wynik dotyczy rekordu, o którym nie możesz się dowiedzieć",
    ),
    ("not so: {}", "nie zachodzi: {}"),
    ("none of these is so: {}", "nic z tego nie zachodzi: {}"),
    ("it must not be, and is so: {}", "nie może zachodzić, a zachodzi: {}"),
    ("the mail has none", "w wiadomości tego nie ma"),
    ("the mail has {}", "w wiadomości jest {}"),
    ("it has {} octets", "ma {} bajtów"),
    ("its text has {} octets", "jej treść ma {} bajtów"),
    ("it is {}", "jest {}"),
];

/// What stands in gaps and is a word of ours: fields, ways of filing, authors and channels.
const WORDS: &[(&str, &str)] = &[
    ("From", "Od"),
    ("Sender", "Nadawca"),
    ("Reply-To", "Odpowiedź do"),
    ("To", "Do"),
    ("Cc", "Kopia"),
    ("Bcc", "Ukryta kopia"),
    ("folder", "folder"),
    ("dropbox", "kopię na tajny adres"),
    ("token", "adres z podpisanym odnośnikiem"),
    ("attached", "przekazanie jako załącznik"),
    ("quoted", "wiadomość w treści przekazania"),
    ("human", "od człowieka"),
    ("vacation", "zawiadomieniem o nieobecności"),
    ("left-company", "wiadomością, że ktoś już nie pracuje"),
    ("acknowledgement", "potwierdzeniem przyjęcia"),
    ("challenge", "prośbą o dowód, że pisze człowiek"),
    ("calendar", "wpisem kalendarza"),
    ("notification", "powiadomieniem"),
    ("dsn-failed", "raportem o niedoręczeniu"),
    ("dsn-delayed", "raportem o opóźnieniu"),
    ("dsn-delivered", "raportem doręczenia"),
    ("mdn", "potwierdzeniem odczytu"),
    ("feedback-report", "zgłoszeniem nadużycia"),
    ("direct", "bezpośrednia"),
    ("list", "z listy"),
    ("bulk", "masowa"),
];

/// The words after which Polish findings name a record by its number.
pub(super) const RECORD_WORDS: [&str; 3] = ["rekord ", "szansa ", "firma "];

fn polish(why: &str) -> String {
    let whole = |text: &str| SENTENCES.iter().find_map(|(en, pl)| Some(filled(pl, &gaps(en, text)?)));
    if let Some(found) = whole(why).filter(|_| !why.contains("; ")) {
        return found;
    }
    why.split("; ").map(|part| whole(part).unwrap_or_else(|| part.to_owned())).collect::<Vec<_>>().join("; ")
}

/// What stands in the gaps of a sentence, if this is that sentence.
fn gaps<'t>(sentence: &str, text: &'t str) -> Option<Vec<&'t str>> {
    let mut pieces = sentence.split("{}");
    let mut rest = text.strip_prefix(pieces.next()?)?;
    let mut found = Vec::new();
    let mut pieces = pieces.peekable();
    while let Some(piece) = pieces.next() {
        let last = pieces.peek().is_none();
        let (gap, after) = match (last, piece.is_empty()) {
            (true, true) => (rest, ""),
            (true, false) => (rest.strip_suffix(piece)?, ""),
            (false, _) => rest.split_once(piece)?,
        };
        found.push(gap);
        rest = after;
    }
    rest.is_empty().then_some(found)
}

fn filled(sentence: &str, gaps: &[&str]) -> String {
    let mut gaps = gaps.iter();
    let mut pieces = sentence.split("{}");
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let gap = gaps.next().copied().unwrap_or_default();
        text.push_str(WORDS.iter().find(|(en, _)| *en == gap).map_or(gap, |(_, pl)| pl));
        text.push_str(piece);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use regex::Regex;

    #[test]
    fn every_sentence_of_the_steps_has_its_polish() {
        for (en, pl) in SENTENCES {
            assert_eq!(en.matches("{}").count(), pl.matches("{}").count(), "{en}");
        }
        let pattern = Regex::new(r#"(?:format!|no|Some)\(\s*"((?:[^"\\]|\\.)*)""#).unwrap();
        let steps = include_str!("../link/steps.rs");
        let gap = Regex::new(r"\{[^}]*\}").unwrap();
        let mut missing = Vec::new();
        for found in pattern.captures_iter(steps) {
            let text = gap.replace_all(&found[1], "7").replace(['{', '}'], "");
            let known = |part: &str| SENTENCES.iter().any(|(en, _)| gaps(en, part).is_some());
            // Sentences that are put together of two are looked at in `a_finding_reads_in_polish`.
            let together = text.contains(", 7")
                || text.starts_with("7, and")
                || text.starts_with("but 7")
                || text.starts_with("7; ")
                || text.contains("7 is 7")
                || text.ends_with("there7")
                || text.contains("of 7 that")
                || text.contains("its 7");
            // Without a letter there is nothing to say in another language.
            if !together && text.contains(char::is_alphabetic) && !text.split("; ").all(known) {
                missing.push(text);
            }
        }
        assert!(missing.is_empty(), "without Polish: {missing:#?}");
    }

    #[test]
    fn a_finding_reads_in_polish() {
        for (en, pl) in [
            (
                "it answers <a@b>, and its sender is one of ours; where that stands was weighed, so this is no surer",
                "odpowiada na <a@b>, a jej nadawca jest od nas; miejsce tamtej wybrano z kilku, więc to nie jest pewniejsze",
            ),
            (
                "OP-1 in its subject is that of record 5; OP-2 in its text is that of record 7, and c@d is a party",
                "OP-1 w temacie to numer: rekord 5; OP-2 w treści to numer: rekord 7, a c@d bierze udział",
            ),
            (
                "a@b in the field From belongs to record 3; by them it regards opportunity 9",
                "a@b w polu Od należy do: rekord 3; dlatego dotyczy: szansa 9",
            ),
            ("something else", "something else"),
        ] {
            assert_eq!(polish(en), pl);
        }
    }
}
