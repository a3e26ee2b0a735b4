//! Notices as if: what a client would get, what the last mails of a mailbox would have got (R81), and what
//! each rule says of a mail that came. The same facts, the same decision and the same composer as for mail
//! that comes; nothing is written.

use super::{Away, NoticeSettings, absent_person, answered, away, for_record, ledger_keys, load_ours, load_senders};
use super::{repeat_after, trigger_of};
use crate::access::{Scope, World};
use crate::intake::accept::Context;
use crate::intake::prepare::{self, Found, Prepared};
use crate::intake::replay;
use crate::model::absence::{Absence, Phase};
use crate::model::address::Address;
use crate::model::cursor::{Arrival, Role};
use crate::model::delivery::Outgoing;
use crate::model::id::{AbsenceId, FolderId, LocationId, MailId, MailboxId, MsgId, UserId};
use crate::model::notice::{AbsentPerson, Already, Ledger, Plan, Reason, SenderFacts, SenderKey, Trigger, Verdict};
use crate::model::notice_text::Spoken;
use crate::model::time::{DAY, HOUR, Timestamp};
use crate::notice::{self, Asked, Policy};
use crate::store::notice_log::{Lies, Line};
use crate::store::notices::Asked as AskedOf;
use crate::store::places::Place;
use crate::store::{self, Tx};
use anyhow::Result;
use chrono_tz::Tz;
use std::collections::{BTreeSet, HashMap};

/// Which absence is to be spoken of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// The one with this id.
    Id(AbsenceId),
    /// The one that runs, else the next, else one that is made up.
    Next,
}

/// The person and what is allowed, for an absence that need not be saved: what clients of it will read.
/// `None` for a person who is not there.
pub async fn about(
    tx: &mut Tx,
    settings: &NoticeSettings,
    absence: &Absence,
    now: Timestamp,
) -> Result<Option<(AbsentPerson, Policy)>> {
    let Some(owner) = store::people::load(tx, absence.user).await? else { return Ok(None) };
    let mut world = store::people::world(tx, &settings.rights, now).await?;
    world.absences.retain(|known| known.id != absence.id);
    world.absences.push(absence.clone());
    let at = absence.starts.max(now);
    let person = absent_person(tx, settings, owner, absence.clone(), &world, at).await?;
    Ok(Some((person, settings.policy.clone())))
}

/// The same for the absence of a user that runs, else their next, else one of a week.
pub async fn usual(
    tx: &mut Tx,
    settings: &NoticeSettings,
    user: UserId,
    now: Timestamp,
) -> Result<Option<(AbsentPerson, Policy)>> {
    let Some(owner) = store::people::load(tx, user).await? else { return Ok(None) };
    let world = store::people::world(tx, &settings.rights, now).await?;
    let absence = next(&world, user, now).cloned().unwrap_or_else(|| made_up(user, &owner.zone, now));
    about(tx, settings, &absence, now).await
}

/// The absence that runs, else the one that begins first.
fn next(world: &World, user: UserId, now: Timestamp) -> Option<&Absence> {
    let theirs = world.absences.iter().filter(|absence| absence.user == user);
    theirs.min_by_key(|absence| (absence.phase(now) != Phase::Running, absence.starts))
}

/// Who looks, and so what may be told of senders: that an address is known is told only by what the viewer
/// may read themselves (P5). `None` is the operator.
#[derive(Clone, Copy)]
pub struct Sight<'s>(pub Option<&'s Scope>);

impl Sight<'_> {
    /// What is known of the senders of these mails, as far as it may be told.
    pub(super) async fn senders(
        self,
        tx: &mut Tx,
        batch: &[(&Prepared, Option<MailId>)],
        away: &Away,
        now: Timestamp,
    ) -> Result<HashMap<String, SenderFacts>> {
        let mut facts = load_senders(tx, batch, now).await?;
        let Some(scope) = self.0 else { return Ok(facts) };
        let addresses: Vec<&str> = facts.keys().map(String::as_str).collect();
        let seen = store::notice_log::seen_addresses(tx, scope, &addresses).await?;
        // Of several records with one address only those that the viewer reads tell a language.
        let languages = store::notices::languages_seen(tx, scope, &addresses).await?;
        for (address, sender) in &mut facts {
            // To whom the absent person wrote, they know themselves.
            let mine = scope.viewer == away.user
                && sender.wrote_to_them
                && store::notices::wrote_since(tx, away.user, address, now.plus(-731 * DAY)).await?;
            let known = seen.contains(address);
            *sender = SenderFacts {
                known_contact: known,
                wrote_to_them: mine,
                no_automatic: sender.no_automatic && known,
                language: languages.iter().find(|(of, _)| of == address).map(|(_, language)| language.clone()),
                users: std::mem::take(&mut sender.users),
                last_language: sender.last_language.take().filter(|_| known || mine),
                ..*sender
            };
        }
        Ok(facts)
    }
}

/// What one client would get now.
#[derive(Clone, Debug)]
pub struct Previewed {
    /// The absence it speaks of; `None` for one that is made up.
    pub absence: Option<AbsenceId>,
    /// The mail of theirs to which it would be the answer; `None`: an ordinary mail was assumed.
    pub mail: Option<MailId>,
    /// What is decided.
    pub verdict: Verdict,
    /// What is planned; where something keeps it back, what would be. `None` where there is nobody to answer.
    pub plan: Option<Plan>,
    /// The notice, where one goes.
    pub notice: Option<Outgoing>,
    /// What it may look like, and what is allowed.
    pub policy: Policy,
}

/// Previews the notice to `client` for the owner of the context's mailbox; `None` if that is shared, or
/// if there is no such absence. With `real` the latest mail there that they wrote themselves is answered, not one
/// that a machine or a forger sent in their name; else one that says nothing, from a sender who proved who they are.
pub async fn preview(
    tx: &mut Tx,
    context: &Context,
    of: Of,
    client: &Address,
    (sight, real): (Sight<'_>, bool),
    now: Timestamp,
) -> Result<Option<Previewed>> {
    let Some((mut away, saved)) = as_if(tx, context, of, now).await? else { return Ok(None) };
    // What the absence says about notices counts; that it is to come does not.
    away.person.mailbox_connected_at = away.person.absence.starts;
    let lies = match real {
        true => store::notice_log::latest_from(tx, context.mailbox, client.as_str()).await?,
        false => None,
    };
    let (mail, raw) = match lies.and_then(|lies| lies.mail) {
        Some(mail) => (Some(mail), store::mails::unpacked(tx, mail).await?),
        None => (None, Vec::new()),
    };
    let (mail, raw) = match raw.is_empty() {
        false => (mail, raw),
        true => (None, ordinary(client, &away, now)),
    };
    let prepared = prepare_one(context, Lying::now(now), raw, now).await?;
    let Some(prepared) = prepared else { return Ok(None) };
    let (verdict, plan) = consider(tx, context, sight, &away, (&prepared, mail), now).await?;
    let notice = match &verdict {
        Verdict::Send(plan) => Some(notice::compose(plan, &away.policy, rand::random(), now)),
        Verdict::Withhold(_) => None,
    };
    Ok(Some(Previewed { absence: saved, mail, verdict, plan, notice, policy: away.policy }))
}

/// The verdict on a mail with what was really sent so far, and what would be planned if nothing kept it back.
async fn consider(
    tx: &mut Tx,
    context: &Context,
    sight: Sight<'_>,
    away: &Away,
    (mail, stored): (&Prepared, Option<MailId>),
    now: Timestamp,
) -> Result<(Verdict, Option<Plan>)> {
    let batch = [(mail, stored)];
    let senders = sight.senders(tx, &batch, away, now).await?;
    let ours = load_ours(tx, &batch).await?;
    let mut trigger = trigger_of(context, mail, &senders, &ours, &away.person);
    let mut ledger = Ledger::default();
    trigger.for_record = for_record(tx, away, mail, stored, now).await?;
    if let Verdict::Send(plan) = notice::decide(&trigger, &away.person, &ledger, &away.policy, now) {
        trigger.answered_meanwhile = answered(tx, away, mail, now).await?;
        let (sender, domain) = ledger_keys(&context.keys, &plan);
        let (user, absence, repeat_after) = (away.user, away.person.absence.id, repeat_after(&away.policy));
        let asked = AskedOf { user, absence, trigger: 0, sender, domain, repeat_after };
        ledger = store::notices::ledger(tx, &asked, now).await?;
        ledger.decided = false;
    }
    let planned = notice::would_say(&trigger, &away.person, &away.policy, now);
    Ok((verdict(&trigger, away, &ledger, now), planned))
}

/// What is decided with this ledger, and with the breaker as it stands.
fn verdict(trigger: &Trigger<'_>, away: &Away, ledger: &Ledger, now: Timestamp) -> Verdict {
    match notice::decide(trigger, &away.person, ledger, &away.policy, now) {
        Verdict::Send(_) if away.tripped => Verdict::Withhold(Reason::Breaker),
        decided => decided,
    }
}

/// One of the last mails, with what would have been decided.
#[derive(Clone, Debug)]
pub struct Tried {
    /// Where it lies.
    pub place: Lies,
    /// What would have been decided; `None` where nothing is known of the mail: it concerns no record, or
    /// its bytes are not kept.
    pub verdict: Option<Verdict>,
}

/// A dry run.
#[derive(Clone, Debug)]
pub struct Trial {
    /// Whose mailbox it is.
    pub user: UserId,
    /// The absence that counted; `None` for one that is made up.
    pub absence: Option<AbsenceId>,
    /// The mails, newest first.
    pub mails: Vec<Tried>,
}

impl Trial {
    /// How many of the mails would have been answered, and of how many nothing is known.
    pub fn counts(&self) -> (usize, usize) {
        let goes = self.mails.iter().filter(|tried| matches!(tried.verdict, Some(Verdict::Send(_)))).count();
        (goes, self.mails.iter().filter(|tried| tried.verdict.is_none()).count())
    }
}

/// Who of the senders of the last mails in a mailbox's inbox would have got a notice, had an absence run
/// and notices been on since before the first of them (R81). `None` for a shared mailbox.
pub async fn try_last(
    tx: &mut Tx,
    context: &Context,
    of: Of,
    sight: Sight<'_>,
    last: i64,
    now: Timestamp,
) -> Result<Option<Trial>> {
    let places = store::notice_log::last_of(tx, context.mailbox, last).await?;
    let Some((mut away, absence)) = as_if(tx, context, of, now).await? else { return Ok(None) };
    let first = places.iter().filter_map(|place| place.internal_at).min().unwrap_or(now);
    let runs = &mut away.person.absence;
    (runs.starts, runs.ends, runs.notice, runs.notice_since) = (first, None, true, Some(first));
    away.person.mailbox_connected_at = first;
    // It is tried before notices are switched on.
    (away.policy.settings.enabled, away.policy.stopped) = (true, false);
    let mut mails = Vec::new();
    let mut sent: Vec<(Timestamp, SenderKey)> = Vec::new();
    for place in places.into_iter().rev() {
        let verdict = one(tx, context, (sight, &away), &place, &mut sent, now).await?;
        mails.push(Tried { place, verdict });
    }
    mails.reverse();
    Ok(Some(Trial { user: away.user, absence, mails }))
}

/// What would have been decided about one mail when it came.
async fn one(
    tx: &mut Tx,
    context: &Context,
    (sight, away): (Sight<'_>, &Away),
    place: &Lies,
    sent: &mut Vec<(Timestamp, SenderKey)>,
    now: Timestamp,
) -> Result<Option<Verdict>> {
    let Some(stored) = place.mail else { return Ok(None) };
    let raw = store::mails::unpacked(tx, stored).await?;
    if raw.is_empty() {
        return Ok(None);
    }
    let at = place.internal_at.unwrap_or(now);
    let Some(mail) = prepare_one(context, Lying::then(place), raw, now).await? else { return Ok(None) };
    let batch = [(&mail, Some(stored))];
    let senders = sight.senders(tx, &batch, away, now).await?;
    let ours = load_ours(tx, &batch).await?;
    let mut trigger = trigger_of(context, &mail, &senders, &ours, &away.person);
    trigger.for_record = for_record(tx, away, &mail, Some(stored), now).await?;
    let ledger = simulated(sent, notice::sender_key(&mail.mail.return_path).as_ref(), at);
    let verdict = notice::decide(&trigger, &away.person, &ledger, &away.policy, at);
    if let Verdict::Send(plan) = &verdict {
        sent.push((at, plan.sender.clone()));
    }
    Ok(Some(verdict))
}

/// What the ledger would have held.
fn simulated(sent: &[(Timestamp, SenderKey)], sender: Option<&SenderKey>, at: Timestamp) -> Ledger {
    let within = |span: i64| sent.iter().filter(move |(then, _)| at.since(*then) < span);
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let domain = |key: &SenderKey| sender.is_some_and(|sender| sender.domain == key.domain);
    Ledger {
        already: sent.iter().any(|(_, key)| sender == Some(key)).then_some(Already::InTrial),
        domain_day: count(within(DAY).filter(|(_, key)| domain(key)).count()),
        person_hour: count(within(HOUR).count()),
        ..Ledger::default()
    }
}

/// Somebody to whom a mail came, with what was decided for them and what each rule says.
#[derive(Clone, Debug)]
pub struct Concerned {
    /// The mailbox in which it lies.
    pub mailbox: MailboxId,
    /// Whose that is; `None` for a shared one, which never answers (R13).
    pub user: Option<UserId>,
    /// What was decided when it came; `None` where nothing was, since nobody was away.
    pub noted: Option<Line>,
    /// Each rule; empty where the person was not away.
    pub rules: Vec<Asked>,
    /// What speaks of the sender's language, best first (R78); empty where the person was not away.
    pub spoken: Vec<Spoken>,
}

/// Everybody to whom a stored mail came, and each rule asked as at the moment of deciding. What was sent
/// before then, and how the mail was flagged, is not kept: of those rules the one that was noted holds.
pub async fn explain(
    tx: &mut Tx,
    context_of: impl Fn(MailboxId) -> Context,
    sight: Sight<'_>,
    mail: MailId,
    now: Timestamp,
) -> Result<Vec<Concerned>> {
    let noted = store::notice_log::of_mail(tx, mail).await?;
    let (mut found, mut seen): (Vec<Concerned>, BTreeSet<(Option<UserId>, i64)>) = Default::default();
    for place in store::notice_log::places(tx, mail).await? {
        let key = (place.user, if place.user.is_some() { 0 } else { place.mailbox.0 });
        if !seen.insert(key) {
            continue;
        }
        let line = noted.iter().find(|line| Some(line.user) == place.user).cloned();
        let context = context_of(place.mailbox);
        let (rules, spoken) = match place.user {
            Some(user) => then(tx, &context, (sight, user), &place, line.as_ref(), now).await?,
            None => Default::default(),
        };
        found.push(Concerned { mailbox: place.mailbox, user: place.user, noted: line, rules, spoken });
    }
    Ok(found)
}

/// By what a mail is named that concerns no record, so that nothing of it is kept but keyed hashes (P9).
#[derive(Clone, Debug)]
pub enum Unstored {
    /// Its Message-ID: then what was decided can be told.
    Id(MsgId),
    /// Its bytes, from somebody who has it: then each rule can be asked as well.
    Bytes(Vec<u8>),
}

/// What was decided about a mail that is not stored, for everybody for whom something was. Empty where nobody was
/// away to whom it came, or it is stored.
pub async fn unstored(
    tx: &mut Tx,
    context_of: impl Fn(MailboxId) -> Context,
    sight: Sight<'_>,
    wanted: Unstored,
    now: Timestamp,
) -> Result<Vec<Concerned>> {
    let context = context_of(MailboxId(0));
    let (lines, raw) = match wanted {
        Unstored::Id(id) => (store::notice_log::of_id(tx, prepare::id_key(&context.keys, &id)).await?, None),
        Unstored::Bytes(raw) => {
            let Some(mail) = prepare_one(&context, Lying::now(now), raw.clone(), now).await? else {
                return Ok(Vec::new());
            };
            let trigger = context.keys.hash("trigger", &mail.row.identity);
            (store::notice_log::of_trigger(tx, trigger).await?, Some(raw))
        }
    };
    let mailboxes = store::mailboxes::list(tx).await?;
    let mut found = Vec::new();
    for line in lines.into_iter().filter(|line| line.mail.is_none()) {
        let Some(mailbox) = mailboxes.iter().find(|one| one.user == Some(line.user)).map(|one| one.id) else {
            continue;
        };
        let lying = Lying { internal_at: Some(line.at), ..Lying::now(now) };
        let (rules, spoken) = match &raw {
            Some(raw) => {
                let mail = (raw.clone(), None, lying);
                rules_of(tx, &context_of(mailbox), (sight, line.user), mail, Some(&line), now).await?
            }
            None => Default::default(),
        };
        found.push(Concerned { mailbox, user: Some(line.user), noted: Some(line), rules, spoken });
    }
    Ok(found)
}

/// Where a mail came that is not kept, whether anything was decided about it or not.
pub async fn came(tx: &mut Tx, context: &Context, raw: Vec<u8>, now: Timestamp) -> Result<Vec<Place>> {
    match prepare_one(context, Lying::now(now), raw, now).await? {
        Some(mail) => replay::passed_over(tx, &mail, &context.keys).await,
        None => Ok(Vec::new()),
    }
}

/// What each rule said when a mail was decided, as far as that can be told now; and what speaks of its
/// sender's language.
async fn then(
    tx: &mut Tx,
    context: &Context,
    (sight, user): (Sight<'_>, UserId),
    place: &Lies,
    noted: Option<&Line>,
    now: Timestamp,
) -> Result<(Vec<Asked>, Vec<Spoken>)> {
    let Some(stored) = place.mail else { return Ok(Default::default()) };
    let raw = store::mails::unpacked(tx, stored).await?;
    let lying = Lying { arrival: place.arrival, ..Lying::then(place) };
    rules_of(tx, context, (sight, user), (raw, Some(stored), lying), noted, now).await
}

/// The same of a mail's bytes, as they lay.
async fn rules_of(
    tx: &mut Tx,
    context: &Context,
    (sight, user): (Sight<'_>, UserId),
    (raw, stored, lying): (Vec<u8>, Option<MailId>, Lying),
    noted: Option<&Line>,
    now: Timestamp,
) -> Result<(Vec<Asked>, Vec<Spoken>)> {
    let nothing = || Ok(Default::default());
    let Some(owner) = store::people::load(tx, user).await? else { return nothing() };
    let arrived = lying.internal_at.unwrap_or(now);
    let absence = match noted {
        Some(line) => store::absences::load(tx, line.absence).await?,
        None => {
            let all = store::absences::between(tx, arrived, arrived.plus(1)).await?;
            all.into_iter().find(|absence| absence.user == user)
        }
    };
    let Some(absence) = absence else { return nothing() };
    let at = noted.map_or(arrived, |line| line.at);
    let Some(mail) = prepare_one(context, lying, raw, now).await? else { return nothing() };
    let world = store::people::world(tx, &context.notice.rights, now).await?;
    let away = away(tx, context, owner, absence, world, now).await?;
    let batch = [(&mail, stored)];
    let senders = sight.senders(tx, &batch, &away, now).await?;
    let ours = load_ours(tx, &batch).await?;
    let trigger = trigger_of(context, &mail, &senders, &ours, &away.person);
    let mut rules = notice::asked(&trigger, &away.person, &Ledger::default(), &away.policy, at);
    // Where nobody said when it arrived, it is not told that it arrived in time.
    if rules.iter().any(|asked| asked.forbids && asked.reason == Reason::NoArrival) {
        let in_time = |reason| matches!(reason, Reason::NotAway | Reason::TooEarly | Reason::TooLate);
        rules.retain(|asked| asked.forbids || !in_time(asked.reason));
    }
    let mut rules = match noted {
        Some(line) => as_noted(rules, &line.reason),
        None => rules,
    };
    drop_unasked(&mut rules, noted.map(|line| line.reason.as_str()));
    Ok((rules, notice::spoken(&trigger, &away.policy)))
}

/// Rules as they must have said: what was noted forbade, and nothing that is asked before it.
fn as_noted(mut rules: Vec<Asked>, reason: &str) -> Vec<Asked> {
    let noted = Reason::from_rule(reason);
    let place = noted.and_then(|noted| rules.iter().position(|asked| asked.reason.rule() == noted.rule()));
    for (at, asked) in rules.iter_mut().enumerate() {
        match place {
            Some(place) if at == place => (asked.reason, asked.forbids) = (noted.unwrap_or(asked.reason), true),
            Some(place) if at > place => {}
            _ => asked.forbids = false,
        }
    }
    rules
}

/// What was sent before is counted only where nothing else forbids: what was not counted is not told to have passed.
fn drop_unasked(rules: &mut Vec<Asked>, noted: Option<&str>) {
    let last = match noted {
        Some("") => return,
        Some(_) => rules.iter().position(|asked| asked.forbids),
        None => None,
    };
    let mut at = 0;
    rules.retain(|asked| {
        at += 1;
        asked.forbids || !asked.reason.counts() || last.is_some_and(|last| at <= last)
    });
}

/// The owner of the mailbox as if the absence that is meant ran now; and its id, if there is one.
async fn as_if(tx: &mut Tx, context: &Context, of: Of, now: Timestamp) -> Result<Option<(Away, Option<AbsenceId>)>> {
    let Some(user) = store::mailboxes::user_of(tx, context.mailbox).await? else { return Ok(None) };
    let Some(owner) = store::people::load(tx, user).await? else { return Ok(None) };
    let mut world: World = store::people::world(tx, &context.notice.rights, now).await?;
    let (mut absence, saved) = match (of, next(&world, user, now)) {
        (Of::Id(id), _) => match store::absences::load(tx, id).await?.filter(|absence| absence.user == user) {
            Some(absence) => (absence, Some(id)),
            None => return Ok(None),
        },
        (Of::Next, Some(next)) => (next.clone(), Some(next.id)),
        (Of::Next, None) => (made_up(user, &owner.zone, now), None),
    };
    if absence.phase(now) != Phase::Running {
        // Whoever is away when it begins is away now.
        let sooner = now.plus(-HOUR).since(absence.starts);
        for other in &mut world.absences {
            (other.starts, other.ends) = (other.starts.plus(sooner), other.ends.map(|end| end.plus(sooner)));
        }
        (absence.starts, absence.ends) = (now.plus(-DAY), Some(now.plus(DAY)));
        absence.notice_since = absence.notice_since.map(|since| since.min(absence.starts));
    }
    world.absences.retain(|known| known.id != absence.id);
    world.absences.push(absence.clone());
    Ok(Some((away(tx, context, owner, absence, world, now).await?, saved)))
}

/// An absence of a week for somebody who has none.
fn made_up(user: UserId, zone: &str, now: Timestamp) -> Absence {
    let tz: Tz = zone.parse().unwrap_or(Tz::UTC);
    let today = now.to_utc().with_timezone(&tz).date_naive();
    Absence {
        id: AbsenceId(0),
        user,
        first_day: today,
        last_day: today.checked_add_days(chrono::Days::new(6)),
        back_on: None,
        first_time: None,
        last_time: None,
        confirm_on: None,
        nature: Default::default(),
        zone: zone.to_owned(),
        starts: now.plus(-DAY),
        ends: Some(now.plus(7 * DAY)),
        substitute: None,
        exceptions: Vec::new(),
        deputy: None,
        plan: Default::default(),
        cover_writes: true,
        notice: true,
        notice_since: Some(now.plus(-DAY)),
        notice_texts: Default::default(),
    }
}

/// How a mail lies, for the decision: flags that it got later say nothing of the moment it came.
struct Lying {
    location: LocationId,
    folder: FolderId,
    role: Role,
    arrival: Arrival,
    internal_at: Option<Timestamp>,
}

impl Lying {
    fn now(now: Timestamp) -> Lying {
        let (location, folder) = (LocationId(0), FolderId(0));
        Lying { location, folder, role: Role::Inbox, arrival: Arrival::Live, internal_at: Some(now) }
    }

    fn then(place: &Lies) -> Lying {
        let (location, folder, role) = (place.location, place.folder, place.role);
        Lying { location, folder, role, arrival: Arrival::Live, internal_at: place.internal_at }
    }
}

async fn prepare_one(context: &Context, lying: Lying, raw: Vec<u8>, now: Timestamp) -> Result<Option<Prepared>> {
    let Lying { location, folder, role, arrival, internal_at } = lying;
    let found = Found { location, folder, role, arrival, internal_at, flags: Vec::new(), raw };
    let (keys, policy) = (context.keys.clone(), context.notice.policy.clone());
    let prepared = tokio::task::spawn_blocking(move || prepare::all(vec![found], &keys, &policy, now)).await?;
    Ok(prepared.into_iter().next())
}

/// A mail of a client that says nothing, as our server would have delivered it.
fn ordinary(client: &Address, away: &Away, now: Timestamp) -> Vec<u8> {
    let own = away.person.addresses.first().map_or("", Address::as_str);
    let server = away.policy.settings.authserv_id.trim();
    let stamp = match server.is_empty() {
        true => String::new(),
        false => format!("Authentication-Results: {server}; dmarc=pass header.from={}\r\n", client.domain()),
    };
    format!(
        "Return-Path: <{client}>\r\nReceived: from client by us\r\n{stamp}From: <{client}>\r\nTo: <{own}>\r\n\
         Subject: \r\nDate: {}\r\nMessage-ID: <preview@{}>\r\n\r\nHello\r\n",
        now.to_utc().to_rfc2822(),
        client.domain()
    )
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_noted_stands_and_nothing_before_it_forbade() {
        let asked = |reason, forbids| Asked { reason, forbids, stamped: false };
        let rules = vec![asked(Reason::Off, true), asked(Reason::AlreadyTold, false), asked(Reason::Capped, true)];
        let after = |reason: &str| as_noted(rules.clone(), reason).iter().map(|a| a.forbids).collect::<Vec<_>>();
        assert_eq!(after("R46"), [false, true, true]);
        assert_eq!(after(""), [false, false, false]);
    }

    #[test]
    fn what_was_not_counted_did_not_pass() {
        let asked = |reason, forbids| Asked { reason, forbids, stamped: false };
        let after = |first, told, noted: Option<&str>| {
            let mut rules =
                vec![asked(Reason::Spam, first), asked(Reason::AlreadyTold, told), asked(Reason::Capped, false)];
            drop_unasked(&mut rules, noted);
            rules.iter().map(|asked| asked.reason.rule()).collect::<Vec<_>>()
        };
        assert_eq!(after(true, false, Some("R35")), ["R35"], "spam: whom we told was not looked at");
        assert_eq!(after(false, true, Some("R46")), ["R35", "R46"]);
        assert_eq!(after(false, false, Some("")), ["R35", "R46", "R51"], "it went");
        assert_eq!(after(false, false, None), ["R35"], "nothing was decided");
    }
}
