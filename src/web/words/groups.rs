//! The texts of the pages about teams, and of opening a record without a right (W22).

use super::{Counted, Language};
use crate::actions::shares;
use crate::actions::teams::Refused;

texts! {
plain {
    add: "New team", "Nowy zespół";
    add_do: "Make the team", "Utwórz zespół";
    means: "Who belongs to a team reads what is shared with it, and that may grow. Nobody puts themselves in: another admin does.",
        "Kto należy do zespołu, czyta to, co mu udostępniono, także później. Nikt nie dopisuje samego siebie: robi to inny administrator.";
    name: "Name", "Nazwa";
    rename: "Rename", "Zmień nazwę";
    members: "Members", "Członkowie";
    members_none: "Nobody yet.", "Jeszcze nikt.";
    member_add: "Add a member", "Dodaj członka";
    member_add_do: "Add", "Dodaj";
    member_gone: "Take out", "Usuń z zespołu";
    lead: "Fallback", "Osoba rezerwowa";
    lead_means: "Answers for the team's records when owner and substitutes are all away.", "Odpowiada za rekordy zespołu, gdy opiekun i zastępcy są nieobecni.";
    nobody: "nobody", "nikt";
    save: "Save", "Zapisz";
    copies: "Announce new leads of the team to all of it", "Powiadamiaj cały zespół o jego nowych leadach";
    choose: "choose…", "wybierz…";
    not_done: "Not done.", "Nie wykonano.";
    saved: "Saved. It is noted in the audit.", "Zapisano. Jest to odnotowane w dzienniku.";
    no_admin: "Only an admin changes teams.", "Zespoły zmienia tylko administrator.";
    no_themselves: "Nobody puts themselves in a team or makes themselves a fallback: it would give sight. Ask another admin.",
        "Nikt nie dopisuje się do zespołu ani nie zostaje w nim sam osobą rezerwową: dałoby to wgląd. Poproś innego administratora.";
    no_taken: "There is a team {name} already. Choose another name.", "Zespół {name} już istnieje. Wybierz inną nazwę.";
    no_name: "A team needs a name of 1 to 100 characters, without a colon.", "Zespół potrzebuje nazwy od 1 do 100 znaków, bez dwukropka.";
    no_gone: "{name} is deactivated. Choose somebody who works here.", "{name} ma konto wyłączone. Wybierz osobę, która tu pracuje.";
    no_already: "It is so already; nothing was changed.", "Tak już jest; niczego nie zmieniono.";
    // Breaking the glass.
    glass: "Open without a right", "Otwarcie awaryjne";
    glass_see: "Open a record without a right…", "Otwórz rekord awaryjnie…";
    glass_means: "For an emergency: you read one record for some hours. Its owner is told at once, with your name and reason, and can end it; it stays in the audit.",
        "Na sytuacje awaryjne: czytasz jeden rekord przez kilka godzin. Opiekun od razu zobaczy twoje nazwisko i powód i może to zakończyć; zostaje to w dzienniku.";
    glass_record: "Record: id, number or external id", "Rekord: id, numer lub id zewnętrzne";
    glass_reason: "Reason", "Powód";
    glass_reason_hint: "What happened, and why it cannot wait for the owner.", "Co się stało i dlaczego nie może to czekać na opiekuna.";
    glass_hours: "For how many hours", "Na ile godzin";
    glass_do: "Open the record", "Otwórz rekord";
    glass_mine: "Open to you now", "Otwarte teraz dla ciebie";
    glass_all: "Opened without a right, at this moment", "Otwarte awaryjnie w tej chwili";
    glass_none: "Nothing.", "Nic.";
    glass_until: "until {time}: {reason}", "do {time}: {reason}";
    glass_end: "Close now", "Zamknij teraz";
    glass_told: "{name} opened {record} without a right at {since}, until {until}: {reason}", "{name}: otwarcie awaryjne rekordu {record}, {since}, do {until}. Powód: {reason}";
    glass_look: "Who sees it, and close it", "Kto to widzi; zamknij";
    glass_not_there: "There is no such record, or you may not open it.", "Nie ma takiego rekordu albo nie możesz go otworzyć.";
    glass_reads: "You may read that record already; there is nothing to open.", "Możesz już czytać ten rekord; nie ma czego otwierać.";
    glass_no_reason: "A reason is needed.", "Powód jest konieczny.";
    glass_several: "That may mean several records. Give the id or the full number.", "To może oznaczać kilka rekordów. Podaj id lub pełny numer.";
    secret: "confidential record № {id}", "rekord poufny nr {id}";
}
counted {
    hours: ["{n} hour at most.", "{n} hours at most."], ["Najwyżej {n} godzina.", "Najwyżej {n} godziny.", "Najwyżej {n} godzin."];
    shares: ["{n} record is shared with it.", "{n} records are shared with it."], ["Udostępniono mu {n} rekord.", "Udostępniono mu {n} rekordy.", "Udostępniono mu {n} rekordów."];
}
}

impl Words {
    /// Why a team was not changed.
    pub fn no(&self, refused: &Refused) -> String {
        match refused {
            Refused::NotAdmin => self.no_admin.to_owned(),
            Refused::Themselves => self.no_themselves.to_owned(),
            Refused::Taken(name) => super::fill(self.no_taken, &[("name", name)]),
            Refused::Name => self.no_name.to_owned(),
            Refused::Gone(name) => super::fill(self.no_gone, &[("name", name)]),
            Refused::Already => self.no_already.to_owned(),
        }
    }

    /// Why a record was not opened.
    pub fn no_glass(&self, refused: &shares::Refused) -> String {
        match refused {
            shares::Refused::ReadsAlready => self.glass_reads.to_owned(),
            shares::Refused::NoReason => self.glass_no_reason.to_owned(),
            shares::Refused::TooLong(hours) => self.count(&self.hours, i64::from(*hours)),
            _ => self.glass_not_there.to_owned(),
        }
    }
}
