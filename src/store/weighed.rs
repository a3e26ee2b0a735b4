//! What ranking needs: the names of opportunities, the mail that surely regards them, and which mails
//! were weighed between several. Asked for only where a mail stands between several.

use super::bulk::insert_many;
use super::{Result, Tx, list};
use crate::model::address::Address;
use crate::model::id::{MailId, RecordId, ThreadId};
use crate::model::link::Evidence;
use crate::model::time::Timestamp;
use std::collections::BTreeSet;

/// A mail that surely regards an opportunity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sure {
    /// The opportunity.
    pub deal: RecordId,
    /// The mail.
    pub mail: MailId,
    /// Its place in time.
    pub at: Timestamp,
}

/// What a mail says, as far as ranking looks at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// The mail.
    pub mail: MailId,
    /// Hash of its content.
    pub identity: Vec<u8>,
    /// Its place in time.
    pub at: Timestamp,
    /// Its subject.
    pub subject: String,
    /// The beginning of its new text.
    pub text: String,
    /// Everybody on it.
    pub people: BTreeSet<Address>,
    /// Its writer's name and address.
    pub writer: (String, String),
}

/// The names of opportunities.
pub async fn names(tx: &mut Tx, deals: &BTreeSet<RecordId>) -> Result<Vec<(RecordId, String)>> {
    let rows: Vec<(i64, String)> = all!(
        tx,
        "select r.id, r.name from json_each($1) k join records r on r.id = cast(k.value as bigint) order by r.id",
        list(deals.iter().map(|d| d.0))
    )?;
    Ok(rows.into_iter().map(|(id, name)| (RecordId(id), name)).collect())
}

/// The mails up to a moment that surely regard these opportunities, of each the latest first.
pub async fn sure(tx: &mut Tx, deals: &BTreeSet<RecordId>, until: Timestamp) -> Result<Vec<Sure>> {
    let rows: Vec<(i64, i64, i64)> = all!(
        tx,
        "select l.record_id, l.mail_id, l.at from json_each($1) k cross join links l \
         where l.record_id = cast(k.value as bigint) and l.at <= $2 and l.governing_id = l.record_id and l.score >= $3 \
         order by l.record_id, l.at desc, l.mail_id",
        list(deals.iter().map(|d| d.0)),
        until.0,
        Evidence::FIRM
    )?;
    Ok(rows
        .into_iter()
        .map(|(deal, mail, at)| Sure { deal: RecordId(deal), mail: MailId(mail), at: Timestamp(at) })
        .collect())
}

/// What these mails say.
pub async fn texts(tx: &mut Tx, mails: &[MailId]) -> Result<Vec<Text>> {
    type Row = (i64, Vec<u8>, i64, String, String, Option<String>, String, Option<String>);
    let rows: Vec<Row> = all!(
        tx,
        "select m.id, m.identity, m.at, m.subject, substr(m.visible, 1, 8000), \
         m.from_name, m.from_address, \
         (select string_agg(p.address, '\n' order by p.position) from mail_parties p where p.mail_id = m.id) \
         from json_each($1) k join mails m on m.id = cast(k.value as bigint)",
        list(mails.iter().map(|m| m.0))
    )?;
    let text = |(mail, identity, at, subject, text, name, address, people): Row| Text {
        mail: MailId(mail),
        identity,
        at: Timestamp(at),
        subject,
        text,
        writer: (name.unwrap_or_default(), address),
        people: people.iter().flat_map(|p| p.split('\n')).filter_map(|a| Address::parse(a).ok()).collect(),
    };
    Ok(rows.into_iter().map(text).collect())
}

/// Writes down between which opportunities mails were weighed, in the place of what stood there.
pub async fn note(tx: &mut Tx, mails: &[(MailId, Timestamp, BTreeSet<RecordId>)], before: &[MailId]) -> Result<()> {
    if !before.is_empty() {
        run!(
            tx,
            "delete from weighed where mail_id in (select cast(value as bigint) from json_each($1))",
            list(before.iter().map(|m| m.0))
        )?;
    }
    let rows = mails
        .iter()
        .flat_map(|(mail, at, deals)| deals.iter().map(move |d| vec![d.0.into(), at.0.into(), mail.0.into()]));
    insert_many(tx, "weighed (record_id, at, mail_id)", "on conflict do nothing", rows.collect()).await
}

/// The mails at or after a moment that were weighed with one of these opportunities: which one, when and
/// in which thread.
pub async fn after(
    tx: &mut Tx,
    deals: &BTreeSet<RecordId>,
    since: Timestamp,
) -> Result<Vec<(RecordId, Timestamp, ThreadId)>> {
    let rows: Vec<(i64, i64, i64)> = all!(
        tx,
        "select w.record_id, w.at, m.thread_id from json_each($1) k cross join weighed w join mails m on m.id = w.mail_id \
         where w.record_id = cast(k.value as bigint) and w.at >= $2",
        list(deals.iter().map(|d| d.0)),
        since.0
    )?;
    Ok(rows.into_iter().map(|(deal, at, thread)| (RecordId(deal), Timestamp(at), ThreadId(thread))).collect())
}
