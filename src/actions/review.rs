//! Deciding what is asked in review (W8). What somebody decides is a person's word (`corrections`), so it
//! is never asked again; a decision about several alike (same sender, same reason) is shown before, with
//! exactly the mails that it will be about, and undone as one.
//!
//! Nothing is linked here: what must be decided again comes back, as from `corrections`. Whoever calls
//! took [`Tx::alone`] before anything else.

use super::actor::Actor;
use super::corrections::{self, Always, Done, Ground, Said};
use crate::access::{Path, Scope, covered_by};
use crate::model::address::Address;
use crate::model::audit::{Action, Line};
use crate::model::correction::{Again, Whom};
use crate::model::facts::House;
use crate::model::id::{MailId, RecordId, UserId};
use crate::model::review::Reason;
use crate::model::time::Timestamp;
use crate::store::reviews::{self, NewReview};
use crate::store::views::{self, Desk, Door, Question, Wanted};
use crate::store::{self, StoreError, Tx};
use serde::{Deserialize, Serialize};

/// About how many mails one decision may be.
pub const MOST: i64 = 200;

/// What somebody decides about a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Choice {
    /// It is about this record.
    Record {
        /// The record.
        record: RecordId,
        /// The whole thread is.
        thread: bool,
        /// All mail of its sender is, as far as it lies in the author's own mailboxes (P12).
        always: bool,
        /// So is all mail of everybody in the sender's domain.
        #[serde(default)]
        domain: bool,
    },
    /// None of these: it stands with its contacts alone, or nowhere.
    None,
    /// It is nobody's but whose mailbox it lies in.
    Private {
        /// So is all mail of its sender in the author's own mailboxes.
        always: bool,
    },
    /// A machine wrote it.
    Automatic,
}

impl Choice {
    /// Whether it is about mail of other people than the sender too, so that how much that is must be shown first.
    pub fn of_domain(self) -> bool {
        matches!(self, Choice::Record { domain: true, .. })
    }

    /// Whether something is said of all mail of the sender, or of their domain.
    fn of_all(self) -> bool {
        matches!(self, Choice::Record { always, domain, .. } if always || domain)
    }
}

/// What is to be decided, as it is kept with what was shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    /// The mail at which it was said.
    mail: MailId,
    choice: Choice,
}

/// What came of a decision.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// The mails that were decided, with the correction that says so; 0 where a filing was let go.
    #[serde(default)]
    pub done: Vec<(MailId, i64)>,
    /// The word on the sender.
    #[serde(default)]
    pub always: Option<i64>,
    /// The word on the sender's domain.
    #[serde(default)]
    pub domain: Option<i64>,
    /// What was left out, with the reason in words.
    #[serde(default)]
    pub left_out: Vec<(MailId, String)>,
    /// Whether it was decided as an admin.
    #[serde(default)]
    as_admin: bool,
    /// Filings that were decided along: mail, its time, records, why it could not be honoured.
    #[serde(default)]
    filings: Vec<(MailId, i64, Vec<RecordId>, String)>,
}

/// Why nothing was decided.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum No {
    /// It is not asked, or not of them.
    #[error("this mail is not in review, or it is not yours to decide")]
    NotAsked,
    /// The first mail could not be decided.
    #[error(transparent)]
    Refused(#[from] corrections::No),
    /// What is said of a sender reaches the author's own mailboxes only.
    #[error("“always” reaches mail in your own mailboxes only, and this one lies elsewhere; an admin can make a rule")]
    AlwaysElsewhere,
    /// Its author cannot be read.
    #[error("nobody knows who wrote it, so there is no “always”")]
    NoSender,
    /// There is nothing with this number, it is not theirs, or it was carried out before.
    #[error("there is no such decision of yours that waits; it may have been carried out already")]
    NoDecision,
    /// It was taken back.
    #[error("it was taken back already")]
    Undone,
}

/// What was shown before a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The number by which it is carried out.
    pub number: i64,
    /// What is decided.
    pub choice: Choice,
    /// The mails that it will be about, the first the one at which it was said.
    pub mails: Vec<Question>,
    /// Those alike that stay as they are: the record is none of theirs.
    pub others: usize,
}

/// What must be decided again after a decision, or its undoing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    /// The number of the decision.
    pub number: i64,
    /// What came of it.
    pub told: Told,
    /// Each correction's consequences.
    pub done: Vec<Done>,
}

/// The questions of somebody: a desk owns whom they cover.
pub struct Reviewer<'a, 'w> {
    pub(super) actor: &'a Actor<'w>,
    covered: Vec<UserId>,
    admin: bool,
}

impl<'a, 'w> Reviewer<'a, 'w> {
    /// Whoever asks.
    pub fn of(actor: &'a Actor<'w>) -> Reviewer<'a, 'w> {
        let covered = actor.user.map(|user| covered_by(user, actor.world, actor.now)).unwrap_or_default();
        Reviewer { actor, covered, admin: actor.user.is_some_and(|user| actor.world.administers(user)) }
    }

    /// Whether rules are theirs to make: an admin, or the operator.
    pub fn administers(&self) -> bool {
        self.admin || self.actor.user.is_none()
    }

    /// Who they are.
    pub fn actor(&self) -> &'a Actor<'w> {
        self.actor
    }

    /// What they may name.
    pub fn sight(&self) -> &Scope {
        &self.actor.reach
    }

    /// What they may look at and decide about.
    pub fn desk(&self) -> Desk<'_> {
        let operator = self.actor.user.is_none();
        Desk { reach: &self.actor.reach, covered: &self.covered, admin: self.admin, operator }
    }

    /// What they are asked, the latest first, from `after` on; at most `limit`.
    pub async fn list(
        &self,
        tx: &mut Tx,
        after: Option<(Timestamp, MailId)>,
        limit: i64,
    ) -> store::Result<Vec<Question>> {
        views::questions(tx, &self.desk(), &Wanted { after, ..Wanted::default() }, limit).await
    }

    /// How many mails they are asked about, counted to at most `count_to`.
    pub async fn count(&self, tx: &mut Tx, count_to: i64) -> store::Result<i64> {
        views::asked_count(tx, &self.desk(), count_to).await
    }

    /// What they are asked about a mail.
    pub async fn one(&self, tx: &mut Tx, mail: MailId) -> store::Result<Option<Question>> {
        let wanted = Wanted { mail: Some(mail), ..Wanted::default() };
        Ok(views::questions(tx, &self.desk(), &wanted, 1).await?.pop())
    }

    /// What they are asked about other mail of the same sender, for the same reason.
    pub async fn alike(&self, tx: &mut Tx, question: &Question) -> store::Result<Vec<Question>> {
        let sender = question.mail.from.address.clone();
        if sender.is_empty() || question.reason == Some(Reason::Filing) {
            return Ok(Vec::new());
        }
        let wanted = Wanted { alike: Some((sender, question.reason)), ..Wanted::default() };
        let mut found = views::questions(tx, &self.desk(), &wanted, MOST).await?;
        found.retain(|other| other.mail.id != question.mail.id);
        Ok(found)
    }

    /// Keeps what is decided about a mail, and about its like if wanted, so that this and nothing else is
    /// carried out.
    pub async fn show(
        &self,
        tx: &mut Tx,
        mail: MailId,
        choice: Choice,
        like: bool,
    ) -> store::Result<Result<Shown, No>> {
        let Some(question) = self.one(tx, mail).await? else { return Ok(Err(No::NotAsked)) };
        if let Err(no) = self.sensible(&question, choice) {
            return Ok(Err(no));
        }
        let alike = if like { self.alike(tx, &question).await? } else { Vec::new() };
        let of_it = |other: &Question| match choice {
            Choice::Record { record, .. } => !question.records.contains(&record) || other.records.contains(&record),
            _ => true,
        };
        let (wanted, others): (Vec<Question>, Vec<Question>) = alike.into_iter().partition(of_it);
        let mut mails = vec![question];
        mails.extend(wanted);
        let ids: Vec<MailId> = mails.iter().map(|q| q.mail.id).collect();
        let kept = serde_json::to_string(&Kept { mail, choice }).unwrap_or_default();
        let number = reviews::keep_decision(tx, self.actor.user, &kept, &ids, self.actor.now).await?;
        Ok(Ok(Shown { number, choice, mails, others: others.len() }))
    }

    fn sensible(&self, question: &Question, choice: Choice) -> Result<(), No> {
        let always = choice.of_all() || matches!(choice, Choice::Private { always: true });
        match always {
            true if self.actor.user.is_some() && question.door != Door::Own => Err(No::AlwaysElsewhere),
            true if question.mail.from.address.is_empty() => Err(No::NoSender),
            _ => Ok(()),
        }
    }

    /// What was shown and not carried out yet, as it is now; none if it is not theirs.
    pub async fn look(&self, tx: &mut Tx, number: i64) -> store::Result<Option<Shown>> {
        let Some((kept, mails)) = self.open(tx, number).await? else { return Ok(None) };
        let mut questions = Vec::new();
        for mail in mails {
            questions.extend(self.one(tx, mail).await?);
        }
        Ok(Some(Shown { number, choice: kept.choice, mails: questions, others: 0 }))
    }

    async fn open(&self, tx: &mut Tx, number: i64) -> store::Result<Option<(Kept, Vec<MailId>)>> {
        let found = reviews::decision(tx, number).await?;
        let Some(found) = found.filter(|d| d.user == self.actor.user && d.done.is_none()) else { return Ok(None) };
        let bad = |_| StoreError::BadRow { table: "decisions", id: number, column: "choice" };
        Ok(Some((serde_json::from_str(&found.choice).map_err(bad)?, found.mails)))
    }

    /// Carries out what was shown: for each of these mails that is still asked, and that the actor may
    /// still decide. `house` holds the company's domains.
    pub async fn decide(&self, tx: &mut Tx, number: i64, house: &House) -> store::Result<Result<Changed, No>> {
        let Some((kept, mails)) = self.open(tx, number).await? else { return Ok(Err(No::NoDecision)) };
        let mut changed = Changed { number, ..Changed::default() };
        if let Err(no) = self.of_sender(tx, kept, house, &mut changed).await? {
            return Ok(Err(no));
        }
        for mail in mails {
            let Some(question) = self.one(tx, mail).await? else {
                let settled = "it was decided meanwhile, or is not yours any more".to_owned();
                changed.told.left_out.push((mail, settled));
                continue;
            };
            match self.one_decided(tx, &question, kept.choice, &mut changed).await? {
                Ok(()) => {}
                Err(no) if mail == kept.mail => return Ok(Err(no.into())),
                Err(no) => changed.told.left_out.push((mail, no.to_string())),
            }
        }
        if changed.told.done.is_empty() {
            return Ok(Err(No::NotAsked));
        }
        let told = serde_json::to_string(&changed.told).unwrap_or_default();
        match reviews::decision_done(tx, number, &told, self.actor.now).await? {
            true => Ok(Ok(changed)),
            false => Ok(Err(No::NoDecision)),
        }
    }

    /// The words on all mail of the sender and of their domain, where that is decided too.
    async fn of_sender(
        &self,
        tx: &mut Tx,
        kept: Kept,
        house: &House,
        changed: &mut Changed,
    ) -> store::Result<Result<(), No>> {
        let (said, always, domain) = match kept.choice {
            Choice::Record { record, always, domain, .. } if always || domain => {
                (Always::Regard(record), always, domain)
            }
            Choice::Private { always: true } => (Always::Private, true, false),
            _ => return Ok(Ok(())),
        };
        let Some(question) = self.one(tx, kept.mail).await? else { return Ok(Err(No::NotAsked)) };
        if let Err(no) = self.sensible(&question, kept.choice) {
            return Ok(Err(no));
        }
        let Ok(sender) = Address::parse(&question.mail.from.address) else { return Ok(Err(No::NoSender)) };
        let ours = store::mailboxes::is_ours(tx, sender.as_str()).await? || house.contains(sender.domain());
        if domain {
            let whom = Whom::Domain(sender.domain().to_owned());
            let ours = ours || corrections::is_of_us(sender.domain(), house);
            match self.all_of(tx, &whom, (said, ours), changed).await? {
                Ok(word) => changed.told.domain = word,
                Err(no) => return Ok(Err(no)),
            }
        }
        if always {
            match self.all_of(tx, &Whom::Sender(sender), (said, ours), changed).await? {
                Ok(word) => changed.told.always = word,
                Err(no) => return Ok(Err(no)),
            }
        }
        Ok(Ok(()))
    }

    /// One of these words; none where it stands already.
    async fn all_of(
        &self,
        tx: &mut Tx,
        whom: &Whom,
        (said, ours): (Always, bool),
        changed: &mut Changed,
    ) -> store::Result<Result<Option<i64>, No>> {
        match corrections::always(tx, self.actor, whom, said, ours).await? {
            Ok(done) => {
                let word = done.correction;
                changed.done.push(done);
                Ok(Ok(Some(word)))
            }
            Err(corrections::No::Already) => Ok(Ok(None)),
            Err(no) => Ok(Err(no.into())),
        }
    }

    /// The domain of a question's sender, where something may be said of all its mail.
    pub fn domain_of(&self, question: &Question, house: &House) -> Option<Whom> {
        let own = question.door == Door::Own || self.actor.user.is_none();
        let sender = Address::parse(&question.mail.from.address).ok().filter(|_| own)?;
        let whom = Whom::Domain(sender.domain().to_owned());
        corrections::sayable(&whom, corrections::is_of_us(sender.domain(), house)).is_ok().then_some(whom)
    }

    async fn one_decided(
        &self,
        tx: &mut Tx,
        question: &Question,
        choice: Choice,
        changed: &mut Changed,
    ) -> store::Result<Result<(), corrections::No>> {
        let mail = question.mail.id;
        let as_admin = question.door == Door::Admin;
        let ground = if as_admin { Ground::AskedAsAdmin } else { Ground::Rights };
        if question.reason == Some(Reason::Filing) && choice == Choice::None {
            self.let_go(tx, question, changed).await?;
            changed.told.done.push((mail, 0));
            return Ok(Ok(()));
        }
        let nowhere = match store::corrections::mail(tx, mail).await? {
            Some(mail) => mail.links.is_empty() && mail.regarding.is_none(),
            None => return Ok(Err(corrections::No::NoMail)),
        };
        if let Choice::Record { record, .. } = choice
            && as_admin
            && self.would_gain(tx, mail, record).await?
        {
            return Ok(Err(corrections::No::OwnGain));
        }
        let said = match choice {
            Choice::Record { record, thread, .. } => Said::Move { to: Some(record), thread },
            // Nothing holds it, so it is not kept for longer than anything in review.
            Choice::None if nowhere => Said::NoRecord,
            Choice::None => Said::Move { to: None, thread: false },
            Choice::Private { .. } => Said::Private { thread: false },
            Choice::Automatic => Said::Automatic,
        };
        match corrections::say_asked(tx, self.actor, mail, &said, ground).await? {
            Ok(done) => {
                changed.told.done.push((mail, done.correction));
                changed.told.as_admin |= as_admin;
                changed.done.push(done);
            }
            Err(no) => return Ok(Err(no)),
        }
        self.let_go(tx, question, changed).await?;
        Ok(Ok(()))
    }

    /// Whether an admin would give themselves lasting sight of a mail that lies in colleagues' mailboxes
    /// alone: what lies in a shared one is the company's.
    async fn would_gain(&self, tx: &mut Tx, mail: MailId, record: RecordId) -> store::Result<bool> {
        let Some(user) = self.actor.user else { return Ok(false) };
        let own = store::people::scope(tx, user, self.actor.world, self.actor.now).await?;
        let reads = !store::records::load_seen(tx, &own, &[record]).await?.is_empty();
        Ok(reads && reviews::on_shared(tx, &[mail]).await?.is_empty())
    }

    /// What could not be filed is decided.
    async fn let_go(&self, tx: &mut Tx, question: &Question, changed: &mut Changed) -> store::Result<()> {
        let (mail, at) = (question.mail.id, question.mail.at.0);
        if question.reason == Some(Reason::Filing) && reviews::filing_decided(tx, mail).await? {
            changed.told.filings.push((mail, at, question.records.clone(), question.detail.clone()));
        }
        Ok(())
    }

    /// What a decision of the actor's came to; whether it was taken back.
    pub async fn told(&self, tx: &mut Tx, number: i64) -> store::Result<Option<(Choice, Told, bool)>> {
        let found = reviews::decision(tx, number).await?;
        let Some(found) = found.filter(|d| d.user == self.actor.user && d.done.is_some()) else { return Ok(None) };
        let bad = |column| move |_| StoreError::BadRow { table: "decisions", id: number, column };
        let kept: Kept = serde_json::from_str(&found.choice).map_err(bad("choice"))?;
        Ok(Some((kept.choice, serde_json::from_str(&found.told).map_err(bad("told"))?, found.undone.is_some())))
    }

    /// Takes a whole decision back: every word of it that still stands.
    pub async fn undo(&self, tx: &mut Tx, number: i64) -> store::Result<Result<Changed, No>> {
        let Some((_, told, undone)) = self.told(tx, number).await? else { return Ok(Err(No::NoDecision)) };
        if undone || !reviews::decision_undone(tx, number, self.actor.now).await? {
            return Ok(Err(No::Undone));
        }
        let ground = if told.as_admin { Ground::AskedAsAdmin } else { Ground::Rights };
        let mut changed = Changed { number, ..Changed::default() };
        let of_all = told.always.into_iter().chain(told.domain).map(|word| (MailId(0), word));
        let words = told.done.iter().rev().copied().chain(of_all);
        for (mail, correction) in words.filter(|(_, correction)| *correction > 0) {
            match corrections::undo_asked(tx, self.actor, correction, ground).await? {
                Ok(done) => {
                    changed.told.done.push((mail, correction));
                    changed.done.push(done);
                }
                Err(no) => changed.told.left_out.push((mail, no.to_string())),
            }
        }
        for (mail, at, records, detail) in &told.filings {
            let filing = NewReview::filing(*mail, Timestamp(*at), records.clone(), detail);
            reviews::insert(tx, &[filing], self.actor.now).await?;
        }
        Ok(Ok(changed))
    }

    /// Lines of the audit about what was shown by another door than the actor's own; of each mail once an
    /// hour. Write them before it is shown.
    pub async fn reading(&self, tx: &mut Tx, shown: &[&Question]) -> store::Result<Vec<Line>> {
        let Some(user) = self.actor.user else { return Ok(Vec::new()) };
        let others: Vec<&&Question> = shown.iter().filter(|q| q.door != Door::Own).collect();
        if others.is_empty() {
            return Ok(Vec::new());
        }
        let noted = store::audit::reviewing_noted(tx, user, self.actor.now).await?;
        let fresh = others.into_iter().filter(|q| !noted.contains(&q.mail.id.0));
        let line = |question: &&Question| {
            let line = Line::new(self.actor.now, Some(user), Action::ReviewRead).subject(question.mail.id.0);
            match question.door {
                Door::Cover(owner) => line.by(Path::Cover.word()).on_behalf_of(Some(owner)),
                _ => line.by(Path::Admin.word()),
            }
        };
        Ok(fresh.map(line).collect())
    }
}

impl Changed {
    /// What all of it makes to be decided again, and the senders whose mail is, too.
    pub fn again(&self) -> (Again, Vec<(Whom, Option<UserId>)>) {
        let mut again = Again::default();
        for done in &self.done {
            again.threads.extend(&done.again.threads);
            again.copies.extend(&done.again.copies);
        }
        again.threads.sort_unstable();
        again.threads.dedup();
        (again, self.done.iter().filter_map(|done| done.sender.clone()).collect())
    }
}
