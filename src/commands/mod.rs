//! One file per command-line verb.

pub mod inspect;
pub mod thread;
