//! The one integration-test binary: linking is what costs, so there is only this one.

mod access_store;
mod commands;
mod config;
mod corpus;
mod fixtures;
mod notice_fixtures;
mod notice_loops;
mod smtp;
