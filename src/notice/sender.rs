//! Who really sent a mail, as far as its reverse path tells: forwarders and bounce tags undone.
//!
//! A forwarder that rewrites senders (SRS) or a server that tags its bounces (BATV) changes the
//! reverse path without being another sender (R39, R52). Only these known forms are undone; any
//! other foreign reverse path stays foreign, and its mail unanswered.

use crate::model::address::Address;
use crate::model::mail::ReturnPath;
use crate::model::notice::SenderKey;
use crate::parse::is_freemail;

/// The sender behind a reverse path: SRS and BATV undone, tags kept. `None` if there is none.
///
/// This is the address to look up among users and contacts.
pub fn sender_address(path: &ReturnPath) -> Option<Address> {
    match path {
        ReturnPath::Address(address, _) => Some(decoded(address)),
        ReturnPath::Missing | ReturnPath::Null | ReturnPath::Ambiguous => None,
    }
}

/// The sender as the ledger counts them (R52). `ticket+4711@` and `ticket+4712@` are one.
pub fn sender_key(path: &ReturnPath) -> Option<SenderKey> {
    let address = sender_address(path)?;
    let local = untagged(address.local());
    let freemail = is_freemail(address.organisation());
    // On a freemail domain `anna-1985` and `anna-1986` are two people.
    let local = if freemail { local } else { undigited(local) };
    Some(SenderKey { address: format!("{local}@{}", address.domain()), domain: address.organisation().to_owned() })
}

/// An address without its `+tag`.
pub(super) fn without_tag(address: &Address) -> String {
    format!("{}@{}", untagged(address.local()), address.domain())
}

/// A local part without its `+tag`; kept whole where nothing would be left.
pub(super) fn untagged(local: &str) -> &str {
    match local.split_once('+') {
        Some((base, _)) if !base.is_empty() && !local.starts_with('"') => base,
        _ => local,
    }
}

/// A local part without a tag of digits only: `ticket-4711` is `ticket`.
fn undigited(local: &str) -> &str {
    match local.rsplit_once(['-', '=']) {
        Some((base, tag)) if !base.is_empty() && !tag.is_empty() && tag.bytes().all(|b| b.is_ascii_digit()) => base,
        _ => local,
    }
}

fn decoded(address: &Address) -> Address {
    let mut current = address.clone();
    // A forwarder may wrap a tagged address; deeper nesting is not seen in practice.
    for _ in 0..3 {
        match unwrapped(&current) {
            Some(inner) => current = inner,
            None => break,
        }
    }
    current
}

fn unwrapped(address: &Address) -> Option<Address> {
    let local = address.local();
    let domain = address.domain();
    // BATV: prvs=TAG=local@domain; Barracuda writes btv1==TAG==local@domain.
    if let Some((_tag, inner)) = local.strip_prefix("prvs=").and_then(|rest| rest.split_once('=')) {
        return Address::parse(&format!("{inner}@{domain}")).ok();
    }
    if let Some((_tag, inner)) = local.strip_prefix("btv1==").and_then(|rest| rest.split_once("==")) {
        return Address::parse(&format!("{inner}@{domain}")).ok();
    }
    // SRS0=HASH=TIME=domain=local@forwarder; the mark may be +, - or =.
    if let Some(rest) = local.strip_prefix("srs0").and_then(|rest| rest.strip_prefix(['=', '+', '-'])) {
        return srs0(rest);
    }
    // SRS1=HASH=forwarder==HASH=TIME=domain=local@second-forwarder.
    if let Some(rest) = local.strip_prefix("srs1").and_then(|rest| rest.strip_prefix(['=', '+', '-'])) {
        let mut parts = rest.splitn(3, '=');
        let (_hash, _forwarder, inner) = (parts.next()?, parts.next()?, parts.next()?);
        return srs0(inner.strip_prefix(['=', '+', '-'])?);
    }
    None
}

fn srs0(rest: &str) -> Option<Address> {
    let mut parts = rest.splitn(4, '=');
    let (_hash, _time, domain, local) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    Address::parse(&format!("{local}@{domain}")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> ReturnPath {
        ReturnPath::Address(Address::parse(text).unwrap(), text.to_owned())
    }

    fn key(text: &str) -> String {
        sender_key(&path(text)).unwrap().address
    }

    #[test]
    fn forwarders_and_bounce_tags_are_undone() {
        for (wire, real) in [
            ("SRS0=HHH=TT=acme-pumps.com=jan.nowak@forwarder.net", "jan.nowak@acme-pumps.com"),
            ("SRS0+HHH=TT=acme-pumps.com=jan@forwarder.net", "jan@acme-pumps.com"),
            ("SRS1=GGG=first.net==HHH=TT=acme-pumps.com=jan@second.net", "jan@acme-pumps.com"),
            ("prvs=0123456789=jan@acme-pumps.com", "jan@acme-pumps.com"),
            ("btv1==0123456789a==jan@acme-pumps.com", "jan@acme-pumps.com"),
            ("SRS0=H=T=acme-pumps.com=prvs=01234=jan@forwarder.net", "jan@acme-pumps.com"),
            ("Jan@ACME-pumps.com", "jan@acme-pumps.com"),
        ] {
            assert_eq!(sender_address(&path(wire)).unwrap().as_str(), real, "{wire}");
        }
    }

    #[test]
    fn broken_rewriting_is_taken_as_it_stands() {
        assert_eq!(key("SRS0=only@forwarder.net"), "srs0=only@forwarder.net");
        assert_eq!(key("SRS1=a=b@forwarder.net"), "srs1=a=b@forwarder.net");
        assert_eq!(key("prvs=x@acme.pl"), "prvs=x@acme.pl");
    }

    #[test]
    fn tagged_addresses_are_one_sender() {
        assert_eq!(key("ticket+4711@desk.pl"), key("Ticket+4712@DESK.pl"));
        assert_eq!(key("ticket-4711@desk.pl"), key("ticket-4712@desk.pl"));
        assert_eq!(key("+4711@desk.pl"), "+4711@desk.pl");
        assert_eq!(key("4711@desk.pl"), "4711@desk.pl");
        assert_ne!(key("anna-1985@gmail.com"), key("anna-1986@gmail.com"));
    }

    #[test]
    fn the_caps_count_the_organisation() {
        assert_eq!(sender_key(&path("a@mail.firma.com.pl")).unwrap().domain, "firma.com.pl");
        assert_eq!(sender_key(&ReturnPath::Null), None);
    }
}
