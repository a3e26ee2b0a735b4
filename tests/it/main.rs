//! The one integration-test binary: linking is what costs, so there is only this one.

mod imap_wire;
mod support;
