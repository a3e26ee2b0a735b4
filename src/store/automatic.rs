//! What automatic mails say, beside their rows: written when they come, read by linking for their threads,
//! by the pages of a mail for what came back. Whom it concerns is worked out in [`super::automatic_reach`].

use super::keys::Key;
use super::{Result, StoreError, Tx, insert_many, list};
use crate::access::Scope;
use crate::model::address::Address;
use crate::model::id::{MailId, ThreadId};
use crate::model::reach::Outcome;
use crate::model::time::Timestamp;
use std::collections::HashMap;

/// What an automatic mail says, as it is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// Keyed hashes of the ids it is about, each once; whether it is an id of a mail that came back, and
    /// not just one that is answered.
    pub about: Vec<(Key, bool)>,
    /// Its author's absence: the last day (ISO date) and the word of its certainty.
    pub away: Option<(Option<String>, &'static str)>,
    /// Its author left.
    pub left: bool,
    /// It wants proof that a person writes.
    pub challenge: bool,
    /// Its author's address.
    pub author: String,
    /// The firm of that, by its domain; none where anybody gets an address.
    pub firm: Option<String>,
    /// Whom it names: address and name.
    pub named: Vec<(String, Option<String>)>,
    /// What it reports.
    pub reports: Vec<Reported>,
    /// The number under which the other side keeps our mail, and its keyed hash with their organisation.
    pub number: Option<(String, Key)>,
    /// It brings an automatic answer back: in whose name, what that answered, its Date. Not stored (R14).
    pub returned_answer: Option<(String, Vec<Key>, Option<Timestamp>)>,
}

impl Said {
    /// Ids of the mail that came back with it.
    pub fn returned(&self) -> impl Iterator<Item = Key> + '_ {
        self.about.iter().filter(|(_, returned)| *returned).map(|(key, _)| *key)
    }
}

/// What a mail reports of one address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reported {
    /// The address.
    pub address: String,
    /// What became of our mail to it.
    pub outcome: Outcome,
    /// The enhanced code.
    pub status: Option<String>,
    /// The SMTP code.
    pub code: Option<i64>,
    /// The server's words.
    pub words: String,
}

/// Stores what new mails say.
pub async fn insert(tx: &mut Tx, said: &[(MailId, &Said)]) -> Result<()> {
    let about = said.iter().flat_map(|(mail, said)| {
        let keys = said.about.iter().zip(0_i64..);
        keys.map(|((key, returned), n)| vec![mail.0.into(), n.into(), (*key).into(), (*returned).into()])
    });
    insert_many(tx, "automatic_about (mail_id, position, id_key, returned)", "", about.collect()).await?;
    let states = said.iter().flat_map(|(mail, said)| {
        let row = |what: &str, until: Option<String>, certainty: &str| {
            let (author, firm) = (said.author.as_str().into(), said.firm.clone().into());
            vec![mail.0.into(), what.into(), author, until.into(), certainty.into(), firm]
        };
        let away = said.away.as_ref().map(|(until, certainty)| row("away", until.clone(), certainty));
        let left = said.left.then(|| row("left", None, "sure"));
        away.into_iter().chain(left).chain(said.challenge.then(|| row("challenge", None, "sure"))).collect::<Vec<_>>()
    });
    insert_many(tx, "automatic_said (mail_id, what, address, until, certainty, firm)", "", states.collect()).await?;
    let named = said.iter().flat_map(|(mail, said)| {
        let all = said.named.iter().zip(0_i64..);
        all.map(|((address, name), n)| vec![mail.0.into(), n.into(), address.as_str().into(), name.clone().into()])
    });
    insert_many(tx, "automatic_named (mail_id, position, address, name)", "", named.collect()).await?;
    let reports = said.iter().flat_map(|(mail, said)| {
        said.reports.iter().zip(0_i64..).map(|(report, n)| {
            vec![
                mail.0.into(),
                n.into(),
                report.address.as_str().into(),
                report.outcome.word().into(),
                report.status.clone().into(),
                report.code.into(),
                report.words.as_str().into(),
            ]
        })
    });
    let into = "automatic_reports (mail_id, position, address, what, status, code, words)";
    insert_many(tx, into, "", reports.collect()).await?;
    let numbers = said.iter().filter_map(|(mail, said)| {
        let (number, key) = said.number.as_ref()?;
        Some(vec![mail.0.into(), number.as_str().into(), (*key).into()])
    });
    insert_many(tx, "automatic_numbers (mail_id, number, id_key)", "", numbers.collect()).await
}

/// Stores the numbers in subjects of new mails, as keyed hashes.
pub async fn insert_hints(tx: &mut Tx, hints: &[(MailId, Key)]) -> Result<()> {
    let rows = hints.iter().map(|(mail, key)| vec![mail.0.into(), (*key).into()]).collect();
    insert_many(tx, "mail_hints (mail_id, id_key)", "on conflict do nothing", rows).await
}

/// Numbers of stored mails: those in their subjects, and those that acknowledgements give.
pub async fn numbers(tx: &mut Tx, mails: &[MailId]) -> Result<(Vec<(MailId, Key)>, Vec<(MailId, Key)>)> {
    if mails.is_empty() {
        return Ok(Default::default());
    }
    let wanted = list(mails.iter().map(|m| m.0));
    let hints: Vec<(i64, Key)> = all!(
        tx,
        "select mail_id, id_key from mail_hints
         where mail_id in (select cast(value as bigint) from json_each($1)) order by mail_id, id_key",
        wanted.as_str()
    )?;
    let given = given_by_each(tx, wanted).await?;
    let named = |rows: Vec<(i64, Key)>| rows.into_iter().map(|(mail, key)| (MailId(mail), key)).collect();
    Ok((named(hints), named(given)))
}

/// The numbers that acknowledgements among stored mails give.
pub async fn given_by(tx: &mut Tx, mails: &[MailId]) -> Result<Vec<Key>> {
    if mails.is_empty() {
        return Ok(Vec::new());
    }
    let rows = given_by_each(tx, list(mails.iter().map(|m| m.0))).await?;
    Ok(rows.into_iter().map(|(_, key)| key).collect())
}

async fn given_by_each(tx: &mut Tx, mails: String) -> Result<Vec<(i64, Key)>> {
    Ok(all!(
        tx,
        "select mail_id, id_key from automatic_numbers
         where mail_id in (select cast(value as bigint) from json_each($1)) order by mail_id",
        mails
    )?)
}

/// Which of these numbers stored acknowledgements give.
pub async fn given(tx: &mut Tx, keys: &[Key]) -> Result<Vec<Key>> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<(Key,)> = all!(
        tx,
        "select distinct n.id_key from json_each($1) k cross join automatic_numbers n
         where n.id_key = cast(k.value as bigint) order by 1",
        list(keys.iter().copied())
    )?;
    Ok(rows.into_iter().map(|(key,)| key).collect())
}

/// The threads of stored mails that have one of these numbers in their subject, or give it.
pub async fn threads_numbered(tx: &mut Tx, keys: &[Key]) -> Result<Vec<ThreadId>> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<(i64,)> = all!(
        tx,
        "select m.thread_id from json_each($1) k cross join mail_hints h cross join mails m
         where h.id_key = cast(k.value as bigint) and m.id = h.mail_id
         union select m.thread_id from json_each($1) k cross join automatic_numbers n cross join mails m
         where n.id_key = cast(k.value as bigint) and m.id = n.mail_id",
        list(keys.iter().copied())
    )?;
    Ok(rows.into_iter().map(|(id,)| ThreadId(id)).collect())
}

/// Forgets what these mails (a JSON list) say: somebody is taken out of them.
pub async fn forget(tx: &mut Tx, mails: &str) -> Result<()> {
    for statement in [
        "delete from automatic_said where mail_id in (select cast(value as bigint) from json_each($1))",
        "delete from automatic_named where mail_id in (select cast(value as bigint) from json_each($1))",
        "delete from automatic_reports where mail_id in (select cast(value as bigint) from json_each($1))",
        "delete from automatic_numbers where mail_id in (select cast(value as bigint) from json_each($1))",
    ] {
        run!(tx, statement, mails)?;
    }
    Ok(())
}

/// What linking needs of stored automatic mails.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Ids of the mail that came back with it.
    pub returned: Vec<Key>,
    /// Of which addresses it reports.
    pub reports: Vec<Address>,
    /// It is about an absence notice of ours to one of them.
    pub of_notice: bool,
}

/// What these stored mails say of mail of ours; those that say nothing are left out.
pub async fn told(tx: &mut Tx, mails: &[MailId]) -> Result<HashMap<MailId, Told>> {
    let mut told: HashMap<MailId, Told> = HashMap::new();
    if mails.is_empty() {
        return Ok(told);
    }
    let wanted = list(mails.iter().map(|m| m.0));
    let reports: Vec<(i64, String)> = all!(
        tx,
        "select mail_id, address from automatic_reports
         where mail_id in (select cast(value as bigint) from json_each($1)) order by mail_id, position",
        wanted.as_str()
    )?;
    for (mail, address) in reports {
        told.entry(MailId(mail)).or_default().reports.extend(Address::parse(&address).ok());
    }
    let about: Vec<(i64, i64, bool)> = all!(
        tx,
        "select mail_id, id_key, returned from automatic_about
         where mail_id in (select cast(value as bigint) from json_each($1)) order by mail_id, position",
        wanted
    )?;
    let keys: Vec<Key> = about.iter().map(|(_, key, _)| *key).collect();
    let notices = notices(tx, &keys).await?;
    for (mail, key, returned) in about {
        let told = told.entry(MailId(mail)).or_default();
        told.of_notice |= notices.get(&key).is_some_and(|notice| told.reports.contains(&notice.to));
        if returned {
            told.returned.push(key);
        }
    }
    Ok(told)
}

/// An absence notice of ours that went out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// To whom.
    pub to: Address,
    /// The id of the mail that it answered, where that is stored.
    pub answered: Option<Key>,
}

/// The notices with these ids.
pub async fn notices(tx: &mut Tx, keys: &[Key]) -> Result<HashMap<Key, Notice>> {
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(i64, String, Option<i64>)> = all!(
        tx,
        "select q.id_key, o.envelope_to, m.id_key from (
           select x.id, x.id_key from json_each($1) k join outbox x on x.id_key = cast(k.value as bigint)
           union select x.id, x.given_key from json_each($1) k join outbox x on x.given_key = cast(k.value as bigint)) q
         join outbox o on o.id = q.id left join notice_decisions d on d.outbox_id = o.id
         left join mails m on m.id = d.mail_id
         where o.state in ('sent', 'unclear') and not exists (select 1 from drafts w where w.outbox_id = o.id)",
        list(keys.iter().copied())
    )?;
    let notice = |(key, to, answered): (i64, String, Option<i64>)| {
        Some((key, Notice { to: Address::parse(&to).ok()?, answered }))
    };
    Ok(rows.into_iter().filter_map(notice).collect())
}

/// SQL: mail `o` is one that we sent: written under an address of ours, not called false, and kept where its
/// writer keeps mail, not just come in. Anybody can write our address on a mail that they send us.
macro_rules! sent_by_us {
    () => {
        "o.direction = 'out' and not o.auth_failed and exists (select 1 from locations c join folders f on f.id = c.folder_id
           join mailboxes b on b.id = f.mailbox_id where c.mail_id = o.id and f.role not in ('inbox', 'junk', 'trash')
           and (b.address = o.from_address
             or b.user_id in (select u.user_id from user_addresses u where u.address = o.from_address)))"
    };
}
pub(super) use sent_by_us;

/// SQL: the address that report `r` names is that of party `p` of our mail, or another one of the same contact or
/// lead, both vouched for: mail is passed on from one to the other, and the report names where it ended.
macro_rules! went_to {
    () => {
        "p.field in ('to', 'cc', 'bcc') and (p.address = r.address or exists (select 1
           from record_addresses x join record_addresses y on y.record_id = x.record_id
           where x.address = r.address and x.standing = 'vouched' and y.address = p.address and y.standing = 'vouched'))"
    };
}

/// SQL: report `r`, by mail `m`, is about a mail that we sent to the address that it names, or to another of the
/// same person (R109).
macro_rules! about_ours {
    () => {
        concat!(
            "(not m.auth_failed and (exists (select 1 from automatic_about a join mail_ids i on i.id_key = a.id_key
                 join mails o on o.id = i.mail_id join mail_parties p on p.mail_id = o.id
               where a.mail_id = r.mail_id and i.what in ('own', 'alias') and ",
            went_to!(),
            " and ",
            sent_by_us!(),
            ") or exists (select 1 from automatic_about a join outbox x on x.id_key = a.id_key
               where a.mail_id = r.mail_id and lower(x.envelope_to) = r.address and x.state in ('sent', 'unclear'))
               or exists (select 1 from automatic_about a join outbox x on x.given_key = a.id_key
               where a.mail_id = r.mail_id and lower(x.envelope_to) = r.address and x.state in ('sent', 'unclear'))))"
        )
    };
}
pub(super) use about_ours;
pub(super) use went_to;

/// Something that came back for a mail, or that an automatic mail says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Back {
    /// The automatic mail.
    pub mail: MailId,
    /// When it was written.
    pub at: Timestamp,
    /// The word of its author.
    pub author: String,
    /// Of which address it reports.
    pub address: Option<String>,
    /// What it reports.
    pub outcome: Option<Outcome>,
    /// The enhanced code.
    pub status: Option<String>,
    /// The server's words.
    pub words: String,
    /// Whether that counts: it is about a mail that we sent there.
    pub counts: bool,
}

type Row = (i64, i64, String, Option<String>, Option<String>, Option<String>, Option<String>, bool);

fn back((mail, at, author, address, what, status, words, counts): Row) -> Result<Back> {
    let bad = || StoreError::BadRow { table: "automatic_reports", id: mail, column: "what" };
    let outcome = what.map(|word| Outcome::from_word(&word).ok_or_else(bad)).transpose()?;
    let words = words.unwrap_or_default();
    Ok(Back { mail: MailId(mail), at: Timestamp(at), author, address, outcome, status, words, counts })
}

/// What came back for a mail of ours, as far as the viewer may see it: reports of those it went to, and
/// what else answers it and asks for something. The earliest first.
pub async fn came_back(tx: &mut Tx, scope: &Scope, mail: MailId) -> Result<Vec<Back>> {
    let rows: Vec<Row> = all_seen!(
        tx,
        concat!(
            "select distinct m.id, m.at, m.author, r.address, r.what, r.status, r.words, true
             from mail_ids i join automatic_about a on a.id_key = i.id_key join mails m on m.id = a.mail_id
             join mails o on o.id = i.mail_id
             left join automatic_reports r on r.mail_id = m.id
             where i.mail_id = $8 and i.what in ('own', 'alias') and not m.auth_failed and ",
            sent_by_us!(),
            " and (m.author = 'challenge' or exists (select 1 from mail_parties p where p.mail_id = o.id and ",
            went_to!(),
            ")) and exists (select 1 from links l join records g on g.id = l.governing_id where l.mail_id = m.id and ",
            entry!("g", "l.sealed"),
            ") order by m.at, m.id limit 100"
        ),
        scope,
        mail.0
    )?;
    rows.into_iter().map(back).collect()
}

/// Those who want proof that a person writes before they deliver a mail of the viewer's, written since and not
/// followed by an answer of a person: the mail, its moment, its author's address. The latest first.
pub async fn challenges(tx: &mut Tx, scope: &Scope, since: Timestamp) -> Result<Vec<(MailId, Timestamp, String)>> {
    let rows: Vec<(i64, i64, String)> = all_seen!(
        tx,
        concat!(
            "select distinct m.id, m.at, m.from_address from automatic_said s cross join mails m
             cross join automatic_about a cross join mail_ids i cross join mails o cross join user_addresses w
             where s.what = 'challenge' and m.id = s.mail_id and m.at >= $8 and not m.auth_failed
               and a.mail_id = m.id and i.id_key = a.id_key and i.what in ('own', 'alias') and o.id = i.mail_id
               and w.address = o.from_address and w.user_id = $1 and ",
            sent_by_us!(),
            " and not exists (select 1 from mails h where h.thread_id = o.thread_id and h.at > m.at
                 and h.author = 'human' and h.direction = 'in')
               and exists (select 1 from links l join records g on g.id = l.governing_id where l.mail_id = m.id and ",
            entry!("g", "l.sealed"),
            ") order by m.at desc, m.id limit 20"
        ),
        scope,
        since.0
    )?;
    Ok(rows.into_iter().map(|(id, at, from)| (MailId(id), Timestamp(at), from)).collect())
}

/// What an automatic mail reports, and whether that counts. The caller has seen that the viewer reads it.
pub async fn reports_of(tx: &mut Tx, mail: MailId) -> Result<Vec<Back>> {
    let rows: Vec<Row> = all!(
        tx,
        concat!(
            "select m.id, m.at, m.author, r.address, r.what, r.status, r.words, ",
            about_ours!(),
            " from automatic_reports r join mails m on m.id = r.mail_id where r.mail_id = $1 order by r.position"
        ),
        mail.0
    )?;
    rows.into_iter().map(back).collect()
}

/// What an automatic mail says, as it was stored; empty for mail by people. The caller has seen that the viewer
/// reads it.
pub async fn said_by(tx: &mut Tx, mail: MailId) -> Result<Said> {
    let mut said = Said::default();
    let rows: Vec<(String, String, Option<String>, String)> = all!(
        tx,
        "select what, address, until, certainty from automatic_said where mail_id = $1 order by what",
        mail.0
    )?;
    for (what, address, until, certainty) in rows {
        let sure = ["sure", "unsure", "assumed", "open", "past"].into_iter().find(|word| *word == certainty);
        match what.as_str() {
            "away" => said.away = Some((until, sure.unwrap_or("unsure"))),
            "left" => said.left = true,
            _ => said.challenge = true,
        }
        said.author = address;
    }
    said.named = all!(tx, "select address, name from automatic_named where mail_id = $1 order by position", mail.0)?;
    said.about = all!(tx, "select id_key, returned from automatic_about where mail_id = $1 order by position", mail.0)?;
    type Report = (String, String, Option<String>, Option<i64>, String);
    let reports: Vec<Report> = all!(
        tx,
        "select address, what, status, code, words from automatic_reports where mail_id = $1 order by position",
        mail.0
    )?;
    for (address, what, status, code, words) in reports {
        let bad = || StoreError::BadRow { table: "automatic_reports", id: mail.0, column: "what" };
        let outcome = Outcome::from_word(&what).ok_or_else(bad)?;
        said.reports.push(Reported { address, outcome, status, code, words });
    }
    Ok(said)
}

/// The stored mails of ours that one of these ids names, with those to whom each went: what a report about
/// them counts by. Of the ids of notices that went out it tells to whom.
pub async fn ours(tx: &mut Tx, keys: &[Key]) -> Result<Vec<(Option<MailId>, String)>> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let mails: Vec<(i64, String)> = all!(
        tx,
        concat!(
            "select distinct o.id, p.address from json_each($1) k cross join mail_ids i cross join mails o
             cross join mail_parties p where i.id_key = cast(k.value as bigint) and i.what in ('own', 'alias')
               and o.id = i.mail_id and p.mail_id = o.id and p.field in ('to', 'cc', 'bcc') and ",
            sent_by_us!(),
            " order by o.id, p.address"
        ),
        list(keys.iter().copied())
    )?;
    let mut found: Vec<(Option<MailId>, String)> = mails.into_iter().map(|(id, to)| (Some(MailId(id)), to)).collect();
    found.extend(notices(tx, keys).await?.into_values().map(|notice| (None, notice.to.to_string())));
    Ok(found)
}
