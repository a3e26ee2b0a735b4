//! What people say of where mail belongs: each word is written down, changes what is decided, can be
//! undone, and outlives what the machine finds later (P6).
//!
//! Nothing is decided here: what must be decided again comes back, and whoever called decides it in the
//! same transaction (`intake::reconsider`). They took [`Tx::alone`] before anything else.
//!
//! Who may: whoever sees the mail and may change what it stands on now and what it is put on. A copy in
//! one's own mailbox lets one see it, and no more: what stands on somebody's record is theirs (P4). What is marked
//! confidential is theirs who could change the record also if that were confidential. Marking a mail, or taking that
//! back, is for whoever may mark each record that governs it.

mod allowed;

use self::allowed::{
    allowed, may_place, may_take_from, may_undo, may_write, may_write_confided, on_record, secret, seen,
};
use super::actor::{Actor, Leave};
use crate::model::address::{Address, levels, organisation};
use crate::model::audit::{Action, Line};
use crate::model::correction::{Again, Correction, NO_RECORD, Reach, What, Whom};
use crate::model::facts::House;
use crate::model::id::{MailId, RecordId, UserId};
use crate::model::mail::Author;
use crate::model::time::Timestamp;
use crate::parse;
use crate::store::corrections::{self, Corrected, New};
use crate::store::{self, Tx};

/// What somebody says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// This mail, or its whole thread, regards this record; none: no opportunity.
    Move {
        /// The record.
        to: Option<RecordId>,
        /// Of the whole thread.
        thread: bool,
    },
    /// It stands on this record as well.
    Add(RecordId),
    /// It does not belong on this record, and is not to come there again.
    Remove(RecordId),
    /// It concerns nobody but whose mailbox it lies in.
    Private {
        /// Of the whole thread.
        thread: bool,
    },
    /// It belongs to no record: review's answer where it stands on none.
    NoRecord,
    /// A machine wrote it.
    Automatic,
    /// It is confidential by itself; or it is not, whatever rules say.
    Confidential(bool),
    /// A thread of its own begins with it.
    Split,
    /// It belongs to the thread of another mail.
    Join(MailId),
    /// Nobody has to answer it; of what we asked: nobody is expected to.
    NoAnswer,
    /// Remind us of what we asked at this moment, should no answer come.
    FollowUp(Timestamp),
    /// Somebody filed it from their mail program: `folder`, `dropbox`, `token` or `attached`.
    File {
        /// The record.
        record: RecordId,
        /// The way.
        how: &'static str,
    },
}

/// What somebody says of all mail of a sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Always {
    /// It regards this record.
    Regard(RecordId),
    /// It concerns nobody.
    Private,
}

/// Why nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum No {
    /// There is no such mail, or it is not theirs to see.
    #[error("there is no such mail, or it is not to be seen")]
    NoMail,
    /// There is no such record, or it is not theirs to see.
    #[error("there is no such record, or it is not to be seen")]
    NoRecord,
    /// They may read the record that it is to be put on, not change it.
    #[error("that record is not yours to change; ask its owner")]
    MayNotWrite,
    /// It stands on a record that they may not change.
    #[error("it stands on a record that is not yours to change; ask whoever answers for it")]
    NotYours,
    /// Mail of a sender of whom they would say something stands on a record that they may not change.
    #[error(
        "mail of {0} in your mailboxes stands on a record that is not yours to change; ask whoever answers for it, or add \
         single mails to yours"
    )]
    SendersMail(String),
    /// An admin would put what lies in others' mailboxes where they read it themselves.
    #[error("as an admin you put no colleague's mail onto a record that you read yourself; ask them or another admin")]
    OwnGain,
    /// It says so already.
    #[error("it is so already; nothing was changed")]
    Already,
    /// It does not stand there.
    #[error("it does not stand on that record")]
    NotOnIt,
    /// A mail cannot be joined with itself.
    #[error("they are in one thread already")]
    SameThread,
    /// The sender is one of us.
    #[error("{0} is of your own company: its mail is about many things")]
    OwnSender(String),
    /// Anybody can have an address in that domain.
    #[error("anybody can have an address in {0}, so its mail is about many things; say it of one sender")]
    Everybodys(String),
    /// Nobody waits for anything by this mail.
    #[error("nobody waits by this mail: it was answered, or no record of yours takes note of it")]
    NotWaiting,
    /// Only what we asked is followed up.
    #[error("only a question of ours that has no answer yet can be followed up")]
    NotAsked,
    /// The moment has passed.
    #[error("that day has passed; choose a later one")]
    Passed,
    /// It stands on nothing, so nobody sees it but whose mailbox it lies in, and those who are asked.
    #[error("it stands on no record, so there is nobody to keep it from; say first what it is about")]
    Nowhere,
    /// They may not mark a record on which it stands.
    #[error("only the owner of each record on which it stands, or their deputy while they are away, marks it")]
    MayNotMark,
    /// There is no such correction, or it is not theirs.
    #[error("there is no such correction, or it is not yours to undo")]
    NoCorrection,
    /// It was undone, or a later word replaced it.
    #[error("it does not stand any more: it was undone, or a later word took its place")]
    NotStanding,
}

/// A word that was written down or taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// Its number, by which it is undone.
    pub correction: i64,
    /// What must be decided again.
    pub again: Again,
    /// The sender or domain whose mail must be decided and read again, with whose mailboxes; none: all.
    pub sender: Option<(Whom, Option<UserId>)>,
}

/// A correction with what it was about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The correction.
    pub correction: Correction,
    /// Whether it stands.
    pub stands: bool,
    /// The name of its record, where the actor may read that.
    pub record: Option<String>,
}

/// By what somebody speaks of a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    /// By their rights on what it stands on and what it is put on.
    Rights,
    /// They are asked about it in review, as an admin: that they may name the records is enough.
    AskedAsAdmin,
}

/// Says something of a mail.
pub async fn say(tx: &mut Tx, actor: &Actor<'_>, mail: MailId, said: &Said) -> store::Result<Result<Done, No>> {
    let Some(mail) = seen(tx, actor, mail).await? else { return Ok(Err(No::NoMail)) };
    spoken(tx, actor, mail, said, Ground::Rights).await
}

/// Whether the actor may say where a mail belongs: they see it, and may change all that it stands on.
pub async fn may_move(tx: &mut Tx, actor: &Actor<'_>, mail: MailId) -> store::Result<bool> {
    let Some(mail) = seen(tx, actor, mail).await? else { return Ok(false) };
    let held: Vec<RecordId> = mail.governing().into_iter().collect();
    let named = actor.named(tx, &held).await?;
    let secret = secret(std::iter::once(&mail));
    Ok(held.iter().all(|record| match secret.contains(record) {
        true => may_write_confided(actor, &named, *record).is_some(),
        false => may_write(actor, &named, *record).is_some(),
    }))
}

/// As [`say`], of a mail that the caller found among what the actor is asked about in review.
pub async fn say_asked(
    tx: &mut Tx,
    actor: &Actor<'_>,
    mail: MailId,
    said: &Said,
    ground: Ground,
) -> store::Result<Result<Done, No>> {
    let Some(mail) = corrections::mail(tx, mail).await? else { return Ok(Err(No::NoMail)) };
    spoken(tx, actor, mail, said, ground).await
}

async fn spoken(
    tx: &mut Tx,
    actor: &Actor<'_>,
    mail: Corrected,
    said: &Said,
    ground: Ground,
) -> store::Result<Result<Done, No>> {
    let reach = match said {
        Said::Move { thread: true, .. } | Said::Private { thread: true } => Reach::Thread,
        _ => Reach::Mail,
    };
    let thread = corrections::thread(tx, mail.thread).await?;
    let touched: Vec<&Corrected> = match (said, reach) {
        (Said::Split | Said::Join(_), _) | (_, Reach::Thread) => thread.iter().collect(),
        _ => vec![&mail],
    };
    let other = match said {
        Said::Join(other) => match seen(tx, actor, *other).await? {
            Some(other) if other.thread == mail.thread => return Ok(Err(No::SameThread)),
            Some(other) => Some(other),
            None => return Ok(Err(No::NoMail)),
        },
        _ => None,
    };
    let allowed = allowed(tx, actor, ground, &mail, &touched, other.as_ref(), said).await?;
    let leave = match allowed {
        Ok(leave) => leave,
        Err(no) => return Ok(Err(no)),
    };
    if let Err(no) = waiting(tx, &mail, said, actor.now).await? {
        return Ok(Err(no));
    }
    if *said == Said::Confidential(mail.sealed) {
        return Ok(Err(No::Already));
    }
    let new = new(said, reach, &mail, other.as_ref(), actor.user);
    let standing = standing(tx, &thread).await?;
    let alike = |c: &&Correction| c.what == new.what && c.reach == new.reach && c.mail.as_ref() == new.mail;
    // Of what is on no record, why is a word of its own.
    let as_new = |c: &&Correction| c.what != What::Private || c.how == new.how;
    let same = |c: &&Correction| {
        as_new(c) && alike(c) && c.record == new.record && c.other.as_ref() == new.other && c.until == new.until
    };
    if standing.iter().any(|c| same(&c)) {
        return Ok(Err(No::Already));
    }
    let replaced: Vec<i64> = standing.iter().filter(|c| replaces(&new, c)).map(|c| c.id).collect();
    let correction = corrections::insert(tx, &new, actor.now).await?;
    corrections::replace(tx, &replaced, correction).await?;
    if *said == Said::Automatic {
        corrections::set_author(tx, mail.id, Author::Notification).await?;
    }
    store::waits::settle(tx, &[mail.id]).await?;
    let detail = serde_json::json!({ "what": new.what.word(), "reach": reach.word(), "correction": correction });
    note(tx, actor, Some(mail.id), detail, (new.record, leave)).await?;
    let mut threads: Vec<_> = [Some(mail.thread), other.as_ref().map(|o| o.thread)].into_iter().flatten().collect();
    // What stood nowhere may draw in what answers it.
    if mail.links.is_empty() {
        threads.extend(corrections::threads_related(tx, mail.thread).await?);
        threads.sort_unstable();
        threads.dedup();
    }
    Ok(Ok(Done { correction, again: Again { threads, copies: vec![mail.named.copy_key] }, sender: None }))
}

fn new<'a>(
    said: &Said,
    reach: Reach,
    mail: &'a Corrected,
    other: Option<&'a Corrected>,
    by: Option<UserId>,
) -> New<'a> {
    let until = if let Said::FollowUp(at) = said { Some(*at) } else { None };
    let (what, record, how) = match said {
        Said::Move { to, .. } => (What::Regard, *to, ""),
        Said::Add(record) => (What::Add, Some(*record), ""),
        Said::Remove(record) => (What::Remove, Some(*record), ""),
        Said::Private { .. } => (What::Private, None, ""),
        Said::NoRecord => (What::Private, None, NO_RECORD),
        Said::Automatic => (What::Automatic, None, ""),
        Said::Confidential(true) => (What::Confidential, None, ""),
        Said::Confidential(false) => (What::Open, None, ""),
        Said::Split => (What::Split, None, ""),
        Said::Join(_) => (What::Join, None, ""),
        Said::NoAnswer => (What::NoAnswer, None, ""),
        Said::FollowUp(_) => (What::FollowUp, None, ""),
        Said::File { record, how } => (What::Filed, Some(*record), *how),
    };
    let other = other.map(|o| &o.named);
    New { what, reach, mail: Some(&mail.named), address: None, record, other, how, until, everywhere: false, by }
}

/// Whether there is a wait of which this can be said.
async fn waiting(tx: &mut Tx, mail: &Corrected, said: &Said, now: Timestamp) -> store::Result<Result<(), No>> {
    let (for_us, for_them) = match said {
        Said::NoAnswer | Said::FollowUp(_) => store::waits::of(tx, mail.id).await?,
        _ => return Ok(Ok(())),
    };
    Ok(match said {
        Said::FollowUp(_) if !for_them => Err(No::NotAsked),
        Said::FollowUp(at) if *at <= now => Err(No::Passed),
        _ if !for_us && !for_them => Err(No::NotWaiting),
        _ => Ok(()),
    })
}

/// Whether a later word takes the place of an earlier one.
fn replaces(new: &New<'_>, old: &Correction) -> bool {
    let same_mail = old.mail.as_ref() == new.mail;
    let places = |what| matches!(what, What::Regard | What::Private);
    match new.what {
        // A word on the whole thread is a word on each of its mails.
        What::Regard | What::Private if new.reach == Reach::Thread => places(old.what),
        What::Regard if same_mail && old.what == What::Remove => old.record == new.record,
        What::Regard | What::Private => same_mail && old.reach == Reach::Mail && places(old.what),
        What::Add => same_mail && old.record == new.record && matches!(old.what, What::Add | What::Remove),
        What::Remove => {
            let put = matches!(old.what, What::Add | What::Regard | What::Filed) && old.reach == Reach::Mail;
            same_mail && old.record == new.record && put
        }
        What::Split | What::Join => same_mail && matches!(old.what, What::Split | What::Join),
        What::Filed => same_mail && (old.what == What::Filed || (old.what == What::Remove && old.record == new.record)),
        What::Automatic => false,
        What::Confidential | What::Open => same_mail && matches!(old.what, What::Confidential | What::Open),
        What::NoAnswer | What::FollowUp => same_mail && matches!(old.what, What::NoAnswer | What::FollowUp),
    }
}

/// What stands of the mails of a thread.
async fn standing(tx: &mut Tx, thread: &[Corrected]) -> store::Result<Vec<Correction>> {
    let keys: Vec<i64> = thread.iter().map(|m| m.named.copy_key).collect();
    let of = |c: &Correction| c.mail.as_ref().is_some_and(|mail| thread.iter().any(|m| m.named == *mail));
    Ok(corrections::of_mails(tx, &keys).await?.into_iter().filter(of).collect())
}

/// Whether strangers to each other have addresses in a domain: free mail, or a suffix under which anybody
/// registers one.
fn is_everybodys(domain: &str) -> bool {
    let below = format!("x.{domain}");
    parse::is_freemail(organisation(domain)) || organisation(&below) == below || !domain.contains('.')
}

/// Whether a domain is one of ours, holds one of ours below it, or lies below one of ours.
pub fn is_of_us(domain: &str, house: &House) -> bool {
    let above = |below: &str, domain: &str| levels(below).any(|level| level == domain);
    house.domains.iter().any(|own| above(own, domain) || above(domain, own))
}

/// Whether something may be said of all mail of a sender or a domain at all. `is_own`: they are of us.
pub fn sayable(whom: &Whom, is_own: bool) -> Result<(), No> {
    match whom {
        whom if is_own => Err(No::OwnSender(whom.to_string())),
        Whom::Domain(domain) if is_everybodys(domain) => Err(No::Everybodys(domain.clone())),
        _ => Ok(()),
    }
}

/// How many stored mails a word on a domain would be about: those in the mailboxes of who says it.
pub async fn of_domain(tx: &mut Tx, actor: &Actor<'_>, domain: &str) -> store::Result<i64> {
    corrections::by_domain(tx, domain, actor.user).await
}

/// Says something of all mail of a sender or a domain. It counts for mail in the mailboxes of who says it
/// (P12); what the operator says, for all. What stands on somebody's record already is theirs, as with single mails (P4).
pub async fn always(
    tx: &mut Tx,
    actor: &Actor<'_>,
    whom: &Whom,
    said: Always,
    is_own: bool,
) -> store::Result<Result<Done, No>> {
    if let Err(no) = sayable(whom, is_own) {
        return Ok(Err(no));
    }
    let (what, record) = match said {
        Always::Regard(record) => (What::Regard, Some(record)),
        Always::Private => (What::Private, None),
    };
    let mut leave = None;
    if let Some(record) = record {
        let named = actor.named(tx, &[record]).await?;
        if named.missing.contains(&record) {
            return Ok(Err(No::NoRecord));
        }
        match may_write(actor, &named, record) {
            Some(by) => leave = Some((record, by)),
            None => return Ok(Err(No::MayNotWrite)),
        }
    }
    if let Some(user) = actor.user {
        let governing = corrections::governing_from(tx, whom, user).await?;
        if !may_take_from(tx, actor, governing).await? {
            return Ok(Err(No::SendersMail(whom.to_string())));
        }
    }
    let everywhere = actor.user.is_none();
    let text = whom.to_string();
    let standing = corrections::of_senders(tx, &store::text_list([text.as_str()])).await?;
    let before: Vec<&Correction> = standing.iter().filter(|c| c.by == actor.user).collect();
    if before.iter().any(|c| c.what == what && c.record == record) {
        return Ok(Err(No::Already));
    }
    let address = Some(text.as_str());
    let new = New {
        what,
        reach: Reach::Sender,
        mail: None,
        address,
        record,
        other: None,
        how: "",
        until: None,
        everywhere,
        by: actor.user,
    };
    let correction = corrections::insert(tx, &new, actor.now).await?;
    corrections::replace(tx, &before.iter().map(|c| c.id).collect::<Vec<_>>(), correction).await?;
    let reach = if matches!(whom, Whom::Domain(_)) { "domain" } else { "sender" };
    let detail = serde_json::json!({ "what": what.word(), "reach": reach, "correction": correction });
    note(tx, actor, None, detail, (record, leave)).await?;
    Ok(Ok(Done { correction, again: Again::default(), sender: Some((whom.clone(), actor.user)) }))
}

/// Takes a word back: what it replaced stands again. Whoever said it may, and whoever may say it now.
pub async fn undo(tx: &mut Tx, actor: &Actor<'_>, correction: i64) -> store::Result<Result<Done, No>> {
    let Some((found, stands)) = corrections::load(tx, correction).await? else { return Ok(Err(No::NoCorrection)) };
    let mail = match &found.mail {
        Some(named) => corrections::mails_named(tx, named.copy_key, "").await?.into_iter().find(|m| m.named == *named),
        None => None,
    };
    if !may_undo(tx, actor, &found, mail.as_ref()).await? {
        return Ok(Err(No::NoCorrection));
    }
    taken_back(tx, actor, (found, stands), mail).await
}

/// As [`undo`], of the actor's own word in review, whether they see the mail now or not: it goes back to
/// where it was, and to review.
pub async fn undo_asked(
    tx: &mut Tx,
    actor: &Actor<'_>,
    correction: i64,
    ground: Ground,
) -> store::Result<Result<Done, No>> {
    let Some((found, stands)) = corrections::load(tx, correction).await? else { return Ok(Err(No::NoCorrection)) };
    let mail = match &found.mail {
        Some(named) => corrections::mails_named(tx, named.copy_key, "").await?.into_iter().find(|m| m.named == *named),
        None => None,
    };
    let held: Vec<RecordId> = mail.iter().flat_map(Corrected::governing).collect();
    let named = actor.named(tx, &held).await?;
    let secret = secret(mail.iter());
    let theirs = held.iter().all(|record| match secret.contains(record) {
        true => may_write_confided(actor, &named, *record).is_some(),
        false => may_place(actor, ground, &named, *record).is_some(),
    });
    if found.by != actor.user || !theirs {
        return Ok(Err(No::NoCorrection));
    }
    taken_back(tx, actor, (found, stands), mail).await
}

async fn taken_back(
    tx: &mut Tx,
    actor: &Actor<'_>,
    (found, stands): (Correction, bool),
    mail: Option<Corrected>,
) -> store::Result<Result<Done, No>> {
    let correction = found.id;
    if !stands || !corrections::undo(tx, correction, actor.user, actor.now).await? {
        return Ok(Err(No::NotStanding));
    }
    if let (What::Automatic, Some(mail)) = (found.what, &mail) {
        let raw = store::mails::unpacked(tx, mail.id).await?;
        corrections::set_author(tx, mail.id, parse::parse(&raw).author).await?;
    }
    if let Some(mail) = &mail {
        store::waits::settle(tx, &[mail.id]).await?;
    }
    let detail = serde_json::json!({ "what": found.what.word(), "undone": true, "correction": correction });
    note(tx, actor, mail.as_ref().map(|m| m.id), detail, (found.record, None)).await?;
    let mut again = Again::default();
    if let Some(mail) = &mail {
        again.threads = corrections::threads_related(tx, mail.thread).await?;
    }
    again.copies.extend(found.mail.as_ref().map(|named| named.copy_key));
    let sender = found.address.as_deref().and_then(Whom::parse);
    let holder = if found.everywhere { None } else { found.by };
    Ok(Ok(Done { correction, again, sender: sender.map(|whom| (whom, holder)) }))
}

/// What was said at a mail, at others of its thread and of its sender, newest first. Of a record that
/// the actor may not read nothing is told but that there is a word.
pub async fn list(tx: &mut Tx, actor: &Actor<'_>, mail: MailId) -> store::Result<Result<Vec<Listed>, No>> {
    let Some(mail) = seen(tx, actor, mail).await? else { return Ok(Err(No::NoMail)) };
    let thread: Vec<_> = corrections::thread(tx, mail.thread).await?.into_iter().map(|m| m.named).collect();
    let sender = Address::parse(&mail.from_address).ok();
    let domains = sender.iter().flat_map(|a| levels(a.domain())).map(|domain| format!("@{domain}"));
    let senders: Vec<String> = sender.iter().map(Address::to_string).chain(domains).collect();
    let all = corrections::history(tx, &thread, &senders).await?;
    let records: Vec<RecordId> = all.iter().filter_map(|(c, _)| c.record).collect();
    let named = actor.named(tx, &records).await?;
    let on_record = on_record(tx, actor, mail.id).await?;
    // That it is marked would tell whoever has a copy that it stands on a record; of other mails of its thread who is
    // marked is told with them.
    let here = |c: &Correction| on_record && c.mail.as_ref() == Some(&mail.named);
    let marks = |c: &Correction| matches!(c.what, What::Confidential | What::Open);
    let mine = |c: &Correction| {
        (c.address.is_none() || actor.user.is_none() || c.by == actor.user || c.everywhere) && (!marks(c) || here(c))
    };
    let listed = all.into_iter().filter(|(c, _)| mine(c)).filter_map(|(correction, stands)| {
        let entry = |id| named.entries.iter().find(|e| e.record.id == id).map(|e| e.record.name.clone());
        let record = correction.record.and_then(entry);
        (correction.record.is_none() || record.is_some()).then_some(Listed { correction, stands, record })
    });
    Ok(Ok(listed.collect()))
}

/// A line of the audit: numbers and words, never what a mail says.
async fn note(
    tx: &mut Tx,
    actor: &Actor<'_>,
    mail: Option<MailId>,
    detail: serde_json::Value,
    (record, leave): (Option<RecordId>, Option<(RecordId, Leave)>),
) -> store::Result<()> {
    let mut line = match leave {
        Some((record, leave)) => actor.line(Action::Corrected, record, leave),
        None => Line::new(actor.now, actor.user, Action::Corrected),
    };
    line.record = line.record.or(record);
    line.subject = mail.map(|mail| mail.0);
    store::audit::note(tx, &[line.detail(detail)]).await
}
