//! Every step on one mail, stored or in a file: which rules and which evidence hold and why, where
//! the mail stands or would stand, who sees it there, whether a notice goes.
//!
//! A mail in a file takes the whole way of a mail that comes now ([`super::given`]).

use super::super::assemble::{self, Assembled};
use super::super::rules::{self, stored_letter};
use super::super::{prepare, weigh};
use super::whereabouts;
use crate::access::{self, Reason as Right, World};
use crate::link;
use crate::link::rules::{Letter, Step, Verdict, explain};
use crate::link::steps::{Finding, Kind, findings};
use crate::model::block::Hidden;
use crate::model::correction::{Correction, Named, What};
use crate::model::facts::{Direction, House, Member, Say, Spoken};
use crate::model::id::{MailId, RecordId, UserId};
use crate::model::link::{Evidence, Link, Linking};
use crate::model::mail::ReturnPath;
use crate::model::review::Reason;
use crate::model::rule::{Effect, Hit};
use crate::model::time::Timestamp;
use crate::parse;
use crate::store::automatic::Said;
use crate::store::blocks::Block;
use crate::store::heads::{self, Head};
use crate::store::notice_log::Line;
use crate::store::places::Place;
use crate::store::rules::{Job, Made};
use crate::store::{self, Tx};
use anyhow::Result;
use std::collections::{BTreeSet, HashMap};

/// What the step of a person finds of a mail that is private, and of one that review said belongs to no record.
const SAID_PRIVATE: &str = "somebody said of this mail that it is private";
const SAID_NONE: &str = "somebody said of this mail that it belongs to no record";

/// Octets of a mail that are read to be traced.
pub const LARGEST_MAIL: u64 = 64 * 1024 * 1024;

/// What becomes, or became, of one mail.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    /// The stored mail that it is, or of which a file is a copy.
    pub stored: Option<MailId>,
    /// Other stored mails that have its Message-ID and say something else.
    pub others: Vec<MailId>,
    /// The stored mail that it answers.
    pub answers: Option<MailId>,
    /// Where copies of it came, with what became of each; of a file those at which nothing is stored.
    pub places: Vec<Place>,
    /// Whoever is on it and stands on a blocklist now.
    pub blocks: Vec<Block>,
    /// What it says where a machine wrote it.
    pub says: Said,
    /// To whom the mails of ours went that it is about, with those of them that are stored.
    pub ours: Vec<(Option<MailId>, String)>,
    /// None of ours wrote it.
    pub incoming: bool,
    /// It bears no date that can be read.
    pub undated: bool,
    /// Something of it is not told to whoever asks.
    pub withheld: bool,
    /// Whoever asks is told of the mail alone: by a copy of their own, or because they decided about it in review; not of
    /// where it stands or why.
    pub alone: bool,
    /// What came of it for the absences of others is not told.
    pub notices_kept_back: bool,
    /// A person's or a rule's word keeps it private.
    pub private: bool,
    /// Of a file: it would be stored, wherever it stood then.
    pub kept: bool,
    /// Of a mail that a block keeps out: what would become of it without.
    pub unblocked: Option<(State, Linking)>,
    /// What people said of this mail itself and that stands, in the order in which they did.
    pub words: Vec<Correction>,
    /// Of a stored mail that answers another: whether it would stand elsewhere in a thread of its own.
    pub parted: Option<bool>,
    /// Of a stored mail that a rule put there: whether it would stand elsewhere without the rule.
    pub unruled: Option<bool>,
    /// Who wrote what to whom, when, and where copies lie.
    pub head: Head,
    /// Somebody said that a machine wrote it, whatever stands on it.
    pub automatic: bool,
    /// What became of it.
    pub state: State,
    /// Why a person is asked about it; for a stored mail, where anybody is asked.
    pub asked: Option<Reason>,
    /// The latest run of the rules over history that changed it and was not taken back.
    pub run: Option<Run>,
    /// The version of the rules that counts now.
    pub version: i64,
    /// Why it would not be stored, whatever stands on it.
    pub hidden: Option<Hidden>,
    /// For a file, the records that rules would make for it.
    pub made: Vec<Made>,
    /// Each of them on the mail.
    pub rules: Vec<Step>,
    /// For a stored mail, what the rules said when it came, or when they were last applied to history.
    pub said: Option<Vec<Hit>>,
    /// The built-in steps.
    pub built_in: Vec<Finding>,
    /// Where it stands; for a file, where it would.
    pub linking: Linking,
    /// Whether it is marked confidential, or would be.
    pub sealed: bool,
    /// Who sees it there: each governing record with its readers.
    pub seen: Vec<Where>,
    /// What comes of what rules say of it and that names a record.
    pub outcomes: HashMap<Effect, Outcome>,
    /// The records that these name.
    pub ruled: HashMap<Effect, Vec<RecordId>>,
    /// What somebody said of it that counts, and of what they said it: the mail, its thread, its sender or the domain.
    pub word: Option<(Spoken, &'static str)>,
    /// What else was said of those, and would count if that were taken back, the strongest first.
    pub beneath: Vec<(Spoken, &'static str)>,
    /// For a stored mail, what was noted of notices, with what became of each.
    pub noted: Vec<Line>,
    /// For each absent person the rule that keeps a notice from going; `None` where one goes, or went.
    pub notices: Vec<(UserId, Option<String>)>,
}

impl Trace {
    /// Every record that it names.
    pub fn named(&self) -> BTreeSet<RecordId> {
        let mut ids: BTreeSet<RecordId> = self.seen.iter().map(|s| s.record).collect();
        ids.extend(
            self.built_in
                .iter()
                .flat_map(|f| super::naming::numbers(&f.why, &super::RECORD_WORDS))
                .map(|(_, _, id)| id),
        );
        for linking in std::iter::once(&self.linking).chain(self.unblocked.iter().map(|(_, linking)| linking)) {
            let (regarding, links, candidates) = match linking {
                Linking::Linked { regarding, links, candidates } => {
                    (*regarding, links.as_slice(), candidates.as_slice())
                }
                Linking::Review(candidates) => (None, &[][..], candidates.as_slice()),
                Linking::Unmatched => (None, &[][..], &[][..]),
            };
            ids.extend(regarding);
            ids.extend(links.iter().flat_map(|link| [link.record, link.governing]));
            ids.extend(candidates.iter().map(|candidate| candidate.record));
            let evidence = links.iter().map(|link| &link.evidence).chain(candidates.iter().map(|c| &c.evidence));
            ids.extend(evidence.filter_map(Evidence::party));
        }
        ids.extend(self.words.iter().filter_map(|word| word.record));
        ids.extend(self.beneath.iter().filter_map(|(word, _)| word.say.record()));
        ids.extend(self.run.iter().filter_map(|run| run.before.as_ref()).map(|(.., record)| *record));
        ids
    }
}

/// A run of the rules over history that changed a mail.
#[derive(Clone, Debug)]
pub struct Run {
    /// The run.
    pub job: Job,
    /// The rule that had put the mail where it was before, by number and name, and where; none: no rule had, or that is
    /// not told.
    pub before: Option<(i64, String, RecordId)>,
    /// Whether the mail stands elsewhere than before that run.
    pub moved: bool,
}

/// What put a mail where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decider {
    /// A kind of evidence.
    BuiltIn(Kind),
    /// The admins' rule with this number.
    Rule(i64),
}

impl Trace {
    /// The tie that says best why it is where it is: to what it regards, else the strongest.
    pub fn main(&self) -> Option<&Link> {
        let Linking::Linked { regarding, links, .. } = &self.linking else { return None };
        let rank = |link: &&Link| {
            let through = matches!(link.evidence, Evidence::Through { .. });
            (Some(link.record) == *regarding, !through, link.evidence.score(), std::cmp::Reverse(link.record))
        };
        links.iter().max_by_key(rank)
    }

    /// Which step put it there.
    pub fn decider(&self) -> Option<Decider> {
        if matches!(self.state, State::Private | State::Nowhere) {
            return self.unlinked_by();
        }
        if self.state == State::Asked {
            return self.asks().map(Decider::BuiltIn);
        }
        let kind = match &self.main()?.evidence {
            Evidence::Rule { rule, .. } => return Some(Decider::Rule(rule.0)),
            Evidence::Person { .. } => Kind::Person,
            Evidence::Filed { .. } => Kind::Filed,
            Evidence::Thread { .. } | Evidence::ForeignReply { .. } => Kind::Reply,
            Evidence::OwnMark { .. } | Evidence::ForeignMark { .. } => Kind::Mark,
            Evidence::Number { .. } | Evidence::ForeignNumber { .. } => Kind::Number,
            Evidence::Ranked { .. } | Evidence::OneOfSeveral { .. } => Kind::Rank,
            Evidence::Domain { .. } => Kind::Domain,
            _ => Kind::Address,
        };
        Some(Decider::BuiltIn(kind))
    }

    /// Which step says that it stands nowhere: a person's word, else a rule that makes it private.
    fn unlinked_by(&self) -> Option<Decider> {
        if self.word.is_some() {
            return Some(Decider::BuiltIn(Kind::Person));
        }
        let now = self.rules.iter().filter_map(|step| match &step.verdict {
            Verdict::Fits(hit) => hit.as_ref(),
            _ => None,
        });
        let hits: Vec<&Hit> = match &self.said {
            Some(said) => said.iter().collect(),
            None => now.collect(),
        };
        let private = |hit: &&&Hit| !hit.shadow && hit.effects.contains(&Effect::Private);
        let private = hits.iter().find(private).filter(|_| self.state == State::Private);
        private.map(|hit| Decider::Rule(hit.rule.0))
    }

    /// Whether this step is that of a person, who said that it regards nothing: beside what put it on a timeline.
    pub fn regards_none(&self, kind: Kind) -> bool {
        let said = self.word.as_ref().is_some_and(|(word, _)| word.say == Say::Regard(None));
        kind == Kind::Person && said && self.state == State::Linked
    }

    /// Whether several opportunities come into question for it and nobody is asked, because no person wrote it.
    pub fn asks_nobody(&self) -> bool {
        let Linking::Linked { candidates, .. } = &self.linking else { return false };
        let one_of = candidates.iter().any(|one| matches!(one.evidence, Evidence::OneOfSeveral { .. }));
        one_of && self.asked.is_none() && self.word.is_none() && (self.automatic || !self.head.author.is_human())
    }

    /// Which step makes a person be asked: what names something of ours, and whose sender is no party of it.
    fn asks(&self) -> Option<Kind> {
        let Linking::Review(candidates) = &self.linking else { return None };
        candidates.iter().find_map(|candidate| match candidate.evidence {
            Evidence::ForeignReply { .. } => Some(Kind::Reply),
            Evidence::ForeignMark { .. } => Some(Kind::Mark),
            Evidence::ForeignNumber { .. } => Some(Kind::Number),
            Evidence::ForgedAddress { .. } | Evidence::SharedAddress { .. } => Some(Kind::Address),
            _ => None,
        })
    }

    /// Whether the rules say now what this one said when the mail came; for a file they do.
    pub fn still_says(&self, rule: i64) -> bool {
        self.rules
            .iter()
            .any(|step| step.rule.id.0 == rule && matches!(&step.verdict, Verdict::Fits(Some(hit)) if !hit.shadow))
    }

    /// What a built-in step says.
    pub fn step(&self, kind: Kind) -> Option<&Finding> {
        self.built_in.iter().find(|finding| finding.step.kind == kind)
    }

    /// Those of them that are there: not what rules would make for it.
    pub(super) fn rests_on(&self) -> BTreeSet<RecordId> {
        let made: BTreeSet<RecordId> = self.made.iter().map(|made| made.record).collect();
        self.named().difference(&made).copied().collect()
    }

    /// Whether what keeps it off every record is review's answer that it belongs to none.
    pub fn answered_none(&self) -> bool {
        let main = self.word.as_ref().map(|(word, _)| word.correction);
        self.words.iter().any(|word| word.is_none() && main.is_none_or(|main| main == word.id))
    }

    /// Lets the step of a person say so.
    pub(super) fn tell_none(&mut self) {
        if !self.answered_none() {
            return;
        }
        let of_person = |finding: &&mut Finding| finding.step.kind == Kind::Person;
        if let Some(found) = self.built_in.iter_mut().find(of_person) {
            found.why = found.why.replace(SAID_PRIVATE, SAID_NONE);
        }
    }

    /// Whether nobody stands on it whom a record could name: then no contact brings it in.
    pub fn nobody_outside(&self) -> bool {
        self.step(Kind::Address).is_some_and(|found| found.why == link::steps::ALL_OURS)
    }

    /// Whether what it reports of this address is about a mail of ours.
    pub fn of_ours(&self, address: &str) -> bool {
        self.ours.iter().any(|(_, to)| to.eq_ignore_ascii_case(address))
    }
}

/// What became of a mail, or would.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// It stands on a record.
    Linked,
    /// It stands on no record, and a person is asked.
    Asked,
    /// A person or a rule said that it is private.
    Private,
    /// It is stored, stands on no record, and nobody is asked.
    Nowhere,
    /// It is not stored.
    #[default]
    Unstored,
}

impl State {
    /// The word in answers.
    pub fn word(self) -> &'static str {
        match self {
            State::Linked => "linked",
            State::Asked => "review",
            State::Private => "private",
            State::Nowhere => "nowhere",
            State::Unstored => "unmatched",
        }
    }
}

/// What comes of a rule's word that names a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The mail stands there.
    Stands,
    /// No record has that number.
    Nobodys,
    /// Several records have it, so they are only suggested.
    Several,
    /// Our own server says that the sender is false (R36), so the record is only suggested.
    False,
    /// Something stronger decides: a person's word, filing, a true reply, or a rule before it.
    Outweighed,
    /// Rules change nothing that is stored until they are applied to it, and this one was not since it says so.
    Later,
}

/// A record on which a mail stands, and who sees it there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Where {
    /// The record.
    pub record: RecordId,
    /// Who owns it.
    pub owner: UserId,
    /// Its readers, in the order of their ids, each with the rights by which they read it.
    pub readers: Vec<(UserId, Vec<Right>)>,
}

/// Traces a stored mail on the snapshot of `tx`; `None` where there is no such mail.
pub async fn trace_stored(
    tx: &mut Tx,
    mail: MailId,
    own_domains: &House,
    world: &World,
    now: Timestamp,
) -> Result<Option<Trace>> {
    let counting = rules::current(tx).await?;
    let threads = store::mails::threads_of(tx, &[mail]).await?;
    let mut assembled = assemble::again(tx, own_domains, &threads).await?;
    let decided = weigh::decide(tx, &mut assembled).await?;
    let Some(n) = assembled.members.iter().position(|m| m.id == Some(mail)) else { return Ok(None) };
    let rows = store::rules::of_mails(tx, &[mail], rules::ALL).await?;
    let letter = rows.first().map(stored_letter);
    let rules = letter.as_ref().map(|letter| explain(&counting.set, letter)).unwrap_or_default();
    let Some(mut head) = heads::of(tx, mail).await? else { return Ok(None) };
    head.said_date = letter.as_ref().and_then(said_date);
    let undated = head.said_date.is_none() && letter.as_ref().is_some_and(|letter| !letter.headers.is_empty());
    let parted = parted(tx, &assembled, n).await?;
    let unruled = unruled(tx, &assembled, n).await?;
    let Some(member) = assembled.members.get(n) else { return Ok(None) };
    let linking = member.before.clone().unwrap_or(Linking::Unmatched);
    let asked = asked_about(tx, Some(mail)).await?;
    let private = link::is_private(&assembled.members, n, &assembled.facts);
    let mut words = link::words(&assembled.members, n, &assembled.facts).into_iter();
    let word = words.next();
    let (outcomes, ruled) = outcomes(tx, &rules, (member.auth_failed, Some(&member.rules)), &linking).await?;
    let says = store::automatic::said_by(tx, mail).await?;
    let keys: Vec<_> = says.about.iter().map(|(key, _)| *key).collect();
    let notices = store::notices::verdicts(tx, mail).await?;
    head.return_path = return_path(tx, mail, &notices).await?;
    let places = whereabouts::places(tx, mail).await?;
    let mut trace = Trace {
        stored: Some(mail),
        others: whereabouts::twins(tx, mail).await?,
        answers: answered(&assembled.members, n),
        blocks: whereabouts::touching(tx, member.parties.iter().map(|(_, address)| address), &places).await?,
        places,
        ours: store::automatic::ours(tx, &keys).await?,
        says,
        incoming: link::direction(member, &assembled.facts) == Direction::In,
        undated,
        head,
        automatic: member.said.automatic,
        state: match &linking {
            Linking::Linked { .. } => State::Linked,
            _ if private => State::Private,
            _ if asked.is_some() => State::Asked,
            _ => State::Nowhere,
        },
        private,
        parted,
        unruled,
        asked,
        outcomes,
        ruled,
        run: run_of(tx, mail, &linking, word.as_ref().map(|(word, _)| word.at)).await?,
        version: counting.version,
        rules,
        said: Some(member.rules.clone()),
        built_in: findings(&assembled.members, &decided, n, &assembled.facts),
        word,
        beneath: words.collect(),
        words: words_at(tx, assembled.named(n)).await?,
        noted: store::notice_log::of_mail(tx, mail).await?,
        sealed: link::is_sealed(member),
        seen: seen(tx, (&linking, link::is_sealed(member)), world, now).await?,
        linking,
        notices,
        ..Trace::default()
    };
    trace.tell_none();
    Ok(Some(trace))
}

/// The latest run of the rules over history that changed a stored mail and was not taken back.
/// `said` is when somebody said what counts of it.
async fn run_of(tx: &mut Tx, mail: MailId, now: &Linking, said: Option<Timestamp>) -> Result<Option<Run>> {
    let Some(job) = store::rules::that_changed(tx, mail).await? else { return Ok(None) };
    let before = store::rules::before_by(tx, job.id, mail).await?;
    // What somebody said later may have brought it back to where it was.
    let later = said.is_some_and(|said| job.settled_at.is_some_and(|at| said > at));
    let moved = later || before.as_ref().is_none_or(|before| places(&before.linking) != places(now));
    let before = before.and_then(|before| match before.linking {
        Linking::Linked { links, .. } => links.into_iter().find_map(|link| match link.evidence {
            Evidence::Rule { rule, name, .. } => Some((rule.0, name, link.record)),
            _ => None,
        }),
        _ => None,
    });
    Ok(Some(Run { job, before, moved }))
}

/// The records on which a mail stands; none: it waits, or stands nowhere.
fn places(linking: &Linking) -> Option<BTreeSet<RecordId>> {
    match linking {
        Linking::Linked { links, .. } => Some(links.iter().map(|link| link.record).collect()),
        _ => None,
    }
}

/// The rule by which a return address forbids a notice.
const UNDELIVERABLE: &str = "R41";

/// The return address of a stored mail, as it was received, where it forbids a notice; else nothing.
async fn return_path(tx: &mut Tx, mail: MailId, notices: &[(UserId, Option<String>)]) -> Result<String> {
    let forbids = |rule: &String| rule.starts_with(UNDELIVERABLE);
    if !notices.iter().any(|(_, rule)| rule.as_ref().is_some_and(forbids)) {
        return Ok(String::new());
    }
    let Some(packed) = store::mails::raw(tx, mail).await? else { return Ok(String::new()) };
    Ok(match parse::parse(&prepare::unpack(&packed)).return_path {
        ReturnPath::Address(_, raw) => raw,
        _ => String::new(),
    })
}

/// What people said of a mail itself and that stands: where it belongs, not who has to answer it.
pub(super) async fn words_at(tx: &mut Tx, named: Option<Named>) -> Result<Vec<Correction>> {
    let Some(named) = named else { return Ok(Vec::new()) };
    let of_place = |what| !matches!(what, What::NoAnswer | What::FollowUp);
    let all = store::corrections::of_mails(tx, &[named.copy_key]).await?;
    Ok(all.into_iter().filter(|word| word.mail.as_ref() == Some(&named) && of_place(word.what)).collect())
}

/// Whether a stored mail that answers another would stand elsewhere in a thread of its own.
async fn parted(tx: &mut Tx, assembled: &Assembled<'_>, n: usize) -> Result<Option<bool>> {
    match assembled.members.get(n).is_some_and(|member| member.parent.is_some()) {
        true => elsewhere(tx, assembled.split_at(Some(n)), n).await.map(Some),
        false => Ok(None),
    }
}

/// Whether a stored mail that a rule put where it is would stand elsewhere without that rule.
async fn unruled(tx: &mut Tx, assembled: &Assembled<'_>, n: usize) -> Result<Option<bool>> {
    let Some(member) = assembled.members.get(n) else { return Ok(None) };
    let by = match &member.before {
        Some(Linking::Linked { links, .. }) => links.iter().find_map(|link| match &link.evidence {
            Evidence::Rule { rule, .. } => Some(*rule),
            _ => None,
        }),
        _ => None,
    };
    let Some(by) = by else { return Ok(None) };
    let mut without = assembled.split_at(None);
    without.members.iter_mut().for_each(|member| member.rules.retain(|hit| hit.rule != by));
    elsewhere(tx, without, n).await.map(Some)
}

/// Whether the `n`th of these would stand elsewhere than it does.
async fn elsewhere(tx: &mut Tx, mut other: Assembled<'_>, n: usize) -> Result<bool> {
    let decided = weigh::decide(tx, &mut other).await?;
    let before = other.members.get(n).and_then(|member| member.before.clone()).unwrap_or(Linking::Unmatched);
    let after = decided.get(n).cloned().unwrap_or(Linking::Unmatched);
    let (before, after) = (super::Standing::of(&before), super::Standing::of(&after));
    Ok((before.regarding, before.ties) != (after.regarding, after.ties))
}

/// The stored mail that the `n`th of these answers.
pub(super) fn answered(members: &[Member], n: usize) -> Option<MailId> {
    members.get(members.get(n)?.parent?)?.id
}

/// The date that a stored mail bears, from its header fields.
fn said_date(letter: &Letter<'_>) -> Option<Timestamp> {
    let (_, date) = letter.headers.iter().find(|(name, _)| *name == "date")?;
    parse::parse(format!("Date: {date}\r\n\r\n").as_bytes()).date
}

/// Why a person is asked about a mail.
pub(super) async fn asked_about(tx: &mut Tx, mail: Option<MailId>) -> Result<Option<Reason>> {
    let Some(mail) = mail else { return Ok(None) };
    Ok(store::reviews::of_mails(tx, &[mail]).await?.remove(&mail).map(|asked| asked.reason))
}

/// What comes of what these steps say and that names a record. `auth_failed` and what the rules said
/// when the mail was stored are given with it.
pub(super) async fn outcomes(
    tx: &mut Tx,
    steps: &[Step],
    (auth_failed, said): (bool, Option<&Vec<Hit>>),
    linking: &Linking,
) -> Result<(HashMap<Effect, Outcome>, HashMap<Effect, Vec<RecordId>>)> {
    let hits = steps.iter().filter_map(|step| match &step.verdict {
        Verdict::Fits(hit) => hit.as_ref(),
        _ => None,
    });
    let naming: BTreeSet<Effect> = hits.flat_map(|hit| &hit.effects).filter(|e| e.names().is_some()).cloned().collect();
    let found = rules::named(tx, &naming).await?;
    let on = super::Standing::of(linking).on();
    let spoke = |effect: &Effect| said.is_none_or(|hits| hits.iter().any(|hit| hit.effects.contains(effect)));
    let outcome = |effect: &Effect| match found.get(effect).map(Vec::as_slice) {
        None | Some([]) if matches!(effect, Effect::Lead(_)) => Outcome::Stands,
        None | Some([]) => Outcome::Nobodys,
        Some([record]) if on.contains(record) => Outcome::Stands,
        Some(_) if !spoke(effect) => Outcome::Later,
        Some(_) if auth_failed => Outcome::False,
        Some([_]) => Outcome::Outweighed,
        Some(_) => Outcome::Several,
    };
    let outcomes = naming.into_iter().map(|effect| (effect.clone(), outcome(&effect))).collect();
    Ok((outcomes, found))
}

/// Who sees a mail by each record that governs it.
pub(super) async fn seen(
    tx: &mut Tx,
    (linking, sealed): (&Linking, bool),
    world: &World,
    now: Timestamp,
) -> Result<Vec<Where>> {
    let governing = super::Standing::of(linking).governing();
    let ids: Vec<RecordId> = governing.into_iter().collect();
    let mut shares: HashMap<RecordId, Vec<_>> = HashMap::new();
    for share in store::shares::on(tx, &ids).await? {
        shares.entry(share.record).or_default().push(share);
    }
    let mut seen = Vec::new();
    for entry in store::records::load(tx, &ids).await? {
        let on_it = shares.remove(&entry.record.id).unwrap_or_default();
        let readers = access::who_reads(&entry.record, &on_it, sealed, world, now);
        seen.push(Where { record: entry.record.id, owner: entry.record.owner, readers });
    }
    Ok(seen)
}
