//! What notices of the last weeks suggest of contacts and leads: that their author left, and whom they name
//! instead (R103, R105). Facts alone: what of it still stands is told by `model::reach`.

use super::automatic::sent_by_us;
use super::{Result, Tx, list};
use crate::access::Scope;
use crate::model::address::Address;
use crate::model::id::{MailId, RecordId, UserId};
use crate::model::time::Timestamp;

/// Something that a notice suggests of a contact or lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggested {
    /// The contact or lead whose notice it is.
    pub contact: RecordId,
    /// The notice.
    pub mail: MailId,
    /// When it was written.
    pub at: Timestamp,
    /// Whom it names; where `position` is `None`, the address of its author, who left.
    pub address: String,
    /// The place among those whom it names.
    pub position: Option<i64>,
    /// Whether a copy lies in a mailbox of the viewer's.
    pub own_copy: bool,
    /// Whether the notice says that its author left.
    pub left: bool,
    /// Where the notice came from another address of the same firm than the contact's: that one. Whose departure it
    /// tells is then not known.
    pub told_by: Option<String>,
}

/// Whose suggestions are wanted.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// Notices written since.
    pub since: Timestamp,
    /// Those whom the viewer covers.
    pub covered: &'a [UserId],
    /// Of everybody's contacts, not just the viewer's, those whom they cover, and whose notices lie in their
    /// mailboxes.
    pub all: bool,
}

type Row = (i64, i64, i64, String, i64, bool, bool);

/// SQL: a mailbox of the viewer holds mail `m`.
macro_rules! own_copy {
    () => {
        "exists (select 1 from locations x join folders f on f.id = x.folder_id join mailboxes b on b.id = f.mailbox_id
           where x.mail_id = m.id and x.state = 'stored' and b.user_id = $1)"
    };
}

/// SQL: a notice `m` by the address `s.address` of the contact or lead `c`, on whose timeline the viewer may
/// read it, and about which they are asked.
macro_rules! asked {
    () => {
        concat!(
            "m.author in ('vacation', 'left-company') and m.at >= $8 and not m.auth_failed
               and s.mail_id = m.id and a.address = s.address and c.id = a.record_id
               and c.kind in ('contact', 'lead') and ($10 = 1 or c.owner_id = $1
                 or c.owner_id in (select cast(value as bigint) from json_each($9)) or ",
            own_copy!(),
            ") and ",
            visible!("c"),
            " and exists (select 1 from links l join records g on g.id = l.governing_id
               where l.mail_id = m.id and l.record_id = a.record_id and ",
            entry!("g", "l.sealed"),
            ")"
        )
    };
}

/// What the viewer is asked about, the latest first: nothing on which somebody said a word since, nobody who is one of
/// us or on a record that the viewer may read. At most `limit`.
pub async fn suggested(tx: &mut Tx, scope: &Scope, wanted: Wanted<'_>, limit: i64) -> Result<Vec<Suggested>> {
    let rows: Vec<Row> = all_seen!(
        tx,
        concat!(
            "select contact, mail, at, address, place, own, gone from (
             select a.record_id as contact, m.id as mail, m.at as at, s.address as address,
               cast(-1 as bigint) as place, ",
            own_copy!(),
            " as own, s.what = 'left' as gone
             from mails m cross join automatic_said s cross join record_addresses a cross join records c
             where s.what = 'left' and ",
            asked!(),
            " and not exists (select 1 from reach_words w where w.record_id = c.id and w.address = s.address
                 and w.what in ('left', 'stays') and w.at >= m.at and w.undone_at is null)
             union select a.record_id, m.id, m.at, n.address, n.position, ",
            own_copy!(),
            ", exists (select 1 from automatic_said o where o.mail_id = m.id and o.what = 'left')
             from mails m cross join automatic_named n cross join automatic_said s cross join record_addresses a
               cross join records c
             where n.mail_id = m.id and s.what in ('away', 'left') and ",
            asked!(),
            " and not exists (select 1 from reach_words w where w.record_id = c.id and w.address = n.address
                 and w.what in ('passed', 'taken') and w.undone_at is null)
               and not exists (select 1 from user_addresses u where u.address = n.address)
               and not exists (select 1 from record_addresses h join records v on v.id = h.record_id
                 where h.address = n.address and ",
            visible!("v"),
            ")) q order by at desc, mail, place, contact limit $11"
        ),
        scope,
        wanted.since.0,
        list(wanted.covered.iter().map(|u| u.0)),
        i64::from(wanted.all),
        limit
    )?;
    let suggested = |(contact, mail, at, address, position, own_copy, left): Row| Suggested {
        contact: RecordId(contact),
        mail: MailId(mail),
        at: Timestamp(at),
        address,
        position: (position >= 0).then_some(position),
        own_copy,
        left,
        told_by: None,
    };
    Ok(rows.into_iter().map(suggested).collect())
}

type ElsewhereRow = (i64, i64, i64, String, String, String, bool);

/// Departures told from an address that is nobody's, in answer to a mail that we sent to one contact or lead and to
/// nobody else outside (R105): that mail may have been passed on to somebody who left since, or the contact may
/// write from several addresses, so it marks nobody and whoever may know is asked. As absences told so
/// (`automatic_reach::said_elsewhere`) of one firm alone, and not where anybody gets an address. Nothing on which
/// somebody said a word since. At most `limit`, the latest first.
///
/// Whom such a notice names is not offered as successor (R103): offers are kept by the address that wrote the notice,
/// and this one is nobody's, so before somebody says that the contact is meant there is nobody whom they follow. Who
/// decides reads the notice, which names them. If that is wanted often, offer them once the word `left` is said.
pub async fn departures_elsewhere(
    tx: &mut Tx,
    scope: &Scope,
    wanted: Wanted<'_>,
    limit: i64,
) -> Result<Vec<Suggested>> {
    let rows: Vec<ElsewhereRow> = all_seen!(
        tx,
        concat!(
            "select distinct a.record_id, m.id, m.at, a.address, s.address, s.firm, ",
            own_copy!(),
            " as own
             from mails m cross join automatic_said s cross join automatic_about b cross join mail_ids i
             cross join mails o cross join mail_parties p cross join record_addresses a cross join records c
             where m.author in ('vacation', 'left-company') and m.at >= $8 and not m.auth_failed
               and s.mail_id = m.id and s.what = 'left' and s.firm is not null
               and b.mail_id = m.id and i.id_key = b.id_key and i.what in ('own', 'alias') and o.id = i.mail_id
               and p.mail_id = o.id and p.field in ('to', 'cc', 'bcc') and p.address <> s.address
               and a.address = p.address and a.standing = 'vouched'
               and c.id = a.record_id and c.kind in ('contact', 'lead') and ($10 = 1 or c.owner_id = $1
                 or c.owner_id in (select cast(value as bigint) from json_each($9)) or ",
            own_copy!(),
            ") and not exists (select 1 from record_addresses z where z.address = s.address)
               and not exists (select 1 from mail_parties x where x.mail_id = o.id and x.field in ('to', 'cc', 'bcc')
                 and x.address <> p.address and not exists (select 1 from user_addresses u where u.address = x.address)
                 and not exists (select 1 from mailboxes y where y.address = x.address)) and ",
            sent_by_us!(),
            " and ",
            visible!("c"),
            " and exists (select 1 from links l join records g on g.id = l.governing_id where l.mail_id = m.id and ",
            entry!("g", "l.sealed"),
            ") and not exists (select 1 from reach_words w where w.record_id = c.id and w.address = a.address
                 and w.what in ('left', 'stays') and w.at >= m.at and w.undone_at is null)
             order by 3 desc, 2, 1 limit $11"
        ),
        scope,
        wanted.since.0,
        list(wanted.covered.iter().map(|u| u.0)),
        i64::from(wanted.all),
        limit
    )?;
    let firm = |address: &str| {
        let address = Address::parse(address).ok()?;
        Some(address.organisation().to_owned()).filter(|firm| !crate::parse::is_freemail(firm))
    };
    let same = rows.into_iter().filter(|row| firm(&row.3).is_some_and(|firm| firm == row.5));
    let suggested = |(contact, mail, at, address, from, _, own_copy): ElsewhereRow| Suggested {
        contact: RecordId(contact),
        mail: MailId(mail),
        at: Timestamp(at),
        address,
        position: None,
        own_copy,
        left: true,
        told_by: Some(from),
    };
    Ok(same.map(suggested).collect())
}

/// How many stored mails in somebody's own mailboxes name an address: what would come onto a contact that
/// they make of it.
pub async fn naming(tx: &mut Tx, viewer: UserId, address: &str) -> Result<i64> {
    let (count,): (i64,) = one!(
        tx,
        "select count(distinct p.mail_id) from mail_parties p join locations x on x.mail_id = p.mail_id
           join folders f on f.id = x.folder_id join mailboxes b on b.id = f.mailbox_id
         where p.address = $2 and x.state = 'stored' and b.user_id = $1",
        viewer.0,
        address
    )?;
    Ok(count)
}
