//! What stored mail says of whether people outside can be reached: what `model::reach` decides upon.
//!
//! Each fact is told to a viewer who may read the mail that says so, on a record of theirs (P5): an absence
//! that stands in a mail about a confidential deal is not told to whoever sees the contact alone. What
//! Standin itself goes by ([`failing`]) asks nobody.

use super::automatic::{about_ours, sent_by_us, went_to};
use super::{Result, StoreError, Tx, list, text_list};
use crate::access::Scope;
use crate::model::address::Address;
use crate::model::automatic::Certainty;
use crate::model::id::{MailId, RecordId};
use crate::model::reach::{AwayMail, LeftMail, LeftWord, Outcome, Report, is_invalid, left};
use crate::model::time::Timestamp;
use std::collections::{BTreeSet, HashMap};

/// SQL: the viewer may read a record that governs mail `m`. Asked mail by mail: the offset keeps PostgreSQL from doing so for
/// all links there are.
macro_rules! told {
    () => {
        concat!(
            "exists (select 1 from links l join records g on g.id = l.governing_id where l.mail_id = m.id and ",
            entry!("g", "l.sealed"),
            " limit 1 offset 0)"
        )
    };
}

/// What a mail says of its author.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Saying {
    /// Away.
    Away(AwayMail),
    /// Left, at this address.
    Left(String, LeftMail),
}

/// Addresses of contacts and leads.
pub async fn addresses(tx: &mut Tx, records: &[RecordId]) -> Result<Vec<(RecordId, String)>> {
    let rows: Vec<(i64, String)> = all!(
        tx,
        "select a.record_id, a.address from json_each($1) k cross join record_addresses a
         where a.record_id = cast(k.value as bigint) order by a.record_id, a.address",
        list(records.iter().map(|r| r.0))
    )?;
    Ok(rows.into_iter().map(|(record, address)| (RecordId(record), address)).collect())
}

type SaidRow = (i64, i64, i64, Vec<u8>, String, String, Option<String>, String);

/// What mails say of the authors among these contacts and leads, as far as the viewer may read them there.
pub async fn said(tx: &mut Tx, scope: &Scope, records: &[RecordId]) -> Result<Vec<(RecordId, Saying)>> {
    if records.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<SaidRow> = all_seen!(
        tx,
        concat!(
            "select a.record_id, m.id, m.at, m.identity, s.what, s.address, s.until, s.certainty
             from json_each($8) k cross join record_addresses a cross join automatic_said s cross join mails m
             where a.record_id = cast(k.value as bigint) and s.address = a.address and m.id = s.mail_id
               and s.what in ('away', 'left') and not m.auth_failed
               and exists (select 1 from links l join records g on g.id = l.governing_id
                 where l.mail_id = m.id and l.record_id = a.record_id and ",
            entry!("g", "l.sealed"),
            ") order by m.at, m.identity"
        ),
        scope,
        list(records.iter().map(|r| r.0))
    )?;
    let mut all = rows.into_iter().map(saying).collect::<Result<Vec<_>>>()?;
    all.extend(said_elsewhere(tx, scope, records).await?);
    Ok(all)
}

type ElsewhereRow = (i64, i64, i64, Vec<u8>, String, String, Option<String>, String, String);

/// Absences told from an address that is nobody's, in answer to a mail that we sent to one of these contacts and
/// to nobody else outside (R98): where mail to them is answered from another address of the same firm. Of a mail
/// to several it is not known whose word it is, and where anybody gets an address anybody could say it.
async fn said_elsewhere(tx: &mut Tx, scope: &Scope, records: &[RecordId]) -> Result<Vec<(RecordId, Saying)>> {
    let firm = |address: &str| {
        let address = Address::parse(address).ok()?;
        Some(address.organisation().to_owned()).filter(|firm| !crate::parse::is_freemail(firm))
    };
    let firms: BTreeSet<String> =
        addresses(tx, records).await?.iter().filter_map(|(_, address)| firm(address)).collect();
    if firms.is_empty() {
        return Ok(Vec::new());
    }
    let mut rows: Vec<ElsewhereRow> = all_seen!(
        tx,
        concat!(
            "select distinct a.record_id, m.id, m.at, m.identity, s.what, a.address, s.until, s.certainty, s.firm
             from json_each($8) k cross join automatic_said s cross join mails m cross join automatic_about b
             cross join mail_ids i cross join mails o cross join mail_parties p cross join record_addresses a
             where s.firm = k.value and s.what = 'away' and m.id = s.mail_id and not m.auth_failed
               and b.mail_id = m.id and i.id_key = b.id_key and i.what in ('own', 'alias') and o.id = i.mail_id
               and p.mail_id = o.id and p.field in ('to', 'cc', 'bcc') and p.address <> s.address
               and a.address = p.address and a.standing = 'vouched'
               and a.record_id in (select cast(value as bigint) from json_each($9))
               and not exists (select 1 from record_addresses z where z.address = s.address)
               and not exists (select 1 from mail_parties x where x.mail_id = o.id and x.field in ('to', 'cc', 'bcc')
                 and x.address <> p.address and not exists (select 1 from user_addresses u where u.address = x.address)
                 and not exists (select 1 from mailboxes y where y.address = x.address)) and ",
            sent_by_us!(),
            " and ",
            told!()
        ),
        scope,
        text_list(firms.iter().map(String::as_str)),
        list(records.iter().map(|r| r.0))
    )?;
    // Not by the database: PostgreSQL would walk through all mail in this order.
    rows.sort_by(|a, b| (a.2, &a.3).cmp(&(b.2, &b.3)));
    let same = rows.into_iter().filter(|row| firm(&row.5).is_some_and(|firm| firm == row.8));
    same.map(|(r, m, at, identity, what, address, until, certainty, _)| {
        saying((r, m, at, identity, what, address, until, certainty))
    })
    .collect()
}

fn saying((record, mail, at, identity, what, address, until, certainty): SaidRow) -> Result<(RecordId, Saying)> {
    let bad = |column| StoreError::BadRow { table: "automatic_said", id: mail, column };
    let (mail_id, at) = (MailId(mail), Timestamp(at));
    if what == "left" {
        return Ok((RecordId(record), Saying::Left(address, LeftMail { mail: mail_id, at })));
    }
    let until = until.map(|day| day.parse().map_err(|_| bad("until"))).transpose()?;
    let all =
        [Certainty::Sure, Certainty::Unsure, Certainty::Assumed, Certainty::OpenEnded, Certainty::Past].into_iter();
    let certainty = all.into_iter().find(|c| c.word() == certainty).ok_or_else(|| bad("certainty"))?;
    Ok((RecordId(record), Saying::Away(AwayMail { mail: mail_id, at, identity, until, certainty })))
}

/// When a person last wrote under each of these addresses, as far as the viewer may read it.
pub async fn wrote(tx: &mut Tx, scope: &Scope, addresses: &BTreeSet<&str>) -> Result<HashMap<String, Timestamp>> {
    if addresses.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(String, i64)> = all_seen!(
        tx,
        concat!(
            "select p.address, max(m.at) from json_each($8) k cross join mail_parties p cross join mails m
             where p.address = k.value and p.field = 'from' and m.id = p.mail_id and m.author = 'human'
               and m.direction = 'in' and not m.auth_failed and ",
            told!(),
            " group by p.address"
        ),
        scope,
        text_list(addresses.iter().copied())
    )?;
    Ok(rows.into_iter().map(|(address, at)| (address, Timestamp(at))).collect())
}

type ReportRow = (String, i64, i64, String, Option<String>, Option<i64>, String);

/// Reports about mail that we sent to these addresses (R109), as far as the viewer may read them.
pub async fn reports(tx: &mut Tx, scope: &Scope, addresses: &BTreeSet<&str>) -> Result<HashMap<String, Vec<Report>>> {
    if addresses.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<ReportRow> = all_seen!(
        tx,
        concat!(
            "select r.address, m.id, m.at, r.what, r.status, r.code, r.words
             from json_each($8) k cross join automatic_reports r cross join mails m
             where r.address = k.value and m.id = r.mail_id and ",
            about_ours!(),
            " and ",
            told!(),
            " order by m.at, m.id"
        ),
        scope,
        text_list(addresses.iter().copied())
    )?;
    by_address(rows)
}

fn by_address(rows: Vec<ReportRow>) -> Result<HashMap<String, Vec<Report>>> {
    let mut found: HashMap<String, Vec<Report>> = HashMap::new();
    for (address, mail, at, what, status, code, words) in rows {
        let bad = StoreError::BadRow { table: "automatic_reports", id: mail, column: "what" };
        let outcome = Outcome::from_word(&what).ok_or(bad)?;
        let report = Report { mail: MailId(mail), at: Timestamp(at), outcome, status, code, words };
        found.entry(address).or_default().push(report);
    }
    Ok(found)
}

/// Whom mails name to turn to: the contact or lead whose mail it is, the mail, the address, the name. Only
/// of mails that the viewer may read there.
pub async fn named(
    tx: &mut Tx,
    scope: &Scope,
    records: &[RecordId],
) -> Result<Vec<(RecordId, MailId, String, Option<String>)>> {
    let rows: Vec<(i64, i64, String, Option<String>)> = all_seen!(
        tx,
        concat!(
            "select a.record_id, m.id, n.address, n.name
             from json_each($8) k cross join record_addresses a cross join automatic_said s cross join mails m
             cross join automatic_named n
             where a.record_id = cast(k.value as bigint) and s.address = a.address and m.id = s.mail_id
               and n.mail_id = m.id and not m.auth_failed
               and exists (select 1 from links l join records g on g.id = l.governing_id
                 where l.mail_id = m.id and l.record_id = a.record_id and ",
            entry!("g", "l.sealed"),
            ") and not exists (select 1 from user_addresses u where u.address = n.address)
               and not exists (select 1 from record_addresses h join records v on v.id = h.record_id
                 where h.address = n.address and ",
            visible!("v"),
            ") order by m.at desc, m.identity, n.position"
        ),
        scope,
        list(records.iter().map(|r| r.0))
    )?;
    Ok(rows.into_iter().map(|(r, m, address, name)| (RecordId(r), MailId(m), address, name)).collect())
}

/// The contacts and leads on these mails that the viewer may read; blind copies are passed over.
pub async fn people_on(tx: &mut Tx, scope: &Scope, mails: &[MailId]) -> Result<Vec<(MailId, RecordId, String)>> {
    if mails.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<(i64, i64, String)> = all_seen!(
        tx,
        concat!(
            "select distinct p.mail_id, c.id, c.name
             from json_each($8) k cross join mail_parties p cross join record_addresses a cross join records c
             where p.mail_id = cast(k.value as bigint) and p.field <> 'bcc' and a.address = p.address
               and c.id = a.record_id and ",
            visible!("c"),
            " order by p.mail_id, c.id limit 2000"
        ),
        scope,
        list(mails.iter().map(|m| m.0))
    )?;
    Ok(rows.into_iter().map(|(mail, record, name)| (MailId(mail), RecordId(record), name)).collect())
}

/// Of these addresses those to which nothing automatic goes any more: there is no such address, or its
/// owner left (R42, R105, R112). What Standin itself goes by, whoever may read it.
pub async fn failing(tx: &mut Tx, addresses: &[&str]) -> Result<Vec<String>> {
    let wanted = text_list(addresses.iter().copied());
    let rows: Vec<ReportRow> = all!(
        tx,
        concat!(
            "select r.address, m.id, m.at, r.what, r.status, r.code, r.words
             from json_each($1) k cross join automatic_reports r cross join mails m
             where r.address = k.value and m.id = r.mail_id and ",
            about_ours!()
        ),
        wanted.as_str()
    )?;
    let gone: Vec<(String, i64, i64)> = all!(
        tx,
        "select s.address, m.id, m.at from json_each($1) k cross join automatic_said s cross join mails m
         where s.address = k.value and s.what = 'left' and m.id = s.mail_id and not m.auth_failed
           and m.linking = 'linked'",
        wanted.as_str()
    )?;
    let words = super::automatic_words::of_addresses(tx, addresses).await?;
    if rows.is_empty() && gone.is_empty() && words.is_empty() {
        return Ok(Vec::new());
    }
    let wrote = wrote_at_all(tx, &wanted).await?;
    let reports = by_address(rows)?;
    let failing = |wanted: &&&str| {
        let (mine, wrote) = (reports.get(**wanted).map_or(&[][..], Vec::as_slice), wrote.get(**wanted).copied());
        let mine_of = |what: &str| {
            let said = words.iter().filter(|w| w.address.as_deref() == Some(**wanted) && w.what == what);
            said.collect::<Vec<_>>()
        };
        let undone = mine_of("usable").iter().map(|w| w.at).max();
        let invalid = is_invalid(mine, wrote, undone);
        let mails: Vec<LeftMail> = gone
            .iter()
            .filter(|(address, ..)| address == **wanted)
            .map(|(_, mail, at)| LeftMail { mail: MailId(*mail), at: Timestamp(*at) })
            .collect();
        let (gone_by, stays) = (mine_of("left"), mine_of("stays"));
        let said = gone_by.iter().map(|w| (w, true)).chain(stays.iter().map(|w| (w, false)));
        let said: Vec<LeftWord> = said.map(|(w, left)| LeftWord { at: w.at, by: w.by, left }).collect();
        invalid || left(&mails, &said, wrote).is_some()
    };
    Ok(addresses.iter().filter(failing).map(|address| (*address).to_owned()).collect())
}

/// Whether any report names this address.
pub async fn is_reported(tx: &mut Tx, address: &str) -> Result<bool> {
    let (found,): (bool,) = one!(tx, "select exists (select 1 from automatic_reports where address = $1)", address)?;
    Ok(found)
}

async fn wrote_at_all(tx: &mut Tx, wanted: &str) -> Result<HashMap<String, Timestamp>> {
    let rows: Vec<(String, i64)> = all!(
        tx,
        "select p.address, max(m.at) from json_each($1) k cross join mail_parties p cross join mails m
         where p.address = k.value and p.field = 'from' and m.id = p.mail_id and m.author = 'human'
           and m.direction = 'in' and not m.auth_failed group by p.address",
        wanted
    )?;
    Ok(rows.into_iter().map(|(address, at)| (address, Timestamp(at))).collect())
}
