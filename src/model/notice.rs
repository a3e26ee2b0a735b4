//! What the decision about an absence notice needs to know, and what comes out of it.
//!
//! `store` fills the facts, `notice` decides on them, `store` records the verdict: the types
//! stand here so that neither needs the other. The rule numbers are those of docs/rules.md.

use super::absence::Absence;
use super::address::Address;
use super::cursor::{Arrival, Role};
use super::id::{AbsenceId, MsgId, UserId};
use super::mail::{Mail, Party};
use super::notice_text::{Because, Manner, Readers, Source, Spoken};
use super::time::Timestamp;
use chrono::NaiveDate;

/// A mail that might be answered, with what is known of it beside its bytes.
#[derive(Clone, Debug)]
pub struct Trigger<'a> {
    /// The mail.
    pub mail: &'a Mail,
    /// Keyed hash of its Message-ID and content: the same message in another folder has the
    /// same key (R56). Not looked at by the decision; the verdict is recorded under it.
    pub key: Vec<u8>,
    /// Live or backlog (R6).
    pub arrival: Arrival,
    /// INTERNALDATE as the server gave it (R3).
    pub internal_date: Option<Timestamp>,
    /// What the folder it lies in is for (R7).
    pub folder_role: Role,
    /// Its flags on the server, such as `\Answered` (R7).
    pub flags: Vec<String>,
    /// True if it lies in a mailbox that belongs to no single person (R13).
    pub shared_mailbox: bool,
    /// What is known of who sent it.
    pub sender: SenderFacts,
    /// True if In-Reply-To or References names a mail that Standin made by itself (R34).
    pub replies_to_our_automatic_mail: bool,
    /// True if the absent person wrote to the sender after it arrived (R8).
    pub answered_meanwhile: bool,
    /// True if it is an invitation to a meeting, and the absent person is among those invited (R29).
    pub invited: bool,
    /// Who stands in for the record it regards, where that is somebody else than the general
    /// substitute. The caller sets it only if the sender is already a participant of mail linked
    /// to that record and the record is not confidential; that the sender is authenticated, the
    /// third condition of R84, is checked by the decision.
    pub for_record: Option<Named>,
}

/// What is known of a sender. The caller looks the address up that `notice::sender_address`
/// gives (the reverse path, SRS and BATV undone), and From beside it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SenderFacts {
    /// An address of a user of this installation (R33).
    pub colleague: bool,
    /// Which users that are (R32).
    pub users: Vec<UserId>,
    /// That colleague is absent too, with notices on (R55).
    pub absent_too: bool,
    /// An address of a mailbox of this installation that is nobody's own: shared, team or
    /// Standin's (R32).
    pub our_mailbox: bool,
    /// An address of a contact, lead or end customer (R38).
    pub known_contact: bool,
    /// We wrote to it in the last 24 months (R38).
    pub wrote_to_them: bool,
    /// The contact is flagged "no automatic mail", the address as invalid, or the domain is
    /// blocked (R42).
    pub no_automatic: bool,
    /// The contact's language, a tag such as `pl` (R78).
    pub language: Option<String>,
    /// Language of our last mail to them (R78).
    pub last_language: Option<String>,
}

impl SenderFacts {
    /// A known correspondent: a contact, or somebody we wrote to (R38, R73).
    pub fn known(&self) -> bool {
        self.known_contact || self.wrote_to_them
    }
}

/// Who is away, as the notice needs to know it.
#[derive(Clone, Debug)]
pub struct AbsentPerson {
    /// Their id.
    pub user: UserId,
    /// Their name as clients know it.
    pub name: String,
    /// Every address under which they are written to (R10).
    pub addresses: Vec<Address>,
    /// Their own language, a tag such as `pl`.
    pub language: String,
    /// The absence; its zone is the person's.
    pub absence: Absence,
    /// Who stands in, already followed to somebody who is there and active (R60).
    pub substitute: Option<Named>,
    /// First day back at work; `None` if the end is open.
    pub first_day_back: Option<NaiveDate>,
    /// When the mailbox was connected (R4).
    pub mailbox_connected_at: Timestamp,
    /// True if the mailbox's own server is known to answer already (R14).
    pub server_answers: bool,
    /// What they, their team and the company wrote, and what they chose (R64, R66).
    pub manner: Manner,
}

/// Somebody who may be named to a client, with what they released for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Their id, kept in the ledger.
    pub user: UserId,
    /// Full name.
    pub name: String,
    /// Where to write.
    pub address: Address,
    /// Where to call, if released.
    pub phone: Option<String>,
}

/// What was sent before: read in the transaction that records the verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Ledger {
    /// A decision for this person and this message stands already (R6, R56).
    pub decided: bool,
    /// This absence answered this sender already, and what came of it (R46).
    pub already: Option<Already>,
    /// Notices of all persons for this message (R57).
    pub for_message: u32,
    /// Attempts to the sender's organisational domain in the last 24 hours (R51).
    pub domain_day: u32,
    /// Attempts for this person in the last hour (R51).
    pub person_hour: u32,
    /// Attempts of the whole installation in the last hour (R51).
    pub instance_hour: u32,
    /// The same as the breaker counts them: after somebody last started notices alone.
    pub breaker_hour: u32,
    /// Attempts of the installation in an ordinary hour (R51).
    pub hourly_mean: f64,
}

/// What came of an earlier notice to the same sender. Each of them counts (R46, R49, R50).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Already {
    /// It went out.
    Told,
    /// It went out, and spoke of the absence that ended right before this one (R48).
    Before,
    /// It waits, or is being sent.
    Waits,
    /// Nobody knows.
    Unclear,
    /// It was refused, or given up.
    Failed,
    /// It is one of a dry run.
    InTrial,
}

impl Already {
    /// The words of the ledger's query.
    pub fn from_word(word: &str) -> Already {
        match word {
            "before" => Already::Before,
            "queued" | "sending" => Already::Waits,
            "unclear" => Already::Unclear,
            "refused" | "gave-up" => Already::Failed,
            _ => Already::Told,
        }
    }

    /// Why no second one goes.
    pub fn reason(self) -> Reason {
        match self {
            Already::Told => Reason::AlreadyTold,
            Already::Before => Reason::ToldBefore,
            Already::Waits => Reason::Waits,
            Already::Unclear => Reason::Unclear,
            Already::Failed => Reason::NotDelivered,
            Already::InTrial => Reason::InTrial,
        }
    }
}

/// What follows for one absent person and one mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Answer as planned, after the ledger's row is committed (R49).
    Send(Box<Plan>),
    /// Stay silent, and this is why.
    Withhold(Reason),
}

/// A notice that is to be sent: everything its text and header depend on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Who is away.
    pub user: UserId,
    /// The absence it speaks of; with `sender` the ledger's key.
    pub absence: AbsenceId,
    /// Whom it answers, as the ledger counts them (R52).
    pub sender: SenderKey,
    /// The recipient as received (R63).
    pub to: String,
    /// Display name of the recipient, only if From carried the very same address (R65).
    pub to_name: Option<String>,
    /// The absent person under the address that was written to, or the one they chose (R64).
    pub from: Party,
    /// Where answers go, if not to the author (R66).
    pub reply_to: Option<Address>,
    /// For whom the text is (R33, R86).
    pub readers: Readers,
    /// Message-ID of the trigger (R69).
    pub in_reply_to: Option<MsgId>,
    /// The thread so far, ending with the trigger (R69, R70).
    pub references: Vec<MsgId>,
    /// The trigger's subject without prefixes; `None` where it is not echoed (R73).
    pub subject: Option<String>,
    /// The texts to write, one or two (R78).
    pub texts: Vec<PlannedText>,
    /// Why in these languages.
    pub because: Because,
    /// Every source that speaks of the client's language, best first; the first with words counts (R78).
    pub spoken: Vec<Spoken>,
    /// Last day away.
    pub last_day: Option<NaiveDate>,
    /// First day back.
    pub first_day_back: Option<NaiveDate>,
    /// Who is named.
    pub substitute: Option<Named>,
    /// True if the substitute stands in To or Cc of the trigger (R61).
    pub substitute_has_it: bool,
    /// After it the notice has lost its point (R50).
    pub expires_at: Timestamp,
}

/// One language of a notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedText {
    /// In which language.
    pub language: Language,
    /// What somebody wrote; `None` for the shipped text.
    pub own: Option<String>,
    /// Whose words these are.
    pub source: Source,
}

/// A sender as the ledger counts them (R52): the reverse path with SRS and BATV undone, in lower
/// case, without tags. Never sent to: it may be no address that exists.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SenderKey {
    /// The folded address.
    pub address: String,
    /// Its organisational domain, for the caps of R51.
    pub domain: String,
}

/// A language in which Standin may speak to clients. Which it can speak is for the
/// [phrases](super::phrases) to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    /// English.
    En,
    /// Polish.
    Pl,
    /// Another one, by its code in ISO 639-1. Made by [`Language::from_tag`] alone.
    Further(&'static str),
}

/// Every code of ISO 639-1.
const CODES: &str = "aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de \
    dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io \
    is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt \
    my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn \
    so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu";

impl Language {
    /// Its tag.
    pub fn tag(self) -> &'static str {
        match self {
            Language::En => "en",
            Language::Pl => "pl",
            Language::Further(code) => code,
        }
    }

    /// The language of a tag (RFC 5646) by its first part: `pl-PL` is Polish.
    pub fn from_tag(tag: &str) -> Option<Language> {
        let first = tag.trim().split(['-', '_']).next().unwrap_or("");
        let code = CODES.split(' ').find(|code| code.eq_ignore_ascii_case(first))?;
        Some(match code {
            "en" => Language::En,
            "pl" => Language::Pl,
            other => Language::Further(other),
        })
    }

    /// The same, if it is one in which pages and mails to colleagues are written.
    pub fn of_house(tag: &str) -> Option<Language> {
        Language::from_tag(tag).filter(|language| !matches!(language, Language::Further(_)))
    }
}

/// Key with which Standin signs the Message-IDs of its notices (R68). Never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct NoticeKey(pub [u8; 32]);

impl std::fmt::Debug for NoticeKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NoticeKey(…)")
    }
}

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident = $rule:literal $(/ $part:literal)?;)*) => {
        /// Why no notice is sent: one variant for each rule that can forbid it, or for each part of a rule where
        /// people need to know which.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Reason {
            $($(#[$doc])* $name,)*
        }

        impl Reason {
            /// Every reason, in the order of the rules.
            pub const ALL: &'static [Reason] = &[$(Reason::$name,)*];

            /// The rule of docs/rules.md, such as `R21`.
            pub fn rule(self) -> &'static str {
                match self {
                    $(Reason::$name => $rule,)*
                }
            }

            /// The rule, and the part of it after a stroke: `R51/domain`.
            pub fn code(self) -> &'static str {
                match self {
                    $(Reason::$name => concat!($rule $(, "/", $part)?),)*
                }
            }
        }
    };
}

reasons! {
    /// Notices are off for this absence.
    Off = "R1";
    /// They are off for the whole installation.
    OffHere = "R1" / "company";
    /// An admin or the operator stopped them all.
    Stopped = "R1" / "stopped";
    /// The absence did not run when the mail arrived, or does not run any more.
    NotAway = "R2";
    /// The server gave no arrival time, or one in the future.
    NoArrival = "R3";
    /// It arrived before the absence, the responder or the mailbox.
    TooEarly = "R4";
    /// It is handled too long after its arrival.
    TooLate = "R5";
    /// It is backlog, or was decided before.
    Backlog = "R6";
    /// It does not lie in an inbox, or is answered, a draft, deleted or marked as junk.
    Folder = "R7";
    /// The person wrote to the sender meanwhile.
    AnsweredMeanwhile = "R8";
    /// None of the person's addresses is among the addressees.
    NotAddressed = "R9";
    /// It went to too many people, or only a copy went to the person and those are not answered.
    TooManyAddressees = "R12";
    /// It came to a shared mailbox.
    SharedMailbox = "R13";
    /// The mailbox's own server answers already.
    ServerAnswers = "R14";
    /// Its reverse path is empty.
    NullSender = "R16";
    /// It has no Return-Path.
    NoReturnPath = "R17";
    /// Its Return-Path is not clear.
    UnclearReturnPath = "R18";
    /// It says that a machine sent it.
    AutoSubmitted = "R19";
    /// It came over a mailing list.
    List = "R21";
    /// It carries an older mark of lists and campaigns.
    ListMark = "R22";
    /// Its precedence is bulk, list, junk or auto_reply.
    Precedence = "R23";
    /// It asks for no absence notices.
    Suppressed = "R24";
    /// It asks for no automatic replies.
    SuppressedReply = "R25";
    /// It carries the mark of another responder.
    ResponderMark = "R26";
    /// It is a report about delivery, reading or abuse.
    Report = "R27";
    /// It is a report that it was read or recalled, in a vendor's form.
    ReadReport = "R28";
    /// It is an invitation or another calendar object.
    Calendar = "R29";
    /// Its sender is a system address.
    SystemAddress = "R30";
    /// Its sender is the person, the substitute who would be named, one of our mailboxes, or Standin.
    OwnMail = "R32";
    /// Its sender is a colleague.
    Colleague = "R33";
    /// It answers a mail that Standin made by itself.
    AnswersOurs = "R34";
    /// It is marked as spam or carries something harmful.
    Spam = "R35";
    /// Its sender could not be authenticated.
    NotAuthentic = "R36";
    /// Our own server could not check the sender, so that nothing confirms it.
    Unproven = "R36" / "unproven";
    /// Our server says nothing of its authenticity, and its sender is not known.
    NotStamped = "R37";
    /// Its sender is not among those who get notices.
    Audience = "R38";
    /// Its reverse path and its author belong to different organisations.
    OtherDomain = "R39";
    /// It has no clear single author, or is damaged.
    Malformed = "R40";
    /// Its reverse path cannot be written to.
    Undeliverable = "R41";
    /// Its sender or their domain gets no automatic mail.
    Blocked = "R42";
    /// Its subject is that of an automatic answer.
    AutomaticSubject = "R43";
    /// It was recognised as automatic, or as sent to many.
    Automatic = "R44";
    /// This sender was told already.
    AlreadyTold = "R46";
    /// They were told of the absence right before this one, which goes on with its ledger (R48).
    ToldBefore = "R46" / "before";
    /// A notice to them waits to be sent.
    Waits = "R46" / "waits";
    /// A notice to them may have gone out or not (R49).
    Unclear = "R46" / "unclear";
    /// A notice to them was refused or given up, and is not tried again (R50).
    NotDelivered = "R46" / "failed";
    /// In a dry run: an earlier mail of theirs would have been answered.
    InTrial = "R46" / "trial";
    /// Too many notices.
    Capped = "R51";
    /// Too many to the sender's domain in a day.
    CappedDomain = "R51" / "domain";
    /// Too many for the absent person in an hour.
    CappedPerson = "R51" / "person";
    /// Too many from this installation in an hour.
    CappedHere = "R51" / "company";
    /// The breaker is open.
    Breaker = "R51" / "breaker";
    /// Sender and person are both away.
    BothAway = "R55";
    /// Three notices for this message went out already.
    EnoughForMessage = "R57";
    /// The person has no address that could stand as author.
    NoOwnAddress = "R64";
}

impl Reason {
    /// The reason with this code, or the first of this rule.
    pub fn from_rule(rule: &str) -> Option<Reason> {
        let (bare, _) = rule.split_once('/').unwrap_or((rule, ""));
        let named = |wanted| Reason::ALL.iter().copied().find(move |reason: &Reason| reason.code() == wanted);
        named(rule).or_else(|| named(bare))
    }

    /// Whether it goes by what was sent before, which is counted only where nothing else forbids: R46, R51, R57.
    pub fn counts(self) -> bool {
        let all = [Reason::AlreadyTold, Reason::Capped, Reason::EnoughForMessage];
        all.iter().any(|one| one.rule() == self.rule())
    }

    /// Which part of the rule it is; empty for the rule as a whole.
    pub fn part(self) -> &'static str {
        self.code().split_once('/').map_or("", |(_, part)| part)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_its_own_rule_or_part_of_one() {
        for reason in Reason::ALL {
            assert_eq!(Reason::from_rule(reason.code()), Some(*reason));
            assert_eq!(Reason::from_rule(reason.rule()).map(Reason::rule), Some(reason.rule()));
        }
        assert_eq!(Reason::from_rule("R51/of-a-later-version"), Some(Reason::Capped));
        assert_eq!((Reason::Breaker.rule(), Reason::Breaker.part(), Reason::List.part()), ("R51", "breaker", ""));
    }

    #[test]
    fn a_language_is_found_by_the_first_part_of_its_tag() {
        assert_eq!(Language::from_tag("pl-PL"), Some(Language::Pl));
        assert_eq!(Language::from_tag("EN_us"), Some(Language::En));
        assert_eq!(Language::from_tag("de-AT").map(Language::tag), Some("de"));
        assert_eq!(Language::of_house("de"), None);
        assert_eq!(Language::of_house("pl"), Some(Language::Pl));
        assert_eq!(Language::from_tag("plt"), None);
        assert_eq!(Language::from_tag("xx"), None);
        assert_eq!(Language::from_tag(""), None);
    }
}
