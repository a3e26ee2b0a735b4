//! Ten thousand hostile rules and expressions: never a hang, never a panic. What compiles is tried on
//! the mail that is worst for it.

use super::check::expression;
use super::*;
use crate::model::id::RuleId;
use crate::model::rule::{Condition, Field, Kept, Rule, Switch, Then};
use std::time::{Duration, Instant};

/// A small generator of our own: the same ten thousand in each run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % sides as u64).unwrap()
    }

    fn of<'t>(&mut self, texts: &[&'t str]) -> &'t str {
        texts[self.roll(texts.len())]
    }
}

const PIECES: &[&str] = &[
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "*",
    "+",
    "?",
    "|",
    "\\",
    "^",
    "$",
    ".",
    "a",
    "ab",
    "x*",
    "(a+)+",
    "(a|a)*",
    "(?:a{0,50}){50}",
    "(?:a?){90}",
    "\\w",
    "\\W*",
    "\\p{L}+",
    "\\p{Nope}",
    "(?i)",
    "(?<n>",
    "(?P<n>a)",
    "(?=a)",
    "(?<!a)",
    "\\1",
    "[^\\s]",
    "[[:alpha:]]",
    "{2,1}",
    "{99999}",
    "{0,999999999}",
    "\\x{110000}",
    "\\u00e9",
    "ł",
    "😀",
    "\u{0}",
    "\u{202e}",
    "(?x) # ",
    "(?s-u:.)",
    "(?-u:\\xff)",
    "\\b",
    "(.*)*",
    "(.*a){20}",
    "[a-z&&[^x]]",
    "\\Q",
    "\\E",
    "(?R)",
    "\\z",
    "a{,5}",
    "(((((",
    ")))))",
];

fn hostile_expression(dice: &mut Dice) -> String {
    let mut text = String::new();
    for _ in 0..=dice.roll(14) {
        let piece = dice.of(PIECES);
        let times = if dice.roll(12) == 0 { dice.roll(400) } else { 1 };
        text.extend(std::iter::repeat_n(piece, times));
    }
    text
}

fn hostile_rule(dice: &mut Dice, n: i64) -> Kept {
    let text = |dice: &mut Dice| (dice.roll(3) > 0).then(|| hostile_expression(dice));
    let condition = |dice: &mut Dice| Condition {
        field: Field::ALL[dice.roll(Field::ALL.len())],
        header: if dice.roll(4) == 0 { text(dice) } else { None },
        is: if dice.roll(4) == 0 { text(dice) } else { None },
        contains: if dice.roll(4) == 0 { text(dice) } else { None },
        matches: if dice.roll(2) == 0 { text(dice) } else { None },
        over: (dice.roll(8) == 0).then_some(i64::MIN),
        under: (dice.roll(8) == 0).then_some(i64::MAX),
    };
    let list = |dice: &mut Dice| (0..dice.roll(4)).map(|_| condition(dice)).collect();
    let rule = Rule {
        name: if dice.roll(5) == 0 { hostile_expression(dice) } else { format!("rule {n}") },
        state: [Switch::On, Switch::Shadow, Switch::Off][dice.roll(3)],
        stop: dice.roll(2) == 0,
        all: list(dice),
        any: list(dice),
        none: list(dice),
        then: Then { regard: text(dice), account: text(dice), ignore: dice.roll(4) == 0, ..Then::default() },
    };
    Kept { id: RuleId(n), version: 1, rule }
}

/// Texts on which searching takes longest.
fn worst() -> [String; 4] {
    let long = |piece: &str| piece.repeat(LOOKED_AT / piece.len());
    [long("a"), long("ab"), long("aą "), long("a\u{301}😀")]
}

#[test]
fn ten_thousand_hostile_expressions_end_soon_and_never_panic() {
    let mut dice = Dice(20_261_122);
    let (texts, mut compiled, mut slowest) = (worst(), 0, Duration::ZERO);
    let began = Instant::now();
    for _ in 0..10_000 {
        let text = hostile_expression(&mut dice);
        let one = Instant::now();
        if let Ok(regex) = expression(&text) {
            compiled += 1;
            let text = &texts[dice.roll(texts.len())];
            regex.is_match(text);
            regex.captures(text);
        }
        slowest = slowest.max(one.elapsed());
    }
    assert!(compiled > 1_000, "the generator gives hardly any expression that compiles: {compiled}");
    assert!(slowest < Duration::from_secs(20), "the slowest took {slowest:?}");
    assert!(began.elapsed() < Duration::from_secs(600), "all took {:?}", began.elapsed());
}

#[test]
fn ten_thousand_hostile_rules_end_soon_and_never_panic() {
    let mut dice = Dice(7);
    let texts = worst();
    let (mut sound, mut refused) = (Vec::new(), 0);
    for n in 0..10_000 {
        let kept = hostile_rule(&mut dice, n);
        match Set::compile(std::slice::from_ref(&kept)) {
            Ok(_) if sound.len() < 200 => {
                sound.push(Kept { rule: Rule { name: format!("r{n}"), ..kept.rule }, ..kept })
            }
            Ok(_) => {}
            Err(faults) => {
                refused += 1;
                assert!(faults.iter().all(|fault| !fault.why.to_string().is_empty() && !fault.to_string().is_empty()));
            }
        }
    }
    assert!(refused > 1_000 && sound.len() > 20, "{refused} refused, {} sound", sound.len());
    let set = Set::compile(&sound).unwrap();
    for text in &texts {
        let letter =
            Letter { senders: vec![text], subject: text, body: text, folders: vec![text], ..Letter::default() };
        let hits = set.evaluate(&letter);
        let steps = explain(&set, &letter);
        assert_eq!(steps.len(), sound.len());
        assert!(hits.len() <= sound.len());
        sound.iter().for_each(|kept| assert!(!rule_text(&kept.rule).is_empty()));
    }
}
