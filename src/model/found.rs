//! What a mail says of its writer: fields for a record, each with where it was found.

use serde::{Deserialize, Serialize};

/// Something that is known of a person outside, beside what linking needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Detail {
    /// Their name.
    Name,
    /// The company they write for.
    Company,
    /// What they are there.
    Role,
    /// A phone number, as people abroad dial it.
    Phone,
    /// A mobile number.
    Mobile,
    /// Street, postcode and city.
    Address,
    /// The city alone.
    City,
    /// A web site.
    Web,
    /// A tax number: NIP.
    Tax,
}

impl Detail {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Detail; 9] = [
        Detail::Name,
        Detail::Company,
        Detail::Role,
        Detail::Phone,
        Detail::Mobile,
        Detail::Address,
        Detail::City,
        Detail::Web,
        Detail::Tax,
    ];

    /// The word in the table, in forms and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Detail::Name => "name",
            Detail::Company => "company",
            Detail::Role => "role",
            Detail::Phone => "phone",
            Detail::Mobile => "mobile",
            Detail::Address => "address",
            Detail::City => "city",
            Detail::Web => "web",
            Detail::Tax => "tax",
        }
    }

    /// What `word` names.
    pub fn from_word(word: &str) -> Option<Detail> {
        Detail::ALL.into_iter().find(|detail| detail.word() == word)
    }
}

/// Where something was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// In the header.
    Header,
    /// In this line of the signature.
    Signature(String),
}

/// Something that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// What.
    pub detail: Detail,
    /// Its value.
    pub value: String,
    /// Where.
    pub place: Place,
}
