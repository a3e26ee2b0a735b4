//! What several tests share: fakes at the wire.

pub mod scripted;
