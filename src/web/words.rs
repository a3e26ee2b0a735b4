//! Every text of the pages, in English and Polish side by side, so that none can be missing.
//!
//! `{name}` in a text is filled by [`fill`]; texts that count have the forms that Polish tells
//! apart. Terms are those of the glossary in docs: substitute *zastępca*, owner *opiekun*,
//! timeline *oś czasu*.

use chrono::{Datelike, NaiveDate};

/// A text that counts: one, few (Polish 2 to 4, 22 to 24 …), many.
#[derive(Debug)]
pub struct Counted {
    one: &'static str,
    few: &'static str,
    many: &'static str,
}

/// Puts values in place of `{name}`s.
pub fn fill(text: &str, values: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(text.len() + 32);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((name, tail)) = after.split_once('}') else {
            rest = after;
            break;
        };
        out.push_str(values.iter().find(|(key, _)| *key == name).map_or("", |(_, value)| value));
        // Names end in a dot, too: "Sp. z o.o." at the end of a sentence has one.
        rest = if out.ends_with('.') { tail.strip_prefix('.').unwrap_or(tail) } else { tail };
    }
    out.push_str(rest);
    out
}

/// The form of `text` for `n` in a language, with `{n}` filled in.
pub fn counted(language: Language, text: &Counted, n: i64) -> String {
    let form = match language {
        _ if n == 1 => text.one,
        Language::English => text.many,
        Language::Polish if (2..=4).contains(&(n % 10)) && !(12..=14).contains(&(n % 100)) => text.few,
        Language::Polish => text.many,
    };
    fill(form, &[("n", &language.words().number(n))])
}

impl Words {
    /// A calendar day: `20 Nov 2026`, `20 lis 2026`.
    pub fn date(&self, day: NaiveDate) -> String {
        let month = self.months.split(' ').nth(day.month0() as usize).unwrap_or("");
        format!("{} {} {}", day.day(), month, day.year())
    }

    /// A number with its thousands apart (no-break space in both languages, as the house writes them).
    pub fn number(&self, n: i64) -> String {
        let digits = n.unsigned_abs().to_string();
        let mut out = String::new();
        for (place, digit) in digits.chars().enumerate() {
            if place > 0 && (digits.len() - place).is_multiple_of(3) {
                out.push('\u{a0}');
            }
            out.push(digit);
        }
        if n < 0 { format!("−{out}") } else { out }
    }
}

macro_rules! texts {
    (plain { $($name:ident: $en:literal, $pl:literal;)* }
     counted { $($counted:ident: [$one:literal, $other:literal], [$jeden:literal, $kilka:literal, $wiele:literal];)* }) => {
        /// The texts of one language.
        #[derive(Debug)]
        #[allow(missing_docs)]
        pub struct Words {
            pub language: Language,
            $(pub $name: &'static str,)*
            $(pub $counted: Counted,)*
        }

        static ENGLISH: Words = Words {
            language: Language::English,
            $($name: $en,)*
            $($counted: Counted { one: $one, few: $other, many: $other },)*
        };

        static POLISH: Words = Words {
            language: Language::Polish,
            $($name: $pl,)*
            $($counted: Counted { one: $jeden, few: $kilka, many: $wiele },)*
        };

        impl Words {
            /// The texts in a language.
            #[allow(dead_code)]
            pub fn of(language: $crate::web::words::Language) -> &'static Words {
                match language {
                    $crate::web::words::Language::English => &ENGLISH,
                    $crate::web::words::Language::Polish => &POLISH,
                }
            }

            /// The form of `text` for `n`, with `{n}` filled in.
            #[allow(dead_code)]
            pub fn count(&self, text: &$crate::web::words::Counted, n: i64) -> String {
                $crate::web::words::counted(self.language, text, n)
            }
        }
    };
}

texts! {
plain {
    tag: "en", "pl";
    skip: "Skip to content", "Przejdź do treści";
    navigation: "Main", "Główna";
    today: "Today", "Dzisiaj";
    records: "Records", "Rekordy";
    sign_in: "Sign in", "Zaloguj się";
    sign_out: "Sign out", "Wyloguj się";
    login: "Login", "Login";
    password: "Password", "Hasło";
    sign_in_lead: "Your clients' mail, on the record it is about, in front of whoever answers now.",
        "Poczta klientów przy sprawie, której dotyczy, u tego, kto teraz odpowiada.";
    sign_in_wrong: "Login and password do not match.", "Nieprawidłowy login lub hasło.";
    sign_in_wrong_hint: "Check both and try again. Your admin can set a new password.",
        "Sprawdź jedno i drugie, a potem spróbuj ponownie. Nowe hasło może ustawić administrator.";
    sign_in_slow: "Too many attempts.", "Zbyt wiele prób.";
    sign_in_slow_hint: "Wait a few minutes, then try again. Nothing is locked for good.",
        "Odczekaj kilka minut i spróbuj ponownie. Konto nie zostało zablokowane na stałe.";
    up_to: "Mail up to", "Poczta do";
    behind: "Mailbox {name} is behind: read up to {time}.", "Skrzynka {name} ma opóźnienie: przeczytana do {time}.";
    behind_never: "Mailbox {name} has not been read to its end yet.", "Skrzynka {name} nie została jeszcze przeczytana do końca.";
    refused: "Mailbox {name}: the server refused the sign-in. Your admin can set it right; nothing is lost.",
        "Skrzynka {name}: serwer odrzucił logowanie. Administrator może to naprawić; nic nie przepadło.";
    notices_stopped: "Absence notices to clients have been stopped since {time}. The page Autoresponder lets them go out again.",
        "Zawiadomienia o nieobecności dla klientów są zatrzymane od {time}. Wznawia je strona Autoresponder.";
    notices_broken: "Absence notices to clients are stopped until {time}: more went out in an hour than ever. See the page Autoresponder.",
        "Zawiadomienia o nieobecności dla klientów są zatrzymane do {time}: w ciągu godziny wyszło ich więcej niż kiedykolwiek. Zobacz stronę Autoresponder.";
    answers_now: "Answers now", "Teraz odpowiada";
    nobody: "nobody", "nikt";
    until: "until {day}", "do {day}";
    owner: "Owner", "Opiekun";
    why: "Why?", "Dlaczego?";
    path_owner: "The owner is here.", "Opiekun jest na miejscu.";
    path_substitute: "{owner} is away and named this substitute.", "{owner} jest poza firmą i wskazał(a) tę osobę.";
    path_chain: "{owner} is away; so is {chain}; the next substitute answers.",
        "{owner} jest poza firmą, podobnie {chain}; odpowiada kolejny zastępca.";
    path_team: "{owner} is away and no substitute is left: the team's fallback answers.",
        "{owner} jest poza firmą i nie ma zastępcy: odpowiada osoba rezerwowa zespołu.";
    path_company: "{owner} is away and no substitute is left: the company's fallback answers.",
        "{owner} jest poza firmą i nie ma zastępcy: odpowiada osoba rezerwowa firmy.";
    path_nobody: "{owner} is away and nobody stands in.", "{owner} jest poza firmą i nikt nie zastępuje.";
    waiting_title: "Waiting for my reply", "Czeka na moją odpowiedź";
    waiting_means: "Conversations on records you own in which a client's mail has no answer, the longest wait first. An answer from any of us ends the wait.",
        "Rozmowy w twoich sprawach, w których klient czeka na odpowiedź, od najdłużej czekającej. Odpowiedź kogokolwiek od nas kończy oczekiwanie.";
    waiting_none: "Nothing waits for you.", "Nic na ciebie nie czeka.";
    covering_title: "Covering for {name} until {day}", "Zastępstwo za: {name}, do {day}";
    covering_open: "Covering for {name}", "Zastępstwo za: {name}";
    covering_means: "What came in for {name} since {day}, and older mail that still waits; unanswered first.",
        "Co przyszło do: {name}, od {day}, oraz starsza poczta, która wciąż czeka; najpierw bez odpowiedzi.";
    covering_none: "Nothing has come in so far.", "Na razie nic nie przyszło.";
    shown_of: "The first {n} are shown.", "Pokazano pierwsze {n}.";
    you_are_away: "You are away until {day}.", "Jesteś poza firmą do {day}.";
    you_are_away_open: "You are away.", "Jesteś poza firmą.";
    covers: "{name} covers.", "Zastępuje: {name}.";
    covers_nobody: "Nobody covers.", "Nikt nie zastępuje.";
    nothing_at_all: "All quiet. New mail shows up here by itself.", "Cisza. Nowa poczta pojawi się tu sama.";
    accounts: "Accounts", "Firmy";
    contacts: "Contacts", "Kontakty";
    leads: "Leads", "Leady";
    opportunities: "Opportunities", "Szanse";
    account: "Account", "Firma";
    contact: "Contact", "Kontakt";
    lead: "Lead", "Lead";
    opportunity: "Opportunity", "Szansa";
    records_means: "What you own, cover or may read otherwise, by name.",
        "To, czego jesteś opiekunem, co masz w zastępstwie lub do czego masz wgląd, według nazwy.";
    records_none: "None that you may read yet. An admin can import records; a cover brings those of whom you stand in for.",
        "Jeszcze nic, do czego masz wgląd. Administrator może zaimportować rekordy; zastępstwo daje wgląd w rekordy zastępowanego.";
    name: "Name", "Nazwa";
    city: "City", "Miasto";
    status: "Status", "Status";
    open: "open", "w toku";
    won: "won", "wygrana";
    lost: "lost", "przegrana";
    converted: "converted", "przekształcony";
    class: "Class", "Klasa";
    phone: "Phone", "Telefon";
    confidential: "confidential", "poufne";
    end_customer: "End customer", "Klient końcowy";
    people_and_deals: "Related records", "Powiązane rekordy";
    timeline: "Timeline", "Oś czasu";
    timeline_none: "No activity yet.", "Na razie nic się nie działo.";
    watched: "Mail from or to these is put here:", "Trafia tu poczta od lub do:";
    watched_none: "No address leads here yet.", "Żaden adres jeszcze tu nie prowadzi.";
    older: "Older", "Starsze";
    newest: "Newest", "Najnowsze";
    next_page: "Next", "Dalej";
    first_page: "From the start", "Od początku";
    yesterday: "yesterday", "wczoraj";
    yesterday_head: "Yesterday", "Wczoraj";
    just_now: "just now", "przed chwilą";
    received: "Received", "Odebrana";
    sent: "Sent", "Wysłana";
    internal: "Internal", "Wewnętrzna";
    to: "to", "do";
    no_subject: "(no subject)", "(bez tematu)";
    no_text: "(no new text)", "(bez nowej treści)";
    attachments: "Attachments", "Załączniki";
    unnamed: "unnamed", "bez nazwy";
    waiting: "Waiting {for}", "Czeka {for}";
    answered: "Answered", "Odpowiedziano";
    answered_by: "Answered by {name}", "Odpowiedź: {name}";
    via_account: "via account", "przez firmę";
    via_contact: "via contact", "przez kontakt";
    forwarded: "forwarded", "przekazana dalej";
    automatic: "automatic", "automatyczna";
    vacation: "absence notice", "zawiadomienie o nieobecności";
    undelivered: "delivery report", "raport doręczenia";
    list: "over a list", "przez listę";
    bulk: "bulk mail", "masowa";
    why_here: "Why here?", "Dlaczego tu?";
    why_foreign: "It names a mail that stands here ({id}), but {sender} did not take part in that conversation.",
        "Powołuje się na wiadomość, która tu jest ({id}), ale {sender} nie brał(a) udziału w tej rozmowie.";
    why_address: "The address {address} in the field {field} belongs to {party}.",
        "Adres {address} w polu {field} należy do: {party}.";
    why_only: "The address {address} in the field {field} belongs to {party}, and this is their only open opportunity.",
        "Adres {address} w polu {field} należy do: {party}, a to jedyna otwarta szansa tej osoby.";
    why_several: "The address {address} belongs to {party}, who has {n} open opportunities; this is one of them.",
        "Adres {address} należy do: {party}; otwartych szans jest {n}, to jedna z nich.";
    why_rule: "The rule “{rule}”, as of version {version}, says: {says}.", "Reguła „{rule}”, w wersji {version}, mówi: {says}.";
    why_through: "It concerns {record}, which belongs here.", "Dotyczy: {record}, a to należy tutaj.";
    why_domain: "The domain {domain} of {address} belongs to this account.", "Domena {domain} adresu {address} należy do tej firmy.";
    why_unreadable: "The stored reason is of a kind this version does not know.", "Zapisany powód jest nieznany tej wersji.";
    why_score: "Strength {score} of 100, decided {time}.", "Siła {score} na 100, ustalono {time}.";
    why_alone: "No other record came into question.", "Żaden inny rekord nie wchodził w grę.";
    why_others: "Also possible: {names}.", "Możliwe też: {names}.";
    why_governed: "Whoever may read {record} sees it here.", "Widzą to tutaj ci, którzy mają wgląd w: {record}.";
    a_contact: "a contact", "kontakt";
    a_record: "another record", "inny rekord";
    a_record_word: "record", "rekord";
    absences: "Absences", "Nieobecności";
    notice_sent: "Absence notice for {away} sent to {to}", "Zawiadomienie o nieobecności ({away}) wysłano do: {to}";
    notice_names: "it names {name}", "wskazuje: {name}";
    notice_queued: "Absence notice for {away} to {to} is about to be sent", "Zawiadomienie o nieobecności ({away}) do {to} czeka na wysłanie";
    notice_refused: "Absence notice for {away} to {to}: the server refused it", "Zawiadomienie o nieobecności ({away}) do {to}: serwer odmówił";
    notice_gave_up: "Absence notice for {away} to {to} could not be sent in time and was dropped",
        "Zawiadomienia o nieobecności ({away}) do {to} nie udało się wysłać na czas";
    notice_unclear: "Absence notice for {away} to {to}: it is unclear whether it went out; it is not sent again",
        "Zawiadomienie o nieobecności ({away}) do {to}: nie wiadomo, czy wyszło; nie zostanie wysłane ponownie";
    notice_silent: "No absence notice for {away}: {why}", "Bez zawiadomienia o nieobecności ({away}): {why}";
    notices: "Absence notices", "Zawiadomienia o nieobecności";
    from_label: "From", "Od";
    to_label: "To", "Do";
    cc_label: "Cc", "Kopia";
    bcc_label: "Bcc", "Ukryta kopia";
    reply_to_label: "Reply to", "Odpowiedź do";
    sender_label: "Sender", "Nadawca";
    date_label: "Date", "Data";
    arrived_label: "Arrived", "Dotarła";
    field_from: "From", "Od";
    field_to: "To", "Do";
    field_cc: "Cc", "Kopia";
    field_reply_to: "Reply-To", "Odpowiedź do";
    stands_on: "On the timeline of", "Na osi czasu";
    own_copy: "You see this mail because a copy lies in your mailbox.", "Widzisz tę wiadomość, bo jej kopia jest w twojej skrzynce.";
    folded: "Quoted text and signature", "Cytaty i podpis";
    formatted: "As the sender formatted it", "W formatowaniu nadawcy";
    formatted_frame: "The mail as its sender formatted it", "Wiadomość w formatowaniu nadawcy";
    images_blocked: "Images from other servers are not loaded.", "Obrazy z innych serwerów nie są wczytywane.";
    body_cut: "The mail is very long; only its beginning is shown.", "Wiadomość jest bardzo długa; pokazano tylko początek.";
    body_tangled: "The sender's formatting is too tangled to be shown safely; the text above is complete.",
        "Formatowanie nadawcy jest zbyt zagmatwane, by je bezpiecznie pokazać; tekst powyżej jest kompletny.";
    sender_doubted: "sender not confirmed", "nadawca niepotwierdzony";
    not_kept: "The whole mail is not kept here; this is what was read from it.", "Cała wiadomość nie jest tu przechowywana; oto, co z niej odczytano.";
    not_found: "This page is not available", "Ta strona jest niedostępna";
    not_found_lead: "It does not exist, or it is not yours to see (any more).", "Nie istnieje albo nie masz (już) do niej wglądu.";
    not_found_next: "If a colleague sent you here, ask the record's owner.", "Jeśli skierował cię tu ktoś z zespołu, zapytaj opiekuna rekordu.";
    back_to_today: "Go to Today", "Przejdź do Dzisiaj";
    broken: "Something went wrong on our side", "Coś poszło nie tak po naszej stronie";
    broken_lead: "Nothing you wrote is lost in the mailboxes. Try again in a moment.", "Nic w skrzynkach nie przepadło. Spróbuj ponownie za chwilę.";
    broken_next: "If it happens again, give your admin this number:", "Jeśli się powtórzy, podaj administratorowi ten numer:";
    broken_form: "The form did not arrive whole. Go back and send it again.", "Formularz nie dotarł w całości. Wróć i wyślij go ponownie.";
    request: "Request", "Numer żądania";
    foreign_form: "This form came from another site", "Ten formularz pochodzi z innej strony";
    foreign_form_lead: "To be safe it was not carried out. Open the page here and try again.",
        "Dla bezpieczeństwa nie został wykonany. Otwórz stronę tutaj i spróbuj ponownie.";
    foreign_form_next: "Behind a proxy this also happens when it does not pass on the Host header.",
        "Za serwerem pośredniczącym zdarza się to też, gdy nie przekazuje on nagłówka Host.";
    handovers: "Hand-overs", "Przekazania";
    handovers_means: "Records of somebody away that were assigned to others for the time. You see those that you decide about, the latest first.",
        "Rekordy osób nieobecnych, przypisane na ten czas innym. Widzisz te, o których decydujesz, od najnowszych.";
    handovers_none: "Nothing was handed over yet.", "Niczego jeszcze nie przekazano.";
    handover_of: "Hand-over: {name}", "Przekazanie: {name}";
    handover_new: "Hand records over", "Przekaż rekordy";
    handover_whose: "Whose records", "Czyje rekordy";
    handover_to: "To whom", "Komu";
    handover_by_absence: "as the absence says", "jak wskazuje nieobecność";
    handover_until: "Last day (empty: until the absence ends)", "Ostatni dzień (puste: do końca nieobecności)";
    handover_look: "Show what would happen", "Pokaż, co się stanie";
    handover_preview: "What would happen: {name}", "Co się stanie: {name}";
    handover_preview_means: "Nothing has changed yet. Mail follows its record; completed activities keep their author.",
        "Nic się jeszcze nie zmieniło. Poczta idzie za rekordem; zakończone działania zachowują autora.";
    handover_changed: "What would move has changed since you looked. Look again before you run it.",
        "Od czasu podglądu zmieniło się to, co przejdzie. Sprawdź ponownie, zanim to uruchomisz.";
    handover_nothing: "Nothing would move.", "Nic by nie przeszło.";
    handover_no_terms: "They have no absence to come that says who receives their records. Choose somebody.",
        "Ta osoba nie ma nieobecności, która wskazuje odbiorcę. Wybierz kogoś.";
    handover_over: "That absence is over, so there is nothing to hand over for it.", "Ta nieobecność już minęła, więc nie ma czego dla niej przekazywać.";
    handover_busy: "Another hand-over of theirs is under way. Wait until it is done.", "Inne przekazanie rekordów tej osoby trwa. Poczekaj, aż się skończy.";
    handover_wrong: "It is in another state by now, so this was not done.", "Stan jest już inny, więc tego nie zrobiono.";
    handover_too_late: "Undoing was possible for 72 hours, and they are over. Return it, or assign the records.",
        "Cofnięcie było możliwe przez 72 godziny, które minęły. Zwróć rekordy albo przypisz je na nowo.";
    handover_bad_day: "That is no day. Write it as year-month-day, such as 2026-11-25.", "To nie jest dzień. Napisz go jako rok-miesiąc-dzień, na przykład 2026-11-25.";
    handover_receives: "Receives", "Otrzymuje";
    handover_activities: "Open activities", "Otwarte działania";
    handover_gains: "Sees more", "Zobaczy więcej";
    handover_loses: "Sees less", "Zobaczy mniej";
    handover_gains_secret: "confidential: {n}", "poufne: {n}";
    handover_stays: "Stays with its owner", "Zostaje u opiekuna";
    handover_why: "Because", "Ponieważ";
    handover_number: "Records", "Liczba rekordów";
    stays_confidential: "confidential, and who would receive it is not the deputy for confidential records",
        "poufne, a odbiorca nie jest zastępcą do spraw poufnych";
    stays_nobody: "nobody is named for it", "nikogo dla nich nie wskazano";
    stays_deactivated: "{name} is deactivated", "{name}: konto wyłączone";
    stays_away: "{name} is away", "{name}: poza firmą";
    stays_no_right: "you may not assign it", "nie masz prawa ich przypisać";
    stays_unseen: "{name} may not see the records they are on", "{name}: bez wglądu w rekordy, których dotyczą";
    stays_gone: "it is deleted, or merged into another", "usunięte albo połączone z innym";
    handover_state: "State", "Stan";
    handover_running: "running", "trwa";
    handover_done: "handed over", "przekazano";
    handover_returning: "returning", "trwa zwrot";
    handover_returned: "returned", "zwrócono";
    handover_undoing: "being undone", "trwa cofanie";
    handover_undone: "undone", "cofnięto";
    handover_cancelled: "stopped, and given back", "przerwano i oddano";
    handover_progress: "{done} of {total}", "{done} z {total}";
    handover_gathering: "Its records are being gathered", "Trwa zbieranie rekordów";
    handover_leave: "You can leave this page; it goes on.", "Możesz opuścić tę stronę; praca trwa dalej.";
    handover_cancel: "Stop, and give back what has moved", "Przerwij i oddaj to, co przeszło";
    handover_force: "Also what was given to others meanwhile", "Także to, co w międzyczasie dostali inni";
    handover_undo_until: "This can be undone until", "Można to cofnąć do";
    handover_kept: "Stays where it is", "Zostaje tam, gdzie jest";
    handover_unseen: "a record that you may not see", "rekord, do którego nie masz wglądu";
    kept_assigned: "{by} gave it to {to} on {day}", "{by}: przypisano osobie {to}, {day}";
    kept_operator: "an import or the operator", "import lub operator";
    kept_back: "it was with its owner again already", "było już znowu u opiekuna";
    kept_deactivated: "{name} is deactivated", "{name}: konto wyłączone";
    kept_gone: "it is deleted, or merged into another", "usunięte albo połączone z innym";
    stage_pending: "to come", "w kolejce";
    stage_moved: "handed over", "przekazane";
    stage_returned: "returned", "zwrócone";
    stage_kept: "kept", "zostają";
    stage_undone: "not moved, or taken back", "nieprzekazane lub cofnięte";
    call: "Phone call", "Rozmowa telefoniczna";
    task: "Task", "Zadanie";
    appointment: "Appointment", "Spotkanie";
    note: "Note", "Notatka";
    email: "E-mail", "E-mail";
    activities: "Activities", "Działania";
    done: "done", "zrobione";
    done_by: "done by {name}", "zrobione: {name}";
    cancelled: "called off", "odwołane";
    due: "due", "termin:";
    for_name: "for {name}", "za: {name}";
    mark_done: "Done", "Zrobione";
    call_off: "Call off", "Odwołaj";
    log_call: "Log a call", "Zapisz rozmowę";
    new_task: "New task", "Nowe zadanie";
    new_appointment: "New appointment", "Nowe spotkanie";
    new_note: "New note", "Nowa notatka";
    standin: "Standin", "Standin";
    owner_merged: "{by} made “{what}” a part of this record", "{by}: rekord „{what}” włączono do tego";
    owner_first: "First owner: {to}", "Pierwszy opiekun: {to}";
    owner_step: "{by} assigned it from {from} to {to} for a step", "{by}: przekazanie od {from} do {to} na jeden etap";
    owner_step_back: "{by} gave it back from {from} to {to}", "{by}: zwrot od {from} do {to}";
    owner_leaver: "{from} left; {by} gave it to {to}", "{from} odchodzi; {by}: przekazanie do {to}";
    owner_handed_over: "{by} handed it over from {from} to {to} for a time", "{by}: czasowe przekazanie od {from} do {to}";
    owner_returned: "{by} returned it from {from} to {to}", "{by}: powrót od {from} do {to}";
    owner_assigned: "{by} assigned it from {from} to {to}", "{by}: przekazanie od {from} do {to}";
    role_sales: "Sales manager", "Opiekun sprzedaży";
    role_service: "Service manager", "Opiekun serwisu";
    role_marketing: "Marketing manager", "Opiekun marketingu";
    assign_verb: "Assign…", "Przekaż…";
    owners_title: "History of owners", "Historia opiekunów";
    owners_means: "Who owned this record, since when, who gave it to them and why; the latest first.",
        "Kto był opiekunem tego rekordu, od kiedy, kto go przekazał i dlaczego; od najnowszych.";
    give_back: "Give back", "Oddaj";
    close_step: "Close the step", "Zamknij etap";
    objection_nothing: "No record was chosen. Tick some, or choose others by the filter.",
        "Nie wybrano żadnego rekordu. Zaznacz kilka albo wybierz inne filtrem.";
    objection_too_many: "More than {n} records match. Narrow the filter, by owner or kind, and do it in parts.",
        "Pasuje ponad {n} rekordów. Zawęź filtr według opiekuna lub rodzaju i zrób to częściami.";
    objection_inactive: "{name} cannot be given anything. Choose a colleague who still works here.",
        "{name}: tej osobie nie można nic przekazać. Wybierz kogoś, kto nadal tu pracuje.";
    objection_long: "The reason is longer than {n} characters. Shorten it.", "Powód ma ponad {n} znaków. Skróć go.";
    objection_role: "Name the role in at most 40 characters.", "Podaj rolę, najwyżej 40 znaków.";
    objection_no_preview: "This was carried out already or is too old. Look at it anew.", "To już wykonano albo jest zbyt stare. Sprawdź ponownie.";
    why_not_there: "It does not exist, or it is not yours to see.", "Nie istnieje albo nie masz do tego wglądu.";
    why_may_not_assign: "You may read it but not assign it. Ask its owner, their line manager or an admin.",
        "Masz wgląd, ale nie możesz tego przekazać. Zapytaj opiekuna, jego przełożonego lub administratora.";
    why_may_not_share: "You may read it but not share it. Ask its owner or an admin.",
        "Masz wgląd, ale nie możesz tego udostępnić. Zapytaj opiekuna lub administratora.";
    why_too_much: "Nobody gives a right that they lack, or for longer than they have it, or to themselves. Ask its owner.",
        "Nikt nie nadaje prawa, którego nie ma, na dłużej, niż je ma, ani samemu sobie. Zapytaj opiekuna.";
    why_not_given: "Somebody else gave that role. They, whoever answers for the account, their line managers and admins take it back.",
        "Tę rolę nadał kto inny. Cofnąć ją może ta osoba, opiekun firmy lub jego zastępca, ich przełożeni i administratorzy.";
    why_already: "It belongs to them already.", "Ta osoba już jest opiekunem.";
    why_changed: "It went to {name} after the preview and was left alone.", "Po podglądzie trafiło do: {name}; pozostawiono bez zmian.";
    why_no_account: "Only accounts have managers by role.", "Opiekunów według ról mają tylko firmy.";
    why_has_role: "They are its manager in this role already.", "Ta osoba już pełni tę rolę.";
    why_has_no_role: "They are not its manager in this role.", "Ta osoba nie pełni tej roli.";
    why_no_step: "It is not out for a step.", "Nie jest przekazane na etap.";
    no_may_not: "You may read this record but not change it. Ask its owner to share it with you.",
        "Masz wgląd w ten rekord, ale nie możesz go zmieniać. Poproś opiekuna o udostępnienie.";
    no_subject_given: "Say in a line what it is about.", "Napisz w jednym wierszu, o co chodzi.";
    no_too_long: "Subject or text is too long. Shorten it.", "Temat lub treść są zbyt długie. Skróć je.";
    no_note_date: "A note is never due. Choose a task for what is to be done.", "Notatka nie ma terminu. Wybierz zadanie.";
    no_ended: "It is done or called off already.", "Już zrobione albo odwołane.";
    no_future: "It cannot have been done in the future. Correct the time.", "Nie mogło zostać zrobione w przyszłości. Popraw czas.";
    no_blind: "{name} may not read this record and would never see it. Share the record with them first.",
        "{name} nie ma wglądu w ten rekord i nigdy by tego nie zobaczył(a). Najpierw udostępnij rekord.";
    no_nobody: "Say who is responsible.", "Wskaż, kto odpowiada.";
    not_changed: "Nothing was changed", "Nic nie zmieniono";
    go_back: "Go back", "Wróć";
    bulk_title: "Change records", "Zmiana rekordów";
    bulk_means: "Choose which records and what is to happen. Nothing changes before you have seen the exact numbers.",
        "Wybierz rekordy i to, co ma się stać. Nic się nie zmieni, zanim nie zobaczysz dokładnych liczb.";
    bulk_which: "Which records", "Które rekordy";
    bulk_what: "What is to happen", "Co ma się stać";
    bulk_assign: "Give to a new owner", "Przekaż nowemu opiekunowi";
    bulk_append: "Append a manager", "Dodaj opiekuna według roli";
    bulk_remove: "Remove a manager", "Usuń opiekuna według roli";
    bulk_managers: "For managers", "Dla opiekunów według ról";
    bulk_who: "Who", "Kto";
    bulk_for_step: "For a step: the owner so far goes on reading until it comes back", "Na jeden etap: dotychczasowy opiekun zachowuje wgląd do zwrotu";
    role_label: "Role", "Rola";
    may_change_too: "May change the account, not only read it", "Może zmieniać rekord firmy, nie tylko go czytać";
    bulk_look: "See what would change", "Sprawdź, co się zmieni";
    bulk_preview_lead: "This is what would change. What somebody else changes before you agree is left alone and named.",
        "Oto, co się zmieni. To, co ktoś zmieni, zanim potwierdzisz, pozostanie bez zmian i zostanie wymienione.";
    bulk_done_lead: "{n} of {of} records changed.", "Zmieniono {n} z {of} rekordów.";
    bulk_assign_title: "Give to {name}", "Przekazanie: {name}";
    bulk_step_title: "Give to {name} for a step", "Przekazanie na jeden etap: {name}";
    bulk_append_title: "Append {name}: {role}", "Dodanie: {name} ({role})";
    bulk_remove_title: "Remove {name}: {role}", "Usunięcie: {name} ({role})";
    bulk_assign_button: "Assign {records}", "Przekaż {records}";
    bulk_append_button: "Append to {records}", "Dodaj: {records}";
    bulk_remove_button: "Remove from {records}", "Usuń: {records}";
    bulk_gain: "Gain sight", "Zyskają wgląd";
    bulk_lose: "Lose sight", "Stracą wgląd";
    bulk_left_out: "Left out", "Pominięte";
    change_ticked: "Change the ticked", "Zmień zaznaczone";
    change_all: "Change all", "Zmień wszystkie";
    any: "any", "dowolne";
    kind_label: "Kind", "Rodzaj";
    team_label: "Team", "Zespół";
    everything: "Everything", "Wszystko";
    activities_means: "E-mail, calls, tasks, appointments and notes on records you may read, by when they last changed.",
        "E-maile, rozmowy, zadania, spotkania i notatki przy rekordach, do których masz wgląd, według ostatniej zmiany.";
    activities_none: "Nothing matches. Choose a longer period or fewer conditions.", "Nic nie pasuje. Wybierz dłuższy okres lub mniej warunków.";
    original_owner: "Original owner", "Pierwotny opiekun";
    responsible: "Responsible", "Odpowiada";
    responsible_default: "the owner; of what was done, me", "opiekun; przy zrobionym – ja";
    changed_in: "Changed in the last", "Zmienione przez ostatnie";
    show: "Show", "Pokaż";
    record_head: "Record", "Rekord";
    modified: "Modified", "Zmieniono";
    give_ticked: "Give the ticked to", "Zaznaczone przekaż do:";
    give_on: "Give", "Przekaż";
    activity_about: "About", "Dotyczy";
    subject_label: "Subject", "Temat";
    text_label: "Text", "Treść";
    done_already: "Done already", "Już zrobione";
    due_day: "Due on", "Termin";
    due_time: "At", "Godzina";
    bad_day: "Write the day as 2026-11-25 and the time as 13:00.", "Zapisz dzień jako 2026-11-25, a godzinę jako 13:00.";
    save: "Save", "Zapisz";
    my_tasks: "To be done", "Do zrobienia";
    my_tasks_means: "Your open tasks, calls and appointments that are due today or have no date.",
        "Twoje otwarte zadania, rozmowy i spotkania z terminem do dziś lub bez terminu.";
    tasks_of: "To be done for {name}", "Do zrobienia za: {name}";
    tasks_of_means: "What {name} has open on records you cover.", "Co ma otwarte {name} przy rekordach w twoim zastępstwie.";
    leads_of: "New leads of {name}", "Nowe leady: {name}";
    leads_of_means: "Leads that came in for {name} since {day}.", "Leady, które przyszły do: {name}, od {day}.";
    when_head: "When", "Kiedy";
    from_head: "From", "Od kogo";
    to_head: "To", "Do kogo";
    by_head: "By", "Kto przekazał";
    how_head: "How", "Jak";
    reason: "Reason", "Powód";
    how_import: "import", "import";
    how_assign: "assigned", "przekazanie";
    how_step: "for a step", "na jeden etap";
    how_step_back: "given back", "zwrot";
    how_leaver: "left the company", "odejście z firmy";
    how_hand_over: "hand-over", "czasowe przekazanie";
    how_return: "returned", "powrót";
    how_merge: "merged", "połączenie";
    updated: "Updated", "Odświeżono";
    months: "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec", "sty lut mar kwi maj cze lip sie wrz paź lis gru";
    weekdays: "Mon Tue Wed Thu Fri Sat Sun", "pon. wt. śr. czw. pt. sob. niedz.";
}
counted {
    minutes_ago: ["{n} minute ago", "{n} minutes ago"], ["{n} minutę temu", "{n} minuty temu", "{n} minut temu"];
    records_counted: ["{n} record", "{n} records"], ["{n} rekord", "{n} rekordy", "{n} rekordów"];
    records_chosen: ["{n} ticked record", "{n} ticked records"], ["{n} zaznaczony rekord", "{n} zaznaczone rekordy", "{n} zaznaczonych rekordów"];
    activities_counted: ["{n} open activity goes along.", "{n} open activities go along."],
        ["Razem z tym {n} otwarte działanie.", "Razem z tym {n} otwarte działania.", "Razem z tym {n} otwartych działań."];
    activities_given: ["{n} activity was given on", "{n} activities were given on"], ["Przekazano {n} działanie", "Przekazano {n} działania", "Przekazano {n} działań"];
    hours_ago: ["{n} hour ago", "{n} hours ago"], ["{n} godzinę temu", "{n} godziny temu", "{n} godzin temu"];
    minutes: ["{n} minute", "{n} minutes"], ["{n} minutę", "{n} minuty", "{n} minut"];
    hours: ["{n} hour", "{n} hours"], ["{n} godzinę", "{n} godziny", "{n} godzin"];
    days: ["{n} day", "{n} days"], ["{n} dzień", "{n} dni", "{n} dni"];
    handover_run: ["Hand over {n} record", "Hand over {n} records"], ["Przekaż {n} rekord", "Przekaż {n} rekordy", "Przekaż {n} rekordów"];
    handover_return: ["Return {n} record", "Return {n} records"], ["Zwróć {n} rekord", "Zwróć {n} rekordy", "Zwróć {n} rekordów"];
    handover_activities_stay: ["{n} open activity on records of others", "{n} open activities on records of others"], ["{n} otwarte działanie przy cudzych rekordach", "{n} otwarte działania przy cudzych rekordach", "{n} otwartych działań przy cudzych rekordach"];
    handover_undo_run: ["Undo: take {n} record back", "Undo: take {n} records back"], ["Cofnij: zabierz {n} rekord", "Cofnij: zabierz {n} rekordy", "Cofnij: zabierz {n} rekordów"];
    handover_undo_return: ["Undo the return of {n} record", "Undo the return of {n} records"], ["Cofnij zwrot: {n} rekord", "Cofnij zwrot: {n} rekordy", "Cofnij zwrot: {n} rekordów"];
    more_people: ["and {n} more", "and {n} more"], ["i jeszcze {n}", "i jeszcze {n}", "i jeszcze {n}"];
}
}

mod absences;
mod answering;
mod api;
mod evidence;
pub mod faults;
mod filing;
mod from_mail;
mod groups;
mod imports;
mod language;
mod life;
mod lists;
mod notices;
mod people;
mod privacy;
mod reach;
mod review;
mod rules;
mod running;
mod search;
mod sign_in;
mod suggestions;
mod switch;
mod telling;
mod trace;

pub use absences::Words as AbsenceWords;
pub use answering::Words as AnsweringWords;
pub use api::Words as ApiWords;
pub use evidence::Words as EvidenceWords;
pub use filing::Words as FilingWords;
pub use from_mail::Words as FromMailWords;
pub use groups::Words as GroupWords;
pub use imports::Words as ImportWords;
pub use language::Language;
pub use life::Words as LifeWords;
pub use lists::Words as ListWords;
pub use notices::{Words as NoticeWords, template_in_polish};
pub use people::Words as PeopleWords;
pub use privacy::Words as PrivacyWords;
pub use reach::Words as ReachWords;
pub use review::Words as ReviewWords;
pub use rules::Words as RuleWords;
pub use running::Words as RunningWords;
pub use search::Words as SearchWords;
pub use sign_in::Words as SignInWords;
pub use suggestions::Words as SuggestionWords;
pub use switch::Words as SwitchWords;
pub use telling::Words as TellingWords;
pub use trace::Words as TraceWords;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polish_counts_have_three_forms() {
        let words = Language::Polish.words();
        let said: Vec<String> = [1, 2, 5, 12, 22, 1112].iter().map(|n| words.count(&words.hours, *n)).collect();
        assert_eq!(said, ["1 godzinę", "2 godziny", "5 godzin", "12 godzin", "22 godziny", "1\u{a0}112 godzin"]);
    }

    #[test]
    fn the_browsers_best_language_wins() {
        assert_eq!(Language::accepted("de, pl;q=0.8, en;q=0.9"), Some(Language::English));
        assert_eq!(Language::accepted("pl-PL,pl;q=0.9,en;q=0.8"), Some(Language::Polish));
        assert_eq!(Language::accepted("de-DE, pl;q=0"), None);
        assert_eq!(Language::accepted(";;,,q=x"), None);
    }

    #[test]
    fn values_are_filled_in_and_broken_braces_do_no_harm() {
        assert_eq!(fill("{a} to {b}{c}", &[("a", "1"), ("b", "{a}")]), "1 to {a}");
        assert_eq!(fill("open { brace", &[]), "open  brace");
    }
}
