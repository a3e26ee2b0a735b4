//! Rules over stored mail: what they would do ([`dry_run`]), and doing it ([`drive`]).
//!
//! Both ask the same set about the same values in the same pages, decide the same threads by the
//! same functions, and differ in one thing: the one says what would be written, the other writes
//! it. A thread of which nothing else is said than before is left alone, so that a run over history
//! changes what the rules change and nothing besides.
//!
//! Memory holds a page and the threads that one page touches, however long the history is.

mod asker;
mod count;
mod diff;
mod dry;
mod given;
mod job;
mod naming;
mod sight;
mod trace;
mod trial;
mod whereabouts;

pub use asker::{Asker, Sight as Seeing};
pub use count::{Fitting, fitting};
pub use diff::{COLUMNS, Changed, Group, Standing};
pub use dry::{Report, SAMPLES, Tally, Told, dry_run};
pub use given::{came_to, trace_given};
pub use job::{BATCH, Driven, Worker, drive, tend};
pub use naming::{RECORD_WORDS, with_names};
pub use trace::{Decider, LARGEST_MAIL, Outcome, Run, State, Trace, Where, trace_stored};
pub use trial::{Trier, csv, csv_for, mails_of_csv, try_all};
pub use whereabouts::{Named, addressed_to, addresses_of, is_mail, named, passed_over, written_by};

use super::rules::{is_said, stored_letter};
use crate::link::rules::Set;
use crate::model::id::{MailId, RuleId, ThreadId};
use crate::model::rule::Hit;
use crate::store::rules::LetterRow;
use std::collections::{BTreeMap, HashMap};

/// Threads decided in one go.
const THREADS: usize = 100;

/// Threads, and what is said of those of their mails of which something else is said than before.
type Part = (Vec<ThreadId>, HashMap<MailId, Vec<Hit>>);

/// What a set says about a page of mails.
#[derive(Debug)]
struct Weighed {
    /// Mails of the page.
    mails: usize,
    /// The last thread.
    last: ThreadId,
    /// By thread, the mails about which something else is said than before.
    changed: BTreeMap<ThreadId, HashMap<MailId, Vec<Hit>>>,
    /// How many mails each rule fits, of those that say something.
    fits: HashMap<RuleId, i64>,
}

/// Asks a set about a page.
fn weigh(set: &Set, page: &[LetterRow]) -> Weighed {
    let (changed, fits) = (BTreeMap::new(), HashMap::new());
    let mut weighed = Weighed { mails: page.len(), last: ThreadId(0), changed, fits };
    for row in page {
        let hits = set.evaluate(&stored_letter(row));
        for hit in &hits {
            *weighed.fits.entry(hit.rule).or_default() += 1;
        }
        weighed.last = ThreadId(row.thread_id);
        if !is_said(row, &hits) {
            weighed.changed.entry(ThreadId(row.thread_id)).or_default().insert(MailId(row.id), hits);
        }
    }
    weighed
}

impl Weighed {
    /// The threads to decide anew, some at a time, with what is said of their mails.
    fn parts(self) -> Vec<Part> {
        let mut parts: Vec<Part> = Vec::new();
        for (thread, said) in self.changed {
            match parts.last_mut().filter(|(threads, _)| threads.len() < THREADS) {
                Some((threads, all)) => {
                    threads.push(thread);
                    all.extend(said);
                }
                None => parts.push((vec![thread], said)),
            }
        }
        parts
    }
}
