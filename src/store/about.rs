//! What is stored about one person's address, everywhere; and taking it out.
//!
//! The address and its tagged forms are looked for as `like` patterns with `escape '!'`
//! ([`super::blocks::likes`]); hashes by their keys. Reads whole tables: for somebody who asks, not for
//! every mail.

use super::bulk::update_many;
use super::keys::Key;
use super::{Result, Tx, insert_many, list};
use crate::model::block::Pattern;
use crate::model::id::{MailId, RecordId, ThreadId};

/// A record that has the address.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Holder {
    /// Its number.
    pub id: i64,
    /// The word of its kind.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Whether it has no other address: then it is about this person alone.
    pub only: bool,
}

/// Everything, counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// Contacts and leads that have the address.
    pub records: Vec<Holder>,
    /// Stored mails on which it stands.
    pub mails: i64,
    /// When the first and the last of them were written. UTC milliseconds.
    pub span: Option<(i64, i64)>,
    /// How often it stands on them.
    pub parties: i64,
    /// Names under which it stands there.
    pub names: Vec<String>,
    /// Places of unstored mail that leave a keyed hash of it.
    pub hashes: i64,
    /// Absence notices noted for it, by keyed hash.
    pub notices: i64,
    /// Decisions about notices for its mails.
    pub decisions: i64,
    /// Mails of ours to it, sent or to be sent.
    pub outbox: i64,
    /// Requests for consent.
    pub consents: i64,
    /// Activities on its records.
    pub activities: i64,
    /// Lines of blocklists.
    pub blocks: i64,
    /// What automatic mail and people said of it: absences, departures, failures, who it stands in for.
    pub reach: i64,
    /// Lines of the audit about its records or the requests.
    pub audit: i64,
}

/// Whom it is about: the address, the keyed hash unstored mail has of it, that of the notices.
#[derive(Clone, Debug)]
pub struct Person {
    /// The address with its tagged forms.
    pub pattern: Pattern,
    /// Keyed hash of the address in `unmatched_keys`.
    pub address_key: Key,
    /// Keyed hash of the sender in `notices` (R52).
    pub sender_key: Key,
}

/// What is stored about somebody.
pub async fn load(tx: &mut Tx, person: &Person) -> Result<About> {
    let (one, two) = super::blocks::likes(&person.pattern);
    let records = load_records(tx, &one, &two).await?;
    let (mails, parties, first, last): (i64, i64, Option<i64>, Option<i64>) = one!(
        tx,
        "select count(distinct m.id), count(*), min(m.at), max(m.at) from mail_parties p join mails m on m.id = p.mail_id \
         where p.address like $1 escape '!' or p.address like $2 escape '!'",
        one.as_str(),
        two.as_str()
    )?;
    let (hashes, notices, decisions, outbox) = keyed(tx, person).await?;
    let (consents, blocks, activities, audit): (i64, i64, i64, i64) = one!(
        tx,
        "select (select count(*) from consents where address like $1 escape '!' or address like $2 escape '!'), \
         (select count(*) from blocks where pattern like $1 escape '!' or pattern like $2 escape '!'), \
         (select count(*) from activities where record_id in (select cast(value as bigint) from json_each($3))), \
         (select count(*) from audit where record_id in (select cast(value as bigint) from json_each($3)))",
        one.as_str(),
        two.as_str(),
        list(records.iter().map(|r| r.id))
    )?;
    let (span, names) = (first.zip(last), names(tx, person).await?);
    Ok(About {
        records,
        mails,
        span,
        parties,
        names,
        hashes,
        notices,
        decisions,
        outbox,
        consents,
        activities,
        blocks,
        reach: said(tx, &one, &two).await?,
        audit,
    })
}

/// How often automatic mail and people's words about that name an address.
async fn said(tx: &mut Tx, one: &str, two: &str) -> Result<i64> {
    let (count,): (i64,) = one!(
        tx,
        "select (select count(*) from automatic_said where address like $1 escape '!' or address like $2 escape '!') \
         + (select count(*) from automatic_named where address like $1 escape '!' or address like $2 escape '!') \
         + (select count(*) from automatic_reports where address like $1 escape '!' or address like $2 escape '!') \
         + (select count(*) from reach_words where address like $1 escape '!' or address like $2 escape '!')",
        one,
        two
    )?;
    Ok(count)
}

/// Hashes of unstored mail, notices, decisions about them, mails of ours.
async fn keyed(tx: &mut Tx, person: &Person) -> Result<(i64, i64, i64, i64)> {
    let (one, two) = super::blocks::likes(&person.pattern);
    Ok(one!(
        tx,
        "select (select count(distinct location_id) from unmatched_keys where what = 'a' and key = $3), \
         (select count(*) from notices where sender_key = $4), \
         (select count(*) from notice_decisions d where d.mail_id in (select m.id from mails m \
           where m.from_address like $1 escape '!' or m.from_address like $2 escape '!')), \
         (select count(*) from outbox where lower(envelope_to) like $1 escape '!' or lower(envelope_to) like $2 escape '!' \
          or exists (select 1 from json_each(coalesce(also_to, '[]')) t where lower(t.value) like $1 escape '!' or lower(t.value) like $2 escape '!'))",
        one,
        two,
        person.address_key,
        person.sender_key
    )?)
}

/// Names under which somebody stands on mail, and the names of records that are about them alone.
pub async fn names(tx: &mut Tx, person: &Person) -> Result<Vec<String>> {
    let (one, two) = super::blocks::likes(&person.pattern);
    let rows: Vec<(String,)> = all!(
        tx,
        "select name from mail_parties where name is not null and (address like $1 escape '!' or address like $2 escape '!') \
         union select r.name from record_addresses a join records r on r.id = a.record_id \
         where (a.address like $1 escape '!' or a.address like $2 escape '!') and not exists \
         (select 1 from record_addresses o where o.record_id = r.id \
          and not (o.address like $1 escape '!' or o.address like $2 escape '!')) order by 1",
        one,
        two
    )?;
    Ok(rows.into_iter().map(|(name,)| name).collect())
}

/// The texts of a stored mail.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Texts {
    /// Its row.
    pub id: i64,
    /// Its thread.
    pub thread_id: i64,
    /// SHA-256 of what it says.
    pub identity: Vec<u8>,
    /// Its Message-ID.
    pub message_id: Option<String>,
    /// Its author's name.
    pub from_name: Option<String>,
    /// Its author's address.
    pub from_address: String,
    /// Subject.
    pub subject: String,
    /// The writer's new text.
    pub visible: String,
    /// JSON.
    pub attachments: String,
    /// Names of attachments.
    pub attachment_names: String,
    /// JSON.
    pub evidence: String,
    /// JSON.
    pub defects: String,
    /// JSON.
    pub candidates: String,
}

/// The texts of these mails.
pub async fn texts(tx: &mut Tx, mails: &[MailId]) -> Result<Vec<Texts>> {
    Ok(all!(
        tx,
        "select id, thread_id, identity, message_id, from_name, from_address, subject, visible, attachments, \
         attachment_names, evidence, defects, candidates from mails \
         where id in (select cast(value as bigint) from json_each($1)) order by id",
        list(mails.iter().map(|m| m.0))
    )?)
}

/// Everybody on these mails: mail, address.
pub async fn parties(tx: &mut Tx, mails: &[MailId]) -> Result<Vec<(i64, String)>> {
    Ok(all!(
        tx,
        "select distinct mail_id, address from mail_parties \
         where mail_id in (select cast(value as bigint) from json_each($1)) order by 1, 2",
        list(mails.iter().map(|m| m.0))
    )?)
}

/// Writes changed texts; the bytes of these mails go, and the index follows. `addresses` are mail, address
/// and what stands in its place.
pub async fn rewrite(tx: &mut Tx, texts: &[Texts], addresses: Vec<(i64, String, String)>) -> Result<()> {
    let ids: Vec<MailId> = texts.iter().map(|t| MailId(t.id)).collect();
    for t in texts {
        // What people said of the mail names it by its identity.
        for corrections in [
            "update corrections set identity = $2 where (copy_key, identity) = \
             (select m.copy_key, m.identity from mails m where m.id = $1)",
            "update corrections set other_identity = $2 where (other_key, other_identity) = \
             (select m.copy_key, m.identity from mails m where m.id = $1)",
        ] {
            run!(tx, corrections, t.id, t.identity.as_slice())?;
        }
        run!(
            tx,
            "update mails set identity = $2, message_id = $3, from_name = $4, from_address = $5, subject = $6, \
             visible = $7, attachments = $8, attachment_names = $9, evidence = $10, defects = $11, candidates = $12, \
             folded = false where id = $1",
            t.id,
            t.identity.as_slice(),
            t.message_id.as_deref(),
            t.from_name.as_deref(),
            t.from_address.as_str(),
            t.subject.as_str(),
            t.visible.as_str(),
            t.attachments.as_str(),
            t.attachment_names.as_str(),
            t.evidence.as_str(),
            t.defects.as_str(),
            t.candidates.as_str()
        )?;
    }
    let rows = addresses.into_iter().map(|(mail, before, after)| vec![mail.into(), before.into(), after.into()]);
    update_many(
        tx,
        "mail_parties set address = v.column3, name = null",
        "mail_parties.mail_id = v.column1 and mail_parties.address = v.column2",
        rows.collect(),
    )
    .await?;
    super::appointments::forget(tx, &list(ids.iter().map(|m| m.0))).await?;
    super::automatic::forget(tx, &list(ids.iter().map(|m| m.0))).await?;
    run!(
        tx,
        "delete from raws where mail_id in (select cast(value as bigint) from json_each($1))",
        list(ids.iter().map(|m| m.0))
    )?;
    super::text::again(tx, &ids).await
}

/// Evidence of the links of these threads: mail, record, governing record, JSON.
pub async fn evidence(tx: &mut Tx, threads: &[ThreadId]) -> Result<Vec<(i64, i64, i64, String)>> {
    Ok(all!(
        tx,
        "select l.mail_id, l.record_id, l.governing_id, l.evidence from links l join mails m on m.id = l.mail_id \
         where m.thread_id in (select cast(value as bigint) from json_each($1)) order by 1, 2, 3",
        list(threads.iter().map(|t| t.0))
    )?)
}

/// Writes changed evidence.
pub async fn rewrite_evidence(tx: &mut Tx, rows: Vec<(i64, i64, i64, String)>) -> Result<()> {
    let rows = rows.into_iter().map(|(m, r, g, text)| vec![m.into(), r.into(), g.into(), text.into()]).collect();
    update_many(
        tx,
        "links set evidence = v.column4",
        "links.mail_id = v.column1 and links.record_id = v.column2 and links.governing_id = v.column3",
        rows,
    )
    .await
}

/// Puts `after` in the place of the address on records: what it was linked by holds. Records that are about
/// this person alone lose name, phone, city and language. Gives how many.
pub async fn records(tx: &mut Tx, person: &Person, after: &str) -> Result<Vec<RecordId>> {
    let (one, two) = super::blocks::likes(&person.pattern);
    let about = load_records(tx, &one, &two).await?;
    for record in about.iter().filter(|r| r.only) {
        let name = format!("[erased] {} {}", record.kind, record.id);
        let key = super::fold(&name);
        run!(
            tx,
            "update records set name = $2, name_key = $3, sort_key = null, phone = null, city = null, language = null where id = $1",
            record.id,
            name,
            key
        )?;
    }
    let rows: Vec<(i64, String, Option<i64>, i64)> = all!(
        tx,
        "select record_id, standing, claimed_by, created_at from record_addresses \
         where address like $1 escape '!' or address like $2 escape '!' order by record_id, standing desc",
        one.as_str(),
        two.as_str()
    )?;
    run!(tx, "delete from record_addresses where address like $1 escape '!' or address like $2 escape '!'", one, two)?;
    let rows = rows
        .into_iter()
        .map(|(record, standing, by, at)| vec![after.into(), record.into(), standing.into(), by.into(), at.into()]);
    let into = "record_addresses (address, record_id, standing, claimed_by, created_at)";
    insert_many(tx, into, "on conflict (address, record_id) do nothing", rows.collect()).await?;
    let alone: Vec<RecordId> = about.iter().filter(|r| r.only).map(|r| RecordId(r.id)).collect();
    super::details::erase(tx, &alone).await?;
    Ok(alone)
}

async fn load_records(tx: &mut Tx, one: &str, two: &str) -> Result<Vec<Holder>> {
    Ok(all!(
        tx,
        "select distinct r.id, r.kind, r.name, not exists (select 1 from record_addresses o where o.record_id = r.id \
           and not (o.address like $1 escape '!' or o.address like $2 escape '!')) as only \
         from record_addresses a join records r on r.id = a.record_id \
         where a.address like $1 escape '!' or a.address like $2 escape '!' order by r.id",
        one,
        two
    )?)
}

/// Takes away what names or keys them beside mail and records: requests, lines of blocklists, what notices
/// were noted, hashes of unstored mail. Mail of ours to them that was sent, or waits, keeps its row without
/// the address and the text; what waits is not sent any more.
pub async fn the_rest(tx: &mut Tx, person: &Person, after: &str) -> Result<()> {
    // A file may name anybody.
    run!(tx, "update imports set body = null, refused = '[]' where state not in ('trying', 'running')")?;
    let (one, two) = super::blocks::likes(&person.pattern);
    for statement in [
        "delete from consents where address like $1 escape '!' or address like $2 escape '!'",
        "update ruled_records set address = null where address like $1 escape '!' or address like $2 escape '!'",
        "delete from blocks where pattern like $1 escape '!' or pattern like $2 escape '!'",
        "delete from corrections where address like $1 escape '!' or address like $2 escape '!'",
        "delete from automatic_said where address like $1 escape '!' or address like $2 escape '!'",
        "delete from automatic_named where address like $1 escape '!' or address like $2 escape '!'",
        "delete from automatic_reports where address like $1 escape '!' or address like $2 escape '!'",
        "delete from reach_words where address like $1 escape '!' or address like $2 escape '!'",
    ] {
        run!(tx, statement, one.as_str(), two.as_str())?;
    }
    run!(tx, "delete from notices where sender_key = $1", person.sender_key)?;
    run!(tx, "delete from unmatched_keys where what = 'a' and key = $1", person.address_key)?;
    let empty: &[u8] = &[];
    run!(
        tx,
        "update outbox set envelope_to = $3, also_to = null, bytes = $4, answer = null, \
         state = case when state = 'queued' then 'gave-up' else state end \
         where (lower(envelope_to) like $1 escape '!' or lower(envelope_to) like $2 escape '!' or exists (select 1 \
          from json_each(coalesce(also_to, '[]')) t where lower(t.value) like $1 escape '!' or lower(t.value) like $2 escape '!')) \
         and state <> 'sending'",
        one,
        two,
        after,
        empty
    )?;
    Ok(())
}

/// Texts that people wrote or the program kept beside mail: a statement that gives number and text above a
/// number, and one that writes the text.
pub const WRITTEN: &[(&str, &str)] = &[
    (
        "select id, subject from activities where id > $1 order by id limit 2000",
        "update activities set subject = $2 where id = $1",
    ),
    (
        "select id, body from activities where id > $1 order by id limit 2000",
        "update activities set body = $2 where id = $1",
    ),
    (
        "select id, reason from record_owners where id > $1 and reason <> '' order by id limit 2000",
        "update record_owners set reason = $2 where id = $1",
    ),
    (
        "select id, reason from shares where id > $1 and reason <> '' order by id limit 2000",
        "update shares set reason = $2 where id = $1",
    ),
    (
        "select id, reason from handovers where id > $1 order by id limit 2000",
        "update handovers set reason = $2 where id = $1",
    ),
    (
        "select id, journal from merges where id > $1 order by id limit 50",
        "update merges set journal = $2 where id = $1",
    ),
    (
        "select id, change from previews where id > $1 order by id limit 50",
        "update previews set change = $2 where id = $1",
    ),
    ("select id, told from previews where id > $1 order by id limit 50", "update previews set told = $2 where id = $1"),
    (
        "select version, note from rule_changes where version > $1 and note <> '' order by version limit 2000",
        "update rule_changes set note = $2 where version = $1",
    ),
    (
        "select id, body from rule_versions where id > $1 order by id limit 2000",
        "update rule_versions set body = $2 where id = $1",
    ),
    (
        "select id, to_line from drafts where id > $1 order by id limit 500",
        "update drafts set to_line = $2 where id = $1",
    ),
    (
        "select id, cc_line from drafts where id > $1 order by id limit 500",
        "update drafts set cc_line = $2 where id = $1",
    ),
    (
        "select id, bcc_line from drafts where id > $1 order by id limit 500",
        "update drafts set bcc_line = $2 where id = $1",
    ),
    (
        "select id, subject from drafts where id > $1 order by id limit 500",
        "update drafts set subject = $2 where id = $1",
    ),
    ("select id, body from drafts where id > $1 order by id limit 500", "update drafts set body = $2 where id = $1"),
    (
        "select id, error from locations where id > $1 and error is not null order by id limit 2000",
        "update locations set error = $2 where id = $1",
    ),
];

/// The next mails with words by which they were told apart, or of which rules said something, and their
/// candidates.
pub async fn worded(tx: &mut Tx, after: MailId, limit: i64) -> Result<Vec<(i64, String)>> {
    Ok(all!(
        tx,
        "select m.id, m.candidates from mails m where m.id > $1 and (m.candidates like '%\"words\"%' or exists \
         (select 1 from links l where l.mail_id = m.id and l.evidence like '%\"words\"%') \
         or exists (select 1 from mail_rules r where r.mail_id = m.id) \
         or exists (select 1 from rule_job_mails j where j.mail_id = m.id)) order by m.id limit $2",
        after.0,
        limit
    )?)
}

/// The evidence of these mails: mail, record, governing record, evidence.
pub async fn evidence_of(tx: &mut Tx, mails: &[MailId]) -> Result<Vec<(i64, i64, i64, String)>> {
    Ok(all!(
        tx,
        "select mail_id, record_id, governing_id, evidence from links \
         where mail_id in (select cast(value as bigint) from json_each($1)) order by 1, 2, 3",
        list(mails.iter().map(|m| m.0))
    )?)
}

/// What rules said about these mails: mail, place, name of the rule, JSON of what it does.
pub async fn ruled(tx: &mut Tx, mails: &[MailId]) -> Result<Vec<(i64, i64, String, String)>> {
    Ok(all!(
        tx,
        "select mail_id, position, name, effects from mail_rules \
         where mail_id in (select cast(value as bigint) from json_each($1)) order by 1, 2",
        list(mails.iter().map(|m| m.0))
    )?)
}

/// Writes changed words of rules.
pub async fn rewrite_ruled(tx: &mut Tx, rows: Vec<(i64, i64, String, String)>) -> Result<()> {
    let rows = rows.into_iter().map(|(m, p, name, does)| vec![m.into(), p.into(), name.into(), does.into()]).collect();
    let set = "mail_rules set name = v.column3, effects = v.column4";
    update_many(tx, set, "mail_rules.mail_id = v.column1 and mail_rules.position = v.column2", rows).await
}

/// How these mails stood before the rules were applied to history: run, mail, and as JSON the candidates,
/// the links and what rules had said.
pub async fn journal(tx: &mut Tx, mails: &[MailId]) -> Result<Vec<(i64, i64, String, String, String)>> {
    Ok(all!(
        tx,
        "select job_id, mail_id, candidates, links, rules from rule_job_mails \
         where mail_id in (select cast(value as bigint) from json_each($1)) order by 1, 2",
        list(mails.iter().map(|m| m.0))
    )?)
}

/// Writes changed lines of that journal.
pub async fn rewrite_journal(tx: &mut Tx, rows: Vec<(i64, i64, String, String, String)>) -> Result<()> {
    let row = |(job, mail, c, l, r): (i64, i64, String, String, String)| {
        vec![job.into(), mail.into(), c.into(), l.into(), r.into()]
    };
    let set = "rule_job_mails set candidates = v.column3, links = v.column4, rules = v.column5";
    let same = "rule_job_mails.job_id = v.column1 and rule_job_mails.mail_id = v.column2";
    update_many(tx, set, same, rows.into_iter().map(row).collect()).await
}

/// Forgets the header fields of mails that were kept for rules.
pub async fn forget_headers(tx: &mut Tx, mails: &[MailId]) -> Result<()> {
    run!(
        tx,
        "delete from mail_headers where mail_id in (select cast(value as bigint) from json_each($1))",
        list(mails.iter().map(|m| m.0))
    )?;
    Ok(())
}

/// Writes a mail's candidates.
pub async fn rewrite_candidates(tx: &mut Tx, mail: MailId, candidates: &str) -> Result<()> {
    run!(tx, "update mails set candidates = $2 where id = $1", mail.0, candidates)?;
    Ok(())
}

/// The next texts of one kind of [`WRITTEN`].
pub async fn written(tx: &mut Tx, statement: &'static str, after: i64) -> Result<Vec<(i64, String)>> {
    Ok(all!(tx, statement, after)?)
}

/// Writes one text of one kind of [`WRITTEN`].
pub async fn write(tx: &mut Tx, statement: &'static str, id: i64, text: &str) -> Result<()> {
    run!(tx, statement, id, text)?;
    Ok(())
}

/// Bytes of mail that failed, above a number: place, bytes as they are kept.
pub async fn failed(tx: &mut Tx, after: i64) -> Result<Vec<(i64, Vec<u8>)>> {
    Ok(all!(
        tx,
        "select location_id, bytes from failed_raws where location_id > $1 order by location_id limit 20",
        after
    )?)
}

/// Throws the bytes of these failed mails away; their places stay, with the error.
pub async fn drop_failed(tx: &mut Tx, places: &[i64]) -> Result<()> {
    run!(
        tx,
        "delete from failed_raws where location_id in (select cast(value as bigint) from json_each($1))",
        list(places.iter().copied())
    )?;
    Ok(())
}
