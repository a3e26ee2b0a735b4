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
mod passed;
mod plan;
mod questions;
mod sample;
mod sender;
mod structure;
mod text;
mod wire;

pub use compose::compose;
pub use explain::{explain, passed_over, silence};
pub use language::spoken;
pub use message_id::is_ours;
pub use passed::passed;
pub use questions::Asked;
pub use sample::sample;
pub use sender::{sender_address, sender_key};
pub use structure::answers_by_itself;
pub use text::{TemplateError, VARIABLES, check_template};

use crate::config;
use crate::model::absence::Phase;
use crate::model::address::{Address, domain_part, organisation};
use crate::model::cursor::{Arrival, Role};
use crate::model::mail::{Mail, ReturnPath};
use crate::model::notice::{AbsentPerson, Already, Language, Ledger, Named, NoticeKey, Plan, Reason, Trigger, Verdict};
use crate::model::time::{MINUTE, Timestamp};
use authentication::Authentication;
use questions::Questions;
use sha2::{Digest, Sha256};
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
    /// Whether a person stopped all notices (R1).
    pub stopped: bool,
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
            internal: config.notice.internal,
            stopped: false,
            stamped: 0,
            stamped_of: 0,
            company: String::new(),
            language: Language::of_house(&config.language).unwrap_or(Language::En),
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
    let mut questions = Questions::deciding();
    ask(trigger, person, ledger, policy, now, &mut questions);
    match questions.veto() {
        Some(reason) => Verdict::Withhold(reason),
        None => plan::plan(trigger, person, policy, stamp, now),
    }
}

/// Each rule in the order of asking, with what it says about `trigger`: what [`decide`] goes by.
pub fn asked(
    trigger: &Trigger<'_>,
    person: &AbsentPerson,
    ledger: &Ledger,
    policy: &Policy,
    now: Timestamp,
) -> Vec<Asked> {
    let mut questions = Questions::explaining(is_stamped(trigger.mail, &policy.settings.authserv_id));
    ask(trigger, person, ledger, policy, now, &mut questions);
    questions.ask(Reason::NoOwnAddress, || {
        let addressed = plan::addressed_as(trigger.mail, person, policy).is_some();
        addressed && plan::author_address(trigger.mail, person, policy).is_none()
    });
    questions.answers()
}

/// What would be answered if no rule forbade it: only to be looked at. `None` where there is nobody to answer, or
/// no address to answer from.
pub fn would_say(trigger: &Trigger<'_>, person: &AbsentPerson, policy: &Policy, now: Timestamp) -> Option<Plan> {
    let stamp = authentication::authentication(trigger.mail, &policy.settings.authserv_id);
    match plan::plan(trigger, person, policy, stamp, now) {
        Verdict::Send(plan) => Some(*plan),
        Verdict::Withhold(_) => None,
    }
}

/// What a plan makes of its texts: the subject and the body.
pub fn rendered(plan: &Plan, policy: &Policy) -> (String, String) {
    let book = &policy.settings.phrases;
    (text::subject(plan, &policy.company, book), text::body(plan, &policy.company, book))
}

/// The lines of people's own texts that [`rendered`] leaves out, because a variable in them has no value.
pub fn left_out(plan: &Plan, policy: &Policy) -> Vec<String> {
    text::left_out(plan, &policy.company, &policy.settings.phrases)
}

/// Whom the text of a plan names: what is recorded and shown as named is what is said.
pub fn named<'p>(plan: &'p Plan, policy: &Policy) -> Option<&'p Named> {
    text::named(plan, &rendered(plan, policy).1)
}

fn ask(
    trigger: &Trigger<'_>,
    person: &AbsentPerson,
    ledger: &Ledger,
    policy: &Policy,
    now: Timestamp,
    q: &mut Questions,
) {
    let stamp = authentication::authentication(trigger.mail, &policy.settings.authserv_id);
    let off = switched_off(person, policy);
    q.ask(off.unwrap_or(Reason::Off), || off.is_some());
    structure::ask(trigger.mail, &policy.settings, trigger.invited && policy.settings.invitations, q);
    identity(trigger, person, policy, stamp, q);
    time(trigger, person, policy, now, q);
    addressed(trigger, person, policy, q);
    audience(trigger, policy, stamp, q);
    told(trigger.mail, ledger, &policy.settings, q);
}

/// By which rules something is decided (R80): the version of the program, which holds them and their tables, and a
/// digest of the settings that they go by.
pub fn rule_set(policy: &Policy) -> String {
    let mut digest = Sha256::new();
    digest.update(serde_json::to_vec(&policy.settings).unwrap_or_default());
    digest.update(format!("{:?} {} {}", policy.own_domains, policy.internal, policy.language.tag()));
    let short: String = digest.finalize().iter().take(4).map(|octet| format!("{octet:02x}")).collect();
    format!("{} {short}", env!("CARGO_PKG_VERSION"))
}

/// Whether our own server, named `authserv_id`, says anything of a mail's authenticity (R37).
pub fn is_stamped(mail: &Mail, authserv_id: &str) -> bool {
    authentication::authentication(mail, authserv_id) != Authentication::NotStamped
}

/// Whether our own server says that a mail's sender is not who it claims (R36): then the ids it
/// names prove nothing either (R131). A client whose domain publishes nothing to check, or whose
/// check broke for the moment, is no forger; but who claims to be of our own `policy.own_domains`
/// must be confirmed, because our server could do so.
pub fn is_forged(mail: &Mail, policy: &Policy) -> bool {
    match authentication::authentication(mail, &policy.settings.authserv_id) {
        Authentication::Failed => true,
        Authentication::Unproven => mail.from.iter().any(|party| is_own(&party.address, policy)),
        Authentication::Passed | Authentication::NotStamped => false,
    }
}

/// Whether our own server says that the author's domain stands behind a mail (R36).
pub fn is_authentic(mail: &Mail, authserv_id: &str) -> bool {
    authentication::authentication(mail, authserv_id) == Authentication::Passed
}

/// R1.
fn switched_off(person: &AbsentPerson, policy: &Policy) -> Option<Reason> {
    let wanted = person.absence.notice && person.absence.notice_since.is_some();
    let all = [(!policy.settings.enabled, Reason::OffHere), (policy.stopped, Reason::Stopped), (!wanted, Reason::Off)];
    all.into_iter().find_map(|(forbids, reason)| forbids.then_some(reason))
}

/// Who sent it: R13, R14, R32 to R34, R39, R55.
fn identity(trigger: &Trigger<'_>, person: &AbsentPerson, policy: &Policy, stamp: Authentication, q: &mut Questions) {
    let mail = trigger.mail;
    let (sender, author) = (sender_address(&mail.return_path), mail.from.first().map(|party| &party.address));
    // A return address that is missing or unclear has rules of its own: R16 to R18.
    q.ask(Reason::Malformed, || author.is_none());
    q.ask(Reason::SharedMailbox, || trigger.shared_mailbox);
    q.ask(Reason::ServerAnswers, || person.server_answers);
    q.ask(Reason::OwnMail, || {
        let own = |address: &Address| {
            let bare = sender::without_tag(address);
            person.addresses.iter().any(|known| known == address || known.as_str() == bare)
        };
        let signed = mail.message_id.iter().any(|id| is_ours(id, &policy.key));
        sender.as_ref().is_some_and(own) || author.is_some_and(own) || trigger.sender.our_mailbox || signed
    });
    q.ask(Reason::AnswersOurs, || {
        let mut named = mail.in_reply_to.iter().chain(&mail.references);
        trigger.replies_to_our_automatic_mail || named.any(|id| is_ours(id, &policy.key))
    });
    q.ask(Reason::BothAway, || trigger.sender.absent_too);
    q.ask(Reason::Colleague, || {
        is_colleague(trigger, policy) && !(policy.internal && surely_colleague(trigger, policy))
    });
    // Who stands in knows of it, and a notice to them would have nobody to name.
    q.ask(Reason::OwnMail, || plan::is_from_named(trigger, person, stamp));
    q.ask(Reason::OtherDomain, || foreign_path(mail));
}

/// Whether sender or author says to be a colleague (R33).
fn is_colleague(trigger: &Trigger<'_>, policy: &Policy) -> bool {
    let path = sender_address(&trigger.mail.return_path);
    let author = trigger.mail.from.first().map(|party| &party.address);
    trigger.sender.colleague || path.iter().chain(author).any(|address| is_own(address, policy))
}

/// Whether sender and author are the same colleague, or both of our own domains, and the notice would
/// go there as it stands: what a forwarder rewrote may be read by whoever runs it (R86).
fn surely_colleague(trigger: &Trigger<'_>, policy: &Policy) -> bool {
    let ReturnPath::Address(path, _) = &trigger.mail.return_path else { return false };
    let Some(author) = trigger.mail.from.first().map(|party| &party.address) else { return false };
    let both_own = is_own(path, policy) && is_own(author, policy);
    both_own || (trigger.sender.colleague && sender::without_tag(path) == sender::without_tag(author))
}

fn is_own(address: &Address, policy: &Policy) -> bool {
    policy.own_domains.iter().any(|domain| {
        address.domain() == domain
            || address.domain().strip_suffix(domain.as_str()).is_some_and(|rest| rest.ends_with('.'))
    })
}

/// R39: the reverse path as received belongs to another organisation than From, and does not
/// decode to From either.
fn foreign_path(mail: &Mail) -> bool {
    let (ReturnPath::Address(raw, _), Some(sender)) = (&mail.return_path, sender_address(&mail.return_path)) else {
        return false;
    };
    let Some(author) = mail.from.first().map(|party| &party.address) else { return true };
    organisation(raw.domain()) != author.organisation() && sender::without_tag(&sender) != sender::without_tag(author)
}

/// When and where it arrived: R2 to R8.
fn time(trigger: &Trigger<'_>, person: &AbsentPerson, policy: &Policy, now: Timestamp, q: &mut Questions) {
    let absence = &person.absence;
    let arrival = trigger.internal_date.filter(|arrival| arrival.since(now) <= 5 * MINUTE);
    q.ask(Reason::NoArrival, || arrival.is_none());
    // Without a moment of arrival the first rule forbids; the others then speak of this one.
    let arrival = arrival.unwrap_or(now);
    q.ask(Reason::Backlog, || trigger.arrival != Arrival::Live);
    q.ask(Reason::NotAway, || absence.ends.is_some_and(|end| arrival >= end) || absence.phase(now) != Phase::Running);
    q.ask(Reason::TooEarly, || {
        let since = absence.notice_since.unwrap_or(absence.starts);
        arrival < absence.starts.max(since).max(person.mailbox_connected_at)
    });
    q.ask(Reason::TooLate, || {
        let oldest = i64::from(policy.settings.max_age.clamp(15, 1440)) * MINUTE;
        now.since(arrival) > oldest
    });
    q.ask(Reason::Folder, || {
        let settled = |flag: &String| {
            ["\\answered", "\\draft", "\\deleted", "$junk", "junk", "$phishing"]
                .iter()
                .any(|word| flag.eq_ignore_ascii_case(word))
        };
        trigger.folder_role != Role::Inbox || trigger.flags.iter().any(settled)
    });
    q.ask(Reason::AnsweredMeanwhile, || trigger.answered_meanwhile);
}

/// To whom it was written: R9 to R12. A Bcc, a catch-all or a redirected copy (R11, R59) fails
/// here, because none of the person's own addresses stands in it.
fn addressed(trigger: &Trigger<'_>, person: &AbsentPerson, policy: &Policy, q: &mut Questions) {
    let mail = trigger.mail;
    q.ask(Reason::NotAddressed, || plan::addressed_as(mail, person, policy).is_none());
    q.ask(Reason::TooManyAddressees, || {
        let distinct: BTreeSet<_> = mail.to.iter().chain(&mail.cc).map(|party| &party.address).collect();
        let most = usize::try_from(policy.settings.max_recipients).unwrap_or(usize::MAX);
        let only_copied = policy.settings.to_only && !plan::stands_in_to(mail, person, policy);
        distinct.len() > most || only_copied
    });
}

/// Whether the sender is believed and among those who get notices: R36 to R38, R42. Colleagues are no
/// outsiders: whom of those the company answers does not concern them, but they must be who they say.
fn audience(trigger: &Trigger<'_>, policy: &Policy, stamp: Authentication, q: &mut Questions) {
    let known = trigger.sender.known();
    let colleague = is_colleague(trigger, policy);
    q.ask(Reason::Blocked, || trigger.sender.no_automatic);
    let doubt = if stamp == Authentication::Unproven { Reason::Unproven } else { Reason::NotAuthentic };
    q.ask(doubt, || match stamp {
        Authentication::Passed => false,
        Authentication::Failed | Authentication::Unproven => true,
        Authentication::NotStamped => false,
    });
    q.ask(Reason::NotStamped, || {
        let always_stamps =
            policy.stamped_of > 0 && u64::from(policy.stamped) * 100 >= u64::from(policy.stamped_of) * 95;
        let configured = !policy.settings.authserv_id.trim().is_empty();
        let expected = stamp == Authentication::NotStamped && configured && always_stamps;
        let wanted = policy.settings.audience == config::Audience::Authenticated;
        // A colleague must be who they say.
        (colleague && stamp == Authentication::NotStamped)
            || expected
            || (wanted && stamp != Authentication::Passed && !known)
    });
    q.ask(Reason::Audience, || match policy.settings.audience {
        config::Audience::Nobody => !colleague,
        config::Audience::Known => !known && !colleague,
        config::Audience::Authenticated => false,
    });
}

/// What was sent before: R6, R46, R51, R57.
fn told(mail: &Mail, ledger: &Ledger, settings: &config::Notice, q: &mut Questions) {
    q.ask(Reason::Backlog, || ledger.decided);
    let already = ledger.already.map(Already::reason);
    q.ask(already.unwrap_or(Reason::AlreadyTold), || already.is_some());
    q.ask(Reason::EnoughForMessage, || ledger.for_message >= PER_MESSAGE);
    let limit = limit(mail, ledger, settings);
    q.ask(limit.unwrap_or(Reason::Capped), || limit.is_some());
}

/// Which limit of R51 is reached, the breaker before the rest.
fn limit(mail: &Mail, ledger: &Ledger, settings: &config::Notice) -> Option<Reason> {
    let freemail = sender_key(&mail.return_path).is_some_and(|key| crate::parse::is_freemail(&key.domain));
    let domain_cap = if freemail { settings.freemail_day } else { settings.domain_day };
    let all = [
        (breaker_open(ledger, settings), Reason::Breaker),
        (ledger.domain_day >= domain_cap, Reason::CappedDomain),
        (ledger.person_hour >= settings.person_hour, Reason::CappedPerson),
        (ledger.instance_hour >= settings.instance_hour, Reason::CappedHere),
    ];
    all.into_iter().find_map(|(reached, reason)| reached.then_some(reason))
}

/// The breaker of R51: as many notices in an hour as `max(30, 3 × the hourly mean)` (30 is a setting), and
/// one more is wanted. The caller stops them all for an hour and tells the administrators.
pub fn breaker_open(ledger: &Ledger, settings: &config::Notice) -> bool {
    f64::from(ledger.breaker_hour) >= f64::from(settings.breaker).max(3.0 * ledger.hourly_mean)
}

#[cfg(test)]
mod tests;
