//! One batch, one transaction: what came is stored, threaded, linked, answered, settled.

use super::asking;
use super::assemble::{self, Assembled};
use super::effects;
use super::filing::{self, Filing};
use super::hidden;
use super::made;
use super::notices::{self, NoticeSettings};
use super::place;
use super::prepare::Prepared;
use super::rules;
use super::weigh;
use crate::model::address::Address;
use crate::model::facts::{House, Mark};
use crate::model::id::{MailId, MailboxId, UserId};
use crate::model::time::Timestamp;
use crate::store::keys::Keys;
use crate::store::{self, Db, Tx};
use anyhow::{Result, bail};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What stays the same from batch to batch of one mailbox.
#[derive(Clone, Debug)]
pub struct Context {
    /// The mailbox the mails lie in.
    pub mailbox: MailboxId,
    /// Fencing number of the lease under which they were read.
    pub fence: i64,
    /// The instance's keys.
    pub keys: Keys,
    /// Whether only headers are kept of mail that lies in this mailbox.
    pub headers_only: bool,
    /// Domains of the company.
    pub own_domains: House,
    /// The address to whose tags people send copies, where there is one.
    pub dropbox: Option<Address>,
    /// Whether that is this mailbox.
    pub is_dropbox: bool,
    /// Names of our own servers that take mail from people who signed in.
    pub submitted_by: Arc<[String]>,
    /// What notices need of the configuration.
    pub notice: Arc<NoticeSettings>,
}

/// What became of a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Accepted {
    /// Messages stored anew.
    pub stored: usize,
    /// Copies of messages that were stored already.
    pub copies: usize,
    /// Mails that concern no record: only hashes were kept.
    pub unmatched: usize,
    /// Mails that are never stored: somebody on them is blocked, or was erased.
    pub hidden: usize,
    /// Earlier mails whose thread or links changed.
    pub relinked: usize,
    /// Notices queued.
    pub notices: usize,
}

impl Accepted {
    /// Whether anything changed that a page could show.
    pub fn visible(&self) -> bool {
        self.stored > 0 || self.relinked > 0
    }
}

impl std::ops::AddAssign for Accepted {
    fn add_assign(&mut self, more: Accepted) {
        self.stored += more.stored;
        self.copies += more.copies;
        self.unmatched += more.unmatched;
        self.hidden += more.hidden;
        self.relinked += more.relinked;
        self.notices += more.notices;
    }
}

/// Takes a batch in: the whole path of a mail, in one transaction.
pub async fn accept(db: &Db, context: &Context, batch: &[Prepared], now: Timestamp) -> Result<Accepted> {
    let mut tx = db.write().await?;
    tx.alone().await?;
    still_ours(&mut tx, context).await?;
    let owner = store::mailboxes::user_of(&mut tx, context.mailbox).await?;
    let judged = hidden::judge(&mut tx, context, owner, batch).await?;
    let batch = &*effects::ready(&mut tx, context, judged).await?;
    let rules = rules::current(&mut tx).await?;
    let mut filing = Filing::new(filing::asks(&mut tx, context, owner, batch).await?, now);
    let mut assembled = assemble::threads_of(&mut tx, context, batch, (&rules, &filing)).await?;
    asking::look(&mut assembled, owner, now);
    let decided = filing.decide(&mut tx, context, &mut assembled).await?;
    let (decided, _) = made::decide(&mut tx, context, &rules, batch, &mut assembled, decided, now).await?;
    let written = place::record(&mut tx, &assembled, &decided, context.own_domains.zone, now).await?;
    let others = weigh::others(&mut tx, &assembled, &decided, &written, &context.own_domains, now).await?;
    tell_wrong_marks(&assembled);
    let notices = notices::decide(&mut tx, context, batch, &assembled, &written, now).await?;
    place::settle(&mut tx, context, batch, &assembled, &written, now).await?;
    filing.record(&mut tx, batch, &assembled.places, &written).await?;
    ask_holder(&mut tx, owner, batch, &assembled, now).await?;
    let mut accepted = summary(&assembled, &written, notices);
    accepted.relinked += others.len();
    tx.commit().await?;
    Ok(accepted)
}

async fn still_ours(tx: &mut Tx, context: &Context) -> Result<()> {
    if !store::mailboxes::still_ours(tx, context.mailbox, context.fence).await? {
        bail!("mailbox {} is read by another worker by now", context.mailbox);
    }
    Ok(())
}

/// Whoever's mailbox this is is asked for consent where somebody else merely claims an address on
/// the mail that came (P12).
async fn ask_holder(
    tx: &mut Tx,
    holder: Option<UserId>,
    batch: &[Prepared],
    assembled: &Assembled<'_>,
    now: Timestamp,
) -> Result<()> {
    let claimed = |address: &Address| {
        let parties = assembled.facts.parties.get(address).into_iter().flatten();
        parties.filter_map(|p| p.claimed_by).next().is_some()
    };
    let shown = batch.iter().filter(|mail| mail.hidden.is_none());
    let on_them = shown.flat_map(|p| super::prepare::parties(&p.mail)).map(|(_, party)| &party.address);
    let claimed: BTreeSet<&str> = on_them.filter(|a| claimed(a)).map(Address::as_str).collect();
    if claimed.is_empty() {
        return Ok(());
    }
    let Some(holder) = holder else { return Ok(()) };
    let claims = store::consents::claims_of(tx, &claimed.into_iter().collect::<Vec<_>>()).await?;
    let wanted = claims.into_iter().filter(|claim| claim.by != holder).map(|claim| (claim, holder));
    store::consents::request(tx, &wanted.collect(), now).await?;
    Ok(())
}

/// A wrong signature proves nothing, and somebody should know: by number, never by address.
fn tell_wrong_marks(assembled: &Assembled<'_>) {
    let wrong = |marks: &[Mark]| marks.iter().filter(|m| matches!(m, Mark::Wrong { .. })).count();
    for mail in assembled.new.iter().filter(|mail| wrong(&mail.row.marks) > 0) {
        let (location, marks) = (mail.found.location.0, wrong(&mail.row.marks));
        tracing::warn!(location, marks, "a mail carries references that look signed by this instance and are not");
    }
}

fn summary(assembled: &Assembled<'_>, written: &place::Written, notices: usize) -> Accepted {
    let stored = written.new.iter().flatten().count();
    Accepted {
        stored,
        copies: assembled.places.iter().filter(|p| matches!(p, assemble::Place::Copy(_))).count(),
        unmatched: written.unmatched,
        hidden: assembled.places.iter().filter(|p| **p == assemble::Place::Hidden).count(),
        relinked: written.relinked,
        notices,
    }
}

/// The message of a place, if it is stored.
pub(super) fn mail_of(place: &assemble::Place, written: &place::Written) -> Option<MailId> {
    match place {
        assemble::Place::Copy(id) => Some(*id),
        assemble::Place::New(n) => written.new.get(*n).copied().flatten(),
        assemble::Place::Hidden => None,
    }
}
