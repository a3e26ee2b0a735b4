//! What the bench is made of.

pub mod compose;
pub mod encode;
pub mod floor;
pub mod maildir;
pub mod measure;
pub mod people;
pub mod plan;
pub mod program;
pub mod random;
pub mod server;
pub mod table;
pub mod words;
