//! (b): mail that people write, as their programs send it, to somebody who is away: each must be answered.
//!
//! Drawn from a seed: the program, the language, reply, forward or new mail, HTML, attachments, signatures, ways of
//! delivery, scanners on the way. Among the texts are those that speak of absences, bounces and automatic answers as
//! people do (R93).

use super::random::Random;

/// A generated mail with what it was made of.
pub struct Made {
    /// For the list of misses.
    pub name: String,
    /// Its bytes.
    pub raw: String,
}

/// A program: its name and the fields it writes.
const PROGRAMS: &[(&str, &str)] = &[
    (
        "outlook",
        "X-Mailer: Microsoft Outlook 16.0\nThread-Index: AQHavK1y8Q2mB0c3TkqfJ1l2m3n4o5p6\nContent-Language: pl\nX-Priority: 3\nX-MSMail-Priority: Normal\nImportance: Normal\n",
    ),
    (
        "exchange",
        "Thread-Topic: {topic}\nThread-Index: AdrzG1m0b2b3c4d5e6f7a8b9c0d1e2f3\nAccept-Language: en-US, pl-PL\nContent-Language: en-US\nX-MS-Has-Attach:\nX-MS-TNEF-Correlator:\nx-ms-publictraffictype: Email\nx-ms-exchange-senderadcheck: 1\nx-ms-exchange-antispam-relay: 0\nX-MS-Exchange-Transport-CrossTenantHeadersStamped: VI1PR04MB1234\nX-MS-Exchange-CrossTenant-AuthAs: Internal\n",
    ),
    (
        "outlook.com",
        "Thread-Topic: {topic}\nAccept-Language: pl-PL, en-US\nContent-Language: pl-PL\nx-tmn: [abc]\nx-incomingheadercount: 45\nX-MS-Exchange-Transport-CrossTenantHeadersStamped: DB9P1\n",
    ),
    (
        "gmail",
        "X-Google-DKIM-Signature: v=1; a=rsa-sha256; d=1e100.net; s=20230601; bh=x; b=y\nX-Gm-Message-State: AOJu0Yx\nX-Google-Smtp-Source: AGHT+IE\nX-Received: by 2002:a05:6402:3c7 with SMTP id t7; Mon, 23 Nov 2026 01:00:00 -0800 (PST)\n",
    ),
    ("gmail-new", ""),
    ("apple", "X-Mailer: Apple Mail (2.3774.600.62)\n"),
    ("iphone", "X-Mailer: iPhone Mail (21F90)\n"),
    ("ipad", "X-Mailer: iPad Mail (21F90)\n"),
    (
        "icloud",
        "X-Proofpoint-GUID: abc\nX-Proofpoint-Virus-Version: vendor=fsecure engine=1.1\nX-Proofpoint-Spam-Details: rule=notspam policy=default score=0\n",
    ),
    ("thunderbird", "User-Agent: Mozilla Thunderbird\nContent-Language: pl, en-GB\n"),
    ("betterbird", "User-Agent: Betterbird (Windows)\nContent-Language: de-DE\n"),
    ("k9", "User-Agent: K-9 Mail for Android\n"),
    ("samsung", "X-Mailer: Samsung Email\n"),
    ("mutt", "User-Agent: Mutt/2.2.12 (2023-09-09)\n"),
    ("kmail", "User-Agent: KMail/5.24\n"),
    ("evolution", "User-Agent: Evolution 3.52.0\n"),
    ("the bat", "X-Mailer: The Bat! (v10.5) Professional\nX-Priority: 3 (Normal)\n"),
    ("emclient", "User-Agent: eM_Client/9.2.2258.0\nX-Mailer: eM Client 9.2\n"),
    ("roundcube", "User-Agent: Roundcube Webmail/1.6.6\nX-Sender: {from}\n"),
    ("horde", "User-Agent: Horde Application Framework 5\n"),
    (
        "zimbra",
        "X-Mailer: Zimbra 9.0.0_GA_4583 (ZimbraWebClient - GC125 (Win)/9.0.0_GA_4583)\nThread-Topic: {topic}\nX-Originating-IP: [10.1.2.3]\n",
    ),
    ("sogo", "User-Agent: SOGoMail 5.10.0\nX-Forward: 10.1.2.3\n"),
    (
        "wp",
        "X-Mailer: WP.PL\nX-WP-MailID: 0a1b2c3d\nX-WP-AV: skaner antywirusowy Poczty Wirtualnej Polski\nX-WP-SPAM: NO 0000000 [0a1b]\n",
    ),
    ("onet", "X-Mailer: onet.poczta\nX-Originator: {from}\n"),
    ("o2", "X-Mailer: o2.pl Poczta\nX-Originator: {from}\n"),
    ("interia", "X-Mailer: INTERIA.PL\nX-Originating-IP: 10.1.2.3\nX-EMID: e5d1c2b3\n"),
    ("gazeta", "X-Mailer: Poczta Gazeta.pl\n"),
    ("home", "X-Mailer: Poczta home.pl\nX-Spam-Checker: home.pl\n"),
    ("nazwa", "User-Agent: nazwa.pl Webmail\n"),
    (
        "gmx",
        "Importance: normal\nSensitivity: Normal\nX-Priority: 3\nX-Provags-ID: V03:K1:abc\nX-UI-Sender-Class: 01bb95c1-4bf8-414a\nX-UI-Out-Filterresults: notjunk:1;V03:K0:x\n",
    ),
    ("t-online", "X-Mailer: T-Online eMail 6\nX-ID: abc\nX-TOI-EXPURGATEID: 150726\n"),
    ("orange", "X-Mailer: Orange Webmail\nX-ORIGINATING-IP: 10.1.2.3\nX-me-spamlevel: 0\n"),
    ("libero", "X-Mailer: Open-Xchange Mailer v7.10.6\nX-Priority: 3\nImportance: Normal\n"),
    ("seznam", "X-Mailer: szn-ebox-5.0\n"),
    ("mail.ru", "X-Mailer: Mail.Ru Mailer 1.0\nX-Priority: 3 (Normal)\nX-7564579A: abc\nX-Mru-OK: ok\n"),
    ("yandex", "X-Mailer: Yamail [ http://yandex.ru ] 5.0\n"),
    ("yahoo", "X-Mailer: WebService/1.1.22356 YMailNorrin\nX-YMail-OSG: abc\n"),
    ("zoho", "User-Agent: Zoho Mail\nX-Mailer: Zoho Mail\nX-Priority: Medium\n"),
    (
        "proton",
        "X-Pm-Message-ID: abc\nFeedback-To: x\nX-Pm-Scheduled-Sent-Original-Time: Mon, 23 Nov 2026 08:00:00 +0000\n",
    ),
    ("fastmail", "User-Agent: Cyrus-JMAP/3.11.0-alpha0-456-gcd96d01b17\nX-ThreadId: T1234\n"),
    (
        "domino",
        "X-Mailer: HCL Notes Release 12.0.2 November 03, 2022\nX-MIMETrack: Serialize by Router on SRV1\nSensitivity:\nX-KeepSent: AB12\n",
    ),
    ("groupwise", "X-Mailer: GroupWise 18.4.2\n"),
    ("crm", "X-Mailer: PHPMailer 6.9.1 (https://github.com/PHPMailer/PHPMailer)\n"),
];

struct Tongue {
    tag: &'static str,
    reply: &'static str,
    forward: &'static str,
    hello: &'static str,
    bye: &'static str,
    wrote: &'static str,
    subjects: &'static [&'static str],
    texts: &'static [&'static str],
    feet: &'static [&'static str],
}

const TONGUES: &[Tongue] = &[
    Tongue {
        tag: "pl",
        reply: "Odp",
        forward: "PD",
        hello: "Dzień dobry Pani Anno,",
        bye: "Pozdrawiam\nJan Nowak",
        wrote: "W dniu 20.11.2026 o 14:02, Anna Kowalska pisze:",
        subjects: &[
            "Oferta na pompy 117",
            "Urlop w grudniu a dostawa",
            "Nieobecność na spotkaniu w piątek",
            "Faktura 12/2026",
            "Zgłoszenie reklamacji",
            "Niedostarczona paczka",
            "Pytanie o termin",
            "Automatyczna linia pakująca",
            "Zamówienie 4711",
        ],
        texts: &[
            "czy możemy przesunąć dostawę na przyszły tydzień?",
            "jestem na urlopie do 12 grudnia, ale proszę o przesłanie oferty na mój adres, przejrzę ją wieczorem. W sprawach technicznych proszę pisać do Ewy.",
            "dostałem informację, że moja poprzednia wiadomość nie została dostarczona. Czy na pewno adres jest dobry? Komunikat: 550 user unknown.",
            "wracam z urlopu 7 grudnia i wtedy podpiszę umowę. Czy do tego czasu cena się utrzyma?",
            "dziękuję za wiadomość. Potwierdzam otrzymanie zamówienia, towar wyślemy jak najszybciej. Proszę jeszcze o numer NIP.",
            "nasz kolega Paweł już u nas nie pracuje, od grudnia ja prowadzę ten temat. Czy mogę prosić o kopię umowy?",
            "wczoraj dostałam od Pana autoodpowiedź, więc piszę jeszcze raz, bo sprawa jest pilna.",
            "proszę o kontakt telefoniczny w sprawie zgłoszenia 4711, bo system ciągle odsyła automatyczne odpowiedzi.",
            "w załączeniu przesyłam podpisany protokół.",
        ],
        feet: &[
            "",
            "--\nJan Nowak\nAcme Pumps\ntel. 22 555 01 02",
            "--\nUwaga: w dniach 23-31.12 nasze biuro jest nieczynne (urlop).",
            "Wiadomość jest poufna i przeznaczona wyłącznie dla adresata.",
        ],
    },
    Tongue {
        tag: "en",
        reply: "Re",
        forward: "Fwd",
        hello: "Hi Anna,",
        bye: "Best regards\nJohn Smith",
        wrote: "On Fri, Nov 20, 2026 at 2:02 PM Anna Kowalska <anna@firma.test> wrote:",
        subjects: &[
            "Quote 117 for the pumps",
            "Vacation schedule of the fitters",
            "Out of office next week - who signs?",
            "Undeliverable parcels again",
            "Failure of pump 3",
            "Returned goods",
            "Delivery delayed to Friday?",
            "Your request for samples",
            "Automatic valve, question",
            "Warning lights on the panel",
            "Ticket prices for the fair",
            "Absence of pressure in line 2",
            "Mail order",
        ],
        texts: &[
            "could you extend the quote by a week?",
            "I am out of the office from Thursday until 7 December, so please send the contract to Peter, he signs for me.",
            "my last mail came back with \"550 user unknown\", so I try your other address. Did you get the drawing?",
            "I will be back on Monday and call you then. Can you hold the price until then?",
            "thank you for your message, the parts arrived. Two of them are damaged, see the photos.",
            "we have received your invoice, but the amount does not match our order. Could you check it as soon as possible?",
            "Bob no longer works here, I took over his projects. Who is my contact on your side?",
            "your automatic reply said you are away, but this one is urgent: the line stands still.",
            "please confirm that you are able to deliver 12 pieces by the end of the month.",
            "please do not reply to my old address, it will be closed soon.",
            "attached the signed contract.",
        ],
        feet: &[
            "",
            "-- \nJohn Smith | Acme Pumps Ltd | +44 20 7946 0000",
            "Please note: I work Monday to Thursday and am out of office on Fridays.",
            "This e-mail and any attachments are confidential. If you are not the intended recipient, please delete it.",
            "Sent from my iPhone",
            "Our office is closed for vacation from 23 December to 2 January.",
        ],
    },
    Tongue {
        tag: "de",
        reply: "AW",
        forward: "WG",
        hello: "Guten Tag Frau Kowalska,",
        bye: "Mit freundlichen Grüßen\nHans Meier",
        wrote: "Am 20.11.2026 um 14:02 schrieb Anna Kowalska:",
        subjects: &[
            "Angebot 117 Pumpen",
            "Urlaub im Dezember",
            "Abwesenheit beim Termin am Freitag",
            "Unzustellbare Pakete",
            "Rechnung 12",
            "Rückfrage zur Lieferung",
            "Anfrage Ventile",
        ],
        texts: &[
            "können Sie das Angebot bis Jahresende verlängern?",
            "ich bin bis 7. Dezember im Urlaub und melde mich danach. Bitte schicken Sie die Unterlagen schon an Frau Weiß.",
            "Ihre Nachricht konnte ich leider erst heute lesen. Die Bestellung folgt morgen.",
            "meine letzte Mail kam als unzustellbar zurück. Stimmt die Adresse noch?",
            "vielen Dank für Ihre Nachricht. Wir haben Ihre Anfrage erhalten und schicken die Zeichnung so schnell wie möglich.",
            "Herr Schulz arbeitet nicht mehr bei uns, ich übernehme das Projekt.",
        ],
        feet: &["", "--\nHans Meier\nAcme GmbH", "Bitte beachten Sie: Betriebsferien vom 23.12. bis 02.01."],
    },
    Tongue {
        tag: "fr",
        reply: "RE",
        forward: "TR",
        hello: "Bonjour Anna,",
        bye: "Cordialement\nLuc Martin",
        wrote: "Le ven. 20 nov. 2026 à 14:02, Anna Kowalska <anna@firma.test> a écrit :",
        subjects: &[
            "Devis 117 pompes",
            "Absence de pression sur la ligne",
            "Congés de décembre",
            "Commande 4711",
            "Colis non remis",
        ],
        texts: &[
            "pouvez-vous prolonger le devis d'une semaine ?",
            "je suis en congé jusqu'au 7 décembre, merci d'envoyer le contrat à Luc en attendant.",
            "je reviens lundi et je vous appelle. Pouvez-vous garder le prix ?",
            "merci pour votre message. Nous avons bien reçu votre facture, mais le montant ne correspond pas.",
        ],
        feet: &["", "--\nLuc Martin\nAcme SARL", "Nos bureaux seront fermés du 23 décembre au 2 janvier."],
    },
    Tongue {
        tag: "es",
        reply: "RE",
        forward: "RV",
        hello: "Hola Anna:",
        bye: "Saludos\nLucía Pérez",
        wrote: "El vie, 20 nov 2026 a las 14:02, Anna Kowalska (<anna@firma.test>) escribió:",
        subjects: &["Oferta 117 bombas", "Vacaciones de diciembre", "Pedido 4711"],
        texts: &[
            "¿puede ampliar la oferta una semana?",
            "estoy de vacaciones hasta el 7 de diciembre, mande el contrato a Pedro, por favor.",
            "he recibido su correo, gracias. Lo reviso mañana.",
        ],
        feet: &["", "--\nLucía Pérez"],
    },
    Tongue {
        tag: "it",
        reply: "R",
        forward: "I",
        hello: "Buongiorno Anna,",
        bye: "Cordiali saluti\nPaolo Rossi",
        wrote: "Il giorno ven 20 nov 2026 alle ore 14:02 Anna Kowalska <anna@firma.test> ha scritto:",
        subjects: &["Offerta 117 pompe", "Ferie di dicembre", "Assenza di corrente in reparto"],
        texts: &[
            "potete prorogare l'offerta di una settimana?",
            "sono in ferie fino al 7 dicembre, ma leggo la posta la sera. Mandate pure il contratto.",
            "torno lunedì e la chiamo.",
        ],
        feet: &["", "--\nPaolo Rossi"],
    },
    Tongue {
        tag: "nl",
        reply: "Antw",
        forward: "Doorst",
        hello: "Beste Anna,",
        bye: "Met vriendelijke groet\nJan de Vries",
        wrote: "Op vr 20 nov 2026 om 14:02 schreef Anna Kowalska <anna@firma.test>:",
        subjects: &["Offerte 117 pompen", "Vakantie in december"],
        texts: &[
            "kunt u de offerte een week verlengen?",
            "ik ben tot en met 7 december met vakantie, stuur het contract gerust naar Pieter.",
        ],
        feet: &["", "--\nJan de Vries"],
    },
    Tongue {
        tag: "cs",
        reply: "Re",
        forward: "Fwd",
        hello: "Dobrý den, paní Anno,",
        bye: "S pozdravem\nPetr Novák",
        wrote: "pá 20. 11. 2026 v 14:02 odesílatel Anna Kowalska <anna@firma.test> napsal:",
        subjects: &["Nabídka 117", "Dovolená v prosinci"],
        texts: &[
            "můžete nabídku prodloužit o týden?",
            "do 7. prosince mám dovolenou, smlouvu prosím pošlete kolegovi.",
        ],
        feet: &["", "--\nPetr Novák"],
    },
    Tongue {
        tag: "uk",
        reply: "Re",
        forward: "Fwd",
        hello: "Добрий день, Анно!",
        bye: "З повагою\nІван Петренко",
        wrote: "пт, 20 лист. 2026 р. о 14:02 Anna Kowalska <anna@firma.test> пише:",
        subjects: &["Пропозиція 117", "Відпустка у грудні"],
        texts: &["чи можете продовжити пропозицію на тиждень?", "до 7 грудня я у відпустці, надішліть договір колезі."],
        feet: &["", "--\nІван Петренко"],
    },
];

/// Fields that servers and scanners add, and marks that say that a person wrote it.
const SCANNERS: &[&str] = &[
    "X-Virus-Scanned: clamav at mx.acme-pumps.com\n",
    "X-Spam-Flag: NO\nX-Spam-Score: -2.1\nX-Spam-Level: *\nX-Spam-Status: No, score=-2.1 tagged_above=2 required=6.2 tests=[BAYES_00=-1.9]\n",
    "X-Rspamd-Server: mx1\nX-Spamd-Result: default: False [-0.50 / 15.00]\nX-Rspamd-Queue-Id: 4X1\n",
    "X-Forefront-Antispam-Report: CIP:255.255.255.255;CTRY:;LANG:pl;SCL:1;SRV:;IPV:NLI;SFV:NSPM;H:VI1;CAT:NONE\nX-MS-Exchange-Organization-SCL: 1\nX-Microsoft-Antispam: BCL:0;\n",
    "X-Barracuda-Connect: mail.acme-pumps.com[10.0.0.1]\nX-Barracuda-Spam-Score: 0.00\nX-Barracuda-Spam-Status: No, SCORE=0.00\n",
    "X-Mimecast-Spam-Score: 0\nX-Mimecast-MFC-AGG-ID: abc\n",
    "X-Proofpoint-Spam-Details: rule=outbound_notspam policy=outbound score=0 spamscore=0\n",
    "X-MailScanner: Found to be clean\nX-MailScanner-SpamCheck: not spam\n",
    "X-Antivirus: Avast (VPS 261120-0)\nX-Antivirus-Status: Clean\n",
    "X-KSMG-Rule-ID: 1\nX-KSMG-AntiSpam-Status: not scanned\nX-KSMG-AntiVirus: clean\n",
    "X-Sophos-Email: [eu-west-1] Antispam-Engine: 6.0.1\nX-Sophos-SenderHistory: ip=10.0.0.1\n",
    "X-Cloud-Security-Sender: jan@acme-pumps.com\nX-Cloud-Security-crypt: load encryption module\n",
    "X-Hornetsecurity: ok\nX-antispameurope-sender: x\n",
    "X-CLOUD-SEC-AV-Sent: true\nX-CLOUD-SEC-AV-Info: acme,google_mail\n",
    "Received-SPF: pass (mx.firma.test: domain of acme-pumps.com designates 10.0.0.1 as permitted sender)\n",
];

const MARKS: &[&str] = &[
    "Auto-Submitted: no\n",
    "Auto-Submitted: (typed by hand) No; x=1\n",
    "Precedence: normal\n",
    "Precedence: first-class\n",
    "X-Auto-Response-Suppress: None\n",
    "X-Auto-Response-Suppress: DR, RN\n",
    "Disposition-Notification-To: {from}\n",
    "Return-Receipt-To: {from}\nDisposition-Notification-To: {from}\n",
    "X-Confirm-Reading-To: {from}\n",
    "Importance: High\nX-Priority: 1 (Highest)\nX-MSMail-Priority: High\n",
    "Priority: urgent\n",
    "Sensitivity: Company-Confidential\n",
    "Sender: Biuro <biuro@{domain}>\n",
    "Sender: {from}\n",
    "Reply-To: Jan Nowak <jan.nowak@{domain}>\n",
    "Organization: Acme Pumps\n",
    "X-IgnoreVacation: no\n",
    "Errors-To: {from}\n",
];

const DOMAINS: &[&str] = &[
    "acme-pumps.com",
    "klient.com.pl",
    "maschbau-meier.de",
    "atelier-martin.fr",
    "gmail.com",
    "wp.pl",
    "onet.pl",
    "outlook.com",
    "interia.pl",
    "o2.pl",
    "t-online.de",
    "orange.fr",
    "libero.it",
    "seznam.cz",
    "ukr.net",
    "papelera.es",
];
const LOCALS: &[&str] = &[
    "jan.nowak",
    "j.smith",
    "info",
    "office",
    "biuro",
    "sales",
    "zamowienia",
    "hans.meier",
    "postmaster",
    "luc",
    "purchasing",
    "kontakt",
    "sekretariat",
    "noreen",
    "root.smith",
    "support",
];

/// The mails of a seed.
pub fn mails(seed: u64, number: usize) -> Vec<Made> {
    (0..number).map(|n| mail(&mut Random::part(seed, n as u64), n)).collect()
}

fn pick<'a, T>(random: &mut Random, from: &'a [T]) -> &'a T {
    &from[random.below(from.len())]
}

fn mail(random: &mut Random, n: usize) -> Made {
    let (program, fields) = *pick(random, PROGRAMS);
    let tongue = &TONGUES[if random.chance(0.35) { 0 } else { random.below(TONGUES.len()) }];
    let (domain, local) = (*pick(random, DOMAINS), *pick(random, LOCALS));
    let from = format!("{local}@{domain}");
    let plain_subject = *pick(random, tongue.subjects);
    let kind = random.below(10);
    let way = match kind {
        0..=4 => "reply",
        5..=7 => "new",
        8 => "forward",
        _ => "answer to an automatic reply",
    };
    let subject = match way {
        "reply" => format!("{}: {plain_subject}", tongue.reply),
        "forward" if random.chance(0.3) => format!("{}: Undeliverable: {plain_subject}", tongue.forward),
        "forward" => format!("{}: {plain_subject}", tongue.forward),
        "new" => plain_subject.to_owned(),
        _ => format!(
            "{}: {}: {plain_subject}",
            tongue.reply,
            pick(random, &["Automatic reply", "Automatyczna odpowiedź", "Automatische Antwort"])
        ),
    };
    let hello = if random.chance(0.8) { tongue.hello } else { "" };
    let text = format!("{hello}\n\n{}\n\n{}\n", pick(random, tongue.texts), tongue.bye);
    let foot = *pick(random, tongue.feet);
    let quote = match way {
        "new" => String::new(),
        "forward" => format!(
            "\n---------- Forwarded message ---------\nFrom: Anna Kowalska <anna@firma.test>\nDate: Fri, 20 Nov 2026 14:02\nSubject: {plain_subject}\nTo: <{from}>\n\nOld text, I am out of the office until Monday.\n"
        ),
        _ if random.chance(0.85) => format!("\n{}\n> Old text of ours.\n> More of it.\n", tongue.wrote),
        _ => String::new(),
    };
    let body = format!("{text}\n{foot}\n{quote}");
    let mut head = path(random, &from, local, domain);
    head.push_str(&format!(
        "From: {} <{from}>\nTo: Anna Kowalska <anna@firma.test>\nSubject: {}\n",
        display(random),
        encoded(&subject)
    ));
    if random.chance(0.2) {
        head.push_str("Cc: Ewa <ewa@other.com>, biuro@firma.test\n");
    }
    head.push_str(&format!(
        "Date: Mon, 23 Nov 2026 09:00:00 +0100\nMessage-ID: <m{n}.{}@{domain}>\n",
        random.below(1_000_000)
    ));
    if way != "new" && random.chance(0.9) {
        head.push_str("In-Reply-To: <q7@firma.test>\nReferences: <q6@firma.test>\n <q7@firma.test>\n");
    }
    head.push_str(&fields.replace("{topic}", &encoded(plain_subject)).replace("{from}", &from));
    let mut mark = "";
    if random.chance(0.35) {
        mark = *pick(random, MARKS);
        head.push_str(&mark.replace("{from}", &from).replace("{domain}", domain));
    }
    let (shape, content) = content(random, &body);
    let name = format!(
        "{n} {program} {} {way} {shape} [{}] {:?}",
        tongue.tag,
        mark.trim().replace('\n', ", "),
        body.chars().take(160).collect::<String>()
    );
    Made { name, raw: format!("{head}MIME-Version: 1.0\n{content}") }
}

const NAMES: &[&str] = &[
    "Jan Nowak",
    "\"Nowak, Jan\"",
    "=?utf-8?q?J=C3=B3zef_=C5=BB=C3=B3=C5=82w?=",
    "Sales Office",
    "\"Jan Nowak (Acme)\"",
];

fn display(random: &mut Random) -> &'static str {
    *pick(random, NAMES)
}

/// What the servers on the way wrote.
fn path(random: &mut Random, from: &str, local: &str, domain: &str) -> String {
    let path = match random.below(10) {
        0 => format!("SRS0=Ab1c=QT={domain}={local}@forwarder.net"),
        1 => format!("SRS1=Zz9x=first.net==Ab1c=QT={domain}={local}@second.org"),
        2 => format!("prvs=7421a2b3c4={local}@{domain}"),
        3 => format!("{local}+tag@{domain}"),
        _ => from.to_owned(),
    };
    let mut head = format!(
        "Return-Path: <{path}>\nDelivered-To: anna@firma.test\nReceived: from mail.{domain} (mail.{domain} [10.0.0.1])\n by mx.firma.test with ESMTPS id 1; Mon, 23 Nov 2026 09:00:03 +0100\n"
    );
    head.push_str(&format!("Authentication-Results: mx.firma.test; dmarc=pass header.from={domain};\n\tspf=pass smtp.mailfrom={domain}; dkim=pass header.d={domain}\n"));
    if random.chance(0.4) {
        head.push_str("ARC-Seal: i=1; a=rsa-sha256; s=arc; d=microsoft.com; cv=none; b=x\nARC-Message-Signature: i=1; a=rsa-sha256; d=microsoft.com; bh=x; b=y\nARC-Authentication-Results: i=1; mx.microsoft.com 1; spf=pass; dmarc=pass\n");
    }
    if random.chance(0.6) {
        head.push_str(&format!("DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d={domain}; s=s1;\n\th=from:to:subject; bh=abc=;\n\tb=def=\n"));
    }
    for _ in 0..random.below(3) {
        head.push_str(*pick(random, SCANNERS));
    }
    if random.chance(0.3) {
        head.push_str("X-Original-To: anna@firma.test\nX-Envelope-To: anna@firma.test\n");
    }
    head
}

fn encoded(text: &str) -> String {
    use base64::Engine;
    if text.is_ascii() {
        return text.to_owned();
    }
    format!("=?UTF-8?B?{}?=", base64::engine::general_purpose::STANDARD.encode(text))
}

fn content(random: &mut Random, text: &str) -> (&'static str, String) {
    use base64::Engine;
    let code = |bytes: &str| base64::engine::general_purpose::STANDARD.encode(bytes);
    let html = format!(
        "<html><body><div>{}</div></body></html>",
        text.replace('&', "&amp;").replace('<', "&lt;").replace('\n', "<br>\n")
    );
    let plain_part = format!("Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{text}\n");
    let html_part =
        format!("Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: base64\n\n{}\n", code(&html));
    let file = |kind: &str, name: &str| {
        format!(
            "Content-Type: {kind}; name=\"{name}\"\nContent-Disposition: attachment; filename=\"{name}\"\nContent-Transfer-Encoding: base64\n\nJVBERi0xLjQK\n"
        )
    };
    let many = |kind: &str, parts: &[&str]| {
        let inner: String = parts.iter().map(|part| format!("--b{}\n{part}", kind.len())).collect();
        format!("Content-Type: multipart/{kind}; boundary=b{}\n\n{inner}--b{}--\n", kind.len(), kind.len())
    };
    match random.below(9) {
        0 | 1 => ("plain", plain_part),
        2 => ("html", html_part),
        3 | 4 => ("alternative", many("alternative", &[&plain_part, &html_part])),
        5 => (
            "mixed pdf",
            many("mixed", &[&many("alternative", &[&plain_part, &html_part]), &file("application/pdf", "oferta.pdf")]),
        ),
        6 => (
            "mixed zip and docx",
            many(
                "mixed",
                &[
                    &plain_part,
                    &file("application/zip", "rysunki.zip"),
                    &file("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "umowa.docx"),
                ],
            ),
        ),
        7 => (
            "related",
            many(
                "related",
                &[
                    &html_part,
                    "Content-Type: image/png; name=logo.png\nContent-ID: <l@x>\nContent-Transfer-Encoding: base64\n\niVBORw0=\n",
                ],
            ),
        ),
        _ => ("signed", many("signed", &[&plain_part, &file("application/pkcs7-signature", "smime.p7s")])),
    }
}
