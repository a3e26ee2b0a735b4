//! API tokens: what one may be used for, and how it is written.

use serde::{Deserialize, Serialize};

/// What every token begins with, so that tools which look for leaked secrets find it.
pub const PREFIX: &str = "sdn_";

/// What a token may be used for. Each holds those before it, and none holds more than its owner's rights.
///
/// Three are enough: whoever may read nothing needs no token, and which records somebody reads or writes is
/// said by rights, which are finer than any scope. `admin` stands apart because tokens of admins are mostly
/// for reading. Passwords, second factors, sessions and tokens are changed by no token at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ApiScope {
    /// See what the owner sees.
    Read,
    /// And do what the owner may do.
    Write,
    /// And what the owner may do as an admin.
    Admin,
}

impl ApiScope {
    /// All of them, the smallest first.
    pub const ALL: [ApiScope; 3] = [ApiScope::Read, ApiScope::Write, ApiScope::Admin];

    /// The word in the database, on the command line and in the API.
    pub fn word(self) -> &'static str {
        match self {
            ApiScope::Read => "read",
            ApiScope::Write => "write",
            ApiScope::Admin => "admin",
        }
    }

    /// The scope that `word` names.
    pub fn from_word(word: &str) -> Option<ApiScope> {
        ApiScope::ALL.into_iter().find(|scope| scope.word() == word)
    }

    /// Whether a token with this scope may be used where `needed` is asked for.
    pub fn allows(self, needed: ApiScope) -> bool {
        self >= needed
    }
}

/// A token as its owner gets it, once.
pub fn written(bytes: &[u8; 32]) -> String {
    format!("{PREFIX}{}", hex::encode(bytes))
}

/// The 256 bits of a written token.
pub fn read(text: &str) -> Option<[u8; 32]> {
    let digits = text.strip_prefix(PREFIX).filter(|digits| digits.len() == 64)?;
    hex::decode(digits).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_allows_itself_and_what_is_smaller() {
        for (at, scope) in ApiScope::ALL.into_iter().enumerate() {
            assert_eq!(ApiScope::from_word(scope.word()), Some(scope));
            for (needed_at, needed) in ApiScope::ALL.into_iter().enumerate() {
                assert_eq!(scope.allows(needed), needed_at <= at, "{scope:?} for {needed:?}");
            }
        }
    }

    #[test]
    fn a_token_reads_as_it_was_written_and_nothing_else_does() {
        let text = written(&[0xab; 32]);
        assert_eq!((text.len(), read(&text)), (68, Some([0xab; 32])));
        for bad in [
            "",
            "sdn_",
            "sdn_ab",
            &text.replace("sdn_", ""),
            &format!("{text}0"),
            &text.replace("sdn_", "SDN_"),
            "sdn_ż",
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
