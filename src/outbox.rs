//! Claim, send, settle: mail of ours on its way out.
//!
//! A mail is claimed in a transaction that is durable before the first byte goes out. Whatever
//! happens then (a crash, silence after the final dot) it is never sent again by itself: a client
//! who gets one notice too few is worse off than one who gets one twice only until the loop
//! begins (R49, R50). What a person wrote goes the same way (`letters`): only they may send it once more.

mod letters;

use crate::config::{Config, Mailbox, Server};
use crate::model::address::Address;
use crate::model::delivery::{Answer, Claimed, Delivery};
use crate::model::draft::Draft;
use crate::model::time::{MINUTE, SECOND, Timestamp};
use crate::smtp::{self, Way};
use crate::store::keys::Keys;
use crate::store::outbox::Tried;
use crate::store::{self, Db};
use anyhow::{Context, Result};
use std::path::Path;
use std::pin::Pin;
use std::time::Duration;
use tokio::io::AsyncWriteExt;

/// The whole conversation for one mail may take this long.
const LIMIT: Duration = Duration::from_secs(120);
/// A claim older than this was made by a worker that died: its conversation is over by then.
const DEAD: i64 = 10 * MINUTE;
/// Mails claimed in one go: one, so that a claim never outlives its conversation.
const BATCH: i64 = 1;

/// Sends what is due; gives how many mails were tried.
pub async fn drain(
    db: &Db,
    keys: &Keys,
    config: &Config,
    worker: &str,
    clock: &(dyn Fn() -> Timestamp + Send + Sync),
) -> Result<usize> {
    let now = clock();
    let mut tx = db.write_durable().await?;
    store::outbox::abandon(&mut tx, now.plus(-DEAD), now).await?;
    let claimed = store::outbox::claim(&mut tx, worker, now, BATCH).await?;
    if let Some(latest) = claimed.iter().map(|mail| mail.id.0).max() {
        // Before the claim stands: what cannot be remembered is not sent.
        remember(&config.data_dir, latest).await.context("writing down which mail was sent last")?;
    }
    tx.commit().await?;
    for mail in &claimed {
        let Handed { answer, used, host } = send(db, keys, config, mail, clock).await;
        let given = match &answer {
            // R126: the server goes on with it under an id of its own.
            Answer::Accepted(text) => smtp::given_id(text, &host, &mail.mail).map(|id| keys.id(&id)),
            _ => None,
        };
        let (state, answer, next_try_at) = next(&answer, mail, clock());
        let tried = Tried { state, answer, sent_from: used.map(|path| path.to_string()), next_try_at, given };
        let mut tx = db.write_durable().await?;
        store::outbox::settle(&mut tx, mail.id, &tried, clock()).await?;
        tx.commit().await?;
        // Its number alone: the rest of what a server says may name the recipient (R89).
        let code: String = tried.answer.chars().take(3).filter(char::is_ascii_digit).collect();
        tracing::info!(outbox = mail.id.0, state = state.word(), code, "mail handled");
    }
    Ok(claimed.len())
}

/// Everything that was being sent when this program's predecessor stopped is unclear. Only where
/// no other worker can be sending: at the start on SQLite.
pub async fn abandon_all(db: &Db, now: Timestamp) -> Result<u64> {
    let mut tx = db.write_durable().await?;
    let count = store::outbox::abandon(&mut tx, Timestamp(i64::MAX), now).await?;
    tx.commit().await?;
    Ok(count)
}

/// The file that names the latest mail this installation began to send. It stands beside the database, so that a
/// database restored from a backup is known by being behind it.
const LATEST: &str = "sent-latest";

async fn remember(folder: &Path, latest: i64) -> Result<()> {
    if latest <= remembered(folder).await? {
        return Ok(());
    }
    tokio::fs::create_dir_all(folder).await?;
    // Workers may share the folder.
    let (fresh, place) = (folder.join(format!("{LATEST}.{:016x}", rand::random::<u64>())), folder.join(LATEST));
    let mut file = tokio::fs::File::create(&fresh).await?;
    file.write_all(format!("{latest}\n").as_bytes()).await?;
    file.sync_all().await?;
    Ok(tokio::fs::rename(&fresh, &place).await?)
}

/// The latest mail of which the file tells; 0 where there is none, or none that can be read.
async fn remembered(folder: &Path) -> Result<i64> {
    match tokio::fs::read_to_string(folder.join(LATEST)).await {
        Ok(text) => Ok(text.trim().parse().unwrap_or(0)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(0),
        Err(error) => Err(error.into()),
    }
}

/// Whether the database lacks mails that this installation began to send: it was restored from a backup, and
/// with them the ledger is gone. Then nothing that arrived before `now` is answered (R4, R6): every mailbox counts
/// as connected now. Asked when the program starts.
pub async fn notice_restored(db: &Db, config: &Config, now: Timestamp) -> Result<bool> {
    let remembered = remembered(&config.data_dir).await.context("reading which mail was sent last")?;
    let mut tx = db.write_durable().await?;
    if store::outbox::latest(&mut tx).await? >= remembered {
        return Ok(false);
    }
    store::mailboxes::connect_anew(&mut tx, now).await?;
    tx.commit().await?;
    // The numbers of what is gone are given again; from here on they tell of new mail. A stop before this
    // has it all done once more.
    tokio::fs::remove_file(config.data_dir.join(LATEST)).await.context("forgetting which mail was sent last")?;
    Ok(true)
}

/// A reverse path: an address, or the null one.
#[derive(Clone, Debug, PartialEq, Eq)]
struct ReversePath(Option<Address>);

impl std::fmt::Display for ReversePath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.as_ref().map_or("", Address::as_str))
    }
}

/// How handing a mail over ended.
struct Handed {
    answer: Answer,
    /// The reverse path of the last try, if it came to one.
    used: Option<ReversePath>,
    /// The server that was asked; empty where it did not come to that.
    host: String,
}

impl Handed {
    fn nowhere(answer: Answer) -> Handed {
        Handed { answer, used: None, host: String::new() }
    }
}

/// Tries one mail.
async fn send(
    db: &Db,
    keys: &Keys,
    config: &Config,
    mail: &Claimed,
    clock: &(dyn Fn() -> Timestamp + Send + Sync),
) -> Handed {
    if clock() > mail.mail.expires_at {
        return Handed::nowhere(Answer::Refused("It could not be handed over in time and has lost its point.".into()));
    }
    let accounts = match accounts(db, keys, config).await {
        Ok(accounts) => accounts,
        Err(error) => {
            return Handed::nowhere(Answer::Later(format!("The settings of mailboxes cannot be read: {error}")));
        }
    };
    let Some((account, server)) = submission(&accounts, &mail.mailbox) else {
        let why = format!("Mailbox {} has no server for sending.", mail.mailbox);
        return Handed::nowhere(Answer::Later(why));
    };
    let draft = match letter(db, config, mail, clock()).await {
        Ok(draft) => draft,
        Err(answer) => return Handed::nowhere(answer),
    };
    let asked = (db, config, mail);
    let still =
        || -> Pin<Box<dyn Future<Output = bool> + Send + '_>> { Box::pin(may_go(asked, draft.as_ref(), clock())) };
    let way = Way { still: Some(&still), also_to: &mail.also_to, ..Way::of(&mail.mail) };
    let answer = smtp::send_by(server, &mail.mail, &way, LIMIT).await;
    let answer = if draft.is_some() { letters::plainly(answer) } else { answer };
    let (used, host) = (ReversePath(mail.mail.envelope_from.clone()), server.host.clone());
    let Answer::NullSenderRefused(why) = answer else { return Handed { answer, used: Some(used), host } };
    let (answer, used) = match fallback(config, account) {
        Some(address) => {
            let way = Way { reverse_path: Some(&address), ..way };
            let answer = smtp::send_by(server, &mail.mail, &way, LIMIT).await;
            (answer, Some(ReversePath(Some(address))))
        }
        None => {
            let why = format!(
                "{why} Its server takes no mail without a return address: set bounce_address for it, or under [notice]."
            );
            (Answer::Refused(why), Some(used))
        }
    };
    Handed { answer, used, host }
}

/// R62: where the null reverse path is refused, the address kept for that; the person's own only where the
/// administrator says so.
fn fallback(config: &Config, account: &Mailbox) -> Option<Address> {
    let own = Address::parse(&account.address).ok();
    let wanted = account.bounce_address.iter().chain([&config.notice.bounce_address]);
    let kept_for_it = wanted.filter_map(|text| Address::parse(text).ok()).find(|address| Some(address) != own.as_ref());
    kept_for_it.or(own.filter(|_| config.notice.own_reverse_path))
}

/// The draft of a mail that a person wrote and still may send; `Err` where they may not, or it cannot be asked.
async fn letter(db: &Db, config: &Config, mail: &Claimed, now: Timestamp) -> Result<Option<Draft>, Answer> {
    let asked = async {
        let Some(draft) = letters::of(db, mail).await? else { return anyhow::Ok((None, None)) };
        let lost = letters::lost(db, config, &draft, now).await?;
        Ok((Some(draft), lost))
    };
    match asked.await {
        Ok((_, Some(lost))) => Err(Answer::Refused(letters::word(lost).to_owned())),
        Ok((draft, None)) => Ok(draft),
        Err(error) => {
            tracing::error!(outbox = mail.id.0, %error, "it cannot be asked whether a mail may be sent; it waits");
            Err(Answer::Later("It could not be asked whether it may be sent.".into()))
        }
    }
}

/// Whether a claimed mail may still go; where that cannot be asked, it may not.
async fn may_go(asked: (&Db, &Config, &Claimed), draft: Option<&Draft>, now: Timestamp) -> bool {
    let (db, config, mail) = asked;
    let asked = async {
        if let Some(draft) = draft {
            return Ok(letters::lost(db, config, draft, now).await?.is_none());
        }
        let mut tx = db.read().await?;
        anyhow::Ok(store::outbox::may_go(&mut tx, mail.id, now).await?)
    };
    asked.await.unwrap_or_else(|error| {
        tracing::error!(outbox = mail.id.0, %error, "it cannot be asked whether a mail may still go; this one waits");
        false
    })
}

/// Every mailbox with its settings at this moment: admins change them on a page.
async fn accounts(db: &Db, keys: &Keys, config: &Config) -> store::Result<Vec<Mailbox>> {
    let mut tx = db.read().await?;
    store::mailbox_settings::accounts(&mut tx, keys, config).await
}

fn submission<'a>(accounts: &'a [Mailbox], mailbox: &str) -> Option<(&'a Mailbox, &'a Server)> {
    let account = accounts.iter().find(|m| m.name == mailbox)?;
    Some((account, account.smtp.as_ref()?))
}

/// What follows from an answer: the new state, its words, and when it is tried again.
fn next(answer: &Answer, mail: &Claimed, now: Timestamp) -> (Delivery, String, Timestamp) {
    match answer {
        Answer::Accepted(text) => (Delivery::Sent, text.clone(), now),
        Answer::Refused(text) | Answer::NullSenderRefused(text) if now > mail.mail.expires_at => {
            (Delivery::GaveUp, text.clone(), now)
        }
        Answer::Refused(text) | Answer::NullSenderRefused(text) => (Delivery::Refused, text.clone(), now),
        Answer::Unclear(text) => (Delivery::Unclear, text.clone(), now),
        Answer::Later(text) => {
            let again = now.plus(pause(mail.attempts));
            if again > mail.mail.expires_at {
                (Delivery::GaveUp, text.clone(), now)
            } else {
                (Delivery::Queued, text.clone(), again)
            }
        }
    }
}

/// 15 s, 30 s, 1 min … to 10 min.
fn pause(attempts: u32) -> i64 {
    ((15 * SECOND) << attempts.min(6)).min(10 * MINUTE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::delivery::Outgoing;
    use crate::model::id::{MsgId, OutboxId};

    fn claimed(attempts: u32, expires: i64) -> Claimed {
        Claimed {
            also_to: Vec::new(),
            id: OutboxId(1),
            mailbox: "anna".into(),
            attempts,
            mail: Outgoing {
                envelope_from: None,
                envelope_to: "client@acme.example".into(),
                message_id: MsgId::new("x@firma.pl").unwrap(),
                bytes: Vec::new(),
                expires_at: Timestamp(expires),
            },
        }
    }

    #[test]
    fn silence_after_the_final_dot_is_never_tried_again() {
        let (state, _, _) = next(&Answer::Unclear("nothing said".into()), &claimed(0, i64::MAX), Timestamp(0));
        assert_eq!(state, Delivery::Unclear);
    }

    #[test]
    fn a_deferral_is_tried_again_until_the_notice_has_lost_its_point() {
        let later = Answer::Later("450 busy".into());
        assert_eq!(next(&later, &claimed(0, 60_000), Timestamp(0)).0, Delivery::Queued);
        assert_eq!(next(&later, &claimed(0, 60_000), Timestamp(50_000)).0, Delivery::GaveUp);
    }

    #[test]
    fn pauses_grow_to_ten_minutes() {
        assert_eq!(pause(0), 15 * SECOND);
        assert_eq!(pause(40), 10 * MINUTE);
    }
}
