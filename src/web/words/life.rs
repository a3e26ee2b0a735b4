//! The texts of the pages on which records are merged and parted, deleted and brought back.

use super::{Counted, Language};

texts! {
plain {
    merge: "Merge with another", "Połącz z innym";
    merge_title: "Merge another record into “{name}”", "Włącz inny rekord do: „{name}”";
    merge_means: "The other record becomes a part of this one: its history, mail, addresses, people and activities stand here from then on. It can be undone.",
        "Drugi rekord stanie się częścią tego: jego historia, poczta, adresy, osoby i działania będą odtąd tutaj. Można to cofnąć.";
    other: "The other record", "Drugi rekord";
    other_hint: "Its number, name or external id. It has to be of the same kind.", "Jego numer, nazwa lub identyfikator zewnętrzny. Musi być tego samego rodzaju.";
    look: "Show what would happen", "Pokaż, co się stanie";
    several: "Several records are called so. Which one?", "Kilka rekordów tak się nazywa. Który?";
    none_such: "There is no such record, or it is not yours to see. Check the number or the name.", "Nie ma takiego rekordu albo nie masz do niego wglądu. Sprawdź numer lub nazwę.";
    would: "“{gone}” becomes a part of “{kept}”", "„{gone}” stanie się częścią: „{kept}”";
    moves: "Moves here", "Przechodzi tutaj";
    owner_stays: "{owner} stays the owner. Answering for it follows from that.", "Opiekunem pozostaje: {owner}. Od tego zależy, kto odpowiada.";
    secret: "One of the two is confidential, so the record is confidential from then on.", "Jeden z dwóch jest poufny, więc rekord będzie odtąd poufny.";
    gain: "See more than before", "Zobaczą więcej niż dotąd";
    lose: "See the other one no longer", "Nie zobaczą już tego drugiego";
    merge_button: "Merge the two", "Połącz te dwa rekordy";
    parts: "What became a part of this record", "Co stało się częścią tego rekordu";
    hidden_part: "a record that you may not see", "rekord, do którego nie masz wglądu";
    part_again: "Part again", "Rozdziel";
    not_last: "Parted after the later ones.", "Do rozdzielenia po późniejszych.";
    delete: "Delete", "Usuń";
    delete_title: "Delete “{name}”", "Usuń: „{name}”";
    delete_means: "Nobody sees it any more, and no mail comes onto it. Nothing is thrown away: it can be brought back.",
        "Nikt go już nie zobaczy i nie trafi na niego żadna poczta. Nic nie przepada: można go przywrócić.";
    goes: "Out of sight", "Znika z oczu";
    stays: "Stays", "Pozostaje";
    nothing: "Nothing.", "Nic.";
    no_more_mail: "No mail comes by these any more", "Tędy poczta już nie przyjdzie";
    delete_button: "Delete this record", "Usuń ten rekord";
    deleted_title: "“{name}” is deleted", "Usunięto: „{name}”";
    deleted_means: "Keep this address: from here it can be brought back, with its mail, activities and rights. The audit names it, too.",
        "Zachowaj ten adres: stąd można przywrócić rekord z jego pocztą, działaniami i prawami. Wymienia go też dziennik.";
    restore: "Bring it back", "Przywróć";
    no_may_not: "You may read “{name}” but not assign it, and merging and deleting need that. Ask its owner or an admin.",
        "Masz wgląd do „{name}”, ale nie możesz go przekazywać, a tego wymaga łączenie i usuwanie. Poproś opiekuna lub administratora.";
    no_same: "A record cannot be merged with itself. Name another one.", "Rekordu nie można połączyć z nim samym. Wskaż inny.";
    no_kinds: "Only records of one kind can be merged; these are of two. Name another one.", "Można łączyć tylko rekordy jednego rodzaju; te są różne. Wskaż inny.";
    no_strangers: "There are contacts of others whose mail an open opportunity would show by it. Ask an admin to merge them.",
        "Otwarta szansa pokazałaby pocztę kontaktów innych osób. Poproś administratora o połączenie.";
    no_not_merged: "It was not merged, or was parted again already.", "Nie był połączony albo już go rozdzielono.";
    no_not_last: "“{name}” was merged after it. Part that one first, then this one.", "Później połączono „{name}”. Najpierw rozdziel tamten, potem ten.";
    no_kept_gone: "The record that it became a part of is deleted or merged itself. Bring that one back first.",
        "Rekord, którego stał się częścią, jest usunięty lub sam połączony. Najpierw przywróć tamten.";
    no_was_merged: "It was merged into another record. Part the two instead.", "Został połączony z innym rekordem. Zamiast tego rozdziel te dwa.";
}
counted {
    mails: ["{n} mail", "{n} mails"], ["{n} wiadomość", "{n} wiadomości", "{n} wiadomości"];
    mails_hidden: ["{n} mail that stands nowhere else", "{n} mails that stand nowhere else"],
        ["{n} wiadomość, która nie należy nigdzie indziej", "{n} wiadomości, które nie należą nigdzie indziej", "{n} wiadomości, które nie należą nigdzie indziej"];
    mails_staying: ["{n} mail on other records", "{n} mails on other records"],
        ["{n} wiadomość na innych rekordach", "{n} wiadomości na innych rekordach", "{n} wiadomości na innych rekordach"];
    activities: ["{n} activity", "{n} activities"], ["{n} działanie", "{n} działania", "{n} działań"];
    activities_open: ["{n} of them open", "{n} of them open"], ["z tego otwarte: {n}", "z tego otwarte: {n}", "z tego otwarte: {n}"];
    shares: ["{n} right that was given", "{n} rights that were given"], ["{n} nadane prawo", "{n} nadane prawa", "{n} nadanych praw"];
    contacts: ["{n} contact", "{n} contacts"], ["{n} kontakt", "{n} kontakty", "{n} kontaktów"];
    opportunities: ["{n} opportunity", "{n} opportunities"], ["{n} szansa", "{n} szanse", "{n} szans"];
    addresses: ["{n} address or domain", "{n} addresses and domains"], ["{n} adres lub domena", "{n} adresy i domeny", "{n} adresów i domen"];
}
}

impl super::Words {
    /// The texts about merging and deleting.
    pub fn life(&self) -> &'static Words {
        Words::of(self.language)
    }
}
