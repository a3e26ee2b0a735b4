//! (c): mail that machines write, in shapes and wording that the tables were not made from. Each kind is drawn with all
//! the polite fields its vendor writes, with some, and with none: what is left then is sender, subject and text.

use super::people::Made;
use super::random::Random;

/// A kind of machine mail.
struct Kind {
    name: &'static str,
    from: &'static [&'static str],
    subjects: &'static [&'static str],
    /// Fields that say that a machine wrote it.
    polite: &'static [&'static str],
    texts: &'static [&'static str],
    /// Where even the text has no polite field to lean on, whether it can be told at all.
    bare: bool,
}

const KINDS: &[Kind] = &[
    Kind {
        name: "bounce",
        from: &[
            "Mail Delivery System <MAILER-DAEMON@relay7.provider.net>",
            "Microsoft Outlook <postmaster@outlook.klient.com>",
            "Mail Delivery Subsystem <mailer-daemon@googlemail.com>",
            "postmaster <postmaster@mail.klient.com.pl>",
            "System pocztowy <MAILER-DAEMON@smtp.poczta.pl>",
            "\"MDaemon at klient.de\" <MDaemon@klient.de>",
            "Mailsystem <mailer-daemon@kundenserver.de>",
        ],
        subjects: &[
            "Undeliverable: Offer 117",
            "Delivery Status Notification (Failure)",
            "Returned mail: see transcript for details",
            "Niedostarczone: Oferta 117",
            "Unzustellbar: Angebot 117",
            "Non remis : devis 117",
            "Mail delivery failed: returning message to sender",
            "failure notice",
            "Nie można dostarczyć: Oferta",
            "Undelivered Mail Returned to Sender",
            "[Postmaster] Email Delivery Failure",
            "Permanent Delivery Failure",
            "Wiadomość nie została doręczona",
        ],
        polite: &[
            "Auto-Submitted: auto-replied\n",
            "Auto-Submitted: auto-generated (failure)\n",
            "X-Failed-Recipients: jan@klient.com.pl\n",
            "Return-Path: <>\n",
        ],
        texts: &[
            "The response from the remote server was:\n550-5.1.1 The email account that you tried to reach does not exist. Please try\n550 5.1.1 double-checking the recipient's address\n\n** Address not found **\nYour message wasn't delivered to jan@klient.com.pl\n",
            "Your message to jan@klient.com.pl couldn't be delivered.\njan wasn't found at klient.com.pl.\n\nDiagnostic information for administrators:\njan@klient.com.pl\nRemote server returned '550 5.1.10 RESOLVER.ADR.RecipientNotFound'\n",
            "Twoja wiadomość nie dotarła do adresata.\n\nAdres: jan@klient.com.pl\nPowód: 550 5.1.1 Odbiorca nieznany\n",
            "Folgende Empfänger konnten nicht erreicht werden:\n\n  jan@klient.com.pl\n    550 5.1.1 User unknown\n\nUrsprüngliche Nachricht:\nReceived: from x\nMessage-ID: <q7@firma.test>\n",
            "Sorry, we tried for 5 days and have given up.\n\n<jan@klient.com.pl>: connect to mx.klient.com.pl[10.0.0.1]:25: Connection timed out\n",
            "Le destinataire suivant n'a pas pu recevoir votre courriel : jan@klient.com.pl (5.2.2 boîte saturée)\n",
        ],
        bare: true,
    },
    Kind {
        name: "absence",
        from: &[
            "Jan Nowak <jan@klient.com.pl>",
            "Eva Lund <eva.lund@klient.se>",
            "Marta Ruiz <mruiz@klient.es>",
            "Sales <sales@klient.com>",
        ],
        subjects: &[
            "Automatic reply: Offer 117",
            "Odpowiedź automatyczna: Oferta 117",
            "Out of Office Re: Offer 117",
            "Automatisk svar: Tilbud",
            "Respuesta automática: Oferta",
            "Automatische Antwort: Angebot 117",
            "Autosvar: Offert",
            "Re: Offer 117",
            "Urlop",
            "Vacation",
            "AUTO: Jan Nowak is out of the office (returning 12/07/2026)",
        ],
        polite: &[
            "Auto-Submitted: auto-replied (vacation)\nPrecedence: bulk\n",
            "X-Auto-Response-Suppress: All\nAuto-Submitted: auto-generated\nX-MS-Exchange-Inbox-Rules-Loop: jan@klient.com.pl\n",
            "Auto-Submitted: auto-replied\nX-Autoreply: yes\n",
            "X-Autoreply: yes\nPrecedence: bulk\n",
            "Return-Path: <>\n",
        ],
        texts: &[
            "Thank you for your email. I'm currently travelling without access to my inbox and will be back at my desk on 7 December 2026. For anything that cannot wait, please get in touch with Ewa Lis (ewa@klient.com).\n",
            "Dziękuję za e-mail. Do 7 grudnia br. przebywam na urlopie wypoczynkowym bez dostępu do poczty. W pilnych sprawach zapraszam do kontaktu z biurem: biuro@klient.com.pl\n",
            "Vielen Dank für Ihre E-Mail. Ich bin ab dem 08.12.2026 wieder für Sie da. Ihre Mail wird nicht weitergeleitet.\n",
            "Hej, tack för ditt mejl. Jag är ledig och åter måndag den 7 december.\n",
            "Gracias por su correo. Estoy ausente de la oficina hasta el 7 de diciembre.\n",
            "Bedankt voor uw e-mail. Ik ben momenteel niet op kantoor en ben vanaf 8 december weer bereikbaar.\n",
        ],
        bare: true,
    },
    Kind {
        name: "left",
        from: &["Jan Nowak <jan@klient.com.pl>"],
        subjects: &["Automatic reply: Offer 117", "Automatyczna odpowiedź: Oferta", "Re: Offer 117"],
        polite: &[
            "Auto-Submitted: auto-replied\n",
            "X-Auto-Response-Suppress: All\nAuto-Submitted: auto-generated\n",
            "Return-Path: <>\n",
        ],
        texts: &[
            "Thank you for your message. Jan Nowak is no longer with Acme. Please direct your enquiry to Ewa Lis, ewa@klient.com.pl\n",
            "Dziękujemy za kontakt. Pan Jan Nowak nie pracuje już w naszej firmie. Prosimy kierować korespondencję do: ewa@klient.com.pl\n",
        ],
        bare: true,
    },
    Kind {
        name: "acknowledgement",
        from: &[
            "Acme Support <support@klient.com>",
            "Biuro Obsługi <bok@klient.com.pl>",
            "Helpdesk <helpdesk@klient.de>",
        ],
        subjects: &[
            "Re: Offer 117 [Case ID: 00012345]",
            "[Request received] Offer 117",
            "Your support request #99812 has been received",
            "Zgłoszenie #4711 zostało przyjęte",
            "Ihre Anfrage (Ticket 558812)",
            "[SUP-4711] Offer 117",
            "We got your message",
        ],
        polite: &[
            "Auto-Submitted: auto-replied\nX-Auto-Response-Suppress: All\n",
            "Auto-Submitted: auto-generated\nPrecedence: bulk\n",
            "X-Auto-Response-Suppress: All\nAuto-Submitted: auto-generated\n",
            "X-Autorespond: yes\n",
        ],
        texts: &[
            "Your request (99812) has been received and is being reviewed by our support staff. To add additional comments, reply to this email.\n",
            "Thanks for reaching out to Acme! A member of the team will get back to you within 24 hours. Your ticket number is 99812.\n",
            "Dziękujemy za zgłoszenie. Nadaliśmy mu numer 4711. Odpowiemy w ciągu 2 dni roboczych.\n",
            "Vielen Dank für Ihre Anfrage. Ihre Ticketnummer lautet 558812. Wir melden uns innerhalb von 24 Stunden.\n",
        ],
        bare: true,
    },
    Kind {
        name: "challenge",
        from: &["Mail Guard <verify@guard.net>", "Jan Nowak <jan@klient.com.pl>"],
        subjects: &[
            "Re: Offer 117",
            "Verify your e-mail to jan@klient.com.pl",
            "Your message to Jan requires verification",
        ],
        polite: &["Auto-Submitted: auto-replied\n", "Return-Path: <>\n"],
        texts: &[
            "Hello, your message was put on hold because we have not met before. Please click the link below to verify you are a real person: https://guard.net/v/1\n",
            "I am using a spam blocker. To prove you are not a robot please reply to this one-time verification and your mail will be released.\n",
        ],
        bare: true,
    },
    Kind {
        name: "notification",
        from: &[
            "GitHub <notifications@github.com>",
            "LinkedIn <messages-noreply@linkedin.com>",
            "InPost <no-reply@inpost.pl>",
            "Allegro <powiadomienia@allegro.pl>",
            "Bank <noreply@bank.com.pl>",
            "Jira <jira@acme.atlassian.net>",
            "Cron Daemon <root@web1.klient.com>",
            "Nagios <nagios@mon.klient.com>",
            "DocuSign <dse@docusign.net>",
            "Shop <do-not-reply@shop.de>",
        ],
        subjects: &[
            "[acme/pumps] Fix valve (#12)",
            "You have 3 new messages",
            "Paczka jest gotowa do odbioru",
            "Potwierdzenie przelewu",
            "Cron <root@web1> /usr/bin/backup",
            "** PROBLEM Service Alert: web1/HTTP is CRITICAL **",
            "Complete with DocuSign: contract.pdf",
            "Ihre Bestellung 4711 wurde versandt",
        ],
        polite: &[
            "Auto-Submitted: auto-generated\n",
            "List-Unsubscribe: <https://x/u>\nPrecedence: bulk\n",
            "X-Auto-Response-Suppress: All\nAuto-Submitted: auto-generated\n",
            "Feedback-ID: 1:2:3\n",
            "Precedence: list\nList-ID: <x.github.com>\n",
            "Return-Path: <>\n",
        ],
        texts: &[
            "Please do not reply to this automated message.\n",
            "This message was sent automatically. View it on the web.\n",
            "Wiadomość wygenerowana automatycznie, prosimy na nią nie odpowiadać.\n",
            "Dies ist eine automatisch generierte Nachricht, bitte antworten Sie nicht darauf.\n",
            "Status: CRITICAL\nHost: web1\n",
        ],
        bare: false,
    },
    Kind {
        name: "newsletter",
        from: &["Acme News <news@acme.com>", "Sklep <newsletter@sklep.pl>"],
        subjects: &["Only this week: 20 % off", "Nowości w ofercie", "Unser Newsletter im Dezember"],
        polite: &[
            "List-Unsubscribe: <mailto:u@acme.com>\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\n",
            "Precedence: bulk\n",
            "X-Campaign-ID: 4711\n",
            "Feedback-ID: a:b:c\n",
            "List-Id: <news.acme.com>\n",
        ],
        texts: &["Read it online. To unsubscribe click here.\n"],
        bare: false,
    },
];

/// The mails of a seed, each with its kind and how polite it is.
pub fn mails(seed: u64, number: usize) -> Vec<(String, Made)> {
    (0..number).map(|n| mail(&mut Random::part(seed ^ 0x6d61_6368, n as u64), n)).collect()
}

fn mail(random: &mut Random, n: usize) -> (String, Made) {
    let kind = &KINDS[random.below(KINDS.len())];
    let bare = kind.bare && random.chance(0.3);
    let polite = if bare { "" } else { kind.polite[random.below(kind.polite.len())] };
    let from = kind.from[random.below(kind.from.len())];
    let subject = kind.subjects[random.below(kind.subjects.len())];
    let text = kind.texts[random.below(kind.texts.len())];
    let path = if polite.contains("Return-Path") { polite } else { "" };
    let address = from.split(['<', '>']).nth(1).unwrap_or("x@y.net");
    let path = if path.is_empty() { format!("Return-Path: <{address}>\n") } else { path.to_owned() };
    let polite_fields = if polite.contains("Return-Path") { "" } else { polite };
    let answers = ["absence", "left", "acknowledgement", "challenge"].contains(&kind.name);
    let reply =
        if answers && random.chance(0.6) { "In-Reply-To: <q7@firma.test>\nReferences: <q7@firma.test>\n" } else { "" };
    let greeting = if random.chance(0.3) { "Hello,\n\n" } else { "" };
    let raw = format!(
        "{path}From: {from}\nTo: Anna Kowalska <anna@firma.test>\nSubject: {subject}\nDate: Mon, 23 Nov 2026 09:00:00 +0100\nMessage-ID: <a{n}@x.net>\n{reply}{polite_fields}MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n{greeting}{text}"
    );
    let group = format!("{} {}", kind.name, if bare { "without any field" } else { "with some field" });
    let name = format!(
        "{n} {group} | {from} | {subject} | {} | {:?}",
        polite.trim().replace('\n', ", "),
        text.chars().take(60).collect::<String>()
    );
    (group, Made { name, raw })
}
