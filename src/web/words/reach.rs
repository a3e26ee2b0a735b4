//! The texts of whether people outside can be reached: their absences, departures, failing addresses, and
//! what came back for a mail.

use super::{Counted, Language};

texts! {
plain {
    title: "Can they be reached?", "Czy można się skontaktować?";
    away_until: "Away until {day}", "Poza biurem do {day}";
    away_open: "Away, no end known", "Poza biurem, koniec nieznany";
    unsure: "the date is unsure", "data niepewna";
    assumed: "no date was given: two weeks are assumed", "bez daty: przyjęto dwa tygodnie";
    ask: "for more than 60 days: ask whether that still holds", "ponad 60 dni: warto zapytać, czy to aktualne";
    says_person: "said by {name}", "według: {name}";
    operator: "the operator", "operator";
    notice_of: "notice of {day}", "zawiadomienie z {day}";
    probably_left: "Probably left: do not write to {address}", "Prawdopodobnie już nie pracuje: nie pisz na {address}";
    left: "Left: do not write to {address}", "Już nie pracuje: nie pisz na {address}";
    invalid: "{address} does not exist", "Adres {address} nie istnieje";
    suspect: "{address} keeps failing", "Wysyłka na {address} wciąż się nie udaje";
    no_bulk: "{address} wants nothing in bulk: its owner called mail spam", "Na {address} nie wysyłaj masowo: odbiorca zgłosił spam";
    named: "Named instead", "Wskazani w zastępstwie";
    named_means: "Whom notices of this contact name. Nobody becomes a contact, and nobody gets mail, unless you say so.",
        "Osoby wskazane w zawiadomieniach tego kontaktu. Bez twojej decyzji nikt nie zostanie kontaktem ani nie dostanie poczty.";
    take: "Make a contact", "Utwórz kontakt";
    pass: "Not needed", "Niepotrzebne";
    confirm_left: "Yes, left", "Tak, już nie pracuje";
    stays: "Still works there", "Nadal tam pracuje";
    back: "Is back", "Już jest";
    usable: "Address works again", "Adres znów działa";
    set: "Say that they are away", "Odnotuj nieobecność";
    quiet: "No absence notice goes to them", "Nie dostaje zawiadomień o nieobecności";
    quiet_ends: "Let notices go again", "Wysyłaj znowu";
    quiet_set: "No absence notices to them", "Nie wysyłaj zawiadomień o nieobecności";
    quiet_means: "Whoever of us is away, nothing automatic goes to the addresses of this contact.",
        "Kiedy ktoś z nas jest nieobecny, na adresy tego kontaktu nie wychodzi nic automatycznego.";
    quiet_do: "Send them none", "Nie wysyłaj";
    until: "Last day away", "Ostatni dzień nieobecności";
    until_hint: "Leave it empty where no end is known.", "Zostaw puste, jeśli koniec nie jest znany.";
    save: "Save", "Zapisz";
    came_back: "What came back", "Co wróciło";
    reports: "What it reports", "Co zgłasza";
    not_ours: "It is not about a mail that you sent there: it is kept and changes nothing.",
        "Nie dotyczy wiadomości, którą tam wysłaliście: jest zachowana i niczego nie zmienia.";
    hard: "{address}: there is no such address", "{address}: nie ma takiego adresu";
    soft: "{address}: could not be delivered this time", "{address}: tym razem nie dostarczono";
    policy: "{address}: the other side refused it; that says nothing of the address", "{address}: druga strona odmówiła; to nic nie mówi o adresie";
    late: "{address}: not delivered yet", "{address}: jeszcze nie dostarczono";
    delivered: "{address}: delivered", "{address}: dostarczono";
    complaint: "{address}: called it spam", "{address}: zgłoszono jako spam";
    shown: "{address}: their program says that it was displayed; no proof that anybody read it",
        "{address}: program odbiorcy zgłosił wyświetlenie; to nie dowód przeczytania";
    deleted: "{address}: their program says that it was deleted", "{address}: program odbiorcy zgłosił usunięcie";
    challenge: "They ask you to prove that you are a person before they deliver it: open it and answer yourself",
        "Przed dostarczeniem proszą o dowód, że pisze człowiek: otwórz i odpowiedz samodzielnie";
    challenge_from: "{address} holds your mail until you prove that you are a person: open it and answer yourself",
        "{address} wstrzymuje twoją wiadomość do dowodu, że pisze człowiek: otwórz i odpowiedz samodzielnie";
    line_bounce: "Not delivered", "Nie dostarczono";
    line_delay: "Delivery is late", "Opóźnione dostarczenie";
    line_delivered: "Delivered", "Dostarczono";
    line_mdn: "Read receipt", "Potwierdzenie odczytu";
    line_complaint: "Called spam", "Zgłoszono jako spam";
    line_vacation: "Absence notice", "Zawiadomienie o nieobecności";
    line_left: "No longer works there", "Już tam nie pracuje";
    line_acknowledged: "Receipt confirmed automatically", "Automatyczne potwierdzenie przyjęcia";
    line_challenge: "Asks you to prove that you are a person", "Prosi o dowód, że pisze człowiek";
    speaks: "Language of notices to them", "Język zawiadomień do tej osoby";
    speaks_set: "Set their language", "Ustaw język";
    speaks_unknown: "Not known: as their mail says", "Nieznany: według ich poczty";
    speaks_silent: "there are no words in it", "brak słów w tym języku";
    no_language: "Choose one of the languages.", "Wybierz jeden z języków.";
    no_there: "There is no such contact, or it is not yours to see.", "Nie ma takiego kontaktu albo nie masz do niego dostępu.";
    no_write: "You may read this contact, not change it. Ask its owner.", "Możesz tylko czytać ten kontakt. Poproś jego opiekuna.";
    no_passed: "That day has passed. Choose today or a later one.", "Ten dzień już minął. Wybierz dzisiejszy lub późniejszy.";
    no_day: "Choose a day, written as 2026-11-25.", "Wybierz dzień w postaci 2026-11-25.";
    no_address: "That address does not stand on this contact.", "Tego adresu nie ma przy tym kontakcie.";
    no_offer: "No notice of this contact names that address any more, or it was decided.",
        "Żadne zawiadomienie tego kontaktu nie wskazuje już tego adresu albo decyzja już zapadła.";
    no_ours: "That is an address of your own company.", "To adres waszej firmy.";
    no_admin: "Only an admin can undo what failures say of an address.", "Tylko administrator może cofnąć oznaczenie adresu.";
    no_asked: "That is not asked any more: it was decided already, or it is not yours to decide.",
        "Tego pytania już nie ma: decyzja zapadła albo nie należy do ciebie.";
    no_undone: "It was taken back already, or the contact that was made is not yours any more.",
        "To już cofnięto albo utworzony kontakt nie jest już twój.";
    no_said: "Nothing is said of that address, so there is nothing to undo.", "Nic nie odnotowano o tym adresie, nie ma czego cofać.";
}
counted {
    failures: ["{n} failure", "{n} failures"], ["{n} niepowodzenie", "{n} niepowodzenia", "{n} niepowodzeń"];
}
}
