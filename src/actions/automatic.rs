//! What automatic mail means for contacts, as somebody sees it, and what they say of it: that a contact is
//! away or back, left or did not, that an address works again, that whom a notice names is worth a contact.
//!
//! Nothing is kept of what follows from mail: it is worked out from the mails that the viewer may read.

use super::actor::{Actor, Leave};
use super::records_life;
use crate::access::{Path, Scope};
use crate::model::address::Address;
use crate::model::audit::{Action, Line};
use crate::model::facts::House;
use crate::model::id::{MailId, RecordId, UserId};
use crate::model::reach::{self, AddressState, Away, AwayMail, AwayWord, Left, LeftMail, LeftWord};
use crate::model::record::{Kind, Record, Status};
use crate::model::time::Timestamp;
use crate::store::automatic_reach::{self as mails, Saying};
use crate::store::automatic_words::{self as words, Word};
use crate::store::records::{Entry, Voucher};
use crate::store::{self, Tx};
use chrono::NaiveDate;
use chrono_tz::Tz;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What holds of a contact or lead at this moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Reach {
    /// They are away.
    pub away: Option<Away>,
    /// They left, by the address that was theirs.
    pub left: Vec<(String, Left)>,
    /// Addresses against which something stands.
    pub addresses: Vec<(String, AddressState)>,
    /// Whom their notices name, and who is nobody's contact here: the latest first.
    pub offers: Vec<Offer>,
    /// They get no automatic mail: since when, and who says so (none: the operator).
    pub quiet: Option<(Timestamp, Option<UserId>)>,
}

/// Somebody whom a notice names.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Offer {
    /// Where to write to them.
    pub address: String,
    /// As the notice writes it.
    pub name: Option<String>,
    /// The notice.
    pub mail: MailId,
}

impl Reach {
    /// Whether there is nothing to say.
    pub fn is_clear(&self) -> bool {
        *self == Reach::default()
    }

    /// Whether it matters to whoever would write to them or wait for them.
    pub fn warns(&self) -> bool {
        self.away.is_some() || !self.left.is_empty() || self.addresses.iter().any(|(_, state)| state.is_doubtful())
    }
}

/// What is to be said of a contact or lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Say {
    /// They are away until this day, or nobody knows until when.
    Away(Option<NaiveDate>),
    /// They are back, or were never away.
    Back,
    /// They left: this address is not to be used.
    Left(Address),
    /// They did not: it is theirs.
    Stays(Address),
    /// Whom a notice names under this address is not worth a contact.
    Pass(Address),
    /// They get no automatic mail (R42).
    Quiet,
    /// They get automatic mail again.
    Speaks,
}

/// Why nothing was said.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum No {
    /// There is no such contact or lead, or it is not theirs to see.
    #[error("there is no such contact or lead, or it is not to be seen")]
    NotThere,
    /// They read it and may not change it.
    #[error("you may read this contact, not change it; ask its owner")]
    MayNotWrite,
    /// The day has passed.
    #[error("that day has passed; choose today or a later one")]
    Passed,
    /// The address is not theirs.
    #[error("that address does not stand on this contact")]
    NotTheirs,
    /// No notice names it, or it was decided.
    #[error("no notice of this contact names that address, or it was decided already")]
    NotOffered,
    /// It is an address of the company's own.
    #[error("that is an address of your own company; it stands for no client")]
    Ours,
    /// Not theirs to do.
    #[error("what failures say of an address is for admins and the operator to undo")]
    NotAdmin,
    /// No report names it.
    #[error("no report says anything of that address; there is nothing to undo")]
    NothingSaid,
    /// There is no such question, or it is not theirs.
    #[error("nothing of that sort is asked, or it was decided already, or it is not yours to decide")]
    NotAsked,
    /// It was undone, or is not theirs to undo.
    #[error(
        "it was taken back already, or is not yours to take back, or the contact that was made is not yours any more"
    )]
    NotUndone,
}

/// On what somebody decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ground {
    /// Their right to change the contact.
    Rights,
    /// Being asked in review as an admin, who reads no records.
    AskedAsAdmin,
}

/// What the actor reads; the operator reads everything.
pub async fn reading(tx: &mut Tx, actor: &Actor<'_>) -> store::Result<Scope> {
    match actor.user {
        Some(user) => store::people::scope(tx, user, actor.world, actor.now).await,
        None => Ok(actor.reach.clone()),
    }
}

/// What holds of these contacts and leads, which the caller has seen that the viewer reads; those of which
/// there is nothing to say are left out. Days are those of `zone`.
pub async fn reach(
    tx: &mut Tx,
    scope: &Scope,
    records: &[RecordId],
    zone: Tz,
    now: Timestamp,
) -> store::Result<BTreeMap<RecordId, Reach>> {
    if records.is_empty() {
        return Ok(BTreeMap::new());
    }
    let addresses = mails::addresses(tx, records).await?;
    let all: BTreeSet<&str> = addresses.iter().map(|(_, address)| address.as_str()).collect();
    let said = mails::said(tx, scope, records).await?;
    let reports = mails::reports(tx, scope, &all).await?;
    let spoken = words::of_records(tx, records).await?;
    if said.is_empty() && reports.is_empty() && spoken.is_empty() {
        return Ok(BTreeMap::new());
    }
    let undone = words::of_addresses(tx, &all.iter().copied().collect::<Vec<_>>()).await?;
    let asked: BTreeSet<RecordId> =
        said.iter().map(|(record, _)| *record).chain(spoken.iter().filter_map(|w| w.record)).collect();
    let of_asked = |(record, address): &&(RecordId, String)| asked.contains(record) || reports.contains_key(address);
    let wanted: BTreeSet<&str> = addresses.iter().filter(of_asked).map(|(_, address)| address.as_str()).collect();
    let wrote = mails::wrote(tx, scope, &wanted).await?;
    let named = mails::named(tx, scope, &said.iter().map(|(record, _)| *record).collect::<Vec<_>>()).await?;
    let mut found = BTreeMap::new();
    for record in records {
        let facts = Facts { record: *record, addresses: &addresses, said: &said, words: &spoken, wrote: &wrote };
        let mut one = facts.reach(zone, now);
        let state = |address: &str| {
            let undone = undone.iter().filter(|w| w.what == "usable" && w.address.as_deref() == Some(address));
            let undone = undone.map(|w| w.at).max();
            let state = reach::address(reports.get(address)?, wrote.get(address).copied(), undone, zone);
            (!state.is_clear()).then(|| (address.to_owned(), state))
        };
        one.addresses = facts.own().filter_map(state).collect();
        one.offers = facts.offers(&named);
        if !one.is_clear() {
            found.insert(*record, one);
        }
    }
    Ok(found)
}

/// What is known of one contact.
struct Facts<'a> {
    record: RecordId,
    addresses: &'a [(RecordId, String)],
    said: &'a [(RecordId, Saying)],
    words: &'a [Word],
    wrote: &'a HashMap<String, Timestamp>,
}

impl<'a> Facts<'a> {
    fn own(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let record = self.record;
        self.addresses.iter().filter(move |(of, _)| *of == record).map(|(_, address)| address.as_str())
    }

    fn spoken(&self) -> impl Iterator<Item = &'a Word> + use<'a> {
        let record = self.record;
        self.words.iter().filter(move |word| word.record == Some(record))
    }

    fn reach(&self, zone: Tz, now: Timestamp) -> Reach {
        let (mut away, mut left): (Vec<AwayMail>, BTreeMap<&str, Vec<LeftMail>>) = Default::default();
        for (_, saying) in self.said.iter().filter(|(of, _)| *of == self.record) {
            match saying {
                Saying::Away(mail) => away.push(mail.clone()),
                Saying::Left(address, mail) => left.entry(address).or_default().push(mail.clone()),
            }
        }
        let word = |word: &Word| {
            let until = word.until.as_deref().and_then(|day| day.parse().ok());
            AwayWord { at: word.at, by: word.by, away: word.what == "away", until }
        };
        let words: Vec<AwayWord> =
            self.spoken().filter(|w| matches!(w.what.as_str(), "away" | "back")).map(word).collect();
        let wrote = self.own().filter_map(|address| self.wrote.get(address)).max().copied();
        let gone = self.own().filter_map(|address| {
            let said = self.spoken().filter(|w| w.address.as_deref() == Some(address));
            let said = said.filter(|w| matches!(w.what.as_str(), "left" | "stays"));
            let words: Vec<LeftWord> = said.map(|w| LeftWord { at: w.at, by: w.by, left: w.what == "left" }).collect();
            let mails = left.get(address).map_or(&[][..], Vec::as_slice);
            Some((address.to_owned(), reach::left(mails, &words, self.wrote.get(address).copied())?))
        });
        let quiet = self.spoken().filter(|w| matches!(w.what.as_str(), "quiet" | "speaks")).last();
        let quiet = quiet.filter(|w| w.what == "quiet").map(|w| (w.at, w.by));
        let away = reach::away(&away, &words, wrote, zone, now);
        Reach { away, left: gone.collect(), quiet, ..Reach::default() }
    }

    fn offers(&self, named: &[(RecordId, MailId, String, Option<String>)]) -> Vec<Offer> {
        let decided: BTreeSet<&str> = self
            .spoken()
            .filter(|w| matches!(w.what.as_str(), "passed" | "taken"))
            .filter_map(|w| w.address.as_deref())
            .collect();
        let mut seen = BTreeSet::new();
        let of = named.iter().filter(|(of, _, address, _)| {
            *of == self.record && !decided.contains(address.as_str()) && seen.insert(address.as_str())
        });
        of.map(|(_, mail, address, name)| Offer { address: address.clone(), name: name.clone(), mail: *mail }).collect()
    }
}

/// What holds of the contacts and leads on these mails, with their names, as far as the viewer sees them:
/// only what matters to whoever would write to them.
pub async fn on_mails(
    tx: &mut Tx,
    scope: &Scope,
    mails_: &[MailId],
    zone: Tz,
    now: Timestamp,
) -> store::Result<BTreeMap<MailId, Vec<(RecordId, String, Reach)>>> {
    let people = mails::people_on(tx, scope, mails_).await?;
    let records: BTreeSet<RecordId> = people.iter().map(|(_, record, _)| *record).collect();
    let reach = reach(tx, scope, &records.into_iter().collect::<Vec<_>>(), zone, now).await?;
    let mut found: BTreeMap<MailId, Vec<(RecordId, String, Reach)>> = BTreeMap::new();
    for (mail, record, name) in people {
        if let Some(reach) = reach.get(&record).filter(|reach| reach.warns()) {
            found.entry(mail).or_default().push((record, name, reach.clone()));
        }
    }
    Ok(found)
}

/// The contact or lead that somebody wants to say something of.
pub(super) async fn writable(
    tx: &mut Tx,
    actor: &Actor<'_>,
    id: RecordId,
    ground: Ground,
) -> store::Result<Result<(Entry, Leave), No>> {
    let named = actor.named(tx, &[id]).await?;
    let person = |entry: &&Entry| matches!(entry.record.kind, Kind::Contact | Kind::Lead);
    let Some(entry) = named.entries.iter().find(person) else { return Ok(Err(No::NotThere)) };
    if ground == Ground::AskedAsAdmin && actor.is_trusted() {
        let by = actor.user.map(|_| Path::Admin);
        return Ok(Ok((entry.clone(), Leave { by, on_behalf_of: None })));
    }
    let shares = named.shares_on(id);
    // An admin names records without reading them, and says nothing of those unless they are asked.
    if actor.may_read(&entry.record, shares).is_none() {
        return Ok(Err(No::NotThere));
    }
    let leave = actor.may_write(&entry.record, shares);
    Ok(leave.map(|leave| (entry.clone(), leave)).ok_or(No::MayNotWrite))
}

/// Says something of a contact or lead; noted in the audit. `zone`: in which days are meant.
pub async fn say(
    tx: &mut Tx,
    actor: &Actor<'_>,
    contact: RecordId,
    say: &Say,
    zone: Tz,
) -> store::Result<Result<(), No>> {
    Ok(said(tx, actor, contact, say, zone, (Ground::Rights, None)).await?.map(|_| ()))
}

/// As [`say`], on this ground, as part of the decision that began with that word; gives the word's number.
pub(super) async fn said(
    tx: &mut Tx,
    actor: &Actor<'_>,
    contact: RecordId,
    say: &Say,
    zone: Tz,
    (ground, with): (Ground, Option<i64>),
) -> store::Result<Result<i64, No>> {
    let (entry, leave) = match writable(tx, actor, contact, ground).await? {
        Ok(found) => found,
        Err(no) => return Ok(Err(no)),
    };
    let own = mails::addresses(tx, &[entry.record.id]).await?;
    let (what, address, until) = match say {
        Say::Away(until) => ("away", None, *until),
        Say::Back => ("back", None, None),
        Say::Left(address) => ("left", Some(address), None),
        Say::Stays(address) => ("stays", Some(address), None),
        Say::Pass(address) => ("passed", Some(address), None),
        Say::Quiet => ("quiet", None, None),
        Say::Speaks => ("speaks", None, None),
    };
    let today = actor.now.to_utc().with_timezone(&zone).date_naive();
    if until.is_some_and(|day| day < today) {
        return Ok(Err(No::Passed));
    }
    if let Some(address) = address {
        let passes = matches!(say, Say::Pass(_));
        if passes && offer(tx, actor, contact, address, (zone, ground)).await?.is_none() {
            return Ok(Err(No::NotOffered));
        }
        if !passes && own.iter().all(|(_, theirs)| theirs != address.as_str()) {
            return Ok(Err(No::NotTheirs));
        }
    }
    let word = Word {
        record: Some(contact),
        address: address.map(Address::to_string),
        what: what.to_owned(),
        until: until.map(|day| day.to_string()),
        by: actor.user,
        at: actor.now,
    };
    let number = words::say(tx, &word, with, None).await?;
    note(tx, actor, contact, leave, what, until).await?;
    Ok(Ok(number))
}

async fn note(
    tx: &mut Tx,
    actor: &Actor<'_>,
    contact: RecordId,
    leave: Leave,
    what: &str,
    until: Option<NaiveDate>,
) -> store::Result<()> {
    let detail = serde_json::json!({ "what": what, "until": until.map(|day| day.to_string()) });
    store::audit::note(tx, &[actor.line(Action::ReachSaid, contact, leave).detail(detail)]).await
}

async fn offer(
    tx: &mut Tx,
    actor: &Actor<'_>,
    contact: RecordId,
    address: &Address,
    (zone, ground): (Tz, Ground),
) -> store::Result<Option<Offer>> {
    let scope = match ground {
        Ground::Rights => reading(tx, actor).await?,
        Ground::AskedAsAdmin => actor.reach.clone(),
    };
    let found = reach(tx, &scope, &[contact], zone, actor.now).await?.remove(&contact).unwrap_or_default();
    Ok(found.offers.into_iter().find(|offer| offer.address == address.as_str()))
}

/// A contact that was made of somebody whom a notice names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The contact.
    pub made: RecordId,
    /// The addresses that are vouched for now.
    pub vouched: Vec<Address>,
    /// The number of the word that says so.
    pub number: i64,
}

/// Makes a contact of somebody whom a notice names: at the same account, the address a claim of whoever
/// says so (P12). The caller took [`Tx::alone`] before anything else, then asks for consent and decides
/// again what changed.
pub async fn take(
    tx: &mut Tx,
    actor: &Actor<'_>,
    contact: RecordId,
    address: &Address,
    house: &House,
) -> store::Result<Result<Taken, No>> {
    taken(tx, actor, contact, address, house, Ground::Rights).await
}

/// As [`take`], on this ground. What an admin is asked they make for the contact's owner: whoever
/// administers has no clients of their own by that.
pub(super) async fn taken(
    tx: &mut Tx,
    actor: &Actor<'_>,
    contact: RecordId,
    address: &Address,
    house: &House,
    ground: Ground,
) -> store::Result<Result<Taken, No>> {
    let (entry, leave) = match writable(tx, actor, contact, ground).await? {
        Ok(found) => found,
        Err(no) => return Ok(Err(no)),
    };
    let Some(offer) = offer(tx, actor, contact, address, (house.zone, ground)).await? else {
        return Ok(Err(No::NotOffered));
    };
    if house.contains(address.domain()) || store::mailboxes::is_ours(tx, address.as_str()).await? {
        return Ok(Err(No::Ours));
    }
    let owner = actor.user.filter(|_| ground == Ground::Rights).unwrap_or(entry.record.owner);
    let new = beside(tx, &entry, owner, offer.name.clone().unwrap_or_else(|| address.local().to_owned())).await?;
    let ids = store::records::save(tx, std::slice::from_ref(&new), actor.user, "from-mail", actor.now).await?;
    let Some(record) = ids.first().copied() else { return Ok(Err(No::NotOffered)) };
    let voucher = actor.user.map_or(Voucher::Trusted, Voucher::Claimant);
    let wanted = [(record, owner, vec![address.clone()])];
    let vouched = store::records::set_addresses(tx, &wanted, voucher, actor.now).await?;
    let word = taken_word(actor, contact, address);
    let number = words::say(tx, &word, None, Some(record)).await?;
    note(tx, actor, contact, leave, "taken", None).await?;
    let made = actor.line(Action::Created, record, Leave { by: None, on_behalf_of: None });
    store::audit::note(tx, &[made.subject(offer.mail.0)]).await?;
    Ok(Ok(Taken { made: record, vouched, number }))
}

/// The word that a contact was made of somebody whom this contact's notice names.
pub(super) fn taken_word(actor: &Actor<'_>, contact: RecordId, address: &Address) -> Word {
    Word {
        record: Some(contact),
        address: Some(address.to_string()),
        what: "taken".to_owned(),
        until: None,
        by: actor.user,
        at: actor.now,
    }
}

/// A new contact at the account of another.
async fn beside(tx: &mut Tx, other: &Entry, owner: UserId, name: String) -> store::Result<Entry> {
    let team = store::people::load(tx, owner).await?.and_then(|user| user.team);
    Ok(Entry {
        record: Record {
            id: RecordId(0),
            kind: Kind::Contact,
            name,
            owner,
            team,
            confidential: false,
            status: Status::Open,
            account: other.record.account,
            class: None,
            end_account: None,
            end_contact: None,
        },
        number: None,
        class: None,
        phone: None,
        city: None,
        language: None,
        external: None,
    })
}

/// Takes back the words of one decision, by the number of the first, and the contact that was made of them:
/// for whoever said them, as long as they may say something of each contact.
pub async fn undo(tx: &mut Tx, actor: &Actor<'_>, number: i64) -> store::Result<Result<Vec<RecordId>, No>> {
    let spoken = words::decision(tx, number).await?;
    let theirs = spoken.first().is_some_and(|first| !first.undone && first.word.by == actor.user);
    if !theirs {
        return Ok(Err(No::NotUndone));
    }
    let ground = if actor.is_trusted() { Ground::AskedAsAdmin } else { Ground::Rights };
    let mut contacts = Vec::new();
    for contact in spoken.iter().filter_map(|spoken| spoken.word.record) {
        let Ok((_, leave)) = writable(tx, actor, contact, ground).await? else { return Ok(Err(No::NotUndone)) };
        contacts.push((contact, leave));
    }
    for made in spoken.iter().filter_map(|spoken| spoken.made) {
        if records_life::delete(tx, actor, made, "").await?.is_err() {
            return Ok(Err(No::NotUndone));
        }
    }
    if !words::undo(tx, number, actor.now).await? {
        return Ok(Err(No::NotUndone));
    }
    let detail = serde_json::json!({ "undone": number });
    let line =
        |(contact, leave): &(RecordId, Leave)| actor.line(Action::ReachSaid, *contact, *leave).detail(detail.clone());
    store::audit::note(tx, &contacts.iter().map(line).collect::<Vec<_>>()).await?;
    Ok(Ok(contacts.into_iter().map(|(contact, _)| contact).collect()))
}

/// What is known of an address, as far as the actor may read the mail that says so.
/// Days are those of `zone`.
pub async fn address(tx: &mut Tx, actor: &Actor<'_>, address: &Address, zone: Tz) -> store::Result<AddressState> {
    let scope = reading(tx, actor).await?;
    let wanted = BTreeSet::from([address.as_str()]);
    let reports = mails::reports(tx, &scope, &wanted).await?.remove(address.as_str()).unwrap_or_default();
    let wrote = mails::wrote(tx, &scope, &wanted).await?.remove(address.as_str());
    let words = words::of_addresses(tx, &[address.as_str()]).await?;
    let undone = words.iter().filter(|w| w.what == "usable").map(|w| w.at).max();
    Ok(reach::address(&reports, wrote, undone, zone))
}

/// Undoes what was said of an address until now: for admins and the operator. Audited, without the address.
pub async fn usable(tx: &mut Tx, actor: &Actor<'_>, address: &Address) -> store::Result<Result<(), No>> {
    if !actor.is_trusted() {
        return Ok(Err(No::NotAdmin));
    }
    if !mails::is_reported(tx, address.as_str()).await? {
        return Ok(Err(No::NothingSaid));
    }
    let word = Word {
        record: None,
        address: Some(address.to_string()),
        what: "usable".to_owned(),
        until: None,
        by: actor.user,
        at: actor.now,
    };
    words::say(tx, &word, None, None).await?;
    let records: Vec<RecordId> = store::details::with_address(tx, address.as_str()).await?;
    let line = Line::new(actor.now, actor.user, Action::AddressCleared);
    let line = records.first().map_or(line.clone(), |record| line.clone().record(*record));
    store::audit::note(tx, &[line]).await?;
    Ok(Ok(()))
}
