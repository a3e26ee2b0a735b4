//! What would change where a traced mail is, on the page: who said what, what ends a block, what to do by hand.

use super::trace_told::Told;
use super::words::fill;
use crate::intake::replay::{Decider, Run, State};
use crate::link::steps::Kind;
use crate::model::correction::What;
use crate::model::facts::{Say, Spoken};
use crate::model::id::UserId;
use crate::model::link::Linking;
use crate::model::rule::Hit;
use crate::model::time::Timestamp;
use crate::store::blocks::Block;
use crate::store::expiry::Stay;

impl Told<'_> {
    /// What would change where it is, a sentence or two each.
    pub(super) fn changes(&self) -> Vec<String> {
        let (t, trace) = (self.t, self.trace);
        if trace.alone {
            let what = self.chosen.map(|choice| t.chosen(choice)).unwrap_or_default();
            let decided = self.decided.map(|(_, at)| {
                fill(t.decided_review, &[("time", &self.visit.clock.when(at).exact), ("what", what)])
                    .trim_end()
                    .to_owned()
            });
            return decided.into_iter().collect();
        }
        let mut lines = Vec::new();
        lines.extend(trace.word.as_ref().map(|(word, of)| self.word(word, of)));
        let beneath = |(word, of): &(Spoken, &'static str)| format!("{} {}", self.word(word, of), t.beneath);
        lines.extend(trace.beneath.iter().map(beneath));
        for word in &trace.words {
            if trace.word.as_ref().is_some_and(|(main, _)| main.correction == word.id) {
                continue;
            }
            let record = word.record.map(|record| self.place(record).name).unwrap_or_default();
            let text = match word.what {
                What::Regard if word.record.is_none() => t.word_no_deal,
                What::Regard | What::Filed => t.word_regards,
                What::Add => t.word_adds,
                What::Remove => t.word_removes,
                What::Private if word.is_none() => t.word_none,
                What::Private => t.word_private,
                What::Automatic => t.word_automatic,
                What::Split => t.word_splits,
                What::Join => t.word_joins,
                What::Confidential => t.word_seals,
                What::Open => t.word_opens,
                What::NoAnswer | What::FollowUp => continue,
            };
            lines.push(self.said((word.by, false), word.at, &fill(text, &[("record", &record)]), t.of_mail));
        }
        lines.extend(self.without_block());
        lines.extend(self.stay.map(|stay| match stay {
            Stay::Until(day) => {
                let days = self.visit.app.state.config.mail.keep_failed_days.to_string();
                fill(t.left_so, &[("n", &days), ("day", &self.visit.clock.when(day).exact)])
            }
            Stay::Decided => t.stays_decided.to_owned(),
        }));
        lines.extend(self.by_hand().map(str::to_owned));
        lines.extend(self.run());
        lines
    }

    /// Who said what of the mail, its thread or its sender, and when.
    fn word(&self, word: &Spoken, of: &str) -> String {
        let t = self.t;
        let what = match word.say {
            Say::Private if of == "mail" && self.trace.answered_none() => t.word_none.to_owned(),
            Say::Private => t.word_private.to_owned(),
            Say::Regard(Some(record)) => fill(t.word_regards, &[("record", &self.place(record).name)]),
            Say::Regard(None) => t.word_no_deal.to_owned(),
        };
        let about_sender = matches!(of, "sender" | "domain");
        self.said((word.by, about_sender), word.at, &what, t.spoken_of(of))
    }

    /// That a mail would not be stored, because it is private, and why.
    pub fn private_unstored(&self) -> String {
        let t = self.t;
        let word = self.trace.step(Kind::Person).filter(|found| found.holds && self.trace.word.is_some());
        let why = word.map_or_else(|| t.private_rule.to_owned(), |found| self.finding(found));
        fill(t.private_unstored, &[("why", &why)])
    }

    /// Which run of the rules over history changed it, and until when that is taken back.
    fn run(&self) -> Option<String> {
        let (t, clock) = (self.t, &self.visit.clock);
        let Run { job: run, before, moved } = self.trace.run.as_ref()?;
        let (n, time) = (run.id.to_string(), clock.when(run.settled_at.unwrap_or(run.created_at)).exact);
        let did = fill(if *moved { t.run_moved } else { t.run_stayed }, &[("n", &n), ("time", &time)]);
        let end = match run.undo_until().filter(|until| clock.now <= *until) {
            Some(until) => fill(t.run_undo, &[("until", &clock.when(until).exact)]),
            None => t.run_done.to_owned(),
        };
        let before = before
            .as_ref()
            .map(|(_, rule, record)| fill(t.run_before, &[("rule", rule), ("record", &self.place(*record).name)]));
        Some([did, end].into_iter().chain(before).collect::<Vec<_>>().join(" "))
    }

    /// Who said what of what, and whether the viewer can withdraw it: what is said of a sender only who said it.
    fn said(&self, (by, about_sender): (Option<UserId>, bool), at: Timestamp, what: &str, of: &str) -> String {
        let t = self.t;
        let who = by.map_or_else(|| t.operator.to_owned(), |user| self.visit.name(user));
        let time = self.visit.clock.when(at).exact;
        let said = fill(t.said_by, &[("who", &who), ("of", of), ("what", what), ("time", &time)]);
        let own = by == Some(self.visit.person.user);
        match self.trace.stored.is_some() && (own || (self.may_move && !about_sender)) {
            true => format!("{said} {}", t.said_undo),
            false => said,
        }
    }

    /// Who blocked whom, and since when.
    pub(super) fn block(&self, block: &Block) -> String {
        let by = block.by.map_or_else(|| self.t.operator.to_owned(), |user| self.visit.name(user));
        let text = if block.user.is_none() { self.t.block_company } else { self.t.block_own };
        let time = self.visit.clock.when(block.at).exact;
        fill(text, &[("pattern", block.pattern.as_str()), ("time", &time), ("by", &by)])
    }

    /// What would become of it without the block that keeps it out.
    fn without_block(&self) -> Option<String> {
        let t = self.t;
        let (state, linking) = self.trace.unblocked.as_ref()?;
        Some(match (state, linking) {
            (State::Linked, Linking::Linked { regarding, links, .. }) => {
                let on = regarding.or_else(|| links.first().map(|link| link.record));
                fill(t.unblocked_on, &[("record", &on.map(|on| self.place(on).name).unwrap_or_default())])
            }
            (State::Asked, _) => t.unblocked_asked.to_owned(),
            _ => t.unblocked_nowhere.to_owned(),
        })
    }

    /// What to do about a stored mail, by what put it where it is.
    fn by_hand(&self) -> Option<&'static str> {
        let (t, trace) = (self.t, self.trace);
        trace.stored?;
        if !self.may_move {
            return self.asked.is_none().then_some(t.change_ask);
        }
        if trace.word.is_some() {
            return None;
        }
        Some(match trace.decider() {
            Some(Decider::Rule(rule)) if !trace.still_says(rule) => t.change_apply,
            Some(Decider::Rule(_)) if trace.unruled == Some(false) => t.change_no_rule,
            Some(Decider::Rule(_)) => t.change_rule,
            Some(Decider::BuiltIn(Kind::Address | Kind::Rank)) if trace.state == State::Linked => t.change_address,
            None if matches!(trace.state, State::Asked | State::Nowhere)
                && trace.incoming
                && !trace.head.doubted
                && trace.head.mailboxes.iter().any(|(_, whose)| *whose == Some(self.visit.person.user)) =>
            {
                t.change_always
            }
            Some(Decider::BuiltIn(Kind::Reply)) if trace.parted == Some(true) => t.change_reply,
            Some(Decider::BuiltIn(Kind::Reply)) if trace.state == State::Linked => t.change_no_reply,
            _ => t.change_hand,
        })
    }
}

/// What the rules had said of a stored mail.
pub(super) fn said(hits: Option<&[Hit]>, told: &Told<'_>) -> Vec<String> {
    let r = told.r;
    let Some(hits) = hits else { return Vec::new() };
    if hits.is_empty() {
        return vec![r.said_nothing.to_owned()];
    }
    let one = |hit: &Hit| {
        let text = if hit.shadow { r.said_shadow } else { r.said };
        let (version, effects) = (hit.version.to_string(), told.effects(hit));
        fill(text, &[("name", &hit.name), ("version", &version), ("effects", &effects)])
    };
    hits.iter().map(one).collect()
}
