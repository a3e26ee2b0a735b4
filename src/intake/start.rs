//! From configuration to readers: a row, a lease and a reader for each configured mailbox.

use super::accept::Context;
use super::notices::NoticeSettings;
use super::pipeline::Intake;
use super::reader::Reader;
use super::signals::{Clock, Signals};
use super::watch::take_lease;
use crate::config::{Config, Content, Mailbox};
use crate::imap::Limits;
use crate::model::address::Address;
use crate::model::id::MailboxId;
use crate::model::notice::{Language, NoticeKey};
use crate::notice::Policy;
use crate::store::instance::Instance;
use crate::store::keys::Keys;
use crate::store::mailboxes::MailboxRow;
use crate::store::{self, Db};
use anyhow::{Context as _, Result, bail};
use std::sync::Arc;
use std::time::Duration;

/// What every reader of this program shares.
#[derive(Clone, Debug)]
pub struct Shared {
    /// The database.
    pub db: Db,
    /// The instance's keys.
    pub keys: Keys,
    /// The configuration.
    pub config: Arc<Config>,
    /// Where moments come from.
    pub clock: Clock,
    /// Whom to tell.
    pub signals: Signals,
    /// This program's name among workers, new at every start.
    pub worker: String,
    /// What is waited for on the wire.
    pub limits: Limits,
    /// The first pause before `sync --once` connects again; each further one is longer.
    pub pause: Duration,
    notice: Arc<NoticeSettings>,
}

impl Shared {
    /// Of an opened installation.
    pub fn new(instance: &Instance, config: Arc<Config>, clock: Clock, signals: Signals) -> Shared {
        let notice = Arc::new(notice_settings(&config, &instance.keys));
        let worker = format!("{:016x}", rand::random::<u64>());
        let (limits, pause) = (Limits::default(), Duration::from_millis(200));
        Shared {
            db: instance.db.clone(),
            keys: instance.keys.clone(),
            config,
            clock,
            signals,
            worker,
            limits,
            pause,
            notice,
        }
    }

    /// Makes sure that every mailbox of the configuration file has its row; gives these and the ones that were set
    /// up on a page, with their settings.
    pub async fn mailboxes(&self) -> Result<Vec<(Mailbox, MailboxRow)>> {
        let mut tx = self.db.write().await?;
        let mut rows = Vec::new();
        for account in store::mailbox_settings::accounts(&mut tx, &self.keys, &self.config).await? {
            let row = self.ensure(&mut tx, &account).await?;
            rows.push((account, row));
        }
        tx.commit().await?;
        Ok(rows)
    }

    async fn ensure(&self, tx: &mut store::Tx, account: &Mailbox) -> Result<MailboxRow> {
        let address = Address::parse(&account.address)
            .with_context(|| format!("mailbox {}: its address {:?} cannot be used", account.name, account.address))?;
        let user = match &account.user {
            None => None,
            Some(login) => match store::people::by_login(tx, login).await? {
                Some(user) => Some(user.person.id),
                None => bail!(
                    "mailbox {} belongs to user {login}, whom nobody added; add them with `standin import users`",
                    account.name
                ),
            },
        };
        let now = self.clock.now();
        Ok(store::mailboxes::ensure(tx, &account.name, user, address.as_str(), now).await?)
    }

    /// A reader, if nobody else reads the mailbox now.
    pub async fn reader(&self, account: &Mailbox, mailbox: MailboxId) -> Result<Option<Reader>> {
        let fence = take_lease(&self.db, mailbox, &self.worker, self.clock.now()).await?;
        Ok(fence.map(|fence| {
            let mut intake = self.intake(mailbox, fence);
            intake.context.headers_only = account.content == Content::Headers;
            let address = Address::parse(&account.address).ok();
            intake.context.is_dropbox = address.is_some() && address == intake.context.dropbox;
            let mut reader = Reader::new(intake, account.clone(), &self.config.mail);
            reader.limits = self.limits;
            reader
        }))
    }

    /// The way in for mail of a mailbox that is leased under `fence`.
    pub fn intake(&self, mailbox: MailboxId, fence: i64) -> Intake {
        Intake {
            db: self.db.clone(),
            context: Context {
                mailbox,
                fence,
                keys: self.keys.clone(),
                headers_only: false,
                own_domains: self.config.house(),
                dropbox: Address::parse(&self.config.filing.dropbox).ok(),
                is_dropbox: false,
                submitted_by: self.config.filing.submitted_by.clone().into(),
                notice: self.notice.clone(),
            },
            clock: self.clock.clone(),
            signals: self.signals.clone(),
            keep_failed_days: self.config.mail.keep_failed_days,
        }
    }

    /// Gives back every lease of this program, so that another worker need not wait for its end.
    pub async fn release(&self) -> Result<()> {
        let mut tx = self.db.write().await?;
        store::mailboxes::release_all(&mut tx, &self.worker).await?;
        Ok(tx.commit().await?)
    }

    /// Forgets leases and claims of a program that stopped without saying so. Only on SQLite,
    /// where the lock proves that it is gone.
    pub async fn take_over(&self) -> Result<()> {
        if self.db.is_shared() {
            return Ok(());
        }
        let mut tx = self.db.write().await?;
        store::mailboxes::forget_leases(&mut tx).await?;
        Ok(tx.commit().await?)
    }
}

/// The way in for mail of a mailbox that nobody leased: what is asked of it is not kept.
pub fn context_of(config: &Config, keys: &Keys, mailbox: MailboxId) -> Context {
    Context {
        mailbox,
        fence: 0,
        keys: keys.clone(),
        headers_only: false,
        own_domains: config.house(),
        dropbox: Address::parse(&config.filing.dropbox).ok(),
        is_dropbox: false,
        submitted_by: config.filing.submitted_by.clone().into(),
        notice: Arc::new(notice_settings(config, keys)),
    }
}

fn notice_settings(config: &Config, keys: &Keys) -> NoticeSettings {
    NoticeSettings {
        policy: Policy {
            settings: config.notice.clone(),
            own_domains: config.house().domains.into_iter().collect(),
            internal: config.notice.internal,
            stopped: false,
            stamped: 0,
            stamped_of: 0,
            company: config.company.clone(),
            language: Language::of_house(&config.language).unwrap_or(Language::En),
            key: NoticeKey(*keys.signing()),
        },
        rights: config.rights(),
        holidays: config.holidays.clone(),
    }
}
