//! Folder names from and into IMAP's modified UTF-7 (RFC 3501 section 5.1.3). Pure. A server takes these
//! as long as UTF8=ACCEPT is not enabled (RFC 6855 section 3), and we never enable it.
//!
//! Our own because the name comes from the server: what cannot be decoded is shown as it is,
//! and nothing panics.

use base64::Engine as _;
use base64::alphabet::Alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use std::sync::LazyLock;

static ENGINE: LazyLock<Option<GeneralPurpose>> = LazyLock::new(|| {
    let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";
    let lenient = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    Some(GeneralPurpose::new(&Alphabet::new(letters).ok()?, lenient))
});

/// The name as people read it.
pub(super) fn decode(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    let mut rest = name;
    while let Some((plain, after)) = rest.split_once('&') {
        text.push_str(plain);
        let Some((code, further)) = after.split_once('-') else {
            rest = after;
            text.push('&');
            break;
        };
        match decode_run(code) {
            Some(letters) => text.push_str(&letters),
            None => text.extend(["&", code, "-"]),
        }
        rest = further;
    }
    text.push_str(rest);
    text
}

/// The name as it goes over the wire.
pub(super) fn encode(name: &str) -> String {
    let mut raw = String::with_capacity(name.len());
    let mut run: Vec<u8> = Vec::new();
    for letter in name.chars() {
        if !matches!(letter, ' '..='~') {
            let mut units = [0; 2];
            run.extend(letter.encode_utf16(&mut units).iter().flat_map(|unit| unit.to_be_bytes()));
            continue;
        }
        end_run(&mut raw, &mut run);
        match letter {
            '&' => raw.push_str("&-"),
            plain => raw.push(plain),
        }
    }
    end_run(&mut raw, &mut run);
    raw
}

fn end_run(raw: &mut String, run: &mut Vec<u8>) {
    if let Some(engine) = ENGINE.as_ref().filter(|_| !run.is_empty()) {
        raw.push('&');
        raw.push_str(engine.encode(&*run).trim_end_matches('='));
        raw.push('-');
    }
    run.clear();
}

/// What stands between `&` and `-`; nothing there is the ampersand itself.
fn decode_run(code: &str) -> Option<String> {
    if code.is_empty() {
        return Some("&".to_owned());
    }
    let bytes = ENGINE.as_ref()?.decode(code).ok()?;
    if bytes.len() % 2 != 0 {
        return None;
    }
    let units = bytes.chunks_exact(2).filter_map(|pair| <[u8; 2]>::try_from(pair).ok()).map(u16::from_be_bytes);
    char::decode_utf16(units).collect::<Result<String, _>>().ok()
}

#[cfg(test)]
mod tests {
    use super::{decode, encode};
    use proptest::prelude::*;

    #[test]
    fn names_are_decoded() {
        assert_eq!(decode("INBOX"), "INBOX");
        assert_eq!(decode("Wys&AUI-ane"), "Wysłane");
        assert_eq!(decode("&BB4EQgQ,BEAEMAQyBDsENQQ9BD0ESwQ1-"), "Отправленные");
        assert_eq!(decode("R&-D"), "R&D");
        assert_eq!(decode("~peter/mail/&U,BTFw-/&ZeVnLIqe-"), "~peter/mail/台北/日本語");
        assert_eq!(decode("&2D3cXQ-"), "👝");
    }

    #[test]
    fn what_is_no_code_stays_as_it_is() {
        for name in ["&", "a&b", "&!!-", "&AA-", "&2D0-"] {
            assert_eq!(decode(name), name);
        }
    }

    #[test]
    fn names_are_encoded() {
        assert_eq!(encode("Wysłane"), "Wys&AUI-ane");
        assert_eq!(encode("R&D"), "R&-D");
        assert_eq!(encode("~peter/mail/台北/日本語"), "~peter/mail/&U,BTFw-/&ZeVnLIqe-");
        assert_eq!(encode("👝"), "&2D3cXQ-");
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded_again(name in "\\PC{0,40}") {
            let raw = encode(&name);
            prop_assert!(raw.is_ascii());
            prop_assert_eq!(decode(&raw), name);
        }

        #[test]
        fn no_name_makes_it_panic(name in "\\PC{0,40}") {
            decode(&name);
        }
    }
}
