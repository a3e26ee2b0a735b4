//! Mails to colleagues: looks who is to be told of something, loads it under their own sight, and
//! queues the mail in the transaction that writes down that they were told (S9).
//!
//! `notice::colleagues` decides and writes, `store::notifications` remembers, the outbox sends.
//! Nobody gets anything unless somebody asked for it, but for admins when notices stop by themselves and whoever's
//! password an admin took, and nothing is sent at all while
//! `colleagues.mailbox` is empty (U13).

mod alarm;
mod cover;
mod digest;
mod reset;
mod teams;
mod urgent;

pub use cover::{brief, brief_for, lately_back, report, report_for};

use crate::access::{Scope, World};
use crate::config::Config;
use crate::model::address::Address;
use crate::model::colleagues::{Recipient, Wishes};
use crate::model::id::{MailboxId, TeamId, UserId};
use crate::model::notice::{Language, NoticeKey};
use crate::model::record::Policy;
use crate::model::time::{DAY, Timestamp};
use crate::notice::colleagues::{Letter, Office, compose};
use crate::store::keys::Keys;
use crate::store::people::User;
use crate::store::reading::Reading;
use crate::store::{self, Db, Tx};
use anyhow::{Context, Result};
use std::collections::{HashMap, HashSet};

/// What was told is looked for this far back; nothing comes up again after so long.
const MEMORY: i64 = 30 * DAY;

/// Looks once at everything that colleagues are to be told of at `now`; gives how many mails were
/// queued. What fails for one kind of mail keeps none of the others.
///
/// # Errors
/// The first failure, after everything was tried.
pub async fn run(db: &Db, keys: &Keys, config: &Config, now: Timestamp) -> Result<usize> {
    let Some(desk) = Desk::open(db, keys, config, now).await.context("gathering who wants mails")? else {
        return Ok(0);
    };
    let parts = [
        alarm::run(&desk).await.context("telling the admins that notices are stopped"),
        reset::run(&desk).await.context("telling people of links to their accounts"),
        digest::run(&desk).await.context("sending digests"),
        urgent::run(&desk).await.context("sending urgent notices"),
        teams::run(&desk).await.context("sending copies to teams"),
        cover::run(&desk).await.context("sending briefs and reports"),
    ];
    let mut queued = 0;
    for part in parts {
        queued += part?;
    }
    Ok(queued)
}

/// Everything that choosing and sending needs, as of one moment.
struct Desk<'a> {
    db: &'a Db,
    keys: &'a Keys,
    rights: Policy,
    office: Office,
    mailbox: MailboxId,
    now: Timestamp,
    /// Who is who, and who is away, at the beginning of the look.
    world: World,
    wishes: HashMap<UserId, Wishes>,
    teams: Vec<TeamId>,
    recipients: HashMap<UserId, Recipient>,
}

impl Desk<'_> {
    /// `None` where nobody is to be told anything.
    async fn open<'a>(db: &'a Db, keys: &'a Keys, config: &Config, now: Timestamp) -> Result<Option<Desk<'a>>> {
        let name = config.colleagues.mailbox.as_str();
        if name.is_empty() {
            return Ok(None);
        }
        let mut tx = db.read().await?;
        let wishes = store::notifications::wishes(&mut tx).await?;
        let teams = store::notifications::teams_with_copies(&mut tx).await?;
        // That notices are stopped is told unasked.
        let alarm = store::notice_switch::untold(&mut tx).await?.is_some();
        // And so are those whose password an admin took.
        let reset = !reset::untold(&mut tx, now).await?.is_empty();
        if wishes.is_empty() && teams.is_empty() && !alarm && !reset {
            return Ok(None);
        }
        let rows = store::mailboxes::list(&mut tx).await?;
        let row = rows.into_iter().find(|row| row.name == name);
        let row = row.with_context(|| format!("mailbox {name} of `colleagues.mailbox` was never read"))?;
        let from = Address::parse(&row.address).with_context(|| format!("the address of mailbox {name}"))?;
        let rights = config.rights();
        let world = store::people::world(&mut tx, &rights, now).await?;
        let users = store::people::every(&mut tx).await?;
        let office = Office {
            from,
            company: config.company.clone(),
            domain: config.notice.message_id_domain.clone(),
            url: config.public_url.trim_end_matches('/').to_owned(),
            key: NoticeKey(*keys.signing()),
        };
        let recipients = users.into_iter().filter_map(|user| recipient(user, config)).map(|r| (r.user, r)).collect();
        Ok(Some(Desk { db, keys, rights, office, mailbox: row.id, now, world, wishes, teams, recipients }))
    }

    /// What a colleague is told by, if they are still here and have an address.
    fn recipient(&self, user: UserId) -> Option<&Recipient> {
        self.recipients.get(&user)
    }

    /// Who was told of what lately, of one kind.
    async fn told(&self, what: &str) -> Result<HashSet<(UserId, String)>> {
        let mut tx = self.db.read().await?;
        Ok(store::notifications::told(&mut tx, what, self.now.plus(-MEMORY)).await?)
    }

    /// Who was ever told of what, of one kind: an absence may last for years.
    async fn told_ever(&self, what: &str) -> Result<HashSet<(UserId, String)>> {
        let mut tx = self.db.read().await?;
        Ok(store::notifications::told(&mut tx, what, Timestamp(0)).await?)
    }

    /// What somebody may read at the moment of writing, and the world in which they do.
    async fn sight(&self, tx: &mut Tx, user: UserId) -> Result<(World, Scope)> {
        let world = store::people::world(tx, &self.rights, self.now).await?;
        let scope = store::people::scope(tx, user, &world, self.now).await?;
        Ok((world, scope))
    }

    /// Writes and queues a letter, and notes it on what was reserved for it. What it tells of others'
    /// records is noted as read in `world`: whoever gets it needs to open nothing.
    async fn post(&self, tx: &mut Tx, reserved: &[i64], to: &Recipient, letter: &Letter, world: &World) -> Result<()> {
        let reading = Reading { viewer: to.user, world, now: self.now };
        let mut lines = reading.lines(tx, letter.records().into_iter().cloned()).await?;
        lines.iter_mut().for_each(|line| line.detail = serde_json::json!({ "mailed": true }));
        store::audit::note_reading(tx, to.user, &lines, self.now).await?;
        let mail = compose(letter, to, &self.office, rand::random(), self.now);
        let key = self.keys.id(&mail.message_id);
        let outbox = store::outbox::queue(tx, self.mailbox, &mail, key, self.now).await?;
        Ok(store::notifications::attach(tx, reserved, outbox).await?)
    }
}

fn recipient(user: User, config: &Config) -> Option<Recipient> {
    let address = user.addresses.into_iter().next()?;
    let language = Language::of_house(&user.language).or_else(|| Language::of_house(&config.language));
    let zone = user.zone.parse().or_else(|_| config.zone.parse()).unwrap_or(chrono_tz::Tz::UTC);
    let (id, name, active) = (user.person.id, user.person.name, user.person.active);
    active.then_some(Recipient { user: id, name, address, language: language.unwrap_or(Language::En), zone })
}
