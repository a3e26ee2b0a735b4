//! Composes the planned mails: headers as servers write them, bodies as mail programs write them,
//! replies that quote what they answer.

use super::encode::{Charset, Transfer, words};
use super::people::{MAILBOX, OWN_DOMAIN, People, Person, person};
use super::plan::{Kind, Planned, Writer};
use super::random::Random;
use super::words::{Language, Words};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::collections::HashMap;
use std::fmt::Write;

/// A mail as it lies in the folder, lines ending in LF.
pub struct Composed {
    /// All of it.
    pub bytes: Vec<u8>,
    /// Whether it lies in Sent; in INBOX otherwise.
    pub sent: bool,
    /// The writer's new text.
    pub visible: String,
}

/// Composes mails in the order of time; keeps what replies quote.
pub struct Composer<'a> {
    seed: u64,
    people: &'a People,
    vocabulary: &'a Words,
    threads: HashMap<u32, History>,
}

/// What a reply needs of the mail before it.
struct History {
    subject: String,
    ids: Vec<String>,
    text: String,
    author: String,
    at: i64,
}

/// A mail half done.
struct Draft<'a> {
    planned: &'a Planned,
    random: Random,
    language: Language,
    charset: Charset,
    from: Person,
    to: Person,
    copy: Option<Person>,
    subject: String,
    id: String,
    references: Vec<String>,
}

/// The mail program that writes.
#[derive(Clone, Copy)]
enum Program {
    Gmail,
    Thunderbird,
    Outlook,
}

const PROGRAMS: [Program; 4] = [Program::Gmail, Program::Thunderbird, Program::Outlook, Program::Outlook];
/// Quoted history is cut here: some programs and people do.
const HISTORY: usize = 40_000;

impl<'a> Composer<'a> {
    /// Begins.
    pub fn new(seed: u64, people: &'a People, vocabulary: &'a Words) -> Composer<'a> {
        Composer { seed, people, vocabulary, threads: HashMap::new() }
    }

    /// The next mail; `number` is its place in the order.
    pub fn compose(&mut self, number: usize, planned: &Planned) -> Composed {
        let history = self.threads.remove(&planned.thread);
        let mut draft = self.draft(number, planned, history.as_ref());
        let attachment = draft.random.chance(0.05).then(|| draft.random.range(50_000, 500_000) as usize * 3 / 4);
        // A mail is as long as its law says; what its text does not fill, markup and logos do.
        let length = draft.random.log_normal(11_200.0, 1.05).clamp(2_600.0, 400_000.0) as usize - 2_300;
        let program = *draft.random.pick(&PROGRAMS);
        let html = match planned.kind {
            Kind::Newsletter => true,
            Kind::Machine => length > 12_000 || draft.random.chance(0.3),
            _ => length > 12_000 || draft.random.chance(0.5),
        };
        let room = if html { length / 5 } else { length };
        let visible = self.visible(&mut draft, room, html);
        let quoted = history.as_ref().map(|h| quote(h, program, draft.language, room.saturating_sub(visible.len())));
        let mut text = wrap(&visible);
        let signature = signature(&draft.from, draft.language);
        text.push_str(&signature);
        if let Some(quoted) = &quoted {
            text.push('\n');
            text.push_str(quoted);
        }
        let mut bytes = Vec::with_capacity(length + 4096 + attachment.unwrap_or(0) * 3 / 2);
        headers(&mut draft, program, &mut bytes);
        body(&mut draft, &mut bytes, Body { text: &text, visible: &visible, quoted, html, length, attachment });
        if !planned.last {
            text.truncate(text.floor_char_boundary(HISTORY));
            let mut ids = history.map(|h| h.ids).unwrap_or_default();
            ids.push(draft.id.clone());
            let author = format!("{} <{}>", draft.from.name, draft.from.address);
            let subject = draft.subject.clone();
            self.threads.insert(planned.thread, History { subject, ids, text, author, at: planned.at });
        }
        Composed { bytes, sent: planned.writer == Writer::Owner, visible }
    }

    fn draft<'p>(&self, number: usize, planned: &'p Planned, history: Option<&History>) -> Draft<'p> {
        let mut random = Random::part(self.seed, 1_000_000 + number as u64);
        let owner = || clone(&self.people.users[0]);
        let (other, colleague) = self.others(planned);
        let language = other.language;
        let (from, to, copy) = match planned.writer {
            Writer::Owner => (owner(), other, colleague),
            Writer::Other => (other, owner(), colleague),
            Writer::Colleague => (colleague.unwrap_or_else(owner), owner(), Some(other)),
        };
        let charset = match language {
            Language::English if random.chance(0.5) => Charset::Ascii,
            Language::English => Charset::Utf8,
            Language::Polish => {
                *random.pick(&[Charset::Utf8, Charset::Utf8, Charset::Utf8, Charset::Latin2, Charset::Windows1250])
            }
        };
        let subject = match history {
            Some(history) if planned.step > 0 => {
                let base = history.subject.trim_start_matches("Re: ").trim_start_matches("Odp: ");
                format!("{} {base}", if language == Language::Polish && random.chance(0.4) { "Odp:" } else { "Re:" })
            }
            _ => self.subject(&mut random, planned, language),
        };
        let domain = from.address.split('@').next_back().unwrap_or(OWN_DOMAIN);
        let id = format!("<{:016x}.{number}@{domain}>", random.next());
        let references = history.map(|h| h.ids.clone()).unwrap_or_default();
        Draft { planned, random, language, charset, from, to, copy, subject, id, references }
    }

    /// The other side, and their colleague in copy.
    fn others(&self, planned: &Planned) -> (Person, Option<Person>) {
        let mut random = Random::part(self.seed, 9_000_000 + u64::from(planned.with));
        let at = planned.with as usize;
        match planned.kind {
            Kind::Client => {
                let copy = (planned.copy != planned.with).then(|| clone(&self.people.contacts[planned.copy as usize]));
                (clone(&self.people.contacts[at]), copy)
            }
            Kind::Internal => (clone(&self.people.users[1 + at % (self.people.users.len() - 1)]), None),
            Kind::Stranger => {
                let domain = random.pick(&["gmail.com", "wp.pl", "outlook.com", "stranger-company.test"]).to_string();
                (person(&mut random, at, &domain, 0), None)
            }
            Kind::Newsletter => {
                let address = format!("news@letters-{}.test", at % 120);
                let language = if at.is_multiple_of(2) { Language::Polish } else { Language::English };
                (Person { name: format!("News {}", at % 120), address, language, account: 0 }, None)
            }
            Kind::Machine => {
                let address = format!("noreply@system-{}.test", at % 40);
                (Person { name: "No Reply".into(), address, language: Language::English, account: 0 }, None)
            }
        }
    }

    fn subject(&self, random: &mut Random, planned: &Planned, language: Language) -> String {
        let mut subject = self.vocabulary.subject(random, language);
        if planned.kind == Kind::Client {
            let open = &self.people.accounts[self.people.contacts[planned.with as usize].account].open;
            if !open.is_empty() && random.chance(0.2) {
                let _ = write!(subject, " [{}]", random.pick(open));
            }
        }
        subject
    }

    /// What this writer writes anew.
    fn visible(&self, draft: &mut Draft<'_>, room: usize, html: bool) -> String {
        let (median, most) = match draft.planned.kind {
            Kind::Newsletter => (3000.0, 20_000),
            Kind::Machine => (900.0, 8_000),
            _ => (900.0, 30_000),
        };
        let mut length = (draft.random.log_normal(median, 0.9) as usize).clamp(60, most);
        if draft.planned.step == 0 && !html {
            // Nothing else fills a plain first mail.
            length = length.max(room.min(most));
        }
        let length = length.min(room.max(60));
        let mut out = String::with_capacity(length + 200);
        let greeting = if draft.language == Language::Polish { "Dzień dobry," } else { "Hello," };
        out.push_str(greeting);
        for paragraph in self.vocabulary.paragraphs(&mut draft.random, draft.language, length) {
            out.push_str("\n\n");
            out.push_str(&paragraph);
        }
        out.push('\n');
        out
    }
}

fn clone(person: &Person) -> Person {
    let Person { name, address, language, account } = person;
    Person { name: name.clone(), address: address.clone(), language: *language, account: *account }
}

fn signature(from: &Person, language: Language) -> String {
    let (regards, post) = match language {
        Language::Polish => ("Pozdrawiam", "Dział Handlowy, tel. +48 22 555 01 00"),
        Language::English => ("Best regards", "Sales Department, phone +48 22 555 01 00"),
    };
    format!("\n{regards}\n\n-- \n{}\n{post}\n{}\n", from.name, from.address)
}

/// Lines of at most 74 characters, as programs that write plain text break them.
fn wrap(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 60);
    for line in text.lines() {
        let mut width = 0;
        for word in line.split(' ') {
            let length = word.chars().count();
            if width > 0 && width + length > 73 {
                out.push('\n');
                width = 0;
            } else if width > 0 {
                out.push(' ');
                width += 1;
            }
            out.push_str(word);
            width += length;
        }
        out.push('\n');
    }
    out
}

/// The mail before it as this program quotes it, at most about `room` bytes.
fn quote(history: &History, program: Program, language: Language, room: usize) -> String {
    let polish = language == Language::Polish;
    let when = date(history.at);
    let author = &history.author;
    let subject = &history.subject;
    let mut out = match (program, polish) {
        (Program::Gmail, true) => format!("{} {author} napisał(a):\n\n", when.format("%d.%m.%Y o %H:%M")),
        (Program::Gmail, false) => format!("On {}, {author} wrote:\n\n", when.format("%a, %b %-d, %Y at %-I:%M %p")),
        (Program::Thunderbird, true) => format!("W dniu {}, {author} pisze:\n", when.format("%d.%m.%Y o %H:%M")),
        (Program::Thunderbird, false) => format!("On {}, {author} wrote:\n", when.format("%d/%m/%Y %H:%M")),
        (Program::Outlook, true) => format!(
            "________________________________\nOd: {author}\nWysłano: {}\nDo: {MAILBOX}\nTemat: {subject}\n\n",
            when.format("%A, %-d %B %Y %H:%M")
        ),
        (Program::Outlook, false) => format!(
            "-----Original Message-----\nFrom: {author}\nSent: {}\nTo: {MAILBOX}\nSubject: {subject}\n\n",
            when.format("%A, %B %-d, %Y %-I:%M %p")
        ),
    };
    for line in history.text.lines() {
        if out.len() >= room {
            break;
        }
        match program {
            Program::Outlook => {}
            _ if line.starts_with('>') => out.push('>'),
            _ => out.push_str("> "),
        }
        out.push_str(line);
        out.push('\n');
    }
    out
}

fn date(at: i64) -> chrono::DateTime<chrono::Utc> {
    chrono::DateTime::from_timestamp(at, 0).unwrap_or_default()
}

fn named(person: &Person, charset: Charset) -> String {
    let name = words(&person.name, charset);
    if name.starts_with("=?") {
        format!("{name} <{}>", person.address)
    } else {
        format!("\"{name}\" <{}>", person.address)
    }
}

fn headers(draft: &mut Draft<'_>, program: Program, out: &mut Vec<u8>) {
    let mut text = String::with_capacity(4096);
    let when = date(draft.planned.at).format("%a, %d %b %Y %H:%M:%S +0000").to_string();
    let domain = draft.from.address.split('@').next_back().unwrap_or(OWN_DOMAIN).to_owned();
    if draft.planned.writer != Writer::Owner {
        trace(draft, &domain, &when, &mut text);
    }
    let _ = writeln!(text, "From: {}", named(&draft.from, draft.charset));
    let _ = writeln!(text, "To: {}", named(&draft.to, draft.charset));
    if let Some(copy) = &draft.copy {
        let _ = writeln!(text, "Cc: {}", named(copy, draft.charset));
    }
    let _ = writeln!(text, "Subject: {}", words(&draft.subject, draft.charset));
    let _ = writeln!(text, "Date: {when}\nMessage-ID: {}", draft.id);
    if let Some(last) = draft.references.last() {
        let _ = writeln!(text, "In-Reply-To: {last}\nReferences: {}", draft.references.join("\n "));
    }
    match draft.planned.kind {
        Kind::Newsletter => {
            let _ = writeln!(
                text,
                "List-Id: <news.{domain}>\nList-Unsubscribe: <https://{domain}/u/{:x}>,\n <mailto:unsubscribe@{domain}>\n\
                 List-Unsubscribe-Post: List-Unsubscribe=One-Click\nPrecedence: bulk\nFeedback-ID: {}:{domain}",
                draft.random.next(),
                draft.random.below(1000)
            );
        }
        Kind::Machine => text.push_str("Auto-Submitted: auto-generated\nX-Auto-Response-Suppress: All\n"),
        _ => text.push_str(match program {
            Program::Gmail => "X-Mailer: WebMail 4.2\n",
            Program::Thunderbird => "User-Agent: Mozilla Thunderbird\nContent-Language: pl\n",
            Program::Outlook => "X-Mailer: Microsoft Outlook 16.0\nThread-Index: AQHa1b2c3d4e5f6g7h8i9j0kQ==\n",
        }),
    }
    text.push_str("MIME-Version: 1.0\n");
    out.extend_from_slice(text.as_bytes());
}

/// What servers on the way added, the last first.
fn trace(draft: &mut Draft<'_>, domain: &str, when: &str, text: &mut String) {
    let random = &mut draft.random;
    let signature = STANDARD.encode(random.bytes(256));
    let hash = STANDARD.encode(random.bytes(32));
    let (a, rest) = signature.split_at(72);
    let (b, rest) = rest.split_at(72);
    let (c, rest) = rest.split_at(72);
    let (d, e) = rest.split_at(72);
    let from = &draft.from.address;
    let _ = write!(
        text,
        "Return-Path: <{from}>\nDelivered-To: {MAILBOX}\n\
         Received: from mx.{OWN_DOMAIN} ([10.1.0.{}])\n\tby store.{OWN_DOMAIN} with LMTP\n\tid {:x}\n\t(envelope-from <{from}>)\n\tfor <{MAILBOX}>; {when}\n\
         Received: from out-{}.{domain} (out-{}.{domain} [192.0.2.{}])\n\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)\n\t key-exchange X25519 server-signature RSA-PSS (2048 bits))\n\t(No client certificate requested)\n\tby mx.{OWN_DOMAIN} (Postfix) with ESMTPS id {:X}\n\tfor <{MAILBOX}>; {when}\n\
         Authentication-Results: mx.{OWN_DOMAIN};\n\tdkim=pass (2048-bit key; unprotected) header.d={domain} header.i=@{domain};\n\tspf=pass smtp.mailfrom={from};\n\tdmarc=pass (policy=quarantine) header.from={domain}\n\
         DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d={domain};\n\ts=mail2026; t={}; h=from:from:reply-to:subject:date:message-id:\n\t to:cc:mime-version:content-type:in-reply-to:references;\n\tbh={hash};\n\tb={a}\n\t {b}\n\t {c}\n\t {d}\n\t {e}\n\
         X-Spam-Status: No, score=-2.{} required=5.0 tests=BAYES_00,DKIM_SIGNED,DKIM_VALID,\n\tDKIM_VALID_AU,HTML_MESSAGE,SPF_HELO_NONE,SPF_PASS autolearn=ham\n\
         Received: from [10.0.{}.{}] (port={} helo=desk)\n\tby out-{}.{domain} with esmtpsa id {:x}; {when}\n",
        random.below(250),
        random.next(),
        random.below(9),
        random.below(9),
        random.below(250),
        random.next() >> 20,
        draft.planned.at,
        random.below(10),
        random.below(9),
        random.below(250),
        random.range(1025, 65_000),
        random.below(9),
        random.next(),
    );
}

struct Body<'a> {
    text: &'a str,
    visible: &'a str,
    quoted: Option<String>,
    html: bool,
    length: usize,
    attachment: Option<usize>,
}

fn body(draft: &mut Draft<'_>, out: &mut Vec<u8>, body: Body<'_>) {
    let boundary = format!("=_{:016x}", draft.random.next());
    if let Some(size) = body.attachment {
        put(out, format_args!("Content-Type: multipart/mixed; boundary=\"{boundary}m\"\n\n--{boundary}m\n"));
        texts(draft, out, &body, &boundary);
        let number = draft.random.below(9999);
        let (kind, name) = *draft.random.pick(&[
            ("application/pdf", "oferta"),
            ("image/jpeg", "photo"),
            ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "contract"),
        ]);
        let end = kind.rsplit(['/', '.']).next().unwrap_or("bin");
        put(
            out,
            format_args!(
                "--{boundary}m\nContent-Type: {kind}; name=\"{name}-{number}.{end}\"\nContent-Transfer-Encoding: base64\n\
                 Content-Disposition: attachment; filename=\"{name}-{number}.{end}\"\n\n"
            ),
        );
        let bytes = draft.random.bytes(size);
        Transfer::Base64.encode(&bytes, out);
        put(out, format_args!("--{boundary}m--\n"));
    } else {
        texts(draft, out, &body, &boundary);
    }
}

fn put(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    use std::io::Write as _;
    // A Vec takes everything.
    let _ = out.write_fmt(text);
}

fn texts(draft: &mut Draft<'_>, out: &mut Vec<u8>, body: &Body<'_>, boundary: &str) {
    if !body.html {
        return part(draft, out, "text/plain", body.text);
    }
    let markup = markup(body, draft.language);
    let bulk = body.length.saturating_sub(markup.len() + body.text.len());
    // Styles take up to 6 KB of what is left; a logo in the signature takes the rest.
    let (style, logo) = (bulk.min(6_000), if bulk > 10_000 { (bulk - 6_000) * 3 / 4 } else { 0 });
    let page = format!(
        "<html><head><style>\n{}</style></head><body>\n{markup}</body></html>\n",
        styles(&mut draft.random, style)
    );
    if logo > 0 {
        put(out, format_args!("Content-Type: multipart/related; boundary=\"{boundary}r\"\n\n--{boundary}r\n"));
    }
    put(out, format_args!("Content-Type: multipart/alternative; boundary=\"{boundary}a\"\n\n--{boundary}a\n"));
    part(draft, out, "text/plain", body.text);
    put(out, format_args!("--{boundary}a\n"));
    part(draft, out, "text/html", &page);
    put(out, format_args!("--{boundary}a--\n"));
    if logo > 0 {
        put(
            out,
            format_args!(
                "--{boundary}r\nContent-Type: image/png; name=\"image001.png\"\nContent-ID: <image001.png@01DA>\n\
                 Content-Transfer-Encoding: base64\nContent-Disposition: inline; filename=\"image001.png\"\n\n"
            ),
        );
        let bytes = draft.random.bytes(logo);
        Transfer::Base64.encode(&bytes, out);
        put(out, format_args!("--{boundary}r--\n"));
    }
}

fn part(draft: &mut Draft<'_>, out: &mut Vec<u8>, kind: &str, text: &str) {
    // A reply in ASCII to a text that is not is written in UTF-8, as programs do.
    let charset = if draft.charset == Charset::Ascii && !text.is_ascii() { Charset::Utf8 } else { draft.charset };
    let transfer = match charset {
        Charset::Ascii if kind == "text/plain" => Transfer::Seven,
        Charset::Ascii => Transfer::Quoted,
        _ => *draft.random.pick(&[Transfer::Quoted, Transfer::Quoted, Transfer::Base64, Transfer::Eight]),
    };
    put(
        out,
        format_args!(
            "Content-Type: {kind}; charset={}\nContent-Transfer-Encoding: {}\n\n",
            charset.name(),
            transfer.name()
        ),
    );
    transfer.encode(&charset.encode(text), out);
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn markup(body: &Body<'_>, language: Language) -> String {
    const OPEN: &str =
        "<p class=3D\"MsoNormal\"><span style=\"font-size:11.0pt;font-family:&quot;Calibri&quot;,sans-serif\">";
    let open = OPEN.replace("=3D", "=");
    let mut out = String::with_capacity(body.text.len() * 2);
    for paragraph in body.visible.split("\n\n") {
        let _ = writeln!(
            out,
            "{open}{}<o:p></o:p></span></p>\n<p class=\"MsoNormal\">&nbsp;</p>",
            escape(paragraph.trim_end())
        );
    }
    let regards = if language == Language::Polish { "Pozdrawiam" } else { "Best regards" };
    let _ = writeln!(out, "{open}{regards}</span></p>");
    if let Some(quoted) = &body.quoted {
        let (head, rest) = quoted.split_once("\n\n").unwrap_or(("", quoted));
        let _ = write!(
            out,
            "<div class=\"gmail_quote\"><div dir=\"ltr\" class=\"gmail_attr\">{}<br></div>\n<blockquote type=\"cite\" class=\"gmail_quote\" style=\"margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204);padding-left:1ex\">\n",
            escape(head).replace('\n', "<br>\n")
        );
        for line in rest.lines() {
            let _ = writeln!(out, "{}<br>", escape(line.trim_start_matches(['>', ' '])));
        }
        out.push_str("</blockquote></div>\n");
    }
    out
}

/// The kind of style sheet that word processors put into every mail.
fn styles(random: &mut Random, length: usize) -> String {
    const FONTS: [&str; 8] =
        ["Calibri", "Cambria Math", "Segoe UI", "Verdana", "Tahoma", "Aptos", "Times New Roman", "Wingdings"];
    const RULES: [&str; 10] = [
        "margin:0cm;",
        "margin-bottom:.0001pt;",
        "mso-style-priority:99;",
        "text-decoration:underline;",
        "mso-style-type:personal-compose;",
        "font-family:\"Calibri\",sans-serif;",
        "mso-fareast-language:EN-US;",
        "mso-level-number-format:bullet;",
        "mso-level-tab-stop:none;",
        "page:WordSection1;",
    ];
    let mut out = String::with_capacity(length + 400);
    while out.len() < length {
        let n = random.below(100);
        let _ = match random.below(3) {
            0 => writeln!(
                out,
                "@font-face\n\t{{font-family:\"{}\";\n\tpanose-1:2 {n} 5 2 2 {} 4 3 2 4;}}",
                random.pick(&FONTS),
                n % 9
            ),
            1 => writeln!(out, "@list l{}:level{}\n\t{{mso-list-id:{};", n % 7, n % 9, random.next() >> 34),
            _ => writeln!(
                out,
                "p.MsoStyle{n}, li.MsoStyle{n}, div.MsoStyle{n}\n\t{{font-size:{}.0pt;\n\tcolor:#{:06X};",
                n % 20,
                random.next() >> 40
            ),
        };
        for _ in 0..random.below(4) {
            let _ = writeln!(out, "\t{}", random.pick(&RULES));
        }
        out.push_str("\t}\n");
    }
    out
}
