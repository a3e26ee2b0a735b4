//! What findings say, in English and Polish: a sentence, and what to do next where something is to be done.
//!
//! Here, not among the texts of pages, since the command and the API say the same.

use super::Finding;

/// The languages there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tongue {
    /// English.
    English,
    /// Polish.
    Polish,
}

/// Code; sentence and remedy in English; the same in Polish.
type Text = (&'static str, [&'static str; 2], [&'static str; 2]);

const TEXTS: &[Text] = &[
    ("mailbox-ok", ["{name} is up to date.", ""], ["{name}: aktualna.", ""]),
    (
        "mailbox-new",
        ["{name} was not read yet.", "Wait a moment; if it stays so, look whether a worker runs."],
        ["{name}: jeszcze nieczytana.", "Poczekaj chwilę; jeśli tak zostanie, sprawdź, czy działa program czytający."],
    ),
    ("mailbox-reading", ["{name} is being read for the first time.", ""], ["{name}: trwa pierwsze czytanie.", ""]),
    (
        "mailbox-behind",
        ["{name} is {minutes} min behind.", "Test the connection; look at the server's load and at this machine's."],
        ["{name}: opóźnienie {minutes} min.", "Sprawdź połączenie oraz obciążenie serwera i tej maszyny."],
    ),
    (
        "mailbox-retrying",
        ["{name}: the server did not answer as it should; it is tried again. {said}", "Test the connection."],
        ["{name}: serwer nie odpowiada jak należy; próbujemy ponownie. {said}", "Sprawdź połączenie."],
    ),
    (
        "mailbox-refused-file",
        [
            "{name}: the server refused the sign-in. {said}",
            "Put the new password where the configuration file has it, and start Standin again; nothing is lost.",
        ],
        [
            "{name}: serwer odrzucił logowanie. {said}",
            "Wpisz nowe hasło tam, gdzie ma je plik konfiguracji, i uruchom Standin ponownie; nic nie przepadło.",
        ],
    ),
    (
        "mailbox-refused",
        ["{name}: the server refused the sign-in. {said}", "Enter the password again; nothing is lost."],
        ["{name}: serwer odrzucił logowanie. {said}", "Podaj hasło ponownie; nic nie przepadło."],
    ),
    (
        "mailbox-certificate",
        [
            "{name}: the server's certificate is not accepted. {said}",
            "Write the host as the certificate does, have it renewed, or name an in-house authority in the configuration file.",
        ],
        [
            "{name}: certyfikat serwera nie jest przyjmowany. {said}",
            "Wpisz hosta tak, jak stoi w certyfikacie, odnów certyfikat albo podaj własny urząd w pliku konfiguracji.",
        ],
    ),
    (
        "mailbox-tls",
        [
            "{name}: no protected connection could be made. {said}",
            "Check port and protection: TLS is usually 993, STARTTLS 143.",
        ],
        [
            "{name}: nie udało się nawiązać chronionego połączenia. {said}",
            "Sprawdź port i ochronę: TLS to zwykle 993, STARTTLS 143.",
        ],
    ),
    (
        "mailbox-stopped",
        ["{name} is not read: its settings cannot work. {said}", "Test the connection and correct the settings."],
        ["{name}: nieczytana, ustawienia nie mogą działać. {said}", "Sprawdź połączenie i popraw ustawienia."],
    ),
    (
        "mailbox-paused",
        ["{name} is paused.", "Resume it; what came meanwhile is read then."],
        ["{name}: wstrzymana.", "Wznów; poczta z tego czasu zostanie wtedy przeczytana."],
    ),
    (
        "mailbox-waiting",
        ["{name} is not read until its owner agrees.", "Ask them to open My settings."],
        ["{name}: czeka na zgodę właściciela.", "Poproś o otwarcie Moich ustawień."],
    ),
    (
        "mailbox-removed",
        ["{name} is not read any more; its mail stays.", ""],
        ["{name}: już nieczytana; poczta została.", ""],
    ),
    (
        "mailbox-unconfigured",
        [
            "{name} stands in no settings any more, so it is not read by this program.",
            "Put it back into the configuration file, or remove it.",
        ],
        [
            "{name}: nie ma jej już w ustawieniach, więc ten program jej nie czyta.",
            "Przywróć ją w pliku konfiguracji albo usuń.",
        ],
    ),
    (
        "no-mailbox",
        ["No mailbox is connected, so no mail is read.", "Connect the first one."],
        ["Nie podłączono żadnej skrzynki, więc poczta nie jest czytana.", "Podłącz pierwszą."],
    ),
    ("backlog-none", ["Every mail that is known has been read.", ""], ["Każda znana wiadomość jest przeczytana.", ""]),
    ("backlog", ["Mails that still have to be read: {n}.", ""], ["Wiadomości do przeczytania: {n}.", ""]),
    (
        "backlog-old",
        [
            "Mails that still have to be read: {n}; the oldest that came live waits for more than a quarter of an hour.",
            "Look at the mailboxes above and at the load of this machine.",
        ],
        [
            "Wiadomości do przeczytania: {n}; najstarsza z bieżących czeka ponad kwadrans.",
            "Spójrz na skrzynki powyżej i na obciążenie tej maszyny.",
        ],
    ),
    ("workers", ["Programs that read mail now: {n}.", ""], ["Programy czytające pocztę: {n}.", ""]),
    (
        "workers-missing",
        ["Mailboxes that nobody reads: {n}.", "Look whether `standin serve` runs, and into its log."],
        ["Skrzynki, których nikt nie czyta: {n}.", "Sprawdź, czy działa `standin serve`, i zajrzyj do jego logów."],
    ),
    (
        "unreadable",
        ["Mails that could not be read and are kept with their error: {n}.", "`standin mailbox verify` names them."],
        [
            "Wiadomości, których nie udało się przeczytać (zachowane z błędem): {n}.",
            "Wskaże je `standin mailbox verify`.",
        ],
    ),
    (
        "index-behind",
        ["Mails that search does not find yet: {n}.", ""],
        ["Wiadomości, których jeszcze nie znajduje wyszukiwarka: {n}.", ""],
    ),
    ("outbox-empty", ["Nothing waits to be sent.", ""], ["Nic nie czeka na wysłanie.", ""]),
    ("outbox", ["Mails that wait to be sent: {n}.", ""], ["Wiadomości czekające na wysłanie: {n}.", ""]),
    (
        "outbox-old",
        ["Mails that wait to be sent: {n}; the oldest for more than half an hour.", "Test the servers that send."],
        ["Wiadomości czekające na wysłanie: {n}; najstarsza ponad pół godziny.", "Sprawdź serwery wysyłające."],
    ),
    (
        "outbox-unclear",
        [
            "Mails of the last week of which nobody knows whether they went out: {n}. They are never sent again by themselves.",
            "Look in the sender's Sent folder or the server's log whether they did.",
        ],
        [
            "Wiadomości z ostatniego tygodnia, o których nie wiadomo, czy wyszły: {n}. Same nie zostaną wysłane ponownie.",
            "Sprawdź w folderze Wysłane nadawcy albo w logach serwera.",
        ],
    ),
    (
        "outbox-refused",
        ["Mails of the last week that were refused or given up: {n}.", "The log of notices says why."],
        ["Wiadomości z ostatniego tygodnia odrzucone lub zaniechane: {n}.", "Dlaczego, mówi dziennik zawiadomień."],
    ),
    ("notices-on", ["Absence notices go out.", ""], ["Zawiadomienia o nieobecności wychodzą.", ""]),
    (
        "notices-off",
        ["Absence notices are off in the configuration file.", ""],
        ["Zawiadomienia są wyłączone w pliku konfiguracji.", ""],
    ),
    (
        "notices-stopped",
        ["Somebody stopped all absence notices.", "Let them go out again once the reason is gone."],
        ["Ktoś zatrzymał wszystkie zawiadomienia.", "Wznów je, gdy minie powód."],
    ),
    (
        "notices-broken",
        [
            "The breaker stopped all absence notices: more went out in an hour than ever.",
            "Look at what was decided before you start them.",
        ],
        [
            "Bezpiecznik zatrzymał wszystkie zawiadomienia: w ciągu godziny wyszło ich więcej niż kiedykolwiek.",
            "Zanim je wznowisz, sprawdź, jakie zapadły decyzje.",
        ],
    ),
    (
        "responder-on",
        [
            "{name}: its own server answers absences already, so Standin sends no notice for it.",
            "Switch one of the two off.",
        ],
        [
            "{name}: jej własny serwer już odpowiada o nieobecności, więc Standin za nią nie wysyła.",
            "Wyłącz jedno z dwóch.",
        ],
    ),
    (
        "responder-perhaps",
        ["{name}: a mail looks like an answer of its own server; nothing proves it.", ""],
        ["{name}: jedna z wiadomości wygląda na odpowiedź jej serwera; nic tego nie dowodzi.", ""],
    ),
    (
        "no-domains",
        [
            "The company's own domains are not named, so no notice goes out and internal mail is not told apart.",
            "Set own_domains in the configuration file.",
        ],
        [
            "Nie podano własnych domen firmy, więc zawiadomienia nie wychodzą, a poczta wewnętrzna nie jest odróżniana.",
            "Ustaw own_domains w pliku konfiguracji.",
        ],
    ),
    (
        "users",
        ["People: {n}, of them admins: {admins}.", ""],
        ["Użytkownicy: {n}, w tym administratorzy: {admins}.", ""],
    ),
    (
        "no-users",
        ["There are no people.", "Import them: `standin import users FILE`."],
        ["Nie ma użytkowników.", "Zaimportuj ich: `standin import users PLIK`."],
    ),
    (
        "no-admin",
        ["Nobody is an admin.", "`standin admin create` makes one."],
        ["Nikt nie jest administratorem.", "Utworzysz go przez `standin admin create`."],
    ),
    (
        "fallback-unknown",
        [
            "fallback_user names {name}, who is no active user: nobody answers when all others are away.",
            "Set it to a login of `standin user list`.",
        ],
        [
            "fallback_user wskazuje na {name}, a takiego czynnego użytkownika nie ma: nikt nie odpowiada, gdy nie ma pozostałych.",
            "Wpisz login z `standin user list`.",
        ],
    ),
    (
        "fallback-none",
        [
            "Nobody answers when owner, substitutes and team are all away.",
            "Set fallback_user in the configuration file.",
        ],
        [
            "Nikt nie odpowiada, gdy nie ma ani opiekuna, ani zastępców, ani zespołu.",
            "Ustaw fallback_user w pliku konfiguracji.",
        ],
    ),
    ("database", ["The database answers; it holds {size}.", ""], ["Baza danych odpowiada; zajmuje {size}.", ""]),
    ("disk", ["Free where the data lies: {free} of {all}.", ""], ["Wolne miejsce na dane: {free} z {all}.", ""]),
    (
        "disk-low",
        ["Only {free} of {all} is free where the data lies.", "Make room: a full disk stops reading."],
        ["Wolne miejsce na dane: tylko {free} z {all}.", "Zwolnij miejsce: pełny dysk zatrzymuje czytanie."],
    ),
    (
        "disk-unknown",
        ["The system does not say how much room is left.", ""],
        ["System nie podaje, ile zostało miejsca.", ""],
    ),
    (
        "clock",
        ["The clock of this machine agrees with what was written before.", ""],
        ["Zegar tej maszyny zgadza się z wcześniejszymi zapisami.", ""],
    ),
    (
        "clock-back",
        [
            "What was written before stands in the future: the clock of this machine went back.",
            "Set the clock; covers begin and end by it.",
        ],
        [
            "Wcześniejsze zapisy są z przyszłości: zegar tej maszyny się cofnął.",
            "Ustaw zegar; od niego zależą zastępstwa.",
        ],
    ),
    ("backup", ["The last backup is known.", ""], ["Ostatnia kopia zapasowa jest znana.", ""]),
    (
        "backup-old",
        ["The last backup is {days} days old.", "Look why none was made since."],
        ["Ostatnia kopia zapasowa jest sprzed {days} dni.", "Sprawdź, dlaczego nie powstała nowsza."],
    ),
    (
        "backup-unknown",
        ["Standin does not know of any backup.", "Have your backup script touch {file} when it is done."],
        ["Standin nie wie o żadnej kopii zapasowej.", "Niech skrypt kopii na koniec wykona touch {file}."],
    ),
    ("version", ["Standin {version}, schema {schema}.", ""], ["Standin {version}, schemat {schema}.", ""]),
    ("https", ["People reach the pages over TLS.", ""], ["Strony są dostępne przez TLS.", ""]),
    (
        "http-inside",
        ["Pages are served on this machine alone, without TLS.", ""],
        ["Strony są dostępne tylko na tej maszynie, bez TLS.", ""],
    ),
    (
        "http",
        [
            "Pages can be reached over the network, and public_url does not begin with https.",
            "Put a reverse proxy with TLS before them, and set public_url.",
        ],
        [
            "Strony są dostępne w sieci, a public_url nie zaczyna się od https.",
            "Postaw przed nimi serwer pośredniczący z TLS i ustaw public_url.",
        ],
    ),
];

/// The sentence of a finding, and what to do next; empty where nothing is to be done.
pub fn sentences(finding: &Finding, tongue: Tongue) -> (String, String) {
    let found = TEXTS.iter().find(|(code, ..)| *code == finding.code);
    let Some((_, english, polish)) = found else { return (finding.code.to_owned(), String::new()) };
    let [sentence, remedy] = if tongue == Tongue::Polish { polish } else { english };
    (filled(sentence, finding), filled(remedy, finding))
}

/// A text with its values; none of them is read as a text itself.
fn filled(text: &str, finding: &Finding) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((name, after)) = after.split_once('}') else { break };
        let value = finding.values.iter().find(|(key, _)| *key == name).map_or("", |(_, value)| value.as_str());
        out.push_str(value);
        rest = after;
    }
    out.push_str(rest);
    out.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::Level;
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_finding_has_its_sentence_in_both_languages() {
        let source = include_str!("../status.rs");
        let codes: BTreeSet<&str> = TEXTS.iter().map(|(code, ..)| *code).collect();
        assert_eq!(codes.len(), TEXTS.len(), "a code stands twice");
        for code in &codes {
            assert!(source.contains(&format!("\"{code}\"")), "nobody finds {code}");
        }
        let quoted = source.split("Finding::new(\"").skip(1).chain(source.split("state(\"").skip(1));
        for code in quoted.filter_map(|rest| rest.split('"').next()) {
            assert!(codes.contains(code), "{code} says nothing");
        }
        for (code, english, polish) in TEXTS {
            assert!(!english[0].is_empty() && !polish[0].is_empty(), "{code}");
            assert_eq!(english[1].is_empty(), polish[1].is_empty(), "{code}");
        }
    }

    #[test]
    fn a_value_is_no_text_to_be_filled() {
        let finding = Finding {
            code: "mailbox-refused",
            level: Level::Broken,
            values: vec![("name", "{said}".into()), ("said", "NO {name}".into())],
            at: None,
            page: None,
        };
        let said = sentences(&finding, Tongue::English).0;
        assert_eq!(said, "{said}: the server refused the sign-in. NO {name}");
    }
}
