//! Reasons in words, for people (every no has a name, and is shown).

use crate::model::notice::{Language, Reason};
use crate::model::notice_text::{Because, Spoken};

/// Why no notice was sent, as a sentence for whoever asks.
pub fn explain(reason: Reason, language: Language) -> &'static str {
    match language {
        Language::Pl => polish(reason),
        Language::En | Language::Further(_) => english(reason),
    }
}

/// The same with the rule's number behind it, as it stands in lists and logs.
pub fn silence(reason: Reason, language: Language) -> String {
    format!("{} ({})", explain(reason, language), reason.rule())
}

/// What it comes to where a source names a language in which no notice can be written (R78), as a sentence.
pub fn passed_over(spoken: &Spoken, language: Language) -> String {
    let tag: String = spoken.tag.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(16).collect();
    match language {
        Language::Pl => {
            let source = match spoken.because {
                Because::Contact => "Język kontaktu",
                Because::LastMail => "Język naszej ostatniej wiadomości",
                _ => "Język wskazany w wiadomości klienta",
            };
            format!("{source} to „{tag}”, a w nim nie ma słów zawiadomienia; liczy się następne źródło.")
        }
        Language::En | Language::Further(_) => {
            let source = match spoken.because {
                Because::Contact => "The contact's language",
                Because::LastMail => "The language of our last mail to them",
                _ => "The language that their mail names",
            };
            format!(
                "{source} is \u{201c}{tag}\u{201d}, in which there are no words for a notice; the next source counts."
            )
        }
    }
}

fn english(reason: Reason) -> &'static str {
    match reason {
        Reason::Off => "Notices are not switched on for this absence.",
        Reason::OffHere => "Notices are switched off for the whole company.",
        Reason::Stopped => "All notices are stopped by hand.",
        Reason::NotAway => {
            "The absence did not run when the mail arrived, or has ended, or its open end was not confirmed in time."
        }
        Reason::NoArrival => "The mail server gave no arrival time, or one in the future.",
        Reason::TooEarly => {
            "It arrived before the absence began, notices were switched on, or the mailbox was connected."
        }
        Reason::TooLate => "It was read too long after it arrived.",
        Reason::Backlog => "It was already in the mailbox, or was decided before.",
        Reason::Folder => "It is not in the inbox, or is already answered, deleted, a draft or junk.",
        Reason::AnsweredMeanwhile => "The absent person wrote to the sender after it arrived.",
        Reason::NotAddressed => "None of the person's addresses stands in To or Cc.",
        Reason::TooManyAddressees => "It went to too many people, or only as a copy and those are not answered.",
        Reason::SharedMailbox => "It came to a shared mailbox.",
        Reason::ServerAnswers => "The mailbox's own server already sends absence replies.",
        Reason::NullSender => "It has an empty return address: a machine sent it.",
        Reason::NoReturnPath => "The mail server recorded no return address (Return-Path).",
        Reason::UnclearReturnPath => "Its return address cannot be read without doubt.",
        Reason::AutoSubmitted => "It says that a machine sent it (Auto-Submitted).",
        Reason::List => "It carries fields of a mailing list or newsletter (List-…).",
        Reason::ListMark => "It carries the mark of a mailing list or campaign.",
        Reason::Precedence => "It is marked as bulk, list or junk mail (Precedence).",
        Reason::Suppressed => "Its sender asks for no absence replies (X-Auto-Response-Suppress).",
        Reason::SuppressedReply => "Its sender asks for no automatic replies (X-Auto-Response-Suppress).",
        Reason::ResponderMark => "It carries the mark of another automatic responder.",
        Reason::Report => "It is a report about delivery, reading or abuse.",
        Reason::ReadReport => "It is a report that a mail was read or recalled.",
        Reason::Calendar => "It is an invitation or another calendar message.",
        Reason::SystemAddress => "Its sender is a system address such as no-reply.",
        Reason::OwnMail => "It was sent by the person, by who stands in, by one of our mailboxes, or by Standin.",
        Reason::Colleague => "Its sender is a colleague; they see the absence in Standin.",
        Reason::AnswersOurs => "It answers a mail that Standin sent by itself.",
        Reason::Spam => "It is marked as spam, or has an attachment that can do harm.",
        Reason::NotAuthentic => "The mail server says that the sender may be false (SPF, DKIM, DMARC).",
        Reason::Unproven => "The mail server could not check whether the sender is genuine (SPF, DKIM, DMARC).",
        Reason::NotStamped => "The mail server did not say whether the sender's address is genuine.",
        Reason::Audience => "The sender is not among those who get notices.",
        Reason::OtherDomain => "Its return address belongs to another organisation than its author.",
        Reason::Malformed => "It has no clear single author, or is damaged.",
        Reason::Undeliverable => "Its return address cannot be written to.",
        Reason::Blocked => "The sender, or their domain, is marked to get no automatic mail.",
        Reason::AutomaticSubject => "Its subject is that of an automatic reply.",
        Reason::Automatic => "It was recognised as automatic, or as sent to many.",
        Reason::AlreadyTold => "This sender was already told about this absence.",
        Reason::ToldBefore => "This sender was told of the absence that ended less than a day before this one began.",
        Reason::Waits => "A notice to this sender waits to be sent.",
        Reason::Unclear => "A notice to this sender may have gone out or not; no second one is sent.",
        Reason::NotDelivered => "A notice to this sender was tried and not delivered; it is not tried again.",
        Reason::InTrial => "An earlier one of these mails by the same sender would have been answered.",
        Reason::Capped => "Too many notices went out; the limit protects against loops.",
        Reason::CappedDomain => "As many notices as are allowed in a day went to the sender's domain.",
        Reason::CappedPerson => "As many notices as are allowed for one person in an hour went out.",
        Reason::CappedHere => "As many notices as are allowed for the whole company in an hour went out.",
        Reason::Breaker => "More notices than ever went out in an hour, so all are stopped for an hour.",
        Reason::BothAway => "Sender and recipient are both absent colleagues.",
        Reason::EnoughForMessage => "Three notices for this message went out already.",
        Reason::NoOwnAddress => "The person has no address that can stand as the author of a notice.",
    }
}

fn polish(reason: Reason) -> &'static str {
    match reason {
        Reason::Off => "Zawiadomienia nie są włączone dla tej nieobecności.",
        Reason::OffHere => "Zawiadomienia są wyłączone dla całej firmy.",
        Reason::Stopped => "Wszystkie zawiadomienia zatrzymano ręcznie.",
        Reason::NotAway => {
            "W chwili nadejścia wiadomości nieobecność nie trwała, już się skończyła albo nie potwierdzono na czas, że trwa dalej."
        }
        Reason::NoArrival => "Serwer poczty nie podał czasu nadejścia albo podał czas z przyszłości.",
        Reason::TooEarly => "Nadeszła przed początkiem nieobecności, włączeniem zawiadomień lub podłączeniem skrzynki.",
        Reason::TooLate => "Została odczytana zbyt długo po nadejściu.",
        Reason::Backlog => "Była już w skrzynce albo decyzja zapadła wcześniej.",
        Reason::Folder => "Nie leży w skrzynce odbiorczej albo jest odpowiedziana, usunięta, szkicem lub spamem.",
        Reason::AnsweredMeanwhile => "Nieobecna osoba napisała do nadawcy po jej nadejściu.",
        Reason::NotAddressed => "W polach Do i DW nie ma żadnego adresu tej osoby.",
        Reason::TooManyAddressees => {
            "Została wysłana do zbyt wielu osób albo tylko jako kopia, a na kopie nie odpowiadamy."
        }
        Reason::SharedMailbox => "Przyszła na wspólną skrzynkę.",
        Reason::ServerAnswers => "Serwer skrzynki sam wysyła już odpowiedzi o nieobecności.",
        Reason::NullSender => "Ma pusty adres zwrotny: wysłał ją automat.",
        Reason::NoReturnPath => "Serwer poczty nie zapisał adresu zwrotnego (Return-Path).",
        Reason::UnclearReturnPath => "Jej adresu zwrotnego nie da się odczytać bez wątpliwości.",
        Reason::AutoSubmitted => "Sama podaje, że wysłał ją automat (Auto-Submitted).",
        Reason::List => "Ma pola listy dyskusyjnej albo biuletynu (List-…).",
        Reason::ListMark => "Nosi znak listy dyskusyjnej lub kampanii.",
        Reason::Precedence => "Jest oznaczona jako masowa, z listy lub śmieci (Precedence).",
        Reason::Suppressed => "Nadawca nie chce odpowiedzi o nieobecności (X-Auto-Response-Suppress).",
        Reason::SuppressedReply => "Nadawca nie chce automatycznych odpowiedzi (X-Auto-Response-Suppress).",
        Reason::ResponderMark => "Nosi znak innego automatu odpowiadającego.",
        Reason::Report => "Jest raportem o doręczeniu, odczytaniu lub nadużyciu.",
        Reason::ReadReport => "Jest raportem o odczytaniu lub wycofaniu wiadomości.",
        Reason::Calendar => "Jest zaproszeniem lub inną wiadomością kalendarza.",
        Reason::SystemAddress => "Nadawcą jest adres systemowy, na przykład no-reply.",
        Reason::OwnMail => "Wysłała ją ta sama osoba, osoba zastępująca, jedna z naszych skrzynek albo Standin.",
        Reason::Colleague => "Nadawca pracuje w tej samej firmie i widzi nieobecność w Standin.",
        Reason::AnswersOurs => "Odpowiada na wiadomość, którą Standin wysłał sam.",
        Reason::Spam => "Jest oznaczona jako spam albo ma szkodliwy załącznik.",
        Reason::NotAuthentic => "Według serwera poczty nadawca może być fałszywy (SPF, DKIM, DMARC).",
        Reason::Unproven => "Serwer poczty nie mógł sprawdzić, czy nadawca jest prawdziwy (SPF, DKIM, DMARC).",
        Reason::NotStamped => "Serwer poczty nie podał, czy adres nadawcy jest prawdziwy.",
        Reason::Audience => "Nadawca nie należy do tych, którzy dostają zawiadomienia.",
        Reason::OtherDomain => "Jej adres zwrotny należy do innej organizacji niż autor.",
        Reason::Malformed => "Nie ma jednego wyraźnego autora albo jest uszkodzona.",
        Reason::Undeliverable => "Na jej adres zwrotny nie można pisać.",
        Reason::Blocked => "Nadawca lub jego domena nie dostaje automatycznej poczty.",
        Reason::AutomaticSubject => "Jej temat jest tematem automatycznej odpowiedzi.",
        Reason::Automatic => "Została rozpoznana jako automatyczna lub masowa.",
        Reason::AlreadyTold => "Ten nadawca wie już o tej nieobecności.",
        Reason::ToldBefore => {
            "Ten nadawca dostał zawiadomienie o nieobecności, która skończyła się niecałą dobę przed tą."
        }
        Reason::Waits => "Zawiadomienie do tego nadawcy czeka na wysłanie.",
        Reason::Unclear => "Zawiadomienie do tego nadawcy mogło zostać wysłane albo nie; drugiego nie wysyłamy.",
        Reason::NotDelivered => "Zawiadomienia do tego nadawcy nie udało się doręczyć; ponownej próby nie będzie.",
        Reason::InTrial => "Odpowiedź dostałaby wcześniejsza z tych wiadomości tego samego nadawcy.",
        Reason::Capped => "Wysłano zbyt wiele zawiadomień; limit chroni przed pętlą.",
        Reason::CappedDomain => "Do domeny nadawcy wysłano tyle zawiadomień, ile wolno w ciągu doby.",
        Reason::CappedPerson => "Wysłano tyle zawiadomień, ile wolno w imieniu jednej osoby w ciągu godziny.",
        Reason::CappedHere => "Wysłano tyle zawiadomień, ile wolno w całej firmie w ciągu godziny.",
        Reason::Breaker => {
            "W ciągu godziny wysłano więcej zawiadomień niż kiedykolwiek, więc na godzinę wstrzymano wszystkie."
        }
        Reason::BothAway => "Nadawca i adresat są nieobecni w tym samym czasie.",
        Reason::EnoughForMessage => "W sprawie tej wiadomości wysłano już trzy zawiadomienia.",
        Reason::NoOwnAddress => "Osoba nie ma adresu, który mógłby być nadawcą zawiadomienia.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_words_of_its_own_in_both_languages() {
        for language in [Language::En, Language::Pl] {
            let words: std::collections::BTreeSet<_> =
                Reason::ALL.iter().map(|reason| explain(*reason, language)).collect();
            assert_eq!(words.len(), Reason::ALL.len());
        }
    }
}
