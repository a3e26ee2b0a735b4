//! What was looked at, in words, where a rule does not forbid: the sentence that is true then. Only the reasons that
//! are asked of every mail have one; the parts of a rule (`model::notice::Reason::code`) share that of the rule.

use super::Asked;
use crate::model::notice::{Language, Reason};

/// What holds of a mail to which this rule has no objection, as a sentence.
pub fn passed(asked: &Asked, language: Language) -> &'static str {
    match language {
        Language::Pl => polish(asked),
        Language::En | Language::Further(_) => english(asked),
    }
}

fn english(asked: &Asked) -> &'static str {
    use Reason::*;
    match asked.reason {
        Off | OffHere | Stopped => "Notices are on for this absence and for the company.",
        NotAway => "The absence ran when it arrived, and when this was decided.",
        NoArrival => "The mail server said when it arrived.",
        TooEarly => "It arrived after the absence began, notices were switched on and the mailbox was connected.",
        TooLate => "It was read soon after it arrived.",
        Backlog => "It came as new mail, and nothing was decided about it before.",
        Folder => "It lay in the inbox, neither answered nor deleted nor marked as junk.",
        AnsweredMeanwhile => "The absent person did not write to the sender after it arrived.",
        NotAddressed => "One of the person's addresses stands among those it was written to.",
        TooManyAddressees => "It went to few people, and not only as a copy where those are not answered.",
        SharedMailbox => "It came to the person's own mailbox.",
        ServerAnswers => "The mailbox's own server is not known to send absence replies.",
        NullSender => "It has a return address, or none that says that a machine sent it.",
        NoReturnPath => "The mail server recorded what stands as return address.",
        UnclearReturnPath => "Its return address leaves no doubt.",
        AutoSubmitted => "It does not say that a machine sent it (Auto-Submitted).",
        List => "It carries no fields of a mailing list or newsletter.",
        ListMark => "It carries no older mark of a mailing list or campaign.",
        Precedence => "It is not marked as bulk, list or junk mail (Precedence).",
        Suppressed => "Its sender does not ask for no absence replies (X-Auto-Response-Suppress).",
        SuppressedReply => "Its sender does not ask for no automatic replies, or that is not minded here.",
        ResponderMark => "It carries no mark of another automatic responder.",
        Report => "It is no report about delivery, reading or abuse.",
        ReadReport => "It is no report that a mail was read or recalled.",
        Calendar => "It is no calendar message, or an invitation that may be answered.",
        SystemAddress => "Its sender is no system address such as no-reply.",
        OwnMail => {
            "It was sent neither by the person nor by Standin; nor, where colleagues are answered, by who stands in."
        }
        Colleague => "Its sender is no colleague, or one who gets notices.",
        AnswersOurs => "It does not answer a mail that Standin sent by itself.",
        Spam => "It is not marked as spam, and has no attachment that can do harm.",
        NotAuthentic if asked.stamped => "The mail server confirms the sender's address (SPF, DKIM, DMARC).",
        NotAuthentic | Unproven => "No result of the mail server denies the sender's address; it gave none.",
        NotStamped if asked.stamped => "The mail server gave a result about the sender's address.",
        NotStamped => {
            "The mail server gave no result about the sender's address, and does not do so as a rule; then known \
             correspondents alone are answered."
        }
        Audience => "The sender is among those who get notices.",
        OtherDomain => "Its return address belongs to the organisation of its author.",
        Malformed => "It has one clear author, and is not damaged.",
        Undeliverable => "Its return address can be written to.",
        Blocked => "Neither the sender nor their domain is marked to get no automatic mail.",
        AutomaticSubject => "Its subject is not that of an automatic reply.",
        Automatic => "It was recognised neither as automatic nor as sent to many.",
        AlreadyTold | ToldBefore | Waits | Unclear | NotDelivered | InTrial => {
            "No notice of this absence was made for this sender before it."
        }
        Capped | CappedDomain | CappedPerson | CappedHere | Breaker => "None of the limits against loops was reached.",
        BothAway => "Its sender is no colleague who is away with notices on.",
        EnoughForMessage => "Fewer than three notices for this message had gone out.",
        NoOwnAddress => "The person has an address that can stand as the author of a notice.",
    }
}

fn polish(asked: &Asked) -> &'static str {
    use Reason::*;
    match asked.reason {
        Off | OffHere | Stopped => "Zawiadomienia są włączone dla tej nieobecności i dla firmy.",
        NotAway => "Nieobecność trwała, gdy wiadomość nadeszła i gdy zapadała decyzja.",
        NoArrival => "Serwer poczty podał, kiedy nadeszła.",
        TooEarly => "Nadeszła po początku nieobecności, włączeniu zawiadomień i podłączeniu skrzynki.",
        TooLate => "Została odczytana niedługo po nadejściu.",
        Backlog => "Nadeszła jako nowa i nie zapadła o niej wcześniej żadna decyzja.",
        Folder => "Leżała w skrzynce odbiorczej, bez odpowiedzi, nieusunięta i nieoznaczona jako spam.",
        AnsweredMeanwhile => "Nieobecna osoba nie napisała do nadawcy po jej nadejściu.",
        NotAddressed => "Jest wśród jej adresatów adres tej osoby.",
        TooManyAddressees => "Poszła do niewielu osób i nie tylko jako kopia tam, gdzie na kopie nie odpowiadamy.",
        SharedMailbox => "Przyszła na własną skrzynkę tej osoby.",
        ServerAnswers => "Nie wiadomo nic o tym, by serwer skrzynki sam wysyłał odpowiedzi o nieobecności.",
        NullSender => "Ma adres zwrotny albo nie ma takiego, który wskazuje na automat.",
        NoReturnPath => "Serwer poczty zapisał, co stoi jako adres zwrotny.",
        UnclearReturnPath => "Jej adres zwrotny nie budzi wątpliwości.",
        AutoSubmitted => "Nie podaje, że wysłał ją automat (Auto-Submitted).",
        List => "Nie ma pól listy dyskusyjnej ani biuletynu.",
        ListMark => "Nie ma starszych znaków listy dyskusyjnej ani kampanii.",
        Precedence => "Nie jest oznaczona jako masowa, z listy ani śmieci (Precedence).",
        Suppressed => "Nadawca nie zabrania odpowiedzi o nieobecności (X-Auto-Response-Suppress).",
        SuppressedReply => "Nadawca nie zabrania automatycznych odpowiedzi albo tutaj się na to nie zważa.",
        ResponderMark => "Nie ma znaków innego automatu odpowiadającego.",
        Report => "Nie jest raportem o doręczeniu, odczytaniu ani nadużyciu.",
        ReadReport => "Nie jest raportem o odczytaniu ani wycofaniu wiadomości.",
        Calendar => "Nie jest wiadomością kalendarza albo jest zaproszeniem, na które wolno odpowiedzieć.",
        SystemAddress => "Nadawcą nie jest adres systemowy, taki jak no-reply.",
        OwnMail => {
            "Nie wysłała jej ta sama osoba ani Standin, ani, jeśli odpowiadamy współpracownikom, osoba zastępująca."
        }
        Colleague => "Nadawca nie pracuje w tej samej firmie albo należy do tych, którzy dostają zawiadomienia.",
        AnswersOurs => "Nie odpowiada na wiadomość, którą Standin wysłał sam.",
        Spam => "Nie jest oznaczona jako spam i nie ma szkodliwego załącznika.",
        NotAuthentic if asked.stamped => "Serwer poczty potwierdza adres nadawcy (SPF, DKIM, DMARC).",
        NotAuthentic | Unproven => "Żaden wynik serwera poczty nie podważa adresu nadawcy; serwer nie podał żadnego.",
        NotStamped if asked.stamped => "Serwer poczty podał wynik sprawdzenia adresu nadawcy.",
        NotStamped => {
            "Serwer poczty nie podał wyniku sprawdzenia adresu nadawcy i zwykle tego nie robi; wtedy odpowiadamy tylko \
             znanym korespondentom."
        }
        Audience => "Nadawca należy do tych, którzy dostają zawiadomienia.",
        OtherDomain => "Jej adres zwrotny należy do organizacji autora.",
        Malformed => "Ma jednego wyraźnego autora i nie jest uszkodzona.",
        Undeliverable => "Na jej adres zwrotny można pisać.",
        Blocked => "Ani nadawca, ani jego domena nie są wyłączeni z automatycznej poczty.",
        AutomaticSubject => "Jej temat nie jest tematem automatycznej odpowiedzi.",
        Automatic => "Nie została rozpoznana ani jako automatyczna, ani jako masowa.",
        AlreadyTold | ToldBefore | Waits | Unclear | NotDelivered | InTrial => {
            "Przed nią nie powstało dla tego nadawcy żadne zawiadomienie o tej nieobecności."
        }
        Capped | CappedDomain | CappedPerson | CappedHere | Breaker => {
            "Nie osiągnięto żadnego z limitów, które chronią przed pętlą."
        }
        BothAway => "Nadawca nie jest współpracownikiem, który jest nieobecny i ma włączone zawiadomienia.",
        EnoughForMessage => "W sprawie tej wiadomości wysłano mniej niż trzy zawiadomienia.",
        NoOwnAddress => "Osoba ma adres, który może być nadawcą zawiadomienia.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_forbid_is_said_otherwise_than_what_does() {
        for reason in Reason::ALL {
            for (language, stamped) in
                [(Language::En, true), (Language::En, false), (Language::Pl, true), (Language::Pl, false)]
            {
                let asked = Asked { reason: *reason, forbids: false, stamped };
                let text = passed(&asked, language);
                assert_ne!(text, crate::notice::explain(*reason, language), "{}", reason.code());
                assert!(text.ends_with('.'), "{text}");
            }
        }
    }

    #[test]
    fn without_a_result_none_is_claimed() {
        let said = |reason, stamped| passed(&Asked { reason, forbids: false, stamped }, Language::En);
        assert!(said(Reason::NotAuthentic, true).contains("confirms"));
        assert!(said(Reason::NotAuthentic, false).contains("it gave none"));
        assert!(
            said(Reason::NotStamped, false).contains("gave no result")
                && said(Reason::NotStamped, false).contains("known")
        );
    }
}
