//! Responders on the mailboxes' own servers (R14): seen in mail, or asked for over ManageSieve. While one is
//! known to be on, Standin sends no notice for that mailbox, and says so.

use super::accept::Context;
use super::prepare::Prepared;
use crate::config::Mailbox;
use crate::imap::Limits;
use crate::imap::sieve::{self, Answering};
use crate::model::id::{MailboxId, MsgId};
use crate::model::mail::Mail;
use crate::model::time::{DAY, MINUTE, Timestamp};
use crate::notice;
use crate::store::{self, Db, Tx};
use anyhow::Result;
use std::collections::HashMap;

/// Fields in which services keep the id that we gave a mail when they write one of their own (R126).
const FORMER_IDS: [&str; 2] = ["x-google-original-message-id", "x-microsoft-original-message-id"];

/// Looks whether a mail of the batch was written by a responder in the name of one of us: in Sent, where some
/// servers keep what they answer, or in a colleague's mailbox, whom it answered.
///
/// A mail that our own server doubts (R36) shows nothing. Where it doubts none, a forged one silences us for
/// a time; that does less harm than two responders (R14).
pub(super) async fn watch(tx: &mut Tx, context: &Context, batch: &[Prepared], now: Timestamp) -> Result<()> {
    let settings = &context.notice.policy.settings;
    let oldest = now.plus(-i64::from(settings.responder_days) * DAY);
    let recent = |mail: &Prepared| mail.found.internal_at.filter(|at| *at > oldest && *at <= now.plus(5 * MINUTE));
    let shown = |mail: &&Prepared| {
        mail.hidden.is_none()
            && notice::answers_by_itself(&mail.mail)
            && !mail.row.auth_failed
            && !is_ours(&mail.mail, context)
    };
    let mut seen: HashMap<&str, Timestamp> = HashMap::new();
    for mail in batch.iter().filter(shown) {
        let (Some(at), [author]) = (recent(mail), mail.mail.from.as_slice()) else { continue };
        let latest = seen.entry(author.address.as_str()).or_insert(at);
        *latest = at.max(*latest);
    }
    if seen.is_empty() {
        return Ok(());
    }
    let addresses: Vec<&str> = seen.keys().copied().collect();
    for (address, user) in store::people::by_addresses(tx, &addresses).await? {
        let Some(at) = seen.get(address.as_str()) else { continue };
        if store::mailboxes::responder_seen(tx, user, *at).await? > 0 {
            tracing::warn!(
                user = user.0,
                "a mail shows that another responder answers for this user; Standin sends no notices for them"
            );
        }
    }
    Ok(())
}

/// Whether Standin made the mail, also where a service gave it another id.
fn is_ours(mail: &Mail, context: &Context) -> bool {
    let former = FORMER_IDS.into_iter().flat_map(|name| mail.headers.all(name));
    let former = former.filter_map(|value| MsgId::new(value.trim().trim_matches(['<', '>'])));
    mail.message_id.clone().into_iter().chain(former).any(|id| notice::is_ours(&id, &context.notice.policy.key))
}

/// Asks a mailbox's server over ManageSieve, where it is configured, and writes down what came of that. A server
/// that cannot be asked changes nothing of what is known.
pub async fn ask(db: &Db, account: &Mailbox, mailbox: MailboxId, limits: &Limits, now: Timestamp) -> Result<()> {
    let Some(server) = &account.sieve else { return Ok(()) };
    let answer = sieve::answering(server, limits).await;
    let mut tx = db.write().await?;
    match &answer {
        Ok(Answering::On(name)) => {
            let words = format!("The active script `{name}` answers mail by itself.");
            store::mailboxes::sieve_said(&mut tx, mailbox, true, &words, now).await?;
        }
        Ok(Answering::Off) => {
            store::mailboxes::sieve_said(&mut tx, mailbox, false, "No active script answers mail by itself.", now)
                .await?;
        }
        Err(trouble) => {
            tracing::warn!(mailbox = %account.name, %trouble, "ManageSieve cannot be asked whether this mailbox answers by itself");
            store::mailboxes::sieve_failed(&mut tx, mailbox, &trouble.to_string()).await?;
        }
    }
    tx.commit().await?;
    Ok(())
}
