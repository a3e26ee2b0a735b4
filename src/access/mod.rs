//! Pure: absence, who answers now, and what a viewer may see.
//!
//! Values in, values out; `now` is an argument. Nothing has to run for a cover to begin or end:
//! everything here is computed from absences and the clock at the moment of reading (P4).

mod scope;

pub use scope::Scope;
