//! What somebody is asked about (W8).
//!
//! Three doors lead to a mail in review. A copy in an own mailbox always shows it; which records it may
//! be about is told as far as the viewer may read them, and where they may not read all, not even why it
//! is asked (P5). A mail that stands on a record of the viewer's own, or of somebody whom they cover, is
//! shown where they may read every record it may be about; so is one that stands nowhere and lies in a
//! mailbox of somebody whom they cover, if each of these records is that person's own: a substitute's own
//! record must not show them the absent person's mail (P12). An admin is shown all others, but for those
//! on which a record has a part that is hidden from them, or had one until somebody took it off; looking is audited.
//!
//! A mail that is marked confidential is asked about as if each record that governs it, or that it may be
//! about, were confidential.

use super::super::{Result, Tx, list};
use super::parts::{Excerpt, Hung, MailRow, mail_columns};
use crate::access::Scope;
use crate::model::id::{MailId, RecordId, UserId};
use crate::model::review::Reason;
use crate::model::time::Timestamp;

/// Who looks, and what they may decide about.
#[derive(Clone, Debug)]
pub struct Desk<'a> {
    /// What they may name: what they read; for an admin all that is not confidential.
    pub reach: &'a Scope,
    /// Those who are away and whom they cover.
    pub covered: &'a [UserId],
    /// Whether they administer the installation.
    pub admin: bool,
    /// The operator at the command line, who may see everything.
    pub operator: bool,
}

/// By which door somebody sees a mail in review.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Door {
    /// A copy lies in a mailbox of theirs, or it stands on a record of their own.
    Own,
    /// They cover whose mailbox or record it is.
    Cover(UserId),
    /// As an admin, or the operator.
    Admin,
}

/// A mail somebody is asked about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Question {
    /// What a list shows of it.
    pub mail: Excerpt,
    /// Why; none where a record has a part in that which the viewer may not read.
    pub reason: Option<Reason>,
    /// The records it may be about that the viewer may name, the likeliest first.
    pub records: Vec<RecordId>,
    /// Of a filing: why it could not be honoured.
    pub detail: String,
    /// By which door.
    pub door: Door,
    /// Its evidence: JSON of `model::link::Candidate`s.
    pub candidates: String,
}

/// Which questions are wanted.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// About this mail alone.
    pub mail: Option<MailId>,
    /// Alike: from this sender, for this reason (`None`: as [`Question::reason`] has none).
    pub alike: Option<(String, Option<Reason>)>,
    /// Older than this one, in the list's order: its time and mail.
    pub after: Option<(Timestamp, MailId)>,
}

/// SQL: each of the records that `v` names may be named by the viewer at the mail `m`, and fits `$more`.
macro_rules! every_record {
    ($more:literal) => {
        concat!(
            "not exists (select 1 from json_each(v.records) k where not exists (select 1 from records c
               where c.id = cast(k.value as bigint)",
            $more,
            " and ",
            entry!("c", "m.sealed"),
            "))"
        )
    };
}

/// SQL: a mailbox of the viewer holds it.
macro_rules! own_copy {
    () => {
        "exists (select 1 from locations x where x.mail_id = v.mail_id and x.state = 'stored' and x.folder_id in
           (select f.id from folders f join mailboxes b on b.id = f.mailbox_id where b.user_id = $1))"
    };
}

/// SQL: it stands on a record of the viewer's own.
macro_rules! own_record {
    () => {
        concat!(
            "(exists (select 1 from links l join records g on g.id = l.governing_id
               where l.mail_id = v.mail_id and g.owner_id = $1 and g.deleted_at is null) and ",
            every_record!(""),
            ")"
        )
    };
}

/// SQL: whom the viewer covers of those whose it is; null if nobody. `$8` lists whom they cover.
macro_rules! covered {
    () => {
        concat!(
            "case when $8 = '[]' or not ",
            every_record!(""),
            " then null else coalesce((select min(g.owner_id) from links l join records g on g.id = l.governing_id
               where l.mail_id = v.mail_id and g.owner_id in (select cast(value as bigint) from json_each($8)) and ",
            entry!("g", "l.sealed"),
            "), (select min(b.user_id) from locations x join folders f on f.id = x.folder_id
               join mailboxes b on b.id = f.mailbox_id
               where x.mail_id = v.mail_id and x.state = 'stored' and v.records <> '[]'
                 and exists (select 1 from mails n where n.id = v.mail_id and n.linking = 'review')
                 and b.user_id in (select cast(value as bigint) from json_each($8))
                 and not exists (select 1 from json_each(v.records) k where not exists
                   (select 1 from records c where c.id = cast(k.value as bigint) and c.owner_id = b.user_id)))) end"
        )
    };
}

/// SQL: an admin may look at it (`$9` 1), or it is the operator (2). What somebody took off a record that is hidden from them
/// is still about it.
macro_rules! as_admin {
    () => {
        concat!(
            "($9 = 2 or ($9 = 1 and ",
            every_record!(""),
            " and not exists (select 1 from links l join records g on g.id = l.governing_id
                 where l.mail_id = v.mail_id and not ",
            entry!("g", "l.sealed"),
            ") and not exists (select 1 from corrections x join records g on g.id = x.record_id
                 where x.copy_key = m.copy_key and not ",
            entry!("g", "m.sealed"),
            ")))"
        )
    };
}

/// SQL: a mail is asked about once: what could not be filed comes first.
macro_rules! once {
    () => {
        "(v.reason = 'filing' or not exists
           (select 1 from reviews w where w.mail_id = v.mail_id and w.reason = 'filing'))"
    };
}

/// SQL: the viewer may see it by one of the doors.
macro_rules! any_door {
    () => {
        concat!("(", own_copy!(), " or ", own_record!(), " or ", covered!(), " is not null or ", as_admin!(), ")")
    };
}

#[derive(sqlx::FromRow)]
struct Row {
    #[sqlx(flatten)]
    mail: MailRow,
    reason: String,
    records: String,
    detail: String,
    candidates: String,
    own: bool,
    covered: Option<i64>,
    known: bool,
}

/// The questions that are wanted and that the viewer may see, the latest first; at most `limit`. Where few can be theirs
/// (`their_own`) those are looked at. Else all are leafed through in the order of their own index, so that a page is
/// found without sorting them; the sum keeps PostgreSQL from beginning with the mails, of which hardly any is asked about.
pub async fn questions(tx: &mut Tx, desk: &Desk<'_>, wanted: &Wanted, limit: i64) -> Result<Vec<Question>> {
    let (sender, reason) = match &wanted.alike {
        Some((sender, reason)) => (Some(sender.as_str()), reason.map_or("unsure", Reason::word)),
        None => (None, ""),
    };
    let (at, id) = wanted.after.map_or((i64::MAX, 0), |(at, mail)| (at.0, mail.0));
    let these = match (wanted.mail, sender) {
        (Some(mail), _) => Some(list([mail.0])),
        (None, Some(sender)) if door(desk) > 0 => from(tx, sender).await?,
        (None, _) => their_own(tx, desk).await?,
    };
    macro_rules! asked {
        ($from:literal $(, $these:expr)*) => {
            all_seen!(
                tx,
                concat!(
                    "select * from (select ",
                    mail_columns!(),
                    ", v.at as placed_at, v.mail_id as placed_mail, v.reason, v.records, v.detail, m.candidates, (",
                    own_copy!(),
                    " or ",
                    own_record!(),
                    ") as own, ",
                    covered!(),
                    " as covered, ($9 = 2 or ",
                    every_record!(""),
                    ") as known from ",
                    $from,
                    once!(),
                    " and ($10 = 0 or m.from_address = $11)
                      and (v.at < $13 or (v.at = $13 and v.mail_id > $14)) and ",
                    any_door!(),
                    ") q where ($12 = '' or (q.known and q.reason = $12) or (not q.known and $12 = 'unsure'))
                     order by q.placed_at desc, q.placed_mail limit $15"
                ),
                desk.reach,
                list(desk.covered.iter().map(|u| u.0)),
                door(desk),
                i64::from(sender.is_some()),
                sender.unwrap_or_default(),
                reason,
                at,
                id,
                limit
                $(, $these)*
            )?
        };
    }
    let rows: Vec<Row> = match these {
        Some(these) => asked!(
            "(select cast(value as bigint) as id from json_each($16)) o cross join reviews v cross join mails m
             where v.mail_id = o.id and m.id = o.id and ",
            these
        ),
        None => asked!("reviews v cross join mails m where m.id = v.mail_id + 0 and "),
    };
    let hung = Hung::load(tx, desk.reach, &rows.iter().map(|row| &row.mail).collect::<Vec<_>>()).await?;
    let open = named(tx, desk, rows.iter().filter(|row| !row.mail.sealed)).await?;
    let sealed = named(tx, desk, rows.iter().filter(|row| row.mail.sealed)).await?;
    rows.into_iter()
        .map(|row| {
            let named = if row.mail.sealed { &sealed } else { &open };
            question(row, &hung, named)
        })
        .collect()
}

fn door(desk: &Desk<'_>) -> i64 {
    match (desk.operator, desk.admin) {
        (true, _) => 2,
        (false, true) => 1,
        (false, false) => 0,
    }
}

fn question(row: Row, hung: &Hung, named: &[RecordId]) -> Result<Question> {
    let asked = super::super::reviews::asked(row.mail.id, &row.reason, &row.records)?;
    let door = match (row.own, row.covered) {
        (true, _) => Door::Own,
        (false, Some(owner)) => Door::Cover(UserId(owner)),
        (false, None) => Door::Admin,
    };
    // That it is marked would tell that it stands on a record, or may.
    let mail = Excerpt { sealed: false, ..hung.excerpt(row.mail) };
    Ok(Question {
        mail,
        reason: row.known.then_some(asked.reason),
        records: asked.records.into_iter().filter(|record| named.contains(record)).collect(),
        detail: if row.known { row.detail } else { String::new() },
        door,
        candidates: row.candidates,
    })
}

/// Of the records that these rows name those that the viewer may name; the rows are all of mails that are
/// marked confidential, or all of others.
async fn named(tx: &mut Tx, desk: &Desk<'_>, rows: impl Iterator<Item = &Row>) -> Result<Vec<RecordId>> {
    let (mut all, mut sealed): (Vec<RecordId>, bool) = (Vec::new(), false);
    for row in rows {
        all.extend(super::super::reviews::asked(row.mail.id, &row.reason, &row.records)?.records);
        sealed = row.mail.sealed;
    }
    match sealed {
        true => super::parts::confided(tx, desk.reach, all).await,
        false => Ok(super::parts::names(tx, desk.reach, all).await?.into_keys().collect()),
    }
}

/// So many questions are looked at one by one; whoever may be asked about more leafs through all of them.
const THEIR_OWN: i64 = 2_000;

/// The mails about which the viewer may be asked because of a copy or a record of theirs, or of somebody whom they
/// cover, as a list; `None` where these are many, and for admins, who may be asked about all.
async fn their_own(tx: &mut Tx, desk: &Desk<'_>) -> Result<Option<String>> {
    if door(desk) > 0 {
        return Ok(None);
    }
    let ways: Vec<(i64,)> = all!(
        tx,
        "select mail_id from (
           select w.mail_id from json_each($1) k cross join mailboxes b cross join folders f cross join review_ways w
             where b.user_id = cast(k.value as bigint) and f.mailbox_id = b.id and w.way = 'folder' and w.through_id = f.id
           union
           select w.mail_id from json_each($1) k cross join records g cross join review_ways w
             where g.owner_id = cast(k.value as bigint) and w.way = 'record' and w.through_id = g.id) q limit $2",
        list(desk.covered.iter().map(|user| user.0).chain([desk.reach.viewer.0])),
        THEIR_OWN + 1
    )?;
    Ok(few(ways))
}

/// The mails of a sender about which anybody is asked, as a list; `None` where these are many.
async fn from(tx: &mut Tx, sender: &str) -> Result<Option<String>> {
    let theirs: Vec<(i64,)> = all!(
        tx,
        "select distinct v.mail_id from mail_parties p cross join reviews v
         where p.address = $1 and p.field = 'from' and v.mail_id = p.mail_id limit $2",
        sender,
        THEIR_OWN + 1
    )?;
    Ok(few(theirs))
}

fn few(mails: Vec<(i64,)>) -> Option<String> {
    let few = i64::try_from(mails.len()).is_ok_and(|mails| mails <= THEIR_OWN);
    few.then(|| list(mails.into_iter().map(|(mail,)| mail)))
}

/// How many mails the viewer is asked about, counted to at most `count_to`.
pub async fn asked_count(tx: &mut Tx, desk: &Desk<'_>, count_to: i64) -> Result<i64> {
    macro_rules! counted {
        ($from:literal $(, $these:expr)*) => {
            one_seen!(
                tx,
                concat!(
                    "select count(*) from (select 1 as one from ",
                    $from,
                    once!(),
                    " and ",
                    any_door!(),
                    " limit $10) q"
                ),
                desk.reach,
                list(desk.covered.iter().map(|u| u.0)),
                door(desk),
                count_to
                $(, $these)*
            )?
        };
    }
    let these = their_own(tx, desk).await?;
    if these.is_none() && in_own_mailboxes(tx, desk.reach.viewer, count_to).await? {
        return Ok(count_to);
    }
    let (count,): (i64,) = match these {
        Some(these) => counted!(
            "(select cast(value as bigint) as id from json_each($11)) o cross join reviews v cross join mails m
             where v.mail_id = o.id and m.id = o.id and ",
            these
        ),
        None => counted!("reviews v cross join mails m where m.id = v.mail_id + 0 and "),
    };
    Ok(count)
}

/// Whether mails in the viewer's own mailboxes, which they see whatever else holds, are asked about so often.
async fn in_own_mailboxes(tx: &mut Tx, viewer: UserId, often: i64) -> Result<bool> {
    let (many,): (i64,) = one!(
        tx,
        "select count(*) from (
           select distinct w.mail_id from mailboxes b cross join folders f cross join review_ways w cross join locations x
             where b.user_id = $1 and f.mailbox_id = b.id and w.way = 'folder' and w.through_id = f.id
               and x.mail_id = w.mail_id and x.folder_id = f.id and x.state = 'stored'
             limit $2) q",
        viewer.0,
        often
    )?;
    Ok(many >= often)
}

/// The beginning of a mail's new text; the caller selected it under a scope.
pub async fn asked_text(tx: &mut Tx, mail: MailId) -> Result<String> {
    let found: Option<(String,)> = maybe!(tx, "select substr(visible, 1, 20000) from mails where id = $1", mail.0)?;
    Ok(found.map(|(text,)| text).unwrap_or_default())
}
