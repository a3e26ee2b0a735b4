//! Records out of mail: a contact, lead or opportunity with the fields found in it, and changes to a
//! contact or lead whose signature says something new. What was found is shown first; nothing is saved
//! but what the person then sends back.
//!
//! Making a record opens nobody's mailbox (P12): an address is the maker's claim, which brings mail of
//! their own mailboxes, and colleagues are asked. That holds for admins too: none gives themselves
//! sight. An opportunity is made only where its maker sees every contact whose mail it would show.
//!
//! What must be decided again comes back, and whoever called decides it in the same transaction.

mod check;

use super::actor::{Actor, Leave};
use super::corrections::{self, Said};
use super::records_life;
use crate::access::audited_reading;
use crate::model::address::Address;
use crate::model::audit::{Action, Line};
use crate::model::correction::Again;
use crate::model::facts::House;
use crate::model::found::{Detail, Found, Place};
use crate::model::id::{MailId, RecordId, UserId};
use crate::model::record::{Kind, Record, Status};
use crate::parse;
use crate::store::details::{self, Change, Field};
use crate::store::records::{Entry, Voucher};
use crate::store::{self, Tx};
pub use check::No;
use check::{checked, diverges};
use std::collections::BTreeMap;

/// The most characters of a field.
pub const LONGEST: usize = 300;

/// Where a proposed value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Found in the mail.
    Mail(Place),
    /// The account with the domain of the sender's address.
    Domain,
    /// The account of a contact on the mail.
    Contact,
    /// The mail's subject.
    Subject,
}

/// What is proposed for a new record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offer {
    /// The fields that were found; the name of an opportunity is the subject.
    pub fields: BTreeMap<Detail, (String, Option<Origin>)>,
    /// The sender's address.
    pub email: String,
    /// An account: its id and name.
    pub account: Option<(RecordId, String, Origin)>,
    /// The mail's subject.
    pub subject: String,
}

/// A record as somebody wants it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// Its fields.
    pub fields: BTreeMap<Detail, String>,
    /// Its addresses, as they were typed.
    pub emails: String,
    /// Its account, as it was typed.
    pub account: String,
    /// Whose it is to be; none: the maker's.
    pub owner: Option<UserId>,
}

/// What was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// The record.
    pub record: RecordId,
    /// The number by which it is taken back; 0 where it was made of no mail.
    pub change: i64,
    /// Addresses that are vouched for now.
    pub vouched: Vec<Address>,
    /// Threads that must be decided again.
    pub again: Again,
    /// The mail was put on it.
    pub moved: bool,
}

/// A difference between a record and what a mail says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Of which field.
    pub detail: Detail,
    /// What stands there.
    pub now: Option<String>,
    /// What the mail says.
    pub then: String,
    /// Where it says so.
    pub place: Place,
}

/// A mail as it is read here.
struct Seen {
    found: Vec<Found>,
    from: Address,
    subject: String,
}

/// The mail, if the actor sees it and a person outside wrote it.
async fn seen(tx: &mut Tx, actor: &Actor<'_>, id: MailId, house: &House) -> store::Result<Result<Seen, No>> {
    if let Some(user) = actor.user {
        let scope = store::people::scope(tx, user, actor.world, actor.now).await?;
        if store::views::message(tx, &scope, id).await?.is_none() {
            return Ok(Err(No::NoMail));
        }
    }
    let Some(row) = store::corrections::mail(tx, id).await? else { return Ok(Err(No::NoMail)) };
    let raw = store::mails::unpacked(tx, id).await?;
    let mail = parse::parse(&raw);
    let Ok(from) = Address::parse(&row.from_address) else { return Ok(Err(No::NotOutside)) };
    let ours = house.contains(from.domain()) || store::mailboxes::is_ours(tx, from.as_str()).await?;
    if ours || !(raw.is_empty() || mail.author.is_human()) {
        return Ok(Err(No::NotOutside));
    }
    Ok(Ok(Seen { found: parse::writer(&mail, &house.domains), from, subject: mail.base_subject }))
}

/// What a mail offers for a new record.
pub async fn offer(
    tx: &mut Tx,
    actor: &Actor<'_>,
    mail: MailId,
    kind: Kind,
    house: &House,
) -> store::Result<Result<Offer, No>> {
    let seen = match seen(tx, actor, mail, house).await? {
        Ok(seen) => seen,
        Err(no) => return Ok(Err(no)),
    };
    let mut fields: BTreeMap<Detail, (String, Option<Origin>)> =
        seen.found.into_iter().map(|f| (f.detail, (f.value, Some(Origin::Mail(f.place))))).collect();
    if kind == Kind::Opportunity {
        fields.retain(|detail, _| *detail == Detail::Company);
        fields.insert(Detail::Name, (seen.subject.clone(), Some(Origin::Subject)));
    }
    let account = account_of(tx, actor, &seen.from).await?;
    Ok(Ok(Offer { fields, email: seen.from.to_string(), account, subject: seen.subject }))
}

/// The account that the sender most likely belongs to, among those the actor sees.
async fn account_of(
    tx: &mut Tx,
    actor: &Actor<'_>,
    from: &Address,
) -> store::Result<Option<(RecordId, String, Origin)>> {
    // By what they read: an admin may name more.
    let scope = match actor.user {
        Some(user) => store::people::scope(tx, user, actor.world, actor.now).await?,
        None => actor.reach.clone(),
    };
    let contacts = details::with_address(tx, from.as_str()).await?;
    let contacts = store::records::load_seen(tx, &scope, &contacts).await?;
    let by_contact: Vec<RecordId> = contacts.iter().filter_map(|c| c.record.account).collect();
    if let Some(account) = store::records::load_seen(tx, &scope, &by_contact).await?.into_iter().next() {
        return Ok(Some((account.record.id, account.record.name, Origin::Contact)));
    }
    let domains: Vec<&str> = crate::model::address::levels(from.domain()).collect();
    let by_domain = store::records::by_domains(tx, &domains).await?;
    let ids: Vec<RecordId> = domains.iter().filter_map(|d| by_domain.get(*d)).flatten().map(|(id, _)| *id).collect();
    let seen = store::records::load_seen(tx, &scope, &ids).await?;
    let first = ids.iter().find_map(|id| seen.iter().find(|entry| entry.record.id == *id));
    Ok(first.map(|entry| (entry.record.id, entry.record.name.clone(), Origin::Domain)))
}

/// Makes a record of a mail. The caller took [`Tx::alone`] before anything else, then asks for consent
/// to what is claimed on it and decides again what changed.
pub async fn create(
    tx: &mut Tx,
    actor: &Actor<'_>,
    mail: MailId,
    kind: Kind,
    draft: &Draft,
    house: &House,
) -> store::Result<Result<Made, No>> {
    if let Err(no) = seen(tx, actor, mail, house).await? {
        return Ok(Err(no));
    }
    let (record, vouched, fields) = match saved(tx, actor, kind, draft, house, "from-mail").await? {
        Ok(saved) => saved,
        Err(no) => return Ok(Err(no)),
    };
    let change = details::note(tx, (record, mail, true), &fields, actor.user, actor.now).await?;
    note(tx, actor, Action::Created, (record, mail), &fields, None).await?;
    let (again, moved) = match kind {
        // What somebody makes an opportunity of is about it, with its thread.
        Kind::Opportunity => {
            match corrections::say(tx, actor, mail, &Said::Move { to: Some(record), thread: true }).await? {
                Ok(done) => (done.again, true),
                Err(_) => (Again::default(), false),
            }
        }
        _ => (Again::default(), true),
    };
    Ok(Ok(Made { record, change, vouched, again, moved }))
}

/// A new record, with the addresses on it that are vouched for now and the fields that it has.
type Saved = (RecordId, Vec<Address>, Vec<Field>);

async fn saved(
    tx: &mut Tx,
    actor: &Actor<'_>,
    kind: Kind,
    draft: &Draft,
    house: &House,
    reason: &str,
) -> store::Result<Result<Saved, No>> {
    let checked = match checked(tx, actor, kind, draft, house).await? {
        Ok(checked) => checked,
        Err(no) => return Ok(Err(no)),
    };
    let Some(owner) = draft.owner.or(actor.user) else { return Ok(Err(No::NoOwner)) };
    if !actor.world.active(owner) || (actor.user.is_some() && draft.owner.is_some_and(|o| actor.user != Some(o))) {
        return Ok(Err(No::NoOwner));
    }
    if kind == Kind::Opportunity && !sees_contacts(tx, actor, checked.account).await? {
        return Ok(Err(No::Strangers));
    }
    let team = store::people::load(tx, owner).await?.and_then(|user| user.team);
    let field = |detail| checked.fields.get(&detail).cloned();
    let entry = Entry {
        record: Record {
            id: RecordId(0),
            kind,
            name: field(Detail::Name).unwrap_or_default(),
            owner,
            team,
            confidential: false,
            status: Status::Open,
            account: checked.account,
            class: None,
            end_account: None,
            end_contact: None,
        },
        number: None,
        class: None,
        phone: field(Detail::Phone).or_else(|| field(Detail::Mobile)),
        city: field(Detail::City),
        language: None,
        external: None,
    };
    let ids = store::records::save(tx, std::slice::from_ref(&entry), actor.user, reason, actor.now).await?;
    let Some(record) = ids.first().copied() else { return Ok(Err(No::NoMail)) };
    let own = |detail: &Detail| matches!(detail, Detail::Name | Detail::Phone | Detail::City);
    let rest: Vec<_> = checked.fields.iter().filter(|(d, _)| !own(d)).map(|(d, v)| (*d, Some(v.clone()))).collect();
    details::set(tx, record, &rest).await?;
    let voucher = actor.user.map_or(Voucher::Trusted, Voucher::Claimant);
    let vouched = store::records::set_addresses(tx, &[(record, owner, checked.emails)], voucher, actor.now).await?;
    let made = |(what, after): (&Detail, &String)| Field { what: *what, before: None, after: Some(after.clone()) };
    let fields: Vec<Field> = checked.fields.iter().map(made).collect();
    Ok(Ok((record, vouched, fields)))
}

/// Makes a contact or lead by hand, of no mail. As [`create`] otherwise: its addresses are its maker's claims.
pub async fn by_hand(
    tx: &mut Tx,
    actor: &Actor<'_>,
    kind: Kind,
    draft: &Draft,
    house: &House,
) -> store::Result<Result<Made, No>> {
    if !matches!(kind, Kind::Contact | Kind::Lead) {
        return Ok(Err(No::NoRecord));
    }
    let (record, vouched, fields) = match saved(tx, actor, kind, draft, house, "by-hand").await? {
        Ok(saved) => saved,
        Err(no) => return Ok(Err(no)),
    };
    let words: Vec<&str> = fields.iter().map(|f| f.what.word()).collect();
    let line = Line::new(actor.now, actor.user, Action::Created).record(record);
    store::audit::note(tx, &[line.detail(serde_json::json!({ "fields": words }))]).await?;
    Ok(Ok(Made { record, change: 0, vouched, again: Again::default(), moved: false }))
}

/// Whether the actor sees every contact of an account by a right that does not end with an absence: an
/// opportunity there would show them the mail of all of them.
async fn sees_contacts(tx: &mut Tx, actor: &Actor<'_>, account: Option<RecordId>) -> store::Result<bool> {
    let (Some(user), Some(account)) = (actor.user, account) else { return Ok(true) };
    let contacts = store::records::contacts_of(tx, &[account]).await?;
    let ids: Vec<RecordId> = contacts.iter().map(|c| c.record.id).collect();
    // By what they read, not by what an admin may name.
    let scope = store::people::scope(tx, user, actor.world, actor.now).await?;
    let shares = store::shares::on(tx, &ids).await?;
    let shown = |contact: &Entry| {
        let on_it: Vec<_> = shares.iter().filter(|s| s.record == contact.record.id).cloned().collect();
        scope.reads(&contact.record, &on_it)
            && (contact.record.owner == user
                || audited_reading(user, &contact.record, &on_it, actor.world, actor.now).is_none())
    };
    Ok(contacts.iter().all(shown))
}

/// The contacts and leads with the sender's address that the actor may change.
pub async fn subjects(
    tx: &mut Tx,
    actor: &Actor<'_>,
    mail: MailId,
    house: &House,
) -> store::Result<Vec<(RecordId, String)>> {
    let Ok(seen) = seen(tx, actor, mail, house).await? else { return Ok(Vec::new()) };
    let ids = details::with_address(tx, seen.from.as_str()).await?;
    let named = actor.named(tx, &ids).await?;
    let person = |e: &&Entry| matches!(e.record.kind, Kind::Contact | Kind::Lead);
    let may = |e: &&Entry| actor.may_write(&e.record, named.shares_on(e.record.id)).is_some();
    let may = named.entries.iter().filter(person).filter(may);
    Ok(may.map(|e| (e.record.id, e.record.name.clone())).collect())
}

/// What a mail says of its sender that the record does not.
pub async fn differences(
    tx: &mut Tx,
    actor: &Actor<'_>,
    mail: MailId,
    record: RecordId,
    house: &House,
) -> store::Result<Result<(Entry, Vec<Difference>), No>> {
    let (seen, entry, _) = match subject(tx, actor, mail, record, house).await? {
        Ok(found) => found,
        Err(no) => return Ok(Err(no)),
    };
    let now = present(tx, &entry).await?;
    let new = seen.found.into_iter().filter_map(|found| {
        let before = now.get(&found.detail).cloned();
        let then = found.value;
        diverges(found.detail, before.as_deref(), &then).then_some(Difference {
            detail: found.detail,
            now: before,
            then,
            place: found.place,
        })
    });
    Ok(Ok((entry, new.collect())))
}

/// The mail and the record that it may change: a contact or lead with the sender's address.
async fn subject(
    tx: &mut Tx,
    actor: &Actor<'_>,
    mail: MailId,
    record: RecordId,
    house: &House,
) -> store::Result<Result<(Seen, Entry, Leave), No>> {
    let seen = match seen(tx, actor, mail, house).await? {
        Ok(seen) => seen,
        Err(no) => return Ok(Err(no)),
    };
    let named = actor.named(tx, &[record]).await?;
    let Some(entry) = named.entries.first() else { return Ok(Err(No::NoRecord)) };
    let its = details::with_address(tx, seen.from.as_str()).await?.contains(&record);
    if !its || !matches!(entry.record.kind, Kind::Contact | Kind::Lead) {
        return Ok(Err(No::NotTheirs));
    }
    match actor.may_write(&entry.record, named.shares_on(record)) {
        Some(leave) => Ok(Ok((seen, entry.clone(), leave))),
        None if actor.may_read(&entry.record, named.shares_on(record)).is_some() => Ok(Err(No::MayNotWrite)),
        // An admin may name it without reading it.
        None => Ok(Err(No::NoRecord)),
    }
}

/// All that stands on a record.
async fn present(tx: &mut Tx, entry: &Entry) -> store::Result<BTreeMap<Detail, String>> {
    let id = entry.record.id;
    let mut now = details::of(tx, &[id]).await?.remove(&id).unwrap_or_default();
    now.insert(Detail::Name, entry.record.name.clone());
    now.extend(entry.phone.clone().map(|phone| (Detail::Phone, phone)));
    now.extend(entry.city.clone().map(|city| (Detail::City, city)));
    Ok(now)
}

/// Changes a contact or lead as a mail says: each field with what stood there when it was shown.
pub async fn update(
    tx: &mut Tx,
    actor: &Actor<'_>,
    mail: MailId,
    record: RecordId,
    wanted: &[(Detail, Option<String>, String)],
    house: &House,
) -> store::Result<Result<i64, No>> {
    store::records::hold(tx).await?;
    let (_, entry, leave) = match subject(tx, actor, mail, record, house).await? {
        Ok(found) => found,
        Err(no) => return Ok(Err(no)),
    };
    if wanted.is_empty() {
        return Ok(Err(No::Nothing));
    }
    let now = present(tx, &entry).await?;
    let mut fields = Vec::new();
    for (what, before, after) in wanted {
        let after = match check::field(*what, after) {
            Ok(after) => after,
            Err(no) => return Ok(Err(no)),
        };
        if now.get(what) != before.as_ref() {
            return Ok(Err(No::Moved));
        }
        fields.push(Field { what: *what, before: before.clone(), after });
    }
    if fields.iter().any(|f| f.what == Detail::Name && f.after.is_none()) {
        return Ok(Err(No::NoName));
    }
    write(tx, actor, entry, &fields).await?;
    let change = details::note(tx, (record, mail, false), &fields, actor.user, actor.now).await?;
    note(tx, actor, Action::Edited, (record, mail), &fields, Some(leave)).await?;
    Ok(Ok(change))
}

async fn write(tx: &mut Tx, actor: &Actor<'_>, mut entry: Entry, fields: &[Field]) -> store::Result<()> {
    let mut rest = Vec::new();
    for field in fields {
        match field.what {
            Detail::Name => entry.record.name = field.after.clone().unwrap_or_default(),
            Detail::Phone => entry.phone.clone_from(&field.after),
            Detail::City => entry.city.clone_from(&field.after),
            what => rest.push((what, field.after.clone())),
        }
    }
    let id = entry.record.id;
    store::records::save(tx, std::slice::from_ref(&entry), actor.user, "from-mail", actor.now).await?;
    details::set(tx, id, &rest).await
}

/// Takes back what was made of a mail: the fields as they were, or the new record away. Not where a
/// field has changed since.
pub async fn undo(tx: &mut Tx, actor: &Actor<'_>, change: i64) -> store::Result<Result<Change, No>> {
    store::records::hold(tx).await?;
    let Some(change) = details::load(tx, change).await?.filter(|c| !c.undone) else { return Ok(Err(No::NotUndone)) };
    let named = actor.named(tx, &[change.record]).await?;
    let Some(entry) = named.entries.first().cloned() else { return Ok(Err(No::NotUndone)) };
    let Some(leave) = actor.may_write(&entry.record, named.shares_on(change.record)) else {
        return Ok(Err(No::NotUndone));
    };
    if change.made {
        if records_life::delete(tx, actor, change.record, "").await?.is_err() {
            return Ok(Err(No::NotUndone));
        }
    } else {
        let now = present(tx, &entry).await?;
        if change.fields.iter().any(|field| now.get(&field.what) != field.after.as_ref()) {
            return Ok(Err(No::NotUndone));
        }
        let turn = |f: &Field| Field { what: f.what, before: f.after.clone(), after: f.before.clone() };
        write(tx, actor, entry, &change.fields.iter().map(turn).collect::<Vec<_>>()).await?;
        let line = actor.line(Action::Edited, change.record, leave);
        store::audit::note(tx, &[line.detail(serde_json::json!({ "undone": change.id }))]).await?;
    }
    details::undo(tx, change.id, actor.user, actor.now).await?;
    Ok(Ok(change))
}

/// A line of the audit: which fields, never what stands in them.
async fn note(
    tx: &mut Tx,
    actor: &Actor<'_>,
    action: Action,
    (record, mail): (RecordId, MailId),
    fields: &[Field],
    leave: Option<Leave>,
) -> store::Result<()> {
    let words: Vec<&str> = fields.iter().map(|f| f.what.word()).collect();
    let line = match leave {
        Some(leave) => actor.line(action, record, leave),
        None => Line::new(actor.now, actor.user, action).record(record),
    };
    store::audit::note(tx, &[line.subject(mail.0).detail(serde_json::json!({ "fields": words }))]).await
}
