//! The one integration-test binary: linking is what costs, so there is only this one.

// Tests print seeds and measured times, and cut texts of their own making.
#![allow(clippy::print_stdout, clippy::string_slice)]

mod absences;
mod absences_pages;
mod access_store;
mod activities;
mod assign;
mod cables;
mod colleagues;
mod colleagues_pages;
mod colleagues_story;
mod commands;
mod commands_assign;
mod config;
mod corpus;
mod crash;
mod differential;
mod fixtures;
mod handover;
mod handover_crash;
mod handover_model;
mod handover_web;
mod imap_wire;
mod latency;
mod layers;
mod misbehaviour;
mod notice_fixtures;
mod notice_loops;
mod order;
mod plans;
mod private;
mod records_life;
mod rights_model;
mod schema;
mod servers;
mod sharing;
mod sight;
mod smtp;
mod story;
mod story_faults;
mod support;
mod views;
mod views_seed;
mod web;
mod web_assign;
