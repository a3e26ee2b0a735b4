//! What happened, as far as the viewer may see at this moment what it happened to.

use super::super::{Result, Tx};
use super::message::{by_copy, by_copy_of, by_record};
use crate::access::Scope;
use crate::model::id::{AbsenceId, ActivityId, MailId, RecordId};
use crate::model::time::Timestamp;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its place in the feed.
    pub place: i64,
    /// When.
    pub at: Timestamp,
    /// What: a word such as `message.linked`.
    pub what: String,
    /// The record that it happened to.
    pub record: Option<RecordId>,
    /// The mail.
    pub mail: Option<MailId>,
    /// The activity.
    pub activity: Option<ActivityId>,
    /// The absence.
    pub absence: Option<AbsenceId>,
}

type Row = (i64, i64, String, Option<i64>, Option<i64>, Option<i64>, Option<i64>);

/// What happened after this place, the first on top. Of a mail only while the viewer sees it there; that it was
/// taken off a record only while they may still read both. Absences are no secret among colleagues.
pub async fn events(tx: &mut Tx, scope: &Scope, after: i64, limit: i64) -> Result<Vec<Event>> {
    const EVENTS: &str = concat!(
        "select e.place, e.at, e.type, e.record_id, e.mail_id, e.activity_id, e.absence_id from events e
         where e.place > $8 and (e.record_id is null or exists (select 1 from records r where r.id = e.record_id and ",
        visible!("r"),
        ")) and (e.mail_id is null
           or (e.type = 'message.linked' and exists (select 1 from links l join records g on g.id = l.governing_id
             where l.mail_id = e.mail_id and l.record_id = e.record_id and ",
        entry!("g", "l.sealed"),
        ")) or (e.type = 'message.unlinked' and exists (select 1 from mails m where m.id = e.mail_id and (",
        by_record!(),
        " or ",
        by_copy!(),
        ")))) order by e.place limit $9"
    );
    let rows: Vec<Row> = all_seen!(tx, EVENTS, scope, after, limit)?;
    let event = |(place, at, what, record, mail, activity, absence): Row| Event {
        place,
        at: Timestamp(at),
        what,
        record: record.map(RecordId),
        mail: mail.map(MailId),
        activity: activity.map(ActivityId),
        absence: absence.map(AbsenceId),
    };
    Ok(rows.into_iter().map(event).collect())
}
