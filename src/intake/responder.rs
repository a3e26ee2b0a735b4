//! Responders on the mailboxes' own servers (R14): seen in mail, or asked for over ManageSieve. While one is
//! known to be on, Standin sends no notice for that mailbox, and says so.
//!
//! A mail shows one only if it is proved to be ours: it lies in Sent of the person's own mailbox, our own server
//! says that the author's domain stands behind it, or it answers a mail whose id nobody outside can know. What is
//! not proved is a warning and no more, or a forged automatic answer would silence somebody for weeks. An answer
//! that a report brings back is never proof: whoever wrote the mail that it answers knows all that stands in it,
//! and a report has no author who could be confirmed.

use super::accept::Context;
use super::prepare::{Prepared, id_key};
use crate::config::Mailbox;
use crate::imap::Limits;
use crate::imap::sieve::{self, Answering};
use crate::model::cursor::Role;
use crate::model::id::{MailboxId, MsgId, UserId};
use crate::model::mail::Mail;
use crate::model::time::{DAY, MINUTE, Timestamp};
use crate::notice;
use crate::store::keys::Key;
use crate::store::responders as known;
use crate::store::{self, Db, Tx};
use anyhow::Result;
use std::collections::HashMap;

/// Fields in which services keep the id that we gave a mail when they write one of their own (R126).
const FORMER_IDS: [&str; 2] = ["x-google-original-message-id", "x-microsoft-original-message-id"];

/// An automatic answer that stands under somebody's address: a mail itself, or brought back by a report.
struct Sign<'m> {
    mail: &'m Prepared,
    author: &'m str,
    /// Ids of what it answers.
    answers: Vec<Key>,
    date: Option<Timestamp>,
    returned: bool,
}

impl<'m> Sign<'m> {
    fn of(mail: &'m Prepared, context: &Context) -> Option<Sign<'m>> {
        if mail.hidden.is_some() || mail.row.auth_failed {
            return None;
        }
        if let Some((author, answers, date)) = &mail.said.returned_answer {
            return Some(Sign { mail, author, answers: answers.clone(), date: *date, returned: true });
        }
        let [author] = mail.mail.from.as_slice() else { return None };
        let shows = notice::answers_by_itself(&mail.mail) && !is_ours(&mail.mail, context);
        let ids = mail.mail.in_reply_to.iter().chain(mail.mail.references.last());
        shows.then(|| Sign {
            mail,
            author: author.address.as_str(),
            answers: ids.map(|id| id_key(&context.keys, id)).collect(),
            date: mail.mail.date,
            returned: false,
        })
    }
}

/// What a sign comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shows {
    /// A responder beside ours.
    Responder,
    /// Perhaps one: nothing proves it.
    Doubtful,
    /// Nothing: Standin wrote it, or it is no business of this mailbox.
    Nothing,
}

/// Looks whether a mail of the batch was written by a responder in the name of one of us: in Sent, where some
/// servers keep what they answer, in a colleague's mailbox, whom it answered, or in what came back.
pub(super) async fn watch(tx: &mut Tx, context: &Context, batch: &[Prepared], now: Timestamp) -> Result<()> {
    let settings = &context.notice.policy.settings;
    let oldest = now.plus(-i64::from(settings.responder_days) * DAY);
    let recent = |mail: &Prepared| mail.found.internal_at.filter(|at| *at > oldest && *at <= now.plus(5 * MINUTE));
    let signs: Vec<(Sign<'_>, Timestamp)> =
        batch.iter().filter_map(|mail| Some((Sign::of(mail, context)?, recent(mail)?))).collect();
    if signs.is_empty() {
        return Ok(());
    }
    let addresses: Vec<&str> = signs.iter().map(|(sign, _)| sign.author).collect();
    let users = store::people::by_addresses(tx, &addresses).await?;
    let mut latest: HashMap<(UserId, bool), Timestamp> = HashMap::new();
    for (sign, at) in &signs {
        let Some(user) = users.get(sign.author) else { continue };
        let proved = match shows(tx, context, sign, *user).await? {
            Shows::Responder => true,
            Shows::Doubtful => false,
            Shows::Nothing => continue,
        };
        let known = latest.entry((*user, proved)).or_insert(*at);
        *known = (*at).max(*known);
    }
    for ((user, proved), at) in latest {
        note(tx, user, proved, at).await?;
    }
    Ok(())
}

async fn note(tx: &mut Tx, user: UserId, proved: bool, at: Timestamp) -> Result<()> {
    if proved && store::mailboxes::responder_seen(tx, user, at).await? > 0 {
        tracing::warn!(
            user = user.0,
            "a mail shows that another responder answers for this user; Standin sends no notices for them"
        );
    } else if !proved && known::doubted(tx, user, at).await? > 0 {
        tracing::warn!(
            user = user.0,
            "a mail looks as if another responder answered for this user, and nothing proves that it is no forgery; \
             Standin goes on sending notices for them. If their server answers by itself, switch one of the two off"
        );
    }
    Ok(())
}

async fn shows(tx: &mut Tx, context: &Context, sign: &Sign<'_>, user: UserId) -> Result<Shows> {
    let own = store::mailboxes::user_of(tx, context.mailbox).await? == Some(user);
    if sign.returned && (!own || is_of_ours(tx, sign.mail).await?) {
        return Ok(Shows::Nothing);
    }
    // A service that gives our notice an id of its own, and keeps no trace of ours, leaves its Date.
    let sent = known::sent_to(tx, user, &sign.answers).await?;
    if sent.iter().any(|bytes| sign.date.is_some() && crate::parse::parse(bytes).date == sign.date) {
        return Ok(Shows::Nothing);
    }
    let settings = &context.notice.policy.settings;
    let proved = !sign.returned
        && ((own && sign.mail.found.role == Role::Sent)
            || notice::is_authentic(&sign.mail.mail, &settings.authserv_id)
            || known::answers_one_of_us(tx, sign.author, &sign.answers).await?);
    Ok(if proved { Shows::Responder } else { Shows::Doubtful })
}

/// Whether what a report brings back is mail that Standin made.
async fn is_of_ours(tx: &mut Tx, mail: &Prepared) -> Result<bool> {
    let returned: Vec<Key> = mail.said.returned().collect();
    Ok(!store::outbox::ours(tx, &returned).await?.is_empty())
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
