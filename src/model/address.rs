//! Mail addresses in the one form in which they are compared, stored and looked up.
//!
//! The local part is folded to lower case although RFC 5321 lets it differ: no provider in
//! practice tells `Anna@` from `anna@`, and a missed match leaves a client unread. The domain is
//! kept as its lower-case A-label (R10, R52), so `ZAŻÓŁĆ.pl` and its `xn--` form are one.

use serde::{Deserialize, Serialize};

/// A normalised address: `local@domain`, at most 320 octets.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Address(String);

/// Why a text is no address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// There is no `@` with text on both sides.
    #[error("it has no name before or no domain after the @")]
    NoAt,
    /// White space, control characters, brackets, or a second unquoted `@`.
    #[error("it has a character that an address cannot have")]
    Character,
    /// The domain does not follow IDNA / RFC 5321.
    #[error("its domain is not a valid domain name")]
    Domain,
    /// Longer than SMTP carries (RFC 5321 §4.5.3.1).
    #[error("it is longer than 320 characters")]
    TooLong,
}

impl Address {
    /// Parses an addr-spec (`anna@firma.pl`, `"a b"@x.org`), without display name or brackets.
    pub fn parse(text: &str) -> Result<Address, AddressError> {
        let text = text.trim();
        if text.len() > 320 {
            return Err(AddressError::TooLong);
        }
        let (local, domain) = text.rsplit_once('@').ok_or(AddressError::NoAt)?;
        let local = local_part(local)?;
        let domain = domain_part(domain)?;
        Ok(Address(format!("{local}@{domain}")))
    }

    /// The whole address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands before the last `@`.
    pub fn local(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(local, _)| local)
    }

    /// What stands after the last `@`: an A-label domain or an address literal.
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    /// The registrable domain (`mail.firma.com.pl` → `firma.com.pl`) by the public suffix list,
    /// or the domain itself where the list has none.
    pub fn organisation(&self) -> &str {
        organisation(self.domain())
    }
}

/// The registrable part of a lower-case A-label domain, or the domain itself.
pub fn organisation(domain: &str) -> &str {
    psl::domain_str(domain).unwrap_or(domain)
}

/// A domain and those above it, down to two labels: `mail.acme.pl`, `acme.pl`.
pub fn levels(domain: &str) -> impl Iterator<Item = &str> {
    let above = domain.match_indices('.').filter_map(|(n, _)| domain.get(n + 1..));
    std::iter::once(domain).chain(above).filter(|d| d.contains('.'))
}

/// A domain as it is compared: lower-case A-label, without a trailing dot.
pub fn domain_part(domain: &str) -> Result<String, AddressError> {
    let domain = domain.trim().trim_end_matches('.');
    if domain.is_empty() {
        return Err(AddressError::NoAt);
    }
    if domain.starts_with('[') && domain.ends_with(']') && !domain.contains(char::is_whitespace) {
        return Ok(domain.to_ascii_lowercase());
    }
    let plain = domain.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-' || b == b'_');
    if plain && !domain.contains("xn--") && !domain.contains("..") && !domain.starts_with('.') {
        return Ok(domain.to_ascii_lowercase());
    }
    let ascii = idna::domain_to_ascii(domain).map_err(|_| AddressError::Domain)?;
    let valid = !ascii.is_empty()
        && !ascii.contains("..")
        && !ascii.starts_with('.')
        && ascii.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-' || b == b'_');
    if valid { Ok(ascii) } else { Err(AddressError::Domain) }
}

fn local_part(local: &str) -> Result<String, AddressError> {
    if local.is_empty() {
        return Err(AddressError::NoAt);
    }
    let quoted = local.len() >= 2 && local.starts_with('"') && local.ends_with('"');
    if quoted {
        let inner: String = unescape(local.trim_matches('"'));
        if inner.is_empty() || inner.contains(char::is_control) {
            return Err(AddressError::Character);
        }
        // Quotes that are not needed are undone, so that "anna"@x and anna@x are one address.
        let plain = inner.chars().all(atom_or_dot) && !inner.starts_with('.') && !inner.ends_with('.');
        let inner = inner.to_lowercase();
        return Ok(if plain { inner } else { format!("\"{}\"", inner.replace('\\', "\\\\").replace('"', "\\\"")) });
    }
    let bad = |c: char| c.is_whitespace() || c.is_control() || "<>()[]\\,;:@\"".contains(c);
    if local.contains(bad) {
        return Err(AddressError::Character);
    }
    Ok(local.to_lowercase())
}

fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        out.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    out
}

fn atom_or_dot(c: char) -> bool {
    c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c)
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::str::FromStr for Address {
    type Err = AddressError;
    fn from_str(text: &str) -> Result<Address, AddressError> {
        Address::parse(text)
    }
}

impl TryFrom<String> for Address {
    type Error = AddressError;
    fn try_from(text: String) -> Result<Address, AddressError> {
        Address::parse(&text)
    }
}

impl From<Address> for String {
    fn from(address: Address) -> String {
        address.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_idn_forms_are_one_address() {
        let one = Address::parse("Anna.Kowalska@MÜNCHEN.de").unwrap();
        assert_eq!(one, Address::parse("anna.kowalska@xn--mnchen-3ya.DE").unwrap());
    }

    #[test]
    fn needless_quotes_are_undone_and_needed_ones_kept() {
        assert_eq!(Address::parse("\"anna\"@x.org").unwrap().as_str(), "anna@x.org");
        assert_eq!(Address::parse("\"a b\"@x.org").unwrap().as_str(), "\"a b\"@x.org");
    }

    #[test]
    fn texts_that_are_no_address_are_refused() {
        for text in ["", "@", "anna", "anna@", "@x.org", "john doe j@x.org", "a@b@c.org", "a@b..c", "a@-\u{7f}"] {
            assert!(Address::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn the_organisation_follows_the_public_suffix_list() {
        assert_eq!(Address::parse("a@mail.firma.com.pl").unwrap().organisation(), "firma.com.pl");
        assert_eq!(Address::parse("a@localhost").unwrap().organisation(), "localhost");
    }
}
