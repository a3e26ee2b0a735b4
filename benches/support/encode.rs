//! How mail programs put text into seven bits: charsets, transfer encodings, encoded words.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A charset that a mail says it is in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Charset {
    /// `us-ascii`.
    Ascii,
    /// `utf-8`.
    Utf8,
    /// `iso-8859-2`.
    Latin2,
    /// `windows-1250`.
    Windows1250,
}

/// A content transfer encoding.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Transfer {
    /// `7bit`.
    Seven,
    /// `8bit`.
    Eight,
    /// `quoted-printable`.
    Quoted,
    /// `base64`.
    Base64,
}

impl Charset {
    /// Its name in a header.
    pub fn name(self) -> &'static str {
        match self {
            Charset::Ascii => "us-ascii",
            Charset::Utf8 => "utf-8",
            Charset::Latin2 => "iso-8859-2",
            Charset::Windows1250 => "windows-1250",
        }
    }

    /// The text in it. What it lacks becomes a question mark.
    pub fn encode(self, text: &str) -> Vec<u8> {
        match self {
            Charset::Ascii => text.chars().map(|c| if c.is_ascii() { c as u8 } else { b'?' }).collect(),
            Charset::Utf8 => text.as_bytes().to_vec(),
            Charset::Latin2 => encoding_rs::ISO_8859_2.encode(text).0.into_owned(),
            Charset::Windows1250 => encoding_rs::WINDOWS_1250.encode(text).0.into_owned(),
        }
    }
}

impl Transfer {
    /// Its name in a header.
    pub fn name(self) -> &'static str {
        match self {
            Transfer::Seven => "7bit",
            Transfer::Eight => "8bit",
            Transfer::Quoted => "quoted-printable",
            Transfer::Base64 => "base64",
        }
    }

    /// Adds the bytes, encoded, ending in a line feed.
    pub fn encode(self, bytes: &[u8], out: &mut Vec<u8>) {
        match self {
            Transfer::Seven | Transfer::Eight => out.extend_from_slice(bytes),
            Transfer::Quoted => quoted(bytes, out),
            Transfer::Base64 => base64(bytes, out),
        }
        if out.last() != Some(&b'\n') {
            out.push(b'\n');
        }
    }
}

fn quoted(bytes: &[u8], out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for line in bytes.split_inclusive(|b| *b == b'\n') {
        let (text, end) = if line.ends_with(b"\n") { line.split_at(line.len() - 1) } else { (line, &b""[..]) };
        let mut width = 0;
        for (at, byte) in text.iter().enumerate() {
            let last = at + 1 == text.len();
            let plain = matches!(byte, b'!'..=b'<' | b'>'..=b'~') || (matches!(byte, b' ' | b'\t') && !last);
            if width + if plain { 1 } else { 3 } > 75 {
                out.extend_from_slice(b"=\n");
                width = 0;
            }
            if plain {
                out.push(*byte);
                width += 1;
            } else {
                out.extend_from_slice(&[b'=', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
                width += 3;
            }
        }
        out.extend_from_slice(end);
    }
}

fn base64(bytes: &[u8], out: &mut Vec<u8>) {
    let mut line = String::with_capacity(80);
    for chunk in bytes.chunks(57) {
        line.clear();
        STANDARD.encode_string(chunk, &mut line);
        out.extend_from_slice(line.as_bytes());
        out.push(b'\n');
    }
}

/// A header value, in encoded words where it is not plain ASCII.
pub fn words(text: &str, charset: Charset) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    let charset = if charset == Charset::Ascii { Charset::Utf8 } else { charset };
    let mut out = Vec::new();
    let mut piece = String::new();
    for c in text.chars() {
        piece.push(c);
        if piece.len() >= 38 {
            out.push(encoded_word(&std::mem::take(&mut piece), charset));
        }
    }
    if !piece.is_empty() {
        out.push(encoded_word(&piece, charset));
    }
    out.join("\n ")
}

fn encoded_word(piece: &str, charset: Charset) -> String {
    format!("=?{}?B?{}?=", charset.name(), STANDARD.encode(charset.encode(piece)))
}
