//! What a person wrote on its way out: whether they still may, and what a refusal means for it.
//!
//! A notice that is refused once may be tried an hour long; somebody who wrote a mail looks at the page, so what
//! needs a person is told to that person at once, and the draft is theirs again.

use crate::config::Config;
use crate::model::delivery::{Answer, Claimed};
use crate::model::draft::Draft;
use crate::model::time::Timestamp;
use crate::smtp;
use crate::store::draft_rights::{Lost, standing};
use crate::store::{self, Db};
use anyhow::Result;

/// The draft behind a claimed mail; `None`: a machine made it.
pub(super) async fn of(db: &Db, mail: &Claimed) -> Result<Option<Draft>> {
    let mut tx = db.read().await?;
    Ok(store::drafts::of_outbox(&mut tx, mail.id).await?)
}

/// Why its writer may not send it any more.
pub(super) async fn lost(db: &Db, config: &Config, draft: &Draft, now: Timestamp) -> Result<Option<Lost>> {
    let mut tx = db.read().await?;
    let world = store::people::world(&mut tx, &config.rights(), now).await?;
    let about = (draft.kind, draft.mail, draft.record);
    Ok(standing(&mut tx, draft.user, about, &world, now).await?.err())
}

/// The word by which pages know why it was not sent.
pub(super) fn word(lost: Lost) -> &'static str {
    match lost {
        Lost::Inactive => "lost: inactive",
        Lost::Mail => "lost: mail",
        Lost::Record => "lost: record",
        Lost::ReadOnly => "lost: read-only",
        Lost::Confidential => "lost: confidential",
    }
}

/// What only a person can mend is no reason to try again.
pub(super) fn plainly(answer: Answer) -> Answer {
    match answer {
        Answer::Later(words) if smtp::is_refused_sign_in(&words) => Answer::Refused(words),
        other => other,
    }
}
