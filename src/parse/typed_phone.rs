//! A phone number as somebody types it into a search, in any format. Pure.

use phonenumber::{Mode, country};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A number that could be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dialled {
    /// As people abroad dial it: `+48 22 123 45 67`.
    pub shown: String,
    /// Its digits without the country's code and without what is dialled before it at home.
    pub national: String,
}

/// Reads a whole number; one without a country's code as people in `region` write it (`PL`). `None` where it
/// is none, or only a part of one.
pub fn dialled(text: &str, region: &str) -> Option<Dialled> {
    // A number's grammar is a stranger's code, and people type anything.
    catch_unwind(AssertUnwindSafe(|| read(text, region))).ok().flatten()
}

fn read(text: &str, region: &str) -> Option<Dialled> {
    let bare: String = text.replace("(0)", "").chars().filter(|c| c.is_ascii_digit() || *c == '+').collect();
    let wanted = match bare.strip_prefix("00") {
        Some(rest) => format!("+{rest}"),
        None => bare,
    };
    if wanted.rfind('+').is_some_and(|at| at > 0) {
        return None;
    }
    let home = if wanted.starts_with('+') { None } else { region.parse::<country::Id>().ok() };
    if home.is_none() && !wanted.starts_with('+') {
        return None;
    }
    let number = phonenumber::parse(home, &wanted).ok()?;
    if !phonenumber::is_valid(&number) {
        return None;
    }
    Some(Dialled {
        shown: number.format().mode(Mode::International).to_string(),
        // Without zeros before it, which some write and some do not.
        national: number.national().value().to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::dialled;

    #[test]
    fn a_number_is_the_same_however_it_is_typed() {
        for text in ["22 123-45-67", "+48221234567", "0048 22 123 45 67", "(22) 123.45.67", "+48 (0)22 1234567"] {
            let found = dialled(text, "PL").unwrap_or_else(|| panic!("{text}"));
            assert_eq!((found.shown.as_str(), found.national.as_str()), ("+48 22 123 45 67", "221234567"), "{text}");
        }
        assert_eq!(dialled("030 901820", "DE").unwrap().national, "30901820");
    }

    #[test]
    fn a_part_of_a_number_is_none() {
        for text in ["34567", "", "+", "1+2", "++48221234567", "12345678901234567890", "22 123-45-67"] {
            assert_eq!(dialled(text, "XX"), None, "{text}");
        }
    }
}
