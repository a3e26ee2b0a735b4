//! The texts of the pages about absences, and sentences for what speaks against one.

use super::{Counted, Language, fill, template_in_polish};
use crate::access::{Part, Portion, Problem, Span};
use crate::actions::absences::Objection;
use crate::model::absence::{Nature, Selector};
use crate::model::record::{AnswerPath, Kind};
use chrono::NaiveDate;

texts! {
plain {
    day_today: "today", "dziś";
    day_tomorrow: "tomorrow", "jutro";
    day_yesterday: "yesterday", "wczoraj";
    title: "Absences", "Nieobecności";
    means: "Who is away, who covers, and where nobody answers.", "Kto jest poza firmą, kto zastępuje i gdzie nikt nie odpowiada.";
    new: "Enter an absence", "Wpisz nieobecność";
    none: "Nobody is or will be away.", "Nikt nie jest i nie będzie poza firmą.";
    none_in: "Nobody is away in {month}.", "{month}: nikt nie jest poza firmą.";
    who: "Who", "Kto";
    days: "Days", "Dni";
    covers: "Covers", "Zastępuje";
    state: "State", "Stan";
    upcoming: "to come", "nadchodzi";
    running: "away now", "poza firmą";
    over: "over", "zakończona";
    called_off: "called off", "odwołana";
    gap: "nobody answers", "nikt nie odpowiada";
    open_end: "open end", "bez końca";
    exceptions_too: "and exceptions", "i wyjątki";
    previous: "Previous month", "Poprzedni miesiąc";
    next: "Next month", "Następny miesiąc";
    month_grid: "Month, person by day", "Miesiąc, osoby i dni";
    away_day: "away", "poza firmą";
    half_day: "part of the day", "część dnia";
    gap_day: "away, nobody answers", "poza firmą, nikt nie odpowiada";
    legend: "Legend", "Legenda";
    problems: "Needs attention", "Wymaga uwagi";
    problems_means: "What stands against absences that are your business, as things are now.",
        "Co przemawia przeciw nieobecnościom, które ciebie dotyczą, według obecnego stanu.";
    banner: "The absence of {name} needs attention:", "Nieobecność ({name}) wymaga uwagi:";
    look: "Look at it", "Zobacz";
    more_problems: "and more", "i nie tylko";
    months_long: "January February March April May June July August September October November December",
        "styczeń luty marzec kwiecień maj czerwiec lipiec sierpień wrzesień październik listopad grudzień";
    title_new: "Enter an absence", "Wpisz nieobecność";
    title_one: "Absence of {name}", "Nieobecność: {name}";
    lead: "What happens to the clients while somebody is away. Nothing is saved before you have seen what it will bring.",
        "Co się dzieje z klientami, gdy kogoś nie ma. Nic się nie zapisze, zanim nie zobaczysz skutków.";
    period: "Period", "Okres";
    user: "Who is away", "Kto będzie poza firmą";
    from: "First day away", "Pierwszy dzień nieobecności";
    from_time: "from (time; empty: all day)", "od godziny (puste: cały dzień)";
    until: "Last day away (empty: open end)", "Ostatni dzień nieobecności (puste: bez końca)";
    until_time: "until (time; empty: all day)", "do godziny (puste: cały dzień)";
    back_fact: "Back on", "Powrót";
    writes_fact: "Covers may", "Zastępca może";
    writes_yes: "read and change records", "czytać i zmieniać rekordy";
    writes_no: "read records only", "tylko czytać rekordy";
    plan_fact: "The records are", "Rekordy są";
    nature_fact: "Kind of absence", "Rodzaj nieobecności";
    back_on: "First day back (empty: next working day)", "Pierwszy dzień po powrocie (puste: następny dzień roboczy)";
    confirm_on: "Open end: ask on (empty: two weeks later)", "Bez końca: zapytaj dnia (puste: po dwóch tygodniach)";
    zone: "Time zone (empty: that of who is away)", "Strefa czasowa (puste: strefa tej osoby)";
    nature: "Kind of absence (colleagues never see it)", "Rodzaj nieobecności (współpracownicy go nie widzą)";
    leave: "leave", "urlop";
    sick: "illness", "choroba";
    business: "business", "służbowo";
    parental: "parental leave", "urlop rodzicielski";
    other: "other", "inny";
    who_covers: "Who covers", "Kto zastępuje";
    substitute: "Substitute", "Zastępca";
    substitute_none: "nobody: the team's or the company's fallback answers", "nikt: odpowiada osoba rezerwowa zespołu lub firmy";
    deputy: "Deputy for confidential records", "Zastępca do spraw poufnych";
    deputy_none: "nobody", "nikt";
    writes: "Whoever covers may change records", "Zastępca może zmieniać rekordy";
    exceptions: "Exceptions", "Wyjątki";
    exceptions_means: "Somebody else covers some of the records. The most specific line counts: record, account, team, class, kind.",
        "Część rekordów zastępuje ktoś inny. Liczy się najdokładniejszy wiersz: rekord, firma, zespół, klasa, rodzaj.";
    what: "Which records", "Które rekordy";
    which: "Name or number", "Nazwa lub numer";
    no_exception: "no exception", "bez wyjątku";
    one_account: "this account: name or number →", "ta firma: nazwa lub numer →";
    one_record: "this record: name or number →", "ten rekord: nazwa lub numer →";
    class_of: "class {class}", "klasa {class}";
    team_of: "team {name}", "zespół {name}";
    more_lines: "More lines", "Więcej wierszy";
    plan: "What happens with the records", "Co się dzieje z rekordami";
    plan_cover: "They are covered: the owner stays, the substitute sees and does what comes in.",
        "Są zastępowane: opiekun się nie zmienia, zastępca widzi i załatwia, co przychodzi.";
    plan_hand_over: "They are handed over: assigned for the time, and returned at its end.",
        "Są przekazywane: przypisane na ten czas i zwrócone na końcu.";
    notice: "Notice to clients", "Zawiadomienie dla klientów";
    notice_on: "Tell clients who write that the person is away and who stands in",
        "Zawiadamiaj klientów, którzy piszą, o nieobecności i o zastępcy";
    own_responder: "No notice is sent for mailbox {name}: an absence reply of its own mail server is on. Switch it off there, or leave answering to it.",
        "Ze skrzynki {name} nie wyjdzie żadne zawiadomienie: jej serwer poczty sam odpowiada na wiadomości. Wyłącz to tam albo zostaw odpowiadanie serwerowi.";
    own_doubtful: "Mailbox {name} perhaps answers by itself: a mail of {day} looks like an automatic answer of its own server, and nothing proves that it is no forgery. Notices still go out. If that server does answer, switch one of the two off.",
        "Skrzynka {name} być może odpowiada sama: wiadomość z {day} wygląda na automatyczną odpowiedź jej serwera, ale nic nie dowodzi, że nie jest fałszywa. Zawiadomienia nadal wychodzą. Jeśli ten serwer rzeczywiście odpowiada, wyłącz jedno z dwojga.";
    own_unread: "No mailbox of this person is read here, so no notice goes to anybody.",
        "Żadna skrzynka tej osoby nie jest tu czytana, więc do nikogo nie wyjdzie zawiadomienie.";
    notice_off: "Notices are switched off for this installation; none is sent.",
        "Zawiadomienia są wyłączone w tej instalacji; żadne nie zostanie wysłane.";
    notice_warns: "The text goes to anybody on the Internet who is a known correspondent: no reason, no place, no private number. It may hold {names}.",
        "Tekst trafia do każdego znanego korespondenta w Internecie: bez powodu, miejsca i prywatnego numeru. Może zawierać {names}.";
    text_of: "Text of this absence, {language} (empty: the next nearest)", "Tekst tej nieobecności, {language} (puste: tekst następny w kolejności)";
    show_preview: "Show what it will bring", "Pokaż skutki";
    preview: "What it will bring", "Skutki";
    changed_meanwhile: "Something changed since you looked. Look again, then save.",
        "Od czasu podglądu coś się zmieniło. Sprawdź ponownie i zapisz.";
    refused: "It cannot be saved so.", "Nie można tego tak zapisać.";
    saved: "Saved.", "Zapisano.";
    portion: "Records", "Rekordy";
    activities: "Open activities", "Otwarte działania";
    all_records: "all records", "wszystkie rekordy";
    rest: "what no exception names", "czego nie obejmuje żaden wyjątek";
    confidential: "confidential records", "rekordy poufne";
    who_when: "Who answers when", "Kto kiedy odpowiada";
    answers_for: "{name} answers for: {what}", "{name} odpowiada za: {what}";
    nobody_answers_for: "nobody answers for: {what}", "nikt nie odpowiada za: {what}";
    gains: "Who sees what they did not see before", "Kto zobaczy to, czego dotąd nie widział";
    gains_none: "Nobody sees anything new.", "Nikt nie zobaczy nic nowego.";
    gains_sight: "{name}: {records}", "{name}: {records}";
    gains_secret: "{name}: {records}, and confidential ones: {secret}", "{name}: {records}, a ponadto poufne: {secret}";
    worth_knowing: "Worth knowing", "Warto wiedzieć";
    nothing_against: "Nothing speaks against it.", "Nic nie stoi na przeszkodzie.";
    elsewhere: "In the absence of {name}: {text}", "Nieobecność ({name}): {text}";
    save: "Save: {records}", "Zapisz: {records}";
    end_now: "Back now: {records}", "Już z powrotem: {records}";
    end_now_mine: "I am back: {records}", "Już jestem: {records}";
    end_means: "Cover ends at once; the owner answers again.", "Zastępstwo kończy się od razu; opiekun znów odpowiada.";
    call_off: "Call it off: {records}", "Odwołaj: {records}";
    call_off_means: "It never begins.", "W ogóle się nie zacznie.";
    ended: "Ended.", "Zakończono.";
    entered: "As it stands", "Stan obecny";
    covered: "covered", "zastępowane";
    handed_over: "handed over", "przekazane";
    bad_day: "`{text}` is no day; write year-month-day, such as 2026-11-25.", "`{text}` to nie data; napisz rok-miesiąc-dzień, np. 2026-11-25.";
    bad_time: "`{text}` is no time; write hours and minutes, such as 12:30.", "`{text}` to nie godzina; napisz godziny i minuty, np. 12:30.";
    no_first_day: "There is no first day.", "Brakuje pierwszego dnia.";
    who_missing: "An exception names records but nobody who covers them.", "Wyjątek wskazuje rekordy, ale nikogo, kto je zastępuje.";
    what_missing: "An exception names somebody but no records.", "Wyjątek wskazuje osobę, ale żadnych rekordów.";
}
counted {
    in_days: ["in {n} day", "in {n} days"], ["za {n} dzień", "za {n} dni", "za {n} dni"];
    days_ago: ["{n} day ago", "{n} days ago"], ["{n} dzień temu", "{n} dni temu", "{n} dni temu"];
    records: ["{n} record", "{n} records"], ["{n} rekord", "{n} rekordy", "{n} rekordów"];
    told_before: ["{n} client was told what stood here before, and is not told again.", "{n} clients were told what stood here before, and are not told again."],
        ["{n} klient wie już to, co tu stało przedtem, i nie dostanie nowego zawiadomienia.", "{n} klienci wiedzą już to, co tu stało przedtem, i nie dostaną nowego zawiadomienia.", "{n} klientów wie już to, co tu stało przedtem, i nie dostanie nowego zawiadomienia."];
}
}

impl Language {
    /// The texts of the pages about absences.
    pub fn absences(self) -> &'static Words {
        match self {
            Language::English => &ENGLISH,
            Language::Polish => &POLISH,
        }
    }
}

impl Words {
    /// The word for a kind of absence.
    pub fn nature(&self, nature: Nature) -> &'static str {
        match nature {
            Nature::Leave => self.leave,
            Nature::Sick => self.sick,
            Nature::Business => self.business,
            Nature::Parental => self.parental,
            Nature::Other => self.other,
        }
    }

    /// A part of the records, without how many.
    pub fn part(&self, part: Part, label: &str, alone: bool) -> String {
        let words = self.language.words();
        let named = |kind: &str, id: i64| match label.is_empty() {
            true => format!("{kind} {id}"),
            false => format!("{kind} {label} ({id})"),
        };
        match part {
            Part::Rest if alone => self.all_records.to_owned(),
            Part::Rest => self.rest.to_owned(),
            Part::Confidential => self.confidential.to_owned(),
            Part::Exception(Selector::Record(id)) => named(words.a_record_word, id.0),
            Part::Exception(Selector::Account(id)) => named(&words.account.to_lowercase(), id.0),
            Part::Exception(Selector::Team(id)) if label.is_empty() => fill(self.team_of, &[("name", &id.to_string())]),
            Part::Exception(Selector::Team(_)) => fill(self.team_of, &[("name", label)]),
            Part::Exception(Selector::Class(class)) => fill(self.class_of, &[("class", class.word())]),
            Part::Exception(Selector::Kind(kind)) => match kind {
                Kind::Account => words.accounts,
                Kind::Contact => words.contacts,
                Kind::Lead => words.leads,
                Kind::Opportunity => words.opportunities,
            }
            .to_lowercase(),
        }
    }

    fn portion(&self, portion: &Portion) -> String {
        let what = self.part(portion.part, &portion.label, portion.alone);
        match portion.records {
            Some(n) => format!("{what} ({})", self.language.words().count(&self.records, n)),
            None => what,
        }
    }

    /// What speaks against an absence, as a sentence.
    pub fn problem(&self, problem: &Problem) -> String {
        match self.language {
            Language::English => self.with_days(&sentence(&problem.to_string())),
            Language::Polish => self.with_days(&sentence(&self.polish(problem))),
        }
    }

    /// Why an absence was not saved, as a sentence.
    pub fn objection(&self, objection: &Objection) -> String {
        match (self.language, objection) {
            (_, Objection::Problem(problem)) => self.problem(problem),
            (Language::English, other) => self.with_days(&sentence(&other.to_string())),
            (Language::Polish, other) => self.with_days(&sentence(&polish_objection(other))),
        }
    }

    /// A sentence with its days (`2026-11-25`, as the command line writes them) as the pages write
    /// them: `25 Nov 2026`, `25 lis 2026`.
    pub fn with_days(&self, sentence: &str) -> String {
        let digit = |c: char| c.is_ascii_digit();
        let mut said = String::with_capacity(sentence.len());
        let mut rest = sentence;
        while let Some((before, from)) = rest.find(digit).and_then(|at| rest.split_at_checked(at)) {
            let end = from.find(|c: char| !digit(c) && c != '-').unwrap_or(from.len());
            let (word, after) = from.split_at_checked(end).unwrap_or((from, ""));
            said.push_str(before);
            match word.parse::<NaiveDate>() {
                Ok(day) if word.len() == 10 => said.push_str(&self.language.words().date(day)),
                _ => said.push_str(word),
            }
            rest = after;
        }
        said.push_str(rest);
        said
    }

    fn polish(&self, problem: &Problem) -> String {
        let of = |portion: &Portion| self.portion(portion);
        match problem {
            Problem::UnknownZone(zone) => format!("strefa „{zone}” jest nieznana; użyj nazwy IANA, np. Europe/Warsaw"),
            Problem::EndBeforeStart { first, last } => {
                format!(
                    "ostatni dzień ({last}) jest przed pierwszym ({first}); popraw jeden z nich (niepodany pierwszy dzień to dzisiaj)"
                )
            }
            Problem::TimesSwapped { day, first, last } => {
                format!(
                    "dnia {day} koniec ({last}) byłby przed początkiem ({first}); zamień je lub popraw jeden z nich"
                )
            }
            Problem::BackTooEarly { back, last } => {
                format!("pierwszy dzień po powrocie ({back}) musi być po ostatnim dniu nieobecności ({last})")
            }
            Problem::NothingToConfirm(last) => {
                format!(
                    "koniec jest znany ({last}), więc nie ma czego potwierdzać; usuń dzień potwierdzenia albo ostatni dzień"
                )
            }
            Problem::ConfirmTooEarly { confirm, first } => {
                format!("dzień potwierdzenia ({confirm}) musi być po pierwszym dniu nieobecności ({first})")
            }
            Problem::Deactivated(name) => {
                format!(
                    "konto osoby {name} jest wyłączone, więc nie ma czego zastępować; przypisz jej rekordy komuś innemu"
                )
            }
            Problem::Themselves { name, portion } => {
                format!("{name} nie może zastępować samego siebie ({}); wskaż kogoś innego", of(portion))
            }
            Problem::StandInGone { name, portion } => {
                format!(
                    "{name} ma wyłączone konto i nie może zastępować ({}); wskaż kogoś, kto tu pracuje",
                    of(portion)
                )
            }
            Problem::Tie { portion, names } => {
                format!("dwa wyjątki dotyczą tego samego ({}): {names}; zostaw jeden", of(portion))
            }
            Problem::Overlap { name, id, span } => {
                format!(
                    "{name}: jest już nieobecność {} (nr {id}); zmień tamtą (późniejszy ostatni dzień ją przedłuży), zakończ ją albo wybierz inne dni",
                    days(span)
                )
            }
            other => self.polish_warning(other),
        }
    }

    /// What can be saved all the same, and circles.
    fn polish_warning(&self, problem: &Problem) -> String {
        let of = |portion: &Portion| self.portion(portion);
        match problem {
            Problem::Circle { names, span, portion } => format!(
                "zastępstwa tworzą koło: {names}; {} nikogo z nich nie będzie na miejscu ({}); wskaż kogoś innego",
                days(span),
                of(portion)
            ),
            Problem::StandInAway { name, span, portion, then } => {
                let then = match then.as_deref() {
                    Some((name, AnswerPath::TeamFallback)) => format!("odpowiada {name} (osoba rezerwowa zespołu)"),
                    Some((name, AnswerPath::CompanyFallback)) => format!("odpowiada {name} (osoba rezerwowa firmy)"),
                    Some((name, _)) => format!("odpowiada {name}"),
                    None => "nikt nie odpowiada".to_owned(),
                };
                format!("{name} także jest poza firmą {}; w tym czasie {then}: {}", days(span), of(portion))
            }
            Problem::DeputyAway { name, span, portion } => {
                format!("{name} także jest poza firmą {}; w tym czasie nikt nie odpowiada: {}", days(span), of(portion))
            }
            Problem::NobodyLeft { span, portion } => format!(
                "{} nikt nie odpowiada: {}; nie wskazano zastępcy, a osoby rezerwowej zespołu ani firmy nie ma; wskaż zastępcę",
                days(span),
                of(portion)
            ),
            Problem::NoDeputy(portion) => {
                format!(
                    "nikt nie odpowiada: {}; może tylko zastępca do spraw poufnych; wskaż go, jeśli komuś można je powierzyć",
                    of(portion)
                )
            }
            Problem::CoversNothing { name, portion } => format!(
                "{name} miałby(-aby) zastępować: {}, ale nie obejmuje to żadnego rekordu: nie ma ich, należą do kogoś innego albo są poufne",
                of(portion)
            ),
            Problem::NotHandedOver(portion) => {
                format!("nikogo nie wskazano ({}), więc nie zostanie to przekazane", of(portion))
            }
            Problem::ConfirmDue { name, day } => format!(
                "koniec nie jest znany i miał zostać potwierdzony {day}: czy {name} nadal jest poza firmą? Ustaw inny dzień albo zakończ nieobecność; po tym dniu klienci nie dostają zawiadomień"
            ),
            Problem::ReadOnly { company: true } => {
                "zastępca wszystko widzi, ale niczego nie zmieni: `cover_writes` jest wyłączone w konfiguracji"
                    .to_owned()
            }
            Problem::ReadOnly { company: false } => {
                "zastępca wszystko widzi, ale niczego nie zmieni: tak stanowi ta nieobecność".to_owned()
            }
            // `polish` has said the others.
            other => other.to_string(),
        }
    }
}

fn days(span: &Span) -> String {
    match span.last {
        Some(last) if last == span.first => format!("dnia {last}"),
        Some(last) => format!("od {} do {last}", span.first),
        None => format!("od {}, bez końca", span.first),
    }
}

fn polish_objection(objection: &Objection) -> String {
    match objection {
        // `objection` has said these before it comes here.
        Objection::Problem(problem) => problem.to_string(),
        Objection::NoUser { login, near: Some(near) } => {
            format!("nie ma użytkownika o loginie „{login}”; czy chodzi o „{near}”?")
        }
        Objection::NoUser { login, near: None } => format!("nie ma użytkownika o loginie „{login}”"),
        Objection::NotYours(name) => {
            format!(
                "nieobecności osoby {name} wpisuje, zmienia i kończy tylko ona sama, jej przełożeni i administratorzy; poproś kogoś z nich"
            )
        }
        Objection::DeputyIsTheirs(name) => format!(
            "zastępcę do spraw poufnych wskazuje tylko {name}: nikt z przełożonych tych spraw nie czyta; pomiń go"
        ),
        Objection::DeputyIsYou(name) => format!(
            "{name}: zastępujesz tę osobę w rekordach poufnych, więc nie możesz wydłużyć tego czasu ani poszerzyć swoich praw; usuń zastępcę do rekordów poufnych albo poproś tę osobę lub innego przełożonego"
        ),
        Objection::SubstituteIsYou(name) => format!(
            "{name}: odpowiadał(a)byś przez to za rekordy tej osoby, a administrator nie daje wglądu sam sobie; wskaż kogoś innego albo poproś tę osobę, jej przełożonego lub innego administratora"
        ),
        Objection::Past => "ostatni dzień jest w przeszłości, więc nie ma czego zastępować; popraw daty".to_owned(),
        Objection::EndsNow => "byłaby już zakończona; jeśli osoba wróciła, zakończ nieobecność".to_owned(),
        Objection::NoAbsence(id) => format!("nie ma nieobecności nr {id}"),
        Objection::Over(id) => format!("nieobecność nr {id} już się zakończyła; wpisz nową"),
        Objection::NotAway(login) => format!("{login}: nie trwa teraz żadna nieobecność"),
        Objection::NoSelector(text) => format!("„{text}” nie wskazuje żadnych rekordów"),
        Objection::NoRecord(text) => {
            format!("nie ma rekordu „{text}”, do którego masz wgląd; podaj jego numer")
        }
        Objection::Several(text, which) => {
            format!("„{text}” może oznaczać kilka rekordów; podaj numer jednego: {which}")
        }
        Objection::NoAccount(text) => format!("„{text}” nie jest firmą; dla pojedynczego rekordu wybierz „ten rekord”"),
        Objection::NoTeam(text) => format!("nie ma zespołu „{text}”"),
        Objection::NoLanguage(tag) => {
            format!("nie ma zawiadomień w języku „{tag}”; język inny niż en i pl to plik, zob. docs/notices.md")
        }
        Objection::Text(tag, error) => format!("tekstu ({tag}) nie można wysłać: {}", template_in_polish(error)),
    }
}

/// With a capital letter and a full stop.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let mut out: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    out.push_str(letters.as_str());
    if !out.ends_with(['.', '?', '!']) {
        out.push('.');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_a_sentence_in_both_languages() {
        let portion = Portion { part: Part::Rest, label: String::new(), alone: true, records: Some(22) };
        let span = Span { first: "2026-11-20".parse().unwrap(), last: Some("2026-11-27".parse().unwrap()) };
        let problem = Problem::NobodyLeft { span, portion };
        let english = Language::English.absences().problem(&problem);
        assert!(
            english.starts_with("From 20 Nov 2026 to 27 Nov 2026 nobody answers for all records (22 records):"),
            "{english}"
        );
        let polish = Language::Polish.absences().problem(&problem);
        assert!(
            polish.starts_with("Od 20 lis 2026 do 27 lis 2026 nikt nie odpowiada: wszystkie rekordy (22\u{a0}rekordy)")
                || polish
                    .starts_with("Od 20 lis 2026 do 27 lis 2026 nikt nie odpowiada: wszystkie rekordy (22 rekordy)"),
            "{polish}"
        );
    }

    #[test]
    fn days_in_a_sentence_are_as_people_read_them_and_other_numbers_stay() {
        let said = |text| Language::Polish.absences().with_days(text);
        assert_eq!(said("od 2026-01-02, nr 7"), "od 2 sty 2026, nr 7");
        assert_eq!(said("OP-2026-01-021 i 2026-13-40, 5"), "OP-2026-01-021 i 2026-13-40, 5");
        assert_eq!(said("2026-11-25"), "25 lis 2026");
    }
}
