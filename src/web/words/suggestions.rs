//! The texts of what notices suggest of contacts, on the page of review.

use super::{Counted, Language};
use crate::actions::suggestions::Told;

texts! {
plain {
    title: "Suggestions about contacts", "Sugestie dotyczące kontaktów";
    means: "What absence and farewell notices of the last 30 days say of people on your records, or of somebody you cover. Older ones stay on the page of the contact.",
        "Co wynika z zawiadomień o nieobecności i odejściu z ostatnich 30 dni: o osobach z rekordów twoich lub osoby, którą zastępujesz. Starsze są na stronie kontaktu.";
    left_question: "Does {contact} no longer work there?", "Czy {contact} już tam nie pracuje?";
    left_says: "A notice says so; {address} would not be used any more.", "Tak mówi zawiadomienie; {address} nie będzie już używany.";
    left_elsewhere: "A notice from {from}, in answer to a mail to {address} alone, says that somebody left. Whether that is this person only you can tell; nothing is marked before you answer.",
        "Zawiadomienie z adresu {from}, w odpowiedzi na wiadomość tylko do {address}, mówi, że ktoś już tam nie pracuje. Czy chodzi o tę osobę, wiesz tylko ty; do twojej odpowiedzi nic nie zostanie oznaczone.";
    left_yes: "Yes, left", "Tak, już nie pracuje";
    left_yes_does: "Marks {address} as not to be used: whoever would write there is warned, and nothing automatic goes there.",
        "Oznacza {address} jako nieużywany: kto zechce tam napisać, zobaczy ostrzeżenie, i nic automatycznego tam nie pójdzie.";
    left_no: "Still works there", "Nadal tam pracuje";
    left_no_does: "Marks nothing, until a later notice says it again.", "Niczego nie oznacza, dopóki nie powtórzy tego późniejsze zawiadomienie.";
    named_question: "Is {person} worth a contact?", "Czy {person} ma zostać kontaktem?";
    named_stands_in: "Named to turn to while {contact} is away.", "Zastępuje: {contact} (na czas nieobecności).";
    named_until: "Named to turn to while {contact} is away, until {day}.", "Zastępuje: {contact} (na czas nieobecności, do {day}).";
    named_follows: "Named as successor of {contact}.", "Przejmuje sprawy: {contact} (już tam nie pracuje).";
    named_by: "So do notices of {contacts}; this is decided for them, too.", "Podobnie zawiadomienia: {contacts}; decyzja obejmie i te osoby.";
    named_yes: "Make a contact", "Utwórz kontakt";
    named_yes_does: "Makes a contact at {account}, owned by {owner}. {mails} in your mailboxes name this address and would stand there. Nobody gets mail because of it.",
        "Tworzy kontakt w {account}, opiekun: {owner}. Poczta z tym adresem w twoich skrzynkach ({mails}) trafi do tego kontaktu. Nikt nie dostanie przez to poczty.";
    named_yes_alone: "Makes a contact without an account, owned by {owner}. {mails} in your mailboxes name this address and would stand there. Nobody gets mail because of it.",
        "Tworzy kontakt bez firmy, opiekun: {owner}. Poczta z tym adresem w twoich skrzynkach ({mails}) trafi do tego kontaktu. Nikt nie dostanie przez to poczty.";
    named_no: "Not needed", "Niepotrzebne";
    named_no_does: "It is not offered again.", "Nie pojawi się ponownie.";
    skip: "Skip", "Pomiń";
    keys: "Keys: 1 yes, 2 no, s skip. They can be switched off here.", "Klawisze: 1 tak, 2 nie, s pomiń. Tu można je wyłączyć.";
    told_left: "Noted: they left. That address is not used any more.", "Zapisano: już tam nie pracuje. Ten adres nie będzie używany.";
    told_stays: "Noted: they still work there.", "Zapisano: nadal tam pracuje.";
    told_taken: "The contact was made.", "Kontakt utworzono.";
    told_passed: "Noted: not needed.", "Zapisano: niepotrzebne.";
    undone: "Taken back.", "Cofnięto.";
}
counted {
    waiting: ["{n} suggestion about contacts", "{n} suggestions about contacts"],
        ["{n} sugestia dotycząca kontaktów", "{n} sugestie dotyczące kontaktów", "{n} sugestii dotyczących kontaktów"];
    mails: ["{n} mail", "{n} mails"], ["{n} wiadomość", "{n} wiadomości", "{n} wiadomości"];
}
}

impl Words {
    /// What was done.
    pub fn told(&self, told: Told) -> &'static str {
        match told {
            Told::Left => self.told_left,
            Told::Stays => self.told_stays,
            Told::Taken(_) => self.told_taken,
            Told::Passed => self.told_passed,
        }
    }
}
