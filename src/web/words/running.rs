//! The texts for who runs Standin: how it is, mailboxes, long work. What findings say stands in `actions::status::say`.

use super::{Counted, Language};
use crate::actions::jobs::{Kind, State};
use crate::actions::mailbox_test::Step;
use crate::actions::mailboxes::{No, Part};
use crate::actions::status::say::Tongue;
use crate::imap::What;

texts! {
plain {
    admin: "Admin", "Admin";
    admin_navigation: "Administration", "Administracja";
    status: "Status", "Stan";
    steps: "First steps", "Pierwsze kroki";
    steps_means: "Until these are done Standin serves nobody. They stand here until mail can reach whom it concerns.",
        "Dopóki nie są wykonane, Standin nikomu nie służy. Widać je, aż poczta będzie mogła trafić do właściwych osób.";
    step_people: "Add the people who work with clients, and who manages whom", "Dodaj osoby, które pracują z klientami, i ich przełożonych";
    step_mailbox: "Connect a mailbox", "Podłącz skrzynkę";
    step_records: "Import accounts, contacts, leads and opportunities", "Zaimportuj firmy, kontakty, leady i szanse";
    step_rules: "Try a rule in a dry run: nothing changes", "Sprawdź regułę próbą na sucho: nic się nie zmieni";
    step_absence: "Enter an absence, and look at what clients would read", "Wpisz nieobecność i zobacz, co przeczytają klienci";
    step_done: "done", "gotowe";
    status_title: "How Standin is", "Jak działa Standin";
    status_means: "What is well and what is not, with what to do next. The page keeps itself up to date.",
        "Co działa, a co nie, i co z tym zrobić. Strona sama się odświeża.";
    all_well: "Everything works.", "Wszystko działa.";
    broken: "Something does not work.", "Coś nie działa.";
    attention: "It works; something should be looked at.", "Działa; na coś warto spojrzeć.";
    level_good: "Well", "W porządku";
    level_note: "Note", "Uwaga";
    level_attention: "Look at it", "Do sprawdzenia";
    level_broken: "Broken", "Nie działa";
    subject_mailboxes: "Mailboxes", "Skrzynki";
    subject_reading: "Reading", "Czytanie";
    subject_sending: "Sending", "Wysyłanie";
    subject_notices: "Absence notices", "Zawiadomienia o nieobecności";
    subject_people: "People", "Ludzie";
    subject_machine: "This machine", "Ta maszyna";
    subject_program: "Program", "Program";
    remedy: "Next:", "Co dalej:";
    go_there: "Open", "Otwórz";
    fresh_title: "Is my mail fresh?", "Czy moja poczta jest aktualna?";
    fresh_means: "The mailboxes that your pages are made of: your own, those of whom you cover, and shared ones.",
        "Skrzynki, z których powstają twoje strony: twoje, osób, które zastępujesz, i wspólne.";
    fresh_none: "No mailbox is behind your pages yet. Your admin connects them.", "Za twoimi stronami nie stoi jeszcze żadna skrzynka. Podłącza je administrator.";
    fresh_ok: "Up to date", "Aktualna";
    fresh_behind: "Behind", "Opóźniona";
    fresh_refused: "The server refused the sign-in; your admin can set it right, nothing is lost", "Serwer odrzucił logowanie; administrator może to naprawić, nic nie przepadło";
    fresh_paused: "Paused by an admin", "Wstrzymana przez administratora";
    fresh_waiting: "Waits for its owner to agree", "Czeka na zgodę właściciela";
    fresh_never: "Not read to its end yet", "Jeszcze nieprzeczytana do końca";
    read_up_to: "Read up to", "Przeczytana do";
    behind_paused: "Mailbox {name} is paused: what comes now is read once it is resumed.", "Skrzynka {name} jest wstrzymana: nowa poczta zostanie przeczytana po wznowieniu.";
    behind_waiting: "Mailbox {name} is not read until its owner agrees (My settings).", "Skrzynka {name} nie jest czytana do czasu zgody właściciela (Moje ustawienia).";
    mailbox: "Mailbox", "Skrzynka";
    mailboxes: "Mailboxes", "Skrzynki";
    mailboxes_means: "Which mail Standin gets, and how late. It only reads: nothing there is marked, moved or deleted.",
        "Którą pocztę dostaje Standin i z jakim opóźnieniem. Tylko czyta: niczego tam nie oznacza, nie przenosi i nie usuwa.";
    mailboxes_none: "Connect the first mailbox: with a password here; Microsoft 365 and Google by a token, in the configuration file.",
        "Podłącz pierwszą skrzynkę: z hasłem tutaj; Microsoft 365 i Google tokenem, w pliku konfiguracji.";
    mailbox_new: "Connect a mailbox", "Podłącz skrzynkę";
    state: "State", "Stan";
    owner: "Whose", "Czyja";
    shared: "shared", "wspólna";
    address: "Address", "Adres";
    where_set: "Settings in", "Ustawienia";
    where_file: "configuration file", "w pliku konfiguracji";
    where_page: "this page", "na tej stronie";
    where_none: "nowhere any more", "już nigdzie";
    file_only: "This mailbox stands in the configuration file, so its settings are changed there, and Standin is started again. Pausing, testing and reading further back work here.",
        "Ta skrzynka stoi w pliku konfiguracji, więc jej ustawienia zmienia się tam, a potem uruchamia Standin ponownie. Wstrzymanie, próba i czytanie starszej poczty działają tutaj.";
    last_success: "Last read", "Przeczytana";
    next_try: "Next try", "Kolejna próba";
    never: "never", "nigdy";
    stored: "Mails stored", "Zapisane wiadomości";
    folders: "Folders", "Foldery";
    folder: "Folder", "Folder";
    numbering: "Numbering (UIDVALIDITY)", "Numeracja (UIDVALIDITY)";
    position: "Read from – to (UID)", "Przeczytane od – do (UID)";
    folders_none: "Not opened yet.", "Jeszcze nieotwarte.";
    settings: "Settings", "Ustawienia";
    reading_server: "Reading (IMAP)", "Czytanie (IMAP)";
    sending_server: "Sending (SMTP)", "Wysyłanie (SMTP)";
    no_sending: "none: no notice goes out for its owner, and nobody can answer from it", "brak: za właściciela nie wychodzą zawiadomienia i nie można z niej odpowiadać";
    kept: "What is kept", "Co jest zapisywane";
    kept_all: "everything of mail that concerns a record", "wszystko z poczty, która dotyczy rekordu";
    kept_headers: "headers alone: subject, people, dates; no text, no attachment", "same nagłówki: temat, osoby, daty; bez treści i załączników";
    never_folders: "Folders never looked into", "Foldery, do których nie zaglądamy";
    never_keywords: "Keywords that mean “never”", "Oznaczenia „nigdy”";
    none: "none", "brak";
    agreement: "Owner’s agreement", "Zgoda właściciela";
    agreed: "given", "udzielona";
    agreed_other: "given to other settings than these", "udzielona dla innych ustawień niż obecne";
    withdrawn: "withdrawn", "wycofana";
    not_asked: "not given", "nieudzielona";
    asks_first: "it is read only with it", "bez niej nie jest czytana";
    history: "History", "Starsza poczta";
    history_means: "How far back mail was read. Older mail is put on records, and never answered.",
        "Jak daleko wstecz przeczytano pocztę. Starsza poczta trafia do rekordów, ale nikt na nią automatycznie nie odpowiada.";
    history_days: "Days of history to read, counted from today", "Ile dni wstecz przeczytać, licząc od dzisiaj";
    history_go: "Read further back", "Czytaj dalej wstecz";
    history_stop: "Stop reading history", "Zatrzymaj czytanie historii";
    history_done: "Everything that was asked for is read.", "Przeczytano wszystko, o co proszono.";
    history_progress: "{done} of {total} places looked at", "Sprawdzono {done} z {total} miejsc";
    history_pending: "{n} mails still wait to be read", "do przeczytania zostało wiadomości: {n}";
    sync: "Synchronise now", "Synchronizuj teraz";
    sync_of: "Synchronise now: {name}", "Synchronizuj teraz: {name}";
    syncing: "Being read; asked for", "Trwa czytanie; zlecone:";
    done_sync: "Standin connects anew and looks at all folders. This page says when that is done.",
        "Standin łączy się od nowa i przegląda wszystkie foldery. Ta strona powie, kiedy skończy.";
    no_not_read: "Nobody reads this mailbox now: it is paused, or waits for its owner.", "Tej skrzynki nikt teraz nie czyta: jest wstrzymana albo czeka na zgodę właściciela.";
    no_just_asked: "That was asked for a moment ago. Wait half a minute: servers lock an account that signs in too often.",
        "Zlecono to przed chwilą. Odczekaj pół minuty: serwery blokują konto, które loguje się zbyt często.";
    protocol: "Conversation with the server", "Rozmowa z serwerem";
    protocol_means: "The last lines that Standin and the server exchanged, and how the last connections began; the newest first. No password, no address and nothing of what mail says is written down; “…” stands for what is left out.",
        "Ostatnie linie wymienione między Standin a serwerem oraz początki ostatnich połączeń, od najnowszej. Nie ma w nich haseł, adresów ani treści wiadomości; „…” oznacza to, co pominięto.";
    protocol_none: "Nothing yet: this mailbox has not been read since it was set up.", "Jeszcze nic: tej skrzynki od czasu dodania nie czytano.";
    side_we: "Standin", "Standin";
    side_server: "server", "serwer";
    side_note: "ended", "koniec";
    test: "Test the connection", "Sprawdź połączenie";
    test_means: "Tries name, connection, protection, sign-in and folders, one after the other. Nothing is read and nothing is sent. It may take half a minute.",
        "Sprawdza po kolei nazwę, połączenie, ochronę, logowanie i foldery. Niczego nie czyta i niczego nie wysyła. Może potrwać pół minuty.";
    test_good: "Everything works.", "Wszystko działa.";
    test_bad: "It does not work yet. The first line marked as broken says where it ends.", "Jeszcze nie działa. Pierwsza linia z błędem mówi, gdzie się kończy.";
    step_good: "works", "działa";
    step_bad: "fails", "błąd";
    step_odd: "works, but", "działa, ale";
    step_skipped: "not tried", "nie sprawdzano";
    step_name: "Name", "Nazwa";
    step_connection: "Connection", "Połączenie";
    step_protection: "Protection", "Ochrona";
    step_sign_in: "Sign-in", "Logowanie";
    step_folders: "Folders", "Foldery";
    step_sending: "Sign-in for sending", "Logowanie do wysyłania";
    no_sent: "No folder for sent mail was found, so answers from mail programs are not seen. Add its name under folders.",
        "Nie znaleziono folderu z wysłaną pocztą, więc odpowiedzi z programów pocztowych są niewidoczne. Dodaj jego nazwę do folderów.";
    missing_folders: "The server does not show: {names}. Write them as the server does.", "Serwer nie pokazuje: {names}. Wpisz je tak, jak na serwerze.";
    folders_there: "{n} folders, INBOX and Sent among them", "foldery: {n}, wśród nich INBOX i Wysłane";
    pause: "Pause", "Wstrzymaj";
    resume: "Resume", "Wznów";
    edit: "Change the settings", "Zmień ustawienia";
    remove: "Remove…", "Usuń…";
    remove_means: "{name} would not be read any more. Its settings and passwords go. The mails that were read stay where they stand: {all}, of them {alone} in no other mailbox. Whose mailbox it was stays known, so rights do not change. To take mail away as well, use the blocklist or erase a person.",
        "Skrzynka {name} nie będzie już czytana. Jej ustawienia i hasła znikną. Przeczytana poczta zostaje na miejscu: {all}, w tym tylko w tej skrzynce: {alone}. Wiadomo będzie, czyja to była skrzynka, więc prawa się nie zmienią. Aby usunąć też pocztę, użyj listy zablokowanych albo usunięcia danych osoby.";
    remove_do: "Remove the mailbox", "Usuń skrzynkę";
    cancel: "Leave it as it is", "Zostaw bez zmian";
    saved: "Saved. Reading begins anew within a few seconds.", "Zapisano. Za kilka sekund czytanie zacznie się od nowa.";
    done_paused: "Paused. Nothing is read until it is resumed.", "Wstrzymano. Do wznowienia nic nie jest czytane.";
    done_resumed: "Resumed.", "Wznowiono.";
    done_removed: "Removed. Its mail stays where it stands.", "Usunięto. Poczta została na miejscu.";
    done_history: "Older mail is read now; below you see how far it is.", "Trwa czytanie starszej poczty; postęp widać niżej.";
    done_stopped: "Stopped. What was read stays.", "Zatrzymano. To, co przeczytano, zostaje.";
    form_name: "Name in Standin; it cannot be changed later", "Nazwa w Standin; później nie można jej zmienić";
    form_owner: "Whose mailbox it is", "Czyja to skrzynka";
    form_shared: "nobody’s own: a shared mailbox such as sales@", "niczyja: wspólna, jak sprzedaz@";
    host: "Host", "Host";
    port: "Port; empty: the usual one", "Port; puste: zwykły";
    protection: "Protection", "Ochrona";
    security_tls: "TLS from the first byte (993, 465)", "TLS od pierwszego bajtu (993, 465)";
    security_starttls: "STARTTLS, or nothing (143, 587)", "STARTTLS albo nic (143, 587)";
    security_plain: "none; this machine only", "brak; tylko ta maszyna";
    login: "Login", "Login";
    login_smtp: "Login; empty: none, for a server on this machine", "Login; puste: bez logowania, dla serwera na tej maszynie";
    auth: "How to sign in", "Sposób logowania";
    auth_plain: "password (PLAIN)", "hasło (PLAIN)";
    auth_login: "password (LOGIN)", "hasło (LOGIN)";
    password: "Password", "Hasło";
    password_kept: "Password; empty: the one that is kept", "Hasło; puste: to, które jest zapisane";
    password_typed: "Password; empty: the one you just typed", "Hasło; puste: to, które przed chwilą wpisano";
    password_hint: "It is kept encrypted with the instance key and is never shown again.", "Zapisujemy je zaszyfrowane kluczem instancji i nigdy więcej nie pokazujemy.";
    password_smtp: "Password; empty: the same as for reading", "Hasło; puste: takie samo jak do czytania";
    token_hint: "Microsoft 365 and Google want a token that changes: such a mailbox stands in the configuration file, with auth = \"xoauth2\" and a secret_command.",
        "Microsoft 365 i Google wymagają zmieniającego się tokenu: taka skrzynka stoi w pliku konfiguracji, z auth = \"xoauth2\" i secret_command.";
    sends: "Mail is sent from it: notices, and answers from records", "Z tej skrzynki wychodzi poczta: zawiadomienia i odpowiedzi z rekordów";
    form_folders: "Folders besides INBOX and Sent, one a line", "Foldery oprócz INBOX i Wysłanych, po jednym w wierszu";
    form_never_folders: "Folders never to look into, one a line, with all below them", "Foldery, do których nie zaglądać, po jednym w wierszu, razem z podfolderami";
    form_never_keywords: "Keywords that mean “never”, one a line, such as $Private", "Oznaczenia „nigdy”, po jednym w wierszu, np. $Private";
    form_content: "What is kept of its mail", "Co zapisywać z jej poczty";
    form_asks: "Read it only once its owner agreed on their page", "Czytaj dopiero, gdy właściciel zgodzi się na swojej stronie";
    form_days: "Days of history to read at first; empty: {n}", "Ile dni wstecz przeczytać na początku; puste: {n}";
    try_first: "Test first", "Najpierw sprawdź";
    connect: "Connect", "Podłącz";
    save: "Save", "Zapisz";
    mistake: "Not saved.", "Nie zapisano.";
    no_name: "Give it a name of at most 60 characters.", "Nadaj nazwę, najwyżej 60 znaków.";
    no_taken: "There is a mailbox of this name already; choose another name.", "Skrzynka o tej nazwie już istnieje; wybierz inną.";
    no_address: "This is no mail address; write it like anna@firma.pl.", "To nie jest adres; wpisz go jak anna@firma.pl.";
    no_user: "There is no active user {name}.", "Nie ma czynnego użytkownika {name}.";
    no_host: "Name the host of the server for {part}, such as imap.firma.pl.", "Podaj host serwera ({part}), np. imap.firma.pl.";
    no_protection: "Without protection the password for {part} would be readable on the network. Use TLS or STARTTLS; none is for this machine only.",
        "Bez ochrony hasło ({part}) byłoby widoczne w sieci. Użyj TLS albo STARTTLS; brak ochrony tylko na tej maszynie.";
    no_login: "Name the login for {part}.", "Podaj login ({part}).";
    no_secret: "Enter the password for {part}.", "Podaj hasło ({part}).";
    no_secret_again: "Server, protection or login for {part} changed: enter the password again. It is not sent elsewhere by itself.",
        "Zmienił się serwer, ochrona albo login ({part}): podaj hasło ponownie. Samo nie trafi w inne miejsce.";
    no_folder: "{name} cannot be excluded: INBOX is always read, and a folder is either read or never looked into.",
        "{name}: nie można wykluczyć; INBOX jest zawsze czytany, a folder albo czytamy, albo do niego nie zaglądamy.";
    no_keyword: "{name} is no keyword; write it as $Private, without spaces.", "{name} to nie oznaczenie; wpisz je jak $Private, bez spacji.";
    no_long: "A field is too long.", "Jedno z pól jest za długie.";
    no_days: "Name a number of days from 1 to 36 500.", "Podaj liczbę dni od 1 do 36 500.";
    no_already: "It stands so already; nothing was changed.", "Tak już jest; niczego nie zmieniono.";
    no_changed: "The settings have been changed meanwhile: read them again before you agree.", "W międzyczasie zmieniono ustawienia: przeczytaj je ponownie, zanim się zgodzisz.";
    no_file: "It stands in the configuration file; change it there.", "Stoi w pliku konfiguracji; zmień ją tam.";
    mine: "My mailboxes", "Moje skrzynki";
    mine_means: "What Standin reads in your mailboxes, what it keeps, and who sees it.", "Co Standin czyta w twoich skrzynkach, co zapisuje i kto to widzi.";
    mine_none: "None of the mailboxes is yours. Your admin connects them.", "Żadna ze skrzynek nie jest twoja. Podłącza je administrator.";
    mine_see: "See what is read in my mailbox", "Zobacz, co jest czytane w mojej skrzynce";
    told_read: "What is read", "Co jest czytane";
    told_read_text: "INBOX and Sent of {address}, and newly arrived mail within minutes. Nothing is changed on the server: no mail is marked as read, moved or deleted.",
        "INBOX i Wysłane skrzynki {address}; nowa poczta w ciągu minut. Na serwerze nic się nie zmienia: żadna wiadomość nie jest oznaczana jako przeczytana, przenoszona ani usuwana.";
    told_folders: "Beside them these folders: {names}.", "Oprócz nich foldery: {names}.";
    told_never: "Never looked into: {names}.", "Bez zaglądania: {names}.";
    told_keywords: "Never stored: mail that carries one of these keywords: {names}.", "Nigdy nie zapisujemy poczty z oznaczeniem: {names}.";
    told_kept: "What is kept", "Co jest zapisywane";
    told_kept_all: "Mail with clients (whose address or case number stands on a record): subject, people, text and attachments.",
        "Poczta z klientami (których adres albo numer sprawy stoi na rekordzie): temat, osoby, treść i załączniki.";
    told_kept_headers: "Mail with clients (whose address or case number stands on a record): subject, people and dates alone; no text and no attachment.",
        "Poczta z klientami (których adres albo numer sprawy stoi na rekordzie): tylko temat, osoby i daty; bez treści i załączników.";
    told_kept_not: "Of all other mail, private mail among it, only numbers that cannot be read back (keyed hashes) and where it lies. What could not be placed surely waits {days} days for a decision and is then forgotten.",
        "Z całej pozostałej poczty, także prywatnej, tylko liczby, z których nie da się nic odczytać (skróty z kluczem), i miejsce. To, czego nie dało się pewnie przypisać, czeka {days} dni na decyzję, a potem znika.";
    told_seen: "Who sees it", "Kto to widzi";
    told_seen_restricted: "A client’s mail: whoever may read the record it stands on, that is its owner, who stands in for them, their line managers, and those with whom it is shared.",
        "Pocztę klienta: kto ma wgląd w rekord, czyli jego opiekun, zastępca, przełożeni i osoby, którym rekord udostępniono.";
    told_seen_transparent: "A client’s mail: whoever may read the record it stands on. Here account managers read each other’s records, unless they are marked confidential.",
        "Pocztę klienta: kto ma wgląd w rekord. W tej firmie opiekunowie widzą nawzajem swoje rekordy, o ile nie są poufne.";
    told_seen_rest: "Mail that stands on no record: you alone; admins only while it waits for review, and each such look is noted.",
        "Pocztę poza rekordami: tylko ty; administratorzy jedynie wtedy, gdy czeka na sprawdzenie, i każdy taki wgląd jest odnotowany.";
    told_say: "You can keep senders out of it yourself:", "Nadawców możesz też wykluczyć:";
    told_blocks: "my blocklist", "moja lista zablokowanych";
    agree_head: "Your word", "Twoja decyzja";
    agree_asked: "It is not read before you agree.", "Bez twojej zgody nie jest czytana.";
    agree_open: "Your admin connected it. You are asked to confirm that you know what is read.", "Podłączył ją administrator. Prosimy o potwierdzenie, że wiesz, co jest czytane.";
    agree_given: "You agreed on {time}.", "Zgoda udzielona: {time}.";
    agree_changed: "The settings have changed since you agreed on {time}: look at them again.", "Ustawienia zmieniły się od twojej zgody ({time}): przejrzyj je ponownie.";
    agree_withdrawn: "You took your agreement back on {time}.", "Zgoda wycofana: {time}.";
    agree_do: "I have read this and agree", "Znam te zasady i zgadzam się";
    withdraw_do: "Take my agreement back", "Wycofaj zgodę";
    withdraw_means: "Your admin sees that on the list of mailboxes.", "Administrator zobaczy to na liście skrzynek.";
    withdraw_stops: "Reading stops at once; what was read stays.", "Czytanie ustanie od razu; to, co przeczytano, zostaje.";
    done_agreed: "Noted: you agreed.", "Odnotowano zgodę.";
    done_withdrawn: "Noted: you took your agreement back.", "Odnotowano wycofanie zgody.";
    jobs: "Jobs", "Zadania w tle";
    jobs_means: "Long work: what is under way and what was lately. You may leave the page; work goes on, also after a restart.",
        "Dłuższe prace: trwające i ostatnie. Możesz opuścić stronę; praca trwa dalej, także po ponownym uruchomieniu.";
    jobs_none: "Nothing is under way, and nothing was lately.", "Nic nie trwa i nic się ostatnio nie działo.";
    jobs_none_match: "No job of this kind.", "Brak zadań tego rodzaju.";
    job: "Job", "Zadanie";
    by: "Begun by", "Kto rozpoczął";
    at: "When", "Kiedy";
    progress: "Progress", "Postęp";
    by_standin: "Standin or the operator", "Standin albo operator";
    all_kinds: "All", "Wszystkie";
    kind_rules: "Rules over history", "Reguły na historii";
    kind_rules_of: "Rules over history, version {about}", "Reguły na historii, wersja {about}";
    kind_trial: "Dry run of rules", "Próba reguł na sucho";
    kind_handover: "Hand-over", "Czasowe przekazanie";
    kind_handover_of: "Hand-over: records of {about}", "Czasowe przekazanie: rekordy, których opiekunem jest {about}";
    kind_again: "Reading again", "Ponowne czytanie";
    again_address: "Reading again: an address was put on a record", "Ponowne czytanie: dopisano adres do rekordu";
    again_domain: "Reading again: a domain was put on an account", "Ponowne czytanie: dopisano domenę do firmy";
    again_consent: "Reading again: somebody agreed", "Ponowne czytanie: ktoś się zgodził";
    again_block: "Reading again: a block ended", "Ponowne czytanie: koniec blokady";
    kind_history: "Fetching history", "Czytanie historii";
    kind_history_of: "Fetching history of mailbox {about}", "Czytanie historii skrzynki {about}";
    kind_import: "Import", "Import";
    kind_import_of: "Import of {about}", "Import pliku {about}";
    state_running: "under way", "w toku";
    state_done: "done", "gotowe";
    state_undoing: "going back", "cofanie";
    state_ended: "stopped or undone", "zatrzymane albo cofnięte";
    state_failed: "failed", "nieudane";
    job_cancel: "Stop", "Zatrzymaj";
    job_cancel_of: "Stop: {job}", "Zatrzymaj: {job}";
    of: "{done} of {total}", "{done} z {total}";
    what_login: "The server refuses login and password.", "Serwer odrzuca login i hasło.";
    what_login_next: "Check both. Many providers want an app password here, or that IMAP is switched on.", "Sprawdź jedno i drugie. Wielu dostawców wymaga tu hasła aplikacji albo włączenia IMAP.";
    what_certificate: "The certificate is not for this host, or nobody we trust signed it.", "Certyfikat nie jest dla tego hosta albo nie podpisał go nikt zaufany.";
    what_certificate_next: "Write the host as the certificate does. An in-house authority is named in the configuration file (ca_file).", "Wpisz hosta jak w certyfikacie. Własny urząd certyfikacji podaje się w pliku konfiguracji (ca_file).";
    what_tls: "No protected connection could be made.", "Nie udało się nawiązać chronionego połączenia.";
    what_tls_next: "Check port and protection: TLS is usually 993 and 465, STARTTLS 143 and 587.", "Sprawdź port i ochronę: TLS to zwykle 993 i 465, STARTTLS 143 i 587.";
    what_settings: "These settings cannot work.", "Z tymi ustawieniami to nie zadziała.";
    what_settings_next: "Correct what the line below names.", "Popraw to, co wskazuje linia poniżej.";
    what_unreachable: "Nothing answers there.", "Nic tam nie odpowiada.";
    what_unreachable_next: "Check host and port, the network and the firewall.", "Sprawdź host i port, sieć i zaporę.";
    what_other: "The server did not answer as it should.", "Serwer nie odpowiedział jak należy.";
    what_other_next: "Try again; if it stays so, ask the provider and send them these words.", "Spróbuj ponownie; jeśli tak zostanie, zapytaj dostawcę i prześlij mu te słowa.";
    what_sending: "The server that sends could not be used.", "Nie udało się skorzystać z serwera wysyłającego.";
}
counted {
    mails: ["{n} mail", "{n} mails"], ["{n} wiadomość", "{n} wiadomości", "{n} wiadomości"];
}
}

impl Words {
    /// The language of findings.
    pub fn tongue(&self) -> Tongue {
        match self.language {
            Language::English => Tongue::English,
            Language::Polish => Tongue::Polish,
        }
    }

    /// What a server is for.
    pub fn part(&self, part: Part) -> &'static str {
        match part {
            Part::Imap => self.reading_server,
            Part::Smtp => self.sending_server,
        }
    }

    /// A step of a test.
    pub fn step(&self, step: Step) -> &'static str {
        match step {
            Step::Name => self.step_name,
            Step::Connection => self.step_connection,
            Step::Protection => self.step_protection,
            Step::SignIn => self.step_sign_in,
            Step::Folders => self.step_folders,
            Step::Sending => self.step_sending,
        }
    }

    /// What went wrong on the wire, and what to do.
    pub fn what(&self, what: Option<What>) -> (&'static str, &'static str) {
        match what {
            Some(What::LoginRefused) => (self.what_login, self.what_login_next),
            Some(What::Certificate) => (self.what_certificate, self.what_certificate_next),
            Some(What::Tls | What::NotSupported) => (self.what_tls, self.what_tls_next),
            Some(What::Settings | What::Secret) => (self.what_settings, self.what_settings_next),
            Some(What::Unreachable | What::Timeout | What::Closed) => {
                (self.what_unreachable, self.what_unreachable_next)
            }
            Some(_) => (self.what_other, self.what_other_next),
            None => (self.what_sending, self.what_settings_next),
        }
    }

    /// Why nothing was saved; `None` where it is as if there were no page.
    pub fn no(&self, no: &No) -> Option<String> {
        let of = |text: &str, name: &str, value: &str| super::fill(text, &[(name, value)]);
        Some(match no {
            No::NotThere => return None,
            No::InFile => self.no_file.to_owned(),
            No::BadName => self.no_name.to_owned(),
            No::Taken => self.no_taken.to_owned(),
            No::BadAddress => self.no_address.to_owned(),
            No::NoUser(login) => of(self.no_user, "name", login),
            No::NoHost(part) => of(self.no_host, "part", self.part(*part)),
            No::Unprotected(part) => of(self.no_protection, "part", self.part(*part)),
            No::NoLogin(part) => of(self.no_login, "part", self.part(*part)),
            No::NoSecret(part) => of(self.no_secret, "part", self.part(*part)),
            No::SecretAgain(part) => of(self.no_secret_again, "part", self.part(*part)),
            No::BadFolder(name) => of(self.no_folder, "name", name),
            No::BadKeyword(name) => of(self.no_keyword, "name", name),
            No::TooLong => self.no_long.to_owned(),
            No::BadDays => self.no_days.to_owned(),
            No::Already => self.no_already.to_owned(),
            No::Changed => self.no_changed.to_owned(),
            No::NotRead => self.no_not_read.to_owned(),
            No::JustAsked => self.no_just_asked.to_owned(),
        })
    }

    /// A kind of long work.
    pub fn kind(&self, kind: Kind) -> &'static str {
        match kind {
            Kind::Rules => self.kind_rules,
            Kind::DryRun => self.kind_trial,
            Kind::HandOver => self.kind_handover,
            Kind::Again => self.kind_again,
            Kind::History => self.kind_history,
            Kind::Import => self.kind_import,
        }
    }

    /// Where long work stands.
    pub fn job_state(&self, state: State) -> &'static str {
        match state {
            State::Running => self.state_running,
            State::Done => self.state_done,
            State::Undoing => self.state_undoing,
            State::Ended => self.state_ended,
            State::Failed => self.state_failed,
        }
    }
}
