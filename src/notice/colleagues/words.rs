//! Every text of mails to colleagues, in English and Polish side by side, so that none can be
//! missing. Terms are those of the pages: substitute *zastępca*, account *firma*.

use crate::model::notice::Language;

/// A text that counts: one, few (Polish 2 to 4, 22 to 24 …), many.
#[derive(Debug)]
pub(super) struct Counted {
    one: &'static str,
    few: &'static str,
    many: &'static str,
}

/// Puts values in place of `{name}`s.
pub(super) fn fill(text: &str, values: &[(&str, &str)]) -> String {
    let mut pieces = text.split('{');
    let mut out = pieces.next().unwrap_or("").to_owned();
    for piece in pieces {
        let (name, rest) = piece.split_once('}').unwrap_or(("", piece));
        out.push_str(values.iter().find(|(key, _)| *key == name).map_or("", |(_, value)| value));
        out.push_str(rest);
    }
    out
}

impl Words {
    /// The texts of a language.
    pub fn of(language: Language) -> &'static Words {
        match language {
            Language::En | Language::Further(_) => &ENGLISH,
            Language::Pl => &POLISH,
        }
    }

    /// The form of `text` for `n`, with `{n}` filled in.
    pub fn count(&self, text: &Counted, n: i64) -> String {
        let form = match self.language {
            _ if n == 1 => text.one,
            Language::En | Language::Further(_) => text.many,
            Language::Pl if (2..=4).contains(&(n % 10)) && !(12..=14).contains(&(n % 100)) => text.few,
            Language::Pl => text.many,
        };
        fill(form, &[("n", &n.to_string())])
    }
}

macro_rules! texts {
    (plain { $($name:ident: $en:literal, $pl:literal;)* }
     counted { $($counted:ident: [$one:literal, $other:literal], [$jeden:literal, $kilka:literal, $wiele:literal];)* }) => {
        /// The texts of one language.
        #[derive(Debug)]
        pub(super) struct Words {
            pub language: Language,
            $(pub $name: &'static str,)*
            $(pub $counted: Counted,)*
        }

        static ENGLISH: Words = Words {
            language: Language::En,
            $($name: $en,)*
            $($counted: Counted { one: $one, few: $other, many: $other },)*
        };

        static POLISH: Words = Words {
            language: Language::Pl,
            $($name: $pl,)*
            $($counted: Counted { one: $jeden, few: $kilka, many: $wiele },)*
        };
    };
}

texts! {
plain {
    stands_in: "You get this because you stand in for {name} until {day}.",
        "Dostajesz tę wiadomość, bo trwa twoje zastępstwo (za: {name}, do {day}).";
    stands_in_open: "You get this because you stand in for {name}.",
        "Dostajesz tę wiadomość, bo trwa twoje zastępstwo (za: {name}).";
    fallback: "You get this because {name} is away until {day}, nobody stands in, and you are the fallback.",
        "Dostajesz tę wiadomość jako osoba rezerwowa: {name} jest poza firmą do {day} i nikt nie zastępuje.";
    fallback_open: "You get this because {name} is away, nobody stands in, and you are the fallback.",
        "Dostajesz tę wiadomość jako osoba rezerwowa: {name} jest poza firmą i nikt nie zastępuje.";
    team: "You get this because your team gets copies for its leads.",
        "Dostajesz tę wiadomość, bo twój zespół dostaje kopie w sprawie swoich leadów.";
    section_own: "Waiting for your reply: {count}", "Czeka na twoją odpowiedź: {count}";
    section_for: "Waiting for {name}, for whom you answer until {day}: {count}", "Zastępstwo za: {name}, do {day}. Czeka: {count}";
    section_for_open: "Waiting for {name}, for whom you answer: {count}", "Zastępstwo za: {name}. Czeka: {count}";
    more: "and {n} more: {link}", "i jeszcze {n}: {link}";
    on: "{from}, on {record} ({kind})", "{from}, {kind}: {record}";
    no_subject: "(no subject)", "(bez tematu)";
    waits: "waiting {for}, since {at}", "czeka {for}, od {at}";
    tasks: "Due today or earlier: {count}", "Termin dziś lub wcześniej: {count}";
    task: "{what}: {subject}, on {record} ({kind}), due {day}", "{what}: {subject}, {kind}: {record}, termin {day}";
    task_open: "{what}: {subject}, on {record} ({kind})", "{what}: {subject}, {kind}: {record}";
    call: "Call", "Telefon";
    a_task: "Task", "Zadanie";
    appointment: "Appointment", "Spotkanie";
    note: "Note", "Notatka";
    account: "account", "firma";
    contact: "contact", "kontakt";
    lead: "lead", "lead";
    opportunity: "opportunity", "szansa";
    footer: "Standin sent this because it was asked to. What you get is set here: {link}",
        "Wiadomość od Standin, wysłana na życzenie. Ustawienia: {link}";
    footer_bare: "Standin sent this because it was asked to. What you get is set on your page \"My settings\".",
        "Wiadomość od Standin, wysłana na życzenie. Ustawienia są na stronie „Moje ustawienia”.";
    alarm_subject: "absence notices are stopped", "zawiadomienia o nieobecności są zatrzymane";
    alarm: "On {at} more absence notices had gone out within an hour than ever before. That looks like a loop with another machine, so Standin stopped all of them, also those that wait. They go out again on {until} by themselves.",
        "{at}: w ciągu godziny wysłano więcej zawiadomień o nieobecności niż kiedykolwiek. Wygląda to na pętlę z innym automatem, dlatego Standin zatrzymał wszystkie, także te w kolejce. Same ruszą znowu: {until}.";
    alarm_next: "What to do: look at how things stand and whose notices it were: {link}\nThere they can be started again at once, or kept stopped. To whom they went each person sees on their page \"My notice\", and the operator by `standin notice log` at the server. By command: `standin notice status`, `standin notice stop`, `standin notice start`.",
        "Co zrobić: zobacz stan i czyje to były zawiadomienia: {link}\nTam można je od razu wznowić albo zatrzymać na dobre. Do kogo wyszły, widzi każda osoba na swojej stronie „Moje zawiadomienie”, a operator poleceniem `standin notice log` na serwerze. Polecenia: `standin notice status`, `standin notice stop`, `standin notice start`.";
    alarm_page: "the page \"Autoresponder\"", "strona „Autoresponder”";
    reset_subject: "your password was taken away", "odebrano Twoje hasło";
    reset: "On {at} {by} took your password for Standin away and made a link by which a new one is chosen. You were signed out everywhere. Whoever has that link can sign in as you once.",
        "{at}: {by} odbiera Twoje hasło do Standin i tworzy odnośnik do ustawienia nowego. Wszystkie Twoje sesje zakończono. Kto ma ten odnośnik, może raz zalogować się jako Ty.";
    reset_next: "If you asked for it, there is nothing to do. If you did not, or never got the link: speak to another administrator, and look here at who is signed in as you: {link}",
        "Jeśli o to prosisz, nie trzeba nic robić. Jeśli nie, albo odnośnik do Ciebie nie dotarł: porozmawiaj z innym administratorem i sprawdź tu, kto jest zalogowany jako Ty: {link}";
    reset_operator: "the operator of the server", "operator serwera";
    reset_page: "the page \"My settings\"", "strona „Moje ustawienia”";
    urgent_subject: "Urgent: {from} waits for a reply", "Pilne: {from} czeka na odpowiedź";
    urgent: "This mail was marked as urgent by its owner's conditions and nobody has answered it:",
        "Ta wiadomość spełnia warunki „pilne” i nikt na nią jeszcze nie odpowiedział:";
    urgent_last: "This was the last urgent notice of today; further ones stand on the page Today: {link}",
        "To było ostatnie dziś zawiadomienie o pilnej poczcie; kolejne są na stronie Dzisiaj: {link}";
    team_subject: "Leads of your team: {count}", "Leady twojego zespołu: {count}";
    new_lead: "New lead: {record}", "Nowy lead: {record}";
    brief_subject: "Cover for {name}: what you find", "Zastępstwo za: {name}. Co zastajesz";
    brief: "You stand in for {name} until {day}. This is what there is at the start; the page shows it as it is now: {link}",
        "Trwa twoje zastępstwo za: {name}, do {day}. Oto stan na początku; strona pokazuje stan bieżący: {link}";
    brief_open: "You stand in for {name}. This is what there is at the start; the page shows it as it is now: {link}",
        "Trwa twoje zastępstwo za: {name}. Oto stan na początku; strona pokazuje stan bieżący: {link}";
    brief_records: "Records you answer for: {list}", "Rekordy pod twoją opieką: {list}";
    brief_waiting: "Mails that wait: {count}", "Czekająca poczta: {count}";
    open_tasks: "Open tasks: {count}", "Otwarte zadania: {count}";
    last_words: "Promises and questions, what {name} wrote last and nobody answered: {count}",
        "Obietnice i pytania, czyli ostatnie słowo od: {name}, bez odpowiedzi: {count}";
    last_word: "{subject}, to {to}, on {record} ({kind}), {day}", "{subject}, do: {to}, {kind}: {record}, {day}";
    report_subject: "While you were away: {count}", "Podczas twojej nieobecności: {count}";
    report: "You were away from {first} until {last}. The whole report: {link}",
        "Nieobecność od {first} do {last}. Cały raport: {link}";
    came: "Clients' mails that came in: {count}", "Przyszło od klientów: {count}";
    answered_by: "{name} answered {count}", "{name}: odpowiedzi {count}";
    still_open: "Still waiting: {count}", "Nadal czeka: {count}";
    deeds: "What colleagues did in your place: {count}", "Co zrobiono w zastępstwie: {count}";
    deed: "{by}, {what}: {subject}, on {record} ({kind}), {day}", "{by}, {what}: {subject}, {kind}: {record}, {day}";
    told: "Clients told of your absence: {count}", "Klienci zawiadomieni o nieobecności: {count}";
    months: "January February March April May June July August September October November December",
        "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia";
}
counted {
    mails: ["{n} mail", "{n} mails"], ["{n} wiadomość", "{n} wiadomości", "{n} wiadomości"];
    mails_wait: ["{n} mail waits for a reply", "{n} mails wait for a reply"],
        ["{n} wiadomość czeka na odpowiedź", "{n} wiadomości czekają na odpowiedź", "{n} wiadomości czeka na odpowiedź"];
    things_due: ["{n} task due", "{n} tasks due"], ["{n} zadanie na dziś", "{n} zadania na dziś", "{n} zadań na dziś"];
    tasks_n: ["{n} task", "{n} tasks"], ["{n} zadanie", "{n} zadania", "{n} zadań"];
    items: ["{n} item", "{n} items"], ["{n} pozycja", "{n} pozycje", "{n} pozycji"];
    minutes: ["{n} minute", "{n} minutes"], ["{n} minutę", "{n} minuty", "{n} minut"];
    hours: ["{n} hour", "{n} hours"], ["{n} godzinę", "{n} godziny", "{n} godzin"];
    days: ["{n} day", "{n} days"], ["{n} dzień", "{n} dni", "{n} dni"];
    records: ["{n} record", "{n} records"], ["{n} rekord", "{n} rekordy", "{n} rekordów"];
    accounts: ["{n} account", "{n} accounts"], ["{n} firma", "{n} firmy", "{n} firm"];
    contacts: ["{n} contact", "{n} contacts"], ["{n} kontakt", "{n} kontakty", "{n} kontaktów"];
    leads: ["{n} lead", "{n} leads"], ["{n} lead", "{n} leady", "{n} leadów"];
    opportunities: ["{n} opportunity", "{n} opportunities"], ["{n} szansa", "{n} szanse", "{n} szans"];
}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polish_records_are_counted_in_three_forms() {
        let words = Words::of(Language::Pl);
        let said: Vec<String> = [1, 2, 5, 12, 22, 25, 112].iter().map(|n| words.count(&words.records, *n)).collect();
        assert_eq!(
            said,
            ["1 rekord", "2 rekordy", "5 rekordów", "12 rekordów", "22 rekordy", "25 rekordów", "112 rekordów"]
        );
        let words = Words::of(Language::En);
        assert_eq!([1, 2].map(|n| words.count(&words.records, n)), ["1 record", "2 records"]);
    }

    #[test]
    fn values_are_filled_in_once() {
        assert_eq!(fill("{a} and {b}{c}", &[("a", "{b}"), ("b", "2")]), "{b} and 2");
    }
}
