//! A trace as JSON: each record by number, kind and name, as far as the asker may read it.

use super::Told;
use super::words::{self, evidence, finding, person};
use crate::commands::access::path_text;
use crate::link::rules::{Step, rule_text};
use crate::link::steps::Finding;
use crate::model::block::Hidden;
use crate::model::id::{RecordId, UserId};
use crate::model::link::{Candidate, Link, Linking};
use crate::model::review::Reason as Asked;
use crate::store::blocks::Block;
use crate::store::places::Place;
use serde_json::{Value, json};

impl Told<'_> {
    /// All of it.
    pub fn json(&self) -> Value {
        let trace = self.trace;
        let (regarding, links, candidates) = match &trace.linking {
            Linking::Linked { regarding, links, candidates } => (*regarding, links.as_slice(), candidates.as_slice()),
            Linking::Review(candidates) => (None, &[][..], candidates.as_slice()),
            Linking::Unmatched => (None, &[][..], &[][..]),
        };
        let notices = trace.notices.iter().map(|(user, reason)| {
            let line = trace.noted.iter().find(|line| line.user == *user);
            json!({ "away": person(self.asking, *user), "goes": self.goes(reason.as_deref()), "rule": reason,
                "state": line.and_then(|line| line.state.as_deref()), "decided_at": line.map(|line| line.at.rfc3339()),
                "automatic": !trace.head.author.is_human() })
        });
        let made = trace.made.iter().map(
            |m| json!({ "rule": m.rule, "kind": m.kind.word(), "name": m.name, "owner": person(self.asking, m.owner) }),
        );
        // The numbers that the steps have for people: the rules stand between.
        let first = trace.built_in.iter().filter(|found| found.step.place <= 4).count();
        let places = (1..=first).chain(first + 1 + trace.rules.len().max(1)..);
        json!({
            "head": self.head_json(),
            "mail": trace.stored,
            "why": words::because(self),
            "linking": trace.state.word(),
            "regarding": regarding,
            "regarding_record": regarding.map(|id| self.record(id)),
            "links": links.iter().map(|link| self.link(link)).collect::<Vec<_>>(),
            "candidates": candidates.iter().map(|one| self.candidate(one)).collect::<Vec<_>>(),
            "changes": self.changes(),
            "confidential": trace.sealed,
            "withheld": trace.withheld,
            "only_what_you_read": trace.stored.is_none() && !self.all(),
            "mail_alone": trace.alone,
            "notices_left_out": trace.notices_kept_back,
            "answers": trace.answers,
            "same_id": trace.others,
            "says": words::says(trace, self.all()),
            "reports": self.reports_json(),
            "seen": self.seen_json(),
            "notices": notices.collect::<Vec<_>>(),
            "version": trace.version,
            "hidden": trace.hidden.map(Hidden::word),
            "blocks": trace.blocks.iter().map(|block| self.block(block)).collect::<Vec<_>>(),
            "made": made.collect::<Vec<_>>(),
            "rules": (first + 1..).zip(&trace.rules).map(|(n, step)| self.rule(n, step)).collect::<Vec<_>>(),
            "said": trace.said,
            "built_in": places.zip(&trace.built_in).map(|(n, found)| self.built_in(n, found)).collect::<Vec<_>>(),
        })
    }

    fn head_json(&self) -> Value {
        let (trace, head) = (self.trace, &self.trace.head);
        let mailboxes: Vec<&str> = head.mailboxes.iter().map(|(name, _)| name.as_str()).collect();
        json!({ "from": head.from, "name": head.name, "to": head.to, "subject": head.subject, "at": head.at.rfc3339(),
            "date": head.said_date.map(|date| date.rfc3339()), "arrived": trace.stored.map(|_| head.arrived.rfc3339()),
            "author": head.author.word(), "author_why": head.evidence, "automatic": trace.automatic,
            "channel": head.channel.word(), "false_sender": head.doubted, "mailboxes": mailboxes,
            "places": trace.places.iter().map(|place| self.place(place)).collect::<Vec<_>>(),
            "as_if_into": self.taken.map(|taken| taken.mailbox.as_str()), "came_new": head.came_new,
            "in_review": self.waits.is_some(), "review": self.waits.flatten().map(Asked::word) })
    }

    fn place(&self, place: &Place) -> Value {
        json!({ "mailbox": place.mailbox, "folder": place.folder, "of": place.user.map(|user| person(self.asking, user)),
            "state": place.state.word(), "arrival": place.arrival.word(),
            "server_at": place.server_at.map(|at| at.rfc3339()), "seen_at": place.seen.rfc3339(),
            "settled_at": place.settled.map(|at| at.rfc3339()), "hidden": place.hidden.map(Hidden::word),
            "error": place.error })
    }

    fn block(&self, block: &Block) -> Value {
        let name = |user: UserId| person(self.asking, user);
        json!({ "pattern": block.pattern.as_str(), "of": block.user.map(name), "by": block.by.map(name),
            "since": block.at.rfc3339() })
    }

    /// A record by number, kind and name; by number alone where the asker may not read it.
    fn record(&self, id: RecordId) -> Value {
        match self.entries.iter().find(|entry| entry.record.id == id) {
            Some(entry) => json!({ "id": id, "kind": entry.record.kind.word(), "name": entry.record.name,
                "number": entry.number }),
            None => json!({ "id": id }),
        }
    }

    fn link(&self, link: &Link) -> Value {
        json!({ "record": link.record, "governing": link.governing, "on": self.record(link.record),
            "seen_with": self.record(link.governing), "score": link.evidence.score(),
            "because": evidence(&link.evidence, &self.names), "evidence": link.evidence })
    }

    fn candidate(&self, one: &Candidate) -> Value {
        json!({ "record": one.record, "on": self.record(one.record), "score": one.evidence.score(),
            "because": evidence(&one.evidence, &self.names), "evidence": one.evidence })
    }

    fn reports_json(&self) -> Vec<Value> {
        let report = |one: &crate::store::automatic::Reported| {
            json!({ "address": one.address, "what": one.outcome.word(), "status": one.status, "code": one.code,
                "words": one.words, "about_ours": self.about_ours(&one.address) })
        };
        self.trace.says.reports.iter().map(report).collect()
    }

    fn seen_json(&self) -> Vec<Value> {
        let one = |seen: &crate::intake::replay::Where| {
            let people: Vec<String> = seen.readers.iter().map(|(id, _)| person(self.asking, *id)).collect();
            let owner = person(self.asking, seen.owner);
            let because = |(id, reasons): &(UserId, Vec<crate::access::Reason>)| {
                let why: Vec<String> = reasons.iter().map(|r| path_text(r, &owner, self.asking)).collect();
                json!({ "name": person(self.asking, *id), "why": why })
            };
            let why: Vec<Value> = seen.readers.iter().map(because).collect();
            json!({ "record": seen.record, "name": self.names.get(&seen.record), "on": self.record(seen.record),
                "by": people, "why": why })
        };
        self.trace.seen.iter().map(one).collect()
    }

    /// Whether a notice goes, or went; unsaid where that rests on what is not told.
    fn goes(&self, reason: Option<&str>) -> Option<bool> {
        match reason {
            None if self.trace.stored.is_none() && !self.all() => None,
            reason => Some(reason.is_none()),
        }
    }

    /// Whether a report is about a mail of ours; unsaid where only no such mail is told.
    fn about_ours(&self, address: &str) -> Option<bool> {
        Some(self.trace.of_ours(address)).filter(|ours| *ours || self.all())
    }

    fn rule(&self, n: usize, step: &Step) -> Value {
        let (word, why) = words::verdict(step, self.trace, self.all());
        json!({ "step": n, "rule": step.rule.id, "name": step.rule.rule.name, "text": rule_text(&step.rule.rule),
            "state": step.rule.rule.state, "verdict": word, "why": why })
    }

    fn built_in(&self, n: usize, found: &Finding) -> Value {
        json!({ "step": n, "place": found.step.place, "name": found.step.name, "holds": found.holds,
            "verdict": words::built_in(found, self.trace), "why": finding(found, &self.names) })
    }
}
