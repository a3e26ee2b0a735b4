//! Evidence 4: the admins' rules. Compiled once per set ([`Set`]), evaluated per mail over values
//! only ([`Letter`]), applied to a decision by [`apply`].
//!
//! What a rule says about a mail is one thing, what comes of it another. The first depends on the
//! mail alone and is kept with it ([`Hit`](crate::model::rule::Hit)); the second is decided with
//! all other evidence each time the thread is, and is weaker than a person's word, filing and a
//! true reply. So a changed rule changes nothing that came before, mail that comes later decides
//! its thread as if the old mail were new, and applying the rules to history is nothing else than
//! replacing what is kept.
//!
//! Regular expressions run in linear time, on texts that are cut at [`LOOKED_AT`], and are refused
//! where compiled they would be large: neither an admin's slip nor a stranger's mail can keep the
//! ingest from its work.

mod apply;
mod check;
mod explain;
mod fault;
mod letter;
mod sentence;
mod set;
mod sieve;
mod test;

pub use apply::{apply, says_confidential, says_private};
pub use check::NO_RULE_LOOKS_AT;
pub use explain::{Step, Verdict, explain};
pub use fault::{Fault, Flaw};
pub use letter::{LOOKED_AT, Letter, kept_headers};
pub use sentence::{condition_text, effect_text, rule_text};
pub use set::{MOST_RULES, Set};

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod tests;
