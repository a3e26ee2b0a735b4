//! Domains under which unrelated people have addresses.

/// Organisational domains, one a line.
const FREEMAIL: &str = include_str!("data/freemail.txt");

/// Whether unrelated people have addresses at this organisational domain (R51).
pub fn is_freemail(organisation: &str) -> bool {
    FREEMAIL.lines().any(|line| line == organisation)
}
