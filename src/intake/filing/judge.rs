//! Honours what is asked of mails, in the transaction in which they are taken in: by the rights that the
//! asker has at this moment on what a mail stands on and on what it is put on.
//!
//! The mail is decided first as if nobody had asked, so that it is known what it stands on; then words
//! are written down as `corrections`, as if they had been said on a page, and it is decided again. What a
//! word does not bring about, because somebody said otherwise of the mail or its thread, is taken back
//! and told. Filing takes a mail off nothing that is not the asker's to change: then it stands on their
//! record as well.

use crate::access::{self, Scope, World};
use crate::intake::accept::{Context, mail_of};
use crate::intake::assemble::{Assembled, Place};
use crate::intake::place::Written;
use crate::intake::prepare::Prepared;
use crate::intake::weigh;
use crate::link;
use crate::model::audit::{Action, Line};
use crate::model::correction::{Correction, Named, Reach, What};
use crate::model::facts::Said;
use crate::model::filing::{Ask, How, Outcome, Reason, Target};
use crate::model::id::{MailId, RecordId, UserId};
use crate::model::link::{Evidence, Linking};
use crate::model::record::Record;
use crate::model::share::Share;
use crate::model::time::Timestamp;
use crate::store::corrections::{self, New};
use crate::store::reviews::NewReview;
use crate::store::{self, Tx};
use anyhow::Result;
use std::collections::{BTreeSet, HashMap};

/// What is asked of the mails of a batch, and what becomes of it.
#[derive(Debug, Default)]
pub(in crate::intake) struct Filing {
    asks: Vec<Option<Ask>>,
    done: Vec<Option<(Outcome, Option<i64>)>>,
    now: Timestamp,
}

/// One ask under way.
struct Case<'a> {
    /// Position among the asks.
    at: usize,
    /// Position among the members.
    member: usize,
    user: UserId,
    ask: &'a Ask,
    named: Named,
    /// The mail is marked confidential.
    sealed: bool,
}

/// Whose rights count.
struct Bench<'w> {
    world: &'w World,
    now: Timestamp,
}

impl Filing {
    /// Of these asks.
    pub fn new(asks: Vec<Option<Ask>>, now: Timestamp) -> Filing {
        let done = asks.iter().map(|_| None).collect();
        Filing { asks, done, now }
    }

    /// The stored mails of which something is asked: their threads are decided again.
    pub fn copies(&self, places: &[Place]) -> Vec<MailId> {
        let asked = places.iter().zip(&self.asks).filter(|(_, ask)| ask.is_some());
        asked
            .filter_map(|(place, _)| match place {
                Place::Copy(id) => Some(*id),
                Place::New(_) | Place::Hidden => None,
            })
            .collect()
    }

    /// The records that are asked for: linking needs to know about them.
    pub fn records(&self) -> impl Iterator<Item = RecordId> + '_ {
        self.asks.iter().flatten().filter_map(|ask| match ask.target {
            Target::Record(record) => Some(record),
            _ => None,
        })
    }

    /// Decides the batch, with what is asked of it.
    pub async fn decide(
        &mut self,
        tx: &mut Tx,
        context: &Context,
        assembled: &mut Assembled<'_>,
    ) -> Result<Vec<Linking>> {
        let mut decided = weigh::decide(tx, assembled).await?;
        if self.asks.iter().all(Option::is_none) {
            return Ok(decided);
        }
        let world = store::people::world(tx, &context.notice.rights, self.now).await?;
        let bench = Bench { world: &world, now: self.now };
        let asks = std::mem::take(&mut self.asks);
        let cases = self.cases(&asks, assembled);
        // What the finding of a record depends on comes first; whether all was brought about, last.
        for step in [Step::Say, Step::Find, Step::Check] {
            let mut changed = false;
            for case in &cases {
                let linking = decided.get(case.member).cloned().unwrap_or(Linking::Unmatched);
                changed |= self.take(tx, &bench, assembled, case, &linking, step).await?;
            }
            if changed {
                decided = weigh::decide(tx, assembled).await?;
            }
        }
        drop(cases);
        self.asks = asks;
        Ok(decided)
    }

    fn cases<'a>(&mut self, asks: &'a [Option<Ask>], assembled: &Assembled<'_>) -> Vec<Case<'a>> {
        let mut cases = Vec::new();
        for (at, (ask, place)) in asks.iter().zip(&assembled.places).enumerate() {
            let Some(ask) = ask else { continue };
            let stored = |id: &MailId| assembled.stored.iter().position(|s| s.id == *id);
            let member = match place {
                Place::Copy(id) => stored(id),
                Place::New(n) => Some(assembled.stored.len() + n),
                Place::Hidden => None,
            };
            let named = member.and_then(|n| assembled.named(n));
            match (member, named, ask.user) {
                (Some(member), Some(named), Some(user)) => {
                    let sealed = assembled.members.get(member).is_some_and(link::is_sealed);
                    cases.push(Case { at, member, user, ask, named, sealed });
                }
                (_, _, user) => {
                    let reason = match ask.target {
                        Target::Refused(reason) => reason,
                        _ if user.is_none() => Reason::UnknownAddress,
                        _ => Reason::Blocked,
                    };
                    self.settle(at, Outcome::Refused(reason), None);
                }
            }
        }
        cases
    }

    fn settle(&mut self, at: usize, outcome: Outcome, correction: Option<i64>) {
        if let Some(slot) = self.done.get_mut(at) {
            *slot = Some((outcome, correction));
        }
    }

    /// Takes one step with one ask; says whether the mail must be decided again.
    async fn take(
        &mut self,
        tx: &mut Tx,
        bench: &Bench<'_>,
        assembled: &mut Assembled<'_>,
        case: &Case<'_>,
        linking: &Linking,
        step: Step,
    ) -> Result<bool> {
        let outcome = match (step, case.ask.target) {
            (Step::Say, Target::Refused(reason)) => Some((Outcome::Refused(reason), None)),
            (Step::Say, Target::Record(record)) => bench.put(tx, case, record, linking).await?,
            (Step::Say, Target::Ignore) => Some(bench.hide(tx, case, linking).await?),
            (Step::Say, Target::Find) => return bench.begin_to_find(tx, assembled, case).await,
            (Step::Find, Target::Find) => Some(bench.find(tx, case, linking).await?),
            (Step::Check, Target::Record(_) | Target::Find) => {
                return self.check(tx, bench, assembled, case, linking).await;
            }
            _ => return Ok(false),
        };
        let Some((outcome, correction)) = outcome else { return Ok(false) };
        self.settle(case.at, outcome, correction);
        let kept = case.ask.keep && outcome.reason().is_some();
        hear(tx, assembled, case, kept).await?;
        Ok(kept || correction.is_some())
    }

    /// Whether the word brought about what was asked. If it did not, it is taken back.
    async fn check(
        &mut self,
        tx: &mut Tx,
        bench: &Bench<'_>,
        assembled: &mut Assembled<'_>,
        case: &Case<'_>,
        linking: &Linking,
    ) -> Result<bool> {
        let Some((outcome, correction)) = self.done.get(case.at).copied().flatten() else { return Ok(false) };
        let Some(record) = outcome.record() else { return Ok(false) };
        let stands = held(linking).contains(&record) || links(linking).any(|on| on == record);
        if stands {
            return Ok(false);
        }
        if let Some(correction) = correction {
            corrections::undo(tx, correction, Some(case.user), bench.now).await?;
        }
        match case.ask.how {
            // It rode along on an answer; nobody meant to say anything against a colleague's word.
            How::Token => {
                if let Some(slot) = self.done.get_mut(case.at) {
                    *slot = None;
                }
            }
            _ => self.settle(case.at, Outcome::Refused(Reason::Overruled), None),
        }
        hear(tx, assembled, case, case.ask.keep).await?;
        Ok(true)
    }

    /// Writes down what became of every ask.
    pub async fn record(&self, tx: &mut Tx, batch: &[Prepared], places: &[Place], written: &Written) -> Result<()> {
        let mut done = Vec::new();
        for (((mail, place), ask), outcome) in batch.iter().zip(places).zip(&self.asks).zip(&self.done) {
            let (Some(ask), Some((outcome, correction))) = (ask, outcome) else { continue };
            done.push(store::filing::Done {
                location: mail.found.location,
                ask,
                copy_key: mail.row.copy_key,
                mail: mail_of(place, written),
                outcome: *outcome,
                correction: *correction,
            });
        }
        store::filing::record(tx, &done, self.now).await?;
        self.ask_back(tx, batch, &done).await
    }

    /// Puts what could not be honoured up for review, and takes off what was since.
    async fn ask_back(&self, tx: &mut Tx, batch: &[Prepared], done: &[store::filing::Done<'_>]) -> Result<()> {
        let mut questions = Vec::new();
        for done in done {
            let Some(mail) = done.mail else { continue };
            let Outcome::Refused(reason) = done.outcome else {
                store::reviews::filing_decided(tx, mail).await?;
                continue;
            };
            let meant = match done.ask.target {
                Target::Record(record) => vec![record],
                _ => done.ask.meant.clone(),
            };
            let found = batch.iter().find(|prepared| prepared.found.location == done.location);
            let at = found.map_or(self.now, |prepared| prepared.row.at);
            questions.push(NewReview::filing(mail, at, meant, reason.word()));
        }
        Ok(store::reviews::insert(tx, &questions, self.now).await?)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Say,
    Find,
    Check,
}

/// What became of an ask, with the word that was written down for it.
type Settled = (Outcome, Option<i64>);

impl Bench<'_> {
    /// Those of these records that a user may see and change; `sealed`, those that they could change also if they
    /// were confidential, as the mail is that stands on them.
    async fn writable(
        &self,
        tx: &mut Tx,
        user: UserId,
        ids: &BTreeSet<RecordId>,
        sealed: bool,
    ) -> Result<BTreeSet<RecordId>> {
        let ids: Vec<RecordId> = ids.iter().copied().collect();
        let scope: Scope = store::people::scope(tx, user, self.world, self.now).await?;
        let seen = store::records::load_seen(tx, &scope, &ids).await?;
        let mut shares: HashMap<RecordId, Vec<Share>> = HashMap::new();
        for share in store::shares::on(tx, &ids).await? {
            shares.entry(share.record).or_default().push(share);
        }
        let may = |record: &Record| {
            let on = shares.get(&record.id).map_or(&[][..], Vec::as_slice);
            let may = |record: &Record| access::may_write(user, record, on, self.world, self.now).is_some();
            may(record) && (!sealed || may(&Record { confidential: true, ..record.clone() }))
        };
        Ok(seen.iter().filter(|e| may(&e.record)).map(|e| e.record.id).collect())
    }

    /// Puts a mail on a record.
    async fn put(&self, tx: &mut Tx, case: &Case<'_>, record: RecordId, linking: &Linking) -> Result<Option<Settled>> {
        let merged = corrections::into_what(tx, BTreeSet::from([record])).await?;
        let record = merged.get(&record).copied().unwrap_or(record);
        let held = held(linking);
        let mut writable = self.writable(tx, case.user, &held, case.sealed).await?;
        writable.extend(self.writable(tx, case.user, &BTreeSet::from([record]), false).await?);
        let standing = standing(tx, &case.named).await?;
        if case.ask.how == How::Token {
            let spoken = |c: &Correction| !matches!(c.what, What::Automatic | What::Split | What::Join);
            if !writable.contains(&record) || standing.iter().any(spoken) {
                return Ok(None);
            }
        }
        if !writable.contains(&record) {
            return Ok(Some((Outcome::Refused(Reason::NoRight), None)));
        }
        if standing.iter().any(|c| c.what == What::Private && c.by != Some(case.user)) {
            return Ok(Some((Outcome::Refused(Reason::Overruled), None)));
        }
        let whole = held.iter().all(|on| *on == record || writable.contains(on));
        let what = if whole { What::Filed } else { What::Add };
        let correction = self.say(tx, case, what, Some(record), &standing).await?;
        let outcome = if whole { Outcome::Filed(record) } else { Outcome::Added(record) };
        Ok(Some((outcome, Some(correction))))
    }

    /// Says that a mail is private.
    async fn hide(&self, tx: &mut Tx, case: &Case<'_>, linking: &Linking) -> Result<Settled> {
        let held = held(linking);
        let writable = self.writable(tx, case.user, &held, case.sealed).await?;
        if !held.is_subset(&writable) {
            return Ok((Outcome::Refused(Reason::NotTheirs), None));
        }
        let standing = standing(tx, &case.named).await?;
        let correction = self.say(tx, case, What::Private, None, &standing).await?;
        Ok((Outcome::Private, Some(correction)))
    }

    /// A mail whose record is to be found is decided without what its user filed before.
    async fn begin_to_find(&self, tx: &mut Tx, assembled: &mut Assembled<'_>, case: &Case<'_>) -> Result<bool> {
        if case.ask.how != How::Folder {
            return Ok(false);
        }
        let mine = |c: &&Correction| c.by == Some(case.user) && c.how == How::Folder.word();
        let standing = standing(tx, &case.named).await?;
        let before: Vec<i64> = standing.iter().filter(mine).map(|c| c.id).collect();
        for correction in &before {
            corrections::undo(tx, *correction, Some(case.user), self.now).await?;
        }
        if !before.is_empty() {
            hear(tx, assembled, case, false).await?;
        }
        Ok(!before.is_empty())
    }

    /// The record that was found for a mail. If it is one, and the asker's to change, the mail stays there.
    async fn find(&self, tx: &mut Tx, case: &Case<'_>, linking: &Linking) -> Result<Settled> {
        let on: BTreeSet<RecordId> = held(linking);
        let Linking::Linked { regarding, .. } = linking else {
            return Ok((Outcome::Refused(Reason::NothingFound), None));
        };
        let writable = self.writable(tx, case.user, &on, case.sealed).await?;
        let one = regarding.or_else(|| on.first().copied().filter(|_| on.len() == 1));
        match one.filter(|record| writable.contains(record)) {
            // A word stands already.
            Some(_) if strongest(linking) >= 95 => Ok((Outcome::Found, None)),
            Some(record) => {
                let standing = standing(tx, &case.named).await?;
                let correction = self.say(tx, case, What::Filed, Some(record), &standing).await?;
                Ok((Outcome::Filed(record), Some(correction)))
            }
            None if !writable.is_empty() => Ok((Outcome::Found, None)),
            // That it stands on a record that they may not see must not be told.
            None => Ok((Outcome::Refused(Reason::NothingFound), None)),
        }
    }

    /// Writes a word down; gives the one that stands where it says so already.
    async fn say(
        &self,
        tx: &mut Tx,
        case: &Case<'_>,
        what: What,
        record: Option<RecordId>,
        standing: &[Correction],
    ) -> Result<i64> {
        let how = case.ask.word();
        let same =
            |c: &&Correction| c.what == what && c.record == record && c.by == Some(case.user) && c.reach == Reach::Mail;
        if let Some(same) = standing.iter().find(same) {
            return Ok(same.id);
        }
        let mail = Some(&case.named);
        let (reach, by) = (Reach::Mail, Some(case.user));
        let new =
            New { what, reach, mail, address: None, record, other: None, how, everywhere: false, until: None, by };
        let replaced = standing.iter().filter(|c| gives_way(c, what, record, case.user)).map(|c| c.id);
        let replaced: Vec<i64> = replaced.collect();
        let correction = corrections::insert(tx, &new, self.now).await?;
        corrections::replace(tx, &replaced, correction).await?;
        let mut line = Line::new(self.now, Some(case.user), Action::Corrected);
        line.record = record;
        let detail = serde_json::json!({ "what": what.word(), "reach": "mail", "how": how, "correction": correction });
        store::audit::note(tx, &[line.detail(detail)]).await?;
        Ok(correction)
    }
}

/// Whether a word that stands is replaced by a filing.
fn gives_way(old: &Correction, what: What, record: Option<RecordId>, user: UserId) -> bool {
    let of_mail = old.reach == Reach::Mail;
    let own_filing = old.by == Some(user) && !old.how.is_empty();
    match (what, old.what) {
        (What::Filed | What::Add, What::Remove) => old.record == record,
        (What::Add, _) => own_filing && matches!(old.what, What::Filed | What::Add | What::Private),
        (_, What::Regard | What::Private) => of_mail,
        (_, What::Filed) => true,
        (_, What::Add) => own_filing,
        _ => false,
    }
}

/// The records whose readers see a mail.
fn held(linking: &Linking) -> BTreeSet<RecordId> {
    let Linking::Linked { regarding, links, .. } = linking else { return BTreeSet::new() };
    links.iter().map(|link| link.governing).chain(*regarding).collect()
}

fn links(linking: &Linking) -> impl Iterator<Item = RecordId> + '_ {
    let links = match linking {
        Linking::Linked { links, .. } => links.as_slice(),
        Linking::Review(_) | Linking::Unmatched => &[],
    };
    links.iter().map(|link| link.record)
}

fn strongest(linking: &Linking) -> i64 {
    match linking {
        Linking::Linked { links, .. } => links.iter().map(|l| Evidence::score(&l.evidence)).max().unwrap_or(0),
        Linking::Review(_) | Linking::Unmatched => 0,
    }
}

/// What stands of a mail.
async fn standing(tx: &mut Tx, named: &Named) -> Result<Vec<Correction>> {
    let all = corrections::of_mails(tx, &[named.copy_key]).await?;
    Ok(all.into_iter().filter(|c| c.mail.as_ref() == Some(named)).collect())
}

/// Tells linking what is said of a mail by now; `kept`: it is not to be lost, whatever it belongs to.
async fn hear(tx: &mut Tx, assembled: &mut Assembled<'_>, case: &Case<'_>, kept: bool) -> Result<()> {
    let standing = standing(tx, &case.named).await?;
    if let Some(member) = assembled.members.get_mut(case.member) {
        let old = std::mem::take(&mut member.said);
        let kept = kept || old.kept;
        member.said = Said { kept, marks: old.marks, words: old.words, shared: old.shared, ..Said::default() };
        standing.iter().for_each(|correction| correction.tell(&mut member.said));
    }
    Ok(())
}
