//! The one integration-test binary: linking is what costs, so there is only this one.

// Tests print seeds and measured times, and cut texts of their own making.
#![allow(clippy::print_stdout, clippy::string_slice)]

mod access_store;
mod cables;
mod commands;
mod config;
mod corpus;
mod crash;
mod differential;
mod fixtures;
mod imap_wire;
mod latency;
mod layers;
mod misbehaviour;
mod notice_fixtures;
mod notice_loops;
mod order;
mod plans;
mod private;
mod rights_model;
mod schema;
mod servers;
mod smtp;
mod story;
mod story_faults;
mod support;
mod views;
mod views_seed;
mod web;
