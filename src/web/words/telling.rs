//! The texts of the pages about what a person is told: their settings, the brief of a cover, the
//! report after an absence.

use super::{Counted, Language};
use crate::actions::wishes::Problem;

texts! {
plain {
    title: "My settings", "Moje ustawienia";
    saved: "Saved.", "Zapisano.";
    manner: "Language and time", "Język i czas";
    language_label: "Language", "Język";
    zone_label: "Time zone", "Strefa czasowa";
    zone_hint: "As in Europe/Warsaw. All times on pages and in mails are meant in it.",
        "Na przykład Europe/Warsaw. Dotyczy wszystkich godzin na stronach i w wiadomościach.";
    mails: "Mails to me", "Wiadomości do mnie";
    mails_means: "Nothing is sent unless you choose it here. While you are away, what you would get goes to whoever answers in your place.",
        "Nic nie jest wysyłane, dopóki tego tu nie wybierzesz. Podczas twojej nieobecności dostaje to osoba, która odpowiada w zastępstwie.";
    no_sender: "Mails to colleagues are switched off for this installation. What you choose counts as soon as an admin names the mailbox that sends them.",
        "Wiadomości wewnętrzne są w tej instalacji wyłączone. Wybór zacznie działać, gdy administrator wskaże skrzynkę, z której mają wychodzić.";
    no_address: "No address of yours is known, so nothing can be sent to you. Your admin can add one.",
        "Nie znamy twojego adresu, więc nic nie można do ciebie wysłać. Adres może dodać administrator.";
    digest: "A daily digest, when there is something to say", "Codzienny przegląd, gdy jest o czym pisać";
    digest_at: "At", "O godzinie";
    digest_hint: "What waits for your reply, and tasks due today.", "Co czeka na twoją odpowiedź i zadania na dziś.";
    covers: "The brief when I begin to cover for somebody, and the report when I am back",
        "Opis stanu, gdy zaczyna się moje zastępstwo, i raport po moim powrocie";
    covers_hint: "Both are always there as pages, linked from Today.", "Oba są zawsze dostępne jako strony, z odnośnikami na stronie Dzisiaj.";
    urgent: "Urgent notices", "Zawiadomienia o pilnej poczcie";
    urgent_means: "A client's mail that waits and meets one of these is told of at once; within a condition everything has to hold.",
        "O czekającej wiadomości od klienta, która spełnia jeden z warunków, dowiesz się od razu; w warunku musi się zgadzać wszystko.";
    urgent_none: "No conditions: no urgent notices.", "Brak warunków: żadnych zawiadomień.";
    limit: "At most so many a day", "Najwyżej tyle dziennie";
    remove: "Remove", "Usuń";
    add: "Add a condition", "Dodaj warunek";
    add_hint: "Leave empty what does not matter.", "To, co nieistotne, zostaw puste.";
    from_contact: "From this contact (address or name)", "Od tego kontaktu (adres lub nazwa)";
    on_account: "On this account (name or domain)", "W sprawie tej firmy (nazwa lub domena)";
    of_class: "Class of the account", "Klasa firmy";
    any: "any", "dowolna";
    with_words: "One of these words in the subject, with commas between", "Jedno z tych słów w temacie, po przecinku";
    waits_longer: "Waits for more than so many hours", "Czeka dłużej niż tyle godzin";
    save: "Save", "Zapisz";
    said_contact: "from {name}", "od: {name}";
    said_account: "on {name}", "w sprawie: {name}";
    said_class: "class {name}", "klasa {name}";
    said_words: "with {name} in the subject", "w temacie: {name}";
    said_or: " or ", " lub ";
    said_waits: "waits for more than {name}", "czeka dłużej niż {name}";
    unseen: "a record that you may not see (any more)", "rekord, do którego nie masz (już) wglądu";
    sessions: "Where I am signed in", "Gdzie jestem zalogowany(-a)";
    session_here: "this browser", "ta przeglądarka";
    session_since: "since", "od";
    session_seen: "last used", "ostatnio używana";
    session_end: "Sign out there", "Wyloguj tam";
    session_unknown: "an unnamed program", "program bez nazwy";
    mistake: "Nothing was saved.", "Nic nie zapisano.";
    bad_time: "The time of the digest is no time of day; write it as 07:30.", "Godzina przeglądu nie jest godziną; zapisz ją jak 07:30.";
    bad_zone: "This time zone is not known; choose one from the list, such as Europe/Warsaw.",
        "Ta strefa czasowa jest nieznana; wybierz ją z listy, na przykład Europe/Warsaw.";
    bad_language: "This language is not known; choose one from the list.", "Ten język jest nieznany; wybierz z listy.";
    bad_limit: "The number of urgent notices a day must be from 1 to 50.", "Liczba zawiadomień dziennie musi być od 1 do 50.";
    bad_hours: "The hours must be a number from 1 to 168.", "Liczba godzin musi być od 1 do 168.";
    bad_class: "A class is A, B, C or D.", "Klasa to A, B, C lub D.";
    bad_words: "Write at most ten words of at most 60 letters, with commas between.", "Podaj najwyżej dziesięć słów do 60 liter, po przecinku.";
    no_record: "You may see no such record: {name}. Write its whole name, or an address.", "Nie widzisz takiego rekordu: {name}. Podaj pełną nazwę albo adres.";
    several_records: "Several records are called {name}; write an address or a domain instead.",
        "Kilka rekordów nazywa się {name}; podaj adres albo domenę.";
    empty_condition: "The condition says nothing; fill in at least one field.", "Warunek jest pusty; wypełnij przynajmniej jedno pole.";
    too_many: "Twenty conditions are enough; remove one first.", "Dwadzieścia warunków wystarczy; najpierw usuń któryś.";
    settings: "My settings", "Moje ustawienia";
    brief: "Cover for {name}", "Zastępstwo za: {name}";
    brief_mine: "What your substitutes find", "Co zastaje zastępca";
    brief_link: "What there is at the start: mails, tasks, promises", "Stan na początku: poczta, zadania, obietnice";
    brief_own_link: "What your substitutes find", "Co zastaje zastępca";
    brief_until: "From {first} until {last}, as it is now.", "Od {first} do {last}, według obecnego stanu.";
    brief_open: "Since {first}, as it is now.", "Od {first}, według obecnego stanu.";
    brief_upcoming: "It begins on {first}; what you cover shows up here then.", "Zaczyna się {first}; wtedy pojawi się tu to, co zastępujesz.";
    numbers: "Records to answer for", "Rekordy pod opieką";
    numbers_none: "None at this moment.", "W tej chwili żadnych.";
    waits: "Mails that wait", "Czekająca poczta";
    waits_none: "No mail waits.", "Żadna wiadomość nie czeka.";
    tasks: "Open tasks", "Otwarte zadania";
    tasks_none: "No open tasks.", "Brak otwartych zadań.";
    due: "due {day}", "termin {day}";
    no_date: "no date", "bez terminu";
    last_words: "Promises and questions", "Obietnice i pytania";
    last_words_means: "What {name} wrote last, where nobody has written since.", "Ostatnie słowo od: {name}, po którym nikt już nie pisał.";
    last_words_none: "Nothing is left open.", "Nic nie zostało otwarte.";
    to: "to {name}", "do: {name}";
    call: "Call", "Telefon";
    task: "Task", "Zadanie";
    appointment: "Appointment", "Spotkanie";
    note: "Note", "Notatka";
    report: "While {name} was away", "Podczas nieobecności: {name}";
    report_link: "Your report: what came while you were away", "Twój raport: co działo się podczas nieobecności";
    report_span: "From {first} until {last}.", "Od {first} do {last}.";
    report_runs: "From {first} until now; the absence still runs.", "Od {first} do teraz; nieobecność jeszcze trwa.";
    who_answered: "Who answered", "Kto odpowiadał";
    came: "Clients' mails that came in", "Poczta od klientów";
    told: "Clients told of the absence", "Klienci zawiadomieni o nieobecności";
    answered: "Answered", "Odpowiedziano";
    answered_none: "Nothing was answered.", "Na nic nie odpowiedziano.";
    answered_by: "{name}, {day}", "{name}, {day}";
    somebody: "a colleague", "ktoś z zespołu";
    still_open: "Still waiting", "Nadal czeka";
    deeds: "What colleagues did", "Co zrobiono w zastępstwie";
    deeds_none: "Nothing was noted.", "Niczego nie odnotowano.";
    first_of: "The first {n} are shown.", "Pokazano pierwsze {n}.";
}
counted {
    hours: ["{n} hour", "{n} hours"], ["{n} godzinę", "{n} godziny", "{n} godzin"];
    records: ["{n} record", "{n} records"], ["{n} rekord", "{n} rekordy", "{n} rekordów"];
    accounts: ["{n} account", "{n} accounts"], ["{n} firma", "{n} firmy", "{n} firm"];
    contacts: ["{n} contact", "{n} contacts"], ["{n} kontakt", "{n} kontakty", "{n} kontaktów"];
    leads: ["{n} lead", "{n} leads"], ["{n} lead", "{n} leady", "{n} leadów"];
    opportunities: ["{n} opportunity", "{n} opportunities"], ["{n} szansa", "{n} szanse", "{n} szans"];
}
}

impl Words {
    /// What is wrong with a setting.
    pub fn problem(&self, problem: &Problem) -> String {
        let text = match problem {
            Problem::Time => self.bad_time,
            Problem::Zone => self.bad_zone,
            Problem::Language => self.bad_language,
            Problem::Limit => self.bad_limit,
            Problem::Hours => self.bad_hours,
            Problem::Class => self.bad_class,
            Problem::Words => self.bad_words,
            Problem::Empty => self.empty_condition,
            Problem::TooMany => self.too_many,
            Problem::NoRecord(name) => return super::fill(self.no_record, &[("name", name)]),
            Problem::Several(name) => return super::fill(self.several_records, &[("name", name)]),
        };
        text.to_owned()
    }
}
