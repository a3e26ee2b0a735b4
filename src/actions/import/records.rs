//! Accounts, contacts, leads and opportunities: everything a row refers to is loaded at once, rows
//! are compared with what is there in memory, and what differs is saved in bulk.

use super::table::{Table, Target};
use super::{ImportError, Options, Progress, Row, Summary, nearest};
use crate::access::{Scope, World, audited_reading, may_assign, may_mark, may_write};
use crate::model::address::{Address, domain_part};
use crate::model::audit::{Action, Line};
use crate::model::id::{RecordId, TeamId, UserId};
use crate::model::notice::Language;
use crate::model::record::{Kind, Record, Status};
use crate::model::share::Share;
use crate::model::time::Timestamp;
use crate::store::records::{Entry, Voucher};
use crate::store::{self, Tx, people::User};
use std::collections::{HashMap, HashSet};

/// Stands before a record's own id in a cell that names a record. No file holds such a cell.
pub const BY_ID: char = '\0';

/// What rows refer to.
struct Known {
    target: Target,
    users: HashMap<String, User>,
    teams: HashMap<String, TeamId>,
    accounts: HashMap<String, Entry>,
    /// Contacts of those accounts, where opportunities are imported.
    contacts_of: Vec<Entry>,
    contacts: HashMap<String, Entry>,
    records: HashMap<String, Entry>,
    /// Those of them that were deleted here, or merged into others.
    gone: HashSet<RecordId>,
    addresses: HashMap<RecordId, Vec<Address>>,
    domains: HashMap<RecordId, Vec<String>>,
    /// Accounts that have a domain of the file.
    accounts_of: HashMap<String, Vec<(RecordId, String)>>,
}

impl Known {
    /// Every record that the file names or touches.
    fn mentioned(&self) -> Vec<RecordId> {
        let named = self.accounts.values().chain(self.contacts.values()).chain(self.records.values());
        named.chain(&self.contacts_of).map(|entry| entry.record.id).collect()
    }
}

/// A row as it will be saved.
struct Wanted {
    entry: Entry,
    changed: bool,
    /// It was confidential and is not to be any more, or the other way round.
    marked: bool,
    addresses: Option<Vec<Address>>,
    domains: Option<Vec<String>>,
}

/// What stands as `external_id` of a table that is about one record, named otherwise.
pub(super) const THIS: &str = "-";

/// Who imports, with what they may.
struct Importer<'w> {
    /// `None`: the operator or an admin.
    limited: Option<(UserId, Scope)>,
    /// The shares on the records that the file mentions; empty where nothing limits.
    shares: Vec<Share>,
    world: &'w World,
    now: Timestamp,
}

/// Rows that are looked at together: what they name is loaded for all of them at once.
const AT_A_TIME: usize = 1_000;

/// What may stand in one row of the file only, with that row.
#[derive(Default)]
struct Seen {
    ids: HashMap<String, usize>,
    numbers: HashMap<String, usize>,
    domains: HashMap<String, usize>,
}

pub(super) async fn import(
    tx: &mut Tx,
    kind: Kind,
    table: &Table,
    options: &Options,
    (trusted, world, now): (bool, &World, Timestamp),
    progress: &Progress,
) -> Result<Summary, ImportError> {
    store::records::hold(tx).await?;
    let limited = match options.by.filter(|_| !trusted) {
        Some(user) => Some((user, store::people::scope(tx, user, world, now).await?)),
        None => None,
    };
    let mut importer = Importer { limited, shares: Vec::new(), world, now };
    let mut seen = Seen::default();
    let mut summary = Summary { rows: table.rows.len(), charset: table.charset, ..Summary::default() };
    for start in (0..table.rows.len()).step_by(AT_A_TIME) {
        let part = table.part(start, AT_A_TIME);
        some(tx, kind, &part, options, &mut importer, &mut seen, &mut summary).await?;
        progress.advance(part.rows.len())?;
    }
    // All of the file is looked at first, so that every broken row is named; the caller does not commit.
    match summary.broken.is_empty() || options.skip_broken {
        true => Ok(summary),
        false => Err(ImportError::Rows { rows: summary.rows, broken: summary.broken }),
    }
}

/// Imports some rows of the file.
async fn some(
    tx: &mut Tx,
    kind: Kind,
    table: &Table,
    options: &Options,
    importer: &mut Importer<'_>,
    seen: &mut Seen,
    summary: &mut Summary,
) -> Result<(), ImportError> {
    let now = importer.now;
    let known = load(tx, kind, table).await?;
    if importer.limited.is_some() {
        importer.shares = store::shares::on(tx, &known.mentioned()).await?;
    }
    let mut wanted = Vec::with_capacity(table.rows.len());
    for mut row in Row::of(table) {
        // What was deleted or merged here stays so, however often the other system names it.
        let before = row.text("external_id").and_then(|id| known.records.get(id));
        if before.is_some_and(|b| known.gone.contains(&b.record.id) && importer.may_write(&b.record)) {
            summary.unchanged += 1;
            continue;
        }
        let sound = self::wanted(&mut row, kind, &known, options, importer);
        let (id, number) = (row.text("external_id"), row.text("number").map(store::records::number_key));
        once(&mut row, "external_id", id.into_iter(), &mut seen.ids);
        once(&mut row, "number", number.as_deref().into_iter(), &mut seen.numbers);
        once(&mut row, "domains", sound.domains.iter().flatten().map(String::as_str), &mut seen.domains);
        if row.broken.is_empty() {
            wanted.push(sound);
        }
        summary.broken.extend(row.broken);
    }
    save(tx, &mut wanted, options.by, summary, now).await?;
    summary.records.extend(wanted.iter().map(|w| w.entry.record.id));
    let standing: Vec<_> =
        wanted.iter().filter_map(|w| Some((w.entry.record.id, w.entry.record.owner, w.addresses.clone()?))).collect();
    let voucher = importer.limited.as_ref().map_or(Voucher::Trusted, |(user, _)| Voucher::Claimant(*user));
    summary.addressed.extend(standing.iter().map(|(id, ..)| *id));
    summary.vouched.extend(store::records::set_addresses(tx, &standing, voucher, now).await?);
    let owned: Vec<_> = wanted.into_iter().filter_map(|w| Some((w.entry.record.id, w.domains?))).collect();
    summary.domains.extend(store::records::set_domains(tx, &owned, now).await?);
    Ok(())
}

/// What stands in these columns, each once.
fn cells<'t>(table: &'t Table, names: &[&str]) -> Vec<&'t str> {
    let mut found: Vec<&str> = Vec::new();
    for row in Row::of(table) {
        found.extend(names.iter().filter_map(|name| row.text(name)));
    }
    found.sort_unstable();
    found.dedup();
    found
}

async fn load(tx: &mut Tx, kind: Kind, table: &Table) -> Result<Known, ImportError> {
    let system = table.target.system();
    let records = match &table.target {
        Target::System(_) => store::records::by_external(tx, system, kind, &cells(table, &["external_id"])).await?,
        Target::Record(id) => by_ids(tx, kind, [(THIS.to_owned(), *id)].into()).await?,
        Target::New => HashMap::new(),
    };
    let ids: Vec<RecordId> = records.values().map(|e| e.record.id).collect();
    let addresses = store::records::addresses(tx, &ids).await?;
    let accounts = cells(table, &["account", "end_account"]);
    let domains: Vec<String> =
        Row::of(table).filter_map(|r| r.text("domains")).flat_map(parts).filter_map(|p| domain_part(p).ok()).collect();
    let domains: Vec<&str> = domains.iter().map(String::as_str).collect();
    let accounts_by_id = named(tx, system, Kind::Account, &accounts).await?;
    let before = records.values().flat_map(|e| [e.record.account, e.record.end_account]).flatten();
    let before: Vec<RecordId> = before.collect();
    let contacts = named(tx, system, Kind::Contact, &cells(table, &["end_contact"])).await?;
    let concerned: Vec<RecordId> = accounts_by_id.values().map(|e| e.record.id).chain(before).collect();
    Ok(Known {
        target: table.target.clone(),
        users: store::people::every(tx).await?.into_iter().map(|u| (u.login.clone(), u)).collect(),
        teams: store::people::teams(tx).await?.into_iter().map(|t| (store::fold(&t.name), t.id)).collect(),
        contacts,
        gone: store::merges::gone(tx, &ids).await?.into_keys().collect(),
        addresses: addresses.into_iter().map(|(id, all)| (id, all.into_iter().map(|(a, _)| a).collect())).collect(),
        domains: store::records::domains(tx, &ids).await?,
        accounts_of: store::records::by_domains(tx, &domains).await?,
        contacts_of: match kind {
            Kind::Opportunity => store::records::contacts_of(tx, &concerned).await?,
            _ => Vec::new(),
        },
        accounts: accounts_by_id,
        records,
    })
}

/// The records that cells name: by the system's ids, or by their own.
async fn named(tx: &mut Tx, system: &str, kind: Kind, cells: &[&str]) -> Result<HashMap<String, Entry>, ImportError> {
    let by_id = |cell: &&str| Some(((*cell).to_owned(), RecordId(cell.strip_prefix(BY_ID)?.parse().ok()?)));
    let ids: HashMap<String, RecordId> = cells.iter().filter_map(by_id).collect();
    let external: Vec<&str> = cells.iter().filter(|cell| !cell.starts_with(BY_ID)).copied().collect();
    let mut found = store::records::by_external(tx, system, kind, &external).await?;
    found.extend(by_ids(tx, kind, ids).await?);
    standing(tx, found).await
}

/// The records of one kind with these ids, under their names in the table.
async fn by_ids(
    tx: &mut Tx,
    kind: Kind,
    ids: HashMap<String, RecordId>,
) -> Result<HashMap<String, Entry>, ImportError> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let wanted: Vec<RecordId> = ids.values().copied().collect();
    let found: HashMap<RecordId, Entry> =
        store::records::load(tx, &wanted).await?.into_iter().map(|e| (e.record.id, e)).collect();
    let entry = |(cell, id): (String, RecordId)| Some((cell, found.get(&id)?.clone()));
    Ok(ids.into_iter().filter_map(entry).filter(|(_, e)| e.record.kind == kind).collect())
}

/// What rows refer to as it stands now: in the place of a merged record the one that it became a
/// part of. A deleted one may be referred to, so that the same file can come every night.
async fn standing(tx: &mut Tx, mut found: HashMap<String, Entry>) -> Result<HashMap<String, Entry>, ImportError> {
    let ids: Vec<RecordId> = found.values().map(|e| e.record.id).collect();
    let gone = store::merges::gone(tx, &ids).await?;
    if gone.is_empty() {
        return Ok(found);
    }
    let into: Vec<RecordId> = gone.values().flatten().copied().collect();
    let kept: HashMap<RecordId, Entry> =
        store::records::load(tx, &into).await?.into_iter().map(|e| (e.record.id, e)).collect();
    for entry in found.values_mut() {
        let into = gone.get(&entry.record.id).copied().flatten();
        if let Some(other) = into.and_then(|id| kept.get(&id)) {
            *entry = other.clone();
        }
    }
    Ok(found)
}

fn parts(cell: &str) -> impl Iterator<Item = &str> {
    cell.split([';', '|', ',', ' ']).filter(|part| !part.is_empty())
}

/// Values that may stand in one row only.
fn once<'v>(
    row: &mut Row<'_>,
    column: &'static str,
    values: impl Iterator<Item = &'v str>,
    seen: &mut HashMap<String, usize>,
) {
    for value in values {
        if let Some(first) = seen.insert(value.to_owned(), row.number) {
            row.complain(Some(column), format!("`{value}` stands in row {first} already"));
        }
    }
}

fn wanted(row: &mut Row<'_>, kind: Kind, known: &Known, options: &Options, importer: &Importer<'_>) -> Wanted {
    let external = row.required("external_id").to_owned();
    let name = row.required("name").to_owned();
    let before = known.records.get(&external);
    if let Some(before) = before {
        importer.may_change(row, &before.record);
    }
    let owner = owner(row, before, known, options, importer);
    let team = team(row, before, owner, known);
    let old = before.map(|b| &b.record);
    let record = Record {
        id: old.map_or(RecordId(0), |r| r.id),
        kind,
        name,
        owner: owner.map_or(UserId(0), |u| u.person.id),
        team,
        confidential: row.yes("confidential", old.is_some_and(|r| r.confidential)),
        status: status(row, kind, old),
        account: reference(row, "account", &known.accounts, old.and_then(|r| r.account), importer),
        class: old.and_then(|r| r.class),
        end_account: reference(row, "end_account", &known.accounts, old.and_then(|r| r.end_account), importer),
        end_contact: reference(row, "end_contact", &known.contacts, old.and_then(|r| r.end_contact), importer),
    };
    let gains = old.is_none_or(|old| ties(old) != ties(&record));
    if gains {
        unseen_contacts(row, &record, known, importer);
    }
    if let Some(old) = old {
        importer.may_rearrange(row, old, &record);
    }
    let number = row.field("number", before.and_then(|b| b.number.clone()));
    let entry = Entry {
        record,
        number: number.map(|n| store::records::number_key(&n)),
        class: class(row, before),
        phone: row.field("phone", before.and_then(|b| b.phone.clone())),
        city: row.field("city", before.and_then(|b| b.city.clone())),
        language: language(row, before),
        external: match &known.target {
            Target::System(system) => Some((system.clone(), external)),
            Target::Record(_) => before.and_then(|b| b.external.clone()),
            Target::New => None,
        },
    };
    if let Some(before) = before.filter(|b| b.class != entry.class) {
        importer.may_reclass(row, &before.record);
    }
    let addresses = row.addresses("emails");
    let had = before.and_then(|b| known.addresses.get(&b.record.id));
    let domains = domains(row, &entry.record, known);
    let had_domains = before.and_then(|b| known.domains.get(&b.record.id));
    let changed = before != Some(&entry)
        || addresses.as_ref().is_some_and(|a| differ(a, had.map(Vec::as_slice).unwrap_or_default()))
        || domains.as_ref().is_some_and(|d| differ(d, had_domains.map(Vec::as_slice).unwrap_or_default()));
    let marked = before.is_some_and(|b| b.record.confidential != entry.record.confidential);
    Wanted { entry, changed, marked, addresses, domains }
}

fn differ<T: Eq + std::hash::Hash>(one: &[T], other: &[T]) -> bool {
    one.iter().collect::<HashSet<_>>() != other.iter().collect()
}

impl Importer<'_> {
    /// Somebody with limited rights changes only what they may write.
    fn may_change(&self, row: &mut Row<'_>, record: &Record) {
        if !self.may_write(record) {
            // Absent and forbidden look the same as far as a taken id allows.
            row.complain(Some("external_id"), "this id cannot be used; choose another".to_owned());
        }
    }

    fn may_write(&self, record: &Record) -> bool {
        let Some((user, _)) = &self.limited else { return true };
        may_write(*user, record, &self.shares, self.world, self.now).is_some()
    }

    fn sees(&self, record: &Record) -> bool {
        self.limited.as_ref().is_none_or(|(_, scope)| scope.reads(record, &self.shares))
    }

    /// Whether they see it by a right of their own, that does not end with somebody's absence.
    fn sees_by_own_right(&self, record: &Record) -> bool {
        let stands_in = |user: UserId| audited_reading(user, record, &self.shares, self.world, self.now).is_some();
        self.sees(record) && self.limited.as_ref().is_none_or(|(user, _)| !stands_in(*user))
    }

    /// What decides who else sees a record is not for everybody who may write it: who stands in, or
    /// was given it for a week, would change that for good.
    fn may_rearrange(&self, row: &mut Row<'_>, before: &Record, after: &Record) {
        let Some((user, _)) = &self.limited else { return };
        if before.confidential != after.confidential && !may_mark(*user, before, self.world, self.now) {
            let text = "only its owner marks a record confidential, or takes that back";
            row.complain(Some("confidential"), text.to_owned());
        }
        let may_assign = || may_assign(*user, before, &self.shares, self.world, self.now).is_some();
        if before.team != after.team && !may_assign() {
            row.complain(Some("team"), "only who may assign the record gives it to another team".to_owned());
        }
        if before.kind == Kind::Contact && before.account != after.account && !self.sees_by_own_right(before) {
            let text = "its mail would go to the other account's readers for good; ask its owner to move it";
            row.complain(Some("account"), text.to_owned());
        }
    }

    /// An absence may put a class to somebody: whoever changes that of an account decides who covers
    /// all that belongs to it.
    fn may_reclass(&self, row: &mut Row<'_>, before: &Record) {
        let Some((user, _)) = &self.limited else { return };
        if may_assign(*user, before, &self.shares, self.world, self.now).is_none() {
            row.complain(Some("class"), "only who may assign the account gives it another class".to_owned());
        }
    }
}

/// By what mail finds its way to an opportunity.
fn ties(record: &Record) -> (Option<RecordId>, Option<RecordId>, Option<RecordId>, bool) {
    (record.account, record.end_account, record.end_contact, record.status == Status::Open)
}

fn owner<'k>(
    row: &mut Row<'_>,
    before: Option<&Entry>,
    known: &'k Known,
    options: &Options,
    importer: &Importer<'_>,
) -> Option<&'k User> {
    let id = |id: UserId| known.users.values().find(|u| u.person.id == id);
    let Some(login) = row.text("owner") else {
        let default = before.map(|b| b.record.owner).or(options.by).and_then(id);
        if default.is_none() {
            row.complain(Some("owner"), "it is new and needs an owner: the login of a user".to_owned());
        }
        return default;
    };
    let Some(owner) = known.users.get(&store::people::login_key(login)) else {
        let hint = nearest(&store::people::login_key(login), known.users.keys().cloned());
        let hint = hint.map(|n| format!("; did you mean `{n}`?")).unwrap_or_default();
        row.complain(Some("owner"), format!("there is no user with the login `{login}`{hint}"));
        return None;
    };
    let moves = before.is_some_and(|b| b.record.owner != owner.person.id);
    if !owner.person.active && (moves || before.is_none()) {
        row.complain(Some("owner"), format!("`{login}` is deactivated and cannot be given records"));
    }
    if let (true, Some(before), Some((user, _))) = (moves, before, &importer.limited)
        && may_assign(*user, &before.record, &importer.shares, importer.world, importer.now).is_none()
    {
        row.complain(Some("owner"), "you may not give this record to somebody else".to_owned());
    }
    Some(owner)
}

/// The team named, else the one it has, else its owner's.
fn team(row: &mut Row<'_>, before: Option<&Entry>, owner: Option<&User>, known: &Known) -> Option<TeamId> {
    match row.cell("team") {
        Some("") => None,
        Some(name) => {
            let found = known.teams.get(&store::fold(name)).copied();
            if found.is_none() {
                let near = nearest(&store::fold(name), known.teams.keys().cloned());
                let hint = near.map(|n| format!("; did you mean `{n}`?")).unwrap_or_default();
                row.complain(Some("team"), format!("there is no team `{name}`{hint}"));
            }
            found
        }
        None => match before {
            Some(before) => before.record.team,
            None => owner.and_then(|o| o.team),
        },
    }
}

fn status(row: &mut Row<'_>, kind: Kind, before: Option<&Record>) -> Status {
    let old = before.map_or(Status::Open, |r| r.status);
    let Some(word) = row.text("status") else { return old };
    let status = Status::from_word(&word.to_lowercase());
    match status.filter(|s| *s != Status::Converted || kind == Kind::Lead) {
        Some(status) => status,
        None => {
            let words = if kind == Kind::Lead { "open, won, lost and converted" } else { "open, won and lost" };
            row.complain(Some("status"), format!("`{word}` is no status; they are {words}"));
            old
        }
    }
}

fn class(row: &mut Row<'_>, before: Option<&Entry>) -> Option<String> {
    let class = row.field("class", before.and_then(|b| b.class.clone()))?.to_uppercase();
    if !["A", "B", "C", "D"].contains(&class.as_str()) {
        row.complain(Some("class"), format!("`{class}` is no class; they are A, B, C and D"));
    }
    Some(class)
}

/// The language of a contact or lead, by its code: `pl` for `pl`, `PL` and `pl-PL`.
fn language(row: &mut Row<'_>, before: Option<&Entry>) -> Option<String> {
    let cell = row.field("language", before.and_then(|b| b.language.clone()))?;
    let known = Language::from_tag(&cell).map(|language| language.tag().to_owned());
    if known.is_none() {
        row.complain(Some("language"), format!("`{cell}` is no language; write its code, such as pl, en or de"));
    }
    known
}

/// The record that a cell names by its external id.
fn reference(
    row: &mut Row<'_>,
    column: &'static str,
    known: &HashMap<String, Entry>,
    before: Option<RecordId>,
    importer: &Importer<'_>,
) -> Option<RecordId> {
    match row.cell(column) {
        None => before,
        Some("") => None,
        Some(external) => {
            let found = known.get(external).filter(|e| importer.sees(&e.record)).map(|e| e.record.id);
            if found.is_none() {
                let what = if column == "end_contact" { "contact" } else { "account" };
                let text = match external.strip_prefix(BY_ID) {
                    Some(_) => format!("there is no {what} with this id, or it is not yours to see"),
                    None => format!("there is no {what} with the external_id `{external}`; import {what}s first"),
                };
                row.complain(Some(column), text);
            }
            found
        }
    }
}

/// Mail of an account's contacts goes to its one open opportunity, and to the opportunity's readers.
/// So whoever makes one must see all of those contacts, and by a right of their own unless it is the
/// contact's owner who gets it: or it would give sight by claim (P12), or sight that outlasts a cover.
fn unseen_contacts(row: &mut Row<'_>, record: &Record, known: &Known, importer: &Importer<'_>) {
    if record.kind != Kind::Opportunity || importer.limited.is_none() {
        return;
    }
    let of_ours = |contact: &&Entry| {
        let account = contact.record.account;
        let at = account.is_some() && (account == record.account || account == record.end_account);
        at || record.end_contact == Some(contact.record.id)
    };
    let shown = |contact: &Entry| {
        let contact = &contact.record;
        importer.sees_by_own_right(contact) || (importer.sees(contact) && contact.owner == record.owner)
    };
    if known.contacts_of.iter().chain(known.contacts.values()).filter(of_ours).any(|contact| !shown(contact)) {
        let text = "the account has contacts of others, whose mail it would show you; ask an admin to make it";
        row.complain(Some("account"), text.to_owned());
    }
}

/// The domains of an account. One that another account has would bring both the same mail (P12).
fn domains(row: &mut Row<'_>, record: &Record, known: &Known) -> Option<Vec<String>> {
    let cell = row.cell("domains")?;
    let mut found = Vec::new();
    for part in parts(cell) {
        let domain = match domain_part(part.trim_start_matches('@')) {
            Ok(domain) if domain.contains('.') => domain,
            _ => {
                row.complain(Some("domains"), format!("`{part}` is no domain; write it as firma.pl"));
                continue;
            }
        };
        let other = known.accounts_of.get(&domain).and_then(|on| on.iter().find(|(id, _)| *id != record.id));
        if let Some((_, name)) = other {
            row.complain(Some("domains"), format!("`{domain}` belongs to the account `{name}` already"));
        }
        if !found.contains(&domain) {
            found.push(domain);
        }
    }
    Some(found)
}

async fn save(
    tx: &mut Tx,
    wanted: &mut [Wanted],
    by: Option<UserId>,
    summary: &mut Summary,
    now: Timestamp,
) -> Result<(), ImportError> {
    let changed: Vec<Entry> = wanted.iter().filter(|w| w.changed).map(|w| w.entry.clone()).collect();
    let mut ids = store::records::save(tx, &changed, by, "import", now).await?.into_iter();
    let mut marks = Vec::new();
    for wanted in wanted {
        match (wanted.changed, wanted.entry.record.id.0) {
            (false, _) => summary.unchanged += 1,
            (true, 0) => summary.created += 1,
            (true, _) => summary.changed += 1,
        }
        if wanted.changed
            && let Some(id) = ids.next()
        {
            wanted.entry.record.id = id;
        }
        if wanted.marked {
            let record = &wanted.entry.record;
            let detail = serde_json::json!({ "on": record.confidential, "import": true });
            marks.push(Line::new(now, by, Action::Confidential).record(record.id).detail(detail));
        }
    }
    Ok(store::audit::note(tx, &marks).await?)
}
