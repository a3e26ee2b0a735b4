//! Whether people outside can be reached, on the page of a contact, in lists, on mails and on Today; and
//! what a person says of it.

use super::App;
use super::activities::told;
use super::doing::{Fields, actor, begin, go};
use super::refusal::Refusal;
use super::timed::Timed;
use super::visit::Visit;
use super::when::{Clock, When};
use super::words::{ReachWords, fill};
use crate::actions::actor::Actor;
use crate::actions::automatic::{self, No, Reach, Say, Taken};
use crate::actions::{consents, language, privacy};
use crate::intake::reconsider::{self, Added, Ground};
use crate::model::address::Address;
use crate::model::automatic::Certainty;
use crate::model::id::{MailId, RecordId};
use crate::model::mail::Author;
use crate::model::notice::Language as Tongue;
use crate::model::reach::{AddressState, Away, Left, Outcome, Report, Voice};
use crate::model::record::Kind;
use crate::model::time::DAY;
use crate::store::Tx;
use crate::store::automatic::{self as stored, Back};
use crate::store::views::{Excerpt, Message};
use axum::extract::rejection::{FormRejection, PathRejection};
use axum::extract::{Form, Path};
use axum::response::Response;
use std::collections::BTreeMap;

/// A sentence, with the mail that says so.
pub(super) struct Sentence {
    /// What holds.
    pub text: Timed,
    /// The mail.
    pub mail: Option<i64>,
    /// "notice of 20 Nov 2026".
    pub source: Timed,
    /// What can be said of it: word, address, label.
    pub doing: Vec<(&'static str, String, &'static str)>,
}

/// Somebody whom a notice names.
pub(super) struct Named {
    /// Name and address.
    pub text: String,
    /// The address.
    pub address: String,
    /// The notice.
    pub mail: i64,
}

/// What the page of a contact or lead says.
pub(super) struct ReachView {
    /// The texts.
    pub r: &'static ReachWords,
    /// What holds.
    pub lines: Vec<Sentence>,
    /// Whom notices name.
    pub named: Vec<Named>,
    /// The viewer may say something.
    pub may: bool,
    /// It is a contact or lead.
    pub person: bool,
    /// In which language they may be written to: code, name, whether it is theirs (R78).
    pub languages: Vec<(String, String, bool)>,
    /// They get no automatic mail.
    pub quiet: bool,
}

impl ReachView {
    /// Of this contact or lead, with the code of its language.
    pub fn of(reach: &Reach, kind: Kind, language: Option<&str>, may: bool, visit: &Visit) -> ReachView {
        let r = ReachWords::of(visit.words().language);
        let admin = visit.world.administers(visit.person.user);
        let away = reach.away.iter().map(|away| {
            let mut line = sentence(away_text(away, &visit.clock), away.voice, away.since, visit);
            line.doing.push(("back", String::new(), r.back));
            line
        });
        let left = reach.left.iter().map(|(address, left)| {
            let mut line = sentence(Timed::plain(&left_text(address, left, r)), left.voice, left.since, visit);
            if matches!(left.voice, Voice::Mail(_)) {
                line.doing.push(("left", address.clone(), r.confirm_left));
            }
            line.doing.push(("stays", address.clone(), r.stays));
            line
        });
        let addresses = reach.addresses.iter().flat_map(|(address, state)| {
            let told = state_texts(address, state, r);
            told.into_iter().map(|(text, report)| {
                let mut line = sentence(Timed::plain(&text), Voice::Mail(report.mail), report.at, visit);
                if admin {
                    line.doing.push(("usable", address.clone(), r.usable));
                }
                line
            })
        });
        let named = reach.offers.iter().map(|offer| Named {
            text: match &offer.name {
                Some(name) => format!("{name} <{}>", offer.address),
                None => offer.address.clone(),
            },
            address: offer.address.clone(),
            mail: offer.mail.0,
        });
        let person = matches!(kind, Kind::Contact | Kind::Lead);
        let quiet = reach.quiet.iter().map(|(at, by)| {
            let mut line = sentence(Timed::plain(r.quiet), Voice::Person(*by), *at, visit);
            line.doing.push(("speaks", String::new(), r.quiet_ends));
            line
        });
        let mut lines: Vec<Sentence> = quiet.chain(away).chain(left).chain(addresses).collect();
        if !may {
            lines.iter_mut().for_each(|line| line.doing.retain(|(what, ..)| *what == "usable"));
        }
        let languages = languages(language, visit);
        ReachView { r, lines, named: named.collect(), may, person, languages, quiet: reach.quiet.is_some() }
    }

    /// Whether there is anything to show.
    pub fn any(&self) -> bool {
        self.person && (self.may || !self.lines.is_empty() || !self.named.is_empty())
    }
}

/// What a person can choose: every language with words, and theirs if it has none.
fn languages(theirs: Option<&str>, visit: &Visit) -> Vec<(String, String, bool)> {
    let book = &visit.app.state.config.notice.phrases;
    let spoken = book.iter().map(|phrases| (phrases.language().tag(), phrases.name().to_owned()));
    let mut all: Vec<(String, String, bool)> =
        spoken.map(|(tag, name)| (tag.to_owned(), name, theirs == Some(tag))).collect();
    if let Some(tag) = theirs.filter(|tag| all.iter().all(|(known, ..)| known != tag)) {
        all.push((tag.to_owned(), language_text(tag, visit), true));
    }
    all
}

/// A language in words; one without words for notices says so.
pub(super) fn language_text(tag: &str, visit: &Visit) -> String {
    let book = &visit.app.state.config.notice.phrases;
    let name = book.find(tag).and_then(|language| book.get(language)).map(|phrases| phrases.name().to_owned());
    name.unwrap_or_else(|| format!("{tag} ({})", ReachWords::of(visit.words().language).speaks_silent))
}

fn sentence(text: Timed, voice: Voice, at: crate::model::time::Timestamp, visit: &Visit) -> Sentence {
    let r = ReachWords::of(visit.words().language);
    let (mail, source) = match voice {
        Voice::Mail(mail) => (Some(mail.0), Timed::exact(r.notice_of, &[], "day", &visit.clock.a_day(at))),
        Voice::Person(user) => {
            let name = user.map_or(r.operator.to_owned(), |user| visit.name(user));
            (None, Timed::with(r.says_person, &[("name", &name)], &[]))
        }
    };
    Sentence { text, mail, source, doing: Vec::new() }
}

/// "Away until 4 Dec 2026, no date was given: two weeks are assumed".
pub(super) fn away_text(away: &Away, clock: &Clock) -> Timed {
    let r = ReachWords::of(clock.words.language);
    let until = match away.until {
        Some(day) => Timed::exact(r.away_until, &[], "day", &clock.calendar_day(day)),
        None => Timed::plain(r.away_open),
    };
    let more = match away.certainty {
        Certainty::Unsure => r.unsure,
        Certainty::Assumed => r.assumed,
        _ if away.ask => r.ask,
        _ => return until,
    };
    until.and(&Timed::plain(&format!(" ({more})")))
}

fn left_text(address: &str, left: &Left, r: &'static ReachWords) -> String {
    let text = if matches!(left.voice, Voice::Mail(_)) { r.probably_left } else { r.left };
    fill(text, &[("address", address)])
}

fn state_texts<'s>(address: &str, state: &'s AddressState, r: &'static ReachWords) -> Vec<(String, &'s Report)> {
    let told = |text: &str, report: &Report, more: Option<String>| {
        let code = report.status.clone().or_else(|| report.code.map(|code| code.to_string()));
        let words = Some(report.words.clone()).filter(|words| !words.is_empty());
        let more: Vec<String> = more.into_iter().chain(code).chain(words).collect();
        let text = fill(text, &[("address", address)]);
        if more.is_empty() { text } else { format!("{text}: {}", more.join(" ")) }
    };
    let invalid = state.invalid.iter().map(|report| (told(r.invalid, report, None), report));
    let suspect = state.suspect.last().into_iter().map(|report| {
        let n = i64::try_from(state.suspect.len()).unwrap_or(i64::MAX);
        let words = r.language.words();
        (told(r.suspect, report, Some(words.count(&r.failures, n))), report)
    });
    let no_bulk = state.no_bulk.iter().map(|report| (fill(r.no_bulk, &[("address", address)]), report));
    invalid.chain(suspect).chain(no_bulk).collect()
}

/// In a few words, for lists: away until when, left, an address that fails.
pub(super) fn brief(reach: &Reach, clock: &Clock) -> Vec<Timed> {
    let r = ReachWords::of(clock.words.language);
    let away = reach.away.iter().map(|away| away_text(away, clock));
    let left = reach.left.iter().map(|(address, left)| left_text(address, left, r));
    let doubtful = reach.addresses.iter().filter(|(_, state)| state.is_doubtful());
    let failing = doubtful.map(|(address, state)| {
        let text = if state.invalid.is_some() { r.invalid } else { r.suspect };
        fill(text, &[("address", address)])
    });
    away.chain(left.chain(failing).map(|text| Timed::plain(&text))).collect()
}

/// What holds of one contact or lead.
pub(super) async fn of_record(visit: &mut Visit, id: RecordId, kind: Kind) -> Result<Reach, Refusal> {
    let records: &[RecordId] = if matches!(kind, Kind::Contact | Kind::Lead) { &[id] } else { &[] };
    Ok(of_records(visit, records).await?.remove(&id).unwrap_or_default())
}

/// What holds of these contacts and leads.
pub(super) async fn of_records(visit: &mut Visit, ids: &[RecordId]) -> Result<BTreeMap<RecordId, Reach>, Refusal> {
    let clock = visit.clock;
    Ok(automatic::reach(&mut visit.tx, &visit.scope, ids, clock.zone, clock.now).await?)
}

/// Who wants proof that the viewer is a person, in the last two weeks.
pub(super) async fn challenges(visit: &mut Visit) -> Result<Vec<(MailId, String)>, Refusal> {
    let since = visit.clock.now.plus(-14 * DAY);
    let found = stored::challenges(&mut visit.tx, &visit.scope, since).await?;
    Ok(found.into_iter().map(|(mail, _, from)| (mail, from)).collect())
}

/// For each of these mails what matters of the contacts on it: "Jan Kowalski: away until 4 Dec 2026".
pub(super) async fn on_mails(
    visit: &mut Visit,
    mails: &[MailId],
) -> Result<BTreeMap<MailId, Vec<(i64, Timed)>>, Refusal> {
    let clock = visit.clock;
    let found = automatic::on_mails(&mut visit.tx, &visit.scope, mails, clock.zone, clock.now).await?;
    let lines = |people: Vec<(RecordId, String, Reach)>| {
        let one = |(record, name, reach): (RecordId, String, Reach)| {
            let named = |text: Timed| (record.0, Timed::plain(&format!("{name}: ")).and(&text));
            brief(&reach, &clock).into_iter().map(named).collect::<Vec<_>>()
        };
        people.into_iter().flat_map(one).collect::<Vec<_>>()
    };
    Ok(found.into_iter().map(|(mail, people)| (mail, lines(people))).collect())
}

/// A line about what came back.
pub(super) struct BackLine {
    /// What happened.
    pub text: String,
    /// The mail that says so; none on that mail's own page.
    pub mail: Option<i64>,
    /// When.
    pub when: When,
    /// Something to look at.
    pub bad: bool,
}

/// What the page of a mail says of reaching the people on it.
pub(super) struct MailReach {
    /// The texts.
    pub r: &'static ReachWords,
    /// What matters of the contacts on it: the contact and a sentence.
    pub people: Vec<(i64, Timed)>,
    /// What came back for it, or what it reports itself.
    pub back: Vec<BackLine>,
    /// It reports something that does not count.
    pub idle: bool,
    /// The heading of that list.
    pub heading: &'static str,
}

/// What the page of a mail is made of here.
#[derive(Debug, Default)]
pub(super) struct MailFacts {
    people: Vec<(i64, Timed)>,
    back: Vec<Back>,
    own: bool,
}

impl MailFacts {
    /// Of a mail that the viewer reads.
    pub async fn load(visit: &mut Visit, message: &Message) -> Result<MailFacts, Refusal> {
        let id = message.mail.id;
        let people = on_mails(visit, &[id]).await?.remove(&id).unwrap_or_default();
        let own = message.mail.author != "human";
        let back = match (own, message.mail.direction.as_str()) {
            (true, _) => stored::reports_of(&mut visit.tx, id).await?,
            (false, "out") => stored::came_back(&mut visit.tx, &visit.scope, id).await?,
            _ => Vec::new(),
        };
        Ok(MailFacts { people, back, own })
    }

    /// For the page.
    pub fn view(&self, clock: &Clock) -> MailReach {
        let r = ReachWords::of(clock.words.language);
        let idle = self.own && !self.back.is_empty() && self.back.iter().all(|back| !back.counts);
        let line = |back: &Back| BackLine {
            text: back_text(back, r),
            mail: (!self.own).then_some(back.mail.0),
            when: clock.when(back.at),
            bad: !matches!(back.outcome, Some(Outcome::Delivered | Outcome::Shown | Outcome::Deleted)),
        };
        let back = self.back.iter().map(line).collect();
        let heading = if self.own { r.reports } else { r.came_back };
        MailReach { r, people: self.people.clone(), back, idle, heading }
    }
}

fn back_text(back: &Back, r: &'static ReachWords) -> String {
    let Some(outcome) = back.outcome else { return r.challenge.to_owned() };
    reported(outcome, back.address.as_deref().unwrap_or_default(), (back.status.as_deref(), &back.words), r)
}

/// What an automatic mail reports of an address.
pub(super) fn report_text(report: &stored::Reported, r: &'static ReachWords) -> String {
    reported(report.outcome, &report.address, (report.status.as_deref(), &report.words), r)
}

fn reported(outcome: Outcome, address: &str, (status, words): (Option<&str>, &str), r: &'static ReachWords) -> String {
    let text = match outcome {
        Outcome::Hard => r.hard,
        Outcome::Soft => r.soft,
        Outcome::Policy => r.policy,
        Outcome::Late => r.late,
        Outcome::Delivered => r.delivered,
        Outcome::Complaint => r.complaint,
        Outcome::Shown => r.shown,
        Outcome::Deleted => r.deleted,
    };
    let mut text = fill(text, &[("address", address)]);
    let more: Vec<&str> = status.into_iter().chain([words]).filter(|t| !t.is_empty()).collect();
    if !more.is_empty() && !matches!(outcome, Outcome::Shown | Outcome::Deleted) {
        text.push_str(&format!(" ({})", more.join(" ")));
    }
    text
}

/// What stands on a timeline in the place of a card: automatic mail is no contact (R95, R96).
pub(super) fn system_line(mail: &Excerpt, clock: &Clock) -> Option<String> {
    let r = ReachWords::of(clock.words.language);
    let text = match Author::from_word(&mail.author)? {
        Author::DsnFailed => r.line_bounce,
        Author::DsnDelayed => r.line_delay,
        Author::DsnDelivered => r.line_delivered,
        Author::Mdn => r.line_mdn,
        Author::FeedbackReport => r.line_complaint,
        Author::Vacation => r.line_vacation,
        Author::LeftCompany => r.line_left,
        Author::Acknowledgement => r.line_acknowledged,
        Author::Challenge => r.line_challenge,
        Author::Human | Author::Calendar | Author::Notification => return None,
    };
    Some(text.to_owned())
}

/// `POST /records/{id}/reach`.
pub(super) async fn say(
    mut visit: Visit,
    path: Result<Path<i64>, PathRejection>,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Response {
    let answer = match path {
        Ok(Path(id)) => spoken(&mut visit, RecordId(id), form).await,
        Err(_) => Err(Refusal::NotFound),
    };
    visit.answer(answer)
}

async fn spoken(
    visit: &mut Visit,
    id: RecordId,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Result<Response, Refusal> {
    let fields = Fields::of(form)?;
    let back = format!("/records/{id}");
    let seen = crate::store::records::load_seen(&mut visit.tx, &visit.scope, &[id]).await?;
    let Some(entry) = seen.first() else { return Err(Refusal::NotFound) };
    let r = ReachWords::of(visit.words().language);
    let address = Address::parse(fields.get("address")).ok();
    let until = match fields.get("until") {
        "" => None,
        text => match text.parse() {
            Ok(day) => Some(day),
            Err(_) => return Ok(refused(visit, r.no_day, &back)),
        },
    };
    let what = match (fields.get("what"), address) {
        ("language", _) => return speaks(visit, id, fields.get("language"), &back).await,
        ("away", _) => Say::Away(until),
        ("back", _) => Say::Back,
        ("quiet", _) => Say::Quiet,
        ("speaks", _) => Say::Speaks,
        ("left", Some(address)) => Say::Left(address),
        ("stays", Some(address)) => Say::Stays(address),
        ("pass", Some(address)) => Say::Pass(address),
        ("take", Some(address)) => return take(visit, id, &address, &back).await,
        ("usable", Some(address)) => return usable(visit, entry.record.id, &address, &back).await,
        _ => return Err(Refusal::NotFound),
    };
    let (mut tx, world) = begin(visit).await?;
    let actor = actor(visit, &mut tx, &world).await?;
    match automatic::say(&mut tx, &actor, id, &what, visit.clock.zone).await? {
        Ok(()) => {
            tx.commit().await?;
            Ok(go(&back))
        }
        Err(No::NotThere) => Err(Refusal::NotFound),
        Err(no) => Ok(refused(visit, why_not(&no, r), &back)),
    }
}

async fn speaks(visit: &Visit, id: RecordId, tag: &str, back: &str) -> Result<Response, Refusal> {
    let r = ReachWords::of(visit.words().language);
    let wanted = Tongue::from_tag(tag);
    if wanted.is_none() && !tag.is_empty() {
        return Ok(refused(visit, r.no_language, back));
    }
    let (mut tx, world) = begin(visit).await?;
    let actor = actor(visit, &mut tx, &world).await?;
    match language::say(&mut tx, &actor, id, wanted).await? {
        Ok(()) => {
            tx.commit().await?;
            Ok(go(back))
        }
        Err(No::NotThere) => Err(Refusal::NotFound),
        Err(no) => Ok(refused(visit, why_not(&no, r), back)),
    }
}

async fn take(visit: &Visit, id: RecordId, address: &Address, back: &str) -> Result<Response, Refusal> {
    let house = visit.app.state.config.house();
    let (mut tx, world) = begin(visit).await?;
    tx.alone().await?;
    let actor = actor(visit, &mut tx, &world).await?;
    let taken = match automatic::take(&mut tx, &actor, id, address, &house).await? {
        Ok(taken) => taken,
        Err(No::NotThere) => return Err(Refusal::NotFound),
        Err(no) => return Ok(refused(visit, why_not(&no, ReachWords::of(visit.words().language)), back)),
    };
    settle_taken(&visit.app, &mut tx, &actor, &taken).await?;
    tx.commit().await?;
    Ok(go(&format!("/records/{}", taken.made)))
}

/// Decides again what a new contact changes, and asks for consent, in its transaction.
pub(super) async fn settle_taken(app: &App, tx: &mut Tx, actor: &Actor<'_>, taken: &Taken) -> anyhow::Result<()> {
    let (state, now) = (&app.state, actor.now);
    let (house, made) = (state.config.house(), &[taken.made]);
    privacy::keep_off(tx, &state.keys, made).await?;
    let added = Added { vouched: &taken.vouched, claimed_on: made, domains: &[] };
    let ground = Ground { own_domains: &house, keys: &state.keys, now };
    reconsider::added(tx, &added, actor.user, ground).await?;
    consents::ask(tx, &state.keys, made, now).await?;
    Ok(())
}

async fn usable(visit: &Visit, contact: RecordId, address: &Address, back: &str) -> Result<Response, Refusal> {
    let r = ReachWords::of(visit.words().language);
    let (mut tx, world) = begin(visit).await?;
    let actor = actor(visit, &mut tx, &world).await?;
    let own = crate::store::automatic_reach::addresses(&mut tx, &[contact]).await?;
    if own.iter().all(|(_, theirs)| theirs != address.as_str()) {
        return Ok(refused(visit, r.no_address, back));
    }
    match automatic::usable(&mut tx, &actor, address).await? {
        Ok(()) => {
            tx.commit().await?;
            Ok(go(back))
        }
        Err(no) => Ok(refused(visit, why_not(&no, r), back)),
    }
}

fn refused(visit: &Visit, text: &str, back: &str) -> Response {
    told(visit, visit.words().not_changed.to_owned(), vec![text.to_owned()], back)
}

pub(super) fn why_not(no: &No, r: &'static ReachWords) -> &'static str {
    match no {
        No::NotThere => r.no_there,
        No::MayNotWrite => r.no_write,
        No::Passed => r.no_passed,
        No::NotTheirs => r.no_address,
        No::NotOffered => r.no_offer,
        No::Ours => r.no_ours,
        No::NotAdmin => r.no_admin,
        No::NothingSaid => r.no_said,
        No::NotAsked => r.no_asked,
        No::NotUndone => r.no_undone,
    }
}
