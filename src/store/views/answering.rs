//! Who answered a mail, for whoever is about to.

use super::super::{Result, Tx};
use super::message::{by_copy, by_copy_of, by_record};
use crate::access::Scope;
use crate::model::id::MailId;
use crate::model::time::Timestamp;

/// The latest answer in a thread.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Latest {
    /// The answer.
    pub mail: MailId,
    /// When it was written.
    pub at: Timestamp,
    /// Who wrote it.
    pub by: String,
}

/// The latest mail by a person of ours in the thread of a mail, written after it, that the viewer may read.
pub async fn latest_answer(tx: &mut Tx, scope: &Scope, mail: MailId) -> Result<Option<Latest>> {
    let row: Option<(i64, i64, String, String)> = maybe_seen!(
        tx,
        concat!(
            "select m.id, m.at, coalesce(m.from_name, ''), m.from_address from mails q join mails m on m.thread_id = q.thread_id
             where q.id = $8 and m.direction = 'out' and m.author = 'human' and m.at > q.at and (",
            by_record!(),
            " or ",
            by_copy!(),
            ") order by m.at desc, m.id desc limit 1"
        ),
        scope,
        mail.0
    )?;
    Ok(row.map(|(id, at, name, address)| Latest {
        mail: MailId(id),
        at: Timestamp(at),
        by: if name.is_empty() { address } else { name },
    }))
}
