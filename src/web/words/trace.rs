//! The texts at the head of a trace: who wrote a mail, what became of it, what comes of a rule's word.

use super::Language;
use crate::intake::replay::Outcome;
use crate::model::mail::Author;

texts! {
plain {
    from: "From", "Od";
    to: "To", "Do";
    and_more: "{list} and {n} more", "{list} i jeszcze {n}";
    subject: "Subject", "Temat";
    date: "Date", "Data";
    date_other: "{said}, as it says; it counts as of {at}, since that lies too far from when it came (R133)",
        "{said} według niej samej; liczy się {at}, bo tamto jest zbyt daleko od jej nadejścia (R133)";
    written_by: "Written by", "Autor";
    came: "Came", "Droga";
    lies_in: "Lies in", "Leży w";
    no_place: "no mailbox any more", "już w żadnej skrzynce";
    shared_box: "{name} (shared)", "{name} (wspólna)";
    own_box: "{name} ({person})", "{name} ({person})";
    state: "State", "Stan";
    nobody_read: "nobody who could be read", "nie do odczytania";
    human_plain: "a person: nothing on it says that a machine wrote it", "człowiek: nic nie wskazuje na automat";
    human_seen: "a person: no sign of a machine; how it came: {seen}", "człowiek: brak oznak automatu; droga: {seen}";
    machine_seen: "a machine ({kind}): {seen}", "automat ({kind}): {seen}";
    machine_said: "a machine, since somebody said so", "automat, bo ktoś tak stwierdził";
    over_list: "over a mailing list", "przez listę dyskusyjną";
    in_bulk: "in bulk, one text to many", "masowo, jeden tekst do wielu osób";
    sender: "Sender", "Nadawca";
    doubted: "Our own server does not confirm that the sender is who it claims to be (R36), so nothing follows from its address.",
        "Nasz serwer nie potwierdza, że nadawca jest tym, za kogo się podaje (R36), więc z adresu nic nie wynika.";
    governed: "It is governed by {records}: whoever reads that reads the mail.",
        "O wglądzie decyduje: {records}. Kto to czyta, czyta też tę wiadomość.";
    governed_sealed: "It is governed by {records} and marked confidential: it is seen as if that were confidential.",
        "O wglądzie decyduje: {records}, a wiadomość oznaczono jako poufną: widać ją tak, jakby to było poufne.";
    nowhere: "It is stored, stands on no record, and nobody is asked about it.",
        "Jest zapisana, nie jest przy żadnym rekordzie i nikt nie jest o nią pytany.";
    no_record: "It stands on no record.", "Nie jest przy żadnym rekordzie.";
    private: "It is private: a person or a rule said so, and it stands on no record.",
        "Jest prywatna: tak zdecydował człowiek albo reguła, i nie jest przy żadnym rekordzie.";
    asked: "It waits in review: {why}", "Czeka na sprawdzenie: {why}";
    in_review: "Decide about it in review", "Zdecyduj na stronie sprawdzania";
    not_stored: "It is not stored.", "Nie jest zapisywana.";
    but_nobodys: "but no record has that number", "ale żaden rekord nie ma tego numeru";
    but_several: "only suggested, because several records have that number", "tylko propozycja, bo ten numer ma kilka rekordów";
    but_false: "only suggested, because our own server does not confirm that the sender is who it claims to be (R36)",
        "tylko propozycja, bo nasz serwer nie potwierdza, że nadawca jest tym, za kogo się podaje (R36)";
    but_outweighed: "but something stronger decides: a person's word, filing, a true reply or a rule before it",
        "ale decyduje coś silniejszego: słowo człowieka, przypisanie, prawdziwa odpowiedź albo wcześniejsza reguła";
    but_later: "but the mail came before the rule said so; rules change nothing that is there until they are applied to history",
        "ale wiadomość przyszła wcześniej; reguły nie zmieniają zapisanej poczty, dopóki się ich do niej nie zastosuje";
    seen_by: "By {record}", "Przez: {record}";
    seen_by_copy: "By a copy in a mailbox of their own", "Przez kopię we własnej skrzynce";
    notices_away: "None: nobody to whom it came was away.", "Żadne: nikt z adresatów nie był nieobecny.";
    notices_old: "None: it did not come as new mail; it was imported, or read as history (R4, R5).",
        "Żadne: nie przyszła jako nowa poczta, lecz z importu albo z historii (R4, R5).";
    kind_failed: "delivery failed", "niedoręczenie";
    kind_delayed: "delivery delayed", "opóźnione doręczenie";
    kind_delivered: "delivery report", "raport doręczenia";
    kind_read: "read receipt", "potwierdzenie odczytu";
    kind_feedback: "abuse report", "zgłoszenie nadużycia";
    kind_vacation: "absence notice", "zawiadomienie o nieobecności";
    kind_left: "no longer works there", "już tam nie pracuje";
    kind_receipt: "acknowledgement", "potwierdzenie przyjęcia";
    kind_challenge: "asks to prove that one is a person", "prosi o dowód, że pisze człowiek";
    kind_calendar: "calendar", "kalendarz";
    kind_other: "notification", "powiadomienie";
}
counted {
}
}

impl Words {
    /// The texts of a language.
    pub fn of(language: Language) -> &'static Words {
        match language {
            Language::English => &ENGLISH,
            Language::Polish => &POLISH,
        }
    }

    /// Which machine wrote a mail.
    pub fn kind(&self, author: Author) -> &'static str {
        match author {
            Author::DsnFailed => self.kind_failed,
            Author::DsnDelayed => self.kind_delayed,
            Author::DsnDelivered => self.kind_delivered,
            Author::Mdn => self.kind_read,
            Author::FeedbackReport => self.kind_feedback,
            Author::Vacation => self.kind_vacation,
            Author::LeftCompany => self.kind_left,
            Author::Acknowledgement => self.kind_receipt,
            Author::Challenge => self.kind_challenge,
            Author::Calendar => self.kind_calendar,
            Author::Human | Author::Notification => self.kind_other,
        }
    }

    /// Why what a rule says is not, or not yet, where the mail stands.
    pub fn but(&self, outcome: Outcome) -> Option<&'static str> {
        Some(match outcome {
            Outcome::Stands => return None,
            Outcome::Nobodys => self.but_nobodys,
            Outcome::Several => self.but_several,
            Outcome::False => self.but_false,
            Outcome::Outweighed => self.but_outweighed,
            Outcome::Later => self.but_later,
        })
    }
}
