//! What is never stored: patterns of addresses and domains, and why a mail or a place is hidden.

use super::address::{Address, AddressError, domain_part, levels};
use serde::{Deserialize, Serialize};

/// An address, or a domain with everything below it.
///
/// An address covers its tagged forms: `jan@x.pl` covers `jan+news@x.pl`, since both reach one
/// person; `jan+news@x.pl` covers itself alone. A domain covers those below it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Pattern(String);

impl Pattern {
    /// Reads `jan@x.pl`, `@x.pl` or `x.pl`; Unicode domains become A-labels.
    ///
    /// # Errors
    ///
    /// What is neither an address nor a domain of two labels at least.
    pub fn parse(text: &str) -> Result<Pattern, AddressError> {
        let text = text.trim();
        match text.split_once('@') {
            Some((local, _)) if !local.is_empty() => Ok(Pattern(Address::parse(text)?.to_string())),
            _ => {
                let domain = domain_part(text.trim_start_matches('@'))?;
                let plain = domain.contains('.') && !domain.starts_with('[');
                if plain { Ok(Pattern(format!("@{domain}"))) } else { Err(AddressError::Domain) }
            }
        }
    }

    /// As it is stored: an address, or `@` and a domain.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The domain, where it is one.
    pub fn domain(&self) -> Option<&str> {
        self.0.strip_prefix('@')
    }

    /// Every pattern that covers an address, as it is stored.
    pub fn covering(address: &Address) -> impl Iterator<Item = String> + '_ {
        let untagged = untagged(address).map(|base| base.to_string());
        let domains = levels(address.domain()).map(|domain| format!("@{domain}"));
        std::iter::once(address.to_string()).chain(untagged).chain(domains)
    }

    /// Whether it covers this address.
    pub fn covers(&self, address: &Address) -> bool {
        Pattern::covering(address).any(|pattern| pattern == self.0)
    }
}

impl std::fmt::Display for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// The address without its `+tag`; `None` if it has none.
pub fn untagged(address: &Address) -> Option<Address> {
    let (base, _) = address.local().split_once('+')?;
    let plain = !base.is_empty() && !base.starts_with('"');
    plain.then(|| Address::parse(&format!("{base}@{}", address.domain())).ok()).flatten()
}

/// Why a mail is not stored although it may concern a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Hidden {
    /// The company blocked somebody on it.
    Company,
    /// Whose mailbox it lies in blocked somebody on it.
    Own,
    /// The only person outside on it was erased.
    Erased,
    /// It carries a keyword that means "never".
    Keyword,
}

impl Hidden {
    /// All of them.
    pub const ALL: [Hidden; 4] = [Hidden::Company, Hidden::Own, Hidden::Erased, Hidden::Keyword];

    /// The word in the database.
    pub fn word(self) -> &'static str {
        match self {
            Hidden::Company => "company",
            Hidden::Own => "own",
            Hidden::Erased => "erased",
            Hidden::Keyword => "keyword",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covers(pattern: &str, address: &str) -> bool {
        Pattern::parse(pattern).unwrap().covers(&Address::parse(address).unwrap())
    }

    #[test]
    fn an_address_covers_itself_and_its_tags() {
        assert!(covers("Jan@X.pl", "jan@x.pl"));
        assert!(covers("jan@x.pl", "jan+news@x.pl"));
        assert!(!covers("jan+news@x.pl", "jan@x.pl"));
        assert!(!covers("jan@x.pl", "janka@x.pl"));
        assert!(!covers("jan@x.pl", "+jan@x.pl"), "nothing would be left of it");
    }

    #[test]
    fn a_domain_covers_what_is_below_it_and_nothing_that_only_ends_alike() {
        assert!(covers("x.pl", "jan@x.pl"));
        assert!(covers("@x.pl", "jan@mail.x.pl"));
        assert!(!covers("x.pl", "jan@lex.pl"));
        assert!(!covers("mail.x.pl", "jan@x.pl"));
        assert!(!covers("x.pl", "x.pl@other.pl"));
    }

    #[test]
    fn both_forms_of_a_domain_are_one() {
        assert!(covers("münchen.de", "a@xn--mnchen-3ya.de"));
        assert!(covers("@xn--mnchen-3ya.de", "a@MÜNCHEN.de"));
        assert!(covers("a@münchen.de", "A@xn--mnchen-3ya.de"));
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for text in ["", "@", "pl", "@pl", "a b@x.pl", "<jan@x.pl>", "[10.0.0.1]", "jan@", "x..pl"] {
            assert!(Pattern::parse(text).is_err(), "{text:?}");
        }
    }
}
