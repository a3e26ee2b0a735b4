//! Every rule of a set on one mail: whether it fits, and why or why not.

use super::letter::{Letter, cut};
use super::sentence::condition_text;
use super::set::{Compiled, Set};
use super::test::Test;
use crate::model::rule::{Condition, Field, Hit, Kept, Switch};

/// Octets of a value that are shown.
const SHOWN: usize = 80;

/// One rule on one mail.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The rule.
    pub rule: Kept,
    /// What it came to.
    pub verdict: Verdict,
}

/// What a rule came to on a mail.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// It fits; this is what it says. `None` where a group found nothing, so that it names no record.
    Fits(Option<Hit>),
    /// It does not fit: the first condition that says so, with what the mail has there.
    Fails(String),
    /// A rule before it, of this name, stopped.
    Stopped(String),
    /// It is off.
    Off,
}

/// What each rule says about a mail, in order. The hits are those of [`Set::evaluate`].
pub fn explain(set: &Set, letter: &Letter<'_>) -> Vec<Step> {
    let mut stopped: Option<String> = None;
    let mut steps = Vec::new();
    for rule in &set.rules {
        let verdict = match (&stopped, rule.kept.rule.state) {
            (_, Switch::Off) => Verdict::Off,
            (Some(name), _) => Verdict::Stopped(name.clone()),
            (None, _) => match failing(rule, letter) {
                Some(why) => Verdict::Fails(why),
                None => {
                    stopped = rule.stops().then(|| rule.kept.rule.name.clone());
                    Verdict::Fits(rule.hit(letter))
                }
            },
        };
        steps.push(Step { rule: rule.kept.clone(), verdict });
    }
    steps
}

/// The first condition that keeps a rule from fitting, in words.
fn failing(rule: &Compiled, letter: &Letter<'_>) -> Option<String> {
    let (said, tests) = (&rule.kept.rule, &rule.tests);
    if let Some((condition, test)) = said.all.iter().zip(&tests.all).find(|(_, test)| !test.holds(letter)) {
        return Some(format!("not so: {}; {}", condition_text(condition), found(condition, test, letter)));
    }
    if !tests.any.is_empty() && !tests.any.iter().any(|test| test.holds(letter)) {
        let all: Vec<String> = said.any.iter().map(condition_text).collect();
        return Some(format!("none of these is so: {}", all.join("; ")));
    }
    let (condition, test) = said.none.iter().zip(&tests.none).find(|(_, test)| test.holds(letter))?;
    Some(format!("it must not be, and is so: {}; {}", condition_text(condition), found(condition, test, letter)))
}

/// What the mail has where a condition looks.
fn found(condition: &Condition, test: &Test, letter: &Letter<'_>) -> String {
    match condition.field {
        Field::Size => return format!("it has {} octets", letter.size),
        Field::Author => return format!("it is {}", letter.author.word()),
        Field::Channel => return format!("it is {}", letter.channel.word()),
        Field::Body => return format!("its text has {} octets", letter.body.len()),
        _ => {}
    }
    let mut values = Vec::new();
    test.any(letter, |value| {
        values.push(format!("`{}`", cut(value, SHOWN)));
        values.len() == 3
    });
    if values.is_empty() { "the mail has none".to_owned() } else { format!("the mail has {}", values.join(", ")) }
}
