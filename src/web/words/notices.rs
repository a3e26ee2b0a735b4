//! The texts of the pages about absence notices: my own, and those of the teams and the company.

use super::{Language, fill};
use crate::actions::notices::Refused;
use crate::model::notice;
use crate::model::notice_text::{Because, Readers, Source};
use crate::model::reach::Outcome;
use crate::notice::TemplateError;

texts! {
plain {
    title: "My notice", "Moje zawiadomienie";
    means: "What clients are told who write to you while you are away, and what they were told.",
        "Czego dowiadują się klienci, którzy piszą do ciebie podczas nieobecności, i co już im powiedziano.";
    see: "My notice to clients", "Moje zawiadomienie dla klientów";
    see_of: "Their notice to clients", "Zawiadomienie tej osoby dla klientów";
    title_of: "Notice of {name}", "Zawiadomienie: {name}";
    means_of: "What clients are told who write to {name} during an absence, and what was decided about mail that you may read. To whom notices went, only they see.",
        "Czego dowiadują się klienci, którzy piszą do: {name}, podczas nieobecności, i jakie zapadły decyzje o poczcie, którą możesz czytać. Do kogo poszły zawiadomienia, widzi tylko ta osoba.";
    nearest_of: "What counts, from the first that there is: the text of the absence, the person's, their team's, the company's, the usual one.",
        "Obowiązuje pierwszy, który istnieje: tekst nieobecności, tej osoby, jej zespołu, firmy, domyślny.";
    author_means_of: "Without anything here, a notice comes from the address that was written to, under the name of {name}, and answers come back to it.",
        "Jeśli nic tu nie wybierzesz, zawiadomienie wychodzi z adresu, na który napisano, pod nazwiskiem: {name}, i tam wracają odpowiedzi.";
    name_of: "Name (empty: the person's own)", "Nazwa (puste: nazwisko tej osoby)";
    client_means_of: "The real decision and the real text, as an answer to an ordinary mail to {name}. Whether the sender is known is told as far as you may see it.",
        "Prawdziwa decyzja i prawdziwy tekst: odpowiedź na zwyczajną wiadomość do: {name}. To, czy nadawca jest znany, widać w granicach twoich uprawnień.";
    no_mailbox_of: "No mailbox of this person is connected, so nothing can be sent.", "Żadna skrzynka tej osoby nie jest podłączona, więc nic nie można wysłać.";
    no_mailbox_short: "no mailbox connected", "brak podłączonej skrzynki";
    as_week_of: "No absence is entered; one of a week is assumed.", "Nie wpisano nieobecności; przyjęto tydzień.";
    people_title: "Notices of others", "Zawiadomienia innych osób";
    people_see: "Notices of others", "Zawiadomienia innych osób";
    people_means: "People whose absences you may enter: whether clients are told, and in whose words.",
        "Osoby, którym możesz wpisywać nieobecności: czy klienci są zawiadamiani i czyimi słowami.";
    people_none: "Nobody's notices but your own are yours to look after.", "Możesz zajmować się tylko własnymi zawiadomieniami.";
    person: "Person", "Osoba";
    absence: "Absence", "Nieobecność";
    not_away: "none entered", "nie wpisano";
    away_until: "away until {day}", "nieobecność do {day}";
    away_open: "away, end open", "nieobecność, koniec otwarty";
    away_from: "from {day}", "od {day}";
    admin_title: "Autoresponder", "Autoresponder";
    admin_means: "The words of absence notices for the whole company and for teams, what is allowed, and what was decided.",
        "Słowa zawiadomień o nieobecności dla całej firmy i zespołów, co jest dozwolone i jakie zapadły decyzje.";
    nav: "Autoresponder", "Autoresponder";
    texts: "Texts", "Teksty";
    anybody: "The external text goes to anybody on the Internet who writes and is answered: no reason, no place, no private number.",
        "Tekst zewnętrzny trafia do każdego w Internecie, kto napisze i dostanie odpowiedź: bez powodu, miejsca i prywatnego numeru.";
    variables: "It may hold these words, which are filled in: {names}. A line whose word has no value is left out. What is not said then (that it is automatic, who is away, the first day back, who stands in) is added.",
        "Może zawierać zmienne, które zostaną wypełnione: {names}. Wiersz, którego zmienna nie ma wartości, jest pomijany. Czego wtedy zabraknie (że jest automatyczny, kogo nie ma, kiedy wraca, kto zastępuje), zostanie dodane.";
    nearest: "What counts, from the first that there is: the text of the absence, mine, my team's, the company's, the usual one.",
        "Obowiązuje pierwszy, który istnieje: tekst nieobecności, mój, mojego zespołu, firmy, domyślny.";
    external: "For people outside, {language} (empty: the next nearest)", "Dla osób spoza firmy, {language} (puste: tekst następny w kolejności)";
    internal: "For colleagues, {language} (empty: the next nearest)", "Dla współpracowników, {language} (puste: tekst następny w kolejności)";
    looks: "So it looks now", "Tak teraz wygląda";
    show: "Show what it looks like", "Pokaż, jak wygląda";
    save: "Save the texts", "Zapisz teksty";
    saved: "Saved.", "Zapisano.";
    refused: "It cannot be saved so.", "Nie można tego tak zapisać.";
    unsaved: "Nothing is saved yet: this is what it would look like.", "Jeszcze nic nie zapisano: tak by wyglądało.";
    author: "Author", "Nadawca";
    author_means: "Without anything here, a notice comes from the address that was written to, under your name, and answers come back to it.",
        "Jeśli nic tu nie wybierzesz, zawiadomienie wychodzi z adresu, na który napisano, pod twoim nazwiskiem, i tam wracają odpowiedzi.";
    from: "From", "Od";
    from_usual: "the address that was written to", "adres, na który napisano";
    name: "Name (empty: my own)", "Nazwa (puste: moje nazwisko)";
    reply_to: "Answers go to", "Odpowiedzi trafiają do";
    reply_usual: "the author", "nadawcy";
    reply_substitute: "whoever stands in", "osoby, która zastępuje";
    save_author: "Save the author", "Zapisz nadawcę";
    client: "What will a client get?", "Co dostanie klient?";
    client_means: "The real decision and the real text, as an answer to the latest mail that they wrote to you themselves, or to an ordinary one.",
        "Prawdziwa decyzja i prawdziwy tekst: odpowiedź na ostatnią wiadomość, którą klient napisał sam, albo na zwyczajną.";
    address: "Address of the client", "Adres klienta";
    look: "Show", "Pokaż";
    bad_address: "This is no address.", "To nie jest adres.";
    no_mailbox: "No mailbox of yours is connected, so nothing can be sent.", "Żadna twoja skrzynka nie jest podłączona, więc nic nie można wysłać.";
    would_go: "This would go out.", "To zostałoby wysłane.";
    would_not: "No notice: {why}", "Bez zawiadomienia: {why}";
    else_it_says: "Else it would say:", "W przeciwnym razie brzmiałoby:";
    as_next: "For the absence from {day}.", "Dla nieobecności od {day}.";
    as_week: "You have no absence; one of a week is assumed.", "Nie masz wpisanej nieobecności; przyjęto tydzień.";
    answers_theirs: "As an answer to the latest mail that they wrote to you themselves.",
        "Jako odpowiedź na ostatnią wiadomość, którą klient napisał sam.";
    answers_any: "As an answer to an ordinary mail, believed to be genuine.", "Jako odpowiedź na zwyczajną wiadomość, uznaną za prawdziwą.";
    to: "To", "Do";
    named: "Named", "Wskazuje";
    language_of: "Language", "Język";
    left_out: "Left out", "Pominięto";
    left_out_lines: "{lines} (a variable has no value for this absence)", "{lines} (zmienna nie ma wartości przy tej nieobecności)";
    trying: "Dry run", "Próba na sucho";
    trying_means: "Which of the last 50 mails would have been answered, had you been away, and why the others not. Nothing is written or sent.",
        "Na które z ostatnich 50 wiadomości poszłoby zawiadomienie, gdyby trwała twoja nieobecność, a na które nie i dlaczego. Nic nie zostanie zapisane ani wysłane.";
    try_now: "Try the last 50 mails", "Wypróbuj na ostatnich 50 wiadomościach";
    tried: "Mails answered: {n} of {of}.", "Wiadomości z odpowiedzią: {n} z {of}.";
    tried_unknown: "Not known, since they concern no record: {n}.", "Nie wiadomo, bo nie dotyczą żadnego rekordu: {n}.";
    tried_as: "As if the absence had run and notices had been on since before the first of these mails; nobody counts as told before it. So each sender is answered once, at the earliest.",
        "Tak jakby nieobecność trwała z włączonymi zawiadomieniami od czasu przed pierwszą z tych wiadomości; nikt nie był wcześniej zawiadomiony. Dlatego każdy nadawca dostaje odpowiedź raz, na najwcześniejszą.";
    tried_none: "There is no mail in your inbox that could be tried.", "W skrzynce odbiorczej nie ma wiadomości do wypróbowania.";
    arrived: "Arrived", "Nadeszła";
    sender: "From", "Od";
    what: "Notice", "Zawiadomienie";
    yes: "yes ({language})", "tak ({language})";
    not_kept: "Not known: it concerns no record, so it is not kept.", "Nie wiadomo: nie dotyczy żadnego rekordu, więc nie jest zapisana.";
    log: "What was decided", "Jakie zapadły decyzje";
    log_means: "The last 30 days, newest first; silent decisions too.", "Ostatnie 30 dni, od najnowszych; także decyzje o milczeniu.";
    log_none: "Nothing was decided yet: a decision falls when new mail comes to somebody who is away.",
        "Jeszcze nie było decyzji: zapada, gdy do kogoś nieobecnego przychodzi nowa wiadomość.";
    only_not_sent: "Only what did not go out", "Tylko niewysłane";
    all_of_it: "All of it", "Wszystko";
    when: "When", "Kiedy";
    who: "Who is away", "Kto jest nieobecny";
    mail: "Mail", "Wiadomość";
    state_sent: "sent", "wysłane";
    state_queued: "about to be sent", "czeka na wysłanie";
    answered: "{state} ({answer})", "{state} ({answer})";
    next_try: "{state}; next try {time}", "{state}; następna próba {time}";
    stopped: "All absence notices are stopped, so none goes out; an admin can start them again.",
        "Wszystkie zawiadomienia o nieobecności są zatrzymane, więc żadne nie wychodzi; wznowić może je administrator.";
    stopped_until: "All absence notices are stopped until {time}, so none goes out before then; an admin can start them earlier.",
        "Wszystkie zawiadomienia o nieobecności są zatrzymane do {time}, więc wcześniej żadne nie wyjdzie, chyba że wznowi je administrator.";
    state_refused: "the server refused it", "serwer odmówił";
    state_gave_up: "could not be sent in time and was dropped", "nie udało się wysłać na czas; porzucone";
    state_unclear: "unclear whether it went out; it is not sent again", "nie wiadomo, czy wyszło; nie będzie wysłane ponownie";
    back_hard: "it came back: there is no such address", "wróciło: nie ma takiego adresu";
    back_soft: "it came back: not delivered this time", "wróciło: tym razem nie zostało doręczone";
    back_policy: "it came back: the other side refused it", "wróciło: druga strona go nie przyjęła";
    back_late: "not delivered yet", "jeszcze nie doręczone";
    back_complaint: "its reader called it spam", "odbiorca uznał je za spam";
    back_arrived: "it arrived", "dotarło";
    silent: "no notice: {why}", "bez zawiadomienia: {why}";
    whose: "Whose texts", "Czyje teksty";
    company: "The company", "Firma";
    team: "Team {name}", "Zespół {name}";
    allowed: "What is allowed", "Co jest dozwolone";
    allowed_means: "These stand in the configuration file and are changed there.", "To ustawienia z pliku konfiguracji; tam się je zmienia.";
    set_enabled: "Notices", "Zawiadomienia";
    on: "on", "włączone";
    off: "off", "wyłączone";
    set_audience: "Who outside is answered", "Kto spoza firmy dostaje odpowiedź";
    audience_nobody: "nobody", "nikt";
    audience_known: "contacts, and whom we wrote to in the last 24 months", "kontakty i osoby, do których pisaliśmy w ostatnich 24 miesiącach";
    audience_authenticated: "everybody whose mail our server found genuine", "każdy, czyją pocztę nasz serwer uznał za prawdziwą";
    set_internal: "Colleagues", "Współpracownicy";
    internal_on: "get a notice, in words of their own", "dostają zawiadomienie w osobnych słowach";
    internal_off: "get none; they see the absence here", "nie dostają; widzą nieobecność tutaj";
    set_age: "Mail is answered within", "Odpowiedź najpóźniej po";
    minutes: "{n} minutes", "{n} minutach";
    set_most: "Mail to more addressees is not answered", "Bez odpowiedzi, gdy adresatów jest więcej niż";
    set_repeat: "The same sender is told again", "Ten sam nadawca dowiaduje się ponownie";
    repeat_never: "never within an absence", "nigdy podczas jednej nieobecności";
    repeat_after: "after {n} days", "po {n} dniach";
    set_languages: "Languages", "Języki";
    warn_off: "Notices are switched off for this installation; none is sent.", "Zawiadomienia są wyłączone w tej instalacji; żadne nie zostanie wysłane.";
    warn_domains: "No domain of the company is set (own_domains): colleagues cannot be told from clients.",
        "Nie ustawiono domen firmy (own_domains): nie da się odróżnić współpracowników od klientów.";
    warn_stamps: "It is not said which server notes authentication results (notice.authserv_id): a substitute particular to a record is then never named.",
        "Nie podano, który serwer zapisuje wyniki uwierzytelnienia (notice.authserv_id): zastępca wskazany dla rekordu nigdy nie będzie wtedy wymieniony.";
    warn_internal: "Colleagues are to be answered, but without notice.authserv_id nobody is surely a colleague: none will be.",
        "Współpracownicy mają dostawać odpowiedzi, ale bez notice.authserv_id nikt nie jest na pewno współpracownikiem: nikt jej nie dostanie.";
    warn_smtp: "Mailbox {name} has no server for sending: nothing goes out for its owner.",
        "Skrzynka {name} nie ma serwera do wysyłania: w imieniu jej właściciela nic nie wyjdzie.";
    preview: "What clients will read", "Co przeczytają klienci";
    preview_means: "Each text is what clients of that language read. Those we know also find the subject of their mail repeated.",
        "Każdy tekst przeczytają klienci tego języka. Tym, których znamy, powtarzamy też temat ich wiadomości.";
}
counted {}
}

impl Words {
    /// The language in which reasons are told.
    pub fn reasons(&self) -> notice::Language {
        match self.language {
            Language::English => notice::Language::En,
            Language::Polish => notice::Language::Pl,
        }
    }

    /// Whose words a text is.
    pub fn source(&self, source: Source) -> &'static str {
        let (english, polish) = match source {
            Source::Absence => ("text of the absence", "tekst nieobecności"),
            Source::Person => ("own text", "własny tekst"),
            Source::Team => ("text of the team", "tekst zespołu"),
            Source::Company => ("text of the company", "tekst firmy"),
            Source::Shipped => ("the usual text", "tekst domyślny"),
        };
        self.either(english, polish)
    }

    /// Why it is in its language.
    pub fn because(&self, because: Because) -> &'static str {
        let (english, polish) = match because {
            Because::Contact => ("the contact's language", "język kontaktu"),
            Because::LastMail => ("the language of our last mail to them", "język naszej ostatniej wiadomości"),
            Because::TheirMail => ("their mail says so", "tak wskazuje wiadomość klienta"),
            Because::Default => ("nothing is known of theirs: the usual one", "nie wiadomo, jakim mówi: zwykły"),
            Because::Foreign => (
                "there are no words in theirs: the usual one, with English",
                "nie ma słów w jego języku: zwykły, z angielskim",
            ),
        };
        self.either(english, polish)
    }

    /// What a text is for.
    pub fn field(&self, readers: Readers, language: &str) -> String {
        let text = match readers {
            Readers::Outside => self.external,
            Readers::Inside => self.internal,
        };
        fill(text, &[("language", language)])
    }

    /// The word of a notice's delivery.
    pub fn delivery(&self, state: &str) -> &'static str {
        match state {
            "sent" => self.state_sent,
            "refused" => self.state_refused,
            "gave-up" => self.state_gave_up,
            "unclear" => self.state_unclear,
            _ => self.state_queued,
        }
    }

    /// What a later report says became of a notice.
    pub fn came_back(&self, outcome: Outcome) -> &'static str {
        match outcome {
            Outcome::Hard => self.back_hard,
            Outcome::Soft => self.back_soft,
            Outcome::Policy => self.back_policy,
            Outcome::Late => self.back_late,
            Outcome::Complaint => self.back_complaint,
            Outcome::Delivered | Outcome::Shown | Outcome::Deleted => self.back_arrived,
        }
    }

    /// Why something was not saved.
    pub fn no(&self, refused: &Refused) -> String {
        match (self.language, refused) {
            (Language::English, refused) => sentence(&refused.to_string()),
            (Language::Polish, refused) => sentence(&polish(refused)),
        }
    }

    fn either(&self, english: &'static str, polish: &'static str) -> &'static str {
        match self.language {
            Language::English => english,
            Language::Polish => polish,
        }
    }
}

/// With a capital at its beginning and a full stop at its end.
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first: String = chars.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    let rest = chars.as_str().trim_end_matches('.');
    format!("{first}{rest}.")
}

fn polish(refused: &Refused) -> String {
    match refused {
        Refused::NotYours(name) => {
            format!("zawiadomienia ({name}) może zmieniać ta osoba, jej przełożeni i administratorzy")
        }
        Refused::NotYoursToSee(name) => {
            format!("o zawiadomieniach ({name}) dowie się ta osoba, jej przełożeni i administratorzy")
        }
        Refused::NotAdmin => "teksty zespołów i firmy zmienia administrator".to_owned(),
        Refused::Language(tag, known) => {
            format!("nie ma zawiadomień w języku „{tag}”; są: {known}. Kolejny to plik: docs/notices.md")
        }
        Refused::Text(error) => format!("tego tekstu nie można wysłać: {}", template_in_polish(error)),
        Refused::Empty => "tekst jest pusty; usuń go, jeśli ma być zwykły".to_owned(),
        Refused::None => "nie ma takiego tekstu; nic nie zmieniono".to_owned(),
        Refused::From(address, name) => {
            format!("{address} nie jest adresem tej osoby ({name}), a tylko z takiego można wysłać")
        }
        Refused::ReplyTo(text) => {
            format!(
                "odpowiedzi mogą trafiać do osoby zastępującej albo na adres firmy; „{text}” nie jest ani tym, ani tym"
            )
        }
        Refused::Name => "nazwa ma najwyżej 100 znaków, w jednym wierszu".to_owned(),
    }
}

/// Why a text cannot be sent, in Polish: which variable, where, which there are.
pub fn template_in_polish(error: &TemplateError) -> String {
    match error {
        TemplateError::Unknown { variable, line } => {
            let known =
                crate::notice::VARIABLES.iter().map(|name| format!("{{{name}}}")).collect::<Vec<_>>().join(", ");
            format!("wiersz {line}: {{{variable}}} nie jest tu znane; można użyć {known}")
        }
        TemplateError::Unclosed(line) => format!("wiersz {line}: po {{ brakuje }}"),
        TemplateError::TooLong(bytes) => {
            format!("ma {bytes} bajtów, a zawiadomienie mieści {}", TemplateError::LONGEST)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_cannot_be_sent_is_explained_in_both_languages() {
        let error = TemplateError::Unknown { variable: "amount".into(), line: 2 };
        for language in [Language::English, Language::Polish] {
            let said = Words::of(language).no(&Refused::Text(error.clone()));
            assert!(said.contains("{amount}") && said.contains('2') && said.contains("{substitute_mail}"), "{said}");
        }
    }
}
