//! The texts of the pages about signing in: the first admin, codes, passwords, tokens, the provider.

use super::{Counted, Language, fill};
use crate::actions::admins::No as NoAdmin;
use crate::actions::passwords;
use crate::actions::tokens::{self, No as NoToken};
use crate::model::api::ApiScope;

texts! {
plain {
    title: "How I sign in", "Moje logowanie";
    means: "Your password, and what is asked for beside it.", "Twoje hasło i to, o co pytamy oprócz niego.";
    see: "Password and second factor", "Hasło i drugi składnik";
    mistake: "Nothing was changed.", "Nic nie zmieniono.";
    no_passwords: "Passwords are not taken here.", "Tutaj nie można logować się hasłem.";
    no_passwords_hint: "Sign in with the button above the form, or ask your admin.",
        "Zaloguj się przyciskiem na stronie logowania albo zapytaj administratora.";
    or: "or", "lub";
    setup_title: "Make the first admin", "Utwórz pierwszego administratora";
    setup_lead: "This page works once. The token stands where Standin was started: in the terminal, or in the service's log.",
        "Ta strona działa jeden raz. Token znajdziesz tam, gdzie uruchomiono Standin: w terminalu albo w dzienniku usługi.";
    setup_open: "There is no admin yet.", "Nie ma jeszcze administratora.";
    setup_not: "No admin was made.", "Nie utworzono administratora.";
    setup_token: "Token", "Token";
    setup_token_hint: "40 letters and digits, after “token” in the line that says where Standin is ready.",
        "40 liter i cyfr, po słowie „token” w wierszu o gotowości Standin.";
    setup_make: "Make the admin and sign in", "Utwórz administratora i zaloguj";
    setup_wrong_token: "The token is not right, or it was used already. Take the newest one: each start of Standin prints another.",
        "Token jest nieprawidłowy albo został już użyty. Weź najnowszy: każde uruchomienie Standin wypisuje inny.";
    setup_done: "There is an admin already. Sign in.", "Administrator już istnieje. Zaloguj się.";
    bad_login: "A login has 1 to 100 characters and no spaces. Choose another one.", "Login ma od 1 do 100 znaków i żadnych spacji. Wybierz inny.";
    taken_login: "Somebody has that login already. Choose another one.", "Ten login jest już zajęty. Wybierz inny.";
    bad_name: "The name is missing, or longer than 200 characters.", "Brakuje imienia i nazwiska albo mają ponad 200 znaków.";
    bad_email: "This is no e-mail address, or it belongs to somebody else. Write it as anna@firma.pl, or leave it empty.",
        "To nie jest adres e-mail albo należy do kogoś innego. Zapisz go jak anna@firma.pl albo zostaw puste.";
    name: "Full name", "Imię i nazwisko";
    email: "E-mail address (may stay empty)", "Adres e-mail (może pozostać puste)";
    code_title: "One more step", "Jeszcze jeden krok";
    code_lead: "Enter the six digits that your authenticator app shows now, or one of your recovery codes.",
        "Wpisz sześć cyfr, które pokazuje teraz aplikacja uwierzytelniająca, albo jeden z kodów zapasowych.";
    code: "Code", "Kod";
    code_back: "Sign in as somebody else", "Zaloguj się jako ktoś inny";
    code_wrong: "The code is not right, or it was used already. Each works once: wait for the next one and try again.",
        "Kod jest nieprawidłowy albo został już użyty. Każdy działa raz: poczekaj na następny i spróbuj ponownie.";
    code_too_many: "There were too many wrong codes. Try again in an hour, or ask your admin to unlock you.",
        "Zbyt wiele błędnych kodów. Spróbuj za godzinę albo poproś administratora o odblokowanie.";
    code_hint: "Of the app, or a recovery code.", "Z aplikacji albo kod zapasowy.";
    factor: "Second factor", "Drugi składnik";
    factor_means: "With it, a stolen password alone opens nothing: signing in also takes a code of an app on your phone.",
        "Dzięki niemu samo skradzione hasło niczego nie otworzy: do logowania potrzebny jest też kod z aplikacji w telefonie.";
    factor_required: "Your company asks for a second factor. Set one up to go on.",
        "Twoja firma wymaga drugiego składnika. Ustaw go, aby przejść dalej.";
    factor_on: "It is on.", "Jest włączony.";
    factor_off: "Turn it off", "Wyłącz";
    factor_gone: "The second factor is off.", "Drugi składnik jest wyłączony.";
    factor_begin: "Set it up", "Ustaw";
    factor_scan: "Scan this picture with an authenticator app.", "Zeskanuj ten obrazek aplikacją uwierzytelniającą.";
    factor_picture: "The picture to be scanned; the same secret stands below as text.",
        "Obrazek do zeskanowania; ten sam sekret jest poniżej jako tekst.";
    factor_type: "Or type this secret into it:", "Albo wpisz w niej ten sekret:";
    factor_enter: "Enter the six digits that it shows.", "Wpisz sześć cyfr, które pokazuje.";
    factor_confirm: "Turn it on", "Włącz";
    factor_cancel: "Not now", "Nie teraz";
    codes: "Recovery codes", "Kody zapasowe";
    codes_once: "Each stands in for a code once, should your phone be gone. They are shown this once: print them or keep them in a password manager.",
        "Każdy z nich raz zastąpi kod, gdyby zabrakło telefonu. Pokazujemy je tylko teraz: wydrukuj je albo zapisz w menedżerze haseł.";
    codes_kept: "I have kept them", "Mam je zapisane";
    reset_by: "On {at} {by} took your password away and made a link for a new one. If that link did not come to you, speak to another administrator.",
        "{at}: {by} odbiera Twoje hasło i tworzy odnośnik do nowego. Jeśli odnośnik do Ciebie nie dotarł, porozmawiaj z innym administratorem.";
    reset_operator: "the operator of the server", "operator serwera";
    codes_new: "New recovery codes", "Nowe kody zapasowe";
    password: "Password", "Hasło";
    password_means: "A new password signs you out everywhere but here.", "Nowe hasło wyloguje cię wszędzie poza tą przeglądarką.";
    password_none: "You have no password here: you sign in by the identity provider.", "Nie masz tu hasła: logujesz się przez dostawcę tożsamości.";
    current: "Present password", "Obecne hasło";
    current_wrong: "The present password is not right.", "Obecne hasło jest nieprawidłowe.";
    password_new: "New password", "Nowe hasło";
    password_again: "The same again", "Powtórz hasło";
    password_differs: "The two passwords differ. Type the same one twice.", "Hasła się różnią. Wpisz dwa razy to samo.";
    password_change: "Change the password", "Zmień hasło";
    password_saved: "Your password is changed, and you are signed out everywhere else.", "Hasło zmienione; nastąpiło wylogowanie we wszystkich innych miejscach.";
    password_short: "The password needs at least {n} characters.", "Hasło musi mieć co najmniej {n} znaków.";
    password_long: "The password is too long; 1024 bytes are enough.", "Hasło jest za długie; wystarczą 1024 bajty.";
    password_rule: "At least {n} characters. Several words are easier to keep than one with signs.",
        "Co najmniej {n} znaków. Kilka słów łatwiej zapamiętać niż jedno ze znakami.";
    sessions_end_others: "Sign out everywhere else", "Wyloguj wszędzie indziej";
    session_from: "from {address}", "z adresu {address}";
    tokens: "Tokens for the API", "Tokeny API";
    tokens_see: "Make and revoke tokens", "Tworzenie i unieważnianie tokenów";
    tokens_means: "With a token a program asks Standin in your name. It sees and does no more than you may, and ends by itself.",
        "Dzięki tokenowi program pyta Standin w twoim imieniu. Widzi i robi nie więcej niż ty i sam wygasa.";
    tokens_mine: "My tokens", "Moje tokeny";
    tokens_none: "There are none.", "Nie ma żadnych.";
    token_new: "A new token", "Nowy token";
    token_name: "What uses it", "Co go używa";
    token_name_hint: "Such as “nightly export”, so that you know later what ends when you revoke it.",
        "Na przykład „nocny eksport”, żeby było wiadomo, co przestanie działać po unieważnieniu.";
    token_scope: "What it may do", "Co może robić";
    token_days: "Good for", "Ważny przez";
    token_make: "Make the token", "Utwórz token";
    token_made: "Your new token", "Twój nowy token";
    token_once: "It is shown this once. Whoever has it acts as you: keep it as you keep a password.",
        "Pokazujemy go tylko teraz. Kto go ma, działa jako ty: chroń go jak hasło.";
    token_gone: "The token is revoked.", "Token unieważniony.";
    token_not: "No token was made.", "Nie utworzono tokenu.";
    token_revoke: "Revoke", "Unieważnij";
    token_expired: "expired", "wygasł";
    token_created: "made", "utworzony";
    token_until: "good until", "ważny do";
    token_used: "last used", "ostatnio użyty";
    token_unused: "never used", "nigdy nieużyty";
    token_no_name: "Say what uses it, in 1 to 100 characters.", "Napisz, co go używa: od 1 do 100 znaków.";
    token_no_days: "A token is good for 1 to 366 days.", "Token jest ważny od 1 do 366 dni.";
    token_no_admin: "Only admins have tokens that administer.", "Tylko administratorzy mają tokeny do administrowania.";
    token_too_many: "There are fifty already. Revoke one first.", "Jest już pięćdziesiąt. Najpierw unieważnij któryś.";
    scope_read: "read what I see", "czytać to, co widzę";
    scope_write: "read and write what I may", "czytać i zmieniać to, co mogę";
    scope_admin: "all of that, and administer", "to wszystko i administrować";
    provider_button: "Sign in with {name}", "Zaloguj się przez {name}";
    provider_left: "You are signed out here, and perhaps still signed in at {name}.", "Wylogowano tutaj; w {name} logowanie może jeszcze trwać.";
    provider_leave: "Sign out of {name} too", "Wyloguj też z {name}";
    provider_known: "You can sign in with {name}. There you are:", "Możesz logować się przez {name}. Tam jesteś znany(-a) jako:";
    provider_unknown: "Nobody at {name} is known to be you yet.", "Nie wiadomo jeszcze, kim jesteś w {name}.";
    provider_away: "{name} cannot be reached.", "Nie można połączyć się z {name}.";
    provider_away_hint: "Try again in a few minutes. Admins find the cause in the log, and can sign in with a password.",
        "Spróbuj za kilka minut. Administratorzy znajdą przyczynę w dzienniku i mogą zalogować się hasłem.";
    provider_refused: "{name} did not sign you in.", "{name} nie potwierdza logowania.";
    provider_refused_hint: "It was cancelled there, or you may not use Standin. Try again, or ask your admin.",
        "Anulowano je tam albo nie masz dostępu do Standin. Spróbuj ponownie albo zapytaj administratora.";
    provider_stale: "This sign-in was begun too long ago, or in another browser.", "To logowanie zaczęto zbyt dawno albo w innej przeglądarce.";
    provider_stale_hint: "Begin again from this page.", "Zacznij od nowa na tej stronie.";
    provider_wrong: "What {name} sent cannot be trusted.", "Odpowiedzi z {name} nie można zaufać.";
    provider_wrong_hint: "You are not signed in. Try again; should it happen again, your admin finds the cause in the log.",
        "Nie nastąpiło zalogowanie. Spróbuj ponownie; jeśli się powtórzy, administrator znajdzie przyczynę w dzienniku.";
    nobody_known: "{name} knows you, but Standin does not.", "{name} cię zna, ale Standin nie.";
    nobody_known_hint: "Ask your admin to add you, and to say which account there is yours.",
        "Poproś administratora o dodanie ciebie i wskazanie twojego konta.";
    not_verified: "{name} has not verified your e-mail address.", "{name} nie potwierdza twojego adresu e-mail.";
    not_verified_hint: "Standin recognises you by it. Have it verified there, or ask your admin.",
        "Po nim Standin cię rozpoznaje. Potwierdź go tam albo zapytaj administratora.";
    gone: "Your account in Standin is deactivated.", "Twoje konto w Standin jest wyłączone.";
    gone_hint: "Ask your admin.", "Zapytaj administratora.";
    another: "Your account in Standin belongs to another account at {name}.", "Twoje konto w Standin jest powiązane z innym kontem w {name}.";
    another_hint: "Sign in with that one, or ask your admin to unlink it.", "Zaloguj się tamtym albo poproś administratora o usunięcie powiązania.";
    same_login: "There is somebody else with your login.", "Ktoś inny ma już twój login.";
    same_login_hint: "Ask your admin to say which account at {name} is whose.", "Poproś administratora o wskazanie, które konto w {name} jest czyje.";
}
counted {
    codes_left: ["{n} recovery code is left.", "{n} recovery codes are left."],
        ["Pozostał {n} kod zapasowy.", "Pozostały {n} kody zapasowe.", "Pozostało {n} kodów zapasowych."];
    for_days: ["{n} day", "{n} days"], ["{n} dzień", "{n} dni", "{n} dni"];
}
}

impl Words {
    /// How many recovery codes are left.
    pub fn left(&self, n: i64) -> String {
        self.count(&self.codes_left, n)
    }

    /// So many days.
    pub fn days(&self, n: i64) -> String {
        self.count(&self.for_days, n)
    }

    /// What a password needs.
    pub fn password_hint(&self, shortest: usize) -> String {
        fill(self.password_rule, &[("n", &shortest.to_string())])
    }

    /// What is wrong with a password that will not do.
    pub fn short_or_long(&self, password: &str) -> String {
        let short = password.chars().count() < passwords::SHORTEST;
        let text = if short { self.password_short } else { self.password_long };
        fill(text, &[("n", &passwords::SHORTEST.to_string())])
    }

    /// Why there is no first admin.
    pub fn no_admin(&self, no: &NoAdmin, password: &str) -> String {
        let text = match no {
            NoAdmin::Token => self.setup_wrong_token,
            NoAdmin::Done => self.setup_done,
            NoAdmin::Login => self.bad_login,
            NoAdmin::Taken(_) => self.taken_login,
            NoAdmin::Name => self.bad_name,
            NoAdmin::Email(_) => self.bad_email,
            NoAdmin::Password(_) => return self.short_or_long(password),
        };
        text.to_owned()
    }

    /// What a token may do.
    pub fn scope(&self, scope: ApiScope) -> &'static str {
        match scope {
            ApiScope::Read => self.scope_read,
            ApiScope::Write => self.scope_write,
            ApiScope::Admin => self.scope_admin,
        }
    }

    /// Why there is no token.
    pub fn no_token(&self, no: tokens::No) -> &'static str {
        match no {
            NoToken::Name => self.token_no_name,
            NoToken::Days => self.token_no_days,
            NoToken::Admin => self.token_no_admin,
            NoToken::TooMany => self.token_too_many,
        }
    }

    /// A text with the provider's name in it.
    pub fn named(&self, text: &str, name: &str) -> String {
        fill(text, &[("name", name)])
    }

    /// The button with which one signs in at the provider.
    pub fn by_provider(&self, name: &str) -> String {
        self.named(self.provider_button, name)
    }

    /// They signed out here alone.
    pub fn left_here(&self, name: &str) -> String {
        self.named(self.provider_left, name)
    }

    /// The link with which they sign out there too.
    pub fn left_there(&self, name: &str) -> String {
        self.named(self.provider_leave, name)
    }

    /// The provider knows them.
    pub fn known_there(&self, name: &str) -> String {
        self.named(self.provider_known, name)
    }

    /// It does not.
    pub fn not_known_there(&self, name: &str) -> String {
        self.named(self.provider_unknown, name)
    }

    /// From which address a session began.
    pub fn whence(&self, address: &str) -> String {
        fill(self.session_from, &[("address", address)])
    }
}
