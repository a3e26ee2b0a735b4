//! A planned notice as a mail (R62 to R79).

use super::wire::{ids_field, mailbox_field, quoted_printable, text_field};
use super::{Policy, message_id, text};
use crate::model::address::domain_part;
use crate::model::delivery::Outgoing;
use crate::model::id::MsgId;
use crate::model::notice::Plan;
use crate::model::time::Timestamp;

/// Writes the notice. `random` is fresh for each; `now` becomes its Date.
///
/// The reverse path is empty (R62): where a server refuses that, the sender of the outbox tries
/// again with the configured one. The bytes say nothing but what the plan holds.
pub fn compose(plan: &Plan, policy: &Policy, random: [u8; 16], now: Timestamp) -> Outgoing {
    let settings = &policy.settings;
    let configured = domain_part(&settings.message_id_domain).ok().filter(|domain| domain.is_ascii());
    let domain = configured.unwrap_or_else(|| plan.from.address.domain().to_owned());
    let id = MsgId::of_parts(&message_id::left_side(&policy.key, &random), &domain);
    let mut head = String::new();
    head.push_str(&mailbox_field("From", plan.from.name.as_deref(), plan.from.address.as_str()));
    head.push_str(&mailbox_field("To", plan.to_name.as_deref(), &plan.to));
    if let Some(address) = &plan.reply_to {
        head.push_str(&mailbox_field("Reply-To", None, address.as_str()));
    }
    head.push_str(&text_field("Subject", &text::subject(plan, &policy.company, &settings.phrases)));
    head.push_str(&format!("Date: {}\r\nMessage-ID: <{id}>\r\n", now.to_utc().to_rfc2822()));
    if let Some(answered) = &plan.in_reply_to {
        head.push_str(&ids_field("In-Reply-To", std::slice::from_ref(answered)).unwrap_or_default());
    }
    head.push_str(&ids_field("References", &plan.references).unwrap_or_default());
    head.push_str("Auto-Submitted: auto-replied\r\nX-Auto-Response-Suppress: All\r\n");
    if settings.precedence {
        head.push_str("Precedence: bulk\r\n");
    }
    head.push_str("MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n");
    head.push_str("Content-Transfer-Encoding: quoted-printable\r\n\r\n");
    let body = quoted_printable(&text::body(plan, &policy.company, &settings.phrases));
    Outgoing {
        envelope_from: None,
        envelope_to: plan.to.clone(),
        message_id: id,
        bytes: [head, body].concat().into_bytes(),
        expires_at: plan.expires_at,
    }
}
