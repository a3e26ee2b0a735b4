//! The texts of the pages about users (W23): list, one user, leaving, and the link that sets a password.

use super::{Counted, Language};
use crate::actions::leavers;
use crate::actions::users::No;
use crate::model::record::UserRole;

texts! {
plain {
    nav: "Users", "Użytkownicy";
    title: "Users", "Użytkownicy";
    means: "Everybody who signs in, or did. Who somebody sees records of follows from role, team, manager and shares: the page Access tells.",
        "Wszyscy, którzy się logują albo kiedyś się logowali. Czyje rekordy ktoś widzi, wynika z roli, zespołu, przełożonego i udostępnień: mówi o tym strona Dostęp.";
    find: "Name, login or address", "Imię i nazwisko, login lub adres";
    which: "Which", "Którzy";
    active: "active", "aktywni";
    gone: "deactivated", "wyłączeni";
    all: "all", "wszyscy";
    unready: "cannot sign in yet", "jeszcze nie mogą się zalogować";
    show: "Show", "Pokaż";
    none: "Nobody matches. Show all users, or invite somebody.", "Nikt nie pasuje. Pokaż wszystkich albo zaproś kogoś.";
    invite: "Invite somebody…", "Zaproś osobę…";
    import: "Import users", "Importuj użytkowników";
    person: "Person", "Osoba";
    role: "Role", "Rola";
    team: "Team", "Zespół";
    manager: "Manager", "Przełożony";
    mailboxes: "Mailboxes", "Skrzynki";
    signs_in: "Signs in with", "Loguje się przez";
    last: "Last sign-in", "Ostatnie logowanie";
    never: "never", "nigdy";
    with_password: "password", "hasło";
    with_factor: "code", "kod";
    with_provider: "provider", "dostawca tożsamości";
    with_nothing: "nothing yet", "jeszcze nic";
    with_link: "invited", "zaproszenie";
    deactivated: "deactivated", "konto wyłączone";
    more: "Next", "Dalej";
    role_manager: "account manager", "opiekun klientów";
    role_staff: "staff", "pracownik";
    role_admin: "admin", "administrator";
    // The form.
    new_title: "Invite somebody", "Zaproś osobę";
    new_means: "You get a link, shown once, to give to the person. With it they choose their password; it is good once, for seven days.",
        "Otrzymasz odnośnik, pokazany tylko raz, do przekazania tej osobie. Z jego pomocą wybierze hasło; działa raz, przez siedem dni.";
    new_means_provider: "Passwords are switched off here: the person signs in with the identity provider, which knows them by their address.",
        "Hasła są tu wyłączone: ta osoba zaloguje się przez dostawcę tożsamości, który rozpozna ją po adresie.";
    details: "Details", "Dane";
    login: "Login", "Login";
    login_hint: "Without spaces; it does not change later.", "Bez spacji; później się nie zmienia.";
    name: "Full name", "Imię i nazwisko";
    emails: "Addresses, the main one first", "Adresy, główny pierwszy";
    emails_hint: "All they write from or are written to; one in a line.", "Wszystkie, z których piszą lub na które się do nich pisze; po jednym w wierszu.";
    manager_none: "nobody", "nikt";
    team_none: "none", "żaden";
    team_hint: "New records of theirs fall to it. Further teams are on the page of the team.", "Do niego trafiają ich nowe rekordy. Dalsze zespoły ustawia się na stronie zespołu.";
    language_label: "Language", "Język";
    zone: "Time zone", "Strefa czasowa";
    phone: "Phone that clients may be told", "Telefon, który można podać klientom";
    external: "Id in another system", "Identyfikator w innym systemie";
    role_hint: "An admin assigns and shares everything, and reads nothing by that. Staff read what is shared with them.",
        "Administrator przypisuje i udostępnia wszystko, ale z tego tytułu niczego nie czyta. Pracownik czyta to, co mu udostępniono.";
    own_role: "Nobody takes their own role as admin away; another admin can.", "Nikt nie odbiera sobie roli administratora; może to zrobić inny administrator.";
    by_groups: "The identity provider's groups may change role and teams at the next sign-in.", "Grupy u dostawcy tożsamości mogą zmienić rolę i zespoły przy następnym logowaniu.";
    invite_do: "Invite", "Zaproś";
    add_do: "Add", "Dodaj";
    save: "Save", "Zapisz";
    saved: "Saved.", "Zapisano.";
    same: "Nothing was different; nothing was changed.", "Nic się nie różniło; niczego nie zmieniono.";
    not_done: "Not done.", "Nie wykonano.";
    done: "Done. It is noted in the audit.", "Wykonano. Jest to odnotowane w dzienniku.";
    // The link.
    link_title: "The link, this once", "Odnośnik, tylko teraz";
    link_means: "Give it to {name} on a safe way. Whoever has it chooses the password. It is good once, until {until}, and is not shown again.",
        "Przekaż go bezpieczną drogą: {name}. Kto go ma, wybiera hasło. Działa raz, do {until}, i nie zostanie pokazany ponownie.";
    // One user.
    crumb: "Users", "Użytkownicy";
    sign_in: "How they sign in", "Logowanie";
    sign_in_self: "For yourself that is on the page How I sign in.", "Dla siebie zrobisz to na stronie o swoim logowaniu.";
    sign_in_see: "How I sign in", "Moje logowanie";
    link_new: "Take the password away and make a link", "Odbierz hasło i utwórz odnośnik";
    link_invite: "Make an invitation link", "Utwórz zaproszenie";
    link_new_means: "The password stops working at once, and the person is signed out everywhere. A second factor stays asked for.",
        "Hasło od razu przestaje działać, a osoba zostaje wylogowana ze wszystkich urządzeń. Drugi składnik pozostaje wymagany.";
    link_stands: "A link stands until {until}. A new one takes its place.", "Odnośnik działa do {until}. Nowy go zastąpi.";
    link_withdraw: "Withdraw the link", "Wycofaj odnośnik";
    factor_off: "Take the second factor away", "Usuń drugi składnik";
    factor_off_means: "For somebody who has lost their device; they are signed out everywhere.", "Dla osoby, która straciła urządzenie; zostanie wszędzie wylogowana.";
    unlock: "Let them try again", "Pozwól próbować ponownie";
    unlock_means: "After too many wrong passwords.", "Po zbyt wielu błędnych hasłach.";
    forget: "Forget the account at the provider", "Zapomnij konto u dostawcy";
    sessions: "Signed in at", "Zalogowano na";
    sessions_none: "Nowhere.", "Nigdzie.";
    sessions_end: "Sign out everywhere", "Wyloguj wszędzie";
    device_unknown: "unknown browser", "nieznana przeglądarka";
    last_used: "last used", "ostatnio użyto";
    tokens: "API tokens", "Tokeny API";
    tokens_none: "None.", "Brak.";
    token_revoke: "Revoke", "Unieważnij";
    belongs: "Where they belong", "Przynależność";
    teams: "Teams", "Zespoły";
    reports: "Line manager of", "Przełożony dla";
    sees: "What they see", "Co widzą";
    absences: "Absences and substitutes", "Nieobecności i zastępcy";
    nothing: "none", "brak";
    // Leaving.
    leave: "Leaving", "Odejście";
    leave_means: "Deactivating ends all sessions and tokens at once. Who takes over is always answered first; the mailbox may go on receiving.",
        "Wyłączenie konta od razu kończy wszystkie sesje i tokeny. Najpierw zawsze trzeba wskazać, kto przejmuje; skrzynka może nadal odbierać.";
    leave_look: "Deactivate…", "Wyłącz konto…";
    leave_self: "Nobody deactivates themselves; another admin can.", "Nikt nie wyłącza własnego konta; może to zrobić inny administrator.";
    activate: "Activate again", "Włącz ponownie";
    activate_means: "They sign in and answer again. What they gave away stays where it went.", "Osoba znów się loguje i odpowiada. To, co oddała, zostaje tam, gdzie trafiło.";
    leave_title: "{name} leaves", "Odchodzi: {name}";
    leave_owns: "{name} owns", "Rekordy, których opiekunem jest {name}";
    takes_over: "Who takes over", "Kto przejmuje";
    takes_all: "All records", "Wszystkie rekordy";
    takes_kind: "but: {kind}", "ale: {kind}";
    takes_same: "as for all", "jak wszystkie";
    takes_nobody: "nobody: they stay, and the fallback answers", "nikt: zostają, a odpowiada osoba rezerwowa";
    choose: "choose…", "wybierz…";
    with_confidential: "Confidential records go along", "Poufne rekordy też";
    with_confidential_means: "Else they stay, and only whom they are shared with reads them.", "Inaczej zostają i czytają je tylko osoby, którym je udostępniono.";
    reason: "Reason, for the history", "Powód, do historii";
    preview: "Show what would happen", "Pokaż, co się stanie";
    would: "What would happen", "Co się stanie";
    who: "Who", "Kto";
    gets: "Records", "Rekordy";
    stays: "stay with {name}", "zostają: {name}";
    stays_secret: "of them confidential", "w tym poufnych";
    open_activities: "Open activities that go to somebody else", "Otwarte działania, które przejdą na kogoś innego";
    fallback_of: "Teams left without a fallback", "Zespoły bez osoby rezerwowej";
    goes_on: "Mailboxes that go on receiving", "Skrzynki, które nadal odbierają";
    stands_in: "Stands in for, or is deputy of", "Zastępuje (także w sprawach poufnych)";
    below: "Their line manager is {name}", "Przełożonym tych osób jest {name}";
    choose_first: "Say who takes over, or that nobody does.", "Wskaż, kto przejmuje, albo że nikt.";
    changed: "Something changed since: look at the new figures. Nothing was done yet.", "W międzyczasie coś się zmieniło: sprawdź nowe liczby. Nic jeszcze nie zrobiono.";
    leave_do: "Deactivate {name}; {records}", "Wyłącz konto: {name}; {records}";
    // The page behind the link.
    welcome: "Choose your password", "Wybierz hasło";
    welcome_means: "For {name}. You sign in with the login {login}.", "Dla: {name}. Twój login to {login}.";
    made_by: "The link was made by {name}.", "Odnośnik utworzył(a): {name}.";
    password: "Password", "Hasło";
    again: "Once more", "Jeszcze raz";
    password_hint: "At least {n} characters.", "Co najmniej {n} znaków.";
    password_do: "Set the password", "Ustaw hasło";
    password_differs: "The two are different. Type the same twice.", "Hasła się różnią. Wpisz dwa razy to samo.";
    password_bad: "The password is too short or too long: 8 characters at least.", "Hasło jest za krótkie lub za długie: co najmniej 8 znaków.";
    link_bad: "This link is not good (any more)", "Ten odnośnik nie działa";
    link_bad_means: "It was used, has expired, or is not complete. Ask an admin for a new one.", "Został użyty, wygasł albo jest niepełny. Poproś administratora o nowy.";
    ready: "Your password is set", "Hasło ustawione";
    ready_means: "Sign in with the login {login}.", "Zaloguj się, używając loginu {login}.";
    go_in: "Sign in", "Zaloguj się";
    // Why not.
    no_admin: "Only an admin changes users.", "Użytkowników zmienia tylko administrator.";
    no_gone: "{name} is deactivated. Activate them first.", "{name}: konto wyłączone. Najpierw je włącz.";
    no_login: "A login has 1 to 100 characters, without spaces.", "Login ma od 1 do 100 znaków, bez spacji.";
    no_taken: "The login {name} is taken. Choose another one.", "Login {name} jest zajęty. Wybierz inny.";
    no_name: "A name of 1 to 200 characters is needed.", "Potrzebne jest imię i nazwisko, od 1 do 200 znaków.";
    no_long: "Phone and id have at most 200 characters.", "Telefon i identyfikator mają najwyżej 200 znaków.";
    no_email: "{name} is no address. Write it as anna@firma.pl.", "{name} to nie adres. Wpisz na przykład anna@firma.pl.";
    no_email_taken: "{address} belongs to {name}. Take it from them first.", "{address} należy do: {name}. Najpierw usuń go u tej osoby.";
    no_emails: "At most 50 addresses.", "Najwyżej 50 adresów.";
    no_role: "Choose one of the roles.", "Wybierz jedną z ról.";
    no_zone: "There is no zone of that name. Choose one such as Europe/Warsaw.", "Nie ma takiej strefy. Wybierz na przykład Europe/Warsaw.";
    no_language: "Choose English or Polish.", "Wybierz angielski lub polski.";
    no_choice: "Choose a manager and a team that are there.", "Wybierz przełożonego i zespół, którzy istnieją.";
    no_circle: "The line of managers would lead back to the person. Choose another manager.", "Łańcuch przełożonych wróciłby do tej samej osoby. Wybierz innego przełożonego.";
    no_themselves: "Nobody makes themselves somebody's manager or puts themselves in a team: it would give sight. Ask another admin.",
        "Nikt nie ustawia siebie jako przełożonego ani nie dopisuje się do zespołu: dałoby to wgląd. Poproś innego administratora.";
    no_external: "That id belongs to {name}.", "Ten identyfikator ma: {name}.";
    no_yourself: "For yourself use the page How I sign in.", "Dla siebie użyj strony o swoim logowaniu.";
    no_leaver: "{name} is deactivated already.", "{name}: konto jest już wyłączone.";
    no_take_over: "{name} cannot take over: deactivated, or leaving themselves. Choose a colleague who works here.",
        "{name} nie może przejąć: ma konto wyłączone albo też odchodzi. Wybierz osobę, która tu pracuje.";
    no_secret: "Confidential records of {name} cannot go to you: you would gain sight of them. Choose somebody else, or ask another admin.",
        "Poufne rekordy ({name}) nie mogą trafić do ciebie: dałoby to wgląd. Wybierz kogoś innego albo poproś innego administratora.";
    no_reason: "The reason is too long. Shorten it.", "Powód jest za długi. Skróć go.";
}
counted {
    people: ["{n} person", "{n} people"], ["{n} osoba", "{n} osoby", "{n} osób"];
    records: ["{n} record goes to colleagues", "{n} records go to colleagues"], ["{n} rekord przejdzie do innych", "{n} rekordy przejdą do innych", "{n} rekordów przejdzie do innych"];
}
}

impl Words {
    /// What a role is called.
    pub fn role_word(&self, role: UserRole) -> &'static str {
        match role {
            UserRole::Manager => self.role_manager,
            UserRole::Staff => self.role_staff,
            UserRole::Admin => self.role_admin,
        }
    }

    /// Why something was not done.
    pub fn no(&self, no: &No) -> String {
        let name = |text: &str, name: &String| super::fill(text, &[("name", name)]);
        match no {
            No::Gone(who) => name(self.no_gone, who),
            No::Taken(login) => name(self.no_taken, login),
            No::Email(text) => name(self.no_email, text),
            No::EmailTaken(address, who) => super::fill(self.no_email_taken, &[("address", address), ("name", who)]),
            No::ExternalTaken(who) => name(self.no_external, who),
            No::NotAdmin | No::NotThere => self.no_admin.to_owned(),
            No::Login => self.no_login.to_owned(),
            No::Name => self.no_name.to_owned(),
            No::Long => self.no_long.to_owned(),
            No::Emails => self.no_emails.to_owned(),
            No::Role => self.no_role.to_owned(),
            No::OwnRole => self.own_role.to_owned(),
            No::Zone => self.no_zone.to_owned(),
            No::Language => self.no_language.to_owned(),
            No::Choice => self.no_choice.to_owned(),
            No::Circle => self.no_circle.to_owned(),
            No::Themselves => self.no_themselves.to_owned(),
            No::Yourself => self.no_yourself.to_owned(),
            No::Link => self.link_bad_means.to_owned(),
            No::Password(_) => self.password_bad.to_owned(),
        }
    }

    /// Why somebody is not deactivated.
    pub fn no_leaving(&self, no: &leavers::No) -> String {
        let name = |text: &str, name: &String| super::fill(text, &[("name", name)]);
        match no {
            leavers::No::NotAdmin => self.no_admin.to_owned(),
            leavers::No::Inactive(who) => name(self.no_leaver, who),
            leavers::No::CannotTakeOver(who) => name(self.no_take_over, who),
            leavers::No::Yourself => self.leave_self.to_owned(),
            leavers::No::TakesConfidential(who) => name(self.no_secret, who),
            leavers::No::LongReason => self.no_reason.to_owned(),
        }
    }
}
