//! The texts of searching, and of entering a record by hand.

use super::{Counted, Language};

texts! {
plain {
    label: "Search", "Szukaj";
    hint: "Name, phone, e-mail, words…", "Nazwa, telefon, e-mail, słowa…";
    title: "Search", "Wyszukiwanie";
    title_of: "Search: {q}", "Wyszukiwanie: {q}";
    means: "Records by name, company, phone, address, e-mail, tax number or reference; mails by their words. Only what you may read is searched. Hits are counted exactly up to {n}.",
        "Rekordy według nazwy, firmy, telefonu, adresu, e-maila, NIP-u lub numeru; wiadomości według słów. Przeszukiwane jest tylko to, co możesz czytać. Trafienia są liczone dokładnie do {n}.";
    operators: "For mails:", "Dla wiadomości:";
    operators_list: "from: to: about: has:attachment after:2026-11-01 before:22.11.2026 \"exact phrase\"",
        "od: do: dotyczy: ma:załącznik po:2026-11-01 przed:22.11.2026 \"dokładna fraza\"";
    contacts: "Contacts", "Kontakty";
    accounts: "Accounts", "Klienci";
    opportunities: "Opportunities", "Szanse";
    leads: "Leads", "Leady";
    messages: "Messages", "Wiadomości";
    phone: "Phone", "Telefon";
    city: "City", "Miasto";
    last_contact: "Last contact", "Ostatni kontakt";
    never: "none yet", "jeszcze nie było";
    call: "Call {phone}", "Zadzwoń: {phone}";
    log_call: "Log a call", "Zapisz rozmowę";
    all: "All {n}", "Wszystkie ({n})";
    back: "All kinds", "Wszystkie rodzaje";
    own_copy: "from your mailbox", "z twojej skrzynki";
    none: "No match for “{q}”.", "Brak trafień dla „{q}”.";
    none_here: "Nothing of this kind matches “{q}”.", "Nic tego rodzaju nie pasuje do „{q}”.";
    tried: "What was tried:", "Co sprawdzono:";
    tried_phone: "phone read as {phone}", "telefon odczytany jako {phone}";
    tried_part: "the end of a phone number: {digits}", "końcówka numeru telefonu: {digits}";
    tried_tax: "tax number {tax}", "NIP {tax}";
    tried_words: "names, details and mails with: {words}", "nazwy, dane i wiadomości zawierające: {words}";
    tried_mail: "mails alone, since the search names {operators}", "tylko wiadomości, bo zapytanie zawiera {operators}";
    new_lead: "New lead “{q}”", "Nowy lead „{q}”";
    new_contact: "New contact “{q}”", "Nowy kontakt „{q}”";
    unknown: "“{word}” is no operator; it was read as words.", "„{word}” to nie operator; odczytano jako słowa.";
    bad_day: "“{day}” is no day that could be read, so it was left out. Write 2026-11-22, 22.11.2026 or 22 Nov 2026.",
        "„{day}” nie jest czytelną datą, więc ją pominięto. Napisz 2026-11-22, 22.11.2026 albo 22 lis 2026.";
    records_cut: "Very many records match. The first and your own are shown; another word or more letters find the rest.",
        "Pasuje bardzo wiele rekordów. Widać pierwsze i twoje własne; kolejne słowo lub więcej liter wskaże resztę.";
    mails_cut: "This stands in very many mails: the newest were searched. Another word or a date (after:, before:) finds older ones.",
        "Występuje w bardzo wielu wiadomościach: przeszukano najnowsze. Kolejne słowo lub data (po:, przed:) wskaże starsze.";
    keys: "Press / to search from anywhere, arrow down to reach the hits, Enter to open.",
        "Klawisz / zaczyna szukanie z każdego miejsca, strzałka w dół prowadzi do trafień, Enter otwiera.";
    by_hand_contact: "New contact", "Nowy kontakt";
    by_hand_lead: "New lead", "Nowy lead";
    by_hand_means: "It will be yours.", "Będzie twój.";
    back_to_search: "Back to the search", "Wróć do wyszukiwania";
}
counted {
    hits: ["{n} hit", "{n} hits"], ["{n} trafienie", "{n} trafienia", "{n} trafień"];
}
}
