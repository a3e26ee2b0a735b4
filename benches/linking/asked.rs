//! (b) where a person decides what waits, as in review: their word settles the mail's thread, and is history for what
//! comes later.
//!
//! Mail comes in its order, some at a time. Of each counts what is decided when it comes, so a mail about which somebody
//! has to be asked counts as one for review, and no word makes a wrong link right: nobody looks at what was linked.

use crate::decide::{self, World};
use crate::firms::word_of_a_person;
use crate::score::{Case, Score, waits};
use std::collections::BTreeSet;

/// Mails of a firm that come at a time.
const AT_A_TIME: usize = 8;

/// Decides each world and compares.
pub fn run(worlds: impl Iterator<Item = World>) -> Score {
    let mut score = Score::default();
    worlds.for_each(|world| one(world, &mut score));
    score
}

fn one(mut world: World, score: &mut Score) {
    let mut coming = std::mem::take(&mut world.mails);
    coming.sort_by_key(|mail| mail.member.at);
    let mut coming = coming.into_iter().peekable();
    while coming.peek().is_some() {
        let mut open: BTreeSet<usize> = (world.mails.len()..).take(AT_A_TIME).collect();
        world.mails.extend(coming.by_ref().take(AT_A_TIME));
        open.retain(|n| *n < world.mails.len());
        while !open.is_empty() {
            open = ask(&mut world, open, score);
        }
    }
}

/// Counts what is decided of these mails, and asks about the first of each thread that waits. Gives those behind it in
/// their threads: they are decided anew with the answer.
fn ask(world: &mut World, open: BTreeSet<usize>, score: &mut Score) -> BTreeSet<usize> {
    let (threads, decided) = decide::all(world);
    let (mut asked, mut behind) = (BTreeSet::new(), BTreeSet::new());
    for n in open {
        let mail = &mut world.mails[n];
        if asked.contains(&threads[n]) {
            behind.insert(n);
            continue;
        }
        score.count(mail, mail.case, &decided[n]);
        if mail.case != Case::Stranger && waits(&decided[n]) {
            mail.member.said.mail = Some(word_of_a_person(mail.truth));
            asked.insert(threads[n]);
        }
    }
    behind
}
