//! The one integration-test binary: linking is what costs, so there is only this one.

mod layers;
mod schema;
mod servers;
mod support;
