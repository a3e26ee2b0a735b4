//! The texts of what is made of a mail: who waits for whom, new records, changed contacts, invitations.

use super::{Counted, Language};

texts! {
plain {
    title: "From this mail", "Z tej wiadomości";
    no_answer: "No answer needed", "Odpowiedź niepotrzebna";
    no_answer_means: "Nobody has to answer it any more. You can take that back.",
        "Nikt nie musi już odpowiadać. Można to cofnąć.";
    not_expected: "No answer expected", "Nie czekamy na odpowiedź";
    follow_up: "Follow up on", "Przypomnij dnia";
    follow_up_button: "Remind us", "Przypomnij";
    waits_for_them: "Waiting for them {for}", "Czekamy na odpowiedź {for}";
    called: "Ended by a call", "Zakończone rozmową";
    said_no_answer: "{name} said that no answer is needed.", "{name}: odpowiedź niepotrzebna.";
    said_follow_up: "{name} wants to be reminded of it on {day}.", "{name}: przypomnieć {day}.";
    undo: "Undo", "Cofnij";
    somebody: "The operator", "Operator";
    group_title: "Waiting for them", "Czekamy na klientów";
    group_means: "Questions of ours on records that you answer for, which nobody answered and which are to be followed up: {n} working days after they were asked, or on a day that somebody chose. An answer, a call, or “no answer expected” ends it.",
        "Nasze pytania w sprawach, za które odpowiadasz, bez odpowiedzi, do ponowienia: {n} dni roboczych po wysłaniu albo w wybranym dniu. Kończy to odpowiedź, rozmowa lub „nie czekamy na odpowiedź”.";
    no_mail: "The mail is not there, or not yours to see.", "Tej wiadomości nie ma albo nie masz do niej dostępu.";
    no_not_yours: "It stands on a record that is not yours to change. Ask whoever answers for it.",
        "Wiadomość jest przy rekordzie, którego nie możesz zmieniać. Poproś osobę, która za niego odpowiada.";
    no_not_waiting: "Nobody waits by this mail: it was answered meanwhile, or it stands on no record.",
        "Ta wiadomość nie czeka: ktoś już odpowiedział albo nie jest przy żadnym rekordzie.";
    no_not_asked: "Only a question of ours that has no answer yet can be followed up.",
        "Przypomnienie można ustawić tylko przy naszym pytaniu bez odpowiedzi.";
    no_passed: "That day has passed. Choose a later one.", "Ten dzień już minął. Wybierz późniejszy.";
    no_day: "Choose a day, written as 2026-11-25.", "Wybierz dzień w postaci 2026-11-25.";
    no_already: "It is so already.", "Tak już jest.";
    no_correction: "There is nothing to take back: it was undone, or a later word took its place.",
        "Nie ma czego cofać: już cofnięto albo zastąpiła to późniejsza decyzja.";
    new_contact: "New contact", "Nowy kontakt";
    new_lead: "New lead", "Nowy lead";
    new_opportunity: "New opportunity", "Nowa szansa";
    new_means: "With the fields that were found in it. You see them before anything is saved.",
        "Z polami znalezionymi w wiadomości. Zobaczysz je przed zapisaniem.";
    update: "Update {name}", "Zaktualizuj: {name}";
    update_title: "Update from a mail", "Aktualizacja z wiadomości";
    from_mail: "From the mail “{subject}”", "Z wiadomości „{subject}”";
    name: "Name", "Nazwa";
    deal_name: "Name of the opportunity", "Nazwa szansy";
    emails: "E-mail", "E-mail";
    company: "Company", "Firma";
    role: "Role", "Stanowisko";
    phone: "Phone", "Telefon";
    mobile: "Mobile phone", "Telefon komórkowy";
    address: "Address", "Adres";
    city: "City", "Miasto";
    web: "Web site", "Strona WWW";
    tax: "Tax number (NIP)", "NIP";
    account: "Account", "Firma w Standin";
    account_hint: "Number, external id or name of an account that you see; may be empty.",
        "Numer, identyfikator lub nazwa firmy, którą widzisz; może zostać puste.";
    account_hint_deal: "Number, external id or name of an account that you see. An opportunity needs one.",
        "Numer, identyfikator lub nazwa firmy, którą widzisz. Szansa jej wymaga.";
    found_header: "found in the header", "znalezione w nagłówku";
    found_signature: "found in the signature: “{line}”", "znalezione w podpisie: „{line}”";
    found_domain: "by the domain of the address", "według domeny adresu";
    found_subject: "from the subject", "z tematu";
    found_contact: "from the contact on the mail", "z kontaktu w wiadomości";
    not_found: "not found; fill it in if you know it", "nie znaleziono; uzupełnij, jeśli wiesz";
    create: "Save", "Zapisz";
    change: "Save the ticked changes", "Zapisz zaznaczone zmiany";
    claims_means: "The address brings this record the mail of your own mailboxes. Mail of colleagues comes with their consent, which Standin asks them for.",
        "Adres przyniesie temu rekordowi pocztę z twoich skrzynek. Poczta innych osób wymaga ich zgody, o którą Standin poprosi.";
    now: "Now", "Teraz";
    then: "In the mail", "W wiadomości";
    take: "Take", "Przyjmij";
    nothing_new: "The mail says nothing new about them.", "Wiadomość nie mówi o nich nic nowego.";
    empty: "–", "–";
    saved_changes: "Changed from a mail by {name}: {fields}", "Zmiana z wiadomości, {name}: {fields}";
    created_from: "Made from a mail by {name}", "Utworzono z wiadomości, {name}";
    changes: "Changes from mail", "Zmiany z wiadomości";
    details: "Details", "Szczegóły";
    no_name: "Give it a name.", "Podaj nazwę.";
    no_long: "“{field}” is longer than {n} characters. Shorten it.", "Pole „{field}” ma więcej niż {n} znaków. Skróć je.";
    no_address: "“{text}” is no e-mail address. Write it as anna@firma.pl.", "„{text}” nie jest adresem. Zapisz go jak anna@firma.pl.";
    no_own_address: "{text} is an address of your own company; it stands for no client.",
        "{text} to adres waszej firmy; nie oznacza klienta.";
    no_phone: "“{text}” is no phone number. Write it as +48 22 123 45 67.", "„{text}” nie jest numerem telefonu. Zapisz go jak +48 22 123 45 67.";
    no_account: "No account that you see is called “{text}”.", "Nie widać firmy „{text}”.";
    no_accounts: "Several accounts may be meant by “{text}”. Name it by its number or external id.",
        "„{text}” może oznaczać kilka firm. Podaj numer lub identyfikator.";
    no_deal_account: "An opportunity needs an account. Name one, or make a lead instead.",
        "Szansa wymaga firmy. Podaj ją albo utwórz lead.";
    no_strangers: "That account has contacts of others, whose mail the opportunity would show. Ask an admin to make it.",
        "Ta firma ma kontakty innych osób, których poczta byłaby widoczna przy szansie. Poproś administratora.";
    no_write: "You may read this record, not change it. Ask its owner.", "Możesz tylko czytać ten rekord. Poproś jego opiekuna.";
    no_machine: "A machine or one of us wrote this mail; no client's fields stand in it.",
        "Tę wiadomość napisał automat lub ktoś od nas; nie ma w niej danych klienta.";
    no_change: "Tick at least one change.", "Zaznacz co najmniej jedną zmianę.";
    no_moved: "The record has changed since; look at the differences again.", "Rekord zmienił się w międzyczasie; sprawdź różnice ponownie.";
    no_undo: "It was undone already, or changed since, or is not yours to undo.", "Już cofnięto, zmieniono później albo nie możesz tego cofnąć.";
    invite_request: "Invitation to “{subject}”", "Zaproszenie: „{subject}”";
    invite_cancel: "Cancels “{subject}”", "Odwołanie: „{subject}”";
    invite_reply: "Answers the invitation to “{subject}”", "Odpowiedź na zaproszenie: „{subject}”";
    invite_counter: "Proposes another time for “{subject}”", "Propozycja innego terminu: „{subject}”";
    entered_on: "Entered as an appointment on", "Wpisano jako spotkanie przy";
    not_organizer: "{organizer} is the organiser, and the mail is not by them: it changes no appointment.",
        "Organizatorem jest {organizer}, a wiadomość jest od kogoś innego: nie zmienia żadnego spotkania.";
    false_sender: "Your own mail server does not confirm the sender: it changes no appointment.",
        "Serwer pocztowy nie potwierdził nadawcy: wiadomość nie zmienia żadnego spotkania.";
    not_linked: "The mail stands on no record, so there is no appointment.", "Wiadomość nie jest przy żadnym rekordzie, więc nie ma spotkania.";
    outdated: "A later mail says something else; that one counts.", "Późniejsza wiadomość mówi co innego i to ona obowiązuje.";
    all_day: "all day", "cały dzień";
    takes_place: "{from} to {to}", "{from} – {to}";
    in_zone: "({zone})", "({zone})";
    at_place: "at {place}", "miejsce: {place}";
    repeats: "repeats: {rule}", "powtarza się: {rule}";
    organized_by: "by {name}", "organizuje {name}";
    people: "{yes} of {all} accepted", "zaakceptowało {yes} z {all}";
    proposal: "{name} proposes {when}", "{name} proponuje {when}";
    daily: "daily", "codziennie";
    weekly: "weekly", "co tydzień";
    monthly: "monthly", "co miesiąc";
    yearly: "yearly", "co rok";
    often: "several times a day", "kilka razy dziennie";
    the_mail: "the mail", "wiadomość";
    no_time: "The organiser decides when it is. Answer the invitation in your mail program.",
        "O terminie decyduje organizator. Odpowiedz na zaproszenie w programie pocztowym.";
}
counted {
    more_wait: ["{n} more mail of this conversation waits", "{n} more mails of this conversation wait"],
        ["czeka jeszcze {n} wiadomość z tej rozmowy", "czekają jeszcze {n} wiadomości z tej rozmowy", "czeka jeszcze {n} wiadomości z tej rozmowy"];
    more_events: ["{n} more event", "{n} more events"], ["jeszcze {n} wydarzenie", "jeszcze {n} wydarzenia", "jeszcze {n} wydarzeń"];
}
}
