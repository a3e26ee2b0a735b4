//! The envelope sender as the delivering server noted it (R16 to R18).

use super::address;
use super::header::{Block, unfold};
use crate::model::mail::ReturnPath;

/// Reads `Return-Path`: only the topmost counts, and only above the first `Received` of a foreign
/// hop, since below it the sender could have written it. A `Received` without `from` is a step
/// within the delivering system (Gmail notes two of them above its `Return-Path`).
pub(super) fn return_path(block: &Block<'_>) -> ReturnPath {
    let mut received = false;
    for field in &block.fields {
        if field.name.eq_ignore_ascii_case(b"received") {
            let value = field.value.trim_ascii_start();
            received |= value.get(..4).is_some_and(|start| start.eq_ignore_ascii_case(b"from"));
        } else if field.name.eq_ignore_ascii_case(b"return-path") {
            return if received { ReturnPath::Ambiguous } else { read(&unfold(field.value, &mut Vec::new())) };
        }
    }
    ReturnPath::Missing
}

fn read(value: &str) -> ReturnPath {
    let inner = match (value.find('<'), value.rfind('>')) {
        (Some(open), Some(close)) if open < close => value.get(open + 1..close).unwrap_or(""),
        _ => value,
    };
    let inner = inner.trim();
    if inner.is_empty() || inner.eq_ignore_ascii_case("mailer-daemon") || inner == "<>" {
        return ReturnPath::Null;
    }
    match address::address_of(inner) {
        Some(address) => ReturnPath::Address(address, inner.to_owned()),
        None => ReturnPath::Ambiguous,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::header;

    fn path(header: &str) -> ReturnPath {
        return_path(&header::split(format!("{header}\n\n").as_bytes()))
    }

    fn address(header: &str) -> String {
        match path(header) {
            ReturnPath::Address(address, _) => address.to_string(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn the_null_path_has_many_spellings() {
        for text in ["<>", "< >", "", "<MAILER-DAEMON>", "MAILER-DAEMON"] {
            assert_eq!(path(&format!("Return-Path: {text}")), ReturnPath::Null, "{text:?}");
        }
    }

    #[test]
    fn only_the_topmost_above_the_first_foreign_hop_counts() {
        assert_eq!(address("Return-Path: <a@x.org>\nReceived: from y"), "a@x.org");
        assert_eq!(address("Return-Path: a@x.org\nReturn-Path: <b@x.org>"), "a@x.org");
        assert_eq!(address("Received: by 10.0.0.1\nReturn-Path: <a@x.org>\nReceived: from y"), "a@x.org");
        assert_eq!(path("Received: from y\nReturn-Path: <a@x.org>"), ReturnPath::Ambiguous);
        assert_eq!(path("Return-Path: <nonsense>"), ReturnPath::Ambiguous);
        assert_eq!(path("Subject: x"), ReturnPath::Missing);
    }

    #[test]
    fn the_received_form_is_kept_untouched() {
        let text = "SRS0=AbC=XY=x.org=Jan@Forward.example";
        assert_eq!(
            path(&format!("Return-Path: <{text}>")),
            ReturnPath::Address(text.parse().unwrap(), text.to_owned())
        );
    }
}
