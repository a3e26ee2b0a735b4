//! The texts of the page that imports files (W27), and the reasons of refused rows in Polish.

use super::{Counted, Language};
use crate::actions::import::job::{No, Refused};

texts! {
plain {
    nav: "Import", "Import";
    title: "Import", "Import";
    means: "Users and records from CSV files. First you say which column is what, then a dry run shows what would come of it. An import cannot be undone as one; it happens whole or not at all.",
        "Użytkownicy i rekordy z plików CSV. Najpierw wskazujesz, która kolumna jest czym, potem próba na sucho pokazuje skutki. Importu nie można cofnąć jednym ruchem; wykonuje się w całości albo wcale.";
    new: "New import", "Nowy import";
    what: "What the file holds", "Co zawiera plik";
    users: "users", "użytkownicy";
    accounts: "accounts", "firmy";
    contacts: "contacts", "kontakty";
    leads: "leads", "leady";
    opportunities: "opportunities", "szanse sprzedaży";
    file: "CSV file", "Plik CSV";
    file_hint: "Its first row names the columns. At most 32 MiB. Passwords are not taken from files here: people get links.",
        "Pierwszy wiersz zawiera nazwy kolumn. Najwyżej 32 MiB. Hasła nie są stąd pobierane: osoby dostają odnośniki.";
    upload: "Upload", "Wyślij";
    latest: "Latest imports", "Ostatnie importy";
    latest_none: "Nothing was imported on this page yet.", "Na tej stronie jeszcze nic nie zaimportowano.";
    who: "Who", "Kto";
    when: "When", "Kiedy";
    state: "State", "Stan";
    state_mapping: "columns to be assigned", "do przypisania kolumny";
    state_trying: "dry run under way", "trwa próba na sucho";
    state_tried: "dry run done", "po próbie na sucho";
    state_running: "being imported", "trwa import";
    state_done: "imported", "zaimportowano";
    state_failed: "failed; nothing was imported", "nie udało się; niczego nie zaimportowano";
    state_cancelled: "stopped; nothing was imported", "zatrzymano; niczego nie zaimportowano";
    // Columns.
    read_as: "How the file is read", "Sposób odczytu pliku";
    charset: "Character set", "Zestaw znaków";
    found_out: "found out: {name}", "wykryto: {name}";
    separator: "Separator", "Separator";
    comma: "comma", "przecinek";
    semicolon: "semicolon", "średnik";
    tab: "tab", "tabulator";
    columns: "Which column is what", "Która kolumna jest czym";
    columns_means: "What stands in the file, with its first rows. An empty cell empties the field, but not owner, status, role and confidential; a column that is left out changes nothing.",
        "Zawartość pliku i jego pierwsze wiersze. Pusta komórka czyści pole, poza opiekunem, statusem, rolą i poufnością; pominięta kolumna niczego nie zmienia.";
    in_file: "Column in the file", "Kolumna w pliku";
    is: "is", "to";
    leave_out: "(left out)", "(pomiń)";
    first_rows: "First rows", "Pierwsze wiersze";
    needed: "needed", "wymagane";
    try_do: "Dry run", "Próba na sucho";
    throw: "Throw the file away", "Usuń plik";
    // Under way.
    trying: "Dry run: {done} of {total} rows.", "Próba na sucho: {done} z {total} wierszy.";
    running: "Importing: {done} of {total} rows.", "Import: {done} z {total} wierszy.";
    waiting: "Waits for its turn: {total} rows.", "Czeka na swoją kolej: {total} wierszy.";
    after: "All rows were looked at; stored mail is decided again.", "Wszystkie wiersze sprawdzone; zapisana poczta jest przypisywana ponownie.";
    may_leave: "You may leave this page; it goes on, also after a restart.", "Możesz opuścić tę stronę; praca trwa, także po ponownym uruchomieniu.";
    again: "Look again", "Odśwież";
    cancel: "Stop; nothing is imported", "Zatrzymaj; nic nie zostanie zaimportowane";
    // What came of it.
    would: "What would happen", "Co się stanie";
    came: "What was done", "Co zrobiono";
    created: "New", "Nowe";
    changed: "Changed", "Zmienione";
    unchanged: "As they were", "Bez zmian";
    refused: "Refused rows", "Odrzucone wiersze";
    refused_means: "These rows are not imported. Correct them in the file and import it again: what is there already stays as it is.",
        "Te wiersze nie są importowane. Popraw je w pliku i zaimportuj go ponownie: to, co już jest, pozostanie bez zmian.";
    row: "Row", "Wiersz";
    column: "Column", "Kolumna";
    why: "Reason", "Powód";
    more: "Only the first are shown here; the file has all.", "Pokazano tylko pierwsze; w pliku są wszystkie.";
    csv: "Refused rows as CSV", "Odrzucone wiersze jako CSV";
    row_head: "row", "wiersz";
    why_head: "refused because", "powód odrzucenia";
    back: "Change the columns", "Zmień kolumny";
    none_sound: "No row can be imported.", "Żadnego wiersza nie można zaimportować.";
    nothing_new: "Everything is so already; there is nothing to import.", "Wszystko już tak jest; nie ma czego importować.";
    leave_refused: "The refused rows are left out.", "Odrzucone wiersze zostaną pominięte.";
    problem_changed: "Something changed since the dry run: look at the new figures. Nothing was imported yet.",
        "Od próby na sucho coś się zmieniło: sprawdź nowe liczby. Nic jeszcze nie zaimportowano.";
    problem_blocked: "Nothing of this file can be imported as long as these rows stand in it.", "Niczego z tego pliku nie można zaimportować, dopóki są w nim te wiersze.";
    problem_forbidden: "Who began it is no admin any more. Nothing was imported.", "Osoba, która zaczęła, nie jest już administratorem. Niczego nie zaimportowano.";
    problem_table: "The file cannot be read so. Look at its columns again.", "Pliku nie da się tak odczytać. Sprawdź kolumny jeszcze raz.";
    problem_broken: "Something broke on our side; the cause stands in the log. Nothing was imported. Go back and try again.",
        "Coś zawiodło po naszej stronie; przyczyna jest w logach. Niczego nie zaimportowano. Wróć i spróbuj ponownie.";
    gone: "The file was thrown away. The figures stay.", "Plik został usunięty. Liczby pozostają.";
    kept: "The file is kept for 7 days, for who corrects it.", "Plik jest przechowywany 7 dni, aby można go było poprawić.";
    not_done: "Not done.", "Nie wykonano.";
    no_admin: "Only an admin imports here.", "Importować może tu tylko administrator.";
    no_file: "The file was thrown away. Upload it again.", "Plik został usunięty. Wyślij go ponownie.";
    no_size: "Choose a file of at most 32 MiB.", "Wybierz plik do 32 MiB.";
    no_rows: "The file has too many rows. Split it.", "Plik ma za dużo wierszy. Podziel go.";
    no_step: "The import is at another step by now. Look at it again.", "Import jest już na innym etapie. Sprawdź go ponownie.";
    no_what: "Say what the file holds.", "Wskaż, co zawiera plik.";
}
counted {
    run_do: ["Import {n} row", "Import {n} rows"], ["Importuj {n} wiersz", "Importuj {n} wiersze", "Importuj {n} wierszy"];
    run_some: ["Import {n} row, leave the refused out", "Import {n} rows, leave the refused out"],
        ["Importuj {n} wiersz, odrzucone pomiń", "Importuj {n} wiersze, odrzucone pomiń", "Importuj {n} wierszy, odrzucone pomiń"];
    read_again: ["{n} mail that was known and not stored is read again.", "{n} mails that were known and not stored are read again."],
        ["Ponownie czytana jest {n} wiadomość, znana, lecz niezapisana.", "Ponownie czytane są {n} wiadomości, znane, lecz niezapisane.", "Ponownie czytanych jest {n} wiadomości, znanych, lecz niezapisanych."];
}
}

/// Reasons of refused rows, as the import gives them and in Polish; `{}` stands for what is quoted.
const REASONS: &[(&str, &str)] = &[
    ("it is empty", "pole jest puste"),
    ("`{}` is neither yes nor no", "„{}” to ani tak, ani nie"),
    ("`{}` is no address: {}", "„{}” to nie adres"),
    ("there are more than {} addresses in this cell", "w tej komórce jest więcej niż {} adresów"),
    (
        "it has {} cells, the header has {}; a cell with the separator in it must stand in quotes",
        "wiersz ma {} komórek, a nagłówek {}; komórka z separatorem musi być w cudzysłowie",
    ),
    ("`{}` stands in row {} already", "„{}” jest już w wierszu {}"),
    ("`{}` has a space in it", "„{}” zawiera spację"),
    ("`{}` is neither en nor pl", "„{}” to ani en, ani pl"),
    (
        "`{}` is no role; they are account-manager, staff and admin",
        "„{}” to nie rola; są account-manager, staff i admin",
    ),
    ("`{}` belongs to the user `{}`", "„{}” należy do użytkownika „{}”"),
    ("nobody is their own manager", "nikt nie jest swoim przełożonym"),
    ("there is no user with the login `{}`; did you mean `{}`?", "nie ma użytkownika o loginie „{}”; może „{}”?"),
    ("there is no user with the login `{}`", "nie ma użytkownika o loginie „{}”"),
    (
        "the row of `{}` was left out, so the manager stays as it was",
        "wiersz „{}” pominięto, więc przełożony się nie zmienia",
    ),
    ("the line of managers of `{}` leads back to them", "łańcuch przełożonych „{}” wraca do tej samej osoby"),
    (
        "nobody puts themselves in a team; ask another admin",
        "nikt nie dopisuje się do zespołu; poproś innego administratora",
    ),
    (
        "nobody makes themselves a team's fallback; ask another admin",
        "nikt nie ustawia siebie jako osoby rezerwowej; poproś innego administratora",
    ),
    (
        "nobody makes themselves somebody's manager; ask another admin",
        "nikt nie ustawia siebie jako przełożonego; poproś innego administratora",
    ),
    (
        "nobody takes their own role as admin away; ask another admin",
        "nikt nie odbiera sobie roli administratora; poproś innego administratora",
    ),
    (
        "`{}` still owns {}; say who takes over with {}",
        "„{}” wciąż ma rekordy: najpierw wyłącz konto na stronie użytkownika, wskazując, kto przejmuje",
    ),
    ("it is new and needs an owner: the login of a user", "jest nowy i potrzebuje opiekuna: loginu użytkownika"),
    ("`{}` is deactivated and cannot be given records", "„{}” ma konto wyłączone i nie może dostać rekordów"),
    ("there is no team `{}`; did you mean `{}`?", "nie ma zespołu „{}”; może „{}”?"),
    ("there is no team `{}`", "nie ma zespołu „{}”"),
    ("`{}` is no status; they are {}", "„{}” to nie status; są open, won, lost, a dla leadów też converted"),
    ("`{}` is no class; they are A, B, C and D", "„{}” to nie klasa; są A, B, C i D"),
    (
        "`{}` is no language; write its code, such as pl, en or de",
        "„{}” to nie język; wpisz jego kod, na przykład pl, en lub de",
    ),
    (
        "there is no account with the external_id `{}`; import accounts first",
        "nie ma firmy o external_id „{}”; najpierw zaimportuj firmy",
    ),
    (
        "there is no contact with the external_id `{}`; import contacts first",
        "nie ma kontaktu o external_id „{}”; najpierw zaimportuj kontakty",
    ),
    ("`{}` is no domain; write it as firma.pl", "„{}” to nie domena; wpisz na przykład firma.pl"),
    ("`{}` belongs to the account `{}` already", "„{}” należy już do firmy „{}”"),
    ("there is no column `{}`; {}", "nie ma kolumny „{}”"),
    ("row {} is no CSV: {}", "wiersz {} to nie CSV"),
    (
        "the file is empty; its first row must name the columns",
        "plik jest pusty; pierwszy wiersz ma zawierać nazwy kolumn",
    ),
    ("two columns are `{}`; choose one", "dwie kolumny to „{}”; wybierz jedną"),
    ("no column is `{}`; say which one is", "żadna kolumna to nie „{}”; wskaż, która"),
];

/// What stands for the `{}`s of `pattern` in `text`; `None` where it is another sentence.
fn values<'t>(pattern: &str, text: &'t str) -> Option<Vec<&'t str>> {
    let mut parts = pattern.split("{}");
    let mut rest = text.strip_prefix(parts.next()?)?;
    let mut found = Vec::new();
    let parts: Vec<&str> = parts.collect();
    for (n, part) in parts.iter().enumerate() {
        let last = n + 1 == parts.len();
        let (value, after) = match (part.is_empty(), last) {
            (true, _) => (rest, ""),
            (false, true) => (rest.strip_suffix(part)?, ""),
            (false, false) => rest.split_once(part)?,
        };
        found.push(value);
        rest = after;
    }
    rest.is_empty().then_some(found)
}

/// A reason in Polish; as it is where it is not known.
fn in_polish(text: &str) -> String {
    for (english, polish) in REASONS {
        let Some(values) = values(english, text) else { continue };
        let mut values = values.into_iter();
        let mut parts = polish.split("{}");
        let mut said = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            said.push_str(values.next().unwrap_or_default());
            said.push_str(part);
        }
        return said;
    }
    text.to_owned()
}

impl Words {
    /// Why a row is refused.
    pub fn reason(&self, refused: &Refused) -> String {
        self.sentence(&refused.text)
    }

    fn sentence(&self, text: &str) -> String {
        if self.language == Language::Polish { in_polish(text) } else { text.to_owned() }
    }

    /// Why something was not done.
    pub fn no(&self, no: &No) -> String {
        match no {
            No::NotAdmin => self.no_admin.to_owned(),
            No::NotThere => self.no_file.to_owned(),
            No::Size => self.no_size.to_owned(),
            No::Rows => self.no_rows.to_owned(),
            No::Table(text) => self.sentence(&text.0),
            No::Step => self.no_step.to_owned(),
        }
    }

    /// What such a file holds.
    pub fn what_word(&self, word: &str) -> &'static str {
        match word {
            "users" => self.users,
            "account" => self.accounts,
            "contact" => self.contacts,
            "lead" => self.leads,
            _ => self.opportunities,
        }
    }

    /// How far it is.
    pub fn state_word(&self, state: &str) -> &'static str {
        match state {
            "mapping" => self.state_mapping,
            "trying" => self.state_trying,
            "tried" => self.state_tried,
            "running" => self.state_running,
            "done" => self.state_done,
            "cancelled" => self.state_cancelled,
            _ => self.state_failed,
        }
    }

    /// What stands in the way.
    pub fn problem(&self, word: &str) -> Option<&'static str> {
        Some(match word {
            "changed" => self.problem_changed,
            "blocked" => self.problem_blocked,
            "forbidden" => self.problem_forbidden,
            "table" => self.problem_table,
            "broken" => self.problem_broken,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_told_in_polish_with_what_they_quote() {
        for (english, polish) in [
            ("it is empty", "pole jest puste"),
            ("`x` stands in row 3 already", "„x” jest już w wierszu 3"),
            (
                "there is no user with the login `ana`; did you mean `anna`?",
                "nie ma użytkownika o loginie „ana”; może „anna”?",
            ),
            ("there is no user with the login `ana`", "nie ma użytkownika o loginie „ana”"),
            ("`a b` is no address: it has a space", "„a b” to nie adres"),
            ("something new", "something new"),
        ] {
            assert_eq!(in_polish(english), polish);
        }
    }

    #[test]
    fn every_reason_has_as_many_places_as_its_pattern_at_most() {
        for (english, polish) in REASONS {
            assert!(polish.matches("{}").count() <= english.matches("{}").count(), "{english}");
        }
    }

    #[test]
    fn every_reason_that_the_import_gives_an_admin_is_known() {
        let own_rights =
            ["only ", "you may not", "its mail would go", "the account has contacts", "this id cannot be used"];
        let places = ["mod.rs", "records.rs", "users.rs"].map(|name| format!("src/actions/import/{name}"));
        let mut seen = 0;
        for place in places {
            let source = std::fs::read_to_string(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(place)).unwrap();
            let shipped = source.split("#[cfg(test)]").next().unwrap().replace("\\\n", "").replace("`--", "``");
            for line in shipped.split("complain(").skip(1) {
                let Some(text) = line.split('"').skip(1).step_by(2).find(|text| text.contains(' ')) else { continue };
                if own_rights.iter().any(|start| text.starts_with(start)) {
                    continue;
                }
                seen += 1;
                let start: String = text.split('{').next().unwrap().to_owned();
                let known = REASONS.iter().any(|(english, _)| english.starts_with(start.as_str()));
                assert!(known, "no Polish for: {text}");
            }
        }
        assert!(seen > 15, "{seen}");
    }
}
