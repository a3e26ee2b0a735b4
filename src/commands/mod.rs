//! One file per command-line verb.
