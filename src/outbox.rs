//! Claim, send, settle: mail of ours on its way out.
//!
//! A mail is claimed in a transaction that is durable before the first byte goes out. Whatever
//! happens then (a crash, silence after the final dot) it is never sent again by itself: a client
//! who gets one notice too few is worse off than one who gets one twice only until the loop
//! begins (R49, R50).

use crate::config::{Config, Server};
use crate::model::address::Address;
use crate::model::delivery::{Answer, Claimed, Delivery};
use crate::model::time::{MINUTE, SECOND, Timestamp};
use crate::smtp;
use crate::store::{self, Db};
use anyhow::Result;
use std::time::Duration;

/// The whole conversation for one mail may take this long.
const LIMIT: Duration = Duration::from_secs(120);
/// A claim older than this was made by a worker that died: its conversation is over by then.
const DEAD: i64 = 10 * MINUTE;
/// Mails claimed in one go: one, so that a claim never outlives its conversation.
const BATCH: i64 = 1;

/// Sends what is due; gives how many mails were tried.
pub async fn drain(
    db: &Db,
    config: &Config,
    worker: &str,
    clock: &(dyn Fn() -> Timestamp + Send + Sync),
) -> Result<usize> {
    let now = clock();
    let mut tx = db.write_durable().await?;
    store::outbox::abandon(&mut tx, now.plus(-DEAD), now).await?;
    let claimed = store::outbox::claim(&mut tx, worker, now, BATCH).await?;
    tx.commit().await?;
    for mail in &claimed {
        let (answer, used_fallback) = send(config, mail, clock()).await;
        let step = next(&answer, mail, clock());
        let text = if used_fallback { format!("{} (sent from the bounce address)", step.1) } else { step.1 };
        let mut tx = db.write_durable().await?;
        store::outbox::settle(&mut tx, mail.id, step.0, &text, step.2, clock()).await?;
        tx.commit().await?;
        tracing::info!(outbox = mail.id.0, state = step.0.word(), "mail handled");
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

async fn send(config: &Config, mail: &Claimed, now: Timestamp) -> (Answer, bool) {
    if now > mail.mail.expires_at {
        return (Answer::Refused("It could not be handed over in time and has lost its point.".into()), false);
    }
    let Some(server) = submission(config, &mail.mailbox) else {
        let why = format!("Mailbox {} has no [mailbox.smtp] in the configuration any more.", mail.mailbox);
        return (Answer::Later(why), false);
    };
    match smtp::send(server, &mail.mail, LIMIT).await {
        Answer::NullSenderRefused(why) => with_bounce_address(config, server, mail, why).await,
        answer => (answer, false),
    }
}

/// R62: where the null reverse path is refused, the address kept for that; never the person's own.
async fn with_bounce_address(config: &Config, server: &Server, mail: &Claimed, why: String) -> (Answer, bool) {
    match Address::parse(&config.notice.bounce_address) {
        Ok(address) => {
            let mut again = mail.mail.clone();
            again.envelope_from = Some(address);
            (smtp::send(server, &again, LIMIT).await, true)
        }
        Err(_) => (Answer::Refused(format!("{why} Set notice.bounce_address to send from there.")), false),
    }
}

fn submission<'a>(config: &'a Config, mailbox: &str) -> Option<&'a Server> {
    config.mailbox.iter().find(|m| m.name == mailbox)?.smtp.as_ref()
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
