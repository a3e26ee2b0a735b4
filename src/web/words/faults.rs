//! What is wrong with a rule or a file of rules, in the language of a page. The English is the command
//! line's own; the readers of TOML and of expressions speak English alone, so their sentences stand here
//! once more. What is not among them is shown as they say it.

use super::Language;
use crate::actions::rules::NoFile;
use crate::link::rules::{Fault, Flaw, NO_RULE_LOOKS_AT};

/// What is wrong, and what to do.
pub fn flaw(flaw: &Flaw, language: Language) -> String {
    match language {
        Language::English => flaw.to_string(),
        Language::Polish => polish(flaw),
    }
}

/// What is wrong, with the rule, the field and the character.
pub fn fault(fault: &Fault, language: Language) -> String {
    if language == Language::English {
        return fault.to_string();
    }
    let at = fault.at.map(|at| format!(", znak {at}")).unwrap_or_default();
    format!("reguła „{}”, {}{at}: {}", fault.rule, fault.field, polish(&fault.why))
}

/// Why a file is no set of rules.
pub fn file(no: &NoFile, language: Language) -> String {
    if language == Language::English {
        return no.to_string();
    }
    match no {
        NoFile::TooLarge { octets, most } => format!("plik ma {octets} bajtów; dozwolone jest {most}"),
        NoFile::At { line, column, rule, why } => {
            let rule = rule.map(|n| format!(", reguła {n}")).unwrap_or_default();
            format!("wiersz {line}, znak {column}{rule}: {}", foreign(why, TOML))
        }
    }
}

fn polish(flaw: &Flaw) -> String {
    if let Some(text) = plain(flaw) {
        return text.to_owned();
    }
    match flaw {
        Flaw::TooManyRules(n) => format!("reguł jest {n}; dozwolone jest {}", crate::link::rules::MOST_RULES),
        Flaw::TooManyConditions(n) => format!("jest ich {n}; to za dużo"),
        Flaw::NotMade(what) => format!("reguły nie tworzą „{what}”; wpisz `lead` albo `opportunity`"),
        Flaw::HeaderElsewhere(field) => format!("należy do pola `header`, a to jest `{field}`"),
        Flaw::HeaderNotKept => {
            format!("reguły nie patrzą na {}: to droga kopii", NO_RULE_LOOKS_AT.replace("and their like", "i podobne"))
        }
        Flaw::TooLong { length, most } => format!("ma {length} znaków; dozwolone jest {most}"),
        Flaw::NoAddress(text, why) => format!("„{text}” to nie adres: {}", foreign(why, ADDRESS)),
        Flaw::NoDomain(text) => format!("„{text}” to nie domena"),
        Flaw::Expression(why) => {
            format!(
                "{}; nie ma wyrażeń patrzących w przód ani odwołań wstecz, bo trwałyby bez końca",
                foreign(why, EXPRESSION)
            )
        }
        Flaw::OnlySize(word) => format!("z `{word}` porównuje się tylko `size`"),
        Flaw::NoGroup { wanted, groups } => {
            let there = match groups.as_slice() {
                [] => "nie ma żadnej".to_owned(),
                some => format!("są {}", some.join(", ")),
            };
            format!("żadne wyrażenie w `all` ani `any` nie ma grupy `{wanted}`, zapisywanej `(?<{wanted}>…)`; {there}")
        }
        Flaw::Nobody(name) => format!("nie ma aktywnej osoby ani zespołu z członkami o nazwie „{name}”"),
        other => other.to_string(),
    }
}

/// What needs nothing filled in.
fn plain(flaw: &Flaw) -> Option<&'static str> {
    Some(match flaw {
        Flaw::NameTaken => "inna reguła ma już tę nazwę",
        Flaw::Name => "nazwa reguły ma od 1 do 100 znaków w jednym wierszu",
        Flaw::NoQueues => {
            "nie ma kolejek; w `assign` wskaż, kto kolejno dostaje to, co przychodzi: osoby albo `team:NAZWA`"
        }
        Flaw::NobodyGetsIt => "wskaż, kto dostaje to, co powstaje: loginy albo `team:NAZWA`",
        Flaw::NothingToGive => {
            "przydziela się tylko to, co reguła tworzy: dodaj `create`, a istniejące rekordy przekaż poleceniem `standin assign`"
        }
        Flaw::BadReceivers => "to lista loginów i `team:NAZWA`, najwyżej 100",
        Flaw::DoesNothing => {
            "nic nie robi; dodaj `regard`, `account`, `ignore`, `private`, `confidential` albo `create`"
        }
        Flaw::LinksAndHides => "jednocześnie wiąże wiadomość i jej zabrania; zostaw jedno z dwojga",
        Flaw::NamesAndMakes => "wskazuje rekord przez `regard` i tworzy go przez `create`; zostaw jedno z dwojga",
        Flaw::OneWay => "podaj dokładnie jedno z `is`, `contains`, `matches`, `over`, `under`",
        Flaw::HeaderMissing => "podaj nazwę nagłówka, na przykład `header = \"List-Id\"`",
        Flaw::HeaderBad => "to nie jest nazwa nagłówka",
        Flaw::Empty => "jest puste",
        Flaw::NoAuthor => "dozwolone: `human`, `machine` albo rodzaj automatu, na przykład `vacation`",
        Flaw::NoChannel => "dozwolone: `direct`, `list` albo `bulk`",
        Flaw::SizeAsText => "rozmiar porównuje się przez `over` albo `under`",
        Flaw::OnlyIs => "porównuje się przez `is`",
        Flaw::TooLongToFind => "ten tekst jest za długi, by go szukać",
        Flaw::ExpressionTooLarge => {
            "wyrażenie byłoby za duże; użyj mniejszych powtórzeń, `[0-9]` zamiast `\\d`, `[a-z]` zamiast `\\w`"
        }
        Flaw::NegativeSize => "rozmiar w bajtach nie jest ujemny",
        Flaw::OpenBrace => "`{` nie ma swojego `}`",
        _ => return None,
    })
}

/// A sentence of somebody else's, by its beginning; what follows stays, since it quotes the text.
fn foreign(why: &str, known: &[(&str, &str)]) -> String {
    let found = known.iter().find_map(|(en, pl)| why.strip_prefix(en).map(|rest| (rest, pl)));
    match found {
        Some((rest, pl)) => {
            let rest = rest.replace(", expected one of ", "; dozwolone: ").replace(", expected ", "; oczekiwano: ");
            format!("{pl}{}", rest.replace(" or ", " albo "))
        }
        None => why.to_owned(),
    }
}

/// What the reader of TOML says; longer beginnings first.
const TOML: &[(&str, &str)] = &[
    ("unknown field", "nieznane pole"),
    ("missing field", "brakuje pola"),
    ("duplicate field", "powtórzone pole"),
    ("unknown variant", "nieznana wartość"),
    ("invalid type: string", "zły typ: tekst"),
    ("invalid type: integer", "zły typ: liczba"),
    ("invalid type: boolean", "zły typ: prawda lub fałsz"),
    ("invalid type: map", "zły typ: tabela"),
    ("invalid type: sequence", "zły typ: lista"),
    ("invalid type", "zły typ"),
    ("invalid value", "zła wartość"),
    ("duplicate key", "powtórzony klucz"),
    ("key with no value", "klucz bez wartości"),
    ("missing assignment between key-value pairs", "brakuje znaku `=`"),
    ("missing value for key", "brakuje wartości klucza"),
    ("missing value", "brakuje wartości"),
    ("missing comma", "brakuje przecinka"),
    ("missing opening quote", "brakuje cudzysłowu otwierającego"),
    ("missing escaped value", "brakuje znaku po `\\`"),
    ("string values must be quoted", "tekst musi stać w cudzysłowie"),
    ("invalid basic string", "zły tekst w cudzysłowie"),
    ("invalid multi-line basic string", "zły tekst wielowierszowy"),
    ("invalid literal string", "zły tekst w apostrofach"),
    ("invalid multi-line literal string", "zły tekst wielowierszowy w apostrofach"),
    ("invalid unquoted key", "zły klucz bez cudzysłowu"),
    ("unquoted keys cannot be empty", "klucz nie może być pusty"),
    ("unexpected key or value", "niespodziewany klucz lub wartość"),
    ("unexpected content", "niespodziewany tekst"),
    ("unclosed array", "niezamknięta lista"),
    ("unclosed inline table", "niezamknięta tabela w wierszu"),
    ("unclosed table", "niezamknięty nagłówek tabeli"),
    ("extra `=`", "zbędny znak `=`"),
    ("extra comma", "zbędny przecinek"),
];

/// What the reader of expressions says.
const EXPRESSION: &[(&str, &str)] = &[
    ("unclosed group", "niezamknięta grupa"),
    ("unopened group", "zamknięcie grupy bez otwarcia"),
    ("unclosed character class", "niezamknięty zbiór znaków"),
    ("unclosed capture group name", "niezamknięta nazwa grupy"),
    ("unclosed counted repetition", "niezamknięta liczba powtórzeń"),
    ("unrecognized escape sequence", "nieznana sekwencja po `\\`"),
    ("unrecognized flag", "nieznana flaga"),
    ("incomplete escape sequence, reached end of pattern prematurely", "nic nie ma po `\\`"),
    ("invalid escape sequence found in character class", "zła sekwencja w zbiorze znaków"),
    ("invalid character class range, the start must be <= the end", "zły zakres znaków: początek jest za końcem"),
    ("invalid range boundary, must be a literal", "granicą zakresu musi być znak"),
    ("invalid repetition count range, the start must be <= the end", "zły zakres powtórzeń: początek jest za końcem"),
    ("repetition quantifier expects a valid decimal", "liczba powtórzeń musi być liczbą"),
    ("repetition operator missing expression", "znak powtórzenia nie ma czego powtarzać"),
    ("empty capture group name", "grupa bez nazwy"),
    ("invalid capture group character", "zły znak w nazwie grupy"),
    ("duplicate capture group name", "dwie grupy o tej samej nazwie"),
    ("exceed the maximum number of nested parentheses/brackets", "za głęboko zagnieżdżone nawiasy"),
    ("backreferences are not supported", "odwołania wstecz nie są obsługiwane"),
    (
        "look-around, including look-ahead and look-behind, is not supported",
        "patrzenie w przód i wstecz nie jest obsługiwane",
    ),
    ("Unicode property not found", "nieznana własność Unicode"),
    ("invalid Unicode character class", "nieznany zbiór znaków Unicode"),
];

/// What is wrong with an address.
const ADDRESS: &[(&str, &str)] = &[
    ("it has no name before or no domain after the @", "nie ma nazwy przed @ albo domeny po nim"),
    ("it has a character that an address cannot have", "ma znak, którego w adresie być nie może"),
    ("its domain is not a valid domain name", "jego domena nie jest poprawną nazwą"),
    ("it is longer than 320 characters", "jest dłuższy niż 320 znaków"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actions::rules::{No, from_toml};
    use crate::link::rules::Set;
    use crate::model::id::RuleId;
    use crate::model::rule::{Condition, Field, Kept, Rule, Then};

    fn faults(rule: Rule) -> Vec<String> {
        let kept = Kept { id: RuleId(1), version: 1, rule };
        let found = Set::compile(&[kept]).unwrap_err();
        found.iter().map(|f| fault(f, Language::Polish)).collect()
    }

    #[test]
    fn every_flaw_that_needs_no_value_has_its_polish() {
        let flaws = [
            Flaw::NameTaken,
            Flaw::Name,
            Flaw::NoQueues,
            Flaw::NobodyGetsIt,
            Flaw::NothingToGive,
            Flaw::BadReceivers,
            Flaw::DoesNothing,
            Flaw::LinksAndHides,
            Flaw::NamesAndMakes,
            Flaw::OneWay,
            Flaw::HeaderMissing,
            Flaw::HeaderBad,
            Flaw::HeaderNotKept,
            Flaw::Empty,
            Flaw::NoAuthor,
            Flaw::NoChannel,
            Flaw::SizeAsText,
            Flaw::OnlyIs,
            Flaw::TooLongToFind,
            Flaw::ExpressionTooLarge,
            Flaw::NegativeSize,
            Flaw::OpenBrace,
            Flaw::TooManyRules(2),
            Flaw::TooManyConditions(3),
            Flaw::NotMade("x".into()),
            Flaw::HeaderElsewhere("body"),
            Flaw::TooLong { length: 2, most: 1 },
            Flaw::NoDomain("x".into()),
            Flaw::OnlySize("over"),
            Flaw::NoGroup { wanted: "n".into(), groups: vec![] },
            Flaw::Nobody("x".into()),
            Flaw::NoAddress("x".into(), "it is longer than 320 characters".into()),
            Flaw::Expression("unclosed group".into()),
        ];
        for one in flaws {
            assert_ne!(flaw(&one, Language::Polish), one.to_string(), "{one}");
        }
    }

    #[test]
    fn faults_of_rules_and_files_read_in_polish() {
        let condition = Condition { field: Field::Subject, matches: Some("(a".into()), ..Condition::default() };
        let then = Then { ignore: true, ..Then::default() };
        let all = faults(Rule { name: "Pompy".into(), all: vec![condition], then, ..Rule::default() });
        assert!(all[0].starts_with("reguła „Pompy”, all 1, matches, znak 1: niezamknięta grupa; "), "{all:?}");
        for (text, wanted) in [
            ("[[rule]]\nnam = \"x\"", "wiersz 2, znak 1, reguła 1: nieznane pole `nam`; dozwolone: "),
            ("[[rule]]\nname = \"x\"\nstop = \"yes\"", "zły typ: tekst \"yes\"; oczekiwano: a boolean"),
            ("[[rule]\nname = 1", "wiersz 1, znak "),
        ] {
            let Err(No::File(no)) = from_toml(text) else { panic!("{text}") };
            let said = file(&no, Language::Polish);
            assert!(said.contains(wanted), "{said}");
        }
    }
}
