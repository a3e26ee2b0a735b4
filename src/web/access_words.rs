//! Texts of the pages about access, audit and consent, in English and Polish side by side.

use super::words::{Language, Words};

macro_rules! texts {
    ($($name:ident: $en:literal, $pl:literal;)*) => {
        /// Texts of one language.
        #[derive(Debug)]
        #[allow(missing_docs)]
        pub struct AccessWords {
            $(pub $name: &'static str,)*
        }

        static ENGLISH: AccessWords = AccessWords { $($name: $en,)* };
        static POLISH: AccessWords = AccessWords { $($name: $pl,)* };
    };
}

impl Words {
    /// The texts of the pages about access, audit and consent.
    pub fn access(&self) -> &'static AccessWords {
        match self.language {
            Language::English => &ENGLISH,
            Language::Polish => &POLISH,
        }
    }
}

texts! {
    nav_access: "Access", "Dostęp";
    nav_audit: "Audit", "Dziennik";
    nav_requests: "Requests", "Prośby";
    see_requests: "See requests and what I decided", "Zobacz prośby i swoje decyzje";
    // Who sees a record, and sharing it.
    sharing: "Sharing", "Udostępnianie";
    shared_nobody: "Shared with nobody.", "Nikomu nie udostępniono.";
    shared_with: "Shared with {names}.", "Udostępniono: {names}.";
    who_and_share: "Who sees this, and sharing", "Kto to widzi i udostępnianie";
    who_title: "Who sees this", "Kto to widzi";
    who_means: "Everybody with a right on this record at this moment, and the reason. Each question is noted in the audit.",
        "Wszyscy, którzy mają teraz prawo do tego rekordu, i powód. Każde pytanie jest odnotowane w dzienniku.";
    secret_record: "A confidential record", "Rekord poufny";
    person: "Person", "Osoba";
    reason: "Reason", "Powód";
    rights: "Rights", "Prawa";
    read: "read", "odczyt";
    write: "write", "zapis";
    share: "share", "udostępnianie";
    assign: "assign", "przekazywanie";
    by_owner: "owns it", "jest opiekunem";
    by_cover: "covers for {owner}", "zastępuje: {owner}";
    by_deputy: "deputy of {owner} for confidential records", "zastępca do spraw poufnych: {owner}";
    by_fallback: "fallback that answers for it", "osoba rezerwowa, która za to odpowiada";
    by_share: "shared with them", "udostępniono tej osobie";
    by_team: "shared with the team {team}", "udostępniono zespołowi {team}";
    by_manager: "manager of the account by role", "opiekun firmy według roli";
    by_line: "above {owner} in the line", "w linii nad: {owner}";
    by_transparent: "transparent mode", "tryb przejrzysty";
    by_admin: "admin", "administrator";
    by_step: "assigned it onward for a step", "przekazał(a) to dalej na jeden etap";
    by_glass: "broke the glass", "otworzył(a) awaryjnie";
    until_moment: "until {time}", "do {time}";
    shares_title: "Shares", "Udostępnienia";
    shares_none: "It is shared with nobody by hand.", "Nikomu nie udostępniono ręcznie.";
    take_back: "Take back", "Cofnij";
    mark_title: "Confidential", "Poufność";
    give_title: "Share", "Udostępnij";
    give_with: "With whom", "Komu";
    give_people: "People", "Osoby";
    give_teams: "Teams", "Zespoły";
    give_write: "may change it", "może zmieniać";
    give_share: "may share it on", "może udostępniać dalej";
    give_until: "Last day (empty: no end)", "Ostatni dzień (puste: bez końca)";
    give_reason: "Reason (optional)", "Powód (opcjonalnie)";
    give_button: "Share", "Udostępnij";
    mark_on: "Mark confidential", "Oznacz jako poufne";
    mark_off: "Not confidential any more", "Już nie poufne";
    mark_on_means: "Then only the owner sees it, those with whom it is shared from then on, and the deputy for confidential records. These lose sight of it: {names}.",
        "Wtedy widzi to tylko opiekun, ci, którym udostępniono od tej chwili, i zastępca do spraw poufnych. Wgląd stracą: {names}.";
    mark_off_means: "Then everybody sees it again who would without the mark.", "Wtedy znów widzą to wszyscy, którzy widzieliby bez oznaczenia.";
    back_to_record: "To the record", "Do rekordu";
    // What is not done.
    not_done: "This was not done", "Tego nie zrobiono";
    not_done_next: "Go back and change what you entered.", "Wróć i zmień to, co wpisano.";
    no_not_yours: "You may not do this with the record. Its owner can.", "Nie możesz tego zrobić z tym rekordem. Może to zrobić jego opiekun.";
    no_lacking: "You cannot give a right that you do not have yourself.", "Nie możesz dać prawa, którego nie masz.";
    no_not_given: "Somebody else gave that right. They, whoever answers for the record, their line managers and admins take it back or lessen it.",
        "To prawo dał kto inny. Cofnąć je lub ograniczyć może ta osoba, opiekun rekordu lub jego zastępca, ich przełożeni i administratorzy.";
    no_longer: "Your own right on the record ends on {time}; give yours until then at most.",
        "Twoje prawo do rekordu kończy się {time}; możesz je dać najwyżej do tej chwili.";
    no_themselves: "Nobody shares a record with themselves. Ask its owner.", "Nikt nie udostępnia rekordu samemu sobie. Poproś opiekuna.";
    no_own_team: "You belong to that team and would gain a right by it. Ask somebody else to share.",
        "Należysz do tego zespołu i zyskał(a)byś prawo. Poproś kogoś innego.";
    no_owner: "{name} owns the record and needs no share.", "{name} jest opiekunem rekordu i nie potrzebuje udostępnienia.";
    no_gone: "{name} is deactivated. Share with somebody who still works here.", "{name} ma konto wyłączone. Udostępnij komuś, kto tu pracuje.";
    no_past: "That day lies in the past. Name a later one.", "Ten dzień już minął. Podaj późniejszy.";
    no_not_shared: "The record is not shared with {name}.", "Rekord nie jest udostępniony: {name}.";
    no_already: "It is so already; nothing was changed.", "Już tak jest; nic nie zmieniono.";
    no_form: "Something in the form is missing or cannot be read.", "W formularzu czegoś brakuje albo nie da się tego odczytać.";
    // The admins' page about access.
    access_means: "Who sees what in this installation. Numbers and reasons, never mail.", "Kto co widzi w tej instalacji. Liczby i powody, nigdy poczta.";
    settings: "Settings", "Ustawienia";
    mode: "Mode", "Tryb";
    mode_transparent: "Transparent: account managers read each other's records, unless confidential.",
        "Przejrzysty: opiekunowie klientów czytają nawzajem swoje rekordy, o ile nie są poufne.";
    mode_restricted: "Restricted: nobody sees another's records unless assigned, covering or shared.",
        "Ograniczony: nikt nie widzi cudzych rekordów bez przydziału, zastępstwa lub udostępnienia.";
    line_managers: "Line managers", "Przełożeni";
    line_writes: "read, assign and change what those below them own.", "czytają, przekazują i zmieniają rekordy podwładnych.";
    line_reads: "read and assign what those below them own.", "czytają i przekazują rekordy podwładnych.";
    covers: "Covers", "Zastępcy";
    cover_writes: "read and change, unless an absence says no.", "czytają i zmieniają, chyba że nieobecność stanowi inaczej.";
    cover_reads: "read only.", "tylko czytają.";
    glass: "Break the glass", "Otwarcie awaryjne";
    glass_nobody: "nobody", "nikt";
    glass_line: "the owner's line managers, for {n} hours at most", "przełożeni opiekuna, najwyżej na {n} godz.";
    glass_everyone: "everybody, for {n} hours at most", "wszyscy, najwyżej na {n} godz.";
    set_in_file: "Set in the configuration file.", "Ustawia się w pliku konfiguracji.";
    teams: "Teams", "Zespoły";
    teams_none: "There are no teams.", "Nie ma zespołów.";
    team: "Team", "Zespół";
    members: "Members", "Członkowie";
    fallback: "Fallback", "Osoba rezerwowa";
    copies: "Copies of leads", "Kopie leadów";
    yes: "yes", "tak";
    no: "no", "nie";
    shares_count: "Shares", "Udostępnienia";
    confidential_count: "Confidential records", "Rekordy poufne";
    source_share: "given by hand", "nadane ręcznie";
    source_manager: "by role on the account", "z roli w firmie";
    source_step: "for a step", "na jeden etap";
    source_glass: "glass broken", "otwarte awaryjnie";
    ask_record: "Who can see this?", "Kto to widzi?";
    ask_record_hint: "Record: id, number or external id", "Rekord: id, numer lub id zewnętrzne";
    ask_user: "What can this person see?", "Co widzi ta osoba?";
    ask_user_hint: "Login", "Login";
    ask: "Ask", "Zapytaj";
    sees_title: "{name} sees", "{name} widzi";
    sees_nothing: "Nothing.", "Nic.";
    none_such: "There is no such record or person.", "Nie ma takiego rekordu ani osoby.";
    kind: "Kind", "Rodzaj";
    in_all: "In all", "Razem";
    by_reason: "By reason", "Według powodu";
    // The audit.
    audit_means: "Who did what, and who read by a right that is not their own. Lines are only ever added.",
        "Kto co zrobił i kto czytał na podstawie nie swojego prawa. Wpisy można tylko dodawać.";
    audit_none: "Nothing of that kind was noted.", "Nic takiego nie odnotowano.";
    actor: "Who", "Kto";
    actor_hint: "Who (login, or operator)", "Kto (login albo operator)";
    operator: "operator", "operator";
    in_place_of: "in place of {name}", "w zastępstwie: {name}";
    action: "What", "Co";
    any_action: "anything", "cokolwiek";
    by_right: "By right", "Na jakiej podstawie";
    record: "Record", "Rekord";
    about: "About", "Dotyczy";
    when: "When", "Kiedy";
    from_day: "From day", "Od dnia";
    to_day: "To day", "Do dnia";
    filter: "Filter", "Filtruj";
    export: "Export as CSV", "Eksportuj CSV";
    export_means: "The export itself is noted.", "Sam eksport też jest odnotowany.";
    older: "Older", "Starsze";
    // Consents.
    consents_means: "A colleague put an address on a record of theirs. Mail with it in your mailbox stays yours alone until you agree; you can take it back.",
        "Ktoś z zespołu dopisał adres do swojego rekordu. Poczta z tym adresem w twojej skrzynce pozostaje tylko twoja, dopóki się nie zgodzisz; zgodę można cofnąć.";
    consents_none: "Nobody asks for anything.", "Nikt o nic nie prosi.";
    consent_mailbox: "{name} would like to see mail with {address} from your mailbox.", "{name} chce widzieć pocztę z adresem {address} z twojej skrzynki.";
    consent_record: "{name} would like to use {address}, which stands on a record of yours; mail with it would stand on both.",
        "{name} chce używać adresu {address}, który jest przy twoim rekordzie; poczta z nim byłaby przy obu.";
    consent_for: "It is for {record}.", "Chodzi o rekord: {record}.";
    consent_hidden: "It is for a record that you may not see.", "Chodzi o rekord, do którego nie masz wglądu.";
    give: "Agree", "Zgadzam się";
    refuse: "Do not agree", "Nie zgadzam się";
    withdraw: "Take back", "Cofnij zgodę";
    decided: "Decided", "Rozstrzygnięte";
    state_given: "agreed", "zgoda";
    state_refused: "not agreed", "brak zgody";
    state_withdrawn: "taken back", "zgoda cofnięta";
    no_moot: "The address does not stand on that record any more, so there is nothing to agree to.",
        "Tego adresu nie ma już przy tamtym rekordzie, więc nie ma na co się zgadzać.";
}
