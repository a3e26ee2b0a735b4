//! The texts of review and of corrections on a mail's page.

use super::{Counted, Language};
use crate::actions::corrections::No;
use crate::actions::review::No as NoReview;
use crate::model::correction::What;
use crate::model::review::Reason;

texts! {
plain {
    nav: "Review", "Do sprawdzenia";
    title: "To be reviewed", "Do sprawdzenia";
    means: "Mail that could not be placed surely: in your own mailbox, on your records, or for somebody you cover. What nobody decides is thrown away in its time, but for what stands on a record or was taken off one by hand.",
        "Poczta, której nie dało się pewnie przypisać: z twojej skrzynki, przy twoich rekordach lub osoby, którą zastępujesz. To, o czym nikt nie zdecyduje, po czasie znika, chyba że jest przy rekordzie albo zdjęto je z niego ręcznie.";
    means_admin: "As an admin you also see what others are asked; each look at it is noted in the audit.",
        "Jako administrator widzisz też pytania do innych osób; każdy wgląd jest odnotowany w dzienniku.";
    none: "Nothing is to be reviewed. Mail that cannot be placed surely will show up here.",
        "Nie ma nic do sprawdzenia. Tu pojawi się poczta, której nie da się pewnie przypisać.";
    progress: "{n} of {all}", "{n} z {all}";
    may_be: "What is it about?", "Czego dotyczy?";
    no_records: "No record is known that it may be about.", "Nie wiadomo, jakiego rekordu może dotyczyć.";
    points_mean: "Points are given to several open opportunities of a contact, by thread, subject, quotes, words, people and time. From 25 on, with 14 more than the next, one is chosen without a person.",
        "Punkty dostaje każda z kilku otwartych szans kontaktu: za wątek, temat, cytaty, słowa, osoby i czas. Od 25, z przewagą 14 nad następną, wybór odbywa się bez człowieka.";
    meant: "Whoever filed it meant this, or the text that they forwarded names somebody on it.", "Chodziło o to komuś, kto ją przypisał, albo przekazana treść wymienia kogoś stąd.";
    stands: "It stands there now.", "Teraz jest właśnie tu.";
    choose: "It is about {name}", "Dotyczy: {name}";
    choose_none: "None of these", "Żadne z nich";
    choose_private: "Private", "Prywatna";
    choose_automatic: "A machine wrote it", "Napisał automat";
    choose_other: "It is about this one", "Dotyczy tego rekordu";
    other: "Another record (number, name or external id)", "Inny rekord (numer, nazwa lub identyfikator zewnętrzny)";
    skip: "Skip", "Pomiń";
    always: "Always for this sender, in my mailboxes", "Zawsze dla tego nadawcy, w moich skrzynkach";
    always_domain: "Always for everybody at {domain}, in my mailboxes (how much mail that is comes first)",
        "Zawsze dla wszystkich z {domain}, w moich skrzynkach (najpierw zobaczysz, ile to wiadomości)";
    thread: "The whole thread, with what will come in it", "Cały wątek, razem z przyszłą pocztą";
    next: "Further mails", "Kolejne wiadomości";
    older: "Older", "Starsze";
    first: "From the start", "Od początku";
    preview: "Decide about these", "Decyzja o tych wiadomościach";
    preview_lead: "Exactly these mails are decided, each if it is still asked by then. You can take it back as one.",
        "Decyzja obejmie dokładnie te wiadomości, jeśli nadal czekają. Można ją cofnąć w całości.";
    others: "Others of this sender stay as they are: that record is none of their candidates.", "Pozostałe od tego nadawcy zostają bez zmian: tego rekordu nie ma wśród kandydatów.";
    left_out: "Left out", "Pominięto";
    undo: "Undo", "Cofnij";
    undone: "Taken back.", "Cofnięto.";
    rule_offer: "Make a rule of it", "Zrób z tego regułę";
    rule_means: "This rule does it for all mail of the sender. Trying it shows what it would change in stored mail; nothing is saved before you have seen that.",
        "Ta reguła zrobi to dla każdej wiadomości od nadawcy. Próba pokaże, co zmieni w zapisanej poczcie; wcześniej nic nie zostanie zapisane.";
    rule_try: "See what it would change", "Zobacz, co zmieni";
    rule_edit: "Change it first", "Najpierw zmień";
    proposed: "Rules that decisions speak for", "Reguły, za którymi przemawiają decyzje";
    proposed_means: "People put this mail on one record by hand, again and again. A rule would do it.",
        "Tę pocztę ktoś raz po raz przypisywał ręcznie do jednego rekordu. Reguła zrobi to sama.";
    proposed_because: "{mails} of {of} went to “{name}” by hand in the last 30 days.",
        "{of}: {mails} przypisano ręcznie do „{name}” w ostatnich 30 dniach.";
    back: "Back to review", "Wróć do sprawdzania";
    covered: "for {name}", "za: {name}";
    as_admin: "as an admin, noted in the audit", "jako administrator, odnotowano w dzienniku";
    keys: "Keys: 1 to 9 choose, n none, s skip, a always, d the whole domain. They can be switched off here.",
        "Klawisze: od 1 do 9 wybór, n żadne, s pomiń, a zawsze, d cała domena. Tu można je wyłączyć.";
    keys_on: "Keys on", "Klawisze włączone";
    filing: "Somebody filed it from their mail program, and that could not be done.", "Ktoś przypisał ją w programie pocztowym, ale nie dało się tego wykonać.";
    unlinked: "Somebody took it off the last record on which it stood.", "Ktoś zdjął ją z ostatniego rekordu, przy którym była.";
    forged: "Your mail server does not confirm its sender.", "Serwer pocztowy nie potwierdził nadawcy.";
    suggested: "It names something of ours, but its sender takes no part in that.", "Powołuje się na coś naszego, ale nadawca nie bierze w tym udziału.";
    several: "It may be about one of several records, and none leads clearly.", "Może dotyczyć jednego z kilku rekordów, a żaden wyraźnie nie prowadzi.";
    shared_address: "An address on it stands on several records.", "Adres z tej wiadomości jest w kilku rekordach.";
    other_content: "Another mail has the same id and says something else.", "Inna wiadomość ma ten sam identyfikator, a inną treść.";
    unknown_sender: "Somebody at a firm that nobody here knows wrote to a shared mailbox.", "Ktoś z nieznanej firmy napisał do wspólnej skrzynki.";
    unsure: "It could not be placed surely.", "Nie dało się jej pewnie przypisać.";
    correct: "Correct", "Popraw";
    correct_means: "What a person says is last: nothing that comes later changes it, and it can be taken back.",
        "Słowo człowieka jest ostateczne: nic późniejszego go nie zmieni, a można je cofnąć.";
    do_none: "About no opportunity", "Nie dotyczy żadnej szansy";
    do_add: "Put on this record as well", "Dodaj też do tego rekordu";
    do_remove: "Take off {name}", "Zdejmij z: {name}";
    do_private: "Private", "Prywatna";
    do_confidential: "Confidential", "Poufna";
    do_open: "Not confidential", "Nie jest poufna";
    sealed: "confidential", "poufna";
    do_automatic: "A machine wrote it", "Napisał automat";
    do_split: "A new thread begins here", "Tu zaczyna się nowy wątek";
    do_join: "Join with mail number", "Połącz z wiadomością numer";
    joins: "Join", "Połącz";
    do_always: "All mail of {sender} is about this record", "Każda wiadomość od {sender} dotyczy tego rekordu";
    domain_asks: "All mail of {domain} that lies in your mailboxes is to be about “{name}”: {mails} now, and what will come. What people said of single mails, threads and senders stays.",
        "Cała poczta z {domain} w twoich skrzynkach ma dotyczyć „{name}”: teraz {mails} oraz to, co przyjdzie. Decyzje o pojedynczych wiadomościach, wątkach i nadawcach zostają.";
    domain_yes: "Yes, all of it", "Tak, cała";
    domain_no: "No, leave it", "Nie, zostaw";
    no_everybodys: "Anybody can have an address in that domain, so its mail is about many things; say it of one sender.",
        "W tej domenie adres może mieć każdy, więc jej poczta dotyczy wielu spraw; zdecyduj o jednym nadawcy.";
    noted: "Noted.", "Zapisano.";
    history: "What people said of it", "Co o niej powiedziano";
    said_regard: "it is about {record}", "dotyczy: {record}";
    said_no_regard: "it is about no opportunity", "nie dotyczy żadnej szansy";
    said_add: "it stands on {record} as well", "jest też przy: {record}";
    said_remove: "it does not belong on {record}", "nie należy do: {record}";
    said_private: "it is private", "jest prywatna";
    said_none: "it belongs to no record", "nie należy do żadnego rekordu";
    said_confidential: "it is confidential", "jest poufna";
    said_open: "it is not confidential", "nie jest poufna";
    said_automatic: "a machine wrote it", "napisał ją automat";
    said_split: "a new thread begins with it", "zaczyna nowy wątek";
    said_join: "it belongs to another thread", "należy do innego wątku";
    said_filed: "it was filed on {record}", "przypisano do: {record}";
    said_no_answer: "no answer is needed", "odpowiedź nie jest potrzebna";
    said_follow_up: "it is to be followed up", "do ponownego sprawdzenia";
    of_thread: "the whole thread", "cały wątek";
    of_sender: "all mail of {sender}", "cała poczta od {sender}";
    not_standing: "undone or replaced", "cofnięte lub zastąpione";
    operator: "the operator", "operator";
    asked: "This mail is in review.", "Ta wiadomość czeka na sprawdzenie.";
    decide: "Decide", "Zdecyduj";
    no_record: "You may see no such record: {name}. Write its number, its whole name or its external id.", "Nie widzisz takiego rekordu: {name}. Podaj numer, pełną nazwę albo identyfikator zewnętrzny.";
    no_several: "Several records are called {name}; write the number of the one you mean.", "Kilka rekordów nazywa się {name}; podaj numer właściwego.";
    no_choice: "Nothing was chosen.", "Nic nie wybrano.";
    no_mail: "There is no such mail, or you may not see it.", "Nie ma takiej wiadomości albo jej nie widzisz.";
    no_may_not: "You may read that record, not change it; ask its owner.", "Możesz czytać ten rekord, ale nie zmieniać; zwróć się do opiekuna.";
    no_theirs: "It stands on a record that is not yours to change; ask whoever answers for it.", "Jest przy rekordzie, którego nie możesz zmieniać; zwróć się do osoby, która za niego odpowiada.";
    no_gain: "As an admin you put no colleague's mail onto a record that you read yourself; ask them or another admin.",
        "Jako administrator nie przypisujesz cudzej poczty do rekordu, który sam(a) czytasz; poproś tę osobę lub innego administratora.";
    no_already: "It is so already; nothing was changed.", "Już tak jest; nic nie zmieniono.";
    no_not_on_it: "It does not stand on that record.", "Nie ma jej przy tym rekordzie.";
    no_nowhere: "It stands on no record, so there is nobody to keep it from. Say first what it is about.", "Nie jest przy żadnym rekordzie, więc nie ma jej przed kim ukrywać. Najpierw wskaż, czego dotyczy.";
    no_may_not_mark: "Only the owner of each record on which it stands marks it, or their deputy while they are away. Ask them.", "Oznacza ją tylko właściciel każdego rekordu, przy którym jest, a podczas jego nieobecności pełnomocnik. Poproś o to.";
    no_same_thread: "They are in one thread already.", "Są już w jednym wątku.";
    no_own_sender: "The sender is of your own company: that mail is about many things.", "Nadawca jest z twojej firmy: jego poczta dotyczy wielu spraw.";
    no_senders_mail: "Mail of theirs in your mailboxes stands on a record that is not yours to change; ask whoever answers for it, or add single mails to yours.",
        "Poczta tego nadawcy w twoich skrzynkach jest przypisana do rekordu, którego nie możesz zmieniać; zapytaj osobę, która za niego odpowiada, albo dopisz pojedyncze wiadomości do swojego.";
    no_correction: "There is no such correction, or it is not yours to undo.", "Nie ma takiej poprawki albo nie możesz jej cofnąć.";
    no_not_standing: "It does not stand any more: it was undone, or a later word took its place.", "Już nie obowiązuje: cofnięto ją albo zastąpiło ją późniejsze słowo.";
    no_elsewhere: "“Always” reaches mail in your own mailboxes only, and this one lies elsewhere; an admin can make a rule.",
        "„Zawsze” dotyczy tylko poczty w twoich skrzynkach, a ta jest gdzie indziej; administrator może dodać regułę.";
    no_sender: "Nobody knows who wrote it, so there is no “always”.", "Nie wiadomo, kto ją napisał, więc nie ma „zawsze”.";
    no_decision: "There is no such decision of yours that waits; it may have been carried out already.", "Nie ma takiej twojej decyzji do wykonania; być może już ją wykonano.";
}
counted {
    points: ["{n} point", "{n} points"], ["{n} punkt", "{n} punkty", "{n} punktów"];
    waiting: ["{n} mail is to be reviewed", "{n} mails are to be reviewed"], ["{n} wiadomość do sprawdzenia", "{n} wiadomości do sprawdzenia", "{n} wiadomości do sprawdzenia"];
    like: ["The {n} mail like it, too: same sender, same question (shown before)", "The {n} mails like it, too: same sender, same question (shown before)"],
        ["Także {n} podobna: ten sam nadawca i to samo pytanie (najpierw podgląd)", "Także {n} podobne: ten sam nadawca i to samo pytanie (najpierw podgląd)", "Także {n} podobnych: ten sam nadawca i to samo pytanie (najpierw podgląd)"];
    decided: ["{n} mail was decided.", "{n} mails were decided."], ["Rozstrzygnięto {n} wiadomość.", "Rozstrzygnięto {n} wiadomości.", "Rozstrzygnięto {n} wiadomości."];
    decide_n: ["Decide {n} mail", "Decide {n} mails"], ["Rozstrzygnij {n} wiadomość", "Rozstrzygnij {n} wiadomości", "Rozstrzygnij {n} wiadomości"];
    lately: ["You decided {n} time in the last 30 days.", "You decided {n} times in the last 30 days."], ["W ostatnich 30 dniach {n} twoja decyzja.", "W ostatnich 30 dniach {n} twoje decyzje.", "W ostatnich 30 dniach {n} twoich decyzji."];
}
}

impl Words {
    /// "All mail of somebody is about this record".
    pub fn always_of(&self, sender: &str) -> String {
        super::fill(self.do_always, &[("sender", sender)])
    }

    /// "Take off a record".
    pub fn remove_from(&self, name: &str) -> String {
        super::fill(self.do_remove, &[("name", name)])
    }

    /// Why a mail is asked about.
    pub fn reason(&self, reason: Option<Reason>) -> &'static str {
        match reason {
            Some(Reason::Filing) => self.filing,
            Some(Reason::Unlinked) => self.unlinked,
            Some(Reason::Forged) => self.forged,
            Some(Reason::Suggested) => self.suggested,
            Some(Reason::Several) => self.several,
            Some(Reason::SharedAddress) => self.shared_address,
            Some(Reason::OtherContent) => self.other_content,
            Some(Reason::UnknownSender) => self.unknown_sender,
            None => self.unsure,
        }
    }

    /// What a person said; `{record}` is to be filled.
    pub fn said(&self, what: What, of_record: bool) -> &'static str {
        match what {
            What::Regard if of_record => self.said_regard,
            What::Regard => self.said_no_regard,
            What::Add => self.said_add,
            What::Remove => self.said_remove,
            What::Private => self.said_private,
            What::Automatic => self.said_automatic,
            What::Split => self.said_split,
            What::Join => self.said_join,
            What::Filed => self.said_filed,
            What::NoAnswer => self.said_no_answer,
            What::FollowUp => self.said_follow_up,
            What::Confidential => self.said_confidential,
            What::Open => self.said_open,
        }
    }

    /// Why something was not said of a mail.
    pub fn no(&self, no: &No) -> &'static str {
        match no {
            No::NoMail => self.no_mail,
            No::NoRecord => self.no_choice,
            No::MayNotWrite => self.no_may_not,
            No::NotYours => self.no_theirs,
            No::OwnGain => self.no_gain,
            No::Already => self.no_already,
            No::NotOnIt => self.no_not_on_it,
            No::SameThread => self.no_same_thread,
            No::Nowhere => self.no_nowhere,
            No::MayNotMark => self.no_may_not_mark,
            No::SendersMail(_) => self.no_senders_mail,
            No::OwnSender(_) => self.no_own_sender,
            No::Everybodys(_) => self.no_everybodys,
            No::NoCorrection => self.no_correction,
            No::NotStanding | No::NotWaiting | No::NotAsked | No::Passed => self.no_not_standing,
        }
    }

    /// Why nothing was decided.
    pub fn not_decided(&self, no: &NoReview) -> &'static str {
        match no {
            NoReview::NotAsked => self.no_mail,
            NoReview::Refused(no) => self.no(no),
            NoReview::AlwaysElsewhere => self.no_elsewhere,
            NoReview::NoSender => self.no_sender,
            NoReview::NoDecision => self.no_decision,
            NoReview::Undone => self.no_not_standing,
        }
    }
}
