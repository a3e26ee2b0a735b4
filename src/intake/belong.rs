//! Decides the mails of a batch, and which of them belong to the threads at all.
//!
//! Mail that concerns no record is not stored (P9), so it cannot take part in the threads of the
//! batches to come. It must then not take part in this one's either, or what is decided would
//! depend on what came together (P3): a stranger who writes under a client's Message-ID with an
//! earlier Date would own that id (R121) and draw the answers away, in one batch and not in
//! another. So a thread consists of its stored mails, of what is linked by itself, and of what
//! those draw in one by one; the rest stands alone.

use super::assemble::Assembled;
use crate::link;
use crate::model::facts::Member;
use crate::model::link::Linking;
use std::collections::{HashMap, HashSet};

/// Decides every mail of the touched threads; the result is parallel to `members`. Threads are
/// left as those that belong form them.
pub fn decide(assembled: &mut Assembled<'_>) -> Vec<Linking> {
    let mut decided = vec![Linking::Unmatched; assembled.members.len()];
    let mut threads = Vec::new();
    for related in assembled.related() {
        one(assembled, &related, &mut decided, &mut threads);
    }
    threads.sort();
    assembled.threads = threads;
    decided
}

/// Decides again what is related to any of these members, now that more is known of what they say.
pub fn again(assembled: &mut Assembled<'_>, decided: &mut [Linking], of: &[usize]) {
    let of: HashSet<usize> = of.iter().copied().collect();
    let mut groups = assembled.related();
    groups.retain(|related| related.iter().any(|n| of.contains(n)));
    let anew: HashSet<usize> = groups.iter().flatten().copied().collect();
    let mut threads = std::mem::take(&mut assembled.threads);
    threads.retain(|thread| !thread.iter().any(|n| anew.contains(n)));
    for related in groups {
        one(assembled, &related, decided, &mut threads);
    }
    threads.sort();
    assembled.threads = threads;
}

fn one(assembled: &mut Assembled<'_>, related: &[usize], decided: &mut [Linking], threads: &mut Vec<Vec<usize>>) {
    let tied = assembled.tie(related);
    for thread in &tied {
        note(decided, thread, together(assembled, thread));
    }
    let concerned = |n: &usize| decided.get(*n).is_some_and(|linking| *linking != Linking::Unmatched);
    let stranger = |n: &usize| *n >= assembled.stored.len() && !concerned(n);
    let mixed = related.iter().any(|n| !stranger(n)) && related.iter().any(stranger);
    threads.extend(if mixed { sorted_out(assembled, related, decided) } else { tied });
}

/// Decides related mails of which some concern no record; gives the threads that are left.
fn sorted_out(assembled: &mut Assembled<'_>, related: &[usize], decided: &mut [Linking]) -> Vec<Vec<usize>> {
    let alone = |assembled: &mut Assembled<'_>, n: usize| {
        assembled.tie(&[n]);
        together(assembled, &[n]).pop() == Some(Linking::Unmatched)
    };
    let first = assembled.stored.len();
    let (mut outside, mut inside): (Vec<usize>, Vec<usize>) =
        related.iter().partition(|n| **n >= first && alone(assembled, **n));
    let mut growing = true;
    while growing {
        let before = outside.len();
        outside.retain(|n| {
            let trial: Vec<usize> = inside.iter().copied().chain([*n]).collect();
            let drawn_in = drawn_in(assembled, &trial, *n);
            if drawn_in {
                inside.push(*n);
            }
            !drawn_in
        });
        growing = outside.len() < before && !outside.is_empty();
    }
    inside.sort_unstable();
    let mut threads = assembled.tie(&inside);
    for thread in &threads {
        note(decided, thread, together(assembled, thread));
    }
    for n in outside {
        note(decided, &[n], vec![Linking::Unmatched]);
        threads.extend(assembled.tie(&[n]));
    }
    threads
}

/// Whether a mail concerns a record once it stands among these.
fn drawn_in(assembled: &mut Assembled<'_>, trial: &[usize], n: usize) -> bool {
    let threads = assembled.tie(trial);
    let Some(thread) = threads.into_iter().find(|thread| thread.contains(&n)) else { return false };
    let at = thread.iter().position(|m| *m == n);
    let decisions = together(assembled, &thread);
    at.and_then(|at| decisions.get(at)).is_some_and(|linking| *linking != Linking::Unmatched)
}

fn note(decided: &mut [Linking], thread: &[usize], decisions: Vec<Linking>) {
    for (n, linking) in thread.iter().zip(decisions) {
        if let Some(slot) = decided.get_mut(*n) {
            *slot = linking;
        }
    }
}

/// Decides these members as one thread; the result is parallel to `thread`.
fn together(assembled: &Assembled<'_>, thread: &[usize]) -> Vec<Linking> {
    let positions: HashMap<usize, usize> = thread.iter().copied().zip(0..).collect();
    let members: Vec<Member> = thread.iter().filter_map(|n| local(assembled, &positions, *n)).collect();
    link::decide(&members, &assembled.facts)
}

/// A member with its parent's position inside its thread.
fn local(assembled: &Assembled<'_>, positions: &HashMap<usize, usize>, n: usize) -> Option<Member> {
    let mut member = assembled.members.get(n)?.clone();
    member.parent = member.parent.and_then(|parent| positions.get(&parent).copied());
    Some(member)
}
