//! How fast `parse` reads a mailbox: 50 000 mails of about 35 KB on one core.
//!
//! `cargo bench --bench parse`. 500 different mails (log-normal sizes, median 12 KB; 5 % with an
//! attachment of 50 to 500 KB; one in four HTML only, half multipart/alternative; replies with
//! quotes; UTF-8, ISO-8859-2 and quoted-printable) are read 100 times each.

#![allow(clippy::indexing_slicing, clippy::print_stdout)]

use standin::parse;
use std::hint::black_box;
use std::time::Instant;

const WORDS: [&str; 24] = [
    "proszę",
    "o",
    "ofertę",
    "na",
    "pompy",
    "oraz",
    "termin",
    "dostawy",
    "dziękuję",
    "umowa",
    "please",
    "find",
    "the",
    "quote",
    "attached",
    "for",
    "pumps",
    "delivery",
    "Łódź",
    "zażółć",
    "meeting",
    "on",
    "Monday",
    "invoice",
];

/// A small generator: the same mails in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below.max(1)
    }

    /// Log-normal, so that a whole mail has a median near 12 KB: the sum of twelve rolls is close to normal.
    fn size(&mut self) -> usize {
        let normal = (0..12).map(|_| self.roll(10_000) as f64 / 10_000.0).sum::<f64>() - 6.0;
        (9_000.0 * (normal * 1.1).exp()).clamp(600.0, 400_000.0) as usize
    }

    fn text(&mut self, size: usize, prefix: &str) -> String {
        let mut out = String::with_capacity(size + 100);
        let mut line = 0;
        out.push_str(prefix);
        while out.len() < size {
            let word = WORDS[self.roll(24) as usize];
            line += word.len() + 1;
            out.push_str(word);
            out.push(' ');
            if line > 70 {
                out.push_str(if self.roll(6) == 0 { "\r\n\r\n" } else { "\r\n" });
                out.push_str(prefix);
                line = 0;
            }
        }
        out + "\r\n"
    }
}

fn quoted_printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let mut line = 0;
    for byte in text.bytes() {
        match byte {
            b'\n' | b'\r' | b' '..=b'<' | b'>'..=b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("={byte:02X}")),
        }
        line = if byte == b'\n' { 0 } else { line + 1 };
        if line > 72 {
            out.push_str("=\r\n");
            line = 0;
        }
    }
    out
}

fn base64(dice: &mut Dice, size: usize) -> String {
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(size + size / 38);
    while out.len() < size {
        (0..76).for_each(|_| out.push(char::from(letters[dice.roll(64) as usize])));
        out.push_str("\r\n");
    }
    out
}

fn mail(number: u64, dice: &mut Dice) -> Vec<u8> {
    let size = dice.size();
    let quote = dice.text(size / 3, "> ");
    let text = format!(
        "{}\r\n\r\nW dniu 05.08.2024 o 09:00, Anna Nowak pisze:\r\n{quote}\r\n-- \r\nAnna Nowak\r\ntel. 22 123\r\n",
        dice.text(size / 3, "")
    );
    let html = format!(
        "<html><head><style>p {{ margin: 0 }}</style></head><body><p>{}</p><blockquote type=\"cite\">{}</blockquote></body></html>",
        text.replace("\r\n", "<br>\r\n"),
        quote.replace("\r\n", "<br>\r\n")
    );
    let hops: String = (0..4)
        .map(|n| format!("Received: from mx{n}.example (mx{n}.example [192.0.2.{n}])\r\n\tby mx.example with ESMTPS id {number}{n}\r\n\tfor <anna@firma.example>; Mon, 5 Aug 2024 09:00:0{n} +0200\r\n"))
        .collect();
    let head = format!(
        "Return-Path: <jan{number}@klient.example>\r\n{hops}DKIM-Signature: v=1; a=rsa-sha256; d=klient.example;\r\n\tb={}\r\nFrom: =?utf-8?Q?Jan_=C5=BB=C3=B3=C5=82w?= <jan{number}@klient.example>\r\nTo: Anna Nowak <anna@firma.example>, sales@firma.example\r\nSubject: Odp: =?utf-8?B?T2ZlcnRhIG5hIHBvbXB5?= {number}\r\nDate: Mon, 5 Aug 2024 09:00:00 +0200\r\nMessage-ID: <{number}@klient.example>\r\nIn-Reply-To: <{}@firma.example>\r\nReferences: <1@firma.example> <{}@firma.example>\r\nMIME-Version: 1.0\r\n",
        "A".repeat(300),
        number / 3,
        number / 3
    );
    let plain_part = match number % 3 {
        0 => format!("Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{text}"),
        1 => format!(
            "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{}",
            quoted_printable(&text)
        ),
        _ => {
            format!("Content-Type: text/plain; charset=us-ascii\r\n\r\n{}", text.replace(|c: char| !c.is_ascii(), "x"))
        }
    };
    let html_part = format!(
        "Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{}",
        quoted_printable(&html)
    );
    let body = match number % 4 {
        0 => html_part,
        1 => plain_part,
        _ => format!(
            "Content-Type: multipart/alternative; boundary=\"alt\"\r\n\r\n--alt\r\n{plain_part}\r\n--alt\r\n{html_part}\r\n--alt--\r\n"
        ),
    };
    let whole = if number.is_multiple_of(20) {
        let size = 50_000 + dice.roll(450_000) as usize;
        let file = base64(dice, size);
        format!(
            "{head}Content-Type: multipart/mixed; boundary=\"mix\"\r\n\r\n--mix\r\n{body}\r\n--mix\r\nContent-Type: application/pdf; name=\"oferta.pdf\"\r\nContent-Disposition: attachment\r\nContent-Transfer-Encoding: base64\r\n\r\n{file}\r\n--mix--\r\n"
        )
    } else {
        format!("{head}{body}")
    };
    whole.into_bytes()
}

fn main() {
    let mut dice = Dice(7);
    let mails: Vec<Vec<u8>> = (0..500).map(|number| mail(number, &mut dice)).collect();
    let octets: usize = mails.iter().map(Vec::len).sum();
    let mut slowest = 0.0f64;
    let start = Instant::now();
    for _ in 0..100 {
        for raw in &mails {
            let begun = Instant::now();
            black_box(parse::parse(black_box(raw)));
            slowest = slowest.max(begun.elapsed().as_secs_f64());
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    let rate = octets as f64 * 100.0 / 1e6 / seconds;
    let mean = octets / mails.len() / 1_000;
    println!("50 000 mails of {mean} KB on average: {seconds:.2} s, {rate:.0} MB/s, slowest {:.1} ms", slowest * 1e3);
}
