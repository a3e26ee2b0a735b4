//! Pure: absence, who answers now, and what a viewer may see.
//!
//! Values in, values out; `now` is an argument. Nothing has to run for a cover to begin or end:
//! everything here is computed from absences and the clock at the moment of reading (P4).
//!
//! Two answers must never part: [`Scope`] is what queries compare with, [`may_read`] is the slow
//! and obvious evaluator that also says why. A property test holds them together.

mod absence;
mod answers;
mod check;
mod forecast;
mod giving;
mod handover;
mod parts;
mod rights;
mod scope;
mod working;
mod world;
#[cfg(test)]
mod worlds;

pub use absence::{
    DayTime, concerns, day_of, day_start, enters_as_admin, first_day_back, is_near, local_moment, may_enter, moments,
    nature_for, notices_until, stands_in_by, zone,
};
pub use answers::{answers_now, covered_by, stands_in};
pub use check::{Portion, Problem, Span, Weight, check, check_all, is_told};
pub use forecast::{Counts, Episode, Holdings, Part, Sighted, forecast, new_sight, portions};
pub use giving::{Hold, TooMuch, audited_reading, may_break_glass, may_give, may_mark, may_take};
pub use handover::{
    Since, Stays, Terms, meanwhile, receiver, receiver_of_activity, receiver_with_sealed, since_return,
};
pub use parts::Parts;
pub use rights::{
    Cell, GRANTS, Grant, Path, Reason, State, may_assign, may_read, may_share, may_write, rights, who, who_reads, why,
};
pub use scope::{Scope, below};
pub use working::{asked_before, follow_up, is_working, neglected_before, working_days_after};
pub use world::{DEPTH, World};
