//! Who asks for a trace, and of what they are told: of mail that they read, or are asked about in review; and
//! nothing that rests on a record whose very existence is not told to them.
//!
//! A trace obeys the asker's own sight, as every page does (P5): an admin assigns and shares without reading
//! mail, so records that they do not read, and mail on them, are to them as if they were not there. What review asks them
//! about is told as review tells it. The operator at the command line is trusted with everything.

use super::trace::{Outcome, Trace};
use crate::access::Scope;
use crate::link::steps::{self, Finding, Kind};
use crate::model::facts::Spoken;
use crate::model::id::{MailId, MsgId, RecordId, UserId};
use crate::model::link::{Evidence, Linking};
use crate::model::time::{DAY, Timestamp};
use crate::store::places::Place;
use crate::store::views::{self, Desk, Question, Wanted};
use crate::store::{self, Tx};
use anyhow::Result;
use std::collections::{BTreeSet, HashSet};

/// Who asks.
#[derive(Debug)]
pub struct Asker<'a> {
    /// What they read; of the operator it is not looked at.
    pub scope: &'a Scope,
    /// What they are asked in review.
    pub desk: Desk<'a>,
    /// The notices of which review asks them what follows for a contact.
    pub suggested: BTreeSet<MailId>,
}

/// By what somebody is told of a stored mail.
#[derive(Clone, Debug)]
pub struct Sight {
    /// They may read it: by a record that governs it, or a copy in a mailbox of theirs.
    pub reads: bool,
    /// What they are asked about it in review.
    pub question: Option<Question>,
    /// Review asks them what follows from it for a contact.
    pub suggested: bool,
    /// What they decided about it in review, by its number, and when.
    pub decided: Option<(i64, Timestamp)>,
}

impl Sight {
    /// Whether review asks them about it.
    fn asks(&self) -> bool {
        self.question.is_some() || self.suggested
    }
}

/// For so long somebody is told of a mail about which they decided.
const DECIDED: i64 = 30 * DAY;

/// What stands for a finding that names a record which is not told.
const NOT_TOLD: &str = "what it finds names a record of which you may not be told";
/// What stands for a finding on a mail of which only the mail itself is told.
const MAIL_ALONE: &str = "you are told of the mail alone";

impl Asker<'_> {
    /// The user; none for the operator.
    pub fn user(&self) -> Option<UserId> {
        (!self.desk.operator).then_some(self.scope.viewer)
    }

    /// By what they are told of a mail; `None` where it is not there, or not for them.
    pub async fn sees(&self, tx: &mut Tx, mail: MailId) -> Result<Option<Sight>> {
        let wanted = Wanted { mail: Some(mail), ..Wanted::default() };
        let question = views::questions(tx, &self.desk, &wanted, 1).await?.pop();
        let reads = match self.user() {
            None => store::places::copy_key(tx, mail).await?.is_some(),
            Some(_) => views::message(tx, self.scope, mail).await?.is_some(),
        };
        let suggested = self.suggested.contains(&mail);
        let decided = match self.user().filter(|_| !reads && question.is_none() && !suggested) {
            Some(user) => self.decided(tx, user, mail).await?,
            None => None,
        };
        let sees = reads || question.is_some() || suggested || decided.is_some();
        Ok(sees.then_some(Sight { reads, question, suggested, decided }))
    }

    /// By what they are told of the mail of a trace; `None` for one that is not stored.
    pub async fn sees_of(&self, tx: &mut Tx, trace: &Trace) -> Result<Option<Sight>> {
        match trace.stored {
            Some(mail) => self.sees(tx, mail).await,
            None => Ok(None),
        }
    }

    /// What they decided about a mail lately that is not marked confidential: then it is nobody's but its readers'.
    async fn decided(&self, tx: &mut Tx, user: UserId, mail: MailId) -> Result<Option<(i64, Timestamp)>> {
        let found = store::reviews::decided_about(tx, user, mail, self.scope.at.plus(-DECIDED)).await?;
        let hidden = found.is_some() && !store::mails::sealed(tx, &[mail]).await?.is_empty();
        Ok(found.filter(|_| !hidden))
    }

    /// Those of these stored mails of which they are not told.
    pub async fn unseen(&self, tx: &mut Tx, mails: &BTreeSet<MailId>) -> Result<Vec<MailId>> {
        if self.user().is_none() || mails.is_empty() {
            return Ok(Vec::new());
        }
        let all: Vec<MailId> = mails.iter().copied().collect();
        let read = views::subjects(tx, self.scope, &all).await?;
        let asked = store::reviews::of_mails(tx, &all).await?;
        let mut unseen = Vec::new();
        for mail in all {
            let known = read.contains_key(&mail) || (asked.contains_key(&mail) && self.sees(tx, mail).await?.is_some());
            if !known {
                unseen.push(mail);
            }
        }
        Ok(unseen)
    }

    /// Those of these records that they do not read.
    pub async fn beyond(&self, tx: &mut Tx, records: &BTreeSet<RecordId>) -> Result<BTreeSet<RecordId>> {
        self.outside(tx, self.scope, records).await
    }

    /// Those of these records that do not lie in a sight.
    async fn outside(&self, tx: &mut Tx, sight: &Scope, records: &BTreeSet<RecordId>) -> Result<BTreeSet<RecordId>> {
        if self.user().is_none() || records.is_empty() {
            return Ok(BTreeSet::new());
        }
        let all: Vec<RecordId> = records.iter().copied().collect();
        let known = store::records::load_seen(tx, sight, &all).await?;
        let known: HashSet<RecordId> = known.into_iter().map(|entry| entry.record.id).collect();
        Ok(all.into_iter().filter(|id| !known.contains(id)).collect())
    }

    /// Whether they are told of a place at which a mail was passed over: in a mailbox of their own.
    pub fn owns(&self, place: &Place) -> bool {
        self.user().is_none_or(|user| place.user == Some(user))
    }

    /// Takes out of a trace what is not told to them.
    pub async fn limit(&self, tx: &mut Tx, trace: &mut Trace) -> Result<()> {
        let Some(user) = self.user() else { return Ok(()) };
        let shared = |place: &Place| place.user.is_none() && place.mail.is_some();
        trace.places.retain(|place| self.owns(place) || shared(place));
        trace.blocks.retain(|block| block.user.is_none_or(|whose| whose == user));
        self.without_mails(tx, trace).await?;
        let asks = match trace.stored {
            None => {
                trace.built_in.iter_mut().for_each(|finding| finding.why = steps::as_read(&finding.why));
                false
            }
            Some(mail) => {
                let sight = self.sees(tx, mail).await?;
                let asks = sight.as_ref().is_some_and(Sight::asks);
                let on_record = !views::seen_by(tx, self.scope, mail).await?.1.is_empty();
                if !on_record {
                    let all = trace.notices.len();
                    trace.notices.retain(|(away, _)| *away == user);
                    trace.notices_kept_back = trace.notices.len() < all || trace.notices.is_empty();
                }
                if !on_record && !asks {
                    alone(trace, user);
                }
                asks
            }
        };
        // Review names the records it asks between to whom it asks; else only those that they read are named.
        let sight = if asks { self.desk.reach } else { self.scope };
        let named: BTreeSet<RecordId> =
            trace.rests_on().into_iter().chain(trace.ruled.values().flatten().copied()).collect();
        let beyond = self.outside(tx, sight, &named).await?;
        if !beyond.is_empty() {
            without(trace, &beyond);
        }
        Ok(())
    }

    /// Takes the numbers of mails out that are not told to them.
    async fn without_mails(&self, tx: &mut Tx, trace: &mut Trace) -> Result<()> {
        let named: BTreeSet<MailId> = trace
            .ours
            .iter()
            .filter_map(|(mail, _)| *mail)
            .chain(trace.others.iter().copied())
            .chain(trace.answers)
            .collect();
        let unseen: HashSet<MailId> = self.unseen(tx, &named).await?.into_iter().collect();
        if trace.answers.is_some_and(|mail| unseen.contains(&mail)) {
            nameless(trace);
        }
        trace.answers = trace.answers.filter(|mail| !unseen.contains(mail));
        trace.others.retain(|mail| !unseen.contains(mail));
        trace.ours.retain(|(mail, _)| mail.is_some_and(|mail| !unseen.contains(&mail)));
        Ok(())
    }
}

/// Leaves the mail itself: whoever has a copy in a mailbox of their own is told nothing of where it stands (P5).
fn alone(trace: &mut Trace, user: UserId) {
    trace.alone = true;
    trace.linking = Linking::Unmatched;
    trace.seen.clear();
    trace.outcomes.clear();
    trace.ruled.clear();
    trace.run = None;
    trace.parted = None;
    trace.word = trace.word.take().filter(|(word, _)| word.by == Some(user));
    trace.words.retain(|word| word.by == Some(user));
    trace.beneath.retain(|(word, _)| word.by == Some(user));
    trace.head.mailboxes.retain(|(_, whose)| whose.is_none_or(|whose| whose == user));
    for finding in &mut trace.built_in {
        (finding.holds, finding.why) = (false, MAIL_ALONE.to_owned());
    }
}

/// What stands for the Message-ID of a mail that is not told: that it is stored is not told either.
const UNNAMED: &str = "…";

/// Takes the Message-ID of the mail that it answers out of what is found and out of what ties it.
fn nameless(trace: &mut Trace) {
    let Some(unnamed) = MsgId::new(UNNAMED) else { return };
    let mut ids: BTreeSet<MsgId> = BTreeSet::new();
    let mut hide = |evidence: &mut Evidence| {
        if let Evidence::Thread { reply_to, .. } | Evidence::ForeignReply { reply_to, .. } = evidence {
            ids.insert(std::mem::replace(reply_to, unnamed.clone()));
        }
    };
    for linking in std::iter::once(&mut trace.linking).chain(trace.unblocked.iter_mut().map(|(_, linking)| linking)) {
        match linking {
            Linking::Linked { links, candidates, .. } => {
                links.iter_mut().for_each(|link| hide(&mut link.evidence));
                candidates.iter_mut().for_each(|one| hide(&mut one.evidence));
            }
            Linking::Review(candidates) => candidates.iter_mut().for_each(|one| hide(&mut one.evidence)),
            Linking::Unmatched => {}
        }
    }
    for finding in trace.built_in.iter_mut().filter(|finding| finding.step.kind == Kind::Reply) {
        let id = finding.why.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map(|(id, _)| id.to_owned());
        ids.extend(id.and_then(MsgId::new));
        for id in &ids {
            finding.why = finding.why.replace(&format!("<{id}>"), &format!("<{UNNAMED}>"));
        }
    }
}

/// Takes records out of a trace, as if nothing stood there.
fn without(trace: &mut Trace, beyond: &BTreeSet<RecordId>) {
    let told = |record: &RecordId| !beyond.contains(record);
    for (effect, records) in &trace.ruled {
        if !records.iter().all(told) {
            trace.outcomes.insert(effect.clone(), Outcome::Nobodys);
        }
    }
    let rests = trace.rests_on();
    trace.withheld = rests.iter().any(|record| beyond.contains(record));
    let is_told = |word: &(Spoken, &'static str)| word.0.say.record().is_none_or(|record| told(&record));
    trace.word = trace.word.take().filter(is_told);
    trace.beneath.retain(is_told);
    if let Some(run) = &mut trace.run {
        run.before = run.before.take().filter(|(.., record)| told(record));
    }
    trace.words.retain(|word| word.record.is_none_or(|record| told(&record)));
    trace.seen.retain(|seen| !beyond.contains(&seen.record));
    let party = |party: Option<RecordId>| party.is_none_or(|party| told(&party));
    for linking in std::iter::once(&mut trace.linking).chain(trace.unblocked.iter_mut().map(|(_, linking)| linking)) {
        if let Linking::Linked { regarding, links, candidates } = linking {
            *regarding = regarding.filter(told);
            links.retain(|link| told(&link.record) && told(&link.governing) && party(link.evidence.party()));
            candidates.retain(|one| told(&one.record) && party(one.evidence.party()));
        }
        if let Linking::Review(candidates) = linking {
            candidates.retain(|one| told(&one.record) && party(one.evidence.party()));
        }
    }
    let names = |finding: &Finding| {
        super::naming::numbers(&finding.why, &super::RECORD_WORDS).any(|(_, _, id)| beyond.contains(&id))
    };
    for finding in trace.built_in.iter_mut().filter(|finding| names(finding)) {
        finding.why = NOT_TOLD.to_owned();
    }
}
