//! Pure: may a notice be sent, and its text.
//!
//! [`decide`] answers for one absent person and one mail; [`compose`] writes what it planned.
//! Every rule is one reason, so a test asserts the reason, not only silence. The cheap and
//! structural vetoes come first, then who sent it, when, to whom, whether that is believed, and
//! last what was sent before: the reason recorded is the one nearest to the cause. Any doubt is
//! a veto: a responder that stays silent does less harm than one that speaks once too often.
//! docs/rules.md holds the rules by number.

mod authentication;
pub mod colleagues;
mod compose;
mod explain;
mod fields;
mod language;
mod message_id;
mod plan;
mod sender;
mod structure;
mod text;
mod wire;

pub use compose::compose;
pub use explain::explain;
pub use message_id::is_ours;
pub use sender::{sender_address, sender_key};
pub use structure::answers_by_itself;
pub use text::{TemplateError, check_template};

use crate::config;
use crate::model::absence::Phase;
use crate::model::address::{Address, domain_part, organisation};
use crate::model::cursor::{Arrival, Role};
use crate::model::mail::{Mail, Party};
use crate::model::notice::{AbsentPerson, Language, Ledger, NoticeKey, Reason, Trigger, Verdict};
use crate::model::time::{MINUTE, Timestamp};
use authentication::Authentication;
use std::collections::BTreeSet;

/// Notices for one message, of all absent persons together (R57).
const PER_MESSAGE: u32 = 3;

/// What the installation allows.
#[derive(Clone, Debug)]
pub struct Policy {
    /// The settings.
    pub settings: config::Notice,
    /// Domains of the company, in the form of [`Address::domain`] (R33).
    pub own_domains: Vec<String>,
    /// Whether colleagues get notices too (R33); off unless asked for.
    pub internal: bool,
    /// Of the last mails seen in this mailbox, how many our server stamped (R37) …
    pub stamped: u32,
    /// … out of how many.
    pub stamped_of: u32,
    /// The company's public name, for the text; may be empty.
    pub company: String,
    /// Language of clients of whom nothing is known (R78).
    pub language: Language,
    /// Signs the Message-IDs of notices (R68).
    pub key: NoticeKey,
}

impl Policy {
    /// The policy that the configuration states, for a mailbox whose stamps are not counted yet.
    pub fn of(config: &config::Config, key: NoticeKey) -> Policy {
        Policy {
            settings: config.notice.clone(),
            own_domains: config.own_domains.iter().filter_map(|domain| domain_part(domain).ok()).collect(),
            internal: false,
            stamped: 0,
            stamped_of: 0,
            company: String::new(),
            language: Language::from_tag(&config.language).unwrap_or(Language::En),
            key,
        }
    }
}

/// Whether the absent `person` answers `trigger`, and with what; `now` is the moment of deciding.
pub fn decide(
    trigger: &Trigger<'_>,
    person: &AbsentPerson,
    ledger: &Ledger,
    policy: &Policy,
    now: Timestamp,
) -> Verdict {
    let stamp = authentication::authentication(trigger.mail, &policy.settings.authserv_id);
    let veto = switched_off(person, policy)
        .or_else(|| structure::veto(trigger.mail))
        .or_else(|| identity(trigger, person, policy))
        .or_else(|| time(trigger, person, policy, now))
        .or_else(|| addressed(trigger, person, policy))
        .or_else(|| audience(trigger, policy, stamp))
        .or_else(|| told(trigger.mail, ledger, &policy.settings));
    match veto {
        Some(reason) => Verdict::Withhold(reason),
        None => plan::plan(trigger, person, policy, stamp, now),
    }
}

/// Whether our own server, named `authserv_id`, says anything of a mail's authenticity (R37).
pub fn is_stamped(mail: &Mail, authserv_id: &str) -> bool {
    authentication::authentication(mail, authserv_id) != Authentication::NotStamped
}

/// Whether our own server says that a mail's sender is not who it claims (R36): then the ids it
/// names prove nothing either (R131).
pub fn is_forged(mail: &Mail, authserv_id: &str) -> bool {
    authentication::authentication(mail, authserv_id) == Authentication::Failed
}

/// Whether our own server says that the author's domain stands behind a mail (R36).
pub fn is_authentic(mail: &Mail, authserv_id: &str) -> bool {
    authentication::authentication(mail, authserv_id) == Authentication::Passed
}

/// R1.
fn switched_off(person: &AbsentPerson, policy: &Policy) -> Option<Reason> {
    let on = policy.settings.enabled && person.absence.notice && person.absence.notice_since.is_some();
    (!on).then_some(Reason::Off)
}

/// Who sent it: R13, R14, R32 to R34, R39, R55.
fn identity(trigger: &Trigger<'_>, person: &AbsentPerson, policy: &Policy) -> Option<Reason> {
    let mail = trigger.mail;
    let (Some(sender), Some(author)) = (sender_address(&mail.return_path), mail.from.first()) else {
        return Some(Reason::Malformed);
    };
    if trigger.shared_mailbox {
        return Some(Reason::SharedMailbox);
    }
    if person.server_answers {
        return Some(Reason::ServerAnswers);
    }
    let own = |address: &Address| {
        let bare = sender::without_tag(address);
        person.addresses.iter().any(|known| known == address || known.as_str() == bare)
    };
    let signed = mail.message_id.iter().any(|id| is_ours(id, &policy.key));
    if own(&sender) || own(&author.address) || trigger.sender.our_mailbox || signed {
        return Some(Reason::OwnMail);
    }
    let mut named = mail.in_reply_to.iter().chain(&mail.references);
    if trigger.replies_to_our_automatic_mail || named.any(|id| is_ours(id, &policy.key)) {
        return Some(Reason::AnswersOurs);
    }
    if trigger.sender.absent_too {
        return Some(Reason::BothAway);
    }
    if !policy.internal && is_colleague(trigger, &sender, author, policy) {
        return Some(Reason::Colleague);
    }
    foreign_path(&sender, author, mail).then_some(Reason::OtherDomain)
}

fn is_colleague(trigger: &Trigger<'_>, sender: &Address, author: &Party, policy: &Policy) -> bool {
    let own = |address: &Address| {
        policy.own_domains.iter().any(|domain| {
            address.domain() == domain
                || address.domain().strip_suffix(domain.as_str()).is_some_and(|rest| rest.ends_with('.'))
        })
    };
    trigger.sender.colleague || own(sender) || own(&author.address)
}

/// R39: the reverse path as received belongs to another organisation than From, and does not
/// decode to From either.
fn foreign_path(sender: &Address, author: &Party, mail: &Mail) -> bool {
    let crate::model::mail::ReturnPath::Address(raw, _) = &mail.return_path else { return true };
    let author = &author.address;
    organisation(raw.domain()) != author.organisation() && sender::without_tag(sender) != sender::without_tag(author)
}

/// When and where it arrived: R2 to R8.
fn time(trigger: &Trigger<'_>, person: &AbsentPerson, policy: &Policy, now: Timestamp) -> Option<Reason> {
    let absence = &person.absence;
    let Some(arrival) = trigger.internal_date.filter(|arrival| arrival.since(now) <= 5 * MINUTE) else {
        return Some(Reason::NoArrival);
    };
    if trigger.arrival != Arrival::Live {
        return Some(Reason::Backlog);
    }
    let over = absence.ends.is_some_and(|end| arrival >= end);
    if over || absence.phase(now) != Phase::Running {
        return Some(Reason::NotAway);
    }
    let since = absence.notice_since.unwrap_or(absence.starts);
    if arrival < absence.starts.max(since).max(person.mailbox_connected_at) {
        return Some(Reason::TooEarly);
    }
    let oldest = i64::from(policy.settings.max_age.clamp(15, 1440)) * MINUTE;
    if now.since(arrival) > oldest {
        return Some(Reason::TooLate);
    }
    let settled = |flag: &String| {
        ["\\answered", "\\draft", "\\deleted", "$junk", "junk", "$phishing"]
            .iter()
            .any(|word| flag.eq_ignore_ascii_case(word))
    };
    if trigger.folder_role != Role::Inbox || trigger.flags.iter().any(settled) {
        return Some(Reason::Folder);
    }
    trigger.answered_meanwhile.then_some(Reason::AnsweredMeanwhile)
}

/// To whom it was written: R9 to R12. A Bcc, a catch-all or a redirected copy (R11, R59) fails
/// here, because none of the person's own addresses stands in it.
fn addressed(trigger: &Trigger<'_>, person: &AbsentPerson, policy: &Policy) -> Option<Reason> {
    let mail = trigger.mail;
    if plan::addressed_as(mail, person, policy).is_none() {
        return Some(Reason::NotAddressed);
    }
    let distinct: BTreeSet<_> = mail.to.iter().chain(&mail.cc).map(|party| &party.address).collect();
    let most = usize::try_from(policy.settings.max_recipients).unwrap_or(usize::MAX);
    (distinct.len() > most).then_some(Reason::TooManyAddressees)
}

/// Whether the sender is believed and among those who get notices: R36 to R38, R42.
fn audience(trigger: &Trigger<'_>, policy: &Policy, stamp: Authentication) -> Option<Reason> {
    let known = trigger.sender.known();
    if trigger.sender.no_automatic {
        return Some(Reason::Blocked);
    }
    if stamp == Authentication::Failed {
        return Some(Reason::NotAuthentic);
    }
    let always_stamps = policy.stamped_of > 0 && u64::from(policy.stamped) * 100 >= u64::from(policy.stamped_of) * 95;
    let configured = !policy.settings.authserv_id.trim().is_empty();
    if stamp == Authentication::NotStamped && configured && always_stamps {
        return Some(Reason::NotStamped);
    }
    match policy.settings.audience {
        config::Audience::Nobody => Some(Reason::Audience),
        config::Audience::Known => (!known).then_some(Reason::Audience),
        config::Audience::Authenticated => (stamp != Authentication::Passed && !known).then_some(Reason::NotStamped),
    }
}

/// What was sent before: R6, R46, R51, R57.
fn told(mail: &Mail, ledger: &Ledger, settings: &config::Notice) -> Option<Reason> {
    if ledger.decided {
        return Some(Reason::Backlog);
    }
    if ledger.already {
        return Some(Reason::AlreadyTold);
    }
    if ledger.for_message >= PER_MESSAGE {
        return Some(Reason::EnoughForMessage);
    }
    let freemail = sender_key(&mail.return_path).is_some_and(|key| crate::parse::is_freemail(&key.domain));
    let domain_cap = if freemail { settings.freemail_day } else { settings.domain_day };
    let full = ledger.domain_day >= domain_cap
        || ledger.person_hour >= settings.person_hour
        || ledger.instance_hour >= settings.instance_hour
        || breaker_open(ledger, settings);
    full.then_some(Reason::Capped)
}

/// The breaker of R51: as many notices in an hour as `max(30, 3 × the hourly mean)` (30 is a setting), and
/// one more is wanted. The caller stops them all for an hour and tells the administrators.
pub fn breaker_open(ledger: &Ledger, settings: &config::Notice) -> bool {
    f64::from(ledger.breaker_hour) >= f64::from(settings.breaker).max(3.0 * ledger.hourly_mean)
}

#[cfg(test)]
mod tests;
