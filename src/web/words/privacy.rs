//! The texts of blocklists, and of what is stored about a person.

use super::{Counted, Language};
use crate::actions::blocks::No;

texts! {
plain {
    blocks: "Blocked senders", "Zablokowani";
    blocks_see: "See my blocklist", "Zobacz moją listę";
    company_blocks: "Blocked senders of the company", "Zablokowani przez firmę";
    own_means: "Mail on which one of these stands is not stored from your own mailboxes. What reached a colleague stays theirs.",
        "Poczta, na której jest ktoś z tej listy, nie jest zapisywana z twoich skrzynek. To, co dotarło do kogoś innego, zostaje u niego.";
    company_means: "Mail on which one of these stands is not stored from any mailbox, whatever else stands on it.",
        "Poczta, na której jest ktoś z tej listy, nie jest zapisywana z żadnej skrzynki, bez względu na resztę.";
    blocks_none: "Nobody is blocked here.", "Nikt nie jest tu zablokowany.";
    pattern: "Address (jan@x.pl) or domain (x.pl)", "Adres (jan@x.pl) albo domena (x.pl)";
    look: "See what that would hide", "Zobacz, co to ukryje";
    preview_own: "{pattern} would be blocked in your own mailboxes. Stored already: {mails}, of them {whole} in no other mailbox.",
        "{pattern}: blokada w twoich skrzynkach. Już zapisane: {mails}, w tym tylko u ciebie: {whole}.";
    preview_company: "{pattern} would be blocked in every mailbox. Stored already: {mails}.", "{pattern}: blokada we wszystkich skrzynkach. Już zapisane: {mails}.";
    take_away: "Take away what is stored already, too; others' copies stay theirs", "Usuń też to, co już zapisano; kopie innych zostają u nich";
    block: "Block", "Zablokuj";
    unblock: "Unblock", "Odblokuj";
    unblock_of: "Unblock {pattern}", "Odblokuj: {pattern}";
    blocked: "Blocked", "Zablokowano";
    by: "By", "Kto";
    since: "Since", "Od kiedy";
    operator: "the operator", "operator";
    saved: "Saved. What was hidden and is not any more is read again.", "Zapisano. To, co przestało być ukryte, jest czytane ponownie.";
    no_pattern: "This is neither an address nor a domain; write jan@x.pl for one person, or x.pl for everybody there.",
        "To nie jest adres ani domena; wpisz jan@x.pl dla jednej osoby albo x.pl dla wszystkich stamtąd.";
    no_ours: "{name} is one of ours: that would hide all our mail.", "{name} jest nasze: to ukryłoby całą naszą pocztę.";
    no_already: "{name} is blocked there already.", "{name} jest tam już na liście.";
    no_not_there: "{name} is not blocked there.", "{name} nie ma tam na liście.";
    person: "What is stored about a person", "Co jest zapisane o osobie";
    person_means: "Everything that is stored about somebody outside, by their address and its +tags. Each question is noted in the audit, without the address.",
        "Wszystko, co zapisano o osobie spoza firmy, według adresu i jego +znaczników. Każde pytanie jest odnotowane w dzienniku, bez adresu.";
    address: "Address", "Adres";
    show: "Show", "Pokaż";
    no_address: "This is no address of a person; write it like jan@x.pl.", "To nie jest adres osoby; wpisz go jak jan@x.pl.";
    no_person_ours: "{name} is one of ours; only people outside can be erased.", "{name} jest nasze; usunąć można tylko osoby spoza firmy.";
    about: "About {address}", "O: {address}";
    records: "Records", "Rekordy";
    record: "{kind} {id}", "{kind} {id}";
    alone: "about this person alone", "tylko o tej osobie";
    none: "none", "brak";
    mails: "Stored mails", "Zapisane wiadomości";
    span: "{mails}, from {first} to {last}", "{mails}, od {first} do {last}";
    names: "Names", "Nazwiska";
    hashes: "Places of mail that is not stored, as keyed hashes", "Miejsca niezapisanej poczty, jako skróty z kluczem";
    notices: "Absence notices, and decisions about them", "Zawiadomienia o nieobecności i decyzje o nich";
    outbox: "Mails of ours to it", "Nasze wiadomości na ten adres";
    consents: "Requests for consent", "Prośby o zgodę";
    activities: "Activities on its records", "Działania przy jej rekordach";
    lists: "Lines of blocklists", "Wpisy na listach blokad";
    audit: "Lines of the audit about its records (they name no address)", "Wpisy dziennika o jej rekordach (bez adresu)";
    erased_at: "Erased {time}: nothing that comes brings it back.", "Usunięto {time}: nic, co przyjdzie, tego nie przywróci.";
    not_erased: "Not erased.", "Nie usunięto.";
    erase: "Erase it for good", "Usuń na stałe";
    erase_means: "Mails on which no other person outside stands go whole. In others the address becomes a pseudonym and the names go, and so does the mail as it was received. Contacts and leads about this person alone lose name, phone and city; requests, blocklist lines, notices and hashes go. A keyed hash stays, so that nothing brings it back. What stays: mail of others that only speaks of them, the audit, backups. This cannot be undone, and may take minutes.",
        "Wiadomości, na których nie ma innej osoby spoza firmy, znikają w całości. W pozostałych adres staje się pseudonimem, nazwiska znikają, a z nimi oryginał wiadomości. Kontakty i leady tylko o tej osobie tracą nazwisko, telefon i miasto; prośby, wpisy na listach, zawiadomienia i skróty znikają. Zostaje skrót z kluczem, by nic jej nie przywróciło. Zostają: poczta innych, która tylko o niej mówi, dziennik i kopie zapasowe. Tego nie da się cofnąć; może to potrwać kilka minut.";
    erase_agree: "Yes, erase everything about {address}", "Tak, usuń wszystko o: {address}";
    erase_unagreed: "Nothing was erased: tick that you mean it first.", "Nic nie usunięto: najpierw zaznacz potwierdzenie.";
    erase_done: "Erased: {removed} mails removed, {redacted} redacted; {records} contacts and leads lost their name; {texts} other texts changed.",
        "Usunięto wiadomości: {removed}, zmieniono: {redacted}; kontakty i leady bez nazwiska: {records}; inne zmienione teksty: {texts}.";
    erase_space: "The database file could not be written anew: what stood there may be in its free space until then. Erase again when nothing else works on it.",
        "Nie udało się przepisać pliku bazy: usunięte dane mogą jeszcze być w jego wolnym miejscu. Powtórz, gdy nic innego na nim nie pracuje.";
}
counted {
    counted_mails: ["{n} mail", "{n} mails"], ["{n} wiadomość", "{n} wiadomości", "{n} wiadomości"];
}
}

impl Words {
    /// Why a list was not changed; nothing where it is as if there were no page.
    pub fn not_listed(&self, no: &No) -> Option<String> {
        let named = |text: &str, name: &str| Some(super::fill(text, &[("name", name)]));
        match no {
            No::NotAdmin | No::NobodysOwn => None,
            No::Ours(name) => named(self.no_ours, name),
            No::Already(name) => named(self.no_already, name),
            No::NotThere(name) => named(self.no_not_there, name),
        }
    }
}
