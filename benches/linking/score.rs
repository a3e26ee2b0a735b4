//! Counts what was decided against what is true.

use crate::decide::Labelled;
use standin::model::link::{Evidence, Linking};
use std::collections::BTreeMap;

/// What kind of case a mail is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Case {
    /// A person's word made the opportunity from it; not counted.
    Given,
    /// A reply whose ids lead to a mail that is there.
    Intact,
    /// A reply that lost its ids, or whose parent got another one.
    Damaged,
    /// A mail that names no mail that is there, and never did.
    Fresh,
    /// A mail whose sender cannot be read: nobody can be known by it.
    Nameless,
    /// A stranger who quotes ids.
    Stranger,
    /// Nobody on it or on any mail to which its ids lead is known: mail among us, or without readable addresses, whose
    /// ids were lost. It is linked to nothing (design: mail among us is linked only by what it answers).
    Unknown,
}

impl Case {
    fn word(self) -> &'static str {
        match self {
            Case::Given => "given",
            Case::Intact => "replies with intact ids",
            Case::Damaged => "damaged replies",
            Case::Fresh => "mails that answer none",
            Case::Nameless => "mails without a sender",
            Case::Stranger => "strangers",
            Case::Unknown => "nobody on it is known",
        }
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    right: usize,
    wrong: usize,
    review: usize,
    timeline: usize,
    nothing: usize,
}

impl Count {
    fn all(&self) -> usize {
        self.right + self.wrong + self.review + self.timeline + self.nothing
    }
}

/// What came of a world.
#[derive(Default)]
pub struct Score {
    /// Decisions about mail that is no stranger's.
    pub decisions: usize,
    /// Decisions about strangers.
    pub strangers: usize,
    cases: BTreeMap<Case, Count>,
    /// Right and wrong automatic links by kind of evidence.
    kinds: BTreeMap<&'static str, (usize, usize)>,
    /// Of the strangers: linked automatically, suggested with the right record.
    strangers_linked: usize,
    strangers_suggested: usize,
    /// Examples by what went wrong.
    examples: BTreeMap<String, Vec<String>>,
}

/// What is demanded.
pub struct Bars {
    wrong: f64,
    intact: Option<f64>,
    damaged: Option<f64>,
    review: Option<f64>,
}

impl Bars {
    /// Of (a).
    pub const THREADS: Bars = Bars { wrong: 0.001, intact: Some(0.995), damaged: Some(0.85), review: Some(0.05) };
    /// Of (b).
    pub const FIRMS: Bars = Bars { wrong: 0.01, intact: None, damaged: None, review: None };
}

/// Whether a mail waits for a person: no opportunity was chosen, and there are some to choose from.
pub fn waits(decided: &Linking) -> bool {
    match decided {
        Linking::Linked { regarding: None, candidates, .. } => !candidates.is_empty(),
        Linking::Review(_) => true,
        Linking::Linked { .. } | Linking::Unmatched => false,
    }
}

impl Score {
    /// Counts one decision.
    pub fn count(&mut self, mail: &Labelled, case: Case, decided: &Linking) {
        if case == Case::Given {
            return;
        }
        let regarding = match decided {
            Linking::Linked { regarding, .. } => *regarding,
            _ => None,
        };
        if case == Case::Stranger {
            self.strangers += 1;
            let candidates = match decided {
                Linking::Review(candidates) => candidates.as_slice(),
                Linking::Linked { candidates, .. } => candidates,
                Linking::Unmatched => &[],
            };
            // Where the thread stands on a contact alone, that is what can be suggested.
            let suggested = candidates.iter().any(|c| matches!(c.evidence, Evidence::ForeignReply { .. }));
            if matches!(decided, Linking::Linked { .. }) {
                self.strangers_linked += 1;
                self.example("a stranger linked automatically", mail, decided);
            } else if suggested {
                self.strangers_suggested += 1;
            } else {
                self.example("a stranger not suggested", mail, decided);
            }
            return;
        }
        self.decisions += 1;
        let count = self.cases.entry(case).or_default();
        match (regarding, decided) {
            (Some(deal), _) if deal == mail.truth => count.right += 1,
            (Some(_), _) => count.wrong += 1,
            (None, waiting) if waits(waiting) => count.review += 1,
            (None, Linking::Unmatched) => count.nothing += 1,
            (None, _) => count.timeline += 1,
        }
        let kind = kind(decided);
        if let Some(deal) = regarding {
            let (right, wrong) = self.kinds.entry(kind).or_default();
            match deal == mail.truth {
                true => *right += 1,
                false => {
                    *wrong += 1;
                    self.example(&format!("wrong by {kind}, {}", case.word()), mail, decided);
                }
            }
        } else if decided == &Linking::Unmatched {
            self.example(&format!("not linked, {}", case.word()), mail, decided);
        } else {
            self.example(&format!("for review, {}", case.word()), mail, decided);
        }
    }

    fn example(&mut self, what: &str, mail: &Labelled, decided: &Linking) {
        let mut text = format!("{}: true {}, {}", mail.name, mail.truth, short(decided));
        if decided == &Linking::Unmatched {
            let parties: Vec<String> =
                mail.member.parties.iter().map(|(field, a)| format!("{} {a}", field.word())).collect();
            text.push_str(&format!(" on {}", parties.join(", ")));
        }
        self.examples.entry(what.to_owned()).or_default().push(text);
    }

    /// Adds another's counts.
    pub fn add(&mut self, other: Score) {
        self.decisions += other.decisions;
        self.strangers += other.strangers;
        self.strangers_linked += other.strangers_linked;
        self.strangers_suggested += other.strangers_suggested;
        for (case, more) in other.cases {
            let count = self.cases.entry(case).or_default();
            count.right += more.right;
            count.wrong += more.wrong;
            count.review += more.review;
            count.timeline += more.timeline;
            count.nothing += more.nothing;
        }
        for (kind, (right, wrong)) in other.kinds {
            let held = self.kinds.entry(kind).or_default();
            *held = (held.0 + right, held.1 + wrong);
        }
        for (what, examples) in other.examples {
            self.examples.entry(what).or_default().extend(examples);
        }
    }

    /// Prints it; `examples` of each kind of error, the most frequent kinds first.
    pub fn print(&self, title: &str, examples: usize) {
        println!("\n{title}: {} decisions, {} of strangers", self.decisions, self.strangers);
        println!(
            "  {:<26}{:>7}{:>8}{:>7}{:>8}{:>10}{:>9}{:>9}",
            "", "all", "right", "wrong", "review", "timeline", "nothing", "recall"
        );
        for (case, count) in &self.cases {
            println!(
                "  {:<26}{:>7}{:>8}{:>7}{:>8}{:>10}{:>9}{:>8.2}%",
                case.word(),
                count.all(),
                count.right,
                count.wrong,
                count.review,
                count.timeline,
                count.nothing,
                100.0 * share(count.right, count.all())
            );
        }
        println!("  {:<26}{:>8}{:>7}{:>11}{:>9}", "by evidence", "right", "wrong", "precision", "recall");
        for (kind, (right, wrong)) in &self.kinds {
            let (precision, recall) = (share(*right, right + wrong), share(*right, self.decisions));
            println!("  {kind:<26}{right:>8}{wrong:>7}{:>10.2}%{:>8.2}%", 100.0 * precision, 100.0 * recall);
        }
        println!("  strangers: {} linked automatically, {} suggested", self.strangers_linked, self.strangers_suggested);
        if examples == 0 {
            return;
        }
        let mut worst: Vec<_> = self.examples.iter().collect();
        worst.sort_by_key(|(_, all)| std::cmp::Reverse(all.len()));
        for (what, all) in worst {
            println!("  {} × {what}", all.len());
            all.iter().take(examples).for_each(|example| println!("      {example}"));
        }
    }

    /// Says which bars hold.
    pub fn bars(&self, title: &str, bars: &Bars) {
        let wrong: usize = self.kinds.values().map(|(_, wrong)| wrong).sum();
        let linked: usize = self.kinds.values().map(|(right, wrong)| right + wrong).sum();
        let review: usize = self.cases.values().map(|c| c.review).sum();
        let say = |what: &str, value: f64, holds: bool, bar: String| {
            println!("{title} {what}: {:.3} % ({bar}): {}", 100.0 * value, if holds { "holds" } else { "MISSED" });
        };
        let wrong = share(wrong, linked);
        say("wrong automatic links", wrong, wrong <= bars.wrong, format!("at most {} %", 100.0 * bars.wrong));
        for (what, case, bar) in [
            ("recall of intact replies", Case::Intact, bars.intact),
            ("recall of damaged replies", Case::Damaged, bars.damaged),
        ] {
            let count = self.cases.get(&case).copied().unwrap_or_default();
            let value = share(count.right, count.all());
            match bar {
                Some(bar) => say(what, value, value >= bar, format!("at least {} %", 100.0 * bar)),
                None => println!("{title} {what}: {:.2} %", 100.0 * value),
            }
        }
        let review = share(review, self.decisions);
        match bars.review {
            Some(bar) => say("for review", review, review < bar, format!("below {} %", 100.0 * bar)),
            None => println!("{title} for review: {:.2} %", 100.0 * review),
        }
        let (linked, suggested) =
            (share(self.strangers_linked, self.strangers), share(self.strangers_suggested, self.strangers));
        say("strangers linked automatically", linked, self.strangers_linked == 0, "none".into());
        say("strangers suggested", suggested, self.strangers_suggested == self.strangers, "all".into());
    }
}

fn share(of: usize, all: usize) -> f64 {
    if all == 0 { 0.0 } else { of as f64 / all as f64 }
}

fn kind(decided: &Linking) -> &'static str {
    let Linking::Linked { regarding: Some(record), links, .. } = decided else { return "none" };
    let own = links.iter().find(|l| l.record == *record && l.governing == *record).map(|l| &l.evidence);
    match own {
        Some(Evidence::Person { .. }) => "1 person",
        Some(Evidence::Filed { .. }) => "2 filing",
        Some(Evidence::Thread { ranked: false, .. }) => "3 thread",
        Some(Evidence::Thread { ranked: true, .. }) => "3 thread, ranked",
        Some(Evidence::OwnMark { .. }) => "3 own mark",
        Some(Evidence::Rule { .. }) => "4 rule",
        Some(Evidence::Number { .. }) => "5 number",
        Some(Evidence::OnlyOpportunity { .. }) => "6 the only opportunity",
        Some(Evidence::Ranked { .. }) => "6 ranked",
        _ => "other",
    }
}

fn short(decided: &Linking) -> String {
    let points = |evidence: &Evidence| match evidence {
        Evidence::Ranked { points, lead, because, .. } => {
            let because: Vec<String> =
                because.iter().map(|g| format!("{} {} {:?}", g.what, g.points, g.words)).collect();
            format!("ranked {points}, lead {lead}: {}", because.join("; "))
        }
        Evidence::OneOfSeveral { points, because, .. } => {
            let because: Vec<String> = because.iter().map(|g| format!("{} {}", g.what, g.points)).collect();
            format!("{points} ({})", because.join(", "))
        }
        other => serde_json::to_string(other).unwrap_or_default(),
    };
    let of = |candidates: &[standin::model::link::Candidate]| {
        let all: Vec<String> =
            candidates.iter().take(3).map(|c| format!("{}: {}", c.record, points(&c.evidence))).collect();
        all.join(" | ")
    };
    match decided {
        Linking::Linked { regarding: Some(record), links, candidates } => {
            let own = links.iter().find(|l| l.record == *record && l.governing == *record);
            format!(
                "regards {record} by {}; then {}",
                own.map(|l| points(&l.evidence)).unwrap_or_default(),
                of(candidates)
            )
        }
        Linking::Linked { candidates, .. } => format!("on timelines; {}", of(candidates)),
        Linking::Review(candidates) => format!("review; {}", of(candidates)),
        Linking::Unmatched => "nothing".to_owned(),
    }
}
